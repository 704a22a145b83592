"""The stops of the tour: the tasks, the places they point at, and the words on what each did, with real numbers.

To add a stop, add it to the table. The README's tour consists of the same words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from itertools import count

import numpy as np
from PySide6.QtCore import QPoint, QRect

from playground import Experiment, Snapshot
from playground.catalog.choice import Array
from playground.catalog.datasets.base import Collected, Sample
from playground.catalog.datasets.own_points import UserPoints
from playground.engine.evaluation import Evaluation
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.layer_names import layer_heading
from playground.experiment.quantity import write_number
from playground.measure.diagnosis import first_share
from playground.measure.requests import BoundaryRequest, UnitMapsRequest
from playground.measure.sentences import counted
from playground.studies.knobs import knob_at
from playground.studies.reading import ResponseReading

from ..look.numbers import number_text
from ..session.commands import Undone
from ..shell.tour import Outcome, TourStop, TourTarget, TourTask
from ..views.plane.answers import unit_words
from ..views.race.view import RaceView, race_sentence
from ..views.response.view import ResponseView, outcome_text
from .desk import Desk
from .responses import FIRST_KNOB, Responses
from .window_parts import WindowParts

_LEARNED, _LEAST_EPOCHS, _MOST_EPOCHS = 0.6, 20, 200
"""A network has visibly learned when its loss is this share of the first one, at the least and the most after so many
epochs."""
_MENDED_EPOCHS, _MENDED = 40, 0.95
"""How many epochs show what a remedy does, and the multiple of the loss before it below which it has helped."""
_NO_HELP = " That has not helped yet: train on, or press Ctrl+Z and take another remedy."
_MOST_RIGHT = 0.8
"""The share of the person's own points from which the network has learned them."""
_JUMP, _JUMP_EPOCHS, _PATIENT_EPOCHS = 2.0, 3, 30
"""The loss has jumped when it was this multiple of the one before a change for so many epochs, after which undoing the
change brings the weights back. A loss that was high cannot jump; so many epochs are enough then."""
_RACE_EPOCHS = 40
"""How many epochs show which lane leads."""
_DEEP = 4
"""Sigmoid layers from which gradients vanish."""
_EARLIER = "To see any earlier moment, drag along the time axis below the tracks."
_LOOKS = 50
"""How often the tour looks for the response of a new value before it goes on without."""


