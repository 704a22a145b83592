"""Results that others have published are met, and recipes of others give the same points in distribution."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

from playground import Trainer
from playground.catalog.datasets.base import draw_sample
from playground.catalog.datasets.shapes import Moons, Rings
from playground.engine.engine import EngineName
from playground.experiment.rules import convert

# Equal to the reference engine in other tests, and twenty times as fast.
ENGINE: EngineName = "reference" if "LONG" in os.environ else "compiled"


def accuracy(experiment: dict[str, Any], epochs: int) -> float:
    trainer = Trainer(convert({"version": 1, **experiment}), engine=ENGINE)
    trainer.advance(epochs=epochs)
    assert trainer.status == "ready"
    result = trainer.evaluate().train_accuracy
    assert result is not None
    return result


def points(x: Any, labels: Any) -> dict[str, Any]:
    columns = {"x1": x[:, 0].tolist(), "x2": x[:, 1].tolist(), "target": labels.tolist()}
    return {"kind": "points", **columns, "validation_fraction": 0}


def three_arms() -> dict[str, Any]:
    """The spiral of Stanford's CS231n, "Putting it together: minimal neural network case study"."""
    random = np.random.default_rng(0)
    arms = []
    for k in range(3):
        radius = np.linspace(0, 1, 100)
        angle = np.linspace(4 * k, 4 * (k + 1), 100) + random.normal(0, 0.2, 100)
        arms.append(np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1))
    return points(np.concatenate(arms), np.repeat([0, 1, 2], 100))


FULL_BATCH = {"optimizer": "sgd", "learning_rate": 1.0, "batch_size": 0, "shuffle": False}
SMALL_START = {"initializer": {"kind": "normal", "std": 0.01}, "regularizer": {"kind": "l2", "strength": 0.0005}}


def test_a_hundred_relu_units_solve_the_three_armed_spiral() -> None:
    layers = [{"units": 100, "activation": "relu"}]
    experiment = {"data": three_arms(), "layers": layers, "training": FULL_BATCH, **SMALL_START}
    assert accuracy(experiment, 10_000) >= 0.98


def test_a_linear_classifier_does_not() -> None:
    experiment = {"data": three_arms(), "training": FULL_BATCH, **SMALL_START}
    assert 0.4 <= accuracy(experiment, 500) <= 0.6


def circles(seed: int) -> dict[str, Any]:
    """scikit-learn's `make_circles(1000, noise=0.1)`."""
    random = np.random.default_rng(seed)
    angle = np.linspace(0, 2 * np.pi, 500, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points(np.concatenate([ring, 0.8 * ring]) + random.normal(0, 0.1, (1000, 2)), np.repeat([0, 1], 500))


@pytest.mark.parametrize(
    ("activation", "initializer", "learns"),
    [("tanh", {"kind": "uniform", "low": 0, "high": 1}, False), ("relu", "he_uniform", True)],
)
def test_five_layers_on_circles_need_relu_and_a_good_start(activation: str, initializer: Any, learns: bool) -> None:
    training = {"optimizer": "momentum", "learning_rate": 0.01, "batch_size": 32}
    layers = [{"units": 5, "activation": activation}] * 5
    results = [
        accuracy({"data": circles(seed), "layers": layers, "initializer": initializer, "seed": seed,
                  "training": training}, 100)
        for seed in range(10)
    ]  # fmt: skip
    assert (np.median(results) >= 0.8) if learns else (np.median(results) <= 0.7)


def test_moons_are_those_of_scikit_learn() -> None:
    make_moons = pytest.importorskip("sklearn.datasets").make_moons
    theirs, labels = make_moons(20_000, noise=0.1, random_state=0)
    ours = draw_sample(Moons(points=20_000, noise=0.1))
    for k in (0, 1):
        a, b = (theirs[labels == k] - [0.5, 0.25]) * 3.2, ours.x[ours.labels == k]
        np.testing.assert_allclose(a.mean(axis=0), b.mean(axis=0), atol=0.06)
        np.testing.assert_allclose(np.cov(a.T), np.cov(b.T), atol=0.1)
        for share in (0.05, 0.25, 0.5, 0.75, 0.95):
            np.testing.assert_allclose(np.quantile(a, share, axis=0), np.quantile(b, share, axis=0), atol=0.1)


def test_two_rings_are_as_far_apart_and_as_noisy_as_those_of_scikit_learn() -> None:
    """`make_circles` puts its points on two lines; ours fill two bands. The noise around them is the same."""
    make_circles = pytest.importorskip("sklearn.datasets").make_circles
    theirs, labels = make_circles(20_000, noise=0.1, factor=0.5, random_state=0)
    clean = draw_sample(Rings(points=20_000, classes=2)).x
    noisy = draw_sample(Rings(points=20_000, classes=2, noise=0.1))
    spread = np.std(np.hypot(*theirs[labels == 0].T))
    ours = np.std(noisy.x - clean)
    assert abs(ours / 3 - spread) < 0.005
