"""Explanations of effects of settings that look like faults of the program, in a sentence each."""

from __future__ import annotations

from playground.catalog.normalizations import BatchNormalization, LayerNormalization
from playground.measure.snapshot import Snapshot


def moves_without_learning(snapshot: Snapshot) -> str:
    """An explanation of losses that change at a learning rate of 0; empty if they don't."""
    normalizing = [layer for layer in snapshot.experiment.layers if isinstance(layer.normalization, BatchNormalization)]
    if snapshot.experiment.training.learning_rate != 0 or not normalizing:
        return ""
    return (
        "The learning rate is 0, so no weight changes. The losses still do, since they are measured with the running "
        "mean and variance that batch normalization keeps updating."
    )


def says_nothing(snapshot: Snapshot) -> str:
    """An explanation of a layer that normalizes its single unit and so ignores its input; empty if there is none."""
    for chosen, layer in zip(snapshot.experiment.layers, snapshot.layers, strict=False):
        if chosen.units == 1 and isinstance(chosen.normalization, LayerNormalization) and not chosen.muted:
            return (
                f"Layer normalization of the single unit of layer {layer.name} discards its input: a number minus its "
                "own mean is 0, so the output depends on β alone."
            )
    return ""


def oddities(snapshot: Snapshot) -> tuple[str, ...]:
    """All explanations to show beside losses and accuracies, with the notes on the points."""
    found = moves_without_learning(snapshot), says_nothing(snapshot), *snapshot.sample.notes
    return tuple(words for words in found if words)
