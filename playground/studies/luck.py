"""Luck: the same experiment from other starts, trained beside a run, and how the run compares with them.

A start is a seed: its initial weights, shuffles and dropout. The points and all settings are the same for all, so what
differs is chance alone. Each start ends exactly where `train --engine lanes` takes its seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
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
        columns = self._losses("validation_loss" if setup.validation_points else "train_loss", stop)
        ranks = [math.ceil(share * len(columns)) - 1 for share in (_LOW, _MIDDLE, _HIGH)]
        low, median, high = np.sort(columns, axis=0)[ranks]
        row = min(int(np.searchsorted(run.epoch, self.epoch, side="right")) - 1, len(run.epoch) - 1)
        own = (run.validation_loss if setup.validation_points else run.train_loss)[row]
        score = run.validation_accuracy if setup.validation_points else run.train_accuracy
        goal, members = GOALS[setup.sample.task], self._cohort.members
        scores = [one.evaluation()[3 if setup.validation_points else 2] for one in members]
        solved = sum(value is not None and value >= goal for value in (*scores, float(score[row])))
        return Luck(
            epoch=self.epoch,
            low=low,
            median=median,
            high=high,
            starts=len(members),
            better_than=int((columns[:, -1] > own).sum()),
            diverged_at=tuple(sorted(one.place[0] for one in members if one.status == "diverged")),
            solved=solved,
            solved_interval=Share.of(solved, len(members) + 1)[1:3],
            goal=goal,
            task=setup.sample.task,
            validated=setup.validation_points > 0,
            fields=tuple(self._fields(stop)) if boundaries else (),
        )

    def _losses(self, name: str, stop: Callable[[], bool]) -> Array:
        """The losses of all starts, shape (starts, epochs + 1); after the end the last one, or inf if it diverged."""
        place, epoch = History._fields.index(name), History._fields.index("epoch")
        result = np.full((len(self._cohort.members), self.epoch + 1), np.inf)
        for losses, first, one in zip(result, self._first, self._cohort.members, strict=True):
            heed(stop)
            losses[0], rows = getattr(first, name), one.history()
            losses[rows[:, epoch].astype(int)] = np.where(np.isfinite(rows[:, place]), rows[:, place], np.inf)
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


def _outputs(setup: Setup, state: State, stop: Callable[[], bool], inputs: Array) -> Array:
    """Return o for some inputs, (outputs, points), as the reference engine does, for a few points at a time."""
    at_once, parts = max(1, _AT_ONCE // setup.network.size), []
    for first in range(0, max(1, inputs.shape[1]), at_once):
        heed(stop)
        parts.append(outputs(setup.network, state.parameters, inputs[:, first : first + at_once]))
    return np.concatenate(parts, axis=1)
