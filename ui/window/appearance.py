"""The colours and the zoom that a person chose."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ..look import theme


class Appearance(QObject):
    """The appearance of the window: asks for other colours or another zoom, which the application applies."""

    theme_chosen = Signal(str)
    """"light", "dark" or "system"."""
    size_chosen = Signal(float)
    """Carries the zoom, 1.0 being the usual size."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = "system"
        """The present choice."""

    def resize(self, by: int) -> None:
        """Ask for the next larger or smaller zoom."""
        place = min(max(theme.ZOOMS.index(theme.zoom()) + by, 0), len(theme.ZOOMS) - 1)
        self.size_chosen.emit(theme.ZOOMS[place])
