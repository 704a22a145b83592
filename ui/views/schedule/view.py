"""The learning rate over the epochs: what the schedule makes of it, and where training stands.

The coming rates are computed from the schedule itself, from the present place on. What has been is drawn as it really
was, with all changes that were made. A dot marks the present.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TRAIN, Sample
from playground.catalog.schedules import (
    Cosine,
    Exponential,
    InverseTime,
    OneCycle,
    Plateau,
    Progress,
    Schedule,
    StepDecay,
)
from playground.experiment.tree import Experiment
from playground.measure.snapshot import History, Snapshot

from ...forms.buttons import identify
from ...look import theme
from ...look.beat import Throttle
from ...look.numbers import power_text, short_text
from ...look.theme import px
from ..chart.axes import decade_ticks, even_ticks, nearest_row, nice_limit
from ..chart.controls import Choices, Controls, Option, ReadingLine, stack_chart
from ..chart.plot import Cursor, PlotMouse, colour_plot, pen, quiet_plot, set_ticks, show_bottom_axis
from ..chart.series import series_fingerprint, thin_to_extremes
from ..view import View

_FIRST_EPOCHS = 10.0
"""The least reach of the axis, in epochs."""
_MOST_PREVIEWED = 800
"""The largest number of computed rates; of more updates, evenly spread ones."""
_LOWEST_DECADES = 8.0
"""The reach of a logarithmic axis below the highest rate, in decades."""
_AXIS = 56
_READING = 300
_RATE_SCALES = (
    Option("linear", "Linear", "From 0 up. Shows how much the rate changes."),
    Option("log", "Log", "Equal distances are equal factors. Exponential decay is a straight line."),
)
_STAIRS = 60
"""Up to this many rates are drawn as steps; of more, the steps can't be seen."""


def _characteristic_epochs(schedule: Schedule, steps_per_epoch: int) -> float:
    """The epochs of a schedule's main effect; 0 for a constant one."""
    epochs = schedule.warmup / steps_per_epoch
    match schedule:
        case StepDecay():
            epochs = max(epochs, 2.0 * schedule.step_size)
        case Exponential() if schedule.gamma < 1:
            # To a tenth.
            epochs = max(epochs, math.log(0.1) / math.log(schedule.gamma))
        case InverseTime() if schedule.rate > 0:
            # To a fifth, when it has been gone through twice.
            epochs = max(epochs, 2 / schedule.rate)
        case Cosine():
            epochs = max(epochs, schedule.period * (1 + schedule.multiplier) / 2)
        case Plateau():
            epochs = max(epochs, 2.0 * schedule.patience)
        case OneCycle():
            # It is over then, so twice as much would be half empty.
            epochs = max(epochs, 0.6 * schedule.epochs)
    return epochs


def preview_horizon(experiment: Experiment, steps_per_epoch: int, epoch: float) -> float:
    training = experiment.training
    wanted = (
        _FIRST_EPOCHS,
        2 * _characteristic_epochs(training.schedule, steps_per_epoch),
        float(training.epochs or 0),
        1.25 * epoch,
    )
    return nice_limit(min(max(wanted), 1e12))


def steps_per_epoch(experiment: Experiment, points: int) -> int:
    training = experiment.training
    batch = points if training.batch_size == 0 else min(training.batch_size, points)
    whole, left = divmod(points, batch)
    return whole + (1 if left and training.batching == "partial" else 0)


def training_points(experiment: Experiment, sample: Sample | None) -> int:
    """The number of training points: counted, or as the experiment says."""
    if sample is not None:
        return max(1, int(np.count_nonzero(sample.split == TRAIN)))
    size = experiment.data.size
    return max(1, size - sum(experiment.data.kept_out(size)))


def update_places(total: float, most: int) -> Array:
    """The numbers of sampled updates of `total`: all, or one of every stretch.

    The distances are irregular: at regular ones, a rate that goes up and down might look constant.
    """
    if total <= most:
        return np.arange(max(1, math.ceil(total)), dtype=np.float64)
    places = np.arange(most)
    return np.floor((places + (places * 0.6180339887498949) % 1) * (total / most))


