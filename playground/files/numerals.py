"""Parsing of numbers and dates as people write them, in cells of tables and in text fields."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date
from typing import NamedTuple

CELL_ERRORS = "#n/a #na #null! #div/0! #value! #ref! #name? #num!"
"""Error values that spreadsheets write into cells."""
MISSING = frozenset(["", *f"? n/a nan -nan nat <na> \\n 1.#qnan 1.#ind {CELL_ERRORS}".split()])
"""Cells that always mean a missing value, in lower case."""
MISSING_WORDS = frozenset(("na", "none", "null"))
"""Cells that mean a missing value among numbers; among text they may be classes."""
_SIGNS = ("-", "--", "–", "—", ".", "..", "*")
MISSING_SIGNS = frozenset((*_SIGNS, "nil", "missing", "undefined", "n.a.", "<null>", "(null)"))
"""Cells that mean a missing value among numbers, and among text if the same table has them among numbers."""

_ANY_MISSING = MISSING | MISSING_WORDS | MISSING_SIGNS

_CLEANED = str.maketrans({"−": "-", "’": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
_GROUPED = {
    # Groups of three digits, or Indian groups, separated by commas, points, apostrophes or blanks.
    ".": r"[1-9]\d{0,2}(?:(?P<group>[,' ])\d{3})(?:(?P=group)\d{3})*|[1-9]\d?(?:,\d\d)+,\d{3}",
    ",": r"[1-9]\d{0,2}(?:(?P<group>[.' ])\d{3})(?:(?P=group)\d{3})*",
}
NUMBERS = {
    sign: re.compile(rf"[+-]?(?:(?:\d+|{grouped})(?:[{sign}]\d*)?|[{sign}]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
    for sign, grouped in _GROUPED.items()
}
_PLAIN = frozenset("0123456789.+-eE")
CODE_LIKE = re.compile(r"[+-]?0\d+|\d+[eE]\d+|\d{16,}", re.ASCII)
"""Cells that may be codes instead of numbers: 007, 1E2, or more digits than a float keeps."""
_TIME = r"[T ](\d\d?):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:Z|([+-]\d\d):?(\d\d))?"
DATE = re.compile(rf"(\d{{1,4}})([-/.])(\d{{1,2}})\2(\d{{1,4}})(?:{_TIME})?", re.ASCII)
FIRST_DAY = date(1970, 1, 1).toordinal()


def number(cell: str, decimal: str = ".") -> float | None:
    """The finite number in a cell, or None."""
    cell = cell.strip()
    if not cell.isascii():
        cell = cell.translate(_CLEANED)
    found = NUMBERS[decimal].fullmatch(cell)
    if found is None:
        return None
    if found["group"] is not None or (decimal == "." and "," in cell):
        cell = re.sub(rf"[^\d{decimal}eE+-]", "", cell)
    value = float(cell.replace(",", "."))
    return value if math.isfinite(value) else None


def numbers_in(cells: Sequence[str], decimal: str) -> dict[str, float]:
    """The finite numbers among distinct cells, by cell."""
    with suppress(ValueError):
        if decimal == "." and _PLAIN.issuperset("".join(cells)):
            # Python's float reads these cells the same way, and much faster.
            values = dict(zip(cells, map(float, cells), strict=True))
            if all(map(math.isfinite, values.values())):
                return values
    read = ((cell, number(cell, decimal)) for cell in cells)
    return {cell: value for cell, value in read if value is not None}


def any_number(cell: str) -> float | None:
    """The finite number in a cell, with a decimal point or else a decimal comma; None if there is none."""
    point = number(cell)
    return point if point is not None else number(cell, ",")


def is_number(cell: str) -> bool:
    return any_number(cell) is not None


def is_missing(cell: str) -> bool:
    """Whether a cell among numbers means a missing value."""
    return cell.lower() in _ANY_MISSING


_TYPED = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?", re.ASCII)
_TYPED_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([,' _])\d{3})(?:\1\d{3})*(?:\.\d*)?(?:e[+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}", re.ASCII)
_SIGNS_TYPED = str.maketrans(
    {"–": "-", "\u066b": ".", "\u066c": ",", **{chr(0xFEE0 + k): chr(k) for k in range(33, 127)}}
)
"""A translation to ASCII for characters of other keyboards, such as the full-width ones of Chinese and Japanese."""


def typed_number(text: str, *, whole: bool = False) -> str:
    """Convert a typed number to ASCII digits with a decimal point. Raises ValueError, whose message may be empty.

    The decimal sign is a point: 0.5, .5, 1e-3. Thousands may be separated by spaces, apostrophes or underscores, and
    by commas where these can't be decimal signs: 1,000.5 and 1,000,000, but not 2,500. Digits of any script are read.
    If a `whole` number is wanted, 2.000 is ambiguous, too.
    """
    cleaned = text.strip().translate(_CLEANED).translate(_SIGNS_TYPED).lower()
    cleaned = "".join(str(unicodedata.decimal(sign, sign)) for sign in cleaned)
    if whole and _THOUSANDS.fullmatch(cleaned):
        raise ValueError(_two_readings(text, f"{float(cleaned):g}", cleaned.replace(".", "")))
    if _TYPED.fullmatch(cleaned):
        return cleaned
    plain = re.sub("[,' _]", "", cleaned) if _TYPED_GROUPED.fullmatch(cleaned) else None
    other = number(cleaned, ",") if "," in cleaned or cleaned.count(".") > 1 else None
    if plain is not None and other is None:
        return plain
    if plain is not None and other is not None:
        raise ValueError(_two_readings(text, plain, f"{other:.15g}"))
    if cleaned.endswith("%") and (share := number(cleaned[:-1])) is not None:
        raise ValueError(_two_readings(text, f"{share:.15g}", f"{share / 100:.15g}"))
    if "," in cleaned or other is not None:
        instead = "" if other is None else f": type {other:.15g}"
        raise ValueError(f"The decimal sign is a point, as in 0.5{instead}.")
    raise ValueError


def _two_readings(text: str, *readings: str) -> str:
    """The error message for a typed number that can mean several numbers."""
    return f"{text.strip()} can mean {' or '.join(readings)}; type one of them."


class Signs(NamedTuple):
    """Evidence for the decimal sign of a column."""

    proven: str = ""
    """The sign that most of the unambiguous cells have; empty if there are none."""
    example: str = ""
    """A cell such as 1,200 or 1.200, whose sign may be a decimal sign or separate thousands; empty if there is none."""
    plain: str = ""
    """The size of whole numbers without separators: "small" (at most 3 digits), else "large"; "" if there are none."""

    @classmethod
    def of(cls, cells: Iterable[str]) -> Signs:
        """The evidence in the cells of a column."""
        proofs: Counter[str] = Counter()
        example, plain = "", ""
        for cell in sorted({cell for cell in cells if not cell.isalpha()}):
            cleaned = cell.translate(_CLEANED)
            fitting = [sign for sign in NUMBERS if NUMBERS[sign].fullmatch(cleaned)]
            if len(fitting) == 1:
                proofs[fitting[0]] += 1
            elif fitting and ("," in cell or "." in cell):
                example = example or cell
            elif fitting and cleaned.lstrip("+-").isdecimal():
                plain = "large" if plain == "large" or len(cleaned.lstrip("+-")) > 3 else "small"
        return cls(max(proofs, key=lambda sign: proofs[sign], default=""), example, plain)

    @property
    def likely(self) -> str:
        """The decimal sign if the other seems to separate thousands, as in a column of 1.200 and 950; else empty."""
        groups = self.example and self.plain == "small" and not self.proven
        return ("," if "." in self.example else ".") if groups else ""


def day_of(found: re.Match[str], first: str) -> float | None:
    """Days since 1970 (UTC) of a match of `DATE`, with the "day" or the "month" `first`; None for an invalid date."""
    one, two, three = int(found[1]), int(found[3]), int(found[4])
    if len(found[1]) == 4 and len(found[4]) <= 2:
        year, month, day = one, two, three
    elif len(found[4]) == 4 and len(found[1]) <= 2:
        year, day, month = three, *((one, two) if first == "day" else (two, one))
    elif len(found[1]) <= 2 and len(found[4]) == 2 and found[2] == "/":
        # POSIX reads years of two digits in this way.
        year, day, month = 1969 + (three - 69) % 100, *((one, two) if first == "day" else (two, one))
    else:
        return None
    seconds = 3600 * int(found[5] or 0) + 60 * int(found[6] or 0) + int(found[7] or 0)
    seconds -= 3600 * int(found[8] or 0) + 60 * int(f"{(found[8] or '+')[0]}{found[9] or 0}")
    try:
        return date(year, month, day).toordinal() - FIRST_DAY + seconds / 86400
    except ValueError:
        return None
