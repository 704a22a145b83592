"""Files that are written again and again: a whole version, and beside it patches that lead to the later ones.

A patch is what Zstandard makes of a version with the one before as its prefix, so that only what is new is written.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path
from struct import Struct

from playground.files.atomic import read_bytes, write_atomically

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_SUFFIX = ".patches"
_HEAD = Struct("<QQ32s")
"""The head of a patch: its length, and length and SHA-256 of the version to which it leads."""
_MOST_PATCHES = 64
"""How many patches may follow a whole version, since reading applies them one by one."""
_LONGEST_WINDOW = 27
"""The binary logarithm of the most bytes of both versions that Zstandard looks at to make a patch."""
_LEAST_PREFIX = 8
"""The least bytes of a version that Zstandard accepts as a prefix."""
_SETTINGS: dict[int, int] = {
    zstd.CompressionParameter.compression_level: 1,
    zstd.CompressionParameter.enable_long_distance_matching: 1,
    # Checkpoints and rows of curves are matched one by one, since others between them are left out.
    zstd.CompressionParameter.ldm_min_match: 64,
    zstd.CompressionParameter.ldm_hash_rate_log: 4,
}


class PatchedFile:
    """A file that this process alone writes; `read_patched` reads its latest version, whatever interrupts writing."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._latest: bytes | None = None
        """The latest version; None if the next one is written whole."""
        self._room = 0
        """How many bytes further patches may take until a whole version is written again."""
        self._patches = 0

    def write(self, content: bytes) -> None:
        """Write a version: a patch, or all of it if patches would take as much. Raises OSError; then the former one
        is still there."""
        latest, self._latest = self._latest, None
        patch = _patch(latest, content) if latest is not None and self._patches < _MOST_PATCHES else None
        if latest is None or patch is None or len(patch) > self._room:
            self.write_whole(content)
        else:
            self._append(patch, latest)
            self._room -= len(patch)
            self._patches += 1
        self._latest = content

    def write_whole(self, content: bytes) -> None:
        """Write a version without patches. Raises OSError; then the former one is still there."""
        write_atomically(self.path, content)
        # Patches of another version mean nothing, should they be left.
        with suppress(OSError):
            patches_path(self.path).unlink(missing_ok=True)
        self._patches, self._room = 0, len(content)

    def _append(self, patch: bytes, latest: bytes) -> None:
        path = patches_path(self.path)
        if not path.exists():
            return write_atomically(path, hashlib.sha256(latest).digest() + patch)
        with path.open("ab") as file:
            file.write(patch)
            file.flush()
            os.fsync(file.fileno())


def patches_path(path: Path) -> Path:
    """The path of the patches to a file."""
    return path.with_suffix(_SUFFIX)


def read_patched(path: Path, most: int) -> bytes:
    """Read the latest version that is whole. Raises OSError, also if the file or its patches exceed `most` bytes."""
    content = read_bytes(path, most)
    try:
        patches = memoryview(read_bytes(patches_path(path), most))
    except FileNotFoundError:
        return content
    if patches[:32] != hashlib.sha256(content).digest():
        return content
    place = 32
    while place + _HEAD.size <= len(patches):
        length, size, checksum = _HEAD.unpack_from(patches, place)
        place += _HEAD.size
        following = _patched(content, patches[place : place + length], size) if size <= most else None
        if following is None or hashlib.sha256(following).digest() != checksum:
            break
        content = following
        place += length
    return content


def _patch(old: bytes, new: bytes) -> bytes | None:
    """The patch that leads from one version to another; None if it would not be worth while."""
    window = max(10, (len(old) + len(new)).bit_length())
    if len(old) < _LEAST_PREFIX or window > _LONGEST_WINDOW:
        return None
    settings = {**_SETTINGS, zstd.CompressionParameter.window_log: window}
    data = zstd.compress(new, options=settings, zstd_dict=zstd.ZstdDict(old, is_raw=True).as_prefix)
    return _HEAD.pack(len(data), len(new), hashlib.sha256(new).digest()) + data


def _patched(old: bytes, data: memoryview, size: int) -> bytes | None:
    """The version of `size` bytes to which a patch leads; None if it leads to none."""
    if len(old) < _LEAST_PREFIX:
        return None
    settings: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _LONGEST_WINDOW}
    prefix = zstd.ZstdDict(old, is_raw=True).as_prefix
    try:
        return zstd.ZstdDecompressor(zstd_dict=prefix, options=settings).decompress(data, max_length=size)
    except zstd.ZstdError:
        return None
