"""Loading the kernels of `lanes`, compiled once per precision and width and then read from a cache folder."""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
import platform
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from playground.catalog.choice import Array
from playground.engine.compiled import cache as compiled_cache
from playground.engine.compiled.cache import UnavailableError, system_clock

KERNELS = "playground.engine.lanes.kernels"
WIDTH = "PLAYGROUND_LANES"
"""The environment variable that sets the number of lanes, for tests."""
_MADE_OF = ("formulas.py", "kernels.py", "layout.py", "products.py")
_LOADED: set[tuple[str, int]] = set()


@functools.cache
def machine_lanes() -> int:
    """Return the number of float32 lanes in a vector of this machine; 0 if it has no fused multiply-add."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return 4
    from llvmlite import binding

    features = binding.get_host_cpu_features()
    if not features.get("fma"):
        return 0
    return 16 if features.get("avx512f") and features.get("avx512dq") else 8 if features.get("avx2") else 4


def width_for(dtype: np.dtype[np.floating]) -> int:
    """Return how many networks of this precision train in one vector. Raises UnavailableError if none can."""
    chosen = os.environ.get(WIDTH)
    lanes = int(chosen) if chosen else machine_lanes()
    if not lanes:
        raise UnavailableError("this processor has no fused multiply-add")
    return max(1, lanes * 4 // dtype.itemsize)


def cache_folder() -> Path:
    """Return the folder of the compiled kernels, beside those of `compiled`: a different one for each version."""
    here = Path(__file__).parent
    made_of = hashlib.sha256(compiled_cache.cache_folder().name.encode())
    for name in _MADE_OF:
        made_of.update((here / name).read_bytes())
    made_of.update(f"{here} {(here / 'kernels.py').stat().st_mtime_ns}".encode())
    return compiled_cache.cache_folder().parent / made_of.hexdigest()[:16]


def _stamp(precision: str, width: int) -> Path:
    return cache_folder() / f"{precision}x{width}"


def are_cached(precision: str) -> bool:
    """Whether the kernels are cached for this precision, so that loading them takes only about a second."""
    try:
        return _stamp(precision, width_for(np.dtype(precision))).exists()
    except UnavailableError:
        return False


def are_stamped(precision: str) -> bool:
    """Whether kernels of any width have been compiled for this precision."""
    return any(cache_folder().glob(f"{precision}x*"))


def note_useless(precision: str) -> None:
    """Record for `are_stamped` that this machine needs no kernels."""
    with suppress(OSError):
        cache_folder().mkdir(parents=True, exist_ok=True)
        _stamp(precision, 0).touch()


def are_ready(precision: str) -> bool:
    """Whether the kernels are loaded or cached, so that nothing has to be compiled."""
    return any(loaded == precision for loaded, _ in _LOADED) or are_cached(precision)


def load_kernels(
    precision: str, width: int | None = None, say: Callable[[str], None] = lambda words: None
) -> ModuleType:
    """Load the kernels for a precision; if they are not cached, they are compiled, which takes a minute.

    Damaged kernels are compiled again and overwritten; of a cache that can't be written to, a temporary copy is
    used. Either is reported by `say`. Raises UnavailableError.
    """
    lanes = width or width_for(np.dtype(precision))
    with compiled_cache.LOADING:
        if (precision, lanes) in _LOADED:
            return sys.modules[KERNELS]
        try:
            return _load(precision, lanes, say)
        except Exception as error:
            raise UnavailableError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def _load(precision: str, width: int, say: Callable[[str], None]) -> ModuleType:
    folder = cache_folder()
    if compiled_cache.is_writable(folder):
        os.utime(folder)
    else:
        folder = compiled_cache.copied(folder)
        if not (folder / _stamp(precision, width).name).exists():
            say(f"{cache_folder()} can't be written to, so the engine for many networks is compiled each time.")
    if KERNELS not in sys.modules:
        _import_with(folder)
    try:
        kernels = sys.modules[KERNELS]
        warm_up(kernels, precision, width)
    except Exception:  # whatever a damaged file made of it
        say(f"The compiled engine in {folder} is damaged. Compiling it again takes about a minute.")
        fresh = compiled_cache.temporary_folder()
        kernels = _import_with(fresh)
        warm_up(kernels, precision, width)
        _LOADED.clear()
        with suppress(OSError):
            _mend(folder, fresh)
    _LOADED.add((precision, width))
    if folder == cache_folder():
        _stamp(precision, width).touch()
    return kernels


def _mend(folder: Path, fresh: Path) -> None:
    """Overwrite the damaged files of a cache, and remove the stamps of its other precisions."""
    for stamp in folder.glob("float*"):
        stamp.unlink()
    shutil.copytree(fresh, folder, dirs_exist_ok=True)


def _import_with(folder: Path) -> ModuleType:
    """Import the kernels with this cache folder, which Numba reads when it first meets a function to be cached."""
    numba = importlib.import_module("numba")
    usual = numba.config.CACHE_DIR
    try:
        numba.config.CACHE_DIR = str(folder)
        sys.modules.pop(KERNELS, None)
        return importlib.import_module(KERNELS)
    finally:
        numba.config.CACHE_DIR = usual


def warm_up(kernels: ModuleType, precision: str, width: int) -> None:
    """Call the kernels as training does, with no update to make."""
    from playground.engine.lanes import layout
    from playground.engine.vectors import vectors

    def few(dtype: Any) -> Array:
        return vectors(64, width, dtype)

    dtype = np.dtype(precision)
    group, call, layers = (np.zeros(1, kind) for kind in (layout.GROUP, layout.CALL, layout.LAYER))
    block = layout.Block(few(np.float64), few(np.int64), few(np.float64), *(few(dtype) for _ in range(11)))
    room = layout.Room(few(dtype), few(np.int32), few(np.float64), few(np.float64), few(np.float64), few(dtype))
    table, none = np.zeros(1, dtype), layers[:0]
    kernels.train(group, none, call, block, room, table, np.zeros(1), system_clock())
    kernels.measure(group, layers, block, room, table)
