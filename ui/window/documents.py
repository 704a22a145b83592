"""The documents of the window: new, open and save, and the question before it closes on unsaved work.

A document is a whole run in a `.playground` file; an experiment file (`.json`) holds the settings alone. Files are
read and written on threads; a failure is reported in the strip and changes nothing. Opening asks nothing, since undo
restores the previous run as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QMessageBox

from playground import Document, Experiment
from playground.files.atomic import is_file
from playground.files.errors import CancelledError, reason_of
from playground.files.names import file_name
from playground.interop.opening import FIRST_PRESET, Opened, open_source, own_title, source_name
from playground.interop.tfplayground import is_link
from playground.storage.document import SUFFIX
from playground.storage.recovery import WorkNote

from ..session.kept_edits import KeptHistory, bring_back_edits
from ..shell.dialogs import ask_about_changes, ask_about_left_work, ask_about_replacing
from ..shell.waiting import Waiting
from .desk import Desk
from .saves import Save, Saves
from .work import UNTITLED, Work

_DOCUMENTS, _EXPERIMENTS = f"Documents: settings and training (*{SUFFIX})", "Experiments: settings only (*.json)"
_BOTH = f"Documents and experiments (*{SUFFIX} *.json)"

_MOST_RECENT = 10
_RECENT = "files/recent"


class RecentFiles:
    """Recent files, kept in the settings."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def paths(self) -> list[str]:
        """Return all recent files, the latest first."""
        stored = self._settings.value(_RECENT)
        return [stored] if isinstance(stored, str) else [str(path) for path in stored or []]

    def remember(self, path: Path) -> None:
        """Put a file first in the list of recent ones."""
        first = str(path.resolve())
        self._keep([first, *(other for other in self.paths() if other != first)])

    def forget_if_gone(self, path: Path) -> None:
        """Leave out a file that no longer exists."""
        if not is_file(path):
            self._keep([other for other in self.paths() if other != str(path.resolve())])

    def _keep(self, paths: list[str]) -> None:
        self._settings.setValue(_RECENT, paths[:_MOST_RECENT])


