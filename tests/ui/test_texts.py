"""What the window shows is in the list of texts that `make texts` writes."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractButton, QComboBox, QDockWidget, QLabel, QLineEdit, QTabBar, QWidget

from tools import texts
from ui.window.window import Window


def made_here(thing: QObject | None) -> bool:
    """Whether neither Qt nor pyqtgraph has made a widget or action on its own account, as pyqtgraph does its menus."""
    while thing is not None:
        qts = thing.objectName().startswith("qt_") or isinstance(thing.parent(), QTabBar)
        if qts or type(thing).__module__.startswith("pyqtgraph"):
            return False
        thing = thing.parent()
    return True


def shown(root: QWidget) -> Iterator[str]:
    """Every text on or behind the widgets inside `root`."""
    for action in filter(made_here, root.findChildren(QAction)):
        yield from (action.text(), action.toolTip(), action.statusTip())
    for widget in filter(made_here, (root, *root.findChildren(QWidget))):
        yield from (widget.toolTip(), widget.accessibleName(), widget.accessibleDescription())
        match widget:
            case QLabel() | QAbstractButton():
                yield widget.text()
            case QLineEdit():
                yield widget.placeholderText()
            case QComboBox():
                yield from (widget.itemText(index) for index in range(widget.count()))
            case QTabBar():
                yield from (widget.tabText(index) for index in range(widget.count()))
            case QDockWidget():
                yield widget.windowTitle()


def test_every_word_that_the_window_shows_is_listed(trained: Window) -> None:
    for name in trained.docks.docks:
        trained.docks.show(name)
    seen = sorted({text for text in shown(trained) if text})
    assert len(seen) > 300
    # The penguins' columns are data.
    columns = {"bill", "length", "depth", "mm"}
    assert set(texts.unlisted(texts.texts())(seen)) <= columns
