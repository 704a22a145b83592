"""Tables: two columns of a CSV file as coordinates and a third as the target."""

from __future__ import annotations

import csv
import itertools
import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, NamedTuple, TextIO

import msgspec
import numpy as np

from playground.catalog.choice import Array, Task, listing, setting
from playground.catalog.datasets.base import (
    LARGEST,
    MAX_CLASSES,
    Adjustable,
    AxisScale,
    AxisScales,
    Raw,
    are_small_enough,
)
from playground.files import progress
from playground.files.atomic import readable_size
from playground.files.errors import InputError, one_line


class Table(Adjustable, frozen=True, tag="table"):
    """Two columns of a CSV file as coordinates and a third as the target. Text means classes, numbers a regression."""

    label = "Table"
    tasks = ("classification", "regression")

    points: (
        Annotated[
            int,
            setting(
                "Points",
                "How many rows to use, drawn at random by the data seed. Left open, all of them; few overfit quickly, many make every epoch longer.",
                ge=1,
                le=1_000_000,
                scale="log",
                slider=(20, 5000),
                nothing="All rows",
            ),
        ]
        | None
    ) = None  # type: ignore[assignment]  # here, and only here, there may be no number
    path: Annotated[
        str,
        setting(
            "File",
            "The CSV file, relative to the experiment file; its first row names the columns. Rows with empty cells are left out and counted.",
        ),
    ] = ""
    x1: Annotated[
        str,
        setting(
            "x₁ column",
            "The column for the horizontal axis. Its lowest value comes to −5 and its highest to 5, so one value far out presses the others together at the low end.",
        ),
    ] = ""
    x2: Annotated[
        str,
        setting(
            "x₂ column",
            "The column for the vertical axis. Its lowest value comes to −5 and its highest to 5, so one value far out presses the others together at the low end.",
        ),
    ] = ""
    target: Annotated[
        str,
        setting(
            "Target column",
            "The column that the network learns to predict. Text or at most 10 different whole numbers are classes; other numbers are values.",
        ),
    ] = ""
    task: Annotated[
        Task | None,
        setting(
            "Task",
            "Predict classes or a number. Left empty, text or at most 10 distinct integers mean classes.",
            nothing="Automatic",
        ),
    ] = None

    def check(self) -> None:
        super().check()
        self.draw(np.random.default_rng(0))

    @property
    def size(self) -> int:
        return len(self.rows.x[: self.points])

    @property
    def rows(self) -> TableRows:
        """All rows of the file that can be used."""
        return read_table(Path(self.path), self.x1, self.x2, self.target, self.task)

    def relative_to(self, folder: Path) -> Table:
        """The same table for a file in that folder."""
        try:
            path = os.path.relpath(self.path, folder)
        except ValueError:
            # On another drive.
            return self
        return msgspec.structs.replace(self, path=path)

    def draw(self, random: np.random.Generator) -> Raw:
        x, labels, task, names, dropped = self.rows
        kept = random.permutation(len(x))[: self.points]
        notes = []
        if dropped:
            notes.append(f"{dropped:,} row{'s were' if dropped > 1 else ' was'} left out, since cells are missing.")
        if len(kept) < len(x):
            notes.append(f"{len(kept):,} of {len(x):,} rows are used; set points to All rows for more.")
        scales = axis_scales(x[kept])
        x = scaled(x[kept]) + random.normal(0, self.noise, (len(kept), 2))
        return Raw(x, labels[kept], task, names, (self.x1, self.x2), self.target, tuple(notes), scales)


MAX_TABLE_BYTES = 2**28


MAX_TABLE_ROWS = 1_000_000


LONGEST_ROW = 100_000


NOTE_ROWS = 1000
"""Rows between two reports of progress."""


MISSING = {"", "na", "nan", "n/a", "null", "none", "?"}


class TableRows(NamedTuple):
    """The rows of a table that can be used."""

    x: Array
    """(n, 2) float64, as they stand in the file."""
    labels: Array
    """(n,)"""
    task: Task
    class_names: tuple[str, ...]
    dropped: int
    """How many rows are left out because cells are missing."""


def read_table(path: Path, x1: str, x2: str, target: str, task: Task | None = None) -> TableRows:
    """Three columns of a CSV file. Raises InputError below `data`.

    An unchanged file is read once, since every edit checks the whole experiment.
    """
    try:
        stamp = path.stat()
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error
    return read_rows(path, (x1, x2, target), task, (stamp.st_mtime_ns, stamp.st_size))


@lru_cache(maxsize=4)
def read_rows(path: Path, wanted: tuple[str, str, str], task: Task | None, _: tuple[int, int]) -> TableRows:
    """`read_table`, cached by the file's time of change and size, which show whether it is still the same."""
    (first, second, third), dropped = read_columns(path, wanted)
    x1, x2, target = wanted
    x = np.stack([numbers(first, "x1", x1), numbers(second, "x2", x2)], axis=1)
    labels, found, names = target_values(third, target, task)
    for values in (x, labels):
        values.setflags(write=False)
    return TableRows(x, labels, found, names, dropped)


