"""The confusion matrix of the training or the validation points: which classes are predicted as which.

Rows are the true classes, columns what the network says. A cell's colour is its share of its row, so that small
classes count as much as large ones; its text is the number of points, and where there is room the share. The line
above says in words what is under the mouse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.measure.diagnosis import BALANCE, Remedy
from playground.measure.requests import ConfusionRequest
from playground.measure.sentences import counted
from playground.measure.skew import balanced, is_skewed, worst_first
from playground.measure.snapshot import Snapshot

from ...forms.buttons import push_button, tip
from ...forms.labels import LabelPlace
from ...forms.layouts import STRETCH, fill, tight
from ...guard.faults import guarded
from ...look import theme
from ...look.beat import Throttle
from ...look.numbers import count_text, percent_text
from ...look.theme import exact_px, px
from ..chart.controls import Choices, Controls, Option, ReadingLine, stack_chart
from ..chart.plot import CENTRE, RIGHT, Mouse, PaintedChart, paint_box, pen, write
from ..view import View

_SETS = (
    Option(
        "train",
        "Training",
        "The points that the network learns from. Few mistakes here mean that it can separate the classes.",
    ),
    Option(
        "validation", "Validation", "Points that the network never learns from. Shows how well it does on new ones."
    ),
)
NEEDS_CLASSES = "A confusion matrix needs classes: this data set has a number as its target."
_BALANCE_HELP = "Weights the points so that every class counts equally, however few points it has."
_WAITING = "Not counted yet."
_STRONGEST = 0.5
"""The share of the accent in the colour of a whole row; more, and text could not be read on it."""
_WIDEST_CELL = 320
_SMALLEST = 8
"""Pixels of the smallest type in which numbers of many classes are still written."""


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counted points, int64 (classes, classes): rows are true classes, columns predicted ones."""

    counts: Array
    names: tuple[str, ...]

    @property
    def shares(self) -> Array:
        """The share of its row for each cell; 0 in rows without points."""
        totals = self.counts.sum(axis=1, keepdims=True)
        result: Array = self.counts / np.maximum(totals, 1)
        return result

    def recall(self, index: int) -> float | None:
        """The share of a class's points that are predicted correctly; None if it has none."""
        total = int(self.counts[index].sum())
        return None if total == 0 else float(self.counts[index, index] / total)

    def precision(self, index: int) -> float | None:
        """The share of a class's predictions that are right; None if there are none."""
        total = int(self.counts[:, index].sum())
        return None if total == 0 else float(self.counts[index, index] / total)

    def right(self) -> str:
        """Say how many points of all classes are predicted correctly."""
        total = int(self.counts.sum())
        if total == 0:
            return "no points in this set"
        found = int(np.trace(self.counts))
        return f"{found:,} of {counted(total, 'point')} right ({percent_text(found / total)})"

    def _cell_words(self, true: int, given: int) -> str:
        count, total = int(self.counts[true, given]), int(self.counts[true].sum())
        share = percent_text(count / total) if total else "–"
        what = "recognised" if true == given else f"predicted as {self.names[given]}"
        return f"{count:,} of {total:,} {self.names[true]} {what} ({share}) · {self.class_words(true)}"

    def recall_words(self) -> str:
        """Recall of all classes in words, the worst first."""
        found = worst_first({name: self.recall(index) for index, name in enumerate(self.names)})
        return f"recall: {', '.join(f'{name} {percent_text(value)}' for name, value in found)}"

    def class_words(self, index: int) -> str:
        """Recall and precision of a class in words."""
        recall, precision = percent_text(self.recall(index)), percent_text(self.precision(index))
        return f"{self.names[index]}: recall {recall}, precision {precision}"


@lru_cache(maxsize=512)
def cell_colour(percent: int, look: theme.Theme) -> QColor:
    """The colour of a cell with this share of its row."""
    return QColor(theme.blend(look.raised, look.accent, _STRONGEST * percent / 100))


