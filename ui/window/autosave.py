"""Autosave and recovery: the present work is kept every few seconds, and offered after a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock
from PySide6.QtCore import QObject, QTimer, Signal

from playground import Document
from playground.files.atomic import remove_strays
from playground.files.errors import CancelledError, reason_of
from playground.storage.document import document_bytes
from playground.storage.recovery import (
    MOST_ATTEMPTS,
    RecoverableWork,
    WorkNote,
    WorkSlot,
    documents_set_aside,
    find_recoverable,
)

from ..session.jobs import Job, finish_jobs
from ..session.kept_edits import KeptHistory
from ..shell.waiting import Waiting
from .desk import Desk
from .documents import Documents
from .kept_look import KeptLook, read_look
from .work import Mark

_AUTOSAVE_MILLISECONDS = 15_000


class _Kept(NamedTuple):
    """What a document of the slot holds."""

    work: Mark
    race: int | None
    """The updates that all lanes of the race beside it have made; None without a race."""


class _Asked(NamedTuple):
    """Circumstances in which a document was asked for."""

    holds: _Kept
    """The state of the work that the document will hold."""
    look: Callable[[float], KeptHistory]
    """The look of the window at that time, once the document is there."""
    title: str
    origin: str
    restores: bool
    """Whether it includes what is being recovered."""


class _Restoring(NamedTuple):
    """Recovery in progress."""

    found: RecoverableWork
    lock: FileLock
    taken: bool = False
    """Whether the window has opened it."""


class Autosave(QObject):
    """Keeps the work of a window in a slot of a common folder, from `begin` on."""

    keeping = Signal()
    """The work is about to be kept."""

    def __init__(self, desk: Desk, documents: Documents, look: KeptLook) -> None:
        super().__init__(desk)
        self.desk, self.documents, self.work, self.look = desk, documents, documents.work, look
        self.slot: WorkSlot | None = None
        self.folder: Path | None = None
        self.kept: _Kept | None = None
        """What was kept last."""
        self.job: Job | None = None
        self.restoring: _Restoring | None = None
        self.timer = QTimer(self, interval=_AUTOSAVE_MILLISECONDS)
        self.timer.timeout.connect(self.keep)
        # A fault may have been in taking up what is recovered.
        desk.session.failed.connect(lambda _: self._end_recovery(restored=False))

    def begin(self, folder: Path) -> None:
        """Keep the window's work from now on, and offer work that was left by an earlier session."""
        self.folder = folder
        try:
            found = find_recoverable(folder)
            self.slot = WorkSlot(folder)
        except OSError as error:
            self.desk.say(f"Work can't be kept for recovery: {reason_of(error)} ({folder}).")
            return
        self.kept = self._present
        self.timer.start()
        Job(self, lambda _: self._tidy())
        self.work.changed.connect(self._note_change)
        crashed = [one for one in found if not one.note.left]
        if crashed:
            self._offer(crashed[0])
        elif fresh := [path for path in documents_set_aside(folder) if time.time() - path.stat().st_mtime < 7 * 86_400]:
            self.desk.say(f"Work that could not be restored is kept as {fresh[-1]}.")

    @property
    def is_reading(self) -> bool:
        """Whether work that was left by an earlier session is still being read."""
        return self.restoring is not None and not self.restoring.taken

    def _tidy(self) -> None:
        """Remove unfinished files of processes that were killed beside the recent files."""
        for path in self.documents.recent.paths():
            remove_strays(Path(path))

    def _note_change(self) -> None:
        """Clear the slot when the whole run is saved in its own file."""
        if self.work.is_safe and self.slot is not None and self.job is None:
            self.slot.clear()
            self.kept = _Kept(self.work.saved, None)

    @property
    def _present(self) -> _Kept:
        report = self.desk.session.race_report
        return _Kept(self.work.mark(), None if report is None else sum(one.step for one in report.moment.lanes))

    def keep(self) -> None:
        """Keep the work if it has changed."""
        holds = self._present
        if self.slot is not None and self.job is None and holds != self.kept:
            restores = self.restoring is not None and self.restoring.taken
            self.keeping.emit()
            asked = _Asked(holds, self.look.ask(), self.work.name, str(self.work.path or ""), restores)
            self.desk.session.ask_document(partial(self._write, asked))

    def _write(self, asked: _Asked, document: Document) -> None:
        slot = self.slot
        if slot is None or self.job is not None:
            return
        race = None if document.race is None else sum(one.present.state.step for one in document.race.lanes)
        holds = _Kept(asked.holds.work._replace(step=document.present.state.step), race)
        look, other_future = asked.look(0)
        note = WorkNote(asked.title, asked.origin, look=look)
        self.job = Job(
            self,
            lambda _: slot.write(document_bytes(document), note, other_future),
            lambda _: self._note_kept(holds, asked.restores),
            lambda error: self._tell_failure(error, asked.restores),
        )

    def _note_kept(self, holds: _Kept, restores: bool) -> None:
        self.job, self.kept = None, holds
        if restores:
            self._end_recovery(restored=True)
        elif self.restoring is not None and self.restoring.taken:
            # That was what there was before.
            self.kept = None
            self.keep()

    def _tell_failure(self, error: Exception, restores: bool) -> None:
        """Say that the work could not be kept; it is tried again later, and recovered work stays where it is."""
        self.job = None
        if restores:
            self._end_recovery(restored=False)
        self.desk.say(f"Work could not be kept for recovery: {reason_of(error)}.")

    def leave(self, content: bytes, title: str, origin: str, *, saved: bool, look: KeptHistory) -> None:
        """Leave a document in the slot for the next start, since the window closes. Raises OSError."""
        finish_jobs(self, cancel=False)
        if self.slot is None:
            return
        for earlier in self.found():
            # What their files hold need not be brought back any more.
            if earlier.note.left and earlier.note.saved and (lock := earlier.begin()) is not None:
                earlier.end(lock, restored=True)
        note = WorkNote(title, origin, left=True, saved=saved, look=look.text)
        self.slot.leave(content, note, look.other_future)
        self.slot = None
        self._end_recovery(restored=self.restoring is not None and self.restoring.taken, failed=False)

    def close(self) -> None:
        """Stop keeping the work and clear its slot, since the window closes normally."""
        self.timer.stop()
        finish_jobs(self, cancel=False)
        self._end_recovery(restored=False, failed=False)
        if self.slot is not None:
            self.slot.close()
            self.slot = None

    def found(self) -> list[RecoverableWork]:
        """Return the work that can be recovered."""
        return find_recoverable(self.folder) if self.folder is not None and self.slot is not None else []

    def _offer(self, found: RecoverableWork) -> None:
        later = " The file itself was saved after that." if found.is_outdated else ""
        self.desk.tell(
            f"The playground closed unexpectedly. {words_for(found)} can be recovered, now or later from the File menu."
            f"{later}",
            ("Recover", partial(self.recover, found)),
        )

    def recover(self, found: RecoverableWork) -> None:
        """Open work that was left by an earlier session as recovered work, which its file does not hold."""
        self.restore(found, partial(self._take_recovered, found))

    def _take_recovered(self, found: RecoverableWork, document: Document, other_future: Document | None) -> bool:
        look = read_look(found.note.look)
        history = KeptHistory(look.edits, other_future)
        taken = self.documents.recover(document, found.note, history, outdated=found.is_outdated)
        if taken:
            self.look.bring_back(look)
        return taken

    def restore(self, found: RecoverableWork, take: Callable[[Document, Document | None], bool]) -> None:
        """Read work that was left by an earlier session, and hand it with its other future to `take`, which returns
        whether it was accepted.

        It counts as an attempt until this window has kept it.
        """
        lock = found.begin()
        if lock is None or self.restoring is not None:
            self.desk.refuse("That work is already being recovered, or has been.")
            return
        self.restoring = _Restoring(found, lock)
        words = words_for(found)
        Waiting(self.desk.window, "Opening", words, partial(_read, found), partial(self._take, take), self._refuse)

    def _take(self, take: Callable[[Document, Document | None], bool], read: tuple[Document, Document | None]) -> None:
        if self.restoring is None:
            return
        if take(*read):
            self.restoring, self.kept = self.restoring._replace(taken=True), None
            self.keep()
        else:
            self._end_recovery(restored=False)

    def _refuse(self, error: Exception) -> None:
        if self.restoring is None:
            return
        found = self.restoring.found
        cancelled = isinstance(error, CancelledError)
        self._end_recovery(restored=False, failed=not cancelled)
        if cancelled:
            return self.desk.say(f"{words_for(found)} was not opened. It stays in File › Recover.")
        left = MOST_ATTEMPTS - found.note.attempts - 1
        kept = "You can try again." if left > 0 else "It will not be offered again, but the file is kept."
        self.desk.tell(f"{words_for(found)} was not opened. {kept} {error}")

    def _end_recovery(self, *, restored: bool, failed: bool = True) -> None:
        """End the attempt, which counts as one unless it was only broken off."""
        if self.restoring is not None:
            (found, lock, taken), self.restoring = self.restoring, None
            found.end(lock, restored=restored, failed=failed or taken)


def _read(found: RecoverableWork) -> tuple[Document, Document | None]:
    return found.load(), found.load_other_future()


def words_for(found: RecoverableWork) -> str:
    """Describe work that can be recovered."""
    moment = time.strftime("%H:%M on %d %B", time.localtime(found.time))
    return f"“{found.note.title or 'Untitled'}” as it was at {moment}"
