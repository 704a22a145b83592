"""Losses: the functions that training minimizes. E is summed over the outputs of a point and averaged over the batch.

o is what the output layer gives, of shape (outputs, n); t are targets of the same shape. Which activation the
output layer has, and how classes become targets, follow from the loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

import msgspec
import numpy as np

from playground.catalog.choice import Array, Choice, Task, setting, union

_Output: TypeAlias = Literal["linear", "tanh", "sigmoid"]


class Loss(Choice, frozen=True, kw_only=True):
    """Measures how far the outputs are from the targets. Squared error gives outliers the most weight; absolute error treats them almost like other points."""

    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    torch_of_several: ClassVar[str] = ""
    """The formula in PyTorch where several outputs share one loss; `torch` is that of a single output."""

    class_weights: Annotated[
        Literal["none", "balanced"],
        setting("Class weights", "How much each class counts in the loss. Balanced gives all classes the same weight, however few points they have: try it if a rare class is ignored. None gives all points the same weight; regression has no classes."),
    ] = "none"  # fmt: skip

    @property
    def values(self) -> tuple[Any, ...]:
        """The settings that the element-wise formulas take: all but the class weights."""
        return tuple(getattr(self, name) for name in self.__struct_fields__ if name not in Loss.__struct_fields__)

    def weights_of_classes(self, labels: Array, classes: int) -> Array | None:
        """Return the weight of each class, given the training points' class numbers; None if all points weigh 1.

        wᵢ = n / (k · nᵢ) for the k classes that have points; the others weigh 1.
        """
        if self.class_weights == "none":
            return None
        counts = np.bincount(labels, minlength=classes)
        present = counts > 0
        return np.where(present, len(labels) / (present.sum() * np.maximum(counts, 1)), 1.0)

    def resolved(self, task: Task) -> Loss:
        """Return this loss with all defaults that depend on the task filled in."""
        return self

    @property
    def output_activation(self) -> _Output:
        """The activation of the output layer."""
        return "linear"

    @property
    def threshold(self) -> float:
        """The lowest output at which a point belongs to class 1, if there is one output."""
        return 0.0

    @property
    def negative_target(self) -> float:
        """The target of class 0, if there is one output; that of class 1 is 1."""
        return -1.0

    def targets(self, labels: Array, outputs: int, task: Task) -> Array:
        """Return targets t of shape (outputs, n) from `labels`, shape (n,): class numbers, or values for regression."""
        if task == "regression":
            result: Array = labels[np.newaxis, :]
        elif outputs == 1:
            result = np.where(labels > 0, 1.0, self.negative_target)[np.newaxis, :]
        else:
            result = np.arange(outputs)[:, np.newaxis] == labels[np.newaxis, :]
        return result.astype(np.float64)

    @staticmethod
    def value_of(o: Any, t: Any, *settings: Any) -> Any:
        """Return the loss of each output, element by element; written once for every engine."""
        raise NotImplementedError

    @staticmethod
    def derivative_of(o: Any, t: Any, *settings: Any) -> Any:
        """Return the derivative of that loss with respect to o, element by element."""
        raise NotImplementedError

    def per_point(self, o: Array, t: Array) -> Array:
        """Return the loss of every point, shape (n,)."""
        result: Array = self.value_of(o, t, *self.values).sum(axis=0)
        return result

    def derivative(self, o: Array, t: Array) -> Array:
        """Return ∂E/∂o of every point, shape (outputs, n), not divided by the size of the batch."""
        result: Array = self.derivative_of(o, t, *self.values)
        return result

    def score(self, o: Array) -> Array:
        """Scale outputs for pictures: one output to −1…1 with the boundary at 0, several to shares of 1."""
        if len(o) > 1:
            return np.clip(o, 0, 1)
        return np.clip(o, -1, 1) if self.threshold == 0.0 else np.clip(2 * o - 1, -1, 1)


class CrossEntropy(Loss, frozen=True, tag="cross_entropy"):
    """The negative log probability of the true class. Confident mistakes cost most, so training starts fast."""

    label = "Cross-entropy"
    formula = "E = −Σ t log p,  p = softmax(o);  two classes: E = −t log p − (1−t) log(1−p),  p = σ(o)"
    torch = 'F.binary_cross_entropy_with_logits(o, t, reduction="none")'
    torch_of_several = 'F.cross_entropy(o, t, reduction="none")'
    tasks = ("classification",)

    @property
    def negative_target(self) -> float:
        return 0.0

    # Of a single output; several depend on each other through the softmax.

    @staticmethod
    def value_of(o: Any, t: Any) -> Any:
        return np.maximum(o, 0) - o * t + np.log1p(np.exp(-np.abs(o)))

    @staticmethod
    def derivative_of(o: Any, t: Any) -> Any:
        return 0.5 + 0.5 * np.tanh(0.5 * o) - t

    def per_point(self, o: Array, t: Array) -> Array:
        if len(o) == 1:
            return super().per_point(o, t)
        highest = o.max(axis=0)
        log_total = highest + np.log(np.exp(o - highest).sum(axis=0))
        result: Array = log_total - (o * t).sum(axis=0)
        return result

    def derivative(self, o: Array, t: Array) -> Array:
        return self.probabilities(o) - t

    def probabilities(self, o: Array) -> Array:
        """Return σ(o) for one output, softmax(o) for more, without overflow."""
        if len(o) == 1:
            sigmoid: Array = 0.5 + 0.5 * np.tanh(0.5 * o)
            return sigmoid
        shares = np.exp(o - o.max(axis=0))
        result: Array = shares / shares.sum(axis=0)
        return result

    def score(self, o: Array) -> Array:
        return np.tanh(0.5 * o) if len(o) == 1 else self.probabilities(o)


class SquaredError(Loss, frozen=True, tag="squared_error"):
    """Half the squared distance to the target. The usual loss for regression, and that of TensorFlow Playground."""

    label = "Squared error"
    formula = "E = ½ Σ (o − t)²"
    torch = '0.5 * F.mse_loss(o, t, reduction="none")'

    output: Annotated[
        _Output | None,
        setting(
            "Output",
            "The activation of the output layer. Tanh and sigmoid keep outputs in range; linear does not saturate.",
            nothing="Automatic",
        ),
    ] = None

    def resolved(self, task: Task) -> Loss:
        if self.output is not None:
            return self
        return msgspec.structs.replace(self, output="tanh" if task == "classification" else "linear")

    @property
    def output_activation(self) -> _Output:
        return self.output or "linear"

    @property
    def threshold(self) -> float:
        return 0.5 if self.output == "sigmoid" else 0.0

    @property
    def negative_target(self) -> float:
        return 0.0 if self.output == "sigmoid" else -1.0

    @property
    def values(self) -> tuple[Any, ...]:
        """The empty tuple: the formulas don't depend on the output layer."""
        return ()

    @staticmethod
    def value_of(o: Any, t: Any) -> Any:
        return 0.5 * np.square(o - t)

    @staticmethod
    def derivative_of(o: Any, t: Any) -> Any:
        return o - t


