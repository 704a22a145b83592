"""Edits: replacing values at paths of an experiment, or of any other tree of declared structs.

Values may be written loosely, as in a notebook: a choice by its kind or class, layers by their units, NumPy numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgspec
import numpy as np

from playground.catalog.activations import Tanh
from playground.experiment.declarations import Field, is_struct
from playground.experiment.paths import field_at, is_in_range, value_at, with_kind, with_value
from playground.experiment.reading import convert_plain, expand
from playground.files.errors import InputError

_STACK = re.compile(r"(\d+(-\d+)*)?")
"""The units of a stack of layers, input side first: 8-8."""


def with_changes(tree: Any, changes: Mapping[str, Any]) -> Any:
    """A copy of an immutable tree with the values at some paths replaced, one after the other. Raises InputError."""
    for path, value in changes.items():
        # Error messages write a layer's position in brackets, layers[0].units; users copy that.
        tree = _with_change(tree, re.sub(r"\[(\d+)\]", r".\1", path) if "[" in path else path, value)
    return tree


def _with_change(tree: Any, path: str, value: Any) -> Any:
    tree = with_group_of(tree, path)
    field = field_at(tree, path)
    if path == "layers" and (units := _units(value)) is not None:
        value = stack(tree.layers, units, field)
    if field.choices and isinstance(value, str):
        return with_kind(tree, path, value)
    if isinstance(value, type) and value in field.choices:
        value = value()
    return with_value(tree, path, _read(path, value, field))


def _units(value: Any) -> list[int] | None:
    """The units of layers written as 8-8 or as a list of whole numbers; None for anything else."""
    if isinstance(value, str) and _STACK.fullmatch(value):
        return [int(number) for number in value.split("-") if number]
    if isinstance(value, (list, tuple)) and value and all(isinstance(number, int) for number in value):
        return list(value)
    return None


def with_group_of(tree: Any, path: str) -> Any:
    """The tree in which the group above a path, if it is off (None), is switched on with its defaults."""
    group = path.rpartition(".")[0]
    with suppress(InputError):
        if group and value_at(tree, group) is None and is_struct(field_at(tree, group).type):
            return with_value(tree, group, field_at(tree, group).type())
    return tree


def stack(present: tuple[Any, ...], units: list[int], field: Field) -> tuple[Any, ...]:
    """Layers with the given units, otherwise copies of the first present layer; tanh layers if there is none."""
    assert field.entry is not None
    first = present[0] if present else field.entry.type(activation=Tanh())
    return tuple(msgspec.structs.replace(first, units=number, id=None) for number in units)


def _read(path: str, value: Any, field: Field) -> Any:
    """Convert a value to the type that a field declares. Raises InputError."""
    if value is None and field.optional:
        return None
    try:
        raw = expand(msgspec.to_builtins(value, enc_hook=_to_plain), field)
    except TypeError as error:
        raise InputError(path, value, field.allowed) from error
    try:
        result = convert_plain(raw, field.type)
    except msgspec.ValidationError as error:
        place = re.search(r" - at `\$\.?(.+)`$", str(error))
        raise _refusal(path, raw, field, "" if place is None else place[1]) from error
    if not is_in_range(result, field):
        raise InputError(path, value, field.allowed_for(value))
    return result


def _refusal(path: str, raw: Any, field: Field, inner: str) -> InputError:
    """The error for a value that is refused because of the part at its path `inner`."""
    for step in re.findall(r"[^.\[\]]+", inner):
        entry = field.entry if field.entry is not None else field.parts(raw).get(step)
        if entry is None:
            break
        path, field = f"{path}.{step}", entry
        raw = raw.get(step) if isinstance(raw, dict) else raw[int(step)]
    return InputError(path, raw, field.allowed_for(raw))


def _to_plain(value: object) -> Any:
    """A NumPy number or array as plain Python values. Raises TypeError for anything else."""
    if isinstance(value, (np.generic, np.ndarray)):
        return value.tolist()
    raise TypeError(f"an experiment can't contain a {type(value).__name__}")
