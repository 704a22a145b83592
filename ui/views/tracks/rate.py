"""The track of the learning rate: the rates used so far, the present one, and those that the schedule plans.

The coming rates are computed from the schedule itself. Past rates are drawn as they really were, with all changes. A
dot marks the present.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from playground.catalog.choice import Array
from playground.catalog.schedules import Plateau
from playground.experiment.tree import Experiment
from playground.measure.snapshot import Snapshot

from ...look import theme
from ...look.numbers import power_text
from ...look.theme import exact_px
from ..chart.axes import AmountAxis, nearest_row
from ..chart.controls import Option
from ..chart.plot import ChartBox, pen
from ..chart.series import series_fingerprint, thin_to_extremes
from .plan import preview_horizon, preview_rates, steps_per_epoch, training_points, used_rates
from .time import TimeAxis
from .track import Line, Series, Track, Value

_DECADES = 8.0
"""The reach of a logarithmic axis below the highest rate, in decades."""
_NOTHING = (np.zeros(0), np.zeros(0))
_LINE = Line("text")
_HELP = "Strong: learning rates used so far. Pale: those to come. The dot is the present."
RATE_OPTIONS = (
    Option("linear", "Linear", "From 0 up. Shows how much the rate changes."),
    Option("log", "Log", "Equal distances are equal factors. Exponential decay is a straight line."),
)


class RateTrack(Track):
    """The track of the learning rate. It shows an edit at once, even before training has it."""

    name = "rate"
    axis: AmountAxis

    def __init__(self) -> None:
        super().__init__("Learning rate", "", 30, axis=AmountAxis("linear", _DECADES))
        self.experiment: Experiment | None = None
        self.past = self.coming = _NOTHING
        """Values on the time axis, and learning rates."""
        self._snapshot: Snapshot | None = None
        self._drawn: tuple[object, ...] = ()
        self._asked: tuple[object, ...] = ()
        self._planned = _NOTHING
        """The plan from the epoch on at which it was made."""

    def follow(self, snapshot: Snapshot | None) -> None:
        """Take over the present moment; an edited experiment stays until training has it."""
        before, self._snapshot = self._snapshot, snapshot
        if snapshot is None:
            return
        other = before is None or before.experiment is not snapshot.experiment
        if other or self.experiment is None:
            self.experiment = snapshot.experiment

    def horizon(self) -> float:
        """The epoch up to which the plan is worth showing."""
        assert self.experiment is not None
        return preview_horizon(self.experiment, self._per_epoch(), self.present_epoch())

    def on_axis(self, epochs: Array, times: TimeAxis) -> Array:
        """Epochs from the present one on as values on a time axis; none along seconds, which nobody knows."""
        if times.kind == "epoch":
            return epochs
        if times.kind == "step":
            step = self._snapshot.step if self._snapshot else 0
            return step + (epochs - self.present_epoch()) * self._per_epoch()
        return np.full(len(epochs), np.nan)

    def show(self, snapshot: Snapshot | None, times: TimeAxis) -> bool:
        experiment = self.experiment
        assert experiment is not None
        epoch, step = self.present_epoch(), snapshot.step if snapshot else 0
        column = times.column(snapshot.history) if snapshot else np.zeros(0)
        rows = series_fingerprint(column, snapshot.history.learning_rate) if snapshot else ()
        looks = (times.kind, times.logarithmic, times.low, times.high, self.axis.scale)
        rate = snapshot.learning_rate if snapshot else None
        now = (id(experiment), epoch, step, rate, rows, looks)
        if now == self._drawn:
            return False
        self._drawn = now
        self._plan(experiment, epoch, step, times)
        self.past = used_rates(column, snapshot.history.learning_rate) if snapshot else _NOTHING
        self._draw(times)
        self.help = f"{_HELP} {self.idle_words()}."
        return True

    def _plan(self, experiment: Experiment, epoch: float, step: int, times: TimeAxis) -> None:
        """Compute what comes. As time passes a plan stays, only less of it is left."""
        end = max(self._last_epoch(times), epoch + 1e-6)
        if isinstance(experiment.training.schedule, Plateau) and self._snapshot is not None:
            # What it will do depends on the loss, so that only what is now can be drawn on.
            self.coming = np.array([epoch, end]), np.full(2, self._snapshot.learning_rate)
            self._asked = ()
            return
        asked = (id(experiment), end, self._per_epoch(), round(step - epoch * self._per_epoch()))
        first = self._planned[0][0] if len(self._planned[0]) else math.inf
        # Of a plan that is mostly past, too few points are left.
        if asked != self._asked or not first <= epoch <= first + 0.5 * (end - first):
            self._asked, self._planned = asked, preview_rates(experiment, self._per_epoch(), epoch, step, end)
        epochs, rates = self._planned
        left = max(0, int(np.searchsorted(epochs, epoch, side="right")) - 1)
        self.coming = np.append(epoch, epochs[left + 1 :]), rates[left:]

    def _last_epoch(self, times: TimeAxis) -> float:
        """The last epoch in sight, as far as it is known."""
        last = times.value(times.high)
        if times.kind == "step" and self._snapshot is not None:
            return self.present_epoch() + (last - self._snapshot.step) / self._per_epoch()
        return last if times.kind == "epoch" else last / self._per_epoch() if times.kind == "step" else self.horizon()

    def _draw(self, times: TimeAxis) -> None:
        parts = []
        for x, rates in (self.past, (self.on_axis(self.coming[0], times), self.coming[1])):
            at = times.places(x)
            known = np.isfinite(rates) & np.isfinite(at)
            parts.append((at[known], rates[known]))
        self.axis.fit(*(rates for _, rates in parts))
        drawn = [thin_to_extremes(x, self.axis.places(rates)) for x, rates in parts]
        (x, y), (later, planned) = drawn
        dot, rate = float(times.places(self._here(times))[0]), self.present_rate()
        is_known = math.isfinite(dot) and math.isfinite(rate)
        present = (dot, float(self.axis.places(np.array([rate]))[0])) if is_known else None
        self.series = (
            Series("used", _LINE, x, y, present=present),
            Series("planned", Line("accent"), later, planned, role="planned"),
        )

    def _here(self, times: TimeAxis) -> Array:
        if times.kind == "seconds":
            return np.array([self._snapshot.seconds if self._snapshot else 0.0])
        return self.on_axis(np.array([self.present_epoch()]), times)

    def _per_epoch(self) -> int:
        assert self.experiment is not None
        sample = self._snapshot.sample if self._snapshot else None
        return steps_per_epoch(self.experiment, training_points(self.experiment, sample))

    def present_epoch(self) -> float:
        """The completed epochs and, as far as known, the share of the present one."""
        if self._snapshot is None or self.experiment is None:
            return 0.0
        inside = self._snapshot.step - self._snapshot.epoch * self._per_epoch()
        share = inside / self._per_epoch()
        return self._snapshot.epoch + (share if 0 <= share < 1 else 0.0)

    def present_rate(self) -> float:
        """The learning rate of the next update."""
        if self._snapshot is not None and self._snapshot.experiment is self.experiment:
            return self._snapshot.learning_rate
        return float(self.coming[1][0]) if len(self.coming[1]) else float("nan")

    def values(self, snapshot: Snapshot | None, times: TimeAxis, place: float | None) -> tuple[Value, ...]:
        if self.experiment is None:
            return ()
        if place is None:
            # No moment has the settings of an edit yet; while an earlier one is on show, so are its settings.
            told = snapshot if snapshot is not None and snapshot.experiment == self.experiment else None
            rate = self.present_rate() if told is None else told.learning_rate
            return Value("η", rate_text(rate), _LINE), Value(self.experiment.training.schedule.label, "")
        before = place < float(times.places(self._here(times))[0])
        x, rates = self.past if before and len(self.past[0]) else (self.on_axis(self.coming[0], times), self.coming[1])
        at = times.places(x)
        known = np.isfinite(at)
        row = nearest_row(at[known], place)
        if row is None:
            return (Value("η will be", "–", _LINE),)
        line = _LINE if before else Line("accent")
        return (Value("η was" if before else "η will be", rate_text(float(rates[known][row])), line),)

    def describe(self, values: Sequence[Value]) -> str:
        if len(values) == 1:
            return values[0].words
        return "" if self.experiment is None else self.idle_words()

    def idle_words(self) -> str:
        """The present rate in words, with the schedule that sets it."""
        assert self.experiment is not None
        schedule, rate = self.experiment.training.schedule, rate_text(self.present_rate())
        if isinstance(schedule, Plateau):
            loss = {"train_loss": "training loss", "validation_loss": "validation loss"}[schedule.watch]
            return f"η = {rate}; later rates depend on the {loss}"
        return f"{schedule.label}: η = {rate} at epoch {math.floor(self.present_epoch()):,}"

    def paint(self, painter: QPainter, box: ChartBox, room: float) -> None:
        super().paint(painter, box, room)
        present = self.series[0].present if self.series else None
        if present is None or not box.across.low <= present[0] <= box.across.high:
            return
        painter.setPen(pen(theme.current().surface))
        painter.setBrush(Qt.BrushStyle.SolidPattern)
        painter.setBrush(Line("accent").pen().color())
        x, y = box.x(np.array(present[:1]))[0], box.y(np.array(present[1:]))[0]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawEllipse(QPointF(x, y), exact_px(4), exact_px(4))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def rate_text(rate: float) -> str:
    """A learning rate with enough digits to distinguish rates: 0.01, 0.00271, 1.2e-6."""
    if not math.isfinite(rate) or rate == 0:
        return "0" if rate == 0 else "–"
    return power_text(rate) if rate < 1e-4 or rate >= 1e6 else f"{rate:.3g}"
