"""The chart of a response: outcomes over the values of one setting, the present value, and the better region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby, pairwise

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QMenu, QWidget

from playground.experiment.quantity import Quantity
from playground.experiment.words import value_words
from playground.studies.reading import ResponseReading, ValueOutcome

from ...forms.edits import Edits
from ...guard.faults import painted
from ...look import theme
from ...look.numbers import short_text
from ...look.theme import exact_px, px
from ..chart.axes import AmountAxis, ChartAxis, ShareAxis, accuracy_axis, r_squared_axis
from ..chart.plot import LEFT, LOG_SCALE, ChartBox, Mouse, PaintedChart, line_path, pen, write, write_centred

_LEFT, _RIGHT, _TOP, _BELOW = 42, 8, 4, 16
"""Margins of the box, in pixels at zoom 1: below stand values."""
_NAMES_LEFT = 30
"""How far names of members reach into the left margin."""
_MOST_ROWS, _LEAST_BOX = 3, 30
"""The rows that names of members may take, and the height that is left for the chart with more than one."""
_BAND, _LIT = 46, 30
"""Opacities of the band and of the better region, of 255."""
_TALL, _DOTS = 160, 0.6
"""The height from which the starts are dots, and how opaque these are."""
_USUAL, _ROOM = 0.75, 1.5
"""The axis ends at this quantile of the medians times this factor; arrows stand for what is higher."""
HELP = (
    "Click or drag: sets the value under the pointer, rounded as on its slider. Ctrl and click: takes the nearest "
    "value that was tried, with the weights that it was trained to. Arrow keys look at what was tried, Enter takes it."
)
"""What a person can do with the chart; it stands on the sentence above, where it hides no curve."""
_EDGE = 0.06
"""The share of the box on each side of a list's members."""


class _PlaceAxis(ChartAxis):
    """Values by where they stand on their slider, or in their list."""

    def __init__(self) -> None:
        self.texts: list[tuple[float, str]] = []
        self._zero_is_last = False

    def show(self, reading: ResponseReading) -> None:
        """Number the axis by the values that are tried."""
        knob = reading.knob
        self.low, self.high = (0.0, 1.0) if knob.is_number else (-_EDGE, 1 + _EDGE)
        self._zero_is_last = False
        if not knob.is_number:
            self.texts = []
            return
        quantity = Quantity.of(knob.field)
        low, high = quantity.ends
        if quantity.log:
            decades = range(math.ceil(math.log10(max(low, 1e-12))), math.floor(math.log10(high)) + 1)
            at = [(quantity.place(10.0**k), short_text(10.0**k)) for k in decades]
            zero = (knob.field.names or {}).get(0, "0")
            self.texts = sorted([*at, (quantity.place(0), zero)]) if quantity.has_zero_end else at
            self._zero_is_last = quantity.zero_is_most
        else:
            self.texts = [(share, short_text(low + share * (high - low))) for share in (0.0, 0.5, 1.0)]

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        every = max(1, math.ceil(len(self.texts) / max(1, most)))
        # Of all, those from the end on that means 0.
        kept = self.texts[(len(self.texts) - 1) % every if self._zero_is_last else 0 :: every]
        return [place for place, _ in kept], [text for _, text in kept]


def _subject_of(reading: ResponseReading) -> tuple[object, ...]:
    """What the scale of a reading belongs to."""
    return reading.knob.path, reading.measure, reading.outcome_words


