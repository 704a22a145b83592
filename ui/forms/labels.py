"""Labels that are cut where there is no room for them, and then show the whole text on hover; places for labels."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QHelpEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QToolTip, QWidget
from superqt import QElidingLabel

from .buttons import tip

_STRETCHES = (100, 96, 92, 88, 84)
"""How wide the letters of a label may be, in percent; narrower ones would look like another font."""


def show_whole_text(event: QEvent, widget: QWidget, text: str, shown: Callable[[], str]) -> bool:
    """If an event asks for the tooltip of a widget that cuts its text, show the text above it; return whether it does.

    `shown` gives the text as it is cut. It is measured only then, not at every event.
    """
    if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip or shown() == text:
        return False
    # Names from files are plain text, whatever they look like.
    QToolTip.showText(event.globalPos(), tip(text) + widget.toolTip(), widget)
    return True


def wrapped_lines(text: str, metrics: QFontMetrics, width: int) -> int:
    """The number of lines that a text takes where it is wrapped to a width in pixels; at least one."""
    high = metrics.boundingRect(QRect(0, 0, max(1, width), 10_000), Qt.TextFlag.TextWordWrap, text).height()
    # The last line has no leading below it.
    return max(1, math.ceil(high / metrics.lineSpacing()))


class ShortenedLabel(QElidingLabel):
    """A label that is cut to its room; its whole text then stands above its tooltip."""

    @property
    def is_cut(self) -> bool:
        """Whether its text has too little room."""
        return QLabel.text(self) != self.text()

    def event(self, event: QEvent) -> bool:
        return show_whole_text(event, self, self.text(), partial(QLabel.text, self)) or bool(super().event(event))


class NarrowedLabel(ShortenedLabel):
    """A label whose letters are narrowed a little before its text is cut."""

    def setText(self, text: str) -> None:
        super().setText(text)
        self._narrow()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._narrow()

    def _narrow(self) -> None:
        """Take the widest letters with which the text has room, else the narrowest."""
        font = QFont(self.font())
        for stretch in _STRETCHES:
            font.setStretch(stretch)
            metrics = QFontMetrics(font)
            if wrapped_lines(self.text(), metrics, self.width()) * metrics.lineSpacing() <= self.height():
                break
        # Another font lays out the label anew.
        if font.stretch() != self.font().stretch():
            self.setFont(font)
            super().setText(self.text())


class LabelPlace(QWidget):
    """The place of a label whose text changes while training runs.

    It has no layout: Qt lays out the whole window again for a new text of a label that stands in one.
    """

    def __init__(self, label: QLabel) -> None:
        super().__init__()
        self._label, self._high = label, 0
        label.setParent(self)
        self.setSizePolicy(label.sizePolicy().horizontalPolicy(), label.sizePolicy().verticalPolicy())

    @property
    def _needed(self) -> int:
        self._label.ensurePolished()
        # An odd height has a middle row, so that a line of text stands on the same pixels at each visit of a zoom.
        return max(self._label.minimumHeight(), self._label.fontMetrics().height() | 1)

    def sizeHint(self) -> QSize:
        self._high = self._needed
        return QSize(0, self._high)

    minimumSizeHint = sizeHint

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._label.resize(self.size())

    def event(self, event: QEvent) -> bool:
        changes = (QEvent.Type.LayoutRequest, QEvent.Type.StyleChange, QEvent.Type.Show)
        if event.type() in changes and self._needed != self._high:
            self.updateGeometry()
        return super().event(event)
