"""Searching: the budget is kept, the same plan finds the same, and the test share is looked at once."""

from __future__ import annotations

import math
import time
from typing import Any

import pytest

from playground import Experiment, InputError, Trainer
from playground.engine.lanes.group import Group
from playground.studies.search import Search, search
from playground.studies.training import Cohort
from playground.studies.values import Range

pytest.importorskip("optuna")

OVER = {
    "training.learning_rate": Range(1e-4, 1.0, log=True, whole=False),
    "layers.0.units": Range(1, 8, log=False, whole=True),
    "training.optimizer": ("sgd", "adam"),
}


@pytest.fixture
def plan(experiment: Experiment) -> Search:
    experiment = experiment.with_({"data.points": 120, "data.test_fraction": 0.25})
    return Search(experiment, OVER, epochs=12, trials=40)


def test_the_best_trial_was_trained_to_its_end_and_is_what_a_training_gives(plan: Search) -> None:
    result = search(plan, workers=2)

    completed = [trial for trial in result.trials if trial.status == "completed"]
    assert len(result.trials) == 40 and result.best in completed
    assert result.best is not None and result.best.loss == min(
        trial.loss for trial in completed if trial.loss is not None
    )
    trainer = Trainer(plan.experiment.with_(result.best.values), engine="lanes")
    trainer.advance(epochs=12)
    assert trainer.evaluate().validation_loss == result.best.loss
    assert result.test is not None and result.test.points == 30


def test_a_search_finds_better_settings_than_chance(plan: Search) -> None:
    result = search(plan)
    losses = sorted(trial.loss for trial in result.trials if trial.status == "completed" and trial.loss is not None)
    assert losses[0] < 0.5 * losses[len(losses) // 2]


def test_hopeless_trials_are_given_up_early(plan: Search) -> None:
    result = search(plan)
    pruned = [trial for trial in result.trials if trial.status == "pruned"]
    assert len(pruned) > 3
    assert {trial.epochs for trial in pruned} <= {3, 6}


def test_the_same_plan_finds_the_same_on_any_number_of_threads(plan: Search) -> None:
    assert search(plan, workers=1) == search(plan, workers=3)


def test_values_stay_in_their_ranges_for_both_samplers(experiment: Experiment) -> None:
    for sampler in ("tpe", "random"):
        result = search(Search(experiment, OVER, epochs=2, trials=20, sampler=sampler))  # type: ignore[arg-type]
        for trial in result.trials:
            assert 1e-4 <= trial.values["training.learning_rate"] <= 1 and trial.values["layers.0.units"] in range(1, 9)
        assert {trial.values["training.optimizer"] for trial in result.trials} == {"sgd", "adam"}


def test_a_budget_of_seconds_is_kept(experiment: Experiment) -> None:
    started = time.perf_counter()
    result = search(Search(experiment, OVER, epochs=3_000_000, seconds=0.5))
    assert time.perf_counter() - started < 30
    assert result.trials == () and result.best is None


def test_a_stopped_search_keeps_what_ended_and_trains_nothing_more(
    plan: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[int] = []
    pieces: list[float] = []
    train = Group.advance_block

    def noted(*arguments: Any, **limits: Any) -> Any:
        pieces.append(limits["seconds"])
        assert not any(ended)
        return train(*arguments, **limits)

    monkeypatch.setattr(Group, "advance_block", noted)
    monkeypatch.setattr(Trainer, "advance", None)
    result = search(plan, stop=lambda: any(ended), progress=lambda trials: ended.append(len(trials)))

    assert ended[-1] == 16 == len(result.trials)
    assert result.best is not None and result.test is not None and max(pieces) <= 0.02


def test_no_lane_is_empty_while_trials_wait(plan: Search, monkeypatch: pytest.MonkeyPatch) -> None:
    beside: list[int] = []
    ended: list[int] = []
    train = Cohort.advance

    def noted(cohort: Cohort, *arguments: Any, **options: Any) -> None:
        beside.append(len(cohort.members))
        train(cohort, *arguments, **options)

    monkeypatch.setattr(Cohort, "advance", noted)
    result = search(plan, workers=1, progress=lambda trials: ended.append(len(trials)))

    assert [trial.status for trial in result.trials].count("pruned") > 3
    for number, before in zip(beside, [0, *ended], strict=False):
        assert number == min(16, 40 - before)


def test_trials_over_seeds_are_compared_by_their_mean(experiment: Experiment) -> None:
    result = search(Search(experiment, {"training.optimizer": ("sgd", "adam")}, epochs=4, trials=2, seeds=3))
    for trial in result.trials:
        losses = []
        for seed in range(3):
            trainer = Trainer(experiment.with_(trial.values).with_(seed=seed))
            trainer.advance(epochs=4)
            losses.append(trainer.evaluate().validation_loss or math.nan)
        assert trial.loss == pytest.approx(sum(losses) / 3, rel=1e-12)


def test_refused_combinations_are_told_apart(experiment: Experiment) -> None:
    result = search(Search(experiment, {"layers.0.skip": (True, False)}, epochs=2, trials=8))
    assert {trial.status for trial in result.trials if trial.values["layers.0.skip"]} == {"refused"}


def test_bad_plans_are_refused(experiment: Experiment) -> None:
    for wrong in ({"trials": 0}, {"epochs": 0}, {"trials": None}, {"over": {}}, {"seconds": 0.0}, {"seeds": 0}):
        with pytest.raises(InputError):
            Search(**{"experiment": experiment, "over": OVER, "epochs": 2, "trials": 3, **wrong})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="validation"):
        Search(experiment.with_({"data.validation_fraction": 0}), OVER, epochs=2, trials=2)
