"""What is measured of every layer and of the predictions, against plain recomputation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Trainer
from playground.engine import reference
from playground.experiment.rules import convert
from playground.measure.requests import ConfusionRequest, HistogramsRequest, WholeSetRequest
from playground.measure.statistics import Activations, count_confusions


def trainer(**changed: Any) -> Trainer:
    layers = [{"units": 5, "activation": "tanh"}, {"units": 4, "activation": "relu"}]
    base = {"version": 1, "precision": "float64", "data": {"kind": "moons", "points": 60}, "layers": layers}
    one = Trainer(convert({**base, "training": {"batch_size": 0, "shuffle": False}, **changed}), engine="reference")
    return one


def test_every_measurement_is_what_it_says() -> None:
    one = trainer()
    before = {name: values.copy() for name, values in one.parameters().items()}
    one.advance(steps=1)
    z0 = before["W0"] @ one.setup.train.inputs + before["b0"][:, np.newaxis]
    a0 = np.tanh(z0)
    a1 = np.maximum(before["W1"] @ a0 + before["b1"][:, np.newaxis], 0)
    first, second, _ = one.snapshot().layers
    np.testing.assert_allclose([first.mean, first.spread], [a0.mean(), a0.std()], rtol=1e-12)
    np.testing.assert_allclose([second.mean, second.spread], [a1.mean(), a1.std()], rtol=1e-12)
    assert first.saturated == np.mean(1 - a0**2 < 0.05)
    assert second.saturated == 0
    assert second.dead == np.mean(~np.any(a1 > 0, axis=1))
    w, change = one.parameters()["W0"], one.parameters()["W0"] - before["W0"]
    assert first.update_ratio == pytest.approx(np.sqrt(np.mean(change**2)) / np.sqrt(np.mean(w**2)), rel=1e-12)


def test_before_the_first_update_only_the_weights_are_known() -> None:
    layer = trainer().snapshot().layers[0]
    assert np.isnan([layer.mean, layer.spread, layer.saturated, layer.dead, layer.gradient_rms]).all()
    assert layer.weight_rms > 0


def test_the_whole_set_is_measured_in_evaluation_mode() -> None:
    one = trainer(layers=[{"units": 5, "activation": "sigmoid", "dropout": 0.5, "normalization": "batch"}])
    one.advance(epochs=2)
    p = one.parameters()
    z = p["W0"] @ one.setup.train.inputs + p["b0"][:, np.newaxis]
    scaled = (z - p["mean0"][:, np.newaxis]) / np.sqrt(p["var0"][:, np.newaxis] + 1e-5)
    a = 1 / (1 + np.exp(-p["gamma0"][:, np.newaxis] * scaled - p["beta0"][:, np.newaxis]))
    measured = WholeSetRequest().answer(one)[0]
    np.testing.assert_allclose([measured.mean, measured.spread], [a.mean(), a.std()], rtol=1e-9)


def test_histograms_come_only_when_wanted() -> None:
    one = trainer()
    histogram = HistogramsRequest(7).answer(one)[0].weights
    assert histogram is not None
    assert histogram.counts.sum() == 10
    assert len(histogram.edges) == 8
    assert not histogram.counts.flags.writeable


def test_a_confusion_matrix_counts_rows_by_truth() -> None:
    counts = count_confusions(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 0, 0]), 3)
    assert counts.tolist() == [[1, 1, 0], [0, 1, 0], [2, 0, 0]]


@pytest.mark.parametrize("classes", [2, 4])
def test_the_confusion_agrees_with_the_accuracy(classes: int) -> None:
    one = trainer(data={"kind": "blobs", "classes": classes, "points": 100, "noise": 0.3, "validation_fraction": 0.4})
    one.advance(epochs=5)
    shown, evaluation = ConfusionRequest().answer(one), one.evaluate()
    assert shown is not None
    assert shown.train.sum() == 60
    assert np.trace(shown.train) / 60 == evaluation.train_accuracy
    assert np.trace(shown.validation) / 40 == evaluation.validation_accuracy


def test_a_regression_has_no_confusion() -> None:
    assert ConfusionRequest().answer(trainer(data="plane")) is None


def test_measurements_do_not_depend_on_how_the_points_are_divided() -> None:
    one = trainer()
    one.advance(epochs=3)
    passed = reference.forward(one.network, one.state.parameters, one.setup.train.inputs)
    first, second = (
        reference.forward(one.network, one.state.parameters, part)
        for part in (one.setup.train.inputs[:, :7], one.setup.train.inputs[:, 7:])
    )
    layer = one.network.layers[0]
    whole = Activations().add(layer, passed, 0)
    parts = Activations().add(layer, first, 0).add(layer, second, 0)
    assert parts.mean == pytest.approx(whole.mean, rel=1e-12)
    assert parts.spread == pytest.approx(whole.spread, rel=1e-12)
    assert parts.flat == whole.flat
