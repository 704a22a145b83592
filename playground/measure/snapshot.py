"""The snapshot: an immutable picture of one moment of a run, and the values that answer requests.

This is all that reaches the views. Arrays are read-only. Histories are views of arrays that only grow, so a
reader that skips snapshots loses nothing.
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
    """At most `most` of the places 0…count−1, evenly spread from the first to the last, in ascending order."""
    result: Array = np.linspace(0, count - 1, min(count, most)).round().astype(np.intp)
    return result


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


class LayerHistograms(NamedTuple):
    """How the numbers of one layer are spread."""

    weights: Histogram | None
    activations: Histogram | None
    """Of f(z) on the latest batch (of evenly spread points, if it is large); None before the first update."""


class Confusion(NamedTuple):
    """Points by their true class (rows) and the class the network gives them (columns), int64 (classes, classes)."""

    train: Array
    validation: Array

    @property
    def telling(self) -> Array:
        """Those of the validation points, or if there are none, of the training points."""
        return self.validation if self.validation.any() else self.train


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


class UnitMaps(NamedTuple):
    """What units put out everywhere on the plane in evaluation mode, layer by layer, hidden then output."""

    units: tuple[Array, ...]
    """The units, by number, that are mapped."""
    values: tuple[Array, ...]
    """float32 (mapped units, n, n), row 0 at x2 = −6; for the output layer as in `BoundaryRequest`. All finite."""


class UnitMap(NamedTuple):
    """The map of one unit: `values` float32 (n, n), row 0 at x2 = −6."""

    layer: int
    unit: int
    values: Array


class Predictions(NamedTuple):
    """What the network makes of points of the sample, in evaluation mode."""

    indices: Array
    """Which points, shape (points,)."""
    values: Array
    """The class given, or for regression the value, shape (points,)."""


def moment_words(epoch: int, step: int, status: Status, engine: str, evaluation: Evaluation) -> str:
    """A moment of a run on one line."""
    numbers = (f"{name} {value:.4g}" for name, value in evaluation._asdict().items() if value is not None)
    return f"epoch {epoch:,}, step {step:,}, {status}, {engine}: {', '.join(numbers)}"


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """One moment of a run: the facts that every reader needs, and the answers to requests."""

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
    measured: When
    """The moment of the evaluation and of all answers that count points: perhaps an earlier one while training runs."""
    layers: tuple[LayerStatistics, ...]
    history: History
    gradients: GradientHistory
    answers: Mapping[Request[Any], Any] = field(default_factory=dict)
    """What was requested; see `answer`."""
    changes: tuple[Change, ...] = ()
    """What was changed since the last reset, oldest first; the far past is forgotten."""

    breaks: tuple[Break, ...] = ()
    """Where losses began to mean something else, oldest first."""
    ending: str = ""
    """What early stopping did when training ended, in words."""

    def __repr__(self) -> str:
        return f"<Snapshot {moment_words(self.epoch, self.step, self.status, self.engine, self.evaluation)}>"

    def answer(self, request: type[Request[AnswerType]]) -> AnswerType | None:
        """The answer to the request of this class; None if there was none, or nothing to say."""
        return next((answer for made, answer in self.answers.items() if isinstance(made, request)), None)
