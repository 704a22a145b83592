"""Where the parts of the boundary stand: the largest square that fits, with the words around or beside it."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtWidgets import QWidget

from ui.look import theme
from ui.look.theme import px
from ui.views.boundary.modes import Modes
from ui.views.boundary.words import LINE_HEIGHT, BoundaryWords
from ui.views.plane.legend import Legend
from ui.views.plane.plane import BOTTOM, EDGE, InputPlane

_COLUMN = 144
"""Pixels that words beside the plane need at least."""


class Arrangement:
    """Places the plane, the controls, the legend and the words of a boundary view."""

    def __init__(self, view: QWidget, plane: InputPlane, modes: Modes, legend: Legend, words: BoundaryWords) -> None:
        self._view, self._plane, self._modes, self._legend, self._words = view, plane, modes, legend, words

    def place(self, note: int) -> None:
        """Place all parts, with `note` pixels for a note below the plane."""
        grid = px(theme.GRID)
        room = self._view.rect().adjusted(grid, grid, -grid, -grid)
        across, down = self._plane.axis_width + px(EDGE), px(BOTTOM) + px(EDGE)
        column = max(px(_COLUMN), self._legend.column_width())
        wide = room.width() - self._plane.axis_width
        above = self._modes.height_for(wide) + self._legend.height_for(wide)
        stacked = min(room.width() - across, room.height() - down - above - px(LINE_HEIGHT) - note)
        abreast = min(room.width() - across - column, room.height() - down)
        self._modes.set_column(abreast > stacked)
        side = max(16, stacked, abreast)
        if abreast > stacked:
            self._place_beside(room, side, column, note)
        else:
            self._place_stacked(room, side, note)

    def _place_stacked(self, room: QRect, side: int, note: int) -> None:
        left = room.left() + (room.width() - side - self._plane.axis_width - px(EDGE)) // 2
        words, wide = left + self._plane.axis_width, room.right() - left - self._plane.axis_width
        modes, above = self._modes.height_for(wide), self._legend.height_for(wide)
        self._modes.setGeometry(words, room.top(), wide, modes)
        self._legend.set_column(False)
        self._legend.setGeometry(words, room.top() + modes, wide, above)
        top = room.top() + modes + above
        self._place_plane(left, top, side)
        strip = QRect(words, top + side + px(BOTTOM) + px(EDGE), side, px(LINE_HEIGHT))
        self._words.place(strip, QRect(words, strip.bottom() + 1, side, note), beside=False)

    def _place_beside(self, room: QRect, side: int, column: int, note: int) -> None:
        left = room.left() + (room.width() - side - self._plane.axis_width - px(EDGE) - column) // 2
        top = room.top() + (room.height() - side - px(BOTTOM) - px(EDGE)) // 2
        self._place_plane(left, top, side)
        words = left + self._plane.axis_width + side + 2 * px(EDGE)
        width = room.right() - words
        modes = self._modes.height_for(width, column=True)
        self._modes.setGeometry(words, top + px(EDGE), width, modes)
        free = side - 3 * px(LINE_HEIGHT) - modes - px(EDGE)
        # Where a line for each is too much, marks share lines.
        listed = self._legend.height_for(width, column=True) + note <= free
        self._legend.set_column(listed)
        height = min(self._legend.height_for(width, column=listed), free)
        legend = top + 2 * px(EDGE) + modes
        self._legend.setGeometry(words, legend, width, height)
        strip = QRect(words, top + px(EDGE) + side - 3 * px(LINE_HEIGHT), width, 3 * px(LINE_HEIGHT))
        below = QRect(words, legend + height + px(EDGE), width, max(0, free - height - 2 * px(EDGE)))
        self._words.place(strip, below, beside=True)

    def _place_plane(self, left: int, top: int, side: int) -> None:
        self._plane.plot.setGeometry(left, top, side + self._plane.axis_width + px(EDGE), side + px(BOTTOM) + px(EDGE))
