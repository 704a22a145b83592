"""The layouts of docks that come with the program, and the sizes of their parts."""

from __future__ import annotations

from PySide6.QtCore import QSize

from ..look import theme
from ..look.theme import px
from ..shell.docks import DockLayout, DockSizes, Tabs
from ..views.registry import VIEWS

_CONTROLS = 264
"""Width of the column of controls."""
_FOOT = 176
"""Height of what stands below the controls, with its title."""
_LOW = 190
"""Height of the row below where the window is low."""
_ROOMY, _SHARE = 780, 0.28
"""From this height of all docks on, the row below gets this share of it."""
_SQUARE = -14
"""Pixels that the square picture is wider than high, for its axis, less what stands above and below it."""
_BAR = 544
"""Width of the square picture's place in which its bar takes one line."""
_LEAST_SHARE = 0.46
"""The least share of the row that a picture gets beside the square one."""
_STANDARD_SIZE, _TABBED_SIZE = QSize(1180, 740), QSize(980, 560)
"""The least sizes of a window that have room for a row below the pictures, and for two pictures and the controls."""
_FRAME, _LARGEST = QSize(0, 40), QSize(1600, 1000)
"""What a window's frame takes of the screen, and the size of a new window where the screen is large."""


def _with_neighbours(tabs: Tabs) -> Tabs:
    """Insert the views that declare a tab as their neighbour, each after it."""
    return tuple(name for tab in tabs for name in (tab, *(view.name for view in VIEWS if view.beside == tab)))


def _complete(plan: DockLayout) -> DockLayout:
    beside, below = (tuple((share, _with_neighbours(tabs)) for share, tabs in row) for row in (plan.beside, plan.below))
    return plan._replace(beside=beside, below=below)


_CONTROL_TABS = ("data", "layers", "training", "drawing")
_NETWORK_TABS = ("network", "microscope", "histograms", "confusion")
_FOOT_DOCK = "response"
_BELOW = ((1.0, ("tracks",)),)

_DESIGNED = (
    DockLayout("Standard", _CONTROL_TABS, ((0, _NETWORK_TABS), (1, ("boundary",))), _BELOW, foot=_FOOT_DOCK),
    DockLayout(
        "Tracks as a tab", _CONTROL_TABS, ((0, (*_NETWORK_TABS, "tracks")), (1, ("boundary",))), foot=_FOOT_DOCK
    ),
    DockLayout(
        "Pictures only",
        _CONTROL_TABS,
        ((0, _NETWORK_TABS), (1, ("boundary",))),
        _BELOW,
        is_drawer=True,
        foot=_FOOT_DOCK,
    ),
    DockLayout(
        "Projector",
        _CONTROL_TABS,
        ((1, ("boundary", *_NETWORK_TABS, "tracks")),),
        is_drawer=True,
        foot=_FOOT_DOCK,
    ),
    DockLayout("Race", _CONTROL_TABS, ((1, ("race", "boundary", *_NETWORK_TABS)),), _BELOW, foot=_FOOT_DOCK),
)
LAYOUTS = tuple(map(_complete, _DESIGNED))
STANDARD, TABBED, COMPACT, RACE = LAYOUTS[0], LAYOUTS[1], LAYOUTS[-2], LAYOUTS[-1]


def layout_for(size: QSize) -> DockLayout:
    """Return the layout that suits a size of the window, in pixels."""
    room = size / theme.zoom()
    fitting = ((STANDARD, _STANDARD_SIZE), (TABBED, _TABBED_SIZE))
    return next((plan for plan, least in fitting if room.expandedTo(least) == room), COMPACT)


def opening_size(screen: QSize) -> QSize:
    """Return the size of a new window on a screen with this much room, in pixels, without the window's frame."""
    return (screen - _FRAME).boundedTo(_LARGEST).expandedTo(QSize(640, 480))


def sizes_for(plan: DockLayout, area: QSize) -> DockSizes:
    """Return the sizes of a layout's parts in an area: the square picture is as large as the row below allows."""
    controls = px(_CONTROLS) if plan.controls else 0
    line = px(5)
    width = area.width() - (controls + line if controls else 0)
    height = 0
    if plan.below:
        height = round(_SHARE * area.height()) if area.height() >= px(_ROOMY) else px(_LOW)
    if len(plan.beside) > 1:
        square = area.height() - (height + line if height else 0) + px(_SQUARE)
        square = min(max(square, px(_BAR)), round((1 - _LEAST_SHARE) * width))
        beside: tuple[int, ...] = (width - line - square, square)
    else:
        beside = (width,)
    row = width - line * (len(plan.below) - 1)
    below = (max(1, round(share * row)) for share, _ in plan.below)
    return DockSizes(controls, tuple(max(1, one) for one in beside), tuple(below), height, px(_FOOT))
