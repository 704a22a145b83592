"""Loss and accuracy of both sets over the epochs.

Two small plots with one epoch axis: the loss above, accuracy (R² for regression) below. The words above each plot
are its title, its legend and its present values at once; while the mouse is over a plot, the values at that epoch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.snapshot import History, Snapshot, Wanted
from ui import theme
from ui.faults import guarded
from ui.views.plotting import (
    Hover,
    Throttle,
    colour_plot,
    even_ticks,
    leap_above,
    number_text,
    on_surface,
    outline_of,
    peaks,
    pen,
    percent_text,
    quiet_plot,
    set_ticks,
    short_text,
    small_font,
)

FIRST_EPOCHS = 10.0
"""Epochs that the axis reaches at least."""
DECADES_FOR_LOG = 2.0
SMALLEST, LARGEST = 1e-30, 1e30
"""Losses beyond these are not drawn as what they are; nothing can be seen there anyway."""
AXIS = 48


def series_pens() -> tuple[QPen, QPen]:
    """How the training curve and the validation curve are drawn. Wider lines take Qt ten times as long."""
    look = theme.current()
    return pen(look.train), pen(look.validation, style=Qt.PenStyle.DashLine)


# Axes ---------------------------------------------------------------------------------------------------------


class LossAxis:
    """From 0 up; logarithmic once the losses span more than two decades. A history only grows, so that it is calm."""

    logarithmic = False
    low, high = 0.0, 1.0

    def fit(self, *columns: Array) -> None:
        """Take in all losses of a history."""
        values = np.concatenate([column[np.isfinite(column)] for column in columns])
        values = np.minimum(values, LARGEST)
        positive = values[values > SMALLEST]
        if not len(positive):
            self.logarithmic, self.low, self.high = False, 0.0, 1.0
            return
        least, most = math.log10(positive.min()), math.log10(positive.max())
        self.logarithmic = most - least > DECADES_FOR_LOG
        if self.logarithmic:
            self.low, self.high = math.floor(2 * least) / 2, math.ceil(2 * most) / 2
        else:
            self.low, self.high = 0.0, leap_above(10**most)

    def places(self, values: Array) -> Array:
        """Values as places on the axis."""
        if self.logarithmic:
            return np.log10(np.clip(values, 10**self.low, LARGEST))
        return np.clip(values, 0, LARGEST)

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """Where numbers stand and what they say."""
        if not self.logarithmic:
            at = even_ticks(self.low, self.high, most)
            return at, [short_text(value) for value in at]
        every = max(1, math.ceil((self.high - self.low) / most))
        powers = [k for k in range(math.ceil(self.low), math.floor(self.high) + 1) if k % every == 0]
        return [float(k) for k in powers], [f"{10.0**k:g}" if -3 <= k <= 3 else f"1e{k}" for k in powers]


class ShareAxis:
    """Accuracy or R²: up to 1, from the highest of some fixed ends that leaves nothing out."""

    def __init__(self, ends: tuple[float, ...], text: Callable[[float], str]) -> None:
        self.ends, self.text = ends, text
        self.low, self.high = ends[0], 1.0

    def fit(self, *columns: Array) -> None:
        """Take in all values of a history."""
        values = np.concatenate([column[np.isfinite(column)] for column in columns])
        least = float(values.min()) if len(values) else 1.0
        self.low = next((end for end in self.ends if end <= least), self.ends[-1])

    def places(self, values: Array) -> Array:
        """Values as places on the axis; what is worse than its lowest end stands there."""
        return np.clip(values, self.low, self.high)

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """Both ends, and the middle if there is room."""
        at = [self.low, (self.low + self.high) / 2, self.high] if most > 2 else [self.low, self.high]
        return at, [self.text(value) for value in at]


def accuracy_axis() -> ShareAxis:
    """The axis of accuracy, in percent."""
    return ShareAxis((0.5, 0.0), lambda value: f"{100 * value:.0f} %")


def r_squared_axis() -> ShareAxis:
    """The axis of R²: 1 is perfect, 0 no better than the mean."""
    return ShareAxis((0.0, -1.0), short_text)


# Pieces -------------------------------------------------------------------------------------------------------


class Heading(QWidget):
    """The line above a plot: its title, and for each set a piece of its curve, its name and its value."""

    HEIGHT, TITLE, MARK, GAP = 20, 64, 16, 12

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.title = ""
        self.values: tuple[str, str] = ("–", "–")
        self.setFixedHeight(self.HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, title: str, values: tuple[str, str]) -> None:
        """Show these values of training and validation."""
        if (title, values) != (self.title, self.values):
            self.title, self.values = title, values
            self.setAccessibleName(f"{title}: training {values[0]}, validation {values[1]}")
            self.update()

    def text(self) -> str:
        """The whole line as text."""
        return f"{self.title} training {self.values[0]} validation {self.values[1]}"

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Write in columns that stay where they are whatever the values."""
        look = theme.current()
        names, widths, value_width = self._columns()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font())
            painter.setPen(QColor(look.text))
            painter.drawText(QRectF(0, 0, self.TITLE, self.HEIGHT), Qt.AlignmentFlag.AlignVCenter, self.title)
            x = float(self.TITLE)
            for name, width, value, line in zip(names, widths, self.values, series_pens(), strict=True):
                self._paint_mark(painter, x, line)
                x += self.MARK + 6
                if width:
                    painter.setPen(QColor(look.quiet))
                    painter.drawText(QRectF(x, 0, width, self.HEIGHT), Qt.AlignmentFlag.AlignVCenter, name)
                painter.setPen(QColor(look.text))
                box = QRectF(x + width, 0, value_width, self.HEIGHT)
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, value)
                x += width + value_width + self.GAP

    def _columns(self) -> tuple[tuple[str, str], list[int], int]:
        """The names of the sets, as long as there is room for, their widths and that of a value."""
        advance = QFontMetrics(small_font()).horizontalAdvance
        value_width = advance("99.9 %") + 2
        for names in (("training", "validation"), ("train", "val.")):
            widths = [advance(name) + 6 for name in names]
            if self.TITLE + sum(widths) + 2 * (self.MARK + 6 + value_width) + self.GAP <= self.width():
                return names, widths, value_width
        return ("", ""), [0, 0], value_width

    def _paint_mark(self, painter: QPainter, x: float, line: QPen) -> None:
        painter.setPen(line)
        painter.drawLine(QPointF(x, self.HEIGHT / 2 + 0.5), QPointF(x + self.MARK, self.HEIGHT / 2 + 0.5))


