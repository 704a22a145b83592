"""Numbers in sentences."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def listed(words: Sequence[str]) -> str:
    """Words in a sentence: "1", "1 and 2", "1, 2 and 3"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def counted(number: int, name: str) -> str:
    """A number and what it counts: "1 training", "2 trainings"."""
    return f"{number:,} {name}{'' if number == 1 else 's'}"


def plain(number: float) -> str:
    """A number with three significant digits, in plain notation where that is readable: 1000, 0.0123, 2.5 million."""
    if abs(number) >= 999_500:
        return _millions(number, 3)
    if 0 < abs(number) < 1e-4:
        return np.format_float_positional(number, precision=2, fractional=False, trim="-")
    return f"{float(f'{number:.3g}'):g}"


def _millions(number: float, digits: int) -> str:
    """A number of a million or more with so many significant digits: 2.5 million, 1 billion, 3.4e15, infinity."""
    rounded = float(f"{number:.{digits}g}")
    for unit, name in ((1e9, "billion"), (1e6, "million")):
        if unit <= abs(rounded) < 1e12:
            return f"{rounded / unit:g} {name}"
    return loss_words(number)


def loss_words(loss: float, digits: int = 3) -> str:
    """A loss with at most so many significant digits; very small and very large ones as in the header: 0.0123, 3.4e-9,
    1,230, infinity."""
    if np.isinf(loss):
        return "infinity"
    if 0 < loss < 1e-3 or loss >= 1e6:
        mantissa, exponent = f"{loss:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{float(f'{loss:.{digits}g}'):,g}"


def percent(share: float, digits: int = 0) -> str:
    """A share as percent, which no line break divides."""
    return f"{100 * share:.{digits}f}\N{NO-BREAK SPACE}%"


def large_number(number: float) -> str:
    """A large number with two significant digits: 35,000, 2.5 million."""
    if number < 100:
        return f"{number:.2g}"
    rounded = float(f"{number:.2g}")
    return f"{rounded:,.0f}" if rounded < 1e6 else _millions(rounded, 2)


def share_words(part: float) -> str:
    """A share of something that follows: `1/35,000 of`, `practically none of`, `1.2 times`."""
    if part > 0.67:
        return f"{large_number(part)} times"
    return f"1/{large_number(1 / part)} of" if part > 1e-6 else "practically none of"