class AbsoluteError(Loss, frozen=True, tag="absolute_error"):
    """The distance to the target. Outliers count little, but the slope does not flatten near the target."""

    label = "Absolute error"
    formula = "E = Σ |o − t|"
    torch = 'F.l1_loss(o, t, reduction="none")'

    @staticmethod
    def value_of(o: Any, t: Any) -> Any:
        return np.abs(o - t)

    @staticmethod
    def derivative_of(o: Any, t: Any) -> Any:
        return np.sign(o - t)


class Huber(Loss, frozen=True, tag="huber"):
    """Squared error for small errors, absolute error for large ones. Smooth at the target, robust to outliers."""

    label = "Huber"
    formula = "E = Σ ½ d² where |d| ≤ δ, else δ (|d| − ½ δ),  d = o − t"
    torch = 'F.huber_loss(o, t, reduction="none", delta={delta!r})'

    delta: Annotated[
        float,
        setting(
            "δ",
            "The error above which the loss grows linearly. Raise it to come closer to squared error, lower it if outliers dominate.",
            gt=0,
            le=1e6,
            scale="log",
            slider=(0.01, 10),
        ),
    ] = 1.0

    @staticmethod
    def value_of(o: Any, t: Any, delta: Any) -> Any:
        distance = np.abs(o - t)
        near = np.minimum(distance, delta)
        return near * (distance - 0.5 * near)

    @staticmethod
    def derivative_of(o: Any, t: Any, delta: Any) -> Any:
        return np.clip(o - t, -delta, delta)


if TYPE_CHECKING:
    AnyLoss: TypeAlias = Loss
else:
    AnyLoss = union(Loss)


def default_loss(task: Task) -> Loss:
    """Return the loss of an experiment that chooses none."""
    return CrossEntropy() if task == "classification" else SquaredError(output="linear")
