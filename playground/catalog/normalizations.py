"""Normalizations: z is shifted and scaled to mean 0 and standard deviation 1 before the activation.

ẑ = (z − μ) / √(σ² + ε), then γ ẑ + β with a trainable γ and β per unit. The members differ in what μ and σ² are taken
over. Arrays have the shape (units, points); the rules are PyTorch's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array, Choice, union

EPSILON = 1e-5
MOMENTUM = 0.1
"""The weight of the newest batch in the running mean and variance."""


class Standardized(NamedTuple):
    """The standardized ẑ, with the statistics that its gradient and the running averages need."""

    values: Array
    mean: Array
    variance: Array
    scale: Array
    """1 / √(σ² + ε)."""
    measured: bool
    """Whether μ and σ² are those of the standardized numbers themselves, so that a gradient flows through them."""


class Normalization(Choice, frozen=True):
    """Keeps the numbers inside the network at a constant scale. Without it, deep networks may stall, and training may diverge at large learning rates."""

    axis: ClassVar[int | None] = None
    """The axis over which mean and variance are taken: 0 for the units of a point, 1 for the points of a batch, or None."""
    running: ClassVar[bool] = False
    """Whether running statistics stand in for those of the batch at evaluation."""

    def standardized(self, z: Array, mean: Array | None = None, variance: Array | None = None) -> Standardized:
        """Return ẑ for z of shape (units, points), with the given statistics or else its own."""
        measured = mean is None or variance is None
        if mean is None or variance is None:
            mean, variance = z.mean(axis=self.axis, keepdims=True), z.var(axis=self.axis, keepdims=True)
        scale = 1 / np.sqrt(variance + EPSILON)
        return Standardized((z - mean) * scale, mean, variance, scale, measured)

    def gradient(self, passed: Standardized, back: Array) -> Array:
        """Return ∂E/∂z, given `back` = ∂E/∂ẑ, both of shape (units, points)."""
        if passed.measured:
            along = (back * passed.values).mean(axis=self.axis, keepdims=True)
            back = back - back.mean(axis=self.axis, keepdims=True) - passed.values * along
        return back * passed.scale


class NoNormalization(Normalization, frozen=True, tag="none"):
    """Passes z to the activation unchanged. Enough for shallow networks."""

    label = "None"
    formula = "ẑ = z"


class BatchNormalization(Normalization, frozen=True, tag="batch"):
    """Standardizes each unit over the batch, or with running averages at evaluation. Small batches make it noisy.

    A batch of one point has no spread: it is standardized with the running averages, which stay unchanged.
    Ioffe and Szegedy, "Batch normalization", 2015.
    """

    label = "Batch"
    formula = "ẑ = γ (z − μ) / √(σ² + 10⁻⁵) + β,  μ and σ² over the batch"
    axis = 1
    running = True


class LayerNormalization(Normalization, frozen=True, tag="layer"):
    """Standardizes the units of a layer, point by point, whatever the batch. Of two units, it only keeps which one is larger.

    Ba, Kiros and Hinton, "Layer normalization", 2016.
    """

    label = "Layer"
    formula = "ẑ = γ (z − μ) / √(σ² + 10⁻⁵) + β,  μ and σ² over the layer"
    axis = 0


if TYPE_CHECKING:
    AnyNormalization: TypeAlias = Normalization
else:
    AnyNormalization = union(Normalization)
