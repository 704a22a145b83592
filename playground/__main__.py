"""Runs the program: `python -m playground`, and the commands that an installation brings.

The window is a package inside this one where it is installed, and beside it in the source tree, so its name is found
out when the program starts.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec


def main() -> int:
    """Run the program with the arguments of the process; returns the exit code."""
    start = "playground.ui.start" if find_spec("playground.ui") else "ui.start"
    return int(import_module(start).main())


if __name__ == "__main__":
    sys.exit(main())
