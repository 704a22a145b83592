"""Documents as files (`.playground`): a whole training, to go on from as if it had never stopped.

A line of text that names the format, a checksum over everything behind it, and a MessagePack record of plain numbers,
texts and arrays. Nothing in a file is ever run, nothing is unpacked, and no array is larger than the file says it is.
Every record is read into declared types; what the experiment in it implies about shapes is checked before it is used.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from playground.catalog.choice import Array, InputError
from playground.catalog.datasets import Sample, Table, UserPoints, own_points, sample
from playground.catalog.schedules import PlateauMemory
from playground.checkpoint import HEALTHY, PRESENT, Checkpoint, Document, EngineName, Health
from playground.engine.network import Network, network_of
from playground.engine.state import State, StoppingMemory
from playground.experiment import (
    MAX_LAYERS,
    Experiment,
    convert,
    parsed,
    to_text,
    with_table_path,
)
from playground.files import write_atomically
from playground.snapshot import Change, Evaluation, History, Status
from playground.timeline import Timeline

SUFFIX = ".playground"
VERSION = 1
MAGIC = b"neural network playground document, version "
MAX_BYTES = 2**30
MAX_PARAMETERS_NAMED = 6 * (MAX_LAYERS + 1)

Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
Words: TypeAlias = Annotated[str, Meta(max_length=10_000)]
KINDS: dict[str, np.dtype[Any]] = {name: np.dtype(name).newbyteorder("<") for name in ("float32", "float64", "int64")}
KINDS["bool"] = np.dtype(bool)


class PackedArray(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers in a row, least significant byte first."""

    kind: Literal["float32", "float64", "int64", "bool"]
    shape: Annotated[tuple[Count, ...], Meta(max_length=2)]
    data: bytes


class StoppingRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `StoppingMemory`."""

    best: float
    bad_epochs: Count
    parameters: PackedArray | None
    stopped: bool


class StateRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `State`."""

    parameters: PackedArray
    gradient: PackedArray
    update: PackedArray
    slots: PackedArray
    optimizer_steps: Count
    step: Count
    epoch: Count
    position: Count
    carried: PackedArray
    carried_points: Count
    seed: Count
    pruned: PackedArray
    plateau: PlateauMemory
    stopping: StoppingRecord


class CheckpointRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `Checkpoint`. The experiment stands in it as the text of an experiment file."""

    experiment: str
    own_points: str | None
    """The same experiment with the points of its table in it, should the table not be found any more."""
    state: StateRecord


class TimelineRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `Timeline`."""

    rows: PackedArray
    most: Count | None
    total: Count
    thinned: PackedArray
    run: Annotated[int, Meta(ge=1, le=2**53)]


class DocumentRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """See `Document`."""

    checkpoints: Annotated[dict[Words, CheckpointRecord], Meta(max_length=1000)]
    status: Status
    problem: Words
    evaluation: Evaluation
    seconds: float
    history: TimelineRecord
    gradients: TimelineRecord
    changes: Annotated[tuple[Change, ...], Meta(max_length=10_000)]
    engine_changes: Annotated[tuple[tuple[Count, EngineName], ...], Meta(min_length=1, max_length=100_000)]
    initial: Annotated[dict[Words, PackedArray], Meta(max_length=MAX_PARAMETERS_NAMED)]
    health: Health


# Writing ------------------------------------------------------------------------------------------------------


def save_document(path: str | os.PathLike[str], document: Document) -> None:
    """Write a document, all of it or nothing; the one that was there before is kept beside it. Raises OSError."""
    write_atomically(Path(path), to_bytes(document, Path(path).resolve().parent), keep_previous=True)


def to_bytes(document: Document, folder: Path | None = None) -> bytes:
    """A document as the bytes of a file; the paths of tables are relative to `folder` if there is one."""
    record = DocumentRecord(
        checkpoints={name: checkpoint_record(one, folder) for name, one in document.checkpoints.items()},
        status=document.status,
        problem=document.problem,
        evaluation=document.evaluation,
        seconds=document.seconds,
        history=timeline_record(document.history),
        gradients=timeline_record(document.gradients),
        changes=document.changes,
        engine_changes=document.engine_changes,
        initial={name: packed(values) for name, values in document.initial.items()},
        health=document.health,
    )
    payload = msgspec.msgpack.encode(record)
    return b"".join([MAGIC, str(VERSION).encode(), b"\n", hashlib.sha256(payload).digest(), payload])


def checkpoint_record(checkpoint: Checkpoint, folder: Path | None) -> CheckpointRecord:
    """A checkpoint for a file."""
    experiment, fallback = checkpoint.experiment, None
    if isinstance(experiment.data, Table):
        fallback = to_text(with_own_points(experiment))
        if folder is not None:
            path = os.path.relpath(experiment.data.path, folder)
            experiment = msgspec.structs.replace(experiment, data=msgspec.structs.replace(experiment.data, path=path))
    return CheckpointRecord(to_text(experiment), fallback, state_record(checkpoint.state))


