"""The veil: dims numbers that were measured before the latest change, until newer ones arrive."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ..forms.buttons import identify
from ..guard.faults import guarded
from ..look import theme

WAITING = "These numbers are from before the latest change; new ones follow."
_DIMMING = 165
"""The opacity of the veil, of 255: what is behind it can still be read."""


class Veil(QWidget):
    """Covers a widget, hidden at first. The mouse and the keyboard go through it."""

    def __init__(self, covered: QWidget) -> None:
        super().__init__(covered)
        self._covered, self._described = covered, ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        identify(self, spoken=WAITING)
        self.hide()
        covered.installEventFilter(self)

    @property
    def is_drawn(self) -> bool:
        """Whether the veil covers its widget."""
        return not self.isHidden()

    def draw(self, on: bool) -> None:
        """Cover the widget, whose description says so too, or uncover it."""
        if on == self.is_drawn:
            return
        if on:
            self._described = self._covered.accessibleDescription()
            self.setGeometry(self._covered.rect())
            self.raise_()
        self._covered.setAccessibleDescription(WAITING if on else self._described)
        self.setVisible(on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.is_drawn:
            self.setGeometry(self._covered.rect())
        return super().eventFilter(watched, event)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        colour = QColor(theme.current().surface)
        colour.setAlpha(_DIMMING)
        with QPainter(self) as painter:
            painter.fillRect(self.rect(), colour)
