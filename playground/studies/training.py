"""Training members of a study: from experiments to rows of the table, anywhere, on any engine.

A cohort is a set of members in training at the same time: in lanes if the study asks for them and they can train the
member, else one after the other. One that ends makes room for the next. A member's result depends on its experiment
alone.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import islice

from playground.catalog.choice import Array
from playground.catalog.losses import CrossEntropy
from playground.engine.engine import EngineName
from playground.engine.engines import ChosenEngine, resolve_engine
from playground.engine.evaluation import Evaluation, relative_size, rms
from playground.engine.lanes.group import Group, advance, group_key
from playground.engine.setup import Setup
from playground.engine.state import State
from playground.experiment.tree import Experiment
from playground.files.errors import CancelledError, InputError
from playground.measure.metrics import GOALS
from playground.measure.snapshot import History
from playground.run.changes import change
from playground.run.record import Record
from playground.run.run import Checkpoint, Run
from playground.run.trainer import Trainer
from playground.studies.results import Observed, Row, RunStatus
from playground.studies.study import Member, Refused, Study, StudyEngine

LANES = 16
"""Members that are trained side by side, which fill the widest vectors."""
_WORTH_FILLING = LANES // 4
"""Free lanes for which newcomers join those who began together, and share shuffles, which saves a fifth of the time."""
_MOST_MEMBERS = 8 * LANES
"""Members that a group has, one after the other, since it keeps the points of all of them."""
_FIRST_PIECE, _PIECE = 0.001, 0.01
"""Seconds of training between two looks at who has ended; short at first, since most who diverge do so soon."""
_FEW = 16
"""Rows of a history that nobody looks at."""
_RECENT = 8
"""Setups that others may share with."""
_AT_THE_END = 2**62
"""Epochs between two evaluations, where only the last one counts."""


def never() -> bool:
    """Return False: the `stop` function of training that is never stopped."""
    return False


def train_members(study: Study, numbers: Sequence[int]) -> list[Row]:
    """Train the members of these numbers and yield a row for each as it ends."""
    waiting = iter(numbers)
    return list(train_dealt(study, lambda room: list(islice(waiting, room))))


def train_dealt(
    study: Study, deal: Callable[[int], list[int]], stop: Callable[[], bool] = never, cohort: Cohort | None = None
) -> Iterator[Row]:
    """Train the members that `deal` returns, and yield a row for each as it ends, until it returns none.

    `deal` takes the number of members wanted and returns at most that many; they train in a `cohort`, if one is given.
    Raises CancelledError once `stop` is true.
    """
    cohort = cohort or Cohort(study.engine)
    while True:
        heed(stop)
        room = cohort.room
        numbers = deal(room) if room else []
        for planned in study.members(numbers):
            # To prepare all of them takes longer than a piece of training.
            heed(stop)
            refused = planned if isinstance(planned, Refused) else cohort.admit(planned)
            if refused is not None:
                yield Row(refused.number, "refused", reason=refused.reason)
        if not cohort.members:
            if not numbers:
                return
            continue
        yield from cohort.train_until_some_end(stop)


def heed(stop: Callable[[], bool]) -> None:
    """Raise CancelledError if `stop` returns true."""
    if stop():
        raise CancelledError


class Cohort:
    """The members in training at the same time.

    All start from their initial weights, or go on from one moment of a run, their `beginning`, each with the batches of
    its own seed. Where they are `observed`, their rows say when they reached the goal of their task, and what their
    gradients were in the end.
    """

    def __init__(self, engine: StudyEngine, *, beginning: Checkpoint | None = None, observed: bool = False) -> None:
        self.members: list[InTraining] = []
        """Those in training, the first to come first."""
        self._engine, self._beginning, self._observed = engine, beginning, observed
        self._groups: dict[Hashable, Group] = {}
        """Where newcomers may go."""
        self._newcomers = 0
        self._engines: dict[Hashable, EngineName] = {}
        self._recent: list[Setup] = []
        self._piece = _FIRST_PIECE

    @property
    def room(self) -> int:
        """The number of members to add now."""
        if self._engine != "lanes":
            return 0 if self.members else 1
        free = LANES - len(self.members)
        together = len({one.started for one in self.members}) <= 1
        return free if not together or free >= _WORTH_FILLING else 0

    def admit(self, member: Member) -> Refused | None:
        """Add a member; return the reason if it can't be trained, else None."""
        try:
            self.add(member)
        except InputError as error:
            # The table that its points come from may be gone.
            return Refused(member.number, str(error))
        return None

    def add(self, member: Member) -> InTraining:
        """Prepare a member for training. Raises InputError if its points can't be drawn or read."""
        setup = self._setup(member)
        run = None
        if self._beginning is not None:
            run = continued(self._beginning, member.experiment, setup, self._rows)
        setup = setup if run is None else run.setup
        key = group_key(setup)
        one = self._alone(member, setup, key, run) or _InLane(member, setup, self._group(setup, key), run)
        one.is_observed = self._observed
        self.members.append(one)
        self._piece = _FIRST_PIECE
        return one

    @property
    def _rows(self) -> int | None:
        return None if self._observed else _FEW

    def _alone(self, member: Member, setup: Setup, key: Hashable, run: Run | None) -> _Alone | None:
        """A member with an engine of its own; None if lanes train it."""
        if self._engine == "lanes" and key not in self._engines:
            self._engines[key] = resolve_engine("lanes", setup)
        if self._engine == "lanes" and self._engines[key] == "lanes":
            return None
        engine: ChosenEngine = "reference" if self._engine == "reference" else "auto"
        trainer = Trainer.of(run, engine) if run else Trainer(setup.experiment, engine=engine, history_rows=self._rows)
        return _Alone(member, setup, trainer)

    def _group(self, setup: Setup, key: Hashable) -> Group:
        if self._newcomers == _MOST_MEMBERS:
            self._groups, self._newcomers = {}, 0
        self._newcomers += 1
        if key not in self._groups:
            every = 1 if self._observed or _may_overflow(setup) else _AT_THE_END
            self._groups[key] = Group(setup, evaluate_every=every, histories=self._observed)
        return self._groups[key]

    def _setup(self, member: Member) -> Setup:
        """Return the setup of a member, which shares equal parts with a recent one. Raises InputError."""
        experiment = member.experiment
        recent = next((one for one in self._recent if one.experiment.data == experiment.data), None)
        setup = Setup(experiment, recent)
        if recent is None or setup.network is not recent.network:
            self._recent = [setup, *self._recent[: _RECENT - 1]]
        return setup

    def train_until_some_end(self, stop: Callable[[], bool]) -> list[Row]:
        """Train the oldest member, and all in lanes with it, until some end; remove these and return their rows.

        Raises CancelledError once `stop` returns true.
        """
        first, group, now = self.members[0], self.members[0].group, time.time()
        beside = [one for one in self.members if group is not None and one.group is group] or [first]
        for one in beside:
            one.started = one.started or now
        if group is not None and any(not one.is_running and one.evaluation().train_loss is None for one in beside):
            # Without epochs there is only the start to measure.
            group.measure()
        while not (ended := [one for one in beside if not one.is_running]):
            heed(stop)
            if isinstance(first, _Alone):
                first.advance(math.inf, stop)
            elif group is not None:
                advance([group], seconds=self._piece, until=stop, return_when_done=True)
                self._piece = min(2 * self._piece, _PIECE)
        rows = [one.row() for one in ended]
        for one in ended:
            self.remove(one)
        if group is not None and group.is_running and self.room:
            # Newcomers can only join between two epochs.
            advance([group], epochs=1, until=stop)
        return rows

    def advance(self, epochs: int, stop: Callable[[], bool] = never) -> None:
        """Train all members for `epochs` epochs and evaluate them. Raises CancelledError once `stop` is true."""
        groups = {id(one.group): one.group for one in self.members if one.group is not None}
        advance(list(groups.values()), epochs=epochs, until=stop)
        for one in self.members:
            if isinstance(one, _Alone):
                one.advance(one.place[0] + epochs, stop)
        heed(stop)
        for group in groups.values():
            group.measure()

    def remove(self, one: InTraining) -> None:
        """Remove a member; its lane becomes free for others."""
        one.leave()
        self.members.remove(one)


