"""Paths such as `layers.0.units`, by which values of an experiment are read and replaced.

A path names fields from the outermost inwards, with a number for the position of a layer. It leads to a setting
(`training.learning_rate`), a whole choice (`training.optimizer`), a setting of the present choice
(`training.optimizer.beta1`), or a group (`training`, `layers`). Any tree of declared structs has paths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import msgspec

from playground.catalog.choice import listing
from playground.experiment.declarations import Field, field_of, fields_of
from playground.experiment.quantity import Quantity
from playground.files.errors import InputError, UnknownError


def value_at(tree: Any, path: str) -> Any:
    """The value at a path. Raises InputError where there is none."""
    for step, here in steps_of(path):
        try:
            tree = _part(tree, step)
        except LookupError:
            raise _no_place(tree, path, here) from None
    return tree


def with_value(tree: Any, path: str, value: Any) -> Any:
    """A copy of an immutable tree with the value at a path replaced. Raises InputError where there is none."""
    value_at(tree, path)
    return _with_value(tree, path, value)


def field_at(tree: msgspec.Struct, path: str) -> Field:
    """The declaration for a path. Raises InputError where there is none."""
    field, value = _declared(type(tree)), tree
    for step, here in steps_of(path):
        try:
            inner = _part(value, step)
            field = field.entry if field.entry is not None else field.parts(value)[step]
        except LookupError:
            raise _no_place(value, path, here) from None
        value = inner
    return field


_declared = cache(field_of)


def paths_of(tree: Any, path: str = "") -> Iterator[str]:
    """Yield all paths of a tree in the order of declaration, each choice or group before its own fields."""
    if isinstance(tree, msgspec.Struct):
        for name in fields_of(type(tree)):
            yield join_path(path, name)
            yield from paths_of(getattr(tree, name), join_path(path, name))
    elif isinstance(tree, tuple) and any(isinstance(entry, msgspec.Struct) for entry in tree):
        for place, entry in enumerate(tree):
            yield join_path(path, str(place))
            yield from paths_of(entry, join_path(path, str(place)))


def join_path(path: str, name: str) -> str:
    """The path of the field `name` below `path`."""
    return f"{path}.{name}" if path else name


def is_among(path: str, tops: Iterable[str]) -> bool:
    """Whether a path is one of `tops` or lies below one of them."""
    return any(path == top or path.startswith(f"{top}.") for top in tops)


# Choices ------------------------------------------------------------------------------------------------------


def with_kind(tree: Any, path: str, kind: str) -> Any:
    """A copy with the choice at a path switched to `kind` with its defaults; a choice of that kind stays as it is.

    Raises InputError where there is no choice, or no such kind.
    """
    present, field = value_at(tree, path), field_at(tree, path)
    member = field.member(kind)
    if member is None:
        raise InputError(path, kind, field.allowed)
    return with_value(tree, path, present if isinstance(present, member) else member())


def is_in_range(value: Any, wanted: Field) -> bool:
    """Whether a value is within the range that a field declares."""
    if wanted.type in (int, float) and value is not None:
        return Quantity.of(wanted).admits(value)
    return True


# Walking ------------------------------------------------------------------------------------------------------


def steps_of(path: str) -> Iterator[tuple[str, str]]:
    """Yield the steps of a path, each with the path that leads to it."""
    here = ""
    for step in path.split("."):
        yield step, here
        here = join_path(here, step)


def _part(tree: Any, step: str) -> Any:
    """The field or entry of a value that a step names. Raises LookupError if there is none."""
    if isinstance(tree, tuple) and step.isdecimal() and int(step) < len(tree):
        return tree[int(step)]
    if isinstance(tree, msgspec.Struct) and step in tree.__struct_fields__:
        return getattr(tree, step)
    raise LookupError(step)


def _with_value(tree: Any, path: str, value: Any) -> Any:
    step, _, rest = path.partition(".")
    if isinstance(tree, tuple):
        inner = _with_value(tree[int(step)], rest, value) if rest else value
        return (*tree[: int(step)], inner, *tree[int(step) + 1 :])
    inner = _with_value(getattr(tree, step), rest, value) if rest else value
    return msgspec.structs.replace(tree, **{step: inner})


def _no_place(tree: Any, path: str, here: str) -> InputError:
    """The error for a path that leads nowhere from `tree`, the value at the path `here`."""
    if isinstance(tree, msgspec.Struct) and tree.__struct_fields__:
        there = listing(tree.__struct_fields__)
    elif isinstance(tree, tuple):
        there = f"entries 0 to {len(tree) - 1}" if tree else "no entries"
    else:
        there = "no parts"
    return UnknownError(path, f"{here or 'an experiment'} has {there}")
