"""Names of layers and units, the same in cards, wires, tracks, formulas, menus and sentences."""

from __future__ import annotations

from playground.experiment.tree import Layer

OUTPUT = "output"
"""The name of the last layer, which no other layer may have."""


def layer_name(layer: Layer, place: int) -> str:
    """Name a hidden layer at a place, counted from 0: `A`, or its number if it has no name of its own."""
    return layer.id or str(place + 1)


def layer_phrase(name: str) -> str:
    """Name a layer inside a sentence: `layer A`, `the output layer`."""
    return "the output layer" if name == OUTPUT else f"layer {name}"


def layer_heading(name: str) -> str:
    """Name a layer at the start of a line: `Layer A`, `Output layer`."""
    return "Output layer" if name == OUTPUT else f"Layer {name}"


def unit_name(layer: str, unit: int, units: int) -> str:
    """Name a unit, counted from 0, of a layer with `units` units: `A2`, `1.2`, `output`, `output 2`."""
    if layer == OUTPUT:
        return layer if units == 1 else f"{layer} {unit + 1}"
    return f"{layer}.{unit + 1}" if layer[-1:].isdigit() else f"{layer}{unit + 1}"