class _MatrixChart(PaintedChart):
    """The painted matrix with the names of its classes."""

    TITLE, _LOW = 18, 13

    SIZE, LEAST = (340, 200), (160, 100)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("confusion.matrix", "Confusion matrix", parent)
        self.setToolTip(tip("Rows are the true classes. Columns are what the network predicts for their points."))
        self.matrix: ConfusionMatrix | None = None
        self.message = _WAITING

    def show_matrix(self, matrix: ConfusionMatrix | None, message: str) -> None:
        self.matrix, self.message = matrix, message
        words = [] if matrix is None else [matrix.right(), *map(matrix.class_words, range(len(matrix.names)))]
        self.setAccessibleDescription("; ".join(words) or message)
        self.update()

    def places(self) -> QRectF:
        """The area of the cells: as large as there is room, but no larger than helps, and none higher than wide."""
        assert self.matrix is not None
        advance = self.metrics.horizontalAdvance
        widest = max(advance(name) for name in (*self.matrix.names, "true class"))
        left = min(widest + px(12), 0.35 * self.width())
        classes = len(self.matrix.names)
        top = 2.0 * px(self.TITLE)
        if (self.height() - top) / classes < px(self._LOW):
            # Then the rows need it more than the title of the columns.
            top /= 2
        width = min(self.width() - left, classes * px(_WIDEST_CELL))
        height = min(self.height() - top, width)
        return QRectF(left, top, max(width, classes), max(height, classes))

    def cell(self, true: int, given: int) -> QRectF:
        assert self.matrix is not None
        return _cell_in(self.places(), len(self.matrix.names), true, given)

    def at(self, mouse: QPointF) -> tuple[int, int] | None:
        """Row and column under the mouse; the column is −1 over the names of the rows. None beside everything."""
        if self.matrix is None:
            return None
        box, classes = self.places(), len(self.matrix.names)
        row = int((mouse.y() - box.top()) // (box.height() / classes))
        column = int((mouse.x() - box.left()) // (box.width() / classes))
        inside = 0 <= row < classes and column < classes
        return (row, max(column, -1)) if inside else None

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setFont(self.small)
            look = theme.current()
            if self.matrix is None:
                write(painter, QRectF(self.rect()), CENTRE | Qt.TextFlag.TextWordWrap, self.message, look.quiet)
                return
            self._paint_names(painter, self.matrix)
            self._paint_cells(painter, self.matrix)
            if self.pointed is not None and self.pointed[1] >= 0:
                paint_box(painter, self.cell(*self.pointed).adjusted(1, 1, -2, -2), 0, line=pen(look.text))

    def _paint_names(self, painter: QPainter, matrix: ConfusionMatrix) -> None:
        look, box, classes = theme.current(), self.places(), len(matrix.names)
        title, gap, high = px(self.TITLE), px(8), box.height() / classes
        names = box.top() - title
        if names > 0:
            write(painter, QRectF(box.left(), 0, box.width(), title), CENTRE, "predicted as", look.quiet)
        write(painter, QRectF(0, names, box.left() - gap, title), RIGHT, "true class", look.quiet)
        beside = self._fitted(high - px(2), 0, "")
        longest = max(matrix.names, key=self.metrics.horizontalAdvance)
        above_font = self._fitted(title, box.width() / classes - px(4), longest)
        every = max(1, math.ceil(QFontMetrics(beside).capHeight() / high))
        for index, name in enumerate(matrix.names):
            cell = _cell_in(box, classes, index, index)
            painter.setFont(above_font)
            above = QRectF(cell.left(), names, cell.width(), title)
            write(painter, above, CENTRE, _cut_to(name, painter.fontMetrics(), cell.width() - px(4)), look.text)
            if index % every == 0:
                painter.setFont(beside)
                row = QRectF(0, cell.center().y() - px(10), box.left() - gap, 2 * px(10))
                text = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(row.width()))
                write(painter, row, RIGHT, text, look.text)

    def _paint_cells(self, painter: QPainter, matrix: ConfusionMatrix) -> None:
        box, classes = self.places(), len(matrix.names)
        cell = _cell_in(box, classes, 0, 0)
        gap = exact_px(1.0) if cell.width() > 6 and cell.height() > 6 else 0.0
        widest = max((count_text(count) for count in matrix.counts.ravel().tolist()), key=len)
        painter.setFont(self._fitted(cell.height() - 2 * gap, cell.width() - 2 * gap - px(2), widest))
        counts, percents = matrix.counts.tolist(), np.rint(100 * matrix.shares).astype(int).tolist()
        for true in range(classes):
            for given in range(classes):
                inner = _cell_in(box, classes, true, given).adjusted(gap, gap, -gap, -gap)
                painter.fillRect(inner, cell_colour(percents[true][given], theme.current()))
                self._write_cell(painter, inner, counts[true][given], percents[true][given])

    def _write_cell(self, painter: QPainter, inner: QRectF, count: int, percent: int) -> None:
        """Write the number of points, and where there is room the share; a large number short where it has no room."""
        metrics, share, colour = painter.fontMetrics(), f"{percent} %", theme.current().text
        advance, line, room = metrics.horizontalAdvance, metrics.height(), inner.width()
        number = f"{count:,}" if advance(f"{count:,}") <= room else count_text(count)
        if inner.height() < metrics.capHeight() + 1 or advance(number) > room:
            return
        if inner.height() >= 2.2 * line and advance("100 %") < room:
            write(painter, inner.adjusted(0, 0, 0, -line), CENTRE, number, colour)
            write(painter, inner.adjusted(0, line, 0, 0), CENTRE, share, colour)
        else:
            both = f"{number} · {share}"
            number = both if advance(both) + px(4) <= room else number
            # A line of type is higher than its digits.
            write(painter, inner.adjusted(0, -line, 0, line), CENTRE, number, colour)

    def _fitted(self, height: float, width: float, text: str) -> QFont:
        """The largest type, from the usual small one down to what can just be read, in which a text fits."""
        font = QFont(self.small)
        for size in range(px(theme.SMALL), px(_SMALLEST) - 1, -1):
            font.setPixelSize(size)
            metrics = QFontMetrics(font)
            if metrics.capHeight() + px(2) <= height and metrics.horizontalAdvance(text) <= max(width, 0):
                break
        return font


def _cut_to(name: str, metrics: QFontMetrics, width: float) -> str:
    """Cut a name to the letters that have room; dots would only take room from letters."""
    while len(name) > 1 and metrics.horizontalAdvance(name) > width:
        name = name[:-1]
    return name


def _cell_in(box: QRectF, classes: int, true: int, given: int) -> QRectF:
    wide, high = box.width() / classes, box.height() / classes
    return QRectF(box.left() + given * wide, box.top() + true * high, wide, high)


@dataclass(frozen=True)
class _ConfusionShown:
    points: str
    """The set that is counted: train or validation."""
    matrix: ConfusionMatrix | None
    """The counts, shape (classes, classes); None if there is nothing to count."""
    message: str
    """The reason why there is no matrix; empty if there is one."""
    cells: tuple[tuple[QRectF, ...], ...]
    """The place in the view of each cell, by true class and predicted class."""
    reading: str


class ConfusionView(View):
    """The view of the confusion matrix: a switch between the sets, a line of words, and the matrix."""

    remedy_accepted = Signal(object)
    """Carries the Remedy that the person accepted."""

    name, title = "confusion", "Confusion"
    icon = "squares-four"
    SIZE = (356, 240)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, ConfusionRequest())
        self.setAccessibleName("Confusion matrix")
        self._latest: Snapshot | None = None
        self._snapshot: Snapshot | None = None
        """The one that is shown: the latest when texts changed."""
        self._drawn: tuple[object, ...] = ()
        self._controls = Controls("confusion.controls", self)
        self._set = self._controls.add(Choices("confusion.set", "Points", _SETS))
        self._set.picked.connect(self._show_matrix)
        self._balance = push_button("confusion.balance", BALANCE, _BALANCE_HELP, small=True)
        self._balance.clicked.connect(self._accept)
        self._balance.hide()
        beside = QWidget()
        fill(tight(QHBoxLayout(beside), 0), STRETCH, self._balance)
        spoken = "The cell under the mouse, or how many points are right"
        self._words = ReadingLine("confusion.words", spoken, self, lines=2)
        self._chart = _MatrixChart(self)
        self._mouse = Mouse(self._chart)
        self._mouse.moved.connect(self._read)
        stack_chart(self, self._controls, beside, self._chart, LabelPlace(self._words))
        self._write = Throttle(self._write_latest, self)
        self.apply_theme()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment with the texts of the window; nothing is drawn again if no count has changed."""
        self._latest = snapshot
        self._show()

    def apply_theme(self) -> None:
        super().apply_theme()
        self._chart.apply_theme()

    def shown(self) -> _ConfusionShown:
        matrix, chart = self._chart.matrix, self._chart
        classes = range(0 if matrix is None else len(matrix.names))
        at = QPointF(chart.pos())
        return _ConfusionShown(
            points=self._set.value,
            matrix=matrix,
            message=chart.message if matrix is None else "",
            cells=tuple(tuple(chart.cell(true, given).translated(at) for given in classes) for true in classes),
            reading=self._words.text(),
        )

    def _show(self) -> None:
        assert self._latest is not None
        confusion, sample = self._latest.answer(ConfusionRequest), self._latest.sample
        counts = None if confusion is None else (confusion.train.tobytes(), confusion.validation.tobytes())
        now = sample.task, sample.class_names, counts, self._latest.experiment.loss
        if now == self._drawn:
            return
        self._drawn = now
        self._write.request(at_once=self._snapshot is None)

    def _write_latest(self) -> None:
        self._snapshot = self._latest
        self._show_matrix()

    def _show_matrix(self) -> None:
        if self._snapshot is None:
            return
        counts, regression = self._counts(self._snapshot), self._snapshot.sample.task == "regression"
        names = class_names(self._snapshot.sample.class_names, 0 if counts is None else len(counts))
        self._chart.show_matrix(
            None if counts is None else ConfusionMatrix(counts, names), NEEDS_CLASSES if regression else _WAITING
        )
        fair = balanced(self._snapshot.experiment, self._snapshot.sample)
        self._balance.setVisible(is_skewed(self._snapshot.sample) and fair is not None)
        self._controls.setEnabled(not regression)
        self._set.setToolTip(tip(NEEDS_CLASSES if regression else ""))
        self._read()

    def _accept(self) -> None:
        fair = None if self._snapshot is None else balanced(self._snapshot.experiment, self._snapshot.sample)
        if fair is not None:
            self.remedy_accepted.emit(Remedy(BALANCE, fair))

    def _counts(self, snapshot: Snapshot) -> Array | None:
        confusion = snapshot.answer(ConfusionRequest)
        if confusion is None or snapshot.sample.task == "regression":
            return None
        counts: Array = getattr(confusion, self._set.value)
        return counts if counts.size else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._controls.fit(self.width() - 2 * px(theme.GRID))

    def _read(self) -> None:
        matrix, place = self._chart.matrix, self._mouse.place
        pointed = None if place is None else self._chart.at(place)
        self._chart.show_pointed(pointed)
        self._words.say("" if matrix is None else self._reading(matrix, pointed))

    def _reading(self, matrix: ConfusionMatrix, pointed: tuple[int, int] | None) -> str:
        if pointed is None:
            assert self._snapshot is not None
            skewed = is_skewed(self._snapshot.sample)
            return f"{matrix.right()} · {matrix.recall_words()}" if skewed else matrix.right()
        true, given = pointed
        return matrix.class_words(true) if given < 0 else matrix._cell_words(true, given)


def class_names(names: tuple[str, ...], count: int) -> tuple[str, ...]:
    """A name for each class, also where the data set has named fewer."""
    return tuple(names[k] if k < len(names) else f"class {k}" for k in range(count))
