"""The steps of the undo history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from playground import Experiment
from playground.experiment.difference import difference
from playground.experiment.words import edit_words, return_words


class ExperimentEdit(NamedTuple):
    """Replacement of an experiment by another."""

    before: Experiment
    after: Experiment
    fresh: bool
    """Whether training starts from the initial weights with it."""
    branches: bool = False
    """Whether it continues an earlier moment of the same run, beside which what came after it is shown."""


class WeightSetting(NamedTuple):
    """New value of one parameter, named as in weight files; the worker keeps the old one."""

    name: str
    place: tuple[int, ...]
    value: float


@dataclass
class Edit:
    """Step of the undo history."""

    number: int
    title: str
    """Describes the edit where the differences would not."""
    what: ExperimentEdit | WeightSetting
    open: bool
    """Whether more of the same follows (a slider still being dragged)."""

    def words(self, *, back: bool) -> str:
        """The effect of undoing (`back`) or redoing it: `Learning rate back to 0.03`, `Undone: layer A units 5`."""
        if isinstance(self.what, ExperimentEdit) and not self.what.fresh and not self.title and back:
            came_back = return_words(difference(self.what.after, self.what.before), self.what.before)
            if came_back:
                return came_back
        return f"{'Undone' if back else 'Redone'}: {self.label}"

    @property
    def label(self) -> str:
        """The edit in words, for menus."""
        if self.title or isinstance(self.what, WeightSetting):
            return self.title
        # A drag may have ended where it began.
        return edit_words(self.what.before, self.what.after) or "change"
