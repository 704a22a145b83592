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


class Report(NamedTuple):
    """Snapshot with the state of the worker."""

    snapshot: Snapshot
    running: bool
    steps_per_second: float
    revision: int
    """The latest edit that the snapshot includes."""
    requests: Requests = frozenset()
    """The requests that the snapshot answers."""
