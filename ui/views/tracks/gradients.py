"""The track of the gradients: the size of each layer's gradient over time as a map or as lines, and now as bars.

The map has a row of colours per layer, input side first, on a scale that never moves. Bars stand beside its rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QImage, QPainter

from playground.catalog.choice import Array
from playground.experiment.layer_names import layer_heading
from playground.measure.snapshot import Snapshot

from ...look import theme
from ...look.theme import exact_px, px
from ..chart.axes import ChartAxis, nearest_row
from ..chart.controls import Option
from ..chart.plot import CENTRE, LEFT, RIGHT, ChartBox, line_path, pen, small_font, write, write_centred
from ..chart.series import series_fingerprint, spread_apart
from .sizes import (
    QUANTITIES,
    GradientQuantity,
    Sizes,
    SizeScale,
    absence_states,
    depth_colours,
    narrow_scale,
    recorded_sizes,
    size_colours,
    sizes_of,
)
from .time import TimeAxis
from .track import Track, Value

PICTURE_OPTIONS = (
    Option("map", "Map", "The size of each layer's gradient over time, as a colour. Shows where it fades."),
    Option("lines", "Lines", "A line per layer over time, coloured by depth. Shows how the sizes develop."),
)
SCALE_OPTIONS = (
    Option("log", "Log", "Equal distances are equal factors. The scale is fixed, so that pictures can be compared."),
    Option("linear", "Linear", "From 0 to the largest size so far. Small sizes look like 0."),
)
QUANTITY_OPTIONS = tuple(Option(quantity.field, quantity.symbol, quantity.help) for quantity in QUANTITIES)
_HATCHED = "Hatched layers don't learn: they are muted or frozen."
_HEALTHY = (3e-4, 3e-3)
"""The ratios of an update to the weights that are healthy for many networks."""
_MAX_COLUMNS = 400
_PREMULTIPLIED = QImage.Format.Format_RGBA8888_Premultiplied
"""Qt draws this format without converting. Colours are opaque or absent, so premultiplying changes no byte."""
_MOST_COLUMNS, _MOST_PLACES = 150, 2400
"""Places along a line, and along all lines; of the rows between two of them the lowest and the highest are drawn."""
_REACH = 24.0
"""The distance in pixels from which the mouse finds a line."""
_SMOOTH = 8
"""Lines that are drawn smoothly; many of them would cost more than a frame has."""
SCALE_FROM = 78
"""The height in pixels from which the track has room for the scale of its bars."""


class _SizeAxis(ChartAxis):
    """A scale of sizes as an axis: places are shares of it."""

    def __init__(self, scale: SizeScale) -> None:
        self.scale = scale
        self.logarithmic = scale.logarithmic

    def places(self, values: Array) -> Array:
        return self.scale.places(values)

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        every = max(1, math.ceil((self.scale.high - self.scale.low) / max(1, most)))
        ticks = self.scale.ticks(every) if self.logarithmic or most > 2 else self.scale.ticks(every)[::2]
        return [place for place, _ in ticks], [text for _, text in ticks]


class GradientTrack(Track):
    """The track of the sizes of all layers' gradients."""

    name = "gradients"

    def __init__(self) -> None:
        super().__init__("Gradients", "", 48)
        self.quantity: GradientQuantity = QUANTITIES[0]
        self.picture, self.logarithmic = "map", True
        self.sizes = Sizes()
        self.at = np.zeros(0)
        """The place of each row on the time axis."""
        self.colours = np.zeros((0, 0, 4), np.uint8)
        """The map, uint8 (layers, columns, 4), transparent where nothing is known."""
        self.lines = np.zeros(0), np.zeros((0, 0))
        """Places (points,) and sizes (points, layers) of the lines."""
        self.pointed: int | None = None
        """The layer under the mouse."""
        self.past: Snapshot | None = None
        """The earlier moment that is looked back at; None while it is the present."""
        self.told: Array | None = None
        """The sizes at the place that is read or looked back at, shape (layers,); None while it is the present."""
        self._drawn: tuple[object, ...] = ()

    def show(self, snapshot: Snapshot, times: TimeAxis) -> bool:
        name, layers = self.quantity.field, snapshot.layers
        looks = (name, self.picture, self.logarithmic, times.kind, times.logarithmic, times.low, times.high)
        names, states = tuple(layer.name for layer in layers), absence_states(snapshot, self.quantity)
        values = np.array([getattr(layer, name) for layer in layers]).tobytes()
        rows = series_fingerprint(*recorded_sizes(snapshot.gradients, name, len(layers)))
        now = (looks, names, states, values, rows)
        if now == self._drawn:
            return False
        self._drawn = now
        self.sizes = sizes = sizes_of(snapshot, self.quantity, self.logarithmic)
        self.rows = len(sizes.names)
        self.help = f"{self.quantity.help} {_HATCHED if any(sizes.states) else ''}".strip()
        # Before the beginning of a logarithmic axis.
        self.at = np.nan_to_num(times.places(times.of_steps(snapshot, sizes.steps)), nan=-math.inf)
        if self.picture == "map":
            self._map(times)
            self.axis = ChartAxis()
        else:
            columns = min(_MOST_COLUMNS, max(20, _MOST_PLACES // max(1, len(sizes.names))))
            self.lines = extremes(self.at, sizes.past, times.low, times.high, columns)
            self.axis = _SizeAxis(narrow_scale(sizes.scale, self.lines[1]))
        return True

    def _map(self, times: TimeAxis) -> None:
        rows = column_rows(self.at, times.low, times.high, _MAX_COLUMNS)
        known = rows >= 0
        shown = np.full((len(rows), self.sizes.past.shape[1]), np.nan)
        shown[known] = self.sizes.past[rows[known]]
        self.colours = np.ascontiguousarray(size_colours(shown.T, self.sizes.scale))

    def values(self, snapshot: Snapshot, times: TimeAxis, place: float | None) -> tuple[Value, ...]:
        sizes = self.sizes
        if place is not None:
            row = self.row_at(place)
            texts, self.told = sizes.texts_at(row), sizes.now_at(row)
        elif self.past is not None:
            then = sizes_of(self.past, self.quantity, self.logarithmic)
            places = [then.names.index(name) if name in then.names else None for name in sizes.names]
            texts = tuple("–" if one is None else then.texts()[one] for one in places)
            self.told = np.array([np.nan if one is None else then.now[one] for one in places])
        else:
            texts, self.told = sizes.texts(), None
        return tuple(Value(name, text) for name, text in zip(sizes.names, texts, strict=True))

    @property
    def bars(self) -> Array:
        """The sizes of the bars, shape (layers,): of the moment that the numbers beside them are of, or the present."""
        return self.sizes.now if self.told is None or len(self.told) != len(self.sizes.names) else self.told

    def row_at(self, place: float) -> int | None:
        """The last row up to a place of the time axis, none where nothing has happened yet."""
        row = int(np.searchsorted(self.at, place, side="right")) - 1
        return row if row >= 0 else None

    def describe(self, values: Sequence[Value]) -> str:
        sizes = ", ".join(f"{value.name}: {value.text}" for value in values)
        return f"{self.title}, {self.quantity.symbol}: {sizes}"

    # Places ---------------------------------------------------------------------------------------------------------

    def row_box(self, rect: QRectF, layer: int) -> QRectF:
        """The place of a layer's row in the track."""
        height = rect.height() / len(self.sizes.names)
        return QRectF(rect.left(), rect.top() + layer * height, rect.width(), height)

    def labelled_rows(self, height: float) -> list[int]:
        """The layers whose name and number have room: all, or some at equal distances, and always the last."""
        layers, metrics = len(self.sizes.names), QFontMetrics(small_font())
        if not layers:
            return []
        rect, line = QRectF(0, 0, 1, height), metrics.capHeight() + px(3)
        every = max(1, math.ceil(line * layers / max(1.0, height)))
        middles = {k: _middle(self.row_box(rect, k), rect, metrics) for k in (*range(0, layers - 1, every), layers - 1)}
        rows, above = [], -math.inf
        for layer in range(0, layers - 1, every):
            if middles[layer] - above >= line and middles[layers - 1] - middles[layer] >= line:
                rows.append(layer)
                above = middles[layer]
        return [*rows, layers - 1]

    def layer_at(self, box: ChartBox, mouse: QPointF) -> int | None:
        """The layer whose row, or nearest line, is under the mouse."""
        layers = len(self.sizes.names)
        if not layers or not box.rect.top() <= mouse.y() <= box.rect.bottom():
            return None
        if self.picture == "map" or not box.rect.left() <= mouse.x() <= box.rect.right():
            return min(layers - 1, int((mouse.y() - box.rect.top()) / box.rect.height() * layers))
        row = nearest_row(self.lines[0], box.place(mouse.x()))
        away = np.abs(self.line_places(box)[1][row] - mouse.y()) if row is not None else np.array([np.nan])
        if not np.isfinite(away).any() or np.nanmin(away) > px(_REACH):
            return None
        return int(np.nanargmin(away))

    def words(self, place: float | None, layer: int | None) -> str:
        """Describe a layer at a place of the time axis, or now; empty where nothing is known."""
        if layer is None:
            return ""
        if place is None:
            return f"{layer_heading(self.sizes.names[layer])}, now: {self.sizes.texts()[layer]}"
        row = self.row_at(place)
        past = not len(self.at) or place > self.at[-1]
        return "" if row is None or past else self.sizes.words(layer, row)

    # Painting -------------------------------------------------------------------------------------------------------

    def paint(self, painter: QPainter, box: ChartBox, room: float) -> None:
        if not self.sizes.names:
            return
        if self.picture == "map":
            self._paint_map(painter, box)
            self._paint_names(painter, box.rect, room)
        else:
            self._paint_lines(painter, box, room)

    def _paint_names(self, painter: QPainter, rect: QRectF, room: float) -> None:
        look, metrics = theme.current(), painter.fontMetrics()
        for layer in self.labelled_rows(rect.height()):
            middle = _middle(self.row_box(rect, layer), rect, metrics)
            name = metrics.elidedText(self.sizes.names[layer], Qt.TextElideMode.ElideRight, int(room) - px(6))
            where = QRectF(rect.left() - room, middle - px(10), room - px(6), px(20))
            write(painter, where, RIGHT, name, look.text if layer == self.pointed else look.quiet)

    def _paint_map(self, painter: QPainter, box: ChartBox) -> None:
        look, rect = theme.current(), box.rect
        painter.fillRect(rect, QColor(look.raised))
        layers, columns = self.colours.shape[:2]
        painter.drawImage(rect, QImage(self.colours.data, columns, layers, self.colours.strides[0], _PREMULTIPLIED))
        for layer, state in enumerate(self.sizes.states):
            if state and self.sizes.absent_from[layer] < len(self.at):
                self._paint_absence(painter, box, layer, state)
        if rect.height() >= px(8) * layers:
            painter.setPen(pen(look.surface))
            for layer in range(1, layers):
                y = round(self.row_box(rect, layer).top())
                painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))

    def _paint_absence(self, painter: QPainter, box: ChartBox, layer: int, state: str) -> None:
        """Hatch a layer's row where it has no sizes, and write why if there is room."""
        row, metrics, look = self.row_box(box.rect, layer), painter.fontMetrics(), theme.current()
        ends = self.at[[self.sizes.absent_from[layer], -1]]
        left, right = np.clip(box.x(ends), row.left(), row.right()).tolist()
        absence = QRectF(left, row.top(), right - left + row.width() / _MAX_COLUMNS, row.height())
        _hatch(painter, absence)
        width = metrics.horizontalAdvance(state) + px(8)
        if row.height() >= metrics.capHeight() + px(3) and absence.width() >= width:
            high = min(float(metrics.height()), row.height())
            plate = QRectF(absence.center().x() - width / 2, row.center().y() - high / 2, width, high)
            painter.fillRect(plate, QColor(look.raised))
            write(painter, plate, CENTRE, state, look.quiet)

    def paint_values(self, painter: QPainter, rect: QRectF, values: Sequence[Value]) -> None:
        """Paint a bar and a number for each layer, on the scale of the map."""
        if not self.sizes.names:
            return
        look, metrics, scale = theme.current(), painter.fontMetrics(), self.sizes.scale
        numbers = metrics.horizontalAdvance("8.8e-88") + px(4)
        bars = QRectF(rect.left(), rect.top(), max(exact_px(12.0), rect.width() - numbers), rect.height())
        span = _healthy_span(self.quantity, scale)
        if span is not None:
            low, high = (bars.left() + place * bars.width() for place in span)
            painter.fillRect(QRectF(low, bars.top(), high - low, bars.height()), _healthy_colour())
        self._paint_bars(painter, bars)
        for layer in self.labelled_rows(rect.height()):
            middle = _middle(self.row_box(rect, layer), rect, metrics)
            where = QRectF(bars.right() + px(4), middle - px(10), numbers, px(20))
            absent = self.sizes.states[layer] if layer < len(self.sizes.states) else ""
            text = values[layer].text if layer < len(values) else ""
            write(painter, where, LEFT, text, look.quiet if absent else look.text)

    def _paint_bars(self, painter: QPainter, box: QRectF) -> None:
        sizes, look = self.sizes, theme.current()
        lengths = sizes.scale.places(self.bars) * box.width()
        colours = [QColor(*(int(part) for part in one[:3])) for one in size_colours(self.bars, sizes.scale)]
        if self.picture == "lines":
            colours = [QColor(colour) for colour in depth_colours(len(lengths), look)]
        for layer, length in enumerate(lengths.tolist()):
            row = self.row_box(box, layer)
            thick = min(exact_px(18.0), row.height() - 1 if row.height() >= 3 else row.height())
            bar = QRectF(row.left(), row.center().y() - thick / 2, box.width(), thick)
            if math.isnan(length) and sizes.states[layer]:
                _hatch(painter, bar)
            elif not math.isnan(length):
                bar.setWidth(max(exact_px(2.0), length))
                painter.fillRect(bar, colours[layer])

    def paint_scale(self, painter: QPainter, bars: QRectF) -> None:
        """Paint the colours and the numbers of the scale below the bars."""
        look, axis = theme.current(), _SizeAxis(self.sizes.scale)
        strip = QRectF(bars.left(), bars.bottom() + px(2), bars.width(), px(4))
        row = np.ascontiguousarray(theme.magnitude_table()[np.newaxis])
        painter.drawImage(strip, QImage(row.data, row.shape[1], 1, row.strides[0], _PREMULTIPLIED))
        painter.setPen(QColor(look.quiet))
        for place, text in zip(*axis.ticks(max(1, int(bars.width() // px(40)))), strict=True):
            write_centred(painter, bars.left() + place * bars.width(), strip.bottom(), text, bars.left(), bars.right())

    def line_places(self, box: ChartBox) -> tuple[Array, Array]:
        """The paths of the lines, in pixels: x of shape (points,), y of shape (points, layers), NaN where they break.

        A layer without sizes runs along the lower end.
        """
        at, sizes = self.lines
        y = box.y(self.axis.places(sizes))
        y[at[:, np.newaxis] >= self._absent_places()] = box.rect.bottom()
        return box.x(at), y

    def _absent_places(self) -> Array:
        """The place from which each layer is without sizes; infinite if it is not."""
        ends = np.append(self.at, math.inf)
        return ends[list(self.sizes.absent_from)]

    def _paint_lines(self, painter: QPainter, box: ChartBox, room: float) -> None:
        """Draw a line per layer, with the layers' names at their ends, that of the hovered layer thick."""
        self._paint_healthy(painter, box)
        box.paint_numbers_at_left(painter, room)
        if not len(self.lines[0]):
            return
        x, y = self.line_places(box)
        layers = len(self.sizes.names)
        painter.save()
        painter.setClipRect(box.rect.adjusted(-1, -1, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, layers <= _SMOOTH)
        for layer, colour in enumerate(depth_colours(layers, theme.current())):
            width = 2.0 if layer == self.pointed else 1.0
            end = int(np.searchsorted(self.lines[0], self._absent_places()[layer]))
            painter.setPen(pen(colour, width))
            _draw_line(painter, x[:end], y[:end, layer])
            if end < len(x):
                painter.setPen(pen(theme.current().quiet, width, Qt.PenStyle.DashLine))
                _draw_line(painter, x[end:], y[end:, layer])
        painter.restore()
        self._paint_line_names(painter, box, x, y)

    def _paint_healthy(self, painter: QPainter, box: ChartBox) -> None:
        span = _healthy_span(self.quantity, self.axis.scale if isinstance(self.axis, _SizeAxis) else self.sizes.scale)
        if span is None:
            return
        low, high = box.y(np.array(span)).tolist()
        band = QRectF(box.rect.left(), high, box.rect.width(), low - high)
        painter.fillRect(band, _healthy_colour())
        if band.height() >= 2 * painter.fontMetrics().height():
            corner = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft
            write(painter, band.adjusted(px(6), 0, -px(6), -px(2)), corner, "healthy", theme.current().quiet)

    def _paint_line_names(self, painter: QPainter, box: ChartBox, x: Array, y: Array) -> None:
        look, metrics = theme.current(), painter.fontMetrics()
        colours, labels = depth_colours(len(self.sizes.names), look), self.labels
        seen = x[x <= box.rect.right() + 1]
        end = float(seen[-1]) if len(seen) else box.rect.right()
        for layer, middle in self.name_places(box, y).items():
            width = metrics.horizontalAdvance(labels[layer]) + px(2)
            # At the right edge names stand on the lines.
            left = min(end + px(5), box.rect.right() - width)
            colour = look.quiet if self.sizes.states[layer] else colours[layer]
            write(painter, QRectF(left, middle - px(8), width, px(16)), LEFT, labels[layer], colour)

    @property
    def labels(self) -> tuple[str, ...]:
        """The texts beside the lines' ends."""
        return tuple(
            f"{name} {state}".rstrip() for name, state in zip(self.sizes.names, self.sizes.states, strict=True)
        )

    def name_places(self, box: ChartBox, y: Array) -> dict[int, float]:
        """The layers named beside the end of their line, and the heights of the names, which never overlap."""
        rect = box.rect
        layers, apart = len(self.labels), QFontMetrics(small_font()).height() - 2
        every = math.ceil(layers * apart / max(apart, rect.height()))
        ends = {index: _last_known(y[:, index]) for index in range(layers - 1, -1, -every)}
        order = sorted((end, index) for index, end in ends.items() if end is not None)
        heights = spread_apart([end for end, _ in order], apart, rect.top(), rect.bottom())
        return {index: height for (_, index), height in zip(order, heights, strict=True)}


def _middle(row: QRectF, rect: QRectF, metrics: QFontMetrics) -> float:
    """The middle of a row's text, which stays inside the track."""
    half = metrics.capHeight() / 2
    return min(max(row.center().y(), rect.top() + half), rect.bottom() - half)


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


def column_rows(at: Array, low: float, high: float, columns: int) -> Array:
    """Return the last row at or before each column of a picture between two places; −1 past the last row."""
    if not len(at):
        return np.full(columns, -1)
    half = 0.5 * (high - low) / columns
    middles = low + (2 * np.arange(columns) + 1) * half
    rows = np.searchsorted(at, middles, side="right") - 1
    # The column that the last row falls into belongs to it, so that the newest is always seen.
    return np.where(middles - half <= at[-1], np.maximum(rows, 0), -1)


def extremes(at: Array, sizes: Array, low: float, high: float, columns: int) -> tuple[Array, Array]:
    """Thin lines to few points that look the same; return their places, and sizes of shape (points, layers).

    All rows in sight if there are few, else the lowest and the highest size of the rows in each column of the picture.
    """
    first = max(0, int(np.searchsorted(at, low)) - 1)
    last = int(np.searchsorted(at, high, side="right")) + 1
    at, sizes = at[first:last], sizes[first:last]
    at, sizes = at[np.isfinite(at)], sizes[np.isfinite(at)]
    if len(at) <= 2 * columns:
        return at, sizes
    column = np.clip(((at - low) / (high - low) * columns).astype(np.intp), -1, columns)
    starts = np.flatnonzero(np.diff(column, prepend=-2))
    # Along rows that lie together it is twice as fast. Missing sizes leave their neighbours alone.
    each = np.ascontiguousarray(sizes.T)
    ends = np.stack([extreme.reduceat(each, starts, axis=1) for extreme in (np.fmin, np.fmax)], axis=2)
    return np.repeat(low + (column[starts] + 0.5) * (high - low) / columns, 2), ends.reshape(sizes.shape[1], -1).T


def _last_known(values: Array) -> float | None:
    known = values[np.isfinite(values)]
    return float(known[-1]) if len(known) else None


def _draw_line(painter: QPainter, x: Array, y: Array) -> None:
    known = np.isfinite(y)
    if known.any():
        painter.drawPath(line_path(x[known], y[known]))
