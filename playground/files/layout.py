"""Recognizing the layout of a table: where its rows begin, how wide they are, and which row names the columns."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from playground.files.errors import one_line
from playground.files.numerals import DATE, any_number, is_missing, is_number


class Reading(NamedTuple):
    """Choices for tables that can be read in two ways; None leaves the likelier way."""

    separator: str | None = None
    header: bool | None = None
    """Whether the first row names the columns."""
    decimal: Literal[".", ","] | None = None
    """The decimal sign of columns such as 1,200 and 3,400, whose sign could as well separate thousands."""
    dates: Literal["day", "month"] | None = None
    """Whether the day or the month comes first in dates that allow both."""
    codes: Literal["number", "text"] | None = None
    """Whether cells such as 007 and 1E2 are numbers or text."""
    words: Literal["class", "missing"] | None = None
    """Whether "none" and "NA" among text are classes or missing values."""
    letters: Literal["different", "same"] | None = None
    """Whether classes that differ only in capital letters are different or the same."""


class Question(NamedTuple):
    """A part of a table that can be read in two ways; `labels` describe the reading taken and the other one."""

    subject: str
    name: str
    """The field of `Reading` that decides; empty if another choice does, such as that of the task."""
    values: tuple[Any, Any]
    """The values of that field for both readings."""
    labels: tuple[str, str]
    columns: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The question in a sentence with both readings."""
        where = f" in {', '.join(self.columns)}" if self.columns else ""
        return f"{self.subject}{where} is read as {self.labels[0]}; it could be {self.labels[1]}."


_Row: TypeAlias = tuple[int, list[str]]
"""The line of the file at which a row begins, and its cells."""


class Layout(NamedTuple):
    """The layout of a table: its first row, its number of columns, and the header above the rows."""

    start: int
    header: list[str] | None
    width: int
    named_rows: bool = False
    """Whether each row begins with its own name, a column that the header doesn't name."""
    notes: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def layout_of(rows: Sequence[_Row], comments: Iterable[_Row], reading: Reading) -> Layout:
    """Recognize the layout of a table by its first rows and the cells in its comments."""
    widths = Counter(len(row) for _, row in rows)
    width = max(widths, key=lambda width: (widths[width], width))
    # Separators at the ends of rows add no columns.
    width = max(place for _, row in rows if len(row) <= width for place, cell in enumerate(row, 1) if cell)
    start, notes = 0, []
    while start + 1 < len(rows) and _stands_above([row for _, row in rows[start:]], width):
        line, row = rows[start]
        notes.append(f"Row {line} is neither a header nor a point: {one_line(', '.join(row), 60)}.")
        start += 1
    line, first = rows[start]
    below = [row for _, row in rows[start + 1 :]]
    header, doubtful = _is_header(first, below, width)
    names = next((row for place, row in comments if place == line - 1 and len(row) == width > 1), None)
    if names is not None and not header and reading.header is None:
        notes.append(f"The column names are in the comment above, row {line - 1}.")
        return Layout(start, names, width, notes=tuple(notes))
    header = header if reading.header is None else reading.header
    ways = {True: "the names of the columns", False: "a row like the others"}
    subject = f"Row {line} ({one_line(', '.join(first), 60)})"
    question = Question(subject, "header", (header, not header), (ways[header], ways[not header]))
    questions = (question,) if doubtful else ()
    if not header:
        return Layout(start, None, width, notes=tuple(notes), questions=questions)
    while first and not first[-1]:
        first = first[:-1]
    named_rows = len(first) == width - 1 and any(len(row) == width and row[-1] for row in below)
    if named_rows:
        notes.append("The first cell of each row is its name, since the header has one cell fewer.")
        first = ["", *first]
    width = max(width, len(first))
    return Layout(start + 1, [*first, *[""] * (width - len(first))], width, named_rows, tuple(notes), questions)


def _stands_above(rows: Sequence[list[str]], width: int) -> bool:
    """Whether the first of some rows is neither header nor data: a title, or the counts that scikit-learn writes."""
    first = rows[0]
    longer = next((row for row in rows[1:] if len(row) > len(first)), None)
    filled = [cell for cell in first if cell]
    numeric = [cell for cell in filled if is_number(cell)]
    counts = len(first) > 3 and first[0].isdecimal() and first[1] == str(width - 1) and len(numeric) == 2
    # scikit-learn writes the names of classes behind the counts, above columns of numbers; the last may be text.
    if counts and all(is_number(cell) for row in rows[1:] for cell in row[2 : len(first)][: width - 3]):
        return True
    if len(filled) == 1 < width and not numeric and len(rows) > 2:
        # A title may be padded with separators; below it stands a header.
        return bool(first[0]) and all(rows[1]) and len(rows[1]) == width and not any(map(is_number, rows[1]))
    if len(first) >= width or longer is None:
        return False
    # A header may lack the name of the column of row names, or some names.
    return len(filled) == 1 or bool(numeric) or not any(map(is_number, longer))


def _is_header(first: Sequence[str], below: Sequence[Sequence[str]], width: int) -> tuple[bool, bool]:
    """Whether a row names the columns of the rows below it, and whether that is uncertain."""
    numbers = [value for value in map(any_number, first) if value is not None]
    if not below:
        return not numbers, False
    shift = max(width - len(first), 0)
    votes = set()
    for place, cell in enumerate(first, shift):
        votes.add(_vote(cell, [row[place] for row in below if place < len(row) and not is_missing(row[place])]))
    if "name" in votes:
        return True, bool(votes & {"value", "odd value"})
    if "repeated" in votes:
        return False, False
    distinct = len(set(first)) == len(first)
    if not numbers:
        return distinct, True
    steps = {after - before for before, after in itertools.pairwise(numbers)}
    counted = len(numbers) > 2 and steps == {1} and numbers[0] in (0, 1)
    years = len(numbers) > 1 and all(value in range(1800, 2200) for value in numbers)
    doubtful = distinct and (counted or years or "new" in votes)
    fractions = any(not value.is_integer() for row in below for value in map(any_number, row) if value is not None)
    likely = (counted and fractions) or "value" not in votes
    return doubtful and "odd value" in votes and likely, doubtful


def _vote(cell: str, below: Sequence[str]) -> str:
    """Judge a cell of the first row by those below it.

    Returns "name", "value", "odd value" for a number unlike the others, "repeated" for text that occurs below, "new"
    for text that does not although others repeat, and "" if nothing can be told.
    """
    values = [value for value in map(any_number, below) if value is not None]
    value = any_number(cell)
    if not below or is_missing(cell):
        return ""
    numeric = 2 * len(values) > len(below)
    if value is not None and numeric:
        whole = value.is_integer() and not any(one.is_integer() for one in values)
        return "odd value" if len(values) > 2 and (whole or not min(values) <= value <= max(values)) else "value"
    if numeric or all(map(DATE.fullmatch, below)):
        return "value" if DATE.fullmatch(cell) and not values else "name"
    if cell in below:
        return "repeated"
    return "new" if len(set(below)) < len(below) else ""
