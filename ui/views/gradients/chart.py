"""The painted part: it divides the width among the pictures, names the layers, and knows what is under the mouse."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ...guard.faults import guarded
from ...look import theme
from ...look.theme import exact_px, px
from ..chart.plot import LEFT, RIGHT, PaintedChart
from .pictures import AXIS, BOTTOM, TOP, HeatMap, SizeBars, SizeLines
from .sizes import Sizes

_SHARES = {"map": 3.0, "now": 2.0, "lines": 4.0}
"""The shares of the width, from left to right."""

_HATCHED = "Hatched layers are muted, so that no error pulls at their weights, or frozen, so that nothing moves them."


@dataclass(frozen=True)
class _Places:
    """The places of the pictures, in pixels; without width where one is hidden."""

    heat: QRectF
    bars: QRectF
    lines: QRectF
    numbers: float
    """The left edge of the numbers beside the bars."""

    def row(self, index: int, layers: int) -> tuple[float, float]:
        """The top and the height of a layer's row."""
        height = self.heat.height() / layers
        return self.heat.top() + index * height, height


class GradientChart(PaintedChart):
    """Names of the layers, map, bars with their numbers, and lines, as far as they are shown."""

    GAP, _LABELS = 16, 64

    SIZE, LEAST = (420, 180), (220, 100)

    def __init__(self, parent: QWidget) -> None:
        self.pictures: tuple[str, ...] = ("map", "now")
        self.texts: tuple[str, ...] = ()
        super().__init__("gradients.chart", "Gradient size of each layer, over training and now", parent)
        self.show_sizes(Sizes())

    def show_sizes(self, sizes: Sizes) -> None:
        self.sizes, self.heat, self.bars, self.lines = sizes, HeatMap(sizes), SizeBars(sizes), SizeLines(sizes)
        self.setToolTip(_HATCHED if any(sizes.states) else "")
        self.update()

    def show_texts(self, texts: tuple[str, ...]) -> None:
        if texts != self.texts:
            self.texts = texts
            words = (f"{name}: {text}" for name, text in zip(self.sizes.names, texts, strict=True))
            self.setAccessibleDescription(", ".join(words))
            self.update()

    def apply_theme(self) -> None:
        super().apply_theme()
        self._widths_of: tuple[tuple[str, ...] | None, tuple[int, int, int]] = (None, (0, 0, 0))

    def places(self) -> _Places:
        """Divide the width among names, map, bars, numbers and lines."""
        names, numbers, ends = self._widths()
        before = {"map": 0, "now": 0, "lines": px(AXIS)}
        after = {"map": 0, "now": numbers, "lines": ends}
        x = float(names if self._has_rows else 0)
        taken = sum(before[picture] + after[picture] for picture in self.pictures)
        room = max(exact_px(40.0), self.width() - x - taken - px(self.GAP) * (len(self.pictures) - 1))
        whole = sum(_SHARES[picture] for picture in self.pictures)
        height = max(px(8), self.height() - px(TOP) - px(BOTTOM))
        boxes = {picture: QRectF(x, px(TOP), 0, height) for picture in _SHARES}
        for picture in _SHARES:
            if picture in self.pictures:
                width = round(room * _SHARES[picture] / whole)
                boxes[picture] = QRectF(x + before[picture], px(TOP), width, height)
                x = boxes[picture].right() + after[picture] + px(self.GAP)
        return _Places(boxes["map"], boxes["now"], boxes["lines"], boxes["now"].right() + px(8))

    @property
    def _has_rows(self) -> bool:
        return self.pictures != ("lines",)

    def _widths(self) -> tuple[int, int, int]:
        """The widths of the names, of the numbers, and of what stands beside the lines' ends."""
        if self._widths_of[0] != self.lines.labels:
            advance, most = self.metrics.horizontalAdvance, px(self._LABELS)
            names = min(max(advance(name) for name in (*self.sizes.names, "layer")), most) + px(8)
            ends = min(max(advance(name) for name in (*self.lines.labels, "layer")), 2 * most) + px(8)
            self._widths_of = self.lines.labels, (names, advance("8.8e-88") + px(8), ends)
        return self._widths_of[1]

    def labelled_rows(self) -> list[int]:
        """The rows that have room for a name and a number: all, or some at equal distances, and always the last."""
        layers = len(self.sizes.names)
        every = max(1, math.ceil(self.metrics.height() * layers / self.places().heat.height()))
        rows = [index for index in range(0, layers - 1, every) if layers - 1 - index >= every]
        return [*rows, layers - 1]

    def at(self, mouse: QPointF) -> tuple[int, float | None] | None:
        """The layer and the step under the mouse; no step over the bars and the names. None beside everything."""
        places, layers = self.places(), len(self.sizes.names)
        if "lines" in self.pictures and mouse.x() >= places.lines.left():
            return self.lines.at(mouse, places.lines)
        heat = places.heat
        if not self._has_rows or not layers or not heat.top() <= mouse.y() < heat.bottom():
            return None
        row = int((mouse.y() - heat.top()) / heat.height() * layers)
        if "map" in self.pictures and heat.left() <= mouse.x() <= heat.right():
            step = (mouse.x() - heat.left()) / heat.width() * self.sizes.limit
            return (row, step) if step <= self.sizes.last + self.sizes.limit / heat.width() else None
        return row, None

    def words(self) -> str:
        """Describe the hovered place; empty beside everything."""
        if self.pointed is None:
            return ""
        row, step = self.pointed
        if step is None:
            return f"{self.sizes.layer_words(row)}, now: {self.texts[row]}"
        return self.sizes.words(row, step)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setFont(self.small)
            places = self.places()
            if "map" in self.pictures:
                self.heat.paint(painter, places.heat)
            if "now" in self.pictures:
                self.bars.paint(painter, places.bars)
            if "lines" in self.pictures:
                self.lines.paint(painter, places.lines, self.pointed[0] if self.pointed else None)
            if self.sizes.names and self._has_rows:
                self._paint_texts(painter, places)

    def _paint_texts(self, painter: QPainter, places: _Places) -> None:
        look, names, elided = theme.current(), self._widths()[0] - px(8), Qt.TextElideMode.ElideRight
        quiet, strong = QColor(look.quiet), QColor(look.text)
        painter.setPen(quiet)
        painter.drawText(QRectF(0, 0, names + px(8), px(TOP - 4)), LEFT, "layer")
        for index in self.labelled_rows():
            top, height = places.row(index, len(self.sizes.names))
            top, height = top + height / 2 - px(10), exact_px(20.0)
            painter.setPen(quiet)
            name = self.metrics.elidedText(self.sizes.names[index], elided, names + px(2))
            painter.drawText(QRectF(0, top, names, height), RIGHT, name)
            if "now" in self.pictures:
                painter.setPen(quiet if self.sizes.states[index] else strong)
                painter.drawText(QRectF(places.numbers, top, px(80), height), LEFT, self.texts[index])
