"""Signals at the right moment: Ctrl-C, an alarm, whatever a handler in Python makes of them.

Python runs the handlers of signals in the main thread, between any two of its instructions; one that raises, as that
of Ctrl-C does, would leave training half of one update and half of another. So they are held back while a run is being
changed and let through where it is consistent. Other threads run no handlers, so nothing is done there.
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
"""The signals that are meant for programs; which of them there are depends on the system."""


class HeldSignals:
    """Holds the handlers of signals back, in a `with` statement, until its end or until they are let through."""

    def __init__(self) -> None:
        self.holds = threading.current_thread() is threading.main_thread()
        """Whether this is the thread that handles signals."""
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
            # A handler may want to find itself in place, or to put another one there.
            self._release()
            self._hold()

    def _hold(self) -> None:
        """Replace the handlers that are written in Python."""
        if not self.holds:
            return
        try:
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._arrive)
        except BaseException:
            self._put_back()
            raise
        self._holding = True

    def _arrive(self, number: int, frame: FrameType | None) -> None:
        """Note a signal, or pass it on if none are held."""
        if self._holding:
            self._arrived[number] = frame
        else:
            self._handlers[number](number, frame)

    def _release(self) -> None:
        """Put the handlers back and run those of the signals that have arrived."""
        try:
            self._put_back()
        finally:
            self._holding = False
            self._run_arrived()

    def _put_back(self) -> None:
        """Put the handlers back; should one of them raise meanwhile, then after the others."""
        try:
            for number, handler in self._handlers.items():
                # Whoever put another one there meanwhile knows why.
                if signal.getsignal(number) == self._arrive:
                    signal.signal(number, handler)
        except BaseException:
            self._put_back()
            raise
        self._handlers = {}

    def _run_arrived(self) -> None:
        """Run the handlers of all signals that have arrived, whether or not one of them raises."""
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
    """Let no signal leave what a function changes half changed."""

    @wraps(function)
    def whole(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        with HeldSignals():
            return function(*args, **kwargs)

    return whole