def preview_rates(experiment: Experiment, per_epoch: int, epoch: float, step: int, end: float) -> tuple[Array, Array]:
    """The learning rates to come, with their epochs; few of them as a staircase. `epoch` may lie within an epoch."""
    training, schedule = experiment.training, experiment.training.schedule
    # Most schedules change once per epoch, and then it is enough to ask once per epoch.
    per_ask = 1 if schedule.changes_every_step or step < schedule.warmup else per_epoch
    asked = update_places((end - epoch) * per_epoch / per_ask, _MOST_PREVIEWED) * per_ask
    at = np.append(epoch + asked / per_epoch, end)
    rates = [
        schedule.learning_rate(training.learning_rate, Progress(int(e + 1e-9), step + int(ahead), per_epoch))
        for e, ahead in zip(at[:-1], asked, strict=True)
    ]
    return _stairs(at, np.array(rates)) if len(rates) <= _STAIRS else (at, np.append(rates, rates[-1]))


def _stairs(ends: Array, rates: Array) -> tuple[Array, Array]:
    """The corners of a staircase of these rates; `ends` has one entry more."""
    return np.repeat(ends, 2)[1:-1], np.repeat(rates, 2)


def rate_text(rate: float) -> str:
    """A learning rate with as many digits as tell rates apart: 0.01, 0.00271, 1.2e-6."""
    if not math.isfinite(rate) or rate == 0:
        return "0" if rate == 0 else "–"
    return power_text(rate) if rate < 1e-4 or rate >= 1e6 else f"{rate:.3g}"


def used_rates(history: History) -> tuple[Array, Array]:
    """The past rates. A row holds that of the last update before it, so each step goes back from its row."""
    known = np.isfinite(history.learning_rate)
    epochs, rates = history.epoch[known], history.learning_rate[known]
    return _stairs(epochs, rates[1:]) if 2 <= len(epochs) <= _STAIRS else (epochs, rates)


class RateAxis:
    """From 0 to the highest rate, or logarithmic over whole powers of ten."""

    logarithmic = False
    low, high = 0.0, 1.0

    def fit(self, *columns: Array) -> None:
        """Fit the axis to these rates."""
        values = np.concatenate(columns)
        values = np.minimum(values[np.isfinite(values) & (values > 0)], 1e30)
        most = float(values.max()) if len(values) else 1.0
        if not self.logarithmic:
            self.low, self.high = 0.0, nice_limit(max(most, 1e-30))
            return
        high = math.ceil(math.log10(most) - 1e-9)
        low = math.floor(math.log10(float(values.min())) + 1e-9) if len(values) else high
        self.low, self.high = max(float(min(low, high - 1)), high - _LOWEST_DECADES), float(high)

    def places(self, rates: Array) -> Array:
        if not self.logarithmic:
            return np.clip(rates, 0, 1e30)
        return np.log10(np.clip(rates, 10**self.low, 1e30))

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        if self.logarithmic:
            return decade_ticks(self.low, self.high, most)
        at = even_ticks(self.low, self.high, most)
        return at, [short_text(value) for value in at]


@dataclass(frozen=True)
class _ScheduleShown:
    past: tuple[Array, Array]
    """Past epochs and learning rates."""
    coming: tuple[Array, Array]
    """Coming epochs and learning rates."""
    present: tuple[float, float]
    """The present epoch and learning rate."""
    end: float
    """The last epoch of the picture."""
    logarithmic: bool
    """Whether the axis of the rate is logarithmic."""
    rates: tuple[float, float]
    """Both ends of that axis, as powers of ten on a logarithmic one."""
    reading: str


