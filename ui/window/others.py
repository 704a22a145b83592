"""The other runs beside the run: which kind the pictures show, and how long a ghost stays."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, QVariantAnimation, Signal

from playground.measure.others import Ghost, Others

from .desk import Desk
from .responses import Responses
from .window_parts import WindowParts

_KINDS = ("kept", "ghost", "future", "luck")
"""The kinds of other runs; pictures show the first of them that there is, and none while a race is shown."""
_STAY_MILLISECONDS = 10_000
"""How long a ghost stays, from its first step without the change."""
_FADING_MILLISECONDS = 800


class OtherRuns(QObject):
    """Shows one kind of other runs in the pictures: kept ones that were picked, else the ghost, else luck.

    A ghost fades into the mark of its change, and comes back while that is touched, or for a while when it is pressed.
    """

    front_changed = Signal()
    """Another kind of other runs is shown."""

    def __init__(self, desk: Desk, parts: WindowParts, responses: Responses) -> None:
        super().__init__(desk)
        self.desk, self.parts, self._responses = desk, parts, responses
        self._kinds: dict[str, tuple[Others, float]] = {}
        self.front = ""
        """The kind that is shown; empty if there is none."""
        self._ghost: Ghost | None = None
        self._strength, self._is_touched = 1.0, False
        self._waits = True
        """Whether the ghost waits for its first step."""
        self.stay = QTimer(self, interval=_STAY_MILLISECONDS, singleShot=True)
        self._fading = QVariantAnimation(self, startValue=1.0, endValue=0.0, duration=_FADING_MILLISECONDS)
        self.stay.timeout.connect(self._fading.start)
        self._fading.valueChanged.connect(self._fade)
        desk.session.ghost_moved.connect(self._follow)
        desk.session.revised.connect(self._stay_longer)
        desk.docks.changed.connect(self.show)
        parts.tracks.mark_touched.connect(self._touch)
        parts.tracks.mark_pressed.connect(self._come_back)
        responses.when_changed.connect(self._choose_when)
        self._choose_when()

    def put(self, kind: str, others: Others | None, strength: float = 1.0) -> None:
        """Set the other runs of a kind to show, with a strength of 0…1, or none."""
        if others is None or strength <= 0:
            if self._kinds.pop(kind, None) is None:
                return
        else:
            self._kinds[kind] = others, strength
        self.show()

    def show(self) -> None:
        """Show the present kind in the pictures in sight."""
        front = next((kind for kind in _KINDS if kind in self._kinds), "")
        others, strength = self._kinds.get(front, (None, 0.0))
        for view in (self.parts.tracks, self.parts.boundary):
            if view is self.parts.boundary and self.desk.session.past.shown is not None:
                # The others are as they are now; over an earlier boundary they would mislead.
                view.show_others(None, 0.0)
            elif self.desk.docks.shows(view):
                view.show_others(others, strength)
        if front != self.front:
            self.front = front
            self.front_changed.emit()

    def _choose_when(self) -> None:
        self.desk.session.let_others_train(self._responses.when)

    def _follow(self, ghost: Ghost | None) -> None:
        if ghost is None or self._ghost is None or ghost.begun != self._ghost.begun:
            self.stay.stop()
            self._fading.stop()
            self._strength, self._waits = 1.0, True
        self._ghost = ghost
        if ghost is not None and self._waits and ghost.now.step > ghost.begun.step:
            self._waits = False
            self.stay.start()
        self._show_ghost()

    def _stay_longer(self) -> None:
        """Restart the countdown while the change continues, as in a drag."""
        if self.stay.isActive():
            self.stay.start()

    def _touch(self, is_touched: bool) -> None:
        self._is_touched = is_touched
        self._show_ghost()

    def _come_back(self) -> None:
        self._fading.stop()
        self.stay.start()
        self._fade(1.0)

    def _fade(self, strength: float) -> None:
        self._strength = strength
        self._show_ghost()

    def _show_ghost(self) -> None:
        self.parts.tracks.mark_ghost(sleeps=self._ghost is not None and self._strength <= 0)
        self.put("ghost", self._ghost, 1.0 if self._is_touched else self._strength)
