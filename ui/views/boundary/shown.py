"""The content of the boundary view as data."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from playground.catalog.choice import Array

from .layers_on_plane import ContourLabel


@dataclass(frozen=True)
class BoundaryShown:
    """The field, the points, and all words of the picture."""

    colours: Array
    """Uint8 (rows, columns, 3), row 0 at x₂ = −6; empty before the first field."""
    value_range: tuple[float, float]
    """The values at the two ends of the field's colours."""
    unit: str
    """The title over the map of a unit; empty over the boundary."""
    levels: tuple[str, ...]
    """The numbers of all contours, as they are written at them."""
    contour_pieces: int
    """The number of straight pieces of contours; 0 while they are off."""
    numbers: tuple[ContourLabel, ...]
    legend: tuple[str, ...]
    reading: str
    """The words about the place of the mouse."""
    note: str
    """The words about mistakes and uncertainty."""
    mouse: tuple[float, float] | None
    others: tuple[Array, ...]
    """The lines of other runs: the points along each part, (points, 2)."""
    points: int
    rings: Array
    """The places of the marks of mistakes, shape (rings, 2)."""
    picked: int | None
    """The point that is picked, by its index in the sample."""
    picked_at: Array
    """The place of its mark, shape (1 or 0, 2)."""
    brush: QRectF | None
    """The brush of a drawing tool on the plane."""
    axis_names: tuple[str, str]
    ticks: tuple[dict[float, str], dict[float, str]]
    """The numbers along each of the two axes, by their place on the plane."""
    seen: QRectF
    """The part of the plane in sight."""
    plane: QRectF
    """The place of that part in the view."""
    frame: str
    """The colour of the frame that shows the keyboard focus; empty without it."""

    def place_of(self, x1: float, x2: float) -> QPointF:
        """The place in the view of a place of the plane."""
        across = (x1 - self.seen.left()) / self.seen.width()
        up = (x2 - self.seen.top()) / self.seen.height()
        return QPointF(self.plane.left() + across * self.plane.width(), self.plane.bottom() - up * self.plane.height())
