"""The controls of forms: entry, slider, combo, switch, segments. They know gestures, not the settings behind them.

Only the user's edits emit signals; showing a value never does. Wheels turn only a control that has the
focus, so that scrolling past one changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QGuiApplication,
    QIcon,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QStandardItemModel,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QSizePolicy,
    QSlider,
    QStyleOptionComboBox,
    QToolButton,
    QToolTip,
    QWidget,
)
from superqt import QToggleSwitch
from superqt.switch import QStyleOptionToggleSwitch

from playground.experiment.applicability import Obstacle

from ..guard.faults import painted
from ..look.theme import blend, current, exact_px, px
from .bars import BAR_ROLE, Bar, BarDelegate
from .buttons import identify, tip, wrapping
from .edits import WheelSteps
from .labels import ShortenedLabel, show_whole_text
from .layouts import restyle, tight

SLIDER_STEPS = 1000
_HANDLE = 14
"""The diameter of a slider's handle, in pixels at the usual size."""

_KEY_STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}


class ValueEntry(QLineEdit):
    """Field for an exact value as text. Enter, or leaving it, applies the text; arrow keys and wheel step the value."""

    entered = Signal(str)
    """Carries a text that `problem_with` found nothing wrong with."""
    stepped = Signal(int)
    left = Signal()

    def __init__(
        self, problem_with: Callable[[str], str], parent: QWidget | None = None, *, takes_spaces: bool = False
    ) -> None:
        super().__init__(parent)
        self._problem_with, self._hint, self._wheel = problem_with, "", WheelSteps()
        self._takes_spaces = takes_spaces
        # A file that is dropped belongs to the window.
        self.setAcceptDrops(False)
        self.textEdited.connect(self._judge_typing)

    @property
    def being_typed(self) -> bool:
        """Whether there is text that has not been applied yet."""
        return self.isModified()

    def show_text(self, text: str, *, over_typing: bool = False) -> None:
        """Replace the text, unless a person is typing; even then if that was about another value (`over_typing`)."""
        if over_typing and self.being_typed:
            self.setModified(False)
            self._judge()
        if not self.being_typed and text != self.text():
            self.setText(text)
            self.setCursorPosition(0)

    def set_hint(self, hint: str) -> None:
        """Set the tooltip that is shown while the text is valid."""
        self._hint = hint
        if not self.property("invalid"):
            self.setToolTip(wrapping(hint))

    def _judge(self, _text: str = "") -> str:
        problem = self._problem_with(self.text()) if self.isModified() else ""
        if bool(problem) != bool(self.property("invalid")):
            restyle(self, "invalid", bool(problem))
        self.setToolTip(wrapping(problem or self._hint))
        return problem

    def _judge_typing(self) -> None:
        # What was said of another text.
        QToolTip.hideText()
        self._judge()

    def _take_over(self) -> None:
        problem = self._judge()
        if problem:
            QToolTip.showText(self.mapToGlobal(QPoint(0, self.height())), wrapping(problem), self)
        elif self.isModified():
            self.setModified(False)
            self.entered.emit(self.text())

    def abandon(self) -> None:
        """Discard the typed text."""
        self.setModified(False)
        self._judge()
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if event.modifiers() & Qt.KeyboardModifier.AltModifier:
            event.ignore()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._take_over()
        elif key == Qt.Key.Key_Escape and self.isModified():
            self.abandon()
        elif key in _KEY_STEPS:
            self._take_over()
            self.stepped.emit(_KEY_STEPS[key])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if steps := self._wheel.take_focused(event, self):
            self._take_over()
            self.stepped.emit(steps)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() == Qt.FocusReason.PopupFocusReason:
            return
        if not self._judge():
            self._take_over()
        self.abandon()

    def event(self, event: QEvent) -> bool:
        # A line edit claims these keys even with nothing to undo; the window has a better use for them then.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            undoing = event.matches(QKeySequence.StandardKey.Undo) or event.matches(QKeySequence.StandardKey.Redo)
            spaced = event.key() == Qt.Key.Key_Space and not self._takes_spaces
            pasting = event.matches(QKeySequence.StandardKey.Paste) and not self._takes_spaces and _is_document_copied()
            if (undoing and not self.being_typed) or spaced or pasting:
                event.ignore()
                return False
        return super().event(event)


def _is_document_copied() -> bool:
    """Return whether the clipboard holds a link, a file, a table or an experiment, which no entry can take."""
    mime = QGuiApplication.clipboard().mimeData()
    if mime is None:
        return False
    text = mime.text().strip()
    return mime.hasUrls() or text.startswith("{") or any(sign in text for sign in ("\t", "\n", "://"))


