"""The texts beside the plane: the reading at the mouse, and a note on mistakes and uncertainty."""

from __future__ import annotations

import re
from functools import partial
from typing import Literal, TypeAlias

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.measure.requests import BoundaryRequest
from playground.measure.snapshot import Snapshot, UnitMap

from ...forms.buttons import identify, wrapping
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
_ENTROPY_NOTE = (
    "No layer has dropout, so this is the entropy of the prediction: 0 where the network is certain, largest where "
    "all classes are equally likely."
)
_NO_SPREAD = "No layer has dropout, so predictions do not vary. Give a layer some dropout to see where they do."
_TOP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
_MIDDLE = Qt.AlignmentFlag.AlignVCenter
Spread: TypeAlias = Literal["deviation", "entropy"]
"""What uncertainty is: how much answers with dropout deviate, or the entropy of a single one."""


class BoundaryWords:
    """Labels on a view: the reading at the mouse, the point there, the name of the horizontal axis, and a note."""

    def __init__(self, parent: QWidget) -> None:
        self.reading, self.near, self.note_text = BOUNDARY_HINT, "", ""
        self._place, self._room, self._is_column = QRect(), 0, False
        label = partial(QLabel, parent, textFormat=Qt.TextFormat.PlainText)
        tip = "The position of the pointer, the prediction there and how sure the network is (1 is certain)."
        self._reading = identify(label(text=BOUNDARY_HINT), None, "The prediction at the pointer", tip)
        self._near = identify(label(), None, "The point under the pointer", tip)
        self._axis = identify(label(), "boundary.axis", "Horizontal axis")
        self._note = identify(label(wordWrap=True), "boundary.note", "Mistakes and uncertainty in words")
        self._note.setAlignment(_TOP)
        self._axis.setAlignment(_MIDDLE | Qt.AlignmentFlag.AlignRight)

    def place(self, strip: QRect, note: QRect, room: int) -> None:
        """Place the labels below the plane; words that need it may use `room` to the right of the plane, too."""
        self._place, self._room, self._is_column = strip, room, False
        self._reading.setWordWrap(False)
        self._reading.setAlignment(_MIDDLE)
        self._near.setAlignment(_MIDDLE | Qt.AlignmentFlag.AlignRight)
        # It may use that room as well, so that it needs fewer lines.
        self._note.setGeometry(note.adjusted(0, 0, room, 0))
        self._write()

    def place_in_column(self, column: QRect, axis: QRect) -> None:
        """Place the labels below each other in a column beside the plane, and the axis's name in a place of its own."""
        self._place, self._is_column = column, True
        self._reading.setWordWrap(True)
        for words in (self._reading, self._near):
            words.setAlignment(_TOP)
        self._axis.setGeometry(axis)
        self._write()

    @property
    def note_height(self) -> int:
        """The height that the note needs at its width, whatever its numbers will be."""
        most = max(map(len, re.findall(r"\d+", self.note_text)), default=0)
        widest = re.sub(r"\d+", "8" * most, self.note_text)
        metrics, room = QFontMetrics(small_font()), QRect(0, 0, max(1, self._note.width()), 10**4)
        return metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, widest).height()

    def name_axis(self, name: str) -> None:
        """Name the horizontal axis, at the right end of the line."""
        self._axis.setText(name)
        style_words(self._axis, theme.current().quiet)
        self._write()

    @property
    def axis_width(self) -> int:
        """The width that the name of the axis needs, with a gap."""
        return QFontMetrics(small_font()).horizontalAdvance(self._axis.text()) + px(EDGE)

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
        self._note.setToolTip(wrapping(words))
        changed = self._note.isHidden() == visible
        self._note.setVisible(visible)
        return changed

    def _write(self) -> None:
        """Write the reading in its line: the place and the answer, the point if the mouse is at one, the axis."""
        metrics, gap = QFontMetrics(small_font()), px(EDGE)
        if self._is_column:
            self._write_column(metrics)
            return
        axis = self.axis_width
        reading, most = self.reading, self._place.width() + self._room
        near = metrics.horizontalAdvance(self.near) + 2 * gap if self.near else 0
        if metrics.horizontalAdvance(reading) + near + 2 * gap + axis > most:
            # The place can be seen.
            reading = reading.rpartition(" → ")[2]
        needed = metrics.horizontalAdvance(reading) + near + 2 * gap + axis
        whole = self._place.adjusted(0, 0, min(max(0, needed - self._place.width()), self._room), 0)
        self._axis.setGeometry(whole.adjusted(whole.width() - axis, 0, 0, 0))
        strip = whole.adjusted(0, 0, -axis - gap, 0)
        self._reading.setText(reading)
        self._reading.setGeometry(strip)
        rest = strip.adjusted(metrics.horizontalAdvance(reading) + 2 * gap, 0, 0, 0)
        self._write_near(metrics, rest)

    def _write_near(self, metrics: QFontMetrics, place: QRect) -> None:
        self._near.setText(metrics.elidedText(self.near, Qt.TextElideMode.ElideRight, max(0, place.width())))
        self._near.setGeometry(place)

    def _write_column(self, metrics: QFontMetrics) -> None:
        """Write two lines of reading, one for the point at the mouse, and the note in what is left."""
        place, line = self._place, metrics.lineSpacing()
        self._reading.setText(self.reading)
        self._reading.setGeometry(place.left(), place.top(), place.width(), 2 * line)
        self._write_near(metrics, QRect(place.left(), place.top() + 2 * line, place.width(), line))
        self._note.setGeometry(place.adjusted(0, 3 * line + px(EDGE), 0, 0))


