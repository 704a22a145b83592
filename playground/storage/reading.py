"""Reading the records of a document, whose shapes are checked against its experiment."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from playground.catalog.choice import Array, Task
from playground.catalog.datasets.base import TRAIN, Dataset, Sample, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.catalog.schedules import PlateauMemory
from playground.engine.network import Network, network_of
from playground.engine.state import State, StoppingMemory
from playground.experiment.declarations import field_of
from playground.experiment.difference import Difference, losses_are_comparable
from playground.experiment.reading import expand
from playground.experiment.rules import convert, read_value, refuse_unwritable
from playground.experiment.text import parse_json, with_table_path
from playground.experiment.tree import Experiment
from playground.files import progress
from playground.files.cells import MAX_TABLE_ROWS
from playground.files.errors import InputError, MissingError, Spoken, UnreadableError
from playground.measure.changes import Break, Change
from playground.run.past import PAST_BYTES, KeptState, Past, Stretch, array_places
from playground.run.run import Checkpoint
from playground.run.timeline import Timeline
from playground.storage.records import (
    KEPT_COUNTS,
    POINT_COLUMNS,
    STORED_KINDS,
    CheckpointRecord,
    DocumentRecord,
    KeptRecord,
    PackedArray,
    PastRecord,
    PointsRecord,
    StateRecord,
    StretchRecord,
    TimelineRecord,
)

_MAX_POINTS = 10_000_000
"""The most points in all data sets of a document together."""


def breaks_of(changes: Sequence[Change], task: Task) -> tuple[Break, ...]:
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


def read_change(record: Change, place: str) -> Change:
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


def read_points(record: DocumentRecord, number: int, place: str) -> UserPoints:
    """Read one of a document's sets of points. Raises InputError that names `place`."""
    if number >= len(record.points):
        raise InputError(f"{place}: points", number, f"below {len(record.points)}, the number of sets of points")
    return _own_points(record.points[number], f"{place}: points {number}")


class DocumentReader:
    """Reads the checkpoints of a document; reads shared points once and collects notes for the user."""

    def __init__(self, record: DocumentRecord, place: str, folder: Path | None) -> None:
        self.record, self.place, self.folder = record, place, folder
        self.notes: list[str] = []
        self.own: dict[int, UserPoints] = {}
        self.drawn: dict[Dataset, Sample] = {}
        self.room, self.read = _MAX_POINTS, 0

    def checkpoint(self, record: CheckpointRecord, place: str) -> Checkpoint:
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

    def past(self, record: PastRecord, place: str) -> Past:
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

    def experiment(self, record: CheckpointRecord | StretchRecord, place: str) -> tuple[Experiment, Sample]:
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


def _own_points(record: PointsRecord, place: str) -> UserPoints:
    settings = parse_json(record.settings, place)
    if not isinstance(settings, dict) or settings.get("kind") != "points":
        raise UnreadableError(place, "they are not own points")
    columns = {
        name: read_array(values, f"{place}: {name}", POINT_COLUMNS[name]) for name, values in record.columns.items()
    }
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


def _state(record: StateRecord, experiment: Experiment, network: Network, points: int, place: str) -> State:
    """Read a state of a network that trains on `points` points. Raises InputError."""
    for name, most in (("position", points - 1), ("carried_points", points)):
        if getattr(record, name) > most:
            raise InputError(f"{place}: {name}", getattr(record, name), f"at most {most:,}")
    if min(record.plateau[1:]) < 0:
        raise InputError(f"{place}: plateau", Spoken(f"{record.plateau[1:]}"), "made of counts, which are at least 0")
    size, kind = network.size, network.dtype.name
    arrays = {
        name: read_array(getattr(record, name), f"{place}: {name}", kind, (size,))
        for name in ("gradient", "update", "carried")
    }
    arrays["pruned"] = read_array(record.pruned, f"{place}: pruned", "bool", (size,))
    arrays["slots"] = read_array(
        record.slots, f"{place}: slots", kind, (len(experiment.training.optimizer.slots), size)
    )
    arrays["rate_factors"] = np.empty(0, network.dtype)
    if record.rate_factors is not None:
        arrays["rate_factors"] = read_finite_array(record.rate_factors, f"{place}: rate_factors", kind, (size,))
        if not ((arrays["rate_factors"] > 0) & (arrays["rate_factors"] <= 1)).all():
            raise InputError(f"{place}: rate_factors", Spoken("others"), "made of numbers above 0 and at most 1")
    arrays["parameters"] = _parameters(record.parameters, network, f"{place}: parameters")
    stopping = StoppingMemory(**msgspec.structs.asdict(record.stopping))
    if record.stopping.parameters is not None:
        best = _parameters(record.stopping.parameters, network, f"{place}: best parameters")
        stopping = stopping._replace(parameters=best)
    return State(**msgspec.structs.asdict(record) | arrays | {"stopping": stopping})


