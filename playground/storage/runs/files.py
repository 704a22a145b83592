"""The files of kept runs: a document or a group's table for each, with a note and a picture beside it.

A run is there once its document stands in the folder, so that is written last, leaves first and comes back last.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from playground.experiment.flattening import flatten
from playground.experiment.tree import Experiment
from playground.files.atomic import read_bytes, remove_all_strays, write_atomically
from playground.files.errors import InputError, UnreadableError, reason_of
from playground.storage.runs.index import Entry
from playground.storage.runs.kept import (
    DOCUMENT,
    GROUP,
    NOTE,
    PICTURE,
    SUFFIXES,
    KeptGroup,
    KeptRun,
    Note,
    RunOutcome,
    Summary,
    read_group,
    summarize,
    summarize_group,
)

_DELETED = "deleted"
"""The folder of runs that were deleted and can still come back."""
_ABANDONED_SECONDS = 86_400.0
"""The time after which deleted runs and incomplete ones are removed for good."""
_MOST_BYTES = 2**30


class RunFiles:
    """The files of kept runs in a folder, by the runs' ids. Its methods raise OSError where files can't be written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._aside = folder / _DELETED

    def path_of(self, id: str, suffix: str) -> Path:
        """The path of a file of a run, whether it is there or not."""
        return self.folder / f"{id}{suffix}"

    def find(self, id: str) -> Path | None:
        """The document or the group's table of a run, if it is there."""
        return next((path for path in (self.path_of(id, one) for one in (DOCUMENT, GROUP)) if path.exists()), None)

    # Writing --------------------------------------------------------------------------------------------------------

    def write(self, id: str, suffix: str, content: bytes, note: Note, picture: bytes) -> None:
        """Write a document or a group's table with what stands beside it; if that fails, a new run leaves nothing."""
        is_new = self.find(id) is None
        files = {
            self.path_of(id, PICTURE): picture,
            self.path_of(id, NOTE): msgspec.json.encode(note),
            # Last, since with it the run is there.
            self.path_of(id, suffix): content,
        }
        try:
            for path, part in files.items():
                if part:
                    write_atomically(path, part)
        except OSError:
            if is_new:
                _remove_files(files)
            raise

    def write_note(self, id: str, note: Note) -> None:
        """Write another note beside a run."""
        write_atomically(self.path_of(id, NOTE), msgspec.json.encode(note))

    def delete(self, ids: Iterable[str]) -> None:
        """Put runs aside, from where `restore` brings them back until `purge` removes them for good."""
        self._move(ids, self.folder, self._aside)

    def restore(self, ids: Iterable[str]) -> None:
        """Bring back runs that were deleted."""
        self._move(ids, self._aside, self.folder)

    def _move(self, ids: Iterable[str], source: Path, target: Path) -> None:
        target.mkdir(exist_ok=True)
        # A run is where its document is, so that leaves first and arrives last.
        for one in ids:
            for suffix in SUFFIXES if target == self._aside else reversed(SUFFIXES):
                with suppress(FileNotFoundError):
                    (source / f"{one}{suffix}").replace(target / f"{one}{suffix}")

    def purge(self, ids: Iterable[str] | None) -> None:
        """Remove deleted runs for good: those of some ids, or all that were deleted long ago."""
        if ids is not None:
            paths = [self._aside / f"{one}{suffix}" for one in ids for suffix in SUFFIXES]
        else:
            paths = [path for path in _files_in(self._aside) if _age(path) > _ABANDONED_SECONDS]
        _remove_files(paths)
        with suppress(OSError):
            self._aside.rmdir()

    def remove(self, id: str) -> None:
        """Remove a run for good."""
        for suffix in SUFFIXES:
            self.path_of(id, suffix).unlink(missing_ok=True)

    def remove_all(self) -> None:
        """Remove all runs for good, deleted ones too."""
        for one in {path.stem for path in _files_in(self.folder) if path.suffix in SUFFIXES}:
            self.remove(one)
        shutil.rmtree(self._aside, ignore_errors=True)

    # Reading --------------------------------------------------------------------------------------------------------

    def read(self, id: str, suffix: str) -> bytes:
        """Read a file of a run. Raises InputError."""
        try:
            return read_bytes(self.path_of(id, suffix), _MOST_BYTES)
        except OSError as error:
            raise UnreadableError(id, reason_of(error)) from error

    def group(self, id: str) -> KeptGroup:
        """The table of a group. Raises InputError."""
        return read_group(self.read(id, GROUP), id)

    def stamp(self, id: str) -> str:
        """A text that changes when the document or the note of a run is written."""
        return stamp_of([self.find(id), self.path_of(id, NOTE)])

    def entries(self, id: str) -> list[Entry]:
        """The entries of a run's files in the index: the run first, then the trainings of a group."""
        note, stamp, size = self.note(id), self.stamp(id), self.size(id)
        is_group, members = self.path_of(id, GROUP).exists(), 0
        try:
            if is_group:
                group = self.group(id)
                summary, members = summarize_group(group, id), group.total
            else:
                summary = summarize(self.read(id, DOCUMENT), id)
            title, fault = note.title or summary.experiment.name or summary.experiment.data.label, ""
        except InputError as error:
            summary = Summary(Experiment(), [], RunOutcome(status="damaged"))
            title, fault = note.title or "Damaged", str(error)
        note = msgspec.structs.replace(note, title=title)
        run = KeptRun(id, "group" if is_group else "run", "", note, summary.outcome, members, size, fault)
        found = [Entry(run, summary.settings, stamp)]
        return [*found, *_member_entries(run, group)] if is_group and not fault else found

    def size(self, id: str) -> int:
        """The bytes of all files of a run."""
        found = 0
        for suffix in SUFFIXES:
            with suppress(OSError):
                found += self.path_of(id, suffix).stat().st_size
        return found

    def note(self, id: str) -> Note:
        """The note on a run; one with the time of its document if it is lost."""
        try:
            return msgspec.json.decode(self.read(id, NOTE), type=Note)
        except (InputError, msgspec.MsgspecError):
            path = self.find(id)
            return Note(time=time.time() - _age(path) if path is not None else 0.0)

    def clean_up(self) -> dict[str, str]:
        """Remove incomplete runs; return the stamps of all others by their ids."""
        remove_all_strays(self.folder)
        files: dict[str, dict[str, os.stat_result]] = {}
        for entry in os.scandir(self.folder):
            stem, dot, suffix = entry.name.rpartition(".")
            if f"{dot}{suffix}" in SUFFIXES:
                with suppress(OSError):
                    files.setdefault(stem, {})[f"{dot}{suffix}"] = entry.stat()
        stamps = {}
        for id, parts in files.items():
            document = parts.get(DOCUMENT) or parts.get(GROUP)
            if document is not None:
                stamps[id] = _stamp_words([document, parts.get(NOTE)])
            elif max(time.time() - one.st_mtime for one in parts.values()) > _ABANDONED_SECONDS:
                self.remove(id)
        return stamps


def _member_entries(run: KeptRun, group: KeptGroup) -> list[Entry]:
    """The entries of a group's trainings in the index. Raises InputError."""
    found = []
    for number, experiment, training in group.members():
        note = msgspec.structs.replace(run.note, name="", text="", star=False)
        member = KeptRun(f"{run.id}.{number}", "member", run.id, note, group.outcome_of(training))
        found.append(Entry(member, flatten(experiment), ""))
    return found


def stamp_of(paths: Sequence[Path | None]) -> str:
    """Return when some files were written and how large they are, as a text."""
    found: list[os.stat_result | None] = []
    for path in paths:
        try:
            found.append(None if path is None else path.stat())
        except OSError:
            found.append(None)
    return _stamp_words(found)


def _stamp_words(found: Sequence[os.stat_result | None]) -> str:
    return " ".join("-" if one is None else f"{one.st_mtime_ns}:{one.st_size}" for one in found)


def _files_in(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except OSError:
        return []


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _remove_files(paths: Iterable[Path]) -> None:
    for path in paths:
        with suppress(OSError):
            path.unlink(missing_ok=True)
