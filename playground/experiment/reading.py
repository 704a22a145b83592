"""Conversion of plain data, as in a file, to values of the declared types.

msgspec learns the types of a struct only once, so a class added to its family later, as in a notebook, would stay
unknown to it. Data are therefore read into copies of the structs with the present families, and the result is turned
into the original structs.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from playground.catalog.choice import Choice, classes_so_far
from playground.experiment.declarations import Field, choices_of, is_struct, is_union


def convert_plain(raw: Any, kind: Any) -> Any:
    """Convert plain data to a value of a declared type. Raises msgspec.ValidationError."""
    return _with_originals(msgspec.convert(raw, readable(kind)))


def readable(kind: Any) -> Any:
    """A declared type for msgspec to read, with the present members of its families."""
    return _readable(kind, classes_so_far())


@cache
def _readable(kind: Any, class_count: int) -> Any:
    """See `readable`; the number of classes so far only keys the cache."""
    if get_origin(kind) is Annotated:
        inner, *extras = get_args(kind)
        return Annotated[_readable(inner, class_count), *extras]
    if get_origin(kind) is tuple:
        return tuple[tuple(part if part is ... else _readable(part, class_count) for part in get_args(kind))]  # type: ignore[misc]
    if is_union(kind):
        if choices := choices_of(kind):
            nothing = [type(None)] if type(None) in get_args(kind) else []
            return Union[(*choices, *nothing)]
        return Union[tuple(_readable(part, class_count) for part in get_args(kind))]  # noqa: UP007 - built at run time
    if is_struct(kind) and not issubclass(kind, Choice):
        return _copy_of(kind, class_count)
    return kind


def _copy_of(struct: type[msgspec.Struct], class_count: int) -> type[msgspec.Struct]:
    """A copy of a struct whose fields have readable types."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        default: list[Any] = [] if field.default is msgspec.NODEFAULT else [field.default]
        fields.append((field.name, _readable(field.type, class_count), *default))
    copy = msgspec.defstruct(struct.__name__, fields, frozen=True, forbid_unknown_fields=True)
    _ORIGINAL_OF[copy] = struct
    return copy


_ORIGINAL_OF: dict[type[msgspec.Struct], type[msgspec.Struct]] = {}
"""The original struct of each copy."""


def _with_originals(value: Any) -> Any:
    """A value with every copy of a struct replaced by its original."""
    if isinstance(value, tuple):
        return tuple(map(_with_originals, value)) if value and type(value[0]) in _ORIGINAL_OF else value
    struct = _ORIGINAL_OF.get(type(value))
    if struct is None:
        return value
    return struct(*(_with_originals(getattr(value, name)) for name in value.__struct_fields__))


def expand(raw: Any, field: Field | None) -> Any:
    """Write out every choice given only by its kind: "tanh" becomes {"kind": "tanh"}. Turns −0 into 0."""
    if field is not None and field.choices:
        # A missing kind becomes None, which msgspec refuses; in a family of one, it would not miss the kind.
        if isinstance(raw, dict):
            return {"kind": None, **{key: expand(value, None) for key, value in raw.items()}}
        return {"kind": raw} if isinstance(raw, str) else raw
    if field is not None and is_struct(field.type) and isinstance(raw, dict):
        parts = field.parts(raw)
        return {key: expand(value, parts.get(key)) for key, value in raw.items()}
    if field is not None and field.entry is not None and isinstance(raw, (list, tuple)):
        return [expand(value, field.entry) for value in raw]
    # NumPy would treat −0 as a negative number.
    return 0.0 if isinstance(raw, float) and raw == 0 else raw
