"""The thin response in a slider: a curve that shows where outcomes are good, without numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from playground.studies.reading import ResponseReading, ValueOutcome

from ...forms.buttons import identify, tip
from ...forms.controls import Slider
from ...guard.faults import painted
from ...look import theme
from ...look.theme import exact_px
from ..chart.plot import line_path, pen

_LIT, _FILL = 90, 60
"""Opacities of the better region and of the area below the curve, of 255."""


_HELP = (
    "The curve above the slider shows what other learning rates lead to: the higher, the better. It is lit around "
    "the best one if that is clearly better than the present one, and flat where nothing differs."
)
_LEAST_SPREAD = 0.02
"""The least difference that the whole height stands for: of logarithms of amounts, or of shares."""


class ThinResponse(QWidget):
    """Paints the median outcome over a slider's groove, the better the higher; the better region is lit."""

    def __init__(self, slider: Slider) -> None:
        super().__init__(slider)
        self.slider = slider
        self.reading: ResponseReading | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        identify(self, "response.thin", "Response of the learning rate", tip(_HELP))
        slider.installEventFilter(self)
        self.resize(slider.size())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.resize(self.slider.size())
        elif isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self.reading is not None:
            # The mouse reaches the slider through this widget.
            QToolTip.showText(event.globalPos(), self.slider.toolTip() + self.toolTip(), self.slider)
            return True
        return False

    def show_reading(self, reading: ResponseReading | None) -> None:
        """Show a reading; None for nothing."""
        self.reading = reading
        self.setAccessibleDescription("" if reading is None else f"{reading.sentence} {reading.outcome_words}")
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.reading is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            handle, whole = QPainterPath(), QPainterPath()
            handle.addEllipse(self.slider.handle().adjusted(*[-exact_px(1)] * 2, *[exact_px(1)] * 2))
            whole.addRect(QRectF(self.rect()))
            painter.setClipPath(whole.subtracted(handle))
            self._paint(painter, self.reading)

    def _paint(self, painter: QPainter, reading: ResponseReading) -> None:
        look = theme.current()
        sound = [one for one in reading.values if math.isfinite(one.median)]
        if len(sound) < 2:
            return
        x = np.array([self.slider.x_of(one.place) for one in sound])
        floor = self.slider.handle().center().y() - exact_px(2)
        y = floor - _goodness(reading, sound) * (floor - exact_px(1))
        fill, lit = QColor(look.quiet), QColor(look.accent)
        fill.setAlpha(_FILL)
        lit.setAlpha(_LIT)
        painter.fillPath(line_path(np.array([x[0], *x, x[-1]]), np.array([floor, *y, floor])), fill)
        better = reading.better_values
        edges = np.array([x[0], *((x[1:] + x[:-1]) / 2), x[-1]])
        for one, left, right, top in zip(sound, edges[:-1], edges[1:], y, strict=True):
            if one in better:
                painter.fillRect(QRectF(left, top, right - left, floor - top), lit)
        painter.setPen(pen(look.quiet, 1))
        painter.drawPath(line_path(x, y))


def _goodness(reading: ResponseReading, sound: Sequence[ValueOutcome]) -> np.ndarray:
    """The places of outcomes between the worst, 0, and the best, 1; on a logarithmic scale for amounts.

    Where they differ by less than the starts of one value do, they stay near 0.
    """
    values = np.array([(one.low, one.median, one.high) for one in sound])
    ranked = -np.log(np.maximum(values, 1e-9)) if reading.scale == "amount" else values
    band, medians = np.median(np.abs(ranked[:, 2] - ranked[:, 0])), ranked[:, 1]
    # A few values that come to nothing good would press all others flat.
    low, high = np.quantile(medians, 0.1), medians.max()
    result: np.ndarray = np.clip((medians - low) / max(high - low, band, _LEAST_SPREAD), 0, 1)
    return result
