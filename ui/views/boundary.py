"""The decision boundary: what the network says everywhere on the plane, with the points on top.

The hero of the window: a smooth field in the theme's pale colours, points told apart by colour and by shape, training
points filled, validation points hollow. Hovering reads the field in words. Points are drawn anew only when the sample
changes; a frame costs one small image and one contour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets import EXTENT, TEST, TRAIN, VALIDATION, Sample, Table
from playground.catalog.losses import CrossEntropy
from playground.snapshot import Snapshot, Wanted
from ui import theme
from ui.views.plotting import (
    Hover,
    Throttle,
    colour_plot,
    guarded,
    leap_above,
    number_text,
    on_surface,
    pen,
    quiet_plot,
    set_ticks,
    short_text,
    signed,
    small_font,
    style_words,
)

GRID_POINTS = 100
MAX_POINTS = 2000
SYMBOLS = ("o", "s", "t1", "d", "p", "star", "h", "t", "t2", "t3")
PART_NAMES = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}
REACH = 8.0
"""How near, in pixels, the mouse has to be to a point to read it."""
LEFT, BOTTOM, EDGE, STRIP = 40, 34, 8, 20
"""Pixels around the square: for the axes, for the rest, and for the words below."""
HINT = "Point at the picture to read it."


# Colours of the field -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Range:
    """The values between the two ends of a regression's colours. It follows from the data, never from the network."""

    middle: float = 0.0
    half: float = 1.0

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value that has a colour of its own."""
        return self.middle - self.half, self.middle + self.half

    def shares(self, values: Array) -> Array:
        """Values as 0…1 from the low end to the high one."""
        return np.clip((values - self.middle) / (2 * self.half) + 0.5, 0, 1)


def range_of(sample: Sample) -> Range:
    """−1…1 for classes. For regression symmetric about 0, or about the data's middle if all have one sign."""
    if sample.task == "classification" or not len(sample.labels):
        return Range()
    low, high = float(sample.labels.min()), float(sample.labels.max())
    if low < 0 < high or low == high == 0:
        return Range(0.0, leap_above(max(-low, high, 1e-12)))
    spread = max((high - low) / 2, 1e-3 * abs(high), 1e-12)
    unit = 10.0 ** np.floor(np.log10(spread)) / 2
    middle = float(np.round((low + high) / 2 / unit) * unit)
    return Range(middle, leap_above(max(spread, high - middle, middle - low)))


def pale_classes(look: theme.Theme, classes: int) -> Array:
    """The field's colour of each class, (classes, 3): those of the theme for the first two, then as pale as they."""
    pale = [look.field_low, look.field_high]
    middle, strength = channels(look.field_middle), 0.45
    rest = [middle + strength * (channels(name) - middle) for name in look.classes[2:classes]]
    return np.array([channels(name) for name in pale[:classes]] + rest)


def channels(name: str) -> Array:
    """A colour as red, green, blue."""
    colour = QColor(name)
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)


def coloured(field: Array, scale: Range, look: theme.Theme) -> Array:
    """The field (outputs, n, n) as colours, uint8 (n, n, 3), row 0 at the bottom. What is not finite is neutral."""
    if len(field) > 1:
        pale = pale_classes(look, len(field))
        shares = np.nan_to_num(field, nan=1 / len(field), posinf=1.0, neginf=0.0)
        return (np.tensordot(shares, pale, axes=(0, 0)) + 0.5).clip(0, 255).astype(np.uint8)
    table = theme.field_table(look)[:, :3]
    places = np.nan_to_num(scale.shares(field[0]), nan=0.5) * (len(table) - 1) + 0.5
    return table[places.astype(np.intp)]


