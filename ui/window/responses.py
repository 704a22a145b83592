"""The response of the focused setting: which one it is, when it is trained, and how a value of it is applied."""

from __future__ import annotations

import os

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from playground import Experiment, InputError
from playground.experiment.paths import value_at, with_kind
from playground.studies.response import Knob, Reading, horizon_after, knob_at

from ..look.beat import Throttle
from ..session.commands import Report
from ..session.responder import LOOK_SECONDS, Responder
from ..views.response.view import ResponseView
from .desk import Desk
from .window_parts import WindowParts

FIRST_KNOB = "training.learning_rate"
"""The setting to begin with, and after one that is gone."""
_REST_MILLISECONDS = 60
"""How long a hand rests before anything is trained."""
_EDIT_MILLISECONDS = 50
"""The least time between two pictures of the known results while a setting is dragged."""
_FIRST_MILLISECONDS = 1000
"""The time from the first picture to the first response, since loading engines would delay the window."""
WHEN = {
    "always": "Always",
    "resting": "While training is paused",
    "off": "Never",
}
"""When other values are tried: the value in the settings, and its text in the menu."""
_SETTING = "responses"
_MOST_POINTS = 20_000
"""Points beyond which even the coarse values take many seconds."""
_NOT_READY = "The response appears once the engine for many networks is compiled."
_TRYING = "Trying other values…"
_PAUSED_ONLY = "The response is trained while training is paused."


class Responses(QObject):
    """Trains and shows the response of the focused control while the view is visible."""

    def __init__(self, desk: Desk, parts: WindowParts) -> None:
        super().__init__(desk)
        self.desk, self.parts = desk, parts
        self.view = parts.view(ResponseView)
        self.responder = Responder(self)
        self.responder.answered.connect(self._show)
        self.responder.failed.connect(self.view.show_words)
        usual = "always" if (os.cpu_count() or 1) > 1 else "resting"
        kept = str(desk.settings.value(_SETTING, usual))
        self.when = kept if kept in WHEN else usual
        self.path = FIRST_KNOB
        self._asked: tuple[Experiment, str, int] | None = None
        """The question that was answered last, or is being answered."""
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._train)
        self._has_been_seen = False
        self.view.installEventFilter(self)
        self.view.show_words(self._obstacle() or _TRYING)
        self.view.asked.connect(self._ask)
        self._edits = Throttle(self._renew, self, _EDIT_MILLISECONDS)
        desk.session.experiment_changed.connect(self._follow_edit)
        desk.session.reported.connect(self._look_ahead)
        desk.docks.changed.connect(self._follow_sight)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow_focus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self._has_been_seen:
            self._has_been_seen = True
            self._wait(_FIRST_MILLISECONDS)
        return False

    def _wait(self, milliseconds: int) -> None:
        """Train after a time, once the window has been painted."""
        if self._has_been_seen:
            self._rest.start(milliseconds)

    def close(self) -> None:
        """Wait until no response is in training."""
        self._rest.stop()
        self.responder.close()

    def choose_when(self, when: str) -> None:
        """Try other values always, only while training is paused, or never; kept for the next time."""
        self.when = when
        self.desk.settings.setValue(_SETTING, when)
        self._asked = None
        self._renew()

    def follow(self, path: str) -> None:
        """Show the response of another setting, if it has one."""
        if path != self.path and self._knob(path) is not None:
            self.path = path
            self._renew()

    def _follow_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None or not self.desk.window.isAncestorOf(now):
            return
        name = now.objectName()
        # The parts of a row are named by its path and a suffix.
        for path in (name, name.rpartition(".")[0]):
            if path and self._knob(path) is not None:
                self.follow(path)
                return

    def _follow_edit(self) -> None:
        """Cancel at once what was asked of another experiment; what a drag leaves of it is shown now and then."""
        self.responder.stop()
        self._wait(_REST_MILLISECONDS)
        self._edits.request()

    def _follow_sight(self) -> None:
        """Stop training responses while the view is hidden."""
        if not self.desk.docks.shows(self.view):
            self.responder.stop()
            self._rest.stop()
            self._asked = None
        elif self._asked is None and not self._rest.isActive():
            self._renew()

    def _knob(self, path: str) -> Knob | None:
        try:
            return knob_at(self.desk.session.experiment, path)
        except InputError:
            return None

    @property
    def _horizon(self) -> int:
        report = self.desk.session.report
        return horizon_after(report.snapshot.epoch if report is not None else 0)

    def _look_ahead(self, report: Report) -> None:
        """Renew the response once the run has passed the epochs that it covers, or has paused."""
        if self.when == "resting" and report.running:
            self.responder.stop()
            self._asked = None
        elif self.when == "off" or self._rest.isActive() or not self.desk.docks.shows(self.view):
            return
        elif self._asked is None or self._asked[2] != self._horizon:
            self._wait(_REST_MILLISECONDS)

    @property
    def _waits_for_pause(self) -> bool:
        report = self.desk.session.report
        return self.when == "resting" and report is not None and report.running

    def _obstacle(self) -> str:
        """The reason why no response can be trained now; empty if it can."""
        report = self.desk.session.report
        if self.when == "off":
            return "Responses are off. View › Responses turns them on."
        if report is not None and len(report.snapshot.sample) > _MOST_POINTS:
            return f"More than {_MOST_POINTS:,} points: trying other values would take too long."
        if not self.responder.is_ready(self.desk.session.experiment.precision):
            return _NOT_READY
        return ""

    def _renew(self) -> None:
        """Cancel the response in training, show the results so far, and resume after a pause in the user's edits."""
        self.responder.stop()
        knob = self._knob(self.path)
        if knob is None:
            # Its layer, or the choice that it belongs to, is gone.
            self.path, knob = FIRST_KNOB, self._knob(FIRST_KNOB)
        if knob is None or not self.desk.docks.shows(self.view):
            return
        self._wait(max(_REST_MILLISECONDS, self._rest.remainingTime()))
        if why := self._obstacle():
            self.view.show_words(why)
            return
        known = self.responder.read_again(self.desk.session.experiment, knob, self._horizon)
        if known is not None:
            self.view.show_reading(known)
        else:
            self.view.show_words(_PAUSED_ONLY if self._waits_for_pause else _TRYING)

    def _train(self) -> None:
        knob, experiment = self._knob(self.path), self.desk.session.experiment
        if knob is None or not self.desk.docks.shows(self.view):
            return
        asked = experiment, self.path, self._horizon
        if why := self._obstacle():
            self.view.show_words(why)
            if why == _NOT_READY:
                self._rest.start(round(1000 * LOOK_SECONDS))
            else:
                self._asked = asked
            return
        if self._waits_for_pause:
            return
        if asked == self._asked and self.responder.is_busy:
            return
        self._asked = asked
        try:
            self.responder.ask(experiment, knob, self._horizon)
        except InputError as error:
            self.view.show_words(str(error))

    def _show(self, reading: Reading) -> None:
        if reading.knob.path == self.path:
            self.view.show_reading(reading)

    def _ask(self, path: str, value: object, changing: bool) -> None:
        """Request a value of the reading; a choice is named by its kind, and the present one keeps its settings."""
        experiment = self.desk.session.experiment
        knob = self._knob(path)
        if knob is not None and knob.field.choices and isinstance(value, str):
            value = value_at(with_kind(experiment, path, value), path)
        self.parts.training.ask(path, value, changing)
