"""The declarations of an experiment's fields (type, range, default, label, help), read in this one place.

`setting` writes a declaration beside a field's type; `fields_of` reads it. Forms, checks of files, paths and the
wording of differences all use the same `Field`; no other module reads msgspec's metadata.
"""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from playground.catalog.choice import Choice, classes_so_far, is_foreign, kind_of, listing, members

_TYPE_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


class Bounds(NamedTuple):
    """The limits of a number, and whether each limit itself is excluded."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    @property
    def words(self) -> str:
        """The limits as text, such as `of at least 0 and below 1`; empty if there are none."""
        low, high = self._low_words, self._high_words
        if low and high and not (self.low_open or self.high_open):
            return f"from {_number_words(self.low)} to {_number_words(self.high)}"
        words = " and ".join(words for words in (low, high) if words)
        return f"of {words}" if words.startswith("at") else words

    @property
    def _low_words(self) -> str:
        words = f"{'above' if self.low_open else 'at least'} {_number_words(self.low)}"
        return words if math.isfinite(self.low) else ""

    @property
    def _high_words(self) -> str:
        words = f"{'below' if self.high_open else 'at most'} {_number_words(self.high)}"
        return words if math.isfinite(self.high) else ""

    def limit_for(self, number: float) -> str:
        """The limit that a number exceeds, as text: `at least 0`; empty if it is within the range."""
        if number < self.low or (self.low_open and number == self.low):
            return self._low_words
        if number > self.high or (self.high_open and number == self.high):
            return self._high_words
        return ""


def _number_words(number: float) -> str:
    """A limit as text, with thousands separators; a whole number is written without a decimal point."""
    return f"{int(number) if float(number).is_integer() else number:,}"


_ANY = Bounds()
"""The range without limits."""


@dataclass(frozen=True)
class Field:
    """The declaration of a field of a struct, or of the entries of a list."""

    name: str
    label: str
    help: str
    type: Any
    """The declared type without metadata and without None."""
    optional: bool
    """Whether the value may be None."""
    default: Any
    range: Bounds = _ANY
    log: bool = False
    """Whether the slider is logarithmic: equal distances are equal factors."""
    slider: tuple[float, float] | None = None
    """The part of the range that the slider covers."""
    unit: str = ""
    names: Mapping[int | float, str] | None = None
    """The names of special values, such as 0: "full"."""
    nothing: str = "Off"
    """The label for None."""

    @property
    def choices(self) -> tuple[type[Choice], ...]:
        """The classes to choose from, if the field is a choice from a family; else empty."""
        return choices_of(self.type)

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of a Literal type; empty for any other type."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @cached_property
    def entry(self) -> Field | None:
        """The declaration of the entries, if the field is a list; else None."""
        return field_of(get_args(self.type)[0]) if get_origin(self.type) is tuple else None

    def member(self, value: Any) -> type[Choice] | None:
        """The class that a value stands for: a choice, its kind, or an object as in a file. None if there is none."""
        kind = value.kind if isinstance(value, Choice) else value.get("kind") if isinstance(value, dict) else value
        return next((member for member in self.choices if kind_of(member) == kind), None)

    def parts(self, value: Any) -> Mapping[str, Field]:
        """The fields inside this one by name; for a choice, those of the kind of `value`. Empty if it has none."""
        struct = self.type if is_struct(self.type) else self.member(value)
        return {} if struct is None else fields_of(struct)

    @property
    def allowed(self) -> str:
        """The allowed values in words, for error messages about files."""
        if self.choices:
            return f"one of {listing(map(kind_of, self.choices))}"
        if self.values:
            return f"one of {listing(self.values)}"
        if self.entry is not None:
            return f"a list; each entry is {self.entry.allowed}"
        kind = _TYPE_WORDS.get(self.type, "a JSON object")
        return f"{kind} {self.range.words}".rstrip()

    def allowed_for(self, value: Any) -> str:
        """The allowed values in words for a value that was refused: for a number, the limit that it exceeds."""
        is_number = type(value) is self.type or (type(value) is int and self.type is float)
        return (self.range.limit_for(value) if is_number and self.type in (int, float) else "") or self.allowed


@cache
def fields_of(struct: type[msgspec.Struct]) -> Mapping[str, Field]:
    """The fields that a struct declares, by name, in the order of their declaration."""
    fields = {}
    for info in msgspec.structs.fields(struct):
        makes = info.default is msgspec.NODEFAULT and info.default_factory is not msgspec.NODEFAULT
        fields[info.name] = field_of(info.type, info.name, info.default_factory() if makes else info.default)
    return types.MappingProxyType(fields)


def field_of(kind: Any, name: str = "", default: Any = msgspec.NODEFAULT) -> Field:
    """The declaration that an annotated type carries."""
    bare, meta, optional = _unwrap(kind)
    label = meta.title or name.replace("_", " ").capitalize()
    extra = dict(meta.extra or {})
    log = extra.pop("scale", "linear") == "log"
    help = meta.description or _help_of(bare)
    return Field(name, label, help, bare, optional, default, _range_of(meta), log, **extra)


def with_distinct_labels(fields: Mapping[str, Field]) -> dict[str, Field]:
    """The fields, each with its name appended to the label where several have the same label."""
    labels = [field.label for field in fields.values()]
    return {
        name: replace(field, label=f"{field.label} ({name})") if labels.count(field.label) > 1 else field
        for name, field in fields.items()
    }


def choices_of(kind: Any) -> tuple[type[Choice], ...]:
    """The members of the family that a type denotes; empty for any other type."""
    if isinstance(kind, type) and not issubclass(kind, Choice):
        return ()
    return _choices_among(get_args(kind) if is_union(kind) else (kind,), classes_so_far())


@cache
def _choices_among(parts: tuple[Any, ...], _: int) -> tuple[type[Choice], ...]:
    """The choices among types; if they make up a whole family, with the classes added to it since.

    The second argument, the number of classes, only keys the cache.
    """
    choices = tuple(one for one in parts if isinstance(one, type) and issubclass(one, Choice))
    if len(choices) > 1:
        everyone = tuple(members(family_of(choices[0])).values())
        if {member for member in everyone if not is_foreign(member)} <= set(choices):
            return everyone
    return choices


def family_of(member: type[Choice]) -> type[Choice]:
    """The family (base class) of a choice."""
    family: type[Choice] = member.__mro__[member.__mro__.index(Choice) - 1]
    return family


def is_struct(kind: Any) -> bool:
    """Whether a type is a struct, a group of fields."""
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, types.UnionType)


def summary_of(member: type[Choice]) -> str:
    """The first paragraph of a class's docstring, which says what the class does, without the marks of code."""
    return (inspect.getdoc(member) or "").partition("\n\n")[0].replace("`", "")


