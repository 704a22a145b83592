"""Trains responses on a thread of its own: the latest question is answered, earlier ones are cancelled."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress

from PySide6.QtCore import QObject, Signal

from playground import Experiment
from playground.engine.lanes import cache as lanes
from playground.studies.response import Knob, Reading, Response

from .jobs import Job, finish_jobs

_BEAT_SECONDS = 0.1
"""The least time between two readings while more is being trained."""
LOOK_SECONDS = 1.0
"""The time between two looks at whether the engine is there."""
_NICENESS = 5
"""The niceness of the thread, so that the run comes first."""


class Responder(QObject):
    """Answers one question at a time on a thread of its own."""

    answered = Signal(object)
    """A `Reading` of what has been trained so far."""
    failed = Signal(str)
    _arrived = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self._latest: Response | None = None
        self._ready: set[str] = set()
        self._next_look: dict[str, float] = {}
        self._arrived.connect(self._pass_on)

    def is_ready(self, precision: str) -> bool:
        """Whether the engine that trains many networks at once is there, as looked up at most every second."""
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

    def ask(self, experiment: Experiment, knob: Knob, epochs: int) -> None:
        """Train the response of a knob; if only its present value is new, train just the missing runs."""
        self.stop()
        self._latest = asked = self._response(experiment, knob, epochs)
        if len(asked.results):
            self.answered.emit(asked.reading())
        if not asked.is_whole:
            self._job = Job(self, lambda job: self._train(job, asked), self._end, self._fail)

    def read_again(self, experiment: Experiment, knob: Knob, epochs: int) -> Reading | None:
        """Return the results so far for a knob; None if there are none."""
        asked = self._response(experiment, knob, epochs)
        return asked.reading() if len(asked.results) else None

    def stop(self) -> None:
        """Cancel the response in training."""
        job, self._job = self._job, None
        if job is not None:
            job.drop()

    def close(self) -> None:
        """Stop, and wait until the threads have ended."""
        self.stop()
        finish_jobs(self)

    def _response(self, experiment: Experiment, knob: Knob, epochs: int) -> Response:
        made = Response(experiment, knob, epochs=epochs)
        if self._latest is not None:
            made.adopt(self._latest)
        return made

    def _train(self, job: Job, asked: Response) -> None:
        with suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
        said = 0.0
        for _ in asked.train(lambda: job.cancelled):
            now = time.monotonic()
            if now - said >= _BEAT_SECONDS:
                said = now
                self._arrived.emit(asked, asked.reading())
        if not job.cancelled:
            self._arrived.emit(asked, asked.reading())

    def _pass_on(self, asked: Response, reading: Reading) -> None:
        if asked is self._latest and self._job is not None:
            self.answered.emit(reading)

    def _end(self, _: object) -> None:
        self._job = None

    def _fail(self, error: Exception) -> None:
        self._job = None
        self.failed.emit(str(error))
