"""What looks like a fault is explained, and classes that are very uneven are named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.catalog.losses import CrossEntropy
from playground.experiment.rules import convert
from playground.measure.diagnosis import Remedy, diagnose
from playground.measure.oddities import oddities
from playground.measure.skew import STRONG, balanced, is_skewed, largest_share, recalls, worst_first


def normalized(kind: str, units: int = 1, rate: float = 0.03) -> Trainer:
    layer = {"units": units, "activation": "tanh", "normalization": kind}
    chosen = {"data": {"kind": "moons", "points": 100, "noise": 0.2}, "layers": [{"units": 4}, layer]}
    return Trainer(convert({"version": 1, **chosen, "training": {"learning_rate": rate}}), engine="reference")


def uneven(rare: int, points: int = 200, task: str = "classification", **other: Any) -> Experiment:
    """Two clouds, of which one has `rare` points."""
    random = np.random.default_rng(0)
    target = np.arange(points) < rare
    x = random.normal(0, 1, (points, 2)) + target[:, np.newaxis]
    data = {"kind": "points", "x1": x[:, 0].tolist(), "x2": x[:, 1].tolist(), "target": target.astype(int).tolist()}
    return convert({"version": 2, "data": data | {"task": task}, **other})


def remedy(trainer: Trainer, kind: str) -> Remedy | None:
    return next((found.remedy for found in diagnose(trainer.snapshot()) if found.kind == kind), None)


def test_losses_that_move_at_a_learning_rate_of_zero_are_explained() -> None:
    trainer = normalized("batch", units=4, rate=0.0)
    weights, before = trainer.state.parameters[:8].copy(), trainer.evaluation
    trainer.advance(epochs=3)
    assert np.array_equal(trainer.state.parameters[:8], weights) and trainer.evaluation != before
    (words,) = oddities(trainer.snapshot())
    assert words.startswith("The learning rate is 0, so no weight changes. The losses still do, since they")
    found = remedy(trainer, "standing_still")
    assert found is not None and found.experiment.training.learning_rate == 0.01
    for other in (normalized("batch", units=4), normalized("none", units=4, rate=0.0)):
        other.advance(epochs=3)
        assert oddities(other.snapshot()) == () and remedy(other, "standing_still") is None


def test_a_layer_that_normalizes_its_only_unit_is_explained() -> None:
    trainer = normalized("layer")
    points = trainer.sample.x
    assert np.ptp(trainer.predict(points)) < 1e-6
    (words,) = oddities(trainer.snapshot())
    assert "single unit of layer 2" in words and "β" in words
    found = remedy(trainer, "blocked")
    assert found is not None
    trainer.configure(found.experiment)
    assert np.ptp(trainer.predict(points)) > 1e-3 and oddities(trainer.snapshot()) == ()
    assert oddities(normalized("layer", units=2).snapshot()) == ()


def test_one_validation_point_is_explained() -> None:
    data = {"kind": "points", "x1": [0.0, 1, 2, 3], "x2": [0.0, 1, 2, 3], "target": [0, 1, 0, 1]}
    chosen = convert({"version": 2, "data": data | {"task": "classification", "train": [True, True, True, False]}})
    words = oddities(Trainer(chosen, engine="reference").snapshot())
    assert "There is only one validation point, so the accuracy is either 0 % or 100 %." in words


@pytest.mark.parametrize(("rare", "skewed"), [(0, False), (20, True), (38, True), (42, False), (100, False)])
def test_classes_are_skewed_where_the_largest_has_four_fifths_of_the_training_points(rare: int, skewed: bool) -> None:
    sample = Trainer(uneven(rare), engine="reference").sample
    largest = largest_share(sample)
    assert is_skewed(sample) == skewed == (largest is not None and largest[1] >= STRONG)
    assert not is_skewed(Trainer(uneven(20, task="regression"), engine="reference").sample)


def test_balancing_is_offered_until_classes_are_balanced() -> None:
    trainer = Trainer(uneven(20), engine="reference")
    found = remedy(trainer, "skewed")
    assert found is not None and found.label == "Balance the classes"
    trainer.configure(found.experiment)
    assert trainer.experiment.loss == CrossEntropy(class_weights="balanced")
    assert remedy(trainer, "skewed") is None and balanced(trainer.experiment, trainer.sample) is None


def test_recall_is_the_share_of_each_row_on_the_diagonal() -> None:
    assert recalls(np.array([[8, 2, 0], [1, 1, 0], [0, 0, 0]])) == (0.8, 0.5, None)
    assert worst_first({"A": 0.8, "C": None, "B": 0.5}) == [("B", 0.5), ("A", 0.8), ("C", None)]
