"""Points as text: tables of spreadsheets and other programs become data sets, and points become text again.

`from_text` and `from_file` read whatever people have: a header or none, commas, semicolons, tabs or blanks, decimal
commas, quotes. The result is a `Sheet`; `extracted` makes points of three of its columns and `data_set` a data set.
Points that this program wrote itself come back bit for bit through `read_own_points`. Every refusal is an InputError
that names the file, the row and the column.
"""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Array, Task
from playground.catalog.datasets.base import (
    CLASS_NAMES,
    LARGEST,
    MAX_CLASSES,
    MAX_OWN_POINTS,
    TEST,
    TRAIN,
    VALIDATION,
    Dataset,
    Sample,
)
from playground.catalog.datasets.own_points import UserPoints, unused_name
from playground.catalog.datasets.table import (
    LONGEST_ROW,
    MISSING,
    NOTE_ROWS,
    Rows,
    Table,
    read_table,
    scaled,
    target_values,
)
from playground.files import progress
from playground.files.atomic import TooLargeError, read_bytes
from playground.files.errors import InputError, one_line

MAX_BYTES = 32 * 2**20
_MAX_ROWS = 200_000
_MAX_COLUMNS = 500
_MAX_CELLS = 4_000_000
_MAX_CELL = 10_000
SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "blanks"}
"""What may separate cells, with its name; of two that fit equally well the first is taken."""
_LOOK = 100
"""Rows that are looked at to find out how a text is written."""
_PART_NAMES = {TRAIN: "train", VALIDATION: "validation", TEST: "test"}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")
"""A number with a comma at every thousand."""
_SWAPPED = str.maketrans(",.", ".,")
_CLEANED = str.maketrans({"−": "-", "\u00a0": None, "\u202f": None, "\u2009": None})
"""A proper minus, and the blanks that group digits."""
_TARGET_WORDS = ("label", "target", "class", "species", "y", "value", "output", "category", "group", "type", "kind")
_ROW_NUMBER_WORDS = ("id", "index", "no", "nr", "row", "rownames", "unnamed: 0")


class _UnusableError(InputError):
    """The chosen columns yield no points; the message says what to choose instead."""

    def __init__(self, source: str, words: str) -> None:
        super().__init__(source, "these columns", words)
        self.args = (f"{source}: {words}",)


class Sheet(NamedTuple):
    """The cells of a text. Every row has a cell for every column; `lines` holds the line of each row in the text."""

    source: str
    """Its name in messages: that of the file, or of the origin of the text."""
    path: Path | None
    names: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]
    has_header: bool
    separator: str
    decimal_comma: bool

    def column(self, place: int) -> list[str]:
        """The cells of a column, without blanks around them."""
        return [row[place].strip() for row in self.rows]

    def number(self, cell: str) -> float | None:
        """The finite number in a cell of this sheet, or None."""
        return number(cell, self.decimal_comma)

    @property
    def words(self) -> str:
        """A summary of how the text was read."""
        size = f"{len(self.rows):,} row{'' if len(self.rows) == 1 else 's'}, {len(self.names)} columns"
        decimals = ", decimal commas" if self.decimal_comma else ""
        return f"{size}, separated by {SEPARATORS[self.separator]}{'' if self.separator == ' ' else 's'}{decimals}"


class Picked(NamedTuple):
    """The columns of a sheet to use as coordinates and target, by position, and the task."""

    x1: int
    x2: int
    target: int
    task: Task | None = None


class Dropped(NamedTuple):
    """Rows left out for one reason, with line and cell of the first."""

    reason: str
    rows: int
    line: int
    cell: str

    @property
    def words(self) -> str:
        """The rows and the reason in a sentence."""
        one = self.rows == 1
        shown = f": {one_line(self.cell, 24)!r}" if self.cell else ""
        where = f"row {self.line}" if one else f"the first is row {self.line}"
        return f"{self.rows:,} row{'' if one else 's'} left out: {self.reason} ({where}{shown})."


class Extracted(NamedTuple):
    """The usable points of a sheet, scaled to −5…5 on each axis, and the rows that were left out."""

    x: Array
    labels: Array
    task: Task
    class_names: tuple[str, ...]
    used: Array
    """The indices of the used rows in the sheet."""
    dropped: tuple[Dropped, ...]


