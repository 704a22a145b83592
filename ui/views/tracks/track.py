"""The base of all tracks: a track paints a moment between the shared time axis and its own axis, with its values.

What it draws are series, each of a role: `run` is the run that is trained, `lane` a lane of a race, `planned` what will
become of the run, `ghost` the run without its latest change, `luck` other starts, `kept` kept runs. Lanes and kept runs
have colours of their own; the others are drawn paler than the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QPainter, QPen

from playground.catalog.choice import Array
from playground.measure.snapshot import Snapshot

from ...look import theme
from ...look.theme import exact_px, px
from ..chart.axes import ChartAxis
from ..chart.plot import LEFT, ChartBox, pen, write
from .time import TimeAxis

Role: TypeAlias = Literal["run", "lane", "planned", "ghost", "luck", "kept"]
LEAST_TRACK = 15.0
"""The least height of a track, in pixels at zoom 1."""
LEAST_ROW, MOST_ROWS = 4.0, 8
"""The least height of a row of a track with several, in pixels at zoom 1, and the rows for which room is made."""
_SWATCH = 6
"""The side of the square that stands for a curve before a number."""
_SHORTEST_NAME = 48
"""The width to which the name of a value may be cut, in pixels at zoom 1."""
_BETWEEN = 8
"""The least distance from a value to the square of the next one beside it, in pixels at zoom 1."""


class Line(NamedTuple):
    """The style of a curve: the name of a colour of the theme, and whether it is dashed."""

    colour: str
    dashed: bool = False

    def pen(self, role: Role = "run", strength: float = 1.0) -> QPen:
        """The pen for a role, paler with less strength. Lines wider than a pixel take Qt ten times as long."""
        look = theme.current()
        colour = look.colour(self.colour)
        if role not in ("run", "lane", "kept"):
            colour = theme.blend(look.surface, colour, 0.45 * strength)
        return pen(colour, 1.0, Qt.PenStyle.DashLine if self.dashed else Qt.PenStyle.SolidLine)


@dataclass(frozen=True, eq=False)
class Series:
    """One curve over time: the places of its points on both axes, shape (points,) each."""

    name: str
    line: Line
    x: Array
    y: Array
    ends: tuple[int, ...] = ()
    """The numbers of points after which it is interrupted."""
    role: Role = "run"
    bands: tuple[tuple[Array, Array], ...] = ()
    """The outlines of what the raw values fill, one for each piece of a smoothed curve."""
    present: tuple[float, float] | None = None
    """The place at which the present value is marked, unless the curve ends there."""
    goes_on: bool = False
    """Whether a line leads from the end of the curve to the present."""
    strength: float = 1.0
    """The strength with which it is drawn, 0…1."""
    hatches: tuple[tuple[Array, Array], ...] = ()
    """The outlines of hatched areas, where runs diverged."""

    @property
    def points(self) -> Array:
        """The points, shape (points, 2)."""
        return np.stack([self.x, self.y], axis=1)

    @property
    def tail(self) -> Array:
        """The line from the end of the curve to the present, shape (points, 2)."""
        if self.present is None or not self.goes_on or not len(self.x):
            return np.zeros((0, 2))
        return np.array([[self.x[-1], self.y[-1]], self.present])


class Value(NamedTuple):
    """A value beside a track, with the line of its curve and a name."""

    name: str
    text: str
    line: Line | None = None
    role: Role = "run"

    @property
    def words(self) -> str:
        return f"{self.name} {self.text}".strip()


@dataclass
class Track:
    """A track: one of several pictures below each other.

    `share` is its part of the height and `least` the part that it keeps where there is little room, both in pixels at
    zoom 1.
    """

    name: ClassVar[str]
    title: str = ""
    help: str = ""
    share: float = 40.0
    least: float = LEAST_TRACK
    rows: int = 1
    """The number of rows that have to be told apart."""
    beside: ClassVar[tuple[int, int]] = 152, 96
    """The widths for the values beside it in a wide and in a narrow picture, in pixels at zoom 1."""
    axis: ChartAxis = field(default_factory=ChartAxis)
    series: tuple[Series, ...] = ()

    def show(self, snapshot: Snapshot, times: TimeAxis) -> bool:
        """Show a moment; return whether anything has to be drawn again."""
        raise NotImplementedError

    def values(self, snapshot: Snapshot, times: TimeAxis, place: float | None) -> tuple[Value, ...]:
        """The values at a place of the time axis, or at present."""
        raise NotImplementedError

    def describe(self, values: Sequence[Value]) -> str:
        """Describe values in words, for screen readers."""
        return f"{self.title} {' '.join(value.words for value in values)}"

    def paint(self, painter: QPainter, box: ChartBox, room: float) -> None:
        """Paint the track into a box, with `room` for numbers at its left."""
        box.paint_numbers_at_left(painter, room)
        painter.save()
        painter.setClipRect(box.rect.adjusted(-px(3), -2, px(3), 2))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        # The run itself lies on top, and of its curves the first.
        for series in sorted(self.series, key=lambda one: one.role != "run")[::-1]:
            _paint_series(painter, box, series)
        painter.restore()

    def paint_values(self, painter: QPainter, rect: QRectF, values: Sequence[Value]) -> None:
        """Paint values beside the track: below each other, or in columns without names where there is little room."""
        self.paint_rows(painter, rect, values, painter.fontMetrics().height())

    @staticmethod
    def paint_rows(painter: QPainter, rect: QRectF, values: Sequence[Value], pitch: int) -> None:
        """Paint values in rows so many pixels apart, and in as many columns as they then need."""
        look, metrics = theme.current(), painter.fontMetrics()
        high, rows = metrics.height(), rows_of_values(rect, pitch)
        columns = max(1, -(-len(values) // rows))
        rows = max(1, -(-len(values) // columns))
        has_squares = _have_squares(values, columns)
        mark, gap = _mark_and_gap(is_square=has_squares)
        names = max((metrics.horizontalAdvance(f"{value.name}n") for value in values), default=0)
        numbers = max((metrics.horizontalAdvance(value.text) for value in values), default=0)
        left = int(rect.width()) - mark - gap - max(numbers, metrics.horizontalAdvance("0.00000"))
        names = 0 if columns > 1 or left < min(names, px(_SHORTEST_NAME)) else min(names, left)
        places = _column_places(_column_widths(metrics, values, rows), rect.width())
        for index, value in enumerate(values):
            column, line = divmod(index, rows)
            top = rect.top() + line * pitch + (pitch - high) / 2
            start, wide = places[column]
            row = QRectF(rect.left() + start, top, wide, high)
            x = row.left()
            if value.line is not None:
                _paint_mark(painter, value, QRectF(x, row.top(), mark, high), is_square=has_squares)
                x += mark + gap
            if names:
                # Kept runs of one name are told apart by its end.
                mode = Qt.TextElideMode.ElideMiddle if value.role == "kept" else Qt.TextElideMode.ElideRight
                name = metrics.elidedText(value.name, mode, names - px(2))
                write(painter, QRectF(x, row.top(), names, high), LEFT, name, look.quiet)
                x += names
            room = row.right() - x
            # A number that is cut has to be seen to be.
            text = value.text
            if metrics.horizontalAdvance(text) > room:
                text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room))
            write(painter, QRectF(x, row.top(), room, high), LEFT, text, look.text)


def rows_of_values(rect: QRectF, pitch: int) -> int:
    """The number of rows of values so many pixels apart that a place has room for."""
    # Below the last one stands only what a line leaves empty.
    return max(1, int((rect.height() + px(2)) // pitch))


def _paint_mark(painter: QPainter, value: Value, box: QRectF, *, is_square: bool) -> None:
    """Paint a piece of a value's curve, or a square where that would look like a minus sign."""
    assert value.line is not None
    line, middle = value.line.pen(value.role), box.center().y()
    if is_square:
        painter.fillRect(QRectF(box.x(), round(middle - box.width() / 2), box.width(), box.width()), line.color())
    else:
        painter.setPen(line)
        painter.drawLine(QPointF(box.left(), middle + 0.5), QPointF(box.right(), middle + 0.5))


