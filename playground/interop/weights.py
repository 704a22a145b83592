"""Weight files, `.npz` archives without pickles: W0, b0, W1, b1, …; each W has the shape (units, inputs)."""

from __future__ import annotations

import io
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np
from numpy.lib.format import read_array_header_1_0, read_array_header_2_0, read_magic

from playground.catalog.choice import Array
from playground.experiment.rules import MAX_LAYERS, MAX_PARAMETERS
from playground.files.atomic import readable_size, write_atomically
from playground.files.errors import InputError, Spoken, UnreadableError, one_line

MAX_NUMBERS = 2 * MAX_PARAMETERS
"""The most numbers in all arrays of a file together, normalization included."""
_MAX_BYTES = 8 * MAX_NUMBERS + 2**20
_MAX_ARRAYS = 6 * (MAX_LAYERS + 1)
_MAX_DIRECTORY = 2**18
"""The most bytes of an archive's list of members."""
_MAX_SWELLING, _ALWAYS = 4, 2**22
"""Numbers allowed per byte of the file, and numbers allowed in a file of any size."""
_LONGEST_HEADER = 10_000
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
"""The accepted compression methods; others may allocate any amount of memory."""
_HEADERS = {(1, 0): read_array_header_1_0, (2, 0): read_array_header_2_0}


class _Archive(io.FileIO):
    """A file that refuses to read more than `most` bytes at once, whatever sizes the archive in it claims."""

    most = _MAX_DIRECTORY

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self.most:
            raise ValueError(f"a list of its members of {size:,} bytes")
        return super().read(size) or b""


def load_weights(path: str | os.PathLike[str]) -> dict[str, Array]:
    """Read all arrays of a weight file, by name. Raises InputError.

    Memory is allocated for an array only after its size was checked against the file and the limits of networks.
    """
    file = Path(path)
    try:
        size = readable_size(file, _MAX_BYTES)
        with _Archive(file) as opened, zipfile.ZipFile(opened) as archive:
            opened.most = size
            return _read_arrays(archive, file, min(MAX_NUMBERS, max(_ALWAYS, _MAX_SWELLING * size)))
    except InputError:
        raise
    except Exception as error:
        # A damaged file raises nearly any exception of zipfile, zlib and NumPy's header reader.
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableError(str(file), f"it is not an .npz file of weights ({one_line(reason, 200)})") from error


def _read_arrays(archive: zipfile.ZipFile, file: Path, most: int) -> dict[str, Array]:
    """Read all arrays of an archive, by name. Raises InputError if they have more than `most` numbers."""
    entries = archive.infolist()
    if len(entries) > _MAX_ARRAYS:
        raise InputError(str(file), len(entries), f"a file of at most {_MAX_ARRAYS} arrays")
    result: dict[str, Array] = {}
    room = most
    for entry in entries:
        name = entry.filename.removesuffix(".npy")
        place = f"{file}: {name}"
        if name in result:
            raise InputError(place, Spoken("two"), "in the file once")
        if entry.compress_type not in _METHODS:
            raise InputError(place, Spoken(f"compression {entry.compress_type}"), "an array as NumPy writes it")
        with archive.open(entry) as member:
            result[name] = _read_array(member, entry.file_size, place, room)
        room -= result[name].size
    return result


def _read_array(member: IO[bytes], size: int, place: str, room: int) -> Array:
    """Read the array in a member of `size` bytes. Raises InputError if it has more than `room` numbers."""
    # A header may claim gigabytes, and compressed data may contain them.
    start = io.BytesIO(member.read(_LONGEST_HEADER))
    version = read_magic(start)
    if version not in _HEADERS:
        raise InputError(place, Spoken(f"format {version}"), "an array of numbers as NumPy writes them")
    shape, by_columns, dtype = _HEADERS[version](start)
    if dtype.kind not in "fiu":
        raise InputError(place, Spoken(f"type {dtype}"), "an array of real numbers")
    count, bytes_left = math.prod(shape), size - start.tell()
    if min(shape, default=0) < 0 or count * dtype.itemsize != bytes_left:
        raise InputError(place, Spoken(f"{bytes_left:,} bytes"), f"as long as {dtype} of shape {shape} needs")
    if count > room:
        allowed = f"an array of at most {MAX_NUMBERS:,} numbers in all, and {_MAX_SWELLING} for each byte of the file"
        raise InputError(place, count, allowed)
    values = np.frombuffer(start.read() + member.read(), dtype)
    return values.reshape(shape, order="F" if by_columns else "C")


def weight_bytes(parameters: Mapping[str, Array], note: str = "") -> bytes:
    """The content of a weight file; `note` becomes the comment of the archive."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **dict(parameters))
    if note:
        with zipfile.ZipFile(buffer, "a") as archive:
            archive.comment = note.encode()[:65_535]
    return buffer.getvalue()


def save_weights(path: str | os.PathLike[str], parameters: Mapping[str, Array], note: str = "") -> None:
    """Write a weight file atomically; see `weight_bytes`. Raises OSError."""
    write_atomically(Path(path), weight_bytes(parameters, note))
