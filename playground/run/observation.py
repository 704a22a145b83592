"""Snapshots of a run, for views and notebooks."""

from __future__ import annotations

import numpy as np

from playground.engine.engine import EngineName
from playground.measure import statistics
from playground.measure.observe import Answers
from playground.measure.snapshot import GradientHistory, History, LayerStatistics, Snapshot
from playground.run.ending import ending_words
from playground.run.run import Run


def take_snapshot(run: Run, engine: EngineName, answers: Answers) -> Snapshot:
    """A snapshot of a run, which must have been measured, with the name of its engine and answers to requests."""
    setup, state, record = run.setup, run.state, run.record
    assert record.evaluation is not None
    gradients = record.gradients.view()
    return Snapshot(
        experiment=setup.experiment,
        sample=setup.sample,
        loss=setup.network.loss,
        status=record.status,
        problem=run.problem_and_way_back,
        notes=record.notes,
        step=state.step,
        epoch=state.epoch,
        learning_rate=run.learning_rate,
        seconds=record.seconds,
        engine=engine,
        evaluation=record.evaluation,
        measured=record.measured,
        layers=_latest_statistics(run),
        history=History(*record.history.view().T),
        gradients=GradientHistory(gradients[:, 0], *np.split(gradients[:, 1:], 3, axis=1)),
        answers=answers,
        changes=record.changes,
        breaks=record.breaks,
        ending=ending_words(run),
    )


def _latest_statistics(run: Run) -> tuple[LayerStatistics, ...]:
    """The statistics of every layer on the latest batch.

    A run that came back from elsewhere lacks that batch, but has the gradients on record, unless a change came after.
    """
    record, network = run.record, run.setup.network
    layers = statistics.latest_statistics(network, run.state, record.latest)
    rows = record.gradients.view()
    if record.latest is not None or not len(rows) or any(change.step >= rows[-1, 0] for change in record.changes):
        return layers
    sizes = rows[-1, 1:].reshape(3, len(layers)).T.tolist()
    return tuple(
        layer._replace(gradient_rms=gradient, delta_rms=delta, update_ratio=ratio)
        for layer, (gradient, delta, ratio) in zip(layers, sizes, strict=True)
    )
