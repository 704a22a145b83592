"""The race of 64 networks at once: lanes against JAX's `vmap`, against each other, and against the compiled engine.

    python -m tools.race --crowds [--quick] [--json FILE]

Seeds 0 to 63, each with shuffles of its own; 250 training points and as many for validation, batch 10, tanh, SGD; both
parts are evaluated every 10 epochs and at the end, unless a row says otherwise. As in the race of single networks, each
racer has a process of its own on one thread of the same core, and they take turns. Speeds are updates of all networks
by seconds on the wall; where other programs took more than a twentieth of the core, by seconds of the processor.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np

from playground.catalog.activations import Activation
from playground.catalog.choice import members
from playground.catalog.losses import Loss
from playground.catalog.normalizations import Normalization
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import Schedule
from playground.cli.bench import multiply_adds, start_racers, typical_ratio
from playground.cli.racers import Contestant
from playground.engine.engines import resolve_engine
from playground.engine.lanes.group import Group, advance
from playground.engine.setup import Setup
from playground.experiment.rules import check, convert
from playground.experiment.tree import Experiment
from playground.run.trainer import Trainer

NETWORKS, EVERY = 64, 10
LIMIT = 98.0
"""The matrix products, in GFLOP/s, of the core that the speeds in `CROWDS` hold for; on others the share counts."""
_EPOCHS, _POINTS = 100, 250
"""After which losses are compared, and those of an epoch."""
_QUIET = 0.95
"""The share of the core from which on the clock on the wall counts."""

Clock: TypeAlias = Literal["wall", "processor"]


def crowd_experiment(widths: Sequence[int], **changes: Any) -> Experiment:
    """The experiment that all networks of a crowd have in common."""
    layers = [{"units": units, "activation": "tanh"} for units in widths]
    base = {
        "version": 1,
        "data": {"kind": "circle", "points": 500, "noise": 0.1},
        "layers": layers,
        "training": {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 10},
    }
    return check(convert(base).with_({name.replace("__", "."): value for name, value in changes.items()}))


# Racers ---------------------------------------------------------------------------------------------------------


class _Crowd(Contestant):
    """Many networks of one experiment; `run_epochs` gives the processor's seconds, then those on the wall."""

    networks: ClassVar[int] = NETWORKS

    def prepare(self, experiment: Experiment, every: int = EVERY, one_seed: bool = False) -> None:
        """Build the networks, evaluated after `every` epochs; with `one_seed` they differ in the learning rate."""
        self.experiment, self.every = experiment, every
        first = Setup(experiment)
        varied = ({"training.learning_rate": 0.0005 * (k + 1)} if one_seed else {"seed": k} for k in range(NETWORKS))
        self.setups = [Setup(check(experiment.with_(change)), first) for change in varied]
        self.build()
        self.reset()
        self.run_epochs(every)
        self.reset()

    def run_epochs(self, count: int) -> Any:
        spent = time.process_time()
        timing = super().run_epochs(count)
        return timing._replace(training=time.process_time() - spent)

    def updates_per_epoch(self) -> int:
        """Of all networks that train."""
        size, points = self.experiment.training.batch_size, self.setups[0].points
        batches = points // size if self.experiment.training.batching == "drop" else -(-points // (size or points))
        return self.networks * batches

    def loss(self) -> float:
        """The mean training loss of all networks when they were evaluated last."""
        raise NotImplementedError


class Lanes(_Crowd):
    """Our engine for many networks."""

    label = "lanes"
    package = "numpy"
    threads: ClassVar[int] = 1

    def reset(self) -> None:
        if resolve_engine("lanes", self.setups[0]) != "lanes":
            raise RuntimeError("this machine can't train in lanes")
        self.group = Group(self.setups[0], evaluate_every=self.every, histories=False)
        self.lanes = [self.group.add(setup) for setup in self.setups]

    def train(self, count: int) -> None:
        advance([self.group], epochs=count, threads=self.threads)

    def loss(self) -> float:
        return float(np.mean([self.group.evaluation(lane).train_loss for lane in self.lanes]))


class LanesOnTwoCores(Lanes):
    """The same with a second thread, on whatever cores there are."""

    label = "lanes, two threads"
    threads = 2

    def reset(self) -> None:
        if sys.platform == "linux":
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
        super().reset()


class OneByOne(_Crowd):
    """The compiled engine, which trains one network after another: the first one tells how fast."""

    label = "compiled"
    package = "numpy"
    networks = 1

    def reset(self) -> None:
        self.trainer = Trainer(self.experiment, engine="compiled", history_rows=16)

    def train(self, count: int) -> None:
        self.trainer.advance(epochs=count)

    def loss(self) -> float:
        return self.trainer.evaluation.train_loss or 0.0