class Documents(QObject):
    """Opens and saves for a window, which closes once everything is saved."""

    race_found = Signal(object)
    """Carries the RaceDocument of a document that was opened."""
    begun = Signal()
    """Another experiment or document was opened."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.desk = desk
        self.work, self.saves, self.recent = Work(desk.session), Saves(desk), RecentFiles(desk.settings)
        self.careful = False
        """Whether to ask before the window closes on unsaved work."""
        self.keeps_unsaved = False
        """Whether closing keeps unsaved work for the next start, so that there is nothing to ask."""
        self._failure = ""
        """What was said of the latest save that failed."""
        self._closing = False
        """Whether the window closes once everything is saved."""
        self.saves.done.connect(self._note_saved)
        self.saves.failed.connect(self._tell_failure)

    def may_close(self) -> bool:
        """Return whether the window can close now; if not, it closes later if the person agrees."""
        if self.saves.busy:
            # It closes once all is safe, and stays if that fails.
            self._closing = True
        elif self.careful and any(one.isVisible() for one in self._questions):
            # One that was answered is deleted a moment later.
            pass
        elif self.careful and self.work.modified and not self.keeps_unsaved:
            window, work = self.desk.window, self.work
            ask_about_changes(
                window, work.name, work.unsaved_words(), lambda: self.save(window.close), self._close_without_saving
            )
        elif self.careful and self.work.left_unsaved:
            self._close_without_saving()
        else:
            return True
        return False

    @property
    def _questions(self) -> list[QMessageBox]:
        return self.desk.window.findChildren(QMessageBox, "changes.question")

    def _close_without_saving(self) -> None:
        """Close, after asking about work that was left unsaved when something else was opened."""
        left = self.work.left_unsaved
        if left is not None:
            name = f"{left.name}, left at {left.time},"
            ask_about_left_work(self.desk.window, name, left.unsaved, self.work.return_to_unsaved, self._close_for_good)
        else:
            self._close_for_good()

    def _close_for_good(self) -> None:
        self.careful = False
        self.desk.window.close()

    def new(self) -> None:
        """Open the experiment of a fresh window, paused."""
        self.desk.session.pause()
        self.open(FIRST_PRESET)

    def ask_open(self) -> None:
        """Let the person choose a file."""
        self.desk.ask_to_open("Open", [_BOTH], self.open)

    def open(self, source: str) -> None:
        """Open a document, an experiment file, a preset or a link; if that fails, say why and change nothing."""
        self.read(source, lambda: open_source(source), lambda found: self.take(source, found))

    def read(self, source: str, work: Callable[[], Opened], then: Callable[[Opened], object]) -> None:
        """Read something on a thread and give it to `then`; what was still being read is dropped."""
        for earlier in self.desk.window.findChildren(Waiting):
            earlier.reject()
        name = source_name(source)
        Waiting(self.desk.window, "Opening", name, work, then, lambda error: self._refuse(source, error))

    def _refuse(self, source: str, error: Exception) -> None:
        name = source_name(source)
        if isinstance(error, CancelledError):
            self.desk.say(f"{name} was not opened; nothing has changed.")
        else:
            self.desk.refuse(f"{name} was not opened; nothing has changed. {error}.")
        self.recent.forget_if_gone(Path(source))

    def take(self, source: str, found: Opened) -> None:
        """Open an experiment or document that was read from a source."""
        path = _path_of(source, found)
        experiment = found.experiment
        unnamed = "a TensorFlow Playground link" if is_link(source) else Path(source).stem
        name = path.stem if path is not None else experiment.name or unnamed
        if self._begin(experiment, name, path, found.document):
            self._say_opened(f"Opened {name.rstrip('.')}.", found.notes)

    def start_with(self, source: str, found: Opened) -> None:
        """Note the source with which the window was started, and continue the run if it is a document."""
        if found.document is not None:
            self.take(source, found)
            self.desk.session.forget_edits()
            self.work.changed.emit()
        else:
            path = _path_of(source, found)
            self.work.note_file(path)
            if path is not None:
                self.recent.remember(path)
            if found.notes:
                self.desk.say(" ".join(found.notes))

    def open_kept(self, title: str, experiment: Experiment, document: Document | None, repeats: str = "") -> None:
        """Open a kept run as it was; of a training of a sweep, which has no document, the experiment.

        `repeats` says how to repeat its outcome.
        """
        if self._begin(experiment, title, None, document):
            notes = () if document is None else document.notes
            self._say_opened(f"Opened {title.rstrip('.')}.", (repeats, *notes) if repeats else notes)

    def recover(self, document: Document, note: WorkNote, history: KeptHistory, *, outdated: bool) -> bool:
        """Open recovered work, which saving puts where it came from; return whether it was accepted.

        It is `outdated` if the file it came from is newer.
        """
        taken = self._begin(document.experiment, note.title, Path(note.origin) if note.origin else None, document)
        if taken:
            number = self.desk.session.history.done[-1].number
            bring_back_edits(self.desk.session, *history)
            self.work.note_recovered(outdated=outdated)
            words = " ".join((f"Recovered {note.title.rstrip('.')}.", *document.notes))
            self.desk.say(words, ("Undo", partial(self.work.undo_back_to, number)))
        return taken

    def resume(self, document: Document, note: WorkNote, history: KeptHistory, *, outdated: bool) -> bool:
        """Open work as a window left it, to be saved where it came from; return whether it was accepted."""
        path = Path(note.origin) if note.origin else None
        taken = self._begin(document.experiment, note.title, path, document)
        if taken:
            self.desk.session.forget_edits()
            bring_back_edits(self.desk.session, *history)
            if outdated or not note.saved:
                self.work.note_recovered(outdated=outdated)
            else:
                self.work.note_resumed()
        return taken

    def _begin(self, experiment: Experiment, name: str, path: Path | None, document: Document | None = None) -> bool:
        self.desk.messages.clear()
        if document is not None:
            self.desk.session.pause()
        taken = self.work.begin(experiment, name, path, document)
        if taken:
            self.begun.emit()
        if taken and path is not None:
            self.recent.remember(path)
        if taken and document is not None and document.race is not None:
            self.race_found.emit(document.race)
        return taken

    def _say_opened(self, words: str, notes: tuple[str, ...]) -> None:
        self.desk.say(" ".join((words, *notes)), ("Undo", self.desk.session.undo))

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save to the present file, or ask for one; `then` is done once everything is saved."""
        if self.work.path is None:
            self.ask_save(then)
        else:
            self.save_to(self.work.path, then)

    def ask_save(self, then: Callable[[], object] | None = None) -> None:
        """Let the person choose where to save."""
        name = str(self.work.path or file_name(own_title(self.desk.session.experiment), SUFFIX, UNTITLED))
        self.desk.ask_to_save("Save", name, [_DOCUMENTS, _EXPERIMENTS], lambda path: self.save_to(path, then))

    def save_to(self, path: str | Path, then: Callable[[], object] | None = None) -> None:
        """Save the whole run, or to a `.json` file the settings only."""
        path = Path(path)
        if path.suffix.lower() not in (SUFFIX, ".json"):
            path = path.with_name(f"{path.name}{SUFFIX}")
            if path.exists():
                self.desk.refuse(
                    f"Nothing was saved: {path.name} already exists. Choose it in the dialog to replace it."
                )
                return
        if self.work.was_written_elsewhere(path) and not self.saves.busy:
            ask_about_replacing(
                self.desk.window, path, lambda: self.ask_save(then), lambda: self._save_for_certain(path, then)
            )
        else:
            self._save_for_certain(path, then)

    def _save_for_certain(self, path: Path, then: Callable[[], object] | None) -> None:
        self.saves.add(Save(path, self.work.mark(), self.work.generation, then))

    def _note_saved(self, save: Save) -> None:
        self.recent.remember(save.path)
        self.desk.messages.settle(self._failure)
        self.desk.say(f"Saved to {save.path}.")
        if save.generation == self.work.generation:
            self.work.note_saved(save.path, save.mark)
        if save.then is not None:
            save.then()
        elif self._closing and not self.saves.busy:
            self._closing = False
            self.desk.window.close()

    def _tell_failure(self, save: Save, error: Exception | str) -> None:
        self._closing = False
        reason = error if isinstance(error, str) else reason_of(error)
        self._failure = f"Nothing was saved to {save.path}: {reason}. Your work is still unsaved; try another folder."
        self.desk.tell(self._failure, ("Save as…", self.ask_save))


def _path_of(source: str, found: Opened) -> Path | None:
    """Return the file that saving writes again; presets, links and tables have none."""
    path = Path(source)
    is_experiment = path.suffix.lower() == ".json" and is_file(path)
    return path if is_experiment or found.document is not None else None
