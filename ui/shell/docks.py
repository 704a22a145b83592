"""Docks: frames of panels and pictures that can be moved, closed and floated; and layouts of docks.

Layouts that come with the program are made for the window's present size; a person's own are kept as Qt's state.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, QRect, QSettings, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QMouseEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QMainWindow,
    QMenu,
    QTabBar,
    QTabWidget,
    QToolBar,
    QWidget,
)

from ..forms.buttons import IconButton, identify, tip
from ..forms.layouts import fill, quiet, restyle, tight
from ..look.icons import icon
from ..look.theme import GRID, px

_TITLE_HEIGHT = 24
_STATE_VERSION = 6
"""The version of the states that Qt writes; another set of docks needs another number."""
_SEPARATOR = 5
"""Pixels between two docks."""
_DIRECT = Qt.FindChildOption.FindDirectChildrenOnly

_TAB_ICON, _TAB_PADDINGS = 16, (10, 4)
"""Pixels of an icon, and what stands at each side of the words or the icon of a tab: usually, and with little room."""
_BESIDE_ICON = 16
"""Pixels that Qt adds to an icon, at any zoom."""

Tabs = tuple[str, ...]
Place = tuple[float, Tabs]
"""The share of a row's width, and the docks that share a place as tabs, the first in front."""


class DockLayout(NamedTuple):
    """A column of controls, the pictures beside it, and a row below these; docks that are not named are closed."""

    name: str
    controls: Tabs
    beside: tuple[Place, ...]
    below: tuple[Place, ...] = ()
    is_drawer: bool = False
    """Whether the controls are closed until somebody wants them."""
    foot: str = ""
    """The dock below the controls, which is opened and closed with them."""


class Tab(NamedTuple):
    """The names of a dock: its title, a short one for its tab, and an icon where its tab has no room for words."""

    title: str
    icon: str
    short: str = ""

    @property
    def words(self) -> str:
        """The text of the tab."""
        return self.short or self.title


class KeptLayout(NamedTuple):
    """A layout that can be restored: Qt's state, and the layout of the program's own that it shows, if any."""

    state: QByteArray
    plan: DockLayout | None
    seen: frozenset[str]
    opened: frozenset[str] = frozenset()
    """The docks that are open, in sight or not."""


class DockSizes(NamedTuple):
    """Sizes of the parts of a layout, in pixels: of the column, of the places beside it, and of the row below."""

    controls: int
    beside: tuple[int, ...]
    below: tuple[int, ...]
    height: int
    foot: int = 0
    """The height of the dock below the controls."""


SizesFor = Callable[[DockLayout, QSize], DockSizes]
"""Returns the sizes of a layout's parts in an area."""


