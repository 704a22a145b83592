"""What the pictures share: axis limits, quiet plots, the mouse over a picture, switches.

Nothing here knows a snapshot. Plots are pyqtgraph's with everything taken off that a person does not need; ticks
are set by us, because limits and texts have to stay put while training runs.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPalette, QPen
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget
from superqt import QElidingLabel

from playground.catalog.choice import Array
from ui.forms.controls import IconButton, Segments
from ui.look import theme
from ui.look.numbers import short_text
from ui.look.theme import px, scaled

LEAPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
"""Where an axis may end, times a power of ten."""


# Words ------------------------------------------------------------------------------------------------------


def small_font() -> QFont:
    """The font of axes, legends and numbers: the system's, small, with digits of equal width."""
    result = theme.tabular(QApplication.font())
    result.setPixelSize(px(theme.SMALL))
    return result


def style_words(label: QLabel, colour: str) -> None:
    """Write a label small and in `colour`."""
    style = f"font-size: {px(theme.SMALL)}px; color: {colour};"
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


def decade_ticks(low: float, high: float, most: int) -> tuple[list[float], list[str]]:
    """Whole powers of ten between two powers, at most `most`, and what they say."""
    every = max(1, math.ceil((high - low) / max(1, most)))
    powers = [k for k in range(math.ceil(low), math.floor(high) + 1) if k % every == 0]
    return [float(k) for k in powers], [power_name(k) for k in powers]


def power_name(power: int) -> str:
    """A power of ten as a tick says it: 0.01, 1,000, 1e-4."""
    return short_text(10.0**power) if -3 <= power <= 3 else f"1e{power}"


class CalmLimit:
    """Where an axis ends: it grows at once, in leaps, and shrinks only when far too large for long."""

    PATIENCE = 60
    """Pictures for which less would have been enough before the limit shrinks; about a second."""

    def __init__(self) -> None:
        self.limit = 0.0
        self._enough = 0.0
        self._waited = 0

    def fit(self, needed: float) -> float:
        """The limit that shows everything up to `needed`, which is positive."""
        if needed > self.limit:
            self.limit, self._waited, self._enough = leap_above(needed), 0, 0.0
        elif needed > 0.5 * self.limit:
            self._waited, self._enough = 0, 0.0
        else:
            self._waited, self._enough = self._waited + 1, max(self._enough, needed)
            if self._waited >= self.PATIENCE:
                self.limit, self._waited, self._enough = leap_above(self._enough), 0, 0.0
        return self.limit


def nearest(x: Array, place: float) -> int | None:
    """The row of ascending `x` that is nearest to a place; None if there is no row."""
    if not len(x):
        return None
    after = min(int(np.searchsorted(x, place)), len(x) - 1)
    before = max(0, after - 1)
    return before if place - x[before] < x[after] - place else after


def runs_of(length: int, columns: int) -> int:
    """How many rows, a power of two, go into one of about `columns` columns; so it seldom changes as rows are added."""
    return int(2 ** max(0, math.ceil(math.log2(max(1, length) / columns))))


def peaks(x: Array, y: Array, columns: int = 300) -> tuple[Array, Array]:
    """A curve with few points that looks the same: the lowest and the highest of each run of rows, and the end.

    Runs are a power of two long, so that they stay the same while the curve grows.
    """
    if len(x) <= 4 * columns:
        return x, y
    run = runs_of(len(x), columns)
    starts = np.arange(0, len(x), run)
    extremes = np.stack([np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)], axis=1).ravel()
    return np.append(np.repeat(x[starts], 2), x[-1]), np.append(extremes, y[-1])


def every_run(x: Array, y: Array, columns: int = 300) -> tuple[Array, Array]:
    """A smooth curve with few points: a row of each run, and the end."""
    run = runs_of(len(x), columns)
    return (x, y) if run == 1 else (np.append(x[::run], x[-1]), np.append(y[::run], y[-1]))


