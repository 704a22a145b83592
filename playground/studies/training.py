"""Training members of a study: from experiments to rows of the table, anywhere, on any engine.

A cohort is some members that are trained side by side: in lanes where that is asked for and they can be, else one after
the other. What comes of a member follows from its experiment alone.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Protocol

from playground.catalog.losses import CrossEntropy
from playground.engine.engine import EngineName
from playground.engine.engines import ChosenEngine, resolve_engine
from playground.engine.evaluation import Evaluation
from playground.engine.lanes.group import Group, advance, group_key
from playground.engine.setup import Setup
from playground.files.errors import CancelledError, InputError
from playground.run.trainer import Trainer
from playground.studies.results import Row, RunStatus
from playground.studies.study import Member, Refused, Study, StudyEngine

_PIECE = 0.02
"""Seconds of training between two looks at whether to stop."""
_FEW = 16
"""Rows of a history that nobody looks at."""
_RECENT = 8
"""Setups that others may share with."""
_AT_THE_END = 2**62
"""Epochs between two evaluations, where only the last one counts."""


def never() -> bool:
    """Let nothing stop."""
    return False


def train_members(study: Study, numbers: Sequence[int], stop: Callable[[], bool] = never) -> list[Row]:
    """Train some members of a study; a row for each, in the same order. Raises CancelledError once `stop` says so."""
    planned = list(study.members(numbers))
    rows = {one.number: Row(one.number, "refused", reason=one.reason) for one in planned if isinstance(one, Refused)}
    cohort = Cohort([one for one in planned if isinstance(one, Member)], study.engine)
    cohort.advance(stop=stop)
    rows.update((row.number, row) for row in cohort.rows())
    return [rows[number] for number in numbers]


class _InTraining(Protocol):
    """One member while it trains."""

    setup: Setup
    engine: EngineName

    @property
    def status(self) -> str: ...
    @property
    def place(self) -> tuple[int, int]:
        """Completed epochs and updates."""

    def evaluation(self) -> Evaluation:
        """Losses and accuracies now."""

    def drop(self) -> None:
        """Train it no further."""


class Cohort:
    """Some members that are trained side by side."""

    def __init__(self, members: Sequence[Member], engine: StudyEngine) -> None:
        self.members = list(members)
        self._groups: dict[Hashable, Group] = {}
        self._engines: dict[Hashable, EngineName] = {}
        self._recent: list[Setup] = []
        self._epoch = 0
        self._started = self._ended = 0.0
        self._trained = [self._begin(member, engine) for member in members]

    def _begin(self, member: Member, engine: StudyEngine) -> _InTraining | InputError:
        """Get a member ready; or why it can't be trained: the table that its points come from may be gone."""
        try:
            setup = self._setup(member)
        except InputError as error:
            return error
        if engine != "lanes":
            return _Alone(setup, "reference" if engine == "reference" else "auto")
        key = group_key(setup)
        if key not in self._engines:
            self._engines[key] = resolve_engine("lanes", setup)
        if self._engines[key] != "lanes":
            return _Alone(setup, "auto")
        if key not in self._groups:
            every = 1 if _may_overflow(setup) else _AT_THE_END
            self._groups[key] = Group(setup, evaluate_every=every, histories=False)
        return _InLane(setup, self._groups[key])

    def _setup(self, member: Member) -> Setup:
        """The setup of a member, which shares with a recent one what they have in common. Raises InputError."""
        experiment = member.experiment
        recent = next((one for one in self._recent if one.experiment.data == experiment.data), None)
        setup = Setup(experiment, recent)
        if recent is None or setup.network is not recent.network:
            self._recent = [setup, *self._recent[: _RECENT - 1]]
        return setup

    def advance(self, epochs: int | None = None, stop: Callable[[], bool] = never) -> None:
        """Train all members up to an epoch, or to their ends. Raises CancelledError once `stop` says so."""
        self._started = self._started or time.time()
        left = None if epochs is None else epochs - self._epoch
        advance(list(self._groups.values()), epochs=left, until=stop)
        for one in self._trained:
            if isinstance(one, _Alone) and not stop():
                one.advance(epochs, stop)
        if epochs is not None or not all(member.experiment.training.epochs for member in self.members):
            for group in self._groups.values():
                group.measure()
        self._ended, self._epoch = time.time(), epochs or 0
        if stop():
            raise CancelledError

    def evaluation(self, place: int) -> Evaluation | None:
        """Losses and accuracies of a member now; None if it can't be trained or has diverged."""
        one = self._trained[place]
        return None if isinstance(one, InputError) or one.status == "diverged" else one.evaluation()

    def drop(self, places: Iterable[int]) -> None:
        """Train some members no further."""
        for place in places:
            one = self._trained[place]
            if not isinstance(one, InputError):
                one.drop()
            self._trained[place] = InputError("member", self.members[place].number, "one that is still trained")

    def rows(self) -> list[Row]:
        """What came of the members, which have all ended by themselves."""
        return [self._row(member, one) for member, one in zip(self.members, self._trained, strict=True)]

    def _row(self, member: Member, one: _InTraining | InputError) -> Row:
        if isinstance(one, InputError):
            return Row(member.number, "refused", reason=str(one))
        status: RunStatus = one.status  # type: ignore[assignment]
        return Row(
            member.number,
            status,
            *one.place,
            *one.evaluation(),
            engine=one.engine,
            task=one.setup.sample.task,
            started=self._started,
            ended=self._ended,
        )


def _may_overflow(setup: Setup) -> bool:
    """Whether a loss may be infinite at the end of an epoch, which ends training, though all its updates are finite."""
    loss = setup.network.loss
    return loss.output_activation == "linear" and not isinstance(loss, CrossEntropy)


class _InLane:
    """A member in a lane of a group."""

    engine: EngineName = "lanes"

    def __init__(self, setup: Setup, group: Group) -> None:
        self.setup, self._group = setup, group
        self._lane = group.add(setup)

    @property
    def status(self) -> str:
        return self._group.status(self._lane)

    @property
    def place(self) -> tuple[int, int]:
        return self._group.epoch(self._lane), self._group.step(self._lane)

    def evaluation(self) -> Evaluation:
        return self._group.evaluation(self._lane)

    def drop(self) -> None:
        self._group.release(self._lane)


class _Alone:
    """A member with an engine of its own."""

    def __init__(self, setup: Setup, engine: ChosenEngine) -> None:
        self.setup = setup
        self._trainer = Trainer(setup.experiment, engine=engine, history_rows=_FEW)
        self.engine = self._trainer.engine

    @property
    def status(self) -> str:
        return self._trainer.status

    @property
    def place(self) -> tuple[int, int]:
        return self._trainer.state.epoch, self._trainer.state.step

    def advance(self, epochs: int | None, stop: Callable[[], bool]) -> None:
        """Train up to an epoch, or to the end, until `stop` says so."""
        trainer, last = self._trainer, math.inf if epochs is None else epochs
        while trainer.status == "ready" and trainer.state.epoch < last and not stop():
            trainer.advance(epochs=None if epochs is None else epochs - trainer.state.epoch, seconds=_PIECE)

    def evaluation(self) -> Evaluation:
        return self._trainer.evaluate()

    def drop(self) -> None:
        pass
