"""Loading the kernels: compiled once, then read from a cache folder."""

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
import time
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from platformdirs import user_cache_path

from playground.engine.compiled import layout

MADE_OF = ("elementary.py", "formulas.py", "kernels.py", "layout.py", "../randomness.py")
"""The files that, besides the catalog, decide what the kernels do, seen from here."""


class UnavailableError(RuntimeError):
    """The compiled engine can't be had on this machine; the message says why."""


def cache_folder() -> Path:
    """Where the kernels are kept once compiled: another folder for every version of what they are made of."""
    here = Path(__file__).parent
    sources = [*sorted((here.parents[1] / "catalog").glob("*.py")), *(here / name for name in MADE_OF)]
    made_of = hashlib.sha256()
    for source in sources:
        made_of.update(source.read_bytes())
    for package in ("numba", "numpy", "scipy"):
        made_of.update(version(package).encode())
    made_of.update(sys.version.encode())
    # Numba, too, takes kernels only for the very file that they were compiled from, at its place and of its time.
    made_of.update(f"{here} {(here / 'kernels.py').stat().st_mtime_ns}".encode())
    return user_cache_path("neural-network-playground", appauthor=False) / "kernels" / made_of.hexdigest()[:16]


def are_cached(precision: str) -> bool:
    """Whether the kernels were compiled for this precision before, so that loading them takes about a second."""
    return (cache_folder() / precision).exists()


UNUSED_DAYS = 30
"""Kernels of other versions that have not been loaded for so long are removed."""


CACHE_NAME = re.compile(r"[0-9a-f]{16}(-removed-[0-9]+)?")
"""The folder of one version, or what is left of one that was being removed."""


KERNELS = "playground.engine.compiled.kernels"
"""The module that Numba compiles; imported late."""


LOADED: set[str] = set()
"""The precisions whose kernels this process has ready."""


def load(precision: str) -> ModuleType:
    """The kernels, ready to run in this precision; if they are not cached they are compiled, which takes half a minute.

    A cache that is damaged is thrown away; one that can't be written to is replaced by a folder of this process alone.
    Raises UnavailableError.
    """
    try:
        folder = cache_folder()
        if writable(folder):
            os.utime(folder)
            remove_unused(folder)
        else:
            folder = Path(tempfile.mkdtemp(prefix="neural-network-playground-"))
            # The files have to be there while the process runs, and no longer.
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
        try:
            return loaded_from(folder, precision)
        except Exception:  # whatever a damaged file made of it
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            return loaded_from(folder, precision)
    except Exception as error:
        raise UnavailableError(f"{type(error).__name__}: {' '.join(str(error).split())[:200]}") from error


def load_cached(precision: str) -> None:
    """Load the kernels for another precision, unless they would have to be compiled first."""
    if precision not in LOADED and are_cached(precision):
        load(precision)


def remove_unused(folder: Path) -> None:
    """Remove the kernels of other versions beside `folder` that nobody has used for long.

    Every load leaves its time on its folder. A program that still runs on such kernels has them in its memory; one that
    comes back for more compiles them anew.
    """
    oldest = time.time() - UNUSED_DAYS * 24 * 3600
    for other in folder.parent.iterdir():
        try:
            if CACHE_NAME.fullmatch(other.name) and other != folder and other.stat().st_mtime < oldest:
                # First out of the way, so that nobody finds half of them.
                doomed = other.rename(other.with_name(f"{other.name[:16]}-removed-{os.getpid()}"))
                shutil.rmtree(doomed, ignore_errors=True)
        except OSError:
            # Another program was faster, or has a file open.
            continue


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def loaded_from(folder: Path, precision: str) -> ModuleType:
    """The kernels with this cache, called once, so that they are compiled or read now."""
    if not LOADED:
        os.environ["NUMBA_CACHE_DIR"] = str(folder)
        importlib.import_module("numba").config.CACHE_DIR = str(folder)
        # After a failure everything is made anew, so that it looks for its files again.
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
    runs, layers, epochs = (np.zeros(1, kind).view(np.recarray) for kind in (layout.RUN, layout.LAYER, layout.EPOCH))
    points, slots, starts = np.zeros((0, 0), dtype), np.zeros((0, 0), dtype), np.zeros(2, np.int64)
    space = layout.WorkSpace(none, none, none, none, none, none, none, none, none, none, starts, starts)
    update_space = layout.UpdateSpace(none, none, marks, numbers)
    part = layout.EvaluationSet(points, points, numbers, 0.0)
    kernels.train(
        layers, runs, points, part, part, whole,
        none, none, none, none, slots, slots, none, marks,
        space, update_space, space, numbers, epochs, np.zeros((0, 0)), clock(),
    )  # fmt: skip
    kernels.predict(layers, runs, points, none, space, points)


def clock() -> Any:
    """What the kernels need to read the time: one record of CLOCK."""
    frequency = ctypes.c_int64(0)
    if sys.platform == "win32":
        library = ctypes.WinDLL("kernel32")
        library.QueryPerformanceFrequency(ctypes.byref(frequency))
        function = library.QueryPerformanceCounter
    else:
        function = ctypes.CDLL(None).clock_gettime
    address = ctypes.cast(function, ctypes.c_void_p).value
    return np.array([((0, 0), address, frequency.value)], layout.CLOCK).view(np.recarray)
