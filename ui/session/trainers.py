"""How the worker makes its trainers: with histories and a past that take a bounded part of memory."""

from __future__ import annotations

from playground import Document, Experiment, Trainer
from playground.engine.compiled import cache
from playground.engine.engine import EngineName
from playground.run.past import PAST_BYTES
from playground.run.run import resume

HISTORY_ROWS = 8192
"""How many rows of history are kept: enough for every pixel, few enough to draw in a frame and for days of training."""


def new_trainer(experiment: Experiment, engine: EngineName) -> Trainer:
    """Make a trainer before its first step."""
    return Trainer(experiment, history_rows=HISTORY_ROWS, engine=engine, past_bytes=PAST_BYTES)


def resume_trainer(document: Document, engine: EngineName) -> Trainer:
    """Make a trainer that continues a document on an engine."""
    return Trainer.of(resume(document, rows=HISTORY_ROWS, past_bytes=PAST_BYTES), engine)


def open_trainer(document: Document, engine: EngineName) -> Trainer:
    """Make a trainer that continues a document, digit for digit unless the compiled engine replaces the reference
    one."""
    is_at_hand = document.engine == "compiled" and cache.are_cached(document.experiment.precision)
    trainer = resume_trainer(document, "compiled" if is_at_hand else engine)
    if trainer.engine != document.engine:
        way = (
            "It was trained beside other runs and continues alone"
            if document.engine == "lanes"
            else f"It was trained on the {document.engine} engine and continues on the {trainer.engine} engine"
        )
        trainer.run.record.notes += (f"{way}. The last digit is now rounded differently, so later numbers may drift.",)
    return trainer
