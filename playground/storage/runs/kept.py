"""What the store keeps: runs as documents, groups of trainings as tables, and a note beside each.

What a document or a group says about its run is read from the file alone, without drawing points or building networks,
so that an index of thousands can be made again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias, get_args

import msgspec
import numpy as np
from msgspec import Meta

from playground.catalog.choice import Task
from playground.engine.evaluation import Evaluation
from playground.experiment.flattening import Setting, fingerprint, flatten
from playground.experiment.reading import convert_plain
from playground.experiment.text import parse_json
from playground.experiment.tree import Experiment
from playground.files.errors import InputError, MissingError, UnreadableError, one_line
from playground.measure.snapshot import Status
from playground.run.run import PRESENT
from playground.storage.document import read_payload

DOCUMENT, GROUP, NOTE, PICTURE = ".playground", ".group", ".note", ".png"
"""The suffixes of the files of a kept run; a group has a table in place of a document."""
MOST_LISTED = 5000
"""The most trainings of one group that are listed."""
_COLUMNS = ("x1", "x2", "target", "train", "test")
_LONGEST_LIST = 100

_Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
RunKind: TypeAlias = Literal["run", "group", "member"]
"""A run with its document; a sweep or search as a whole; one training of it, of which only the outcome is known."""
Measure: TypeAlias = Literal["train_loss", "validation_loss", "train_accuracy", "validation_accuracy"]
MEASURES: tuple[Measure, ...] = get_args(Measure)


class Note(msgspec.Struct, frozen=True):
    """What is known of a kept run besides its document."""

    title: str = ""
    """What the run was called when it was kept."""
    name: str = ""
    """The name that a person gave it."""
    text: str = ""
    """A person's note on it."""
    star: bool = False
    time: float = 0.0
    """When it was kept first, in seconds since 1970."""
    origin: str = ""
    """Where it comes from: the window, `train`, `sweep`, `search`."""


class Outcome(NamedTuple):
    """What a run came to."""

    status: str = "ready"
    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    engine: str = ""
    task: Task = "classification"
    changes: int = 0
    """How many changes were made while it trained."""
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
    outcome: Outcome
    members: int = 0
    """How many trainings a group has."""
    bytes: int = 0
    """The size of all its files."""
    fault: str = ""
    """Why its document can't be read; empty if it can."""

    @property
    def title(self) -> str:
        """The name that a person gave it, or what it was called."""
        return self.note.name or self.note.title or "Untitled"

    @property
    def short_id(self) -> str:
        """The part of its id that people type."""
        return self.id.partition("-")[2].partition("-")[2] or self.id


class Summary(NamedTuple):
    """What the file of a run says of it."""

    experiment: Experiment
    """Without own points; those of a table stay in its file."""
    settings: list[Setting]
    outcome: Outcome


# Documents ------------------------------------------------------------------------------------------------------


class _Packed(msgspec.Struct):
    kind: Literal["float32", "float64", "int64", "bool"]
    shape: tuple[int, ...]
    data: memoryview


class _Points(msgspec.Struct):
    settings: str
    columns: dict[str, _Packed]


class _State(msgspec.Struct):
    step: _Count
    epoch: _Count


class _Moment(msgspec.Struct):
    experiment: str
    points: _Count | None
    state: _State


class _Run(msgspec.Struct):
    """The part of a document's record that lists show; all else is skipped."""

    points: tuple[_Points, ...]
    checkpoints: dict[str, _Moment]
    status: Status
    evaluation: Evaluation
    seconds: float
    changes: tuple[msgspec.Raw, ...]
    engine_changes: tuple[tuple[int, str], ...]


def summarize(content: bytes, place: str) -> Summary:
    """Read what a document says of its run. Raises InputError that names `place`."""
    run = _decode(content, place)
    moment = run.checkpoints[PRESENT]
    raw = parse_json(moment.experiment, place)
    own = _own_points(run, moment, place)
    if not isinstance(raw, dict):
        raise UnreadableError(place, "it is not an experiment")
    if own is not None and isinstance(raw.get("data"), dict) and raw["data"].get("kind") == "points":
        raw = {**raw, "data": own[0]}
    experiment = _experiment(raw, place)
    settings = flatten(experiment)
    task: Task = experiment.data.tasks[0]
    if own is not None:
        task = "regression" if own[0].get("task") == "regression" else "classification"
        if experiment.data.kind == "points":
            settings = [one._replace(value=own[1].get(one.path, one.value)) for one in settings]
    losses = {name: finite_or_none(getattr(run.evaluation, name)) for name in MEASURES}
    engine = run.engine_changes[-1][1] if run.engine_changes else ""
    state = moment.state
    seconds = finite_or_none(run.seconds) or 0.0
    outcome = Outcome(run.status, state.epoch, state.step, seconds, engine, task, len(run.changes), **losses)
    return Summary(experiment, settings, outcome)


