"""Activations f, applied to every number z of a layer, with their derivatives f′.

`value_of` and `derivative_of` are plain, branch-free functions of numbers or arrays, written once for every
engine. A derivative may use both z and a = f(z), whichever is cheaper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.polynomial import chebyshev

from playground.catalog.choice import Array, Choice, setting, union


class Passage(NamedTuple):
    """A nearly linear passage of a signal x through an activation: f(scale · x + shift) ≈ level + gain · x."""

    scale: Array
    shift: Array
    gain: Array
    level: Array


class Activation(Choice, frozen=True):
    """Turns a unit's weighted sum z into its output a. A straight line makes depth useless; flat ends block the gradient."""

    straight_from: ClassVar[float] = np.inf
    """The z above which f is a straight line through 0, exactly or nearly."""
    waist: ClassVar[float] = 0.0
    """The |z| up to which f is nearly straight around 0; only for activations without a straight part.

    A smaller waist would be straighter, but would need larger weights behind it, which make training unsteady.
    """
    passage_error: ClassVar[float] = 0.0
    """The largest error of a passage: a share of half the signal's range, or an amount of z if the signal is shifted."""
    saturates: ClassVar[bool] = False
    """Whether f levels off on both sides, so that units with large |z| stop learning."""

    @staticmethod
    def value_of(z: Any, *settings: Any) -> Any:
        """Return f(z), element by element."""
        raise NotImplementedError

    @staticmethod
    def derivative_of(z: Any, a: Any, *settings: Any) -> Any:
        """Return f′(z), element by element, given also a = f(z)."""
        raise NotImplementedError

    def __call__(self, z: Array) -> Array:
        result: Array = self.value_of(z, *self.values)
        return result

    def derivative(self, z: Array, a: Array) -> Array:
        """Return f′(z) for an array z of any shape, given a = f(z)."""
        result: Array = self.derivative_of(z, a, *self.values)
        return result

    def passage(self, low: Array, high: Array) -> Passage:
        """Return the passage for signals between `low` and `high`, arrays of one number per unit.

        Where f has a straight part the signal is moved there, with a tenth of its range to spare. Where it has none
        the signal is shrunk to the waist; the line is the best one there for a cubic bend (it meets f at √¾ of it).
        """
        middle, half = (low + high) / 2, (high - low) / 2
        if self.waist:
            reach = np.sqrt(0.75) * self.waist
            scale = self.waist / np.where(half > 0, half, 1)
            shift, centre = -scale * middle, np.zeros_like(middle)
            slope = (self(centre + reach) - self(centre)) / reach
            return Passage(scale, shift, slope * scale, self(centre) + slope * shift)
        shift = np.maximum(0, self.straight_from + 0.2 * half - low)
        slope = np.round(self.derivative(far := np.full_like(low, 1e3), self(far)), 15)
        return Passage(np.ones_like(low), shift, slope, slope * shift)

    def rest(self) -> float:
        """Return a z at which f has a usable slope."""
        return 0.0 if self.waist or self.straight_from == -np.inf else self.straight_from + 1


class Linear(Activation, frozen=True, tag="linear"):
    """Passes z on unchanged. However many linear layers you stack, the network can only draw a straight line."""

    label = "Linear"
    formula = "f(z) = z"
    torch = "z"
    onnx = "z"
    straight_from = -np.inf

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
    torch = "torch.sigmoid(z)"
    onnx = "Sigmoid(z)"
    waist = 0.4
    passage_error = 0.004
    saturates = True

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
    torch = "torch.tanh(z)"
    onnx = "Tanh(z)"
    waist = 0.2
    passage_error = 0.004
    saturates = True

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
    torch = "F.relu(z)"
    onnx = "Relu(z)"
    straight_from = 0.0

    @staticmethod
    def value_of(z: Any) -> Any:
        return np.maximum(z, 0)

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return np.sign(a)


