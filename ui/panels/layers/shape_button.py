"""The button that gives the whole stack of layers another shape."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QToolButton

from ui.forms.buttons import IconButton, identify, tip
from ui.panels.layers.shapes import ABOUT, SHAPES, widths_of, widths_words

_ASK_WIDTHS = "Units of each layer, input side first, such as 16-8-4 or 3 × 8:"
_HELP = "Replaces all layers by ones of other widths, like the first one in all else. One undo takes it back."


class ShapeButton(IconButton):
    """Offers shapes by name, and asks for any other widths."""

    chosen = Signal(object, str)
    """The widths, input side first, and the name of the shape; empty for widths that a person typed."""

    def __init__(self) -> None:
        super().__init__("hourglass-simple-medium", "Shape", "")
        self.present: Sequence[int] = ()
        """The widths there are."""
        identify(self, "layers.shape", hint=tip(_HELP))
        self.setText("Shape")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setStyleSheet("QToolButton::menu-indicator { image: none; }")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        for name, widths in SHAPES.items():
            action = menu.addAction(f"{name}\t{widths_words(widths)}")
            action.setToolTip(ABOUT[name])
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
            self._ask_widths(text, f"“{text}” is refused. {error}")
        else:
            self.chosen.emit(widths, "")
