"""Recovery of unsaved work: every process keeps a copy of its document, which is found if the process dies.

Every process has a slot in a common folder: a document with patches to its later versions, a note on it, the run before
its latest branch, and a lock that the system releases when the process ends, however it ends. A document whose lock is
free belongs to a process that died. If two attempts to restore a document fail to complete, it is set aside, lest it
crash the program at every start.
"""

from __future__ import annotations

import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from filelock import FileLock, Timeout

from playground.files.atomic import remove_all_strays, write_atomically
from playground.files.errors import InputError
from playground.files.patches import PatchedFile, patches_path, read_patched
from playground.run.run import Document
from playground.storage.document import MAX_BYTES, document_bytes, load_document

_DOCUMENT, _NOTE, _LOCK, _OTHER = ".playground", ".note", ".lock", ".other"
ASIDE_FOLDER = "set aside"
"""The folder of documents that could not be restored."""
MOST_ATTEMPTS = 2


class WorkNote(msgspec.Struct, frozen=True):
    """Facts about a kept document, readable without decoding it."""

    title: str = ""
    origin: str = ""
    """The file that was worked on, if there was one."""
    attempts: int = 0
    """Attempts to restore it that did not complete."""
    left: bool = False
    """Whether the process that kept it ended normally."""
    saved: bool = False
    """Whether its file at `origin` had all of it."""
    look: str = ""
    """The state of the window that left it, as text that only the window reads."""


class WorkSlot:
    """The place where this process keeps its document. Only one thread at a time may use it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            self.document = folder / f"{secrets.token_hex(8)}{_DOCUMENT}"
            self.file = PatchedFile(self.document)
            self.note: WorkNote | None = None
            self.other_future: Document | None = None
            self.lock = FileLock(self.document.with_suffix(_LOCK))
            # Another process may hold the lock to test whether its owner is dead, or may just have removed it.
            with suppress(Timeout):
                self.lock.acquire(timeout=0)
                if self.document.with_suffix(_LOCK).exists():
                    return
                self.lock.release()

    def write(self, content: bytes, note: WorkNote, other_future: Document | None = None) -> None:
        """Keep a document, which replaces the previous one, and the run before its latest branch; only what is new is
        written. Raises OSError."""
        self._write_other_future(other_future)
        if note != self.note:
            # Before the document, so that none is found without its name.
            self.note = None
            _write_note(self.document, note)
            self.note = note
        self.file.write(content)

    def leave(self, content: bytes, note: WorkNote, other_future: Document | None = None) -> None:
        """Keep a document for the next start, and end the slot. Raises OSError."""
        self._write_other_future(other_future)
        self.file.write_whole(content)
        _write_note(self.document, note)
        self.lock.release()

    def _write_other_future(self, other_future: Document | None) -> None:
        if other_future is self.other_future:
            return
        path, self.other_future = self.document.with_suffix(_OTHER), None
        if other_future is None:
            path.unlink(missing_ok=True)
        else:
            write_atomically(path, document_bytes(other_future))
        self.other_future = other_future

    def clear(self) -> None:
        """Remove the kept document, once everything is saved or was discarded on purpose."""
        self.file, self.note, self.other_future = PatchedFile(self.document), None, None
        _remove(self.document)

    def close(self) -> None:
        """Remove the whole slot, when the process ends normally."""
        self.clear()
        self.lock.release()
        with suppress(OSError):
            self.document.with_suffix(_LOCK).unlink(missing_ok=True)


class RecoverableWork(NamedTuple):
    """A document of a process that died."""

    document: Path
    note: WorkNote
    time: float
    """The time at which it was kept, in seconds since 1970."""

    @property
    def is_outdated(self) -> bool:
        """Whether the file that was worked on has been saved since this document was kept."""
        return bool(self.note.origin) and _modified_at(Path(self.note.origin)) > self.time

    def load(self) -> Document:
        """Read the document as it was kept last. Raises InputError that names its file."""
        return load_document(self.document, read=read_patched)

    def load_other_future(self) -> Document | None:
        """Read the run before its latest branch; None if there is none that can be read."""
        try:
            return load_document(self.document.with_suffix(_OTHER))
        except InputError:
            return None

    def begin(self) -> FileLock | None:
        """Begin an attempt to restore the document; returns a lock with which `end` must be called.

        Returns None if another process is restoring it or has done so, or if too many attempts have failed.
        """
        lock = FileLock(self.document.with_suffix(_LOCK))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        note = _read_note(self.document)
        if not self.document.exists() or note.attempts >= MOST_ATTEMPTS:
            lock.release()
            return None
        _write_note(self.document, msgspec.structs.replace(note, attempts=note.attempts + 1))
        return lock

    def end(self, lock: FileLock, *, restored: bool, failed: bool = True) -> None:
        """End an attempt to restore work; if it was restored, remove its document.

        An attempt that was broken off, and so neither restored the work nor `failed`, does not count.
        """
        if restored:
            _remove(self.document)
        elif not failed:
            _write_note(self.document, self.note)
        lock.release()
        if restored:
            with suppress(OSError):
                self.document.with_suffix(_LOCK).unlink(missing_ok=True)

    def discard(self) -> None:
        """Set aside a document that the user doesn't want, unless another process is restoring it."""
        lock = FileLock(self.document.with_suffix(_LOCK))
        with suppress(Timeout, OSError):
            lock.acquire(timeout=0)
            _put_aside(self.document, self.note)
            lock.release()
            self.document.with_suffix(_LOCK).unlink(missing_ok=True)


