"""The other runs that pictures show beside the run: without its latest change, from other starts, or kept."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from playground.catalog.choice import Array, Task
from playground.measure.changes import When
from playground.measure.snapshot import History, Snapshot


class Ghost(NamedTuple):
    """The run without its latest change, or as it was before a branch."""

    begun: When
    """The moment of the change, or at which the branch began."""
    now: Snapshot
    """As far as it has come."""
    left_by: Literal["change", "branch"] = "change"
    """The event by which the run departed from it."""


class Luck(NamedTuple):
    """A run among other starts of the same experiment, up to one epoch; by validation losses if there are any."""

    epoch: int
    since: int
    """The first of the epochs over which runs are judged, by their mean loss and accuracy; `epoch` is the last."""
    low: Array
    """The loss below which a tenth of the starts are, shape (epochs + 1,); infinite where they have diverged."""
    median: Array
    high: Array
    """The loss above which a tenth of the starts are."""
    starts: int
    """The number of other starts."""
    better_than: int
    """The number of other starts whose mean loss is higher than that of the run, or that diverged."""
    diverged_at: tuple[int, ...]
    """The epochs at which starts diverged, in ascending order."""
    solved: int
    """The number of starts, including the run, that have reached the goal."""
    solved_interval: tuple[float, float]
    """The 95 % confidence interval of the share of starts that reach the goal."""
    goal: float
    """The accuracy, or R², from which the task counts as solved."""
    task: Task
    validated: bool
    """Whether losses and accuracies are those of validation points rather than training points."""
    fields: tuple[Array, ...] = ()
    """The boundary of each start, as `BoundaryRequest` answers it; empty unless requested."""

    @property
    def diverged(self) -> int:
        """The number of other starts that diverged."""
        return len(self.diverged_at)

    @property
    def _when(self) -> str:
        if self.since < self.epoch:
            return f"over epochs {self.since:,} to {self.epoch:,}"
        return f"after {self.epoch:,} epoch{'s' if self.epoch != 1 else ''}"

    @property
    def _mean(self) -> str:
        return "mean " if self.since < self.epoch else ""

    @property
    def _points(self) -> str:
        return "validation" if self.validated else "training"

    @property
    def _goal_words(self) -> str:
        goal = f"R² of {self.goal:g}" if self.task == "regression" else f"accuracy of {100 * self.goal:.0f} %"
        return f"{self._points} {goal}"

    @property
    def sentence(self) -> str:
        """The comparison in words, with the epochs for which it holds."""
        low, high = (round(100 * end) for end in self.solved_interval)
        words = (
            f"Better than {self.better_than} of {self.starts} other starts {self._when}. "
            f"{self.solved} of all {self.starts + 1} reach a {self._mean}{self._goal_words} "
            f"(95 % interval: {low} to {high} %)."
        )
        return f"{words} {self.diverged} diverged." if self.diverged else words

    @property
    def small_print(self) -> str:
        """The conditions of the comparison: outcome, epoch, and what reaching the goal means."""
        return (
            f"Compared by {self._mean}{self._points} loss {self._when}; the goal is a {self._mean}{self._goal_words} "
            "or more. "
            "Starts have other initial weights and shuffles; points and settings are the same for all."
        )


class KeptCurve(NamedTuple):
    """The curves of a kept run."""

    name: str
    history: History
    task: Task
    """Whether its scores are accuracies or R²."""
    breaks: tuple[int, ...] = ()
    """The steps at which its losses changed their meaning."""


class KeptCurves(NamedTuple):
    """Kept runs whose curves are shown beside those of the run."""

    runs: tuple[KeptCurve, ...]


Others: TypeAlias = Ghost | Luck | KeptCurves
"""One kind of other runs."""
