"""The choice of the class to draw: a button for each class, one to add a class, and the name of the chosen one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.catalog.datasets.base import MAX_CLASSES, Dataset
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.experiment.tasks import task_of

from ...forms.buttons import identify, push_button, tip
from ...forms.controls import ValueEntry
from ...forms.layouts import fill, tight
from ...forms.rows import CAPTION_WIDTH
from ...look.theme import GRID, px
from .tools import ClassButton

_CLASS_COLUMNS = 3


class ClassPicker(QWidget):
    """Buttons that choose the class to draw, with a field for its name."""

    chosen_changed = Signal()
    names_asked = Signal(object, str)
    """Carries the new names of all classes and a label for the undo menu."""

    def __init__(self) -> None:
        super().__init__()
        self.chosen = 0
        """The place of the class that is drawn."""
        self.names: tuple[str, ...] = ()
        self._dressed: tuple[tuple[str, ...], int] | None = None
        self.buttons: list[ClassButton] = []
        self._group = QButtonGroup(self, exclusive=True)
        self._group.idClicked.connect(self.choose)
        self._grid = QGridLayout()
        self._grid.setSpacing(px(GRID // 2))
        for place in range(_CLASS_COLUMNS):
            self._grid.setColumnStretch(place, 1)
        self.add_button = push_button(
            "drawing.class.add",
            "Add class",
            "Adds a class to draw. It takes effect with its first point.",
            small=True,
        )
        self.add_button.clicked.connect(self.add)
        self.name = identify(
            ValueEntry(self._problem_with_name, takes_spaces=True), "drawing.class.name", "Name of the class"
        )
        self.name.setMaxLength(40)
        self.name.set_hint(tip("The name of the chosen class. Enter applies it; the legend and exports use it."))
        self.name.entered.connect(self._rename)
        self.name.left.connect(self._show_name)
        caption = QLabel("Class name")
        caption.setBuddy(self.name)
        caption.setFixedWidth(px(CAPTION_WIDTH))
        line = fill(tight(QHBoxLayout(), GRID), caption, self.name, wide=self.name)
        fill(tight(QVBoxLayout(self)), self._grid, line)

    def choose(self, place: int) -> None:
        """Choose the class that is drawn."""
        self.chosen = place
        self.show_names(self.names)
        self.chosen_changed.emit()

    def add(self) -> None:
        """Ask for one more class, and draw it."""
        names = self.names
        if len(names) < MAX_CLASSES:
            more = UserPoints(class_names=names).all_names(len(names) + 1)
            self.names_asked.emit(more, f"class {more[-1]} added")
            self.choose(min(len(names), len(self.names) - 1))

    def _rename(self, name: str) -> None:
        names = list(self.names)
        if name.strip() != names[self.chosen]:
            names[self.chosen] = name.strip()
            self.names_asked.emit(tuple(names), f"class {name.strip()}")

    def _problem_with_name(self, text: str) -> str:
        others = [name for place, name in enumerate(self.names) if place != self.chosen]
        return "" if text.strip() and text.strip() not in others else "Each class needs a name of its own."

    def show_names(self, names: tuple[str, ...]) -> None:
        """Show a button for each class."""
        self.names, self.chosen = names, min(self.chosen, len(names) - 1)
        if (names, self.chosen) == self._dressed:
            return
        before = "" if self._dressed is None else self._dressed[0][self._dressed[1]]
        self._dressed = (names, self.chosen)
        self._make_buttons(len(names))
        for button, name in zip(self.buttons, names, strict=True):
            button.show_name(name)
            button.setChecked(button.place == self.chosen)
        self.add_button.setVisible(len(names) < MAX_CLASSES)
        self._grid.addWidget(self.add_button, *divmod(len(names), _CLASS_COLUMNS))
        # What is being typed is the name of the class that was chosen.
        self.name.show_text(names[self.chosen], over_typing=names[self.chosen] != before)

    def _make_buttons(self, count: int) -> None:
        while len(self.buttons) > count:
            button = self.buttons.pop()
            self._group.removeButton(button)
            button.setParent(None)
            button.deleteLater()
        while len(self.buttons) < count:
            button = ClassButton(len(self.buttons))
            self._group.addButton(button, button.place)
            self._grid.addWidget(button, *divmod(button.place, _CLASS_COLUMNS))
            self.buttons.append(button)

    def _show_name(self) -> None:
        self.name.show_text(self.names[self.chosen])


def class_names_of(data: Dataset) -> tuple[str, ...]:
    """Return the names of the classes that can be drawn on a data set."""
    if isinstance(data, UserPoints):
        classes = data.classes if data.task == "classification" else 2
        return data.all_names(max(classes, len(data.class_names)))
    if isinstance(data, Table) and task_of(data) == "classification":
        names = data.rows.class_names
        return UserPoints(class_names=names).all_names(max(2, len(names)))
    return UserPoints().all_names(getattr(data, "classes", 2))
