"""The race: the boundaries of its lanes in a row, with what differs, their losses and their status.

A sentence stands first. Without a race, the classic comparisons stand here to be started.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

from PySide6.QtCore import QRect, Qt, Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QLabel, QStackedLayout, QVBoxLayout, QWidget

from playground.measure.requests import BoundaryRequest
from playground.measure.sentences import listed
from playground.measure.snapshot import Snapshot
from playground.run.run import Lockstep
from playground.studies.race import RaceMoment
from playground.studies.variants import RACES

from ...forms.buttons import identify, push_button, tip
from ...forms.layouts import fill, quiet, scrolling, tight
from ...look.beat import Throttle
from ...look.numbers import number_text, percent_text
from ...look.theme import GRID, px
from ..chart.controls import Choices, Option
from ..view import View
from .card import LaneCard

SIDE = 60
"""Points along each side of a lane's boundary."""
_LOCKSTEP_OPTIONS = (
    Option("epoch", "Epoch", "Compares lanes after the same number of passes through the training points."),
    Option("step", "Step", "Compares lanes after the same number of updates, which is fair to different batch sizes."),
)
_INVITATION = (
    "A race trains two to six variants side by side, from the same seed and with the same batches where shapes allow. "
    "Choose one, or right-click any setting and race its value against others. The run in the window waits meanwhile."
)
_GAP = 2 * GRID
_WIDE, _WORDS = 560, 132
"""Widths at zoom 1: from the first on, controls stand beside the words; the words of a card need the second."""
_HIGH = 300
"""The height at zoom 1 from which on there is room for the small print; else it is in the sentence's tooltip."""


@dataclass(frozen=True)
class RaceShown:
    """The content of the race view as data."""

    sentence: str
    small_print: str
    lanes: tuple[tuple[str, str, str, str], ...]
    """The label of each lane, its loss, its accuracy and its status."""


