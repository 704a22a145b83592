"""The strip below the header: one message at a time, in full, with a button that acts on it."""

from __future__ import annotations

from collections.abc import Callable
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


_NOTHING = Message("event", "")


class Strip(QFrame):
    """The strip: always at least two lines high, so that nothing below it moves; higher for long texts."""

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
        self._close = identify(QToolButton(), "strip.dismiss", "Dismiss the message", "Dismiss the message")
        self._close.setText("✕")
        self._close.clicked.connect(self.dismissed)
        for button in (self.remedy, self.second, self.others, self._close):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        # The text has the same room whether or not there is something to dismiss.
        policy = self._close.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._close.setSizePolicy(policy)
        row = tight(QHBoxLayout(self), None, (2 * GRID, 0, GRID, 0))
        fill(row, place := LabelPlace(self.text), self.remedy, self.second, self.others, self._close, wide=place)
        self.said, self.rests = _NOTHING, False
        """What is said, and whether its buttons do nothing yet."""
        self.say(None)

    @property
    def speaks(self) -> bool:
        """Whether it says something."""
        return bool(self.said.text)

    @property
    def is_held(self) -> bool:
        """Whether a person is using the message: the mouse or the keyboard focus is in it."""
        focus = QApplication.focusWidget()
        return self.underMouse() or (focus is not None and self.isAncestorOf(focus))

    def say(self, message: Message | None, *, rests: bool = False) -> None:
        """Show a message in place of the one before, or nothing. While it `rests`, its buttons do nothing."""
        before, self.said = self.said, message or _NOTHING
        tone, text, offer, hint, _, others, second = self.said
        if before[:2] + before[3:] != self.said[:2] + self.said[3:]:
            self.text.setText(text)
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
        if [one for one, _ in before.others] != [one for one, _ in others]:
            self._list_others()
        self.others.setVisible(bool(others))
        self._close.setVisible(bool(text) and tone not in ("finding", "past"))
        self._set_resting(rests)
        if before.tone != tone or bool(before.text) != bool(text) or not self.property("tone"):
            restyle(self, "tone", tone if text else "none")
        self._fit()
        if text and (before.tone, before.kind or before.text) != (tone, self.said.kind or text):
            self.announced.emit(text)
            announcement = QAccessibleAnnouncementEvent(self, text)
            if tone == "fault":
                announcement.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
            QAccessible.updateAccessibility(announcement)

    def _set_resting(self, rests: bool) -> None:
        # A button that is off would lose the keyboard focus to one that nobody meant to press.
        if rests != self.rests:
            self.rests = rests
            for button in (self.remedy, self.second, self.others):
                restyle(button, "rests", rests)

    def _list_others(self) -> None:
        self.menu.clear()
        for place, (words, _) in enumerate(self.said.others):
            self.menu.addAction(words).triggered.connect(partial(self._accept_other, place))

    def _open_menu(self) -> None:
        if not self.rests:
            self.menu.popup(self.others.mapToGlobal(self.others.rect().bottomLeft()))

    def _accept_other(self, place: int) -> None:
        if place < len(self.said.others):
            self.said.others[place][1]()

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
        """Set the height to two lines, or to as many as the text needs."""
        self.ensurePolished()
        lines, room = 2 * self.text.fontMetrics().lineSpacing(), QRect(0, 0, self._text_width(), 10_000)
        needed = self.text.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, self.said.text).height()
        height = max(lines, needed) + px(2)
        if height != self.height():
            self.setFixedHeight(height)

    def _text_width(self) -> int:
        layout = self.layout()
        assert layout is not None
        margins, spacing = layout.contentsMargins(), layout.spacing()
        beside = [
            self._close,
            *([self.remedy] if self.said.offer else []),
            *([self.second] if self.said.second else []),
            *([self.others] if self.said.others else []),
        ]
        taken = sum(button.sizeHint().width() + spacing for button in beside)
        return self.width() - margins.left() - margins.right() - taken - px(2)
