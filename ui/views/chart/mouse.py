"""The mouse over a chart."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPointF, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget


class Mouse(QObject):
    """Where the mouse is over a widget."""

    moved = Signal()
    """It has moved there, or left."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.place: QPointF | None = None
        """None while it is elsewhere."""
        widget.setMouseTracking(True)
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self._be_at(None)
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._be_at(self.found(event.position()))
        return False

    def found(self, position: QPointF) -> QPointF | None:
        """A position on the widget as a place of the picture; None beside it."""
        return position

    def _be_at(self, place: QPointF | None) -> None:
        if place is not None or self.place is not None:
            self.place = place
            self.moved.emit()


class PlotMouse(Mouse):
    """Where the mouse is over a plot, in the plot's own coordinates."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot.viewport())
        self._plot = plot

    def found(self, position: QPointF) -> QPointF | None:
        """A place between the axes."""
        scene, box = self._plot.mapToScene(position.toPoint()), self._plot.getViewBox()
        return box.mapSceneToView(scene) if box.sceneBoundingRect().contains(scene) else None
