"""The network's drawing on the screen, with the mouse and the keyboard over it: one widget, no item per unit or wire.

It draws what it is given and tells what a person points at, clicks, and selects; what that means is for the view to
say.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from playground.catalog.choice import Array

from ...forms.buttons import identify, wrapping
from ...forms.edits import WheelSteps
from ...guard.faults import guarded
from ...look import theme
from ...look.beat import Throttle
from ..view import SizedWidget
from .diagram import HEADER, INPUTS, SMALLEST, Hit, NetworkStructure, TileColumn
from .drawing import FADE, Drawing
from .inputs import InputsButton
from .strokes import Carried

_SLACK = 5
"""The largest movement in pixels between press and release of a click."""
_WHEEL_PIXELS = 48
_TOOLTIP_DROP = 12
"""How far below its place Qt shows a tooltip, which leaves room for the pointer."""
_WIRE_INTERVAL = 40
"""Milliseconds between two pictures of the wires: their looks change little from frame to frame, and cost the most."""
_BRIEF = (
    Qt.FocusReason.PopupFocusReason,
    Qt.FocusReason.MenuBarFocusReason,
    Qt.FocusReason.ActiveWindowFocusReason,
)
"""Why the keyboard leaves for a while."""
_KEYS = {
    Qt.Key.Key_Return: "edit",
    Qt.Key.Key_Enter: "edit",
    Qt.Key.Key_Minus: "fewer",
    Qt.Key.Key_Plus: "more",
    Qt.Key.Key_Equal: "more",
    Qt.Key.Key_Insert: "insert",
    Qt.Key.Key_F2: "open",
}


class NetworkCanvas(SizedWidget):
    """The drawing, the mouse and the keyboard over it."""

    SIZE, LEAST = (420, 440), (240, HEADER + 4 * SMALLEST)

    rearranged = Signal()
    """Other tiles or wires are visible than before."""
    pointed = Signal(object)
    """The hit under the mouse; None over empty space."""
    clicked = Signal(object)
    double_clicked = Signal(object)
    selected = Signal(object)
    """The (place, unit) that the keyboard is at; None for none, as when the keyboard goes elsewhere."""
    key_asked = Signal(str)
    """edit, fewer, more, insert or open, for what is selected."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, "network.diagram", "Diagram of the network")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.drawing = Drawing()
        self.inputs = InputsButton(self)
        self.hit: Hit | None = None
        self.kept: Hit | None = None
        """The part that stands out while the mouse points at nothing, because it is being edited."""
        self.selection: tuple[int, int] | None = None
        self._tooltip = ""
        self._explains = False
        """Whether the tooltip is shown."""
        self._pressed: tuple[QPointF, float, Hit | None] | None = None
        self._panning = self._scrubbing = False
        self._wheel = WheelSteps()
        self._sort = Throttle(self._sort_wires, self, _WIRE_INTERVAL)

    def apply_theme(self) -> None:
        self.drawing.apply_theme()
        self._fit()
        self.update()

    def show_structure(self, structure: NetworkStructure) -> None:
        if structure == self.drawing.structure:
            return
        self.hit = None
        self.drawing.show_structure(structure)
        if self.selection is not None:
            place = min(self.selection[0], structure.output)
            self.select((place, min(self.selection[1], structure.units(place) - 1)))
        self.inputs.show_features(structure.features)
        self._rewired()

    def show_values(self, wires: Array, biases: dict[int, Array], carried: Carried, largest: float) -> None:
        """Show the values of wires, in the order of `drawing.wires`, and the visible biases.

        Values of another kind or of other wires are drawn at once, others at the next beat, or now if that is not to
        come: nothing is painted twice then, and nothing that looks the same.
        """
        before = self.drawing.bias_colours
        self._sort.request(at_once=self.drawing.show_values(wires, biases, carried, largest), if_rested=True)
        if self.drawing.bias_colours != before:
            self.update()

    def _sort_wires(self) -> None:
        if self.drawing.sort():
            self.update()

    def _rewired(self) -> None:
        self._place_inputs()
        self.rearranged.emit()
        self.update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.drawing.ratio != self.devicePixelRatioF():
            self.drawing.resize(QSizeF(self.size()), self.devicePixelRatioF())
            self.rearranged.emit()
        with QPainter(self) as painter:
            self.drawing.paint(painter, self.looked_at, self._unit_in_focus())
            if self.selection is not None:
                self.drawing.paint_selection(painter, self.selection, self.hasFocus())
            self.drawing.paint_ends(painter)

    def _unit_in_focus(self) -> tuple[int, int] | None:
        hit = self.looked_at
        if hit is not None and hit.kind in ("unit", "feature"):
            return hit.place, hit.unit
        return self.selection if self.hasFocus() and hit is None else None

    def pan(self, offset: float) -> None:
        """Move the drawing so that the widget begins at `offset`."""
        if self.drawing.pan(offset):
            self._rewired()
        self._place_inputs()
        self.update()

    def _place_inputs(self) -> None:
        """Put the button for inputs below those that are drawn."""
        columns = self.drawing.diagram.columns
        if columns:
            spot = columns[0].other_inputs().translated(-self.drawing.offset, 0)
            zoom = theme.zoom()
            self.inputs.setGeometry(QRectF(spot.topLeft() * zoom, spot.size() * zoom).toAlignedRect())
        self.inputs.setVisible(bool(columns))

    def page(self, place: int, by: int) -> None:
        """Show other tiles of a folded column, `by` further down."""
        if self.drawing.page(place, by):
            self._rewired()

    def turn_page(self, place: int) -> None:
        """Show the next tiles of a column; after the last ones come the first."""
        column = self.drawing.diagram.column(place)
        self.page(place, column.shown if column.first < column.folded else -column.units)

    def reveal(self, place: int, unit: int) -> None:
        """Bring a tile into sight."""
        column = self.drawing.diagram.column(place)
        if unit not in column.seen:
            self.page(place, unit - column.first if unit < column.first else unit - column.seen[-1])
        margin = column.tile / 2 + 2 * FADE
        self.pan(min(max(self.drawing.offset, column.x + margin - self.drawing.size.width()), column.x - margin))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        self.drawing.resize(QSizeF(self.size()), self.devicePixelRatioF())
        self._rewired()

    @property
    def looked_at(self) -> Hit | None:
        return self.hit or self.kept

    def keep(self, hit: Hit | None) -> None:
        """Keep a part highlighted whenever the mouse points at nothing."""
        self.kept = hit
        self.update()

    def point_at(self, hit: Hit | None) -> None:
        """Mark the part under the mouse."""
        if hit != self.hit:
            self.hit = hit
            self._hide_tooltip()
            hand = hit is not None and hit.kind != "header"
            self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self.pointed.emit(hit)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        at = _in_drawing(event)
        if self.drawing.overflows and at.y() >= self.drawing.strip().top() - 2:
            self._scrubbing = True
            self._scrub(at.x())
        else:
            self._pressed = at, self.drawing.offset, self.drawing.hit_at(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = _in_drawing(event)
        if self._scrubbing:
            self._scrub(at.x())
        elif self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            start, offset, _ = self._pressed
            if self.drawing.overflows and (self._panning or abs(at.x() - start.x()) > _SLACK):
                self._panning = True
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self.pan(offset + start.x() - at.x())
        else:
            self.point_at(self.drawing.hit_at(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, panned = self._pressed, self._panning or self._scrubbing
        self._pressed, self._panning, self._scrubbing = None, False, False
        if event.button() != Qt.MouseButton.LeftButton:
            return
        hit = self.drawing.hit_at(_in_drawing(event))
        if panned:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        elif pressed is not None and hit is not None and hit == pressed[2]:
            self.clicked.emit(hit)
        self.point_at(self.drawing.hit_at(_in_drawing(event)))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        hit = self.drawing.hit_at(_in_drawing(event))
        if event.button() == Qt.MouseButton.LeftButton and hit is not None and hit.kind == "header":
            self.double_clicked.emit(hit)
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self.point_at(None)

    def _scrub(self, x: float) -> None:
        strip = self.drawing.strip()
        self.pan((x - strip.left()) / strip.width() * self.drawing.diagram.width - self.drawing.size.width() / 2)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn, shifted = event.angleDelta(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        column = self._folded_at(_in_drawing(event)) if turn.y() and not shifted else None
        if column is not None:
            steps = self._wheel.take(event)
            if steps:
                self.page(column.place, -steps * max(1, column.shown // 3))
            event.accept()
        elif self.drawing.overflows:
            self.pan(self.drawing.offset - (turn.x() or turn.y()) / 120 * _WHEEL_PIXELS)
            event.accept()
        else:
            event.ignore()
        self.point_at(self.drawing.hit_at(_in_drawing(event)))

    def _folded_at(self, at: QPointF) -> TileColumn | None:
        x = at.x() + self.drawing.offset
        near = (c for c in self.drawing.diagram.columns if c.folded and abs(x - c.x) <= max(c.room, c.tile) / 2)
        return next(near, None)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._hide_tooltip()
            if self._tooltip:
                self._explains = True
                self._show_tooltip()
            return True
        return super().event(event)

    def _show_tooltip(self) -> None:
        """Show the tooltip on the line below, so that it covers no unit and no wire."""
        below = self.mapToGlobal(self.rect().bottomLeft())
        QToolTip.showText(below - QPoint(0, theme.px(_TOOLTIP_DROP)), wrapping(self._tooltip), self)

    def explain(self, words: str) -> None:
        """Set the text of the tooltip, empty for none; an open one is updated."""
        if words != self._tooltip:
            self._tooltip = words
            if self._explains and QToolTip.isVisible():
                self._show_tooltip()

    def _hide_tooltip(self) -> None:
        if self._explains:
            self._explains = False
            QToolTip.hideText()

    def select(self, chosen: tuple[int, int] | None) -> None:
        """Move the selection to a unit, or to an input at place −1."""
        if chosen != self.selection:
            self.selection = chosen
            self.selected.emit(chosen)
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and self.selection is not None:
            self.selected.emit(self.selection)
        elif by_key and self.drawing.structure.layers:
            self._go(0, self.drawing.diagram.column(0).first)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() not in _BRIEF and self.selection is not None and self.hit is None:
            # Where the keyboard only passes by, nothing goes on showing the unit; it comes back with the keyboard.
            self.selected.emit(None)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.modifiers() & others or not self.drawing.structure.layers:
            event.ignore()
        elif self.selection is None:
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
                self._go(0, self.drawing.diagram.column(0).first)
            else:
                event.ignore()
        elif key in _KEYS:
            self.key_asked.emit(_KEYS[key])
        elif key == Qt.Key.Key_Escape:
            self.select(None)
        elif not self._walk(*self.selection, key):
            event.ignore()

    def _walk(self, place: int, unit: int, key: Qt.Key) -> bool:
        page, last = max(1, self.drawing.diagram.column(place).shown), self.drawing.structure.output
        down = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        across = {Qt.Key.Key_Left: place - 1, Qt.Key.Key_Right: place + 1, Qt.Key.Key_Home: INPUTS,
                  Qt.Key.Key_End: last}  # fmt: skip
        if key in down:
            self._go(place, unit + down[key])
        elif key in across:
            self._cross(place, unit, min(max(across[key], INPUTS), last))
        return key in down or key in across

    def _cross(self, place: int, unit: int, to: int) -> None:
        """Select the unit of another column that is nearest in height."""
        before, column = (self.drawing.diagram.column(k) for k in (place, to))
        if place != to:
            height = before.rect(min(max(unit, before.first), before.seen[-1])).center().y()
            self._go(to, column.first + int(np.argmin(np.abs(column.middles() - height))))

    def _go(self, place: int, unit: int) -> None:
        unit = min(max(unit, 0), self.drawing.structure.units(place) - 1)
        self.reveal(place, unit)
        self.select((place, unit))


def _in_drawing(event: QMouseEvent | QWheelEvent) -> QPointF:
    """The place of an event on the drawing, which is scaled as a whole."""
    return event.position() / theme.zoom()
