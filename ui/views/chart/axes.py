"""Ticks and limits of axes."""

from __future__ import annotations

import math

import numpy as np

from playground.catalog.choice import Array

from ...look.numbers import short_text

_LEAPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""The possible ends of an axis, times a power of ten."""


def nice_limit(value: float) -> float:
    """The first round number at or above `value`, which is positive. Round limits seldom change."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next((unit * leap for leap in _LEAPS if unit * leap >= value * (1 - 1e-9)), unit * 10)


def even_ticks(low: float, high: float, most: int) -> list[float]:
    """Both ends of an axis, and its middle or its quarters if `most` ticks allow."""
    parts = 4 if most >= 9 else 2 if most >= 3 else 1
    return [low + (high - low) * k / parts for k in range(parts + 1)]


def decade_ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """Whole powers of ten between two exponents, at most `most`, and their texts."""
    every = max(1, math.ceil((high - low) / max(1, most)))
    powers = [k for k in range(math.ceil(low), math.floor(high) + 1) if k % every == 0]
    return [float(k) for k in powers], [short_text(10.0**k) if -3 <= k <= 3 else f"1e{k}" for k in powers]


class CalmLimit:
    """The end of an axis, a round number: it grows at once and shrinks only when far too large for long."""

    PATIENCE = 60
    """Pictures that need less before the limit shrinks; about a second."""

    def __init__(self) -> None:
        self.limit = 0.0
        self._enough = 0.0
        self._waited = 0

    def fit(self, needed: float) -> float:
        """Return the limit that shows everything up to `needed`, which is positive."""
        if needed > self.limit:
            self.limit, self._waited, self._enough = nice_limit(needed), 0, 0.0
        elif needed > 0.5 * self.limit:
            self._waited, self._enough = 0, 0.0
        else:
            self._waited, self._enough = self._waited + 1, max(self._enough, needed)
            if self._waited >= self.PATIENCE:
                self.limit, self._waited, self._enough = nice_limit(self._enough), 0, 0.0
        return self.limit


def nearest_row(x: Array, place: float) -> int | None:
    """The row of ascending `x` that is nearest to a place; None if there is no row."""
    if not len(x):
        return None
    after = min(int(np.searchsorted(x, place)), len(x) - 1)
    before = max(0, after - 1)
    return before if place - x[before] < x[after] - place else after
