"""The answers of a snapshot in words: a place, a prediction, a point, a unit, the number of mistakes. No widgets."""

from __future__ import annotations

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TEST, TRAIN, VALIDATION, Sample
from playground.catalog.losses import CrossEntropy
from playground.experiment.layer_names import OUTPUT, unit_name
from playground.measure.sentences import listed
from playground.measure.snapshot import Predictions, Snapshot

from ...look.numbers import minus_text, number_text

PART_NAMES = {TRAIN: "training", VALIDATION: "validation", TEST: "test"}


def place_words(names: tuple[str, str], x1: float, x2: float) -> str:
    """A place on the plane in words; long names of columns would not fit and stand at the axes anyway."""
    first, second = (minus_text(f"{value:.2f}") for value in (x1, x2))
    if max(len(name) for name in names) > 4:
        return f"at {first}, {second}"
    return f"{names[0]} {first}, {names[1]} {second}"


def answer_words(snapshot: Snapshot, values: Array) -> str:
    """The prediction in words: a value, or a class with its probability, or without cross-entropy its score or share.

    `values` are as in the boundary.
    """
    sample = snapshot.sample
    if not np.isfinite(values).all():
        return "not a finite number"
    if sample.task == "regression":
        return f"{sample.target_name} {number_text(float(values[0]))}"
    sure = isinstance(snapshot.loss, CrossEntropy)
    if len(values) > 1:
        winner = int(np.argmax(values))
        number = float(values[winner])
    else:
        winner = int(values[0] >= 0)
        # The field shows 2 p − 1 for class 1; people read p of the class that wins.
        number = (1 + abs(float(values[0]))) / 2 if sure else float(values[0])
    kind = "probability" if sure else "share" if len(values) > 1 else "score"
    return f"{label_words(sample, winner)}, {kind} {minus_text(f'{number:.2f}')}"


def label_words(sample: Sample, label: float) -> str:
    """A point's label: the name of its class, or its value."""
    if sample.task == "regression":
        return number_text(float(label))
    place = int(label)
    name = sample.class_names[place] if place < len(sample.class_names) else str(place)
    return f"class {name}" if len(name) <= 2 else name


def unit_words(snapshot: Snapshot, layer: int, unit: int) -> tuple[str, str]:
    """A unit's name and its title: A3 and "Unit A3", output 2 and "Output 2"."""
    name = snapshot.layers[layer].name if layer < len(snapshot.layers) - 1 else OUTPUT
    short = unit_name(name, unit, snapshot.sample.outputs if name == OUTPUT else snapshot.layers[layer].units)
    return short, short.capitalize() if name == OUTPUT else f"Unit {short}"


def wrong_points(sample: Sample, predictions: Predictions) -> Array:
    """The indices of the points with a wrong class."""
    result: Array = predictions.indices[predictions.values != sample.labels[predictions.indices]]
    return result


def signed_errors(sample: Sample, predictions: Predictions) -> Array:
    """The predicted value minus the target of each point."""
    with np.errstate(invalid="ignore", over="ignore"):
        result: Array = predictions.values - sample.labels[predictions.indices]
    return result


def mistakes_words(sample: Sample, predictions: Predictions) -> str:
    """Count the wrong points of each set, or measure how far off the values are."""
    if not len(predictions.indices):
        return "There are no points to compare with."
    parts = sample.split[predictions.indices]
    if sample.task == "regression":
        return _miss_words(signed_errors(sample, predictions), parts)
    bad = predictions.values != sample.labels[predictions.indices]
    counts = [
        f"{int((bad & (parts == part)).sum()):,} of {int((parts == part).sum()):,} {name}"
        for part, name in PART_NAMES.items()
        if (parts == part).any()
    ]
    many = "points" if len(parts) != 1 else "point"
    drawn = f" of the {len(parts):,} drawn" if len(parts) < len(sample.x) else ""
    return f"Wrong: {listed(counts)} {many}{drawn}."


def _miss_words(amounts: Array, parts: Array) -> str:
    """The mean distance of the values in each set, and the largest, in words."""
    sizes = np.abs(amounts)
    means = [
        f"{number_text(float(sizes[parts == part].mean()))} ({name})"
        for part, name in PART_NAMES.items()
        if (parts == part).any()
    ]
    return f"Off by {listed(means)} on average, at most {number_text(float(sizes.max()))}."
