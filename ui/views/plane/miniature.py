"""The boundary of one moment in a small square: field, line and points as the large picture paints them."""

from __future__ import annotations

import numpy as np
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, Sample
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import Snapshot

from ...look import theme
from ..chart.plot import pen
from .field import answer_line, field_pixels, grid_rect, value_range_of, zero_nonfinite
from .legend import spots

_MOST_POINTS = 1000
"""Points that can be painted for six lanes at once while somebody resizes them; of more, random ones."""
_POINT_SHARE = 0.6
"""The size of points, relative to those of the large picture."""


class Miniature:
    """Paints snapshots that answer `BoundaryRequest`; unchanged parts are reused."""

    def __init__(self) -> None:
        self.pixels: Array = np.zeros((0, 0), np.uint32)
        """The field's colours, 0xffRRGGBB, row 0 at the bottom."""
        self._sample: Sample | None = None
        self._field: Array | None = None
        self._line: list[QLineF] = []
        self._points = QPixmap()
        self._points_of: tuple[Sample | None, str, QSize, float] = (None, "", QSize(), 0.0)

    def show(self, shot: Snapshot) -> None:
        """Take over the field and the points of a moment."""
        self._sample, self._field = shot.sample, shot.answer(BoundaryRequest)
        self.dress()

    def dress(self) -> None:
        """Colour the field in the current theme."""
        if self._field is None or self._sample is None:
            return
        field = zero_nonfinite(self._field)
        self.pixels = np.ascontiguousarray(field_pixels(field, value_range_of(self._sample), theme.current()))
        ends = answer_line(field, self._sample.task).reshape(-1, 4).tolist()
        self._line = [QLineF(*one) for one in ends]

    def paint(self, painter: QPainter, square: QRectF, ratio: float) -> None:
        """Paint the picture into a square."""
        if self._sample is None or not self.pixels.size:
            return
        rows, columns = self.pixels.shape
        image = QImage(self.pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        painter.save()
        painter.setClipRect(square)
        # x₂ goes up.
        painter.translate(square.center())
        painter.scale(square.width() / (2 * EXTENT), -square.height() / (2 * EXTENT))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(grid_rect(rows), image)
        painter.setPen(pen(theme.current().boundary_line, 1.2))
        painter.drawLines(self._line)
        painter.restore()
        painter.drawPixmap(square.topLeft(), self._points_at(self._sample, square.size().toSize(), ratio))

    def _points_at(self, sample: Sample, size: QSize, ratio: float) -> QPixmap:
        made_for = sample, theme.current().name, size, ratio
        if made_for[0] is not self._points_of[0] or made_for[1:] != self._points_of[1:]:
            self._points, self._points_of = _paint_points(sample, size, ratio), made_for
        return self._points


def _paint_points(sample: Sample, size: QSize, ratio: float) -> QPixmap:
    usable = np.flatnonzero(np.isfinite(sample.x).all(axis=1) & np.isfinite(sample.labels))
    # A point keeps its rank when others are added. Evenly spaced ones would leave gaps where classes alternate.
    ranks = np.random.default_rng(0).random(len(usable))
    drawn = usable[np.sort(np.argsort(ranks)[:_MOST_POINTS])]
    # Training points last, so that they lie on top.
    looks = spots(sample, drawn[np.argsort(-sample.split[drawn], kind="stable")], value_range_of(sample))
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    places = (looks["pos"] * [1, -1] + EXTENT) / (2 * EXTENT) * [size.width(), size.height()]
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marks = zip(places.tolist(), looks["symbol"], looks["size"].tolist(), looks["pen"], looks["brush"], strict=True)
        for place, symbol, diameter, line, brush in marks:
            painter.save()
            painter.translate(QPointF(*place))
            drawSymbol(painter, symbol, _POINT_SHARE * diameter, line, brush)
            painter.restore()
    return picture
