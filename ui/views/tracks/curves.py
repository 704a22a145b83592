"""The tracks of loss and of accuracy (R² for regression): curves of both sets.

Smoothed curves are drawn over the band that the raw ones fill, so that no extreme gets lost. A curve is interrupted
where its meaning changes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from playground.catalog.choice import Array, Task
from playground.measure.others import Ghost, KeptCurves, Luck, Others
from playground.measure.snapshot import Snapshot

from ...look import theme
from ...look.numbers import number_text, percent_text
from ...look.theme import px
from ..chart.axes import AmountAxis, ShareAxis, accuracy_axis, nearest_row, r_squared_axis
from ..chart.controls import Option
from ..chart.plot import LEFT, ChartBox, write
from ..chart.series import (
    band_outline,
    moving_mean,
    run_length,
    series_fingerprint,
    spread_apart,
    thin_evenly,
    thin_to_extremes,
)
from .time import TimeAxis
from .track import Line, Role, Series, Track, Value

_LINES = (Line("train"), Line("validation", dashed=True))
"""How the curves of training and validation are drawn."""
_SETS = ("training", "validation")
_SMOOTHING = {"off": 0.0, "some": 1 / 50, "strong": 1 / 10}
"""The share of the rows so far that a smoothed value is the mean of."""
SMOOTHING_OPTIONS = (
    Option("off", "Off", "Every epoch as it was, with its noise."),
    Option("some", "Some", "The mean of nearby epochs, with the raw curve as a band. Removes most of the noise."),
    Option("strong", "Strong", "The mean of many epochs, with the raw curve as a band. Shows the trend."),
)
LOSS_OPTIONS = (
    Option(
        "auto",
        "Auto",
        "Linear from 0 at first. Logarithmic once losses span more than a factor of 100, unless that would hide a "
        "rise. In a race, a lane far above the others leaves through the top; an arrow there says how high it gets.",
    ),
    Option("linear", "Linear", "From 0 up. Small losses look like 0."),
    Option("log", "Log", "Equal distances are equal factors. Separates small losses."),
)
_BOTH_SETS = 2
"""Kept runs of which both curves are drawn; of more only one each."""
_MOST_VALUES = 3
"""Kept runs whose losses are told."""
_PLATE = 0.8
"""How much of the curves behind it the name of a kept run hides."""
_MOST_PIECES = 300
"""Of curves with more breaks only the latest ones are seen."""
_HELP = "Solid: training points. Dashed: validation points, which show overfitting."


class RunColumn(NamedTuple):
    """A column of a run: values over time, which may be NaN, and the present value."""

    times: Array
    values: Array
    ends: Sequence[int] = ()
    """The rows before which the values change their meaning."""
    present: tuple[float, float] | None = None
    """Place and value of the present, unless that is the last row."""
    goes_on: bool = False


class Curve(NamedTuple):
    """A column of a run as it is drawn."""

    name: str
    line: Line
    column: RunColumn
    role: Role = "run"


class CurveTrack(Track):
    """A track with the curves of the training and the validation points."""

    axis: AmountAxis | ShareAxis

    def __init__(self, title: str, share: float, axis: AmountAxis | ShareAxis, first: int) -> None:
        """Show two fields of the evaluation, from the index `first` on."""
        super().__init__(title, _HELP, share, axis=axis)
        self.smoothing = "off"
        self.first = first
        self._others: Others | None = None
        self._strength = 0.0
        self._drawn: tuple[object, ...] = ()
        self._rows = 0

    def show_others(self, others: Others | None, strength: float) -> None:
        """Draw other runs beside the run, from the next moment that is shown on."""
        if others is None and self._others is not None:
            self.axis.begin_anew()
        self._others, self._strength, self._drawn = others, strength, ()

    def show(self, snapshot: Snapshot, times: TimeAxis) -> bool:
        columns = self._columns(snapshot)
        column = times.column(snapshot.history)
        looks = (times.kind, times.logarithmic, times.low, times.high, self.smoothing, getattr(self.axis, "scale", ""))
        rows = series_fingerprint(column, *columns)
        now = (*rows, looks, snapshot.breaks, snapshot.measured, snapshot.evaluation, snapshot.sample.task)
        if now == self._drawn:
            return False
        self._drawn = now
        if len(column) < self._rows:
            self.axis.begin_anew()
        self._rows = len(column)
        at = times.places(column)
        present, is_row = snapshot.evaluation.numbers[self.first : self.first + 2], is_last_row(snapshot)
        here = float(times.places(np.array([float(getattr(snapshot.measured, times.kind))]))[0])
        ends = np.searchsorted(snapshot.history.step, [one.step for one in snapshot.breaks], side="right").tolist()
        goes_on = not is_row and not is_broken_off(snapshot)
        drawn = [
            RunColumn(at, values, ends, None if is_row else (here, value), goes_on)
            for values, value in zip(columns, present, strict=True)
        ]
        own = [Curve(name, line, one) for name, line, one in zip(_SETS, _LINES, drawn, strict=True)]
        others = (*self._ghost_curves(times), *self._luck_curves(snapshot, times), *self._kept_curves(snapshot, times))
        self.draw(times, [*own, *others])
        self.series = (*self.series, *self._luck_band(snapshot, times))
        return True

    def _ghost_curves(self, times: TimeAxis) -> list[Curve]:
        """The curves of the run without its latest change, from the last row before the change on."""
        ghost = self._others
        if not isinstance(ghost, Ghost):
            return []
        history = ghost.now.history
        first = max(0, int(np.searchsorted(history.step, ghost.begun.step, side="right")) - 1)
        at = times.places(times.column(history))[first:]
        columns = [RunColumn(at, values[first:]) for values in self._columns(ghost.now)]
        return [Curve(name, line, one, "ghost") for name, line, one in zip(_SETS, _LINES, columns, strict=True)]

    def _kept_curves(self, snapshot: Snapshot, times: TimeAxis) -> list[Curve]:
        """Kept runs of the same task: both sets of one or two, of more only that of the points kept out."""
        kept = self._others
        if not isinstance(kept, KeptCurves):
            return []
        found = []
        for number, run in enumerate(kept.runs):
            at = times.places(times.column(run.history))
            ends = np.searchsorted(run.history.step, run.breaks, side="right").tolist()
            columns = (run.history[3 + self.first], run.history[4 + self.first])
            if run.task != snapshot.sample.task:
                continue
            sets = [place for place in (0, 1) if np.isfinite(columns[place]).any()]
            for place in sets if len(kept.runs) <= _BOTH_SETS else sets[-1:]:
                column = RunColumn(at, columns[place], ends)
                line = _kept_line(number, dashed=_LINES[place].dashed)
                found.append(Curve(f"{run.name} {_SETS[place]}", line, column, "kept"))
        return found

    def _luck_curves(self, snapshot: Snapshot, times: TimeAxis) -> list[Curve]:
        """The median of other starts."""
        return []

    def _luck_band(self, snapshot: Snapshot, times: TimeAxis) -> list[Series]:
        """The band that other starts fill."""
        return []

    def draw(self, times: TimeAxis, curves: Sequence[Curve]) -> None:
        """Draw curves, those of the run first; the axis fits them all."""
        seen = [(curve, _Pieces.of(curve.column, times)) for curve in curves]
        self.axis.fit(*(np.concatenate([*(y for _, y in one.thinned), one.present_value]) for _, one in seen))
        self.series = tuple(self._series(curve, pieces) for curve, pieces in seen)

    def _series(self, curve: Curve, pieces: _Pieces) -> Series:
        places, rows = self.axis.places, pieces.rows
        window = _smoothing_window(rows, self.smoothing)
        drawn = [(x, places(y)) for x, y in pieces.thinned]
        bands: tuple[tuple[Array, Array], ...] = ()
        if window > 1:
            run = max(window // 4, run_length(rows, 150), 2)
            raw = [(x, places(y)) for x, y in pieces.raw]
            bands = tuple(band_outline(x, y, run) for x, y in raw) if curve.role not in ("ghost", "kept") else ()
            drawn = [thin_evenly(x, moving_mean(y, window), rows) for x, y in raw]
        x, y = (np.concatenate(part) for part in zip(*drawn, strict=True))
        ends = tuple(accumulate(len(x) for x, _ in drawn))[:-1]
        column, dot = pieces.column, None
        if column.present is not None and len(pieces.present_value) and math.isfinite(column.present[0]):
            dot = column.present[0], float(places(pieces.present_value)[0])
        strength = 1.0 if curve.role in ("run", "lane") else self._strength
        return Series(curve.name, curve.line, x, y, ends, curve.role, bands, dot, column.goes_on, strength)

    def _columns(self, snapshot: Snapshot) -> tuple[Array, Array]:
        columns = _drawn_columns(snapshot)
        return columns[self.first], columns[self.first + 1]

    def number_text(self, value: float | None, digits: int) -> str:
        """Write a value of this track."""
        return number_text(value, digits)

    def values(self, snapshot: Snapshot, times: TimeAxis, place: float | None) -> tuple[Value, ...]:
        row = None if place is None else row_at(snapshot, times, place)
        now = snapshot.evaluation[self.first : self.first + 2]
        values = now if row is None else tuple(float(column[row]) for column in self._columns(snapshot))
        if place is not None and times.value(place) > times.reached(snapshot) * (1 + 1e-9):
            values = None, None
        texts = [self.number_text(value, 3 if row is None else 5) for value in values]
        return tuple(Value(name, text, line) for name, text, line in zip(_SETS, texts, _LINES, strict=True))


class LossTrack(CurveTrack):
    """The track of the loss of both sets."""

    name = "loss"
    axis: AmountAxis

    def __init__(self) -> None:
        super().__init__("Loss", 66, AmountAxis(), 0)
        self.least = 60

    def show(self, snapshot: Snapshot, times: TimeAxis) -> bool:
        title, self.title = self.title, "Scaled loss" if snapshot.sample.scales_target else "Loss"
        return super().show(snapshot, times) or title != self.title

    def values(self, snapshot: Snapshot, times: TimeAxis, place: float | None) -> tuple[Value, ...]:
        at = place
        if isinstance(self._others, Ghost) and self._others.left_by == "branch" and place is None:
            # The run before a branch has gone on to its own end; what counts is the moment of these numbers.
            at = float(times.places(np.array([float(getattr(snapshot.measured, times.kind))]))[0])
        others = (*self._ghost_value(times, at, 3 if place is None else 5), *self._kept_values(snapshot, times, place))
        return *super().values(snapshot, times, place), *others

    def paint(self, painter: QPainter, box: ChartBox, room: float) -> None:
        super().paint(painter, box, room)
        # Of both curves of a run the later, of validation points, is named.
        kept = {one.name.rpartition(" ")[0]: one for one in self.series if one.role == "kept" and len(one.x)}
        ends = sorted((float(box.y(one.y[-1:])[0]), float(box.x(one.x[-1:])[0]), name) for name, one in kept.items())
        rect, metrics, mark = box.rect, painter.fontMetrics(), px(8)
        apart = metrics.height()
        places = spread_apart([y for y, _, _ in ends], apart, rect.top() + apart / 2, rect.bottom() - apart / 2)
        for middle, (_, x, name) in zip(places, ends, strict=True):
            width = mark + metrics.horizontalAdvance(name) + px(2)
            left = min(max(x + px(5), rect.left()), rect.right() - width)
            plate = QColor(theme.current().surface)
            plate.setAlphaF(_PLATE)
            painter.fillRect(QRectF(left - px(2), middle - apart / 2, width + px(2), apart), plate)
            # Names that had to be spread apart may stand far from the ends of their curves.
            painter.fillRect(QRectF(left, middle - px(2), px(5), px(5)), kept[name].line.pen("kept").color())
            words = QRectF(left + mark, middle - px(8), width - mark, px(16))
            write(painter, words, LEFT, name, theme.current().quiet)

    def _kept_values(self, snapshot: Snapshot, times: TimeAxis, place: float | None) -> list[Value]:
        """The losses of kept runs: of validation or, without validation points, of training."""
        found: dict[str, Value] = {}
        kept = self._others.runs if isinstance(self._others, KeptCurves) else ()
        for number, run in enumerate(kept[:_MOST_VALUES]):
            at = times.places(times.column(run.history))
            losses = run.history.validation_loss
            is_validated = bool(np.isfinite(losses).any())
            losses = losses if is_validated else run.history.train_loss
            known = np.flatnonzero(np.isfinite(at) & np.isfinite(losses))
            row = len(known) - 1 if place is None else nearest_row(at[known], place)
            if row is not None and len(known):
                text = self.number_text(float(losses[known[row]]), 3 if place is None else 5)
                line = _kept_line(number, dashed=is_validated)
                found[run.name] = Value(run.name, text, line, "kept")
        return list(found.values())

    def _luck_curves(self, snapshot: Snapshot, times: TimeAxis) -> list[Curve]:
        luck = self._others
        if not isinstance(luck, Luck):
            return []
        column = RunColumn(_times_of_epochs(luck.epoch, snapshot, times), luck.median)
        return [Curve("other starts", _LINES[luck.validated], column, "luck")]

    def _luck_band(self, snapshot: Snapshot, times: TimeAxis) -> list[Series]:
        luck = self._others
        if not isinstance(luck, Luck):
            return []
        at = _times_of_epochs(luck.epoch, snapshot, times)
        rows = np.flatnonzero(np.isfinite(at))[:: run_length(len(at), 300)]
        # What has diverged leaves the picture through its upper edge.
        low, high = (np.minimum(self.axis.places(ends[rows]), 2 * self.axis.high) for ends in (luck.low, luck.high))
        outline = np.concatenate([at[rows], at[rows][::-1]]), np.concatenate([low, high[::-1]])
        none, line = np.zeros(0), _LINES[luck.validated]
        hatches = (self._diverged(luck, at),) if luck.diverged else ()
        return [Series("other starts", line, none, none, role="luck", bands=(outline,), hatches=hatches)]

    def _diverged(self, luck: Luck, at: Array) -> tuple[Array, Array]:
        """The outline of the share of the starts that have diverged so far, from the upper edge down."""
        epochs, numbers = np.unique(luck.diverged_at, return_counts=True)
        x = np.repeat(np.fmax(at[np.append(epochs, luck.epoch)], np.nanmin(at)), 2)[1:-1]
        share = np.repeat(numbers.cumsum(), 2) / luck.starts
        high, length = self.axis.high, self.axis.high - self.axis.low
        return np.concatenate([x, x[::-1]]), np.concatenate([np.full(len(x), high), high - length * share[::-1]])

    def ghost_words(self, times: TimeAxis) -> str:
        """The present loss without the latest change, in words; empty while it is not drawn."""
        if not isinstance(self._others, Ghost) or self._others.left_by != "change":
            return ""
        return f"without this change: {value[0].text}" if (value := self._ghost_value(times, None)) else ""

    def _ghost_value(self, times: TimeAxis, place: float | None, digits: int = 3) -> tuple[Value, ...]:
        """The loss without the latest change, at a place or its present one: of validation points, if there are any."""
        columns = [curve.column for curve in self._ghost_curves(times)]
        at, ghost = columns[0].times if columns else np.zeros(0), self._others
        if not isinstance(ghost, Ghost) or not len(at) or (place is not None and not at[0] <= place <= at[-1]):
            return ()
        # Within an epoch, its latest row is of another moment than the numbers of the run.
        row = None if place is None else nearest_row(at, place)
        now = ghost.now.evaluation.numbers[self.first : self.first + 2]
        numbers = now if row is None else [column.values[row] for column in columns]
        which = int(np.isfinite(numbers[1]))
        name = "before" if ghost.left_by == "branch" else "without it"
        return (Value(name, self.number_text(float(numbers[which]), digits), _LINES[which], "ghost"),)


class ScoreTrack(CurveTrack):
    """The track of the accuracy of both sets, or for regression R²."""

    name = "score"

    def __init__(self) -> None:
        super().__init__("Accuracy", 40, accuracy_axis(), 2)
        self._task: Task = "classification"

    def show(self, snapshot: Snapshot, times: TimeAxis) -> bool:
        if snapshot.sample.task != self._task:
            self._task = snapshot.sample.task
            classes = self._task == "classification"
            self.axis, self.title = (accuracy_axis(), "Accuracy") if classes else (r_squared_axis(), "R²")
        return super().show(snapshot, times)

    def number_text(self, value: float | None, digits: int) -> str:
        return percent_text(value) if self._task == "classification" else number_text(value, digits)


class _Pieces(NamedTuple):
    """The part of a column that is in sight, in pieces between its breaks."""

    column: RunColumn
    raw: list[tuple[Array, Array]]
    thinned: list[tuple[Array, Array]]
    """The same with few points."""

    @classmethod
    def of(cls, column: RunColumn, times: TimeAxis) -> _Pieces:
        known = np.isfinite(column.values) & np.isfinite(column.times)
        x, y = (column.times, column.values) if known.all() else (column.times[known], column.values[known])
        ends = np.cumsum(known)[np.array(column.ends, int) - 1] if len(column.ends) and len(known) else np.zeros(0, int)
        if not times.is_whole:
            # With a point at either side, so that curves run on to the edge.
            first = max(0, int(np.searchsorted(x, times.low)) - 1)
            last = int(np.searchsorted(x, times.high, side="right")) + 1
            x, y, ends = x[first:last], y[first:last], ends - first
        raw = [(x, y)]
        if len(ends):
            cuts = np.unique(ends)[-_MOST_PIECES:]
            cuts = cuts[(cuts > 0) & (cuts < len(x))]
            raw = list(zip(np.split(x, cuts), np.split(y, cuts), strict=True))
        return cls(column, raw, [thin_to_extremes(*piece, len(x)) for piece in raw])

    @property
    def rows(self) -> int:
        return sum(len(x) for x, _ in self.raw)

    @property
    def present_value(self) -> Array:
        """The present value, shape (1,), or (0,) if it is in the column or there is none."""
        values = np.array([] if self.column.present is None else [self.column.present[1]], dtype=np.float64)
        return values[np.isfinite(values)]


def _kept_line(number: int, *, dashed: bool) -> Line:
    """How the curve of a kept run is drawn."""
    return Line(f"lanes.{number}", dashed)


def _times_of_epochs(last: int, snapshot: Snapshot, times: TimeAxis) -> Array:
    """The places on the time axis at which a run had completed 0…last epochs."""
    history = snapshot.history
    return times.places(np.interp(np.arange(last + 1), history.epoch, times.column(history)))


def _smoothing_window(rows: int, smoothing: str) -> int:
    """The odd number of rows in a moving mean, 1 for none. It doubles, so that it seldom changes."""
    share = _SMOOTHING[smoothing]
    if not share or rows < 4:
        return 1
    return int(2 ** max(1 if smoothing == "some" else 3, round(math.log2(share * rows)))) + 1


def _drawn_columns(snapshot: Snapshot) -> tuple[Array, Array, Array, Array]:
    """The drawn columns in the order of Evaluation; accuracy is none where the task is regression now, nor is R² where
    it is classification."""
    history, task = snapshot.history, snapshot.sample.task
    accuracies = history.train_accuracy, history.validation_accuracy
    if any(one.task != task for one in snapshot.breaks):
        alike, start = np.ones(len(history.step), bool), 0
        for end, other in snapshot.breaks:
            stop = int(np.searchsorted(history.step, end, side="right"))
            alike[start:stop], start = other == task, stop
        accuracies = np.where(alike, accuracies[0], np.nan), np.where(alike, accuracies[1], np.nan)
    return history.train_loss, history.validation_loss, *accuracies


def row_at(snapshot: Snapshot, times: TimeAxis, place: float) -> int | None:
    """The row of a history that is nearest to a place of the time axis; None without one."""
    at = times.places(times.column(snapshot.history))
    known = np.flatnonzero(np.isfinite(at))
    row = nearest_row(at[known], place)
    return None if row is None else int(known[row])


def is_last_row(snapshot: Snapshot) -> bool:
    """Whether the present moment is the latest row of the history, with the same numbers."""
    history = snapshot.history
    if not len(history.step) or history.step[-1] != snapshot.measured.step:
        return False
    row = [column[-1] for column in _drawn_columns(snapshot)]
    return bool(np.array_equal(row, snapshot.evaluation.numbers, equal_nan=True))


def is_broken_off(snapshot: Snapshot) -> bool:
    """Whether the present moment differs in meaning from the latest row, or has other weights at the same step."""
    last = snapshot.history.step[-1] if len(snapshot.history.step) else -1
    return snapshot.measured.step <= last or bool(snapshot.breaks and snapshot.breaks[-1].step >= last)
