"""Weights as `.npz` files: W0, b0, W1, b1, …, W of shape (units, inputs). Never a pickle."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from playground.catalog.choice import Array, InputError
from playground.files import write_atomically

MAX_BYTES = 2**30


def load_weights(path: str | os.PathLike[str]) -> dict[str, Array]:
    """All arrays of a weight file by name. Raises InputError."""
    file = Path(path)
    try:
        with file.open("rb") as opened:
            size = sum(entry.file_size for entry in zipfile.ZipFile(opened).infolist())
            if size > MAX_BYTES:
                raise InputError(str(file), f"{size:,} bytes unpacked", f"at most {MAX_BYTES:,} bytes")
            opened.seek(0)
            with np.load(opened, allow_pickle=False) as archive:
                return {name: numeric(file, name, archive[name]) for name in archive.files}
    except InputError:
        raise
    except Exception as error:
        # Damage shows as nearly any exception of zipfile, zlib and NumPy's header reader.
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(str(file), "this file", f"a readable .npz file of weights ({reason})") from error


def numeric(file: Path, name: str, values: Array) -> Array:
    """`values` if they are real numbers; raises InputError."""
    if values.dtype.kind not in "fiu":
        raise InputError(f"{file}: {name}", f"type {values.dtype}", "real numbers")
    return values


def to_bytes(parameters: Mapping[str, Array]) -> bytes:
    """The content of a weight file."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **dict(parameters))
    return buffer.getvalue()


def save_weights(path: str | os.PathLike[str], parameters: Mapping[str, Array]) -> None:
    """Write a weight file, all of it or nothing."""
    write_atomically(Path(path), to_bytes(parameters))
