"""The response: how the outcome of an experiment depends on one setting, and how sure that is.

    response = Response(experiment, knob_at(experiment, "training.learning_rate"))
    for _ in response.train():
        print(response.reading().sentence)

A few values are trained from one start first, then all values from all starts. The results so far can be read at any
time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Array, Choice, kind_of
from playground.experiment.declarations import Field
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.paths import field_at, is_among, value_at
from playground.experiment.quantity import Quantity
from playground.experiment.tree import Experiment
from playground.experiment.words import in_a_sentence, value_words
from playground.files.errors import CancelledError, InputError
from playground.studies.results import Outcome, Results, Row
from playground.studies.study import Study

STARTS = 5
"""Starts from which every value is trained: the experiment's seed and those that follow it."""
_VALUES, _COARSE = 32, 8
"""Values of a number in all, and those that are tried first."""
_HORIZONS = (100, 200, 500)
"""Epochs to train: the first that is above those of the run, else the last."""
_NO_KNOBS = ("version", "name", "seed", "data.seed", "precision", "training.epochs")
"""Settings without a response: names and seeds, and the number of epochs, whose effect the loss curve shows."""
_LEAST_LOSS = 1e-9
"""Losses below this count as equal, since their logarithms are compared."""
_CONFIDENCE = 0.95
_PREPOSITIONS = {int: ("near ", "at "), float: ("near ", "at "), bool: ("", "when ")}
"""What stands before the best value, and before another one, in a sentence; "with" before choices."""


class Knob(NamedTuple):
    """A setting and the values to try for it."""

    path: str
    field: Field
    values: tuple[Any, ...]
    """As in files, in the order in which they stand on the slider, or in a list."""
    places: tuple[float, ...]
    """Where they stand: 0…1 on the slider, or at equal distances."""
    present: int
    """Which of them the experiment has."""

    @property
    def is_number(self) -> bool:
        """Whether the setting is a number with a range, as on a slider."""
        return self.field.type in (int, float)

    @property
    def coarse(self) -> tuple[int, ...]:
        """The places of the values to try first: the present one and a few evenly spaced ones; all of a short list."""
        if len(self.values) <= _COARSE:
            return tuple(range(len(self.values)))
        spread = np.linspace(0, len(self.values) - 1, _COARSE - 1).round().astype(int).tolist()
        return tuple(dict.fromkeys([self.present, *spread]))

    def words(self, place: int) -> str:
        """Format the value at a place of `values` as text."""
        value = self.values[place]
        member = self.field.member(value) if self.field.choices and value is not None else None
        return value_words(self.field, member() if member is not None else value)


def knob_at(experiment: Experiment, path: str) -> Knob | None:
    """The knob for a path; None for a setting without a range or a list of values to try, and for seeds.

    Raises InputError for a path that leads nowhere.
    """
    field, value = field_at(experiment, path), value_at(experiment, path)
    if path in _NO_KNOBS or path == "data":
        return None
    if field.type in (int, float):
        return _number_knob(path, field, value)
    values: tuple[Any, ...] = field.values
    if field.choices:
        values = tuple(map(kind_of, field.choices))
        value = kind_of(type(value)) if isinstance(value, Choice) else value
    elif field.type is bool:
        values = (False, True)
    if field.optional:
        values = (None, *values)
    if len(values) < 2 or value not in values:
        return None
    places = np.linspace(0, 1, len(values)).tolist()
    return Knob(path, field, values, tuple(places), values.index(value))


def _number_knob(path: str, field: Field, value: float | None) -> Knob | None:
    quantity = Quantity.of(field)
    if quantity.span is None or value is None:
        return None
    tried = {quantity.at(place) for place in np.linspace(0, 1, _VALUES).tolist()}
    values = tuple(sorted({*filter(quantity.admits, tried), quantity.typed(value)}))
    return Knob(path, field, values, tuple(map(quantity.place, values)), values.index(quantity.typed(value)))


def horizon_after(epoch: float) -> int:
    """The number of epochs that a response trains, for a run at this epoch."""
    return next((epochs for epochs in _HORIZONS if epochs > epoch), _HORIZONS[-1])


class ValueOutcome(NamedTuple):
    """The results of one value over all starts."""

    value: Any
    place: float
    words: str
    n: int
    """Starts that were trained to the end, or diverged."""
    diverged: int
    median: float
    """Of those that did not diverge; NaN if none did not."""
    low: float
    high: float
    is_better: bool
    """Whether it is better than the present value, by more than the starts differ by chance."""
    refused: str
    """Why the value can't be trained; empty if it can."""


