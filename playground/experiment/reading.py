"""Reading: plain data, as in a file, as values of the declared types. It knows no experiment, only declarations.

msgspec learns the types of a struct once and for all. A class that joins its family later, from a notebook, would stay
unknown to it. So it reads copies of the structs, with the families as they are now, and what it read becomes the real
ones.
"""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from playground.catalog.choice import Choice, classes_so_far
from playground.experiment.declarations import Field, choices_of, is_struct, is_union


def convert_plain(raw: Any, kind: Any) -> Any:
    """The value of a declared type that plain data describe. Raises msgspec.ValidationError."""
    return _real(msgspec.convert(raw, readable(kind)))


def readable(kind: Any) -> Any:
    """A declared type as msgspec is to read it, with all that belongs to the families now."""
    return _readable(kind, classes_so_far())


@cache
def _readable(kind: Any, joined: int) -> Any:
    """See `readable`; `joined` tells how many classes there are."""
    if get_origin(kind) is Annotated:
        inner, *extras = get_args(kind)
        return Annotated[_readable(inner, joined), *extras]
    if get_origin(kind) is tuple:
        return tuple[tuple(part if part is ... else _readable(part, joined) for part in get_args(kind))]  # type: ignore[misc]
    if is_union(kind):
        if choices := choices_of(kind):
            nothing = [type(None)] if type(None) in get_args(kind) else []
            return Union[(*choices, *nothing)]
        return Union[tuple(_readable(part, joined) for part in get_args(kind))]  # noqa: UP007 - built at run time
    if is_struct(kind) and not issubclass(kind, Choice):
        return _copy_of(kind, joined)
    return kind


def _copy_of(struct: type[msgspec.Struct], joined: int) -> type[msgspec.Struct]:
    """A struct with the same fields, as msgspec is to read them."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        default: list[Any] = [] if field.default is msgspec.NODEFAULT else [field.default]
        fields.append((field.name, _readable(field.type, joined), *default))
    copy = msgspec.defstruct(struct.__name__, fields, frozen=True, forbid_unknown_fields=True)
    _REAL[copy] = struct
    return copy


_REAL: dict[type[msgspec.Struct], type[msgspec.Struct]] = {}
"""The structs by their copies."""


def _real(value: Any) -> Any:
    """A value that was read, with the real structs for their copies."""
    if isinstance(value, tuple):
        return tuple(map(_real, value)) if value and type(value[0]) in _REAL else value
    struct = _REAL.get(type(value))
    if struct is None:
        return value
    return struct(*(_real(getattr(value, name)) for name in value.__struct_fields__))


def expand(raw: Any, field: Field | None) -> Any:
    """`raw` with every choice that is just a name written out: "tanh" → {"kind": "tanh"}; and 0 for −0."""
    if field is not None and field.choices:
        # A missing kind is spelled out too: msgspec would not ask for it in a family of one.
        if isinstance(raw, dict):
            return {"kind": None, **{key: expand(value, None) for key, value in raw.items()}}
        return {"kind": raw} if isinstance(raw, str) else raw
    if field is not None and is_struct(field.type) and isinstance(raw, dict):
        parts = field.parts(raw)
        return {key: expand(value, parts.get(key)) for key, value in raw.items()}
    if field is not None and field.entry is not None and isinstance(raw, (list, tuple)):
        return [expand(value, field.entry) for value in raw]
    # NumPy takes −0 for a negative number.
    return 0.0 if isinstance(raw, float) and raw == 0 else raw