# Reading ------------------------------------------------------------------------------------------------------


def from_file(path: Path, *, separator: str | None = None, header: bool | None = None) -> Sheet:
    """Read a file of up to MAX_BYTES; of a larger one nothing is read. Raises InputError."""
    try:
        content = read_bytes(path, MAX_BYTES)
    except TooLargeError as error:
        size = MAX_BYTES // 2**20
        raise InputError(path.name, f"more than {size} MB", f"at most {size} MB") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(str(path), "this file", f"a readable text file ({reason})") from error
    sheet = from_text(decoded(content), path.name, separator=separator, header=header)
    return sheet._replace(path=path)


def decoded(content: bytes) -> str:
    """The text in some bytes: UTF-16 and UTF-8 by their marks, else UTF-8 if it can be, else Latin-1."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def from_text(
    text: str, source: str = "the text", *, separator: str | None = None, header: bool | None = None
) -> Sheet:
    """Split a text into cells. Separator and header are detected unless they are given. Raises InputError."""
    text = text.removeprefix("\ufeff")
    _refuse_hostile(text, source)
    told, text, skipped = _without_declaration(text)
    separator = separator or told or _likely_separator(text)
    rows, lines = _taken_apart(text, separator, source)
    lines = [line + skipped for line in lines]
    if not rows:
        raise InputError(source, "no cells", "a table with at least one row")
    width = max(map(len, rows))
    for row in rows:
        row.extend([""] * (width - len(row)))
    comma = separator != "," and _has_decimal_commas(rows)
    if header is None:
        header = _looks_like_header(rows, comma)
    names = named(rows[0] if header else [""] * width)
    start = 1 if header else 0
    return Sheet(source, None, names, rows[start:], lines[start:], header, separator, comma)


def _refuse_hostile(text: str, source: str) -> None:
    """Raise InputError for binary data and for texts that are too large."""
    if len(text) > MAX_BYTES:
        raise InputError(source, f"{len(text):,} characters", f"at most {MAX_BYTES:,} characters")
    place = text.find("\0")
    if place >= 0:
        line = text.count("\n", 0, place) + 1
        raise InputError(f"{source}, row {line}", "a zero byte", "text; this looks like a file of another kind")
    for line, written in enumerate(io.StringIO(text, newline=""), 1):
        if len(written) > LONGEST_ROW:
            allowed = f"at most {LONGEST_ROW:,} in a row"
            raise InputError(f"{source}, row {line}", f"{len(written):,} characters", allowed)


def _without_declaration(text: str) -> tuple[str | None, str, int]:
    """The separator that a first line like `sep=;` declares, the remaining text, and the number of lines removed."""
    first, _, rest = text.partition("\n")
    declared = re.fullmatch(r'"?sep=([\t;,| ])"?\r?', first)
    return (declared.group(1), rest, 1) if declared else (None, text, 0)


def _likely_separator(text: str) -> str:
    """The separator that gives the most regular rows with the most numbers in them."""
    start = "".join(line for line, _ in zip(io.StringIO(text, newline=""), range(_LOOK), strict=False))
    scores = {separator: _regularity(start, separator) for separator in SEPARATORS}
    return max(scores, key=lambda separator: scores[separator])


def _regularity(text: str, separator: str) -> float:
    """A score of how regular the table is with this separator; 0 for a single column."""
    try:
        rows = [row for row, _ in cells(text, separator) if any(cell.strip() for cell in row)]
    except csv.Error:
        return 0.0
    widths = [len(row) for row in rows]
    if not widths or max(widths) < 2:
        return 0.0
    usual = max(set(widths), key=widths.count)
    if usual < 2:
        return 0.0
    comma = separator != "," and _has_decimal_commas(rows)
    clean = [number(cell, comma) is not None or not cell.strip() for row in rows for cell in row]
    return widths.count(usual) / len(widths) * (0.1 + sum(clean) / len(clean))


def _taken_apart(text: str, separator: str, source: str) -> tuple[list[list[str]], list[int]]:
    """The rows that are not empty, and the line each begins at. Raises InputError."""
    rows: list[list[str]] = []
    lines: list[int] = []
    line, width, total = 1, 1, text.count("\n") + 1
    try:
        for number, (row, after) in enumerate(cells(text, separator)):
            if number % NOTE_ROWS == 0:
                progress.report_progress(after, total)
            if any(cell.strip() for cell in row):
                _refuse_long(row, line, source)
                rows.append(row)
                lines.append(line)
                width = max(width, len(row))
            if len(rows) > _MAX_ROWS + 1:
                raise InputError(f"{source}, row {line}", "one row too many", f"at most {_MAX_ROWS:,} rows")
            if len(rows) * width > _MAX_CELLS:
                size = f"{len(rows):,} rows of {width:,} columns"
                raise InputError(f"{source}, row {line}", size, f"at most {_MAX_CELLS:,} cells")
            line = after + 1
    except csv.Error as error:
        raise InputError(f"{source}, row {line}", "this row", f"cells that can be told apart ({error})") from error
    return rows, lines


def _refuse_long(row: list[str], line: int, source: str) -> None:
    """Raise InputError for a row of too many cells, or a cell so long that a quote must have been left open."""
    if len(row) > _MAX_COLUMNS:
        raise InputError(f"{source}, row {line}", f"{len(row):,} columns", f"at most {_MAX_COLUMNS} columns")
    for place, cell in enumerate(row, 1):
        if len(cell) > _MAX_CELL:
            allowed = f"at most {_MAX_CELL:,} characters in a cell; perhaps a quote is not closed"
            raise InputError(f"{source}, row {line}, column {place}", f"{len(cell):,} characters", allowed)


def cells(text: str, separator: str) -> Iterator[tuple[list[str], int]]:
    """Yield the rows of cells, each with the number of its last line."""
    if separator == " ":
        text = "\n".join(re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines())
    lines = Rows(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=separator == " ")
    for row in reader:
        lines.end_row()
        yield row, reader.line_num


def _has_decimal_commas(rows: Sequence[Sequence[str]]) -> bool:
    """Whether more numbers are written with a decimal comma than with a decimal point."""
    commas = points = 0
    for row in rows[: 10 * _LOOK]:
        for cell in row:
            if "," in cell or "." in cell:
                commas += _NUMBER.fullmatch(plain(cell).translate(_SWAPPED)) is not None and "," in cell
                points += _NUMBER.fullmatch(plain(cell)) is not None
    return commas > points


def plain(cell: str) -> str:
    """A cell without blanks that group digits, and with a plain minus."""
    return cell.strip().translate(_CLEANED)


def number(cell: str, decimal_comma: bool = False) -> float | None:
    """The finite number in a cell, or None."""
    text = plain(cell)
    if decimal_comma:
        text = text.translate(_SWAPPED)
    if _NUMBER.fullmatch(text) is None:
        if _GROUPED.fullmatch(text) is None:
            return None
        text = text.replace(",", "")
    value = float(text)
    return value if math.isfinite(value) else None


def _looks_like_header(rows: Sequence[Sequence[str]], comma: bool) -> bool:
    """Whether the first row names the columns: it has no number where later rows have some."""
    first, later = rows[0], rows[1 : _LOOK + 1]
    if any(number(cell, comma) is not None for cell in first):
        return False
    return any(number(row[place], comma) is not None for row in later for place in range(len(first)))


def named(header: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns; those without one are numbered."""
    return tuple(one_line(name, 200) or f"Column {place}" for place, name in enumerate(header, 1))


