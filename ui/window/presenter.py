"""The way from the session to the window: experiments go to all panels, reports to the pictures in sight."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from playground import Experiment, Snapshot
from playground.catalog.datasets.base import Sample
from playground.measure.diagnosis import Finding, diagnose
from playground.measure.observe import Request
from playground.measure.requests import ConfusionRequest
from playground.measure.skew import is_skewed

from ..look.beat import Throttle, text_beat
from ..panels.transport import TransportBar
from ..session.commands import Report, Undone
from ..session.racer import RaceReport
from ..shell.veil import Veil
from ..views.race.view import RaceView
from ..views.tracks.view import TracksView
from ..views.view import View
from .desk import Desk
from .window_parts import WindowParts

KEEP_WEIGHTS = "Keep the present weights"
_STEADY_MILLISECONDS = 3_000
"""How long a finding has to be gone, while training runs, before another takes its place, or none."""
_PATIENCE_MILLISECONDS = 150
"""After this time without an answer to an edit the numbers of before are dimmed; for less they would only flicker."""


class Presenter(QObject):
    """Shows the reports of the session in the parts of a window, and requests only what is in sight."""

    words_shown = Signal()
    """All texts have changed, at most four times a second."""

    def __init__(self, desk: Desk, parts: WindowParts) -> None:
        super().__init__(desk)
        self.desk, self.parts = desk, parts
        self.running = False
        self._diverged, self._engine, self._revision = False, "", 0
        self._problem = self._ending = self._said_ending = ""
        self._finding = _SteadyFinding()
        self._notes: tuple[str, ...] = ()
        self._step = 0
        """The latest undo step."""
        self._undone = ""
        """What the latest undo did, in words that a new edit makes outdated."""
        self._experiment = desk.session.experiment
        """The experiment that panels and pictures show."""
        self._is_past = False
        """Whether they show an earlier moment."""
        self._sample: Sample | None = None
        self._skewed = False
        self._seen: list[View] = []
        self._unanswered: set[View] = set()
        """Views that have come into sight and show an earlier moment until a report answers their requests."""
        self._veils: dict[QWidget, Veil] = {}
        self._patience = QTimer(self, interval=_PATIENCE_MILLISECONDS, singleShot=True)
        self._patience.timeout.connect(self._show_waiting)
        self._words = Throttle(self._show_words, self)
        session = desk.session
        session.experiment_changed.connect(self.show_experiment)
        session.reported.connect(self.show_report)
        session.revised.connect(self._await_report)
        session.refused.connect(desk.refuse)
        session.failed.connect(desk.tell)
        session.undo_changed.connect(self._note_step)
        session.pausing.connect(self._show_words)
        session.engine_refused.connect(self.say_engine_refused)
        session.undone_or_redone.connect(self.say_undone)
        session.race_reported.connect(self._show_race)
        session.race_closed.connect(self._end_race)
        desk.docks.changed.connect(self.request_what_is_seen)
        # Qt does not hide a view whose dock goes behind another.
        desk.docks.left.connect(self._leave_sight)

    def adopt_parts(self) -> None:
        """Watch parts that were just made, and show the present moment in them."""
        self._seen, self._unanswered = [], set()
        readout, said = self.parts.transport.readout.numbers, self.desk.messages.strip.text
        following = (view for view in self.parts.views if view.follows_run)
        self._veils = {widget: Veil(widget) for widget in (*following, *readout, said)}
        for view in self.parts.views:
            view.installEventFilter(self)
            view.requests_changed.connect(self.request_what_is_seen)
        session = self.desk.session
        self.show_experiment(session.experiment)
        if session.report is not None:
            self.show_report(session.report)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self.request_what_is_seen()
        return super().eventFilter(watched, event)

    def request_what_is_seen(self) -> None:
        """Request the answers that the views in sight need, and no others."""
        docks, session, parts = self.desk.docks, self.desk.session, self.parts
        seen = [] if self.desk.window.isMinimized() else [view for view in parts.views if docks.shows(view)]
        # The header has each class's recall where accuracy says little.
        counted = frozenset[Request[Any]]({ConfusionRequest()} if self._skewed else ())
        session.request(counted.union(*(view.requests for view in seen)))
        (parts.layers.wake if docks.shows(parts.layers) else parts.layers.sleep)()
        for view in seen:
            # They have not heard of edits while they were out of sight.
            view.show_experiment(self._experiment)
        if session.report is not None:
            self._unanswered |= {view for view in seen if view not in self._seen and view.follows_run}
            self._unanswered &= set(seen)
        self._seen = seen
        self._show_waiting()

    @property
    def waits(self) -> bool:
        """Whether any visible number is dimmed because it is out of date."""
        return any(veil.is_drawn for veil in self._veils.values())

    def _await_report(self) -> None:
        if not self._patience.isActive():
            self._patience.start()

    def _show_waiting(self) -> None:
        """Dim the parts whose numbers are out of date."""
        late = not (self.desk.session.is_up_to_date or self._patience.isActive() or self.desk.session.report is None)
        messages = self.desk.messages
        messages.show_measuring(late)
        for widget, veil in self._veils.items():
            # What has just happened is of the present moment, what ails the network is not.
            waits = late and (widget is not messages.strip.text or messages.says_finding)
            veil.draw(waits or widget in self._unanswered)

    def _leave_sight(self, name: str) -> None:
        content = self.desk.docks.docks[name].widget()
        if isinstance(content, View):
            content.leave_sight()

    def show_experiment(self, experiment: Experiment) -> None:
        """Show an experiment in every panel and every view in sight."""
        self._experiment = experiment
        # Views first: panels move the keyboard, and a weight being typed would then be given to another one.
        for view in self.parts.views:
            if self.desk.docks.shows(view):
                view.show_experiment(experiment)
        for panel in self.parts.panels:
            panel.show_experiment(experiment)

    def show_report(self, report: Report) -> None:
        """Show the latest moment in every view in sight."""
        snapshot, present, parts = report.snapshot, report.present, self.parts
        if self._engine and present.engine != self._engine:
            is_compiled = present.engine == "compiled"
            self.desk.messages.remark(
                "Compiled engine ready." if is_compiled else "Training goes on with the reference engine."
            )
        first, self._engine = not self._engine, present.engine
        on_the_way = report.past is not None and report.past.is_on_the_way
        if on_the_way:
            # Pictures first: words would only delay them, and in a moment say something else.
            text_beat().hold()
        self._follow_experiment(report)
        for view in self._seen:
            # The whole run lies on the time axis, whatever moment of it is shown.
            view.show_snapshot(present if view is parts.tracks else snapshot)
        parts.tracks.show_past(None if report.past is None else snapshot, report.first)
        if self.desk.docks.shows(parts.layers):
            parts.layers.show_snapshot(snapshot)
        if snapshot.sample is not self._sample:
            self._sample, before = snapshot.sample, self._skewed
            self._skewed = is_skewed(snapshot.sample)
            if self._skewed != before:
                self.request_what_is_seen()
        parts.transport.show_snapshot(snapshot)
        parts.data.show_snapshot(snapshot)
        turned = self._show_running()
        self._words.request()
        revised, self._revision = report.revision != self._revision, report.revision
        if revised:
            self._patience.stop()
            if not self.desk.session.is_up_to_date:
                self._patience.start()
        # At rest nothing changes but what a person has just asked for: words follow at once, as pictures do.
        rests = not report.running and not on_the_way
        if first or turned or rests or (present.status == "diverged") != self._diverged:
            text_beat().strike()
        self._unanswered = {view for view in self._unanswered if not view.requests <= report.requests}
        self._show_waiting()
        self._show_divergence(present)
        self._show_ending(present)
        self._show_notes(present)

    def _follow_experiment(self, report: Report) -> None:
        """Show the settings of an earlier moment while that is shown, and the present ones again after it."""
        # After an edit, reports of before it may still arrive.
        wanted = self.desk.session.past.experiment
        if (report.past is not None or self._is_past) and wanted != self._experiment:
            self.show_experiment(wanted)
        self._is_past = report.past is not None

    def _show_running(self) -> bool:
        """Show whether training runs; return whether that has changed."""
        before, self.running = self.running, self.desk.session.is_running
        self.parts.transport.show_running(self.running)
        return self.running != before

    @property
    def _race_parts(self) -> tuple[TransportBar, TracksView, RaceView]:
        """The parts that show a race in place of the run."""
        return self.parts.transport, self.parts.tracks, self.parts.view(RaceView)

    def _show_race(self, report: RaceReport) -> None:
        """Show a moment of a race in place of the run's."""
        for part in self._race_parts:
            part.show_race(report.moment)
        self._words.request()
        if self._show_running() or not report.running:
            text_beat().strike()

    def _end_race(self) -> None:
        for part in self._race_parts:
            part.show_race(None)
        self._show_running()
        self._words.request(at_once=True)

    def _show_words(self) -> None:
        report, race = self.desk.session.report, self.desk.session.race_report
        if report is None:
            return
        self.desk.messages.show_race("" if race is None else _race_words(race))
        self.desk.messages.show_report(report, pausing=self.desk.session.is_pausing)
        if self.desk.session.racer is not None:
            # It would be taken for one of the lanes.
            self.desk.messages.show_finding(None)
        elif report.past is None:
            # Of an earlier moment the strip says which it is.
            self.desk.messages.show_finding(self._finding.of(report.snapshot, running=report.running))
        self._show_waiting()
        self.words_shown.emit()

    def _show_divergence(self, snapshot: Snapshot) -> None:
        """Say once that training diverged, with a remedy, until it goes on."""
        diverged = snapshot.status == "diverged"
        if diverged and not self._diverged:
            remedy = diagnose(snapshot)[0].remedy
            assert remedy is not None
            self._problem = snapshot.problem
            self.desk.tell(self._problem, (remedy.words, lambda: self.desk.take_remedy(remedy)), "diverged")
        elif self._diverged and not diverged:
            self.desk.messages.settle(self._problem)
        self._diverged = diverged

    def _show_ending(self, snapshot: Snapshot) -> None:
        """Say once what early stopping did, and how to go on, until training does."""
        ending, self._ending = self._ending, snapshot.ending
        if self._ending and self._ending != ending:
            if snapshot.status == "completed":
                self._said_ending = f"{self._ending} Set more epochs, or no limit, to continue."
                self.desk.say(self._said_ending)
            else:
                self._said_ending = f"{self._ending} Play continues from there with fresh patience."
                self.desk.say(self._said_ending, ("Go on", self.desk.session.play), by_itself=True)
        elif ending and not self._ending:
            self.desk.messages.settle(self._said_ending)

    def _show_notes(self, snapshot: Snapshot) -> None:
        """Say once what the last edit had to give up."""
        before, self._notes = self._notes, snapshot.notes
        if self._notes != before:
            self.desk.messages.add(" ".join(self._notes))

    def toggle(self) -> None:
        """Play or pause."""
        if self.running:
            self.desk.session.pause()
        else:
            self.desk.session.play()

    def _note_step(self) -> None:
        """End offers for what was before a step; more of a drag is no step of its own."""
        step = self.desk.session.history.latest
        if step != self._step:
            self._step = step
            self.desk.messages.note_change()
            if not self.desk.session.history.undone:
                self.desk.messages.settle(self._undone)

    def say_undone(self, undone: Undone) -> None:
        """Say what undoing or redoing did; where it restored weights, offer to keep those from before."""
        self._undone = undone.text
        if undone.brought_weights:
            self.desk.say(undone.text, (KEEP_WEIGHTS, lambda: self.desk.session.keep_weights(undone.number)))
        else:
            self.desk.say(undone.text)

    def say_engine_refused(self, reason: str) -> None:
        """Say why training stays on its present engine."""
        self.desk.say(f"The compiled engine is not available: {reason}")


