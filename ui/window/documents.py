"""The document that the window works on: new, open, save, recent files, and whether there are changes to lose.

A document is a whole training in a `.playground` file; an experiment file (`.json`) holds the settings alone. Files are
read and written beside the window; what goes wrong stands in the banner, and changes nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox

from playground import Document, Experiment, Trainer
from playground import save as save_experiment
from playground.files.atomic import Stamp, stamp
from playground.interop.opening import FIRST, Opened, opened
from playground.storage.document import SUFFIX, save_document
from ui.session.jobs import CancelledError, Job
from ui.session.undo import WeightSetting
from ui.shell.dialogs import ask_about_changes, ask_about_replacing, ask_to_open, ask_to_save
from ui.shell.waiting import Waiting

if TYPE_CHECKING:
    from ui.window.window import Window

DOCUMENTS, EXPERIMENTS = f"Documents: training and all (*{SUFFIX})", "Experiments: settings alone (*.json)"
BOTH = f"Documents and experiments (*{SUFFIX} *.json)"
MOST_RECENT = 10
RECENT = "files/recent"
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


class Place(NamedTuple):
    """What is worked on: a file, what it holds, and what tells whether another program has written it since."""

    path: Path | None
    saved: Mark
    stamp: Stamp | None


UNSAVED = Mark(None, -1, -1)
"""No file holds what there is."""
OUTDATED: Stamp = (-1, -1)
"""The file holds something newer than what there is."""


class Save(NamedTuple):
    """Something to be written."""

    path: Path
    mark: Mark
    """What there was when it was asked for."""
    generation: int
    """What was worked on then."""
    then: Callable[[], object] | None
    """To be done once it is safe."""


class Documents(QObject):
    """Opens and saves for a window. Saves are made one after the other; the window closes once they are made."""

    changed = Signal()
    """Another file is worked on, or what is in it is no longer, or again, what there is."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window, self.session = window, window.session
        self.path: Path | None = None
        self.saved = self.mark(0)
        self.stamp: Stamp | None = None
        """Of the file as it was when it was opened or saved here."""
        self.careful = False
        """Whether to ask before changes are lost."""
        self.generation = 0
        """Counts what was opened."""
        self.began = self.session.revision
        """The edit with which the present work was opened, or came back."""
        self.began_at = 0
        """The step at which it was then; -1 while that is not known."""
        self.places: dict[int, tuple[Place, Place]] = {}
        """For every undo step that opened something what was worked on before and after."""
        self.waiting: deque[Save] = deque()
        self.saving: Save | None = None
        self.closing = False
        """Whether the window is to be closed once all is safe."""
        self.session.given.connect(self.write)
        self.session.failed.connect(self.give_up)
        self.session.taken_back.connect(lambda number: self.go_to(number, 0))
        self.session.made_again.connect(lambda number: self.go_to(number, 1))
        self.session.experiment_changed.connect(lambda _: self.changed.emit())

    # What there is to lose ------------------------------------------------------------------------------------

    def mark(self, step: int) -> Mark:
        """What there is now, training being at `step`."""
        weights = [edit.number for edit in self.session.done if isinstance(edit.what, WeightSetting)]
        return Mark(self.session.experiment, max(weights, default=0), step)

    @property
    def step(self) -> int:
        """At which training stands."""
        report = self.session.report
        if report is None or report.revision < self.began:
            return self.began_at
        return report.snapshot.step

    @property
    def seconds(self) -> float:
        """What the present training has cost."""
        report = self.session.report
        return 0.0 if report is None or report.revision < self.began else report.snapshot.seconds

    @property
    def modified(self) -> bool:
        """Whether there is something that the file does not hold.

        Without a file for it, training alone can be had again; it counts once it took long.
        """
        now = self.mark(self.step)
        if self.has_document:
            return now != self.saved
        return now[:2] != self.saved[:2] or (self.path is None and self.seconds > LONG_SECONDS)

    @property
    def has_document(self) -> bool:
        """Whether the file holds the whole training."""
        return self.path is not None and self.path.suffix.lower() != ".json"

    @property
    def place(self) -> Place:
        """What is worked on."""
        return Place(self.path, self.saved, self.stamp)

    @property
    def name(self) -> str:
        """What the window works on, for its title."""
        return self.path.name if self.path is not None else self.session.experiment.name or UNTITLED

    def before_losing(self, then: Callable[[], object]) -> None:
        """Do something by which the present changes would be lost, if the person agrees."""
        if not (self.careful and self.modified):
            then()
        elif self.window.findChild(QMessageBox, "changes.question") is None:
            ask_about_changes(self.window, self.name, lambda: self.save(then), then)

    # Opening --------------------------------------------------------------------------------------------------

    def new(self) -> None:
        """Begin anew with what a fresh window shows."""
        self.before_losing(lambda: self.open(FIRST))

    def ask_open(self) -> None:
        """Let the person choose a file."""
        self.before_losing(lambda: ask_to_open(self.window, "Open", [BOTH], self.open))

    def open_carefully(self, source: str) -> None:
        """Open something, if no changes are lost by that which the person wants to keep."""
        self.before_losing(lambda: self.open(source))

    def open(self, source: str) -> None:
        """Open a document, an experiment file, a preset or a link; if it is refused, say why and change nothing."""
        self.read(source, lambda: opened(source), lambda found: self.take(source, found))

    def read(self, source: str, work: Callable[[], Opened], then: Callable[[Opened], object]) -> None:
        """Read what is to be opened, and if it can be, go on with `then`. What was still being read is not opened."""
        for earlier in self.window.findChildren(Waiting):
            earlier.reject()
        Waiting(self.window, "Opening", Path(source).name, work, then, lambda error: self.refuse(source, error))

    def refuse(self, source: str, error: Exception) -> None:
        """Say why nothing was opened."""
        name = Path(source).name
        if isinstance(error, CancelledError):
            self.window.say(f"{name} was not opened; everything is as it was.")
        else:
            self.window.banner.tell(f"{name} was not opened; everything is as it was. {error}")
        self.forget_if_gone(Path(source))

    def take(self, source: str, found: Opened) -> None:
        """Put what was read from a source in force."""
        path = self.path_of(source, found)
        name = path.stem if path is not None else found.experiment.name or Path(source).stem
        self.begin(found.experiment, name, path, found.document)
        self.say(found.notes)

    def path_of(self, source: str, found: Opened) -> Path | None:
        """The file to which what was opened is saved again; presets, links and tables have none."""
        path = Path(source)
        is_experiment = path.suffix.lower() == ".json" and path.is_file()
        return path if is_experiment or found.document is not None else None

    def start_with(self, source: str, found: Opened) -> None:
        """The window has begun with this experiment; if it is a document, go on with its training."""
        if found.document is not None:
            self.take(source, found)
            self.session.forget_edits()
        else:
            self.path = self.path_of(source, found)
            if self.path is not None:
                self.stamp = stamp(self.path)
                self.remember(self.path)
            self.say(found.notes)
        self.changed.emit()

    def recover(self, document: Document, title: str, origin: str, *, outdated: bool) -> bool:
        """Go on with work that no file holds; saving puts it where it came from. Returns whether it was accepted.

        It is `outdated` if it is older than what the file holds that it came from.
        """
        taken = self.begin(document.experiment, title, Path(origin) if origin else None, document)
        if taken:
            self.saved = UNSAVED
            if outdated:
                self.stamp = OUTDATED
            self.say(document.notes)
            self.changed.emit()
        return taken

    def begin(self, experiment: Experiment, name: str, path: Path | None, document: Document | None = None) -> bool:
        """Put something that was opened in force; returns whether it was accepted."""
        self.window.banner.hide()
        if document is not None:
            self.session.pause()
        before = self.place
        if not self.session.open(experiment, f"open {name}", document):
            return False
        self.generation += 1
        self.began = self.session.revision
        self.path, self.stamp = path, None if path is None else stamp(path)
        self.began_at = 0 if document is None else document.present.state.step
        self.saved = self.mark(self.began_at)
        known = {edit.number for edit in (*self.session.done, *self.session.undone)}
        self.places = {number: places for number, places in self.places.items() if number in known}
        self.places[self.session.done[-1].number] = before, self.place
        if path is not None:
            self.remember(path)
        self.changed.emit()
        return True

    def go_to(self, number: int, after: int) -> None:
        """The opening of something was taken back, or made again: go on with what was worked on then."""
        if number in self.places:
            self.generation += 1
            self.path, self.saved, self.stamp = self.places[number][after]
            self.began, self.began_at = self.session.revision, -1
            self.changed.emit()

    def say(self, notes: tuple[str, ...]) -> None:
        """Say what is to be known about what was opened."""
        if notes:
            self.window.say(" ".join(notes))

    # Saving ---------------------------------------------------------------------------------------------------

    def save(self, then: Callable[[], object] | None = None) -> None:
        """Save to the file that is worked on; without one, ask for it. `then` is done once all is safe."""
        if self.path is None:
            self.ask_save(then)
        else:
            self.save_to(self.path, then)

    def ask_save(self, then: Callable[[], object] | None = None) -> None:
        """Let the person choose where to save."""
        name = str(self.path or f"{self.session.experiment.name or UNTITLED}{SUFFIX}")
        ask_to_save(self.window, "Save", name, [DOCUMENTS, EXPERIMENTS], lambda path: self.save_to(path, then))

    def save_to(self, path: str | Path, then: Callable[[], object] | None = None) -> None:
        """Save the whole training, or to a `.json` file the settings alone."""
        path = Path(path)
        if path.suffix.lower() not in (SUFFIX, ".json"):
            path = path.with_name(f"{path.name}{SUFFIX}")
            if path.exists():
                self.window.tell(f"Nothing was saved: there is a {path.name} already. Choose it to replace it.")
                return
        if path == self.path and self.stamp is not None and stamp(path) not in (None, self.stamp) and not self.busy:
            ask_about_replacing(
                self.window, path, lambda: self.ask_save(then), lambda: self.save_for_certain(path, then)
            )
        else:
            self.save_for_certain(path, then)

    def save_for_certain(self, path: Path, then: Callable[[], object] | None) -> None:
        """Save, whatever there is at the file's place."""
        self.waiting.append(Save(path, self.mark(self.step), self.generation, then))
        self.save_next()

    def save_next(self) -> None:
        """Begin with the next save, if none is being made."""
        if self.saving is not None or not self.waiting:
            return
        self.saving = save = self.waiting.popleft()
        if save.path.suffix.lower() == ".json":
            experiment = save.mark.experiment
            assert experiment is not None
            self.run(save, lambda: save_experiment(experiment, save.path))
        else:
            self.window.say(f"Saving {save.path.name}…")
            self.session.ask(save, Trainer.document)

    def write(self, purpose: object, document: Document, revision: int) -> None:
        """Write a document that was asked for."""
        if isinstance(purpose, Save) and purpose is self.saving:
            mark = purpose.mark._replace(step=document.present.state.step)
            self.run(purpose._replace(mark=mark), lambda: save_document(purpose.path, document))

    def run(self, save: Save, work: Callable[[], object]) -> None:
        """Write beside the window, and take note of what is safe then."""
        self.saving = save
        job = Job(lambda _: work(), self)
        job.done.connect(lambda _: self.note_saved(save))
        job.failed.connect(lambda error: self.tell_failure(save, error))
        job.start()

    def note_saved(self, save: Save) -> None:
        """All is safe in a file."""
        self.saving = None
        self.remember(save.path)
        self.window.say(f"Saved to {save.path}.")
        if save.generation == self.generation:
            self.path, self.saved, self.stamp = save.path, save.mark, stamp(save.path)
            self.changed.emit()
        self.save_next()
        if save.then is not None:
            # There may have been changes meanwhile.
            self.before_losing(save.then)
        elif self.closing and not self.busy:
            self.closing = False
            self.window.close()

    def tell_failure(self, save: Save, error: Exception | str) -> None:
        """Say that nothing was saved, and what to do. What was to be done then is not done."""
        self.saving, self.closing = None, False
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        self.window.banner.tell(
            f"Nothing was saved to {save.path}: {reason}. Your work goes on unsaved; try another folder.",
            ("Save as…", self.ask_save),
        )
        self.save_next()

    def give_up(self, reason: str) -> None:
        """The training thread met a fault; a document that was asked of it may never come."""
        if self.saving is not None and not self.findChildren(Job):
            self.tell_failure(self.saving, reason)

    def close_when_saved(self) -> None:
        """Close the window once all is safe."""
        self.closing = True

    @property
    def busy(self) -> bool:
        """Whether something is being saved."""
        return self.saving is not None or bool(self.waiting)

    # Recent files ---------------------------------------------------------------------------------------------

    def recent(self) -> list[str]:
        """The files that were opened and saved last, the latest first."""
        stored = self.window.settings.value(RECENT)
        return [stored] if isinstance(stored, str) else [str(path) for path in stored or []]

    def remember(self, path: Path) -> None:
        """Put a file first among the recent ones."""
        first = str(path.resolve())
        self.keep([first, *(other for other in self.recent() if other != first)])

    def forget_if_gone(self, path: Path) -> None:
        """Leave a file that is no longer there out of the recent ones."""
        if not path.exists():
            self.keep([other for other in self.recent() if other != str(path.resolve())])

    def keep(self, paths: list[str]) -> None:
        """Store the recent files."""
        self.window.settings.setValue(RECENT, paths[:MOST_RECENT])
