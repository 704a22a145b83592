"""Where you left off: closing keeps the window as it is, and the next start brings it back, paused.

The work is left in the window's slot, where that of a crash would be found too; so no other window can overwrite it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QScrollArea

from playground import Document, Experiment, InputError
from playground.experiment.text import experiment_from_text, experiment_text
from playground.files.errors import reason_of
from playground.storage.document import document_bytes
from playground.storage.recovery import RecoverableWork

from ..session.kept_edits import ask_edits
from .autosave import Autosave
from .desk import Desk
from .documents import Documents
from .window_parts import WindowParts
from .wiring import Wiring

_log = logging.getLogger(__name__)
_SETTING = "resume"
_DOCUMENT_SECONDS = 20.0
"""How long closing waits for the document of the run."""
_KEEPING = "Keeping your work for the next start…"


class _Look(msgspec.Struct):
    """The look of the window, without its layout, which the settings keep."""

    speed: float | None = None
    """Steps per second; None without a limit."""
    scrolled: dict[str, int] = {}
    """How far the panels are scrolled, by the names of their docks."""
    past: int | None = None
    """The step of the earlier moment that was shown; None for the present."""
    edits: str = ""
    """The undo history since the work was opened."""
    data: list[str] = []
    """Experiments with the data sets of the person's own that had a tile though another one was shown."""


class LeftOff(QObject):
    """Leaves the work of a window when it closes, and takes it up again when the next one opens."""

    def __init__(
        self, desk: Desk, parts: WindowParts, documents: Documents, autosave: Autosave, wiring: Wiring
    ) -> None:
        super().__init__(desk)
        self.desk, self.parts, self.documents, self.autosave = desk, parts, documents, autosave
        self._wiring = wiring
        self._past: tuple[int, int] | None = None
        """The step of the earlier moment that is to be shown once its run is there, and the revision of that run."""
        desk.session.reported.connect(self._look_back)

    @property
    def is_on(self) -> bool:
        """Whether closing keeps the window as it is."""
        return self.desk.settings.value(_SETTING, True, type=bool) is True

    def toggle(self) -> None:
        """Choose whether closing keeps the window as it is."""
        self.desk.settings.setValue(_SETTING, not self.is_on)
        self._note_choice()

    def _note_choice(self) -> None:
        self.documents.keeps_unsaved = self.is_on and self.autosave.slot is not None

    def begin(self, folder: Path, *, resumes: bool) -> None:
        """Keep the window's work in a folder from now on; with `resumes`, take up what the last window left there."""
        self.autosave.begin(folder)
        self._note_choice()
        left = [one for one in self.autosave.found() if one.note.left]
        if resumes and self.is_on and left:
            self.autosave.restore(left[0], partial(self._resume, left[0]))

    def _resume(self, found: RecoverableWork, document: Document) -> bool:
        look = _read_look(found.note.look)
        if not self.documents.resume(document, found.note, look.edits, outdated=found.is_outdated):
            return False
        if look.speed is None or look.speed > 0:
            self._wiring.set_speed(look.speed)
        for text in look.data:
            with suppress(InputError):
                self.parts.data.keep(experiment_from_text(text).data)
        # Once the panels have their sizes.
        QTimer.singleShot(0, self, lambda: self._scroll(look.scrolled))
        self._past = None if look.past is None else (look.past, self.desk.session.revision)
        epoch = document.present.state.epoch
        self.desk.say(f"Here is where you left off, at epoch {epoch:,}.", ("Start afresh", self.documents.new))
        return True

    def _look_back(self) -> None:
        session = self.desk.session
        if self._past is not None and session.is_up_to_date:
            (step, revision), self._past = self._past, None
            if session.revision == revision:
                # Else something else was asked for meanwhile.
                session.past.look_at(step)

    def leave(self) -> bool:
        """Leave the work, since the window closes; return False if that failed and something would be lost."""
        if not self.documents.keeps_unsaved:
            return True
        if self.autosave.is_reading and not self.documents.work.modified:
            # What is still being read stays what the next window takes up.
            self.documents.keeps_unsaved = self.documents.careful = False
            return True
        saved = not self.documents.work.modified
        try:
            with self._waiting():
                self._leave(saved=saved)
        except Exception as error:
            _log.exception("The window could not be kept as it is")
            self.documents.keeps_unsaved = False
            if saved:
                return True
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            self.desk.tell(f"Your work could not be kept for the next start: {reason}. Save it, or close again.")
            return False
        # It is safe, however often the window is closed.
        self.documents.keeps_unsaved = self.documents.careful = False
        return True

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        """Say what the window does before it closes: a large table takes a moment to write."""
        status = self.desk.messages.status
        before = status.text()
        status.setText(_KEEPING)
        status.repaint()
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            yield
        finally:
            QApplication.restoreOverrideCursor()
            # The window stays open if that failed.
            status.setText(before)

    def _leave(self, *, saved: bool) -> None:
        session, work = self.desk.session, self.documents.work
        title, origin = work.name, str(work.path or "")
        session.pause()
        edits = ask_edits(session, *work.edits_since_opened)
        answer = session.ask_document(lambda _: None)
        answer.forget()
        content = document_bytes(answer.result(_DOCUMENT_SECONDS))
        look = self._look(edits.result(_DOCUMENT_SECONDS))
        self.autosave.leave(content, title, origin, saved=saved, look=msgspec.json.encode(look).decode())

    def _look(self, edits: str) -> _Look:
        scrolled = {name: one.verticalScrollBar().value() for name, one in self._areas().items()}
        shown = self.desk.session.past.shown
        past = None if shown is None or shown.past is None else shown.past.asked
        data = [experiment_text(Experiment(data=one)) for one in self.parts.data.kept_data]
        return _Look(self.parts.transport.speed, scrolled, past, edits, data)

    def _scroll(self, scrolled: dict[str, int]) -> None:
        for name, area in self._areas().items():
            area.verticalScrollBar().setValue(scrolled.get(name, 0))

    def _areas(self) -> dict[str, QScrollArea]:
        """The scrolling panels by the names of their docks."""
        found = {name: dock.findChild(QScrollArea) for name, dock in self.desk.docks.docks.items()}
        return {name: area for name, area in found.items() if area is not None}


def _read_look(kept: str) -> _Look:
    """Read the look of a window; the usual one if it can't be read."""
    try:
        return msgspec.json.decode(kept, type=_Look)
    except msgspec.DecodeError:
        return _Look()
