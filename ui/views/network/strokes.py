"""The look of the wires of a network: colour and width by what they carry.

Weights: colour by sign, width and strength by size, compared with the largest weight in the network. Gradients: the
colours of gradient sizes everywhere, on a logarithmic scale that never moves. Wires are sorted into a few dozen
looks, so that each is one pen and one path, and a frame redraws only the looks whose wires have changed.
"""

from __future__ import annotations

import itertools
import struct
from typing import Literal, TypeAlias

import numpy as np
from PySide6.QtCore import QByteArray, QDataStream, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.catalog.choice import Array

from ...forms.buttons import identify
from ...guard.faults import guarded
from ...look import theme
from ...look.numbers import short_text
from ...look.theme import exact_px, px
from ..chart.plot import RIGHT, small_font, write
from ..view import SizedWidget
from .diagram import Wires

Carried: TypeAlias = Literal["weights", "gradients"]

_MOST = 2000
"""The largest number of drawn wires; of more, the largest weights."""
LOWEST, HIGHEST = theme.MAGNITUDES
STEPS = 8
"""Looks of weights for each sign."""
_SHADES = 24
"""Looks of gradients."""
_UNKNOWN = 0
"""The look of a wire of which nothing is known."""
_THINNEST, _THICKEST = 0.6, 4.6
_AIRY = 160
"""Up to this many wires have their full width; more get finer, so that they don't merge into one mass."""
_FINEST = 0.45
_APART = 0.72
"""The distance of the lines that make up a wide wire, in pixels of the screen."""
_DASHES = (4.0, 3.0)


