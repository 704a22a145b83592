"""The snapshot: an immutable picture of one moment of a training.

This is all that reaches the views. Arrays are read-only. Histories are views of arrays that only grow, so a
reader that skips snapshots loses nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from playground.catalog.choice import Array
from playground.catalog.datasets import Sample
from playground.catalog.losses import Loss
from playground.experiment import Experiment

Status: TypeAlias = Literal["ready", "completed", "diverged", "stopped_early"]
"""`ready`: training can go on. The others say why it stopped by itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the visible views ask for, so that nothing else is computed."""

    boundary: int = 0
    """Grid points along each side of the plane for the boundary; 0 for none."""
    histograms: int = 0
    """Bins of the histograms of every layer's weights; 0 for none."""
    confusion: bool = False
    """Whether to count which classes are taken for which."""


class Evaluation(NamedTuple):
    """How good the network is, in evaluation mode on whole sets. None where there is nothing to measure.

    Losses are means per point without penalty; accuracies are shares 0…1, or R² for regression.
    """

    train_loss: float | None
    validation_loss: float | None
    train_accuracy: float | None
    validation_accuracy: float | None


class Histogram(NamedTuple):
    """How numbers are spread: `counts` of shape (bins,) between the `edges` of shape (bins + 1,)."""

    edges: Array
    counts: Array


class Confusion(NamedTuple):
    """Points by their true class (rows) and the class the network gives them (columns), int64 (classes, classes)."""

    train: Array
    validation: Array


class LayerStatistics(NamedTuple):
    """One layer as measured on the latest batch (or on a whole set). NaN before the first update."""

    name: str
    """The layer's id, or its number; "output" for the last."""
    units: int
    activation: str
    gradient_rms: float
    """RMS of the mean data-loss gradient ∂E/∂W, without penalty."""
    delta_rms: float
    """RMS over points × units of δ = ∂E/∂z of each point."""
    weight_rms: float
    update_rms: float
    """RMS of the last change of W."""
    dead: float
    """Share of units whose activation has derivative 0 on every point."""
    update_ratio: float = math.nan
    """RMS of the last change of W by that of W: around 1/1000 is healthy for many networks."""
    mean: float = math.nan
    """Mean over points × units of the activations f(z)."""
    spread: float = math.nan
    """Their standard deviation."""
    saturated: float = math.nan
    """Share of the activations (points × units) of a squashing activation where its slope is below 5 % of the steepest;
    0 for activations that do not level off."""
    histogram: Histogram | None = None
    """Of the weights W, when wanted."""


class History(NamedTuple):
    """One row per recorded epoch, the first before training. 1-D float64 arrays of equal length; NaN: absent."""

    epoch: Array
    step: Array
    learning_rate: Array
    train_loss: Array
    validation_loss: Array
    train_accuracy: Array
    validation_accuracy: Array


class GradientHistory(NamedTuple):
    """Gradient sizes over time: `step` of shape (rows,), the others (rows, layers), hidden layers then output."""

    step: Array
    gradient_rms: Array
    delta_rms: Array


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of a training."""

    experiment: Experiment
    sample: Sample
    """The points, with their split."""
    loss: Loss
    """The loss in use, resolved for the task."""
    status: Status
    problem: str
    """What happened and what to try, in words; empty unless diverged."""
    notes: tuple[str, ...]
    """What the last edit had to give up, in words."""
    step: int
    epoch: int
    learning_rate: float
    seconds: float
    """Time spent in training steps since the last reset."""
    engine: str
    evaluation: Evaluation
    layers: tuple[LayerStatistics, ...]
    history: History
    gradients: GradientHistory
    boundary: Array | None = None
    """What the network says on a grid, float32 (outputs, n, n): [k, row, column] at x2 = row, x1 = column, both
    from −6 to 6. Classification: `Loss.score` (one output −1…1, class 1 from 0 up; several: a share per class).
    Regression: the predicted value."""
    confusion: Confusion | None = None
    """In evaluation mode, when wanted; None for regression."""