def zero_line(values: Array) -> Array:
    """Where a field (n, n) crosses 0: the ends of straight pieces, (2 × pieces, 2) as column and row numbers.

    Marching squares, for all cells at once: a cell with two crossings has one piece, one with four has two.
    """
    above = values >= 0
    low, high = above[:-1], above[1:]
    mixed = np.flatnonzero((low[:, 1:] != low[:, :-1]) | (high[:, 1:] != high[:, :-1]) | (low[:, 1:] != high[:, 1:]))
    row, column = np.divmod(mixed, values.shape[1] - 1)
    # Corners against the clock from the lower left; side k goes from corner k to corner k + 1.
    corners_x = np.stack([column, column + 1, column + 1, column])
    corners_y = np.stack([row, row, row + 1, row + 1])
    at = values[corners_y, corners_x].astype(np.float64)
    after = np.roll(at, -1, axis=0)
    crossed = (at >= 0) != (after >= 0)
    along = np.where(crossed, at / np.where(crossed, at - after, 1), 0)
    x = corners_x + along * (np.roll(corners_x, -1, axis=0) - corners_x)
    y = corners_y + along * (np.roll(corners_y, -1, axis=0) - corners_y)
    # Read cell by cell, the crossings of a cell follow each other, so that pairs are pieces.
    return np.stack([x.T[crossed.T], y.T[crossed.T]], axis=1)


def interpolated(field: Array, x1: float, x2: float) -> Array:
    """The field (outputs, n, n) at a place of the plane, between the four grid points around it."""
    n = field.shape[1]
    column, row = ((value + EXTENT) / (2 * EXTENT) * (n - 1) for value in (x1, x2))
    c, r = (int(np.clip(np.floor(value), 0, n - 2)) for value in (column, row))
    across, up = column - c, row - r
    low = field[:, r, c] * (1 - across) + field[:, r, c + 1] * across
    high = field[:, r + 1, c] * (1 - across) + field[:, r + 1, c + 1] * across
    result: Array = low * (1 - up) + high * up
    return result


# Pieces -------------------------------------------------------------------------------------------------------


class SmoothImage(pg.ImageItem):
    """An image whose pixels blend into each other when they are drawn large."""

    @guarded
    def paint(self, painter: QPainter, *args: object) -> None:
        """Draw, smoothly scaled."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


@dataclass(frozen=True)
class Entry:
    """One word of the legend with its mark. `filled` tells the training points' look from the hollow one."""

    text: str
    symbol: str
    colour: str
    filled: bool = True


class Legend(QWidget):
    """Classes and fills in words; for regression the colours and their values."""

    HEIGHT, LINE, MARK, GAP, BAR = 24, 18, 9, 16, 96

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._entries: tuple[Entry, ...] = ()
        self._scale: tuple[str, str, str, str] | None = None
        self.setAccessibleName("Legend of the decision boundary")

    def show_entries(self, entries: tuple[Entry, ...], scale: tuple[str, str, str, str] | None) -> None:
        """Show these marks; `scale` is the name, lowest, middle and highest value of a colour bar."""
        self._entries, self._scale = entries, scale
        self.setToolTip("Filled points train the network; it never learns from the hollow ones.")
        self.setAccessibleDescription(", ".join(self.texts()))
        self.update()

    def texts(self) -> tuple[str, ...]:
        """All words and numbers of the legend."""
        return (*(self._scale or ()), *(entry.text for entry in self._entries))

    def height_for(self, width: int) -> int:
        """The height that the legend needs at a width."""
        lines = max((line for _, line, _ in self._places(width)), default=0)
        return self.HEIGHT + lines * self.LINE

    def _places(self, width: int) -> list[tuple[int, int, Entry]]:
        """Left edge and line of each entry, broken into lines like words."""
        metrics = QFontMetrics(small_font())
        x = self._scale_width() + self.GAP if self._scale else 0
        line, places = 0, []
        for entry in self._entries:
            needed = self._mark_width(entry) + metrics.horizontalAdvance(entry.text)
            if x and x + needed > width:
                x, line = 0, line + 1
            places.append((x, line, entry))
            x += needed + self.GAP
        return places

    def _scale_width(self) -> int:
        name, low, _, high = self._scale or ("", "", "", "")
        metrics = QFontMetrics(small_font())
        return sum(metrics.horizontalAdvance(text) for text in (name, low, high)) + self.BAR + 24

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the colour bar if there is one, then the marks."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font())
            if self._scale:
                self._paint_scale(painter)
            for x, line, entry in self._places(self.width()):
                self._paint_entry(painter, x, line * self.LINE, entry)

    def _paint_entry(self, painter: QPainter, x: int, y: int, entry: Entry) -> None:
        if entry.symbol:
            line, brush = mark_style(entry.colour, entry.filled)
            painter.save()
            painter.translate(x + self.MARK / 2, y + self.HEIGHT / 2)
            drawSymbol(painter, entry.symbol, self.MARK, QPen(Qt.PenStyle.NoPen) if entry.filled else line, brush)
            painter.restore()
        painter.setPen(QColor(theme.current().text))
        self._write(painter, x + self._mark_width(entry), y, entry.text)

    def _mark_width(self, entry: Entry) -> int:
        return self.MARK + 6 if entry.symbol else 0

    def _paint_scale(self, painter: QPainter) -> None:
        assert self._scale is not None
        look = theme.current()
        name, low, middle, high = self._scale
        painter.setPen(QColor(look.text))
        x = self._write(painter, 0, 0, name) + 12
        painter.setPen(QColor(look.quiet))
        x = self._write(painter, x, 0, low) + 6
        bar = QRectF(x, self.HEIGHT / 2 - 5, self.BAR, 10)
        row = np.ascontiguousarray(theme.field_table(look)[np.newaxis, :, :3])
        painter.drawImage(bar, QImage(row.data, row.shape[1], 1, row.strides[0], QImage.Format.Format_RGB888))
        painter.setPen(QColor(look.text))
        painter.drawText(bar.adjusted(0, -4, 0, 4), Qt.AlignmentFlag.AlignCenter, middle)
        painter.setPen(QColor(look.quiet))
        self._write(painter, int(bar.right()) + 6, 0, high)

    def _write(self, painter: QPainter, x: int, y: int, text: str) -> int:
        width = painter.fontMetrics().horizontalAdvance(text)
        box = QRectF(x, y, width + 2, self.HEIGHT)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        return x + width


