"""The memory layout of the data of compiled code: records of plain numbers and named tuples of arrays.

The kernels are compiled once for all networks, so they can't take our classes. Each layer becomes one record of LAYER,
everything else one record of RUN. Kinds are positions in the catalog's families, in the order of declaration; they
are never saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np

from playground.catalog.choice import Array, Choice, is_foreign, members

MOST_SETTINGS = 4
"""The most settings that the formulas of a choice take."""
MOST_CONSTANTS = 9
"""The most constants that the update of an optimizer takes."""

PAD = 32
"""Each layer's numbers are padded to a multiple of this, and loops run over the padding too: of 40 numbers 32 would be
computed as vectors and 8 one by one, which takes longer. The padding holds arbitrary numbers and affects no result."""
EVALUATION_POINTS = 192
"""Points that are evaluated at once: OpenBLAS multiplies a 64 × 64 layer by more of them a third slower."""


_C = TypeVar("_C", bound=Choice)


def compiled_members(family: type[_C], own: Sequence[type[Choice]] = ()) -> list[type[_C]]:
    """Return the members of a family known to kernels, by number: the catalog's, then `own` ones."""
    catalog = [member for member in members(family).values() if not is_foreign(member)]
    return catalog + [member for member in own if issubclass(member, family)]


i8, f8, u8 = np.int64, np.float64, np.uint64

LAYER = np.dtype(
    [
        ("units", i8),
        ("inputs", i8),
        # Positions in the flat arrays of parameters; γ and β follow b, mean and variance follow them.
        ("start", i8),
        ("biases", i8),
        ("trained_stop", i8),
        ("stop", i8),
        ("activation", i8),
        ("settings", f8, (MOST_SETTINGS,)),
        ("normalization", i8),
        ("skip", i8),
        ("muted", i8),
        ("trainable", i8),
        ("dropout", f8),
        ("penalty", i8),
        ("penalty_settings", f8, (MOST_SETTINGS,)),
        ("prunes", i8),
    ]
)

NO_NORMALIZATION, BY_BATCH, BY_LAYER = 0, 1, 2
PARTIAL, DROP, CARRY = 0, 1, 2
NOTHING, LOSS, GRADIENT, SPREAD, UPDATE = 0, 1, 2, 3, 4
"""Values of `broken`: what stopped being finite."""

RUN = np.dtype(
    [
        # Where training stands.
        ("seed", u8),
        ("step", i8),
        ("epoch", i8),
        ("position", i8),
        ("carried_points", i8),
        ("optimizer_steps", i8),
        ("order_of", i8),  # the epoch that `order` belongs to, −1 for none
        ("last_points", i8),  # how many points the latest batch had
        # What is trained, and how.
        ("outputs", i8),
        ("batch_size", i8),
        ("batching", i8),
        ("shuffle", i8),
        ("loss", i8),
        ("loss_settings", f8, (MOST_SETTINGS,)),
        ("softmax", i8),
        ("weighted", i8),  # whether points count differently in the loss
        ("regression", i8),
        ("threshold", f8),
        ("optimizer", i8),
        ("optimizer_settings", f8, (MOST_SETTINGS,)),
        ("plain_sgd", i8),
        ("clip_norm", f8),  # 0 for none
        ("weight_decay", f8),
        ("weight_noise", f8),
        ("penalised", i8),  # whether any layer has a penalty, is frozen or prunes
        ("prunes", i8),
        ("factor_growth", f8),  # 0 if there are no rate factors
        # When to return.
        ("last_step", i8),
        ("last_epoch", i8),
        ("time_limit", f8),
        ("look_every", i8),  # steps between two looks at the clock
        ("rate_per_step", i8),  # whether `rates` holds one rate per step instead of one per epoch
        # Results.
        ("history_rows", i8),
        ("gradient_rows", i8),
        ("seconds", f8),  # in training steps
        ("broken", i8),
        ("broken_layer", i8),
    ]
)

EPOCH_COLUMNS = (
    "epoch",
    "step",
    "learning_rate",
    "train_loss",
    "validation_loss",
    "train_accuracy",
    "validation_accuracy",
    "seconds",  # in training steps since the call
)
EPOCH = np.dtype([(column, f8) for column in EPOCH_COLUMNS])
"""What is recorded at the end of an epoch, as `History` has its columns."""

CLOCK = np.dtype(
    [
        ("time", i8, (2,)),  # what the clock wrote; it is given the address of the record
        ("function", i8),  # the address of the system's clock
        ("frequency", i8),  # counts per second; 0 where the clock writes seconds and nanoseconds
    ]
)


class WorkSpace(NamedTuple):
    """Work space for all numbers of a pass of n points: flat arrays in which the layers follow one another.

    The numbers of layer i are (units, n) and begin at `starts[i]`; its inputs are (inputs, n) and begin in `a` at
    `input_starts[i]`. Arrays that a network has no use for are empty.
    """

    z: Array
    f: Array
    """f(z) of layers whose output differs from it."""
    a: Array
    """The inputs of every layer, then the outputs."""
    masks: Array
    standardized: Array
    """ẑ of layers that normalize."""
    spreads: Array
    """1/√(σ²+ε), then the mean, then σ² of every group of such a layer; they begin at `3 * starts[i]`."""
    deltas: Array
    bypass: Array
    """δ of the layer above a skip connection."""
    targets: Array
    losses: Array
    weights: Array
    """The weight of each point in the loss."""
    starts: Array
    input_starts: Array


class UpdateSpace(NamedTuple):
    """Work space for one update."""

    pulled: Array
    """The gradient with penalty, clipped."""
    penalty: Array
    pruned: Array
    """A mark for each weight that is pruned after the update."""
    constants: Array
    """The optimizer's constants for this update."""


class EvaluationSet(NamedTuple):
    """A set that is evaluated at the end of every epoch."""

    inputs: Array
    """Shape (features, n)."""
    targets: Array
    """Shape (outputs, n)."""
    labels: Array
    """Shape (n,), float64."""
    weights: Array
    """The weight of each point in the loss: shape (n,), or empty if all are 1."""
    spread: float
    """Σ (label − mean)²."""
