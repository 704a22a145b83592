"""Timelines: tables that only grow, read through views that stay valid and never change."""

from __future__ import annotations

import numpy as np

from playground.catalog.choice import Array


class Timeline:
    """Rows of float64 numbers, one array per recorded moment. Memory is taken in doubling pieces."""

    def __init__(self, columns: int) -> None:
        self.rows = np.empty((256, columns))
        self.count = 0

    def append(self, row: Array | list[float]) -> None:
        """Add a row. Views handed out before keep showing what they showed."""
        if self.count == len(self.rows):
            self.rows = np.concatenate([self.rows, np.empty_like(self.rows)])
        self.rows[self.count] = row
        self.count += 1

    def extend(self, rows: Array) -> None:
        """Add many rows, shape (rows, columns)."""
        for row in rows:
            self.append(row)

    def view(self) -> Array:
        """All rows so far, shape (rows, columns), read-only."""
        view = self.rows[: self.count]
        view.setflags(write=False)
        return view

    def rearranged(self, sources: list[int | None]) -> Timeline:
        """A timeline whose column k is the old column sources[k], or NaN where that is None."""
        result = Timeline(len(sources))
        result.rows = np.full((len(self.rows), len(sources)), np.nan)
        result.count = self.count
        for column, source in enumerate(sources):
            if source is not None:
                result.rows[:, column] = self.rows[:, source]
        return result
