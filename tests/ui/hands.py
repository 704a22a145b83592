"""A person's hands: mouse, wheel, keyboard and files from outside, as real events on real widgets.

All tests of the window use these and send no events of their own. Places are in the coordinates of the widget that is
named, and what is used there is whatever lies under the mouse. Keys are named as Qt names them, with the held ones in
front: "Return", "Ctrl+Z", "Alt+Down".
"""

from __future__ import annotations

import functools
import itertools
import operator
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import (
    QCoreApplication,
    QDeadlineTimer,
    QEvent,
    QEventLoop,
    QMimeData,
    QPoint,
    QPointF,
    Qt,
    QTimer,
    QUrl,
)
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QHelpEvent,
    QKeySequence,
    QShortcutEvent,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSlider,
    QApplication,
    QComboBox,
    QMainWindow,
    QMenu,
    QScrollArea,
    QTabBar,
    QWidget,
)

LEFT, RIGHT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton
FREE = Qt.KeyboardModifier.NoModifier
HELD = {
    "Ctrl": Qt.KeyboardModifier.ControlModifier,
    "Shift": Qt.KeyboardModifier.ShiftModifier,
    "Alt": Qt.KeyboardModifier.AltModifier,
}
PATIENCE = 30_000
"""Milliseconds to wait for what is to happen, on however busy a machine."""
# Moves between two places of a drag.
MOVES = 6

Place = QPoint | QPointF


# Finding ------------------------------------------------------------------------------------------------------------


def control(owner: QWidget, name: str, kind: type = QWidget) -> QWidget:
    """Return the control whose object name is `name`."""
    found = owner.findChild(kind, name)
    assert found is not None, f"no control is named {name}"
    return found


def in_sight(widget: QWidget) -> bool:
    """Whether a person can get at a widget: visible, not scrolled away, not behind a tab."""
    return widget.isVisible() and not widget.visibleRegion().isEmpty()


def called(owner: QWidget, name: str, kind: type = QWidget) -> QWidget:
    """Return the control in sight whose accessible name is `name`, after scrolling to it."""
    candidates = [widget for widget in owner.findChildren(kind) if widget.accessibleName() == name]
    for widget in candidates:
        scroll_to(widget)
    found = next((widget for widget in candidates if in_sight(widget)), None)
    assert found is not None, f"nothing in sight is called {name}"
    return found


def scroll_to(widget: QWidget) -> None:
    """Scroll the list that a widget stands in, as one does who looks for it."""
    area = widget.parentWidget()
    while area is not None and not isinstance(area, QScrollArea):
        area = area.parentWidget()
    if area is not None and in_sight(area):
        area.ensureWidgetVisible(widget)


def under(widget: QWidget, at: Place | None) -> tuple[QWidget, QPoint]:
    """Return what lies under the mouse at a place of a widget (itself without one), and where in that."""
    if at is None:
        return widget, widget.rect().center()
    target = widget.childAt(whole(at)) or widget
    return target, target.mapFrom(widget, whole(at))


def whole(at: Place) -> QPoint:
    """Return a place in whole pixels."""
    place = at.toPoint() if isinstance(at, QPointF) else at
    # QTest takes the corner for no place at all.
    return place if not place.isNull() else QPoint(0, 1)


# Time ---------------------------------------------------------------------------------------------------------------


def _wait(milliseconds: int) -> None:
    # `QTest.qWait` keeps Python's lock while it sleeps, so that the training thread could not go on.
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def until(true: Callable[[], object], words: str) -> None:
    """Go on with the window's events until something is true; `words` say what is missing if it never is."""
    waited = QDeadlineTimer(PATIENCE)
    while not true():
        assert not waited.hasExpired(), words
        _wait(1)


def let_pass(milliseconds: int, why: str) -> None:
    """Let time pass while the window goes on: for what is about time, or about something that does not happen in it.

    Wherever something is expected to happen, wait for that instead.
    """
    assert why
    _wait(milliseconds)


def keep_busy(milliseconds: float, why: str) -> None:
    """Keep this thread from doing anything, as slow work or a slow disk does."""
    assert why
    time.sleep(milliseconds / 1000)


# The mouse ----------------------------------------------------------------------------------------------------------


