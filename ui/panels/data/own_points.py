"""Own points: the buttons that draw, import, copy, paste and export them, and their actions.

Text is read and written by `playground.interop.point_text`; the `ImportDialog` asks about ambiguous cells.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground import InputError
from playground.catalog.datasets.base import Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Circle
from playground.files.atomic import write_atomically
from playground.files.cells import read_cells
from playground.files.errors import reason_of
from playground.files.names import says_other_format
from playground.interop.point_text import read_own_points, to_csv, to_tsv
from playground.measure.sentences import counted

from ...forms.buttons import IconButton, identify, push_button, tip
from ...forms.layouts import fill, mark_problem, quiet, tight
from ...look.theme import GRID
from .import_dialog import READ_AT_ONCE, ImportDialog, size_of, source_label

_BUTTONS = (
    ("draw", "Draw points", "Draw points", "Starts drawing on the boundary. The present points become your own data."),
    ("import", "Import CSV…", "Import…", "Imports points from a text file in almost any format."),
    ("copy", "Copy points", "copy", "Copies all points for a spreadsheet, with the columns x1, x2, label and split."),
    ("paste", "Paste points", "clipboard-text", "Makes a data set from table cells on the clipboard."),
    ("export", "Export points…", "export", "Writes all points to a CSV file that can be imported again without loss."),
)
"""Name, spoken name, text or icon, and what it does."""


class OwnData(QWidget):
    """Line of buttons with a message below. `data` is the data set that is copied and exported."""

    draw_asked = Signal()
    """Asks to draw points."""
    import_asked = Signal()
    """Asks to choose a file for `import_file`."""
    export_asked = Signal()
    """Asks to choose a file for `export_points`."""
    taken = Signal(object, str)
    """Carries an imported data set and a label for the undo menu."""
    said = Signal(str)
    """Carries the outcome in a sentence."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data: Dataset = Circle()
        self.dialog: ImportDialog | None = None
        self._brought: tuple[UserPoints, str] | None = None
        """The points imported last and the message about them."""
        self.line = tight(QHBoxLayout(), GRID // 4)
        self._add_buttons()
        self.message = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        quiet(identify(self.message, "data.message", "What happened to the points")).hide()
        fill(tight(QVBoxLayout(self)), self.line, self.message)

    def _add_buttons(self) -> None:
        actions = (self.draw_asked, self.import_asked, self.copy_points, self.paste_points, self.export_asked)
        for (name, spoken, face, words), action in zip(_BUTTONS, actions, strict=True):
            has_text = name in ("draw", "import")
            button = push_button("", face, "", small=True) if has_text else IconButton(face, spoken)
            identify(button, f"data.{name}", spoken, tip(f"{spoken.rstrip('…')}. {words}"), words)
            button.clicked.connect(action)
            self.line.addWidget(button, int(has_text))

    def show_data(self, data: Dataset) -> None:
        """Show the message on the present data set, if there is one."""
        self.data = data
        self.message.hide()
        if self._brought is not None and isinstance(data, UserPoints):
            ours = self._brought[0]
            # Known as long as the window is.
            if (data.x1, data.x2, data.target) == (ours.x1, ours.x2, ours.target):
                self._show_message(self._brought[1])

    def _show_message(self, words: str, problem: bool = False) -> None:
        self.message.setText(words)
        mark_problem(self.message, problem)
        self.message.show()

    def _say(self, words: str, problem: bool = False) -> None:
        self._show_message(words, problem)
        self.said.emit(words)

    def copy_points(self) -> None:
        """Put all points on the clipboard as cells for a spreadsheet."""
        drawn = draw_sample(self.data)
        QGuiApplication.clipboard().setText(to_tsv(drawn))
        self._say(f"{counted(len(drawn.labels), 'point')} copied. Paste them into a spreadsheet, or here.")

    def export_points(self, path: str | Path) -> None:
        """Write all points to a file: tabs between the cells if its name ends with .tsv, else commas."""
        drawn, file = draw_sample(self.data), Path(path)
        write = to_tsv if file.suffix.lower() == ".tsv" else to_csv
        if says_other_format(file, ".csv", ".tsv", ".txt"):
            self._say(f"{file} was not written: its name must end in .csv or .tsv.", problem=True)
            return
        try:
            write_atomically(file, write(drawn).encode())
        except OSError as error:
            self._say(f"{file} was not written: {reason_of(error)}. Choose another place.", problem=True)
        else:
            self._say(f"{counted(len(drawn.labels), 'point')} written to {file.name}.")

    def paste_points(self) -> None:
        """Make a data set of the cells on the clipboard; ask which columns to use unless this program wrote them."""
        self.take_cells(QGuiApplication.clipboard().text(), "the clipboard")

    def take_cells(self, text: str, source: str) -> None:
        """Make a data set of cells in a text; ask which columns to use unless this program wrote them."""
        if text.strip():
            self._bring(text, source)
        else:
            self._say(f"There is no text in {source}. Copy some cells from a spreadsheet first.", problem=True)

    def import_file(self, path: str | Path) -> None:
        """Make a data set of a text file; ask which columns to use unless this program wrote them."""
        self._bring(Path(path))

    def _bring(self, source: Path | str, name: str = "") -> None:
        name = source.name if isinstance(source, Path) else name
        if size_of(source) > READ_AT_ONCE:
            self._open_dialog(source, name)
            return
        try:
            points = read_own_points(read_cells(source, name))
        except InputError as error:
            self._say(str(error), problem=True)
            return
        if points is None:
            self._open_dialog(source, name)
        else:
            self._take(
                points,
                source_label(source, name),
                f"{counted(points.size, 'point')} taken from {name}, exactly as they are.",
            )

    def _take(self, data: Dataset, label: str, words: str) -> None:
        if isinstance(data, UserPoints):
            self._brought = data, words
        self.taken.emit(data, label)
        self._say(words)

    def _accept(self, dialog: ImportDialog, data: Dataset, label: str) -> None:
        taken = f"{counted(data.size, 'point')} taken from {dialog.name}"
        self._take(data, label, f"{taken}, scaled to −5…5. {dialog.columns}" if dialog.columns else f"{taken}.")

    def _open_dialog(self, source: Path | str, name: str) -> None:
        if self.dialog is not None:
            self.dialog.reject()
        # What was said of another source is over.
        self.show_data(self.data)
        self.dialog = ImportDialog(source, self.window(), name=name)
        self.dialog.accepted_data.connect(partial(self._accept, self.dialog))
        self.dialog.finished.connect(self._forget_dialog)
        self.dialog.open()

    def _forget_dialog(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
