"""Saving and loading for notebooks: experiments as JSON files, whole runs as documents."""

from __future__ import annotations

import os
from pathlib import Path

from playground.experiment.text import load_experiment, save_experiment
from playground.experiment.tree import Experiment
from playground.files.errors import InputError
from playground.run.run import resume
from playground.run.trainer import Trainer
from playground.storage.document import SUFFIX, is_document, load_document, save_document


def save(what: Experiment | Trainer, path: str | os.PathLike[str]) -> None:
    """Write an experiment as a JSON file, or the run of a trainer as a document (.playground), atomically.

    Raises InputError for a name with the extension of the other kind, and OSError.
    """
    if isinstance(what, Experiment):
        if Path(path).suffix.lower() == SUFFIX:
            raise InputError("path", str(path), f"a name without the extension {SUFFIX}, which is for whole runs")
        save_experiment(what, path)
    else:
        if Path(path).suffix.lower() == ".json":
            raise InputError("path", str(path), f"a name with the extension {SUFFIX}; .json is for experiments")
        save_document(path, what.document())


def load(path: str | os.PathLike[str]) -> Experiment | Trainer:
    """Load an experiment from its file, or a trainer from a document, which continues as if it had never stopped.

    Raises InputError, and UnavailableError if the engine that trained can't be loaded.
    """
    # Opening a pipe would block.
    if Path(path).is_file() and is_document(Path(path)):
        return Trainer.of(resume(load_document(path)))
    return load_experiment(path)
