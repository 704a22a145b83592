"""The sizes that can be shown, and where they stand: places and colours on a scale that never moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from ui.look import theme
from ui.look.numbers import short_text


@dataclass(frozen=True)
class GradientQuantity:
    """One of the sizes that can be shown, by its name in LayerStatistics and GradientHistory.

    `low` and `high` are the powers of ten at the ends of its scale; what lies beyond gets the colour and the length of
    the end. `absent` says which layers have none: a 0 of theirs means nothing.
    """

    field: str
    symbol: str
    help: str
    idle: str
    absent: tuple[str, ...] = ()
    low: int = theme.MAGNITUDES[0]
    high: int = theme.MAGNITUDES[1]
    every: int = 4
    """Powers of ten between two ticks of the bars."""


QUANTITIES = (
    GradientQuantity(
        "gradient_rms",
        "∂E/∂W",
        "How strongly the error pulls at the weights of each layer, as root mean square. "
        "Where it is tiny, the layer hardly learns.",
        "∂E/∂W: root mean square per layer",
        absent=("muted",),
    ),
    GradientQuantity(
        "delta_rms",
        "δ",
        "How strongly each point's error reaches the units of each layer, δ = ∂E/∂z, as root mean square. "
        "It passes from the output back to layer 1.",
        "δ = ∂E/∂z: root mean square per layer",
    ),
    GradientQuantity(
        "update_ratio",
        "ΔW/W",
        "How far one update moves the weights of each layer, as a share of their size. "
        "Around 1/1000 is healthy for many networks; far more is restless, far less is asleep.",
        "Last update / weights: around 1e-3 is healthy",
        absent=("muted", "frozen"),
        low=-7,
        high=0,
        every=2,
    ),
)


class SizeScale(NamedTuple):
    """From the size `low` to the size `high`, in powers of ten if it is logarithmic."""

    low: float
    high: float
    logarithmic: bool = True

    def places(self, values: Array) -> Array:
        """Where sizes stand, 0…1; NaN where there is no number. Zero stands at the low end."""
        if not self.logarithmic:
            return np.clip(values / self.high, 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.clip((np.log10(values) - self.low) / (self.high - self.low), 0, 1)

    def ticks(self, every: int) -> list[tuple[float, str]]:
        """Where numbers stand, 0…1, and what they say: whole powers, or both ends and the middle."""
        if not self.logarithmic:
            return [(share, short_text(share * self.high)) for share in (0.0, 0.5, 1.0)]
        powers = [k for k in range(int(self.low), int(self.high) + 1) if k % every == 0]
        return [((k - self.low) / (self.high - self.low), "1" if k == 0 else f"1e{k}") for k in powers]


def fixed_scale(quantity: GradientQuantity) -> SizeScale:
    """The scale of a size that never moves."""
    return SizeScale(quantity.low, quantity.high)


def narrow_scale(scale: SizeScale, sizes: Array) -> SizeScale:
    """The part of a logarithmic scale, in whole powers of ten and at least two, that holds all sizes of a history.

    A history only grows, so that this hardly moves.
    """
    known = sizes[np.isfinite(sizes) & (sizes > 0)]
    if not scale.logarithmic or not len(known):
        return scale
    low, high = np.clip(np.log10([known.min(), known.max()]), scale.low, scale.high)
    high = max(np.ceil(high), scale.low + 2)
    return SizeScale(float(min(np.floor(low), high - 2)), float(high))


def size_colours(values: Array, scale: SizeScale) -> Array:
    """The colours of sizes of any shape, uint8 (…, 4); transparent where there is no number."""
    places, table = scale.places(values), theme.magnitude_table()
    absent = np.isnan(places)
    colours: Array = table[(np.where(absent, 0, places) * (len(table) - 1) + 0.5).astype(np.intp)]
    colours[absent] = 0
    return colours


@lru_cache(maxsize=8)
def depth_colours(layers: int, look: theme.Theme) -> tuple[str, ...]:
    """A colour for each layer, from the one of the input side to that of the output."""
    return tuple(theme.blend(look.classes[1], look.classes[0], index / max(1, layers - 1)) for index in range(layers))
