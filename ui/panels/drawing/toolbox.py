"""The chosen tool and the settings of all tools, with the controls for both."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout

from playground.experiment.declarations import fields_of

from ...forms.controls import segment_side
from ...forms.rows import FormRow, row_for
from ...look.theme import current
from ..tiles import diverging_colour
from .strokes import GRAB_DISTANCE
from .tools import CLUSTER, ERASER, MOVE, TOOLS, DrawingTool, ToolButton, ToolSettings

_WHEEL_FACTOR = 1.15


class Toolbox(QObject):
    """Owner of the chosen tool and the settings of all tools. The panel lays out its controls."""

    asked = Signal(object)
    """Carries the name of the tool to choose, None to put it down."""
    changed = Signal()
    """A setting has changed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.tool: DrawingTool | None = None
        self.settings = ToolSettings()
        self.buttons: dict[str, ToolButton] = {}
        self.line = QHBoxLayout()
        """The tools side by side."""
        self.line.setSpacing(0)
        for place, tool in enumerate(TOOLS.values()):
            button = self.buttons[tool.name] = ToolButton(tool, segment_side(place, len(TOOLS)))
            button.clicked.connect(self._clicked)
            self.line.addWidget(button)
        self.rows: dict[str, FormRow] = {}
        for name, field in fields_of(ToolSettings).items():
            row = row_for(field, f"drawing.{name}")
            assert row is not None
            row.show_value(getattr(self.settings, name))
            row.edited.connect(self._row_edited)
            self.rows[name] = row

    def take(self, name: str | None) -> None:
        """Choose a tool by its name; None puts it down."""
        self.tool = TOOLS[name] if name else None
        for tool, button in self.buttons.items():
            button.setChecked(tool == name)

    def show_rows(self, regression: bool) -> None:
        """Show the settings that the chosen tool and the task use."""
        wanted = self.tool.rows if self.tool else ()
        for name in ("radius", "cluster_points", "spread"):
            self.rows[name].setVisible(name in wanted)
        self.rows["value"].setVisible(regression)

    def turn(self, steps: int) -> None:
        """Make the brush or the cluster larger or smaller."""
        name = "spread" if self.tool is CLUSTER else "radius"
        before = getattr(self.settings, name)
        value = round(before * _WHEEL_FACTOR**steps, 2)
        if value == before:
            value += 0.01 if steps > 0 else -0.01
        self.set(name, min(max(round(value, 2), 0.05), 3.0))

    def set(self, name: str, value: object) -> None:
        """Set one of the tools' settings."""
        self.settings = msgspec.structs.replace(self.settings, **{name: value})
        self.rows[name].show_value(value)
        self.changed.emit()

    @property
    def reach(self) -> float:
        """The radius of the chosen tool on the plane."""
        if self.tool is None:
            return 0.0
        reaches = {MOVE: GRAB_DISTANCE, CLUSTER: 2 * self.settings.spread}
        return reaches.get(self.tool, self.settings.radius)

    def colour(self, chosen: int | None) -> str | None:
        """Return the colour, as #rrggbb, of the chosen tool: of a class or, without one, of the value; None if it draws
        none."""
        if self.tool is None or self.tool in (ERASER, MOVE):
            return None
        theme = current()
        if chosen is not None:
            return theme.classes[chosen % len(theme.classes)]
        share = min(max((self.settings.value + 1) / 2, 0.0), 1.0)
        low, middle, high = (QColor(name) for name in (theme.classes[0], theme.points_middle, theme.classes[1]))
        return diverging_colour(low, middle, high, share).name()

    def _clicked(self) -> None:
        button = self.sender()
        if isinstance(button, ToolButton):
            self.asked.emit(None if button.tool is self.tool else button.tool.name)

    def _row_edited(self, path: str, value: object, *_: object) -> None:
        self.set(path.rpartition(".")[2], value)
