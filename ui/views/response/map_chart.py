"""The picture of a map: a pixel for every pair of values, the better the brighter."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from playground.catalog.choice import Array
from playground.experiment.quantity import Quantity
from playground.studies.response_map import MapAxis, MapReading

from ...forms.edits import WheelSteps
from ...guard.faults import painted
from ...look import theme
from ...look.numbers import number_text, percent_text, short_text
from ...look.theme import exact_px, px
from ..chart.axes import round_ticks
from ..chart.plot import RIGHT, Mouse, PaintedChart, pen, write, write_centred

_LEFT, _RIGHT, _TOP, _BELOW = 64, 62, 6, 34
_LEAST = 1e-9
_USUAL = 0.9
"""What is worse than this share of all pixels has the darkest colour: a few ruins would take up the whole scale."""
_ARROWS = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (1, 0), Qt.Key.Key_Down: (-1, 0)}
_CLOSER, _FARTHER = (Qt.Key.Key_Plus, Qt.Key.Key_Equal), (Qt.Key.Key_Minus, Qt.Key.Key_Underscore)

Cell = tuple[int, int]
"""A row, counted from below, and a column."""


class MapChart(PaintedChart):
    """Paints a map. A click or Enter asks for a pixel, the wheel or + and − zoom, 0 shows all."""

    SIZE, LEAST = (360, 320), (200, 140)
    looked = Signal()
    """Another pixel is looked at, or none."""
    asked = Signal(int, int)
    """The row and the column of the pixel to open."""
    zoom_asked = Signal(float, float, float)
    """Shares of the way across and up that stay where they are, and by how much closer to look; 0 shows all."""

    def __init__(self, parent: QWidget) -> None:
        self.reading: MapReading | None = None
        self.cell: Cell | None = None
        super().__init__("map.chart", "Map of two settings", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._mouse, self._wheel = Mouse(self), WheelSteps()
        self._mouse.moved.connect(self._follow_mouse)

    def show_reading(self, reading: MapReading | None) -> None:
        """Show a reading; None for nothing."""
        before, self.reading = self.reading, reading
        if reading is None or before is None or before.numbers.shape != reading.numbers.shape:
            self.cell = None
        self.update()

    @property
    def box(self) -> QRectF:
        """The rectangle of all pixels."""
        return QRectF(self.rect()).adjusted(px(_LEFT), px(_TOP), -px(_RIGHT), -px(_BELOW))

    def cell_box(self, cell: Cell) -> QRectF:
        """The rectangle of a pixel."""
        assert self.reading is not None
        (high, wide), box = self.reading.numbers.shape, self.box
        side, up = box.width() / wide, box.height() / high
        return QRectF(box.left() + cell[1] * side, box.bottom() - (cell[0] + 1) * up, side, up)

    # The hand -----------------------------------------------------------------------------------------------------

    def _cell_at(self, at: QPointF) -> Cell | None:
        if self.reading is None or not self.box.contains(at):
            return None
        (high, wide), box = self.reading.numbers.shape, self.box
        row, column = (box.bottom() - at.y()) / box.height() * high, (at.x() - box.left()) / box.width() * wide
        return min(int(row), high - 1), min(int(column), wide - 1)

    def _follow_mouse(self) -> None:
        self._look_at(None if self._mouse.place is None else self._cell_at(self._mouse.place))

    def _look_at(self, cell: Cell | None) -> None:
        if cell != self.cell:
            self.cell = cell
            self.looked.emit()
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        cell = self._cell_at(event.position())
        if cell is not None and event.button() == Qt.MouseButton.LeftButton:
            self.asked.emit(*cell)

    def wheelEvent(self, event: QWheelEvent) -> None:
        steps, box = self._wheel.take(event), self.box
        if steps and box.contains(event.position()):
            at = event.position() - box.topLeft()
            self.zoom_asked.emit(at.x() / box.width(), 1 - at.y() / box.height(), 2.0**steps)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        reading, key = self.reading, Qt.Key(event.key())
        if reading is None:
            super().keyPressEvent(event)
        elif key in _ARROWS:
            (row, column), (up, right) = self.cell or self._beginning, _ARROWS[key]
            high, wide = reading.numbers.shape
            self._look_at((min(max(row + up, 0), high - 1), min(max(column + right, 0), wide - 1)))
        elif key in (*_CLOSER, *_FARTHER):
            row, column = self.cell or self._beginning
            high, wide = reading.numbers.shape
            self.zoom_asked.emit((column + 0.5) / wide, (row + 0.5) / high, 2.0 if key in _CLOSER else 0.5)
        elif key == Qt.Key.Key_0:
            self.zoom_asked.emit(0.5, 0.5, 0.0)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.cell is not None:
            self.asked.emit(*self.cell)
        else:
            super().keyPressEvent(event)

    @property
    def _beginning(self) -> Cell:
        assert self.reading is not None
        return self.reading.up.present or 0, self.reading.across.present or 0

    # Painting -----------------------------------------------------------------------------------------------------

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.reading is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.small)
            self._paint_pixels(painter, self.reading)
            self._paint_axes(painter, self.reading)
            self._paint_marks(painter, self.reading)

    def _paint_pixels(self, painter: QPainter, reading: MapReading) -> None:
        look, box = theme.current(), self.box
        painter.fillRect(box, QColor(look.raised))
        if np.isinf(reading.shown).any():
            painter.fillRect(box, QBrush(QColor(look.quiet), Qt.BrushStyle.BDiagPattern))
        low, high = _ends(reading)
        pixels = _colours(reading, low, high, QColor(look.raised))
        rows, columns = pixels.shape[:2]
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(box, QImage(pixels.data, columns, rows, pixels.strides[0], QImage.Format.Format_RGBA8888))
        if low < high:
            self._paint_scale(painter, reading, low, high)

    def _paint_scale(self, painter: QPainter, reading: MapReading, low: float, high: float) -> None:
        """Paint the colours with the outcomes that they mean, the better at the top."""
        box, look = self.box, theme.current()
        bar = QRectF(box.right() + px(8), box.top(), px(8), box.height())
        table = np.ascontiguousarray(theme.magnitude_table()[::-1, np.newaxis])
        painter.drawImage(bar, QImage(table.data, 1, len(table), table.strides[0], QImage.Format.Format_RGBA8888))
        text = percent_text if reading.scale == "accuracy" else number_text
        values = [_outcome(reading, share, low, high) for share in (1.0, 0.5, 0.0)]
        for value, y in zip(values, (bar.top() + px(6), bar.center().y(), bar.bottom() - px(6)), strict=True):
            painter.setPen(QColor(look.quiet))
            painter.drawText(QPointF(bar.right() + px(3), y + px(4)), text(value))

    def _paint_axes(self, painter: QPainter, reading: MapReading) -> None:
        look, box, metrics = theme.current(), self.box, painter.fontMetrics()
        painter.setPen(QColor(look.quiet))
        (high, wide), end = reading.numbers.shape, -math.inf
        for place, text in map_ticks(reading.across, int(box.width() // px(64))):
            x = box.left() + (place + 0.5) / wide * box.width()
            half = metrics.horizontalAdvance(text) / 2
            if x - half > end:
                write_centred(painter, x, box.bottom() + px(2), text, 0, self.width())
                end = x + half + px(4)
        end = math.inf
        for place, text in map_ticks(reading.up, int(box.height() // px(32))):
            y = box.bottom() - (place + 0.5) / high * box.height()
            where = QRectF(0, y - px(8), box.left() - px(4), px(16))
            if where.bottom() <= end:
                text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(where.width()))
                write(painter, where, RIGHT, text, look.quiet)
                end = where.top()
        painter.setPen(QColor(look.text))
        name = reading.across.knob.field.label
        write_centred(painter, box.center().x(), box.bottom() + px(17), name, box.left(), box.right())

    def _paint_marks(self, painter: QPainter, reading: MapReading) -> None:
        """Mark the best pixel, the present one, and the one that is looked at."""
        look = theme.current()
        if reading.best is not None:
            self._ring(painter, reading.best, look.text, Qt.PenStyle.DotLine)
        if reading.up.present is not None and reading.across.present is not None:
            self._ring(painter, (reading.up.present, reading.across.present), look.text, Qt.PenStyle.SolidLine)
        if self.cell is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(pen(look.text, 1.5))
            painter.drawRect(self.cell_box(self.cell))

    def _ring(self, painter: QPainter, cell: Cell, colour: str, style: Qt.PenStyle) -> None:
        middle, radius = self.cell_box(cell).center(), exact_px(6)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen(theme.current().surface, 4))
        painter.drawEllipse(middle, radius, radius)
        painter.setPen(pen(colour, 2, style))
        painter.drawEllipse(middle, radius, radius)


def _ranked(reading: MapReading, values: Array) -> Array:
    """Outcomes, the higher the better; of amounts their logarithms."""
    result: Array = -np.log(np.maximum(values, _LEAST)) if reading.scale == "amount" else values
    return result


def _outcome(reading: MapReading, share: float, low: float, high: float) -> float:
    """The outcome at a share of the scale."""
    ranked = low + share * (high - low)
    return math.exp(-ranked) if reading.scale == "amount" else ranked


def _ends(reading: MapReading) -> tuple[float, float]:
    """The ends of the scale."""
    known = reading.numbers[np.isfinite(reading.numbers)]
    if not len(known):
        return 0.0, 0.0
    ranked = _ranked(reading, known)
    return float(np.quantile(ranked, 1 - _USUAL)), float(ranked.max())


def _colours(reading: MapReading, low: float, high: float, missing: QColor) -> Array:
    """Return the colours of all pixels from top to bottom, uint8 (rows, columns, 4); diverged ones are transparent."""
    table, finite = theme.magnitude_table(), np.isfinite(reading.shown)
    ranked = _ranked(reading, np.where(finite, reading.shown, 1.0))
    shares = np.clip((ranked - low) / max(high - low, 1e-12), 0, 1)
    pixels = table[(shares * (len(table) - 1)).astype(int)].copy()
    pixels[np.isnan(reading.shown)] = (missing.red(), missing.green(), missing.blue(), 255)
    pixels[np.isinf(reading.shown)] = 0
    return np.ascontiguousarray(pixels[::-1])


def map_ticks(axis: MapAxis, most: int) -> list[tuple[float, str]]:
    """Return the places of about `most` ticks, counted in values and parts of them, and their texts.

    A number has round ones, which need not be among the values, and the names of special values.
    """
    values, knob = axis.values, axis.knob
    if not knob.is_number:
        kept = np.linspace(0, len(values) - 1, max(2, min(len(values), most))).round().astype(int)
        return [(float(place), axis.words(place)) for place in np.unique(kept).tolist()]
    quantity, special = Quantity.of(knob.field), {0: "0", **(knob.field.names or {})}
    plain = [value for value in values if value not in special or (value == 0 and not quantity.has_zero_end)]
    places = [quantity.place(value) for value in values]
    round_ = _round_numbers(plain[0], plain[-1], max(2, most), quantity) if plain else []
    ticks = {value: short_text(value) for value in round_} | {
        value: special[value] for value in values if value in special
    }
    return [
        (float(np.interp(quantity.place(value), places, np.arange(len(values)))), text)
        for value, text in sorted(ticks.items(), key=lambda one: quantity.order(one[0]))
    ]


def _round_numbers(low: float, high: float, most: int, quantity: Quantity) -> list[float]:
    """Return at most about `most` round numbers of a quantity from `low` to `high`."""
    if low >= high:
        return [low]
    found: list[float] = []
    if quantity.log:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        every = math.ceil((last - first + 1) / most)
        for leaps in ((1, 2, 5), (1, 3), (1,)):
            powers = [k for k in range(first, last + 1) if len(leaps) > 1 or k % every == 0]
            found = [one for k in powers for leap in leaps if low <= (one := leap * 10.0**k) <= high]
            if len(found) <= most:
                break
    if len(found) < 2:
        found = round_ticks(low, high, most)
    found = [one for one in found if not quantity.whole or one == round(one)]
    # A single number would not tell the scale.
    return found if len(found) > 1 else [low, high]
