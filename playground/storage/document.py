"""Document files (`.playground`): whole runs, which continue as if they had never stopped.

A file has a line of text that names the format, a checksum of all that follows, and a MessagePack record of numbers,
texts and arrays under the names of a document's fields. Reading executes nothing and decompresses nothing, and no array
is larger than the file. Records are decoded into declared types (a decoding hook would first build whatever a malicious
file asks for), and shapes are checked against the experiment. Points are stored once, however many moments share them;
those of a table are stored, too, in case its file is lost.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from playground.catalog.datasets.base import Dataset
from playground.catalog.datasets.own_points import UserPoints, to_own_points
from playground.catalog.datasets.table import Table
from playground.files.atomic import read_bytes, readable_size, remove_strays, write_atomically
from playground.files.errors import InputError, MissingError, Spoken, UnreadableError
from playground.measure.snapshot import History
from playground.run.run import HEALTHY, PRESENT, Document, RaceDocument
from playground.storage.packing import pack_moment, pack_past, pack_points, pack_value
from playground.storage.reading import (
    DocumentReader,
    breaks_of,
    read_array,
    read_change,
    read_finite_array,
    read_timeline,
)
from playground.storage.records import (
    DocumentRecord,
    RaceRecord,
)

SUFFIX = ".playground"
DOCUMENT_VERSION = 6
"""The version of the format. Version 2 added the differences behind the label of a change, version 3 the steps at which
the meaning of losses changes and the best epoch, version 4 a race beside the run, version 5 the checkpoints of
its past, version 6 the beginning of drags. Documents are written as the first version that has all they need."""
PAST_BYTES_IN_DOCUMENT = 8 * 2**20
"""The most bytes of a run's past that a document carries."""
MAGIC = b"neural network playground document, version "
_LONGEST_LINE = len(MAGIC) + 20
MAX_BYTES = 2**30
"""The most bytes of a document that is read."""


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
    checkpoints = {name: pack_moment(one, folder, points) for name, one in document.checkpoints.items()}
    past = None if document.past is None else pack_past(document.past.within(past_bytes), folder, points)
    record: dict[str, Any] = {"points": [pack_points(data) for data in points.values()], "checkpoints": checkpoints}
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
        record["race"] = RaceRecord(tuple(memoryview(document_bytes(lane, folder)) for lane in lanes), lockstep)
    payload = msgspec.msgpack.encode(record, enc_hook=pack_value)
    version = 6 if has_drags else 5 if "past" in record else 4 if document.race is not None else 3 if is_new else 1
    return b"".join([MAGIC, str(version).encode(), b"\n", hashlib.sha256(payload).digest(), payload])


def is_document(path: Path) -> bool:
    """Whether a file is a document, by its extension or by its first bytes."""
    if path.suffix.lower() == SUFFIX:
        return True
    try:
        with path.open("rb") as opened:
            return opened.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def load_document(path: str | os.PathLike[str], read: Callable[[Path, int], bytes] = read_bytes) -> Document:
    """Read a document. A table's path is taken relative to the file. Raises InputError that names the file.

    `read` reads a file of at most so many bytes. Temporary files of processes that were killed while they saved it are
    removed.
    """
    file = Path(path)
    try:
        readable_size(file, MAX_BYTES)
        with file.open("rb") as opened:
            _check_first_line(opened.readline(_LONGEST_LINE), str(file))
        content = read(file, MAX_BYTES)
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
    reader = DocumentReader(record, place, folder)
    checkpoints = {name: reader.checkpoint(one, f"{place}: {name}") for name, one in record.checkpoints.items()}
    experiment, state = checkpoints[PRESENT][:2]
    gradient_columns = 1 + 3 * (len(experiment.layers) + 1)
    values = msgspec.structs.asdict(record) | {
        "checkpoints": checkpoints,
        "history": read_timeline(record.history, len(History._fields), ("epoch", "step"), f"{place}: history"),
        "gradients": read_timeline(record.gradients, gradient_columns, ("step",), f"{place}: gradients"),
        "initial": {
            name: read_finite_array(values, f"{place}: initial {name}", "float64")
            for name, values in record.initial.items()
        },
        "health": record.health._replace(seconds=record.health.seconds if HEALTHY in checkpoints else None),
        "notes": tuple(dict.fromkeys(reader.notes)),
        "sample": reader.drawn[experiment.data],
        "changes": tuple(read_change(one, f"{place}: changes[{number}]") for number, one in enumerate(record.changes)),
    }
    if record.breaks is None:
        values["breaks"] = breaks_of(values["changes"], reader.drawn[experiment.data].task)
    elif any(one.step < 0 for one in record.breaks) or sorted(record.breaks) != list(record.breaks):
        raise InputError(
            f"{place}: breaks",
            Spoken(", ".join(str(one.step) for one in record.breaks[:9])),
            "in ascending order of steps, none of them below 0",
        )
    if record.started_from is not None:
        # Older versions stored it in the precision of the run's start, even after a change of precision.
        kind = "float64" if record.started_from.kind == "float64" else "float32"
        started_from = read_array(record.started_from, f"{place}: started_from", kind, state.parameters.shape)
        values["started_from"] = started_from.astype(experiment.precision)
    values["past"] = None if record.past is None else reader.past(record.past, f"{place}: past").until(state.step)
    values["race"] = None if record.race is None else _race(record.race, place, folder)
    del values["points"]
    return Document(**values)


def _race(record: RaceRecord, place: str, folder: Path | None) -> RaceDocument:
    lanes = []
    for number, content in enumerate(record.lanes):
        where = f"{place}: race.lanes[{number}]"
        lane = document_from_bytes(bytes(content), where, folder)
        if lane.race is not None:
            raise InputError(f"{where}.race", Spoken("a race within a race"), "null")
        lanes.append(lane)
    return RaceDocument(tuple(lanes), record.lockstep)


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
        names = ", ".join(list(record.checkpoints)[:5])
        found = f"the file has only {names}" if names else "the file has none"
        raise MissingError(f"{place}: checkpoints: {PRESENT}", found)
    return record
