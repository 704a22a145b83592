"""Learning rates over time."""

from __future__ import annotations

import math

import pytest

from playground import Experiment, InputError, Trainer, check
from playground.catalog.schedules import Cosine, Exponential, InverseTime, OneCycle, Plateau, PlateauMemory, Progress
from playground.catalog.schedules import StepDecay as Step
from playground.experiment.rules import convert


def after(epoch: int, step: int = 0, steps_per_epoch: int = 1) -> Progress:
    return Progress(epoch, step, steps_per_epoch)


def test_closed_forms() -> None:
    assert Step(step_size=3, gamma=0.5).scheduled(1, after(7)) == 0.25
    assert Exponential(gamma=0.9).scheduled(2, after(3)) == pytest.approx(2 * 0.729)
    assert InverseTime(rate=0.5).scheduled(3, after(4)) == 1


def test_cosine_restarts_at_the_full_rate_with_longer_periods() -> None:
    schedule = Cosine(period=2, multiplier=3, min_lr=0.1)
    assert [schedule.scheduled(1, after(e)) for e in (0, 2, 8, 26)] == [1, 1, 1, 1]
    assert schedule.scheduled(1, after(1)) == pytest.approx(0.55)
    assert schedule.scheduled(1, after(5)) == pytest.approx(0.55)


def test_plateau_cuts_after_more_than_patience_epochs_without_progress() -> None:
    schedule, memory = Plateau(factor=0.5, patience=2, min_lr=0.2), PlateauMemory()
    rates = []
    for loss in (1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5):
        memory = schedule.observed(memory, loss, 1.0)
        rates.append(schedule.reduced(1.0, memory.reductions))
    assert rates == [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2]
    assert memory.reductions == 3


def test_one_cycle_rises_falls_and_then_rests() -> None:
    schedule = OneCycle(epochs=10, pct_start=0.3, div=25, final_div=100)
    rates = [schedule.scheduled(1, after(0, step, 10)) for step in range(120)]
    assert rates[0] == pytest.approx(1 / 25)
    assert rates[29] == 1
    assert rates[99:] == [pytest.approx(1 / 2500)] * 21


@pytest.mark.parametrize("pct_start", [0.0, 0.01, 0.5, 1.0])
@pytest.mark.parametrize("epochs", [1, 2, 100])
def test_one_cycle_is_finite_at_its_extremes(pct_start: float, epochs: int) -> None:
    schedule = OneCycle(epochs=epochs, pct_start=pct_start)
    assert all(0 < schedule.scheduled(1, after(0, step, 1)) <= 1 for step in range(200))


def test_warm_up_multiplies_what_runs_underneath() -> None:
    schedule = Exponential(gamma=0.5, warmup=4)
    rates = [schedule.learning_rate(1, Progress(step // 2, step, 2)) for step in range(6)]
    assert rates == [0.25, 0.5, 0.375, 0.5, 0.25, 0.25]


def test_the_history_shows_the_rate_of_the_last_update() -> None:
    trainer = Trainer(
        convert({"version": 1, "training": {"learning_rate": 1e-3, "schedule": {"kind": "exponential", "gamma": 0.5}}}),
        engine="reference",
    )
    trainer.advance(epochs=3)
    assert trainer.snapshot().history.learning_rate.tolist() == [1e-3, 1e-3, 5e-4, 2.5e-4]
    assert trainer.learning_rate == 1.25e-4


def test_watching_validation_points_that_do_not_exist_is_refused() -> None:
    data = {"kind": "circle", "validation_fraction": 0}
    with pytest.raises(InputError, match=r"training\.schedule\.watch"):
        convert({"version": 1, "data": data, "training": {"schedule": {"kind": "plateau", "watch": "validation_loss"}}})
    convert({"version": 1, "data": data, "training": {"schedule": "plateau"}})


def test_plateau_never_counts_what_has_no_meaning_as_progress() -> None:
    assert Plateau().observed(PlateauMemory(1.0), math.nan, 1.0).bad_epochs == 1
    assert check(Experiment())
