"""What is added to a trained network does no harm: its first steps, and the memory of what was there before."""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np
import pytest

from playground import Document, Experiment, Trainer
from playground.catalog.choice import members
from playground.catalog.optimizers import Optimizer
from playground.experiment.paths import with_value
from playground.experiment.rules import convert
from tests.benchmarks.live_changes import Edit, insertion, losses_after, other_layer, trained

SEEDS = 15
"""Medians of fewer runs differ by processor."""
SOON, AFTER_TEN, LATER = (1, 2, 3), (9, 10, 11), (190, 195, 200)
"""Epochs after a change; losses of single ones jump, by more or less on different processors."""


@pytest.fixture(scope="module")
def adam() -> list[Document]:
    return [trained(seed, "adam", 0.01) for seed in range(SEEDS)]


@pytest.fixture(scope="module")
def sgd() -> list[Document]:
    return [trained(seed, "sgd", 0.1) for seed in range(SEEDS)]


def medians(documents: list[Document], edit: Edit, *moments: tuple[int, ...]) -> list[float]:
    """Losses at once and around some moments as multiples of that before, as medians over epochs, then over seeds."""
    epochs, rows = [epoch for moment in moments for epoch in moment], []
    for document in documents:
        at_once, *losses = losses_after(document, edit, epochs)
        at = dict(zip(epochs, losses, strict=True))
        rows.append([at_once, *(statistics.median(at[epoch] for epoch in moment) for moment in moments)])
    return [statistics.median(column) for column in zip(*rows, strict=True)]


@pytest.mark.parametrize(
    ("place", "kind"),
    [(0, "tanh"), (0, "softplus"), (1, "sine"), (1, "silu"), (1, "relu"), (2, "sigmoid"), (3, "tanh"), (3, "selu")],
)
def test_a_new_layer_does_a_trained_network_no_harm(adam: list[Document], place: int, kind: str) -> None:
    at_once, soon, after_ten = medians(adam, insertion(place, kind), SOON, AFTER_TEN)
    assert at_once < 1.02
    assert soon < 2
    assert after_ten < 1.2


@pytest.mark.parametrize(("place", "kind"), [(0, "tanh"), (0, "relu"), (1, "tanh"), (2, "softplus")])
def test_nor_does_it_where_steps_follow_the_gradient_not_even_later(sgd: list[Document], place: int, kind: str) -> None:
    _, soon, after_ten, later = medians(sgd, insertion(place, kind), SOON, AFTER_TEN, LATER)
    assert soon < 2
    assert after_ten < 1.2
    assert later < 1.5


@pytest.mark.parametrize("place", [0, 1, 2])
def test_more_units_do_no_harm(adam: list[Document], place: int) -> None:
    assert max(medians(adam, other_layer(place, units=16), SOON, AFTER_TEN)) < 1.5


def experiment(**changed: Any) -> Experiment:
    layers = [{"id": name, "units": 6, "activation": "tanh"} for name in "AB"]
    raw = {"version": 1, "precision": "float64", "data": {"kind": "spiral", "points": 200}, "layers": layers}
    return convert({**raw, **changed})


def with_optimizer(kind: str) -> Experiment:
    return with_value(experiment(), "training.optimizer", members(Optimizer)[kind]())


@pytest.mark.parametrize(
    ("kind", "powers"),
    {
        "sgd": (1,),
        "momentum": (1, 1),
        "rmsprop": (0, 2, 0),
        "adam": (0, 1, 2),
        "adagrad": (0, 2),
        "adadelta": (0, 2, 0),
        "nadam": (0, 1, 2, 0),
    }.items(),
)
def test_how_steps_and_memory_grow_with_the_gradient(kind: str, powers: tuple[int, ...]) -> None:
    assert members(Optimizer)[kind]().gradient_powers == powers