def gradient_places(values: Array) -> Array:
    """The places of gradients on their scale, 0…1, by size; NaN where there is no number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip((np.log10(np.abs(values)) - LOWEST) / (HIGHEST - LOWEST), 0, 1)


def weight_looks(values: Array, largest: float) -> Array:
    """The look of each weight: 1…STEPS for positive ones, −1…−STEPS for negative ones, by size."""
    with np.errstate(invalid="ignore"):
        sizes = np.clip(np.abs(values) / largest, 0, 1) ** 0.8
        looks = np.sign(values) * (1 + np.minimum(sizes * STEPS, STEPS - 1).astype(np.int64, casting="unsafe"))
    return np.where(np.isfinite(values), looks, _UNKNOWN).astype(np.int64, casting="unsafe")


def gradient_looks(values: Array) -> Array:
    """The look of each gradient, 1…SHADES by size."""
    places = gradient_places(values)
    known = np.isfinite(places)
    return np.where(known, 1 + np.minimum(np.where(known, places, 0) * _SHADES, _SHADES - 1), _UNKNOWN).astype(np.int64)


def weight_pen(share: float, positive: bool, colours: theme.Theme, fine: float = 1.0) -> QPen:
    """The pen of a weight whose size is a share 0…1 of the largest; where wires are fine, small ones are paler too."""
    strength = 0.25 + 0.75 * share ** (0.6 / fine)
    colour = theme.blend(colours.line, colours.classes[1 if positive else 0], strength)
    return QPen(QColor(colour), _THINNEST + fine * (_THICKEST - _THINNEST) * share)


def gradient_pen(share: float, table: Array, fine: float = 1.0) -> QPen:
    """The pen of a gradient by its place 0…1 on the scale: it sets the colour and, more gently, the width."""
    red, green, blue, _ = table[int(share * (len(table) - 1) + 0.5)].tolist()
    return QPen(QColor(red, green, blue), 0.8 + fine * 2.6 * share)


def value_colours(values: Array, largest: float, pens: Pens) -> list[int]:
    """The colours of the squares of biases, packed as 0xffRRGGBB, like those of wires."""
    looks = weight_looks(values, largest) if pens.carried == "weights" else gradient_looks(values)
    return [pens.pen(look).color().rgb() for look in looks.tolist()]


class Pens:
    """The pens of all looks, for one theme and for weights or gradients."""

    def __init__(self, carried: Carried) -> None:
        self.carried, self.colours, self.table = carried, theme.current(), theme.magnitude_table()
        self._fine = 1.0
        self._made: dict[int, QPen] = {}
        self._known: Strokes | None = None

    def pen(self, look: int) -> QPen:
        """The pen of a look, as wide as its wires."""
        if look not in self._made:
            if look == _UNKNOWN:
                result = QPen(QColor(self.colours.line), 1.0)
            elif self.carried == "gradients":
                result = gradient_pen((look - 0.5) / _SHADES, self.table, self._fine)
            else:
                result = weight_pen((abs(look) - 0.5) / STEPS, look > 0, self.colours, self._fine)
            result.setCapStyle(Qt.PenCapStyle.FlatCap)
            self._made[look] = result
        return self._made[look]

    def fresh(self, strokes: Strokes) -> bool:
        """Fit the pens to `strokes`; returns whether they were used for others before."""
        known, self._known = self._known, strokes
        if known is strokes:
            return False
        wires = min(len(strokes.wires.layer), _MOST)
        fine = max(_FINEST, min(1.0, (_AIRY / max(wires, 1)) ** 0.5))
        if fine != self._fine:
            self._fine, self._made = fine, {}
        return True


class Strokes:
    """The wires of a drawing, sorted into bundles of one look each.

    Qt draws smooth lines one pixel wide ten times as fast as wider ones, so a wide wire is a few of them side by side.
    """

    def __init__(self, wires: Wires, dashed: Array, ratio: float) -> None:
        """Prepare bundles; `dashed` marks the wires of muted layers, `ratio` is the screen's pixels per length."""
        self.wires, self._dashed, self.ratio = wires, dashed, ratio
        self.looks: Array = np.zeros(len(dashed), np.int64)
        self.drawn: Array = np.zeros(len(dashed), bool)
        self._bundles: dict[tuple[int, bool], tuple[QPainterPath, QPen]] = {}
        self._moved: dict[int, QPen] = {}
        """The looks whose wires have changed since they were painted, and their pens."""

    def show(self, values: Array, largest: float, pens: Pens) -> bool:
        """Sort the wires by their values; return whether any colour or width has changed."""
        looks = weight_looks(values, largest) if pens.carried == "weights" else gradient_looks(values)
        drawn = _most_of(values)
        if pens.fresh(self):
            changed = {*looks.tolist()}
            self._bundles, self._moved = {}, {}
        else:
            moved = np.flatnonzero((looks != self.looks) | (drawn != self.drawn))
            changed = {*looks[moved].tolist(), *self.looks[moved].tolist()}
        self.looks, self.drawn = looks, drawn
        self._moved |= {look: pens.pen(look) for look in changed}
        return bool(changed)

    def _bundle(self, look: int, pen: QPen) -> None:
        of_look = self.drawn & (self.looks == look)
        for dashed in (False, True):
            self._bundles.pop((look, dashed), None)
            chosen = np.flatnonzero(of_look & (self._dashed == dashed))
            if len(chosen):
                path = self._path(chosen, _hair_count(pen.widthF() * self.ratio))
                self._bundles[look, dashed] = path, _hair_pen(pen, dashed, self.ratio)

    def path(self, number: int) -> QPainterPath:
        """A wire as a line."""
        return self._path(np.array([number]), 1)

    def _path(self, numbers: Array, count: int) -> QPainterPath:
        """Wires, each as so many lines side by side."""
        return _wires_path(self.wires.ends[numbers], np.arange(1 - count, count, 2) * _APART / 2 / self.ratio)

    def paint(self, painter: QPainter) -> None:
        """Paint all wires; those that have changed, however often, only now become bundles."""
        for look, pen in self._moved.items():
            self._bundle(look, pen)
        self._moved = {}
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for key in sorted(self._bundles, key=lambda key: (abs(key[0]), key)):
            path, pen = self._bundles[key]
            painter.setPen(pen)
            painter.drawPath(path)


def _hair_count(width: float) -> int:
    """The number of parallel lines that make up a wire of this width on the screen."""
    return max(1, round(1 + (width - 1) / _APART))


def _hair_pen(pen: QPen, dashed: bool, ratio: float = 1.0) -> QPen:
    """The pen of one of the lines that make up wires of this look."""
    result = QPen(pen.color(), 1.0)
    result.setCosmetic(True)
    result.setCapStyle(Qt.PenCapStyle.FlatCap)
    if dashed:
        result.setDashPattern([length * ratio for length in _DASHES])
    return result


