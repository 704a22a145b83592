"""The program's front door: picks the command line or the window. Qt is imported only for the window."""

from __future__ import annotations

import os
import sys

# One thread for matrix products, before NumPy comes: the window needs the other cores, and results must not depend on
# how many there are.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from playground.cli import commands
from playground.cli.terminal import make_streams_patient


def main(argv: list[str]) -> int:
    """Run the program with these arguments; returns the exit code."""
    make_streams_patient()
    if argv and argv[0] in commands.COMMANDS:
        return commands.main(argv)
    from ui.app import main as open_window

    return open_window(argv)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
