"""Training members of a study: from experiments to rows of the table, anywhere, on any engine.

A cohort is some members that are trained side by side. What comes of a member follows from its experiment alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from playground.engine.evaluation import Evaluation
from playground.files.errors import CancelledError, InputError
from playground.run.trainer import Trainer
from playground.studies.results import Row
from playground.studies.study import Member, Refused, Study, StudyEngine

_PIECE = 0.02
"""Seconds of training between two looks at whether to stop."""
_FEW = 16
"""Rows of a history that nobody looks at."""


def never() -> bool:
    """Let nothing stop."""
    return False


def train_members(study: Study, numbers: Sequence[int], stop: Callable[[], bool] = never) -> list[Row]:
    """Train some members of a study; a row for each, in the same order. Raises CancelledError once `stop` says so."""
    planned = list(study.members(numbers))
    rows = {one.number: Row(one.number, "refused", reason=one.reason) for one in planned if isinstance(one, Refused)}
    members = [one for one in planned if isinstance(one, Member)]
    cohort = Cohort(members, study.engine)
    cohort.advance(stop=stop)
    rows.update((row.number, row) for row in cohort.rows())
    return [rows[number] for number in numbers]


class Cohort:
    """Some members that are trained side by side."""

    def __init__(self, members: Sequence[Member], engine: StudyEngine) -> None:
        self.members = list(members)
        self._trainers: list[Trainer | InputError] = [_trainer(member, engine) for member in members]
        self._spans = [[0.0, 0.0] for _ in members]

    def advance(self, epochs: int | None = None, stop: Callable[[], bool] = never) -> None:
        """Train all members up to an epoch, or to their ends. Raises CancelledError once `stop` says so."""
        for place, trainer in enumerate(self._trainers):
            if isinstance(trainer, Trainer):
                self._spans[place][0] = self._spans[place][0] or time.time()
                _advance(trainer, epochs, stop)
                self._spans[place][1] = time.time()

    def evaluation(self, place: int) -> Evaluation | None:
        """Losses and accuracies of a member now; None if it can't be trained or has diverged."""
        trainer = self._trainers[place]
        return trainer.evaluate() if isinstance(trainer, Trainer) and trainer.status != "diverged" else None

    def drop(self, place: int) -> None:
        """Train a member no further."""
        number = self.members[place].number
        self._trainers[place] = InputError("member", number, "one that is still trained")

    def rows(self) -> list[Row]:
        """What came of the members, which have all ended by themselves."""
        return [self._row(place) for place in range(len(self.members))]

    def _row(self, place: int) -> Row:
        trainer, number = self._trainers[place], self.members[place].number
        if isinstance(trainer, InputError):
            return Row(number, "refused", reason=str(trainer))
        status = trainer.status
        assert status != "ready"
        return Row(
            number,
            status,
            trainer.state.epoch,
            trainer.state.step,
            *trainer.evaluate(),
            engine=trainer.engine,
            task=trainer.sample.task,
            started=self._spans[place][0],
            ended=self._spans[place][1],
        )


def _trainer(member: Member, engine: StudyEngine) -> Trainer | InputError:
    """The trainer of a member, or why it can't be trained: the table that its points come from may be gone."""
    try:
        return Trainer(member.experiment, engine="reference" if engine == "reference" else "auto", history_rows=_FEW)
    except InputError as error:
        return error


def _advance(trainer: Trainer, epochs: int | None, stop: Callable[[], bool]) -> None:
    while True:
        left = None if epochs is None else epochs - trainer.state.epoch
        if trainer.advance(epochs=left, seconds=_PIECE) != "ready" or (
            epochs is not None and trainer.state.epoch >= epochs
        ):
            return
        if stop():
            raise CancelledError
