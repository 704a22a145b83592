"""Functions on threads of their own, with progress and a way to stop them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from playground.files.errors import CancelledError
from playground.files.progress import watch_progress

_log = logging.getLogger(__name__)


class Job(QThread):
    """Thread that runs one function and deletes itself when it has ended. Its owner waits for it before being
    deleted."""

    done = Signal(object)
    """Carries what the work returned."""
    failed = Signal(object)
    """Carries the exception that ended it, `CancelledError` if it was stopped."""
    progressed = Signal(int, int)
    """Carries how much is done, and of how much."""

    def __init__(self, work: Callable[[Job], Any], parent: QObject) -> None:
        super().__init__(parent)
        self.work = work
        self.cancelled = False
        self.finished.connect(self.deleteLater)

    def run(self) -> None:
        try:
            with watch_progress(self.report):
                self.done.emit(self.work(self))
        except Exception as error:
            if not isinstance(error, (CancelledError, OSError, ValueError)):
                _log.exception("Work beside the window failed")
            self.failed.emit(error)

    def cancel(self) -> None:
        """Ask the work to stop at the next report of its progress."""
        self.cancelled = True

    def report(self, done: int, of: int) -> None:
        """Report progress from within the work. Raises CancelledError if it was cancelled."""
        if self.cancelled:
            raise CancelledError
        self.progressed.emit(done, of)


def finish_jobs(owner: QObject, cancel: bool = True) -> None:
    """Wait until all jobs of an owner have ended, before it is deleted."""
    for job in owner.findChildren(Job):
        if cancel:
            job.cancel()
        job.wait()
