"""The metrics of runs, and the values of them from which a task counts as solved."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias, get_args

from playground.catalog.choice import Task

Metric: TypeAlias = Literal["train_loss", "validation_loss", "train_accuracy", "validation_accuracy"]
"""A number of `Evaluation`; of regression, the accuracies are R²."""
METRICS: tuple[Metric, ...] = get_args(Metric)
GOALS: dict[Task, float] = {"classification": 0.95, "regression": 0.9}
"""The accuracy, or for regression the R², of validation points from which a task counts as solved."""


def finite_or_none(value: float | None) -> float | None:
    """The value as tables keep it: None for NaN and infinity."""
    return float(value) if value is not None and math.isfinite(value) else None
