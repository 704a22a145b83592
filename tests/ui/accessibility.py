"""A walk over live widgets that finds every control a person can't make out: no name, no explanation, no label."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QWidget,
)

LABELLED = (QLineEdit, QComboBox, QAbstractSlider, QAbstractSpinBox)
CONTROLS = (QAbstractButton, *LABELLED)
SPEAKS_FOR_ITSELF = (QScrollBar, QScrollArea, QAbstractItemView, QMenuBar, QTabBar)
"""What Qt explains to screen readers by its content, or what is no control."""


def unnamed(root: QWidget) -> list[str]:
    """What is missing of the controls inside `root`, hidden ones included: one line each, empty if all is well."""
    return [f"{place(control)}: {fault}" for control in controls(root) for fault in faults(control)]


def controls(root: QWidget) -> Iterator[QWidget]:
    """Every control inside a widget: buttons, entries, lists, sliders, and whatever else takes the focus by Tab."""
    for widget in (root, *root.findChildren(QWidget)):
        if widget.window() is not root.window() or widget.isWindow() or inner(widget):
            continue
        takes_focus = bool(widget.focusPolicy() & Qt.FocusPolicy.TabFocus)
        if isinstance(widget, CONTROLS) or (takes_focus and not isinstance(widget, SPEAKS_FOR_ITSELF)):
            yield widget


def inner(widget: QWidget) -> bool:
    """Whether a widget is a part that Qt made for another one: a viewport, a scroll bar, the entry of a spin box."""
    parent = widget.parentWidget()
    made_by_qt = widget.objectName().startswith("qt_") or isinstance(widget, QScrollBar) or isinstance(parent, QTabBar)
    viewport = isinstance(parent, QAbstractScrollArea) and parent.viewport() is widget
    return made_by_qt or viewport or isinstance(parent, QComboBox | QAbstractSpinBox)


def faults(control: QWidget) -> Iterator[str]:
    """What is missing of one control."""
    if not control.accessibleName().strip():
        yield "no accessible name"
    # A picture explains itself where the mouse is; over all of it a tooltip would be in the way.
    is_picture = not isinstance(control, CONTROLS) and bool(control.accessibleDescription().strip())
    if not control.toolTip().strip() and not is_picture:
        yield "no tooltip"
    if isinstance(control, LABELLED) and captions(control) and not has_label(control):
        yield "its label is no buddy"


def captions(control: QWidget) -> list[QLabel]:
    """The labels with a text that stand in the same widget as a control."""
    parent = control.parentWidget()
    labels = parent.findChildren(QLabel, options=Qt.FindChildOption.FindDirectChildrenOnly) if parent else []
    return [label for label in labels if label.text().strip()]


def has_label(control: QWidget) -> bool:
    """Whether a label leads to a control, or to another one of the same name, as to the entry beside a slider."""
    buddies = [label.buddy() for label in captions(control)]
    names = [buddy.accessibleName() for buddy in buddies if buddy is not None]
    return control in buddies or any(name and control.accessibleName().startswith(name) for name in names)


def place(control: QWidget) -> str:
    """Where a control is, so that it can be found: up to the first widget that has a name."""
    names = [control.objectName() or type(control).__name__]
    widget = control
    while not widget.objectName() and (parent := widget.parentWidget()) is not None:
        names.append(parent.objectName() or type(parent).__name__)
        widget = parent
    return f"{' in '.join(names)} ({type(control).__name__})"
