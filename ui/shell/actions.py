"""Actions as a table of values, from which menus, shortcuts, the command palette and the list of shortcuts are made.

`Menus` makes Qt's menus of the table, `Menus.commands` what the palette and the list of shortcuts show.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QShortcutEvent
from PySide6.QtWidgets import QMainWindow, QMenu

from ..forms.buttons import wrapping
from .palette import PaletteCommand

_Keys: TypeAlias = QKeySequence | QKeySequence.StandardKey | str


class Action(NamedTuple):
    """An entry of a menu, whose text and availability may change while the program runs."""

    name: str
    """Its object name, such as `edit.undo`."""
    text: str | Callable[[], str]
    """The text of the menu entry, with & before the letter of its access key."""
    do: Callable[[], object]
    keys: tuple[_Keys, ...] = ()
    """Its shortcuts; the first is the one that is shown."""
    enabled: Callable[[], bool] | None = None
    """Whether it can be chosen now; None: always."""
    checked: Callable[[], bool] | None = None
    """Whether it has a check mark now; None: it never has one."""
    group: str = ""
    """Actions of one group exclude each other."""
    repeats: bool = False
    """Whether it is done again and again while its keys are held."""

    @property
    def wording(self) -> str:
        """The present text."""
        return self.text if isinstance(self.text, str) else self.text()

    @property
    def usable(self) -> bool:
        """Whether it can be chosen now."""
        return self.enabled is None or self.enabled()


class Menu(NamedTuple):
    """A menu in the menu bar or in another menu."""

    title: str
    entries: Sequence[MenuEntry] | Callable[[], Sequence[MenuEntry]]
    """Its entries; a function is called whenever the menu opens."""
    tip: str = ""

    def present(self) -> Sequence[MenuEntry]:
        """Return the present entries."""
        return self.entries() if callable(self.entries) else self.entries


MenuEntry: TypeAlias = Action | Menu | None
SEPARATOR = None


def placeholder(name: str, text: str) -> Action:
    """Make the entry that says that a menu is empty."""
    return Action(name, text, lambda: None, enabled=lambda: False)


def actions_in(menu: Menu, place: str = "") -> Iterator[tuple[str, Action]]:
    """Yield every action of a menu and its submenus with its place, such as `File: Export: `."""
    place = f"{place}{_without_access_key(menu.title)}: "
    for entry in menu.present():
        if isinstance(entry, Menu):
            yield from actions_in(entry, place)
        elif isinstance(entry, Action):
            yield place, entry


def _without_access_key(text: str) -> str:
    return text.replace("&", "")


class _MenuAction(QAction):
    """Qt's action of a menu, done also where several of its shortcuts name the key that was pressed.

    Ctrl and the + of an American keyboard are Ctrl++ and Ctrl+Shift+= at once, which Qt takes for a conflict.
    """

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QShortcutEvent) and event.isAmbiguous() and event.key() in self.shortcuts():
            self.trigger()
            return True
        return super().event(event)


class Menus(QObject):
    """Qt's menus of a table of actions. They own Qt's actions, which are deleted with them."""

    def __init__(self, window: QMainWindow, table: Sequence[Menu]) -> None:
        super().__init__(window)
        self._bar, self.table = window.menuBar(), table
        self._made: dict[str, tuple[Action, QAction]] = {}
        """Actions by name, in menus that do not change."""
        self._groups: dict[str, QActionGroup] = {}
        self.all = [self._menu(menu, window) for menu in table]
        for menu in self.all:
            self._bar.addMenu(menu)
        self.refresh()

    def action(self, name: str) -> QAction:
        """Return Qt's action of a name."""
        return self._made[name][1]

    def refresh(self, *names: str) -> None:
        """Update the text, availability and check mark of these actions, or of all."""
        for name in names or self._made:
            action, made = self._made[name]
            _dress(made, action)

    def commands(self, *, every: bool = False) -> list[PaletteCommand]:
        """Return what can be chosen now, or `every` action, for the palette and the list of shortcuts."""
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
        made.setToolTip(wrapping(menu.tip))
        if callable(menu.entries):
            made.aboutToShow.connect(partial(self._fill_again, made, menu))
            self._fill_again(made, menu)
        else:
            made.aboutToShow.connect(lambda: self.refresh())
            self._made.update(self._fill(made, menu.entries))
        return made

    def _fill(self, made: QMenu, entries: Sequence[MenuEntry]) -> dict[str, tuple[Action, QAction]]:
        """Put entries into a menu; return the actions among them by name."""
        filled = {}
        for entry in entries:
            if entry is None:
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
        made = _MenuAction(parent)
        made.setObjectName(action.name)
        made.setShortcuts([QKeySequence(keys) for keys in action.keys])
        made.setAutoRepeat(action.repeats)
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
