"""Document files (`.playground`): whole runs, which continue as if they had never stopped.

A file has a line of text that names the format, a checksum of all that follows, and a MessagePack record of numbers,
texts and arrays under the names of a document's fields. Reading executes nothing and decompresses nothing, and no array
is larger than the file. Records are decoded into declared types (a decoding hook would first build whatever a malicious
file asks for), and shapes are checked against the experiment. Points are stored once, however many moments share them;
those of a table are stored, too, in case its file is lost.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from playground.catalog.choice import Array, Task
from playground.catalog.datasets.base import TRAIN, Dataset, Sample, draw_sample
from playground.catalog.datasets.own_points import UserPoints, to_own_points
from playground.catalog.datasets.table import Table
from playground.catalog.schedules import PlateauMemory
from playground.engine.engine import EngineName
from playground.engine.evaluation import Evaluation
from playground.engine.network import Network, network_of
from playground.engine.state import State, StoppingMemory
from playground.experiment.declarations import field_of
from playground.experiment.difference import Difference, losses_are_comparable
from playground.experiment.reading import expand
from playground.experiment.rules import MAX_LAYERS, convert, read_value, refuse_unwritable
from playground.experiment.text import experiment_text, parse_json, with_table_path
from playground.experiment.tree import Experiment
from playground.files import progress
from playground.files.atomic import readable_size, remove_strays, write_atomically
from playground.files.cells import MAX_TABLE_ROWS
from playground.files.errors import InputError, MissingError, Spoken, UnreadableError
from playground.measure.changes import Break, Change
from playground.measure.snapshot import History, Status
from playground.run.past import ARRAYS, PAST_BYTES, KeptState, Past, Stretch, array_places
from playground.run.run import HEALTHY, PRESENT, Checkpoint, Document, HealthRecord, Lockstep, RaceDocument
from playground.run.timeline import Timeline

SUFFIX = ".playground"
DOCUMENT_VERSION = 6
"""The version of the format. Version 2 added the differences behind the label of a change, version 3 the steps at which
the meaning of losses changes and the best epoch, version 4 a race beside the run, version 5 the checkpoints of
its past, version 6 the beginning of drags. Documents are written as the first version that has all they need."""
PAST_BYTES_IN_DOCUMENT = 8 * 2**20
"""The most bytes of a run's past that a document carries."""
MAGIC = b"neural network playground document, version "
_LONGEST_LINE = len(MAGIC) + 20
_MAX_BYTES = 2**30
_MAX_CHECKPOINTS = 1000
_MAX_POINTS = 10_000_000
"""The most points in all data sets of a document together."""
_MAX_PARAMETERS_NAMED = 6 * (MAX_LAYERS + 1)

_Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
_Words: TypeAlias = Annotated[str, Meta(max_length=10_000)]
_KINDS: dict[str, np.dtype[Any]] = {name: np.dtype(name).newbyteorder("<") for name in ("float32", "float64", "int64")}
_KINDS["bool"] = np.dtype(bool)
_COUNTS = ("step", "epoch", "position", "carried_points", "optimizer_steps", "seed")
"""The whole numbers of a checkpoint, in the order of `KeptState`."""
_Column: TypeAlias = Literal["x1", "x2", "target", "train", "test"]
_COLUMNS: dict[_Column, str] = {"x1": "float64", "x2": "float64", "target": "float64", "train": "bool", "test": "bool"}
"""The fields of `UserPoints` that have an entry per point, and the type of their entries."""


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the records of a file, which have exactly the declared fields."""


class _PackedArray(_Record, frozen=True):
    """An array as bytes: entries in row-major order, least significant byte first."""

    kind: Literal["float32", "float64", "int64", "bool"]
    shape: Annotated[tuple[_Count, ...], Meta(max_length=2)]
    data: memoryview


class _StoppingRecord(_Record, frozen=True):
    """The stored form of `StoppingMemory`."""

    best: float
    bad_epochs: _Count
    parameters: _PackedArray | None
    stopped: bool
    best_epoch: _Count | None = None
    """The epoch of the best result; stored since version 3."""


class _StateRecord(_Record, frozen=True):
    """The stored form of `State`."""

    parameters: _PackedArray
    gradient: _PackedArray
    update: _PackedArray
    slots: _PackedArray
    optimizer_steps: _Count
    step: _Count
    epoch: _Count
    position: _Count
    carried: _PackedArray
    carried_points: _Count
    seed: _Count
    pruned: _PackedArray
    plateau: PlateauMemory
    stopping: _StoppingRecord
    rate_factors: _PackedArray | None = None


class _PointsRecord(_Record, frozen=True):
    """The stored form of `UserPoints`: fields with an entry per point as arrays, all others as JSON text."""

    settings: str
    columns: Annotated[dict[_Column, _PackedArray], Meta(max_length=5)]


class _CheckpointRecord(_Record, frozen=True):
    """The stored form of `Checkpoint`, with the experiment as the text of its file, without own points."""

    experiment: str
    points: _Count | None
    """The index of its points among those of the document: own points, or those read from its table."""
    state: _StateRecord
    way_back: _CheckpointRecord | None


class _TimelineRecord(_Record, frozen=True):
    """The stored form of `Timeline`."""

    rows: _PackedArray
    most: _Count | None
    total: _Count
    thinned: _PackedArray
    run: Annotated[int, Meta(ge=1, le=2**53)]


class _RaceRecord(_Record, frozen=True):
    """The stored form of `RaceDocument`: every lane as the content of a file of its own."""

    lanes: Annotated[tuple[memoryview, ...], Meta(min_length=2, max_length=6)]
    lockstep: Lockstep


class _KeptRecord(_Record, frozen=True):
    """The stored form of checkpoints in a row that have the same arrays."""

    arrays: Annotated[int, Meta(ge=0, lt=2 ** len(ARRAYS))]
    counts: _PackedArray
    """The numbers called `_COUNTS`, shape (checkpoints, 6)."""
    memories: _PackedArray
    """Seconds, then what schedule and early stopping remember, shape (checkpoints, 8); an unknown epoch is −1."""
    data: memoryview


class _StretchRecord(_Record, frozen=True):
    """The stored form of `Stretch`, with experiment and points as in a checkpoint."""

    experiment: str
    points: _Count | None
    engine: EngineName
    stop: _Count | None
    kept: Annotated[tuple[_KeptRecord, ...], Meta(min_length=1, max_length=100_000)]


class _PastRecord(_Record, frozen=True):
    """The stored form of `Past`."""

    spacing: Annotated[float, Meta(ge=0)]
    stretches: Annotated[tuple[_StretchRecord, ...], Meta(max_length=100_000)]


class DocumentRecord(_Record, frozen=True):
    """The stored form of `Document`."""

    points: Annotated[tuple[_PointsRecord, ...], Meta(max_length=_MAX_CHECKPOINTS)]
    checkpoints: Annotated[dict[_Words, _CheckpointRecord], Meta(max_length=_MAX_CHECKPOINTS)]
    status: Status
    problem: _Words
    evaluation: Evaluation
    seconds: float
    history: _TimelineRecord
    gradients: _TimelineRecord
    changes: Annotated[tuple[Change, ...], Meta(max_length=10_000)]
    engine_changes: Annotated[tuple[tuple[_Count, EngineName], ...], Meta(min_length=1, max_length=100_000)]
    initial: Annotated[dict[_Words, _PackedArray], Meta(max_length=_MAX_PARAMETERS_NAMED)]
    health: HealthRecord
    started_from: _PackedArray | None
    breaks: Annotated[tuple[Break, ...], Meta(max_length=100_000)] | None = None
    """The steps at which the meaning of losses changed; None before version 3."""
    race: _RaceRecord | None = None
    past: _PastRecord | None = None


# Writing ------------------------------------------------------------------------------------------------------


def save_document(path: str | os.PathLike[str], document: Document) -> None:
    """Write a document atomically; the file it replaces is kept at `previous_path`. Raises OSError."""
    write_atomically(Path(path), document_bytes(document, Path(path).resolve().parent), keep_previous=True)


def document_bytes(document: Document, folder: Path | None = None, past_bytes: int = PAST_BYTES_IN_DOCUMENT) -> bytes:
    """The content of a document's file; paths of tables are made relative to `folder`, if that is given.

    Of the run's past it carries at most `past_bytes`.
    """
    points: dict[Dataset, UserPoints] = {}
    present = document.experiment.data
    if isinstance(present, Table) and document.sample is not None:
        points[present] = to_own_points(present, document.sample)
    checkpoints = {name: _moment(one, folder, points) for name, one in document.checkpoints.items()}
    past = None if document.past is None else _past(document.past.within(past_bytes), folder, points)
    record: dict[str, Any] = {"points": [_columns(data) for data in points.values()], "checkpoints": checkpoints}
    for name in DocumentRecord.__struct_fields__[len(record) :]:
        record[name] = getattr(document, name)
    states = [moment["state"] for one in checkpoints.values() for moment in (one, one["way_back"]) if moment]
    is_new = bool(document.changes) or any("best_epoch" in state["stopping"] for state in states)
    has_drags = any(change.begun is not None for change in document.changes)
    if not has_drags:
        record["changes"] = [change[:-1] for change in document.changes]
    if not is_new:
        del record["breaks"]
    if past is None or not past["stretches"]:
        del record["past"]
    else:
        record["past"] = past
    if document.race is None:
        del record["race"]
    else:
        lanes, lockstep = document.race
        record["race"] = _RaceRecord(tuple(memoryview(document_bytes(lane, folder)) for lane in lanes), lockstep)
    payload = msgspec.msgpack.encode(record, enc_hook=_pack)
    version = 6 if has_drags else 5 if "past" in record else 4 if document.race is not None else 3 if is_new else 1
    return b"".join([MAGIC, str(version).encode(), b"\n", hashlib.sha256(payload).digest(), payload])


def _moment(moment: Checkpoint, folder: Path | None, points: dict[Dataset, UserPoints]) -> dict[str, Any]:
    """The fields of a moment's `_CheckpointRecord`. Adds its points to `points` unless they are there already."""
    state = {known.name: getattr(moment.state, known.name) for known in fields(State)}
    if not moment.state.rate_factors.size:
        del state["rate_factors"]
    return _experiment_fields(moment.experiment, folder, points) | {
        "state": state | {"stopping": _stopping(moment.state.stopping)},
        "way_back": None if moment.way_back is None else _moment(moment.way_back, folder, points),
    }


