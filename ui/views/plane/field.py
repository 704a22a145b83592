"""The field of the decision boundary as arrays: its colours, its lines, its value at a place. No Qt widgets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor

from playground.catalog.choice import Array, Task
from playground.catalog.datasets.base import EXTENT, Sample

from ...look import theme
from ..chart.axes import nice_limit

_FINE = 3
"""Pixels for every step of the grid in crisp pictures of classes."""


@dataclass(frozen=True)
class ValueRange:
    """The range of values that colours span in a regression. It follows from the data, never from the network."""

    middle: float = 0.0
    half: float = 1.0

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value with its own colour."""
        return self.middle - self.half, self.middle + self.half

    def shares(self, values: Array) -> Array:
        return np.clip((values - self.middle) / (2 * self.half) + 0.5, 0, 1)


def value_range_of(sample: Sample) -> ValueRange:
    """Return −1…1 for classes; for regression a range about 0, or about the data's middle if all have one sign."""
    if sample.task == "classification" or not len(sample.labels):
        return ValueRange()
    low, high = float(sample.labels.min()), float(sample.labels.max())
    if low < 0 < high or low == high == 0:
        return ValueRange(0.0, nice_limit(max(-low, high, 1e-12)))
    spread = max((high - low) / 2, 1e-3 * abs(high), 1e-12)
    unit = 10.0 ** np.floor(np.log10(spread)) / 2
    middle = float(np.round((low + high) / 2 / unit) * unit)
    return ValueRange(middle, nice_limit(max(spread, high - middle, middle - low)))


def pale_classes(look: theme.Theme, classes: int) -> Array:
    """Return the field's colour of each class, (classes, 3): the theme's two, then equally pale ones."""
    pale = [look.field_low, look.field_high]
    # On dark ground the points are no brighter than on light, so that the field has to be darker.
    middle, strength = channels(look.field_middle), 0.45 if look.name == "light" else 0.36
    rest = [middle + strength * (channels(name) - middle) for name in look.classes[2:classes]]
    return np.array([channels(name) for name in pale[:classes]] + rest)


def channels(name: str) -> Array:
    """A colour as red, green, blue."""
    colour = QColor(name)
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)


def field_colours(field: Array, scale: ValueRange, look: theme.Theme) -> Array:
    """The field (outputs, n, n) as colours, uint8 (n, n, 3), row 0 at the bottom. What is not finite is neutral."""
    return pixel_colours(field_pixels(field, scale, look))


def field_pixels(field: Array, scale: ValueRange, look: theme.Theme) -> Array:
    """Return the field's colours as pixels, uint32 (n, n)."""
    if len(field) > 1:
        pale = pale_classes(look, len(field)).astype(np.float32)
        shares = np.nan_to_num(field, nan=1 / len(field), posinf=1.0, neginf=0.0).reshape(len(field), -1)
        blend = (shares.T.astype(np.float32) @ pale + 0.5).clip(0, 255).astype(np.uint8)
        return pack_colours(blend).reshape(field.shape[1:])
    return shade(scale.shares(field[0]), field_shades(look), unknown=0.5)


def shade(shares: Array, shades: Array, unknown: float = 0.0) -> Array:
    """Colour shares 0…1 of the way through `shades`; those that are no numbers like `unknown`."""
    missing = np.isnan(shares)
    if missing.any():
        shares = np.where(missing, unknown, shares)
    return shades.take((shares * (len(shades) - 1) + 0.5).astype(np.intp))


@lru_cache(maxsize=8)
def field_shades(look: theme.Theme) -> Array:
    """The field's colours from low to high, packed."""
    return pack_colours(theme.field_table(look))


@lru_cache(maxsize=8)
def _uncertainty_shades(look: theme.Theme) -> Array:
    return pack_colours(uncertainty_table(look))


def pack_colours(colours: Array) -> Array:
    """Colours, (…, 3 or more), as the pixels that Qt draws without converting them: 0xffRRGGBB, uint32 (…)."""
    red, green, blue = (colours[..., k].astype(np.uint32) for k in range(3))
    result: Array = 0xFF000000 | red << 16 | green << 8 | blue
    return result


def pixel_colours(pixels: Array) -> Array:
    """Pixels, uint32 (m, m), as colours, uint8 (m, m, 3)."""
    return np.stack([pixels >> 16 & 255, pixels >> 8 & 255, pixels & 255], axis=-1).astype(np.uint8)


def uncertainty_table(look: theme.Theme, steps: int = 256) -> Array:
    """The colours of uncertainty from certain to unsure, uint8 (steps, 4): ever further from the neutral ground."""
    stops = [channels(name) for name in (look.field_middle, theme.blend(look.field_middle, look.validation, 0.8))]
    at = np.linspace(0, 1, steps)
    mixed = [np.interp(at, [0, 1], [stop[k] for stop in stops]) for k in range(3)]
    return np.stack([*mixed, np.full(steps, 255.0)], axis=1).round().astype(np.uint8)


