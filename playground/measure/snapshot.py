"""The snapshot, an immutable description of one moment of a run, and the types of the answers to requests.

Views get nothing else. Arrays are read-only. Histories are views of arrays that only grow, so a view that skips
snapshots misses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.catalog.losses import Loss
from playground.engine.evaluation import Evaluation
from playground.experiment.tree import Experiment
from playground.measure.changes import Break, Change, When
from playground.measure.observe import AnswerType, Request

Status: TypeAlias = Literal["ready", "completed", "diverged", "stopped_early"]
"""`ready`: training can go on. The others say why it stopped by itself."""


def evenly_spread(count: int, most: int) -> Array:
    """Return at most `most` of the indices 0…count−1, evenly spread from the first to the last, in ascending order."""
    result: Array = np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)
    return result


class FinalResult(NamedTuple):
    """Loss and accuracy of the network on the test points, in evaluation mode."""

    points: int
    loss: float
    """The mean per point, without penalty."""
    accuracy: float | None
    """A share 0…1, or R² for regression; None if it is undefined."""


class Histogram(NamedTuple):
    """A histogram: `counts` of shape (bins,) between `edges` of shape (bins + 1,)."""

    edges: Array
    counts: Array


class LayerHistograms(NamedTuple):
    """Histograms of one layer."""

    weights: Histogram | None
    activations: Histogram | None
    """The histogram of f(z) on the latest batch (evenly spread points of a large one); None before the first update."""


class Confusion(NamedTuple):
    """Confusion matrices: numbers of points by true class (rows) and predicted class (columns), int64."""

    train: Array
    validation: Array

    @property
    def telling(self) -> Array:
        """The matrix of the validation points or, if there are none, of the training points."""
        return self.validation if self.validation.any() else self.train


class LayerStatistics(NamedTuple):
    """Measurements of one layer on the latest batch (or on a whole set); NaN before the first update."""

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
    """RMS of the last change of W divided by that of W; around 1/1000 is healthy for many networks."""
    mean: float = math.nan
    """Mean over points × units of the activations f(z)."""
    spread: float = math.nan
    """Standard deviation over points × units of the activations."""
    saturated: float = math.nan
    """Share of activations (points × units) at which the slope of a saturating function is below 5 % of its largest;
    0 for functions that don't saturate."""


class History(NamedTuple):
    """One row per recorded epoch, the first from before training: 1-D float64 arrays, NaN for absent values.

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
    """RMS of the latest change of W divided by that of W."""


class LayerParameters(NamedTuple):
    """Read-only copies of one layer's parameters and gradients (mean over the latest batch, without penalty)."""

    W: Array
    """The weights, shape (units, inputs)."""
    b: Array
    """The biases, shape (units,)."""
    gradient_W: Array
    """∂E/∂W, shape (units, inputs); NaN before the first update."""
    gradient_b: Array
    """∂E/∂b, shape (units,); NaN before the first update."""


class UnitStates(NamedTuple):
    """One layer's units on the latest batch, bool of shape (units,); all False before the first update."""

    dead: Array
    """Whether the unit's derivative is 0 on every point of the batch."""
    dropped: Array
    """Whether dropout silences the unit for the batch's last point."""


class UnitMaps(NamedTuple):
    """The outputs of units over the plane in evaluation mode, layer by layer, hidden then output."""

    units: tuple[Array, ...]
    """The indices of the mapped units."""
    values: tuple[Array, ...]
    """float32 (mapped units, n, n), row 0 at x2 = −6; for the output layer as in `BoundaryRequest`. All finite."""


class UnitMap(NamedTuple):
    """The map of one unit: `values` float32 (n, n), row 0 at x2 = −6."""

    layer: int
    unit: int
    values: Array


class Predictions(NamedTuple):
    """The network's predictions for points of the sample, in evaluation mode."""

    indices: Array
    """The indices of the points in the sample, shape (points,)."""
    values: Array
    """The predicted class numbers, or for regression values, shape (points,)."""


def moment_words(epoch: int, step: int, status: Status, engine: str, evaluation: Evaluation) -> str:
    """Describe a moment of a run on one line."""
    numbers = (f"{name} {value:.4g}" for name, value in evaluation._asdict().items() if value is not None)
    return f"epoch {epoch:,}, step {step:,}, {status}, {engine}: {', '.join(numbers)}"


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """One moment of a run: the facts that every view needs, and the answers to requests."""

    experiment: Experiment
    sample: Sample
    """The points, with their split."""
    loss: Loss
    """The loss in use, resolved for the task."""
    status: Status
    problem: str
    """The cause of a divergence and what to try, in words; empty if training has not diverged."""
    notes: tuple[str, ...]
    """Notes on the points and on what the latest change has lost, in sentences."""
    step: int
    epoch: int
    learning_rate: float
    seconds: float
    """Time spent in training steps since the last reset."""
    engine: str
    evaluation: Evaluation
    measured: When
    """The moment of the evaluation and of answers that count points; it may be earlier while training runs."""
    layers: tuple[LayerStatistics, ...]
    history: History
    gradients: GradientHistory
    answers: Mapping[Request[Any], Any] = field(default_factory=dict)
    """The answers by request; see `answer`."""
    changes: tuple[Change, ...] = ()
    """The changes since the last reset, oldest first; only the latest are kept."""

    breaks: tuple[Break, ...] = ()
    """The steps at which the meaning of losses changed, oldest first."""
    ending: str = ""
    """A sentence on when training ended and what early stopping did then; empty while training can go on."""

    def __repr__(self) -> str:
        return f"<Snapshot {moment_words(self.epoch, self.step, self.status, self.engine, self.evaluation)}>"

    def answer(self, request: type[Request[AnswerType]]) -> AnswerType | None:
        """The answer to the request of this class; None if there was no such request."""
        return next((answer for made, answer in self.answers.items() if type(made) is request), None)
