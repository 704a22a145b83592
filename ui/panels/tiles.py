"""The small pictures in the panels: data sets, features, activation curves, gradient bars.

All are computed from the declarations themselves, so a new data set or activation brings its own picture.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QIcon,
    QImage,
    QKeyEvent,
    QPainter,
    QPen,
    QPixmap,
    QPolygonF,
)
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QToolTip, QWidget

from playground.catalog.activations import Activation
from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, Sample
from playground.catalog.features import FEATURES

from ..forms.buttons import identify, wrapping
from ..guard.faults import painted
from ..look.numbers import minus_text
from ..look.theme import MAGNITUDES, SMALL, Theme, current, exact_px, field_table, magnitude_table, narrowed, px, zoom

_CURVE_EXTENT = 3.0
CURVE_ICON = QSize(28, 18)
_CURVE, LARGE_CURVE = QSize(48, 40), QSize(264, 184)
"""In pixels at the usual size."""
_ZERO_AT, _UNIT = 0.58, 0.34
"""Where 0 is on the upward axis of a curve, and how long 1 is, as shares of the height."""
_SMALLER = 10
"""The size of type of a name that is too long for its tile, in pixels."""
_NARROWEST = 54
"""The narrowest type that names a tile, in percent."""
_SHADES = 9
"""Colours between the two ends for regression points; more can't be told apart at this size."""


def points_picture(sample: Sample, size: int, ratio: float, theme: Theme) -> QPixmap:
    """Paint the points of a data set in their colours, `size` logical pixels square."""
    picture = empty_pixmap(QSize(size, size), ratio)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    at = (sample.x * [1, -1] + EXTENT) / (2 * EXTENT) * size
    groups, colours = _coloured(sample, theme)
    for group, colour in enumerate(colours):
        painter.setPen(QPen(colour, exact_px(2.6), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        painter.drawPoints(_polygon(at[groups == group]))
    painter.end()
    return picture


def empty_pixmap(size: QSize, ratio: float) -> QPixmap:
    """Make a transparent picture of `size` logical pixels."""
    picture = QPixmap(size * ratio)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    return picture


def _coloured(sample: Sample, theme: Theme) -> tuple[Array, list[QColor]]:
    """Return a group number per point, and the colour of each group: classes, or shades of the value."""
    if sample.task == "classification":
        classes = theme.classes
        return sample.labels, [QColor(classes[k % len(classes)]) for k in range(max(len(sample.class_names), 2))]
    reach = float(np.abs(sample.labels).max()) or 1.0
    groups = np.round((sample.labels / reach + 1) / 2 * (_SHADES - 1)).astype(int)
    low, high = QColor(theme.classes[0]), QColor(theme.classes[1])
    return groups, [diverging_colour(low, QColor(theme.line), high, k / (_SHADES - 1)) for k in range(_SHADES)]


def diverging_colour(low: QColor, middle: QColor, high: QColor, share: float) -> QColor:
    """Interpolate between three colours; share is 0 at `low`, 0.5 at `middle` and 1 at `high`."""
    first, second, along = (low, middle, 2 * share) if share < 0.5 else (middle, high, 2 * share - 1)
    pairs = zip(first.getRgb()[:3], second.getRgb()[:3], strict=True)  # type: ignore[index]
    return QColor(*(round(a + along * (b - a)) for a, b in pairs))


def _polygon(points: Array) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])


