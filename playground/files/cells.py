"""Tables as text: bytes become cells, and cells become columns whose kind is known.

`read_cells` reads what people have: any usual encoding, separator, decimal sign, header or none, comments, the row
names of R. Where a table can be read in two ways it takes the likelier one and says so: `Cells.questions` lists both
readings, and `Reading` chooses. Every refusal is an InputError that names the row, which is the line in the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from playground.files import progress
from playground.files.atomic import TooLargeError, read_bytes
from playground.files.errors import InputError, one_line

Kind: TypeAlias = Literal["number", "class", "date", "text", "empty"]
MAX_TABLE_BYTES = 2**28
MAX_TABLE_ROWS = 1_000_000
_MOST_CLASSES = 10
"""A column of text with more different cells than this is no column of classes."""
LONGEST_ROW = 100_000
_MAX_COLUMNS = 1_000
_MAX_CELLS = 10_000_000
_NOTE_ROWS = 1000
"""Rows between two reports of progress."""
_LOOK = 1000
"""Rows that are looked at to find out how a table is written."""
_MOST_KNOWN = 100_000
"""Different cells that are kept but once however often they stand in a table."""
_MOST_SAID = 10
"""Rows that are named one by one."""
_EPOCH = date(1970, 1, 1).toordinal()
SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "blanks"}
"""What may separate cells, with its name; of two that fit equally well the first is taken."""

_ERRORS = "#n/a #na #null! #div/0! #value! #ref! #name? #num!"
"""What spreadsheets write where there is no value."""
_MISSING = frozenset(["", *f"? n/a nan -nan nat <na> \\n 1.#qnan 1.#ind {_ERRORS}".split()])
"""Cells without a value, in small letters."""
_MISSING_WORDS = frozenset(("na", "none", "null"))
"""Cells without a value among numbers; among text they may as well be classes."""
_MISSING_SIGNS = frozenset(("-", "--", "–", "—", ".", "..", "*", "nil", "missing", "undefined"))
"""Cells without a value among numbers, and among text if numbers of the same table are missing by them."""

_CLEANED = str.maketrans({"−": "-", "’": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
_GROUPED = {
    # In threes, or the Indian way; a comma, a point, an apostrophe or a blank between the groups.
    ".": r"[1-9]\d{0,2}(?:(?P<group>[,' ])\d{3})(?:(?P=group)\d{3})*|[1-9]\d?(?:,\d\d)+,\d{3}",
    ",": r"[1-9]\d{0,2}(?:(?P<group>[.' ])\d{3})(?:(?P=group)\d{3})*",
}
_NUMBERS = {
    sign: re.compile(rf"[+-]?(?:(?:\d+|{grouped})(?:[{sign}]\d*)?|[{sign}]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
    for sign, grouped in _GROUPED.items()
}
_CODE = re.compile(r"[+-]?0\d+|\d+[eE]\d+|\d{16,}", re.ASCII)
"""What may be a code as well as a number: 007, 1E2, or more digits than a number keeps."""
_DATE = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(?:[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?Z?)?", re.ASCII)
_COMMENT = re.compile(rf"\s*(?:#(?!\d|[0-9a-f]{{6}}\b|{_ERRORS[1:].replace(' #', '|')})|%|//)", re.IGNORECASE)
_MARKS = "#%/ \t"
_RULE = re.compile(r"[-=+|:\s]*--[-=+|:\s]*")
"""The line below the names in tables made for reading."""


class Reading(NamedTuple):
    """How a table is to be read where that is open; None means the likelier way."""

    separator: str | None = None
    header: bool | None = None
    """Whether the first row names the columns."""
    decimal: Literal[".", ","] | None = None
    """The decimal sign of columns in which it could as well group digits."""
    dates: Literal["day", "month"] | None = None
    """What comes first in dates that don't tell."""
    codes: Literal["number", "text"] | None = None
    """What 007 and 1E2 are."""
    words: Literal["class", "missing"] | None = None
    """What "none" and "NA" are among text."""
    letters: Literal["different", "same"] | None = None
    """What classes are that differ only in capital letters."""


