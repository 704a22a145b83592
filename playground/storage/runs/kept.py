"""The files of the store: runs as documents, groups of trainings as tables, and a note beside each.

Summaries are read from a file alone, without drawing points or building networks, so that an index of thousands of runs
can be rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from playground.catalog.choice import Task
from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.flattening import Setting, flatten
from playground.experiment.reading import convert_plain
from playground.experiment.text import parse_json
from playground.experiment.tree import Experiment
from playground.files.errors import UnreadableError, one_line
from playground.measure.metrics import METRICS, finite_or_none
from playground.run.run import PRESENT
from playground.storage.document import SUFFIX, read_record
from playground.storage.reading import read_points

DOCUMENT, GROUP, NOTE, PICTURE = SUFFIXES = SUFFIX, ".group", ".note", ".png"
"""The suffixes of the files of a kept run; a group has a table in place of a document."""
_MOST_LISTED = 5000
"""The most trainings of one group that are listed."""

RunKind: TypeAlias = Literal["run", "group", "member"]
"""A run with its document; a sweep or search as a whole; one training of it, of which only the outcome is known."""


class Note(msgspec.Struct, frozen=True):
    """Facts about a kept run that its document lacks."""

    title: str = ""
    """The title that the run was kept under."""
    name: str = ""
    """The name that a person gave it."""
    text: str = ""
    """A person's note on it."""
    star: bool = False
    time: float = 0.0
    """The time at which it was first kept, in seconds since 1970."""
    origin: str = ""
    """The part of the program that kept it: the window, `train`, `sweep` or `search`."""


class RunOutcome(NamedTuple):
    """The result of a run, as lists show it."""

    status: str = "ready"
    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    engine: str = ""
    task: Task = "classification"
    changes: int = 0
    """The number of changes made while it trained."""
    train_loss: float | None = None
    validation_loss: float | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    """R² for regression."""


class KeptRun(NamedTuple):
    """A kept run, as lists show it."""

    id: str
    kind: RunKind
    parent: str
    """The group that it belongs to; empty for all that stand alone."""
    note: Note
    outcome: RunOutcome
    members: int = 0
    """The number of trainings in a group."""
    bytes: int = 0
    """The size of all its files."""
    fault: str = ""
    """Why its document can't be read; empty if it can."""

    @property
    def title(self) -> str:
        """The name that a person gave it, or else the title that it was kept under."""
        return self.note.name or self.note.title or "Untitled"

    @property
    def short_id(self) -> str:
        """The part of its id that people type."""
        return self.id.partition("-")[2].partition("-")[2] or self.id


class Summary(NamedTuple):
    """The contents of a run's file, as far as lists show them."""

    experiment: Experiment
    """The experiment, unchecked; the points of a table stay in its file."""
    settings: list[Setting]
    outcome: RunOutcome


# Documents ------------------------------------------------------------------------------------------------------


def summarize(content: bytes, place: str) -> Summary:
    """Summarize the content of a document. Raises InputError that names `place`."""
    record = read_record(content, place)
    moment = record.checkpoints[PRESENT]
    experiment = _experiment(parse_json(moment.experiment, place), place)
    task: Task = experiment.data.tasks[0]
    if moment.points is not None:
        points = read_points(record, moment.points, place)
        task = points.task
        if isinstance(experiment.data, UserPoints):
            experiment = msgspec.structs.replace(experiment, data=points)
    losses = {name: finite_or_none(getattr(record.evaluation, name)) for name in METRICS}
    engine, state = record.engine_changes[-1][1], moment.state
    seconds = finite_or_none(record.seconds) or 0.0
    outcome = RunOutcome(record.status, state.epoch, state.step, seconds, engine, task, len(record.changes), **losses)
    return Summary(experiment, flatten(experiment), outcome)


def _experiment(raw: Any, place: str) -> Experiment:
    try:
        experiment: Experiment = convert_plain(raw, Experiment)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise UnreadableError(place, f"it is not an experiment ({one_line(str(error), 200)})") from error
    return experiment


# Groups ---------------------------------------------------------------------------------------------------------


class GroupMember(msgspec.Struct, frozen=True):
    """One training of a group: the values that it varied, and its result."""

    values: dict[str, Any]
    """The varied values by path, as in files."""
    seed: int
    status: str
    epoch: int = 0
    train_loss: float | None = None
    validation_loss: float | None = None
    train_accuracy: float | None = None
    validation_accuracy: float | None = None
    engine: str = ""


class KeptGroup(msgspec.Struct, frozen=True):
    """The trainings of a sweep or a search, kept as one."""

    experiment: dict[str, Any]
    """The experiment whose values are varied, as in its file."""
    trainings: tuple[GroupMember, ...]
    task: Task = "classification"
    total: int = 0
    """The number of trainings, including those that are not listed."""
    version: Literal[1] = 1

    @staticmethod
    def of(experiment: Experiment, trainings: Iterable[GroupMember], task: Task, total: int) -> KeptGroup:
        """A group of an experiment with some of its values varied; lists the first of very many trainings."""
        return KeptGroup(msgspec.to_builtins(experiment), tuple(islice(trainings, _MOST_LISTED)), task, total)

    def members(self) -> Iterator[tuple[int, Experiment, GroupMember]]:
        """Yield the place and the experiment of every training but those whose values were refused."""
        base = _experiment(self.experiment, "group: experiment")
        for number, training in enumerate(self.trainings):
            if training.status != "refused":
                yield number, member_experiment(base, training.values, training.seed), training

    def outcome_of(self, training: GroupMember) -> RunOutcome:
        """The result of a training, as lists show it."""
        losses: Mapping[str, Any] = {name: finite_or_none(getattr(training, name)) for name in METRICS}
        return RunOutcome(training.status, training.epoch, engine=training.engine, task=self.task, **losses)

    @property
    def best(self) -> GroupMember | None:
        """The training with the lowest validation loss or, where none has one, the lowest training loss."""
        measure = "validation_loss"
        if all(one.validation_loss is None for one in self.trainings):
            measure = "train_loss"
        known = [one for one in self.trainings if getattr(one, measure) is not None and one.status != "diverged"]
        return min(known, key=lambda one: float(getattr(one, measure)), default=None)


def member_experiment(base: Experiment, values: Mapping[str, Any], seed: int) -> Experiment:
    """The experiment of a training of a group. Raises InputError."""
    return base.with_({**values, "seed": seed})


def group_bytes(group: KeptGroup) -> bytes:
    """The content of a group's file."""
    return msgspec.json.encode(group)


def read_group(content: bytes, place: str) -> KeptGroup:
    """Read the file of a group. Raises InputError that names `place`."""
    try:
        return msgspec.json.decode(content, type=KeptGroup)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise UnreadableError(place, f"it is not a group of training runs ({one_line(str(error), 200)})") from error


def summarize_group(group: KeptGroup, place: str) -> Summary:
    """Summarize a group: its experiment, and the outcome of its best training. Raises InputError."""
    experiment = _experiment(group.experiment, place)
    best = group.best
    outcome = RunOutcome("completed", task=group.task) if best is None else group.outcome_of(best)
    return Summary(experiment, flatten(experiment), outcome)