def _kept_states(
    record: KeptRecord, experiment: Experiment, network: Network, points: int, place: str
) -> list[KeptState]:
    """Read checkpoints of a network that trains on `points` points. Raises InputError."""
    counts = read_array(record.counts, f"{place}: counts", "int64")
    if counts.ndim != 2 or counts.shape[1] != len(KEPT_COUNTS) or not len(counts):
        raise InputError(f"{place}: counts", Spoken(f"shape {counts.shape}"), f"a table of {len(KEPT_COUNTS)} columns")
    memories = read_array(record.memories, f"{place}: memories", "float64", (len(counts), 8))
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
        whole = dict(zip(KEPT_COUNTS, count, strict=True))
        data = row.tobytes()
        result.append(
            KeptState(**whole, plateau=plateau, stopping=stopping, seconds=seconds, arrays=record.arrays, data=data)
        )
    return result


def _parameters(record: PackedArray, network: Network, place: str) -> Array:
    values = read_finite_array(record, place, network.dtype.name, (network.size,))
    for layer in network.layers:
        if "var" in layer.per_unit and (values[layer.per_unit["var"]] < 0).any():
            raise InputError(place, Spoken(f"a variance below 0 in layer {layer.name}"), "without negative variances")
    return values


def read_timeline(record: TimelineRecord, columns: int, never_fall: Sequence[str], place: str) -> Timeline:
    """Read a timeline; its first columns, called `never_fall`, must not decrease. Raises InputError."""
    rows = read_array(record.rows, f"{place}: rows", "float64")
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise InputError(f"{place}: rows", Spoken(f"shape {rows.shape}"), f"a table of {columns} columns")
    for name, column in zip(never_fall, rows.T, strict=False):
        if not (np.diff(column, prepend=0) >= 0).all() or not np.isfinite(column).all():
            raise InputError(f"{place}: {name}", Spoken("others"), "made of finite numbers that never fall")
    thinned = read_array(record.thinned, f"{place}: thinned", "int64", (len(record.thinned.data) // 8,))
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


def read_array(record: PackedArray, place: str, kind: str, shape: tuple[int, ...] | None = None) -> Array:
    """A stored array as a writable copy. Raises InputError for another kind, shape or number of bytes."""
    if record.kind != kind:
        raise InputError(place, record.kind, kind)
    if shape is not None and record.shape != shape:
        raise InputError(place, Spoken(f"{record.shape}"), f"of shape {shape}")
    stored = STORED_KINDS[kind]
    if math.prod(record.shape) * stored.itemsize != len(record.data):
        allowed = f"as long as shape {record.shape} needs, {stored.itemsize} bytes per number"
        raise InputError(place, Spoken(f"{len(record.data):,} bytes"), allowed)
    if kind == "bool" and np.frombuffer(record.data, np.uint8).max(initial=0) > 1:
        raise InputError(place, Spoken("other bytes"), "made of zeros and ones")
    return np.frombuffer(record.data, stored).reshape(record.shape).astype(np.dtype(kind))


def read_finite_array(record: PackedArray, place: str, kind: str, shape: tuple[int, ...] | None = None) -> Array:
    values = read_array(record, place, kind, shape)
    if not np.isfinite(values).all():
        raise InputError(place, Spoken("NaN or infinity"), "made of finite numbers")
    return values
