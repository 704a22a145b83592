"""Atomic writing of files, which leaves a whole file whatever interrupts it, and reading with a limit on size."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeAlias

PART = ".part"
_UNFINISHED = re.compile(r"\.[0-9a-f]{12}\.([0-9]+)-([0-9a-f]{4})-[0-9a-f]+\.part")
"""Names of temporary files: a hash of the final name, the process, its computer, and random digits."""
_OLD_SECONDS = 3600.0
"""Age at which a temporary file counts as abandoned if its process can't be looked up, as on another computer."""
_CANNOT = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF, errno.EISDIR)
"""Errors of file systems that can't sync folders."""


class TooLargeError(OSError):
    """Raised if a file is larger than the limit for reading."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(errno.EFBIG, f"at most {most:,} bytes", str(path))


def readable_size(path: Path, most: int) -> int:
    """The size of a file. Raises OSError for more than `most` bytes, and for devices and pipes, which may never end."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe", str(path))
    if found.st_size > most:
        raise TooLargeError(path, most)
    return found.st_size


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a file. Raises OSError, without reading anything, if it has more than `most` bytes."""
    size = readable_size(path, most)
    with path.open("rb") as file:
        # Reading allocates as much memory as it is asked for, however short the file.
        return file.read(size)


FileStamp: TypeAlias = tuple[int, int]


def file_stamp(path: Path) -> FileStamp | None:
    """The modification time (ns) and the size of a file, which tell whether it has changed; None if it is missing."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size


def is_file(path: Path) -> bool:
    """Whether a path is that of a file; False also for a name that no file can have, such as a long text."""
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def write_atomically(path: Path, content: bytes | Iterable[bytes], *, keep_previous: bool = False) -> None:
    """Write `content`, whole or in pieces, so that the file at `path` is complete at every moment: the old or the new.

    With `keep_previous`, the old file is kept at `previous_path`. A link stays a link, the file keeps its permissions,
    and a device or pipe is simply written to. Raises OSError that names `path`; then the old file is still there, and
    no temporary file is left behind.
    """
    # A pipe has no path that a link like /dev/stdout could be resolved to.
    if path.exists() and not path.is_file():
        try:
            with path.open("wb") as device:
                device.writelines(_pieces_of(content))
        except OSError as error:
            error.filename = str(path)
            raise
        return
    # Unlike Path.resolve, it accepts links that lead in a circle: it returns the link itself, which the file replaces.
    path = Path(os.path.realpath(path))
    remove_strays(path)
    temporary, old = temporary_name(path), temporary_name(path)
    try:
        _write_whole(temporary, content)
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
            _duplicate(path, old)
            if keep_previous:
                _keep_previous(path)
        temporary.replace(path)
        try:
            _sync_folder(path.parent)
        except OSError:
            # The new file might not survive a power failure.
            _restore_old(old, path)
            raise
    except OSError as error:
        error.filename = str(path)
        error.filename2 = None
        raise
    finally:
        for left in (temporary, old):
            with suppress(OSError):
                left.unlink(missing_ok=True)


def _restore_old(old: Path, path: Path) -> None:
    """Restore the old file at `path`, or remove the new one if there was none. If that fails, the new one stays."""
    with suppress(OSError):
        if old.exists():
            old.replace(path)
        else:
            path.unlink()


def previous_path(path: Path) -> Path:
    """The path at which the previous version of a file is kept: mine.playground → mine.previous.playground."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def _keep_previous(path: Path) -> None:
    """Keep the present file at `path` as its previous version, too."""
    temporary = temporary_name(path)
    try:
        _duplicate(path, temporary)
        temporary.replace(previous_path(path))
    finally:
        # Replacing a hard link by another one to the same file does nothing, and leaves the temporary name.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def _duplicate(path: Path, second: Path) -> None:
    """Link a file to a second path, or copy it where links are impossible."""
    try:
        os.link(path, second)
    except OSError:
        # Not every file system has links.
        shutil.copy2(path, second)


def _pieces_of(content: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return [content] if isinstance(content, bytes) else content


def _write_whole(path: Path, content: bytes | Iterable[bytes]) -> None:
    with path.open("xb") as file:
        file.writelines(_pieces_of(content))
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Flush a folder's list of files to the disk, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise


# Temporary files of processes that were killed ------------------------------------------------------------------


def temporary_name(path: Path) -> Path:
    """A path in the same folder whose name identifies the writing process; short, as `path` may have a long name."""
    return path.with_name(f"{temporary_prefix(path)}{os.getpid()}-{this_computer()}-{secrets.token_hex(4)}{PART}")


@cache
def this_computer() -> str:
    """A short hash of this computer's name, which tells its processes from those of others that share the folder."""
    return hashlib.sha256(platform.node().encode()).hexdigest()[:4]


def temporary_prefix(path: Path) -> str:
    """The beginning of all temporary names for a file."""
    return f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}."


def remove_strays(path: Path) -> None:
    """Remove temporary files for `path` whose processes have ended."""
    _remove_unfinished(path.parent, temporary_prefix(path))


def remove_all_strays(folder: Path) -> None:
    """Remove all temporary files in a folder whose processes have ended."""
    _remove_unfinished(folder, ".")


def _remove_unfinished(folder: Path, prefix: str) -> None:
    """Remove the temporary files of a folder whose names begin with `prefix` and that no living process writes."""
    for stray in _strays(folder, prefix):
        with suppress(OSError):
            stray.unlink()


def _strays(folder: Path, prefix: str) -> Iterator[Path]:
    """Yield the temporary files whose names begin with `prefix` and that no living process writes."""
    try:
        names = [entry.name for entry in os.scandir(folder)]
    except OSError:
        return
    for name in names:
        written = _UNFINISHED.fullmatch(name)
        if name.startswith(prefix) and written is not None:
            process, computer = written.groups()
            found = folder / name
            if not (_may_be_writing(int(process), found) if computer == this_computer() else _is_recent(found)):
                yield found


def _may_be_writing(process: int, found: Path) -> bool:
    """Whether a process may still be writing a file."""
    if process == os.getpid():
        return True
    if os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
    return _is_recent(found)


def _is_recent(found: Path) -> bool:
    try:
        return time.time() - found.stat().st_mtime < _OLD_SECONDS
    except OSError:
        return False
