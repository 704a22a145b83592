"""A class of one's own in every family that an export says something about, as a notebook would define them."""

from math import pi
from typing import Annotated

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import setting
from playground.catalog.initializers import Initializer
from playground.catalog.losses import Loss
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import Schedule

SHARPNESS = 1.5


def softplus(z):
    """log(1 + eᶻ)"""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


class Mish(Activation, frozen=True, tag="mish"):
    """z tanh softplus z."""

    label = "Mish"
    formula = "f(z) = z tanh log(1 + eᶻ)"
    straight_from = 5.0

    @staticmethod
    def value_of(z):
        return z * np.tanh(softplus(z))

    @staticmethod
    def derivative_of(z, a):
        t = np.tanh(softplus(z))
        return t + z * (1 - t * t) * (0.5 + 0.5 * np.tanh(0.5 * z))


class Bent(Activation, frozen=True, tag="class"):
    """A line with a bend, by functions of NumPy that the catalog does without, and with a tag that is no name."""

    label = "Bent"
    formula = "f(z) = z above the knee, else slope · z"
    knee: Annotated[float, setting("Knee", "Where it bends.", ge=-10, le=10)] = 0.25
    slope: Annotated[float, setting("Slope", "How steep it is before.", ge=0, le=1)] = 0.5

    @staticmethod
    def value_of(z, knee, slope):
        above = np.maximum(knee, z) - knee
        return slope * (z - above) + above + np.sqrt(2 / np.pi) * 0 * z

    @staticmethod
    def derivative_of(z, a, knee, slope):
        return np.where(z > knee, 1.0, slope)


class LogCosh(Loss, frozen=True, tag="log_cosh"):
    """Squared error near the target, absolute error far from it, and smooth all the way."""

    label = "Log-cosh"
    formula = "E = Σ log cosh(s (o − t)) / s"
    scale: Annotated[float, setting("s", "How soon it is a line.", gt=0, le=10)] = 1.0

    @staticmethod
    def value_of(o, t, scale):
        d = np.abs(scale * (o - t))
        return (d + np.log1p(np.exp(-2 * d)) - np.log(2)) / scale

    @staticmethod
    def derivative_of(o, t, scale):
        return np.tanh(scale * (o - t))


class Lion(Optimizer, frozen=True, tag="lion"):
    """Moves every weight by the same amount, in the direction of its momentum."""

    label = "Lion"
    formula = "m ← β m + (1−β) g;  w ← w − η sign(m)"
    slots = ("m",)
    beta: Annotated[float, setting("β", "Memory of the gradient.", ge=0, lt=1, slider=(0, 0.99))] = 0.9

    @staticmethod
    def constants(rate, t, beta):
        return rate * (1 - beta**t), beta, 1 - beta

    @staticmethod
    def update(w, g, m, rate, beta, new):
        m = beta * m + new * g
        return w - rate * np.sign(m), m


class Capped(Optimizer, frozen=True, tag="capped"):
    """Steps down the gradient, but not far; remembers the longest step."""

    label = "Capped"
    formula = "w ← w − min(η |g|, cap) sign(g)"
    slots = ("longest", "steps")
    cap: Annotated[float, setting("Cap", "The longest step.", gt=0, le=1)] = 0.01
    softly: Annotated[bool, setting("Softly", "Whether the cap is soft.")] = False

    @staticmethod
    def constants(rate, t, cap, softly):
        return rate, cap, np.sqrt(cap), softly

    @staticmethod
    def update(w, g, longest, steps, rate, cap, root, softly):
        step = np.minimum(cap, rate * np.abs(g))
        step = softly * root * np.tanh(step / root) + (1 - softly) * step
        return w - step * np.sign(g), np.maximum(longest, step), steps + 1


class SmoothL1(Regularizer, frozen=True, tag="smooth_l1"):
    """The size of a weight, rounded at 0."""

    label = "Smooth L1"
    formula = "R = λ Σ √(w² + ¼)"
    strength: Annotated[float, setting("λ", "How much weights cost.", ge=0, le=1)] = 0.01

    @property
    def prunes(self):
        return self.strength > 0.05

    @staticmethod
    def penalty_of(w, strength):
        return strength * np.sqrt(w * w + 0.25)

    @staticmethod
    def gradient_of(w, strength):
        return strength * w / np.sqrt(w * w + 0.25)


def wave(progress, length):
    """A wave over so many updates."""
    return 1 + 0.5 * np.sin(2 * pi * progress.step / length)


class Waves(Schedule, frozen=True, tag="waves"):
    """Up and down, and down by and by; and up again with a flag."""

    label = "Waves"
    formula = "η = η₀ (1 + ½ sin(2π s / length)) / (1 + e / epochs)"
    changes_every_step = True
    LOWEST = 1e-6
    length: Annotated[int, setting("Length", "Updates of a wave.", ge=1, le=1000)] = 10
    flat: Annotated[bool, setting("Flat", "Whether there is no wave.")] = False

    @property
    def epochs(self):
        return 2 * self.length

    def scheduled(self, base, progress):
        if self.flat:
            return base
        share = progress.step / progress.steps_per_epoch
        return max(self.LOWEST, self.fallen(base, progress) * wave(progress, self.length) * SHARPNESS ** (-share / 10))

    def fallen(self, base, progress):
        """How far it has come down."""
        return base / (1 + progress.epoch / self.epochs)


class Checkered(Initializer, frozen=True, tag="checkered"):
    """Weights whose signs take turns."""

    label = "Checkered"
    formula = "w = ±½"

    def weights(self, units, inputs, random):
        signs = (np.arange(units)[:, None] + np.arange(inputs)) % 2 - 0.5
        return signs + random.normal(0, 0.1, (units, inputs))
