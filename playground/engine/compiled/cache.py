"""Loading the kernels, which are compiled once and then read from a cache folder."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import importlib
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from playground.engine.compiled import layout
from playground.files.places import cache_path

_MADE_OF = (
    "elementary.py", "formulas.py", "kernels.py", "layout.py", "primitives.py",
    "../doubles.py", "../engine.py", "../randomness.py", "../vectors.py",
)  # fmt: skip
"""The sources of the kernels besides the catalog, relative to this folder."""


class UnavailableError(RuntimeError):
    """Raised if an engine with kernels can't run on this machine; the message says why."""


def cache_folder() -> Path:
    """Return the folder of the compiled kernels: a different one for every version of their sources and libraries."""
    here = Path(__file__).parent
    sources = [*sorted((here.parents[1] / "catalog").glob("*.py")), *(here / name for name in _MADE_OF)]
    made_of = hashlib.sha256()
    for source in sources:
        made_of.update(source.read_bytes())
    for package in ("numba", "numpy", "scipy"):
        made_of.update(version(package).encode())
    made_of.update(sys.version.encode())
    # Numba itself reuses kernels only for the same file: its path and its time of change count.
    made_of.update(f"{here} {(here / 'kernels.py').stat().st_mtime_ns}".encode())
    return cache_path() / "kernels" / made_of.hexdigest()[:16]


def are_cached(precision: str) -> bool:
    """Whether the kernels are cached for this precision, so that loading them takes only about a second."""
    return (cache_folder() / precision).exists()


_UNUSED_DAYS = 30
"""Days without use after which the kernels of another version are removed."""
_CACHE_NAME = re.compile(r"[0-9a-f]{16}(-removed-[0-9]+)?")
"""The folder of one version, or what is left of one that was being removed."""
KERNELS = "playground.engine.compiled.kernels"
"""The module that Numba compiles; imported late."""
LOADED: set[str] = set()
"""The precisions whose kernels this process has ready."""
unwritable: Path | None = None
"""The cache folder, if kernels can't be kept there and have to be compiled each time."""
LOADING = threading.RLock()
"""Held while kernels are loaded. Of two threads that import the same ones at once, one would find them missing, and
remove their cache as damaged; of two that import those of two engines, one would use the other's cache folder."""


def load_kernels(precision: str) -> ModuleType:
    """Load the kernels for a precision; if they are not cached, they are compiled, which takes half a minute.

    A damaged cache is removed; one that can't be written is replaced by a temporary folder of this process.
    Raises UnavailableError.
    """
    with LOADING:
        return sys.modules[KERNELS] if precision in LOADED else _load(precision)


def _load(precision: str) -> ModuleType:
    try:
        folder = cache_folder()
        if is_writable(folder):
            os.utime(folder)
            remove_unused_kernels(folder)
        else:
            folder = copied(folder)
        try:
            return _loaded_from(folder, precision)
        except Exception:  # whatever a damaged file made of it
            return _replaced(folder, precision)
    except Exception as error:
        raise UnavailableError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def temporary_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="neural-network-playground-"))
    # The files are needed as long as the process runs.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def copied(folder: Path) -> Path:
    """Copy a cache that can't be written to, which Numba refuses even to read, into a temporary folder."""
    global unwritable
    copy = temporary_folder()
    if folder.is_dir():
        shutil.copytree(folder, copy, dirs_exist_ok=True, copy_function=shutil.copy)
        copy.chmod(0o700)
    if not any(copy.glob("float*")):
        unwritable = folder
    return copy


def _replaced(folder: Path, precision: str) -> ModuleType:
    """Compile the kernels into a new folder, which replaces a damaged one once they work."""
    fresh = temporary_folder()
    LOADED.clear()
    kernels = _loaded_from(fresh, precision)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(fresh, folder, dirs_exist_ok=True)
    return kernels


def load_cached_kernels(precision: str) -> None:
    """Load the kernels for another precision, unless they would have to be compiled first."""
    if precision not in LOADED and are_cached(precision):
        load_kernels(precision)


def remove_unused_kernels(folder: Path) -> None:
    """Remove the kernels of other versions beside `folder` that have not been used for `_UNUSED_DAYS` days.

    Every load updates the time of its folder. A program that still uses such kernels has them in memory; if it needs
    more of them, it compiles them again.
    """
    oldest = time.time() - _UNUSED_DAYS * 24 * 3600
    for other in folder.parent.iterdir():
        try:
            if _CACHE_NAME.fullmatch(other.name) and other != folder and other.stat().st_mtime < oldest:
                # Renamed first, so that no other program loads half of them.
                doomed = other.rename(other.with_name(f"{other.name[:16]}-removed-{os.getpid()}"))
                shutil.rmtree(doomed, ignore_errors=True)
        except OSError:
            # Another program was faster, or has a file open.
            continue


def is_writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _loaded_from(folder: Path, precision: str) -> ModuleType:
    """Import the kernels with this cache and call them once, so that they are compiled or read now."""
    if not LOADED:
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
        importlib.import_module("numba").config.CACHE_DIR = str(folder)
        # After a failure the module is imported again, so that it looks for its files again.
        sys.modules.pop(KERNELS, None)
    kernels = importlib.import_module(KERNELS)
    if precision not in LOADED:
        warm_up(kernels, np.dtype(precision))
        LOADED.add(precision)
        (folder / precision).touch()
    return kernels


def warm_up(kernels: ModuleType, dtype: np.dtype[np.floating]) -> None:
    """Call the kernel as training does, with no update to make."""
    none, whole, marks, numbers = (np.zeros(0, kind) for kind in (dtype, np.int32, bool, np.float64))
    runs, layers, epochs = (np.zeros(1, kind) for kind in (layout.RUN, layout.LAYER, layout.EPOCH))
    points, slots, starts = np.zeros((0, 0), dtype), np.zeros((0, 0), dtype), np.zeros(2, np.int64)
    space = layout.WorkSpace(none, none, none, none, none, none, none, none, none, none, none, starts, starts)
    update_space = layout.UpdateSpace(none, none, marks, numbers)
    part = layout.EvaluationSet(points, points, numbers, none, 0.0)
    kernels.train(
        layers, runs, points, part, part, whole,
        none, none, none, none, slots, slots, none, marks,
        none, space, update_space, space, numbers, epochs, np.zeros((0, 0)), system_clock(),
    )  # fmt: skip
    kernels.predict(layers, runs, points, none, space, points)


def system_clock() -> Any:
    """Return one record of CLOCK, by which the kernels read the time."""
    frequency = ctypes.c_int64(0)
    if sys.platform == "win32":
        library = ctypes.WinDLL("kernel32")
        library.QueryPerformanceFrequency(ctypes.byref(frequency))
        function = library.QueryPerformanceCounter
    else:
        function = ctypes.CDLL(None).clock_gettime
    address = ctypes.cast(function, ctypes.c_void_p).value
    return np.array([((0, 0), address, frequency.value)], layout.CLOCK)
