"""What charts share: quiet plots with ticks and colours, the mouse over them, painted widgets and painted words.

Nothing here knows a snapshot. Ticks of plots are set by hand, because limits and texts have to stay put while training
runs.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QApplication, QLabel, QSizePolicy, QWidget

from playground.catalog.choice import Array

from ...forms.buttons import identify
from ...look import theme
from ...look.theme import exact_px, px
from ..view import SizedWidget

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


def small_font() -> QFont:
    """The font of axes, legends and numbers: the system's, small, with digits of equal width."""
    result = theme.tabular(QApplication.font())
    result.setPixelSize(px(theme.SMALL))
    return result


def style_words(label: QLabel, colour: str) -> None:
    """Write a label small and in `colour`."""
    style = f"font-size: {px(theme.SMALL)}px; color: {colour};"
    if label.styleSheet() != style:
        label.setFont(small_font())
        label.setStyleSheet(style)


class PaintedChart(SizedWidget):
    """A chart that paints itself in the small font and takes all the room it can get."""

    def __init__(self, name: str, spoken: str, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, name, spoken)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.pointed: tuple | None = None
        """The part under the mouse, which stands out."""
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
            self._be_at(self.place_of(event.position()))
        return False

    def place_of(self, position: QPointF) -> QPointF | None:
        """Convert a position on the widget to a place of the picture; None beside it."""
        return position

    def _be_at(self, place: QPointF | None) -> None:
        if place is not None or self.place is not None:
            self.place = place
            self.moved.emit()


class PlotMouse(Mouse):
    """The place of the mouse between the axes of a plot, in the plot's coordinates."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot.viewport())
        self._plot = plot

    def place_of(self, position: QPointF) -> QPointF | None:
        scene, box = self._plot.mapToScene(position.toPoint()), self._plot.getViewBox()
        return box.mapSceneToView(scene) if box.sceneBoundingRect().contains(scene) else None


class Cursor(pg.InfiniteLine):
    """The vertical line of a plot at the hovered place."""

    def __init__(self) -> None:
        super().__init__(angle=90, movable=False)
        self.hide()

    def show_at(self, x: float | None) -> None:
        if x is not None:
            self.setValue(x)
        self.setVisible(x is not None)

    def apply_theme(self) -> None:
        self.setPen(pen(theme.current().quiet))


def pen(colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen of this width at zoom 1, the same at any scale of a plot."""
    app = QApplication.instance()
    # Qt counts the width of such a pen in pixels of the screen.
    ratio = app.devicePixelRatio() if isinstance(app, QApplication) else 1.0
    result = QPen(QColor(colour), exact_px(width) * ratio, style)
    result.setCosmetic(True)
    return result


def quiet_plot(parent: QWidget | None = None) -> pg.PlotWidget:
    """A plot without menu, buttons, mouse zoom or automatic ranges; its owner sets its limits."""
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


def show_bottom_axis(plot: pg.PlotWidget, title: str) -> None:
    """Give a plot numbers and a title below, clear of the lowest number at its left."""
    axis = plot.getAxis("bottom")
    axis.setStyle(tickTextOffset=px(6))
    axis.setHeight(px(36))
    axis.setLabel(title)


def title_axis(axis: pg.AxisItem, text: str) -> None:
    """Write `text`, cut if it is too long, in the middle below an axis."""
    room = max(px(60), int(axis.width()) - px(16))
    shown = QFontMetrics(small_font()).elidedText(text, Qt.TextElideMode.ElideRight, room)
    axis.setLabel(html.escape(shown))
    # It is put in the middle only when the axis changes its size.
    axis.resizeEvent(None)


def set_ticks(axis: pg.AxisItem, values: Sequence[float], texts: Sequence[str]) -> None:
    """Put exactly these ticks on an axis."""
    axis.setTicks([list(zip(values, texts, strict=True))])


def item_points(item: pg.PlotCurveItem | pg.ScatterPlotItem) -> Array:
    """The points of a curve or of marks, shape (points, 2); none while they are hidden."""
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


def write_centred(painter: QPainter, x: float, top: float, text: str, low: float, high: float) -> None:
    """Write `text` with its middle at `x`, moved inwards where it would leave low…high."""
    metrics = painter.fontMetrics()
    width = metrics.horizontalAdvance(text) + px(2)
    left = min(max(x - width / 2, low), high - width)
    painter.drawText(QRectF(left, top, width, metrics.height()), CENTRE, text)
