"""Parts shared by charts: boxes between axes with numbers and curves, painted widgets and words, the mouse.

Nothing here knows a snapshot. The plane is a plot of pyqtgraph, whose ticks are set by hand, because limits and texts
have to stay put while training runs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QApplication, QGraphicsItem, QLabel, QSizePolicy, QWidget

from playground.catalog.choice import Array

from ...forms.buttons import identify
from ...look import theme
from ...look.theme import exact_px, px
from ..view import SizedWidget
from .axes import AmountAxis, ChartAxis
from .focus_ring import FocusRing

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


def small_font() -> QFont:
    """Return the font of axes, legends and numbers: the system's, small, with digits of equal width."""
    result = theme.tabular(QApplication.font())
    result.setPixelSize(px(theme.SMALL))
    return result


def style_words(label: QLabel, colour: str) -> None:
    """Set a label in the small font and in `colour`."""
    style = f"font-size: {px(theme.SMALL)}px; color: {colour};"
    if label.styleSheet() != style:
        label.setFont(small_font())
        label.setStyleSheet(style)


class PaintedChart(SizedWidget):
    """The base of charts that paint themselves, in the small font and as large as there is room."""

    def __init__(self, name: str, spoken: str, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, name, spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.pointed: tuple | None = None
        """The part under the mouse, which stands out."""
        self.ring = FocusRing(self)
        self.apply_theme()

    def show_pointed(self, pointed: tuple | None) -> None:
        if pointed != self.pointed:
            self.pointed = pointed
            self.update()

    def apply_theme(self) -> None:
        """Take the font and the colours from the current theme."""
        self.small = small_font()
        self.metrics = QFontMetrics(self.small)
        self.update()


class Mouse(QObject):
    """The place of the mouse over a widget."""

    moved = Signal()
    """It has moved over the widget, or left it."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.place: QPointF | None = None
        """The position of the mouse; None while it is elsewhere."""
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._be_at(None)
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._be_at(event.position())
        return False

    def _be_at(self, place: QPointF | None) -> None:
        if place is not None or self.place is not None:
            self.place = place
            self.moved.emit()


def line_path(x: Array, y: Array, ends: Sequence[int] = ()) -> QPainterPath:
    """Return a curve through pixels, all finite, with breaks after the numbers of points in `ends`."""
    if not len(x):
        return QPainterPath()
    connect: Array | str = "all"
    if len(ends):
        connect = np.ones(len(x), np.int32)
        connect[np.asarray(ends, int) - 1] = 0
    return pg.functions.arrayToQPath(x, y, connect=connect, finiteCheck=False)


LOG_SCALE = "log scale"
_NAMED_FROM = 34
"""The height in pixels from which a chart has room to say that its axis is logarithmic."""
_HEADROOM = 3
"""Pixels between the upper end of an axis and that of its box."""


class ChartBox(NamedTuple):
    """A rectangle of a picture between two axes."""

    rect: QRectF
    across: ChartAxis
    up: ChartAxis

    def x(self, places: Array) -> Array:
        """Convert places on the horizontal axis to pixels."""
        result: Array = self.rect.left() + self.across.shares(places) * self.rect.width()
        return result

    def y(self, places: Array) -> Array:
        """Convert places on the vertical axis to pixels; a curve along the upper end shows its whole width."""
        result: Array = self.rect.bottom() - self.up.shares(places) * (self.rect.height() - px(_HEADROOM))
        return result

    def place(self, x: float) -> float:
        """Convert a pixel to a place on the horizontal axis."""
        share = (x - self.rect.left()) / max(1.0, self.rect.width())
        return self.across.low + share * (self.across.high - self.across.low)

    def path(self, x: Array, y: Array, ends: Sequence[int] = ()) -> QPainterPath:
        """Return a curve through places on both axes, with breaks after the numbers of points in `ends`."""
        return line_path(self.x(x), self.y(y), ends)

    def paint_numbers_at_left(self, painter: QPainter, room: float, *, names_scale: bool = True) -> None:
        """Paint as many numbers of the vertical axis as fit, with hairlines, and whether it is logarithmic."""
        rect, high = self.rect, painter.fontMetrics().height()
        look = theme.current()
        # All on one line if there is room for one only.
        places, texts = self.up.ticks(max(2, int(rect.height() / high / 1.6)))
        if rect.height() < 1.6 * high:
            places, texts = places[-1:], texts[-1:]
        for y, text in zip(self.y(np.array(places)).tolist(), texts, strict=True):
            painter.setPen(pen(look.line))
            painter.drawLine(QPointF(rect.left(), round(y)), QPointF(rect.right(), round(y)))
            middle = min(max(y, rect.top() + high / 2 - px(3)), rect.bottom() - high / 2 + px(3))
            box = QRectF(rect.left() - room, middle - high / 2, room - px(6), high)
            write(painter, box, RIGHT, text, look.quiet)
        if names_scale and self.is_logarithmic:
            # Curves that fall leave this corner free.
            write(painter, self.corners(painter.fontMetrics())[0], LEFT, LOG_SCALE, look.quiet)

    @property
    def is_logarithmic(self) -> bool:
        """Whether the vertical axis is logarithmic, and has room to say so; such an axis may change by itself."""
        return isinstance(self.up, AmountAxis) and self.up.logarithmic and self.rect.height() >= px(_NAMED_FROM)

    def corners(self, metrics: QFontMetrics) -> tuple[QRectF, ...]:
        """Return the places in the corners where the name of the scale has room, the lower left one first."""
        rect, wide, high = self.rect, metrics.horizontalAdvance(LOG_SCALE) + px(2), metrics.height()
        left, right = rect.left() + px(4), rect.right() - px(4) - wide
        low, up = rect.bottom() - high - px(1), rect.top() + px(1)
        return tuple(QRectF(x, y, wide, high) for y in (low, up) for x in (left, right))

    def paint_numbers_below(self, painter: QPainter, apart: int = 64, taken: tuple[float, float] | None = None) -> None:
        """Paint the numbers of the horizontal axis, with short ticks, at least `apart` pixels apart.

        A number that would stand on the pixels `taken`, from the first to the second, or touch the one before it is
        left out.
        """
        rect, look, end = self.rect, theme.current(), -math.inf
        places, texts = self.across.ticks(max(2, int(rect.width() // px(apart))))
        for x, text in zip(self.x(np.array(places)).tolist(), texts, strict=True):
            painter.setPen(pen(look.line))
            painter.drawLine(QPointF(round(x), rect.bottom()), QPointF(round(x), rect.bottom() + px(3)))
            span = centred_span(painter.fontMetrics(), x, text, rect.left() - px(8), rect.right() + px(8))
            is_free = taken is None or span[1] <= taken[0] or span[0] >= taken[1]
            if is_free and span[0] >= end + px(4):
                end = span[1]
                painter.setPen(QColor(look.quiet))
                write_centred(painter, x, rect.bottom() + px(3), text, rect.left() - px(8), rect.right() + px(8))


def pen(colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """Return a pen of this width in pixels at zoom 1, whatever the scale of a plot."""
    app = QApplication.instance()
    # Qt counts the width of such a pen in pixels of the screen.
    ratio = app.devicePixelRatio() if isinstance(app, QApplication) else 1.0
    return QPen(_pen(colour, exact_px(width) * ratio, style))


@lru_cache(maxsize=256)
def _pen(colour: str, width: float, style: Qt.PenStyle) -> QPen:
    result = QPen(QColor(colour), width, style)
    result.setCosmetic(True)
    return result


def quiet_plot(parent: QWidget | None = None) -> pg.PlotWidget:
    """Make a plot without menu, buttons, mouse zoom or automatic ranges; its owner sets its limits."""
    plot = pg.PlotWidget(parent, enableMenu=False)
    plot.hideButtons()
    plot.setFrameShape(plot.Shape.NoFrame)
    item = plot.getPlotItem()
    # The menu is made anyway; without a parent it, and all that it refers to, would outlive the plot.
    item.ctrlMenu.setParent(plot, item.ctrlMenu.windowFlags())
    item.layout.setContentsMargins(0, 0, 0, 0)
    item.layout.setSpacing(0)
    box = plot.getViewBox()
    box.setMouseEnabled(False, False)
    box.disableAutoRange()
    box.setDefaultPadding(0)
    for side in ("left", "bottom"):
        plot.getAxis(side).enableAutoSIPrefix(False)
        plot.getAxis(side).setStyle(
            tickLength=0, autoExpandTextSpace=False, autoReduceTextSpace=False, hideOverlappingLabels=px(24)
        )
    return plot


def colour_plot(plot: pg.PlotWidget) -> None:
    """Give a plot the colours and the font of the current theme."""
    look, font = theme.current(), small_font()
    plot.setBackground(look.surface)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(pen(look.line))
        axis.setTextPen(look.quiet)
        axis.setTickFont(font)
        axis.setLabel(axis.labelText, **{"color": look.quiet, "font-size": f"{px(theme.SMALL)}px"})
        # It is placed only when the axis changes its size.
        axis.resizeEvent(None)


def keep_painted(*items: QGraphicsItem) -> None:
    """Keep the pictures of items that seldom change, beside what changes with every frame."""
    for item in items:
        item.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)


def set_ticks(axis: pg.AxisItem, values: Sequence[float], texts: Sequence[str]) -> None:
    """Put exactly these ticks on an axis."""
    axis.setTicks([list(zip(values, texts, strict=True))])


def item_points(item: pg.PlotCurveItem | pg.ScatterPlotItem) -> Array:
    """Return the points of a curve or of marks, shape (points, 2); none while they are hidden."""
    x, y = item.getData()
    return np.zeros((0, 2)) if x is None or not item.isVisible() else np.stack([x, y], axis=1)


def write(painter: QPainter, box: QRectF, align: Qt.AlignmentFlag, text: str, colour: str) -> None:
    """Write `text` into a box in a colour."""
    painter.setPen(QColor(colour))
    painter.drawText(box, align, text)


def paint_box(
    painter: QPainter, box: QRectF, corner: float, fill: QColor | QBrush | None = None, line: QPen | None = None
) -> None:
    """Paint a box with round corners, filled, outlined, or both."""
    painter.setPen(Qt.PenStyle.NoPen if line is None else line)
    painter.setBrush(Qt.BrushStyle.NoBrush if fill is None else fill)
    painter.drawRoundedRect(box, corner, corner)


def centred_span(metrics: QFontMetrics, x: float, text: str, low: float, high: float) -> tuple[float, float]:
    """Return where a text begins and ends with its middle at `x`, moved inwards where it would leave low…high."""
    width = metrics.horizontalAdvance(text) + px(2)
    left = min(max(x - width / 2, low), high - width)
    return left, left + width


def write_centred(painter: QPainter, x: float, top: float, text: str, low: float, high: float) -> None:
    """Write `text` with its middle at `x`, moved inwards where it would leave low…high."""
    metrics = painter.fontMetrics()
    left, right = centred_span(metrics, x, text, low, high)
    painter.drawText(QRectF(left, top, right - left, metrics.height()), CENTRE, text)