def reading_words(
    shot: Snapshot,
    place: QPointF,
    values_at: tuple[float, float],
    unit: UnitMap | None,
    values: Array | None,
    spread: Spread | None,
) -> str:
    """Read the picture at a place of the plane, which is `values_at` in the units of the data.

    `values` is the map of the `unit`, or with a `spread` the field of uncertainty, (n, n); None without a picture.
    """
    words, field = place_words(shot.sample.axis_names, *values_at), shot.answer(BoundaryRequest)
    here = None if values is None else float(interpolate(values[np.newaxis], place.x(), place.y())[0])
    if unit is not None and here is not None:
        return f"{words} → {unit_words(shot, unit.layer, unit.unit)[0]} {number_text(here)}"
    if field is None:
        return words
    words += f" → {answer_words(shot, interpolate(field, place.x(), place.y()))}"
    if here is None or spread is None:
        return words
    if spread == "deviation":
        return f"{words} ± {number_text(here, 2)}"
    return f"{words}, entropy {number_text(here, 2)} bits" if shot.sample.task == "classification" else words


def unsure_note(shot: Snapshot) -> str:
    """Say what uncertainty shows without dropout."""
    return _ENTROPY_NOTE if shot.sample.task == "classification" else _NO_SPREAD


def point_words(sample: Sample, index: int) -> str:
    """A point of the sample in words: its set and its label."""
    return f"{PART_NAMES[int(sample.split[index])]} point: {label_words(sample, sample.labels[index])}"


class Arrangement:
    """Places the bar of controls and the legend, the plane, and a line of words below it.

    Where that leaves a larger plane, all but the plane stands in a column to its left.
    """

    def __init__(self, view: QWidget, plane: InputPlane, modes: Modes, legend: Legend, words: BoundaryWords) -> None:
        self._view, self._plane, self._modes, self._legend, self._words = view, plane, modes, legend, words

    def place(self, note: int) -> None:
        """Place all parts, with `note` pixels for a note below the plane."""
        grid = px(theme.GRID)
        room = self._view.rect().adjusted(grid, px(4), -grid, -px(2))
        column = self._modes.line_width(words=True) - self._modes.toggles_width(words=True)
        name = self._words.axis_width
        beside = room.adjusted(column + 2 * grid, 0, -name, 0)
        above = room.adjusted(0, self._bar_height(room.width()), 0, 0)
        line = px(LINE_HEIGHT)
        if self._side(beside, 0) > self._side(above, line + note):
            # What is left of the width stands in three equal parts around the column and the plane.
            wide = self._side(beside, 0) + self._plane.axis_width + px(EDGE)
            gap = (beside.width() - wide) // 3
            plane = self._place_plane(QRect(beside.left() + 2 * gap, room.top(), wide, room.height()), 0)
            below = self._place_column(QRect(room.left() + gap, room.top(), column, room.height()))
            self._words.place_in_column(below, QRect(plane.right() + px(EDGE), plane.bottom(), name, px(BOTTOM)))
        else:
            self._place_bar(room)
            plane = self._place_plane(above, line + note)
            strip = QRect(plane.left(), plane.bottom() + 1 + px(BOTTOM), plane.width(), line)
            text = QRect(strip.left(), strip.bottom() + 1, plane.width(), note)
            self._words.place(strip, text, room.right() - strip.right())

    def _side(self, room: QRect, below: int) -> int:
        """Return the side of the largest plane in a room with so much below its axis."""
        edge = px(EDGE)
        return min(room.width() - self._plane.axis_width - edge, room.height() - edge - px(BOTTOM) - below)

    def _place_plane(self, room: QRect, below: int) -> QRect:
        """Place the plane with its axes in the middle of a room; return the place of its square."""
        axis, edge, side = self._plane.axis_width, px(EDGE), max(16, self._side(room, below))
        wide, high = side + axis + edge, side + edge + px(BOTTOM)
        left, top = room.left() + (room.width() - wide) // 2, room.top() + (room.height() - high - below) // 2
        self._plane.plot.setGeometry(left, top, wide, high)
        return QRect(left + axis, top + edge, side, side)

    def _place_column(self, room: QRect) -> QRect:
        """Place the controls and the legend below each other; return what is left."""
        height = self._modes.height_for(room.width())
        self._modes.setGeometry(room.left(), room.top(), room.width(), height)
        top = room.top() + height + px(theme.GRID)
        legend = self._legend.whole_height_for(room.width())
        self._legend.setGeometry(room.left(), top, room.width(), legend)
        return room.adjusted(0, top - room.top() + legend + 2 * px(theme.GRID), 0, 0)

    def _bar_height(self, width: int) -> int:
        height = self._modes.height_for(width)
        if self._modes.line_width(words=False) + 2 * px(theme.GRID) + self._legend.line_width() <= width:
            return height
        return height + self._legend.height_for(width)

    def _place_bar(self, room: QRect) -> None:
        """Place the controls and the legend above the plane, on one line where that is wide enough."""
        width, gap = room.width(), 2 * px(theme.GRID)
        modes = self._modes.line_width(words=True)
        if modes + gap + self._legend.line_width() > width:
            modes = self._modes.line_width(words=False)
        height = self._modes.height_for(width)
        if modes + gap + self._legend.line_width() <= width:
            self._modes.setGeometry(room.left(), room.top(), modes, height)
            legend = QRect(room.left() + modes + gap, room.top(), width - modes - gap, height)
            self._legend.setGeometry(legend)
            return
        self._modes.setGeometry(room.left(), room.top(), width, height)
        self._legend.setGeometry(room.left(), room.top() + height, width, self._legend.height_for(width))
