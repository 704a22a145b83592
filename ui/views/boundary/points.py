"""The points on the plane: those that are drawn, rings around those that are wrong, the mark of the picked one."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, Signal

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.measure.snapshot import Predictions

from ...look.theme import px
from ..chart.plot import keep_painted
from ..plane.answers import signed_errors, wrong_points
from ..plane.field import ValueRange
from ..plane.legend import miss_rings, picked_ring, spots, wrong_rings
from ..plane.plane import InputPlane

MAX_DRAWN_POINTS = 2000
_REACH = 8.0
"""The distance in pixels from which the mouse reads a point."""


class PlanePoints(QObject):
    """The points of a sample on the plane, and the one that a person picks by mouse or keyboard."""

    picked_by_hand = Signal(object)
    """The index in the sample of the point that a person picked; None if they picked an empty place."""

    def __init__(self, plane: InputPlane) -> None:
        super().__init__(plane)
        self._plane = plane
        self.items = tuple(pg.ScatterPlotItem(pxMode=True) for _ in range(3))
        """The items for the plot: the points, rings, the mark of the picked point."""
        keep_painted(*self.items)
        self._spots, self.rings, self.mark = self.items
        self._sample: Sample | None = None
        self._scale = ValueRange()
        self._wrong: bytes | None = None
        self.usable = 0
        """The number of points that can be drawn."""
        self.drawn: Array = np.zeros(0, np.intp)
        """The drawn points, by their index in the sample."""
        self.index: int | None = None
        """The picked point."""
        self._before: int | None = None
        plane.clicked.connect(self._on_clicked)
        plane.double_clicked.connect(self._on_double_clicked)

    def show_sample(self, sample: Sample, scale: ValueRange) -> None:
        """Draw these points, evenly thinned if there are very many."""
        self._sample, self._scale, self._wrong = sample, scale, None
        usable = np.flatnonzero(np.isfinite(sample.x).all(axis=1) & np.isfinite(sample.labels))
        keep = np.linspace(0, len(usable) - 1, min(len(usable), MAX_DRAWN_POINTS)).round().astype(np.intp)
        self.usable, self.drawn = len(usable), usable[keep] if len(usable) else usable
        # Training points last, so that they lie on top.
        self.drawn = self.drawn[np.argsort(-sample.split[self.drawn], kind="stable")]
        self._spots.setData(**spots(sample, self.drawn, scale))

    def show_rings(self, predictions: Predictions | None) -> None:
        """Mark the points that are wrong, unless they are marked already; None: no marks."""
        self.rings.setVisible(predictions is not None)
        sample = self._sample
        if predictions is None or sample is None:
            return
        if sample.task == "regression":
            self.rings.setData(
                **miss_rings(sample, predictions.indices, signed_errors(sample, predictions), self._scale)
            )
            return
        bad = wrong_points(sample, predictions)
        if self._wrong != bad.tobytes():
            self._wrong = bad.tobytes()
            self.rings.setData(**wrong_rings(sample, bad))

    def pick(self, index: int | None) -> None:
        """Mark this point of the sample; None: no mark."""
        self.index = index
        there = self._sample is not None and index is not None and 0 <= index < len(self._sample.x)
        self.mark.setVisible(there)
        if there and self._sample is not None and index is not None:
            self.mark.setData(**picked_ring(self._sample, index))

    def pick_by_hand(self, index: int | None) -> None:
        """Mark the point that a person picks, and emit a signal."""
        self.pick(index)
        self.picked_by_hand.emit(index)

    def step(self, by: int) -> None:
        """Pick the next (1) or the previous (−1) of the drawn points, in the order of the sample, wrapping around."""
        order = np.sort(self.drawn)
        if self._sample is not None and len(order):
            start = int(np.searchsorted(order, self.index)) if self.index is not None else -1 if by > 0 else 0
            index = int(order[(start + by) % len(order)])
            self.pick_by_hand(index)
            self._plane.bring_into_sight(QPointF(*(float(value) for value in self._sample.x[index])))

    def follow(self, before: Sample, now: Sample) -> None:
        """Deselect the picked point, unless it still exists under its index."""
        index, old, new = self.index, before.x, now.x
        if index is None:
            return
        if index >= len(new) or index >= len(old) or not np.array_equal(old[index], new[index]):
            self.pick_by_hand(None)

    def point_at(self, place: QPointF) -> int | None:
        """The drawn point at a place, by its index; None if none is near."""
        if self._sample is None or not len(self.drawn):
            return None
        away = np.hypot(*(self._sample.x[self.drawn] - [place.x(), place.y()]).T)
        nearest = int(np.argmin(away))
        return int(self.drawn[nearest]) if away[nearest] <= px(_REACH) * self._plane.pixel else None

    def _on_clicked(self, place: QPointF) -> None:
        self._before = self.index
        self.pick_by_hand(self.point_at(place))

    def _on_double_clicked(self, place: QPointF) -> None:
        # The first of the two clicks was no wish to let go of the point.
        if self.index is None and self._before is not None:
            self.pick_by_hand(self._before)
