"""The look of the parts of the drawn network: maps of units, tiles, headers, buttons, marks, at given places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QImage,
    QLinearGradient,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
)

from playground.catalog.activations import Activation
from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT
from playground.catalog.features import FEATURES

from ...look import theme
from ...look.icons import icon
from ..chart.plot import CENTRE, RIGHT, paint_box, small_font, write
from ..plane.field import ValueRange, channels, field_shades, pack_colours, pale_classes
from .diagram import BIAS_SIDE, LABELS, ShownLayer, TileColumn, bias_square

_QUIETEST = 0.1
"""Maps that stay below this size are not stretched to full colours; they would show noise."""
_FEATURE_POINTS = 64
_NARROWEST = 64
"""The narrowest type of an activation's name over its layer, in percent."""


@lru_cache(maxsize=256)
def range_of_activation(activation: Activation) -> ValueRange | None:
    """The range of an activation, if it is −1…1 or 0…1 or nearly so; else None."""
    at = np.concatenate([np.linspace(-20, 20, 401), [-1e4, 1e4]])
    with np.errstate(all="ignore"):
        values = np.nan_to_num(activation(at), nan=np.inf)
    low, high = float(values.min()), float(values.max())
    if high > 2 or low < -2:
        return None
    return ValueRange(0.5, 0.5) if low > -0.01 else ValueRange(0.0, 1.0 if max(-low, high) <= 1.01 else max(-low, high))


def colour_numbers(maps: Array, scale: ValueRange | None) -> Array:
    """Maps (units, n, n) as places in a table of 256 colours, uint8; each on its own range if there is no `scale`."""
    if scale is None:
        # Symmetric about 0, as wide as each map needs.
        sizes = np.maximum(maps.max(axis=(1, 2)), -maps.min(axis=(1, 2))) if len(maps) else np.zeros(0)
        middle, half = np.zeros(len(maps)), np.maximum(sizes, _QUIETEST)
    else:
        middle, half = np.full(len(maps), scale.middle), np.full(len(maps), scale.half)
    factor = (127.5 / half).astype(np.float32)[:, np.newaxis, np.newaxis]
    shift = (128.0 - middle * 127.5 / half).astype(np.float32)[:, np.newaxis, np.newaxis]
    places = maps * factor
    places += shift
    np.clip(places, 0, 255, out=places)
    unknown = np.isnan(places)
    if unknown.any():
        places[unknown] = 128.0
    return places.astype(np.uint8)


@lru_cache(maxsize=8)
def _class_colours(look: theme.Theme, classes: int) -> Array:
    """The 256 colours of each class, from neutral to its own, packed, shape (classes, 256)."""
    at = np.linspace(0, 1, 256)[:, np.newaxis]
    neutral = channels(look.field_middle)
    return np.stack([pack_colours((neutral + at * (own - neutral)).round()) for own in pale_classes(look, classes)])


class Atlas:
    """Maps below each other in one image; map number k is the k-th square of it."""

    def __init__(self, colours: Array) -> None:
        """Put maps into the image; `colours` are packed, (maps, n, n), row 0 at x₂ = −6."""
        self.count, self.side = len(colours), colours.shape[-1]
        # Pictures have their first row on top. The array is kept, since the image only borrows it.
        self._colours = np.ascontiguousarray(colours[:, ::-1].reshape(-1, self.side))
        self.image = QImage(
            self._colours.data, self.side, len(self._colours), 4 * self.side, QImage.Format.Format_RGB32
        )


def unit_colours(maps: Array, scale: ValueRange | None, look: theme.Theme) -> Array:
    """The colours of the maps of a layer, packed, (units, n, n).

    With a range, a map is pale where a unit is hardly active; without one (ReLU, linear, skip connections) neutral is 0
    and the largest size on the plane has the full colour.
    """
    return np.take(field_shades(look), colour_numbers(maps, scale))


def share_colours(maps: Array, units: Sequence[int], classes: int, look: theme.Theme) -> Array:
    """The colours of the maps of several outputs, each the share of a class, packed."""
    numbers = colour_numbers(maps, ValueRange(0.5, 0.5))
    tables = _class_colours(look, classes)
    return np.stack([np.take(tables[unit], number) for unit, number in zip(units, numbers, strict=True)])


