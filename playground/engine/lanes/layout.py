"""The memory layout of the data of the lanes' kernels.

What a group shares arrives as records of plain numbers: one GROUP, and a LAYER for each layer. What each lane has of
its own are vectors: rows of float64 numbers (`Number`), of whole ones (`Whole`), and for every layer the settings of
its formulas. Kinds are positions in the catalog's families, as in `compiled.layout`.
"""

from __future__ import annotations

from enum import IntEnum, auto
from typing import Any, NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.engine.compiled.layout import EPOCH_COLUMNS, MOST_CONSTANTS, MOST_SETTINGS

MOST_SCHEDULE_SETTINGS = 6
FEWEST_AT_ONCE, MOST_AT_ONCE = 16, 32
"""Points that pass through the network at once: those of a batch, within these limits, so that their numbers stay in
the faster caches; all of them where they are normalized together."""


class _Row(IntEnum):
    """An enumeration of rows, numbered from 0."""

    @staticmethod
    def _generate_next_value_(name: str, start: int, count: int, last_values: list[int]) -> int:
        return count


class Number(_Row):
    """Rows of float64 numbers, one per lane."""

    BASE_RATE = auto()
    RATE = auto()
    """The learning rate of the latest update."""
    WEIGHT_DECAY = auto()
    WEIGHT_NOISE = auto()
    CLIP_NORM = auto()
    MIN_DELTA = auto()
    BEST = auto()
    """The best result so far, for early stopping."""
    PLATEAU_BEST = auto()
    TRAIN_SPREAD = auto()
    VALIDATION_SPREAD = auto()
    TRAIN_LOSS = auto()
    VALIDATION_LOSS = auto()
    TRAIN_ACCURACY = auto()
    VALIDATION_ACCURACY = auto()
    DUE = auto()
    """1 in lanes that are evaluated now."""
    MARKED = auto()
    """1 in lanes that were just stopped, or have a new best result."""


NUMBER_OPTIMIZER = len(Number)
"""Where the optimizer's settings begin."""
NUMBER_LOSS = NUMBER_OPTIMIZER + MOST_SETTINGS
NUMBER_SCHEDULE = NUMBER_LOSS + MOST_SETTINGS
NUMBER_CONSTANTS = NUMBER_SCHEDULE + MOST_SCHEDULE_SETTINGS
"""Where the constants of the optimizer's update begin."""
NUMBERS = NUMBER_CONSTANTS + MOST_CONSTANTS


class Whole(_Row):
    """Rows of whole numbers, one per lane."""

    STATUS = auto()
    SEED = auto()
    STEP = auto()
    EPOCH = auto()
    POSITION = auto()
    CARRIED_POINTS = auto()
    OPTIMIZER_STEPS = auto()
    LAST_EPOCH = auto()
    """The epoch at which the lane is done."""
    PATIENCE = auto()
    BAD_EPOCHS = auto()
    STOPPED = auto()
    PLATEAU_BAD = auto()
    PLATEAU_REDUCTIONS = auto()
    TRAIN_POINTS = auto()
    """Where its training points begin in the table."""
    VALIDATION_POINTS = auto()
    BROKEN = auto()
    BROKEN_LAYER = auto()


WHOLES = len(Whole)

MEMORY = 5
"""A value of `Whole.BROKEN`, with those of `compiled.layout`: the optimizer's memory stopped being finite."""

IDLE, RUNNING, COMPLETED, STOPPED_EARLY, DIVERGED = 0, 1, 2, 3, 4
"""Values of `Whole.STATUS`."""

PENALTY = MOST_SETTINGS
DROPOUT = PENALTY + MOST_SETTINGS
KEEP = DROPOUT + 1
LAYER_NUMBERS = KEEP + 1
"""Rows of float64 numbers for each layer: settings of its activation, of its penalty, the share that is dropped, and
what is kept is multiplied by."""

i8, f8 = np.int64, np.float64

LAYER = np.dtype(
    [
        (name, i8)
        for name in (
            "units", "inputs", "start", "biases", "trained_stop", "stop", "activation", "normalization", "skip",
            "muted", "trainable", "drops", "penalty", "prunes",
            # Numbers from one point to the next, of the outputs and of the inputs.
            "stride", "below",
            # Places in the work space.
            "before", "z", "f", "a", "masks", "standardized", "spreads",
        )
    ]
)  # fmt: skip

GROUP = np.dtype(
    [
        *(
            (name, i8)
            for name in (
                "features", "outputs", "size", "batch_size", "batching", "shuffle", "points", "validation_points",
                "row", "loss", "softmax", "weighted", "regression", "optimizer", "slots", "plain_sgd", "clips",
                "decays", "noisy", "penalised", "prunes", "schedule", "rate_per_step", "warms", "plateau",
                "plateau_watch", "stops", "stop_watch", "restores", "points_at_once",
                # Places in the work space, besides those of the layers.
                "deltas", "delta_size", "targets", "target_stride", "losses", "weights", "labels", "pulled",
                "penalties", "space", "carries", "drops", "look_every",
            )
        ),
        ("threshold", f8),
        ("factor_growth", f8),
    ]
)  # fmt: skip

CALL = np.dtype(
    [
        *(
            (name, i8)
            for name in (
                "updates", "epochs", "evaluate_every", "gradients_every", "given_rates", "rate_per_step",
                "return_when_done", "look_every", "factored", "history_room", "gradient_room",
                # Results.
                "made_updates", "ended_epochs", "history_rows", "gradient_rows", "swapped",
            )
        ),
        ("time_limit", f8),
        ("seconds", f8),
    ]
)  # fmt: skip

HISTORY = EPOCH_COLUMNS
"""Columns of the histories, the last one the seconds since the call; a lane without a row at a moment has NaN there."""


class Block(NamedTuple):
    """All that belongs to as many networks as a vector has lanes: `vectors`, most with a row per parameter."""

    numbers: Array
    wholes: Array
    layer_numbers: Array
    w: Array
    old_w: Array
    g: Array
    old_g: Array
    slots: Array
    old_slots: Array
    carried: Array
    best: Array
    """The parameters of the best epoch, if early stopping is to restore them."""
    pruned: Array
    """1 where a weight stays zero, else 0."""
    updates: Array
    """The latest update of lanes that are done."""
    factors: Array
    """The share of its step that each parameter takes; see `State.rate_factors`."""


class Memory(NamedTuple):
    """The pointers of a `Block`, for compiled code."""

    numbers: Any
    wholes: Any
    layer_numbers: Any
    w: Any
    old_w: Any
    g: Any
    old_g: Any
    slots: Any
    old_slots: Any
    carried: Any
    best: Any
    pruned: Any
    updates: Any
    factors: Any


class Room(NamedTuple):
    """Work space of one thread."""

    space: Array
    order: Array
    """The order of the points in each lane's epoch."""
    history: Array
    """Float64 vectors: a row per epoch, a vector per column."""
    gradients: Array
    """Float64 vectors: a row per record, the step, then three vectors per layer."""
    measured: Array
    """Float64 vectors: the sum of δ² for every layer."""
    pruned: Array
    """A mark for each weight that is pruned after the update."""
