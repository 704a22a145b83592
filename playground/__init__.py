"""The core of the playground: experiments, the engine that trains them, and what is measured. No Qt, no window.

from playground import Experiment, Trainer
"""

from playground.experiment.rules import check
from playground.experiment.tree import Experiment, Layer, Training
from playground.files.errors import InputError
from playground.measure.snapshot import Snapshot
from playground.run.run import Checkpoint, Document
from playground.run.trainer import Trainer
from playground.storage.saving import load, save

__all__ = [
    "Checkpoint",
    "Document",
    "Experiment",
    "InputError",
    "Layer",
    "Snapshot",
    "Trainer",
    "Training",
    "check",
    "load",
    "save",
]
