"""The present work: which file it came from, and whether that file is up to date."""

from __future__ import annotations

import time
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from playground import Document, Experiment
from playground.experiment.declarations import fields_of
from playground.experiment.words import comparison_words, value_words
from playground.files.atomic import FileStamp, file_stamp

from ..session.session import Session
from ..session.undo import Edit, WeightSetting

UNTITLED = "Untitled"
LONG_SECONDS = 60.0
"""Training time, without pauses, from which training without a file counts as unsaved work."""


class Mark(NamedTuple):
    """The state of the work in its file, or with which a window without a file began."""

    experiment: Experiment | None
    edited_weights: int
    """The number of the latest undo step that set a weight by hand."""
    step: int
    """The step of training."""


class _Place(NamedTuple):
    """File that is worked on, the state that it holds, and a stamp that shows whether another program has written
    it."""

    path: Path | None
    saved: Mark
    stamp: FileStamp | None


class LeftWork(NamedTuple):
    """Unsaved work after which something else was opened."""

    name: str
    time: str
    """The time of day at which it was left."""
    unsaved: str
    """What no file holds of it."""
    edited_weights: int
    """The number of the latest undo step in it that set a weight by hand."""


_UNSAVED = Mark(None, -1, -1)
"""No file holds the present work."""
_OUTDATED: FileStamp = (-1, -1)
"""The file is newer than the present work."""


