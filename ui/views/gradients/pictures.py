"""The three pictures of the gradients: bars for the sizes now, a map and lines for those over training."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QImage, QPainter, QPainterPath

from playground.catalog.choice import Array

from ...look import theme
from ...look.numbers import short_text
from ...look.theme import exact_px, px
from ..chart.axes import even_ticks, nearest_row
from ..chart.plot import CENTRE, LEFT, RIGHT, pen, small_font, write, write_centred
from .sizes import GradientQuantity, Sizes, SizeScale, depth_colours, narrow_scale, size_colours

TOP, BOTTOM, AXIS = 20, 38, 40
"""Pixels above and below a picture, and for the numbers beside the lines."""
_HEALTHY = (3e-4, 3e-3)
"""The ratios of an update to the weights that are healthy for many networks."""


def _write_title(painter: QPainter, box: QRectF, text: str) -> None:
    write(painter, QRectF(box.left(), 0, box.width(), px(TOP - 4)), LEFT, text, theme.current().quiet)


def _paint_steps(painter: QPainter, box: QRectF, limit: float) -> None:
    """Paint the axis of the steps, from 0 to `limit`, below a picture."""
    painter.setPen(QColor(theme.current().quiet))
    under = box.bottom() + px(4)
    for tick in even_ticks(0, limit, int(box.width() // px(64))):
        x = box.left() + box.width() * tick / limit
        write_centred(painter, x, under, short_text(tick), box.left() - px(8), box.right())
    write_centred(painter, box.center().x(), under + painter.fontMetrics().height(), "step", 0, box.right() + px(AXIS))


def _healthy_span(quantity: GradientQuantity, scale: SizeScale) -> tuple[float, float] | None:
    """The places of healthy updates on a scale, 0…1; None for other sizes."""
    if quantity.field != "update_ratio":
        return None
    low, high = scale.places(np.array(_HEALTHY)).tolist()
    return low, high


def _healthy_colour() -> QColor:
    return QColor(theme.blend(theme.current().surface, theme.current().accent, 0.14))


def _hatch(painter: QPainter, box: QRectF) -> None:
    """Mark the area where a layer has no sizes: its emptiness means nothing."""
    look = theme.current()
    painter.fillRect(box, QColor(look.raised))
    painter.fillRect(box, QBrush(QColor(theme.blend(look.raised, look.quiet, 0.5)), Qt.BrushStyle.BDiagPattern))


class SizeBars:
    """A bar per layer, input side first."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def paint(self, painter: QPainter, box: QRectF) -> None:
        _write_title(painter, box, "now")
        span = _healthy_span(self.sizes.quantity, self.sizes.scale)
        if span is not None:
            low, high = (box.left() + place * box.width() for place in span)
            painter.fillRect(
                QRectF(low, box.top(), high - low, box.height()),
                _healthy_colour(),
            )
        self._paint_axis(painter, box)
        self._paint_bars(painter, box)

    def _paint_axis(self, painter: QPainter, box: QRectF) -> None:
        look, scale, line = theme.current(), self.sizes.scale, painter.fontMetrics().height()
        strip = QRectF(box.left(), box.bottom(), box.width(), px(5))
        row = np.ascontiguousarray(theme.magnitude_table()[np.newaxis])
        painter.drawImage(strip, QImage(row.data, row.shape[1], 1, row.strides[0], _PREMULTIPLIED))
        painter.setPen(QColor(look.quiet))
        words = "log scale" if scale.logarithmic else "linear scale"
        far = box.right() + px(80)
        write_centred(painter, box.center().x(), box.bottom() + px(4) + line, words, 0, far)
        for place, text in self._ticks(painter.fontMetrics().horizontalAdvance("1e-8") + px(6), box.width()):
            x = box.left() + box.width() * place
            painter.setPen(pen(look.line))
            painter.drawLine(QPointF(round(x), box.top()), QPointF(round(x), box.bottom()))
            painter.setPen(QColor(look.quiet))
            write_centred(painter, x, strip.bottom(), text, box.left() - px(8), far)

    def _ticks(self, room: int, width: float) -> list[tuple[float, str]]:
        """As many ticks as fit where each needs some room, at least one."""
        scale, every = self.sizes.scale, self.sizes.quantity.every
        ticks = scale.ticks(every)
        while len(ticks) > 1 and width * (ticks[1][0] - ticks[0][0]) < room:
            every *= 2
            ticks = scale.ticks(every) if scale.logarithmic else [ticks[0], ticks[-1]][: 2 if width >= room else 1]
        return ticks

    def _paint_bars(self, painter: QPainter, box: QRectF) -> None:
        sizes = self.sizes
        lengths = sizes.scale.places(sizes.now) * box.width()
        height = box.height() / max(1, len(lengths))
        thick = min(exact_px(18.0), height - 1 if height >= 3 else height)
        for index, (length, colour) in enumerate(zip(lengths, size_colours(sizes.now, sizes.scale), strict=True)):
            bar = QRectF(box.left(), box.top() + (index + 0.5) * height - thick / 2, box.width(), thick)
            if sizes.states[index]:
                _hatch(painter, bar)
            elif not np.isnan(length):
                bar.setWidth(max(exact_px(2.0), length))
                painter.fillRect(bar, QColor(*(int(channel) for channel in colour[:3])))


