"""The race: every lane is its own run, all stand at one moment, and none knows of the others."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer
from playground.engine.lanes import cache
from playground.interop.opening import load_preset
from playground.studies.knobs import knob_at
from playground.studies.race import Race
from playground.studies.variants import RACES, name_lanes, values_to_race, with_values

RATE, BATCH = "training.learning_rate", "training.batch_size"
MOMENTUM = "training.optimizer.momentum"
needs_lanes = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


@pytest.fixture
def experiment() -> Experiment:
    return Experiment().with_(
        {"data": "spiral", "data.points": 60, BATCH: 7, "training.optimizer": "sgd"}, layers="5-4"
    )


def assert_equals_own_run(lane: Trainer) -> None:
    """State and histories are those of the experiment trained by itself, on the same engine, in one go."""
    alone = Trainer(lane.experiment, engine=lane.engine)
    # One more than it made, if the lane found that the next one is not finite.
    alone.advance(steps=lane.state.step + (lane.status == "diverged"))
    assert (lane.status, lane.state.step) == (alone.status, alone.state.step)
    for field in fields(lane.state):
        if field.name != "stopping":
            assert np.array_equal(getattr(lane.state, field.name), getattr(alone.state, field.name)), field.name
    records = lane.run.record, alone.run.record
    histories = [record.history.view()[:, :-1] for record in records]
    assert np.array_equal(*histories, equal_nan=True)
    assert np.array_equal(*(record.gradients.view() for record in records), equal_nan=True)


@needs_lanes
def test_every_lane_that_shares_a_group_equals_its_own_run(experiment: Experiment) -> None:
    experiment = experiment.with_({"loss": {"kind": "squared_error", "output": "linear"}})
    race = Race(with_values(experiment, RATE, (0.001, 0.1, 1e9)))
    race.advance(9)
    race.advance_epochs(30)
    race.advance(3)

    assert race.engine == "lanes" and race.moment().is_together and race.moment().shares_weights
    assert [lane.status for lane in race.lanes] == ["ready", "ready", "diverged"]
    assert race.lanes[0].state.step == race.lanes[1].state.step == race.clock
    for lane in race.lanes:
        assert_equals_own_run(lane)
    best, other = race.moment().ranking
    assert best[1] < other[1] and 2 not in (best[0], other[0])


@pytest.mark.parametrize("lockstep", ["epoch", "step"])
def test_lanes_of_other_shapes_train_alone_and_in_step(experiment: Experiment, lockstep: str) -> None:
    race = Race(with_values(experiment, BATCH, (1, 7, 0)), lockstep=lockstep, alone="reference")
    race.advance(45)
    race.advance_epochs(1)

    assert race.engine == "reference" and not race.moment().is_together
    per_epoch = [lane.setup.steps_per_epoch for lane in race.lanes]
    assert per_epoch == [30, 5, 1]
    steps = [lane.state.step for lane in race.lanes]
    assert steps == ([60, 10, 2] if lockstep == "epoch" else [60] * 3)
    for lane in race.lanes:
        assert_equals_own_run(lane)

    race.set_lockstep("step")
    assert race.moment().behind == ((1, 2) if lockstep == "epoch" else ())
    race.advance(1)
    assert not race.moment().behind
    assert [lane.state.step for lane in race.lanes] == [61] * 3, "those that were behind catch up, none goes back"

    race.reset()
    assert race.clock == 0 and all(lane.state.step == 0 for lane in race.lanes)


def test_lanes_that_have_done_all_their_epochs_wait_for_the_others(experiment: Experiment) -> None:
    race = Race(with_values(experiment, "training.epochs", (1, 3)), alone="reference", together=False)
    race.advance_epochs(2)
    assert [lane.state.epoch for lane in race.lanes] == [1, 2] and not race.is_over
    race.advance_epochs(9)
    assert [lane.status for lane in race.lanes] == ["completed"] * 2 and race.is_over


@pytest.mark.parametrize("rates", [(0.1,), (0.1, 0.2, 0.1), tuple(np.linspace(0.1, 1, 7).tolist())])
def test_races_have_two_to_six_lanes_that_differ(experiment: Experiment, rates: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="lanes"):
        Race(with_values(experiment, RATE, rates))


@pytest.mark.parametrize(
    "path, present, best, expected",
    [
        (RATE, 0.03, None, (0.003, 0.03, 0.3)),
        (RATE, 2.0, None, (0.2, 2.0, 6.0)),
        (RATE, 1e-5, None, (1e-5, 1e-4)),
        (RATE, 10.0, None, (1.0, 10.0)),
        (RATE, 0.03, 0.5, (0.003, 0.03, 0.3, 0.5)),
        (RATE, 0.03, 0.25, (0.003, 0.03, 0.25)),
        (RATE, 0.03, 0.04, (0.003, 0.03, 0.3)),
        (BATCH, 10, None, (1, 10, 0)),
        ("layers.0.dropout", 0.3, None, (0.15, 0.3, 0.6)),
        ("layers.0.dropout", 0.6, None, (0.3, 0.6, 0.9)),
        (MOMENTUM, 0.9, None, (0.45, 0.9, 0.99)),
        (MOMENTUM, 0.9, 0.95, (0.45, 0.9, 0.95, 0.99)),
        (MOMENTUM, 0.9, 0.92, (0.45, 0.9, 0.99)),
        ("training.schedule.gamma", 0.99, None, (0.49, 0.99, 1.0)),
    ],
)
def test_values_to_race_are_clearly_apart_and_on_the_slider(
    experiment: Experiment, path: str, present: float, best: float | None, expected: tuple[float, ...]
) -> None:
    kinds = {"training.optimizer": "momentum", "training.schedule": "exponential"}
    knob = knob_at(experiment.with_(kinds).with_({path: present}), path)
    assert knob is not None and values_to_race(knob, best) == expected


@pytest.mark.parametrize("present, expected", [(10, (1, 10, 0)), (0, (4, 20, 0)), (512, (4, 20, 512))])
def test_no_two_batch_sizes_are_the_whole_set(
    experiment: Experiment, present: int, expected: tuple[float, ...]
) -> None:
    few = experiment.with_({"data.points": 60, "data.validation_fraction": 0.5, BATCH: present})
    knob = knob_at(few, BATCH)
    assert knob is not None and values_to_race(knob) == expected
    assert [one for one in knob.values if one == 0 or one >= 30] == [present if present >= 30 else 0]
    assert max(knob.between(len(knob.values) - 2, 6), default=0) < 30
    batches = next(race for race in RACES if race.name == "batches").variants(few)
    assert [one.training.batch_size for one in batches] == [1, 32]
    for points in (4, 8, 12):
        knob = knob_at(few.with_({"data.points": points}), BATCH)
        assert knob is not None
        found = [knob.meaning(one) for one in values_to_race(knob)]
        assert len(found) == len(set(found)) > 1


def test_the_learning_rates_of_the_lecture_are_a_factor_of_ten_apart(experiment: Experiment) -> None:
    rates = next(race for race in RACES if race.name == "rates").variants(experiment)
    assert [one.training.learning_rate for one in rates] == [0.001, 0.01, 0.1]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_classic_comparisons_differ_in_what_they_name(race) -> None:
    names = name_lanes(race.variants(load_preset("spiral")))
    assert 2 <= len(names.labels) == len(set(names.labels)) <= 6
    assert names.subject != "variants"


def test_lanes_are_named_by_what_differs(experiment: Experiment) -> None:
    rates = with_values(experiment, RATE, (0.01, 0.1))
    assert name_lanes(rates) == ("learning rate", ("0.01", "0.1"))
    assert name_lanes([rates[0], rates[1].with_({BATCH: 3})]).labels == (
        "learning rate 0.01, batch size 7",
        "learning rate 0.1, batch size 3",
    )
    assert name_lanes(with_values(experiment, "layers", ("5", "5-5", "3-2"))).labels == ("5", "5-5", "3-2")
