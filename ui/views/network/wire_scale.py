"""The legend of the network's wires: what their colour and width mean, with the numbers at both ends."""

from __future__ import annotations

import itertools

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.guard.faults import guarded
from ui.look import theme
from ui.look.numbers import short_text
from ui.views.chart.plot import small_font
from ui.views.network.strokes import HIGHEST, LOWEST, Carried, gradient_pen, weight_pen


class WireScale(QWidget):
    """A bar that is coloured and as wide as wires are, between its numbers."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.carried: Carried = "weights"
        self._largest = 1.0
        self._table = theme.magnitude_table()
        self.setAccessibleName("Legend of the wires")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(theme.px(24))
        self._tell()

    def show_scale(self, carried: Carried, largest: float) -> None:
        """What the wires carry, and the weight at the ends of the scale."""
        if (carried, largest) != (self.carried, self._largest):
            self.carried, self._largest = carried, largest
            self._tell()
            self.update()

    def ends(self) -> tuple[str, str]:
        """The numbers at both ends."""
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
        self.setToolTip(words)
        self.setAccessibleDescription(words)

    def sizeHint(self) -> QSize:
        return QSize(theme.px(150), theme.px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.px(110), theme.px(24))

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font())
            low, high = self.ends()
            widths = [painter.fontMetrics().horizontalAdvance(text) + theme.px(6) for text in (low, high)]
            bar = min(theme.exact_px(120.0), self.width() - sum(widths) - theme.exact_px(4.0))
            left = self.width() - widths[1] - bar
            painter.setPen(QColor(look.quiet))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(left - widths[0] - theme.px(4), 0, widths[0], self.height()), right, low)
            painter.drawText(QRectF(self.width() - widths[1], 0, widths[1], self.height()), right, high)
            for start, end, colour, thick in self._pieces():
                self._paint_piece(painter, left + start * bar, left + end * bar, colour, thick)

    def _paint_piece(self, painter: QPainter, x0: float, x1: float, colour: QColor, thick: float) -> None:
        half, middle = theme.exact_px(max(thick, 1.0) * 0.9), self.height() / 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRect(QRectF(x0, middle - half, x1 - x0 + 0.4, 2 * half))

    def _pieces(self) -> list[tuple[float, float, QColor, float]]:
        """The bar in pieces from left to right: start, end, colour, width."""
        edges = np.linspace(0, 1, 41)
        pieces = []
        for start, end in itertools.pairwise(edges):
            middle = (start + end) / 2
            if self.carried == "gradients":
                pen = gradient_pen(float(middle), self._table)
            else:
                pen = weight_pen(abs(2 * float(middle) - 1), middle > 0.5, theme.current())
            pieces.append((float(start), float(end), pen.color(), pen.widthF()))
        return pieces
