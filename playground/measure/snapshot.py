"""The snapshot: an immutable picture of one moment of a training.

This is all that reaches the views. Arrays are read-only. Histories are views of arrays that only grow, so a
reader that skips snapshots loses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.catalog.losses import Loss
from playground.engine.evaluation import Evaluation
from playground.experiment.tree import Experiment

Status: TypeAlias = Literal["ready", "completed", "diverged", "stopped_early"]
"""`ready`: training can go on. The others say why it stopped by itself."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the visible views ask for, so that nothing else is computed."""

    boundary: int = 0
    """Grid points along each side of the plane for the boundary; 0 for none."""
    histograms: int = 0
    """Bins of the histograms of every layer's weights and activations; 0 for none."""
    confusion: bool = False
    """Whether to count which classes are taken for which."""
    maps: int = 0
    """Grid points along each side of the plane for the maps of units; 0 for none."""
    mapped: tuple[tuple[int, ...], ...] | None = None
    """The units of each layer, hidden then output, whose maps are seen; None: all. What does not exist is skipped."""
    magnified: tuple[int, int] | None = None
    """Layer (its place, from 0, the output last) and unit whose map is wanted as large as the boundary."""
    parameters: bool = False
    """Whether weights and biases are wanted, with their gradients."""
    units: bool = False
    """Whether to say which units are dead and which are dropped."""
    uncertainty: int = 0
    """Passes with dropout left on for the field of uncertainty; 0 for none."""
    predictions: int = 0
    """The most points for which to say what the network makes of them; 0 for none."""
    point: int | None = None
    """A point of the sample, by its index, whose way through the network is wanted."""
    test: bool = False
    """Whether to measure the test points, which nobody should look at before the end."""


def spread(count: int, most: int) -> Array:
    """At most `most` of the places 0…count−1, evenly spread from the first to the last, in ascending order."""
    result: Array = np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)
    return result


def together(each: Iterable[Wanted]) -> Wanted:
    """What several views want, in one."""
    wanted = list(each)
    return Wanted(
        boundary=max((one.boundary for one in wanted), default=0),
        histograms=max((one.histograms for one in wanted), default=0),
        confusion=any(one.confusion for one in wanted),
        maps=max((one.maps for one in wanted), default=0),
        mapped=next((one.mapped for one in wanted if one.maps), None),
        magnified=next((one.magnified for one in wanted if one.magnified is not None), None),
        parameters=any(one.parameters for one in wanted),
        units=any(one.units for one in wanted),
        uncertainty=max((one.uncertainty for one in wanted), default=0),
        predictions=max((one.predictions for one in wanted), default=0),
        point=next((one.point for one in wanted if one.point is not None), None),
        test=any(one.test for one in wanted),
    )


class FinalResult(NamedTuple):
    """How good the network is on the test points, in evaluation mode."""

    points: int
    loss: float
    """Mean per point without penalty."""
    accuracy: float | None
    """A share 0…1, or R² for regression; None where that has no meaning."""


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
    activations: Histogram | None = None
    """Of the activations f(z) on the latest batch (of evenly spread points, if it is large), when wanted; None before
    the first update."""


class History(NamedTuple):
    """One row per recorded epoch, the first before training. 1-D float64 arrays of equal length; NaN: absent.

    `seconds` is the time spent in training steps since the last reset.
    """

    epoch: Array
    step: Array
    learning_rate: Array
    train_loss: Array
    validation_loss: Array
    train_accuracy: Array
    validation_accuracy: Array
    seconds: Array = np.zeros(0)


class GradientHistory(NamedTuple):
    """Gradient sizes over time: `step` of shape (rows,), the others (rows, layers), hidden layers then output."""

    step: Array
    gradient_rms: Array
    delta_rms: Array
    update_ratio: Array = np.zeros((0, 0))
    """RMS of the latest change of W by that of W."""


class LayerParameters(NamedTuple):
    """One layer's parameters and ∂E/∂ of them (mean over the latest batch, without penalty). Read-only copies."""

    W: Array
    """Shape (units, inputs)."""
    b: Array
    """Shape (units,)."""
    gradient_W: Array
    """NaN before the first update."""
    gradient_b: Array


class UnitStates(NamedTuple):
    """One layer's units on the latest batch, bool of shape (units,); all False before the first update."""

    dead: Array
    """Derivative 0 on every point of the batch."""
    dropped: Array
    """Silenced by dropout for the batch's last point."""


class Magnified(NamedTuple):
    """The map of one unit, as large as the boundary: `values` float32 (n, n), row 0 at x2 = −6."""

    layer: int
    unit: int
    values: Array


class Predictions(NamedTuple):
    """What the network makes of points of the sample, in evaluation mode."""

    indices: Array
    """Which points, shape (points,)."""
    values: Array
    """The class given, or for regression the value, shape (points,)."""


class LayerPass(NamedTuple):
    """One layer's part in the way of a single point through the network, in the lecture's notation."""

    name: str
    activation: str
    a_in: Array
    """What comes in, shape (inputs,)."""
    W: Array
    b: Array
    z: Array
    """After normalization, before the activation, shape (units,)."""
    slope: Array
    """f′(z)."""
    a: Array
    """What goes out: f(z), with the skip connection. A muted layer passes on what comes in."""
    delta: Array
    """δ = ∂E/∂z; of a layer that normalizes ∂E/∂(W a + b), as it is behind the normalization on the way back."""
    gradient_W: Array
    """∂E/∂W = δ aᵀ, shape (units, inputs); 0 for a muted layer."""
    gradient_b: Array


class Microscope(NamedTuple):
    """Forward and backward pass of one point, in evaluation mode."""

    point: int
    """Its index in the sample."""
    x: Array
    """Shape (2,)."""
    label: float
    target: Array
    """What the output should be, shape (outputs,)."""
    output: Array
    """o as the loss takes it (logits for cross-entropy), shape (outputs,)."""
    loss: float
    layers: tuple[LayerPass, ...]
    """Hidden, then output."""


class Change(NamedTuple):
    """Something that was changed while training went on."""

    step: int
    epoch: float
    seconds: float
    words: str


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
    maps: tuple[Array, ...] = ()
    """Per layer (hidden, then output) float32 (mapped units, n, n): what the unit puts out everywhere on the plane in
    evaluation mode, row 0 at x2 = −6; for the output layer as in `boundary`. All finite. When wanted."""
    mapped: tuple[Array, ...] = ()
    """Per layer the units, by number, that `maps` holds."""
    magnified: Magnified | None = None
    parameters: tuple[LayerParameters, ...] = ()
    """Per layer, hidden then output, when wanted."""
    units: tuple[UnitStates, ...] = ()
    """Per layer, hidden then output, when wanted."""
    uncertainty: Array | None = None
    """How far the answers of several passes with dropout left on lie apart, float32 (n, n), when wanted: the standard
    deviation of the share given to a class (mean over classes; 0…0.5), or of the value. All finite."""
    predictions: Predictions | None = None
    microscope: Microscope | None = None
    test: FinalResult | None = None
    """When wanted; None without test points."""
    changes: tuple[Change, ...] = ()
    """What was changed since the last reset, oldest first; the far past is forgotten."""
