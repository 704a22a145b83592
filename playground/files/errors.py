"""Errors for users: refused values, explained in words, and cancelled work."""

from __future__ import annotations

from collections.abc import Iterator


class InputError(ValueError):
    """A value was refused: `path` is where it stands, `value` what it is, and `allowed` what it may be, in words."""

    def __init__(self, path: str, value: object, allowed: str) -> None:
        # An empty name would be invisible in the message.
        self.path, self.value, self.allowed = path or '""', value, allowed
        super().__init__(f"{one_line(self.path, 200)}: {shorten(value)} is refused; allowed: {one_line(allowed, 1000)}")


def reason_of(error: Exception) -> str:
    """The message of an error, without the number and the path that Python adds to it."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class CancelledError(Exception):
    """Work ended because it was asked to stop."""


def shorten(value: object, length: int = 60) -> str:
    """`value` as JSON on one line, cut after `length` characters."""
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
        yield repr(value[:length] if isinstance(value, str) else value)


def one_line(text: str, length: int) -> str:
    """`text` on one line, without invisible characters, cut after `length` characters."""
    text = " ".join(text.split())
    if not text.isprintable():
        # A terminal would act on some of these characters.
        text = "".join(character if character.isprintable() else "\ufffd" for character in text)
    return text if len(text) <= length else text[: length - 1] + "…"
