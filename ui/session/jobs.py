"""Work beside the window: a function on a thread of its own, with progress and a way to stop it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QThread, Signal

from playground.files.errors import CancelledError
from playground.files.progress import watch_progress

_log = logging.getLogger(__name__)


class Job(QThread):
    """One piece of work. It goes away by itself when it has ended; whoever owns it waits for that before it goes."""

    done = Signal(object)
    """What the work returned."""
    failed = Signal(object)
    """The exception that ended it, `CancelledError` if it was stopped."""
    progressed = Signal(int, int)
    """How much of how much is done."""

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
        """Called while it works: how far it is. Raises CancelledError if it is to stop."""
        if self.cancelled:
            raise CancelledError
        self.progressed.emit(done, of)


def finish_jobs(owner: QObject, cancel: bool = True) -> None:
    """Wait until all jobs of an owner have ended, before it goes."""
    for job in owner.findChildren(Job):
        if cancel:
            job.cancel()
        job.wait()
