"""The pace of training and of costly pictures."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable

from playground import Snapshot
from playground.measure.observe import Requests

_PICTURE_SECONDS = 1 / 30
"""The least time between two sets of costly answers while training runs."""
_PICTURE_REST = 3
"""While training runs, the time between two sets is at least this many times what one takes."""


class CostlyAnswers:
    """Snapshots in which, while training runs, costly answers are repeated until new ones are due."""

    def __init__(self) -> None:
        self.latest: Snapshot | None = None
        """The snapshot that has the latest costly answers."""
        self._made_for: object = None
        self.due = 0.0

    def snapshot(
        self, take: Callable[[Requests], Snapshot], requests: Requests, units: list[int], *, at_rest: bool
    ) -> Snapshot:
        """Return a snapshot by `take` that answers requests; costly answers are repeated only for the same `units` per
        layer."""
        cheap = frozenset(request for request in requests if not request.costly)
        started = time.perf_counter()
        if cheap == requests:
            return take(requests)
        if not at_rest and self.latest is not None and self._made_for == (requests, units) and started < self.due:
            repeated = {request: self.latest.answers[request] for request in requests - cheap}
            fresh = take(cheap)
            return dataclasses.replace(fresh, answers={**fresh.answers, **repeated})
        self.latest, self._made_for = take(requests), (requests, units)
        ended = time.perf_counter()
        # Counted from when it was due, so that a display with another beat gets as many as it may.
        self.due = max(self.due + _PICTURE_SECONDS, ended + _PICTURE_REST * (ended - started))
        return self.latest


class StepRate:
    """Speed of training: measured over half a second, and the steps that are due at a chosen speed."""

    def __init__(self) -> None:
        self.started = self._window_start = time.perf_counter()
        self.steps = self._window_steps = 0
        self.rate = 0.0

    def due(self, steps_per_second: float) -> int:
        """Return the updates to make now to keep the chosen speed; lost time is not made up for."""
        due = int((time.perf_counter() - self.started) * steps_per_second) + 1 - self.steps
        if due > max(1.0, steps_per_second / 10):
            self.started, self.steps, due = time.perf_counter(), 0, 1
        return max(due, 0)

    def done(self, steps: int) -> None:
        """Count updates that were made."""
        self.steps += steps
        self._window_steps += steps
        elapsed = time.perf_counter() - self._window_start
        if elapsed >= 0.5:
            self.rate = self._window_steps / elapsed
            self._window_start, self._window_steps = time.perf_counter(), 0
