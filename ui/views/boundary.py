"""The decision boundary: what the network says everywhere on the plane, with the points on top.

The hero of the window: a smooth field in the theme's pale colours, points told apart by colour and by shape, training
points filled, validation points hollow. Hovering reads the field in words. Points are drawn anew only when the sample
changes; a frame costs one small image and one contour.
"""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets import EXTENT, TEST, TRAIN, VALIDATION, Sample, Table
from playground.catalog.losses import CrossEntropy
from playground.snapshot import Snapshot, Wanted
from ui import theme
from ui.faults import guarded
from ui.views.field import Range, coloured, interpolated, range_of, zero_line
from ui.views.legend import Legend, Scale, legend_entries, short
from ui.views.marks import spots
from ui.views.plotting import (
    Hover,
    Throttle,
    colour_plot,
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
PART_NAMES = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}
REACH = 8.0
"""How near, in pixels, the mouse has to be to a point to read it."""
LEFT, BOTTOM, EDGE, STRIP, COLUMN = 40, 34, 8, 20, 144
"""Pixels around the square: for the axes, the rest, a line of words, and the least for words beside it."""
HINT = "Point at the picture to read it."


class SmoothImage(pg.ImageItem):
    """An image whose pixels blend into each other when they are drawn large."""

    @guarded
    def paint(self, painter: QPainter, *args: object) -> None:
        """Draw, smoothly scaled."""
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        super().paint(painter, *args)


class BoundaryView(QWidget):
    """The field on the plane with the points, a legend, and in words what the mouse points at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = Wanted(boundary=GRID_POINTS)
        self.setAccessibleName("Decision boundary")
        self._snapshot: Snapshot | None = None
        self._scale = Range()
        self._colours: Array = np.zeros((0, 0, 3), np.uint8)
        self._drawn: Array = np.zeros(0, np.intp)
        self._mouse: QPointF | None = None
        self._words, self._near_words = HINT, ""
        self._strip, self._beside = QRect(), False
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
        """Give the plane the largest square that fits: with the words above and below, or all of them beside."""
        room = self.rect().adjusted(theme.GRID, theme.GRID, -theme.GRID, -theme.GRID)
        across, down = LEFT + EDGE, BOTTOM + EDGE
        above, column = self._legend.height_for(room.width() - LEFT), max(COLUMN, self._legend.column_width())
        stacked = min(room.width() - across, room.height() - down - above - STRIP)
        abreast = min(room.width() - across - column, room.height() - down)
        self._beside = abreast > stacked
        self._legend.set_column(self._beside)
        side = max(16, stacked, abreast)
        if self._beside:
            self._place_beside(room, side, column)
        else:
            self._place_stacked(room, side, above)
        self._show_words()

    def _place_stacked(self, room: QRect, side: int, above: int) -> None:
        left = room.left() + (room.width() - side - LEFT - EDGE) // 2
        self._plot.setGeometry(left, room.top() + above, side + LEFT + EDGE, side + BOTTOM + EDGE)
        self._legend.setGeometry(left + LEFT, room.top(), room.right() - left - LEFT, above)
        self._strip = QRect(left + LEFT, room.top() + above + side + BOTTOM + EDGE, side, STRIP)

    def _place_beside(self, room: QRect, side: int, column: int) -> None:
        left = room.left() + (room.width() - side - LEFT - EDGE - column) // 2
        top = room.top() + (room.height() - side - BOTTOM - EDGE) // 2
        self._plot.setGeometry(left, top, side + LEFT + EDGE, side + BOTTOM + EDGE)
        words = left + LEFT + side + 2 * EDGE
        height = min(self._legend.height_for(column, column=True), side - 3 * STRIP)
        self._legend.setGeometry(words, top + EDGE // 2, room.right() - words, height)
        self._strip = QRect(words, top + EDGE + side - 3 * STRIP, room.right() - words, 3 * STRIP)

    def _show_words(self) -> None:
        """Write the reading in its strip: the place and the answer, and the point if the mouse is at one."""
        strip, metrics = self._strip, QFontMetrics(small_font())
        if self._beside:
            self._reading.setText(self._words.replace(" → ", "\n→ ").replace(HINT, HINT.replace(" to", "\nto")))
            self._reading.setGeometry(strip.adjusted(0, 0, 0, -STRIP))
            near = strip.adjusted(0, 2 * STRIP, 0, 0)
        else:
            self._reading.setText(self._words)
            self._reading.setGeometry(strip)
            near = strip.adjusted(metrics.horizontalAdvance(self._words) + 2 * EDGE, 0, 0, 0)
        side = Qt.AlignmentFlag.AlignLeft if self._beside else Qt.AlignmentFlag.AlignRight
        self._near.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self._near.setText(metrics.elidedText(self._near_words, Qt.TextElideMode.ElideRight, max(0, near.width())))
        self._near.setGeometry(near)

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
        """What the words say about the place of the mouse."""
        return f"{self._words} {self._near_words}".strip()

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
            scale = Scale(short(sample.target_name), short_text(low), short_text(self._scale.middle), short_text(high))
        self._legend.show_entries(legend_entries(sample, len(usable), len(self._drawn)), scale)
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
        self._words = self._field_words() if inside else HINT
        self._near_words = self._point_words() if inside else ""
        self._show_words()

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


# Places and words ---------------------------------------------------------------------------------------------


def same_points(a: Sample, b: Sample) -> bool:
    """Whether two samples hold the very same arrays, so that nothing has to be drawn anew."""
    return a is b or (a.x is b.x and a.labels is b.labels and a.split is b.split and a[3:] == b[3:])


def grid_rect(n: int) -> QRectF:
    """Where an image of n × n lies so that the centres of its outermost pixels are at −6 and 6."""
    cell = 2 * EXTENT / (n - 1)
    return QRectF(-EXTENT - cell / 2, -EXTENT - cell / 2, 2 * EXTENT + cell, 2 * EXTENT + cell)


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
