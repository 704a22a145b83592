"""The origin of a network's weights after a change: kept, restored or initialized again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from playground.catalog.choice import Array, listing
from playground.engine.network import Network
from playground.experiment.layer_names import layer_phrase

FRESH, BACK, STAYED = 0, 1, 2
"""Marks for the origin of a weight: initialized again, restored from an earlier moment, or kept."""


class WeightsOrigin(NamedTuple):
    """The origin of the weights after a change, layer by layer."""

    stay: bool = True
    """Whether some weights are kept from before the change."""
    back: tuple[str, ...] = ()
    """Layers with weights that were restored from an earlier moment."""
    fresh: tuple[str, ...] = ()
    """Layers with weights that were initialized again."""
    moment: str = ""
    """The restored weights in words: `weights of epoch 212`."""
    healthy_step: int | None = None
    """The step of the last healthy moment, if the kept weights are from there after a divergence."""

    @property
    def words(self) -> str:
        """The origin of the weights as part of a sentence."""
        healthy = None if self.healthy_step is None else f"of step {self.healthy_step:,}, the last healthy ones"
        if not (self.back or self.fresh):
            return "the weights stay as they are" if healthy is None else f"the weights {healthy}, are back"
        if not (self.stay or self.fresh):
            return f"the {self.moment} are back"
        said = []
        if self.back:
            said.append(f"for {_layers(self.back)} the {self.moment} are back")
        if self.fresh:
            said.append(f"some weights of {_layers(self.fresh)} are initialized again")
        others = "the others stay as they are" if healthy is None else f"the others are those {healthy}"
        return ", ".join([*said, *([others] if self.stay else [])])


def origin_of(network: Network, origins: Array, moment: str) -> WeightsOrigin:
    """Summarize `origins`, a mark for each parameter, by layer; `moment` are the restored weights in words."""
    parts = {layer.name: origins[layer.start : layer.stop] for layer in network.layers}
    back, fresh = ([name for name, part in parts.items() if (part == mark).any()] for mark in (BACK, FRESH))
    return WeightsOrigin(bool((origins == STAYED).any()), tuple(back), tuple(fresh), moment)


def _layers(names: Sequence[str]) -> str:
    *first, last = map(layer_phrase, names)
    return f"{listing(first)} and {last}" if first else last