def _experiment_fields(
    experiment: Experiment, folder: Path | None, points: dict[Dataset, UserPoints], sample: Sample | None = None
) -> dict[str, Any]:
    """The fields of an experiment in a record. Adds its points, those of `sample` if given, to `points`."""
    data, place = experiment.data, None
    if isinstance(data, (UserPoints, Table)):
        if data not in points:
            points[data] = data if isinstance(data, UserPoints) else to_own_points(data, sample)
        place = list(points).index(data)
        if isinstance(data, UserPoints):
            data = UserPoints()
        elif folder is not None:
            data = data.relative_to(folder)
    return {"experiment": experiment_text(msgspec.structs.replace(experiment, data=data)), "points": place}


def _past(past: Past, folder: Path | None, points: dict[Dataset, UserPoints]) -> dict[str, Any]:
    """The fields of a past's `_PastRecord`. Adds its points to `points` unless they are there already."""
    stretches = [
        _experiment_fields(one.experiment, folder, points, one.sample)
        | {"engine": one.engine, "stop": one.stop}
        | {"kept": [_kept(list(block)) for _, block in groupby(one.kept, key=lambda kept: kept.arrays)]}
        for one in past.stretches
    ]
    return {"spacing": past.spacing, "stretches": stretches}


def _kept(block: Sequence[KeptState]) -> dict[str, Any]:
    memories = [
        [one.seconds, *one.plateau, one.stopping.best, one.stopping.bad_epochs, one.stopping.stopped,
         -1 if one.stopping.best_epoch is None else one.stopping.best_epoch]
        for one in block
    ]  # fmt: skip
    return {
        "arrays": block[0].arrays,
        "counts": np.array([[getattr(one, name) for name in _COUNTS] for one in block], np.int64),
        "memories": np.array(memories, np.float64),
        "data": memoryview(b"".join(one.data for one in block)),
    }


def _stopping(memory: StoppingMemory) -> dict[str, Any]:
    return {name: value for name, value in memory._asdict().items() if name != "best_epoch" or value is not None}


