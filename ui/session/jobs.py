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
    """Thread that runs one function at once and deletes itself afterwards. Its owner waits for it before being deleted.

    Results arrive on the window's thread: to `done` what the work returned, to `failed` the exception that
    ended it (`CancelledError` if it was stopped), to `progressed` how much is done, and of how much.
    """

    _told = Signal(str, object)

    def __init__(
        self,
        owner: QObject,
        work: Callable[[Job], Any],
        done: Callable[[Any], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        progressed: Callable[[int, int], object] | None = None,
    ) -> None:
        super().__init__(owner)
        self.work = work
        self.cancelled = False
        self._listeners = {"done": done, "failed": failed, "progressed": progressed}
        self._told.connect(self._tell)
        self.finished.connect(self.deleteLater)
        self.start()

    def run(self) -> None:
        try:
            with watch_progress(self.report):
                self._told.emit("done", (self.work(self),))
        except Exception as error:
            if not isinstance(error, (CancelledError, OSError, ValueError)):
                _log.exception("Work beside the window failed")
            self._told.emit("failed", (error,))

    def _tell(self, what: str, about: tuple[Any, ...]) -> None:
        listener = self._listeners.get(what)
        if what != "progressed":
            # They may hold the owner, which would then go whenever Python clears cycles away, on whatever thread.
            self._listeners.clear()
        if listener is not None:
            listener(*about)

    def cancel(self) -> None:
        """Ask the work to stop at the next report of its progress."""
        self.cancelled = True

    def drop(self) -> bool:
        """Ask the work to stop, and report nothing more; return whether its end is still unreported."""
        self.cancel()
        waited_for = bool(self._listeners)
        self._listeners.clear()
        return waited_for

    def report(self, done: int, of: int) -> None:
        """Report progress from within the work. Raises CancelledError if it was cancelled."""
        if self.cancelled:
            raise CancelledError
        self._told.emit("progressed", (done, of))


def finish_jobs(owner: QObject, cancel: bool = True) -> None:
    """Wait until all jobs of an owner have ended, before it is deleted."""
    for job in owner.findChildren(Job):
        if cancel:
            job.drop()
        job.wait()
