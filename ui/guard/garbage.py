"""Python's garbage collection, on the window's thread only.

Python collects on whichever thread makes the allocation that exceeds its threshold. Widgets that only a reference cycle
keeps alive, such as a dialog and its callbacks, would be destroyed there, which crashes Qt.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

MILLISECONDS = 1000
FULL_TURNS = 30
"""After this many collections of young objects the number of old ones is checked."""
_GROWTH = 0.25
"""The growth that calls for a full collection, as a share of the objects of the start."""


class Collector(QObject):
    """Timer that collects garbage instead of Python's own collector.

    What exists at the start, all modules and their functions, is exempt: examining it would take 40 ms each time, more
    than two frames.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()
        self.turns = 0
        self._grown = 0
        """How many objects have become old since the last full collection."""
        self.timer = QTimer(self, interval=MILLISECONDS)
        self.timer.timeout.connect(self.collect)
        self.timer.start()

    def collect(self) -> None:
        """Collect young objects, and old ones when they have grown."""
        # `gc.get_objects` would tell how many are old. While its list exists, though, a tuple that another thread is
        # making belongs to two, for which Python raises a SystemError there.
        young = gc.get_count()[0]
        self._grown += max(0, young - gc.collect(1))
        self.turns += 1
        if self.turns % FULL_TURNS == 0 and self._grown > _GROWTH * gc.get_freeze_count():
            gc.collect()
            self._grown = 0

    def close(self) -> None:
        """Return to Python's own collector."""
        self.timer.stop()
        gc.unfreeze()
        gc.enable()
