"""What the pictures share: axis limits, numbers as text, quiet plots, the mouse over a plot.

Nothing here knows a snapshot. Plots are pyqtgraph's with everything taken off that a person does not need; ticks
are set by us, because limits and texts have to stay put while training runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QMouseEvent, QPalette, QPen
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from playground.catalog.choice import Array
from ui import theme

TEXT_INTERVAL = 250
"""Milliseconds between two changes of a text; faster can't be read."""
LEAPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where an axis may end, times a power of ten."""


# Numbers as text ----------------------------------------------------------------------------------------------


def number_text(value: float | None, digits: int = 3) -> str:
    """A number with sensible digits: 0.0123, 1.2e-7, 12,345; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–" if value is None or math.isnan(value) else "∞"
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-3:
        return power_text(value)
    if size >= 1000:
        return signed(f"{value:,.0f}")
    places = digits - 1 - math.floor(math.log10(size)) if size else digits - 1
    return signed(f"{value:.{max(0, min(places, digits + 1))}f}")


def power_text(value: float) -> str:
    """A number as digits and a power of ten: 3.2e-4."""
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{signed(mantissa)}e{int(exponent)}"


def short_text(value: float) -> str:
    """A tick's number without needless digits: 0.5, 20, 1,500, 250k, 2.5M."""
    for unit, letter in ((1e6, "M"), (1e3, "k")):
        if 1e5 <= abs(value) < 1e9 and abs(value) >= unit:
            return signed(f"{value / unit:.10g}{letter}")
    if abs(value) >= 1e9:
        return power_text(value)
    return signed(f"{value:,.10g}") if abs(value) >= 1e-4 or value == 0 else power_text(value)


def signed(text: str) -> str:
    """`text` with a real minus sign."""
    return text.replace("-", "−")


def percent_text(value: float | None) -> str:
    """A share as percent: 93.1 %."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{100 * value:.1f} %" if value < 0.9995 else "100 %"


def small_font() -> QFont:
    """The font of axes, legends and numbers: the system's, small, with digits of equal width."""
    result = theme.tabular(QApplication.font())
    result.setPixelSize(theme.SMALL)
    return result


def style_words(label: QLabel, colour: str) -> None:
    """Write a label small and in `colour`."""
    style = f"font-size: {theme.SMALL}px; color: {colour};"
    if label.styleSheet() != style:
        label.setFont(small_font())
        label.setStyleSheet(style)


# Limits -------------------------------------------------------------------------------------------------------


def leap_above(value: float) -> float:
    """The first of the LEAPS at or above `value`, which is positive. Limits that grow in leaps seldom change."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next((unit * leap for leap in LEAPS if unit * leap >= value * (1 - 1e-9)), unit * 10)


def even_ticks(low: float, high: float, most: int) -> list[float]:
    """Both ends of an axis, and its middle or its quarters if `most` allows. Halves of the LEAPS are round."""
    parts = 4 if most >= 9 else 2 if most >= 3 else 1
    return [low + (high - low) * k / parts for k in range(parts + 1)]


def peaks(x: Array, y: Array, columns: int = 300) -> tuple[Array, Array]:
    """A curve with few points that looks the same: the lowest and the highest of each run of rows, and the end.

    Runs are a power of two long, so that they stay the same while the curve grows.
    """
    if len(x) <= 4 * columns:
        return x, y
    run = 2 ** math.ceil(math.log2(len(x) / columns))
    starts = np.arange(0, len(x), run)
    extremes = np.stack([np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)], axis=1).ravel()
    return np.append(np.repeat(x[starts], 2), x[-1]), np.append(extremes, y[-1])


def outline_of(*arrays: Array) -> tuple[object, ...]:
    """What tells whether growing arrays have changed since last time: length, first and last row of each."""
    parts: list[object] = [len(arrays[0])]
    if len(arrays[0]):
        parts += [end.tobytes() for array in arrays for end in (array[0], array[-1])]
    return tuple(parts)


# Time and mouse -----------------------------------------------------------------------------------------------


class Throttle(QObject):
    """Runs an action at most once per interval; the last request is never lost."""

    def __init__(self, action: Callable[[], None], parent: QObject, interval: int = TEXT_INTERVAL) -> None:
        super().__init__(parent)
        self._action, self._interval = action, interval
        self._since = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.now)

    def request(self) -> None:
        """Run the action now if the interval has passed, else when it has."""
        if not self._since.isValid() or self._since.elapsed() >= self._interval:
            self.now()
        elif not self._timer.isActive():
            self._timer.start(self._interval - self._since.elapsed())

    def now(self) -> None:
        """Run the action whatever the time."""
        self._timer.stop()
        self._since.start()
        self._action()


class Hover(QObject):
    """Tells where the mouse is over a plot, in the plot's own coordinates."""

    moved = Signal(QPointF)
    left = Signal()

    def __init__(self, plot: pg.PlotWidget) -> None:
        super().__init__(plot)
        self._plot = plot
        plot.viewport().setMouseTracking(True)
        plot.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Watch the mouse; the plot gets every event all the same."""
        if event.type() == QEvent.Type.Leave:
            self.left.emit()
        elif event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._report(event.position())
        return False

    def _report(self, position: QPointF) -> None:
        scene = self._plot.mapToScene(position.toPoint())
        box = self._plot.getViewBox()
        if box.sceneBoundingRect().contains(scene):
            self.moved.emit(box.mapSceneToView(scene))
        else:
            self.left.emit()


# Plots --------------------------------------------------------------------------------------------------------


def pen(colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen whose width stays the same at any zoom."""
    result = QPen(QColor(colour), width, style)
    result.setCosmetic(True)
    return result


def on_surface(view: QWidget) -> None:
    """Let a view stand on the surface colour of the theme in force."""
    changed = QPalette(view.palette())
    changed.setColor(QPalette.ColorRole.Window, QColor(theme.current().surface))
    view.setPalette(changed)
    view.setAutoFillBackground(True)


def quiet_plot(parent: QWidget | None = None) -> pg.PlotWidget:
    """A plot without menu, buttons, mouse zoom or automatic ranges; its limits are set by whoever owns it."""
    plot = pg.PlotWidget(parent, enableMenu=False)
    plot.hideButtons()
    plot.setFrameShape(plot.Shape.NoFrame)
    item = plot.getPlotItem()
    item.layout.setContentsMargins(0, 0, 0, 0)
    item.layout.setSpacing(0)
    box = plot.getViewBox()
    box.setMouseEnabled(False, False)
    box.disableAutoRange()
    box.setDefaultPadding(0)
    for side in ("left", "bottom"):
        plot.getAxis(side).enableAutoSIPrefix(False)
        plot.getAxis(side).setStyle(
            tickLength=0, autoExpandTextSpace=False, autoReduceTextSpace=False, hideOverlappingLabels=24
        )
    return plot


def colour_plot(plot: pg.PlotWidget) -> None:
    """Give a plot the colours and the font of the theme in force."""
    look, font = theme.current(), small_font()
    plot.setBackground(look.surface)
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(pen(look.line))
        axis.setTextPen(look.quiet)
        axis.setTickFont(font)
        axis.setLabel(axis.labelText, **{"color": look.quiet, "font-size": f"{theme.SMALL}px"})


def set_ticks(axis: pg.AxisItem, values: Sequence[float], texts: Sequence[str]) -> None:
    """Put exactly these ticks on an axis."""
    axis.setTicks([list(zip(values, texts, strict=True))])
