"""The past of a run: every earlier moment is trained again bit for bit, whatever was changed on the way."""

from __future__ import annotations

import random
import time
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer
from playground.engine.engine import EngineName
from playground.engine.state import State
from playground.run import past as past_module
from playground.run.past import Past, keep_state, state_of
from playground.run.replay import Replay, branch_of, replay_to
from tests.combinations import LONG
from tests.engine.random_experiments import random_experiment
from tests.run.test_health import HILLS, diverged
from tests.run.test_twin import assert_same, some_change

RUNS, MOMENTS = (30, 7) if LONG else (5, 2)
ROOM = 2**26


@pytest.fixture(autouse=True)
def dense_checkpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short trainings have several checkpoints too."""
    monkeypatch.setattr(past_module, "_LEAST_SPACING", 2e-4)


def disturb(trainer: Trainer, engine: EngineName, chance: random.Random) -> None:
    """Change a run as a person might: other settings, a change taken back, a weight set by hand, another engine."""
    match chance.randrange(6):
        case 0 | 1:
            trainer.change(some_change(trainer.experiment, chance))
        case 2:
            before = trainer.checkpoint()
            trainer.change(some_change(trainer.experiment, chance))
            trainer.advance(steps=chance.randrange(1, 20))
            trainer.change(before.experiment, before._replace(whole=chance.random() < 0.5))
        case 3:
            trainer.set_weight("b0", (0,), chance.uniform(-1, 1))
        case 4:
            trainer.use_engine("reference" if trainer.engine != "reference" else engine)
        case _:
            trainer.clear_outcome()


def eventful_training(number: int, engine: EngineName) -> tuple[Trainer, list[tuple[State, Any]]]:
    """A run in which something happens every now and then, with some of its moments as they were."""
    chance = random.Random(number)
    trainer = Trainer(random_experiment(number, "float64"), engine=engine, past_bytes=ROOM)
    seen = [(trainer.state.copy(), trainer.evaluation)]
    while len(seen) <= MOMENTS + 1:
        for _ in range(chance.randrange(1, 6)):
            trainer.advance(steps=chance.randrange(1, 40))
        if trainer.status != "diverged" and trainer.state.step > seen[-1][0].step:
            # Before anything is changed: what is changed now belongs to the moments after it.
            seen.append((trainer.state.copy(), trainer.evaluation))
        if trainer.status != "ready":
            trainer.clear_outcome()
        with suppress(InputError):
            disturb(trainer, engine, chance)
        seen = [one for one in seen if one[0].step <= trainer.state.step]
    return trainer, seen


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("number", range(RUNS))
def test_every_moment_is_replayed_bit_for_bit(number: int, engine: EngineName) -> None:
    trainer, seen = eventful_training(number, engine)
    for state, evaluation in seen:
        moment = replay_to(trainer.run, state.step)
        assert_same(moment.state, state)
        assert moment.evaluation == evaluation
        assert moment.run.record.changes == tuple(
            one for one in trainer.run.record.changes if one.step < state.step or state.step == 0
        )


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_a_branch_with_nothing_changed_is_the_run_that_went_on(trainer: Trainer, engine: EngineName) -> None:
    run = Trainer(trainer.experiment, engine=engine, past_bytes=ROOM)
    for rate in (0.03, 0.1, 0.05):
        run.configure(run.experiment.with_({"training.learning_rate": rate}))
        run.advance(steps=333)
    at = run.state.step - 100
    branch = Trainer.of(branch_of(run.run, replay_to(run.run, at)))
    assert (branch.state.step, branch.history.view()[-1, 1]) == (at, at // 5 * 5)
    branch.advance(steps=100)
    assert_same(branch.state, run.state)
    np.testing.assert_array_equal(branch.history.view()[:, :-1], run.history.view()[:, :-1])
    # Its own past goes as far back.
    assert_same(replay_to(branch.run, 400).state, replay_to(run.run, 400).state)
    assert branch.run.record.changes == run.run.record.changes


def test_a_moment_is_measured_with_what_was_recorded_until_then(experiment: Experiment) -> None:
    trainer = Trainer(experiment, engine="reference", past_bytes=ROOM)
    trainer.advance(epochs=20)
    trainer.configure(experiment.with_({"layers": "6"}))
    trainer.advance(epochs=20)
    then = replay_to(trainer.run, 62).snapshot()
    assert (then.step, then.epoch, then.history.epoch[-1]) == (62, 12, 12)
    assert [one.name for one in then.layers] == ["A", "B", "output"]
    assert np.isfinite(then.gradients.gradient_rms[-1]).all(), "those of the removed layer are there again"
    assert np.isfinite([one.gradient_rms for one in then.layers]).all()
    assert not then.changes
    assert trainer.history.view()[11, -1] <= then.seconds <= trainer.history.view()[14, -1]


def test_what_is_changed_at_a_step_belongs_to_the_moments_after_it(experiment: Experiment) -> None:
    trainer = Trainer(experiment, engine="reference", past_bytes=ROOM)
    trainer.advance(steps=10)
    before = trainer.state.copy()
    trainer.set_weight("W0", (0, 0), 3.0)
    trainer.advance(steps=10)
    assert_same(replay_to(trainer.run, 10).state, before)
    assert replay_to(trainer.run, 11).state.parameters[0] != before.parameters[0]


def test_going_back_after_a_divergence_forgets_what_came_after() -> None:
    trainer = Trainer(HILLS, engine="reference", past_bytes=ROOM)
    trainer.advance(epochs=6)
    diverged(trainer).clear_outcome()
    back = trainer.state.step
    assert trainer.run.record.past is not None
    assert all(kept.step <= back for stretch in trainer.run.record.past.stretches for kept in stretch.kept)
    trainer.configure(HILLS)
    trainer.advance(steps=7)
    assert_same(replay_to(trainer.run, trainer.state.step).state, trainer.state)


def test_checkpoints_stay_within_their_bytes_and_evenly_apart(
    trainer: Trainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_module, "_REST", 0)
    room, past = 100_000, Past(100_000)
    past.begin(trainer.setup, trainer.state, "reference", 0.0)
    for step in range(1, 3000):
        trainer.state.step = step
        past.keep(trainer.state, step / 1000)
        assert past.size <= room
        if step > 500:
            (stretch,) = past.stretches
            assert past.size > 0.9 * room and past.size == stretch.size
            gaps = np.diff([kept.seconds for kept in stretch.kept])
            assert len(gaps) > 20 and gaps.max() < 3 * gaps.min()
            ways = np.concatenate([np.linspace(0, gap, round(1000 * gap)) for gap in gaps])
            assert np.percentile(ways, 95) < 1.6 * gaps.mean(), "few moments are far from a checkpoint"
    assert past.within(room // 4).size <= room // 4 < past.size


def test_of_too_many_changes_the_shortest_stretches_go(experiment: Experiment) -> None:
    trainer = Trainer(experiment, engine="reference", past_bytes=100_000)
    for number in range(60):
        trainer.configure(experiment.with_({"training.learning_rate": 0.01 + number / 1000}))
        trainer.advance(steps=30 if number % 10 == 5 else 1)
    past = trainer.run.record.past
    assert past is not None and past.size <= 100_000
    assert [one for one in past.stretches if (one.stop or 0) - one.first == 30], "the long ones are there"
    gone = next(step for step in range(1, trainer.state.step) if not Replay(trainer.run, step).is_exact)
    near = replay_to(trainer.run, gone).state.step
    assert 0 < abs(near - gone) < 40


def test_the_nearest_moment_is_there_at_once(experiment: Experiment) -> None:
    trainer = Trainer(experiment, engine="reference", past_bytes=ROOM)
    trainer.advance(steps=300)
    assert trainer.run.record.past is not None
    kept = [one.step for one in trainer.run.record.past.stretches[0].kept]
    replay = Replay(trainer.run, 299)
    near = replay.nearest()
    assert near.state.step == min((one + 1 for one in kept if one < 300), key=lambda one: abs(one - 299))
    assert_same(near.state, replay_to(trainer.run, near.state.step).state)
    assert not replay.is_there and replay.seconds_left > 0
    while not replay.advance(seconds=0.0):
        assert replay.trainer.state.step < 299
    assert_same(replay.trainer.state, replay_to(trainer.run, 299).state)


def test_a_run_without_a_past_says_so(trainer: Trainer) -> None:
    trainer.advance(steps=3)
    with pytest.raises(InputError, match="past is missing: the run has kept no checkpoints"):
        replay_to(trainer.run, 2)


@pytest.mark.parametrize("number", range(12))
def test_a_checkpoint_is_the_state(number: int) -> None:
    trainer = Trainer(random_experiment(number, "float32"), engine="reference")
    trainer.advance(steps=number * 7)
    assert_same(state_of(keep_state(trainer.state, 0.0, whole=True), trainer.setup), trainer.state)


def test_checkpoints_cost_training_little(experiment: Experiment) -> None:
    """Copies take at most a hundredth of the time, however small the least spacing."""
    trainer = Trainer(experiment, engine="reference", past_bytes=ROOM)
    for _ in range(60):
        trainer.advance(steps=5)
    past = trainer.run.record.past
    assert past is not None
    started = time.perf_counter()
    for _ in range(100):
        keep_state(trainer.state, 0.0)
    copy_seconds = (time.perf_counter() - started) / 100
    assert len(past.stretches[0].kept) * copy_seconds < 0.05 * trainer.seconds
