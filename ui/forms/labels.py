"""Labels that are cut where there is no room for them, and then show the whole text on hover."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QLabel, QToolTip, QWidget
from superqt import QElidingLabel

from .buttons import tip


def show_whole_text(event: QEvent, text: str, widget: QWidget) -> bool:
    """Show a text that a widget cuts above its tooltip, if the event asks for that; return whether it does."""
    if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip:
        return False
    # Names from files are plain text, whatever they look like.
    QToolTip.showText(event.globalPos(), tip(text) + widget.toolTip(), widget)
    return True


class ShortenedLabel(QElidingLabel):
    """A label that is cut to its room; its whole text then stands above its tooltip."""

    @property
    def is_cut(self) -> bool:
        """Whether some of the text has no room."""
        return bool(QLabel.text(self) != self.text())

    def event(self, event: QEvent) -> bool:
        return (self.is_cut and show_whole_text(event, self.text(), self)) or bool(super().event(event))
