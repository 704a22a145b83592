"""The protocol of engines: an engine trains a state as the setup says and reports the results.

`reference` is the truth, `compiled` its fast twin, `lanes` trains a network as it trains many at once; all work on
the very same State, so that one may take over from the other between any two updates. An engine holds only work space,
nothing that a run needs to continue: when to stop, which learning rate comes next, and what becomes of the results is
decided above it, in one loop for all engines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Literal, NamedTuple, Protocol, TypeAlias, get_args

from playground.catalog.choice import Array
from playground.engine.evaluation import Evaluation
from playground.engine.passes import DivergedError, Pass
from playground.engine.setup import Setup
from playground.engine.state import State

EngineName: TypeAlias = Literal["reference", "compiled", "lanes"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)

GRADIENTS_EVERY = 100
"""Updates between two records of the gradients within an epoch."""


class Rates(NamedTuple):
    """The learning rates to use: one for each coming epoch, the present one first, or for each coming update."""

    rate_of: Callable[[int], float]
    """The function that returns a learning rate by its place, counted from 0."""
    number: int
    """The number of rates."""
    per_step: bool


class Limits(NamedTuple):
    """Limits of training, which stops at the first one that is reached."""

    last_step: int
    last_epoch: int
    seconds: float


class Outcome(NamedTuple):
    """The results of some updates."""

    epochs: Array
    """A row per epoch that ended, as `History` has its columns; the seconds are those since the call."""
    gradients: Array
    """A row per record of the gradients, with the columns of `GradientHistory` side by side."""
    seconds: float
    """The time spent in training steps."""
    latest: Pass | None
    """The latest batch, as views of the work space that are good until the next call; None if it is not known."""
    fault: DivergedError | None
    """The error that names what stopped being finite; the state is as before that update."""


class Engine(Protocol):
    """Trains states of one setup. It belongs to one thread at a time."""

    name: ClassVar[EngineName]
    setup: Setup

    def prepare(self, setup: Setup) -> None:
        """Get ready for another setup; what it shares with the present one stays as it is."""

    def advance(self, state: State, rates: Rates, limits: Limits) -> Outcome:
        """Make updates, at least one, until a limit is reached, the rates are used up or a number is not finite.

        It may return at the end of any epoch.
        """

    def evaluate(self, state: State) -> Evaluation:
        """Losses and accuracies of both sets, as the engine measures them at the end of an epoch."""

    def outputs(self, state: State, inputs: Array) -> Array:
        """o for `inputs`, shape (features, n), in evaluation mode: shape (outputs, n)."""
