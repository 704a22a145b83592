"""What every choice has in common.

A choice is one member of a family: an optimizer, a loss, a data set. It is a tagged, frozen struct whose
fields declare their own range, scale, unit and help once, through `setting`. Forms, file validation, the
command line and the tests read the declaration; nothing repeats it. This module knows no member of any family.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Literal, TypeAlias, TypeVar, Union

import msgspec
import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Scale: TypeAlias = Literal["linear", "log"]


class InputError(ValueError):
    """A value that the program refuses: where it stands, what it is, what would be allowed."""

    def __init__(self, path: str, value: object, allowed: str) -> None:
        # A name may be empty.
        self.path, self.value, self.allowed = path or '""', value, allowed
        super().__init__(f"{one_line(self.path, 200)}: {shorten(value)} is refused; allowed: {one_line(allowed, 1000)}")


def shorten(value: object, length: int = 60) -> str:
    """`value` as a person would write it in JSON, on one line, cut after `length` characters."""
    text = ""
    try:
        for piece in pieces(value, 4 * length):
            text += piece
            if len(text) > 4 * length:
                break
    except RecursionError:
        text = "deeply nested JSON"
    return one_line(text, length)


def pieces(value: object, length: int) -> Iterator[str]:
    """What `value` looks like, bit by bit, so that of millions of numbers or of deep nesting only the start is made."""
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        yield words[value]
    elif isinstance(value, dict):
        for place, (key, inner) in enumerate(value.items()):
            yield f"{', ' if place else '{'}{str(key)[:length]!r}: "
            yield from pieces(inner, length)
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield ", " if place else "["
            yield from pieces(inner, length)
        yield "]" if value else "[]"
    else:
        yield repr(value[:length] if isinstance(value, str) else value)


def one_line(text: str, length: int) -> str:
    """`text` without line breaks and other characters that can't be seen, cut after `length` characters."""
    text = " ".join(text.split())
    if not text.isprintable():
        # A terminal would obey some of them.
        text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= length else text[: length - 1] + "…"


def setting(
    label: str,
    help: str,
    *,
    ge: float | None = None,
    gt: float | None = None,
    le: float | None = None,
    lt: float | None = None,
    scale: Scale = "linear",
    slider: tuple[float, float] | None = None,
    unit: str = "",
) -> msgspec.Meta:
    """Declare one field: its name for people, what it does and at its extremes, and its range.

    `ge, gt, le, lt` bound what is accepted; `slider` is the part of that range worth exploring by dragging.
    """
    extra = {"label": label, "scale": scale, "slider": slider, "unit": unit}
    bounds: dict[str, Any] = {"ge": ge, "gt": gt, "le": le, "lt": lt}
    return msgspec.Meta(**bounds, title=label, description=help, extra=extra)


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


C = TypeVar("C", bound=Choice)


def kind_of(member: type[Choice]) -> str:
    """The name in files of a member of a family."""
    return str(member.__struct_config__.tag)


def members(family: type[C]) -> dict[str, type[C]]:
    """The members of a family by their name in files, in the order in which they are declared.

    A class without a label is none: it only holds what those below it share.
    """
    result: dict[str, type[C]] = {}
    for kind in family.__subclasses__():
        result |= {kind_of(kind): kind} if kind.label else members(kind)
    return result


def union(family: type[Choice]) -> Any:
    """The family as a type that msgspec decodes by the `kind` of what it finds."""
    return Union[tuple(members(family).values())]  # noqa: UP007 - built at run time from the registry


def listing(names: Iterable[object]) -> str:
    """Names for a sentence: `a, b, c`."""
    return ", ".join(str(name) for name in names)


def finite(values: Array) -> bool:
    """Whether no entry is infinite or NaN (one pass, no temporary of the same size for small arrays)."""
    return bool(np.isfinite(values).all())
