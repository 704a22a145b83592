"""How large the gradient is in every layer: over the whole training and now.

Three pictures stand side by side as far as there is room: a map with one row per layer, input side first, whose
colours are its sizes over the steps; bars for the present sizes; and lines over the steps, coloured by depth. The
logarithmic scale is fixed, so that the same colour and the same length always mean the same number. Switches above
choose the size (∂E/∂W, δ, or how far an update moves the weights) and the pictures; the line below says what is
under the mouse, or else what ails the network, with a remedy as a button.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.diagnosis import Finding
from playground.snapshot import GradientHistory, Snapshot, Wanted
from ui import theme
from ui.faults import guarded
from ui.pace import Throttle
from ui.theme import px, scaled
from ui.views.plotting import (
    LEFT,
    RIGHT,
    Choices,
    Controls,
    Option,
    Words,
    even_ticks,
    leap_above,
    nearest,
    on_surface,
    outline_of,
    pen,
    power_name,
    small_font,
    write_centred,
)
from ui.wording import power_text, short_text

MAX_COLUMNS = 400
LINE_COLUMNS, MOST_PLACES = 150, 2400
"""Places along a line, and along all lines; of the rows between two of them the lowest and the highest are drawn."""
FIRST_LIMIT = 100.0
"""Steps that the history's axis reaches at least."""
HEALTHY = (3e-4, 3e-3)
"""Where the ratio of an update to the weights is healthy for many networks."""
PREMULTIPLIED = QImage.Format.Format_RGBA8888_Premultiplied
"""The same bytes as without, since colours are either opaque or absent; Qt draws it without converting."""
REACH = 24.0
"""Pixels from which the mouse finds a line."""


@dataclass(frozen=True)
class Quantity:
    """One of the sizes that can be shown, by its name in LayerStatistics and GradientHistory.

    `low` and `high` are the powers of ten at the ends of its scale; what lies beyond gets the colour and the length of
    the end.
    """

    field: str
    symbol: str
    help: str
    idle: str
    low: int = theme.MAGNITUDES[0]
    high: int = theme.MAGNITUDES[1]
    every: int = 4
    """Powers of ten between two ticks of the bars."""


QUANTITIES = (
    Quantity(
        "gradient_rms",
        "∂E/∂W",
        "How strongly the error pulls at the weights of each layer, as root mean square. "
        "Where it is tiny, the layer hardly learns.",
        "∂E/∂W: root mean square per layer",
    ),
    Quantity(
        "delta_rms",
        "δ",
        "How strongly each point's error reaches the units of each layer, δ = ∂E/∂z, as root mean square. "
        "It passes from the output back to layer 1.",
        "δ = ∂E/∂z: root mean square per layer",
    ),
    Quantity(
        "update_ratio",
        "ΔW/W",
        "How far one update moves the weights of each layer, as a share of their size. "
        "Around 1/1000 is healthy for many networks; far more is restless, far less is asleep.",
        "Last update / weights: around 1e-3 is healthy",
        -7,
        0,
        2,
    ),
)
PICTURES = (
    Option("map", "Map", "The size of every layer at every step, as a colour. Shows where the gradient fades."),
    Option("lines", "Lines", "A line per layer over the steps, coloured by depth. Shows how the sizes develop."),
    Option("now", "Now", "A bar per layer for its present size. Shows how the layers compare."),
)
NARROWEST = {"map": 150, "lines": 190, "now": 150}
"""Pixels that a picture needs, its labels included."""


# Sizes as places and colours ----------------------------------------------------------------------------------


