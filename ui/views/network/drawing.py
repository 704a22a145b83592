"""The drawing of a network: its content, and how it is painted on the screen.

Two pictures are kept between frames: the still parts (headers, inputs), and these with the wires on top. A frame
redraws the wires only if one of them looks different, and copies all maps from one image.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from playground.catalog.choice import Array
from playground.measure.snapshot import UnitStates

from ...look import theme
from . import tiles
from .diagram import (
    HEADER,
    INPUTS,
    NO_WIRES,
    Diagram,
    Hit,
    NetworkStructure,
    TileColumn,
    Wires,
    arrange_diagram,
    hits_of_columns,
    nearest_wire,
    wires_between,
)
from .strokes import Carried, Pens, Strokes, value_colours
from .tiles import Atlas

_OVERVIEW, _OVERVIEW_GAP = 22, 6
FADE = 18
_FADED = 0.22
"""The opacity of the other wires while those of one unit stand out."""


class Drawing:
    """The drawing of a network, in a window of `size` that begins `offset` pixels right of the drawing's start.

    All lengths are in pixels before zooming; the painter is scaled by `zoom`.
    """

    def __init__(self) -> None:
        self.structure, self.diagram = NetworkStructure(), Diagram()
        self.offset, self.size, self.ratio = 0.0, QSizeF(1, 1), 1.0
        self.places = range(0)
        """The layers with visible wires."""
        self.columns: list[TileColumn] = []
        """The layers' columns that are visible, or will be after a small move."""
        self.wires: Wires = NO_WIRES
        self.strokes = Strokes(NO_WIRES, np.zeros(0, bool), 1.0)
        self._largest = 1.0
        self._firsts: dict[int, int] = {}
        self._values: Array = np.zeros(0)
        self.apply_theme()
        self.clear()

    def apply_theme(self) -> None:
        self._look = theme.current()
        self._pens = Pens("weights")
        self._renew()

    def clear(self) -> None:
        """Forget the maps, biases and states of units."""
        self._atlas: Atlas | None = None
        self._tiles: Mapping[tuple[int, int], int] = {}
        self.bias_colours: dict[int, list[int]] = {}
        self._states: dict[int, UnitStates] = {}

    def _renew(self) -> None:
        self.still: QPixmap | None = None
        self.wired: QPixmap | None = None

    def show_structure(self, structure: NetworkStructure) -> None:
        """Draw another network, without maps or values."""
        self.structure = structure
        self._firsts = {place: first for place, first in self._firsts.items() if place < len(structure.layers)}
        self.clear()
        self.arrange()

    def show_maps(self, places: Mapping[tuple[int, int], int], colours: Array | None) -> None:
        """Show maps of units: packed colours (maps, n, n), and the number of each unit's map."""
        self._tiles = places
        self._atlas = Atlas(colours) if colours is not None else None

    def show_values(self, wires: Array, biases: dict[int, Array], carried: Carried, largest: float) -> bool:
        """Set the values of wires and biases; returns whether the wires should be sorted at once."""
        urgent = carried != self._pens.carried or not np.isfinite(self._values).any()
        if carried != self._pens.carried:
            self._pens = Pens(carried)
        self._largest, self._values = largest, wires
        self.bias_colours = {place: value_colours(vector, largest, self._pens) for place, vector in biases.items()}
        return urgent

    def show_states(self, states: dict[int, UnitStates]) -> bool:
        """Show the dead and dropped units of each layer; return whether any has changed."""
        before, self._states = self._states, states
        return [*before] != [*states] or not all(
            np.array_equal(one, other)
            for place, now in states.items()
            for one, other in zip(now, before[place], strict=True)
        )

    def sort(self) -> bool:
        """Sort the wires by the colour and width that stand for their values; return whether any has changed."""
        changed = self.strokes.show(self._values, self._largest, self._pens)
        if changed:
            self.wired = None
        return changed

    def arrange(self) -> None:
        width, height = self.size.width(), self.size.height()
        self.diagram = arrange_diagram(self.structure, width, height, self._firsts)
        if self.overflows:
            self.diagram = arrange_diagram(self.structure, width, height - _OVERVIEW - _OVERVIEW_GAP, self._firsts)
        self._firsts = {column.place: column.first for column in self.diagram.columns}
        self.offset = self._held(self.offset)
        self._wire_up()

    def resize(self, size: QSizeF, ratio: float) -> None:
        """Fit the drawing into a window of this size; `ratio` is the screen's pixels per pixel."""
        self.size, self.ratio = size / theme.zoom(), ratio
        self.arrange()

    def pan(self, offset: float) -> bool:
        """Move the drawing so that the window begins at `offset`; returns whether other wires are visible now."""
        self.offset, before = self._held(offset), self.offset
        if self.offset == before:
            return False
        self._renew()
        if self._places_in_sight() == self.places:
            return False
        self._wire_up()
        return True

    def page(self, place: int, by: int) -> bool:
        """Show other tiles of a folded column, `by` further down; returns whether there are others."""
        column = self.diagram.column(place)
        first = min(max(column.first + by, 0), column.folded)
        if first == column.first:
            return False
        self._firsts[place] = first
        self.arrange()
        return True

    def _held(self, offset: float) -> float:
        return float(round(min(max(offset, 0.0), max(0.0, self.diagram.width - self.size.width()))))

    def _wire_up(self) -> None:
        """Draw the visible wires, without values."""
        self.places = self._places_in_sight()
        self.wires = wires_between(self.structure, self.diagram, self.places)
        muted = np.array([layer.muted for layer in self.structure.layers], dtype=bool)
        dashed = muted[self.wires.layer] if len(self.wires.layer) else np.zeros(0, bool)
        self.strokes = Strokes(self.wires, dashed, self.ratio * theme.zoom())
        self._values = np.full(len(dashed), np.nan)
        first = max(0, self.places.start - 1) if len(self.places) else 0
        self.columns = [column for column in self.diagram.columns if first <= column.place < self.places.stop]
        self.sort()
        self._renew()

    def _places_in_sight(self) -> range:
        """The layers with visible tiles or incoming wires."""
        low, high = self.offset, self.offset + self.size.width()
        seen = [
            right.place
            for left, right in itertools.pairwise(self.diagram.columns)
            if right.x + right.tile / 2 + 4 >= low and left.x - left.tile / 2 <= high
        ]
        return range(seen[0], seen[-1] + 1) if seen else range(0)

    def hit_at(self, at: QPointF) -> Hit | None:
        """The part of the drawing at a place of the window."""
        if self.overflows and at.y() >= self.strip().top() - _OVERVIEW_GAP:
            return None
        inside = at + QPointF(self.offset, 0)
        found = next(hits_of_columns(self.structure, self.diagram, inside), None)
        if found is not None or inside.y() < HEADER:
            return found
        number = nearest_wire(self.wires, self.strokes.drawn, inside)
        return None if number is None else Hit("wire", *(int(part[number]) for part in self.wires[:3]))

    @property
    def overflows(self) -> bool:
        """Whether the drawing is wider than the window."""
        return self.diagram.width > self.size.width() + 0.5

    def strip(self) -> QRectF:
        return QRectF(8, self.size.height() - _OVERVIEW - 1, self.size.width() - 16, _OVERVIEW)

    def _wires_of(self, place: int, unit: int) -> list[int]:
        """The numbers of the drawn wires into and out of a unit, or out of an input."""
        wires = self.wires
        into = (wires.layer == place) & (wires.unit == unit)
        out_of = (wires.layer == place + 1) & (wires.source == unit)
        return np.flatnonzero((into | out_of) & self.strokes.drawn).tolist()

    def paint(self, painter: QPainter, hit: Hit | None, focus: tuple[int, int] | None) -> None:
        """Draw a frame: the kept pictures, the maps, and what stands out. The painter stays scaled."""
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        on_screen = not tiles.is_vector(painter) and painter.deviceTransform().m11() == self.ratio
        if on_screen:
            self._paint_kept(painter, focus is not None)
        painter.scale(theme.zoom(), theme.zoom())
        painter.translate(-self.offset, 0)
        if not on_screen:
            self._paint_afresh(painter, focus is not None)
        self._paint_strong_wires(painter, hit, focus)
        for column in self.columns:
            self._paint_column(painter, column)
        if hit is not None:
            self._paint_pointed(painter, hit)
        painter.translate(self.offset, 0)

    def _paint_kept(self, painter: QPainter, faded: bool) -> None:
        """Paint all wires and the still parts from the pictures kept for the screen."""
        painter.drawPixmap(0, 0, self._wire_picture())
        if faded:
            painter.setOpacity(1 - _FADED)
            painter.drawPixmap(0, 0, self._still_picture())
            painter.setOpacity(1.0)

    def _paint_afresh(self, painter: QPainter, faded: bool) -> None:
        """Paint all wires and the still parts for a picture finer than the screen; wires are single lines."""
        painter.fillRect(QRectF(QPointF(self.offset, 0), self.size), QColor(self._look.surface))
        self._paint_still(painter)
        painter.setOpacity(_FADED if faded else 1.0)
        drawn = np.flatnonzero(self.strokes.drawn)
        for number in drawn[np.argsort(np.abs(self.strokes.looks[drawn]), kind="stable")].tolist():
            painter.strokePath(self.strokes.path(number), self._pen(number))
        painter.setOpacity(1.0)

    def _started(self, picture: QPixmap) -> QPainter:
        painter = QPainter(picture)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.scale(theme.zoom(), theme.zoom())
        painter.translate(-self.offset, 0)
        return painter

    def _still_picture(self) -> QPixmap:
        if self.still is None:
            self.still = QPixmap((self.size * theme.zoom() * self.ratio).toSize())
            self.still.setDevicePixelRatio(self.ratio)
            self.still.fill(self._look.surface)
            with self._started(self.still) as painter:
                self._paint_still(painter)
        return self.still

    def _paint_still(self, painter: QPainter) -> None:
        look, structure = self._look, self.structure
        for column in self.diagram.columns:
            if not self.offset - 120 <= column.x <= self.offset + self.size.width() + 120:
                continue
            if column.place == INPUTS:
                tiles.paint_inputs_header(painter, column, look)
                tiles.paint_inputs(painter, column, structure.features, look)
            else:
                hidden = column.place < structure.output
                tiles.paint_header(painter, column, structure.layers[column.place], hidden, look)
                spot = self.diagram.insertion(column.place)
                tiles.paint_button(painter, spot, "+", True, False, look, round_=True)
            if column.folded:
                tiles.paint_chip(painter, column, False, look)

    def _wire_picture(self) -> QPixmap:
        still = self._still_picture()
        if self.wired is None:
            self.wired = still.copy()
            with self._started(self.wired) as painter:
                self.strokes.paint(painter)
        return self.wired

    def _paint_strong_wires(self, painter: QPainter, hit: Hit | None, focus: tuple[int, int] | None) -> None:
        """Paint the wires of the unit in focus, or the one wire that is pointed at."""
        chosen = self._wires_of(*focus) if focus is not None else []
        for number in chosen:
            painter.strokePath(self.strokes.path(number), self._pen(number))
        pointed = self.wires.find(hit.place, hit.unit, hit.source) if hit and hit.kind == "wire" else None
        if pointed is not None:
            path, pen = self.strokes.path(pointed), self._pen(pointed)
            painter.strokePath(path, QPen(QColor(self._look.text), pen.widthF() + 3.0))
            pen.setWidthF(pen.widthF() + 1.0)
            painter.strokePath(path, pen)

    def _pen(self, number: int) -> QPen:
        return QPen(self._pens.pen(int(self.strokes.looks[number])))

    def _paint_column(self, painter: QPainter, column: TileColumn) -> None:
        look, place = self._look, column.place
        tile = tiles.TilePainter(painter, column.tile, self.structure.layers[place].muted, look)
        states, colours = self._states.get(place), self.bias_colours.get(place)
        for unit, rect in zip(column.seen, column.seen_rects, strict=True):
            tile.paint(rect, self._atlas, self._tiles.get((place, unit)))
            if states is not None and unit < len(states.dead):
                if states.dropped[unit]:
                    tiles.paint_dropped(painter, rect, look)
                if states.dead[unit]:
                    tiles.paint_dead(painter, rect, look)
            if colours is not None:
                tile.paint_bias(rect, colours[unit - column.first])

    def _paint_pointed(self, painter: QPainter, hit: Hit) -> None:
        look = self._look
        if hit.kind == "insertion":
            spot = self.diagram.insertion(hit.place)
            tiles.paint_button(painter, spot, "+", True, True, look, round_=True)
            painter.setPen(QPen(QColor(look.accent), 1.5, Qt.PenStyle.DashLine))
            start = QPointF(spot.center().x(), spot.bottom() + 4)
            painter.drawLine(start, QPointF(start.x(), self.diagram.height - 8))
            return
        column = self.diagram.column(hit.place)
        if hit.kind in ("unit", "feature"):
            tiles.paint_ring(painter, column.rect(hit.unit), look.text, 1.5)
        elif hit.kind == "bias":
            tiles.paint_pointed_bias(painter, column.bias(hit.unit), look)
        elif hit.kind in ("fewer", "more"):
            rect, sign = (column.fewer(), "−") if hit.kind == "fewer" else (column.more(), "+")
            enabled = hit.kind == "more" or self.structure.layers[hit.place].units > 1
            tiles.paint_button(painter, rect, sign, enabled, True, look)
        elif hit.kind == "chip":
            tiles.paint_chip(painter, column, True, look)

    def paint_selection(self, painter: QPainter, selection: tuple[int, int], strong: bool) -> None:
        """Paint a ring around the selected tile, `strong` with the keyboard focus."""
        column = self.diagram.column(selection[0])
        if selection[1] in column.seen:
            rect = column.rect(selection[1]).translated(-self.offset, 0)
            colour = self._look.accent if strong else theme.blend(self._look.accent, self._look.surface, 0.4)
            tiles.paint_ring(painter, rect, colour, 2.5 if strong else 1.5)

    def paint_ends(self, painter: QPainter) -> None:
        """Paint fading edges and the overview where the drawing extends beyond the window."""
        if not self.overflows:
            return
        bottom = self.strip().top() - _OVERVIEW_GAP
        if self.offset > 0:
            tiles.paint_fade(painter, QRectF(0, 0, FADE, bottom), True, self._look)
        if self.offset < self.diagram.width - self.size.width():
            tiles.paint_fade(painter, QRectF(self.size.width() - FADE, 0, FADE, bottom), False, self._look)
        most = max(column.units for column in self.diagram.columns)
        whole = self.diagram.width
        shares = [(column.x / whole, (column.units / most) ** 0.5) for column in self.diagram.columns]
        tiles.paint_overview(
            painter, self.strip(), shares, (self.offset / whole, self.size.width() / whole), self._look
        )