@pytest.mark.parametrize("kind", members(Optimizer))
def test_what_stays_keeps_the_optimizers_memory(kind: str) -> None:
    trainer = Trainer(with_optimizer(kind), engine="reference")
    trainer.advance(epochs=5)
    before, layers, steps = trainer.state.slots, trainer.network.layers, trainer.state.optimizer_steps
    trainer.configure(insertion(1, "linear", 6)(trainer.experiment))
    after, now = trainer.state.slots, trainer.network.layers
    assert trainer.state.optimizer_steps == steps
    # The layer behind a linear one that passes on all signals hears what it heard before.
    for old, new in ((0, 0), (1, 2), (2, 3)):
        span, there = slice(layers[old].start, layers[old].stop), slice(now[new].start, now[new].stop)
        np.testing.assert_allclose(after[:, there], before[:, span], rtol=1e-6, atol=1e-15)


def test_memory_is_carried_over_to_signals_that_were_shrunk() -> None:
    trainer = Trainer(with_optimizer("adam"), engine="reference")
    trainer.advance(epochs=5)
    (m, v), old = trainer.state.slots, trainer.network.layers[1]
    trainer.configure(insertion(1, "tanh", 6)(trainer.experiment))
    (new_m, new_v), now = trainer.state.slots, trainer.network.layers[2]
    weights = trainer.network.layers[1].W(trainer.state.parameters)
    gain = np.diag(weights) * 0.987
    np.testing.assert_allclose(now.W(new_m), old.W(m) * gain, rtol=0.1, atol=0.05 * np.abs(old.W(m)).max())
    np.testing.assert_allclose(now.W(new_v).sum(), (old.W(v) * gain**2).sum(), rtol=0.3)


def inserted(engine: Any, kind: str = "adam", epochs: int = 5) -> Trainer:
    trainer = Trainer(with_optimizer(kind), engine=engine)
    trainer.advance(epochs=5)
    trainer.configure(insertion(1, "tanh")(trainer.experiment))
    trainer.advance(epochs=epochs)
    return trainer


@pytest.mark.parametrize("kind", ["adam", "sgd", "momentum"])
def test_both_engines_make_the_same_first_steps(kind: str) -> None:
    reference, compiled = inserted("reference", kind), inserted("compiled", kind)
    assert (reference.state.rate_factors < 1).any()
    np.testing.assert_allclose(compiled.state.rate_factors, reference.state.rate_factors, rtol=1e-9)
    np.testing.assert_allclose(compiled.state.parameters, reference.state.parameters, rtol=1e-7, atol=1e-9)


def test_one_lane_makes_them_too() -> None:
    lane, reference = inserted("lanes"), inserted("reference")
    assert (lane.state.rate_factors < 1).any()
    np.testing.assert_allclose(lane.state.rate_factors, reference.state.rate_factors, rtol=1e-6)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_newcomers_come_to_take_whole_steps(engine: Any) -> None:
    trainer = inserted(engine, epochs=0)
    first = trainer.state.rate_factors.copy()
    trainer.advance(epochs=1)
    grown = trainer.state.rate_factors
    assert (grown >= first).all()
    assert (grown[first < 1] > first[first < 1]).all()
    trainer.state.rate_factors = np.maximum(grown, 0.95)
    trainer.advance(epochs=10)
    assert not trainer.state.rate_factors.size


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_where_steps_follow_the_gradient_they_stay_as_short(engine: Any) -> None:
    trainer = inserted(engine, "sgd", epochs=0)
    first = trainer.state.rate_factors.copy()
    trainer.advance(epochs=5)
    assert np.array_equal(trainer.state.rate_factors, first)


def test_without_newcomers_there_are_no_factors() -> None:
    trainer = Trainer(experiment(), engine="reference")
    trainer.configure(insertion(1, "tanh")(trainer.experiment))
    assert not trainer.state.rate_factors.size, "before the first update there is nothing to harm"
    trainer.advance(epochs=2)
    trainer.configure(with_value(trainer.experiment, "training.learning_rate", 0.001))
    assert not trainer.state.rate_factors.size


def test_undoing_an_insertion_takes_whole_steps_again() -> None:
    trainer = Trainer(experiment(), engine="reference")
    trainer.advance(epochs=3)
    before, memory = trainer.experiment, trainer.checkpoint()
    trainer.configure(insertion(1, "relu")(before))
    trainer.configure(before, memory=memory)
    assert not (trainer.state.rate_factors < 1).any()
