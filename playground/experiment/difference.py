"""Differences: what one experiment says otherwise than another, place by place.

Everything that compares experiments reads this: the words of undo and of marks in curves, the diagnosis, tables of
runs. A difference is a path with both values; all differences of two experiments together are exact, so that applied
to the one they give the other.

Layers are the same if their ids agree, or, without ids, their positions. While the same layers stand in the same
order, they differ field by field (`layers.0.units`). Where a layer was added, removed or moved, the paths of the two
experiments no longer mean the same layers, so the stacks differ as a whole (`layers`). A choice of another kind differs
as a whole too (`training.optimizer`), and one of the same kind setting by setting (`training.optimizer.beta1`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from playground.experiment.paths import is_among, join_path, with_value
from playground.experiment.tree import Experiment, Layer


class Difference(NamedTuple):
    """A place at which two experiments differ."""

    path: str
    before: Any
    after: Any


def difference(old: Experiment, new: Experiment) -> tuple[Difference, ...]:
    """Where `new` differs from `old`, in the order of declaration; nothing if they are equal."""
    return tuple(differences_at("", old, new))


def differences_at(path: str, old: Any, new: Any) -> Iterator[Difference]:
    """Where two values that stand at a path differ, which they do."""
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


def apply_differences(differences: Iterable[Difference], experiment: Experiment) -> Experiment:
    """The experiment with the later value of every difference. Raises InputError where a path leads nowhere."""
    for path, _, after in differences:
        experiment = with_value(experiment, path, after)
    return experiment


def continued_layers(old: Sequence[str | None], new: Sequence[str | None]) -> list[int | None]:
    """For every layer of a new stack, the place in the old one of the layer that it continues, both given by ids."""
    places = {name: place for place, name in enumerate(old) if name is not None}
    result = [places.get(name) if name is not None else None for name in new]
    for place, name in enumerate(new):
        free = place < len(old) and place not in result
        if result[place] is None and free and (name is None or old[place] is None):
            result[place] = place
    return result


def layer_ids(layers: Iterable[Layer]) -> list[str | None]:
    """The ids of layers, of which some may have none."""
    return [layer.id for layer in layers]


# What differences mean ----------------------------------------------------------------------------------------

_MEASURE = ("data", "loss")
"""What decides the meaning of a loss: the points and the loss function."""
_WAY_OF_LEARNING = (
    "training.optimizer",
    "training.learning_rate",
    "training.schedule",
    "training.batch_size",
    "training.batching",
    "training.shuffle",
    "training.clip_norm",
)
"""Settings of how a network learns, which change neither the network nor the meaning of its losses."""
_WITHOUT_EFFECT = (
    "version",
    "name",
    "seed",
    "initializer",
    "layers.initializer",
    "bias",
    "data.class_names",
    "training.epochs",
)
"""What changes no loss of the current run: names, when it ends, and what acts at the next reset."""


def losses_are_comparable(differences: Iterable[Difference]) -> bool:
    """Whether losses on both sides mean the same: by one loss function on the same points, noise and split included.

    Such losses may stand in one table, whatever else differs, the network included.
    """
    return not any(
        _is_kind_of(one.path, _MEASURE) and not _is_kind_of(one.path, _WITHOUT_EFFECT) for one in differences
    )


def only_learning_differs(differences: Iterable[Difference]) -> bool:
    """Whether the same network goes on with comparable losses, and only the way of learning differs.

    Only then does a jump between the losses before and after come from the learning rate and its like.
    """
    return all(_is_kind_of(one.path, (*_WAY_OF_LEARNING, *_WITHOUT_EFFECT)) for one in differences)


def _is_kind_of(path: str, tops: Iterable[str]) -> bool:
    """Whether a path is among others that name settings of any layer without its place: `layers.initializer`."""
    return is_among(re.sub(r"^layers\.\d+\.", "layers.", path), tops)
