"""Focus mode for the classroom, which hides panels and settings that a teacher chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

from ..forms.buttons import identify
from ..forms.layouts import fill
from ..forms.rows import FormRow
from .docks import Docks

_USUALLY_HIDDEN = frozenset({"data", "drawing", "layers", "training", "response"})
"""Hidden until a teacher chooses: the whole column of controls. The pictures and the transport bar stay."""


class FocusMode(QObject):
    """Focus mode of a window. `rows` returns the settings that can be hidden: by panel, their rows by path."""

    def __init__(
        self, docks: Docks, rows: Callable[[], Mapping[str, Mapping[str, FormRow]]], settings: QSettings
    ) -> None:
        super().__init__(docks)
        self.docks, self.rows, self.settings = docks, rows, settings
        self.on = False
        self._hidden = frozenset(_stored_names(settings.value("focus/hidden"), _USUALLY_HIDDEN))

    def toggle(self) -> None:
        """Hide what was chosen, or show it again."""
        self.on = not self.on
        if self.on:
            self.before = self.docks.keep()
            for name in self._hidden & set(self.docks.docks):
                self.docks.docks[name].close()
        else:
            self.docks.put_back(self.before)
        self.docks.set_locked(self.on)
        for rows in self.rows().values():
            for path, row in rows.items():
                if path in self._hidden:
                    row.setVisible(not self.on)

    @contextmanager
    def lifted(self) -> Iterator[None]:
        """Leave focus mode for a change of the layout, so that what it hides has its place in the new one."""
        was_on = self.on
        if was_on:
            self.toggle()
        try:
            yield
        finally:
            if was_on:
                self.toggle()

    def choose(self) -> None:
        """Let a teacher choose what is hidden."""
        parts = {"Panels": {name: dock.accessibleName() for name, dock in self.docks.docks.items()}}
        for panel, rows in self.rows().items():
            parts[f"Settings of {panel}"] = {path: row.field.label for path, row in rows.items()}
        choice = FocusChoice(parts, self._hidden, self.docks.window)
        choice.chosen.connect(self._set_hidden)
        choice.open()

    def _set_hidden(self, hidden: frozenset[str]) -> None:
        with self.lifted():
            self._hidden = hidden
            self.settings.setValue("focus/hidden", sorted(hidden) or [""])


def _stored_names(value: object, otherwise: Iterable[str]) -> list[str]:
    """Return a list of names from the settings, which keep a list of one as a text."""
    if isinstance(value, str):
        return [value]
    return [str(name) for name in value] if isinstance(value, list) else list(otherwise)


class FocusChoice(QDialog):
    """Dialog with everything that can be hidden, checked where it is."""

    chosen = Signal(object)
    """Carries the names of what focus mode hides, a frozenset."""

    def __init__(self, parts: Mapping[str, Mapping[str, str]], hidden: Iterable[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("focus.choice")
        self.setWindowTitle("What focus mode hides")
        self.resize(360, 520)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        hint = "Checked panels are hidden in focus mode. Space checks and unchecks."
        identify(self.tree, spoken="What focus mode hides", hint=hint)
        hidden = set(hidden)
        for group, items in parts.items():
            branch = QTreeWidgetItem(self.tree, [group])
            branch.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for name, label in items.items():
                item = QTreeWidgetItem(branch, [label])
                item.setData(0, Qt.ItemDataRole.UserRole, name)
                item.setCheckState(0, Qt.CheckState.Checked if name in hidden else Qt.CheckState.Unchecked)
            branch.setExpanded(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        for button in buttons.buttons():
            name = button.text().replace("&", "")
            identify(button, spoken=name, hint="Saves this choice." if name == "OK" else "Discards this choice.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self._hidden()))
        fill(QVBoxLayout(self), QLabel("Hidden in focus mode:"), self.tree, buttons)

    def items(self) -> list[QTreeWidgetItem]:
        """Return the list entries of everything that can be hidden."""
        return self.tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)

    def _hidden(self) -> frozenset[str]:
        named = ((item, item.data(0, Qt.ItemDataRole.UserRole)) for item in self.items())
        return frozenset(name for item, name in named if name and item.checkState(0) == Qt.CheckState.Checked)
