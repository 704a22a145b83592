"""What is asked of the worker, and what it reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

from playground import Checkpoint, Document, Experiment, Snapshot, Trainer, Wanted
from playground.engine.engine import EngineName


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


class SetWanted(NamedTuple):
    """What snapshots shall contain."""

    wanted: Wanted


class ShowTest(NamedTuple):
    """Measure the test points for the next report, and for no other."""


class SetParameters(NamedTuple):
    """Replace weights by hand."""

    parameters: Mapping[str, Any]


class Configure(NamedTuple):
    """Take over a whole new experiment.

    The moment before is kept under the name `keep_as`; parts that come back take their weights from the moment
    kept as `memory`. With `fresh`, training starts anew; if there is a memory then, it goes on from there, and else
    from a `document` if there is one. `words` put the change on record; those of one `keep_as` in a row are one change.
    """

    experiment: Experiment
    revision: int
    keep_as: object = None
    memory: object = None
    fresh: bool = False
    words: str = ""
    document: Document | None = None


class SetWeight(NamedTuple):
    """Set one entry of one array, named as in weight files: "W0", (2, 1). It is put on record.

    All of one `drag`, which has a name of its own, are one change; `revision` is as in `Configure`.
    """

    name: str
    place: tuple[int, ...]
    value: float
    revision: int | None = None
    drag: object = None


class UseEngine(NamedTuple):
    """Train on another engine from the next step on, now and after every fresh start."""

    engine: EngineName


class Restore(NamedTuple):
    """Go back to a moment."""

    checkpoint: Checkpoint


class Give(NamedTuple):
    """Tell something about the trainer, which `make` makes of it, through the worker's signal `given`."""

    purpose: object
    """Comes back with it."""
    make: Callable[[Trainer], object]


class Stop(NamedTuple):
    """End the thread."""


Command: TypeAlias = (
    Play
    | Pause
    | Step
    | Epoch
    | Reset
    | SetSpeed
    | SetWanted
    | ShowTest
    | SetParameters
    | Configure
    | SetWeight
    | UseEngine
    | Restore
    | Give
    | Stop
)


class Report(NamedTuple):
    """A snapshot and how the worker is doing."""

    snapshot: Snapshot
    running: bool
    steps_per_second: float
    revision: int
    """The latest edit that the snapshot includes."""
    wanted: Wanted = Wanted()
    """What the snapshot was to contain."""
