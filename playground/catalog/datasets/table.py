"""Tables: a data set from a text file, with two columns as coordinates and a third as the target."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Array, Task, setting
from playground.catalog.datasets.base import (
    LARGEST,
    MAX_CLASSES,
    AxisScale,
    AxisScales,
    Collected,
    Raw,
    are_small_enough,
)
from playground.files.atomic import readable_size
from playground.files.cells import Cells, Column, NoColumnError, cells_words, read_cells, rows_words
from playground.files.errors import InputError, UnreadableError, one_line
from playground.files.layout import Reading
from playground.files.rows import MAX_TABLE_BYTES


class Table(Collected, frozen=True, tag="table"):
    """Two columns of a text file as coordinates and a third as the target. Text means classes, numbers mean regression."""

    label = "Table"
    tasks = ("classification", "regression")

    points: Annotated[
        int,
        setting("Points", "How many rows to use, chosen at random by the data seed. More rows reduce overfitting but make every epoch longer.", ge=1, le=1_000_000, scale="log", slider=(20, 5000), nothing="All rows"),
    ] | None = None  # type: ignore[assignment]  # fmt: skip
    path: Annotated[str, setting("File", "The text file, relative to the experiment file. Rows with empty cells are left out and counted.")] = ""  # fmt: skip
    x1: Annotated[str, setting("x₁ column", "The column for the horizontal axis. Its values are scaled to −5…5, so a single extreme value crowds the others together.")] = ""  # fmt: skip
    x2: Annotated[str, setting("x₂ column", "The column for the vertical axis. Its values are scaled to −5…5, so a single extreme value crowds the others together.")] = ""  # fmt: skip
    target: Annotated[
        str,
        setting("Target column", "The column that the network learns to predict. Text, or at most 10 different whole numbers, means classes; other numbers are values."),
    ] = ""  # fmt: skip
    task: Annotated[
        Task | None,
        setting("Task", "Whether to predict classes or values. Automatic treats text, or at most 10 different whole numbers, as classes.", nothing="Automatic"),
    ] = None  # fmt: skip
    separator: Annotated[
        Literal["\t", ";", ",", "|", " "] | None,
        setting("Separator", "The character between the cells of a row. Automatic takes the one that gives the most regular rows.", nothing="Automatic"),
    ] = None  # fmt: skip
    header: Annotated[
        bool | None,
        setting("Header row", "When on, the first row names the columns. When off, it is data like the others; Automatic lets the cells decide.", nothing="Automatic"),
    ] = None  # fmt: skip
    decimal: Annotated[
        Literal[".", ","] | None,
        setting("Decimal sign", "The decimal sign in columns of cells like 1,200, where the comma could also separate thousands. Automatic decides by the other numbers.", nothing="Automatic"),
    ] = None  # fmt: skip
    dates: Annotated[
        Literal["day", "month"] | None,
        setting("Dates", "What comes first in a date like 01/02/2020, the day or the month. Automatic decides by the other dates.", nothing="Automatic"),
    ] = None  # fmt: skip
    codes: Annotated[
        Literal["number", "text"] | None,
        setting("Codes", "What cells like 007 and 1E2 mean. Automatic reads them as numbers.", nothing="Automatic"),
    ] = None  # fmt: skip
    words: Annotated[
        Literal["class", "missing"] | None,
        setting("Words", "What cells like none and NA mean in a column of text. Automatic reads them as classes, unless other columns use that word for missing numbers.", nothing="Automatic"),
    ] = None  # fmt: skip
    letters: Annotated[
        Literal["different", "same"] | None,
        setting("Capital letters", "Whether classes that differ only in capital letters, like Yes and yes, are the same. Automatic keeps them apart.", nothing="Automatic"),
    ] = None  # fmt: skip

    def check(self) -> None:
        super().check()
        # Raises InputError where there is nothing to read.
        _ = self.rows

    @property
    def size(self) -> int:
        return len(self.rows.x[: self.points])

    @property
    def is_regression(self) -> bool:
        return self.rows.task == "regression"

    @property
    def reading(self) -> Reading:
        """The user's choices where the file can be read in more than one way."""
        return Reading(**{name: getattr(self, name) for name in Reading._fields})

    @property
    def rows(self) -> TableRows:
        """All usable rows of the file, which is read again if it has changed. Raises InputError below `data`."""
        path = Path(self.path)
        try:
            # An unchanged file is read once, since every edit checks the whole experiment.
            readable_size(path, MAX_TABLE_BYTES)
            stamp = path.stat()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise UnreadableError("data.path", f"{one_line(path.name, 60)}: {reason}") from error
        columns = (self.x1, self.x2, self.target)
        return _read_rows(path, columns, self.task, self.reading, (stamp.st_mtime_ns, stamp.st_size))

    def relative_to(self, folder: Path) -> Table:
        """Return the same table with its path relative to a folder."""
        try:
            path = os.path.relpath(self.path, folder)
        except ValueError:
            # On another drive.
            return self
        return msgspec.structs.replace(self, path=path)

    def draw(self, random: np.random.Generator) -> Raw:
        rows = self.rows
        kept = random.permutation(len(rows.x))[: self.points]
        notes = [*(dropped.words for dropped in rows.dropped), *(f"Unclear: {words}" for words in rows.unclear)]
        if len(kept) < len(rows.x):
            notes.append(f"{len(kept):,} of {len(rows.x):,} rows are used; set Points to All rows to use them all.")
        scales = axis_scales(rows.x[kept])
        x = scaled(rows.x[kept]) + random.normal(0, self.noise, (len(kept), 2))
        names = (self.x1, self.x2)
        unscaled = None if self.noise else rows.x[kept]
        return Raw(
            x, rows.labels[kept], rows.task, rows.class_names, names, self.target, tuple(notes), scales, unscaled
        )


