"""The thread that writes and reads kept runs, one request after the other, so that the window never waits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from playground.files.errors import InputError
from playground.storage.runs.store import RunStore

_log = logging.getLogger(__name__)
_Found = TypeVar("_Found")


class RunKeeper(QObject):
    """Uses the store of runs on a thread of its own. Close it before deleting it."""

    _told = Signal(object, object)

    def __init__(self, open_store: Callable[[], RunStore], parent: QObject) -> None:
        """Take what opens the store, on the thread."""
        super().__init__(parent)
        self._open = open_store
        self._store: RunStore | None = None
        self._thread = ThreadPoolExecutor(1, "kept runs")
        # To a method of an object of the window's thread, so that it is called there.
        self._told.connect(self._tell)

    def do(
        self,
        work: Callable[[RunStore], _Found],
        then: Callable[[_Found], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
    ) -> Future[None]:
        """Call a function of the store on the thread; `then` gets the result, `failed` the exception."""
        return self._thread.submit(self._do, work, then, failed)

    def _do(
        self,
        work: Callable[[RunStore], Any],
        then: Callable[[Any], object] | None,
        failed: Callable[[Exception], object] | None,
    ) -> None:
        try:
            if self._store is None:
                self._store = self._open()
            result = work(self._store)
        except Exception as error:
            if not isinstance(error, (InputError, OSError)):
                _log.exception("Kept runs failed")
            if failed is not None:
                self._told.emit(failed, error)
        else:
            if then is not None:
                self._told.emit(then, result)

    def _tell(self, then: Callable[[Any], object], result: Any) -> None:
        then(result)

    def close(self) -> None:
        """Finish all requests, and end the thread."""
        self._told.disconnect()
        self._thread.shutdown()
        if self._store is not None:
            self._store.close()