# Points -------------------------------------------------------------------------------------------------------


def guess(sheet: Sheet) -> Picked:
    """Guess the columns to use: two of numbers, and a target with a typical name or the last position."""
    places = range(len(sheet.names))
    numeric = sorted((place for place in places if _is_numeric(sheet, place)), key=lambda k: _counts_rows(sheet, k))
    texts = [place for place in places if place not in numeric]
    few = [place for place in texts if len(set(sheet.column(place))) <= MAX_CLASSES]
    free = [place for place in places if place not in numeric[:2]]
    target = (_called_target(sheet, numeric) or few[::-1] or texts[::-1] or free[::-1] or [places[-1]])[0]
    others = [place for place in (*numeric, *texts) if place != target]
    first, second = (*others, target, target)[:2]
    return Picked(first, second, target)


def _called_target(sheet: Sheet, numeric: Sequence[int]) -> list[int]:
    """Columns with a typical name of a target, the likeliest first, that leave two numeric ones for the axes."""
    names = [name.lower() for name in sheet.names]
    words = [word for word in _TARGET_WORDS if word in names and not (word == "y" and "x" in names)]
    places = [names.index(word) for word in words]
    return [place for place in places if len(numeric) - (place in numeric) >= 2]


def _counts_rows(sheet: Sheet, place: int) -> bool:
    """Whether a column only numbers the rows."""
    name = sheet.names[place].lower()
    return sheet.has_header and name in (*_ROW_NUMBER_WORDS, f"column {place + 1}")


