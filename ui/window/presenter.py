"""The way from the session to the window: experiments go to all panels, reports to the pictures in sight."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Signal

from playground import Experiment, Snapshot
from playground.measure.diagnosis import Finding, diagnose

from ..look.beat import Throttle, text_beat
from ..session.commands import Report
from ..views.view import View
from .desk import Desk
from .window_parts import WindowParts


class Presenter(QObject):
    """Shows in the parts of a window what the session reports, and requests only what is in sight."""

    words_shown = Signal()
    """All texts have changed, at most four times a second."""

    def __init__(self, desk: Desk, parts: WindowParts) -> None:
        super().__init__(desk)
        self.desk, self.parts = desk, parts
        self.running = False
        self._diverged, self._engine = False, ""
        self._words = Throttle(self._show_words, self)
        session = desk.session
        session.experiment_changed.connect(self.show_experiment)
        session.reported.connect(self.show_report)
        session.refused.connect(desk.refuse)
        session.failed.connect(desk.tell)
        session.undo_changed.connect(desk.messages.take_back_refusal)
        session.pausing.connect(desk.messages.say_pausing)
        session.engine_refused.connect(self.say_engine_refused)
        desk.docks.changed.connect(self.request_what_is_seen)
        # Qt does not hide a view whose dock goes behind another.
        desk.docks.left.connect(self._leave_sight)

    def adopt_parts(self) -> None:
        """Watch parts that were just made, and show the present moment in them."""
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
        """Request what the views in sight need, and nothing else."""
        docks, session, parts = self.desk.docks, self.desk.session, self.parts
        seen = [] if self.desk.window.isMinimized() else [view for view in parts.views if docks.shows(view)]
        session.request(frozenset().union(*(view.requests for view in seen)))
        (parts.layers.wake if docks.shows(parts.layers) else parts.layers.sleep)()
        for view in seen:
            # They have not heard of edits while they were out of sight.
            view.show_experiment(session.experiment)

    def _leave_sight(self, name: str) -> None:
        content = self.desk.docks.docks[name].widget()
        if isinstance(content, View):
            content.leave_sight()

    def show_experiment(self, experiment: Experiment) -> None:
        """Show an experiment in every panel and every view in sight."""
        # Views first: panels move the keyboard, and a weight being typed would then be given to another one.
        for view in self.parts.views:
            if self.desk.docks.shows(view):
                view.show_experiment(experiment)
        for panel in self.parts.panels:
            panel.show_experiment(experiment)

    def show_report(self, report: Report) -> None:
        """Show the latest moment in every view in sight."""
        snapshot, parts, shows = report.snapshot, self.parts, self.desk.docks.shows
        if self._engine and snapshot.engine != self._engine:
            self.desk.say(
                "Fast engine ready." if snapshot.engine == "compiled" else "Training goes on with the reference engine."
            )
        first, self._engine = not self._engine, snapshot.engine
        for view in parts.views:
            if shows(view):
                view.show_snapshot(snapshot)
        if shows(parts.layers):
            parts.layers.show_snapshot(snapshot)
        parts.transport.show_snapshot(snapshot)
        parts.data.show_snapshot(snapshot)
        turned, self.running = report.running != self.running, report.running
        parts.transport.show_running(report.running)
        self._words.request()
        # One that diverges at once may never have been seen to run.
        if first or turned or (snapshot.status == "diverged") != self._diverged:
            text_beat().strike()
        self._show_divergence(snapshot)

    def _show_words(self) -> None:
        report = self.desk.session.report
        if report is None:
            return
        self.desk.messages.show_report(report)
        finding = _main_finding(report.snapshot)
        self.parts.gradients.show_finding(finding)
        # Said once: beside the gradients, or in the status line while they are out of sight.
        beside = self.desk.docks.shows(self.parts.gradients)
        self.desk.messages.diagnosis.show_finding(None if beside else finding)
        self.words_shown.emit()

    def _show_divergence(self, snapshot: Snapshot) -> None:
        """Say once that training diverged, with a remedy, until it goes on."""
        diverged = snapshot.status == "diverged"
        if diverged and not self._diverged:
            remedy = diagnose(snapshot)[0].remedy
            assert remedy is not None
            self.desk.tell(snapshot.problem, (remedy.label, lambda: self.desk.take_remedy(remedy)))
        elif self._diverged and not diverged:
            self.desk.messages.banner.hide()
        self._diverged = diverged

    def toggle(self) -> None:
        """Play or pause."""
        if self.running:
            self.desk.session.pause()
        else:
            self.desk.session.play()

    def say_engine_refused(self, reason: str) -> None:
        """Say why training stays on its present engine."""
        self.desk.say(f"The compiled engine is not available: {reason}")


def _main_finding(snapshot: Snapshot) -> Finding | None:
    """Return the first finding except divergence, which the banner tells."""
    return next((finding for finding in diagnose(snapshot) if finding.kind != "diverged"), None)
