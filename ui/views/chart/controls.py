"""Small controls and words around a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget
from superqt import QElidingLabel

from ui.forms.buttons import IconButton
from ui.forms.controls import Segments
from ui.look import theme
from ui.look.theme import px


def small_font() -> QFont:
    """The font of axes, legends and numbers: the system's, small, with digits of equal width."""
    result = theme.tabular(QApplication.font())
    result.setPixelSize(px(theme.SMALL))
    return result


def style_words(label: QLabel, colour: str) -> None:
    """Write a label small and in `colour`."""
    style = f"font-size: {px(theme.SMALL)}px; color: {colour};"
    if label.styleSheet() != style:
        label.setFont(small_font())
        label.setStyleSheet(style)


class ReadingLine(QElidingLabel):
    """A small quiet line of words that takes whatever room there is and is cut where there is too little."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("quiet", True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFont(small_font())

    def say(self, text: str) -> None:
        """Write this, unless it stands there already."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleDescription(text)


class Option(NamedTuple):
    """One of the ways in which a picture can be drawn: its name in code, its text and what it does."""

    value: str
    text: str
    help: str


class Choices(Segments):
    """A few options side by side, the first of which is chosen until another one is."""

    picked = Signal(str)
    """The value of the option that has just been chosen."""

    def __init__(self, name: str, caption: str, options: Sequence[Option], parent: QWidget | None = None) -> None:
        super().__init__([option.text for option in options], parent)
        self.caption, self.options = caption, tuple(options)
        self.setObjectName(name)
        self.setAccessibleName(caption)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        advance = QFontMetrics(small_font()).horizontalAdvance
        for button, option in zip(self.buttons, options, strict=True):
            button.setObjectName(f"{name}.{option.value}")
            button.setAccessibleName(f"{caption}: {option.text}")
            button.setToolTip(option.help)
            button.setMinimumWidth(max(px(28), advance(option.text) + px(14)))
        self.show_index(0)
        self.chosen.connect(self._on_chosen)

    @property
    def value(self) -> str:
        """The option in force."""
        return self.options[self.group.checkedId()].value

    def _on_chosen(self, index: int) -> None:
        self.picked.emit(self.options[index].value)


class _Panel(QFrame):
    """Named controls under each other, in a window of its own that closes at a click beside it or Escape."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("card", True)
        self.setAccessibleName("Settings of the picture")
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(*[px(theme.GRID + theme.GRID // 2)] * 4)
        self.grid.setHorizontalSpacing(px(theme.GRID + theme.GRID // 2))
        self.grid.setVerticalSpacing(px(theme.GRID))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape puts it away."""
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


class Controls(QWidget):
    """Named controls in one line. Those without room stand in a panel that a button at the end opens."""

    GAP = theme.GRID

    def __init__(self, name: str, parent: QWidget | None = None, always_named: bool = False) -> None:
        """`always_named`: rather into the panel than into the line without its caption."""
        super().__init__(parent)
        self.setObjectName(name)
        self._always_named = always_named
        self.panel = _Panel(self)
        self.button = IconButton(
            "faders-horizontal",
            "Settings of the picture",
            "How this picture is drawn. It changes nothing about the training.",
            self,
        )
        self.button.setObjectName(f"{name}.more")
        self.button.setProperty("small", True)
        self.button.clicked.connect(self._open_panel)
        self._named: list[tuple[QLabel, Choices]] = []
        self._inside, self._captions = 0, False
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(0)
        self._line.addWidget(self.button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(26))

    def add(self, control: Choices) -> Choices:
        """Take in a control; those added first are the last to move into the panel."""
        label = QLabel(control.caption)
        label.setProperty("quiet", True)
        label.setBuddy(control.buttons[0])
        self._named.append((label, control))
        self._arrange(0, False)
        return control

    def fit(self, room: int) -> int:
        """Put as many controls into the line as `room` pixels hold; returns the width that they take."""
        inside, captions = len(self._named), True
        if self._needed(inside, captions) > room:
            captions = self._always_named
            while inside and self._needed(inside, captions) > room:
                inside -= 1
        if (inside, captions) != (self._inside, self._captions):
            self._arrange(inside, captions)
        return self._needed(inside, captions)

    def inline(self) -> int:
        """How many controls stand in the line; the others are in the panel."""
        return self._inside

    def _open_panel(self) -> None:
        """Open the panel below the button, within the screen, with the keyboard in it."""
        self.panel.adjustSize()
        corner = self.button.mapToGlobal(QPoint(self.button.width(), self.button.height() + px(2)))
        screen = self.button.screen().availableGeometry()
        x = min(max(corner.x() - self.panel.width(), screen.left()), screen.right() - self.panel.width())
        y = min(corner.y(), screen.bottom() - self.panel.height())
        self.panel.move(x, y)
        self.panel.show()
        first = self._named[self._inside][1]
        button = first.group.checkedButton() or first.buttons[0]
        button.setFocus(Qt.FocusReason.PopupFocusReason)

    def _needed(self, inside: int, captions: bool) -> int:
        """The width of the line with so many controls in it."""
        gap = px(self.GAP)
        width = 0 if inside == len(self._named) else self.button.sizeHint().width() + gap
        for label, control in self._named[:inside]:
            width += control.sizeHint().width() + gap
            width += label.sizeHint().width() + px(6) if captions else 0
        return max(0, width - gap)

    def _arrange(self, inside: int, captions: bool) -> None:
        self._inside, self._captions = inside, captions
        while self._line.count():
            self._line.takeAt(0)
        for place, (label, control) in enumerate(self._named):
            if place < inside:
                if place:
                    self._line.addSpacing(px(self.GAP))
                label.setParent(self)
                control.setParent(self)
                if captions:
                    self._line.addWidget(label)
                    self._line.addSpacing(px(6))
                label.setVisible(captions)
                self._line.addWidget(control)
            else:
                self.panel.grid.addWidget(label, place, 0)
                self.panel.grid.addWidget(control, place, 1)
                label.show()
            control.show()
        self.button.setVisible(inside < len(self._named))
        if inside < len(self._named):
            if inside:
                self._line.addSpacing(px(self.GAP))
            self._line.addWidget(self.button)