class JaxCrowd(_Crowd):
    """JAX: `vmap` of a scan over epochs, each of which shuffles inside and scans its batches, in one jitted call.

    Of the variants tried this is the fastest: arrays of shape (units, batch) for narrow networks and (batch, units) for
    wide ones. Networks along the last axis took up to 1.3 times as long, and products written as sums up to 25 times.
    """

    label = "JAX vmap"
    package = "jax"

    def build(self) -> None:
        import jax
        import jax.numpy as jnp

        setup, every, size = self.setups[0], self.every, self.experiment.training.batch_size
        x, t = jnp.asarray(setup.train.inputs.T), jnp.asarray(setup.train.targets[0])
        others = jnp.asarray(setup.validation.inputs.T), jnp.asarray(setup.validation.targets[0])
        points, rate = len(x), self.experiment.training.learning_rate
        whole = points - points % size
        transposed = max(layer.units for layer in setup.network.layers) < 32

        def forward(weights: Any, x: Any) -> Any:
            a = x.T if transposed else x
            for place, (W, b) in enumerate(weights):
                z = W @ a + b[:, None] if transposed else a @ W.T + b
                a = jnp.tanh(z) if place < len(weights) - 1 else z
            return a[0] if transposed else a[:, 0]

        def loss(weights: Any, x: Any, t: Any) -> Any:
            o = forward(weights, x)
            return jnp.mean(jax.nn.softplus(o) - o * t)

        def measured(weights: Any, x: Any, t: Any) -> Any:
            o = forward(weights, x)
            return jnp.mean(jax.nn.softplus(o) - o * t), jnp.mean((o >= 0) == (t > 0))

        def step(weights: Any, places: Any) -> tuple[Any, None]:
            gradient = jax.grad(loss)(weights, x[places], t[places])
            return jax.tree.map(lambda w, g: w - rate * g, weights, gradient), None

        def epoch(carry: Any, _: None) -> tuple[Any, None]:
            weights, key = carry
            key, drawn = jax.random.split(key)
            order = jax.random.permutation(drawn, points)
            weights, _ = jax.lax.scan(step, weights, order[:whole].reshape(-1, size))
            if whole < points:
                weights, _ = step(weights, order[whole:])
            return (weights, key), None

        def between_evaluations(weights: Any, key: Any) -> Any:
            (weights, key), _ = jax.lax.scan(epoch, (weights, key), None, length=every)
            return weights, key, (measured(weights, x, t), measured(weights, *others))

        all_at_once = jax.vmap(between_evaluations)

        def run(weights: Any, keys: Any, found: Any, times: Any) -> Any:
            return jax.lax.fori_loop(0, times, lambda _, carry: all_at_once(*carry[:2]), (weights, keys, found))

        self.run = jax.jit(run, donate_argnums=(0, 1, 2))
        self.wait = jax.block_until_ready

    def reset(self) -> None:
        import jax
        import jax.numpy as jnp

        given = [one.network.initial(one.experiment.seed, one.experiment.bias) for one in self.setups]
        weights = [
            tuple(jnp.asarray(np.stack([layer.named(flat)[name] for flat in given])) for name in ("W", "b"))
            for layer in self.setups[0].network.layers
        ]
        seeds = jnp.arange(NETWORKS)
        nothing = ((jnp.zeros(NETWORKS),) * 2,) * 2
        self.carry = (weights, jax.vmap(jax.random.key)(seeds), jax.tree.map(jnp.copy, nothing))

    def train(self, count: int) -> None:
        self.carry = self.wait(self.run(*self.carry, count // self.every))

    def loss(self) -> float:
        return float(np.mean(self.carry[2][0][0]))


RACERS: dict[str, type[_Crowd]] = {
    "lanes": Lanes, "other lanes": Lanes, "two threads": LanesOnTwoCores, "jax": JaxCrowd, "compiled": OneByOne,
}  # fmt: skip

# Rows -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crowd:
    """One row: a crowd in lanes, a rival, and what is wanted."""

    name: str
    experiment: Experiment
    rival: str = "jax"
    """A name in `RACERS`, or "" for none."""
    rivals: Experiment | None = None
    """What the rival trains, if it is something else."""
    one_seed: bool = False
    every: int = EVERY
    times: float | None = None
    """How many times as fast as the rival lanes shall be."""
    at_most: bool = False
    """Whether `times` is the most that lanes may reach: where the rival is what is judged."""
    speed: float | None = None
    """Updates per second that are wanted where matrix products make `LIMIT`."""


_NARROW = crowd_experiment((8,) * 3)
CROWDS = (
    Crowd("2-4-2-1", crowd_experiment((4, 2)), times=25, speed=8.5e6),
    Crowd("2-8-8-8-1", _NARROW, times=13, speed=max(2.9e6, 0.3 * LIMIT * 1e9 / 8800)),
    Crowd("2-(10×8)-1", crowd_experiment((8,) * 10), times=10, speed=0.85e6),
    Crowd("2-16-16-16-1", crowd_experiment((16,) * 3), times=7, speed=1.2e6),
    Crowd("2-64-64-64-1, batch 32", crowd_experiment((64,) * 3, training__batch_size=32), times=1.2),
    Crowd("2-4-2-1, 64 learning rates", crowd_experiment((4, 2)), "", one_seed=True, speed=13e6),
    Crowd("2-8-8-8-1, 64 learning rates", _NARROW, "", one_seed=True, speed=3.6e6),
    Crowd("2-8-8-8-1, one core against two", _NARROW, "two threads", times=1 / 1.85, at_most=True),
    Crowd(
        "2-8-8-8-1, Adam against SGD",
        crowd_experiment((8,) * 3, training__optimizer="adam"),
        "other lanes", _NARROW, times=1 / 1.4,
    ),
    Crowd(
        "2-8-8-8-1, dropout against none",
        crowd_experiment((8,) * 3, layers__0__dropout=0.2, layers__1__dropout=0.2, layers__2__dropout=0.2),
        "other lanes", _NARROW, times=1 / 1.6,
    ),
    Crowd(
        "2-8-8-8-1, float64 against float32",
        crowd_experiment((8,) * 3, precision="float64"),
        "other lanes", _NARROW, times=1 / 4,
    ),
)  # fmt: skip


def varieties() -> list[Crowd]:
    """Every member of every family, every schedule and setting, against the compiled engine."""
    rows: dict[str, dict[str, Any]] = {}
    for kind in members(Activation):
        rows[f"activation {kind}"] = {f"layers.{k}.activation": kind for k in range(3)}
    for kind in members(Normalization):
        rows[f"normalization {kind}"] = {f"layers.{k}.normalization": kind for k in range(3)}
    for kind in members(Optimizer):
        rows[f"optimizer {kind}"] = {"training.optimizer": kind, "training.learning_rate": 0.001}
    for kind in members(Regularizer):
        rows[f"regularizer {kind}"] = {"regularizer": kind}
    for kind in members(Schedule):
        rows[f"schedule {kind}"] = {"training.schedule": kind}
    for kind, member in members(Loss).items():
        rows[f"loss {kind}"] = {"loss": kind} | ({} if "classification" in member.tasks else {"data": "plane"})
    rows["three classes"] = {"data": "blobs", "loss": "cross_entropy"}
    rows["class weights"] = {"loss": {"kind": "cross_entropy", "class_weights": "balanced"}}
    rows["regression"] = {"data": "hills"}
    rows["prune"] = {"regularizer": {"kind": "l1", "prune": True}}
    rows["momentum with Nesterov"] = {"training.optimizer": {"kind": "momentum", "nesterov": True}}
    of_layers: dict[str, Any] = {"skip": True, "dropout": 0.2, "trainable": False}
    for name, value in of_layers.items():
        rows[name] = {f"layers.{k}.{name}": value for k in (1, 2)}
    rows["muted"] = {"layers.1.muted": True}
    of_training: list[tuple[str, Any]] = [
        ("weight_noise", 0.001), ("weight_decay", 0.001), ("clip_norm", 0.5), ("batching", "carry"),
        ("batching", "drop"), ("shuffle", False), ("early_stopping", {"patience": 1_000_000}), ("batch_size", 1),
        ("batch_size", 0),
    ]  # fmt: skip
    for name, value in of_training:
        rows[f"{name} {value}"] = {f"training.{name}": value}
    rows["warm-up"] = {"training.schedule": {"kind": "constant", "warmup": 1_000_000}}
    rows["float64"] = {"precision": "float64"}
    return [Crowd(name, check(_NARROW.with_(changes)), "compiled", every=1, times=4) for name, changes in rows.items()]


# The race -------------------------------------------------------------------------------------------------------


@dataclass
class _Entry:
    """A racer in one row, with the seconds of its turns: by the clock on the wall, and the processor's."""

    child: Any
    updates: int
    """Of all its networks in a turn."""
    epochs: int
    loss: float
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)

    def take_turn(self) -> None:
        timing = self.child.call("run_epochs", self.epochs)
        self.wall.append(timing.total)
        self.processor.append(timing.training)

    def speeds(self, clock: Clock) -> list[float]:
        """Updates per second of every turn."""
        return [self.updates / seconds for seconds in getattr(self, clock)]


def _enter(child: Any, experiment: Experiment, row: Crowd, seconds: float) -> _Entry:
    """Train a racer for the comparison of the losses; its time also gives the epochs per turn."""
    child.call("prepare", experiment, row.every, row.one_seed)
    timing = child.call("run_epochs", _EPOCHS)
    epochs = EVERY * max(1, round(_EPOCHS / EVERY * seconds / timing.total))
    return _Entry(child, epochs * child.call("updates_per_epoch"), epochs, child.call("loss"))


def race_row(row: Crowd, racing: Mapping[str, Any], turns: int, seconds: float) -> dict[str, Any]:
    """One row, ready for JSON; a rival that is not there is left out."""
    ours = _enter(racing["lanes"], row.experiment, row, seconds)
    rival = None
    if row.rival in racing:
        rival = _enter(racing[row.rival], row.rivals or row.experiment, row, seconds)
    entries = [ours] if rival is None else [ours, rival]
    gflops = 0.0
    for _ in range(turns):
        for entry in entries:
            entry.take_turn()
        gflops = max(gflops, racing["lanes"].call("gflops"))
    share = median(p / w for entry in entries for p, w in zip(entry.processor, entry.wall, strict=True))
    clock: Clock = "wall" if share >= _QUIET or row.rival == "two threads" else "processor"
    speed = median(ours.speeds(clock))
    sizes = [2, *(layer.units for layer in row.experiment.layers), 1]
    flops = 2 * (row.experiment.training.batch_size or _POINTS) * multiply_adds(sizes)
    wanted = None if row.speed is None else row.speed * gflops / LIMIT
    ratio = None if rival is None else typical_ratio(ours.speeds(clock), rival.speeds(clock))
    return {
        "name": row.name,
        "clock": clock,
        "core_was_ours": share,
        "updates_per_second": speed,
        "wanted_updates_per_second": wanted,
        "speed_reached": None if wanted is None else speed >= wanted,
        "share_of_matrix_products": flops * speed / (gflops * 1e9),
        "matrix_product_gflops": gflops,
        "rival": row.rival or None,
        "rivals_updates_per_second": None if rival is None else median(rival.speeds(clock)),
        "ratio": ratio,
        "wanted_ratio": row.times,
        "at_most": row.at_most,
        "ratio_reached": None if ratio is None or row.times is None else (ratio <= row.times) == row.at_most,
        "losses": [entry.loss for entry in entries],
    }


def _print_row(found: Mapping[str, Any]) -> None:
    def cell(name: str, form: str, scale: float = 1) -> str:
        return "" if found[name] is None else form.format(found[name] / scale)

    sign = "≤" if found["at_most"] else "≥"
    misses = [what for what in ("speed", "ratio") if found[f"{what}_reached"] is False]
    print(
        f"  {found['name']:<36}{cell('updates_per_second', '{:.3f}', 1e6):>8}"
        f"{cell('wanted_updates_per_second', '≥ {:.3f}', 1e6):>10}{found['share_of_matrix_products']:>7.0%}"
        f"{cell('rivals_updates_per_second', '{:.3f}', 1e6):>9}{cell('ratio', '{:.2f}'):>8}"
        f"{cell('wanted_ratio', sign + ' {:.2f}'):>9}  {' '.join(f'{loss:.3f}' for loss in found['losses']):<13}"
        + (f" below: {' and '.join(misses)}" if misses else ""),
        flush=True,
    )


def race_crowds(racers: Collection[str], turns: int, seconds: float) -> dict[str, Any]:
    """All rows and the table of members, by whoever can race; printed as they come and returned for JSON."""
    parts: dict[str, list[dict[str, Any]]] = {}
    plan = (
        ("crowds", f"{NETWORKS} networks at once, in millions of updates per second", CROWDS, (turns, seconds)),
        ("members", "2-8-8-8-1, evaluated every epoch, against the compiled engine", varieties(), (3, seconds / 10)),
    )
    with start_racers({name: racer for name, racer in RACERS.items() if name in racers}) as started:
        racing = {child.name: child for child in started}
        for part, title, rows, how in plan:
            print(f"\n{title}")
            print(f"  {'':<36}{'lanes':>8}{'wanted':>10}{'limit':>7}{'rival':>9}{'ratio':>8}{'wanted':>9}  losses")
            parts[part] = []
            for row in rows:
                parts[part].append(race_row(row, racing, *how))
                _print_row(parts[part][-1])
    everything = [row for rows in parts.values() for row in rows]
    shares = [row["core_was_ours"] for row in everything if row["rival"] != "two threads"]
    gflops = max(row["matrix_product_gflops"] for row in everything)
    print(f"\nThe limit is the best matrix product of that moment, at most {gflops:.0f} GFLOP/s")
    if min(shares) < _QUIET:
        print(f"A busy machine: the racers had {median(shares):.0%} of the core; speeds are by the processor's seconds")
    below = [row["name"] for row in everything if False in (row["speed_reached"], row["ratio_reached"])]
    print("Below what is wanted:", ", ".join(below) or "nothing")
    return parts
