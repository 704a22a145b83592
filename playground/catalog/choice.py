"""Choices: what all members of all families have in common.

A choice is one member of a family: an optimizer, a loss, a data set. It is a tagged, frozen struct whose
fields declare their own range, scale, unit and help once, through `setting`. Forms, file validation, the
command line and the tests read the declaration; nothing repeats it. This module knows no member of any family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar, Union

import msgspec
import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Task: TypeAlias = Literal["classification", "regression"]
_Scale: TypeAlias = Literal["linear", "log"]
_MOST_SHOWN = 10
"""Entries of a list that are all shown."""


def setting(
    label: str,
    help: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    scale: _Scale = "linear",
    slider: tuple[float, float] | None = None,
    unit: str = "",
    names: Mapping[float, str] | None = None,
    nothing: str = "Off",
) -> msgspec.Meta:
    """Declare one field: its label, its help, which says what a higher value does and when to change it, and its range.

    `ge, gt, le, lt` bound what is accepted; `slider` is the part of that range worth exploring by dragging. `names`
    are values that have a name, such as 0: "full", and `nothing` is what None is called.
    """
    extra = {"scale": scale, "slider": slider, "unit": unit, "names": names, "nothing": nothing}
    bounds: dict[str, Any] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    return msgspec.Meta(**bounds, title=label, description=help, extra=extra)


def unset(nothing: str) -> msgspec.Meta:
    """Declare what None is called for an optional choice; its family declares everything else."""
    return msgspec.Meta(extra={"nothing": nothing})


class Declared(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group of declared fields, whose repr shows only those that differ from their defaults."""

    def __repr__(self) -> str:
        fields = msgspec.structs.fields(self)
        told = [(field.name, getattr(self, field.name)) for field in fields]
        return f"{type(self).__name__}({', '.join(f'{n}={_brief(v)}' for n, v in told if not _is_default(self, n, v))})"


def _is_default(struct: msgspec.Struct, name: str, value: Any) -> bool:
    """Whether a value is its field's default."""
    names, defaults = struct.__struct_fields__, struct.__struct_defaults__
    place = names.index(name) - (len(names) - len(defaults))
    return place >= 0 and bool(value == defaults[place])


def _brief(value: Any) -> str:
    """Return the repr of a value; of many numbers, only that of the first ones."""
    if isinstance(value, tuple) and len(value) > _MOST_SHOWN and not isinstance(value[0], msgspec.Struct):
        return f"({', '.join(map(repr, value[:3]))}, … {len(value):,} in all)"
    return repr(value)


_classes: list[type[Choice]] = []
"""All classes of all families, in the order of their declaration."""


class Choice(Declared, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of every family. `label` names the member for people, its docstring explains it to them."""

    label: ClassVar[str] = ""
    formula: ClassVar[str] = ""
    torch: ClassVar[str] = ""
    """The formula in PyTorch, with settings in braces; if it is empty, exports quote the formula itself."""
    onnx: ClassVar[str] = ""
    """The formula in ONNX: operators as calls, their attributes as keywords."""

    def __init_subclass__(cls, **_: Any) -> None:
        _classes.append(cls)

    @property
    def kind(self) -> str:
        """The name of this choice in files."""
        return kind_of(type(self))

    @property
    def values(self) -> tuple[Any, ...]:
        """The fields in the order of their declaration, as the element-wise formulas take them."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)

    def spelled(self, name: str, **more: Any) -> str:
        """Return the text of the attribute `name`, with settings and `more` filled in."""
        settings = {field: getattr(self, field) for field in self.__struct_fields__}
        return str(getattr(self, name)).format(**settings, **more)


_C = TypeVar("_C", bound=Choice)


def kind_of(member: type[Choice]) -> str:
    """Return the name of a member of a family in files."""
    return str(member.__struct_config__.tag)


def members(family: type[_C]) -> dict[str, type[_C]]:
    """Return the members of a family by their name in files, in the order of their declaration.

    A class without a label is not a member; it only holds what its subclasses share. A class that is defined again, as
    in a cell of a notebook that is run twice, takes the place of the earlier one. Raises TypeError where two classes
    claim the same name.
    """
    return _members(family, classes_so_far())


def classes_so_far() -> int:
    """Return how many classes have joined families; what was derived from the members is valid until this grows."""
    return len(_classes)


@cache
def _members(family: type[_C], _: int) -> dict[str, type[_C]]:
    """Return what `members` does; the number of classes only keys the cache."""
    result: dict[str, type[_C]] = {}
    for kind in family.__subclasses__():
        for name, member in ({kind_of(kind): kind} if kind.label else members(kind)).items():
            other = result.setdefault(name, member)
            if (other.__module__, other.__qualname__) != (member.__module__, member.__qualname__):
                raise TypeError(
                    f"{member.__qualname__} needs a tag of its own: {name!r} is already {other.__qualname__}'s"
                )
            result[name] = member
    return result


def is_foreign(member: type[Choice]) -> bool:
    """Whether a member was declared outside the catalog."""
    return not member.__module__.startswith("playground.catalog.")


def union(family: type[Choice]) -> Any:
    """Return the family as a tagged union, which msgspec decodes by `kind`."""
    return Union[tuple(members(family).values())]  # noqa: UP007 - built at run time from the registry


def listing(names: Iterable[object]) -> str:
    """Join names for a sentence: `a, b, c`."""
    return ", ".join(str(name) for name in names)


def all_finite(values: Array) -> bool:
    """Whether no entry is infinite or NaN (one pass, no temporary of the same size for small arrays)."""
    return bool(np.isfinite(values).all())
