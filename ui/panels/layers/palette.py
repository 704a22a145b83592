"""New layers to pick: a chip per activation, one like the last layer. A click appends it, a drag puts it anywhere."""

from __future__ import annotations

import msgspec
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractButton, QGridLayout, QSizePolicy, QWidget

from playground import Layer
from playground.catalog.activations import Activation, Tanh
from playground.catalog.choice import members
from playground.experiment.declarations import summary_of
from ui.forms.buttons import identify, tip
from ui.forms.layouts import tight
from ui.forms.rows import formula_lines
from ui.guard.faults import painted
from ui.look.theme import SMALL, current, exact_px, px
from ui.panels.layers.dragging import Drag
from ui.panels.tiles import font_fitting, paint_curves

FIRST_LAYER = Layer(units=4, activation=Tanh())
_COLUMNS = 6
_PICTURE_HEIGHT = 20
_HOW = "Click to put it next to the output; drag it into the stack to put it anywhere."


class Chip(QAbstractButton):
    """A new layer with a certain activation, or like the last one."""

    grabbed = Signal()
    dragged = Signal(QPoint)
    dropped = Signal(bool)

    def __init__(self, kind: type[Activation] | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.kind = kind
        self.activation = kind() if kind is not None else FIRST_LAYER.activation
        self._small = QFont(self.font())
        self._small.setPixelSize(px(SMALL))
        self.setText(kind.label if kind is not None else "Like last")
        identify(
            self,
            f"layers.new.{self.activation.kind}" if kind is not None else "layers.add",
            f"Add a new {kind.label} layer" if kind is not None else "Add a new layer like the last",
        )
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.drag = Drag(self)

    def layer(self, before: Layer | None) -> Layer:
        """The layer this stands for, after another one: as wide, but learning and taking part in any case."""
        if self.kind is not None:
            return Layer(units=(before or FIRST_LAYER).units, activation=self.kind())
        return msgspec.structs.replace(before or FIRST_LAYER, trainable=True, muted=False)

    def _show_last(self, last: Layer | None) -> None:
        """Show which layer the chip without an activation of its own repeats."""
        if self.kind is None and self.activation != (last or FIRST_LAYER).activation:
            self.activation = (last or FIRST_LAYER).activation
            self.update()

    def set_available(self, why_not: str) -> None:
        """Switch the chip off where it can't apply, and say why."""
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
        return QSize(px(40), px(_PICTURE_HEIGHT + 2) + QFontMetrics(self._small).height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

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
        painter.setPen(QColor(theme.text if hovered else theme.quiet))
        font = font_fitting(self._small, self.text(), self.width())
        painter.setFont(font)
        below = QRectF(0, picture.bottom(), self.width(), self.height() - picture.height())
        name = QFontMetrics(font).elidedText(self.text(), Qt.TextElideMode.ElideRight, self.width() + 1)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignCenter), name)


class Palette(QWidget):
    """All chips."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips = [Chip(kind, self) for kind in (None, *members(Activation).values())]
        grid = tight(QGridLayout(self))
        for place, chip in enumerate(self.chips):
            grid.addWidget(chip, *divmod(place, _COLUMNS))
        for column in range(_COLUMNS):
            grid.setColumnStretch(column, 1)

    def show_stack(self, last: Layer | None, why_not: str) -> None:
        """Show which layer is the last, and why there can be no more, if so."""
        for chip in self.chips:
            chip._show_last(last)
            chip.set_available(why_not)
