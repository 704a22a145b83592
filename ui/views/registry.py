"""All pictures, in the order of the menus. Docks, layouts, menus and the palette of commands take them from here."""

from __future__ import annotations

from ui.views.boundary.view import BoundaryView
from ui.views.confusion.view import ConfusionView
from ui.views.curves.view import CurvesView
from ui.views.gradient_histograms.view import GradientHistogramsView
from ui.views.gradients.view import GradientsView
from ui.views.histograms.view import HistogramsView
from ui.views.microscope.view import MicroscopeView
from ui.views.network.view import NetworkView
from ui.views.schedule.view import ScheduleView
from ui.views.view import View

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
