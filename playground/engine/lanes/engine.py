"""One network in one lane, as an engine: bit for bit the same as among others in a group; see `group`."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from playground.catalog.choice import Array, kind_of
from playground.engine import reference
from playground.engine.compiled.cache import UnavailableError
from playground.engine.compiled.own import own_classes
from playground.engine.engine import GRADIENTS_EVERY, EngineName, Limits, Outcome, Rates
from playground.engine.evaluation import Evaluation
from playground.engine.lanes import cache
from playground.engine.lanes.group import Group, group_key
from playground.engine.setup import Setup
from playground.engine.state import State

_MOVED = (
    "parameters", "gradient", "update", "slots", "optimizer_steps", "step", "epoch", "position", "carried",
    "carried_points", "pruned", "rate_factors",
)  # fmt: skip
"""What training moves of a state; what schedule and early stopping remember is decided above all engines."""


class OneLane:
    """The engine `lanes`, ready for one setup; see `Engine`."""

    name: ClassVar[EngineName] = "lanes"

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._group = Group(setup, reacts=False)
        self._room = self._group.room()

    def prepare(self, setup: Setup) -> None:
        if not (
            self.setup.sample is setup.sample
            and self.setup.experiment.features == setup.experiment.features
            and group_key(setup, reacts=False) == self._group.key
        ):
            self._group = Group(setup, reacts=False)
            self._room = self._group.room(self._room)
        self.setup = setup

    def advance(self, state: State, rates: Rates, limits: Limits) -> Outcome:
        group, setup = self._group, self.setup
        if group.lanes:
            group.release(0)
        group.add(setup, state)
        group.run_until(0, limits.last_epoch)
        updates = limits.last_step - state.step
        epochs = limits.last_epoch - state.epoch
        coming = np.array([rates.rate_of(k) for k in range(rates.number)], np.float64)
        if rates.per_step:
            updates = min(updates, rates.number)
        else:
            epochs = min(epochs, rates.number)
        outcome = group.advance_block(
            0, self._room, updates=updates, epochs=epochs, seconds=limits.seconds, rates=coming,
            rate_per_step=rates.per_step, gradients_every=GRADIENTS_EVERY,
        )  # fmt: skip
        fault = group.fault(0)
        moved = group.take(0)
        for name in _MOVED:
            setattr(state, name, getattr(moved, name))
        return Outcome(
            self._room.history["lanes"][: outcome.history_rows * 8, 0].reshape(-1, 8).copy(),
            self._room.gradients["lanes"][: outcome.gradient_rows * self._columns, 0].reshape(-1, self._columns).copy(),
            outcome.seconds,
            None,
            fault,
        )

    @property
    def _columns(self) -> int:
        return 1 + 3 * len(self.setup.network.layers)

    def evaluate(self, state: State) -> Evaluation:
        group = self._group
        if group.lanes:
            group.release(0)
        group.add(self.setup, state)
        group.measure(self._room)
        return group.evaluation(0)

    def outputs(self, state: State, inputs: Array) -> Array:
        return reference.outputs(self.setup.network, state.parameters, inputs)


def lane_fallbacks(setup: Setup) -> tuple[str, ...]:
    """Describe why `compiled` has to train a setup in place of `lanes`; empty if lanes can."""
    try:
        cache.width_for(setup.network.dtype)
    except UnavailableError as error:
        return (str(error),)
    return tuple(f"{kind_of(member)} is not part of the catalog" for member in own_classes(setup))
