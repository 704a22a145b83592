"""Searching for good settings with Optuna: trials run in parallel, and unpromising ones are pruned for new ones.

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

from playground.engine.state import State
from playground.experiment.rules import check
from playground.experiment.tree import Experiment
from playground.files.errors import CancelledError, InputError, MissingError
from playground.measure.requests import FinalTestRequest
from playground.measure.snapshot import FinalResult
from playground.run.trainer import Trainer
from playground.studies.study import Study, StudyEngine
from playground.studies.training import LANES, Cohort, InTraining, never
from playground.studies.values import Range

if TYPE_CHECKING:
    import optuna

Sampler: TypeAlias = Literal["tpe", "random"]
TrialStatus: TypeAlias = Literal["completed", "pruned", "diverged", "refused"]
_ROUNDS = 4
"""Parts that the epochs of a trial are trained in."""
_JUDGED = (1, 2)
"""Rounds after which hopeless trials are given up."""


class Trial(NamedTuple):
    """One combination of settings that was tried."""

    values: dict[str, Any]
    status: TrialStatus
    epochs: int
    """The number of epochs for which it was trained."""
    loss: float | None
    """The mean validation loss over its seeds; None if there is none."""
    reason: str = ""
    """The reason why it was refused; empty if it was not."""


@dataclass(frozen=True)
class Search:
    """The plan of a search: the experiment, a range or list of values for each path, and the budget.

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
            raise InputError("data.validation_fraction", 0, "above 0: trials are compared by the validation loss")
        if not self.over:
            raise MissingError("over", "at least one path to search is needed")
        if self.trials is None and self.seconds is None:
            raise MissingError("trials", "give a number of trials or of seconds")
        for name, low in (("epochs", 1), ("seeds", 1), ("trials", 1)):
            value = getattr(self, name)
            if value is not None and value < low:
                raise InputError(name, value, f"a whole number of at least {low}")
        if self.seconds is not None and not self.seconds > 0:
            raise InputError("seconds", self.seconds, "a number above 0")


class SearchResult(NamedTuple):
    """The result of a search."""

    trials: tuple[Trial, ...]
    best: Trial | None
    """The best trial; None if none was trained to its end."""
    experiment: Experiment | None
    """The experiment with the best settings."""
    test: FinalResult | None
    """The result on the test share, measured only once; None without test points."""


def search(
    plan: Search,
    *,
    workers: int = 1,
    stop: Callable[[], bool] = never,
    progress: Callable[[Sequence[Trial]], None] | None = None,
) -> SearchResult:
    """Search until the budget is spent or `stop` returns true; `progress` is called with all trials that have ended.

    If the budget is a number of trials, the same plan gives the same result. Raises InputError if Optuna is missing.
    """
    try:
        import optuna
    except ImportError as error:
        words = 'install it with pip install "neural-network-playground[search]"'
        raise MissingError("optuna", words) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    deadline = math.inf if plan.seconds is None else time.monotonic() + plan.seconds
    stopped = threading.Event()

    def is_over() -> bool:
        return stopped.is_set() or stop() or time.monotonic() >= deadline

    with ThreadPoolExecutor(workers, "search") as executor:
        race = _Race(plan, workers)
        try:
            while not is_over() and race.invite(is_over):
                race.advance(executor, is_over)
                if progress is not None:
                    progress(race.ended)
        except CancelledError:
            pass
        finally:
            stopped.set()
    return race.result()


def _sampler(plan: Search) -> optuna.samplers.BaseSampler:
    import optuna

    seed = plan.experiment.seed % 2**32
    if plan.sampler == "random":
        return optuna.samplers.RandomSampler(seed=seed)
    with warnings.catch_warnings():
        # Whether trials of one batch keep their distance is an option on trial.
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.samplers.TPESampler(seed=seed, constant_liar=True, multivariate=len(plan.over) > 1)


@dataclass
class _Running:
    """A trial in training."""

    asked: optuna.Trial
    values: dict[str, Any]
    cohort: Cohort
    seeds: list[InTraining]
    """The same network from each seed."""
    rounds: int = 0

    @property
    def loss(self) -> float | None:
        """The mean validation loss over seeds; None if it is missing for any seed."""
        if any(one.status == "diverged" for one in self.seeds):
            return None
        losses = [one.evaluation().validation_loss for one in self.seeds]
        finite = [loss for loss in losses if loss is not None and math.isfinite(loss)]
        return sum(finite) / len(finite) if len(finite) == len(losses) else None

    @property
    def epochs(self) -> int:
        return max(one.place[0] for one in self.seeds)