def mark_style(colour: str, filled: bool, outline: float = 1.0) -> tuple[QPen, QBrush]:
    """How a point is drawn: filled with a thin outline in the background's colour, or hollow."""
    look = theme.current()
    if filled:
        return pen(look.surface, outline), QBrush(QColor(colour))
    inside = QColor(look.surface)
    inside.setAlpha(150)
    return pen(colour, 1.5), QBrush(inside)


# The view -----------------------------------------------------------------------------------------------------


class BoundaryView(QWidget):
    """The field on the plane with the points, a legend above and what the mouse points at below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = Wanted(boundary=GRID_POINTS)
        self.setAccessibleName("Decision boundary")
        self._snapshot: Snapshot | None = None
        self._scale = Range()
        self._colours: Array = np.zeros((0, 0, 3), np.uint8)
        self._drawn: Array = np.zeros(0, np.intp)
        self._mouse: QPointF | None = None
        self._near_words = ""
        self._build()
        self._read = Throttle(self._show_reading, self)
        self.apply_theme()

    def _build(self) -> None:
        self._plot = quiet_plot(self)
        self._plot.getAxis("left").setWidth(LEFT)
        self._plot.getAxis("bottom").setHeight(BOTTOM)
        self._plot.getPlotItem().layout.setContentsMargins(0, EDGE, EDGE, 0)
        self._plot.setAccessibleName("Plane of the two inputs")
        self._plot.getViewBox().setRange(xRange=(-EXTENT, EXTENT), yRange=(-EXTENT, EXTENT), padding=0)
        self._field = SmoothImage(axisOrder="row-major")
        self._line = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True)
        self._points = pg.ScatterPlotItem(pxMode=True)
        self._points.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        for item in (self._field, self._line, self._points):
            self._plot.addItem(item)
        ticks = [float(k) for k in range(-6, 7, 2)]
        for side in ("left", "bottom"):
            set_ticks(self._plot.getAxis(side), ticks, [signed(f"{k:g}") for k in ticks])
        self._hover = Hover(self._plot)
        self._hover.moved.connect(self._on_moved)
        self._hover.left.connect(self._on_left)
        self._add_words()

    def _add_words(self) -> None:
        self._legend = Legend(self)
        self._reading, self._near = QLabel(HINT, self), QLabel("", self)
        self._reading.setAccessibleName("What the network says at the mouse")
        self._near.setAccessibleName("The point at the mouse")
        self._near.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for label in (self._reading, self._near):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setToolTip("Where the mouse is, the answer there and how sure the network is of it (1 is certain).")

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(420, 460)

    def minimumSizeHint(self) -> QSize:
        """Small, but still a picture."""
        return QSize(240, 280)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the parts anew."""
        self._place()

    def _place(self) -> None:
        """Give the plane the largest square that fits, with the words along its edges."""
        room = self.rect().adjusted(theme.GRID, theme.GRID, -theme.GRID, -theme.GRID)
        above = self._legend.height_for(room.width() - LEFT)
        across, down = LEFT + EDGE, BOTTOM + EDGE
        side = max(16, min(room.width() - across, room.height() - down - above - STRIP))
        left = room.left() + (room.width() - side - across) // 2
        self._plot.setGeometry(left, room.top() + above, side + across, side + down)
        self._legend.setGeometry(left + LEFT, room.top(), room.right() - left - LEFT, above)
        self._reading.setGeometry(left + LEFT, room.top() + above + side + down, side, STRIP)
        self._place_near()

    def _place_near(self) -> None:
        """The point's words at the right end of the strip, in the room that the place leaves."""
        strip, metrics = self._reading.geometry(), QFontMetrics(small_font())
        room = max(0, strip.width() - metrics.horizontalAdvance(self._reading.text()) - 2 * EDGE)
        self._near.setText(metrics.elidedText(self._near_words, Qt.TextElideMode.ElideRight, room))
        self._near.setGeometry(strip.right() + 1 - room, strip.top(), room, STRIP)

    # What it shows ---------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment. The points are touched only if they are others than before."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or not same_points(before.sample, snapshot.sample):
            self._show_sample()
        if before is None or snapshot.boundary is not before.boundary or before.sample is not snapshot.sample:
            self._show_field()
            if self._mouse is not None:
                self._read.request()

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        on_surface(self)
        look = theme.current()
        colour_plot(self._plot)
        # The line is made of short pieces: flat ends don't overlap, so that it looks like one stroke.
        line = pen(look.boundary_line, 1.2)
        line.setCapStyle(Qt.PenCapStyle.FlatCap)
        self._line.setPen(line)
        self._legend.update()
        if self._snapshot is not None:
            self._show_sample()
            self._show_field()
        self._show_reading()

    def image(self) -> Array:
        """The colours of the field as drawn, uint8 (rows, columns, 3), row 0 at x₂ = −6; empty before the first."""
        return self._colours

    def drawn_points(self) -> int:
        """How many points the picture shows."""
        return len(self._drawn)

    def plane_rect(self) -> QRectF:
        """Where in this widget the plane from −6 to 6 is drawn."""
        inside = self._plot.getViewBox().sceneBoundingRect()
        return inside.translated(QPointF(self._plot.mapTo(self, QPoint(0, 0))))

    def reading(self) -> str:
        """What stands below the picture."""
        return f"{self._reading.text()} {self._near_words}".strip()

    def legend_texts(self) -> tuple[str, ...]:
        """The words and numbers of the legend."""
        return self._legend.texts()

    def value_range(self) -> tuple[float, float]:
        """The values at the two ends of the field's colours."""
        return self._scale.ends

    # Drawing ---------------------------------------------------------------------------------------------------

    def _show_field(self) -> None:
        assert self._snapshot is not None
        field = self._snapshot.boundary
        self._field.setVisible(field is not None)
        self._line.setVisible(field is not None and self._snapshot.sample.task == "classification" and len(field) == 1)
        if field is None:
            self._colours = np.zeros((0, 0, 3), np.uint8)
            return
        self._colours = coloured(field, self._scale, theme.current())
        self._field.setImage(self._colours, autoLevels=False, levels=None)
        self._field.setRect(grid_rect(field.shape[1]))
        if self._line.isVisible():
            ends = zero_line(np.nan_to_num(field[0]) if not np.isfinite(field[0]).all() else field[0])
            ends = ends * (2 * EXTENT / (field.shape[1] - 1)) - EXTENT
            self._line.setData(ends[:, 0], ends[:, 1])

    def _show_sample(self) -> None:
        assert self._snapshot is not None
        sample = self._snapshot.sample
        self._scale = range_of(sample)
        usable = np.flatnonzero(np.isfinite(sample.x).all(axis=1) & np.isfinite(sample.labels))
        keep = np.linspace(0, len(usable) - 1, min(len(usable), MAX_POINTS)).round().astype(np.intp)
        self._drawn = usable[keep] if len(usable) else usable
        # Training points last, so that they lie on top.
        self._drawn = self._drawn[np.argsort(-sample.split[self._drawn], kind="stable")]
        self._points.setData(**spots(sample, self._drawn, self._scale))
        self._name_axes(sample)
        scale = None
        if sample.task == "regression":
            low, high = self._scale.ends
            scale = (sample.target_name, short_text(low), short_text(self._scale.middle), short_text(high))
        self._legend.show_entries(legend_entries(sample, len(usable)), scale)
        self._place()

    def _name_axes(self, sample: Sample) -> None:
        assert self._snapshot is not None
        # A table's axes were scaled to the plane, so that their numbers are not those of the file.
        suffix = " (scaled)" if isinstance(self._snapshot.experiment.data, Table) else ""
        for side, name in zip(("bottom", "left"), sample.axis_names, strict=True):
            self._plot.getAxis(side).setLabel(name + suffix)

    # The mouse -------------------------------------------------------------------------------------------------

    def _on_moved(self, place: QPointF) -> None:
        self._mouse = place
        self._read.now()

    def _on_left(self) -> None:
        if self._mouse is not None:
            self._mouse = None
            self._read.now()

    def _show_reading(self) -> None:
        look = theme.current()
        inside = self._mouse is not None and self._snapshot is not None
        style_words(self._reading, look.text if inside else look.quiet)
        style_words(self._near, look.quiet)
        self._reading.setText(self._field_words() if inside else HINT)
        self._near_words = self._point_words() if inside else ""
        self._place_near()

    def _field_words(self) -> str:
        assert self._mouse is not None and self._snapshot is not None
        x1, x2 = self._mouse.x(), self._mouse.y()
        place = place_words(self._snapshot.sample.axis_names, x1, x2)
        if self._snapshot.boundary is None:
            return place
        values = interpolated(self._snapshot.boundary, x1, x2)
        return f"{place} → {value_words(self._snapshot, values)}"

    def _point_words(self) -> str:
        assert self._mouse is not None and self._snapshot is not None
        sample = self._snapshot.sample
        if not len(self._drawn):
            return ""
        pixel = 2 * EXTENT / max(1.0, self._plot.getViewBox().width())
        away = np.hypot(*(sample.x[self._drawn] - [self._mouse.x(), self._mouse.y()]).T)
        nearest = int(np.argmin(away))
        if away[nearest] > REACH * pixel:
            return ""
        index = self._drawn[nearest]
        return f"{PART_NAMES[int(sample.split[index])]} point: {label_words(sample, sample.labels[index])}"


