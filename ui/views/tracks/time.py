"""The time axis that all tracks share, and the marks of changes on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.measure.changes import Change
from playground.measure.snapshot import History, Snapshot

from ...look.numbers import number_text, tick_texts
from ..chart.axes import ChartAxis, decade_ticks, even_ticks, nearest_row, nice_limit, round_ticks

_LEAST = {"epoch": 10.0, "step": 100.0, "seconds": 1.0}
"""The least end of the axis."""
_CLOSEST = 1e-4
"""The share of the whole axis that it shows at least."""
_MOST_MARKS = 50
"""Marks of changes along the axis; those that lie closer together become one."""
TIME_TITLES = {"epoch": "epoch", "step": "step", "seconds": "seconds"}


class TimeAxis(ChartAxis):
    """Epochs, steps or seconds of training, from 0 or logarithmic; as a whole, or a stretch that was chosen.

    A stretch that holds the present moves on with it.
    """

    def __init__(self) -> None:
        self.kind = "epoch"
        self.whole = (0.0, _LEAST[self.kind])
        self.low, self.high = self.whole
        self.is_whole = True
        self._last = 0.0

    def column(self, history: History) -> Array:
        """The values on the axis for each row of a history; NaN where they have not been recorded."""
        values: Array = getattr(history, self.kind)
        return values if len(values) == len(history.epoch) else np.full(len(history.epoch), np.nan)

    def of_steps(self, snapshot: Snapshot, steps: Array) -> Array:
        """The values on the axis for some steps of a run."""
        if self.kind == "step":
            return steps
        known, values = snapshot.history.step, self.column(snapshot.history)
        if len(known) == len(steps) and np.array_equal(known, steps):
            return values
        if snapshot.measured.step > (known[-1] if len(known) else -1):
            known = np.append(known, snapshot.measured.step)
            values = np.append(values, float(getattr(snapshot.measured, self.kind)))
        result: Array = np.interp(steps, known, values) if len(known) else np.full(len(steps), np.nan)
        return result

    def reached(self, snapshot: Snapshot) -> float:
        """The value on the axis that a run has reached."""
        present = float(getattr(snapshot.measured, self.kind))
        return float(np.nanmax(np.append(self.column(snapshot.history)[-1:], present)))

    def fit(self, values: Array, last: float) -> None:
        """Fit the axis to all rows of a history, and to the end that it has to reach."""
        last = max(_LEAST[self.kind], last if math.isfinite(last) else 0.0)
        if self.logarithmic:
            positive = values[values > 0]
            first = min(float(positive[0]), last / 10) if len(positive) else last / 10
            self.whole = float(math.floor(math.log10(first))), math.log10(nice_limit(last))
        else:
            self.whole = 0.0, nice_limit(last)
        # After a reset a stretch may be of what is no more.
        if self.is_whole or self.high > self.whole[1]:
            self.show_whole()

    def follow(self, present: float) -> None:
        """Move a stretch that held the present until now, so that it still does."""
        if not self.is_whole and self._last <= self.high < present:
            self.low, self.high = self.low + present - self.high, present
        self._last = present

    def zoom(self, about: float, factor: float) -> None:
        """Show a stretch `factor` times as long, in which a given place stays where it is."""
        most = self.whole[1] - self.whole[0]
        length = min(max((self.high - self.low) * factor, most * _CLOSEST), most)
        share = (about - self.low) / (self.high - self.low)
        self._show(about - share * length, length)

    def pan(self, by: float) -> None:
        """Move the shown stretch along the axis."""
        self._show(self.low + by, self.high - self.low)

    def show_whole(self) -> None:
        """Show everything again."""
        self.is_whole = True
        self.low, self.high = self.whole

    def _show(self, low: float, length: float) -> None:
        low = min(max(low, self.whole[0]), self.whole[1] - length)
        self.low, self.high = low, low + length
        self.is_whole = length >= self.whole[1] - self.whole[0]

    def places(self, values: Array) -> Array:
        """Values as places on the axis; NaN for what is before the beginning of a logarithmic one."""
        if not self.logarithmic:
            return values
        return np.log10(np.where(values > 0, values, np.nan))

    def value(self, place: float) -> float:
        """The value at a place."""
        return 10.0**place if self.logarithmic else place

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        if self.is_whole:
            if self.logarithmic:
                return decade_ticks(self.low, self.high, most)
            at = even_ticks(self.low, self.high, most)
            return at, tick_texts(at)
        values = round_ticks(self.value(self.low), self.value(self.high), most)
        return self.places(np.array(values)).tolist(), tick_texts(values)

    def words(self, value: float) -> str:
        """A value in words: epoch 40."""
        # Inside an epoch, the completed ones count, as in the header.
        return f"{number_text(value, 4)} seconds" if self.kind == "seconds" else f"{self.kind} {int(value + 1e-6):,}"


class ChangeMark(NamedTuple):
    """One or more changes close together, at a place of the axis."""

    place: float
    words: str
    latest: Change
    """The latest of them."""


def marks_of(changes: Sequence[Change], axis: TimeAxis) -> tuple[ChangeMark, ...]:
    """The marks of changes in sight, about `_MOST_MARKS` at most, in ascending order."""
    apart = (axis.high - axis.low) / _MOST_MARKS
    at = axis.places(np.array([getattr(change.began, axis.kind) for change in changes], dtype=np.float64))
    groups: list[tuple[float, list[Change]]] = []
    for place, change in zip(np.nan_to_num(at, nan=axis.low), changes, strict=True):
        if not axis.low <= place <= axis.high:
            continue
        if groups and place - groups[-1][0] < apart:
            groups[-1][1].append(change)
        else:
            groups.append((float(place), [change]))
    return tuple(ChangeMark(place, _group_words(found), found[-1]) for place, found in groups)


def _group_words(changes: Sequence[Change]) -> str:
    words = "; ".join(change.label for change in changes)
    return words if len(changes) == 1 else f"{len(changes)} changes: {words}"


def mark_near(marks: Sequence[ChangeMark], place: float, reach: float) -> ChangeMark | None:
    """The mark nearest to a place, if it is near."""
    row = nearest_row(np.array([mark.place for mark in marks]), place)
    return marks[row] if row is not None and abs(marks[row].place - place) <= reach else None


class MarkName(NamedTuple):
    """A name beside its mark: where it begins, in pixels, and as much of it as has room."""

    left: float
    text: str


def name_marks(
    marks: Sequence[tuple[float, str]],
    ends: tuple[float, float],
    width: Callable[[str], float],
    cut: Callable[[str, float], str],
) -> tuple[MarkName, ...]:
    """Place the words of marks at these pixels so that none stands on another or across another's line.

    The latest has the first choice, and is never left out, even if it has to stand across earlier lines. A name stands
    at the right of its mark if that has room for all of it, else on the side with more room; what has too little room
    for a few letters is left out.
    """
    gap, least = width("n"), width("nnnnnn")
    names: list[MarkName] = []
    limit = ends[1]
    for index in range(len(marks) - 1, -1, -1):
        x, words = marks[index]
        whole, before = width(words), marks[index - 1][0] if index else ends[0]
        # The latest may stand across this mark, which then has no room at either side.
        right, left = limit - x - gap, x - before - 2 * gap if x - gap <= limit else 0.0
        across = x - ends[0] - gap
        enough = whole if across >= whole else least
        if index == len(marks) - 1 and max(left, right) < enough:
            left = across
        is_right = right >= min(whole, left)
        room = right if is_right else left
        if room >= min(whole, least):
            text = words if whole <= room else cut(words, room)
            names.append(MarkName(x + gap if is_right else x - gap - width(text), text))
            x = min(x, names[-1].left)
        limit = min(limit, x - gap)
    return tuple(reversed(names))
