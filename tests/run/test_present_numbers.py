"""The evaluation is of the present moment, and the record says where losses change their meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from playground import Experiment, Trainer
from playground.catalog.activations import Relu
from playground.catalog.datasets.shapes import Circle, Hills, Spiral
from playground.catalog.losses import CrossEntropy, SquaredError
from playground.catalog.optimizers import Sgd
from playground.experiment.paths import with_value
from playground.measure.changes import Break
from playground.measure.requests import ConfusionRequest
from playground.run.run import resume
from playground.storage.document import document_bytes, document_from_bytes

replace = msgspec.structs.replace
EDITS: dict[str, Callable[[Experiment], Experiment]] = {
    "noise": lambda one: with_value(one, "data.noise", 0.4),
    "split": lambda one: with_value(one, "data.validation_fraction", 0.5),
    "task": lambda one: replace(one, data=Hills(points=60)),
    "loss": lambda one: replace(one, loss=SquaredError()),
    "class weights": lambda one: replace(one, loss=CrossEntropy(class_weights="balanced")),
    "activation": lambda one: with_value(one, "layers.0.activation", Relu()),
    "no layer": lambda one: replace(one, layers=one.layers[:1]),
    "units": lambda one: with_value(one, "layers.1.units", 2),
    "features": lambda one: replace(one, features=("x1",)),
    "precision": lambda one: replace(one, precision="float32"),
    "rate": lambda one: with_value(one, "training.learning_rate", 0.5),
}
KEEP_THEIR_MEANING = {"activation", "no layer", "units", "features", "precision", "rate"}


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("name", EDITS)
def test_after_an_edit_the_evaluation_is_of_the_network_and_points_of_now(
    experiment: Experiment, name: str, engine: Any
) -> None:
    trainer = Trainer(experiment, engine=engine)
    trainer.advance(epochs=3)
    trainer.configure(EDITS[name](trainer.experiment))
    assert trainer.snapshot().evaluation == trainer.evaluation == pytest.approx(trainer.evaluate(), rel=1e-9)
    assert trainer.snapshot().measured.step == trainer.state.step


def test_in_the_middle_of_an_epoch_the_evaluation_is_of_the_step_unless_an_earlier_one_will_do(
    trainer: Trainer,
) -> None:
    trainer.advance(epochs=1)
    before = trainer.evaluation
    trainer.advance(steps=2)
    early = trainer.snapshot(measured=False)
    assert (early.evaluation, early.measured.step) == (before, trainer.state.step - 2)
    now = trainer.snapshot({ConfusionRequest()})
    assert now.evaluation == trainer.evaluate() != before
    assert now.measured.step == trainer.state.step and 1 < now.measured.epoch < 2
    counts = now.answer(ConfusionRequest)
    assert counts is not None and counts.train.trace() / counts.train.sum() == now.evaluation.train_accuracy


@pytest.mark.parametrize("name", EDITS)
def test_the_record_says_where_losses_change_their_meaning(trainer: Trainer, name: str) -> None:
    trainer.advance(epochs=3)
    trainer.configure(EDITS[name](trainer.experiment))
    expected = () if name in KEEP_THEIR_MEANING else (Break(trainer.state.step, "classification"),)
    assert trainer.snapshot().breaks == expected


def test_changes_without_a_row_between_are_one_break_and_the_task_is_that_of_the_rows(trainer: Trainer) -> None:
    trainer.configure(replace(trainer.experiment, data=Spiral(points=50)))
    assert trainer.snapshot().breaks == ()
    trainer.advance(epochs=2)
    at = trainer.state.step
    for name in ("task", "noise", "split"):
        trainer.configure(EDITS[name](trainer.experiment))
    trainer.advance(epochs=2)
    later = trainer.state.step
    trainer.configure(replace(trainer.experiment, data=Circle(points=60)))
    assert trainer.snapshot().breaks == (Break(at, "classification"), Break(later, "regression"))
    trainer.reset()
    assert trainer.snapshot().breaks == ()


def test_a_document_breaks_where_the_run_did(trainer: Trainer) -> None:
    trainer.advance(epochs=2)
    trainer.configure(EDITS["task"](trainer.experiment))
    trainer.advance(steps=3)
    again = Trainer.of(resume(document_from_bytes(document_bytes(trainer.document()), "mine")))
    assert again.snapshot().breaks == trainer.snapshot().breaks != ()
    assert again.snapshot().evaluation == trainer.snapshot().evaluation
    assert again.snapshot().measured.step == trainer.state.step


def test_a_break_before_the_last_healthy_moment_outlasts_a_divergence(experiment: Experiment) -> None:
    trainer = Trainer(replace(experiment, loss=SquaredError(output="linear")), engine="reference")
    trainer.advance(epochs=5)
    trainer.configure(EDITS["noise"](trainer.experiment))
    breaks = trainer.snapshot().breaks
    # Or there may have been a look at its health just before.
    trainer.run.record.health.due = 0.0
    trainer.advance(epochs=5)
    optimizer = replace(trainer.experiment.training, optimizer=Sgd(), learning_rate=1e9)
    trainer.configure(replace(trainer.experiment, training=optimizer))
    assert trainer.advance(epochs=500) == "diverged"
    trainer.clear_outcome()
    assert trainer.snapshot().breaks == breaks != ()