class LeakyRelu(Activation, frozen=True, tag="leaky_relu"):
    """Like ReLU, but lets a small part of negative z through. That way no unit dies for good."""

    label = "Leaky ReLU"
    formula = "f(z) = max(0, z) + slope · min(0, z)"
    torch = "F.leaky_relu(z, {slope!r})"
    onnx = "LeakyRelu(z, alpha={slope!r})"
    straight_from = 0.0

    slope: Annotated[
        float,
        setting(
            "Slope",
            "The share of a negative z that passes. Raise it if units die; at 0 this is ReLU, at 1 the layer is linear.",
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


class Elu(Activation, frozen=True, tag="elu"):
    """Like ReLU for positive z, but bends smoothly towards −1 below. That keeps a layer's mean near 0."""

    label = "ELU"
    formula = "f(z) = max(0, z) + e^min(0, z) − 1"
    torch = "F.elu(z)"
    onnx = "Elu(z)"
    straight_from = 0.0

    @staticmethod
    def value_of(z: Any) -> Any:
        return np.maximum(z, 0) + np.expm1(np.minimum(z, 0))

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return 1 + np.minimum(a, 0)


SELU_SCALE = 1.0507009873554804934193349852946
SELU_ALPHA = 1.6732632423543772848170429916717


class Selu(Activation, frozen=True, tag="selu"):
    """ELU, scaled so that signals keep mean 0 and spread 1 from layer to layer. Start it with LeCun normal weights.

    The two constants are those of Klambauer et al., "Self-normalizing neural networks", 2017.
    """

    label = "SELU"
    formula = "f(z) = 1.0507 · (max(0, z) + 1.6733 · (e^min(0, z) − 1))"
    torch = "F.selu(z)"
    onnx = "Selu(z)"
    straight_from = 0.0

    @staticmethod
    def value_of(z: Any) -> Any:
        return SELU_SCALE * np.maximum(z, 0) + SELU_SCALE * SELU_ALPHA * np.expm1(np.minimum(z, 0))

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        positive = np.sign(np.maximum(z, 0))
        return SELU_SCALE * positive + (1 - positive) * (np.minimum(a, 0) + SELU_SCALE * SELU_ALPHA)


class Gelu(Activation, frozen=True, tag="gelu"):
    """ReLU with a soft bend that dips a little below 0. The usual choice in large language models."""

    label = "GELU"
    formula = "f(z) = z Φ(z),  Φ: the standard normal distribution function"
    torch = "F.gelu(z)"
    onnx = "Mul(Mul(z, 0.5), Add(Erf(Mul(z, 0.7071067811865476)), 1.0))"
    straight_from = 3.0
    passage_error = 0.005

    @staticmethod
    def value_of(z: Any) -> Any:
        return z * normal_distribution(z)

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        density = np.exp(-0.5 * z * z) * ONE_OVER_ROOT_2_PI
        return normal_distribution(z) + z * density


class Silu(Activation, frozen=True, tag="silu"):
    """z times its own sigmoid: a smooth ReLU with a small dip, also known as Swish. Its units never quite die."""

    label = "SiLU"
    formula = "f(z) = z σ(z)"
    torch = "F.silu(z)"
    onnx = "Mul(z, Sigmoid(z))"
    straight_from = 7.0
    passage_error = 0.007

    @staticmethod
    def value_of(z: Any) -> Any:
        return z * (0.5 + 0.5 * np.tanh(0.5 * z))

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        sigmoid = 0.5 + 0.5 * np.tanh(0.5 * z)
        return sigmoid + a * (1 - sigmoid)


class Softplus(Activation, frozen=True, tag="softplus"):
    """ReLU with the corner rounded off. Always positive and never flat, so no unit dies."""

    label = "Softplus"
    formula = "f(z) = log(1 + eᶻ)"
    torch = "F.softplus(z)"
    onnx = "Softplus(z)"
    straight_from = 5.0
    passage_error = 0.007

    @staticmethod
    def value_of(z: Any) -> Any:
        return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return 0.5 + 0.5 * np.tanh(0.5 * z)


class Sine(Activation, frozen=True, tag="sine"):
    """A wave. Fits repeating patterns with few units, but training easily gets stuck in poor solutions."""

    label = "Sine"
    formula = "f(z) = sin z"
    torch = "torch.sin(z)"
    onnx = "Sin(z)"
    waist = 0.27
    passage_error = 0.004

    @staticmethod
    def value_of(z: Any) -> Any:
        return np.sin(z)

    @staticmethod
    def derivative_of(z: Any, a: Any) -> Any:
        return np.cos(z)


ONE_OVER_ROOT_2 = 0.70710678118654752440
ONE_OVER_ROOT_2_PI = 0.39894228040143267794


class Polynomial(tuple[float, ...]):
    """The coefficients of a polynomial for arguments from −1 to 1, highest power first."""

    def shortened(self, error: float) -> tuple[float, ...]:
        """Return the coefficients of a polynomial of lower degree within `error`, by cutting the Chebyshev series."""
        series = chebyshev.poly2cheb(self[::-1])
        left_out = np.cumsum(np.abs(series[::-1]))[::-1]
        coefficients: list[float] = chebyshev.cheb2poly(series[left_out > error])[::-1].tolist()
        return tuple(coefficients)


ERFC_COEFFICIENTS = Polynomial(
    (
        -2.623107347133476e-09,
        -1.9551358868985616e-09,
        3.197926671666804e-08,
        1.879082322370048e-08,
        -2.4857126248016745e-07,
        -5.084465378687302e-08,
        1.7419821586224816e-06,
        -9.792625707303523e-07,
        -1.1438048033346894e-05,
        2.2387565714911816e-05,
        5.164652974177416e-05,
        -0.00029015535246077655,
        0.000293714378044958,
        0.0017556261651970652,
        -0.009746579683265262,
        0.02836227737211114,
        -0.05869339857664934,
        0.09230432116428125,
        -0.10880393014244462,
        0.08227673848999506,
        0.0035854154854790257,
        -0.14024059858554525,
        1.2375126308378275,
    )
)
"""Of (1 + 2x) exp(x²) erfc(x), as a polynomial in (x − 3.75)/(x + 3.75), highest power first: for all x ≥ 0 the
result is within 6e-16. The form is that of Shepherd and Laframboise, "Chebyshev approximation of (1+2x)exp(x²)erfc x
in 0 ≤ x < ∞", Mathematics of Computation 36, 1981; computed here to 60 digits."""


def normal_distribution(z: Any) -> Any:
    """Return Φ(z), the probability that a standard normal number is below z, in the precision of z."""
    x = np.abs(z) * ONE_OVER_ROOT_2
    t = (x - 3.75) / (x + 3.75)
    series = 0 * t
    for coefficient in ERFC_COEFFICIENTS:
        series = series * t + coefficient
    tail = 0.5 * np.exp(-x * x) * series / (1 + 2 * x)
    positive = np.sign(np.maximum(z, 0))
    return positive + (1 - 2 * positive) * tail


if TYPE_CHECKING:
    AnyActivation: TypeAlias = Activation
else:
    AnyActivation = union(Activation)