class _DockTitle(QWidget):
    """The bar by which a dock is dragged, with buttons to float and to close it."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        title = dock.accessibleName()
        self.label = quiet(QLabel(title))
        float_button = IconButton("arrows-out-simple", f"Float {title}", f"Moves {title} to its own window.", self)
        close_button = IconButton("x", f"Close {title}", f"Closes {title}. The View menu brings it back.")
        for button, does in ((float_button, "float"), (close_button, "close")):
            button.setObjectName(f"dock.{dock.objectName()}.{does}")
            button.setProperty("small", True)
        line = tight(QHBoxLayout(self), 0, (GRID + GRID // 2, 0, GRID // 2, 0))
        fill(line, self.label, float_button, close_button, wide=self.label)
        self.setFixedHeight(px(_TITLE_HEIGHT))
        # Instead of a tooltip, which would cover the picture below.
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        for button in (float_button, close_button):
            button.setCursor(Qt.CursorShape.ArrowCursor)
        float_button.clicked.connect(lambda: dock.setFloating(False) if dock.isFloating() else float_beside(dock))
        close_button.clicked.connect(dock.close)

    def minimumSizeHint(self) -> QSize:
        return QSize(px(64), px(_TITLE_HEIGHT))

    def sizeHint(self) -> QSize:
        # Also where its buttons are hidden.
        return self.minimumSizeHint()


class _NoTitle(QWidget):
    """Empty title bar of a dock whose tab names it; the tab's menu does what the buttons do."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        # Has no size; Qt asks for it thousands of times while it lays out the docks, too often for a method in Python.
        tight(QHBoxLayout(self), 0)


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
        self.sizes_for: SizesFor | None = None
        self.plan: DockLayout | None = None
        """The layout of the docks; None once a person has changed it."""
        self.controls: Tabs = ()
        """The docks of the column of controls, which are opened and closed together."""
        self.foot = ""
        """The dock below them, which is opened and closed with them."""
        self._front = ""
        self._usual: set[str] = set()
        """The docks that the latest layout of the program's own put in front."""
        self._in_sight: set[str] | None = None
        """What is in sight while all docks are arranged; until that is done nobody is told."""
        self._reports = True
        self.changes = 0
        """How often the layout was changed, by anybody."""
        self.docks: dict[str, QDockWidget] = {}
        self.titles: dict[str, tuple[_DockTitle, _NoTitle]] = {}
        self._barred: set[str] = set()
        self._named: dict[str, Tab] = {}
        self._unworded: dict[str, str] = {}
        self.seen: set[str] = set()
        """The docks in sight; Qt also calls one behind another tab visible."""
        options = QMainWindow.DockOption
        window.setDockOptions(options.AllowNestedDocks | options.AllowTabbedDocks)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        # One timer for all: a single shot that is still to come when a window goes would keep it in memory.
        self._dressing = QTimer(self, interval=0, singleShot=True)
        self._dressing.timeout.connect(self.dress_tabs)
        window.installEventFilter(self)

    def add(self, name: str, content: QWidget, tab: Tab, *, has_bar: bool = False) -> QDockWidget:
        """Put a panel or picture into a dock.

        With `has_bar`, the content has a title bar of its own, and the dock shows one only while it floats.
        """
        if has_bar:
            self._barred.add(name)
        # Tabs are told apart by their text, so those without words have different texts of no width.
        self._named[name], self._unworded[name] = tab, "\u200b" * (len(self._named) + 1)
        title = tab.title
        dock = identify(QDockWidget(tab.words, self.window), name, title)
        dock.toggleViewAction().setText(title)
        dock.setWidget(content)
        self.titles[name] = _DockTitle(dock), _NoTitle(dock)
        bar = self.titles[name][0]
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        bar.customContextMenuRequested.connect(lambda at: self.offer(name, bar.mapToGlobal(at)))
        dock.setTitleBarWidget(bar)
        dock.visibilityChanged.connect(partial(self._note, name))
        dock.visibilityChanged.connect(lambda _: self._dressing.start())
        dock.topLevelChanged.connect(lambda _: self._dressing.start())
        dock.topLevelChanged.connect(self._let_go)
        dock.installEventFilter(self)
        self.docks[name] = dock
        return dock

    def show(self, name: str) -> None:
        """Open a dock and put it in front of its neighbours."""
        if name in self._column and not self.controls_are_open:
            self._front = name if name in self.controls else self._front
            self.toggle_controls()
        dock = self.docks[name]
        dock.show()
        dock.raise_()

    @property
    def controls_are_open(self) -> bool:
        """Whether any dock of the column of controls is open."""
        return any(not self.docks[name].isHidden() for name in self.controls)

    @property
    def _column(self) -> Tabs:
        return (*self.controls, *([self.foot] if self.foot else []))

    def toggle_controls(self) -> None:
        """Close the column of controls, or open it with the dock in front that was there before."""
        if self.controls_are_open:
            self._front = next((name for name in self.controls if name in self.seen), self._front)
            for name in self._column:
                self.docks[name].hide()
        else:
            for name in self._column:
                self.docks[name].show()
            if front := self.docks.get(self._front or self.controls[0]):
                self._raise(front)
        self.fit()
        self.changed.emit()

    def go_to(self, name: str) -> None:
        """Show a dock and give its first control the keyboard focus."""
        self.show(name)
        content = self.docks[name].widget()
        controls = [one for one in (content, *content.findChildren(QWidget)) if one.isVisible()]
        reachable = (one for one in controls if one.focusPolicy() & Qt.FocusPolicy.TabFocus)
        next(reachable, content).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def shows(self, widget: QWidget) -> bool:
        """Whether a widget, in a dock or not, is visible on the screen."""
        name = self.holding(widget)
        return widget.isVisible() and (name is None or name in self.seen)

    def _note(self, name: str, seen: bool) -> None:
        if self._in_sight is not None:
            (self._in_sight.add if seen else self._in_sight.discard)(name)
            return
        (self.seen.add if seen else self.seen.discard)(name)
        if self._reports:
            self._report({name} - self.seen)

    def _report(self, left: set[str]) -> None:
        self.changed.emit()
        for name in left:
            self.left.emit(name)

    @contextmanager
    def reported_together(self) -> Iterator[None]:
        """Report all docks that come into sight or leave it meanwhile as one change."""
        before, self._reports = set(self.seen), False
        try:
            yield
        finally:
            self._reports = True
        self._report(before - self.seen)

    @contextmanager
    def _at_once(self) -> Iterator[None]:
        """Change the whole layout at once: docks visible only in between are not reported; the focus is kept."""
        self.changes += 1
        before, focused = self.seen, _without_focus(self.window)
        self._in_sight = set(before)
        try:
            yield
        finally:
            self.seen, self._in_sight = self._in_sight, None
        _focus_again(focused)
        for name in before - self.seen:
            self.left.emit(name)
        self.changed.emit()

    def holding(self, widget: QWidget) -> str | None:
        """Return the name of the dock that contains a widget."""
        return next((name for name, dock in self.docks.items() if dock.isAncestorOf(widget)), None)

    @property
    def opened(self) -> frozenset[str]:
        """The docks that are open, in sight or behind others."""
        return frozenset(name for name, dock in self.docks.items() if not dock.isHidden())

    def arrange(
        self,
        plan: DockLayout,
        *,
        keep_controls: bool = False,
        keep_pictures: bool = False,
        opened: frozenset[str] = frozenset(),
    ) -> None:
        """Arrange all docks by a layout, and open those of `opened` that it does not name as tabs.

        `keep_controls` leaves the panel of controls in front that is there, `keep_pictures` the pictures that a person
        put in front.
        """
        front = next((name for name in self.controls if name in self.seen), "")
        usual = {tabs[0] for tabs in self._tabs(plan)} | self._usual | {*self._column}
        chosen = self.seen - usual if keep_pictures else set()
        with self._at_once():
            self._arrange(plan, opened)
        if keep_controls and front in plan.controls:
            self._front = front
            if not plan.is_drawer:
                self._raise(self.docks[front])
        for name in chosen:
            if not self.docks[name].isHidden():
                self._raise(self.docks[name])

    def _arrange(self, plan: DockLayout, opened: frozenset[str]) -> None:
        for dock in self.docks.values():
            if dock.isFloating():
                dock.setFloating(False)
            self.window.removeDockWidget(dock)
        layout = self.window.layout()
        assert layout is not None
        # So that tab bars go with their docks. Then it rests: it would give all docks new sizes with each one shown.
        layout.activate()
        layout.setEnabled(False)
        fronts = self._fronts(plan)
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        *controls, first = [*fronts[:1], *fronts[1:2]] if plan.controls else fronts[:1]
        for front in (*controls, first):
            self.window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, front, across)
        beside, below = fronts[len(controls) :][: len(plan.beside)], fronts[len(controls) + len(plan.beside) :]
        for before, front, way in (
            *((controls[0], self.docks[plan.foot], down) for _ in controls if plan.foot),
            *((beside[0], front, down) for front in below[:1]),
            *((before, front, across) for row in (beside, below) for before, front in itertools.pairwise(row)),
        ):
            self.window.splitDockWidget(before, front, way)
        for front, tabs in zip(fronts, self._tabs(plan), strict=True):
            self._share(front, tabs)
        named = {plan.foot, *(name for tabs in self._tabs(plan) for name in tabs)}
        if plan.foot:
            self.docks[plan.foot].show()
        for name in (name for name in self.docks if name not in named):
            # Also a closed one has a place to open at; a dock without one would lie over the others.
            self.window.tabifyDockWidget(beside[0], self.docks[name])
            self.docks[name].setVisible(name in opened)
        self._raise(beside[0])
        self.controls, self._front = plan.controls or self.controls, ""
        self.foot = plan.foot
        if plan.is_drawer:
            for name in self._column:
                self.docks[name].hide()
        self.plan, self._usual = plan, {tabs[0] for tabs in self._tabs(plan)}
        self.fit()
        layout.setEnabled(True)
        layout.activate()

    @staticmethod
    def _tabs(plan: DockLayout) -> list[Tabs]:
        """Return the docks of each place: the controls, those beside them, those below."""
        return [*([plan.controls] if plan.controls else []), *(tabs for _, tabs in (*plan.beside, *plan.below))]

    def _fronts(self, plan: DockLayout) -> list[QDockWidget]:
        return [self.docks[tabs[0]] for tabs in self._tabs(plan)]

    def _share(self, front: QDockWidget, tabs: Tabs) -> None:
        front.show()
        for name in tabs[1:]:
            self.window.tabifyDockWidget(front, self.docks[name])
            self.docks[name].show()
        self._raise(front)

    @staticmethod
    def _raise(dock: QDockWidget) -> None:
        """Put a dock in front of its neighbours, also once Qt has made the tabs."""
        dock.raise_()
        QTimer.singleShot(0, dock, dock.raise_)

    def fit(self) -> None:
        """Fit the parts of a layout to the window's size, unless the user has changed the layout."""
        if self.plan is None or self.sizes_for is None:
            return
        plan = self.plan if self.controls_are_open else self.plan._replace(controls=())
        fronts, area = self._fronts(plan), self._area()
        sizes = self.sizes_for(plan, area)
        wide = [*([sizes.controls] if plan.controls else []), *sizes.beside]
        beside, below = fronts[: len(wide)], fronts[len(wide) :]
        self.window.resizeDocks(beside, wide, Qt.Orientation.Horizontal)
        if plan.controls and plan.foot:
            column = [fronts[0], self.docks[plan.foot]]
            heights = [max(1, area.height() - px(_SEPARATOR) - sizes.foot), sizes.foot]
            self.window.resizeDocks(column, heights, Qt.Orientation.Vertical)
        if below:
            height = max(1, area.height() - px(_SEPARATOR) - sizes.height)
            # Both: sizes that do not add up are shared out anew.
            self.window.resizeDocks([beside[-1], below[0]], [height, sizes.height], Qt.Orientation.Vertical)
            self.window.resizeDocks(below, list(sizes.below), Qt.Orientation.Horizontal)

    def _area(self) -> QSize:
        """Return the size of the area that the docks share, in pixels."""
        bars = (self.window.menuWidget(), self.window.statusBar(), *self.window.findChildren(QToolBar, options=_DIRECT))
        used = sum(bar.height() for bar in bars if bar is not None and not bar.isHidden())
        return QSize(self.window.width(), self.window.height() - used)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, QTabBar):
            if event.type() == QEvent.Type.Resize:
                self._dressing.start()
        elif watched is not self.window:
            if event.type() == QEvent.Type.Close:
                self._let_go()
        elif event.type() == QEvent.Type.Resize:
            self.fit()
        elif event.type() == QEvent.Type.PaletteChange:
            self._dressing.start()
        elif (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonPress
            and self.window.childAt(event.position().toPoint()) is None
        ):
            # The window has nothing of its own to press but the lines between docks.
            self._let_go()
        return super().eventFilter(watched, event)

    def _let_go(self) -> None:
        """Stop fitting the layout to the window, since the user has changed it."""
        self.changes += 1
        self.plan = None

    def state(self) -> QByteArray:
        """Return Qt's state of the present layout."""
        return self.window.saveState(_STATE_VERSION)

    def restore(self, state: QByteArray) -> bool:
        """Restore an arrangement that Qt has saved; return whether it could be read."""
        with self._at_once():
            restored = bool(self.window.restoreState(state, _STATE_VERSION))
            if restored:
                self.plan = None
        return restored

    def keep(self) -> KeptLayout:
        """Return the present layout, for `put_back`."""
        return KeptLayout(self.state(), self.plan, frozenset(self.seen), self.opened)

    def put_back(self, kept: KeptLayout, opened: frozenset[str] = frozenset()) -> None:
        """Restore a layout from `keep`; those of `opened` that it does not name are open, too."""
        if kept.plan is None:
            self.restore(kept.state)
            return
        self.arrange(kept.plan, opened=kept.opened | opened)
        for front in (self.docks[name] for name in kept.seen if not self.docks[name].isHidden()):
            self._raise(front)

    def set_locked(self, locked: bool) -> None:
        """Forbid or allow to move and close docks."""
        for name, dock in self.docks.items():
            for button in self.titles[name][0].findChildren(IconButton):
                button.setVisible(not locked)
            kind = QDockWidget.DockWidgetFeature
            free = kind.DockWidgetMovable | kind.DockWidgetFloatable | kind.DockWidgetClosable
            dock.setFeatures(kind.NoDockWidgetFeatures if locked else free)

    def dress_tabs(self) -> None:
        """Name and configure the tab bars, which Qt makes when docks share a place."""
        self._dressing.stop()
        for name, dock in self.docks.items():
            tabbed = name in self._barred or bool(self.window.tabifiedDockWidgets(dock))
            title = self.titles[name][tabbed and not dock.isFloating()]
            if dock.titleBarWidget() is not title:
                dock.setTitleBarWidget(title)
                title.show()
        for bar in self.window.findChildren(QTabBar, options=_DIRECT):
            bar.setAccessibleName("Panels in this place")
            bar.setDrawBase(False)
            bar.setExpanding(False)
            bar.setElideMode(Qt.TextElideMode.ElideNone)
            bar.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            bar.customContextMenuRequested.connect(self._offer, Qt.ConnectionType.UniqueConnection)
            bar.installEventFilter(self)
            self._show_if_shared(bar)
            self._name_tabs(bar)
        # Tabs and titles take other room now.
        self.fit()

    def _name_tabs(self, bar: QTabBar) -> None:
        """Give tabs their words, closer together if they need it; what then has no room is an icon unless in front.

        There is always room for whichever comes to the front, so that no other tab changes with it.
        """
        names = [self._name_of(bar.tabText(place)) for place in range(bar.count())]
        wide = {name: bar.fontMetrics().horizontalAdvance(self._named[name].words) for name in names}
        icon_size, with_icon = px(_TAB_ICON), px(_TAB_ICON) + _BESIDE_ICON
        usual, dense = (bar.width() - len(names) * (2 * px(padding) + px(2)) for padding in _TAB_PADDINGS)
        is_dense = sum(wide.values()) > usual
        worded = set(names)
        if is_dense:
            left, more = dense - len(names) * with_icon, [max(0, wide[name] - with_icon) for name in names]
            fits = (n for n in range(len(names), 0, -1) if sum(more[:n]) + max(more[n:], default=0) <= left)
            worded = {*names[: next(fits, 0)], *names[bar.currentIndex() :][:1]}
        if bool(bar.property("dense")) != is_dense:
            restyle(bar, "dense", is_dense)
        bar.setIconSize(QSize(icon_size, icon_size))
        for place, name in enumerate(names):
            tab, text = self._named[name], self._named[name].words if name in worded else self._unworded[name]
            bar.setTabText(place, text)
            bar.setTabIcon(place, QIcon() if name in worded else icon(tab.icon))
            bar.setTabToolTip(place, tip(f"Show {tab.title}. Right-click to copy its picture, float or close it."))
            bar.setAccessibleTabName(place, tab.words)
            # Qt copies it into the tab whenever it lays the docks out.
            self.docks[name].setWindowTitle(text if self.window.tabifiedDockWidgets(self.docks[name]) else tab.words)
            self.docks[name].toggleViewAction().setText(tab.title)

    def _show_if_shared(self, bar: QTabBar) -> None:
        """Show a tab bar while its docks share a place, and only then.

        Qt leaves it visible when it restores a layout, and hidden when docks are arranged anew.
        """
        docks = [self.docks[self._name_of(bar.tabText(place))] for place in range(bar.count())]
        bar.setVisible(len(docks) > 1 and set(docks[1:]) <= set(self.window.tabifiedDockWidgets(docks[0])))

    def _offer(self, at: QPoint) -> None:
        bar = self.sender()
        if isinstance(bar, QTabBar) and bar.tabAt(at) >= 0:
            self.offer(self._name_of(bar.tabText(bar.tabAt(at))), bar.mapToGlobal(at))

    def _name_of(self, tab: str) -> str:
        return next(name for name in self.docks if tab in (self._named[name].words, self._unworded[name]))

    def offer(self, name: str, at: QPoint) -> None:
        """Show a dock's menu: its picture, float and close."""
        dock, features = self.docks[name], QDockWidget.DockWidgetFeature
        title = dock.accessibleName()
        menu = picture_menu(self.window, partial(self.copy_asked.emit, name), partial(self.save_asked.emit, name))
        menu.addSeparator()
        if dock.features() & features.DockWidgetFloatable:
            menu.addAction(f"Float {title}").triggered.connect(lambda: float_beside(dock))
        if dock.features() & features.DockWidgetClosable:
            menu.addAction(f"Close {title}").triggered.connect(dock.close)
        menu.popup(at)