def press(widget: QWidget, at: Place | None = None, button: Qt.MouseButton = LEFT, held: str = "") -> None:
    """Press a button of the mouse and keep it down; `held` names the keys that are down, such as "Ctrl+Shift"."""
    target, place = under(widget, at)
    QTest.mousePress(target, button, modifiers(held), place)


def move(widget: QWidget, at: Place) -> None:
    """Move the mouse; while a button is down, `widget` is the one that it was pressed on, wherever the mouse goes."""
    QTest.mouseMove(widget, whole(at))


def release(widget: QWidget, at: Place | None = None, button: Qt.MouseButton = LEFT, held: str = "") -> None:
    """Let a button of the mouse go; `widget` is the one that it was pressed on, wherever the mouse is."""
    QTest.mouseRelease(widget, button, modifiers(held), widget.rect().center() if at is None else whole(at))


def click(widget: QWidget, at: Place | None = None, button: Qt.MouseButton = LEFT, held: str = "") -> None:
    """Click a widget in its middle, or at a place of it."""
    target, place = under(widget, at)
    QTest.mouseClick(target, button, modifiers(held), place)


def push(owner: QWidget, name: str) -> None:
    """Click the control whose object name is `name`."""
    click(control(owner, name))


def double_click(widget: QWidget, at: Place | None = None) -> None:
    """Click a widget twice in quick succession."""
    click(widget, at)
    target, place = under(widget, at)
    QTest.mouseDClick(target, LEFT, FREE, place)
    QTest.mouseRelease(target, LEFT, FREE, place)


def drag(widget: QWidget, *way: Place, button: Qt.MouseButton = LEFT, let_go: bool = True, pace: int = 2) -> None:
    """Press at the first place, move through the others in steps of `pace` milliseconds, let go at the last."""
    target, _ = under(widget, way[0])
    places = [target.mapFrom(widget, whole(place)) for place in way]
    QTest.mousePress(target, button, FREE, places[0])
    for start, end in itertools.pairwise(places):
        for part in range(1, MOVES + 1):
            QTest.mouseMove(target, start + (end - start) * part / MOVES)
            _wait(pace)
    if let_go:
        QTest.mouseRelease(target, button, FREE, places[-1])


def drag_handle(slider: QAbstractSlider, share: float, let_go: bool = True, pace: int = 2) -> None:
    """Drag the handle of a slider to a share of its way, from 0 to 1."""
    start = slider.handle().center().toPoint()
    drag(slider, start, QPoint(round(slider.x_of(share)), start.y()), let_go=let_go, pace=pace)


def hover(widget: QWidget, at: Place | None = None) -> None:
    """Point at a place of a widget, coming from just beside it."""
    target, place = under(widget, at)
    QTest.mouseMove(target, place + QPoint(3, 1))
    QTest.mouseMove(target, place)


def leave(widget: QWidget, at: Place | None = None, to: QWidget | None = None) -> None:
    """Take the mouse away from what is at a place of a widget, onto another widget if one is named."""
    target, _ = under(widget, at)
    if to is not None:
        QTest.mouseMove(to, QPoint(2, 2))
    # Without a screen Qt does not always notice.
    QApplication.sendEvent(target, QEvent(QEvent.Type.Leave))


def leave_all(window: QMainWindow) -> None:
    """Take the mouse to the blank end of the menus of a window, away from what an earlier test has left it on."""
    # Qt lets whatever comes to lie under the last place of the mouse know that it is there.
    QTest.mouseMove(window.menuBar(), window.menuBar().rect().bottomRight() - QPoint(2, 2))
    for one in (*window.findChildren(QWidget), window):
        if one.underMouse():
            QApplication.sendEvent(one, QEvent(QEvent.Type.Leave))


def wheel(widget: QWidget, notches: int, at: Place | None = None, sideways: bool = False) -> None:
    """Turn the wheel, away from oneself for a positive count, over a place of a widget."""
    target, place = under(widget, at)
    angle = QPoint(120 * notches, 0) if sideways else QPoint(0, 120 * notches)
    event = QWheelEvent(
        QPointF(place), QPointF(target.mapToGlobal(place)), QPoint(), angle, Qt.MouseButton.NoButton, FREE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(target, event)


def rest(widget: QWidget, at: Place | None = None) -> None:
    """Let the mouse rest on a place of a widget until its tooltip is asked for."""
    target, place = under(widget, at)
    QApplication.sendEvent(target, QHelpEvent(QEvent.Type.ToolTip, place, target.mapToGlobal(place)))


def ask_for_menu(widget: QWidget, at: Place) -> None:
    """Ask for the menu of a place, as a right click does."""
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, whole(at), widget.mapToGlobal(whole(at)))
    QApplication.sendEvent(widget, event)


