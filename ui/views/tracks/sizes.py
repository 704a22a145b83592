"""Sizes that the gradient track shows: one per layer, over time and now, with their scales."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.experiment.layer_names import layer_heading
from playground.measure.snapshot import GradientHistory, Snapshot

from ...look import theme
from ...look.numbers import power_text, short_text
from ..chart.axes import nice_limit


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
        "Root mean square of each layer's gradient ∂E/∂W. Where it is tiny, the layer hardly learns.",
        "∂E/∂W: root mean square per layer",
        absent=("muted",),
    ),
    GradientQuantity(
        "delta_rms",
        "δ",
        "Root mean square of δ = ∂E/∂z, the error that reaches each layer's units. It passes from the output back to "
        "the first layer.",
        "δ = ∂E/∂z: root mean square per layer",
    ),
    GradientQuantity(
        "update_ratio",
        "ΔW/W",
        "How far one update moves each layer's weights, relative to their size. About 1/1000 is healthy for many "
        "networks; far more is unstable, far less hardly learns.",
        "Last update / weights: around 1e-3 is healthy",
        absent=("muted", "frozen"),
        low=-7,
        high=0,
        every=2,
    ),
)


class SizeScale(NamedTuple):
    """The scale of an axis from the size `low` to the size `high`, in powers of ten if it is logarithmic."""

    low: float
    high: float
    logarithmic: bool = True

    def places(self, values: Array) -> Array:
        """The places of sizes, 0…1; NaN where there is no number. Zero stands at the low end."""
        if not self.logarithmic:
            return np.clip(values / self.high, 0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.clip((np.log10(values) - self.low) / (self.high - self.low), 0, 1)

    def ticks(self, every: int) -> list[tuple[float, str]]:
        """The places of numbers, 0…1, and their texts: whole powers, or both ends and the middle."""
        if not self.logarithmic:
            return [(share, short_text(share * self.high)) for share in (0.0, 0.5, 1.0)]
        powers = [k for k in range(int(self.low), int(self.high) + 1) if k % every == 0]
        return [((k - self.low) / (self.high - self.low), "1" if k == 0 else f"1e{k}") for k in powers]


def fixed_scale(quantity: GradientQuantity) -> SizeScale:
    return SizeScale(quantity.low, quantity.high)


def narrow_scale(scale: SizeScale, sizes: Array) -> SizeScale:
    """The part of a logarithmic scale, in whole powers of ten and at least two, that holds all sizes of a history.

    A history only grows, so the scale hardly moves.
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


@dataclass(frozen=True, eq=False)
class Sizes:
    """The sizes `now`, of shape (layers,), and those of the `past`, (rows, layers), at the `steps`, (rows,).

    Layers stand in order, the output last. NaN stands where there is no number, and where a layer has had none to show
    since it is muted or frozen, which its state says.
    """

    quantity: GradientQuantity = QUANTITIES[0]
    scale: SizeScale = field(default_factory=lambda: fixed_scale(QUANTITIES[0]))
    names: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    """The state of each layer, muted or frozen; empty if it has sizes."""
    now: Array = field(default_factory=lambda: np.zeros(0))
    steps: Array = field(default_factory=lambda: np.zeros(0))
    past: Array = field(default_factory=lambda: np.zeros((0, 0)))
    absent_from: tuple[int, ...] = ()
    """The row from which each layer's state has left it without sizes; the number of rows if it has not."""

    def texts(self) -> tuple[str, ...]:
        """The present sizes as texts, or the state that hides them."""
        return tuple(state or power_text(size) for state, size in zip(self.states, self.now.tolist(), strict=True))

    def words(self, layer: int, row: int) -> str:
        """Describe the size of a layer in a row."""
        size = self.states[layer] if row >= self.absent_from[layer] else power_text(float(self.past[row, layer]))
        return f"{layer_heading(self.names[layer])}, step {self.steps[row]:,.0f}: {size}"

    def texts_at(self, row: int | None) -> tuple[str, ...]:
        """The sizes in a row as texts, or the states that hide them; without a row nothing is known."""
        if row is None:
            return ("–",) * len(self.names)
        return tuple(
            self.states[layer] if row >= first else power_text(float(self.past[row, layer]))
            for layer, first in enumerate(self.absent_from)
        )

    def now_at(self, row: int | None) -> Array:
        """The sizes in a row, shape (layers,); NaN where nothing is known."""
        return np.full(len(self.names), np.nan) if row is None else self.past[row]


def sizes_of(snapshot: Snapshot, quantity: GradientQuantity, logarithmic: bool) -> Sizes:
    """Read one of the sizes of a snapshot."""
    names = tuple(layer.name for layer in snapshot.layers)
    states = absence_states(snapshot, quantity)
    now = np.array([getattr(layer, quantity.field) for layer in snapshot.layers], dtype=np.float64)
    steps, past = recorded_sizes(snapshot.gradients, quantity.field, len(names))
    absent_from = [len(steps)] * len(names)
    if any(states):
        past = past.copy()
        for index in [index for index, state in enumerate(states) if state]:
            first = absent_from[index] = _first_absent(past[:, index])
            past[first:, index] = now[index] = np.nan
    scale = fixed_scale(quantity) if logarithmic else _linear_scale(past, now)
    return Sizes(quantity, scale, names, states, now, steps, past, tuple(absent_from))


def absence_states(snapshot: Snapshot, quantity: GradientQuantity) -> tuple[str, ...]:
    """The state of each layer that makes its size meaningless, muted or frozen; empty if there is none."""
    hidden = ["muted" if one.muted else "" if one.trainable else "frozen" for one in snapshot.experiment.layers]
    states = [*hidden, *[""] * len(snapshot.layers)][: len(snapshot.layers)]
    return tuple(state if state in quantity.absent else "" for state in states)


def _first_absent(sizes: Array) -> int:
    """The row after the last size that is not 0."""
    other = np.flatnonzero(sizes != 0)
    return int(other[-1]) + 1 if len(other) else 0


def recorded_sizes(history: GradientHistory, name: str, layers: int) -> tuple[Array, Array]:
    """The steps and the history of one size, (rows, layers); empty where it has not been recorded."""
    sizes = getattr(history, name)
    if sizes.shape == (len(history.step), layers):
        return history.step, sizes
    return np.zeros(0), np.zeros((0, layers))


def _linear_scale(*sizes: Array) -> SizeScale:
    known = np.concatenate([array.ravel() for array in sizes])
    known = known[np.isfinite(known) & (known > 0)]
    return SizeScale(0.0, nice_limit(float(np.clip(known.max(initial=1e-300), 1e-300, 1e300))), False)