def float_beside(dock: QDockWidget) -> None:
    """Float a dock beside its window where the screen has room, else over the corner where it covers least."""
    window, size = dock.window().frameGeometry(), dock.size()
    screen = dock.screen().availableGeometry()
    dock.setFloating(True)
    dock.resize(size.boundedTo(screen.size()))
    dock.move(place_beside(window, dock.frameGeometry().size(), screen))


def place_beside(window: QRect, size: QSize, screen: QRect) -> QPoint:
    """Return the place on a screen where a second window of a size leaves most of the first one in sight."""
    gap, (width, height) = px(_SEPARATOR), size.toTuple()
    lowest_right = screen.bottomRight() - QPoint(width - 1, height - 1)
    places = (
        QPoint(window.right() + gap, window.top()),
        QPoint(window.left() - gap - width, window.top()),
        QPoint(window.left(), window.bottom() + gap),
        QPoint(window.left(), window.top() - gap - height),
        lowest_right,
    )

    def on_screen(place: QPoint) -> QPoint:
        x, y = min(place.x(), lowest_right.x()), min(place.y(), lowest_right.y())
        return QPoint(max(x, screen.left()), max(y, screen.top()))

    def covered(place: QPoint) -> int:
        common = QRect(place, size).intersected(window)
        return common.width() * common.height()

    return min(map(on_screen, places), key=covered)


