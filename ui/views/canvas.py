"""The painted part of the network's picture: one widget, no item per unit or wire.

It draws what it is given and tells what a person points at, clicks, and selects; what that means is for the view to
say. Two pictures are kept between frames: the still parts (headers, inputs) and the wires. A frame redraws the wires
only if one of them looks different, and copies all maps from one image.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from playground.catalog.choice import Array
from playground.snapshot import UnitStates
from ui import theme
from ui.faults import guarded
from ui.inputs import WheelSteps
from ui.views import tiles
from ui.views.diagram import (
    HEADER,
    INPUTS,
    NO_WIRES,
    SMALLEST,
    Column,
    Diagram,
    Hit,
    Structure,
    Wires,
    arranged,
    hit_column,
    nearest_wire,
    wires_between,
)
from ui.views.plotting import Throttle
from ui.views.strokes import Carried, Pens, Strokes, value_colours
from ui.views.thumbnails import Atlas

OVERVIEW, OVERVIEW_GAP = 22, 6
FADE = 18
SLACK = 5
"""Pixels that a mouse may move between press and release of a click."""
WHEEL_PIXELS = 48
WIRE_INTERVAL = 40
"""Milliseconds between two pictures of the wires: their looks change little from frame to frame, and cost the most."""
FADED = 0.22
"""How strong the other wires are while those of one unit stand out."""


class NetworkCanvas(QWidget):
    """The drawing, the mouse and the keyboard over it."""

    rearranged = Signal()
    """Other tiles or wires are seen than before."""
    pointed = Signal(object)
    """The Hit under the mouse; None beside everything."""
    clicked = Signal(object)
    double_clicked = Signal(object)
    selected = Signal(object)
    """The (place, unit) that the keyboard is at; None for none."""
    key_asked = Signal(str)
    """edit, fewer, more, insert or open, for what is selected."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("network.diagram")
        self.setAccessibleName("Diagram of the network")
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.structure, self.diagram = Structure(), Diagram()
        self.offset = 0.0
        """How far the drawing is moved to the left."""
        self.wires: Wires = NO_WIRES
        self.strokes = Strokes(NO_WIRES, np.zeros(0, bool), 1.0)
        self._firsts: dict[int, int] = {}
        self._places = range(0)
        self._clear()
        self.hit: Hit | None = None
        """What the mouse points at."""
        self.kept: Hit | None = None
        """What stands out while the mouse points at nothing, because it is being edited."""
        self.selection: tuple[int, int] | None = None
        self._pressed: tuple[QPointF, float, Hit | None] | None = None
        self._panning = self._scrubbing = False
        self._wheel = WheelSteps()
        self.tooltip = ""
        self._values: Array = np.zeros(0)
        self._sort = Throttle(self._sort_wires, self, WIRE_INTERVAL)
        self.apply_theme()

    def _clear(self) -> None:
        """Forget all that belongs to a network."""
        self._atlas: Atlas | None = None
        self._tiles: Mapping[tuple[int, int], int] = {}
        self._bias_colours: dict[int, list[int]] = {}
        self._states: dict[int, UnitStates] = {}

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(420, 440)

    def minimumSizeHint(self) -> QSize:
        """A few tiles."""
        return QSize(240, HEADER + 4 * SMALLEST)

    # What it shows ---------------------------------------------------------------------------------------------

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        self._look = theme.current()
        self._pens = Pens("weights")
        self._largest = 1.0
        self._still: QPixmap | None = None
        self._wired: QPixmap | None = None
        self.update()

    def show_structure(self, structure: Structure) -> None:
        """Draw another network; what was known of units by their place is kept until it is told anew."""
        if structure == self.structure:
            return
        self.structure = structure
        self._firsts = {place: first for place, first in self._firsts.items() if place < len(structure.layers)}
        self._clear()
        if self.selection is not None:
            place = min(self.selection[0], structure.output)
            self.select((place, min(self.selection[1], structure.units(place) - 1)))
        self.arrange()

    def show_maps(self, places: Mapping[tuple[int, int], int], colours: Array | None) -> None:
        """The maps of units: packed colours (maps, n, n), and where that of each unit is."""
        self._tiles = places
        self._atlas = Atlas(colours) if colours is not None else None
        self.update()

    def show_values(self, wires: Array, biases: dict[int, Array], carried: Carried, largest: float) -> None:
        """What the wires carry, one number each in the order of `wires`, and the biases that are seen.

        Numbers of another kind or of other wires are drawn at once, others when their time has come.
        """
        at_once = carried != self._pens.carried or len(wires) != len(self._values)
        if carried != self._pens.carried:
            self._pens = Pens(carried)
        self._largest, self._values = largest, wires
        if at_once:
            self._sort.now()
        else:
            self._sort.request()
        self._bias_colours = {place: value_colours(vector, largest, self._pens) for place, vector in biases.items()}
        self.update()

    def _sort_wires(self) -> None:
        if len(self._values) == len(self.strokes.dashed) and self.strokes.show(self._values, self._largest, self._pens):
            self._wired = None
            self.update()

    def show_states(self, states: dict[int, UnitStates]) -> None:
        """Which units of each layer are dead or dropped."""
        self._states = states
        self.update()

    # Places ----------------------------------------------------------------------------------------------------

    @property
    def overflows(self) -> bool:
        """Whether the drawing is wider than the widget."""
        return self.diagram.width > self.width() + 0.5

    def arrange(self) -> None:
        """Place everything anew."""
        self.diagram = arranged(self.structure, self.width(), self.height(), self._firsts)
        if self.overflows:
            height = self.height() - OVERVIEW - OVERVIEW_GAP
            self.diagram = arranged(self.structure, self.width(), height, self._firsts)
        self._firsts = {column.place: column.first for column in self.diagram.columns}
        self.offset = self._held(self.offset)
        self._places = range(0)
        self._rewire()

    def _held(self, offset: float) -> float:
        return float(round(min(max(offset, 0.0), max(0.0, self.diagram.width - self.width()))))

    def _rewire(self) -> None:
        """Wire up the columns that are in sight."""
        self._still = None
        places = self._places_in_sight()
        if places != self._places or not len(places):
            self._places = places
            self.wires = wires_between(self.structure, self.diagram, places)
            muted = np.array([layer.muted for layer in self.structure.layers], dtype=bool)
            dashed = muted[self.wires.layer] if len(self.wires.layer) else np.zeros(0, bool)
            self.strokes = Strokes(self.wires, dashed, self.devicePixelRatioF())
            self._values = np.full(len(dashed), np.nan)
            self._sort.now()
            self.rearranged.emit()
            self._sort.now()
        self._wired = None
        self.update()

    def _places_in_sight(self) -> range:
        """The layers whose tiles or incoming wires are in sight."""
        columns = self.diagram.columns
        low, high = self.offset, self.offset + self.width()
        seen = [
            right.place
            for left, right in zip(columns, columns[1:], strict=False)
            if right.x + right.tile / 2 + 4 >= low and left.x - left.tile / 2 <= high
        ]
        return range(seen[0], seen[-1] + 1) if seen else range(0)

    def columns_in_sight(self) -> list[Column]:
        """The columns of layers whose maps are seen, or will be after a small move."""
        first = max(0, self._places.start - 1) if len(self._places) else 0
        return [column for column in self.diagram.columns if first <= column.place < self._places.stop]

    def pan(self, offset: float) -> None:
        """Move the drawing so that it begins `offset` pixels left of the widget."""
        held = self._held(offset)
        if held != self.offset:
            self.offset = held
            self._rewire()

    def page(self, place: int, by: int) -> None:
        """Show other tiles of a column that is folded, `by` further down."""
        column = self.diagram.column(place)
        first = min(max(column.first + by, 0), column.folded)
        if first != column.first:
            self._firsts[place] = first
            self.arrange()

    def turn_page(self, place: int) -> None:
        """Show the next tiles of a column, after the last ones the first."""
        column = self.diagram.column(place)
        self.page(place, column.shown if column.first < column.folded else -column.units)

    def reveal(self, place: int, unit: int) -> None:
        """Bring a tile into sight."""
        column = self.diagram.column(place)
        if unit not in column.seen:
            self.page(place, unit - column.first if unit < column.first else unit - column.seen[-1])
        margin = column.tile / 2 + 2 * FADE
        self.pan(min(max(self.offset, column.x + margin - self.width()), column.x - margin))

    def rect(self, place: int, unit: int) -> QRectF:
        """Where a tile is in this widget, if it is in sight."""
        return self.diagram.column(place).rect(unit).translated(-self.offset, 0)

    def strip(self) -> QRectF:
        """Where the overview is."""
        return QRectF(8, self.height() - OVERVIEW - 1, self.width() - 16, OVERVIEW)

    def hit_at(self, at: QPointF) -> Hit | None:
        """What lies at a place of this widget."""
        if self.overflows and at.y() >= self.strip().top() - OVERVIEW_GAP:
            return None
        inside = at + QPointF(self.offset, 0)
        found = hit_column(self.structure, self.diagram, inside)
        if found is not None or inside.y() < HEADER:
            return found
        number = nearest_wire(self.wires, self.strokes.drawn, inside)
        if number is None:
            return None
        return Hit("wire", *(int(part[number]) for part in self.wires[:3]))

    # Painting --------------------------------------------------------------------------------------------------

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a frame: the two pictures that are kept, the maps, and what the mouse or the keyboard is at."""
        with QPainter(self) as painter:
            painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawPixmap(0, 0, self._wire_picture())
            focus = self._unit_in_focus()
            if focus is not None:
                painter.setOpacity(1 - FADED)
                painter.drawPixmap(0, 0, self._still_picture())
                painter.setOpacity(1.0)
            painter.translate(-self.offset, 0)
            self._paint_strong_wires(painter, focus)
            for column in self.columns_in_sight():
                self._paint_column(painter, column)
            self._paint_pointed(painter)
            self._paint_selection(painter)
            painter.resetTransform()
            self._paint_edges(painter)

    def _blank(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self._look.surface)
        return picture

    def _started(self, picture: QPixmap) -> QPainter:
        painter = QPainter(picture)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.translate(-self.offset, 0)
        return painter

    def _still_picture(self) -> QPixmap:
        """The parts that don't move: headers, inputs, buttons."""
        if self._still is None or self._still.devicePixelRatio() != self.devicePixelRatioF():
            self._still = self._blank()
            with self._started(self._still) as painter:
                self._paint_still(painter)
        return self._still

    def _paint_still(self, painter: QPainter) -> None:
        look, structure = self._look, self.structure
        for column in self.diagram.columns:
            if not self.offset - 120 <= column.x <= self.offset + self.width() + 120:
                continue
            if column.place == INPUTS:
                tiles.paint_inputs_header(painter, column, len(structure.features), look)
                tiles.paint_inputs(painter, column, structure.features, look)
            else:
                hidden = column.place < structure.output
                tiles.paint_header(painter, column, structure.layers[column.place], hidden, look)
                spot = self.diagram.insertion(column.place)
                tiles.paint_button(painter, spot, "+", True, False, look, round_=True)
            if column.folded:
                tiles.paint_chip(painter, column, False, look)

    def _wire_picture(self) -> QPixmap:
        """All wires, over the still parts."""
        still = self._still_picture()
        if self._wired is None or self._wired.devicePixelRatio() != self.devicePixelRatioF():
            self._wired = still.copy()
            with self._started(self._wired) as painter:
                self.strokes.paint(painter)
        return self._wired

    def _unit_in_focus(self) -> tuple[int, int] | None:
        """The unit or input whose wires stand out."""
        hit = self.looked_at
        if hit is not None and hit.kind in ("unit", "feature"):
            return hit.place, hit.unit
        return self.selection if self.hasFocus() and hit is None else None

    def _paint_strong_wires(self, painter: QPainter, focus: tuple[int, int] | None) -> None:
        """The wires of the unit that is looked at, or the one wire that is pointed at."""
        chosen = self.wires_of(*focus) if focus is not None else []
        for number in chosen:
            painter.strokePath(self.strokes.path(number), self._pen(number))
        hit = self.looked_at
        number_pointed = self.wires.find(hit.place, hit.unit, hit.source) if hit and hit.kind == "wire" else None
        if number_pointed is not None:
            path, pen = self.strokes.path(number_pointed), self._pen(number_pointed)
            painter.strokePath(path, QPen(tiles.QColor(self._look.text), pen.widthF() + 3.0))
            pen.setWidthF(pen.widthF() + 1.0)
            painter.strokePath(path, pen)

    def _pen(self, number: int) -> QPen:
        return QPen(self._pens.pen(int(self.strokes.looks[number])))

    def wires_of(self, place: int, unit: int) -> list[int]:
        """The numbers of the drawn wires into and out of a unit, or out of an input."""
        wires = self.wires
        into = (wires.layer == place) & (wires.unit == unit)
        source = unit
        if place == INPUTS:
            name = tiles.NAMES[unit]
            source = self.structure.features.index(name) if name in self.structure.features else -1
        out_of = (wires.layer == place + 1) & (wires.source == source)
        return np.flatnonzero((into | out_of) & self.strokes.drawn).tolist()

    def _paint_column(self, painter: QPainter, column: Column) -> None:
        look, place, hit = self._look, column.place, self.looked_at
        muted = self.structure.layers[place].muted
        states, colours = self._states.get(place), self._bias_colours.get(place)
        for unit in column.seen:
            rect = column.rect(unit)
            number = self._tiles.get((place, unit))
            if number is None or self._atlas is None:
                tiles.paint_empty(painter, rect, look)
            else:
                tiles.paint_map(painter, rect, self._atlas, number)
            tiles.paint_frame(painter, rect, muted, look)
            if states is not None and unit < len(states.dead):
                if states.dropped[unit]:
                    tiles.paint_dropped(painter, rect, look)
                if states.dead[unit]:
                    tiles.paint_dead(painter, rect, look)
            if colours is not None:
                tiles.paint_bias(painter, column.bias(unit), colours[unit - column.first], look)
        if hit is not None and hit[:2] == ("bias", place) and hit.unit in column.seen:
            tiles.paint_pointed_bias(painter, column.bias(hit.unit), look)

    def _paint_pointed(self, painter: QPainter) -> None:
        """What the mouse points at, apart from wires and biases."""
        hit, look = self.hit, self._look
        if hit is None:
            return
        if hit.kind == "insertion":
            spot = self.diagram.insertion(hit.place)
            tiles.paint_button(painter, spot, "+", True, True, look, round_=True)
            tiles.paint_guide(painter, spot.center().x(), spot.bottom() + 4, self.diagram.height - 8, look)
            return
        column = self.diagram.column(hit.place)
        if hit.kind in ("unit", "feature"):
            tiles.paint_ring(painter, column.rect(hit.unit), look.text, 1.5)
        elif hit.kind in ("fewer", "more"):
            rect, sign = (column.fewer(), "−") if hit.kind == "fewer" else (column.more(), "+")
            enabled = hit.kind == "more" or self.structure.layers[hit.place].units > 1
            tiles.paint_button(painter, rect, sign, enabled, True, look)
        elif hit.kind == "chip":
            tiles.paint_chip(painter, column, True, look)

    def _paint_selection(self, painter: QPainter) -> None:
        if self.selection is None:
            return
        place, unit = self.selection
        column = self.diagram.column(place)
        if unit in column.seen:
            strong = self.hasFocus()
            colour = self._look.accent if strong else theme.mixed(self._look.accent, self._look.surface, 0.4)
            tiles.paint_ring(painter, column.rect(unit), colour, 2.5 if strong else 1.5)

    def _paint_edges(self, painter: QPainter) -> None:
        """What shows that the drawing goes on: fading edges and the overview."""
        if not self.overflows:
            return
        bottom = self.strip().top() - OVERVIEW_GAP
        if self.offset > 0:
            tiles.paint_fade(painter, QRectF(0, 0, FADE, bottom), True, self._look)
        if self.offset < self.diagram.width - self.width():
            tiles.paint_fade(painter, QRectF(self.width() - FADE, 0, FADE, bottom), False, self._look)
        most = max(column.units for column in self.diagram.columns)
        whole = self.diagram.width
        shares = [(column.x / whole, (column.units / most) ** 0.5) for column in self.diagram.columns]
        tiles.paint_overview(painter, self.strip(), shares, (self.offset / whole, self.width() / whole), self._look)

    # The mouse -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place everything anew."""
        self.arrange()

    @property
    def looked_at(self) -> Hit | None:
        """What stands out."""
        return self.hit or self.kept

    def keep(self, hit: Hit | None) -> None:
        """Let something stand out whenever the mouse points at nothing."""
        self.kept = hit
        self.update()

    def point_at(self, hit: Hit | None) -> None:
        """Take over what the mouse points at."""
        if hit != self.hit:
            self.hit = hit
            hand = hit is not None and hit.kind != "header"
            self.setCursor(Qt.CursorShape.PointingHandCursor if hand else Qt.CursorShape.ArrowCursor)
            self.pointed.emit(hit)
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click or a drag begins."""
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        at = event.position()
        if self.overflows and at.y() >= self.strip().top() - 2:
            self._scrubbing = True
            self._scrub(at.x())
        else:
            self._pressed = at, self.offset, self.hit_at(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the mouse; with the button down, the drawing follows if it is wider than the widget."""
        at = event.position()
        if self._scrubbing:
            self._scrub(at.x())
        elif self._pressed is not None and event.buttons() & Qt.MouseButton.LeftButton:
            start, offset, _ = self._pressed
            if self.overflows and (self._panning or abs(at.x() - start.x()) > SLACK):
                self._panning = True
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
                self.pan(offset + start.x() - at.x())
        else:
            self.point_at(self.hit_at(at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was pressed and let go at the same place is clicked."""
        pressed, panned = self._pressed, self._panning or self._scrubbing
        self._pressed, self._panning, self._scrubbing = None, False, False
        if event.button() != Qt.MouseButton.LeftButton:
            return
        hit = self.hit_at(event.position())
        if panned:
            self.setCursor(Qt.CursorShape.ArrowCursor)
        elif pressed is not None and hit is not None and hit == pressed[2]:
            self.clicked.emit(hit)
        self.point_at(self.hit_at(event.position()))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A double click means something on headers; elsewhere it is the second of two clicks."""
        hit = self.hit_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and hit is not None and hit.kind == "header":
            self.double_clicked.emit(hit)
        else:
            self.mousePressEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        self.point_at(None)

    def _scrub(self, x: float) -> None:
        """Bring the place of the overview that is pressed to the middle."""
        strip = self.strip()
        self.pan((x - strip.left()) / strip.width() * self.diagram.width - self.width() / 2)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Page through a folded column, or move the drawing sideways."""
        turn, shifted = event.angleDelta(), event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        column = self._folded_at(event.position()) if turn.y() and not shifted else None
        if column is not None:
            steps = self._wheel.take(event)
            if steps:
                self.page(column.place, -steps * max(1, column.shown // 3))
            event.accept()
        elif self.overflows:
            self.pan(self.offset - (turn.x() or turn.y()) / 120 * WHEEL_PIXELS)
            event.accept()
        else:
            event.ignore()
        self.point_at(self.hit_at(event.position()))

    def _folded_at(self, at: QPointF) -> Column | None:
        x = at.x() + self.offset
        near = (c for c in self.diagram.columns if c.folded and abs(x - c.x) <= max(c.room, c.tile) / 2)
        return next(near, None)

    def event(self, event: QEvent) -> bool:
        """Show what is pointed at as a tooltip, after the usual pause."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            if self.tooltip:
                QToolTip.showText(event.globalPos() + QPoint(0, 8), self.tooltip, self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    # The keyboard ----------------------------------------------------------------------------------------------

    def select(self, chosen: tuple[int, int] | None) -> None:
        """Move the selection to a unit, or to an input at place −1."""
        if chosen != self.selection:
            self.selection = chosen
            self.selected.emit(chosen)
            self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Coming in by keyboard begins at the first unit."""
        super().focusInEvent(event)
        by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        if by_key and self.selection is None and self.structure.layers:
            self._go(0, self.diagram.column(0).first)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The selection turns pale."""
        super().focusOutEvent(event)
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the selection, or ask for something for what is selected."""
        key = Qt.Key(event.key())
        asked = {
            Qt.Key.Key_Return: "edit",
            Qt.Key.Key_Enter: "edit",
            Qt.Key.Key_Minus: "fewer",
            Qt.Key.Key_Plus: "more",
            Qt.Key.Key_Equal: "more",
            Qt.Key.Key_Insert: "insert",
            Qt.Key.Key_F2: "open",
        }
        others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.modifiers() & others or not self.structure.layers:
            event.ignore()
        elif key in asked and self.selection is not None:
            self.key_asked.emit(asked[key])
        elif key == Qt.Key.Key_Escape and self.selection is not None:
            self.select(None)
        elif not self._walk(key):
            event.ignore()

    def _walk(self, key: Qt.Key) -> bool:
        """Move the selection by an arrow key; says whether the key is one."""
        if self.selection is None:
            if key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
                self._go(0, self.diagram.column(0).first)
                return True
            return False
        place, unit = self.selection
        page = max(1, self.diagram.column(place).shown)
        down = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1, Qt.Key.Key_PageUp: -page, Qt.Key.Key_PageDown: page}
        across = {Qt.Key.Key_Left: place - 1, Qt.Key.Key_Right: place + 1, Qt.Key.Key_Home: INPUTS,
                  Qt.Key.Key_End: self.structure.output}  # fmt: skip
        if key in down:
            self._go(place, unit + down[key])
        elif key in across:
            self._cross(min(max(across[key], INPUTS), self.structure.output))
        else:
            return False
        return True

    def _cross(self, place: int) -> None:
        """Go to the unit of another column that is nearest in height."""
        assert self.selection is not None
        if place == self.selection[0]:
            return
        before = self.diagram.column(self.selection[0])
        height = before.rect(min(max(self.selection[1], before.first), before.seen[-1])).center().y()
        column = self.diagram.column(place)
        self._go(place, column.first + int(np.argmin(np.abs(column.middles() - height))))

    def _go(self, place: int, unit: int) -> None:
        unit = min(max(unit, 0), self.structure.units(place) - 1)
        self.reveal(place, unit)
        self.select((place, unit))
