"""The undo history as text, for the next window to take up where this one left it.

Of each step only the experiment to which it leads back or on is kept, and data that experiments share only once.
Weights that a step brought along are not kept: undoing it acts on the present ones, as any edit does.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Literal

import msgspec

from playground import Experiment
from playground.catalog.datasets.base import Dataset
from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.reading import convert_plain

from .kept_moments import KeptMoments
from .session import Session
from .undo import Edit, ExperimentEdit, WeightSetting
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


class _KeptEdits(msgspec.Struct):
    """The undo history; the nearest steps come first."""

    data: list[msgspec.Raw] = []
    experiments: list[tuple[int, msgspec.Raw]] = []
    """The number of its data, and an experiment without them."""
    done: list[_KeptStep] = []
    undone: list[_KeptStep] = []


def ask_edits(session: Session, done: Sequence[Edit], undone: Sequence[Edit]) -> Future[str]:
    """Ask for steps of a session's undo history as text, which is empty if a fault prevents that."""
    written: Future[str] = Future()

    def write(worker: Worker) -> None:
        text = ""
        try:
            # The worker knows the values of weights before they were set.
            text = write_edits(done, undone, worker.moments)
        finally:
            # Without its undo history, work is still worth keeping.
            written.set_result(text)

    session.send(write)
    return written


def bring_back_edits(session: Session, text: str) -> None:
    """Take up an undo history that ends at the present experiment; none if the text can't be read."""
    try:
        done, undone, weights = read_edits(text, session.experiment, session.history.next_number)
    except (msgspec.MsgspecError, LookupError, TypeError):
        return
    session.history.bring_back(done, undone)
    session.send(lambda worker: worker.moments.remember_weights(weights))
    session.undo_changed.emit()


def write_edits(done: Sequence[Edit], undone: Sequence[Edit], moments: KeptMoments) -> str:
    """Write the nearest steps of an undo history; `moments` has the values before weights were set."""
    writer = _Writer()
    for edit in islice(reversed(done), _MOST_STEPS):
        if not writer.add(edit, moments.get(("undo", edit.number)), "done"):
            break
    for edit in islice(reversed(undone), _MOST_STEPS):
        if not writer.add(edit, None, "undone"):
            break
    return msgspec.json.encode(writer.kept).decode()


class _Writer:
    """Writes steps as long as there is room."""

    def __init__(self) -> None:
        self.kept = _KeptEdits()
        self._experiments: dict[Experiment, int] = {}
        self._data: dict[Dataset, int] = {}
        self._bytes = 0

    def add(self, edit: Edit, before: object, way: Literal["done", "undone"]) -> bool:
        """Add a step; return whether it could be."""
        what, steps = edit.what, getattr(self.kept, way)
        if isinstance(what, WeightSetting):
            if way == "done" and not isinstance(before, float):
                return False
            steps.append(_KeptStep(edit.title, weight=what, before=before if isinstance(before, float) else None))
            return True
        number = self._number_of(what.before if way == "done" else what.after)
        if number is not None:
            steps.append(_KeptStep(edit.title, number, what.fresh))
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


def read_edits(text: str, present: Experiment, first: int) -> tuple[list[Edit], list[Edit], dict[object, float]]:
    """Read an undo history that ends at the present experiment: the steps done, those undone, and the values of weights
    before they were set, by the names of the moments that undo returns to. Steps are numbered from `first` on.

    Raises msgspec.MsgspecError, LookupError or TypeError if it can't be read.
    """
    kept = msgspec.json.decode(text, type=_KeptEdits)
    data = [msgspec.json.decode(one) for one in kept.data]
    experiments: list[Experiment] = [
        convert_plain({**msgspec.json.decode(rest), "data": data[number]}, Experiment)
        for number, rest in kept.experiments
    ]
    done, undone, weights = list[Edit](), list[Edit](), dict[object, float]()
    number, now = first + len(kept.done), present
    for step in kept.done:
        number -= 1
        other = None if step.experiment is None else experiments[step.experiment]
        done.insert(0, Edit(number, step.title, step.weight or ExperimentEdit(other or now, now, step.fresh), False))
        if step.before is not None:
            weights["undo", number] = step.before
        now = other or now
    number, now = first + len(kept.done), present
    for step in kept.undone:
        other = None if step.experiment is None else experiments[step.experiment]
        undone.insert(0, Edit(number, step.title, step.weight or ExperimentEdit(now, other or now, step.fresh), False))
        number, now = number + 1, other or now
    return done, undone, weights