def _is_numeric(sheet: Sheet, place: int) -> bool:
    """Whether most cells of a column that are not missing are numbers."""
    present = [row[place] for row in sheet.rows[: 10 * _LOOK] if not is_missing(row[place])]
    return 2 * sum(sheet.number(cell) is not None for cell in present) > len(present)


def is_missing(cell: str) -> bool:
    """Whether a cell marks a missing value."""
    return cell.strip().lower() in MISSING


def extracted(sheet: Sheet, picked: Picked) -> Extracted:
    """The points of three columns. Raises InputError if none is left, or the target has too many classes."""
    _refuse_one_axis(sheet, picked)
    wanted = [picked.x1, picked.x2, *([picked.target] if picked.task == "regression" else [])]
    columns = {place: [sheet.number(row[place]) for row in sheet.rows] for place in wanted}
    used: list[int] = []
    problems: dict[str, list[tuple[int, str]]] = {}
    for place, row in enumerate(sheet.rows):
        if place % NOTE_ROWS == 0:
            progress.report_progress(place, len(sheet.rows))
        problem, cell = _problem_of(sheet, picked, row, {column: columns[column][place] for column in columns})
        if problem:
            problems.setdefault(problem, []).append((sheet.lines[place], cell))
        else:
            used.append(place)
    dropped = tuple(Dropped(reason, len(found), *found[0]) for reason, found in problems.items())
    if not used:
        why = " ".join(drop.words for drop in dropped) or "There are no rows."
        raise _UnusableError(sheet.source, f"no row can be used. {why} Choose columns of numbers for x₁ and x₂.")
    x = np.array([[columns[picked.x1][place], columns[picked.x2][place]] for place in used], dtype=float)
    targets = _pointed(sheet, [sheet.rows[place][picked.target].strip() for place in used])
    labels, task, names = target_values(targets, sheet.names[picked.target], picked.task)
    return Extracted(scaled(x), labels, task, names, np.array(used), dropped)


def _problem_of(sheet: Sheet, picked: Picked, row: list[str], numbers: dict[int, float | None]) -> tuple[str, str]:
    """The reason why a row can't be used, and the cell at fault; empty for a usable row."""
    if any(is_missing(row[place]) for place in picked[:3]):
        return "a cell is missing", ""
    for place, value in numbers.items():
        if value is None:
            return f"no number in {sheet.names[place]}", row[place]
        if picked.task == "regression" and place == picked.target and abs(value) > LARGEST:
            return f"beyond {LARGEST:g} in {sheet.names[place]}", row[place]
    return "", ""


def _refuse_one_axis(sheet: Sheet, picked: Picked) -> None:
    """Raise InputError if both axes are the same column."""
    if len(sheet.names) == 1:
        raise _UnusableError(
            sheet.source,
            "there is only one column, but points need one for x₁ and one for x₂. Perhaps another separator parts the "
            "cells.",
        )
    if picked.x1 == picked.x2:
        name = one_line(sheet.names[picked.x1], 60)
        raise _UnusableError(
            sheet.source,
            f"x₁ and x₂ are both {name}, so all points would lie on a line. Choose two different columns.",
        )


def _leak_words(sheet: Sheet, picked: Picked) -> tuple[str, ...]:
    """A warning if the target is one of the axes."""
    if picked.target not in picked[:2]:
        return ()
    axis = "x₁" if picked.target == picked.x1 else "x₂"
    return (
        f"{one_line(sheet.names[picked.target], 60)} is the target and {axis}: the network is told what to predict.",
    )