def smoothed(y: Array, window: int) -> Array:
    """The mean of the `window` rows around each row, an odd number; of fewer at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(y)])
    rows = np.arange(len(y))
    first, last = np.maximum(rows - window // 2, 0), np.minimum(rows + window // 2 + 1, len(y))
    result: Array = (sums[last] - sums[first]) / (last - first)
    return result


def band(x: Array, y: Array, run: int) -> tuple[Array, Array]:
    """The outline of a band from the lowest to the highest of each `run` of rows; no row lies outside."""
    if not len(x):
        return x, y
    starts = np.arange(0, len(x), run)
    at = x[np.minimum(starts + run // 2, len(x) - 1)]
    at = np.concatenate([x[:1], at, x[-1:]])
    low, high = (np.pad(extreme.reduceat(y, starts), 1, mode="edge") for extreme in (np.minimum, np.maximum))
    return np.concatenate([at, at[::-1]]), np.concatenate([low, high[::-1]])


def outline_of(*arrays: Array) -> tuple[object, ...]:
    """What tells whether growing arrays have changed since last time: length, first and last row of each."""
    parts: list[object] = [len(arrays[0])]
    if len(arrays[0]):
        parts += [end.tobytes() for array in arrays for end in (array[0], array[-1])]
    return tuple(parts)


# The mouse -----------------------------------------------------------------------------------------------


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
        """Watch the mouse; the widget gets every event all the same."""
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


class Cursor(pg.InfiniteLine):
    """The upright line of a plot at the place that is read."""

    def __init__(self) -> None:
        super().__init__(angle=90, movable=False)
        self.hide()

    def show_at(self, x: float | None) -> None:
        """Stand there, or nowhere."""
        if x is not None:
            self.setValue(x)
        self.setVisible(x is not None)

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        self.setPen(pen(theme.current().quiet))


# Plots --------------------------------------------------------------------------------------------------------


def pen(colour: str, width: float = 1.0, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> QPen:
    """A pen whose width, right at the usual size of everything, stays the same at any zoom."""
    app = QApplication.instance()
    # Qt counts the width of such a pen in pixels of the screen.
    ratio = app.devicePixelRatio() if isinstance(app, QApplication) else 1.0
    result = QPen(QColor(colour), scaled(width) * ratio, style)
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
    # The menu is made all the same; without a parent it, and all that it knows, would outlive the plot.
    item.ctrlMenu.setParent(plot, item.ctrlMenu.windowFlags())
    item.layout.setContentsMargins(0, 0, 0, 0)
    item.layout.setSpacing(0)
    box = plot.getViewBox()
    box.setMouseEnabled(False, False)
    box.disableAutoRange()
    box.setDefaultPadding(0)
    for side in ("left", "bottom"):
        plot.getAxis(side).enableAutoSIPrefix(False)
        plot.getAxis(side).setStyle(
            tickLength=0, autoExpandTextSpace=False, autoReduceTextSpace=False, hideOverlappingLabels=px(24)
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
        axis.setLabel(axis.labelText, **{"color": look.quiet, "font-size": f"{px(theme.SMALL)}px"})
        # It is placed only when the axis changes its size.
        axis.resizeEvent(None)


def show_across(plot: pg.PlotWidget, title: str) -> None:
    """Give a plot numbers and a title below, clear of the lowest number at its left."""
    axis = plot.getAxis("bottom")
    axis.setStyle(tickTextOffset=px(6))
    axis.setHeight(px(36))
    axis.setLabel(title)


def title_axis(axis: pg.AxisItem, text: str) -> None:
    """Write `text`, cut if it is too long, in the middle below an axis."""
    room = max(px(60), int(axis.width()) - px(16))
    shown = QFontMetrics(small_font()).elidedText(text, Qt.TextElideMode.ElideRight, room)
    axis.setLabel(html.escape(shown))
    # It is put in the middle only when the axis changes its size.
    axis.resizeEvent(None)


def set_ticks(axis: pg.AxisItem, values: Sequence[float], texts: Sequence[str]) -> None:
    """Put exactly these ticks on an axis."""
    axis.setTicks([list(zip(values, texts, strict=True))])


# Painting -----------------------------------------------------------------------------------------------------

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


def write_centred(painter: QPainter, x: float, top: float, text: str, low: float, high: float) -> None:
    """Write `text` with its middle at `x`, moved inwards where it would leave low…high."""
    metrics = painter.fontMetrics()
    width = metrics.horizontalAdvance(text) + px(2)
    left = min(max(x - width / 2, low), high - width)
    painter.drawText(QRectF(left, top, width, metrics.height()), CENTRE, text)


class Words(QElidingLabel):
    """A small quiet line of words that takes whatever room there is and is cut where there is too little."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("quiet", True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFont(small_font())

    def say(self, text: str) -> None:
        """Write this, unless it stands there already."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleDescription(text)


# Switches -----------------------------------------------------------------------------------------------------


class Option(NamedTuple):
    """One of the ways in which a picture can be drawn: its name in code, its text and what it does."""

    value: str
    text: str
    help: str


class Choices(Segments):
    """A few options side by side, the first of which is chosen until another one is."""

    picked = Signal(str)
    """The value of the option that has just been chosen."""

    def __init__(self, name: str, caption: str, options: Sequence[Option], parent: QWidget | None = None) -> None:
        super().__init__([option.text for option in options], parent)
        self.caption, self.options = caption, tuple(options)
        self.setObjectName(name)
        self.setAccessibleName(caption)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        advance = QFontMetrics(small_font()).horizontalAdvance
        for button, option in zip(self.buttons, options, strict=True):
            button.setObjectName(f"{name}.{option.value}")
            button.setAccessibleName(f"{caption}: {option.text}")
            button.setToolTip(option.help)
            button.setMinimumWidth(max(px(28), advance(option.text) + px(14)))
        self.show_index(0)
        self.chosen.connect(self._on_chosen)

    @property
    def value(self) -> str:
        """The option in force."""
        return self.options[self.group.checkedId()].value

    def _on_chosen(self, index: int) -> None:
        self.picked.emit(self.options[index].value)


class Panel(QFrame):
    """Named controls under each other, in a window of its own that closes at a click beside it or Escape."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("card", True)
        self.setAccessibleName("Settings of the picture")
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(*[px(theme.GRID + theme.GRID // 2)] * 4)
        self.grid.setHorizontalSpacing(px(theme.GRID + theme.GRID // 2))
        self.grid.setVerticalSpacing(px(theme.GRID))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape puts it away."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


class Controls(QWidget):
    """Named controls in one line. Those without room stand in a panel that a button at the end opens."""

    GAP = theme.GRID

    def __init__(self, name: str, parent: QWidget | None = None, always_named: bool = False) -> None:
        """`always_named`: rather into the panel than into the line without its caption."""
        super().__init__(parent)
        self.setObjectName(name)
        self._always_named = always_named
        self.panel = Panel(self)
        self.button = IconButton(
            "faders-horizontal",
            "Settings of the picture",
            "How this picture is drawn. It changes nothing about the training.",
            self,
        )
        self.button.setObjectName(f"{name}.more")
        self.button.setProperty("small", True)
        self.button.clicked.connect(self.open_panel)
        self._named: list[tuple[QLabel, Choices]] = []
        self._inside, self._captions = 0, False
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(0)
        self._line.addWidget(self.button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(26))

    def add(self, control: Choices) -> Choices:
        """Take in a control; those added first are the last to move into the panel."""
        label = QLabel(control.caption)
        label.setProperty("quiet", True)
        label.setBuddy(control.buttons[0])
        self._named.append((label, control))
        self._arrange(0, False)
        return control

    def fit(self, room: int) -> int:
        """Put as many controls into the line as `room` pixels hold; returns the width that they take."""
        inside, captions = len(self._named), True
        if self._needed(inside, captions) > room:
            captions = self._always_named
            while inside and self._needed(inside, captions) > room:
                inside -= 1
        if (inside, captions) != (self._inside, self._captions):
            self._arrange(inside, captions)
        return self._needed(inside, captions)

    def inline(self) -> int:
        """How many controls stand in the line; the others are in the panel."""
        return self._inside

    def open_panel(self) -> None:
        """Open the panel below the button, within the screen, with the keyboard in it."""
        self.panel.adjustSize()
        corner = self.button.mapToGlobal(QPoint(self.button.width(), self.button.height() + px(2)))
        screen = self.button.screen().availableGeometry()
        x = min(max(corner.x() - self.panel.width(), screen.left()), screen.right() - self.panel.width())
        y = min(corner.y(), screen.bottom() - self.panel.height())
        self.panel.move(x, y)
        self.panel.show()
        first = self._named[self._inside][1]
        button = first.group.checkedButton() or first.buttons[0]
        button.setFocus(Qt.FocusReason.PopupFocusReason)

    def _needed(self, inside: int, captions: bool) -> int:
        """The width of the line with so many controls in it."""
        gap = px(self.GAP)
        width = 0 if inside == len(self._named) else self.button.sizeHint().width() + gap
        for label, control in self._named[:inside]:
            width += control.sizeHint().width() + gap
            width += label.sizeHint().width() + px(6) if captions else 0
        return max(0, width - gap)

    def _arrange(self, inside: int, captions: bool) -> None:
        self._inside, self._captions = inside, captions
        while self._line.count():
            self._line.takeAt(0)
        for place, (label, control) in enumerate(self._named):
            if place < inside:
                if place:
                    self._line.addSpacing(px(self.GAP))
                label.setParent(self)
                control.setParent(self)
                if captions:
                    self._line.addWidget(label)
                    self._line.addSpacing(px(6))
                label.setVisible(captions)
                self._line.addWidget(control)
            else:
                self.panel.grid.addWidget(label, place, 0)
                self.panel.grid.addWidget(control, place, 1)
                label.show()
            control.show()
        self.button.setVisible(inside < len(self._named))
        if inside < len(self._named):
            if inside:
                self._line.addSpacing(px(self.GAP))
            self._line.addWidget(self.button)
