"""The geometry of the drawing of a network: columns, tiles, headers, wires, and what lies at a place.

Pure geometry: nothing here paints, and nothing knows a snapshot. Layers are identified by their place, from 0, the
output last, as everywhere in a snapshot; the inputs stand at place −1. Coordinates are those of the whole drawing,
which may be wider than the window onto it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from playground.catalog.choice import Array
from playground.catalog.features import FEATURES
from playground.experiment.layer_names import OUTPUT, layer_name, unit_name
from playground.experiment.tree import Experiment, Layer
from playground.measure.sentences import counted

from ...look import theme

INPUTS = -1
"""The place of the inputs among the layers."""

HEADER, _EDGE, LABELS = 60, 6, 46
"""The header of a column, the margin around the drawing, the names left of the inputs. All lengths here
are pixels at the usual size of everything, since the drawing is scaled as a whole."""
SMALLEST, _LARGEST, _LARGEST_OUTPUT = 22, 64, 96
"""The least and the largest side of a tile, in pixels, and that of a lone output."""
_ROWS = 10
"""Tiles shrink to show up to this many rows; columns with more are folded."""
_NARROWEST, _WIDEST = 49, 190
"""The least and the largest distance between the middles of two columns; the least grows with the digits of units."""
_OUTPUT = 54
"""The least width of the last column, for its long name."""
_CHIP = 18
_BUTTON, _SMALL_BUTTON, _APART = 16, 14, 8
"""The side of buttons, usually and where columns are close, and the least distance between those of two columns."""
_OTHERS = 26
"""The height of the button for other inputs."""
BIAS_SIDE = 8
_REACH = 5.0
"""The distance in pixels from which the mouse finds a wire."""


class ShownLayer(NamedTuple):
    """The content of a layer's header."""

    name: str
    units: int
    activation: str
    trainable: bool = True
    muted: bool = False
    remarks: tuple[str, ...] = ()
    """Other special settings of the layer, in words."""


@dataclass(frozen=True)
class NetworkStructure:
    """A network as it is drawn: the inputs in use and all layers, the output last."""

    features: tuple[str, ...] = ()
    layers: tuple[ShownLayer, ...] = ()

    @property
    def output(self) -> int:
        return len(self.layers) - 1

    @property
    def shape(self) -> tuple[object, ...]:
        """The inputs, and the name and size of each layer."""
        return self.features, tuple((layer.name, layer.units) for layer in self.layers)

    def units(self, place: int) -> int:
        """The number of tiles in a column: units, or inputs in use."""
        return len(self.features) if place == INPUTS else self.layers[place].units

    def inputs(self, place: int) -> int:
        """The number of weights of each unit of a layer."""
        return self.layers[place - 1].units if place else len(self.features)

    def unit_name(self, place: int, unit: int) -> str:
        """The name of a unit, or of an input at place −1."""
        if place == INPUTS:
            return FEATURES[self.features[unit]].label
        return unit_name(self.layers[place].name, unit, self.layers[place].units)

    def words(self) -> str:
        hidden = [layer.units for layer in self.layers[:-1]]
        parts = [counted(len(self.features), "input")]
        if hidden:
            parts.append(f"{counted(len(hidden), 'hidden layer')} of {', '.join(map(str, hidden))} units")
        return ", ".join([*parts, counted(self.layers[-1].units if self.layers else 1, "output")])


def structure_of(experiment: Experiment, outputs: int, output_activation: str) -> NetworkStructure:
    """The network of an experiment. The number of outputs follows from the data."""
    hidden = tuple(_shown_layer(layer, place) for place, layer in enumerate(experiment.layers))
    return NetworkStructure(experiment.features, (*hidden, ShownLayer(OUTPUT, outputs, output_activation)))


def _shown_layer(layer: Layer, place: int) -> ShownLayer:
    remarks = []
    if layer.dropout:
        remarks.append(f"dropout {100 * layer.dropout:.3g} %")
    if layer.normalization.axis is not None:
        remarks.append(layer.normalization.label.lower())
    if layer.skip:
        remarks.append("skip connection")
    name = layer_name(layer, place)
    return ShownLayer(name, layer.units, layer.activation.label, layer.trainable, layer.muted, tuple(remarks))


