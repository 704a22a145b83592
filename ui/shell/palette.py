"""The command palette (Ctrl+K): everything the window can do, found by typing a few letters.

Commands are collected when the palette opens. What is typed after a setting's name is its new value: `learning rate
0.03`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QLabel, QLineEdit, QListWidget, QVBoxLayout, QWidget

from ..forms.buttons import identify
from ..forms.layouts import fill, quiet, tight
from ..look.theme import GRID, px

_WIDTH, _ROWS = 560, 12
_MOST = 200
"""The most lines that the list shows."""


class PaletteCommand(NamedTuple):
    """Command that the palette offers."""

    name: str
    do: Callable[[], object]
    keys: str = ""
    """The shortcut, as shown."""
    set: Callable[[str], object] | None = None
    """Gives the setting a value that was typed after its name."""


def score(name: str, typed: str) -> float | None:
    """Rate how well a name fits the typed text (smaller is better); None if it does not fit.

    Each typed word must occur in the name or consist of the first letters of its words.
    """
    low, total = name.lower(), 0.0
    for word in typed.lower().split():
        at = low.find(word)
        if at >= 0:
            begins_word = at == 0 or not low[at - 1].isalnum()
            total += (0 if begins_word else 3) + at / 100
        elif len(word) > 1 and word in "".join(re.findall(r"\b\w", low)):
            total += 10
        else:
            return None
    return total + len(name) / 1000


def matching(commands: Sequence[PaletteCommand], typed: str) -> list[PaletteCommand]:
    """Return the commands that fit, the best first; a value typed after a setting's name goes to the setting."""
    ranked: list[tuple[float, int, PaletteCommand]] = []
    typed = typed.replace("=", " ").strip()
    name, _, value = typed.rpartition(" ")
    for place, command in enumerate(commands):
        whole = score(command.name, typed)
        if whole is not None:
            ranked.append((whole, place, command))
        elif command.set is not None and name and value and (part := score(command.name, name)) is not None:
            ranked.append((part + 1, place, PaletteCommand(f"{command.name} ← {value}", partial(command.set, value))))
    return [command for *_, command in sorted(ranked, key=lambda entry: entry[:2])][:_MOST]


class CommandPalette(QFrame):
    """Line to type in, with the matching commands below; Enter runs the chosen one, Escape closes."""

    def __init__(self, parent: QWidget, gather: Callable[[], list[PaletteCommand]]) -> None:
        super().__init__(parent)
        self.setObjectName("palette")
        self.setProperty("card", True)
        self.setAccessibleName("Command palette")
        self.host, self._gather = parent, gather
        self.commands, self.shown = list[PaletteCommand](), list[PaletteCommand]()
        self.before: QWidget | None = None
        self._rows = _ROWS
        """How many lines of the list are seen at once."""
        self.line = QLineEdit(placeholderText="Type a command, or a setting and its value")
        hint = "Type a few letters of a command, or a setting and its value: learning rate 0.03."
        identify(self.line, "palette.line", "Command", hint)
        self.list = identify(QListWidget(), "palette.list", "Matching commands", "Enter runs the selected command.")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.nothing = quiet(QLabel("No match. Try fewer letters."))
        self.nothing.setBuddy(self.line)
        self._column = tight(QVBoxLayout(self), None, (GRID, GRID, GRID, GRID))
        fill(self._column, self.line, self.list, self.nothing)
        self.line.textChanged.connect(self._fill)
        self.line.installEventFilter(self)
        self.list.itemClicked.connect(lambda _: self._do_chosen())
        self.hide()

    def open(self) -> None:
        """Show the palette with the commands of this moment."""
        self.before = self.window().focusWidget()
        self.commands = self._gather()
        self.line.clear()
        self._fill()
        self.show()
        self.raise_()
        self.line.setFocus()

    def _fill(self) -> None:
        typed = self.line.text().strip()
        self.shown = matching(self.commands, typed) if typed else self.commands[:_MOST]
        self.list.clear()
        self.list.addItems([f"{command.name}\t{command.keys}".rstrip() for command in self.shown])
        self.list.setCurrentRow(0)
        self.list.setVisible(bool(self.shown))
        self.nothing.setVisible(not self.shown)
        self._fit()

    def _fit(self) -> None:
        row, frame, top = max(self.list.sizeHintForRow(0), px(24)), 2 * self.list.frameWidth(), px(8 * GRID)
        margins = self._column.contentsMargins()
        beside = margins.top() + margins.bottom() + self._column.spacing() + self.line.sizeHint().height() + frame
        room = self.host.height() - top - px(GRID) - beside
        self._rows = min(_ROWS, max(1, room // row))
        self.list.setFixedHeight(min(len(self.shown), self._rows) * row + frame)
        width = min(px(_WIDTH), self.host.width() - px(4 * GRID))
        self._column.activate()
        self.setGeometry((self.host.width() - width) // 2, top, width, self.sizeHint().height())

    def _close_quietly(self) -> None:
        if self.isVisible():
            self.hide()
            if self.before is not None:
                self.before.setFocus()

    def _do_chosen(self) -> None:
        row = self.list.currentRow()
        self._close_quietly()
        if 0 <= row < len(self.shown):
            self.shown[row].do()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move in the list by arrow keys while the line has the focus; close the palette when it loses it."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._key(event.key())
        if event.type() == QEvent.Type.FocusOut:
            self.hide()
        return super().eventFilter(watched, event)

    def _key(self, key: int) -> bool:
        last = self.list.count() - 1
        page = max(1, self._rows - 1)
        moves = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: page, Qt.Key.Key_PageUp: -page}
        if key == Qt.Key.Key_Escape:
            self._close_quietly()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do_chosen()
        elif key in moves:
            self.list.setCurrentRow(min(max(self.list.currentRow() + moves[Qt.Key(key)], 0), last))
        else:
            return False
        return True
