"""The window's tour, which can be left and resumed in another session, and is offered on the first start."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, SignalInstance
from PySide6.QtWidgets import QToolBar

from ..session.commands import Report
from ..shell.tour import Tour, TourTarget
from .control_commands import ControlCommands
from .desk import Desk
from .responses import Responses
from .tour_stops import TourStops
from .window_parts import WindowParts

_OFFERED, _REACHED = "tour/offered", "tour/stop"
_INVITATION = "New here? Press Play. Or take the tour: six things to do, in five minutes."


class WindowTour(QObject):
    """Begins and ends the tour, and keeps the stop that was reached in the settings."""

    changed = Signal()
    """The tour began or ended, or reached another stop."""
    finished = Signal()
    """The last stop was done or skipped."""

    def __init__(self, desk: Desk, parts: WindowParts, responses: Responses, controls: ControlCommands) -> None:
        super().__init__(desk)
        self.desk, self._reveal = desk, controls.reveal
        self.shown: Tour | None = None
        self._stops = TourStops(desk, parts, responses).table()

    @property
    def at(self) -> int:
        """The stop that the person reached and has not done, from 0."""
        at = str(self.desk.settings.value(_REACHED, 0))
        return int(at) if at.isdecimal() and int(at) < len(self._stops) else 0

    def start(self) -> None:
        """Go on with the tour where it was left, or begin it; if it is shown, point at its target again."""
        if self.shown is not None:
            self.shown.point()
            return
        window, docks = self.desk.window, self.desk.docks
        header = [TourTarget(bar) for bar in window.findChildren(QToolBar, "bar")]
        tour = Tour(window, self._stops, self.at, reveal=self._reveal, is_seen=docks.shows, spared=header)
        self.shown = tour
        self.desk.messages.settle(_INVITATION)
        tour.reached.connect(self._keep)
        tour.ended.connect(self._forget)
        self.changed.emit()

    def start_over(self) -> None:
        """Begin the tour at its first stop."""
        self._keep(0)
        if self.shown is None:
            self.start()
        else:
            self.shown.go_to(0)

    def go_on(self) -> None:
        """Go to the next stop, if the tour is shown."""
        if self.shown is not None:
            self.shown.go_on()

    def words_for(self, dialog: str) -> str:
        """What the tour asks for in a dialog, which covers its card; empty if it asks for nothing there."""
        tour = self.shown
        return tour.task.ask_there if tour is not None and not tour.is_done and tour.task.dialog == dialog else ""

    def follow_zoom(self) -> None:
        """Show the target again, which another layout may have hidden."""
        if self.shown is not None:
            self.shown.point()

    def close(self) -> None:
        """Leave the tour, if it is shown."""
        if self.shown is not None:
            self.shown.end()

    def words(self) -> str:
        """The text of its menu entry."""
        if self.shown is not None:
            return "Show where the &tour is"
        return f"Continue the &tour at stop {self.at + 1} of {len(self._stops)}" if self.at else "Take the &tour"

    def _keep(self, at: int) -> None:
        goes_on = at < len(self._stops)
        self.desk.settings.setValue(_REACHED, at if goes_on else 0)
        self.changed.emit()
        if not goes_on:
            self.finished.emit()

    def _forget(self) -> None:
        self.shown = None
        self.changed.emit()

    def offer(self) -> None:
        """Offer the tour on the first start."""
        settings = self.desk.settings
        if not settings.value(_OFFERED, False, bool):
            settings.setValue(_OFFERED, True)
            self.desk.messages.invite(_INVITATION, ("Take the tour", self.start))
            self.desk.session.reported.connect(self._note_training)
            for begun in self._beginnings:
                begun.connect(self._withdraw)

    @property
    def _beginnings(self) -> tuple[SignalInstance, ...]:
        return self.desk.session.experiment_changed, self.desk.session.race_opened

    def _note_training(self, report: Report) -> None:
        if report.running or report.present.step:
            self._withdraw()

    def _withdraw(self) -> None:
        """Take the offer back, since whoever trains, edits or takes the tour is no longer new here."""
        self.desk.messages.settle(_INVITATION)
        self.desk.session.reported.disconnect(self._note_training)
        for begun in self._beginnings:
            begun.disconnect(self._withdraw)
