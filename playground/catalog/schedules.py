"""Schedules: how the learning rate changes while training goes on.

A schedule is a pure function of where training stands; e counts completed epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from playground.catalog.choice import Choice, union


class Schedule(Choice, frozen=True):
    """Gives the learning rate η for the next update, from the base rate η₀."""

    def rate(self, base: float, epoch: int) -> float:
        """η after `epoch` completed epochs."""
        raise NotImplementedError


class Constant(Schedule, frozen=True, tag="constant"):
    """The same learning rate all the way."""

    label = "Constant"
    formula = "η = η₀"

    def rate(self, base: float, epoch: int) -> float:
        return base


if TYPE_CHECKING:
    AnySchedule: TypeAlias = Schedule
else:
    AnySchedule = union(Schedule)
