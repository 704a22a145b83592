"""Activations f, applied to every number z of a layer, with their derivatives f′.

`value_of` and `derivative_of` are plain, branch-free functions of numbers or arrays, written once for every
engine. A derivative may use both z and a = f(z), whichever is cheaper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import numpy as np

from playground.catalog.choice import Array, Choice, setting, union


class Activation(Choice, frozen=True):
    """Turns a layer's weighted sum z into its output a."""

    @staticmethod
    def value_of(z: Any, *settings: Any) -> Any:
        """f(z), element by element."""
        raise NotImplementedError

    @staticmethod
    def derivative_of(z: Any, a: Any, *settings: Any) -> Any:
        """f′(z), element by element, given also a = f(z)."""
        raise NotImplementedError

    def __call__(self, z: Array) -> Array:
        result: Array = self.value_of(z, *self.values)
        return result

    def derivative(self, z: Array, a: Array) -> Array:
        """f′(z) for an array z of any shape, given a = f(z)."""
        result: Array = self.derivative_of(z, a, *self.values)
        return result


class Linear(Activation, frozen=True, tag="linear"):
    """Passes z on unchanged. However many linear layers you stack, the network can only draw a straight line."""

    label = "Linear"
    formula = "f(z) = z"

    @staticmethod
    def value_of(z: Any) -> Any:
        return z

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return np.ones_like(z)


class Sigmoid(Activation, frozen=True, tag="sigmoid"):
    """Squeezes z into 0…1. Its slope is at most 1/4, so every layer shrinks the gradient that passes back."""

    label = "Sigmoid"
    formula = "f(z) = 1 / (1 + e⁻ᶻ)"

    @staticmethod
    def value_of(z: Any) -> Any:
        # The same function as 1 / (1 + exp(-z)), without overflow for any z.
        return 0.5 + 0.5 * np.tanh(0.5 * z)

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return a * (1 - a)


class Tanh(Activation, frozen=True, tag="tanh"):
    """Squeezes z into −1…1 around zero. Trains faster than sigmoid, but large |z| still stops the gradient."""

    label = "Tanh"
    formula = "f(z) = tanh z"

    @staticmethod
    def value_of(z: Any) -> Any:
        return np.tanh(z)

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return 1 - a * a


class Relu(Activation, frozen=True, tag="relu"):
    """Keeps positive z and cuts the rest to 0. Gradients pass undiminished, but a unit that is never positive is dead."""

    label = "ReLU"
    formula = "f(z) = max(0, z)"

    @staticmethod
    def value_of(z: Any) -> Any:
        return np.maximum(z, 0)

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return np.sign(a)


class LeakyRelu(Activation, frozen=True, tag="leaky_relu"):
    """Like ReLU, but lets a small part of negative z through, so that no unit can die for good."""

    label = "Leaky ReLU"
    formula = "f(z) = max(0, z) + slope · min(0, z)"

    slope: Annotated[
        float,
        setting(
            "Slope",
            "The share of a negative z that passes. At 0 this is ReLU; at 1 the layer is linear.",
            ge=0,
            le=1,
        ),
    ] = 0.01

    @staticmethod
    def value_of(z: Any, slope: Any) -> Any:
        return np.maximum(z, 0) + slope * np.minimum(z, 0)

    @staticmethod
    def derivative_of(z: Any, a: Any, slope: Any) -> Any:
        positive = np.sign(np.maximum(z, 0))
        return positive + slope * (1 - positive)


if TYPE_CHECKING:
    AnyActivation: TypeAlias = Activation
else:
    AnyActivation = union(Activation)
