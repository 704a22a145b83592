"""What all tests share: no display, no user's settings, and no thread that outlives its test."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def no_stray_threads() -> Iterator[None]:
    """Fail a test that leaves a Python thread behind."""
    before = set(threading.enumerate())
    yield
    # Threads that Qt started look like dummies to Python; tests/ui watches those themselves.
    ours = [thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)]
    stray = [thread for thread in ours if thread not in before and thread.is_alive()]
    assert not stray, f"threads left running: {stray}"
