"""The undo history as text, for the next window to take up where this one left it, and the other future of its branch.

Of each step only the experiment to which it leads back or on is kept, and data that experiments share only once.
Weights that a step brought along are not kept: undoing it acts on the present ones, as any edit does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Literal, NamedTuple

import msgspec

from playground import Document, Experiment
from playground.catalog.datasets.base import Dataset
from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.reading import convert_plain
from playground.measure.changes import When

from .kept_moments import KeptMoments
from .other_futures import OtherFutures
from .session import Session
from .undo import Edit, ExperimentEdit, WeightSetting, latest_branch
from .worker import Worker

_MOST_STEPS = 50
"""The most steps that are kept: so many back, and so many on."""
_MOST_BYTES = 2**20


class _KeptStep(msgspec.Struct, frozen=True):
    """A step: to another experiment, or of a weight."""

    title: str
    experiment: int | None = None
    """The number of the experiment that it leads to."""
    fresh: bool = False
    weight: WeightSetting | None = None
    before: float | None = None
    """The value of the weight before it was set."""
    branched_at: When | None = None
    """The moment at which the step leaves the other future, if that is kept."""


class _KeptEdits(msgspec.Struct):
    """The undo history; the nearest steps come first."""

    data: list[msgspec.Raw] = []
    experiments: list[tuple[int, msgspec.Raw]] = []
    """The number of its data, and an experiment without them."""
    done: list[_KeptStep] = []
    undone: list[_KeptStep] = []


class KeptHistory(NamedTuple):
    """An undo history as text, and the run before its latest branch, if that is shown."""

    text: str = ""
    other_future: Document | None = None


def ask_edits(session: Session, done: Sequence[Edit], undone: Sequence[Edit]) -> Future[KeptHistory]:
    """Ask for steps of a session's undo history, of which there are none if a fault prevents that."""
    written: Future[KeptHistory] = Future()

    def write(worker: Worker) -> None:
        kept = KeptHistory()
        try:
            # The worker knows the values of weights before they were set.
            kept = write_edits(done, undone, worker.moments, worker.other_futures)
        finally:
            # Without its undo history, work is still worth keeping.
            written.set_result(kept)

    session.send(write)
    return written


def bring_back_edits(session: Session, text: str, other_future: Document | None) -> None:
    """Take up an undo history that ends at the present experiment; none if the text can't be read."""
    try:
        done, undone, weights, branched_at = read_edits(text, session.experiment, session.history.next_number)
    except (msgspec.MsgspecError, LookupError, TypeError):
        return
    session.history.bring_back(done, undone)
    number = session.history.latest_branch

    def remember(worker: Worker) -> None:
        worker.moments.remember_weights(weights)
        if number is not None and branched_at is not None and other_future is not None:
            worker.moments.remember_run(("undo", number), other_future)
            worker.other_futures.begin(("undo", number), branched_at)
            worker.other_futures.show(number, worker.moments, worker.requests)

    session.send(remember)
    session.undo_changed.emit()


def write_edits(
    done: Sequence[Edit], undone: Sequence[Edit], moments: KeptMoments, other_futures: OtherFutures
) -> KeptHistory:
    """Write the nearest steps of an undo history; `moments` has what was before them."""
    number = latest_branch(done)
    branched_at = other_futures.branched_at(number)
    other_future = None if branched_at is None else moments.get(("undo", number))
    writer = _Writer({number: branched_at} if isinstance(other_future, Document) else {})
    for edit in islice(reversed(done), _MOST_STEPS):
        if not writer.add(edit, moments.get(("undo", edit.number)), "done"):
            break
    for edit in islice(reversed(undone), _MOST_STEPS):
        if not writer.add(edit, None, "undone"):
            break
    text = msgspec.json.encode(writer.kept).decode()
    return KeptHistory(text, other_future if isinstance(other_future, Document) else None)


class _Writer:
    """Writes steps as long as there is room."""

    def __init__(self, branched_at: Mapping[int | None, When | None]) -> None:
        self.kept = _KeptEdits()
        self._branched_at = branched_at
        """By the numbers of branches, where they leave their other future."""
        self._experiments: dict[Experiment, int] = {}
        self._data: dict[Dataset, int] = {}
        self._bytes = 0

    def add(self, edit: Edit, before: object, way: Literal["done", "undone"]) -> bool:
        """Add a step; return whether it could be."""
        what, steps = edit.what, getattr(self.kept, way)
        if isinstance(what, ExperimentEdit) and what.resets:
            # Without weights there is nothing to return to.
            return True
        if isinstance(what, WeightSetting):
            if way == "done" and not isinstance(before, float):
                return False
            steps.append(_KeptStep(edit.title, weight=what, before=before if isinstance(before, float) else None))
            return True
        number = self._number_of(what.before if way == "done" else what.after)
        if number is not None:
            branched_at = self._branched_at.get(edit.number)
            steps.append(_KeptStep(edit.title, number, what.fresh, branched_at=branched_at))
        return number is not None

    def _number_of(self, experiment: Experiment) -> int | None:
        """The number of an experiment; None if there is no room for it any more."""
        if experiment not in self._experiments:
            rest = msgspec.json.encode(msgspec.structs.replace(experiment, data=UserPoints()))
            data = b"" if experiment.data in self._data else msgspec.json.encode(experiment.data)
            self._bytes += len(rest) + len(data)
            if self._bytes > _MOST_BYTES:
                return None
            if data:
                self._data[experiment.data] = len(self._data)
                self.kept.data.append(msgspec.Raw(data))
            self.kept.experiments.append((self._data[experiment.data], msgspec.Raw(rest)))
            self._experiments[experiment] = len(self._experiments)
        return self._experiments[experiment]


def read_edits(
    text: str, present: Experiment, first: int
) -> tuple[list[Edit], list[Edit], dict[object, float], When | None]:
    """Read an undo history that ends at the present experiment: the steps done, those undone, the values of weights
    before they were set, by the names of the moments that undo returns to, and where the latest branch left its other
    future. Steps are numbered from `first` on.

    Raises msgspec.MsgspecError, LookupError or TypeError if it can't be read.
    """
    kept = msgspec.json.decode(text, type=_KeptEdits)
    data = [msgspec.json.decode(one) for one in kept.data]
    experiments: list[Experiment] = [
        convert_plain({**msgspec.json.decode(rest), "data": data[number]}, Experiment)
        for number, rest in kept.experiments
    ]
    done, undone, weights, branched_at = list[Edit](), list[Edit](), dict[object, float](), None
    number, now = first + len(kept.done), present
    for step in kept.done:
        number -= 1
        other = None if step.experiment is None else experiments[step.experiment]
        what = step.weight or ExperimentEdit(other or now, now, step.fresh, step.branched_at is not None)
        done.insert(0, Edit(number, step.title, what, False))
        branched_at = branched_at or step.branched_at
        if step.before is not None:
            weights["undo", number] = step.before
        now = other or now
    number, now = first + len(kept.done), present
    for step in kept.undone:
        other = None if step.experiment is None else experiments[step.experiment]
        undone.insert(0, Edit(number, step.title, step.weight or ExperimentEdit(now, other or now, step.fresh), False))
        number, now = number + 1, other or now
    return done, undone, weights, branched_at
