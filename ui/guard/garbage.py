"""Python's garbage collection, on the window's thread alone.

Python collects wherever an allocation happens to come one too many, on whatever thread. What only a cycle of
references still held, as a dialog and its own callbacks may, would be destroyed there; Qt does not survive that.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

MILLISECONDS = 1000
FULL_TURNS = 30
"""After so many collections of what is young it is looked whether what is old has grown."""
_GROWTH = 1.25
"""By how much it has to have grown: a full collection takes some 50 ms, more than a frame."""


class Collector(QObject):
    """Collects garbage while it exists, instead of Python's own collector."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self.turns = 0
        self.old = len(gc.get_objects(generation=2))
        self.timer = QTimer(self, interval=MILLISECONDS)
        self.timer.timeout.connect(self.collect)
        self.timer.start()

    def collect(self) -> None:
        """Collect what is young, and now and then all."""
        gc.collect(1)
        self.turns += 1
        if self.turns % FULL_TURNS == 0 and len(gc.get_objects(generation=2)) > _GROWTH * self.old:
            gc.collect()
            self.old = len(gc.get_objects(generation=2))

    def close(self) -> None:
        """Leave it to Python again."""
        self.timer.stop()
        gc.enable()