def with_own_points(experiment: Experiment) -> Experiment:
    """The experiment with its points in it, whatever they come from."""
    return msgspec.structs.replace(experiment, data=own_points(experiment.data))


def state_record(state: State) -> StateRecord:
    """A state for a file."""
    best, bad_epochs, parameters, stopped = state.stopping
    values: dict[str, Any] = {}
    for known in fields(State):
        value = getattr(state, known.name)
        values[known.name] = packed(value) if isinstance(value, np.ndarray) else value
    values["stopping"] = StoppingRecord(best, bad_epochs, None if parameters is None else packed(parameters), stopped)
    return StateRecord(**values)


def timeline_record(timeline: Timeline) -> TimelineRecord:
    """A timeline for a file."""
    rows, thinned = packed(timeline.view()), packed(timeline.thinned)
    return TimelineRecord(rows, timeline.most, timeline.total, thinned, timeline.run)


def packed(values: Array) -> PackedArray:
    """An array for a file."""
    kind: Any = values.dtype.name
    return PackedArray(kind, values.shape, values.astype(KINDS[kind], copy=False).tobytes())


# Reading ------------------------------------------------------------------------------------------------------


def load_document(path: str | os.PathLike[str]) -> Document:
    """Read a document. A table's path is taken relative to the file. Raises InputError that names the file."""
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(str(file), f"{file.stat().st_size:,} bytes", f"at most {MAX_BYTES:,} bytes")
        with file.open("rb") as opened:
            content = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(str(file), "this file", f"a readable document ({reason})") from error
    return from_bytes(content, str(file), file.resolve().parent)


def from_bytes(content: bytes, place: str, folder: Path | None = None) -> Document:
    """The document in the bytes of a file. Raises InputError that names `place`."""
    record = decoded(payload_of(content, place), place)
    if PRESENT not in record.checkpoints:
        raise InputError(f"{place}: checkpoints", listed(record.checkpoints), f"one named {PRESENT}")
    notes: list[str] = []
    checkpoints = {name: checkpoint(one, f"{place}: {name}", folder, notes) for name, one in record.checkpoints.items()}
    layers = len(checkpoints[PRESENT].experiment.layers) + 1
    return Document(
        checkpoints=checkpoints,
        status=record.status,
        problem=record.problem,
        evaluation=record.evaluation,
        seconds=record.seconds,
        history=timeline(record.history, len(History._fields), f"{place}: history"),
        gradients=timeline(record.gradients, 1 + 3 * layers, f"{place}: gradients"),
        changes=record.changes,
        engine_changes=record.engine_changes,
        initial={name: array(values, f"{place}: initial {name}") for name, values in record.initial.items()},
        health=record.health._replace(seconds=record.health.seconds if HEALTHY in checkpoints else None),
        notes=tuple(dict.fromkeys(notes)),
    )


def payload_of(content: bytes, place: str) -> bytes:
    """What stands behind the first line and the checksum, if both are right."""
    line, found, _ = content[: len(MAGIC) + 20].partition(b"\n")
    version = line.removeprefix(MAGIC)
    if not (line.startswith(MAGIC) and found and version.isdigit()):
        raise InputError(place, "this file", "a document of the playground, which begins with a line that says so")
    if int(version) > VERSION:
        raise InputError(
            f"{place}: version", int(version), f"at most {VERSION}; the document was made by a newer playground"
        )
    if int(version) < 1:
        raise InputError(f"{place}: version", int(version), "1 or more")
    start = len(line) + 1
    checksum, payload = content[start : start + 32], content[start + 32 :]
    if hashlib.sha256(payload).digest() != checksum:
        raise InputError(place, "a damaged file", "a document as it was saved (its checksum does not fit)")
    return payload


def decoded(payload: bytes, place: str) -> DocumentRecord:
    """The record in a payload."""
    try:
        return msgspec.msgpack.decode(payload, type=DocumentRecord)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        reason, _, path = str(error).partition(" - at `$")
        where = f"{place}: {path.rstrip('`').lstrip('.')}" if path else place
        raise InputError(where, "what stands there", f"a document of version {VERSION} ({reason})") from error


def checkpoint(record: CheckpointRecord, place: str, folder: Path | None, notes: list[str]) -> Checkpoint:
    """A checkpoint of a file, with all shapes as its experiment implies them."""
    experiment, points = experiment_of(record, place, folder, notes)
    return Checkpoint(experiment, state(record.state, experiment, network_of(experiment, points), place))


