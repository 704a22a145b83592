"""The map: one row per layer, input side first, whose colours are its sizes over the steps."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from playground.catalog.choice import Array
from ui.look import theme
from ui.look.theme import px
from ui.views.chart.plot import CENTRE, pen
from ui.views.gradients.axes import hatch, paint_steps, write_title
from ui.views.gradients.scales import size_colours
from ui.views.gradients.sizes import Sizes

_MAX_COLUMNS = 400
PREMULTIPLIED = QImage.Format.Format_RGBA8888_Premultiplied
"""The same bytes as without, since colours are either opaque or absent; Qt draws it without converting."""


def column_rows(step: Array, limit: float, columns: int) -> Array:
    """For each column of a picture from step 0 to `limit`, the last row at or before it; −1 past the last row."""
    if not len(step):
        return np.full(columns, -1)
    at = (np.arange(columns) + 0.5) * limit / columns
    rows = np.searchsorted(step, at, side="right") - 1
    # The column that the last row falls into belongs to it, so that the newest is always seen.
    return np.where(at - 0.5 * limit / columns <= step[-1], np.maximum(rows, 0), -1)


class HeatMap:
    """Its colours are computed when they are first asked for."""

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
        """Draw it with its axis."""
        look = theme.current()
        painter.fillRect(box, QColor(look.raised))
        write_title(painter, box, "over training")
        paint_steps(painter, box, self.sizes.limit)
        layers, columns = self.colours.shape[:2]
        if layers == 0:
            return
        painter.drawImage(box, QImage(self.colours.data, columns, layers, self.colours.strides[0], PREMULTIPLIED))
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
        """Hatch a layer's row where it has had no sizes, and write why if there is room."""
        left, right = (
            row.left() + min(step, self.sizes.limit) / self.sizes.limit * row.width()
            for step in (start, self.sizes.last * (1 + 1 / _MAX_COLUMNS))
        )
        absence = QRectF(left, row.top(), right - left, row.height())
        if absence.width() <= 0:
            return
        hatch(painter, absence)
        metrics, look = painter.fontMetrics(), theme.current()
        width = metrics.horizontalAdvance(state) + px(8)
        if row.height() >= metrics.height() and absence.width() >= width:
            plate = QRectF(absence.center().x() - width / 2, row.center().y() - metrics.height() / 2, width, 0)
            plate.setHeight(metrics.height())
            painter.fillRect(plate, QColor(look.raised))
            painter.setPen(QColor(look.quiet))
            painter.drawText(plate, CENTRE, state)
