"""The racers of `bench`: our own engines and the libraries they are measured against, one class each.

All have the same small interface, start from the weights that `Trainer` gives an experiment, make the same updates
(every point once per epoch, the last short batch included) and run in a process of their own on one thread. A peer is
imported only in its process. This module measures one racer at a time; who runs when, and what it means, is `bench`'s.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from importlib.util import find_spec
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

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

BETA1, BETA2, EPS = Adam().beta1, Adam().beta2, Adam().eps


class Timing(NamedTuple):
    """The duration of some epochs, in seconds."""

    training: float
    """In the training steps alone; for our own engines with the per-layer measurements."""
    total: float
    """With all that training brings along; for our own engines the evaluation after every epoch."""


class Racer:
    """Something that trains the network of an experiment; `prepare` first, then the rest in any order."""

    label: ClassVar[str]
    package: ClassVar[str]
    """The package that must be installed."""

    def prepare(self, experiment: Experiment) -> None:
        """Build and warm up (compile, fill the caches), then stand at the initial weights."""
        trainer = Trainer(experiment)
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
        """Train `count` epochs, to the end."""
        raise NotImplementedError

    def run_epochs(self, count: int) -> Timing:
        """Train `count` epochs and say how long it took."""
        started = time.perf_counter()
        self.train(count)
        seconds = time.perf_counter() - started
        return Timing(seconds, seconds)

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
        """How long one boundary takes, on average over about so many seconds."""
        self.boundary()
        started, count = time.perf_counter(), 0
        while (spent := time.perf_counter() - started) < seconds or not count:
            self.boundary()
            count += 1
        return spent / count

    def gflops(self) -> float:
        """10⁹ operations per second of NumPy's float32 matrix product: the best of some shapes."""
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
        """Points per update."""
        return min(self.experiment.training.batch_size or len(self.x), len(self.x))

    @property
    def learns_by_adam(self) -> bool:
        """Whether the optimizer is Adam; else it is plain SGD."""
        return isinstance(self.experiment.training.optimizer, Adam)


# Ours -----------------------------------------------------------------------------------------------------------


def make_trainer(experiment: Experiment, engine: EngineName) -> Trainer:
    """A trainer on this engine, which must support the whole experiment."""
    trainer = Trainer(experiment, engine=engine)
    if trainer.engine != engine:
        raise RuntimeError(f"the engine {engine} can't be loaded; {trainer.engine} would train")
    return trainer


