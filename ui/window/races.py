"""Races in the window: how one starts and ends, where it is shown, and how a lane becomes the run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from playground import Experiment, InputError
from playground.engine.lanes import cache
from playground.experiment.words import path_words
from playground.run.run import Lockstep, RaceDocument
from playground.studies.knobs import Knob, knob_at
from playground.studies.race import Race, check_lanes
from playground.studies.variants import RACES, name_lanes, with_values

from ..forms.rows import FormRow, RowMenuEvent
from ..session.commands import Undone
from ..session.trainers import HISTORY_ROWS
from ..shell.palette import PaletteCommand
from ..shell.strip import Offer
from ..views.race.view import RaceView
from ..views.response.sheet import ResponseSheet
from ..views.response.view import ResponseView
from .desk import Desk
from .fitted_layout import FittedLayout
from .presenter import KEEP_WEIGHTS
from .race_dialog import RaceDialog
from .responses import best_value
from .window_parts import WindowParts

RACE_WORDS = "Race this value against…"


class Races(QObject):
    """Opens, shows and closes races, and makes a lane the run."""

    def __init__(self, desk: Desk, parts: WindowParts, layout: FittedLayout) -> None:
        super().__init__(desk)
        self.desk, self.parts, self.session, self._layout = desk, parts, desk.session, layout
        self.view = parts.view(RaceView)
        self._then: Callable[[Race], object] | None = None
        """What is done with the race that is being closed."""
        self._closed: Race | None = None
        """The race that was closed last, which can be shown again."""
        self._opens = False
        """Whether a race is being opened, which closes the one before."""
        self._left_at: int | None = None
        """The number of the latest undo step once an edit, undo or redo has closed the race, until there is another."""
        self._came_from: QWidget | None = None
        """What had the keyboard before the race."""
        self.view.started.connect(self.start_classic)
        self.view.closed.connect(self.close)
        self.view.lane_taken.connect(self.take)
        self.view.lockstep_chosen.connect(self._choose_lockstep)
        self.session.race_closed.connect(self._end)
        # After the strip has taken back what was offered before the edit.
        self.session.undo_changed.connect(self._follow_edits)
        self.session.undone_or_redone.connect(self._follow_undone)
        parts.view(ResponseView).chart.race_asked.connect(self._ask_against)
        parts.view(ResponseSheet).race_asked.connect(self._ask_against)
        desk.window.installEventFilter(self)

    @property
    def is_open(self) -> bool:
        """Whether a race is open."""
        return self.session.racer is not None

    @property
    def can_reopen(self) -> bool:
        """Whether a closed race can be shown again."""
        return self._closed is not None and not self.is_open

    def start_classic(self, name: str) -> None:
        """Race one of the classic comparisons, made from the present experiment."""
        race = next(race for race in RACES if race.name == name)
        variants = race.variants(self.session.experiment)
        if variants:
            self.start(variants)
        else:
            self.desk.refuse(f"{race.title}: this experiment has nothing to compare.")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, RowMenuEvent) and (knob := self._knob(event.row.path)) is not None:
            event.menu.addAction(RACE_WORDS).triggered.connect(lambda: self.ask_values(knob))
        return False

    def commands(self) -> list[PaletteCommand]:
        """Return a command for every setting in a control that can be raced."""
        found = []
        for row in self.desk.window.findChildren(FormRow):
            knob = self._knob(row.path) if row.isEnabled() and "" in row.controls else None
            if knob is not None:
                name = row.controls[""].accessibleName()
                found.append(PaletteCommand(f"Race {name} against other values", partial(self.ask_values, knob)))
        return found

    def _knob(self, path: str) -> Knob | None:
        try:
            return knob_at(self.session.experiment, path) if path else None
        except InputError:
            return None

    def ask_values(self, knob: Knob, *others: Any) -> None:
        """Ask which values of a setting race each other; `others` are proposed beside the present one, if given."""
        start, name = partial(self.start_values, knob.path), path_words(self.session.experiment, knob.path)
        best = best_value(self.desk, self.parts, knob)
        RaceDialog(name, knob, start, self.desk.window, others, best).open()

    def _ask_against(self, path: str, value: Any) -> None:
        knob = self._knob(path)
        if knob is not None:
            self.ask_values(knob, value)

    def start_values(self, path: str, values: Sequence[Any]) -> None:
        """Race values of a setting; if one is refused, say why and change nothing."""
        try:
            experiments = with_values(self.session.experiment, path, values)
        except InputError as error:
            self.desk.refuse(f"No race was started: {error}.")
        else:
            self.start(experiments)

    def start(self, experiments: Sequence[Experiment]) -> None:
        """Race some experiments from their initial weights; if they can't race, say why and change nothing."""
        try:
            lanes = check_lanes(experiments)
        except InputError as error:
            self.desk.refuse(f"No race was started: {error}.")
            return
        together, alone = cache.are_stamped(lanes[0].precision), self.session.worker.engine
        self._open(lambda: Race(lanes, alone=alone, together=together, history_rows=HISTORY_ROWS))
        names = name_lanes(lanes)
        self.desk.say(f"Racing {names.subject}: {', '.join(names.labels)}. Your run waits.")

    def open_document(self, document: RaceDocument) -> None:
        """Continue a race that was saved; if that fails, say why."""
        experiment = document.lanes[0].experiment
        engine = None if cache.are_stamped(experiment.precision) else self.session.worker.engine
        self._open(lambda: Race.of(document, engine=engine, history_rows=HISTORY_ROWS))

    def _open(self, make: Callable[[], Race]) -> None:
        self.desk.messages.note_change()
        self._opens = True
        self.session.open_race(make, self.view.lane_requests)
        self._opens, self._left_at = False, None
        racer = self.session.racer
        assert racer is not None
        racer.failed.connect(self._tell_fault)
        focus = self.desk.window.focusWidget()
        if focus is not None and not self.view.isAncestorOf(focus):
            self._came_from = focus
        self._layout.begin_race()
        self.view.show_words("Getting the lanes ready…")
        self.view.take_keyboard()

    def close(self) -> None:
        """Close the race and return to the run as it was."""
        self._end_with(lambda _: self._offer("Race closed; your run is unchanged."))

    def leave(self) -> None:
        """Close the race without a message, since the window closes or the race could not be made."""
        before = self._closed
        self._end_with(lambda _: None)
        self._closed = before

    def take(self, place: int) -> None:
        """Make a lane the run in the window, weights and curves included, in one undo step; the race is closed."""
        self._end_with(lambda race: self._take_lane(race, place))

    def show(self, race: Race) -> None:
        """Show a race and let it go on."""
        self._open(lambda: race)

    def reopen(self) -> None:
        """Go on with the race that was closed last, if there is one."""
        if self._closed is not None:
            self.show(self._closed)

    def _end_with(self, then: Callable[[Race], object]) -> None:
        self._then = then
        self.session.close_race()
        self._then = None

    def _end(self, race: Race | None) -> None:
        """Put away a race that was closed, by a person or by an edit; one that another follows leaves it its place."""
        self._closed = race or self._closed
        if self._opens:
            return
        focus = self.desk.window.focusWidget()
        is_left = focus is None or self.view.isAncestorOf(focus)
        self._layout.end_race()
        if is_left:
            # Once the docks in front are known.
            QTimer.singleShot(0, self, self._return_keyboard)
        if race is None:
            return
        if self._then is not None:
            self._then(race)
        else:
            self._left_at = self.session.history.latest
            # Said after the edit, which takes back what was offered before it.
            QTimer.singleShot(0, self, self._say_left)

    def _follow_edits(self) -> None:
        """Say no more that a race was closed once there is another edit than the one that closed it."""
        if self._left_at != self.session.history.latest:
            self._left_at = None

    def _say_left(self) -> None:
        if self._left_at is not None and self.can_reopen:
            self._offer("Race closed, since the run was changed. Your run is back, paused.")

    def _follow_undone(self, undone: Undone) -> None:
        """Say that a race was closed where an undo or a redo that closed it has just been told."""
        if self._left_at is not None and self.can_reopen:
            keep = (KEEP_WEIGHTS, lambda: self.session.keep_weights(undone.number))
            words = f"{undone.text} The race is closed, and your run is paused."
            self._offer(words, keep if undone.brought_weights else None)

    def _return_keyboard(self) -> None:
        """Give the keyboard back to what had it before the race, or to the boundary if that is out of sight."""
        place, self._came_from = self._came_from, None
        is_there = place is not None and isValid(place) and place.isEnabled() and self.desk.docks.shows(place)
        (place if place is not None and is_there else self.parts.boundary).setFocus(Qt.FocusReason.OtherFocusReason)

    def _offer(self, words: str, second: Offer | None = None) -> None:
        self.desk.say(words, ("Back to the race", self.reopen), second)

    def _take_lane(self, race: Race, place: int) -> None:
        lane, (subject, labels) = race.lanes[place], race.names
        self.session.open(lane.experiment, f"take {subject} {labels[place]} from the race", lane.document())
        self.desk.say(f"The lane with {subject} {labels[place]} is now the run.", ("Undo", self.session.undo))

    def _choose_lockstep(self, lockstep: Lockstep) -> None:
        if self.session.racer is not None:
            self.session.racer.set_lockstep(lockstep)

    def _tell_fault(self, error: Exception) -> None:
        if self.session.race_report is None:
            self.leave()
        self.desk.tell(f"The race stopped because of a fault: {error}. Your run is unchanged.")
