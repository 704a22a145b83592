"""How the parts of the drawn network look: tiles, headers, buttons, marks. Painting only; all places are given."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QFontMetricsF,
    QIcon,
    QLinearGradient,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
)

from playground.catalog.features import FEATURES
from ui.look import theme
from ui.look.icons import icon
from ui.views.chart.plot import CENTRE, RIGHT, small_font
from ui.views.network.diagram import BIAS_SIDE, FEATURE_NAMES, LABELS, ShownLayer, TileColumn
from ui.views.network.thumbnails import Atlas, feature_atlas

_VECTOR_DENSITY = 4.0
"""Pixels of the small pictures in an SVG, which can be shown at any size."""


def plain_font() -> QFont:
    """The font of everything else; the drawing is scaled as a whole, so it has the usual size."""
    result = QFont(small_font())
    result.setPixelSize(theme.SMALL)
    return result


def _strong_font() -> QFont:
    result = plain_font()
    result.setPixelSize(theme.NORMAL)
    result.setWeight(QFont.Weight.DemiBold)
    return result


def _corner_radius(side: float) -> float:
    """How round the corners of a tile of this side are."""
    return min(8.0, side / 5)


# Tiles --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=64)
def _tile_frame(side: float, ratio: float, dashed: bool, look: theme.Theme) -> QPixmap:
    """What lies over a square map to make it a tile: round corners in the surface's colour, and an outline."""
    picture = QPixmap((QSizeF(side, side) * ratio).toSize())
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    whole, inside = QPainterPath(), QPainterPath()
    whole.addRect(QRectF(0, 0, side, side))
    shape = QRectF(0.5, 0.5, side - 1, side - 1)
    inside.addRoundedRect(shape, _corner_radius(side), _corner_radius(side))
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillPath(whole.subtracted(inside), QColor(look.surface))
        painter.strokePath(inside, _outline(look, dashed))
    return picture


def _outline(look: theme.Theme, dashed: bool = False) -> QPen:
    pen = QPen(QColor(theme.blend(look.line, look.quiet, 0.55)), 1.0)
    if dashed:
        pen.setDashPattern([3, 3])
    return pen


def paint_map(painter: QPainter, rect: QRectF, atlas: Atlas, number: int) -> None:
    """A map, square; the frame goes over it."""
    side = atlas.side
    if is_vector(painter):
        # An SVG takes no part of a picture, only whole ones.
        painter.drawImage(rect, atlas.image.copy(0, number * side, side, side))
    else:
        painter.drawImage(rect, atlas.image, QRectF(0, number * side, side, side))


def paint_empty(painter: QPainter, rect: QRectF, look: theme.Theme) -> None:
    """A tile whose map is not known yet."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.field_middle))
    painter.drawRect(rect)


def paint_frame(painter: QPainter, rect: QRectF, dashed: bool, look: theme.Theme) -> None:
    """Round corners and the outline."""
    painter.drawPixmap(rect.topLeft(), _tile_frame(rect.width(), _density(painter), dashed, look))


def is_vector(painter: QPainter) -> bool:
    """Whether what is painted becomes an SVG."""
    return painter.paintEngine().type() == QPaintEngine.Type.SVG


def _density(painter: QPainter) -> float:
    """The pixels for each pixel of the drawing; those of the screen, or of the picture that is made of the drawing."""
    return _VECTOR_DENSITY if is_vector(painter) else painter.deviceTransform().m11()


def paint_ring(painter: QPainter, rect: QRectF, colour: str, width: float) -> None:
    """A ring around a tile."""
    away = width / 2 + 1
    around = rect.adjusted(-away, -away, away, away)
    painter.setPen(QPen(QColor(colour), width))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(around, _corner_radius(rect.width()) + away, _corner_radius(rect.width()) + away)


def paint_dropped(painter: QPainter, rect: QRectF, look: theme.Theme) -> None:
    """A unit that dropout has silenced: pale and hatched."""
    _veil(painter, rect, look, 150)
    painter.setBrush(QBrush(QColor(look.quiet), Qt.BrushStyle.BDiagPattern))
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), _corner_radius(rect.width()), _corner_radius(rect.width()))


def paint_dead(painter: QPainter, rect: QRectF, look: theme.Theme) -> None:
    """A unit that has stopped learning: pale and crossed."""
    _veil(painter, rect, look, 110)
    inset = rect.width() * 0.3
    cross = rect.adjusted(inset, inset, -inset, -inset)
    for colour, width in ((look.surface, 4.0), (look.danger, 2.0)):
        painter.setPen(QPen(QColor(colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawLine(cross.topLeft(), cross.bottomRight())
        painter.drawLine(cross.bottomLeft(), cross.topRight())


def _veil(painter: QPainter, rect: QRectF, look: theme.Theme, alpha: int) -> None:
    """Make what is drawn in `rect` paler."""
    colour = QColor(look.surface)
    colour.setAlpha(alpha)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), _corner_radius(rect.width()), _corner_radius(rect.width()))


def paint_bias(painter: QPainter, rect: QRectF, colour: int, look: theme.Theme) -> None:
    """The square of a bias in a colour packed as 0xffRRGGBB."""
    painter.drawPixmap(rect.topLeft() - QPointF(1, 1), _bias_picture(colour, _density(painter), look))


@lru_cache(maxsize=512)
def _bias_picture(colour: int, ratio: float, look: theme.Theme) -> QPixmap:
    """The picture of a bias, with an outline in the surface's colour around it."""
    picture = QPixmap((QSizeF(BIAS_SIDE + 2, BIAS_SIDE + 2) * ratio).toSize())
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    with QPainter(picture) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(look.surface), 1.5))
        painter.setBrush(QColor.fromRgb(colour))
        painter.drawRoundedRect(QRectF(1, 1, BIAS_SIDE, BIAS_SIDE), 2, 2)
    return picture


