"""Statistics of a network's layers, computed from its state and its passes."""

from __future__ import annotations

import math

import numpy as np

from playground.catalog.choice import Array, all_finite
from playground.catalog.datasets.base import Sample
from playground.catalog.losses import CrossEntropy, Loss
from playground.engine import reference
from playground.engine.evaluation import gradient_sizes, relative_size, rms
from playground.engine.network import Network, NetworkLayer
from playground.engine.passes import Pass
from playground.engine.setup import Setup
from playground.engine.state import State
from playground.measure.snapshot import Histogram, LayerHistograms, LayerStatistics, evenly_spread

_MOST_COUNTED = 20_000
"""The most activations of a layer that a histogram counts; of a larger batch it takes evenly spread points."""


def boundary_field(network: Network, o: Array, sample: Sample) -> Array:
    """Convert raw outputs o on a grid, shape (outputs, side²), to the answer of a `BoundaryRequest`."""
    with np.errstate(all="ignore"):
        return grid_picture(sample.in_own_unit(o) if sample.task == "regression" else class_shares(network.loss, o))


def class_shares(loss: Loss, o: Array) -> Array:
    """The scores of raw outputs o, (outputs, n), for pictures: of one output −1…1, of several shares that sum to 1.

    Outputs that are no probabilities estimate them: (o − t₀) / (1 − t₀), where t₀ is the target of a wrong class. The
    shares are those nearest to the estimates (Duchi et al., "Efficient projections onto the ℓ₁-ball", 2008), so that
    the largest output has the largest share also where all are low, or negative.
    """
    if len(o) == 1 or isinstance(loss, CrossEntropy):
        return loss.score(o)
    wrong = loss.negative_target
    estimates = np.clip((o - wrong) / (1 - wrong), -1e6, 1e6)
    falling = -np.sort(-estimates, axis=0)
    count = np.arange(1, len(o) + 1, dtype=estimates.dtype)[:, np.newaxis]
    excess = (falling.cumsum(axis=0) - 1) / count
    kept = np.maximum((falling > excess).sum(axis=0), 1) - 1
    result: Array = np.maximum(estimates - np.take_along_axis(excess, kept[np.newaxis], axis=0), 0)
    return result


def grid_picture(values: Array) -> Array:
    """Convert values on a grid, shape (rows, side²), to float32 (rows, side, side), all finite, read-only."""
    side = round(values.shape[1] ** 0.5)
    with np.errstate(all="ignore"):
        result = values.astype(np.float32).reshape(len(values), side, side)
    if not all_finite(result):
        result = np.nan_to_num(result)
    result.setflags(write=False)
    return result


def count_confusions(labels: Array, predicted: Array, number: int) -> Array:
    """Count points by true class (row) and predicted class (column): int64 (number, number), read-only."""
    counts = np.bincount(labels * number + predicted, minlength=number * number).reshape(number, number)
    counts.setflags(write=False)
    return counts


def latest_statistics(network: Network, state: State, latest: Pass | None) -> tuple[LayerStatistics, ...]:
    """The statistics of every layer on the latest batch; NaN before the first update."""
    sizes = gradient_sizes(network, state, latest)
    count = len(network.layers)
    return tuple(
        _layer_statistics(
            layer,
            state,
            gradient_rms=sizes[place],
            delta_rms=sizes[count + place],
            activations=None if latest is None else Activations().add(layer, latest, place),
        )
        for place, layer in enumerate(network.layers)
    )