_ELEMENT = np.dtype([("kind", ">i4"), ("x", ">f8"), ("y", ">f8")])
_MOVE, _CURVE, _CURVE_POINT = 0, 2, 3
"""Kinds of elements, as Qt writes paths into a stream: between their number and two numbers about the whole path."""


def _wires_path(ends: Array, beside: Array) -> QPainterPath:
    """Wires, (wires, 4), that leave and arrive level: each as lines that run `beside` it, (lines,), all the way."""
    x0, y0, x1, y1 = ends.T[..., np.newaxis]
    run, rise = 0.75 * (x1 - x0), 1.5 * (y1 - y0)
    # Half way the wire is steep: there the line has to be moved sideways too, to stay as far away.
    slant = np.divide(np.hypot(run, rise) - run, rise, out=np.zeros_like(rise), where=rise != 0)
    half = (x0 + x1) / 2 - slant * beside / 0.75
    elements = np.empty((*half.shape, 4), _ELEMENT)
    elements["kind"] = _MOVE, _CURVE, _CURVE_POINT, _CURVE_POINT
    for place, (x, y) in enumerate(((x0, y0), (half, y0), (half, y1), (x1, y1))):
        elements["x"][..., place], elements["y"][..., place] = x, y + beside
    path = QPainterPath()
    written = struct.pack(">i", elements.size) + elements.tobytes() + struct.pack(">ii", 0, 0)
    # To read one stream is much faster than to add curve by curve.
    QDataStream(QByteArray(written)) >> path
    return path


def _most_of(values: Array) -> Array:
    if len(values) <= _MOST:
        return np.ones(len(values), bool)
    sizes = np.nan_to_num(np.abs(values), nan=0.0)
    drawn = np.zeros(len(values), bool)
    drawn[np.argpartition(sizes, -_MOST)[-_MOST:]] = True
    return drawn


_PIECES = 40


class WireScale(SizedWidget):
    """The legend of the wires: a bar with their colours and widths, between the numbers at its ends."""

    SIZE, LEAST = (150, 24), (110, 24)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.carried: Carried = "weights"
        self._largest = 1.0
        self.setAccessibleName("Legend of the wires")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(24))
        self._tell()

    def show_scale(self, carried: Carried, largest: float) -> None:
        """Show the scale of weights or gradients, with this weight at its ends."""
        if (carried, largest) != (self.carried, self._largest):
            self.carried, self._largest = carried, largest
            self._tell()
            self.update()

    def ends(self) -> tuple[str, str]:
        if self.carried == "gradients":
            return f"1e{LOWEST:.0f}", short_text(10.0**HIGHEST)
        return short_text(-self._largest), short_text(self._largest)

    def _tell(self) -> None:
        low, high = self.ends()
        if self.carried == "weights":
            words = (
                "The colour of a wire shows the sign of its weight, and its width the magnitude. The scale runs from "
                f"{low} to {high}."
            )
        else:
            words = (
                f"How strongly the error pulls at each weight, ∂E/∂w, on a logarithmic scale from {low} to {high}. "
                "The colours mean the same in every picture."
            )
        identify(self, hint=words, about=words)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(small_font())
            low, high = self.ends()
            before, after = (painter.fontMetrics().horizontalAdvance(text) + px(6) for text in (low, high))
            bar = min(exact_px(120.0), self.width() - before - after - exact_px(4.0))
            left = self.width() - after - bar
            write(painter, QRectF(left - before - px(4), 0, before, self.height()), RIGHT, low, look.quiet)
            write(painter, QRectF(self.width() - after, 0, after, self.height()), RIGHT, high, look.quiet)
            painter.setPen(Qt.PenStyle.NoPen)
            for start, end in itertools.pairwise(np.linspace(0, 1, _PIECES + 1).tolist()):
                line = self._pen_at((start + end) / 2)
                half = exact_px(max(line.widthF(), 1.0) * 0.9)
                painter.setBrush(line.color())
                painter.drawRect(
                    QRectF(left + start * bar, self.height() / 2 - half, (end - start) * bar + 0.4, 2 * half)
                )

    def _pen_at(self, share: float) -> QPen:
        """The pen of a wire at a place of the bar, 0…1."""
        if self.carried == "gradients":
            return gradient_pen(share, theme.magnitude_table())
        return weight_pen(abs(2 * share - 1), share > 0.5, theme.current())