class ScheduleView(View):
    """A switch and a line of words above the plot of the learning rate."""

    name, title = "schedule", "Schedule"
    SIZE = (356, 200)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Learning rate over the epochs")
        self._experiment: Experiment | None = None
        self._snapshot: Snapshot | None = None
        self._axis = RateAxis()
        self._end = _FIRST_EPOCHS
        self._drawn: tuple[object, ...] = ()
        self._limits: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._coming = self._past = (np.zeros(0), np.zeros(0))
        self._idle = ""
        self._plot = quiet_plot(self)
        self._build()
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()

    def _build(self) -> None:
        self._controls = Controls("schedule.controls", self)
        self._scale = self._controls.add(Choices("schedule.scale", "Axis of the rate", _RATE_SCALES))
        self._scale.picked.connect(self._on_scale)
        self._words = ReadingLine("schedule.words", "The learning rate under the mouse, or now", self)
        identify(
            self._plot,
            "schedule.plot",
            "Learning rate over the epochs: used so far, and coming",
            "Strong: the learning rates used so far. Pale: those to come. The dot is the present.",
        )
        self._plot.getAxis("left").setWidth(px(_AXIS))
        show_bottom_axis(self._plot, "epoch")
        self._plot.getPlotItem().layout.setContentsMargins(0, px(6), px(22), 0)
        self._coming_curve = pg.PlotCurveItem(skipFiniteCheck=True, antialias=True)
        self._past_curve = pg.PlotCurveItem(skipFiniteCheck=True, antialias=True)
        self._dot = pg.ScatterPlotItem(size=px(9), pxMode=True)
        self._cursor = Cursor()
        for item in (self._cursor, self._coming_curve, self._past_curve, self._dot):
            self._plot.addItem(item, ignoreBounds=True)
        self._mouse = PlotMouse(self._plot)
        self._mouse.moved.connect(self._read)
        stack_chart(self, self._controls, self._words, self._plot)

    def show_experiment(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._show(fresh=True)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the present. An edited experiment stays until training has it."""
        before, self._snapshot = self._snapshot, snapshot
        other = before is None or before.experiment is not snapshot.experiment
        if other or self._experiment is None:
            self._experiment = snapshot.experiment
        self._show(fresh=before is None)

    def apply_theme(self) -> None:
        look = theme.current()
        super().apply_theme()
        colour_plot(self._plot)
        self._coming_curve.setPen(pen(theme.blend(look.surface, look.accent, 0.55)))
        self._past_curve.setPen(pen(look.text))
        self._dot.setBrush(pg.mkBrush(look.accent))
        self._dot.setPen(pen(look.surface))
        self._cursor.apply_theme()

    def shown(self) -> _ScheduleShown:
        return _ScheduleShown(
            past=self._past,
            coming=self._coming,
            present=(self._present_epoch(), self._present_rate()),
            end=self._end,
            logarithmic=self._scale.value == "log",
            rates=tuple(self._plot.getViewBox().viewRange()[1]),
            reading=self._words.text(),
        )

    def _per_epoch(self) -> int:
        assert self._experiment is not None
        sample = self._snapshot.sample if self._snapshot else None
        return steps_per_epoch(self._experiment, training_points(self._experiment, sample))

    def _present_epoch(self) -> float:
        """The completed epochs and, as far as known, the share of the present one."""
        if self._snapshot is None or self._experiment is None:
            return 0.0
        inside = self._snapshot.step - self._snapshot.epoch * self._per_epoch()
        share = inside / self._per_epoch()
        return self._snapshot.epoch + (share if 0 <= share < 1 else 0.0)

    def _present_rate(self) -> float:
        if self._snapshot is not None and self._snapshot.experiment is self._experiment:
            return self._snapshot.learning_rate
        return float(self._coming[1][0]) if len(self._coming[1]) else float("nan")

    def _show(self, fresh: bool) -> None:
        experiment, snapshot = self._experiment, self._snapshot
        assert experiment is not None
        epoch, step = self._present_epoch(), snapshot.step if snapshot else 0
        self._end = preview_horizon(experiment, self._per_epoch(), epoch)
        rows = series_fingerprint(snapshot.history.epoch, snapshot.history.learning_rate) if snapshot else ()
        rate = snapshot.learning_rate if snapshot else None
        now = (id(experiment), epoch, step, rate, rows, self._end, self._axis.logarithmic)
        if now == self._drawn:
            return
        self._drawn = now
        self._compute(experiment, epoch, step)
        self._draw()
        self._write.request(at_once=fresh)

    def _compute(self, experiment: Experiment, epoch: float, step: int) -> None:
        """Compute both curves. The preview is computed again when the present has moved by a pixel."""
        snapshot = self._snapshot
        pixel = int(epoch / self._end * self.width())
        asked = (id(experiment), self._end, self._per_epoch(), step - epoch * self._per_epoch(), pixel)
        if isinstance(experiment.training.schedule, Plateau) and snapshot is not None:
            # What it will do depends on the loss, so that only what is now can be drawn on.
            self._coming = (np.array([epoch, self._end]), np.full(2, snapshot.learning_rate))
        elif asked != self._asked:
            self._coming = preview_rates(experiment, self._per_epoch(), epoch, step, self._end)
        self._asked = asked
        self._past = used_rates(snapshot.history) if snapshot else (np.zeros(0), np.zeros(0))

    def _draw(self) -> None:
        self._axis.fit(self._past[1], self._coming[1])
        for curve, (epochs, rates) in ((self._coming_curve, self._coming), (self._past_curve, self._past)):
            known = np.isfinite(rates)
            curve.setData(*thin_to_extremes(epochs[known], self._axis.places(rates[known])))
        epoch, rate = (self._present_epoch(), self._present_rate())
        if math.isfinite(rate):
            self._dot.setData([epoch], self._axis.places(np.array([rate])))
        else:
            self._dot.clear()
        self._fit_limits()

    def _fit_limits(self) -> None:
        room, axis = self._plot.getViewBox(), self._axis
        across, down = max(2, int(room.width() // px(60))), max(2, int(room.height() // px(24)))
        limits = (self._end, axis.low, axis.high, axis.logarithmic, across, down)
        if limits == self._limits:
            return
        self._limits = limits
        above = 0.05 * (axis.high - axis.low)
        room.setRange(xRange=(0, self._end), yRange=(axis.low - above / 2, axis.high + above), padding=0)
        at = even_ticks(0, self._end, across)
        set_ticks(self._plot.getAxis("bottom"), at, [short_text(value) for value in at])
        set_ticks(self._plot.getAxis("left"), *axis.ticks(down))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._controls.fit(self.width() - px(_READING))
        if self._experiment is not None:
            self._fit_limits()

    def _on_scale(self) -> None:
        self._axis.logarithmic = self._scale.value == "log"
        if self._experiment is not None:
            self._show(fresh=True)

    def _show_texts(self) -> None:
        if self._experiment is not None:
            self._idle = self._idle_words(self._experiment.training.schedule)
            self._read()

    def _read(self) -> None:
        epoch = None if self._mouse.place is None else self._mouse.place.x()
        self._cursor.show_at(epoch)
        self._words.say(self._idle if epoch is None or self._experiment is None else self._words_at(epoch))

    def _idle_words(self, schedule: Schedule) -> str:
        rate = rate_text(self._present_rate())
        if isinstance(schedule, Plateau):
            loss = {"train_loss": "training loss", "validation_loss": "validation loss"}[schedule.watch]
            return f"η = {rate}; what comes depends on the {loss}"
        return f"{schedule.label}: η = {rate} at epoch {math.floor(self._present_epoch()):,}"

    def _words_at(self, epoch: float) -> str:
        if not 0 <= epoch <= self._end:
            return ""
        now = self._present_epoch()
        epochs, rates = self._past if epoch < now and len(self._past[0]) else self._coming
        row = nearest_row(epochs, epoch)
        if row is None:
            return ""
        when = "was" if epoch < now else "will be"
        return f"epoch {epoch:,.0f}: η {when} {rate_text(float(rates[row]))}"
