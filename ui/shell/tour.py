"""The tour: a few cards that point at parts of the window and say what to try.

The window keeps working below it; a card that asks for something is followed by the next once that is done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPainterPath, QPen, QRegion, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ..forms.buttons import identify
from ..forms.layouts import STRETCH, fill, quiet, tight
from ..guard.faults import painted
from ..look import theme
from ..look.theme import GRID, exact_px, px

_CARD_WIDTH = 320
_LOOK_MILLISECONDS = 200
"""How often the tour checks whether what it asked for has been done."""


class TourStop(NamedTuple):
    """Card of the tour."""

    title: str
    words: str
    target: Callable[[], QWidget | None]
    """What to point at; called when the card is shown, so it may open a dock first."""
    done: Callable[[], bool] | None = None
    """Whether the person has done what the card asks for."""


class Tour(QWidget):
    """Overlay that dims all but one part of the window and explains that part."""

    ended = Signal()

    def __init__(self, parent: QWidget, stops: Sequence[TourStop]) -> None:
        super().__init__(parent)
        self.setObjectName("tour")
        self.host, self.stops, self.at = parent, stops, 0
        self.target: QWidget | None = None
        self.card = self._card()
        self.watch = QTimer(self, interval=_LOOK_MILLISECONDS)
        self.watch.timeout.connect(self._look)
        parent.installEventFilter(self)
        self.setGeometry(parent.rect())
        # Not a button of the card: the space bar plays, and the first card asks for that.
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        keys = "Enter or the right arrow key goes on, the left one back, Escape ends the tour."
        identify(self, spoken="Tour", about=keys)
        self.show()
        self._show_stop(0)
        self.setFocus()
        self.watch.start()

    def _card(self) -> QFrame:
        card = QFrame(self)
        card.setProperty("card", True)
        card.setAutoFillBackground(True)
        self.title, self.words, self.place = QLabel(), QLabel(wordWrap=True), quiet(QLabel())
        self.title.setProperty("heading", True)
        self.back = self._button("Back", "The card before", lambda: self._show_stop(self.at - 1))
        self.next = self._button("Next", "The next card", lambda: self._show_stop(self.at + 1))
        self.leave = self._button("End the tour", "Closes the tour. The Help menu has it again.", self.end)
        buttons = fill(QHBoxLayout(), self.leave, STRETCH, self.place, self.back, self.next)
        column = tight(QVBoxLayout(card), GRID, (2 * GRID, GRID, 2 * GRID, 2 * GRID))
        fill(column, self.title, self.words, buttons)
        card.setFixedWidth(px(_CARD_WIDTH))
        return card

    def _button(self, name: str, tip: str, slot: Callable[[], object]) -> QPushButton:
        button = identify(QPushButton(name), f"tour.{name.split()[0].lower()}", name, tip)
        button.setProperty("small", True)
        button.clicked.connect(slot)
        return button

    def _show_stop(self, at: int) -> None:
        if at >= len(self.stops):
            self.end()
            return
        self.at = max(at, 0)
        stop = self.stops[self.at]
        self.target = stop.target()
        self.title.setText(stop.title)
        self.words.setText(stop.words)
        self.card.setAccessibleName(f"{stop.title}. {stop.words}")
        self.place.setText(f"{self.at + 1} of {len(self.stops)}")
        self.back.setEnabled(self.at > 0)
        self.next.setText("Done" if self.at == len(self.stops) - 1 else "Next")
        self._arrange()

    def _look(self) -> None:
        """Show the next card when what this one asks for has been done; follow a target that moved."""
        done = self.stops[self.at].done
        if done is not None and done():
            self._show_stop(self.at + 1)
        else:
            self._arrange()

    def hole(self) -> QRect:
        """Return the rectangle of the part that the card is about."""
        if self.target is None or not self.target.isVisible():
            return QRect()
        corner, near = self.target.mapTo(self.host, QPoint(0, 0)), px(4)
        return QRect(corner, self.target.size()).adjusted(-near, -near, near, near).intersected(self.rect())

    def _arrange(self) -> None:
        """Place the card beside its part; the mouse goes through everywhere else."""
        hole, gap, away = self.hole(), px(GRID), px(2 * GRID)
        self.card.adjustSize()
        size, room = self.card.size(), self.rect().adjusted(gap, gap, -gap, -gap)
        places = [
            QPoint(hole.right() + away, hole.top()),
            QPoint(hole.left() - away - size.width(), hole.top()),
            QPoint(hole.left(), hole.bottom() + away),
            QPoint(hole.left(), hole.top() - away - size.height()),
        ]
        middle = room.center() - QPoint(size.width() // 2, size.height() // 2)
        fits = [place for place in places if room.contains(QRect(place, size))] if hole.isValid() else []
        self.card.move(fits[0] if fits else middle)
        self.setMask(QRegion(self.rect()) - QRegion(hole) if hole.isValid() else QRegion(self.rect()))
        # Docks that come to the front would cover it.
        self.raise_()
        self.update()

    def end(self) -> None:
        """Close the tour."""
        self.watch.stop()
        self.host.removeEventFilter(self)
        self.hide()
        self.deleteLater()
        self.ended.emit()

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        look = theme.current()
        path = QPainterPath()
        path.addRect(QRectF(self.rect()))
        hole, corner = QRectF(self.hole()), exact_px(8)
        if hole.isValid():
            around = QPainterPath()
            around.addRoundedRect(hole, corner, corner)
            path = path.subtracted(around)
        shade = QColor(look.text if look.name == "light" else "#000000")
        shade.setAlpha(80)
        painter.fillPath(path, shade)
        if hole.isValid():
            painter.setPen(QPen(QColor(look.accent), exact_px(2)))
            painter.drawRoundedRect(hole.adjusted(-px(1), -px(1), px(1), px(1)), corner, corner)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Right):
            self._show_stop(self.at + 1)
        elif event.key() == Qt.Key.Key_Left:
            self._show_stop(self.at - 1)
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self.host:
            self.setGeometry(self.host.rect())
        return False
