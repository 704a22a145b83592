"""Runs the program from its source tree; what is installed runs `ui.start` by itself."""

import sys

from ui.start import main

if __name__ == "__main__":
    sys.exit(main())
