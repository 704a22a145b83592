"""What is on record of changes: settings and weights that a person changed while a training went on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from playground.experiment.difference import difference
from playground.experiment.tree import Experiment
from playground.experiment.words import edit_words
from playground.measure.changes import Change, WeightEdit, for_the_record, of_one_drag

MOST_CHANGES = 200
"""How many changes are remembered."""


class When(NamedTuple):
    """A moment of a training, as changes name it."""

    step: int
    epoch: float
    """Completed passes over the training points, the share of the present one included."""
    seconds: float


@dataclass(frozen=True)
class ChangeLog:
    """The changes since the last reset, oldest first; the far past is forgotten."""

    changes: tuple[Change, ...] = ()
    begun: Experiment | None = None
    """What the latest change of settings began with, in case it goes on; None if it can't."""

    def with_edit(
        self, when: When, old: Experiment, new: Experiment, *, title: str = "", goes_on: bool = False
    ) -> ChangeLog:
        """With the change from one experiment to another, if they differ or it has a title.

        A change that `goes_on` takes the place of the latest one, and says what differs since that began.
        """
        latest = self.changes[-1] if goes_on and self.changes and self.begun is not None else None
        begun = self.begun if latest is not None and self.begun is not None else old
        differences = for_the_record(difference(begun, new))
        if latest is not None:
            label = title or edit_words(begun, new) or latest.label
            whole = of_one_drag(latest.differences or (), differences)
            return ChangeLog((*self.changes[:-1], Change(*when, label, whole)), begun)
        if not differences and not title:
            return replace(self, begun=None)
        return self._with(Change(*when, title or edit_words(begun, new), differences), begun)

    def with_weight(self, when: When, edit: WeightEdit, *, goes_on: bool = False) -> ChangeLog:
        """With a weight set by hand; one that `goes_on` takes the place of the latest one, and of its value before."""
        earlier = self.changes[-1].weight if goes_on and self.changes else None
        if earlier is not None:
            edit = edit._replace(before=earlier.before)
            return ChangeLog((*self.changes[:-1], Change(*when, edit.words, None, edit)))
        return self._with(Change(*when, edit.words, None, edit))

    def until(self, step: int) -> ChangeLog:
        """Without what was changed after a step."""
        return ChangeLog(tuple(change for change in self.changes if change.step <= step))

    def _with(self, change: Change, begun: Experiment | None = None) -> ChangeLog:
        return ChangeLog((*self.changes[1 - MOST_CHANGES :], change), begun)
