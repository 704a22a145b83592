"""The maps of units as small pictures, all of a frame in one image.

What a colour means on a unit's map follows from its activation. One that stays within −1…1 or 0…1 (tanh, sigmoid) is
shown on exactly that range, so that a pale map is a unit that hardly answers. All others (ReLU, linear, layers with a
skip connection) are shown between plus and minus the largest size that the unit reaches on the plane: neutral is 0,
so that a ReLU is neutral where it is off. Outputs look as in the decision boundary.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from PySide6.QtGui import QImage

from playground.catalog.activations import Activation
from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT
from playground.catalog.features import FEATURES
from ui.look import theme
from ui.views.plane.field import ValueRange, channels, pack_colours, pale_classes

_QUIETEST = 0.1
"""Maps that stay below this size are not stretched to full colours; they would show noise."""
_FEATURE_POINTS = 32


@lru_cache(maxsize=256)
def range_of_activation(activation: Activation) -> ValueRange | None:
    """The range of an activation, if it is −1…1 or 0…1 or nearly so; else None."""
    at = np.concatenate([np.linspace(-20, 20, 401), [-1e4, 1e4]])
    with np.errstate(all="ignore"):
        values = np.nan_to_num(activation(at), nan=np.inf)
    low, high = float(values.min()), float(values.max())
    if high > 2 or low < -2:
        return None
    return ValueRange(0.5, 0.5) if low > -0.01 else ValueRange(0.0, 1.0 if max(-low, high) <= 1.01 else max(-low, high))


def colour_numbers(maps: Array, scale: ValueRange | None) -> Array:
    """Maps (units, n, n) as places in a table of 256 colours, uint8; each on its own range if there is no `scale`."""
    if scale is None:
        # Symmetric about 0, as wide as each map needs.
        sizes = np.maximum(maps.max(axis=(1, 2)), -maps.min(axis=(1, 2))) if len(maps) else np.zeros(0)
        middle, half = np.zeros(len(maps)), np.maximum(sizes, _QUIETEST)
    else:
        middle, half = np.full(len(maps), scale.middle), np.full(len(maps), scale.half)
    factor = (127.5 / half).astype(np.float32)[:, np.newaxis, np.newaxis]
    shift = (128.0 - middle * 127.5 / half).astype(np.float32)[:, np.newaxis, np.newaxis]
    places = maps * factor
    places += shift
    # NaN compares as False with everything, so that it has to go before the numbers are made whole.
    np.nan_to_num(places, copy=False, nan=128.0, posinf=255.0, neginf=0.0)
    np.clip(places, 0, 255, out=places)
    return places.astype(np.uint8)


@lru_cache(maxsize=8)
def _field_colours(look: theme.Theme) -> Array:
    return pack_colours(theme.field_table(look))


@lru_cache(maxsize=8)
def _class_colours(look: theme.Theme, classes: int) -> Array:
    """For each class 256 colours from neutral to its own, packed, (classes, 256)."""
    at = np.linspace(0, 1, 256)[:, np.newaxis]
    neutral = channels(look.field_middle)
    return np.stack([pack_colours((neutral + at * (own - neutral)).round()) for own in pale_classes(look, classes)])


class Atlas:
    """Maps below each other in one image; map number k is the k-th square of it."""

    def __init__(self, colours: Array) -> None:
        """`colours` are packed, (maps, n, n), row 0 at x₂ = −6."""
        self.count, self.side = len(colours), colours.shape[-1]
        # Pictures have their first row on top. The array is kept, since the image only borrows it.
        self._colours = np.ascontiguousarray(colours[:, ::-1].reshape(-1, self.side))
        self.image = QImage(
            self._colours.data, self.side, len(self._colours), 4 * self.side, QImage.Format.Format_RGB32
        )


def unit_colours(maps: Array, scale: ValueRange | None, look: theme.Theme) -> Array:
    """The colours of the maps of a layer, packed, (units, n, n)."""
    return np.take(_field_colours(look), colour_numbers(maps, scale))


def share_colours(maps: Array, units: Sequence[int], classes: int, look: theme.Theme) -> Array:
    """The colours of the maps of several outputs, each the share of a class, packed."""
    numbers = colour_numbers(maps, ValueRange(0.5, 0.5))
    tables = _class_colours(look, classes)
    return np.stack([np.take(tables[unit], number) for unit, number in zip(units, numbers, strict=True)])


@lru_cache(maxsize=4)
def feature_atlas(look: theme.Theme) -> Atlas:
    """The maps of all available inputs, coloured by the same rules as those of units."""
    at = np.linspace(-EXTENT, EXTENT, _FEATURE_POINTS)
    x1, x2 = np.meshgrid(at, at)
    maps = np.stack([feature.formula(x1, x2) for feature in FEATURES.values()]).astype(np.float32)
    return Atlas(unit_colours(maps, None, look))