def experiment_of(
    record: CheckpointRecord, place: str, folder: Path | None, notes: list[str]
) -> tuple[Experiment, Sample]:
    """The experiment and its points; if a table is not what it was, with the points it had."""
    if record.own_points is None:
        experiment = read_experiment(record.experiment, place, folder)
        if isinstance(experiment.data, Table):
            raise InputError(f"{place}: own_points", None, "the points of the table")
        return experiment, sample(experiment.data)
    kept = read_experiment(record.own_points, place, None)
    if not isinstance(kept.data, UserPoints):
        raise InputError(f"{place}: own_points", kept.data.kind, "points")
    points = sample(kept.data)
    try:
        experiment = read_experiment(record.experiment, place, folder)
        present = sample(experiment.data)
    except InputError:
        notes.append("Its table can't be read any more, so the points are used that the document keeps.")
        return kept, points
    if not same_points(present, points):
        notes.append("Its table has changed since, so the points are used that the document keeps.")
        return kept, points
    return experiment, present


def read_experiment(text: str, place: str, folder: Path | None) -> Experiment:
    """The experiment in a text, its table's path taken relative to `folder`. Raises InputError that names `place`."""
    raw = parsed(text, place)
    if folder is not None:
        raw = with_table_path(raw, lambda path: os.path.normpath(folder / path))
    try:
        return convert(raw)
    except InputError as error:
        raise InputError(f"{place}: {error.path}", error.value, error.allowed) from error


def same_points(a: Sample, b: Sample) -> bool:
    """Whether two samples hold the same points in the same parts."""
    return all(np.array_equal(left, right) for left, right in zip(a[:3], b[:3], strict=True))


def state(record: StateRecord, experiment: Experiment, network: Network, place: str) -> State:
    """A state of a file."""
    size, dtype = network.size, network.dtype.name
    flat = ("parameters", "gradient", "update", "carried", "pruned")
    shapes: dict[str, tuple[int, ...]] = dict.fromkeys(flat, (size,))
    shapes["slots"] = (len(experiment.training.optimizer.slots), size)
    values: dict[str, Any] = {
        name: array(getattr(record, name), f"{place}: {name}", "bool" if name == "pruned" else dtype, shape)
        for name, shape in shapes.items()
    }
    if not np.isfinite(values["parameters"]).all():
        raise InputError(f"{place}: parameters", "NaN or infinity", "finite numbers")
    best = record.stopping.parameters
    stopping = StoppingMemory(
        record.stopping.best,
        record.stopping.bad_epochs,
        None if best is None else array(best, f"{place}: best parameters", dtype, (size,)),
        record.stopping.stopped,
    )
    counts = ("optimizer_steps", "step", "epoch", "position", "carried_points", "seed")
    return State(
        **values,
        **{name: getattr(record, name) for name in counts},
        plateau=record.plateau,
        stopping=stopping,
    )


def timeline(record: TimelineRecord, columns: int, place: str) -> Timeline:
    """A timeline of a file."""
    rows = array(record.rows, f"{place}: rows", "float64")
    if rows.ndim != 2 or rows.shape[1] != columns:
        raise InputError(f"{place}: rows", f"shape {rows.shape}", f"{columns} columns")
    thinned = array(record.thinned, f"{place}: thinned", "int64")
    result = Timeline(columns, record.most)
    result.rows, result.count, result.total = rows, len(rows), record.total
    result.thinned, result.run = thinned, record.run
    whole = thinned.ndim == 1 and len(thinned) <= len(rows) <= min(record.total, result.room)
    if not whole or (np.diff(thinned, prepend=-1) <= 0).any() or (thinned >= record.total).any():
        raise InputError(f"{place}: thinned", f"{thinned.size} places", "places of its rows, in ascending order")
    return result


def array(record: PackedArray, place: str, kind: str | None = None, shape: tuple[int, ...] | None = None) -> Array:
    """An array of a file, writable, of this kind and shape. What it claims to be must be what there is."""
    if kind is not None and record.kind != kind:
        raise InputError(place, record.kind, kind)
    if shape is not None and record.shape != shape:
        raise InputError(place, f"shape {record.shape}", f"shape {shape}")
    stored = KINDS[record.kind]
    if math.prod(record.shape) * stored.itemsize != len(record.data):
        raise InputError(place, f"{len(record.data):,} bytes for shape {record.shape}", f"{stored.itemsize} per number")
    if record.kind == "bool" and record.data.strip(b"\x00\x01"):
        raise InputError(place, "other bytes", "0 or 1")
    return np.frombuffer(record.data, stored).reshape(record.shape).astype(np.dtype(record.kind))


def listed(names: Mapping[str, object]) -> str:
    """Names for a sentence."""
    return ", ".join(list(names)[:5]) or "none"
