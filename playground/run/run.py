"""Moments to go on from, and whole trainings: what documents, the memory of undo and recovery keep."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias, get_args

import msgspec

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.engine.evaluation import Evaluation
from playground.engine.state import State
from playground.experiment.tree import Experiment, with_ids
from playground.measure.snapshot import Change, Status
from playground.run.timeline import Timeline

EngineName: TypeAlias = Literal["reference", "compiled"]
ENGINES = get_args(EngineName)
PRESENT, HEALTHY = "present", "healthy"


class Checkpoint(NamedTuple):
    """A moment of a training from which it can go on as if it had never stopped."""

    experiment: Experiment
    state: State
    way_back: Checkpoint | None = None
    """After a divergence the last healthy moment: there is no going on from the present one."""


class Health(NamedTuple):
    """What is known of how well a training goes; see `engine.health`."""

    best: float
    rate: float
    seconds: float | None
    """The training time at the checkpoint `HEALTHY`; None if there is none."""


class Document(NamedTuple):
    """A whole training: its present moment, others by name, and its past. Nothing in it ever changes."""

    checkpoints: Mapping[str, Checkpoint]
    """`PRESENT` always; `HEALTHY` is the latest moment at which all was well."""
    status: Status
    problem: str
    evaluation: Evaluation
    seconds: float
    """Spent in training steps."""
    history: Timeline
    gradients: Timeline
    changes: tuple[Change, ...]
    engine_changes: tuple[tuple[int, EngineName], ...]
    """The steps at which the engine changed since the last reset."""
    initial: Mapping[str, Array]
    """Weights to start from that were given, named as in weight files."""
    health: Health
    started_from: Array | None
    """The parameters before the first update, laid out flat; None once the network was rebuilt."""
    notes: tuple[str, ...] = ()
    """What is to be known about how it was read."""
    sample: Sample | None = None
    """The points of the present moment as they were drawn: a table may be another one, or gone, once it is written."""

    @property
    def experiment(self) -> Experiment:
        """The experiment in force."""
        return self.checkpoints[PRESENT].experiment

    def named(self) -> Document:
        """The same with an id for every layer, which one from a script may lack, and which weights follow."""
        checkpoints = {name: named(moment) for name, moment in self.checkpoints.items()}
        return self._replace(checkpoints=checkpoints)

    @property
    def present(self) -> Checkpoint:
        """The present moment alone."""
        present = self.checkpoints[PRESENT]
        return present._replace(way_back=self.checkpoints.get(HEALTHY)) if self.status == "diverged" else present

    @property
    def engine(self) -> EngineName:
        """The engine that trained last."""
        return self.engine_changes[-1][1]


def named(moment: Checkpoint) -> Checkpoint:
    """The same moment with an id for every layer."""
    experiment = msgspec.structs.replace(moment.experiment, layers=with_ids(moment.experiment.layers))
    way_back = None if moment.way_back is None else named(moment.way_back)
    return Checkpoint(experiment, moment.state, way_back)
