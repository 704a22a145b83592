"""How weights and activations are spread in every layer.

One row per layer, input side first: on the left the histogram of its weights, on the right that of its activations
on the latest batch. All histograms of a column share one axis, so that layers can be compared; each is as high as
its row, whatever its counts. Words at the end of a row say how many activations are saturated and how many units are
dead. Many layers scroll between titles and axes that stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.measure.requests import HistogramsRequest
from playground.measure.snapshot import Histogram, LayerHistograms, LayerStatistics, Snapshot
from ui.guard.faults import guarded
from ui.look import theme
from ui.look.beat import Throttle
from ui.look.numbers import counted, number_text, short_text
from ui.look.theme import px, scaled
from ui.views.chart.axes import CalmLimit, even_ticks
from ui.views.chart.controls import Choices, Controls, Option, Words, small_font
from ui.views.chart.mouse import Mouse
from ui.views.chart.plot import CENTRE, LEFT, RIGHT, on_surface, write_centred
from ui.views.view import View

BINS = 40
LEAST_ROW = 24
"""Pixels that a row needs so that its shape can be seen; more layers scroll."""
MOST_ROW = 96
READING = 340
"""Pixels that the line of words needs."""
UNKNOWN = LayerHistograms(None, None)
MUCH = 0.5
"""The share of saturated activations or dead units from which the words stand out."""
SAMPLES = ("weights", "activations")
COUNTS = (
    Option("linear", "Linear", "The heights are the counts. Where most numbers are is seen best."),
    Option("log", "Log", "The heights are the logarithms of the counts. Rare values can be seen, too."),
)


@dataclass(frozen=True)
class Row:
    """What is shown of one layer."""

    name: str
    weights: Histogram | None
    activations: Histogram | None
    states: tuple[str, ...]
    """What is wrong with its activations, in a few words each, the worst first."""
    is_bad: bool

    @property
    def words(self) -> str:
        """All that is wrong with its activations; empty if nothing is."""
        return ", ".join(self.states)

    def histogram(self, sample: str) -> Histogram | None:
        """That of the weights or of the activations."""
        return self.weights if sample == "weights" else self.activations


def usable(histogram: Histogram | None) -> Histogram | None:
    """The histogram, if there is one with finite edges and something in it."""
    if histogram is None or not len(histogram.counts) or not np.isfinite(histogram.edges).all():
        return None
    return histogram if np.sum(histogram.counts) > 0 else None


def layers_of(snapshot: Snapshot) -> list[tuple[LayerStatistics, LayerHistograms]]:
    """Every layer with its histograms, as far as they are known."""
    known = snapshot.answer(HistogramsRequest) or ()
    return [(layer, known[place] if place < len(known) else UNKNOWN) for place, layer in enumerate(snapshot.layers)]


def row_of(layer: LayerStatistics, histograms: LayerHistograms) -> Row:
    """A layer as it is shown."""
    bad = any(np.isfinite(share) and share >= MUCH for share in (layer.saturated, layer.dead))
    return Row(layer.name, usable(histograms.weights), usable(histograms.activations), states_of(layer), bad)


def fingerprint(layer: LayerStatistics, histograms: LayerHistograms) -> tuple[object, ...]:
    """What tells whether a layer looks the same. Shares as text, since what is absent does not equal itself."""
    arrays = [array for one in histograms if one is not None for array in one]
    shares = f"{layer.units} {layer.saturated} {layer.dead} {layer.mean} {layer.spread}"
    return (layer.name, shares, histograms.weights is None, *(array.tobytes() for array in arrays))


def states_of(layer: LayerStatistics) -> tuple[str, ...]:
    """What is wrong with a layer's activations, the larger share first."""
    found = []
    if np.isfinite(layer.saturated) and layer.saturated >= 0.005:
        found.append((layer.saturated, f"{100 * layer.saturated:.0f} % saturated"))
    if np.isfinite(layer.dead) and layer.dead > 0:
        found.append((layer.dead, f"{max(1, round(layer.dead * layer.units)):,} of {layer.units:,} dead"))
    return tuple(words for _, words in sorted(found, reverse=True))


def moments(histogram: Histogram) -> tuple[float, float]:
    """Mean and standard deviation, as exact as bins can tell."""
    middles = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    shares = histogram.counts / histogram.counts.sum()
    mean = float(shares @ middles)
    return mean, float(np.sqrt(shares @ np.square(middles - mean)))


def heights(histogram: Histogram, logarithmic: bool) -> Array:
    """The height of each bin as a share of the highest."""
    counts = np.log1p(histogram.counts) if logarithmic else histogram.counts
    result: Array = counts / counts.max()
    return result