def _columns(data: UserPoints) -> _PointsRecord:
    settings = msgspec.to_builtins(data)
    columns = {name: (settings.pop(name), kind) for name, kind in _COLUMNS.items()}
    packed = {name: _pack(np.array(values, kind)) for name, (values, kind) in columns.items() if values is not None}
    return _PointsRecord(msgspec.json.encode(settings).decode(), packed)


def _pack(value: Any) -> Any:
    """Convert a timeline or an array for storage."""
    if isinstance(value, Timeline):
        return {"rows": value.view()} | {name: getattr(value, name) for name in ("most", "total", "thinned", "run")}
    kind: Any = value.dtype.name
    return _PackedArray(kind, value.shape, memoryview(value.astype(_KINDS[kind], copy=False).tobytes()))


# Reading ------------------------------------------------------------------------------------------------------


def is_document(path: Path) -> bool:
    """Whether a file is a document, by its extension or by its first bytes."""
    if path.suffix.lower() == SUFFIX:
        return True
    try:
        with path.open("rb") as opened:
            return opened.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def load_document(path: str | os.PathLike[str]) -> Document:
    """Read a document. A table's path is taken relative to the file. Raises InputError that names the file.

    Temporary files of processes that were killed while they saved it are removed.
    """
    file = Path(path)
    try:
        size = readable_size(file, _MAX_BYTES)
        with file.open("rb") as opened:
            _check_first_line(opened.readline(_LONGEST_LINE), str(file))
            opened.seek(0)
            content = opened.read(size)
    except InputError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(str(file), reason) from error
    document = document_from_bytes(content, str(file), file.resolve().parent)
    remove_strays(file.resolve())
    return document


def document_from_bytes(content: bytes, place: str, folder: Path | None = None) -> Document:
    """Decode the content of a document's file. Raises InputError that names `place`."""
    record = read_record(content, place)
    reader = _Reader(record, place, folder)
    checkpoints = {name: reader.checkpoint(one, f"{place}: {name}") for name, one in record.checkpoints.items()}
    experiment, state = checkpoints[PRESENT][:2]
    gradient_columns = 1 + 3 * (len(experiment.layers) + 1)
    values = msgspec.structs.asdict(record) | {
        "checkpoints": checkpoints,
        "history": _timeline(record.history, len(History._fields), ("epoch", "step"), f"{place}: history"),
        "gradients": _timeline(record.gradients, gradient_columns, ("step",), f"{place}: gradients"),
        "initial": {
            name: _finite_array(values, f"{place}: initial {name}", "float64")
            for name, values in record.initial.items()
        },
        "health": record.health._replace(seconds=record.health.seconds if HEALTHY in checkpoints else None),
        "notes": tuple(dict.fromkeys(reader.notes)),
        "sample": reader.drawn[experiment.data],
        "changes": tuple(_change(one, f"{place}: changes[{number}]") for number, one in enumerate(record.changes)),
    }
    if record.breaks is None:
        values["breaks"] = _breaks_of(values["changes"], reader.drawn[experiment.data].task)
    elif any(one.step < 0 for one in record.breaks) or sorted(record.breaks) != list(record.breaks):
        raise InputError(f"{place}: breaks", Spoken("falling ones"), "in order of their steps, which start at 0")
    if record.started_from is not None:
        # Older versions stored it in the precision of the run's start, even after a change of precision.
        kind = "float64" if record.started_from.kind == "float64" else "float32"
        started_from = _array(record.started_from, f"{place}: started_from", kind, state.parameters.shape)
        values["started_from"] = started_from.astype(experiment.precision)
    values["past"] = None if record.past is None else reader.past(record.past, f"{place}: past").until(state.step)
    values["race"] = None if record.race is None else _race(record.race, place, folder)
    del values["points"]
    return Document(**values)


def _race(record: _RaceRecord, place: str, folder: Path | None) -> RaceDocument:
    lanes = []
    for number, content in enumerate(record.lanes):
        where = f"{place}: race.lanes[{number}]"
        lane = document_from_bytes(bytes(content), where, folder)
        if lane.race is not None:
            raise InputError(f"{where}.race", Spoken("a race within a race"), "null")
        lanes.append(lane)
    return RaceDocument(tuple(lanes), record.lockstep)