@lru_cache(maxsize=4)
def feature_atlas(look: theme.Theme) -> Atlas:
    """The maps of all available inputs, coloured by the same rules as those of units."""
    at = np.linspace(-EXTENT, EXTENT, _FEATURE_POINTS)
    x1, x2 = np.meshgrid(at, at)
    maps = np.stack([feature.formula(x1, x2) for feature in FEATURES.values()]).astype(np.float32)
    return Atlas(unit_colours(maps, None, look))


_VECTOR_DENSITY = 4.0
"""Pixels of the small pictures in an SVG, which can be shown at any size."""


def plain_font() -> QFont:
    """The font of small texts; the drawing is scaled as a whole, so it has the size before zooming."""
    result = QFont(small_font())
    result.setPixelSize(theme.SMALL)
    return result


def _strong_font() -> QFont:
    result = plain_font()
    result.setPixelSize(theme.NORMAL)
    result.setWeight(QFont.Weight.DemiBold)
    return result


def _corner_radius(side: float) -> float:
    return min(8.0, side / 5)


@contextmanager
def _stamp(side: float, ratio: float) -> Iterator[tuple[QPixmap, QPainter]]:
    """Yield a transparent square picture of `side` pixels, with `ratio` device pixels each, and its painter."""
    picture = QPixmap((QSizeF(side, side) * ratio).toSize())
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        yield picture, painter


@lru_cache(maxsize=64)
def _tile_frame(side: float, ratio: float, dashed: bool, look: theme.Theme) -> QPixmap:
    """The frame that makes a square map a tile: round corners in the surface's colour, and an outline."""
    whole, inside = QPainterPath(), QPainterPath()
    whole.addRect(QRectF(0, 0, side, side))
    inside.addRoundedRect(QRectF(0.5, 0.5, side - 1, side - 1), _corner_radius(side), _corner_radius(side))
    outline = QPen(QColor(theme.blend(look.line, look.quiet, 0.55)), 1.0)
    if dashed:
        outline.setDashPattern([3, 3])
    with _stamp(side, ratio) as (picture, painter):
        painter.fillPath(whole.subtracted(inside), QColor(look.surface))
        painter.strokePath(inside, outline)
    return picture


class TilePainter:
    """Paints tiles of one size: what is the same for all of them is found once."""

    def __init__(self, painter: QPainter, side: float, dashed: bool, look: theme.Theme) -> None:
        self._painter, self._look = painter, look
        self._is_vector, self._density = is_vector(painter), _density(painter)
        self._frame = _tile_frame(side, self._density, dashed, look)

    def paint(self, rect: QRectF, atlas: Atlas | None, number: int | None) -> None:
        """Paint a map, or a neutral square while it is unknown, in round corners with an outline."""
        if atlas is None or number is None:
            self._painter.fillRect(rect, QColor(self._look.field_middle))
        elif self._is_vector:
            # An SVG takes no part of a picture, only whole ones.
            self._painter.drawImage(rect, atlas.image.copy(0, number * atlas.side, atlas.side, atlas.side))
        else:
            self._painter.drawImage(rect, atlas.image, QRectF(0, number * atlas.side, atlas.side, atlas.side))
        self._painter.drawPixmap(rect.topLeft(), self._frame)

    def paint_bias(self, tile: QRectF, colour: int) -> None:
        """Paint the square of a bias into the corner of its tile, in a colour packed as 0xffRRGGBB."""
        place = bias_square(tile).topLeft() - QPointF(1, 1)
        self._painter.drawPixmap(place, _bias_picture(colour, self._density, self._look))


def is_vector(painter: QPainter) -> bool:
    """Whether the painter writes an SVG."""
    return painter.paintEngine().type() == QPaintEngine.Type.SVG


def _density(painter: QPainter) -> float:
    """The number of device pixels per pixel of the drawing; a fixed number for an SVG."""
    return _VECTOR_DENSITY if is_vector(painter) else painter.deviceTransform().m11()


