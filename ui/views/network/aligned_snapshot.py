"""The values of a snapshot in the shape of the network that is drawn, which may differ for a moment.

An edit changes the drawing at once; snapshots of the old network may still be on their way. Everything here comes in
the shape of the drawing, NaN or absent where the snapshot doesn't know.
"""

from __future__ import annotations

import numpy as np

from playground.catalog.choice import Array
from playground.experiment.tree import Experiment
from playground.measure.requests import ParametersRequest, UnitMapsRequest, UnitStatesRequest
from playground.measure.snapshot import LayerParameters, LayerStatistics, Snapshot, UnitStates

from ...look import theme
from ..plane.field import ValueRange, value_range_of
from .diagram import NetworkStructure, TileColumn, Wires, match_layers, match_sources
from .strokes import Carried
from .tiles import range_of_activation, share_colours, unit_colours


class AlignedSnapshot:
    """A snapshot in the shape of the network `structure`."""

    def __init__(self, shown: Experiment, structure: NetworkStructure, snapshot: Snapshot) -> None:
        self.structure, self.snapshot = structure, snapshot
        self.places = match_layers(shown, snapshot.experiment)
        self._columns = [
            match_sources(shown, snapshot.experiment, self.places, place) for place in range(len(self.places))
        ]

    def statistics(self, place: int) -> LayerStatistics | None:
        return self._at(self.snapshot.layers, place)

    def states(self, place: int) -> UnitStates | None:
        """The dead and the dropped units of a layer."""
        return self._at(self.snapshot.answer(UnitStatesRequest) or (), place)

    def _at(self, rows: tuple, place: int):
        there = self.places[place] if place < len(self.places) else None
        return rows[there] if there is not None and there < len(rows) else None

    def _parameters(self, place: int) -> LayerParameters | None:
        return self._at(self.snapshot.answer(ParametersRequest) or (), place)

    def weights(self, place: int, carried: Carried = "weights") -> Array:
        """W of a layer, or its gradient, in the shape of the drawing."""
        units, inputs = self.structure.units(place), self.structure.inputs(place)
        parameters, columns = self._parameters(place), self._columns[place]
        if parameters is None or columns is None:
            return np.full((units, inputs), np.nan)
        return _aligned(parameters.W if carried == "weights" else parameters.gradient_W, units, columns)

    def biases(self, place: int, carried: Carried = "weights") -> Array:
        """b of a layer, or its gradient, in the shape of the drawing."""
        units, parameters = self.structure.units(place), self._parameters(place)
        if parameters is None:
            return np.full(units, np.nan)
        vector = parameters.b if carried == "weights" else parameters.gradient_b
        return vector if len(vector) == units else _aligned(vector[:, np.newaxis], units, np.zeros(1, np.intp))[:, 0]

    def wire_values(self, wires: Wires, carried: Carried) -> Array:
        """The values of the wires, in their order."""
        values = np.full(len(wires.layer), np.nan)
        for place in np.unique(wires.layer).tolist():
            of_layer = slice(*np.searchsorted(wires.layer, [place, place + 1]))
            values[of_layer] = self.weights(place, carried)[wires.unit[of_layer], wires.source[of_layer]]
        return values

    def map_colours(
        self, columns: list[TileColumn], look: theme.Theme
    ) -> tuple[dict[tuple[int, int], int], Array | None]:
        """The colours of all visible maps, packed, (maps, n, n), and the number of each unit's map."""
        tiles: dict[tuple[int, int], int] = {}
        parts: list[Array] = []
        for column in columns:
            units, maps = self._maps(column)
            if len(units) and (not parts or maps.shape[1:] == parts[0].shape[1:]):
                for unit in units:
                    tiles[column.place, unit] = len(tiles)
                parts.append(self._coloured(column.place, units, maps, look))
        return tiles, np.concatenate(parts) if parts else None

    def _maps(self, column: TileColumn) -> tuple[list[int], Array]:
        """The units of a column with known maps, and these maps."""
        known = self.snapshot.answer(UnitMapsRequest)
        maps, mapped = (None, None) if known is None else (self._at(part, column.place) for part in reversed(known))
        if maps is None or mapped is None:
            return [], np.zeros((0, 0, 0))
        rows = {unit: row for row, unit in enumerate(mapped.tolist()) if row < len(maps)}
        units = [unit for unit in column.seen if unit in rows]
        wanted = [rows[unit] for unit in units]
        return units, maps if wanted == list(range(len(maps))) else maps[wanted]

    def _coloured(self, place: int, units: list[int], maps: Array, look: theme.Theme) -> Array:
        if place < self.structure.output:
            return unit_colours(maps, self._range(place), look)
        sample = self.snapshot.sample
        if sample.task == "classification" and sample.outputs > 1:
            return share_colours(maps, units, sample.outputs, look)
        return unit_colours(maps, value_range_of(sample), look)

    def _range(self, place: int) -> ValueRange | None:
        there = self.places[place]
        assert there is not None
        layer = self.snapshot.experiment.layers[there]
        # What a skip connection adds, or passes on, knows no bounds.
        return None if layer.skip or layer.muted else range_of_activation(layer.activation)


def _aligned(matrix: Array, units: int, columns: Array) -> Array:
    """Fit a matrix to the drawing: its `columns` in their order, and NaN where the drawing has more rows or columns."""
    if matrix.shape == (units, len(columns)) and np.array_equal(columns, np.arange(len(columns))):
        return matrix
    result = np.full((units, len(columns)), np.nan)
    rows = min(units, len(matrix))
    known = (columns >= 0) & (columns < matrix.shape[1])
    result[:rows, known] = matrix[:rows, columns[known]]
    return result
