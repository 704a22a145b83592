"""Commands of the palette (Ctrl+K) made from controls: show one, press it, or give it a value."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QScrollArea, QWidget

from playground.catalog.choice import Choice

from ..forms.rows import ChoiceRow, FormRow, NumberRow, SwitchRow
from ..panels.layers.card import LayerCard
from ..panels.panel import Section
from ..shell.palette import PaletteCommand
from .desk import Desk


class ControlCommands:
    """Maker of commands from the controls of a window."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def reveal(self, widget: QWidget) -> None:
        """Show a control, whatever hides it: a closed dock, another tab, a folded part, a scrolled list."""
        name = self.desk.docks.holding(widget)
        if name is not None:
            self.desk.docks.show(name)
        parent = widget.parentWidget()
        while parent is not None and parent is not self.desk.window:
            if isinstance(parent, Section):
                parent.button.setChecked(True)
            if isinstance(parent, LayerCard) and parent.rest.isAncestorOf(widget):
                parent.more.setChecked(True)
            if isinstance(parent, QScrollArea):
                parent.ensureWidgetVisible(widget)
            parent = parent.parentWidget()

    def commands(self, known: Iterable[PaletteCommand]) -> list[PaletteCommand]:
        """Return commands for every setting with its choices and for every button that `known` does not name."""
        window, docks = self.desk.window, self.desk.docks
        found = [command for row in window.findChildren(FormRow) for command in self._row_commands(row)]
        names = {command.name for command in (*known, *found)}
        for button in window.findChildren(QAbstractButton):
            name = button.accessibleName()
            if name and name not in names and button.isEnabled() and docks.holding(button) is not None:
                names.add(name)
                found.append(PaletteCommand(name, partial(self._press, button)))
        return found

    def _press(self, button: QAbstractButton) -> None:
        self.reveal(button)
        button.click()

    def _row_commands(self, row: FormRow) -> list[PaletteCommand]:
        """Return commands for one setting: go there, give it a value, choose one of its members."""
        main = row.controls.get("")
        if not row.path or main is None or not row.isEnabled():
            return []
        name = main.accessibleName()
        usable = next((one for one in (main, *row.controls.values()) if one.isEnabled()), main)
        # A list has an entry for each of its values already.
        give = partial(self._give, row) if isinstance(row, NumberRow | SwitchRow) else None
        commands = [PaletteCommand(name, partial(self.focus_on, usable), set=give)]
        if isinstance(row, ChoiceRow):
            for kind in row.kinds:
                commands.append(PaletteCommand(f"{name}: {row.title(kind)}", partial(self._choose, row, kind)))
        return commands

    def focus_on(self, widget: QWidget) -> None:
        """Show a control and give it the keyboard focus."""
        self.reveal(widget)
        widget.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _choose(self, row: ChoiceRow, kind: type[Choice] | None) -> None:
        row.combo.setCurrentIndex(row.kinds.index(kind))

    def _give(self, row: NumberRow | SwitchRow, text: str) -> None:
        if isinstance(row, NumberRow):
            problem = row.quantity.problem_with(text)
            if not problem:
                row.ask(row.quantity.read(text))
        else:
            problem = "" if text.lower() in ("on", "off") else "must be on or off"
            if not problem:
                row.ask(text.lower() == "on")
        if problem:
            why = problem[:1].lower() + problem[1:].rstrip(".")
            subject = "it " if why.startswith("must") else ""
            self.desk.refuse(f"{row.field.label} was not changed to “{text}”: {subject}{why}.")
