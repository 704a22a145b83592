"""Snapshots of a run, for views and notebooks."""

from __future__ import annotations

import numpy as np

from playground.engine.engine import EngineName
from playground.measure import statistics
from playground.measure.observe import Answers
from playground.measure.snapshot import GradientHistory, History, Snapshot
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
        layers=statistics.latest_statistics(setup.network, state, record.latest),
        history=History(*record.history.view().T),
        gradients=GradientHistory(gradients[:, 0], *np.split(gradients[:, 1:], 3, axis=1)),
        answers=answers,
        changes=record.changes,
        breaks=record.breaks,
        ending=ending_words(run),
    )
