"""Colours, type and spacing: every look of the window is decided here and nowhere else.

Two designed themes, light and dark. Widgets take their colours from the palette and the style sheet that `apply`
sets; pictures read the tokens of `current()` when they paint. Class colours are safe for colour-blind eyes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QPalette
from PySide6.QtWidgets import QApplication, QToolTip

GRID = 8
"""Margins and gaps are multiples of this many pixels."""
SMALL, NORMAL, LARGE = 11, 12, 16
"""The three sizes of type, in pixels at zoom 1."""
MAGNITUDES = (-8, 1)
"""Powers of ten at the two ends of every picture of gradients, so that the same colour means the same number."""
_OUTLINED = ("QCheckBox", "QListView", "QTreeView", "QAbstractSpinBox", "QProgressBar")
"""The kinds of widgets of which Fusion draws outlines."""
_FUSION_OUTLINE = 140
"""How much darker than the window's colour Fusion draws outlines, in percent."""
ZOOMS = (1.0, 1.25, 1.5, 2.0)
"""The factors by which everything can be enlarged; the larger ones are for a projector."""


@dataclass(frozen=True, eq=False)
class Theme:
    """The tokens of one look, as #rrggbb. Only itself equals it, so that pictures kept for it are found at once."""

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
    lanes: tuple[str, ...]
    """The lanes of a race, and kept runs over the present one: neither orange nor blue, which mean classes."""

    def colour(self, token: str) -> str:
        """Return the colour that a token names: `train`, or `lanes.2` for one of several."""
        name, _, place = token.partition(".")
        found = getattr(self, name)
        return str(found[int(place) % len(found)] if place else found)


_OKABE_ITO = ("#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#7f7f7f", "#8c6bb1", "#a6761d")

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
    classes=("#e07b00", "#0a6ebd", *_OKABE_ITO),
    boundary_line="#7b8089",
    points_middle="#b9b9b4",
    train="#1d2129",
    validation="#a1339b",
    lanes=("#43a72a", "#63209e", "#9b567c", "#52aab4", "#506309", "#403b42"),
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
    classes=("#ff9f40", "#5db3ff", *_OKABE_ITO),
    boundary_line="#8d95a3",
    points_middle="#8a8a86",
    train="#e8eaee",
    validation="#e58ae0",
    lanes=("#5c9e1f", "#a566e8", "#dd99af", "#8efeff", "#f0db05", "#767480"),
)
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}

_current = LIGHT
_zoom = 1.0


def current() -> Theme:
    """Return the current theme."""
    return _current


def zoom() -> float:
    """Return the current zoom, one of `ZOOMS`."""
    return _zoom


@lru_cache(maxsize=1024)
def px(length: float) -> int:
    """Scale a length at zoom 1 to the current zoom, in whole pixels."""
    # A frame asks a thousand times.
    return math.floor(length * _zoom + 0.5)


def exact_px(length: float) -> float:
    """Scale a length or line width at zoom 1 to the current zoom, in fractions of pixels."""
    return length * _zoom


def field_table(theme: Theme, steps: int = 256) -> np.ndarray:
    """Return the field's colours from low to high, uint8 (steps, 4): orange – neutral – blue."""
    stops = [QColor(name) for name in (theme.field_low, theme.field_middle, theme.field_high)]
    channels = np.array([[c.red(), c.green(), c.blue(), 255] for c in stops])
    at = np.linspace(0, 2, steps)
    return np.stack([np.interp(at, [0, 1, 2], channels[:, k]) for k in range(4)], axis=1).astype(np.uint8)


@lru_cache
def magnitude_table(steps: int = 256) -> np.ndarray:
    """Return the colours of gradient magnitudes from small to large, uint8 (steps, 4): viridis."""
    return pg.colormap.get("viridis").getLookupTable(nPts=steps, alpha=True)


def apply(app: QApplication, name: str, zoom: float = 1.0) -> Theme:
    """Apply the theme called `name` and a zoom to the whole application."""
    global _current
    _current = THEMES[name]
    _take_zoom(zoom)
    app.setFont(with_accents(app.font()))
    _set_tooltip_font()
    app.setStyleSheet("")
    app.setStyle("Fusion")
    app.setPalette(palette(_current))
    for kind in _OUTLINED:
        # The stubs ask for bytes, which are refused.
        app.setPalette(_outlined(_current), kind)  # type: ignore[arg-type]
    app.setStyleSheet(stylesheet(_current))
    pg.setConfigOptions(background=_current.surface, foreground=_current.quiet, antialias=True)
    return _current


