"""Runs that were replaced by another: each that has trained can be kept once, in its latest state."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import NamedTuple

from playground import Document, Trainer

_LEAST_SECONDS = 2.0
"""Training time that makes a run worth keeping before its first epoch is complete."""


class LeftRun(NamedTuple):
    """A run that has trained and was replaced by another."""

    name: str
    """The identity of the run: one that undo restores keeps its name when it is left again."""
    document: Document
    moment: object = None
    """What undo or redo knows it by, if that can restore it."""


class _Known(NamedTuple):
    """A run, and the step up to which it has been kept or was opened with."""

    name: str
    step: int


class LeftRuns:
    """Identifies runs while one replaces another, and reports those that have trained since they were kept."""

    def __init__(self, tell: Callable[[LeftRun], object]) -> None:
        """Take the function that receives every left run."""
        self._tell = tell
        self.on = False
        """Whether left runs are reported."""
        self._present = _Known(secrets.token_hex(8), 0)
        self._remembered: dict[object, _Known] = {}
        """Runs that undo and redo can restore, by the name of the moment kept for that."""

    def leave(self, trainer: Trainer, moment: object = None, kept: object = None) -> None:
        """Leave the present run, which a `moment` can restore; `kept` may be the document of that moment."""
        left = self.take(trainer, kept if isinstance(kept, Document) else None)
        if moment is not None:
            self._remembered[moment] = self._present
        if left is not None:
            self._tell(left._replace(moment=moment))

    def take(self, trainer: Trainer, document: Document | None = None) -> LeftRun | None:
        """Return the present run if it has trained since it was kept; None if not, or if left runs are not reported.

        A run that has trained for less than an epoch and less than two seconds is not worth keeping.
        """
        now = trainer.run.now
        step, is_brief = now.step, now.epoch < 1 and now.seconds < _LEAST_SECONDS
        if not self.on or is_brief or step in (0, self._present.step):
            return None
        self._present = self._present._replace(step=step)
        return LeftRun(self._present.name, trainer.document() if document is None else document)

    def begin(self, step: int, moment: object = None) -> None:
        """Begin a run at a step, or continue the one that a moment restores."""
        known = self._remembered.pop(moment, None)
        self._present = known or _Known(secrets.token_hex(8), step)

    def forget(self, moments: Iterable[object]) -> None:
        """Forget runs that can't come back any more."""
        for moment in moments:
            self._remembered.pop(moment, None)
