"""The responses in sight: the settings they belong to, when they are trained, and how a value is applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication, QWidget

from playground import Document, Experiment, InputError, check
from playground.experiment.paths import value_at
from playground.experiment.words import edit_words, error_words
from playground.run.run import Checkpoint
from playground.studies.comparison import train_alone
from playground.studies.knobs import Knob, knob_at
from playground.studies.reading import Measure, ResponseReading
from playground.studies.response import horizon_after
from playground.studies.response_map import MapReading

from ..forms.bars import Bar
from ..forms.controls import Combo
from ..look.beat import Throttle
from ..session.commands import Report
from ..session.jobs import Job, finish_jobs
from ..session.power import is_on_battery, spare_cores
from ..session.responder import LOOK_SECONDS, Asked, Responder, Terms
from ..views.response.map_view import MapView
from ..views.response.sheet import ResponseSheet
from ..views.response.view import ResponseView, response_bars
from .desk import Desk
from .response_files import ResponseFiles
from .window_parts import WindowParts

FIRST_KNOB = "training.learning_rate"
"""The setting to begin with, and after one that is gone."""
MAP = "map"
"""What stands for the map among settings."""
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
_POWER_MILLISECONDS = 20_000
"""How often to look whether the machine runs on battery, until a person has chosen."""
_MOST_POINTS = 20_000
"""Points beyond which even the coarse values take many seconds."""
_NOT_READY = "Responses appear once their engine is compiled."
_TRYING = "Trying other values…"
_PAUSED_ONLY = "Other values are tried only while training is paused."


def usual_when() -> str:
    """When other values are tried unless a person has chosen: while training is paused on one core or on battery."""
    return "resting" if spare_cores() < 1 or is_on_battery() else "always"


def best_value(desk: Desk, parts: WindowParts, knob: Knob, measure: Measure | None = None) -> Any:
    """The value that a response in sight, of a measure or any, has found to be better than the present one, or None."""
    for response in (parts.view(ResponseView), parts.thin_response):
        # Out of sight, a response may be one of other data.
        reading = response.reading if desk.docks.shows(response) else None
        if reading is None or reading.knob.path != knob.path or measure not in (None, reading.measure):
            continue
        if reading.best is not None:
            return reading.best.value if reading.present.value == knob.values[knob.present] else None
    return None


class Responses(QObject):
    """Trains and shows the response of the focused control, and the thin one in the header, while they are visible."""

    when_changed = Signal()

    def __init__(self, desk: Desk, parts: WindowParts) -> None:
        super().__init__(desk)
        self.desk, self.parts = desk, parts
        self.view, self.thin, self.map = parts.view(ResponseView), parts.thin_response, parts.view(MapView)
        self.sheet = parts.view(ResponseSheet)
        self.responder = Responder(self)
        self.files = ResponseFiles(desk, self.responder.known)
        self.responder.answered.connect(self._show)
        self.responder.failed.connect(self.view.show_words)
        kept = str(desk.settings.value(_SETTING, ""))
        self.is_chosen = kept in WHEN
        """Whether a person has chosen when, and not the machine's power."""
        self.when = kept if self.is_chosen else usual_when()
        self._power = QTimer(self, interval=_POWER_MILLISECONDS)
        self._power.timeout.connect(self._follow_power)
        if not self.is_chosen:
            self._power.start()
        self.path = FIRST_KNOB
        self.measure: Measure = "loss"
        self.epochs = 0
        """How long values train; 0 for the next round number of epochs that the run has not passed."""
        self.beginning: Checkpoint | None = None
        """The moment from which values go on; None for the initial weights."""
        self._step = 0
        """The step of the latest report, which may be older than the moment while training runs."""
        self._followed = desk.session.experiment
        """The experiment that responses were last renewed for."""
        self._has_bars = False
        self._asked: tuple[Experiment, list[str], Terms] | None = None
        """The question that was answered last, or is being answered."""
        self._rest = QTimer(self, singleShot=True)
        self._rest.timeout.connect(self._train)
        self._has_been_seen = False
        for picture in (self.view, self.thin, self.sheet, self.map):
            picture.installEventFilter(self)
        self.view.show_words(self._obstacle() or _TRYING)
        for one in (self.view, self.sheet):
            one.asked.connect(self._ask)
            one.weights_asked.connect(lambda path, value: self._open({path: value}))
        for copied, saved in (
            (self.view.chart.copy_asked, self.view.chart.save_asked),
            (self.sheet.copy_asked, self.sheet.save_asked),
        ):
            copied.connect(self.files.copy_line)
            saved.connect(self.files.ask_save)
        self.view.enlarged.connect(lambda: desk.docks.show(self.sheet.name))
        self.sheet.changed.connect(self._follow_sheet)
        self.sheet.map_asked.connect(self._show_map)
        self.sheet.follow(self.path)
        self.map.changed.connect(self._follow_map)
        self.map.asked.connect(self._open_pixel)
        self.view.measure.picked.connect(self._choose_measure)
        self.view.horizon.picked.connect(self._choose_epochs)
        self.view.beginning.picked.connect(self._choose_beginning)
        parts.network.units_asked.connect(lambda place, _: self.follow(f"layers.{place}.units"))
        parts.network.feature_toggled.connect(lambda *_: self.follow("features"))
        parts.network.layer_asked.connect(lambda _: self.follow("layers"))
        self._edits = Throttle(self._renew, self, _EDIT_MILLISECONDS)
        desk.session.revised.connect(self._cancel)
        desk.session.experiment_changed.connect(self._follow_edit)
        desk.session.reported.connect(self._look_ahead)
        # A window that opens shows a dozen docks at once.
        self._sight = QTimer(self, interval=0, singleShot=True)
        self._sight.timeout.connect(self._follow_sight)
        desk.docks.changed.connect(self._sight.start)
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
        self._sight.stop()
        self._power.stop()
        self.responder.close()
        finish_jobs(self)

    def choose_when(self, when: str) -> None:
        """Try other values always, only while training is paused, or never; kept for the next time."""
        self.is_chosen = True
        self._power.stop()
        self.desk.settings.setValue(_SETTING, when)
        self._use_when(when)

    def _follow_power(self) -> None:
        """Wait for pauses on battery, and no longer than that."""
        if (when := usual_when()) != self.when:
            self._use_when(when)

    def _use_when(self, when: str) -> None:
        self.when = when
        self.when_changed.emit()
        self._asked = None
        self._renew()

    def _choose_measure(self, measure: Measure) -> None:
        self.measure = measure
        self._renew()

    def _choose_epochs(self, epochs: str) -> None:
        self.epochs = int(epochs)
        self._renew()

    def _choose_beginning(self, beginning: str) -> None:
        if beginning == "here":
            self.desk.session.ask(lambda trainer: trainer.checkpoint(), self._begin_at, of_shown=True)
        else:
            self._begin_at(None)

    def _begin_at(self, moment: Checkpoint | None) -> None:
        # Someone may have chosen otherwise while the worker was busy.
        if moment is None or self.view.beginning.value == "here":
            self.beginning, self._asked = moment, None
            self._renew()

    def follow(self, path: str) -> None:
        """Show the response of another setting, if it has one."""
        if path != self.path and self._knob(path) is not None:
            self._show_bars([])
            self._take_in_hand(path)
            self._renew()

    def _take_in_hand(self, path: str) -> None:
        self.path = path
        self.sheet.follow(path)
        self.sheet.show_experiment(self.experiment)

    def _follow_focus(self, _: QWidget | None, now: QWidget | None) -> None:
        if now is None or not self.desk.window.isAncestorOf(now):
            return
        path = now.objectName()
        # The parts of a row are named by its path and a suffix.
        while path and self._knob(path) is None:
            path = path.rpartition(".")[0]
        if path:
            self.follow(path)

    @property
    def experiment(self) -> Experiment:
        """The experiment that responses are about: that of the earlier moment on show, else the present one."""
        shown = self.desk.session.past.shown
        return self.desk.session.experiment if shown is None else shown.snapshot.experiment

    def _cancel(self) -> None:
        """Cancel what was asked of another experiment, before all panels show the new one."""
        if self._asked is not None and self._asked[0] != self.experiment:
            self.responder.stop()

    def _follow_edit(self) -> None:
        """Begin again with another experiment after a rest; what a drag leaves is shown now and then."""
        self._followed = self.experiment
        self.responder.stop()
        self._wait(_REST_MILLISECONDS)
        self._edits.request()

    def _follow_sight(self) -> None:
        """Train only what is in sight."""
        if self._asked is None or self._asked[1:] != (self._paths, self._terms):
            self._asked = None
            self.responder.stop()
            self._rest.stop()
            self._renew()

    def _follow_map(self) -> None:
        self._asked = None
        self._renew()

    def _follow_sheet(self) -> None:
        self.sheet.show_experiment(self.experiment)
        self._asked = None
        self._renew()

    def _show_map(self, across: str, up: str) -> None:
        self.desk.docks.show(self.map.name)
        # A view that comes into sight is told of the experiment a moment later.
        self.map.show_experiment(self.experiment)
        self.map.choose(across, up)

    def _knob(self, path: str) -> Knob | None:
        try:
            return knob_at(self.experiment, path)
        except InputError:
            return None

    @property
    def _paths(self) -> list[str]:
        """The settings with a response in sight, the one in hand first, and the map."""
        shows = self.desk.docks.shows
        shown = [self.path] if shows(self.view) else []
        shown += self.sheet.paths if shows(self.sheet) else []
        shown += [FIRST_KNOB] if self.thin.isVisible() else []
        return [*dict.fromkeys(shown), *([MAP] if shows(self.map) else [])]

    @property
    def _terms(self) -> Terms:
        report, here = self.desk.session.report, self.beginning
        epoch = report.snapshot.epoch if report is not None and here is None else 0
        more = self.sheet.measures if self.desk.docks.shows(self.sheet) else ()
        return Terms(self.epochs or horizon_after(epoch), tuple(dict.fromkeys([self.measure, *more])), here)

    def _look_ahead(self, report: Report) -> None:
        """Renew the response for another moment, or once the run is past the epochs that it covers or has paused."""
        before, self._step = self._step, report.present.step
        if self.beginning is not None and self._step < min(before, self.beginning.state.step):
            # The moment belongs to a run that is gone.
            self.view.beginning.show_index(0)
            self._begin_at(None)
        if self._followed is not self.experiment and self._followed != self.experiment:
            # The settings of an earlier moment are shown, or the present ones again.
            self._follow_edit()
        if self.when == "resting" and report.running:
            self.responder.stop()
            self._asked = None
        elif self.when == "off" or self._rest.isActive() or not self._paths:
            return
        elif self._asked is None or self._asked[2] != self._terms:
            self._wait(_REST_MILLISECONDS)

    @property
    def _waits_for_pause(self) -> bool:
        report = self.desk.session.report
        return self.when == "resting" and report is not None and report.running

    @property
    def may_train(self) -> bool:
        """Whether other runs may be trained beside the one in the window now."""
        return not self._obstacle() and not self._waits_for_pause

    def _obstacle(self) -> str:
        """The reason why no response can be trained now; empty if it can."""
        report = self.desk.session.report
        if self.when == "off":
            return "Responses are off. View › Other runs turns them on."
        if report is not None and len(report.snapshot.sample) > _MOST_POINTS:
            return f"More than {_MOST_POINTS:,} points: trying other values would take too long."
        if not self.responder.is_ready(self.experiment.precision):
            return _NOT_READY
        return ""

    def _renew(self) -> None:
        """Cancel the response in training, show the results so far, and resume after a pause in the user's edits."""
        self.responder.stop()
        if self._knob(self.path) is None:
            # Its layer, or the choice that it belongs to, is gone.
            self._take_in_hand(FIRST_KNOB)
        if not self._paths:
            return
        self._wait(max(_REST_MILLISECONDS, self._rest.remainingTime()))
        if why := self._obstacle():
            for name in self._paths:
                self._show_words(name, why)
            return
        words = _PAUSED_ONLY if self._waits_for_pause else _TRYING
        for one in self._questions():
            known = self.responder.read_again(one, self._terms.measures)
            for answer in known:
                self._show(*answer)
            if not known:
                self._show_words(one.name, words)

    def _questions(self) -> list[Asked]:
        """The responses and maps in sight that can be trained, each without results."""
        experiment, terms = self.experiment, self._terms
        knobs = (self._knob(path) for path in self._paths if path != MAP)
        made: list[Asked] = [terms.response(experiment, knob) for knob in knobs if knob is not None]
        axes = self.map.axes(experiment) if self._paths[-1:] == [MAP] else None
        return [*made, *([] if axes is None else [terms.map(experiment, axes)])]

    def _show_words(self, name: str, words: str) -> None:
        if name == MAP:
            self.map.show_words(words)
        self.sheet.show_words(name, words)
        if name == self.path:
            self.view.show_words(words)
            self._show_bars([])
        if name == FIRST_KNOB:
            self.thin.show_reading(None)

    def _train(self) -> None:
        asked = self.experiment, self._paths, self._terms
        if not self._paths:
            return
        if why := self._obstacle():
            for name in self._paths:
                self._show_words(name, why)
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
            self.responder.ask(self._questions(), self._terms.measures)
        except InputError as error:
            self.view.show_words(error_words(error, self.experiment))

    def _show(self, reading: ResponseReading | MapReading, measure: Measure) -> None:
        if isinstance(reading, MapReading):
            self.map.show_reading(reading)
            return
        if self.desk.docks.shows(self.sheet):
            self.sheet.show_reading(reading, measure)
        if measure != self.measure:
            return
        if reading.knob.path == self.path:
            self.view.show_reading(reading)
            if not reading.knob.is_number:
                self._show_bars(response_bars(reading))
        if reading.knob.path == FIRST_KNOB:
            self.thin.show_reading(reading)

    def _show_bars(self, bars: list[Bar | None]) -> None:
        """Show the outcomes in the list of the setting in hand, if it has one."""
        if not (bars or self._has_bars):
            return
        self._has_bars = bool(bars)
        combo = self.desk.window.findChild(Combo, self.path)
        if combo is not None:
            combo.show_bars(bars)

    # Values of them -----------------------------------------------------------------------------------------------

    def _open_pixel(self, row: int, column: int) -> None:
        """Open the experiment of a pixel, with the weights that it was trained to."""
        reading = self.map.reading
        if reading is not None:
            across, up = reading.across, reading.up
            values = {up.knob.path: up.values[row], across.knob.path: across.values[column]}
            self._open(values)

    def _open(self, values: Mapping[str, object]) -> None:
        """Train the experiment with other values again, and open it with its weights: one step for undo."""
        session, terms = self.desk.session, self._terms
        try:
            wanted = check(self.experiment.with_(values))
        except InputError as error:
            self.desk.refuse(error_words(error, self.experiment))
            return
        self.responder.stop()
        # Of an earlier moment on show, what differs from that.
        begun, words = session.revision, edit_words(self.experiment, wanted)
        which = self._start_words(values)

        def open_it(document: Document) -> None:
            # An edit in the meantime is wanted more.
            if session.revision == begun:
                session.open(wanted, f"{words} with its weights", document)
                said = f"Opened: {words or 'the present settings'}{which}, as trained for {terms.epochs:,} epochs."
                self.desk.say(said, ("Undo", session.undo))

        def train(job: Job) -> Document:
            return train_alone(wanted, terms.epochs, terms.beginning, lambda: job.cancelled)

        Job(self, train, open_it, lambda error: self.desk.refuse(str(error)))

    def _start_words(self, values: Mapping[str, object]) -> str:
        """Say which start of a value is opened, if there are several: the first, whose seed is the present one."""
        path, value = next(iter(values.items()))
        knob = self._knob(path)
        if len(values) > 1 or knob is None:
            return ""
        known = self.responder.read_again(self._terms.response(self.experiment, knob), [self.measure])
        reading = known[0][0] if known else None
        if not isinstance(reading, ResponseReading):
            return ""
        n = next((one.n for one in reading.values if one.value == value), 0)
        return f", {reading.repeats} 1 of {n}" if n > 1 else ""

    def _ask(self, path: str, value: object, changing: bool) -> None:
        """Request a value of the reading; the present one of a choice keeps its settings."""
        knob, experiment = self._knob(path), self.experiment
        if knob is not None and not knob.is_number:
            value = value_at(experiment.with_({path: value}), path)
        self.parts.training.ask(path, value, changing)
