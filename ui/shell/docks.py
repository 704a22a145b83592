"""Docks: every panel and picture in a frame that can be moved, closed and floated; layouts of docks.

Layouts that come with the program are columns of tabs; a person's own are kept as Qt's state.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QByteArray, QObject, QPoint, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QTabBar,
    QTabWidget,
    QWidget,
)

from ..forms.buttons import IconButton, identify
from ..forms.layouts import fill, quiet, tight
from ..look.theme import GRID, px

_TITLE_HEIGHT = 24
_STATE_VERSION = 2
"""The version of the states that Qt writes; another set of docks needs another number."""

Tabs = tuple[str, ...]


class DockLayout(NamedTuple):
    """Columns of tabs left of and below the central widget; docks that are not named are closed."""

    name: str
    left: tuple[tuple[int, Tabs], ...]
    """Columns from left to right: width in pixels and the docks that share it as tabs, the first in front."""
    below: tuple[tuple[int, Tabs], ...]
    height: int
    """Height of the row below, in pixels."""


class _DockTitle(QWidget):
    """The bar by which a dock is dragged, with buttons to float and to close it."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        title = dock.accessibleName()
        self.label = quiet(QLabel(title))
        float_button = IconButton(
            "arrows-out-simple", f"Float {title}", f"Puts {title} into a window of its own.", self
        )
        close_button = IconButton("x", f"Close {title}", f"Closes {title}. The View menu brings it back.")
        for button, does in ((float_button, "float"), (close_button, "close")):
            button.setObjectName(f"dock.{dock.objectName()}.{does}")
            button.setProperty("small", True)
        line = tight(QHBoxLayout(self), 0, (GRID + GRID // 2, 0, GRID // 2, 0))
        fill(line, self.label, float_button, close_button, wide=self.label)
        self.setFixedHeight(px(_TITLE_HEIGHT))
        self.setToolTip(f"Drag {title} to another place; drop it on a neighbour to share its place as a tab.")
        float_button.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        close_button.clicked.connect(dock.close)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(64), px(_TITLE_HEIGHT))


class _NoTitle(QWidget):
    """Empty title bar of a dock whose tab names it; the tab's menu does what the buttons do."""

    def sizeHint(self) -> QSize:
        return QSize(0, 0)

    minimumSizeHint = sizeHint


class Docks(QObject):
    """The docks of a window."""

    changed = Signal()
    """A dock was shown, hidden, or put in front."""
    left = Signal(str)
    """This dock was hidden, or went behind another."""
    copy_asked = Signal(str)
    """A picture of this dock's content is wanted on the clipboard."""
    save_asked = Signal(str)
    """Asks for a picture of this dock's content in a file."""

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self.window = window
        self.docks: dict[str, QDockWidget] = {}
        self.titles: dict[str, tuple[_DockTitle, _NoTitle]] = {}
        self.seen: set[str] = set()
        """The docks in sight; Qt also calls one behind another tab visible."""
        options = QMainWindow.DockOption
        window.setDockOptions(options.AllowNestedDocks | options.AllowTabbedDocks)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        # Columns at the left reach down to the status line.
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)

    def add(self, name: str, title: str, content: QWidget, tab: str = "") -> QDockWidget:
        """Put a panel or picture into a dock; its tab says `tab` where the title would be too long."""
        dock = identify(QDockWidget(tab or title, self.window), name, title)
        dock.toggleViewAction().setText(title)
        dock.setWidget(content)
        self.titles[name] = _DockTitle(dock), _NoTitle(dock)
        bar = self.titles[name][0]
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        bar.customContextMenuRequested.connect(lambda at: self.offer(name, bar.mapToGlobal(at)))
        dock.setTitleBarWidget(bar)
        dock.visibilityChanged.connect(partial(self._note, name))
        dock.visibilityChanged.connect(self._dress_tabs_later)
        dock.topLevelChanged.connect(self._dress_tabs_later)
        self.docks[name] = dock
        return dock

    def clear(self) -> None:
        """Remove all docks with their content."""
        for dock in self.docks.values():
            # It goes later, and what takes its name is in sight by then.
            dock.visibilityChanged.disconnect()
            self.window.removeDockWidget(dock)
            # Else a kept state would be restored to it, and the dock that takes its place stay hidden.
            dock.setObjectName("")
            dock.deleteLater()
        self.docks.clear()
        self.titles.clear()
        self.seen.clear()

    def show(self, name: str) -> None:
        """Open a dock and put it in front of its neighbours."""
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    def go_to(self, name: str) -> None:
        """Show a dock and give its first control the keyboard."""
        self.show(name)
        content = self.docks[name].widget()
        controls = [one for one in (content, *content.findChildren(QWidget)) if one.isVisible()]
        reachable = (one for one in controls if one.focusPolicy() & Qt.FocusPolicy.TabFocus)
        next(reachable, content).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def shows(self, widget: QWidget) -> bool:
        """Whether a widget, in a dock or not, is in sight."""
        name = self.holding(widget)
        return widget.isVisible() and (name is None or name in self.seen)

    def _note(self, name: str, seen: bool) -> None:
        (self.seen.add if seen else self.seen.discard)(name)
        self.changed.emit()
        if not seen:
            self.left.emit(name)

    def holding(self, widget: QWidget) -> str | None:
        """Return the name of the dock that contains a widget."""
        return next((name for name, dock in self.docks.items() if dock.isAncestorOf(widget)), None)

    def arrange(self, plan: DockLayout) -> None:
        """Arrange all docks by a layout."""
        for dock in self.docks.values():
            dock.setFloating(False)
            self.window.removeDockWidget(dock)
        left = self._columns(Qt.DockWidgetArea.LeftDockWidgetArea, plan.left)
        below = self._columns(Qt.DockWidgetArea.BottomDockWidgetArea, plan.below)
        named = {name for _, tabs in (*plan.left, *plan.below) for name in tabs}
        for name in (name for name in self.docks if name not in named):
            # Closed, but with a place to open at; a dock without one would lie over the others.
            self.window.tabifyDockWidget(left[-1], self.docks[name])
            self.docks[name].hide()
        horizontal = Qt.Orientation.Horizontal
        self.window.resizeDocks(left, [px(width) for width, _ in plan.left], horizontal)
        if below:
            self.window.resizeDocks(below[:1], [px(plan.height)], Qt.Orientation.Vertical)
            self.window.resizeDocks(below, [px(width) for width, _ in plan.below], horizontal)
        self.changed.emit()

    def _columns(self, area: Qt.DockWidgetArea, columns: tuple[tuple[int, Tabs], ...]) -> list[QDockWidget]:
        first: list[QDockWidget] = []
        for _, tabs in columns:
            front = self.docks[tabs[0]]
            if first:
                self.window.splitDockWidget(first[-1], front, Qt.Orientation.Horizontal)
            else:
                self.window.addDockWidget(area, front)
            front.show()
            first.append(front)
        for front, (_, tabs) in zip(first, columns, strict=True):
            for name in tabs[1:]:
                self.window.tabifyDockWidget(front, self.docks[name])
                self.docks[name].show()
            front.raise_()
            # Once more, when Qt has made the tabs.
            QTimer.singleShot(0, front, front.raise_)
        return first

    def state(self) -> QByteArray:
        """Return Qt's state of the present layout."""
        return self.window.saveState(_STATE_VERSION)

    def restore(self, state: QByteArray) -> bool:
        """Return to a kept state; return whether it could be read."""
        return bool(self.window.restoreState(state, _STATE_VERSION))

    def set_locked(self, locked: bool) -> None:
        """Forbid or allow to move and close docks."""
        for name, dock in self.docks.items():
            for button in self.titles[name][0].findChildren(IconButton):
                button.setVisible(not locked)
            kind = QDockWidget.DockWidgetFeature
            free = kind.DockWidgetMovable | kind.DockWidgetFloatable | kind.DockWidgetClosable
            dock.setFeatures(kind.NoDockWidgetFeatures if locked else free)

    def _dress_tabs_later(self) -> None:
        QTimer.singleShot(0, self, self._dress_tabs)

    def _dress_tabs(self) -> None:
        """Name and configure the tab bars, which Qt makes when docks share a place."""
        for name, dock in self.docks.items():
            tabbed = not dock.isFloating() and bool(self.window.tabifiedDockWidgets(dock))
            title = self.titles[name][tabbed]
            if dock.titleBarWidget() is not title:
                dock.setTitleBarWidget(title)
                title.show()
        for bar in self.window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            bar.setAccessibleName("Panels that share this place")
            bar.setDrawBase(False)
            bar.setExpanding(False)
            bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            bar.customContextMenuRequested.connect(self._offer, Qt.ConnectionType.UniqueConnection)
            for place in range(bar.count()):
                whole = self.docks[self._name_of(bar.tabText(place))].accessibleName()
                bar.setTabToolTip(place, f"Show {whole}. Right click: its picture, float, close.")

    def _offer(self, at: QPoint) -> None:
        bar = self.sender()
        if isinstance(bar, QTabBar) and bar.tabAt(at) >= 0:
            self.offer(self._name_of(bar.tabText(bar.tabAt(at))), bar.mapToGlobal(at))

    def _name_of(self, tab: str) -> str:
        return next(name for name, dock in self.docks.items() if dock.windowTitle() == tab)

    def offer(self, name: str, at: QPoint) -> None:
        """Show a dock's menu: its picture, float and close."""
        dock, features = self.docks[name], QDockWidget.DockWidgetFeature
        title = dock.accessibleName()
        menu = picture_menu(self.window, partial(self.copy_asked.emit, name), partial(self.save_asked.emit, name))
        menu.addSeparator()
        if dock.features() & features.DockWidgetFloatable:
            menu.addAction(f"Float {title}").triggered.connect(lambda: dock.setFloating(True))
        if dock.features() & features.DockWidgetClosable:
            menu.addAction(f"Close {title}").triggered.connect(dock.close)
        menu.popup(at)