def _breaks_of(changes: Sequence[Change], task: Task) -> tuple[Break, ...]:
    """The steps at which the meaning of losses changed, as far as the changes of an older document tell; `task` is that
    of its present points."""
    result = dict[int, Break]()
    for change in reversed(changes):
        if change.weight is not None or (change.differences is not None and losses_are_comparable(change.differences)):
            continue
        before = next((one.before for one in change.differences or () if one.path == "data"), None)
        if isinstance(before, Dataset) and len(before.tasks) == 1:
            task = before.tasks[0]
        result[change.step] = Break(change.step, task)
    return tuple(sorted(result.values()))


def _change(record: Change, place: str) -> Change:
    """A stored change with its values in their declared types. Raises InputError that names `place`."""
    if record.step < 0:
        raise InputError(f"{place}: step", record.step, "at least 0")
    if record.begun is not None and not 0 <= record.begun.step <= record.step:
        raise InputError(f"{place}: begun.step", record.begun.step, f"0 to {record.step:,}, the step of the change")
    if record.differences is None:
        return record
    try:
        differences = (
            Difference(path, read_value(path, before), read_value(path, after))
            for path, before, after in record.differences
        )
        return record._replace(differences=tuple(differences))
    except InputError as error:
        raise error.at(f"{place}: {error.path}") from error


def read_payload(content: bytes, place: str) -> memoryview:
    """The content behind first line and checksum, after verifying both. Raises InputError."""
    line = content[:_LONGEST_LINE].partition(b"\n")[0] + b"\n"
    _check_first_line(line, place)
    rest = memoryview(content)[len(line) :]
    checksum, payload = rest[:32], rest[32:]
    if hashlib.sha256(payload).digest() != checksum:
        raise UnreadableError(place, "the file is damaged (its checksum does not match)")
    return payload


def _check_first_line(line: bytes, place: str) -> None:
    """Raise InputError for a file of another kind or of an unknown version."""
    version = line.removeprefix(MAGIC).removesuffix(b"\n")
    if not (line.startswith(MAGIC) and line.endswith(b"\n") and version.isdigit()):
        raise UnreadableError(place, "it is not a document of the playground")
    if int(version) > DOCUMENT_VERSION:
        raise InputError(
            f"{place}: version",
            int(version),
            f"at most {DOCUMENT_VERSION}; the document was saved by a newer version of the program",
        )
    if int(version) < 1:
        raise InputError(f"{place}: version", int(version), "at least 1")


def read_record(content: bytes, place: str) -> DocumentRecord:
    """Decode the content of a document's file into its records. Raises InputError that names `place`."""
    payload = read_payload(content, place)
    try:
        record = msgspec.msgpack.decode(payload, type=DocumentRecord)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        reason, _, path = str(error).partition(" - at `$")
        where = f"{place}: {path.rstrip('`').lstrip('.')}" if path else place
        raise UnreadableError(
            where, f"it is not what a document of version {DOCUMENT_VERSION} has there ({reason})"
        ) from error
    if PRESENT not in record.checkpoints:
        names = ", ".join(list(record.checkpoints)[:5]) or "none"
        raise MissingError(f"{place}: checkpoints: {PRESENT}", f"there are {names}")
    return record


def read_points(record: DocumentRecord, number: int, place: str) -> UserPoints:
    """Read one of a document's sets of points. Raises InputError that names `place`."""
    if number >= len(record.points):
        raise InputError(f"{place}: points", number, f"below {len(record.points)}, the number of sets of points")
    return _own_points(record.points[number], f"{place}: points {number}")