class Question(NamedTuple):
    """Something that can be read in two ways: `labels` say how it is read, and how it could be."""

    subject: str
    name: str
    """The field of `Reading` that chooses; empty if another choice does, such as that of a task."""
    values: tuple[Any, Any]
    """Its values for the two ways."""
    labels: tuple[str, str]
    columns: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The question in a sentence with both readings."""
        where = f" in {', '.join(self.columns)}" if self.columns else ""
        return f"{self.subject}{where} is read as {self.labels[0]}; it could be {self.labels[1]}."


class Column(NamedTuple):
    """A column of a table: its cells without blanks around them, and what they are."""

    name: str
    kind: Kind
    cells: list[str]
    missing: npt.NDArray[np.bool_]
    numbers: npt.NDArray[np.float64]
    """The numbers in the cells, or the days since 1970 of dates; NaN for any other cell."""


class Cells(NamedTuple):
    """A table that has been read. `lines` holds the line in the file of each row."""

    source: str
    """Its name in messages: that of the file, or of the origin of the text."""
    path: Path | None
    columns: tuple[Column, ...]
    lines: list[int]
    ragged: list[tuple[int, int]]
    """Rows that were left out since they have too many cells: their lines and how many."""
    header: bool
    separator: str
    decimal: str
    encoding: str
    notes: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns, no two alike."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column of a name. Raises NoColumnError."""
        return self.columns[_place_of(name, self.names, self.source)]

    @property
    def rows(self) -> int:
        """How many rows the table has, those with too many cells included."""
        return len(self.lines) + len(self.ragged)

    @property
    def words(self) -> str:
        """How the table was read, in a few words."""
        size = f"{self.rows:,} row{'' if self.rows == 1 else 's'}, {len(self.columns)} columns"
        plural = "" if self.separator == " " else "s"
        decimals = ", decimal commas" if self.decimal == "," else ""
        return f"{size}, separated by {SEPARATORS[self.separator]}{plural}{decimals}"


def read_cells(
    source: Path | str, name: str = "the text", reading: Reading | None = None, wanted: Sequence[str] = ()
) -> Cells:
    """Read a file, or a text that comes from `name`. Raises InputError.

    Of the columns only the `wanted` ones are kept, if there are some. Raises NoColumnError if one of them is missing.
    """
    path = source if isinstance(source, Path) else None
    if isinstance(source, Path):
        name = source.name
        text, encoding = decoded(_content(source))
    else:
        text, encoding = source.removeprefix("\ufeff"), "utf-8"
        if len(text) > MAX_TABLE_BYTES:
            raise InputError(name, f"{len(text):,} characters", f"at most {MAX_TABLE_BYTES:,} characters")
    try:
        found = _cells(text, name, reading or Reading(), wanted)
    except _QuoteError as error:
        # Quotes are sometimes escaped, or blanks follow the last one.
        with suppress(InputError):
            return _cells(text, name, reading or Reading(), wanted, mended=True)._replace(path=path, encoding=encoding)
        raise error
    return found._replace(path=path, encoding=encoding)


def _content(path: Path) -> bytes:
    """The bytes of a file. Raises InputError."""
    try:
        return read_bytes(path, MAX_TABLE_BYTES)
    except TooLargeError as error:
        size = MAX_TABLE_BYTES // 2**20
        raise InputError(path.name, f"more than {size} MB", f"at most {size} MB") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(str(path), "this file", f"a readable text file ({reason})") from error