def set_zoom(app: QApplication, zoom: float, resize: Callable[[float], object]) -> None:
    """Apply another zoom; `resize` is called with the previous zoom before the new style sheet is set."""
    before = _zoom
    _take_zoom(zoom)
    resize(before)
    # Qt works out a sheet that replaces another for every widget once for each of its ancestors, unless it has no rules
    # for any yet; so it forgets them first, and each widget gets its new ones once.
    widgets, changed = app.allWidgets(), QEvent(QEvent.Type.StyleChange)
    app.style().unpolish(app)
    app.setStyleSheet(stylesheet(_current))
    _set_tooltip_font()
    for widget in widgets:
        widget.style().polish(widget)
    # Widgets measure others then.
    for widget in widgets:
        app.sendEvent(widget, changed)


def _take_zoom(zoom: float) -> None:
    global _zoom
    _zoom = zoom
    px.cache_clear()


def _set_tooltip_font() -> None:
    """Write tooltips in the usual size, which the style sheet does not set for them."""
    font = with_accents(QToolTip.font())
    font.setPixelSize(px(NORMAL))
    QToolTip.setFont(font)


def tabular(font: QFont) -> QFont:
    """Return `font` with digits of equal width, so that numbers that change don't jitter."""
    result = QFont(font)
    result.setFeature(QFont.Tag("tnum"), 1)
    return result


def narrowed(font: QFont, text: str, width: float, least: int) -> QFont:
    """Return `font`, narrowed no more than `text` needs to fit `width` pixels, but to no less than `least` percent."""
    result = QFont(font)
    for stretch in range(100, least - 1, -2):
        result.setStretch(stretch)
        if QFontMetrics(result).horizontalAdvance(text) <= width:
            break
    return result


def with_accents(font: QFont) -> QFont:
    """Return `font` with the hats of m̂ and v̂ on their letters: DejaVu Sans, common on Linux, has them a line higher."""
    result = QFont(font)
    if QFontInfo(font).family() == "DejaVu Sans":
        result.setFeature(QFont.Tag("mark"), 0)
    return result


def palette(theme: Theme) -> QPalette:
    """Return the theme as Qt's palette, for everything that the style sheet leaves alone."""
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


def _outlined(theme: Theme) -> QPalette:
    """Return the palette in which check boxes and the like have outlines as clear as quiet text.

    Fusion draws them in a darker shade of the window's colour, which is hardly seen on dark ground.
    """
    result = palette(theme)
    result.setColor(QPalette.ColorRole.Window, QColor(theme.quiet).lighter(_FUSION_OUTLINE))
    return result


def stylesheet(theme: Theme) -> str:
    """Return the style sheet for what a palette can't express: shapes, gaps and states."""
    usual = "\n".join(part(theme) for part in (_base_style, _button_style, _input_style, _surface_style))
    return re.sub(r"(\d+)px", lambda length: f"{px(int(length[1]))}px", usual)


def _base_style(theme: Theme) -> str:
    return f"""
    QWidget {{ font-size: {NORMAL}px; }}
    QMenu {{ background: {theme.surface}; color: {theme.text}; border: 1px solid {theme.line}; padding: 4px;
        icon-size: 16px; }}
    QMenu::item {{ padding: 4px 24px 4px 12px; border-radius: 4px; }}
    QMenu::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QMenu::item:disabled {{ color: {theme.quiet}; background: transparent; }}
    QMenu::separator {{ height: 1px; background: {theme.line}; margin: 4px 8px; }}
    QToolTip {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line}; padding: 4px; }}
    QLabel {{ background: transparent; }}
    QLabel:disabled {{ color: {theme.quiet}; }}
    QLabel[heading="true"] {{ font-size: {LARGE}px; font-weight: 600; padding: 2px 0 2px 0; }}
    QLabel[strong="true"] {{ font-weight: 600; }}
    QLabel[prominent="true"] {{ font-weight: 600; }}
    QLabel[headline="true"] {{ font-weight: 600; font-size: {SMALL}px; }}
    QLabel[quiet="true"] {{ color: {theme.quiet}; font-size: {SMALL}px; }}
    QLabel[problem="true"] {{ color: {theme.danger}; font-size: {NORMAL}px; }}
    """


