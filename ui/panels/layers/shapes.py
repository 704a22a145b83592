"""Shapes of networks: how wide the hidden layers are, from the input to the output."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec

from playground import Layer
from playground.experiment.declarations import fields_of
from playground.experiment.quantity import Quantity
from playground.experiment.rules import MAX_LAYERS
from playground.experiment.tree import new_id

SHAPES: Mapping[str, tuple[int, ...]] = {
    "Funnel": (16, 8, 4),
    "Hourglass": (8, 4, 2, 4, 8),
    "Same width": (8, 8, 8),
    "Deep and thin": (4,) * 8,
    "Wide and shallow": (64,),
}
ABOUT: Mapping[str, str] = {
    "Funnel": "Narrows towards the output: many simple lines first, then few combinations of them.",
    "Hourglass": "Everything has to pass through two numbers, which shows what the network keeps.",
    "Same width": "The plain choice, and the one in which layers can be skipped and muted.",
    "Deep and thin": "Few units in many layers: the gradient has a long way to go.",
    "Wide and shallow": "Many units in a single layer: easy to train, hard to make clever.",
}


def with_widths(layers: Sequence[Layer], template: Layer, widths: Sequence[int]) -> tuple[Layer, ...]:
    """Layers of these widths with the settings of `template`; those that are there already keep their ids."""
    result: list[Layer] = []
    for place, units in enumerate(widths):
        layer_id = layers[place].id if place < len(layers) else new_id([*layers, *result])
        result.append(msgspec.structs.replace(template, units=units, muted=False, id=layer_id))
    return tuple(result)


def widths_words(widths: Sequence[int]) -> str:
    """Widths as a person writes them: `16-8-4`, or `3 × 8` for three layers of eight units."""
    if len(set(widths)) == 1:
        return f"{len(widths)} × {widths[0]}"
    return "-".join(str(units) for units in widths)


def widths_of(text: str) -> tuple[int, ...]:
    """The widths that a text names, the opposite of `widths_words`. Raises ValueError that says what is allowed."""
    cleaned = text.replace(" ", "").replace("x", "×").replace("*", "×")
    units = Quantity.of(fields_of(Layer)["units"])
    repeated = re.fullmatch(r"(\d+)×(\d+)", cleaned)
    if repeated:
        cleaned = "-".join([repeated[2]] * min(int(repeated[1]), MAX_LAYERS + 1))
    parts = [part for part in re.split(r"[-–,;]", cleaned) if part]
    if not parts or not all(part.isdecimal() and units.admits(int(part)) for part in parts):
        raise ValueError(f"Widths such as 16-8-4, or 3 × 8 for three layers of eight; {units.allowed} each.")
    if len(parts) > MAX_LAYERS:
        raise ValueError(f"There can be at most {MAX_LAYERS} layers.")
    return tuple(int(part) for part in parts)
