"""When a task counts as solved, wherever that is asked."""

from __future__ import annotations

from playground.catalog.choice import Task

GOALS: dict[Task, float] = {"classification": 0.95, "regression": 0.9}
"""The accuracy, or for regression the R², of validation points from which a task counts as solved."""
