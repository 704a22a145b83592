"""Early stopping, pruning, carried batches, and that a checkpoint holds all of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer
from playground.experiment.rules import convert


def experiment(**changed: Any) -> Experiment:
    base: dict[str, Any] = {
        "version": 1,
        "precision": "float64",
        "data": {"kind": "moons", "points": 80, "noise": 0.3},
        "layers": [{"units": 6, "activation": "tanh"}, {"units": 6, "activation": "tanh"}],
        "training": {"learning_rate": 0.05, "batch_size": 8},
    }
    training = {**base["training"], **changed.pop("training", {})}
    return convert({**base, **changed, "training": training})


# Early stopping -------------------------------------------------------------------------------------------------


def overfitting(**stopping: Any) -> Experiment:
    return experiment(training={"early_stopping": {"patience": 5, **stopping}, "epochs": 2000})


def test_early_stopping_restores_the_best_epoch() -> None:
    trainer = Trainer(overfitting(), engine="reference")
    assert trainer.advance() == "stopped_early"
    history = trainer.snapshot().history
    losses = history.validation_loss[1:]
    assert trainer.state.epoch == 1 + int(np.argmin(losses)) + 5
    assert trainer.evaluate().validation_loss == losses.min()
    assert trainer.snapshot().evaluation.validation_loss == losses.min()
    assert history.epoch[-1] == trainer.state.epoch


def test_without_restore_the_last_weights_stay() -> None:
    trainer = Trainer(overfitting(restore=False), engine="reference")
    assert trainer.advance() == "stopped_early"
    losses = trainer.snapshot().history.validation_loss
    assert trainer.evaluate().validation_loss == losses[-1] > losses.min()


def test_small_gains_do_not_count_below_min_delta() -> None:
    trainer = Trainer(overfitting(min_delta=10), engine="reference")
    trainer.advance()
    assert trainer.state.epoch == 1 + 5


def test_accuracy_can_be_watched() -> None:
    trainer = Trainer(overfitting(watch="validation_accuracy"), engine="reference")
    assert trainer.advance() == "stopped_early"
    assert trainer.evaluate().validation_accuracy == trainer.snapshot().history.validation_accuracy[1:].max()


def test_a_stopped_training_stays_stopped_until_it_is_changed() -> None:
    trainer = Trainer(overfitting(), engine="reference")
    trainer.advance()
    stopped, checkpoint = trainer.state.epoch, trainer.checkpoint()
    assert trainer.advance(epochs=1) == "stopped_early"
    other = Trainer(overfitting(), engine="reference")
    other.restore(checkpoint)
    assert other.advance(epochs=1) == "stopped_early"
    trainer.configure(overfitting(patience=6))
    assert trainer.advance(epochs=1) == "ready"
    assert trainer.state.epoch == stopped + 1


def test_a_reset_forgets_that_it_was_stopped() -> None:
    trainer = Trainer(overfitting(), engine="reference")
    trainer.advance()
    trainer.reset()
    assert trainer.advance(epochs=1) == "ready"


def test_early_stopping_without_validation_points_is_refused() -> None:
    with pytest.raises(InputError, match=r"training\.early_stopping"):
        experiment(data={"kind": "moons", "validation_fraction": 0}, training={"early_stopping": {}})


# Pruning --------------------------------------------------------------------------------------------------------

PRUNING = {"kind": "l1", "strength": 0.05, "prune": True}


def gradient_at(trainer: Trainer, w: Any) -> Any:
    from playground.engine import reference

    with np.errstate(all="ignore"):
        passed = reference.forward(trainer.network, w, trainer.setup.train.inputs)
        return (
            reference.backward(trainer.network, w, passed, trainer.setup.train.targets)
            / trainer.setup.train.inputs.shape[1]
        )


def test_pruning_with_sgd_is_its_formula() -> None:
    chosen = experiment(regularizer=PRUNING, training={"optimizer": "sgd", "batch_size": 0, "learning_rate": 0.3})
    trainer = Trainer(chosen, engine="reference")
    w, dead = trainer.state.parameters.copy(), np.zeros(trainer.network.size, bool)
    for _ in range(100):
        g = gradient_at(trainer, w)
        signs = np.sign(w) * trainer.network.is_weight
        after_gradient = w - 0.3 * g
        new = after_gradient - 0.3 * 0.05 * signs
        dead |= trainer.network.is_weight & (after_gradient * new < 0)
        w = np.where(dead, 0, new)
        trainer.advance(steps=1)
        np.testing.assert_allclose(trainer.state.parameters, w, rtol=0, atol=1e-12)
    assert 0 < dead.sum() < dead.size
    assert np.array_equal(trainer.state.pruned, dead)


@pytest.mark.parametrize("optimizer", ["adam", "momentum"])
def test_pruning_with_other_optimizers_judges_the_whole_update(optimizer: str) -> None:
    chosen = experiment(regularizer=PRUNING, training={"optimizer": optimizer, "weight_noise": 0.001})
    trainer = Trainer(chosen, engine="reference")
    for _ in range(100):
        before, dead = trainer.state.parameters.copy(), trainer.state.pruned.copy()
        trainer.advance(steps=1)
        after, now = trainer.state.parameters, trainer.state.pruned
        assert np.all(now[dead])
        assert np.all(after[now] == 0)
        assert np.all(before[now & ~dead] != 0)
    assert now.any()
    assert not now[~trainer.network.is_weight].any()


def test_switching_pruning_off_sets_the_weights_free() -> None:
    trainer = Trainer(experiment(regularizer=PRUNING), engine="reference")
    trainer.advance(epochs=30)
    assert trainer.state.pruned.any()
    trainer.configure(experiment(regularizer={**PRUNING, "strength": 0.01}))
    assert trainer.state.pruned.any()
    trainer.configure(experiment(regularizer={"kind": "l1", "strength": 0.05}))
    assert not trainer.state.pruned.any()


def test_carried_points_join_the_next_epochs_first_update() -> None:
    chosen = experiment(training={"optimizer": "sgd", "batch_size": 25, "batching": "carry", "shuffle": False})
    trainer = Trainer(chosen, engine="reference")
    from playground.engine import reference

    def total(w: Any, columns: slice) -> Any:
        passed = reference.forward(trainer.network, w, trainer.setup.train.inputs[:, columns])
        return reference.backward(trainer.network, w, passed, trainer.setup.train.targets[:, columns])

    w, carried, points = trainer.state.parameters.copy(), 0, 0
    for _ in range(5):
        w = w - 0.05 * (carried + total(w, slice(0, 25))) / (points + 25)
        carried, points = total(w, slice(25, 40)), 15
        trainer.advance(steps=1)
        np.testing.assert_allclose(trainer.state.parameters, w, rtol=0, atol=1e-14)
    assert trainer.state.epoch == 5


# Completeness ---------------------------------------------------------------------------------------------------

EVERYTHING: list[dict[str, Any]] = [
    {"regularizer": {**PRUNING, "strength": 0.01}, "training": {"optimizer": "sgd"}},
    {"training": {"schedule": {"kind": "plateau", "patience": 0, "threshold": 0.05, "factor": 0.7}}},
    {"training": {"batching": "carry", "batch_size": 9, "weight_noise": 0.01}},
    {
        "layers": [
            {"units": 6, "activation": "tanh", "normalization": "batch", "dropout": 0.2},
            {"units": 6, "activation": "relu", "normalization": "batch", "skip": True},
        ],
        "regularizer": {**PRUNING, "strength": 0.01},
        "training": {
            "optimizer": "nadam",
            "batching": "carry",
            "batch_size": 9,
            "early_stopping": {"patience": 4},
            "schedule": {"kind": "plateau", "patience": 0, "threshold": 0.05, "factor": 0.7, "warmup": 20},
            "clip_norm": 1,
        },
    },
    {"training": {"schedule": {"kind": "one_cycle", "epochs": 10}, "optimizer": "adadelta", "learning_rate": 1}},
]


@pytest.mark.parametrize("changed", EVERYTHING)
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize("stop", [3, 20, 37])
def test_going_on_from_a_checkpoint_equals_never_having_stopped(
    changed: dict[str, Any], precision: str, stop: int
) -> None:
    chosen = experiment(**changed, precision=precision)
    through = Trainer(chosen, engine="reference")
    through.advance(steps=stop)
    checkpoint = through.checkpoint()
    through.advance(steps=100)
    other = Trainer(experiment(), engine="reference")
    other.restore(checkpoint)
    other.advance(steps=100)
    again = Trainer(chosen, engine="reference")
    again.advance(steps=stop)
    again.configure(chosen)
    again.advance(steps=100)
    for one in (other, again):
        assert one.status == through.status
        assert (one.state.step, one.state.epoch) == (through.state.step, through.state.epoch)
        for name in ("parameters", "slots", "gradient", "update", "carried", "pruned"):
            assert np.array_equal(getattr(one.state, name), getattr(through.state, name)), name
        assert one.state.plateau == through.state.plateau
        assert one.state.stopping[:2] == through.state.stopping[:2]
        assert one.learning_rate == through.learning_rate
