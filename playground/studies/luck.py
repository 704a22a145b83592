"""Luck: the same experiment from other starts, trained beside a run, and how the run compares with them.

A start is a seed: its initial weights, shuffles and dropout. The points and all settings are the same for all, so what
differs is chance alone. Each start ends exactly where `train --engine lanes` takes its seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.engine.evaluation import evaluate
from playground.engine.reference import outputs
from playground.engine.setup import Setup
from playground.engine.state import State
from playground.experiment.tree import Experiment
from playground.measure.metrics import GOALS
from playground.measure.others import Luck
from playground.measure.snapshot import History
from playground.measure.statistics import boundary_field
from playground.studies.results import Share
from playground.studies.study import Member
from playground.studies.training import Cohort, heed, never

OTHER_STARTS = 14
"""Other starts, which fill the widest vectors with the run and its ghost."""
_LOW, _MIDDLE, _HIGH = 0.1, 0.5, 0.9
"""The shares of starts below the lower end of the band, its middle and its upper end."""
_RECENT = 0.1
"""The share of the epochs, the latest, over which losses are averaged to compare runs: the loss of a single one also
depends on which batches came last."""
_GRID = 60
"""Points along each side of the grid on which the starts' boundaries are drawn."""
_AT_ONCE = 10_000_000
"""Products of a weight and a point's activation between two looks at whether to stop: a few milliseconds' work."""


class OtherStarts:
    """Other starts of an experiment in training, from the seeds that follow its own; it must have been checked.

    Raises InputError if its points can't be drawn or read, and CancelledError once `stop` is true.
    """

    def __init__(self, experiment: Experiment, stop: Callable[[], bool] = never, count: int = OTHER_STARTS) -> None:
        self.experiment = experiment
        self.epoch = 0
        """The epoch to which all have been trained, unless they ended before."""
        self._cohort = Cohort("lanes", observed=True)
        seeds = range(experiment.seed + 1, experiment.seed + 1 + count)
        for number, seed in enumerate(seeds):
            heed(stop)
            self._cohort.add(Member(number, {}, seed, msgspec.structs.replace(experiment, seed=seed)))
        # Lanes keep no row from before training; the reference engine measures that row of all runs.
        self._first = [
            evaluate(one.setup, partial(_outputs, one.setup, one.state(), stop)) for one in self._cohort.members
        ]

    def advance(self, epoch: int, stop: Callable[[], bool]) -> None:
        """Train all starts up to an epoch. Raises CancelledError once `stop` is true."""
        self._cohort.advance(epoch - self.epoch, stop)
        self.epoch = epoch

    def luck(self, run: History, stop: Callable[[], bool] = never, *, boundaries: bool = False) -> Luck:
        """Compare a run of the experiment with the starts, at the epoch to which they have been trained.

        Raises CancelledError once `stop` is true.
        """
        setup = self._cohort.members[0].setup
        validated, histories = setup.validation_points > 0, list[History]()
        for one in self._cohort.members:
            heed(stop)
            histories.append(History(*one.history()[:, : len(History._fields)].T))
        columns = self._losses(histories, validated=validated)
        ranks = [math.ceil(share * len(columns)) - 1 for share in (_LOW, _MIDDLE, _HIGH)]
        low, median, high = np.sort(columns, axis=0)[ranks]
        goal, members = GOALS[setup.sample.task], self._cohort.members
        since = self.epoch - max(1, int(_RECENT * self.epoch)) + 1
        recent = [_recent_means(one, since, self.epoch, validated=validated) for one in histories]
        own_loss, own_score = _recent_means(run, since, self.epoch, validated=validated)
        sound = [mean for mean, one in zip(recent, members, strict=True) if one.status != "diverged"]
        solved = sum(score >= goal for score in (own_score, *(score for _, score in sound)))
        worse = sum(loss > own_loss for loss, _ in sound) + len(members) - len(sound)
        return Luck(
            epoch=self.epoch,
            since=since,
            low=low,
            median=median,
            high=high,
            starts=len(members),
            better_than=worse,
            diverged_at=tuple(sorted(one.place[0] for one in members if one.status == "diverged")),
            solved=solved,
            solved_interval=Share.of(solved, len(members) + 1)[1:3],
            goal=goal,
            task=setup.sample.task,
            validated=validated,
            fields=tuple(self._fields(stop)) if boundaries else (),
        )

    def _losses(self, histories: Sequence[History], *, validated: bool) -> Array:
        """The losses of all starts, shape (starts, epochs + 1); after the end the last one, or inf if it diverged."""
        name = "validation_loss" if validated else "train_loss"
        result = np.full((len(self._cohort.members), self.epoch + 1), np.inf)
        for losses, first, seen, one in zip(result, self._first, histories, self._cohort.members, strict=True):
            found = getattr(seen, name)
            losses[0] = getattr(first, name)
            losses[seen.epoch.astype(int)] = np.where(np.isfinite(found), found, np.inf)
            if one.status != "diverged":
                last = one.place[0]
                losses[last + 1 :] = losses[last]
        return result

    def _fields(self, stop: Callable[[], bool]) -> list[Array]:
        """The boundary of each start on a grid over the plane, as `BoundaryRequest` answers it."""
        found = []
        for one in self._cohort.members:
            setup = one.setup
            o = _outputs(setup, one.state(), stop, setup.grid(_GRID, setup.network.dtype))
            found.append(boundary_field(setup.network, o, setup.sample))
        return found


def _recent_means(history: History, since: int, until: int, *, validated: bool) -> tuple[float, float]:
    """The mean loss and the mean accuracy over some epochs; without rows of them, those of the latest row before."""
    losses = history.validation_loss if validated else history.train_loss
    scores = history.validation_accuracy if validated else history.train_accuracy
    within = (history.epoch >= since) & (history.epoch <= until)
    if not within.any():
        # It has ended, or its history is so long that it keeps few rows.
        before = history.epoch[history.epoch <= until]
        within = history.epoch == before.max(initial=0)
    if not within.any():
        return math.inf, -math.inf
    return float(losses[within].mean()), float(scores[within].mean())


def _outputs(setup: Setup, state: State, stop: Callable[[], bool], inputs: Array) -> Array:
    """Return o for some inputs, (outputs, points), as the reference engine does, for a few points at a time."""
    at_once, parts = max(1, _AT_ONCE // setup.network.size), []
    for first in range(0, max(1, inputs.shape[1]), at_once):
        heed(stop)
        parts.append(outputs(setup.network, state.parameters, inputs[:, first : first + at_once]))
    return np.concatenate(parts, axis=1)
