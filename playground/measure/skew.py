"""Skew: one class has nearly all points, so that accuracy says little, and what each class's recall says instead."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TRAIN, Sample
from playground.experiment.tree import Experiment

STRONG = 0.8
"""The share of the training points in the largest class from which classes count as very uneven.

Whoever always answers that class is right as often, so 80 %, which looks good, may mean that nothing was learned. The
gain that is left for accuracy, a fifth, is then shared by all other classes, of which each has at most a quarter of the
largest one's points.
"""


def largest_share(sample: Sample) -> tuple[int, float] | None:
    """The class with most training points and its share of them; None for regression, or where there is one class."""
    if sample.task == "regression" or len(np.unique(sample.labels)) < 2:
        return None
    counts = np.bincount(sample.labels[sample.split == TRAIN].astype(int))
    return int(counts.argmax()), float(counts.max() / counts.sum())


def is_skewed(sample: Sample) -> bool:
    """Whether classes are so uneven that accuracy alone misleads."""
    largest = largest_share(sample)
    return largest is not None and largest[1] >= STRONG


def recalls(counts: Array) -> tuple[float | None, ...]:
    """The share of each class's points that are given their class; None without points.

    `counts` of shape (classes, classes) holds points by true class (rows) and given class (columns).
    """
    totals = counts.sum(axis=1)
    return tuple(
        float(right / total) if total else None for right, total in zip(np.diagonal(counts), totals, strict=True)
    )


def worst_first(found: Mapping[str, float | None]) -> list[tuple[str, float | None]]:
    """Classes with their recalls in ascending order; those without points last."""
    return sorted(found.items(), key=lambda one: math.inf if one[1] is None else one[1])


def balanced(experiment: Experiment, sample: Sample) -> Experiment | None:
    """The experiment with classes weighed so that each counts as much as the others; None if they are."""
    loss = experiment.loss_for(sample.task)
    if sample.task == "regression" or loss.class_weights == "balanced":
        return None
    return msgspec.structs.replace(experiment, loss=msgspec.structs.replace(loss, class_weights="balanced"))
