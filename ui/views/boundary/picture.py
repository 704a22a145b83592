"""Pictures of the boundary as arrays: the answer, crisp classes, uncertainty, one unit's map. No Qt
widgets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PySide6.QtCore import QRectF

from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT
from playground.catalog.losses import CrossEntropy
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import Snapshot, UnitMap

from ...look import theme
from ...look.numbers import short_text
from ..chart.axes import nice_limit
from ..plane.answers import unit_words
from ..plane.field import (
    NO_CONTOURS,
    ValueRange,
    answer_line,
    class_pixels,
    field_pixels,
    grid_rect,
    pixel_colours,
    uncertainty_pixels,
    winning_classes,
    zero_nonfinite,
)
from ..plane.legend import ColourScale, range_scale

_SURE = (0.75, 0.9)
"""Lines of equal probability: how sure the network is of the class that it gives."""
_SHARES = (0.5, 0.75, 0.9)
"""Lines of equal probability where there are several classes."""
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""The possible distances of contours, times a power of ten."""
_MOST_UNSURE = 0.5
"""The largest standard deviation that answers can have: half of them 0, half 1."""
_PLANE = QRectF(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)


@dataclass(frozen=True)
class BoundaryPicture:
    """A picture of the plane: its colours, contours, line and legend."""

    pixels: Array
    """0xffRRGGBB, uint32 (m, m), row 0 at the bottom."""
    place: QRectF
    """The place of the image on the plane."""
    values: Array
    """The field that contours follow, (n, n); all finite."""
    levels: Array
    texts: tuple[str, ...]
    """The numbers at the contours."""
    line: Array
    """The line where the answer changes: ends of pieces on the plane, (2 × pieces, 2)."""
    scale: ColourScale | None
    """The colours in the legend; None where the classes there say enough."""

    @cached_property
    def colours(self) -> Array:
        """The pixels as red, green, blue: uint8 (m, m, 3)."""
        return pixel_colours(self.pixels)


def answer_picture(shot: Snapshot, scale: ValueRange, crisp: bool) -> BoundaryPicture:
    """Make the picture of the answers: with `crisp` only the class, else its probability, or the value."""
    field, look = shot.answer(BoundaryRequest), theme.current()
    assert field is not None
    values = zero_nonfinite(field.max(axis=0) if len(field) > 1 else field[0])
    classes = shot.sample.task == "classification"
    if classes and crisp:
        count = max(2, len(field))
        pixels, place = class_pixels(winning_classes(field), count, look), _PLANE
    else:
        pixels, place = field_pixels(field, scale, look), grid_rect(field.shape[1])
    levels, texts = _answer_levels(shot, scale)
    bar = None if classes else range_scale(shot.sample.target_name, scale)
    return BoundaryPicture(pixels, place, values, levels, texts, _line_of(shot), bar)


def uncertainty_picture(shot: Snapshot, values: Array, scale: ValueRange) -> BoundaryPicture:
    """Make the picture of the spread of the answers, up to the possible maximum, or to half of the values' range."""
    most = _MOST_UNSURE if shot.sample.task == "classification" else scale.half / 2
    return _spread_picture(shot, values, "uncertainty", most)


def _spread_picture(shot: Snapshot, values: Array, name: str, most: float) -> BoundaryPicture:
    """Picture a quantity that grows from 0 to `most`."""
    levels = most * np.arange(1, 5) / 5
    bar = ColourScale(name, "0", "", short_text(float(f"{most:.3g}")), sequential=True)
    pixels = uncertainty_pixels(values, most, theme.current())
    place = grid_rect(len(values))
    return BoundaryPicture(
        pixels,
        place,
        zero_nonfinite(values),
        levels,
        _level_texts(levels),
        _line_of(shot),
        bar,
    )


def entropy_of(field: Array) -> Array:
    """The entropy in bits of the predicted classes, float32 (n, n), of a field as `BoundaryRequest` answers it."""
    shares = field if len(field) > 1 else np.stack([1 - field[0], 1 + field[0]]) / 2
    shares = np.clip(shares, 1e-9, 1)
    result: Array = -(shares * np.log2(shares)).sum(axis=0)
    return result


def entropy_picture(shot: Snapshot) -> BoundaryPicture:
    """Make the picture of the entropy of the predicted classes, up to that of equally likely classes."""
    field = shot.answer(BoundaryRequest)
    assert field is not None
    return _spread_picture(shot, entropy_of(field), "entropy in bits", math.log2(max(2, len(field))))


def unit_picture(shot: Snapshot, unit: UnitMap, scale: ValueRange, half: float) -> BoundaryPicture:
    """Make the picture of a unit's output; `half` is the largest absolute value with its own colour.

    The output layer has the colours of the boundary.
    """
    if unit.layer < len(shot.layers) - 1:
        scale = ValueRange(0.0, half)
    low, high = scale.ends
    bar = ColourScale(
        unit_words(shot, unit.layer, unit.unit)[0], short_text(low), short_text(scale.middle), short_text(high)
    )
    pixels = field_pixels(unit.values[np.newaxis], scale, theme.current())
    levels = even_levels(scale)
    return BoundaryPicture(
        pixels,
        grid_rect(len(unit.values)),
        zero_nonfinite(unit.values),
        levels,
        _level_texts(levels),
        NO_CONTOURS.ends,
        bar,
    )


def unit_range(values: Array, before: float) -> float:
    """The size up to which a unit's values have colours of their own: it grows at once and shrinks late."""
    largest = float(np.abs(zero_nonfinite(values)).max(initial=0.0))
    half = nice_limit(max(largest, 1e-6))
    return before if before / 2 < half <= before else half


def _line_of(shot: Snapshot) -> Array:
    return answer_line(shot.answer(BoundaryRequest), shot.sample.task)


def _answer_levels(shot: Snapshot, scale: ValueRange) -> tuple[Array, tuple[str, ...]]:
    """The contours of the answers, and the numbers at them as hovering reads them."""
    if shot.sample.task == "regression":
        levels = even_levels(scale)
        return levels, _level_texts(levels)
    field = shot.answer(BoundaryRequest)
    if field is not None and len(field) > 1:
        return np.array(_SHARES), _level_texts(_SHARES)
    # One output shows 2 p − 1 for class 1; people read p of the class that wins.
    sure = np.array(_SURE)
    levels = np.concatenate([1 - 2 * sure[::-1], 2 * sure - 1])
    texts = (*_SURE[::-1], *_SURE) if isinstance(shot.loss, CrossEntropy) else tuple(levels.round(2))
    return levels, _level_texts(texts)


def even_levels(scale: ValueRange) -> Array:
    """Return about nine round values within a range."""
    low, high = scale.ends
    unit = 10.0 ** np.floor(np.log10(scale.half / 4.5))
    step = max(leap for leap in (*_STEPS, 10.0) if unit * leap <= scale.half / 4.5 * (1 + 1e-9)) * unit
    first, last = int(np.floor(low / step)) + 1, int(np.ceil(high / step)) - 1
    return np.arange(first, last + 1) * step


def _level_texts(levels: Sequence[float] | Array) -> tuple[str, ...]:
    """The numbers at lines of equal value, without needless digits."""
    return tuple(short_text(float(f"{level:.4g}")) for level in levels)
