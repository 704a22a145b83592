"""The words beside the plane: what the mouse reads there, and a note on mistakes and uncertainty."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import Snapshot, UnitMap

from ...forms.buttons import identify
from ...look import theme
from ...look.numbers import number_text
from ...look.theme import px
from ..chart.plot import small_font, style_words
from ..plane.answers import PART_NAMES, answer_words, label_words, place_words, unit_words
from ..plane.field import interpolate
from ..plane.legend import Legend
from ..plane.plane import BOTTOM, EDGE, InputPlane
from .modes import Modes

LINE_HEIGHT = 20
BOUNDARY_HINT = "Point at the picture to read it."
NO_DROPOUT = "No layer has dropout, so every answer is the same. Give a layer some dropout to see where they differ."


class BoundaryWords:
    """Three labels on a view: the reading at the mouse, the point there, and a note."""

    def __init__(self, parent: QWidget) -> None:
        self.reading, self.near, self.note_text = BOUNDARY_HINT, "", ""
        self._place, self._beside = QRect(), False
        label = partial(QLabel, parent, textFormat=Qt.TextFormat.PlainText)
        tip = "Where the mouse is, the answer there and how sure the network is of it (1 is certain)."
        self._reading = identify(label(text=BOUNDARY_HINT), None, "What the network says at the mouse", tip)
        self._near = identify(label(), None, "The point at the mouse", tip)
        self._note = identify(label(wordWrap=True), "boundary.note", "Mistakes and uncertainty in words")
        self._note.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)

    def place(self, strip: QRect, note: QRect, *, beside: bool) -> None:
        """Take these places, below the plane or `beside` it."""
        self._place, self._beside = strip, beside
        self._note.setGeometry(note)
        self._write()

    def show_reading(self, reading: str, near: str) -> None:
        """Write the reading and the point at the mouse; without a reading, a hint."""
        look = theme.current()
        style_words(self._reading, look.text if reading else look.quiet)
        style_words(self._near, look.quiet)
        self.reading, self.near = reading or BOUNDARY_HINT, near
        self._write()

    def show_note(self, words: str, *, visible: bool) -> bool:
        """Show or hide the note; returns whether that has changed."""
        self.note_text = words
        style_words(self._note, theme.current().text)
        self._note.setText(words)
        self._note.setToolTip(words)
        changed = self._note.isHidden() == visible
        self._note.setVisible(visible)
        return changed

    def _write(self) -> None:
        """Write the reading in its strip: the place and the answer, and the point if the mouse is at one."""
        strip, metrics = self._place, QFontMetrics(small_font())
        if self._beside:
            self._reading.setText(
                self.reading.replace(" → ", "\n→ ").replace(BOUNDARY_HINT, BOUNDARY_HINT.replace(" to", "\nto"))
            )
            self._reading.setGeometry(strip.adjusted(0, 0, 0, -px(LINE_HEIGHT)))
            near = strip.adjusted(0, 2 * px(LINE_HEIGHT), 0, 0)
        else:
            self._reading.setText(self.reading)
            self._reading.setGeometry(strip)
            near = strip.adjusted(metrics.horizontalAdvance(self.reading) + 2 * px(EDGE), 0, 0, 0)
        side = Qt.AlignmentFlag.AlignLeft if self._beside else Qt.AlignmentFlag.AlignRight
        self._near.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self._near.setText(metrics.elidedText(self.near, Qt.TextElideMode.ElideRight, max(0, near.width())))
        self._near.setGeometry(near)


def reading_words(
    shot: Snapshot,
    place: QPointF,
    values_at: tuple[float, float],
    unit: UnitMap | None,
    values: Array | None,
    unsure: bool,
) -> str:
    """Read the picture at a place of the plane, which is `values_at` in the units of the data.

    `values` is the map of the `unit`, or with `unsure` the field of uncertainty, (n, n); None: no picture.
    """
    words, field = place_words(shot.sample.axis_names, *values_at), shot.answer(BoundaryRequest)
    here = None if values is None else float(interpolate(values[np.newaxis], place.x(), place.y())[0])
    if unit is not None and here is not None:
        return f"{words} → {unit_words(shot, unit.layer, unit.unit)[0]} {number_text(here)}"
    if field is None:
        return words
    words += f" → {answer_words(shot, interpolate(field, place.x(), place.y()))}"
    return f"{words} ± {number_text(here, 2)}" if unsure and here is not None else words


def point_words(sample: Sample, index: int) -> str:
    """A point of the sample in words: its set and its label."""
    return f"{PART_NAMES[int(sample.split[index])]} point: {label_words(sample, sample.labels[index])}"


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
