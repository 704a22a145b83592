"""The other runs that pictures show beside the run: what it would have come to without its latest change."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from playground.measure.changes import When
from playground.measure.snapshot import Snapshot


class Ghost(NamedTuple):
    """The run without its latest change."""

    begun: When
    """The moment of the change."""
    now: Snapshot
    """As far as it has come."""


Others: TypeAlias = Ghost
"""One kind of other runs."""
