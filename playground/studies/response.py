"""The response: how the outcome of an experiment depends on one setting, and how sure that is.

    response = Response(experiment, knob_at(experiment, "training.learning_rate"))
    for _ in response.train():
        print(response.reading().sentence)

A few values are trained from one start first, then all values from all starts. The results so far can be read at any
time. `finer` gives the same response with more values around the best one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from playground.catalog.choice import Array
from playground.experiment.difference import difference
from playground.experiment.paths import field_at, is_among
from playground.experiment.tree import Experiment
from playground.experiment.words import value_words
from playground.run.run import Checkpoint
from playground.studies.comparison import Comparison
from playground.studies.knobs import Knob
from playground.studies.reading import (
    Measure,
    ResponseReading,
    Scores,
    outcomes_of,
    response_sentence,
    spread_of_starts,
)
from playground.studies.results import Row
from playground.studies.study import Study

STARTS, MOST_STARTS = 5, 15
"""Starts from which every value is trained: the experiment's seed and those that follow it; and while nothing else is
asked for."""
HORIZONS = (100, 200, 500, 1000, 2000, 5000)
"""Epochs to train."""
_FINER = 6
"""Values that are added around the best one at a time."""
_USUAL_HORIZONS = HORIZONS[:3]
"""Without another wish, the first of these that the run has not passed, else the last."""


def horizon_after(epoch: float) -> int:
    """The number of epochs that a response trains, for a run at this epoch."""
    return next((epochs for epochs in _USUAL_HORIZONS if epochs >= epoch), _USUAL_HORIZONS[-1])


class Response(Comparison):
    """Training runs of an experiment that differ in the value of one setting, each value from the same few starts.

    `beginning` and `observed` are as in `Comparison`.
    """

    def __init__(
        self,
        experiment: Experiment,
        knob: Knob,
        *,
        epochs: int = _USUAL_HORIZONS[1],
        starts: int = STARTS,
        most_starts: int | None = None,
        beginning: Checkpoint | None = None,
        observed: bool = False,
        added: Iterable[Any] = (),
    ) -> None:
        """Study the values of the knob and those `added` to it, which don't count towards `share` and `is_whole`."""
        self.added = frozenset(added)
        knob = knob.with_more(self.added) if self.added else knob
        self.knob, self.starts = knob, starts
        last = epochs + (0 if beginning is None else beginning.state.epoch)
        study = Study(experiment, {knob.path: knob.values}, seeds=max(starts, most_starts or 0), epochs=last)
        # Of numbers, the ends tell as much as all of them.
        ends = {0, knob.present, len(knob.values) - 1}
        places = ends if knob.is_number else range(len(knob.values))
        super().__init__(study, epochs, beginning, observed=observed, places=places)

    @property
    def name(self) -> str:
        """The path of its setting, which identifies it among other responses."""
        return self.knob.path

    def following(self, earlier: Comparison) -> Response:
        """Return this response with the rows and the added values of an earlier one, if they can be its own."""
        if not isinstance(earlier, Response) or not self._continues(earlier):
            return self
        result = self if earlier.added <= self.added else self._with_more(earlier.added)
        result._adopt(earlier)
        return result

    def finer(self, measure: Measure = "loss") -> Response | None:
        """Return this response with more values around the best one; None where there are none between."""
        scores = self.scores(measure, self.starts)
        if not (self.knob.is_number and scores.comparable and self.is_whole):
            return None
        _, median, _ = spread_of_starts(scores)
        ranked = np.array(median if scores.scale == "amount" else [-one for one in median])
        ranked[scores.diverged.any(axis=1)] = np.nan
        more = self.knob.between(int(np.nanargmin(ranked)), _FINER) if np.isfinite(ranked).any() else ()
        return self._with_more(more).following(self) if more else None

    def _with_more(self, values: Iterable[Any]) -> Response:
        return Response(
            self.study.experiment,
            self.knob,
            epochs=self.epochs,
            starts=self.starts,
            most_starts=self.study.seeds,
            beginning=self.beginning,
            observed=self.observed,
            added={*self.added, *values},
        )

    def _continues(self, earlier: Response) -> bool:
        """Whether an earlier response differs from this one in the knob's present value alone."""
        mine, other = self.study, earlier.study
        return (
            (self.knob.path, mine.seeds, mine.epochs) == (earlier.knob.path, other.seeds, other.epochs)
            and self.beginning is earlier.beginning
            and (earlier.observed or not self.observed)
            and all(is_among(one.path, [self.knob.path]) for one in difference(mine.experiment, other.experiment))
        )

    def _adopt(self, earlier: Response) -> None:
        mine, other = self.study, earlier.study
        # A choice that is present has settings, which it loses when another one is chosen.
        owned = [self.knob.values[self.knob.present], earlier.knob.values[earlier.knob.present]]
        places = {
            there: self.knob.values.index(value)
            for there, value in enumerate(earlier.knob.values)
            if value in self.knob.values and not (self.knob.field.choices and value in owned)
        }
        numbers = {}
        # It may be in training.
        for number in list(earlier.rows):
            there, start = divmod(number, other.seeds)
            if there in places:
                numbers[number] = places[there] * mine.seeds + start
        self.take_over(earlier, numbers)

    def train(self, stop: Callable[[], bool] | None = None, *, refine: bool = False) -> Iterator[Row]:
        """Train the missing runs of the first starts and yield a row for each as it ends, until `stop` returns true.

        With `refine`, train the runs of the other starts instead.
        """
        return self.train_all(self._of_more_starts() if refine else self._order(), stop)

    def _order(self) -> Iterator[int]:
        """The numbers of the members in training order: coarse values first, then networks of one shape together."""
        seeds, first, every = self.study.seeds, self.knob.coarse, range(len(self.knob.values))
        yield from (place * seeds for place in first)
        rest = [place for place in every if place not in first]
        if self._is_of_one_shape:
            yield from (place * seeds for place in rest)
            yield from (place * seeds + start for start in range(1, self.starts) for place in every)
        else:
            yield from (place * seeds + start for place in first for start in range(1, self.starts))
            yield from (place * seeds + start for place in rest for start in range(self.starts))

    def _of_more_starts(self) -> Iterator[int]:
        seeds, every = self.study.seeds, range(len(self.knob.values))
        at_once = 1 if self._is_of_one_shape else self.starts
        for begin in range(self.starts, seeds, at_once):
            starts = range(begin, min(begin + at_once, seeds))
            yield from (place * seeds + start for place in every for start in starts)

    @property
    def _is_of_one_shape(self) -> bool:
        return type(self.knob.values[self.knob.present]) is float

    @property
    def is_coarse(self) -> bool:
        """Whether only the values to try first have been tried."""
        return len(self.results) == len(self.knob.coarse)

    @property
    def is_whole(self) -> bool:
        """Whether every value except the added ones was trained from the first starts."""
        return bool(self._awaited.all())

    @property
    def _awaited(self) -> Array:
        """A mark for each run from the first starts that has ended, shape (values, starts), without added values."""
        plain = [place for place, value in enumerate(self.knob.values) if self._is_awaited(place, value)]
        result: Array = self.ended[plain, : self.starts]
        return result

    def _is_awaited(self, place: int, value: Any) -> bool:
        return not self.added or place == self.knob.present or value not in self.added

    def outcome_words(self, scores: Scores) -> str:
        """Name an outcome with its horizon, that of an optimizer with its learning rate: each kind has a best one."""
        words = super().outcome_words(scores)
        if self.knob.path != "training.optimizer":
            return words
        experiment = self.study.experiment
        rate = field_at(experiment, "training.learning_rate")
        return f"{words} at learning rate {value_words(rate, experiment.training.learning_rate)}"

    @property
    def whole_starts(self) -> int:
        """The number of starts from which every value was trained."""
        return int(np.logical_and.accumulate(self.ended.all(axis=0)).sum())

    def reading(self, measure: Measure = "loss") -> ResponseReading:
        """Summarize the results so far, from the same number of starts of every value: a multiple of the first ones.

        With each start alone, what is best would come and go. Values that were added are among them once they have been
        trained from the first starts.
        """
        whole, seeds = self.whole_starts, self.study.seeds
        starts = max(self.starts, whole if whole == seeds else whole - whole % self.starts)
        scores = self.scores(measure, starts)._replace(goes_on=starts < seeds)
        knob, refused = self.knob, self.results.refused
        if self.added:
            known = np.logical_and.reduce(self.ended[:, : self.starts], axis=1)
            kept = [at for at, value in enumerate(knob.values) if known[at] or self._is_awaited(at, value)]
            knob, refused = knob.with_places(kept), {kept.index(at): why for at, why in refused.items() if at in kept}
            scores = scores.with_places(kept)
        values = outcomes_of(knob, scores, refused, self.starts)
        about = knob, scores.measure, scores.scale, self.outcome_words(scores), values
        sentence = response_sentence(knob, values, scores, self.starts)
        return ResponseReading(*about, sentence, self._share(), scores.most, scores.repeats)

    def _share(self) -> float:
        """The share of the runs from the first starts that is done, including those in training; 1 at the end."""
        ended = self._awaited
        return 1.0 if ended.all() else min((int(ended.sum()) + self.under_way) / ended.size, 0.99)
