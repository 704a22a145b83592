"""Writing the present work to files on a thread, one file at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from playground import Document
from playground import save as save_experiment
from playground.storage.document import save_document

from ..session.jobs import Job
from .desk import Desk
from .work import Mark


class Save(NamedTuple):
    """Request to write the work to a file."""

    path: Path
    mark: Mark
    """The state of the work when it was asked for."""
    generation: int
    """The opened work that it belongs to; see `Work.generation`."""
    then: Callable[[], object] | None
    """A function to call once it is written."""


class Saves(QObject):
    """Writes documents, or to a `.json` file the settings alone."""

    done = Signal(object)
    """Carries the Save that was written."""
    failed = Signal(object, object)
    """Carries the Save that failed, and why: an exception or a sentence."""

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
        """Queue a save, which is written after all earlier ones."""
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
            self.desk.session.ask_document(partial(self._write, save), partial(self._end, save))

    def _write(self, save: Save, document: Document) -> None:
        mark = save.mark._replace(step=document.present.state.step)
        self._run(save._replace(mark=mark), lambda: save_document(save.path, document))

    def _run(self, save: Save, work: Callable[[], object]) -> None:
        self._saving = save
        Job(self, lambda _: work(), lambda _: self._end(save), partial(self._end, save))

    def _end(self, save: Save, error: Exception | str | None = None) -> None:
        self._saving = None
        if error is None:
            self.done.emit(save)
        else:
            self.failed.emit(save, error)
        self._start_next()
