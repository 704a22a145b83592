"""The plane of the two inputs: its axes, the visible part of it, and the mouse on it.

With the tool "look" the wheel zooms at the mouse, dragging moves, a double click shows the whole plane again. With
"edit" the plane only tells what the mouse does, in its own coordinates, and shows a brush.
"""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QGraphicsEllipseItem, QWidget

from playground.catalog.datasets.base import EXTENT, UNSCALED_AXES, AxisScale, AxisScales
from playground.experiment.quantity import round_step

from ...forms.edits import NOTCH, WheelSteps
from ...look import theme
from ...look.numbers import short_text
from ...look.theme import px
from ..chart.plot import colour_plot, keep_painted, pen, quiet_plot, set_ticks

PlaneTool: TypeAlias = Literal["look", "edit"]

_LEFT, BOTTOM, EDGE = 40, 18, 8
_LEFT_OF_COLUMNS = 52
"""Pixels around the square: for the axes, and the rest; the numbers of a table's columns need more."""
_NEAREST = 0.6
"""The side of the smallest visible part of the plane."""
_ZOOM = 1.25
"""The zoom of one notch of the wheel, or one key."""
_STEP = 0.15
"""The step of an arrow key, as a share of the visible part."""
_MOST_TICKS = 7
_WHOLE = QRectF(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)