class _Reader:
    """Reads the checkpoints of a document; reads shared points once and collects notes for the user."""

    def __init__(self, record: DocumentRecord, place: str, folder: Path | None) -> None:
        self.record, self.place, self.folder = record, place, folder
        self.notes: list[str] = []
        self.own: dict[int, UserPoints] = {}
        self.drawn: dict[Dataset, Sample] = {}
        self.room, self.read = _MAX_POINTS, 0

    def checkpoint(self, record: _CheckpointRecord, place: str) -> Checkpoint:
        """Read a checkpoint. Raises InputError, also for arrays of other shapes than its experiment implies."""
        experiment, points = self.experiment(record, place)
        progress.report_progress(self.read, len(self.record.checkpoints))
        self.read += 1
        training = int(np.count_nonzero(points.split == TRAIN))
        way_back = None
        if record.way_back is not None:
            if record.way_back.way_back is not None:
                raise InputError(f"{place}: way_back.way_back", Spoken("another moment"), "null")
            way_back = self.checkpoint(record.way_back, f"{place}: way_back")
        network = network_of(experiment, points)
        return Checkpoint(experiment, _state(record.state, experiment, network, training, place), way_back)

    def past(self, record: _PastRecord, place: str) -> Past:
        """Read the past of a run. Raises InputError."""
        stretches = list[Stretch]()
        for number, one in enumerate(record.stretches):
            where = f"{place}.stretches[{number}]"
            experiment, points = self.experiment(one, where)
            training = int(np.count_nonzero(points.split == TRAIN))
            network = network_of(experiment, points)
            kept = [state for block in one.kept for state in _kept_states(block, experiment, network, training, where)]
            steps = [state.step for state in kept]
            before = stretches[-1].kept[-1].step if stretches else -1
            if sorted({*steps}) != steps or steps[0] < before:
                raise InputError(f"{where}: steps", Spoken("falling ones"), "in ascending order")
            sample = points if isinstance(experiment.data, Table) else None
            stretches.append(Stretch(experiment, one.engine, sample, kept, one.stop))
        return Past(spacing=record.spacing, stretches=stretches).within(PAST_BYTES)

    def experiment(self, record: _CheckpointRecord | _StretchRecord, place: str) -> tuple[Experiment, Sample]:
        """Read an experiment and its points; if its table has changed or is lost, the stored points are used."""
        raw = with_table_path(parse_json(record.experiment, place), self.resolved)
        is_table = isinstance(raw, dict) and isinstance(raw.get("data"), dict) and raw["data"].get("kind") == "table"
        if record.points is None:
            if is_table:
                raise MissingError(f"{place}: points", "a document keeps the points of its table")
            experiment = _experiment(raw, place)
            return experiment, self.sample(experiment.data, place)
        if not isinstance(raw, dict):
            raise UnreadableError(place, "it is not an experiment")
        own, points = self.points(record.points, place)
        kept = _experiment({**raw, "data": {"kind": "points"}}, place, own)
        if not is_table:
            return kept, points
        try:
            experiment = _experiment(raw, place)
            present = self.sample(experiment.data, place)
        except InputError:
            self.notes.append("Its table can no longer be read, so the points kept in the document are used.")
            return kept, points
        if not all(map(np.array_equal, present[:3], points[:3])):
            self.notes.append("Its table has changed since, so the points kept in the document are used.")
            return kept, points
        return experiment, present

    def resolved(self, path: str) -> str:
        """The path of a table, taken relative to the document."""
        return path if self.folder is None else os.path.normpath(self.folder / path)

    def points(self, number: int, place: str) -> tuple[UserPoints, Sample]:
        if number not in self.own:
            data = read_points(self.record, number, self.place)
            self._take_room(data, place)
            self.own[number] = data
            self.drawn[data] = draw_sample(data)
        return self.own[number], self.drawn[self.own[number]]

    def sample(self, data: Dataset, place: str) -> Sample:
        if data not in self.drawn:
            self._take_room(data, place)
            self.drawn[data] = draw_sample(data)
        return self.drawn[data]

    def _take_room(self, data: Dataset, place: str) -> None:
        """Count points towards the limit of a document before they take memory. Raises InputError beyond it."""
        if data.size > self.room:
            raise InputError(
                f"{place}: data",
                data.size,
                f"at most {self.room:,} more points, since a document holds at most {_MAX_POINTS:,}",
            )
        self.room -= data.size


