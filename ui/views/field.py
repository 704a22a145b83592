"""The field of the decision boundary as arrays: its colours, its lines, its value at a place. No Qt widgets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PySide6.QtGui import QColor

from playground.catalog.choice import Array
from playground.catalog.datasets import EXTENT, Sample
from ui import theme
from ui.views.plotting import leap_above

FINE = 4
"""Pixels for every step of the grid where classes are drawn crisply."""


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


def uncertainty_table(look: theme.Theme, steps: int = 256) -> Array:
    """The colours of uncertainty from certain to unsure, uint8 (steps, 4): ever further from the neutral ground."""
    stops = [channels(name) for name in (look.field_middle, theme.mixed(look.field_middle, look.validation, 0.8))]
    at = np.linspace(0, 1, steps)
    mixed = [np.interp(at, [0, 1], [stop[k] for stop in stops]) for k in range(3)]
    return np.stack([*mixed, np.full(steps, 255.0)], axis=1).round().astype(np.uint8)


def coloured_uncertainty(values: Array, most: float, look: theme.Theme) -> Array:
    """Uncertainty (n, n) as colours, uint8 (n, n, 3); from `most` up all is one colour."""
    table = uncertainty_table(look)[:, :3]
    places = np.nan_to_num(np.clip(values / most, 0, 1)) * (len(table) - 1) + 0.5
    return table[places.astype(np.intp)]


# Classes ------------------------------------------------------------------------------------------------------


def winners(field: Array, fine: int = FINE) -> Array:
    """The class given everywhere, uint8 (m, m) with m = fine × (n − 1): pixels that fill the plane from edge to edge.

    Only cells of the grid whose corners disagree are looked at more closely, between their corners.
    """
    field = np.nan_to_num(field)
    scores = field if len(field) > 1 else np.stack([-field[0], field[0]])
    whole = (scores.argmax(axis=0) if len(field) > 1 else field[0] >= 0).astype(np.uint8)
    cells = len(whole) - 1
    result = whole[:-1, :-1].repeat(fine, axis=0).repeat(fine, axis=1)
    row, column = np.divmod(disagreeing(whole), cells)
    inside = scores[(slice(None), *corners_of(row, column))]
    block = np.einsum("kcm,cs->kms", inside, corner_shares(fine)).argmax(axis=0).astype(np.uint8)
    blocks = result.reshape(cells, fine, cells, fine).transpose(0, 2, 1, 3)
    blocks[row, column] = block.reshape(-1, fine, fine)
    return result


@lru_cache
def corner_shares(fine: int) -> Array:
    """The shares of a cell's four corners in the centres of its fine × fine pixels, (4, fine²)."""
    at = (np.arange(fine) + 0.5) / fine
    up, across = (part.ravel() for part in np.meshgrid(at, at, indexing="ij"))
    shares = [(1 - across) * (1 - up), across * (1 - up), across * up, (1 - across) * up]
    return np.stack(shares).astype(np.float32)


def coloured_classes(given: Array, classes: int, look: theme.Theme) -> Array:
    """Classes (m, m) in the field's colours, uint8 (m, m, 3)."""
    table = np.zeros((classes, 4), np.uint8)
    table[:, :3] = (pale_classes(look, classes) + 0.5).clip(0, 255)
    # One look-up of four bytes is much faster than one of three.
    return table.view(np.uint32)[:, 0].take(given).view(np.uint8).reshape(*given.shape, 4)[..., :3]


def disagreeing(whole: Array) -> Array:
    """The cells, by number, whose four corners are not of one class; `whole` is (n, n)."""
    low, high = whole[:-1], whole[1:]
    differs = (low[:, 1:] != low[:, :-1]) | (high[:, 1:] != high[:, :-1]) | (low[:, 1:] != high[:, 1:])
    return np.flatnonzero(differs)


# Lines --------------------------------------------------------------------------------------------------------