class Axis:
    """The axis of a column: from −limit, or from 0 if nothing is below it, to a limit that is calm."""

    def __init__(self) -> None:
        self._calm = CalmLimit()
        self.low, self.high = -1.0, 1.0

    def fit(self, histograms: list[Histogram]) -> None:
        """Take in these histograms."""
        if not histograms:
            return
        least = min(float(histogram.edges[0]) for histogram in histograms)
        most = max(float(histogram.edges[-1]) for histogram in histograms)
        self.high = self._calm.fit(min(max(abs(least), abs(most), 1e-12), 1e300))
        self.low = -self.high if least < 0 else 0.0

    def places(self, values: Array) -> Array:
        """Where values stand, 0…1."""
        return np.clip((values - self.low) / (self.high - self.low), 0, 1)

    def value(self, place: float) -> float:
        """The value at a place, 0…1."""
        return self.low + place * (self.high - self.low)


@dataclass(frozen=True)
class Columns:
    """Left edge and width of the four columns, in pixels."""

    names: float
    weights: QRectF
    activations: QRectF
    words: QRectF

    def of(self, sample: str) -> QRectF:
        """The column of the weights or of the activations; only its left and its width count."""
        return self.weights if sample == "weights" else self.activations


class Rows(QWidget):
    """The painted rows. Titles and axes are painted by the view around them."""

    GAP, WIDE, LABELS = 28, 480, 64

    resized = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("histograms.rows")
        self.setAccessibleName("Histograms of each layer's weights and activations")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.rows: tuple[Row, ...] = ()
        self.axes = {sample: Axis() for sample in SAMPLES}
        self.logarithmic = False
        self.pointed: tuple[int, str] | None = None
        """Row and column under the mouse."""
        self._columns_for: tuple[object, ...] = ()
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take over the font and the colours of the theme in force."""
        self.small = small_font()
        self.metrics = QFontMetrics(self.small)
        self._columns_for = ()
        self.update()

    def show_rows(self, rows: tuple[Row, ...]) -> None:
        """Show these layers."""
        if len(rows) != len(self.rows):
            self.setMinimumHeight(px(LEAST_ROW) * len(rows))
        self.rows = rows
        for sample, axis in self.axes.items():
            axis.fit([one for row in rows if (one := row.histogram(sample)) is not None])
        self.update()

    def columns(self) -> Columns:
        """Divide the width among names, weights, activations and words."""
        asked = (self.width(), *((row.name, row.states) for row in self.rows))
        if asked != self._columns_for:
            self._columns_for, self._columns = asked, self._divided()
        return self._columns

    def _divided(self) -> Columns:
        advance = self.metrics.horizontalAdvance
        names = min(max((advance(row.name) for row in self.rows), default=0), px(self.LABELS)) + px(8)
        words = max((advance(self.words(row)) + px(8) for row in self.rows if row.states), default=0)
        each = max(scaled(20.0), (self.width() - names - words - px(self.GAP)) / 2)
        second = names + each + px(self.GAP)
        return Columns(
            names,
            QRectF(names, 0, each, 1),
            QRectF(second, 0, each, 1),
            QRectF(second + each + px(6), 0, words, 1),
        )

    def words(self, row: Row) -> str:
        """What is said at the end of a row: all that is wrong, or in a narrow picture the worst."""
        return row.words if self.width() >= px(self.WIDE) else row.states[0] if row.states else ""

    def pitch(self) -> float:
        """The height of a row."""
        return min(px(MOST_ROW), self.height() / max(1, len(self.rows)))

    def box(self, index: int, sample: str) -> QRectF:
        """Where a histogram is, with a little room above it."""
        column, pitch = self.columns().of(sample), self.pitch()
        return QRectF(column.left(), index * pitch + px(3), column.width(), pitch - px(4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What stands around the rows has to follow their columns."""
        self.resized.emit()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows that are seen."""
        pitch = self.pitch()
        seen = range(int(event.rect().top() / pitch), min(len(self.rows), int(event.rect().bottom() / pitch) + 1))
        with QPainter(self) as painter:
            painter.setFont(self.small)
            for index in seen:
                self._paint_words(painter, self.columns(), index)
            for sample in SAMPLES:
                self._paint_column(painter, sample, seen)

    def _paint_words(self, painter: QPainter, columns: Columns, index: int) -> None:
        look, row, pitch = theme.current(), self.rows[index], self.pitch()
        painter.setPen(QColor(look.quiet))
        name = self.metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, px(self.LABELS))
        painter.drawText(QRectF(0, index * pitch, columns.names - px(8), pitch), RIGHT, name)
        if row.states:
            painter.setPen(QColor(look.warning if row.is_bad else look.quiet))
            place = QRectF(columns.words.left(), index * pitch, columns.words.width(), pitch)
            painter.drawText(place, LEFT, self.words(row))

    def _paint_column(self, painter: QPainter, sample: str, seen: range) -> None:
        """The histograms of a column, on lines, with an upright one at 0 that shows which way a layer leans."""
        look, axis, column = theme.current(), self.axes[sample], self.columns().of(sample)
        painter.setPen(QColor(look.line))
        zero = round(column.left() + float(axis.places(np.zeros(1))[0]) * column.width())
        painter.drawLine(QPointF(zero, 0), QPointF(zero, self.pitch() * len(self.rows)))
        pale = QColor(theme.mixed(look.surface, look.accent, 0.6))
        for index in seen:
            box, histogram = self.box(index, sample), self.rows[index].histogram(sample)
            painter.drawLine(box.bottomLeft(), box.bottomRight())
            if histogram is not None:
                x = box.left() + axis.places(histogram.edges) * box.width()
                colour = QColor(look.accent) if self.pointed == (index, sample) else pale
                painter.fillPath(steps_path(x, box, heights(histogram, self.logarithmic)), colour)

    def at(self, place: QPointF) -> tuple[int, str, float] | None:
        """Row, column and value under the mouse; None beside everything."""
        index, columns = int(place.y() // self.pitch()), self.columns()
        if not 0 <= index < len(self.rows):
            return None
        for sample in SAMPLES:
            column = columns.of(sample)
            if column.left() <= place.x() <= column.right():
                return index, sample, self.axes[sample].value((place.x() - column.left()) / column.width())
        return index, "", 0.0

    def sizeHint(self) -> QSize:
        """Enough to see the shapes."""
        return QSize(px(340), px(LEAST_ROW) * max(4, len(self.rows)))


def steps_path(x: Array, box: QRectF, shares: Array) -> QPainterPath:
    """The outline of bars between the `x` of their edges; every bar is seen, however narrow."""
    if x[-1] - x[0] < len(shares):
        x, shares = by_pixels(x, shares, box)
    tops = box.bottom() - shares * box.height()
    outline_x = np.concatenate([x[:1], np.repeat(x, 2)[1:-1], x[-1:]])
    outline_y = np.concatenate([[box.bottom()], np.repeat(tops, 2), [box.bottom()]])
    return pg.functions.arrayToQPath(outline_x, outline_y, connect="all", finiteCheck=False)


def by_pixels(x: Array, shares: Array, box: QRectF) -> tuple[Array, Array]:
    """Bars narrower than a pixel as bars of one pixel, each as high as the highest that falls into it."""
    first = np.floor(min(x[0], box.right() - 1))
    columns = np.minimum((x[:-1] + x[1:]) / 2, box.right() - 1) - first
    columns = np.maximum(columns, 0).astype(np.intp)
    highest = np.zeros(int(columns.max()) + 1)
    np.maximum.at(highest, columns, shares)
    return first + np.arange(len(highest) + 1), highest


class Edge(QWidget):
    """The titles above the rows, or the axes below them."""

    def __init__(self, rows: Rows, titles: bool, parent: QWidget) -> None:
        super().__init__(parent)
        self._rows, self._titles = rows, titles
        self.setFixedHeight(px(16 if titles else 18))

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Write where the columns of the rows are."""
        columns = self._rows.columns()
        with QPainter(self) as painter:
            painter.setFont(self._rows.small)
            painter.setPen(QColor(theme.current().quiet))
            if self._titles:
                painter.drawText(QRectF(0, 0, columns.names, self.height()), LEFT, "layer")
            for sample in SAMPLES:
                column = columns.of(sample)
                if self._titles:
                    painter.drawText(QRectF(column.left(), 0, column.width(), self.height()), CENTRE, sample)
                else:
                    self._paint_axis(painter, column, self._rows.axes[sample])

    def _paint_axis(self, painter: QPainter, column: QRectF, axis: Axis) -> None:
        for value in even_ticks(axis.low, axis.high, 3 if column.width() >= px(100) else 2):
            x = column.left() + float(axis.places(np.array([value]))[0]) * column.width()
            write_centred(painter, x, px(2), short_text(value), column.left() - px(theme.GRID), column.right())


