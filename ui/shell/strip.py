"""The strip below the header: one message at a time, in full, with a button that acts on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from PySide6.QtCore import QEvent, QRect, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QToolButton

from ..forms.buttons import identify
from ..forms.labels import LabelPlace
from ..forms.layouts import fill, restyle, tight
from ..look.theme import GRID, px

Offer: TypeAlias = tuple[str, Callable[[], object]]
"""The words on a button and what it does."""
Tone: TypeAlias = Literal["fault", "past", "event", "refusal", "finding", "invitation"]
"""What kind of message it is: a fault stays until it is dismissed or mended; the past is on show; an event has just
happened; a refusal is an event that changed nothing; a finding ails the network; an invitation can wait."""


class Message(NamedTuple):
    """A message for the strip."""

    tone: Tone
    text: str
    offer: Offer | None = None
    hint: str = ""
    """A sentence on what the offer does; empty if its words say all."""
    kind: str = ""
    """The kind of the message: successive messages of one kind are one message whose numbers change."""
    others: tuple[Offer, ...] = ()
    """What else could be done, in a menu beside the button."""
    second: Offer | None = None
    """What a second button does."""
    by_itself: bool = False
    """Whether it came without being asked for, when a person may be on the way to another button."""


_NOTHING = Message("event", "")
_LINES = 2
"""How many lines it has, unless all of a longer text is asked for."""


class Strip(QFrame):
    """The strip: always two lines high, so that nothing below it moves.

    A text that is longer is cut, and a button shows all of it until it is pressed again.
    """

    dismissed = Signal()
    announced = Signal(str)
    """Carries what screen readers are told."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("strip")
        self.text = identify(QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText), "strip.text")
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.remedy = identify(QPushButton(), "strip.remedy", "Remedy", "Follows the advice of the message.")
        self.remedy.clicked.connect(self._accept)
        self.second = identify(QPushButton(), "strip.second", "Second choice", "Does something else about the message.")
        self.second.clicked.connect(self._accept_second)
        self.others = identify(QToolButton(), "strip.others", "More remedies", "Lists what else helps.")
        self.others.setText("More ▾")
        self.menu = QMenu(self)
        self.others.clicked.connect(self._open_menu)
        self.whole = identify(QToolButton(), "strip.whole", "Show the whole message", "Shows the whole message.")
        self.whole.setCheckable(True)
        self.whole.toggled.connect(self._show_whole)
        self._close = identify(QToolButton(), "strip.dismiss", "Dismiss the message", "Dismiss the message")
        self._close.setText("✕")
        self._close.clicked.connect(self.dismissed)
        for button in (self.whole, self.remedy, self.second, self.others, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        # The text has the same room whether or not there is something to dismiss.
        policy = self._close.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._close.setSizePolicy(policy)
        row = tight(QHBoxLayout(self), None, (2 * GRID, 0, GRID, 0))
        fill(
            row,
            place := LabelPlace(self.text),
            self.whole,
            self.remedy,
            self.second,
            self.others,
            self._close,
            wide=place,
        )
        self.said, self.rests = _NOTHING, False
        """What is said, and whether its buttons do nothing yet."""
        self._is_cut = False
        """Whether a button shows all of the text."""
        self._show_whole(False)
        self.say(None)

    @property
    def speaks(self) -> bool:
        """Whether it says something."""
        return bool(self.said.text)

    @property
    def has_buttons(self) -> bool:
        """Whether it has buttons besides the one that dismisses it, which has a place of its own."""
        return bool(self.said.offer or self.said.second or self.said.others) or self._is_cut

    @property
    def is_held(self) -> bool:
        """Whether a person is using the message: the mouse or the keyboard focus is in it."""
        focus = QApplication.focusWidget()
        return self.underMouse() or (focus is not None and self.isAncestorOf(focus))

    def say(self, message: Message | None, *, rests: bool = False) -> None:
        """Show a message in place of the one before, or nothing. While it `rests`, its buttons do nothing."""
        before, self.said = self.said, message or _NOTHING
        tone, text, offer, hint, _, others, second, _ = self.said
        if before[:2] + before[3:] != self.said[:2] + self.said[3:]:
            self.setAccessibleName(text)
            self.text.setAccessibleName(text or "Messages")
            self.text.setAccessibleDescription(
                "Recent events and the diagnosis of the network" if text else "No message."
            )
        if offer is not None:
            self.remedy.setText(offer[0])
            identify(self.remedy, None, offer[0], hint or offer[0])
        self.remedy.setVisible(offer is not None)
        if second is not None:
            self.second.setText(second[0])
            identify(self.second, None, second[0], second[0])
        self.second.setVisible(second is not None)
        self.others.setVisible(bool(others))
        self._close.setVisible(bool(text) and tone not in ("finding", "past"))
        self._set_resting(rests)
        if before.tone != tone or bool(before.text) != bool(text) or not self.property("tone"):
            restyle(self, "tone", tone if text else "none")
        self._fit()
        layout = self.layout()
        assert layout is not None
        # A button is never painted with another text in the room of the one before.
        layout.activate()
        if text and (before.tone, before.kind or before.text) != (tone, self.said.kind or text):
            self.announced.emit(text)
            announcement = QAccessibleAnnouncementEvent(self, text)
            if tone == "fault":
                announcement.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(announcement)

    def _show_whole(self, on: bool) -> None:
        self.whole.setText("Less ▴" if on else "All ▾")
        self._lines = _LINES
        self._fit()

    def _set_resting(self, rests: bool) -> None:
        # A button that is off would lose the keyboard focus to one that nobody meant to press.
        if rests != self.rests:
            self.rests = rests
            for button in (self.remedy, self.second, self.others):
                restyle(button, "rests", rests)

    def _open_menu(self) -> None:
        """Open the menu, which stays as it is while the message changes."""
        if not self.rests:
            self.menu.clear()
            for words, act in self.said.others:
                self.menu.addAction(words).triggered.connect(partial(_call, act))
            self.menu.popup(self.others.mapToGlobal(self.others.rect().bottomLeft()))

    def _accept(self) -> None:
        if self.said.offer is not None and not self.rests:
            self.said.offer[1]()

    def _accept_second(self) -> None:
        if self.said.second is not None and not self.rests:
            self.said.second[1]()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            # Fonts or buttons have another size, at another zoom for one.
            self._fit()
        return super().event(event)

    def _fit(self) -> None:
        """Cut the text to the lines that there are, unless all of it is asked for."""
        self.ensurePolished()
        shown, line = self.said.text, self.text.fontMetrics().lineSpacing()
        height = _LINES * line
        is_long = self._height_of(shown, self._text_width()) > height
        self._is_cut = has_button = is_long or self.whole.isChecked()
        width = self._text_width(has_button)
        if self.whole.isChecked():
            # It does not shrink by itself: the next message moves nothing either.
            self._lines = max(self._lines, -(-self._height_of(shown, width) // line))
            height = self._lines * line
        elif is_long:
            words = shown.split(" ")
            # The most words with which it fits.
            most = bisect_right(range(1, len(words)), height, key=lambda n: self._height_of(_cut(words, n), width))
            shown = _cut(words, most)
        self.whole.setVisible(has_button)
        if self.text.text() != shown:
            self.text.setText(shown)
        if height + px(2) != self.height():
            self.setFixedHeight(height + px(2))

    def _height_of(self, text: str, width: int) -> int:
        room = QRect(0, 0, width, 10_000)
        return self.text.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, text).height()

    def _text_width(self, has_button: bool = False) -> int:
        layout = self.layout()
        assert layout is not None
        margins, spacing = layout.contentsMargins(), layout.spacing()
        beside = [
            self._close,
            *([self.whole] if has_button else []),
            *([self.remedy] if self.said.offer else []),
            *([self.second] if self.said.second else []),
            *([self.others] if self.said.others else []),
        ]
        taken = sum(button.sizeHint().width() + spacing for button in beside)
        return self.contentsRect().width() - margins.left() - margins.right() - taken


def _call(act: Callable[[], object], _: bool = False) -> None:
    act()


def _cut(words: Sequence[str], most: int) -> str:
    """The first words of a text that goes on."""
    return f"{' '.join(words[:most])} …"
