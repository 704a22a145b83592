"""The core of the playground: experiments, the engine that trains them, and what is measured. No Qt, no window.

from playground import Experiment, Trainer
"""

from playground.catalog.choice import InputError
from playground.checkpoint import Checkpoint, Document
from playground.experiment import Experiment, Layer, Training, check, load, save
from playground.snapshot import Snapshot, Wanted
from playground.trainer import Trainer

__all__ = [
    "Checkpoint",
    "Document",
    "Experiment",
    "InputError",
    "Layer",
    "Snapshot",
    "Trainer",
    "Training",
    "Wanted",
    "check",
    "load",
    "save",
]
