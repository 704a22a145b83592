"""Skewed data, in which one class has most points, and the recalls of classes, which then say more than accuracy."""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TRAIN, Sample
from playground.experiment.tree import Experiment

STRONG = 0.8
"""The share of the training points in the largest class from which data count as skewed.

A network that always predicts that class has the same accuracy, so 80 %, which looks good, may mean that it has learned
nothing.
"""


def largest_share(sample: Sample) -> tuple[int, float] | None:
    """The class with most training points and its share of them; None for regression or for a single class."""
    if sample.task == "regression" or len(np.unique(sample.labels)) < 2:
        return None
    counts = np.bincount(sample.labels[sample.split == TRAIN].astype(int))
    return int(counts.argmax()), float(counts.max() / counts.sum())


def is_skewed(sample: Sample) -> bool:
    """Whether classes are so uneven that accuracy alone is misleading."""
    largest = largest_share(sample)
    return largest is not None and largest[1] >= STRONG


def recalls(counts: Array) -> tuple[float | None, ...]:
    """The recall of each class, the share of its points that are predicted correctly; None if it has no points.

    `counts`, shape (classes, classes), are numbers of points by true class (rows) and predicted class (columns).
    """
    totals = counts.sum(axis=1)
    return tuple(
        float(right / total) if total else None for right, total in zip(np.diagonal(counts), totals, strict=True)
    )


def worst_first(found: Mapping[str, float | None]) -> list[tuple[str, float | None]]:
    """Classes with their recalls in ascending order; those without points last."""
    return sorted(found.items(), key=lambda one: math.inf if one[1] is None else one[1])


def balanced(experiment: Experiment, sample: Sample) -> Experiment | None:
    """The experiment with balanced class weights; None for regression, or if they are balanced already."""
    loss = experiment.loss_for(sample.task)
    if sample.task == "regression" or loss.class_weights == "balanced":
        return None
    return msgspec.structs.replace(experiment, loss=msgspec.structs.replace(loss, class_weights="balanced"))