def _button_style(theme: Theme) -> str:
    hover, pressed = blend(theme.raised, theme.text, 0.06), blend(theme.raised, theme.text, 0.14)
    ring = f"border: 2px solid {theme.accent}"
    return f"""
    QPushButton {{ background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: 6px; padding: 3px 10px; min-height: 18px; }}
    QPushButton:hover {{ background: {hover}; }}
    QPushButton:pressed {{ background: {pressed}; }}
    QPushButton:focus {{ {ring}; padding: 2px 9px; }}
    QPushButton[small="true"] {{ padding: 3px 3px; }}
    QPushButton[small="true"]:focus {{ padding: 2px 2px; }}
    QPushButton:disabled, QPushButton[rests="true"] {{ color: {theme.quiet}; background: transparent; }}
    QPushButton[primary="true"] {{ background: {theme.accent}; color: {theme.on_accent};
        border-color: {theme.accent}; }}
    QPushButton[primary="true"]:hover {{ background: {blend(theme.accent, theme.text, 0.15)}; }}
    QPushButton[primary="true"]:focus {{ border-color: {theme.text}; }}
    QToolButton {{ background: transparent; color: {theme.text}; border: 2px solid transparent;
        border-radius: 6px; padding: 3px; }}
    QToolButton:hover {{ background: {hover}; }}
    QToolButton:pressed {{ background: {pressed}; }}
    QToolButton:checked {{ background: {theme.raised}; }}
    QToolButton:focus, QToolButton[found="true"] {{ {ring}; }}
    QToolButton:disabled, QToolButton[rests="true"] {{ color: {theme.quiet}; }}
    QToolButton[small="true"] {{ padding: 0; min-width: 18px; max-width: 18px; min-height: 18px; max-height: 18px; }}
    QToolButton[section="true"] {{ font-weight: 600; padding: 3px 6px 3px 0; margin-left: -8px; }}
    QToolButton[section="true"]:checked {{ background: transparent; }}
    QToolButton[transport="true"] {{ min-width: 24px; min-height: 26px; border-radius: 8px; padding: 3px 1px; }}
    QToolButton[play="true"] {{ background: {theme.accent}; min-width: 36px; max-width: 36px;
        min-height: 36px; max-height: 36px; padding: 0; border-radius: 20px; }}
    QToolButton[play="true"]:hover {{ background: {blend(theme.accent, theme.text, 0.15)}; }}
    QToolButton[play="true"]:pressed {{ background: {blend(theme.accent, theme.text, 0.3)}; }}
    QToolButton[play="true"]:focus {{ border: 2px solid {theme.text}; }}
    QToolButton[segment] {{ background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 0;
        padding: 3px 1px; min-height: 16px; font-size: {SMALL}px; color: {theme.quiet}; }}
    QToolButton[segment="left"] {{ border-top-left-radius: 6px; border-bottom-left-radius: 6px; }}
    QToolButton[segment="right"] {{ border-top-right-radius: 6px; border-bottom-right-radius: 6px; }}
    QToolButton[segment="left"], QToolButton[segment="middle"] {{ border-right: 0; }}
    QToolButton[segment]:hover {{ background: {hover}; color: {theme.text}; }}
    QToolButton[segment]:checked {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QToolButton[segment]:disabled {{ color: {blend(theme.quiet, theme.surface, 0.45)}; background: transparent; }}
    QToolButton[segment]:checked:disabled {{ background: {theme.quiet}; color: {theme.surface}; }}
    QToolButton[segment]:focus {{ border: 2px solid {theme.accent}; padding: 2px 0; }}
    QToolButton[segment]:checked:focus {{ border: 2px solid {theme.text}; padding: 2px 0; }}
    """


