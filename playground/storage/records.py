"""The stored form of documents: records of numbers, texts and arrays under the names of a document's fields.

They are declared types into which a file is decoded, so that whatever it holds, nothing else is built.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from playground.catalog.schedules import PlateauMemory
from playground.engine.engine import EngineName
from playground.engine.evaluation import Evaluation
from playground.experiment.rules import MAX_LAYERS
from playground.measure.changes import Break, Change
from playground.measure.snapshot import Status
from playground.run.past import ARRAYS
from playground.run.run import HealthRecord, Lockstep

_MAX_CHECKPOINTS = 1000
_MAX_PARAMETERS_NAMED = 6 * (MAX_LAYERS + 1)

_Count: TypeAlias = Annotated[int, Meta(ge=0, le=2**53)]
_Words: TypeAlias = Annotated[str, Meta(max_length=10_000)]
STORED_KINDS: dict[str, np.dtype[Any]] = {
    name: np.dtype(name).newbyteorder("<") for name in ("float32", "float64", "int64")
}
STORED_KINDS["bool"] = np.dtype(bool)
KEPT_COUNTS = ("step", "epoch", "position", "carried_points", "optimizer_steps", "seed")
"""The whole numbers of a checkpoint, in the order of `KeptState`."""
_Column: TypeAlias = Literal["x1", "x2", "target", "train", "test"]
POINT_COLUMNS: dict[_Column, str] = {
    "x1": "float64",
    "x2": "float64",
    "target": "float64",
    "train": "bool",
    "test": "bool",
}
"""The fields of `UserPoints` that have an entry per point, and the type of their entries."""


class StoredRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of the records of a file, which have exactly the declared fields."""


class PackedArray(StoredRecord, frozen=True):
    """An array as bytes: entries in row-major order, least significant byte first."""

    kind: Literal["float32", "float64", "int64", "bool"]
    shape: Annotated[tuple[_Count, ...], Meta(max_length=2)]
    data: memoryview


class StoppingRecord(StoredRecord, frozen=True):
    """The stored form of `StoppingMemory`."""

    best: float
    bad_epochs: _Count
    parameters: PackedArray | None
    stopped: bool
    best_epoch: _Count | None = None
    """The epoch of the best result; stored since version 3."""


class StateRecord(StoredRecord, frozen=True):
    """The stored form of `State`."""

    parameters: PackedArray
    gradient: PackedArray
    update: PackedArray
    slots: PackedArray
    optimizer_steps: _Count
    step: _Count
    epoch: _Count
    position: _Count
    carried: PackedArray
    carried_points: _Count
    seed: _Count
    pruned: PackedArray
    plateau: PlateauMemory
    stopping: StoppingRecord
    rate_factors: PackedArray | None = None


class PointsRecord(StoredRecord, frozen=True):
    """The stored form of `UserPoints`: fields with an entry per point as arrays, all others as JSON text."""

    settings: str
    columns: Annotated[dict[_Column, PackedArray], Meta(max_length=5)]


class CheckpointRecord(StoredRecord, frozen=True):
    """The stored form of `Checkpoint`, with the experiment as the text of its file, without own points."""

    experiment: str
    points: _Count | None
    """The index of its points among those of the document: own points, or those read from its table."""
    state: StateRecord
    way_back: CheckpointRecord | None


class TimelineRecord(StoredRecord, frozen=True):
    """The stored form of `Timeline`."""

    rows: PackedArray
    most: _Count | None
    total: _Count
    thinned: PackedArray
    run: Annotated[int, Meta(ge=1, le=2**53)]


class RaceRecord(StoredRecord, frozen=True):
    """The stored form of `RaceDocument`: every lane as the content of a file of its own."""

    lanes: Annotated[tuple[memoryview, ...], Meta(min_length=2, max_length=6)]
    lockstep: Lockstep


class KeptRecord(StoredRecord, frozen=True):
    """The stored form of checkpoints in a row that have the same arrays."""

    arrays: Annotated[int, Meta(ge=0, lt=2 ** len(ARRAYS))]
    counts: PackedArray
    """The numbers called `KEPT_COUNTS`, shape (checkpoints, 6)."""
    memories: PackedArray
    """Seconds, then what schedule and early stopping remember, shape (checkpoints, 8); an unknown epoch is −1."""
    data: memoryview


class StretchRecord(StoredRecord, frozen=True):
    """The stored form of `Stretch`, with experiment and points as in a checkpoint."""

    experiment: str
    points: _Count | None
    engine: EngineName
    stop: _Count | None
    kept: Annotated[tuple[KeptRecord, ...], Meta(min_length=1, max_length=100_000)]


class PastRecord(StoredRecord, frozen=True):
    """The stored form of `Past`."""

    spacing: Annotated[float, Meta(ge=0)]
    stretches: Annotated[tuple[StretchRecord, ...], Meta(max_length=100_000)]


class DocumentRecord(StoredRecord, frozen=True):
    """The stored form of `Document`."""

    points: Annotated[tuple[PointsRecord, ...], Meta(max_length=_MAX_CHECKPOINTS)]
    checkpoints: Annotated[dict[_Words, CheckpointRecord], Meta(max_length=_MAX_CHECKPOINTS)]
    status: Status
    problem: _Words
    evaluation: Evaluation
    seconds: float
    history: TimelineRecord
    gradients: TimelineRecord
    changes: Annotated[tuple[Change, ...], Meta(max_length=10_000)]
    engine_changes: Annotated[tuple[tuple[_Count, EngineName], ...], Meta(min_length=1, max_length=100_000)]
    initial: Annotated[dict[_Words, PackedArray], Meta(max_length=_MAX_PARAMETERS_NAMED)]
    health: HealthRecord
    started_from: PackedArray | None
    breaks: Annotated[tuple[Break, ...], Meta(max_length=100_000)] | None = None
    """The steps at which the meaning of losses changed; None before version 3."""
    race: RaceRecord | None = None
    past: PastRecord | None = None
