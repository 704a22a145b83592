"""Colours, type and spacing: every look of the window is decided here and nowhere else.

Two designed themes, light and dark. Widgets take their colours from the palette and the style sheet that `apply`
sets; pictures read the tokens of `current()` when they paint. Class colours are safe for colour-blind eyes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

GRID = 8
"""Margins and gaps are multiples of this many pixels."""


@dataclass(frozen=True)
class Theme:
    """The tokens of one look, as #rrggbb."""

    name: str
    window: str
    surface: str
    raised: str
    line: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    danger: str
    warning: str
    field_low: str
    """The field where class 0, or low values, win; pale, so that points stand out."""
    field_middle: str
    field_high: str
    classes: tuple[str, ...]
    """Point colours by class; the first two match the field."""
    boundary_line: str
    """The thin line where the network's answer changes."""
    points_middle: str
    """Points in the middle of a regression's range."""
    train: str
    validation: str
    """The curves of the two sets; no class has these colours."""


OKABE_ITO = ("#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f", "#8c6bb1", "#a6761d")

LIGHT = Theme(
    name="light",
    window="#f4f5f7",
    surface="#ffffff",
    raised="#eceef2",
    line="#d9dce3",
    text="#1d2129",
    quiet="#5b6472",
    accent="#3d5afe",
    on_accent="#ffffff",
    danger="#b3261e",
    warning="#8a5a00",
    field_low="#f7c08a",
    field_middle="#f3f3f1",
    field_high="#93bfe8",
    classes=("#e07b00", "#0a6ebd", *OKABE_ITO),
    boundary_line="#7b8089",
    points_middle="#b9b9b4",
    train="#1d2129",
    validation="#a1339b",
)
DARK = Theme(
    name="dark",
    window="#15181e",
    surface="#1d2129",
    raised="#272c36",
    line="#343b47",
    text="#e8eaee",
    quiet="#a0a8b5",
    accent="#8c9eff",
    on_accent="#12151b",
    danger="#ff8a80",
    warning="#ffcf70",
    field_low="#7a4a14",
    field_middle="#23262c",
    field_high="#1d4f7c",
    classes=("#ff9f40", "#5db3ff", *OKABE_ITO),
    boundary_line="#8d95a3",
    points_middle="#8a8a86",
    train="#e8eaee",
    validation="#e58ae0",
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}

_current = LIGHT


def current() -> Theme:
    """The theme in force."""
    return _current


def field_table(theme: Theme, steps: int = 256) -> np.ndarray:
    """The field's colours from low to high, uint8 (steps, 4): orange – neutral – blue."""
    stops = [QColor(name) for name in (theme.field_low, theme.field_middle, theme.field_high)]
    channels = np.array([[c.red(), c.green(), c.blue(), 255] for c in stops])
    at = np.linspace(0, 2, steps)
    return np.stack([np.interp(at, [0, 1, 2], channels[:, k]) for k in range(4)], axis=1).astype(np.uint8)


def magnitude_table(steps: int = 256) -> np.ndarray:
    """The colours of gradient magnitudes from small to large, uint8 (steps, 4): viridis."""
    return pg.colormap.get("viridis").getLookupTable(nPts=steps, alpha=True)


def apply(app: QApplication, name: str) -> Theme:
    """Put the theme called `name` in force for the whole application."""
    global _current
    _current = THEMES[name]
    app.setStyle("Fusion")
    app.setPalette(palette(_current))
    app.setStyleSheet(stylesheet(_current))
    pg.setConfigOptions(background=_current.surface, foreground=_current.quiet, antialias=True)
    return _current


def palette(theme: Theme) -> QPalette:
    """The theme as Qt's palette, for everything that the style sheet leaves alone."""
    result = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: theme.window,
        roles.Base: theme.surface,
        roles.AlternateBase: theme.raised,
        roles.Button: theme.raised,
        roles.Text: theme.text,
        roles.WindowText: theme.text,
        roles.ButtonText: theme.text,
        roles.ToolTipBase: theme.raised,
        roles.ToolTipText: theme.text,
        roles.PlaceholderText: theme.quiet,
        roles.Highlight: theme.accent,
        roles.HighlightedText: theme.on_accent,
        roles.Accent: theme.accent,
        roles.Mid: theme.line,
    }.items():
        result.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.quiet))
    return result


def stylesheet(theme: Theme) -> str:
    """What the palette can't say: shapes, gaps and states."""
    return f"""
    QToolTip {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line}; padding: 6px; }}
    """