def unreadable(path: Path, error: Exception) -> InputError:
    """The error for a file that can't be read."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputError("data.path", str(path), f"a readable CSV file ({one_line(path.name, 60)}: {reason})")


class Rows:
    """The lines of a table for a CSV reader, which takes as many as a row has: none of them may be endless."""

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self.read = 0
        """Characters so far."""
        self.row_start = 0
        """How many of them belong to rows that are complete."""

    def __iter__(self) -> Rows:
        return self

    def __next__(self) -> str:
        room = LONGEST_ROW - (self.read - self.row_start)
        line = self.file.readline(room + 1)
        if not line:
            raise StopIteration
        if len(line) > room:
            raise csv.Error(f"more than {LONGEST_ROW:,} characters; perhaps a quote is not closed")
        if not line.isascii() and any("\ud800" <= character <= "\udfff" for character in line):
            # Bytes that are no text were decoded to lone surrogates.
            raise csv.Error("not written in UTF-8")
        self.read += len(line)
        return line

    def end_row(self) -> None:
        """Note that the lines so far formed whole rows."""
        self.row_start = self.read


def read_columns(path: Path, wanted: Sequence[str]) -> tuple[list[list[str]], int]:
    """The cells of some columns where all are present, and the number of rows left out."""
    row_number = 0
    try:
        size = readable_size(path, MAX_TABLE_BYTES)
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = Rows(file)
            first = next(lines, "")
            separator = separator_of(first, wanted)
            rows = csv.reader(itertools.chain([first], lines), delimiter=separator)
            header = next(rows, [])
            for name, field in zip(wanted, ("x1", "x2", "target"), strict=True):
                if name not in header:
                    raise InputError(f"data.{field}", name, f"a column of {path.name}: {listing(header) or 'none'}")
            places = [header.index(name) for name in wanted]
            complete: list[list[str]] = []
            dropped = 0
            for number, row in enumerate(rows):
                lines.end_row()
                row_number = rows.line_num
                if number % NOTE_ROWS == 0:
                    progress.report_progress(min(lines.read, size), size)
                if len(complete) + dropped == MAX_TABLE_ROWS:
                    allowed = f"a CSV file of at most {MAX_TABLE_ROWS:,} rows"
                    raise InputError("data.path", str(path), allowed)
                cells = [row[place].strip() if place < len(row) else "" for place in places]
                if any(cell.lower() in MISSING for cell in cells):
                    dropped += 1
                else:
                    complete.append(cells)
    except OSError as error:
        raise unreadable(path, error) from error
    except csv.Error as error:
        raise unreadable(path, ValueError(f"after row {row_number}: {error}")) from error
    if not complete:
        raise InputError("data.path", str(path), "a CSV file with at least one complete row")
    columns = [list(column) for column in zip(*complete, strict=True)]
    return columns if separator == "," else [with_decimal_points(column) for column in columns], dropped


def separator_of(header: str, wanted: Sequence[str]) -> str:
    """The separator of the cells: the comma, unless only another one yields all wanted columns."""
    for separator in ",;\t":
        if set(wanted) <= set(next(csv.reader([header], delimiter=separator), [])):
            return separator
    return ","


def with_decimal_points(cells: list[str]) -> list[str]:
    """Numbers written with decimal commas, all of a column, with decimal points; any other column as it is."""
    pointed = [cell.replace(",", ".") for cell in cells]
    return cells if as_numbers(pointed) is None else pointed


def numbers(cells: Sequence[str], field: str, column: str) -> Array:
    """Cells as finite float64 numbers; raises InputError below `data` for the first that is none."""
    values = as_numbers(cells)
    if values is None:
        other = next(cell for cell in cells if as_numbers([cell]) is None)
        raise InputError(f"data.{field}", column, f"a column of numbers (it contains {other[:40]!r})")
    return values


def as_numbers(cells: Sequence[str]) -> Array | None:
    """Cells as float64 numbers, if all of them are finite ones."""
    try:
        values = np.array([float(cell) for cell in cells])
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def target_values(cells: Sequence[str], column: str, task: Task | None) -> tuple[Array, Task, tuple[str, ...]]:
    """Targets, the task they mean, and the names of the classes in sorted order."""
    values = as_numbers(cells)
    if values is not None:
        whole = bool(np.all(values == np.round(values))) and len(np.unique(values)) <= MAX_CLASSES
        if task == "regression" or (task is None and not whole):
            if not are_small_enough(values).all():
                raise InputError("data.target", column, f"a column of numbers from −{LARGEST:g} to {LARGEST:g}")
            return values, "regression", ()
        # 1, 1.0 and 01 are one class.
        cells = [f"{value:.15g}" for value in values]
        distinct = sorted(set(cells), key=float)
    elif task == "regression":
        raise InputError("data.target", column, "a column of numbers, since data.task is regression")
    else:
        distinct = sorted(set(cells))
    if len(distinct) > MAX_CLASSES:
        raise InputError("data.target", column, f"a column with at most {MAX_CLASSES} classes (it has {len(distinct)})")
    index = {name: k for k, name in enumerate(distinct)}
    return np.array([index[cell] for cell in cells]), "classification", tuple(distinct)


def scaled(x: Array) -> Array:
    """The points with each axis shifted and scaled to −5…5; an axis with a single value becomes 0."""
    # Halved, so that even columns from −1e308 to 1e308 do not overflow.
    low, high = x.min(axis=0) / 2, x.max(axis=0) / 2
    width = np.where(high > low, high - low, 1)
    return np.where(high > low, (x / 2 - low) / width * 10 - 5, 0.0)


def axis_scales(x: Array) -> AxisScales:
    """The scales that convert the axes of `scaled` points back to the units of `x`, shape (n, 2)."""
    low, high = x.min(axis=0), x.max(axis=0)
    first, second = (AxisScale(float(a / 2 + b / 2), float(b / 10 - a / 10)) for a, b in zip(low, high, strict=True))
    return first, second