def _pointed(sheet: Sheet, targets: list[str]) -> list[str]:
    """The targets in Python's notation if all are numbers, else unchanged."""
    values = [sheet.number(cell) for cell in targets]
    if any(value is None for value in values):
        return targets
    return [repr(value) for value in values]


_MOST_AT_FIRST = 5_000
"""The points of a table that are used by default."""


def data_set(sheet: Sheet, picked: Picked, points: Extracted | None = None) -> tuple[Dataset, tuple[str, ...]]:
    """A data set for three columns of a sheet, and notes on it.

    A file that a `Table` reads just like this stays the source of its points; any other text becomes own points.
    `points` are those of `extracted`, if they are known.
    """
    points = points or extracted(sheet, picked)
    notes = (*(drop.words for drop in points.dropped), *_leak_words(sheet, picked))
    table = _as_table(sheet, picked, points)
    if table is not None:
        return table, notes
    kept = np.arange(len(points.x))
    if len(kept) > MAX_OWN_POINTS:
        kept = np.linspace(0, len(kept) - 1, MAX_OWN_POINTS).round().astype(np.intp)
        notes += (f"{MAX_OWN_POINTS:,} of {len(points.x):,} rows are used, evenly spread: more can't be own points.",)
    x1, x2, target = (tuple(column.astype(float).tolist()) for column in (*points.x[kept].T, points.labels[kept]))
    names = () if points.class_names == CLASS_NAMES[: len(points.class_names)] else points.class_names
    own = UserPoints(x1=x1, x2=x2, target=target, task=points.task, class_names=names)
    own.check()
    return own, notes


def _as_table(sheet: Sheet, picked: Picked, points: Extracted) -> Table | None:
    """The table that reads the very same points from the sheet's file, if there is one."""
    if sheet.path is None or not sheet.has_header:
        return None
    x1, x2, target = (sheet.names[place] for place in picked[:3])
    if any(sheet.names.index(name) != place for name, place in zip((x1, x2, target), picked, strict=False)):
        return None
    table = Table(path=str(sheet.path.resolve()), x1=x1, x2=x2, target=target, task=picked.task)
    try:
        rows = read_table(Path(table.path), x1, x2, target, picked.task)
    except InputError:
        return None
    same = (
        rows.dropped == sum(drop.rows for drop in points.dropped)
        and (rows.task, rows.class_names) == (points.task, points.class_names)
        and np.array_equal(scaled(rows.x), points.x)
        and np.array_equal(rows.labels, points.labels)
    )
    points_at_first = min(len(points.x), _MOST_AT_FIRST)
    return msgspec.structs.replace(table, points=points_at_first) if same else None


# Points of our own --------------------------------------------------------------------------------------------


def to_tsv(sample: Sample) -> str:
    """Points for a spreadsheet: x1, x2, label and split, separated by tabs, with a header."""
    return written(sample, "\t")


def to_csv(sample: Sample) -> str:
    """Points for a file: x1, x2, label and split, separated by commas, with a header."""
    return written(sample, ",")


def written(sample: Sample, separator: str) -> str:
    """Points as text from which `read_own_points` makes the very same ones.

    `label` is the name of the class; with names that don't tell their order, a column `class` has the number. For
    regression the column is called `value`.
    """
    classify = sample.task == "classification"
    numbered = classify and sample.class_names != CLASS_NAMES[: len(sample.class_names)]
    text = io.StringIO()
    # Python's writer leaves a lone carriage return bare, which ends a row for every reader.
    bare = any("\r" in name for name in sample.class_names)
    writer = csv.writer(
        text, delimiter=separator, lineterminator="\n", quoting=csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
    )
    writer.writerow(["x1", "x2", "label" if classify else "value", "split", *(["class"] if numbered else [])])
    for (x1, x2), label, part in zip(sample.x.tolist(), sample.labels.tolist(), sample.split.tolist(), strict=True):
        said = sample.class_names[label] if classify else repr(float(label))
        writer.writerow([repr(x1), repr(x2), said, _PART_NAMES[part], *([label] if numbered else [])])
    return text.getvalue()


