"""Actions: what menus offer, as a table of values that menus, shortcuts, palette and help are made from.

An action stands in the table once. `Menus` makes Qt's menus of the table, `Menus.commands` what the palette and the
list of shortcuts show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from ui.shell.palette import PaletteCommand

_Keys: TypeAlias = QKeySequence | QKeySequence.StandardKey | str


class Action(NamedTuple):
    """One line of a menu. What it says and whether it can be chosen may change while the program runs."""

    name: str
    """As `edit.undo`: what it goes by in the program."""
    text: str | Callable[[], str]
    """With & before the letter of its access key."""
    do: Callable[[], object]
    keys: tuple[_Keys, ...] = ()
    """Its shortcuts; the first is the one that is shown."""
    enabled: Callable[[], bool] | None = None
    """Whether it can be chosen now; None: always."""
    checked: Callable[[], bool] | None = None
    """Whether it has a check mark now; None: it never has one."""
    group: str = ""
    """Actions of one group exclude each other."""

    @property
    def wording(self) -> str:
        """What it says now."""
        return self.text if isinstance(self.text, str) else self.text()

    @property
    def usable(self) -> bool:
        """Whether it can be chosen now."""
        return self.enabled is None or self.enabled()


class Separator(NamedTuple):
    """A line between groups of actions."""


class Menu(NamedTuple):
    """A menu of the bar, or in another menu."""

    title: str
    entries: Sequence[MenuEntry] | Callable[[], Sequence[MenuEntry]]
    """What it offers; a function is called whenever the menu opens."""
    tip: str = ""

    def present(self) -> Sequence[MenuEntry]:
        """What it offers now."""
        return self.entries() if callable(self.entries) else self.entries


MenuEntry: TypeAlias = Action | Menu | Separator
SEPARATOR = Separator()


def placeholder(name: str, text: str) -> Action:
    """A line that stands in an empty menu and says so."""
    return Action(name, text, lambda: None, enabled=lambda: False)


def actions_in(menu: Menu, place: str = "") -> Iterator[tuple[str, Action]]:
    """Every action of a menu, with what is in menus inside it, and where each stands: `File: Export: `."""
    place = f"{place}{_without_access_key(menu.title)}: "
    for entry in menu.present():
        if isinstance(entry, Menu):
            yield from actions_in(entry, place)
        elif isinstance(entry, Action):
            yield place, entry


def _without_access_key(text: str) -> str:
    return text.replace("&", "")


class Menus(QObject):
    """Qt's menus of a table of actions. They own their actions, which go with them."""

    def __init__(self, window: QMainWindow, table: Sequence[Menu]) -> None:
        super().__init__(window)
        self._bar, self.table = window.menuBar(), table
        self._made: dict[str, tuple[Action, QAction]] = {}
        """By name, what stands in menus that do not change."""
        self._groups: dict[str, QActionGroup] = {}
        self.all = [self._menu(menu, window) for menu in table]
        for menu in self.all:
            self._bar.addMenu(menu)
        self.refresh()

    def remove(self) -> None:
        """Take the menus out of the window."""
        self._bar.clear()
        for part in (*self.all, self):
            part.deleteLater()

    def action(self, name: str) -> QAction:
        """Qt's action that goes by a name."""
        return self._made[name][1]

    def refresh(self, *names: str) -> None:
        """Say of these actions, or of all, what they do now, whether they can be chosen and have a check mark."""
        for name in names or self._made:
            action, made = self._made[name]
            _dress(made, action)

    def commands(self, *, every: bool = False) -> list[PaletteCommand]:
        """What can be chosen now, or `every` single action, for the palette and the list of shortcuts."""
        return [
            PaletteCommand(
                f"{place}{_without_access_key(action.wording)}", partial(self._run, action), _shown_keys(action)
            )
            for menu in self.table
            for place, action in actions_in(menu)
            if every or action.usable
        ]

    def _run(self, action: Action) -> None:
        action.do()
        self.refresh()

    def _menu(self, menu: Menu, parent: QObject) -> QMenu:
        made = QMenu(menu.title, parent)  # type: ignore[call-overload]  # a menu's parent is the window or a menu
        made.setToolTip(menu.tip)
        if callable(menu.entries):
            made.aboutToShow.connect(partial(self._fill_again, made, menu))
            self._fill_again(made, menu)
        else:
            made.aboutToShow.connect(lambda: self.refresh())
            self._made.update(self._fill(made, menu.entries))
        return made

    def _fill(self, made: QMenu, entries: Sequence[MenuEntry]) -> dict[str, tuple[Action, QAction]]:
        """Put entries into a menu; returns the actions among them by name."""
        filled = {}
        for entry in entries:
            if isinstance(entry, Separator):
                made.addSeparator()
            elif isinstance(entry, Menu):
                made.addMenu(self._menu(entry, made))
            else:
                action = self._action(entry, made)
                made.addAction(action)
                filled[entry.name] = entry, action
        return filled

    def _fill_again(self, made: QMenu, menu: Menu) -> None:
        for inside in made.findChildren(QMenu):
            inside.deleteLater()
        for action in made.actions():
            action.deleteLater()
        made.clear()
        self._fill(made, menu.present())

    def _action(self, action: Action, parent: QMenu) -> QAction:
        made = QAction(parent)
        made.setObjectName(action.name)
        made.setShortcuts([QKeySequence(keys) for keys in action.keys])
        made.setCheckable(action.checked is not None)
        if action.group:
            self._groups.setdefault(action.group, QActionGroup(self)).addAction(made)
        # Without what it would be told: whether a check mark is set.
        made.triggered.connect(lambda: self._run(action))
        _dress(made, action)
        return made


def _dress(made: QAction, action: Action) -> None:
    made.setText(action.wording)
    made.setEnabled(action.usable)
    if action.checked is not None:
        made.setChecked(action.checked())


def _shown_keys(action: Action) -> str:
    return QKeySequence(action.keys[0]).toString() if action.keys else ""
