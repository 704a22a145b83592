"""A group: many networks of one shape that train at once, each in a lane of its own.

    group = Group(setup)                     # kernels are compiled, or loaded, when the first group is made
    lanes = [group.add(Setup(experiment, setup)) for experiment in experiments]
    advance([group], epochs=200, threads=2)  # or updates=…, seconds=…, until=lambda: cancelled
    group.status(lane), group.evaluation(lane), group.history(lane), group.gradients(lane), group.learning_rate(lane)
    state = group.take(lane)                 # a State like any other; group.put(lane, setup, state) is the way back
    group.add(setup)                         # fills a lane that `group.release(lane)` has freed, or a new one

All members have the same `group_key`: shapes, number of points, batches and kinds of choices. Every number may differ:
seeds, points' places, learning rate, settings of formulas, and what schedule and early stopping remember. A member's
bits follow from its own setup and state: they do not depend on its lane, its neighbours, the vectors' width, the number
of threads, or where training was interrupted.
"""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache as cache_forever
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import Array, Choice
from playground.catalog.losses import CrossEntropy, Loss
from playground.catalog.normalizations import Normalization
from playground.catalog.optimizers import Optimizer, Sgd
from playground.catalog.regularizers import NoRegularizer, Regularizer
from playground.catalog.schedules import Plateau, PlateauMemory, Schedule
from playground.engine.compiled.cache import system_clock
from playground.engine.compiled.engine import formula_settings, place_in_family
from playground.engine.evaluation import Evaluation, spread
from playground.engine.lanes import cache, layout
from playground.engine.lanes.layout import Block, Number, Room, Whole
from playground.engine.passes import DivergedError
from playground.engine.setup import Setup
from playground.engine.state import State, StoppingMemory, factor_growth, fresh_state

LaneStatus: TypeAlias = Literal["idle", "running", "completed", "stopped_early", "diverged"]
STATUSES: tuple[LaneStatus, ...] = ("idle", "running", "completed", "stopped_early", "diverged")
"""In the order of their numbers in the kernels."""

_NO_LIMIT = 2**62
_ROWS = 256
"""Rows of the histories that one call can fill."""
_SECONDS = 0.02
"""The longest that a kernel runs before it is asked whether to go on."""
_BROKEN = {1: "the loss", 2: "the gradient", 3: "the spread", 4: "a weight", layout.MEMORY: "the optimizer's memory"}


def group_key(setup: Setup, *, reacts: bool = True) -> Hashable:
    """Return the key of a setup: networks with the same key can train in one group.

    Schedule and early stopping are part of it only if the group `reacts` to the ends of epochs.
    """
    return setup.derive(("group", reacts), lambda: _group_key(setup, reacts=reacts))


def _group_key(setup: Setup, *, reacts: bool) -> Hashable:
    training, stopping = setup.training, setup.training.early_stopping
    schedule = training.schedule
    decided = (type(schedule), schedule.warmup > 0, getattr(schedule, "watch", None))
    return (
        setup.network.kinds, setup.sample.task, setup.points, setup.validation_points, setup.batch_size,
        training.batching, training.shuffle, type(training.optimizer), training.clip_norm is None,
        training.weight_decay > 0, training.weight_noise > 0,
        (*decided, stopping and (stopping.watch, stopping.restore)) if reacts else None,
    )  # fmt: skip


class GradientSizes(NamedTuple):
    """The sizes of a lane's gradients at its latest evaluation, layer by layer; see `GradientHistory`."""

    step: int
    gradient_rms: Array
    delta_rms: Array
    update_ratios: Array


