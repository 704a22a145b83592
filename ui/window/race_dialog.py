"""The dialog that asks which values of a setting race each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from playground.experiment.quantity import Number, Quantity
from playground.studies.knobs import Knob
from playground.studies.race import FEWEST_LANES, MOST_LANES

from ..forms.buttons import identify, push_button, tip
from ..forms.layouts import STRETCH, fill, mark_problem, tight
from ..look.theme import GRID, px

_WIDTH = 360
_FACTORS, _SHARES = (0.1, 1, 10), (0.5, 1, 2)
"""What is proposed of a number, relative to the present one: on a logarithmic slider, and on a linear one."""


class RaceDialog(QDialog):
    """Asks for two to six values, the present one among them at first, and hands them to `start`."""

    def __init__(
        self, knob: Knob, start: Callable[[list[Any]], object], parent: QWidget, others: Sequence[Any] = ()
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("race.dialog")
        self.setWindowTitle(f"Race the {knob.label}")
        self.knob, self._start = knob, start
        self._others = tuple(others)
        self.problem = identify(QLabel(), "race.dialog.problem", "Problem with the values")
        self.problem.setWordWrap(True)
        mark_problem(self.problem, True)
        self.entry: QLineEdit | None = None
        self.boxes: list[QCheckBox] = []
        lines = tight(QVBoxLayout(self), GRID, (2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        fill(lines, *(self._number_entry() if knob.is_number else self._value_boxes()), self.problem)
        self.go = push_button("race.dialog.start", "Race", "Trains one lane per value, side by side.")
        self.go.setDefault(True)
        cancel = push_button("race.dialog.cancel", "Cancel", "Closes this dialog and starts no race.")
        self.go.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        lines.addLayout(fill(QHBoxLayout(), STRETCH, cancel, self.go))
        self.setMinimumWidth(px(_WIDTH))
        self._judge()

    def _number_entry(self) -> list[QWidget]:
        quantity = Quantity.of(self.knob.field)
        self.entry = identify(QLineEdit(), "race.dialog.values", f"Values of the {self.knob.label}")
        self.entry.setToolTip(tip(f"Allowed: {quantity.allowed}. Separate values with spaces."))
        proposed = sorted([self.knob.values[self.knob.present], *self._others]) if self._others else None
        self.entry.setText("  ".join(map(quantity.write, proposed or _proposals(self.knob, quantity))))
        self.entry.textChanged.connect(self._judge)
        return [QLabel(f"{FEWEST_LANES} to {MOST_LANES} values, separated by spaces:"), self.entry]

    def _value_boxes(self) -> list[QWidget]:
        for place in range(len(self.knob.values)):
            words = self.knob.words(place)
            box = identify(QCheckBox(words[:1].upper() + words[1:]), f"race.dialog.value.{place}", words)
            # Or those that follow the present one in the list, and around.
            follows = (place - self.knob.present) % len(self.knob.values) < FEWEST_LANES + 1
            is_asked = place == self.knob.present or self.knob.values[place] in self._others
            box.setChecked(is_asked if self._others else follows)
            box.toggled.connect(self._judge)
            self.boxes.append(box)
        return [QLabel(f"{FEWEST_LANES} to {MOST_LANES} of these:"), *self.boxes]

    def values(self) -> list[Any]:
        """Return the chosen values, as in files. Raises ValueError that says what is wrong."""
        if self.entry is None:
            found = [self.knob.values[place] for place, box in enumerate(self.boxes) if box.isChecked()]
        else:
            quantity = Quantity.of(self.knob.field)
            found = list(dict.fromkeys(quantity.read(text) for text in re.split(r"[\s;]+", self.entry.text()) if text))
        if not FEWEST_LANES <= len(found) <= MOST_LANES:
            raise ValueError(f"A race needs {FEWEST_LANES} to {MOST_LANES} different lanes.")
        return found

    def _judge(self) -> None:
        try:
            self.values()
            self.problem.setText("")
        except ValueError as error:
            self.problem.setText(str(error))
        self.go.setEnabled(not self.problem.text())

    def accept(self) -> None:
        """Start the race."""
        try:
            values = self.values()
        except ValueError:
            return
        super().accept()
        self._start(values)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        (self.entry or self.boxes[self.knob.present]).setFocus(Qt.FocusReason.PopupFocusReason)


def _proposals(knob: Knob, quantity: Quantity) -> list[Number]:
    """Values around the present one that differ enough to be told apart."""
    present = knob.values[knob.present]
    if not present:
        return [present, *(quantity.at(place) for place in (0.25, 0.5))]
    tried = [quantity.typed(float(f"{present * factor:.6g}")) for factor in (_FACTORS if quantity.log else _SHARES)]
    found = list(dict.fromkeys(value for value in tried if quantity.admits(value)))
    return found if len(found) > 1 else [present, quantity.at(0.25), quantity.at(0.75)]
