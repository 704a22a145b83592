"""Small controls and words around a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ...forms.buttons import IconButton, identify
from ...forms.controls import Segments
from ...forms.labels import ShortenedLabel
from ...forms.layouts import quiet, tight
from ...look import theme
from ...look.theme import px
from .plot import LEFT, RIGHT, small_font


class ReadingLine(ShortenedLabel):
    """One or two small, quiet lines of text, which take the room that is left and are cut to fit."""

    def __init__(self, name: str, spoken: str, parent: QWidget | None = None, *, lines: int = 1) -> None:
        super().__init__(parent)
        quiet(identify(self, name, spoken)).setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFont(small_font())
        self.setAlignment(RIGHT if lines == 1 else LEFT)
        if lines > 1:
            self.wrap(lines)

    def wrap(self, lines: int) -> None:
        """Take the height of some lines, whatever is said."""
        self.setWordWrap(lines > 1)
        self.setFixedHeight(px(15 * lines))

    def say(self, text: str) -> None:
        """Show a text, unless it is shown already."""
        if text != self.text():
            self.setText(text)
            self.setAccessibleDescription(text)


class Option(NamedTuple):
    """A way to draw a picture: its name in code, its text and its help."""

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
        identify(self, name, caption).setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        advance = QFontMetrics(small_font()).horizontalAdvance
        for button, option in zip(self.buttons, options, strict=True):
            identify(button, f"{name}.{option.value}", f"{caption}: {option.text}", option.help)
            button.setMinimumWidth(max(px(28), advance(option.text) + px(14)))
        self.show_index(0)
        self.chosen.connect(lambda index: self.picked.emit(self.options[index].value))

    @property
    def value(self) -> str:
        return self.options[self.group.checkedId()].value


class _Panel(QFrame):
    """Controls with captions below each other, in a popup that closes at a click beside it or Escape."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setProperty("card", True)
        self.setAccessibleName("Settings of the picture")
        self.grid = tight(QGridLayout(self), theme.GRID)
        self.grid.setContentsMargins(*[px(theme.GRID + theme.GRID // 2)] * 4)
        self.grid.setHorizontalSpacing(px(theme.GRID + theme.GRID // 2))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
        else:
            super().keyPressEvent(event)


class Controls(QWidget):
    """Controls with captions in one line. Those without room stand in a panel that a button at the end opens."""

    GAP, _CAPTION_GAP = theme.GRID, 6

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.panel = _Panel(self)
        words = "How this picture is drawn. It does not change training."
        self.button = identify(IconButton("faders-horizontal", "Settings of the picture", words, self), f"{name}.more")
        self.button.setProperty("small", True)
        self.button.clicked.connect(self._open_panel)
        self._named: list[tuple[QLabel, Choices]] = []
        self.inline, self._captions = 0, False
        """`inline` controls stand in the line; the others are in the panel."""
        self._line = tight(QHBoxLayout(self), 0)
        self._line.addWidget(self.button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(26))

    def add(self, control: Choices) -> Choices:
        """Add a control; those added first are the last to move into the panel."""
        label = quiet(QLabel(control.caption))
        label.setBuddy(control.buttons[0])
        self._named.append((label, control))
        self._arrange(0, False)
        return control

    def fit(self, room: int) -> int:
        """Put as many controls into the line as `room` pixels hold; return their width."""
        inside, captions = len(self._named), True
        if self._needed(inside, captions) > room:
            captions = False
            while inside and self._needed(inside, captions) > room:
                inside -= 1
        if (inside, captions) != (self.inline, self._captions):
            self._arrange(inside, captions)
        return self._needed(inside, captions)

    def _open_panel(self) -> None:
        """Open the panel below the button, within the screen, with the keyboard in it."""
        self.panel.adjustSize()
        corner = self.button.mapToGlobal(QPoint(self.button.width(), self.button.height() + px(2)))
        screen = self.button.screen().availableGeometry()
        x = min(max(corner.x() - self.panel.width(), screen.left()), screen.right() - self.panel.width())
        self.panel.move(x, min(corner.y(), screen.bottom() - self.panel.height()))
        self.panel.show()
        first = self._named[self.inline][1]
        (first.group.checkedButton() or first.buttons[0]).setFocus(Qt.FocusReason.PopupFocusReason)

    def _needed(self, inside: int, captions: bool) -> int:
        gap = px(self.GAP)
        width = 0 if inside == len(self._named) else self.button.sizeHint().width() + gap
        for label, control in self._named[:inside]:
            width += control.sizeHint().width() + gap
            width += label.sizeHint().width() + px(self._CAPTION_GAP) if captions else 0
        return max(0, width - gap)

    def _arrange(self, inside: int, captions: bool) -> None:
        self.inline, self._captions = inside, captions
        while self._line.count():
            self._line.takeAt(0)
        for place, (label, control) in enumerate(self._named):
            if place < inside:
                self._line.addSpacing(px(self.GAP) if place else 0)
                label.setParent(self)
                control.setParent(self)
                if captions:
                    self._line.addWidget(label)
                    self._line.addSpacing(px(self._CAPTION_GAP))
                label.setVisible(captions)
                self._line.addWidget(control)
            else:
                self.panel.grid.addWidget(label, place, 0)
                self.panel.grid.addWidget(control, place, 1)
                label.show()
            control.show()
        self.button.setVisible(inside < len(self._named))
        if inside < len(self._named):
            self._line.addSpacing(px(self.GAP) if inside else 0)
            self._line.addWidget(self.button)


def stack_chart(view: QWidget, controls: Controls, words: QWidget, *parts: QWidget) -> None:
    """Put the parts of a chart below each other, above them its controls with `words` beside them."""
    above = QHBoxLayout()
    above.setSpacing(px(theme.GRID))
    above.addWidget(controls)
    above.addWidget(words, 1)
    layout = tight(QVBoxLayout(view))
    layout.setContentsMargins(px(theme.GRID), px(theme.GRID), px(theme.GRID), px(theme.GRID // 2))
    layout.addLayout(above)
    for part in parts:
        layout.addWidget(part)
