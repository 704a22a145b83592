"""Initializers: the weights a layer starts with. Each draws only from the generator that it is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import numpy as np

from playground.catalog.choice import Array, Choice, setting, union
from playground.catalog.datasets import tfdata
from playground.files.errors import InputError


class Initializer(Choice, frozen=True):
    """Draws the initial weights. If they are too small, signals fade from layer to layer; if too large, units saturate."""

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        """Return weights of shape (units, inputs), float64."""
        raise NotImplementedError

    def check(self, path: str) -> None:
        """Raise InputError for what the declared ranges can't express; `path` is the path of this choice."""


class GlorotUniform(Initializer, frozen=True, tag="glorot_uniform"):
    """Keeps signals and gradients about equal in size from layer to layer. Made for tanh and sigmoid; too small for ReLU."""

    label = "Glorot uniform"
    formula = "w ~ U(−√(6/(in+out)), √(6/(in+out)))"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        limit = np.sqrt(6 / (inputs + units))
        return random.uniform(-limit, limit, (units, inputs))


class GlorotNormal(Initializer, frozen=True, tag="glorot_normal"):
    """Glorot's rule with normally distributed weights. Most are small, a few stand out."""

    label = "Glorot normal"
    formula = "w ~ N(0, 2/(in+out))"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, np.sqrt(2 / (inputs + units)), (units, inputs))


class HeUniform(Initializer, frozen=True, tag="he_uniform"):
    """Keeps signals equal in size from layer to layer with ReLU. Its variance is twice LeCun's, since ReLU halves what passes."""

    label = "He uniform"
    formula = "w ~ U(−√(6/in), √(6/in))"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        limit = np.sqrt(6 / inputs)
        return random.uniform(-limit, limit, (units, inputs))


class HeNormal(Initializer, frozen=True, tag="he_normal"):
    """He's rule with normally distributed weights. Most are small, a few stand out."""

    label = "He normal"
    formula = "w ~ N(0, 2/in)"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, np.sqrt(2 / inputs), (units, inputs))


class LecunNormal(Initializer, frozen=True, tag="lecun_normal"):
    """Keeps signals equal in size if the activation does not change it. Made for SELU."""

    label = "LeCun normal"
    formula = "w ~ N(0, 1/in)"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, np.sqrt(1 / inputs), (units, inputs))


class Orthogonal(Initializer, frozen=True, tag="orthogonal"):
    """Lets each layer rotate or mirror its input without stretching it. Signals pass through even very deep networks.

    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2014.
    """

    label = "Orthogonal"
    formula = "W Wᵀ = I if units ≤ inputs, else Wᵀ W = I"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        tall = random.normal(size=(max(units, inputs), min(units, inputs)))
        directions, scales = np.linalg.qr(tall)
        # Without the signs of R the directions would not be uniformly distributed.
        directions = directions * np.sign(np.diag(scales))
        return directions if units >= inputs else directions.T


class Uniform(Initializer, frozen=True, tag="uniform"):
    """Draws weights uniformly between two bounds, whatever the layer's width. The same bounds suit one width only."""

    label = "Uniform"
    formula = "w ~ U(low, high)"

    low: Annotated[
        float,
        setting(
            "Low",
            "The smallest initial weight. Lower it if signals fade from layer to layer, raise it if units saturate.",
            ge=-1e6,
            le=1e6,
            slider=(-2, 0),
        ),
    ] = -0.5
    high: Annotated[
        float,
        setting(
            "High",
            "The largest initial weight. Raise it if signals fade from layer to layer, lower it if units saturate.",
            ge=-1e6,
            le=1e6,
            slider=(0, 2),
        ),
    ] = 0.5

    def check(self, path: str) -> None:
        if self.low > self.high:
            raise InputError(f"{path}.low", self.low, f"at most {path}.high = {self.high:g}")

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.uniform(self.low, self.high, (units, inputs))


class Normal(Initializer, frozen=True, tag="normal"):
    """Draws normally distributed weights around 0, whatever the layer's width. The same spread suits one width only."""

    label = "Normal"
    formula = "w ~ N(0, σ²)"

    std: Annotated[
        float,
        setting(
            "Spread σ",
            "The standard deviation of the initial weights. Raise it if signals fade from layer to layer, lower it if units saturate.",
            ge=0,
            le=1e6,
            scale="log",
            slider=(1e-4, 10),
        ),
    ] = 0.1

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, self.std, (units, inputs))


class Zeros(Initializer, frozen=True, tag="zeros"):
    """Sets all weights to 0. All units of a layer then learn the same, so the network never gets going."""

    label = "Zeros"
    formula = "w = 0"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return np.zeros((units, inputs))


class ConstantWeights(Initializer, frozen=True, tag="constant"):
    """Sets all weights to one value. As with zeros, all units of a layer stay identical."""

    label = "Constant"
    formula = "w = value"

    value: Annotated[
        float,
        setting("Value", "The value of all initial weights. Larger values pass stronger signals, but no value lets the units differ.", ge=-1e6, le=1e6, slider=(-1, 1)),
    ] = 0.1  # fmt: skip

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return np.full((units, inputs), self.value)


class TfPlaygroundWeights(Initializer, frozen=True, tag="tfplayground"):
    """Draws TensorFlow Playground's small weights, whatever the layer's width. With its data and seed 0 they are exactly those of the browser.

    The browser draws the weights after the data, from the same random sequence, so the data's own seed determines them.
    With other data, or if the experiment's seed is not 0, they are drawn like any other weights.
    """

    label = "TF Playground"
    formula = "w ~ U(−½, ½)"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.uniform(-0.5, 0.5, (units, inputs))

    def continued(self, units: int, inputs: int, stream: tfdata.Arc4) -> Array:
        """Return weights of shape (units, inputs) from the next numbers of the data's stream, unit by unit."""
        drawn = [stream.uniform(-0.5, 0.5) for _ in range(units * inputs)]
        return np.array(drawn).reshape(units, inputs)


if TYPE_CHECKING:
    AnyInitializer: TypeAlias = Initializer
else:
    AnyInitializer = union(Initializer)
