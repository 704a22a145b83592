"""Icons: one family (Phosphor), one weight, in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPixmap
from qtawesome import iconic_font

from .theme import Theme, current


class _IconEngine(iconic_font.CharIconEngine):
    """Draws an icon once per size and look, and nothing where there is no room, for which Qt may ask, too."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._drawn: dict[tuple[int, int, QIcon.Mode, QIcon.State], QPixmap] = {}

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        if size.isEmpty():
            return QPixmap()
        look = (size.width(), size.height(), mode, state)
        if look not in self._drawn:
            self._drawn[look] = super().pixmap(size, mode, state)
        return self._drawn[look]


iconic_font.CharIconEngine = _IconEngine
# Reading the fonts of the other families, and checking that they are whole, would only delay the first frame.
qtawesome._BUNDLED_FONTS = tuple(font for font in getattr(qtawesome, "_BUNDLED_FONTS", ()) if font[0] == "ph")


def icon(name: str, colour: str = "") -> QIcon:
    """Return the icon called `name` in a colour, by default that of quiet text; paler when disabled."""
    return _coloured(name, colour, current())


@lru_cache(maxsize=256)
def _coloured(name: str, colour: str, theme: Theme) -> QIcon:
    """Make the icon once per theme, since a stack of layers needs the same few many times."""
    return qtawesome.icon(
        f"ph.{name}",
        color=colour or theme.quiet,
        color_active=colour or theme.text,
        color_on=colour or theme.accent,
        color_disabled=theme.line,
    )
