"""Every control of the whole window says what it is and what it does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QMenu, QTabBar, QToolTip, QWidget

from tests.ui import hands
from tests.ui.accessibility import unnamed
from tests.ui.test_texts import made_here
from ui.forms.buttons import IconButton
from ui.window.window import Window

WIDEST = 400
"""Pixels that one line of a tooltip may take; longer ones wrap."""


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests."""
    return used_window


@pytest.fixture
def complete(qtbot, window: Window) -> Window:
    """The window with every panel made."""
    for dock in window.docks.docks:
        window.docks.show(dock)
        qtbot.waitUntil(lambda name=dock: name in window.docks.seen)
    window.parts.layers.complete()
    return window


def tooltips(root: QWidget) -> Iterator[str]:
    """Every tooltip of the widgets inside `root`, their tabs and the entries of their menus."""
    for widget in filter(made_here, root.findChildren(QWidget)):
        yield widget.toolTip()
        if isinstance(widget, QTabBar):
            yield from (widget.tabToolTip(place) for place in range(widget.count()))
        elif isinstance(widget, QMenu) and widget.toolTipsVisible():
            yield from (action.toolTip() for action in widget.actions())


def test_every_control_of_the_window_has_a_name_an_explanation_and_a_label(complete: Window) -> None:
    assert not unnamed(complete)


def test_a_nameless_control_is_found(window: Window) -> None:
    window.parts.transport.play.setAccessibleName("")
    assert any("transport.play" in fault for fault in unnamed(window))


def test_every_long_tooltip_wraps(complete: Window) -> None:
    metrics = QFontMetrics(QToolTip.font())
    plain = {text for text in tooltips(complete) if not Qt.mightBeRichText(text)}
    assert not {text for text in plain if metrics.horizontalAdvance(text) > WIDEST}


def test_a_wrapped_tooltip_is_a_paragraph_and_not_a_line_on_the_screen(window: Window) -> None:
    luck = hands.control(window, "transport.luck", IconButton)
    hands.rest(luck)
    hands.until(QToolTip.isVisible, "no tooltip appears")
    shown = next(one for one in QApplication.topLevelWidgets() if one.inherits("QTipLabel"))
    assert shown.width() < 1.5 * WIDEST and shown.height() > 2 * QFontMetrics(QToolTip.font()).lineSpacing()
    QToolTip.hideText()
