"""The index of the store: an SQLite database of what the files say, which can be rebuilt from them at any time.

Settings stand in one table, each once however many runs have it; a run has the numbers of its settings in one column.
So ten thousand runs are read in a tenth of a second, and compared and filtered in memory. Processes share the database:
readers never wait, and writers wait for each other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from playground.catalog.choice import Array
from playground.experiment.flattening import Setting
from playground.storage.runs.kept import KeptRun

_VERSION = 2
"""The version of the tables; an index of another version is rebuilt from the files."""
_BUSY_SECONDS = 5.0
_COLUMNS = ("id", "parent", "time", "star", "bytes", "run", "stamp", "settings")
"""All else is decoded from `run`, which takes a tenth of the time of reading columns."""
_TABLES = (
    f"CREATE TABLE runs ({', '.join(_COLUMNS)}, PRIMARY KEY (id))",
    "CREATE INDEX parents ON runs (parent)",
    "CREATE TABLE settings (number INTEGER PRIMARY KEY, path, scope, value, UNIQUE (path, scope, value))",
    "CREATE TABLE facts (name PRIMARY KEY, value)",
    f"PRAGMA user_version = {_VERSION}",
)
_PUT = f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * len(_COLUMNS))})"
_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(KeptRun)

_LISTED = ", ".join(f"json_extract(json_each.value, '$[{place}]')" for place in range(3))
"""The parts of a setting in a list of them."""


class Entry(NamedTuple):
    """A run with its settings, and a stamp of its files that tells whether they have changed."""

    run: KeptRun
    settings: Sequence[Setting]
    stamp: str


class Loaded(NamedTuple):
    """All that the index holds."""

    runs: list[KeptRun]
    """The latest first."""
    settings: list[Setting]
    numbers: Array
    """The places of all runs' settings in `settings`, one run after the other, int32."""
    counts: Array
    """How many settings each run has, int64 (runs,)."""


