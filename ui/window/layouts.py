"""Where docks stand: the layouts that come with the program."""

from __future__ import annotations

from ui.look import theme
from ui.shell.docks import Plan

PLANS = (
    Plan(
        "Standard",
        left=((288, ("data", "training", "drawing")), (376, ("network", "layers", "microscope"))),
        below=((270, ("curves", "schedule")), (356, ("gradients", "histograms", "confusion"))),
        height=232,
    ),
    Plan(
        "Large screen",
        left=((296, ("data", "training", "drawing")), (328, ("layers",)), (480, ("network", "microscope"))),
        below=((390, ("curves", "schedule")), (390, ("gradients", "histograms", "confusion"))),
        height=320,
    ),
    Plan(
        "Pictures only",
        left=((420, ("network", "microscope")),),
        below=((270, ("curves", "schedule")), (356, ("gradients", "histograms", "confusion"))),
        height=240,
    ),
    Plan(
        "Projector",
        left=(
            (290, ("data", "training", "drawing", "layers")),
            (280, ("network", "curves", "gradients")),
        ),
        below=(),
        height=0,
    ),
)
"""The layouts that come with the program, for windows of usual and of large size first; the last needs least room."""


def plan_for(width: int) -> Plan:
    """The layout that suits a width of the window, in pixels."""
    return PLANS[1] if width >= 1600 * theme.size() else PLANS[0]
