"""The message on how training ended under early stopping."""

from __future__ import annotations

from playground.engine.state import StoppingMemory
from playground.run.run import Run


def ending_words(run: Run) -> str:
    """Say when training ended and which weights are back; empty without early stopping or while training can go on."""
    chosen, state, status = run.setup.training.early_stopping, run.state, run.record.status
    if chosen is None or status not in ("stopped_early", "completed"):
        return ""
    watched = chosen.watch.replace("_", " ")
    if run.setup.sample.task == "regression":
        watched = watched.replace("accuracy", "R²")
    memory = state.stopping
    if memory.best == StoppingMemory().best:
        return f"All epochs are done. The {watched} was never defined, so early stopping counted no epoch."
    best = "the best epoch" if memory.best_epoch is None else f"epoch {memory.best_epoch:,}"
    if status == "stopped_early":
        patience = "epoch" if chosen.patience == 1 else f"{chosen.patience:,} epochs"
        why = (
            f"Early stopping ended training after epoch {state.epoch:,}: "
            f"for {patience} the {watched} was not better than at {best}."
        )
    else:
        why = f"All {state.epoch:,} epochs are done, and the {watched} was best at {best}."
    if memory.best_epoch == state.epoch:
        return why
    last = "The weights are those of the last epoch."
    return f"{why} {last if memory.parameters is None else f'The weights of {best} were restored.'}"
