"""Origin: where the weights after a change are from, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from playground.catalog.choice import Array, listing
from playground.engine.network import Network

FRESH, BACK, STAYED = 0, 1, 2
"""Where a weight is from: a fresh start, a moment that was kept, or just before the change."""


class WeightsOrigin(NamedTuple):
    """Where the weights after a change are from."""

    stay: bool = True
    """Whether some are those from just before."""
    back: tuple[str, ...] = ()
    """Layers some of whose weights are those of an earlier moment."""
    fresh: tuple[str, ...] = ()
    """Layers some of whose weights were initialised again."""
    moment: str = ""
    """What those are called: `weights of epoch 212`."""
    healthy_step: int | None = None
    """After a divergence the step of the healthy moment that those which stay are from."""

    @property
    def words(self) -> str:
        """What became of the weights, as a part of a sentence."""
        healthy = None if self.healthy_step is None else f"of step {self.healthy_step:,}, the last healthy ones"
        if not (self.back or self.fresh):
            return "the weights stay as they are" if healthy is None else f"the weights {healthy}, are back"
        if not (self.stay or self.fresh):
            return f"the {self.moment} are back"
        said = []
        if self.back:
            said.append(f"for {_layers(self.back)} the {self.moment} are back")
        if self.fresh:
            said.append(f"some weights of {_layers(self.fresh)} are initialised again")
        others = "the others stay as they are" if healthy is None else f"the others are those {healthy}"
        return ", ".join([*said, *([others] if self.stay else [])])


def origin_of(network: Network, origins: Array, moment: str) -> WeightsOrigin:
    """What `origins`, one of the three marks per parameter, say layer by layer; `moment` names the weights of it."""
    parts = {layer.name: origins[layer.start : layer.stop] for layer in network.layers}
    back, fresh = ([name for name, part in parts.items() if (part == mark).any()] for mark in (BACK, FRESH))
    return WeightsOrigin(bool((origins == STAYED).any()), tuple(back), tuple(fresh), moment)


def _layers(names: Sequence[str]) -> str:
    hidden = [name for name in names if name != "output"]
    *first, last = [f"layer {name}" for name in hidden] + (["the output layer"] if "output" in names else [])
    return f"{listing(first)} and {last}" if first else last
