"""The list of all shortcuts, made from the menus, and of all gestures."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLabel,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..forms.buttons import identify
from ..forms.layouts import fill, quiet
from .palette import PaletteCommand

_GESTURES = (
    ("Any button or list", "Enter", "Press or open it; the space bar plays and pauses"),
    ("Any number", "Wheel, arrow keys", "Change it a little; with Shift, a lot"),
    ("Any setting", "Double-click its name", "Reset it to its default"),
    ("Any setting", "Right click", "Open its menu"),
    ("Layer card", "Drag, Alt+Up, Alt+Down", "Move the layer"),
    ("Layer card", "Delete, Ctrl+D", "Remove or duplicate the layer"),
    ("Network", "Click an edge or a bias", "Change the weight"),
    ("Network", "Click an input", "Switch it off; the button below lists the others"),
    ("Network", "Point at a unit", "Show its map in the boundary"),
    ("Network", "Arrow keys, Enter", "Move between units; edit the selected one"),
    ("Boundary", "Wheel, + and −, drag", "Zoom and pan; Home shows the whole plane"),
    ("Boundary", "Click a point, N, P", "Examine a point in the microscope"),
    ("Boundary, any tab or title", "Right click", "Copy or save its picture"),
    ("Response", "Click, drag", "Set the value under the pointer"),
    ("Response", "Arrow keys, Enter", "Take a value that was tried"),
    ("Response", "Ctrl+Click, Ctrl+Enter", "Take the nearest value that was tried, with its trained weights"),
    ("Time axis below the tracks", "Click, drag, arrow keys", "Show an earlier moment"),
    ("Map", "Wheel, + and −; click, Enter", "Zoom, 0 shows all; open a pair with its weights"),
    ("Drawing", "Drag; right button", "Draw points; erase them"),
    ("Drawing", "1 … 9, 0", "Choose the class to draw"),
    ("Drawing", "[, ], wheel", "Make the brush or cluster smaller or larger"),
    ("Drawing", "Esc", "Put the tool down"),
)
"""Gestures that are in no menu: where, how and what for."""


class ShortcutList(QDialog):
    """A table of shortcuts that can be searched."""

    def __init__(self, commands: Iterable[PaletteCommand], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("shortcuts")
        self.setWindowTitle("Shortcuts and gestures")
        self.resize(640, 560)
        keyed = ((*command.name.partition(": "), command.keys) for command in commands if command.keys)
        self.rows = [(where, what, keys) for where, _, what, keys in keyed]
        self.rows += [(where, what, how) for where, how, what in _GESTURES]
        self.search = QLineEdit(placeholderText="Search")
        identify(self.search, spoken="Search the shortcuts", hint="Shows only the lines that contain what you type.")
        self.search.textChanged.connect(self._filter)
        self.table = QTableWidget(len(self.rows), 3)
        self.table.setShowGrid(False)
        identify(self.table, spoken="Shortcuts and gestures", hint="What each key and gesture does.")
        self.table.setHorizontalHeaderLabels(["Where", "What", "Keys or gesture"])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        for row, texts in enumerate(self.rows):
            for column, text in enumerate(texts):
                self.table.setItem(row, column, QTableWidgetItem(text))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)
        self.nothing = quiet(QLabel("Nothing found. Try fewer letters.", alignment=Qt.AlignmentFlag.AlignTop))
        self.nothing.setBuddy(self.search)
        self.nothing.hide()
        fill(QVBoxLayout(self), self.search, self.table, self.nothing)

    def _filter(self, typed: str) -> None:
        found = [typed.lower() in " ".join(texts).lower() for texts in self.rows]
        for row, fits in enumerate(found):
            self.table.setRowHidden(row, not fits)
        self.table.setVisible(any(found))
        self.nothing.setVisible(not any(found))
