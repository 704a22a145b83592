"""Zooming in place: all lengths that widgets and layouts were given follow the zoom, and no widget is rebuilt.

What a widget computes when it is painted or asked for its size follows by itself. Lengths at zoom 1 are whole pixels,
so that each can be recovered from its length at any zoom, and zooming back restores the previous picture.
"""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QSize
from PySide6.QtWidgets import (
    QAbstractButton,
    QBoxLayout,
    QComboBox,
    QGridLayout,
    QLayout,
    QSpacerItem,
    QStatusBar,
    QWidget,
)

from .theme import px

_NO_LIMIT = 16777215
"""Qt's QWIDGETSIZE_MAX."""


class _Scale:
    """Converts lengths at the zoom `before` to lengths at the present zoom."""

    def __init__(self, before: float) -> None:
        self._before = before

    def length(self, length: float) -> int:
        """Return a length at the present zoom; negative lengths and Qt's largest one, which mean no limit, stay."""
        return int(length) if length <= 0 or length >= _NO_LIMIT else px(round(length / self._before))

    def size(self, size: QSize) -> QSize:
        """Return a size at the present zoom."""
        return QSize(self.length(size.width()), self.length(size.height()))


def zoom_parts(root: QWidget, before: float) -> None:
    """Give everything in `root` the lengths of the present zoom, from those of the zoom `before`.

    The style sheet has to be set afterwards: some widgets have their lengths from there.
    """
    scale = _Scale(before)
    for widget in root.findChildren(QWidget):
        _zoom_widget(widget, scale)
    for layout in root.findChildren(QLayout):
        # A status bar makes what is in its own anew; Python would then take what comes to lie there for the old parts.
        if not isinstance(layout.parentWidget(), QStatusBar):
            _zoom_layout(layout, scale)
    for plot in root.findChildren(pg.PlotWidget):
        _zoom_plot(plot, scale)


def _zoom_widget(widget: QWidget, scale: _Scale) -> None:
    least, most = widget.minimumSize(), widget.maximumSize()
    wanted = scale.size(least), scale.size(most)
    if wanted != (least, most):
        widget.setMinimumSize(0, 0)
        widget.setMaximumSize(wanted[1])
        widget.setMinimumSize(wanted[0])
    margins = widget.contentsMargins()
    if not margins.isNull() and widget.layout() is None:
        sides = (margins.left(), margins.top(), margins.right(), margins.bottom())
        widget.setContentsMargins(*(scale.length(one) for one in sides))
    if isinstance(widget, QAbstractButton | QComboBox):
        widget.setIconSize(scale.size(widget.iconSize()))


def _zoom_layout(layout: QLayout, scale: _Scale) -> None:
    margins = layout.contentsMargins()
    sides = (margins.left(), margins.top(), margins.right(), margins.bottom())
    layout.setContentsMargins(*(scale.length(one) for one in sides))
    if isinstance(layout, QGridLayout):
        layout.setHorizontalSpacing(scale.length(layout.horizontalSpacing()))
        layout.setVerticalSpacing(scale.length(layout.verticalSpacing()))
    elif isinstance(layout, QBoxLayout):
        layout.setSpacing(scale.length(layout.spacing()))
        for item in (layout.itemAt(place) for place in range(layout.count())):
            space = item.spacerItem() if item is not None else None
            if isinstance(space, QSpacerItem) and not space.sizeHint().isNull():
                size, policy = scale.size(space.sizeHint()), space.sizePolicy()
                space.changeSize(size.width(), size.height(), policy.horizontalPolicy(), policy.verticalPolicy())
    layout.invalidate()


def _zoom_plot(plot: pg.PlotWidget, scale: _Scale) -> None:
    inside = plot.getPlotItem().layout
    inside.setContentsMargins(*(scale.length(one) for one in inside.getContentsMargins()))
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        if axis.fixedWidth is not None:
            axis.setWidth(scale.length(axis.fixedWidth))
        if axis.fixedHeight is not None:
            axis.setHeight(scale.length(axis.fixedHeight))
        offset, hidden = axis.style["tickTextOffset"][side == "bottom"], axis.style["hideOverlappingLabels"]
        axis.setStyle(tickTextOffset=scale.length(offset), hideOverlappingLabels=scale.length(hidden))
    for item in plot.getPlotItem().items:
        # Points that have sizes of their own get them from their view.
        if isinstance(item, pg.ScatterPlotItem) and (item.data["size"] < 0).all():
            item.setSize(scale.length(item.opts["size"]))
