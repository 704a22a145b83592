"""Limits on the speed of training, and on how often costly answers and evaluations are made."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from typing import Protocol

from playground import Snapshot
from playground.measure.observe import Requests


class _Take(Protocol):
    def __call__(self, requests: Requests, *, measured: bool) -> Snapshot:
        """Take a snapshot; unless `measured`, its evaluation may be of an earlier moment."""


_PICTURE_SECONDS = 1 / 30
"""The least time between two sets of costly answers while training runs."""
_PICTURE_REST = 3
"""While training runs, the time between two sets is at least this many times what one takes."""


_COUNTING_REST = 9
"""The same for measuring: texts, which show what it finds, change only four times a second."""


class CountedAnswers:
    """The maker of snapshots in which the evaluation and all answers that count points are of one moment.

    At rest that is the present one. While training runs, they are made together, and repeated until new ones are due.
    """

    def __init__(self) -> None:
        self._latest: Snapshot | None = None
        self._made_for: object = None
        self._due = 0.0

    def snapshot(self, take: _Take, requests: Requests, revision: int, *, at_rest: bool) -> Snapshot:
        """Return a snapshot by `take` that answers requests; nothing is repeated after an edit, whatever is asked."""
        counts = frozenset(request for request in requests if request.counts_points)
        if at_rest or not counts:
            return take(requests, measured=at_rest)
        started = time.perf_counter()
        if self._latest is None or self._made_for != (counts, revision) or started >= self._due:
            self._latest, self._made_for = take(counts, measured=True), (counts, revision)
            ended = time.perf_counter()
            self._due = max(self._due + _PICTURE_SECONDS, ended + _COUNTING_REST * (ended - started))
        counted, fresh = self._latest, take(requests - counts, measured=False)
        answers = {**fresh.answers, **counted.answers}
        return dataclasses.replace(fresh, evaluation=counted.evaluation, measured=counted.measured, answers=answers)


class CostlyAnswers:
    """The maker of snapshots in which, while training runs, costly answers are repeated until new ones are due."""

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
