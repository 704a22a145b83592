"""One layer as a card: a header to drag it by, with its live gradient; its settings; the rarer ones below “more”.

A card shows a layer and its place in the stack. What it asks for, its panel carries out.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground import Layer
from playground.catalog.activations import Activation
from playground.snapshot import LayerStatistics
from ui.form import ChoiceRow, Look, Row, fields_of, row_for, tip
from ui.icons import icon
from ui.inputs import IconButton
from ui.panels.pictures import CURVE_ICON, Curve, MagnitudeBar, curve_icon
from ui.quantity import measured
from ui.theme import GRID, current

FIRST = ("units", "activation", "dropout")
LOOKS = {"initializer": Look(nothing="Inherited"), "regularizer": Look(nothing="Inherited")}
NUMBER_WIDTH = 52
COMPACT_NAME_WIDTH = 92
"""So that the bars of compact cards start below each other."""
GRADIENT_HELP = "Size of the gradient ∂E/∂W of this layer (root mean square), on a logarithmic scale from 1e-8 to 10."


class Gradient(QWidget):
    """A layer's gradient as a bar and a number. The bar moves with every snapshot, the number only when told."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID // 2)
        self.bar = MagnitudeBar(self)
        self.number = QLabel("–", self)
        self.number.setProperty("quiet", True)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.number.setFixedWidth(NUMBER_WIDTH)
        line.addWidget(self.bar, 1)
        line.addWidget(self.number)
        for widget in (self, self.bar, self.number):
            widget.setToolTip(tip(GRADIENT_HELP))
        self.bar.setAccessibleName("Gradient")

    def show_statistics(self, layer: LayerStatistics | None) -> None:
        """Move the bar."""
        self.bar.show_value(layer.gradient_rms if layer is not None else math.nan)

    def write(self) -> None:
        """Bring the number up to date."""
        self.number.setText(measured(self.bar.value, digits=2))


