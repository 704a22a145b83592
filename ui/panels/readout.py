"""The numbers of the present moment in the header: where training stands, and how well the network does."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.measure.diagnosis import BALANCE, Remedy
from playground.measure.oddities import oddities
from playground.measure.requests import ConfusionRequest
from playground.measure.skew import balanced, is_skewed, largest_share, recalls, worst_first
from playground.measure.snapshot import Snapshot
from playground.studies.race import RaceMoment

from ..forms.buttons import IconButton, identify, tip
from ..forms.labels import LabelPlace, ShortenedLabel
from ..forms.layouts import STRETCH, fill, quiet, tight
from ..guard.faults import painted
from ..look.numbers import number_text, percent_text
from ..look.theme import GRID, current, exact_px, px, tabular

_SETS = ("training", "validation")
_PASSES_HELP, _UPDATES_HELP = "Passes through the training points.", "Updates of the weights."
_LOSS_HELP = "Mean loss of the {} points."
_SCORE_HELP = "Share of the {} points that are classified correctly."
_R2_HELP = "R²: the share of the variance of the {} targets that the network explains."
_BALANCE_HELP = "Weights the points so that every class counts equally. Ctrl+Z undoes it."
_LUCK_HELP = (
    "Trains the same experiment from 14 other starts and shows how they do, behind the curves and on the boundary. "
    "A start is a seed: initial weights and shuffles. The points are the same for all."
)
_BETWEEN = " · "
"""What stands between two entries of a line, such as the recalls of two classes."""


class _Number(QLabel):
    """A number with room for the longest one, so that nothing moves when it changes, nor is laid out again."""

    def __init__(self, name: str, spoken: str, hint: str, widest: str) -> None:
        super().__init__("–")
        identify(self, name, spoken, hint)
        self.widest = widest
        self.setProperty("strong", True)
        self.setFont(tabular(self.font()))
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            metrics = self.fontMetrics()
            self.setFixedSize(metrics.horizontalAdvance(self.widest) + px(2), metrics.height() + px(1))


class _Recalls(QLabel):
    """The recall of as many classes as there is room for, the first ones; never a part of a number."""

    def __init__(self) -> None:
        super().__init__("–")
        identify(self, "transport.recall.value", "Recall")
        self.setProperty("strong", True)
        self.setFont(tabular(self.font()))
        self._entries = ["–"]

    def show_classes(self, found: Sequence[tuple[str, float | None]]) -> None:
        """Show classes with their recalls."""
        self._entries = [f"{name} {percent_text(value)}" for name, value in found]
        self._fit()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(self._width_of(self._entries[:2]), super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width_of(self._entries[:1]), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        count = len(self._entries)
        while count > 1 and self._width_of(self._entries[:count]) > self.width():
            count -= 1
        self.setText(_BETWEEN.join(self._entries[:count]))

    def _width_of(self, entries: Sequence[str]) -> int:
        return self.fontMetrics().horizontalAdvance(_BETWEEN.join(entries)) + px(4)


class _LineSample(QWidget):
    """A piece of a curve in the colour and the dash that it has among the curves."""

    def __init__(self, which: str) -> None:
        super().__init__()
        self.which = which
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(px(16), px(12))

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        look, training = current(), self.which == "training"
        style = Qt.PenStyle.SolidLine if training else Qt.PenStyle.DashLine
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setPen(QPen(QColor(look.train if training else look.validation), max(1.0, exact_px(1)), style))
        middle = self.height() // 2
        painter.drawLine(QLineF(0, middle, self.width(), middle))


class Readout(QWidget):
    """The readout: epoch and step, loss and accuracy of both sets, and recall where accuracy says little."""

    remedy_accepted = Signal(object)
    """Carries the Remedy that the person accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.snapshot: Snapshot | None = None
        self.epoch = _Number("transport.epoch.value", "Epoch", _PASSES_HELP, "00,000,000")
        self.step = _Number("transport.step.value", "Step", _UPDATES_HELP, "000,000,000")
        self.losses = self._numbers("loss", "0.00e-00")
        self.scores = self._numbers("accuracy", "−0.0e000")
        self.score_caption = quiet(QLabel("accuracy"))
        self.whose = identify(ShortenedLabel(), "transport.whose", "Of which epoch and lane these numbers are")
        """Empty while they are those of the run, unless the epoch has no room elsewhere."""
        self.whose.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.whose.setProperty("headline", True)
        self.whose.setFont(tabular(self.whose.font()))
        self.whose.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self._whose: tuple[str, ...] = ()
        self._lane: tuple[str, ...] = ()
        """Whose numbers these are, in words and as the name of a lane, both in decreasing length."""
        self.place = self._add_place()
        self.luck = identify(IconButton("users-three", "How lucky?", _LUCK_HELP), "transport.luck")
        self.luck.setCheckable(True)
        line = tight(QHBoxLayout(self), 3 * GRID)
        self._table = self._make_table()
        fill(line, self.place, self._table, self._add_recall())

    @staticmethod
    def _numbers(quantity: str, widest: str) -> tuple[QLabel, QLabel]:
        training, validation = (
            _Number(f"transport.{quantity}.{which}", f"{which.capitalize()} {quantity}", "", widest) for which in _SETS
        )
        return training, validation

    @property
    def numbers(self) -> tuple[QLabel, ...]:
        """All numbers of the present moment."""
        return self.epoch, self.step, *self.losses, *self.scores, self.recall

    def _add_place(self) -> QWidget:
        place = QWidget()
        grid = tight(QGridLayout(place), 0)
        grid.setHorizontalSpacing(px(GRID))
        for row, (name, number) in enumerate((("epoch", self.epoch), ("step", self.step))):
            caption = quiet(QLabel(name))
            caption.setToolTip(number.toolTip())
            grid.addWidget(caption, row, 0)
            grid.addWidget(number, row, 1)
        return place

    @property
    def least_width(self) -> int:
        """The width that loss, accuracy and recall need, without epoch, step and the luck button."""
        luck = 0 if self.luck.isHidden() else self.luck.sizeHint().width() + self._table.horizontalSpacing()
        skew = 0 if self.skew.isHidden() else self.skew.minimumSizeHint().width() + px(3 * GRID)
        return self._table.minimumSize().width() - luck + skew

    def _make_table(self) -> QGridLayout:
        grid = tight(QGridLayout(), 0)
        grid.setHorizontalSpacing(px(GRID))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignBottom
        loss, whose = quiet(QLabel("loss")), LabelPlace(self.whose)
        for caption in (loss, self.score_caption):
            caption.setAlignment(right)
        # A lane may have a long name.
        grid.addLayout(fill(tight(QHBoxLayout(), GRID), whose, loss, wide=whose), 0, 0, 1, 3)
        grid.addWidget(self.score_caption, 0, 3)
        for row, which in enumerate(_SETS, start=1):
            grid.addWidget(_LineSample(which), row, 0)
            grid.addWidget(quiet(QLabel(which)), row, 1)
            grid.addWidget(self.losses[row - 1], row, 2)
            grid.addWidget(self.scores[row - 1], row, 3)
        grid.addWidget(self.luck, 0, 4, 3, 1, Qt.AlignmentFlag.AlignVCenter)
        return grid

    def _add_recall(self) -> QWidget:
        """Make what stands beside accuracy where classes are very uneven."""
        self.skew, self.recall = QWidget(), _Recalls()
        self.recall_caption = quiet(QLabel())
        self.balance = identify(IconButton("scales", BALANCE, _BALANCE_HELP), "transport.balance")
        self.balance.clicked.connect(self._balance)
        row = tight(QHBoxLayout(self.skew), GRID)
        row.addLayout(fill(tight(QVBoxLayout(), 0), STRETCH, self.recall_caption, self.recall, STRETCH))
        fill(row, self.balance)
        self.skew.hide()
        return self.skew

    def _balance(self) -> None:
        fair = None if self.snapshot is None else balanced(self.snapshot.experiment, self.snapshot.sample)
        if fair is not None:
            self.remedy_accepted.emit(Remedy(BALANCE, fair))

    def write_lane(self, race: RaceMoment, place: int | None, whose: Sequence[str]) -> None:
        """Write where a lane of a race stands, its numbers and whose they are; None: where the race stands.

        Of the words for that, the first that have room are written, else the last.
        """
        self.luck.setEnabled(False)
        self.skew.hide()
        self._whose = tuple(whose)
        self._lane = self._whose
        if place is not None and any(lane.step for lane in race.lanes):
            self._lane = race.names.whole(place), race.names.labels[place]
        if place is None:
            self._write_place(int(race.epoch), max(lane.step for lane in race.lanes))
            for number in (*self.losses, *self.scores):
                number.setText("–")
        else:
            self._write_place(race.lanes[place].epoch, race.lanes[place].step)
            self._write_numbers(race.lanes[place])

    def write(self, snapshot: Snapshot) -> None:
        """Write the numbers of a moment."""
        self.snapshot = snapshot
        self.luck.setEnabled(True)
        self._whose = self._lane = ()
        self._write_place(snapshot.epoch, snapshot.step)
        self._write_numbers(snapshot)
        self._write_recall(snapshot)

    def _write_place(self, epoch: int, step: int) -> None:
        self.epoch.setText(f"{epoch:,}")
        self.step.setText(f"{step:,}")
        self._write_heading()

    def show_place(self, in_full: bool) -> None:
        """Show epoch and step, or where they have no room the epoch alone, above the numbers."""
        if self.place.isHidden() is in_full:
            self.place.setVisible(in_full)
            self._write_heading()

    def _write_heading(self) -> None:
        """Write the first of the words for whose numbers these are that have room, else the last."""
        possible = self._whose
        if self.place.isHidden():
            epoch = f"epoch {self.epoch.text()}"
            possible = (*(f"{epoch}{_BETWEEN}{lane}" for lane in self._lane), epoch)
        room, width_of = self.whose.width(), self.whose.fontMetrics().horizontalAdvance
        self.whose.setText(next((words for words in possible if width_of(words) <= room), "".join(possible[-1:])))

    def _write_numbers(self, snapshot: Snapshot) -> None:
        evaluation = snapshot.evaluation
        regression, odd = snapshot.sample.task == "regression", oddities(snapshot)
        write = number_text if regression else percent_text
        self.score_caption.setText("R²" if regression else "accuracy")
        losses = evaluation.train_loss, evaluation.validation_loss
        scores = evaluation.train_accuracy, evaluation.validation_accuracy
        for which, loss, score, *values in zip(_SETS, self.losses, self.scores, losses, scores, strict=True):
            loss.setText(number_text(values[0]))
            score.setText(write(values[1]))
            loss.setToolTip(tip(_LOSS_HELP.format(which), snapshot.sample.loss_unit, *odd))
            score.setToolTip(tip((_R2_HELP if regression else _SCORE_HELP).format(which), *odd))
            score.setAccessibleName(f"{which.capitalize()} {self.score_caption.text()}")

    def _write_recall(self, snapshot: Snapshot) -> None:
        counts = snapshot.answer(ConfusionRequest) if is_skewed(snapshot.sample) else None
        self.skew.setVisible(counts is not None)
        if counts is None:
            return
        self.balance.setVisible(balanced(snapshot.experiment, snapshot.sample) is not None)
        found = dict(zip(snapshot.sample.class_names, recalls(counts.telling), strict=False))
        self.recall.show_classes(worst_first(found))
        largest = largest_share(snapshot.sample)
        assert largest is not None
        share, name = percent_text(largest[1]), snapshot.sample.class_names[largest[0]]
        of = "validation" if counts.validation.any() else "training"
        self.recall_caption.setText(f"{of} recall")
        every = "; ".join(f"{name} {percent_text(value)}" for name, value in found.items())
        self.recall.setToolTip(tip(
            f"The share of each class's {of} points that are classified correctly: {every}.",
            f"{share} of the training points are of class {name}, so accuracy says little: always predicting it would "
            "be right as often.",
        ))  # fmt: skip

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self.recall.updateGeometry()
