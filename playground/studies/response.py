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
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.paths import is_among
from playground.experiment.tree import Experiment
from playground.files.errors import CancelledError, InputError
from playground.run.run import Checkpoint
from playground.studies.knobs import Knob
from playground.studies.reading import Measure, Reading, Scores, outcome_name, outcomes_of, response_sentence
from playground.studies.results import GOALS, Outcome, Results, Row
from playground.studies.study import Study

if TYPE_CHECKING:
    from playground.studies.training import Cohort

STARTS, MOST_STARTS = 5, 15
"""Starts from which every value is trained: the experiment's seed and those that follow it; and while nothing else is
asked for."""
HORIZONS = (100, 200, 500, 1000, 2000, 5000)
"""Epochs to train."""
_USUAL_HORIZONS = HORIZONS[:3]
"""Without another wish, the first of these that is above the epochs of the run, else the last."""
_OBSERVED: tuple[Measure, ...] = ("epochs", "gradient")
"""Measures that need more of a training than its end, which takes longer."""


def horizon_after(epoch: float) -> int:
    """The number of epochs that a response trains, for a run at this epoch."""
    return next((epochs for epochs in _USUAL_HORIZONS if epochs > epoch), _USUAL_HORIZONS[-1])


class Response:
    """Training runs of an experiment that differ in the value of one setting, each value from the same few starts.

    With a `beginning` all go on from that moment of a run for `epochs` more, each start with other batches. With
    `observed`, measures that need more than the end of a training are there as well.
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
    ) -> None:
        self.knob, self.starts, self.beginning, self.observed = knob, starts, beginning, observed
        self.epochs = epochs
        last = epochs + (0 if beginning is None else beginning.state.epoch)
        self.study = Study(experiment, {knob.path: knob.values}, seeds=max(starts, most_starts or 0), epochs=last)
        self.results = Results(self.study)
        self.results.begin_span()
        self._rows: dict[int, Row] = {}
        self._cohort: Cohort | None = None
        self._comparable = _compares_losses(self.study, knob)

    def adopt(self, earlier: Response) -> None:
        """Take over the rows of a response that differs from this one in the knob's present value alone."""
        mine, other = self.study, earlier.study
        if (self.knob.path, mine.seeds, mine.epochs) != (earlier.knob.path, other.seeds, other.epochs):
            return
        if self.beginning is not earlier.beginning or (self.observed and not earlier.observed):
            return
        if any(not is_among(one.path, [self.knob.path]) for one in difference(mine.experiment, other.experiment)):
            return
        # A choice that is present has settings, which it loses when another one is chosen.
        owned = [self.knob.values[self.knob.present], earlier.knob.values[earlier.knob.present]]
        # It may be in training.
        for row in list(earlier._rows.values()):
            there, start = divmod(row.number, other.seeds)
            value = earlier.knob.values[there]
            if value in self.knob.values and not (self.knob.field.choices and value in owned):
                self.add(row._replace(number=self.knob.values.index(value) * mine.seeds + start))

    def add(self, row: Row) -> None:
        """Enter the result of one training run."""
        self._rows[row.number] = row
        self.results.add(row)

    def train(self, stop: Callable[[], bool] | None = None, *, refine: bool = False) -> Iterator[Row]:
        """Train the missing runs of the first starts and yield a row for each as it ends, until `stop` returns true.

        To `refine`, train from the other starts.
        """
        # Engines are loaded when the first one is needed.
        from playground.studies.training import Cohort, never, train_dealt

        order = self._finer() if refine else self._order()
        waiting = (number for number in order if not self.results.has(number))
        self._cohort = Cohort(self.study.engine, beginning=self.beginning, observed=self.observed)
        try:
            for row in train_dealt(self.study, lambda room: list(islice(waiting, room)), stop or never, self._cohort):
                self.add(row)
                yield row
        except CancelledError:
            return

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

    def _finer(self) -> Iterator[int]:
        seeds, every = self.study.seeds, range(len(self.knob.values))
        at_once = 1 if self._is_of_one_shape else self.starts
        for begin in range(self.starts, seeds, at_once):
            starts = range(begin, min(begin + at_once, seeds))
            yield from (place * seeds + start for place in every for start in starts)

    @property
    def _is_of_one_shape(self) -> bool:
        return type(self.knob.values[self.knob.present]) is float

    @property
    def is_whole(self) -> bool:
        """Whether every value was trained from the first starts."""
        return bool(self._ended[:, : self.starts].all())

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to train."""
        return len(self.results) == len(self.study)

    def _share(self) -> float:
        """How much of the first starts is done, those in training included; 1 once they are whole."""
        ended = self._ended[:, : self.starts]
        begun = 0 if self.beginning is None else self.beginning.state.epoch
        members = [] if self._cohort is None else self._cohort.members
        under_way = sum((one.place[0] - begun) / max(1, self.epochs) for one in members if one.is_running)
        return 1.0 if ended.all() else min((int(ended.sum()) + under_way) / ended.size, 0.99)

    @property
    def _ended(self) -> Array:
        result: Array = self.results.column("status").reshape(-1, self.study.seeds) != ""
        return result

    @property
    def _whole_starts(self) -> int:
        """The first starts, and of the others those from which every value was trained, so that all have as many."""
        return max(self.starts, int(np.logical_and.accumulate(self._ended.all(axis=0)).sum()))

    # What it says -------------------------------------------------------------------------------------------------

    def reading(self, measure: Measure = "loss") -> Reading:
        """Summarize the results so far."""
        scores = self.scores(measure)
        values = outcomes_of(self.knob, scores, self.results.refused)
        when = "within" if measure == "epochs" else "after"
        more = "" if self.beginning is None else f" more epochs from epoch {self.beginning.state.epoch:,}"
        words = f"{scores.name} {when} {self.epochs:,}{more or ' epochs'}"
        sentence = response_sentence(self.knob, values, scores)
        about = self.knob, scores.measure, scores.scale, words, values, sentence
        return Reading(*about, self._share(), scores.most, scores.repeats)

    def scores(self, measure: Measure) -> Scores:
        """Return the outcomes of all trainings; accuracies where losses can't be compared."""
        results, task = self.results, self.results.task
        validated = results.measure == "validation_loss"
        if measure in ("loss", "gap") and not self._comparable:
            measure = "accuracy"
        starts = self._whole_starts
        status = results.column("status").reshape(-1, self.study.seeds)[:, :starts]
        return Scores(
            measure,
            self._numbers(measure, validated)[:, :starts],
            np.isin(status, ("completed", "stopped_early", "diverged")),
            status == "diverged",
            outcome_name(measure, task, validated, GOALS[task]),
            "amount" if measure != "accuracy" else "r_squared" if task == "regression" else "accuracy",
            self._comparable and measure not in ("gap", "gradient"),
            self.epochs if measure == "epochs" else math.inf,
            "start" if self.beginning is None else "shuffle",
        )

    def _numbers(self, measure: Measure, validated: bool) -> Array:
        def of(outcome: Outcome) -> Array:
            return self.results.by_combination(outcome)

        if measure == "loss":
            return of("validation_loss" if validated else "train_loss")
        if measure == "accuracy":
            return of("validation_accuracy" if validated else "train_accuracy")
        if measure == "gap":
            return of("validation_loss") - of("train_loss")
        result = np.full(len(self.study), np.nan)
        for row in list(self._rows.values()):
            seen = row.observed
            if seen is not None and row.status != "refused":
                result[row.number] = self._reached(seen.goal_epoch) if measure == "epochs" else seen.gradient_share
        return result.reshape(-1, self.study.seeds)

    def _reached(self, epoch: int | None) -> float:
        if epoch is None:
            return self.epochs
        return epoch - (0 if self.beginning is None else self.beginning.state.epoch)


def needs_observation(measure: Measure) -> bool:
    """Whether a measure needs more of a training than its end."""
    return measure in _OBSERVED


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
