"""Declared numbers in the interface: as text, as positions on a slider, and in steps.

Everything here follows from a declaration (range, scale, slider span) and is plain arithmetic without Qt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from playground.experiment.declarations import Bounds, Field
from playground.files.numerals import typed_number

Number: TypeAlias = int | float

_FINE_STEPS = 200
"""A linear slider is divided into at least this many values where the type allows."""
_WIDEST_SPAN = 1000
"""A range up to this width gets a slider even where none is declared."""
ZERO_END = 0.06
"""The share of a logarithmic slider, at one of its ends, that means 0."""
_ALL = "full"
"""The name of a 0 that stands for all there is, which is the most."""


@dataclass(frozen=True)
class Quantity:
    """A declared number: its range, its slider, and the names of special values."""

    whole: bool
    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    log: bool = False
    span: tuple[float, float] | None = None
    """The range of the slider; None for no slider."""
    names: Mapping[Number, str] = field(default_factory=dict)
    """The names of special values, such as 0: "full"."""

    @staticmethod
    def of(field: Field) -> Quantity:
        """The quantity that a field of type int or float declares."""
        low, high = field.range.low, field.range.high
        span = field.slider or ((low, high) if high - low <= _WIDEST_SPAN else None)
        return Quantity(field.type is int, *field.range, field.log, span, field.names or {})

    # Range --------------------------------------------------------------------------------------------------

    def admits(self, value: Number) -> bool:
        """Whether the declaration allows `value`."""
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return math.isfinite(value) and above and below

    @property
    def allowed(self) -> str:
        """The range in words: `a number of at least 0 and below 1`."""
        named = [
            f"; “{name}” is {write_number(value)}" for value, name in self.names.items() if name != write_number(value)
        ]
        return f"{'a whole number' if self.whole else 'a number'} {self._limits.words}".rstrip() + "".join(named)

    @property
    def _limits(self) -> Bounds:
        return Bounds(self.low, self.high, self.low_open, self.high_open)

    @property
    def has_zero_end(self) -> bool:
        """Whether an end of the slider means 0, which a logarithmic scale can't reach."""
        return self.log and self.span is not None and self.span[0] > 0 and self.admits(0)

    @property
    def zero_is_most(self) -> bool:
        """Whether 0 stands for all there is, and so at the right end of the slider instead of the left one."""
        return self.has_zero_end and self.names.get(0) == _ALL

    def order(self, value: Number) -> float:
        """The key by which values are sorted as on the slider."""
        return math.inf if value == 0 and self.zero_is_most else value

    # Text ---------------------------------------------------------------------------------------------------

    def read(self, text: str) -> Number:
        """Parse a text, in the same notation whatever the locale. Raises ValueError that says what is allowed."""
        for value, name in self.names.items():
            if text.strip().lower() == name.lower():
                return value
        try:
            typed = typed_number(text, whole=self.whole)
        except ValueError as error:
            raise ValueError(str(error) or f"Must be {self.allowed}.") from None
        value = float(typed)
        if not self.admits(value) or (self.whole and value != round(value)):
            raise ValueError(f"Must be {self._limits.limit_for(value) or self.allowed}.")
        return int(typed) if self.whole and typed.lstrip("+-").isdigit() else self.typed(value)

    def problem_with(self, text: str) -> str:
        """The error message for a text, with what is allowed; empty if it is a valid number."""
        try:
            self.read(text)
        except ValueError as error:
            return str(error)
        return ""

    def write(self, value: Number) -> str:
        """Return `value` as text in full precision, or its name if it has one; `read` gives the value back."""
        text = self.names.get(value) or write_number(value)
        # A single comma could as well be a decimal sign.
        return text.replace(",", "") if text.count(",") == 1 else text

    # Slider -------------------------------------------------------------------------------------------------

    def place(self, value: Number) -> float:
        """The position of `value` on the slider, 0…1; values beyond the span are at its ends."""
        low, high = self.ends
        if not self.log:
            return min(max((value - low) / (high - low), 0.0), 1.0)
        if value <= 0:
            return 1.0 if self.zero_is_most else 0.0
        along = (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
        start, end = self._stretch
        return start + (end - start) * min(max(along, 0.0), 1.0)

    @property
    def _stretch(self) -> tuple[float, float]:
        """The part of the slider, within 0…1, that its span covers."""
        if not self.has_zero_end:
            return 0.0, 1.0
        return (0.0, 1.0 - ZERO_END) if self.zero_is_most else (ZERO_END, 1.0)

    def at(self, place: float, digits: int = 2) -> Number:
        """The value at a position on the slider: a nearby round number, or exactly an end.

        `digits` is the number of significant digits; the slider has two.
        """
        low, high = self.ends
        start, end = self._stretch
        if self.has_zero_end and not start / 2 <= place <= (1 + end) / 2:
            return self.typed(0)
        along = min(max((place - start) / (end - start), 0.0), 1.0)
        if along in (0.0, 1.0):
            return self._inside(high if along else low)
        if self.log:
            return self._inside(round_digits(low * (high / low) ** along, digits))
        grain = self._grain / 10 ** (0 if self.whole else digits - 2)
        return self._inside(float(f"{round((low + along * (high - low)) / grain) * grain:.12g}"))

    @property
    def ends(self) -> tuple[float, float]:
        return self.span or (0.0, 1.0)

    @property
    def _grain(self) -> float:
        """The distance between neighbouring values on a linear slider: 1, 2 or 5 times a power of ten."""
        low, high = self.ends
        grain = round_step((high - low) / _FINE_STEPS)
        return max(grain, 1.0) if self.whole else grain

    def _inside(self, value: float) -> Number:
        """Return `value` clamped to the slider's span, or unchanged if the range excludes the clamped value."""
        low, high = self.ends
        held = min(max(value, low), high)
        return self.typed(held if self.admits(held) else value)

    # Steps --------------------------------------------------------------------------------------------------

    def stepped(self, value: Number, steps: int) -> Number:
        """Return `value` moved by steps of a scroll wheel or arrow key, within the range."""
        result = value
        for _ in range(abs(steps)):
            moved = self._neighbour(result, 1 if steps > 0 else -1)
            if not self.admits(moved):
                break
            result = moved
        return result

    def _neighbour(self, value: Number, sign: int) -> Number:
        """The next round number above or below `value`, depending on `sign`."""
        if not self.log:
            grain = self._grain if self.span else 1.0
            return self.typed(float(f"{(round(value / grain) + sign) * grain:.12g}"))
        # The end of the scale beside 0, and the direction from there to 0.
        beside, to_zero = (self.ends[1], 1) if self.zero_is_most else (self.ends[0], -1)
        if value <= 0:
            return self.typed(value if sign == to_zero else beside)
        # A batch size may lie beyond the slider, and not yet be that of all points.
        if sign == to_zero and (value == beside if self.zero_is_most else value <= beside):
            return self.typed(0 if self.has_zero_end else value)
        if sign < 0 and value <= self.ends[0]:
            return self.typed(value)
        # A step is about an eighth; where that is less than 1, whole numbers change by 1.
        moved = round_digits(value * 1.125**sign)
        if self.whole:
            return int(max(round(moved), value + 1) if sign > 0 else min(round(moved), value - 1))
        return moved

    def typed(self, value: Number) -> Number:
        return round(value) if self.whole else float(value)

    @property
    def beginning(self) -> Number:
        """An initial value for fields without a default: the round middle of the slider."""
        if self.span is None:
            return self.typed(min(max(100.0 if self.whole else 1.0, self.low), self.high))
        low, high = self.ends
        if self.log and low > 0:
            return self._inside(10.0 ** round((math.log10(low) + math.log10(high)) / 2))
        return self.at(0.5)


def round_digits(value: float, digits: int = 2) -> float:
    """Return `value` rounded to `digits` significant digits."""
    return float(f"{value:.{digits - 1}e}")


def round_step(size: float) -> float:
    """The smallest of 1, 2, 5, 10, … times a power of ten that is at least `size`."""
    power = 10.0 ** math.floor(math.log10(size))
    return next(float(f"{k * power:.12g}") for k in (1, 2, 5, 10) if k * power >= size * (1 - 1e-9))


def write_number(value: Number) -> str:
    """A number in full precision and as few characters as that takes: 12,345, 0.03, 1e-7."""
    if isinstance(value, float) and value == round(value) and abs(value) < 1e12:
        value = int(value)
    if isinstance(value, int):
        return f"{value:,}"
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}" if exponent else mantissa
