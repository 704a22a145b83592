"""A covering set of experiments: every pair of choices of the tables below occurs in at least one of them."""

from __future__ import annotations

import functools
import itertools
import random
from typing import Any

from playground.catalog.choice import members
from playground.catalog.optimizers import Optimizer
from playground.experiment.rules import convert
from playground.experiment.tree import Experiment


def kind(choice: Any) -> str:
    """The name of a choice, written out or not."""
    return choice["kind"] if isinstance(choice, dict) else choice


FACTORS: dict[str, list[Any]] = {
    "optimizer": [
        ("sgd", 0.05),
        ({"kind": "momentum", "momentum": 0.8}, 0.02),
        ({"kind": "momentum", "nesterov": True}, 0.01),
        ("rmsprop", 0.003),
        ({"kind": "rmsprop", "alpha": 0.9, "momentum": 0.5}, 0.002),
        ("adam", 0.003),
        ("adagrad", 0.02),
        ("adadelta", 0.5),
        ("nadam", 0.003),
    ],
    "schedule": [
        {"kind": "constant"},
        {"kind": "step", "step_size": 7, "gamma": 0.7},
        {"kind": "exponential", "gamma": 0.97},
        {"kind": "inverse_time", "rate": 0.05},
        {"kind": "cosine", "period": 5, "multiplier": 2, "min_lr": 1e-4},
        {"kind": "plateau", "factor": 0.5, "patience": 1, "threshold": 0.01, "min_lr": 1e-5},
        {"kind": "one_cycle", "epochs": 50},
    ],
    "regularizer": [
        {"kind": "none"},
        {"kind": "l1", "strength": 0.003},
        {"kind": "l2", "strength": 0.003},
        {"kind": "elastic_net", "l1": 0.001, "l2": 0.002},
    ],
    "activation": [
        "linear",
        "sigmoid",
        "tanh",
        "relu",
        {"kind": "leaky_relu", "slope": 0.1},
        "elu",
        "selu",
        "gelu",
        "silu",
        "softplus",
        "sine",
    ],
    "loss": [
        ("spiral", 2, "cross_entropy"),
        ("spiral", 3, "cross_entropy"),
        ("spiral", 2, "squared_error"),
        ("spiral", 3, {"kind": "squared_error", "output": "linear"}),
        ("spiral", 2, {"kind": "squared_error", "output": "sigmoid"}),
        ("plane", None, "absolute_error"),
        ("plane", None, {"kind": "huber", "delta": 0.3}),
        ("plane", None, {"kind": "squared_error", "output": "tanh"}),
    ],
    "normalization": ["none", "batch", "layer"],
    "skip": [False, True],
    "clip_norm": [None, 0.2],
    "warmup": [0, 30],
    "frozen": [False, True],
    "weight_decay": [0.0, 0.05],
}

ADAPTIVE = [choice for choice in FACTORS["optimizer"] if "eps" in members(Optimizer)[kind(choice[0])].__struct_fields__]
"""With these a bias before batch normalization, whose true gradient is 0, follows the rounding, unless ε covers it."""


def pairs(row: tuple[int, ...]) -> set[tuple[int, int, int, int]]:
    """All pairs of choices in one experiment: (factor, choice, factor, choice)."""
    return {(i, row[i], j, row[j]) for i, j in itertools.combinations(range(len(row)), 2)}


@functools.cache
def covering_rows(tries: int = 60, seed: int = 1) -> tuple[tuple[int, ...], ...]:
    """Rows of choice numbers that together hold every pair, found greedily; the same ones every time."""
    sizes = [len(choices) for choices in FACTORS.values()]
    rng = random.Random(seed)
    missing = {
        (i, a, j, b)
        for i, j in itertools.combinations(range(len(sizes)), 2)
        for a in range(sizes[i])
        for b in range(sizes[j])
    }
    rows = []
    while missing:
        first, candidates = sorted(missing)[:200], []
        for _ in range(tries):
            i, a, j, b = rng.choice(first)
            row = [rng.randrange(size) for size in sizes]
            row[i], row[j] = a, b
            candidates.append(tuple(row))
        best = max(candidates, key=lambda row: len(pairs(row) & missing))
        missing -= pairs(best)
        rows.append(best)
    return tuple(rows)


def experiment_of(row: tuple[int, ...], seed: int = 0) -> Experiment:
    """The experiment that a row of choice numbers stands for: two hidden layers, 30 training points in order."""
    chosen = {name: choices[k] for (name, choices), k in zip(FACTORS.items(), row, strict=True)}
    optimizer, learning_rate = chosen["optimizer"]
    if chosen["normalization"] == "batch" and chosen["optimizer"] in ADAPTIVE:
        optimizer = {**(optimizer if isinstance(optimizer, dict) else {"kind": optimizer}), "eps": 1e-4}
    source, classes, loss = chosen["loss"]
    data = {"kind": source, "points": 40, "noise": 0.1, "seed": seed, "validation_fraction": 0.25}
    hidden = {"units": 4, "activation": chosen["activation"], "normalization": chosen["normalization"]}
    return convert(
        {
            "version": 1,
            "seed": seed,
            "precision": "float64",
            "data": data if classes is None else {**data, "classes": classes},
            "layers": [{**hidden, "trainable": not chosen["frozen"]}, {**hidden, "skip": chosen["skip"]}],
            "bias": 0.05,
            "loss": loss,
            "regularizer": chosen["regularizer"],
            "training": {
                "optimizer": optimizer,
                "learning_rate": learning_rate,
                "schedule": {**chosen["schedule"], "warmup": chosen["warmup"]},
                "batch_size": 8,
                "shuffle": False,
                "weight_decay": chosen["weight_decay"],
                "clip_norm": chosen["clip_norm"],
            },
        }
    )


RESEEDED = {28: 1028, 66: 1066}
"""With their first seed these are chaotic: rounding in the first step grows beyond 1e-10 within 200 steps."""


@functools.cache
def covering_set() -> tuple[Experiment, ...]:
    """The covering set, the same one every time."""
    return tuple(experiment_of(row, RESEEDED.get(seed, seed)) for seed, row in enumerate(covering_rows()))
