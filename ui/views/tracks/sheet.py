"""The sheet of tracks: it paints them on one axis, with the marks that run through all.

The wheel makes the time axis longer or shorter, a drag moves along it, a drag of the edge below a track makes it
taller, a double click lets a track fill the sheet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from ...forms.buttons import IconButton, identify
from ...guard.faults import guarded
from ...look import theme
from ...look.theme import px
from ..chart.axes import ChartAxis
from ..chart.plot import CENTRE, LEFT, RIGHT, ChartBox, Mouse, PaintedChart, pen, write
from .arrangement import TrackArrangement
from .gradients import SCALE_FROM, GradientTrack
from .names import SizeSymbol, TrackName
from .note import TrackNote
from .playhead import PlayheadHandle
from .time import TIME_TITLES, ChangeMark, MarkName, TimeAxis, mark_near, name_marks
from .track import LEAST_TRACK, Track, Value, paint_lane_names

_TOP, _BOTTOM, _GAP = 18, 18, 7
"""Pixels for the names of marks, for the time axis, and between two tracks."""
_NAMES, _NUMBERS = 132, 46
"""Pixels at the left of the tracks, and the part of them that numbers of axes and names of layers have."""
_WIDE, _NARROW = 640, 360
"""The least widths of sheets with values and their names at the right, and with values alone; what is narrower leaves
the values to the header, and names the lanes of a race above the tracks."""
FLAG_MARGIN = 12
"""Pixels of the plate below the cursor that its words leave free."""
_EDGE = 5
"""Pixels above and below an edge between tracks where it can be dragged."""
_HANDLE = 6
"""Half the width of the playhead's handle, in pixels at zoom 1."""
_ZOOM = 0.8
"""What a notch of the wheel makes of the length of the axis."""
_STEPS = 100
"""Moves by key from one end of the axis to the other."""


@dataclass
class _Drag:
    """A drag with the left button: along the axis from a pixel, or of an edge from a height."""

    x: float
    y: float
    edge: int | None
    """The number of the track whose lower edge is dragged."""
    heights: tuple[float, ...]
    moves_playhead: bool = False