class Header(QWidget):
    """The part of a card by which the mouse drags it."""

    pressed = Signal()
    grabbed = Signal()
    dragged = Signal(QPoint)
    """Where the mouse is, on the screen."""
    dropped = Signal(bool)
    """Whether to keep the new place."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self._pressed_at: QPoint | None = None
        self._dragging = False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = event.globalPosition().toPoint()
            self.pressed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed_at is None:
            return
        here = event.globalPosition().toPoint()
        far = (here - self._pressed_at).manhattanLength() >= QApplication.startDragDistance()
        if far and not self._dragging:
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.grabbed.emit()
        if self._dragging:
            self.dragged.emit(here)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.let_go(keep=True)

    def let_go(self, keep: bool) -> None:
        """End a drag, if there is one."""
        was_dragging, self._dragging, self._pressed_at = self._dragging, False, None
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        if was_dragging:
            self.dropped.emit(keep)

    @property
    def dragging(self) -> bool:
        """Whether the mouse holds the card."""
        return self._dragging


class Grip(QLabel):
    """The dots that say where to drag; the mouse goes through to the header."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedWidth(GRID * 2)
        self._dress()

    def _dress(self) -> None:
        self.setPixmap(icon("dots-six-vertical").pixmap(QSize(16, 16)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()


class LayerCard(QFrame):
    """A hidden layer."""

    edited = Signal(str, object, str, bool)
    moved = Signal(int)
    """By how many places, by keyboard."""
    removed = Signal()
    duplicated = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layer: Layer | None = None
        self.index = -1
        self.layer_id: str | None = None
        self.compact = False
        self.rows: dict[str, Row] = {}
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.outer = QVBoxLayout(self)
        self.outer.setContentsMargins(GRID // 2, GRID // 2, GRID, GRID // 2)
        self.outer.setSpacing(GRID // 2)
        self.header = self._header()
        self.body = self._part(FIRST)
        self.rest = self._part(tuple(name for name in fields_of(Layer) if name not in (*FIRST, "id")))
        self.curve = Curve(self)
        self.rows["activation"].line.addWidget(self.curve)
        self._draw_curves()
        self._unfold(False)

    # Parts --------------------------------------------------------------------------------------------------

    def _header(self) -> Header:
        header = Header(self)
        line = QHBoxLayout(header)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(GRID // 2)
        self.grip, self.number, self.name = Grip(header), QLabel(header), QLabel(header)
        self.number.setProperty("strong", True)
        self.number.setMinimumWidth(GRID * 2)
        self.name.setProperty("quiet", True)
        self.gradient = Gradient(header)
        self.duplicate = IconButton("copy", "Duplicate", "Duplicate this layer (Ctrl+D).", header)
        self.remove = IconButton("x", "Remove", "Remove this layer (Delete).", header)
        self.more = IconButton("caret-right", "More", "More settings of this layer.", header)
        self.more.setCheckable(True)
        for widget in (self.grip, self.number, self.name):
            line.addWidget(widget)
        line.addSpacing(GRID // 2)
        line.addWidget(self.gradient, 1)
        for button in (self.more, self.duplicate, self.remove):
            button.setProperty("small", True)
            line.addWidget(button)
        self.more.toggled.connect(self._unfold)
        self.duplicate.clicked.connect(self.duplicated)
        self.remove.clicked.connect(self.removed)
        header.pressed.connect(self.setFocus)
        self.outer.addWidget(header)
        return header

    def _part(self, names: tuple[str, ...]) -> QWidget:
        part = QWidget(self)
        lines = QVBoxLayout(part)
        lines.setContentsMargins(GRID * 2 + GRID // 2, 0, 0, GRID // 2)
        lines.setSpacing(GRID // 2)
        for name in names:
            row = row_for(fields_of(Layer)[name], "", LOOKS.get(name, Look()), level=1)
            if row is not None:
                row.edited.connect(self._row_edited)
                self.rows[name] = row
                lines.addWidget(row)
        self.outer.addWidget(part)
        return part

    def _draw_curves(self) -> None:
        """Put each activation's curve beside its name in the list."""
        row = self.rows["activation"]
        if isinstance(row, ChoiceRow):
            row.combo.setIconSize(CURVE_ICON)
            for place, kind in enumerate(row.kinds):
                if kind is not None and issubclass(kind, Activation):
                    row.combo.setItemIcon(place, curve_icon(kind(), current()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_curves()

    def _unfold(self, is_open: bool) -> None:
        self.more.set_icon("caret-down" if is_open else "caret-right")
        self.rest.setVisible(is_open)
        self.body.setVisible(is_open or not self.compact)

    @property
    def tab_stops(self) -> list[QWidget]:
        """The card and its controls in the order in which Tab reaches them."""
        inner = [widget for widget in self.findChildren(QWidget) if widget.window() is self.window()]
        return [self, *(widget for widget in inner if widget.focusPolicy() & Qt.FocusPolicy.TabFocus)]

    def set_compact(self, compact: bool) -> None:
        """Show the header alone, until “more” is asked for."""
        if compact != self.compact:
            self.compact = compact
            self.duplicate.setVisible(not compact)
            self.remove.setVisible(not compact)
            self.name.setMinimumWidth(COMPACT_NAME_WIDTH if compact else 0)
            self._unfold(self.more.isChecked())
            self._write_name()

    # Showing ------------------------------------------------------------------------------------------------

    def show_layer(self, layer: Layer, index: int) -> None:
        """Show a layer and its place in the stack, counted from 0."""
        if index != self.index:
            self._set_index(index)
        if layer != self.layer:
            self.layer, self.layer_id = layer, layer.id
            for name, row in self.rows.items():
                row.show_value(getattr(layer, name))
            self.curve.show_activation(layer.activation)
            self._write_name()

    def _set_index(self, index: int) -> None:
        self.index = index
        path, place = f"layers.{index}", f"layer {index + 1}"
        self.setObjectName(path)
        self.setAccessibleName(f"Layer {index + 1}")
        self.setToolTip("")
        self.number.setText(f"{index + 1}")
        for name, row in self.rows.items():
            row.set_path(f"{path}.{name}")
            row.set_place(place)
        for name, widget, label in self._named_parts():
            widget.setObjectName(f"{path}.{name}")
            widget.setAccessibleName(f"{label} {place}")
        handle_help = "Drag to move the layer, or press Alt+Up and Alt+Down. Delete removes it, Ctrl+D duplicates it."
        for widget in (self.header, self.grip, self.number, self.name):
            widget.setToolTip(tip(handle_help))

    def _named_parts(self) -> list[tuple[str, QWidget, str]]:
        return [
            ("handle", self.grip, "Move"),
            ("gradient", self.gradient.bar, "Gradient of"),
            ("duplicate", self.duplicate, "Duplicate"),
            ("remove", self.remove, "Remove"),
            ("more", self.more, "More of"),
        ]

    def take_out(self) -> None:
        """Give up all names, so that nobody finds the card while it waits to be deleted."""
        for row in self.rows.values():
            row.set_path("")
        for _, widget, _ in self._named_parts():
            widget.setObjectName("")
        self.setObjectName("")
        self.hide()
        self.deleteLater()

    def _write_name(self) -> None:
        if self.layer is not None:
            name = self.layer.id or ""
            summary = f"{self.layer.units} {self.layer.activation.label}" if self.compact else ""
            self.name.setText("  ".join(part for part in (name, summary) if part))

    # Gestures -----------------------------------------------------------------------------------------------

    def _row_edited(self, path: str, value: object, words: str, changing: bool) -> None:
        self.edited.emit(path, value, f"layer {self.layer_id or self.index + 1} {words}", changing)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if modifiers & Qt.KeyboardModifier.AltModifier and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(-1 if key == Qt.Key.Key_Up else 1)
        elif modifiers & Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_D:
            self.duplicated.emit()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self.hasFocus():
            self.removed.emit()
        elif key == Qt.Key.Key_Escape and self.header.dragging:
            self.header.let_go(keep=False)
        else:
            super().keyPressEvent(event)


class OutputCard(QFrame):
    """The output layer, which follows from the data and the loss."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        self.setObjectName("layers.output")
        self.setAccessibleName("Output layer")
        line = QHBoxLayout(self)
        line.setContentsMargins(GRID + GRID // 2, GRID // 2, GRID, GRID // 2)
        line.setSpacing(GRID // 2)
        title = QLabel("Output", self)
        title.setProperty("strong", True)
        self.summary = QLabel(self)
        self.summary.setProperty("quiet", True)
        self.gradient = Gradient(self)
        self.gradient.bar.setObjectName("layers.output.gradient")
        self.gradient.bar.setAccessibleName("Gradient of the output layer")
        line.addWidget(title)
        line.addWidget(self.summary)
        line.addSpacing(GRID // 2)
        line.addWidget(self.gradient, 1)
        for widget in (title, self.summary):
            widget.setToolTip(tip("Its size follows from the data, its activation from the loss."))

    def show_statistics(self, layer: LayerStatistics | None) -> None:
        """Show the size, the activation and the gradient of the output layer."""
        self.gradient.show_statistics(layer)
        text = output_words(layer) if layer is not None else ""
        if text != self.summary.text():
            self.summary.setText(text)


def output_words(layer: LayerStatistics) -> str:
    """The output layer in words."""
    return f"{layer.units} {'unit' if layer.units == 1 else 'units'}, {layer.activation.replace('_', ' ')}"
