"""Commands to the worker, and the worker's reports."""

from __future__ import annotations

from typing import NamedTuple

from playground import Document, Experiment, Snapshot
from playground.measure.observe import Requests

from .answer import Answer


class Undoing(NamedTuple):
    """Marks a command that undoes or redoes an edit."""

    number: int
    """The number of the edit."""
    words: str
    """The restored settings, in words."""
    goes_back: bool = True
    """Whether the edit is undone rather than redone."""


class Undone(NamedTuple):
    """The outcome of undoing or redoing an edit."""

    number: int
    text: str
    brought_weights: bool
    """Whether weights came back with a setting, of which those from just before can be had instead."""


class Configure(NamedTuple):
    """Change to another experiment.

    The moment before is kept under the name `keep_as`; restored parts take their weights from the moment kept as
    `memory`. With `fresh`, training starts from its initial weights, or continues from the memory or else the
    `document`, if there is one. The change is recorded, with a `title` where the differences would not describe it;
    changes of one `keep_as` in a row are recorded as one.
    """

    experiment: Experiment
    revision: int
    keep_as: object = None
    memory: object = None
    fresh: bool = False
    title: str = ""
    document: Document | None = None
    undoing: Undoing | None = None
    branch: int | None = None
    """The step of the earlier moment from which training goes on."""
    back_to: int | None = None
    """The number of the branch whose other future is continued."""
    future: int | None = None
    """The number of the branch whose other future is shown from now on."""
    resets: bool = False
    """Whether the present run returns to its own initial weights, which may be given ones."""


class SetWeight(NamedTuple):
    """Set one entry of one array, named as in weight files: "W0", (2, 1), and record it.

    The value before is kept under the name `keep_as`; a value kept as `memory` is set instead of `value`. Changes of
    one `keep_as` in a row are recorded as one; `revision` is as in `Configure`.
    """

    name: str
    place: tuple[int, ...]
    value: float
    revision: int | None = None
    keep_as: object = None
    memory: object = None
    undoing: Undoing | None = None


class Ask(NamedTuple):
    """Answer a question about the trainer."""

    answer: Answer
    of_shown: bool = False
    """Whether it is about the earlier moment on show, while there is one."""


class LookAt(NamedTuple):
    """Show the moment of an earlier step in place of the present one, or with None the present again."""

    step: int | None
    revision: int


class PastMoment(NamedTuple):
    """An earlier moment on show."""

    asked: int
    """The step that was asked for."""
    present: Snapshot
    """The run as it is now, without answers."""
    is_exact: bool
    """Whether the moment on show is the one asked for, as it was; else it is the nearest that is there at once."""
    is_kept: bool
    """Whether the one asked for can be replayed exactly."""
    seconds_left: float
    """About how long its replay still takes."""

    @property
    def is_on_the_way(self) -> bool:
        """Whether the moment asked for is still being replayed."""
        return self.seconds_left > 0


class Report(NamedTuple):
    """Snapshot with the state of the worker."""

    snapshot: Snapshot
    running: bool
    steps_per_second: float
    revision: int
    """The latest edit that the snapshot includes."""
    requests: Requests = frozenset()
    """What the snapshot was asked for."""
    past: PastMoment | None = None
    """The earlier moment on show; None while the snapshot is of the present."""
    first: int | None = None
    """The earliest step whose moment can be shown; None while there is none."""

    @property
    def present(self) -> Snapshot:
        """The run as it is now, whatever is on show."""
        return self.snapshot if self.past is None else self.past.present