# Words and marks ----------------------------------------------------------------------------------------------


def same_points(a: Sample, b: Sample) -> bool:
    """Whether two samples hold the very same arrays, so that nothing has to be drawn anew."""
    return a is b or (a.x is b.x and a.labels is b.labels and a.split is b.split and a[3:] == b[3:])


def grid_rect(n: int) -> QRectF:
    """Where an image of n × n lies so that the centres of its outermost pixels are at −6 and 6."""
    cell = 2 * EXTENT / (n - 1)
    return QRectF(-EXTENT - cell / 2, -EXTENT - cell / 2, 2 * EXTENT + cell, 2 * EXTENT + cell)


def spots(sample: Sample, drawn: Array, scale: Range) -> dict[str, object]:
    """The points as pyqtgraph wants them."""
    size = 8.0 if len(drawn) <= 300 else 7.0 if len(drawn) <= 700 else 5.5
    colours, symbols = point_looks(sample, drawn, scale)
    tests = sample.split[drawn] == TEST
    known: dict[tuple[str, bool], tuple[QPen, QBrush]] = {}
    pens, brushes = [], []
    for colour, part in zip(colours, sample.split[drawn], strict=True):
        key = (colour, part == TRAIN)
        line, brush = known.get(key) or known.setdefault(key, mark_style(*key, outline=size / 8))
        pens.append(line if part != TEST else pen(colour))
        brushes.append(brush)
    return {
        "pos": sample.x[drawn],
        "size": np.where(tests, size - 1, size),
        "symbol": ["x" if test else symbol for test, symbol in zip(tests, symbols, strict=True)],
        "pen": pens,
        "brush": brushes,
    }


