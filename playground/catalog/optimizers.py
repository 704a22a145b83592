"""Optimizers: how a gradient g becomes a change of the weights w. PyTorch's exact rules and defaults.

Two plain, branch-free functions, written once for every engine. `constants` takes the learning rate η, the number t of
this update (1 for the first) and the settings, and returns what is the same for all weights; it is computed in float64,
since 1 − β₂ᵗ and the like lose their digits otherwise. `update` takes numbers or arrays: a weight, its gradient, the
optimizer's own memory (its slots, 0 at the start) and these constants, and returns the new weight and the new slots.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeAlias

import numpy as np

from playground.catalog.choice import Array, Choice, setting, union

_Epsilon: TypeAlias = Annotated[
    float,
    setting(
        "Epsilon ε",
        "Added to the denominator so that it is never 0. Leave it small; raised towards 1, it makes steps depend on the gradient's size again, as in SGD.",
        gt=0,
        le=1,
        scale="log",
        slider=(1e-10, 1e-1),
    ),
]


class Optimizer(Choice, frozen=True):
    """Decides how far each weight moves, given its gradient. Plain optimizers treat all weights alike; adaptive ones scale each step."""

    slots: ClassVar[tuple[str, ...]] = ()

    @staticmethod
    def constants(rate: Any, t: Any, *settings: Any) -> tuple[Any, ...]:
        """Return the constants of `update`, the same for all weights, from the rate, t and the settings."""
        raise NotImplementedError

    @staticmethod
    def update(w: Any, g: Any, *slots_and_constants: Any) -> tuple[Any, ...]:
        """Return (w, *slots) after an update, given (w, g, *slots, *constants), element by element."""
        raise NotImplementedError

    def updated(self, w: Array, g: Array, slots: Sequence[Array], rate: float, t: int) -> tuple[Array, ...]:
        """Return (w, *slots) after update number t with the learning rate `rate`."""
        return self.update(w, g, *slots, *self.constants(rate, t, *self.values))

    @property
    def gradient_powers(self) -> tuple[int, ...]:
        """The power of the gradient's size with which the step and every slot grow: (0, 1, 2) for Adam.

        A first update is tried with two gradients, so that a class from outside the catalog need not declare it.
        """
        nothing = [np.zeros(1)] * (1 + len(self.slots))
        small, large = (self.updated(nothing[0], np.array([g]), nothing[1:], 1.0, 1) for g in (1.0, 2.0))
        ratios = (float(b[0] / a[0]) if a[0] else 1.0 for a, b in zip(small, large, strict=True))
        return tuple(round(math.log2(ratio)) if ratio > 0 else 0 for ratio in ratios)


class Sgd(Optimizer, frozen=True, tag="sgd"):
    """Steps straight down the gradient. The yardstick for the others; slow in long, narrow valleys."""

    label = "SGD"
    formula = "w ← w − η g"
    torch = "torch.optim.SGD(moving, lr={lr!r})"

    @staticmethod
    def constants(rate: Any, t: Any) -> tuple[Any, ...]:
        return (rate,)

    @staticmethod
    def update(w: Any, g: Any, rate: Any) -> tuple[Any, ...]:
        return (w - rate * g,)


class Momentum(Optimizer, frozen=True, tag="momentum"):
    """Gathers speed in directions that stay the same and cancels those that alternate. It can overshoot."""

    label = "Momentum"
    formula = "v ← μ v + g;  w ← w − η v;  Nesterov: w ← w − η (g + μ v)"
    torch = "torch.optim.SGD(moving, lr={lr!r}, momentum={momentum!r}, nesterov={nesterov!r})"
    slots = ("v",)

    momentum: Annotated[
        float,
        setting(
            "Momentum μ",
            "The share of the last velocity that is kept. Raise it to speed up long descents, lower it if training overshoots; at 0 this is SGD.",
            ge=0,
            lt=1,
            slider=(0, 0.99),
        ),
    ] = 0.9
    nesterov: Annotated[
        bool,
        setting(
            "Nesterov",
            "When on, the gradient is taken as if one step ahead, which brakes earlier near a minimum: try it if momentum overshoots. When off, this is plain momentum.",
        ),
    ] = False

    @staticmethod
    def constants(rate: Any, t: Any, momentum: Any, nesterov: Any) -> tuple[Any, ...]:
        return rate, momentum, nesterov

    @staticmethod
    def update(w: Any, g: Any, v: Any, rate: Any, momentum: Any, nesterov: Any) -> tuple[Any, ...]:
        v = momentum * v + g
        direction = nesterov * (g + momentum * v) + (1 - nesterov) * v
        return w - rate * direction, v


class RmsProp(Optimizer, frozen=True, tag="rmsprop"):
    """Divides each weight's step by the recent size of its gradient. All weights then move at a similar pace."""

    label = "RMSProp"
    formula = "s ← α s + (1−α) g²;  v ← μ v + g / (√s + ε);  w ← w − η v"
    torch = "torch.optim.RMSprop(moving, lr={lr!r}, alpha={alpha!r}, eps={eps!r}, momentum={momentum!r})"
    slots = ("s", "v")

    alpha: Annotated[
        float,
        setting(
            "Smoothing α",
            "How long past gradients are remembered. Raise it for steadier steps, lower it to adapt faster; at 0 only the last gradient counts.",
            ge=0,
            lt=1,
            slider=(0.5, 0.999),
        ),
    ] = 0.99
    eps: _Epsilon = 1e-8
    momentum: Annotated[
        float,
        setting(
            "Momentum μ",
            "The share of the last velocity that is kept. Raise it to speed up long descents, lower it if training overshoots; 0 switches it off.",
            ge=0,
            lt=1,
            slider=(0, 0.99),
        ),
    ] = 0.0

    @staticmethod
    def constants(rate: Any, t: Any, alpha: Any, eps: Any, momentum: Any) -> tuple[Any, ...]:
        return rate, alpha, 1 - alpha, eps, momentum

    @staticmethod
    def update(
        w: Any, g: Any, s: Any, v: Any, rate: Any, alpha: Any, new: Any, eps: Any, momentum: Any
    ) -> tuple[Any, ...]:
        s = alpha * s + new * g * g
        v = momentum * v + g / (np.sqrt(s) + eps)
        return w - rate * v, s, v


