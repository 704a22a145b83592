"""Runs as values: the setup that the experiment implies, the state that training moves, and the record of the past.

    run = new_run(Setup(check(experiment)))

Functions of runs do everything else: `training.advance` trains one, `changes.change` gives it another experiment,
`document_of` and `resume` turn it into a document and back.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.catalog.schedules import Progress
from playground.engine.engine import EngineName
from playground.engine.evaluation import Evaluation
from playground.engine.setup import Setup
from playground.engine.state import State, fresh_state
from playground.experiment.tree import Experiment, with_ids
from playground.measure.changes import Break, Change, When
from playground.measure.snapshot import Status
from playground.run.health import Health, Moment
from playground.run.parameters import put_parameters, usable_parameters
from playground.run.past import Past
from playground.run.record import Record
from playground.run.timeline import Timeline

PRESENT, HEALTHY = "present", "healthy"
OTHER_POINTS = "The table's classes have changed, so the earlier weights no longer fit."


@dataclass
class Run:
    """One run of training. `checkpoint` copies its present moment, `document_of` all of it."""

    setup: Setup
    state: State
    record: Record

    @property
    def experiment(self) -> Experiment:
        return self.setup.experiment

    @property
    def learning_rate(self) -> float:
        """η of the next update."""
        training, state = self.setup.training, self.state
        progress = Progress(state.epoch, state.step, self.setup.steps_per_epoch, state.plateau)
        return training.schedule.learning_rate(training.learning_rate, progress)

    @property
    def now(self) -> When:
        return When(self.state.step, self.state.epoch + self.state.position / self.setup.points, self.record.seconds)

    @property
    def is_measured(self) -> bool:
        """Whether the latest evaluation belongs to the present step."""
        return self.record.evaluation is not None and self.record.measured.step == self.state.step

    @property
    def can_go_back(self) -> bool:
        """Whether training diverged and there is a healthy moment to go on from."""
        return self.record.status == "diverged" and self.record.health.moment is not None

    @property
    def problem_and_way_back(self) -> str:
        """The cause of a divergence and the step from which training can go on; empty if there was none."""
        problem, moment = self.record.problem, self.record.health.moment
        if not self.can_go_back or moment is None:
            return problem
        return f"{problem} Play, or any change, continues from step {moment.state.step:,}, the last healthy one."


def new_run(
    setup: Setup,
    initial: Mapping[str, Array] | None = None,
    *,
    engine: EngineName = "reference",
    rows: int | None = None,
    past_bytes: int = 0,
) -> Run:
    """Create a run before its first update.

    `initial` gives the weights to start from and to reset to, named as in weight files. The histories keep at most
    `rows` rows, or all; with `past_bytes` its earlier moments can be replayed. Raises InputError for weights that don't
    fit the network.
    """
    state = initial_state(setup)
    if initial:
        put_parameters(setup.network, state.parameters, initial)
    return Run(setup, state, Record.new(setup.network, dict(initial or {}), engine, rows, past_bytes))


def initial_state(setup: Setup) -> State:
    """The state before the first update."""
    experiment = setup.experiment
    parameters = setup.network.initial(experiment.seed, experiment.bias, experiment.data.stream())
    return fresh_state(setup.network, experiment.training.optimizer, parameters, experiment.seed)


def reset(run: Run, engine: EngineName) -> None:
    """Return a run to its initial weights, the same as before its first update.

    Initial weights that were given are used as far as they still fit the network.
    """
    initial, rows, notes, past = run.record.initial, run.record.history.most, run.record.notes, run.record.past
    run.state = initial_state(run.setup)
    put_parameters(run.setup.network, run.state.parameters, usable_parameters(run.setup.network, initial))
    run.record = Record.new(run.setup.network, initial, engine, rows, 0 if past is None else past.most)
    run.record.notes = notes


def branch(run: Run) -> Run:
    """A run that goes on by itself from the present moment of another, with the same past."""
    # What both share is replaced by training and by changes, never changed in place.
    record = replace(
        run.record,
        history=run.record.history.copy(),
        gradients=run.record.gradients.copy(),
        health=copy(run.record.health),
        latest=deepcopy(run.record.latest),
        past=None if run.record.past is None else run.record.past.copy(),
    )
    return Run(run.setup, run.state.copy(), record)


class Checkpoint(NamedTuple):
    """A moment of a run, from which training can continue as if it had never stopped."""

    experiment: Experiment
    state: State
    way_back: Checkpoint | None = None
    """The last healthy moment, if the run has diverged and can't go on from the present one."""
    train_loss: float | None = None
    """The training loss at the end of the latest epoch, if it is known."""
    whole: bool = False
    """Whether all its weights should be restored, not only those of parts that were removed since."""


def checkpoint(run: Run) -> Checkpoint:
    """A copy of the present moment, which further training doesn't change."""
    moment = run.record.health.moment if run.can_go_back else None
    way_back = None if moment is None else Checkpoint(moment.setup.experiment, moment.state)
    evaluation = run.record.evaluation
    loss = None if evaluation is None or run.record.status == "diverged" else evaluation.train_loss
    return Checkpoint(run.experiment, run.state.copy(), way_back, loss)


def restore(run: Run, moment: Checkpoint) -> None:
    """Return a run to a moment, where its histories start. If the weights no longer fit, initial ones are used."""
    run.setup = Setup(moment.experiment, run.setup)
    fits = moment.state.fits(run.setup.network)
    run.state = moment.state.copy() if fits else initial_state(run.setup)
    if run.state.position >= run.setup.points:
        # The file of a table may have lost rows since.
        run.state.position = run.state.carried_points = 0
    record = run.record
    record.notes, record.changes, record.begun = () if fits else (OTHER_POINTS,), (), None
    record.be_ready()
    record.begin_again(run.setup.network)
    record.past = None if record.past is None else Past(record.past.most)
    # With `best` unknown, a moment whose loss has run away does not count as healthy.
    record.health = Health(best=0.0)


