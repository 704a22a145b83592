"""Data sets from tables of other programs.

`propose` chooses two columns as axes and one as the target, `data_set` makes a data set from three columns, and
`describe_table` describes how a table is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from playground.catalog.choice import Task
from playground.catalog.datasets.base import CLASS_NAMES, MAX_OWN_POINTS, Dataset
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table, TableRows, axis_scales, ragged_rows, rows_of, scaled
from playground.files.cells import Cells, Column
from playground.files.errors import InputError, one_line
from playground.files.layout import Reading

MANY_ROWS = 200_000
"""With more rows than these every epoch is long, and a random part of them may do as well."""
_TARGET_WORDS = (
    *("label", "target", "class", "species", "y", "value", "output", "outcome", "response"),
    *("category", "group", "type", "kind"),
)
_SECOND_WORDS = ("x2", "y")
"""Names of vertical axes, wherever they stand in the table; other columns become axes in the table's order."""
_ROW_NUMBER_WORDS = ("id", "index", "no", "nr", "row", "rownames", "unnamed: 0")


class Picked(NamedTuple):
    """The names of the columns to use as coordinates and target, and the task; None leaves it to the target."""

    x1: str
    x2: str
    target: str
    task: Task | None = None


# Choosing columns ---------------------------------------------------------------------------------------------


def propose(cells: Cells, fixed: Mapping[str, str] | None = None) -> Picked:
    """Choose columns: two of numbers as axes, and as target one with a typical name, one of classes, or the last.

    `fixed` maps "x1", "x2" or "target" to columns that are chosen already. Raises InputError if no columns will do.
    """
    fixed = fixed or {}
    chosen = {place: cells.column(name) for place, name in fixed.items()}
    taken = [column.name for column in chosen.values()]
    free = [column for column in cells.columns if column.name not in taken]
    axes = sorted((column for column in free if _faults(column) < _HOPELESS), key=_faults)
    targets = [chosen["target"]] if "target" in chosen else _targets(free, axes)
    needed = [place for place in ("x1", "x2") if place not in chosen]
    for target in targets:
        others = [axis for axis in axes if axis is not target][: len(needed)]
        if len(others) == len(needed):
            others.sort(key=lambda axis: (axis.name.lower() in _SECOND_WORDS, cells.names.index(axis.name)))
            names = {place: column.name for place, column in zip(needed, others, strict=True)}
            return Picked(**{**fixed, **names, "target": target.name}, task=None)
    kinds = ", ".join(f"{one_line(column.name, 40)} ({column.kind})" for column in cells.columns[:20])
    allowed = "a table of two columns of different numbers for x1 and x2, and a third of numbers or at most 10 classes"
    raise InputError(cells.source, kinds, allowed)


_HOPELESS = 4


def _faults(column: Column) -> int:
    """A score from 0 to `_HOPELESS` of how unsuitable a column is as an axis."""
    if column.kind not in ("number", "date") or _is_constant(column) or column.missing.all():
        return _HOPELESS
    if 2 * column.missing.sum() > len(column.missing):
        return 3
    if column.name.lower() in _ROW_NUMBER_WORDS or (column.name == "Column 1" and _counts_rows(column)):
        return 2
    return int(column.kind == "date")


def _counts_rows(column: Column) -> bool:
    """Whether a column only counts the rows."""
    return bool(len(column.numbers) > 2 and np.all(np.diff(column.numbers) == 1))


def _is_constant(column: Column) -> bool:
    """Whether all cells of a column that are not missing have the same value."""
    values = column.numbers[~column.missing]
    if column.kind in ("number", "date") and not np.isnan(values).any():
        return bool(len(values) == 0 or np.all(values == values[0]))
    return len({cell for cell, lost in zip(column.cells, column.missing, strict=True) if not lost}) < 2


def _targets(columns: Sequence[Column], axes: Sequence[Column]) -> list[Column]:
    """The columns that can be the target, the likeliest first."""
    usable = [
        column
        for column in columns
        if column.kind in ("number", "class") and not _is_constant(column)
        if 2 * column.missing.sum() <= len(column.missing)
    ]
    by_name = {column.name.lower(): column for column in usable}
    named = [by_name[word] for word in _TARGET_WORDS if word in by_name and not (word == "y" and "x" in by_name)]
    classes = [column for column in usable if column.kind == "class"]
    rest = [column for column in usable if column not in [*axes[:2], *classes] and _faults(column) < 2]
    return [*named, *classes[::-1], *rest[::-1], *[column for column in usable if column not in rest][::-1]]


