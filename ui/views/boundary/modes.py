"""The row of controls in the boundary: what its colours show, and what is drawn on top of them.

While the map of a unit is shown in place of the boundary, its name and the way back stand where the colours are chosen.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from playground.catalog.choice import Task

from ...forms.buttons import IconButton, identify, wrapping
from ...forms.controls import Segments
from ...forms.labels import ShortenedLabel
from ...forms.layouts import tight
from ...look import theme
from ...look.theme import px

_Field: TypeAlias = Literal["probability", "classes", "uncertainty"]
_FIELDS: tuple[_Field, ...] = ("probability", "classes", "uncertainty")
_TIPS = {
    "probability": "How sure the network is at each position: the paler, the less sure. The line is where the "
    "predicted class changes.",
    "classes": "Only the predicted class at each position. Shows the exact shape of the regions.",
    "uncertainty": "How much the predictions vary when dropout silences different units each time; without dropout, "
    "the entropy of the predicted classes. Strong colours mark places where the network is undecided.",
}
_VALUE_TIP = "The value that the network predicts at each position. The data set the ends of the colour scale."
_NO_CLASSES = "Off: this is regression, so there are no classes. Choose a classification data set to see them."
_NO_DROPOUT = "No layer has dropout, so predictions of a value do not vary. Give a layer some dropout first."
_ROOMY = 16
"""Pixels more than the choice of colours needs, where there is room."""


class Modes(QWidget):
    """The controls, on one line where that is wide enough, else on two."""

    changed = Signal()
    """Another mode or another overlay has been chosen."""
    way_back = Signal()
    """Asks for the boundary again in place of a unit's map."""

    _LINE, GAP = 26, 4

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName("What the boundary shows")
        self.field: _Field = "probability"
        self.fields = Segments(("Probability", "Classes", "Uncertainty"), self)
        identify(self.fields, "boundary.field", "What the colours show", "What the colours of the boundary show.")
        for button, name in zip(self.fields.buttons, _FIELDS, strict=True):
            button.setObjectName(f"boundary.field.{name}")
        self.fields.show_index(0)
        self.fields.chosen.connect(self._choose)
        self._toggles = self._make_toggles()
        self._banner = self._make_banner()
        self._magnified = False
        self._offered: tuple[Task, bool, _Field] | None = None
        self.show_task("classification")

    def _make_toggles(self) -> QWidget:
        holder = QWidget(self)
        self._row = tight(QHBoxLayout(holder), self.GAP)
        self.contours = self._make_toggle(
            "waves",
            "Contours",
            "Lines of equal value, with their numbers. Where they crowd, the output changes steeply.",
        )
        self.mistakes = self._make_toggle(
            "x-circle",
            "Mistakes",
            "A ring around every point that the network gets wrong; in regression its size is the error. A line "
            "below counts them.",
        )
        return holder

    def _make_toggle(self, icon_name: str, word: str, tip: str) -> IconButton:
        button = identify(IconButton(icon_name, word, tip), f"boundary.{word.lower()}")
        button.setText(word)
        button.setCheckable(True)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        button.toggled.connect(self.changed)
        self._row.addWidget(button, 1)
        return button

    def _make_banner(self) -> QWidget:
        holder = QWidget(self)
        self.title = ShortenedLabel(holder)
        self.back = IconButton("x", "Back to the boundary", "Show the boundary again, not this unit (Esc).", holder)
        identify(self.back, "boundary.back").clicked.connect(self.way_back)
        row = tight(QHBoxLayout(holder), self.GAP)
        row.addWidget(self.title, 1)
        row.addWidget(self.back)
        holder.hide()
        return holder

    def show_task(self, task: Task, has_dropout: bool = False) -> bool:
        """Offer the modes that suit the task; for values, uncertainty needs a layer with dropout.

        Returns whether other texts may need other room.
        """
        if (task, has_dropout, self.field) == self._offered:
            return False
        self._offered = (task, has_dropout, self.field)
        values = task == "regression"
        first, classes, uncertainty = self.fields.buttons
        first.setText("Value" if values else "Probability")
        # What is chosen stays so, and says itself what is missing.
        certain = values and not has_dropout and not uncertainty.isChecked()
        for button, usual, why_off in (
            (first, _VALUE_TIP if values else _TIPS["probability"], ""),
            (classes, _TIPS["classes"], _NO_CLASSES if values else ""),
            (uncertainty, _TIPS["uncertainty"], _NO_DROPOUT if certain else ""),
        ):
            button.setEnabled(not why_off)
            identify(button, spoken=button.text(), hint=why_off or usual, about=why_off or usual)
        if values and self.field == "classes":
            self.fields.group.button(0).setChecked(True)
        self._arrange()
        return True

    def show_title(self, title: str) -> None:
        """Put a title and the way back in place of the choice of colours, or take them away."""
        self._magnified = bool(title)
        self.title.setText(title)
        self.title.setToolTip(wrapping(title))
        self._banner.setAccessibleName(title)
        self._banner.setVisible(self._magnified)
        self.fields.setVisible(not self._magnified)

    def _choose(self, index: int) -> None:
        self.field = _FIELDS[index]
        self.changed.emit()

    def height_for(self, width: int) -> int:
        """Return the height at a width, where one line may not be enough."""
        return self._line_height() * (1 if self.line_width(words=False) <= width else 2)

    def _line_height(self) -> int:
        return max(px(self._LINE), self.fields.sizeHint().height() + px(2))

    def line_width(self, words: bool) -> int:
        """Return the width of everything on one line, the toggles with or without words."""
        return self.fields.sizeHint().width() + px(_ROOMY) + px(theme.GRID) + self.toggles_width(words)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def _arrange(self) -> None:
        one = self.line_width(words=False) <= self.width()
        words = not one or self.line_width(words=True) <= self.width()
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if words else Qt.ToolButtonStyle.ToolButtonIconOnly
        for button in (self.contours, self.mistakes):
            button.setToolButtonStyle(style)
        inner, toggles = self._line_height() - px(2), self.toggles_width(words)
        first = min(self.width(), self.fields.sizeHint().width() + px(_ROOMY))
        self.fields.setGeometry(0, 0, first, inner)
        self._banner.setGeometry(0, 0, first if one else self.width(), inner)
        left, top = (first + px(theme.GRID), 0) if one else (0, self._line_height())
        self._toggles.setGeometry(left, top, toggles, inner)

    def toggles_width(self, words: bool) -> int:
        """Return the width of the toggles, with or without words."""
        buttons, advance = (self.contours, self.mistakes), self.fontMetrics().horizontalAdvance
        return sum(advance(button.text()) + px(38) if words else px(30) for button in buttons) + px(self.GAP)