class Ours(Racer):
    """The trainer as it is, with everything that it measures."""

    package = "numpy"
    engine: ClassVar[EngineName]

    def reset(self) -> None:
        self.trainer = make_trainer(self.experiment, self.engine)

    def train(self, count: int) -> None:
        if self.trainer.advance(epochs=count) != "ready":
            raise RuntimeError(self.trainer.run.record.problem or f"training {self.trainer.status}")

    def run_epochs(self, count: int) -> Timing:
        before = self.trainer.seconds
        total = super().run_epochs(count).total
        return Timing(self.trainer.seconds - before, total)

    def weights(self) -> list[tuple[Array, Array]]:
        given = self.trainer.parameters()
        return [(given[f"W{k}"], given[f"b{k}"]) for k in range(len(self.sizes) - 1)]

    def boundary(self) -> Array:
        return BoundaryRequest(100).answer(self.trainer)

    def epoch_growth_bytes(self) -> int | None:
        """How much memory the second epoch needs at its peak on top of what there was before; None where unknown.

        The evaluation after the epoch's last step is left out.
        """
        self.train(1)
        steps = -(-len(self.x) // self.batch_size)
        before = reset_peak_memory()
        self.trainer.advance(steps=steps - 1)
        peak = memory_bytes("VmHWM")
        return None if before is None or peak is None else peak - before


class Compiled(Ours):
    """The fast engine."""

    label = "ours, compiled"
    engine = "compiled"


class Reference(Ours):
    """The textbook in NumPy."""

    label = "ours, reference"
    engine = "reference"


def reset_peak_memory() -> int | None:
    """Reset the peak memory of this process; returns its present memory, None where that is unknown."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return None
    return memory_bytes("VmRSS")


def memory_bytes(field: str) -> int | None:
    """A field of Linux's /proc/self/status in bytes; None elsewhere."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    found = [line.split()[1] for line in status.read_text().splitlines() if line.startswith(f"{field}:")]
    return 1024 * int(found[0]) if found else None


# Peers ----------------------------------------------------------------------------------------------------------


class Jax(Racer):
    """One jitted call per epoch: a scan over the shuffled batches, buffers donated, no waiting between epochs.

    Of the variants tried this is the fastest: arrays of shape (units, batch) for narrow networks and (batch, units)
    for wide ones; gathering each batch inside the scan; no unrolling. XLA's own flags made no difference.
    """

    label = "JAX"
    package = "jax"

    def build(self) -> None:
        import jax
        import jax.numpy as jnp

        self.jax, self.jnp = jax, jnp
        self.transposed = max(self.sizes) < 32
        self.device_grid = jnp.array(self.grid)
        x, t = jnp.array(self.x), jnp.array(self.labels, jnp.float32)
        points, size, rate = len(self.x), self.batch_size, self.experiment.training.learning_rate
        whole = points - points % size
        shuffle = self.experiment.training.shuffle

        def loss(weights: Any, x: Any, t: Any) -> Any:
            o = self.forward(weights, x)
            return jnp.mean(jax.nn.softplus(o) - o * t)

        def step(carry: Any, places: Any) -> tuple[Any, None]:
            weights, slots, count = carry
            gradient = jax.grad(loss)(weights, x[places], t[places])
            return (*self.update(weights, gradient, slots, count, rate), count + 1), None

        def epoch(carry: Any, key: Any) -> Any:
            key, drawn = jax.random.split(key)
            order = jax.random.permutation(drawn, points) if shuffle else jnp.arange(points)
            carry, _ = jax.lax.scan(step, carry, order[:whole].reshape(-1, size))
            if whole < points:
                carry, _ = step(carry, order[whole:])
            return carry, key

        self.epoch = jax.jit(epoch, donate_argnums=(0, 1))
        self.outputs = jax.jit(self.forward)

    def forward(self, weights: Any, x: Any) -> Any:
        """The logits of points x, shape (n, 2): shape (n,)."""
        a = x.T if self.transposed else x
        for place, (W, b) in enumerate(weights):
            z = W @ a + b if self.transposed else a @ W + b
            a = self.jnp.tanh(z) if place < len(weights) - 1 else z
        return a[0] if self.transposed else a[:, 0]

    def update(self, weights: Any, gradient: Any, slots: Any, count: Any, rate: float) -> tuple[Any, Any]:
        """SGD or Adam, whose first update has the count 1."""
        tree_map, jnp = self.jax.tree.map, self.jnp
        if not self.learns_by_adam:
            return tree_map(lambda w, g: w - rate * g, weights, gradient), slots
        m = tree_map(lambda m, g: BETA1 * m + (1 - BETA1) * g, slots[0], gradient)
        v = tree_map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, slots[1], gradient)
        along, across = rate / (1 - BETA1**count), jnp.sqrt(1 - BETA2**count)
        return tree_map(lambda w, m, v: w - along * m / (jnp.sqrt(v) / across + EPS), weights, m, v), (m, v)

    def reset(self) -> None:
        jnp, tree_map = self.jnp, self.jax.tree.map
        weights = [
            (jnp.array(W), jnp.array(b[:, None])) if self.transposed else (jnp.array(W.T), jnp.array(b))
            for W, b in self.initial
        ]
        slots = tuple(tree_map(jnp.zeros_like, weights) for _ in range(2)) if self.learns_by_adam else ()
        self.carry, self.key = (weights, slots, jnp.float32(1)), self.jax.random.key(self.experiment.seed)

    def train(self, count: int) -> None:
        for _ in range(count):
            self.carry, self.key = self.epoch(self.carry, self.key)
        self.jax.block_until_ready(self.carry)

    def weights(self) -> list[tuple[Array, Array]]:
        return [(np.asarray(W if self.transposed else W.T), np.ravel(b)) for W, b in self.carry[0]]

    def boundary(self) -> Array:
        return np.asarray(self.outputs(self.carry[0], self.device_grid))


