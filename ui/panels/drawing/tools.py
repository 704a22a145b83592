"""The drawing tools, their settings, and the buttons that choose a tool or a class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.catalog.choice import setting

from ...forms.buttons import IconButton, identify, tip
from ...guard.faults import painted
from ...look.icons import icon
from ...look.theme import current, exact_px, px
from ..tiles import PaintedButton
from .strokes import Clustering, Erasing, Moving, Painting, Stroke


@dataclass(frozen=True)
class DrawingTool:
    """A tool that changes points with the mouse."""

    name: str
    label: str
    icon: str
    key: str
    stroke: type[Stroke]
    help: str
    rows: tuple[str, ...]
    """The settings that matter to it."""


_BRUSH_HELP = "Adds points as you drag; a click adds one."
_ERASER_HELP = "Removes the points it passes over."
_MOVE_HELP = "Drags the nearest point."
_CLUSTER_HELP = "A click adds a round cloud of points; drag to position it."
_BRUSH = DrawingTool("brush", "Brush", "paint-brush", "B", Painting, _BRUSH_HELP, ("radius",))
ERASER = DrawingTool("eraser", "Eraser", "eraser", "E", Erasing, _ERASER_HELP, ("radius",))
MOVE = DrawingTool("move", "Move", "hand-grabbing", "M", Moving, _MOVE_HELP, ())
CLUSTER = DrawingTool("cluster", "Cluster", "dots-nine", "C", Clustering, _CLUSTER_HELP, ("cluster_points", "spread"))
TOOLS = {tool.name: tool for tool in (_BRUSH, ERASER, MOVE, CLUSTER)}


class ToolSettings(msgspec.Struct, frozen=True):
    """Settings of the tools, which belong to the person, not to the experiment."""

    radius: Annotated[
        float,
        setting(
            "Brush radius",
            "The reach of brush and eraser, in units of the plane from −6 to 6. Larger values cover more at once. The "
            "mouse wheel over the picture changes it, too.",
            ge=0.05,
            le=3,
            scale="log",
            slider=(0.05, 3),
        ),
    ] = 0.5
    cluster_points: Annotated[
        int,
        setting(
            "Cluster points",
            "How many points a click with the cluster tool adds. More points make the cloud denser.",
            ge=1,
            le=1000,
            scale="log",
            slider=(5, 500),
        ),
    ] = 50
    spread: Annotated[
        float,
        setting(
            "Cluster spread",
            "The standard deviation of a cluster on each axis. Larger values make it wider. The mouse wheel over the "
            "picture changes it, too.",
            ge=0.05,
            le=3,
            scale="log",
            slider=(0.05, 3),
        ),
    ] = 0.6
    value: Annotated[
        float,
        setting(
            "Value",
            "What the network should predict where you draw. Low and high values have the colours of the two classes.",
            ge=-1e9,
            le=1e9,
            slider=(-1, 1),
        ),
    ] = 1.0
    jitter: Annotated[
        float,
        setting(
            "Noise σ",
            "How far “Add noise” moves points on each axis, as a standard deviation. Larger values blur shapes more.",
            gt=0,
            le=3,
            scale="log",
            slider=(0.01, 1),
        ),
    ] = 0.2


class ToolButton(IconButton):
    """A tool as a segment with its icon above its name."""

    def __init__(self, tool: DrawingTool, side: str) -> None:
        self.tool = tool
        super().__init__(tool.icon, tool.label)
        self.setText(tool.label)
        hint = tip(f"{tool.label} ({tool.key}). {tool.help}", "The right mouse button always erases.")
        identify(self, f"drawing.tool.{tool.name}", hint=hint, about=tool.help)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setCheckable(True)
        self.setProperty("segment", side)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.toggled.connect(self._dress)

    def _dress(self) -> None:
        theme = current()
        self.setIcon(icon(self.tool.icon, theme.on_accent if self.isChecked() else theme.quiet))


class ClassButton(PaintedButton):
    """A button for a class to draw: a dot in its colour and its name."""

    def __init__(self, place: int, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.place = place
        self.setCheckable(True)
        self.setObjectName(f"drawing.class.{place}")

    def show_name(self, name: str) -> None:
        """Show another name of the class."""
        if name != self.text():
            self.setText(name)
            hint = tip(f"Draws points of class {name} ({(self.place + 1) % 10}).")
            identify(self, spoken=f"Draw class {name}", hint=hint)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(px(72), px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(56), px(26))

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        theme = current()
        colour = QColor(theme.classes[self.place % len(theme.classes)])
        frame = QRectF(self.rect()).adjusted(px(1), px(1), -px(1), -px(1))
        painter.setBrush(QColor(theme.surface if self.isChecked() or self.underMouse() else theme.raised))
        edge = theme.accent if self.isChecked() else theme.quiet if self.underMouse() else theme.line
        painter.setPen(QPen(QColor(edge), exact_px(2 if self.isChecked() else 1)))
        painter.drawRoundedRect(frame, exact_px(6), exact_px(6))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(px(13), self.height() / 2), exact_px(4.5), exact_px(4.5))
        painter.setPen(QColor(theme.text))
        room = QRectF(px(22), 0, self.width() - px(28), self.height())
        name = QFontMetrics(self.font()).elidedText(self.text(), Qt.TextElideMode.ElideRight, round(room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), name)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            ring = QColor(theme.text if self.isChecked() else theme.accent)
            painter.setPen(QPen(ring, exact_px(1.5), Qt.PenStyle.DotLine))
            painter.drawRoundedRect(frame.adjusted(px(2), px(2), -px(2), -px(2)), exact_px(4), exact_px(4))
