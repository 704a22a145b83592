"""The layouts of docks that come with the program, and the sizes of their parts."""

from __future__ import annotations

from PySide6.QtCore import QSize

from ..look import theme
from ..look.theme import px
from ..shell.docks import DockLayout, DockSizes, Tabs
from ..views.registry import VIEWS

_CONTROLS = 264
"""Width of the column of controls."""
_FOOT, _LOW_FOOT, _FOOT_SHARE = 176, 124, 0.36
"""Height of what stands below the controls, with its title; where it would take more than this share, down to the
second one."""
_LOW = 190
"""Height of the row below where the window is low."""
_ROOMY, _SHARE = 780, 0.28
"""From this height of all docks on, the row below gets this share of it."""
_SQUARE = -14
"""Pixels that the square picture is wider than high, for its axis, less what stands above and below it."""
_BAR = 544
"""Width of the square picture's place in which its bar takes one line."""
_LEGEND = 26
"""Height of the second line that the bar takes elsewhere."""
_LEAST_SHARE, _LEAST_SHARE_OF_ALL = 0.46, 0.457
"""The least share of the row that a picture gets beside the square one, above another row and with all the height."""
_WHOLE_NETWORK, _LEAST_SQUARE = 308, 264
"""The width in which a network of three hidden layers is whole, and what the square picture's place keeps for it."""
_STANDARD_SIZE, _TABBED_SIZE, _PAIR_SIZE = QSize(1180, 740), QSize(980, 560), QSize(840, 500)
"""The least sizes of a window that have room for a row below the pictures, for two pictures and the controls, and for
two pictures."""
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
        "Two pictures",
        _CONTROL_TABS,
        ((0, (*_NETWORK_TABS, "tracks")), (1, ("boundary",))),
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
STANDARD, TABBED, RACE = LAYOUTS[0], LAYOUTS[1], LAYOUTS[-1]
CROWDED = (TABBED, *LAYOUTS[-3:-1])
"""The layouts for windows that are too small for the standard one, by the room that they need."""


def layout_for(size: QSize) -> DockLayout:
    """Return the layout that suits a size of the window, in pixels."""
    room = size / theme.zoom()
    *roomy, smallest = (STANDARD, *CROWDED)
    fitting = zip(roomy, (_STANDARD_SIZE, _TABBED_SIZE, _PAIR_SIZE), strict=True)
    return next((plan for plan, least in fitting if room.expandedTo(least) == room), smallest)


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
        least = _LEAST_SHARE if plan.below else _LEAST_SHARE_OF_ALL
        has_line = px(_BAR) <= round((1 - _LEAST_SHARE) * width)
        square = max(square, px(_BAR)) if has_line else square - px(_LEGEND)
        square = min(square, round((1 - least) * width))
        square = min(square, max(width - line - px(_WHOLE_NETWORK), px(_LEAST_SQUARE)))
        beside: tuple[int, ...] = (width - line - square, square)
    else:
        beside = (width,)
    row = width - line * (len(plan.below) - 1)
    below = (max(1, round(share * row)) for share, _ in plan.below)
    foot = max(px(_LOW_FOOT), min(px(_FOOT), round(_FOOT_SHARE * area.height())))
    return DockSizes(controls, tuple(max(1, one) for one in beside), tuple(below), height, foot)