class TourStops:
    """Makes the table of stops, and tells what was done at each."""

    def __init__(self, desk: Desk, parts: WindowParts, responses: Responses) -> None:
        self._desk, self._session, self._parts = desk, desk.session, parts
        self._responses, self._response, self._race = responses, parts.view(ResponseView), parts.view(RaceView)
        self._unit: tuple[int, int] | None = None
        self._undone: Undone | None = None
        self._before_play: Snapshot | None = None
        """The last moment before Play was pressed."""
        self._had_learned = False
        """Whether the network had learned before the person could watch it."""
        self._ailing: Snapshot | None = None
        """The last moment before the remedy."""
        self._undrawn: Sample | None = None
        """The points before the person's own, if they are known."""
        parts.network.magnified.connect(self._note_unit)
        desk.session.undone_or_redone.connect(self._note_undone)

    def table(self) -> tuple[TourStop, ...]:
        """Return all stops, in their order."""
        parts, desk = self._parts, self._desk
        play, rate = TourTarget(parts.transport.play), TourTarget(parts.training.rows[FIRST_KNOB])
        boundary = TourTarget(parts.boundary, lambda: parts.boundary.shown().plane.toAlignedRect())
        # Its legend and what is read there, too.
        whole_boundary = TourTarget(parts.boundary)
        units = TourTarget(parts.network, self._first_layer)
        response, tracks = TourTarget(self._response, self._response_and_title), TourTarget(parts.tracks)
        loss = TourTarget(parts.tracks, lambda: parts.tracks.place_of_track("loss"))
        gradients = TourTarget(parts.tracks, lambda: parts.tracks.place_of_track("gradients"))
        file_menu, training_menu = (TourTarget(desk.window.menuBar(), partial(self._menu, at)) for at in (0, 2))
        race, takes = TourTarget(self._race), TourTarget(self._race, self._take_buttons)
        remedy = TourTarget(desk.messages.strip.remedy)
        tools = TourTarget(parts.drawing.toolbox.buttons["brush"], self._drawing_tools)
        paused = self._paused_words
        return (
            TourStop(
                "Watch it learn",
                (
                    TourTask(
                        "Press Play, or the space bar.", play, self._played, (whole_boundary,), hint=self._learned_words
                    ),
                    TourTask(
                        "Watch the boundary wind itself around the points, and the loss fall.",
                        boundary,
                        self._learned,
                        (whole_boundary,),
                        (tracks,),
                        hint=lambda: paused() or self._learned_words(),
                    ),
                    TourTask(
                        "Point at a unit of the network, or press Shift+F6 until the network has the focus and "
                        "then an arrow key. The boundary shows the unit's map instead: where on the plane it is "
                        "active.",
                        units,
                        self._looked_inside,
                        (whole_boundary,),
                        (TourTarget(parts.network),),
                    ),
                ),
            ),
            TourStop(
                "Ask before you change",
                (
                    TourTask(
                        "The response shows what loss other learning rates lead to, from five starts "
                        "each, later up to fifteen. Point at its curve, or press Shift+F6 until it has the focus and "
                        "then an arrow key.",
                        response,
                        self._read_response,
                        (rate,),
                        hint=self._response_words,
                    ),
                    TourTask(
                        "Take another value: click there, press Enter, or drag the learning rate.",
                        response,
                        self._took_value,
                        (rate, loss),
                    ),
                ),
            ),
            TourStop(
                "Let values race",
                (
                    TourTask(
                        "Choose Training, Race, Three learning rates: three networks with the same initial weights.",
                        training_menu,
                        self._began_race,
                    ),
                    TourTask(
                        "Press Play, and watch their boundaries and curves part.",
                        play,
                        self._raced,
                        (race, tracks),
                        hint=lambda: "" if self._session.is_running else "The race is paused. The space bar starts it.",
                    ),
                    TourTask(
                        "Take the lane that you like, and it becomes your run. Or close the race, and your run is as "
                        "it was.",
                        takes,
                        self._ended_race,
                        (race, tracks),
                    ),
                ),
            ),
            TourStop(
                "Go too far, and come back",
                (
                    TourTask(
                        "Press Play if training is paused, and drag the learning rate to the right, to 1 or more, "
                        "until the loss jumps.",
                        rate,
                        self._went_too_far,
                        (whole_boundary, loss),
                        (tracks,),
                        hint=paused,
                    ),
                    TourTask(
                        "Look at the mark in the tracks, which stands where you changed the learning rate. Then press "
                        "Ctrl+Z, and look at the boundary.",
                        loss,
                        self._came_back,
                        (whole_boundary,),
                        (tracks,),
                    ),
                ),
            ),
            TourStop(
                "Find out what is wrong",
                (
                    TourTask(
                        "Open the presets (Ctrl+G), and there Vanishing gradients: six layers of sigmoid units.",
                        file_menu,
                        self._opened_deep,
                        dialog="gallery",
                        ask_there="Choose Vanishing gradients: six layers of sigmoid units.",
                    ),
                    TourTask(
                        "Let it train, and look at the gradients: one row for each layer, and the first rows are dark.",
                        gradients,
                        self._diagnosed,
                        aside=(tracks,),
                        hint=paused,
                    ),
                    TourTask(
                        "The line below the header says what is wrong and what helps. Press its button.",
                        remedy,
                        self._took_remedy,
                    ),
                    TourTask(
                        "Now let it train, and watch what the remedy does.",
                        gradients,
                        self._remedied,
                        (whole_boundary,),
                        (tracks,),
                        hint=paused,
                    ),
                ),
            ),
            TourStop(
                "Teach it your own points",
                (
                    TourTask(
                        "Choose the brush (B) and a class, and paint points on the plane. A table works, too: drop a "
                        "CSV file on the window.",
                        tools,
                        self._drew,
                        (whole_boundary, TourTarget(parts.drawing)),
                    ),
                    TourTask(
                        "Let it train, and watch the network learn them.",
                        boundary,
                        self._learned_points,
                        (whole_boundary,),
                        hint=paused,
                    ),
                ),
            ),
        )

    # Where ------------------------------------------------------------------------------------------------------------

    def _first_layer(self) -> QRect:
        places, united = self._parts.network.shown().places, QRect()
        for unit in places.units_seen(0):
            united = united.united(places.unit(0, unit).toAlignedRect())
        return united

    def _response_and_title(self) -> QRect:
        dock = self._desk.docks.docks[self._response.name]
        return QRect(self._response.mapFrom(dock, QPoint()), dock.size())

    def _drawing_tools(self) -> QRect:
        buttons = self._parts.drawing.toolbox.buttons
        united = QRect()
        for button in buttons.values():
            united = united.united(button.geometry())
        return united.translated(-buttons["brush"].pos())

    def _menu(self, place: int) -> QRect:
        bar = self._desk.window.menuBar()
        return bar.actionGeometry(bar.actions()[place])

    def _take_buttons(self) -> QRect:
        united = QRect()
        for card in self._race.cards.lanes:
            corner = card.take.mapTo(self._race, QPoint())
            united = united.united(QRect(corner, card.take.size()))
        return united

    # What was done ----------------------------------------------------------------------------------------------------

    @property
    def _now(self) -> Snapshot | None:
        report = self._session.report
        return report.snapshot if report is not None else None

    @property
    def _runs(self) -> bool:
        return self._session.report is not None and self._session.report.running

    @property
    def _is_held(self) -> bool:
        """Whether the latest change is a drag that has not ended."""
        return bool(self._session.history.done) and self._session.history.done[-1].open

    def _paused_words(self) -> str:
        if self._session.racer is not None:
            return "A race is on, and your run waits. Take a lane or close the race first."
        if self._now is not None and self._now.status == "completed":
            return "This run has made all its epochs. Ctrl+R takes it back to the start."
        return "" if self._runs else "Training is paused. The space bar resumes it."

    def _learned_words(self) -> str:
        again = "Ctrl+R takes it back to the start, so that you can watch it."
        return f"Your network has already learned. {again}" if self._had_learned else ""

    def _response_words(self) -> str:
        return self._response.sentence.text() if self._response.reading is None else ""

    def _note_unit(self, unit: tuple[int, int] | None) -> None:
        self._unit = unit

    def _note_undone(self, undone: Undone) -> None:
        self._undone = undone

    def _played(self) -> Outcome:
        def note() -> None:
            self._before_play = self._now
            self._had_learned = self._now is not None and _has_learned(self._now)

        has_played = False

        def outcome() -> str | None:
            nonlocal has_played
            has_played = has_played or self._runs
            if not has_played:
                note()
            return "" if has_played else None

        note()

        return outcome

    def _learned(self) -> Outcome:
        """Wait until the network has learned; of one that had learned before, nothing is claimed until it is reset."""
        start, trained = self._before_play, self._trained(start=self._before_play)

        def outcome() -> str | None:
            now, said = self._now, trained()
            if start is None or now is None or now.epoch < start.epoch or not _are_comparable(start, now):
                self._had_learned = False
            if not self._had_learned or start is None or now is None:
                return said
            epochs = now.epoch - start.epoch
            if epochs < _MOST_EPOCHS:
                return None
            name, first, last = _losses(start.evaluation, now.evaluation)
            return f"{name} was {number_text(first)} before, and is {number_text(last)} {epochs:,} epochs later."

        return outcome

    def _trained(self, least: int = _LEAST_EPOCHS, most: int = _MOST_EPOCHS, start: Snapshot | None = None) -> Outcome:
        """Wait until the loss has fallen far or `most` epochs have passed, and say what it did."""
        start = start or self._now

        def outcome() -> str | None:
            nonlocal start
            now = self._now
            if start is None or now is None or now.epoch < start.epoch or not _are_comparable(start, now):
                start = now
                return None
            name, first, last = _losses(start.evaluation, now.evaluation)
            epochs = now.epoch - start.epoch
            if epochs < least or (epochs < most and not last < _LEARNED * first):
                return None
            return f"{name} went from {number_text(first)} to {number_text(last)} in {epochs:,} epochs."

        return outcome

    def _looked_inside(self) -> Outcome:
        before: tuple[int, int] | None = None
        said: str | None = None

        def outcome() -> str | None:
            nonlocal before, said
            # The mouse may only be on its way.
            passing, before = self._unit != before, self._unit
            now, unit = self._now, self._unit
            maps = now.answer(UnitMapsRequest) if now is not None else None
            if passing or unit is None or now is None or maps is None or unit[1] not in maps.units[unit[0]]:
                return said
            values = maps.values[unit[0]][maps.units[unit[0]].tolist().index(unit[1])]
            low, high = number_text(float(values.min()), 2), number_text(float(values.max()), 2)
            title = unit_words(now, *unit)[1]
            said = f"{title} goes from {low} to {high} over the plane. The next layer builds on it."
            return said

        return outcome

    def _read_response(self) -> Outcome:
        self._responses.follow(FIRST_KNOB)
        said: str | None = None
        value: object = None
        """The value that was looked at last; its outcome changes while more starts are trained."""

        def outcome() -> str | None:
            nonlocal said, value
            reading, looked_at = self._response.reading, self._response.chart.looked_at
            if reading is None or reading.knob.path != FIRST_KNOB:
                return said
            value = value if looked_at is None else looked_at.value
            one = next((one for one in reading.values if one.value == value and one is not reading.present), None)
            if one is not None and one.n:
                here = f"{reading.present.words} {_comes_to(reading.present.median)}"
                said = f"The {reading.outcome_words}: {one.words} {_comes_to(one.median)}, {here}."
            return said

        return outcome

    def _took_value(self) -> Outcome:
        before, known = self._session.experiment, self._response.reading
        looks = count()

        def outcome() -> str | None:
            nonlocal known
            now, reading = self._session.experiment, self._response.reading
            if now == before:
                known = reading
            if now == before or self._is_held:
                return None
            label = self._session.history.done[-1].label if self._session.history.done else "change"
            said = f"{label[:1].upper()}{label[1:]}"
            if known is None or (reading is not None and reading.knob.path != known.knob.path):
                return f"{said}."
            if reading is not None and reading.is_whole and _is_of(reading, now):
                came_to = outcome_text(reading.present, reading)
                return f"{said}. The {reading.outcome_words} is {came_to}. {reading.sentence}"
            return f"{said}." if next(looks) > _LOOKS else None

        return outcome

    def _began_race(self) -> Outcome:
        def outcome() -> str | None:
            report = self._session.race_report
            return None if report is None else race_sentence(report.moment)

        return outcome

    def _raced(self) -> Outcome:
        def outcome() -> str | None:
            report = self._session.race_report
            if report is None:
                return "" if self._session.racer is None else None
            return race_sentence(report.moment) if report.moment.epoch >= _RACE_EPOCHS else None

        return outcome

    def _ended_race(self) -> Outcome:
        before = self._session.history.latest
        ended: int | None = None
        """The latest edit when the race ended."""

        def outcome() -> str | None:
            nonlocal ended
            if self._session.racer is not None:
                ended = None
                return None
            ended = self._session.history.latest if ended is None else ended
            if self._session.history.latest != ended:
                return None
            took = "The lane is your run now; Ctrl+Z brings the other one back."
            return "Your run is as it was." if ended == before else took

        return outcome

    def _went_too_far(self) -> Outcome:
        usual, calm = self._session.experiment.training.learning_rate, self._now

        def outcome() -> str | None:
            nonlocal calm
            now, rate = self._now, self._session.experiment.training.learning_rate
            if rate <= usual or calm is None or now is None:
                calm = now
            elif not self._is_held and (jump := _jump(calm, now)):
                return f"With learning rate {write_number(rate)} the training loss went {jump}."
            return None

        return outcome

    def _came_back(self) -> Outcome:
        rate, self._undone = self._session.experiment.training.learning_rate, None
        said: str | None = None

        def outcome() -> str | None:
            nonlocal said
            now = self._now
            if self._undone is None or now is None or self._session.experiment.training.learning_rate == rate:
                said = None
            elif self._session.is_up_to_date:
                loss = number_text(now.evaluation.train_loss)
                said = f"{self._undone.text} The training loss is {loss}. {_EARLIER}"
            return said

        return outcome

    def _opened_deep(self) -> Outcome:
        def outcome() -> str | None:
            kinds = [layer.activation.kind for layer in self._session.experiment.layers]
            return "" if kinds.count("sigmoid") >= _DEEP else None

        return outcome

    def _diagnosed(self) -> Outcome:
        def outcome() -> str | None:
            # Others may come first, such as what was opened, and remedies may still be tried.
            said = self._desk.messages.strip.said
            return "" if said.kind == "vanishing" and said.offer is not None else None

        return outcome

    def _took_remedy(self) -> Outcome:
        sick = self._session.experiment
        self._ailing = self._now

        def outcome() -> str | None:
            experiment = self._session.experiment
            if experiment == sick:
                self._ailing = self._now or self._ailing
                return None
            return "" if experiment.data == sick.data else None

        return outcome

    def _remedied(self) -> Outcome:
        ailing = self._ailing
        trained: Outcome | None = None

        def outcome() -> str | None:
            nonlocal trained
            now = self._now
            if now is None or ailing is None or self._session.experiment == ailing.experiment:
                trained = None
                return None
            trained = trained or self._trained(_MENDED_EPOCHS, _MENDED_EPOCHS)
            said = trained()
            _, before, after = _losses(ailing.evaluation, now.evaluation)
            return said and f"{_gradient_words(ailing, now)}{said}{'' if after < _MENDED * before else _NO_HELP}"

        return outcome

    def _drew(self) -> Outcome:
        before = self._session.experiment.data
        said: str | None = None

        def note() -> None:
            now = self._now
            if now is not None and now.experiment.data == self._session.experiment.data:
                self._undrawn = now.sample

        self._undrawn = None
        note()

        def outcome() -> str | None:
            nonlocal said
            data = self._session.experiment.data
            if self._is_held:
                return said
            if data == before or not isinstance(data, Collected):
                said = None
                note()
                return None
            if isinstance(data, UserPoints) and len(set(data.target)) < 2:
                return None
            said = f"The network has {counted(data.size, 'point')} to learn from, yours among them."
            return said

        return outcome

    def _learned_points(self) -> Outcome:
        """Wait until the network gets most of the person's own points right, or has had the time to."""
        start, trained = self._now, self._trained(most=_MOST_EPOCHS)
        is_over = False
        known: tuple[Sample, Array] | None = None

        def outcome() -> str | None:
            nonlocal start, is_over, known
            now, said = self._now, trained()
            field = now.answer(BoundaryRequest) if now is not None else None
            if start is None or now is None or now.epoch < start.epoch or not _are_comparable(start, now):
                start, is_over = now, False
                return None
            sample = now.sample
            if known is None or known[0] is not sample:
                known = sample, _added_points(self._undrawn, sample)
            own, epochs = known[1], now.epoch - start.epoch
            if field is None or sample.task != "classification" or not len(own):
                return said
            right = int((_classes_at(field, sample.x[own]) == sample.labels[own]).sum())
            learned = right >= _MOST_RIGHT * len(own)
            is_over = is_over or (epochs >= _LEAST_EPOCHS and learned) or epochs >= _MOST_EPOCHS
            more = "" if learned else " More epochs or more units may help."
            if len(np.unique(_classes_at(field, sample.x))) < 2:
                more = " But it gives every point the same class."
            of = f"{right:,} of your {counted(len(own), 'point')}"
            return f"After {epochs:,} epochs the network gets {of} right.{more}" if is_over else None

        return outcome