class Index:
    """A connection to the database at a path, or to one in memory. Raises sqlite3.Error, as all its methods do."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._database = sqlite3.connect(
            ":memory:" if path is None else path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            self._prepare()
        except BaseException:
            self._database.close()
            raise
        self._file = None if path is None else path.stat().st_ino

    def _prepare(self) -> None:
        self._run("PRAGMA journal_mode = WAL")
        self._run("PRAGMA synchronous = NORMAL")
        # Own tables are personal data: what is deleted is overwritten.
        self._run("PRAGMA secure_delete = ON")
        with self.writing():
            version = self._run("PRAGMA user_version").fetchone()[0]
            if version == 0:
                for table in _TABLES:
                    self._run(table)
            elif version != _VERSION:
                raise sqlite3.DatabaseError(f"tables of version {version}")

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    @property
    def is_current(self) -> bool:
        """Whether the file is still the one that was opened; another process may have made it again."""
        if self.path is None:
            return True
        try:
            return self.path.stat().st_ino == self._file
        except OSError:
            return False

    def check(self) -> None:
        """Raise sqlite3.DatabaseError if the database is damaged."""
        found = self._run("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(str(found))

    def _run(self, command: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._database.execute(command, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make all changes within at once, or none."""
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.rollback()
            raise

    # Writing --------------------------------------------------------------------------------------------------------

    def put(self, entries: Iterable[Entry]) -> None:
        """Add runs, or replace those of the same id."""
        with self.writing():
            for run, settings, stamp in entries:
                numbers = self._numbers_of(settings)
                row = run.id, run.parent, run.note.time, run.note.star, run.bytes, _ENCODER.encode(run)
                self._run(_PUT, (*row, stamp, numbers.tobytes()))

    def _numbers_of(self, settings: Sequence[Setting]) -> Array:
        """The numbers of some settings; those that are new get one."""
        encode = msgspec.json.Encoder().encode
        listed = encode([(path, scope, encode(value).decode()) for path, scope, value in settings]).decode()
        self._run(f"INSERT OR IGNORE INTO settings (path, scope, value) SELECT {_LISTED} FROM json_each(?)", (listed,))
        found = self._run(
            "SELECT number FROM json_each(?) JOIN settings "
            f"ON (settings.path, settings.scope, settings.value) = ({_LISTED}) ORDER BY json_each.key",
            (listed,),
        )
        return np.array([number for (number,) in found], "<i4")

    def put_note(self, run: KeptRun, stamp: str) -> None:
        """Replace the note on a run."""
        values = run.note.star, run.bytes, _ENCODER.encode(run), stamp, run.id
        with self.writing():
            self._run("UPDATE runs SET star = ?, bytes = ?, run = ?, stamp = ? WHERE id = ?", values)

    def put_fault(self, id: str, fault: str) -> None:
        """Note why the document of a run can't be read."""
        with self.writing():
            run = self.row(id)
            if run is not None:
                self._run("UPDATE runs SET run = ? WHERE id = ?", (_ENCODER.encode(run._replace(fault=fault)), id))

    def remove(self, ids: Iterable[str]) -> None:
        """Remove runs, and the trainings of those that are groups."""
        with self.writing():
            for one in ids:
                self._run("DELETE FROM runs WHERE id = ? OR parent = ?", (one, one))

    def prune(self) -> None:
        """Remove settings that no run has any more."""
        with self.writing():
            blobs = self._run("SELECT settings FROM runs").fetchall()
            used = np.unique(np.frombuffer(b"".join(blob for (blob,) in blobs), "<i4")).tolist()
            self._run("CREATE TEMP TABLE used (number INTEGER PRIMARY KEY)")
            self._database.executemany("INSERT INTO used VALUES (?)", ((one,) for one in used))
            self._run("DELETE FROM settings WHERE number NOT IN (SELECT number FROM used)")
            self._run("DROP TABLE used")

    def clear(self) -> None:
        """Remove everything, and overwrite it on the disk."""
        with self.writing():
            for table in ("runs", "settings", "facts"):
                self._run(f"DELETE FROM {table}")
        self._run("VACUUM")
        self._run("PRAGMA wal_checkpoint(TRUNCATE)")

    def set_fact(self, name: str, value: str) -> None:
        """Keep a text under a name."""
        with self.writing():
            self._run("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    # Reading --------------------------------------------------------------------------------------------------------

    def fact(self, name: str) -> str:
        """The text that is kept under a name; empty if there is none."""
        found = self._run("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return "" if found is None else str(found[0])

    @property
    def version(self) -> tuple[int, int]:
        """A value that changes whenever this or another process writes."""
        return self._run("PRAGMA data_version").fetchone()[0], self._database.total_changes

    def stamps(self) -> dict[str, str]:
        """The stamps of all runs that have files, by id."""
        return dict(self._run("SELECT id, stamp FROM runs WHERE parent = ''").fetchall())

    def size(self) -> int:
        """The bytes of all files that the index knows of."""
        return int(self._run("SELECT total(bytes) FROM runs").fetchone()[0])

    def load(self) -> Loaded:
        """Read everything."""
        # One transaction, so that another process can't renumber settings in between.
        self._run("BEGIN")
        try:
            rows = self._run("SELECT run, settings FROM runs ORDER BY time DESC, id DESC").fetchall()
            listed = self._run("SELECT number, path, scope, value FROM settings").fetchall()
        finally:
            self._run("COMMIT")
        decode = msgspec.json.Decoder().decode
        settings = [Setting(path, scope, decode(value)) for _, path, scope, value in listed]
        numbers = np.frombuffer(b"".join(row[-1] for row in rows), "<i4")
        places = np.zeros(max((number for number, *_ in listed), default=0) + 1, np.int32)
        places[[number for number, *_ in listed]] = np.arange(len(listed), dtype=np.int32)
        counts = np.array([len(row[-1]) // 4 for row in rows], np.int64)
        return Loaded([_DECODER.decode(run) for run, _ in rows], settings, places[numbers], counts)

    def row(self, id: str) -> KeptRun | None:
        """The run of an id; None if there is none."""
        found = self._run("SELECT run FROM runs WHERE id = ?", (id,)).fetchone()
        return None if found is None else _DECODER.decode(found[0])

    def matching_ids(self, part: str) -> list[str]:
        """The ids that contain a text, at most ten."""
        found = self._run("SELECT id FROM runs WHERE instr(id, ?) ORDER BY time DESC LIMIT 10", (part,))
        return [one for (one,) in found]

    def latest(self) -> list[str]:
        """The id of the run that was kept last, if there is any."""
        found = self._run("SELECT id FROM runs WHERE parent = '' ORDER BY time DESC, id DESC LIMIT 1")
        return [one for (one,) in found]

    def oldest(self) -> Iterator[KeptRun]:
        """Yield runs without a star that have files, the oldest first."""
        rows = self._run("SELECT run FROM runs WHERE NOT star AND parent = '' ORDER BY time").fetchall()
        yield from (_DECODER.decode(run) for (run,) in rows)
