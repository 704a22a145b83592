"""A gesture on the picture: what the mouse does between press and release becomes one undo step."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from ...forms.edits import Edits
from .strokes import Canvas, Place, Stroke, Style

_STROKE_MILLISECONDS = 33
_SHARE_OF_TIME = 3
"""How many times the duration of an edit is left to everything else after it."""
_SLOWEST_MILLISECONDS = 500


class _StrokeEdits(Edits):
    """Edits of one stroke: at most thirty a second, and fewer where one takes long."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._turn.setInterval(_STROKE_MILLISECONDS)

    def _wait_after(self, seconds: float) -> None:
        wait = min(max(round(1000 * _SHARE_OF_TIME * seconds), _STROKE_MILLISECONDS), _SLOWEST_MILLISECONDS)
        if wait != self._turn.interval():
            self._turn.setInterval(wait)

    def void(self) -> None:
        """End the run without a last edit."""
        self._stop()


class Gesture(QObject):
    """A stroke in progress, which follows the mouse and asks for the points made so far."""

    drawn = Signal(object, str, bool)
    """Carries the points so far, a label for the undo menu, and whether more of the same follow."""
    full = Signal()
    """There is no room for more points."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.stroke: Stroke | None = None
        self._words = ""
        self.edits = _StrokeEdits(self)
        self.edits.given.connect(self._give)

    def begin(self, kind: type[Stroke], canvas: Canvas, at: Place, style: Style) -> None:
        """Begin a stroke on some points."""
        self._words = kind.words
        self.stroke = kind(canvas, at, style)
        self._offer(canvas)

    def move(self, to: Place) -> None:
        """Go on with the stroke, if there is one."""
        if self.stroke is not None:
            before = self.stroke.canvas
            self.stroke.move(to)
            self._offer(before)

    def end(self) -> None:
        """Finish the stroke, which is one undo step."""
        self.stroke = None
        self.edits.end()

    def void(self) -> None:
        """Drop the stroke, because the points were replaced in the meantime, as by undo."""
        self.stroke = None
        self.edits.void()

    def _offer(self, before: Canvas) -> None:
        assert self.stroke is not None
        canvas = self.stroke.canvas
        if canvas is not before:
            self.edits.change(canvas)
        if not canvas.room:
            self.full.emit()

    def _give(self, canvas: Canvas, changing: bool) -> None:
        if not changing:
            self.stroke = None
        started = time.perf_counter()
        self.drawn.emit(canvas, self._words, changing)
        self.edits._wait_after(time.perf_counter() - started)