class InputPlane(QObject):
    """A plot of the plane, with the mouse and the keyboard over it."""

    moved = Signal(QPointF)
    """The place of the mouse on the plane."""
    left = Signal()
    clicked = Signal(QPointF)
    double_clicked = Signal(QPointF)
    seen_changed = Signal()
    pressed = Signal(float, float, object, object)
    """With the tool "edit": x₁, x₂, the button, the modifiers."""
    dragged = Signal(float, float)
    released = Signal(float, float)
    wheeled = Signal(float, float, int)
    """x₁, x₂ and notches, up positive."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.plot = quiet_plot(parent)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setAccessibleName("Plane of the two inputs")
        self._scales: AxisScales = UNSCALED_AXES
        keep_painted(self.plot.getAxis("left"), self.plot.getAxis("bottom"))
        self.plot.getAxis("left").setWidth(self.axis_width)
        self.plot.getAxis("bottom").setHeight(px(BOTTOM))
        self.plot.getPlotItem().layout.setContentsMargins(0, px(EDGE), px(EDGE), 0)
        self.box = self.plot.getViewBox()
        self.tool: PlaneTool = "look"
        self.seen = _WHOLE
        """The part of the plane in sight, a square."""
        self.axis_names = ("", "")
        self._held: QPointF | None = None
        self._last = QPointF()
        self._button = Qt.MouseButton.NoButton
        self._panning = False
        self._wheel = WheelSteps()
        self._brush = QGraphicsEllipseItem()
        self._brush.setZValue(100)
        self._brush.hide()
        self._radius, self._brush_colour = 0.5, ""
        self.box.addItem(self._brush, ignoreBounds=True)
        self.plot.viewport().setMouseTracking(True)
        self.plot.viewport().installEventFilter(self)
        self._see(_WHOLE)

    def apply_theme(self, focused: bool) -> None:
        colour_plot(self.plot)
        self.show_focus(focused)
        self._dress_brush()

    def show_focus(self, focused: bool) -> None:
        self.box.setBorder(pen(theme.current().accent, 3.0) if focused else None)

    def frame(self) -> str:
        """The colour of the frame that shows the keyboard focus; empty without it."""
        return "" if self.box.border.style() == Qt.PenStyle.NoPen else str(self.box.border.color().name())

    def show_scales(self, scales: AxisScales) -> bool:
        """Number the axes in the units of the data; return whether that changes the room they take."""
        if scales == self._scales:
            return False
        before, self._scales = self.axis_width, scales
        self._number_axes()
        self.plot.getAxis("left").setWidth(self.axis_width)
        return self.axis_width != before

    @property
    def axis_width(self) -> int:
        """Pixels for the axis beside the square."""
        return px(_LEFT if self._scales == UNSCALED_AXES else _LEFT_OF_COLUMNS)

    def name_axes(self, names: tuple[str, str]) -> None:
        """Name the vertical axis; the name of the horizontal one stands in the line of words, where there is room."""
        self.axis_names = names
        axis = self.plot.getAxis("left")
        axis.setLabel(names[1])
        # It is placed only when the axis changes its size.
        axis.resizeEvent(None)

    def ticks(self) -> tuple[dict[float, str], dict[float, str]]:
        """The numbers along both axes, by place on the plane."""
        across, up = (dict(self._numbered(low, scale)) for low, scale in self._starts())
        return across, up

    def rect_in(self, view: QWidget) -> QRectF:
        """The place in a view of the visible part of the plane."""
        return self.box.sceneBoundingRect().translated(QPointF(self.plot.mapTo(view, QPoint(0, 0))))

    def values_at(self, place: QPointF) -> tuple[float, float]:
        """Convert a place to the units of the data."""
        first, second = self._scales
        return first.value(place.x()), second.value(place.y())

    @property
    def pixel(self) -> float:
        """The side of a pixel on the plane."""
        return self.seen.width() / max(1.0, self.box.width())

    @property
    def zoomed(self) -> bool:
        return self.seen.width() < _WHOLE.width()

    def look_at_whole(self) -> None:
        self._see(_WHOLE)

    def _zoom(self, factor: float, at: QPointF | None = None) -> None:
        """Magnify by a factor; the place `at`, by default the middle, stays where it is."""
        place = at or self.seen.center()
        side = max(self.seen.width() / factor, _NEAREST)
        if side > _WHOLE.width() * (1 - 1e-6):
            side = _WHOLE.width()
        share = side / self.seen.width()
        corner = place + (self.seen.topLeft() - place) * share
        self._see(QRectF(corner, QSizeF(side, side)))

    def pan(self, across: float, up: float) -> None:
        """Move right and up, in shares of the visible part."""
        self._see(self.seen.translated(across * self.seen.width(), up * self.seen.width()))

    def take_key(self, key: Qt.Key) -> bool:
        """Move by an arrow key, zoom by plus and minus, show all by Home; returns whether the key is one of these."""
        ways = {
            Qt.Key.Key_Left: (-_STEP, 0.0),
            Qt.Key.Key_Right: (_STEP, 0.0),
            Qt.Key.Key_Up: (0.0, _STEP),
            Qt.Key.Key_Down: (0.0, -_STEP),
        }
        if key in ways:
            self.pan(*ways[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self._zoom(_ZOOM)
        elif key == Qt.Key.Key_Minus:
            self._zoom(1 / _ZOOM)
        elif key == Qt.Key.Key_Home:
            self.look_at_whole()
        else:
            return False
        return True

    def bring_into_sight(self, place: QPointF) -> None:
        """Move so that a place can be seen, if it can't yet."""
        if not self.seen.contains(place):
            target = QRectF(self.seen)
            target.moveCenter(place)
            self._see(target)

    def _see(self, wanted: QRectF) -> None:
        """Show this square, moved so that nothing outside of the plane comes into sight."""
        side = wanted.width()
        seen = QRectF(
            min(max(wanted.left(), -EXTENT), EXTENT - side), min(max(wanted.top(), -EXTENT), EXTENT - side), side, side
        )
        self.seen = seen
        self.box.setRange(xRange=(seen.left(), seen.right()), yRange=(seen.top(), seen.bottom()), padding=0)
        self._number_axes()
        self.seen_changed.emit()

    def _number_axes(self) -> None:
        for name, (low, scale) in zip(("bottom", "left"), self._starts(), strict=True):
            ticks = self._numbered(low, scale)
            set_ticks(self.plot.getAxis(name), [place for place, _ in ticks], [text for _, text in ticks])

    def _starts(self) -> tuple[tuple[float, AxisScale], tuple[float, AxisScale]]:
        return (self.seen.left(), self._scales[0]), (self.seen.top(), self._scales[1])

    def _numbered(self, low: float, scale: AxisScale) -> list[tuple[float, str]]:
        values = _even_ticks(low, low + self.seen.width(), scale)
        return [(scale.place(value), short_text(value)) for value in values]

    def set_tool(self, tool: PlaneTool) -> None:
        """Choose the use of the mouse. A stroke under way ends."""
        if self.tool == "edit" and self._button != Qt.MouseButton.NoButton:
            self.released.emit(self._last.x(), self._last.y())
        self.tool = tool
        self._held, self._button, self._panning = None, Qt.MouseButton.NoButton, False
        self._show_cursor()
        self._brush.hide()

    def set_brush(self, radius: float, colour: str | None) -> None:
        """Set the radius of the brush on the plane, and its colour; None for one that belongs to no class."""
        self._radius, self._brush_colour = radius, colour or ""
        self._dress_brush()
        if self._brush.isVisible():
            self._move_brush(self._brush.rect().center())

    def brush_circle(self) -> QRectF | None:
        """The brush on the plane, if it is visible."""
        return self._brush.rect() if self._brush.isVisible() else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        mouse = {
            QEvent.Type.MouseMove: self._move,
            QEvent.Type.MouseButtonPress: self._press,
            QEvent.Type.MouseButtonRelease: self._release,
            QEvent.Type.MouseButtonDblClick: self._double_click,
        }
        if event.type() == QEvent.Type.Leave:
            self._leave()
        elif isinstance(event, QWheelEvent):
            return self._turn(event)
        elif isinstance(event, QMouseEvent) and event.type() in mouse:
            return mouse[event.type()](event)
        return False

    def _inside(self, event: QMouseEvent | QWheelEvent) -> bool:
        return self.box.sceneBoundingRect().contains(self.plot.mapToScene(event.position().toPoint()))

    def _place(self, event: QMouseEvent | QWheelEvent) -> QPointF:
        """The place of an event, moved onto the plane if it is beside it."""
        place = self.box.mapSceneToView(self.plot.mapToScene(event.position().toPoint()))
        return QPointF(*(min(max(value, -EXTENT), EXTENT) for value in (place.x(), place.y())))

    def _press(self, event: QMouseEvent) -> bool:
        if not self._inside(event) or self._button != Qt.MouseButton.NoButton:
            return True
        place = self._last = self._place(event)
        if self.tool == "edit":
            self._button = event.button()
            self.pressed.emit(place.x(), place.y(), event.button(), event.modifiers())
        elif event.button() == Qt.MouseButton.LeftButton:
            self._button, self._held = event.button(), event.position()
        return True

    def _move(self, event: QMouseEvent) -> bool:
        held = self._button != Qt.MouseButton.NoButton
        if held and self.tool == "edit":
            place = self._last = self._place(event)
            self.dragged.emit(place.x(), place.y())
        elif held:
            self._drag(event.position())
        if self._inside(event):
            place = self._place(event)
            self._move_brush(place)
            self.moved.emit(place)
        else:
            self._leave()
        return held

    def _drag(self, position: QPointF) -> None:
        assert self._held is not None
        way = position - self._held
        if not self._panning and way.manhattanLength() < QApplication.startDragDistance():
            return
        self._panning, self._held = True, position
        self._show_cursor()
        self._see(self.seen.translated(-way.x() * self.pixel, way.y() * self.pixel))

    def _release(self, event: QMouseEvent) -> bool:
        if event.button() != self._button:
            return True
        panned, place = self._panning, self._place(event)
        self._button, self._held, self._panning = Qt.MouseButton.NoButton, None, False
        self._show_cursor()
        if self.tool == "edit":
            self.released.emit(place.x(), place.y())
        elif not panned:
            self.clicked.emit(place)
        return True

    def _double_click(self, event: QMouseEvent) -> bool:
        if self.tool == "edit":
            # The second press of two quick ones: a brush draws with every one.
            return self._press(event)
        if self._inside(event) and event.button() == Qt.MouseButton.LeftButton:
            self.look_at_whole()
            self.double_clicked.emit(self._place(event))
        return True

    def _turn(self, event: QWheelEvent) -> bool:
        if not self._inside(event):
            return False
        place = self._place(event)
        if self.tool == "edit":
            steps = self._wheel.take(event)
            if steps:
                self.wheeled.emit(place.x(), place.y(), steps)
        else:
            self._zoom(_ZOOM ** (event.angleDelta().y() / NOTCH), place)
        event.accept()
        return True

    def _leave(self) -> None:
        self._brush.hide()
        self.left.emit()

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.ClosedHandCursor if self._panning else Qt.CursorShape.ArrowCursor
        self.plot.viewport().setCursor(Qt.CursorShape.CrossCursor if self.tool == "edit" else shape)

    def _move_brush(self, place: QPointF) -> None:
        if self.tool == "edit":
            size = 2 * self._radius
            self._brush.setRect(place.x() - self._radius, place.y() - self._radius, size, size)
            self._brush.show()

    def _dress_brush(self) -> None:
        inside = QColor(self._brush_colour or theme.current().text)
        self._brush.setPen(pen(inside.name(), 1.5))
        inside.setAlpha(50 if self._brush_colour else 20)
        self._brush.setBrush(inside)


def _even_ticks(low: float, high: float, scale: AxisScale = UNSCALED_AXES[0]) -> list[float]:
    """Round numbers, not too many, between two ends of an axis, in the units of the data."""
    if not scale.factor:
        return [scale.offset]
    low, high = scale.value(low), scale.value(high)
    step = round_step((high - low) / _MOST_TICKS)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]
