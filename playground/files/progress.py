"""How far long work is. Who does it notes that as it goes; who wants to know, or to stop it, watches.

Neither has to hand anything through what lies between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Watcher: TypeAlias = Callable[[int, int], object]
"""Called with how much of how much is done. What it raises ends the work."""

watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watched(by: Watcher) -> Iterator[None]:
    """Within this, and on this thread, `by` hears how far work is."""
    token = watcher.set(by)
    try:
        yield
    finally:
        watcher.reset(token)


def note(done: int, of: int) -> None:
    """Tell whoever watches, if anybody does. Call it often enough that work can be stopped: some ten times a second."""
    watch = watcher.get()
    if watch is not None:
        watch(done, of)
