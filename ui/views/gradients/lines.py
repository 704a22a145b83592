"""The lines: how the size of each layer has developed, coloured by depth."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath

from playground.catalog.choice import Array
from ui.look import theme
from ui.look.theme import px
from ui.views.chart.axes import nearest_row
from ui.views.chart.controls import small_font
from ui.views.chart.plot import LEFT, RIGHT, pen
from ui.views.gradients.axes import AXIS, healthy_colour, healthy_span, paint_steps, write_title
from ui.views.gradients.scales import SizeScale, depth_colours, narrow_scale
from ui.views.gradients.sizes import Sizes

_MOST_COLUMNS, _MOST_PLACES = 150, 2400
"""Places along a line, and along all lines; of the rows between two of them the lowest and the highest are drawn."""
_REACH = 24.0
"""Pixels from which the mouse finds a line."""
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
    """The last number that is one."""
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
    """A line through the points that are known."""
    known = np.isfinite(y)
    if not known.any():
        return QPainterPath()
    return pg.functions.arrayToQPath(x[known], y[known], connect="all", finiteCheck=False)


class SizeLines:
    """A line per layer. What is drawn is computed when it is first asked for."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes
        self.labels = tuple(f"{name} {state}".rstrip() for name, state in zip(sizes.names, sizes.states, strict=True))
        """What stands beside the lines' ends."""

    @cached_property
    def drawn(self) -> tuple[Array, Array]:
        """Steps (points,) and sizes (points, layers) as drawn."""
        sizes = self.sizes
        columns = min(_MOST_COLUMNS, max(20, _MOST_PLACES // max(1, len(sizes.names))))
        return _extremes(sizes.steps, sizes.past, sizes.limit, columns)

    @cached_property
    def scale(self) -> SizeScale:
        """The part of the scale that the lines need."""
        return narrow_scale(self.sizes.scale, self.drawn[1])

    def places(self, box: QRectF) -> tuple[Array, Array]:
        """Where the lines run, in pixels: x of shape (points,), y of shape (points, layers), NaN where they break.

        A layer without sizes runs along the lower end.
        """
        steps, sizes = self.drawn
        x = box.left() + steps / self.sizes.limit * box.width()
        y = box.bottom() - self.scale.places(sizes) * box.height()
        y[steps[:, np.newaxis] >= np.array(self.sizes.absent_from)] = box.bottom()
        return x, y

    def paint(self, painter: QPainter, box: QRectF, pointed: int | None) -> None:
        """Draw them with their axes and names, that of the layer under the mouse thick."""
        write_title(painter, box, "each layer")
        self._paint_healthy(painter, box)
        paint_steps(painter, box, self.sizes.limit)
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
        span = healthy_span(self.sizes.quantity, self.scale)
        if span is None:
            return
        low, high = (box.bottom() - place * box.height() for place in span)
        band = QRectF(box.left(), high, box.width(), low - high)
        painter.fillRect(band, healthy_colour())
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
            painter.setPen(QColor(look.quiet))
            painter.drawText(QRectF(box.left() - px(AXIS), y - px(8), px(AXIS - 6), px(16)), RIGHT, text)

    def _paint_names(self, painter: QPainter, box: QRectF, y: Array) -> None:
        """Each line's name beside its end."""
        look, metrics = theme.current(), painter.fontMetrics()
        colours = depth_colours(len(self.labels), look)
        x = box.left() + min(self.drawn[0][-1] / self.sizes.limit, 1) * box.width() + px(5)
        for index, middle in self.name_places(box, y).items():
            painter.setPen(QColor(look.quiet if self.sizes.states[index] else colours[index]))
            width = metrics.horizontalAdvance(self.labels[index]) + px(2)
            painter.drawText(QRectF(x, middle - px(8), width, px(16)), LEFT, self.labels[index])

    def name_places(self, box: QRectF, y: Array) -> dict[int, float]:
        """Which layers are named beside the end of their line, and at what height, moved apart so that none overlap."""
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
