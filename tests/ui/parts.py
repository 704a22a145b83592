"""The parts of a widget by the names that they have for programs and for screen readers."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget


def part_of(whole: QWidget, name: str) -> QWidget:
    """The widget inside another one that goes by an object name or an accessible name."""
    found = whole.findChild(QWidget, name) or next(
        (inner for inner in whole.findChildren(QWidget) if inner.accessibleName() == name), None
    )
    assert found is not None, f"there is no {name}"
    return found