class ResponseChart(PaintedChart):
    """Paints a reading. A click or a drag gives the value under the hand.

    Arrow keys look at the values that were tried, Enter takes one. With Ctrl, the nearest of them is taken with its
    trained weights.
    """

    SIZE, LEAST = (248, 96), (120, 48)
    looked = Signal()
    """Another value is looked at, or pointed at, or none."""
    weights_asked = Signal(object)
    """A value that is wanted with the weights that it was trained to."""
    race_asked = Signal(str, object)
    """Carries the path of the setting, and a value that is to race the present one."""
    copy_asked = Signal(str)
    """Carries the path of the setting whose command is wanted on the clipboard."""
    save_asked = Signal(str)
    """Carries the path of the setting whose numbers are wanted in a file."""

    def __init__(self, name: str, parent: QWidget, *, always_dots: bool = False) -> None:
        """With `always_dots` the starts are dots at any height."""
        self.reading: ResponseReading | None = None
        self._dots_from = 0 if always_dots else _TALL
        self._across = _PlaceAxis()
        self._up: AmountAxis | ShareAxis = AmountAxis()
        self._cursor: int | None = None
        self._under_mouse: object = None
        """The value of a number at which the mouse points."""
        self._held: float | None = None
        """Where the hand holds the mark of a number."""
        super().__init__(name, "Response", parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.edits = Edits(self)
        self._mouse = Mouse(self)
        self._mouse.moved.connect(self._follow_mouse)

    def show_reading(self, reading: ResponseReading | None) -> None:
        """Show a reading; None for nothing."""
        looked_at, before = self.looked_at, self.reading
        self.reading = reading
        if reading is None or before is None or reading.knob.path != before.knob.path:
            # What is pointed at is a value of another setting.
            looked_at = self._under_mouse = None
        if reading is not None and (before is None or _subject_of(reading) != _subject_of(before)):
            self._up.begin_anew()
        # Values may have been added on either side.
        values = () if reading is None or looked_at is None else reading.knob.values
        self._cursor = values.index(looked_at.value) if looked_at is not None and looked_at.value in values else None
        if reading is not None:
            self._across.show(reading)
            self._fit(reading)
            if self._under_mouse is not None and self._mouse.place is not None:
                # One of the added values may be nearer to the mouse.
                self._cursor = self._nearest(self._box().place(self._mouse.place.x()))
        self.update()

    @property
    def looked_at(self) -> ValueOutcome | None:
        """The value under the mouse or the keyboard's cursor."""
        if self.reading is None or self._cursor is None:
            return None
        return self.reading.values[self._cursor]

    @property
    def words_between(self) -> str:
        """The value at which the mouse points, unless it is one that was tried."""
        one, value = self.looked_at, self._under_mouse
        if self.reading is None or one is None or value is None or value == one.value:
            return ""
        return value_words(self.reading.knob.field, value)

    def _fit(self, reading: ResponseReading) -> None:
        if reading.scale == "amount":
            self._up = axis = self._up if isinstance(self._up, AmountAxis) else AmountAxis()
            sound = [one for one in reading.values if math.isfinite(one.median)]
            medians = np.array([one.median for one in sound])
            if len(medians):
                # A few values that come to nothing good would press all others flat.
                here = reading.present.median
                end = _ROOM * float(np.nanmax([np.quantile(medians, _USUAL), here]))
                axis.fit(np.minimum(medians, end), np.minimum([one.high for one in sound], end))
        else:
            self._up = share = accuracy_axis() if reading.scale == "accuracy" else r_squared_axis()
            share.fit(np.array([one.low for one in reading.values]))

    def x_of(self, place: float) -> float:
        """The pixel at which a value stands."""
        return float(self._box().x(np.array([place]))[0])

    # The hand -----------------------------------------------------------------------------------------------------

    def _value_at(self, x: float) -> object:
        """The value at a pixel: any number of a slider, the nearest member of a list."""
        assert self.reading is not None
        knob, place = self.reading.knob, min(max(self._box().place(x), 0.0), 1.0)
        if knob.is_number:
            return Quantity.of(knob.field).at(place)
        return knob.values[self._nearest(place)]

    def _nearest(self, place: float) -> int:
        assert self.reading is not None
        return int(np.abs(np.array(self.reading.knob.places) - place).argmin())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.reading is None or event.button() != Qt.MouseButton.LeftButton:
            return
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            nearest = self._nearest(self._box().place(event.position().x()))
            self.weights_asked.emit(self.reading.values[nearest].value)
        else:
            self._hold(event.position().x())

    def _hold(self, x: float) -> None:
        """Ask for the value at a pixel; the mark follows the hand before the reading does."""
        self._held = min(max(self._box().place(x), 0.0), 1.0)
        self.edits.change(self._value_at(x))
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            self._hold(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.edits.end()
        self._held = None
        self.update()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        one, reading = self.looked_at, self.reading
        if reading is None:
            return
        menu, path = QMenu(self), reading.knob.path
        menu.setObjectName("response.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if one is not None:
            pointed = self._under_mouse if self.words_between else one.value
            words = f"Race {self.words_between or one.words} against {reading.present.words}…"
            if pointed != reading.present.value:
                menu.addAction(words).triggered.connect(lambda: self.race_asked.emit(path, pointed))
                menu.addSeparator()
        menu.addAction("Copy as a command").triggered.connect(lambda: self.copy_asked.emit(path))
        menu.addAction("Save the numbers (CSV)…").triggered.connect(lambda: self.save_asked.emit(path))
        menu.popup(event.globalPos())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        reading, key = self.reading, Qt.Key(event.key())
        looks = self._cursor is not None and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        if reading is None or not (key in steps or looks):
            super().keyPressEvent(event)
        elif key in steps:
            here = reading.knob.present if self._cursor is None else self._cursor
            self._under_mouse = None
            self.look_at(min(max(here + steps[key], 0), len(reading.values) - 1))
        elif key == Qt.Key.Key_Escape:
            self.look_at(None)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            assert self._cursor is not None
            self.weights_asked.emit(reading.values[self._cursor].value)
        else:
            assert self._cursor is not None
            self.edits.make(reading.values[self._cursor].value)

    def _follow_mouse(self) -> None:
        if self.reading is None:
            return
        place, before = self._mouse.place, self._under_mouse
        points = place is not None and self.reading.knob.is_number
        self._under_mouse = self._value_at(place.x()) if place is not None and points else None
        cursor = None if place is None else self._nearest(self._box().place(place.x()))
        if cursor == self._cursor and self._under_mouse != before:
            self.looked.emit()
            self.update()
        self.look_at(cursor)

    @property
    def place_looked_at(self) -> int | None:
        """The place in the reading of the value that is looked at."""
        return self._cursor

    def look_at(self, cursor: int | None) -> None:
        """Look at the value at a place of the reading, or at none."""
        if cursor != self._cursor:
            self._cursor = cursor
            self.looked.emit()
            self.update()

    # Painting -----------------------------------------------------------------------------------------------------

    def _box(self) -> ChartBox:
        below = px(_BELOW) + (self._name_rows - 1) * self.metrics.height()
        rect = QRectF(self.rect()).adjusted(px(_LEFT), px(_TOP), -px(_RIGHT), -below)
        return ChartBox(rect, self._across, self._up)

    @property
    def _name_rows(self) -> int:
        """The rows in which the names of all members have room below them; 1 if they have none in any number."""
        reading = self.reading
        if reading is None or reading.knob.is_number:
            return 1
        spans, room = self._spans_of_names(reading), self.height() - px(_TOP) - px(_BELOW) - px(_LEAST_BOX)
        for rows in range(1, min(_MOST_ROWS, 1 + int(room // self.metrics.height())) + 1):
            if all(one[1] < other[0] for one, other in zip(spans, spans[rows:], strict=False)):
                return rows
        return 1

    def _spans_of_names(self, reading: ResponseReading) -> list[tuple[float, float]]:
        """Where the name of each member begins and ends, if it is written, with some air."""
        left, right = px(_LEFT), self.width() - px(_RIGHT)
        spans = []
        for one in reading.values:
            x = left + float(self._across.shares(np.array([one.place]))[0]) * (right - left)
            wide = self.metrics.horizontalAdvance(f"{one.words}n")
            begin = min(max(x - wide / 2, left - px(_NAMES_LEFT)), right - wide)
            spans.append((begin, begin + wide))
        return spans

    @painted
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(self.small)
            if self.reading is not None and any(one.n for one in self.reading.values):
                self._paint(painter, self._box(), self.reading)

    def _paint(self, painter: QPainter, box: ChartBox, reading: ResponseReading) -> None:
        self._paint_regions(painter, box, reading.values, reading.better_values)
        box.paint_numbers_at_left(painter, px(_LEFT), names_scale=False)
        sound = [one for one in reading.values if math.isfinite(one.median)]
        self._name_scale(painter, box, reading, sound)
        if reading.knob.is_number:
            box.paint_numbers_below(painter, 44)
            self._paint_curve(painter, box, sound)
        else:
            self._paint_members(painter, box, sound)
            self._name_members(painter, box, reading)
        self._paint_arrows(painter, box, reading, sound)
        if box.rect.height() >= px(self._dots_from):
            self._paint_starts(painter, box, sound)
        self._paint_present(painter, box, reading)
        if self._cursor is not None:
            self._paint_looked_at(painter, box, reading, reading.values[self._cursor])

    def _name_scale(
        self, painter: QPainter, box: ChartBox, reading: ResponseReading, sound: Sequence[ValueOutcome]
    ) -> None:
        """Say that the axis is logarithmic in a corner that the outcomes leave free, if there is one."""
        if not box.is_logarithmic or not sound:
            return
        x = box.x(np.array([one.place for one in sound]))
        low, _, high = (box.y(box.up.places(np.array(column))) for column in _columns(sound))
        for corner in box.corners(painter.fontMetrics()):
            across = np.linspace(corner.left(), corner.right())
            meets = (np.interp(across, x, low) >= corner.top()) & (np.interp(across, x, high) <= corner.bottom())
            if not meets.any() and not corner.left() <= self.x_of(reading.present.place) <= corner.right():
                write(painter, corner, LEFT, LOG_SCALE, theme.current().quiet)
                return

    def _paint_looked_at(self, painter: QPainter, box: ChartBox, reading: ResponseReading, one: ValueOutcome) -> None:
        """Paint a line at the value that a click gives, and a ring at the tried one whose outcome is told."""
        place = one.place
        if self.words_between:
            place = Quantity.of(reading.knob.field).place(self._under_mouse)  # type: ignore[arg-type]
        x = self.x_of(place)
        painter.setPen(pen(theme.current().quiet, 1, Qt.PenStyle.DotLine))
        painter.drawLine(QPointF(x, box.rect.top()), QPointF(x, box.rect.bottom()))
        if reading.knob.is_number and math.isfinite(one.median):
            y = float(box.y(box.up.places(np.array([one.median])))[0])
            if y >= box.rect.top():
                painter.setPen(pen(theme.current().text, 1.5))
                painter.setBrush(QColor(theme.current().surface))
                painter.drawEllipse(QPointF(self.x_of(one.place), y), exact_px(2.5), exact_px(2.5))

    def _paint_regions(
        self, painter: QPainter, box: ChartBox, values: Sequence[ValueOutcome], better: Sequence[ValueOutcome]
    ) -> None:
        """Light the better region, and hatch where training diverges, up to half-way to the neighbours."""
        look = theme.current()
        lit, hatch = QColor(look.accent), QBrush(QColor(look.quiet), Qt.BrushStyle.BDiagPattern)
        lit.setAlpha(_LIT)
        places = np.array([one.place for one in values])
        edges = np.concatenate([[box.across.low], (places[1:] + places[:-1]) / 2, [box.across.high]])
        for one, (left, right) in zip(values, pairwise(box.x(edges).tolist()), strict=True):
            strip = QRectF(left, box.rect.top(), right - left, box.rect.height())
            if one in better:
                painter.fillRect(strip, lit)
            if one.diverged:
                painter.setOpacity(one.diverged / one.n)
                painter.fillRect(strip, hatch)
                painter.setOpacity(1)

    def _paint_curve(self, painter: QPainter, box: ChartBox, sound: Sequence[ValueOutcome]) -> None:
        painter.save()
        painter.setClipRect(box.rect.adjusted(0, 0, 0, px(2)))
        x = box.x(np.array([one.place for one in sound]))
        low, median, high = (box.y(box.up.places(np.array(column))) for column in _columns(sound))
        colour = QColor(theme.current().quiet)
        colour.setAlpha(_BAND)
        if len(x) > 1:
            painter.fillPath(line_path(np.concatenate([x, x[::-1]]), np.concatenate([low, high[::-1]])), colour)
        painter.setPen(pen(theme.current().quiet, 1.5))
        painter.drawPath(line_path(x, median))
        painter.restore()

    def _paint_members(self, painter: QPainter, box: ChartBox, sound: Sequence[ValueOutcome]) -> None:
        look, half = theme.current(), exact_px(5)
        band = QColor(look.quiet)
        band.setAlpha(2 * _BAND)
        painter.save()
        painter.setClipRect(box.rect.adjusted(0, 0, 0, px(2)))
        columns = [box.y(box.up.places(np.array(column))) for column in _columns(sound)]
        for one, low, median, high in zip(sound, *columns, strict=True):
            x = self.x_of(one.place)
            painter.fillRect(QRectF(x - half, min(low, high), 2 * half, max(abs(low - high), 1)), band)
            painter.setPen(pen(look.quiet, 2))
            painter.drawLine(QPointF(x - half, median), QPointF(x + half, median))
        painter.restore()

    def _paint_arrows(
        self, painter: QPainter, box: ChartBox, reading: ResponseReading, sound: Sequence[ValueOutcome]
    ) -> None:
        """Paint an arrow at the upper edge for every outcome above it, or for each stretch of a curve that is."""
        over = self.outcomes_above
        stretches = [list(group) for is_over, group in groupby(sound, key=over.__contains__) if is_over]
        if not reading.knob.is_number:
            stretches = [[one] for one in over]
        wide, top = exact_px(3.5), box.rect.top()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().quiet))
        for stretch in stretches:
            x = (self.x_of(stretch[0].place) + self.x_of(stretch[-1].place)) / 2
            painter.drawPolygon([QPointF(x, top), QPointF(x + wide, top + 2 * wide), QPointF(x - wide, top + 2 * wide)])

    @property
    def outcomes_above(self) -> list[ValueOutcome]:
        """The outcomes that the axis does not reach."""
        values = () if self.reading is None else self.reading.values
        return [
            one
            for one in values
            if math.isfinite(one.median) and float(self._up.places(np.array(one.median))) > self._up.high
        ]

    def _paint_starts(self, painter: QPainter, box: ChartBox, sound: Sequence[ValueOutcome]) -> None:
        """Paint a dot for every start where there is room for them."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.current().text))
        painter.setOpacity(_DOTS)
        for one in sound:
            x = self.x_of(one.place)
            for y in box.y(box.up.places(np.array(one.starts))).tolist():
                if y >= box.rect.top():
                    painter.drawEllipse(QPointF(x, y), exact_px(1.5), exact_px(1.5))
        painter.setOpacity(1)

    def _name_members(self, painter: QPainter, box: ChartBox, reading: ResponseReading) -> None:
        """Write the names of the members, in as many rows as that takes.

        Where they have no room in any number of rows, the first to be named are the one looked at, the present one
        and the best, then those that have room beside them.
        """
        rows, spans, look = self._name_rows, self._spans_of_names(reading), theme.current()
        first = [
            reading.values.index(one) for one in (self.looked_at, reading.present, reading.best) if one is not None
        ]
        named: list[int] = []
        for place in dict.fromkeys([*first, *range(len(spans))]):
            beside = [other for other in named if other % rows == place % rows]
            if all(spans[place][1] < spans[other][0] or spans[other][1] < spans[place][0] for other in beside):
                named.append(place)
        for place in named:
            one, top = reading.values[place], box.rect.bottom() + px(2) + place % rows * self.metrics.height()
            painter.setPen(QColor(look.text if place in first else look.quiet))
            write_centred(
                painter, self.x_of(one.place), top, one.words, box.rect.left() - px(_NAMES_LEFT), box.rect.right()
            )

    def _paint_present(self, painter: QPainter, box: ChartBox, reading: ResponseReading) -> None:
        here, look = reading.present, theme.current()
        held = self._held if reading.knob.is_number else None
        x = self.x_of(here.place if held is None else held)
        painter.setPen(pen(look.accent, 1.5))
        painter.drawLine(QPointF(x, box.rect.top()), QPointF(x, box.rect.bottom()))
        if math.isfinite(here.median) and held is None:
            y = float(box.y(box.up.places(np.array([here.median])))[0])
            painter.setBrush(QColor(look.accent))
            painter.drawEllipse(QPointF(x, y), exact_px(3), exact_px(3))


def _columns(sound: Sequence[ValueOutcome]) -> tuple[list[float], list[float], list[float]]:
    return [one.low for one in sound], [one.median for one in sound], [one.high for one in sound]
