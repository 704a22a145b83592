"""The state: everything that training changes, and nothing else.

It is complete: continuing from a copy equals never having stopped, bit for bit. It is small, so copies are cheap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.optimizers import Optimizer
from playground.catalog.schedules import PlateauMemory
from playground.engine.network import Network
from playground.experiment.tree import EarlyStopping

_FACTOR_GROWTH = 1.002
"""How much nearer to the whole step each update brings a newcomer: from a tenth of it in some 1,150 updates."""


class StoppingMemory(NamedTuple):
    """The memory of early stopping."""

    best: float = -math.inf
    """The best loss so far, negated, or the best accuracy: larger is better."""
    bad_epochs: int = 0
    """Epochs since the best result."""
    parameters: Array | None = None
    """The parameters of the best epoch, if `restore` is chosen; never changed in place."""
    stopped: bool = False
    best_epoch: int | None = None
    """The epoch of the best result; None before there was one, and in older documents."""

    def with_fresh_patience(self) -> StoppingMemory:
        """Return a copy with the full number of epochs of patience left."""
        return self._replace(bad_epochs=0, stopped=False)


@dataclass(slots=True)
class State:
    """Everything that training changes. Flat arrays have the layout of `Network`."""

    parameters: Array
    gradient: Array
    """The mean data-loss gradient of the latest update, without penalty, before clipping."""
    update: Array
    """The change of the parameters by the latest update."""
    slots: Array
    """The optimizer's memory, shape (slots, parameters)."""
    optimizer_steps: int
    """Updates since the optimizer's memory was fresh."""
    step: int
    epoch: int
    position: int
    """The number of points of the present epoch that have been used."""
    carried: Array
    """The gradient sum of the points that the last epoch left over (`batching` carry)."""
    carried_points: int
    seed: int
    """The seed since the start; a seed chosen meanwhile takes effect at the next reset."""
    pruned: Array
    """Marks the weights that stay zero (`prune` of the L1 regularizer)."""
    rate_factors: Array
    """The share of its step that each parameter takes; below 1 at and behind layers that were inserted into a trained
    network, for whose first steps see `run.insertion`. Empty if all take the whole step."""
    plateau: PlateauMemory = field(default_factory=PlateauMemory)
    stopping: StoppingMemory = field(default_factory=StoppingMemory)

    def copy(self) -> State:
        arrays = {
            known.name: getattr(self, known.name).copy()
            for known in fields(self)
            if isinstance(getattr(self, known.name), np.ndarray)
        }
        return replace(self, **arrays)

    def fits(self, network: Network) -> bool:
        """Whether the state has as many parameters as a network."""
        return len(self.parameters) == network.size

    def renew_optimizer(self, optimizer: Optimizer) -> None:
        """Give a newly chosen optimizer an empty memory."""
        self.slots = np.zeros((len(optimizer.slots), len(self.parameters)), self.parameters.dtype)
        self.optimizer_steps = 0

    def cast(self, dtype: np.dtype[np.floating]) -> None:
        """Convert all numbers to another precision."""
        for name in ("parameters", "gradient", "update", "slots", "carried", "rate_factors"):
            setattr(self, name, getattr(self, name).astype(dtype))
        if self.stopping.parameters is not None:
            self.stopping = self.stopping._replace(parameters=self.stopping.parameters.astype(dtype))

    def have_rate_factors(self) -> None:
        """Create the rate factors, all 1, unless they exist already."""
        if not self.rate_factors.size:
            self.rate_factors = np.ones_like(self.parameters)

    def drop_whole_factors(self) -> None:
        """Remove the rate factors once all of them are 1."""
        if self.rate_factors.size and not (self.rate_factors < 1).any():
            self.rate_factors = self.rate_factors[:0]

    def observe(self, chosen: EarlyStopping, value: float | None) -> None:
        """Record an epoch's result for early stopping; an undefined one (None) is ignored."""
        if value is None:
            return
        memory = self.stopping
        score = -value if chosen.watch == "validation_loss" else value
        if score > memory.best + chosen.min_delta:
            best = self.parameters.copy() if chosen.restore else None
            self.stopping = StoppingMemory(score, 0, best, best_epoch=self.epoch)
            return
        bad_epochs = memory.bad_epochs + 1
        self.stopping = memory._replace(bad_epochs=bad_epochs, stopped=bad_epochs >= chosen.patience)

    def restore_best(self) -> bool:
        """Restore the parameters of early stopping's best epoch; return whether they replaced different ones."""
        memory = self.stopping
        if memory.parameters is None or not memory.bad_epochs:
            return False
        self.parameters = memory.parameters.copy()
        # Weights that were pruned after the best epoch are back.
        self.pruned = self.pruned & (self.parameters == 0)
        self.stopping = memory._replace(bad_epochs=0)
        return True


def factor_growth(optimizer: Optimizer) -> float:
    """Return the factor by which an update multiplies the rate factors that are below 1.

    Where the step follows the gradient's size, they stay constant: they compensate for gradients that weights of unlike
    size enlarge, and without them training would be unstable.
    """
    return 1.0 if optimizer.gradient_powers[0] else _FACTOR_GROWTH


def fresh_state(network: Network, optimizer: Optimizer, parameters: Array, seed: int) -> State:
    """Return the state before the first update, with these parameters, shape (size,)."""
    return State(
        parameters=parameters.astype(network.dtype),
        gradient=np.zeros(network.size, network.dtype),
        update=np.zeros(network.size, network.dtype),
        slots=np.zeros((len(optimizer.slots), network.size), network.dtype),
        optimizer_steps=0,
        step=0,
        epoch=0,
        position=0,
        carried=np.zeros(network.size, network.dtype),
        carried_points=0,
        seed=seed,
        pruned=np.zeros(network.size, bool),
        rate_factors=np.empty(0, network.dtype),
    )