class Dropped(NamedTuple):
    """Rows left out for one reason: their lines in the file, and their faulty cells if these have to be seen."""

    reason: str
    lines: tuple[int, ...]
    cells: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Describe the rows and the reason in a sentence."""
        count = f"{len(self.lines):,} row{'' if len(self.lines) == 1 else 's'}"
        where = f" {cells_words(self.cells, self.lines)}" if self.cells else f" ({rows_words(self.lines)})"
        return f"{count} left out: {self.reason}{where}."


class TableRows(NamedTuple):
    """The usable rows of a table, and those that were left out."""

    x: Array
    """The coordinates as they stand in the file, float64 of shape (n, 2)."""
    labels: Array
    """Class numbers, or values for regression, shape (n,)."""
    task: Task
    class_names: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    unclear: tuple[str, ...] = ()
    """Sentences on what in these columns can be read in two ways and has not been decided."""


@lru_cache(maxsize=4)
def _read_rows(
    path: Path, wanted: tuple[str, str, str], task: Task | None, reading: Reading, _: tuple[int, int]
) -> TableRows:
    """Read three columns of a file; cached by its modification time and size, the last argument."""
    try:
        cells = _read(path, wanted, reading)
        rows = rows_of(cells, *wanted, task)
    except NoColumnError as error:
        field = next(name for name, column in zip(("x1", "x2", "target"), wanted, strict=True) if column == error.value)
        raise error.at(f"data.{field}") from error
    except InputError as error:
        if error.path.startswith("data."):
            raise
        raise UnreadableError("data.path", str(error)) from error
    for values in (rows.x, rows.labels):
        values.setflags(write=False)
    questions = (one for one in cells.questions if one.name and getattr(reading, one.name) is None)
    return rows._replace(unclear=tuple(one.words for one in questions))


def _read(path: Path, wanted: Sequence[str], reading: Reading) -> Cells:
    """Read columns of a file; if the likeliest reading lacks them, try the others. Raises InputError."""
    others = (reading._replace(header=True, separator=separator) for separator in (reading.separator, ",", ";", "\t"))
    try:
        return read_cells(path, reading=reading, wanted=wanted)
    except NoColumnError:
        if reading.header is None and reading.separator is None:
            for other in others:
                with suppress(NoColumnError):
                    return read_cells(path, reading=other, wanted=wanted)
        raise


def rows_of(cells: Cells, x1: str, x2: str, target: str, task: Task | None = None) -> TableRows:
    """Return the points in three columns of a table. Raises InputError with a path below `data`."""
    first, second, third = (cells.column(name) for name in (x1, x2, target))
    for field, column in (("x1", first), ("x2", second)):
        if column.kind in ("class", "text"):
            text = next(cell for cell, lost in zip(column.cells, column.missing, strict=True) if not lost)
            raise InputError(f"data.{field}", column.name, f"a column of numbers; this one contains {text[:40]!r}")
    if task == "regression" and third.kind not in ("number", "empty"):
        raise InputError("data.target", target, "a column of numbers, since data.task is regression")
    task = task or _task_of_target(third)
    numeric = (first, second, third) if task == "regression" else (first, second)
    free, dropped = _usable(cells, (first, second, third), numeric)
    if not free.any():
        why = " ".join(one.words for one in dropped) or "it has no rows"
        raise InputError("data.path", cells.source, f"a table with at least one complete row; {why}")
    x = np.stack([first.numbers, second.numbers], axis=1)[free]
    if task == "regression":
        return TableRows(x, third.numbers[free], task, (), dropped)
    labels, names = _classes(third, free)
    return TableRows(x, labels, task, names, dropped)


def _task_of_target(target: Column) -> Task:
    """Infer the task from a target column: text, or at most ten different whole numbers, means classes."""
    values = target.numbers[~target.missing]
    if target.kind != "number" or np.isnan(values).any():
        return "regression" if target.kind == "number" and _different(target) > MAX_CLASSES else "classification"
    few = len(np.unique(values)) <= MAX_CLASSES
    return "classification" if few and np.all(values == np.round(values)) else "regression"


def _different(column: Column) -> int:
    """Count the different cells of a column."""
    return len({cell for cell, lost in zip(column.cells, column.missing, strict=True) if not lost})


def _usable(cells: Cells, columns: Sequence[Column], numeric: Sequence[Column]) -> tuple[Array, tuple[Dropped, ...]]:
    """Mark rows with all cells, and with numbers where they are needed; return also why others are left out."""
    free, lines = np.ones(len(cells.lines), dtype=bool), np.array(cells.lines)
    checks = [(f"no value in {column.name}", column, column.missing) for column in columns]
    checks += [(f"no number in {column.name}:", column, np.isnan(column.numbers)) for column in numeric]
    checks += [
        (f"beyond {LARGEST:g} in {column.name}:", column, ~are_small_enough(column.numbers)) for column in numeric[2:]
    ]
    dropped = []
    for reason, column, bad in checks:
        hit = np.flatnonzero(bad & free)
        if len(hit):
            faulty = tuple(column.cells[place] for place in hit) if reason.endswith(":") else ()
            dropped.append(Dropped(reason, tuple(lines[hit].tolist()), faulty))
            free[hit] = False
    ragged = ragged_rows(cells)
    return free, (*dropped, *([ragged] if ragged is not None else []))


def ragged_rows(cells: Cells) -> Dropped | None:
    """Return the rows with more cells than the table has columns; None if there are none."""
    lines = tuple(line for line, _ in cells.ragged)
    return Dropped("more cells than columns", lines) if lines else None


def _classes(target: Column, free: Array) -> tuple[Array, tuple[str, ...]]:
    """Return the class number of every usable row, and the class names in order. Raises InputError."""
    values = target.numbers[free]
    cells = [target.cells[place] for place in np.flatnonzero(free)]
    if target.kind == "number" and not np.isnan(values).any():
        # 1, 1.0 and 01 are one class.
        cells = [f"{value:.15g}" for value in values]
        distinct = sorted(set(cells), key=float)
    else:
        distinct = sorted(set(cells))
    if len(distinct) > MAX_CLASSES:
        allowed = f"a column with at most {MAX_CLASSES} classes; this one has {len(distinct):,}"
        raise InputError("data.target", target.name, allowed)
    index = {name: k for k, name in enumerate(distinct)}
    return np.array([index[cell] for cell in cells]), tuple(distinct)


def scaled(x: Array) -> Array:
    """Shift and scale each axis of the points, shape (n, 2), to −5…5; an axis with a single value becomes 0."""
    # Halved, so that even columns from −1e308 to 1e308 do not overflow.
    low, high = x.min(axis=0) / 2, x.max(axis=0) / 2
    width = np.where(high > low, high - low, 1)
    return np.where(high > low, (x / 2 - low) / width * 10 - 5, 0.0)


def axis_scales(x: Array) -> AxisScales:
    """Return the scales that convert the axes of `scaled` points back to the units of `x`, shape (n, 2)."""
    low, high = x.min(axis=0), x.max(axis=0)
    first, second = (AxisScale(float(a / 2 + b / 2), float(b / 10 - a / 10)) for a, b in zip(low, high, strict=True))
    return first, second