class Adam(Optimizer, frozen=True, tag="adam"):
    """Momentum and RMSProp in one, with averages corrected for starting at 0. Works on most problems with its defaults."""

    label = "Adam"
    formula = "m ← β₁ m + (1−β₁) g;  v ← β₂ v + (1−β₂) g²;  w ← w − η m̂ / (√v̂ + ε);  m̂ = m / (1−β₁ᵗ),  v̂ = v / (1−β₂ᵗ)"
    torch = "torch.optim.Adam(moving, lr={lr!r}, betas=({beta1!r}, {beta2!r}), eps={eps!r})"
    slots = ("m", "v")

    beta1: Annotated[
        float,
        setting(
            "β₁",
            "Memory of the gradient. Raise it for a steadier direction, lower it if training overshoots; at 0 there is no momentum.",
            ge=0,
            lt=1,
            slider=(0, 0.99),
        ),
    ] = 0.9
    beta2: Annotated[
        float,
        setting(
            "β₂",
            "Memory of the squared gradient. Raise it for steadier step sizes, lower it to adapt faster when gradients change in size.",
            ge=0,
            lt=1,
            slider=(0.9, 0.9999),
        ),
    ] = 0.999
    eps: _Epsilon = 1e-8

    @staticmethod
    def constants(rate: Any, t: Any, beta1: Any, beta2: Any, eps: Any) -> tuple[Any, ...]:
        return rate / (1 - beta1**t), beta1, 1 - beta1, beta2, 1 - beta2, 1 / (1 - beta2**t) ** 0.5, eps

    @staticmethod
    def update(
        w: Any, g: Any, m: Any, v: Any, rate: Any, beta1: Any, new1: Any, beta2: Any, new2: Any, full: Any, eps: Any
    ) -> tuple[Any, ...]:
        m = beta1 * m + new1 * g
        v = beta2 * v + new2 * g * g
        return w - rate * m / (np.sqrt(v) * full + eps), m, v


class Adagrad(Optimizer, frozen=True, tag="adagrad"):
    """Divides each step by the size of all gradients so far. Weights of rare inputs learn fast, but all slow down for good."""

    label = "Adagrad"
    formula = "s ← s + g²;  w ← w − η g / (√s + ε)"
    torch = "torch.optim.Adagrad(moving, lr={lr!r}, eps={eps!r})"
    slots = ("s",)

    eps: _Epsilon = 1e-10

    @staticmethod
    def constants(rate: Any, t: Any, eps: Any) -> tuple[Any, ...]:
        return rate, eps

    @staticmethod
    def update(w: Any, g: Any, s: Any, rate: Any, eps: Any) -> tuple[Any, ...]:
        s = s + g * g
        return w - rate * g / (np.sqrt(s) + eps), s