class Work(QObject):
    """The file of the present work, through undo and redo, and whether it is up to date."""

    changed = Signal()
    """The file, or whether it is up to date, has changed."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.path: Path | None = None
        self.saved = self.mark(0)
        self.stamp: FileStamp | None = None
        """The file's stamp when it was opened or saved here."""
        self.generation = 0
        """Counts how often something was opened."""
        self._began = session.revision
        """The revision at which the present work was opened, or came back by undo."""
        self._began_at = 0
        """The step at that time; -1 while it is not known."""
        self._places: dict[int, tuple[_Place, _Place]] = {}
        """The places before and after every undo step that opened something."""
        self._left: dict[int, LeftWork] = {}
        """The unsaved work that undo steps left by opening something else, by their numbers."""
        self._kept: list[Mark] = []
        """The states in which runs were kept: one that comes back and is left again as it was is kept already."""
        session.taken_back.connect(lambda number: self._go_to(number, 0))
        session.made_again.connect(lambda number: self._go_to(number, 1))
        session.experiment_changed.connect(lambda _: self.changed.emit())

    def mark(self, step: int | None = None) -> Mark:
        """Return the present state, with training at `step` or at the step of the latest report."""
        weights = [edit.number for edit in self.session.history.done if isinstance(edit.what, WeightSetting)]
        return Mark(self.session.experiment, max(weights, default=0), self.step if step is None else step)

    @property
    def step(self) -> int:
        """The present step of training."""
        report = self.session.report
        if report is None or report.revision < self._began:
            return self._began_at
        return report.present.step

    @property
    def seconds(self) -> float:
        """The training time of the present run, in seconds."""
        report = self.session.report
        return 0.0 if report is None or report.revision < self._began else report.present.seconds

    @property
    def modified(self) -> bool:
        """Whether the work has changes that its file lacks.

        Without a document, training alone can be repeated; it counts once it took `LONG_SECONDS`.
        """
        now = self.mark()
        if self._has_document:
            return now != self.saved
        return now[:2] != self.saved[:2] or (self.path is None and self.seconds > LONG_SECONDS)

    def unsaved_words(self) -> str:
        """Say what the file lacks: changes and training; and that it will lack the run before a branch even then."""
        saved, now, report = self.saved, self.mark(), self.session.report
        changes = "" if saved.experiment is None else comparison_words(saved.experiment, self.session.experiment)
        words = [f"Changed: {changes}."] if changes else []
        if now.edited_weights > max(saved.edited_weights, 0):
            words.append("Weights were set by hand.")
        if report is None or report.revision < self._began:
            return " ".join(words)
        before, epoch = self.session.past.other_future, report.present.epoch
        if before is not None and before.left_by == "branch":
            words.append(
                f"Trained to epoch {epoch:,} on a branch that began at epoch {before.begun.epoch:,.0f}. Saving does "
                f"not include the run before the branch, which reached epoch {before.now.epoch:,}."
            )
        elif epoch and now.step != saved.step:
            words.append(f"Trained to epoch {epoch:,}.")
        return " ".join(words)

    @property
    def _has_document(self) -> bool:
        return self.path is not None and self.path.suffix.lower() != ".json"

    @property
    def is_safe(self) -> bool:
        """Whether the whole run is saved in its own file."""
        return self._has_document and self.mark() == self.saved

    @property
    def name(self) -> str:
        """The name of the present work, for the window's title."""
        if self.path is not None:
            return self.path.name
        began, now = self.saved.experiment, self.session.experiment
        if began is not None and type(began.data) is not type(now.data):
            # What a preset is called tells of its data.
            return value_words(fields_of(Experiment)["data"], now.data)
        return now.name or UNTITLED

    @property
    def _place(self) -> _Place:
        return _Place(self.path, self.saved, self.stamp)

    def begin(self, experiment: Experiment, name: str, path: Path | None, document: Document | None = None) -> bool:
        """Start to work on something that was opened; return whether it was accepted."""
        before = self._place
        now, left = self.mark(), None
        if self.modified and now not in self._kept:
            left = LeftWork(self.name, time.strftime("%H:%M"), self.unsaved_words(), now.edited_weights)
        if not self.session.open(experiment, f"open {name}", document):
            return False
        self.generation += 1
        self._began = self.session.revision
        self.path, self.stamp = path, None if path is None else file_stamp(path)
        self._began_at = 0 if document is None else document.present.state.step
        self.saved = self.mark(self._began_at)
        known = {edit.number for edit in (*self.session.history.done, *self.session.history.undone)}
        self._places = {number: places for number, places in self._places.items() if number in known}
        number = self.session.history.done[-1].number
        self._places[number] = before, self._place
        if left is not None:
            self._left[number] = left
        self.changed.emit()
        return True

    def note_file(self, path: Path | None) -> None:
        """Note the file that the window's first experiment came from."""
        self.path, self.stamp = path, None if path is None else file_stamp(path)
        self.changed.emit()

    def note_recovered(self, *, outdated: bool) -> None:
        """Note that no file holds the recovered work; its own may be newer (`outdated`)."""
        self.saved = _UNSAVED
        if outdated:
            self.stamp = _OUTDATED
        self.changed.emit()

    def note_resumed(self) -> None:
        """Note that its file holds the work as it was taken up with its undo history."""
        self.saved = self.mark(self._began_at)
        self.changed.emit()

    def note_saved(self, path: Path, mark: Mark) -> None:
        """Note that a file holds the state of a mark."""
        self.path, self.saved, self.stamp = path, mark, file_stamp(path)
        if self.session.history.undone:
            # What redo opens again leaves nothing unsaved any more.
            self._left.pop(self.session.history.undone[-1].number, None)
        self.changed.emit()

    def note_kept(self, moment: object, experiment: Experiment, step: int) -> None:
        """Note that the run to which undo returns at a moment is kept as it was left."""
        for number, left in self._left.items():
            if ("undo", number) == moment:
                self._kept.append(Mark(experiment, left.edited_weights, step))
                del self._left[number]
                return

    @property
    def left_unsaved(self) -> LeftWork | None:
        """The latest work that is neither saved nor kept and was replaced by opening something else, if undo can
        restore it."""
        return next(filter(None, (self._left.get(edit.number) for edit in reversed(self.session.history.done))), None)

    @property
    def edits_since_opened(self) -> tuple[list[Edit], list[Edit]]:
        """The steps of the undo history that lead to nothing else that was opened: those done, and those undone."""

        def since(edits: list[Edit]) -> list[Edit]:
            opened = [place for place, edit in enumerate(edits, 1) if edit.number in self._places]
            return edits[max(opened, default=0) :]

        return since(self.session.history.done), since(self.session.history.undone)

    def return_to_unsaved(self) -> None:
        """Undo back to the latest unsaved work that was replaced by opening something else."""
        self.undo_back_to(
            next(edit.number for edit in reversed(self.session.history.done) if edit.number in self._left)
        )

    def undo_back_to(self, number: int) -> None:
        """Undo the step of a number and all steps after it."""
        while any(edit.number == number for edit in self.session.history.done):
            self.session.undo()

    def was_written_elsewhere(self, path: Path) -> bool:
        """Return whether this is the present file and another program has written it since."""
        return path == self.path and self.stamp is not None and file_stamp(path) not in (None, self.stamp)

    def _go_to(self, number: int, after: int) -> None:
        """Return to the file before or after an undo step that opened something."""
        if number in self._places:
            self.generation += 1
            self.path, self.saved, self.stamp = self._places[number][after]
            self._began, self._began_at = self.session.revision, -1
            self.changed.emit()
