"""Health: keeping the latest healthy moment of a run, to return to when numbers stop being finite.

The last finite weights are seldom worth keeping, since a loss may grow a billionfold before it overflows. A moment
counts as healthy only if its loss is near the best of the recent past, or at least near the idle loss, that of a
network whose output is always 0.
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
"""The shortest time between two checks; going back loses little more training than that."""
_LOOK_REST = 20
"""The shortest time between two checks as a multiple of a check's duration, so that checks stay cheap."""
_LOOK_POINTS = 500
"""The most training points that a check evaluates."""
_MUCH_WORSE = 10
"""A loss above this multiple of the best of the recent past is not healthy."""
_SMALL = 0.01
"""Losses below this share of the idle loss count as equally good."""
_HOPELESS = 1.5
"""A loss above this multiple of the idle loss is not healthy, unless training started there."""
_FORGETTING = 1.1
"""The factor by which the remembered best loss grows from check to check, so that old values fade."""


class Moment(NamedTuple):
    """A healthy moment of a run."""

    setup: Setup
    """The setup with its points at that time, whose file may have changed since or be gone."""
    state: State
    """The state, which is never changed in place."""
    seconds: float
    """The time spent in training steps until then."""


@dataclass
class Health:
    """Keeps the latest healthy moment. The first moment of a new run is healthy if its loss is finite."""

    best: float = math.inf
    """The lowest loss of the recent past; infinite if any loss is acceptable, 0 if none is known."""
    rate: float = 0.0
    """The largest learning rate that a change has replaced since the healthy moment."""
    moment: Moment | None = None
    due: float = 0.0
    """The time of the next check, as `time.perf_counter` gives it."""

    def look(self, moment: Moment, outputs: Callable[[Array], Array]) -> None:
        """Check the present `moment` and keep a copy if it is healthy; `outputs` gives o for inputs (features, n)."""
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
        # A loss that is not healthy must not become so by lasting.
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
