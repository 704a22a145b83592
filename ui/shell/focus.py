"""What a teacher hides: panels and single settings that the classroom's focus mode leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QTreeWidget, QTreeWidgetItem, QVBoxLayout, QWidget

USUALLY_HIDDEN = frozenset({"data", "drawing", "layers", "training"})
"""Until a teacher chooses: all panels of controls; the network, the pictures and the bar at the top stay."""


class FocusChoice(QDialog):
    """A list of everything that can be hidden, with a check mark at what is."""

    chosen = Signal(object)
    """The names of what is to be hidden, a frozenset."""

    def __init__(self, parts: Mapping[str, Mapping[str, str]], hidden: Iterable[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("focus.choice")
        self.setWindowTitle("What focus mode hides")
        self.resize(360, 520)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setAccessibleName("What focus mode hides")
        self.tree.setToolTip("A check mark hides it in focus mode. Space sets and removes it.")
        hidden = set(hidden)
        for group, items in parts.items():
            branch = QTreeWidgetItem(self.tree, [group])
            branch.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for name, label in items.items():
                item = QTreeWidgetItem(branch, [label])
                item.setData(0, Qt.ItemDataRole.UserRole, name)
                state = Qt.CheckState.Checked if name in hidden else Qt.CheckState.Unchecked
                item.setCheckState(0, state)
            branch.setExpanded(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        for button in buttons.buttons():
            name = button.text().replace("&", "")
            button.setAccessibleName(name)
            button.setToolTip("Keeps this choice." if name == "OK" else "Leaves everything as it was.")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.accepted.connect(lambda: self.chosen.emit(self.hidden()))
        lines = QVBoxLayout(self)
        lines.addWidget(QLabel("Hidden while focus mode is on:"))
        lines.addWidget(self.tree)
        lines.addWidget(buttons)

    def items(self) -> list[QTreeWidgetItem]:
        """Everything that can be hidden."""
        return self.tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)

    def hidden(self) -> frozenset[str]:
        """The names that have a check mark."""
        named = ((item, item.data(0, Qt.ItemDataRole.UserRole)) for item in self.items())
        return frozenset(name for item, name in named if name and item.checkState(0) == Qt.CheckState.Checked)
