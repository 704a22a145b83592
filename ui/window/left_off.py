"""Where you left off: closing keeps the window as it is, and the next start brings it back, paused.

The work is left in the window's slot, where that of a crash would be found too; so no other window can overwrite it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from playground import Document
from playground.files.errors import reason_of
from playground.storage.document import document_bytes
from playground.storage.recovery import RecoverableWork

from ..session.kept_edits import KeptHistory
from .autosave import Autosave
from .desk import Desk
from .documents import Documents
from .kept_look import KeptLook, read_look

_log = logging.getLogger(__name__)
_SETTING = "resume"
_DOCUMENT_SECONDS = 20.0
"""How long closing waits for the document of the run."""
_COVERED_MILLISECONDS = 1000
"""How long a new window waits for its work before it is shown without it."""
_KEEPING = "Keeping your work for the next start…"


class LeftOff(QObject):
    """Leaves the work of a window when it closes, and takes it up again when the next one opens."""

    def __init__(self, desk: Desk, documents: Documents, autosave: Autosave, look: KeptLook) -> None:
        super().__init__(desk)
        self.desk, self.documents, self.autosave, self.look = desk, documents, autosave, look
        self._covering: QWidget | None = None

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
            self._cover()
            self.autosave.restore(left[0], partial(self._resume, left[0]))

    def _cover(self) -> None:
        """Cover the window until the work is on show, or for a second: what is there before would only flash up."""
        window = self.desk.window
        self._covering = cover = QWidget(window, autoFillBackground=True)
        # The window may take its former size meanwhile.
        cover.resize(window.screen().size().expandedTo(window.size()))
        cover.show()
        self.desk.session.reported.connect(self._uncover_work)
        QTimer.singleShot(_COVERED_MILLISECONDS, self, self._uncover)

    def _uncover_work(self) -> None:
        restoring = self.autosave.restoring
        if self.desk.session.is_up_to_date and (restoring is None or restoring.taken):
            self._uncover()

    def _uncover(self) -> None:
        if self._covering is not None:
            self.desk.session.reported.disconnect(self._uncover_work)
            self._covering.hide()
            self._covering.deleteLater()
            self._covering = None

    def _resume(self, found: RecoverableWork, document: Document, other_future: Document | None) -> bool:
        look = read_look(found.note.look)
        history = KeptHistory(look.edits, other_future)
        if not self.documents.resume(document, found.note, history, outdated=found.is_outdated):
            return False
        self.look.bring_back(look)
        epoch = document.present.state.epoch
        self.desk.say(f"Here is where you left off, at epoch {epoch:,}.", ("Start afresh", self.documents.new))
        return True

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
        look = self.look.ask()
        answer = session.ask_document(lambda _: None)
        answer.forget()
        content = document_bytes(answer.result(_DOCUMENT_SECONDS))
        self.autosave.leave(content, title, origin, saved=saved, look=look(_DOCUMENT_SECONDS))
