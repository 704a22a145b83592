"""Paths: every declared value of an experiment is read, replaced and explained by its place."""

from __future__ import annotations

from typing import get_origin

import pytest

from playground import Experiment, InputError, Layer, Training
from playground.catalog.datasets.shapes import Spiral
from playground.catalog.optimizers import Adam, Sgd
from playground.experiment.declarations import Field
from playground.experiment.paths import field_at, paths_of, value_at, with_kind, with_value
from playground.experiment.tree import EarlyStopping
from tests.engine.random_experiments import random_experiment

STOPPING = Experiment(layers=(Layer(3), Layer(4)), training=Training(early_stopping=EarlyStopping()))


def test_a_path_leads_into_the_tree_and_back() -> None:
    assert value_at(STOPPING, "layers.1.units") == 4
    assert with_value(STOPPING, "layers.1.units", 7).layers == (Layer(3), Layer(7))
    assert with_value(STOPPING, "training.optimizer.beta1", 0.5).training.optimizer == Adam(beta1=0.5)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("layers.2.units", "layers has entries 0 to 1"),
        ("layers.².units", "layers has entries 0 to 1"),
        ("training.optimizer.mu", "training.optimizer has beta1, beta2, eps"),
        ("training.beta", "training has optimizer, learning_rate, "),
        ("seed.more", "seed has no parts"),
        ("sead", "an experiment has version, name, seed, "),
        ("", "an experiment has version, name, seed, "),
        ("training.clip_norm.x", "training.clip_norm has no parts"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_and_says_what_there_is(path: str, allowed: str) -> None:
    for ask in (value_at, field_at, lambda tree, path: with_value(tree, path, 0)):
        with pytest.raises(InputError) as error:
            ask(STOPPING, path)
        assert error.value.path == (path or '""')
        assert allowed in error.value.allowed


def test_all_paths_are_listed_a_choice_before_its_settings() -> None:
    paths = list(paths_of(STOPPING))
    assert len(set(paths)) == len(paths)
    wanted = ["seed", "data", "data.noise", "features", "layers", "layers.0", "layers.0.units", "layers.1.units"]
    wanted += ["loss", "training.optimizer", "training.optimizer.beta1", "training.early_stopping.patience"]
    assert [path for path in paths if path in wanted] == wanted
    assert "training.optimizer.beta1" not in paths_of(with_value(STOPPING, "training.optimizer", Sgd()))


@pytest.mark.parametrize("number", range(20))
def test_every_path_is_read_declared_and_put_back(number: int) -> None:
    experiment = random_experiment(number, "float32")
    for path in paths_of(experiment):
        value, field = value_at(experiment, path), field_at(experiment, path)
        assert with_value(experiment, path, value) == experiment
        assert isinstance(field, Field)
        if isinstance(value, bool | int | float | str) and path != "version":
            assert field.help and field.label
        if value is None:
            assert field.optional
        elif field.choices or field.values:
            assert type(value) in field.choices or value in field.values
        else:
            assert isinstance(value, get_origin(field.type) or field.type)


def test_a_choice_set_to_a_kind_takes_the_defaults_of_that_kind_and_the_present_one_keeps_its_settings() -> None:
    tuned = with_value(STOPPING, "training.optimizer", Adam(beta1=0.5))
    assert with_kind(tuned, "training.optimizer", "adam") == tuned
    assert with_kind(tuned, "training.optimizer", "sgd").training.optimizer == Sgd()
    assert with_kind(tuned, "data", "spiral").data == Spiral()
    with pytest.raises(InputError, match=r"training.optimizer must be one of sgd, momentum.* \(got 'adan'\)"):
        with_kind(tuned, "training.optimizer", "adan")
    with pytest.raises(InputError, match="seed"):
        with_kind(tuned, "seed", "adam")
