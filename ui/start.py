"""The entry point of the program: picks the command line or the window. Qt is imported only for the window."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from playground.cli import commands
from playground.cli.terminal import make_streams_patient


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these arguments, or those of the process; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    make_streams_patient()
    if argv and argv[0] in commands.COMMANDS:
        return commands.main(argv)
    from .app import main as open_window

    return open_window(argv)
