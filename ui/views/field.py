"""The field of the decision boundary as arrays: its colours, its zero line, its value at a place. No Qt widgets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtGui import QColor

from playground.catalog.choice import Array
from playground.catalog.datasets import EXTENT, Sample
from ui import theme
from ui.views.plotting import leap_above


@dataclass(frozen=True)
class Range:
    """The values between the two ends of a regression's colours. It follows from the data, never from the network."""

    middle: float = 0.0
    half: float = 1.0

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value that has a colour of its own."""
        return self.middle - self.half, self.middle + self.half

    def shares(self, values: Array) -> Array:
        """Values as 0…1 from the low end to the high one."""
        return np.clip((values - self.middle) / (2 * self.half) + 0.5, 0, 1)


def range_of(sample: Sample) -> Range:
    """−1…1 for classes. For regression symmetric about 0, or about the data's middle if all have one sign."""
    if sample.task == "classification" or not len(sample.labels):
        return Range()
    low, high = float(sample.labels.min()), float(sample.labels.max())
    if low < 0 < high or low == high == 0:
        return Range(0.0, leap_above(max(-low, high, 1e-12)))
    spread = max((high - low) / 2, 1e-3 * abs(high), 1e-12)
    unit = 10.0 ** np.floor(np.log10(spread)) / 2
    middle = float(np.round((low + high) / 2 / unit) * unit)
    return Range(middle, leap_above(max(spread, high - middle, middle - low)))


def pale_classes(look: theme.Theme, classes: int) -> Array:
    """The field's colour of each class, (classes, 3): those of the theme for the first two, then as pale as they."""
    pale = [look.field_low, look.field_high]
    middle, strength = channels(look.field_middle), 0.45
    rest = [middle + strength * (channels(name) - middle) for name in look.classes[2:classes]]
    return np.array([channels(name) for name in pale[:classes]] + rest)


def channels(name: str) -> Array:
    """A colour as red, green, blue."""
    colour = QColor(name)
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)


def coloured(field: Array, scale: Range, look: theme.Theme) -> Array:
    """The field (outputs, n, n) as colours, uint8 (n, n, 3), row 0 at the bottom. What is not finite is neutral."""
    if len(field) > 1:
        pale = pale_classes(look, len(field))
        shares = np.nan_to_num(field, nan=1 / len(field), posinf=1.0, neginf=0.0)
        return (np.tensordot(shares, pale, axes=(0, 0)) + 0.5).clip(0, 255).astype(np.uint8)
    table = theme.field_table(look)[:, :3]
    places = np.nan_to_num(scale.shares(field[0]), nan=0.5) * (len(table) - 1) + 0.5
    return table[places.astype(np.intp)]


def zero_line(values: Array) -> Array:
    """Where a field (n, n) crosses 0: the ends of straight pieces, (2 × pieces, 2) as column and row numbers.

    Marching squares, for all cells at once: a cell with two crossings has one piece, one with four has two.
    """
    above = values >= 0
    low, high = above[:-1], above[1:]
    mixed = np.flatnonzero((low[:, 1:] != low[:, :-1]) | (high[:, 1:] != high[:, :-1]) | (low[:, 1:] != high[:, 1:]))
    row, column = np.divmod(mixed, values.shape[1] - 1)
    # Corners against the clock from the lower left; side k goes from corner k to corner k + 1.
    corners_x = np.stack([column, column + 1, column + 1, column])
    corners_y = np.stack([row, row, row + 1, row + 1])
    at = values[corners_y, corners_x].astype(np.float64)
    after = np.roll(at, -1, axis=0)
    crossed = (at >= 0) != (after >= 0)
    along = np.where(crossed, at / np.where(crossed, at - after, 1), 0)
    x = corners_x + along * (np.roll(corners_x, -1, axis=0) - corners_x)
    y = corners_y + along * (np.roll(corners_y, -1, axis=0) - corners_y)
    # Read cell by cell, the crossings of a cell follow each other, so that pairs are pieces.
    return np.stack([x.T[crossed.T], y.T[crossed.T]], axis=1)


def interpolated(field: Array, x1: float, x2: float) -> Array:
    """The field (outputs, n, n) at a place of the plane, between the four grid points around it."""
    n = field.shape[1]
    column, row = ((value + EXTENT) / (2 * EXTENT) * (n - 1) for value in (x1, x2))
    c, r = (int(np.clip(np.floor(value), 0, n - 2)) for value in (column, row))
    across, up = column - c, row - r
    low = field[:, r, c] * (1 - across) + field[:, r, c + 1] * across
    high = field[:, r + 1, c] * (1 - across) + field[:, r + 1, c + 1] * across
    result: Array = low * (1 - up) + high * up
    return result
