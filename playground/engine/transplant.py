"""Transplant: carry a training over to a changed network, keeping every weight that still has a meaning.

Layers are the same if their ids agree, or, without ids, their positions; features are the same by name. A layer
that survives keeps its units (the last ones go when it narrows), their biases and their incoming weights. What
is new starts as a fresh network of that shape would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.engine.network import Network
from playground.engine.state import State
from playground.experiment import Experiment


class Structure(NamedTuple):
    """What a transplant must know of one side."""

    features: tuple[str, ...]
    ids: tuple[str | None, ...]
    network: Network


def structure(experiment: Experiment, network: Network) -> Structure:
    """The structure of an experiment's network."""
    return Structure(experiment.features, tuple(layer.id for layer in experiment.layers), network)


@dataclass(frozen=True)
class Patch:
    """A block of a new layer's weights that comes from an old layer: rows and columns there, rows and columns here."""

    old: int
    new: int
    old_columns: Array
    new_columns: Array
    units: int


def matched(old: Structure, new: Structure) -> list[int | None]:
    """For every layer of `new`, the output layer included, the layer of `old` that it continues."""
    by_id = {name: place for place, name in enumerate(old.ids) if name is not None}
    result = [by_id.get(name) if name is not None else None for name in new.ids]
    for place, name in enumerate(new.ids):
        free = place < len(old.ids) and place not in result
        if result[place] is None and free and (name is None or old.ids[place] is None):
            result[place] = place
    return [*result, len(old.ids) if outputs_correspond(old.network, new.network) else None]


def outputs_correspond(old: Network, new: Network) -> bool:
    """Whether output units mean the same kind of thing: one unit never stands for one of several classes."""
    return (old.layers[-1].units == 1) == (new.layers[-1].units == 1)


def patches(old: Structure, new: Structure, *, same_source_only: bool = False) -> list[Patch]:
    """The blocks of weights that survive from `old` to `new`.

    `same_source_only` leaves out weights whose layer now listens to another layer than before.
    """
    sources = matched(old, new)
    result = []
    for place, source in enumerate(sources):
        if source is None:
            continue
        columns = surviving_columns(old, new, sources, place, source, same_source_only)
        units = min(old.network.layers[source].units, new.network.layers[place].units)
        result.append(Patch(source, place, *columns, units))
    return result


def surviving_columns(
    old: Structure,
    new: Structure,
    sources: Sequence[int | None],
    place: int,
    source: int,
    same_source_only: bool,
) -> tuple[Array, Array]:
    """Which columns of the old layer's weights go to which columns of the new layer's."""
    none = np.empty(0, dtype=int)
    if source == 0 and place == 0:
        kept = [name for name in new.features if name in old.features]
        return np.array([old.features.index(f) for f in kept], int), np.array(
            [new.features.index(f) for f in kept], int
        )
    before = sources[place - 1] if place else None
    moved = before != source - 1 or source == 0 or place == 0
    if moved and (same_source_only or was_removed(source - 1, sources)):
        return none, none
    shared = np.arange(min(old.network.layers[source].inputs, new.network.layers[place].inputs))
    return shared, shared


def was_removed(layer: int, sources: Sequence[int | None]) -> bool:
    """Whether an old layer is gone; the features (layer −1) never are."""
    return layer >= 0 and layer not in sources


def copy_flat(old: Structure, new: Structure, blocks: Sequence[Patch], source: Array, target: Array) -> None:
    """Copy the surviving entries of a flat array to one of the new layout."""
    for block in blocks:
        before, after = old.network.layers[block.old], new.network.layers[block.new]
        rows = np.arange(block.units)
        after.W(target)[np.ix_(rows, block.new_columns)] = before.W(source)[np.ix_(rows, block.old_columns)]
        after.b(target)[rows] = before.b(source)[rows]


def transplanted(
    old: Structure, new: Structure, state: State, target: State, *, same_source_only: bool = False
) -> State:
    """`target`, a fresh state of the new network, with all that survives of `state` put into it."""
    blocks = patches(old, new, same_source_only=same_source_only)
    copy_flat(old, new, blocks, state.parameters, target.parameters)
    copy_flat(old, new, blocks, state.gradient, target.gradient)
    copy_flat(old, new, blocks, state.carried, target.carried)
    if len(state.slots) == len(target.slots):
        for before, after in zip(state.slots, target.slots, strict=True):
            copy_flat(old, new, blocks, before, after)
    for name in ("optimizer_steps", "step", "epoch", "position", "carried_points"):
        setattr(target, name, getattr(state, name))
    return target


def lost(old: Structure, new: Structure) -> tuple[str, ...]:
    """In words, what of the old network has no place in the new one."""
    sources = matched(old, new)
    notes = []
    for place, layer in enumerate(old.network.layers[:-1]):
        if place not in sources:
            notes.append(f"The {layer.units} units of layer {layer.name} were removed.")
    for place, source in enumerate(sources):
        if source is not None and new.network.layers[place].units < old.network.layers[source].units:
            gone = old.network.layers[source].units - new.network.layers[place].units
            notes.append(
                f"The last {gone} unit{'s' if gone > 1 else ''} of layer {new.network.layers[place].name} were removed."
            )
    if sources[-1] is None:
        notes.append("The output layer starts anew, since the task has another number of classes.")
    return tuple(notes)
