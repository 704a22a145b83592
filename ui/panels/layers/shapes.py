"""Shapes of networks: how wide the hidden layers are, from input to output; and the button that offers them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton

from playground import Layer
from playground.experiment.declarations import fields_of
from playground.experiment.quantity import Quantity
from playground.experiment.rules import MAX_LAYERS
from playground.experiment.tree import new_id

from ...forms.buttons import IconButton, identify, tip

SHAPES: Mapping[str, tuple[int, ...]] = {
    "Funnel": (16, 8, 4),
    "Hourglass": (8, 4, 2, 4, 8),
    "Same width": (8, 8, 8),
    "Deep and thin": (4,) * 8,
    "Wide and shallow": (64,),
}
ABOUT: Mapping[str, str] = {
    "Funnel": "Narrows towards the output: many simple features first, then a few combinations of them.",
    "Hourglass": "Everything passes through two units in the middle, which shows what the network keeps.",
    "Same width": "The plain choice. Every layer after the first can have a skip connection or be muted.",
    "Deep and thin": "Few units in many layers: the gradient has a long way to go.",
    "Wide and shallow": "Many units in a single layer: easy to train, but complex shapes need very many.",
}
_ASK_WIDTHS = "Units of each layer, input side first, such as 16-8-4 or 3 × 8:"
_HELP = "Gives layers these widths and keeps their other settings. New layers are like the last one, but not frozen."


def with_widths(layers: Sequence[Layer], otherwise: Layer, widths: Sequence[int]) -> tuple[Layer, ...]:
    """Give layers these widths, and keep their other settings.

    Layers that are added are like the last one, without its locks; like `otherwise` if there is none.
    """
    result = [msgspec.structs.replace(layer, units=units) for layer, units in zip(layers, widths, strict=False)]
    added = msgspec.structs.replace(layers[-1] if layers else otherwise, trainable=True, muted=False)
    for units in widths[len(layers) :]:
        result.append(msgspec.structs.replace(added, units=units, id=new_id([*layers, *result])))
    return tuple(result)


def widths_words(widths: Sequence[int]) -> str:
    """Write widths as a person does: `16-8-4`, or `3 × 8` for three layers of eight units."""
    if len(set(widths)) == 1:
        return f"{len(widths)} × {widths[0]}"
    return "-".join(str(units) for units in widths)


def widths_of(text: str) -> tuple[int, ...]:
    """Parse widths, the inverse of `widths_words`. Raises ValueError that says what is allowed."""
    cleaned = text.replace(" ", "").replace("x", "×").replace("*", "×")
    units = Quantity.of(fields_of(Layer)["units"])
    repeated = re.fullmatch(r"(\d+)×(\d+)", cleaned)
    if repeated:
        cleaned = "-".join([repeated[2]] * min(int(repeated[1]), MAX_LAYERS + 1))
    if re.fullmatch(r"[1-9]\d{0,2}(,\d{3})+", cleaned):
        widths, one = cleaned.replace(",", "-"), cleaned.replace(",", "")
        raise ValueError(f"{cleaned} can mean {widths} or {one}; type one of them.")
    parts = [part for part in re.split(r"[-–,;]", cleaned) if part]
    if not parts or not all(part.isdecimal() and units.admits(int(part)) for part in parts):
        raise ValueError(f"Type widths such as 16-8-4, or 3 × 8 for three layers of eight; each is {units.allowed}.")
    if len(parts) > MAX_LAYERS:
        raise ValueError(f"A network can have at most {MAX_LAYERS} layers.")
    return tuple(int(part) for part in parts)


class ShapeButton(IconButton):
    """Button whose menu offers shapes by name and asks for other widths."""

    chosen = Signal(object, str)
    """Carries the widths, input side first, and the shape's name; empty for widths that a person typed."""

    def __init__(self) -> None:
        super().__init__("hourglass-simple-medium", "Shape", "")
        self.present: Sequence[int] = ()
        """The present widths."""
        identify(self, "layers.shape", hint=tip(_HELP))
        self.setText("Shape")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for name, widths in SHAPES.items():
            action = menu.addAction(f"{name}\t{widths_words(widths)}")
            action.setToolTip(tip(ABOUT[name]))
            action.triggered.connect(lambda _=False, name=name: self.chosen.emit(SHAPES[name], name.lower()))
        menu.addSeparator()
        menu.addAction("Other widths…").triggered.connect(lambda: self._ask_widths())
        self.setMenu(menu)

    def _ask_widths(self, text: str = "", problem: str = "") -> None:
        dialog = QInputDialog(self.parentWidget())
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setObjectName("layers.widths")
        dialog.setWindowTitle("Shape")
        dialog.setLabelText("\n".join(part for part in (problem, _ASK_WIDTHS) if part))
        dialog.setTextValue(text or widths_words(self.present))
        dialog.textValueSelected.connect(self._widths_given)
        dialog.open()

    def _widths_given(self, text: str) -> None:
        try:
            widths = widths_of(text)
        except ValueError as error:
            self._ask_widths(text, f"“{text}” can't be used. {error}")
        else:
            self.chosen.emit(widths, "")
