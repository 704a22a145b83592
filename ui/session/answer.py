"""The answer to one question that was put to the training thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from playground import Trainer
from playground.files.errors import CancelledError


class Answer(QObject):
    """The result of a function of the trainer, made on its thread and passed to the window's; others may wait."""

    _made = Signal()

    def __init__(
        self,
        make: Callable[[Trainer], Any],
        then: Callable[[Any], object] | None,
        failed: Callable[[Exception], object] | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._make, self._then, self._failed = make, then, failed
        self._future: Future[Any] = Future()
        # Never before the one who asks has got the answer.
        self._made.connect(self._tell, Qt.ConnectionType.QueuedConnection)

    def forget(self) -> None:
        """Drop the callbacks."""
        self._then = self._failed = None

    @property
    def is_there(self) -> bool:
        return self._future.done()

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the answer, on another thread than the window's.

        Raises TimeoutError, the exception that was raised on the training thread, or CancelledError if training ended
        before.
        """
        return self._future.result(timeout)

    def make(self, trainer: Trainer) -> None:
        """Make the answer on the training thread; an exception reaches both sides."""
        try:
            self._future.set_result(self._make(trainer))
        except BaseException as error:
            self._future.set_exception(error)
            raise
        finally:
            self._made.emit()

    def cancel(self) -> None:
        """Say on both sides that there will be no answer, since the training thread has ended."""
        self._future.set_exception(CancelledError("training has ended"))
        self._made.emit()

    def _tell(self) -> None:
        error = self._future.exception()
        if error is None and self._then is not None:
            self._then(self._future.result())
        elif isinstance(error, Exception) and self._failed is not None:
            self._failed(error)
        self.deleteLater()