def _own_points(record: _PointsRecord, place: str) -> UserPoints:
    settings = parse_json(record.settings, place)
    if not isinstance(settings, dict) or settings.get("kind") != "points":
        raise UnreadableError(place, "they are not own points")
    columns = {name: _array(values, f"{place}: {name}", _COLUMNS[name]) for name, values in record.columns.items()}
    length = len(columns["x1"]) if "x1" in columns else 1
    if length > MAX_TABLE_ROWS:
        raise InputError(f"{place}: x1", length, f"at most {MAX_TABLE_ROWS:,} points")
    for name, values in columns.items():
        if values.shape != (length,):
            raise InputError(f"{place}: {name}", Spoken(f"{values.shape}"), f"of shape {(length,)}")
    lists = {name: values.tolist() for name, values in columns.items()}
    try:
        refuse_unwritable(settings)
        data = msgspec.convert({**expand(settings, field_of(UserPoints)), **lists}, UserPoints)
        data.check()
    except msgspec.ValidationError as error:
        raise UnreadableError(place, f"they are not own points ({error})") from error
    except InputError as error:
        raise error.at(f"{place}: {error.path}") from error
    return data


def _experiment(raw: Any, place: str, data: UserPoints | None = None) -> Experiment:
    """Convert plain values, with `data` in place of their points if given. Raises InputError that names `place`."""
    try:
        return convert(raw, data)
    except InputError as error:
        raise error.at(f"{place}: {error.path}") from error


def _state(record: _StateRecord, experiment: Experiment, network: Network, points: int, place: str) -> State:
    """Read a state of a network that trains on `points` points. Raises InputError."""
    for name, most in (("position", points - 1), ("carried_points", points)):
        if getattr(record, name) > most:
            raise InputError(f"{place}: {name}", getattr(record, name), f"at most {most:,}")
    if min(record.plateau[1:]) < 0:
        raise InputError(f"{place}: plateau", Spoken(f"{record.plateau[1:]}"), "made of counts, which are at least 0")
    size, kind = network.size, network.dtype.name
    arrays = {
        name: _array(getattr(record, name), f"{place}: {name}", kind, (size,))
        for name in ("gradient", "update", "carried")
    }
    arrays["pruned"] = _array(record.pruned, f"{place}: pruned", "bool", (size,))
    arrays["slots"] = _array(record.slots, f"{place}: slots", kind, (len(experiment.training.optimizer.slots), size))
    arrays["rate_factors"] = np.empty(0, network.dtype)
    if record.rate_factors is not None:
        arrays["rate_factors"] = _finite_array(record.rate_factors, f"{place}: rate_factors", kind, (size,))
        if not ((arrays["rate_factors"] > 0) & (arrays["rate_factors"] <= 1)).all():
            raise InputError(f"{place}: rate_factors", Spoken("others"), "made of numbers above 0 and at most 1")
    arrays["parameters"] = _parameters(record.parameters, network, f"{place}: parameters")
    stopping = StoppingMemory(**msgspec.structs.asdict(record.stopping))
    if record.stopping.parameters is not None:
        best = _parameters(record.stopping.parameters, network, f"{place}: best parameters")
        stopping = stopping._replace(parameters=best)
    return State(**msgspec.structs.asdict(record) | arrays | {"stopping": stopping})


def _kept_states(
    record: _KeptRecord, experiment: Experiment, network: Network, points: int, place: str
) -> list[KeptState]:
    """Read checkpoints of a network that trains on `points` points. Raises InputError."""
    counts = _array(record.counts, f"{place}: counts", "int64")
    if counts.ndim != 2 or counts.shape[1] != len(_COUNTS) or not len(counts):
        raise InputError(f"{place}: counts", Spoken(f"shape {counts.shape}"), f"a table of {len(_COUNTS)} columns")
    memories = _array(record.memories, f"{place}: memories", "float64", (len(counts), 8))
    most = np.array([2**53, 2**53, points - 1, points, 2**53, 2**53])
    if (counts < 0).any() or (counts > most).any() or not np.isfinite(memories[:, [0, 2, 3, 5, 6, 7]]).all():
        raise InputError(f"{place}: counts", Spoken("others"), "made of counts that training can reach")
    if (memories[:, [2, 3, 5]] < 0).any():
        raise InputError(f"{place}: memories", Spoken("others"), "made of counts, which are at least 0")
    parts = array_places(network, len(experiment.training.optimizer.slots), record.arrays)
    length = max((part.stop for part in parts.values()), default=0)
    if not {"parameters", "slots"} <= set(parts) or len(record.data) != length * len(counts):
        raise InputError(f"{place}: data", Spoken(f"{len(record.data):,} bytes"), f"{length * len(counts):,} bytes")
    rows = np.frombuffer(record.data, np.uint8).reshape(len(counts), length)
    for name, part in parts.items():
        values = np.ascontiguousarray(rows[:, part])
        numbers = values if name == "pruned" else values.view(network.dtype)
        largest = {"pruned": 1.0, "rate_factors": 1.0}.get(name, float(np.finfo(network.dtype).max))
        if name in ("parameters", "best", "pruned", "rate_factors") and not (np.abs(numbers) <= largest).all():
            raise InputError(f"{place}: {name}", Spoken("others"), f"made of finite numbers of at most {largest:.2g}")
    result = []
    for count, (seconds, *memory), row in zip(counts.tolist(), memories.tolist(), rows, strict=True):
        plateau = PlateauMemory(memory[0], int(memory[1]), int(memory[2]))
        epoch = None if memory[6] < 0 else int(memory[6])
        stopping = StoppingMemory(memory[3], int(memory[4]), None, bool(memory[5]), epoch)
        whole = dict(zip(_COUNTS, count, strict=True))
        data = row.tobytes()
        result.append(
            KeptState(**whole, plateau=plateau, stopping=stopping, seconds=seconds, arrays=record.arrays, data=data)
        )
    return result


