"""The base of all panels, which show an experiment and ask for another by a path in it and a value."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground import Experiment, InputError
from playground.experiment.paths import value_at, with_value
from playground.experiment.rules import width_conflicts
from playground.experiment.words import edit_words

from ..forms.buttons import IconButton
from ..forms.edits import Edits
from ..forms.layouts import fill, tight
from ..forms.rows import FormRow
from ..look.theme import px

_HEADING_HEIGHT = 28


class Panel(QWidget):
    """Base of all panels. `experiment` is the one shown last, from which the next edit starts."""

    edited = Signal(object, str, bool)
    """Carries the experiment asked for, a title where the differences would not describe the edit, and whether more
    follows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.experiment = Experiment()
        self.rows: dict[str, FormRow] = {}
        self._asked: Experiment | None = None
        self._off: list[tuple[int, str]] = []
        """What the present drag has switched off so far; it is switched on again if the drag goes back."""

    def add(self, row: FormRow) -> FormRow:
        """Add a row, which shows and edits the value at its path."""
        self.rows[row.path] = row
        row.edited.connect(self.ask)
        return row

    def show_experiment(self, experiment: Experiment) -> None:
        """Show an experiment without asking for anything."""
        if experiment != self._asked:
            self._off = []
        self.experiment = experiment
        for row in self.rows.values():
            if row.path:
                row.show_value(value_at(experiment, row.path))
                row.show_obstacles(experiment)

    def ask(self, path: str, value: object, changing: bool = False, title: str = "") -> None:
        """Ask for the experiment with another value at `path`.

        What no longer fits (a skip connection between layers of different widths) is switched off with it. A `title`
        describes an edit where the differences would not.
        """
        if not changing:
            Edits.end_open()
        try:
            wanted = with_value(_with_layers_set(self.experiment, self._off, True), path, value)
        except InputError:
            # The place went away while its control still had something to say.
            return
        off = list(width_conflicts(wanted))
        self._off = off if changing else []
        self._asked = _with_layers_set(wanted, off, False)
        if title and off:
            title = f"{title}, {edit_words(wanted, self._asked)}"
        self.edited.emit(self._asked, title, changing)


def _with_layers_set(experiment: Experiment, places: Iterable[tuple[int, str]], on: bool) -> Experiment:
    for place, name in places:
        experiment = with_value(experiment, f"layers.{place}.{name}", on)
    return experiment


class Section(QWidget):
    """A headed group of rows that can be folded away."""

    def __init__(self, title: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.button = IconButton("caret-right", title, tip)
        self.button.setText(title)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setCheckable(True)
        self.button.setProperty("section", True)
        self.button.toggled.connect(self._fold)
        self.body = QWidget()
        self.body.hide()
        self.lines = tight(QVBoxLayout(self.body))
        fill(tight(QVBoxLayout(self)), self.button, self.body).setAlignment(self.button, Qt.AlignmentFlag.AlignLeft)

    def _fold(self, is_open: bool) -> None:
        self.button.set_icon("caret-down" if is_open else "caret-right")
        self.body.setVisible(is_open)


def heading(text: str) -> QLabel:
    """The title of a panel or of a part of it."""
    label = QLabel(text, indent=0)
    label.setProperty("heading", True)
    label.setFixedHeight(px(_HEADING_HEIGHT))
    return label
