"""Files that are whole at every moment, whatever happens while they are written."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PART = ".part"
OLD_SECONDS = 3600.0
"""Where it can't be asked whether a process lives, what it left behind is told by its age."""
CANNOT = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM, errno.EBADF, errno.EISDIR)
"""What file systems answer that can't do with folders what they do with files."""


def write_atomically(path: Path, content: bytes, *, keep_previous: bool = False) -> None:
    """Put `content` at `path` so that at every moment the file there is whole: the old one or the new.

    With `keep_previous` the old one stays beside it; see `previous`. A link stays a link, the file keeps its
    permissions, and a device or pipe is simply written to. Raises OSError that names `path`; then nothing is left over.
    """
    # Unlike Path.resolve, it has an answer for links that lead in a circle: the link itself, which the file replaces.
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    remove_strays(path)
    temporary = temporary_name(path)
    try:
        write_whole(temporary, content)
        if path.exists():
            temporary.chmod(stat.S_IMODE(path.stat().st_mode))
            if keep_previous:
                keep(path)
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        error.filename = str(path)
        error.filename2 = None
        raise
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def previous(path: Path) -> Path:
    """Where the generation before is kept: mine.playground → mine.previous.playground."""
    return path.with_name(f"{path.stem}.previous{path.suffix}")


def keep(path: Path) -> None:
    """Let the file at `path` be the previous generation as well, without taking it away."""
    temporary = temporary_name(path)
    try:
        try:
            os.link(path, temporary)
        except OSError:
            # Not every file system has links.
            shutil.copy2(path, temporary)
        temporary.replace(previous(path))
    finally:
        # Replacing a link by another one to the same file leaves it.
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Write a new file, down to the disk."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Write down to the disk which files a folder has, where the system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)
    except OSError as error:
        if error.errno not in CANNOT:
            raise


# What processes that were killed left behind --------------------------------------------------------------------


def temporary_name(path: Path) -> Path:
    """A name in the same folder that tells whose it is. It is short, since the file's own may be as long as can be."""
    return path.with_name(f"{prefix(path)}{os.getpid()}-{secrets.token_hex(4)}{PART}")


def prefix(path: Path) -> str:
    """How the temporary names for a file begin."""
    return f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:12]}."


def remove_strays(path: Path) -> None:
    """Remove what writing `path` left behind in processes that have ended."""
    for stray in strays(path):
        with suppress(OSError):
            stray.unlink()


def strays(path: Path) -> Iterator[Path]:
    """Unfinished files for `path` that no living process writes."""
    begin = prefix(path)
    try:
        names = [entry.name for entry in os.scandir(path.parent)]
    except OSError:
        return
    for name in names:
        process = name.removeprefix(begin).partition("-")[0]
        found = path.with_name(name)
        if name.startswith(begin) and name.endswith(PART) and process.isdigit() and not writes(int(process), found):
            yield found


def writes(process: int, found: Path) -> bool:
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
    try:
        return time.time() - found.stat().st_mtime < OLD_SECONDS
    except OSError:
        return False
