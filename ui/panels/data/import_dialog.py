"""The dialog that imports points from a file or the clipboard: it shows how the text was read and asks for columns.

`playground.files.cells` reads the table; here the reading is shown, corrected and accepted. Where a table can be read
in two ways, the dialog offers both readings.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from playground import Experiment
from playground.catalog.choice import Task
from playground.catalog.datasets.base import Dataset, Sample, draw_sample
from playground.catalog.datasets.table import Table, TableRows, rows_of
from playground.experiment.words import error_words
from playground.files.cells import Cells, Column, read_cells
from playground.files.errors import InputError, one_line
from playground.files.layout import Question, Reading
from playground.files.rows import SEPARATORS
from playground.interop.point_text import read_own_points
from playground.interop.tables import MANY_ROWS, Picked, class_counts, data_set, propose, refuse_one_axis

from ...forms.buttons import identify, push_button, tip
from ...forms.controls import Combo, Segments, Switch
from ...forms.labels import ShortenedLabel
from ...forms.layouts import fill, mark_problem, quiet, scrolling, tight
from ...guard.faults import guarded
from ...look.theme import GRID, Theme, blend, current, exact_px, px
from ...session.jobs import Job, finish_jobs
from ..panel import heading
from ..tiles import points_picture

PREVIEW_ROWS = 200
READ_AT_ONCE = 2**20
"""The size from which on a source is read beside the window."""
_PICTURE_SIZE = 216
_MOST_DRAWN = 2000
_LONGEST_CELL = 60
_AXES = (("x1", "x₁"), ("x2", "x₂"), ("target", "Target"))
_NONE_PICKED = Picked("", "", "")
_TASKS: tuple[Task | None, ...] = (None, "classification", "regression")


class _SheetModel(QAbstractTableModel):
    """The first rows of a sheet, with the chosen columns highlighted and unusable cells marked."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.cells: Cells | None = None
        self.picked = _NONE_PICKED

    def show_cells(self, cells: Cells | None, picked: Picked) -> None:
        """Show another table, or the same with other columns chosen."""
        if cells is not self.cells:
            self.beginResetModel()
            self.cells, self.picked = cells, picked
            self.endResetModel()
        elif picked != self.picked:
            self.picked = picked
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def rowCount(self, _parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return min(len(self.cells.lines), PREVIEW_ROWS) if self.cells else 0

    def columnCount(self, _parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return len(self.cells.columns) if self.cells else 0

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.cells is None or not index.isValid():
            return None
        column = self.cells.columns[index.column()]
        cell, spoils = column.cells[index.row()], self._spoils(index.row(), column)
        if role == Qt.ItemDataRole.DisplayRole:
            return _cut(cell)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_number = column.kind == "number"
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and spoils:
            return QColor(current().danger)
        if role == Qt.ItemDataRole.BackgroundRole and column.name in self.picked[:3]:
            theme = current()
            share = 0.28 if spoils and not cell else 0.1
            return QColor(blend(theme.surface, theme.danger if share > 0.1 else theme.accent, share))
        return None

    def _spoils(self, row: int, column: Column) -> bool:
        """Whether a cell keeps its row from being used."""
        if column.name not in self.picked[:3]:
            return False
        wants_number = column.name in self.picked[:2] or self.picked.task == "regression"
        return bool(column.missing[row] or (wants_number and math.isnan(column.numbers[row])))

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.cells is None or role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(self.cells.lines[section])
        name = self.cells.columns[section].name
        roles = [spoken for (_, spoken), column in zip(_AXES, self.picked[:3], strict=True) if column == name]
        return f"{_cut(name)}\n{', '.join(roles)}"


def _cut(cell: str) -> str:
    return cell if len(cell) <= _LONGEST_CELL else cell[: _LONGEST_CELL - 1] + "…"


class _PointsPicture(QWidget):
    """The points that would be used, as they would lie on the plane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawn: Sample | None = None
        self._picture: QPixmap | None = None
        self.setFixedSize(px(_PICTURE_SIZE), px(_PICTURE_SIZE))
        hint = tip("The points on the plane, each axis scaled to fill it.")
        identify(self, "import.picture", "Picture of the points", hint)

    def show_points(self, drawn: Sample | None) -> None:
        """Show other points; None for none."""
        if drawn is not None and len(drawn.labels) > _MOST_DRAWN:
            step = -(-len(drawn.labels) // _MOST_DRAWN)
            drawn = drawn._replace(x=drawn.x[::step], labels=drawn.labels[::step], split=drawn.split[::step])
        self.drawn, self._picture = drawn, None
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._picture = None
            self.update()

    @guarded
    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.line), 1))
        painter.setBrush(QColor(theme.surface))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), exact_px(6), exact_px(6))
        if self.drawn is not None:
            ratio = self.devicePixelRatioF()
            edge = px(4)
            if self._picture is None or self._picture.devicePixelRatio() != ratio:
                self._picture = points_picture(self.drawn, self.width() - 2 * edge, ratio, theme)
            painter.drawPixmap(edge, edge, self._picture)
        painter.end()


def source_label(source: Path | str, name: str) -> str:
    """Return what the undo menu calls data from a file or a text: `data “penguins.csv”`, `data from the clipboard`."""
    return f"data “{name}”" if isinstance(source, Path) else f"data from {name}"


class ImportDialog(QDialog):
    """Asks which columns of a file or a text are the points. Show it with `open`.

    `source` is the path of a file, or a text, which is then said to come from `name`.
    """

    accepted_data = Signal(object, str)
    """The data set, and a few words for the undo menu."""

    def __init__(self, source: Path | str, parent: QWidget | None = None, *, name: str = "the clipboard") -> None:
        super().__init__(parent)
        self.source, self.name = source, source.name if isinstance(source, Path) else name
        self.cells: Cells | None = None
        self.reading = Reading()
        """What the person has decided of what can be read in two ways."""
        self.picked, self._proposed = _NONE_PICKED, _NONE_PICKED
        self._picks = False
        """Whether the person has chosen columns."""
        self._asked: dict[Question, Segments | None] = {}
        self._sampled = True
        """Whether a table of very many rows is sampled."""
        self.job: Job | None = None
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.reject)
        self._is_large = size_of(source) > READ_AT_ONCE
        self.dataset: Dataset | None = None
        self.columns = ""
        """Which columns the points come from, in a sentence; empty for points of our own."""
        self.setWindowTitle(f"Import points from {self.name}")
        self.setObjectName("import")
        self.resize(self.sizeHint())
        self.questions = QWidget(self)
        """A line for whatever can be read in two ways, with both readings."""
        self._question_lines = tight(QVBoxLayout(self.questions), GRID // 2)
        self.questions.hide()
        title, table = self._title(), self._table()
        rows = fill(tight(QVBoxLayout(), GRID), self.questions, table, wide=table)
        body = fill(tight(QHBoxLayout(), 2 * GRID), rows, self._choices(), wide=rows)
        outer = tight(QVBoxLayout(self), GRID, (2 * GRID, GRID, 2 * GRID, 2 * GRID))
        fill(outer, title, body, self._footer(), wide=body)
        self._read()

    # Parts --------------------------------------------------------------------------------------------------

    def _title(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(GRID))
        title = heading(self.name if isinstance(self.source, Path) else f"Cells from {self.name}")
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.understood = self._words("understood", "How the text was read")
        hint = tip("When on, the first row names the columns. When off, it is data like the others.")
        self.header = identify(Switch(self), "import.header", "First row names the columns", hint)
        self.header.toggled.connect(self._header_toggled)
        hint = tip(
            "The character between the cells of a row. Automatic chooses the one that gives the most regular rows."
        )
        self.separator = identify(Combo(self), "import.separator", "Separator", hint)
        self.separator.addItems(["Automatic", *(name.capitalize() for name in SEPARATORS.values())])
        self.separator.currentIndexChanged.connect(self._separator_chosen)
        grid.addWidget(title, 0, 0)
        grid.addWidget(self.understood, 1, 0)
        grid.setColumnStretch(0, 1)
        for column, (text, control) in enumerate((("Header row", self.header), ("Separator", self.separator)), 1):
            caption = QLabel(text)
            caption.setBuddy(control)
            grid.addLayout(fill(tight(QHBoxLayout(), GRID), caption, control), 0, column, 2, 1)
        return grid

    def _words(self, name: str, spoken: str) -> QLabel:
        return quiet(identify(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), f"import.{name}", spoken))

    def _table(self) -> QTableView:
        self.model = _SheetModel(self)
        hint = tip(f"The first {PREVIEW_ROWS} rows. Rows with red cells are left out.")
        self.table = identify(QTableView(self), "import.table", "The first rows", hint)
        self.table.setModel(self.model)
        self.table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().setDefaultSectionSize(px(24))
        self.table.horizontalHeader().setDefaultSectionSize(px(104))
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._dress()
        return self.table

    def _choices(self) -> QVBoxLayout:
        grid = QGridLayout()
        grid.setSpacing(px(GRID))
        self.combos: list[Combo] = []
        helps = (
            "The column for the horizontal axis. It must contain numbers.",
            "The column for the vertical axis. It must contain numbers.",
            "The column that the network learns to predict. Text means classes; many different numbers mean values.",
        )
        for row, ((name, spoken), words) in enumerate(zip(_AXES, helps, strict=True)):
            combo = identify(Combo(self), f"import.{name}", f"Column for {spoken}", tip(words))
            combo.currentIndexChanged.connect(self._column_chosen)
            caption = QLabel(spoken)
            caption.setBuddy(combo)
            grid.addWidget(caption, row, 0)
            grid.addWidget(combo, row, 1)
            self.combos.append(combo)
        self.task = identify(Segments(["Automatic", "Classes", "Values"], self), "import.task", "Task")
        tips = (
            "Text, or at most 10 different whole numbers, means classes. Any other numbers mean values.",
            "Each distinct cell of the target column is a class; at most 10 are allowed.",
            "The target column contains numbers to predict. Rows without one are left out.",
        )
        for button, task, words in zip(self.task.buttons, _TASKS, tips, strict=True):
            identify(button, f"import.task.{task or 'automatic'}", f"Task {button.text().lower()}", tip(words))
        self.task.show_index(0)
        self.task.chosen.connect(self._task_chosen)
        self.picture = _PointsPicture(self)
        self.counts = self._words("counts", "Rows used and left out")
        self.counts.setAlignment(Qt.AlignmentFlag.AlignTop)
        # There may be many reasons to leave rows out.
        counts = scrolling(self.counts)
        counts.setFixedWidth(px(_PICTURE_SIZE))
        grid.setColumnStretch(1, 1)
        return fill(tight(QVBoxLayout(), GRID), grid, self.task, self.picture, counts, wide=counts)

    def _footer(self) -> QHBoxLayout:
        self.message = self._words("message", "How the points will be used")
        self.cancel = push_button("import.cancel", "Cancel", "Closes this dialog and changes nothing.")
        self.cancel.clicked.connect(self.reject)
        self.ok = push_button("import.ok", "Use these points", "Makes these points the data set. You can undo it.")
        self.ok.setDefault(True)
        self.ok.clicked.connect(self.accept)
        hint = tip("How much of the text has been read. Cancel stops reading.")
        self.bar = identify(QProgressBar(textVisible=False), "import.progress", "Reading progress", hint)
        self.bar.setFixedSize(px(_PICTURE_SIZE), px(6))
        self.bar.hide()
        line = tight(QHBoxLayout(), GRID)
        return fill(line, self.message, self.bar, self.cancel, self.ok, wide=self.message)

    # Reading ------------------------------------------------------------------------------------------------

    def _read(self) -> None:
        """Read the source as the person has decided so far, and propose columns."""
        source, name, reading = self.source, self.name, self.reading
        self.cells = None
        self._run(lambda: read_cells(source, name, reading), self._take_cells)

    def _take_cells(self, cells: Cells) -> None:
        self.cells = cells
        chosen, names = self.picked, cells.names
        self._proposed = _likely(cells)._replace(task=chosen.task)
        # Columns that the person has chosen stay if they are still there.
        self.picked = chosen if self._picks and set(chosen[:3]) <= set(names) else self._proposed
        self.understood.setText(" ".join([f"{cells.words}.", *cells.notes]))
        self.header.show_on(cells.header)
        for combo, column in zip(self.combos, self.picked[:3], strict=True):
            combo.blockSignals(True)
            combo.clear()
            combo.addItems([name.replace("&", "&&") for name in names])
            combo.setCurrentIndex(names.index(column))
            combo.blockSignals(False)
        self._judge()
        self._fit_columns()

    def _run(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Run a piece of work: at once if the source is small, else beside the window with its progress shown."""
        if self.job is not None:
            self.job.drop()
            self.job = None
        if not self._is_large:
            try:
                then(work())
            except InputError as error:
                self._refuse(error)
            return
        self.bar.setRange(0, 0)
        self.bar.show()
        self.ok.setEnabled(False)
        go_on, give_up = partial(self._go_on, then), partial(self._go_on, self._refuse)
        self.job = Job(self, lambda _: work(), go_on, give_up, self._show_progress)

    def _show_progress(self, done: int, of: int) -> None:
        self.bar.setRange(0, of)
        self.bar.setValue(done)

    def _go_on(self, then: Callable[[Any], None], outcome: Any) -> None:
        self.job = None
        self.bar.hide()
        then(outcome)

    def _fit_columns(self) -> None:
        for place in range(min(self.model.columnCount(), 40)):
            self.table.resizeColumnToContents(place)
            self.table.setColumnWidth(place, min(max(self.table.columnWidth(place), px(64)), px(176)))

    def _header_toggled(self, on: bool) -> None:
        self._decide("header", on)

    def _separator_chosen(self, index: int) -> None:
        # Another separator makes other columns, of which nothing has been decided.
        self.reading = Reading(separator=list(SEPARATORS)[index - 1] if index else None)
        self._read()

    def _decide(self, name: str, value: Any) -> None:
        """Read the source again, with one more thing decided."""
        self.reading = self.reading._replace(**{name: value})
        self._read()

    def _column_chosen(self, _index: int) -> None:
        if self.cells is None:
            return
        x1, x2, target = (self.cells.names[combo.currentIndex()] for combo in self.combos)
        self.picked, self._picks = Picked(x1, x2, target, self.picked.task), True
        self._judge()

    def _task_chosen(self, index: int) -> None:
        self.picked = self.picked._replace(task=_TASKS[index])
        self._judge()

    # What comes of it ---------------------------------------------------------------------------------------

    def _judge(self) -> None:
        """Make the data set that is asked for, or say why there is none."""
        if self.cells is None:
            return
        cells, picked, reading, sampled = self.cells, self.picked, self.reading, self._sampled
        self.model.show_cells(cells, picked)
        proposed = picked == self._proposed
        self._run(lambda: _made_of(cells, picked, proposed, reading, sampled), self._show)

    def _show(self, made: tuple[Dataset, Sample, list[str], str, int]) -> None:
        dataset, drawn, counts, how, rows = made
        self.dataset = dataset
        self.columns = "" if how == "exact" or self.cells is None else _columns_words(self.picked)
        self.picture.show_points(drawn)
        self.counts.setText("\n".join([class_words(drawn), *counts]))
        self._ask(rows)
        if how == "exact":
            words = "This file was written by this program; its points are used exactly as they are."
        elif isinstance(dataset, Table):
            words = "The points stay in the file and are read from there. Each axis is scaled to −5…5."
        else:
            words = "The points become your own data, stored in the experiment. Each axis is scaled to −5…5."
        self._say(words, problem=False)
        self.ok.setEnabled(True)

    def _refuse(self, error: Exception) -> None:
        self.dataset = None
        if self.cells is None:
            self.understood.setText("")
            self.model.show_cells(None, self.picked)
        self._ask(0)
        self.picture.show_points(None)
        self.counts.setText("")
        words = error_words(error, Experiment()) if isinstance(error, InputError) else str(error)
        self._say(words, problem=True)
        self.ok.setEnabled(False)

    def _ask(self, rows: int) -> None:
        """Offer both readings of whatever is ambiguous; `rows` are those that can be used."""
        asked = [_in_order(question) for question in (self.cells.questions if self.cells is not None else ())]
        if rows > MANY_ROWS and isinstance(self.source, Path):
            labels = (f"a random {MANY_ROWS:,}", f"all {rows:,}")
            asked.append((Question(f"{rows:,} rows", "points", (True, False), labels), int(not self._sampled)))
        if [question for question, _ in asked] != list(self._asked):
            while (item := self._question_lines.takeAt(0)) is not None:
                if (widget := item.widget()) is not None:
                    widget.hide()
                    widget.deleteLater()
            self._asked = {question: self._question(question) for question, _ in asked}
            self.questions.setVisible(bool(asked))
        for question, chosen in asked:
            if (choice := self._asked[question]) is not None:
                choice.show_index(chosen)

    def _question(self, question: Question) -> Segments | None:
        """Add a line that asks which of two readings is right, unless another choice decides."""
        line = QWidget(self.questions)
        layout = tight(QHBoxLayout(line), GRID)
        where = f" in {', '.join(question.columns)}" if question.columns else ""
        words = ShortenedLabel(f"{question.subject}{where}")
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        words.setToolTip(tip(question.words))
        layout.addWidget(words, 1)
        self._question_lines.addWidget(line)
        if not question.name:
            readings = QLabel(" or ".join(question.labels), textFormat=Qt.TextFormat.PlainText)
            layout.addWidget(quiet(readings))
            return None
        choice = Segments([label.replace("&", "&&") for label in question.labels], line)
        identify(choice, f"import.{question.name}.readings", f"How to read {question.subject}{where}")
        for place, (button, label) in enumerate(zip(choice.buttons, question.labels, strict=True)):
            name = f"import.{question.name}.{place}"
            identify(
                button, name, f"{question.subject}: {label}", tip(f"Reads it as {label} and updates the rows below.")
            )
        choice.chosen.connect(self._answer)
        layout.addWidget(choice)
        return choice

    def _answer(self, index: int) -> None:
        question = next((one for one, choice in self._asked.items() if choice is self.sender()), None)
        if question is None:
            return
        if question.name == "points":
            self._sampled = bool(question.values[index])
            self._judge()
        else:
            self._decide(question.name, question.values[index])

    def _say(self, words: str, problem: bool) -> None:
        self.message.setText(words)
        mark_problem(self.message, problem)

    def _dress(self) -> None:
        self.table.setStyleSheet(_table_style(current()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "table"):
            self._dress()

    def done(self, result: int) -> None:
        """Close the dialog, and end work in progress."""
        self.job = None
        finish_jobs(self)
        super().done(result)

    def accept(self) -> None:
        """Emit the imported data set and close."""
        if self.dataset is not None:
            dataset = self.dataset
            super().accept()
            self.accepted_data.emit(dataset, source_label(self.source, self.name))

    def sizeHint(self) -> QSize:
        return QSize(px(860), px(620))


def _table_style(theme: Theme) -> str:
    return f"""
    QTableView {{ border: 1px solid {theme.line}; gridline-color: {theme.line}; background: {theme.surface}; }}
    QHeaderView {{ background: {theme.raised}; border: 0; }}
    QHeaderView::section {{ background: {theme.raised}; color: {theme.text}; border: 0; padding: 3px 6px;
        border-right: 1px solid {theme.line}; border-bottom: 1px solid {theme.line}; }}
    QTableCornerButton::section {{ background: {theme.raised}; border: 0; }}
    """


def size_of(source: Path | str) -> int:
    """The bytes of a file, or characters of a text; 0 if there is no such file."""
    try:
        return source.stat().st_size if isinstance(source, Path) else len(source)
    except (OSError, ValueError):
        return 0


def _in_order(question: Question) -> tuple[Question, int]:
    """A question with its readings in a fixed order, and the index of the one in use."""
    if not question.name:
        return question, 0
    first, second = sorted((0, 1), key=lambda place: str(question.values[place]))
    labels, values = question.labels, question.values
    ordered = question._replace(labels=(labels[first], labels[second]), values=(values[first], values[second]))
    return ordered, int(first == 1)


def _likely(cells: Cells) -> Picked:
    """The columns to begin with: those proposed, else the first ones."""
    try:
        return propose(cells)
    except InputError:
        names = cells.names
        return Picked(names[0], names[min(1, len(names) - 1)], names[-1])


def _made_of(
    cells: Cells, picked: Picked, proposed: bool, reading: Reading, sampled: bool
) -> tuple[Dataset, Sample, list[str], str, int]:
    """The data set of three columns, its points, notes, "exact" if it is our own points as saved, and its row count.

    Raises InputError.
    """
    exact = read_own_points(cells) if proposed else None
    if exact is not None:
        return exact, draw_sample(exact), [f"All {exact.size:,} rows are used."], "exact", exact.size
    refuse_one_axis(cells, picked)
    rows = rows_of(cells, *picked)
    dataset, notes = data_set(cells, picked, rows, reading)
    if isinstance(dataset, Table) and sampled and len(rows.x) > MANY_ROWS:
        dataset = msgspec.structs.replace(dataset, points=MANY_ROWS)
    return dataset, draw_sample(dataset), [_used_words(rows, cells.rows), *notes], "", len(rows.x)


def _used_words(rows: TableRows, of: int) -> str:
    """The number of rows used, in total and of each class, in words."""
    used = len(rows.x)
    counts = ", ".join(f"{one_line(name, 24)} {count:,}" for name, count in class_counts(rows).items())
    words = f"All {of:,} rows are used." if used == of else f"{used:,} of {of:,} rows are usable."
    return f"{words} {counts}." if counts else words


def _columns_words(picked: Picked) -> str:
    """The roles of the columns, in a sentence."""
    names = (one_line(name, _LONGEST_CELL) for name in picked[:3])
    return "x₁ is {}, x₂ is {}, and the target is {}.".format(*names)


def class_words(drawn: Sample) -> str:
    """The meaning of the target, in words."""
    if drawn.task == "regression":
        return "The target is a value."
    return f"The target has {len(drawn.class_names)} classes."
