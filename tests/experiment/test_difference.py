"""Differences: what one experiment says otherwise than another, exactly, what that means, and in words."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from playground import Experiment, Layer, Training
from playground.catalog.activations import Tanh
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Circle, Spiral
from playground.catalog.datasets.table import Table
from playground.catalog.initializers import HeNormal
from playground.catalog.losses import SquaredError
from playground.catalog.normalizations import BatchNormalization
from playground.catalog.optimizers import Adam, Sgd
from playground.catalog.regularizers import L1, L2
from playground.catalog.schedules import Exponential
from playground.experiment.difference import (
    Difference,
    difference,
    losses_are_comparable,
    only_learning_differs,
)
from playground.experiment.paths import paths_of, value_at, with_value
from playground.experiment.tree import EarlyStopping
from playground.experiment.words import comparison_words, edit_words, in_a_sentence
from tests.engine.random_experiments import random_experiment

A, B, C = Layer(3, id="A"), Layer(3, id="B", skip=True), Layer(2, id="C")
STACK = Experiment(layers=(A, B, C))


def paths(old: Experiment, new: Experiment) -> list[str]:
    return [one.path for one in difference(old, new)]


def changed(path: str, value: Any, experiment: Experiment = STACK) -> Experiment:
    new: Experiment = with_value(experiment, path, value)
    return new


def made_of(experiment: Experiment, differences: Iterable[Difference]) -> Experiment:
    """The experiment with the value after each difference in the place of that before."""
    for path, _, after in differences:
        experiment = with_value(experiment, path, after)
    return experiment


@pytest.mark.parametrize("number", range(60))
def test_the_differences_of_any_two_experiments_make_the_one_the_other(number: int) -> None:
    old, new = (random_experiment(place, "float32") for place in (number, 7 * number + 1))
    found = difference(old, new)
    assert made_of(old, found) == new
    for path, before, after in found:
        assert before != after
        assert value_at(old, path) == before and value_at(new, path) == after
    order = list(paths_of(new))
    assert sorted(order.index(one.path) for one in found) == [order.index(one.path) for one in found]
    assert difference(old, old) == ()


@pytest.mark.parametrize("number", range(40))
def test_layers_that_come_go_move_and_change_at_once_are_all_there(number: int) -> None:
    random = np.random.default_rng(number)
    stacks = []
    for _ in range(2):
        names = random.permutation([*"ABCDE", None, None])[: random.integers(0, 7)]
        stacks.append(tuple(Layer(int(random.integers(1, 9)), id=name) for name in names))
    old, new = (Experiment(layers=stack) for stack in stacks)
    assert made_of(old, difference(old, new)) == new
    assert bool(edit_words(old, new)) == (old != new)


def test_a_setting_differs_by_itself_and_a_kind_as_a_whole() -> None:
    assert difference(STACK, changed("training.optimizer.beta1", 0.5)) == (("training.optimizer.beta1", 0.9, 0.5),)
    assert difference(STACK, changed("training.optimizer", Sgd())) == (("training.optimizer", Adam(), Sgd()),)
    assert difference(STACK, changed("data", Circle(noise=1.0))) == (("data.noise", 0.0, 1.0),)
    stopping = EarlyStopping()
    assert difference(STACK, changed("training.early_stopping", stopping)) == (
        ("training.early_stopping", None, stopping),
    )


def test_layers_differ_field_by_field_while_the_same_ones_stand_in_the_same_order() -> None:
    assert paths(STACK, changed("layers.1.units", 5)) == ["layers.1.units"]
    nameless = Experiment(layers=(Layer(3), Layer(2)))
    assert paths(nameless, changed("layers.1.units", 5, nameless)) == ["layers.1.units"]
    named = replace(nameless, layers=(Layer(3, id="A"), Layer(2, id="B")))
    assert paths(nameless, named) == ["layers.0.id", "layers.1.id"]


@pytest.mark.parametrize("layers", [(A, B), (A, C), (A, B, C, Layer(id="D")), (Layer(id="D"), A, B, C), (B, A, C), ()])
def test_a_stack_of_other_layers_differs_as_a_whole(layers: tuple[Layer, ...]) -> None:
    assert difference(STACK, replace(STACK, layers=layers)) == (("layers", STACK.layers, layers),)


def test_points_differ_column_by_column() -> None:
    drawn = Experiment(data=UserPoints(x1=(0.0, 1.0), x2=(0.0, 1.0), target=(0.0, 1.0)))
    moved = replace(drawn, data=replace(drawn.data, x1=(0.0, 2.0)))
    assert paths(drawn, moved) == ["data.x1"]


# What they mean -----------------------------------------------------------------------------------------------

LED = {
    "training.learning_rate": 1.0,
    "training.optimizer": Sgd(),
    "training.optimizer.beta1": 0.5,
    "training.schedule": Exponential(),
    "training.schedule.warmup": 5,
    "training.batch_size": 7,
    "training.batching": "drop",
    "training.shuffle": False,
    "training.clip_norm": 1.0,
    "name": "batch-7",
    "training.epochs": 10,
    "seed": 5,
    "initializer": HeNormal(),
    "layers.0.initializer": HeNormal(),
}
OTHER_NETWORK = {
    "layers.0.normalization": BatchNormalization(),
    "layers.0.units": 7,
    "layers": (A,),
    "features": ("x1",),
    "regularizer": L2(),
    "training.weight_decay": 0.1,
    "training.early_stopping": EarlyStopping(),
}
OTHER_LOSSES = {
    "data": Table(path="batch-7.csv", x1="rate", x2="schedule", target="clip"),
    "data.noise": 0.5,
    "data.seed": 1,
    "data.label_noise": 0.5,
    "data.validation_fraction": 0.3,
    "loss": SquaredError(),
}


@pytest.mark.parametrize("path", [*LED, *OTHER_NETWORK, *OTHER_LOSSES])
def test_losses_are_comparable_on_the_same_points_by_the_same_loss(path: str) -> None:
    value = {**LED, **OTHER_NETWORK, **OTHER_LOSSES}[path]
    found = difference(STACK, changed(path, value))
    assert found
    assert losses_are_comparable(found) == (path not in OTHER_LOSSES)
    assert only_learning_differs(found) == (path in LED)


def test_one_difference_that_matters_among_many_is_enough() -> None:
    found = difference(STACK, changed("data.noise", 0.5, changed("training.learning_rate", 1.0)))
    assert not losses_are_comparable(found) and not only_learning_differs(found)
    assert losses_are_comparable(()) and only_learning_differs(())


# In words -----------------------------------------------------------------------------------------------------

WORDS: list[tuple[str, Any, str]] = [
    ("training.learning_rate", 0.03, "learning rate 0.03"),
    ("training.batch_size", 0, "batch size full"),
    ("training.batch_size", 1000, "batch size 1,000"),
    ("training.weight_decay", 0.001, "weight decay 0.001"),
    ("training.clip_norm", 2.0, "clip gradient 2"),
    ("training.epochs", 100, "epochs 100"),
    ("training.shuffle", False, "shuffle off"),
    ("training.batching", "carry", "last batch carry"),
    ("training.optimizer", Sgd(), "optimizer SGD"),
    ("training.optimizer.beta1", 0.5, "β₁ 0.5"),
    ("training.early_stopping", EarlyStopping(), "early stopping on"),
    ("loss", SquaredError(), "loss Squared error"),
    ("name", "Two", "name Two"),
    ("precision", "float64", "precision float64"),
    ("data", Spiral(), "data Spiral"),
    ("data", Table(path="some/batch-7.csv"), "data “batch-7”"),
    ("data.noise", 0.1, "noise 0.1"),
    ("features", ("x1", "x2", "x1_x2"), "feature x₁x₂ on"),
    ("features", ("x1",), "feature x₂ off"),
    ("features", ("x2", "x1"), "features x₂, x₁"),
    ("layers.1.units", 5, "layer B units 5"),
    ("layers.1.activation", Tanh(), "layer B activation Tanh"),
    ("layers.1.skip", False, "layer B skip connection off"),
    ("layers.2.muted", True, "layer C muted"),
    ("layers.2.trainable", False, "layer C frozen"),
    ("layers.2.regularizer", L1(), "layer C regularizer L1"),
    ("layers", (A, B, C, Layer(id="D")), "new layer D"),
    ("layers", (A, C), "layer B removed"),
    ("layers", (), "layers A, B and C removed"),
    ("layers", (C, A, B), "layer C moved"),
    ("layers", (B, A, C), "layers B and A swapped"),
    ("layers", (C, B, A), "layers moved"),
    ("layers", (A, replace(B, skip=False)), "layer C removed, layer B skip connection off"),
    ("layers", tuple(replace(one, normalization=BatchNormalization()) for one in (A, B, C)),
     "layers A, B and C normalization Batch"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "words"), WORDS)
def test_a_difference_in_words(path: str, value: Any, words: str) -> None:
    assert edit_words(STACK, changed(path, value)) == words


def test_what_is_taken_away_in_words() -> None:
    clipped = changed("training.clip_norm", 2.0, changed("loss", SquaredError()))
    assert edit_words(clipped, STACK) == "loss Automatic, clip gradient off"
    muted = changed("layers.2.muted", True, changed("layers.2.trainable", False))
    assert edit_words(muted, STACK) == "layer C learns again, layer C back in"
    assert edit_words(changed("layers.2.regularizer", L1()), STACK) == "layer C regularizer Inherited"
    assert edit_words(STACK, STACK) == ""


def test_only_a_few_differences_are_named() -> None:
    training = Training(Sgd(), 1.0, Exponential(), batch_size=7, shuffle=False, weight_decay=0.1)
    assert edit_words(STACK, replace(STACK, training=training)) == (
        "optimizer SGD, learning rate 1, schedule Exponential, batch size 7, and 2 more"
    )


def test_points_are_named_together() -> None:
    drawn = Experiment(data=UserPoints(x1=(0.0, 1.0), x2=(0.0, 1.0), target=(0.0, 1.0)))
    more = replace(drawn, data=UserPoints(x1=(0.0,) * 3, x2=(0.0,) * 3, target=(0.0,) * 3))
    assert edit_words(drawn, more) == "points"


def test_any_difference_can_be_said() -> None:
    some = [random_experiment(number, "float32") for number in range(20)]
    for old, new in itertools.pairwise(some):
        assert edit_words(old, new)


def test_labels_inside_a_sentence() -> None:
    assert [in_a_sentence(label) for label in ("Learning rate η", "λ", "ReLU", "β₁", "Wrong labels")] == [
        "learning rate", "λ", "ReLU", "β₁", "wrong labels",
    ]  # fmt: skip
    for name in ("He normal weights", "Glorot uniform weights", "Adam with learning rate 0.01", "L2 with λ = 0.003"):
        assert in_a_sentence(name) == name


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"training.learning_rate": 0.03, "layers": "3-3-3"}, "learning rate 0.01 → 0.03, one layer more"),
        ({"layers": "3"}, "one layer fewer"),
        ({"layers": "5-3"}, "layer 1 units 3 → 5"),
        ({"layers": "5-5"}, "layers 1 and 2 units 3 → 5"),
        ({"layers": "4-3-3"}, "one layer more, layers 3-3 → 4-3-3"),
        ({"training.optimizer": "sgd", "training.clip_norm": 1.0}, "optimizer Adam → SGD, clip gradient off → 1"),
        ({"features": ["x1"], "data": "spiral"}, "data Circle → Spiral, feature x₂ off"),
        ({"name": "Another"}, ""),
    ],
)
def test_two_experiments_are_compared_with_both_values(values: dict[str, Any], words: str) -> None:
    experiment = Experiment().with_({"layers": "3-3"})
    assert comparison_words(experiment, experiment.with_(values)) == words


@pytest.mark.parametrize("number", range(40))
def test_any_two_experiments_that_differ_are_told_apart_in_words(number: int) -> None:
    old, new = (random_experiment(place, "float32") for place in (number, 7 * number + 1))
    assert bool(comparison_words(old, new)) == (old != new)