def _may_overflow(setup: Setup) -> bool:
    """Whether the loss of an epoch may be infinite, which ends training, although all its updates are finite."""
    loss = setup.network.loss
    return loss.output_activation == "linear" and not isinstance(loss, CrossEntropy)


def continued(moment: Checkpoint, experiment: Experiment, setup: Setup, rows: int | None = None) -> Run:
    """Return a run that goes on from a moment with an experiment, and with the batches of its seed.

    `setup` is one of the same data, with which it shares what it can.
    """
    moment = moment.way_back or moment
    then = Setup(moment.experiment, setup)
    run = Run(then, moment.state.copy(), Record.new(then.network, {}, "reference", rows))
    change(run, experiment)
    if experiment.seed != moment.experiment.seed:
        run.state.seed = experiment.seed
    return run


class InTraining(ABC):
    """A member in training."""

    engine: EngineName
    is_observed = False
    group: Group | None = None
    """The group in which it has a lane."""
    started = 0.0

    def __init__(self, member: Member, setup: Setup) -> None:
        self.member, self.setup = member, setup

    @property
    @abstractmethod
    def status(self) -> str:
        """The status of its lane or trainer."""

    @property
    @abstractmethod
    def is_running(self) -> bool: ...
    @property
    @abstractmethod
    def place(self) -> tuple[int, int]:
        """The numbers of completed epochs and of updates."""

    @abstractmethod
    def evaluation(self) -> Evaluation:
        """Return the losses and accuracies of the present state."""

    @abstractmethod
    def state(self) -> State:
        """Return the state of training."""

    @abstractmethod
    def history(self) -> Array:
        """Return a row for every epoch seen so far, whose first columns are those of `History`."""

    @abstractmethod
    def leave(self) -> None:
        """Free the lane for another member."""

    def _observe(self) -> Observed:
        network, state, rows = self.setup.network, self.state(), self.history()
        goal = GOALS[self.setup.sample.task]
        score = History._fields.index("validation_accuracy" if self.setup.validation_points else "train_accuracy")
        reached = rows[rows[:, score] >= goal, History._fields.index("epoch")]
        first, last = (rms(state.gradient[layer.weights]) for layer in (network.layers[0], network.layers[-1]))
        return Observed(int(reached[0]) if len(reached) else None, relative_size(first, last))

    def row(self) -> Row:
        """Return the result so far as a row of the table."""
        status: RunStatus = self.status  # type: ignore[assignment]
        return Row(
            self.member.number,
            status,
            *self.place,
            *self.evaluation(),
            engine=self.engine,
            task=self.setup.sample.task,
            started=self.started,
            ended=time.time(),
            observed=self._observe() if self.is_observed else None,
        )


