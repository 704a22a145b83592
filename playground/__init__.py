"""The core of the playground: experiments, the engine that trains them, and what is measured. No Qt, no window.

from playground import Experiment, Trainer
"""

import os

# One thread for matrix products, before NumPy comes: the window needs the other cores, and results must not depend on
# how many there are.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.rules import check
from playground.experiment.tree import Experiment, Layer, Training
from playground.files.errors import InputError
from playground.measure.diagnosis import diagnose
from playground.measure.snapshot import Snapshot
from playground.run.run import Checkpoint, Document
from playground.run.trainer import Trainer
from playground.storage.saving import load, save
from playground.studies.running import run_study
from playground.studies.study import Study

__all__ = [
    "Checkpoint",
    "Document",
    "Experiment",
    "InputError",
    "Layer",
    "Snapshot",
    "Study",
    "Trainer",
    "Training",
    "UserPoints",
    "check",
    "diagnose",
    "load",
    "run_study",
    "save",
]
