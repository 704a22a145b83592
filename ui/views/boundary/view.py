"""The decision boundary: what the network says everywhere on the plane, with the points on top.

The hero of the window: a smooth field in the theme's pale colours, points told apart by colour and by shape, training
points filled, validation points hollow. The colours can show crisp classes or uncertainty instead, or the map of a
single unit; lines of equal value and rings around mistakes lie over them. Hovering reads the field in words, clicking
picks a point. Points are drawn anew only when the sample changes; a frame costs one small image and the lines.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.measure.snapshot import Magnified, Snapshot, Wanted
from ui.forms.buttons import IconButton
from ui.look import theme
from ui.look.beat import Throttle
from ui.look.numbers import number_text, short_text
from ui.look.theme import px
from ui.views.boundary.layers_on_plane import Canvas, Number
from ui.views.boundary.modes import Modes
from ui.views.boundary.picture import Picture, pictured, pictured_uncertainty, pictured_unit, unit_range
from ui.views.boundary.points import MAX_POINTS, Points
from ui.views.chart.controls import small_font, style_words
from ui.views.chart.plot import on_surface
from ui.views.plane.answers import PART_NAMES, label_words, mistakes_words, place_words, unit_words, value_words
from ui.views.plane.field import Range, interpolated, range_of
from ui.views.plane.legend import Legend, Scale, legend_entries, short
from ui.views.plane.plane import BOTTOM, EDGE, STEP, ZOOM, Plane, Tool
from ui.views.view import View

GRID_POINTS = 100
PASSES = 20
"""How often the network answers with dropout left on for the field of uncertainty."""
REACH = 8.0
"""How near, in pixels, the mouse has to be to a point to read it."""
STRIP, COLUMN = 20, 144
"""Pixels for a line of words, and the least for words beside the plane."""
RING_INTERVAL = 100
"""Milliseconds between two changes of the rings; making them takes longer than a frame of the field."""
HINT = "Point at the picture to read it."
NO_DROPOUT = "No layer has dropout, so every answer is the same. Give a layer some dropout to see where they differ."


class BoundaryView(View):
    """The field on the plane with the points, controls, a legend, and in words what the mouse points at."""

    name, title = "boundary", "Boundary"

    point_picked = Signal(object)
    """The index in the sample of the point that a person picked; None if they picked an empty place."""
    magnified_left = Signal()
    """The person wants the boundary back in place of a unit's map."""
    pressed = Signal(float, float, object, object)
    """With the tool "edit": x₁, x₂ of a press on the plane, the mouse button, the modifiers."""
    dragged = Signal(float, float)
    """With the tool "edit": x₁, x₂ of the mouse while a button is held, always on the plane."""
    released = Signal(float, float)
    wheeled = Signal(float, float, int)
    """With the tool "edit": x₁, x₂ and whole notches of the wheel, up positive."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, wanted=Wanted(boundary=GRID_POINTS))
        self.setAccessibleName("Decision boundary")
        self.setAccessibleDescription(
            "Arrow keys move, plus and minus zoom, Home shows the whole plane, N and P go from point to point."
        )
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._snapshot: Snapshot | None = None
        self._scale = Range()
        self._unit_half = 0.0
        self._magnify: tuple[int, int] | None = None
        self._dismissed = False
        self._picked: int | None = None
        self._picked_before: int | None = None
        self._source: tuple[object, ...] = ()
        self._picture: Picture | None = None
        self._mouse: QPointF | None = None
        self._words, self._near_words, self._note_words = HINT, "", ""
        self._strip, self._beside = QRect(), False
        self._by_keys = False
        self._build()
        self._read = Throttle(self._show_reading, self)
        self._number = Throttle(self._show_numbers, self)
        self._ring = Throttle(self._show_rings, self, RING_INTERVAL)
        self._count = Throttle(self._show_note, self)
        self.apply_theme()

    # Its parts -------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self._plane = Plane(self)
        self._plot = self._plane.plot
        self._canvas, self._points = Canvas(), Points()
        *points, pick = self._points.items
        items = (*self._canvas.below, *points, *self._canvas.above, pick)
        for place, item in enumerate(items):
            item.setZValue(place)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            self._plot.addItem(item, ignoreBounds=True)
        self._add_controls()
        self._add_words()
        self._connect()

    def _add_controls(self) -> None:
        self._modes = Modes(self)
        # A patch of its own, so that the button can be seen on every field.
        self._patch = QFrame(self)
        self._patch.setProperty("card", True)
        self._whole = IconButton("corners-out", "Whole plane", "Show the whole plane again (Home).", self._patch)
        self._whole.setObjectName("boundary.whole")
        self._whole.setGeometry(px(1), px(1), px(26), px(26))
        self._patch.hide()

    def _add_words(self) -> None:
        self._legend = Legend(self)
        self._reading, self._near, self._note = QLabel(HINT, self), QLabel("", self), QLabel("", self)
        self._reading.setAccessibleName("What the network says at the mouse")
        self._near.setAccessibleName("The point at the mouse")
        self._note.setAccessibleName("Mistakes and uncertainty in words")
        self._note.setObjectName("boundary.note")
        self._note.setWordWrap(True)
        self._note.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        for label in (self._reading, self._near, self._note):
            label.setTextFormat(Qt.TextFormat.PlainText)
        for label in (self._reading, self._near):
            label.setToolTip("Where the mouse is, the answer there and how sure the network is of it (1 is certain).")

    def _connect(self) -> None:
        plane = self._plane
        plane.moved.connect(self._on_moved)
        plane.left.connect(self._on_left)
        plane.clicked.connect(self._on_clicked)
        plane.double_clicked.connect(self._on_double_clicked)
        plane.seen_changed.connect(self._on_seen)
        for name in ("pressed", "dragged", "released", "wheeled"):
            getattr(plane, name).connect(getattr(self, name))
        self._modes.changed.connect(self._on_mode)
        self._modes.way_back.connect(self._leave_unit)
        self._whole.clicked.connect(plane.look_at_whole)

    # Places ----------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(px(420), px(480))

    def minimumSizeHint(self) -> QSize:
        """Small, but still a picture."""
        return QSize(px(240), px(300))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place the parts anew."""
        self._place()

    def _place(self) -> None:
        """Give the plane the largest square that fits: with the words above and below, or all of them beside."""
        grid = px(theme.GRID)
        room = self.rect().adjusted(grid, grid, -grid, -grid)
        across, down = self._plane.axis_width + px(EDGE), px(BOTTOM) + px(EDGE)
        column = max(px(COLUMN), self._legend.column_width())
        wide = room.width() - self._plane.axis_width
        above = self._modes.height_for(wide) + self._legend.height_for(wide)
        note = self._note_height()
        stacked = min(room.width() - across, room.height() - down - above - px(STRIP) - note)
        abreast = min(room.width() - across - column, room.height() - down)
        self._beside = abreast > stacked
        self._modes.set_column(self._beside)
        side = max(16, stacked, abreast)
        if self._beside:
            self._place_beside(room, side, column)
        else:
            self._place_stacked(room, side, note)
        inside = self.plane_rect()
        self._patch.setGeometry(round(inside.right()) - px(36), round(inside.top()) + grid, px(28), px(28))
        self._patch.raise_()
        self._show_words()

    def _note_height(self) -> int:
        """The room for a note below the plane; there is none for those who did not ask for what it says."""
        lines = 2 * self._modes.mistakes.isChecked() + 2 * self._lacks_dropout()
        return lines * QFontMetrics(small_font()).height() + px(4) if lines else 0

    def _place_stacked(self, room: QRect, side: int, note: int) -> None:
        left = room.left() + (room.width() - side - self._plane.axis_width - px(EDGE)) // 2
        words, wide = left + self._plane.axis_width, room.right() - left - self._plane.axis_width
        modes = self._modes.height_for(wide)
        self._modes.setGeometry(words, room.top(), wide, modes)
        above = self._legend.height_for(wide)
        self._legend.set_column(False)
        self._legend.setGeometry(words, room.top() + modes, wide, above)
        self._plot.setGeometry(
            left,
            room.top() + modes + above,
            side + self._plane.axis_width + px(EDGE),
            side + px(BOTTOM) + px(EDGE),
        )
        self._strip = QRect(words, room.top() + modes + above + side + px(BOTTOM) + px(EDGE), side, px(STRIP))
        self._note.setGeometry(words, self._strip.bottom() + 1, side, note)

    def _place_beside(self, room: QRect, side: int, column: int) -> None:
        left = room.left() + (room.width() - side - self._plane.axis_width - px(EDGE) - column) // 2
        top = room.top() + (room.height() - side - px(BOTTOM) - px(EDGE)) // 2
        self._plot.setGeometry(left, top, side + self._plane.axis_width + px(EDGE), side + px(BOTTOM) + px(EDGE))
        words = left + self._plane.axis_width + side + 2 * px(EDGE)
        width = room.right() - words
        modes = self._modes.height_for(width, column=True)
        self._modes.setGeometry(words, top + px(EDGE), width, modes)
        free = side - 3 * px(STRIP) - modes - px(EDGE)
        # Where a line for each is too much, marks share lines.
        listed = self._legend.height_for(width, column=True) + self._note_height() <= free
        self._legend.set_column(listed)
        height = min(self._legend.height_for(width, column=listed), free)
        legend = top + 2 * px(EDGE) + modes
        self._legend.setGeometry(words, legend, width, height)
        self._strip = QRect(words, top + px(EDGE) + side - 3 * px(STRIP), width, 3 * px(STRIP))
        self._note.setGeometry(words, legend + height + px(EDGE), width, max(0, free - height - 2 * px(EDGE)))

    def _show_words(self) -> None:
        """Write the reading in its strip: the place and the answer, and the point if the mouse is at one."""
        strip, metrics = self._strip, QFontMetrics(small_font())
        if self._beside:
            self._reading.setText(self._words.replace(" → ", "\n→ ").replace(HINT, HINT.replace(" to", "\nto")))
            self._reading.setGeometry(strip.adjusted(0, 0, 0, -px(STRIP)))
            near = strip.adjusted(0, 2 * px(STRIP), 0, 0)
        else:
            self._reading.setText(self._words)
            self._reading.setGeometry(strip)
            near = strip.adjusted(metrics.horizontalAdvance(self._words) + 2 * px(EDGE), 0, 0, 0)
        side = Qt.AlignmentFlag.AlignLeft if self._beside else Qt.AlignmentFlag.AlignRight
        self._near.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        self._near.setText(metrics.elidedText(self._near_words, Qt.TextElideMode.ElideRight, max(0, near.width())))
        self._near.setGeometry(near)

    # What it shows ---------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment. The points are touched only if they are others than before."""
        before, self._snapshot = self._snapshot, snapshot
        if snapshot.magnified is None:
            self._dismissed = False
        if before is None or not same_points(before.sample, snapshot.sample):
            self._keep_pick(before, snapshot)
            self._show_sample()
        self._update_wanted()
        self._show_field()
        if self._modes.mistakes.isChecked() and (before is None or snapshot.predictions is not before.predictions):
            self._ring.request()
        if self._has_note() or self._note_words:
            self._count.request()

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        on_surface(self)
        self._plane.apply_theme(self._shows_focus())
        self._canvas.apply_theme()
        self._legend.update()
        self._source = ()
        if self._snapshot is not None:
            self._show_sample()
            self._show_field()
        self._show_reading()
        self._show_note()

    def magnify(self, place: tuple[int, int] | None) -> None:
        """Ask for the map of a unit (layer from 0, the output last; unit from 0) in place of the boundary; None: leave.

        The map is shown as soon as a snapshot has it.
        """
        self._magnify, self._dismissed, self._unit_half = place, place is None, 0.0
        self._update_wanted()
        self._show_field()

    def pick(self, index: int | None) -> None:
        """Highlight a point of the sample, and want its way through the network."""
        self._picked = index
        self._points.show_pick(index)
        self._update_wanted()

    def picked(self) -> int | None:
        """The point that is highlighted, by its index in the sample."""
        return self._picked

    def set_tool(self, name: Tool) -> None:
        """What the mouse is for: "look" at the field and at points, or "edit", which only tells what the mouse does."""
        self._plane.set_tool(name)

    def set_brush(self, radius: float, colour: str | None) -> None:
        """The brush of the tool "edit": its radius in units of the plane, and its colour as #rrggbb or None."""
        self._plane.set_brush(radius, colour)

    def image(self) -> Array:
        """The colours of the field as drawn, uint8 (rows, columns, 3), row 0 at x₂ = −6; empty before the first."""
        return self._picture.colours if self._picture is not None else np.zeros((0, 0, 3), np.uint8)

    def drawn_points(self) -> int:
        """How many points the picture shows."""
        return len(self._points.drawn)

    def plane_rect(self) -> QRectF:
        """Where in this widget the plane is drawn, or what is seen of it."""
        inside = self._plot.getViewBox().sceneBoundingRect()
        return inside.translated(QPointF(self._plot.mapTo(self, QPoint(0, 0))))

    def seen(self) -> QRectF:
        """The part of the plane in sight."""
        return QRectF(self._plane.seen)

    def place_of(self, x1: float, x2: float) -> QPointF:
        """Where in this widget a place of the plane is drawn."""
        seen, drawn = self._plane.seen, self.plane_rect()
        across, up = (x1 - seen.left()) / seen.width(), (x2 - seen.top()) / seen.height()
        return QPointF(drawn.left() + across * drawn.width(), drawn.bottom() - up * drawn.height())

    def reading(self) -> str:
        """What the words say about the place of the mouse."""
        return f"{self._words} {self._near_words}".strip()

    def note(self) -> str:
        """What the words say about mistakes and uncertainty."""
        return self._note_words

    def unit_title(self) -> str:
        """What stands over the map of a unit; empty over the boundary."""
        return self._modes.title.text()

    def legend_texts(self) -> tuple[str, ...]:
        """The words and numbers of the legend."""
        return self._legend.texts()

    def value_range(self) -> tuple[float, float]:
        """The values at the two ends of the field's colours."""
        return self._scale.ends

    def numbers(self) -> tuple[Number, ...]:
        """The numbers at the lines of equal value."""
        return self._canvas.numbers()

    # The field -------------------------------------------------------------------------------------------------

    def _unit(self) -> Magnified | None:
        """The unit whose map is shown in place of the boundary."""
        if self._snapshot is None or self._dismissed:
            return None
        return self._snapshot.magnified

    def _dropout(self) -> bool:
        """Whether the network has anything to vary."""
        layers = self._snapshot.experiment.layers if self._snapshot is not None else ()
        return any(layer.dropout > 0 and not layer.muted for layer in layers)

    def _update_wanted(self) -> None:
        unsure = self._modes.field == "uncertainty" and self._dropout()
        wanted = Wanted(
            boundary=GRID_POINTS,
            magnified=self._magnify,
            uncertainty=PASSES if unsure else 0,
            predictions=MAX_POINTS if self._modes.mistakes.isChecked() else 0,
            point=self._picked,
        )
        self.want(wanted)

    def _show_field(self) -> None:
        """Draw what the colours and lines show, unless that is what is already drawn."""
        if self._snapshot is None:
            return
        shot, unit = self._snapshot, self._unit()
        contours = self._modes.contours.isChecked()
        source = (shot.boundary, shot.uncertainty, unit, shot.sample, shot.loss, self._modes.field, contours)
        if len(source) == len(self._source) and all(a is b for a, b in zip(source, self._source, strict=True)):
            return
        self._source = source
        before, self._picture = self._picture, self._make_picture(shot, unit)
        self._show_title(unit)
        if (before.scale if before else None) != (self._picture.scale if self._picture else None):
            self._show_legend()
        self._canvas.show_picture(self._picture, contours)
        self._number.request()
        if self._mouse is not None:
            self._read.request()

    def _make_picture(self, shot: Snapshot, unit: Magnified | None) -> Picture | None:
        if unit is not None:
            if unit.layer < len(shot.layers) - 1:
                self._unit_half = unit_range(unit.values, self._unit_half)
            return pictured_unit(shot, unit, self._scale, self._unit_half)
        if shot.boundary is None:
            return None
        if self._modes.field == "uncertainty":
            values = shot.uncertainty if self._dropout() else np.zeros(shot.boundary.shape[1:], np.float32)
            if values is not None:
                return pictured_uncertainty(shot, values, self._scale)
        return pictured(shot, self._scale, crisp=self._modes.field == "classes")

    def _show_numbers(self) -> None:
        self._canvas.show_numbers(self._plane.seen, self._plane.pixel)

    def _show_title(self, unit: Magnified | None) -> None:
        title = ""
        if unit is not None:
            assert self._snapshot is not None
            title = f"{unit_words(self._snapshot, unit.layer, unit.unit)[1]}: what it puts out"
        if title != self.unit_title():
            self._modes.show_title(title)

    # The points ------------------------------------------------------------------------------------------------

    def _show_sample(self) -> None:
        assert self._snapshot is not None
        sample = self._snapshot.sample
        self._scale = range_of(sample)
        self._points.show_sample(sample, self._scale)
        self._name_axes(sample)
        self._modes.show_task(sample.task)
        self._show_legend()
        self._show_rings()
        self._points.show_pick(self._picked)
        self._place()

    def _show_legend(self) -> None:
        """Say what the marks and colours mean; the parts are placed anew only if that is something else."""
        if self._snapshot is None:
            return
        sample, scale = self._snapshot.sample, self._picture.scale if self._picture is not None else None
        if self._picture is None and sample.task == "regression":
            low, high = self._scale.ends
            scale = Scale(short(sample.target_name), short_text(low), short_text(self._scale.middle), short_text(high))
        rings = self._modes.mistakes.isChecked()
        entries = legend_entries(sample, self._points.usable, len(self._points.drawn), rings)
        if self._legend.show_entries(entries, scale):
            self._place()

    def _name_axes(self, sample: Sample) -> None:
        if self._plane.show_scales(sample.axis_scales):
            self._place()
        for side, name in zip(("bottom", "left"), sample.axis_names, strict=True):
            axis = self._plot.getAxis(side)
            axis.setLabel(name)
            if theme.size() > 1:
                # It was placed for a smaller font, and would be cut off.
                axis.resizeEvent(None)

    def _show_rings(self) -> None:
        shot, on = self._snapshot, self._modes.mistakes.isChecked()
        self._points.show_rings(shot.predictions if on and shot is not None else None)

    def ringed_points(self) -> Array:
        """Where the rings are, shape (rings, 2)."""
        return self._points.ringed()

    def marked_point(self) -> Array:
        """Where the mark of the picked point is, shape (1 or 0, 2)."""
        return self._points.picked()

    def _keep_pick(self, before: Snapshot | None, now: Snapshot) -> None:
        """Points have changed: let go of the picked one unless it is still there under its index."""
        index = self._picked
        if index is None or before is None:
            return
        old, new = before.sample.x, now.sample.x
        if index >= len(new) or index >= len(old) or not np.array_equal(old[index], new[index]):
            self.pick(None)
            self.point_picked.emit(None)

    def _pick_by_hand(self, index: int | None) -> None:
        self.pick(index)
        self.point_picked.emit(index)

    def _pick_next(self, step: int) -> None:
        """Pick the next or the previous of the drawn points, in the order of the sample."""
        assert self._snapshot is not None
        index = self._points.next_to(self._picked, step)
        if index is not None:
            self._pick_by_hand(index)
            self._plane.bring_into_sight(QPointF(*(float(value) for value in self._snapshot.sample.x[index])))

    # The controls ----------------------------------------------------------------------------------------------

    def _on_mode(self) -> None:
        self._update_wanted()
        self._show_field()
        self._number.now()
        self._show_rings()
        self._show_legend()
        self._note.setVisible(self._has_note())
        self._count.now()
        self._place()

    def _leave_unit(self) -> None:
        self.magnify(None)
        self.magnified_left.emit()

    def _on_seen(self) -> None:
        self._patch.setVisible(self._plane.zoomed)
        self._number.request()

    def _has_note(self) -> bool:
        return self._modes.mistakes.isChecked() or self._lacks_dropout()

    def _lacks_dropout(self) -> bool:
        return self._modes.field == "uncertainty" and self._snapshot is not None and not self._dropout()

    def _show_note(self) -> None:
        """Say what is wrong, and why there is no uncertainty."""
        shot, words = self._snapshot, []
        if self._lacks_dropout():
            words.append(NO_DROPOUT)
        if self._modes.mistakes.isChecked() and shot is not None and shot.predictions is not None:
            words.append(mistakes_words(shot.sample, shot.predictions))
        self._note_words = " ".join(words)
        style_words(self._note, theme.current().text)
        self._note.setText(self._note_words)
        self._note.setToolTip(self._note_words)
        if self._note.isHidden() == self._has_note():
            self._note.setVisible(self._has_note())
            self._place()

    # Mouse and keys --------------------------------------------------------------------------------------------

    def _on_moved(self, place: QPointF) -> None:
        self._mouse = place
        self._read.now()

    def _on_left(self) -> None:
        if self._mouse is not None:
            self._mouse = None
            self._read.now()

    def _on_clicked(self, place: QPointF) -> None:
        self._picked_before = self._picked
        self._pick_by_hand(self._point_at(place))

    def _on_double_clicked(self, place: QPointF) -> None:
        # The first of the two clicks was no wish to let go of the point.
        if self._picked is None and self._picked_before is not None:
            self._pick_by_hand(self._picked_before)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Zoom, move and go from point to point."""
        if self._take_key(event):
            self._plane.show_focus(True)
        else:
            super().keyPressEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        plane, key = self._plane, Qt.Key(event.key())
        ways = {
            Qt.Key.Key_Left: (-STEP, 0.0),
            Qt.Key.Key_Right: (STEP, 0.0),
            Qt.Key.Key_Up: (0.0, STEP),
            Qt.Key.Key_Down: (0.0, -STEP),
        }
        plain = Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier
        if event.modifiers() & ~plain:
            return False
        if key in ways:
            plane.pan(*ways[key])
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            plane.zoom(ZOOM)
        elif key == Qt.Key.Key_Minus:
            plane.zoom(1 / ZOOM)
        elif key == Qt.Key.Key_Home:
            plane.look_at_whole()
        elif key in (Qt.Key.Key_N, Qt.Key.Key_P) and self._snapshot is not None:
            self._pick_next(1 if key == Qt.Key.Key_N else -1)
        elif key == Qt.Key.Key_Escape and self._unit() is not None:
            self._leave_unit()
        elif key == Qt.Key.Key_Escape and self._picked is not None:
            self._pick_by_hand(None)
        else:
            return False
        return True

    def _shows_focus(self) -> bool:
        return self.hasFocus() and self._by_keys

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show that keys go here, if they brought the person here."""
        mouse = Qt.FocusReason.MouseFocusReason
        self._by_keys = event.reason() not in (mouse, Qt.FocusReason.ActiveWindowFocusReason)
        self._plane.show_focus(self._by_keys)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys go elsewhere."""
        self._plane.show_focus(False)
        super().focusOutEvent(event)

    # Words -----------------------------------------------------------------------------------------------------

    def _show_reading(self) -> None:
        look = theme.current()
        inside = self._mouse is not None and self._snapshot is not None
        style_words(self._reading, look.text if inside else look.quiet)
        style_words(self._near, look.quiet)
        self._words = self._field_words() if inside else HINT
        self._near_words = self._point_words() if inside else ""
        self._show_words()

    def _field_words(self) -> str:
        assert self._mouse is not None and self._snapshot is not None
        shot, picture, unit = self._snapshot, self._picture, self._unit()
        x1, x2 = self._mouse.x(), self._mouse.y()
        place = place_words(shot.sample.axis_names, *self._plane.values_at(self._mouse))
        if unit is not None and picture is not None:
            value = float(interpolated(picture.values[np.newaxis], x1, x2)[0])
            return f"{place} → {unit_words(shot, unit.layer, unit.unit)[0]} {number_text(value)}"
        if shot.boundary is None:
            return place
        words = f"{place} → {value_words(shot, interpolated(shot.boundary, x1, x2))}"
        if self._modes.field == "uncertainty" and picture is not None:
            words += f" ± {number_text(float(interpolated(picture.values[np.newaxis], x1, x2)[0]), 2)}"
        return words

    def _point_words(self) -> str:
        assert self._mouse is not None and self._snapshot is not None
        sample, index = self._snapshot.sample, self._point_at(self._mouse)
        if index is None:
            return ""
        return f"{PART_NAMES[int(sample.split[index])]} point: {label_words(sample, sample.labels[index])}"

    def _point_at(self, place: QPointF) -> int | None:
        """The point that the mouse is at."""
        return self._points.nearest(place, px(REACH) * self._plane.pixel)


def same_points(a: Sample, b: Sample) -> bool:
    """Whether two samples hold the very same arrays, so that nothing has to be drawn anew."""
    return a is b or (a.x is b.x and a.labels is b.labels and a.split is b.split and a[3:] == b[3:])
