"""How parts of a form lie together: layouts without margins, texts that stay in the background."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QLayout, QWidget

from ui.look.theme import GRID, px

_Layout = TypeVar("_Layout", bound=QLayout)
_Label = TypeVar("_Label", bound=QWidget)


def tight(lines: _Layout, spacing: int = GRID // 2) -> _Layout:
    """Take the margins of a layout away and put its parts `spacing` pixels apart (at the usual size); return it."""
    lines.setContentsMargins(0, 0, 0, 0)
    lines.setSpacing(px(spacing))
    return lines


def quiet(text: _Label) -> _Label:
    """Write a text in the quiet colour and size; return it."""
    text.setProperty("quiet", True)
    return text
