"""How the wires of a network look: their colour and width by what they carry.

Weights: colour by sign, width and strength by size, compared with the largest weight in the network. Gradients: the
colours of gradient sizes everywhere, on a logarithmic scale that never moves. Wires are sorted into a few dozen
looks, so that each is one pen and one path, and a frame redraws only the looks whose wires have changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen

from playground.catalog.choice import Array
from ui import theme
from ui.views.diagram import Wires

Carried: TypeAlias = Literal["weights", "gradients"]

MOST = 2000
"""The most wires that are drawn; beyond, the largest."""
LOWEST, HIGHEST = -8.0, 1.0
"""Powers of ten at the two ends of the scale of gradients, the same as in the gradients' own picture."""
STEPS = 8
"""Looks of weights for each sign."""
SHADES = 24
"""Looks of gradients."""
UNKNOWN = 0
"""The look of a wire of which nothing is known."""
THINNEST, THICKEST = 0.6, 4.6
DASHES = (3.0, 3.0)


def gradient_places(values: Array) -> Array:
    """Where gradients stand on their scale, 0…1, by size; NaN where there is no number."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip((np.log10(np.abs(values)) - LOWEST) / (HIGHEST - LOWEST), 0, 1)


def weight_looks(values: Array, largest: float) -> Array:
    """The look of each weight: 1…STEPS for positive ones, −1…−STEPS for negative ones, by size."""
    with np.errstate(invalid="ignore"):
        sizes = np.clip(np.abs(values) / largest, 0, 1) ** 0.7
        looks = np.sign(values) * (1 + np.minimum(sizes * STEPS, STEPS - 1).astype(np.int64, casting="unsafe"))
    return np.where(np.isfinite(values), looks, UNKNOWN).astype(np.int64, casting="unsafe")


def gradient_looks(values: Array) -> Array:
    """The look of each gradient, 1…SHADES by size."""
    places = gradient_places(values)
    known = np.isfinite(places)
    return np.where(known, 1 + np.minimum(np.where(known, places, 0) * SHADES, SHADES - 1), UNKNOWN).astype(np.int64)


def weight_pen(look: int, colours: theme.Theme) -> QPen:
    """The pen of a weight's look."""
    if look == UNKNOWN:
        return QPen(QColor(colours.line), 1.0)
    share = (abs(look) - 0.5) / STEPS
    colour = theme.mixed(colours.line, colours.classes[1 if look > 0 else 0], 0.25 + 0.75 * share**0.6)
    return QPen(QColor(colour), THINNEST + (THICKEST - THINNEST) * share)


def gradient_pen(look: int, colours: theme.Theme, table: Array) -> QPen:
    """The pen of a gradient's look: its place on the scale sets the colour and, more gently, the width."""
    if look == UNKNOWN:
        return QPen(QColor(colours.line), 1.0)
    share = (look - 0.5) / SHADES
    return QPen(shade(share, table), 1.0 + 2.4 * share)


def shade(share: float, table: Array) -> QColor:
    """The colour at a place of the gradients' scale, 0…1."""
    return QColor(*(int(channel) for channel in table[int(share * (len(table) - 1) + 0.5)][:3]))


def value_colour(value: float, largest: float, carried: Carried, colours: theme.Theme, table: Array) -> QColor:
    """The colour of a single number, for the square of a bias."""
    if not np.isfinite(value):
        return QColor(colours.line)
    if carried == "gradients":
        return shade(float(gradient_places(np.array([value]))[0]), table)
    share = min(abs(value) / largest, 1.0) ** 0.5
    return QColor(theme.mixed(colours.line, colours.classes[1 if value > 0 else 0], 0.15 + 0.85 * share))


@dataclass
class Bundle:
    """The wires of one look."""

    path: QPainterPath
    pen: QPen


class Strokes:
    """The wires of a drawing, sorted into bundles of one look each."""

    def __init__(self, wires: Wires, dashed: Array) -> None:
        """`dashed` tells which wires belong to layers that are taken out."""
        self.wires, self.dashed = wires, dashed
        self.paths = [curve(ends) for ends in wires.ends.tolist()]
        self.looks: Array = np.zeros(len(self.paths), np.int64)
        self.drawn: Array = np.zeros(len(self.paths), bool)
        self.bundles: dict[tuple[int, bool], Bundle] = {}

    def show(self, values: Array, carried: Carried, largest: float, pens: Pens) -> bool:
        """Sort the wires by what they carry; says whether any looks different now."""
        looks = weight_looks(values, largest) if carried == "weights" else gradient_looks(values)
        drawn = most_of(values)
        if pens.fresh(self):
            changed = None
        else:
            moved = np.flatnonzero((looks != self.looks) | (drawn != self.drawn))
            if not len(moved):
                return False
            changed = {*looks[moved].tolist(), *self.looks[moved].tolist()}
        self.looks, self.drawn = looks, drawn
        self._bundle(changed, pens)
        return True

    def _bundle(self, changed: set[int] | None, pens: Pens) -> None:
        """Make the bundles of the `changed` looks anew, or all of them."""
        if changed is None:
            self.bundles = {}
            changed = set(np.unique(self.looks).tolist())
        for look in changed:
            of_look = self.drawn & (self.looks == look)
            for dashed in (False, True):
                chosen = np.flatnonzero(of_look & (self.dashed == dashed)).tolist()
                self.bundles.pop((look, dashed), None)
                if chosen:
                    path = QPainterPath()
                    for number in chosen:
                        path.addPath(self.paths[number])
                    self.bundles[look, dashed] = Bundle(path, pens.pen(look, dashed))

    def paint(self, painter: QPainter) -> None:
        """Draw all bundles, the strongest on top."""
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for key in sorted(self.bundles, key=lambda key: (abs(key[0]), key)):
            bundle = self.bundles[key]
            painter.strokePath(bundle.path, bundle.pen)


class Pens:
    """The pens of all looks, for one theme and for what the wires carry."""

    def __init__(self, carried: Carried) -> None:
        self.carried, self.colours, self.table = carried, theme.current(), theme.magnitude_table()
        self._made: dict[tuple[int, bool], QPen] = {}
        self._known: Strokes | None = None

    def pen(self, look: int, dashed: bool) -> QPen:
        """The pen of a look."""
        key = (look, dashed)
        if key not in self._made:
            weights = self.carried == "weights"
            pen = weight_pen(look, self.colours) if weights else gradient_pen(look, self.colours, self.table)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            if dashed:
                pen.setDashPattern([length / max(pen.widthF(), 1) * 1.5 for length in DASHES])
            self._made[key] = pen
        return self._made[key]

    def fresh(self, strokes: Strokes) -> bool:
        """Whether these pens have not been used for `strokes` yet."""
        known, self._known = self._known, strokes
        return known is not strokes


def curve(ends: list[float]) -> QPainterPath:
    """A wire as a path: it leaves and arrives level."""
    x0, y0, x1, y1 = ends
    half = (x0 + x1) / 2
    path = QPainterPath(QPointF(x0, y0))
    path.cubicTo(half, y0, half, y1, x1, y1)
    return path


def most_of(values: Array) -> Array:
    """Which of the wires are drawn: the largest `MOST`."""
    if len(values) <= MOST:
        return np.ones(len(values), bool)
    sizes = np.nan_to_num(np.abs(values), nan=0.0)
    drawn = np.zeros(len(values), bool)
    drawn[np.argpartition(sizes, -MOST)[-MOST:]] = True
    return drawn