def find_recoverable(folder: Path) -> list[RecoverableWork]:
    """Find the documents of processes that died, the latest first. Those that can't be restored are set aside."""
    found = []
    remove_all_strays(folder)
    for document in folder.glob(f"*{_DOCUMENT}"):
        if _is_in_use(document):
            continue
        note, kept_at = _read_note(document), _modified_at(document)
        if note.attempts >= MOST_ATTEMPTS:
            _put_aside(document, note)
        else:
            found.append(RecoverableWork(document, note, kept_at))
    for lock in folder.glob(f"*{_LOCK}"):
        if not lock.with_suffix(_DOCUMENT).exists() and not _is_in_use(lock):
            # A process may have died while it removed its document.
            _remove(lock.with_suffix(_DOCUMENT))
            with suppress(OSError):
                lock.unlink()
    return sorted(found, key=lambda one: -one.time)


def _is_in_use(document: Path) -> bool:
    """Whether the process that keeps a document is alive, or another process is restoring it."""
    lock = FileLock(document.with_suffix(_LOCK))
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def _put_aside(document: Path, note: WorkNote) -> None:
    """Move a document to `ASIDE_FOLDER` under a readable name, where no attempt to restore it is made."""
    folder = document.parent / ASIDE_FOLDER
    day = time.strftime("%Y-%m-%d %H.%M.%S", time.localtime(_modified_at(document)))
    words = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in note.title)
    # File systems allow names of 255 bytes.
    words = words.encode()[:150].decode(errors="ignore").strip()
    with suppress(OSError):
        if patches_path(document).exists():
            PatchedFile(document).write_whole(read_patched(document, MAX_BYTES))
        folder.mkdir(exist_ok=True)
        document.rename(folder / f"{words or 'document'} {day} {document.stem[:4]}{_DOCUMENT}")
        _remove(document)


def documents_set_aside(folder: Path) -> list[Path]:
    """The documents that were set aside."""
    return sorted((folder / ASIDE_FOLDER).glob(f"*{_DOCUMENT}"))


def _remove(document: Path) -> None:
    for file in (document, patches_path(document), document.with_suffix(_OTHER), document.with_suffix(_NOTE)):
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _write_note(document: Path, note: WorkNote) -> None:
    write_atomically(document.with_suffix(_NOTE), msgspec.json.encode(note))


def _read_note(document: Path) -> WorkNote:
    """The note on a document; an empty one if it can't be read."""
    try:
        return msgspec.json.decode(document.with_suffix(_NOTE).read_bytes(), type=WorkNote)
    except (OSError, msgspec.MsgspecError):
        return WorkNote()


def _modified_at(document: Path) -> float:
    result = 0.0
    for file in (document, patches_path(document)):
        with suppress(OSError):
            result = max(result, file.stat().st_mtime)
    return result