@dataclass(frozen=True)
class TileColumn:
    """One column of tiles: the inputs or a layer."""

    place: int
    x: float
    """The horizontal centre."""
    tile: float
    """The side of its tiles."""
    top: float
    pitch: float
    units: int
    first: int
    shown: int
    """The number of visible tiles, from number `first`."""
    room: float
    """The width available for its header."""

    @property
    def seen(self) -> range:
        """The numbers of the visible tiles."""
        return range(self.first, self.first + self.shown)

    @property
    def folded(self) -> int:
        """The number of hidden tiles."""
        return self.units - self.shown

    @cached_property
    def seen_rects(self) -> tuple[QRectF, ...]:
        """The places of the visible tiles."""
        return tuple(map(self.rect, self.seen))

    def rect(self, unit: int) -> QRectF:
        """The place of a tile."""
        y = self.top + (unit - self.first) * self.pitch
        return QRectF(_whole_pixels(self.x - self.tile / 2), _whole_pixels(y), self.tile, self.tile)

    def middles(self) -> Array:
        """The vertical centres of all visible tiles."""
        return np.array([rect.center().y() for rect in self.seen_rects])

    def bias(self, unit: int) -> QRectF:
        """The square of a unit's bias."""
        return bias_square(self.rect(unit))

    def chip(self) -> QRectF:
        """The label with the number of hidden tiles."""
        y = self.top + (self.shown - 1) * self.pitch + self.tile + 6
        return QRectF(self.x - self.room / 2 + 2, round(y), self.room - 4, _CHIP)

    def other_inputs(self) -> QRectF:
        """The button below the inputs that opens the list of all."""
        top = self.rect(self.seen[-1]).bottom() + (_CHIP + 12 if self.folded else 10)
        return QRectF(self.x - self.tile / 2 - LABELS, top, max(self.tile, 30) + LABELS, _OTHERS)

    def header(self) -> QRectF:
        return QRectF(self.x - self.room / 2, 0, self.room, HEADER - 2)

    def fewer(self) -> QRectF:
        """The button that removes a unit."""
        side = self._step_side
        return QRectF(round(self.x) - _half_number(self.units) - side, 29 - side / 2, side, side)

    def more(self) -> QRectF:
        """The button that adds a unit."""
        side = self._step_side
        return QRectF(round(self.x) + _half_number(self.units), 29 - side / 2, side, side)

    @property
    def _step_side(self) -> int:
        """The side of the buttons that remove and add a unit, which stay clear of those of the next layer."""
        return _BUTTON if self.room >= 2 * (_half_number(self.units) + _BUTTON) + _APART else _SMALL_BUTTON


@dataclass(frozen=True)
class Diagram:
    """All columns, the inputs first."""

    columns: tuple[TileColumn, ...] = ()
    width: float = 0.0
    """The width of the whole drawing."""
    height: float = 0.0

    def column(self, place: int) -> TileColumn:
        """The column of a layer or, at −1, of the inputs."""
        return self.columns[place + 1]

    def insertion(self, position: int) -> QRectF:
        """The button that adds a layer before the one at `position`."""
        left, right = self.column(position - 1), self.column(position)
        x = (left.x + left.tile / 2 + right.x - right.tile / 2) / 2 if position == 0 else (left.x + right.x) / 2
        if right.place == len(self.columns) - 2 and position:
            # The last layer's name is long.
            x -= max(3.0, x + _BUTTON / 2 - (right.x - _OUTPUT / 2 + 2))
        return QRectF(round(x) - _BUTTON / 2, 3, _BUTTON, _BUTTON)


def bias_square(tile: QRectF) -> QRectF:
    """The square of a bias, at the lower left corner of a tile."""
    return QRectF(tile.left() - BIAS_SIDE / 2 + 1, tile.bottom() - BIAS_SIDE / 2 - 1, BIAS_SIDE, BIAS_SIDE)


def _whole_pixels(length: float, rounded: Callable[[float], int] = round) -> float:
    """A length that fills whole pixels at the current zoom, so that tiles have sharp edges."""
    return rounded(length * theme.zoom()) / theme.zoom()


def _half_number(units: int) -> int:
    """Half the width, in pixels, of the number of units between its buttons."""
    return 6 if units < 10 else 8 if units < 100 else 13 if units < 1000 else 20


