"""Other starts of the experiment, trained on a thread of their own up to the epoch of the run."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from playground import Experiment
from playground.measure.snapshot import History
from playground.studies.luck import OtherStarts

from .jobs import Job, finish_jobs
from .power import run_beside

_BEAT_SECONDS = 0.5
"""The least time between two comparisons while the starts catch up."""
_FIRST_PIECE, _LONGEST_PIECE = 10, 1000
"""Epochs of training between two looks at the time: as many as have taken half a beat."""


class StartsTrainer(QObject):
    """Trains other starts of one experiment, and compares the run with them as far as they are trained."""

    compared = Signal(object)
    """Carries a Luck."""
    caught_up = Signal()
    """The starts have been trained as far as the run had come when that was asked for."""
    failed = Signal(str)
    _arrived = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._starts: OtherStarts | None = None
        self._job: Job | None = None
        self.of: Experiment | None = None
        """The experiment whose starts are in training."""
        self._arrived.connect(self._pass_on)

    def follow(self, experiment: Experiment, run: History, *, boundaries: bool) -> None:
        """Train to the last epoch of a run of the experiment, unless that is under way or done, and compare it."""
        last, starts = int(run.epoch[-1]), self._starts
        if starts is not None and starts.experiment == experiment and last == starts.epoch:
            return
        if self._job is None:
            goes_on = starts is not None and starts.experiment == experiment and last > starts.epoch
            before, self.of = starts if goes_on else None, experiment
            self._job = Job(
                self, lambda job: self._train(job, before, experiment, run, boundaries), self._end, self._fail
            )

    def stop(self) -> None:
        """Cancel the training under way, and forget the starts."""
        job, self._job, self._starts, self.of = self._job, None, None, None
        if job is not None:
            job.drop()

    def close(self) -> None:
        """Stop, and wait until the threads have ended."""
        self.stop()
        finish_jobs(self)

    def _train(
        self, job: Job, starts: OtherStarts | None, experiment: Experiment, run: History, boundaries: bool
    ) -> OtherStarts:
        run_beside()

        def stop() -> bool:
            return job.cancelled

        starts = starts or OtherStarts(experiment, stop)
        last, piece, said = int(run.epoch[-1]), _FIRST_PIECE, time.monotonic()
        while starts.epoch < last:
            began = time.monotonic()
            starts.advance(min(last, starts.epoch + piece), stop)
            now = time.monotonic()
            piece = min(2 * piece, _LONGEST_PIECE) if now - began < _BEAT_SECONDS / 2 else max(1, piece // 2)
            if now - said >= _BEAT_SECONDS and starts.epoch < last:
                said = now
                self._arrived.emit(job, starts.luck(run, stop, boundaries=boundaries))
        self._arrived.emit(job, starts.luck(run, stop, boundaries=boundaries))
        return starts

    def _pass_on(self, job: Job, luck: object) -> None:
        if job is self._job:
            self.compared.emit(luck)

    def _end(self, starts: OtherStarts) -> None:
        self._job, self._starts, self.of = None, starts, None
        self.caught_up.emit()

    def _fail(self, error: Exception) -> None:
        self._job = self.of = None
        self.failed.emit(str(error))
