"""Obstacles: settings that have no effect at present, values that can't be chosen, and the reasons.

This is the one table of such rules: forms switch off what it names and say why, `describe` prints when a setting
applies. What it calls impossible is what `rules` would refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.losses import Loss
from playground.experiment.paths import value_at
from playground.experiment.tasks import task_of
from playground.experiment.tree import Experiment
from playground.files.errors import InputError


class Obstacle(NamedTuple):
    """The reason why a setting or a value does not apply."""

    brief: str
    """Two or three words, for beside the control."""
    reason: str
    """A sentence."""


class _Condition(NamedTuple):
    applies: str
    """The condition in words, to complete `Applies …`."""
    obstacle: Callable[[Experiment, str], Obstacle | None]
    """The function that returns the obstacle to the setting at a path of an experiment, or None."""


def obstacle_to(experiment: Experiment, path: str) -> Obstacle | None:
    """The reason why the setting at a path has no effect or can't be switched on; None where it applies."""
    condition = _CONDITIONS.get(_without_positions(path))
    return condition.obstacle(experiment, path) if condition else None


def obstacle_to_value(experiment: Experiment, path: str, value: Any) -> Obstacle | None:
    """The reason why a value (for a choice, its class) can't be chosen at a path; None where it can."""
    find = _VALUES.get(_without_positions(path))
    return find(experiment, value) if find else None


def applies_words(path: str) -> str:
    """A sentence on when the setting at a path applies; empty where it always does."""
    condition = _CONDITIONS.get(_without_positions(path))
    return f"Applies {condition.applies}." if condition else ""


def _without_positions(path: str) -> str:
    return ".".join(step for step in path.split(".") if not step.isdecimal())


def _with_full_batches(consequence: str) -> Callable[[Experiment, str], Obstacle | None]:
    def find(experiment: Experiment, _: str) -> Obstacle | None:
        full = experiment.training.batch_size == 0
        return Obstacle("full batches", f"Every batch is the whole set, so {consequence}.") if full else None

    return find


def _with_values(consequence: str) -> Callable[[Experiment, str], Obstacle | None]:
    def find(experiment: Experiment, _: str) -> Obstacle | None:
        regression = task_of(experiment.data) == "regression"
        reason = f"This is regression: points have values, not classes, so {consequence}."
        return Obstacle("no classes", reason) if regression else None

    return find


def _with_classes(experiment: Experiment, _: str) -> Obstacle | None:
    if task_of(experiment.data) == "regression":
        return None
    return Obstacle("no values", "The points have classes, and classes are not scaled.")


def _with_a_fixed_split(experiment: Experiment, path: str) -> Obstacle | None:
    data = experiment.data
    if isinstance(data, UserPoints) and data.train is not None:
        return Obstacle(
            "fixed split", "Every point is marked with its part of the split, so nothing is split at random."
        )
    return _with_values("there are no class shares to keep")(experiment, path)


def _with_other_width(experiment: Experiment, path: str) -> Obstacle | None:
    place, layers = int(path.split(".")[1]), experiment.layers
    units, inputs = layers[place].units, layers[place - 1].units if place else len(experiment.features)
    if units == inputs or value_at(experiment, path):
        return None
    return Obstacle(f"{inputs:,} in, {units:,} out", f"The layer has {units:,} units but {inputs:,} inputs.")


def _without_validation(experiment: Experiment, _: object) -> Obstacle | None:
    try:
        if experiment.data.validates:
            return None
    except InputError:
        # A table that can't be read says so itself.
        return None
    return Obstacle("no validation", "There are no validation points. Raise the validation share first.")


def _at_0(name: str, brief: str, reason: str) -> Callable[[Experiment, str], Obstacle | None]:
    """Return a function that finds the obstacle that another field of the same choice is 0."""

    def find(experiment: Experiment, path: str) -> Obstacle | None:
        neighbour = getattr(value_at(experiment, path.rpartition(".")[0]), name, None)
        return Obstacle(brief, reason) if neighbour == 0 else None

    return find


def _of_another_task(experiment: Experiment, loss: type[Loss] | None) -> Obstacle | None:
    task = task_of(experiment.data)
    if loss is None or task in loss.tasks:
        return None
    return Obstacle(f"no {task}", f"{loss.label} does not suit {task}, the task of this data set.")


def _watching(experiment: Experiment, watched: str) -> Obstacle | None:
    return _without_validation(experiment, watched) if watched == "validation_loss" else None


_WIDTHS = _Condition("to a layer with as many units as inputs", _with_other_width)
_BATCHES = "while a batch is smaller than the whole set"

_CONDITIONS = {
    "data.label_noise": _Condition("to classification", _with_values("no label can be wrong")),
    "data.stratified": _Condition("to classification, where the split is drawn", _with_a_fixed_split),
    "data.scale_target": _Condition("to regression", _with_classes),
    "layers.skip": _WIDTHS,
    "layers.muted": _WIDTHS,
    "loss.class_weights": _Condition("to classification", _with_values("there are none to weigh")),
    "training.optimizer.nesterov": _Condition(
        "while μ is above 0", _at_0("momentum", "μ is 0", "With μ at 0, there is no velocity to look ahead with.")
    ),
    "training.optimizer.momentum_decay": _Condition(
        "while β₁ is above 0", _at_0("beta1", "β₁ is 0", "With β₁ at 0, there is no momentum to warm up.")
    ),
    "training.shuffle": _Condition(_BATCHES, _with_full_batches("the order of the points makes no difference")),
    "training.batching": _Condition(_BATCHES, _with_full_batches("no points are left over")),
    "training.early_stopping": _Condition("where there are validation points", _without_validation),
}
"""What each setting depends on, by its path without positions of layers."""

_VALUES: dict[str, Callable[[Experiment, Any], Obstacle | None]] = {
    "loss": _of_another_task,
    "training.schedule.watch": _watching,
}
"""What each value of a setting depends on."""