def paint_pointed_bias(painter: QPainter, rect: QRectF, look: theme.Theme) -> None:
    """A ring around the bias that is pointed at."""
    painter.setPen(QPen(QColor(look.text), 1.5))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(rect.adjusted(-1.5, -1.5, 1.5, 1.5), 3, 3)


# Inputs -------------------------------------------------------------------------------------------------------


def paint_inputs(painter: QPainter, column: TileColumn, used: tuple[str, ...], look: theme.Theme) -> None:
    """All inputs there are, those not in use pale, each with its name at the left."""
    atlas = feature_atlas(look)
    for number in column.seen:
        rect, name = column.rect(number), FEATURE_NAMES[number]
        on = name in used
        painter.setOpacity(1.0 if on else 0.4)
        paint_map(painter, rect, atlas, number)
        painter.setOpacity(1.0)
        paint_frame(painter, rect, not on, look)
        painter.setFont(plain_font())
        painter.setPen(QColor(look.text if on else look.quiet))
        painter.drawText(
            QRectF(rect.left() - LABELS, rect.top(), LABELS - 6, rect.height()), RIGHT, FEATURES[name].label
        )


# Headers ------------------------------------------------------------------------------------------------------


def paint_header(painter: QPainter, column: TileColumn, layer: ShownLayer, hidden: bool, look: theme.Theme) -> None:
    """A layer's name with its marks, how many units it has, its activation."""
    box = column.header()
    marks = [name for name, on in (("lock-simple", not layer.trainable), ("prohibit", layer.muted)) if on]
    _paint_title(painter, QRectF(box.left(), 2, box.width(), 18), layer.name, marks, look)
    painter.setFont(plain_font())
    painter.setPen(QColor(look.text))
    painter.drawText(
        QRectF(box.left(), 20, box.width(), 18), CENTRE, f"{layer.units:,}" if hidden else _units_words(layer)
    )
    painter.setPen(QColor(look.quiet))
    text = painter.fontMetrics().elidedText(layer.activation, Qt.TextElideMode.ElideRight, int(box.width()))
    painter.drawText(QRectF(box.left(), 39, box.width(), 16), CENTRE, text)
    if hidden:
        paint_button(painter, column.fewer(), "−", layer.units > 1, False, look)
        paint_button(painter, column.more(), "+", True, False, look)


def _units_words(layer: ShownLayer) -> str:
    return "1 unit" if layer.units == 1 else f"{layer.units} units"