def picture_menu(parent: QWidget, copy: Callable[[], object], save: Callable[[], object]) -> QMenu:
    """Make a menu that offers pictures, which is deleted when it closes."""
    menu = QMenu(parent)
    menu.setObjectName("picture.menu")
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.addAction("Copy picture").triggered.connect(lambda: copy())
    menu.addAction("Save picture…").triggered.connect(lambda: save())
    return menu


class SavedLayouts(QObject):
    """Layouts that a person saved under a name, and the one when the window was last closed."""

    def __init__(self, docks: Docks, settings: QSettings) -> None:
        super().__init__(docks)
        self.docks, self.settings = docks, settings

    def names(self) -> list[str]:
        """Return all saved names, sorted."""
        self.settings.beginGroup("layouts")
        names = sorted(self.settings.childKeys())
        self.settings.endGroup()
        return names

    def save(self, name: str) -> None:
        """Save the present layout under a name."""
        self.settings.setValue(f"layouts/{name}", self.docks.state())

    def ask_name(self) -> None:
        """Ask for a name and save the present layout under it."""
        ask = QInputDialog(self.docks.window)
        ask.setLabelText("Name of the layout:")
        ask.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ask.setObjectName("layout.name")
        ask.setWindowTitle("Save this layout")
        ask.textValueSelected.connect(lambda name: self.save(name.strip()) if name.strip() else None)
        ask.open()

    def remove(self, name: str) -> None:
        """Delete a saved layout."""
        self.settings.remove(f"layouts/{name}")

    def use(self, name: str) -> bool:
        """Return to a saved layout; return whether it could be read."""
        state = self.settings.value(f"layouts/{name}")
        return isinstance(state, QByteArray) and self.docks.restore(state)

    def remember(self) -> None:
        """Keep the present layout for the next start."""
        self.settings.setValue("window/state", self.docks.state())
        self.settings.setValue("window/geometry", self.docks.window.saveGeometry())

    def resume(self) -> bool:
        """Return to the layout at the end of the last run; return whether there was one."""
        state, geometry = self.settings.value("window/state"), self.settings.value("window/geometry")
        if not isinstance(state, QByteArray) or not isinstance(geometry, QByteArray):
            return False
        self.docks.window.restoreGeometry(geometry)
        return self.docks.restore(state)
