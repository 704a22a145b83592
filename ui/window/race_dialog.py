"""The dialog that asks which values of a setting race each other."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from playground.experiment.quantity import Quantity
from playground.studies.knobs import Knob
from playground.studies.race import FEWEST_LANES, MOST_LANES
from playground.studies.variants import values_to_race

from ..forms.buttons import identify, push_button, tip
from ..forms.layouts import STRETCH, fill, mark_problem, tight
from ..look.theme import GRID, px

_WIDTH = 360
_ONE_NUMBER = re.compile(r"\d*,\d+(e[+-]?\d+)?|\d{1,3}(,\d{3})+|(.*,)?0\d.*")
"""Words whose commas may be decimal signs or separate thousands."""


class RaceDialog(QDialog):
    """Asks for two to six values of the setting called `name`, the present one among them at first, for `start`.

    It proposes `others` beside the present one, or without any the `best` one known and what differs enough.
    """

    def __init__(
        self,
        name: str,
        knob: Knob,
        start: Callable[[list[Any]], object],
        parent: QWidget,
        others: Sequence[Any] = (),
        best: Any = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("race.dialog")
        self.setWindowTitle(f"Race the {knob.label}")
        self.knob, self._start = knob, start
        self._others, self._best = tuple(others), best
        self.problem = identify(QLabel(), "race.dialog.problem", "Problem with the values")
        self.problem.setWordWrap(True)
        mark_problem(self.problem, True)
        self.entry: QLineEdit | None = None
        self.boxes: list[QCheckBox] = []
        lines = tight(QVBoxLayout(self), GRID, (2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID))
        heading = identify(QLabel(name), "race.dialog.setting")
        heading.setProperty("strong", True)
        fill(lines, heading, *(self._number_entry() if knob.is_number else self._value_boxes()), self.problem)
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
        here = self.knob.values[self.knob.present]
        asked = sorted([here, *self._others], key=quantity.order) if self._others else None
        proposed = asked or values_to_race(self.knob, self._best)
        self.entry.setText("  ".join(map(quantity.write, proposed)))
        self.entry.textChanged.connect(self._judge)
        found = f" {quantity.write(self._best)} does best in the response." if self._best in proposed else ""
        label = QLabel(f"{FEWEST_LANES} to {MOST_LANES} values, separated by spaces.{found}", wordWrap=True)
        return [label, self.entry]

    def _value_boxes(self) -> list[QWidget]:
        for place in range(len(self.knob.values)):
            words = self.knob.words(place)
            box = identify(QCheckBox(words[:1].upper() + words[1:]), f"race.dialog.value.{place}", words)
            # Or those that follow the present one in the list, and around.
            follows = (place - self.knob.present) % len(self.knob.values) < FEWEST_LANES + 1
            is_asked = place == self.knob.present or self.knob.values[place] in self._others
            is_best = self._best is not None and self.knob.values[place] == self._best
            box.setChecked(is_asked if self._others else follows or is_best)
            box.toggled.connect(self._judge)
            self.boxes.append(box)
        return [QLabel(f"{FEWEST_LANES} to {MOST_LANES} of these:"), *self.boxes]

    def values(self) -> list[Any]:
        """Return the chosen values, as in files. Raises ValueError that says what is wrong."""
        if self.entry is None:
            found = [self.knob.values[place] for place, box in enumerate(self.boxes) if box.isChecked()]
        else:
            quantity = Quantity.of(self.knob.field)
            found = list(dict.fromkeys(map(quantity.read, _parted(self.entry.text()))))
            full = [quantity.write(value) for value in found if self.knob.is_full(value)]
            if len(full) > 1:
                raise ValueError(f"{full[0]} and {full[1]} are the same: all {self.knob.whole:,} training points.")
        if not FEWEST_LANES <= len(found) <= MOST_LANES:
            raise ValueError(f"A race needs {FEWEST_LANES} to {MOST_LANES} different lanes.")
        return found

    def _judge(self) -> None:
        try:
            self.values()
            self.problem.setText("")
        except ValueError as error:
            # A comma may have been meant to separate two of them.
            how = " Separate values with spaces." if self.entry is not None and "," in self.entry.text() else ""
            self.problem.setText(f"{error}{how}")
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


def _parted(text: str) -> Iterator[str]:
    """Yield the values in a text, separated by spaces, semicolons, or commas that can mean nothing else."""
    for word in re.split(r"[\s;]+", text):
        one = word.strip(",")
        yield from filter(None, [one] if _ONE_NUMBER.fullmatch(one) else one.split(","))
