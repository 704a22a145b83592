"""Icons: one family (Phosphor), one weight, in the colours of the theme."""

from __future__ import annotations

from functools import lru_cache

import qtawesome
from PySide6.QtGui import QIcon

from .theme import Theme, current


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
