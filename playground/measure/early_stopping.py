"""Early stopping in hindsight: where it would have ended a run that overfits, read from the run's own curve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from playground.experiment.tree import EarlyStopping
from playground.measure.diagnosis import Remedy, stop_early
from playground.measure.sentences import loss_words
from playground.measure.snapshot import Snapshot


class Hindsight(NamedTuple):
    """What early stopping would have made of a run."""

    remedy: Remedy
    """Early stopping, from the start."""
    stopped: int
    """The epoch at which training would have ended."""
    best: int
    """The epoch whose weights would have come back."""
    after: float
    """Their validation loss."""
    before: float
    """The present validation loss."""

    @property
    def sentence(self) -> str:
        """The result in words."""
        return (
            f"this run would have ended at epoch {self.stopped:,} with the weights of epoch {self.best:,}, at a "
            f"validation loss of {loss_words(self.after, 2)} instead of {loss_words(self.before, 2)}"
        )

    @property
    def brief(self) -> str:
        """The result in a few words, for one of several in a list."""
        return f"validation loss {loss_words(self.after, 2)}, that of epoch {self.best:,} of this run"

    @property
    def about(self) -> str:
        """How it is known."""
        return (
            f"Read from the curve of this run: none of the {self.stopped - self.best:,} epochs after epoch "
            f"{self.best:,} has a lower validation loss."
        )


def early_stopping_in_hindsight(snapshot: Snapshot) -> Hindsight | None:
    """Return what early stopping with its default settings would have made of a run so far.

    None where it would not have ended yet, or is on; and where the curve does not tell, since the run was changed on
    the way, would start otherwise now, or is so long that only some of its epochs are on record.
    """
    history, now = snapshot.history, snapshot.evaluation.validation_loss
    epochs, losses, chosen = history.epoch[1:], history.validation_loss[1:], EarlyStopping()
    whole = np.array_equal(epochs, 1 + np.arange(len(epochs))) and bool(np.isfinite(losses).all())
    changed = any(one.acts_on_start or (one.step and one.acts_on_training) for one in snapshot.changes)
    if snapshot.experiment.training.early_stopping is not None or now is None or changed or not whole:
        return None
    lowest = np.minimum.accumulate(losses)
    is_best = np.append(True, losses[1:] < lowest[:-1])[: len(losses)]
    best = np.maximum.accumulate(np.where(is_best, epochs, 0))
    ended = np.flatnonzero(epochs - best >= chosen.patience)
    if not len(ended) or not lowest[ended[0]] < now:
        return None
    first = ended[0]
    return Hindsight(stop_early(snapshot.experiment), int(epochs[first]), int(best[first]), float(lowest[first]), now)
