"""The axes of charts: their scales, limits and ticks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from playground.catalog.choice import Array

from ...look.numbers import short_text, tick_texts

_LEAPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""The possible ends of an axis, times a power of ten."""


def nice_limit(value: float) -> float:
    """Return the first round number at or above `value`, which is positive. Round limits seldom change."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next((unit * leap for leap in _LEAPS if unit * leap >= value * (1 - 1e-9)), unit * 10)


def even_ticks(low: float, high: float, most: int) -> list[float]:
    """Return the ends of an axis, and its middle, or its quarters, fifths or thirds if `most` ticks allow.

    Fifths and thirds are for where quarters would have more digits than the ends: 250 in quarters is 62.5, 125, ….
    """
    length = high - low
    rounder = (parts for parts in (4, 5, 3) if _digits(length / parts) <= _digits(length))
    parts = next(rounder, 4) if most >= 9 else 2 if most >= 3 else 1
    return [low + (high - low) * k / parts for k in range(parts + 1)]


def _digits(number: float) -> int:
    return len(f"{number:.6e}".partition("e")[0].replace(".", "").rstrip("0"))


def decade_ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """Return at most `most` whole powers of ten between two exponents, and their texts."""
    every = max(1, math.ceil((high - low) / max(1, most)))
    powers = [k for k in range(math.ceil(low), math.floor(high) + 1) if k % every == 0]
    return [float(k) for k in powers], [short_text(10.0**k) if -3 <= k <= 3 else f"1e{k}" for k in powers]


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` evenly spaced round numbers from `low` to `high`."""
    least = (high - low) / max(1, most)
    unit = 10.0 ** math.floor(math.log10(least))
    step = next(unit * leap for leap in (1, 2, 5, 10) if unit * leap >= least * (1 - 1e-9))
    return [step * k for k in range(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1)]


class ChartAxis:
    """An axis from `low` to `high`: of numbers, or of powers of ten given by their exponents."""

    low, high = 0.0, 1.0
    logarithmic = False

    def begin_anew(self) -> None:
        """Forget what was shown so far, because what follows has nothing to do with it."""

    def places(self, values: Array) -> Array:
        """Convert values to places on the axis."""
        return values

    def shares(self, places: Array) -> Array:
        """Convert places to shares 0…1 of the way from the lower end to the upper one."""
        result: Array = (places - self.low) / (self.high - self.low)
        return result

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """Return the places of at most about `most` ticks, and their texts."""
        at = even_ticks(self.low, self.high, most)
        return at, tick_texts(at)


_DECADES_FOR_LOG, _DECADES_TO_STAY = 2.0, 1.0
_SMALLEST, _LARGEST = 1e-30, 1e30
"""Numbers beyond these are drawn at the limits; nothing can be seen there anyway."""
_FARTHEST = 1000.0
"""The length of the axis times this is as far above it as anything is drawn: Qt can't draw lines of any length."""
_RISE, _GONE = 0.05, 0.01
"""The share of a linear axis by which a curve has to end above its lowest value to be seen rising, and below which that
is seen no more."""


