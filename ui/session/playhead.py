"""The way to earlier moments of the run, for the window: looking at one, going on from there, and the other future.

While an earlier moment is shown, an edit is one of what is seen: it branches there first.
"""

from __future__ import annotations

from typing import Literal, Protocol

import numpy as np
from PySide6.QtCore import QObject, Signal, SignalInstance

from playground import Experiment, Snapshot
from playground.measure.changes import Change
from playground.measure.others import Ghost

from .commands import LookAt, Report
from .undo import ExperimentEdit, UndoHistory
from .worker import Command


class _Session(Protocol):
    """What the playhead needs of the session that owns it."""

    experiment: Experiment
    report: Report | None
    revision: int
    history: UndoHistory

    @property
    def racer(self) -> object | None:
        """The race that has the place of the run, while one is open."""

    @property
    def revised(self) -> SignalInstance:
        """Something was edited or is to move on."""

    @property
    def is_running(self) -> bool:
        """Whether training runs."""

    def send(self, command: Command) -> None:
        """Hand a command to the worker."""

    def put(
        self,
        experiment: Experiment,
        title: str,
        *,
        keep_as: object,
        fresh: bool = False,
        branch: int | None = None,
        back_to: int | None = None,
        announced: bool = True,
    ) -> None:
        """Make an experiment the present one."""

    def undo(self) -> None:
        """Undo the last change."""


class Playhead(QObject):
    """Where the window looks: at the present, or at an earlier moment."""

    other_future_moved = Signal(object)
    """Carries the run as it was before the latest branch, a Ghost, or None if there is none any more."""
    branched = Signal(object)
    """Training goes on from an earlier moment. Carries the Snapshot of that."""

    def __init__(self, session: _Session, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.looks_back = False
        """Whether an earlier moment is shown, or asked for."""
        self.other_future: Ghost | None = None

    @property
    def shown(self) -> Report | None:
        """The report of the earlier moment that is shown; None while it is the present."""
        report = self._session.report
        return report if self.looks_back and report is not None and report.past is not None else None

    @property
    def experiment(self) -> Experiment:
        """The experiment that is shown."""
        report = self.shown
        return self._session.experiment if report is None else report.snapshot.experiment

    def look_at(self, step: int) -> None:
        """Show the moment of an earlier step, or for the present one and later ones the present."""
        session = self._session
        if session.racer is not None or session.report is None:
            return
        present = session.report.present.step
        if step >= present and not session.is_running:
            self.leave()
            return
        self.looks_back = True
        self._send(step)

    def leave(self) -> None:
        """Show the present again."""
        if self.looks_back:
            self.looks_back = False
            self._send(None)

    def stop_looking_back(self) -> None:
        """Stop looking back, since what happens next shows the present again."""
        self.looks_back = False

    def _send(self, step: int | None) -> None:
        self._session.revision += 1
        self._session.send(LookAt(step, self._session.revision))
        self._session.revised.emit()

    def move_on(self, by: Literal["step", "epoch"]) -> bool:
        """Show the moment a step or an epoch later; return False if the present is shown."""
        report = self.shown
        if report is None or report.past is None:
            return False
        steps = report.past.present.history.step
        step = report.snapshot.step + 1
        if by == "epoch":
            later = int(np.searchsorted(steps, report.snapshot.step, side="right"))
            step = int(steps[later]) if later < len(steps) else report.past.present.step
        self.look_at(step)
        return True

    def branch(self) -> bool:
        """Make the earlier moment that is shown the present, in one undo step; return False if none is shown."""
        then = self._branch()
        self.say_branched(then)
        return then is not None

    def branch_before_edit(self, *, announced: bool = False) -> Snapshot | None:
        """Branch if an earlier moment is shown, which an edit is of; return that moment, for `say_branched` after it.

        An edit of the experiment announces it, and panels would take another one before it for the end of a drag.
        """
        return self._branch(announced=announced)

    def say_branched(self, then: Snapshot | None) -> None:
        """Tell that training goes on from an earlier moment, if there is one."""
        if then is not None:
            self.branched.emit(then)

    def _branch(self, *, announced: bool = True) -> Snapshot | None:
        report = self.shown
        if report is None:
            return None
        then = report.snapshot
        self._continue(f"branch at epoch {then.epoch:,}", then.experiment, branch=then.step, announced=announced)
        return then

    def return_to_other_future(self) -> None:
        """Go on with the run as it was before the latest branch, in one undo step; this one becomes the other."""
        session, number = self._session, self._session.history.latest_branch
        if number is None or self.other_future is None:
            return
        if session.history.done[-1].number == number:
            session.undo()
            return
        edit = next(edit for edit in session.history.done if edit.number == number)
        assert isinstance(edit.what, ExperimentEdit)
        self._continue("return to the run before the branch", edit.what.before, back_to=number)

    def name_change(self, change: Change, name: str) -> None:
        """Give a change on record another name; an empty one changes nothing."""
        if name.strip():
            self._session.send(lambda worker: worker.trainer.run.record.name_change(change, name.strip()))

    def _continue(
        self,
        title: str,
        experiment: Experiment,
        *,
        branch: int | None = None,
        back_to: int | None = None,
        announced: bool = True,
    ) -> None:
        session = self._session
        edit = session.history.begin(title, ExperimentEdit(session.experiment, experiment, True, branches=True), False)
        keep_as = "undo", edit.number
        session.put(experiment, title, keep_as=keep_as, fresh=True, branch=branch, back_to=back_to, announced=announced)

    def follow(self, other_future: Ghost | None) -> None:
        """Pass on the other future, if it is new."""
        if other_future is not self.other_future:
            self.other_future = other_future
            self.other_future_moved.emit(other_future)
