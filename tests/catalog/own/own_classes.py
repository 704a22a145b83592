"""Classes as a notebook would define them, with the parts of the package that such a notebook knows."""

from typing import Annotated

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import setting
from playground.catalog.datasets import Adjustable, shuffled
from playground.catalog.optimizers import Optimizer


class Lion(Optimizer, frozen=True, tag="lion"):
    """Moves every weight by the same amount, in the direction of its momentum."""

    label = "Lion"
    formula = "w ← w − η sign(m)"
    slots = ("m",)
    beta: Annotated[float, setting("β", "Memory of the gradient.", ge=0, lt=1, slider=(0, 0.99))] = 0.9

    @staticmethod
    def constants(rate, t, beta):
        return rate, beta, 1 - beta

    @staticmethod
    def update(w, g, m, rate, beta, new):
        m = beta * m + new * g
        return w - rate * np.sign(m), m


class Mish(Activation, frozen=True, tag="mish"):
    """z tanh softplus z."""

    label = "Mish"
    formula = "f(z) = z tanh log(1 + eᶻ)"
    straight_from = 5.0

    @staticmethod
    def value_of(z):
        return z * np.tanh(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))

    @staticmethod
    def derivative_of(z, a):
        s = np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
        t = np.tanh(s)
        return t + z * (1 - t * t) * (0.5 + 0.5 * np.tanh(0.5 * z))


class Gathered(Activation, frozen=True, tag="gathered"):
    """Less the mean over the batch, which no formula of single numbers can know."""

    label = "Gathered"
    formula = "f(z) = z − mean z"

    @staticmethod
    def value_of(z):
        return z - z.mean(axis=1, keepdims=True)

    @staticmethod
    def derivative_of(z, a):
        return np.ones_like(z)


class Stripes(Adjustable, frozen=True, tag="stripes"):
    """Vertical stripes."""

    label = "Stripes"

    def draw(self, random):
        x = random.uniform(-5, 5, (self.points, 2))
        return shuffled(x, (np.floor(x[:, 0]) % 2).astype(np.int64), "classification", random)