class Group:
    """Networks that train at the same time; see the top of the module.

    `evaluate_every` counts epochs between two evaluations; it is 1 where schedule or early stopping react to each. With
    `reacts` off somebody else does that, and stops what is done. `width` is the number of lanes of a vector, by default
    what the machine has. Raises UnavailableError.
    """

    def __init__(
        self,
        setup: Setup,
        *,
        evaluate_every: int = 1,
        histories: bool = True,
        reacts: bool = True,
        width: int | None = None,
    ) -> None:
        network = setup.network
        self.key, self.dtype, self._reacts = group_key(setup, reacts=reacts), network.dtype, reacts
        self.width = width or cache.width_for(network.dtype)
        self.evaluate_every = 1 if _reacts(setup) else evaluate_every
        self._histories = histories
        self._kernels = cache.load_kernels(network.dtype.name, self.width)
        self._network, self._clock = network, system_clock()
        self._group, self._layers = _records(setup)
        if not reacts:
            for name in ("plateau", "stops", "restores"):
                self._group[name] = 0
        self._room_size = int(self._group[0]["space"])
        self._members: dict[int, Setup] = {}
        self._blocks: list[_LaneBlock] = []
        self._table = np.zeros(0, network.dtype)
        self._places: dict[tuple[int, tuple[str, ...]], tuple[int, int, float, float, object]] = {}
        self._started: tuple[object, Array, Setup] | None = None
        """The weights that the latest newcomer began with, what they depend on, and what keeps that alive."""
        self._blank: State | None = None
        """The state of the latest newcomer: what newcomers have in common is made once."""
        self._settings: dict[int, tuple[object, list[float]]] = {}
        self._of_layers: tuple[object, list[float]] = (None, [])
        """The numbers of the latest network's layers, with the network."""

    # Members --------------------------------------------------------------------------------------------------------

    @property
    def lanes(self) -> tuple[int, ...]:
        """The numbers of the lanes that hold a member, done or not."""
        return tuple(self._members)

    def member(self, lane: int) -> Setup:
        return self._members[lane]

    def add(self, setup: Setup, state: State | None = None) -> int:
        """Put a network into a free lane, or into one of a new block; return the lane's number. See `put`."""
        state = state or self._fresh(setup)
        number = next((k for k, block in enumerate(self._blocks) if block.free and block.takes(state)), None)
        if number is None:
            number = len(self._blocks)
            self._blocks.append(_LaneBlock(self._group[0], len(self._network.layers), self.dtype, self.width))
        lane = number * self.width + self._blocks[number].free[-1]
        self._fill(lane, setup, state)
        return lane

    def _fresh(self, setup: Setup) -> State:
        """Return the state before the first update, valid until the next call.

        Setups that differ only in training numbers share its weights.
        """
        experiment = setup.experiment
        key = (id(setup.network), id(setup.sample), experiment.seed, experiment.bias)
        if self._started is None or self._started[0] != key:
            parameters = setup.network.initial(experiment.seed, experiment.bias, experiment.data.stream())
            self._started = (key, parameters, setup)
        if self._blank is None:
            self._blank = fresh_state(setup.network, experiment.training.optimizer, self._started[1], experiment.seed)
        self._blank.parameters, self._blank.seed = self._started[1], experiment.seed
        return self._blank

    def put(self, lane: int, setup: Setup, state: State) -> None:
        """Put a network into a lane, to train on from a state, which is copied.

        Raises ValueError for a network of another group, or at another point of its epoch than its neighbours.
        """
        if not self._blocks[lane // self.width].takes(state, besides=lane % self.width):
            raise ValueError("the networks beside it are at another point of their epoch")
        self._fill(lane, setup, state)

    def _fill(self, lane: int, setup: Setup, state: State) -> None:
        if group_key(setup, reacts=self._reacts) != self.key:
            raise ValueError("this network belongs to another group")
        block, place = self._blocks[lane // self.width], lane % self.width
        self._members[lane] = setup
        block.write_settings(place, self._lane_numbers(setup), self._layer_numbers(setup))
        block.write(place, setup, state, self._place_of_points(setup)[:2])
        block.forget(place)

    def release(self, lane: int) -> None:
        """Free a lane for another network."""
        del self._members[lane]
        block, place = self._blocks[lane // self.width], lane % self.width
        block.wholes[Whole.STATUS, place] = layout.IDLE
        block.free.append(place)

    def run_until(self, lane: int, epoch: int) -> None:
        """Set the epoch up to which a network trains, in place of the one in its experiment."""
        block, place = self._blocks[lane // self.width], lane % self.width
        block.wholes[Whole.STATUS, place], block.wholes[Whole.LAST_EPOCH, place] = layout.RUNNING, epoch

    def take(self, lane: int) -> State:
        """Return a copy of the state of the network in a lane."""
        block, place = self._blocks[lane // self.width], lane % self.width
        return block.read(place, self._members[lane], self._network.size)

    def _lane_numbers(self, setup: Setup) -> list[float]:
        """Return the rows of `Number` from the base rate to the settings of the schedule."""
        training, stopping = setup.training, setup.training.early_stopping
        _, _, train_spread, validation_spread, _ = self._place_of_points(setup)
        nan = math.nan
        return [
            training.learning_rate, nan, training.weight_decay, training.weight_noise, training.clip_norm or 0.0,
            stopping.min_delta if stopping else 0.0, -math.inf, math.inf, train_spread, validation_spread,
            nan, nan, nan, nan, 0.0, 0.0,
            *self._numbers_of(training.optimizer), *self._numbers_of(setup.network.loss),
            *self._numbers_of(training.schedule),
        ]  # fmt: skip

    def _layer_numbers(self, setup: Setup) -> list[float]:
        if self._of_layers[0] is not setup.network:
            numbers: list[float] = []
            for layer in setup.network.layers:
                numbers += self._numbers_of(layer.activation)
                numbers += self._numbers_of(layer.regularizer)
                numbers += [layer.dropout, 1 / (1 - layer.dropout)]
            self._of_layers = (setup.network, numbers)
        return self._of_layers[1]

    def _numbers_of(self, choice: Choice) -> list[float]:
        """Return the numbers that a choice's formulas take; computed once per choice."""
        found = self._settings.get(id(choice))
        if found is None:
            found = self._settings[id(choice)] = (choice, _settings(choice))
        return found[1]

    def _place_of_points(self, setup: Setup) -> tuple[int, int, float, float, object]:
        """Return the first rows of a setup's points in the table, and the spreads of its targets."""
        key = (id(setup.sample), setup.experiment.features)
        if key not in self._places:
            rows = [_rows_of(part) for part in (setup.train, setup.validation)]
            begin = len(self._table)
            self._table = np.concatenate([self._table, *(row.ravel().astype(self.dtype) for row in rows)])
            of_train, of_validation = (
                spread(np.asarray(part.labels, np.float64)) for part in (setup.train, setup.validation)
            )
            self._places[key] = (begin, begin + rows[0].size, of_train, of_validation, setup.sample)
        return self._places[key]

    # Results --------------------------------------------------------------------------------------------------------

    def status(self, lane: int) -> LaneStatus:
        return STATUSES[int(self._whole(lane, Whole.STATUS))]

    def epoch(self, lane: int) -> int:
        return int(self._whole(lane, Whole.EPOCH))

    def step(self, lane: int) -> int:
        return int(self._whole(lane, Whole.STEP))

    def learning_rate(self, lane: int) -> float:
        """Return the learning rate of the latest update; NaN before the first."""
        return float(self._blocks[lane // self.width].numbers[Number.RATE, lane % self.width])

    def evaluation(self, lane: int) -> Evaluation:
        """Return the losses and accuracies of the lane's latest evaluation, all None before the first."""
        block, first = self._blocks[lane // self.width], int(Number.TRAIN_LOSS)
        numbers = block.numbers[first : first + 4, lane % self.width].tolist()
        return Evaluation(*(None if math.isnan(number) else number for number in numbers))

    def history(self, lane: int) -> Array:
        """Return a row for every evaluation since the lane was filled, with the columns of `layout.HISTORY`."""
        return self._blocks[lane // self.width].history_of(lane % self.width)

    def gradients(self, lane: int) -> GradientSizes | None:
        """Return the sizes of the gradients at the lane's latest evaluation; None before the first."""
        row = self._blocks[lane // self.width].sizes[:, lane % self.width]
        if math.isnan(row[0]):
            return None
        return GradientSizes(int(row[0]), *row[1:].reshape(3, -1))

    def fault(self, lane: int) -> DivergedError | None:
        """Return the error of a lane that has diverged, which names what is not finite."""
        if self._whole(lane, Whole.STATUS) != layout.DIVERGED:
            return None
        what, layer = _BROKEN[int(self._whole(lane, Whole.BROKEN))], int(self._whole(lane, Whole.BROKEN_LAYER))
        return DivergedError(what, self._members[lane].network.layers[layer].name)

    def _whole(self, lane: int, row: Whole) -> Any:
        return self._blocks[lane // self.width].wholes[row, lane % self.width]

    @property
    def is_running(self) -> bool:
        return any(block.is_running for block in self._blocks)

    def running_in(self, number: int) -> int:
        """Return how many lanes of a block are still training."""
        return self._blocks[number].running

    # Training -------------------------------------------------------------------------------------------------------

    def room(self, used: Room | None = None) -> Room:
        """Return work space for one thread: `used`, that of another group, if it fits."""
        count, points = len(self._network.layers), int(self._group[0]["points"])
        vectors = _vectors_of(self.width)
        room = Room(
            space=vectors(self._room_size, self.dtype),
            order=vectors(points, np.int32),
            history=vectors(_ROWS * len(layout.HISTORY), np.float64),
            gradients=vectors(_ROWS * (1 + 3 * count), np.float64),
            measured=vectors(count, np.float64),
            pruned=vectors(self._network.size if self._group[0]["prunes"] else 1, self.dtype),
        )
        if used is not None and all(a.size == b.size and a.dtype == b.dtype for a, b in zip(used, room, strict=True)):
            return used
        return room

    @cached_property
    def own_room(self) -> Room:
        """Return the group's own work space, for callers on one thread at a time."""
        return self.room()

    def advance_block(
        self,
        number: int,
        room: Room,
        *,
        updates: int = _NO_LIMIT,
        epochs: int = _NO_LIMIT,
        seconds: float = math.inf,
        rates: Array | None = None,
        rate_per_step: bool = False,
        gradients_every: int = 0,
        return_when_done: bool = False,
    ) -> BlockOutcome:
        """Train one block until a limit is reached, its history table is full, or all its lanes are done."""
        block, call = self._blocks[number], np.zeros(1, layout.CALL)
        one = call[0]
        one["updates"], one["epochs"], one["evaluate_every"] = updates, epochs, self.evaluate_every
        one["gradients_every"], one["given_rates"], one["return_when_done"] = (
            gradients_every, rates is not None, return_when_done,
        )  # fmt: skip
        one["rate_per_step"] = rate_per_step
        one["factored"] = (block.arrays.factors["lanes"] < 1).any()
        one["look_every"], one["time_limit"] = self._group[0]["look_every"], seconds
        one["history_room"] = one["gradient_room"] = _ROWS
        before = block.wholes[Whole.STATUS].copy()
        self._kernels.train(
            self._group, self._layers, call, block.arrays, room, self._table,
            np.zeros(1) if rates is None else rates, self._clock,
        )  # fmt: skip
        block.take_back(one, room, keep_history=self._histories)
        done = (before == layout.RUNNING) & (block.wholes[Whole.STATUS] != layout.RUNNING)
        if done.any():
            self._finish(number, room, np.flatnonzero(done))
        return BlockOutcome(
            int(one["made_updates"]),
            int(one["ended_epochs"]),
            float(one["seconds"]),
            int(one["history_rows"]),
            int(one["gradient_rows"]),
        )

    def _finish(self, number: int, room: Room, places: Array) -> None:
        """Restore the best weights of lanes that are done, if early stopping asks for it, and evaluate these lanes."""
        block, changed = self._blocks[number], list[int]()
        for place in places.tolist():
            status = block.wholes[Whole.STATUS, place]
            if status == layout.DIVERGED or (self._group[0]["restores"] and block.restore_best(place)):
                changed.append(place)
        if changed:
            self._measure(block, room, changed)

    def _measure(self, block: _LaneBlock, room: Room, places: list[int]) -> None:
        first = int(Number.TRAIN_LOSS)
        before = block.numbers[first : first + 4].copy()
        self._kernels.measure(self._group, self._layers, block.arrays, room, self._table)
        before[:, places] = block.numbers[first : first + 4, places]
        block.numbers[first : first + 4] = before

    def measure(self, room: Room | None = None) -> None:
        """Evaluate the present state of all lanes."""
        for block in self._blocks:
            self._measure(block, room or self.own_room, list(range(self.width)))

    def running_blocks(self) -> list[int]:
        return [number for number, block in enumerate(self._blocks) if block.is_running]


class BlockOutcome(NamedTuple):
    """The results of one call for one block."""

    updates: int
    epochs: int
    seconds: float
    """The time spent in training steps."""
    history_rows: int
    gradient_rows: int


def advance(
    groups: Sequence[Group], *, updates: int | None = None, epochs: int | None = None, seconds: float | None = None,
    threads: int = 1, until: Callable[[], bool] = lambda: False, return_when_done: bool = False,
) -> int:  # fmt: skip
    """Train all lanes that are not done, in all groups; return the number of updates, summed over networks.

    `updates` and `epochs` limit how many more are made; the threads call `until` every few milliseconds and stop
    when it returns true. With `return_when_done`, a block returns when one of its lanes is done, which can be refilled.
    """
    work = [(group, number) for group in groups for number in group.running_blocks()]
    if threads <= 1 or len(work) <= 1:
        return sum(
            _advance_block(group, number, group.own_room, updates, epochs, seconds, until, return_when_done)
            for group, number in work
        )
    with ThreadPoolExecutor(threads, "lanes") as pool:
        waiting = iter(work)

        def run() -> int:
            own: dict[int, Room] = {}
            made = 0
            for group, number in waiting:
                room = own.get(id(group)) or own.setdefault(id(group), group.room())
                made += _advance_block(group, number, room, updates, epochs, seconds, until, return_when_done)
            return made

        return sum(future.result() for future in [pool.submit(run) for _ in range(threads)])


def _advance_block(
    group: Group, number: int, room: Room, updates: int | None, epochs: int | None,
    seconds: float | None, until: Callable[[], bool], return_when_done: bool,
) -> int:  # fmt: skip
    left_updates, left_epochs = updates or _NO_LIMIT, epochs or _NO_LIMIT
    left_seconds, made = math.inf if seconds is None else seconds, 0
    while left_updates > 0 and left_epochs > 0 and left_seconds > 0 and group.running_in(number) and not until():
        running = group.running_in(number)
        outcome = group.advance_block(
            number, room, updates=left_updates, epochs=left_epochs, seconds=min(left_seconds, _SECONDS),
            return_when_done=return_when_done,
        )  # fmt: skip
        left_updates, left_epochs = left_updates - outcome.updates, left_epochs - outcome.epochs
        left_seconds -= outcome.seconds
        made += outcome.updates * running
        if return_when_done and group.running_in(number) < running:
            break
    return made


# Blocks ---------------------------------------------------------------------------------------------------------


def _vectors_of(width: int) -> Callable[[int, Any], Array]:
    from playground.engine.vectors import vectors

    return lambda count, dtype: vectors(max(count, 1), width, dtype)


class _LaneBlock:
    """The arrays of as many networks as a vector has lanes. Rows are those of `layout`, columns are lanes."""

    def __init__(self, group: Any, layers: int, dtype: np.dtype[np.floating], width: int) -> None:
        vectors, size, slots = _vectors_of(width), int(group["size"]), int(group["slots"])
        self.width, self.size = width, size
        self.arrays = Block(
            numbers=vectors(layout.NUMBERS, np.float64),
            wholes=vectors(layout.WHOLES, np.int64),
            layer_numbers=vectors(layers * layout.LAYER_NUMBERS, np.float64),
            w=vectors(size, dtype),
            old_w=vectors(size, dtype),
            g=vectors(size, dtype),
            old_g=vectors(size, dtype),
            slots=vectors(size * slots, dtype),
            old_slots=vectors(size * slots, dtype),
            carried=vectors(size if group["carries"] else 1, dtype),
            best=vectors(size if group["restores"] else 1, dtype),
            pruned=vectors(size if group["prunes"] else 1, dtype),
            updates=vectors(size, dtype),
            factors=vectors(size, dtype),
        )
        self.arrays.factors["lanes"][:] = 1
        self.numbers, self.wholes = self.arrays.numbers["lanes"], self.arrays.wholes["lanes"]
        self.free = list(range(width - 1, -1, -1))
        self.sizes = np.full((1 + 3 * layers, width), np.nan)
        self._layers = layers
        self._history: list[Array] = []
        self._rows = 0
        self._since = [0] * width

    @property
    def running(self) -> int:
        return int(np.count_nonzero(self.wholes[Whole.STATUS] == layout.RUNNING))

    @property
    def is_running(self) -> bool:
        return self.running > 0

    def takes(self, state: State, besides: int | None = None) -> bool:
        """Whether a network in this state may join those in training: it is at the same point of its epoch."""
        statuses = self.wholes[Whole.STATUS].tolist()
        one = next((k for k, status in enumerate(statuses) if status == layout.RUNNING and k != besides), None)
        if one is None:
            return True
        position, carried = self.wholes[Whole.POSITION, one], self.wholes[Whole.CARRIED_POINTS, one]
        return bool(position == state.position and carried == state.carried_points)

    def write_settings(self, place: int, numbers: list[float], layer_numbers: list[float]) -> None:
        self.numbers[: len(numbers), place] = numbers
        self.arrays.layer_numbers["lanes"][:, place] = layer_numbers

    def write(self, place: int, setup: Setup, state: State, begins: tuple[int, int]) -> None:
        """Copy a state into a lane."""
        arrays, training, stopping = self.arrays, setup.training, setup.training.early_stopping
        for name, values in (
            ("w", state.parameters),
            ("g", state.gradient),
            ("old_w", state.parameters - state.update),
        ):
            getattr(arrays, name)["lanes"][:, place] = values
        arrays.updates["lanes"][:, place] = state.update
        arrays.factors["lanes"][:, place] = state.rate_factors if state.rate_factors.size else 1
        if state.slots.size:
            arrays.slots["lanes"][:, place] = state.slots.ravel()
        optional = (("carried", state.carried), ("pruned", state.pruned), ("best", state.stopping.parameters))
        for name, held in optional:
            column = getattr(arrays, name)["lanes"]
            if len(column) == self.size and held is not None:
                column[:, place] = held
        seed = state.seed & 0xFFFFFFFFFFFFFFFF
        status = layout.STOPPED_EARLY if state.stopping.stopped else layout.RUNNING
        last_epoch = _NO_LIMIT if training.epochs is None else training.epochs
        if state.epoch >= last_epoch and status == layout.RUNNING:
            status = layout.COMPLETED
        self.wholes[:, place] = [
            status, seed - (seed >> 63 << 64), state.step, state.epoch, state.position, state.carried_points,
            state.optimizer_steps, last_epoch, stopping.patience if stopping else 0, state.stopping.bad_epochs,
            state.stopping.stopped, state.plateau.bad_epochs, state.plateau.reductions, *begins, 0, 0,
        ]  # fmt: skip
        self.numbers[Number.BEST, place] = state.stopping.best
        self.numbers[Number.PLATEAU_BEST, place] = state.plateau.best
        if place in self.free:
            self.free.remove(place)

    def forget(self, place: int) -> None:
        """Clear a lane's history."""
        self._since[place] = self._rows
        self.sizes[:, place] = np.nan

    def read(self, place: int, setup: Setup, size: int) -> State:
        """Return a copy of the state of a lane."""
        arrays, whole = self.arrays, [int(number) for number in self.wholes[:, place]]

        def column(name: str) -> Array:
            return np.array(getattr(arrays, name)["lanes"][:, place])

        def optional(name: str) -> Array | None:
            values = column(name)
            return values if len(values) == size else None

        slots = len(setup.training.optimizer.slots)
        w, factors = column("w"), column("factors")
        carried, pruned = optional("carried"), optional("pruned")
        running = whole[Whole.STATUS] == layout.RUNNING
        update = w - column("old_w") if running else column("updates")
        for layer in setup.network.layers:
            update[layer.trained.stop : layer.stop] = 0
        best_score = float(self.numbers[Number.BEST, place])
        restores = setup.training.early_stopping is not None and setup.training.early_stopping.restore
        return State(
            parameters=w,
            gradient=column("g"),
            update=update,
            slots=column("slots").reshape(slots, size) if slots else np.zeros((0, size), w.dtype),
            optimizer_steps=whole[Whole.OPTIMIZER_STEPS],
            step=whole[Whole.STEP],
            epoch=whole[Whole.EPOCH],
            position=whole[Whole.POSITION],
            carried=np.zeros_like(w) if carried is None else carried,
            carried_points=whole[Whole.CARRIED_POINTS],
            seed=whole[Whole.SEED] & 0xFFFFFFFFFFFFFFFF,
            pruned=np.zeros(size, bool) if pruned is None else pruned > 0,
            rate_factors=factors if (factors < 1).any() else np.empty(0, w.dtype),
            plateau=PlateauMemory(
                float(self.numbers[Number.PLATEAU_BEST, place]),
                whole[Whole.PLATEAU_BAD],
                whole[Whole.PLATEAU_REDUCTIONS],
            ),
            stopping=StoppingMemory(
                best_score,
                whole[Whole.BAD_EPOCHS],
                optional("best") if restores and math.isfinite(best_score) else None,
                bool(whole[Whole.STOPPED]),
            ),
        )

    def restore_best(self, place: int) -> bool:
        """Restore the best parameters of a lane, as `State.restore_best` does."""
        best = float(self.numbers[Number.BEST, place])
        if not math.isfinite(best) or not self.wholes[Whole.BAD_EPOCHS, place]:
            return False
        arrays = self.arrays
        arrays.w["lanes"][:, place] = arrays.best["lanes"][:, place]
        if len(arrays.pruned) == self.size:
            arrays.pruned["lanes"][:, place] *= arrays.w["lanes"][:, place] == 0
        self.wholes[Whole.BAD_EPOCHS, place] = 0
        return True

    def take_back(self, call: Any, room: Room, *, keep_history: bool) -> None:
        """Take over the results of a call of the kernel."""
        if call["swapped"]:
            old = self.arrays
            self.arrays = old._replace(
                w=old.old_w, old_w=old.w, g=old.old_g, old_g=old.g, slots=old.old_slots, old_slots=old.slots
            )
        rows, records = int(call["history_rows"]), int(call["gradient_rows"])
        if rows and keep_history:
            columns = len(layout.HISTORY)
            self._history.append(room.history["lanes"][: rows * columns].reshape(rows, columns, self.width).copy())
            self._rows += rows
        if records:
            width = 1 + 3 * self._layers
            found = room.gradients["lanes"][: records * width].reshape(records, width, self.width)
            for row in found:
                np.copyto(self.sizes, row, where=~np.isnan(row[0]))

    def history_of(self, place: int) -> Array:
        """Return the history rows of a lane since it was filled."""
        if not self._history:
            return np.zeros((0, len(layout.HISTORY)))
        if len(self._history) > 1:
            self._history = [np.concatenate(self._history)]
        rows = self._history[0][self._since[place] :, :, place]
        return rows[~np.isnan(rows[:, 0])]


# Records --------------------------------------------------------------------------------------------------------


def _reacts(setup: Setup) -> bool:
    return isinstance(setup.training.schedule, Plateau) or setup.training.early_stopping is not None


def _settings(choice: Choice) -> list[float]:
    if isinstance(choice, Schedule):
        from playground.engine.lanes.formulas import schedule_settings

        values = [float(getattr(choice, name)) for name in schedule_settings(type(choice))]
        return values + [0.0] * (layout.MOST_SCHEDULE_SETTINGS - len(values))
    return formula_settings(choice)


def _rows_of(part: Any) -> Array:
    """Return a row per point: inputs, targets, label, weight."""
    columns = [part.inputs, part.targets, np.asarray(part.labels, np.float64)[np.newaxis]]
    columns += [] if part.weights is None else [part.weights[np.newaxis]]
    return np.concatenate(columns).T


@cache_forever
def _slope_needs_z(member: type[Activation]) -> bool:
    """Whether the derivative of an activation uses z; if it uses a alone, a can be stored in the place of z."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(member.derivative_of)))
    return any(isinstance(node, ast.Name) and node.id == "z" for node in ast.walk(tree))


def _stride(units: int) -> int:
    """Return the vectors from one point to the next: odd for many units, as powers of two collide in the cache."""
    return units if units < 16 else units | 1


def _records(setup: Setup) -> tuple[Any, Any]:
    """Return the records of a group and its layers, with their offsets in the work space."""
    network, training, stopping = setup.network, setup.training, setup.training.early_stopping
    groups, layers = np.zeros(1, layout.GROUP), np.zeros(len(network.layers), layout.LAYER)
    group = groups[0]
    features, outputs = network.layers[0].inputs, network.layers[-1].units
    at_once = max(min(setup.batch_size, setup.points), layout.FEWEST_AT_ONCE)
    if not any(layer.normalization.running for layer in network.layers):
        at_once = min(at_once, layout.MOST_AT_ONCE)
    space = at_once * features
    before, below = 0, features

    def reserve(count: int) -> int:
        nonlocal space
        space += count
        return space - count

    for record, layer in zip(layers, network.layers, strict=True):
        stride = _stride(layer.units)
        count = at_once * stride
        apart = layer.skip or layer.dropout > 0
        record["units"], record["inputs"] = layer.units, layer.inputs
        record["start"], record["biases"] = layer.start, layer.biases.start
        record["trained_stop"], record["stop"] = layer.trained.stop, layer.stop
        record["activation"] = place_in_family(Activation, type(layer.activation))
        record["normalization"] = place_in_family(Normalization, type(layer.normalization))
        record["skip"], record["muted"], record["trainable"] = layer.skip, layer.muted, layer.trainable
        record["drops"], record["prunes"] = layer.dropout > 0, layer.regularizer.prunes and layer.trainable
        record["penalty"] = place_in_family(Regularizer, type(layer.regularizer))
        record["stride"], record["below"], record["before"] = stride, below, before
        record["a"] = reserve(count)
        record["f"] = reserve(count) if apart else record["a"]
        in_place = not apart and not _slope_needs_z(type(layer.activation))
        record["z"] = record["f"] if in_place else reserve(count)
        record["masks"] = reserve(count) if layer.dropout else 0
        record["standardized"] = reserve(count) if layer.normalizes else 0
        record["spreads"] = reserve(3 * max(at_once, layer.units)) if layer.normalizes else 0
        before, below = int(record["a"]), stride
    group["features"], group["outputs"], group["size"] = features, outputs, network.size
    group["batch_size"], group["shuffle"], group["points"] = setup.batch_size, training.shuffle, setup.points
    group["batching"] = ("partial", "drop", "carry").index(training.batching)
    group["validation_points"] = setup.validation_points
    group["weighted"] = network.loss.class_weights != "none" and setup.sample.task != "regression"
    group["row"] = features + outputs + 1 + int(group["weighted"])
    group["loss"] = place_in_family(Loss, type(network.loss))
    group["softmax"] = isinstance(network.loss, CrossEntropy) and outputs > 1
    group["regression"], group["threshold"] = setup.sample.task == "regression", network.loss.threshold
    group["optimizer"] = place_in_family(Optimizer, type(training.optimizer))
    group["slots"], group["plain_sgd"] = len(training.optimizer.slots), isinstance(training.optimizer, Sgd)
    group["clips"], group["decays"] = training.clip_norm is not None, training.weight_decay > 0
    group["noisy"], group["prunes"] = training.weight_noise > 0, network.prunes
    penalised = any(not isinstance(layer.regularizer, NoRegularizer) for layer in network.layers)
    group["penalised"] = penalised or not network.all_trainable or network.prunes
    group["schedule"] = place_in_family(Schedule, type(training.schedule))
    group["rate_per_step"], group["warms"] = training.schedule.changes_every_step, training.schedule.warmup > 0
    group["plateau"] = isinstance(training.schedule, Plateau)
    group["plateau_watch"] = getattr(training.schedule, "watch", "") == "validation_loss"
    group["stops"] = stopping is not None
    group["stop_watch"] = stopping is not None and stopping.watch == "validation_accuracy"
    group["restores"] = stopping is not None and stopping.restore
    group["drops"] = any(layer.dropout for layer in network.layers)
    group["carries"] = training.batching == "carry"
    group["points_at_once"] = at_once
    group["factor_growth"] = factor_growth(training.optimizer)
    group["delta_size"] = at_once * max(_stride(layer.units) for layer in network.layers)
    group["target_stride"] = _stride(outputs)
    group["deltas"] = reserve(3 * int(group["delta_size"]))
    group["targets"], group["losses"] = (reserve(at_once * _stride(outputs)) for _ in range(2))
    group["weights"], group["labels"] = reserve(at_once), reserve(at_once)
    group["pulled"], group["penalties"] = reserve(network.size), reserve(network.size)
    group["space"] = space
    work = 20 * sum(layer.units for layer in network.layers) + network.size
    group["look_every"] = max(1, int(100_000 / (500 + work * setup.batch_size)))
    return groups, layers
