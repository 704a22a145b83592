"""Compiles the kernels into the user's cache: `python -m playground.engine.warm`, in a process of its own.

Compiling holds the interpreter lock for seconds at a time, so the window has it done here and goes on training on the
reference engine meanwhile. Exits with 1, and the reason as its last line, where it can't be done.
"""

from __future__ import annotations

import sys

from playground.engine import compiled

PRECISIONS = ("float32", "float64")
"""The usual one first, since it is waited for."""


def main() -> int:
    """Compile what is missing; returns the exit code."""
    for precision in PRECISIONS:
        if not compiled.are_cached(precision):
            try:
                compiled.load(precision)
            except compiled.UnavailableError as error:
                print(error)
                return 1
            if not compiled.are_cached(precision):
                print(f"{compiled.cache_folder()} can't be written to")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