def point_looks(sample: Sample, drawn: Array, scale: Range) -> tuple[list[str], list[str]]:
    """Colour and symbol of each drawn point: by class, or by value for regression."""
    look = theme.current()
    if sample.task == "regression":
        shades = value_shades(look)
        places = (scale.shares(sample.labels[drawn]) * (len(shades) - 1)).round().astype(int)
        return [shades[k] for k in places], ["o"] * len(drawn)
    labels = sample.labels[drawn].astype(int)
    return [look.classes[k % len(look.classes)] for k in labels], [SYMBOLS[k % len(SYMBOLS)] for k in labels]


def value_shades(look: theme.Theme, steps: int = 33) -> list[str]:
    """The colours of regression's points: the field's order of colours, but strong."""
    stops = [channels(name) for name in (look.classes[0], look.points_middle, look.classes[1])]
    at = np.linspace(0, 2, steps)
    mixed = np.stack([np.interp(at, [0, 1, 2], [stop[k] for stop in stops]) for k in range(3)], axis=1)
    return [QColor(*(int(v) for v in row)).name() for row in mixed]


def legend_entries(sample: Sample, usable: int) -> tuple[Entry, ...]:
    """The words of the legend: the classes, then what filled, hollow and crossed points are."""
    look = theme.current()
    entries = [
        Entry(name, SYMBOLS[k % len(SYMBOLS)], look.classes[k % len(look.classes)])
        for k, name in enumerate(sample.class_names)
    ]
    if (sample.split == VALIDATION).any():
        entries += [Entry("training", "o", look.quiet), Entry("validation", "o", look.quiet, filled=False)]
    if (sample.split == TEST).any():
        entries.append(Entry("test", "x", look.quiet, filled=False))
    if usable > MAX_POINTS:
        entries.append(Entry(f"{MAX_POINTS:,} of {usable:,} points", "", look.quiet))
    return tuple(entries)


