"""The past of a run: checkpoints of its state, from which `replay` trains any earlier moment again, bit for bit.

Training is a function of the state, the experiment and the engine. So a checkpoint now and then is enough, with a new
one wherever something other than training has changed the state: such a `Stretch` of training has one experiment and
one engine. The past stays within a number of bytes: when it is full, every other checkpoint goes, the earliest first
and only as many as need be, so that the time from one to the next, and with it the longest replay, grows in proportion
to the run.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table
from playground.catalog.schedules import PlateauMemory
from playground.engine.engine import EngineName
from playground.engine.network import Network
from playground.engine.setup import Setup
from playground.engine.state import State, StoppingMemory
from playground.experiment.tree import Experiment

PAST_BYTES = 64 * 2**20
"""The memory that the past of a run in the window may take."""
_LEAST_SPACING = 0.002
"""The least seconds of training between two checkpoints: replaying less than that is not worth a copy."""
_REST = 100
"""How many times as long as a copy takes training goes on before the next one, so that copies stay cheap."""
_FILLED = 0.97
"""The part of its room that a past takes after it was thinned out, so that this is not done for every checkpoint."""
_KEPT_BYTES, _STRETCH_BYTES, _POINT_BYTES = 500, 3000, 110
"""About what a checkpoint takes beside its arrays, a stretch beside its checkpoints, and an own point."""
ARRAYS = ("parameters", "slots", "carried", "pruned", "rate_factors", "best", "gradient", "update")
"""The arrays of a checkpoint in their order; `best` are the parameters of early stopping's best epoch."""
_ALWAYS = ("parameters", "slots")


class KeptState(NamedTuple):
    """A checkpoint: the state after an update, without what the next update computes again."""

    step: int
    epoch: int
    position: int
    carried_points: int
    optimizer_steps: int
    seed: int
    plateau: PlateauMemory
    stopping: StoppingMemory
    """Without its parameters, which are among the arrays."""
    seconds: float
    """The time spent in training steps until then."""
    arrays: int
    """Which of `ARRAYS` it has, a bit for each; the others are zero or empty."""
    data: bytes
    """Their entries one after the other."""


def keep_state(state: State, seconds: float, *, whole: bool = False) -> KeptState:
    """Pack a state; `whole` keeps the latest gradient and update too, which only the first moment of a past needs."""
    marks, parts = 0, list[bytes]()
    for place, name in enumerate(ARRAYS):
        array = state.stopping.parameters if name == "best" else getattr(state, name)
        if name in ("gradient", "update") and not whole:
            continue
        if array is None or (name not in (*_ALWAYS, "best") and not array.view(np.uint8).any()):
            continue
        marks |= 1 << place
        parts.append(array.tobytes())
    stopping = state.stopping if state.stopping.parameters is None else state.stopping._replace(parameters=None)
    return KeptState(
        state.step, state.epoch, state.position, state.carried_points, state.optimizer_steps, state.seed,
        state.plateau, stopping, seconds, marks, b"".join(parts),
    )  # fmt: skip


def array_sizes(network: Network, slots: int) -> dict[str, tuple[tuple[int, ...], np.dtype[Any]]]:
    """The shape and type of each of `ARRAYS` for a network whose optimizer has `slots` rows of memory."""
    size, dtype = network.size, network.dtype
    shapes: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {
        name: ((slots, size) if name == "slots" else (size,), dtype) for name in ARRAYS
    }
    return shapes | {"pruned": ((size,), np.dtype(bool))}


def array_places(network: Network, slots: int, marks: int) -> dict[str, slice]:
    """The places of the marked arrays among the bytes of a checkpoint."""
    places, start = dict[str, slice](), 0
    for place, (name, (shape, dtype)) in enumerate(array_sizes(network, slots).items()):
        if marks >> place & 1:
            places[name] = slice(start, start + int(np.prod(shape)) * dtype.itemsize)
            start = places[name].stop
    return places


