"""The bars: how large the size of each layer is now. Their axis is the legend of the colours."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from ui.look import theme
from ui.look.theme import exact_px, px
from ui.views.chart.plot import pen, write_centred
from ui.views.gradients.axes import hatch, healthy_colour, healthy_span, write_title
from ui.views.gradients.heat import PREMULTIPLIED
from ui.views.gradients.scales import size_colours
from ui.views.gradients.sizes import Sizes

_THICKEST = 18.0


class SizeBars:
    """A bar per layer, input side first."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def paint(self, painter: QPainter, box: QRectF) -> None:
        """Draw them with their axis."""
        write_title(painter, box, "now")
        span = healthy_span(self.sizes.quantity, self.sizes.scale)
        if span is not None:
            low, high = (box.left() + place * box.width() for place in span)
            painter.fillRect(QRectF(low, box.top(), high - low, box.height()), healthy_colour())
        self._paint_axis(painter, box)
        self._paint_bars(painter, box)

    def _paint_axis(self, painter: QPainter, box: QRectF) -> None:
        look, scale, line = theme.current(), self.sizes.scale, painter.fontMetrics().height()
        strip = QRectF(box.left(), box.bottom(), box.width(), px(5))
        row = np.ascontiguousarray(theme.magnitude_table()[np.newaxis])
        painter.drawImage(strip, QImage(row.data, row.shape[1], 1, row.strides[0], PREMULTIPLIED))
        painter.setPen(QColor(look.quiet))
        words = "log scale" if scale.logarithmic else "linear scale"
        far = box.right() + px(80)
        write_centred(painter, box.center().x(), box.bottom() + px(4) + line, words, 0, far)
        for place, text in self._ticks(painter.fontMetrics().horizontalAdvance("1e-8") + px(6), box.width()):
            x = box.left() + box.width() * place
            painter.setPen(pen(look.line))
            painter.drawLine(QPointF(round(x), box.top()), QPointF(round(x), box.bottom()))
            painter.setPen(QColor(look.quiet))
            write_centred(painter, x, strip.bottom(), text, box.left() - px(8), far)

    def _ticks(self, room: int, width: float) -> list[tuple[float, str]]:
        """As many as stand apart where each needs some room, at least one."""
        scale, every = self.sizes.scale, self.sizes.quantity.every
        ticks = scale.ticks(every)
        while len(ticks) > 1 and width * (ticks[1][0] - ticks[0][0]) < room:
            every *= 2
            ticks = scale.ticks(every) if scale.logarithmic else [ticks[0], ticks[-1]][: 2 if width >= room else 1]
        return ticks

    def _paint_bars(self, painter: QPainter, box: QRectF) -> None:
        sizes = self.sizes
        lengths = sizes.scale.places(sizes.now) * box.width()
        height = box.height() / max(1, len(lengths))
        thick = min(exact_px(_THICKEST), height - 1 if height >= 3 else height)
        for index, (length, colour) in enumerate(zip(lengths, size_colours(sizes.now, sizes.scale), strict=True)):
            bar = QRectF(box.left(), box.top() + (index + 0.5) * height - thick / 2, box.width(), thick)
            if sizes.states[index]:
                hatch(painter, bar)
            elif not np.isnan(length):
                bar.setWidth(max(exact_px(2.0), length))
                painter.fillRect(bar, QColor(*(int(channel) for channel in colour[:3])))
