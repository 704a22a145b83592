"""Grouping of the user's edits: a drag or a turn of the wheel is one step for undo."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

SETTLE_MILLISECONDS = 500
"""Steps of a wheel or key that follow each other within this time are one edit."""
_FRAME_MILLISECONDS = 16
NOTCH = 120
"""What Qt reports for one notch of a mouse wheel, in eighths of a degree."""


class Edits(QObject):
    """Edits that a person makes with one control: at most one per frame, since a mouse reports more often than that.

    A run of edits (a drag, turns of the wheel) ends with exactly one that says that no more follow.
    """

    given = Signal(object, bool)
    """The value asked for, and whether more of the same follow."""

    _open: ClassVar[Edits | None] = None
    """The run that has not ended; a person makes one at a time."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.latest: object = None
        self.running = False
        self._waiting = False
        self._turn = QTimer(self, singleShot=True, interval=_FRAME_MILLISECONDS)
        self._turn.timeout.connect(self._next_turn)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self.end)

    def change(self, value: object) -> None:
        """Make an edit of a run, which `end` ends."""
        if self.running and value == self.latest:
            return
        self._begin()
        self.latest = value
        if self._turn.isActive():
            self._waiting = True
        else:
            self._turn.start()
            self.given.emit(value, True)

    def step(self, value: object) -> None:
        """Make an edit of a run that ends by itself after `SETTLE_MILLISECONDS` without another."""
        self.change(value)
        self._settle.start()

    def make(self, value: object) -> None:
        """Make a single edit, or the last of a run."""
        self._begin()
        self.latest = value
        self.end()

    def end(self) -> None:
        """End the run, if there is one."""
        if self.running:
            self._stop()
            self.given.emit(self.latest, False)

    @staticmethod
    def end_open() -> None:
        """End the run that a person has open, whichever control it belongs to, before another edit is made."""
        if Edits._open is not None and isValid(Edits._open):
            Edits._open.end()

    def shown(self, value: object) -> None:
        """Cancel a run of steps if the value that is shown now is not the one asked for."""
        if self.running and value != self.latest and self._settle.isActive():
            self._stop()

    def _begin(self) -> None:
        if Edits._open is not self:
            Edits.end_open()
        Edits._open, self.running = self, True

    def _stop(self) -> None:
        self.running = self._waiting = False
        self._settle.stop()
        self._turn.stop()
        if Edits._open is self:
            Edits._open = None

    def _next_turn(self) -> None:
        if self.running and self._waiting:
            self._waiting = False
            self._turn.start()
            self.given.emit(self.latest, True)


class WheelSteps:
    """Counter of whole notches, which adds up the small turns that touch pads report."""

    def __init__(self) -> None:
        self._rest = 0

    def take(self, event: QWheelEvent) -> int:
        """Return the notches that this turn of the wheel completes; upwards is positive."""
        self._rest += event.angleDelta().y() or event.angleDelta().x()
        steps = int(self._rest / NOTCH)
        self._rest -= steps * NOTCH
        return steps

    def take_focused(self, event: QWheelEvent, control: QWidget) -> int:
        """Count notches over a control that has the focus; over any other, let the event scroll the page."""
        event.setAccepted(control.hasFocus())
        return self.take(event) if control.hasFocus() else 0
