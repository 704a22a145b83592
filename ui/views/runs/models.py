"""The tables of kept runs for Qt: a row per run, or a row per value of a setting with means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QPixmap

from playground.catalog.choice import Array
from playground.storage.runs.kept import KeptRun
from playground.storage.runs.table import Mean, RunGroup, RunTable
from playground.storage.runs.words import heading_words, member_title, setting_words, status_words, time_words

from ...forms.buttons import tip
from ...look import theme
from ...look.numbers import number_text, percent_text
from ...look.theme import px
from .pictures import kept_picture

PICTURE = 36
"""The side of a picture of a run, in pixels at zoom 1."""
_MOST_PICTURES = 2000
_SORTING = "Click to sort, again to reverse the order, and once more to have the latest first."
_KEEP_RATIO = Qt.AspectRatioMode.KeepAspectRatio
_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class _Column(NamedTuple):
    """A column of the table of runs."""

    key: str
    """What it shows and is sorted by: a path, an outcome, or a fact."""
    heading: str
    text: Callable[[int], str]
    """Writes the cell of a run, given by its place in the table."""
    is_number: bool = False
    help: str = ""


class RunsModel(QAbstractTableModel):
    """Kept runs, the latest first unless a column sorts them. Cells are written when they are looked at."""

    FIRST: ClassVar[int] = 2
    """The star and the run itself; settings that differ follow."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.table: RunTable | None = None
        self.places: Array = np.zeros(0, np.int64)
        """The runs that are shown, in their order."""
        self.columns: list[_Column] = []
        self.read_picture: Callable[[str], bytes] = lambda id: b""
        self._pictures: dict[str, QIcon] = {}
        self._written: dict[int | None, str] = {}
        """Settings as text, by their places in the table."""
        self._found: Array = self.places
        self._sorted: tuple[str, bool] = ("time", True)

    def show_runs(self, table: RunTable | None, places: Array) -> None:
        """Show some runs of a table, with the settings that differ among them; None: nothing yet."""
        self.beginResetModel()
        if table is not self.table:
            self._written.clear()
        self.table, self._found = table, places
        self.columns = [
            _Column("star", "★", self._star, help="Runs with a star are never removed to make room."),
            _Column("title", "Run", self._title, help="What was trained, and when it was kept."),
            _Column("validation_loss", "Loss", partial(self._number, "validation_loss"), True, "The validation loss."),
            _Column(
                "validation_accuracy", "Accuracy", self._score, True, "Of the validation points; R² for regression."
            ),
        ]
        if table is not None:
            self.columns += [self._column(table, path) for path in table.differing(places)]
        self.columns += [
            _Column("train_loss", "Training loss", partial(self._number, "train_loss"), True),
            _Column("epoch", "Epochs", self._epochs, True),
        ]
        self._order()
        self.endResetModel()

    def _column(self, table: RunTable, path: str) -> _Column:
        """The column of a setting."""
        numbers = all(isinstance(table.settings[one].value, int | float) for one in table.numbers_at(path))
        return _Column(path, heading_words(table, path), partial(self._setting, path), numbers)

    def run_at(self, row: int) -> KeptRun:
        """The run in a row."""
        return self._run(int(self.places[row]))

    def rows_of(self, ids: Sequence[str]) -> list[int]:
        """The rows of runs that are shown."""
        wanted = set(ids)
        return [row for row in range(len(self.places)) if self.run_at(row).id in wanted] if wanted else []

    def forget_pictures(self, *ids: str) -> None:
        """Read these pictures, or all, again when they are looked at."""
        for id in ids or list(self._pictures):
            self._pictures.pop(id, None)

    # What cells say -------------------------------------------------------------------------------------------------

    def _run(self, place: int) -> KeptRun:
        assert self.table is not None
        return self.table.runs[place]

    def _star(self, place: int) -> str:
        return "★" if self._run(place).note.star else "☆"

    def _title(self, place: int) -> str:
        run = self._run(place)
        told = (time_words(run), "damaged" if run.fault else status_words(run), run.note.text)
        # The names of presets go on with what they show.
        name = run.title if run.note.name or run.kind == "group" else run.title.partition(":")[0]
        if run.kind == "member":
            return f"{member_title(run).capitalize()}\n{status_words(run)}".rstrip()
        return f"{name}\n{' · '.join(words for words in told if words)}"

    def _setting(self, path: str, place: int) -> str:
        assert self.table is not None
        number = self.table.setting_at(place, path)
        if number not in self._written:
            self._written[number] = setting_words(path, self.table.value(place, path))
        return self._written[number]

    def _number(self, name: str, place: int) -> str:
        return number_text(getattr(self._run(place).outcome, name))

    def _score(self, place: int) -> str:
        outcome = self._run(place).outcome
        score = outcome.train_accuracy if outcome.validation_accuracy is None else outcome.validation_accuracy
        return f"R² {number_text(score)}" if outcome.task == "regression" else percent_text(score)

    def _epochs(self, place: int) -> str:
        return f"{self._run(place).outcome.epoch:,}"

    def _picture(self, run: KeptRun) -> QIcon:
        if run.id not in self._pictures:
            if len(self._pictures) > _MOST_PICTURES:
                self._pictures.clear()
            made = kept_picture(self.read_picture(run.id))
            if not made.isNull():
                # Once, for the sharpest screen that there may be.
                made = made.scaled(picture_size() * 2, _KEEP_RATIO, Qt.TransformationMode.SmoothTransformation)
                made.setDevicePixelRatio(2)
            self._pictures[run.id] = _unchanging_icon(made)
        return self._pictures[run.id]

    def _words(self, place: int) -> str:
        """A run in a sentence, for screen readers."""
        run = self._run(place)
        star = "starred, " if run.note.star else ""
        loss = number_text(run.outcome.validation_loss)
        status = f", {status_words(run)}" if status_words(run) else ""
        return (
            f"{star}{run.title}, {run.outcome.epoch:,} epochs, validation loss {loss}{status}, kept {time_words(run)}"
        )

    def _tip(self, place: int) -> str:
        run = self._run(place)
        changed = f"{run.outcome.changes:,} changes were made while it trained." if run.outcome.changes else ""
        return tip(run.title, run.note.text, run.fault, changed, f"From {run.note.origin}." if run.note.origin else "")

    # Qt -------------------------------------------------------------------------------------------------------------

    def rowCount(self, parent: _Index | None = None) -> int:
        return len(self.places)

    def columnCount(self, parent: _Index | None = None) -> int:
        return len(self.columns)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        place, column = int(self.places[index.row()]), self.columns[index.column()]
        if role == _Role.DisplayRole:
            return column.text(place)
        if role == _Role.TextAlignmentRole:
            return _RIGHT if column.is_number else Qt.AlignmentFlag.AlignCenter if column.key == "star" else _LEFT
        if role == _Role.ToolTipRole:
            return self._tip(place) if column.key == "title" else tip(f"{column.heading}: {column.text(place)}")
        if role == _Role.AccessibleTextRole:
            return self._words(place) if column.key == "title" else f"{column.heading} {column.text(place)}"
        if role == _Role.ForegroundRole and column.key == "star" and not self._run(place).note.star:
            return QColor(theme.blend(theme.current().surface, theme.current().quiet, 0.6))
        if role == _Role.DecorationRole and column.key == "title" and self._run(place).kind != "member":
            return self._picture(self._run(place))
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical or section >= len(self.columns):
            return None
        column = self.columns[section]
        if role == _Role.DisplayRole:
            return column.heading
        if role == _Role.ToolTipRole:
            return tip(column.heading, column.help, _SORTING)
        if role == _Role.TextAlignmentRole:
            return _RIGHT if column.is_number else _LEFT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        descending = order == Qt.SortOrder.DescendingOrder
        key = self.columns[column].key if 0 <= column < len(self.columns) else ""
        wanted = (key, descending) if key else ("time", True)
        if wanted != self._sorted:
            self.layoutAboutToBeChanged.emit()
            self._sorted = wanted
            self._order()
            self.layoutChanged.emit()

    def _order(self) -> None:
        key, descending = self._sorted
        table = self.table
        self.places = self._found if table is None else table.ordered(self._found, key, descending=descending)