def paint_ring(painter: QPainter, rect: QRectF, colour: str, width: float) -> None:
    """Paint a ring around a tile."""
    away = width / 2 + 1
    around = rect.adjusted(-away, -away, away, away)
    paint_box(painter, around, _corner_radius(rect.width()) + away, line=QPen(QColor(colour), width))


def paint_dropped(painter: QPainter, rect: QRectF, look: theme.Theme) -> None:
    """Paint over a unit that dropout has silenced: pale and hatched."""
    _paint_veil(painter, rect, QColor(look.surface), 150)
    hatching = QBrush(QColor(look.quiet), Qt.BrushStyle.BDiagPattern)
    paint_box(painter, rect.adjusted(1, 1, -1, -1), _corner_radius(rect.width()), hatching)


def paint_dead(painter: QPainter, rect: QRectF, look: theme.Theme) -> None:
    """Paint over a unit that has stopped learning: pale and crossed."""
    _paint_veil(painter, rect, QColor(look.surface), 110)
    inset = rect.width() * 0.3
    cross = rect.adjusted(inset, inset, -inset, -inset)
    for colour, width in ((look.surface, 4.0), (look.danger, 2.0)):
        painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(cross.topLeft(), cross.bottomRight())
        painter.drawLine(cross.bottomLeft(), cross.topRight())


def _paint_veil(painter: QPainter, rect: QRectF, colour: QColor, alpha: int) -> None:
    colour.setAlpha(alpha)
    paint_box(painter, rect.adjusted(1, 1, -1, -1), _corner_radius(rect.width()), colour)


@lru_cache(maxsize=512)
def _bias_picture(colour: int, ratio: float, look: theme.Theme) -> QPixmap:
    """The picture of a bias, with an outline in the surface's colour around it."""
    with _stamp(BIAS_SIDE + 2, ratio) as (picture, painter):
        outline = QPen(QColor(look.surface), 1.5)
        paint_box(painter, QRectF(1, 1, BIAS_SIDE, BIAS_SIDE), 2, QColor.fromRgb(colour), outline)
    return picture


def paint_pointed_bias(painter: QPainter, rect: QRectF, look: theme.Theme) -> None:
    """Paint a ring around the bias that is pointed at."""
    paint_box(painter, rect.adjusted(-1.5, -1.5, 1.5, 1.5), 3, line=QPen(QColor(look.text), 1.5))


def paint_inputs(painter: QPainter, column: TileColumn, used: tuple[str, ...], look: theme.Theme) -> None:
    """Paint the inputs in use, each with its name at the left."""
    atlas, numbers = feature_atlas(look), list(FEATURES)
    tile = TilePainter(painter, column.tile, False, look)
    painter.setFont(plain_font())
    for number in column.seen:
        rect, name = column.rect(number), used[number]
        tile.paint(rect, atlas, numbers.index(name))
        box = QRectF(rect.left() - LABELS, rect.top(), LABELS - 6, rect.height())
        write(painter, box, RIGHT, FEATURES[name].label, look.text)


def paint_header(painter: QPainter, column: TileColumn, layer: ShownLayer, hidden: bool, look: theme.Theme) -> None:
    """Paint a layer's name with its marks, its number of units, and its activation."""
    box = column.header()
    marks = [name for name, on in (("lock-simple", not layer.trainable), ("prohibit", layer.muted)) if on]
    _paint_title(painter, QRectF(box.left(), 2, box.width(), 18), layer.name, marks, look)
    painter.setFont(plain_font())
    units = f"{layer.units:,}" if hidden else "1 unit" if layer.units == 1 else f"{layer.units} units"
    write(painter, QRectF(box.left(), 20, box.width(), 18), CENTRE, units, look.text)
    painter.setFont(theme.narrowed(plain_font(), layer.activation, box.width(), _NARROWEST))
    text = painter.fontMetrics().elidedText(layer.activation, Qt.TextElideMode.ElideRight, int(box.width()))
    write(painter, QRectF(box.left(), 39, box.width(), 16), CENTRE, text, look.quiet)
    if hidden:
        paint_button(painter, column.fewer(), "−", layer.units > 1, False, look)
        paint_button(painter, column.more(), "+", True, False, look)


