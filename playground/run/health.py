"""Health: the latest moment of a training at which all was well, to go back to when numbers stop being finite.

The last finite weights are seldom worth keeping: a loss may grow a billionfold before it overflows. So a moment is kept
only if the loss is bearable: near the best one of the recent past, or at least near that of an output of 0 everywhere.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.engine.problem import Problem
from playground.engine.state import State
from playground.experiment.tree import Experiment

LOOK_SECONDS = 0.1
"""The least time between two looks: what is lost by going back is too short to be missed."""
LOOK_REST = 20
"""There are at least so many times as long between two looks as one takes, however large the network."""
LOOK_POINTS = 500
"""The most training points that a look asks for."""
MUCH_WORSE = 10
"""So many times the best loss of the recent past is no longer bearable."""
SMALL = 0.01
"""Below this share of the loss of an output of 0, one loss is as good as another."""
HOPELESS = 1.5
"""So many times the loss of an output of 0 is not bearable, unless training started there."""
FORGETTING = 1.1
"""By this factor the best loss of the recent past is forgotten from look to look."""


class Moment(NamedTuple):
    """A moment at which all was well."""

    experiment: Experiment
    state: State
    """Never changed in place."""
    seconds: float
    """Spent in training steps until then."""


class Health:
    """Keeps the latest healthy moment. Of a `fresh` training the first one is, whatever its loss, if that is finite."""

    def __init__(self, *, fresh: bool = True) -> None:
        self.best = math.inf if fresh else 0.0
        """The lowest loss of the recent past, infinite where anything goes, 0 where nothing is known."""
        self.moment: Moment | None = None
        self.rate = 0.0
        """The largest learning rate since then that another one has replaced."""
        self.due = 0.0

    def look(self, problem: Problem, outputs: Callable[[Array], Array], moment: Moment) -> None:
        """Keep a copy of the present `moment` if all is well; `outputs` gives o for inputs (features, n)."""
        started = time.perf_counter()
        if started < self.due:
            return
        places = spread_places(problem.points)
        targets = problem.targets[:, places]
        loss = mean_loss(problem, outputs(problem.inputs[:, places]), targets)
        idle = mean_loss(problem, np.zeros_like(targets), targets)
        self.best = self.best or idle
        if loss <= self.bearable(idle):
            self.moment = moment._replace(state=moment.state.copy())
            self.rate = 0.0
        # A loss that is not bearable never becomes so by lasting.
        best = float(np.fmin(loss, max(self.best, min(self.best * FORGETTING, idle))))
        self.best = max(best, SMALL * idle)
        ended = time.perf_counter()
        self.due = ended + max(LOOK_SECONDS, LOOK_REST * (ended - started))

    def bearable(self, idle: float) -> float:
        """The largest loss at which all is well; an output of 0 has the loss `idle`."""
        return min(MUCH_WORSE * self.best, HOPELESS * max(self.best, idle), sys.float_info.max)


def spread_places(points: int) -> Array:
    """Some of the points, evenly spread."""
    return np.linspace(0, points - 1, min(points, LOOK_POINTS)).round().astype(np.intp)


def mean_loss(problem: Problem, o: Array, targets: Array) -> float:
    """The mean loss per point; not finite where it overflows."""
    with np.errstate(all="ignore"):
        return float(np.mean(problem.network.loss.per_point(o, targets), dtype=np.float64))
