"""Undo means that it never happened: which weights come back with a setting, and what is said about it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Experiment, Trainer, diagnose
from playground.experiment.rules import convert
from playground.run.returning import has_ruined


def experiment(rate: float = 0.01, **changed: Any) -> Experiment:
    layers = [{"id": name, "units": 8, "activation": "tanh"} for name in "AB"]
    raw = {"version": 1, "data": {"kind": "circle", "points": 200}, "layers": layers}
    return convert({**raw, "training": {"learning_rate": rate}, **changed})


def ruined(engine: Any = "reference", epochs: int = 6) -> tuple[Trainer, Any]:
    """A trained network, and the moment before a learning rate that ruined it."""
    trainer = Trainer(experiment(), engine=engine)
    trainer.advance(epochs=40)
    moment = trainer.checkpoint()
    trainer.configure(experiment(3))
    trainer.advance(epochs=epochs)
    return trainer, moment


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_ruin_is_a_loss_far_above_that_before_for_three_epochs(engine: Any) -> None:
    trainer, moment = ruined(engine, epochs=2)
    assert not has_ruined(trainer.run, moment)
    trainer.advance(epochs=1)
    assert has_ruined(trainer.run, moment)


def test_a_harmless_change_is_no_ruin_nor_is_one_of_what_losses_mean() -> None:
    trainer = Trainer(experiment(), engine="reference")
    trainer.advance(epochs=40)
    moment = trainer.checkpoint()
    trainer.configure(experiment(0.005))
    trainer.advance(epochs=5)
    assert not has_ruined(trainer.run, moment)
    trainer.configure(experiment(3, data={"kind": "xor", "points": 200}))
    trainer.advance(epochs=5)
    assert not has_ruined(trainer.run, moment)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_whole_moment_brings_weights_and_memory_back_and_counts_on(engine: Any) -> None:
    trainer, moment = ruined(engine)
    step, before = trainer.state.step, moment.state
    trainer.configure(experiment(), memory=moment._replace(whole=True))
    assert np.array_equal(trainer.state.parameters, before.parameters)
    assert np.array_equal(trainer.state.slots, before.slots)
    assert trainer.state.optimizer_steps == before.optimizer_steps
    assert trainer.state.step == step
    assert trainer.run.record.origin.words == "the weights of epoch 40 are back"
    assert trainer.evaluation.train_loss == pytest.approx(moment.train_loss, rel=1e-4)
    trainer.advance(epochs=5)
    assert trainer.evaluation.train_loss < 1.5 * moment.train_loss


def test_the_diagnosis_does_not_blame_the_value_that_was_undone_to() -> None:
    for comes_back in (False, True):
        trainer, moment = ruined(epochs=30)
        trainer.configure(experiment(), memory=moment._replace(whole=comes_back))
        trainer.advance(epochs=4)
        assert "0.01" not in " ".join(finding.text for finding in diagnose(trainer.snapshot()))


@pytest.mark.parametrize("removed", ["A", "B"])
def test_the_gradients_of_a_layer_that_returns_keep_their_past(removed: str) -> None:
    trainer = Trainer(experiment(), engine="reference")
    trainer.advance(epochs=5)
    memory, before = trainer.checkpoint(), trainer.snapshot().gradients
    rest = [{"id": name, "units": 8, "activation": "tanh"} for name in "AB" if name != removed]
    trainer.configure(experiment(layers=rest))
    trainer.advance(epochs=3)
    trainer.configure(experiment(), memory=memory)
    trainer.advance(epochs=2)
    after = trainer.snapshot().gradients
    place, count = "AB".index(removed), len(before.step)
    np.testing.assert_array_equal(after.step[:count], before.step)
    np.testing.assert_array_equal(after.gradient_rms[:count, place], before.gradient_rms[:, place])
    between = (after.step > before.step[-1]) & (after.step <= trainer.run.record.changes[-1].step)
    assert np.isnan(after.gradient_rms[between, place]).all()
    assert np.isfinite(after.gradient_rms[-2:, place]).all()
