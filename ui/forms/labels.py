"""Labels that are cut where there is no room for them, and then show the whole text on hover."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QLabel, QToolTip, QWidget
from superqt import QElidingLabel

from .buttons import tip


def show_whole_text(event: QEvent, widget: QWidget, text: str, shown: Callable[[], str]) -> bool:
    """If an event asks for the tooltip of a widget that cuts its text, show the text above it; return whether it does.

    `shown` gives the text as it is cut. It is measured only then, not at every event.
    """
    if not isinstance(event, QHelpEvent) or event.type() != QEvent.Type.ToolTip or shown() == text:
        return False
    # Names from files are plain text, whatever they look like.
    QToolTip.showText(event.globalPos(), tip(text) + widget.toolTip(), widget)
    return True


class ShortenedLabel(QElidingLabel):
    """A label that is cut to its room; its whole text then stands above its tooltip."""

    def event(self, event: QEvent) -> bool:
        return show_whole_text(event, self, self.text(), partial(QLabel.text, self)) or bool(super().event(event))
