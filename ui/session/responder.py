"""Trains responses on a thread of its own: the latest questions are answered, earlier ones are cancelled."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from PySide6.QtCore import QObject, Signal

from playground import Experiment
from playground.engine.lanes import cache as lanes
from playground.run.run import Checkpoint
from playground.studies.comparison import Comparison, needs_observation
from playground.studies.knobs import Knob
from playground.studies.reading import Measure, ResponseReading
from playground.studies.response import MOST_STARTS, Response
from playground.studies.response_map import MapAxis, MapReading, ResponseMap

from .jobs import Job, finish_jobs
from .power import run_beside

_BEAT_SECONDS = 0.1
"""The least time between two readings while more is being trained."""
_FINER_ROUNDS = 2
"""How often more values are tried around the best one."""
LOOK_SECONDS = 1.0
"""The time between two looks at whether the engine is there."""


class Terms(NamedTuple):
    """The terms of a question: how long values train, from which moment on, and what is measured."""

    epochs: int
    measures: tuple[Measure, ...] = ("loss",)
    """The first one is that of maps, and says which values are the best."""
    beginning: Checkpoint | None = None
    """The moment from which training continues; None for the initial weights."""

    @property
    def _rest(self) -> dict[str, Any]:
        observed = any(map(needs_observation, self.measures))
        return {"epochs": self.epochs, "beginning": self.beginning, "observed": observed}

    def response(self, experiment: Experiment, knob: Knob) -> Response:
        """Make a response on these terms."""
        return Response(experiment, knob, most_starts=MOST_STARTS, **self._rest)

    def map(self, experiment: Experiment, axes: tuple[MapAxis, MapAxis]) -> ResponseMap:
        """Make a map on these terms."""
        return ResponseMap(experiment, *axes, **self._rest)


Asked: TypeAlias = Response | ResponseMap
Answer: TypeAlias = tuple[ResponseReading | MapReading, Measure]
"""A reading, and the measure that was asked for, which it may have replaced by one that can be compared."""


class Responder(QObject):
    """Answers the latest questions, one after the other, on a thread of its own."""

    answered = Signal(object, str)
    """Carries a ResponseReading or a MapReading of what has been trained so far, and the requested measure."""
    failed = Signal(str)
    _arrived = Signal(object, object, object)

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

    def ask(self, asked: Sequence[Asked], measures: Sequence[Measure]) -> None:
        """Train responses and maps, the first one first, then more values around the best, then more starts.

        Where only the present value is new, just the missing runs are trained.
        """
        self.stop()
        wanted = [self._following(one) for one in asked]
        for one in wanted:
            self.known[one.name] = one
            for answer in _answers(one, measures):
                self.answered.emit(*answer)
        if not all(one.is_finished for one in wanted):
            self._job = Job(self, lambda job: self._train(job, wanted, measures), self._end, self._fail)

    def read_again(self, asked: Asked, measures: Sequence[Measure]) -> list[Answer]:
        """Return the results known so far for a question to be asked."""
        return _answers(self._following(asked), measures)

    def stop(self) -> None:
        """Cancel the responses in training."""
        job, self._job = self._job, None
        if job is not None:
            job.drop()

    def close(self) -> None:
        """Stop, and wait until the threads have ended."""
        self.stop()
        finish_jobs(self)

    def _following(self, asked: Asked) -> Asked:
        earlier: Comparison | None = self.known.get(asked.name)
        return asked if earlier is None else asked.following(earlier)

    def _train(self, job: Job, asked: Sequence[Asked], measures: Sequence[Measure]) -> None:
        run_beside()
        for one in asked:
            self._train_one(job, one, measures)
        for one in [self._train_finer(job, one, measures) for one in asked]:
            self._train_one(job, one, measures, refine=True)

    def _train_finer(self, job: Job, asked: Asked, measures: Sequence[Measure]) -> Asked:
        """Train more values around the best one, and around the best of these."""
        if not isinstance(asked, Response):
            return asked
        for _ in range(_FINER_ROUNDS):
            finer = None if job.cancelled else asked.finer(measures[0])
            if finer is None:
                break
            asked = finer
            self._train_one(job, asked, measures)
        return asked

    def _train_one(self, job: Job, asked: Asked, measures: Sequence[Measure], *, refine: bool = False) -> None:
        def say() -> None:
            self._arrived.emit(job, asked, _answers(asked, measures))

        def stop() -> bool:
            now = time.monotonic()
            if now - self._said >= _BEAT_SECONDS and not job.cancelled:
                self._said = now
                say()
            return job.cancelled

        self._said, ended = time.monotonic(), 0
        for _ in asked.train(stop, refine=refine):
            ended += 1
            if asked.is_coarse:
                say()
        if ended and not job.cancelled:
            say()

    def _pass_on(self, job: Job, asked: Asked, answers: Sequence[Answer]) -> None:
        if job is self._job:
            self.known[asked.name] = asked
            for answer in answers:
                self.answered.emit(*answer)

    def _end(self, _: object) -> None:
        self._job = None

    def _fail(self, error: Exception) -> None:
        self._job = None
        self.failed.emit(str(error))


def _answers(asked: Asked, measures: Sequence[Measure]) -> list[Answer]:
    """What has been trained so far in each of some measures; of a map in the first one."""
    if not len(asked.results):
        return []
    return [(asked.reading(one), one) for one in (measures if isinstance(asked, Response) else measures[:1])]
