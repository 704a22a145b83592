"""Labels that are cut where there is no room for them, and then show the whole text on hover."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QLabel, QToolTip
from superqt import QElidingLabel

from .buttons import wrapping


class ShortenedLabel(QElidingLabel):
    """A label that is cut to its room; its whole text then stands above its tooltip."""

    @property
    def is_cut(self) -> bool:
        """Whether some of the text has no room."""
        return bool(QLabel.text(self) != self.text())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.is_cut:
            QToolTip.showText(event.globalPos(), wrapping(self.text()) + self.toolTip(), self)
            return True
        return bool(super().event(event))
