"""Runs the program from its source tree; an installation has commands for it."""

import sys

from ui.start import main

if __name__ == "__main__":
    sys.exit(main())
