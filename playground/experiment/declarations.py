"""Declarations: what the fields of an experiment declare about themselves, read once for everyone."""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from playground.catalog.choice import Choice


@cache
def types_by_name(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The type of each field, by its name in files; worked out once, because every edit of a drag asks for it."""
    return {field.encode_name: field.type for field in msgspec.structs.fields(struct)}


def without_none(expected: Any) -> Any:
    """The type that an optional field has when it is there; any other type as it is."""
    if get_origin(expected) not in (Union, types.UnionType):
        return expected
    kinds = [arg for arg in get_args(expected) if arg is not type(None)]
    return kinds[0] if len(kinds) == 1 else expected


def is_choice(expected: Any) -> bool:
    """Whether a type is a family of choices, or a family or nothing."""
    return bool(choices_of(expected))


def choices_of(expected: Any) -> tuple[type[Choice], ...]:
    """The members of the family that a field's type stands for; empty for any other type."""
    if isinstance(expected, type) and issubclass(expected, Choice):
        return (expected,)
    if get_origin(expected) in (Union, types.UnionType):
        return tuple(arg for arg in get_args(expected) if isinstance(arg, type) and issubclass(arg, Choice))
    return ()


def kind_words(expected: Any) -> str:
    """A type in words."""
    words = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    return words.get(expected, "a list" if get_origin(expected) is tuple else "a JSON object")


def bounds(meta: msgspec.Meta) -> Iterator[str]:
    """The range of a declared number in words."""
    for word, bound in (("≥", meta.ge), (">", meta.gt), ("≤", meta.le), ("<", meta.lt)):
        if bound is not None:
            yield f"{word} {bound:,}"


def field_types(expected: Any, raw: Any) -> dict[str, Any]:
    """The fields of the struct that stands at a place and their types."""
    kind = raw.get("kind") if isinstance(raw, dict) else raw
    for member in choices_of(expected):
        if member.__struct_config__.tag == kind:
            expected = member
    expected = without_none(expected)
    if isinstance(expected, type) and issubclass(expected, msgspec.Struct):
        return {field.encode_name: field.type for field in msgspec.structs.fields(expected)}
    return {}


@dataclass(frozen=True)
class Field:
    """One declared field of a struct."""

    name: str
    label: str
    help: str
    type: Any
    meta: msgspec.Meta | None
    optional: bool
    default: Any

    @property
    def choices(self) -> tuple[type[Choice], ...]:
        """The members, if the field is a choice from a family."""
        return choices_of(self.type)


@lru_cache(maxsize=256)
def fields_of(struct: type[msgspec.Struct]) -> dict[str, Field]:
    """The fields that a struct declares, by name."""
    return {info.name: declared(info) for info in msgspec.structs.fields(struct)}


def told_apart(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields, with their names in the label where several share one."""
    labels = [field.label for field in fields.values()]
    return {
        name: replace(field, label=f"{field.label} ({name})") if labels.count(field.label) > 1 else field
        for name, field in fields.items()
    }


def declared(info: msgspec.structs.FieldInfo) -> Field:
    """A field with its type, its meta data and whether it may be nothing, taken apart."""
    kind, meta, optional = taken_apart(info.type)
    label = (meta and meta.title) or info.name.replace("_", " ").capitalize()
    help_text = (meta and meta.description) or help_of(kind)
    default = (
        info.default_factory() if info.default is msgspec.NODEFAULT and callable(info.default_factory) else info.default
    )
    return Field(info.name, label, help_text, kind, meta, optional, default)


def taken_apart(kind: Any) -> tuple[Any, msgspec.Meta | None, bool]:
    """A declared type as (type without meta data or None, meta data, whether None is allowed)."""
    if get_origin(kind) is Annotated:
        inner, *extras = get_args(kind)
        kind, meta, optional = taken_apart(inner)
        return kind, next((extra for extra in extras if isinstance(extra, msgspec.Meta)), meta), optional
    if get_origin(kind) in (Union, types.UnionType):
        rest = tuple(arg for arg in get_args(kind) if arg is not type(None))
        optional = len(rest) < len(get_args(kind))
        if len(rest) == 1:
            return (*taken_apart(rest[0])[:2], optional)
        return Union[rest], None, optional  # noqa: UP007 - built at run time
    return kind, None, False


def help_of(kind: Any) -> str:
    """What a family or struct without a declared help says about itself."""
    members = choices_of(kind)
    if members:
        family = members[0].__mro__[members[0].__mro__.index(Choice) - 1]
        return inspect.getdoc(family) or ""
    return inspect.getdoc(kind) or "" if is_struct(kind) else ""


def is_struct(kind: Any) -> bool:
    """Whether a type is a group of fields."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def about(member: type[Choice]) -> str:
    """What a member of a family does; sources and the like are left to the docstring."""
    return (inspect.getdoc(member) or "").partition("\n\n")[0]
