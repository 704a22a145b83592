"""What could go wrong with numbers: each case trains, stops with its last good weights, or is refused by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Trainer
from playground.catalog.choice import members
from playground.catalog.losses import Huber, Loss, SquaredError
from playground.catalog.optimizers import Optimizer
from playground.experiment.rules import convert
from tests.combinations import combinations

LOSSES = [*members(Loss), {"kind": "squared_error", "output": "sigmoid"}, {"kind": "squared_error", "output": "linear"}]


def trainer(**changed: Any) -> Trainer:
    layers = [{"units": 5, "activation": "relu"}, {"units": 5, "activation": "tanh"}]
    return Trainer(
        convert({"version": 1, "data": {"kind": "moons", "points": 60}, "layers": layers, **changed}),
        engine="reference",
    )


def healthy(one: Trainer, steps: int = 30) -> None:
    """It trains, or stops, with finite weights and losses either way."""
    one.advance(steps=steps)
    assert one.status in ("ready", "diverged")
    assert np.isfinite(one.state.parameters).all()
    assert np.isfinite(one.snapshot().history.train_loss).all()
    if one.status == "diverged":
        assert "no longer a finite number" in one.run.record.problem


@pytest.mark.parametrize(
    "loss", [*(kind() for kind in members(Loss).values()), SquaredError(output="sigmoid"), Huber(delta=1e6)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("outputs", [1, 3])
def test_extreme_logits_give_finite_loss_and_gradient(loss: Loss, dtype: str, outputs: int) -> None:
    o = np.array([[1e4, -1e4, 0.0, 1e4]] * outputs, dtype)
    o[-1] = -o[-1]
    t = loss.targets(np.array([0, 1, 1, 0]), outputs, "classification").astype(dtype)
    assert np.isfinite(loss.per_point(o, t)).all()
    assert np.isfinite(loss.derivative(o, t)).all()


@pytest.mark.parametrize(
    ("optimizer", "loss", "precision"), combinations([*members(Optimizer)], LOSSES, ["float32", "float64"]), ids=str
)
def test_a_learning_rate_of_a_million(optimizer: str, loss: Any, precision: str) -> None:
    training = {"optimizer": optimizer, "learning_rate": 1e6}
    healthy(trainer(loss=loss, training=training, precision=precision), steps=200)


@pytest.mark.parametrize("normalization", ["none", "batch", "layer"])
@pytest.mark.parametrize(
    "data",
    [
        {"kind": "points", "x1": [1], "x2": [1], "target": [0]},
        {"kind": "points", "x1": [1] * 8, "x2": [2] * 8, "target": [0, 1] * 4},
        {"kind": "points", "x1": [1, 2, 3, 4], "x2": [1, 2, 3, 4], "target": [0, 2, 0, 2]},
        {"kind": "points", "x1": [1] * 6, "x2": [1, 2, 3, 4, 5, 6], "target": [0, 1] * 3},
        {"kind": "points", "x1": [1e9, -1e9], "x2": [0, 1], "target": [0, 1], "validation_fraction": 0},
        {"kind": "points", "x1": [1, 2], "x2": [0, 1], "target": [1e9, -1e9], "task": "regression"},
        {"kind": "points", "x1": [1, 2], "x2": [0, 1], "target": [3, 3], "task": "regression"},
        {"kind": "spiral", "points": 1},
        {"kind": "blobs", "points": 2, "classes": 5},
    ],
    ids=["one", "identical", "absent class", "zero variance", "far", "huge", "constant", "one drawn", "few drawn"],
)
def test_odd_data(data: dict[str, Any], normalization: str) -> None:
    layers = [{"units": 3, "activation": "tanh", "normalization": normalization}]
    healthy(trainer(data=data, layers=layers))


@pytest.mark.parametrize("batching", ["partial", "drop", "carry"])
def test_a_batch_larger_than_the_data_is_the_whole_set(batching: str) -> None:
    one = trainer(training={"batch_size": 1000, "batching": batching})
    one.advance(epochs=3)
    assert (one.state.step, one.state.epoch) == (3, 3)


@pytest.mark.parametrize("dropout", [0.999, 0.9999999])
def test_dropout_at_its_maximum(dropout: float) -> None:
    healthy(trainer(layers=[{"units": 5, "activation": "relu", "dropout": dropout}]))


@pytest.mark.parametrize("kind", ["l1", "l2", "elastic_net"])
@pytest.mark.parametrize("optimizer", members(Optimizer))
def test_the_largest_penalty(kind: str, optimizer: str) -> None:
    strengths = {"l1": 1e6, "l2": 1e6} if kind == "elastic_net" else {"strength": 1e6}
    healthy(trainer(regularizer={"kind": kind, **strengths}, training={"optimizer": optimizer}))
    pruned = {"regularizer": {"kind": "l1", "strength": 1e6, "prune": True}, "training": {"optimizer": optimizer}}
    healthy(trainer(**pruned))


def test_noise_and_decay_at_their_maximum() -> None:
    healthy(trainer(training={"weight_noise": 1e6}))
    healthy(trainer(training={"weight_decay": 1e6}))
    healthy(trainer(training={"clip_norm": 1e-300}))
    healthy(trainer(initializer={"kind": "normal", "std": 1e6}, bias=1e6))
