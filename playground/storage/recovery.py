"""Recovery: every process keeps a copy of its work, which is found again if the process dies.

Every process has a slot in a common folder: a document, a note on it, and a lock that the system takes back when the
process ends, however it ends. A document whose lock is free belonged to a process that died. Two attempts to restore
one are made; if neither completes, it is set aside, so that a document that crashes the program does not do so forever.
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

_DOCUMENT, _NOTE, _LOCK = ".playground", ".note", ".lock"
ASIDE_FOLDER = "set aside"
"""The folder of documents that could not be restored."""
MOST_ATTEMPTS = 2


class _Note(msgspec.Struct, frozen=True):
    """What is known about a kept document without reading it."""

    title: str = ""
    origin: str = ""
    """The file that was worked on, if there was one."""
    attempts: int = 0
    """Attempts to restore it that did not complete."""


class WorkSlot:
    """Where this process keeps its work. One thread at a time may use it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        while True:
            self.document = folder / f"{secrets.token_hex(8)}{_DOCUMENT}"
            self.lock = FileLock(self.document.with_suffix(_LOCK))
            # Another process may hold the lock while it looks for dead owners, or may have removed it as a dead one's.
            with suppress(Timeout):
                self.lock.acquire(timeout=0)
                if self.document.with_suffix(_LOCK).exists():
                    return
                self.lock.release()

    def write(self, content: bytes, title: str, origin: str = "") -> None:
        """Keep a document in place of the one before. Raises OSError."""
        write_atomically(self.document, content)
        _write_note(self.document, _Note(title, origin))

    def clear(self) -> None:
        """Remove the kept document: everything is saved, or was discarded on purpose."""
        _remove(self.document)

    def close(self) -> None:
        """Remove everything when the process ends normally."""
        self.clear()
        self.lock.release()
        with suppress(OSError):
            self.document.with_suffix(_LOCK).unlink(missing_ok=True)


class RecoverableWork(NamedTuple):
    """A document of a process that died."""

    document: Path
    note: _Note
    time: float
    """When it was kept, in seconds since 1970."""

    @property
    def is_outdated(self) -> bool:
        """Whether the file that was worked on was saved after this was kept."""
        return bool(self.note.origin) and _modified_at(Path(self.note.origin)) > self.time

    def begin(self) -> FileLock | None:
        """Begin an attempt to restore it; `end` must be called with the lock.

        None if another process is restoring it or has done so, or if it failed too often.
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

    def end(self, lock: FileLock, *, restored: bool) -> None:
        """End an attempt to restore work; if it was restored, remove its document."""
        if restored:
            _remove(self.document)
        lock.release()
        if restored:
            with suppress(OSError):
                self.document.with_suffix(_LOCK).unlink(missing_ok=True)

    def discard(self) -> None:
        """Set aside a document that the person does not want, unless another process is restoring it."""
        lock = FileLock(self.document.with_suffix(_LOCK))
        with suppress(Timeout, OSError):
            lock.acquire(timeout=0)
            _put_aside(self.document, self.note)
            lock.release()
            self.document.with_suffix(_LOCK).unlink(missing_ok=True)


def find_recoverable(folder: Path) -> list[RecoverableWork]:
    """The documents of processes that died, the latest first. Those that can't be restored are set aside."""
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
            with suppress(OSError):
                lock.unlink()
    return sorted(found, key=lambda one: -one.time)


def _is_in_use(document: Path) -> bool:
    """Whether the process that keeps a document lives, or another one is restoring it."""
    lock = FileLock(document.with_suffix(_LOCK))
    try:
        lock.acquire(timeout=0)
    except (Timeout, OSError):
        return True
    lock.release()
    return False


def _put_aside(document: Path, note: _Note) -> None:
    """Move a document to the folder of those set aside, under a readable name; it is not tried again."""
    folder = document.parent / ASIDE_FOLDER
    day = time.strftime("%Y-%m-%d %H.%M.%S", time.localtime(_modified_at(document)))
    words = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in note.title)
    # Names may be as long as 255 bytes.
    words = words.encode()[:150].decode(errors="ignore").strip()
    with suppress(OSError):
        folder.mkdir(exist_ok=True)
        document.rename(folder / f"{words or 'document'} {day} {document.stem[:4]}{_DOCUMENT}")
        document.with_suffix(_NOTE).unlink(missing_ok=True)


def documents_set_aside(folder: Path) -> list[Path]:
    """The documents that were set aside."""
    return sorted((folder / ASIDE_FOLDER).glob(f"*{_DOCUMENT}"))


def _remove(document: Path) -> None:
    for file in (document, document.with_suffix(_NOTE)):
        with suppress(OSError):
            file.unlink(missing_ok=True)


def _write_note(document: Path, note: _Note) -> None:
    write_atomically(document.with_suffix(_NOTE), msgspec.json.encode(note))


def _read_note(document: Path) -> _Note:
    """The note on a document; an empty one if it can't be read."""
    try:
        return msgspec.json.decode(document.with_suffix(_NOTE).read_bytes(), type=_Note)
    except (OSError, msgspec.MsgspecError):
        return _Note()


def _modified_at(document: Path) -> float:
    try:
        return document.stat().st_mtime
    except OSError:
        return 0.0
