"""The playhead on the time axis: where the window looks, dragged with the mouse or moved by keys.

It knows the moments that can be shown by their steps; what is shown is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QAbstractSlider, QWidget

from playground.catalog.choice import Array
from playground.measure.changes import Change
from playground.measure.snapshot import Snapshot

from ...forms.buttons import identify, tip
from ...guard.faults import guarded
from ...look import theme
from ...look.theme import exact_px, px
from ..chart.axes import nearest_row
from .time import TimeAxis

_MARK_REACH, _ROW_REACH = 6.0, 3.0
"""Pixels from which the playhead snaps to the mark of a change, and to the end of an epoch."""
_LARGEST = 2**31 - 1
"""The largest value of a slider."""
_PAGES = 10
"""How many page keys lead through the run."""
_HELP = (
    "Drag it to see any earlier moment in all pictures, or click the time axis. Arrow keys move by an epoch, with "
    "Shift by a step, with Ctrl to the next change; Home and End go to the beginning and to now. Enter branches there; "
    "at a change, F2 names it."
)
_NOTHING_EARLIER = "Moves to earlier moments once training has begun."
IN_A_RACE = "A race has no earlier moments. Close it to look back at the run."


class Moments:
    """The moments of a run that can be shown, and their places on a time axis."""

    def __init__(self, snapshot: Snapshot, times: TimeAxis, first: int) -> None:
        self.first, self.last = first, snapshot.step
        history, now = snapshot.history, snapshot.measured
        # The present is not always the end of an epoch.
        is_new = not len(history.step) or snapshot.step > history.step[-1]
        self.rows: Array = np.append(history.step, [snapshot.step] if is_new else [])
        self.values: Array = np.append(times.column(history), [float(getattr(now, times.kind))] if is_new else [])
        self.changes: Array = np.unique([float(change.began.step) for change in snapshot.changes] or [0.0])
        self._times = times

    def place(self, step: int) -> float:
        """The place of a step on the axis."""
        value = np.interp(step, self.rows, self.values) if len(self.rows) else 0.0
        return float(self._times.places(np.array([value]))[0])

    def step(self, place: float, pixel: float) -> int:
        """The step at a place of the axis, of which a pixel is so much: that of a change or an epoch's end nearby."""
        if not len(self.rows):
            return self.first
        for steps, reach in ((self.changes, _MARK_REACH), (self.rows, _ROW_REACH)):
            at = self._times.places(np.interp(steps, self.rows, self.values))
            row = nearest_row(np.nan_to_num(at, nan=-np.inf), place)
            if row is not None and abs(at[row] - place) <= reach * pixel:
                return self.within(int(steps[row]))
        return self.within(round(float(np.interp(self._times.value(place), self.values, self.rows))))

    def within(self, step: int) -> int:
        """The nearest step that can be shown."""
        return min(max(step, self.first), self.last)

    def beside(self, step: int, by: int, among: Array) -> int:
        """The nearest of some ascending steps before or after a step."""
        if by < 0:
            return self.within(int(max(among[among < step], default=self.first)))
        return self.within(int(min(among[among > step], default=self.last)))


def change_at(snapshot: Snapshot, step: int) -> Change | None:
    """The latest change that began at a step of a run."""
    return next((one for one in reversed(snapshot.changes) if one.began.step == step), None)


def before_words(shown: Snapshot, present: Snapshot) -> str:
    """Say that an earlier moment is the one before a change, if it is: `, just before “learning rate 0.1”`."""
    change = change_at(present, shown.step)
    # The first moment that can be shown comes after what was changed there.
    return "" if change is None or change_at(shown, shown.step) else f", just before “{change.label}”"


