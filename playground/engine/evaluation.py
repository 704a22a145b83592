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
    """Losses and accuracies in evaluation mode on whole sets. None where a set is empty or a number has no meaning.

    Losses are means per point without penalty; accuracies are shares 0…1, or R² for regression.
    """

    train_loss: float | None
    validation_loss: float | None
    train_accuracy: float | None
    validation_accuracy: float | None

    @property
    def numbers(self) -> list[float]:
        """All fields as floats; NaN instead of None."""
        return [math.nan if value is None else value for value in self]

    @property
    def overflows(self) -> bool:
        return any(loss is not None and not math.isfinite(loss) for loss in self[:2])


def rms(values: Array) -> float:
    """Return the root mean square, without overflow for finite numbers; NaN for an empty array."""
    if not values.size:
        return float("nan")
    with np.errstate(over="ignore"):
        result = float(np.sqrt(np.mean(np.square(values, dtype=np.float64))))
    if result == np.inf and all_finite(values):
        largest = float(np.abs(values).max())
        return largest * rms(values / largest)
    return result


def mean_loss(network: Network, o: Array, part: Part) -> float | None:
    """Return the mean loss per point, weighted by class if training is; None without points. `o`: (outputs, points)."""
    with np.errstate(all="ignore"):
        losses = network.loss.per_point(o, part.targets)
        losses = losses if part.weights is None else losses * part.weights
        return float(np.mean(losses, dtype=np.float64)) if o.shape[1] else None


def accuracy(network: Network, o: Array, labels: Array, task: Task) -> float | None:
    """Return the share of correct classes, or R² = 1 − SS_res/SS_tot; None where that is undefined."""
    if not o.shape[1]:
        return None
    if task == "regression":
        total = spread(labels)
        with np.errstate(all="ignore"):
            return 1 - float(np.sum(np.square(labels - o[0], dtype=np.float64))) / total if total else None
    return float(np.mean(predicted_classes(network, o) == labels))


def spread(labels: Array) -> float:
    """Return Σ (label − mean)²; exactly 0 if all labels are equal, even if their mean is rounded."""
    return float(np.sum(np.square(labels - labels.mean()))) if len(labels) and np.ptp(labels) > 0 else 0.0


def predicted_classes(network: Network, o: Array) -> Array:
    """Return the predicted class of every point, shape (points,), from o, shape (outputs, points)."""
    result: Array = (o[0] >= network.loss.threshold).astype(int) if len(o) == 1 else o.argmax(axis=0)
    return result


def evaluate(setup: Setup, outputs: Callable[[Array], Array]) -> Evaluation:
    """Evaluate training and validation set; `outputs` maps inputs, shape (features, n), to o in evaluation mode."""
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
    """Return the RMS of ∂E/∂W, then of δ, of every layer on the latest batch; NaN before the first update."""
    if latest is None:
        return [float("nan")] * (2 * len(network.layers))
    return [rms(state.gradient[layer.weights]) for layer in network.layers] + [rms(delta) for delta in latest.delta]


def update_ratios(network: Network, state: State, latest: Pass | None) -> list[float]:
    """Return, for every layer, the RMS of the latest change of W divided by that of W; NaN before the first update."""
    if latest is None:
        return [float("nan")] * len(network.layers)
    return [
        relative_size(rms(state.update[layer.weights]), rms(state.parameters[layer.weights]))
        for layer in network.layers
    ]


def relative_size(change: float, size: float) -> float:
    """Return `change` / `size`; NaN if `size` is 0."""
    return change / size if size else float("nan")
