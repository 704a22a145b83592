"""What the drawing of the network shows, as data."""

from __future__ import annotations

from dataclasses import dataclass

from ui.views.network.diagram import NetworkStructure
from ui.views.network.places import Places
from ui.views.network.strokes import Carried


@dataclass(frozen=True)
class NetworkShown:
    """The network, what its wires show, and all words of the picture."""

    structure: NetworkStructure
    """The network that is drawn."""
    wires: Carried
    """Whether the wires show weights or gradients."""
    selection: tuple[int, int] | None
    """The layer and unit that the keyboard is at; an input at layer −1."""
    reading: str
    """The line of words below the drawing."""
    description: str
    """The network in words, for screen readers."""
    places: Places
    """Where its parts are in the view."""