def arrange_diagram(structure: NetworkStructure, width: float, height: float, firsts: Mapping[int, int]) -> Diagram:
    """Place the columns in a window of this size; columns that would come too close for reading extend beyond it.

    `firsts` gives the first visible tile of each folded column.
    """
    if not structure.layers:
        return Diagram()
    body = max(height - HEADER - _EDGE, SMALLEST + _CHIP + 8)
    gaps = len(structure.layers)
    side = _tile_side(structure, width, body)
    start = _EDGE + LABELS + side / 2
    last = side
    if structure.layers[-1].units == 1:
        # A single output is drawn larger where there is room.
        last = _whole_pixels(min(max(side, min(2 * side, (width - start) / gaps - 32)), _LARGEST_OUTPUT), int)
    end = max(last / 2, _OUTPUT / 2) + _EDGE / 2
    half = _half_number(max(layer.units for layer in structure.layers)) + _SMALL_BUTTON
    narrowest = max(_NARROWEST, 2 * half + 5)
    pitch = min(max((width - start - end) / gaps, narrowest), _WIDEST)
    whole = start + gaps * pitch + end
    shift = max(0.0, (width - whole) / 2)
    columns = [
        _column_at(structure, place, shift + start + (place + 1) * pitch, last if place == gaps - 1 else side, body,
                  pitch, firsts.get(place, 0))
        for place in range(INPUTS, gaps)
    ]  # fmt: skip
    return Diagram(tuple(columns), max(whole, width), height)


def _tile_side(structure: NetworkStructure, width: float, body: float) -> float:
    """The side of the tiles: as large as rows and columns allow, never too small to tell what is on it."""
    rows = min(max(structure.units(place) for place in range(INPUTS, len(structure.layers))), _ROWS)
    folding = _CHIP + 6 if any(layer.units > _ROWS for layer in structure.layers) else 0
    tall = (body - folding) / rows * 0.84
    wide = (width - _EDGE - LABELS) / (len(structure.layers) + 1) * 0.48
    return _whole_pixels(min(max(min(tall, wide), SMALLEST), _LARGEST), int)


