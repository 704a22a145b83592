"""Packing a run into the records of a document; points are stored once, however many moments share them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from playground.catalog.datasets.base import Dataset, Sample
from playground.catalog.datasets.own_points import UserPoints, to_own_points
from playground.catalog.datasets.table import Table
from playground.engine.state import State, StoppingMemory
from playground.experiment.text import experiment_text
from playground.experiment.tree import Experiment
from playground.run.past import KeptState, Past
from playground.run.run import Checkpoint
from playground.run.timeline import Timeline
from playground.storage.records import (
    KEPT_COUNTS,
    POINT_COLUMNS,
    STORED_KINDS,
    PackedArray,
    PointsRecord,
)


def pack_moment(moment: Checkpoint, folder: Path | None, points: dict[Dataset, UserPoints]) -> dict[str, Any]:
    """The fields of a moment's `CheckpointRecord`. Adds its points to `points` unless they are there already."""
    state = {known.name: getattr(moment.state, known.name) for known in fields(State)}
    if not moment.state.rate_factors.size:
        del state["rate_factors"]
    return pack_experiment(moment.experiment, folder, points) | {
        "state": state | {"stopping": _stopping(moment.state.stopping)},
        "way_back": None if moment.way_back is None else pack_moment(moment.way_back, folder, points),
    }


def pack_experiment(
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


def pack_past(past: Past, folder: Path | None, points: dict[Dataset, UserPoints]) -> dict[str, Any]:
    """The fields of a past's `PastRecord`. Adds its points to `points` unless they are there already."""
    stretches = [
        pack_experiment(one.experiment, folder, points, one.sample)
        | {"engine": one.engine, "stop": one.stop}
        | {"kept": [pack_kept(list(block)) for _, block in groupby(one.kept, key=lambda kept: kept.arrays)]}
        for one in past.stretches
    ]
    return {"spacing": past.spacing, "stretches": stretches}


def pack_kept(block: Sequence[KeptState]) -> dict[str, Any]:
    memories = [
        [one.seconds, *one.plateau, one.stopping.best, one.stopping.bad_epochs, one.stopping.stopped,
         -1 if one.stopping.best_epoch is None else one.stopping.best_epoch]
        for one in block
    ]  # fmt: skip
    return {
        "arrays": block[0].arrays,
        "counts": np.array([[getattr(one, name) for name in KEPT_COUNTS] for one in block], np.int64),
        "memories": np.array(memories, np.float64),
        "data": memoryview(b"".join(one.data for one in block)),
    }


def _stopping(memory: StoppingMemory) -> dict[str, Any]:
    return {name: value for name, value in memory._asdict().items() if name != "best_epoch" or value is not None}


def pack_points(data: UserPoints) -> PointsRecord:
    settings = msgspec.to_builtins(data)
    columns = {name: (settings.pop(name), kind) for name, kind in POINT_COLUMNS.items()}
    packed = {
        name: pack_value(np.array(values, kind)) for name, (values, kind) in columns.items() if values is not None
    }
    return PointsRecord(msgspec.json.encode(settings).decode(), packed)


def pack_value(value: Any) -> Any:
    """Convert a timeline or an array for storage."""
    if isinstance(value, Timeline):
        return {"rows": value.view()} | {name: getattr(value, name) for name in ("most", "total", "thinned", "run")}
    kind: Any = value.dtype.name
    return PackedArray(kind, value.shape, memoryview(value.astype(STORED_KINDS[kind], copy=False).tobytes()))
