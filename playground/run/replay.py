"""Replaying the past of a run: an earlier moment, trained again from a checkpoint on the engine that trained it.

    moment = replay_to(trainer.run, 1000)

The moment is a trainer of its own, equal to the run as it was, bit for bit; `branch_of` makes it a run that can go on.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from playground.engine.compiled import cache
from playground.engine.engine import EngineName
from playground.engine.evaluation import Evaluation
from playground.engine.lanes import cache as lanes
from playground.engine.setup import Setup
from playground.files.errors import MissingError
from playground.measure.snapshot import History
from playground.run.changes import network_shape
from playground.run.health import Health
from playground.run.past import KeptState, state_of
from playground.run.record import Record
from playground.run.run import Run
from playground.run.trainer import Trainer
from playground.run.transplant import layer_sources, structure_of_setup

_ROWS = 512
"""The most rows of the history that a replay keeps; those of the run itself take their place."""


class Replay:
    """An earlier moment of a run, on the way from a checkpoint. The run must not train meanwhile.

    `before` is an earlier replay of the same run, whose engine is used again. Raises MissingError if the run has no
    past.
    """

    def __init__(self, run: Run, step: int, before: Replay | None = None) -> None:
        place = None if run.record.past is None else run.record.past.place_of(step, run.state.step)
        if place is None:
            raise MissingError("past", "the run has kept no checkpoints")
        self.asked, self.step = step, place.step
        """The step that was asked for, and the step of the moment."""
        self._run, self._stretch = run, place.stretch
        self._kept = place.stretch.kept[place.number]
        is_shared = before is not None and before._stretch is place.stretch
        self.setup: Setup = (
            before.setup
            if before is not None and is_shared
            else Setup(self._stretch.experiment, run.setup, self._stretch.sample)
        )
        self._engine = _engine_at_hand(self._stretch.engine, self.setup)
        self._trainer: Trainer | None = None
        """The trainer, made on first use, since another moment may be requested before."""

    @property
    def trainer(self) -> Trainer:
        """The moment, or until it is reached the point on the way there."""
        self._trainer = self._trainer or self._trainer_at(self._kept)
        return self._trainer

    @property
    def _reached(self) -> int:
        return self._kept.step if self._trainer is None else self._trainer.state.step

    @property
    def is_exact(self) -> bool:
        """Whether the moment is the one asked for and is trained by the engine that trained it."""
        engine = self._engine if self._trainer is None else self._trainer.engine
        return self.step == self.asked and engine == self._stretch.engine

    @property
    def is_there(self) -> bool:
        return self._reached >= self.step

    @property
    def seconds_left(self) -> float:
        """About how long the rest of the replay takes: as long as it took to train."""
        return self._seconds_at(self.step) - self._seconds_at(self._reached)

    def advance(self, seconds: float | None = None) -> bool:
        """Train towards the moment, for some time at most; return whether it is there."""
        if not self.is_there:
            self.trainer.advance(steps=self.step - self.trainer.state.step, seconds=seconds)
            # Training that ended by itself at this step, as it does when it diverges, goes no farther.
            if self.trainer.status != "ready":
                self.step = self.trainer.state.step
        if self.is_there:
            self._take_record(self.trainer)
        return self.is_there

    def nearest(self) -> Trainer:
        """The moment nearest to the one asked for that is there at once: one update after a checkpoint."""
        kept, stop = self._stretch.kept, self._stretch.stop or self._run.state.step
        reach = self.step - self._kept.step - 1
        later = (one for one in kept if self._kept.step < one.step < stop and one.step + 1 - self.step < reach)
        at_hand = self._trainer_at(next(later, self._kept))
        if self.step > self._kept.step:
            # What is seen of a moment includes the update that led to it.
            at_hand.advance(steps=1)
        self._take_record(at_hand)
        return at_hand

    def _trainer_at(self, kept: KeptState) -> Trainer:
        record = Record.new(self.setup.network, self._run.record.initial, self._engine, _ROWS)
        record.seconds = kept.seconds
        return Trainer.of(Run(self.setup, state_of(kept, self.setup), record), self._engine)

    def _seconds_at(self, step: int) -> float:
        rows, columns = self._run.record.history.view(), History._fields
        steps, seconds = (rows[:, columns.index(name)] for name in ("step", "seconds"))
        present = self._run.state.step, self._run.record.seconds
        return float(np.interp(step, np.append(steps, present[0]), np.append(seconds, present[1])))

    def _take_record(self, trainer: Trainer) -> None:
        """Give a moment what the run had recorded until then."""
        record, now, step = self._run.record, trainer.run.record, trainer.state.step
        is_first = record.past is not None and step == record.past.first
        column = History._fields.index("step")
        now.history, now.gradients = record.history.until(column, step), record.gradients.until(0, step)
        now.started_from, now.departed = record.started_from, record.departed
        if network_shape(self._run.setup) != network_shape(self.setup):
            layers, new = len(self._run.setup.network.layers), structure_of_setup(self.setup)
            sources = layer_sources(structure_of_setup(self._run.setup), new)
            now.started_from = None
            now.rearrange_gradients(sources, layers)
            now.bring_gradients_back([layer.name for layer in new.network.layers], sources)
        if now.started_from is not None:
            now.started_from = now.started_from.astype(self.setup.network.dtype, copy=False)
        now.changes = tuple(one for one in record.changes if one.step < step or is_first)
        now.breaks = tuple(one for one in record.breaks if one.step < step or is_first)
        engines = tuple(one for one in record.engine_changes if one[0] < step)
        now.engine_changes = engines or record.engine_changes[:1]
        now.seconds = self._seconds_at(step)
        row = now.history.view()[-1:]
        if is_first and len(row) and row[0, column] == step:
            numbers = row[0, 3 : 3 + len(Evaluation._fields)].tolist()
            now.evaluation = Evaluation(*(None if math.isnan(value) else value for value in numbers))
            now.measured = trainer.run.now
        elif trainer.run.is_measured:
            now.measured = trainer.run.now


def replay_to(run: Run, step: int) -> Trainer:
    """Replay a run to the moment of a step. Raises MissingError if it has kept no past."""
    replay = Replay(run, step)
    replay.advance()
    return replay.trainer


def branch_of(run: Run, moment: Trainer) -> Run:
    """A run that goes on from an earlier moment of another as if nothing had come after it."""
    past = run.record.past
    assert past is not None
    record = replace(moment.run.record, past=past.until(moment.state.step), health=Health(best=0.0))
    record.be_ready()
    return Run(moment.setup, moment.state, record)


def _engine_at_hand(engine: EngineName, setup: Setup) -> EngineName:
    """The engine of a stretch if nothing has to be compiled for it, else the reference."""
    precision = setup.network.dtype.name
    if engine == "compiled" and not (precision in cache.LOADED or cache.are_cached(precision)):
        return "reference"
    if engine == "lanes" and not lanes.are_ready(precision):
        return "reference"
    return engine
