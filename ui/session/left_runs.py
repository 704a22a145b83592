"""Runs that are left for another, so that each that trained can be kept, once, as far as it came."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import NamedTuple

from playground import Document, Trainer


class LeftRun(NamedTuple):
    """A run that trained and was left."""

    name: str
    """Names the run: one that comes back by undo and goes on has the same name when it is left again."""
    document: Document


class _Known(NamedTuple):
    """A run, and the step up to which it has been kept or was opened with."""

    name: str
    step: int


class LeftRuns:
    """Tells runs apart while one follows another, and whether they have trained since they were kept."""

    def __init__(self, tell: Callable[[LeftRun], object]) -> None:
        """Take what hears of every run that trained and is left."""
        self._tell = tell
        self.on = False
        """Whether anybody wants runs that are left."""
        self._present = _Known(secrets.token_hex(8), 0)
        self._remembered: dict[object, _Known] = {}
        """Runs that undo and redo can bring back, by the name of the moment that is kept for that."""

    def leave(self, trainer: Trainer, moment: object = None, kept: object = None) -> None:
        """Leave the present run, which can come back by a `moment`; what is kept of that may be a document of it."""
        left = self.take(trainer, kept if isinstance(kept, Document) else None)
        if moment is not None:
            self._remembered[moment] = self._present
        if left is not None:
            self._tell(left)

    def take(self, trainer: Trainer, document: Document | None = None) -> LeftRun | None:
        """The present run if it has trained since it was kept; None if not, or if nobody wants it."""
        step = trainer.state.step
        if not self.on or step in (0, self._present.step):
            return None
        self._present = self._present._replace(step=step)
        return LeftRun(self._present.name, trainer.document() if document is None else document)

    def begin(self, step: int, moment: object = None) -> None:
        """Begin a run at a step, or go on with the one that comes back by a moment."""
        known = self._remembered.pop(moment, None)
        self._present = known or _Known(secrets.token_hex(8), step)

    def forget(self, moments: Iterable[object]) -> None:
        """Forget runs that can't come back any more."""
        for moment in moments:
            self._remembered.pop(moment, None)