class PyTorch(Racer):
    """PyTorch eager, functional without modules; SGD by one foreach call, Adam fused.

    Of the variants with autograd that were tried this is the fastest everywhere: 1.3 to 1.5 times as fast as
    `nn.Sequential` with `torch.optim` (plain, foreach or fused) for the small networks, 1.05 times for the largest.
    """

    label = "PyTorch"
    package = "torch"

    def build(self) -> None:
        import torch

        torch.set_num_threads(1)
        self.torch = torch
        self.tensor_x, self.tensor_grid = torch.tensor(self.x), torch.tensor(self.grid)
        self.tensor_t = torch.tensor(self.labels, dtype=torch.float32)[:, None]

    def reset(self) -> None:
        torch = self.torch
        torch.manual_seed(self.experiment.seed)
        self.parameters = [torch.tensor(array, requires_grad=True) for pair in self.initial for array in pair]
        rate = self.experiment.training.learning_rate
        self.rate = rate
        if self.learns_by_adam:
            self.adam = torch.optim.Adam(self.parameters, lr=rate, betas=(BETA1, BETA2), eps=EPS, fused=True)

    def forward(self, x: Any) -> Any:
        """The logits of points x, shape (n, 2): shape (n, 1)."""
        linear, p = self.torch.nn.functional.linear, self.parameters
        for place in range(0, len(p) - 2, 2):
            x = self.torch.tanh(linear(x, p[place], p[place + 1]))
        return linear(x, p[-2], p[-1])

    def train(self, count: int) -> None:
        for _ in range(count):
            x, t = self.tensor_x, self.tensor_t
            if self.experiment.training.shuffle:
                order = self.torch.randperm(len(x))
                x, t = x[order], t[order]
            for batch in zip(x.split(self.batch_size), t.split(self.batch_size), strict=True):
                self.step(*batch)

    def step(self, x: Any, t: Any) -> None:
        """One update."""
        torch = self.torch
        loss = torch.nn.functional.binary_cross_entropy_with_logits(self.forward(x), t)
        gradients = torch.autograd.grad(loss, self.parameters)
        if self.learns_by_adam:
            for parameter, gradient in zip(self.parameters, gradients, strict=True):
                parameter.grad = gradient
            self.adam.step()
        else:
            with torch.no_grad():
                torch._foreach_add_(self.parameters, gradients, alpha=-self.rate)

    def weights(self) -> list[tuple[Array, Array]]:
        arrays = [parameter.detach().numpy() for parameter in self.parameters]
        return list(zip(arrays[0::2], arrays[1::2], strict=True))

    def boundary(self) -> Array:
        with self.torch.inference_mode():
            result: Array = self.forward(self.tensor_grid).numpy()
        return result


class ScikitLearn(Racer):
    """scikit-learn's MLPClassifier; a `partial_fit` of all points is one epoch of shuffled batches."""

    label = "scikit-learn"
    package = "sklearn"

    def reset(self) -> None:
        from sklearn.neural_network import MLPClassifier

        training = self.experiment.training
        self.model = MLPClassifier(
            hidden_layer_sizes=self.sizes[1:-1],
            activation="tanh",
            solver="adam" if self.learns_by_adam else "sgd",
            alpha=0,
            batch_size=self.batch_size,
            learning_rate_init=training.learning_rate,
            momentum=0,
            nesterovs_momentum=False,
            beta_1=BETA1,
            beta_2=BETA2,
            epsilon=EPS,
            shuffle=training.shuffle,
            random_state=self.experiment.seed,
        )
        self.classes = self.labels.astype(int)
        # The arrays exist only after a first call; then they are filled and the optimizer is created again.
        self.model.partial_fit(self.x, self.classes, classes=[0, 1])
        for place, (W, b) in enumerate(self.initial):
            self.model.coefs_[place][...] = W.T
            self.model.intercepts_[place][...] = b
        del self.model._optimizer

    def train(self, count: int) -> None:
        for _ in range(count):
            self.model.partial_fit(self.x, self.classes)

    def weights(self) -> list[tuple[Array, Array]]:
        return [(W.T, b) for W, b in zip(self.model.coefs_, self.model.intercepts_, strict=True)]

    def boundary(self) -> Array:
        result: Array = self.model.predict_proba(self.grid)
        return result


PEERS: dict[str, type[Racer]] = {"jax": Jax, "torch": PyTorch, "sklearn": ScikitLearn}
OURS: dict[str, type[Racer]] = {"compiled": Compiled, "reference": Reference}


def racers() -> dict[str, type[Racer]]:
    """All racers by the names they have on the command line, ours first; installed or not."""
    return OURS | PEERS


def installed(name: str) -> bool:
    """Whether a racer can be imported."""
    return find_spec(racers()[name].package) is not None


# In a process of its own ----------------------------------------------------------------------------------------


def serve(connection: Connection, name: str) -> None:
    """Serve as the racer of that name: call methods by the names and arguments that the other process sends.

    The answer is a pair: whether it went well, and the result or what went wrong.
    """
    # An interrupt is the other process's to handle; when it ends, so does this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    racer = racers()[name]()
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
