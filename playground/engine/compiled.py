"""The compiled engine: hands a training to the kernels and takes it back. Nothing here imports Numba until `load`.

It works on the very State that `reference` works on, and may take over from it, or give it back, between any two
updates. What it can't do (see `fallbacks`) stays with `reference`.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from platformdirs import user_cache_path

from playground.catalog.activations import Activation
from playground.catalog.choice import Array, Choice, members
from playground.catalog.losses import CrossEntropy, Loss
from playground.catalog.normalizations import Normalization
from playground.catalog.optimizers import Optimizer, Sgd
from playground.catalog.regularizers import NoRegularizer, Regularizer
from playground.engine import layout
from playground.engine.network import Network
from playground.engine.reference import DivergedError, Pass, Problem, first_broken
from playground.engine.state import State

EVALUATION_POINTS = 256
"""Points that are evaluated at once, so that everything stays in the cache."""
ROWS = 4096
"""Rows of the histories that one call can fill."""
GIVES_UP = "PLAYGROUND_ENGINE"
"""Set to `reference`, this environment variable keeps Numba out, for a machine on which it fails."""


# Loading --------------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where the kernels are kept once compiled: another folder for every version of what they are made of."""
    here = Path(__file__).parent
    sources = [*sorted((here.parent / "catalog").glob("*.py")), *sorted(here.glob("*.py"))]
    made_of = hashlib.sha256()
    for source in sources:
        made_of.update(source.read_bytes())
    for package in ("numba", "numpy", "scipy"):
        made_of.update(version(package).encode())
    made_of.update(sys.version.encode())
    return user_cache_path("neural-network-playground", appauthor=False) / "kernels" / made_of.hexdigest()[:16]


def are_cached() -> bool:
    """Whether the kernels were compiled on this machine before."""
    return (cache_folder() / "complete").exists()


def load() -> ModuleType:
    """The kernels, ready to run; compiles them if they are not cached, which takes about a minute.

    A cache that is broken is thrown away, one that can't be written to is replaced by a folder of this process alone.
    """
    folder = cache_folder()
    if not writable(folder):
        folder = Path(tempfile.mkdtemp(prefix="neural-network-playground-"))
    try:
        return loaded_from(folder)
    except Exception:  # whatever a damaged file made of it
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        return loaded_from(folder)


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def loaded_from(folder: Path) -> ModuleType:
    """The kernels with this cache, run once in each precision, so that they are compiled or read now."""
    os.environ["NUMBA_CACHE_DIR"] = str(folder)
    config = importlib.import_module("numba").config
    config.CACHE_DIR = str(folder)
    name = "playground.engine.kernels"
    # After a failure everything is made anew, so that it looks for its files again.
    sys.modules.pop(name, None)
    kernels = importlib.import_module(name)
    for precision in (np.float32, np.float64):
        warm_up(kernels, np.dtype(precision))
    (folder / "complete").touch()
    return kernels


def warm_up(kernels: ModuleType, dtype: np.dtype[np.floating]) -> None:
    """Call the kernel as training does, with no update to make."""
    none = np.zeros(0, dtype)
    runs = np.zeros(1, layout.RUN).view(np.recarray)
    data = (np.zeros((1, 0), dtype),) * 2
    kernels.train(
        np.zeros(1, layout.LAYER).view(np.recarray), runs, data, data * 2, (np.zeros(0),) * 2, (0.0, 0.0),
        np.zeros(0, np.int64), none, none, none, none, np.zeros((0, 0), dtype), np.zeros((0, 0), dtype), none,
        np.zeros(0, bool), np.zeros(0, bool), none, (none,) * 9, (none,) * 9, np.zeros(0), np.zeros((0, 7)),
        np.zeros((0, 1)), clock(),
    )  # fmt: skip


def clock() -> Array:
    """What the kernels need to read the time: the address of the system's function, its resolution, room for a result."""
    if sys.platform == "win32":
        library = ctypes.WinDLL("kernel32")
        frequency = ctypes.c_int64()
        library.QueryPerformanceFrequency(ctypes.byref(frequency))
        function, resolution = library.QueryPerformanceCounter, frequency.value
    else:
        function, resolution = ctypes.CDLL(None).clock_gettime, 0
    return np.array([ctypes.cast(function, ctypes.c_void_p).value, resolution, 0, 0], np.int64)


# One training -----------------------------------------------------------------------------------------------------


class Sets(NamedTuple):
    """What is evaluated at the end of every epoch: inputs (features, n), targets (outputs, n) and labels (n,)."""

    train: tuple[Array, Array, Array]
    validation: tuple[Array, Array, Array]


class Advance(NamedTuple):
    """What came of a call."""

    history: Array
    """A row per epoch that ended, as `History` has its columns."""
    gradients: Array
    """A row per record of the gradients."""
    seconds: float
    """Spent in training steps."""
    broken: DivergedError | None


