"""What the window works on: which file it came from, and whether that file holds what there is now."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from playground import Document, Experiment
from playground.files.atomic import FileStamp, file_stamp
from ui.session.session import Session
from ui.session.undo import WeightSetting

UNTITLED = "Untitled"
LONG_SECONDS = 60.0
"""Nobody likes to wait so long for the same training again. Pauses and the wait for slow steps do not count."""


class Mark(NamedTuple):
    """What a file holds, or what a window without one began with."""

    experiment: Experiment | None
    edited_weights: int
    """The number of the latest undo step that set a weight by hand."""
    step: int
    """At which training stood."""


class _Place(NamedTuple):
    """What is worked on: a file, what it holds, and what tells whether another program has written it since."""

    path: Path | None
    saved: Mark
    stamp: FileStamp | None


_UNSAVED = Mark(None, -1, -1)
"""No file holds what there is."""
_OUTDATED: FileStamp = (-1, -1)
"""The file holds something newer than what there is."""


class Work(QObject):
    """Knows the file of the present work, through undo and redo, and what is not in it yet."""

    changed = Signal()
    """Another file is worked on, or what is in it is no longer, or again, what there is."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.session = session
        self.path: Path | None = None
        self.saved = self.mark(0)
        self.stamp: FileStamp | None = None
        """Of the file as it was when it was opened or saved here."""
        self.generation = 0
        """Counts what was opened."""
        self._began = session.revision
        """The edit with which the present work was opened, or came back."""
        self._began_at = 0
        """The step at which it was then; -1 while that is not known."""
        self._places: dict[int, tuple[_Place, _Place]] = {}
        """For every undo step that opened something what was worked on before and after."""
        session.taken_back.connect(lambda number: self._go_to(number, 0))
        session.made_again.connect(lambda number: self._go_to(number, 1))
        session.experiment_changed.connect(lambda _: self.changed.emit())

    def mark(self, step: int | None = None) -> Mark:
        """What there is now, training being at `step`, or at the step of the latest report."""
        weights = [edit.number for edit in self.session.done if isinstance(edit.what, WeightSetting)]
        return Mark(self.session.experiment, max(weights, default=0), self.step if step is None else step)

    @property
    def step(self) -> int:
        """At which training stands."""
        report = self.session.report
        if report is None or report.revision < self._began:
            return self._began_at
        return report.snapshot.step

    @property
    def seconds(self) -> float:
        """What the present training has cost."""
        report = self.session.report
        return 0.0 if report is None or report.revision < self._began else report.snapshot.seconds

    @property
    def modified(self) -> bool:
        """Whether there is something that the file does not hold.

        Without a file for it, training alone can be had again; it counts once it took long.
        """
        now = self.mark()
        if self._has_document:
            return now != self.saved
        return now[:2] != self.saved[:2] or (self.path is None and self.seconds > LONG_SECONDS)

    @property
    def _has_document(self) -> bool:
        return self.path is not None and self.path.suffix.lower() != ".json"

    @property
    def is_safe(self) -> bool:
        """Whether the whole training is in a file of its own."""
        return self._has_document and self.mark() == self.saved

    @property
    def name(self) -> str:
        """What the window works on, for its title."""
        return self.path.name if self.path is not None else self.session.experiment.name or UNTITLED

    @property
    def _place(self) -> _Place:
        return _Place(self.path, self.saved, self.stamp)

    def begin(self, experiment: Experiment, name: str, path: Path | None, document: Document | None = None) -> bool:
        """Work on something that was opened; returns whether it was accepted."""
        before = self._place
        if not self.session.open(experiment, f"open {name}", document):
            return False
        self.generation += 1
        self._began = self.session.revision
        self.path, self.stamp = path, None if path is None else file_stamp(path)
        self._began_at = 0 if document is None else document.present.state.step
        self.saved = self.mark(self._began_at)
        known = {edit.number for edit in (*self.session.done, *self.session.undone)}
        self._places = {number: places for number, places in self._places.items() if number in known}
        self._places[self.session.done[-1].number] = before, self._place
        self.changed.emit()
        return True

    def note_file(self, path: Path | None) -> None:
        """Take note of the file that the first experiment of the window came from."""
        self.path, self.stamp = path, None if path is None else file_stamp(path)
        self.changed.emit()

    def note_recovered(self, *, outdated: bool) -> None:
        """Take note that no file holds what was opened; its own may hold something newer (`outdated`)."""
        self.saved = _UNSAVED
        if outdated:
            self.stamp = _OUTDATED
        self.changed.emit()

    def note_saved(self, path: Path, mark: Mark) -> None:
        """Take note that a file holds what there was at a mark."""
        self.path, self.saved, self.stamp = path, mark, file_stamp(path)
        self.changed.emit()

    def was_written_elsewhere(self, path: Path) -> bool:
        """Whether this is the file that is worked on, and another program has written it since."""
        return path == self.path and self.stamp is not None and file_stamp(path) not in (None, self.stamp)

    def _go_to(self, number: int, after: int) -> None:
        """The opening of something was taken back, or made again: go on with what was worked on then."""
        if number in self._places:
            self.generation += 1
            self.path, self.saved, self.stamp = self._places[number][after]
            self._began, self._began_at = self.session.revision, -1
            self.changed.emit()
