"""The steps of the undo history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from playground import Experiment
from playground.experiment.words import edit_words


class ExperimentEdit(NamedTuple):
    """One experiment takes the place of another."""

    before: Experiment
    after: Experiment
    fresh: bool
    """Whether training starts anew with it."""


class WeightSetting(NamedTuple):
    """One entry of an array of parameters gets a value, named as in weight files; the worker keeps what it was."""

    name: str
    place: tuple[int, ...]
    value: float


@dataclass
class Edit:
    """One step of the undo history."""

    number: int
    title: str
    """What was done, where what differs does not say it."""
    what: ExperimentEdit | WeightSetting
    open: bool
    """Whether more of the same follows (a slider still being dragged)."""

    @property
    def label(self) -> str:
        """What was done, for menus."""
        if self.title or isinstance(self.what, WeightSetting):
            return self.title
        # A drag may have ended where it began.
        return edit_words(self.what.before, self.what.after) or "change"
