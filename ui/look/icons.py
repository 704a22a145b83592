"""Icons: one family (Phosphor), one weight, in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache

import qtawesome
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPixmap
from qtawesome import iconic_font

from .theme import Theme, current


class _IconEngine(iconic_font.CharIconEngine):
    """Paints nothing where there is no room, for which Qt may ask while it lays out tabs."""

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return QPixmap() if size.isEmpty() else super().pixmap(size, mode, state)


iconic_font.CharIconEngine = _IconEngine


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
