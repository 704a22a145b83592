"""The card of a layer: a header to drag it by, with its live gradient; its settings, the rarer ones below “more”.

A card shows a layer and its place in the stack. Its panel carries out what it asks for.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground import Experiment, Layer
from playground.catalog.activations import Activation
from playground.experiment.applicability import Obstacle, obstacle_to
from playground.experiment.declarations import fields_of
from playground.experiment.layer_names import layer_phrase
from playground.measure.sentences import counted
from playground.measure.snapshot import LayerStatistics

from ...forms.buttons import IconButton, identify, tip
from ...forms.labels import ShortenedLabel
from ...forms.layouts import STRETCH, fill, quiet, set_tab_order, tight
from ...forms.rows import ChoiceRow, FormRow, row_for
from ...look.icons import icon
from ...look.numbers import number_text
from ...look.theme import GRID, current, px, zoom
from ..tiles import CURVE_ICON, ActivationCurve, MagnitudeBar, curve_icon
from .dragging import Drag

_FIRST = ("units", "activation", "dropout")
_IN_HEADER = ("trainable", "muted")
"""Fields that are buttons in the header."""
_RARE = tuple(name for name in fields_of(Layer) if name not in (*_FIRST, *_IN_HEADER, "id"))
"""Fields below “more”."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_BODY_INDENT = GRID + GRID // 2
_BAR_WIDTH, _NUMBER_WIDTH = 48, 40
_SUMMARY_WIDTH = 72
"""The same for all compact cards, so that their bars are aligned."""
_KEYS = (
    "Alt+Up and Alt+Down move it, Delete removes it, Ctrl+D duplicates it, Ctrl+C copies it and Ctrl+V pastes it after "
    "another."
)
_HEALTH_HELP = (
    "Dead: the share of units whose slope f′(z) is 0 on every point of the latest batch, so that they learn nothing. "
    "Saturated: the share of activations on the flat ends of tanh or sigmoid, where the slope is below 5 % of its "
    "maximum."
)
_GRADIENT_HELP = "Size of the gradient ∂E/∂W of this layer (root mean square), on a logarithmic scale from 1e-8 to 10."


class Gradient(QWidget):
    """A layer's gradient as a bar, which follows every snapshot, and a number, which `write` updates."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bar = MagnitudeBar(self)
        self.number = quiet(QLabel("–", self, alignment=_RIGHT))
        self.number.setFixedWidth(px(_NUMBER_WIDTH))
        fill(tight(QHBoxLayout(self)), self.bar, self.number, wide=self.bar)
        for widget in (self, self.bar, self.number):
            widget.setToolTip(tip(_GRADIENT_HELP))
        self.bar.setAccessibleName("Gradient")

    def show_statistics(self, layer: LayerStatistics | None) -> None:
        """Move the bar."""
        self.bar.show_value(layer.gradient_rms if layer is not None else math.nan)

    def write(self) -> None:
        """Update the number."""
        self.number.setText(number_text(self.bar.value, digits=2))


class _Vitals(QWidget):
    """A layer's gradient, and the share of its units or activations that has stopped learning, if any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layer: LayerStatistics | None = None
        self.gradient = Gradient(self)
        self.health = quiet(ShortenedLabel(self))
        self.health.setAlignment(_RIGHT)
        identify(self.health, spoken="Dead and saturated", hint=tip(_HEALTH_HELP))
        fill(tight(QHBoxLayout(self)), self.gradient, self.health, wide=self.health)
        self.set_compact(False)

    def set_compact(self, compact: bool) -> None:
        """Show only the bar, or the number and the health marks too."""
        self.gradient.number.setVisible(not compact)
        self.health.setVisible(not compact)
        # A bar has the same length on all cards, so that they can be compared, whatever is said beside it.
        self.gradient.bar.setFixedWidth(px(_BAR_WIDTH))

    def show_statistics(self, layer: LayerStatistics | None) -> None:
        """Move the bar."""
        self.layer = layer
        self.gradient.show_statistics(layer)

    def write(self) -> None:
        """Update the texts."""
        self.gradient.write()
        words = _health_words(self.layer) if self.layer is not None else ""
        if words != self.health.text():
            self.health.setText(words)


