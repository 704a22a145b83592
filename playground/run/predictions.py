"""Predictions in the terms of the data: class names, probabilities, and values in the target's own unit."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.engine.evaluation import predicted_classes
from playground.engine.network import Network
from playground.files.errors import InputError, Spoken
from playground.measure.statistics import class_shares


def points_of(x: ArrayLike) -> Array:
    """Convert points to a float64 array of shape (n, 2). Raises InputError for another shape."""
    points = np.asarray(x, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise InputError("x", Spoken(f"{points.shape}"), "of shape (n, 2)")
    return points


def on_the_plane(sample: Sample, x: ArrayLike) -> Array:
    """Convert points in the data's own units to coordinates on the plane, shape (n, 2). Raises InputError."""
    points = points_of(x)
    offsets, factors = np.array(sample.axis_scales).T
    result: Array = np.where(factors == 0, 0, (points - offsets) / np.where(factors == 0, 1, factors))
    return result


def probabilities(network: Network, sample: Sample, o: Array) -> Array:
    """The probability of every class for outputs of shape (outputs, n): shape (n, classes). Raises InputError.

    These are the shares that the boundary shows, even for outputs that are not probabilities.
    """
    if sample.task == "regression":
        raise InputError("probabilities", Spoken("a regression"), "asked of data with classes; labels(x) gives values")
    shares = class_shares(network.loss, o).astype(np.float64)
    if len(shares) > 1:
        # They sum to 1 but for rounding in the network's precision.
        result: Array = (shares / shares.sum(axis=0)).T
        return result
    second = (1 + shares[0]) / 2
    return np.stack([1 - second, second], axis=1)


def labels(network: Network, sample: Sample, o: Array) -> Array:
    """Names of classes, or values in the data's own unit, for outputs of shape (outputs, n): shape (n,)."""
    if sample.task == "regression":
        return sample.in_own_unit(o[0].astype(np.float64))
    names: Array = np.array(sample.class_names)[predicted_classes(network, o)]
    return names