def _added_points(before: Sample | None, sample: Sample) -> Array:
    """Return the numbers of the points that were not in the sample before; none if that is not known."""
    known = set(_rows(sample if before is None else before))
    return np.array([number for number, row in enumerate(_rows(sample)) if row not in known], int)


def _rows(sample: Sample) -> Iterator[tuple[float, ...]]:
    return zip(*np.round(sample.x, 5).T.tolist(), sample.labels.tolist(), strict=True)


def _classes_at(field: Array, x: Array) -> Array:
    """The predicted classes at points of the plane, each that of the nearest place of the boundary's grid."""
    side = field.shape[-1]
    column, row = np.clip(np.rint((x + 6) / 12 * (side - 1)).astype(int), 0, side - 1).T
    scores = field[:, row, column]
    classes: Array = scores.argmax(axis=0) if len(scores) > 1 else (scores[0] >= 0).astype(int)
    return classes


def _has_learned(snapshot: Snapshot) -> bool:
    """Whether the loss has fallen far since the first epoch that is known."""
    history, loss = snapshot.history.train_loss, snapshot.evaluation.train_loss
    return loss is not None and snapshot.epoch >= _LEAST_EPOCHS and loss < _LEARNED * float(history[0])


def _losses(start: Evaluation, now: Evaluation) -> tuple[str, float, float]:
    """The name of the loss that both have, and its values."""
    if start.validation_loss is not None and now.validation_loss is not None:
        return "Validation loss", start.validation_loss, now.validation_loss
    first, last = start.train_loss, now.train_loss
    return "Training loss", math.nan if first is None else first, math.nan if last is None else last


