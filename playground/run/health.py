"""Health: the latest moment of a run at which all was well, to go back to when numbers stop being finite.

The last finite weights are seldom worth keeping: a loss may grow a billionfold before it overflows. So a moment is kept
only if the loss is bearable: near the best one of the recent past, or at least near that of an output of 0 everywhere.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.losses import Loss
from playground.engine.setup import Setup
from playground.engine.state import State

_LOOK_SECONDS = 0.1
"""The least time between two looks: what is lost by going back is too short to be missed."""
_LOOK_REST = 20
"""The least time between two looks as a multiple of what one takes, however large the network."""
_LOOK_POINTS = 500
"""The most training points that a look asks for."""
_MUCH_WORSE = 10
"""A loss above this multiple of the best one of the recent past is no longer bearable."""
_SMALL = 0.01
"""Below this share of the loss of an output of 0, one loss is as good as another."""
_HOPELESS = 1.5
"""A loss above this multiple of the loss of an output of 0 is not bearable, unless training started there."""
_FORGETTING = 1.1
"""The factor by which the best loss of the recent past grows from look to look, so that old values fade."""


class Moment(NamedTuple):
    """A moment at which all was well."""

    setup: Setup
    """With the points as they were then: their file may be gone by now."""
    state: State
    """Never changed in place."""
    seconds: float
    """Spent in training steps until then."""


@dataclass
class Health:
    """Keeps the latest healthy moment. Of a fresh training the first one is, whatever its loss, if that is finite."""

    best: float = math.inf
    """The lowest loss of the recent past, infinite where anything goes, 0 where nothing is known."""
    rate: float = 0.0
    """The largest learning rate since the healthy moment that another one has replaced."""
    moment: Moment | None = None
    due: float = 0.0
    """When the next look is due."""

    def look(self, moment: Moment, outputs: Callable[[Array], Array]) -> None:
        """Keep a copy of the present `moment` if all is well; `outputs` gives o for inputs (features, n)."""
        started = time.perf_counter()
        if started < self.due:
            return
        inputs, targets, loss_of = *_some_points(moment.setup), moment.setup.network.loss
        loss = _mean_loss(loss_of, outputs(inputs), targets)
        idle = _mean_loss(loss_of, np.zeros_like(targets), targets)
        self.best = self.best or idle
        if loss <= min(_MUCH_WORSE * self.best, _HOPELESS * max(self.best, idle), sys.float_info.max):
            self.moment = moment._replace(state=moment.state.copy())
            self.rate = 0.0
        # A loss that is not bearable never becomes so by lasting.
        best = float(np.fmin(loss, max(self.best, min(self.best * _FORGETTING, idle))))
        self.best = max(best, _SMALL * idle)
        ended = time.perf_counter()
        self.due = ended + max(_LOOK_SECONDS, _LOOK_REST * (ended - started))


def _some_points(setup: Setup) -> tuple[Array, Array]:
    inputs, targets = setup.train.inputs, setup.train.targets
    if setup.points <= _LOOK_POINTS:
        return inputs, targets
    places = np.linspace(0, setup.points - 1, _LOOK_POINTS).round().astype(np.intp)
    return inputs[:, places], targets[:, places]


def _mean_loss(loss: Loss, o: Array, targets: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.mean(loss.per_point(o, targets), dtype=np.float64))
