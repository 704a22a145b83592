"""All pictures, in the order of the menus. Docks, layouts, menus and the palette of commands take them from here."""

from __future__ import annotations

from .boundary.view import BoundaryView
from .confusion.view import ConfusionView
from .gradient_histograms.view import GradientHistogramsView
from .histograms.view import HistogramsView
from .microscope.view import MicroscopeView
from .network.view import NetworkView
from .race.view import RaceView
from .response.map_view import MapView
from .response.sheet import ResponseSheet
from .response.view import ResponseView
from .runs.view import RunsView
from .tracks.view import TracksView
from .view import View

VIEWS: tuple[type[View], ...] = (
    BoundaryView,
    NetworkView,
    TracksView,
    ResponseView,
    RaceView,
    HistogramsView,
    GradientHistogramsView,
    ConfusionView,
    MicroscopeView,
    MapView,
    ResponseSheet,
    RunsView,
)
