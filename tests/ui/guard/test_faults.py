"""No exception is lost: it is logged and told, and the program lives on."""

from __future__ import annotations

import faulthandler
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QTimer, qInstallMessageHandler
from PySide6.QtWidgets import QLabel

from ui.guard import faults
from ui.guard.faults import Faults


@pytest.fixture
def caught(tmp_path: Path) -> Iterator[Faults]:
    """Faults caught as in the program, and all hooks put back afterwards."""
    hooks, handlers = (sys.excepthook, threading.excepthook), list(logging.getLogger().handlers)
    previous = qInstallMessageHandler(None)
    result = faults.catch_faults(tmp_path)
    yield result
    release(result)
    sys.excepthook, threading.excepthook = hooks
    qInstallMessageHandler(previous)
    for handler in [handler for handler in logging.getLogger().handlers if handler not in handlers]:
        logging.getLogger().removeHandler(handler)
        handler.close()


def release(caught: Faults) -> None:
    faulthandler.disable()
    if caught.crash_file is not None:
        caught.crash_file.close()


def fail() -> None:
    raise RuntimeError("the roof leaks")


@pytest.mark.qt_no_exception_capture
def test_a_fault_in_a_slot_is_logged_and_told(qtbot, caught: Faults) -> None:
    with qtbot.waitSignal(caught.happened) as told:
        QTimer.singleShot(0, fail)
    assert "the roof leaks" in told.args[0]
    assert str(caught.log_path) in told.args[0]
    assert "the roof leaks" in caught.log_path.read_text()


def test_a_fault_in_a_thread_is_logged_and_told(qtbot, caught: Faults) -> None:
    with qtbot.waitSignal(caught.happened) as told:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    assert "the roof leaks" in told.args[0]


def test_a_folder_that_cannot_be_written_keeps_nobody_from_working(tmp_path: Path, caught: Faults) -> None:
    (tmp_path / "file").write_text("")
    without_log = faults.catch_faults(tmp_path / "file" / "below")
    assert without_log.crash_file is None


def test_qt_survives_thousands_of_calls_that_return_none(qtbot) -> None:
    """PySide6 6.12.0 on Python 3.11 aborts after some thousand of these."""
    label, plot = QLabel(), pg.PlotWidget()
    qtbot.addWidget(label)
    qtbot.addWidget(plot)
    for number in range(20_000):
        label.setNum(number)
    curve = plot.plot([0], [0])
    plot.show()
    for frame in range(300):
        curve.setData([0, frame], [0, frame])
        plot.repaint()
