"""What early stopping leaves behind when training ends, and what it makes of results without a meaning."""

from __future__ import annotations

from typing import Any

import pytest

from playground.experiment.rules import convert
from playground.run.trainer import Trainer

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
