"""Measurements that the engines record: losses and accuracies at the end of epochs, and the sizes of gradients."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array, Task, all_finite
from playground.engine.network import Network
from playground.engine.passes import Pass
from playground.engine.setup import Part, Setup
from playground.engine.state import State


class Evaluation(NamedTuple):
    """Losses and accuracies in evaluation mode on whole sets. None where there is nothing to measure.

    Losses are means per point without penalty; accuracies are shares 0…1, or R² for regression.
    """

    train_loss: float | None
    validation_loss: float | None
    train_accuracy: float | None
    validation_accuracy: float | None

    @property
    def numbers(self) -> list[float]:
        """The same as numbers; NaN where there is nothing to measure."""
        return [math.nan if value is None else value for value in self]

    @property
    def overflows(self) -> bool:
        return any(loss is not None and not math.isfinite(loss) for loss in self[:2])


def rms(values: Array) -> float:
    """The root of the mean square, without overflow for finite numbers; NaN for no numbers."""
    if not values.size:
        return float("nan")
    with np.errstate(over="ignore"):
        result = float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
    if result == np.inf and all_finite(values):
        largest = float(np.abs(values).max())
        return largest * rms(values / largest)
    return result


def mean_loss(network: Network, o: Array, part: Part) -> float | None:
    """The mean loss per point, weighted by class if the loss is; None without points."""
    with np.errstate(all="ignore"):
        losses = network.loss.per_point(o, part.targets)
        losses = losses if part.weights is None else losses * part.weights
        return float(np.mean(losses, dtype=np.float64)) if o.shape[1] else None


def accuracy(network: Network, o: Array, labels: Array, task: Task) -> float | None:
    """The share of points in the right class, or R² = 1 − SS_res/SS_tot; None where that has no meaning."""
    if not o.shape[1]:
        return None
    if task == "regression":
        total = spread(labels)
        with np.errstate(all="ignore"):
            return 1 - float(np.sum(np.square(labels - o[0], dtype=np.float64))) / total if total else None
    return float(np.mean(predicted_classes(network, o) == labels))


def spread(labels: Array) -> float:
    """Σ (label − mean)²; exactly 0 if all labels are equal, even where their mean is rounded."""
    return float(np.sum(np.square(labels - labels.mean()))) if len(labels) and np.ptp(labels) > 0 else 0.0


def predicted_classes(network: Network, o: Array) -> Array:
    """The class of every point, shape (points,)."""
    result: Array = (o[0] >= network.loss.threshold).astype(int) if len(o) == 1 else o.argmax(axis=0)
    return result


def evaluate(setup: Setup, outputs: Callable[[Array], Array]) -> Evaluation:
    """Losses and accuracies of both sets; `outputs` gives o for inputs of shape (features, n) in evaluation mode."""
    network, task = setup.network, setup.sample.task
    train, validation = setup.train, setup.validation
    of_train, of_validation = outputs(train.inputs), outputs(validation.inputs)
    return Evaluation(
        mean_loss(network, of_train, train),
        mean_loss(network, of_validation, validation),
        accuracy(network, of_train, train.labels, task),
        accuracy(network, of_validation, validation.labels, task),
    )


def gradient_sizes(network: Network, state: State, latest: Pass | None) -> list[float]:
    """The RMS of ∂E/∂W of every layer on the latest batch, then that of δ; NaN before the first update."""
    if latest is None:
        return [float("nan")] * (2 * len(network.layers))
    return [rms(state.gradient[layer.weights]) for layer in network.layers] + [rms(delta) for delta in latest.delta]


def update_ratios(network: Network, state: State, latest: Pass | None) -> list[float]:
    """The RMS of the latest change of every layer's W by that of W; NaN before the first update."""
    if latest is None:
        return [float("nan")] * len(network.layers)
    return [
        relative_size(rms(state.update[layer.weights]), rms(state.parameters[layer.weights]))
        for layer in network.layers
    ]


def relative_size(change: float, size: float) -> float:
    """The size of a change relative to what changed; NaN if that is 0."""
    return change / size if size else float("nan")
