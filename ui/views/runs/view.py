"""Kept runs: pictures and a table that shows only what differs, a filter, means, and what is done with a run.

What is picked lies over the curves of the present run. Enter opens a run, Delete deletes it, S gives it a star.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QStyleOptionHeader,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.catalog.choice import Array
from playground.measure.sentences import counted
from playground.measure.snapshot import Snapshot
from playground.storage.runs.kept import KeptRun
from playground.storage.runs.query import filter_runs
from playground.storage.runs.table import RunTable
from playground.storage.runs.words import heading_words, size_words

from ...forms.buttons import identify, push_button, tip
from ...forms.controls import Combo, Switch
from ...forms.labels import wrapped_lines
from ...forms.layouts import STRETCH, fill, quiet, tight
from ...look import theme
from ...look.theme import GRID, px
from ..chart.controls import ReadingLine
from ..view import View
from .models import MeansModel, RunsModel, picture_size
from .pictures import kept_picture

_ROW, _MEANS_ROW, _WIDEST, _NARROWEST = 42, 28, 150, 52
"""The heights of a row, and the widths of a column, in pixels at zoom 1."""
_RUN_WIDTH = 190
_MOST_LINES = 4
"""The most lines that say how picked runs differ."""
_TYPING_MILLISECONDS = 60
"""How long typing rests before the filter acts."""
_FILTER_HELP = "Shows the runs that match all words and conditions. A hyphen before a word excludes it."
_FILTER_EXAMPLES = "By the name of any setting or outcome, as in layers = 8-8, status = diverged, or starred."
_PRIVATE = "Kept on this computer with their points, including those of your own tables."
_BOUND = "Kept runs may take {limit}. Beyond that, the oldest without a star are removed; a message warns you before."
_EMPTY = "No runs yet."
_OFF = "Runs are not kept: the switch below is off."
_NO_MEANS = "Means by…"
_READING = "Reading kept runs…"


class StoreState(NamedTuple):
    """The state of the store, without its runs."""

    keeps: bool = True
    size: int = 0
    limit: int = 1
    problem: str = ""
    """Why runs can't be kept; empty if they can."""


@dataclass(frozen=True)
class RunsShown:
    """The content of the view as data."""

    rows: tuple[tuple[str, ...], ...]
    headings: tuple[str, ...]
    counts: str
    sentence: str
    filter: str
    picked: tuple[str, ...]


