"""Reading of tables from text: bytes become cells, and cells become columns of a known kind.

`read_cells` accepts any usual encoding, separator and decimal sign, with or without a header, comments, and the row
names of R. Where a table can be read in two ways, it takes the likelier one and lists both in `Cells.questions`; a
`Reading` decides between them. Every error is an InputError that names the row, counted as the line in the file.
"""

from __future__ import annotations

import io
import itertools
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TextIO, TypeAlias

import numpy as np
import numpy.typing as npt

from playground.files import progress
from playground.files.errors import InputError, Spoken, UnreadableError, one_line
from playground.files.layout import Question, Reading, layout_of
from playground.files.numerals import (
    CODE_LIKE,
    DATE,
    FIRST_DAY,
    MISSING,
    MISSING_SIGNS,
    MISSING_WORDS,
    NUMBERS,
    Signs,
    day_of,
    is_missing,
    is_number,
    number,
    numbers_in,
)
from playground.files.rows import (
    LONGEST_ROW,
    MARKS,
    MAX_TABLE_BYTES,
    SEPARATORS,
    Lines,
    QuoteError,
    Text,
    encodings_of,
    likely_separator,
    rows_in,
    split_comment,
)

Kind: TypeAlias = Literal["number", "class", "date", "text", "empty"]
MAX_TABLE_ROWS = 1_000_000
_MOST_CLASSES = 10
"""The most distinct cells of a column of classes; a column with more is text."""
_MAX_COLUMNS = 1_000
_MAX_CELLS = 8_000_000
_NOTE_ROWS = 1000
"""Rows between two reports of progress."""
_LOOK = 1000
"""Rows that are examined to find out how a table is written."""
_MOST_KNOWN = 100_000
"""The most distinct cells that are stored only once, however often they occur in a table."""
_MOST_SAID = 10
"""The most rows that a message names one by one."""
_MOST_CELLS_SAID = 3
"""The most different cells that a message names."""


class Column(NamedTuple):
    """A column of a table: its stripped cells, which of them are missing, and the numbers in them."""

    name: str
    kind: Kind
    cells: list[str]
    missing: npt.NDArray[np.bool_]
    numbers: npt.NDArray[np.float64]
    """The numbers in the cells, or the days since 1970 of dates; NaN for any other cell."""