def _decode(content: bytes, place: str) -> _Run:
    try:
        run = msgspec.msgpack.decode(read_payload(content, place), type=_Run)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise UnreadableError(place, f"it is not what a document has there ({one_line(str(error), 200)})") from error
    if PRESENT not in run.checkpoints:
        raise MissingError(f"{place}: checkpoints: {PRESENT}", "every document has it")
    return run


def _own_points(run: _Run, moment: _Moment, place: str) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The settings of a moment's own points, and what stands for their columns in lists; None if it has none."""
    if moment.points is None:
        return None
    if moment.points >= len(run.points):
        raise InputError(f"{place}: points", moment.points, f"below {len(run.points)}")
    points = run.points[moment.points]
    settings = parse_json(points.settings, place)
    if not isinstance(settings, dict):
        raise UnreadableError(f"{place}: points", "they are not own points")
    columns = {f"data.{name}": _column(packed) for name, packed in points.columns.items() if name in _COLUMNS}
    return settings, columns


def _column(packed: _Packed) -> Any:
    """A column of points as lists show it, equal to what `flatten` makes of the same points."""
    stored = np.dtype(packed.kind).newbyteorder("<")
    values = np.frombuffer(packed.data[: len(packed.data) // stored.itemsize * stored.itemsize], stored)
    if len(values) > _LONGEST_LIST:
        return fingerprint(values.astype(np.float64).tobytes(), len(values))
    return values.tolist()


def _experiment(raw: Any, place: str) -> Experiment:
    try:
        experiment: Experiment = convert_plain(raw, Experiment)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise UnreadableError(place, f"it is not an experiment ({one_line(str(error), 200)})") from error
    return experiment


def finite_or_none(value: float | None) -> float | None:
    """The value, or None for NaN and infinity."""
    return value if value is not None and math.isfinite(value) else None


# Groups ---------------------------------------------------------------------------------------------------------


class Training(msgspec.Struct, frozen=True):
    """One training of a group: what it varied and what it came to."""

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


class Group(msgspec.Struct, frozen=True):
    """The trainings of a sweep or a search, as one thing that is kept."""

    experiment: dict[str, Any]
    """The experiment whose values are varied, as in its file."""
    trainings: tuple[Training, ...]
    task: Task = "classification"
    total: int = 0
    """How many trainings there were; some may not be listed."""
    version: Literal[1] = 1

    @staticmethod
    def of(experiment: Experiment, trainings: tuple[Training, ...], task: Task, total: int) -> Group:
        """A group of an experiment with some of its values varied."""
        return Group(msgspec.to_builtins(experiment), trainings, task, total)

    def members(self) -> Iterator[tuple[int, Experiment, Training]]:
        """Yield the place and the experiment of every training but those whose values were refused."""
        base = _experiment(self.experiment, "group: experiment")
        for number, training in enumerate(self.trainings):
            if training.status != "refused":
                yield number, member_experiment(base, training.values, training.seed), training

    def outcome_of(self, training: Training) -> Outcome:
        """What a training came to, as lists show it."""
        losses: Mapping[str, Any] = {name: finite_or_none(getattr(training, name)) for name in MEASURES}
        return Outcome(training.status, training.epoch, engine=training.engine, task=self.task, **losses)

    @property
    def best(self) -> Training | None:
        """The training with the lowest validation loss, for want of that with the lowest training loss."""
        measure = "validation_loss"
        if all(one.validation_loss is None for one in self.trainings):
            measure = "train_loss"
        known = [one for one in self.trainings if getattr(one, measure) is not None and one.status != "diverged"]
        return min(known, key=lambda one: float(getattr(one, measure)), default=None)


def member_experiment(base: Experiment, values: Mapping[str, Any], seed: int) -> Experiment:
    """The experiment of a training of a group. Raises InputError."""
    return base.with_({**values, "seed": seed})


def group_bytes(group: Group) -> bytes:
    """The content of a group's file."""
    return msgspec.json.encode(group)


def read_group(content: bytes, place: str) -> Group:
    """Read the file of a group. Raises InputError that names `place`."""
    try:
        return msgspec.json.decode(content, type=Group)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise UnreadableError(place, f"it is no group of trainings ({one_line(str(error), 200)})") from error


def summarize_group(group: Group, place: str) -> Summary:
    """What a group says of itself: its experiment, and the outcome of its best training."""
    experiment = _experiment(group.experiment, place)
    best = group.best
    outcome = Outcome("completed", task=group.task) if best is None else group.outcome_of(best)
    return Summary(experiment, flatten(experiment), outcome)