# Making data sets ---------------------------------------------------------------------------------------------


def data_set(
    cells: Cells, picked: Picked, rows: TableRows, reading: Reading | None = None
) -> tuple[Dataset, tuple[str, ...]]:
    """Make a data set from three columns and their usable `rows`; returns it with notes. Raises InputError.

    The data set of a file refers to the file and its `reading`; other text becomes own points, stored by value.
    """
    notes = (*(drop.words for drop in rows.dropped), *_leak_words(picked))
    if cells.path is not None:
        chosen = (reading or Reading())._asdict()
        return Table(path=str(cells.path.resolve()), **picked._asdict(), **chosen), notes
    kept = np.arange(len(rows.x))
    if len(kept) > MAX_OWN_POINTS:
        kept = np.linspace(0, len(kept) - 1, MAX_OWN_POINTS).round().astype(np.intp)
        notes += (
            f"{MAX_OWN_POINTS:,} of {len(rows.x):,} rows are used, evenly spread: that is the most that an experiment "
            "can store.",
        )
    columns = (*scaled(rows.x)[kept].T, rows.labels[kept])
    x1, x2, target = (tuple(column.astype(float).tolist()) for column in columns)
    names = () if rows.class_names == CLASS_NAMES[: len(rows.class_names)] else rows.class_names
    units = tuple(number for scale in axis_scales(rows.x) for number in scale)
    own = UserPoints(
        x1=x1, x2=x2, target=target, task=rows.task, class_names=names, column_names=picked[:3], axis_scales=units
    )
    own.check()
    return own, notes


def refuse_one_axis(cells: Cells, picked: Picked) -> None:
    """Raise InputError if both axes are the same column."""
    if picked.x1 == picked.x2:
        allowed = "read with different columns as x1 and x2, or all points lie on a line"
        raise InputError(cells.source, picked.x1, allowed)


def _leak_words(picked: Picked) -> tuple[str, ...]:
    """A warning if the target is also one of the axes; empty if not."""
    if picked.target not in picked[:2]:
        return ()
    axis = "x₁" if picked.target == picked.x1 else "x₂"
    return (f"{one_line(picked.target, 60)} is both the target and {axis}, so the network is told what to predict.",)


def class_counts(rows: TableRows) -> dict[str, int]:
    """The number of usable rows of each class; empty for regression."""
    counts = np.bincount(rows.labels, minlength=len(rows.class_names)).tolist() if rows.class_names else []
    return dict(zip(rows.class_names, counts, strict=True))


def _size_words(rows: TableRows | None) -> tuple[str, ...]:
    """A sentence on the choice that very many rows leave open."""
    if rows is None or len(rows.x) <= MANY_ROWS:
        return ()
    return (f"All {len(rows.x):,} rows are used; data.points={MANY_ROWS} uses a random {MANY_ROWS:,}.",)


def describe_table(cells: Cells) -> dict[str, Any]:
    """A description of a table for JSON: how it is read, the proposed columns, notes and open questions."""
    picked: Picked | None = None
    rows: TableRows | None = None
    notes = list(cells.notes)
    try:
        picked = propose(cells)
        rows = rows_of(cells, *picked)
        notes += [dropped.words for dropped in rows.dropped]
    except InputError as error:
        notes += [ragged.words] if (ragged := ragged_rows(cells)) else []
        notes.append(f"Nothing can be learned from it: {error}.")
    return {
        **{name: getattr(cells, name) for name in ("separator", "decimal", "encoding", "header", "rows")},
        "columns": [
            {"name": column.name, "kind": column.kind, "missing": int(column.missing.sum())} for column in cells.columns
        ],
        **dict.fromkeys(("x1", "x2", "target")),
        **({} if picked is None else dict(zip(("x1", "x2", "target"), picked, strict=False))),
        "task": rows.task if rows else None,
        "classes": list(rows.class_names) if rows else [],
        "used": len(rows.x) if rows else 0,
        "dropped": sum(len(dropped.lines) for dropped in rows.dropped) if rows else 0,
        "notes": notes,
        "unclear": [*(question.words for question in cells.questions), *_size_words(rows)],
    }