class Reading(NamedTuple):
    """The results of a response so far."""

    knob: Knob
    outcome: Outcome
    outcome_words: str
    """Such as `validation loss after 200 epochs`."""
    values: tuple[ValueOutcome, ...]
    sentence: str
    done: int
    """Trainings that have ended, of `of`."""
    of: int

    @property
    def present(self) -> ValueOutcome:
        """The results of the experiment's own value."""
        return self.values[self.knob.present]

    @property
    def is_whole(self) -> bool:
        """Whether every value was trained from every start."""
        return self.done == self.of


class Response:
    """Training runs of an experiment that differ in the value of one setting, each value from the same few starts."""

    def __init__(self, experiment: Experiment, knob: Knob, *, epochs: int = _HORIZONS[1], starts: int = STARTS) -> None:
        self.knob = knob
        self.study = Study(experiment, {knob.path: knob.values}, seeds=starts, epochs=epochs)
        self.results = Results(self.study)
        self.results.begin_span()
        self._rows: dict[int, Row] = {}
        self._comparable = _compares_losses(self.study, knob)

    def adopt(self, earlier: Response) -> None:
        """Take over the rows of a response that differs from this one in the knob's present value alone."""
        mine, other = self.study, earlier.study
        if (self.knob.path, mine.seeds, mine.epochs) != (earlier.knob.path, other.seeds, other.epochs):
            return
        if any(not is_among(one.path, [self.knob.path]) for one in difference(mine.experiment, other.experiment)):
            return
        # A choice that is present has settings, which it loses when another one is chosen.
        owned = {self.knob.values[self.knob.present], earlier.knob.values[earlier.knob.present]}
        places = {value: place for place, value in enumerate(self.knob.values)}
        # It may be in training.
        for row in list(earlier._rows.values()):
            there, start = divmod(row.number, other.seeds)
            value = earlier.knob.values[there]
            if value in places and not (self.knob.field.choices and value in owned):
                self.add(row._replace(number=places[value] * mine.seeds + start))

    def add(self, row: Row) -> None:
        """Enter the result of one training run."""
        self._rows[row.number] = row
        self.results.add(row)

    def train(self, stop: Callable[[], bool] | None = None) -> Iterator[Row]:
        """Train the missing runs and yield a row for each as it ends, until `stop` returns true."""
        # Engines are loaded when the first one is needed.
        from playground.studies.training import never, train_dealt

        waiting = (number for number in self._order() if not self.results.has(number))
        try:
            for row in train_dealt(self.study, lambda room: list(islice(waiting, room)), stop or never):
                self.add(row)
                yield row
        except CancelledError:
            return

    def _order(self) -> Iterator[int]:
        """The numbers of the members in training order: coarse values first, then networks of one shape together."""
        starts, first = self.study.seeds, self.knob.coarse
        yield from (place * starts for place in first)
        rest = [place for place in range(len(self.knob.values)) if place not in first]
        if type(self.knob.values[self.knob.present]) is float:
            yield from (place * starts for place in rest)
            yield from (place * starts + start for start in range(1, starts) for place in range(len(self.knob.values)))
        else:
            yield from (place * starts + start for place in first for start in range(1, starts))
            yield from (place * starts + start for place in rest for start in range(starts))

    @property
    def is_whole(self) -> bool:
        """Whether every value was trained from every start."""
        return len(self.results) == len(self.study)

    # What it says -------------------------------------------------------------------------------------------------

    def reading(self) -> Reading:
        """Summarize the results so far."""
        outcome = self._outcome
        ranked = -self._scores(outcome) if outcome.endswith("accuracy") else self._scores(outcome)
        status = self.results.column("status").reshape(ranked.shape)
        diverged = status == "diverged"
        better = self._better(ranked, diverged) if self._comparable else np.zeros(len(ranked), bool)
        low, median, high = _spread(self._scores(outcome), diverged)
        trained = np.isin(status, ("completed", "stopped_early", "diverged")).sum(axis=1).tolist()
        values = [
            ValueOutcome(
                value,
                self.knob.places[place],
                self.knob.words(place),
                trained[place],
                int(diverged[place].sum()),
                median[place],
                low[place],
                high[place],
                bool(better[place]),
                self.results.refused.get(place, ""),
            )
            for place, value in enumerate(self.knob.values)
        ]
        words = f"{self._outcome_name} after {self.study.epochs:,} epochs"
        sentence = self._sentence(values, ranked, diverged)
        return Reading(self.knob, outcome, words, tuple(values), sentence, len(self.results), len(self.study))

    def _scores(self, outcome: Outcome) -> Array:
        return self.results.by_combination(outcome)

    @property
    def _outcome(self) -> Outcome:
        loss = self.results.measure
        if self._comparable:
            return loss
        return "validation_accuracy" if loss == "validation_loss" else "train_accuracy"

    @property
    def _outcome_name(self) -> str:
        share, _, measure = self._outcome.partition("_")
        regression = self.results.task == "regression"
        what = measure if measure == "loss" else "R²" if regression else "accuracy"
        return f"{'training' if share == 'train' else share} {what}"

    def _better(self, ranked: Array, diverged: Array) -> Array:
        """Mark values significantly better than the present one: the interval of paired differences excludes 0.

        A start that diverged counts as the worst loss of all. ranked, diverged: (values, starts); lower is better.
        """
        from scipy.special import stdtrit

        trained = np.isfinite(ranked) | diverged
        finite = ranked[np.isfinite(ranked) & ~diverged]
        if not len(finite):
            return np.zeros(len(ranked), bool)
        logs = np.log(np.maximum(np.where(np.isfinite(ranked) & ~diverged, ranked, finite.max()), _LEAST_LOSS))
        here, better = self.knob.present, np.zeros(len(ranked), bool)
        for place in range(len(ranked)):
            both = trained[place] & trained[here]
            gains = (logs[here] - logs[place])[both]
            n = len(gains)
            if n > 1 and not diverged[place].any():
                half = stdtrit(n - 1, (1 + _CONFIDENCE) / 2) * gains.std(ddof=1) / math.sqrt(n)
                better[place] = gains.mean() - half > 0
        return better

    def _sentence(self, values: list[ValueOutcome], ranked: Array, diverged: Array) -> str:
        """The most important result as a sentence."""
        label, here = in_a_sentence(self.knob.field.label), values[self.knob.present]
        tried = [one for one in values if one.n]
        if not tried:
            return f"Trying other values of the {label}…"
        sound = [place for place, one in enumerate(values) if one.n and not one.diverged and math.isfinite(one.median)]
        if not sound:
            return f"Training diverges with every {label} tried so far."
        # A value that was tried from fewer starts may only have been lucky.
        most = max(values[place].n for place in sound)
        sign = -1 if self._outcome.endswith("accuracy") else 1
        best = min((values[place] for place in sound if values[place].n == most), key=lambda one: sign * one.median)
        near, at = _PREPOSITIONS.get(self.knob.field.type, ("with ", "with "))
        if most < 2 or here.n < most:
            so_far = "one start" if most == 1 else f"{most} starts"
            return f"So far, from {so_far}: best {near}{best.words}."
        if here.diverged == here.n:
            return f"Best {near}{best.words}; training diverges {at}{here.words} in {here.n} of {here.n} starts."
        if not self._comparable:
            return f"The {self._outcome_name} is highest {near}{best.words}; losses can't be compared here."
        better = [one for one in values if one.is_better and one.n == most]
        if not better:
            return f"No {label} is clearly better than {here.words}, in {here.n} starts."
        best = min(better, key=lambda one: one.median)
        place = values.index(best)
        worse = int(((ranked[self.knob.present] > ranked[place]) | diverged[self.knob.present]).sum())
        return f"Best {near}{best.words}; {here.words} is worse in {worse} of {here.n} starts."


def _spread(scores: Array, diverged: Array) -> tuple[list[float], list[float], list[float]]:
    """The minimum, median and maximum of the starts in each row that did not diverge; NaN where all diverged."""
    ordered = np.sort(np.where(np.isfinite(scores) & ~diverged, scores, np.nan), axis=1)
    n, rows = np.isfinite(ordered).sum(axis=1), np.arange(len(ordered))
    # Sorting puts NaN last.
    last = np.maximum(n - 1, 0)
    median = (ordered[rows, last // 2] + ordered[rows, np.minimum(n // 2, last)]) / 2
    return ordered[:, 0].tolist(), median.tolist(), ordered[rows, last].tolist()


def _compares_losses(study: Study, knob: Knob) -> bool:
    """Whether the losses of all values have the same meaning and can be compared."""
    made = []
    # Of numbers, the ends tell as much as all of them.
    places = {0, knob.present, len(knob.values) - 1} if knob.is_number else range(len(knob.values))
    for number in (place * study.seeds for place in places):
        try:
            made.append(study.member(number).experiment)
        except InputError:
            continue
    first = msgspec.structs.replace(study.experiment, training=made[0].training) if made else study.experiment
    return all(losses_are_comparable(difference(first, one)) for one in made)
