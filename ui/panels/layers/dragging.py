"""Dragging within a panel: a press that becomes a drag once the mouse has gone far enough.

The panel draws what moves and decides what a drop means. Qt's own drag and drop would take the mouse away from the
window, and with it every picture that moves meanwhile.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPoint, Qt, SignalInstance
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication


class _Draggable(Protocol):
    """Widget that can be dragged."""

    grabbed: SignalInstance
    dragged: SignalInstance
    """Emitted during a drag, with the mouse's place on the screen."""
    dropped: SignalInstance
    """Emitted at the end of a drag, with whether to keep the new place."""

    def setCursor(self, cursor: Qt.CursorShape) -> None: ...


class Drag:
    """The drag of a widget, which passes its mouse events here."""

    def __init__(self, widget: _Draggable) -> None:
        self.widget = widget
        self.active = False
        self._pressed_at: QPoint | None = None
        widget.setCursor(Qt.CursorShape.OpenHandCursor)

    def press(self, event: QMouseEvent) -> None:
        """Note where the left button was pressed."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.globalPosition().toPoint()

    def move(self, event: QMouseEvent) -> None:
        """Follow the mouse once it has gone far enough."""
        if self._pressed_at is None:
            return
        here = event.globalPosition().toPoint()
        far = (here - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if far and not self.active:
            self.active = True
            self.widget.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.widget.grabbed.emit()
        if self.active:
            self.widget.dragged.emit(here)

    def end(self, keep: bool) -> None:
        """End the drag, if there is one."""
        was_active, self.active, self._pressed_at = self.active, False, None
        self.widget.setCursor(Qt.CursorShape.OpenHandCursor)
        if was_active:
            self.widget.dropped.emit(keep)
