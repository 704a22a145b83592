"""The compiled engine: hands a training to the kernels and takes it back. Nothing here imports Numba until `load`.

It works on the very State that `reference` works on, and may take over from it, or give it back, between any two
updates. What it can't do (see `fallbacks`) stays with `reference`.
"""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import importlib
import os
import re
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
from playground.engine.compiled import layout
from playground.engine.network import Network
from playground.engine.reference import DivergedError, Pass, Problem, first_broken
from playground.engine.state import State

ROWS = 4096
"""Rows of the histories that one call can fill."""
MADE_OF = ("elementary.py", "formulas.py", "kernels.py", "layout.py", "../randomness.py")
"""The files that, besides the catalog, decide what the kernels do, seen from here."""
ROOMS = 10
"""Arrays of work space."""


class UnavailableError(RuntimeError):
    """The compiled engine can't be had on this machine; the message says why."""


# Loading --------------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where the kernels are kept once compiled: another folder for every version of what they are made of."""
    here = Path(__file__).parent
    sources = [*sorted((here.parents[1] / "catalog").glob("*.py")), *(here / name for name in MADE_OF)]
    made_of = hashlib.sha256()
    for source in sources:
        made_of.update(source.read_bytes())
    for package in ("numba", "numpy", "scipy"):
        made_of.update(version(package).encode())
    made_of.update(sys.version.encode())
    # Numba, too, takes kernels only for the very file that they were compiled from, at its place and of its time.
    made_of.update(f"{here} {(here / 'kernels.py').stat().st_mtime_ns}".encode())
    return user_cache_path("neural-network-playground", appauthor=False) / "kernels" / made_of.hexdigest()[:16]


def are_cached(precision: str) -> bool:
    """Whether the kernels were compiled for this precision before, so that loading them takes about a second."""
    return (cache_folder() / precision).exists()


UNUSED_DAYS = 30
"""Kernels of other versions that have not been loaded for so long are removed."""
CACHE_NAME = re.compile(r"[0-9a-f]{16}(-removed-[0-9]+)?")
"""The folder of one version, or what is left of one that was being removed."""
KERNELS = "playground.engine.compiled.kernels"
"""The module that Numba compiles; imported late."""
LOADED: set[str] = set()
"""The precisions whose kernels this process has ready."""


def load(precision: str) -> ModuleType:
    """The kernels, ready to run in this precision; if they are not cached they are compiled, which takes half a minute.

    A cache that is damaged is thrown away; one that can't be written to is replaced by a folder of this process alone.
    Raises UnavailableError.
    """
    try:
        folder = cache_folder()
        if writable(folder):
            os.utime(folder)
            remove_unused(folder)
        else:
            folder = Path(tempfile.mkdtemp(prefix="neural-network-playground-"))
            # The files have to be there while the process runs, and no longer.
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        try:
            return loaded_from(folder, precision)
        except Exception:  # whatever a damaged file made of it
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            return loaded_from(folder, precision)
    except Exception as error:
        raise UnavailableError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def load_cached(precision: str) -> None:
    """Load the kernels for another precision, unless they would have to be compiled first."""
    if precision not in LOADED and are_cached(precision):
        load(precision)


def remove_unused(folder: Path) -> None:
    """Remove the kernels of other versions beside `folder` that nobody has used for long.

    Every load leaves its time on its folder. A program that still runs on such kernels has them in its memory; one that
    comes back for more compiles them anew.
    """
    oldest = time.time() - UNUSED_DAYS * 24 * 3600
    for other in folder.parent.iterdir():
        try:
            if CACHE_NAME.fullmatch(other.name) and other != folder and other.stat().st_mtime < oldest:
                # First out of the way, so that nobody finds half of them.
                doomed = other.rename(other.with_name(f"{other.name[:16]}-removed-{os.getpid()}"))
                shutil.rmtree(doomed, ignore_errors=True)
        except OSError:
            # Another program was faster, or has a file open.
            continue


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def loaded_from(folder: Path, precision: str) -> ModuleType:
    """The kernels with this cache, called once, so that they are compiled or read now."""
    if not LOADED:
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
        importlib.import_module("numba").config.CACHE_DIR = str(folder)
        # After a failure everything is made anew, so that it looks for its files again.
        sys.modules.pop(KERNELS, None)
    kernels = importlib.import_module(KERNELS)
    if precision not in LOADED:
        warm_up(kernels, np.dtype(precision))
        LOADED.add(precision)
        (folder / precision).touch()
    return kernels


def warm_up(kernels: ModuleType, dtype: np.dtype[np.floating]) -> None:
    """Call the kernel as training does, with no update to make."""
    none, whole, marks, numbers = (np.zeros(0, kind) for kind in (dtype, np.int32, bool, np.float64))
    runs, layers = (np.zeros(1, kind).view(np.recarray) for kind in (layout.RUN, layout.LAYER))
    points, slots, places = np.zeros((0, 0), dtype), np.zeros((0, 0), dtype), np.zeros(3, np.int64)
    room, table = (none,) * ROOMS, np.zeros((0, 0))
    kernels.train(
        layers, runs, points, (points,) * 4, (numbers,) * 2, (0.0, 0.0), whole,
        none, none, none, none, slots, slots, none, marks, marks,
        none, none, numbers, room, room, places, places, numbers, table, table, clock(),
    )  # fmt: skip
    kernels.predict(layers, runs, points, none, room, places, points)


