"""Progress of long work: the work reports how far it is, and a watcher around it shows that or stops the work.

A context variable connects both, so that functions in between need not pass anything on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

_Watcher: TypeAlias = Callable[[int, int], object]
"""A function called with the amount done and the whole amount; an exception that it raises ends the work."""

_watcher: ContextVar[_Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watch_progress(by: _Watcher) -> Iterator[None]:
    """Report the progress of all work inside this context, on this thread, to `by`."""
    token = _watcher.set(by)
    try:
        yield
    finally:
        _watcher.reset(token)


def report_progress(done: int, of: int) -> None:
    """Report progress to the watcher, if there is one. Call it about ten times a second, so that work can stop."""
    watch = _watcher.get()
    if watch is not None:
        watch(done, of)
