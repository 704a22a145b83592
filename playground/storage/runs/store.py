"""The store of runs: a folder of documents that processes share, with a note and a picture beside each.

A run is kept once its document stands in the folder; note and picture are written before it, and the index after it.
Whatever fails or is killed in between, the documents are whole, and `reconcile` makes the index equal to the files. An
index that is damaged, or made by another version, is made again from them. Where no index can be written, one in memory
takes its place.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
from filelock import FileLock

from playground.experiment.tree import Experiment
from playground.files import progress
from playground.files.errors import InputError, UnreadableError
from playground.run.run import Document
from playground.storage.document import document_bytes, load_document
from playground.storage.runs.files import RunFiles
from playground.storage.runs.index import Index
from playground.storage.runs.kept import (
    DOCUMENT,
    GROUP,
    PICTURE,
    KeptGroup,
    KeptRun,
    Note,
    group_bytes,
    member_experiment,
    summarize_group,
)
from playground.storage.runs.table import RunTable

_log = logging.getLogger(__name__)

LIMIT = 1_000_000_000
"""How many bytes kept runs may take."""
_WARNED_FROM = 0.9
"""The share of the limit from which to warn that old runs will be removed."""
_BATCH = 200
"""Runs that `reconcile` adds to the index at once."""
_PAST_BYTES = 2**18
"""How much of its past a kept run carries: some hundred moments of a small network."""
_Found = TypeVar("_Found")


class FullError(OSError):
    """No run can be kept, since starred runs alone fill the store."""


class Kept(NamedTuple):
    """The result of keeping a run."""

    run: KeptRun
    removed: tuple[KeptRun, ...] = ()
    """Old runs that were removed to make room."""
    nearly_full: bool = False
    """Whether to warn now that old runs will be removed; true only once."""


class RunStore:
    """The kept runs in a folder. Any thread may use it. Its methods raise OSError where files can't be written."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder, limit
        self._files = RunFiles(folder)
        self._index_path = folder / "index.sqlite3"
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._index: Index | None = None

    def close(self) -> None:
        """Close the index."""
        with self._lock:
            if self._index is not None:
                self._index.close()
                self._index = None

    # Keeping --------------------------------------------------------------------------------------------------------

    def keep(
        self, document: Document, title: str, *, origin: str = "", picture: bytes = b"", replaces: str = ""
    ) -> Kept:
        """Keep a run. `replaces` is the id of an earlier state of the same run, whose place it takes.

        Raises FullError, and OSError; then nothing has changed.
        """
        content = document_bytes(document.named()._replace(race=None), past_bytes=_PAST_BYTES)
        return self._keep(DOCUMENT, content, title, origin, picture, replaces)

    def keep_group(self, group: KeptGroup, title: str, *, origin: str = "", picture: bytes = b"") -> Kept:
        """Keep the trainings of a sweep or a search as one group. Raises FullError, and OSError."""
        return self._keep(GROUP, group_bytes(group), title, origin, picture, "")

    def _keep(self, suffix: str, content: bytes, title: str, origin: str, picture: bytes, replaces: str) -> Kept:
        known = self._find(replaces) if replaces else None
        removed, nearly_full = self._make_room(len(content) + len(picture) - (0 if known is None else known.bytes))
        if known is None:
            id, note = _new_id(), Note(title, time=time.time(), origin=origin)
        else:
            id, note = known.id, known.note
        self._files.write(id, suffix, content, note, picture)
        entries = self._files.entries(id)
        self._indexed(lambda index: index.put(entries))
        return Kept(entries[0].run, removed, nearly_full)

    def _make_room(self, more: int) -> tuple[tuple[KeptRun, ...], bool]:
        """Remove the oldest runs without a star until there is room, but warn once before any is removed."""
        total = self._indexed(lambda index: index.size()) + more
        if total <= _WARNED_FROM * self.limit:
            return (), False
        if not self._indexed(lambda index: index.fact("warned")):
            self._indexed(lambda index: index.set_fact("warned", "1"))
            return (), True
        removed = []
        for run in self._indexed(lambda index: list(index.oldest())) if total > self.limit else ():
            self._files.remove(run.id)
            removed.append(run)
            total -= run.bytes
            if total <= self.limit:
                break
        if removed:
            self._indexed(lambda index: index.remove([run.id for run in removed]))
        if total > self.limit:
            raise FullError(f"runs with a star fill the {self.limit / 1e9:g} GB for kept runs")
        return tuple(removed), False

    # Changing -------------------------------------------------------------------------------------------------------

    def annotate(
        self, id: str, *, name: str | None = None, text: str | None = None, star: bool | None = None
    ) -> KeptRun:
        """Give a run a name, a note or a star, or take it away. Raises InputError if it is gone."""
        run = self._required(id)
        given = {"name": name, "text": text, "star": star}
        note = msgspec.structs.replace(run.note, **{key: value for key, value in given.items() if value is not None})
        self._files.write_note(id, note)
        changed = run._replace(note=note, bytes=self._files.size(id))
        self._indexed(lambda index: index.put_note(changed, self._files.stamp(id)))
        return changed

    def delete(self, ids: Iterable[str]) -> None:
        """Put runs aside, from where `restore` brings them back until `purge` removes them for good."""
        ids = [one for one in ids if self._files.find(one) is not None]
        self._files.delete(ids)
        self._indexed(lambda index: index.remove(ids))

    def restore(self, ids: Iterable[str]) -> None:
        """Bring back runs that were deleted."""
        ids = list(ids)
        self._files.restore(ids)
        found = [entry for one in ids if self._files.find(one) is not None for entry in self._files.entries(one)]
        self._indexed(lambda index: index.put(found))

    def purge(self, ids: Iterable[str] | None = None) -> None:
        """Remove deleted runs for good: those of some ids, or all that were deleted long ago."""
        self._files.purge(ids)
        self._indexed(lambda index: index.prune())

    def forget_all(self) -> None:
        """Remove all runs for good, those with a star and deleted ones too."""
        self._files.remove_all()
        self._indexed(lambda index: index.clear())

    # Reading --------------------------------------------------------------------------------------------------------

    def table(self) -> RunTable:
        """All kept runs as a table."""
        return RunTable(self._indexed(lambda index: index.load()))

    @property
    def version(self) -> object:
        """A value that changes whenever any process changes the store."""
        return self._indexed(lambda index: (id(index), index.version))

    @property
    def size(self) -> int:
        """The bytes that kept runs take."""
        return self._indexed(lambda index: index.size())

    def find(self, words: str) -> KeptRun:
        """The run whose id has this part, or the `latest`. Raises InputError if there is none, or several."""
        ids = self._indexed(lambda index: index.latest() if words == "latest" else index.matching_ids(words))
        exact = [one for one in ids if one == words or one.endswith(f"-{words}")]
        found = self._find((exact or ids)[0]) if len(exact or ids) == 1 else None
        if found is None:
            several = f"a longer part, since {', '.join(ids[:4])} have it" if ids else "the id of a kept run"
            raise InputError("run", words, several)
        return found

    def document(self, id: str) -> Document:
        """The document of a run. Raises InputError if it is gone or damaged, and notes that."""
        path = self._files.path_of(id, DOCUMENT)
        try:
            return load_document(path)
        except InputError as error:
            words = str(error)
            if path.exists():
                self._indexed(lambda index: index.put_fault(id, words))
            raise

    def experiment(self, id: str) -> Experiment:
        """The experiment of a run, or of a training of a group. Raises InputError."""
        run = self._required(id)
        if run.kind == "run":
            return self.document(id).experiment
        group = self.group(run.parent or id)
        base = summarize_group(group, id).experiment
        if run.kind == "group":
            return base
        training = group.trainings[int(id.rpartition(".")[2])]
        return member_experiment(base, training.values, training.seed)

    def group(self, id: str) -> KeptGroup:
        """The table of a group. Raises InputError."""
        return self._files.group(id)

    def picture(self, id: str) -> bytes:
        """The picture of a run as PNG; empty if it has none."""
        try:
            return self._files.read(id, PICTURE)
        except InputError:
            return b""

    def path_of(self, id: str) -> Path:
        """The file of a run: a document, or the table of a group."""
        return self._files.find(id) or self._files.path_of(id, DOCUMENT)

    def _find(self, id: str) -> KeptRun | None:
        return self._indexed(lambda index: index.row(id))

    def _required(self, id: str) -> KeptRun:
        found = self._find(id)
        if found is None:
            raise UnreadableError(id, "it is no kept run any more")
        return found

    # Files and index ------------------------------------------------------------------------------------------------

    def reconcile(self) -> None:
        """Make the index equal to the files, and remove incomplete runs. Reports progress."""
        self._indexed(self._reconcile)

    def rebuild(self) -> None:
        """Make the index again from the files. Reports progress."""
        with self._lock, FileLock(self.folder / "index.lock"):
            self._reconcile(self._replace_index())

    def _reconcile(self, index: Index) -> None:
        known, present = index.stamps(), self._files.clean_up()
        changed = [id for id, stamp in present.items() if known.get(id) != stamp]
        if gone := [id for id in known if id not in present]:
            index.remove(gone)
        for first in range(0, len(changed), _BATCH):
            progress.report_progress(first, len(changed))
            some = [entry for id in changed[first : first + _BATCH] for entry in self._files.entries(id)]
            index.remove(changed[first : first + _BATCH])
            index.put(some)

    def _indexed(self, work: Callable[[Index], _Found]) -> _Found:
        """Work with the index; if that fails, with a checked or rebuilt one; if that fails too, with one in memory."""
        with self._lock:
            for open_index in (self._open, self._mend):
                try:
                    return work(open_index())
                except (sqlite3.Error, OSError) as error:
                    _log.warning("The index of kept runs failed: %s", error)
            return work(self._open_in_memory())

    def _open(self) -> Index:
        if self._index is not None and not self._index.is_current:
            self.close()
        if self._index is None:
            is_new = not self._index_path.exists()
            self._index = Index(self._index_path)
            if is_new:
                self._reconcile(self._index)
        return self._index

    def _mend(self) -> Index:
        """Open the index again; if it is damaged, make it again from the files."""
        self.close()
        with FileLock(self.folder / "index.lock"):
            try:
                self._index = Index(self._index_path)
                self._index.check()
            except sqlite3.Error:
                self._index = self._replace_index()
            self._reconcile(self._index)
        return self._index

    def _replace_index(self) -> Index:
        """Replace the index by an empty one."""
        self.close()
        # SQLite counts its log and shared memory as parts of a database.
        for suffix in ("-wal", "-shm", ""):
            Path(f"{self._index_path}{suffix}").unlink(missing_ok=True)
        self._index = Index(self._index_path)
        return self._index

    def _open_in_memory(self) -> Index:
        self.close()
        self._index = Index(None)
        self._reconcile(self._index)
        return self._index


def _new_id() -> str:
    """An id whose order is that of time; its last part is short enough to type."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}"
