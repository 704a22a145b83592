"""Messages of the window: the banner, and the status line with notices and the diagnosis."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeAlias

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStatusBar, QToolButton, QWidget
from superqt import QElidingLabel

from playground.measure.diagnosis import Finding

from ..forms.buttons import identify
from ..forms.layouts import fill, tight
from ..look.theme import GRID, px
from ..session.commands import Report

_NOTICE_SECONDS = 10.0
"""How long a notice stays in the status line."""


def _remedy_button() -> QPushButton:
    return identify(QPushButton(), spoken="Remedy", hint="Does what the message advises.")


class _DiagnosisLine(QWidget):
    """The diagnosis in one sentence, with a remedy as a button."""

    accepted = Signal(object)
    """Carries the Remedy that the person accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.text = identify(QElidingLabel(), spoken="Diagnosis")
        self.text.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.remedy = _remedy_button()
        self.remedy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remedy.clicked.connect(self._accept)
        self.finding: Finding | None = None
        row = tight(QHBoxLayout(self), None, (2 * GRID, 2, GRID, 2))
        fill(row, self.text, self.remedy, wide=self.text)
        # Always the same height, so that nothing moves when a remedy comes or goes.
        self.setFixedHeight(px(4 * GRID))
        self.show_finding(None)

    def show_finding(self, finding: Finding | None) -> None:
        """Show the most important finding, or nothing."""
        remedy = finding.remedy if finding else None
        self.finding = finding
        # What stands beside it in the status line has all the room while there is nothing to say.
        self.setVisible(finding is not None)
        self.text.setText(finding.text if finding else "")
        self.text.setToolTip(finding.text if finding else "")
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self.remedy.setText(remedy.label)
            self.remedy.setAccessibleName(remedy.label)
            words = "and start again from the initial weights" if remedy.reset else "while training goes on"
            self.remedy.setToolTip(f"{remedy.label}, {words}. Ctrl+Z takes it back.")

    def _accept(self) -> None:
        if self.finding is not None and self.finding.remedy is not None:
            self.accepted.emit(self.finding.remedy)


Offer: TypeAlias = tuple[str, Callable[[], object]]
"""The words on a button and what it does."""


class _Banner(QFrame):
    """Line across the window that says what went wrong and may offer a remedy."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        self.text = QLabel(wordWrap=True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.remedy = _remedy_button()
        self.remedy.clicked.connect(self.apply_remedy)
        close = QToolButton()
        close.setText("✕")
        identify(close, spoken="Dismiss the message", hint="Dismiss the message")
        close.clicked.connect(self.hide)
        row = tight(QHBoxLayout(self), None, (2 * GRID, GRID, GRID, GRID))
        fill(row, self.text, self.remedy, close, wide=self.text)
        self.said: tuple[str, Offer | None, bool] = "", None, False
        """The text, its remedy, and whether it says that a change was refused."""
        self.hide()

    def tell(self, text: str, remedy: Offer | None = None, refuses: bool = False) -> None:
        """Show a message until it is dismissed or replaced."""
        self.said = text, remedy, refuses
        self.text.setText(text)
        self.setAccessibleName(text)
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            identify(self.remedy, spoken=remedy[0], hint=remedy[0]).setText(remedy[0])
        self.show()

    def apply_remedy(self) -> None:
        """Do what the message offers."""
        self.hide()
        if self.said[1] is not None:
            self.said[1][1]()


class Messages(QObject):
    """Messages to the person: notices in the status line for a while, what needs attention in the banner.

    The widgets can be made again at another zoom; they keep their messages.
    """

    def __init__(self, bar: QStatusBar) -> None:
        super().__init__(bar)
        self._bar = bar
        self._report: Report | None = None
        self._notice, self._noticed_at, self._offered = "", 0.0, ""
        self._measures = False
        self._make_widgets()

    def _make_widgets(self) -> None:
        self.banner, self.status, self.diagnosis = _Banner(), QElidingLabel(), _DiagnosisLine()
        identify(self.status, "status", "Status")
        self.status.setContentsMargins(px(GRID), 0, 0, 0)
        self._bar.addWidget(self.status, 1)
        self._bar.addWidget(self.diagnosis, 1)
        self._bar.setSizeGripEnabled(False)

    def rebuild(self) -> None:
        """Make the widgets again at the present zoom; the window has to place the new banner."""
        before = self.banner
        for label in (self.status, self.diagnosis):
            self._bar.removeWidget(label)
            label.deleteLater()
        self._make_widgets()
        if not before.isHidden():
            self.banner.tell(*before.said)
        if self._report is not None:
            self.show_report(self._report)

    def say(self, notice: str) -> None:
        """Put a notice into the status line."""
        self._notice, self._noticed_at = notice, time.monotonic()
        if self._report is not None:
            self.show_report(self._report)

    def tell(self, text: str, remedy: Offer | None = None) -> None:
        """Say in the banner what needs attention, with a remedy if there is one."""
        self.banner.tell(text, remedy)

    def offer(self, text: str, choice: Offer) -> None:
        """Say in the banner what was done, and offer another choice until something else is changed."""
        self.banner.tell(text, choice)
        self._offered = text
        self.say("")

    def withdraw_offer(self) -> None:
        """Hide an offer, because a change was made after it."""
        if self._offered and self.banner.said[0] == self._offered:
            self.banner.hide()
        self._offered = ""

    def refuse(self, text: str) -> None:
        """Say in the banner that a change was refused, until one is made."""
        self.banner.tell(text, refuses=True)

    def take_back_refusal(self) -> None:
        """Hide a refusal, because a change was made after it."""
        if self.banner.said[2]:
            self.banner.hide()

    def show_report(self, report: Report) -> None:
        """Show the state of training, and the latest notice for a while."""
        self._report = report
        recent = time.monotonic() - self._noticed_at < _NOTICE_SECONDS
        words = "Measuring after the latest change…" if self._measures else _status_words(report)
        self.status.setText(" ".join([words, *([self._notice] if recent and self._notice else [])]))

    def show_measuring(self, on: bool) -> None:
        """Say, or no longer, that the numbers of after the latest change are not there yet."""
        if on != self._measures:
            self._measures = on
            if self._report is not None:
                self.show_report(self._report)

    def say_pausing(self) -> None:
        """Say that a pause waits for a long step, until the next report."""
        self.status.setText("Pausing after the step in progress…")


def _status_words(report: Report) -> str:
    snapshot = report.snapshot
    place = f"epoch {snapshot.epoch:,}, step {snapshot.step:,}"
    if snapshot.status == "diverged":
        words = f"Diverged at {place}."
    elif snapshot.status == "completed":
        words = f"Completed: {place}."
    elif snapshot.status == "stopped_early":
        words = f"Stopped early at {place}."
    elif report.running:
        speed = f"{report.steps_per_second:,.0f} steps per second" if report.steps_per_second else "starting"
        words = f"Training on the {snapshot.engine} engine: {place}, {speed}."
    elif snapshot.step == 0:
        words = "Ready. Press play or the space bar to train."
    else:
        words = f"Paused at {place}."
    return " ".join([words, *snapshot.notes])