class AmountAxis(ChartAxis):
    """A linear axis from 0, or a logarithmic one with limits at half powers of ten.

    The scale `auto` becomes logarithmic once values span more than two decades, and stays so until they span less than
    one, as after a reset: a scale that comes and goes can't be read. It is linear from when it would hide a rise until
    that has practically gone.
    """

    def __init__(self, scale: str = "auto", decades: float = math.inf) -> None:
        """Set the scale (auto, linear or log), and the largest number of decades of a logarithmic axis."""
        self.scale, self._decades = scale, decades
        self.ceiling = math.inf
        """The highest value that the scale `auto` makes room for; what lies above leaves through the upper end."""
        self._is_wide = self._rises = False

    def begin_anew(self) -> None:
        self._is_wide = self._rises = False

    def fit(self, *columns: Array) -> None:
        """Fit the axis to curves, given by their values in order of time."""
        highest = min(self.ceiling, _LARGEST) if self.scale == "auto" else _LARGEST
        curves = [np.minimum(column[np.isfinite(column)], highest) for column in columns]
        values = np.concatenate(curves)
        positive = values[values > _SMALLEST]
        if not len(positive):
            self._is_wide = self._rises = self.logarithmic = False
            self.low, self.high = 0.0, 1.0
            return
        least, most = math.log10(positive.min()), math.log10(positive.max())
        self._is_wide = most - least > (_DECADES_TO_STAY if self._is_wide else _DECADES_FOR_LOG)
        self._rises = self._is_wide and _hides_rise(curves, least, most, _GONE if self._rises else _RISE)
        self.logarithmic = self.scale == "log" or (self.scale == "auto" and self._is_wide and not self._rises)
        if self.logarithmic:
            self.low, self.high = math.floor(2 * least) / 2, math.ceil(2 * most) / 2
            # At least a whole power of ten, so that a number stands on the axis.
            self.low = max(min(self.low, math.floor(self.high - 1e-9)), self.high - self._decades)
            self.high = max(self.high, self.low + 1)
        else:
            self.low, self.high = 0.0, nice_limit(10**most)

    def places(self, values: Array) -> Array:
        if self.logarithmic:
            return np.log10(np.clip(values, 10**self.low, _LARGEST))
        return np.clip(values, 0, _LARGEST)

    def shares(self, places: Array) -> Array:
        result: Array = np.minimum(super().shares(places), _FARTHEST)
        return result

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        return decade_ticks(self.low, self.high, most) if self.logarithmic else super().ticks(most)


def _hides_rise(curves: list[Array], least: float, most: float, visible: float) -> bool:
    """Whether a rise of a curve takes a `visible` share of a linear axis, but less than half as much of a logarithmic
    one."""
    for curve in (one for one in curves if len(one) > 1):
        end, low = float(np.median(curve[-max(1, len(curve) // 20) :])), max(float(curve.min()), 10**least)
        linear = (end - low) / 10**most
        logarithmic = math.log10(max(end, low) / low) / (most - least)
        if linear >= visible and logarithmic < linear / 2:
            return True
    return False


class ShareAxis(ChartAxis):
    """An axis of accuracy or R² up to 1; its lower end is the highest of some fixed ones that shows all values."""

    def __init__(self, ends: tuple[float, ...], text: Callable[[float], str]) -> None:
        self.ends, self.text = ends, text
        self.low, self.high = ends[0], 1.0

    def fit(self, *columns: Array) -> None:
        """Fit the axis to all values of a history."""
        values = np.concatenate([column[np.isfinite(column)] for column in columns])
        least = float(values.min()) if len(values) else 1.0
        self.low = next((end for end in self.ends if end <= least), self.ends[-1])

    def places(self, values: Array) -> Array:
        """Convert values to places on the axis; those below its lower end are moved up to it."""
        return np.clip(values, self.low, self.high)

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """Return both ends, and the middle if `most` allows."""
        at = [self.low, (self.low + self.high) / 2, self.high] if most > 2 else [self.low, self.high]
        return at, [self.text(value) for value in at]


def accuracy_axis() -> ShareAxis:
    """Return the axis of accuracy, in percent."""
    return ShareAxis((0.5, 0.0), lambda value: f"{100 * value:.0f} %")


def r_squared_axis() -> ShareAxis:
    """Return the axis of R²: 1 is perfect, 0 no better than the mean."""
    return ShareAxis((0.0, -1.0), short_text)


class CalmLimit:
    """The end of an axis, a round number that grows at once and shrinks only after it was far too large for long."""

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
    """Return the row of ascending `x` that is nearest to a place; None if `x` is empty."""
    if not len(x):
        return None
    after = min(int(np.searchsorted(x, place)), len(x) - 1)
    before = max(0, after - 1)
    return before if place - x[before] < x[after] - place else after