_MAX_COLUMNS = 400
_PREMULTIPLIED = QImage.Format.Format_RGBA8888_Premultiplied
"""Qt draws this format without converting. Colours are opaque or absent, so premultiplying changes no byte."""


def column_rows(step: Array, limit: float, columns: int) -> Array:
    """For each column of a picture from step 0 to `limit`, the last row at or before it; −1 past the last row."""
    if not len(step):
        return np.full(columns, -1)
    at = (np.arange(columns) + 0.5) * limit / columns
    rows = np.searchsorted(step, at, side="right") - 1
    # The column that the last row falls into belongs to it, so that the newest is always seen.
    return np.where(at - 0.5 * limit / columns <= step[-1], np.maximum(rows, 0), -1)


class HeatMap:
    """A row of colours per layer. They are computed on first use."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    @cached_property
    def colours(self) -> Array:
        """The picture, uint8 (layers, columns, 4), transparent where nothing is known."""
        rows = column_rows(self.sizes.steps, self.sizes.limit, _MAX_COLUMNS)
        known = rows >= 0
        shown = np.full((len(rows), self.sizes.past.shape[1]), np.nan)
        shown[known] = self.sizes.past[rows[known]]
        return np.ascontiguousarray(size_colours(shown.T, self.sizes.scale))

    def paint(self, painter: QPainter, box: QRectF) -> None:
        look = theme.current()
        painter.fillRect(box, QColor(look.raised))
        _write_title(painter, box, "over training")
        _paint_steps(painter, box, self.sizes.limit)
        layers, columns = self.colours.shape[:2]
        if layers == 0:
            return
        painter.drawImage(box, QImage(self.colours.data, columns, layers, self.colours.strides[0], _PREMULTIPLIED))
        height = box.height() / layers
        for index, state in enumerate(self.sizes.states):
            if state:
                row = QRectF(box.left(), box.top() + index * height, box.width(), height)
                self._paint_absence(painter, row, self.sizes.absent_from[index], state)
        if height >= px(8):
            painter.setPen(pen(look.surface))
            for index in range(1, layers):
                y = round(box.top() + index * height)
                painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))

    def _paint_absence(self, painter: QPainter, row: QRectF, start: float, state: str) -> None:
        """Hatch a layer's row where it has no sizes, and write why if there is room."""
        left, right = (
            row.left() + min(step, self.sizes.limit) / self.sizes.limit * row.width()
            for step in (start, self.sizes.last * (1 + 1 / _MAX_COLUMNS))
        )
        absence = QRectF(left, row.top(), right - left, row.height())
        if absence.width() <= 0:
            return
        _hatch(painter, absence)
        metrics, look = painter.fontMetrics(), theme.current()
        width = metrics.horizontalAdvance(state) + px(8)
        if row.height() >= metrics.height() and absence.width() >= width:
            plate = QRectF(absence.center().x() - width / 2, row.center().y() - metrics.height() / 2, width, 0)
            plate.setHeight(metrics.height())
            painter.fillRect(plate, QColor(look.raised))
            write(painter, plate, CENTRE, state, look.quiet)


