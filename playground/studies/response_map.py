"""The map of two settings: the outcome of an experiment for every pair of their values, coarse first, then finer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.experiment.difference import difference
from playground.experiment.paths import is_among
from playground.experiment.quantity import Quantity, write_number
from playground.experiment.tree import Experiment
from playground.run.run import Checkpoint
from playground.studies.comparison import Comparison
from playground.studies.knobs import Knob
from playground.studies.reading import Measure, Scale, Scores
from playground.studies.results import Row
from playground.studies.study import Study

SIDE = 64
"""Values of a number along a side."""
_STRIDES = (8, 4, 2, 1)
"""Distances between the values of each pass."""
_WHOLE = (0.0, 1.0)


class MapAxis(NamedTuple):
    """One side of a map: a setting, and the values along it from low to high."""

    knob: Knob
    values: tuple[Any, ...]
    span: tuple[float, float]
    """The part of the slider that it covers, within 0…1."""
    present: int | None
    """The index of the experiment's own value, or of the nearest one; None if it is beyond the span."""

    def words(self, place: int) -> str:
        """Format a value as text, to three digits."""
        if self.knob.is_number:
            value = self.values[place]
            return (self.knob.field.names or {}).get(value) or write_number(float(f"{value:.3g}"))
        return self.knob.words(place)


def map_axis(knob: Knob, span: tuple[float, float] = _WHOLE) -> MapAxis:
    """Return a side with at most `SIDE` values of a part of the knob's slider; for a choice, with all its members."""
    if not knob.is_number:
        return MapAxis(knob, knob.values, _WHOLE, knob.present)
    quantity, here = Quantity.of(knob.field), knob.places[knob.present]
    tried = {quantity.at(place, digits=4) for place in np.linspace(*span, SIDE).tolist()}
    values = tuple(sorted(filter(quantity.admits, tried), key=quantity.order))
    places = [quantity.place(value) for value in values]
    inside = span[0] <= here <= span[1]
    return MapAxis(knob, values, span, int(np.abs(np.array(places) - here).argmin()) if inside else None)


class MapReading(NamedTuple):
    """The results of a map so far; arrays have the shape (vertical values, horizontal values)."""

    across: MapAxis
    up: MapAxis
    measure: Measure
    scale: Scale
    outcome_words: str
    """The name of the outcome, such as `validation loss after 200 epochs from the start`."""
    numbers: Array
    """The outcomes; NaN where nothing was trained, or where training diverged or was refused."""
    diverged: Array
    shown: Array
    """The outcomes, each standing in for its neighbours until these are trained; infinite where training diverged."""
    best: tuple[int, int] | None
    """The row and the column of the best outcome."""
    sentence: str
    share: float
    """The share of the training that is done, 0…1."""

    @property
    def is_whole(self) -> bool:
        """Whether every pair of values was trained."""
        return self.share >= 1