def room_for_values(metrics: QFontMetrics, values: Sequence[Value], rows: int) -> float:
    """The width that values in so many rows need beside each other, without names."""
    widths = _column_widths(metrics, values, rows)
    return sum(widths) + px(_BETWEEN) * (len(widths) - 1)


def paint_lane_names(painter: QPainter, rect: QRectF, values: Sequence[Value]) -> None:
    """Paint the names of the lanes among some values in one row, with squares in their colours."""
    lanes = [value for value in values if value.role == "lane"]
    metrics, (mark, gap) = painter.fontMetrics(), _mark_and_gap(is_square=True)
    between, before = px(_BETWEEN), mark + gap
    widths = [metrics.horizontalAdvance(value.name) for value in lanes]
    most = int((rect.width() + between) / max(1, len(lanes))) - between - before
    if sum(widths) + (before + between) * len(lanes) - between <= rect.width():
        most = max(widths, default=0)
    x = rect.left()
    for value, wide in zip(lanes, widths, strict=True):
        _paint_mark(painter, value, QRectF(x, rect.top(), mark, rect.height()), is_square=True)
        name = value.name if wide <= most else metrics.elidedText(value.name, Qt.TextElideMode.ElideRight, most)
        room = QRectF(x + before, rect.top(), min(wide, most), rect.height())
        write(painter, room, LEFT, name, theme.current().quiet)
        x = room.right() + between


