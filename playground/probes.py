"""Probes: what is measured of a network, from numbers that the engine leaves behind. Nothing here trains."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets import EXTENT, Task
from playground.catalog.features import inputs
from playground.engine import reference
from playground.engine.network import Network, NetworkLayer
from playground.engine.reference import Pass, Problem
from playground.engine.state import State
from playground.snapshot import LayerStatistics


def rms(values: Array) -> float:
    """The root of the mean square, infinite only if float64 can't hold the squares; NaN for no numbers."""
    with np.errstate(over="ignore"):
        return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) if values.size else float("nan")


def mean_loss(network: Network, o: Array, t: Array) -> float | None:
    """The mean loss per point; None without points."""
    with np.errstate(all="ignore"):
        return float(np.mean(network.loss.per_point(o, t), dtype=np.float64)) if o.shape[1] else None


def accuracy(network: Network, o: Array, labels: Array, task: Task) -> float | None:
    """The share of points in the right class, or R² = 1 − SS_res/SS_tot; None where that has no meaning."""
    if not o.shape[1]:
        return None
    if task == "regression":
        total = float(np.sum(np.square(labels - labels.mean())))
        with np.errstate(all="ignore"):
            return 1 - float(np.sum(np.square(labels - o[0], dtype=np.float64))) / total if total else None
    return float(np.mean(classes(network, o) == labels))


def classes(network: Network, o: Array) -> Array:
    """The class of every point, shape (points,)."""
    result: Array = (o[0] >= network.loss.threshold).astype(int) if len(o) == 1 else o.argmax(axis=0)
    return result


def grid(features: Sequence[str], side: int, dtype: np.dtype[np.floating]) -> Array:
    """Features of the points of a grid over the plane, shape (features, side²), row by row from the bottom."""
    return inputs(features, grid_points(side), dtype)


def grid_points(side: int) -> Array:
    """The points of that grid, shape (side², 2)."""
    axis = np.linspace(-EXTENT, EXTENT, side)
    x1, x2 = np.meshgrid(axis, axis)
    return np.stack([x1.ravel(), x2.ravel()], axis=1)


def boundary(network: Network, parameters: Array, grid_inputs: Array, task: Task) -> Array:
    """What the network says on a grid, as `Snapshot.boundary` has it; only finite numbers."""
    o = reference.outputs(network, parameters, grid_inputs)
    side = round(grid_inputs.shape[1] ** 0.5)
    with np.errstate(all="ignore"):
        shown = o if task == "regression" else network.loss.score(o)
        result = np.nan_to_num(shown.astype(np.float32), copy=False).reshape(len(o), side, side)
    result.setflags(write=False)
    return result


def latest_statistics(problem: Problem, state: State) -> tuple[LayerStatistics, ...]:
    """Every layer as measured on the latest batch; NaN before the first update."""
    return tuple(
        statistics(layer, state.parameters, state.gradient, state.update, problem.last, place)
        for place, layer in enumerate(problem.network.layers)
    )


def statistics(
    layer: NetworkLayer, parameters: Array, gradient: Array, update: Array, passed: Pass | None, place: int
) -> LayerStatistics:
    """One layer's measurements from a pass that went forward and backward."""
    missing = float("nan")
    return LayerStatistics(
        name=layer.name,
        units=layer.units,
        activation=layer.activation.kind,
        gradient_rms=rms(gradient[layer.weights]) if passed else missing,
        delta_rms=rms(passed.delta[place]) if passed else missing,
        weight_rms=rms(parameters[layer.weights]),
        update_rms=rms(update[layer.weights]) if passed else missing,
        dead=float(np.mean(idle(layer, passed, place))) if passed else missing,
    )


def idle(layer: NetworkLayer, passed: Pass, place: int) -> Array:
    """Marks the units whose activation has derivative 0 on every point."""
    slope = layer.activation.derivative(passed.z[place], passed.f[place])
    result: Array = ~np.any(slope, axis=1)
    return result


def whole_set_statistics(problem: Problem, state: State) -> tuple[LayerStatistics, ...]:
    """Every layer as measured on the whole training set in evaluation mode."""
    network = problem.network
    gradient = np.zeros(network.size)
    squares = np.zeros(len(network.layers))
    idle_units = [np.ones(layer.units, dtype=bool) for layer in network.layers]
    with np.errstate(all="ignore"):
        for x, t in zip(reference.chunks(problem.inputs), reference.chunks(problem.targets), strict=True):
            passed = reference.forward(network, state.parameters, x)
            gradient += reference.backward(network, state.parameters, passed, t)
            for place, layer in enumerate(network.layers):
                squares[place] += np.sum(np.square(passed.delta[place], dtype=np.float64))
                idle_units[place] &= idle(layer, passed, place)
    gradient /= problem.points
    return tuple(
        LayerStatistics(
            name=layer.name,
            units=layer.units,
            activation=layer.activation.kind,
            gradient_rms=rms(gradient[layer.weights]),
            delta_rms=float(np.sqrt(squares[place] / (problem.points * layer.units))),
            weight_rms=rms(state.parameters[layer.weights]),
            update_rms=rms(state.update[layer.weights]),
            dead=float(np.mean(idle_units[place])),
        )
        for place, layer in enumerate(network.layers)
    )
