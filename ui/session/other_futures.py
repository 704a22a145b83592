"""The other future of a branch: the run before it, which is kept to undo the branch and shown beside the new run."""

from __future__ import annotations

from collections.abc import Iterable

from playground import Document, Trainer
from playground.measure.changes import When
from playground.measure.observe import Requests
from playground.measure.others import Ghost
from playground.measure.requests import BoundaryRequest
from playground.run.run import resume

from .kept_moments import KeptMoments


class OtherFutures:
    """Knows where branches began, and shows the other future of one of them."""

    def __init__(self) -> None:
        self.seen: Ghost | None = None
        """The other future as it was left; None without one. Any thread may ask."""
        self._begun: dict[object, When] = {}
        """Where branches left the run, by what is kept to undo them."""

    def begin(self, branch: object, moment: When) -> None:
        """Note the moment at which a branch leaves the run; `branch` names what is kept to undo it."""
        self._begun[branch] = moment

    def branched_at(self, number: int | None) -> When | None:
        """Return the moment at which the branch of an edit left the run; None if it is no branch."""
        return self._begun.get(("undo", number))

    def take(self, number: int, branch: object, moments: KeptMoments) -> Document | None:
        """Return the other future of an edit, to continue it; the present run becomes the other future of `branch`."""
        found, begun = moments.get(("undo", number)), self._begun.get(("undo", number))
        if begun is not None:
            self._begun[branch] = begun
        return found if isinstance(found, Document) else None

    def show(self, number: int | None, moments: KeptMoments, requests: Requests) -> None:
        """Show the other future of an edit, or none."""
        kept, begun = moments.get(("undo", number)), self._begun.get(("undo", number))
        self.seen = None
        if isinstance(kept, Document) and begun is not None:
            asked = frozenset(request for request in requests if isinstance(request, BoundaryRequest))
            self.seen = Ghost(begun, Trainer.of(resume(kept), "reference").snapshot(asked), "branch")

    def prune(self, branches: Iterable[object]) -> None:
        """Forget where branches left the run that can be neither undone nor redone any more."""
        for branch in branches:
            self._begun.pop(branch, None)

    def forget(self) -> None:
        """Show no other future any more."""
        self.seen = None
