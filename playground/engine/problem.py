"""What an engine trains on, and what one pass through the network computed."""

from __future__ import annotations

from dataclasses import dataclass, field

from playground.catalog.choice import Array
from playground.catalog.normalizations import Standardized
from playground.engine import randomness
from playground.engine.network import Network
from playground.experiment.tree import Training


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


@dataclass
class Problem:
    """What the engine trains on: all that stays the same from one update to the next."""

    network: Network
    training: Training
    inputs: Array
    """Features of the training points, shape (features, points)."""
    targets: Array
    """t, shape (outputs, points)."""
    order_of: tuple[int, int] | None = None
    order: Array | None = None
    last: Pass | None = None
    """The latest batch, for the measurements."""

    @property
    def points(self) -> int:
        """How many points there are to train on."""
        return int(self.inputs.shape[1])

    @property
    def batch_size(self) -> int:
        """Points per update; 0 or more than there are means all."""
        chosen = self.training.batch_size
        return self.points if chosen == 0 else min(chosen, self.points)

    @property
    def steps_per_epoch(self) -> int:
        """Updates per epoch."""
        whole, left = divmod(self.points, self.batch_size)
        return whole + (1 if left and self.training.batching == "partial" else 0)

    def columns(self, seed: int, epoch: int, start: int, stop: int) -> Array | slice:
        """Which points stand at the places start…stop−1 of an epoch."""
        if not self.training.shuffle:
            return slice(start, stop)
        if self.order is None or self.order_of != (seed, epoch):
            self.order_of, self.order = (seed, epoch), randomness.permutation(seed, epoch, self.points)
        return self.order[start:stop]