def _have_squares(values: Sequence[Value], columns: int) -> bool:
    return columns > 2 or any(value.role == "lane" for value in values)


def _mark_and_gap(*, is_square: bool) -> tuple[int, int]:
    """The width of the mark before a value, and its distance from that."""
    return (px(_SWATCH), px(4)) if is_square else (px(14), px(5))


def _column_widths(metrics: QFontMetrics, values: Sequence[Value], rows: int) -> list[float]:
    """The widths of the values in columns of so many rows, with their marks."""
    before = sum(_mark_and_gap(is_square=_have_squares(values, -(-len(values) // rows))))
    texts = [before + metrics.horizontalAdvance(value.text) for value in values]
    return [float(max(texts[first : first + rows])) for first in range(0, len(texts), rows)]


def _column_places(widths: Sequence[float], room: float) -> list[tuple[float, float]]:
    """The places and widths of columns: equal ones, or those that long texts need at the cost of short ones."""
    count, between = max(1, len(widths)), px(_BETWEEN)
    equal = room / count
    if count == 1 or max(widths) + between <= equal:
        return [(number * equal, equal) for number in range(count)]
    free = (room - sum(widths)) / (count - 1)
    # Where there is too little room, each is cut by as much.
    cut = max(0.0, between - free) * (count - 1) / count
    starts = accumulate((one - cut + max(free, between) for one in widths), initial=0.0)
    return [(start, one - cut) for start, one in zip(starts, widths, strict=False)]


def _paint_series(painter: QPainter, box: ChartBox, series: Series) -> None:
    """Paint a curve over its bands, the line to the present, and the present as a dot."""
    line = series.line.pen(series.role, series.strength)
    for band in series.bands:
        pale = QColor(theme.blend(theme.current().surface, line.color().name(), 0.2))
        painter.fillPath(box.path(*band), pale)
    for hatch in series.hatches:
        painter.fillPath(box.path(*hatch), QBrush(line.color(), Qt.BrushStyle.BDiagPattern))
    painter.setPen(line)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(box.path(series.x, series.y, series.ends))
    if series.present is not None:
        tail = series.tail
        if len(tail):
            painter.drawPath(box.path(tail[:, 0], tail[:, 1]))
        x, y = (float(axis(np.array([place]))[0]) for axis, place in zip((box.x, box.y), series.present, strict=True))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(line.color())
        painter.drawEllipse(QPointF(x, y), exact_px(2.5), exact_px(2.5))
