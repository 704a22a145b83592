"""How fast lanes train, against the compiled engine in turns of the same run.

    python tests/benchmarks/lanes.py [--members]

64 networks, seeds 0 to 63, each with shuffles of its own, evaluated every 10 epochs; 250 training points, batch 10,
tanh and SGD unless a row says otherwise. Speeds are updates of all networks by seconds of this thread's processor time,
the best of several turns, so that other programs disturb them little. `--members` goes through every member of every
family.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from playground import Experiment, Trainer, check
from playground.catalog.activations import Activation
from playground.catalog.choice import members
from playground.catalog.losses import Loss
from playground.catalog.normalizations import Normalization
from playground.catalog.optimizers import Optimizer
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import Schedule
from playground.engine.lanes.group import Group, advance
from playground.engine.setup import Setup
from playground.experiment.rules import convert

NETWORKS = 64
TURNS = 5
SHAPES: dict[str, tuple[str, dict[str, Any], float]] = {
    "2-4-2-1": ("4-2", {}, 8.5e6),
    "2-8-8-8-1": ("8-8-8", {}, 2.9e6),
    "2-(10x8)-1": ("8-8-8-8-8-8-8-8-8-8", {}, 0.85e6),
    "2-16-16-16-1": ("16-16-16", {}, 1.2e6),
    "2-64-64-64-1, batch 32": ("64-64-64", {"training.batch_size": 32}, 37e3),
    "2-8-8-8-1, adam": ("8-8-8", {"training.optimizer": "adam"}, 2.9e6 / 1.4),
    "2-8-8-8-1, dropout": ("8-8-8", {f"layers.{k}.dropout": 0.2 for k in range(3)}, 2.9e6 / 1.6),
    "2-8-8-8-1, float64": ("8-8-8", {"precision": "float64"}, 2.9e6 / 4),
}
"""Units, what else differs, and the speed that is wanted on a core that multiplies matrices at 98 GFLOP/s."""


def experiment_of(units: str, changes: dict[str, Any]) -> Experiment:
    base = convert(
        {
            "version": 1,
            "data": {"kind": "circle", "points": 500, "noise": 0.1},
            "layers": [{"units": int(number), "activation": "tanh"} for number in units.split("-")],
            "training": {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 10},
        }
    )
    return check(base.with_(changes))


def multiplications_per_second() -> float:
    """What NumPy's matrix product makes of this core, in GFLOP/s of float32."""
    a = np.ones((512, 512), np.float32)
    return max(2 * 512**3 / seconds_of(lambda: a @ a) for _ in range(20)) / 1e9


def seconds_of(action: Callable[[], object]) -> float:
    started = time.thread_time()
    action()
    return time.thread_time() - started


def lanes_speed(experiment: Experiment, *, one_seed: bool = False) -> Callable[[], float]:
    """Updates per second of 64 networks in lanes, measured anew with every call."""
    first = Setup(experiment)
    group = Group(first, evaluate_every=10, histories=False)
    for k in range(NETWORKS):
        change = {"training.learning_rate": 0.0005 * (k + 1)} if one_seed else {"seed": k}
        group.add(Setup(check(experiment.with_(change)), first))
    epochs = [10]
    while seconds_of(lambda: advance([group], epochs=epochs[0])) < 0.05 and epochs[0] < 5000:
        epochs[0] *= 2

    def measure() -> float:
        started = time.thread_time()
        made = advance([group], epochs=epochs[0])
        return made / (time.thread_time() - started)

    return measure


def compiled_speed(experiment: Experiment) -> Callable[[], float]:
    """Updates per second of one network after another on the compiled engine."""
    trainer = Trainer(experiment, engine="compiled", history_rows=16)

    def measure() -> float:
        before = trainer.state.step
        spent = seconds_of(lambda: trainer.advance(seconds=0.1))
        return (trainer.state.step - before) / spent

    return measure


def race(experiment: Experiment, *, one_seed: bool = False) -> tuple[float, float]:
    """The best speed of lanes and that of the compiled engine, in turns."""
    ours, other = lanes_speed(experiment, one_seed=one_seed), compiled_speed(experiment)
    turns = [(ours(), other()) for _ in range(TURNS)]
    return max(turn[0] for turn in turns), max(turn[1] for turn in turns)


def row(name: str, experiment: Experiment, wanted: float | None, gflops: float, *, one_seed: bool = False) -> float:
    ours, other = race(experiment, one_seed=one_seed)
    share = "" if wanted is None else f"{ours / (wanted * gflops / 98):7.2f}"
    print(f"{name:<44} {ours:>12,.0f} {other:>10,.0f} {ours / other:>7.1f} {share}", flush=True)
    return ours / other


def varieties() -> dict[str, dict[str, Any]]:
    """Every member of every family, every schedule and setting, by a name."""
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
    for name, value in (("skip", True), ("dropout", 0.2), ("trainable", False)):
        rows[name] = {f"layers.{k}.{name}": value for k in (1, 2)}
    rows["muted"] = {"layers.1.muted": True}
    for name, value in (
        ("weight_noise", 0.001), ("weight_decay", 0.001), ("clip_norm", 0.5), ("batching", "carry"),
        ("batching", "drop"), ("shuffle", False), ("early_stopping", {"patience": 1_000_000}),
    ):  # fmt: skip
        rows[f"{name} {value}"] = {f"training.{name}": value}
    rows["warm-up"] = {"training.schedule": {"kind": "constant", "warmup": 1_000_000}}
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", action="store_true", help="go through every member of every family")
    arguments = parser.parse_args()
    gflops = multiplications_per_second()
    print(f"one core: {gflops:.0f} GFLOP/s of float32; updates per second of {NETWORKS} networks")
    print(f"{'':<44} {'lanes':>12} {'compiled':>10} {'times':>7} {'of what is wanted':>18}")
    for name, (units, changes, wanted) in SHAPES.items():
        row(name, experiment_of(units, changes), wanted, gflops)
    for name, wanted in (("2-4-2-1", 13e6), ("2-8-8-8-1", 3.6e6)):
        row(f"{name}, 64 learning rates", experiment_of(*SHAPES[name][:2]), wanted, gflops, one_seed=True)
    if arguments.members:
        slow = []
        for name, changes in varieties().items():
            if row(name, experiment_of("8-8-8", changes), None, gflops) < 4:
                slow.append(name)
        print("below 4 times the compiled engine:", ", ".join(slow) or "none")


if __name__ == "__main__":
    main()
