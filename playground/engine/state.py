"""The state: everything that training changes, and nothing else.

It is complete: going on from a copy equals never having stopped, bit for bit. It is small, so copies are cheap.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.optimizers import Optimizer
from playground.engine.network import Network


@dataclass(slots=True)
class State:
    """Where a training stands. Flat arrays have the layout of `Network`."""

    parameters: Array
    gradient: Array
    """The mean data-loss gradient of the latest update, without penalty, before clipping."""
    update: Array
    """What the latest update added to the parameters."""
    slots: Array
    """The optimizer's memory, shape (slots, parameters)."""
    optimizer_steps: int
    """Updates since the optimizer's memory was fresh."""
    step: int
    epoch: int
    position: int
    """How many points of the present epoch have been used."""
    carried: Array
    """The gradient sum of the points that the last epoch left over (`batching` carry)."""
    carried_points: int

    def copy(self) -> State:
        """An independent copy."""
        arrays = {
            field.name: getattr(self, field.name).copy()
            for field in fields(self)
            if isinstance(getattr(self, field.name), np.ndarray)
        }
        return replace(self, **arrays)


def fresh_state(network: Network, optimizer: Optimizer, parameters: Array) -> State:
    """The state before the first update, with these parameters."""
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
    )
