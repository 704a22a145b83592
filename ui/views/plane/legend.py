"""The look of points, and the legend of the decision boundary: the meaning of its marks and colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TEST, TRAIN, VALIDATION, Sample

from ...forms.buttons import tip
from ...guard.faults import guarded
from ...look import theme
from ...look.numbers import short_text
from ...look.theme import px
from ..chart.plot import pen, small_font, write
from .field import ValueRange, channels, uncertainty_table

SYMBOLS = ("o", "s", "t1", "d", "p", "star", "h", "t", "t2", "t3")
"""pyqtgraph's names of the shapes, by class."""
_RING, LARGEST_RING, _SMALLEST_RING = 13.0, 60.0, 9.0
"""Diameters of rings in pixels: around a wrong point, for an error of half the range, the least visible."""
_MOST_RINGS = 300
"""The largest number of rings of errors; small ones among many would only be a haze."""


def mark_style(colour: str, filled: bool, outline: float = 1.0) -> tuple[QPen, QBrush]:
    """The pen and the brush of a point: filled with an outline in the background's colour, or hollow."""
    look = theme.current()
    if filled:
        return pen(look.surface, outline), QBrush(QColor(colour))
    inside = QColor(look.surface)
    inside.setAlpha(150)
    return pen(colour, 1.5), QBrush(inside)


def ring_style(colour: str) -> QPen:
    return pen(colour, 1.8)


def _rings(places: Array, size: float | Array, lines: QPen | list[QPen]) -> dict[str, object]:
    return {"pos": places, "size": theme.exact_px(1) * size, "symbol": "o", "pen": lines, "brush": None}


def wrong_rings(sample: Sample, wrong: Array) -> dict[str, object]:
    """A ring around each of these points, as arguments of `ScatterPlotItem.setData`."""
    return _rings(sample.x[wrong], _RING, ring_style(theme.current().text))


def miss_rings(sample: Sample, indices: Array, amounts: Array, scale: ValueRange) -> dict[str, object]:
    """Rings as large as the errors, in the colour of the answer: too high or too low."""
    amounts = np.nan_to_num(amounts, posinf=1e300, neginf=-1e300)
    sizes = np.minimum(np.abs(amounts) / scale.half, 1.0) * LARGEST_RING
    kept = np.argsort(-sizes, kind="stable")[:_MOST_RINGS]
    kept = kept[sizes[kept] >= _SMALLEST_RING]
    low, high = (ring_style(colour) for colour in theme.current().classes[:2])
    return _rings(sample.x[indices[kept]], sizes[kept], [high if amounts[k] > 0 else low for k in kept])


def picked_ring(sample: Sample, index: int) -> dict[str, object]:
    """The mark of the picked point, larger than the ring around a mistake."""
    return _rings(sample.x[[index]], _RING + 7, pen(theme.current().accent, 3.0))


def spots(sample: Sample, drawn: Array, scale: ValueRange) -> dict[str, Any]:
    """The points as arguments of `ScatterPlotItem.setData`."""
    size = 8.0 if len(drawn) <= 300 else 7.0 if len(drawn) <= 700 else 5.5
    colours, symbols = _point_looks(sample, drawn, scale)
    tests = sample.split[drawn] == TEST
    known: dict[tuple[str, bool], tuple[QPen, QBrush]] = {}
    pens, brushes = [], []
    for colour, part in zip(colours, sample.split[drawn], strict=True):
        key = (colour, part == TRAIN)
        line, brush = known.get(key) or known.setdefault(key, mark_style(*key, outline=size / 8))
        pens.append(line if part != TEST else pen(colour))
        brushes.append(brush)
    return {
        "pos": sample.x[drawn],
        "size": theme.exact_px(1) * np.where(tests, size - 1, size),
        "symbol": ["x" if test else symbol for test, symbol in zip(tests, symbols, strict=True)],
        "pen": pens,
        "brush": brushes,
    }


def _point_looks(sample: Sample, drawn: Array, scale: ValueRange) -> tuple[list[str], list[str]]:
    """Colour and symbol of each drawn point: by class, or by value for regression."""
    look = theme.current()
    if sample.task == "regression":
        shades = _value_shades(look)
        places = (scale.shares(sample.labels[drawn]) * (len(shades) - 1)).round().astype(int)
        return [shades[k] for k in places], ["o"] * len(drawn)
    labels = sample.labels[drawn].astype(int)
    return [look.classes[k % len(look.classes)] for k in labels], [SYMBOLS[k % len(SYMBOLS)] for k in labels]


