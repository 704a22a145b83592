"""Reaching everything: bringing any control into sight, and making a command of it for the palette (Ctrl+K)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QWidget

from playground.catalog.choice import Choice
from ui.forms.rows import ChoiceRow, NumberRow, Row, SwitchRow
from ui.panels.layers.card import LayerCard
from ui.panels.panel import Section
from ui.shell.commands import Command, menu_commands

if TYPE_CHECKING:
    from ui.window.window import Window


class Reach:
    """Finds the controls of a window."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def reveal(self, widget: QWidget) -> None:
        """Bring a control into sight, whatever hides it: a closed dock, another tab, a folded part, a scrolled list."""
        name = self.window.docks.holding(widget)
        if name is not None:
            self.window.docks.show(name)
        parent = widget.parentWidget()
        while parent is not None and parent is not self.window:
            if isinstance(parent, Section):
                parent.button.setChecked(True)
            if isinstance(parent, LayerCard) and parent.rest.isAncestorOf(widget):
                parent.more.setChecked(True)
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(widget)
            parent = parent.parentWidget()

    def commands(self) -> list[Command]:
        """Everything that can be done now: the menus, and every setting with its choices."""
        self.window.layers.complete()
        found = menu_commands(self.window.menus.all)
        for row in self.window.findChildren(Row):
            found += self.row_commands(row)
        known = {command.name for command in found}
        for button in self.window.findChildren(QAbstractButton):
            name = button.accessibleName()
            if name and name not in known and button.isEnabled() and self.window.docks.holding(button) is not None:
                known.add(name)
                found.append(Command(name, partial(self.press, button)))
        return found

    def press(self, button: QAbstractButton) -> None:
        """Bring a button into sight and press it."""
        self.reveal(button)
        button.click()

    def row_commands(self, row: Row) -> list[Command]:
        """What can be done with one setting: go there, give it a value, choose one of its members."""
        main = row.controls.get("")
        if not row.path or main is None or not row.isEnabled():
            return []
        name = main.accessibleName()
        usable = next((one for one in (main, *row.controls.values()) if one.isEnabled()), main)
        commands = [Command(name, partial(self.focus_on, usable), set=partial(self.give, row))]
        if isinstance(row, ChoiceRow):
            for kind in row.kinds:
                commands.append(Command(f"{name}: {row.title(kind)}", partial(self.choose, row, kind)))
        return commands

    def focus_on(self, widget: QWidget) -> None:
        """Bring a control into sight and give it the keyboard."""
        self.reveal(widget)
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def choose(self, row: ChoiceRow, kind: type[Choice] | None) -> None:
        """Choose a member of a family, as its list does."""
        row.combo.setCurrentIndex(row.kinds.index(kind))

    def give(self, row: Row, text: str) -> None:
        """Give a setting the value that was typed."""
        problem = f"{text} is none of what it can be"
        if isinstance(row, NumberRow):
            problem = row.quantity.problem_with(text)
            if not problem:
                row.ask(row.quantity.read(text))
        elif isinstance(row, ChoiceRow):
            kinds = [kind for kind in row.kinds if row.title(kind).lower().startswith(text.lower())]
            if kinds:
                problem = ""
                self.choose(row, kinds[0])
        elif isinstance(row, SwitchRow) and text.lower() in ("on", "off"):
            problem = ""
            row.ask(text.lower() == "on")
        if problem:
            self.window.refuse(f"{row.field.label} was not changed: {problem}.")
