"""Looking back in the window: the playhead asks, the strip says which moment is shown and offers the way on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QInputDialog

from playground import Snapshot
from playground.measure.changes import Change
from playground.measure.others import Ghost

from ..session.commands import Report
from ..views.tracks.playhead import IN_A_RACE, before_words
from .desk import Desk
from .others import OtherRuns
from .window_parts import WindowParts

BACK_TO_NOW, BRANCH_HERE, RETURN = "Back to now", "Branch here", "Return to it"
_NONE_SHOWN = "No earlier moment is shown to branch at. Drag along the time axis below the tracks to one."


class LookingBack(QObject):
    """Connects the playhead with the session, and says what is shown."""

    changed = Signal()
    """What can be done now may have changed."""

    def __init__(self, desk: Desk, parts: WindowParts, others: OtherRuns) -> None:
        super().__init__(desk)
        self.desk, self.past, self._others = desk, desk.session.past, others
        self._was_back = False
        parts.tracks.moment_asked.connect(self._ask)
        parts.tracks.branch_asked.connect(self.branch)
        parts.tracks.name_asked.connect(self._ask_name)
        desk.session.reported.connect(self._say_moment)
        self.past.branched.connect(self._say_branched)
        self.past.other_future_moved.connect(self._show_other_future)

    @property
    def is_back(self) -> bool:
        """Whether an earlier moment is shown."""
        return self.past.shown is not None

    @property
    def has_other_future(self) -> bool:
        """Whether the run before a branch can be returned to."""
        return self.past.other_future is not None

    def branch(self) -> None:
        """Go on from the earlier moment that is shown, or say how one is."""
        if self.desk.session.racer is not None:
            self.desk.refuse(IN_A_RACE)
        elif not self.past.branch():
            self.desk.refuse(_NONE_SHOWN)

    def leave(self) -> None:
        """Show the present again."""
        self.past.leave()

    def return_to_other_future(self) -> None:
        """Return to the run before the branch."""
        self.past.return_to_other_future()

    def _ask(self, step: int | None) -> None:
        if self.desk.session.racer is not None:
            self.desk.refuse(IN_A_RACE)
        elif step is None:
            self.past.leave()
        else:
            self.past.look_at(step)

    def _ask_name(self, change: Change) -> None:
        """Ask for another name for a change, at its mark."""
        ask = QInputDialog(self.desk.window)
        ask.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ask.setObjectName("change.name")
        ask.setWindowTitle("Name this change")
        ask.setLabelText("Name at the mark:")
        ask.setTextValue(change.label)
        ask.textValueSelected.connect(lambda name: self.past.name_change(change, name))
        ask.open()

    def _say_moment(self, report: Report) -> None:
        if report.past is None:
            self.desk.messages.show_past("")
        else:
            words = _past_words(report)
            self.desk.messages.show_past(words, (BACK_TO_NOW, self.leave), (BRANCH_HERE, self.branch))
        if self._was_back != (report.past is not None):
            self._was_back = report.past is not None
            self._others.show()
            self.changed.emit()

    def _say_branched(self, then: Snapshot) -> None:
        words = f"Training continues from epoch {then.epoch:,}. The run before stays in the tracks as pale curves."
        self.desk.messages.show_past("")
        self.desk.say(words, (RETURN, self.return_to_other_future))

    def _show_other_future(self, future: Ghost | None) -> None:
        self._others.put("future", future)
        self.changed.emit()


def _past_words(report: Report) -> str:
    """Say which earlier moment a report shows, and how near it is to the one that was asked for."""
    shown, past = report.snapshot, report.past
    assert past is not None
    before = before_words(shown, past.present)
    words = f"Epoch {shown.epoch:,} of {past.present.epoch:,}, step {shown.step:,}, as it was{before}."
    if past.is_exact:
        return words
    if not past.is_kept:
        return f"{words} No moment nearer to step {past.asked:,} was kept."
    if past.seconds_left < 1:
        return words
    return f"{words} Replaying to step {past.asked:,}: about {past.seconds_left:,.0f} s; any move or edit cancels it."