class PlayheadHandle(QAbstractSlider):
    """The handle of the playhead, on the time axis below the tracks."""

    asked = Signal(object)
    """Asks for the moment of a step, or with None for the present."""
    branch_asked = Signal()
    name_asked = Signal(object)
    """Asks for another name for the change that was made at this step."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, "tracks.playhead", "Playhead")
        self.setOrientation(Qt.Orientation.Horizontal)
        self.place_at: Callable[[float], float | None] = lambda _: None
        """The place on the time axis at a pixel of the handle's own."""
        self.pixel = 1.0
        """How much of the axis a pixel is."""
        self.standing: float | None = None
        """The pixel at which it stands; None while that is out of sight."""
        self.moments: Callable[[], Moments | None] = lambda: None
        """The moments that can be shown; None before there is any."""
        self._at: int | None = None
        """The step on show or asked for; None for the present."""
        self._follows = False
        self.valueChanged.connect(self._take_value)
        self.describe(0, 0, "")

    @property
    def is_back(self) -> bool:
        """Whether it stands at an earlier moment."""
        return self._at is not None

    def stand(self, at: int | None) -> None:
        """Stand at a step, or with None at the present; not while a hand moves it."""
        if not self.isSliderDown():
            self._at = at

    def stand_at(self, x: float | None) -> None:
        """Stand at a pixel of its own, or with None out of sight."""
        if x != self.standing:
            self.standing = x
            self.update()

    def rest(self) -> None:
        """Stand nowhere, since a race is shown, and say so; a click asks all the same, to be told."""
        self.setEnabled(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.unsetCursor()
        self.setToolTip(tip(IN_A_RACE))
        self.setAccessibleDescription(IN_A_RACE)

    def describe(self, first: int, last: int, words: str) -> None:
        """Say which steps can be shown, and in words which is; `last` is that of the present."""
        self._follows = True
        if last <= _LARGEST:
            self.setRange(first, last)
            self.setValue(last if self._at is None else self._at)
        self._follows = False
        is_of_use = last > first
        hint = tip(_HELP if is_of_use else _NOTHING_EARLIER)
        if hint != self.toolTip():
            self.setEnabled(is_of_use)
            self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip(hint)
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def _take_value(self, value: int) -> None:
        """Follow a value that an assistive program sets."""
        if not self._follows:
            self._ask(value)

    def _ask(self, step: int | None) -> None:
        moments = self.moments()
        if moments is not None:
            self._at = None if step is None or step >= moments.last else step
            self.asked.emit(self._at)

    def ask_at(self, place: float) -> None:
        """Ask for the moment at a place of the time axis."""
        moments = self.moments()
        step = None if moments is None else moments.step(place, self.pixel)
        if step != self._at:
            self._ask(step)

    # Mouse and keys -------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if self.moments() is None:
            self.asked.emit(None)
        else:
            self.setSliderDown(True)
            self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().x())
        if self.isSliderDown() and place is not None:
            self.ask_at(place)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moments, key, held = self.moments(), event.key(), event.modifiers()
        if moments is None:
            event.ignore()
            return
        at = moments.last if self._at is None else self._at
        by = (key in (Qt.Key.Key_Right, Qt.Key.Key_Up)) - (key in (Qt.Key.Key_Left, Qt.Key.Key_Down))
        page = (key == Qt.Key.Key_PageDown) - (key == Qt.Key.Key_PageUp)
        if by and held & Qt.KeyboardModifier.ShiftModifier:
            self._ask(moments.within(at + by))
        elif by:
            ctrl = held & Qt.KeyboardModifier.ControlModifier
            self._ask(moments.beside(at, by, moments.changes if ctrl else moments.rows))
        elif page:
            self._ask(moments.within(at + page * max(1, (moments.last - moments.first) // _PAGES)))
        elif key == Qt.Key.Key_Home:
            self._ask(moments.first)
        elif key == Qt.Key.Key_End or (key == Qt.Key.Key_Escape and self.is_back):
            self._ask(None)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.is_back:
            self.branch_asked.emit()
        elif key == Qt.Key.Key_F2 and at in moments.changes:
            self.name_asked.emit(at)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    # Painting -------------------------------------------------------------------------------------------------------

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        x = self.standing
        if x is None or not self.isEnabled():
            return
        look, half, high = theme.current(), exact_px(5), exact_px(10)
        corners = ((0, 0), (half, half), (half, high), (-half, high), (-half, half))
        shape = QPolygonF([QPointF(x + across, down) for across, down in corners])
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(look.accent if self.is_back or self.hasFocus() else look.quiet))
            painter.drawPolygon(shape)
            if self.hasFocus():
                painter.setPen(QColor(look.accent))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(x - half - px(2), 0.5, 2 * half + px(4), high + px(2)))
