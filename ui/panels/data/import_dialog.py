"""Points from a file or the clipboard: a dialog that shows what was understood and asks which columns are meant.

Taking a text apart is the business of `playground.interop.tables`; here it is shown, corrected and accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

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

from playground.catalog.choice import Task
from playground.catalog.datasets.base import Dataset, Sample, draw_sample
from playground.catalog.datasets.table import Table
from playground.files.errors import InputError, one_line
from playground.interop.tables import (
    SEPARATORS,
    Extracted,
    Picked,
    Sheet,
    data_set,
    extracted,
    from_file,
    from_text,
    guess,
    is_missing,
    read_own_points,
)
from ui.forms.buttons import identify, push_button, tip
from ui.forms.controls import Combo, Segments, Switch
from ui.forms.layouts import quiet
from ui.guard.faults import guarded
from ui.look.theme import GRID, Theme, blend, current, exact_px, px
from ui.panels.panel import heading
from ui.panels.tiles import points_picture
from ui.session.jobs import Job, finish_jobs

PREVIEW_ROWS = 200
READ_AT_ONCE = 2**20
"""What is larger is read beside the window."""
_PICTURE_SIZE = 216
_MOST_DRAWN = 2000
_LONGEST_CELL = 60
_AXES = (("x1", "x₁"), ("x2", "x₂"), ("target", "Target"))
_TASKS: tuple[Task | None, ...] = (None, "classification", "regression")


class _SheetModel(QAbstractTableModel):
    """The first rows of a sheet, with the chosen columns set off and the cells marked that keep a row out."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.sheet: Sheet | None = None
        self.picked = Picked(0, 0, 0)

    def _show_sheet(self, sheet: Sheet | None, picked: Picked) -> None:
        """Show another sheet, or the same with other columns chosen."""
        if sheet is not self.sheet:
            self.beginResetModel()
            self.sheet, self.picked = sheet, picked
            self.endResetModel()
        elif picked != self.picked:
            self.picked = picked
            last = self.index(self.rowCount() - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def rowCount(self, _parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return min(len(self.sheet.rows), PREVIEW_ROWS) if self.sheet else 0

    def columnCount(self, _parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        return len(self.sheet.names) if self.sheet else 0

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.sheet is None or not index.isValid():
            return None
        cell = self.sheet.rows[index.row()][index.column()].strip()
        if role == Qt.ItemDataRole.DisplayRole:
            return cell if len(cell) <= _LONGEST_CELL else cell[: _LONGEST_CELL - 1] + "…"
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignLeft if self.sheet.number(cell) is None else Qt.AlignmentFlag.AlignRight
            return side | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and self._spoils(cell, index.column()):
            return QColor(current().danger)
        if role == Qt.ItemDataRole.BackgroundRole and index.column() in self.picked[:3]:
            theme = current()
            share = 0.28 if self._spoils(cell, index.column()) and not cell else 0.1
            return QColor(blend(theme.surface, theme.danger if share > 0.1 else theme.accent, share))
        return None

    def _spoils(self, cell: str, column: int) -> bool:
        """Whether a cell keeps its row from being used."""
        assert self.sheet is not None
        if column not in self.picked[:3]:
            return False
        wants_number = column in self.picked[:2] or self.picked.task == "regression"
        return is_missing(cell) or (wants_number and self.sheet.number(cell) is None)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.sheet is None or role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(self.sheet.lines[section])
        roles = [spoken for (_, spoken), place in zip(_AXES, self.picked[:3], strict=True) if place == section]
        name = self.sheet.names[section]
        short = name if len(name) <= _LONGEST_CELL else name[: _LONGEST_CELL - 1] + "…"
        return f"{short}\n{', '.join(roles)}" if roles else f"{short}\n"


class _PointsPicture(QWidget):
    """The points that would be used, as they would lie on the plane."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawn: Sample | None = None
        self._picture: QPixmap | None = None
        self.setFixedSize(px(_PICTURE_SIZE), px(_PICTURE_SIZE))
        identify(
            self,
            "import.picture",
            "Picture of the points",
            tip("The points as they would lie on the plane, each axis scaled to fill it."),
        )

    def _show_points(self, drawn: Sample | None) -> None:
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


class ImportDialog(QDialog):
    """Asks which columns of a file or a text are the points. Show it with `open`.

    `source` is the path of a file, or a text, which is then said to come from `name`.
    """

    accepted_data = Signal(object, str)
    """The data set, and a few words for the undo menu."""

    def __init__(self, source: Path | str, parent: QWidget | None = None, *, name: str = "the clipboard") -> None:
        super().__init__(parent)
        self.source, self.name = source, source.name if isinstance(source, Path) else name
        self.sheet: Sheet | None = None
        self.picked, self._proposed = Picked(0, 0, 0), Picked(0, 0, 0)
        self.job: Job | None = None
        self.then: Callable[[Any], None] | None = None
        """What to do with what the job returns."""
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.reject)
        self._is_large = size_of(source) > READ_AT_ONCE
        self.dataset: Dataset | None = None
        self.columns = ""
        """Which columns the points come from, in a sentence; empty for points of our own."""
        self.setWindowTitle(f"Import points from {self.name}")
        self.setObjectName("import")
        self.resize(860, 560)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(2 * GRID), px(GRID), px(2 * GRID), px(2 * GRID))
        outer.setSpacing(px(GRID))
        outer.addLayout(self._title())
        body = QHBoxLayout()
        body.setSpacing(px(2 * GRID))
        body.addWidget(self._table(), 1)
        body.addLayout(self._choices())
        outer.addLayout(body, 1)
        outer.addLayout(self._footer())
        self._read()

    # Parts --------------------------------------------------------------------------------------------------

    def _title(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(px(GRID))
        title = heading(self.name)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.understood = self._words("understood", "How the text was understood")
        self.header = Switch(self)
        identify(
            self.header,
            "import.header",
            "First row names the columns",
            tip("On: the first row names the columns. Off: it is a point like the others."),
        )
        self.header.toggled.connect(self._header_toggled)
        self.separator = Combo(self)
        identify(
            self.separator,
            "import.separator",
            "Separator",
            tip("What stands between the cells of a row. Automatic takes the most regular."),
        )
        self.separator.addItems(["Automatic", *(name.capitalize() for name in SEPARATORS.values())])
        self.separator.currentIndexChanged.connect(self._separator_chosen)
        grid.addWidget(title, 0, 0)
        grid.addWidget(self.understood, 1, 0)
        grid.setColumnStretch(0, 1)
        for column, (text, control) in enumerate((("Header row", self.header), ("Separator", self.separator)), 1):
            caption = QLabel(text)
            caption.setBuddy(control)
            line = QHBoxLayout()
            line.setSpacing(px(GRID))
            line.addWidget(caption)
            line.addWidget(control)
            grid.addLayout(line, 0, column, 2, 1)
        return grid

    def _words(self, name: str, spoken: str) -> QLabel:
        label = quiet(identify(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), f"import.{name}", spoken))
        return label

    def _table(self) -> QTableView:
        self.model = _SheetModel(self)
        self.table = QTableView(self)
        self.table.setModel(self.model)
        identify(
            self.table,
            "import.table",
            "The first rows",
            tip(f"The first {PREVIEW_ROWS} rows. Red cells keep their row from being used."),
        )
        self.table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        self.table.verticalHeader().setDefaultSectionSize(px(24))
        self.table.horizontalHeader().setDefaultSectionSize(px(104))
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return self.table

    def _choices(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(px(GRID))
        grid = QGridLayout()
        grid.setSpacing(px(GRID))
        self.combos: list[Combo] = []
        helps = (
            "The column for the horizontal axis. It has to hold numbers.",
            "The column for the vertical axis. It has to hold numbers.",
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
            "Text, or at most 10 different whole numbers, mean classes. Any other numbers mean values.",
            "Every different cell of the target column is a class. There may be at most 10.",
            "The target column holds numbers to predict. Rows where it has none are left out.",
        )
        for button, task, words in zip(self.task.buttons, _TASKS, tips, strict=True):
            identify(button, f"import.task.{task or 'automatic'}", f"Task {button.text().lower()}", tip(words))
        self.task.show_index(0)
        self.task.chosen.connect(self._task_chosen)
        self.picture = _PointsPicture(self)
        self.counts = self._words("counts", "Rows used and left out")
        self.counts.setFixedWidth(px(_PICTURE_SIZE))
        self.counts.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        column.addWidget(self.task)
        column.addWidget(self.picture)
        column.addWidget(self.counts, 1)
        return column

    def _footer(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(px(GRID))
        self.message = self._words("message", "What will become of the points")
        self.cancel = push_button("import.cancel", "Cancel", "Closes this dialog and changes nothing.")
        self.cancel.clicked.connect(self.reject)
        self.ok = push_button("import.ok", "Use these points", "Makes these points the data set. Undo takes it back.")
        self.ok.setDefault(True)
        self.ok.clicked.connect(self.accept)
        self.bar = QProgressBar()
        identify(
            self.bar,
            "import.progress",
            "How far reading is",
            tip("How much of the text has been read. Cancel stops it."),
        )
        self.bar.setTextVisible(False)
        self.bar.setFixedSize(px(_PICTURE_SIZE), px(6))
        self.bar.hide()
        line.addWidget(self.message, 1)
        line.addWidget(self.bar)
        line.addWidget(self.cancel)
        line.addWidget(self.ok)
        return line

    # Reading ------------------------------------------------------------------------------------------------

    def _read(self, header: bool | None = None) -> None:
        """Take the source apart and propose columns."""
        place = self.separator.currentIndex()
        separator = list(SEPARATORS)[place - 1] if place else None
        source, name = self.source, self.name

        def work() -> Sheet:
            if isinstance(source, Path):
                return from_file(source, separator=separator, header=header)
            return from_text(source, name, separator=separator, header=header)

        self.sheet = None
        self._run(work, self._take_sheet)

    def _take_sheet(self, sheet: Sheet) -> None:
        """Show what the source was taken apart into."""
        self.sheet = sheet
        self.picked = self._proposed = guess(sheet)._replace(task=self.picked.task)
        self.understood.setText(f"{sheet.words}.")
        self.header.show_on(sheet.has_header)
        for combo, chosen in zip(self.combos, self.picked[:3], strict=True):
            combo.blockSignals(True)
            combo.clear()
            combo.addItems([name.replace("&", "&&") for name in sheet.names])
            combo.setCurrentIndex(chosen)
            combo.blockSignals(False)
        self._judge()
        self._fit_columns()

    def _run(self, work: Callable[[], Any], then: Callable[[Any], None]) -> None:
        """Have some work done: now if the source is small, else beside the window, with its progress shown."""
        if self.job is not None:
            self.job.cancel()
            self.job = None
        if not self._is_large:
            try:
                then(work())
            except InputError as error:
                self._refuse(error)
            return
        self.job = Job(lambda _: work(), self)
        self.then = then
        # Nothing here may keep the dialog alive: Python would clear it away whenever, on whatever thread.
        self.job.progressed.connect(self._show_progress)
        self.job.done.connect(self._go_on)
        self.job.failed.connect(self._give_up)
        self.bar.setRange(0, 0)
        self.bar.show()
        self.ok.setEnabled(False)
        self.job.start()

    def _show_progress(self, done: int, of: int) -> None:
        if self.sender() is self.job:
            self.bar.setRange(0, of)
            self.bar.setValue(done)

    def _go_on(self, result: Any) -> None:
        """Work beside the window has ended, and is wanted unless other work has been asked for since."""
        if self.sender() is self.job and self.then is not None:
            then, self.then, self.job = self.then, None, None
            self.bar.hide()
            then(result)

    def _give_up(self, error: Exception) -> None:
        """Work beside the window has failed."""
        if self.sender() is self.job:
            self.then = self.job = None
            self.bar.hide()
            self._refuse(error)

    def _fit_columns(self) -> None:
        for place in range(min(self.model.columnCount(), 40)):
            self.table.resizeColumnToContents(place)
            self.table.setColumnWidth(place, min(max(self.table.columnWidth(place), px(64)), px(176)))

    def _header_toggled(self, on: bool) -> None:
        self._read(header=on)

    def _separator_chosen(self, _index: int) -> None:
        self._read()

    def _column_chosen(self, _index: int) -> None:
        x1, x2, target = (combo.currentIndex() for combo in self.combos)
        self.picked = Picked(x1, x2, target, self.picked.task)
        self._judge()

    def _task_chosen(self, index: int) -> None:
        self.picked = self.picked._replace(task=_TASKS[index])
        self._judge()

    # What comes of it ---------------------------------------------------------------------------------------

    def _judge(self) -> None:
        """Make the data set that is asked for, or say why there is none."""
        if self.sheet is None:
            return
        sheet, picked, proposed = self.sheet, self.picked, self._proposed
        self.model._show_sheet(sheet, picked)
        self._run(lambda: _made_of(sheet, picked, picked == proposed), self._show)

    def _show(self, made: tuple[Dataset, Sample, list[str], str]) -> None:
        dataset, drawn, counts, how = made
        self.dataset = dataset
        self.columns = "" if how == "exact" or self.sheet is None else _columns_words(self.sheet, self.picked)
        self.picture._show_points(drawn)
        self.counts.setText("\n".join([class_words(drawn), *counts]))
        if how == "exact":
            words = "These are points as this program writes them: they are taken exactly as they are."
        elif isinstance(dataset, Table):
            words = "The points stay in the file and are read from there. Each axis is scaled to −5…5."
        else:
            words = "The points become your own and are kept in the experiment. Each axis is scaled to −5…5."
        self._say(words, problem=False)
        self.ok.setEnabled(True)

    def _refuse(self, error: Exception) -> None:
        self.dataset = None
        if self.sheet is None:
            self.understood.setText("")
            self.model._show_sheet(None, self.picked)
        self.picture._show_points(None)
        self.counts.setText("")
        self._say(str(error), problem=True)
        self.ok.setEnabled(False)

    def _say(self, words: str, problem: bool) -> None:
        self.message.setText(words)
        self._problem = problem
        self._dress()

    def _dress(self) -> None:
        theme = current()
        self.message.setStyleSheet(f"color: {theme.danger}" if self._problem else "")
        self.table.setStyleSheet(_table_style(theme))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_problem"):
            self._dress()

    def done(self, result: int) -> None:
        """Close, and end what is still being done."""
        self.then = self.job = None
        finish_jobs(self)
        super().done(result)

    def accept(self) -> None:
        """Take the points over and close."""
        if self.dataset is not None:
            dataset = self.dataset
            super().accept()
            self.accepted_data.emit(dataset, f"data {self.name}")

    def sizeHint(self) -> QSize:
        return QSize(px(860), px(560))


def _table_style(theme: Theme) -> str:
    """A table as quiet as the rest of the window."""
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


def _made_of(sheet: Sheet, picked: Picked, proposed: bool) -> tuple[Dataset, Sample, list[str], str]:
    """The data set of three columns, its points, what to know of the rows, and "exact" if it is. Raises InputError."""
    exact = read_own_points(sheet) if proposed else None
    if exact is not None:
        return exact, draw_sample(exact), [f"All {exact.size:,} rows are used."], "exact"
    points = extracted(sheet, picked)
    dataset, notes = data_set(sheet, picked, points)
    return dataset, draw_sample(dataset), [_used_words(points, len(sheet.rows)), *notes], ""


def _used_words(points: Extracted, rows: int) -> str:
    """How many rows are used, in words."""
    used = len(points.used)
    return f"All {rows:,} rows are used." if used == rows else f"{used:,} of {rows:,} rows are usable."


def _columns_words(sheet: Sheet, picked: Picked) -> str:
    """Which columns are which, in a sentence."""
    names = (one_line(sheet.names[place], _LONGEST_CELL) for place in picked[:3])
    return "x₁ is {}, x₂ is {}, the target is {}.".format(*names)


def class_words(drawn: Sample) -> str:
    """What the target means, in words."""
    if drawn.task == "regression":
        return "The target is a value."
    return f"The target has {len(drawn.class_names)} classes."
