"""Items drawn on the plane besides the points: the field's image, lines in many short pieces, and their numbers.

All of it changes with every frame. pyqtgraph makes one long path of a line's pieces, which takes several times as long
to draw as the pieces themselves, and converts an image's colours each time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT

from ...guard.faults import guarded
from ...look import theme
from ..chart.plot import line_path, paint_box, pen, small_font, write
from ..plane.field import NO_CONTOURS, ContourLines, joined_pieces, level_lines, on_plane
from .picture import BoundaryPicture

_PLANE = QRectF(-EXTENT, -EXTENT, 2 * EXTENT, 2 * EXTENT)
_APART = 48.0
"""Pixels between two numbers, at least."""
_STEEPEST = 7.0
"""Pixels between two lines, at least, where one of them gets its number."""
_STAY = 48.0
"""Pixels that a number follows its line before it looks for a better place."""


class _Layer(pg.GraphicsObject):
    """An item on the plane that paints itself."""

    def boundingRect(self) -> QRectF:
        return _PLANE


class _FieldImage(_Layer):
    """An image whose pixels blend into each other when they are drawn large."""

    def __init__(self) -> None:
        super().__init__()
        self._pixels: Array = np.zeros((0, 0), np.uint32)
        self._image, self._place = QImage(), _PLANE

    def boundingRect(self) -> QRectF:
        return self._place

    def show_pixels(self, pixels: Array, place: QRectF) -> None:
        """Show pixels 0xffRRGGBB, uint32 (rows, columns), row 0 at the bottom, at this place of the plane."""
        if place != self._place:
            self.prepareGeometryChange()
            self._place = place
        # The image does not copy the bytes.
        self._pixels = np.ascontiguousarray(pixels)
        rows, columns = pixels.shape
        self._image = QImage(self._pixels.data, columns, rows, 4 * columns, QImage.Format.Format_RGB32)
        self.update()

    @guarded
    def paint(self, painter: QPainter, *args: object) -> None:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(self._place, self._image)


class _Strokes(_Layer):
    """Straight pieces between places of the plane, all in one pen."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces = PrimitiveArray(QLineF, 4)
        self._pen = QPen()

    def set_pen(self, pen: QPen) -> None:
        # The pieces are short: flat ends don't overlap, so that they look like one stroke.
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        self._pen = pen
        self.update()

    def show_ends(self, ends: Array) -> None:
        """Show pieces given by their ends, (2 × pieces, 2) in coordinates of the plane."""
        if not len(ends) and not len(self._pieces):
            return
        self._pieces.resize(len(ends) // 2)
        self._pieces.ndarray()[:] = ends.reshape(-1, 4)
        self.update()

    def count(self) -> int:
        return len(self._pieces)

    @guarded
    def paint(self, painter: QPainter, *args: object) -> None:
        if len(self._pieces):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._pen)
            painter.drawLines(*self._pieces.drawargs())


class ContourLabel(NamedTuple):
    """The number of a contour, at a place of the plane."""

    level: int
    text: str
    x1: float
    x2: float


class _Numbers(_Layer):
    """The labels of contours, horizontal and of one size at any zoom."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: tuple[ContourLabel, ...] = ()

    def show_numbers(self, numbers: Sequence[ContourLabel]) -> None:
        if tuple(numbers) != self.numbers:
            self.numbers = tuple(numbers)
            self.update()

    @guarded
    def paint(self, painter: QPainter, *args: object) -> None:
        if not self.numbers:
            return
        places = [painter.transform().map(QPointF(number.x1, number.x2)) for number in self.numbers]
        painter.resetTransform()
        for number, place in zip(self.numbers, places, strict=True):
            box = _plate_for(number.text)
            box.moveCenter(place)
            _write_on_plate(painter, box, number.text)


def _plate_for(text: str) -> QRectF:
    """The size of the background plate for a text on the plane."""
    metrics = QFontMetricsF(small_font())
    return QRectF(0, 0, metrics.horizontalAdvance(text) + theme.px(6), metrics.height())


def _write_on_plate(painter: QPainter, box: QRectF, text: str) -> None:
    look = theme.current()
    ground = QColor(look.surface)
    ground.setAlpha(190)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(small_font())
    paint_box(painter, box, theme.exact_px(3), ground)
    write(painter, box, Qt.AlignmentFlag.AlignCenter, text, look.text)


class OtherLines(_Layer):
    """Lines of other runs on the plane, with words in a corner that say what they are."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Array] = []
        """The points along each piece of the line, (points, 2)."""
        self._path, self._words, self._strength, self._style = QPainterPath(), "", 0.0, Qt.PenStyle.DashLine

    def show_lines(self, several: Sequence[Array], words: str, strength: float, *, dashed: bool) -> None:
        """Show lines given by the ends of their pieces, (2 × pieces, 2) each; paler with less strength."""
        self.lines = [line for ends in several for line in joined_pieces(ends)]
        self._path, self._words, self._strength = QPainterPath(), words, strength
        self._style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
        for line in self.lines:
            self._path.addPath(line_path(line[:, 0], line[:, 1]))
        self.update()

    def words_room(self, pixel: float) -> QRectF:
        """The place of the words on the plane, on which a pixel has this size; empty without lines."""
        if self._path.isEmpty():
            return QRectF()
        size = (_plate_for(self._words).size() + QSizeF(theme.px(10), theme.px(10))) * pixel
        return QRectF(QPointF(-EXTENT, -EXTENT), size)

    @guarded
    def paint(self, painter: QPainter, *args: object) -> None:
        if self._path.isEmpty():
            return
        colour = QColor(theme.current().boundary_line)
        colour.setAlphaF((0.8 if self._style == Qt.PenStyle.DashLine else 0.4) * self._strength)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(pen(colour.name(QColor.NameFormat.HexArgb), 1.0, self._style))
        painter.drawPath(self._path)
        corner = painter.transform().map(QPointF(-EXTENT, -EXTENT))
        painter.resetTransform()
        painter.setOpacity(self._strength)
        box = _plate_for(self._words)
        box.moveBottomLeft(corner + QPointF(theme.px(4), -theme.px(4)))
        _write_on_plate(painter, box, self._words)


