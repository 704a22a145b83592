"""Errors for users: refused values, explained in words, and cancelled work.

Each of the four classes of errors has its own form of sentence; callers give the parts of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Self


class InputError(ValueError):
    """Raised if a value is refused: "`path` must be `allowed` (got `value`)"."""

    _form = "{path} must be {allowed} (got {value})"

    def __init__(self, path: str, value: object, allowed: str) -> None:
        super().__init__(path, value, allowed)
        # An empty name would be invisible in the message.
        self.path, self.value, self.allowed = path or '""', value, allowed

    def __str__(self) -> str:
        allowed = one_line(self.allowed, 1000).rstrip(".")
        return self._form.format(path=one_line(self.path, 200), allowed=allowed, value=shorten(self.value))

    def at(self, path: str) -> Self:
        """Return the same error with another subject: a longer path, or the label of a setting."""
        error = copy(self)
        error.path = path
        return error


class _ReasonError(InputError):
    """An error for something that has no value to quote; `allowed` gives the reason or says what there is."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, None, reason)
        self.args = path, reason


class UnreadableError(_ReasonError):
    """Raised if something can't be read as what it should be: "`path` can't be read: `reason`"."""

    _form = "{path} can't be read: {allowed}"


class MissingError(_ReasonError):
    """Raised if something was not given: "`path` is missing: `reason`"."""

    _form = "{path} is missing: {allowed}"


class UnknownError(_ReasonError):
    """Raised if a name leads nowhere: "`path` is unknown: `reason`"."""

    _form = "{path} is unknown: {allowed}"


class Spoken(str):
    """A description in place of a value, which messages show without quotes: `a negative number`."""


def reason_of(error: Exception) -> str:
    """The message of an error, without the number and the path that Python adds to it."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class CancelledError(Exception):
    """Raised if work ends because it was asked to stop."""


def shorten(value: object, length: int = 60) -> str:
    """Return `value` as JSON on one line, cut after `length` characters."""
    text = ""
    try:
        for piece in _pieces(value, 4 * length):
            text += piece
            if len(text) > 4 * length:
                break
    except RecursionError:
        text = "deeply nested JSON"
    return one_line(text, length)


def _pieces(value: object, length: int) -> Iterator[str]:
    """Yield the text of `value` in pieces, so that only the start of a huge or deeply nested value is ever built."""
    words = {None: "null", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        yield words[value]
    elif isinstance(value, Spoken):
        yield value
    elif isinstance(value, dict):
        for place, (key, inner) in enumerate(value.items()):
            yield f"{', ' if place else '{'}{str(key)[:length]!r}: "
            yield from _pieces(inner, length)
        yield "}" if value else "{}"
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield ", " if place else "["
            yield from _pieces(inner, length)
        yield "]" if value else "[]"
    else:
        yield f"{value:,}" if type(value) is int else repr(value[:length] if isinstance(value, str) else value)


def one_line(text: str, length: int) -> str:
    """Return `text` on one line, without invisible characters, cut after `length` characters."""
    text = " ".join(text.split())
    if not text.isprintable():
        # A terminal would act on some of these characters.
        text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= length else text[: length - 1] + "…"
