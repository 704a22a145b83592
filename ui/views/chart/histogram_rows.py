"""Rows of histograms, one per layer, between fixed titles and axes: the painted part and the view around it.

All histograms of a column share one axis, so that layers can be compared. Words at the end of a row say what is
notable about its layer. Many layers scroll.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from playground.catalog.choice import Array
from playground.experiment.layer_names import layer_heading
from playground.measure.observe import Request
from playground.measure.snapshot import Histogram

from ...forms.buttons import identify
from ...guard.faults import guarded
from ...look import theme
from ...look.beat import Throttle
from ...look.theme import exact_px, px
from ..view import View
from .axes import CalmLimit, ChartAxis, decade_ticks
from .controls import Choices, Controls, Option, ReadingLine, stack_chart
from .plot import CENTRE, LEFT, RIGHT, ChartBox, Mouse, PaintedChart

_LEAST_ROW = 24
"""The least height of a row in pixels, so that its shape can be seen; what does not fit scrolls."""
_MOST_ROW = 96
_READING = 340
_COUNTS = (
    Option("linear", "Linear", "Heights are counts. Shows clearly where most numbers are."),
    Option("log", "Log", "Heights are logarithms of the counts. Shows rare values, too."),
)


class HistogramBars(NamedTuple):
    """The bars of a histogram in a row."""

    histogram: Histogram
    full: float | None = None
    """The count that is as high as the row; None: the highest."""

    def heights(self, logarithmic: bool) -> Array:
        """Return the height of each bin as a share of the row's height."""
        counts, full = self.histogram.counts, self.full
        if logarithmic:
            counts, full = np.log1p(counts), None if full is None else float(np.log1p(full))
        result: Array = counts / (counts.max() if full is None else full)
        return result


@dataclass(frozen=True)
class HistogramRow:
    """The histograms of one layer, and words about it."""

    name: str
    bars: tuple[HistogramBars | None, ...]
    """One for each column; None where nothing is known."""
    states: tuple[str, ...]
    """Notable facts about the layer, in a few words each, the most important first."""
    stands_out: bool = False
    """Whether to show these facts as a warning."""

    @property
    def words(self) -> str:
        return ", ".join(self.states)


def bars_of(histogram: Histogram | None) -> HistogramBars | None:
    """Return the bars of a histogram; None if it is empty or its edges are not finite."""
    if histogram is None or not len(histogram.counts) or not np.isfinite(histogram.edges).all():
        return None
    return HistogramBars(histogram) if np.sum(histogram.counts) > 0 else None


def bin_at(histogram: Histogram, value: float) -> int | None:
    """Return the number of the bin that a value falls into; None outside all bins."""
    place = int(np.searchsorted(histogram.edges, value, side="right")) - 1
    return place if 0 <= place < len(histogram.counts) else None


class HistogramAxis(ChartAxis):
    """The axis that the histograms of a column share."""

    def fit(self, histograms: list[Histogram]) -> None:
        """Fit the axis to these histograms."""


class BareAxis(HistogramAxis):
    """An axis for a single bin from 0 to 1, without numbers."""

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        return [], []


class ValueAxis(HistogramAxis):
    """An axis from −limit, or from 0 if no value is negative, to a limit that seldom changes."""

    def __init__(self) -> None:
        self._calm = CalmLimit()
        self.low, self.high = -1.0, 1.0

    def fit(self, histograms: list[Histogram]) -> None:
        """Fit the axis to these histograms."""
        if not histograms:
            return
        least = min(float(histogram.edges[0]) for histogram in histograms)
        most = max(float(histogram.edges[-1]) for histogram in histograms)
        self.high = self._calm.fit(min(max(abs(least), abs(most), 1e-12), 1e300))
        self.low = -self.high if least < 0 else 0.0


class DecadeAxis(HistogramAxis):
    """An axis of powers of ten, given by their exponents, whose limits seldom change."""

    _LEAST = 4
    """Decades that it spans at least."""

    def __init__(self) -> None:
        self.low, self.high = -4.0, 0.0
        self._waited = 0

    def fit(self, histograms: list[Histogram]) -> None:
        """Fit the axis to histograms whose edges are exponents: at once, or after long if far less would do."""
        if not histograms:
            return
        low = float(np.floor(min(histogram.edges[0] for histogram in histograms) + 1e-9))
        high = float(np.ceil(max(histogram.edges[-1] for histogram in histograms) - 1e-9))
        if low < self.low or high > self.high:
            self.low, self.high, self._waited = min(low, self.low), max(high, self.high), 0
            return
        low = min(low, high - self._LEAST)
        self._waited = self._waited + 1 if low - self.low + self.high - high >= 2 else 0
        if self._waited >= CalmLimit.PATIENCE:
            self.low, self.high, self._waited = max(low, self.low), high, 0

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        return decade_ticks(self.low, self.high, most)


