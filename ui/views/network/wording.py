"""The drawn network in words: what the mouse points at, what the keyboard has selected, what the marks mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from playground.catalog.features import FEATURES
from playground.experiment.layer_names import layer_heading
from playground.measure.sentences import counted

from ...look.numbers import number_text, percent_text, power_text
from .aligned_snapshot import AlignedSnapshot
from .diagram import INPUTS, Hit, NetworkStructure, TileColumn
from .strokes import Carried

_NO_SLOPE = "slope 0 on the latest batch"
"""What marks a unit that learns nothing now. A tanh unit may revive, so it isn't called dead."""
NETWORK_HINT = "Point at a unit, a wire or a bias to read its values."


@dataclass(frozen=True)
class Wording:
    """Describes a network and its values in words."""

    structure: NetworkStructure
    aligned: AlignedSnapshot | None

    def idle(self, columns: Sequence[TileColumn]) -> str:
        """A hint, or the meaning of the marks on the tiles if there are any."""
        if self.aligned is None:
            return NETWORK_HINT
        states = [self.aligned.states(column.place) for column in columns]
        known = [state for state in states if state is not None]
        marks = [
            (f"crossed: {_NO_SLOPE}", any(state.dead.any() for state in known)),
            ("hatched: dropped", any(state.dropped.any() for state in known)),
            ("lock: frozen", any(not layer.trainable for layer in self.structure.layers)),
            ("dashed: muted", any(layer.muted for layer in self.structure.layers)),
        ]
        return ", ".join(words for words, there in marks if there) or NETWORK_HINT

    def hit(self, hit: Hit, column: TileColumn | None) -> str:
        """Describe the hovered part; `column` is the one it belongs to, if any."""
        structure = self.structure
        if hit.kind in ("unit", "feature"):
            return self.tile(hit.place, hit.unit)
        if hit.kind in ("wire", "bias"):
            return self.number(hit)
        if hit.kind == "header":
            return self.layer(hit.place)
        if hit.kind == "insertion":
            return "Add a layer here. The others keep their weights."
        if hit.kind == "chip" and column is not None:
            noun, last = "Inputs" if column.place == INPUTS else "Units", column.seen[-1] + 1
            return f"{noun} {column.first + 1} to {last} of {column.units:,}. Click or scroll for others."
        change = "one more unit" if hit.kind == "more" else "one unit fewer"
        return f"{layer_heading(structure.layers[hit.place].name)}: {change}. The others keep their weights."

    def tile(self, place: int, unit: int) -> str:
        structure = self.structure
        if place == INPUTS:
            feature = FEATURES[structure.features[unit]]
            return f"{feature.label}: {feature.help} Click to switch it off."
        layer = structure.layers[place]
        parts = [f"{structure.unit_name(place, unit)}: {layer.activation}"]
        if self.aligned is None:
            return parts[0]
        states, measured = self.aligned.states(place), self.aligned.statistics(place)
        parts.append(f"bias {number_text(float(self.aligned.biases(place)[unit]))}")
        if states is not None and unit < len(states.dead):
            parts += [_NO_SLOPE] if states.dead[unit] else []
            parts += ["dropped"] if states.dropped[unit] else []
        if measured is not None and measured.dead > 0:
            parts.append(f"{percent_text(measured.dead)} of the layer dead")
        return ", ".join(parts)

    def number(self, hit: Hit) -> str:
        value, gradient = self.value(hit), self.value(hit, "gradients")
        symbol, pull = ("w", "∂E/∂w") if hit.kind == "wire" else ("b", "∂E/∂b")
        return f"{symbol}: {self.whose(hit)} = {number_text(value)}, {pull} = {power_text(gradient)}"

    def whose(self, hit: Hit) -> str:
        """Name a weight by both of its ends, a bias by its unit."""
        unit = self.structure.unit_name(hit.place, hit.unit)
        return unit if hit.kind == "bias" else f"{self.structure.unit_name(hit.place - 1, hit.source)} → {unit}"

    def layer(self, place: int) -> str:
        structure = self.structure
        if place == INPUTS:
            return f"{len(structure.features)} of {len(FEATURES)} inputs in use. Click one to switch it off."
        layer = structure.layers[place]
        marks = [] if layer.trainable else ["frozen"]
        marks += ["muted"] if layer.muted else []
        facts = ", ".join([counted(layer.units, "unit"), layer.activation, *layer.remarks, *marks])
        open_words = "" if place == structure.output else ". Double-click for its settings."
        return f"{layer_heading(layer.name)}: {facts}{open_words}"

    def value(self, hit: Hit, carried: Carried = "weights") -> float:
        """The weight or the bias, or its gradient; NaN if it isn't known."""
        if self.aligned is None or not parameter_exists(hit, self.structure):
            return math.nan
        if hit.kind == "bias":
            return float(self.aligned.biases(hit.place, carried)[hit.unit])
        return float(self.aligned.weights(hit.place, carried)[hit.unit, hit.source])


def parameter_exists(hit: Hit, structure: NetworkStructure) -> bool:
    """Whether the network has this weight or bias."""
    if not 0 <= hit.place < len(structure.layers) or hit.unit >= structure.units(hit.place):
        return False
    return hit.kind == "bias" or hit.source < structure.inputs(hit.place)
