"""The folder in which a study keeps its results, so that it can resume after it was stopped or killed.

`study.json` holds the plan. Each process that trains appends its rows to a file of its own, one line of JSON per row.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec
from filelock import FileLock, Timeout

from playground.files.errors import InputError, MissingError, reason_of
from playground.studies.results import Results, Row
from playground.studies.study import Study

_PLAN = "study.json"
_LOCK = "in-use.lock"


class Shelf:
    """A folder of results, open for one process at a time. Raises InputError for a folder that can't be used."""

    def __init__(self, folder: str | os.PathLike[str], study: Study) -> None:
        if not os.fspath(folder):
            raise MissingError("--resume", "give a folder")
        folder = Path(folder)
        self._folder = folder
        self._lock = FileLock(folder / _LOCK, timeout=0)
        self._file: IO[bytes] | None = None
        self._study = study

    def __enter__(self) -> Shelf:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as error:
            raise InputError("--resume", str(self._folder), "a folder that no other process is using") from error
        except OSError as error:
            words = f"a folder that can be written to ({reason_of(error)})"
            raise InputError("--resume", str(self._folder), words) from error
        try:
            self._check_plan()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
        self._lock.release()

    def _check_plan(self) -> None:
        """Write the plan of an empty folder. Raises InputError if the folder holds the results of another plan."""
        plan = self._folder / _PLAN
        if not plan.exists():
            if any(self._folder.glob("rows-*.jsonl")):
                raise InputError("--resume", str(self._folder), f"a folder with its {_PLAN}, or an empty one")
            self._study.save(plan)
            return
        kept = Study.load(plan)
        if kept.text() != self._study.text():
            other = _differing(kept, self._study)
            raise InputError("--resume", str(self._folder), f"the folder of this study; it holds {other}")

    def fill(self, results: Results) -> None:
        """Enter all kept rows into the table; an incomplete last line, left by a killed process, is skipped."""
        for path in sorted(self._folder.glob("rows-*.jsonl")):
            results.begin_span()
            for line in path.read_bytes().splitlines():
                with suppress(msgspec.DecodeError, msgspec.ValidationError):
                    row = msgspec.json.decode(line, type=Row)
                    if 0 <= row.number < len(self._study) and not results.has(row.number):
                        results.add(row)

    def keep(self, rows: list[Row]) -> None:
        """Append rows; they are on the disk when this returns."""
        if self._file is None:
            number = sum(1 for _ in self._folder.glob("rows-*.jsonl"))
            self._file = (self._folder / f"rows-{number:04}.jsonl").open("xb")
        self._file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
        self._file.flush()
        os.fsync(self._file.fileno())


def _differing(kept: Study, study: Study) -> str:
    """Describe how two studies differ."""
    ours, theirs = (json.loads(one.text()) for one in (study, kept))
    names = [name for name in ours if ours[name] != theirs[name]]
    return f"one with different {' and '.join(names)}"
