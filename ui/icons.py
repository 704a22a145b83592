"""Icons: one family (Phosphor), one weight, in the colours of the theme in force."""

from __future__ import annotations

import qtawesome
from PySide6.QtGui import QIcon

from ui.theme import current


def icon(name: str, colour: str = "") -> QIcon:
    """The icon called `name` in a colour, by default that of quiet text; paler when it can't be used."""
    theme = current()
    return qtawesome.icon(
        f"ph.{name}",
        color=colour or theme.quiet,
        color_active=colour or theme.text,
        color_on=colour or theme.accent,
        color_disabled=theme.line,
    )