class ResponseMap(Comparison):
    """Training runs of an experiment with every pair of values of two settings, from one start each."""

    def __init__(
        self,
        experiment: Experiment,
        across: MapAxis,
        up: MapAxis,
        *,
        epochs: int = 100,
        beginning: Checkpoint | None = None,
        observed: bool = False,
    ) -> None:
        self.across, self.up = across, up
        last = epochs + (0 if beginning is None else beginning.state.epoch)
        study = Study(experiment, {up.knob.path: up.values, across.knob.path: across.values}, epochs=last)
        wide, high = len(across.values), len(up.values)
        corners = {0, wide - 1, (high - 1) * wide, high * wide - 1}
        numbers_only = across.knob.is_number and up.knob.is_number
        places = corners if numbers_only else range(wide * high)
        super().__init__(study, epochs, beginning, observed=observed, places=places)

    @property
    def name(self) -> str:
        """The name that identifies it among other maps and responses."""
        return "map"

    def following(self, earlier: Comparison) -> ResponseMap:
        """Return this map with the rows of an earlier one that differs from it in the present values alone."""
        if isinstance(earlier, ResponseMap):
            self._adopt(earlier)
        return self

    def _adopt(self, earlier: ResponseMap) -> None:
        if any(axis.knob.field.choices for axis in (self.across, self.up)):
            # A choice that is present has settings, which it loses when another one is chosen.
            return
        mine, other = self.study, earlier.study
        if (mine.vary, list(mine.vary), mine.epochs) != (other.vary, list(other.vary), other.epochs):
            return
        if self.beginning is not earlier.beginning or (self.observed and not earlier.observed):
            return
        if any(not is_among(one.path, mine.vary) for one in difference(mine.experiment, other.experiment)):
            return
        # Its trainings have the same numbers here.
        self.results, self.rows = earlier.results, earlier.rows

    def train(self, stop: Callable[[], bool] | None = None, *, refine: bool = False) -> Iterator[Row]:
        """Train the missing runs and yield a row for each as it ends, until `stop` returns true."""
        return iter(()) if refine else self.train_all(self._order(), stop)

    @property
    def is_coarse(self) -> bool:
        """Whether only the first pass is done."""
        first = _STRIDES[0]
        return len(self.results) == -(-len(self.up.values) // first) * -(-len(self.across.values) // first)

    def _order(self) -> Iterator[int]:
        """The numbers of the members pass by pass; networks of one shape together."""
        wide, high = len(self.across.values), len(self.up.values)
        by_column = type(self.across.values[0]) is not float and type(self.up.values[0]) is float
        for stride in _STRIDES:
            rows, columns = range(0, high, stride), range(0, wide, stride)
            if by_column:
                yield from (row * wide + column for column in columns for row in rows)
            else:
                yield from (row * wide + column for row in rows for column in columns)

    def reading(self, measure: Measure = "loss") -> MapReading:
        """Summarize the results so far."""
        scores = self.scores(measure)
        shape = len(self.up.values), len(self.across.values)
        diverged = scores.diverged.reshape(shape)
        numbers = np.where(diverged | ~scores.trained.reshape(shape), np.nan, scores.numbers.reshape(shape))
        best = _best(numbers, scores.scale)
        return MapReading(
            self.across,
            self.up,
            scores.measure,
            scores.scale,
            self.outcome_words(scores),
            numbers,
            diverged,
            _spread_out(np.where(diverged, np.inf, numbers)),
            best,
            self._sentence(scores, numbers, best),
            1.0 if self.is_finished else min((len(self.results) + self.under_way) / len(self.study), 0.99),
        )

    def _sentence(self, scores: Scores, numbers: Array, best: tuple[int, int] | None) -> str:
        across, up = self.across, self.up
        if best is None:
            ended = len(self.results) > 0
            return "Training diverges everywhere so far." if ended else "Trying pairs of values…"
        extreme = "lowest" if scores.scale == "amount" else "highest"
        place = f"{across.knob.label} {across.words(best[1])} and {up.knob.label} {up.words(best[0])}"
        return f"The {scores.name} is {extreme} with {place}: {numbers[best]:.3g}, from one {scores.repeats}."


def _best(numbers: Array, scale: Scale) -> tuple[int, int] | None:
    """The row and column of the best number; None if there is none."""
    if not np.isfinite(numbers).any():
        return None
    place = np.nanargmin(numbers) if scale == "amount" else np.nanargmax(numbers)
    row, column = divmod(int(place), numbers.shape[1])
    return row, column


def _spread_out(numbers: Array) -> Array:
    """Fill each missing outcome with that of its block in the finest pass that has one."""
    result, (high, wide) = np.full(numbers.shape, np.nan), numbers.shape
    for stride in _STRIDES:
        coarse = numbers[::stride, ::stride].repeat(stride, axis=0).repeat(stride, axis=1)[:high, :wide]
        result = np.where(np.isnan(coarse), result, coarse)
    return result