def decoded(content: bytes) -> tuple[str, str]:
    """The text in some bytes, and its encoding: by its mark, UTF-16 by its zeros, else UTF-8 if it can be."""
    marks = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"}
    marks |= {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    encoding = next((name for mark, name in marks.items() if content.startswith(mark)), "")
    even, odd = content[:4000:2].count(0), content[1:4000:2].count(0)
    if not encoding and 4 * max(even, odd) > len(content[:4000:2]) and 10 * min(even, odd) < max(even, odd):
        encoding = "utf-16-le" if odd > even else "utf-16-be"
    for name in (encoding or "utf-8", "cp1252"):
        try:
            return content.decode(name).removeprefix("\ufeff"), name
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1"), "latin-1"


def _cells(text: str, source: str, reading: Reading, wanted: Sequence[str], mended: bool = False) -> Cells:
    """The table in a text. Raises InputError."""
    declared = re.match(r'"?sep=([\t;,| ])"?(?:\r?\n|$)', text)
    separator = reading.separator or (declared[1] if declared else _likely_separator(text))
    rows = _rows(text, separator, source, mended)
    if declared:
        next(rows, None)
    look = list(itertools.islice(rows, _LOOK))
    if not look:
        raise InputError(source, "no cells", "a table with at least one row")
    above = ((line, _split(text, separator)) for line, text in look[0][2].comments)
    layout = _layout([(line, row) for line, row, _ in look], list(above), reading)
    names = _names(layout.header or [], layout.width)
    places = list(range(1 if layout.named_rows else 0, layout.width))
    if wanted:
        places = sorted({_place_of(name, names, source) for name in wanted})
    if len(places) > _MAX_COLUMNS:
        raise InputError(source, f"{len(places):,} columns", f"at most {_MAX_COLUMNS:,} columns")
    first = [row for _, row, _ in look[layout.start :]]
    context = _Context.of([[row[k] if k < len(row) else "" for row in first] for k in range(layout.width)], separator)
    taken, lines, ragged, comments = _taken(itertools.chain(look[layout.start :], rows), layout.width, places, source)
    asked = _Asked(reading, context, lines)
    named = layout.header or [""] * layout.width
    columns = [
        _column(names[place], cells, asked)
        for place, cells in zip(places, taken, strict=True)
        if named[place] or any(cells)
    ]
    notes = [*layout.notes, *_comment_notes(comments)]
    return Cells(
        source, None, tuple(columns), lines, ragged, layout.header is not None, separator, context.decimal, "",
        tuple(notes), (*layout.questions, *asked.questions),
    )  # fmt: skip


# Rows of cells ------------------------------------------------------------------------------------------------


class NoColumnError(InputError):
    """A table has no column of a name: that is the value, and what is allowed lists those it has."""


class _QuoteError(InputError):
    """A quote is not closed, or closed where its cell does not end."""


class _Lines:
    """The lines of a table for a CSV reader, which takes as many as a row has: none of them may be endless."""

    def __init__(self, text: str, source: str, separator: str, mended: bool) -> None:
        self.file, self.source, self.separator, self.mended = io.StringIO(text, newline=""), source, separator, mended
        self.size, self.line = len(text), 0
        self.row: list[str] = []
        """The lines of the row so far."""
        self.comments: list[tuple[int, str]] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        while True:
            line = self.file.readline(LONGEST_ROW + 1)
            if not line:
                raise StopIteration
            self.line += 1
            if "\0" in line:
                raise InputError(f"{self.source}, row {self.line}", "a zero byte", "text; this looks like another file")
            if self.row or not (_COMMENT.match(line) or _RULE.fullmatch(line)):
                break
            self.comments.append((self.line, line.strip()))
        self.row.append(line)
        if sum(map(len, self.row)) > LONGEST_ROW:
            raise csv.Error
        if self.separator == " " and len(self.row) == 1:
            line = line.replace("\t", " ").strip() + "\n"
        return re.sub(rf'(?<=")[ \t]+(?=[{self.separator}\r\n]|$)', "", line) if self.mended else line

    @property
    def start(self) -> int:
        """The line at which the row begins."""
        return self.line - len(self.row) + 1


def _rows(text: str, separator: str, source: str, mended: bool = False) -> Iterator[tuple[int, list[str], _Lines]]:
    """Yield the rows that are not empty: the line each begins at, its cells, and all lines. Raises InputError."""
    lines = _Lines(text, source, separator, mended)
    escape = "\\" if mended and '\\"' in text else None
    rows = csv.reader(
        lines, delimiter=separator, skipinitialspace=True, strict=True, escapechar=escape, doublequote=not escape
    )
    while True:
        lines.row = []
        try:
            row = next(rows, None)
        except csv.Error as error:
            raise _quote_error("".join(lines.row), lines, separator) from error
        if row is None:
            return
        row = [cell.strip() for cell in row]
        if any(row):
            yield lines.start, row, lines


def _quote_error(row: str, lines: _Lines, separator: str) -> InputError:
    """The error for a row that is endless, or has a quote that does not close at the end of its cell."""
    whole = re.compile(rf' *(?:"(?:[^"]|"")*"|[^"{separator}\r\n][^{separator}\r\n]*)?(?:[{separator}\r\n]|$)')
    place = 0
    while place < len(row) and (cell := whole.match(row, place)):
        place = cell.end()
    if len(row) > LONGEST_ROW and row.find('"', place) < 0:
        length = f"more than {LONGEST_ROW:,} characters"
        return InputError(f"{lines.source}, row {lines.start}", length, f"at most {LONGEST_ROW:,} in a row")
    line = lines.start + len(re.findall(r"\r\n|\r|\n", row[:place]))
    rest = one_line(row[place : place + 80], 24)
    return _QuoteError(f"{lines.source}, row {line}", rest, "a quote that is closed again, at the end of its cell")


def _split(comment: str, separator: str) -> list[str]:
    """The cells of a comment, as far as it has some."""
    with suppress(InputError):
        return next((row for _, row, _ in _rows(comment.lstrip(_MARKS), separator, "", mended=True)), [])
    return []


def _likely_separator(text: str) -> str:
    """The separator that gives the most regular rows with the most numbers in them."""
    start = "".join(itertools.islice(io.StringIO(text, newline=""), 100))
    scores = {separator: _regularity(start, separator) for separator in SEPARATORS}
    return max(scores, key=lambda separator: scores[separator])


def _regularity(text: str, separator: str) -> float:
    """How regular the table is with this separator; 0 for a single column."""
    rows: list[list[str]] = []
    # The last row may be cut off.
    with suppress(InputError):
        rows.extend(row for _, row, _ in _rows(text, separator, "", mended=True))
    widths = Counter(map(len, rows))
    usual = max(widths, key=lambda width: widths[width], default=0)
    if usual < 2:
        return 0.0
    signs = "." if separator == "," else ".,"
    clean = [not cell or any(number(cell, sign) is not None for sign in signs) for row in rows for cell in row]
    return widths[usual] / len(rows) * (0.1 + sum(clean) / len(clean))


def _taken(
    rows: Iterable[tuple[int, list[str], _Lines]], width: int, places: Sequence[int], source: str
) -> tuple[list[list[str]], list[int], list[tuple[int, int]], list[tuple[int, str]]]:
    """The cells of some columns, the lines of the rows, the lines and widths of those too wide, and the comments."""
    columns: list[list[str]] = [[] for _ in places]
    lines: list[int] = []
    ragged: list[tuple[int, int]] = []
    known: dict[str, str] = {}
    comments: list[tuple[int, str]] = []
    size = 0
    for line, row, read in rows:
        if (len(lines) + len(ragged)) % _NOTE_ROWS == 0:
            comments, size = read.comments, size or read.size
            progress.note(min(read.file.tell(), size), size)
        while len(row) > width and not row[-1]:
            row.pop()
        if len(row) > width:
            ragged.append((line, len(row)))
            continue
        row.extend([""] * (width - len(row)))
        lines.append(line)
        for column, place in zip(columns, places, strict=True):
            cell = row[place]
            column.append(known.setdefault(cell, cell) if len(known) < _MOST_KNOWN else cell)
        if len(lines) > MAX_TABLE_ROWS:
            raise InputError(f"{source}, row {line}", "one row too many", f"at most {MAX_TABLE_ROWS:,} rows")
        if len(lines) * len(columns) > _MAX_CELLS:
            sizes = f"{len(lines):,} rows of {len(columns):,} columns"
            raise InputError(f"{source}, row {line}", sizes, f"at most {_MAX_CELLS:,} cells")
    return columns, lines, ragged, comments


# How a table is laid out --------------------------------------------------------------------------------------


_Row: TypeAlias = tuple[int, list[str]]
"""A line and the cells that begin there."""


class _Layout(NamedTuple):
    """Where rows begin, how many cells they have, and what is said above them."""

    start: int
    header: list[str] | None
    width: int
    named_rows: bool = False
    """Whether the first cell of each row is its name, for which the header has none."""
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def _layout(rows: Sequence[_Row], comments: Iterable[_Row], reading: Reading) -> _Layout:
    """How a table is laid out, by its first rows and the cells of its comments."""
    widths = Counter(len(row) for _, row in rows)
    width = max(widths, key=lambda width: (widths[width], width))
    start, notes = 0, []
    while start + 1 < len(rows) and _stands_above([row for _, row in rows[start : start + _LOOK]], width):
        line, row = rows[start]
        notes.append(f"Row {line} is neither header nor point: {one_line(', '.join(row), 60)}.")
        start += 1
    line, first = rows[start]
    below = [row for _, row in rows[start + 1 :]]
    header, doubtful = _is_header(first, below, width)
    names = next((row for place, row in comments if place == line - 1 and len(row) == width > 1), None)
    if names is not None and not header and reading.header is None:
        notes.append(f"The names of the columns stand in the comment above, row {line - 1}.")
        return _Layout(start, names, width, notes=tuple(notes))
    header = header if reading.header is None else reading.header
    ways = {True: "the names of the columns", False: "a row like the others"}
    subject = f"Row {line} ({one_line(', '.join(first), 60)})"
    question = Question(subject, "header", (header, not header), (ways[header], ways[not header]))
    questions = (question,) if doubtful else ()
    if not header:
        return _Layout(start, None, width, notes=tuple(notes), questions=questions)
    while first and not first[-1]:
        first = first[:-1]
    named_rows = len(first) == width - 1 and any(len(row) == width and row[-1] for row in below)
    if named_rows:
        notes.append("The first cell of each row is its name, since the header has one cell less.")
        first = ["", *first]
    width = max(width, len(first))
    return _Layout(start + 1, [*first, *[""] * (width - len(first))], width, named_rows, tuple(notes), questions)


def _stands_above(rows: Sequence[list[str]], width: int) -> bool:
    """Whether the first of some rows is neither header nor point: a title, or the counts that scikit-learn writes."""
    first = rows[0]
    longer = next((row for row in rows[1:] if len(row) > len(first)), None)
    filled = [cell for cell in first if cell]
    numeric = [cell for cell in filled if _is_number(cell)]
    counts = len(first) > 2 and first[0].isdecimal() and first[1] == str(width - 1) and len(numeric) == 2
    if counts and all(_is_number(cell) for row in rows[1:] for cell in row[2 : len(first)] if len(row) == width):
        return True
    if len(first) >= width or longer is None:
        return False
    # A header may lack the name of the column of row names, or some names.
    return len(filled) == 1 or bool(numeric) or not any(map(_is_number, longer))


def _is_header(first: Sequence[str], below: Sequence[Sequence[str]], width: int) -> tuple[bool, bool]:
    """Whether a row names the columns of the rows below it, and whether that can be doubted."""
    numbers = [value for value in map(_any_number, first) if value is not None]
    if not below:
        return not numbers, False
    shift = max(width - len(first), 0)
    votes = set()
    for place, cell in enumerate(first, shift):
        votes.add(_vote(cell, [row[place] for row in below if place < len(row) and not _is_missing(row[place])]))
    if "name" in votes:
        return True, bool(votes & {"value", "odd value", "repeated"})
    if "repeated" in votes:
        return False, False
    distinct = len(set(first)) == len(first)
    if not numbers:
        return distinct, True
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    counted = steps == {1} and numbers[0] in (0, 1)
    years = len(numbers) > 1 and all(value in range(1800, 2200) for value in numbers)
    doubtful = distinct and (counted or years or "new" in votes)
    return doubtful and "odd value" in votes and "value" not in votes, doubtful


def _vote(cell: str, below: Sequence[str]) -> str:
    """What a cell of the first row is, by those below it: a name, a value like them, an odd one, a class, or either."""
    values = [value for value in map(_any_number, below) if value is not None]
    value = _any_number(cell)
    if not below or _is_missing(cell):
        return ""
    if value is not None and len(values) == len(below):
        whole = value.is_integer() and not any(one.is_integer() for one in values)
        return "odd value" if len(values) > 2 and (whole or not min(values) <= value <= max(values)) else "value"
    if len(values) == len(below) or all(map(_DATE.fullmatch, below)):
        return "value" if _DATE.fullmatch(cell) and not values else "name"
    if cell in below:
        return "repeated"
    return "new" if len(set(below)) < len(below) else ""


def _names(header: Sequence[str], width: int) -> list[str]:
    """The names of the columns: those without one are numbered, and those of the same name as well."""
    names: list[str] = []
    for place in range(width):
        name = _column_name(header[place] if place < len(header) else "") or f"Column {place + 1}"
        again = itertools.count(2)
        unique = name
        while unique in names:
            unique = f"{name} ({next(again)})"
        names.append(unique)
    return names


def _column_name(cell: str) -> str:
    """The name that a cell of the header gives its column."""
    return one_line(cell, 200)


def _place_of(name: str, names: Sequence[str], source: str) -> int:
    """The place of the column of a name. Raises NoColumnError."""
    # Where the names stand in a comment, an older program took its mark for a part of the first.
    for written in (_column_name(name), name.lstrip(_MARKS)):
        if written in names:
            return names.index(written)
    raise NoColumnError(source, name, f"a column of {source}: {', '.join(names)}")


def _comment_notes(comments: Sequence[tuple[int, str]]) -> list[str]:
    """What to know about lines that were left out as comments."""
    if not comments:
        return []
    several = len(comments) > 1
    return [f"{len(comments):,} comment line{'s' * several} left out ({rows_words([line for line, _ in comments])})."]


def rows_words(lines: Sequence[int]) -> str:
    """Rows in words: `row 5`, or `rows 5, 9, 12 and 40 more`."""
    more = f" and {len(lines) - _MOST_SAID:,} more" if len(lines) > _MOST_SAID else ""
    return f"row{'s' if len(lines) > 1 else ''} {', '.join(f'{line}' for line in lines[:_MOST_SAID])}{more}"


# What cells are -----------------------------------------------------------------------------------------------


def number(cell: str, decimal: str = ".") -> float | None:
    """The finite number in a cell, or None."""
    cell = cell.strip()
    if not cell.isascii():
        cell = cell.translate(_CLEANED)
    found = _NUMBERS[decimal].fullmatch(cell)
    if found is None:
        return None
    if found["group"] is not None or (decimal == "." and "," in cell):
        cell = re.sub(rf"[^\d{decimal}eE+-]", "", cell)
    value = float(cell.replace(",", "."))
    return value if math.isfinite(value) else None


def _any_number(cell: str) -> float | None:
    """The number in a cell with either decimal sign."""
    point = number(cell)
    return point if point is not None else number(cell, ",")


def _is_number(cell: str) -> bool:
    return _any_number(cell) is not None


def _is_missing(cell: str) -> bool:
    """Whether a cell has no value, if it stands among numbers."""
    lower = cell.lower()
    return lower in _MISSING or lower in _MISSING_WORDS or lower in _MISSING_SIGNS


class _Signs(NamedTuple):
    """What the numbers of a column say about the decimal sign."""

    proven: str = ""
    """The sign that is proven by most cells; empty if none is."""
    example: str = ""
    """A cell like 1,200 or 1.200 that proves none."""
    plain: str = ""
    """What stands beside such cells without a sign: numbers that are "small" and need no grouping, or "large"."""

    @classmethod
    def of(cls, cells: Iterable[str]) -> _Signs:
        """What these cells say."""
        proofs: Counter[str] = Counter()
        example, plain = "", ""
        for cell in sorted({cell for cell in cells if not cell.isalpha()}):
            cleaned = cell.translate(_CLEANED)
            fitting = [sign for sign in _NUMBERS if _NUMBERS[sign].fullmatch(cleaned)]
            if len(fitting) == 1:
                proofs[fitting[0]] += 1
            elif fitting and ("," in cell or "." in cell):
                example = example or cell
            elif fitting and cleaned.lstrip("+-").isdecimal():
                plain = "large" if plain == "large" or len(cleaned.lstrip("+-")) > 3 else "small"
        return cls(max(proofs, key=lambda sign: proofs[sign], default=""), example, plain)

    @property
    def likely(self) -> str:
        """The decimal sign if 1.200 beside 950 is 1200; empty if nothing speaks for that."""
        groups = self.example and self.plain == "small" and not self.proven
        return ("," if "." in self.example else ".") if groups else ""


class _Context(NamedTuple):
    """What all columns together say of each: the decimal sign, and the words that stand for missing numbers."""

    decimal: str
    proven: bool
    separator: str
    words: frozenset[str]

    @classmethod
    def of(cls, columns: Sequence[Sequence[str]], separator: str) -> _Context:
        """What the first rows say."""
        signs = [_Signs.of(column) for column in columns]
        proven = {one.proven for one in signs if one.proven}
        likely = [one.likely for one in signs if one.likely]
        examples = "".join(one.example for one in signs)
        if len(proven) == 1:
            decimal = min(proven)
        elif likely:
            decimal = likely[0]
        else:
            decimal = "," if "," in examples and separator == ";" else "."
        words: set[str] = set()
        for column in columns:
            if 2 * sum(map(_is_number, column)) > sum(not _is_missing(cell) for cell in column):
                words |= {cell.lower() for cell in column} & (_MISSING_WORDS | _MISSING_SIGNS)
        return cls(decimal, len(proven) == 1, separator, frozenset(words))

    def is_sure(self, signs: _Signs) -> bool:
        """Whether a column without a proof of its own has but one sensible reading."""
        if signs.plain and self.decimal in signs.example:
            return False
        return self.proven or ("," not in signs.example and self.decimal == "." and self.separator == ",")


class _Asked:
    """How columns are to be read, and what of that turned out to be open."""

    def __init__(self, reading: Reading, context: _Context, lines: Sequence[int]) -> None:
        self.reading, self.context, self.lines = reading, context, lines
        self.questions: list[Question] = []

    def choose(self, name: str, column: str, subject: str, ways: dict[str, str]) -> str:
        """The value of a field of the reading for a column: what was chosen, else the first of two.

        `ways` says of each value what it makes of the subject. What is asked of several columns is one question.
        """
        for place, one in enumerate(self.questions):
            if name and one.name == name:
                self.questions[place] = one._replace(columns=(*one.columns, column))
                return str(one.values[0])
        values = sorted(ways, key=lambda value: value != getattr(self.reading, name, None))
        labels = [ways[value] for value in values]
        self.questions.append(Question(subject, name, (values[0], values[1]), (labels[0], labels[1]), (column,)))
        return values[0]


def _column(name: str, cells: list[str], asked: _Asked) -> Column:
    """The column of these cells."""
    distinct = Counter(cells)
    present = [cell for cell in distinct if not _is_missing(cell)]
    values = _numbers(name, distinct, present, asked)
    counted = sum(distinct[cell] for cell in present if cell in values)
    others = [cell for cell in present if cell not in values]
    if counted and 2 * counted > sum(distinct[cell] for cell in present):
        if others:
            where = rows_words([asked.lines[place] for place, cell in enumerate(cells) if cell in set(others)])
            ways = {"number": "no number", "text": "a class, as all cells there would be"}
            if len(present) <= _MOST_CLASSES:
                ways = {"text": "a class if that is the target, else no number", "number": "a missing value"}
            asked.choose("", name, f"{one_line(others[0], 24)} ({where})", ways)
        return _made(name, "number", cells, lambda cell: _is_missing(cell), values)
    days = _days(name, present, asked)
    if days:
        return _made(name, "date", cells, _is_missing, days)
    words = [cell for cell in distinct if cell.lower() in _MISSING_WORDS]
    never = _MISSING | asked.context.words
    if present and words and not all(cell.lower() in asked.context.words for cell in words):
        ways = {"class": "a class", "missing": "a missing value"}
        if asked.choose("words", name, words[0], ways) == "missing":
            never |= _MISSING_WORDS
    elif not present:
        never |= _MISSING_WORDS | _MISSING_SIGNS
    cells = _with_equal_letters(name, cells, asked)
    classes = len({cell for cell in set(cells) if cell.lower() not in never})
    kind: Kind = "empty" if not classes else "class" if classes <= _MOST_CLASSES else "text"
    return _made(name, kind, cells, lambda cell: cell.lower() in never, {})


def _made(
    name: str, kind: Kind, cells: list[str], is_missing: Callable[[str], bool], values: Mapping[str, float]
) -> Column:
    """A column, each different cell of which is looked at once."""
    lost = {cell: is_missing(cell) for cell in set(cells)}
    numbers = np.fromiter((values.get(cell, math.nan) for cell in cells), np.float64, len(cells))
    return Column(name, kind, cells, np.fromiter((lost[cell] for cell in cells), np.bool_, len(cells)), numbers)


def _numbers(name: str, cells: Iterable[str], present: Sequence[str], asked: _Asked) -> dict[str, float]:
    """The numbers in the cells of a column; none if they are codes."""
    signs, context = _Signs.of(present[:_LOOK]), asked.context
    if not signs.proven and len(present) > _LOOK:
        signs = _Signs.of(present)
    decimal = signs.proven or context.decimal
    if signs.example and not signs.proven and not context.is_sure(signs):
        order = sorted(_NUMBERS, key=lambda sign: sign != decimal)
        ways = {sign: f"{number(signs.example, sign):.15g}" for sign in order}
        decimal = asked.choose("decimal", name, signs.example, ways)
    read = ((cell, number(cell, decimal)) for cell in present)
    values = {cell: value for cell, value in read if value is not None}
    codes = [cell for cell in values if _CODE.fullmatch(cell)]
    if any("." in cell or "," in cell for cell in values):
        # Beside 2.5e3, 1e3 is no code.
        codes = [cell for cell in codes if "e" not in cell.lower()]
    if codes and len(values) == len(present):
        code = one_line(min(codes), 24)
        ways = {"number": f"the number {values[min(codes)]:.15g}", "text": f"the text {code}"}
        if asked.choose("codes", name, code, ways) == "text":
            return {}
    return values


def _days(name: str, cells: Sequence[str], asked: _Asked) -> dict[str, float]:
    """The days since 1970 that dates stand for; empty unless all cells are dates."""
    found = [_DATE.fullmatch(cell) for cell in cells]
    dates = [date for date in found if date is not None]
    if not dates or len(dates) < len(cells):
        return {}
    short = [date for date in dates if len(date[1]) <= 2]
    first, open_ = "day", [date for date in short if int(date[1]) <= 12 and int(date[3]) <= 12 and date[2] != "."]
    if any(int(date[3]) > 12 for date in short):
        first = "month"
    elif short and len(open_) == len(short):
        ways = {"day": _day(short[0], "day"), "month": _day(short[0], "month")}
        likely = sorted(ways, key=lambda way: (way == "day") == (short[0][2] == "/"))
        shown = {way: f"{date.fromordinal(_EPOCH + int(ways[way] or 0))}, the {way} first" for way in likely}
        first = asked.choose("dates", name, short[0][0], shown)
    days = {date[0]: _day(date, first) for date in dates}
    return {} if None in days.values() else {cell: day for cell, day in days.items() if day is not None}


def _day(found: re.Match[str], first: str) -> float | None:
    """The days since 1970 of a date in digits, None if there is no such day."""
    one, two, three = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) == 4:
        year, month, day = one, two, three
    else:
        year, day, month = three, *((one, two) if first == "day" else (two, one))
    seconds = 3600 * int(found[5] or 0) + 60 * int(found[6] or 0) + int(found[7] or 0)
    try:
        return date(year, month, day).toordinal() - _EPOCH + seconds / 86400
    except ValueError:
        return None


def _with_equal_letters(name: str, cells: list[str], asked: _Asked) -> list[str]:
    """The cells of a column of classes, where classes that differ only in capital letters may be one."""
    counts = Counter(cells)
    alike: dict[str, list[str]] = {}
    for cell in counts:
        alike.setdefault(cell.casefold(), []).append(cell)
    pairs = [group for group in alike.values() if len(group) > 1]
    if not pairs or len(alike) > _MOST_CLASSES:
        return cells
    ways = {"different": "different classes", "same": "one class"}
    if asked.choose("letters", name, " and ".join(one_line(cell, 24) for cell in pairs[0]), ways) == "different":
        return cells
    usual = {cell: max(group, key=lambda one: counts[one]) for group in pairs for cell in group}
    return [usual.get(cell, cell) for cell in cells]
