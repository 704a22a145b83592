"""The race: variants of an experiment, trained side by side and in lockstep.

    race = Race([experiment.with_({"training.learning_rate": rate}) for rate in (0.01, 0.1, 1)])
    race.advance_epochs(10)
    [lane.evaluation.validation_loss for lane in race.lanes]

Every lane has a run of its own and ends bit for bit where that run would end alone on the same engine. Lanes that can
train in one group do so; otherwise each has an engine of its own, and `engine` says which.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from playground.engine.engine import GRADIENTS_EVERY, EngineName, Outcome
from playground.engine.engines import ChosenEngine
from playground.engine.lanes import cache
from playground.engine.lanes.engine import lane_fallbacks
from playground.engine.lanes.group import Group, group_key
from playground.engine.lanes.layout import HISTORY
from playground.engine.setup import Setup
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.rules import check
from playground.experiment.tree import Experiment
from playground.files.errors import InputError, Spoken
from playground.measure.observe import Request
from playground.measure.snapshot import Snapshot
from playground.run.run import Lockstep, RaceDocument, resume
from playground.run.trainer import Trainer
from playground.studies.variants import LaneNames, name_lanes

FEWEST_LANES, MOST_LANES = 2, 6
_PIECE_SECONDS = 0.008
"""The time that lanes may be apart."""


class RaceMoment(NamedTuple):
    """One moment of a race."""

    names: LaneNames
    lanes: tuple[Snapshot, ...]
    lockstep: Lockstep
    epoch: float
    """The completed epochs and the share of the present one, by the clock."""
    is_over: bool
    """Whether no lane can go on."""
    engine: EngineName
    is_together: bool
    """Whether all lanes train in one group."""
    behind: tuple[int, ...]
    """The places of lanes that have yet to catch up, since they were kept in step by another measure before."""
    is_comparable: bool
    """Whether losses of all lanes have the same meaning."""
    shares_weights: bool
    """Whether all lanes began with the same weights."""

    @property
    def progress(self) -> str:
        """How far the race has come, in what keeps its lanes in step: `epoch 12` or `step 1,200`."""
        if self.lockstep == "epoch":
            return f"epoch {math.floor(self.epoch):,}"
        return f"step {max(one.step for one in self.lanes):,}"

    @property
    def outcome_words(self) -> str:
        """The outcome by which lanes are ranked: their loss if that can be compared, else accuracy or R²."""
        share = "training" if any(one.evaluation.validation_loss is None for one in self.lanes) else "validation"
        score = "R²" if self.lanes[0].sample.task == "regression" else "accuracy"
        return f"{share} {'loss' if self.is_comparable else score}"

    @property
    def ranking(self) -> tuple[tuple[int, float], ...]:
        """The places of lanes that have not diverged, each with its outcome, the best first."""
        share = "train" if self.outcome_words.startswith("training") else "validation"
        name = f"{share}_{'loss' if self.is_comparable else 'accuracy'}"
        sound = [place for place, one in enumerate(self.lanes) if one.status != "diverged"]
        found = [(place, getattr(self.lanes[place].evaluation, name)) for place in sound]
        known = [(place, value) for place, value in found if value is not None and math.isfinite(value)]
        return tuple(sorted(known, key=lambda one: one[1], reverse=not self.is_comparable))


class Race:
    """Two to six experiments in training, each from its own initial weights; equal seeds and shapes share them.

    A *tick* moves the clock by one update of the lane that makes the most updates per epoch. In lockstep by epoch the
    others follow when their share of the epoch is due, in lockstep by step each makes one update per tick. A lane that
    has diverged or ended stays where it is. `alone` is the engine of lanes that cannot share a group; if `together` is
    false, no lanes do. Raises InputError for too few or too many lanes, and for equal ones.
    """

    def __init__(
        self,
        experiments: Sequence[Experiment],
        *,
        lockstep: Lockstep = "epoch",
        alone: ChosenEngine = "auto",
        together: bool = True,
        history_rows: int | None = None,
    ) -> None:
        checked = check_lanes(experiments)
        setups = [Setup(checked[0])]
        setups += [Setup(one, setups[0]) for one in checked[1:]]
        chosen: ChosenEngine = "lanes" if together and can_share_group(setups) else alone
        self._take([Trainer(one, engine=chosen, history_rows=history_rows) for one in checked], lockstep)

    @classmethod
    def of(cls, document: RaceDocument, *, engine: ChosenEngine | None = None, history_rows: int | None = None) -> Race:
        """Return a race that continues from a document, on the engine that trained it unless another is given.

        Raises InputError for lanes that can't race each other.
        """
        check_lanes([lane.experiment for lane in document.lanes])
        race = cls.__new__(cls)
        race._take([Trainer.of(resume(one, rows=history_rows), engine) for one in document.lanes], document.lockstep)
        return race

    def document(self) -> RaceDocument:
        """Return a document of all lanes, which further training doesn't change."""
        return RaceDocument(tuple(lane.document() for lane in self.lanes), self.lockstep)

    def _take(self, lanes: Sequence[Trainer], lockstep: Lockstep) -> None:
        self.lanes, self.lockstep = tuple(lanes), lockstep
        first, *others = (lane.experiment for lane in self.lanes)
        self.names = name_lanes((first, *others))
        self._is_comparable = all(losses_are_comparable(difference(first, one)) for one in others)
        starts = [lane.run.record.started_from for lane in self.lanes]
        self._shares_weights = len({None if one is None else one.tobytes() for one in starts}) == 1
        self.engine: EngineName = self.lanes[0].engine
        ready = [lane for lane in self.lanes if lane.status == "ready"]
        is_shared = self.engine == "lanes" and are_in_step(ready) and can_share_group([one.setup for one in self.lanes])
        self._shared = _SharedGroup(ready) if is_shared else None
        self._stride = 1
        self._read_clock()

    def _read_clock(self) -> None:
        """Set the clock to the lane that is ahead: when the lockstep changes, the others catch up."""
        self.clock = max(self._ticks_of(lane) for lane in self.lanes)

    @property
    def ticks_per_epoch(self) -> int:
        """The updates per epoch of the lane that makes the most."""
        return max(lane.setup.steps_per_epoch for lane in self.lanes)

    @property
    def ticks_per_step(self) -> float:
        """The ticks in which a typical lane, the middle one by its updates per epoch, makes an update."""
        if self.lockstep == "step":
            return 1.0
        per_epoch = sorted(lane.setup.steps_per_epoch for lane in self.lanes)
        return self.ticks_per_epoch / per_epoch[len(per_epoch) // 2]

    @property
    def epoch(self) -> float:
        """The completed epochs and the share of the present one, by the clock."""
        return self.clock / self.ticks_per_epoch

    @property
    def is_over(self) -> bool:
        """Whether no lane can go on."""
        return all(lane.status != "ready" for lane in self.lanes)

    def set_lockstep(self, lockstep: Lockstep) -> None:
        """Keep lanes in step by another measure; those that are behind by it catch up as training goes on."""
        self.lockstep = lockstep
        self._read_clock()

    def _due(self, lane: Trainer) -> int:
        """The number of updates that a lane has made when it is in step with the clock."""
        if self.lockstep == "step":
            return self.clock
        return self.clock * lane.setup.steps_per_epoch // self.ticks_per_epoch

    def _ticks_of(self, lane: Trainer) -> int:
        if self.lockstep == "step":
            return lane.state.step
        return -(-lane.state.step * self.ticks_per_epoch // lane.setup.steps_per_epoch)

    def advance(self, ticks: int, seconds: float = math.inf) -> None:
        """Train all lanes until the clock has moved by `ticks`, or `seconds` have passed.

        The clock waits for lanes that are behind, so that all end in step unless time was too short for these.
        """
        goal, deadline = self.clock + ticks, time.perf_counter() + seconds
        while self.clock < goal and not self.is_over:
            began = time.thread_time()
            if not self.behind:
                self.clock = min(goal, self.clock + self._stride)
            self._catch_up()
            # Time that other processes take is no reason for shorter pieces, each of which costs something.
            took = time.thread_time() - began
            self._stride = max(1, self._stride // 2) if took > _PIECE_SECONDS else 2 * self._stride
            if time.perf_counter() >= deadline:
                break

    def advance_epochs(self, epochs: int) -> None:
        """Train all lanes until the clock has passed the ends of `epochs` more epochs."""
        per_epoch = self.ticks_per_epoch
        self.advance((self.clock // per_epoch + epochs) * per_epoch - self.clock)

    @property
    def behind(self) -> tuple[int, ...]:
        """The places of the lanes that are not in step with the clock, but can get there."""
        return tuple(place for place, lane in enumerate(self.lanes) if self._missing(lane) > 0)

    def _missing(self, lane: Trainer) -> int:
        """The number of updates that a lane makes until it is in step with the clock."""
        return self._due(lane) - lane.state.step if lane.status == "ready" else 0

    def _catch_up(self) -> None:
        """Train lanes that are behind, but none for longer than a stride."""
        missing = [(lane, min(self._missing(lane), self._stride)) for lane in self.lanes]
        if self._shared is not None:
            self._shared.advance(max(steps for _, steps in missing))
            return
        for lane, steps in missing:
            if steps > 0:
                lane.advance(steps=steps)

    def reset(self) -> None:
        """Return all lanes to their initial weights."""
        for lane in self.lanes:
            lane.reset()
        self._take(self.lanes, self.lockstep)

    def moment(self, requests: Iterable[Request[Any]] = (), *, measured: bool = True) -> RaceMoment:
        """Return the present moment, with answers to requests; unless `measured`, evaluations may be older."""
        asked = frozenset(requests)
        lanes = tuple(lane.snapshot(asked, measured=measured) for lane in self.lanes)
        return RaceMoment(
            names=self.names,
            lanes=lanes,
            lockstep=self.lockstep,
            epoch=self.epoch,
            is_over=self.is_over,
            engine=self.engine,
            is_together=self._shared is not None,
            behind=self.behind,
            is_comparable=self._is_comparable,
            shares_weights=self._shares_weights,
        )


def check_lanes(experiments: Sequence[Experiment]) -> tuple[Experiment, ...]:
    """Return experiments, checked, that can race. Raises InputError for too few, too many or equal ones."""
    if not FEWEST_LANES <= len(experiments) <= MOST_LANES:
        raise InputError("lanes", len(experiments), f"{FEWEST_LANES} to {MOST_LANES} experiments")
    checked = tuple(map(check, experiments))
    for place, one in enumerate(checked):
        if one in checked[:place]:
            raise InputError(f"lanes[{place}]", Spoken("an equal one"), "different from all other lanes")
    return checked


def can_share_group(setups: Sequence[Setup]) -> bool:
    """Whether networks can train in one group whose kernels are available.

    Early stopping and plateau schedules, which react to every epoch, leave each lane to an engine of its own.
    """
    training = [setup.training for setup in setups]
    reacts = any(one.early_stopping is not None or hasattr(one.schedule, "watch") for one in training)
    return (
        not reacts
        and len(set(map(group_key, setups))) == 1
        and not any(map(lane_fallbacks, setups))
        and cache.are_ready(setups[0].network.dtype.name)
    )


def are_in_step(lanes: Sequence[Trainer]) -> bool:
    """Whether there are lanes and all stand at the same update."""
    return len({(lane.state.step, lane.state.position, lane.state.carried_points) for lane in lanes}) == 1


class _SharedGroup:
    """The group in whose lanes the lanes of a race train; their runs are brought up to date after each piece."""

    def __init__(self, trainers: Sequence[Trainer]) -> None:
        self._group = Group(trainers[0].setup, histories=False)
        self._lanes = [(one, self._group.add(one.setup, one.state)) for one in trainers]
        self._columns = 1 + 3 * len(trainers[0].network.layers)

    def advance(self, steps: int) -> None:
        """Make as many updates in every lane that has not ended."""
        while steps > 0 and self._group.is_running:
            steps -= self._advance_piece(steps)

    def _advance_piece(self, steps: int) -> int:
        group, room = self._group, self._group.own_room
        training = [(one, lane) for one, lane in self._lanes if one.status == "ready"]
        made = group.advance_block(0, room, updates=steps, gradients_every=GRADIENTS_EVERY)
        history = room.history["lanes"][: made.history_rows * len(HISTORY)]
        history = history.reshape(made.history_rows, len(HISTORY), group.width)
        sizes = room.gradients["lanes"][: made.gradient_rows * self._columns]
        sizes = sizes.reshape(made.gradient_rows, self._columns, group.width)
        for trainer, lane in training:
            epochs, gradients = (part[~np.isnan(part[:, 0, lane]), :, lane] for part in (history, sizes))
            outcome = Outcome(epochs, gradients, made.seconds, None, group.fault(lane))
            trainer.take_outcome(group.take(lane), outcome)
        return max(1, made.updates)