class Slider(QSlider):
    """A horizontal slider of `SLIDER_STEPS` places that follows the mouse from wherever it is pressed."""

    dragged = Signal(int)
    let_go = Signal()
    stepped = Signal(int)
    reset_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, SLIDER_STEPS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(px(40))
        self._wheel, self._offset = WheelSteps(), 0
        self._mark: float | None = None

    def show_place(self, place: float) -> None:
        """Move the handle to a place, 0…1, unless a person holds it."""
        if not self.isSliderDown():
            with QSignalBlocker(self):
                self.setValue(round(place * SLIDER_STEPS))

    def set_mark(self, place: float) -> None:
        """Mark the place of the default, 0…1, with a small tick."""
        self._mark = place
        self.update()

    def x_of(self, place: float) -> float:
        """Return the x coordinate of the handle's middle at a place, 0…1."""
        handle = px(_HANDLE)
        return handle / 2 + px(1) + place * (self.width() - handle - 2 * px(1))

    def handle(self) -> QRectF:
        """Return the handle's rectangle."""
        x, handle = self.x_of(self.value() / SLIDER_STEPS), px(_HANDLE)
        return QRectF(x - handle / 2, (self.height() - handle) / 2, handle, handle)

    def _value_at(self, x: float) -> int:
        place = (x - self.x_of(0)) / max(self.x_of(1) - self.x_of(0), 1)
        return round(min(max(place, 0), 1) * SLIDER_STEPS)

    def sizeHint(self) -> QSize:
        return QSize(px(96), px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(40), px(24))

    @painted
    def paintEvent(self, painter: QPainter) -> None:
        theme, handle = current(), self.handle()
        groove, accent = QColor(blend(theme.line, theme.quiet, 0.35)), QColor(theme.accent)
        if not self.isEnabled():
            accent = groove
        middle = handle.center()
        if self._mark is not None:
            x = self.x_of(self._mark)
            painter.setPen(QPen(groove, exact_px(1.5)))
            painter.drawLine(QPointF(x, middle.y() + exact_px(4)), QPointF(x, middle.y() + exact_px(8)))
        for colour, start, end in ((groove, self.x_of(0), self.x_of(1)), (accent, self.x_of(0), middle.x())):
            painter.setPen(QPen(colour, exact_px(4), Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            painter.drawLine(QPointF(start, middle.y()), QPointF(max(end, start), middle.y()))
        held = self.isSliderDown()
        inset, away = exact_px(1), exact_px(2.5)
        painter.setPen(QPen(accent, exact_px(2)))
        painter.setBrush(accent if held else QColor(theme.surface))
        painter.drawEllipse(handle.adjusted(inset, inset, -inset, -inset))
        if self.hasFocus():
            painter.setPen(QPen(accent, exact_px(1.5)))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(handle.adjusted(-away, -away, away, away))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent)
            painter.drawEllipse(middle, exact_px(3), exact_px(3))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x, handle = event.position().x(), self.handle()
        on_handle = handle.left() <= x <= handle.right()
        self._offset = round(handle.center().x() - x) if on_handle else 0
        self.setSliderDown(True)
        self.update()
        if not on_handle:
            self._follow(x)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._follow(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown() and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)
            self.update()
            self.let_go.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_asked.emit()

    def _follow(self, x: float) -> None:
        value = self._value_at(x + self._offset)
        if value != self.value():
            with QSignalBlocker(self):
                self.setValue(value)
            self.dragged.emit(value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, steps = Qt.Key(event.key()), {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, **_KEY_STEPS}
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if plain and key in steps:
            self.stepped.emit(steps[key])
        elif plain and key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self.setValue(0 if key == Qt.Key.Key_Home else SLIDER_STEPS)
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if steps := self._wheel.take_focused(event, self):
            self.stepped.emit(steps)


class Combo(QComboBox):
    """Combo box that the wheel changes only while it has the focus, and that draws its own arrow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMaxVisibleItems(20)
        # Qt's own is made again whenever the style changes, and never deleted.
        self.setItemDelegate(BarDelegate(self))
        self._items = QStandardItemModel(self)
        self.setModel(self._items)

    def show_bars(self, bars: Sequence[Bar | None]) -> None:
        """Show a bar beside each item of the list, in the order of the items; none without bars."""
        for index in range(self.count()):
            bar = bars[index] if index < len(bars) else None
            if self.itemData(index, BAR_ROLE) != bar:
                self.setItemData(index, bar, BAR_ROLE)
        if self.view().isVisible():
            # They came after the list was opened.
            self._fit_list()

    def show_index(self, index: int) -> None:
        """Select an item."""
        with QSignalBlocker(self):
            self.setCurrentIndex(index)

    def show_obstacle(self, index: int, obstacle: Obstacle | None) -> None:
        """Switch an item off and say why, or on again."""
        item = self._items.item(index)
        if item.isEnabled() == (obstacle is None):
            return
        item.setEnabled(obstacle is None)
        if obstacle is not None:
            item.setData(item.toolTip(), Qt.ItemDataRole.UserRole)
        why = f"Off: {obstacle.reason}" if obstacle else ""
        item.setToolTip(tip(why) + item.data(Qt.ItemDataRole.UserRole))
        item.setAccessibleDescription(why)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.modifiers() & Qt.KeyboardModifier.AltModifier and event.key() == Qt.Key.Key_Up:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        return show_whole_text(event, self, self.currentText(), lambda: self._shown_text) or super().event(event)

    @property
    def _shown_text(self) -> str:
        """The chosen item, cut to its room: a style sheet would cut it off in the middle of a letter."""
        return self.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, self.width() - px(24))

    def minimumSizeHint(self) -> QSize:
        return QSize(px(64), super().minimumSizeHint().height())

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        # Pictures are for the list alone.
        option.currentIcon = QIcon()
        option.currentText = self._shown_text

    def showPopup(self) -> None:
        self._fit_list()
        super().showPopup()

    def _fit_list(self) -> None:
        """Give the list room for whole names and their bars; it may be wider than a narrow column."""
        self.view().setMinimumWidth(self.view().sizeHintForColumn(0) + px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._paint_arrow(event)

    @painted
    def _paint_arrow(self, painter: QPainter) -> None:
        painter.setPen(QPen(QColor(current().quiet if self.isEnabled() else current().line), exact_px(1.5)))
        middle = QPointF(self.width() - exact_px(11), self.height() / 2 + 0.5)
        corners = (QPointF(-3.5, -2), QPointF(0, 1.5), QPointF(3.5, -2))
        painter.drawPolyline([middle + corner * exact_px(1) for corner in corners])


class Switch(QToggleSwitch):
    """A switch that is on or off, in the colours of the theme."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAnimationDuration(0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._fit()

    def _fit(self) -> None:
        for name, size in (("switchWidth", 28), ("switchHeight", 16), ("handleSize", 12)):
            self.setProperty(name, px(size))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._fit()

    def show_on(self, on: bool) -> None:
        """Show the switch on or off without emitting a signal."""
        if on != self.isChecked():
            with QSignalBlocker(self):
                self.setChecked(on)

    def sizeHint(self) -> QSize:
        return QSize(px(36), px(24))

    # superqt draws a switch two pixels below the middle, and pale.

    def drawGroove(self, painter: QPainter, rect: QRectF, option: QStyleOptionToggleSwitch) -> None:
        theme = current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colour = theme.quiet if not self.isChecked() else theme.accent
        painter.setBrush(QColor(colour if self.isEnabled() else theme.line))
        painter.drawRoundedRect(rect.translated(0, -exact_px(2)), rect.height() / 2, rect.height() / 2)

    def drawHandle(self, painter: QPainter, rect: QRectF, option: QStyleOptionToggleSwitch) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current().surface))
        painter.drawEllipse(rect.translated(0, -exact_px(2)))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        super().paintEvent(event)
        self._paint_focus(event)

    @painted
    def _paint_focus(self, painter: QPainter) -> None:
        if self.hasFocus():
            painter.setPen(QPen(QColor(current().accent), exact_px(1.5)))
            half = exact_px(10)
            ring = QRectF(exact_px(1), self.height() / 2 - half, exact_px(30), 2 * half)
            painter.drawRoundedRect(ring, half, half)