def clock() -> Array:
    """What the kernels need to read the time: the address of the system's function, its resolution, and room."""
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
    """A row per epoch that ended, as `History` has its columns; the seconds are those since the call."""
    gradients: Array
    """A row per record of the gradients: the columns of `GradientHistory`, one after the other."""
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
        self.data = np.ascontiguousarray(np.concatenate([problem.inputs, problem.targets]).T)
        self.evaluated = tuple(np.ascontiguousarray(array) for part in sets for array in part[:2])
        self.labels = tuple(np.ascontiguousarray(part[2], np.float64) for part in sets)
        self.spreads = tuple(
            float(np.sum(np.square(values - values.mean()))) if len(values) else 0.0 for values in self.labels
        )
        self.order = np.empty(problem.points if problem.training.shuffle else 0, np.int32)
        self.order_of = (-1, -1)
        self.old_w, self.old_g, self.spare, self.pull = (np.zeros(size, dtype) for _ in range(4))
        self.constants = np.zeros(layout.MOST_CONSTANTS)
        self.old_slots = np.zeros((len(problem.training.optimizer.slots), size), dtype)
        self.newly = np.zeros(size, bool)
        self.room = work_space(self.network, problem.batch_size, training=True)
        self.evaluation_room = work_space(self.network, layout.EVALUATION_POINTS, training=False)
        self.places, self.evaluation_places = (np.zeros(2 * len(layers) + 1, np.int64) for _ in range(2))
        self.history, self.gradients = np.empty((ROWS, 8)), np.empty((ROWS, 1 + 3 * len(layers)))
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
        run.time_limit = seconds
        steps_before = state.step
        swapped = self.kernels.train(
            self.layers, self.runs, self.data, self.evaluated, self.labels, self.spreads, self.order,
            state.parameters, self.old_w, state.gradient, self.old_g, state.slots, self.old_slots, state.carried,
            state.pruned, self.newly, self.spare, self.pull, self.constants, self.room, self.evaluation_room,
            self.places, self.evaluation_places,
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

    def outputs(self, state: State, inputs: Array) -> Array:
        """o for all `inputs`, shape (features, points), in evaluation mode: `reference.outputs`."""
        o = np.empty((self.network.layers[-1].units, inputs.shape[1]), self.network.dtype)
        x, room = np.ascontiguousarray(inputs), self.evaluation_room
        self.kernels.predict(self.layers, self.runs, x, state.parameters, room, self.evaluation_places, o)
        return o

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
        z_all, f_all, a_all, masks, deltas = *self.room[:4], self.room[6]
        count = len(self.network.layers)

        def rows(array: Array, place: int, units: int) -> Array:
            return array[place : place + units * n].reshape(units, n)

        passed = Pass([rows(a_all, 0, self.network.layers[0].inputs)], [], [], [None] * count)
        for i, layer in enumerate(self.network.layers):
            place = int(self.places[i])
            a = rows(a_all, int(self.places[count + i + 1]), layer.units)
            apart = (layer.skip or layer.dropout) and not layer.muted
            passed.f.append(rows(f_all, place, layer.units) if apart else a)
            passed.z.append(a if layer.muted else rows(z_all, place, layer.units))
            passed.a.append(a)
            passed.delta.append(rows(deltas, place, layer.units))
            if layer.dropout and not layer.muted:
                passed.masks[i] = rows(masks, place, layer.units)
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
    """What the kernels can't do yet and `reference` does, in words; empty if they do all of it.

    They do everything that the catalog has, in each precision that has been compiled. What somebody adds to a family
    outside the catalog is not in them.
    """
    network, precision = problem.network, problem.network.dtype.name
    chosen: list[Choice] = [network.loss, problem.training.optimizer]
    for layer in network.layers:
        chosen += [layer.activation, layer.regularizer, layer.normalization]
    foreign = {choice.kind for choice in chosen if not type(choice).__module__.startswith("playground.catalog.")}
    missing = () if precision in LOADED else (f"precision {precision}: its kernels are not loaded",)
    return (*missing, *(f"{kind}: not part of the catalog" for kind in sorted(foreign)))


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
    for record, layer in zip(records, network.layers, strict=True):
        record.units, record.inputs = layer.units, layer.inputs
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
    """Room for all numbers of a pass: z, f, a, masks, ẑ, spreads, δ, what a skip passes by, targets, losses."""
    layers = network.layers
    all_units = sum(padded(layer.units * points) for layer in layers)
    normalizes = any(layer.normalizes for layer in layers)
    drops, skips = training and any(layer.dropout for layer in layers), any(layer.skip for layer in layers)
    outputs = padded(layers[-1].units * points)
    sizes = (
        all_units,
        all_units if drops or skips else 0,
        all_units + padded(layers[0].inputs * points),
        all_units if drops else 0,
        all_units if normalizes else 0,
        3 * all_units if normalizes else 0,
        all_units if training else 0,
        max(padded(layer.units * points) for layer in layers) if training and skips else 0,
        outputs,
        outputs,
    )
    return tuple(np.zeros(size, network.dtype) for size in sizes)


def padded(size: int) -> int:
    """`size`, rounded up as the kernels do it."""
    return -(-size // layout.PAD) * layout.PAD
