"""Paths: reading and replacing any declared value of an experiment by its place, like `layers.0.units`."""

from __future__ import annotations

from typing import Any

import msgspec

from playground.catalog.choice import Choice
from playground.experiment.declarations import Field, fields_of
from playground.experiment.quantity import Quantity


def found(tree: Any, path: str) -> Any:
    """The value at a path like `layers.0.units`. Raises LookupError where there is none."""
    for step in path.split("."):
        if isinstance(tree, tuple) and step.isdigit() and int(step) < len(tree):
            tree = tree[int(step)]
        elif isinstance(tree, msgspec.Struct) and step in tree.__struct_fields__:
            tree = getattr(tree, step)
        else:
            raise LookupError(path)
    return tree


def replaced(tree: Any, path: str, value: Any) -> Any:
    """A copy of an immutable tree with another value at a path. Raises LookupError where there is none."""
    step, _, rest = path.partition(".")
    present = found(tree, step)
    inner = replaced(present, rest, value) if rest else value
    if isinstance(tree, tuple):
        return (*tree[: int(step)], inner, *tree[int(step) + 1 :])
    return msgspec.structs.replace(tree, **{step: inner})


def switched(old: Choice | None, kind: type[Choice]) -> Choice:
    """`kind` with its own defaults, but with what a person had set on `old` under the same name."""
    if old is None:
        return kind()
    before, kept = fields_of(type(old)), {}
    for name, ours in fields_of(kind).items():
        theirs = before.get(name)
        value = getattr(old, name, None)
        if theirs and theirs.type == ours.type and value != theirs.default and fits(value, ours):
            kept[name] = value
    return kind(**kept)


def fits(value: Any, wanted: Field) -> bool:
    """Whether a value is within the range that a field declares."""
    if wanted.type in (int, float) and value is not None:
        return Quantity.declared(wanted.type, wanted.meta).admits(value)
    return True


def joined(path: str, name: str) -> str:
    """The path of a field below a path."""
    return f"{path}.{name}" if path else name
