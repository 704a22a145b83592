"""Reading and writing experiments as JSON text and as files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from playground.catalog.datasets.table import Table
from playground.experiment.rules import Duplicate, convert
from playground.experiment.tree import Experiment
from playground.files.atomic import read_bytes, write_atomically
from playground.files.errors import InputError, UnreadableError

MAX_FILE_BYTES = 128 * 2**20
"""Enough for the largest number of points allowed, in any notation."""
MAX_COMMAS = 8_000_000
"""Enough for the coordinates of the largest number of points allowed."""
_MAX_PARTS = 500_000
"""The most quotes, lists and objects in a file, each of which takes far more memory than its bytes in the file."""


def experiment_from_text(text: str | bytes) -> Experiment:
    """The experiment in a JSON text. Raises InputError with the line for broken JSON, else with the path."""
    return convert(parse_json(text, "experiment"))


def parse_json(text: str | bytes, place: str) -> Any:
    """The plain values in a JSON text. Raises InputError that names `place`."""
    if len(text) > MAX_FILE_BYTES:
        raise InputError(place, len(text), f"at most {MAX_FILE_BYTES:,} bytes long")
    _refuse_crowded(text, place)
    try:
        return json.loads(text, object_pairs_hook=_with_duplicates_marked)
    except RecursionError as error:
        raise UnreadableError(place, "it is nested too deeply") from error
    except ValueError as error:
        raise UnreadableError(place, f"it is not JSON ({error})") from error


def _refuse_crowded(text: str | bytes, place: str) -> None:
    """Raise InputError for a text with so many parts that reading it would take too much memory."""
    marks: Sequence[Any] = '"[{' if isinstance(text, str) else (b'"', b"[", b"{")
    parts = sum(text.count(mark) for mark in marks)
    if parts > _MAX_PARTS:
        raise InputError(place, parts, f"a text with at most {_MAX_PARTS:,} quotes, lists and objects")
    commas = text.count(",") if isinstance(text, str) else text.count(b",")
    if commas > MAX_COMMAS:
        raise InputError(place, commas, f"a text with at most {MAX_COMMAS:,} commas")


def experiment_text(experiment: Experiment) -> str:
    """The experiment as indented JSON, every field spelled out."""
    return msgspec.json.format(msgspec.json.encode(experiment), indent=2).decode() + "\n"


def load_experiment(path: str | os.PathLike[str]) -> Experiment:
    """Read an experiment file. A table's path is taken relative to the file. Raises InputError."""
    file = Path(path)
    try:
        text = read_bytes(file, MAX_FILE_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(str(file), reason) from error
    raw = parse_json(text, str(file))
    return convert(with_table_path(raw, lambda table: os.path.normpath(file.resolve().parent / table)))


def save_experiment(experiment: Experiment, path: str | os.PathLike[str]) -> None:
    """Write an experiment file atomically. A table's path is written relative to the file. Raises OSError."""
    write_atomically(Path(path), file_text(experiment, Path(path)).encode())


def file_text(experiment: Experiment, path: Path) -> str:
    """The content of an experiment file, to be saved at `path`."""
    if isinstance(experiment.data, Table):
        experiment = msgspec.structs.replace(experiment, data=experiment.data.relative_to(path.resolve().parent))
    return experiment_text(experiment)


def with_table_path(raw: Any, resolve: Callable[[str], str]) -> Any:
    """Return `raw` with the path of its table, if it has one, replaced by `resolve(path)`."""
    data = raw.get("data") if isinstance(raw, dict) else None
    if isinstance(data, dict) and isinstance(data.get("path"), str):
        return {**raw, "data": {**data, "path": resolve(data["path"])}}
    return raw


def _with_duplicates_marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        result[key] = Duplicate(value) if key in result else value
    return result
