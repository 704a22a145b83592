"""What tests of whole windows share: where training stands, and the controls of the panels."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from playground import Snapshot
from tests.ui import hands
from ui.window.window import Window


def snapshot(window: Window) -> Snapshot:
    """What the window has last heard of the training."""
    assert window.session.report is not None
    return window.session.report.snapshot


def step(window: Window) -> int:
    """The step that the window shows."""
    return snapshot(window).step


def settle(qtbot, window: Window) -> Snapshot:
    """Wait for a report that includes every edit made so far."""
    session = window.session
    qtbot.waitUntil(lambda: session.report is not None and session.report.revision == session.revision)
    return snapshot(window)


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
        QTest.qWait(5)