def _without_focus(window: QMainWindow) -> QWidget | None:
    """Take the keyboard from the widget that has it, so that hiding it gives it to no other; return the widget."""
    focused = window.focusWidget()
    if focused is not None:
        focused.clearFocus()
    return focused


def _focus_again(widget: QWidget | None) -> None:
    """Give the keyboard back to a widget that was hidden for a moment."""
    if widget is not None and widget.isVisible():
        widget.setFocus(Qt.FocusReason.ActiveWindowFocusReason)


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
        """Return all saved names, sorted, without layouts from versions with other docks."""
        self.settings.beginGroup("layouts")
        names = [name for name in self.settings.childKeys() if _is_readable(self.settings.value(name))]
        self.settings.endGroup()
        return sorted(names)

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
        """Restore a saved layout; return whether it could be read."""
        state = self.settings.value(f"layouts/{name}")
        return isinstance(state, QByteArray) and self.docks.restore(state)

    def remember(self) -> None:
        """Keep the present layout for the next start."""
        self.settings.setValue("window/state", self.docks.state())
        self.settings.setValue("window/layout", self.docks.plan.name if self.docks.plan else "")
        self.settings.setValue("window/opened", " ".join(self.docks.opened))
        self.settings.setValue("window/seen", " ".join(self.docks.seen))
        self.settings.setValue("window/geometry", self.docks.window.saveGeometry())

    def resume(self, layouts: Iterable[DockLayout] = ()) -> bool:
        """Return to the layout at the end of the last run, which may be one of `layouts`; return whether there was
        one."""
        state, geometry = self.settings.value("window/state"), self.settings.value("window/geometry")
        if not isinstance(state, QByteArray) or not isinstance(geometry, QByteArray):
            return False
        self.docks.window.restoreGeometry(geometry)
        known = next((one for one in layouts if one.name == self.settings.value("window/layout")), None)
        if known is not None and _is_readable(state):
            opened = self._named("opened")
            self.docks.put_back(KeptLayout(state, known, self._named("seen"), opened))
            if opened and self.docks.controls_are_open and opened.isdisjoint(self.docks.controls):
                self.docks.toggle_controls()
            return True
        return self.docks.restore(state)

    def _named(self, key: str) -> frozenset[str]:
        """The docks that the settings name."""
        return frozenset(str(self.settings.value(f"window/{key}", "")).split()) & self.docks.docks.keys()


def _is_readable(state: object) -> bool:
    """Whether this is a state of the present set of docks: Qt begins with a mark and the version."""
    return isinstance(state, QByteArray) and state.data()[4:8] == _STATE_VERSION.to_bytes(4, "big")
