"""The racers of `bench`: a base class for all racers, and one class for each of our engines.

All start from the weights that `Trainer` gives an experiment, and run in a process of their own with one thread. This
module measures a single racer; `bench` schedules and compares them.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ClassVar, NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, TRAIN
from playground.catalog.optimizers import Adam
from playground.engine.engine import EngineName
from playground.experiment.tree import Experiment
from playground.measure.requests import BoundaryRequest
from playground.run.trainer import Trainer

ONE_THREAD = {
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}
"""Environment variables to set before the libraries are imported."""


class _Timing(NamedTuple):
    """The duration of some epochs, in seconds."""

    training: float
    """The time in the training steps alone; for our own engines, with the measurements of each layer."""
    total: float
    """The time with everything around the steps; for our own engines, with the evaluation after every epoch."""


class Contestant:
    """A library or engine that trains the network of an experiment. `prepare` must be called before other methods."""

    label: ClassVar[str]
    package: ClassVar[str]
    """The package that must be installed."""

    def prepare(self, experiment: Experiment) -> None:
        """Build the network, warm up (compile, fill caches), and return to the initial weights."""
        trainer = Trainer(experiment, engine="reference")
        self.experiment = experiment
        self.sizes = [len(experiment.features), *(layer.units for layer in trainer.network.layers)]
        x, self.labels = trainer.sample.part(TRAIN)
        self.x = x.astype(np.float32)
        given = trainer.parameters()
        self.initial = [(given[f"W{k}"].copy(), given[f"b{k}"].copy()) for k in range(len(self.sizes) - 1)]
        axis = np.linspace(-EXTENT, EXTENT, 100, dtype=np.float32)
        self.grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        self.build()
        self.reset()
        self.run_epochs(1)
        self.reset()

    def build(self) -> None:
        """Create everything that `reset` needs."""

    def reset(self) -> None:
        """Go back to the initial weights and a fresh optimizer."""
        raise NotImplementedError

    def train(self, count: int) -> None:
        """Train `count` epochs and wait until they are complete."""
        raise NotImplementedError

    def run_epochs(self, count: int) -> _Timing:
        """Train `count` epochs and return how long it took."""
        started = time.perf_counter()
        self.train(count)
        seconds = time.perf_counter() - started
        return _Timing(seconds, seconds)

    def weights(self) -> list[tuple[Array, Array]]:
        """W of shape (units, inputs) and b of shape (units,) of every layer."""
        raise NotImplementedError

    def boundary(self) -> Array:
        """The network's outputs on a grid of 100 × 100 points over the plane."""
        raise NotImplementedError

    def loss(self) -> float:
        """The mean cross-entropy over the training points, by the same float64 code for all racers."""
        a = self.x.T.astype(np.float64)
        *hidden, (W, b) = self.weights()
        for V, c in hidden:
            a = np.tanh(V.astype(np.float64) @ a + c[:, np.newaxis])
        o = (W @ a + b[:, np.newaxis])[0]
        return float(np.mean(np.logaddexp(0, o) - self.labels * o))

    def boundary_seconds(self, seconds: float) -> float:
        """The time of one boundary in seconds, averaged over about `seconds`."""
        self.boundary()
        started, count = time.perf_counter(), 0
        while (spent := time.perf_counter() - started) < seconds or not count:
            self.boundary()
            count += 1
        return spent / count

    def gflops(self) -> float:
        """The speed of NumPy's float32 matrix product, in 10⁹ operations per second: the best over some shapes."""
        random, best = np.random.default_rng(0), 0.0
        for m, k, n in ((256, 256, 250), (256, 250, 256), (512, 512, 512), (1024, 1024, 1024)):
            a, b = random.random((m, k), np.float32), random.random((k, n), np.float32)
            for _ in range(4):
                started = time.perf_counter()
                a @ b
                best = max(best, 2e-9 * m * k * n / (time.perf_counter() - started))
        return best

    @property
    def batch_size(self) -> int:
        return min(self.experiment.training.batch_size or len(self.x), len(self.x))

    @property
    def learns_by_adam(self) -> bool:
        """Whether the optimizer is Adam; else it is plain SGD."""
        return isinstance(self.experiment.training.optimizer, Adam)


# Ours -----------------------------------------------------------------------------------------------------------


def _make_trainer(experiment: Experiment, engine: EngineName) -> Trainer:
    trainer = Trainer(experiment, engine=engine)
    if trainer.engine != engine:
        raise RuntimeError(f"the engine {engine} can't be loaded; {trainer.engine} would train instead")
    return trainer


class _Ours(Contestant):
    """Our trainer, with everything that it measures during training."""

    package = "numpy"
    engine: ClassVar[EngineName]

    def reset(self) -> None:
        self.trainer = _make_trainer(self.experiment, self.engine)

    def train(self, count: int) -> None:
        if self.trainer.advance(epochs=count) != "ready":
            raise RuntimeError(self.trainer.run.record.problem or f"training {self.trainer.status}")

    def run_epochs(self, count: int) -> _Timing:
        before = self.trainer.seconds
        total = super().run_epochs(count).total
        return _Timing(self.trainer.seconds - before, total)

    def weights(self) -> list[tuple[Array, Array]]:
        given = self.trainer.parameters()
        return [(given[f"W{k}"], given[f"b{k}"]) for k in range(len(self.sizes) - 1)]

    def boundary(self) -> Array:
        return BoundaryRequest(100).answer(self.trainer)

    def epoch_growth_bytes(self) -> int | None:
        """The additional memory, in bytes, that the second epoch needs at its peak; None if unknown.

        The evaluation after the epoch's last step is left out.
        """
        self.train(1)
        steps = -(-len(self.x) // self.batch_size)
        before = _reset_peak_memory()
        self.trainer.advance(steps=steps - 1)
        peak = _memory_bytes("VmHWM")
        return None if before is None or peak is None else peak - before


class _Compiled(_Ours):
    """The racer that trains with the compiled engine."""

    label = "ours, compiled"
    engine = "compiled"


class _Reference(_Ours):
    """The racer that trains with the reference engine."""

    label = "ours, reference"
    engine = "reference"


def _reset_peak_memory() -> int | None:
    """Reset the peak memory of this process; returns its present memory, None where that is unknown."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return _memory_bytes("VmRSS")


def _memory_bytes(field: str) -> int | None:
    """A field of Linux's /proc/self/status in bytes; None elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    found = [line.split()[1] for line in status.read_text().splitlines() if line.startswith(f"{field}:")]
    return 1024 * int(found[0]) if found else None


OURS: dict[str, type[Contestant]] = {"compiled": _Compiled, "reference": _Reference}
"""Our engines by their names on the command line, the fastest first."""


# In its own process ---------------------------------------------------------------------------------------------


def serve(connection: Connection, kind: type[Contestant]) -> None:
    """Serve as a racer: call methods by the names and arguments that the other process sends.

    Each reply is a pair: whether the call succeeded, and its result or the error in words.
    """
    # The other process handles interrupts; when it ends, so does this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    racer = kind()
    while True:
        try:
            method, arguments = connection.recv()
        except EOFError:
            return
        try:
            result = getattr(racer, method)(*arguments)
        except Exception as error:
            # Whatever a library raises, the race continues without it and says so.
            connection.send((False, f"{type(error).__name__}: {error}"))
        else:
            connection.send((True, result))
