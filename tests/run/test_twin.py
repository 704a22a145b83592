"""The twin of a run: bit for bit what would have become of it without its latest change."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer, check
from playground.engine.state import State
from playground.run.twin import Twin, can_go_on_without
from tests.combinations import LONG
from tests.engine.random_experiments import random_experiment

CHANGES: tuple[dict[str, Any], ...] = (
    {"training.learning_rate": 0.1},
    {"training.optimizer": "rmsprop"},
    {"training.batch_size": 3},
    {"training.batch_size": 0},
    {"training.schedule": "cosine"},
    {"regularizer": "l1"},
    {"layers": "5-5"},
    {"layers": "12"},
    {"layers.0.units": 9},
    {"layers.0.activation": "relu"},
    {"layers.0.dropout": 0.5},
    {"layers.0.trainable": False},
    {"features": ["x1", "x2", "radius"]},
    {"training.early_stopping": "on"},
    {"precision": "float32"},
)


def some_change(experiment: Experiment, chance: random.Random) -> Experiment:
    """An experiment that differs from another in one setting or a few, which affect training."""
    while True:
        try:
            changed = check(experiment.with_(chance.choice(CHANGES)))
        except InputError:
            continue
        if changed != experiment:
            return changed


def assert_same(one: State, other: State) -> None:
    for known in fields(State):
        a, b = getattr(one, known.name), getattr(other, known.name)
        if isinstance(a, np.ndarray):
            np.testing.assert_array_equal(a, b, err_msg=known.name)
        elif known.name != "stopping":
            assert a == b, known.name
    assert one.stopping[:2] == other.stopping[:2] and one.stopping.stopped == other.stopping.stopped


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("number", range(200 if LONG else 6))
def test_the_twin_is_what_would_have_become_of_the_run(number: int, engine: Any) -> None:
    experiment, chance = random_experiment(number, "float64"), random.Random(number)
    before, after = chance.randrange(1, 60), 10_000 if LONG and engine == "compiled" else 150
    trainer, undisturbed = (Trainer(experiment, engine=engine) for _ in range(2))
    for one in (trainer, undisturbed):
        one.advance(steps=before)
    twin = Twin(trainer.run)
    trainer.change(some_change(experiment, chance))
    undisturbed.advance(steps=after)
    end = undisturbed.state.epoch, undisturbed.state.position
    for _ in range(50):
        trainer.advance(steps=chance.randrange(after // 25))
        place = min(end, (trainer.state.epoch, trainer.state.position))
        twin.advance(*place, seconds=chance.choice((0.0, 1e-4, 1.0)))
    while twin.is_behind(*end):
        twin.advance(*end, seconds=1.0)
    assert_same(twin.trainer.state, undisturbed.state)
    rows = [one.history.view()[:, :-1] for one in (twin.trainer, undisturbed)]
    np.testing.assert_array_equal(*rows)
    assert not twin.trainer.run.record.changes


def test_a_twin_goes_no_farther_than_the_run_with_batches_of_another_size(trainer: Trainer) -> None:
    trainer.advance(steps=7)
    twin = Twin(trainer.run)
    trainer.change(trainer.experiment.with_({"training.batch_size": 15}))
    for _ in range(20):
        trainer.advance(steps=1)
        place = trainer.state.epoch, trainer.state.position
        twin.advance(*place, seconds=1.0)
        state = twin.trainer.state
        assert (state.epoch, state.position) <= place
        assert not twin.is_behind(*place)
        assert place[0] > state.epoch or place[1] - state.position < 10


@pytest.mark.parametrize(
    ("changes", "steps", "tells"),
    [
        ({"training.learning_rate": 0.1}, 5, True),
        ({"layers": "3"}, 5, True),
        ({"training.learning_rate": 0.1}, 0, False),
        ({"data.noise": 0.3}, 5, False),
        ({"loss": "squared_error"}, 5, False),
        ({"name": "Mine", "seed": 3, "training.epochs": 100}, 5, False),
    ],
)
def test_there_is_a_twin_where_it_tells_something(
    trainer: Trainer, changes: dict[str, Any], steps: int, tells: bool
) -> None:
    trainer.advance(steps=steps)
    assert can_go_on_without(trainer.run, check(trainer.experiment.with_(changes))) == tells
