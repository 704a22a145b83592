"""Loss and accuracy of both sets over the epochs.

Two small plots with one axis of epochs, steps or seconds: the loss above, accuracy (R² for regression) below. The
words above each plot are its title, its legend and its present values at once; while the mouse is over a plot, the
exact values at that place. Thin vertical lines mark where something was changed. Smoothed curves are drawn over the
band that the raw ones fill, so that no extreme gets lost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.measure.changes import Change
from playground.measure.oddities import oddities
from playground.measure.snapshot import History, Snapshot

from ...forms.buttons import identify, tip
from ...forms.layouts import tight
from ...guard.faults import guarded
from ...look import theme
from ...look.beat import Throttle
from ...look.numbers import number_text, percent_text, short_text
from ...look.theme import exact_px, px
from ..chart.axes import decade_ticks, even_ticks, nearest_row, nice_limit
from ..chart.controls import Choices, Controls, Option
from ..chart.plot import (
    LEFT,
    Cursor,
    PlotMouse,
    colour_plot,
    item_points,
    pen,
    quiet_plot,
    set_ticks,
    show_bottom_axis,
    small_font,
    title_axis,
    write,
)
from ..chart.series import (
    band_outline,
    moving_mean,
    run_length,
    series_fingerprint,
    thin_evenly,
    thin_to_extremes,
)
from ..view import View

_LEAST_REACH = {"epoch": 10.0, "step": 100.0, "seconds": 1.0}
"""The least reach of each axis."""
_DECADES_FOR_LOG = 2.0
_SMALLEST, _LARGEST = 1e-30, 1e30
"""Losses beyond these are drawn at the limits; nothing can be seen there anyway."""
_TITLES = {"epoch": "epoch", "step": "step", "seconds": "seconds of training"}
_AXIS = 48
_MOST_MARKS = 50
"""Marks of changes along the axis; those that lie closer together become one."""
_MARK_REACH = 5.0
"""Pixels from which the mouse finds a mark."""
_SMOOTHING = {"off": 0.0, "some": 1 / 50, "strong": 1 / 10}
"""The share of the rows so far that a smoothed value is the mean of."""
_SMOOTHING_OPTIONS = (
    Option("off", "Off", "Every epoch as it was. Noise and all."),
    Option("some", "Some", "The mean of nearby epochs, over the band of the raw curve. Takes the noise away."),
    Option(
        "strong", "Strong", "The mean of many epochs, over the band in which the raw curve runs. Shows where it goes."
    ),
)
_ALONG_OPTIONS = (
    Option("epoch", "Epoch", "By passes through the training points. Each point has then been seen equally often."),
    Option("step", "Step", "By updates of the weights. Fair to different batch sizes."),
    Option("seconds", "Time", "By seconds spent in training. Shows what is worth the wait."),
)
_ACROSS_OPTIONS = (
    Option("linear", "Linear", "Equal distances are equal times. The beginning has little room in a long training."),
    Option(
        "log", "Log", "Equal distances are equal factors, so that the beginning has room. What happened at 0 has none."
    ),
)
_LOSS_OPTIONS = (
    Option("auto", "Auto", "Linear from 0 at first. Logarithmic once the losses span more than a factor of 100."),
    Option("linear", "Linear", "From 0 up. Small losses all look like 0."),
    Option("log", "Log", "Equal distances are equal factors. Small losses can be told apart."),
)


def _series_pens() -> tuple[QPen, QPen]:
    """The pens of the training and the validation curve. Wider lines take Qt ten times as long."""
    look = theme.current()
    return pen(look.train), pen(look.validation, style=Qt.PenStyle.DashLine)


class _TimeAxis:
    """The axis that both plots share: epochs, steps or seconds, from 0 or logarithmic."""

    kind = "epoch"
    logarithmic = False
    low, high = 0.0, _LEAST_REACH["epoch"]

    def column(self, history: History) -> Array:
        """The values on the axis for each row of a history; NaN where they have not been recorded."""
        values: Array = getattr(history, self.kind)
        return values if len(values) == len(history.epoch) else np.full(len(history.epoch), np.nan)

    def fit(self, values: Array) -> None:
        """Fit the axis to all rows of a history."""
        last = max(_LEAST_REACH[self.kind], float(values[-1]) if len(values) and np.isfinite(values[-1]) else 0.0)
        positive = values[values > 0]
        if self.logarithmic:
            first = min(float(positive[0]), last / 10) if len(positive) else last / 10
            self.low, self.high = float(math.floor(math.log10(first))), math.log10(nice_limit(last))
        else:
            self.low, self.high = 0.0, nice_limit(last)

    def places(self, values: Array) -> Array:
        """Values as places on the axis; NaN for what is before its beginning."""
        if not self.logarithmic:
            return values
        return np.log10(np.where(values > 0, values, np.nan))

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        if self.logarithmic:
            return decade_ticks(self.low, self.high, most)
        at = even_ticks(self.low, self.high, most)
        return at, [short_text(value) for value in at]

    def words(self, value: float) -> str:
        return f"{number_text(value, 4)} seconds" if self.kind == "seconds" else f"{self.kind} {value:,.0f}"


class LossAxis:
    """From 0 up, or logarithmic, by itself once the losses span more than two decades.

    A history only grows, so that it is calm.
    """

    scale = "auto"
    """auto, linear or log."""
    logarithmic = False
    low, high = 0.0, 1.0

    def fit(self, *columns: Array) -> None:
        """Fit the axis to all losses of a history."""
        values = np.concatenate([column[np.isfinite(column)] for column in columns])
        values = np.minimum(values, _LARGEST)
        positive = values[values > _SMALLEST]
        if not len(positive):
            self.logarithmic, self.low, self.high = False, 0.0, 1.0
            return
        least, most = math.log10(positive.min()), math.log10(positive.max())
        self.logarithmic = most - least > _DECADES_FOR_LOG if self.scale == "auto" else self.scale == "log"
        if self.logarithmic:
            self.low, self.high = math.floor(2 * least) / 2, math.ceil(2 * most) / 2
            # At least a whole power of ten, so that a number stands on the axis.
            self.low = min(self.low, math.floor(self.high - 1e-9))
            self.high = max(self.high, self.low + 1)
        else:
            self.low, self.high = 0.0, nice_limit(10**most)

    def places(self, values: Array) -> Array:
        if self.logarithmic:
            return np.log10(np.clip(values, 10**self.low, _LARGEST))
        return np.clip(values, 0, _LARGEST)

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        if not self.logarithmic:
            at = even_ticks(self.low, self.high, most)
            return at, [short_text(value) for value in at]
        return decade_ticks(self.low, self.high, most)


class _ShareAxis:
    """Accuracy or R²: up to 1, from the highest of some fixed ends that leaves nothing out."""

    def __init__(self, ends: tuple[float, ...], text: Callable[[float], str]) -> None:
        self.ends, self.text = ends, text
        self.low, self.high = ends[0], 1.0

    def fit(self, *columns: Array) -> None:
        """Fit the axis to all values of a history."""
        values = np.concatenate([column[np.isfinite(column)] for column in columns])
        least = float(values.min()) if len(values) else 1.0
        self.low = next((end for end in self.ends if end <= least), self.ends[-1])

    def places(self, values: Array) -> Array:
        """Values as places on the axis; those below its lower end are put there."""
        return np.clip(values, self.low, self.high)

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """Both ends, and the middle if there is room."""
        at = [self.low, (self.low + self.high) / 2, self.high] if most > 2 else [self.low, self.high]
        return at, [self.text(value) for value in at]


def accuracy_axis() -> _ShareAxis:
    """The axis of accuracy, in percent."""
    return _ShareAxis((0.5, 0.0), lambda value: f"{100 * value:.0f} %")


def r_squared_axis() -> _ShareAxis:
    """The axis of R²: 1 is perfect, 0 no better than the mean."""
    return _ShareAxis((0.0, -1.0), short_text)


class _Mark(NamedTuple):
    """One or more changes close together, at a place of the axis."""

    place: float
    words: str


def _marks_of(changes: Sequence[Change], axis: _TimeAxis) -> list[_Mark]:
    """The marks of changes, about `_MOST_MARKS` at most, in ascending order."""
    apart = (axis.high - axis.low) / _MOST_MARKS
    at = axis.places(np.array([getattr(change, axis.kind) for change in changes], dtype=np.float64))
    groups: list[tuple[float, list[str]]] = []
    for place, change in zip(np.nan_to_num(at, nan=axis.low), changes, strict=True):
        if not axis.low <= place <= axis.high:
            continue
        if groups and place - groups[-1][0] < apart:
            groups[-1][1].append(change.label)
        else:
            groups.append((float(place), [change.label]))
    return [
        _Mark(place, words[0] if len(words) == 1 else f"{len(words)} changes: {'; '.join(words)}")
        for place, words in groups
    ]


def _smoothing_window(rows: int, smoothing: str) -> int:
    """The odd number of rows in a moving mean, 1 for none. It doubles, so that it seldom changes."""
    share = _SMOOTHING[smoothing]
    if not share or rows < 4:
        return 1
    return int(2 ** max(1 if smoothing == "some" else 3, round(math.log2(share * rows)))) + 1


_HEADINGS = (
    (("training", "validation"), "0.00000"),
    (("train", "val."), "0.00000"),
    (("train", "val."), "99.9 %"),
    (("", ""), "99.9 %"),
)
"""Names of the sets and a value as wide as any, the widest heading first."""


class CurveHeading(QWidget):
    """The line above a plot: its title, and for each set a piece of its curve, its name and its value."""

    _HEIGHT, TITLE, MARK, GAP = 20, 60, 14, 10

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ""
        self.room = 10_000
        """The width that the headings of both plots have, so that they look the same."""
        self.values: tuple[str, str] = ("–", "–")
        self.setFixedHeight(px(self._HEIGHT))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, title: str, values: tuple[str, str]) -> None:
        if (title, values) != (self.title, self.values):
            self.title, self.values = title, values
            self.setAccessibleName(f"{title}: training {values[0]}, validation {values[1]}")
            self.update()

    def text(self) -> str:
        return f"{self.title} training {self.values[0]} validation {self.values[1]}"

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        look, high = theme.current(), px(self._HEIGHT)
        names, widths, value_width = self.columns()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font())
            write(painter, QRectF(0, 0, px(self.TITLE), high), LEFT, self.title, look.text)
            x = float(px(self.TITLE))
            for name, width, value, line in zip(names, widths, self.values, _series_pens(), strict=True):
                painter.setPen(line)
                painter.drawLine(QPointF(x, high / 2 + 0.5), QPointF(x + px(self.MARK), high / 2 + 0.5))
                x += px(self.MARK + 6)
                write(painter, QRectF(x, 0, width, high), LEFT, name, look.quiet)
                # A number that is cut has to be seen to be.
                room = min(value_width, self.width() - round(x) - width)
                shown = painter.fontMetrics().elidedText(value, Qt.TextElideMode.ElideRight, max(room, 0))
                write(painter, QRectF(x + width, 0, room, high), LEFT, shown, look.text)
                x += width + value_width + px(self.GAP)

    @property
    def digits(self) -> int:
        """The number of digits of an exact number that have room."""
        return 5 if self.columns()[2] == self._layout(*_HEADINGS[0])[1] else 4

    def widest(self) -> int:
        """The width at which nothing is left out."""
        return self._layout(*_HEADINGS[0])[2]

    def _layout(self, names: tuple[str, str], value: str) -> tuple[list[int], int, int]:
        """The widths of names and of a value each, and that of the whole line."""
        advance = QFontMetrics(small_font()).horizontalAdvance
        widths, of_value = [advance(name) + px(6) if name else 0 for name in names], advance(value) + px(2)
        return widths, of_value, px(self.TITLE) + sum(widths) + 2 * (px(self.MARK + 6) + of_value) + px(self.GAP)

    def columns(self) -> tuple[tuple[str, str], list[int], int]:
        """The names of the sets, as far as there is room for them, their widths and that of a value."""
        for names, value in _HEADINGS:
            widths, of_value, needed = self._layout(names, value)
            if needed <= min(self.room, self.width()):
                break
        return names, widths, of_value


class _CurvePlot(QWidget):
    """One plot with its heading: the curves of training and of validation, and the marks of changes."""

    def __init__(self, parent: QWidget, axis: LossAxis | _ShareAxis, with_times: bool) -> None:
        super().__init__(parent)
        self.axis = axis
        self.heading = CurveHeading(self)
        self.plot = quiet_plot(self)
        self.plot.getAxis("left").setWidth(px(_AXIS))
        self.plot.getPlotItem().layout.setContentsMargins(0, px(6), px(22), 0)
        if with_times:
            show_bottom_axis(self.plot, "epoch")
        else:
            self.plot.getAxis("bottom").setStyle(showValues=False)
            self.plot.getAxis("bottom").setHeight(px(6))
        self.curves = [pg.PlotCurveItem(skipFiniteCheck=True, antialias=True) for _ in range(2)]
        self._bands = [pg.PlotCurveItem(skipFiniteCheck=True, fillLevel="enclosed", pen=None) for _ in range(2)]
        self.marks = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True, antialias=False)
        self._mark_heads = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True, antialias=False)
        self._tails = [pg.PlotCurveItem(skipFiniteCheck=True, antialias=True) for _ in range(2)]
        self._dots = [pg.ScatterPlotItem(size=px(5), pen=None) for _ in range(2)]
        self._upright = Cursor()
        self.mouse = PlotMouse(self.plot)
        lines = *reversed(self._bands), self.marks, self._mark_heads, self._upright, *reversed(self.curves)
        for item in (*lines, *reversed(self._tails), *reversed(self._dots)):
            self.plot.addItem(item, ignoreBounds=True)
        self._limits: tuple[object, ...] = ()
        self._marked: Array = np.zeros(0)
        self.above = QHBoxLayout()
        self.above.setSpacing(px(theme.GRID))
        self.above.addWidget(self.heading, 1)
        layout = tight(QVBoxLayout(self), 0)
        layout.addLayout(self.above)
        layout.addWidget(self.plot, 1)

    def draw(
        self,
        times: _TimeAxis,
        at: Array,
        values: tuple[Array, Array],
        smoothing: str,
        ends: Sequence[int] = (),
        present: Sequence[float] = (),
    ) -> None:
        """Draw both curves, which break before the rows `ends`; limits and ticks are touched only when they change.

        The axis has room for the `present` values too.
        """
        self.axis.fit(*values, np.array(present))
        for curve, filled, column in zip(self.curves, self._bands, values, strict=True):
            known = np.isfinite(column) & np.isfinite(at)
            x, y = at[known], self.axis.places(column[known])
            window = _smoothing_window(len(x), smoothing)
            pieces = _pieces(x, y, np.cumsum(known)[np.array(ends, int) - 1] if len(ends) and len(known) else ())
            # What is hidden costs nothing.
            filled.setVisible(window > 1)
            if window > 1:
                run = max(window // 4, run_length(len(x), 150), 2)
                _set_pieces(filled, [band_outline(*piece, run) for piece in pieces])
                _set_pieces(curve, [thin_evenly(at, moving_mean(one, window), len(x)) for at, one in pieces])
                continue
            if filled.xData is not None:
                filled.setData(np.zeros(0), np.zeros(0))
            _set_pieces(curve, [thin_to_extremes(*piece, len(x)) for piece in pieces])
        self._fit_limits(times)

    def show_present(self, place: float | None, values: Sequence[float], *, goes_on: bool) -> None:
        """Mark the present values at a place of the axis, which the curves reach if they are to `goes_on` there.

        None: they are the ends of the curves.
        """
        for dot, tail, curve, value in zip(self._dots, self._tails, self.curves, values, strict=True):
            seen = place is not None and math.isfinite(place) and math.isfinite(value)
            dot.setVisible(seen)
            end = item_points(curve)[-1:]
            tail.setVisible(seen and goes_on and len(end) > 0)
            if seen:
                x, y = np.array([place]), self.axis.places(np.array([value]))
                dot.setData(x, y)
                tail.setData(np.append(end[:, 0], x), np.append(end[:, 1], y))

    def present(self) -> tuple[tuple[float, float] | None, ...]:
        """The places where present values are marked, for each set."""
        return tuple(tuple(item_points(dot)[0].tolist()) if dot.isVisible() else None for dot in self._dots)

    def _fit_limits(self, times: _TimeAxis) -> None:
        room = self.plot.getViewBox()
        across, down = max(2, int(room.width() // px(60))), max(2, int(room.height() // px(24)))
        logarithmic = (times.logarithmic, getattr(self.axis, "logarithmic", False))
        limits = (times.low, times.high, self.axis.low, self.axis.high, across, down, *logarithmic, times.kind)
        if limits == self._limits:
            return
        self._limits = limits
        room.setRange(xRange=(times.low, times.high), yRange=(self.axis.low, self.top), padding=0)
        set_ticks(self.plot.getAxis("bottom"), *times.ticks(across))
        set_ticks(self.plot.getAxis("left"), *self.axis.ticks(down))
        self.show_marks(self._marked)

    @property
    def top(self) -> float:
        """The upper end: with a little room, so that a curve along the end of the axis shows its whole width."""
        return self.axis.high + 0.03 * (self.axis.high - self.axis.low)

    def show_marks(self, places: Array) -> None:
        """Mark these places with thin vertical lines, each with a thick end at the top."""
        self._marked = places
        x = np.repeat(places, 2)
        head = 0.07 * (self.top - self.axis.low)
        for item in (self.marks, self._mark_heads):
            item.setVisible(len(places) > 0)
        self.marks.setData(x, np.tile([self.axis.low, self.top], len(places)))
        self._mark_heads.setData(x, np.tile([self.top - head, self.top], len(places)))

    def apply_theme(self) -> None:
        look = theme.current()
        colour_plot(self.plot)
        parts = zip(self.curves, self._bands, self._tails, self._dots, _series_pens(), strict=True)
        for curve, filled, tail, dot, line in parts:
            curve.setPen(line)
            tail.setPen(line)
            dot.setBrush(line.color())
            filled.setBrush(QColor(theme.blend(look.surface, line.color().name(), 0.2)))
        self._upright.apply_theme()
        self.marks.setPen(pen(theme.blend(look.surface, look.accent, 0.5)))
        self._mark_heads.setPen(pen(look.accent, 3))
        self.heading.update()


@dataclass(frozen=True)
class _CurvesShown:
    """The curves as data. Places on a logarithmic axis are powers of ten."""

    along: str
    """The quantity on the horizontal axis: epoch, step or seconds."""
    smoothing: str
    """off, some or strong."""
    loss_scale: str
    """The setting for the axis of the loss: auto, linear or log."""
    time_is_logarithmic: bool
    loss_is_logarithmic: bool
    training: Array
    """The curve of the training loss, shape (points, 2), smoothed if that is chosen."""
    validation: Array
    """The curve of the validation loss; empty without a validation set."""
    band: Array
    """The outline of the band of the raw training loss, shape (points, 2); empty while nothing is smoothed."""
    breaks: tuple[int, ...]
    """After how many points the curve of the training loss ends and begins again."""
    marks: tuple[_Mark, ...]
    """The marks of changes."""
    present: tuple[tuple[float, float] | None, ...]
    """Where the present loss and score of training and validation are marked, while they are no ends of the curves."""
    tail: Array
    """The line from the curve of the training loss to the present, shape (points, 2); empty where that breaks off."""
    scores: Array
    """The curve of the training accuracy or R², shape (points, 2)."""
    times: tuple[float, float]
    score_ends: tuple[float, float]
    headings: tuple[str, str]
    reading: str
    """The title of the horizontal axis, which names the place under the mouse and what was changed there."""


_MOST_PIECES = 300
"""Of curves with more breaks only the latest ones are seen."""


def _pieces(x: Array, y: Array, ends: Array | Sequence[int]) -> list[tuple[Array, Array]]:
    """A curve in pieces that end before these rows; one without any rows is a single empty piece."""
    cuts = np.unique(np.asarray(ends, int))[-_MOST_PIECES:]
    cuts = cuts[(cuts > 0) & (cuts < len(x))]
    return list(zip(np.split(x, cuts), np.split(y, cuts), strict=True))


def _set_pieces(item: pg.PlotCurveItem, pieces: Sequence[tuple[Array, Array]]) -> None:
    """Draw pieces of a curve that are not connected."""
    if len(pieces) == 1:
        item.setData(*pieces[0], connect="all")
        return
    connected = np.ones(sum(len(x) for x, _ in pieces), np.int32)
    connected[np.cumsum([len(x) for x, _ in pieces]) - 1] = 0
    item.setData(*(np.concatenate(part) for part in zip(*pieces, strict=True)), connect=connected)


def _broken_after(item: pg.PlotCurveItem) -> tuple[int, ...]:
    connected = item.opts["connect"]
    return () if isinstance(connected, str) else tuple((np.flatnonzero(connected[:-1] == 0) + 1).tolist())


class CurvesView(View):
    """Loss above, accuracy or R² below."""

    name, title = "curves", "Curves"
    SIZE, LEAST = (300, 240), (200, 170)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Loss and accuracy over the epochs")
        self._snapshot: Snapshot | None = None
        self._drawn: tuple[object, ...] = ()
        self._title = _TITLES["epoch"]
        self._told: Snapshot | None = None
        """The moment that the words are about: the latest one when texts changed."""
        self._marks: list[_Mark] = []
        self._times = _TimeAxis()
        self._loss = _CurvePlot(self, LossAxis(), with_times=False)
        self._score = _CurvePlot(self, accuracy_axis(), with_times=True)
        identify(self._loss.plot, "curves.plot.loss", "Loss of training and validation over the epochs")
        identify(self._score.plot, "curves.plot.score", "Accuracy of training and validation over the epochs")
        self._plots = (self._loss, self._score)
        for part in self._plots:
            part.plot.setToolTip(_HELP)
            part.mouse.moved.connect(self._show_words)
        layout = tight(QVBoxLayout(self), 0)
        layout.setContentsMargins(px(theme.GRID), px(theme.GRID), 0, px(theme.GRID))
        layout.addWidget(self._loss, 10)
        layout.addWidget(self._score, 9)
        self._controls = Controls("curves.controls", self, always_named=True)
        self._smoothing = self._controls.add(Choices("curves.smoothing", "Smoothing", _SMOOTHING_OPTIONS))
        self._along = self._controls.add(Choices("curves.along", "Along", _ALONG_OPTIONS))
        self._across = self._controls.add(Choices("curves.across", "Axis across", _ACROSS_OPTIONS))
        self._loss_scale = self._controls.add(Choices("curves.loss", "Axis of the loss", _LOSS_OPTIONS))
        for control in (self._smoothing, self._along, self._across, self._loss_scale):
            control.picked.connect(self._on_setting)
        self._loss.above.addWidget(self._controls)
        self._loss.above.addSpacing(px(theme.GRID // 2))
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn again if no row has been added."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.sample.task != snapshot.sample.task:
            self._score.axis = accuracy_axis() if snapshot.sample.task == "classification" else r_squared_axis()
            self._drawn = ()
        changes = (len(snapshot.changes), snapshot.changes[-1:])
        rows = series_fingerprint(self._times.column(snapshot.history), *_drawn_columns(snapshot))
        now = (*rows, changes, snapshot.breaks, snapshot.measured, snapshot.evaluation)
        if now != self._drawn:
            self._drawn = now
            self._draw()
        if before is None or before.evaluation != snapshot.evaluation or before.sample is not snapshot.sample:
            self._write.request(at_once=before is None)

    def apply_theme(self) -> None:
        super().apply_theme()
        for part in self._plots:
            part.apply_theme()

    def shown(self) -> _CurvesShown:
        loss, score = self._loss, self._score
        return _CurvesShown(
            along=self._along.value,
            smoothing=self._smoothing.value,
            loss_scale=self._loss_scale.value,
            time_is_logarithmic=self._times.logarithmic,
            loss_is_logarithmic=isinstance(loss.axis, LossAxis) and loss.axis.logarithmic,
            training=item_points(loss.curves[0]),
            validation=item_points(loss.curves[1]),
            band=item_points(loss._bands[0]),
            breaks=_broken_after(loss.curves[0]),
            marks=tuple(self._marks),
            present=(*loss.present(), *score.present()),
            tail=item_points(loss._tails[0]),
            scores=item_points(score.curves[0]),
            times=tuple(loss.plot.getViewBox().viewRange()[0]),
            score_ends=(score.axis.low, score.axis.high),
            headings=(loss.heading.text(), score.heading.text()),
            reading=self._title,
        )

    def _on_setting(self) -> None:
        self._times.kind, self._times.logarithmic = self._along.value, self._across.value == "log"
        if isinstance(self._loss.axis, LossAxis):
            self._loss.axis.scale = self._loss_scale.value
        if self._snapshot is not None:
            self._drawn = ()
            self.show_snapshot(self._snapshot)
        self._show_words()

    def _draw(self) -> None:
        assert self._snapshot is not None
        history, times = self._snapshot.history, self._times
        column = times.column(history)
        present = float(getattr(self._snapshot.measured, times.kind))
        times.fit(np.append(column, np.fmax(present, column[-1:])))
        at, here = times.places(column), float(times.places(np.array([present]))[0])
        goes_on = not _is_row(self._snapshot) and not _is_broken_off(self._snapshot)
        _, *columns = _drawn_columns(self._snapshot)
        now = self._snapshot.evaluation.numbers
        ends = np.searchsorted(history.step, [one.step for one in self._snapshot.breaks], side="right")
        for part, first in ((self._loss, 0), (self._score, 2)):
            values = columns[first], columns[first + 1]
            part.draw(times, at, values, self._smoothing.value, ends.tolist(), now[first : first + 2])
            part.show_present(None if _is_row(self._snapshot) else here, now[first : first + 2], goes_on=goes_on)
        marks = _marks_of(self._snapshot.changes, times)
        if marks != self._marks:
            self._marks = marks
            for part in self._plots:
                part.show_marks(np.array([mark.place for mark in marks]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        room = self.width() - px(2 * theme.GRID + theme.GRID // 2)
        taken = self._controls.fit(room - self._loss.heading.widest())
        for part in self._plots:
            part.heading.room = room - taken
        if self._snapshot is not None:
            self._draw()

    def _show_texts(self) -> None:
        self._told = self._snapshot
        self._show_words()

    def _show_words(self) -> None:
        """Write the values at the row under the mouse, or else the latest ones."""
        if self._told is None:
            return
        told, row, history = self._told, self._hovered_row(), self._told.history
        values = told.evaluation if row is None else tuple(float(column[row]) for column in _drawn_columns(told)[1:])
        classes = told.sample.task == "classification"
        digits = 3 if row is None else self._loss.heading.digits
        number = [number_text(value, digits) for value in values]
        share = [percent_text(value) for value in values] if classes else number
        scaled = told.sample.scales_target
        self._loss.heading.show_values("Scaled loss" if scaled else "Loss", (number[0], number[1]))
        self._score.heading.show_values("Accuracy" if classes else "R²", (share[2], share[3]))
        self._show_place(None if row is None else float(self._times.column(history)[row]))

    def _show_place(self, value: float | None) -> None:
        """Move the cursor to an epoch, a step or a second, and write the words below it."""
        mark = self._hovered_mark()
        self._title = _TITLES[self._along.value] if value is None else self._times.words(value)
        self._title += f" · {mark.words}" if mark else ""
        title_axis(self._score.plot.getAxis("bottom"), self._title)
        for part in self._plots:
            part._upright.show_at(None if value is None else float(self._times.places(np.array([value]))[0]))
            odd = () if self._told is None else oddities(self._told)
            part.plot.setToolTip(mark.words if mark else tip(_HELP, *odd) if odd else _HELP)

    @property
    def _hovered(self) -> float | None:
        """The place on the horizontal axis under the mouse, over either plot."""
        return next((part.mouse.place.x() for part in self._plots if part.mouse.place is not None), None)

    def _hovered_row(self) -> int | None:
        if self._hovered is None or self._told is None:
            return None
        at = self._times.places(self._times.column(self._told.history))
        known = np.flatnonzero(np.isfinite(at))
        row = nearest_row(at[known], self._hovered)
        return None if row is None else int(known[row])

    def _hovered_mark(self) -> _Mark | None:
        if self._hovered is None or not self._marks:
            return None
        place = nearest_row(np.array([mark.place for mark in self._marks]), self._hovered)
        assert place is not None
        pixel = (self._times.high - self._times.low) / max(1.0, self._loss.plot.getViewBox().width())
        near = abs(self._marks[place].place - self._hovered) <= exact_px(_MARK_REACH) * pixel
        return self._marks[place] if near else None


_HELP = "Solid: the points that train. Dashed: points kept out, to see overfitting."


def _drawn_columns(snapshot: Snapshot) -> tuple[Array, Array, Array, Array, Array]:
    """The epochs, and the drawn columns in the order of Evaluation; accuracy is none where the task is regression now,
    nor is R² where it is classification."""
    history, task = snapshot.history, snapshot.sample.task
    accuracies = history.train_accuracy, history.validation_accuracy
    if any(one.task != task for one in snapshot.breaks):
        alike, start = np.ones(len(history.step), bool), 0
        for end, other in snapshot.breaks:
            stop = int(np.searchsorted(history.step, end, side="right"))
            alike[start:stop], start = other == task, stop
        accuracies = np.where(alike, accuracies[0], np.nan), np.where(alike, accuracies[1], np.nan)
    return history.epoch, history.train_loss, history.validation_loss, *accuracies


def _is_row(snapshot: Snapshot) -> bool:
    """Whether the present moment is the latest row of the history, with the same numbers."""
    history = snapshot.history
    if not len(history.step) or history.step[-1] != snapshot.measured.step:
        return False
    row = [column[-1] for column in _drawn_columns(snapshot)[1:]]
    return bool(np.array_equal(row, snapshot.evaluation.numbers, equal_nan=True))


def _is_broken_off(snapshot: Snapshot) -> bool:
    """Whether the present moment means something else than the latest row, or has other weights at the same step."""
    last = snapshot.history.step[-1] if len(snapshot.history.step) else -1
    return snapshot.measured.step <= last or bool(snapshot.breaks and snapshot.breaks[-1].step >= last)
