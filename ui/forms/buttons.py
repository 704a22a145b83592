"""Names, tooltips and descriptions of controls for mouse, keyboard and screen reader; and buttons that have them."""

from __future__ import annotations

import html
from typing import TypeVar

from PySide6 import QtGui
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import (
    QPushButton,
    QToolButton,
    QWidget,
)

from ..look.icons import icon
from ..look.theme import current, px

_Control = TypeVar("_Control", bound=QWidget)


def identify(
    control: _Control,
    name: str | None = None,
    spoken: str | None = None,
    hint: str | None = None,
    about: str | None = None,
) -> _Control:
    """Set a control's object name, its name for screen readers, its tooltip and its description; return the control.

    Arguments that are None change nothing.
    """
    for text, give in (
        (name, control.setObjectName),
        (spoken, control.setAccessibleName),
        (None if hint is None else wrapping(hint), control.setToolTip),
        (about, control.setAccessibleDescription),
    ):
        if text is not None:
            give(text)
    return control


def tip(*paragraphs: str) -> str:
    """Make a tooltip of plain paragraphs, which Qt then wraps."""
    return "".join(f"<p>{html.escape(text, quote=False)}</p>" for text in paragraphs if text)


def wrapping(text: str) -> str:
    """Return a tooltip that Qt wraps: of plain text it makes one line, however long."""
    return text if QtGui.Qt.mightBeRichText(text) else tip(*text.split("\n"))


def push_button(name: str, text: str, help_text: str, *, small: bool = False) -> QPushButton:
    """Make a button whose tooltip and description are `help_text`."""
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
        self.setToolTip(wrapping(tip or name))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(px(16), px(16)))
        self._dress()

    def set_icon(self, icon_name: str, colour_token: str = "") -> None:
        """Show another icon, in a colour of the theme, such as `on_accent`."""
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