class Compiled:
    """One problem, laid out for the kernels. It holds work space and no state of its own."""

    def __init__(self, kernels: ModuleType, problem: Problem, sets: Sets, task: str) -> None:
        self.kernels, self.problem, self.network = kernels, problem, problem.network
        dtype, size, layers = self.network.dtype, self.network.size, self.network.layers
        self.layers = layer_records(self.network)
        self.runs = run_records(problem, self.layers, task)
        self.data = (np.ascontiguousarray(problem.inputs), np.ascontiguousarray(problem.targets))
        self.evaluated = tuple(np.ascontiguousarray(array) for part in sets for array in part[:2])
        self.labels = tuple(np.ascontiguousarray(part[2], np.float64) for part in sets)
        self.spreads = tuple(
            float(np.sum(np.square(values - values.mean()))) if len(values) else 0.0 for values in self.labels
        )
        self.order = np.empty(problem.points if problem.training.shuffle else 0, np.int64)
        self.order_of = (-1, -1)
        self.old_w, self.old_g, self.spare = (np.zeros(size, dtype) for _ in range(3))
        self.old_slots = np.zeros((len(problem.training.optimizer.slots), size), dtype)
        self.newly = np.zeros(size, bool)
        self.room = work_space(self.network, problem.batch_size, training=True)
        largest = max(part[0].shape[1] for part in sets)
        self.evaluation_room = work_space(self.network, max(1, min(largest, EVALUATION_POINTS)), training=False)
        self.history, self.gradients = np.empty((ROWS, 7)), np.empty((ROWS, 1 + 2 * len(layers)))
        self.clock = clock()
        work = 20 * sum(layer.units for layer in layers) + 0.2 * size
        self.look_every = max(1, int(50_000 / (500 + work * problem.batch_size)))

    def advance(
        self, state: State, rates: Sequence[float], *, per_step: bool, last_step: int, last_epoch: int, seconds: float
    ) -> Advance:
        """Make updates with these learning rates, one per epoch or `per_step`, until a limit is reached."""
        run = self.runs[0]
        self.hand_over(state, run)
        run.last_step, run.last_epoch, run.rate_per_step = last_step, last_epoch, per_step
        run.deadline = self.kernels.now(self.clock) + seconds if np.isfinite(seconds) else np.inf
        steps_before = state.step
        swapped = self.kernels.train(
            self.layers, self.runs, self.data, self.evaluated, self.labels, self.spreads, self.order,
            state.parameters, self.old_w, state.gradient, self.old_g, state.slots, self.old_slots, state.carried,
            state.pruned, self.newly, self.spare, self.room, self.evaluation_room,
            np.asarray(rates, dtype=np.float64), self.history, self.gradients, self.clock,
        )  # fmt: skip
        if swapped:
            state.parameters, self.old_w = self.old_w, state.parameters
            state.gradient, self.old_g = self.old_g, state.gradient
            state.slots, self.old_slots = self.old_slots, state.slots
        self.take_back(state, run, made_updates=int(run.step) > steps_before)
        return Advance(
            self.history[: run.history_rows].copy(),
            self.gradients[: run.gradient_rows].copy(),
            float(run.seconds),
            self.fault(state, run),
        )

    def hand_over(self, state: State, run: Any) -> None:
        """Tell the kernels where training stands."""
        run.seed = state.seed & 0xFFFFFFFFFFFFFFFF
        run.step, run.epoch, run.position = state.step, state.epoch, state.position
        run.carried_points, run.optimizer_steps = state.carried_points, state.optimizer_steps
        run.order_of = self.order_of[1] if self.order_of[0] == state.seed else -1
        run.history_rows = run.gradient_rows = 0
        run.seconds, run.broken, run.look_every = 0.0, layout.NOTHING, self.look_every

    def take_back(self, state: State, run: Any, *, made_updates: bool) -> None:
        """Take from the kernels where training stands."""
        state.step, state.epoch, state.position = int(run.step), int(run.epoch), int(run.position)
        state.carried_points, state.optimizer_steps = int(run.carried_points), int(run.optimizer_steps)
        self.order_of = (state.seed, int(run.order_of))
        if made_updates and run.broken != layout.UPDATE:
            state.update = state.parameters - self.old_w
            for layer in self.network.layers:
                state.update[layer.trained.stop : layer.stop] = 0
        if made_updates:
            self.problem.last = None if run.broken else self.latest(int(run.last_points))

    def latest(self, n: int) -> Pass:
        """The latest batch, as views of the work space: good until the next call."""
        z_all, f_all, a_all, deltas = self.room[0], self.room[1], self.room[2], self.room[6]
        features = self.layers[0].inputs
        passed = Pass([a_all[: features * n].reshape(features, n)], [], [], [None] * len(self.network.layers))
        for layer, record in zip(self.network.layers, self.layers, strict=True):
            rows, shape = slice(record.row * n, (record.row + record.units) * n), (layer.units, n)
            below = slice(features * n + rows.start, features * n + rows.stop)
            a = a_all[below].reshape(shape)
            apart = layer.skip or layer.dropout
            passed.f.append(a if layer.muted or not apart else f_all[rows].reshape(shape))
            passed.z.append(a if layer.muted else z_all[rows].reshape(shape))
            passed.a.append(a)
            passed.delta.append(deltas[rows].reshape(shape))
        return passed

    def fault(self, state: State, run: Any) -> DivergedError | None:
        """What stopped being finite, in the words of the reference engine."""
        network = self.network
        if run.broken == layout.LOSS:
            return DivergedError("the loss", network.layers[-1].name)
        if run.broken == layout.GRADIENT:
            flat = self.old_g if np.isfinite(state.carried).all() else state.carried
            return DivergedError("the gradient", first_broken(network, flat))
        if run.broken == layout.SPREAD:
            return DivergedError("the spread", network.layers[int(run.broken_layer)].name)
        if run.broken == layout.UPDATE:
            for what, numbers in (("a weight", self.old_w), *(("the optimizer's memory", s) for s in self.old_slots)):
                if not np.isfinite(numbers).all():
                    return DivergedError(what, first_broken(network, numbers))
        return None