def _value_shades(look: theme.Theme, steps: int = 33) -> list[str]:
    """The colours of regression's points: the field's order of colours, but strong."""
    stops = [channels(name) for name in (look.classes[0], look.points_middle, look.classes[1])]
    at = np.linspace(0, 2, steps)
    mixed = np.stack([np.interp(at, [0, 1, 2], [stop[k] for stop in stops]) for k in range(3)], axis=1)
    return [QColor(*(int(v) for v in row)).name() for row in mixed]


_LONGEST = 20
"""The longest name in the legend, in characters."""


@dataclass(frozen=True)
class _Entry:
    """One word of the legend with its mark. `filled` tells the training points' look from the hollow one."""

    text: str
    symbol: str
    colour: str
    filled: bool = True
    ring: bool = False
    """A ring around a point, not the point itself."""


class ColourScale(NamedTuple):
    """The texts of the colour bar: the quantity, and its lowest, middle and highest value."""

    name: str
    low: str
    middle: str
    high: str
    sequential: bool = False
    """Whether the colours run from certain to unsure, instead of from low to high."""

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(text for text in self[:4] if text)


class Legend(QWidget):
    """The legend in one line or several: classes and sets, or for values the colours and their numbers."""

    _HEIGHT, _LINE, MARK, GAP, _BAR, _SHORT_BAR = 24, 18, 9, 16, 96, 44

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._entries: tuple[_Entry, ...] = ()
        self._scale: ColourScale | None = None
        self._usual: ColourScale | None = None
        self.setAccessibleName("Legend of the decision boundary")

    def show_entries(
        self, entries: tuple[_Entry, ...], scale: ColourScale | None, usual: ColourScale | None = None
    ) -> bool:
        """Show these marks, and a colour bar if there is a scale; returns whether they changed.

        Only the `usual` scale counts for the room that the legend asks for, so that nothing moves when another one
        comes and goes. In its place the bar gets shorter, and entries without room are left out.
        """
        if (entries, scale, usual) == (self._entries, self._scale, self._usual):
            return False
        self._entries, self._scale, self._usual = entries, scale, usual
        self.setToolTip(tip("Filled points train the network; it never learns from the hollow ones."))
        self.setAccessibleDescription(", ".join(self.texts()))
        self.update()
        return True

    def texts(self) -> tuple[str, ...]:
        return (*(self._scale.words if self._scale else ()), *(entry.text for entry in self._entries))

    def height_for(self, width: int) -> int:
        """Return the height at a width, where entries may need several lines."""
        lines = max((line for _, line, _ in self._places(width, self._scale_width(self._usual))), default=0)
        return px(self._HEIGHT) + lines * px(self._LINE)

    def whole_height_for(self, width: int) -> int:
        """Return the height at a width with the present scale and all entries."""
        lines = max((line for _, line, _ in self._places(width, self._scale_width(self._scale))), default=0)
        return px(self._HEIGHT) + lines * px(self._LINE)

    def line_width(self) -> int:
        """Return the width of everything on one line."""
        metrics = QFontMetrics(small_font())
        usual = self._scale_width(self._usual)
        places = self._places(10**6, usual)
        ends = [x + self._mark_width(one) + metrics.horizontalAdvance(one.text) for x, _, one in places]
        return max(ends, default=usual)

    def _scale_width(self, scale: ColourScale | None, bar: int = _BAR) -> int:
        if scale is None:
            return 0
        words = scale.name + scale.low + scale.high
        return QFontMetrics(small_font()).horizontalAdvance(words) + px(bar + 24 + self.GAP)

    def _bar(self) -> int:
        """The width of the colour bar at zoom 1, shorter where entries would have no room."""
        places = self._places(self.width(), self._scale_width(self._scale))
        return self._BAR if all(line <= self._last_line for _, line, _ in places) else self._SHORT_BAR

    @property
    def _last_line(self) -> int:
        """The number of the last line that there is room for."""
        return max(0, (self.height() - px(self._HEIGHT)) // px(self._LINE))

    def _places(self, width: int, scale_width: int) -> list[tuple[int, int, _Entry]]:
        """Left edge and line of each entry, broken into lines like words."""
        metrics = QFontMetrics(small_font())
        x, line, places = scale_width, 0, []
        for entry in self._entries:
            needed = self._mark_width(entry) + metrics.horizontalAdvance(entry.text)
            if x and x + needed > width:
                x, line = 0, line + 1
            places.append((x, line, entry))
            x += needed + px(self.GAP)
        return places

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font())
            bar = self._bar()
            if self._scale:
                self._paint_scale(painter, self._scale, bar)
            for x, line, entry in self._places(self.width(), self._scale_width(self._scale, bar)):
                if line <= self._last_line:
                    self._paint_entry(painter, x, line * px(self._LINE), entry)

    def _paint_entry(self, painter: QPainter, x: int, y: int, entry: _Entry) -> None:
        if entry.symbol:
            line, brush = mark_style(entry.colour, entry.filled)
            if entry.ring:
                line, brush = ring_style(entry.colour), QBrush()
            elif entry.filled:
                line = QPen(Qt.PenStyle.NoPen)
            painter.save()
            painter.translate(x + (self._mark_width(entry) - px(6)) / 2, y + px(self._HEIGHT) / 2)
            # What the line of a hollow mark is wider than usual must not stick out.
            size = px(self.MARK + 2 * entry.ring) - 1.5 * (theme.zoom() - 1 / self.devicePixelRatioF())
            drawSymbol(painter, entry.symbol, size, line, brush)
            painter.restore()
        painter.setPen(QColor(theme.current().text))
        self._write(painter, x + self._mark_width(entry), y, entry.text)

    def _mark_width(self, entry: _Entry) -> int:
        return px(self.MARK + 6 + 4 * entry.ring) if entry.symbol else 0

    def _paint_scale(self, painter: QPainter, scale: ColourScale, longest: int) -> None:
        """The name, then the bar between its lowest and highest value."""
        look = theme.current()
        painter.setPen(QColor(look.text))
        x = self._write(painter, 0, 0, scale.name) + px(12)
        painter.setPen(QColor(look.quiet))
        x = self._write(painter, x, 0, scale.low) + px(6)
        room = self.width() - x - px(8) - painter.fontMetrics().horizontalAdvance(scale.high)
        bar = QRectF(x, px(self._HEIGHT) / 2 - px(5), min(px(longest), room), px(10))
        table = uncertainty_table(look) if scale.sequential else theme.field_table(look)
        row = np.ascontiguousarray(table[np.newaxis, :, :3])
        painter.drawImage(bar, QImage(row.data, row.shape[1], 1, row.strides[0], QImage.Format.Format_RGB888))
        if longest == self._BAR:
            write(painter, bar.adjusted(0, -px(4), 0, px(4)), Qt.AlignmentFlag.AlignCenter, scale.middle, look.text)
        painter.setPen(QColor(look.quiet))
        self._write(painter, int(bar.right()) + px(6), 0, scale.high)

    def _write(self, painter: QPainter, x: int, y: int, text: str) -> int:
        width = painter.fontMetrics().horizontalAdvance(text)
        box = QRectF(x, y, width + px(2), px(self._HEIGHT))
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        return x + width


