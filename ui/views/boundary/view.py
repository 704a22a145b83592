"""The decision boundary: the network's predictions over the plane, with the points on top.

The hero of the window: a smooth field in the theme's pale colours, points told apart by colour and by shape, training
points filled, validation points hollow. The colours can show crisp classes or uncertainty instead, or the map of a
single unit; lines of equal value and rings around mistakes lie over them. Hovering reads the field in words, clicking
picks a point. Points are drawn again only when the sample changes; a frame costs one small image and the lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QWidget

from playground.catalog.choice import Array
from playground.catalog.datasets.base import Sample
from playground.catalog.datasets.own_points import UserPoints
from playground.measure.observe import Request
from playground.measure.others import Ghost, Luck, Others
from playground.measure.requests import BoundaryRequest, PredictionsRequest, UncertaintyRequest, UnitMapRequest
from playground.measure.snapshot import Snapshot, UnitMap

from ...forms.buttons import IconButton, identify
from ...look import theme
from ...look.beat import Throttle
from ...look.theme import px
from ..chart.focus_ring import is_by_key
from ..chart.plot import item_points, small_font
from ..plane.answers import mistakes_words, unit_words
from ..plane.field import ValueRange, answer_line, value_range_of
from ..plane.legend import Legend, legend_entries, range_scale
from ..plane.plane import InputPlane, PlaneTool
from ..view import View
from .layers_on_plane import PlaneLayers
from .modes import Modes
from .picture import (
    BoundaryPicture,
    answer_picture,
    entropy_picture,
    uncertainty_picture,
    unit_picture,
    unit_range,
)
from .points import MAX_DRAWN_POINTS, PlanePoints
from .shown import BoundaryShown
from .words import Arrangement, BoundaryWords, Spread, point_words, reading_words, unsure_note

_GHOST_WORDS = {"change": "dashed: without the change", "branch": "dashed: before the branch"}
_LUCK_WORDS = "thin lines: other starts"
PASSES = 20
"""The number of passes with dropout left on for the field of uncertainty."""


class BoundaryView(View):
    """The view of the boundary: the field, the points, controls, a legend, and a reading at the mouse."""

    name, title = "boundary", "Boundary"
    icon = "circle-half-tilt"

    point_picked = Signal(object)
    """The index in the sample of the point that a person picked; None if they picked an empty place."""
    magnified_left = Signal()
    """Asks for the boundary again in place of a unit's map."""
    SIZE, LEAST = (420, 480), (240, 220)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, BoundaryRequest())
        about = "Arrow keys move, plus and minus zoom, Home shows the whole plane, N and P go from point to point."
        identify(self, None, "Decision boundary", about=about)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._snapshot: Snapshot | None = None
        self._scale = ValueRange()
        self._unit_half = 0.0
        self._magnified: tuple[int, int] | None = None
        self._dismissed = False
        self._source: tuple[object, ...] = ()
        self._picture: BoundaryPicture | None = None
        self._mouse: QPointF | None = None
        self._focus_by_keys = False
        self._others: Others | None = None
        self._strength = 0.0
        self._build()
        self._read = Throttle(self._show_reading, self)
        self._number = Throttle(self._show_numbers, self)
        self._ring = Throttle(self._show_rings, self)
        self._count = Throttle(self._show_note, self)
        self.apply_theme()

    def _build(self) -> None:
        self._plane = plane = InputPlane(self)
        self.pressed, self.dragged = plane.pressed, plane.dragged
        self.released, self.wheeled = plane.released, plane.wheeled
        self._layers, self._points = PlaneLayers(), PlanePoints(plane)
        *points, pick = self._points.items
        for place, item in enumerate((*self._layers.below, *points, *self._layers.above, pick)):
            item.setZValue(place)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            self._plane.plot.addItem(item, ignoreBounds=True)
        self._modes = Modes(self)
        # An opaque patch, so that the button can be seen on every field.
        self._patch = QFrame(self)
        self._patch.setProperty("card", True)
        whole = IconButton("corners-out", "Whole plane", "Show the whole plane again (Home).", self._patch)
        self._whole = identify(whole, "boundary.whole")
        self._whole.setGeometry(px(1), px(1), px(26), px(26))
        self._patch.hide()
        self._legend, self._words = Legend(self), BoundaryWords(self)
        self._arrangement = Arrangement(self, self._plane, self._modes, self._legend, self._words)
        plane.moved.connect(self._on_moved)
        plane.left.connect(lambda: self._on_moved(None))
        plane.seen_changed.connect(self._on_seen)
        self._points.picked_by_hand.connect(self.point_picked)
        self._modes.changed.connect(self._on_mode)
        self._modes.way_back.connect(self._leave_unit)
        self._whole.clicked.connect(plane.look_at_whole)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _place(self) -> None:
        # Those who did not ask for what a note says keep its room for the plane.
        lines = 2 * self._modes.mistakes.isChecked() + 2 * self._lacks_dropout()
        note = lines * QFontMetrics(small_font()).height() + px(4) if lines else 0
        self._arrangement.place(note)
        if lines and self._words.note_height + px(4) > note:
            self._arrangement.place(self._words.note_height + px(4))
        inside = self._plane.rect_in(self)
        self._patch.setGeometry(round(inside.right()) - px(36), round(inside.top()) + px(theme.GRID), px(28), px(28))
        self._patch.raise_()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment. The points are drawn again only if they have changed."""
        before, self._snapshot = self._snapshot, snapshot
        if snapshot.answer(UnitMapRequest) is None:
            self._dismissed = False
        if before is None or not _same_points(before.sample, snapshot.sample):
            if before is not None and _is_elsewhere(before, snapshot):
                self._plane.look_at_whole()
            if before is not None:
                self._points.follow(before.sample, snapshot.sample)
            self._show_sample()
        if self._modes.show_task(snapshot.sample.task, _has_dropout(snapshot)):
            self._place()
        self._update_requests()
        self._show_field()
        if self._modes.mistakes.isChecked() and (
            before is None or snapshot.answer(PredictionsRequest) is not before.answer(PredictionsRequest)
        ):
            # With the words that count them, unless the points they are drawn around are gone.
            self._ring.request(at_once=before is None or before.sample is not snapshot.sample)
        if self._has_note() or self._words.note_text:
            self._count.request()

    def show_others(self, others: Others | None, strength: float) -> None:
        """Show where the answer changes in other runs: dashed without the latest change, thin from other starts."""
        self._others, self._strength = others, strength
        self._show_lines()

    def _show_lines(self) -> None:
        """Draw the lines of other runs; over the map of a unit, of which they say nothing, there are none."""
        others, fields = self._others, list[Array | None]()
        if self._snapshot is None or self._unit() is not None:
            others = None
        if isinstance(others, Ghost):
            fields = [others.now.answer(BoundaryRequest)]
        elif isinstance(others, Luck):
            fields = list(others.fields)
        lines = [answer_line(field, self._snapshot.sample.task) for field in fields] if self._snapshot else []
        words = _GHOST_WORDS[others.left_by] if isinstance(others, Ghost) else _LUCK_WORDS
        self._layers.others.show_lines(lines, words, self._strength, dashed=isinstance(others, Ghost))

    def apply_theme(self) -> None:
        super().apply_theme()
        self._plane.apply_theme(self.hasFocus() and self._focus_by_keys)
        self._layers.apply_theme()
        self._legend.update()
        self._source = ()
        if self._snapshot is not None:
            self._show_sample()
            self._show_field()
        self._show_reading()
        self._show_note()

    def magnify(self, unit: tuple[int, int] | None) -> None:
        """Show the map of a unit (layer from 0, the output last), once a snapshot has it; None: the boundary."""
        self._magnified, self._dismissed, self._unit_half = unit, unit is None, 0.0
        self._update_requests()
        self._show_field()

    def pick(self, index: int | None) -> None:
        self._points.pick(index)

    def set_tool(self, name: PlaneTool) -> None:
        """Use the mouse to "look" at the field and at points, or to "edit", which only reports the mouse."""
        self._plane.set_tool(name)

    def set_brush(self, radius: float, colour: str | None) -> None:
        """Set the brush of the tool "edit": its radius on the plane, and its colour as #rrggbb or None."""
        self._plane.set_brush(radius, colour)

    def shown(self) -> BoundaryShown:
        picture, mouse = self._picture, self._mouse
        return BoundaryShown(
            colours=picture.colours if picture is not None else np.zeros((0, 0, 3), np.uint8),
            value_range=self._scale.ends,
            unit=self._modes.title.text(),
            levels=picture.texts if picture is not None else (),
            contour_pieces=self._layers.contours.count(),
            numbers=self._layers.numbers.numbers,
            legend=self._legend.texts(),
            reading=f"{self._words.reading} {self._words.near}".strip(),
            note=self._words.note_text,
            mouse=None if mouse is None else (mouse.x(), mouse.y()),
            others=tuple(line.copy() for line in self._layers.others.lines),
            points=len(self._points.drawn),
            rings=item_points(self._points.rings),
            picked=self._points.index,
            picked_at=item_points(self._points.mark),
            brush=self._plane.brush_circle(),
            axis_names=self._plane.axis_names,
            ticks=self._plane.ticks(),
            seen=self._plane.seen,
            plane=self._plane.rect_in(self),
            frame=self._plane.frame(),
        )

    def _unit(self) -> UnitMap | None:
        if self._snapshot is None or self._dismissed:
            return None
        return self._snapshot.answer(UnitMapRequest)

    def _update_requests(self) -> None:
        requests: list[Request[Any]] = [BoundaryRequest()]
        if self._magnified is not None:
            requests.append(UnitMapRequest(*self._magnified))
        if self._shows_uncertainty() and not self._lacks_dropout():
            requests.append(UncertaintyRequest(PASSES))
        if self._modes.mistakes.isChecked():
            requests.append(PredictionsRequest(MAX_DRAWN_POINTS))
        self.request(*requests)

    def _show_field(self) -> None:
        """Draw the colours and contours, unless they are already drawn."""
        if self._snapshot is None:
            return
        shot, unit = self._snapshot, self._unit()
        contours = self._modes.contours.isChecked()
        answers = shot.answer(BoundaryRequest), shot.answer(UncertaintyRequest)
        source = (*answers, unit, shot.sample, shot.loss, self._modes.field, contours, self._lacks_dropout())
        if len(source) == len(self._source) and all(a is b for a, b in zip(source, self._source, strict=True)):
            return
        had_unit, self._source = len(self._source) > 2 and self._source[2] is not None, source
        if had_unit != (unit is not None):
            self._show_lines()
        before, self._picture = self._picture, self._make_picture(shot, unit)
        self._show_title(unit)
        if (before.scale if before else None) != (self._picture.scale if self._picture else None):
            self._show_legend()
        self._layers.show_picture(self._picture, contours)
        self._number.request()
        if self._mouse is not None:
            self._read.request()

    def _make_picture(self, shot: Snapshot, unit: UnitMap | None) -> BoundaryPicture | None:
        if unit is not None:
            if unit.layer < len(shot.layers) - 1:
                self._unit_half = unit_range(unit.values, self._unit_half)
            return unit_picture(shot, unit, self._scale, self._unit_half)
        field = shot.answer(BoundaryRequest)
        if field is None:
            return None
        if self._shows_uncertainty():
            lacking = self._lacks_dropout()
            if lacking and shot.sample.task == "classification":
                return entropy_picture(shot)
            values = np.zeros(field.shape[1:], np.float32) if lacking else shot.answer(UncertaintyRequest)
            if values is not None:
                return uncertainty_picture(shot, values, self._scale)
        return answer_picture(shot, self._scale, crisp=self._modes.field == "classes")

    def _show_numbers(self) -> None:
        self._layers.show_numbers(self._plane.seen, self._plane.pixel)

    def _show_title(self, unit: UnitMap | None) -> None:
        title = ""
        if unit is not None:
            assert self._snapshot is not None
            title = f"{unit_words(self._snapshot, unit.layer, unit.unit)[1]}: output"
        if title != self._modes.title.text():
            self._modes.show_title(title)

    def _show_sample(self) -> None:
        assert self._snapshot is not None
        sample = self._snapshot.sample
        self._scale = value_range_of(sample)
        self._points.show_sample(sample, self._scale)
        if self._plane.show_scales(sample.axis_scales):
            self._place()
        self._plane.name_axes(sample.axis_names)
        self._words.name_axis(sample.axis_names[0])
        self._show_legend()
        self._show_rings()
        self._points.pick(self._points.index)
        self._place()

    def _show_legend(self) -> None:
        """Explain the marks and colours; the parts are placed again only if that changes."""
        if self._snapshot is None:
            return
        sample, scale = self._snapshot.sample, self._picture.scale if self._picture is not None else None
        usual = range_scale(sample.target_name, self._scale) if sample.task == "regression" else None
        scale = usual if self._picture is None else scale
        rings = self._modes.mistakes.isChecked()
        entries = legend_entries(sample, self._points.usable, len(self._points.drawn), rings)
        if self._legend.show_entries(entries, scale, usual):
            self._place()

    def _show_rings(self) -> None:
        shot, on = self._snapshot, self._modes.mistakes.isChecked()
        self._points.show_rings(shot.answer(PredictionsRequest) if on and shot is not None else None)

    def _on_mode(self) -> None:
        self._update_requests()
        self._show_field()
        self._number.now()
        self._show_rings()
        self._show_legend()
        self._count.now()
        self._place()

    def _leave_unit(self) -> None:
        self.magnify(None)
        self.magnified_left.emit()

    def _on_seen(self) -> None:
        self._patch.setVisible(self._plane.zoomed)
        self._number.request()

    def _shows_uncertainty(self) -> bool:
        return self._modes.field == "uncertainty"

    def _lacks_dropout(self) -> bool:
        return self._shows_uncertainty() and self._snapshot is not None and not _has_dropout(self._snapshot)

    def _spread(self) -> Spread | None:
        """The quantity that the field shows besides the answer, if it does."""
        if not self._shows_uncertainty():
            return None
        return "entropy" if self._lacks_dropout() else "deviation"

    def _has_note(self) -> bool:
        return self._modes.mistakes.isChecked() or self._lacks_dropout()

    def _show_note(self) -> None:
        words = [unsure_note(self._snapshot)] if self._lacks_dropout() and self._snapshot is not None else []
        predictions = None if self._snapshot is None else self._snapshot.answer(PredictionsRequest)
        if self._modes.mistakes.isChecked() and self._snapshot is not None and predictions is not None:
            words.append(mistakes_words(self._snapshot.sample, predictions))
        needed = self._words.note_height
        if self._words.show_note(" ".join(words), visible=self._has_note()) or self._words.note_height != needed:
            self._place()

    def _on_moved(self, place: QPointF | None) -> None:
        if place is not None or self._mouse is not None:
            self._mouse = place
            self._read.now()

    def _show_reading(self) -> None:
        shot, mouse, picture = self._snapshot, self._mouse, self._picture
        if shot is None or mouse is None:
            self._words.show_reading("", "")
            return
        values = None if picture is None else picture.values
        reading = reading_words(shot, mouse, self._plane.values_at(mouse), self._unit(), values, self._spread())
        index = self._points.point_at(mouse)
        self._words.show_reading(reading, "" if index is None else point_words(shot.sample, index))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._take_key(event):
            self._plane.show_focus(True)
        else:
            super().keyPressEvent(event)

    def _take_key(self, event: QKeyEvent) -> bool:
        key = Qt.Key(event.key())
        if event.modifiers() & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier):
            return False
        if self._plane.take_key(key):
            return True
        if key in (Qt.Key.Key_N, Qt.Key.Key_P) and self._snapshot is not None:
            self._points.step(1 if key == Qt.Key.Key_N else -1)
        elif key == Qt.Key.Key_Escape and self._unit() is not None:
            self._leave_unit()
        elif key == Qt.Key.Key_Escape and self._points.index is not None:
            self._points.pick_by_hand(None)
        else:
            return False
        return True

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._focus_by_keys = is_by_key(event)
        self._plane.show_focus(self._focus_by_keys)
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._plane.show_focus(False)
        super().focusOutEvent(event)


def _has_dropout(shot: Snapshot) -> bool:
    return any(layer.dropout > 0 and not layer.muted for layer in shot.experiment.layers)


def _is_elsewhere(before: Snapshot, now: Snapshot) -> bool:
    """Whether the points are of other data, so that a place on the plane has another meaning."""
    old, new = before.sample, now.sample
    if (old.axis_names, old.axis_scales) != (new.axis_names, new.axis_scales):
        return True
    # Points drawn on top of other data stand where these stood.
    data = now.experiment.data
    return not isinstance(data, UserPoints) and type(data) is not type(before.experiment.data)


def _same_points(a: Sample, b: Sample) -> bool:
    """Whether two samples hold the same arrays, so that nothing has to be drawn again."""
    return a is b or (a.x is b.x and a.labels is b.labels and a.split is b.split and a[3:] == b[3:])
