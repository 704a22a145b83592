"""The ring around a picture that got the keyboard focus by a key."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFocusEvent, QPainter, QPaintEvent, QRegion
from PySide6.QtWidgets import QWidget

from ...guard.faults import guarded
from ...look import theme
from ...look.theme import px

_BY_KEY = Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason


def is_by_key(event: QFocusEvent) -> bool:
    """Whether a key gave the focus; nobody has to see where it is after a click, or when a window opens."""
    return event.reason() in _BY_KEY


class FocusRing(QWidget):
    """A ring over a picture, which paints its parts one by one and so would wipe out a ring of its own."""

    def __init__(self, picture: QWidget) -> None:
        super().__init__(picture)
        self._picture = picture
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        picture.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the focus and the size of the picture."""
        if isinstance(event, QFocusEvent):
            self.setVisible(event.gotFocus() and is_by_key(event))
            self.raise_()
        if event.type() in (QEvent.Type.Resize, QEvent.Type.FocusIn):
            self.resize(self._picture.size())
        return False

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        wide = px(2)
        with QPainter(self) as painter:
            inner = self.rect().adjusted(wide, wide, -wide, -wide)
            painter.setClipRegion(QRegion(self.rect()) - QRegion(inner))
            painter.fillRect(self.rect(), QColor(theme.current().accent))
