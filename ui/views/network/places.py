"""Places of the parts of the drawing of a network, in the coordinates of its view."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRectF

from ...look import theme
from .diagram import Hit, NetworkStructure, wire_point
from .drawing import Drawing
from .strokes import Carried


class Places:
    """Finds the parts of a drawing whose window begins at `origin`."""

    def __init__(self, drawing: Drawing, origin: QPoint) -> None:
        self._drawing, self._origin = drawing, QPointF(origin)

    def unit(self, layer: int, unit: int) -> QRectF:
        """The tile of a unit; that of an input at layer −1, by its number among those in use."""
        return self._in_sight(self._drawing.diagram.column(layer).rect(unit))

    def bias(self, layer: int, unit: int) -> QRectF:
        return self._in_sight(self._drawing.diagram.column(layer).bias(unit))

    def header(self, layer: int) -> QRectF:
        return self._in_sight(self._drawing.diagram.column(layer).header())

    def units_button(self, layer: int, more: bool) -> QRectF:
        """The button that removes a unit from a layer, or adds one."""
        column = self._drawing.diagram.column(layer)
        return self._in_sight(column.more() if more else column.fewer())

    def insertion(self, position: int) -> QRectF:
        return self._in_sight(self._drawing.diagram.insertion(position))

    def chip(self, layer: int) -> QRectF:
        """The label of a folded column with the number of hidden units; empty if all are visible."""
        column = self._drawing.diagram.column(layer)
        return self._in_sight(column.chip()) if column.folded else QRectF()

    def overview(self) -> QRectF:
        """The overview of a drawing that is wider than the view; empty if it isn't."""
        return self._here(self._drawing.strip()) if self._drawing.overflows else QRectF()

    def units_seen(self, layer: int) -> range:
        """The visible units of a layer."""
        return self._drawing.diagram.column(layer).seen

    def wire(self, name: str, place: tuple[int, int]) -> QPointF:
        """A place on the wire of the weight W[place], where the mouse would find just this one.

        Raises LookupError if there is no such place.
        """
        layer, (unit, source) = int(name[1:]), place
        number = self._drawing.wires.find(layer, unit, source)
        if number is None:
            raise LookupError(f"{name}{list(place)} is not drawn")
        ends = self._drawing.wires.ends[number]
        for along in 0.5 + 0.01 * np.array([0, *(sign * k for k in range(1, 46) for sign in (1, -1))]):
            seen = wire_point(ends, float(along)) - QPointF(self._drawing.offset, 0)
            point = (seen * theme.zoom()).toPoint()
            if self._drawing.hit_at(QPointF(point) / theme.zoom()) == Hit("wire", layer, unit, source):
                return QPointF(point) + self._origin
        raise LookupError(f"{name}{list(place)} lies under others")

    def parameter(self, hit: Hit) -> list[QPointF]:
        """The line along a wire, or the place of a bias; of a wire that is not drawn, the place of its unit's bias."""
        number = self._drawing.wires.find(hit.place, hit.unit, hit.source) if hit.kind == "wire" else None
        if number is None:
            return [self.bias(hit.place, hit.unit).center()]
        ends, offset = self._drawing.wires.ends[number], QPointF(self._drawing.offset, 0)
        return [self._point_here(wire_point(ends, along) - offset) for along in np.linspace(0, 1, 65).tolist()]

    def _in_sight(self, rect: QRectF) -> QRectF:
        return self._here(rect.translated(-self._drawing.offset, 0))

    def _here(self, rect: QRectF) -> QRectF:
        return QRectF(self._point_here(rect.topLeft()), rect.size() * theme.zoom())

    def _point_here(self, point: QPointF) -> QPointF:
        return point * theme.zoom() + self._origin


@dataclass(frozen=True)
class NetworkShown:
    """The content of the network view as data."""

    structure: NetworkStructure
    wires: Carried
    """Whether the wires show weights or gradients."""
    selection: tuple[int, int] | None
    """The layer and unit with the keyboard focus; an input at layer −1."""
    reading: str
    description: str
    """The network in words, for screen readers."""
    places: Places
