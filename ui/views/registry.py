"""All pictures, in the order of the menus. Docks, layouts, menus and the palette of commands take them from here."""

from __future__ import annotations

from .boundary.view import BoundaryView
from .confusion.view import ConfusionView
from .curves.view import CurvesView
from .gradient_histograms.view import GradientHistogramsView
from .gradients.view import GradientsView
from .histograms.view import HistogramsView
from .microscope.view import MicroscopeView
from .network.view import NetworkView
from .schedule.view import ScheduleView
from .view import View

VIEWS: tuple[type[View], ...] = (
    BoundaryView,
    NetworkView,
    CurvesView,
    ScheduleView,
    GradientsView,
    HistogramsView,
    GradientHistogramsView,
    ConfusionView,
    MicroscopeView,
)