class Cells(NamedTuple):
    """A table that was read from text. `lines` holds the line in the file of each row."""

    source: str
    """The table's name in messages: that of its file, or of the origin of its text."""
    path: Path | None
    columns: tuple[Column, ...]
    lines: list[int]
    ragged: list[tuple[int, int]]
    """Rows that were left out because they have too many cells, as (line, number of cells)."""
    header: bool
    separator: str
    decimal: str
    encoding: str
    notes: tuple[str, ...]
    questions: tuple[Question, ...]

    @property
    def names(self) -> list[str]:
        """The names of the columns, all different."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """The column with a name. Raises NoColumnError."""
        return self.columns[_place_of(name, self.names, self.source)]

    @property
    def rows(self) -> int:
        """The number of rows, including those with too many cells."""
        return len(self.lines) + len(self.ragged)

    @property
    def words(self) -> str:
        """The size of the table, its separator and its decimal sign, in a few words."""
        size = f"{self.rows:,} row{'' if self.rows == 1 else 's'}, {len(self.columns)} columns"
        plural = "" if self.separator == " " else "s"
        decimals = ", decimal commas" if self.decimal == "," else ""
        return f"{size}, separated by {SEPARATORS[self.separator]}{plural}{decimals}"


def read_cells(
    source: Path | str, name: str = "the text", reading: Reading | None = None, wanted: Sequence[str] = ()
) -> Cells:
    """Read a table from a file, or from a text that messages call `name`. Raises InputError.

    If `wanted` names columns, only those are kept. Raises NoColumnError if one of them is missing.
    """
    reading = reading or Reading()
    if isinstance(source, Path):
        encodings = encodings_of(source)
        for encoding in encodings:
            text = Text(partial(source.open, encoding=encoding, newline=""), source.name, source.stat().st_size)
            with suppress(UnicodeDecodeError):
                found = _cells(text, reading, wanted)
                notes = [f"Read as {encoding} (Western European), since it is not UTF-8."] * (encoding in encodings[1:])
                name = encoding.removesuffix("-sig")
                return found._replace(path=source, encoding=name, notes=(*notes, *found.notes))
    size = len(str(source))
    if size > MAX_TABLE_BYTES:
        raise InputError(name, size, f"at most {MAX_TABLE_BYTES:,} characters long")
    return _cells(
        Text(partial(io.StringIO, str(source).removeprefix("\ufeff"), newline=""), name, size), reading, wanted
    )


def _cells(text: Text, reading: Reading, wanted: Sequence[str]) -> Cells:
    """Read the table in a text; if a quote is broken, read it once more with lenient quotes. Raises InputError."""
    try:
        return _table(text, reading, wanted, lenient=False)
    except QuoteError as error:
        with suppress(InputError):
            return _table(text, reading, wanted, lenient=True)
        raise error


def _table(text: Text, reading: Reading, wanted: Sequence[str], lenient: bool) -> Cells:
    """Read the table in a text. Raises InputError.

    With `lenient` quotes, a quote inside a cell may be escaped by a backslash, and blanks may follow a closing quote.
    """
    source = text.source
    with text.open() as file:
        start = list(itertools.islice(_first_lines(file), 100))
    declared = re.fullmatch(r'"?sep=([\t;,| ])"?\s*', start[0]) if start else None
    separator = reading.separator or (declared[1] if declared else likely_separator(start))
    rows = rows_in(text, separator, lenient)
    if declared:
        next(rows, None)
    look = list(itertools.islice(rows, _LOOK))
    if not look:
        raise UnreadableError(source, "it has no rows")
    above = ((line, split_comment(comment, separator)) for line, comment in look[0][2].comments)
    layout = layout_of([(line, row) for line, row, _ in look], list(above), reading)
    names = _names(layout.header or [], layout.width)
    places = list(range(1 if layout.named_rows else 0, layout.width))
    if wanted:
        places = sorted({_place_of(name, names, source) for name in wanted})
    if len(places) > _MAX_COLUMNS:
        raise InputError(source, len(places), f"a table of at most {_MAX_COLUMNS:,} columns")
    first = [row for _, row, _ in look[layout.start :]]
    context = _Context.of([[row[k] if k < len(row) else "" for row in first] for k in range(layout.width)], separator)
    taken, lines, ragged, comments = _read_rows(
        itertools.chain(look[layout.start :], rows), layout.width, places, source
    )
    choices = _Choices(reading, context, lines)
    named = layout.header or [""] * layout.width
    columns = [
        _column(names[place], cells, choices)
        for place, cells in zip(places, taken, strict=True)
        if named[place] or any(cells)
    ]
    again = [name for name, cell in zip(names, named, strict=True) if cell and _column_name(cell) != name]
    notes = [*layout.notes, *(f"Two columns have the same name; the later one is called {name}." for name in again)]
    notes += _comment_notes(comments)
    return Cells(
        source, None, tuple(columns), lines, ragged, layout.header is not None, separator, context.decimal, "",
        tuple(notes), (*layout.questions, *choices.questions),
    )  # fmt: skip


# Rows of cells ------------------------------------------------------------------------------------------------


class NoColumnError(InputError):
    """Raised if a table has no column with the name `value`; `allowed` lists the names it has."""


def _first_lines(file: TextIO) -> Iterator[str]:
    """Yield lines for recognizing the separator, until they have `LONGEST_ROW` characters in all."""
    read = 0
    for line in iter(partial(file.readline, LONGEST_ROW), ""):
        yield line
        read += len(line)
        if read >= LONGEST_ROW:
            break


def _read_rows(
    rows: Iterable[tuple[int, list[str], Lines]], width: int, places: Sequence[int], source: str
) -> tuple[list[list[str]], list[int], list[tuple[int, int]], list[tuple[int, str]]]:
    """Read all rows as (cells by column, line of each row, (line, width) of rows left out as too wide, comments)."""
    columns: list[list[str]] = [[] for _ in places]
    lines: list[int] = []
    ragged: list[tuple[int, int]] = []
    known: dict[str, str] = {}
    comments: list[tuple[int, str]] = []
    most = min(MAX_TABLE_ROWS, _MAX_CELLS // max(1, len(places)))
    rows = iter(rows)
    while block := list(itertools.islice(rows, _NOTE_ROWS)):
        whole = []
        for line, row, _ in block:
            while len(row) > width and not row[-1]:
                row.pop()
            if len(row) > width:
                ragged.append((line, len(row)))
                continue
            row.extend([""] * (width - len(row)))
            whole.append(row)
            lines.append(line)
        if len(lines) > most:
            allowed = f"a table of at most {most:,} rows with {len(places):,} columns"
            raise InputError(source, Spoken(f"more, from row {lines[most]:,}"), allowed)
        for column, place in zip(columns, places, strict=True):
            cells = [row[place] for row in whole]
            column.extend(map(known.setdefault, cells, cells) if len(known) < _MOST_KNOWN else cells)
        read = block[-1][2]
        comments = read.comments
        progress.report_progress(min(read.read, read.size), read.size)
    return columns, lines, ragged, comments


# Names of columns ---------------------------------------------------------------------------------------------


def _names(header: Sequence[str], width: int) -> list[str]:
    """Distinct names for the columns: one without a name becomes `Column 3`, a repeated name `age (2)`."""
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
    """The name that a cell of the header gives its column, on one line."""
    return one_line(cell, 200)


def _place_of(name: str, names: Sequence[str], source: str) -> int:
    """The position of the column with a name. Raises NoColumnError."""
    # Older versions took the mark of a comment that holds the names for a part of the first name.
    for written in (_column_name(name), name.lstrip(MARKS)):
        if written in names:
            return names.index(written)
    raise NoColumnError(source, name, f"a column of {source}: {', '.join(names)}")


def _comment_notes(comments: Sequence[tuple[int, str]]) -> list[str]:
    """A note on the lines that were left out as comments; empty if there are none."""
    if not comments:
        return []
    several = len(comments) > 1
    return [f"{len(comments):,} comment line{'s' * several} left out ({rows_words([line for line, _ in comments])})."]


def rows_words(lines: Sequence[int]) -> str:
    """Rows in words: `row 5`, or `rows 5, 9, 12 and 40 more`."""
    more = f" and {len(lines) - _MOST_SAID:,} more" if len(lines) > _MOST_SAID else ""
    return f"row{'s' if len(lines) > 1 else ''} {', '.join(f'{line}' for line in lines[:_MOST_SAID])}{more}"


def cells_words(cells: Sequence[str], lines: Sequence[int]) -> str:
    """Cells and their rows in words: `n/a (rows 3, 8), foo (row 5) and others (row 9)`."""
    rows: dict[str, list[int]] = {}
    for cell, line in zip(cells, lines, strict=True):
        rows.setdefault(cell, []).append(line)
    named = list(rows.items())[:_MOST_CELLS_SAID]
    said = [f"{one_line(cell, 24)} ({rows_words(where)})" for cell, where in named]
    others = [line for where in list(rows.values())[_MOST_CELLS_SAID:] for line in where]
    return ", ".join(said) + (f" and others ({rows_words(others)})" if others else "")


# Kinds of columns ----------------------------------------------------------------------------------------------


class _Context(NamedTuple):
    """The decimal sign and the words for missing numbers that hold for the table as a whole."""

    decimal: str
    proven: bool
    separator: str
    words: frozenset[str]

    @classmethod
    def of(cls, columns: Sequence[Sequence[str]], separator: str) -> _Context:
        """The context that the first rows of all columns suggest."""
        signs = [Signs.of(column) for column in columns]
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
            if 2 * sum(map(is_number, column)) > sum(not is_missing(cell) for cell in column):
                words |= {cell.lower() for cell in column} & (MISSING_WORDS | MISSING_SIGNS)
        return cls(decimal, len(proven) == 1, separator, frozenset(words))

    def is_sure(self, signs: Signs) -> bool:
        """Whether a column whose cells fit both decimal signs has only one sensible reading in this table."""
        if signs.plain and self.decimal in signs.example:
            return False
        return self.proven or ("," not in signs.example and self.decimal == "." and self.separator == ",")


class _Choices:
    """Decides how columns are read, by `reading` where it says so, and collects the questions that stay open."""

    def __init__(self, reading: Reading, context: _Context, lines: Sequence[int]) -> None:
        self.reading, self.context, self.lines = reading, context, lines
        self.questions: list[Question] = []

    def choose(self, name: str, column: str, subject: str, ways: dict[str, str]) -> str:
        """Choose the value of the field `name`: that in `reading`, else the first of two; record it as a question.

        `ways` maps each value to a description of what `subject` becomes. A question on several columns is recorded
        once.
        """
        for place, one in enumerate(self.questions):
            if name and one.name == name:
                self.questions[place] = one._replace(columns=(*one.columns, column))
                return str(one.values[0])
        values = sorted(ways, key=lambda value: value != getattr(self.reading, name, None))
        labels = [ways[value] for value in values]
        self.questions.append(Question(subject, name, (values[0], values[1]), (labels[0], labels[1]), (column,)))
        return values[0]


def _column(name: str, cells: list[str], choices: _Choices) -> Column:
    """Determine the kind and the values of a column by its cells."""
    distinct = Counter(cells)
    present = [cell for cell in distinct if not is_missing(cell)]
    values = _numbers(name, distinct, present, choices)
    counted = sum(distinct[cell] for cell in present if cell in values)
    others = [cell for cell in present if cell not in values]
    codes = others and all(CODE_LIKE.fullmatch(cell) for cell in values)
    if counted and 2 * counted > sum(distinct[cell] for cell in present) and not codes:
        if others:
            strange = set(others)
            where = [place for place, cell in enumerate(cells) if cell in strange]
            subject = cells_words([cells[place] for place in where], [choices.lines[place] for place in where])
            ways = {"number": "no number", "text": "a class, like all other cells of its column"}
            if len(present) <= _MOST_CLASSES:
                ways = {"text": "a class where that is the target", "number": "a missing value"}
            choices.choose("", name, subject, ways)
        return _build_column(name, "number", cells, lambda cell: is_missing(cell), values)
    days = _days(name, present, choices)
    if days:
        return _build_column(name, "date", cells, is_missing, days)
    words = [cell for cell in distinct if cell.lower() in MISSING_WORDS]
    never = MISSING | choices.context.words
    if present and words and not all(cell.lower() in never - {"none"} for cell in words):
        ways = {"class": "a class", "missing": "a missing value"}
        if words[0].lower() in never:
            ways = dict(reversed(ways.items()))
        is_class = choices.choose("words", name, words[0], ways) == "class"
        never = never - MISSING_WORDS if is_class else never | MISSING_WORDS
    elif not present:
        never |= MISSING_WORDS | MISSING_SIGNS
    cells = _with_merged_letter_case(name, cells, choices)
    classes = len({cell for cell in set(cells) if cell.lower() not in never})
    kind: Kind = "empty" if not classes else "class" if classes <= _MOST_CLASSES else "text"
    return _build_column(name, kind, cells, lambda cell: cell.lower() in never, {})


def _build_column(
    name: str, kind: Kind, cells: list[str], is_missing: Callable[[str], bool], values: Mapping[str, float]
) -> Column:
    """Build a column, looking at each distinct cell only once."""
    lost = {cell: is_missing(cell) for cell in set(cells)}
    values = {cell: values.get(cell, math.nan) for cell in lost}
    numbers = np.fromiter(map(values.__getitem__, cells), np.float64, len(cells))
    return Column(name, kind, cells, np.fromiter(map(lost.__getitem__, cells), np.bool_, len(cells)), numbers)


def _numbers(name: str, cells: Iterable[str], present: Sequence[str], choices: _Choices) -> dict[str, float]:
    """The numbers in the cells of a column, by cell; empty if the cells are codes, such as 007."""
    signs, context = Signs.of(present[:_LOOK]), choices.context
    if not signs.proven and len(present) > _LOOK and not {",", "."}.isdisjoint("".join(present)):
        signs = Signs.of(present)
    decimal = signs.proven or context.decimal
    if signs.example and not signs.proven and not context.is_sure(signs):
        order = sorted(NUMBERS, key=lambda sign: sign != decimal)
        ways = {sign: f"{number(signs.example, sign):.15g}" for sign in order}
        decimal = choices.choose("decimal", name, signs.example, ways)
    values = numbers_in(present, decimal)
    codes = [cell for cell in values if CODE_LIKE.fullmatch(cell)]
    if any("." in cell or "," in cell for cell in values):
        # In a column with 2.5e3, 1e3 is a number, too.
        codes = [cell for cell in codes if "e" not in cell.lower()]
    if codes and len(values) == len(present):
        code = one_line(min(codes), 24)
        ways = {"number": f"the number {values[min(codes)]:.15g}", "text": f"the text {code}"}
        if choices.choose("codes", name, code, ways) == "text":
            return {}
    return values


def _days(name: str, cells: Sequence[str], choices: _Choices) -> dict[str, float]:
    """The days since 1970 of dates, by cell; empty unless all cells are dates."""
    found = [DATE.fullmatch(cell) for cell in cells]
    dates = [date for date in found if date is not None]
    if not dates or len(dates) < len(cells):
        return {}
    short = [date for date in dates if len(date[1]) <= 2]
    first, open_ = "day", [date for date in short if int(date[1]) <= 12 and int(date[3]) <= 12 and date[2] != "."]
    if any(int(date[3]) > 12 for date in short):
        first = "month"
    elif short and len(open_) == len(short):
        ways = {"day": day_of(short[0], "day"), "month": day_of(short[0], "month")}
        if None in ways.values():
            return {}
        likely = sorted(ways, key=lambda way: (way == "day") == (short[0][2] == "/"))
        shown = {way: f"{date.fromordinal(FIRST_DAY + int(ways[way] or 0))}, the {way} first" for way in likely}
        first = choices.choose("dates", name, short[0][0], shown)
    days = {date[0]: day_of(date, first) for date in dates}
    return {} if None in days.values() else {cell: day for cell, day in days.items() if day is not None}


def _with_merged_letter_case(name: str, cells: list[str], choices: _Choices) -> list[str]:
    """The cells of a column of classes; classes that differ only in capital letters are merged if that is chosen."""
    counts = Counter(cells)
    alike: dict[str, list[str]] = {}
    for cell in counts:
        alike.setdefault(cell.casefold(), []).append(cell)
    pairs = [group for group in alike.values() if len(group) > 1]
    if not pairs or len(alike) > _MOST_CLASSES:
        return cells
    ways = {"different": "different classes", "same": "one class"}
    shown = ", ".join(" and ".join(one_line(cell, 24) for cell in group) for group in pairs)
    if choices.choose("letters", name, shown, ways) == "different":
        return cells
    usual = {cell: max(group, key=lambda one: counts[one]) for group in pairs for cell in group}
    return [usual.get(cell, cell) for cell in cells]
