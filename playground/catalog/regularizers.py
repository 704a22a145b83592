"""Regularizers: penalties on large weights, added to the loss that is minimized (never to the one reported).

`gradient_of` is a plain function of numbers or arrays, written once for every engine. Biases are never penalized.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
import numpy as np

from playground.catalog.choice import Array, Choice, setting, union


def _strength(label: str, help: str, least: float = 0) -> msgspec.Meta:
    return setting(label, help, ge=least, le=1e6, scale="log", slider=(1e-6, 1))


_Strength: TypeAlias = Annotated[
    float,
    # Negative as in TensorFlow Playground, whose links have such rates.
    _strength(
        "λ",
        "How much large weights cost. Raise it if the network overfits, lower it if the boundary becomes flat. A negative value rewards large weights.",
        least=-1e6,
    ),
]


class Regularizer(Choice, frozen=True):
    """Penalizes large weights to reduce overfitting. Without a penalty they grow freely; too strong a penalty flattens the boundary."""

    @property
    def prunes(self) -> bool:
        """Whether weights that are carried across zero stay zero."""
        return False

    @staticmethod
    def penalty_of(w: Any, *settings: Any) -> Any:
        """Return the penalty of each weight."""
        raise NotImplementedError

    @staticmethod
    def gradient_of(w: Any, *settings: Any) -> Any:
        """Return the derivative of the penalty with respect to each weight."""
        raise NotImplementedError

    def penalty(self, w: Array) -> float:
        """Return the total penalty of the weights in `w`."""
        return float(np.sum(self.penalty_of(w, *self.values)))

    def gradient(self, w: Array) -> Array:
        """Return the derivative of `penalty` with respect to each weight, in the shape of `w`."""
        result: Array = self.gradient_of(w, *self.values)
        return result


class NoRegularizer(Regularizer, frozen=True, tag="none"):
    """Adds no penalty. Weights grow as large as the data demand."""

    label = "None"
    formula = "R = 0"

    @staticmethod
    def penalty_of(w: Any) -> Any:
        return np.zeros_like(w)

    @staticmethod
    def gradient_of(w: Any) -> Any:
        return np.zeros_like(w)


class L1(Regularizer, frozen=True, tag="l1"):
    """Penalizes each weight by its size. That drives weights that are not needed to zero and leaves a sparse network."""

    label = "L1"
    formula = "R = λ Σ |w|"
    torch = "{strength!r} * {w}.abs()"

    strength: _Strength = 0.001
    prune: Annotated[
        bool,
        setting("Prune", "When on, a weight that is pushed across zero stays zero for good, which thins out the network. When off, it may come back."),
    ] = False  # fmt: skip

    @staticmethod
    def penalty_of(w: Any, strength: Any, prune: Any) -> Any:
        return strength * np.abs(w)

    @staticmethod
    def gradient_of(w: Any, strength: Any, prune: Any) -> Any:
        return strength * np.sign(w)

    @property
    def prunes(self) -> bool:
        return self.prune


class L2(Regularizer, frozen=True, tag="l2"):
    """Penalizes each weight by its square. Large weights shrink most; none quite reaches zero."""

    label = "L2"
    formula = "R = λ Σ w²"
    torch = "{strength!r} * {w}.square()"

    strength: _Strength = 0.001

    @staticmethod
    def penalty_of(w: Any, strength: Any) -> Any:
        return strength * w * w

    @staticmethod
    def gradient_of(w: Any, strength: Any) -> Any:
        return 2 * strength * w


class ElasticNet(Regularizer, frozen=True, tag="elastic_net"):
    """Combines L1 and L2. The first removes weights, the second keeps the rest small."""

    label = "Elastic net"
    formula = "R = λ₁ Σ |w| + λ₂ Σ w²"
    torch = "{l1!r} * {w}.abs() + {l2!r} * {w}.square()"

    l1: Annotated[
        float,
        _strength(
            "L1 strength λ₁",
            "How much the absolute size of a weight costs. Raise it to remove more weights; at 0 this is L2.",
        ),
    ] = 0.001
    l2: Annotated[
        float,
        _strength("L2 strength λ₂", "How much the square of a weight costs. Raise it to keep weights smaller; at 0 this is L1."),
    ] = 0.001  # fmt: skip

    @staticmethod
    def penalty_of(w: Any, l1: Any, l2: Any) -> Any:
        return l1 * np.abs(w) + l2 * w * w

    @staticmethod
    def gradient_of(w: Any, l1: Any, l2: Any) -> Any:
        return l1 * np.sign(w) + 2 * l2 * w


if TYPE_CHECKING:
    AnyRegularizer: TypeAlias = Regularizer
else:
    AnyRegularizer = union(Regularizer)
