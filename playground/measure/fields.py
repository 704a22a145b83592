"""Arrays for views of a network: maps of its units, uncertainty, copies of its parameters.

All are computed in evaluation mode, unless stated otherwise, and read-only. Fields over the plane are computed in
float32, whatever the precision of training.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.engine import randomness, reference
from playground.engine.network import Network, NetworkLayer
from playground.engine.passes import Pass
from playground.engine.state import State
from playground.measure import statistics
from playground.measure.snapshot import LayerParameters, UnitMap, UnitStates, evenly_spread

PRECISION = np.dtype(np.float32)
_POINTS = 2048
"""Points that pass through a thinned network at once; few enough for the processor's cache."""


def read_only(array: Array) -> Array:
    """Make an array read-only and return it."""
    array.setflags(write=False)
    return array


def _in_float32(parameters: Array) -> Array:
    with np.errstate(over="ignore"):
        return parameters.astype(PRECISION)


# Fields over the plane ------------------------------------------------------------------------------------------


def chosen_units(network: Network, wanted: Sequence[Sequence[int]] | None) -> tuple[Array, ...]:
    """The indices of the wanted units that exist, layer by layer; all units for None."""
    if wanted is None:
        return tuple(read_only(np.arange(layer.units)) for layer in network.layers)
    filled = [*wanted, *([()] * len(network.layers))]
    return tuple(
        read_only(np.array([unit for unit in units if 0 <= unit < layer.units], dtype=np.intp))
        for layer, units in zip(network.layers, filled, strict=False)
    )


def map_units(
    network: Network, parameters: Array, columns: Array, sample: Sample, chosen: Sequence[Array]
) -> tuple[Array, ...]:
    """The outputs of the `chosen` units on a grid, as in `UnitMaps.values`; `columns` are the grid's features."""
    parameters, a, result = _in_float32(parameters), columns, list[Array]()
    last = max((place for place, units in enumerate(chosen) if units.size), default=-1)
    for place, units in enumerate(chosen):
        if place <= last:
            a = reference.through_layer(network, place, parameters, a)
        output = place == len(network.layers) - 1
        if units.size:
            result.append(
                read_only(statistics.boundary_field(network, a, sample)[units])
                if output
                else statistics.grid_picture(a[units])
            )
        else:
            result.append(statistics.grid_picture(np.zeros((0, columns.shape[1]))))
    return tuple(result)


def map_unit(
    network: Network, parameters: Array, columns: Array, sample: Sample, layer: int, unit: int
) -> UnitMap | None:
    """The map of one unit; None if there is no such unit."""
    if not (0 <= layer < len(network.layers) and 0 <= unit < network.layers[layer].units):
        return None
    chosen = chosen_units(network, [(unit,) if place == layer else () for place in range(len(network.layers))])
    return UnitMap(layer, unit, map_units(network, parameters, columns, sample, chosen)[layer][0])


def uncertainty_field(
    network: Network, parameters: Array, columns: Array, sample: Sample, seed: int, passes: int
) -> Array:
    """The spread of the predictions of `passes` passes with dropout on a grid; see `UncertaintyRequest`.

    Each pass evaluates one thinned network on the whole grid, and the same seed gives the same networks, so that the
    field changes only with the network (Gal and Ghahramani, "Dropout as a Bayesian approximation", 2016).
    """
    drops = [place for place, layer in enumerate(network.layers) if layer.dropout and not layer.muted]
    if not drops or not passes:
        return _single_picture(np.zeros(columns.shape[1]))
    parameters = _in_float32(parameters)
    parts = [columns[:, start : start + _POINTS] for start in range(0, columns.shape[1], _POINTS)]
    spreads = [_spread_of_answers(network, parameters, part, sample, seed, passes, drops[0]) for part in parts]
    return _single_picture(np.concatenate(spreads))


def _single_picture(values: Array) -> Array:
    """Reshape one number for every point of a grid from (side²,) to (side, side)."""
    field: Array = statistics.grid_picture(values[np.newaxis])[0]
    return field


def _spread_of_answers(
    network: Network, parameters: Array, columns: Array, sample: Sample, seed: int, passes: int, first: int
) -> Array:
    """The standard deviation of the predictions, shape (points,); `first` is the first layer with dropout."""
    before = columns
    for place in range(first + 1):
        before = reference.through_layer(network, place, parameters, before)
    mean, deviations = np.zeros((2, network.layers[-1].units, columns.shape[1]))
    with np.errstate(all="ignore"):
        for number in range(passes):
            o = _thinned_outputs(network, parameters, before, first, seed, number)
            difference = _predictions(network, o, sample) - mean
            mean += difference / (number + 1)
            deviations += difference * difference * (number / (number + 1))
        result: Array = np.sqrt(deviations / passes).mean(axis=0)
    return result


def _thinned_outputs(network: Network, parameters: Array, before: Array, first: int, seed: int, number: int) -> Array:
    """Raw outputs o of pass `number` with dropout; `before` is the output of `first`, the first layer with dropout."""
    a = before
    for place in range(first, len(network.layers)):
        layer = network.layers[place]
        a = reference.through_layer(network, place, parameters, a) if place > first else a
        if layer.dropout and not layer.muted:
            drawn = randomness.uniform(randomness.key(seed, randomness.UNCERTAINTY, number, place), layer.units)
            a = a * np.where(drawn < layer.dropout, 0, 1 / (1 - layer.dropout)).astype(PRECISION)[:, np.newaxis]
    return a


def _predictions(network: Network, o: Array, sample: Sample) -> Array:
    """Raw outputs o converted to shares of classes, 0…1, or for regression to values in the target's own unit."""
    if sample.task == "regression":
        return sample.in_own_unit(o)
    score = statistics.class_shares(network.loss, o)
    shares: Array = score if len(o) > 1 else (score + 1) / 2
    return shares


# The network itself ---------------------------------------------------------------------------------------------


def copy_parameters(network: Network, state: State, known: bool) -> tuple[LayerParameters, ...]:
    """Copies of every layer's W and b and of their gradients, which are NaN unless they are `known`."""
    flat = read_only(state.parameters.copy())
    gradient = read_only(state.gradient.copy() if known else np.full_like(flat, np.nan))
    return tuple(
        LayerParameters(layer.W(flat), layer.b(flat), layer.W(gradient), layer.b(gradient)) for layer in network.layers
    )


def unit_states(network: Network, latest: Pass | None) -> tuple[UnitStates, ...]:
    """The dead and the dropped units of every layer on the latest batch."""
    return tuple(_unit_state(layer, latest, place) for place, layer in enumerate(network.layers))


def _unit_state(layer: NetworkLayer, passed: Pass | None, place: int) -> UnitStates:
    dead = dropped = np.zeros(layer.units, bool)
    if passed is not None:
        with np.errstate(all="ignore"):
            dead = statistics.dead_mask(layer, layer.activation.derivative(passed.z[place], passed.f[place]))
        mask = passed.masks[place]
        dropped = dropped if mask is None else mask[:, -1] == 0
    return UnitStates(read_only(dead), read_only(dropped))


# Single points --------------------------------------------------------------------------------------------------


def shown_points(sample: Sample, most: int) -> Array:
    """The indices of at most `most` points, evenly spread over those that are finite."""
    usable = np.flatnonzero(np.isfinite(sample.x).all(axis=1) & np.isfinite(sample.labels))
    return read_only(usable[evenly_spread(len(usable), most)])
