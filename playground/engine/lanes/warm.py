"""Compiles the kernels of lanes into the cache, in a separate process: see `playground.engine.compiled.warm`.

    python -m playground.engine.lanes.warm [--background] [PRECISION …]

The default precision is float32; a machine without the vectors that lanes need has nothing to compile. With
`--background` it runs at low priority, behind a window that trains.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from playground.engine.compiled.cache import UnavailableError
from playground.engine.lanes import cache

_BACKGROUND = "--background"


def main(arguments: Sequence[str]) -> int:
    """Compile the missing kernels for these precisions; return the exit code."""
    precisions = [argument for argument in arguments if argument != _BACKGROUND]
    if _BACKGROUND in arguments and hasattr(os, "nice"):
        os.nice(19)
    if not cache.machine_lanes():
        for precision in precisions or ("float32",):
            cache.note_useless(precision)
        return 0
    for precision in precisions or ("float32",):
        if not cache.are_cached(precision):
            try:
                cache.load_kernels(precision)
            except UnavailableError as error:
                print(error)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