class MeansModel(QAbstractTableModel):
    """Means of runs by the value of a setting. Runs that a filter hides are counted, never averaged in silence."""

    HEADINGS: ClassVar[tuple[str, ...]] = ("Runs", "Validation loss", "Accuracy", "Training loss", "Epochs")

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.heading = ""
        self.rows: list[tuple[str, ...]] = []

    def show_groups(self, path: str, heading: str, groups: Sequence[RunGroup]) -> None:
        """Show groups of runs by their values at a path."""
        self.beginResetModel()
        self.heading = heading
        self.rows = [_means_row(path, group) for group in groups]
        self.endResetModel()

    def rowCount(self, parent: _Index | None = None) -> int:
        return len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 1 + len(self.HEADINGS)

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> Any:
        text = self.rows[index.row()][index.column()]
        if role == _Role.DisplayRole:
            return text
        if role == _Role.ToolTipRole:
            return tip(text)
        if role == _Role.AccessibleTextRole:
            return f"{self.headerData(index.column(), Qt.Orientation.Horizontal)} {text}"
        return _LEFT if role == _Role.TextAlignmentRole else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == _Role.TextAlignmentRole:
            return _LEFT
        return (self.heading, *self.HEADINGS)[section] if role == _Role.DisplayRole else None


def _means_row(path: str, group: RunGroup) -> tuple[str, ...]:
    n = len(group.places)
    runs = f"{n} of {group.of}" if n < group.of else f"{n}"
    diverged = f", {group.diverged} diverged" if group.diverged else ""
    score = group.means["validation_accuracy"] or group.means["train_accuracy"]
    means = (group.means["validation_loss"], score, group.means["train_loss"], group.epochs)
    loss, score_text, *rest = map(mean_text, means)
    if "regression" in group.tasks:
        score_text = "accuracies and R²" if len(group.tasks) > 1 else f"R² {score_text}"
    return setting_words(path, group.value), f"{runs}{diverged}", loss, score_text, *rest


def mean_text(mean: Mean | None) -> str:
    """A mean with its deviation and the number of runs that it is of: `0.12 ± 0.03 (n = 5)`."""
    if mean is None:
        return "–"
    spread = "" if mean.deviation is None else f" ± {number_text(mean.deviation, 2)}"
    return f"{number_text(mean.mean)}{spread} (n = {mean.n})"


def _unchanging_icon(picture: QPixmap) -> QIcon:
    """An icon that looks the same in a row that is picked, where Qt would tint it."""
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected):
        icon.addPixmap(picture, mode)
    return icon


def picture_size() -> QSize:
    """The size of the picture of a run."""
    return QSize(px(PICTURE), px(PICTURE))