def fallbacks(problem: Problem) -> tuple[str, ...]:
    """The parts of a problem that the kernels can't do, in words; empty if they can do all of it."""
    return ()


# Records ----------------------------------------------------------------------------------------------------------


def place_of(family: type[Choice], member: Choice) -> int:
    """The place of a choice in its family."""
    return list(members(family)).index(member.kind)


def settings(choice: Choice) -> list[float]:
    """The numbers that a choice's formulas take, filled up to the same length for all."""
    values = [float(value) for value in choice.values]
    return values + [0.0] * (layout.MOST_SETTINGS - len(values))


def layer_records(network: Network) -> Any:
    """The network as the kernels see it."""
    records = np.zeros(len(network.layers), layout.LAYER).view(np.recarray)
    row = 0
    for record, layer in zip(records, network.layers, strict=True):
        record.units, record.inputs, record.row = layer.units, layer.inputs, row
        record.start, record.biases = layer.start, layer.biases.start
        record.trained_stop, record.stop = layer.trained.stop, layer.stop
        record.activation = place_of(Activation, layer.activation)
        record.settings[:] = settings(layer.activation)
        record.normalization = place_of(Normalization, layer.normalization)
        record.skip, record.muted, record.trainable = layer.skip, layer.muted, layer.trainable
        record.dropout = layer.dropout
        record.penalty = place_of(Regularizer, layer.regularizer)
        record.penalty_settings[:] = settings(layer.regularizer)
        record.prunes = layer.regularizer.prunes and layer.trainable
        row += layer.units
    return records


def run_records(problem: Problem, layers: Any, task: str) -> Any:
    """The settings of training as the kernels see them."""
    network, training = problem.network, problem.training
    runs = np.zeros(1, layout.RUN).view(np.recarray)
    run = runs[0]
    run.outputs, run.batch_size, run.shuffle = network.layers[-1].units, problem.batch_size, training.shuffle
    run.batching = ("partial", "drop", "carry").index(training.batching)
    run.loss = place_of(Loss, network.loss)
    run.loss_settings[:] = settings(network.loss)
    run.softmax = isinstance(network.loss, CrossEntropy) and network.layers[-1].units > 1
    run.regression, run.threshold = task == "regression", network.loss.threshold
    run.optimizer = place_of(Optimizer, training.optimizer)
    run.optimizer_settings[:] = settings(training.optimizer)
    run.plain_sgd = isinstance(training.optimizer, Sgd)
    run.clip_norm = training.clip_norm or 0.0
    run.weight_decay, run.weight_noise = training.weight_decay, training.weight_noise
    run.prunes = network.prunes
    penalised = any(not isinstance(layer.regularizer, NoRegularizer) for layer in network.layers)
    run.penalised = penalised or not network.all_trainable or network.prunes
    return runs


def work_space(network: Network, points: int, *, training: bool) -> tuple[Array, ...]:
    """Room for all numbers of a pass: z, f, a, masks, ẑ, spreads, δ, what a skip passes by, targets."""
    layers = network.layers
    rows = sum(layer.units for layer in layers)
    normalizes = any(layer.normalizes for layer in layers)
    apart = any(layer.skip or (layer.dropout and training) for layer in layers)
    widest = max(layer.units for layer in layers)
    sizes = (
        rows,
        rows if apart else 0,
        rows + layers[0].inputs,
        rows if training and any(layer.dropout for layer in layers) else 0,
        rows if normalizes else 0,
        3 * rows if normalizes else 0,
        rows if training else 0,
        widest if training and any(layer.skip for layer in layers) else 0,
        layers[-1].units,
    )
    return tuple(np.zeros(size * points, network.dtype) for size in sizes)
