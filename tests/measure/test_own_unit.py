"""What is shown of a regression is in the data's own unit, however targets are scaled for training."""

from __future__ import annotations

import numpy as np
import pytest

from playground.catalog.datasets.base import TRAIN
from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.tree import Experiment, Layer
from playground.measure.requests import (
    BoundaryRequest,
    MicroscopeRequest,
    PredictionsRequest,
    UncertaintyRequest,
    UnitMapRequest,
)
from playground.run.trainer import Trainer

X = np.linspace(-5, 5, 30)


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    values = UserPoints(
        x1=tuple(X), x2=tuple(-X), target=tuple(20_000 + 1_000 * X), task="regression", validation_fraction=0.2
    )
    result = Trainer(Experiment(data=values, layers=(Layer(units=4, dropout=0.2),)), engine="reference")
    result.advance(epochs=200)
    return result


def test_pictures_and_predictions_are_in_the_data_s_unit(trainer: Trainer) -> None:
    labels = trainer.sample.labels
    scale = trainer.sample.target_scale
    assert scale.offset == pytest.approx(labels[trainer.sample.split == TRAIN].mean())
    said = PredictionsRequest(30).answer(trainer)
    error = np.abs(said.values - labels[said.indices])
    assert error.max() < 3_000
    field = BoundaryRequest(21).answer(trainer)
    o = trainer.predict(np.array([[-6.0, -6.0], [6.0, 6.0]]))[0]
    np.testing.assert_allclose([field[0, 0, 0], field[0, -1, -1]], scale.offset + scale.factor * o, rtol=1e-5)
    output = UnitMapRequest(1, 0, 21).answer(trainer)
    assert output is not None
    np.testing.assert_allclose(output.values, field[0], rtol=1e-4)
    assert UncertaintyRequest(20, 21).answer(trainer).max() > 100


def test_the_microscope_shows_the_value_and_the_scaled_target(trainer: Trainer) -> None:
    seen = MicroscopeRequest(3).answer(trainer)
    assert seen is not None
    scale = trainer.sample.target_scale
    assert seen.label == trainer.sample.labels[3]
    assert seen.target[0] == pytest.approx((seen.label - scale.offset) / scale.factor, rel=1e-6)
    assert seen.loss == pytest.approx(0.5 * float(seen.output[0] - seen.target[0]) ** 2, rel=1e-5)


def test_losses_say_their_unit(trainer: Trainer) -> None:
    factor = trainer.sample.target_scale.factor
    assert trainer.sample.loss_unit == f"Losses are in units of the standard deviation of value ({factor:,.4g})."
    assert Trainer(Experiment(), engine="reference").sample.loss_unit == ""
