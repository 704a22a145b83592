"""Experiments as flat lists of settings, by which many of them are compared at once.

`difference` compares two experiments. Of many, the settings that differ in any pair follow from the flat lists alone:
two experiments differ at a path if both have a setting there with the same scope and other values. The scope says to
which choices and layers a setting belongs, since only settings of the same kind of optimizer, or of the same stack of
layers, can be compared; where the kinds or the stacks differ, the choice or the stack itself does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Choice
from playground.experiment.declarations import fields_of
from playground.experiment.paths import join_path
from playground.experiment.tree import Experiment, Layer

SHAPE = "shape"
"""The path under which the units of all layers stand together, as in `8-8`; it is no path of the experiment."""
_LONGEST_LIST = 100
"""The longest list of numbers that is kept as it is; of longer ones, such as points, a fingerprint is kept."""


class Setting(NamedTuple):
    """A value of an experiment."""

    path: str
    scope: str
    """The kinds and layers that it belongs to; see the module."""
    value: Any
    """The plain value, as in files; of a choice its kind, of a group that can be off true."""


def flatten(experiment: Experiment) -> list[Setting]:
    """All settings of an experiment, in the order of declaration."""
    return [*_settings("", experiment, "", optional=False), Setting(SHAPE, "", shape_words(experiment.layers))]


def shape_words(layers: Iterable[Layer]) -> str:
    """The units of layers in one word: `8-8`; `none` without any."""
    return "-".join(str(layer.units) for layer in layers) or "none"


def _settings(path: str, value: Any, scope: str, *, optional: bool) -> Iterator[Setting]:
    if path == "layers":
        names = [layer.id for layer in value]
        yield Setting(path, scope, names)
        stack = f"{scope}/{msgspec.json.encode(names).decode()}"
        for place, layer in enumerate(value):
            yield from _fields(join_path(path, str(place)), layer, stack)
    elif isinstance(value, Choice):
        yield Setting(path, scope, value.kind)
        yield from _fields(path, value, f"{scope}/{value.kind}")
    elif isinstance(value, msgspec.Struct):
        if optional:
            yield Setting(path, scope, True)
        yield from _fields(path, value, scope)
    else:
        yield Setting(path, scope, _plain(value))


def _fields(path: str, struct: msgspec.Struct, scope: str) -> Iterator[Setting]:
    for name, field in fields_of(type(struct)).items():
        yield from _settings(join_path(path, name), getattr(struct, name), scope, optional=field.optional)


def _plain(value: Any) -> Any:
    if not isinstance(value, tuple):
        return value
    if len(value) > _LONGEST_LIST:
        digest = hashlib.sha256(np.array(value, np.float64).tobytes()).hexdigest()
        return f"{len(value):,} numbers ({digest[:8]})"
    return list(value)