def choose_entry(menu: QMenu, text: str) -> None:
    """Click an entry of an open menu by its text."""
    entry = next(action for action in menu.actions() if action.text() == text)
    click(menu, menu.actionGeometry(entry).center())


def open_tab(owner: QWidget, title: str) -> None:
    """Bring a panel to the front by its tab."""
    for bar in owner.findChildren(QTabBar):
        for index in range(bar.count()):
            if bar.tabText(index) == title and in_sight(bar):
                click(bar, bar.tabRect(index).center())
                return
    raise AssertionError(f"no tab is called {title}")


def drop(window: QWidget, data: QMimeData, on: QWidget | None = None) -> None:
    """Drag something from outside onto a window, or a part of it, and let it go."""
    part, copy = on or window, Qt.DropAction.CopyAction
    at = part.mapTo(window, part.rect().center())
    enter = QDragEnterEvent(at, copy, data, LEFT, FREE)
    enter.ignore()
    QApplication.sendEvent(window.windowHandle(), enter)
    assert enter.isAccepted(), f"{part} does not take it"
    QApplication.sendEvent(window.windowHandle(), QDropEvent(QPointF(at), copy, data, LEFT, FREE))


def drop_file(window: QWidget, path: Path, on: QWidget | None = None) -> None:
    """Drag a file from outside onto a window, or a part of it, and let it go."""
    data, url = QMimeData(), QUrl.fromLocalFile(str(path))
    data.setUrls([url])
    data.setText(url.toString())
    drop(window, data, on)


# The keyboard -------------------------------------------------------------------------------------------------------


def modifiers(held: str) -> Qt.KeyboardModifier:
    """Return what Qt calls the keys that are held, such as "Ctrl+Shift"."""
    return functools.reduce(operator.or_, (HELD[name] for name in held.split("+") if name), FREE)


def key(widget: QWidget, *names: str | Qt.Key) -> None:
    """Press keys one after the other, such as "Down" or "Ctrl+Z", with the keyboard in a widget."""
    for name in names:
        if isinstance(name, str):
            held, _, last = name.rpartition("+")
            QTest.keyClick(widget, getattr(Qt.Key, f"Key_{last}"), modifiers(held))
        else:
            QTest.keyClick(widget, name)


def stroke(widget: QWidget, key: Qt.Key, text: str, held: Qt.KeyboardModifier) -> None:
    """Press a key of some keyboard, as the system reports it: its code, the text that it gives, and what is held."""
    QTest.sendKeyEvent(QTest.KeyAction.Click, widget, key, text, held)


def key_in(window: QWidget, *names: str | Qt.Key) -> None:
    """Press keys wherever the keyboard is in a window."""
    for name in names:
        if QApplication.activeWindow() is not window and QApplication.activePopupWidget() is None:
            # As window managers do when a dialog or menu has gone.
            window.activateWindow()
            until(lambda: QApplication.activeWindow() is window, "the window does not get the keyboard")
        key(QApplication.focusWidget() or window, name)


def type_text(text: str, into: QWidget | None = None) -> None:
    """Type a text into a widget, or wherever the keyboard is."""
    QTest.keyClicks(into or QApplication.focusWidget(), text)


def fill(entry: QWidget, text: str, *then: str | Qt.Key) -> None:
    """Type a text in place of what stands in an entry, and press Enter, or another key."""
    entry.setFocus()
    entry.selectAll()
    type_text(text, entry)
    key(entry, *(then or ("Return",)))


def choose(box: QComboBox, item: str) -> None:
    """Choose an item of a list by the arrow keys."""
    index = box.findText(item)
    assert index >= 0, f"offered is no {item}, but {[box.itemText(k) for k in range(box.count())]}"
    box.setFocus()
    for _ in range(abs(index - box.currentIndex())):
        key(box, "Down" if box.currentIndex() < index else "Up")


def press_ambiguous(action: QAction, keys: str) -> None:
    """Tell an action that its shortcut was pressed, and that Qt found another one for the same keys."""
    QApplication.sendEvent(action, QShortcutEvent(QKeySequence(keys), 0, True))