class Scale(NamedTuple):
    """From the size `low` to the size `high`, in powers of ten if it is logarithmic."""

    low: float
    high: float
    logarithmic: bool = True

    def places(self, values: Array) -> Array:
        """Where sizes stand, 0…1; NaN where there is no number. Zero stands at the low end."""
        if not self.logarithmic:
            return np.clip(values / self.high, 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.clip((np.log10(values) - self.low) / (self.high - self.low), 0, 1)

    def ticks(self, every: int) -> list[tuple[float, str]]:
        """Where numbers stand, 0…1, and what they say: whole powers, or both ends and the middle."""
        if not self.logarithmic:
            return [(share, short_text(share * self.high)) for share in (0.0, 0.5, 1.0)]
        powers = [k for k in range(int(self.low), int(self.high) + 1) if k % every == 0]
        return [((k - self.low) / (self.high - self.low), power_name(k) if k == 0 else f"1e{k}") for k in powers]


def fixed_scale(quantity: Quantity) -> Scale:
    """The scale of a size that never moves."""
    return Scale(quantity.low, quantity.high)


def narrowed(scale: Scale, sizes: Array) -> Scale:
    """The part of a logarithmic scale, in whole powers of ten and at least two, that holds all sizes of a history.

    A history only grows, so that this hardly moves.
    """
    known = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not scale.logarithmic or not len(known):
        return scale
    low, high = np.clip(np.log10([known.min(), known.max()]), scale.low, scale.high)
    high = max(np.ceil(high), scale.low + 2)
    return Scale(float(min(np.floor(low), high - 2)), float(high))


def size_colours(values: Array, table: Array, scale: Scale | None = None) -> Array:
    """The colours of sizes of any shape, uint8 (…, 4); transparent where there is no number."""
    places = (scale or fixed_scale(QUANTITIES[0])).places(values)
    absent = np.isnan(places)
    colours = table[(np.where(absent, 0, places) * (len(table) - 1) + 0.5).astype(np.intp)]
    colours[absent] = 0
    return colours


def column_rows(step: Array, limit: float, columns: int) -> Array:
    """For each column of a picture from step 0 to `limit`, the last row at or before it; −1 past the last row."""
    if not len(step):
        return np.full(columns, -1)
    at = (np.arange(columns) + 0.5) * limit / columns
    rows = np.searchsorted(step, at, side="right") - 1
    # The column that the last row falls into belongs to it, so that the newest is always seen.
    return np.where(at - 0.5 * limit / columns <= step[-1], np.maximum(rows, 0), -1)


def extremes(step: Array, sizes: Array, limit: float, columns: int) -> tuple[Array, Array]:
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


@lru_cache(maxsize=8)
def depth_colours(layers: int, look: theme.Theme) -> tuple[str, ...]:
    """A colour for each layer, from the one of the input side to that of the output."""
    return tuple(theme.mixed(look.classes[1], look.classes[0], index / max(1, layers - 1)) for index in range(layers))


def size_text(value: float) -> str:
    """A size as text: 3.2e-4, 0, or a dash where there is none."""
    if not np.isfinite(value):
        return "∞" if np.isinf(value) else "–"
    return power_text(value) if value else "0"


def layer_words(name: str) -> str:
    """A layer as a sentence names it."""
    return name if name == "output" else f"layer {name}"


# The picture --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Where the pictures are, in pixels; empty where one is not shown."""

    heat: QRectF
    bars: QRectF
    lines: QRectF
    numbers: float
    """Where the numbers beside the bars begin."""

    def row(self, index: int, layers: int) -> tuple[float, float]:
        """Top and height of a layer's row."""
        height = self.heat.height() / layers
        return self.heat.top() + index * height, height


class GradientChart(QWidget):
    """The painted part: labels, map, bars with their numbers, lines, and the axes."""

    TOP, BOTTOM, GAP, LABELS, AXIS = 20, 38, 16, 64, 40

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setObjectName("gradients.chart")
        self.setAccessibleName("Gradient size of each layer, over training and now")
        self.quantity, self.scale = QUANTITIES[0], fixed_scale(QUANTITIES[0])
        self.pictures: tuple[str, ...] = ("map", "now")
        self.names: tuple[str, ...] = ()
        self.values: Array = np.zeros(0)
        self.texts: tuple[str, ...] = ()
        self.colours: Array = np.zeros((0, 0, 4), np.uint8)
        self.line_steps: Array = np.zeros(0)
        self.line_sizes: Array = np.zeros((0, 0))
        self.line_scale = self.scale
        self.limit = FIRST_LIMIT
        self.pointed: tuple[int, float | None] | None = None
        """Layer and step under the mouse; no step over the bars."""
        self.table: Array = theme.magnitude_table()
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take over the font and the colours of the theme in force."""
        self.small = small_font()
        self.metrics = QFontMetrics(self.small)
        self._widths_of: tuple[tuple[str, ...] | None, tuple[int, int]] = (None, (0, 0))
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Enough for a few rows."""
        return QSize(px(220), px(100))

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(px(420), px(180))

    def places(self) -> Places:
        """Divide the width among labels, map, bars, numbers and lines."""
        widest, numbers = self._widths()
        numbers = numbers if "now" in self.pictures else 0
        has_rows = "map" in self.pictures or "now" in self.pictures
        after = (px(self.AXIS) + widest) if "lines" in self.pictures else 0
        left = widest if has_rows else 0
        gaps = px(self.GAP) * (len(self.pictures) - 1)
        room = max(scaled(40.0), self.width() - left - numbers - after - gaps)
        parts = {"map": 3.0, "now": 2.0, "lines": 4.0}
        whole = sum(parts[picture] for picture in self.pictures)
        x, top, height = (
            float(left),
            float(px(self.TOP)),
            float(max(px(8), self.height() - px(self.TOP) - px(self.BOTTOM))),
        )
        boxes = {}
        for picture in ("map", "now", "lines"):
            x += px(self.AXIS) if picture == "lines" and picture in self.pictures else 0
            width = round(room * parts[picture] / whole) if picture in self.pictures else 0
            boxes[picture] = QRectF(x, top, width, height)
            x += (width + px(self.GAP) + (numbers if picture == "now" else 0)) if width else 0
        return Places(boxes["map"], boxes["now"], boxes["lines"], boxes["now"].right() + px(8))

    def _widths(self) -> tuple[int, int]:
        """The widths of the names and of the numbers."""
        if self._widths_of[0] != self.names:
            advance = self.metrics.horizontalAdvance
            widest = min(max(advance(name) for name in (*self.names, "layer")), px(self.LABELS)) + px(8)
            self._widths_of = self.names, (widest, advance("8.8e-88") + px(8))
        return self._widths_of[1]

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw everything that is shown."""
        with QPainter(self) as painter:
            painter.setFont(self.small)
            places = self.places()
            if "map" in self.pictures:
                self._paint_map(painter, places)
            if "now" in self.pictures:
                self._paint_now(painter, places)
            if "lines" in self.pictures:
                self._paint_lines(painter, places.lines)
            if self.names and self.pictures != ("lines",):
                self._paint_texts(painter, places)

    # Axes ------------------------------------------------------------------------------------------------------

    def _title(self, painter: QPainter, box: QRectF, text: str) -> None:
        painter.setPen(QColor(theme.current().quiet))
        painter.drawText(QRectF(box.left(), 0, box.width(), px(self.TOP - 4)), LEFT, text)

    def _paint_steps(self, painter: QPainter, box: QRectF) -> None:
        """The axis of the steps, below the map or the lines."""
        painter.setPen(QColor(theme.current().quiet))
        under = box.bottom() + px(4)
        for tick in even_ticks(0, self.limit, int(box.width() // px(64))):
            x = box.left() + box.width() * tick / self.limit
            write_centred(painter, x, under, short_text(tick), box.left() - px(8), box.right())
        write_centred(painter, box.center().x(), under + self.metrics.height(), "step", 0, self.width())

    def _paint_healthy(self, painter: QPainter, box: QRectF, scale: Scale, upright: bool) -> None:
        """The band of healthy updates, along an axis that runs to the right or upwards."""
        if self.quantity.field != "update_ratio":
            return
        low, high = (float(place) for place in scale.places(np.array(HEALTHY)))
        look = theme.current()
        if upright:
            band = QRectF(box.left(), box.bottom() - high * box.height(), box.width(), (high - low) * box.height())
        else:
            band = QRectF(box.left() + low * box.width(), box.top(), (high - low) * box.width(), box.height())
        painter.fillRect(band, QColor(theme.mixed(look.surface, look.accent, 0.14)))
        if upright and band.height() >= 2 * self.metrics.height():
            painter.setPen(QColor(look.quiet))
            painter.drawText(
                band.adjusted(px(6), 0, -px(6), 0),
                Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight,
                "healthy",
            )

    # Map and bars ----------------------------------------------------------------------------------------------

    def _paint_map(self, painter: QPainter, places: Places) -> None:
        heat, look = places.heat, theme.current()
        painter.fillRect(heat, QColor(look.raised))
        painter.setPen(QColor(look.quiet))
        painter.drawText(QRectF(0, 0, heat.left(), px(self.TOP - 4)), LEFT, "layer")
        self._title(painter, heat, "over training")
        self._paint_steps(painter, heat)
        layers, columns = self.colours.shape[:2]
        if layers == 0 or columns == 0:
            return
        image = QImage(self.colours.data, columns, layers, self.colours.strides[0], PREMULTIPLIED)
        painter.drawImage(heat, image)
        if heat.height() / layers >= px(8):
            painter.setPen(pen(look.surface))
            for index in range(1, layers):
                y = round(places.row(index, layers)[0])
                painter.drawLine(QPointF(heat.left(), y), QPointF(heat.right(), y))

    def _paint_now(self, painter: QPainter, places: Places) -> None:
        """The bars on their axis, which is the legend of the colours."""
        bars, look = places.bars, theme.current()
        self._title(painter, bars, "now")
        self._paint_healthy(painter, bars, self.scale, upright=False)
        strip = QRectF(bars.left(), bars.bottom(), bars.width(), px(5))
        row = np.ascontiguousarray(self.table[np.newaxis])
        painter.drawImage(strip, QImage(row.data, row.shape[1], 1, row.strides[0], PREMULTIPLIED))
        painter.setPen(QColor(look.quiet))
        below = bars.bottom() + px(4) + self.metrics.height()
        words = "log scale" if self.scale.logarithmic else "linear scale"
        write_centred(painter, bars.center().x(), below, words, 0, self.width())
        for place, text in self.scale.ticks(self.quantity.every):
            x = bars.left() + bars.width() * place
            painter.setPen(pen(look.line))
            painter.drawLine(QPointF(round(x), bars.top()), QPointF(round(x), bars.bottom()))
            painter.setPen(QColor(look.quiet))
            write_centred(painter, x, strip.bottom(), text, bars.left() - px(8), self.width())
        self._paint_bars(painter, places)

    def _paint_bars(self, painter: QPainter, places: Places) -> None:
        lengths = self.scale.places(self.values) * places.bars.width()
        colours = size_colours(self.values, self.table, self.scale)
        for index, (length, colour) in enumerate(zip(lengths, colours, strict=True)):
            if np.isnan(length):
                continue
            top, height = places.row(index, len(self.values))
            thick = min(scaled(18.0), height - 1 if height >= 3 else height)
            bar = QRectF(places.bars.left(), top + (height - thick) / 2, max(scaled(2.0), length), thick)
            painter.fillRect(bar, QColor(*(int(channel) for channel in colour[:3])))

    def _paint_texts(self, painter: QPainter, places: Places) -> None:
        """The names of the rows, and the numbers beside the bars."""
        look = theme.current()
        left = places.heat.left() if "map" in self.pictures else places.bars.left()
        quiet, strong = QColor(look.quiet), QColor(look.text)
        for index in self.labelled_rows():
            top, height = places.row(index, len(self.names))
            top, height = top + height / 2 - px(10), scaled(20.0)
            name = self.metrics.elidedText(self.names[index], Qt.TextElideMode.ElideRight, px(self.LABELS))
            painter.setPen(quiet)
            painter.drawText(QRectF(0, top, left - px(8), height), RIGHT, name)
            if "now" in self.pictures:
                painter.setPen(strong)
                painter.drawText(QRectF(places.numbers, top, px(80), height), LEFT, self.texts[index])

    def labelled_rows(self) -> list[int]:
        """The rows that have room for a name and a number: all, or every so many, and always the last."""
        layers = len(self.names)
        every = max(1, int(np.ceil(self.metrics.height() * layers / self.places().heat.height())))
        rows = [index for index in range(0, layers - 1, every) if layers - 1 - index >= every]
        return [*rows, layers - 1]

    # Lines -----------------------------------------------------------------------------------------------------

    def _paint_lines(self, painter: QPainter, box: QRectF) -> None:
        look = theme.current()
        self._title(painter, box, "each layer")
        self._paint_healthy(painter, box, self.line_scale, upright=True)
        self._paint_steps(painter, box)
        self._paint_line_axis(painter, box)
        layers = self.line_sizes.shape[1]
        if not layers or not len(self.line_steps):
            return
        x, y = self.line_places(box)
        pointed = self.pointed[0] if self.pointed else None
        # Many smooth lines cost more than a frame has.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, layers <= 8)
        for index, colour in enumerate(depth_colours(layers, look)):
            painter.setPen(pen(colour, 2.0 if index == pointed else 1.0))
            painter.drawPath(line_path(x, y[:, index]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._paint_line_names(painter, box, y)

    def _paint_line_axis(self, painter: QPainter, box: QRectF) -> None:
        look, scale = theme.current(), self.line_scale
        most = max(1.0, box.height() / self.metrics.height() / 1.5)
        for place, text in scale.ticks(max(1, int(np.ceil((scale.high - scale.low) / most)))):
            height = round(box.bottom() - place * box.height())
            painter.setPen(pen(look.line))
            painter.drawLine(QPointF(box.left(), height), QPointF(box.right(), height))
            painter.setPen(QColor(look.quiet))
            painter.drawText(
                QRectF(box.left() - px(self.AXIS), height - px(8), px(self.AXIS - 6), px(16)),
                RIGHT,
                text,
            )

    def line_places(self, box: QRectF) -> tuple[Array, Array]:
        """Where the lines run, in pixels: x of shape (points,), y of shape (points, layers), NaN where they break."""
        x = box.left() + self.line_steps / self.limit * box.width()
        return x, box.bottom() - self.line_scale.places(self.line_sizes) * box.height()

    def _paint_line_names(self, painter: QPainter, box: QRectF, y: Array) -> None:
        """Each line's name beside its end."""
        colours = depth_colours(len(self.names), theme.current())
        x = box.left() + min(self.line_steps[-1] / self.limit, 1) * box.width()
        for index, middle in self.line_names(box, y).items():
            painter.setPen(QColor(colours[index]))
            painter.drawText(
                QRectF(x + px(5), middle - px(8), px(self.LABELS), px(16)),
                LEFT,
                self.names[index],
            )

    def line_names(self, box: QRectF, y: Array) -> dict[int, float]:
        """Which layers are named beside the end of their line, and at what height, moved apart so that none overlap."""
        layers, apart = len(self.names), self.metrics.height() - 2
        every = int(np.ceil(layers * apart / max(apart, box.height())))
        ends = {index: last_known(y[:, index]) for index in range(layers - 1, -1, -every)}
        order = sorted((end, index) for index, end in ends.items() if end is not None)
        heights = spread_apart([end for end, _ in order], apart, box.top(), box.bottom())
        return {index: height for (_, index), height in zip(order, heights, strict=True)}

    # The mouse -------------------------------------------------------------------------------------------------

    def row_at(self, y: float) -> int | None:
        """The layer whose row is at a height; None outside the rows."""
        heat = self.places().heat
        if not self.names or not heat.top() <= y < heat.bottom():
            return None
        return int((y - heat.top()) / heat.height() * len(self.names))

    def at(self, mouse: QPointF) -> tuple[int, float | None] | None:
        """The layer under the mouse, and the step; no step over the bars and the names. None beside everything."""
        places = self.places()
        if "lines" in self.pictures and mouse.x() >= places.lines.left():
            return self._on_line(mouse, places.lines)
        row = self.row_at(mouse.y())
        if row is None or self.pictures == ("lines",):
            return None
        heat = places.heat
        if "map" in self.pictures and heat.left() <= mouse.x() <= heat.right():
            return row, (mouse.x() - heat.left()) / heat.width() * self.limit
        return row, None

    def _on_line(self, mouse: QPointF, box: QRectF) -> tuple[int, float | None] | None:
        """The layer whose line is nearest above or below the mouse, if it is near."""
        step = (mouse.x() - box.left()) / box.width() * self.limit
        place = nearest(self.line_steps, min(step, self.limit))
        if place is None:
            return None
        _, y = self.line_places(box)
        away = np.abs(y[place] - mouse.y())
        if not np.isfinite(away).any() or np.nanmin(away) > px(REACH):
            return None
        return int(np.nanargmin(away)), float(np.clip(step, 0, self.line_steps[-1]))


def last_known(values: Array) -> float | None:
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


def line_path(x: Array, y: Array) -> QPainterPath:
    """A line through the points that are known."""
    known = np.isfinite(y)
    if not known.any():
        return QPainterPath()
    return pg.functions.arrayToQPath(x[known], y[known], connect="all", finiteCheck=False)


# The view -----------------------------------------------------------------------------------------------------


class FindingLine(QWidget):
    """What ails the network, in two lines that are cut where there is no room, and the remedy as a button."""

    HEIGHT = 30

    accepted = Signal(object)
    """The Remedy that the person wants."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.finding: Finding | None = None
        self.reading = self.idle = ""
        self.words = Words("What is under the mouse, or what ails the network", self)
        self.words.setObjectName("gradients.words")
        self.words.setAlignment(LEFT)
        self.remedy = QPushButton(self)
        self.remedy.setObjectName("gradients.remedy")
        self.remedy.setAccessibleName("Remedy")
        self.remedy.setToolTip("Does what the diagnosis advises.")
        self.remedy.setProperty("small", True)
        self.remedy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remedy.clicked.connect(self._accept)
        self.remedy.hide()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(px(theme.GRID))
        line.addWidget(self.words, 1)
        line.addWidget(self.remedy)
        # The height never depends on what is said.
        self.words.setWordWrap(True)
        self.words.setFixedHeight(px(self.HEIGHT))
        self.setFixedHeight(px(self.HEIGHT))

    def show_finding(self, finding: Finding | None) -> None:
        """Show what ails the network, or nothing."""
        if finding == self.finding:
            return
        self.finding = finding
        remedy = finding.remedy if finding else None
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self.remedy.setText(remedy.label)
            self.remedy.setAccessibleName(remedy.label)
            words = "and start again from the initial weights" if remedy.reset else "while training goes on"
            self.remedy.setToolTip(f"{remedy.label}, {words}. Ctrl+Z takes it back.")
        self.words.setToolTip(finding.text if finding else "")
        self.write()

    def write(self) -> None:
        """What is under the mouse comes first, then the finding."""
        self.words.say(self.reading or (self.finding.text if self.finding else self.idle))

    def _accept(self) -> None:
        if self.finding is not None and self.finding.remedy is not None:
            self.accepted.emit(self.finding.remedy)


class GradientsView(QWidget):
    """Switches above the pictures, and a line of words below them."""

    remedy_accepted = Signal(object)
    """The Remedy of the finding shown, which the person wants."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = Wanted()
        self.setAccessibleName("Gradients of each layer")
        self._snapshot: Snapshot | None = None
        self._quantity = QUANTITIES[0]
        self._order = ["now", "map", "lines"]
        """The pictures asked for, the most recently asked for first."""
        self._drawn: tuple[object, ...] = ()
        self._mouse: QPointF | None = None
        self._chart = GradientChart(self)
        self._chart.installEventFilter(self)
        self._below = FindingLine(self)
        self._below.accepted.connect(self.remedy_accepted)
        self._build()
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()
        self._arrange()

    def _build(self) -> None:
        self._controls = Controls("gradients.controls", self)
        options = [Option(quantity.field, quantity.symbol, quantity.help) for quantity in QUANTITIES]
        self._switch = self._controls.add(Choices("gradients.quantity", "Size", options))
        self._switch.picked.connect(self._on_quantity)
        self._pictures = self._controls.add(Choices("gradients.pictures", "Pictures", PICTURES))
        self._pictures.group.setExclusive(False)
        for button, option in zip(self._pictures.buttons, PICTURES, strict=True):
            button.clicked.connect(lambda _=False, picture=option.value: self._on_picture(picture))
        self._scale = self._controls.add(
            Choices(
                "gradients.scale",
                "Scale",
                (
                    Option(
                        "log",
                        "Log",
                        "Equal steps are equal factors. The scale never moves, so that pictures can be compared.",
                    ),
                    Option("linear", "Linear", "From 0 to the largest size so far. Small sizes can't be told apart."),
                ),
            )
        )
        self._scale.picked.connect(lambda _: self._draw_anew())
        above = QHBoxLayout()
        above.addWidget(self._controls)
        above.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(px(theme.GRID), px(theme.GRID), px(theme.GRID), px(theme.GRID // 2))
        layout.setSpacing(px(theme.GRID // 2))
        layout.addLayout(above)
        layout.addWidget(self._chart, 1)
        layout.addWidget(self._below)

    # What it shows ---------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn anew if no gradient has changed."""
        self._snapshot = snapshot
        names = tuple(layer.name for layer in snapshot.layers)
        values = np.array([getattr(layer, self._quantity.field) for layer in snapshot.layers], dtype=np.float64)
        step, sizes = sizes_of(snapshot.gradients, self._quantity.field, len(names))
        now = (self._quantity, self._scale.value, names, values.tobytes(), outline_of(step, sizes))
        if now == self._drawn:
            return
        fresh = self._drawn[:3] != now[:3]
        self._drawn = now
        self._chart.quantity, self._chart.names, self._chart.values = self._quantity, names, values
        self._chart.scale = self._scale_for(sizes, values)
        self._draw_history(step, sizes)
        self._chart.update()
        if fresh:
            self._write.now()
        else:
            self._write.request()

    def minimumSizeHint(self) -> QSize:
        """Small; the switches fold away."""
        return QSize(theme.px(300), theme.px(160))

    def show_finding(self, finding: Finding | None) -> None:
        """Say what ails the network below the pictures, with the remedy as a button; None: nothing."""
        self._below.show_finding(finding)

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        on_surface(self)
        self._chart.apply_theme()

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(px(356), px(240))

    def bar_values(self) -> Array:
        """The sizes that the bars show, hidden layers in order then output; NaN where there is none yet."""
        return self._chart.values.copy()

    def heat_colours(self) -> Array:
        """The colours of the history as drawn, uint8 (layers, columns, 4), transparent where nothing is known."""
        return self._chart.colours

    def drawn_lines(self) -> tuple[Array, Array]:
        """Steps (points,) and sizes (points, layers) of the lines as drawn."""
        return self._chart.line_steps.copy(), self._chart.line_sizes.copy()

    @property
    def pictures(self) -> tuple[str, ...]:
        """Which pictures are shown: map, lines, now."""
        return self._chart.pictures

    @property
    def is_logarithmic(self) -> bool:
        """Whether the scale is the fixed logarithmic one."""
        return self._scale.value == "log"

    def quantity(self) -> str:
        """Which size is shown, by its name in LayerStatistics."""
        return self._quantity.field

    def number_texts(self) -> tuple[str, ...]:
        """The numbers as written, one per layer."""
        return self._chart.texts

    def reading(self) -> str:
        """The line of words below the pictures."""
        return self._below.words.text()

    def switch_button(self, name: str) -> QToolButton:
        """The button of a size, a picture or a scale, by its name in code."""
        found = self.findChild(QToolButton, name) or next(
            button
            for control in (self._switch, self._pictures, self._scale)
            for button in control.buttons
            if button.objectName().endswith(f".{name}")
        )
        assert isinstance(found, QToolButton)
        return found

    # Drawing and words -----------------------------------------------------------------------------------------

    def _scale_for(self, sizes: Array, values: Array) -> Scale:
        if self.is_logarithmic:
            return fixed_scale(self._quantity)
        known = np.concatenate([sizes.ravel(), values])
        known = known[np.isfinite(known) & (known > 0)]
        return Scale(0.0, leap_above(float(np.clip(known.max(initial=1e-300), 1e-300, 1e300))), False)

    def _draw_history(self, step: Array, sizes: Array) -> None:
        chart = self._chart
        chart.limit = leap_above(max(FIRST_LIMIT, float(step[-1]) if len(step) else 0.0))
        if "map" in chart.pictures or not chart.colours.size:
            rows = column_rows(step, chart.limit, MAX_COLUMNS)
            known = rows >= 0
            shown = np.full((len(rows), sizes.shape[1]), np.nan)
            shown[known] = sizes[rows[known]]
            chart.colours = np.ascontiguousarray(size_colours(shown.T, chart.table, chart.scale))
        if "lines" in chart.pictures or not chart.line_sizes.size:
            columns = min(LINE_COLUMNS, max(20, MOST_PLACES // max(1, sizes.shape[1])))
            chart.line_steps, chart.line_sizes = extremes(step, sizes, chart.limit, columns)
            chart.line_scale = narrowed(chart.scale, chart.line_sizes)

    def _draw_anew(self) -> None:
        self._drawn = ()
        if self._snapshot is not None:
            self.show_snapshot(self._snapshot)

    def _on_quantity(self, field: str) -> None:
        self._quantity = next(quantity for quantity in QUANTITIES if quantity.field == field)
        self._draw_anew()

    def _on_picture(self, picture: str) -> None:
        """Show a picture, or put it away unless it is the only one."""
        if picture not in self.pictures:
            self._order = [picture, *(other for other in self._order if other != picture)]
        elif len(self.pictures) > 1:
            self._order = [other for other in self._order if other in self.pictures and other != picture]
        self._arrange()
        self._draw_anew()

    def _arrange(self) -> None:
        """Give the room to the pictures asked for most recently; what has no room comes back when there is."""
        room = self.width() - 2 * px(theme.GRID)
        shown: list[str] = []
        for picture in self._order:
            if not shown or px(NARROWEST[picture]) <= room:
                shown.append(picture)
                room -= px(NARROWEST[picture])
        pictures = tuple(option.value for option in PICTURES if option.value in shown)
        changed = pictures != self._chart.pictures
        self._chart.pictures = pictures
        for button, option in zip(self._pictures.buttons, PICTURES, strict=True):
            button.setChecked(option.value in shown)
        if changed:
            self._draw_anew()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More room has room for more pictures and switches."""
        self._controls.fit(self.width() - 2 * px(theme.GRID))
        self._arrange()

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Follow the mouse over the pictures."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._mouse = event.position()
            self._show_texts()
        elif event.type() == QEvent.Type.Leave:
            self._mouse = None
            self._show_texts()
        return False

    def _show_texts(self) -> None:
        chart = self._chart
        chart.texts = tuple(size_text(value) for value in chart.values)
        chart.pointed = None if self._mouse is None else chart.at(self._mouse)
        self._below.reading = self._reading()
        self._below.idle = self._quantity.idle
        self._below.write()
        chart.setAccessibleDescription(
            ", ".join(f"{name}: {text}" for name, text in zip(chart.names, chart.texts, strict=True))
        )
        chart.update()

    def _reading(self) -> str:
        """What is under the mouse, in words; empty beside everything."""
        if self._chart.pointed is None or self._snapshot is None:
            return ""
        row, step = self._chart.pointed
        name = layer_words(self._chart.names[row])
        if step is None:
            return f"{name}, now: {self._chart.texts[row]}"
        steps, sizes = sizes_of(self._snapshot.gradients, self._quantity.field, len(self._chart.names))
        index = int(np.searchsorted(steps, step, side="right")) - 1
        if index < 0 or step > steps[-1] + self._chart.limit / MAX_COLUMNS:
            return ""
        return f"{name}, step {steps[index]:,.0f}: {size_text(sizes[index, row])}"


def sizes_of(history: GradientHistory, field: str, layers: int) -> tuple[Array, Array]:
    """The steps and one of the sizes, (rows, layers); no row where it has not been recorded."""
    sizes = getattr(history, field)
    if sizes.shape == (len(history.step), layers):
        return history.step, sizes
    return np.zeros(0), np.zeros((0, layers))