class Lines(NamedTuple):
    """Straight pieces of lines of equal value."""

    ends: Array
    """The ends of the pieces, (2 × pieces, 2), as column and row numbers."""
    level: Array
    """Which of the levels each piece belongs to, (pieces,)."""
    spread: Array
    """How much the values differ within the cell of each piece, (pieces,)."""


START_X, START_Y = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
STEP_X, STEP_Y = np.array([1, 0, -1, 0]), np.array([0, 1, 0, -1])
"""Where the sides of a cell start and where they go, against the clock from the lower left."""
NO_LINES = Lines(np.zeros((0, 2)), np.zeros(0, np.intp), np.zeros(0))


def zero_line(values: Array) -> Array:
    """Where a field (n, n) crosses 0: the ends of straight pieces, (2 × pieces, 2) as column and row numbers."""
    row, column = np.divmod(disagreeing(values >= 0), values.shape[1] - 1)
    return pieces(values[corners_of(row, column)], row, column)


def level_lines(values: Array, levels: Array) -> Lines:
    """Where a field (n, n) crosses each of the levels; all of them at once."""
    quads = values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]
    low, high = (bound.reduce(quads).ravel() for bound in (np.minimum, np.maximum))
    level, cell = np.nonzero((low < levels[:, np.newaxis]) & (high >= levels[:, np.newaxis]))
    row, column = np.divmod(cell, values.shape[1] - 1)
    at = values[corners_of(row, column)] - levels[level]
    above = at >= 0
    # Two opposite corners above, two below: the line passes such a cell twice.
    count = 1 + ((above[0] == above[2]) & (above[1] == above[3]))
    return Lines(pieces(at, row, column), level.repeat(count), (high - low)[cell].repeat(count))


def borders(shares: Array) -> Array:
    """Where the winner among several classes (classes, n, n) changes: ends as of `zero_line`.

    Of the winners at a cell's corners all but the last are told from the rest, so that hardly a line is drawn twice.
    """
    whole = shares.argmax(axis=0)
    row, column = np.divmod(disagreeing(whole), whole.shape[1] - 1)
    places = corners_of(row, column)
    at, given = shares[(slice(None), *places)], whole[places]
    best, second = np.partition(at, -2, axis=0)[:-3:-1]
    found = [np.zeros((0, 2))]
    for k in np.unique(given):
        here = np.flatnonzero((given == k).any(axis=0) & (given.max(axis=0) > k))
        lead = at[k] - np.where(given == k, second, best)
        found.append(pieces(lead[:, here], row[here], column[here]))
    return np.concatenate(found)


def corners_of(row: Array, column: Array) -> tuple[Array, Array]:
    """Rows and columns of the corners of cells, (4, cells) each, against the clock from the lower left."""
    return np.stack([row, row, row + 1, row + 1]), np.stack([column, column + 1, column + 1, column])


def pieces(at: Array, row: Array, column: Array) -> Array:
    """Marching squares for many cells at once: one with two crossings has one piece, one with four has two.

    `at` are the values at the corners, (4, cells); side k goes from corner k to corner k + 1. The ends come as column
    and row numbers, (2 × pieces, 2).
    """
    before = at.T
    after = before[:, [1, 2, 3, 0]]
    # Read cell by cell, the crossings of a cell follow each other, so that pairs are pieces.
    cell, side = np.nonzero((before >= 0) != (after >= 0))
    low, high = before[cell, side].astype(np.float64), after[cell, side]
    along = low / (low - high)
    x = column[cell] + START_X[side] + along * STEP_X[side]
    y = row[cell] + START_Y[side] + along * STEP_Y[side]
    return np.stack([x, y], axis=1)


def on_plane(ends: Array, n: int) -> Array:
    """Column and row numbers of a grid of n × n as places on the plane."""
    result: Array = ends * (2 * EXTENT / (n - 1)) - EXTENT
    return result


# A single place -----------------------------------------------------------------------------------------------


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
