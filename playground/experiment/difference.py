"""Differences between two experiments: the paths at which they differ, each with both values.

Everything that compares experiments reads them: labels of undo, marks in curves, the diagnosis, tables of runs.
Differences are complete: applied to the first experiment, they give the second.

Two layers count as the same if their ids agree or, without ids, their positions. While the same layers stand in the
same order, they differ field by field (`layers.0.units`). Where a layer was added, removed or moved, the paths of the
two experiments no longer mean the same layers, so the stacks differ as a whole (`layers`). A choice of another kind
differs as a whole too (`training.optimizer`), one of the same kind setting by setting (`training.optimizer.beta1`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from playground.experiment.paths import is_among, join_path
from playground.experiment.tree import Experiment, Layer


class Difference(NamedTuple):
    """A path at which two experiments differ, with both values."""

    path: str
    before: Any
    after: Any


def difference(old: Experiment, new: Experiment) -> tuple[Difference, ...]:
    """The differences of `new` from `old` in the order of declaration; empty if they are equal."""
    return tuple(differences_at("", old, new))


def differences_at(path: str, old: Any, new: Any) -> Iterator[Difference]:
    """Yield the differences between two unequal values that stand at a path."""
    if isinstance(old, msgspec.Struct) and type(old) is type(new):
        parts = [(name, getattr(old, name), getattr(new, name)) for name in old.__struct_fields__]
    elif path == "layers" and continued_layers(layer_ids(old), layer_ids(new)) == list(range(len(old))):
        parts = [(str(place), before, after) for place, (before, after) in enumerate(zip(old, new, strict=True))]
    else:
        yield Difference(path, old, new)
        return
    for name, before, after in parts:
        if before != after:
            yield from differences_at(join_path(path, name), before, after)


def continued_layers(old: Sequence[str | None], new: Sequence[str | None]) -> list[int | None]:
    """The position of the old layer that each new layer continues, or None; both stacks are given by ids."""
    places = {name: place for place, name in enumerate(old) if name is not None}
    result = [places.get(name) if name is not None else None for name in new]
    for place, name in enumerate(new):
        free = place < len(old) and place not in result
        if result[place] is None and free and (name is None or old[place] is None):
            result[place] = place
    return result


def layer_ids(layers: Iterable[Layer]) -> list[str | None]:
    """The ids of layers; None for a layer without one."""
    return [layer.id for layer in layers]


# What differences mean ----------------------------------------------------------------------------------------

_MEANING_OF_LOSS = ("data", "loss")
"""Paths that decide what a loss means: the points and the loss function."""
_WAY_OF_LEARNING = (
    "training.optimizer",
    "training.learning_rate",
    "training.schedule",
    "training.batch_size",
    "training.batching",
    "training.shuffle",
    "training.clip_norm",
)
"""Paths of settings that change how a network learns, but neither the network nor the meaning of its losses."""
_AT_RESET = ("seed", "initializer", "layers.initializer", "bias")
"""Paths that act at the next reset."""
_WITHOUT_EFFECT = (
    *_AT_RESET,
    "version",
    "name",
    "data.class_names",
    "data.column_names",
    "data.axis_scales",
    "training.epochs",
)
"""Paths that change no loss of the current run: names, the number of epochs, and what acts at the next reset."""


def losses_are_comparable(differences: Iterable[Difference]) -> bool:
    """Whether losses before and after may be compared: same loss function, same points, same noise, same split.

    Anything else may differ, the network included.
    """
    return not any(gives_loss_meaning(one.path) for one in differences)


def gives_loss_meaning(path: str) -> bool:
    """Whether losses can't be compared between experiments that differ at a path."""
    return _is_covered(path, _MEANING_OF_LOSS) and not _is_covered(path, _WITHOUT_EFFECT)


def affects_training(differences: Iterable[Difference]) -> bool:
    """Whether any of the differences changes how the current run continues."""
    return any(not _is_covered(one.path, _WITHOUT_EFFECT) for one in differences)


def affects_start(differences: Iterable[Difference]) -> bool:
    """Whether any of the differences acts at the next reset, so that a run from the start would be another one."""
    return any(_is_covered(one.path, _AT_RESET) for one in differences)


def only_learning_differs(differences: Iterable[Difference]) -> bool:
    """Whether the differences concern only how the network learns, not the network or the meaning of its losses.

    Only then can a jump in the loss be put down to a setting such as the learning rate.
    """
    return all(_is_covered(one.path, (*_WAY_OF_LEARNING, *_WITHOUT_EFFECT)) for one in differences)


def _is_covered(path: str, tops: Iterable[str]) -> bool:
    """Whether a path is at or below one of `tops`, such as `layers.initializer`, which omit positions of layers."""
    return is_among(re.sub(r"^layers\.\d+\.", "layers.", path), tops)
