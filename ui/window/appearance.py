"""Which colours, and which size of everything, a person chose."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from ui.look import theme


class Appearance(QObject):
    """Asks for other colours and another size; whoever runs the window puts them in force."""

    theme_chosen = Signal(str)
    """"light", "dark" or "system"."""
    size_chosen = Signal(float)
    """How large everything is to be, 1.0 being the usual size."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.theme = "system"
        """The choice in force."""

    def resize(self, by: int) -> None:
        """One size larger or smaller."""
        place = min(max(theme.ZOOMS.index(theme.zoom()) + by, 0), len(theme.ZOOMS) - 1)
        self.size_chosen.emit(theme.ZOOMS[place])