def _are_comparable(start: Snapshot, now: Snapshot) -> bool:
    same = start.experiment is now.experiment
    return same or losses_are_comparable(difference(start.experiment, now.experiment))


def _comes_to(median: float) -> str:
    return f"gives {number_text(median)}" if math.isfinite(median) else "diverges"


def _is_of(reading: ResponseReading, experiment: Experiment) -> bool:
    knob = knob_at(experiment, reading.knob.path)
    return knob is not None and reading.present.value == knob.values[knob.present]


def _jump(calm: Snapshot, now: Snapshot) -> str:
    """The jump of the training loss since a calm moment, in words; empty if there was none."""
    before, since = calm.evaluation.train_loss, now.history.train_loss[now.history.step > calm.step]
    if before is None:
        return ""
    if now.status == "diverged":
        return f"from {number_text(before)} to infinity"
    jumped = len(since) >= _JUMP_EPOCHS and bool((since[-_JUMP_EPOCHS:] > _JUMP * before).all())
    is_over = jumped or len(since) >= _PATIENT_EPOCHS
    # The header shows the loss of this very moment, which may be in the middle of an epoch.
    last = now.evaluation.train_loss
    return f"from {number_text(before)} to {number_text(float(since[-1]) if last is None else last)}" if is_over else ""


def _gradient_words(ailing: Snapshot, now: Snapshot) -> str:
    """The share of the last hidden layer's gradient that reaches the first, and that before; empty if not known."""
    then, present = first_share(ailing), first_share(now)
    if then is None or present is None:
        return ""
    (share, last), (before, _) = present, then
    return f"{layer_heading(now.layers[0].name)} gets {share} the gradient of {last}, and got {before} it before. "
