"""The legend of the network's wires: what their colour and width mean, with the numbers at both ends."""

from __future__ import annotations

import itertools

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.forms.buttons import identify
from ui.guard.faults import guarded
from ui.look import theme
from ui.look.numbers import short_text
from ui.look.theme import exact_px, px
from ui.views.chart.plot import RIGHT, small_font, write
from ui.views.network.strokes import HIGHEST, LOWEST, Carried, gradient_pen, weight_pen
from ui.views.view import SizedWidget

_PIECES = 40


class WireScale(SizedWidget):
    """A bar coloured and as wide as wires, between its numbers."""

    SIZE, LEAST = (150, 24), (110, 24)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.carried: Carried = "weights"
        self._largest = 1.0
        self.setAccessibleName("Legend of the wires")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(24))
        self._tell()

    def show_scale(self, carried: Carried, largest: float) -> None:
        """Show the scale of weights or gradients, with this weight at its ends."""
        if (carried, largest) != (self.carried, self._largest):
            self.carried, self._largest = carried, largest
            self._tell()
            self.update()

    def ends(self) -> tuple[str, str]:
        if self.carried == "gradients":
            return f"1e{LOWEST:.0f}", short_text(10.0**HIGHEST)
        return short_text(-self._largest), short_text(self._largest)

    def _tell(self) -> None:
        low, high = self.ends()
        if self.carried == "weights":
            words = f"The sign of a weight sets the colour of its wire, its size the width: from {low} to {high}."
        else:
            words = (
                f"How strongly the error pulls at each weight, ∂E/∂w, on a logarithmic scale from {low} to {high}. "
                "The colours mean the same in every picture."
            )
        identify(self, hint=words, about=words)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font())
            low, high = self.ends()
            before, after = (painter.fontMetrics().horizontalAdvance(text) + px(6) for text in (low, high))
            bar = min(exact_px(120.0), self.width() - before - after - exact_px(4.0))
            left = self.width() - after - bar
            write(painter, QRectF(left - before - px(4), 0, before, self.height()), RIGHT, low, look.quiet)
            write(painter, QRectF(self.width() - after, 0, after, self.height()), RIGHT, high, look.quiet)
            painter.setPen(Qt.PenStyle.NoPen)
            for start, end in itertools.pairwise(np.linspace(0, 1, _PIECES + 1).tolist()):
                line = self._pen_at((start + end) / 2)
                half = exact_px(max(line.widthF(), 1.0) * 0.9)
                painter.setBrush(line.color())
                painter.drawRect(
                    QRectF(left + start * bar, self.height() / 2 - half, (end - start) * bar + 0.4, 2 * half)
                )

    def _pen_at(self, share: float) -> QPen:
        """The pen of a wire at a place of the bar, 0…1."""
        if self.carried == "gradients":
            return gradient_pen(share, theme.magnitude_table())
        return weight_pen(abs(2 * share - 1), share > 0.5, theme.current())
