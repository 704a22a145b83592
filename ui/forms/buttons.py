"""What the mouse, the keyboard and a screen reader need to know of a control; and buttons that have all of it."""

from __future__ import annotations

import html
from typing import TypeVar

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QPushButton,
    QToolButton,
    QWidget,
)

from ui.look.icons import icon
from ui.look.theme import current, px

_Control = TypeVar("_Control", bound=QWidget)


def identify(
    control: _Control,
    name: str | None = None,
    spoken: str | None = None,
    hint: str | None = None,
    about: str | None = None,
) -> _Control:
    """Give a control its name in the program and its name for screen readers, a tooltip and a description; return it.

    What is left out stays as it is.
    """
    for text, give in (
        (name, control.setObjectName),
        (spoken, control.setAccessibleName),
        (hint, control.setToolTip),
        (about, control.setAccessibleDescription),
    ):
        if text is not None:
            give(text)
    return control


def tip(*paragraphs: str) -> str:
    """A tooltip that wraps, from plain text."""
    return "".join(f"<p>{html.escape(text, quote=False)}</p>" for text in paragraphs if text)


def push_button(name: str, text: str, help_text: str, *, small: bool = False) -> QPushButton:
    """A button with all that the mouse, the keyboard and a screen reader need to know of it."""
    button = identify(QPushButton(text), name, text, tip(help_text), help_text)
    if small:
        button.setProperty("small", True)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button


class IconButton(QToolButton):
    """A flat button with an icon in the theme's colours, a name for screen readers and a tooltip."""

    def __init__(self, icon_name: str, name: str, tip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name, self._colour_token = icon_name, ""
        self.setAccessibleName(name)
        self.setToolTip(tip or name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(px(16), px(16)))
        self._dress()

    def set_icon(self, icon_name: str, colour_token: str = "") -> None:
        """Another icon, in the colour that the theme gives to `colour_token`."""
        if (icon_name, colour_token) != (self._icon_name, self._colour_token):
            self._icon_name, self._colour_token = icon_name, colour_token
            self._dress()

    def _dress(self) -> None:
        colour = getattr(current(), self._colour_token) if self._colour_token else ""
        self.setIcon(icon(self._icon_name, colour))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._dress()
