"""Restoring weights when a change is undone or redone.

As long as training does well, only settings are restored. If a change ruined the network, so that its loss has stayed
far above the former one, the setting alone would not repair it; then the former weights are restored, too.
"""

from __future__ import annotations

import math
from dataclasses import replace

from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.tree import Experiment
from playground.measure.snapshot import History
from playground.run.run import Checkpoint, Run

_RUIN = 1.5
"""A change has ruined training if the loss stays above this multiple of the loss before the change."""
_RUIN_EPOCHS = 3
"""The number of latest epochs at whose ends the loss must be that high."""


def moment_of_weights(moment: Checkpoint) -> str:
    """Name the weights of a moment: `weights of epoch 212`."""
    return f"weights of epoch {moment.state.epoch:,}" if moment.state.step else "initial weights"


def is_same_task(one: Experiment, other: Experiment) -> bool:
    """Whether weights of one experiment fit the other, and losses of both mean the same."""

    def shape(experiment: Experiment) -> object:
        layers = [(layer.id, layer.units, layer.normalization.kind) for layer in experiment.layers]
        return experiment.features, layers

    return shape(one) == shape(other) and losses_are_comparable(difference(one, other))


def has_ruined(run: Run, moment: Checkpoint) -> bool:
    """Whether the change after `moment` has ruined training, so that undoing it should restore the weights, too."""
    loss = moment.train_loss
    if loss is None or not math.isfinite(loss) or not is_same_task(moment.experiment, run.experiment):
        return False
    rows, step = run.record.history.view(), History._fields.index("step")
    since = rows[rows[:, step] > moment.state.step][-_RUIN_EPOCHS:, History._fields.index("train_loss")]
    return len(since) == _RUIN_EPOCHS and bool((since > _RUIN * loss).all())


def take_weights(run: Run, moment: Checkpoint) -> None:
    """Restore the weights of a moment and the optimizer's memory of them; the run's counters go on."""
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
