"""Saving and loading for notebooks: an experiment as its file, a whole training as a document."""

from __future__ import annotations

import os
from pathlib import Path

from playground.experiment import text
from playground.experiment.tree import Experiment
from playground.files.errors import InputError
from playground.run.run import resume
from playground.run.trainer import Trainer
from playground.storage.document import SUFFIX, is_document, load_document, save_document


def save(what: Experiment | Trainer, path: str | os.PathLike[str]) -> None:
    """Write an experiment as a JSON file, or a whole training as a document (.playground): all of it or nothing.

    Raises InputError for a name that says otherwise, and OSError.
    """
    if isinstance(what, Experiment):
        if Path(path).suffix.lower() == SUFFIX:
            raise InputError("path", str(path), f"a name that does not end in {SUFFIX}, which is for a whole training")
        text.save(what, path)
    else:
        if Path(path).suffix.lower() == ".json":
            raise InputError("path", str(path), f"a name that ends in {SUFFIX}; .json is for experiments")
        save_document(path, what.document())


def load(path: str | os.PathLike[str]) -> Experiment | Trainer:
    """The experiment in a file, or the training in a document, which goes on as if it had never stopped.

    Raises InputError, and UnavailableError where the engine that trained can't be loaded.
    """
    # A pipe would be waited for.
    if Path(path).is_file() and is_document(Path(path)):
        return Trainer.of(resume(load_document(path)))
    return text.load(path)
