"""Trains responses on a thread of its own: the latest questions are answered, earlier ones are cancelled."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from playground import Experiment
from playground.engine.lanes import cache as lanes
from playground.run.run import Checkpoint
from playground.studies.comparison import needs_observation
from playground.studies.knobs import Knob
from playground.studies.reading import Measure, Reading
from playground.studies.response import MOST_STARTS, Response

from .jobs import Job, finish_jobs

_BEAT_SECONDS = 0.1
"""The least time between two readings while more is being trained."""
LOOK_SECONDS = 1.0
"""The time between two looks at whether the engine is there."""
_NICENESS = 5
"""The niceness of the thread, so that the run comes first."""


class Terms(NamedTuple):
    """What is asked of the values: how long they train, from which moment on, and what is measured."""

    epochs: int
    measure: Measure = "loss"
    beginning: Checkpoint | None = None
    """None for the initial weights."""

    def response(self, experiment: Experiment, knob: Knob) -> Response:
        """Make a response on these terms."""
        return Response(
            experiment,
            knob,
            epochs=self.epochs,
            most_starts=MOST_STARTS,
            beginning=self.beginning,
            observed=needs_observation(self.measure),
        )


class Responder(QObject):
    """Answers the latest questions, one after the other, on a thread of its own."""

    answered = Signal(object)
    """A `Reading` of what has been trained so far."""
    failed = Signal(str)
    _arrived = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._job: Job | None = None
        self.known: dict[str, Response] = {}
        """The latest response of each setting."""
        self._said = 0.0
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

    def ask(self, experiment: Experiment, knobs: Sequence[Knob], terms: Terms) -> None:
        """Train the responses of knobs, the first one first, then from more starts.

        Where only the present value is new, just the missing runs are trained.
        """
        self.stop()
        asked = [self._response(experiment, knob, terms) for knob in knobs]
        self.known.update((one.knob.path, one) for one in asked)
        for one in asked:
            if len(one.results):
                self.answered.emit(one.reading(terms.measure))
        if not all(one.is_finished for one in asked):
            self._job = Job(self, lambda job: self._train(job, asked, terms.measure), self._end, self._fail)

    def read_again(self, experiment: Experiment, knob: Knob, terms: Terms) -> Reading | None:
        """Return the results so far for a knob; None if there are none."""
        asked = self._response(experiment, knob, terms)
        return asked.reading(terms.measure) if len(asked.results) else None

    def stop(self) -> None:
        """Cancel the responses in training."""
        job, self._job = self._job, None
        if job is not None:
            job.drop()

    def close(self) -> None:
        """Stop, and wait until the threads have ended."""
        self.stop()
        finish_jobs(self)

    def _response(self, experiment: Experiment, knob: Knob, terms: Terms) -> Response:
        made = terms.response(experiment, knob)
        if knob.path in self.known:
            made.adopt(self.known[knob.path])
        return made

    def _train(self, job: Job, asked: Sequence[Response], measure: Measure) -> None:
        run_beside()
        for refine in (False, True):
            for one in asked:
                self._train_one(job, one, measure, refine)

    def _train_one(self, job: Job, asked: Response, measure: Measure, refine: bool) -> None:
        def stop() -> bool:
            now = time.monotonic()
            if now - self._said >= _BEAT_SECONDS and not job.cancelled:
                self._said = now
                self._arrived.emit(asked, asked.reading(measure))
            return job.cancelled

        self._said, ended = time.monotonic(), 0
        for _ in asked.train(stop, refine=refine):
            ended += 1
            if len(asked.results) == len(asked.knob.coarse):
                self._arrived.emit(asked, asked.reading(measure))
        if ended and not job.cancelled:
            self._arrived.emit(asked, asked.reading(measure))

    def _pass_on(self, asked: Response, reading: Reading) -> None:
        if asked is self.known.get(reading.knob.path) and self._job is not None:
            self.answered.emit(reading)

    def _end(self, _: object) -> None:
        self._job = None

    def _fail(self, error: Exception) -> None:
        self._job = None
        self.failed.emit(str(error))


def run_beside() -> None:
    """Let the run in the window come before this thread."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
