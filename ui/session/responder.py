"""Trains responses on a thread of its own: the latest questions are answered, earlier ones are cancelled."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

from PySide6.QtCore import QObject, Signal

from playground import Experiment
from playground.engine.lanes import cache as lanes
from playground.run.run import Checkpoint
from playground.studies.comparison import Comparison, needs_observation
from playground.studies.knobs import Knob
from playground.studies.reading import Measure, Reading
from playground.studies.response import MOST_STARTS, Response
from playground.studies.response_map import MapAxis, MapReading, ResponseMap

from .jobs import Job, finish_jobs

_BEAT_SECONDS = 0.1
"""The least time between two readings while more is being trained."""
LOOK_SECONDS = 1.0
"""The time between two looks at whether the engine is there."""
_NICENESS = 5
"""The niceness of the thread, so that the run comes first."""


class Terms(NamedTuple):
    """The terms of a question: how long values train, from which moment on, and what is measured."""

    epochs: int
    measure: Measure = "loss"
    beginning: Checkpoint | None = None
    """The moment from which training continues; None for the initial weights."""

    @property
    def _rest(self) -> dict[str, Any]:
        observed = needs_observation(self.measure)
        return {"epochs": self.epochs, "beginning": self.beginning, "observed": observed}

    def response(self, experiment: Experiment, knob: Knob) -> Response:
        """Make a response on these terms."""
        return Response(experiment, knob, most_starts=MOST_STARTS, **self._rest)

    def map(self, experiment: Experiment, axes: tuple[MapAxis, MapAxis]) -> ResponseMap:
        """Make a map on these terms."""
        return ResponseMap(experiment, *axes, **self._rest)


Asked: TypeAlias = Response | ResponseMap
Answer: TypeAlias = Reading | MapReading


class Responder(QObject):
    """Answers the latest questions, one after the other, on a thread of its own."""

    answered = Signal(object)
    """A `Reading`, or a `MapReading`, of what has been trained so far."""
    failed = Signal(str)
    _arrived = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self.known: dict[str, Asked] = {}
        """The latest response of each setting, and the latest map."""
        self._said = 0.0
        self._ready: set[str] = set()
        self._next_look: dict[str, float] = {}
        self._arrived.connect(self._pass_on)

    def is_ready(self, precision: str) -> bool:
        """Whether the engine that trains many networks at once can be used, checked at most once a second."""
        now = time.monotonic()
        if precision not in self._ready and now >= self._next_look.get(precision, 0):
            self._next_look[precision] = now + LOOK_SECONDS
            if lanes.are_stamped(precision):
                self._ready.add(precision)
        return precision in self._ready

    @property
    def is_busy(self) -> bool:
        """Whether a response is in training."""
        return self._job is not None

    def ask(self, asked: Sequence[Asked], measure: Measure) -> None:
        """Train responses and maps, the first one first, then responses from more starts.

        Where only the present value is new, just the missing runs are trained.
        """
        self.stop()
        for one in asked:
            self._adopt(one)
            self.known[one.name] = one
            if len(one.results):
                self.answered.emit(one.reading(measure))
        if not all(one.is_finished for one in asked):
            self._job = Job(self, lambda job: self._train(job, asked, measure), self._end, self._fail)

    def read_again(self, asked: Asked, measure: Measure) -> Answer | None:
        """Return the results known so far for a question to be asked; None if there are none."""
        self._adopt(asked)
        return asked.reading(measure) if len(asked.results) else None

    def stop(self) -> None:
        """Cancel the responses in training."""
        job, self._job = self._job, None
        if job is not None:
            job.drop()

    def close(self) -> None:
        """Stop, and wait until the threads have ended."""
        self.stop()
        finish_jobs(self)

    def _adopt(self, asked: Asked) -> None:
        earlier: Comparison | None = self.known.get(asked.name)
        if earlier is not None:
            asked.adopt(earlier)

    def _train(self, job: Job, asked: Sequence[Asked], measure: Measure) -> None:
        run_beside()
        for refine in (False, True):
            for one in asked:
                self._train_one(job, one, measure, refine)

    def _train_one(self, job: Job, asked: Asked, measure: Measure, refine: bool) -> None:
        def stop() -> bool:
            now = time.monotonic()
            if now - self._said >= _BEAT_SECONDS and not job.cancelled:
                self._said = now
                self._arrived.emit(asked, asked.reading(measure))
            return job.cancelled

        self._said, ended = time.monotonic(), 0
        for _ in asked.train(stop, refine=refine):
            ended += 1
            if asked.is_coarse:
                self._arrived.emit(asked, asked.reading(measure))
        if ended and not job.cancelled:
            self._arrived.emit(asked, asked.reading(measure))

    def _pass_on(self, asked: Asked, reading: Answer) -> None:
        if asked is self.known.get(asked.name) and self._job is not None:
            self.answered.emit(reading)

    def _end(self, _: object) -> None:
        self._job = None

    def _fail(self, error: Exception) -> None:
        self._job = None
        self.failed.emit(str(error))


def run_beside() -> None:
    """Lower the priority of this thread below that of the run in the window."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
