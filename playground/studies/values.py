"""Values to try, as text: `a,b,c`, `low..high:N` or `low..high:N:log`.

For a search a range has no number of values: `low..high` or `low..high:log`.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

import numpy as np

from playground.experiment.rules import possible_fields, unknown_path
from playground.experiment.settings import plain_value
from playground.files.errors import InputError

_NUMBER = r"[-+−]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(:\d+)?(:log)?")
_MOST_VALUES = 1_000_000


class Range(NamedTuple):
    """The numbers from `low` to `high`, both included."""

    low: float
    high: float
    log: bool
    whole: bool

    def spread(self, number: int) -> tuple[int | float, ...]:
        """Return `number` values with equal differences, or equal ratios if logarithmic; no whole number twice."""
        space = np.geomspace if self.log else np.linspace
        # Fifteen digits: 0.3 rather than 0.30000000000000004.
        values = [float(f"{value:.15g}") for value in space(self.low, self.high, number).tolist()]
        return tuple(dict.fromkeys(round(value) for value in values)) if self.whole else tuple(values)


def read_values(option: str, text: str) -> tuple[str, tuple[Any, ...]]:
    """Parse PATH=VALUES into the path and its values. Raises InputError, which names the option."""
    path, values = _split(option, text)
    match = _RANGE.fullmatch(values)
    if match is None:
        return path, _listed(path, values)
    if match[3] is None:
        raise InputError(path, values, "a range with a number of values, as in 0.001..1:7 or 0.001..1:7:log")
    number = int(match[3][1:])
    if not 1 <= number <= _MOST_VALUES:
        raise InputError(path, values, f"a range of 1 to {_MOST_VALUES:,} values")
    return path, _range(path, match).spread(number)


def read_range(option: str, text: str) -> tuple[str, Range | tuple[Any, ...]]:
    """Parse PATH=RANGE into the path and its range or list of values. Raises InputError, which names the option."""
    path, values = _split(option, text)
    match = _RANGE.fullmatch(values)
    if match is None:
        return path, _listed(path, values)
    if match[3] is not None:
        raise InputError(path, values, "a range without a number of values, as in 0.001..1 or 0.001..1:log")
    return path, _range(path, match)


def _split(option: str, text: str) -> tuple[str, str]:
    path, sign, values = text.partition("=")
    if not (sign and path.strip() and values.strip()):
        raise InputError(option, text, "PATH=VALUES, as in training.learning_rate=0.001..1:7:log")
    path = re.sub(r"\[(\d+)\]", r".\1", path.strip())
    if not possible_fields(path):
        raise unknown_path(path)
    return path, values.strip()


def _range(path: str, match: re.Match[str]) -> Range:
    fields = possible_fields(path)
    if not any(field.type in (int, float) for field in fields):
        raise InputError(path, match[0], fields[0].allowed)
    low, high = (float(match[place].replace("−", "-")) for place in (1, 2))
    if not low < high:
        raise InputError(path, match[0], "a range from a lower number to a higher one")
    if match[4] and low <= 0:
        raise InputError(path, match[0], "a range above 0, since its steps are equal factors (log)")
    whole = all(field.type is int for field in fields if field.type in (int, float))
    if whole and math.ceil(low) > math.floor(high):
        raise InputError(path, match[0], "a range that contains a whole number")
    return Range(low, high, bool(match[4]), whole)


def _listed(path: str, text: str) -> tuple[Any, ...]:
    """Parse the values of a list. Raises InputError if two are equal."""
    if re.match(rf"{_NUMBER}\s*\.\.", text):
        raise InputError(path, text, "low..high:N or low..high:N:log; in a search low..high or low..high:log")
    values = tuple(plain_value(path, part) for part in _parts(path, text))
    if any(value in values[:place] for place, value in enumerate(values)):
        raise InputError(path, text, "a list without repeated values")
    return values


def _parts(path: str, text: str) -> list[str]:
    """Split a list at its commas, except within brackets. Raises InputError."""
    parts, depth, quoted = [""], 0, False
    for sign in text:
        quoted ^= sign == '"'
        depth += 0 if quoted else (sign in "[{") - (sign in "]}")
        if sign == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += sign
    parts = [part.strip() for part in parts]
    if not all(parts) or depth or quoted:
        raise InputError(path, text, "values separated by single commas")
    return parts
