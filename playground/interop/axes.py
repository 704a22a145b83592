"""Axes of pictures that are drawn without a display: scales, round tick values and their text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_LEAST, _MOST = 1e-300, 1e308
"""The ends of a logarithmic axis."""


class Axis(NamedTuple):
    """A scale that maps the numbers from `low` to `high` to the pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    @classmethod
    def over(cls, values: Sequence[float], start: float, end: float, *, log: bool | None = None) -> Axis:
        """An axis over all finite values with a small margin. If `log` is None, the values decide the scale."""
        shown = np.asarray(values, float)
        shown = shown[np.isfinite(shown)]
        positive = shown[shown > 0]
        if log is None:
            log = (len(positive) == len(shown) > 0 and shown.max() > 30 * np.median(shown)) or spans_decades(shown)
        shown = positive if log else shown
        if not len(shown):
            return cls(0.0, 1.0, start, end)
        low, high = float(shown.min()), float(shown.max())
        if log:
            low, high = max(low, _LEAST), max(high, _LEAST)
            room = 10 ** (0.04 * (math.log10(high) - math.log10(low))) if high > low else 2.0
            return cls(max(low / room, _LEAST), min(high * room, _MOST), start, end, log=True)
        room = 0.04 * (high - low) or abs(high) or 1.0
        return cls(low - room, high + room, start, end)

    def place(self, value: float) -> float:
        """The pixel of a value; for a value outside the scale, the nearer end."""
        low, high, value = (math.log(max(x, _LEAST)) if self.log else x for x in (self.low, self.high, value))
        share = min(max((value - low) / (high - low), 0.0), 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[float]:
        """Round numbers for the ticks, about `most` of them."""
        if not self.log:
            return _round_numbers(self.low, self.high, most)
        first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
        if last - first < 2:
            candidates = [m * 10.0**e for e in range(first - 1, last + 1) for m in (1, 2, 5)]
            inside = [value for value in candidates if self.low <= value <= self.high]
            return inside if len(inside) > 1 else _round_numbers(self.low, self.high, most)
        stride = max(1, -(-(last - first + 1) // most))
        return [10.0**e for e in range(first, last + 1, stride)]


def spans_decades(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    """Whether all values are above 0 and the largest is more than 30 times the smallest."""
    return len(values) > 1 and bool(values.min() > 0) and float(values.max() / values.min()) > 30


def tick_words(value: float) -> str:
    """A number as text for a tick, with four significant digits."""
    return f"{value:.4g}".replace("e-0", "e-").replace("e+0", "e")


def _round_numbers(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten within a range, about `most` of them."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    return [float(f"{k * step:.12g}") for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