class TrackSheet(PaintedChart):
    """The tracks in sight with their values, the time axis below them, and the marks of changes through all."""

    axis_moved = Signal()
    """Another stretch of the time axis is wanted."""
    latest_mark_pressed = Signal()
    name_asked = Signal(object)
    """Asks for another name for a Change."""

    LEAST = (264, 110)

    def __init__(self, tracks: Sequence[Track], times: TimeAxis, parent: QWidget) -> None:
        self.arrangement, self.times = TrackArrangement(tracks, parent), times
        self.marks: tuple[ChangeMark, ...] = ()
        self.values: dict[str, tuple[Value, ...]] = {}
        self.reading: float | None = None
        """The place on the time axis that is read."""
        self.caption, self.flag = "now", ""
        """The words above the values, and those below the cursor."""
        self.note = TrackNote()
        self.past: float | None = None
        """The place on the time axis of the earlier moment that is shown; None for the present."""
        self._playhead: float | None = None
        self.mark: ChangeMark | None = None
        """The mark under the mouse."""
        self._named: list[tuple[str, QRectF]] = []
        """The titles and places of the tracks whose names were placed last."""
        self.has_ghost = False
        """Whether the latest mark holds a ghost, which comes back when it is touched."""
        self._drag: _Drag | None = None
        self.names = {track.name: TrackName(track, parent) for track in tracks}
        words = "Shows the whole run again."
        self.symbol = SizeSymbol(parent)
        self.whole = IconButton("arrows-out-line-horizontal", "Show the whole run", words, parent)
        self.handle = PlayheadHandle(parent)
        super().__init__("tracks.sheet", "Tracks on a common time axis", parent)
        self.setAccessibleDescription("Left and Right read the curves, Ctrl+Left and Ctrl+Right move, + and − zoom.")
        self.mouse = Mouse(self)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.arrangement.changed.connect(self.place_names)
        self.arrangement.resized.connect(self.place_names)
        for track in tracks:
            name = self.names[track.name]
            name.setParent(self)
            name.clicked.connect(lambda _=False, one=track.name: self.arrangement.enlarge(one))
            name.taller.connect(lambda by, one=track.name: self.arrangement.make_taller(one, by, self._room))
            name.hidden_away.connect(lambda one=track.name: self.arrangement.hide(one))
        self.symbol.setParent(self)
        identify(self.whole, "tracks.whole").setParent(self)
        self.handle.setParent(self)
        self.handle.place_at = lambda x: self._place_in_reach(x + self.handle.x())
        self.whole.setProperty("small", True)
        self.whole.clicked.connect(self._show_whole)
        self.place_names()

    @property
    def touches_latest(self) -> bool:
        """Whether the mark under the mouse is that of the latest change."""
        return self.mark in self.marks[-1:]

    # Places ---------------------------------------------------------------------------------------------------------

    @property
    def _foot(self) -> int:
        """Where the time axis begins, below the tracks."""
        return self.height() - px(_BOTTOM) - self.note.height(self.width() - px(_NAMES) - px(4))

    @property
    def _room(self) -> int:
        """The height in pixels that all tracks in sight have together."""
        return self._foot - px(_TOP) - px(_GAP) * (len(self.arrangement.seen) - 1)

    @property
    def _values_width(self) -> int:
        if self.width() >= px(_WIDE):
            return px(self.arrangement.seen[0].beside[0])
        return px(self.arrangement.seen[0].beside[1]) if self.width() >= px(_NARROW) else 0

    @property
    def _span(self) -> tuple[int, int]:
        """The left end and the width of all tracks."""
        left = px(_NAMES)
        return left, max(px(40), self.width() - left - self._values_width - px(theme.GRID))

    def boxes(self) -> tuple[ChartBox, ...]:
        """The places of the tracks in sight."""
        left, width = self._span
        top, found = float(px(_TOP)), []
        for track, height in zip(self.arrangement.seen, self.arrangement.heights(self._room), strict=True):
            rect = QRectF(left, round(top), width, max(2, round(top + height) - round(top)))
            found.append(ChartBox(rect, self.times, track.axis))
            top += height + px(_GAP)
        return tuple(found)

    def box_of(self, name: str) -> ChartBox:
        """The place of a track in sight."""
        return next(box for track, box in zip(self.arrangement.seen, self.boxes(), strict=True) if track.name == name)

    def values_box(self, box: ChartBox) -> QRectF:
        """The place of the values beside a track."""
        left = box.rect.right() + px(theme.GRID + 2)
        return QRectF(left, box.rect.top(), self.width() - left - px(2), box.rect.height())

    def place_names(self) -> None:
        """Put the names beside their tracks."""
        seen, boxes = self.arrangement.seen, self.boxes()
        self._named = _namings(seen, boxes)
        for track in self.arrangement.tracks:
            self.names[track.name].setVisible(any(track is one for one in seen))
            self.names[track.name].setChecked(self.arrangement.enlarged == track.name)
        if not any(isinstance(track, GradientTrack) for track in seen):
            self.symbol.hide()
        for track, box in zip(seen, boxes, strict=True):
            name = self.names[track.name]
            name.explain(track)
            name.stand_beside(box.rect, px(_NAMES) - px(_NUMBERS) - px(2))
            if isinstance(track, GradientTrack):
                self.symbol.stand_below(name, track, box.rect)
        self._place_handle()
        self.whole.setVisible(not self.times.is_whole)
        self.whole.move(px(4), self._foot + px(1))
        self.update()

    def show_words(self, spared: QRect) -> None:
        """Show other words: names are placed and painted again only if their tracks have other titles or places."""
        if _namings(self.arrangement.seen, self.boxes()) != self._named:
            self.place_names()
            return
        for track in self.arrangement.seen:
            self.names[track.name].explain(track)
        left = px(_NAMES - _NUMBERS)
        words = QRegion(left, 0, self.width() - left, self.height()) + QRegion(0, 0, left, px(_TOP))
        self.update(words - QRegion(spared))

    def put_playhead(self, place: float | None, step: int | None) -> None:
        """Put the playhead at a place of the time axis: at an earlier step or at the present; None hides it."""
        self._playhead = place
        self.past = None if step is None else place
        self.handle.stand(step)
        self._place_handle()

    def _place_handle(self) -> None:
        """Lay the playhead's handle on the time axis, with room at both ends."""
        (left, width), beside = self._span, px(8)
        self.handle.setGeometry(left - beside, self._foot, width + 2 * beside, px(_BOTTOM))
        x = None if self._playhead is None else self.pixel_of(self._playhead)
        self.handle.stand_at(None if x is None else x - left + beside)
        self.handle.pixel = (self.times.high - self.times.low) / width

    def pixel_of(self, place: float) -> float | None:
        """The pixel of a place of the time axis; None while it is out of sight."""
        low, high = self.times.low, self.times.high
        left, width = self._span
        return left + (place - low) / (high - low) * width if low <= place <= high else None

    def _place_in_reach(self, x: float) -> float:
        """The place on the time axis at a pixel, or at its nearer end."""
        rect = self.boxes()[0].rect
        return self.boxes()[0].place(min(max(x, rect.left()), rect.right()))

    def _is_at_playhead(self, at: QPointF) -> bool:
        x = None if self.past is None else self.pixel_of(self.past)
        return x is not None and abs(at.x() - x) <= px(_EDGE)

    def track_at(self, place: QPointF) -> tuple[Track, ChartBox] | None:
        """The track at the height of a place."""
        pairs = zip(self.arrangement.seen, self.boxes(), strict=True)
        return next((pair for pair in pairs if pair[1].rect.top() <= place.y() <= pair[1].rect.bottom()), None)

    def time_at(self, place: QPointF) -> float | None:
        """The place on the time axis at a pixel; None beside it."""
        rect = self.boxes()[0].rect
        return self.boxes()[0].place(place.x()) if rect.left() <= place.x() <= rect.right() else None

    def _edge_at(self, y: float) -> int | None:
        """The number of the track whose lower edge is at a height; a single track has none."""
        for index, box in enumerate(self.boxes() if len(self.arrangement.seen) > 1 else ()):
            if abs(y - box.rect.bottom() - px(_GAP) / 2) <= px(_EDGE):
                return index
        return None

    # Painting -------------------------------------------------------------------------------------------------------

    def update_pictures(self, spared: QRect) -> None:
        """Paint the pictures and the bars again, but nothing in the rectangle `spared`.

        Names are styled buttons, which are slow to paint, and values change with the words.
        """
        left, pictures = px(_NAMES - _NUMBERS), QRegion()
        for track, box in zip(self.arrangement.seen, self.boxes(), strict=True):
            if isinstance(track, GradientTrack):
                pictures += self.values_box(box).toAlignedRect()
        pictures += QRect(left, 0, sum(self._span) + px(theme.GRID) - left, self.height())
        self.update(pictures - QRegion(spared))

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        asked, boxes = event.rect(), self.boxes()
        if asked.right() < px(_NAMES - _NUMBERS):
            # A name alone is painted again; there is nothing below it.
            return
        with QPainter(self) as painter:
            painter.setFont(self.small)
            for track, box in zip(self.arrangement.seen, boxes, strict=True):
                if asked.top() <= box.rect.bottom() + px(_GAP) and asked.bottom() >= box.rect.top() - px(_GAP):
                    self._paint_track(painter, track, box, event.region())
            self._paint_marks(painter, boxes)
            self._paint_time(painter, boxes[-1].rect)
            self._paint_playhead(painter, boxes)
            self._paint_cursor(painter, boxes)

    def _paint_track(self, painter: QPainter, track: Track, box: ChartBox, asked: QRegion) -> None:
        look, beside, numbers = theme.current(), self.values_box(box), px(_NUMBERS)
        if box.rect.height() < px(LEAST_TRACK) and not isinstance(track, GradientTrack):
            numbers = 0
        painter.setPen(pen(look.line))
        painter.drawLine(box.rect.bottomLeft(), box.rect.bottomRight())
        track.paint(painter, box, numbers)
        if not self._values_width or not asked.intersects(beside.toAlignedRect()):
            return
        if isinstance(track, GradientTrack) and box.rect.height() >= px(SCALE_FROM):
            beside.setHeight(beside.height() - px(18))
            track.paint_scale(painter, beside)
        track.paint_values(painter, beside, self.values.get(track.name, ()))

    def mark_names(self) -> tuple[MarkName, ...]:
        """The names of the marks as far as they have room."""
        if not self.marks:
            return ()
        box, metrics = self.boxes()[0], self.metrics
        places = [(float(box.x(np.array([mark.place]))[0]), mark.words) for mark in self.marks]

        def cut(text: str, room: float) -> str:
            return metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(room))

        return name_marks(places, (box.rect.left(), box.rect.right()), metrics.horizontalAdvance, cut)

    def _paint_marks(self, painter: QPainter, boxes: tuple[ChartBox, ...]) -> None:
        look, top = theme.current(), boxes[0].rect.top()
        line, head = pen(theme.blend(look.surface, look.accent, 0.5)), pen(look.accent, 3)
        for mark in self.marks:
            x = round(float(boxes[0].x(np.array([mark.place]))[0])) + 0.5
            painter.setPen(line)
            painter.drawLine(QPointF(x, px(4)), QPointF(x, boxes[-1].rect.bottom()))
            if self.has_ghost and mark == self.marks[-1]:
                painter.setPen(pen(look.accent, 1.5))
                painter.setBrush(QColor(look.surface))
                painter.drawEllipse(QPointF(x, top - px(5)), px(3), px(3))
            else:
                painter.setPen(head)
                painter.drawLine(QPointF(x, top - px(6)), QPointF(x, top - px(2)))
        for name in self.mark_names():
            # The latest may stand on the lines of others.
            plate = QRectF(name.left, 0, self.metrics.horizontalAdvance(name.text), px(_TOP - 3))
            painter.fillRect(plate, QColor(look.surface))
            is_hovered = self.mark is not None and self.mark.words == name.text
            write(painter, QRectF(name.left, 0, self.width(), px(_TOP - 2)), LEFT, name.text,
                  look.text if is_hovered else look.quiet)  # fmt: skip

    def _paint_time(self, painter: QPainter, last: QRectF) -> None:
        look = theme.current()
        below = self._foot
        title = TIME_TITLES[self.times.kind]
        write(painter, QRectF(0, below, px(_NAMES - 8), px(_BOTTOM)), RIGHT, title, look.quiet)
        x = None if self._playhead is None else self.pixel_of(self._playhead)
        # Where the playhead's handle stands, which is not painted before it is of use.
        taken = None if x is None or not self.handle.isEnabled() else (x - px(_HANDLE), x + px(_HANDLE))
        ChartBox(QRectF(last.left(), last.top(), last.width(), below - last.top()), self.times, ChartAxis()) \
            .paint_numbers_below(painter, taken=taken)  # fmt: skip
        if self._values_width:
            write(painter, QRectF(last.right() + px(10), 0, px(100), px(_TOP - 2)), LEFT, self.caption, look.quiet)
        else:
            line = QRectF(px(4), 0, self.width() - px(32), px(_TOP - 2))
            paint_lane_names(painter, line, self.values.get(self.arrangement.seen[0].name, ()))
        if self.note.text:
            left, top = px(_NAMES), below + px(_BOTTOM)
            self.note.paint(painter, QRectF(left, top, self.width() - left - px(4), self.height() - top))

    def _paint_playhead(self, painter: QPainter, boxes: tuple[ChartBox, ...]) -> None:
        x = None if self.past is None else self.pixel_of(self.past)
        if x is not None:
            painter.setPen(pen(theme.current().accent, 2))
            painter.drawLine(QPointF(x, boxes[0].rect.top()), QPointF(x, self._foot))

    def _paint_cursor(self, painter: QPainter, boxes: tuple[ChartBox, ...]) -> None:
        look, rect, below = theme.current(), boxes[0].rect, self._foot
        x = rect.right() if self.past is None else self.pixel_of(self.past) or rect.right()
        if self.reading is not None and self.times.low <= self.reading <= self.times.high:
            x = float(boxes[0].x(np.array([self.reading]))[0])
            painter.setPen(pen(look.quiet))
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, below))
        if not self.flag:
            return
        room = int(rect.width()) - px(FLAG_MARGIN)
        text = self.metrics.elidedText(self.flag, Qt.TextElideMode.ElideRight, room)
        width = self.metrics.horizontalAdvance(text) + px(FLAG_MARGIN)
        left = min(max(x - width / 2, rect.left()), rect.right() - width)
        plate = QRectF(left, below + px(1), width, px(_BOTTOM - 2))
        painter.fillRect(plate, QColor(look.raised))
        write(painter, plate, CENTRE, text, look.text)

    # Mouse and keys -------------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        place = self.time_at(event.position())
        notches = event.angleDelta().y() / 120
        if place is None or not notches:
            sideways = event.angleDelta().x() / 120
            if sideways:
                self._pan(-sideways * (self.times.high - self.times.low) / 20)
            event.accept()
            return
        self.times.zoom(place, _ZOOM**notches)
        self.axis_moved.emit()
        event.accept()

    def _pan(self, by: float) -> None:
        if not self.times.is_whole:
            self.times.pan(by)
            self.axis_moved.emit()

    def _show_whole(self) -> None:
        self.times.show_whole()
        self.axis_moved.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            at, heights = event.position(), self.arrangement.heights(self._room)
            is_at_playhead = self._is_at_playhead(at)
            edge = None if is_at_playhead else self._edge_at(at.y())
            self._drag = _Drag(at.x(), at.y(), edge, tuple(heights), is_at_playhead)
            if self.touches_latest:
                self.latest_mark_pressed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at, drag = event.position(), self._drag
        if drag is None:
            shape = Qt.CursorShape.SplitVCursor if self._edge_at(at.y()) is not None else Qt.CursorShape.ArrowCursor
            self.setCursor(Qt.CursorShape.SplitHCursor if self._is_at_playhead(at) else shape)
        elif drag.moves_playhead:
            self.handle.ask_at(self._place_in_reach(at.x()))
        elif drag.edge is not None:
            self.arrangement.move_edge(drag.heights, drag.edge, at.y() - drag.y)
        else:
            length = (self.times.high - self.times.low) / max(1.0, self.boxes()[0].rect.width())
            drag.x, by = at.x(), (drag.x - at.x()) * length
            self._pan(by)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        found = self.track_at(event.position())
        if found is not None and self._edge_at(event.position().y()) is None:
            self.arrangement.enlarge(found[0].name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        times, key = self.times, event.key()
        length = times.high - times.low
        middle = times.low + length / 2 if self.reading is None else self.reading
        held = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        by = (key == Qt.Key.Key_Right) - (key == Qt.Key.Key_Left)
        if by and held:
            self._pan(by * length / 10)
        elif by:
            self.read_at(min(max(middle + by * length / _STEPS, times.low), times.high))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.read_at(times.low if key == Qt.Key.Key_Home else times.high)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            times.zoom(middle, 1 / _ZOOM if key == Qt.Key.Key_Minus else _ZOOM)
            self.axis_moved.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.touches_latest:
            self.latest_mark_pressed.emit()
        elif key == Qt.Key.Key_Escape and self.reading is not None:
            self.read_at(None)
        elif key == Qt.Key.Key_Escape and not times.is_whole:
            self._show_whole()
        elif key == Qt.Key.Key_Escape and self.arrangement.enlarged is not None:
            self.arrangement.enlarge(self.arrangement.enlarged)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        leaves = event.reason() not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason)
        if leaves and self.reading is not None and self.mouse.place is None:
            self.read_at(None)

    read = Signal(object)
    """The place on the time axis that is to be read, by key; None for the present."""

    def read_at(self, place: float | None) -> None:
        """Read a place of the time axis."""
        self.reading = place
        self.read.emit(place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        found = self.track_at(QPointF(event.pos()))
        menu = QMenu(self)
        menu.setObjectName("tracks.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        place = self.time_at(QPointF(event.pos()))
        mark = None if place is None else mark_near(self.marks, place, px(_EDGE) * self.handle.pixel)
        if mark is not None:
            menu.addAction(f"Go to “{mark.latest.label}”").triggered.connect(lambda: self.handle.ask_at(mark.place))
            menu.addAction(f"Name “{mark.latest.label}”…").triggered.connect(lambda: self.name_asked.emit(mark.latest))
        if found is not None:
            track = found[0]
            words = "Show all tracks" if self.arrangement.enlarged else f"Enlarge {track.title}"
            menu.addAction(words).triggered.connect(lambda: self.arrangement.enlarge(track.name))
            if len(self.arrangement.seen) > 1:
                menu.addAction(f"Hide {track.title}").triggered.connect(lambda: self.arrangement.hide(track.name))
        for track in (one for one in self.arrangement.tracks if one.name in self.arrangement.hidden):
            menu.addAction(f"Show {track.title}").triggered.connect(
                lambda _=False, name=track.name: self.arrangement.hide(name, hide=False)
            )
        menu.popup(event.globalPos())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.place_names()

    def apply_theme(self) -> None:
        super().apply_theme()
        style = f"font-size: {px(theme.SMALL)}px; padding: 0; border-width: {px(1)}px;"
        for name in self.names.values():
            name.setStyleSheet(style)
            name.setFixedHeight(px(17))
        self.symbol.setStyleSheet(f"{style} color: {theme.current().quiet};")
        self.place_names()


def _namings(tracks: Sequence[Track], boxes: Sequence[ChartBox]) -> list[tuple[str, QRectF]]:
    """The titles and the places of tracks, on which the places of their names depend."""
    return [(track.title, box.rect) for track, box in zip(tracks, boxes, strict=True)]
