"""Searching good settings with Optuna: trials are asked and told in batches, and hopeless ones are given up early.

Needs the extra `search`.
"""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from playground.experiment.rules import check
from playground.experiment.tree import Experiment
from playground.files.errors import CancelledError, InputError
from playground.measure.requests import FinalTestRequest
from playground.measure.snapshot import FinalResult
from playground.run.trainer import Trainer
from playground.studies.study import Member, Study, StudyEngine
from playground.studies.training import Cohort, never
from playground.studies.values import Range

if TYPE_CHECKING:
    import optuna

Sampler: TypeAlias = Literal["tpe", "random"]
TrialStatus: TypeAlias = Literal["completed", "pruned", "diverged", "refused"]
_BATCH = 16
"""Trials that are asked for at a time."""
_RUNGS = (0.25, 0.5)
"""Shares of the epochs after which hopeless trials are given up."""


class Trial(NamedTuple):
    """One combination of settings that was tried."""

    values: dict[str, Any]
    status: TrialStatus
    epochs: int
    """How long it was trained."""
    loss: float | None
    """The mean validation loss over its seeds; None if there is none."""


@dataclass(frozen=True)
class Search:
    """What to search: the experiment, the range or list of values of each path, and the budget.

    Trials are compared by their mean validation loss over `seeds` seeds after `epochs` epochs. Raises InputError.
    """

    experiment: Experiment
    over: Mapping[str, Range | Sequence[Any]]
    epochs: int
    trials: int | None = None
    seconds: float | None = None
    sampler: Sampler = "tpe"
    seeds: int = 1
    engine: StudyEngine = "lanes"

    def __post_init__(self) -> None:
        check(self.experiment)
        if not self.experiment.data.validates:
            raise InputError("data.validation_fraction", 0, "above 0, since trials are compared by the validation loss")
        if not self.over:
            raise InputError("over", None, "at least one path to search")
        if self.trials is None and self.seconds is None:
            raise InputError("trials", None, "a number of trials, or of seconds")
        for name, low in (("epochs", 1), ("seeds", 1), ("trials", 1)):
            value = getattr(self, name)
            if value is not None and value < low:
                raise InputError(name, value, f"a whole number ≥ {low}")
        if self.seconds is not None and not self.seconds > 0:
            raise InputError("seconds", self.seconds, "a number above 0")


class SearchResult(NamedTuple):
    """What a search found."""

    trials: tuple[Trial, ...]
    best: Trial | None
    """None if no trial was trained to its end."""
    experiment: Experiment | None
    """The experiment with the best settings."""
    test: FinalResult | None
    """The verdict of the test share, which nothing before has looked at; None without one."""


def search(
    plan: Search,
    *,
    workers: int = 1,
    stop: Callable[[], bool] = never,
    progress: Callable[[Sequence[Trial]], None] | None = None,
) -> SearchResult:
    """Search within the budget, or until `stop` says so; `progress` is called with all trials after each batch.

    With a number of trials, the same plan finds the same. Raises InputError where Optuna is missing.
    """
    try:
        import optuna
    except ImportError as error:
        words = 'the library for it: pip install "neural-network-playground[search]"'
        raise InputError("search", "optuna", words) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    deadline = math.inf if plan.seconds is None else time.monotonic() + plan.seconds
    trials: list[Trial] = []
    stopped = threading.Event()

    def is_over() -> bool:
        return stopped.is_set() or stop() or time.monotonic() >= deadline

    pruner = optuna.pruners.MedianPruner(n_startup_trials=_BATCH)
    study = optuna.create_study(direction="minimize", sampler=_sampler(plan), pruner=pruner)
    with ThreadPoolExecutor(workers, "search") as executor:
        try:
            while not is_over() and (plan.trials is None or len(trials) < plan.trials):
                number = _BATCH if plan.trials is None else min(_BATCH, plan.trials - len(trials))
                batch = _Batch(plan, study, number, len(trials))
                try:
                    trials += batch.run(executor, workers, is_over)
                except CancelledError:
                    break
                if progress is not None:
                    progress(trials)
        finally:
            stopped.set()
    return _result(plan, trials)


def _sampler(plan: Search) -> optuna.samplers.BaseSampler:
    import optuna

    seed = plan.experiment.seed % 2**32
    if plan.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():
        # Whether trials of one batch keep their distance is an option on trial.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=len(plan.over) > 1)


