"""Transplanting the state of a run to a changed network, keeping every weight that still has a meaning.

Layers correspond by their ids or, without ids, by their positions; features correspond by name. A layer that survives
keeps its units (the last ones go when it narrows) and all that belongs to them, as long as some of its inputs survive.
New parts start as in a fresh network of that shape, but the weights from new units and new features to surviving units
start at 0, so that widening doesn't change the network's output. New layers between surviving neighbours are the
subject of `insertion`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array, listing
from playground.catalog.features import FEATURES
from playground.catalog.optimizers import Optimizer
from playground.engine.network import Network, NetworkLayer
from playground.engine.setup import Setup
from playground.engine.state import State
from playground.experiment.difference import continued_layers
from playground.experiment.layer_names import layer_phrase

FIRST_SHARE = 0.1
"""The share of a step that new weights begin with; it grows (see `State.rate_factors`)."""
_MOST_NAMES = 4
"""The most layers, or runs of neighbouring layers, that a note names one by one."""

Sources: TypeAlias = Sequence[int | None]
"""For every layer, the output layer included, the position of the old layer that it continues, or None."""


class SetupStructure(NamedTuple):
    """The facts about a network, old or new, that a transplant compares."""

    features: tuple[str, ...]
    ids: tuple[str | None, ...]
    network: Network


def structure_of_setup(setup: Setup) -> SetupStructure:
    """The structure of a setup's network."""
    experiment = setup.experiment
    return SetupStructure(experiment.features, tuple(layer.id for layer in experiment.layers), setup.network)


@dataclass(frozen=True)
class _Patch:
    """A block of weights that survives: its old and new layer, its columns in both, and its number of rows (units)."""

    old: int
    new: int
    old_columns: Array
    new_columns: Array
    units: int


def layer_sources(old: SetupStructure, new: SetupStructure) -> list[int | None]:
    """The layer of `old` that each layer of `new`, the output layer included, continues, or None."""
    return [
        *continued_layers(old.ids, new.ids),
        len(old.ids) if _outputs_correspond(old.network, new.network) else None,
    ]


def _outputs_correspond(old: Network, new: Network) -> bool:
    """Whether output units mean the same kind of thing: a single unit never means one of several classes."""
    return (old.layers[-1].units == 1) == (new.layers[-1].units == 1)


def surviving_blocks(
    old: SetupStructure, new: SetupStructure, sources: Sources, *, same_source_only: bool = False
) -> list[_Patch]:
    """The blocks of weights that survive from `old` to `new`.

    `same_source_only` leaves out layers whose inputs come from another layer than before.
    """
    result = []
    for place, source in enumerate(sources):
        if source is None:
            continue
        columns = _surviving_columns(old, new, sources, place, source, same_source_only)
        units = min(old.network.layers[source].units, new.network.layers[place].units)
        if columns[0].size:
            result.append(_Patch(source, place, *columns, units))
    return result


def _surviving_columns(
    old: SetupStructure, new: SetupStructure, sources: Sources, place: int, source: int, same_source_only: bool
) -> tuple[Array, Array]:
    none = np.empty(0, dtype=int)
    if source == 0 and place == 0:
        kept = [name for name in new.features if name in old.features]
        return np.array([old.features.index(f) for f in kept], int), np.array(
            [new.features.index(f) for f in kept], int
        )
    before = sources[place - 1] if place else None
    moved = before != source - 1 or source == 0 or place == 0
    # The features, layer −1, are never removed.
    if moved and (same_source_only or (source > 0 and source - 1 not in sources)):
        return none, none
    shared = np.arange(min(old.network.layers[source].inputs, new.network.layers[place].inputs))
    return shared, shared


def _copy_flat(
    old: SetupStructure, new: SetupStructure, blocks: Sequence[_Patch], source: Array, target: Array
) -> None:
    for block in blocks:
        before, after = old.network.layers[block.old], new.network.layers[block.new]
        rows = np.arange(block.units)
        after.W(target)[np.ix_(rows, block.new_columns)] = before.W(source)[np.ix_(rows, block.old_columns)]
        for name in after.per_unit.keys() & before.per_unit.keys():
            target[after.per_unit[name]][rows] = source[before.per_unit[name]][rows]


def mark_survivors(
    old: SetupStructure,
    new: SetupStructure,
    sources: Sources,
    marks: Array,
    mark: int,
    *,
    same_source_only: bool = False,
) -> None:
    """Set the entries of the flat array `marks` to `mark` where a transplant copies parameters from `old`."""
    blocks = surviving_blocks(old, new, sources, same_source_only=same_source_only)
    _copy_flat(old, new, blocks, np.full(old.network.size, mark, marks.dtype), marks)


def silence_newcomers(new: SetupStructure, blocks: Sequence[_Patch], parameters: Array) -> None:
    """Set the weights from new units and new features to surviving units to 0."""
    for block in blocks:
        w = new.network.layers[block.new].W(parameters)
        fresh = np.setdiff1d(np.arange(w.shape[1]), block.new_columns)
        w[: block.units, fresh] = 0