def place_words(names: tuple[str, str], x1: float, x2: float) -> str:
    """A place on the plane; long names of columns would not fit and stand at the axes anyway."""
    first, second = (signed(f"{value:.2f}") for value in (x1, x2))
    if max(len(name) for name in names) > 4:
        return f"at {first}, {second}"
    return f"{names[0]} {first}, {names[1]} {second}"


def value_words(snapshot: Snapshot, values: Array) -> str:
    """What the network says, in words: a value, or a class and how sure it is."""
    sample = snapshot.sample
    if not np.isfinite(values).all():
        return "not a finite number"
    if sample.task == "regression":
        return f"{sample.target_name} {number_text(float(values[0]))}"
    sure = isinstance(snapshot.loss, CrossEntropy)
    if len(values) > 1:
        winner = int(np.argmax(values))
        number = float(values[winner])
    else:
        winner = int(values[0] >= 0)
        # The field shows 2 p − 1 for class 1; people read p of the class that wins.
        number = (1 + abs(float(values[0]))) / 2 if sure else float(values[0])
    return f"{label_words(sample, winner)}, {signed(f'{number:.2f}')}"


def label_words(sample: Sample, label: float) -> str:
    """A point's label: the name of its class, or its value."""
    if sample.task == "regression":
        return number_text(float(label))
    place = int(label)
    name = sample.class_names[place] if place < len(sample.class_names) else str(place)
    return f"class {name}" if len(name) <= 2 else name
