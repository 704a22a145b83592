"""Writing files of the present work beside the window, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from playground import Document, Trainer
from playground import save as save_experiment
from playground.storage.document import save_document
from ui.session.jobs import Job
from ui.window.desk import Desk
from ui.window.work import Mark


class Save(NamedTuple):
    """Something to be written."""

    path: Path
    mark: Mark
    """What there was when it was asked for."""
    generation: int
    """What was worked on then."""
    then: Callable[[], object] | None
    """To be done once it is safe."""


class Saves(QObject):
    """Writes what is to be saved: a document, or to a `.json` file the settings alone."""

    done = Signal(object)
    """This Save is safe in its file."""
    failed = Signal(object, object)
    """This Save was not made, and why: an exception or a sentence."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk = desk
        self._waiting: deque[Save] = deque()
        self._saving: Save | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being saved."""
        return self._saving is not None or bool(self._waiting)

    def add(self, save: Save) -> None:
        """Write this once everything before it is written."""
        self._waiting.append(save)
        self._start_next()

    def _start_next(self) -> None:
        if self._saving is not None or not self._waiting:
            return
        self._saving = save = self._waiting.popleft()
        if save.path.suffix.lower() == ".json":
            experiment = save.mark.experiment
            assert experiment is not None
            self._run(save, lambda: save_experiment(experiment, save.path))
        else:
            self.desk.say(f"Saving {save.path.name}…")
            self.desk.session.ask(Trainer.document, partial(self._write, save), partial(self._end, save))

    def _write(self, save: Save, document: Document) -> None:
        mark = save.mark._replace(step=document.present.state.step)
        self._run(save._replace(mark=mark), lambda: save_document(save.path, document))

    def _run(self, save: Save, work: Callable[[], object]) -> None:
        self._saving = save
        job = Job(lambda _: work(), self)
        job.done.connect(lambda _: self._end(save))
        job.failed.connect(lambda error: self._end(save, error))
        job.start()

    def _end(self, save: Save, error: Exception | str | None = None) -> None:
        self._saving = None
        if error is None:
            self.done.emit(save)
        else:
            self.failed.emit(save, error)
        self._start_next()