class PlaneLayers:
    """The image, the contours and their numbers on the plane."""

    def __init__(self) -> None:
        self._image, self.contours, self._line, self.numbers = _FieldImage(), _Strokes(), _Strokes(), _Numbers()
        self.below = (self._image, self.contours, self._line)
        """The layers below the points."""
        self.others = OtherLines()
        self.above = (self.others, self.numbers)
        self._picture: BoundaryPicture | None = None
        self._lines: ContourLines = NO_CONTOURS
        self._with_contours = False

    def apply_theme(self) -> None:
        """Apply the current theme: the line where the answer changes is thin, but distinct from contours."""
        look, among = theme.current(), self._with_contours
        self.contours.set_pen(pen(theme.blend(look.boundary_line, look.field_middle, 0.25), 1.0))
        self._line.set_pen(pen(theme.blend(look.boundary_line, look.text, 0.9 * among), 1.0 if among else 1.2))

    def show_picture(self, picture: BoundaryPicture | None, contours: bool) -> None:
        """Draw a picture, with or without contours; None: nothing."""
        if picture is None or self._picture is None or picture.texts != self._picture.texts:
            # Numbers of other lines must not wait until the next writing.
            self.numbers.show_numbers(())
        self._picture = picture
        if contours != self._with_contours:
            self._with_contours = contours
            self.apply_theme()
        self._image.setVisible(picture is not None)
        self._line.show_ends(picture.line if picture is not None else NO_CONTOURS.ends)
        self._lines = NO_CONTOURS
        if picture is not None:
            self._image.show_pixels(picture.pixels, picture.place)
            if contours:
                self._lines = level_lines(picture.values, picture.levels)
        self.contours.show_ends(on_plane(self._lines.ends, picture.values.shape[-1] if picture is not None else 2))
        if not len(self._lines.level):
            self.numbers.show_numbers(())

    def show_numbers(self, seen: QRectF, pixel: float) -> None:
        """Write numbers at the contours, near their old places; `pixel` is the size of one on the plane."""
        picture = self._picture
        if picture is None or not len(self._lines.level):
            self.numbers.show_numbers(())
            return
        before = [number for number in self.numbers.numbers if number.text in picture.texts]
        n = picture.values.shape[-1]
        taken = self.others.words_room(pixel)
        numbers = _numbers_for(self._lines, picture.levels, picture.texts, before, n, seen, pixel, taken)
        self.numbers.show_numbers(numbers)


def _numbers_for(
    lines: ContourLines,
    levels: Array,
    texts: Sequence[str],
    before: Sequence[ContourLabel],
    n: int,
    seen: QRectF,
    pixel: float,
    taken: QRectF,
) -> tuple[ContourLabel, ...]:
    """Place the numbers of contours where lines are far apart, clear of each other, near their old places.

    A level without such a place has no number. `before` are the present numbers, `n` the grid's side, `seen` the
    visible part of the plane, `pixel` the size of a pixel on the plane and `taken` a part where other words stand.
    """
    if not len(lines.level):
        return ()
    middles = on_plane(lines.ends.reshape(-1, 2, 2).mean(axis=1), n)
    cell = 2 * EXTENT / (n - 1)
    # Lines are as far apart as their levels, by how steep the field is between them.
    step = np.diff(np.sort(levels)).min() if len(levels) > 1 else np.inf
    gap = step / np.maximum(lines.spread, 1e-12) * cell / pixel
    pixel = theme.exact_px(pixel)
    inner = seen.adjusted(24 * pixel, 12 * pixel, -24 * pixel, -12 * pixel)
    inside = (
        np.abs(middles - [inner.center().x(), inner.center().y()]) <= [inner.width() / 2, inner.height() / 2]
    ).all(1)
    half = 14 * pixel
    free = inside & (gap >= _STEEPEST)
    if not taken.isEmpty():
        free &= (middles > [taken.right() + half, taken.bottom() + half]).any(axis=1)
    result: list[ContourLabel] = []
    for k, text in enumerate(texts):
        here = np.flatnonzero(free & (lines.level == k))
        old = [number for number in before if number.level == k]
        place = _best_place(middles[here], gap[here], result, old, pixel)
        if place is not None:
            result.append(ContourLabel(k, text, *(float(value) for value in middles[here[place]])))
    return tuple(result)


def _best_place(
    middles: Array, gap: Array, taken: Sequence[ContourLabel], old: Sequence[ContourLabel], pixel: float
) -> int | None:
    """Choose a place clear of those taken and near an old one, or else where the lines are farthest apart."""
    for number in taken:
        clear = np.hypot(*(middles - [number.x1, number.x2]).T) >= _APART * pixel
        gap = np.where(clear, gap, -1.0)
    usable = gap >= 0
    if not usable.any():
        return None
    for number in old:
        away = np.where(usable, np.hypot(*(middles - [number.x1, number.x2]).T), np.inf)
        if away.min() <= _STAY * pixel:
            return int(np.argmin(away))
    return int(np.argmax(gap))
