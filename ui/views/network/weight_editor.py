"""A small editor for one weight or bias, laid over the drawing of the network.

It knows the number it edits, not whose it is. While the network trains, the number is updated, unless a person is
editing it. Enter applies the text and closes, Escape restores the old value.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.experiment.quantity import Quantity

from ...forms.buttons import IconButton, identify
from ...forms.controls import SLIDER_STEPS, Slider, ValueEntry
from ...forms.edits import Edits
from ...forms.layouts import tight
from ...guard.faults import guarded
from ...look.beat import TEXT_INTERVAL
from ...look.numbers import minus_text
from ...look.theme import px
from ..chart.axes import nice_limit
from .diagram import Hit
from .places import Places
from .widget import NetworkCanvas
from .wording import Wording, parameter_exists

_FURTHEST = 1e6
_SPAN = 2.0
"""The least reach of the slider, to both sides of 0."""


class WeightEditor(QFrame):
    """Entry and slider for a weight or a bias, with arrows to its neighbours."""

    edited = Signal(object, bool)
    """The new value, and whether more of the same edit follow."""
    moved = Signal(int)
    """Asks for the next (1) or the previous (−1) parameter of the unit."""
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        identify(self, "network.editor", "Editor of a weight or bias").setProperty("card", True)
        self._quantity = Quantity(False, -_FURTHEST, _FURTHEST, span=(-_SPAN, _SPAN))
        self._opened = self.value = 0.0
        self._in_run = self._touched = False
        self._since = QElapsedTimer()
        self._edits = Edits(self)
        self._edits.given.connect(self._given)
        self.caption = QLabel(self, textFormat=Qt.TextFormat.PlainText, alignment=Qt.AlignmentFlag.AlignCenter)
        self.caption.setProperty("strong", True)
        self.entry = ValueEntry(self._quantity.problem_with, self)
        self.entry.setFixedWidth(px(84))
        self.slider = Slider(self)
        self.slider.setMinimumWidth(px(104))
        self.previous = IconButton("caret-left", "Previous parameter of the unit", parent=self)
        self.next = IconButton("caret-right", "Next parameter of the unit", parent=self)
        parts = {"entry": self.entry, "slider": self.slider, "previous": self.previous, "next": self.next}
        for name, part in parts.items():
            part.setObjectName(f"network.editor.{name}")
            part.installEventFilter(self)
        self._explain("Value", "Type a number. Enter applies it, Esc restores the old one.")
        outer = tight(QVBoxLayout(self), 4)
        outer.setContentsMargins(px(8), px(6), px(8), px(8))
        for widgets in ((self.previous, self.caption, self.next), (self.entry, self.slider)):
            line = tight(QHBoxLayout(), 6)
            for widget in widgets:
                line.addWidget(widget, 1 if widget in (self.caption, self.slider) else 0)
            outer.addLayout(line)
        self._connect()
        self.hide()

    def _explain(self, name: str, entry_hint: str, slider_hint: str = "") -> None:
        identify(self.entry, None, name).set_hint(entry_hint)
        identify(self.slider, None, name, slider_hint or entry_hint)

    def _connect(self) -> None:
        self.entry.entered.connect(self._entered)
        self.entry.stepped.connect(self._stepped)
        self.entry.left.connect(self._write)
        self.slider.dragged.connect(lambda place: self._edits.change(self._slider_value(place)))
        self.slider.let_go.connect(self._edits.end)
        self.slider.stepped.connect(self._stepped)
        self.slider.valueChanged.connect(lambda place: self._edits.make(self._slider_value(place)))
        self.slider.reset_asked.connect(lambda: self._edits.make(0.0))
        self.previous.clicked.connect(lambda: self._move(-1))
        self.next.clicked.connect(lambda: self._move(1))

    def open(self, name: str, words: str, value: float) -> None:
        """Open the editor for a number: `name` is Weight or Bias, `words` say whose it is."""
        self._edits.end()
        self.entry.abandon()
        span = max(_SPAN, nice_limit(2 * abs(value))) if math.isfinite(value) and value else _SPAN
        self._quantity = Quantity(False, -_FURTHEST, _FURTHEST, span=(-span, span))
        self._opened = self.value = value if math.isfinite(value) else 0.0
        self._in_run = self._touched = False
        self.caption.setText(words)
        self._explain(
            name,
            f"The {name.lower()}. Type a number and press Enter; Esc restores the old one. "
            "The left and right arrow keys go on to the other weights of the unit.",
            f"Drag to change the {name.lower()} and watch the network respond. Double-click to set it to 0.",
        )
        self.slider.set_mark(0.5)
        self._write()
        self.setFixedWidth(max(px(220), self.caption.sizeHint().width() + px(76)))
        self.adjustSize()
        self.show()
        self.raise_()
        self.entry.setFocus(Qt.FocusReason.PopupFocusReason)
        self.entry.selectAll()

    def show_value(self, value: float) -> None:
        """Show a number that training has changed, unless a person is editing or has just been."""
        resting = not self._since.isValid() or self._since.elapsed() > 2 * TEXT_INTERVAL
        if resting and not self._in_run and not self.slider.isSliderDown() and math.isfinite(value):
            self.value = value
            self._write()

    def _write(self) -> None:
        untouched = self.entry.selectedText() == self.entry.text()
        self.entry.show_text(minus_text(f"{self.value:.4g}"))
        if untouched and not self.entry.being_typed:
            # So that typing still replaces a number that has moved.
            self.entry.selectAll()
        self.slider.show_place(self._quantity.place(self.value))

    def _given(self, value: object, changing: bool) -> None:
        assert isinstance(value, (int, float))
        if not self._in_run and value == self.value:
            return
        self._in_run, self._touched = changing, True
        self.value = float(value)
        self._since.start()
        self._write()
        self.edited.emit(self.value, changing)

    def _entered(self, text: str) -> None:
        self._edits.make(float(self._quantity.read(text)))

    def _stepped(self, steps: int) -> None:
        self._edits.step(float(self._quantity.stepped(self.value, steps)))

    def _slider_value(self, place: int) -> float:
        return float(self._quantity.at(place / SLIDER_STEPS))

    def _move(self, by: int) -> None:
        self._take_over()
        self.moved.emit(by)

    def _take_over(self) -> None:
        if self.entry.being_typed and not self._quantity.problem_with(self.entry.text()):
            text = self.entry.text()
            self.entry.abandon()
            self._entered(text)

    def confirm(self) -> None:
        self._take_over()
        self._close()

    def cancel(self) -> None:
        """Restore the value from when the editor opened, and close."""
        self.entry.abandon()
        if self._touched and (self.value != self._opened or self._in_run):
            self._edits.make(self._opened)
        self._close()

    def _close(self) -> None:
        self._edits.end()
        if not self.isHidden():
            self.entry.abandon()
            self.hide()
            self.closed.emit()

    @guarded
    def hideEvent(self, event: QEvent) -> None:
        self._edits.end()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            # Escape is a shortcut, too, while points are drawn.
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
            return event.key() == Qt.Key.Key_Escape
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.cancel()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and watched in (self.entry, self.slider):
            if self.entry.being_typed and self._quantity.problem_with(self.entry.text()):
                return False
            self.confirm()
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._walks(watched, event):
            self._move(1 if key == Qt.Key.Key_Right else -1)
        else:
            return False
        return True

    def _walks(self, watched: QObject, event: QKeyEvent) -> bool:
        """Whether an arrow key goes to another parameter, not to the slider or the text cursor."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return True
        return watched is self.entry and not self.entry.being_typed


