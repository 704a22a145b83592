"""Initializers: the weights a layer starts with. Each draws from the generator it is handed and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import numpy as np

from playground.catalog.choice import Array, Choice, InputError, setting, union


class Initializer(Choice, frozen=True):
    """Chooses the weights training starts from; their size decides whether a deep network learns at all."""

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        """Weights of shape (units, inputs), float64."""
        raise NotImplementedError

    def check(self, path: str) -> None:
        """Refuse what the declared ranges can't express; `path` is where this choice stands."""


class GlorotUniform(Initializer, frozen=True, tag="glorot_uniform"):
    """Keeps the size of signals and gradients about equal from layer to layer with tanh or sigmoid."""

    label = "Glorot uniform"
    formula = "U(−√(6/(in+out)), √(6/(in+out)))"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        limit = np.sqrt(6 / (inputs + units))
        return random.uniform(-limit, limit, (units, inputs))


class GlorotNormal(Initializer, frozen=True, tag="glorot_normal"):
    """Glorot's rule with bell-shaped weights."""

    label = "Glorot normal"
    formula = "N(0, 2/(in+out))"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, np.sqrt(2 / (inputs + units)), (units, inputs))


class HeUniform(Initializer, frozen=True, tag="he_uniform"):
    """Keeps the size of signals equal from layer to layer with ReLU, which halves them."""

    label = "He uniform"
    formula = "U(−√(6/in), √(6/in))"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        limit = np.sqrt(6 / inputs)
        return random.uniform(-limit, limit, (units, inputs))


class HeNormal(Initializer, frozen=True, tag="he_normal"):
    """He's rule with bell-shaped weights."""

    label = "He normal"
    formula = "N(0, 2/in)"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, np.sqrt(2 / inputs), (units, inputs))


class LecunNormal(Initializer, frozen=True, tag="lecun_normal"):
    """Keeps the size of signals equal where the activation leaves it alone; made for SELU."""

    label = "LeCun normal"
    formula = "N(0, 1/in)"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, np.sqrt(1 / inputs), (units, inputs))


class Orthogonal(Initializer, frozen=True, tag="orthogonal"):
    """Turns and mirrors what comes in without stretching it, so that even very deep networks pass it on.

    Saxe, McClelland and Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2014.
    """

    label = "Orthogonal"
    formula = "W Wᵀ = 1 or Wᵀ W = 1"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        tall = random.normal(size=(max(units, inputs), min(units, inputs)))
        directions, scales = np.linalg.qr(tall)
        # Without the signs of R the directions would not be uniformly distributed.
        directions = directions * np.sign(np.diag(scales))
        return directions if units >= inputs else directions.T


class Uniform(Initializer, frozen=True, tag="uniform"):
    """Weights anywhere between two bounds, whatever the size of the layer."""

    label = "Uniform"
    formula = "U(low, high)"

    low: Annotated[float, setting("Low", "The smallest weight to start with.", ge=-1e6, le=1e6, slider=(-2, 0))] = -0.5
    high: Annotated[float, setting("High", "The largest weight to start with.", ge=-1e6, le=1e6, slider=(0, 2))] = 0.5

    def check(self, path: str) -> None:
        if self.low > self.high:
            raise InputError(f"{path}.low", self.low, f"a number ≤ {path}.high = {self.high:g}")

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.uniform(self.low, self.high, (units, inputs))


class Normal(Initializer, frozen=True, tag="normal"):
    """Bell-shaped weights around zero, whatever the size of the layer."""

    label = "Normal"
    formula = "N(0, std²)"

    std: Annotated[
        float,
        setting(
            "Standard deviation",
            "Spread of the weights to start with. Small ones learn slowly at first; large ones saturate the units.",
            ge=0,
            le=1e6,
            scale="log",
            slider=(1e-4, 10),
        ),
    ] = 0.1

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return random.normal(0, self.std, (units, inputs))


class Zeros(Initializer, frozen=True, tag="zeros"):
    """All weights 0: every unit of a layer learns the same, so the network never gets going. See for yourself."""

    label = "Zeros"
    formula = "0"

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return np.zeros((units, inputs))


class ConstantWeights(Initializer, frozen=True, tag="constant"):
    """All weights the same: like zeros, every unit of a layer stays the twin of all others."""

    label = "Constant"
    formula = "value"

    value: Annotated[
        float,
        setting("Value", "Every weight to start with. At 0 nothing passes; far from 0 the units saturate.", ge=-1e6, le=1e6, slider=(-1, 1)),
    ] = 0.1  # fmt: skip

    def weights(self, units: int, inputs: int, random: np.random.Generator) -> Array:
        return np.full((units, inputs), self.value)


if TYPE_CHECKING:
    AnyInitializer: TypeAlias = Initializer
else:
    AnyInitializer = union(Initializer)
