"""Returning: what of the weights comes back when a change is undone or redone, and how that is said.

Settings come back alone as long as training does well. Where a change ruined the network, so that its loss stayed far
above that of before, taking the setting back would leave the ruin; then the weights of before come back too.
"""

from __future__ import annotations

import math
from dataclasses import replace

from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.tree import Experiment
from playground.measure.snapshot import History
from playground.run.run import Checkpoint, Run

_RUIN = 1.5
"""A change ruins training if the loss is above this multiple of the loss before it"""
_RUIN_EPOCHS = 3
"""at the end of each of the latest epochs, of which this is the number."""


def moment_of_weights(moment: Checkpoint) -> str:
    """The weights of a moment in words: `weights of epoch 212`."""
    return f"weights of epoch {moment.state.epoch:,}" if moment.state.step else "initial weights"


def is_same_task(one: Experiment, other: Experiment) -> bool:
    """Whether weights of one fit the other, and losses of both mean the same."""

    def shape(experiment: Experiment) -> object:
        layers = [(layer.id, layer.units, layer.normalization.kind) for layer in experiment.layers]
        return experiment.features, layers

    return shape(one) == shape(other) and losses_are_comparable(difference(one, other))


def has_ruined(run: Run, moment: Checkpoint) -> bool:
    """Whether training has done badly ever since `moment`, the one before a change: then undoing the change brings
    back the weights of that moment too."""
    loss = moment.train_loss
    if loss is None or not math.isfinite(loss) or not is_same_task(moment.experiment, run.experiment):
        return False
    rows, step = run.record.history.view(), History._fields.index("step")
    since = rows[rows[:, step] > moment.state.step][-_RUIN_EPOCHS:, History._fields.index("train_loss")]
    return len(since) == _RUIN_EPOCHS and bool((since > _RUIN * loss).all())


def take_weights(run: Run, moment: Checkpoint) -> None:
    """Put the weights of a moment, with the optimizer's memory of them, into a run; its counters go on."""
    then, network = moment.state.copy(), run.setup.network
    then.cast(network.dtype)
    chosen = run.setup.training.optimizer
    if moment.experiment.training.optimizer.kind != chosen.kind:
        then.renew_optimizer(chosen)
    run.state = replace(
        run.state,
        parameters=then.parameters,
        slots=then.slots,
        optimizer_steps=then.optimizer_steps,
        rate_factors=then.rate_factors,
        pruned=then.pruned & network.is_prunable,
        carried_points=0,
    )
    run.record.evaluation = run.record.latest = None
