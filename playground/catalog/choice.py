"""Choices: what all members of all families have in common.

A choice is one member of a family: an optimizer, a loss, a data set. It is a tagged, frozen struct whose
fields declare their own range, scale, unit and help once, through `setting`. Forms, file validation, the
command line and the tests read the declaration; nothing repeats it. This module knows no member of any family.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar, Union

import msgspec
import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Task: TypeAlias = Literal["classification", "regression"]
_Scale: TypeAlias = Literal["linear", "log"]


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
    """Declare one field: its label, its help, which says what happens at the extremes, and its range.

    `ge, gt, le, lt` bound what is accepted; `slider` is the part of that range worth exploring by dragging. `names`
    are values that have a name, such as 0: "full", and `nothing` is what None is called.
    """
    extra = {"scale": scale, "slider": slider, "unit": unit, "names": names, "nothing": nothing}
    bounds: dict[str, Any] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    return msgspec.Meta(**bounds, title=label, description=help, extra=extra)


def unset(nothing: str) -> msgspec.Meta:
    """Declare what None is called for an optional choice; its family declares everything else."""
    return msgspec.Meta(extra={"nothing": nothing})


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Base of every family. `label` names the member for people, its docstring explains it to them."""

    label: ClassVar[str] = ""
    formula: ClassVar[str] = ""

    @property
    def kind(self) -> str:
        """The name this choice has in files."""
        return kind_of(type(self))

    @property
    def values(self) -> tuple[Any, ...]:
        """The fields in the order of their declaration, as the element-wise formulas take them."""
        return tuple(getattr(self, name) for name in self.__struct_fields__)


_C = TypeVar("_C", bound=Choice)


def kind_of(member: type[Choice]) -> str:
    """The name in files of a member of a family."""
    return str(member.__struct_config__.tag)


def members(family: type[_C]) -> dict[str, type[_C]]:
    """The members of a family by their name in files, in the order in which they are declared.

    A class without a label is not a member; it only holds what its subclasses share.
    """
    result: dict[str, type[_C]] = {}
    for kind in family.__subclasses__():
        result |= {kind_of(kind): kind} if kind.label else members(kind)
    return result


def union(family: type[Choice]) -> Any:
    """The family as a tagged union, which msgspec decodes by `kind`."""
    return Union[tuple(members(family).values())]  # noqa: UP007 - built at run time from the registry


def listing(names: Iterable[object]) -> str:
    """Names for a sentence: `a, b, c`."""
    return ", ".join(str(name) for name in names)


def all_finite(values: Array) -> bool:
    """Whether no entry is infinite or NaN (one pass, no temporary of the same size for small arrays)."""
    return bool(np.isfinite(values).all())
