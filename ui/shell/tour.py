"""The tour: stops at which a person does something in the window and reads what it did.

The window stays as it is. A ring marks the part that a stop is about; a card beside it says what to do, waits until it
is done, and says what it did. The keyboard stays where the person works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QColor, QKeyEvent, QPainter, QPen, QRegion
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ..forms.buttons import IconButton, identify, push_button
from ..forms.layouts import STRETCH, fill, quiet, restyle, tight
from ..guard.faults import painted
from ..look import theme
from ..look.beat import Throttle
from ..look.theme import GRID, exact_px, px

_CARD_WIDTHS = (320, 256, 200)
"""Widths of the card in pixels at zoom 1, the preferred one first."""
_RING, _AWAY = 4, 12
"""How far the ring and the card stand away from what they point at, in pixels at zoom 1."""
_LOOK_MILLISECONDS = 200
"""How often the tour checks whether its task is done, and where its target is."""

Outcome: TypeAlias = Callable[[], str | None]
"""Returns what the person's act did, in a sentence, or an empty text; None until it is done, and once it is undone."""


class TourTarget(NamedTuple):
    """A part of the window."""

    widget: QWidget
    part: Callable[[], QRect] | None = None
    """The place of a part of the widget, in its coordinates; None for all of it."""

    def place(self, host: QWidget) -> QRect:
        """Return its place in the window `host`; empty if it is not there."""
        if not (host.isAncestorOf(self.widget) and self.widget.isVisible() and self.widget.window() is host):
            return QRect()
        part = self.widget.rect() if self.part is None else self.part()
        place = part.translated(self.widget.mapTo(host, QPoint()))
        around = self.widget.parentWidget()
        while around is not None and around is not host:
            # Some of it may be scrolled away.
            place = place.intersected(around.rect().translated(around.mapTo(host, QPoint())))
            around = around.parentWidget()
        return place.intersected(host.rect())


class TourTask(NamedTuple):
    """A thing to do at a stop."""

    ask: str
    target: TourTarget
    begin: Callable[[], Outcome]
    """The function called when the task is set; the function that it returns is called until the task is done."""
    spared: tuple[TourTarget, ...] = ()
    """Other parts that the person has to see, the most important one first."""
    aside: tuple[TourTarget, ...] = ()
    """Parts that are good to see, but neither brought into sight nor spared at the cost of others."""
    dialog: str = ""
    """The name of the dialog in which it is done."""
    ask_there: str = ""
    """What is left to do once that dialog is open."""
    hint: Callable[[], str] = str
    """The function that says why nothing happens now, and what to do about it; its text is empty if all is well."""


class TourStop(NamedTuple):
    """A stop of the tour: one or several tasks that show one thing."""

    title: str
    tasks: tuple[TourTask, ...]


class Tour(QObject):
    """Leads through the stops, from the one numbered `at`."""

    reached = Signal(int)
    """Carries the number of the stop that was reached; that of all stops after the last."""
    ended = Signal()

    def __init__(
        self,
        host: QWidget,
        stops: Sequence[TourStop],
        at: int,
        *,
        reveal: Callable[[QWidget], object],
        is_seen: Callable[[QWidget], bool],
        spared: Iterable[TourTarget] = (),
    ) -> None:
        super().__init__(host)
        self.host, self.stops = host, stops
        self._reveal, self._is_seen, self._always_spared = reveal, is_seen, tuple(spared)
        self.ring, self.card = _Ring(host), TourCard(host)
        self.card.back.clicked.connect(lambda: self.go_to(self.at - 1))
        self.card.next.clicked.connect(self.go_on)
        self.card.show_me.clicked.connect(self.point)
        self.card.leave.clicked.connect(self.end)
        host.installEventFilter(self)
        self._watch = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._watch.timeout.connect(self._look)
        self._watch.start()
        self._renew = Throttle(self._say_again, self)
        self.go_to(at)

    @property
    def stop(self) -> TourStop:
        """The present stop."""
        return self.stops[self.at]

    @property
    def task(self) -> TourTask:
        """The present task."""
        return self.stop.tasks[self._number]

    def go_on(self) -> None:
        """Go to the next stop, whether this one is done or not."""
        self.go_to(self.at + 1)

    def go_to(self, at: int) -> None:
        """Go to the stop with a number; after the last one the tour ends."""
        self.reached.emit(at)
        if at >= len(self.stops):
            self.end()
            return
        self.at = max(at, 0)
        self.card.show_stop(self.stop.title, self.at, len(self.stops))
        self._begin(0, "", lambda: "")

    def _begin(self, number: int, said: str, told: Outcome) -> None:
        """Set a task; `told` renews what is `said` of the one before."""
        self._number, self.is_done = number, False
        self._outcome, self._told = self.task.begin(), told
        self.card.say(said, self.task.ask, done=False)
        self.point()

    def _look(self) -> None:
        """Say what the person did once the task is done; follow a target that moved."""
        said = None if self.is_done else self._outcome()
        if said is not None and self._number + 1 < len(self.stop.tasks):
            self._begin(self._number + 1, said, self._outcome)
        elif said is not None:
            self.is_done, self._told = True, self._outcome
            self.card.say(said, "", done=True)
        elif self.card.renews(self._told() or ""):
            # Together with all other numbers in the window.
            self._renew.request()
        self.card.say_hint("" if self.is_done else self.task.hint())
        self.arrange()

    def _say_again(self) -> None:
        """Say what was done in the words that hold now, after another attempt or more training."""
        self.card.renew(self._told() or "")

    def point(self) -> None:
        """Show what the task is about, whatever hides it, and point at the target."""
        # The target last: others may share its place.
        for one in (*reversed(self.task.spared), self.task.target):
            self._reveal(one.widget)
        self.arrange()

    def arrange(self) -> None:
        """Put the ring around the target, and the card beside it."""
        target = self.task.target
        seen = self._is_seen(target.widget)
        place = target.place(self.host) if seen else QRect()
        self.ring.surround(place if not self.is_done else QRect())
        self.card.show_me.setVisible(not seen and not self.is_done)
        spared = (*self._always_spared, *self.task.spared)
        self.card.stand_beside(place, self._places(spared), self._places(self.task.aside))
        # Docks that come to the front would cover them.
        if self.host.children()[-2:] != [self.ring, self.card]:
            self.ring.raise_()
            self.card.raise_()

    def _places(self, parts: Iterable[TourTarget]) -> list[QRect]:
        """The places of the parts that are in sight."""
        return [one.place(self.host) for one in parts if self._is_seen(one.widget)]

    def end(self) -> None:
        """Leave the tour."""
        self._watch.stop()
        self.host.removeEventFilter(self)
        for part in (self.ring, self.card, self):
            part.deleteLater()
        self.ring.hide()
        self.card.hide()
        self.ended.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.arrange()
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            # Only what no control in the window has taken comes here.
            leaves = event.key() == Qt.Key.Key_Escape
            if leaves:
                self.end()
            return leaves
        return False


