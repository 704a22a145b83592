"""A small editor for one weight or bias, laid over the drawing of the network.

It knows the number it edits, not whose it is. While the network trains the number moves along, unless a person is at
it. Enter takes the text over and closes, Escape puts the old value back.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.experiment.quantity import Quantity
from ui.forms.buttons import IconButton
from ui.forms.controls import SLIDER_STEPS, Slider, ValueEntry
from ui.forms.edits import Edits
from ui.guard.faults import guarded
from ui.look.beat import TEXT_INTERVAL
from ui.look.numbers import minus_text
from ui.look.theme import px
from ui.views.chart.axes import nice_limit

_FURTHEST = 1e6
_SPAN = 2.0
"""What the slider covers at least, to both sides of 0."""


class WeightEditor(QFrame):
    """Entry and slider for a weight or a bias, with arrows to its neighbours."""

    edited = Signal(object, bool)
    """The value asked for, and whether more of the same follow."""
    moved = Signal(int)
    """The next (1) or the previous (−1) parameter of the same unit is asked for."""
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName("network.editor")
        self.setAccessibleName("Editor of a weight or bias")
        self._quantity = Quantity(False, -_FURTHEST, _FURTHEST, span=(-_SPAN, _SPAN))
        self._opened = self._before = self.value = 0.0
        self._in_run = self._touched = False
        self._since = QElapsedTimer()
        self._edits = Edits(self)
        self._edits.given.connect(self._given)
        self._build()
        self.hide()

    def _build(self) -> None:
        self.caption = QLabel(self)
        self.caption.setTextFormat(Qt.TextFormat.PlainText)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.caption.setProperty("strong", True)
        self.entry = ValueEntry(self._quantity.problem_with, self)
        self.entry.setFixedWidth(px(84))
        self.slider = Slider(self)
        self.slider.setMinimumWidth(px(104))
        self.previous = IconButton("caret-left", "Previous parameter of the unit", parent=self)
        self.next = IconButton("caret-right", "Next parameter of the unit", parent=self)
        parts = {"entry": self.entry, "slider": self.slider, "previous": self.previous, "next": self.next}
        for control in (self.entry, self.slider):
            control.setAccessibleName("Value")
        hint = "The number itself: Enter takes it over, Escape puts the old one back."
        self.entry.set_hint(hint)
        self.slider.setToolTip(hint)
        for name, part in parts.items():
            part.setObjectName(f"network.editor.{name}")
            part.installEventFilter(self)
        above, below = QHBoxLayout(), QHBoxLayout()
        for layout, widgets in ((above, (self.previous, self.caption, self.next)), (below, (self.entry, self.slider))):
            layout.setSpacing(px(6))
            for widget in widgets:
                layout.addWidget(widget, 1 if widget in (self.caption, self.slider) else 0)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(px(8), px(6), px(8), px(8))
        outer.setSpacing(px(4))
        outer.addLayout(above)
        outer.addLayout(below)
        self._connect()

    def _connect(self) -> None:
        self.entry.entered.connect(self._entered)
        self.entry.stepped.connect(self._stepped)
        self.entry.left.connect(self._write)
        self.slider.dragged.connect(self._dragged)
        self.slider.let_go.connect(self._edits.end)
        self.slider.stepped.connect(self._stepped)
        self.slider.valueChanged.connect(self._slid)
        self.slider.reset_asked.connect(self._zero)
        self.previous.clicked.connect(self._previous)
        self.next.clicked.connect(self._next)

    def open(self, name: str, words: str, value: float) -> None:
        """Start on a number: `name` is Weight or Bias, `words` say whose."""
        self._edits.end()
        self.entry.abandon()
        span = max(_SPAN, nice_limit(2 * abs(value))) if math.isfinite(value) and value else _SPAN
        self._quantity = Quantity(False, -_FURTHEST, _FURTHEST, span=(-span, span))
        self._opened = self.value = value if math.isfinite(value) else 0.0
        self._in_run = self._touched = False
        self.caption.setText(words)
        self.entry.setAccessibleName(name)
        self.slider.setAccessibleName(name)
        self.entry.set_hint(
            f"The {name.lower()}. Type a number and press Enter; Escape puts the old one back. "
            "The left and right arrow keys go on to the other weights of the unit."
        )
        self.slider.setToolTip(f"Drags the {name.lower()} while the network answers. A double click sets it to 0.")
        self.slider.set_mark(0.5)
        self._write()
        self._fit()
        self.show()
        self.raise_()
        self.entry.setFocus(Qt.FocusReason.PopupFocusReason)
        self.entry.selectAll()

    def _fit(self) -> None:
        self.setFixedWidth(max(px(220), self.caption.sizeHint().width() + px(76)))
        self.adjustSize()

    def show_value(self, value: float) -> None:
        """The number has moved by itself; shown unless a person is at it or has just been."""
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

    def _dragged(self, place: int) -> None:
        self._edits.change(float(self._quantity.at(place / SLIDER_STEPS)))

    def _slid(self, place: int) -> None:
        self._edits.make(float(self._quantity.at(place / SLIDER_STEPS)))

    def _zero(self) -> None:
        self._edits.make(0.0)

    def _previous(self) -> None:
        self._move(-1)

    def _next(self) -> None:
        self._move(1)

    def _move(self, by: int) -> None:
        self._take_over()
        self.moved.emit(by)

    def _take_over(self) -> None:
        if self.entry.being_typed and not self._quantity.problem_with(self.entry.text()):
            text = self.entry.text()
            self.entry.abandon()
            self._entered(text)

    def confirm(self) -> None:
        """Keep what was set, text included, and close."""
        self._take_over()
        self._close()

    def cancel(self) -> None:
        """Put the value back that was there when the editor opened, and close."""
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
        """Whether an arrow key goes to another parameter: it moves the slider, or the cursor in a text begun."""
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            return True
        return watched is self.entry and not self.entry.being_typed