class _InLane(InTraining):
    engine: EngineName = "lanes"
    group: Group

    def __init__(self, member: Member, setup: Setup, group: Group, run: Run | None = None) -> None:
        super().__init__(member, setup)
        self.group, self._lane = group, group.add(setup, None if run is None else run.state)

    @property
    def status(self) -> str:
        return self.group.status(self._lane)

    @property
    def is_running(self) -> bool:
        return self.status == "running"

    @property
    def place(self) -> tuple[int, int]:
        return self.group.epoch(self._lane), self.group.step(self._lane)

    def evaluation(self) -> Evaluation:
        return self.group.evaluation(self._lane)

    def state(self) -> State:
        return self.group.take(self._lane)

    def history(self) -> Array:
        return self.group.history(self._lane)

    def leave(self) -> None:
        self.group.release(self._lane)


class _Alone(InTraining):
    """A member with an engine of its own."""

    def __init__(self, member: Member, setup: Setup, trainer: Trainer) -> None:
        super().__init__(member, setup)
        self._trainer = trainer
        self.engine = self._trainer.engine

    @property
    def status(self) -> str:
        return self._trainer.status

    @property
    def is_running(self) -> bool:
        return self.status == "ready"

    @property
    def place(self) -> tuple[int, int]:
        return self._trainer.state.epoch, self._trainer.state.step

    def advance(self, last: float, stop: Callable[[], bool]) -> None:
        """Train up to the epoch `last`, to the end of training, or until `stop` returns true."""
        trainer = self._trainer
        while self.is_running and (left := last - trainer.state.epoch) > 0 and not stop():
            trainer.advance(epochs=None if left == math.inf else int(left), seconds=_PIECE)

    def evaluation(self) -> Evaluation:
        return self._trainer.evaluate()

    def state(self) -> State:
        return self._trainer.state

    def history(self) -> Array:
        return self._trainer.history.view()

    def leave(self) -> None:
        pass
