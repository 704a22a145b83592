"""A pass through the network: its intermediate results, and the error for numbers that are not finite."""

from __future__ import annotations

from dataclasses import dataclass, field

from playground.catalog.choice import Array
from playground.catalog.normalizations import Standardized


class DivergedError(ArithmeticError):
    """Raised when a loss, gradient or weight is not finite; the state is as before the update."""

    def __init__(self, what: str, layer: str) -> None:
        self.what, self.layer = what, layer
        super().__init__(f"{what} of layer {layer} is not finite")


@dataclass
class Pass:
    """The intermediate results of one pass through the network, layer by layer."""

    a: list[Array]
    """Inputs of every layer, then the outputs: a[0] is the features, a[i+1] what layer i passes on."""
    z: list[Array]
    f: list[Array]
    """f(z), before skip and dropout."""
    masks: list[Array | None]
    standardized: dict[int, Standardized] = field(default_factory=dict)
    """The result of each normalization, by the layer's place; z of such a layer is γ ẑ + β."""
    delta: list[Array] = field(default_factory=list)

    @property
    def outputs(self) -> Array:
        """The output o of the network, shape (outputs, points)."""
        return self.a[-1]
