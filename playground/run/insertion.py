"""Insertion: a new layer between two that knew each other starts as near to the identity as its activation allows.

What the layer behind needs of the signal x is W x. With as many units as x has, the new layer passes on x itself; with
fewer, the combinations of x that matter most to W (its largest singular directions), which loses nothing if there are
at least as many units as the layer behind has. Each signal is moved to where the activation is straight, or shrunk to
where it nearly is, and the layer behind undoes that. Units that are left over start as in a fresh network, unheard.

What is kept goes on with the optimizer's memory; that of the layer behind is carried over to what it hears now. The
first steps of a newcomer, and of the weights behind it, are shorter than those of others (`State.rate_factors`): a step
of a weight before an enlarged one would move the output many times as far as any step did before. So each takes the
share of its step that moves what is behind as far as a step there did. Under an optimizer that measures steps by its
memory, which a newcomer has yet to gather, it begins with a tenth of that, which then grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.optimizers import Optimizer
from playground.engine import reference
from playground.engine.network import Network, NetworkLayer
from playground.engine.passes import Pass
from playground.engine.state import State
from playground.run.transplant import FIRST_SHARE, Sources

_LASTING_SHARE = 0.25
"""The share where steps follow the gradient's size: it stays (see `factor_growth`), since a layer more makes the loss
steeper for good."""


def insertable_layers(old: Network, new: Network, sources: Sources, restored: Sequence[int] = ()) -> list[int]:
    """The places of the new layers that can start as near-identities; `restored` ones come with weights of their own.

    The layers around them must have been neighbours before. Layer normalization loses what all units have in common,
    and a layer behind with a skip connection would pass on the moved signal itself: there is no identity with these.
    """
    result: list[int] = []
    waiting: list[int] = []
    before = -1
    for place, source in enumerate(sources):
        if source is None:
            waiting.append(place)
            continue
        behind = new.layers[place]
        fits = source == before + 1 and not (behind.skip or behind.muted or set(waiting) & set(restored))
        layers = (new.layers[k] for k in waiting)
        if fits and all(_passes_through(one) or one.normalization.axis != 0 for one in layers):
            result.extend(waiting)
        before, waiting = source, []
    return result


def _passes_through(layer: NetworkLayer) -> bool:
    """Whether what comes in passes on by itself."""
    return layer.muted or layer.skip


def insert_layers(
    skeleton: Network,
    without: State,
    network: Network,
    state: State,
    places: Sequence[int],
    inputs: Array,
    optimizer: Optimizer,
) -> None:
    """Start the new layers at `places` as near-identities.

    `skeleton` is the network without them, `without` its state; `state` already holds what the others keep.
    `inputs`, shape (features, points), are where the stated errors of the passages hold.
    """
    before, parameters = without.parameters, state.parameters
    with np.errstate(all="ignore"):
        passed = reference.forward(skeleton, before, inputs)
    chains = []
    for end in [place for place in range(len(network.layers)) if place - 1 in places and place not in places]:
        start = end
        while start - 1 in places:
            start -= 1
        old_place = sum(1 for k in range(end) if k not in places)
        behind = skeleton.layers[old_place]
        chain = network.layers[start : end + 1]
        _connect(chain, parameters, behind.W(before), behind.b(before), passed.a[old_place])
        chains.append((start, end, old_place))
    for place in places:
        if network.layers[place].normalization.running and not _passes_through(network.layers[place]):
            x = reference.forward(network, parameters, inputs).a[place]
            _undo_normalization(network.layers[place], parameters, x)
    if not state.step:
        return
    state.have_rate_factors()
    step_power, *slot_powers = optimizer.gradient_powers
    with np.errstate(all="ignore"):
        now = reference.forward(network, parameters, inputs)
    for start, end, old_place in chains:
        hears = _LinearMap.fitted(passed.a[old_place], now.a[end])
        for slot, kept, power in zip(state.slots, without.slots, slot_powers, strict=True):
            hears.carry(skeleton.layers[old_place], kept, network.layers[end], slot, power)
        _shorten_steps(network, state, range(start, end + 1), now, step_power)


def _connect(chain: Sequence[NetworkLayer], parameters: Array, weights: Array, biases: Array, x: Array) -> None:
    """Have the last layer of a chain get `weights` x + `biases` through all the others, which are new.

    Goes from the last to the first: each new layer takes over a factor of what its listener wanted of x.
    """
    listener, added = chain[-1], 0.0
    for layer in reversed(chain[:-1]):
        if _passes_through(layer):
            added += _make_constant(layer, parameters)
            continue
        inward, outward = _factors(weights, layer.units)
        y = inward @ x
        passage = layer.activation.passage(y.min(axis=1), y.max(axis=1))
        outward = outward / passage.gain
        _listen(listener, parameters, outward, biases - outward @ passage.level, added)
        listener, added = layer, 0.0
        weights, biases = passage.scale[:, np.newaxis] * inward, passage.shift
    _listen(listener, parameters, weights, biases, added)


def _listen(layer: NetworkLayer, parameters: Array, weights: Array, biases: Array, added: float) -> None:
    """Give the first units of a layer these weights and biases; their inputs have all been raised by `added`."""
    units, signals = weights.shape
    layer.W(parameters)[:units] = 0
    layer.W(parameters)[:units, :signals] = weights
    layer.b(parameters)[:units] = biases - layer.W(parameters)[:units].sum(axis=1) * added


def _make_constant(layer: NetworkLayer, parameters: Array) -> float:
    """Make a layer that passes on what comes in add the same number whatever that is, and return that number."""
    if layer.muted:
        return 0.0
    z = np.array([layer.activation.rest()])
    if layer.normalizes:
        layer.column("gamma", parameters)[:] = 0
        layer.column("beta", parameters)[:] = z
    else:
        layer.W(parameters)[:] = 0
        layer.b(parameters)[:] = z
    return float(layer.activation(z)[0])


def _factors(weights: Array, units: int) -> tuple[Array, Array]:
    """Two matrices whose product is `weights`, or near it, with at most `units` signals between them."""
    inputs = weights.shape[1]
    if units >= inputs:
        return np.eye(inputs, dtype=weights.dtype), weights
    left, sizes, right = np.linalg.svd(weights, full_matrices=False)
    return right[:units], left[:, :units] * sizes[:units]


def _undo_normalization(layer: NetworkLayer, parameters: Array, x: Array) -> None:
    """Choose γ and β so that batch normalization gives back the z that it gets for x."""
    done = layer.normalization.standardized(layer.W(parameters) @ x + layer.b(parameters)[:, np.newaxis])
    for name, values in (("mean", done.mean), ("var", done.variance), ("gamma", 1 / done.scale), ("beta", done.mean)):
        layer.column(name, parameters)[:] = values


# The first steps ------------------------------------------------------------------------------------------------


class _LinearMap(NamedTuple):
    """What a layer hears now, h ≈ matrix · x + level, of the signals x that it heard before."""

    matrix: Array
    level: Array
    rest: Array
    """The mean square of what is not linear in x."""

    @classmethod
    def fitted(cls, x: Array, h: Array) -> _LinearMap:
        known = np.vstack([x, np.ones(x.shape[1])]).astype(np.float64)
        found = np.linalg.lstsq(known.T, h.T.astype(np.float64), rcond=1e-6)[0].T
        return cls(found[:, :-1], found[:, -1], np.mean(np.square(h - found @ known), axis=1))

    def carry(self, before: NetworkLayer, kept: Array, layer: NetworkLayer, slot: Array, power: int) -> None:
        """Write into `slot` what an optimizer's memory would be, had the layer heard h instead of x.

        Its gradient δ xᵀ would have been δ hᵀ. Squares (`power` 2) are carried over as if all products averaged out;
        what does not follow the gradient's size (0) is averaged over the signals that are in h.
        """
        weights, biases = before.W(kept), before.b(kept)
        if power == 1:
            carried = weights @ self.matrix.T + np.outer(biases, self.level)
        else:
            squares = np.square(self.matrix)
            if power == 2:
                carried = weights @ squares.T + np.outer(biases, np.square(self.level) + self.rest)
            else:
                squares += np.finfo(np.float64).tiny
                carried = weights @ (squares / squares.sum(axis=1, keepdims=True)).T
        layer.W(slot)[: len(carried)] = carried


def _shorten_steps(network: Network, state: State, places: Sequence[int], passed: Pass, step_power: int) -> None:
    """Set the rate factors of a chain of new layers and the layer behind them, the last of `places`."""
    share = _LASTING_SHARE if step_power else FIRST_SHARE
    signal, reach = _strength(passed.a[places[0]]), np.eye(network.layers[places[-1]].units)
    for place in reversed(places):
        layer, heard = network.layers[place], passed.a[place]
        if layer.muted:
            continue
        if place == places[-1]:
            before = reach @ layer.W(state.parameters)
        else:
            slope = layer.activation.derivative(passed.z[place], passed.f[place])
            through = reach * np.sqrt(np.mean(np.square(slope), axis=1))
            before = through @ layer.W(state.parameters) + (reach if layer.skip else 0)
            reach = through
        shares = 1 / np.maximum(np.linalg.norm(reach, axis=0), 1)
        factors = {"W": shares[:, np.newaxis] / max(_strength(heard) / signal, 1)}
        if place != places[-1]:
            factors |= dict.fromkeys(layer.per_unit, shares)
        for name, own in factors.items():
            into = layer.named(state.rate_factors)[name]
            into[:] = np.minimum(into, own ** (1 + step_power) * share)
        reach = before


def _strength(signals: Array) -> float:
    """The length of the vector of all signals, in the root mean square over points; above 0."""
    squares = np.mean(np.square(signals, dtype=np.float64), axis=1)
    return max(float(np.sqrt(squares.sum())), float(np.finfo(np.float32).tiny))