def shorten_newcomers_steps(new: SetupStructure, blocks: Sequence[_Patch], state: State, optimizer: Optimizer) -> None:
    """Shorten the first steps of new units in surviving layers, and of weights from new to surviving units.

    Only optimizers that scale steps by a memory, which new weights have yet to build up, need this.
    """
    if optimizer.gradient_powers[0]:
        return
    state.have_rate_factors()
    for block in blocks:
        layer = new.network.layers[block.new]
        known = np.zeros((layer.units, layer.inputs), dtype=bool)
        known[np.ix_(np.arange(block.units), block.new_columns)] = True
        factors = layer.W(state.rate_factors)
        factors[~known] = np.minimum(factors[~known], FIRST_SHARE)
        for place in layer.per_unit.values():
            state.rate_factors[place][block.units :] = FIRST_SHARE
    state.drop_whole_factors()


def transplant(
    old: SetupStructure,
    new: SetupStructure,
    state: State,
    target: State,
    sources: Sources | None = None,
    *,
    same_source_only: bool = False,
) -> State:
    """Copy all that survives of `state` into `target`, a fresh state of the new network, and return that."""
    blocks = surviving_blocks(
        old, new, layer_sources(old, new) if sources is None else sources, same_source_only=same_source_only
    )
    for name in ("parameters", "gradient", "carried", "pruned"):
        _copy_flat(old, new, blocks, getattr(state, name), getattr(target, name))
    if state.rate_factors.size:
        target.have_rate_factors()
        _copy_flat(old, new, blocks, state.rate_factors, target.rate_factors)
    if len(state.slots) == len(target.slots):
        for before, after in zip(state.slots, target.slots, strict=True):
            _copy_flat(old, new, blocks, before, after)
    for name in ("optimizer_steps", "step", "epoch", "seed", "position", "carried_points", "plateau"):
        setattr(target, name, getattr(state, name))
    return target


# In words -------------------------------------------------------------------------------------------------------


def describe_losses(old: SetupStructure, new: SetupStructure) -> tuple[str, ...]:
    """Describe the parts of the old network that are lost in the new one, in at most two sentences."""
    sources = layer_sources(old, new)
    kept = {block.new for block in surviving_blocks(old, new, sources)}
    gone = [FEATURES[name].label for name in old.features if name not in new.features]
    removed = [layer for place, layer in enumerate(old.network.layers[:-1]) if place not in sources]
    survivors = [(old.network.layers[s], new.network.layers[p], p) for p, s in enumerate(sources) if s is not None]
    lost_units = {p: before.units - after.units for before, after, p in survivors if before.units > after.units}
    narrowed = [new.network.layers[place] for place in lost_units]
    rewired = [after for _, after, place in survivors if place not in kept]
    bare = [after for a, after, _ in survivors if a.normalizes and a.normalization.kind != after.normalization.kind]
    notes = [f"The weights of {listing(gone)} were removed."] if gone else []
    if removed:
        units = removed[0].units
        which = "The only unit of {1} was" if units == 1 else f"The {units} units of {{1}} were"
        notes.append(_note(f"{which} removed.", "{0} layers were removed: {1}.", removed, old))
    if narrowed:
        units = sum(lost_units.values())
        which = "The last unit of {1} was" if units == 1 else f"The last {units} units of {{1}} were"
        notes.append(_note(f"{which} removed.", f"{units} units of {{0}} layers were removed: {{1}}.", narrowed, new))
    if rewired:
        many = "{0} layers now have different inputs, so their weights were initialized again: {1}."
        notes.append(_note("{1} now has different inputs, so its weights were initialized again.", many, rewired, new))
    if bare:
        many = "The normalization of {0} layers was removed, with its γ and β: {1}."
        notes.append(_note("The normalization of {1} was removed, with its γ and β.", many, bare, new))
    if sources[-1] is None:
        outputs = "a single output" if new.network.layers[-1].units == 1 else "an output for each class"
        notes.append(f"The output layer was initialized again, since it now has {outputs}.")
    if len(notes) <= 2:
        return tuple(notes)
    first, *others = (sentence.removesuffix(".") for sentence in notes[1:])
    return notes[0], f"{'; '.join([first, *(other[0].lower() + other[1:] for other in others)])}."


def _note(one: str, many: str, layers: Sequence[NetworkLayer], structure: SetupStructure) -> str:
    """A sentence about one layer or about many, with their number as {0} and their names as {1}."""
    name = layer_phrase(layers[0].name)
    said = one.format(1, name) if len(layers) == 1 else many.format(len(layers), _names(layers, structure))
    return f"{said[0].upper()}{said[1:]}"


def _names(layers: Sequence[NetworkLayer], structure: SetupStructure) -> str:
    """The names of some layers of a network; three or more neighbours are named by the first and the last."""
    order = [layer.name for layer in structure.network.layers]
    runs: list[list[str]] = []
    for layer in layers:
        follows = bool(runs) and order.index(layer.name) == order.index(runs[-1][-1]) + 1
        runs[-1].append(layer.name) if follows else runs.append([layer.name])
    parts = [part for run in runs for part in ([f"{run[0]} to {run[-1]}"] if len(run) > 2 else run)]
    return listing(parts) if len(parts) <= _MOST_NAMES else f"from {layers[0].name} to {layers[-1].name}"
