"""Faults: no exception is lost. Each is written to a log file and reported in the window.

Faults can arise in slots, in threads, in paint events and inside Qt itself. `catch_faults` catches them; a custom paint
is `guarded` besides, since what escapes from one can crash Qt.
"""

from __future__ import annotations

import faulthandler
import functools
import logging
import logging.handlers
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from PySide6.QtCore import QEvent, QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from playground.files.places import logs_path

_log = logging.getLogger("playground.faults")


class Faults(QObject):
    """Collector of faults from all threads; `happened` reaches the window's own thread."""

    happened = Signal(str)
    """Carries what to tell the person."""

    def __init__(self, log_path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.log_path = log_path
        self.crash_file: TextIO | None = None
        """Where a crash of the interpreter itself is written; held open for as long as the program runs."""

    def exception(self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
        """Log and report an uncaught exception."""
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)  # type: ignore[arg-type]
            return
        _log.error("Uncaught exception", exc_info=(kind, error, trace))  # type: ignore[arg-type]
        self.happened.emit(
            f"Something went wrong inside the program ({kind.__name__}: {error}). Your experiment is safe, and you can "
            f"continue. The details are in {self.log_path}."
        )

    def _thread_exception(self, arguments: threading.ExceptHookArgs) -> None:
        self.exception(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def message(self, kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
        """Log a message of Qt."""
        severe = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
        _log.log(logging.ERROR if severe else logging.WARNING, "Qt: %s", text)


def guarded(paint: Callable[..., None]) -> Callable[..., None]:
    """Turn exceptions of a paint method into faults; let through, they can crash Qt.

    A paint that fails does so at every frame, so the same fault at the same place is reported once.
    """
    known: set[tuple[type[Exception], int]] = set()

    @functools.wraps(paint)
    def wrapper(*args: Any) -> None:
        try:
            paint(*args)
        except Exception as error:
            fault = (type(error), traceback.extract_tb(error.__traceback__)[-1].lineno or 0)
            if fault not in known:
                known.add(fault)
                sys.excepthook(*sys.exc_info())

    return wrapper


def painted(paint: Callable[..., None]) -> Callable[..., None]:
    """Turn a method that takes an antialiased painter of its widget into a guarded `paintEvent`."""

    @guarded
    @functools.wraps(paint)
    def wrapper(widget: QWidget, _event: QEvent | None) -> None:
        painter = QPainter(widget)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        try:
            paint(widget, painter)
        finally:
            painter.end()

    return wrapper


def catch_faults(folder: Path | None = None) -> Faults:
    """Catch faults from now on; the log goes to `folder`, by default the user's log folder."""
    folder = folder or logs_path()
    log_path = folder / "playground.log"
    faults = Faults(log_path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler: logging.Handler = logging.handlers.RotatingFileHandler(log_path, maxBytes=2**20, backupCount=2)
        faults.crash_file = (folder / "crash.log").open("a")
        faulthandler.enable(faults.crash_file)
    except OSError:
        # A folder that can't be written must not keep anybody from working.
        handler = logging.StreamHandler()
        faulthandler.enable()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)
    sys.excepthook = faults.exception
    threading.excepthook = faults._thread_exception
    qInstallMessageHandler(faults.message)
    return faults