class Activations:
    """Statistics of a layer's activations, accumulated over one or more passes.

    Mean and squared deviations of two sets are merged as by Chan, Golub and LeVeque, "Updating formulae and a pairwise
    algorithm for computing sample variances", 1979.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean = self._deviations = self.flat = 0.0
        self.idle: Array = np.ones(1, bool)

    def add(self, layer: NetworkLayer, passed: Pass, place: int) -> Activations:
        """Include the points of a pass."""
        with np.errstate(all="ignore"):
            self._add_numbers(layer, passed.z[place], passed.f[place])
        return self

    def _add_numbers(self, layer: NetworkLayer, z: Array, f: Array) -> None:
        slope = layer.activation.derivative(z, f)
        self.idle = self.idle & dead_mask(layer, slope)
        if layer.activation.saturates and not layer.muted:
            self.flat += float(np.count_nonzero(slope < 0.05 * _steepest(layer)))
        mean = float(np.mean(f, dtype=np.float64))
        difference, before = mean - self.mean, self.count
        self.count += f.size
        self.mean += difference * (f.size / self.count)
        self._deviations += float(np.sum(np.square(f - mean, dtype=np.float64)))
        self._deviations += difference * difference * (before * f.size / self.count)

    @property
    def spread(self) -> float:
        return math.sqrt(self._deviations / self.count)


def dead_mask(layer: NetworkLayer, slope: Array) -> Array:
    """Mark units whose slope f′(z), shape (units, points), is 0 on all points: bool (units,). None in a muted layer."""
    result: Array = np.zeros(layer.units, bool) if layer.muted else ~np.any(slope, axis=1)
    return result


def _steepest(layer: NetworkLayer) -> float:
    """The largest slope of a saturating activation, which it has at 0."""
    zero = np.zeros(1)
    return float(layer.activation.derivative(zero, layer.activation(zero))[0])


def _layer_statistics(
    layer: NetworkLayer,
    state: State,
    *,
    gradient_rms: float,
    delta_rms: float,
    activations: Activations | None,
) -> LayerStatistics:
    """The statistics of one layer; `activations` is None, and the gradients NaN, before the first update."""
    missing, weights = float("nan"), state.parameters[layer.weights]
    weight_rms = rms(weights)
    update_rms = missing if activations is None else rms(state.update[layer.weights])
    return LayerStatistics(
        name=layer.name,
        units=layer.units,
        activation=layer.activation.kind,
        gradient_rms=gradient_rms,
        delta_rms=delta_rms,
        weight_rms=weight_rms,
        update_rms=update_rms,
        dead=missing if activations is None else float(np.mean(activations.idle)),
        update_ratio=relative_size(update_rms, weight_rms),
        mean=missing if activations is None else activations.mean,
        spread=missing if activations is None else activations.spread,
        saturated=missing if activations is None else activations.flat / activations.count,
    )


def layer_histograms(network: Network, state: State, latest: Pass | None, bins: int) -> tuple[LayerHistograms, ...]:
    """The histograms of every layer's weights, and of its activations on the latest batch."""
    return tuple(
        LayerHistograms(
            _histogram(state.parameters[layer.weights], bins),
            None if latest is None else _histogram(_evenly_spread(latest.f[place]), bins),
        )
        for place, layer in enumerate(network.layers)
    )


def _evenly_spread(activations: Array) -> Array:
    """Activations, shape (units, points), reduced to evenly spread points if there are too many to count."""
    units, points = activations.shape
    most = max(1, _MOST_COUNTED // units)
    return activations if points <= most else activations[:, evenly_spread(points, most)]


def _histogram(values: Array, bins: int) -> Histogram:
    """A histogram over the range of the values, read-only; numbers that are not finite are left out."""
    # A range wider than the largest float could not be divided into bins.
    usable = np.clip(values[np.isfinite(values)].astype(np.float64), -1e300, 1e300)
    low, high = (float(usable.min()), float(usable.max())) if usable.size else (0.0, 0.0)
    # Numbers that are nearly equal span no range that could be divided into that many bins.
    room = max(0.5 if high == low else 0.0, bins * float(np.spacing(max(abs(low), abs(high)))))
    if high - low < 2 * room:
        low, high = low - room, high + room
    counts, edges = np.histogram(usable, bins, (low, high))
    for array in (counts, edges):
        array.setflags(write=False)
    return Histogram(edges, counts)


def whole_set_statistics(setup: Setup, state: State) -> tuple[LayerStatistics, ...]:
    """The statistics of every layer on the whole training set, in evaluation mode."""
    network = setup.network
    gradient = np.zeros(network.size)
    squares = np.zeros(len(network.layers))
    activations = [Activations() for _ in network.layers]
    with np.errstate(all="ignore"):
        for x, t in zip(
            reference.column_chunks(setup.train.inputs), reference.column_chunks(setup.train.targets), strict=True
        ):
            passed = reference.forward(network, state.parameters, x)
            gradient += reference.backward(network, state.parameters, passed, t)
            for place, layer in enumerate(network.layers):
                squares[place] += np.sum(np.square(passed.delta[place], dtype=np.float64))
                activations[place].add(layer, passed, place)
    gradient /= setup.points
    return tuple(
        _layer_statistics(
            layer,
            state,
            gradient_rms=rms(gradient[layer.weights]),
            delta_rms=float(np.sqrt(squares[place] / (setup.points * layer.units))),
            activations=activations[place],
        )
        for place, layer in enumerate(network.layers)
    )
