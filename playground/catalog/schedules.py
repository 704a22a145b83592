"""Schedules: how the learning rate changes while training goes on.

A schedule is a pure function of where training stands; e counts completed epochs. The one that reacts to the
losses, `Plateau`, does so through a memory that belongs to the run, not to the schedule.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple, TypeAlias

from playground.catalog.choice import Choice, setting, union

_Gamma: TypeAlias = Annotated[
    float,
    setting("γ", "The share of the rate that remains after each cut. Lower it to settle sooner, raise it to keep learning for longer; at 1 the rate is constant.", gt=0, le=1, slider=(0.1, 1)),
]  # fmt: skip
_LowestRate: TypeAlias = Annotated[
    float,
    setting("Lowest rate η_low", "The rate never falls below this. Raise it if training stalls too early; above the learning rate it makes the rate rise.", ge=0, le=1e9, scale="log", slider=(1e-6, 1)),
]  # fmt: skip


class PlateauMemory(NamedTuple):
    """The memory of `Plateau` of the losses so far."""

    best: float = math.inf
    bad_epochs: int = 0
    """Epochs since the best loss, or since the last reduction."""
    reductions: int = 0


class Progress(NamedTuple):
    """The progress of training, from which a learning rate follows."""

    epoch: int
    """Completed epochs."""
    step: int
    """Updates done."""
    steps_per_epoch: int
    plateau: PlateauMemory = PlateauMemory()


class Schedule(Choice, frozen=True):
    """Gives the learning rate η for the next update, from the base rate η₀. Large early steps cover ground; small late ones let training settle."""

    changes_every_step: ClassVar[bool] = False
    """Whether the rate changes within an epoch, apart from the warm-up."""

    warmup: Annotated[
        int,
        setting("Warm-up", "How many updates the rate takes to grow to its full value. Raise it to calm a wild start; at 0 the rate is full at once.", ge=0, le=1_000_000_000, slider=(0, 1000), unit="steps"),
    ] = 0  # fmt: skip

    def learning_rate(self, base: float, progress: Progress) -> float:
        """Return η of the next update, warm-up included."""
        rate = self.scheduled(base, progress)
        return rate * min(1.0, (progress.step + 1) / self.warmup) if self.warmup else rate

    def scheduled(self, base: float, progress: Progress) -> float:
        """Return η of the next update without warm-up."""
        raise NotImplementedError


class Constant(Schedule, frozen=True, tag="constant"):
    """Keeps the learning rate the same. With noisy batches the loss keeps jittering instead of settling."""

    label = "Constant"
    formula = "η = η₀"

    def scheduled(self, base: float, progress: Progress) -> float:
        return base


class StepDecay(Schedule, frozen=True, tag="step"):
    """Cuts the rate every few epochs. The loss often drops visibly at each cut."""

    label = "Steps"
    formula = "η = η₀ γ^⌊e / epochs per cut⌋"

    step_size: Annotated[
        int,
        setting("Epochs per cut", "How many epochs pass between two cuts. Raise it to keep the rate high for longer; at 1 the decay is exponential.", ge=1, le=1_000_000, scale="log", slider=(1, 1000), unit="epochs"),
    ] = 30  # fmt: skip
    gamma: _Gamma = 0.1

    def scheduled(self, base: float, progress: Progress) -> float:
        return float(base * self.gamma ** (progress.epoch // self.step_size))


class Exponential(Schedule, frozen=True, tag="exponential"):
    """Shrinks the rate by the same factor every epoch. In the end the weights hardly move."""

    label = "Exponential"
    formula = "η = η₀ γᵉ"

    gamma: _Gamma = 0.99

    def scheduled(self, base: float, progress: Progress) -> float:
        return float(base * self.gamma**progress.epoch)


class InverseTime(Schedule, frozen=True, tag="inverse_time"):
    """Shrinks the rate ever more slowly. The weights can still cover any distance, and noise averages out."""

    label = "Inverse time"
    formula = "η = η₀ / (1 + rate · e)"

    rate: Annotated[
        float,
        setting("Rate", "How fast the learning rate falls. Raise it to settle sooner; at 1 the rate halves in the first epoch, at 0 it is constant.", ge=0, le=1e6, scale="log", slider=(1e-4, 1)),
    ] = 0.01  # fmt: skip

    def scheduled(self, base: float, progress: Progress) -> float:
        return base / (1 + self.rate * progress.epoch)


class Cosine(Schedule, frozen=True, tag="cosine"):
    """Lowers the rate along a cosine, then restarts at the full rate. A restart can free the network from a poor solution.

    Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017.
    """

    label = "Cosine"
    formula = "η = η_low + ½ (η₀ − η_low) (1 + cos(π e / period)),  e: epochs since the last restart"

    period: Annotated[
        int,
        setting("Period", "Epochs from one restart to the next. Raise it to let training settle further before each restart; at 1 the rate is constant.", ge=1, le=1_000_000, scale="log", slider=(1, 1000), unit="epochs"),
    ] = 100  # fmt: skip
    multiplier: Annotated[
        int,
        setting("Multiplier", "How many times as long each period is as the one before. Raise it to make restarts ever rarer; at 1 all periods are equal.", ge=1, le=1000, slider=(1, 10)),
    ] = 1  # fmt: skip
    min_lr: _LowestRate = 0.0

    def scheduled(self, base: float, progress: Progress) -> float:
        place, period = self.place(progress.epoch)
        return self.min_lr + (base - self.min_lr) * (1 + math.cos(math.pi * place / period)) / 2

    def place(self, epoch: int) -> tuple[int, int]:
        """Return the position of an epoch in its period, and the length of that period."""
        if self.multiplier == 1:
            return epoch % self.period, self.period
        period = self.period
        while epoch >= period:
            epoch, period = epoch - period, period * self.multiplier
        return epoch, period


class Plateau(Schedule, frozen=True, tag="plateau"):
    """Keeps the rate while the loss falls. Cuts it once the loss stops falling (PyTorch's ReduceLROnPlateau)."""

    label = "Plateau"
    formula = "η ← max(factor · η, η_low) after more than patience epochs without a new best"

    watch: Annotated[
        Literal["train_loss", "validation_loss"],
        setting("Watch", "Which loss has to fall. The validation loss also reacts to overfitting; the training loss does not."),
    ] = "train_loss"  # fmt: skip
    factor: Annotated[
        float,
        setting("Factor", "The share of the rate that remains after each cut. Raise it for gentler cuts, lower it to settle sooner.", gt=0, lt=1, slider=(0.1, 0.9)),
    ] = 0.1  # fmt: skip
    patience: Annotated[
        int,
        setting("Patience", "How many epochs without progress to tolerate before a cut. Raise it if a noisy loss causes cuts too early; at 0 the first such epoch causes one.", ge=0, le=1_000_000, slider=(0, 100), unit="epochs"),
    ] = 10  # fmt: skip
    threshold: Annotated[
        float,
        setting("Threshold", "The share by which the loss must fall to count as progress. Raise it to cut the rate sooner; at 0 any improvement counts.", ge=0, lt=1, scale="log", slider=(1e-6, 0.1)),
    ] = 1e-4  # fmt: skip
    min_lr: _LowestRate = 0.0

    SMALLEST_CUT = 1e-8
    """PyTorch's `eps`: a cut that would change the rate by less is not made."""

    def scheduled(self, base: float, progress: Progress) -> float:
        return self.reduced(base, progress.plateau.reductions)

    def reduced(self, base: float, reductions: int) -> float:
        """Return η after `reductions` cuts."""
        return max(base * self.factor**reductions, self.min_lr) if reductions else base

    def observed(self, memory: PlateauMemory, loss: float, base: float) -> PlateauMemory:
        """Return the memory after an epoch that ended with this loss."""
        if loss < memory.best * (1 - self.threshold):
            return PlateauMemory(loss, 0, memory.reductions)
        bad, reductions = memory.bad_epochs + 1, memory.reductions
        if bad > self.patience:
            bad = 0
            if self.reduced(base, reductions) - self.reduced(base, reductions + 1) > self.SMALLEST_CUT:
                reductions += 1
        return PlateauMemory(memory.best, bad, reductions)


class OneCycle(Schedule, frozen=True, tag="one_cycle"):
    """Raises the rate once to its full value, then lowers it to almost nothing. It changes with every update, as in PyTorch's OneCycleLR.

    Smith and Topin, "Super-convergence: very fast training of neural networks using large learning rates", 2018.
    After its last epoch the rate stays where it ended.
    """

    label = "One cycle"
    changes_every_step = True
    formula = "η₀ / start divisor → η₀ → η₀ / (start divisor · end divisor), each along half a cosine"

    epochs: Annotated[
        int,
        setting("Epochs", "How long the cycle lasts. Set it to the number of epochs you train: with fewer, training ends at a standstill; with more, the rate never comes down.", ge=1, le=1_000_000, scale="log", slider=(1, 1000), unit="epochs"),
    ] = 100  # fmt: skip
    pct_start: Annotated[
        float,
        setting("Rising share", "The share of the cycle in which the rate rises. Raise it for a gentler start and less time to settle; at 0 the rate only falls.", ge=0, le=1),
    ] = 0.3  # fmt: skip
    div: Annotated[
        float,
        setting("Start divisor", "The full rate divided by the first one. Raise it to start more gently; at 1 there is no rise.", ge=1, le=1e9, scale="log", slider=(1, 1000)),
    ] = 25.0  # fmt: skip
    final_div: Annotated[
        float,
        setting("End divisor", "The first rate divided by the last one. Raise it to let training settle further; at 1 the two are equal.", ge=1, le=1e12, scale="log", slider=(1, 1e6)),
    ] = 1e4  # fmt: skip

    def scheduled(self, base: float, progress: Progress) -> float:
        first = base / self.div
        last = first / self.final_div
        total = self.epochs * progress.steps_per_epoch
        step = min(progress.step, total - 1)
        top = self.pct_start * total - 1
        if step <= top:
            return glide(first, base, step / top if top else 1.0)
        return glide(base, last, (step - top) / (total - 1 - top))


def glide(start: float, end: float, share: float) -> float:
    """Return the value `share` of the way from start to end along half a cosine."""
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


if TYPE_CHECKING:
    AnySchedule: TypeAlias = Schedule
else:
    AnySchedule = union(Schedule)
