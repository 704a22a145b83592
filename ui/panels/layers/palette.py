"""New layers to choose from: a chip per activation and one like the last layer, to be clicked or dragged."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QWidget

from playground import Layer
from playground.catalog.activations import Activation, Tanh
from playground.catalog.choice import members
from playground.experiment.declarations import summary_of

from ...forms.buttons import identify, tip
from ...forms.layouts import tight
from ...forms.rows import formula_lines
from ...guard.faults import painted
from ...look.theme import current, exact_px, px
from ..tiles import PaintedButton, paint_curves
from .dragging import Drag

FIRST_LAYER = Layer(units=4, activation=Tanh())
_COLUMNS = 6
_PICTURE_HEIGHT = 20
_HOW = "Click to add it before the output, or drag it into the stack."


class Chip(PaintedButton):
    """Button for a new layer with a certain activation, or one like the last layer."""

    grabbed = Signal()
    dragged = Signal(QPoint)
    dropped = Signal(bool)

    def __init__(self, kind: type[Activation] | None, parent: QWidget | None = None) -> None:
        super().__init__(kind.label if kind is not None else "Like last", parent)
        self.kind = kind
        self.activation = kind() if kind is not None else FIRST_LAYER.activation
        if kind is not None:
            identify(self, f"layers.new.{self.activation.kind}", f"Add a new {kind.label} layer")
        else:
            identify(self, "layers.add", "Add a new layer like the last")
        self.drag = Drag(self)

    def layer(self, before: Layer | None) -> Layer:
        """Make the chip's layer: as wide as the one before, trainable and not muted."""
        if self.kind is not None:
            return Layer(units=(before or FIRST_LAYER).units, activation=self.kind())
        return msgspec.structs.replace(before or FIRST_LAYER, trainable=True, muted=False)

    def _show_last(self, last: Layer | None) -> None:
        """Show the last layer's activation on the chip that repeats it."""
        if self.kind is None and self.activation != (last or FIRST_LAYER).activation:
            self.activation = (last or FIRST_LAYER).activation
            self.update()

    def set_available(self, why_not: str) -> None:
        """Disable the chip if there is a reason, and say it in the tooltip."""
        self.setEnabled(not why_not)
        if self.kind is None:
            self.setToolTip(tip(why_not, "A layer with the settings of the last one.", _HOW))
        else:
            does = f"{self.kind.label}: {summary_of(self.kind)}"
            self.setToolTip(tip(why_not, does, *formula_lines(self.kind.formula), _HOW))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif event.key() == Qt.Key.Key_Escape and self.drag.active:
            self.drag.end(keep=False)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self.drag.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.drag.move(event)
        if self.drag.active:
            # So that letting go is no click.
            self.setDown(False)
            self.setFocus(Qt.FocusReason.MouseFocusReason)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self.drag.end(keep=True)

    def sizeHint(self) -> QSize:
        return QSize(px(36), px(_PICTURE_HEIGHT + 2) + QFontMetrics(self.small).height())

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        theme, picture = current(), QRectF(0, 0, self.width(), px(_PICTURE_HEIGHT))
        painter.setOpacity(1.0 if self.isEnabled() else 0.4)
        hovered = self.underMouse() and self.isEnabled()
        edge = theme.accent if self.hasFocus() else theme.quiet if hovered else theme.line
        painter.setPen(QPen(QColor(edge), exact_px(2 if self.hasFocus() else 1)))
        painter.setBrush(QColor(theme.raised if self.isDown() else theme.surface))
        painter.drawRoundedRect(picture.adjusted(px(1), px(1), -px(1), -px(1)), exact_px(6), exact_px(6))
        painter.save()
        painter.setClipRect(picture.adjusted(px(3), px(2), -px(3), -px(2)))
        paint_curves(painter, self.activation, picture.size().toSize(), theme, slope=False)
        painter.restore()
        self.paint_name(painter, picture.bottom(), theme.text if hovered else theme.quiet)


class Palette(QWidget):
    """The chips in a grid."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips = [Chip(kind, self) for kind in (None, *members(Activation).values())]
        grid = tight(QGridLayout(self))
        for place, chip in enumerate(self.chips):
            grid.addWidget(chip, *divmod(place, _COLUMNS))
        for column in range(_COLUMNS):
            grid.setColumnStretch(column, 1)

    def show_stack(self, last: Layer | None, why_not: str) -> None:
        """Show the last layer's activation, and why no layer can be added, if so."""
        for chip in self.chips:
            chip._show_last(last)
            chip.set_available(why_not)
