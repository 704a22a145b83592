"""Compiles the kernels into the cache, in a separate process.

    python -m playground.engine.compiled.warm [PRECISION …]

Compiling holds the interpreter lock for seconds at a time, so the window runs this process and trains on the reference
engine meanwhile. On failure it exits with 1 and prints the reason as its last line.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from playground.engine.compiled import cache

PRECISIONS = ("float32", "float64")
"""The most common one first, since users wait for it."""


def main(precisions: Sequence[str]) -> int:
    """Compile the missing kernels for these precisions, by default all; return the exit code."""
    for precision in precisions or PRECISIONS:
        if not cache.are_cached(precision):
            try:
                cache.load_kernels(precision)
            except cache.UnavailableError as error:
                print(error)
                return 1
            if not cache.are_cached(precision):
                print(f"{cache.cache_folder()} can't be written to")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
