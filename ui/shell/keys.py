"""The keyboard in the window: which keys a focused control keeps, and where the focus goes from hidden widgets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QComboBox, QLineEdit, QWidget
from shiboken6 import isValid

from .docks import Docks

_PLAIN = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.KeypadModifier)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_REMEMBERED = 8
"""How many controls that had the focus are kept in mind."""


class FocusedKeys(QObject):
    """An event filter for the keys of focused controls.

    It leaves the space bar to the window, lets Enter press buttons and open lists, and takes the focus back from hidden
    widgets.
    """

    def __init__(self, docks: Docks, home: Callable[[], QWidget]) -> None:
        super().__init__(docks.window)
        self._docks, self._home = docks, home
        self._earlier: list[QWidget] = []
        """What had the focus before, the latest last."""
        # Not on the whole application: every single event would then wait for the interpreter lock.
        application().focusChanged.connect(self._follow)
        docks.left.connect(self._leave)

    def close(self) -> None:
        """Stop watching the keys."""
        application().focusChanged.disconnect(self._follow)
        self._docks.left.disconnect(self._leave)

    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None:
            before.removeEventFilter(self)
        if now is not None:
            now.installEventFilter(self)
        if before is not None and self._is_of_window(before) and before.isVisible():
            self._earlier = [one for one in self._earlier if isValid(one) and one is not before][1 - _REMEMBERED :]
            self._earlier.append(before)
        elif before is not None and now is not None and self._is_of_window(before) and self._is_of_window(now):
            # Qt would go on to whatever stands next to it.
            self._return()

    def _leave(self, name: str) -> None:
        """Take the focus back from a dock that is hidden, perhaps behind another one."""
        focus = application().focusWidget()
        if focus is not None and self._docks.docks[name].isAncestorOf(focus) and not self._docks.window.isMinimized():
            self._return()

    def go_home(self) -> None:
        """Give the focus to the main picture, in the window itself, which nobody activates without a window manager."""
        self._docks.window.activateWindow()
        home = self._home()
        (home if self._docks.shows(home) else self._docks.window).setFocus(Qt.FocusReason.OtherFocusReason)

    def _return(self) -> None:
        """Give the focus back to the last widget that had it and is still visible."""
        earlier = (one for one in (*reversed(self._earlier), self._home()) if isValid(one) and one.isEnabled())
        seen = next((one for one in earlier if self._docks.shows(one)), None)
        (seen or self._docks.window).setFocus(Qt.FocusReason.OtherFocusReason)

    def _is_of_window(self, widget: QWidget) -> bool:
        """Whether a widget stands in the window or a floating dock, not in a dialog or an open list."""
        window = widget.window()
        return window is self._docks.window or window.windowType() == Qt.WindowType.Tool

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep a key for the control that has the focus, or leave it to the window."""
        if not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if event.type() == QEvent.Type.ShortcutOverride:
            # They are searched by typing.
            is_list = isinstance(watched, QComboBox | QAbstractItemView)
            if is_list and event.modifiers() in _PLAIN and event.text().isalnum():
                event.accept()
                return True
            # They belong to the text first, then to the run.
            if event.matches(QKeySequence.StandardKey.Undo) and isinstance(watched, QLineEdit):
                return not watched.isUndoAvailable()
            if event.matches(QKeySequence.StandardKey.Redo) and isinstance(watched, QLineEdit):
                return not watched.isRedoAvailable()
        elif event.type() == QEvent.Type.KeyPress and event.key() in _ENTER and event.modifiers() in _PLAIN:
            return isinstance(watched, QWidget) and self._is_of_window(watched) and _press(watched)
        return super().eventFilter(watched, event)


def _press(widget: QWidget) -> bool:
    """Press a button or open a list; return whether it is one."""
    if isinstance(widget, QAbstractButton):
        widget.click()
    elif isinstance(widget, QComboBox) and not widget.isEditable():
        widget.showPopup()
    else:
        return False
    return True


def application() -> QApplication:
    """Return Qt's application."""
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
