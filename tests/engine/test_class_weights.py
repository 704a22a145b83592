"""Weights of classes in the loss, against the formula written out: E = Σ wᵢ Eᵢ / n, wᵢ = n / (k · n_class)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground.catalog.datasets.base import TRAIN, VALIDATION
from playground.engine import reference
from playground.experiment.rules import convert
from playground.run.trainer import Trainer

SKEWED = [0] * 20 + [1] * 5 + [2] * 3
LOSSES = ["cross_entropy", "squared_error", "absolute_error", "huber"]


def experiment_of(loss: str, classes: int, weights: str = "balanced", **training: Any) -> Any:
    """An experiment on skewed classes."""
    target = [label for label in SKEWED if label < classes]
    random = np.random.default_rng(3)
    x1, x2 = (random.normal(0, 2, len(target)) + np.array(target)).tolist(), random.normal(0, 2, len(target)).tolist()
    return convert(
        {
            "version": 2,
            "precision": "float64",
            "data": {"kind": "points", "x1": x1, "x2": x2, "target": target, "validation_fraction": 0.4},
            "layers": [{"units": 4, "activation": "tanh"}],
            "loss": {"kind": loss, "class_weights": weights},
            "training": {"batch_size": 5, "learning_rate": 0.02, **training},
        }
    )


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses_are_weighted_as_the_formula_says(loss: str, classes: int) -> None:
    trainer = Trainer(experiment_of(loss, classes), engine="reference")
    network, sample = trainer.network, trainer.sample
    training = sample.labels[sample.split == TRAIN]
    found = trainer.evaluate()
    for part, loss_found in ((TRAIN, found.train_loss), (VALIDATION, found.validation_loss)):
        x, labels = sample.part(part)
        o, t = trainer.predict(x), network.loss.targets(labels, network.layers[-1].units, "classification")
        each = network.loss.per_point(o, t)
        expected = sum(
            len(training) / (classes * (training == label).sum()) * cost
            for label, cost in zip(labels, each, strict=True)
        )
        assert loss_found == pytest.approx(expected / len(labels), rel=1e-12)
    assert (
        found.train_accuracy
        == Trainer(experiment_of(loss, classes, "none"), engine="reference").evaluate().train_accuracy
    )


@pytest.mark.parametrize("classes", [2, 3])
def test_the_gradient_is_that_of_the_weighted_loss(classes: int) -> None:
    trainer = Trainer(experiment_of("cross_entropy", classes), engine="reference")
    network, setup, w = trainer.network, trainer.setup, trainer.state.parameters.copy()

    def loss_at(parameters: np.ndarray) -> float:
        o = reference.forward(network, parameters, setup.train.inputs).outputs
        weights = setup.train.weights
        assert weights is not None
        return float((network.loss.per_point(o, setup.train.targets) * weights).sum())

    passed = reference.forward(network, w, setup.train.inputs)
    gradient = reference.backward(network, w, passed, setup.train.targets, setup.train.weights)
    for place in range(network.size):
        step = np.zeros_like(w)
        step[place] = 1e-6
        slope = (loss_at(w + step) - loss_at(w - step)) / 2e-6
        assert gradient[place] == pytest.approx(slope, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("batching", ["partial", "carry", "drop"])
@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_both_engines_weigh_alike(loss: str, classes: int, batching: str) -> None:
    rows = []
    for engine in ("reference", "compiled"):
        trainer = Trainer(experiment_of(loss, classes, batching=batching), engine=engine)  # type: ignore[arg-type]
        trainer.advance(epochs=8)
        rows.append(trainer.history.view()[:, :-1])
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-9)


def test_weights_change_while_training() -> None:
    for engine in ("reference", "compiled"):
        changed = Trainer(experiment_of("cross_entropy", 3, "none"), engine=engine)  # type: ignore[arg-type]
        changed.configure(experiment_of("cross_entropy", 3, "balanced"))
        changed.advance(epochs=5)
        fresh = Trainer(experiment_of("cross_entropy", 3, "balanced"), engine=engine)  # type: ignore[arg-type]
        fresh.advance(epochs=5)
        np.testing.assert_array_equal(changed.state.parameters, fresh.state.parameters)


def test_a_class_without_training_points_weighs_one() -> None:
    data = {"kind": "points", "x1": [0, 1, 2, 3], "x2": [0, 1, 2, 3], "target": [0, 0, 1, 2]}
    data |= {"train": [True, True, True, False]}
    loss = {"kind": "cross_entropy", "class_weights": "balanced"}
    trainer = Trainer(convert({"version": 2, "data": data, "loss": loss}), engine="reference")
    assert trainer.setup.validation.weights is not None
    assert trainer.setup.validation.weights.tolist() == [1.0]
    assert trainer.setup.train.weights is not None
    np.testing.assert_allclose(trainer.setup.train.weights, [0.75, 0.75, 1.5])


def test_values_have_no_classes_to_weigh() -> None:
    loss = {"kind": "squared_error", "class_weights": "balanced"}
    weighted, plain = (
        Trainer(convert({"version": 2, "data": "plane", "loss": one}), engine="reference")
        for one in (loss, {"kind": "squared_error"})
    )
    assert weighted.setup.train.weights is None
    assert weighted.evaluate() == plain.evaluate()