def read_own_points(sheet: Sheet) -> UserPoints | None:
    """The points in a sheet with exactly the columns that `written` gives, as they are; None for any other.

    `split` and `class` may be absent. Raises InputError that names the row and the column.
    """
    places = {name.lower(): place for place, name in enumerate(sheet.names)}
    target = next((name for name in ("label", "value") if name in places), "")
    wanted = {"x1", "x2", target}
    if not target or not wanted <= set(places) <= wanted | {"split", "class"} or len(places) < len(sheet.names):
        return None
    if len(sheet.rows) > MAX_OWN_POINTS:
        raise InputError(sheet.source, f"{len(sheet.rows):,} rows", f"at most {MAX_OWN_POINTS:,} own points")
    x1, x2 = (_coordinates(sheet, places[name], name) for name in ("x1", "x2"))
    names: tuple[str, ...] = ()
    task: Task = "classification" if target == "label" else "regression"
    if task == "regression":
        labels = _coordinates(sheet, places["value"], "value")
    else:
        labels, names = classes(sheet, places["label"], places.get("class"))
    train, test = marks(sheet, places.get("split"))
    own = UserPoints(x1=x1, x2=x2, target=labels, task=task, train=train, test=test, class_names=names)
    own.check()
    return own


def _coordinates(sheet: Sheet, place: int, name: str) -> tuple[float, ...]:
    """A column of numbers, each required."""
    values = []
    for row, line in zip(sheet.rows, sheet.lines, strict=True):
        value = sheet.number(row[place])
        if value is None or abs(value) > LARGEST:
            allowed = f"a number from −{LARGEST:g} to {LARGEST:g}"
            raise InputError(f"{sheet.source}, row {line}, column {name}", row[place], allowed)
        values.append(value)
    return tuple(values)


def classes(sheet: Sheet, place: int, numbers: int | None) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """The class of every row and, unless they are A, B, C, …, the names of the classes."""
    cells = [row[place] for row in sheet.rows]
    if numbers is not None:
        return _numbered_classes(sheet, cells, [row[numbers] for row in sheet.rows])
    distinct = {cell.strip() for cell in cells}
    if distinct <= set(CLASS_NAMES):
        return tuple(float(CLASS_NAMES.index(cell.strip())) for cell in cells), ()
    counted = [sheet.number(cell) for cell in cells]
    if all(value is not None and value in range(MAX_CLASSES) for value in counted):
        return tuple(value for value in counted if value is not None), ()
    if "" in distinct:
        line = sheet.lines[[cell.strip() for cell in cells].index("")]
        raise InputError(f"{sheet.source}, row {line}, column label", "", "the name of a class")
    labels, _, names = target_values([cell.strip() for cell in cells], "label", "classification")
    return tuple(labels.astype(float).tolist()), names


def _numbered_classes(sheet: Sheet, cells: list[str], numbers: list[str]) -> tuple[tuple[float, ...], tuple[str, ...]]:
    """Classes whose numbers are given, and their names in that order."""
    names: dict[int, str] = {}
    labels = []
    for name, cell, line in zip(cells, numbers, sheet.lines, strict=True):
        value = sheet.number(cell)
        if value is None or value not in range(MAX_CLASSES):
            allowed = f"a whole number from 0 to {MAX_CLASSES - 1}"
            raise InputError(f"{sheet.source}, row {line}, column class", cell, allowed)
        if names.setdefault(int(value), name) != name:
            allowed = f"{names[int(value)]}, as class {int(value)} is called before"
            raise InputError(f"{sheet.source}, row {line}, column label", name, allowed)
        labels.append(value)
    return tuple(labels), tuple(
        names.get(k) or unused_name(CLASS_NAMES[k], [*names.values()]) for k in range(max(names) + 1)
    )


def marks(sheet: Sheet, place: int | None) -> tuple[tuple[bool, ...] | None, tuple[bool, ...] | None]:
    """Training marks and test marks of the points; None for both if the column is absent or empty."""
    if place is None:
        return None, None
    cells = [cell.lower() for cell in sheet.column(place)]
    if not any(cells):
        return None, None
    for cell, line in zip(cells, sheet.lines, strict=True):
        if cell not in _PART_NAMES.values():
            allowed = "train, validation or test"
            raise InputError(f"{sheet.source}, row {line}, column split", cell, allowed)
    test = tuple(cell == "test" for cell in cells)
    return tuple(cell == "train" for cell in cells), test if any(test) else None
