"""Loss, accuracy, gradients and learning rate over time, as tracks of one sheet.

The values at the right are the present ones, or while the mouse or the keys read a place, those of that moment.
Settings stand in a panel that the button above the values opens. Thin vertical lines mark where something was changed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.experiment.applicability import Obstacle
from playground.experiment.tree import Experiment
from playground.measure.others import Ghost, KeptCurve, KeptCurves, Others
from playground.measure.snapshot import Snapshot
from playground.studies.race import RaceMoment

from ...forms.buttons import wrapping
from ...forms.layouts import tight
from ...look import theme
from ...look.beat import Throttle
from ...look.theme import exact_px, px
from ..chart.axes import AmountAxis
from ..chart.controls import Choices, Controls, Option
from ..view import View
from .curves import LOSS_OPTIONS, SMOOTHING_OPTIONS, CurveTrack, LossTrack, ScoreTrack, row_at
from .gradients import PICTURE_OPTIONS, QUANTITY_OPTIONS, SCALE_OPTIONS, GradientTrack
from .lanes import lane_tracks
from .playhead import Moments, before_words, change_at
from .rate import RATE_OPTIONS, RateTrack
from .sheet import FLAG_MARGIN, TrackSheet
from .sizes import QUANTITIES
from .time import TIME_TITLES, ChangeMark, TimeAxis, mark_near, marks_of
from .track import Track

_MARK_REACH = 5.0
"""Pixels from which the mouse finds a mark."""
_TURN_MILLISECONDS = 30
"""How long changed settings wait for the moment that follows them."""
_ALONG_OPTIONS = (
    Option("epoch", "Epoch", "Passes through the training points: each point is seen once per epoch."),
    Option("step", "Step", "Updates of the weights. Compares runs of different batch sizes fairly."),
    Option("seconds", "Time", "Seconds spent training. Shows what is worth waiting for."),
)
_ACROSS_OPTIONS = (
    Option("linear", "Linear", "Equal distances are equal times. In a long run, the beginning has little room."),
    Option("log", "Log", "Equal distances are equal factors, so the beginning has room. Leaves out 0."),
)
_REACH_OPTIONS = (
    Option("run", "Run", "Up to the present. Before the first step, as far as the schedule's plan goes."),
    Option("plan", "Plan", "As far as the schedule's plan goes. Shows the learning rates to come."),
)
_IN_RACE = Obstacle("in a race", "The tracks of a race have no such choice. It comes back with your run.")
_TRACK_OPTIONS = (
    Option("loss", "Loss", "How wrong the network is. Lower is better."),
    Option("score", "Accuracy", "The share of points classified correctly, or R² for regression. Higher is better."),
    Option("gradients", "Gradients", "How strongly each layer learns. Shows layers that hardly do."),
    Option("rate", "Rate", "The learning rate used so far, and the plan. Shows what the schedule does."),
)


@dataclass(frozen=True)
class _CurvesShown:
    """The curves of training and validation as data. Places on a logarithmic axis are powers of ten."""

    training: Array
    """The curve of the training points, shape (points, 2), smoothed if that is chosen."""
    validation: Array
    """The curve of the validation points; empty without them."""
    band: Array
    """The outline of the band of the raw training curve, shape (points, 2); empty while nothing is smoothed."""
    breaks: tuple[int, ...]
    """The numbers of points after which the training curve is interrupted."""
    present: tuple[tuple[float, float] | None, ...]
    """The places at which the present values of both sets are marked, unless the curves end there."""
    tail: Array
    """The line from the training curve to the present, shape (points, 2); empty where that breaks off."""
    ghost: tuple[Array, ...]
    """The same curves without the latest change, shape (points, 2) each; none while there are none."""
    diverged: tuple[Array, Array] | None
    """The outline of the share of other starts that have diverged; None while there is none."""
    kept: tuple[tuple[str, Array], ...]
    """The curves of kept runs by name, shape (points, 2) each; none while none are picked."""
    logarithmic: bool
    ends: tuple[float, float]
    """Both ends of the axis of the values."""


@dataclass(frozen=True)
class _GradientsShown:
    """The gradients as data. Layers stand in order, hidden then output."""

    quantity: str
    """The name of the shown size in LayerStatistics."""
    picture: str
    """map or lines."""
    logarithmic: bool
    """Whether the scale is the fixed logarithmic one."""
    bars: Array
    """The sizes of the bars, shape (layers,); NaN where there is none yet."""
    numbers: tuple[str, ...]
    """The numbers beside them."""
    map: Array
    """The colours of the history, uint8 (layers, columns, 4), transparent where nothing is known."""
    lines: tuple[Array, ...]
    """Places on the time axis (points,) and sizes (points, layers) of the lines."""


@dataclass(frozen=True)
class _RateShown:
    """The learning rate as data."""

    past: tuple[Array, Array]
    """Values on the time axis, and past learning rates."""
    coming: tuple[Array, Array]
    """Coming epochs and learning rates."""
    present: tuple[float, float]
    """The present epoch and learning rate."""
    logarithmic: bool
    """Whether the axis of the rate is logarithmic."""
    ends: tuple[float, float]
    """Both ends of that axis, as powers of ten on a logarithmic one."""
    words: str
    """The rate that is read, or what makes the present one."""


@dataclass(frozen=True)
class _TracksShown:
    """All tracks as data."""

    tracks: tuple[str, ...]
    """The tracks in sight, from top to bottom."""
    along: str
    """The quantity on the time axis: epoch, step or seconds."""
    smoothing: str
    """off, some or strong."""
    loss_scale: str
    """The setting for the axis of the loss: auto, linear or log."""
    time_is_logarithmic: bool
    times: tuple[float, float]
    """Both ends of the time axis."""
    marks: tuple[ChangeMark, ...]
    """The marks of changes."""
    mark_names: tuple[str, ...]
    """Their names, as far as they have room."""
    headings: tuple[str, str]
    """The values of loss and score in words."""
    reading: str
    """The title of the time axis, or the place that is read and what was changed there."""
    note: str
    """The comparison of the run with other starts, if it was requested."""
    past: float | None
    """Where the playhead stands in the past, as a value of the time axis; None at the present."""
    loss: _CurvesShown
    score: _CurvesShown
    gradients: _GradientsShown
    rate: _RateShown
    race: tuple[str, ...]
    """The losses of the lanes of a race, each after its label; empty without one."""


class TracksView(View):
    """The sheet, and the settings of its tracks."""

    name, title = "tracks", "Tracks"
    icon = "chart-line-up"
    SIZE, LEAST = (760, 208), (268, 120)
    mark_touched = Signal(bool)
    """Whether the mouse or the keys are at the mark of the latest change."""
    mark_pressed = Signal()
    """The mark of the latest change was clicked."""
    moment_asked = Signal(object)
    """Asks to show the moment of a step, or with None the present."""
    name_asked = Signal(object)
    """Asks for another name for a Change."""
    branch_asked = Signal()
    """Asks to go on from the earlier moment that is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Loss, accuracy, gradients and learning rate over time")
        self._snapshot: Snapshot | None = None
        self._told: Snapshot | None = None
        """The moment that the words are about: the latest one when texts changed."""
        self._loss, self._score, self._gradients, self._rate = LossTrack(), ScoreTrack(), GradientTrack(), RateTrack()
        self._times = TimeAxis()
        self._past: Snapshot | None = None
        """The earlier moment that is shown; None while it is the present."""
        self._first: int | None = None
        """The earliest step that can be shown."""
        self._race: RaceMoment | None = None
        self._own_along = "epoch"
        """The quantity on the time axis of the run; that of a race is what keeps its lanes in step."""
        self._lanes = lane_tracks()
        self._marked: tuple[object, ...] = ()
        self._others: Others | None = None
        self._luck_words = ""
        self._kept: KeptCurves | None = None
        self._sheet = TrackSheet((self._loss, self._score, self._gradients, self._rate), self._times, self)
        tight(QVBoxLayout(self), 0, (0, 0, theme.GRID // 2, 0)).addWidget(self._sheet)
        self._controls = Controls("tracks.controls", self)
        self._build_controls()
        self._sheet.mouse.moved.connect(self._on_mouse)
        self._sheet.read.connect(self._show_words)
        self._sheet.latest_mark_pressed.connect(self.mark_pressed)
        self._sheet.axis_moved.connect(self._on_setting)
        self._sheet.arrangement.changed.connect(self._on_arranged)
        self._sheet.handle.moments = self._moments
        self._sheet.handle.asked.connect(self.moment_asked)
        self._sheet.name_asked.connect(self.name_asked)
        self._sheet.handle.name_asked.connect(self._ask_name)
        self._sheet.handle.branch_asked.connect(self.branch_asked)
        self._sheet.symbol.clicked.connect(self._show_next_size)
        self._write = Throttle(self._show_texts, self)
        self._turn = QTimer(self, singleShot=True)
        self._turn.timeout.connect(self._draw_others)
        self.apply_theme()

    def _build_controls(self) -> None:
        def add(name: str, caption: str, options: tuple[Option, ...]) -> Choices:
            control = self._controls.add(Choices(f"tracks.{name}", caption, options))
            control.picked.connect(self._on_setting)
            return control

        self._shown = self._controls.add(Choices("tracks.shown", "Tracks", _TRACK_OPTIONS))
        self._shown.group.setExclusive(False)
        for button, option in zip(self._shown.buttons, _TRACK_OPTIONS, strict=True):
            button.setChecked(True)
            button.clicked.connect(lambda on=False, name=option.value: self._sheet.arrangement.hide(name, not on))
        self._smoothing = add("smoothing", "Smoothing", SMOOTHING_OPTIONS)
        self._along = add("along", "Horizontal axis", _ALONG_OPTIONS)
        self._across = add("across", "Horizontal scale", _ACROSS_OPTIONS)
        self._reach = add("reach", "Horizontal range", _REACH_OPTIONS)
        self._loss_scale = add("loss", "Loss scale", LOSS_OPTIONS)
        self._quantity = add("quantity", "Gradients", QUANTITY_OPTIONS)
        self._picture = add("picture", "Gradients shown as", PICTURE_OPTIONS)
        self._scale = add("scale", "Gradient scale", SCALE_OPTIONS)
        self._rate_scale = add("rate", "Rate scale", RATE_OPTIONS)
        self._of_run = self._reach, self._quantity, self._picture, self._scale, self._rate_scale
        """Settings that change nothing in a race."""
        self._controls.fit(0)

    def arrangement(self) -> str:
        """Return the hidden tracks and the heights of all, for `arrange`."""
        return self._sheet.arrangement.text()

    def arrange(self, kept: object) -> None:
        """Restore an arrangement; anything else changes nothing."""
        self._sheet.arrangement.restore(kept)

    # What is shown --------------------------------------------------------------------------------------------------

    def place_of_track(self, name: str) -> QRect:
        """Return the place of a track in the view, with its name and values; empty if it is hidden."""
        if name not in [track.name for track in self._sheet.arrangement.seen]:
            return QRect()
        rect = self._sheet.box_of(name).rect.toAlignedRect()
        return QRect(0, rect.top(), self.width(), rect.height())

    def show_experiment(self, experiment: Experiment) -> None:
        self._rate.experiment = experiment
        # Mostly a moment with these settings follows, which draws them.
        if not self._turn.isActive():
            self._turn.start(_TURN_MILLISECONDS)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn again that has not changed."""
        before, self._snapshot = self._snapshot, snapshot
        self._rate.follow(snapshot)
        if self._race is not None:
            return
        if self._draw() or before is None:
            self._write.request(at_once=before is None)
        if before is not None and [one.name for one in before.layers] != [one.name for one in snapshot.layers]:
            # No layer has another one's number.
            self._sheet.values["gradients"] = self._gradients.values(snapshot, self._times, None)

    def show_past(self, past: Snapshot | None, first: int | None) -> None:
        """Put the playhead at an earlier moment, of which the values are then, or back to the present.

        `first` is the earliest step that can be shown, if there is any.
        """
        turned, self._past, self._first = past is not self._past, past, first
        self._gradients.past = past
        if turned:
            self._place_playhead()
            self._sheet.update_pictures(self._controls.geometry())
            self._write.request(at_once=past is None)

    def _moments(self) -> Moments | None:
        if self._snapshot is None or self._first is None or self._race is not None:
            return None
        return Moments(self._snapshot, self._times, self._first)

    def _place_playhead(self) -> None:
        """Put the playhead where the moment on show is."""
        shown, times = self._past or self._snapshot, self._times
        if shown is None or self._race is not None:
            self._sheet.put_playhead(None, None)
            return
        place = float(times.places(np.array([float(getattr(shown.measured, times.kind))]))[0])
        self._sheet.put_playhead(place, None if self._past is None else shown.step)

    def _ask_name(self, step: int) -> None:
        """Ask for another name for the latest change that was made at a step."""
        change = None if self._snapshot is None else change_at(self._snapshot, step)
        if change is not None:
            self.name_asked.emit(change)

    def _playhead_words(self) -> str:
        """Which moment is shown, in words."""
        if self._snapshot is None:
            return ""
        if self._past is None:
            return f"Now: epoch {self._snapshot.epoch:,}, step {self._snapshot.step:,}."
        before = before_words(self._past, self._snapshot)
        return f"Epoch {self._past.epoch:,} of {self._snapshot.epoch:,}, step {self._past.step:,}{before}."

    def show_race(self, moment: RaceMoment | None) -> None:
        """Show the lanes of a race in place of the run; None: the run again."""
        if moment is None and self._race is None:
            return
        before, self._race = self._race, moment
        turned = (moment is None) != (before is None)
        if turned:
            own = self._loss, self._score, self._gradients, self._rate
            self._sheet.arrangement.show_tracks(self._lanes if moment is not None else own)
            for place, control in [(place, one) for one in self._of_run for place in range(len(one.buttons))]:
                control.show_obstacle(place, None if moment is None else _IN_RACE)
            self._sheet.marks, self._marked = (), ()
            self._told = self._snapshot if moment is None else _longest(moment, self._times)
        if moment is not None and (before is None or before.lockstep != moment.lockstep):
            self._own_along = self._along.value if before is None else self._own_along
            self._measure_along(moment.lockstep)
        elif moment is None:
            self._measure_along(self._own_along)
        else:
            self._draw()
        self._write.request(at_once=turned)

    def _measure_along(self, quantity: str) -> None:
        """Choose the quantity on the time axis."""
        self._along.show_index([option.value for option in _ALONG_OPTIONS].index(quantity))
        self._on_setting()

    def show_others(self, others: Others | None, strength: float) -> None:
        self._others = others
        self._kept = others if isinstance(others, KeptCurves) else None
        for track in (self._loss, self._score):
            track.show_others(others, strength)
        # While training runs, a moment of the run follows in the same turn of the event loop, which draws them as well.
        self._turn.start(0)

    def _draw_others(self) -> None:
        if self._draw():
            self._show_words()

    def say_luck(self, words: str) -> None:
        """Show the comparison of the run with other starts in a line below the tracks; empty for none."""
        if words != self._luck_words:
            self._luck_words = words
            self._show_words()
            self._sheet.update()

    def mark_ghost(self, *, sleeps: bool) -> None:
        """Show at the mark of the latest change whether it has a ghost that can be called back."""
        if sleeps != self._sheet.has_ghost:
            self._sheet.has_ghost = sleeps
            self._sheet.update()

    def _draw(self) -> bool:
        """Draw what has changed; return whether anything has."""
        self._turn.stop()
        snapshot, times, mouse = self._snapshot, self._times, self._sheet.mouse.place
        before = times.low, times.high
        self._fit_times()
        if mouse is not None and (times.low, times.high) != before:
            # What is read stays below the mouse.
            self._sheet.reading = self._snapped(self._sheet.time_at(mouse))
        if self._race is not None:
            for track in self._lanes:
                track.show_lanes(self._race, times)
            changed = True
        elif snapshot is None:
            changed = self._rate.experiment is not None and self._rate.show(None, times)
        else:
            drawn = [self._mark(snapshot), *(track.show(snapshot, times) for track in self._sheet.arrangement.seen)]
            changed = any(drawn)
        if changed:
            self._place_playhead()
            self._sheet.update_pictures(self._controls.geometry())
        return changed

    def _fit_times(self) -> None:
        snapshot, times = self._snapshot if self._race is None else _longest(self._race, self._times), self._times
        column = times.column(snapshot.history) if snapshot else np.zeros(0)
        present = float(getattr(snapshot.measured, times.kind)) if snapshot else 0.0
        last = times.reached(snapshot) if snapshot else 0.0
        times.follow(float(times.places(np.array([present]))[0]))
        kept = () if self._kept is None or self._race is not None else self._kept.runs
        reach = max((last, self._other_end(times), *(self._last_of(run) for run in kept)))
        if self._race is None and self._rate.experiment is not None and (self._reach.value == "plan" or last == 0):
            planned = float(self._rate.on_axis(np.array([self._rate.horizon()]), times)[0])
            reach = max(reach, planned) if planned > 0 else reach
        was_whole = times.is_whole
        times.fit(column, reach)
        if self._sheet.reading is not None and not times.low <= self._sheet.reading <= times.high:
            self._sheet.reading = None
        if times.is_whole != was_whole:
            self._sheet.place_names()

    def _last_of(self, run: KeptCurve) -> float:
        """Where a kept run ends on the time axis."""
        return float(np.nanmax(np.append(self._times.column(run.history)[-1:], 0.0)))

    def _other_end(self, times: TimeAxis) -> float:
        """Where the run before a branch ends on the time axis; 0 without one."""
        other = self._others
        if not isinstance(other, Ghost) or other.left_by != "branch" or self._race is not None:
            return 0.0
        return float(getattr(other.now.measured, times.kind))

    def _mark(self, snapshot: Snapshot) -> bool:
        times = self._times
        of = (snapshot.changes, times.kind, times.logarithmic, times.low, times.high)
        if of == self._marked:
            return False
        self._marked, self._sheet.marks = of, marks_of(snapshot.changes, times)
        return True

    def apply_theme(self) -> None:
        super().apply_theme()
        self._sheet.apply_theme()
        self._place_controls()

    def shown(self) -> _TracksShown:
        if self._turn.isActive():
            self._draw_others()
        times, gradients, rate = self._times, self._gradients, self._rate
        values = self._sheet.values
        return _TracksShown(
            tracks=tuple(track.name for track in self._sheet.arrangement.seen),
            along=self._along.value,
            smoothing=self._smoothing.value,
            loss_scale=self._loss_scale.value,
            time_is_logarithmic=times.logarithmic,
            times=(times.low, times.high),
            marks=self._sheet.marks,
            mark_names=tuple(name.text for name in self._sheet.mark_names()),
            headings=(
                self._loss.describe(values.get("loss", ())),
                self._score.describe(values.get("score", ())),
            ),
            reading=self._sheet.flag or TIME_TITLES[times.kind],
            note=self._sheet.note.text,
            past=None if self._sheet.past is None else times.value(self._sheet.past),
            loss=_curves_shown(self._loss),
            score=_curves_shown(self._score),
            gradients=_GradientsShown(
                quantity=gradients.quantity.field,
                picture=gradients.picture,
                logarithmic=gradients.logarithmic,
                bars=gradients.bars.copy(),
                numbers=tuple(value.text for value in values.get("gradients", ())),
                map=gradients.colours,
                lines=tuple(part.copy() for part in gradients.lines),
            ),
            rate=_RateShown(
                past=rate.past,
                coming=rate.coming,
                present=(rate.present_epoch(), rate.present_rate()),
                logarithmic=rate.axis.logarithmic,
                ends=(rate.axis.low, rate.axis.high),
                words=rate.describe(values.get("rate", ())),
            ),
            race=() if self._race is None else tuple(value.words for value in values.get("loss", ())),
        )

    # Settings -------------------------------------------------------------------------------------------------------

    def _on_setting(self) -> None:
        times = self._times
        looks = self._along.value, self._across.value == "log"
        if looks != (times.kind, times.logarithmic):
            times.kind, times.logarithmic = looks
            times.show_whole()
        for track in (self._loss, self._score, *self._lanes[:2]):
            track.smoothing = self._smoothing.value
        self._loss.axis.scale, self._rate.axis.scale = self._loss_scale.value, self._rate_scale.value
        self._lanes[0].axis.scale = self._loss_scale.value
        self._gradients.quantity = QUANTITIES[self._quantity.group.checkedId()]
        self._gradients.picture, self._gradients.logarithmic = self._picture.value, self._scale.value == "log"
        self._draw()
        self._sheet.place_names()
        self._show_words()

    def _show_next_size(self) -> None:
        self._quantity.show_index((self._quantity.group.checkedId() + 1) % len(QUANTITIES))
        self._on_setting()

    def _on_arranged(self) -> None:
        for button, option in zip(self._shown.buttons, _TRACK_OPTIONS, strict=True):
            button.setChecked(option.value not in self._sheet.arrangement.hidden)
        self._on_setting()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place_controls()

    def _place_controls(self) -> None:
        """Put the button of the settings beside the caption, where it covers no value."""
        self._controls.setFixedHeight(round(self._sheet.boxes()[0].rect.top()))
        self._controls.adjustSize()
        self._controls.move(self.width() - self._controls.width() - px(4), 0)
        self._controls.raise_()

    # Words ----------------------------------------------------------------------------------------------------------

    def _show_texts(self) -> None:
        self._told = self._snapshot if self._race is None else _longest(self._race, self._times)
        self._show_words()

    def _on_mouse(self) -> None:
        place = self._sheet.mouse.place
        self._sheet.reading = None if place is None else self._snapped(self._sheet.time_at(place))
        self._show_words()

    def _snapped(self, place: float | None) -> float | None:
        """The row of the history that is nearest to a place of the past; what comes has no rows."""
        if place is None or self._told is None:
            return place
        at = self._times.places(self._times.column(self._told.history))
        row = row_at(self._told, self._times, place)
        return place if row is None or place > np.nanmax(at) else float(at[row])

    def _show_words(self) -> None:
        """Write the values at the place that is read, or else those of the moment on show."""
        sheet, place, times = self._sheet, self._sheet.reading, self._times
        for track in sheet.arrangement.seen:
            self._tell(track)
        sheet.flag = self._flag(place)
        is_cut = sheet.metrics.horizontalAdvance(sheet.flag) > sheet.boxes()[0].rect.width() - px(FLAG_MARGIN)
        sheet.setToolTip(wrapping(sheet.flag) if is_cut else "")
        sheet.note.text = "" if self._race is not None else self._luck_words
        seen = sheet.past if place is None else place
        sheet.caption = "now" if seen is None else times.words(times.value(seen))
        if self._race is not None:
            sheet.handle.rest()
        else:
            first, last = self._first, 0 if self._snapshot is None else self._snapshot.step
            sheet.handle.describe(last if first is None else first, last, self._playhead_words())
        sheet.show_words(self._controls.geometry())

    def _tell(self, track: Track) -> None:
        """Write the values of one track."""
        sheet, place = self._sheet, self._sheet.reading
        shown = self._past if self._past is not None and place is None else self._told
        if shown is not None:
            sheet.values[track.name] = track.values(shown, self._times, place)
        elif track is self._rate:
            sheet.values[track.name] = self._rate.values(None, self._times, place)
        sheet.names[track.name].setAccessibleDescription(track.describe(sheet.values.get(track.name, ())))

    def _touch(self, mark: ChangeMark | None) -> None:
        before, self._sheet.mark = self._sheet.touches_latest, mark
        if self._sheet.touches_latest != before:
            self.mark_touched.emit(not before)

    def _flag(self, place: float | None) -> str:
        """The words at the foot of the cursor, about the place that is read."""
        sheet, times, mouse = self._sheet, self._times, self._sheet.mouse.place
        if place is None and self._past is not None:
            # The strip says it, and the handle stands where the words would.
            return ""
        box = sheet.boxes()[0]
        pixel = (times.high - times.low) / max(1.0, box.rect.width())
        self._touch(None if place is None else mark_near(sheet.marks, place, exact_px(_MARK_REACH) * pixel))
        gradients, parts = self._gradients, [] if place is None else [times.words(times.value(place))]
        gradients.pointed = None
        if mouse is not None and gradients in sheet.arrangement.seen:
            gradients.pointed = gradients.layer_at(sheet.box_of(gradients.name), mouse)
            parts.append(gradients.words(place, gradients.pointed))
        if sheet.mark is not None:
            parts.append(sheet.mark.words)
            parts.append(self._loss.ghost_words(times) if sheet.touches_latest else "")
        return " · ".join(part for part in parts if part)


def _longest(moment: RaceMoment, times: TimeAxis) -> Snapshot:
    """The lane that has come farthest along a time axis."""
    return max(moment.lanes, key=times.reached)


def _curves_shown(track: CurveTrack) -> _CurvesShown:
    axis = track.axis
    nothing = np.zeros((0, 2))
    run = [series for series in track.series if series.role == "run"]
    first = run[0] if run else None
    return _CurvesShown(
        training=nothing if first is None else first.points,
        validation=run[1].points if run else nothing,
        band=np.concatenate([np.stack(band, axis=1) for band in first.bands]) if first and first.bands else nothing,
        breaks=first.ends if first else (),
        present=tuple(series.present for series in run) or (None, None),
        tail=nothing if first is None else first.tail,
        ghost=tuple(series.points for series in track.series if series.role == "ghost"),
        diverged=next((hatch for series in track.series for hatch in series.hatches), None),
        kept=tuple((series.name, series.points) for series in track.series if series.role == "kept"),
        logarithmic=isinstance(axis, AmountAxis) and axis.logarithmic,
        ends=(axis.low, axis.high),
    )