def _parameters(record: _PackedArray, network: Network, place: str) -> Array:
    values = _finite_array(record, place, network.dtype.name, (network.size,))
    for layer in network.layers:
        if "var" in layer.per_unit and (values[layer.per_unit["var"]] < 0).any():
            raise InputError(place, Spoken(f"a variance below 0 in layer {layer.name}"), "without negative variances")
    return values


def _timeline(record: _TimelineRecord, columns: int, never_fall: Sequence[str], place: str) -> Timeline:
    """Read a timeline; its first columns, called `never_fall`, must not decrease. Raises InputError."""
    rows = _array(record.rows, f"{place}: rows", "float64")
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise InputError(f"{place}: rows", Spoken(f"shape {rows.shape}"), f"a table of {columns} columns")
    for name, column in zip(never_fall, rows.T, strict=False):
        if not (np.diff(column, prepend=0) >= 0).all() or not np.isfinite(column).all():
            raise InputError(f"{place}: {name}", Spoken("others"), "made of finite numbers that never fall")
    thinned = _array(record.thinned, f"{place}: thinned", "int64", (len(record.thinned.data) // 8,))
    result = Timeline(columns, record.most)
    result.rows, result.count, result.total = rows, len(rows), record.total
    result.thinned, result.run = thinned, record.run
    whole = len(thinned) <= len(rows) <= record.total
    # The rows that are not thinned are the latest ones.
    before = record.total - (len(rows) - len(thinned))
    if not whole or (np.diff(thinned, prepend=-1) <= 0).any() or (thinned >= before).any():
        raise InputError(
            f"{place}: thinned", Spoken(f"{thinned.size} others"), "made of places of its rows, in ascending order"
        )
    return result


def _array(record: _PackedArray, place: str, kind: str, shape: tuple[int, ...] | None = None) -> Array:
    """A stored array as a writable copy. Raises InputError for another kind, shape or number of bytes."""
    if record.kind != kind:
        raise InputError(place, record.kind, kind)
    if shape is not None and record.shape != shape:
        raise InputError(place, Spoken(f"{record.shape}"), f"of shape {shape}")
    stored = _KINDS[kind]
    if math.prod(record.shape) * stored.itemsize != len(record.data):
        allowed = f"as long as shape {record.shape} needs, {stored.itemsize} bytes per number"
        raise InputError(place, Spoken(f"{len(record.data):,} bytes"), allowed)
    if kind == "bool" and np.frombuffer(record.data, np.uint8).max(initial=0) > 1:
        raise InputError(place, Spoken("other bytes"), "made of zeros and ones")
    return np.frombuffer(record.data, stored).reshape(record.shape).astype(np.dtype(kind))


def _finite_array(record: _PackedArray, place: str, kind: str, shape: tuple[int, ...] | None = None) -> Array:
    values = _array(record, place, kind, shape)
    if not np.isfinite(values).all():
        raise InputError(place, Spoken("NaN or infinity"), "made of finite numbers")
    return values
