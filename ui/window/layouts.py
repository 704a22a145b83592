"""The layouts of docks that come with the program."""

from __future__ import annotations

from ..look import theme
from ..shell.docks import DockLayout, Tabs
from ..views.registry import VIEWS


def _with_neighbours(tabs: Tabs) -> Tabs:
    """Insert the views that declare a tab as their neighbour, each after it."""
    return tuple(name for tab in tabs for name in (tab, *(view.name for view in VIEWS if view.beside == tab)))


def _complete(plan: DockLayout) -> DockLayout:
    left, below = (tuple((width, _with_neighbours(tabs)) for width, tabs in part) for part in (plan.left, plan.below))
    return plan._replace(left=left, below=below)


_DESIGNED = (
    DockLayout(
        "Standard",
        left=((288, ("data", "training", "drawing")), (376, ("network", "layers", "microscope"))),
        below=((620, ("tracks", "histograms", "confusion")),),
        height=232,
    ),
    DockLayout(
        "Large screen",
        left=((296, ("data", "training", "drawing")), (328, ("layers",)), (480, ("network", "microscope"))),
        below=((520, ("tracks",)), (330, ("histograms", "confusion"))),
        height=320,
    ),
    DockLayout(
        "Pictures only",
        left=((420, ("network", "microscope")),),
        below=((620, ("tracks", "histograms", "confusion")),),
        height=240,
    ),
    DockLayout(
        "Projector",
        left=(
            (290, ("data", "training", "drawing", "layers")),
            (280, ("network", "tracks")),
        ),
        below=(),
        height=0,
    ),
)
LAYOUTS = tuple(map(_complete, _DESIGNED))
"""The first is for windows of usual size, the second for large ones; the last needs least room."""


def layout_for(width: int) -> DockLayout:
    """Return the layout that suits a width of the window, in pixels."""
    return LAYOUTS[1] if width >= 1600 * theme.zoom() else LAYOUTS[0]
