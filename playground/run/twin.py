"""The twin of a run: the same run without its latest change, trained on beside it.

It goes on from a copy of the state before the change, on the same engine, with the same points and batches. So it is,
bit for bit, what the run would have become.
"""

from __future__ import annotations

from playground.experiment.difference import affects_training, difference, losses_are_comparable
from playground.experiment.tree import Experiment
from playground.run.run import Run, branch
from playground.run.trainer import Trainer


def can_go_on_without(run: Run, changed: Experiment | None = None) -> bool:
    """Whether a run can be trained on without a change, which is to the experiment `changed`, or of a weight if None.

    The run must have begun and be able to go on, and the change must affect it but leave losses comparable.
    """
    if run.state.step == 0 or run.record.status != "ready":
        return False
    differences = () if changed is None else difference(run.experiment, changed)
    return changed is None or (affects_training(differences) and losses_are_comparable(differences))


class Twin:
    """The twin of a run that is about to change. It trains up to the present step of the run, and no farther."""

    def __init__(self, run: Run) -> None:
        self.begun = run.now
        """The moment of the change."""
        self.trainer = Trainer.of(branch(run))

    def is_behind(self, epoch: int, position: int) -> bool:
        """Whether it has not yet reached a place, given as completed epochs and points used in the present one."""
        return self.trainer.status == "ready" and (
            self.trainer.state.epoch < epoch or self._steps_to(epoch, position) > 0
        )

    def advance(self, epoch: int, position: int, seconds: float) -> None:
        """Train towards a place, for a limited time."""
        left = epoch - self.trainer.state.epoch
        if left > 0:
            self.trainer.advance(epochs=left, seconds=seconds)
        else:
            self.trainer.advance(steps=self._steps_to(epoch, position), seconds=seconds)

    def _steps_to(self, epoch: int, position: int) -> int:
        """The updates that are missing within the present epoch; batches may have another size than the run's."""
        state = self.trainer.state
        return max(0, position - state.position) // self.trainer.setup.batch_size if state.epoch == epoch else 0