def _paint_title(painter: QPainter, box: QRectF, name: str, marks: list[str], look: theme.Theme) -> None:
    painter.setFont(_strong_font())
    metrics = QFontMetricsF(_strong_font())
    text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width() - 9 - 13 * len(marks))
    width = metrics.horizontalAdvance(text) + 14 * len(marks)
    left = box.center().x() - width / 2
    where = QRectF(left, box.top(), width + 2, box.height())
    write(painter, where, Qt.AlignmentFlag.AlignVCenter, text, look.text)
    for number, mark in enumerate(marks):
        x = left + metrics.horizontalAdvance(text) + 2 + 14 * number
        icon(mark, look.quiet).paint(painter, QRectF(x, box.center().y() - 6, 12, 12).toRect())


def paint_inputs_header(painter: QPainter, column: TileColumn, look: theme.Theme) -> None:
    """Paint the header over the inputs."""
    box = QRectF(column.x - column.tile / 2 - LABELS, 0, LABELS + column.tile + 4, 18)
    painter.setFont(_strong_font())
    write(painter, box.translated(0, 2), RIGHT, "inputs", look.text)


def paint_button(
    painter: QPainter, rect: QRectF, sign: str, enabled: bool, pointed: bool, look: theme.Theme, round_: bool = False
) -> None:
    """Paint a small button with + or −."""
    active = pointed and enabled
    fill = QColor(look.accent if active else look.surface if round_ else look.raised)
    line = QPen(QColor(look.accent if active else look.line), 1.0)
    paint_box(painter, rect.adjusted(0.5, 0.5, -0.5, -0.5), rect.width() / 2 if round_ else 4.0, fill, line)
    colour = look.on_accent if active else look.quiet if enabled else look.line
    painter.setPen(QPen(QColor(colour), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    middle, arm = rect.center(), 3.5
    painter.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0))
    if sign == "+":
        painter.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm))


def paint_chip(painter: QPainter, column: TileColumn, pointed: bool, look: theme.Theme) -> None:
    """Paint the label with the number of hidden tiles of a column."""
    rect = column.chip()
    paint_box(painter, rect, rect.height() / 2, QColor(look.accent if pointed else look.raised))
    painter.setFont(plain_font())
    words = f"+ {column.folded:,} more"
    fits = painter.fontMetrics().horizontalAdvance(words) + 8 <= rect.width()
    text = words if fits else f"+ {column.folded:,}"
    write(painter, rect, CENTRE, text, look.on_accent if pointed else look.quiet)


def paint_fade(painter: QPainter, rect: QRectF, to_left: bool, look: theme.Theme) -> None:
    """Paint the edge of a drawing that goes on beyond it."""
    clear, full = QColor(look.surface), QColor(look.surface)
    clear.setAlpha(0)
    shades = QLinearGradient(rect.topLeft(), rect.topRight())
    shades.setColorAt(0, full if to_left else clear)
    shades.setColorAt(1, clear if to_left else full)
    painter.fillRect(rect, QBrush(shades))


def paint_overview(
    painter: QPainter, strip: QRectF, shares: list[tuple[float, float]], window: tuple[float, float], look: theme.Theme
) -> None:
    """Paint all columns in small, `shares` of place and height 0…1, and the part that is seen."""
    paint_box(painter, strip, 4, QColor(look.raised))
    seen = QRectF(strip.left() + window[0] * strip.width(), strip.top(), window[1] * strip.width(), strip.height())
    glow = QColor(look.accent)
    glow.setAlpha(40)
    paint_box(painter, seen.adjusted(0.75, 0.75, -0.75, -0.75), 4, glow, QPen(QColor(look.accent), 1.5))
    painter.setPen(QPen(QColor(look.quiet), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    middle = strip.center().y()
    for place, height in shares:
        x, half = strip.left() + place * strip.width(), max(1.5, height * (strip.height() - 8) / 2)
        painter.drawLine(QPointF(x, middle - half), QPointF(x, middle + half))
