"""The document that the window works on: new, open, save, recent files, and whether there are changes to lose.

A document is a whole training in a `.playground` file; an experiment file (`.json`) holds the settings alone. Files are
read and written beside the window; what goes wrong stands in the banner, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMessageBox

from playground import Document, Experiment, InputError, save
from playground.interop.document import SUFFIX, load_document, save_document
from playground.presets import FIRST, opened
from ui.jobs import Job, finish_jobs
from ui.session import WeightEdit
from ui.shell.dialogs import ask_about_changes, ask_to_open, ask_to_save

if TYPE_CHECKING:
    from ui.window.window import Window

DOCUMENTS, EXPERIMENTS = f"Documents: training and all (*{SUFFIX})", "Experiments: settings alone (*.json)"
BOTH = f"Documents and experiments (*{SUFFIX} *.json)"
MOST_RECENT = 10
RECENT = "files/recent"
UNTITLED = "Untitled"


class Mark(NamedTuple):
    """What a file holds, or what a window without one began with."""

    experiment: Experiment | None
    edited_weights: int
    """The number of the latest undo step that set a weight by hand."""
    step: int
    """At which training stood."""


UNSAVED = Mark(None, -1, -1)
"""No file holds what there is."""


class Documents(QObject):
    """Opens and saves for a window."""

    changed = Signal()
    """Another file is worked on, or what is in it is no longer, or again, what there is."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window, self.session = window, window.session
        self.path: Path | None = None
        self.saved = self.mark(0)
        self.careful = False
        """Whether to ask before changes are lost."""
        self.session.documented.connect(self.write)
        self.session.experiment_changed.connect(lambda _: self.changed.emit())

    # What there is to lose ------------------------------------------------------------------------------------

    def mark(self, step: int) -> Mark:
        """What there is now, training being at `step`."""
        weights = [edit.number for edit in self.session.done if isinstance(edit.what, WeightEdit)]
        return Mark(self.session.experiment, max(weights, default=0), step)

    @property
    def step(self) -> int:
        """At which training stands."""
        return 0 if self.session.report is None else self.session.report.snapshot.step

    @property
    def modified(self) -> bool:
        """Whether there is something that the file does not hold.

        Without a file that is what the person changed: training alone can be had again.
        """
        now = self.mark(self.step)
        trained = self.path is not None and self.path.suffix == SUFFIX and now.step != self.saved.step
        return now[:2] != self.saved[:2] or trained

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
        path = Path(source)
        try:
            if path.suffix == SUFFIX:
                self.take_up(path, load_document(path))
                return
            experiment, notes = opened(source)
        except InputError as error:
            self.window.banner.tell(f"{path.name} was not opened; everything is as it was. {error}")
            self.forget_if_gone(path)
            return
        is_file = path.suffix == ".json" and path.is_file()
        self.begin(experiment, experiment.name or path.stem, path if is_file else None)
        self.say(notes)

    def start_with(self, source: str) -> None:
        """The window has begun with this experiment; if it is a document, go on with its training."""
        path = Path(source)
        if path.suffix == SUFFIX:
            self.open(source)
        elif path.suffix == ".json" and path.is_file():
            self.path = path
            self.remember(path)
            self.changed.emit()

    def take_up(self, path: Path | None, document: Document) -> None:
        """Go on with a document."""
        self.session.pause()
        name = path.stem if path is not None else document.experiment.name or UNTITLED
        self.begin(document.experiment, name, path, document)
        self.say(document.notes)

    def recover(self, document: Document, title: str, origin: str) -> bool:
        """Go on with work that no file holds; saving puts it where it came from. Returns whether it was accepted."""
        self.session.pause()
        taken = self.begin(document.experiment, title, Path(origin) if origin else None, document)
        if taken:
            self.saved = UNSAVED
            self.say(document.notes)
            self.changed.emit()
        return taken

    def begin(self, experiment: Experiment, name: str, path: Path | None, document: Document | None = None) -> bool:
        """Put something that was opened in force; returns whether it was accepted."""
        self.window.banner.hide()
        if not self.session.open(experiment, f"open {name}", document):
            return False
        self.path = path
        self.saved = self.mark(0 if document is None else document.checkpoints["present"].state.step)
        if path is not None:
            self.remember(path)
        self.changed.emit()
        return True

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
        if path.suffix == ".json":
            mark, experiment = self.mark(self.step), self.session.experiment
            self.run(path, lambda: save(experiment, path), mark, then)
        else:
            self.session.ask_document((self, path, then))

    def write(self, purpose: object, document: Document, revision: int) -> None:
        """Write a document that was asked for."""
        if isinstance(purpose, tuple) and purpose[0] is self:
            _, path, then = purpose
            mark = self.mark(document.checkpoints["present"].state.step)
            if revision != self.session.revision:
                # An edit has been made that the document does not include.
                mark = mark._replace(experiment=document.experiment)
            self.run(path, lambda: save_document(path, document), mark, then)

    def run(self, path: Path, work: Callable[[], object], mark: Mark, then: Callable[[], object] | None) -> None:
        """Write beside the window, and take note of what is safe then."""
        job = Job(lambda _: work(), self)
        job.done.connect(lambda _: self.note_saved(path, mark, then))
        job.failed.connect(lambda error: self.tell_failure(path, error))
        job.start()

    def note_saved(self, path: Path, mark: Mark, then: Callable[[], object] | None) -> None:
        """All is safe in a file."""
        self.path, self.saved = path, mark
        self.remember(path)
        self.window.say(f"Saved to {path}.")
        self.changed.emit()
        if then is not None:
            then()

    def tell_failure(self, path: Path, error: Exception) -> None:
        """Say that nothing was saved, and what to do."""
        reason = getattr(error, "strerror", None) or str(error)
        self.window.banner.tell(
            f"Nothing was saved to {path}: {reason}. Your work goes on unsaved; try another folder.",
            ("Save as…", self.ask_save),
        )

    def close(self) -> None:
        """Wait until all is written."""
        finish_jobs(self, cancel=False)

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