# Reading types ------------------------------------------------------------------------------------------------


def _unwrap(kind: Any) -> tuple[Any, msgspec.Meta, bool]:
    """Split a declared type into (type without metadata and None, metadata, whether None is allowed)."""
    if get_origin(kind) is Annotated:
        inner, *extras = get_args(kind)
        bare, meta, optional = _unwrap(inner)
        return bare, next((extra for extra in extras if isinstance(extra, msgspec.Meta)), meta), optional
    if is_union(kind):
        rest = tuple(arg for arg in get_args(kind) if arg is not type(None))
        optional = len(rest) < len(get_args(kind))
        if len(rest) == 1:
            return (*_unwrap(rest[0])[:2], optional)
        return Union[rest], msgspec.Meta(), optional  # noqa: UP007 - built at run time
    return kind, msgspec.Meta(), False


def _range_of(meta: msgspec.Meta) -> Bounds:
    low = next((bound for bound in (meta.ge, meta.gt) if bound is not None), -math.inf)
    high = next((bound for bound in (meta.le, meta.lt) if bound is not None), math.inf)
    return Bounds(low, high, meta.ge is None and meta.gt is not None, meta.le is None and meta.lt is not None)


def _help_of(kind: Any) -> str:
    """The docstring of a family or struct, which serves as its help where none is declared."""
    choices = choices_of(kind)
    if choices:
        return inspect.getdoc(family_of(choices[0])) or ""
    return inspect.getdoc(kind) or "" if is_struct(kind) else ""