def uncertainty_pixels(values: Array, most: float, look: theme.Theme) -> Array:
    """Uncertainty (n, n) as pixels, uint32 (n, n); from `most` up all is one colour."""
    return shade(np.clip(values / most, 0, 1), _uncertainty_shades(look))


def winning_classes(field: Array, fine: int = _FINE) -> Array:
    """The predicted class everywhere, uint8 (m, m) with m = fine × (n − 1): pixels from edge to edge of the plane.

    Only cells of the grid whose corners disagree are interpolated.
    """
    field = np.nan_to_num(field)
    scores = field if len(field) > 1 else np.stack([-field[0], field[0]])
    whole = (scores.argmax(axis=0) if len(field) > 1 else field[0] >= 0).astype(np.uint8)
    cells = len(whole) - 1
    result = whole[:-1, :-1].repeat(fine, axis=0).repeat(fine, axis=1)
    cell = _disagreeing(whole)
    row, column = np.divmod(cell, cells)
    block = (_at_corners(scores, cell) @ _corner_shares(fine)).argmax(axis=0).astype(np.uint8)
    blocks = result.reshape(cells, fine, cells, fine).transpose(0, 2, 1, 3)
    blocks[row, column] = block.reshape(-1, fine, fine)
    return result


@lru_cache
def _corner_shares(fine: int) -> Array:
    """The shares of a cell's four corners in the centres of its fine × fine pixels, (4, fine²)."""
    at = (np.arange(fine) + 0.5) / fine
    up, across = (part.ravel() for part in np.meshgrid(at, at, indexing="ij"))
    shares = [(1 - across) * (1 - up), across * (1 - up), across * up, (1 - across) * up]
    return np.stack(shares).astype(np.float32)


def class_pixels(given: Array, classes: int, look: theme.Theme) -> Array:
    """Classes (m, m) in the field's colours, as pixels, uint32 (m, m)."""
    return pack_colours((pale_classes(look, classes) + 0.5).clip(0, 255).astype(np.uint8)).take(given)


def _disagreeing(whole: Array) -> Array:
    """The cells, by number, whose four corners are not of one class; `whole` is (n, n)."""
    low, high = whole[:-1], whole[1:]
    differs = (low[:, 1:] != low[:, :-1]) | (high[:, 1:] != high[:, :-1]) | (low[:, 1:] != high[:, 1:])
    return np.flatnonzero(differs)


class ContourLines(NamedTuple):
    """Contours as straight pieces."""

    ends: Array
    """The ends of the pieces, (2 × pieces, 2), as column and row numbers."""
    level: Array
    """The level of each piece, (pieces,)."""
    spread: Array
    """The spread of the values within the cell of each piece, (pieces,)."""


_START_X, _START_Y = np.array([0, 1, 1, 0]), np.array([0, 0, 1, 1])
_STEP_X, _STEP_Y = np.array([1, 0, -1, 0]), np.array([0, 1, 0, -1])
"""The starts and the directions of the sides of a cell, anticlockwise from the lower left."""
NO_CONTOURS = ContourLines(np.zeros((0, 2)), np.zeros(0, np.intp), np.zeros(0))


def zero_line(values: Array) -> Array:
    """The line where a field (n, n) crosses 0: ends of straight pieces, (2 × pieces, 2), as column and row numbers."""
    cell = _disagreeing(values >= 0)
    return _pieces(_at_corners(values, cell), cell, len(values))


def level_lines(values: Array, levels: Array) -> ContourLines:
    """The contours where a field (n, n) crosses each of the levels; all at once."""
    quads = values[:-1, :-1], values[:-1, 1:], values[1:, 1:], values[1:, :-1]
    low, high = (bound.reduce(quads).ravel() for bound in (np.minimum, np.maximum))
    levels = levels.astype(values.dtype)[:, np.newaxis]
    level, cell = np.divmod(np.flatnonzero((low < levels) & (high >= levels)), len(low))
    at = _at_corners(values, cell) - levels[level]
    above = at >= 0
    # Two opposite corners above, two below: the line passes such a cell twice.
    count = 1 + ((above[:, 0] == above[:, 2]) & (above[:, 1] == above[:, 3]) & (above[:, 0] != above[:, 1]))
    return ContourLines(_pieces(at, cell, len(values)), level.repeat(count), (high - low)[cell].repeat(count))


