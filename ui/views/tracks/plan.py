"""The plan of a schedule: the learning rates to come, and how far ahead they are worth showing."""

from __future__ import annotations

import math

import numpy as np

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TRAIN, Sample
from playground.catalog.schedules import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    OneCycle,
    Plateau,
    Progress,
    Schedule,
    StepDecay,
)
from playground.experiment.tree import Experiment

from ..chart.axes import nice_limit

_FIRST_EPOCHS = 10.0
"""The least number of epochs to look ahead."""
_MOST_PREVIEWED = 800
"""The largest number of computed rates; of more updates, evenly spread ones."""
_STAIRS = 60
"""Up to this many rates are drawn as steps; of more, the steps can't be seen."""


def _characteristic_epochs(schedule: Schedule, steps_per_epoch: int) -> float:
    """The epochs of a schedule's main effect; 0 for a constant one."""
    epochs = schedule.warmup / steps_per_epoch
    match schedule:
        case StepDecay():
            epochs = max(epochs, 2.0 * schedule.step_size)
        case Exponential() if schedule.gamma < 1:
            # To a tenth.
            epochs = max(epochs, math.log(0.1) / math.log(schedule.gamma))
        case InverseTime() if schedule.rate > 0:
            # To a fifth, when it has been gone through twice.
            epochs = max(epochs, 2 / schedule.rate)
        case Cosine():
            epochs = max(epochs, schedule.period * (1 + schedule.multiplier) / 2)
        case Plateau():
            epochs = max(epochs, 2.0 * schedule.patience)
        case OneCycle():
            # It is over then, so twice as much would be half empty.
            epochs = max(epochs, 0.6 * schedule.epochs)
    return epochs


def preview_horizon(experiment: Experiment, steps_per_epoch: int, epoch: float) -> float:
    """The epoch up to which the coming learning rates are worth showing."""
    training = experiment.training
    wanted = (
        _FIRST_EPOCHS,
        2 * _characteristic_epochs(training.schedule, steps_per_epoch),
        float(training.epochs or 0),
        1.25 * epoch,
    )
    return nice_limit(min(max(wanted), 1e12))


def steps_per_epoch(experiment: Experiment, points: int) -> int:
    training = experiment.training
    batch = points if training.batch_size == 0 else min(training.batch_size, points)
    whole, left = divmod(points, batch)
    return whole + (1 if left and training.batching == "partial" else 0)


def training_points(experiment: Experiment, sample: Sample | None) -> int:
    """The number of training points: those of the sample, or without one those that the experiment plans."""
    if sample is not None:
        return max(1, int(np.count_nonzero(sample.split == TRAIN)))
    size = experiment.data.size
    return max(1, size - sum(experiment.data.kept_out(size)))


def update_places(total: float, most: int) -> Array:
    """The numbers of sampled updates of `total`: all, or one of every stretch.

    The distances are irregular: at regular ones, a rate that goes up and down might look constant.
    """
    if total <= most:
        return np.arange(max(1, math.ceil(total)), dtype=np.float64)
    places = np.arange(most)
    return np.floor((places + (places * 0.6180339887498949) % 1) * (total / most))


def preview_rates(experiment: Experiment, per_epoch: int, epoch: float, step: int, end: float) -> tuple[Array, Array]:
    """The learning rates to come, with their epochs; few of them as a staircase. `epoch` may lie within an epoch."""
    training, schedule = experiment.training, experiment.training.schedule
    # Most schedules change once per epoch, and then it is enough to ask once per epoch.
    warms_up = step < schedule.warmup
    per_ask = 1 if schedule.changes_every_step or warms_up else per_epoch
    most = 1 if isinstance(schedule, Constant) and not warms_up else _MOST_PREVIEWED
    asked = update_places((end - epoch) * per_epoch / per_ask, most) * per_ask
    at = np.append(epoch + asked / per_epoch, end)
    rates = [
        schedule.learning_rate(training.learning_rate, Progress(int(e + 1e-9), step + int(ahead), per_epoch))
        for e, ahead in zip(at[:-1], asked, strict=True)
    ]
    return _stairs(at, np.array(rates)) if len(rates) <= _STAIRS else (at, np.append(rates, rates[-1]))


def _stairs(ends: Array, rates: Array) -> tuple[Array, Array]:
    """The corners of a staircase of these rates; `ends` has one entry more."""
    return np.repeat(ends, 2)[1:-1], np.repeat(rates, 2)


def used_rates(at: Array, rates: Array) -> tuple[Array, Array]:
    """The past learning rates. A row holds the rate of the last update before it, so each step ends at its row."""
    known = np.isfinite(rates) & np.isfinite(at)
    at, rates = at[known], rates[known]
    return _stairs(at, rates[1:]) if 2 <= len(at) <= _STAIRS else (at, rates)
