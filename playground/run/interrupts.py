"""Deferring signals, such as Ctrl-C and alarms, while a run is being changed.

Python runs signal handlers in the main thread, between any two instructions. One that raises, as that of Ctrl-C does,
could leave an update half done. Handlers are therefore deferred while a run is being changed, and run where it is
consistent. Other threads run no handlers, so nothing is deferred there.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import Any, ParamSpec, TypeAlias, TypeVar

_Handler: TypeAlias = Callable[[int, FrameType | None], Any]
_P = ParamSpec("_P")
_R = TypeVar("_R")

_NAMES = ("INT", "TERM", "HUP", "QUIT", "BREAK", "ALRM", "VTALRM", "PROF", "USR1", "USR2")
_SIGNALS = [getattr(signal, f"SIG{name}") for name in _NAMES if hasattr(signal, f"SIG{name}")]
"""The signals that programs may handle, as far as the system has them."""


class HeldSignals:
    """Defers signal handlers in a `with` statement until its end or until `let_through` is called."""

    def __init__(self) -> None:
        self.holds = threading.current_thread() is threading.main_thread()
        """Whether this is the main thread, which alone runs signal handlers."""
        self._holding = False
        self._handlers: dict[int, _Handler] = {}
        self._arrived: dict[int, FrameType | None] = {}

    def __enter__(self) -> HeldSignals:
        self._hold()
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def let_through(self) -> None:
        """Run the handlers of the signals that have arrived; one that raises ends the `with` statement."""
        if self._arrived:
            # A handler may expect to find itself installed, or install another one.
            self._release()
            self._hold()

    def _hold(self) -> None:
        """Install `_arrive` in place of all handlers that are written in Python."""
        if not self.holds:
            return
        try:
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._arrive)
        except BaseException:
            self._restore()
            raise
        self._holding = True

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        """Store a signal for later, or run its handler if signals are not deferred."""
        if self._holding:
            self._arrived[number] = frame
        else:
            self._handlers[number](number, frame)

    def _release(self) -> None:
        """Restore the handlers and run those of the signals that have arrived."""
        try:
            self._restore()
        finally:
            self._holding = False
            self._run_arrived()

    def _restore(self) -> None:
        """Restore the handlers; an exception that one of them raises meanwhile is raised after all are restored."""
        try:
            for number, handler in self._handlers.items():
                # A handler that was installed meanwhile stays.
                if signal.getsignal(number) == self._arrive:
                    signal.signal(number, handler)
        except BaseException:
            self._restore()
            raise
        self._handlers = {}

    def _run_arrived(self) -> None:
        """Run the handlers of all signals that have arrived, even if one of them raises."""
        arrived, self._arrived = self._arrived, {}
        for number, frame in arrived.items():
            handler = signal.getsignal(number)
            try:
                if callable(handler):
                    handler(number, frame)
            except BaseException:
                rest = list(arrived)[list(arrived).index(number) + 1 :]
                self._arrived = {other: arrived[other] for other in rest}
                self._run_arrived()
                raise


def undivided(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Decorate a function so that signals are deferred until it has returned."""

    @wraps(function)
    def whole(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with HeldSignals():
            return function(*args, **kwargs)

    return whole
