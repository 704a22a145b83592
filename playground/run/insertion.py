"""Insertion of new layers between neighbours, as near to the identity as their activations allow.

The layer behind a new one computes W x from the signal x. A new layer with as many units as x has passes on x itself;
a narrower one passes on the combinations of x that matter most to W (its largest singular directions), which loses
nothing if it has at least as many units as the layer behind. Each signal is shifted to where the activation is
straight, or scaled down to where it nearly is, and the layer behind undoes that. Spare units start as in a fresh
network, but with outgoing weights of 0.

Parameters that are kept keep the optimizer's memory; that of the layer behind is converted to its new inputs. The first
steps of new layers, and of the weights behind them, are shortened (`State.rate_factors`), because a step of a weight in
front of enlarged weights would change the output far more than any earlier step. Each weight takes the share of its
step that changes the signal behind as much as a step there did. Under an optimizer that scales steps by a memory, which
new weights have yet to build up, they begin with a tenth of that share, which then grows.
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
"""The share of a step that new weights take under optimizers whose steps are proportional to the gradient. It does not
grow (see `factor_growth`), because the additional layer makes the loss steeper for good."""


def insertable_layers(old: Network, new: Network, sources: Sources, restored: Sequence[int] = ()) -> list[int]:
    """The positions of new layers that can start as near-identities; those in `restored` already have weights.

    The layers around them must have been neighbours before. Layer normalization loses what all units have in common,
    and a layer behind with a skip connection would pass on the shifted signal itself, so neither allows an identity.
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
    """Whether a layer passes its input on whatever its weights, by a skip connection or because it is muted."""
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
    """Initialize the new layers at `places` as near-identities.

    `skeleton` is the network without them and `without` its state; `state` already holds what the other layers keep.
    The new layers are fitted to the signals that `inputs`, shape (features, points), cause.
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
        inputs_map = _LinearMap.fitted(passed.a[old_place], now.a[end])
        for slot, kept, power in zip(state.slots, without.slots, slot_powers, strict=True):
            inputs_map.carry(skeleton.layers[old_place], kept, network.layers[end], slot, power)
        _shorten_steps(network, state, range(start, end + 1), now, step_power)


def _connect(chain: Sequence[NetworkLayer], parameters: Array, weights: Array, biases: Array, x: Array) -> None:
    """Initialize a chain of new layers so that its last layer, which is not new, computes `weights` x + `biases`.

    Works from the last layer to the first: each new layer takes over one factor of the matrix in the layer behind it.
    """
    receiver, added = chain[-1], 0.0
    for layer in reversed(chain[:-1]):
        if _passes_through(layer):
            added += _make_constant(layer, parameters)
            continue
        inward, outward = _factors(weights, layer.units)
        y = inward @ x
        passage = layer.activation.passage(y.min(axis=1), y.max(axis=1))
        outward = outward / passage.gain
        _set_incoming(receiver, parameters, outward, biases - outward @ passage.level, added)
        receiver, added = layer, 0.0
        weights, biases = passage.scale[:, np.newaxis] * inward, passage.shift
    _set_incoming(receiver, parameters, weights, biases, added)


def _set_incoming(layer: NetworkLayer, parameters: Array, weights: Array, biases: Array, added: float) -> None:
    """Set the weights and biases of a layer's first units, for inputs that have all been raised by `added`."""
    units, signals = weights.shape
    layer.W(parameters)[:units] = 0
    layer.W(parameters)[:units, :signals] = weights
    layer.b(parameters)[:units] = biases - layer.W(parameters)[:units].sum(axis=1) * added


def _make_constant(layer: NetworkLayer, parameters: Array) -> float:
    """Make a layer that passes its input on add a constant to it; returns the constant."""
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
    """Factor `weights` into outward · inward, exactly or nearly, with at most `units` signals between the two."""
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
    """A fit h ≈ matrix · x + level of a layer's present inputs h to its former inputs x."""

    matrix: Array
    level: Array
    rest: Array
    """The mean squared residual of each input in h."""

    @classmethod
    def fitted(cls, x: Array, h: Array) -> _LinearMap:
        known = np.vstack([x, np.ones(x.shape[1])]).astype(np.float64)
        found = np.linalg.lstsq(known.T, h.T.astype(np.float64), rcond=1e-6)[0].T
        return cls(found[:, :-1], found[:, -1], np.mean(np.square(h - found @ known), axis=1))

    def carry(self, before: NetworkLayer, kept: Array, layer: NetworkLayer, slot: Array, power: int) -> None:
        """Write into `slot` what the optimizer's memory `kept` would be if the layer had had the inputs h, not x.

        Its gradient δ xᵀ would have been δ hᵀ. Squares (`power` 2) are converted as if all cross products averaged
        out; memory that does not scale with the gradient (`power` 0) is averaged over the signals in h.
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
    """The length of the vector of all signals, as a root mean square over points; above 0."""
    squares = np.mean(np.square(signals, dtype=np.float64), axis=1)
    return max(float(np.sqrt(squares.sum())), float(np.finfo(np.float32).tiny))
