"""Keys that a focused control keeps for itself although the window has a shortcut for them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QWidget

_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)


class FocusedKeys(QObject):
    """Filter that gives space and Ctrl+Z to the window unless a focused control needs them."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        # Not on the whole application: every single event would then wait for the interpreter lock.
        application().focusChanged.connect(self._follow)

    def close(self) -> None:
        """Stop watching the keys."""
        application().focusChanged.disconnect(self._follow)

    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            before.removeEventFilter(self)
        if now is not None:
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a key for the control that has the focus, or leave it to the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            presses = event.key() == Qt.Key.Key_Space and isinstance(watched, (QAbstractButton, QComboBox))
            # A list is searched by typing.
            searches = isinstance(watched, QComboBox) and event.modifiers() in _PLAIN and event.text().isalnum()
            if presses or searches:
                event.accept()
                return True
            if event.matches(QKeySequence.StandardKey.Undo) and isinstance(watched, QLineEdit):
                return not watched.isUndoAvailable()
        return super().eventFilter(watched, event)


def application() -> QApplication:
    """Return Qt's application."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
