"""Everyday actions by somebody who knows the window only by the names that a screen reader says.

Nothing here uses an object name or an attribute of the window: controls are found by accessible name, and used with
real mouse and key events. What is asserted is the state of the trainer.
"""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QComboBox, QLineEdit, QTabBar, QWidget

from playground import Trainer
from ui.window import Window

LEFT = Qt.MouseButton.LeftButton
CONTROL = Qt.KeyboardModifier.ControlModifier


class Person:
    """Finds controls by what they are called, and uses them."""

    def __init__(self, qtbot, window: Window) -> None:
        self.qtbot, self.window = qtbot, window
        self.used: set[str] = set()

    @property
    def trainer(self) -> Trainer:
        """Where everything has to arrive."""
        return self.window.session.worker.trainer

    def find(self, name: str, kind: type = QWidget) -> QWidget:
        """The control in sight that is called `name`."""
        found = [one for one in self.window.findChildren(kind) if one.accessibleName() == name and in_sight(one)]
        assert found, f"nothing in sight is called {name}"
        self.used.add(name)
        return found[0]

    def click(self, name: str) -> None:
        self.qtbot.mouseClick(self.find(name), LEFT)

    def open_tab(self, title: str) -> None:
        """Bring a panel to the front by its tab."""
        for bar in self.window.findChildren(QTabBar):
            for place in range(bar.count()):
                if bar.tabText(place) == title and in_sight(bar):
                    self.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(place).center())
                    self.qtbot.wait(30)
                    return
        raise AssertionError(f"no tab is called {title}")

    def type_into(self, name: str, text: str) -> None:
        entry = self.find(name, QLineEdit)
        self.qtbot.mouseClick(entry, LEFT)
        entry.selectAll()
        self.qtbot.keyClicks(entry, text)
        self.qtbot.keyClick(entry, Qt.Key.Key_Return)

    def choose(self, name: str, item: str) -> None:
        box = self.find(name, QComboBox)
        index = box.findText(item)
        assert index >= 0, f"{name} offers no {item}"
        box.setFocus()
        for _ in range(abs(index - box.currentIndex())):
            self.qtbot.keyClick(box, Qt.Key.Key_Down if box.currentIndex() < index else Qt.Key.Key_Up)

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        self.qtbot.keyClick(QApplication.focusWidget() or self.window, key, modifier)

    def drag(self, name: str, start: QPoint, end: QPoint) -> None:
        widget = self.find(name)
        QTest.mousePress(widget, LEFT, pos=start)
        for part in range(1, 9):
            QTest.mouseMove(widget, start + (end - start) * part / 8)
            self.qtbot.wait(15)
        QTest.mouseRelease(widget, LEFT, pos=end)

    def until(self, true) -> None:
        self.qtbot.waitUntil(true)


def in_sight(widget: QWidget) -> bool:
    """Whether a person can get at a widget: visible, and not behind a tab."""
    inside = widget.visibleRegion()
    return widget.isVisible() and not inside.isEmpty()


@pytest.fixture
def person(qtbot, window: Window) -> Person:
    return Person(qtbot, window)
