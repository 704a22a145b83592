"""Experiments drawn at random, with everything in them that an engine has to be able to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from playground import Experiment, check
from playground.catalog.activations import Activation
from playground.catalog.choice import members
from playground.catalog.optimizers import Optimizer
from playground.experiment.rules import convert

REGRESSIONS, CLASSIFICATIONS = ["plane", "hills", "ripple"], ["spiral", "xor", "blobs", "circle"]
NONE = "none"
L1, L2 = {"kind": "l1", "strength": 0.003}, {"kind": "l2", "strength": 0.003}
PRUNING = {"kind": "l1", "strength": 0.003, "prune": True}
LOSSES = {
    "regression": ["squared_error", "absolute_error", "huber"],
    "classification": ["cross_entropy", "squared_error", {"kind": "squared_error", "output": "sigmoid"}, "huber"],
}
SCHEDULES: list[Any] = ["constant", "exponential", "cosine", "plateau"]
SCHEDULES += [{"kind": "one_cycle", "epochs": 5}, {"kind": "constant", "warmup": 20}, {"kind": "step", "step_size": 2}]
RATES = {"adadelta": 0.5, "sgd": 0.03}


def random_experiment(number: int, precision: str) -> Experiment:
    """The same experiment for the same number."""
    random = np.random.default_rng(number)

    def pick(choices: list[Any]) -> Any:
        return choices[int(random.integers(len(choices)))]

    def chance(share: float) -> bool:
        return bool(random.random() < share)

    task = "regression" if chance(0.25) else "classification"
    data = {
        "kind": pick(REGRESSIONS if task == "regression" else CLASSIFICATIONS),
        "points": int(random.integers(20, 120)),
    }
    data |= {"noise": 0.3 * random.random(), "validation_fraction": pick([0, 0.3, 0.5])}
    if data["kind"] == "blobs":
        data["classes"] = int(random.integers(2, 5))
    layers: list[dict[str, Any]] = []
    inputs = 2
    for _ in range(random.integers(0, 5)):
        units = inputs if chance(0.3) else int(random.integers(1, 12))
        layers.append(
            {
                "units": units,
                "activation": pick(list(members(Activation))),
                "dropout": 0.6 * random.random() if chance(0.25) else 0,
                "normalization": pick(["batch", "layer"]) if chance(0.3) else NONE,
                "skip": units == inputs and chance(0.5),
                "muted": units == inputs and chance(0.2),
                "trainable": not chance(0.15),
                "regularizer": pick([NONE, L2, PRUNING]) if chance(0.2) else None,
            }
        )
        inputs = units
    optimizer: dict[str, Any] = {"kind": pick(list(members(Optimizer)))}
    rate = RATES.get(optimizer["kind"], 0.01)
    if any(layer["normalization"] != NONE for layer in layers) and optimizer["kind"] not in ("sgd", "momentum"):
        # The bias before a normalization has no gradient but rounding, which dividing by its own size would blow up.
        optimizer["eps"] = 1e-3
    # Progress smaller than rounding would let the engines stop at different epochs.
    training = {
        "optimizer": optimizer,
        "learning_rate": rate,
        "batch_size": pick([0, 1, 5, 7, 10, 32]),
        "batching": pick(["partial", "drop", "carry"]),
        "shuffle": chance(0.8),
        "weight_decay": pick([0, 0, 0.01]),
        "weight_noise": pick([0, 0, 0, 0.001]),
        "clip_norm": pick([None, None, 0.5]),
        "schedule": pick(SCHEDULES),
        "early_stopping": {"patience": 3, "min_delta": 1e-6} if data["validation_fraction"] and chance(0.25) else None,
    }
    written = {
        "version": 1,
        "precision": precision,
        "seed": int(random.integers(1000)),
        "data": data,
        "layers": layers,
        "loss": pick(LOSSES[task]),
        "regularizer": pick([NONE, NONE, L1, L2, "elastic_net", PRUNING]),
        "training": training,
    }
    return check(convert(written))