class Segments(QWidget):
    """A row of buttons with names, one of which is chosen."""

    chosen = Signal(int)

    def __init__(self, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = QButtonGroup(self, exclusive=True)
        self._usual_tips: dict[int, str] = {}
        """The tooltips of segments that are off, or were, without the reason."""
        line = tight(QHBoxLayout(self), 0)
        for place, name in enumerate(names):
            button = QToolButton(self)
            button.setText(name)
            button.setCheckable(True)
            button.setProperty("segment", segment_side(place, len(names)))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self.group.addButton(button, place)
            line.addWidget(button)
        self.group.idToggled.connect(self._toggled)

    @property
    def buttons(self) -> list[QToolButton]:
        """The buttons from left to right."""
        return [button for button in self.group.buttons() if isinstance(button, QToolButton)]

    def show_index(self, index: int) -> None:
        """Select a segment."""
        with QSignalBlocker(self.group):
            self.group.button(index).setChecked(True)

    def show_obstacle(self, index: int, obstacle: Obstacle | None) -> None:
        """Switch a segment off and say why, or on again."""
        button = self.buttons[index]
        if button.isEnabledTo(self) == (obstacle is None):
            return
        button.setEnabled(obstacle is None)
        if obstacle is not None:
            self._usual_tips[index] = button.toolTip()
        why = f"Off: {obstacle.reason}" if obstacle else ""
        identify(button, hint=tip(why) + self._usual_tips[index], about=why)

    def _toggled(self, index: int, on: bool) -> None:
        if on:
            self.chosen.emit(index)


def segment_side(place: int, count: int) -> str:
    """Return the side of a segment among `count`, by which the style sheet rounds its corners."""
    return "left" if place == 0 else "right" if place == count - 1 else "middle"


class Caption(ShortenedLabel):
    """The label of a control; a double click asks for the default."""

    reset_asked = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_asked.emit()
