"""The setup: everything that a run derives from its experiment alone. Training never changes it.

A setup made from an earlier one shares with it whatever the change left alone: the points, the network, the inputs and
targets. So a new learning rate recomputes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import NamedTuple, TypeVar

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, TEST, TRAIN, VALIDATION, Sample, draw_sample
from playground.catalog.features import feature_columns
from playground.engine.network import Network, network_of
from playground.experiment.tree import Experiment, Training

_Value = TypeVar("_Value")

_SHAPES_NETWORK = ("precision", "features", "layers", "initializer", "regularizer", "loss")
"""Fields of an experiment that, with its points, decide what network it has."""


class Part(NamedTuple):
    """One part of the points, training, validation or test, as inputs and targets of the network."""

    inputs: Array
    """Features, shape (features, n)."""
    targets: Array
    """The desired outputs of the output layer, shape (outputs, n)."""
    labels: Array
    """Class numbers, or values for regression in the network's unit, shape (n,)."""
    weights: Array | None = None
    """The weight of each point in the loss, shape (n,); None if all are 1."""


class Setup:
    """The points, the network and its inputs that belong to an experiment, which must have been checked.

    `before` is an earlier setup to share with; `points` is the sample of the experiment's data, if it has been drawn
    already. Everything except points and network is computed when it is first used.
    """

    def __init__(self, experiment: Experiment, before: Setup | None = None, points: Sample | None = None) -> None:
        self.experiment = experiment
        same_points = before is not None and _agree(before.experiment, experiment, ("data",))
        self.sample: Sample = (
            before.sample if before is not None and same_points else points or draw_sample(experiment.data)
        )
        if before is not None and same_points and _agree(before.experiment, experiment, _SHAPES_NETWORK):
            self.network: Network = before.network
        else:
            self.network = network_of(experiment, self.sample)
        self._inputs: dict[int, Array] = {}
        self._targets: dict[int, Array] = {}
        self._grids: dict[tuple[int, str], Array] = {}
        self._derived: dict[Hashable, object] = {}
        if before is not None:
            self._share(before, same_points=same_points)

    def _share(self, before: Setup, *, same_points: bool) -> None:
        same_features = _agree(before.experiment, self.experiment, ("features",))
        same_precision = before.network.dtype == self.network.dtype
        outputs = before.network.layers[-1].units == self.network.layers[-1].units
        if same_points:
            self.points, self.validation_points = before.points, before.validation_points
        if same_features:
            self._grids = before._grids
        if same_points and same_features and same_precision:
            self._inputs = before._inputs
        if same_points and same_precision and outputs and before.network.loss == self.network.loss:
            self._targets = before._targets

    @property
    def training(self) -> Training:
        return self.experiment.training

    @cached_property
    def train(self) -> Part:
        """The points to train on."""
        return self._part(TRAIN)

    @cached_property
    def validation(self) -> Part:
        """The points kept out of training."""
        return self._part(VALIDATION)

    @cached_property
    def test(self) -> Part:
        """The points that neither training nor tuning sees."""
        return self._part(TEST)

    def _part(self, which: int) -> Part:
        chosen = self.sample.split == which
        x, labels = self.sample.x[chosen], self.sample.network_labels[chosen]
        if which not in self._inputs:
            self._inputs[which] = self.features_of(x)
        if which not in self._targets:
            self._targets[which] = self.targets_of(labels)
        weights = None if self._class_weights is None else self._class_weights[labels]
        return Part(self._inputs[which], self._targets[which], labels, weights)

    @cached_property
    def _class_weights(self) -> Array | None:
        """The weight of each class in the loss; None if all points count 1."""
        sample, network = self.sample, self.network
        if sample.task == "regression":
            return None
        labels = sample.labels[sample.split == TRAIN]
        weights = network.loss.weights_of_classes(labels, len(sample.class_names))
        return None if weights is None else weights.astype(network.dtype)

    def features_of(self, x: Array) -> Array:
        """Compute the network's inputs, shape (features, n), in its precision, for points `x`, shape (n, 2)."""
        return feature_columns(self.experiment.features, x, self.network.dtype)

    def targets_of(self, labels: Array) -> Array:
        network = self.network
        return network.loss.targets(labels, network.layers[-1].units, self.sample.task).astype(network.dtype)

    def grid(self, side: int, dtype: np.dtype[np.floating]) -> Array:
        """Compute the network's inputs on a grid of side × side points over the plane: shape (features, side²)."""
        if (side, dtype.name) not in self._grids:
            self._grids[side, dtype.name] = feature_columns(self.experiment.features, grid_points(side), dtype)
        return self._grids[side, dtype.name]

    def derive(self, name: Hashable, make: Callable[[], _Value]) -> _Value:
        """Return `make()`, which may depend on this setup alone; computed once and cached under `name`."""
        if name not in self._derived:
            self._derived[name] = make()
        return self._derived[name]  # type: ignore[return-value]

    @cached_property
    def points(self) -> int:
        """The number of training points."""
        return int(np.count_nonzero(self.sample.split == TRAIN))

    @cached_property
    def validation_points(self) -> int:
        """The number of validation points."""
        return int(np.count_nonzero(self.sample.split == VALIDATION))

    @cached_property
    def batch_size(self) -> int:
        """The number of points per update; a setting of 0, or above the number of points, means all."""
        chosen = self.training.batch_size
        return self.points if chosen == 0 else min(chosen, self.points)

    @cached_property
    def steps_per_epoch(self) -> int:
        whole, left = divmod(self.points, self.batch_size)
        return whole + (1 if left and self.training.batching == "partial" else 0)


def _agree(old: Experiment, new: Experiment, fields: tuple[str, ...]) -> bool:
    return all(getattr(old, name) == getattr(new, name) for name in fields)


def grid_points(side: int) -> Array:
    """Return the points of a grid over the plane, row by row from the bottom: shape (side², 2)."""
    axis = np.linspace(-EXTENT, EXTENT, side)
    x1, x2 = np.meshgrid(axis, axis)
    return np.stack([x1.ravel(), x2.ravel()], axis=1)
