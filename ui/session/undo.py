"""The steps of the undo history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from playground import Experiment
from playground.experiment.words import edit_words


class ExperimentEdit(NamedTuple):
    """Replacement of an experiment by another."""

    before: Experiment
    after: Experiment
    fresh: bool
    """Whether training starts from the initial weights with it."""


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

    @property
    def label(self) -> str:
        """The edit in words, for menus."""
        if self.title or isinstance(self.what, WeightSetting):
            return self.title
        # A drag may have ended where it began.
        return edit_words(self.what.before, self.what.after) or "change"