def _input_style(theme: Theme) -> str:
    edge = blend(theme.line, theme.quiet, 0.35)
    return f"""
    QLineEdit {{ background: {theme.surface}; color: {theme.text}; border: 1px solid {theme.line}; border-radius: 6px;
        padding: 2px 6px; min-height: 18px; selection-background-color: {theme.accent};
        selection-color: {theme.on_accent}; }}
    QLineEdit:hover {{ border-color: {edge}; }}
    QLineEdit:focus {{ border: 2px solid {theme.accent}; padding: 1px 5px; }}
    QLineEdit:disabled {{ background: transparent; color: {theme.quiet}; }}
    QLineEdit[prominent="true"] {{ font-weight: 600; }}
    QLineEdit[invalid="true"] {{ border: 2px solid {theme.danger}; padding: 1px 5px; }}
    QComboBox {{ background: {theme.surface}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: 6px; padding: 2px 16px 2px 6px; min-height: 18px; combobox-popup: 0; }}
    QComboBox:hover {{ border-color: {edge}; }}
    QComboBox:focus {{ border: 2px solid {theme.accent}; padding: 1px 15px 1px 5px; }}
    QComboBox:disabled {{ background: transparent; color: {theme.quiet}; }}
    QComboBox::drop-down {{ border: 0; width: 0; }}
    QComboBox::down-arrow {{ image: none; }}
    QComboBox QAbstractItemView {{ background: {theme.surface}; color: {theme.text}; border: 1px solid {theme.line};
        border-radius: 6px; padding: 4px; outline: 0; selection-background-color: {theme.accent};
        selection-color: {theme.on_accent}; }}
    QComboBox QAbstractItemView::item {{ min-height: 24px; padding: 0 6px; border-radius: 4px; }}
    QComboBox QAbstractItemView::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    """


def _strip_style(theme: Theme, tone: str, colour: str) -> str:
    background = blend(theme.window, colour, 0.1)
    return f'QFrame#strip[tone="{tone}"] {{ background: {background}; border-left-color: {colour}; }}'


def _surface_style(theme: Theme) -> str:
    tones = [("fault", theme.danger), ("past", theme.accent), ("refusal", theme.warning), ("finding", theme.warning)]
    tones += [("event", theme.accent), ("invitation", theme.accent)]
    return f"""
    QFrame[card="true"] {{ background: {theme.surface}; border: 1px solid {theme.line}; border-radius: 8px; }}
    QFrame[card="true"]:focus {{ border: 2px solid {theme.accent}; }}
    QFrame#tour {{ border-color: {theme.accent}; }}
    QFrame[held="true"], QFrame[held="true"]:focus {{ background: {theme.window}; border: 1px dashed {theme.quiet}; }}
    QFrame#strip {{ background: transparent; border: 0; border-left: 4px solid transparent; }}
    {"".join(_strip_style(theme, *tone) for tone in tones)}
    QFrame[mark="true"] {{ background: {theme.accent}; border: 0; border-radius: 2px; }}
    QLabel[ghost="true"] {{ background: {theme.surface}; border: 2px solid {theme.accent}; border-radius: 8px; }}
    QToolBar {{ background: {theme.window}; border: 0; padding: 0; spacing: 0; }}
    QDockWidget, QTabBar {{ border: 0; widget-animation-duration: 0; }}
    QMainWindow::separator {{ background: {theme.window}; width: 5px; height: 5px; }}
    QMainWindow::separator:hover {{ background: {blend(theme.line, theme.accent, 0.4)}; }}
    QTabBar::tab {{ background: transparent; color: {theme.quiet}; padding: 4px 10px; border: 0;
        border-bottom: 2px solid transparent; }}
    QTabBar[dense="true"]::tab {{ padding: 4px 4px; }}
    QTabBar::tab:hover {{ color: {theme.text}; }}
    QTabBar::tab:selected {{ color: {theme.text}; border-bottom: 2px solid {theme.accent}; }}
    QTabBar::tab:focus {{ color: {theme.accent}; }}
    QListWidget, QTreeWidget, QTableWidget {{ border: 0; outline: 0; }}
    QListWidget::item {{ padding: 4px 8px; border-radius: 4px; }}
    QListWidget::item:selected {{ background: {theme.accent}; color: {theme.on_accent}; }}
    QScrollArea, QWidget[plain="true"] {{ background: transparent; border: 0; }}
    QScrollBar:vertical {{ background: transparent; width: 8px; margin: 0; }}
    QScrollBar:horizontal {{ background: transparent; height: 8px; margin: 0; }}
    QScrollBar::handle {{ background: {blend(theme.line, theme.quiet, 0.3)}; border-radius: 3px; margin: 1px; }}
    QScrollBar::handle:vertical {{ min-height: 32px; }}
    QScrollBar::handle:horizontal {{ min-width: 32px; }}
    QScrollBar::handle:hover {{ background: {theme.quiet}; }}
    QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
    QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
    """


def blend(one: str, other: str, share: float) -> str:
    """Blend the colour `one` with a share 0…1 of `other`, as #rrggbb."""
    pairs = zip(bytes.fromhex(one[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)
