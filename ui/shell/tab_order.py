"""The order in which Tab visits the visible controls of a window: that in which the eye reads them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QScrollArea, QTabBar, QToolBar, QWidget

from ..look.theme import px
from .docks import Docks
from .strip import Strip

_SAME_ROW = 12
"""Tops that differ by less than this many pixels stand in one row."""
_MAIN_PICTURES = ("network", "boundary", "tracks")
"""The docks that have a place each where there is room."""
_PICTURE = 0.4
"""The share of a part that a control takes which is what the part is there for."""


def tab_order(docks: Docks) -> list[QWidget]:
    """Return the controls in sight that Tab reaches: the header, the strip, the left column, then part by part.

    Qt's own order would also lead into panels that are behind others.
    """
    return [control for part in _parts(docks) for control in part.controls]


class _Part(NamedTuple):
    """A part of the window, with its row of tabs, and the controls in it that Tab reaches, in order."""

    region: QWidget
    controls: list[QWidget]


def _parts(docks: Docks) -> list[_Part]:
    window = docks.window
    regions: dict[QWidget, list[QWidget]] = {}
    for control in window.findChildren(QWidget):
        tabs = control.focusPolicy() & Qt.FocusPolicy.TabFocus and control.focusProxy() is None
        if tabs and control.isEnabled() and control.window() is window and docks.shows(control):
            region = _region_of(control, docks)
            # Qt keeps rows of tabs of docks that were closed.
            if not isinstance(region, QTabBar):
                regions.setdefault(region, []).append(control)
    parts = {region: _place(region, window) for region in regions}
    left = min((place.left() for place in parts.values()), default=0)
    header = [region for region in regions if isinstance(region, QToolBar)]
    others = [region for region in regions if region not in header]
    column = [region for region in others if parts[region].left() <= left + _SAME_ROW]
    rest = [region for region in others if region not in column]
    found = []
    for region in (*header, *_as_read(column, parts), *_as_read(rest, parts)):
        places = {control: QRect(control.mapTo(window, QPoint()), control.size()) for control in regions[region]}
        found.append(_Part(region, _as_read(places, places)))
    return found


def move_to_part(docks: Docks, forward: bool) -> None:
    """Give the focus to the next or the previous part of the window; the strip is one while it has buttons.

    There the control gets it that had it last, else the picture, else the first control below the tabs. A main picture
    that stands behind another for want of room is a part, too, and comes to the front.
    """
    parts = _focus_parts(docks)
    focus, by = docks.window.focusWidget(), 1 if forward else -1
    at = next((place for place, part in enumerate(parts) if focus in part.controls), -1 if forward else 0)
    if not parts:
        return
    part = parts[(at + by) % len(parts)]
    if not part.controls:
        docks.show(part.region.objectName())
        part = next((one for one in _focus_parts(docks) if one.region is part.region), part)
    if not part.controls:
        return
    _focus_on(_first_of(part), forward)


def _focus_parts(docks: Docks) -> list[_Part]:
    """The parts of the window in order, with main pictures that stand behind others, which have no controls."""
    parts = []
    for part in _parts(docks):
        told = [control for control in part.controls if _strip_around(control) is not None]
        others = [control for control in part.controls if control not in told]
        parts += [_Part(part.region, others), *([_Part(_strip_around(told[0]) or part.region, told)] if told else [])]
    found = []
    for part in (one for one in parts if one.controls):
        found += [part if one is part.region else _Part(one, []) for one in _sharing(docks, part.region)]
    return found


def _sharing(docks: Docks, region: QWidget) -> list[QWidget]:
    """A part of the window; where main pictures share its place and one is in front, all of them in the order of tabs.

    Any other picture stays in front, since somebody has put it there.
    """
    if not isinstance(region, QDockWidget):
        return [region]
    sharing = {region, *docks.window.tabifiedDockWidgets(region)}
    main = [dock for dock in docks.docks.values() if dock in sharing and dock.objectName() in _MAIN_PICTURES]
    return [*main] if region in main else [region]


def _first_of(part: _Part) -> QWidget:
    """The control of a part that gets the focus first."""
    last = part.region.focusWidget()
    if last in part.controls:
        return last
    area = part.region.width() * part.region.height()
    pictures = (one for one in part.controls if one.width() * one.height() > area * _PICTURE)
    below = (one for one in part.controls if not isinstance(one, QTabBar))
    return next(pictures, next(below, part.controls[0]))


def _strip_around(control: QWidget) -> QWidget | None:
    """The strip of messages that a control stands in, if it does."""
    parent = control.parentWidget()
    return parent if isinstance(parent, Strip) else None


def move_focus(docks: Docks, forward: bool) -> bool:
    """Give the focus to the next or the previous control in sight; return whether there is one."""
    order, focus = tab_order(docks), docks.window.focusWidget()
    if not order:
        return False
    if focus in order:
        target = order[(order.index(focus) + (1 if forward else -1)) % len(order)]
    else:
        target = order[0 if forward else -1]
    _focus_on(target, forward)
    return True


def _focus_on(target: QWidget, forward: bool) -> None:
    target.setFocus(Qt.FocusReason.TabFocusReason if forward else Qt.FocusReason.BacktabFocusReason)
    area = target.parentWidget()
    while area is not None:
        if isinstance(area, QScrollArea):
            area.ensureWidgetVisible(target)
        area = area.parentWidget()


def _region_of(control: QWidget, docks: Docks) -> QWidget:
    """The part of the window that a control stands in; the row of tabs of a part belongs to it."""
    region, above = control, control.parentWidget()
    while above is not None and above is not docks.window:
        region, above = above, above.parentWidget()
    if isinstance(region, QTabBar):
        # Qt also calls docks behind others visible.
        seen = (dock for name, dock in docks.docks.items() if name in docks.seen and _belongs(region, dock))
        return next(seen, region)
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
