"""One pass through the network: what it computed, or what was no longer finite in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from playground.catalog.choice import Array
from playground.catalog.normalizations import Standardized


class DivergedError(ArithmeticError):
    """A loss, gradient or weight stopped being finite; the state is as before the update."""

    def __init__(self, what: str, layer: str) -> None:
        self.what, self.layer = what, layer
        super().__init__(f"{what} of layer {layer} is not finite")


@dataclass
class Pass:
    """What one pass through the network computed, layer by layer."""

    a: list[Array]
    """Inputs of every layer, then the outputs: a[0] is the features, a[i+1] what layer i passes on."""
    z: list[Array]
    f: list[Array]
    """f(z), before skip and dropout."""
    masks: list[Array | None]
    standardized: dict[int, Standardized] = field(default_factory=dict)
    """What the normalization of a layer did, by the layer's place; z of such a layer is γ ẑ + β."""
    delta: list[Array] = field(default_factory=list)

    @property
    def outputs(self) -> Array:
        """o, shape (outputs, points)."""
        return self.a[-1]