def legend_entries(sample: Sample, usable: int, drawn: int, rings: bool = False) -> tuple[_Entry, ...]:
    """The entries of the legend: classes, filled, hollow and crossed points, and rings."""
    look = theme.current()
    entries = [
        _Entry(_shorten_name(name), SYMBOLS[k % len(SYMBOLS)], look.classes[k % len(look.classes)])
        for k, name in enumerate(sample.class_names)
    ]
    if (sample.split == VALIDATION).any():
        entries += [_Entry("training", "o", look.quiet), _Entry("validation", "o", look.quiet, filled=False)]
    if (sample.split == TEST).any():
        entries.append(_Entry("test", "x", look.quiet, filled=False))
    if rings and sample.task == "regression":
        low, high = look.classes[:2]
        entries += [_Entry("too high", "o", high, ring=True), _Entry("too low", "o", low, ring=True)]
    elif rings:
        entries.append(_Entry("wrong", "o", look.text, ring=True))
    if usable > drawn:
        entries.append(_Entry(f"{drawn:,} of {usable:,} points", "", look.quiet))
    return tuple(entries)


def range_scale(name: str, scale: ValueRange) -> ColourScale:
    """The colours of a quantity between the ends of its range."""
    low, high = scale.ends
    return ColourScale(_shorten_name(name), short_text(low), short_text(scale.middle), short_text(high))


def _shorten_name(name: str) -> str:
    """A name from a table, cut where it would push the picture aside."""
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