def state_of(kept: KeptState, setup: Setup) -> State:
    """The state of a checkpoint in its setup; a gradient and an update that were not kept are 0."""
    slots, arrays = len(setup.training.optimizer.slots), dict[str, Array]()
    places = array_places(setup.network, slots, kept.arrays)
    for name, (shape, dtype) in array_sizes(setup.network, slots).items():
        if name in places:
            arrays[name] = np.frombuffer(kept.data[places[name]], dtype).reshape(shape).copy()
        elif name != "best":
            arrays[name] = np.zeros(0 if name == "rate_factors" else shape, dtype)
    stopping = kept.stopping._replace(parameters=arrays.pop("best", None))
    return State(
        step=kept.step, epoch=kept.epoch, position=kept.position, carried_points=kept.carried_points,
        optimizer_steps=kept.optimizer_steps, seed=kept.seed, plateau=kept.plateau, stopping=stopping, **arrays,
    )  # fmt: skip


@dataclass(frozen=True)
class Stretch:
    """Training that nothing interrupted: one experiment on one engine, with the checkpoints since its start."""

    experiment: Experiment
    engine: EngineName
    sample: Sample | None
    """The points of a table, whose file may change or vanish; None to draw them again."""
    kept: list[KeptState]
    """In order of their steps; the first is where the stretch begins."""
    stop: int | None = None
    """The last step of the stretch; None while it is the latest."""

    @property
    def first(self) -> int:
        return self.kept[0].step

    @property
    def seconds(self) -> float:
        """The time from its first checkpoint to its last."""
        return self.kept[-1].seconds - self.kept[0].seconds

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        data = self.experiment.data
        points = data.size * _POINT_BYTES if isinstance(data, UserPoints) else 0
        return _STRETCH_BYTES + points + sum(_KEPT_BYTES + len(one.data) for one in self.kept)


class PastPlace(NamedTuple):
    """Where a moment lies in a past."""

    stretch: Stretch
    number: int
    """The place of the checkpoint to replay from among those of the stretch."""
    step: int
    """The moment's step, or the nearest that can be replayed."""