class _Batch:
    """Some trials that are trained side by side."""

    def __init__(self, plan: Search, study: optuna.Study, number: int, first: int) -> None:
        self._plan, self._study = plan, study
        self._asked = [study.ask() for _ in range(number)]
        self._values = [_suggested(trial, plan.over) for trial in self._asked]
        self._ended: dict[int, Trial] = {}
        self._members: dict[int, list[Member]] = {}
        for place, values in enumerate(self._values):
            one = Study(plan.experiment, {path: (value,) for path, value in values.items()}, plan.seeds, plan.epochs)
            try:
                self._members[place] = [one.member(seed) for seed in range(plan.seeds)]
            except InputError:
                self._end(place, "refused", 0, None)

    def run(self, executor: ThreadPoolExecutor, workers: int, stop: Callable[[], bool]) -> list[Trial]:
        """Train all trials, telling Optuna what comes of them. Raises CancelledError."""
        places = list(self._members)
        size = max(1, -(-len(places) // workers))
        parts = [places[k : k + size] for k in range(0, len(places), size)]
        cohorts = [Cohort([one for place in part for one in self._members[place]], self._plan.engine) for part in parts]
        seeds = self._plan.seeds
        for epochs in [*sorted({max(1, int(share * self._plan.epochs)) for share in _RUNGS}), self._plan.epochs]:
            # To the very end, members stop by themselves.
            until = None if epochs == self._plan.epochs else epochs
            list(executor.map(partial(Cohort.advance, epochs=until, stop=stop), cohorts))
            losses = {
                place: _mean_loss(cohort, range(k * seeds, (k + 1) * seeds))
                for part, cohort in zip(parts, cohorts, strict=True)
                for k, place in enumerate(part)
                if place not in self._ended
            }
            for place, loss in losses.items():
                if loss is not None:
                    self._asked[place].report(loss, epochs)
            for part, cohort in zip(parts, cohorts, strict=True):
                for k, place in enumerate(part):
                    if place in losses and self._judge(place, losses[place], epochs):
                        cohort.drop(range(k * seeds, (k + 1) * seeds))
        return [self._ended[place] for place in range(len(self._asked))]

    def _judge(self, place: int, loss: float | None, epochs: int) -> bool:
        """Whether a trial ends here."""
        if loss is None:
            self._end(place, "diverged", epochs, None)
        elif epochs == self._plan.epochs:
            self._end(place, "completed", epochs, loss)
        elif self._asked[place].should_prune():
            self._end(place, "pruned", epochs, loss)
        return place in self._ended

    def _end(self, place: int, status: TrialStatus, epochs: int, loss: float | None) -> None:
        import optuna

        states = optuna.trial.TrialState
        state = {"completed": states.COMPLETE, "pruned": states.PRUNED}.get(status, states.FAIL)
        if status == "diverged":
            # As bad as can be, which the sampler should know.
            self._study.tell(self._asked[place], _WORST)
        else:
            self._study.tell(self._asked[place], loss if state == states.COMPLETE else None, state)
        self._ended[place] = Trial(self._values[place], status, epochs, loss)


_WORST = 1e30


def _suggested(trial: optuna.Trial, over: Mapping[str, Range | Sequence[Any]]) -> dict[str, Any]:
    """The values to try by path."""
    values: dict[str, Any] = {}
    for path, choices in over.items():
        if not isinstance(choices, Range):
            values[path] = choices[trial.suggest_categorical(path, range(len(choices)))]
        elif choices.whole:
            values[path] = trial.suggest_int(path, math.ceil(choices.low), math.floor(choices.high), log=choices.log)
        else:
            values[path] = trial.suggest_float(path, choices.low, choices.high, log=choices.log)
    return values


def _mean_loss(cohort: Cohort, places: range) -> float | None:
    """The mean validation loss of some members; None if one of them has none."""
    found = [cohort.evaluation(place) for place in places]
    losses = [None if one is None else one.validation_loss for one in found]
    if any(loss is None or not math.isfinite(loss) for loss in losses):
        return None
    return sum(loss for loss in losses if loss is not None) / len(losses)


def _result(plan: Search, trials: Sequence[Trial]) -> SearchResult:
    completed = [trial for trial in trials if trial.status == "completed" and trial.loss is not None]
    if not completed:
        return SearchResult(tuple(trials), None, None, None)
    best = min(completed, key=lambda trial: trial.loss if trial.loss is not None else math.inf)
    experiment = check(plan.experiment.with_(best.values))
    trainer = Trainer(experiment.with_({"training.epochs": plan.epochs}), engine=plan.engine, history_rows=16)
    trainer.advance(epochs=plan.epochs)
    return SearchResult(tuple(trials), best, experiment, FinalTestRequest().answer(trainer))
