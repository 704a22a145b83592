"""Points as text: tables that are read back bit for bit.

`read_own_points` reads such a table as it is; for any other table, `tables` chooses the columns.
"""

from __future__ import annotations

import csv
import io
import math

from playground.catalog.choice import Task
from playground.catalog.datasets.base import (
    CLASS_NAMES,
    LARGEST,
    MAX_CLASSES,
    MAX_OWN_POINTS,
    TEST,
    TRAIN,
    UNNAMED_AXES,
    VALIDATION,
    Sample,
)
from playground.catalog.datasets.own_points import UserPoints, unused_name
from playground.files.cells import Cells, Column
from playground.files.errors import InputError
from playground.files.numerals import number

_PART_NAMES = {TRAIN: "train", VALIDATION: "validation", TEST: "test"}


def to_tsv(sample: Sample) -> str:
    """Points as text for spreadsheets, separated by tabs; see `written`."""
    return written(sample, "\t")


def to_csv(sample: Sample) -> str:
    """Points as text for files, separated by commas; see `written`."""
    return written(sample, ",")


def to_table(sample: Sample) -> str:
    """Points as CSV for other programs: those of a table in its own units and under the names of its columns."""
    if sample.axis_names == UNNAMED_AXES:
        return to_csv(sample)
    part = unused_name("split", [*sample.axis_names, sample.target_name])
    rows = zip(sample.own_x.tolist(), sample.labels.tolist(), sample.split.tolist(), strict=True)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*sample.axis_names, sample.target_name, part])
    for x, label, which in rows:
        said = sample.class_names[label] if sample.task == "classification" else repr(label)
        writer.writerow([*map(repr, x), said, _PART_NAMES[which]])
    return text.getvalue()


def written(sample: Sample, separator: str) -> str:
    """Points as text with the columns x1, x2, label and split, which `read_own_points` reads back bit for bit.

    `label` is the name of the class; unless the names are A, B, C, …, a column `class` has the number, too. For
    regression, the column `value` takes the place of `label`.
    """
    classify = sample.task == "classification"
    numbered = classify and sample.class_names != CLASS_NAMES[: len(sample.class_names)]
    text = io.StringIO()
    # Python's writer doesn't quote a lone carriage return, which would end the row for every reader.
    bare = any("\r" in name for name in sample.class_names)
    writer = csv.writer(
        text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
    )
    writer.writerow(["x1", "x2", "label" if classify else "value", "split", *(["class"] if numbered else [])])
    for (x1, x2), label, part in zip(sample.x.tolist(), sample.labels.tolist(), sample.split.tolist(), strict=True):
        said = sample.class_names[label] if classify else repr(float(label))
        writer.writerow([repr(x1), repr(x2), said, _PART_NAMES[part], *([label] if numbered else [])])
    return text.getvalue()


def read_own_points(cells: Cells) -> UserPoints | None:
    """The points in a table with exactly the columns that `written` writes; None for any other table.

    `split` and `class` may be absent. Raises InputError that names the row and the column.
    """
    columns = {column.name.lower(): column for column in cells.columns}
    target = next((name for name in ("label", "value") if name in columns), "")
    wanted = {"x1", "x2", target}
    if not target or not wanted <= set(columns) <= wanted | {"split", "class"} or len(columns) < len(cells.columns):
        return None
    if len(cells.lines) > MAX_OWN_POINTS:
        raise InputError(cells.source, len(cells.lines), f"a table of at most {MAX_OWN_POINTS:,} own points")
    x1, x2 = (_coordinates(cells, columns[name]) for name in ("x1", "x2"))
    names: tuple[str, ...] = ()
    task: Task = "classification" if target == "label" else "regression"
    if task == "regression":
        labels = _coordinates(cells, columns["value"])
    else:
        labels, names = _classes(cells, columns["label"], columns.get("class"))
    train, test = _marks(cells, columns.get("split"))
    own = UserPoints(x1=x1, x2=x2, target=labels, task=task, train=train, test=test, class_names=names)
    own.check()
    return own


def _place(cells: Cells, row: int, column: Column) -> str:
    """The position of a cell in words, for error messages."""
    return f"{cells.source}, row {cells.lines[row]}, column {column.name.lower()}"


def _coordinates(cells: Cells, column: Column) -> tuple[float, ...]:
    """The numbers of a column. Raises InputError for a cell without a number in the allowed range."""
    # This program writes decimal points; another one may have written decimal commas.
    commas = any("," in cell for cell in column.cells)
    read = column.numbers.tolist() if commas else map(number, column.cells)
    values = [math.nan if value is None else value for value in read]
    for row, value in enumerate(values):
        if not abs(value) <= LARGEST:
            allowed = f"a number from −{LARGEST:g} to {LARGEST:g}"
            raise InputError(_place(cells, row, column), column.cells[row], allowed)
    return tuple(values)


def _classes(cells: Cells, column: Column, numbers: Column | None) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The class of each row as a number, and the names of the classes unless they are A, B, C, …"""
    if numbers is not None:
        return _numbered_classes(cells, column, numbers)
    distinct = set(column.cells)
    if distinct <= set(CLASS_NAMES):
        return tuple(float(CLASS_NAMES.index(cell)) for cell in column.cells), ()
    counted = [number(cell) for cell in column.cells]
    if all(value is not None and value in range(MAX_CLASSES) for value in counted):
        return tuple(value for value in counted if value is not None), ()
    if "" in distinct:
        raise InputError(_place(cells, column.cells.index(""), column), "", "the name of a class")
    if len(distinct) > MAX_CLASSES:
        raise InputError(cells.source, len(distinct), f"a table of at most {MAX_CLASSES} classes")
    names = tuple(sorted(distinct))
    return tuple(float(names.index(cell)) for cell in column.cells), names


def _numbered_classes(cells: Cells, column: Column, numbers: Column) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The class of each row by its number in `numbers`, and the names of the classes in that order."""
    names: dict[int, str] = {}
    labels = []
    for row, (name, cell) in enumerate(zip(column.cells, numbers.cells, strict=True)):
        value = number(cell)
        if value is None or value not in range(MAX_CLASSES):
            allowed = f"a whole number from 0 to {MAX_CLASSES - 1}"
            raise InputError(_place(cells, row, numbers), cell, allowed)
        if names.setdefault(int(value), name) != name:
            allowed = f"{names[int(value)]}, the name that class {int(value)} has in an earlier row"
            raise InputError(_place(cells, row, column), name, allowed)
        labels.append(value)
    return tuple(labels), tuple(
        names.get(k) or unused_name(CLASS_NAMES[k], [*names.values()]) for k in range(max(names) + 1)
    )


def _marks(cells: Cells, column: Column | None) -> tuple[tuple[bool, ...] | None, tuple[bool, ...] | None]:
    """Whether each point is a training point, and whether it is a test point; None if the table doesn't say."""
    if column is None or not any(column.cells):
        return None, None
    parts = [cell.lower() for cell in column.cells]
    for row, part in enumerate(parts):
        if part not in _PART_NAMES.values():
            raise InputError(_place(cells, row, column), part, "train, validation or test")
    test = tuple(part == "test" for part in parts)
    return tuple(part == "train" for part in parts), test if any(test) else None
