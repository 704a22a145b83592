"""What the boundary shows, as data."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from playground.catalog.choice import Array
from ui.views.boundary.layers_on_plane import ContourLabel


@dataclass(frozen=True)
class BoundaryShown:
    """The field, the points, and all words of the picture."""

    colours: Array
    """The colours of the field, uint8 (rows, columns, 3), row 0 at x₂ = −6; empty before the first."""
    value_range: tuple[float, float]
    """The values at the two ends of the field's colours."""
    unit: str
    """The title over the map of a unit; empty over the boundary."""
    levels: tuple[str, ...]
    """The values of lines of equal value, as they are written at them."""
    contour_pieces: int
    """How many pieces these lines have; 0 while they are off."""
    numbers: tuple[ContourLabel, ...]
    """The numbers at these lines."""
    legend: tuple[str, ...]
    """The words and numbers of the legend."""
    reading: str
    """What is said about the place of the mouse."""
    note: str
    """What is said about mistakes and uncertainty."""
    mouse: tuple[float, float] | None
    """Where the mouse is, on the plane."""
    points: int
    """How many points there are in the picture."""
    rings: Array
    """Where points are marked as mistakes, shape (rings, 2)."""
    picked: int | None
    """The point that is picked, by its index in the sample."""
    picked_at: Array
    """Where its mark is, shape (1 or 0, 2)."""
    brush: QRectF | None
    """Where on the plane the brush of a drawing tool is."""
    axis_names: tuple[str, str]
    ticks: tuple[dict[float, str], dict[float, str]]
    """For both axes the numbers along them, by their place on the plane."""
    seen: QRectF
    """The part of the plane in sight."""
    plane: QRectF
    """Where in the view that part is."""
    frame: str
    """The colour of the frame that says that keys go to the plane; empty while they do not."""

    def place_of(self, x1: float, x2: float) -> QPointF:
        """Where in the view a place of the plane is."""
        across = (x1 - self.seen.left()) / self.seen.width()
        up = (x2 - self.seen.top()) / self.seen.height()
        return QPointF(self.plane.left() + across * self.plane.width(), self.plane.bottom() - up * self.plane.height())
