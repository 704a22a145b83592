"""The point of the sample that a person picked, by mouse or keyboard."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QPointF, Signal

from playground.catalog.datasets.base import Sample
from ui.look.theme import px
from ui.views.boundary.points import PointMarks
from ui.views.plane.plane import InputPlane

_REACH = 8.0
"""How near, in pixels, the mouse has to be to a point to read it."""


class Picking(QObject):
    """Picks points of the plane and marks the one that is picked."""

    picked_by_hand = Signal(object)
    """The index in the sample of the point that a person picked; None if they picked an empty place."""

    def __init__(self, plane: InputPlane, points: PointMarks) -> None:
        super().__init__(plane)
        self._plane, self._points = plane, points
        self.index: int | None = None
        self._before: int | None = None
        plane.clicked.connect(self._on_clicked)
        plane.double_clicked.connect(self._on_double_clicked)

    def pick(self, index: int | None) -> None:
        """Mark a point of the sample; None: no mark."""
        self.index = index
        self._points.show_pick(index)

    def pick_by_hand(self, index: int | None) -> None:
        """Mark the point that a person wants, and tell."""
        self.pick(index)
        self.picked_by_hand.emit(index)

    def step(self, sample: Sample, by: int) -> None:
        """Pick the next or the previous of the drawn points, in the order of the sample."""
        index = self._points.next_to(self.index, by)
        if index is not None:
            self.pick_by_hand(index)
            self._plane.bring_into_sight(QPointF(*(float(value) for value in sample.x[index])))

    def follow(self, before: Sample, now: Sample) -> None:
        """Let go of the picked point, unless it is still there under its index."""
        index, old, new = self.index, before.x, now.x
        if index is None:
            return
        if index >= len(new) or index >= len(old) or not np.array_equal(old[index], new[index]):
            self.pick_by_hand(None)

    def point_at(self, place: QPointF) -> int | None:
        """The point that the mouse is at."""
        return self._points.nearest(place, px(_REACH) * self._plane.pixel)

    def _on_clicked(self, place: QPointF) -> None:
        self._before = self.index
        self.pick_by_hand(self.point_at(place))

    def _on_double_clicked(self, place: QPointF) -> None:
        # The first of the two clicks was no wish to let go of the point.
        if self.index is None and self._before is not None:
            self.pick_by_hand(self._before)
