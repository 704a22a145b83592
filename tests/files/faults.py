"""A disk that fails at one call."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest

DISK_CALLS = ("fsync", "replace", "link", "open")
"""The functions of `os` with which files are written atomically."""


class Faults:
    """Lets the n-th call that touches the disk fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fail_at: int, names: Sequence[str] = DISK_CALLS) -> None:
        self.calls, self.fail_at = 0, fail_at
        for name in names:
            monkeypatch.setattr(os, name, self.faulty(getattr(os, name)))

    def faulty(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.count()
            return real(*arguments, **named)

        return call

    def count(self) -> None:
        self.calls += 1
        if self.calls == self.fail_at:
            raise OSError(28, "No space left on device")
