"""Insertion: a new layer between two that knew each other starts as near to the identity as its activation allows.

What the layer behind needs of the signal x is W x. With as many units as x has, the new layer passes on x itself; with
fewer, the combinations of x that matter most to W (its largest singular directions), which loses nothing if there are
at least as many units as the layer behind has. Each signal is moved to where the activation is straight, or shrunk to
where it nearly is, and the layer behind undoes that. Units that are left over start as in a fresh network, unheard.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.catalog.choice import Array
from playground.engine import reference
from playground.engine.network import Network, NetworkLayer
from playground.run.transplant import Sources


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
    skeleton: Network, before: Array, network: Network, parameters: Array, places: Sequence[int], inputs: Array
) -> None:
    """Start the new layers at `places` as near-identities.

    `skeleton` is the network without them, `before` its parameters; `parameters` already holds what the others keep.
    `inputs`, shape (features, points), are where the stated errors of the passages hold.
    """
    with np.errstate(all="ignore"):
        passed = reference.forward(skeleton, before, inputs)
    for end in [place for place in range(len(network.layers)) if place - 1 in places and place not in places]:
        start = end
        while start - 1 in places:
            start -= 1
        old_place = sum(1 for k in range(end) if k not in places)
        behind = skeleton.layers[old_place]
        chain = network.layers[start : end + 1]
        _connect(chain, parameters, behind.W(before), behind.b(before), passed.a[old_place])
    for place in places:
        if network.layers[place].normalization.running and not _passes_through(network.layers[place]):
            x = reference.forward(network, parameters, inputs).a[place]
            _undo_normalization(network.layers[place], parameters, x)


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
    """Give the first units of a layer these weights and biases; `added` has been added to all that they hear."""
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
