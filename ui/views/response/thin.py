"""The thin response below a slider: where on it outcomes are good, without numbers."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.studies.reading import Reading

from ...forms.buttons import identify
from ...forms.controls import Slider
from ...guard.faults import painted
from ...look import theme
from ...look.theme import exact_px, px
from ..chart.plot import line_path, pen

_HEIGHT = 12
_LIT, _FILL = 90, 60
"""Opacities of the better region and of the area below the curve, of 255."""


class ThinResponse(QWidget):
    """Paints the median outcome over a slider's range, the better the higher; the better region is lit."""

    def __init__(self, slider: Slider, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = slider
        self.reading: Reading | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        identify(self, "response.thin", "Response of the learning rate")

    def sizeHint(self) -> QSize:
        return QSize(px(96), px(_HEIGHT))

    def show_reading(self, reading: Reading | None) -> None:
        """Show a reading; None for nothing."""
        self.reading = reading
        words = "" if reading is None else f"{reading.sentence} {reading.outcome_words}"
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)
            self.setToolTip(words)
        self.update()

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        if self.reading is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint(painter, self.reading)

    def _paint(self, painter: QPainter, reading: Reading) -> None:
        look = theme.current()
        sound = [one for one in reading.values if math.isfinite(one.median)]
        if len(sound) < 2:
            return
        x = np.array([self.slider.x_of(one.place) for one in sound])
        y = (
            self.height()
            - exact_px(1)
            - _goodness(reading, [one.median for one in sound]) * (self.height() - exact_px(2))
        )
        fill, lit = QColor(look.quiet), QColor(look.accent)
        fill.setAlpha(_FILL)
        lit.setAlpha(_LIT)
        floor = float(self.height())
        painter.fillPath(line_path(np.array([x[0], *x, x[-1]]), np.array([floor, *y, floor])), fill)
        edges = np.array([x[0], *((x[1:] + x[:-1]) / 2), x[-1]])
        for one, left, right, top in zip(sound, edges[:-1], edges[1:], y, strict=True):
            if one.is_better:
                painter.fillRect(QRectF(left, top, right - left, floor - top), lit)
        painter.setPen(pen(look.quiet, 1))
        painter.drawPath(line_path(x, y))
        here = self.slider.x_of(reading.present.place)
        painter.setPen(pen(look.accent, 1.5))
        painter.drawLine(QPointF(here, 0), QPointF(here, floor))


def _goodness(reading: Reading, medians: list[float]) -> np.ndarray:
    """How good outcomes are among each other, 0…1; of amounts by their logarithms."""
    values = np.array(medians)
    ranked = -np.log(np.maximum(values, 1e-9)) if reading.scale == "amount" else values
    # A few values that come to nothing good would press all others flat.
    low, high = np.quantile(ranked, 0.1), ranked.max()
    result: np.ndarray = np.clip((ranked - low) / max(high - low, 1e-9), 0, 1)
    return result
