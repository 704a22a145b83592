"""Messages of the window: which one the strip shows, and the status line with the state of training."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QStatusBar

from playground.measure.diagnosis import ADVICE, Finding, Remedy

from ..forms.buttons import identify, tip
from ..forms.labels import LabelPlace, ShortenedLabel
from ..look.theme import GRID, px
from ..session.commands import Report
from .strip import Message, Offer, Strip

_EVENT_MILLISECONDS = 10_000
"""How long what has just happened comes before what ails the network."""
_HELD_MILLISECONDS = 1_000
"""How much longer an event stays while a person points at it, and how long a button does nothing that took the place of
another."""
_SILENT = Message("event", "")


class ProvenRemedy(NamedTuple):
    """A remedy that was tried and helps."""

    remedy: Remedy
    words: str
    """What it is and does, in words."""
    about: str
    """How it was tried, and what the numbers in those words are."""


class Advice(NamedTuple):
    """The result of trying remedies."""

    kind: str
    """The concern of the advice, as `concern_of` names it."""
    words: str
    remedies: tuple[ProvenRemedy, ...] = ()
    """The remedies that help, the best first."""


def concern_of(kind: str) -> str:
    """Return what a finding of a kind is about: itself, or "ailment", since ailments share their remedies."""
    return kind if kind in ADVICE else "ailment"


class Messages(QObject):
    """The messages of a window; the strip shows the most important: a fault, an event, an ailment, an invitation."""

    def __init__(self, bar: QStatusBar, take_remedy: Callable[[Remedy], object]) -> None:
        super().__init__(bar)
        self._bar, self._take_remedy = bar, take_remedy
        self._report: Report | None = None
        self.finding: Finding | None = None
        self._fault: Message | None = None
        self._event: Message | None = None
        self._bare = _SILENT
        """The event without what was added to it."""
        self._invitation: Message | None = None
        self._past: Message | None = None
        self._advice: Advice | None = None
        self._measures = self._pausing = False
        self._said: Message | None = None
        """What the strip shows."""
        self._race = ""
        self._time = QTimer(self, singleShot=True)
        """Runs while the event comes first."""
        self._time.timeout.connect(self._age_event)
        self._wait = QTimer(self, interval=_HELD_MILLISECONDS, singleShot=True)
        """Runs while the buttons of the strip do nothing, since they took the place of others."""
        self._wait.timeout.connect(self._show)
        self._make_widgets()

    def _make_widgets(self) -> None:
        self.strip, self.status = Strip(), ShortenedLabel()
        self.strip.dismissed.connect(self.dismiss)
        identify(self.status, "status", "Status")
        self.status.setContentsMargins(px(GRID), 0, 0, 0)
        self._bar.addWidget(LabelPlace(self.status), 1)
        self._bar.setSizeGripEnabled(False)

    @property
    def says_finding(self) -> bool:
        """Whether the strip shows a finding of the diagnosis."""
        return self.strip.said.tone == "finding"

    # The strip ----------------------------------------------------------------------------------------------------

    def say(
        self, text: str, offer: Offer | None = None, second: Offer | None = None, *, by_itself: bool = False
    ) -> None:
        """Show what has just happened, with offers that hold until the next event or change."""
        self._bare = Message("event", text, offer, second=second, by_itself=by_itself)
        self._happen(self._bare)

    def add(self, text: str) -> None:
        """Show an addition to the latest event, or an event of its own, in place of an earlier addition."""
        if self._event is None or not self._time.isActive():
            self._bare = _SILENT
        added = "" if text in self._bare.text else text
        self._happen(self._bare._replace(text=f"{self._bare.text} {added}".strip()))

    def refuse(self, text: str, offer: Offer | None = None) -> None:
        """Show a refusal until a change is made; after a while, findings take precedence."""
        self._bare = Message("refusal", text, offer)
        self._happen(self._bare)

    def tell(self, text: str, remedy: Offer | None = None, kind: str = "") -> None:
        """Show a fault until it is dismissed or remedied; `kind` names an ailment of the network."""
        self._fault = Message("fault", text, remedy, kind=kind, by_itself=True)
        self._show()

    def advise(self, advice: Advice | None) -> None:
        """Replace the offer of messages of one kind with remedies that were tried; None withdraws them."""
        if advice != self._advice:
            self._advice = advice
            self._show()

    def remark(self, text: str) -> None:
        """Add something that can be missed: where there is a button of another message, it is left out."""
        if (self._event is not None and self._time.isActive()) or self.strip.said.offer is None:
            self.add(text)

    def invite(self, text: str, offer: Offer) -> None:
        """Show an invitation whenever there is no other message, until it is dismissed."""
        self._invitation = Message("invitation", text, offer)
        self._show()

    def show_past(self, text: str, offer: Offer | None = None, second: Offer | None = None) -> None:
        """Show that pictures and numbers are of an earlier moment, and what can be done then; empty to end that."""
        if not text and self._past is None:
            return
        self._past = Message("past", text, offer, kind="past", second=second) if text else None
        self._show()
        self._show_status()

    def show_finding(self, finding: Finding | None) -> None:
        """Show a finding of the diagnosis; None removes it."""
        self.finding = finding
        self._show()

    def settle(self, text: str) -> None:
        """Remove a message that is no longer true."""
        self._fault = None if self._fault is not None and self._fault.text == text else self._fault
        self._event = None if self._event is not None and self._event.text == text else self._event
        self._invitation = None if self._invitation is not None and self._invitation.text == text else self._invitation
        self._show()

    def note_change(self) -> None:
        """Remove a refusal and an offer, because a change was made after them."""
        if self._event is not None and (self._event.offer is not None or self._event.tone == "refusal"):
            self._event = None
            self._show()

    def clear(self) -> None:
        """Remove faults and events, because another document was opened."""
        self._fault = self._event = None
        self._show()

    def dismiss(self) -> None:
        """Remove the message that the strip shows, of which a person is done with all buttons."""
        self._said = None
        self._remove_said()

    def _remove_said(self) -> None:
        said = self.strip.said
        self._fault = None if said.tone == "fault" else self._fault
        self._event = None if said.tone in ("event", "refusal") else self._event
        self._invitation = None if said.tone == "invitation" else self._invitation
        self._show()

    def _happen(self, message: Message) -> None:
        self._event = message if message.text else None
        self._time.start(_EVENT_MILLISECONDS)
        self._show()

    def _age_event(self) -> None:
        if self.strip.is_held and self.strip.said.tone in ("event", "refusal"):
            self._time.start(_HELD_MILLISECONDS)
            return
        if self._event is not None and self._event.tone == "event":
            self._event = None
        self._show()

    def _show(self) -> None:
        event = self._event
        fresh = event if self._time.isActive() else None
        # What ails the network now says nothing of the earlier moment on show, or of the lanes of a race.
        past = None if self._race else self._past
        elsewhere = past is not None or self._race
        fault = None if elsewhere and self._fault is not None and self._fault.kind else self._fault
        first = self._advised(fault) or past or fresh
        said = first or self._advised(self._found()) or event or self._invitation
        if self._would_swap(said):
            self._wait.start()
        elif said is not None and not said.by_itself and said != self._said and not self.strip.is_held:
            # What a person has just asked for can be pressed at once.
            self._wait.stop()
        self._said = said
        if said is not None and said.offer is not None and said.tone not in ("finding", "past"):
            second = said.second and (said.second[0], partial(self._take, said.second))
            said = said._replace(offer=(said.offer[0], partial(self._take, said.offer)), second=second)
        self.strip.say(said, rests=self._wait.isActive())

    def _would_swap(self, message: Message | None) -> bool:
        """Whether other buttons would take the place of one that a person may be about to press."""
        said = self._said
        if said is None or message == said or not self.strip.has_buttons:
            return False
        if not self.strip.is_held and (message is None or not message.by_itself):
            return False
        if message is None:
            return True
        goes_on = message.kind == said.kind if said.kind else message.offer == said.offer is not None
        return not goes_on or _words_on(message) != _words_on(said)

    def _take(self, offer: Offer) -> None:
        self._remove_said()
        offer[1]()

    def _found(self) -> Message | None:
        if self.finding is None:
            return None
        kind, text, remedy = self.finding
        if remedy is None:
            return Message("finding", text, kind=kind, by_itself=True)
        return Message("finding", text, self._offer(remedy), _hint(remedy), kind, by_itself=True)

    def _offer(self, remedy: Remedy, words: str = "") -> Offer:
        return words or remedy.words, partial(self._take_remedy, remedy)

    def _advised(self, message: Message | None) -> Message | None:
        """The message with what trying remedies has shown."""
        advice = self._advice
        if message is None or advice is None or not message.kind or advice.kind != concern_of(message.kind):
            return message
        text = f"{message.text} {advice.words}".strip()
        if not advice.remedies:
            return message._replace(text=text, offer=None, hint="")
        best, *rest = advice.remedies
        others = tuple(self._offer(one.remedy, one.words) for one in rest)
        hint = tip(_hint(best.remedy), best.about)
        return message._replace(text=text, offer=self._offer(best.remedy), hint=hint, others=others)

    # The status line ----------------------------------------------------------------------------------------------

    def show_report(self, report: Report, *, pausing: bool = False) -> None:
        """Show the state and the speed of training, or that a pause waits for a long step."""
        self._report, self._pausing = report, pausing
        self._show_status()

    def show_race(self, words: str) -> None:
        """Show where a race stands in place of the run; empty to show the run again."""
        turned, self._race = bool(words) != bool(self._race), words
        self._show_status()
        if turned:
            self._show()

    def show_measuring(self, on: bool) -> None:
        """Show or hide the note that the numbers after the latest change are still being measured."""
        if on != self._measures:
            self._measures = on
            self._show_status()

    def _show_status(self) -> None:
        if self._race:
            self.status.setText(self._race)
        elif self._past is not None:
            self.status.setText(self._past.text)
        elif self._pausing:
            self.status.setText("Pausing after this step…")
        elif self._measures:
            self.status.setText("Measuring after the latest change…")
        elif self._report is not None:
            self.status.setText(_status_words(self._report))


def _words_on(message: Message) -> list[str]:
    return [offer[0] for offer in (message.offer, message.second) if offer is not None]


def _hint(remedy: Remedy) -> str:
    how = "from the initial weights" if remedy.reset else "while training goes on"
    return f"{remedy.words}, {how}. Ctrl+Z undoes it."


def _status_words(report: Report) -> str:
    snapshot = report.snapshot
    place = f"epoch {snapshot.epoch:,}, step {snapshot.step:,}"
    if snapshot.status == "diverged":
        return f"Diverged at {place}."
    if snapshot.status == "completed":
        return f"Completed: {place}."
    if snapshot.status == "stopped_early":
        return f"Stopped early at {place}."
    if report.running:
        speed = f"{report.steps_per_second:,.0f} steps per second" if report.steps_per_second else "starting"
        return f"Training on the {snapshot.engine} engine: {place}, {speed}."
    return f"Paused at {place}." if snapshot.step else "Ready. Press play or the space bar to train."