_MOST_COLUMNS, _MOST_PLACES = 150, 2400
"""Places along a line, and along all lines; of the rows between two of them the lowest and the highest are drawn."""
_REACH = 24.0
"""The distance in pixels from which the mouse finds a line."""
_SMOOTH = 8
"""Lines that are drawn smoothly; many of them would cost more than a frame has."""


def _extremes(step: Array, sizes: Array, limit: float, columns: int) -> tuple[Array, Array]:
    """Steps, and sizes of shape (points, layers), of lines with few points that look the same.

    All rows if there are few, else the lowest and the highest size of the rows in each column of the picture.
    """
    if len(step) <= 2 * columns:
        return step, sizes
    column = np.minimum((step / limit * columns).astype(np.intp), columns - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    # Along rows that lie together it is twice as fast. Missing sizes leave their neighbours alone.
    each = np.ascontiguousarray(sizes.T)
    ends = np.stack([extreme.reduceat(each, starts, axis=1) for extreme in (np.fmin, np.fmax)], axis=2)
    return np.repeat((column[starts] + 0.5) * limit / columns, 2), ends.reshape(sizes.shape[1], -1).T


def _last_known(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else None


def spread_apart(places: list[float], apart: float, low: float, high: float) -> list[float]:
    """Ascending places, moved as little as needed to be `apart` from each other and within low…high if they can."""
    result: list[float] = []
    for place in places:
        result.append(max(place, result[-1] + apart if result else low))
    ceiling = high
    for index in range(len(result) - 1, -1, -1):
        result[index] = min(result[index], ceiling)
        ceiling = result[index] - apart
    return result


def _line_path(x: Array, y: Array) -> QPainterPath:
    known = np.isfinite(y)
    if not known.any():
        return QPainterPath()
    return pg.functions.arrayToQPath(x[known], y[known], connect="all", finiteCheck=False)


class SizeLines:
    """A line per layer, computed on first use."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.labels = tuple(f"{name} {state}".rstrip() for name, state in zip(sizes.names, sizes.states, strict=True))
        """The texts beside the lines' ends."""

    @cached_property
    def drawn(self) -> tuple[Array, Array]:
        """Steps (points,) and sizes (points, layers) of the drawn lines."""
        sizes = self.sizes
        columns = min(_MOST_COLUMNS, max(20, _MOST_PLACES // max(1, len(sizes.names))))
        return _extremes(sizes.steps, sizes.past, sizes.limit, columns)

    @cached_property
    def scale(self) -> SizeScale:
        """The part of the scale that the lines need."""
        return narrow_scale(self.sizes.scale, self.drawn[1])

    def places(self, box: QRectF) -> tuple[Array, Array]:
        """The paths of the lines, in pixels: x of shape (points,), y of shape (points, layers), NaN where they break.

        A layer without sizes runs along the lower end.
        """
        steps, sizes = self.drawn
        x = box.left() + steps / self.sizes.limit * box.width()
        y = box.bottom() - self.scale.places(sizes) * box.height()
        y[steps[:, np.newaxis] >= np.array(self.sizes.absent_from)] = box.bottom()
        return x, y

    def paint(self, painter: QPainter, box: QRectF, pointed: int | None) -> None:
        """Draw the lines with their axes and names, that of the hovered layer thick."""
        _write_title(painter, box, "each layer")
        self._paint_healthy(painter, box)
        _paint_steps(painter, box, self.sizes.limit)
        self._paint_axis(painter, box)
        if not len(self.drawn[0]):
            return
        x, y = self.places(box)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, len(self.labels) <= _SMOOTH)
        for index, colour in enumerate(depth_colours(len(self.labels), theme.current())):
            width, end = 2.0 if index == pointed else 1.0, np.searchsorted(self.drawn[0], self.sizes.absent_from[index])
            painter.setPen(pen(colour, width))
            painter.drawPath(_line_path(x[:end], y[:end, index]))
            if end < len(x):
                painter.setPen(pen(theme.current().quiet, width, Qt.PenStyle.DashLine))
                painter.drawPath(_line_path(x[end:], y[end:, index]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_names(painter, box, y)

    def _paint_healthy(self, painter: QPainter, box: QRectF) -> None:
        span = _healthy_span(self.sizes.quantity, self.scale)
        if span is None:
            return
        low, high = (box.bottom() - place * box.height() for place in span)
        band = QRectF(box.left(), high, box.width(), low - high)
        painter.fillRect(band, _healthy_colour())
        if band.height() >= 2 * painter.fontMetrics().height():
            painter.setPen(QColor(theme.current().quiet))
            corner = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
            painter.drawText(band.adjusted(px(6), 0, -px(6), -px(2)), corner, "healthy")

    def _paint_axis(self, painter: QPainter, box: QRectF) -> None:
        look, scale = theme.current(), self.scale
        most = max(1.0, box.height() / painter.fontMetrics().height() / 1.5)
        for place, text in scale.ticks(max(1, math.ceil((scale.high - scale.low) / most))):
            y = round(box.bottom() - place * box.height())
            painter.setPen(pen(look.line))
            painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y))
            write(painter, QRectF(box.left() - px(AXIS), y - px(8), px(AXIS - 6), px(16)), RIGHT, text, look.quiet)

    def _paint_names(self, painter: QPainter, box: QRectF, y: Array) -> None:
        look, metrics = theme.current(), painter.fontMetrics()
        colours = depth_colours(len(self.labels), look)
        x = box.left() + min(self.drawn[0][-1] / self.sizes.limit, 1) * box.width() + px(5)
        for index, middle in self.name_places(box, y).items():
            painter.setPen(QColor(look.quiet if self.sizes.states[index] else colours[index]))
            width = metrics.horizontalAdvance(self.labels[index]) + px(2)
            painter.drawText(QRectF(x, middle - px(8), width, px(16)), LEFT, self.labels[index])

    def name_places(self, box: QRectF, y: Array) -> dict[int, float]:
        """The layers named beside the end of their line, and the heights of the names, which never overlap."""
        layers, apart = len(self.labels), QFontMetrics(small_font()).height() - 2
        every = math.ceil(layers * apart / max(apart, box.height()))
        ends = {index: _last_known(y[:, index]) for index in range(layers - 1, -1, -every)}
        order = sorted((end, index) for index, end in ends.items() if end is not None)
        heights = spread_apart([end for end, _ in order], apart, box.top(), box.bottom())
        return {index: height for (_, index), height in zip(order, heights, strict=True)}

    def at(self, mouse: QPointF, box: QRectF) -> tuple[int, float] | None:
        """The layer whose line is nearest above or below the mouse, if it is near, and the step there."""
        step = (mouse.x() - box.left()) / box.width() * self.sizes.limit
        place = nearest_row(self.drawn[0], min(step, self.sizes.limit))
        if place is None:
            return None
        away = np.abs(self.places(box)[1][place] - mouse.y())
        if not np.isfinite(away).any() or np.nanmin(away) > px(_REACH):
            return None
        return int(np.nanargmin(away)), float(np.clip(step, 0, self.drawn[0][-1]))
