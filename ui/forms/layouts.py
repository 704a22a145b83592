"""Layout helpers for forms: margins and spacing, scrolling, quiet texts, changes of style."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QFrame, QLayout, QScrollArea, QWidget

from ..look.theme import GRID, px

PANEL_MARGINS = (GRID, GRID, GRID, GRID)
STRETCH = None
_Layout = TypeVar("_Layout", bound=QLayout)
_Box = TypeVar("_Box", bound=QBoxLayout)
_Label = TypeVar("_Label", bound=QWidget)


def tight(
    layout: _Layout, spacing: float | None = GRID // 2, margins: tuple[float, float, float, float] = (0, 0, 0, 0)
) -> _Layout:
    """Give a layout these margins, by default none, and this spacing, in pixels at the usual zoom; return it.

    A spacing of None leaves Qt's.
    """
    layout.setContentsMargins(*(px(margin) for margin in margins))
    if spacing is not None:
        layout.setSpacing(px(spacing))
    return layout


def fill(box: _Box, *parts: QWidget | QLayout | None, wide: QWidget | QLayout | None = None) -> _Box:
    """Add parts to a box, `STRETCH` for empty room; the `wide` one takes the room that is left; return the box."""
    for part in parts:
        if part is STRETCH:
            box.addStretch(1)
        elif isinstance(part, QLayout):
            box.addLayout(part, int(part is wide))
        else:
            box.addWidget(part, int(part is wide))
    return box


def scrolling(widget: QWidget) -> QScrollArea:
    """Make a frame in which a tall widget can be scrolled; its controls get the keyboard focus, not the frame."""
    scroll = QScrollArea(widgetResizable=True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(widget)
    return scroll


def set_tab_order(widgets: Sequence[QWidget]) -> None:
    """Set the order in which Tab visits widgets."""
    for before, after in itertools.pairwise(widgets):
        QWidget.setTabOrder(before, after)


def quiet(text: _Label) -> _Label:
    """Give a label the quiet colour and the small size; return it."""
    text.setProperty("quiet", True)
    return text


def mark_problem(text: QWidget, is_problem: bool) -> None:
    """Write a text as large and clear as others where it says what is wrong."""
    if bool(text.property("problem")) != is_problem:
        restyle(text, "problem", is_problem)


def restyle(widget: QWidget, name: str, value: object) -> None:
    """Set a property that the style sheet tests, and apply the style sheet again, which would not notice otherwise."""
    widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)
