"""Training members of a study: from places in the plan to rows of the table, anywhere, on any engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from playground.engine.engine import EngineName
from playground.files.errors import CancelledError, InputError
from playground.run.trainer import Trainer
from playground.studies.results import Row
from playground.studies.study import Member, Study

_PIECE = 0.02
"""Seconds of training between two looks at whether to stop."""


def _never() -> bool:
    return False


def train_members(study: Study, indices: Sequence[int], stop: Callable[[], bool] = _never) -> list[Row]:
    """Train some members of a study; a row for each, in the same order. Raises CancelledError once `stop` says so.

    What a row says follows from its experiment alone.
    """
    rows: dict[int, Row] = {}
    members = []
    for index in indices:
        try:
            members.append(study.member(index))
        except InputError as error:
            rows[index] = Row(index, "refused", reason=str(error))
    for member in members:
        rows[member.index] = _train_alone(member, study.engine, stop)
    return [rows[index] for index in indices]


def _train_alone(member: Member, engine: str, stop: Callable[[], bool]) -> Row:
    """Train one member by itself."""
    chosen: EngineName = "reference" if engine == "reference" else "compiled"
    try:
        trainer = Trainer(member.experiment, engine="auto" if chosen == "compiled" else chosen, history_rows=_FEW)
    except InputError as error:
        # Points that can't be drawn, such as those of a table that is gone.
        return Row(member.index, "refused", reason=str(error))
    started = time.time()
    while trainer.advance(seconds=_PIECE) == "ready":
        if stop():
            raise CancelledError
    ended = time.time()
    return row_of(member.index, trainer, started, ended)


_FEW = 16
"""Rows of a history that nobody looks at."""


def row_of(index: int, trainer: Trainer, started: float, ended: float) -> Row:
    """What came of a training that has ended by itself."""
    evaluation = trainer.evaluate()
    assert trainer.status != "ready"
    return Row(
        index,
        trainer.status,
        trainer.state.epoch,
        trainer.state.step,
        *evaluation,
        engine=trainer.engine,
        task=trainer.sample.task,
        started=started,
        ended=ended,
    )