class Adadelta(Optimizer, frozen=True, tag="adadelta"):
    """Scales each step by the size of recent steps. Made for a learning rate of 1; starts slowly."""

    label = "Adadelta"
    formula = "s ← ρ s + (1−ρ) g²;  d = g √(u+ε) / √(s+ε);  u ← ρ u + (1−ρ) d²;  w ← w − η d"
    torch = "torch.optim.Adadelta(moving, lr={lr!r}, rho={rho!r}, eps={eps!r})"
    slots = ("s", "u")

    rho: Annotated[
        float,
        setting(
            "Smoothing ρ",
            "How long past gradients and steps are remembered. Raise it for steadier steps, lower it to adapt faster; at 0 only the last ones count.",
            ge=0,
            lt=1,
            slider=(0.5, 0.999),
        ),
    ] = 0.9
    eps: _Epsilon = 1e-6

    @staticmethod
    def constants(rate: Any, t: Any, rho: Any, eps: Any) -> tuple[Any, ...]:
        return rate, rho, 1 - rho, eps

    @staticmethod
    def update(w: Any, g: Any, s: Any, u: Any, rate: Any, rho: Any, new: Any, eps: Any) -> tuple[Any, ...]:
        s = rho * s + new * g * g
        d = np.sqrt(u + eps) / np.sqrt(s + eps) * g
        u = rho * u + new * d * d
        return w - rate * d, s, u


class Nadam(Optimizer, frozen=True, tag="nadam"):
    """Adam that looks one step of its momentum ahead, as Nesterov does. Often a little faster than Adam.

    Dozat, "Incorporating Nesterov momentum into Adam", 2016, with PyTorch's warm-up of the momentum μ. The slot r
    holds 1 − Π μ, which, unlike the product itself, starts at 0 as every slot does.
    """

    label = "Nadam"
    formula = (
        "m ← β₁ m + (1−β₁) g;  v ← β₂ v + (1−β₂) g²;  μₜ = β₁ (1 − ½ 0.96^(t ψ));  "
        "w ← w − η (μₜ₊₁ m / (1 − μ₁…μₜ₊₁) + (1−μₜ) g / (1 − μ₁…μₜ)) / (√v̂ + ε);  v̂ = v / (1−β₂ᵗ)"
    )
    torch = "torch.optim.NAdam(moving, lr={lr!r}, betas=({beta1!r}, {beta2!r}), eps={eps!r}, momentum_decay={momentum_decay!r})"
    slots = ("m", "v", "r")

    beta1: Annotated[
        float,
        setting("β₁", "Memory of the gradient. Raise it for a steadier direction, lower it if training overshoots; at 0 there is no momentum.", ge=0, lt=1, slider=(0, 0.99)),
    ] = 0.9  # fmt: skip
    beta2: Annotated[
        float,
        setting("β₂", "Memory of the squared gradient. Raise it for steadier step sizes, lower it to adapt faster when gradients change in size.", ge=0, lt=1, slider=(0.9, 0.9999)),
    ] = 0.999  # fmt: skip
    eps: _Epsilon = 1e-8
    momentum_decay: Annotated[
        float,
        setting("Momentum decay ψ", "How fast the momentum grows from half its value to its full value. Raise it to shorten this warm-up; at 0 the momentum stays at half.", ge=0, le=1e6, scale="log", slider=(1e-4, 1)),
    ] = 0.004  # fmt: skip

    @staticmethod
    def constants(rate: Any, t: Any, beta1: Any, beta2: Any, eps: Any, momentum_decay: Any) -> tuple[Any, ...]:
        mu = beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay))
        mu_next = beta1 * (1 - 0.5 * 0.96 ** ((t + 1) * momentum_decay))
        return rate, mu, mu_next, beta1, 1 - beta1, beta2, 1 - beta2, 1 / (1 - beta2**t) ** 0.5, eps

    @staticmethod
    def update(
        w: Any, g: Any, m: Any, v: Any, r: Any,
        rate: Any, mu: Any, mu_next: Any, beta1: Any, new1: Any, beta2: Any, new2: Any, full: Any, eps: Any,
    ) -> tuple[Any, ...]:  # fmt: skip
        m = beta1 * m + new1 * g
        v = beta2 * v + new2 * g * g
        r = r + (1 - r) * (1 - mu)
        r_next = r + (1 - r) * (1 - mu_next)
        size = np.sqrt(v) * full + eps
        return w - rate * (1 - mu) / r * g / size - rate * mu_next / r_next * m / size, m, v, r


if TYPE_CHECKING:
    AnyOptimizer: TypeAlias = Optimizer
else:
    AnyOptimizer = union(Optimizer)
