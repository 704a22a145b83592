"""How parts of a form lie together: layouts without margins, texts that stay in the background."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QLayout, QWidget

from ui.look.theme import GRID, px

Lines = TypeVar("Lines", bound=QLayout)
Text = TypeVar("Text", bound=QWidget)


def tight(lines: Lines, spacing: int = GRID // 2) -> Lines:
    """Take the margins of a layout away and put its parts `spacing` pixels apart (at the usual size); return it."""
    lines.setContentsMargins(0, 0, 0, 0)
    lines.setSpacing(px(spacing))
    return lines


def quiet(text: Text) -> Text:
    """Write a text in the quiet colour and size; return it."""
    text.setProperty("quiet", True)
    return text
