"""Luck: the same experiment from other starts, trained beside a run, and how the run compares with them.

A start is a seed: its initial weights, shuffles and dropout. The points and all settings are the same for all, so what
differs is chance alone. Each start ends exactly where `train --engine lanes` takes its seed.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.engine.reference import Reference
from playground.experiment.tree import Experiment
from playground.measure.metrics import GOALS
from playground.measure.others import Luck
from playground.measure.snapshot import History
from playground.measure.statistics import boundary_field
from playground.studies.results import Share
from playground.studies.study import Member
from playground.studies.training import Cohort

OTHER_STARTS = 14
"""Other starts, which fill the widest vectors with the run and its ghost."""
_LOW, _MIDDLE, _HIGH = 0.1, 0.5, 0.9
"""The shares of starts below the lower end of the band, its middle and its upper end."""
_GRID = 60
"""Points along each side of the grid on which the starts' boundaries are drawn."""


class OtherStarts:
    """Other starts of an experiment in training, from the seeds that follow its own; it must have been checked.

    Raises InputError if its points can't be drawn or read.
    """

    def __init__(self, experiment: Experiment, count: int = OTHER_STARTS) -> None:
        self.experiment = experiment
        self.epoch = 0
        """The epoch to which all have been trained, unless they ended before."""
        self._cohort = Cohort("lanes", observed=True)
        seeds = range(experiment.seed + 1, experiment.seed + 1 + count)
        for number, seed in enumerate(seeds):
            self._cohort.add(Member(number, {}, seed, msgspec.structs.replace(experiment, seed=seed)))
        # Lanes keep no row from before training; the reference engine measures that row of all runs.
        self._first = [Reference(one.setup).evaluate(one.state()) for one in self._cohort.members]

    def advance(self, epoch: int, stop: Callable[[], bool]) -> None:
        """Train all starts up to an epoch. Raises CancelledError once `stop` is true."""
        self._cohort.advance(epoch - self.epoch, stop)
        self.epoch = epoch

    def luck(self, run: History, *, boundaries: bool = False) -> Luck:
        """Compare a run of the experiment with the starts, at the epoch to which they have been trained."""
        setup = self._cohort.members[0].setup
        columns = self._losses("validation_loss" if setup.validation_points else "train_loss")
        quantiles = [np.quantile(columns, share, axis=0, method="inverted_cdf") for share in (_LOW, _MIDDLE, _HIGH)]
        row = min(int(np.searchsorted(run.epoch, self.epoch, side="right")) - 1, len(run.epoch) - 1)
        own = (run.validation_loss if setup.validation_points else run.train_loss)[row]
        score = run.validation_accuracy if setup.validation_points else run.train_accuracy
        goal, members = GOALS[setup.sample.task], self._cohort.members
        scores = [one.evaluation()[3 if setup.validation_points else 2] for one in members]
        solved = sum(value is not None and value >= goal for value in (*scores, float(score[row])))
        return Luck(
            epoch=self.epoch,
            low=quantiles[0],
            median=quantiles[1],
            high=quantiles[2],
            starts=len(members),
            better_than=int((columns[:, -1] > own).sum()),
            diverged_at=tuple(sorted(one.place[0] for one in members if one.status == "diverged")),
            solved=solved,
            solved_interval=Share.of(solved, len(members) + 1)[1:3],
            goal=goal,
            task=setup.sample.task,
            validated=setup.validation_points > 0,
            fields=tuple(self._fields()) if boundaries else (),
        )

    def _losses(self, name: str) -> Array:
        """The losses of all starts, shape (starts, epochs + 1); after the end the last one, or inf if it diverged."""
        place, epoch = History._fields.index(name), History._fields.index("epoch")
        result = np.full((len(self._cohort.members), self.epoch + 1), np.inf)
        for losses, first, one in zip(result, self._first, self._cohort.members, strict=True):
            losses[0], rows = getattr(first, name), one.history()
            losses[rows[:, epoch].astype(int)] = np.where(np.isfinite(rows[:, place]), rows[:, place], np.inf)
            if one.status != "diverged":
                last = one.place[0]
                losses[last + 1 :] = losses[last]
        return result

    def _fields(self) -> list[Array]:
        """The boundary of each start on a grid over the plane, as `BoundaryRequest` answers it."""
        found = []
        for one in self._cohort.members:
            setup = one.setup
            o = Reference(setup).outputs(one.state(), setup.grid(_GRID, setup.network.dtype))
            found.append(boundary_field(setup.network, o, setup.sample))
        return found