class RaceView(View):
    """The view of a race: shows its moments, and asks for another lockstep, for its end, or for one of its lanes."""

    name, title = "race", "Race"
    SIZE, LEAST = (640, 320), (240, 220)

    started = Signal(str)
    """Carries the name of the comparison that is to be raced."""
    lockstep_chosen = Signal(str)
    closed = Signal()
    lane_taken = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Race")
        self._moment: RaceMoment | None = None
        self._pages = QStackedLayout(self)
        self._pages.addWidget(scrolling(self._make_start()))
        self._pages.addWidget(self._make_race())
        self._write = Throttle(self._show_words, self)
        self.apply_theme()

    def _make_start(self) -> QWidget:
        start = QWidget()
        grid = tight(QGridLayout(start), GRID, (_GAP, GRID, _GAP, GRID))
        invitation = identify(QLabel(_INVITATION), "race.invitation", "About races")
        invitation.setWordWrap(True)
        grid.addWidget(invitation, 0, 0, 1, 2)
        for row, race in enumerate(RACES, start=1):
            button = push_button(f"race.start.{race.name}", race.title, race.watch)
            button.clicked.connect(lambda _=False, name=race.name: self.started.emit(name))
            watch = quiet(QLabel(race.watch))
            watch.setWordWrap(True)
            grid.addWidget(button, row, 0)
            grid.addWidget(watch, row, 1)
        grid.setColumnStretch(1, 1)
        grid.setRowStretch(len(RACES) + 1, 1)
        return start

    def _make_race(self) -> QWidget:
        self.sentence = identify(QLabel(), "race.sentence", "Standings of the race")
        self.sentence.setWordWrap(True)
        self.small_print = identify(quiet(QLabel()), "race.print", "How lanes are compared")
        self.small_print.setWordWrap(True)
        self.lockstep = Choices("race.lockstep", "Compare by", _LOCKSTEP_OPTIONS)
        self.lockstep.picked.connect(self.lockstep_chosen)
        self.close_button = push_button("race.close", "Close the race", "Returns to the run as it was.")
        self.close_button.clicked.connect(self.closed)
        self.cards = _Cards(self)
        race = QWidget()
        words = fill(tight(QVBoxLayout(), 0), self.sentence, self.small_print)
        controls = fill(tight(QHBoxLayout(), GRID), quiet(QLabel("compare by")), self.lockstep, self.close_button)
        self._above = above = fill(tight(QHBoxLayout(), GRID), words, controls, wide=words)
        above.setAlignment(controls, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight)
        fill(tight(QVBoxLayout(race), GRID, (_GAP, GRID, _GAP, GRID)), above, self.cards, wide=self.cards)
        return race

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.small_print.setVisible(self.height() >= px(_HIGH))
        is_wide = self.width() >= px(_WIDE)
        self._above.setDirection(QBoxLayout.Direction.LeftToRight if is_wide else QBoxLayout.Direction.TopToBottom)

    @property
    def lane_requests(self) -> frozenset[BoundaryRequest]:
        """The requests that moments of a race have to answer."""
        return frozenset({BoundaryRequest(SIDE)})

    def show_race(self, moment: RaceMoment | None) -> None:
        """Show a moment of a race; None shows the comparisons that can be started."""
        before, self._moment = self._moment, moment
        self._pages.setCurrentIndex(int(moment is not None))
        if moment is None:
            self.cards.hide()
            return
        self.cards.show_moment(moment, self.lane_taken)
        self.cards.show()
        self._show_lockstep(moment.lockstep)
        self._write.request(at_once=before is None)

    def _show_lockstep(self, lockstep: Lockstep) -> None:
        is_reached = self.lockstep.isAncestorOf(self.window().focusWidget())
        self.lockstep.show_index([option.value for option in _LOCKSTEP_OPTIONS].index(lockstep))
        if is_reached:
            # Else a key that presses what has the focus would choose what the race before was compared by.
            self.take_keyboard()

    def show_words(self, words: str) -> None:
        """Show words in place of a race that is getting ready."""
        self._pages.setCurrentIndex(1)
        self.sentence.setText(words)
        self.small_print.setText("")

    def take_keyboard(self) -> None:
        """Give the keyboard focus to the first control of the race."""
        self.lockstep.buttons[self.lockstep.group.checkedId()].setFocus(Qt.FocusReason.OtherFocusReason)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Ignore snapshots of the run; this view shows only moments of a race."""

    def shown(self) -> RaceShown:
        if self._moment is None:
            return RaceShown("", "", ())
        lanes = tuple((card.label, *card.texts()) for card in self.cards.lanes)
        return RaceShown(self.sentence.text(), self.small_print.text(), lanes)

    def apply_theme(self) -> None:
        super().apply_theme()
        self.cards.update()

    def _show_words(self) -> None:
        if self._moment is None:
            return
        self.sentence.setText(race_sentence(self._moment))
        self.small_print.setText(_small_print(self._moment))
        self.sentence.setToolTip(tip(self.small_print.text()))
        self.cards.write_moment(self._moment)
        self.setAccessibleDescription(f"{self.sentence.text()} {self.small_print.text()}")


class _Cards(QWidget):
    """The lanes, with words below or beside their pictures and in as many rows as make these largest."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lanes: list[LaneCard] = []

    def show_moment(self, moment: RaceMoment, taken: SignalInstance) -> None:
        """Show the pictures of the lanes at a moment."""
        if len(self.lanes) != len(moment.lanes):
            for card in self.lanes:
                card.deleteLater()
            self.lanes = [LaneCard(place, self) for place in range(len(moment.lanes))]
            for card in self.lanes:
                card.taken.connect(lambda place=card.place: taken.emit(place))
                card.show()
            self._place()
        for card, label, snapshot in zip(self.lanes, moment.names.labels, moment.lanes, strict=True):
            card.show_lane(label, snapshot)

    def write_moment(self, moment: RaceMoment) -> None:
        """Write the numbers of the lanes at a moment."""
        for card, label, lane in zip(self.lanes, moment.names.labels, moment.lanes, strict=True):
            card.write_lane(label, moment.names.subject, lane, own_progress(lane, moment))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        count, gap, between = len(self.lanes), px(_GAP), px(GRID)
        beside, least, below = px(_WORDS + GRID), LaneCard.height_of_words(), LaneCard.room_below_and_above()
        if not count:
            return

        def room_in(columns: int) -> tuple[int, int]:
            rows = math.ceil(count / columns)
            return (self.width() - gap * (columns - 1)) // columns, (self.height() - between * (rows - 1)) // rows

        def side_in(columns: int, words_beside: bool) -> int:
            across, high = room_in(columns)
            if words_beside:
                return min(across - beside, high) if high >= least else 0
            return min(across, high - below)

        arrangements = product(range(1, count + 1), (False, True))
        columns, words_beside = max(arrangements, key=lambda one: side_in(*one))
        side = max(px(24), side_in(columns, words_beside))
        # Words below the picture may be wider than that.
        wide = side + beside if words_beside else max(side, min(px(_WORDS), room_in(columns)[0]))
        high = max(side, least) if words_beside else side + below
        left = max(0, (self.width() - columns * wide - (columns - 1) * gap) // 2)
        for place, card in enumerate(self.lanes):
            row, column = divmod(place, columns)
            card.arrange(QRect(left + column * (wide + gap), row * (high + between), wide, high), side)


def race_sentence(moment: RaceMoment) -> str:
    """Say where a race stands: which lane leads, which one follows, and which have diverged."""
    subject, labels = moment.names.subject, moment.names.labels
    at = moment.progress.capitalize()
    ranking = moment.ranking
    lost = [label for label, one in zip(labels, moment.lanes, strict=True) if one.status == "diverged"]
    diverged = f" Diverged: {', '.join(lost)}." if lost else ""
    if not ranking:
        return f"{at}: training diverged in every lane."
    if moment.behind:
        behind = listed([labels[place] for place in moment.behind])
        return f"Lanes are compared once {subject} {behind} {'have' if moment.behind[1:] else 'has'} caught up."
    if not any(one.step for one in moment.lanes):
        return f"{len(labels)} lanes, {subject}: {', '.join(labels)}."
    best, outcome = ranking[0]
    first = f"{moment.names.whole(best)} leads with a {moment.outcome_words} of {_outcome_text(moment, outcome)}"
    behind = f", {labels[ranking[1][0]]} follows with {_outcome_text(moment, ranking[1][1])}" if ranking[1:] else ""
    return f"{at}: {first}{behind}.{diverged}"


def own_progress(lane: Snapshot, moment: RaceMoment) -> str:
    """Say how far a lane has come by the measure that does not keep the lanes in step; empty if all are as far."""
    other = "epoch" if moment.lockstep == "step" else "step"
    reached = {getattr(one, other) for one in moment.lanes}
    return f"{other} {getattr(lane, other):,}" if len(reached) > 1 else ""


def _outcome_text(moment: RaceMoment, value: float) -> str:
    return percent_text(value) if moment.outcome_words.endswith("accuracy") else number_text(value)


def _small_print(moment: RaceMoment) -> str:
    """Say what lanes have in common, and what trains them."""
    seed = moment.lanes[0].experiment.seed
    weights = "the same initial weights" if moment.shares_weights else "initial weights of their own, as shapes differ"
    engine = "side by side" if moment.is_together else f"one after the other on the {moment.engine} engine"
    why = "" if moment.is_comparable else " Losses of other data or loss functions can't be compared."
    return f"One start each, from seed {seed}, with {weights}; trained {engine}.{why}"
