"""Loss and accuracy of both sets over the epochs.

The curves keep their extremes however long training gets. Axes grow at once and shrink late. The loss turns to a
logarithmic axis when it spans more than two powers of ten.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground import Snapshot, Wanted
from playground.catalog.choice import Array
from ui import theme
from ui.views.plotting import (
    CalmLimit,
    Hover,
    Throttle,
    colour_plot,
    number_text,
    outline_of,
    pen,
    percent_text,
    quiet_plot,
    set_ticks,
    short_text,
    smaller,
    tabular,
)

BUCKETS = 300
"""A curve is drawn with at most two points for each of so many stretches of epochs."""
AXIS_WIDTH = 44
FLOOR = 1e-12
"""A loss of 0 has no place on a logarithmic axis; this is the lowest."""


def peaks(x: Array, y: Array) -> tuple[Array, Array]:
    """The curve thinned out so that the lowest and highest value of every stretch stay, in order."""
    known = np.isfinite(y)
    x, y = x[known], y[known]
    if len(x) <= 2 * BUCKETS:
        return x, y
    width = len(x) // BUCKETS
    usable = width * (len(x) // width)
    stretches = y[:usable].reshape(-1, width)
    starts = np.arange(len(stretches)) * width
    kept = np.unique(np.concatenate([starts + stretches.argmin(axis=1), starts + stretches.argmax(axis=1), [len(x) - 1]]))
    return x[kept], y[kept]


class Pair(NamedTuple):
    """The curves of the two sets in one plot."""

    plot: pg.PlotWidget
    train: pg.PlotCurveItem
    validation: pg.PlotCurveItem


class CurvesView(QWidget):
    """Two small plots over one another: loss above, accuracy or R² below."""

    wanted = Wanted()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._snapshot: Snapshot | None = None
        self._outline: tuple[object, ...] = ()
        self._mouse: float | None = None
        self._log = False
        self._epochs, self._loss_limit = CalmLimit(10.0), CalmLimit(0.01)
        self._loss, self._accuracy = self._pair("Loss"), self._pair("Accuracy")
        self._loss_words, self._accuracy_words = QLabel(), QLabel()
        self._words = Throttle(self._write, self)
        self._arrange()
        self.apply_theme()

    def _pair(self, name: str) -> Pair:
        plot = quiet_plot(self)
        plot.setAccessibleName(f"{name} over the epochs")
        plot.setToolTip(f"{name} of the training points (solid) and the validation points (dashed) over the epochs.")
        plot.getAxis("left").setWidth(AXIS_WIDTH)
        plot.getPlotItem().layout.setContentsMargins(0, 4, theme.GRID, 0)
        train, validation = pg.PlotCurveItem(skipFiniteCheck=True), pg.PlotCurveItem(skipFiniteCheck=True)
        for curve in (validation, train):
            plot.addItem(curve)
        hover = Hover(plot)
        hover.moved.connect(self._on_moved)
        hover.left.connect(self._on_left)
        return Pair(plot, train, validation)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.GRID, theme.GRID // 2, 0, theme.GRID // 2)
        column.setSpacing(0)
        for words, pair, name in (
            (self._loss_words, self._loss, "Losses"),
            (self._accuracy_words, self._accuracy, "Accuracies"),
        ):
            words.setTextFormat(Qt.TextFormat.RichText)
            words.setAccessibleName(f"{name} of both sets")
            column.addWidget(words)
            column.addWidget(pair.plot, 1)
        self._accuracy.plot.setLabel("bottom", "epoch")
        self._loss.plot.getAxis("bottom").setHeight(4)
        self._loss.plot.getAxis("bottom").setStyle(showValues=False)

    def minimumSizeHint(self) -> QSize:
        """Small, but still legible."""
        return QSize(200, 160)

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        look, small = theme.current(), smaller(self.font())
        for pair in (self._loss, self._accuracy):
            colour_plot(pair.plot, small)
            pair.train.setPen(pen(look.train))
            pair.validation.setPen(pen(look.validation, style=Qt.PenStyle.DashLine))
        for words in (self._loss_words, self._accuracy_words):
            words.setFont(tabular(small))
        self._words.now()

    # What it shows ---------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the histories up to this moment; nothing is redrawn if they did not grow."""
        self._snapshot = snapshot
        outline = (snapshot.sample.task, *outline_of(snapshot.history.epoch, snapshot.history.train_loss))
        if outline == self._outline:
            return
        self._outline = outline
        self._draw(snapshot)
        self._words.request()

    def drawn_epochs(self) -> Array:
        """The epochs at which the training loss is drawn."""
        return np.asarray(self._loss.train.getData()[0] if self._loss.train.getData()[0] is not None else [])

    def is_logarithmic(self) -> bool:
        """Whether the loss has a logarithmic axis."""
        return self._log

    def reading(self) -> str:
        """The words above the plots."""
        return f"{self._loss_words.text()} {self._accuracy_words.text()}"

    # Drawing ---------------------------------------------------------------------------------------------------

    def _draw(self, snapshot: Snapshot) -> None:
        history = snapshot.history
        losses = [peaks(history.epoch, loss) for loss in (history.train_loss, history.validation_loss)]
        self._choose_axis(np.concatenate([loss for _, loss in losses]))
        for curve, (x, y) in zip(self._loss[1:], losses, strict=True):
            curve.setData(x, np.log10(np.maximum(y, FLOOR)) if self._log else y)
        scores = (history.train_accuracy, history.validation_accuracy)
        for curve, score in zip(self._accuracy[1:], scores, strict=True):
            x, y = peaks(history.epoch, score)
            curve.setData(x, np.maximum(y, -1))
        self._set_epochs(float(history.epoch[-1]) if len(history.epoch) else 0.0)
        self._set_scores(snapshot)

    def _choose_axis(self, losses: Array) -> None:
        """Linear or logarithmic, and how far: calmly."""
        losses = np.maximum(losses, FLOOR) if len(losses) else np.array([0.5])
        low, high = float(losses.min()), float(losses.max())
        span = np.log10(high / low)
        self._log = span > 2 or (self._log and span > 1.5)
        axis = self._loss.plot.getAxis("left")
        if self._log:
            bottom, top = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high) + 1e-9))
            powers = list(range(bottom, top + 1))[:: max(1, (top - bottom) // 3)]
            set_ticks(axis, powers, [power(k) for k in powers])
            self._loss.plot.getViewBox().setRange(yRange=(bottom, max(top, bottom + 1)), padding=0.02)
        else:
            limit = self._loss_limit.follow(high)
            set_ticks(axis, [0, limit / 2, limit], [short_text(tick) for tick in (0, limit / 2, limit)])
            self._loss.plot.getViewBox().setRange(yRange=(0, limit), padding=0.02)

    def _set_epochs(self, last: float) -> None:
        limit = self._epochs.follow(last)
        for pair in (self._loss, self._accuracy):
            pair.plot.getViewBox().setRange(xRange=(0, limit), padding=0)
        ticks = [0, limit / 2, limit * 0.96]
        set_ticks(self._accuracy.plot.getAxis("bottom"), ticks, ["0", short_text(limit / 2), short_text(limit)])

    def _set_scores(self, snapshot: Snapshot) -> None:
        """Accuracy from 0 to 100 %; R² from 0, or −1 where it is below, to 1."""
        scores = np.concatenate([snapshot.history.train_accuracy, snapshot.history.validation_accuracy])
        negative = snapshot.sample.task == "regression" and bool(np.nanmin(scores, initial=1.0) < 0)
        regression = snapshot.sample.task == "regression"
        ticks = [-1, 0, 1] if negative else [0, 0.5, 1]
        axis = self._accuracy.plot.getAxis("left")
        set_ticks(axis, ticks, [short_text(tick) if regression else f"{100 * tick:.0f} %" for tick in ticks])
        self._accuracy.plot.getViewBox().setRange(yRange=(ticks[0], 1), padding=0.04)

    # Words -----------------------------------------------------------------------------------------------------

    def _on_moved(self, place: QPointF) -> None:
        self._mouse = place.x()
        self._words.now()

    def _on_left(self) -> None:
        self._mouse = None
        self._words.now()

    def _write(self) -> None:
        if self._snapshot is None or not len(self._snapshot.history.epoch):
            return
        history = self._snapshot.history
        row = len(history.epoch) - 1
        if self._mouse is not None:
            row = int(np.clip(np.searchsorted(history.epoch, self._mouse), 0, row))
        at = f" at epoch {history.epoch[row]:,.0f}" if self._mouse is not None else ""
        regression = self._snapshot.sample.task == "regression"
        score = number_text if regression else percent_text
        self._loss_words.setText(
            legend("Loss" + at, number_text(history.train_loss[row]), number_text(history.validation_loss[row]))
        )
        name = "R²" if regression else "Accuracy"
        self._accuracy_words.setText(
            legend(name, score(history.train_accuracy[row]), score(history.validation_accuracy[row]))
        )


def power(exponent: int) -> str:
    """A power of ten for an axis."""
    return "1" if exponent == 0 else f"1e{exponent}".replace("-", "−")


def legend(name: str, train: str, validation: str) -> str:
    """The title of a plot with the present values, each in the look of its curve."""
    look = theme.current()
    return (
        f"<b>{name}</b>&nbsp;&nbsp;<span style='color:{look.train}'>― training {train}</span>&nbsp;&nbsp;"
        f"<span style='color:{look.validation}'>┄ validation {validation}</span>"
    )