def _place_beside(line: list[QPointF], box: QSize, room: QRect) -> QPoint:
    """The place in a room nearest to the middle of a line where a box hides nothing of it, if there is one."""
    away, wide, high = px(12), box.width(), box.height()
    middle = line[len(line) // 2] - QPointF(wide, high) / 2
    last = QPoint(max(room.left(), room.right() - wide), max(room.top(), room.bottom() - high))
    found = []
    for x in np.linspace(room.left(), last.x(), 33).tolist():
        beside = [point.y() for point in line if x - away < point.x() < x + wide + away]
        heights = (min(beside) - away - high, max(beside) + away) if beside else (middle.y(),)
        found += [QPointF(x, y) for y in heights]
    inside = [place for place in found if room.top() <= place.y() <= last.y()]
    best = min(inside or found, key=lambda place: (place - middle).manhattanLength())
    return QPoint(int(best.x()), min(max(int(best.y()), room.top()), last.y()))


class ParameterEditing(QObject):
    """Edits one parameter at a time, in an editor beside it."""

    edited = Signal(object, object, object, object, object)
    """Name in weight files (W0, b0), place in that array (a tuple), value, words for the history of edits, and whether
    more of the same edit follows."""
    changed = Signal()
    """Another parameter is edited, or none."""

    def __init__(
        self, view: QWidget, canvas: NetworkCanvas, places: Callable[[], Places], wording: Callable[[], Wording]
    ) -> None:
        super().__init__(view)
        self._view, self._canvas, self._places, self._wording = view, canvas, places, wording
        self._hit: Hit | None = None
        self._editor = WeightEditor(view)
        self._editor.edited.connect(self._on_edited)
        self._editor.moved.connect(self._on_moved)
        self._editor.closed.connect(self._on_closed)

    def open(self, hit: Hit) -> None:
        self._hit = hit
        self._canvas.keep(hit)
        wording = self._wording()
        name, of = ("Bias", "of ") if hit.kind == "bias" else ("Weight", "")
        self._editor.open(name, f"{name} {of}{wording.whose(hit)}", wording.value(hit))
        self.place()

    def confirm(self) -> None:
        """Accept what was typed, and close."""
        if self._hit is not None:
            self._editor.confirm()

    def cancel(self) -> None:
        """Restore the value, and close: the parameter may be another one now."""
        self._hit = None
        self._editor.cancel()

    def show_value(self) -> None:
        """Follow the value while the network trains."""
        if self._hit is not None:
            self._editor.show_value(self._wording().value(self._hit))

    def place(self) -> None:
        """Put the editor beside what it edits, inside the view."""
        if self._hit is None:
            return
        edge = px(4)
        room = self._view.rect().adjusted(edge, edge, -edge, -edge)
        self._editor.move(_place_beside(self._places().parameter(self._hit), self._editor.size(), room))

    def _on_edited(self, value: float, changing: bool) -> None:
        hit, wording = self._hit, self._wording()
        if hit is None or not parameter_exists(hit, wording.structure):
            return
        bias = hit.kind == "bias"
        name, place = (f"b{hit.place}", (hit.unit,)) if bias else (f"W{hit.place}", (hit.unit, hit.source))
        label = f"bias of {wording.whose(hit)}" if bias else f"weight {wording.whose(hit)}"
        self.edited.emit(name, place, value, label, changing)

    def _on_moved(self, by: int) -> None:
        """Go on to another parameter of the same unit: the bias, then the weights in order, and round again."""
        if self._hit is None:
            return
        place, unit = self._hit.place, self._hit.unit
        hits = [Hit("bias", place, unit)]
        hits += [Hit("wire", place, unit, source) for source in range(self._wording().structure.inputs(place))]
        now = hits.index(self._hit) if self._hit in hits else 0
        self._canvas.point_at(None)
        self.open(hits[(now + by) % len(hits)])
        self.changed.emit()

    def _on_closed(self) -> None:
        self._hit = None
        self._canvas.keep(None)
        self.changed.emit()
        if self._view.isVisible():
            self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
