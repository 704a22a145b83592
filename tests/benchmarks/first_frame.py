"""Starts the window as a person does; says, as a line of JSON, when its first frames were there and what was loaded.

    python tests/benchmarks/first_frame.py [TIME_OF_START] [ARGUMENTS OF main.py …]

The time of the start is in seconds since 1970; without one, this script's own first line counts.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

started = float(sys.argv[1]) if len(sys.argv) > 1 else time.time()
sys.path.insert(0, str(Path(__file__).parents[2]))

from ui import app  # noqa: E402 - the clock starts first


def first_frame(application: object, window: object, *_: object) -> int:
    """Take the place of the picture: paint, look, close."""
    from PySide6.QtCore import QEvent, QObject

    class Painted(QObject):
        seen = False

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            self.seen = self.seen or event.type() == QEvent.Type.Paint
            return False

    painted = Painted()
    window.messages.status.installEventFilter(painted)
    while not painted.seen:
        application.processEvents()
    frame, loaded = time.time() - started, sorted(sys.modules)
    while window.session.report is None:
        application.processEvents()
    application.processEvents()
    picture = time.time() - started
    window.close()
    print(json.dumps({"frame": frame, "picture": picture, "modules": loaded}))
    return 0


if __name__ == "__main__":
    app._take_picture = first_frame
    sys.exit(app.main([*sys.argv[2:], "--screenshot", "unused.png"]))
