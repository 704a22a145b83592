"""The undo history, which knows the steps and their order; the session carries them out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from playground import Experiment
from playground.experiment.difference import difference
from playground.experiment.words import edit_words, return_words

UNDO_STEPS = 200
"""How many edits can be undone."""


class ExperimentEdit(NamedTuple):
    """Replacement of an experiment by another."""

    before: Experiment
    after: Experiment
    fresh: bool
    """Whether training starts from the initial weights with it."""
    branches: bool = False
    """Whether it continues an earlier moment of the same run, beside which what came after it is shown."""
    resets: bool = False
    """Whether it returns the same run to its initial weights."""


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


class UndoHistory:
    """The edits that can be undone, and those that can be redone."""

    def __init__(self, forget: Callable[[Sequence[object]], object]) -> None:
        """Take the function that is told which kept moments no edit returns to any more, by their names."""
        self._forget = forget
        self.done: list[Edit] = []
        """The edits that can be undone, the latest last."""
        self.undone: list[Edit] = []
        """The edits that can be redone, the next one last."""
        self._begun = 0

    def begin(self, title: str, what: ExperimentEdit | WeightSetting, changing: bool) -> Edit:
        """Begin a new step, to which more of the same belongs while `changing`; nothing can be redone after it."""
        self._begun += 1
        edit = Edit(self._begun, title, what, changing)
        self._forget_moments(self.done[: -UNDO_STEPS + 1], self.undone)
        self.done = [*self.done[-UNDO_STEPS + 1 :], edit]
        self.undone.clear()
        return edit

    def continued(self, title: str, changing: bool, weight: tuple[str, tuple[int, ...]] | None = None) -> Edit | None:
        """Return the open step if a change of the experiment, or of a weight, continues it; else end it."""
        if not (self.done and self.done[-1].open):
            return None
        edit = self.done[-1]
        same = weight == (edit.what[:2] if isinstance(edit.what, WeightSetting) else None)
        edit.open = changing and same
        if not same:
            return None
        edit.title = title
        return edit

    def end_drag(self) -> None:
        """End the latest step: what follows is another."""
        if self.done:
            self.done[-1].open = False

    def undo(self) -> Edit | None:
        """Return the step to undo, which can be redone from now on; None if there is none."""
        if not self.done:
            return None
        self.end_drag()
        self.undone.append(self.done.pop())
        return self.undone[-1]

    def redo(self) -> Edit | None:
        """Return the step to redo, which can be undone from now on; None if there is none."""
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]

    @property
    def latest(self) -> int:
        """The number of the latest step that can be undone; 0 if there is none."""
        return self.done[-1].number if self.done else 0

    @property
    def next_number(self) -> int:
        """The number of the next step."""
        return self._begun + 1

    def bring_back(self, done: list[Edit], undone: list[Edit]) -> None:
        """Take up the steps of an earlier session, with numbers from `next_number` on, after those that are there."""
        self.done, self.undone = [*self.done, *done], undone
        self._begun += len(done) + len(undone)

    def clear(self) -> None:
        """Forget all steps."""
        self._forget_moments(self.done, self.undone)
        self.done.clear()
        self.undone.clear()

    def _forget_moments(self, done: Sequence[Edit], undone: Sequence[Edit]) -> None:
        # Of an undone branch it is still known where it began.
        names = [*(("undo", edit.number) for edit in (*done, *undone)), *(("redo", edit.number) for edit in undone)]
        if names:
            self._forget(names)

    @property
    def latest_branch(self) -> int | None:
        """The number of the branch whose other future is shown."""
        return latest_branch(self.done)


def latest_branch(done: Sequence[Edit]) -> int | None:
    """Return the number of the latest branch among edits, unless another run has begun since."""
    for edit in reversed(done):
        if isinstance(edit.what, ExperimentEdit) and edit.what.fresh:
            return edit.number if edit.what.branches else None
    return None