class HealthRecord(NamedTuple):
    """The numbers of `Health` that a document keeps."""

    best: float
    rate: float
    seconds: float | None
    """The training time at the checkpoint `HEALTHY`; None if there is none."""


Lockstep: TypeAlias = Literal["epoch", "step"]
"""What the lanes of a race have in common at every moment: completed epochs, or updates."""


class RaceDocument(NamedTuple):
    """A race as an immutable value: a document of every lane, at one moment."""

    lanes: tuple[Document, ...]
    lockstep: Lockstep


class Document(NamedTuple):
    """A whole run as an immutable value: its moments by name, and its past."""

    checkpoints: Mapping[str, Checkpoint]
    """The moments by name: always `PRESENT`, and `HEALTHY`, the latest healthy one, if there is any."""
    status: Status
    problem: str
    evaluation: Evaluation
    seconds: float
    """The time spent in training steps."""
    history: Timeline
    gradients: Timeline
    changes: tuple[Change, ...]
    engine_changes: tuple[tuple[int, EngineName], ...]
    """The steps at which the engine changed since the last reset."""
    initial: Mapping[str, Array]
    """The initial weights that were given, named as in weight files."""
    health: HealthRecord
    started_from: Array | None
    """The parameters before the first update, laid out flat; None once the network was rebuilt."""
    notes: tuple[str, ...] = ()
    """Notes for the user on how the document was read."""
    sample: Sample | None = None
    """The points of the present moment, since the file of a table may change or vanish; None to draw them again."""
    breaks: tuple[Break, ...] = ()
    """The steps at which the meaning of losses changed, as in `Record`."""
    race: RaceDocument | None = None
    """The race that was open beside the run."""
    past: Past | None = None
    """The checkpoints from which earlier moments are replayed."""

    @property
    def experiment(self) -> Experiment:
        return self.checkpoints[PRESENT].experiment

    def named(self) -> Document:
        """The document with an id for every layer, by which weights follow it; those from scripts may lack ids."""
        checkpoints = {name: _with_layer_ids(moment) for name, moment in self.checkpoints.items()}
        return self._replace(checkpoints=checkpoints)

    @property
    def present(self) -> Checkpoint:
        present = self.checkpoints[PRESENT]
        return present._replace(way_back=self.checkpoints.get(HEALTHY)) if self.status == "diverged" else present

    @property
    def engine(self) -> EngineName:
        """The engine that trained last."""
        return self.engine_changes[-1][1]


def _with_layer_ids(moment: Checkpoint) -> Checkpoint:
    experiment = msgspec.structs.replace(moment.experiment, layers=with_ids(moment.experiment.layers))
    way_back = None if moment.way_back is None else _with_layer_ids(moment.way_back)
    return Checkpoint(experiment, moment.state, way_back)


def document_of(run: Run) -> Document:
    """A document of a whole run, which must have been measured; further training doesn't change it."""
    record, moment = run.record, run.record.health.moment
    assert record.evaluation is not None
    checkpoints = {PRESENT: Checkpoint(run.experiment, run.state.copy())}
    if moment is not None:
        checkpoints[HEALTHY] = Checkpoint(moment.setup.experiment, moment.state)
    return Document(
        checkpoints=checkpoints,
        status=record.status,
        problem=record.problem,
        evaluation=record.evaluation,
        seconds=record.seconds,
        history=record.history.copy(),
        gradients=record.gradients.copy(),
        changes=record.changes,
        engine_changes=record.engine_changes,
        initial={name: np.array(values, np.float64) for name, values in record.initial.items()},
        health=HealthRecord(record.health.best, record.health.rate, None if moment is None else moment.seconds),
        started_from=record.started_from,
        sample=run.setup.sample,
        breaks=record.breaks,
        past=None if record.past is None else record.past.copy(),
    )


def _evaluation_moment(document: Document) -> When:
    """The moment of a document's evaluation: that of the latest row, or step −1 if it must be measured again."""
    state, rows = document.checkpoints[PRESENT].state, document.history.view()
    changed = document.changes[-1].step if document.changes else -1
    if not len(rows) or rows[-1, 1] != state.step or changed == state.step:
        return When(-1, 0.0, 0.0)
    return When(state.step, float(rows[-1, 0]), float(rows[-1, -1]))


def resume(document: Document, *, rows: int | None = None, past_bytes: int = 0) -> Run:
    """Turn a document back into a run, which continues as if it had never stopped.

    Its histories keep at most `rows` rows; with None, as many as before. With `past_bytes` its earlier moments can be
    replayed, as far back as the document goes.
    """
    present = document.checkpoints[PRESENT]
    setup = Setup(present.experiment, points=document.sample)
    best, rate, seconds = document.health
    healthy = None
    if seconds is not None:
        moment = document.checkpoints[HEALTHY]
        healthy = Moment(Setup(moment.experiment, setup), moment.state, seconds)
    record = Record(
        history=document.history.within(rows),
        gradients=document.gradients.within(rows),
        initial=dict(document.initial),
        engine_changes=document.engine_changes,
        evaluation=document.evaluation,
        status=document.status,
        problem=document.problem,
        notes=document.notes,
        seconds=document.seconds,
        changes=document.changes,
        breaks=document.breaks,
        measured=_evaluation_moment(document),
        health=Health(best, rate, healthy),
        started_from=document.started_from,
        past=None if not past_bytes else (document.past or Past()).within(past_bytes),
    )
    return Run(setup, present.state.copy(), record)