class HistogramColumn(NamedTuple):
    title: str
    axis: HistogramAxis
    width: int = 0
    """The width in pixels; 0 for an equal share of the rest."""


@dataclass(frozen=True)
class _Columns:
    """The places of names, histograms and words; only left and width of the rectangles count."""

    names: float
    histograms: tuple[QRectF, ...]
    words: QRectF


class _HistogramRows(PaintedChart):
    """The painted rows. Titles and axes are painted by the view around them."""

    GAP, _WIDE, _LABELS = 28, 480, 64

    resized = Signal()

    def __init__(self, name: str, spoken: str, columns: Sequence[HistogramColumn], parent: QWidget) -> None:
        self.kinds = tuple(columns)
        self.rows: tuple[HistogramRow, ...] = ()
        self.logarithmic = False
        super().__init__(f"{name}.rows", spoken, parent)

    def apply_theme(self) -> None:
        super().apply_theme()
        self._columns_for: tuple[object, ...] = ()

    def show_rows(self, rows: tuple[HistogramRow, ...]) -> None:
        if len(rows) != len(self.rows):
            self.setMinimumHeight(px(_LEAST_ROW) * len(rows))
        self.rows = rows
        for column, kind in enumerate(self.kinds):
            kind.axis.fit([bars.histogram for row in rows if (bars := row.bars[column]) is not None])
        self.update()

    def limits(self) -> tuple[tuple[float, float], ...]:
        """Both ends of the axis of each column."""
        return tuple((kind.axis.low, kind.axis.high) for kind in self.kinds)

    def columns(self) -> _Columns:
        """Divide the width among names, histograms and words."""
        asked = (self.width(), *((row.name, row.states) for row in self.rows))
        if asked != self._columns_for:
            self._columns_for, self._columns = asked, self._divided()
        return self._columns

    def _divided(self) -> _Columns:
        advance = self.metrics.horizontalAdvance
        names = min(max((advance(row.name) for row in self.rows), default=0), px(self._LABELS)) + px(8)
        words = max((advance(self.words(row)) + px(8) for row in self.rows if row.states), default=0)
        fixed = sum(px(kind.width) for kind in self.kinds) + px(self.GAP) * (len(self.kinds) - 1)
        shares = sum(not kind.width for kind in self.kinds)
        each = max(exact_px(20.0), (self.width() - names - words - fixed) / shares)
        places, left = [], float(names)
        for kind in self.kinds:
            places.append(QRectF(left, 0, px(kind.width) or each, 1))
            left += places[-1].width() + px(self.GAP)
        return _Columns(names, tuple(places), QRectF(places[-1].right() + px(6), 0, words, 1))

    def words(self, row: HistogramRow) -> str:
        """The words at the end of a row: all facts, or in a narrow picture the most important."""
        return row.words if self.width() >= px(self._WIDE) else row.states[0] if row.states else ""

    def pitch(self) -> float:
        return min(px(_MOST_ROW), self.height() / max(1, len(self.rows)))

    def box(self, index: int, column: int) -> QRectF:
        """Return the rectangle of a histogram, with a little room above it."""
        place, pitch = self.columns().histograms[column], self.pitch()
        return QRectF(place.left(), index * pitch + px(3), place.width(), pitch - px(4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.resized.emit()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        pitch = self.pitch()
        seen = range(int(event.rect().top() / pitch), min(len(self.rows), int(event.rect().bottom() / pitch) + 1))
        with QPainter(self) as painter:
            painter.setFont(self.small)
            for index in seen:
                self._paint_words(painter, self.columns(), index)
            for column in range(len(self.kinds)):
                self._paint_column(painter, column, seen)

    def _paint_words(self, painter: QPainter, columns: _Columns, index: int) -> None:
        look, row, pitch = theme.current(), self.rows[index], self.pitch()
        painter.setPen(QColor(look.quiet))
        name = self.metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, px(self._LABELS))
        painter.drawText(QRectF(0, index * pitch, columns.names - px(8), pitch), RIGHT, name)
        if row.states:
            painter.setPen(QColor(look.warning if row.stands_out else look.quiet))
            place = QRectF(columns.words.left(), index * pitch, columns.words.width(), pitch)
            painter.drawText(place, LEFT, self.words(row))

    def _paint_column(self, painter: QPainter, column: int, seen: range) -> None:
        """Paint the histograms of a column on their base lines, with a vertical line at 0."""
        look, axis, place = theme.current(), self.kinds[column].axis, self.columns().histograms[column]
        painter.setPen(QColor(look.line))
        zero = round(float(ChartBox(place, axis, axis).x(np.clip(np.zeros(1), axis.low, axis.high))[0]))
        painter.drawLine(QPointF(zero, 0), QPointF(zero, self.pitch() * len(self.rows)))
        pale = QColor(theme.blend(look.surface, look.accent, 0.6))
        for index in seen:
            box, bars = self.box(index, column), self.rows[index].bars[column]
            painter.drawLine(box.bottomLeft(), box.bottomRight())
            if bars is not None:
                x = ChartBox(box, axis, axis).x(np.clip(bars.histogram.edges, axis.low, axis.high))
                colour = QColor(look.accent) if self.pointed == (index, column) else pale
                painter.fillPath(_steps_path(x, box, bars.heights(self.logarithmic)), colour)

    def at(self, place: QPointF) -> tuple[int, int | None, float] | None:
        """Return row, column and value under the mouse: None outside the rows, column None beside the histograms."""
        index = int(place.y() // self.pitch())
        if not 0 <= index < len(self.rows):
            return None
        for column, (kind, box) in enumerate(zip(self.kinds, self.columns().histograms, strict=True)):
            if box.left() <= place.x() <= box.right():
                return index, column, ChartBox(box, kind.axis, kind.axis).place(place.x())
        return index, None, 0.0

    def sizeHint(self) -> QSize:
        return QSize(px(340), px(_LEAST_ROW) * max(4, len(self.rows)))


def _steps_path(x: Array, box: QRectF, shares: Array) -> QPainterPath:
    """Return the outline of bars between the `x` of their edges; even the narrowest bar is visible."""
    if x[-1] - x[0] < len(shares):
        x, shares = _by_pixels(x, shares, box)
    tops = box.bottom() - shares * box.height()
    outline_x = np.concatenate([x[:1], np.repeat(x, 2)[1:-1], x[-1:]])
    outline_y = np.concatenate([[box.bottom()], np.repeat(tops, 2), [box.bottom()]])
    return pg.functions.arrayToQPath(outline_x, outline_y, connect="all", finiteCheck=False)


def _by_pixels(x: Array, shares: Array, box: QRectF) -> tuple[Array, Array]:
    """Merge bars narrower than a pixel into bars of one pixel, each as high as the highest of them."""
    first = np.floor(min(x[0], box.right() - 1))
    columns = np.minimum((x[:-1] + x[1:]) / 2, box.right() - 1) - first
    columns = np.maximum(columns, 0).astype(np.intp)
    highest = np.zeros(int(columns.max()) + 1)
    np.maximum.at(highest, columns, shares)
    return first + np.arange(len(highest) + 1), highest


class _Edge(QWidget):
    """The titles above the rows, or the axes below them."""

    def __init__(self, rows: _HistogramRows, titles: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows, self._titles = rows, titles
        self.setFixedHeight(px(16 if titles else 18))

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        columns = self._rows.columns()
        with QPainter(self) as painter:
            painter.setFont(self._rows.small)
            painter.setPen(QColor(theme.current().quiet))
            if self._titles:
                painter.drawText(QRectF(0, 0, columns.names, self.height()), LEFT, "layer")
            for kind, column in zip(self._rows.kinds, columns.histograms, strict=True):
                if self._titles:
                    painter.drawText(QRectF(column.left(), 0, column.width(), self.height()), CENTRE, kind.title)
                else:
                    place = QRectF(column.left(), 0, column.width(), 0)
                    ChartBox(place, kind.axis, kind.axis).paint_numbers_below(painter, apart=50)


@dataclass(frozen=True)
class _HistogramsShown:
    """Rows of histograms as data."""

    rows: tuple[HistogramRow, ...]
    end_words: tuple[str, ...]
    """The words at the end of each row, as far as they have room."""
    limits: tuple[tuple[float, float], ...]
    """Both ends of the axis of each column."""
    boxes: tuple[tuple[QRectF, ...], ...]
    """The place in the view of each histogram of each row; some may have to be scrolled to."""
    row_height: float
    logarithmic: bool
    """Whether the heights are the logarithms of the counts."""
    reading: str
    description: str
    """All rows in words, for screen readers."""


class HistogramsPicture(View):
    """Titles, rows that scroll, axes, and a line of words. Subclasses make the rows and read a place in words."""

    SIZE = (356, 240)
    idle = ""
    """The line of words while the mouse is elsewhere."""

    def __init__(
        self, parent: QWidget | None, columns: Sequence[HistogramColumn], rows_name: str, *requests: Request[Any]
    ) -> None:
        super().__init__(parent, *requests)
        self._drawn: tuple[object, ...] = ()
        self._controls = Controls(f"{self.name}.controls", self)
        self._counts = self._controls.add(Choices(f"{self.name}.counts", "Heights", _COUNTS))
        self._counts.picked.connect(self._on_counts)
        self._words = ReadingLine(f"{self.name}.words", "What is under the mouse", self)
        self._rows = _HistogramRows(self.name, rows_name, columns, self)
        self._rows.resized.connect(self._update_edges)
        self._mouse = Mouse(self._rows)
        self._mouse.moved.connect(self._show_texts)
        self._scroll = identify(QScrollArea(self), f"{self.name}.scroll", "Layers")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._rows)
        # A scroll area paints its own background behind its content.
        self._rows.setAutoFillBackground(False)
        self._scroll.viewport().setAutoFillBackground(False)
        self._edges = (_Edge(self._rows, True, self), _Edge(self._rows, False, self))
        for edge, part in zip(self._edges, ("titles", "axes"), strict=True):
            edge.setObjectName(f"{self.name}.{part}")
        stack_chart(self, self._controls, self._words, self._edges[0], self._scroll, self._edges[1])
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()

    def show_rows(self, rows: tuple[HistogramRow, ...]) -> None:
        """Show these layers, and update the words."""
        fresh = len(rows) != len(self._rows.rows)
        limits, columns = self._rows.limits(), self._rows.columns()
        self._rows.show_rows(rows)
        if limits != self._rows.limits() or columns != self._rows.columns():
            self._update_edges()
        self._write.request(at_once=fresh)

    def describe(self, row: HistogramRow) -> str:
        """Describe a row in words."""
        raise NotImplementedError

    def read(self, index: int, column: int, value: float) -> str:
        """Read a place in a histogram in words."""
        raise NotImplementedError

    def shown(self) -> _HistogramsShown:
        rows, across = self._rows, range(len(self._rows.kinds))
        at = QPointF(rows.mapTo(self, rows.rect().topLeft()))
        return _HistogramsShown(
            rows=rows.rows,
            end_words=tuple(map(rows.words, rows.rows)),
            limits=rows.limits(),
            boxes=tuple(tuple(rows.box(k, column).translated(at) for column in across) for k in range(len(rows.rows))),
            row_height=rows.pitch(),
            logarithmic=rows.logarithmic,
            reading=self._words.text(),
            description=rows.accessibleDescription(),
        )

    def apply_theme(self) -> None:
        super().apply_theme()
        self._rows.apply_theme()
        self._update_edges()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._controls.fit(self.width() - px(_READING))

    def _update_edges(self) -> None:
        for edge in self._edges:
            edge.update()

    def _on_counts(self) -> None:
        self._rows.logarithmic = self._counts.value == "log"
        self._rows.update()

    def _show_texts(self) -> None:
        place = None if self._mouse.place is None else self._rows.at(self._mouse.place)
        index, column, value = place or (0, None, 0.0)
        self._rows.show_pointed(None if column is None else (index, column))
        if place is None:
            self._words.say(self.idle)
        elif column is None:
            row = self._rows.rows[index]
            self._words.say(f"{layer_heading(row.name)}: {self.describe(row)}")
        else:
            self._words.say(self.read(index, column, value))
        self._rows.setAccessibleDescription(self.description())

    def description(self) -> str:
        """Describe all rows in words."""
        return "; ".join(f"{row.name}: {self.describe(row)}" for row in self._rows.rows)

    @property
    def has_room_for_words(self) -> bool:
        """Whether the line of words is long enough to say everything."""
        return self._words.width() >= px(_READING)