@dataclass
class Past:
    """The checkpoints of a run so far, within a number of bytes.

    The moment of a step is the state right after that update. What was changed between two updates belongs to the
    moments after it; before the first update there is only what the run began with.
    """

    most: int = PAST_BYTES
    stretches: list[Stretch] = field(default_factory=list)
    spacing: float = _LEAST_SPACING
    """The least seconds of training from one checkpoint to the next."""
    _setup: Setup | None = None
    """The setup of the latest stretch while training can go on in it."""
    _due: float = 0.0
    _copy_seconds: float = 0.001
    _bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self._take(self.stretches)

    @property
    def size(self) -> int:
        """About how many bytes it takes."""
        return self._bytes

    @property
    def first(self) -> int | None:
        """The step of the earliest moment; None while there is none."""
        return self.stretches[0].first if self.stretches else None

    def break_off(self) -> None:
        """Note that something other than training has changed the state."""
        self._setup = None

    def begin(self, setup: Setup, state: State, engine: EngineName, seconds: float) -> None:
        """Note that training goes on from a state, in the latest stretch or in one of its own."""
        latest = self.stretches[-1] if self.stretches else None
        if latest is not None and self._setup is setup and latest.engine == engine:
            return
        if latest is not None and (latest.first >= state.step or latest.kept[-1].step > state.step):
            before = self.until(state.step).stretches
            self._take(before[:-1] if before[-1].first >= state.step else before)
        if self.stretches:
            self.stretches[-1] = replace(self.stretches[-1], stop=state.step)
        sample = setup.sample if isinstance(setup.experiment.data, Table) else None
        kept = keep_state(state, seconds, whole=not self.stretches)
        self.stretches.append(Stretch(setup.experiment, engine, sample, [kept]))
        self._bytes += self.stretches[-1].size
        self._make_room()
        self._setup, self._due = setup, seconds + self.spacing

    def keep(self, state: State, seconds: float) -> None:
        """Keep a checkpoint of the latest stretch, unless the one before was just now."""
        if seconds < self._due or self.stretches[-1].kept[-1].step >= state.step:
            return
        started = time.perf_counter()
        kept = keep_state(state, seconds)
        self.stretches[-1].kept.append(kept)
        self._bytes += _KEPT_BYTES + len(kept.data)
        self._make_room()
        # One that was interrupted is no measure.
        self._copy_seconds = min(time.perf_counter() - started, 2 * self._copy_seconds)
        self._due = seconds + max(self.spacing, _REST * self._copy_seconds)

    def copy(self) -> Past:
        """A past of its own with the same checkpoints, in which nothing goes on yet."""
        stretches = [replace(one, kept=[*one.kept]) for one in self.stretches]
        return Past(self.most, stretches, self.spacing)

    def until(self, step: int) -> Past:
        """The past up to a step, as a copy."""
        whole = self.stretches[:1] + [one for one in self.stretches[1:] if one.first < step]
        cut = [replace(one, kept=one.kept[: max(1, _count(one, step + 1))]) for one in whole]
        if cut:
            cut[-1] = replace(cut[-1], stop=None)
        return Past(self.most, cut, self.spacing)

    def within(self, most: int) -> Past:
        """A copy that takes at most so many bytes, with fewer checkpoints if need be."""
        result = self.copy()
        result.most = most
        result._make_room()
        return result

    def place_of(self, step: int, present: int) -> PastPlace | None:
        """The place of the moment of a step in a run whose present step is `present`; None without a past.

        A moment that can't be replayed, since its checkpoints were removed, is replaced by the nearest one that can.
        """
        if not self.stretches:
            return None
        step = min(max(step, self.stretches[0].first), present)
        index = max(0, bisect_left([one.first for one in self.stretches], step) - 1)
        stretch = self.stretches[index]
        if stretch.stop is not None and step > stretch.stop:
            after = self.stretches[index + 1] if index + 1 < len(self.stretches) else stretch
            if after is not stretch and after.first < present and after.first - step < step - stretch.stop:
                return PastPlace(after, 0, after.first + 1)
            step = stretch.stop
        return PastPlace(stretch, max(0, _count(stretch, step) - 1), step)

    def _take(self, stretches: Iterable[Stretch]) -> None:
        self.stretches = list(stretches)
        self._bytes = sum(one.size for one in self.stretches)

    def _make_room(self) -> None:
        """Thin out checkpoints that take too much, until some room is free or only first ones are left.

        If those still take too much, as after long drags, the shortest stretches are removed.
        """
        if self._bytes <= self.most:
            return
        while self._bytes > _FILLED * self.most and any(len(one.kept) > 1 for one in self.stretches):
            self._thin_out(_FILLED * self.most)
        inner = sorted(self.stretches[1:-1], key=lambda one: one.seconds)
        while self._bytes > self.most and inner:
            gone = inner.pop(0)
            self._take(one for one in self.stretches if one is not gone)

    def _thin_out(self, most: float) -> None:
        """Space checkpoints twice as widely, the earliest first, until they take at most so many bytes.

        Those that have not had their turn by then have it the next time, so that there are never fewer than need be.
        """
        spacing = max(2 * self.spacing, _LEAST_SPACING)
        for place, one in enumerate(self.stretches):
            kept = _spaced(one.kept, spacing, self._bytes - most)
            if len(kept) < len(one.kept):
                before, self.stretches[place] = one.size, replace(one, kept=kept)
                self._bytes += self.stretches[place].size - before
            if self._bytes <= most:
                return
        self.spacing = spacing


def _count(stretch: Stretch, step: int) -> int:
    """How many checkpoints of a stretch are before a step."""
    return bisect_left(stretch.kept, step, key=lambda one: one.step)


def _spaced(kept: list[KeptState], spacing: float, free: float) -> list[KeptState]:
    """Some checkpoints without those that lie closer together, the earliest first, until so many bytes are free."""
    result = [kept[0]]
    for place, one in enumerate(kept[1:], 1):
        if free <= 0:
            return result + kept[place:]
        if one.seconds - result[-1].seconds >= spacing:
            result.append(one)
        else:
            free -= _KEPT_BYTES + len(one.data)
    return result