def _health_words(layer: LayerStatistics) -> str:
    """Say which share of a layer has stopped learning: `dead 12 % · saturated 40 %`; nothing if all of it learns."""
    shares = (("dead", layer.dead), ("saturated", layer.saturated))
    return " · ".join(
        f"{name} {'< 1 %' if share < 0.01 else f'{min(100 * share, 100):.0f} %'}" for name, share in shares if share > 0
    )


class _Header(QWidget):
    """The part of a card by which the mouse drags it."""

    pressed = Signal()
    grabbed = Signal()
    dragged = Signal(QPoint)
    dropped = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.drag = Drag(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.drag.press(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.drag.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.drag.end(keep=True)


class _Grip(QLabel):
    """The dots that say where to drag; the mouse goes through to the header."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedWidth(px(GRID * 2))
        self._dress()

    def _dress(self) -> None:
        self.setPixmap(icon("dots-six-vertical").pixmap(QSize(px(16), px(16))))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._dress()


class LayerCard(QFrame):
    """Card of a hidden layer."""

    edited = Signal(str, object, bool)
    moved = Signal(int, int)
    """Carries the layer's place and the one to which the keyboard moves it."""
    removed = Signal(int)
    duplicated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.layer: Layer | None = None
        self.experiment = Experiment()
        self.index = -1
        self._unmutable: Obstacle | None = None
        self._named: str | None = None
        """The layer's id in all accessible names."""
        self._asked = False
        """Whether the controls may show a value that was asked for and refused."""
        self.layer_id: str | None = None
        self.compact = False
        self.rows: dict[str, FormRow] = {}
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.outer = tight(QVBoxLayout(self), margins=(GRID // 2, GRID // 2, GRID, GRID // 2 + 2))
        self.header = self._header()
        self.body, self.rest = self._part(), self._part()
        self._add_rows(self.body, _FIRST)
        self.curve = ActivationCurve(self)
        activation = self.rows["activation"]
        assert isinstance(activation, ChoiceRow)
        self._activation = activation
        activation.put_beside(self.curve)
        self._draw_curves()
        self._unfold(False)

    def _header(self) -> _Header:
        header = _Header(self)
        self.first, self.second = tight(QHBoxLayout()), QHBoxLayout()
        fill(tight(QVBoxLayout(header), GRID // 4), self.first, self.second)
        self.second.setContentsMargins(px(_BODY_INDENT), 0, 0, 0)
        self._grip, self.title, self.summary = _Grip(header), QLabel(header), QLabel(header)
        self.title.setProperty("strong", True)
        self.summary.setProperty("quiet", True)
        self.vitals = _Vitals(header)
        self._freeze = IconButton("lock-simple-open", "Freeze", "", header)
        self._mute = IconButton("speaker-high", "Mute", "", header)
        self.duplicate = IconButton("copy", "Duplicate", "Duplicate this layer (Ctrl+D).", header)
        self.remove = IconButton("x", "Remove", "Remove this layer (Delete).", header)
        self.more = IconButton("caret-right", "More", "More settings of this layer.", header)
        for button in (self._freeze, self._mute, self.more):
            button.setCheckable(True)
        self.second.addWidget(self.vitals, 1)
        buttons = (self._freeze, self._mute, self.more, self.duplicate, self.remove)
        for button in buttons:
            button.setProperty("small", True)
        fill(self.first, self._grip, self.title, self.summary, STRETCH, *buttons)
        self._freeze.clicked.connect(self._freeze_clicked)
        self._mute.clicked.connect(self._mute_clicked)
        self.more.toggled.connect(self._unfold)
        self.duplicate.clicked.connect(self._ask_duplicate)
        self.remove.clicked.connect(self._ask_removal)
        header.pressed.connect(self.setFocus)
        self.outer.addWidget(header)
        return header

    def _part(self) -> QWidget:
        part = QWidget(self)
        tight(QVBoxLayout(part), margins=(_BODY_INDENT, 0, 0, 0))
        self.outer.addWidget(part)
        return part

    def _add_rows(self, part: QWidget, names: tuple[str, ...]) -> None:
        lines = part.layout()
        assert lines is not None
        for name in names:
            row = row_for(fields_of(Layer)[name], "", level=1)
            if row is not None:
                row.edited.connect(self._row_edited)
                self.rows[name] = row
                lines.addWidget(row)

    def complete(self) -> None:
        """Make the rows below “more”, which are left out at first since they take longest and are seldom seen."""
        if self.rows.keys() >= set(_RARE):
            return
        self._add_rows(self.rest, _RARE)
        for name in _RARE:
            self._name_row(name)
        if self.layer is not None:
            for name in _RARE:
                self.rows[name].show_value(getattr(self.layer, name))
                self.rows[name].show_obstacles(self.experiment)
        set_tab_order(self.tab_stops)

    def _draw_curves(self) -> None:
        combo = self._activation.combo
        combo.setIconSize(CURVE_ICON * zoom())
        for place, kind in enumerate(self._activation.kinds):
            if kind is not None and issubclass(kind, Activation):
                combo.setItemIcon(place, curve_icon(kind(), current(), zoom()))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._draw_curves()

    def _unfold(self, is_open: bool) -> None:
        if is_open:
            self.complete()
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
            self._show_buttons()
            self.summary.setMinimumWidth(px(_SUMMARY_WIDTH) if compact else 0)
            self.vitals.set_compact(compact)
            if compact:
                self.first.insertWidget(self.first.indexOf(self.summary) + 1, self.vitals)
            else:
                self.second.addWidget(self.vitals, 1)
            self._unfold(self.more.isChecked())
            self._write_summary()

    def show_layer(self, experiment: Experiment, index: int) -> None:
        """Show the layer at a place in the stack, counted from 0."""
        self.experiment, layer = experiment, experiment.layers[index]
        moved = (index, layer.id) != (self.index, self._named)
        if moved:
            self._set_place(index, layer.id)
        unmutable = obstacle_to(experiment, f"{self.path}.muted")
        if moved or (layer, unmutable) != (self.layer, self._unmutable):
            self._unmutable = unmutable
            self._show_switches(layer)
        if layer != self.layer or self._asked:
            self._asked = False
            self.layer, self.layer_id = layer, layer.id
            for name, row in self.rows.items():
                row.show_value(getattr(layer, name))
            self.curve.show_activation(layer.activation)
            self._write_summary()
        for row in self.rows.values():
            row.show_obstacles(experiment)

    def _show_switches(self, layer: Layer) -> None:
        why = f"Off: {self._unmutable.reason}" if self._unmutable else ""
        self._mute.setEnabled(not why)
        self._freeze.setChecked(not layer.trainable)
        self._mute.setChecked(layer.muted)
        self._freeze.set_icon("lock-simple-open" if layer.trainable else "lock-simple")
        self._mute.set_icon("speaker-slash" if layer.muted else "speaker-high")
        freeze = "Click to freeze this layer." if layer.trainable else "Frozen: click to let this layer learn."
        mute = "" if why else "Click to mute this layer."
        if layer.muted:
            mute = "Muted: click to put this layer back in."
        for name, button, words in (("trainable", self._freeze, (freeze,)), ("muted", self._mute, (why, mute))):
            about = fields_of(Layer)[name].help
            identify(button, hint=tip(*words, about), about=" ".join(filter(None, (*words, about))))
        self._show_buttons(layer)

    def _show_buttons(self, layer: Layer | None = None) -> None:
        """Hide buttons that are off on a compact card."""
        layer = layer or self.layer or Layer(1)
        self._freeze.setVisible(not self.compact or not layer.trainable)
        self._mute.setVisible(not self.compact or layer.muted)

    def _set_place(self, index: int, layer_id: str | None) -> None:
        self.index, self._named = index, layer_id
        path, place = self.path, self.place
        identify(self, path, f"L{place[1:]}", tip(_KEYS), f"Number {index + 1} from the input side. {_KEYS}")
        self.title.setText(f"L{place[1:]}")
        for name in self.rows:
            self._name_row(name)
        for name, widget, label in self._named_parts():
            identify(widget, f"{path}.{name}", f"{label} {place}")
        for widget in (self.header, self._grip, self.title, self.summary):
            widget.setToolTip(tip(f"Drag to move the layer. {_KEYS}"))

    def _name_row(self, name: str) -> None:
        if self.index >= 0:
            self.rows[name].set_path(f"{self.path}.{name}")
            self.rows[name].set_place(self.place)

    @property
    def path(self) -> str:
        """The layer's path in the experiment."""
        return f"layers.{self.index}"

    @property
    def place(self) -> str:
        """The layer in words, such as `layer C`."""
        return layer_phrase(self._named or str(self.index + 1))

    def _named_parts(self) -> list[tuple[str, QWidget, str]]:
        return [
            ("handle", self._grip, "Move"),
            ("gradient", self.vitals.gradient.bar, "Gradient of"),
            ("health", self.vitals.health, "Dead and saturated in"),
            ("trainable", self._freeze, "Freeze"),
            ("muted", self._mute, "Mute"),
            ("duplicate", self.duplicate, "Duplicate"),
            ("remove", self.remove, "Remove"),
            ("more", self.more, "More settings of"),
        ]

    def take_out(self) -> None:
        """Remove all object names, so that the card is not found while it waits to be deleted."""
        for row in self.rows.values():
            row.set_path("")
        for _, widget, _ in self._named_parts():
            widget.setObjectName("")
        self.setObjectName("")
        self.hide()
        self.deleteLater()

    def _write_summary(self) -> None:
        if self.layer is not None:
            self.summary.setText(f"{self.layer.units} {self.layer.activation.label}" if self.compact else "")

    def _row_edited(self, path: str, value: object, changing: bool) -> None:
        self._asked = True
        self.edited.emit(path, value, changing)

    # A click asks; the button follows what the layer is.

    def _freeze_clicked(self, on: bool) -> None:
        self._freeze.setChecked(not on)
        self._row_edited(f"layers.{self.index}.trainable", not on, False)

    def _mute_clicked(self, on: bool) -> None:
        self._mute.setChecked(not on)
        self._row_edited(f"layers.{self.index}.muted", on, False)

    def _ask_duplicate(self) -> None:
        self.duplicated.emit(self.index)

    def _ask_removal(self) -> None:
        self.removed.emit(self.index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, modifiers = event.key(), event.modifiers()
        if modifiers & Qt.KeyboardModifier.AltModifier and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.moved.emit(self.index, self.index + (-1 if key == Qt.Key.Key_Up else 1))
        elif modifiers & Qt.KeyboardModifier.ControlModifier and key == Qt.Key.Key_D:
            self._ask_duplicate()
        elif key == Qt.Key.Key_Delete or (key == Qt.Key.Key_Backspace and self.hasFocus()):
            # Its controls keep the keys that mean something to them.
            self._ask_removal()
        elif key == Qt.Key.Key_Escape and self.header.drag.active:
            self.header.drag.end(keep=False)
        else:
            super().keyPressEvent(event)


class OutputCard(QFrame):
    """Card of the output layer, which follows from the data and the loss."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        identify(self, "layers.output", "Output layer")
        title = QLabel("Output", self)
        title.setProperty("strong", True)
        self.summary = quiet(QLabel(self))
        self.vitals = _Vitals(self)
        identify(self.vitals.gradient.bar, "layers.output.gradient", "Gradient of the output layer")
        line = fill(tight(QHBoxLayout(), GRID), title, self.summary, STRETCH)
        margins = (_BODY_INDENT + GRID // 2, GRID // 2, GRID, GRID // 2)
        fill(tight(QVBoxLayout(self), GRID // 4, margins), line, self.vitals)
        for widget in (title, self.summary):
            widget.setToolTip(tip("The data determine its size, the loss its activation."))

    def show_statistics(self, layer: LayerStatistics | None) -> None:
        """Show the size, the activation and the gradient of the output layer."""
        self.vitals.show_statistics(layer)
        text = ""
        if layer is not None:
            text = f"{counted(layer.units, 'unit')}, {layer.activation.replace('_', ' ')}"
        if text != self.summary.text():
            self.summary.setText(text)