class PaintedButton(QAbstractButton):
    """A button that paints itself, with its name in small type if there is something above it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(name)
        self.shows_focus = False
        """Whether it has the keyboard focus, and a person has put it there."""
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def focusInEvent(self, event: QFocusEvent) -> None:
        # The focus may also come back by itself, from what is hidden; a frame would then look like a choice.
        self.shows_focus = event.reason() != Qt.FocusReason.OtherFocusReason
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.shows_focus = False
        super().focusOutEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self.shows_focus = True
        super().keyPressEvent(event)
        self.update()

    @property
    def small(self) -> QFont:
        """The font of the name."""
        font = QFont(self.font())
        font.setPixelSize(px(SMALL))
        return font

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @property
    def name_font(self) -> QFont:
        """The font in which the name fits: where it is long slightly smaller, and narrowed only as far as need be."""
        font = self.small
        if QFontMetrics(font).horizontalAdvance(self.text()) > self.width():
            font.setPixelSize(px(_SMALLER))
        return narrowed(font, self.text(), self.width(), _NARROWEST)

    def paint_name(self, painter: QPainter, top: float, colour: str) -> None:
        """Write the name from `top` to the lower edge."""
        font = self.name_font
        painter.setFont(font)
        painter.setPen(QColor(colour))
        name = QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() + 1)
        below = QRectF(0, top, self.width(), self.height() - top)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), name)


class Tile(PaintedButton):
    """A small picture with a name below that can be chosen."""

    def __init__(self, name: str, tip: str, picture_size: int, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._side = picture_size
        self._picture: QPixmap | None = None
        self.setCheckable(True)
        identify(self, spoken=name, hint=tip)

    @property
    def picture_size(self) -> int:
        """The side of the picture, in pixels."""
        return px(self._side)

    def draw(self, size: int, ratio: float, theme: Theme) -> QPixmap:
        """Paint the picture in the colours of a theme."""
        raise NotImplementedError

    def sizeHint(self) -> QSize:
        return QSize(self.picture_size + px(4), self.picture_size + px(8) + QFontMetrics(self.small).height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._picture = None
            self.update()

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        theme, size = current(), self.picture_size
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self.draw(size, ratio, theme)
        around = px(2)
        frame = QRectF((self.width() - size) / 2 - around, px(1), size + 2 * around, size + 2 * around)
        painter.setOpacity(1.0 if self.isChecked() or self.underMouse() else 0.7)
        painter.setBrush(QColor(theme.surface))
        painter.setPen(self._frame_pen(theme))
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), exact_px(6), exact_px(6))
        painter.drawPixmap(QPointF(frame.x() + around, frame.y() + around), self._picture)
        painter.setOpacity(1.0)
        self.paint_name(painter, frame.bottom() + 1, theme.text if self.isChecked() else theme.quiet)

    def _frame_pen(self, theme: Theme) -> QPen:
        if self.isChecked() or self.shows_focus:
            style = Qt.PenStyle.SolidLine if self.isChecked() else Qt.PenStyle.DotLine
            # The accent is for what is chosen.
            return QPen(QColor(theme.text if self.shows_focus else theme.accent), exact_px(2), style)
        return QPen(QColor(theme.quiet if self.underMouse() else theme.line), exact_px(1))


class DataTile(Tile):
    """A data set as its points."""

    def __init__(self, name: str, tip: str, sample: Sample, parent: QWidget | None = None) -> None:
        super().__init__(name, tip, 40, parent)
        self.sample = self.clean = sample

    def show_name(self, name: str, sample: Sample) -> None:
        """Stand for another data set."""
        self.setText(name)
        self.clean = sample
        self.show_sample(sample)

    def show_sample(self, sample: Sample) -> None:
        """Show other points."""
        if sample is not self.sample:
            self.sample, self._picture = sample, None
            self.update()

    def draw(self, size: int, ratio: float, theme: Theme) -> QPixmap:
        return points_picture(self.sample, size, ratio, theme)


class FeatureTile(Tile):
    """A feature as a map of the plane."""

    def __init__(self, feature: str, parent: QWidget | None = None) -> None:
        super().__init__(FEATURES[feature].label, "", 40, parent)
        self.feature = feature

    def draw(self, size: int, ratio: float, theme: Theme) -> QPixmap:
        steps = round(size * ratio)
        axis = np.linspace(-EXTENT, EXTENT, steps)
        x1, x2 = np.meshgrid(axis, axis[::-1])
        values = FEATURES[self.feature].formula(x1, x2)
        reach = float(np.abs(values).max()) or 1.0
        shades = np.round((values / reach + 1) / 2 * 255).astype(np.uint8)
        rgba = np.ascontiguousarray(field_table(theme)[shades])
        image = QImage(rgba.data, steps, steps, 4 * steps, QImage.Format.Format_RGBA8888)
        picture = QPixmap.fromImage(image.copy())
        picture.setDevicePixelRatio(ratio)
        return picture


@lru_cache(maxsize=64)
def curves(activation: Activation) -> tuple[Array, Array, Array]:
    """Return z from −3 to 3, f(z) and f′(z), each of shape (61,)."""
    z = np.linspace(-_CURVE_EXTENT, _CURVE_EXTENT, 61)
    a = activation(z)
    return z, a, activation.derivative(z, a)


def _whole_curve(f: Array, height: int, most: float) -> tuple[float, float]:
    """Return the position of 0 and the pixels per unit at which the whole curve fits into a height."""
    finite, edge = f[np.isfinite(f)], px(3)
    low, high = min(float(finite.min(initial=0)), -0.25), max(float(finite.max(initial=0)), 0.25)
    unit = min(most, (height - 2 * edge) / (high - low))
    return (height + unit * (high + low)) / 2, unit


def paint_curves(painter: QPainter, activation: Activation, size: QSize, theme: Theme, slope: bool = True) -> None:
    """Paint f as a line and f′ faint and dotted, on axes that are the same for every activation.

    Without f′ the picture is small, and the vertical axis is as long as the whole curve needs.
    """
    scale, edge = (size.width() - px(4)) / (2 * _CURVE_EXTENT), px(2)
    middle, unit = size.height() * _ZERO_AT, size.height() * _UNIT
    if not slope:
        middle, unit = _whole_curve(curves(activation)[1], size.height(), unit)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(theme.line), exact_px(1)))
    painter.drawLine(QPointF(edge, middle), QPointF(size.width() - edge, middle))
    painter.drawLine(QPointF(size.width() / 2, edge), QPointF(size.width() / 2, size.height() - edge))
    z, f, derivative = curves(activation)
    lines = [(derivative, QPen(QColor(theme.quiet), exact_px(1), Qt.PenStyle.DotLine))] if slope else []
    for values, pen in [*lines, (f, QPen(QColor(theme.accent), exact_px(1.6)))]:
        painter.setPen(pen)
        at = np.stack([size.width() / 2 + z * scale, middle - values * unit], axis=1)
        painter.drawPolyline(_polygon(at[np.isfinite(at).all(axis=1)]))


@lru_cache(maxsize=64)
def curve_icon(activation: Activation, theme: Theme, zoom: float = 1.0) -> QIcon:
    """Paint the curve of an activation for a list, legible on a selected line too."""
    icon, size = QIcon(), CURVE_ICON * zoom
    for mode, colour in ((QIcon.Mode.Normal, theme.accent), (QIcon.Mode.Selected, theme.on_accent)):
        picture = empty_pixmap(size, 2)
        painter = QPainter(picture)
        paint_curves(painter, activation, size, replace(theme, accent=colour), slope=False)
        painter.end()
        icon.addPixmap(picture, mode)
    return icon


@lru_cache(maxsize=32)
def large_curve(activation: Activation, theme: Theme, zoom: float = 1.0) -> QImage:
    """Paint the curves of an activation with a legend and numbers at the axes, for a closer look."""
    size, ratio = LARGE_CURVE * zoom, 2
    image = QImage(size * ratio, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(theme.surface))
    painter = QPainter(image)
    paint_curves(painter, activation, size, theme)
    font = QFont()
    font.setPixelSize(px(SMALL))
    painter.setFont(font)
    middle, unit = size.height() * _ZERO_AT, size.height() * _UNIT
    scale = (size.width() - px(4)) / (2 * _CURVE_EXTENT)
    centre, z_width = size.width() / 2, painter.fontMetrics().horizontalAdvance("z")
    texts = [
        (px(8), px(29), "f′(z), dotted"),
        (size.width() - px(8) - z_width, middle - px(5), "z"),
        *((centre + px(5), middle - unit * y - px(4), minus_text(f"{y}")) for y in (1, -1)),
        *((centre + x * scale - px(4), middle + px(14), minus_text(f"{x}")) for x in (-2, 2)),
    ]
    painter.setPen(QColor(theme.accent))
    painter.drawText(QPointF(px(8), px(14)), f"f(z): {activation.label}")
    painter.setPen(QColor(theme.quiet))
    for x, y, text in texts:
        painter.drawText(QPointF(x, y), text)
    painter.end()
    return image


def _as_html(image: QImage) -> str:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    width = round(image.width() / image.devicePixelRatio())
    return f'<img width="{width}" src="data:image/png;base64,{bytes(data.toBase64().data()).decode()}">'


class ActivationCurve(QWidget):
    """The curve of an activation f, with its derivative f′ faint behind; its tooltip shows both large."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.activation: Activation | None = None
        self.setFixedSize(_CURVE * zoom())
        self.setAccessibleName("Activation curve")

    def show_activation(self, activation: Activation) -> None:
        """Draw another activation."""
        if activation != self.activation:
            self.activation = activation
            curves = f"{activation.label}: f is the line, its derivative f′ is dotted, for z from −3 to 3."
            self.setToolTip(wrapping(curves))
            self.update()

    def event(self, event: QEvent) -> bool:
        # Drawn when somebody wants to see it: a deep network has many of these.
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent) and self.activation is not None:
            large = _as_html(large_curve(self.activation, current(), zoom()))
            QToolTip.showText(event.globalPos(), f"{large}<p>{self.activation.formula}</p>", self)
            return True
        return super().event(event)

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        theme = current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(QRectF(self.rect()), exact_px(4), exact_px(4))
        painter.setClipRect(self.rect().adjusted(1, 1, -1, -1))
        if self.activation is not None:
            paint_curves(painter, self.activation, self.size(), theme)


