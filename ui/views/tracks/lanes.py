"""The tracks of a race: the same quantities as for one run, with the curves of every lane in the lane's colour."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

from playground.catalog.choice import Array, Task
from playground.measure.snapshot import Snapshot
from playground.studies.race import RaceMoment

from ...look import theme
from ...look.numbers import number_text, percent_text
from ...look.theme import exact_px, px
from ..chart.axes import AmountAxis, ShareAxis, accuracy_axis, nearest_row, r_squared_axis
from ..chart.plot import LEFT, ChartBox, write
from .curves import Curve, CurveTrack, RunColumn, is_broken_off, is_last_row
from .rate import rate_text
from .time import TimeAxis
from .track import Line, Value, room_for_values, rows_of_values

_DECADES = 8.0
"""The reach of a logarithmic axis below its highest value, in decades."""
_SETS_HELP = (
    "Each lane has a colour of its own. Solid: training points. Dashed: validation points, whose values stand here."
)
_NARROWEST = 48
"""The width to which a value may be cut, in pixels at zoom 1."""
_BEYOND = 3
"""How far values reach into the gaps above and below a low track, in pixels at zoom 1."""
_FAR_ABOVE = 4.0
"""A lane whose highest loss is this many times the lowest of all lanes' highest would press the others together."""
_FAR_APART = 8.0
"""Learning rates with at least this ratio can't be told apart on a linear axis, where the lower one is near 0."""
_ARROW = 4.0
"""Half the width of the arrow where a lane leaves through the upper end, in pixels at zoom 1."""
_CROSS = 4.0
"""Half the size of the cross where a lane diverged."""


class _LaneColumn(NamedTuple):
    """One quantity of a lane over time: places on the time axis, which ascend, and values."""

    name: str
    at: Array
    values: Array
    dashed: bool = False
    now: float | None = None
    """The present value, where rows are of the ends of epochs."""