class CurvePlot(QWidget):
    """One plot with its heading: the curves of training and of validation."""

    def __init__(self, parent: QWidget, axis: LossAxis | ShareAxis, with_epochs: bool) -> None:
        super().__init__(parent)
        self.axis = axis
        self.heading = Heading(self)
        self.plot = quiet_plot(self)
        self.plot.getAxis("left").setWidth(AXIS)
        self.plot.getPlotItem().layout.setContentsMargins(0, 6, 22, 0)
        if with_epochs:
            self.plot.getAxis("bottom").setHeight(32)
            self.plot.getAxis("bottom").setLabel("epoch")
        else:
            self.plot.getAxis("bottom").setStyle(showValues=False)
            self.plot.getAxis("bottom").setHeight(6)
        self.curves = [pg.PlotCurveItem(skipFiniteCheck=True, antialias=True) for _ in range(2)]
        self.marker = pg.InfiniteLine(angle=90, movable=False)
        self.marker.hide()
        for item in (self.marker, *reversed(self.curves)):
            self.plot.addItem(item, ignoreBounds=True)
        self._limits: tuple[object, ...] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.heading)
        layout.addWidget(self.plot, 1)

    def draw(self, epochs: Array, train: Array, validation: Array, last: float) -> None:
        """Draw both curves; limits and ticks are touched only when they change."""
        self.axis.fit(train, validation)
        for curve, values in zip(self.curves, (train, validation), strict=True):
            known = np.isfinite(values)
            curve.setData(*peaks(epochs[known], self.axis.places(values[known])))
        self.fit_limits(last)

    def fit_limits(self, last: float) -> None:
        """Let the axes reach what the curves need."""
        room = self.plot.getViewBox()
        across, down = max(2, int(room.width() // 60)), max(2, int(room.height() // 24))
        limits = (last, self.axis.low, self.axis.high, across, down, getattr(self.axis, "logarithmic", False))
        if limits == self._limits:
            return
        self._limits = limits
        # A little room above, so that a curve along the upper end shows its whole width.
        above = 0.03 * (self.axis.high - self.axis.low)
        room.setRange(xRange=(0, last), yRange=(self.axis.low, self.axis.high + above), padding=0)
        at = even_ticks(0, last, across)
        set_ticks(self.plot.getAxis("bottom"), at, [short_text(value) for value in at])
        set_ticks(self.plot.getAxis("left"), *self.axis.ticks(down))

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        colour_plot(self.plot)
        for curve, line in zip(self.curves, series_pens(), strict=True):
            curve.setPen(line)
        self.marker.setPen(pen(theme.current().quiet))
        self.heading.update()


# The view -----------------------------------------------------------------------------------------------------


class CurvesView(QWidget):
    """Loss above, accuracy or R² below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = Wanted()
        self.setAccessibleName("Loss and accuracy over the epochs")
        self._snapshot: Snapshot | None = None
        self._drawn: tuple[object, ...] = ()
        self._hovered: float | None = None
        self._loss = CurvePlot(self, LossAxis(), with_epochs=False)
        self._score = CurvePlot(self, accuracy_axis(), with_epochs=True)
        self._loss.plot.setAccessibleName("Loss of training and validation over the epochs")
        self._score.plot.setAccessibleName("Accuracy of training and validation over the epochs")
        self._plots = (self._loss, self._score)
        for part in self._plots:
            part.plot.setToolTip("Solid: the points that train. Dashed: points kept out, to see overfitting.")
            hover = Hover(part.plot)
            hover.moved.connect(self._on_moved)
            hover.left.connect(self._on_left)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID, theme.GRID, 0, theme.GRID)
        layout.setSpacing(0)
        layout.addWidget(self._loss, 10)
        layout.addWidget(self._score, 9)
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()

    # What it shows ---------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn anew if no row has been added."""
        before, self._snapshot = self._snapshot, snapshot
        if before is None or before.sample.task != snapshot.sample.task:
            self._score.axis = accuracy_axis() if snapshot.sample.task == "classification" else r_squared_axis()
            self._drawn = ()
        now = outline_of(*drawn_columns(snapshot.history))
        if now != self._drawn:
            self._drawn = now
            self._draw()
        if before is None:
            self._write.now()
        elif before.evaluation != snapshot.evaluation or before.sample is not snapshot.sample:
            self._write.request()

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        on_surface(self)
        for part in self._plots:
            part.apply_theme()

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(300, 240)

    def minimumSizeHint(self) -> QSize:
        """Two plots that can still be read."""
        return QSize(200, 170)

    def drawn_epochs(self) -> Array:
        """The epochs at which the training loss is drawn."""
        x, _ = self._loss.curves[0].getData()
        return np.zeros(0) if x is None else x.copy()

    def drawn_validation_epochs(self) -> Array:
        """The epochs at which the validation loss is drawn; empty without a validation set."""
        x, _ = self._loss.curves[1].getData()
        return np.zeros(0) if x is None else x.copy()

    def loss_is_logarithmic(self) -> bool:
        """Whether the axis of the loss is logarithmic."""
        return isinstance(self._loss.axis, LossAxis) and self._loss.axis.logarithmic

    def drawn_losses(self) -> Array:
        """The training losses as drawn, as powers of ten on a logarithmic axis."""
        _, y = self._loss.curves[0].getData()
        return np.zeros(0) if y is None else y.copy()

    def texts(self) -> tuple[str, str]:
        """The lines above the two plots."""
        return self._loss.heading.text(), self._score.heading.text()

    def epoch_text(self) -> str:
        """The title of the epoch axis, which names the epoch under the mouse."""
        return str(self._score.plot.getAxis("bottom").labelText)

    # Drawing and words -----------------------------------------------------------------------------------------

    def _draw(self) -> None:
        assert self._snapshot is not None
        history = self._snapshot.history
        last = leap_above(max(FIRST_EPOCHS, float(history.epoch[-1]) if len(history.epoch) else 0.0))
        self._loss.draw(history.epoch, history.train_loss, history.validation_loss, last)
        self._score.draw(history.epoch, history.train_accuracy, history.validation_accuracy, last)

    def resizeEvent(self, event: object) -> None:
        """More room has room for more ticks."""
        if self._snapshot is not None:
            self._draw()

    def _on_moved(self, place: QPointF) -> None:
        self._hovered = place.x()
        self._show_texts()

    def _on_left(self) -> None:
        if self._hovered is not None:
            self._hovered = None
            self._show_texts()

    def _show_texts(self) -> None:
        if self._snapshot is None:
            return
        row = self._hovered_row()
        history = self._snapshot.history
        values = self._snapshot.evaluation if row is None else tuple(float(c[row]) for c in drawn_columns(history)[1:])
        classes = self._snapshot.sample.task == "classification"
        share = percent_text if classes else number_text
        self._loss.heading.show_values("Loss", (number_text(values[0]), number_text(values[1])))
        self._score.heading.show_values("Accuracy" if classes else "R²", (share(values[2]), share(values[3])))
        epoch = None if row is None else float(history.epoch[row])
        self._score.plot.getAxis("bottom").setLabel("epoch" if epoch is None else f"epoch {epoch:,.0f}")
        for part in self._plots:
            part.marker.setVisible(epoch is not None)
            if epoch is not None:
                part.marker.setValue(epoch)

    def _hovered_row(self) -> int | None:
        """The row of the epoch nearest to the mouse."""
        if self._hovered is None or self._snapshot is None or not len(self._snapshot.history.epoch):
            return None
        epochs = self._snapshot.history.epoch
        after = min(int(np.searchsorted(epochs, self._hovered)), len(epochs) - 1)
        before = max(0, after - 1)
        return before if self._hovered - epochs[before] < epochs[after] - self._hovered else after


def drawn_columns(history: History) -> tuple[Array, Array, Array, Array, Array]:
    """The columns that this view shows, in the order of Evaluation after the epoch."""
    return (
        history.epoch,
        history.train_loss,
        history.validation_loss,
        history.train_accuracy,
        history.validation_accuracy,
    )
