"""Numbers as text, once for the whole window: measured ones, ticks, shares, counts.

A number that a person may edit is written in full precision instead, by `quantity`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_VANISHING = 1e-15
"""Below this a number is lost beside others of usual size, even in double precision."""
_UNITS = ((1e6, "M"), (1e3, "k"))
"""The units of large numbers, largest first."""


def number_text(value: float | None, digits: int = 3) -> str:
    """Write a measured number with sensible digits: 0.0123, 1.2e-7, 12,345; ≈ 0 for one that vanishes, a dash for None
    or NaN."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    size = abs(value)
    if size == 0:
        return "0"
    if size >= 1e6 or size < 1e-3:
        return power_text(value)
    # Of the number as it is written, so that 0.999 and 1 have the same digits.
    places = digits - 1 - math.floor(math.log10(float(f"{size:.{digits - 1}e}")))
    return minus_text(f"{value:,.{max(0, min(places, digits + 1))}f}")


def power_text(value: float | None) -> str:
    """Write a measured number as digits and a power of ten, however large it is: 3.2e-4; ≈ 0 for one that vanishes."""
    if not value or not math.isfinite(value):
        return number_text(value)
    if abs(value) < _VANISHING:
        return "≈ 0"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{minus_text(mantissa)}e{int(exponent)}"


def short_text(value: float) -> str:
    """Write a tick's number without superfluous digits: 0.5, 20, 1,500, 250k, 2.5M, 1e-5."""
    return tick_texts([value])[0]


def tick_texts(values: Sequence[float]) -> list[str]:
    """Write the numbers of one axis like `short_text`, but all in the unit of the largest: 0, 50k, 100k."""
    sizes = [abs(value) for value in values if value]
    most = max(sizes, default=0.0)
    if most >= 1e9 or (sizes and min(sizes) < 1e-4):
        return [power_text(value).replace(".0e", "e") for value in values]
    unit, letter = next(((unit, letter) for unit, letter in _UNITS if most >= max(1e5, unit)), (1.0, ""))
    return [minus_text(f"{value / unit:,.10g}{letter if value else ''}") for value in values]


def count_text(number: int) -> str:
    """Write a count in at most four characters, up to millions: 950, 1.2k, 38k, 2.5M."""
    for unit, letter in _UNITS:
        if number >= unit:
            whole = number / unit
            return f"{whole:.1f}".removesuffix(".0") + letter if whole < 9.95 else f"{whole:,.0f}{letter}"
    return str(number)


def percent_text(value: float | None) -> str:
    """Write a share as percent: 93.1 %."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{100 * value:.1f} %" if value < 0.9995 else "100 %"


def minus_text(text: str) -> str:
    """Give a formatted number a real minus sign, or none before a zero; an exponent keeps its hyphen."""
    if not text.startswith("-"):
        return text
    return f"−{text[1:]}" if any(digit in text for digit in "123456789") else text[1:]