class LaneTrack(CurveTrack):
    """A quantity of all lanes; values are written for the last of its columns."""

    beside = 192, 120

    def __init__(self, title: str, help_text: str, share: float, axis: AmountAxis | ShareAxis) -> None:
        super().__init__(title, share, axis, 0)
        self.help = help_text
        self._moment: RaceMoment | None = None

    @abstractmethod
    def columns(self, lane: Snapshot, times: TimeAxis) -> Iterator[_LaneColumn]:
        """Yield what is drawn of a lane."""

    @abstractmethod
    def present(self, lane: Snapshot) -> float | None:
        """Return the present value that is written for a lane."""

    def show_lanes(self, moment: RaceMoment, times: TimeAxis) -> None:
        """Draw the lanes of a moment."""
        self._moment = moment
        self.draw(times, [
            Curve(f"{label} {one.name}", Line(f"lanes.{place}", one.dashed), self._run_column(lane, times, one), "lane")
            for place, (label, lane) in enumerate(zip(moment.names.labels, moment.lanes, strict=True))
            for one in self.columns(lane, times)
        ])  # fmt: skip

    @staticmethod
    def _run_column(lane: Snapshot, times: TimeAxis, column: _LaneColumn) -> RunColumn:
        """The column of a lane, which goes on to the present in the middle of an epoch."""
        is_between = not is_last_row(lane) and not is_broken_off(lane) and lane.status != "diverged"
        if column.now is None or not is_between:
            return RunColumn(column.at, column.values)
        here = float(times.places(np.array([float(getattr(lane.measured, times.kind))]))[0])
        return RunColumn(column.at, column.values, present=(here, column.now), goes_on=True)

    def values(self, snapshot: Snapshot, times: TimeAxis, place: float | None) -> tuple[Value, ...]:
        if self._moment is None:
            return ()
        found = []
        for number, (label, lane) in enumerate(zip(self._moment.names.labels, self._moment.lanes, strict=True)):
            value = self.present(lane) if place is None else self._value_at(lane, times, place)
            found.append(Value(label, self.number_text(value, 3), Line(f"lanes.{number}"), "lane"))
        return tuple(found)

    def _value_at(self, lane: Snapshot, times: TimeAxis, place: float) -> float | None:
        *_, told = self.columns(lane, times)
        known = np.flatnonzero(np.isfinite(told.at) & np.isfinite(told.values))
        row = nearest_row(told.at[known], place)
        # By the other measure, lanes in step end at different places.
        is_beyond = place > float(times.places(np.array([times.reached(lane)]))[0])
        return None if row is None or is_beyond else float(told.values[known[row]])

    def describe(self, values: Sequence[Value]) -> str:
        return f"{self.title}: {', '.join(value.words for value in values)}"

    def paint(self, painter: QPainter, box: ChartBox, room: float) -> None:
        super().paint(painter, box, room)
        lost = {f"lanes.{place}" for place in self._diverged}
        half = exact_px(_CROSS)
        for series in (one for one in self.series if one.line.colour in lost and len(one.x)):
            painter.setPen(series.line.pen(series.role, 2))
            end = QPointF(float(box.x(series.x[-1:])[0]), float(box.y(series.y[-1:])[0]))
            for way in (QPointF(half, half), QPointF(half, -half)):
                painter.drawLine(end - way, end + way)

    def paint_values(self, painter: QPainter, rect: QRectF, values: Sequence[Value]) -> None:
        """Paint the values of all lanes, closer together in a low track or cut, if there is room for all."""
        metrics = painter.fontMetrics()
        beyond = px(_BEYOND)
        loose = metrics.height(), rect
        close = metrics.capHeight() + px(3), rect.adjusted(0, -beyond, 0, beyond)
        # Names have room only in a single column.
        for rows in (len(values), 1):
            for pitch, room in (loose, close):
                possible = rows_of_values(room, pitch)
                if possible >= rows and room_for_values(metrics, values, possible) <= rect.width():
                    self.paint_rows(painter, room, values, pitch)
                    return
        pitch, room = close
        if -(-len(values) // rows_of_values(room, pitch)) * px(_NARROWEST) <= rect.width():
            self.paint_rows(painter, room, values, pitch)

    @property
    def _diverged(self) -> list[int]:
        lanes = () if self._moment is None else self._moment.lanes
        return [place for place, lane in enumerate(lanes) if lane.status == "diverged"]


class LaneLossTrack(LaneTrack):
    """The track of the lanes' losses, of both sets."""

    name = "loss"
    axis: AmountAxis

    def __init__(self) -> None:
        super().__init__("Loss", _SETS_HELP, 66, AmountAxis())
        self.least = 60

    def show_lanes(self, moment: RaceMoment, times: TimeAxis) -> None:
        lanes = [[one.values[np.isfinite(one.values)] for one in self.columns(lane, times)] for lane in moment.lanes]
        peaks = [float(np.concatenate(columns).max(initial=0.0)) for columns in lanes]
        least = min((peak for peak in peaks if peak > 0), default=math.inf)
        self.axis.ceiling = max((peak for peak in peaks if peak <= _FAR_ABOVE * least), default=math.inf)
        super().show_lanes(moment, times)

    def paint(self, painter: QPainter, box: ChartBox, room: float) -> None:
        super().paint(painter, box, room)
        for x, value, line in self.left_out():
            self._paint_arrow(painter, box, float(box.x(np.array([x]))[0]), value, line)

    def left_out(self) -> list[tuple[float, float, Line]]:
        """The lanes that the axis has no room for: where each is highest, its loss there, and its line."""
        found: dict[str, tuple[float, float, Line]] = {}
        for series in (one for one in self.series if len(one.y)):
            top = int(np.argmax(series.y))
            colour, highest = series.line.colour, float(series.y[top])
            if highest > self.axis.high and (colour not in found or highest > found[colour][1]):
                found[colour] = float(series.x[top]), highest, series.line
        return [(x, 10**value if self.axis.logarithmic else value, line) for x, value, line in found.values()]

    @staticmethod
    def _paint_arrow(painter: QPainter, box: ChartBox, x: float, value: float, line: Line) -> None:
        """Point upwards where a lane is highest, and write how high, within the box."""
        half, top, text = exact_px(_ARROW), box.rect.top(), number_text(value)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(line.pen().color())
        corners = [QPointF(x - half, top + half), QPointF(x, top - half), QPointF(x + half, top + half)]
        painter.drawPolygon(QPolygonF(corners))
        wide = painter.fontMetrics().horizontalAdvance(text) + px(2)
        left = min(max(x + half + px(2), box.rect.left()), box.rect.right() - wide)
        plate = QRectF(left, top - px(2), wide, painter.fontMetrics().capHeight() + px(5))
        painter.fillRect(plate, QColor(theme.current().surface))
        write(painter, plate, LEFT, text, theme.current().quiet)

    def columns(self, lane: Snapshot, times: TimeAxis) -> Iterator[_LaneColumn]:
        at, (train, validation, *_) = times.places(times.column(lane.history)), lane.evaluation.numbers
        yield _LaneColumn("training", at, lane.history.train_loss, now=train)
        if np.isfinite(lane.history.validation_loss).any():
            yield _LaneColumn("validation", at, lane.history.validation_loss, dashed=True, now=validation)

    def present(self, lane: Snapshot) -> float | None:
        train, validation, *_ = lane.evaluation
        return train if validation is None else validation


class LaneScoreTrack(LaneTrack):
    """The track of the lanes' accuracies of both sets, or for regression R²."""

    name = "score"

    def __init__(self) -> None:
        super().__init__("Accuracy", _SETS_HELP, 40, accuracy_axis())
        self._task: Task = "classification"

    def show_lanes(self, moment: RaceMoment, times: TimeAxis) -> None:
        if moment.lanes[0].sample.task != self._task:
            self._task = moment.lanes[0].sample.task
            classes = self._task == "classification"
            self.axis, self.title = (accuracy_axis(), "Accuracy") if classes else (r_squared_axis(), "R²")
        super().show_lanes(moment, times)

    def columns(self, lane: Snapshot, times: TimeAxis) -> Iterator[_LaneColumn]:
        at, (*_, train, validation) = times.places(times.column(lane.history)), lane.evaluation.numbers
        yield _LaneColumn("training", at, lane.history.train_accuracy, now=train)
        if np.isfinite(lane.history.validation_accuracy).any():
            yield _LaneColumn("validation", at, lane.history.validation_accuracy, dashed=True, now=validation)

    def present(self, lane: Snapshot) -> float | None:
        *_, train, validation = lane.evaluation
        return train if validation is None else validation

    def number_text(self, value: float | None, digits: int) -> str:
        return percent_text(value) if self._task == "classification" else number_text(value, digits)


class LaneGradientTrack(LaneTrack):
    """The track of the gradient that reaches the first layer, which is the first to vanish."""

    name = "gradients"

    def __init__(self) -> None:
        words = "How strongly the error pulls at the weights of the first layer, ∂E/∂W, as root mean square."
        super().__init__("Gradient", words, 48, AmountAxis("log", _DECADES))

    def columns(self, lane: Snapshot, times: TimeAxis) -> Iterator[_LaneColumn]:
        sizes = lane.gradients.gradient_rms
        first = sizes[:, 0] if sizes.size else np.zeros(0)
        yield _LaneColumn("first layer", times.places(times.of_steps(lane, lane.gradients.step)), first)

    def present(self, lane: Snapshot) -> float | None:
        # Of a lane in a group only records of the gradients are known.
        known = lane.gradients.gradient_rms
        return float(known[-1, 0]) if known.size else None


class LaneRateTrack(LaneTrack):
    """The track of the lanes' learning rates."""

    name = "rate"
    axis: AmountAxis

    def __init__(self) -> None:
        super().__init__("Learning rate", "The learning rates of the lanes so far.", 30, AmountAxis(decades=_DECADES))

    def show_lanes(self, moment: RaceMoment, times: TimeAxis) -> None:
        rates = [lane.experiment.training.learning_rate for lane in moment.lanes]
        self.axis.scale = "log" if max(rates) >= _FAR_APART * min(rates) > 0 else "auto"
        super().show_lanes(moment, times)

    def columns(self, lane: Snapshot, times: TimeAxis) -> Iterator[_LaneColumn]:
        at = times.places(times.column(lane.history))
        yield _LaneColumn("rate", at, lane.history.learning_rate, now=lane.learning_rate)

    def present(self, lane: Snapshot) -> float | None:
        return lane.learning_rate

    def number_text(self, value: float | None, digits: int) -> str:
        return "–" if value is None else rate_text(value)


def lane_tracks() -> tuple[LaneLossTrack, LaneScoreTrack, LaneGradientTrack, LaneRateTrack]:
    """Make the tracks of a race, which stand in for those of a run of the same names."""
    return LaneLossTrack(), LaneScoreTrack(), LaneGradientTrack(), LaneRateTrack()