class TourCard(QFrame):
    """Says what to do, and then what that did. It takes no focus by itself; Tab reaches its buttons."""

    announced = Signal(str)
    """Carries what screen readers are told."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        identify(self, "tour", "Tour")
        self.setProperty("card", True)
        self.setAutoFillBackground(True)
        # What lies behind it is not meant.
        self.setAttribute(Qt.WidgetAttribute.WA_NoMousePropagation)
        self.title, self.place = identify(QLabel(), "tour.title"), quiet(identify(QLabel(), "tour.place"))
        self.title.setProperty("heading", True)
        # A title in one line would make the card too wide for the column of controls.
        self.title.setWordWrap(True)
        self.title.setIndent(0)
        self.outcome, self.ask, self.hint = (
            identify(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), f"tour.{name}")
            for name in ("outcome", "ask", "hint")
        )
        self.outcome.setProperty("strong", True)
        quiet(self.hint)
        leaving = "Leaves the tour (Esc). The Help menu resumes it here."
        self.leave = identify(IconButton("x", "Leave the tour", leaving), "tour.leave")
        self.leave.setProperty("small", True)
        self.back = push_button("tour.back", "Back", "Returns to the previous stop.", small=True)
        self.show_me = push_button("tour.show", "Show me where", "Shows the part that this stop is about.", small=True)
        self.next = push_button("tour.next", "Skip", "Goes on without doing it (Ctrl+Return).", small=True)
        self._build()
        self._told: tuple[object, ...] = ()
        self.show()

    def _build(self) -> None:
        head = fill(tight(QHBoxLayout(), GRID), self.title, self.place, self.leave, wide=self.title)
        for part in (self.place, self.leave):
            head.setAlignment(part, Qt.AlignmentFlag.AlignTop)
        buttons = fill(tight(QHBoxLayout(), GRID), self.back, STRETCH, self.show_me, self.next)
        for button in (self.back, self.show_me, self.next):
            button.setMinimumWidth(px(56))
        lines = tight(QVBoxLayout(self), GRID, (2 * GRID, GRID, GRID, GRID))
        fill(lines, head, self.outcome, self.ask, self.hint, buttons)

    def show_stop(self, title: str, at: int, of: int) -> None:
        """Show the title of a stop and its number, from 0."""
        self.title.setText(title)
        self.place.setText(f"{at + 1} of {of}")
        identify(self, spoken=f"Tour, stop {at + 1} of {of}: {title}")
        self.back.setVisible(at > 0)
        self._is_last = at + 1 == of

    def say(self, outcome: str, ask: str, *, done: bool) -> None:
        """Say what was done, if anything, and what to do next, if anything."""
        self._done, self._asked = done, ask
        self.ask.setText(ask)
        self.ask.setVisible(bool(ask))
        words = ("Finish", "Ends the tour") if self._is_last else ("Next", "Goes on to the next stop")
        name, does = words if done else ("Skip", "Goes on without doing it")
        self.next.setText(name)
        identify(self.next, spoken=name, hint=f"{does} (Ctrl+Return).", about=f"{does}.")
        restyle(self.next, "primary", done)
        self.renew(outcome)
        spoken = self.accessibleDescription()
        self.announced.emit(spoken)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, f"{self.title.text()}. {spoken}"))

    def renews(self, outcome: str) -> bool:
        """Whether what was done is to be said in other words than so far."""
        return _outcome_text(outcome) != self.outcome.text()

    def renew(self, outcome: str) -> None:
        """Say what was done in other words, which screen readers tell only when they are asked."""
        text = _outcome_text(outcome)
        self.outcome.setText(text)
        self.outcome.setVisible(bool(text))
        goes_on = "Ctrl+Return goes on." if self._done else ""
        self.setAccessibleDescription(" ".join(filter(None, (outcome, self._asked, goes_on))))

    def say_hint(self, hint: str) -> None:
        """Say why nothing happens; an empty text if all is well."""
        if hint != self.hint.text():
            self.hint.setText(hint)
        self.hint.setVisible(bool(hint))

    def stand_beside(self, target: QRect, spared: Sequence[QRect], aside: Sequence[QRect] = ()) -> None:
        """Move beside a part of the window, in its coordinates, and as far as possible clear of the spared parts, then
        of those `aside`."""
        shown = [(label.text(), label.isHidden()) for label in (self.title, self.outcome, self.ask, self.hint)]
        places = [[one.getRect() for one in some] for some in (spared, aside)]
        told = (target.getRect(), places, self._host.size(), theme.zoom(), shown)
        if told == self._told:
            return
        self._told = told
        layout = self.layout()
        assert layout is not None
        layout.activate()
        least = layout.minimumSize().width()
        widths = [max(px(width), least) for width in _CARD_WIDTHS]
        sizes = [QSize(width, max(layout.totalHeightForWidth(width), 1)) for width in dict.fromkeys(widths)]
        self.setGeometry(_best_place(sizes, target, spared, aside, self._host.rect()))


class _Ring(QWidget):
    """A frame around a part of the window; the mouse goes through it."""

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self.setObjectName("tour.ring")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def surround(self, place: QRect) -> None:
        """Move around a place of the window, or hide if that is empty."""
        near = px(_RING)
        around = place.adjusted(-near, -near, near, near).intersected(self._host.rect())
        if not place.isEmpty() and around != self.geometry():
            self.setGeometry(around)
            whole = QRect(QPoint(), around.size())
            # Pictures that move are not painted again for what it leaves free.
            self.setMask(QRegion(whole) - QRegion(whole.adjusted(near, near, -near, -near)))
        self.setVisible(not place.isEmpty())

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        width = exact_px(2.5)
        painter.setPen(QPen(QColor(theme.current().accent), width))
        frame = QRectF(self.rect()).adjusted(width / 2, width / 2, -width / 2, -width / 2)
        painter.drawRoundedRect(frame, exact_px(6), exact_px(6))


def _outcome_text(outcome: str) -> str:
    return f"✓ {outcome}" if outcome else ""


def _best_place(
    sizes: Sequence[QSize], target: QRect, spared: Sequence[QRect], aside: Sequence[QRect], window: QRect
) -> QRect:
    """Return the place of a card of one of some sizes: off the target, off what is spared, near the target."""
    gap, away = px(GRID), px(_AWAY)
    room = window.adjusted(gap, gap, -gap, -gap)
    kept = target if not target.isEmpty() else QRect(room.center(), QSize(1, 1))

    marks = [kept, *spared, *aside]

    def places(size: QSize) -> Iterable[QRect]:
        wide, high = size.width(), size.height()
        across = [x for one in marks for x in (one.right() + away, one.left() - away - wide)]
        down = [y for one in marks for y in (one.bottom() + away, one.top() - away - high)]
        across += [kept.left(), kept.right() - wide, room.left(), room.right() - wide]
        down += [kept.top(), kept.bottom() - high, room.top(), room.bottom() - high]
        for x, y in product(across, down):
            left = max(min(x, room.right() - wide), room.left())
            top = max(min(y, room.bottom() - high), room.top())
            yield QRect(QPoint(left, top), size)

    def cost(rank: int, place: QRect) -> tuple[int, ...]:
        covered = (sum(_shared(place, one) for one in some) for some in ([kept], spared, aside))
        return *covered, rank, _distance(place, kept)

    choices = ((rank, place) for rank, size in enumerate(sizes) for place in places(size))
    return min(choices, key=lambda choice: cost(*choice))[1]


def _shared(one: QRect, other: QRect) -> int:
    """The area of the overlap, in pixels."""
    both = one.intersected(other)
    return both.width() * both.height()


def _distance(one: QRect, other: QRect) -> int:
    """The distance between the middles, in pixels along both directions."""
    return (one.center() - other.center()).manhattanLength()
