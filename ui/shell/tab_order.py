"""The order in which Tab visits the visible controls of a window: that in which the eye reads them."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QTabBar, QToolBar, QWidget

from ..look.theme import px
from .docks import Docks

_SAME_ROW = 12
"""Tops that differ by less than this many pixels stand in one row."""


def tab_order(docks: Docks) -> list[QWidget]:
    """Return the controls in sight that Tab reaches: the header, the strip, the left column, then part by part.

    Qt's own order would also lead into panels that are behind others.
    """
    window = docks.window
    regions: dict[QWidget, list[QWidget]] = {}
    for control in window.findChildren(QWidget):
        tabs = control.focusPolicy() & Qt.FocusPolicy.TabFocus and control.focusProxy() is None
        if tabs and control.isEnabled() and control.window() is window and docks.shows(control):
            regions.setdefault(_region_of(control, window), []).append(control)
    parts = {region: _place(region, window) for region in regions}
    left = min((place.left() for place in parts.values()), default=0)
    header = [region for region in regions if isinstance(region, QToolBar)]
    others = [region for region in regions if region not in header]
    column = [region for region in others if parts[region].left() <= left + _SAME_ROW]
    rest = [region for region in others if region not in column]
    order: list[QWidget] = []
    for region in (*header, *_as_read(column, parts), *_as_read(rest, parts)):
        places = {control: QRect(control.mapTo(window, QPoint()), control.size()) for control in regions[region]}
        order += _as_read(places, places)
    return order


def move_focus(docks: Docks, forward: bool) -> bool:
    """Give the focus to the next or the previous control in sight; return whether there is one."""
    order, focus = tab_order(docks), docks.window.focusWidget()
    if not order:
        return False
    if focus in order:
        target = order[(order.index(focus) + (1 if forward else -1)) % len(order)]
    else:
        target = order[0 if forward else -1]
    target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    area = target.parentWidget()
    while area is not None:
        if isinstance(area, QScrollArea):
            area.ensureWidgetVisible(target)
        area = area.parentWidget()
    return True


def _region_of(control: QWidget, window: QMainWindow) -> QWidget:
    """The part of the window that a control stands in; the row of tabs of a part belongs to it."""
    region, above = control, control.parentWidget()
    while above is not None and above is not window:
        region, above = above, above.parentWidget()
    if isinstance(region, QTabBar):
        docks = (dock for dock in window.findChildren(QDockWidget) if dock.isVisible() and _belongs(region, dock))
        return next(docks, region)
    return region


def _belongs(tabs: QTabBar, dock: QDockWidget) -> bool:
    bar, place = tabs.geometry(), dock.geometry()
    return abs(bar.bottom() - place.top()) < _SAME_ROW and place.left() - _SAME_ROW < bar.left() < place.right()


def _place(region: QWidget, window: QMainWindow) -> QRect:
    """The place of a region, with its row of tabs."""
    place = region.geometry()
    if isinstance(region, QDockWidget):
        for tabs in window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if tabs.isVisible() and _belongs(tabs, region):
                place = place.united(tabs.geometry())
    return place


def _as_read(widgets: Iterable[QWidget], places: dict[QWidget, QRect]) -> list[QWidget]:
    """Sort widgets row by row from the top, each row from the left."""
    rows: list[list[QWidget]] = []
    for widget in sorted(widgets, key=lambda one: places[one].top()):
        if rows and places[widget].top() < places[rows[-1][0]].top() + px(_SAME_ROW):
            rows[-1].append(widget)
        else:
            rows.append([widget])
    return [widget for row in rows for widget in sorted(row, key=lambda one: (places[one].left(), places[one].top()))]
