"""The other runs that pictures show beside the run: without its latest change, or from other starts."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from playground.catalog.choice import Array, Task
from playground.measure.changes import When
from playground.measure.snapshot import Snapshot


class Ghost(NamedTuple):
    """The run without its latest change, or as it was before a branch."""

    begun: When
    """The moment of the change, or at which the branch began."""
    now: Snapshot
    """As far as it has come."""
    left_by: Literal["change", "branch"] = "change"
    """What the run did then."""


class Luck(NamedTuple):
    """A run among other starts of the same experiment, at one epoch. Losses are those of `outcome`, one per epoch."""

    epoch: int
    low: Array
    """The loss below which a tenth of the starts are, shape (epochs + 1,); infinite where they have diverged."""
    median: Array
    high: Array
    """The loss above which a tenth of the starts are."""
    starts: int
    """The number of other starts."""
    better_than: int
    """Of how many of them the run has a lower loss."""
    diverged: int
    solved: int
    """How many, the run included, have reached the goal."""
    solved_interval: tuple[float, float]
    """The 95 % confidence interval of the share that does."""
    goal: float
    """The accuracy, or R², from which the task counts as solved."""
    task: Task
    validated: bool
    """Whether losses and accuracies are those of validation points, for want of which of training points."""
    fields: tuple[Array, ...] = ()
    """What each says on the plane, as `BoundaryRequest` answers it; empty if nobody asked."""

    @property
    def sentence(self) -> str:
        """The comparison in words."""
        low, high = (round(100 * end) for end in self.solved_interval)
        words = (
            f"Better than {self.better_than} of {self.starts} other starts. "
            f"{self.solved} of {self.starts + 1} solve it (95 %: {low} to {high} %)."
        )
        return f"{words} {self.diverged} diverged." if self.diverged else words

    @property
    def small_print(self) -> str:
        """What was compared, when, and what it means to solve it."""
        points = "validation" if self.validated else "training"
        goal = f"R² {self.goal:g}" if self.task == "regression" else f"accuracy {100 * self.goal:.0f} %"
        return (
            f"By {points} loss after {self.epoch:,} epochs; solved from {points} {goal}. "
            "Starts have other initial weights and shuffles; points and settings are the same for all."
        )


Others: TypeAlias = Ghost | Luck
"""One kind of other runs."""
