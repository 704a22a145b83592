"""What early stopping leaves behind when training ends, and what it makes of results without a meaning."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.experiment.paths import with_value
from playground.experiment.rules import convert
from playground.run.run import resume
from playground.run.trainer import Trainer
from playground.storage.document import document_bytes, document_from_bytes

OVERFITS = {
    "version": 1,
    "data": {"kind": "moons", "points": 60, "noise": 0.35},
    "layers": [{"units": 32, "activation": "tanh"}, {"units": 32, "activation": "tanh"}],
    "training": {"learning_rate": 0.03, "epochs": 300, "early_stopping": {"patience": 100_000, "restore": True}},
}


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_best_weights_come_back_when_the_epochs_run_out(engine: Any) -> None:
    trainer = Trainer(convert(OVERFITS), engine=engine)
    assert trainer.advance() == "completed"
    losses = trainer.history.view()[:, 4]
    assert trainer.state.epoch == 300 and len(losses) == 301
    assert trainer.evaluation.validation_loss == pytest.approx(losses.min(), rel=1e-6)
    assert losses.min() < losses[-1]
    assert trainer.evaluate() == trainer.evaluation


def test_a_training_that_goes_on_keeps_what_it_has_learned() -> None:
    trainer = Trainer(convert(OVERFITS), engine="reference")
    trainer.advance()
    best = trainer.evaluation
    trainer.clear_outcome()
    trainer.advance()
    assert trainer.evaluation == best
    trainer.set_weight("W0", (0, 0), 3.0)
    edited = trainer.evaluate()
    trainer.clear_outcome()
    assert trainer.advance() == "completed"
    assert trainer.evaluate() == edited != best


def test_without_restoring_the_last_weights_stay() -> None:
    training = OVERFITS["training"] | {"early_stopping": {"patience": 100_000, "restore": False}}  # type: ignore[operator]
    trainer = Trainer(convert({**OVERFITS, "training": training}), engine="reference")
    trainer.advance()
    assert trainer.evaluation.validation_loss == trainer.history.view()[-1, 4]


def test_a_result_without_a_meaning_does_not_stop_training() -> None:
    places = [float(k) for k in range(6)]
    data = {"kind": "points", "x1": places, "x2": places, "target": places, "task": "regression"}
    data |= {"train": [True] * 5 + [False]}
    stopping = {"watch": "validation_accuracy", "patience": 2}
    trainer = Trainer(
        convert({"version": 2, "data": data, "training": {"epochs": 20, "early_stopping": stopping}}),
        engine="reference",
    )
    assert trainer.advance() == "completed"
    assert trainer.state.epoch == 20 and trainer.evaluation.validation_accuracy is None


def test_targets_that_differ_by_rounding_alone_have_no_r2() -> None:
    data = {"kind": "points", "x1": [0, 1, 2, 3], "x2": [0, 1, 0, 1], "target": [0.1, 0.1, 0.1, 0.7]}
    data |= {"task": "regression", "train": [True, True, True, False]}
    for engine in ("reference", "compiled"):
        trainer = Trainer(convert({"version": 1, "data": data}), engine=engine)  # type: ignore[arg-type]
        trainer.advance(epochs=2)
        assert trainer.evaluation.train_accuracy is None


# What is said, and going on ---------------------------------------------------------------------------------------


def stopped(engine: Any = "reference", **stopping: Any) -> Trainer:
    """A training that has ended, by default with a patience of 20 epochs."""
    training = OVERFITS["training"] | {"early_stopping": {"patience": 20, **stopping}}  # type: ignore[operator]
    trainer = Trainer(convert({**OVERFITS, "training": training}), engine=engine)
    trainer.advance()
    return trainer


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_after_early_stopping_it_is_said_when_it_stopped_and_which_weights_came_back(engine: Any) -> None:
    trainer = stopped(engine)
    end = trainer.state.epoch
    best = int(np.nanargmin(trainer.history.view()[1:, 4])) + 1
    assert end == best + 20
    words = (
        f"Early stopping ended training after epoch {end}: for 20 epochs the validation loss was not better than at "
        f"epoch {best}. The weights of epoch {best} were restored."
    )
    assert trainer.snapshot().ending == words
    assert repr(trainer).endswith(f". {words}>")
    trainer.configure(with_value(trainer.experiment, "training.learning_rate", 0.01))
    assert trainer.snapshot().ending == "" and "Early" not in repr(trainer)


def test_when_the_epochs_run_out_first_it_is_said_which_weights_came_back() -> None:
    trainer = stopped(patience=100_000)
    best = int(np.nanargmin(trainer.history.view()[1:, 4])) + 1
    why = f"All 300 epochs are done, and the validation loss was best at epoch {best}."
    assert trainer.snapshot().ending == f"{why} The weights of epoch {best} were restored."


def test_without_restoring_it_says_that_the_last_weights_stay() -> None:
    trainer = stopped(restore=False)
    assert trainer.snapshot().ending.endswith("The weights are those of the last epoch.")


def test_a_training_without_early_stopping_has_nothing_to_say_at_its_end() -> None:
    trainer = Trainer(convert({**OVERFITS, "training": {"epochs": 3}}), engine="reference")
    assert trainer.advance() == "completed"
    assert trainer.snapshot().ending == ""


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_stopped_training_goes_on_from_the_restored_weights_with_fresh_patience(engine: Any) -> None:
    trainer = stopped(engine)
    end, best, weights = trainer.state.epoch, trainer.evaluation, trainer.state.parameters.copy()
    trainer.clear_outcome()
    np.testing.assert_array_equal(trainer.state.parameters, weights)
    assert trainer.advance(epochs=19) == "ready"
    if trainer.history.view()[end + 1 :, 4].min() > best.validation_loss:
        assert trainer.advance() == "stopped_early" and trainer.state.epoch == end + 20
        assert trainer.evaluation == best


def test_a_document_of_a_stopped_training_says_the_same_and_goes_on() -> None:
    trainer = stopped()
    again = Trainer.of(resume(document_from_bytes(document_bytes(trainer.document()), "mine")))
    assert again.snapshot().ending == trainer.snapshot().ending != ""
    again.clear_outcome()
    assert again.advance(epochs=1) == "ready"