class _Headings(QHeaderView):
    """The headings of the table."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(True)

    def initStyleOptionForIndex(self, option: QStyleOptionHeader, place: int) -> None:
        super().initStyleOptionForIndex(option, place)
        if self.isSortIndicatorShown() and place == self.sortIndicatorSection():
            # The arrow stands at the right, on whatever is written there.
            option.textAlignment = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class _Table(QTableView):
    """The table, with keys for what is done with a row."""

    deleted = Signal()
    star_pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        about = (
            "Arrow keys move between runs, and with Shift pick several. Their curves are drawn over the present ones. "
            "Enter opens a run, Delete deletes it, S gives it a star."
        )
        identify(self, "runs.table", "Kept runs", about=about)
        self.setHorizontalHeader(_Headings(self))
        self.setFrameShape(self.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(self.SelectionBehavior.SelectRows)
        self.setSelectionMode(self.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setSortingEnabled(True)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.hide()
        columns.setSortIndicatorClearable(True)
        columns.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(px(26))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.deleted.emit()
        elif event.key() == Qt.Key.Key_S and not event.modifiers():
            self.star_pressed.emit()
        elif event.key() == Qt.Key.Key_Space or (event.text().isprintable() and event.text() and not event.modifiers()):
            # Letters would search, and the space bar select; it plays.
            event.ignore()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.indexAt(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and at.isValid() and at.column() == 0 and not event.modifiers():
            if not self.selectionModel().isRowSelected(at.row(), QModelIndex()):
                self.selectRow(at.row())
            self.star_pressed.emit()
        else:
            super().mousePressEvent(event)


class RunsView(View):
    """Shows kept runs, and asks for what is to be done with them."""

    name, title = "runs", "Runs"
    icon = "clock-counter-clockwise"
    follows_run = False
    SIZE, LEAST = (560, 420), (300, 240)

    picked = Signal(object)
    """Carries the ids of the runs that are picked, a tuple."""
    opened = Signal(str)
    starred = Signal(object, bool)
    """Carries ids, and whether they get a star."""
    annotated = Signal(str, str, str)
    """Carries an id, "name" or "text", and the new words."""
    deleted = Signal(object)
    keeping_chosen = Signal(bool)
    forgetting_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.title)
        self._table: RunTable | None = None
        self._state = StoreState()
        self._group = ""
        """The sweep or search whose trainings are shown."""
        self._picked: tuple[str, ...] = ()
        self.runs, self.means = RunsModel(self), MeansModel(self)
        self._make_controls()
        self._lay_out()
        self._typing = QTimer(self, interval=_TYPING_MILLISECONDS, singleShot=True)
        self._typing.timeout.connect(self._refresh)
        self._listen()
        self.apply_theme()
        self._show_state()

    def _make_controls(self) -> None:
        self.back = push_button("runs.back", "All runs", "Leaves the training runs of this group.", small=True)
        self.plot = push_button("runs.plot", "Plot…", "Shows the plot of this group.", small=True)
        self.filter = identify(QLineEdit(), "runs.filter", "Filter", tip(_FILTER_HELP, _FILTER_EXAMPLES), _FILTER_HELP)
        self.filter.setPlaceholderText("Filter: tanh, learning_rate > 0.01")
        self.filter.setClearButtonEnabled(True)
        for button in self.filter.findChildren(QToolButton):
            identify(button, "runs.filter.clear", "Clear the filter", "Shows all runs again.")
        hint = "Shows means over the runs with each value of a setting, with standard deviation and n."
        self.grouping = identify(Combo(), "runs.group", "Means by setting", hint)
        self.grouping.addItem(_NO_MEANS, "")
        self.counts = identify(quiet(QLabel()), "runs.counts", "Number of runs")
        self.table = _Table()
        self.table.setModel(self.runs)
        self.sentence = ReadingLine("runs.sentence", "How the picked runs differ", lines=2)
        self.name_entry = identify(QLineEdit(), "runs.name", "Name of the run", "The name of the picked run.")
        self.note_entry = identify(QLineEdit(), "runs.note", "Note on the run", "A note on the picked run.")
        self.name_entry.setPlaceholderText("Name")
        self.note_entry.setPlaceholderText("Note")
        hint = "Opens the run exactly as it was. Ctrl+Z returns."
        self.open_button = push_button("runs.open", "Open", hint, small=True)
        self.delete_button = push_button(
            "runs.delete", "Delete", "Deletes the picked runs; it can be undone.", small=True
        )
        self.switch = identify(
            Switch(), "runs.keep", "Keep runs", "Keeps each run that has trained when you reset it or open another."
        )
        hint = "Deletes all kept runs for good, with their points, after asking."
        self.forget_button = push_button("runs.forget", "Forget all runs…", hint, small=True)
        self.private = ReadingLine("runs.private", "What kept runs hold", lines=2)

    def _lay_out(self) -> None:
        def line(*parts: QWidget | None, wide: QWidget | None = None) -> QWidget:
            made = QWidget()
            fill(tight(QHBoxLayout(made), GRID // 2), *parts, wide=wide)
            return made

        caption = QLabel("Keep runs")
        caption.setBuddy(self.switch)
        # In the order in which they are seen, which is that of the keyboard.
        above = line(self.back, self.plot, self.filter, self.grouping, wide=self.filter)
        counts = line(self.counts, STRETCH)
        entries = line(self.name_entry, self.note_entry, self.open_button, self.delete_button, wide=self.note_entry)
        foot = line(self.switch, caption, self.private, self.forget_button, wide=self.private)
        self.name_entry.setMaximumWidth(px(140))
        self.grouping.setMaximumWidth(px(168))
        lines = tight(QVBoxLayout(self), GRID // 2, (GRID, GRID // 2, GRID, GRID // 2))
        fill(lines, above, counts, self.table, self.sentence, entries, foot, wide=self.table)

    def _listen(self) -> None:
        self.filter.textChanged.connect(lambda _: self._typing.start())
        self.filter.returnPressed.connect(self._go_to_table)
        self.grouping.currentIndexChanged.connect(lambda _: self._refresh())
        self.back.clicked.connect(lambda: self.enter_group(""))
        self.plot.clicked.connect(self._show_plot)
        self.table.activated.connect(lambda _: self._open())
        self.table.deleted.connect(self._delete)
        self.table.star_pressed.connect(self._star)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._pick())
        self.open_button.clicked.connect(self._open)
        self.delete_button.clicked.connect(self._delete)
        self.name_entry.editingFinished.connect(lambda: self._annotate("name", self.name_entry))
        self.note_entry.editingFinished.connect(lambda: self._annotate("text", self.note_entry))
        self.switch.toggled.connect(self.keeping_chosen)
        self.forget_button.clicked.connect(self.forgetting_asked)

    # What is shown --------------------------------------------------------------------------------------------------

    def read_pictures_by(self, read: Callable[[str], bytes]) -> None:
        """Take what reads the picture of a run, given by its id, as PNG."""
        self.runs.read_picture = read

    def show_table(self, table: RunTable | None, state: StoreState) -> None:
        """Show the kept runs, None until they are read; picked runs stay picked, and unfinished text stays."""
        self._table, self._state = table, state
        if table is None or (self._group and table.place_of(self._group) is None):
            self._group = ""
        self._show_state()
        self._refresh()

    def show_state(self, state: StoreState) -> None:
        """Show whether runs are kept."""
        self._state = state
        self._show_state()
        self._refresh()

    def _show_state(self) -> None:
        state = self._state
        self.switch.show_on(state.keeps)
        self.switch.setEnabled(not state.problem)
        bound = _BOUND.format(limit=size_words(state.limit))
        self.private.say(state.problem or _PRIVATE)
        self.private.setToolTip(tip(self.private.text(), bound))
        self.counts.setToolTip(tip(bound))
        self.forget_button.setEnabled(self._table is not None and len(self._table) > 0)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Kept runs do not follow the present one."""

    def say(self, sentence: str) -> None:
        """Show how the picked runs differ."""
        self.sentence.say(sentence)
        self.sentence.setToolTip(tip(sentence))
        self._fit_sentence()

    def _fit_sentence(self) -> None:
        """Give the sentence the lines that it needs, within limits; the table has room to spare."""
        lines = wrapped_lines(self.sentence.text(), self.sentence.fontMetrics(), self.sentence.width())
        self.sentence.wrap(min(max(lines, 2), _MOST_LINES))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_sentence()

    def enter_group(self, id: str) -> None:
        """Show the trainings of a sweep or a search; an empty id shows all runs again."""
        self._group = id
        self.filter.clear()
        self._refresh()
        self.table.setFocus()

    def _show_plot(self) -> None:
        """Show the plot of the group in a window of its own."""
        picture, table = kept_picture(self.runs.read_picture(self._group)), self._table
        place = None if table is None else table.place_of(self._group)
        if picture.isNull() or table is None or place is None:
            return
        dialog = QDialog(self.window())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setObjectName("runs.plot.dialog")
        dialog.setWindowTitle(table.runs[place].title)
        label = identify(QLabel(), "runs.plot.picture", table.runs[place].title)
        label.setPixmap(picture)
        tight(QVBoxLayout(dialog)).addWidget(label)
        dialog.show()

    @property
    def _among(self) -> Array:
        if self._table is None:
            return np.zeros(0, np.int64)
        return self._table.members(self._group) if self._group else self._table.top

    def _refresh(self) -> None:
        """Filter, and show what differs among the runs that are left."""
        self._typing.stop()
        table, among = self._table, self._among
        if table is None:
            self.runs.show_runs(None, among)
            self.grouping.setCurrentIndex(0)
            self._use(self.runs)
            for button in (self.back, self.plot):
                button.hide()
            self.counts.setText(_READING if not self._state.problem else "")
            return
        found = filter_runs(table, among, self.filter.text())
        path = self._offer_groups(table, among)
        self.back.setVisible(bool(self._group))
        self.plot.setVisible(bool(self._group and self.runs.read_picture(self._group)))
        if path:
            self.means.show_groups(path, heading_words(table, path), table.grouped(found.places, among, path))
        ids, scrolled = self._picked, self.table.verticalScrollBar().value()
        self.runs.show_runs(table, found.places)
        self._use(self.means if path else self.runs)
        self._fit_columns()
        if path:
            for control in (self.open_button, self.delete_button, self.name_entry, self.note_entry):
                control.setEnabled(False)
        else:
            self._pick_again(ids)
            self.table.verticalScrollBar().setValue(scrolled)
        self.counts.setText(found.problem or self._count_words(len(found.places), len(among)))

    def _count_words(self, shown: int, of: int) -> str:
        if not of:
            return _EMPTY if self._state.keeps else _OFF
        word = "training" if self._group else "run"
        number = counted(of, word) if shown == of else f"{shown:,} of {counted(of, word)}"
        used = "" if self._group else f" · {size_words(self._state.size)} of {size_words(self._state.limit)}"
        hidden = " · means are over the runs that are shown" if self.grouping.currentData() and shown < of else ""
        return f"{number}{used}{hidden}"

    def _offer_groups(self, table: RunTable, among: Array) -> str:
        """Offer means by the settings that differ; return the one that is chosen."""
        chosen = self.grouping.currentData() or ""
        paths = ["", *table.differing(among)]
        if [self.grouping.itemData(place) for place in range(self.grouping.count())] != paths:
            self.grouping.blockSignals(True)
            self.grouping.clear()
            for path in paths:
                self.grouping.addItem(heading_words(table, path) if path else _NO_MEANS, path)
            self.grouping.setCurrentIndex(paths.index(chosen) if chosen in paths else 0)
            self.grouping.blockSignals(False)
        return str(self.grouping.currentData() or "")

    def _use(self, model: RunsModel | MeansModel) -> None:
        if self.table.model() is not model:
            self.table.setModel(model)
            self.table.selectionModel().selectionChanged.connect(lambda *_: self._pick())
            # Means stand in the order of the values.
            self.table.setSortingEnabled(model is self.runs)

    def _fit_columns(self) -> None:
        header, metrics = self.table.horizontalHeader(), self.table.fontMetrics()
        self.table.setIconSize(picture_size())
        self.table.verticalHeader().setDefaultSectionSize(px(_ROW if self.table.model() is self.runs else _MEANS_ROW))
        model = self.table.model()
        for column in range(model.columnCount()):
            texts = [str(model.headerData(column, Qt.Orientation.Horizontal) or "")]
            texts += [str(model.index(row, column).data() or "") for row in range(min(model.rowCount(), 12))]
            lines = [line for text in texts for line in text.splitlines() or [""]]
            wanted = max(map(metrics.horizontalAdvance, lines)) + px(18)
            width = min(max(wanted, px(_NARROWEST)), px(_WIDEST))
            if model is self.runs and column < RunsModel.FIRST:
                width = (px(28), min(wanted + picture_size().width(), px(_RUN_WIDTH)))[column]
            header.resizeSection(column, width)

    # What is picked -------------------------------------------------------------------------------------------------

    @property
    def _picked_runs(self) -> list[KeptRun]:
        if self.table.model() is not self.runs:
            return []
        return [self.runs.run_at(row.row()) for row in self.table.selectionModel().selectedRows()]

    def _pick(self) -> None:
        runs = self._picked_runs
        single = runs[0] if len(runs) == 1 and runs[0].kind != "member" else None
        for entry, text in ((self.name_entry, "name"), (self.note_entry, "text")):
            entry.setEnabled(single is not None)
            if not (entry.hasFocus() and entry.isModified()):
                entry.setText("" if single is None else getattr(single.note, text))
        self.open_button.setEnabled(len(runs) == 1)
        self.open_button.setText("Show training runs" if single is not None and single.kind == "group" else "Open")
        self.delete_button.setEnabled(any(run.kind != "member" for run in runs))
        ids = tuple(run.id for run in runs)
        if ids != self._picked:
            self._picked = ids
            self.picked.emit(ids)

    def _pick_again(self, ids: Sequence[str]) -> None:
        selection, flags = self.table.selectionModel(), QItemSelectionModel.SelectionFlag
        for row in self.runs.rows_of(ids):
            index = self.runs.index(row, 1)
            selection.select(index, flags.Select | flags.Rows)
            selection.setCurrentIndex(index, flags.NoUpdate)
        self._pick()

    @property
    def _chosen_runs(self) -> list[KeptRun]:
        """The runs that keys and buttons act on: those that are picked, or else the one with the keyboard focus."""
        current = self.table.currentIndex()
        if not self._picked_runs and current.isValid() and self.table.model() is self.runs:
            return [self.runs.run_at(current.row())]
        return self._picked_runs

    def _go_to_table(self) -> None:
        self._refresh()
        self.table.setFocus()
        if self.table.model() is self.runs and not self._picked_runs and len(self.runs.places):
            self.table.selectRow(0)

    def _open(self) -> None:
        runs = self._chosen_runs
        if len(runs) != 1:
            return
        if runs[0].kind == "group":
            self.enter_group(runs[0].id)
        else:
            self.opened.emit(runs[0].id)

    def _star(self) -> None:
        runs = [run for run in self._chosen_runs if run.kind != "member"]
        if runs:
            self.starred.emit([run.id for run in runs], not all(run.note.star for run in runs))

    def _delete(self) -> None:
        runs = [run for run in self._chosen_runs if run.kind != "member"]
        if runs:
            row = self.table.currentIndex().row()
            self.deleted.emit([run.id for run in runs])
            self.table.clearSelection()
            self.table.setCurrentIndex(self.runs.index(max(0, row - 1), 1))

    def _annotate(self, what: str, entry: QLineEdit) -> None:
        runs = self._picked_runs
        if entry.isModified() and len(runs) == 1:
            entry.setModified(False)
            self.annotated.emit(runs[0].id, what, entry.text().strip())

    def shown(self) -> RunsShown:
        model = self.table.model()
        columns, rows = range(model.columnCount()), range(min(model.rowCount(), 1000))
        return RunsShown(
            rows=tuple(tuple(str(model.index(row, column).data()) for column in columns) for row in rows),
            headings=tuple(str(model.headerData(column, Qt.Orientation.Horizontal)) for column in columns),
            counts=self.counts.text(),
            sentence=self.sentence.text(),
            filter=self.filter.text(),
            picked=self._picked,
        )

    def apply_theme(self) -> None:
        super().apply_theme()
        look, changed = theme.current(), self.table.palette()
        # Pale, so that pictures in picked rows keep their colours.
        changed.setColor(QPalette.ColorRole.Highlight, QColor(theme.blend(look.surface, look.accent, 0.22)))
        changed.setColor(QPalette.ColorRole.HighlightedText, QColor(look.text))
        self.table.setPalette(changed)
        self.runs.forget_pictures()
        self._fit_columns()
