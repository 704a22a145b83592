"""What tests of whole windows share: where training stands, and the controls of the panels."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import shiboken6
from PySide6.QtCore import QEvent, QPoint, QRect, QSettings
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from playground import Experiment, Snapshot
from tests.ui import hands
from ui.look import theme
from ui.window.window import Window


def keep_settings_in(folder: Path, responses: str = "off") -> None:
    """Have windows keep their settings in a folder; they train no responses beside what is tested, unless told to."""
    for kind in (QSettings.Format.NativeFormat, QSettings.Format.IniFormat):
        QSettings.setPath(kind, QSettings.Scope.UserScope, str(folder))
    QSettings().setValue("responses", responses)


@contextmanager
def opened_window(
    width: int = 1280, height: int = 800, zoom: float = 1.0, experiment: Experiment | None = None
) -> Iterator[Window]:
    """The window with an experiment or the first preset, shown, before training; closed and gone afterwards."""
    # Widgets of earlier tests wait for an event loop to delete them, and a style sheet would dress them all.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    application = QApplication.instance()
    # Dressing another window that is open again takes a fifth of a second.
    if not application.styleSheet() or (theme.current(), theme.zoom()) != (theme.LIGHT, zoom):
        theme.apply(application, "light", zoom)
    window = Window(experiment)
    window.resize(width, height)
    window.show()
    assert QTest.qWaitForWindowExposed(window)
    hands.until(lambda: window.session.report, "the worker says nothing")
    hands.leave_all(window)
    try:
        yield window
    finally:
        window.close()
        shiboken6.delete(window)


def snapshot(window: Window) -> Snapshot:
    """What the window has last heard of the training."""
    assert window.session.report is not None
    return window.session.report.snapshot


def step(window: Window) -> int:
    """The step that the window shows."""
    return snapshot(window).step


def set_rate(window: Window, rate: float) -> None:
    """Edit the learning rate, as no control does."""
    training = msgspec.structs.replace(window.session.experiment.training, learning_rate=rate)
    window.session.edit(msgspec.structs.replace(window.session.experiment, training=training), f"learning rate {rate}")


def settle(qtbot, window: Window) -> Snapshot:
    """Wait for a report that includes every edit made so far."""
    session = window.session
    qtbot.waitUntil(lambda: session.report is not None and session.report.revision == session.revision)
    return snapshot(window)


def await_pictures(window: Window) -> None:
    """Put the mouse in a corner, and wait until all pictures in sight are of the present moment and as large as now."""
    lay_out(window)
    # An earlier test may have left it on something that answers to it.
    hands.move(window, QPoint(window.width() - 2, window.height() - 2))
    session = window.session
    hands.until(
        lambda: session.is_up_to_date and session.report.requests == session.requests and not window.presenter.waits,
        "the pictures in sight do not come",
    )
    lay_out(window)


def control(window: Window, name: str, kind: type = QWidget) -> QWidget:
    """Return the control whose object name is `name`, unfolded and in sight."""
    if name.startswith("layers."):
        # There are no cards before somebody looks at them.
        window.docks.show("layers")
        window.parts.layers.complete()
    found = hands.control(window, name, kind)
    window.controls.reveal(found)
    return found


def push(window: Window, name: str) -> None:
    """Click the control whose object name is `name`."""
    hands.click(control(window, name))


def lay_out(window: QWidget) -> None:
    """Wait until nothing moves any more from one turn of the event loop to the next."""
    before: list[QRect] = []
    while before != (now := [widget.geometry() for widget in window.findChildren(QWidget)]):
        before = now
        hands.let_pass(5, "one turn of the event loop")