def magnitude_place(value: float) -> float:
    """Return the place of a size on the logarithmic scale of the gradient bars, 0…1."""
    if not value > 0:
        return 0.0
    low, high = MAGNITUDES
    return min(max((math.log10(value) - low) / (high - low), 0.0), 1.0)


class MagnitudeBar(QWidget):
    """A size on a logarithmic scale from 1e-8 to 10: the length of the bar, and its colour."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.value = math.nan
        self._drawn = -1
        self.setFixedHeight(px(10))
        self.setMinimumWidth(px(40))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip(wrapping("The size of this layer's gradient, on a logarithmic scale from 1e-8 to 10."))

    @property
    def filled(self) -> int:
        """The length of the bar in pixels; 0 for nothing measured."""
        return round(magnitude_place(self.value) * self.width())

    def show_value(self, value: float) -> None:
        """Show a size; repaints only if that changes a pixel."""
        self.value = value
        if self.filled != self._drawn:
            self.update()

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        theme = current()
        self._drawn = self.filled
        painter.setPen(Qt.PenStyle.NoPen)
        edge, corner = px(1), exact_px(4)
        track = QRectF(0, edge, self.width(), self.height() - 2 * edge)
        painter.setBrush(QColor(theme.raised))
        painter.drawRoundedRect(track, corner, corner)
        if self._drawn > 0:
            painter.setBrush(QColor(*magnitude_table()[round(magnitude_place(self.value) * 255)].tolist()))
            painter.drawRoundedRect(QRectF(0, edge, max(self._drawn, px(8)), track.height()), corner, corner)