def _column_at(
    structure: NetworkStructure, place: int, x: float, side: float, body: float, distance: float, first: int
) -> TileColumn:
    """A column around `x`, vertically centred, folded if not all of its tiles fit."""
    units = structure.units(place)
    least = side + 4
    middle = HEADER + body / 2
    body -= _OTHERS + 12 if place == INPUTS else 0
    fitting = max(1, int((body + 4) // least))
    shown = units if units <= fitting else max(1, int((body - _CHIP - 6 + 4) // least))
    room = body if shown == units else body - _CHIP - 6
    pitch = min(side + max(14.0, 0.42 * side), (room - side) / max(1, shown - 1)) if shown > 1 else side
    used = (shown - 1) * pitch + side
    top = HEADER + max(0.0, min(middle - HEADER - used / 2, room - used))
    first = min(max(first, 0), units - shown)
    least_room = _OUTPUT + 4 if place == len(structure.layers) - 1 else 0
    return TileColumn(place, x, side, top, pitch, units, first, shown, max(least_room, min(distance, 110) - 2))


class Wires(NamedTuple):
    """The wires between visible tiles, as arrays with an entry for each. Sorted by layer, unit, source."""

    layer: Array
    unit: Array
    source: Array
    """The column of W, which is the place of the unit or input on the left."""
    ends: Array
    """x and y of the left end, x and y of the right one, shape (wires, 4)."""

    def find(self, layer: int, unit: int, source: int) -> int | None:
        """The number of a wire; None if it isn't drawn."""
        found = np.flatnonzero((self.layer == layer) & (self.unit == unit) & (self.source == source))
        return int(found[0]) if len(found) else None


NO_WIRES = Wires(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros((0, 4)))


def wires_between(structure: NetworkStructure, diagram: Diagram, places: range) -> Wires:
    parts = [_wires_into(structure, diagram, place) for place in places]
    if not parts:
        return NO_WIRES
    layer, unit, source, ends = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return Wires(layer, unit, source, ends)


def _wires_into(structure: NetworkStructure, diagram: Diagram, place: int) -> Wires:
    """All wires into the visible units of a layer, from what is seen of the layer before."""
    left, right = diagram.column(place - 1), diagram.column(place)
    heights = left.middles()
    sources = np.arange(left.first, left.first + left.shown)
    units, targets = np.arange(right.first, right.first + right.shown), right.middles()
    count = len(units) * len(sources)
    ends = np.empty((count, 4))
    ends[:, 0], ends[:, 2] = left.x + left.tile / 2, right.x - right.tile / 2
    ends[:, 1], ends[:, 3] = np.tile(heights, len(units)), np.repeat(targets, len(sources))
    layer = np.full(count, place)
    return Wires(layer, np.repeat(units, len(sources)), np.tile(sources, len(units)), ends)


_ALONG = np.linspace(0, 1, 65)
_ACROSS = 1.5 * _ALONG - 1.5 * _ALONG**2 + _ALONG**3
"""The share of its width that a wire has covered at the places `_ALONG` it: a cubic curve, level at both ends."""


def wire_point(ends: Array, along: float) -> QPointF:
    """A place on a wire, 0…1 along it."""
    x = ends[0] + (ends[2] - ends[0]) * np.interp(along, _ALONG, _ACROSS)
    return QPointF(float(x), float(ends[1] + (ends[3] - ends[1]) * (3 * along**2 - 2 * along**3)))


def nearest_wire(wires: Wires, candidates: Array, at: QPointF) -> int | None:
    """The number of the wire among `candidates` (bool) at a place; None if none is near."""
    ends = wires.ends
    reached = np.flatnonzero(candidates & (ends[:, 0] <= at.x()) & (at.x() <= ends[:, 2]))
    if not len(reached):
        return None
    x0, y0, x1, y1 = ends[reached].T
    along = np.interp((at.x() - x0) / (x1 - x0), _ACROSS, _ALONG)
    rise = (y1 - y0) * (6 * along - 6 * along**2)
    run = (x1 - x0) * (1.5 - 3 * along + 3 * along**2)
    away = np.abs(y0 + (y1 - y0) * (3 * along**2 - 2 * along**3) - at.y()) * run / np.hypot(run, rise)
    nearest = int(np.argmin(away))
    return int(reached[nearest]) if away[nearest] <= _REACH else None


class Hit(NamedTuple):
    kind: str
    """unit, feature, bias, wire, fewer, more, header, chip or insertion."""
    place: int
    """The layer; for an insertion the position of the new one."""
    unit: int = -1
    source: int = -1


def hits_of_columns(structure: NetworkStructure, diagram: Diagram, at: QPointF) -> Iterator[Hit]:
    """The parts of the columns at a place, topmost first."""
    if at.y() < HEADER:
        yield from _hits_of_headers(structure, diagram, at)
        return
    for column in diagram.columns:
        if abs(at.x() - column.x) > max(column.room, column.tile) / 2 + LABELS:
            continue
        if column.folded and column.chip().contains(at):
            yield Hit("chip", column.place)
        if column.place == INPUTS:
            names = {k: column.rect(k).adjusted(-LABELS, 0, 0, 0) for k in column.seen}
            yield from (Hit("feature", INPUTS, k) for k, rect in names.items() if rect.contains(at))
        else:
            yield from (Hit("bias", column.place, k) for k in column.seen if _widen_target(column.bias(k)).contains(at))
            yield from (Hit("unit", column.place, k) for k in column.seen if column.rect(k).contains(at))


def _hits_of_headers(structure: NetworkStructure, diagram: Diagram, at: QPointF) -> Iterator[Hit]:
    for position in range(len(structure.layers)):
        if _widen_target(diagram.insertion(position)).contains(at):
            yield Hit("insertion", position)
    for column in diagram.columns:
        hidden = 0 <= column.place < structure.output
        if hidden and column.fewer().contains(at):
            yield Hit("fewer", column.place)
        if hidden and column.more().contains(at):
            yield Hit("more", column.place)
        if column.header().contains(at):
            yield Hit("header", column.place)


def _widen_target(rect: QRectF) -> QRectF:
    """A small target, made easier to hit."""
    return rect.adjusted(-2, -2, 2, 2)


def match_layers(shown: Experiment, held: Experiment) -> tuple[int | None, ...]:
    """Return the place in a snapshot of `held` of each shown layer, the output last; None where it has none.

    Layers are matched by id, else by place, as live changes match them.
    """
    places = {layer.id: place for place, layer in enumerate(held.layers) if layer.id is not None}
    alike = len(shown.layers) == len(held.layers)
    result: list[int | None] = []
    for place, layer in enumerate(shown.layers):
        nameless = alike and (layer.id is None or held.layers[place].id is None)
        result.append(place if nameless else places.get(layer.id or ""))
    return (*result, len(held.layers))


def match_sources(shown: Experiment, held: Experiment, places: tuple[int | None, ...], place: int) -> Array | None:
    """Return the column in the W of `held` of each input of a shown layer, −1 for none; None if none is known."""
    there = places[place]
    if there is None:
        return None
    if place == 0:
        if there != 0:
            return None
        return np.array([held.features.index(name) if name in held.features else -1 for name in shown.features])
    if there == 0 or places[place - 1] != there - 1:
        return None
    known = held.layers[there - 1].units
    columns = np.arange(shown.layers[place - 1].units)
    return np.where(columns < known, columns, -1)
