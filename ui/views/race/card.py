"""One lane of a race: its colour, the values that distinguish it, its boundary, its loss and its status."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import QWidget

from playground.measure.snapshot import Snapshot

from ...forms.buttons import identify, push_button, tip
from ...guard.faults import painted
from ...look import theme
from ...look.numbers import number_text, percent_text
from ...look.theme import GRID, px
from ..chart.plot import LEFT, RIGHT, pen, small_font, write
from ..plane.miniature import Miniature

_HEAD, _LINE, _BUTTON, _GAP = 20, 17, 28, 4
"""Heights of the name, of a line of numbers and of the button, and gaps, in pixels at zoom 1."""
_SWATCH = 16
_TAKE, _TAKE_BRIEFLY = "Take this one", "Take"
_STATUS_WORDS = {"diverged": "diverged", "stopped_early": "stopped early", "completed": "all epochs done"}


class LaneCard(QWidget):
    """The card of a lane: its boundary, its numbers, and the button that makes it the run."""

    taken = Signal()

    def __init__(self, place: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.place, self.label = place, ""
        self.progress = ""
        """How far the lane has come by the measure that does not keep the lanes in step, if they differ in that."""
        self.snapshot: Snapshot | None = None
        self._told: Snapshot | None = None
        """The moment that the words are about: the latest one when texts changed."""
        self._picture, self._side = Miniature(), 0
        self._dressed_for = ""
        help_text = "Makes this lane the run in the window, with its weights and curves. Ctrl+Z undoes it."
        self.take = push_button(f"race.take.{place}", _TAKE, help_text, small=True)
        self.take.setParent(self)
        self.take.clicked.connect(self.taken)
        identify(self, f"race.lane.{place}")

    @staticmethod
    def height_of_words() -> int:
        """Return the height of the name, the numbers and the button."""
        return px(_HEAD) + 2 * px(_LINE) + px(_BUTTON)

    @classmethod
    def room_below_and_above(cls) -> int:
        """Return the height of the words around a picture that they don't stand beside."""
        return cls.height_of_words() + 2 * px(_GAP)

    def arrange(self, place: QRect, side: int) -> None:
        """Stand at a place of the parent, with a picture so high and wide: beside the words, where these have no room
        above and below it."""
        self._side = side
        self.setGeometry(place)
        left = self._words_from
        self.take.setText(_TAKE)
        if self.take.sizeHint().width() > self.width() - left:
            self.take.setText(_TAKE_BRIEFLY)
        self.take.setGeometry(left, self.height() - px(_BUTTON), self.width() - left, px(_BUTTON))

    @property
    def _words_from(self) -> int:
        """The left end of the words: that of the picture, or beyond it."""
        is_beside = self.height() < self._side + self.room_below_and_above()
        return self._side + px(GRID) if is_beside else 0

    def show_lane(self, label: str, snapshot: Snapshot) -> None:
        """Show the picture of a moment of the lane."""
        self.label, self.snapshot = label, snapshot
        self._picture.show(snapshot)
        self.update()

    def write_lane(self, label: str, subject: str, snapshot: Snapshot, progress: str) -> None:
        """Write the numbers of a moment of the lane, and how far it has come."""
        self._told, self.progress = snapshot, progress
        spoken = f"{subject} {label}"
        if self.accessibleName() != spoken:
            identify(self, None, spoken)
            identify(self.take, None, f"Take {spoken}")
        described = ", ".join(filter(None, (*self.texts(), progress)))
        *_, status = self.texts()
        which = "training" if snapshot.evaluation.validation_loss is None else "validation"
        # One that is open stays as it is, so that it says nothing that changes with every epoch.
        hint = tip(f"{spoken}: {status}" if status else spoken, f"The numbers are those of the {which} points.")
        if (self.accessibleDescription(), self.toolTip()) != (described, hint):
            identify(self, None, None, hint, described)
        self.update()

    def texts(self) -> tuple[str, str, str]:
        """Return the texts of the card: the validation loss, the accuracy, and the status unless it is in training."""
        shot = self._told
        if shot is None:
            return "", "", ""
        found, has_validation = shot.evaluation, shot.evaluation.validation_loss is not None
        which = "validation" if has_validation else "training"
        loss = found.validation_loss if has_validation else found.train_loss
        score = found.validation_accuracy if has_validation else found.train_accuracy
        regression = shot.sample.task == "regression"
        score_text = f"R² {number_text(score)}" if regression else f"{percent_text(score)} right"
        status = _STATUS_WORDS.get(shot.status, "")
        if status:
            status += f" at epoch {shot.epoch:,}"
        return f"{which} loss {number_text(loss)}", score_text, status

    def sizeHint(self) -> QSize:
        return QSize(px(150), px(150) + self.room_below_and_above())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._picture.dress()

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        look, shot = theme.current(), self.snapshot
        if shot is None:
            return
        painter.setFont(small_font())
        left, head, line = self._words_from, px(_HEAD), px(_LINE)
        wide = self.width() - left
        painter.setPen(pen(look.colour(f"lanes.{self.place}"), 3))
        painter.drawLine(QPointF(left, head / 2), QPointF(left + px(_SWATCH), head / 2))
        name = QRectF(left + px(_SWATCH + 6), 0, wide - px(_SWATCH + 6), head)
        self._write(painter, name, self.label, look.text)
        square = QRectF(0, 0 if left else head, self._side, self._side)
        self._picture.paint(painter, square, self.devicePixelRatioF())
        loss, score, status = self.texts()
        if status:
            self._paint_status(painter, square, status)
        below = QRectF(left, head if left else square.bottom() + px(_GAP), wide, line)
        has_room = painter.fontMetrics().horizontalAdvance(loss) <= wide
        self._write(painter, below, loss if has_room else loss.partition(" ")[2], look.text)
        last = below.translated(0, line - px(2))
        self._write(painter, last, score, look.quiet)
        self._write_progress(painter, ((name, self.label), (last, score)))

    @staticmethod
    def _write(painter: QPainter, box: QRectF, text: str, colour: str) -> None:
        """Write as much of a text as a box has room for."""
        cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, int(box.width()))
        write(painter, box, LEFT, cut, colour)

    def _write_progress(self, painter: QPainter, lines: Sequence[tuple[QRectF, str]]) -> None:
        """Write how far the lane has come at the end of the first line whose own words leave room for it."""
        metrics, apart = painter.fontMetrics(), px(GRID)
        for box, words in lines:
            if metrics.horizontalAdvance(words) + apart + metrics.horizontalAdvance(self.progress) <= box.width():
                write(painter, box, RIGHT, self.progress, theme.current().quiet)
                return

    def _paint_status(self, painter: QPainter, square: QRectF, status: str) -> None:
        """Paint a plate with the status, and hatch a picture of weights that had diverged."""
        look, metrics = theme.current(), painter.fontMetrics()
        if self.snapshot is not None and self.snapshot.status == "diverged":
            hatch = QColor(look.danger)
            hatch.setAlpha(110)
            painter.fillRect(square, QBrush(hatch, Qt.BrushStyle.BDiagPattern))
        high = metrics.height() + px(4)
        plate = QRectF(square.left(), square.bottom() - high, square.width(), high)
        painter.fillRect(plate, QColor(look.raised))
        self._write(painter, plate.adjusted(px(4), 0, -px(4), 0), status, look.text)