def borders(shares: Array) -> Array:
    """The borders between several classes (classes, n, n): ends as of `zero_line`.

    Each class that wins at a corner of a cell, except the last, is separated from the others, so that hardly any line
    is drawn twice.
    """
    whole = shares.argmax(axis=0)
    cell = _disagreeing(whole)
    at, given = _at_corners(shares, cell), _at_corners(whole, cell)
    best = at.max(axis=0)
    found = [np.zeros((0, 2))]
    for k in np.unique(given):
        here = np.flatnonzero((given == k).any(axis=1) & (given.max(axis=1) > k))
        others = np.delete(at[:, here], k, axis=0).max(axis=0)
        lead = np.where(given[here] == k, at[k, here] - others, at[k, here] - best[here])
        found.append(_pieces(lead, cell[here], len(whole)))
    return np.concatenate(found)


def answer_line(field: Array | None, task: Task) -> Array:
    """The line where the predicted class of a field (outputs, n, n) changes, as ends on the plane; none for values."""
    if field is None or task == "regression":
        return NO_CONTOURS.ends
    ends = borders(zero_nonfinite(field)) if len(field) > 1 else zero_line(zero_nonfinite(field[0]))
    return on_plane(ends, field.shape[1])


def _at_corners(values: Array, cell: Array) -> Array:
    """Values (…, n, n) at the corners of cells, given by number: (…, cells, 4), counter-clockwise from the lower left.

    A grid of n × n points has (n − 1)² cells, row by row.
    """
    n = values.shape[-1]
    first = cell + cell // (n - 1)
    corners = first[:, np.newaxis] + np.array([0, 1, n + 1, n])
    result: Array = values.reshape(*values.shape[:-2], n * n).take(corners, axis=-1)
    return result


def _pieces(at: Array, cell: Array, n: int) -> Array:
    """Marching squares for many cells at once: one with two crossings has one piece, one with four has two.

    `at` are the values at the corners, (cells, 4); side k goes from corner k to corner k + 1. The ends come as column
    and row numbers, (2 × pieces, 2).
    """
    after = at[:, [1, 2, 3, 0]]
    # Read cell by cell, the crossings of a cell follow each other, so that pairs are pieces.
    crossing = np.flatnonzero((at >= 0) != (after >= 0))
    low = at.ravel()[crossing].astype(np.float64)
    along = low / (low - after.ravel()[crossing])
    which, side = crossing >> 2, crossing & 3
    row, column = np.divmod(cell[which], n - 1)
    ends = np.empty((len(crossing), 2))
    ends[:, 0] = column + _START_X[side] + along * _STEP_X[side]
    ends[:, 1] = row + _START_Y[side] + along * _STEP_Y[side]
    return ends


def joined_pieces(ends: Array) -> list[Array]:
    """Lines made of straight pieces, (2 × pieces, 2), whose ends meet: the points along each, (points, 2)."""
    # As complex numbers, which are put in order ten times as fast as rows.
    places, which = np.unique(ends.round(6) @ (1, 1j), return_inverse=True)
    pieces = which.reshape(-1, 2).tolist()
    at: dict[int, list[int]] = {}
    for piece, (one, other) in enumerate(pieces):
        at.setdefault(one, []).append(piece)
        at.setdefault(other, []).append(piece)
    lines = []
    # From loose ends first; what is left are rings.
    for start in sorted(at, key=lambda place: len(at[place])):
        while at[start]:
            line = [start]
            while at[line[-1]]:
                piece = at[line[-1]].pop()
                one, other = pieces[piece]
                following = other if one == line[-1] else one
                at[following].remove(piece)
                line.append(following)
            lines.append(np.stack([places[line].real, places[line].imag], axis=1))
    return lines


def on_plane(ends: Array, n: int) -> Array:
    """Convert column and row numbers of a grid of n × n to places on the plane."""
    result: Array = ends * (2 * EXTENT / (n - 1)) - EXTENT
    return result


def grid_rect(n: int) -> QRectF:
    """The place of an n × n image that puts the centres of its outermost pixels at −6 and 6."""
    cell = 2 * EXTENT / (n - 1)
    return QRectF(-EXTENT - cell / 2, -EXTENT - cell / 2, 2 * EXTENT + cell, 2 * EXTENT + cell)


def zero_nonfinite(values: Array) -> Array:
    """Return `values` with 0 where there is no number."""
    return values if np.isfinite(values).all() else np.nan_to_num(values, posinf=0.0, neginf=0.0)


def interpolate(field: Array, x1: float, x2: float) -> Array:
    """Interpolate the field (outputs, n, n) at a place of the plane, between the four grid points around it."""
    n = field.shape[1]
    column, row = ((value + EXTENT) / (2 * EXTENT) * (n - 1) for value in (x1, x2))
    c, r = (int(np.clip(np.floor(value), 0, n - 2)) for value in (column, row))
    across, up = column - c, row - r
    low = field[:, r, c] * (1 - across) + field[:, r, c + 1] * across
    high = field[:, r + 1, c] * (1 - across) + field[:, r + 1, c + 1] * across
    result: Array = low * (1 - up) + high * up
    return result
