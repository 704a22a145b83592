"""Weights as `.npz` files: W0, b0, W1, b1, …, W of shape (units, inputs). Never a pickle.

Files come from strangers, so what one says about itself is compared with its real size before any memory is taken.
"""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from playground.catalog.choice import Array, InputError, one_line
from playground.files import write_atomically

MAX_BYTES = 2**30
MAX_ARRAYS = 1000
MAX_DIRECTORY = 200 * MAX_ARRAYS
"""Bytes of an archive's list of members."""
MAX_SWELLING, SMALL = 20, 16 * 2**20
"""Times that a file may grow when it is unpacked, unless it stays small all the same."""
MAX_HEADER = 1000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Frugal(io.FileIO):
    """A file that refuses to be read in pieces of more than `most` bytes, however long it says its own parts are."""

    most = MAX_DIRECTORY

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.most:
            raise ValueError(f"a list of members of {size:,} bytes, more than {self.most:,}")
        return super().read(size) or b""


def load_weights(path: str | os.PathLike[str]) -> dict[str, Array]:
    """All arrays of a weight file by name. Raises InputError."""
    file = Path(path)
    try:
        with Frugal(file) as opened, zipfile.ZipFile(opened) as archive:
            opened.most = os.fstat(opened.fileno()).st_size
            members = archive.infolist()
            refuse_lies(members, opened.most, file)
            return {member.filename.removesuffix(".npy"): array(archive, member, file) for member in members}
    except InputError:
        raise
    except Exception as error:
        # Damage shows as nearly any exception of zipfile, zlib and NumPy's header reader.
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(
            str(file), "this file", f"a readable .npz file of weights ({one_line(reason, 200)})"
        ) from error


def refuse_lies(members: list[zipfile.ZipInfo], size: int, file: Path) -> None:
    """Raise InputError if an archive of `size` bytes has too many members, or they can't be what they say they are."""
    if len(members) > MAX_ARRAYS:
        raise InputError(str(file), f"{len(members):,} arrays", f"at most {MAX_ARRAYS:,}")
    names: set[str] = set()
    for member in members:
        place, name = f"{file}: {member.filename}", member.filename
        if not name.endswith(".npy") or name in names:
            raise InputError(place, name, "arrays only, each with a name of its own that ends with .npy")
        if member.compress_type not in METHODS or member.flag_bits & 1:
            raise InputError(place, "the way it is packed", "stored or deflated, and not encrypted")
        names.add(name)
    unpacked = sum(member.file_size for member in members)
    if sum(member.compress_size for member in members) > size:
        raise InputError(str(file), "arrays that overlap", "arrays that fit into the file")
    if unpacked > MAX_BYTES or (unpacked > SMALL and unpacked > MAX_SWELLING * size):
        allowed = f"at most {MAX_BYTES:,} bytes, and no more than {MAX_SWELLING} times the file's {size:,}"
        raise InputError(str(file), f"{unpacked:,} bytes unpacked", allowed)


def array(archive: zipfile.ZipFile, member: zipfile.ZipInfo, file: Path) -> Array:
    """One array, which has to have just as many numbers as its header says. Raises InputError."""
    place = f"{file}: {member.filename.removesuffix('.npy')}"
    content = archive.read(member)
    length = int.from_bytes(content[8:10], "little")
    if length > MAX_HEADER:
        raise InputError(place, f"a header of {length:,} bytes", f"at most {MAX_HEADER:,}")
    start = io.BytesIO(content[: 10 + length])
    version = np.lib.format.read_magic(start)
    if version != (1, 0):
        raise InputError(place, f"version {version[0]}.{version[1]} of .npy", "version 1.0")
    shape, by_columns, dtype = np.lib.format.read_array_header_1_0(start, max_header_size=MAX_HEADER)
    if dtype.kind not in "fiu":
        raise InputError(place, f"type {dtype}", "real numbers")
    left = len(content) - start.tell()
    if any(side < 0 for side in shape) or math.prod(shape) * dtype.itemsize != left:
        raise InputError(place, f"shape {shape}", f"a shape for the {left:,} bytes of {dtype} that there are")
    values = np.frombuffer(content, dtype, offset=start.tell()).copy()
    return values.reshape(shape, order="F" if by_columns else "C")


def save_weights(path: str | os.PathLike[str], parameters: Mapping[str, Array]) -> None:
    """Write a weight file, all of it or nothing."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **dict(parameters))
    write_atomically(Path(path), buffer.getvalue())