def _paint_title(painter: QPainter, box: QRectF, name: str, marks: list[str], look: theme.Theme) -> None:
    painter.setFont(_strong_font())
    painter.setPen(QColor(look.text))
    metrics = QFontMetricsF(_strong_font())
    text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, box.width() - 9 - 13 * len(marks))
    width = metrics.horizontalAdvance(text) + 14 * len(marks)
    left = box.center().x() - width / 2
    painter.drawText(QRectF(left, box.top(), width + 2, box.height()), Qt.AlignmentFlag.AlignVCenter, text)
    for number, mark in enumerate(marks):
        x = left + metrics.horizontalAdvance(text) + 2 + 14 * number
        _paint_icon(painter, QRectF(x, box.center().y() - 6, 12, 12), icon(mark, look.quiet))


def _paint_icon(painter: QPainter, rect: QRectF, picture: QIcon) -> None:
    picture.paint(painter, rect.toRect())


def paint_inputs_header(painter: QPainter, column: TileColumn, used: int, look: theme.Theme) -> None:
    """The header over the inputs."""
    box = QRectF(column.x - column.tile / 2 - LABELS, 0, LABELS + column.tile + 4, 18)
    painter.setFont(_strong_font())
    painter.setPen(QColor(look.text))
    painter.drawText(box.translated(0, 2), RIGHT, "inputs")
    painter.setFont(plain_font())
    painter.setPen(QColor(look.quiet))
    painter.drawText(box.translated(0, 20), RIGHT, f"{used} of {len(FEATURE_NAMES)}")


def paint_button(
    painter: QPainter, rect: QRectF, sign: str, enabled: bool, pointed: bool, look: theme.Theme, round_: bool = False
) -> None:
    """A small button with + or −."""
    active = pointed and enabled
    painter.setPen(QPen(QColor(look.accent if active else look.line), 1.0))
    painter.setBrush(QColor(look.accent if active else look.surface if round_ else look.raised))
    corner = rect.width() / 2 if round_ else 4.0
    painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), corner, corner)
    colour = look.on_accent if active else look.quiet if enabled else look.line
    painter.setPen(QPen(QColor(colour), 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    middle, arm = rect.center(), 3.5
    painter.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0))
    if sign == "+":
        painter.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm))


def paint_chip(painter: QPainter, column: TileColumn, pointed: bool, look: theme.Theme) -> None:
    """How many tiles of a column are not seen."""
    rect = column.chip()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.accent if pointed else look.raised))
    painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
    painter.setFont(plain_font())
    painter.setPen(QColor(look.on_accent if pointed else look.quiet))
    words = f"+ {column.folded:,} more"
    fits = painter.fontMetrics().horizontalAdvance(words) + 8 <= rect.width()
    painter.drawText(rect, CENTRE, words if fits else f"+ {column.folded:,}")


# Around the drawing -------------------------------------------------------------------------------------------


def paint_guide(painter: QPainter, x: float, top: float, bottom: float, look: theme.Theme) -> None:
    """Where a new layer would go."""
    painter.setPen(QPen(QColor(look.accent), 1.5, Qt.PenStyle.DashLine))
    painter.drawLine(QPointF(x, top), QPointF(x, bottom))


def paint_fade(painter: QPainter, rect: QRectF, to_left: bool, look: theme.Theme) -> None:
    """The edge of a drawing that goes on beyond it."""
    clear, full = QColor(look.surface), QColor(look.surface)
    clear.setAlpha(0)
    shades = QLinearGradient(rect.topLeft(), rect.topRight())
    shades.setColorAt(0, full if to_left else clear)
    shades.setColorAt(1, clear if to_left else full)
    painter.fillRect(rect, QBrush(shades))


def paint_overview(
    painter: QPainter, strip: QRectF, shares: list[tuple[float, float]], window: tuple[float, float], look: theme.Theme
) -> None:
    """All columns in small, `shares` of place and height 0…1, and the part that is seen."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.raised))
    painter.drawRoundedRect(strip, 4, 4)
    seen = QRectF(strip.left() + window[0] * strip.width(), strip.top(), window[1] * strip.width(), strip.height())
    glow = QColor(look.accent)
    glow.setAlpha(40)
    painter.setBrush(glow)
    painter.setPen(QPen(QColor(look.accent), 1.5))
    painter.drawRoundedRect(seen.adjusted(0.75, 0.75, -0.75, -0.75), 4, 4)
    painter.setPen(QPen(QColor(look.quiet), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    middle = strip.center().y()
    for place, height in shares:
        x, half = strip.left() + place * strip.width(), max(1.5, height * (strip.height() - 8) / 2)
        painter.drawLine(QPointF(x, middle - half), QPointF(x, middle + half))
