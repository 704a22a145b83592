"""The parts of the window: all panels, all pictures, and the bar that controls training."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtWidgets import QScrollArea, QWidget

from playground.catalog.datasets.table import Table
from playground.interop.opening import RESOURCES

from ..forms.layouts import scrolling
from ..forms.rows import NumberRow
from ..look import theme
from ..panels.data.panel import DataPanel
from ..panels.drawing.panel import DrawingPanel
from ..panels.layers.panel import LayersPanel
from ..panels.training import TrainingPanel
from ..panels.transport import TransportBar
from ..shell.docks import Tab
from ..views.boundary.view import BoundaryView
from ..views.network.view import NetworkView
from ..views.registry import VIEWS
from ..views.response.thin import ThinResponse
from ..views.tracks.view import TracksView
from ..views.view import View

_PENGUINS = Table(
    path=str(RESOURCES / "data" / "penguins.csv"), x1="bill_length_mm", x2="bill_depth_mm", target="species"
)

ViewKind = TypeVar("ViewKind", bound=View)


class WindowParts:
    """Panels and pictures of a window. They own no state."""

    def __init__(self) -> None:
        self.views = tuple(view() for view in VIEWS)
        self.boundary, self.network = self.view(BoundaryView), self.view(NetworkView)
        self.tracks = self.view(TracksView)
        self.data, self.layers, self.training = DataPanel([("Penguins", _PENGUINS)]), LayersPanel(), TrainingPanel()
        self.drawing = DrawingPanel()
        self.layers.sleep()
        self.panels = (self.data, self.layers, self.training, self.drawing)
        self.transport = TransportBar()
        self._place_learning_rate()

    def _place_learning_rate(self) -> None:
        """Put the learning rate, with its thin response, into the bar, where it is always in sight."""
        row = self.training.rows["training.learning_rate"]
        assert isinstance(row, NumberRow) and row.slider is not None
        self.thin_response = ThinResponse(row.slider)
        self.transport.give_room(row)

    def view(self, kind: type[ViewKind]) -> ViewKind:
        """Return the view of a kind."""
        return next(view for view in self.views if isinstance(view, kind))

    def in_docks(self) -> list[tuple[str, QWidget, Tab]]:
        """Return the content of the docks: a name for layouts, the widget, and what its tab shows."""
        return [
            ("data", _scrolling(self.data), Tab("Data", "database")),
            ("layers", self.layers, Tab("Layers", "stack")),
            ("training", _scrolling(self.training), Tab("Training", "sliders-horizontal")),
            ("drawing", _scrolling(self.drawing), Tab("Draw points", "pencil-simple", "Draw")),
            *((view.name, view, Tab(view.title, view.icon, view.tab)) for view in self.views),
        ]

    def apply_theme(self) -> None:
        """Apply the current theme."""
        for view in self.views:
            view.apply_theme()


def _scrolling(panel: QWidget) -> QScrollArea:
    scroll = scrolling(panel)
    # Wide enough that nothing has to be cut off beside the scroll bar.
    scroll.setMinimumWidth(panel.minimumSizeHint().width() + theme.px(theme.GRID + 2))
    return scroll
