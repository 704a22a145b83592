"""Changing an experiment in a notebook: other values at paths, written as comes naturally, and a short repr."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, Layer, Training, UserPoints, check
from playground.catalog.activations import Relu, Tanh
from playground.catalog.datasets import Spiral
from playground.catalog.optimizers import Adam, Sgd
from playground.experiment.paths import paths_of, value_at
from playground.experiment.tree import EarlyStopping
from tests.engine.random_experiments import random_experiment

EIGHTS = Experiment(layers=(Layer(8, Tanh()), Layer(8, Tanh())))


def test_values_at_paths_and_fields_are_replaced_and_nothing_else() -> None:
    changed = Experiment().with_({"training.learning_rate": 0.1, "layers": "8-8"}, seed=3)
    assert changed == Experiment(seed=3, layers=EIGHTS.layers, training=Training(learning_rate=0.1))
    assert Experiment().with_() == Experiment()


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("training.optimizer", "sgd", Sgd()),
        ("training.optimizer", Sgd, Sgd()),
        ("training.optimizer", Sgd(), Sgd()),
        ("training.optimizer", {"kind": "adam", "beta1": 0.5}, Adam(beta1=0.5)),
        ("training.optimizer.beta1", np.float64(0.5), 0.5),
        ("training.early_stopping.patience", 3, 3),
        ("training.clip_norm", None, None),
        ("layers.0.activation", "relu", Relu()),
        ("layers[1].units", np.int64(4), 4),
        ("layers", [3, 2], (Layer(3, Tanh()), Layer(2, Tanh()))),
        ("layers", [Layer(3), {"units": 2, "activation": "relu"}], (Layer(3), Layer(2, Relu()))),
        ("layers", "", ()),
        ("features", ["x1", "radius"], ("x1", "radius")),
        ("data", Spiral(noise=0.1), Spiral(noise=0.1)),
        ("bias", 1, 1.0),
    ],
)
def test_a_value_may_be_written_as_comes_naturally(path: str, value: Any, expected: Any) -> None:
    changed = EIGHTS.with_({path: value})
    assert value_at(changed, path.replace("[1]", ".1")) == expected
    assert check(changed) == changed


def test_a_kind_that_is_there_keeps_its_settings() -> None:
    experiment = EIGHTS.with_({"training.optimizer.beta1": 0.5})
    assert experiment.with_({"training.optimizer": "adam"}) == experiment
    assert experiment.with_({"training.early_stopping.patience": 3}).training.early_stopping == EarlyStopping(
        patience=3
    )


@pytest.mark.parametrize(
    ("path", "value", "place", "allowed"),
    [
        ("training.learning_rate", -1, "training.learning_rate", "at least 0"),
        ("training.learning_rate", "fast", "training.learning_rate", "a number from 0"),
        ("training.optimizer", "lion", "training.optimizer", "one of sgd, momentum"),
        ("training.optimizer", {"kind": "adam", "beta1": 2}, "training.optimizer.beta1", "below 1"),
        ("layers", [{"units": 0}], "layers.0.units", "at least 1"),
        ("layers", [8, 0], "layers.1.units", "at least 1"),
        ("layers", "8-0", "layers.1.units", "at least 1"),
        ("layers.2.units", 3, "layers.2.units", "layers has entries 0 to 1"),
        ("sead", 3, "sead", "an experiment has version, name, seed"),
        ("seed", 1.5, "seed", "a whole number"),
        ("data", object(), "data", "one of"),
    ],
)
def test_what_is_refused_is_named_by_its_path(path: str, value: Any, place: str, allowed: str) -> None:
    with pytest.raises(InputError) as error:
        EIGHTS.with_({path: value})
    assert error.value.path == place
    assert allowed in error.value.allowed


@pytest.mark.parametrize("number", range(10))
def test_every_value_can_be_put_back(number: int) -> None:
    experiment = random_experiment(number, "float32")
    for path in paths_of(experiment):
        assert experiment.with_({path: value_at(experiment, path)}) == experiment, path


def test_an_experiment_shows_what_differs_from_the_defaults() -> None:
    assert repr(Experiment()) == "Experiment()"
    experiment = Experiment().with_(
        {"data": "spiral", "data.noise": 0.1, "training.optimizer": "sgd"}, layers="8", seed=3
    )
    assert repr(check(experiment)) == (
        "Experiment(seed=3, data=Spiral(noise=0.1), layers=(Layer(units=8, activation=Tanh()),), "
        "training=Training(optimizer=Sgd()))"
    )
    many = UserPoints.of(np.full((5000, 2), 0.25), np.zeros(5000, int))
    assert "x1=(0.25, 0.25, 0.25, … 5,000 in all)" in repr(many)
    assert len(repr(Experiment(data=many))) < 300