def _race_words(report: RaceReport) -> str:
    """Describe a race for the status line."""
    moment = report.moment
    state = "Racing" if report.running else "The race is over" if moment.is_over else "The race is paused"
    how = "trained side by side" if moment.is_together else f"on the {moment.engine} engine"
    return f"{state}: {len(moment.lanes)} lanes, {how}, {moment.progress}. The run waits."


class _SteadyFinding:
    """The finding that is shown: while training goes on, it gives way only after it has been gone for a while.

    Losses jump from one epoch to the next, and a message about them, and its button, would come and go.
    """

    def __init__(self) -> None:
        self._shown: Finding | None = None
        self._moment: Snapshot | None = None
        self._gone = QElapsedTimer()

    def of(self, snapshot: Snapshot, *, running: bool) -> Finding | None:
        """Return the finding to show of a moment: never divergence, which is told as a fault."""
        found = {one.kind: one for one in diagnose(snapshot) if one.kind != "diverged"}
        first, shown = next(iter(found.values()), None), self._shown
        before, self._moment = self._moment, snapshot
        goes_on = before is not None and before.experiment == snapshot.experiment and before.step <= snapshot.step
        if shown is None or not (running and goes_on) or (first is not None and first.kind == shown.kind):
            self._gone.invalidate()
        elif not self._gone.isValid():
            self._gone.start()
        waits = self._gone.isValid() and self._gone.elapsed() < _STEADY_MILLISECONDS
        self._shown = found.get(shown.kind, shown) if waits and shown is not None else first
        return self._shown
