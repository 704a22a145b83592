"""Splitting of text into rows of cells: encodings, separators, quotes, comments.

Text of any size is read line by line. Every error is an InputError that names the row, counted as the line in the file.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple, TextIO

from playground.files.atomic import TooLargeError, readable_size
from playground.files.errors import InputError, Spoken, UnreadableError, one_line, reason_of
from playground.files.numerals import CELL_ERRORS, number

MAX_TABLE_BYTES = 2**28
LONGEST_ROW = 100_000
_MOST_LINES = 1_000
"""The most lines of a row, whose quoted cells may contain line breaks."""
SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "blanks"}
"""The separators of cells with their names; of two that fit equally well, the first is taken."""
_COMMENT = re.compile(rf"\s*(?:#(?!\d|[0-9a-f]{{6}}\b|{CELL_ERRORS[1:].replace(' #', '|')})|%|//|\x1a)", re.IGNORECASE)
MARKS = "#%/ \t"
_RULE = re.compile(r"[-=+|:\s]*--[-=+|:\s]*")
"""The line of dashes below the header in tables laid out for reading."""


def encodings_of(path: Path) -> list[str]:
    """The encodings to try for a file, by its byte order mark or the zero bytes of UTF-16. Raises InputError."""
    try:
        readable_size(path, MAX_TABLE_BYTES)
        with path.open("rb") as file:
            start = file.read(4000)
    except TooLargeError as error:
        size = MAX_TABLE_BYTES // 2**20
        raise InputError(path.name, Spoken("more"), f"at most {size} MB long") from error
    except (OSError, ValueError) as error:
        raise UnreadableError(str(path), reason_of(error)) from error
    marks = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32"}
    marks |= {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
    encoding = next((name for mark, name in marks.items() if start.startswith(mark)), "utf-8-sig")
    even, odd = start[::2].count(0), start[1::2].count(0)
    if encoding == "utf-8-sig" and 4 * max(even, odd) > len(start[::2]) and 10 * min(even, odd) < max(even, odd):
        encoding = "utf-16-le" if odd > even else "utf-16-be"
    return [encoding, "cp1252", "latin-1"]


class Text(NamedTuple):
    """A text that can be read from its start any number of times."""

    open: Callable[[], TextIO]
    source: str
    size: int


def text_of(text: str) -> Text:
    """A `Text` that is read from a string."""
    return Text(partial(io.StringIO, text, newline=""), "", len(text))


class QuoteError(InputError):
    """Raised if a quote is not closed, or is closed before its cell ends."""


class Lines:
    """Iterates over the lines of a table for `csv.reader`, without comments; refuses rows that are too long."""

    def __init__(self, file: TextIO, text: Text, separator: str, lenient: bool) -> None:
        self.file, self.source, self.size = file, text.source, text.size
        self.separator, self.lenient = separator, lenient
        self.read = self.line = 0
        """Characters and lines read so far."""
        self.row: list[str] = []
        """The lines of the present row so far."""
        self.row_start = 0
        """Characters before the present row."""
        self.comments: list[tuple[int, str]] = []

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        while True:
            line = self.file.readline(LONGEST_ROW + 1)
            if not line:
                raise StopIteration
            self.line += 1
            self.read += len(line)
            if "\0" in line:
                raise InputError(
                    f"{self.source}, row {self.line}",
                    Spoken("a zero byte"),
                    "text; this looks like another kind of file",
                )
            if self.row or line[0].isalnum() or not (_COMMENT.match(line) or _RULE.fullmatch(line)):
                break
            self.comments.append((self.line, line.strip()))
            self.row_start = self.read
        self.row.append(line)
        if self.read - self.row_start > LONGEST_ROW or len(self.row) > _MOST_LINES:
            length = f"more than {LONGEST_ROW:,} characters or {_MOST_LINES:,} lines"
            raise QuoteError(
                f"{self.source}, row {self.start}", Spoken(length), "shorter; perhaps a quote is not closed"
            )
        if self.separator == " " and len(self.row) == 1:
            line = line.replace("\t", " ").strip() + "\n"
        return re.sub(rf'(?<=")[ \t]+(?=[{self.separator}\r\n]|$)', "", line) if self.lenient else line

    def begin_row(self) -> None:
        """Begin a row with the next line."""
        self.row, self.row_start = [], self.read

    @property
    def start(self) -> int:
        """The line at which the present row begins."""
        return self.line - len(self.row) + 1


def rows_in(text: Text, separator: str, lenient: bool = False) -> Iterator[tuple[int, list[str], Lines]]:
    """Yield (line at which it begins, cells, all lines) for each row that is not empty. Raises InputError."""
    with text.open() as file:
        lines = Lines(file, text, separator, lenient)
        escape = "\\" if lenient else None
        rows = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True, escapechar=escape)
        while True:
            lines.begin_row()
            try:
                row = next(rows, None)
            except csv.Error as error:
                raise _quote_error("".join(lines.row), lines, separator) from error
            if row is None:
                return
            row = list(map(str.strip, row))
            if any(row):
                yield lines.start, row, lines


def _quote_error(row: str, lines: Lines, separator: str) -> QuoteError:
    """The error for a row in which a quote does not close at the end of its cell."""
    whole = re.compile(rf' *(?:"[^"]*(?:""[^"]*)*"|[^"{separator}\r\n][^{separator}\r\n]*)?(?:[{separator}\r\n]|$)')
    place = 0
    while place < len(row) and (cell := whole.match(row, place)):
        place = cell.end()
    line = lines.start + len(re.findall(r"\r\n|\r|\n", row[:place]))
    allowed = "made of cells whose quotes are closed at their end"
    return QuoteError(f"{lines.source}, row {line}", one_line(row[place : place + 80], 24), allowed)


def split_comment(comment: str, separator: str) -> list[str]:
    """The cells in a comment; empty if it has none."""
    with suppress(InputError):
        return next((row for _, row, _ in rows_in(text_of(comment.lstrip(MARKS)), separator)), [])
    return []


def likely_separator(lines: Sequence[str]) -> str:
    """The separator that gives the most regular rows with the most numbers in them."""
    start = text_of("".join(lines))
    scores = {separator: _regularity(start, separator) for separator in SEPARATORS}
    if not any(scores.values()):
        # Perhaps quotes are not closed, which reading will report.
        scores = {separator: sum(separator in line for line in lines) for separator in "\t;,|"}
    return max(scores, key=lambda separator: scores[separator])


def _regularity(text: Text, separator: str) -> float:
    """A score of how regular the table is with a separator, and how numeric its cells; 0 for a single column."""
    rows: list[list[str]] = []
    # The last row may be cut off.
    with suppress(InputError):
        rows.extend(row for _, row, _ in rows_in(text, separator, lenient=True))
    widths = Counter(map(len, rows))
    usual = max(widths, key=lambda width: widths[width], default=0)
    if usual < 2:
        return 0.0
    signs = "." if separator == "," else ".,"
    clean = [not cell or any(number(cell, sign) is not None for sign in signs) for row in rows for cell in row]
    return widths[usual] / len(rows) * (0.1 + sum(clean) / len(clean))
