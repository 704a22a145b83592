"""The entry of a point by its coordinates, for drawing without a mouse."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from playground.catalog.datasets.base import EXTENT
from playground.experiment.quantity import Quantity

from ...forms.buttons import identify, push_button, tip
from ...forms.controls import ValueEntry
from ...forms.layouts import tight
from ...look.theme import GRID, px

_PLACE = Quantity(False, -EXTENT, EXTENT)
"""A coordinate on the plane."""


class PointEntry(QWidget):
    """Form of two coordinates and a button that adds a point there."""

    added = Signal(float, float)
    """The place of the point to add."""
    refused = Signal(str)
    """Carries why the place is not allowed."""

    def __init__(self) -> None:
        super().__init__()
        line = tight(QHBoxLayout(self), GRID)
        line.addWidget(QLabel("Point at"))
        self.places: list[ValueEntry] = []
        for name, spoken in (("x1", "x₁"), ("x2", "x₂")):
            entry = identify(ValueEntry(_PLACE.problem_with), f"drawing.{name}", f"{spoken} of a point to add")
            entry.set_hint(tip(f"{spoken} of the point to add. Allowed: {_PLACE.allowed}."))
            entry.setAlignment(Qt.AlignmentFlag.AlignRight)
            entry.setMinimumWidth(px(40))
            entry.setText("0")
            label = QLabel(spoken)
            label.setBuddy(entry)
            line.addWidget(label)
            line.addWidget(entry, 1)
            self.places.append(entry)
        add = push_button("drawing.add", "Add", "Adds a point of the chosen class or value here.", small=True)
        add.setAccessibleName("Add a point at this place")
        add.clicked.connect(self._add)
        line.addWidget(add)

    def _add(self) -> None:
        for entry in self.places:
            problem = _PLACE.problem_with(entry.text())
            if problem:
                self.refused.emit(problem)
                entry.setFocus()
                return
        self.added.emit(*(float(_PLACE.read(entry.text())) for entry in self.places))