class _Race:
    """The trials in training: after each round, trials that have ended or are pruned make room for new ones.

    All advance by a quarter of the epochs in a round, so that the choice of trials does not depend on the threads that
    train them.
    """

    def __init__(self, plan: Search, workers: int) -> None:
        import optuna

        self.ended: list[Trial] = []
        """In the order of their ends."""
        self._plan, self._running = plan, list[_Running]()
        self._asked = 0
        self._cohorts = [Cohort(plan.engine) for _ in range(workers)]
        pruner = optuna.pruners.MedianPruner(n_startup_trials=LANES)
        self._study = optuna.create_study(direction="minimize", sampler=_sampler(plan), pruner=pruner)
        self._lowest = math.inf
        self._best: Trial | None = None
        self._weights: State | None = None

    def invite(self, stop: Callable[[], bool]) -> bool:
        """Begin trials until all places are taken or the budget is spent; return whether any trial is in training."""
        while len(self._running) < LANES and self._plan.trials != self._asked and not stop():
            self._begin(self._study.ask())
            self._asked += 1
        return bool(self._running)

    def _begin(self, asked: optuna.Trial) -> None:
        plan, values = self._plan, _suggested(asked, self._plan.over)
        cohort = min(self._cohorts, key=lambda cohort: len(cohort.members))
        try:
            one = Study(plan.experiment, {path: (value,) for path, value in values.items()}, plan.seeds, plan.epochs)
            seeds = [cohort.add(one.member(seed)) for seed in range(plan.seeds)]
        except InputError as error:
            self._end(asked, Trial(values, "refused", 0, None, str(error)))
        else:
            self._running.append(_Running(asked, values, cohort, seeds))

    def advance(self, executor: ThreadPoolExecutor, stop: Callable[[], bool]) -> None:
        """Train all trials for one round and remove those that have ended or are pruned. Raises CancelledError."""
        epochs = -(-self._plan.epochs // _ROUNDS)
        list(executor.map(partial(Cohort.advance, epochs=epochs, stop=stop), self._cohorts))
        for trial in [*self._running]:
            trial.rounds += 1
            loss = trial.loss
            if loss is None:
                self._let_go(trial, "diverged", loss)
            elif not any(one.is_running for one in trial.seeds):
                self._let_go(trial, "completed", loss)
            elif trial.rounds in _JUDGED:
                trial.asked.report(loss, trial.epochs)
                if trial.asked.should_prune():
                    self._let_go(trial, "pruned", loss)

    def _let_go(self, trial: _Running, status: TrialStatus, loss: float | None) -> None:
        one = Trial(trial.values, status, trial.epochs, loss)
        if status == "completed" and loss is not None and loss < self._lowest:
            self._lowest, self._best, self._weights = loss, one, trial.seeds[0].state()
        for member in trial.seeds:
            trial.cohort.remove(member)
        self._running.remove(trial)
        self._end(trial.asked, one)

    def _end(self, asked: optuna.Trial, trial: Trial) -> None:
        import optuna

        states = optuna.trial.TrialState
        if trial.status == "diverged":
            # As bad as can be, which the sampler should know.
            self._study.tell(asked, _WORST)
        elif trial.status == "completed":
            self._study.tell(asked, trial.loss)
        else:
            self._study.tell(asked, state=states.PRUNED if trial.status == "pruned" else states.FAIL)
        self.ended.append(trial)

    def result(self) -> SearchResult:
        """Return the result so far."""
        best, trials = self._best, tuple(self.ended)
        if best is None or self._weights is None:
            return SearchResult(trials, None, None, None)
        experiment = check(self._plan.experiment.with_(best.values))
        trainer = Trainer(experiment, engine=self._plan.engine, history_rows=16)
        trainer.run.state = self._weights
        return SearchResult(trials, best, experiment, FinalTestRequest().answer(trainer))


_WORST = 1e30


def _suggested(trial: optuna.Trial, over: Mapping[str, Range | Sequence[Any]]) -> dict[str, Any]:
    """Return the values that Optuna suggests for a trial, by path."""
    values: dict[str, Any] = {}
    for path, choices in over.items():
        if not isinstance(choices, Range):
            values[path] = choices[trial.suggest_categorical(path, range(len(choices)))]
        elif choices.whole:
            values[path] = trial.suggest_int(path, math.ceil(choices.low), math.floor(choices.high), log=choices.log)
        else:
            number = trial.suggest_float(path, choices.low, choices.high, log=choices.log)
            # More digits say nothing, and nobody reads them.
            values[path] = min(max(float(f"{number:.3g}"), choices.low), choices.high)
    return values
