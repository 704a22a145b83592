"""Limits on how often pictures and texts change: texts of the whole window change together.

Text that changes more than four times a second can't be read. All texts change in the same moment, so that numbers in
two places belong to the same snapshot.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QElapsedTimer, QObject, Qt, QTimer, Signal

TEXT_INTERVAL = 250
"""Milliseconds between two changes of a text; faster can't be read."""


class _Beat(QObject):
    """Timer that strikes after a request, at most once per interval and not before this turn of the event loop is over,
    so that all receivers have the same snapshot."""

    struck = Signal()

    def __init__(self, interval: int, parent: QObject) -> None:
        super().__init__(parent)
        self._interval = interval
        self._since = QElapsedTimer()
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.strike)

    @property
    def has_rested(self) -> bool:
        """Whether the latest strike was at least an interval ago, and none is due."""
        return not self._timer.isActive() and (not self._since.isValid() or self._since.elapsed() >= self._interval)

    def ask(self) -> None:
        """Request a strike."""
        if not self._timer.isActive():
            passed = self._since.elapsed() if self._since.isValid() else self._interval
            self._timer.start(max(0, self._interval - passed))

    def hold(self) -> None:
        """Strike no earlier than an interval from now, unless a strike is already due."""
        if not self._timer.isActive():
            self._since.start()

    def strike(self) -> None:
        """Strike now, which should be rare."""
        self._timer.stop()
        self._since.start()
        self.struck.emit()


def text_beat() -> _Beat:
    """Return the beat that all texts of the window share."""
    app = QCoreApplication.instance()
    assert app is not None
    return app.findChild(_Beat, options=Qt.FindChildOption.FindDirectChildrenOnly) or _Beat(TEXT_INTERVAL, app)


class Throttle(QObject):
    """Runs an action when a beat strikes; the last request is never lost."""

    _due = Signal()
    # A signal knows the widget whose action it runs without keeping it alive.

    def __init__(self, action: Callable[[], None], parent: QObject, interval: int | None = None) -> None:
        """Set an `interval` in milliseconds for anything but text; texts share one beat."""
        super().__init__(parent)
        self._is_due = False
        self._due.connect(action)
        self._beat = text_beat() if interval is None else _Beat(interval, self)
        self._beat.struck.connect(self._on_beat)

    def request(self, at_once: bool = False, if_rested: bool = False) -> None:
        """Run the action at the next beat, or now; `if_rested`, now unless the latest beat was within the interval."""
        if at_once:
            self.now()
            return
        self._is_due = True
        if if_rested and self._beat.has_rested:
            self._beat.strike()
        else:
            self._beat.ask()

    def now(self) -> None:
        """Run the action immediately."""
        self._is_due = False
        self._due.emit()

    def _on_beat(self) -> None:
        if self._is_due:
            self.now()
