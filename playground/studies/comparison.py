"""Comparisons: the runs of a study in any order, from the start or from one moment, and their outcomes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.engine.setup import Setup
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.tree import Experiment
from playground.files.errors import CancelledError, InputError
from playground.measure.metrics import GOALS, Metric
from playground.run.run import Checkpoint, Document
from playground.studies.reading import Measure, Scores, outcome_name
from playground.studies.results import Results, Row
from playground.studies.study import Study

if TYPE_CHECKING:
    from playground.studies.training import Cohort

_OBSERVED: tuple[Measure, ...] = ("epochs", "gradient")
"""Measures that need more than the end of a run, which takes longer."""
_PIECE = 0.01
"""Seconds of training between two looks at whether to stop."""


class Comparison:
    """The runs of a study, each trained for `epochs` epochs.

    With a `beginning`, all continue from that moment of a run, each start with other batches; the study's epochs count
    from the beginning of the run. With `observed`, measures that need more than the end of a run are available, too.
    """

    def __init__(
        self, study: Study, epochs: int, beginning: Checkpoint | None, *, observed: bool, places: Iterable[int]
    ) -> None:
        self.study, self.epochs, self.beginning, self.observed = study, epochs, beginning, observed
        self.results = Results(study)
        self.results.begin_span()
        self.rows: dict[int, Row] = {}
        """The results by the numbers of the runs; those that were taken over keep the number that they had before."""
        self._cohort: Cohort | None = None
        self._comparable = _compares_losses(study, places)

    def add(self, row: Row) -> None:
        """Enter the result of one training run."""
        self.results.add(row)
        self.rows[row.number] = row

    def take_over(self, earlier: Comparison, numbers: Mapping[int, int]) -> None:
        """Enter runs of an earlier comparison, given by their numbers there and here."""
        self.results.take_over(earlier.results, numbers)
        self.rows.update((here, earlier.rows[there]) for there, here in numbers.items())

    def train_all(self, numbers: Iterable[int], stop: Callable[[], bool] | None = None) -> Iterator[Row]:
        """Train the missing members among `numbers`; yield a row for each as it ends, until `stop` returns true."""
        # Engines are loaded when the first one is needed.
        from playground.studies.training import Cohort, never, train_dealt

        waiting = (number for number in numbers if not self.results.has(number))
        self._cohort = Cohort(self.study.engine, beginning=self.beginning, observed=self.observed)
        try:
            for row in train_dealt(self.study, lambda room: list(islice(waiting, room)), stop or never, self._cohort):
                self.add(row)
                yield row
        except CancelledError:
            return

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to train."""
        return len(self.results) == len(self.study)

    @property
    def ended(self) -> Array:
        """A mark for each run that has ended, shape (combinations, starts)."""
        result: Array = self.results.column("status").reshape(-1, self.study.seeds) != ""
        return result

    @property
    def under_way(self) -> float:
        """The sum over the runs in training of the share of their epochs that is done."""
        members = [] if self._cohort is None else self._cohort.members
        return sum((one.place[0] - self._begun) / max(1, self.epochs) for one in list(members) if one.is_running)

    @property
    def _begun(self) -> int:
        return 0 if self.beginning is None else self.beginning.state.epoch

    def scores(self, measure: Measure, starts: int | None = None) -> Scores:
        """Return the outcomes of all runs, or of the first starts; accuracies where losses can't be compared."""
        results, task = self.results, self.results.task
        validated = results.measure == "validation_loss"
        if measure in ("loss", "gap") and not self._comparable:
            measure = "accuracy"
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

    def outcome_words(self, scores: Scores) -> str:
        """Name an outcome with its horizon: `validation loss after 200 epochs from the start`."""
        when = "within" if scores.measure == "epochs" else "after"
        begun = "epochs from the start" if self.beginning is None else f"more epochs from here (epoch {self._begun:,})"
        return f"{scores.name} {when} {self.epochs:,} {begun}"

    def _numbers(self, measure: Measure, validated: bool) -> Array:
        def of(outcome: Metric) -> Array:
            return self.results.by_combination(outcome)

        if measure == "loss":
            return of("validation_loss" if validated else "train_loss")
        if measure == "accuracy":
            return of("validation_accuracy" if validated else "train_accuracy")
        if measure == "gap":
            return of("validation_loss") - of("train_loss")
        result = np.full(len(self.study), np.nan)
        for number, row in list(self.rows.items()):
            seen = row.observed
            if seen is not None and row.status != "refused":
                result[number] = self._reached(seen.goal_epoch) if measure == "epochs" else seen.gradient_share
        return result.reshape(-1, self.study.seeds)

    def _reached(self, epoch: int | None) -> float:
        return self.epochs if epoch is None else epoch - self._begun


def train_alone(
    experiment: Experiment,
    epochs: int,
    beginning: Checkpoint | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Document:
    """Train an experiment as a comparison does, and return the whole run. Raises CancelledError once `stop` is true."""
    from playground.run.trainer import Trainer
    from playground.studies.training import continued

    if beginning is None:
        trainer = Trainer(experiment, engine="lanes")
    else:
        trainer = Trainer.of(continued(beginning, experiment, Setup(experiment)), "lanes")
    last = trainer.state.epoch + epochs
    while trainer.status == "ready" and trainer.state.epoch < last:
        if stop():
            raise CancelledError
        trainer.advance(epochs=last - trainer.state.epoch, seconds=_PIECE)
    trainer.evaluate()
    return trainer.document()


def needs_observation(measure: Measure) -> bool:
    """Whether a measure needs more than the end of a run."""
    return measure in _OBSERVED


def _compares_losses(study: Study, places: Iterable[int]) -> bool:
    """Whether the losses of all combinations have the same meaning, judged by the combinations at `places`."""
    made = []
    for place in places:
        try:
            made.append(study.member(place * study.seeds).experiment)
        except InputError:
            continue
    first = msgspec.structs.replace(study.experiment, training=made[0].training) if made else study.experiment
    return all(losses_are_comparable(difference(first, one)) for one in made)
