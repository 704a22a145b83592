"""What the pictures of the gradients have in common: their margins, title, axis of steps, and marks."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter

from ui.look import theme
from ui.look.numbers import short_text
from ui.look.theme import px
from ui.views.chart.axes import even_ticks
from ui.views.chart.plot import LEFT, write_centred
from ui.views.gradients.scales import GradientQuantity, SizeScale

TOP, BOTTOM, AXIS = 20, 38, 40
"""Pixels above and below a picture, and for the numbers beside the lines."""
_HEALTHY = (3e-4, 3e-3)
"""Where the ratio of an update to the weights is healthy for many networks."""


def write_title(painter: QPainter, box: QRectF, text: str) -> None:
    """Write a title above a picture."""
    painter.setPen(QColor(theme.current().quiet))
    painter.drawText(QRectF(box.left(), 0, box.width(), px(TOP - 4)), LEFT, text)


def paint_steps(painter: QPainter, box: QRectF, limit: float) -> None:
    """The axis of the steps, from 0 to `limit`, below a picture."""
    painter.setPen(QColor(theme.current().quiet))
    under = box.bottom() + px(4)
    for tick in even_ticks(0, limit, int(box.width() // px(64))):
        x = box.left() + box.width() * tick / limit
        write_centred(painter, x, under, short_text(tick), box.left() - px(8), box.right())
    write_centred(painter, box.center().x(), under + painter.fontMetrics().height(), "step", 0, box.right() + px(AXIS))


def healthy_span(quantity: GradientQuantity, scale: SizeScale) -> tuple[float, float] | None:
    """Where healthy updates stand on a scale, 0…1; None for other sizes."""
    if quantity.field != "update_ratio":
        return None
    low, high = scale.places(np.array(_HEALTHY)).tolist()
    return low, high


def healthy_colour() -> QColor:
    """The band of healthy updates."""
    look = theme.current()
    return QColor(theme.blend(look.surface, look.accent, 0.14))


def hatch(painter: QPainter, box: QRectF) -> None:
    """Mark where a layer has no sizes: its emptiness means nothing."""
    look = theme.current()
    painter.fillRect(box, QColor(look.raised))
    painter.fillRect(box, QBrush(QColor(theme.blend(look.raised, look.quiet, 0.5)), Qt.BrushStyle.BDiagPattern))
