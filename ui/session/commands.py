"""What is asked of the worker, and what it reports."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from playground import Document, Experiment, Snapshot
from playground.engine.engine import EngineName
from playground.measure.observe import Requests
from ui.session.answer import Answer


class Play(NamedTuple):
    """Train until paused."""


class Pause(NamedTuple):
    """Stop training; nothing is lost."""


class Step(NamedTuple):
    """One update."""


class Epoch(NamedTuple):
    """Train to the end of the present epoch."""


class Reset(NamedTuple):
    """Back to the initial weights."""


class SetSpeed(NamedTuple):
    """At most so many updates per second; None: as fast as it goes."""

    steps_per_second: float | None


class SetRequests(NamedTuple):
    """What snapshots shall answer."""

    requests: Requests


class ShowTest(NamedTuple):
    """Measure the test points for the next report, and for no other."""


class Configure(NamedTuple):
    """Take over a whole new experiment.

    The moment before is kept under the name `keep_as`; parts that come back take their weights from the moment
    kept as `memory`. With `fresh`, training starts anew; if there is a memory then, it goes on from there, and else
    from a `document` if there is one. The change is put on record, with a `title` if that says better than what differs
    what was done; those of one `keep_as` in a row are one change.
    """

    experiment: Experiment
    revision: int
    keep_as: object = None
    memory: object = None
    fresh: bool = False
    title: str = ""
    document: Document | None = None


class SetWeight(NamedTuple):
    """Set one entry of one array, named as in weight files: "W0", (2, 1). It is put on record.

    The value before is kept under the name `keep_as`; a value kept as `memory` is set instead of `value`. All of one
    `keep_as` in a row are one change; `revision` is as in `Configure`.
    """

    name: str
    place: tuple[int, ...]
    value: float
    revision: int | None = None
    keep_as: object = None
    memory: object = None


class ForgetMoments(NamedTuple):
    """Let go of what was kept under some names: nothing goes back to it any more."""

    names: tuple[object, ...]


class UseEngine(NamedTuple):
    """Train on another engine from the next step on, now and after every fresh start."""

    engine: EngineName


class Ask(NamedTuple):
    """Have something made of the trainer."""

    answer: Answer


class Stop(NamedTuple):
    """End the thread."""


Command: TypeAlias = (
    Play
    | Pause
    | Step
    | Epoch
    | Reset
    | SetSpeed
    | SetRequests
    | ShowTest
    | Configure
    | SetWeight
    | ForgetMoments
    | UseEngine
    | Ask
    | Stop
)


class Report(NamedTuple):
    """A snapshot and how the worker is doing."""

    snapshot: Snapshot
    running: bool
    steps_per_second: float
    revision: int
    """The latest edit that the snapshot includes."""
    requests: Requests = frozenset()
    """What the snapshot was to answer."""