class HistogramsView(View):
    """Titles, rows that scroll, axes, and a line of words for what is under the mouse."""

    name, title = "histograms", "Histograms"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, HistogramsRequest(BINS))
        self.setAccessibleName("Histograms of weights and activations")
        self._layers: tuple[LayerStatistics, ...] = ()
        self._drawn: tuple[object, ...] = ()
        self._controls = Controls("histograms.controls", self)
        self._counts = self._controls.add(Choices("histograms.counts", "Heights", COUNTS))
        self._counts.picked.connect(self._on_counts)
        self._words = Words("What is under the mouse", self)
        self._words.setObjectName("histograms.words")
        self._words.setAlignment(RIGHT)
        self._rows = Rows(self)
        self._rows.resized.connect(self._update_edges)
        self._mouse = Mouse(self._rows)
        self._mouse.moved.connect(self._show_texts)
        self._scroll = QScrollArea(self)
        self._scroll.setObjectName("histograms.scroll")
        self._scroll.setAccessibleName("Layers")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._rows)
        # A scroll area has its content painted on a background of its own.
        self._rows.setAutoFillBackground(False)
        self._scroll.viewport().setAutoFillBackground(False)
        self._edges = (Edge(self._rows, True, self), Edge(self._rows, False, self))
        self._build()
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()

    def _build(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(px(theme.GRID))
        above.addWidget(self._controls)
        above.addWidget(self._words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(px(theme.GRID), px(theme.GRID), px(theme.GRID), px(theme.GRID // 2))
        layout.setSpacing(px(theme.GRID // 2))
        layout.addLayout(above)
        layout.addWidget(self._edges[0])
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self._edges[1])

    # What it shows ---------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn anew if no layer has changed."""
        layers = layers_of(snapshot)
        now = tuple(fingerprint(*layer) for layer in layers)
        if now == self._drawn:
            return
        fresh = len(now) != len(self._drawn)
        self._drawn, self._layers = now, snapshot.layers
        before = tuple((axis.low, axis.high) for axis in self._rows.axes.values())
        columns = self._rows.columns()
        self._rows.show_rows(tuple(row_of(*layer) for layer in layers))
        after = tuple((axis.low, axis.high) for axis in self._rows.axes.values())
        if before != after or columns != self._rows.columns():
            self._update_edges()
        if fresh:
            self._write.now()
        else:
            self._write.request()

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        on_surface(self)
        self._rows.apply_theme()
        self._update_edges()

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(px(356), px(240))

    @property
    def is_logarithmic(self) -> bool:
        """Whether the heights are the logarithms of the counts."""
        return self._counts.value == "log"

    def reading(self) -> str:
        """The line of words above the rows."""
        return self._words.text()

    def row_words(self) -> tuple[str, ...]:
        """The words at the end of each row."""
        return tuple(row.words for row in self._rows.rows)

    def limits(self, sample: str) -> tuple[float, float]:
        """Both ends of the axis of the weights or of the activations."""
        axis = self._rows.axes[sample]
        return axis.low, axis.high

    # Mouse and words -------------------------------------------------------------------------------------------

    def _update_edges(self) -> None:
        for edge in self._edges:
            edge.update()

    def _on_counts(self) -> None:
        self._rows.logarithmic = self.is_logarithmic
        self._rows.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The rest of the line above is for words."""
        self._controls.fit(self.width() - px(READING))

    def _show_texts(self) -> None:
        place = None if self._mouse.place is None else self._rows.at(self._mouse.place)
        pointed = None if place is None or not place[1] else place[:2]
        if pointed != self._rows.pointed:
            self._rows.pointed = pointed
            self._rows.update()
        self._words.say("spread of the numbers per layer" if place is None else self._reading(*place))
        names = (f"{row.name}: {row.words or 'nothing saturated or dead'}" for row in self._rows.rows)
        self._rows.setAccessibleDescription("; ".join(names))

    def _reading(self, index: int, sample: str, value: float) -> str:
        """A place in words: bin and count, then mean and spread; beside the histograms the state of the layer."""
        row, layer = self._rows.rows[index], self._layers[index]
        name = row.name if row.name == "output" else f"layer {row.name}"
        histogram = row.histogram(sample) if sample else None
        if not sample:
            return f"{name}: {row.words or 'nothing saturated or dead'}"
        if histogram is None:
            return f"{name}, {sample}: nothing measured yet"
        mean, spread = moments(histogram)
        if sample == "activations" and np.isfinite(layer.mean) and np.isfinite(layer.spread):
            mean, spread = layer.mean, layer.spread
        whole = f"mean {number_text(mean, 2)} ± {number_text(spread, 2)}"
        edges, counts = histogram
        bin_ = int(np.searchsorted(edges, value, side="right")) - 1
        if not 0 <= bin_ < len(counts):
            return f"{name}: none here · {whole}"
        ends = f"{number_text(float(edges[bin_]), 2)}…{number_text(float(edges[bin_ + 1]), 2)}"
        count = int(counts[bin_])
        number = counted(count, sample[:-1]) if self._words.width() >= px(READING) else f"{count:,}"
        return f"{name}: {number} in {ends} · {whole}"
