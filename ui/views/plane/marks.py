"""How points look: colour and shape tell the class, the fill whether a point trains, a ring that it is wrong."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QBrush, QColor, QPen

from playground.catalog.choice import Array
from playground.catalog.datasets.base import TEST, TRAIN, Sample
from ui.look import theme
from ui.views.chart.plot import pen
from ui.views.plane.field import ValueRange, channels

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
    """The mark of the picked point, outside of the ring that a mistake has."""
    return _rings(sample.x[[index]], _RING + 7, pen(theme.current().accent, 3.0))


def spots(sample: Sample, drawn: Array, scale: ValueRange) -> dict[str, object]:
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
