"""The words below the time axis, in as many lines as they take, up to five."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from ...forms.labels import wrapped_lines
from ...look import theme
from ...look.theme import px
from ..chart.plot import LEFT, small_font

_FIRST, _MOST_LINES = 18, 5
"""The pixels of the first line, and the most lines, which words take only in a narrow picture; those are high."""
_WORD = 60
"""The pixels of a long word: what may be left free where a line is broken."""


class TrackNote:
    """Words below the time axis; empty for none."""

    def __init__(self) -> None:
        self.text = ""

    def height(self, width: int) -> int:
        """The height that it takes where it has so much room."""
        if not self.text:
            return 0
        metrics = QFontMetrics(small_font())
        return px(_FIRST) + (_lines_of(self.text, width, theme.zoom()) - 1) * metrics.lineSpacing()

    def paint(self, painter: QPainter, place: QRectF) -> None:
        """Paint it into a place as wide as its height was asked for."""
        text, width = self.text, int(place.width())
        if _lines_of(text, width, theme.zoom()) == _MOST_LINES:
            fits = _MOST_LINES * width - (_MOST_LINES - 1) * px(_WORD)
            text = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, fits)
        painter.setPen(QColor(theme.current().text))
        painter.drawText(place, LEFT | Qt.TextFlag.TextWordWrap, text)


@lru_cache(maxsize=8)
def _lines_of(text: str, width: int, zoom: float) -> int:
    """How many lines a text takes at a zoom, up to the most; it is asked for several times a frame."""
    return min(_MOST_LINES, wrapped_lines(text, QFontMetrics(small_font()), width))
