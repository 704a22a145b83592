"""Timelines: growing tables of recorded numbers, read through views that never change.

A timeline keeps every row or, with a limit, thins its far past evenly: it divides the past into runs of equal length
and keeps of each run the rows in which some column is lowest or highest. A curve drawn from the remaining rows spans
the same values as the whole curve.
"""

from __future__ import annotations

import numpy as np

from playground.catalog.choice import Array


class Timeline:
    """Rows of float64 numbers, one per recorded moment.

    Without `most`, every row is kept. With it, at most `most` rows are kept (or 8 per column, if that is more): among
    them the first row, at least the latest quarter of `most` without a gap, and the rows with the lowest and the
    highest value that each column has ever had.
    """

    def __init__(self, columns: int, most: int | None = None) -> None:
        self.most = most
        self.rows = np.empty((256, columns))
        self.count = 0
        self.total = 0
        """The number of rows ever added."""
        self.thinned = np.empty(0, dtype=np.int64)
        """The indices, among all rows ever added, of the rows in the thinned past; no row after them is missing."""
        self.run = 1
        """The length of a run of the thinned past, a power of two."""

    @property
    def room(self) -> float:
        return np.inf if self.most is None else max(self.most, 8 * self.rows.shape[1])

    def append(self, row: Array | list[float]) -> None:
        """Add a row. Views returned earlier don't change."""
        self._make_room(1)
        self.rows[self.count] = row
        self.count += 1
        self.total += 1

    def extend(self, rows: Array) -> None:
        """Add several rows at once, shape (rows, columns)."""
        piece = len(rows) if self.most is None else int(self.room) // 4
        for start in range(0, len(rows), max(piece, 1)):
            block = rows[start : start + piece]
            self._make_room(len(block))
            self.rows[self.count : self.count + len(block)] = block
            self.count += len(block)
            self.total += len(block)

    def view(self) -> Array:
        """The rows that are kept, shape (rows, columns), read-only."""
        view = self.rows[: self.count]
        view.setflags(write=False)
        return view

    def copy(self) -> Timeline:
        result = Timeline(self.rows.shape[1], self.most)
        # The unused rest of the table is left out; `_make_room` adds it again.
        result.rows = self.rows[: self.count].copy()
        result.count, result.total = self.count, self.total
        result.thinned, result.run = self.thinned, self.run
        return result

    def within(self, most: int | None) -> Timeline:
        """An independent copy that keeps at most `most` rows; with None, as many as before."""
        result = self.copy()
        if most is not None:
            result.most = most
            result._make_room(0)
        return result

    def rearranged(self, sources: list[int | None]) -> Timeline:
        """A timeline whose column k is the old column sources[k], or NaN where that is None."""
        result = Timeline(len(sources), self.most)
        result.rows = np.full((len(self.rows), len(sources)), np.nan)
        result.count, result.total = self.count, self.total
        result.thinned, result.run = self.thinned, self.run
        for column, source in enumerate(sources):
            if source is not None:
                result.rows[:, column] = self.rows[:, source]
        return result

    def until(self, column: int, value: float) -> Timeline:
        """A timeline of the rows in which a column, which must never decrease, is at most `value`."""
        result = Timeline(self.rows.shape[1], self.most)
        count = int(np.searchsorted(self.view()[:, column], value, side="right"))
        result.rows, result.count, result.run = self.rows.copy(), count, self.run
        result.thinned = self.thinned[:count]
        result.total = self.total - self.count + count
        if 0 < count < len(self.thinned):
            result.total = int(self.thinned[count - 1]) + 1
        return result

    # Making room --------------------------------------------------------------------------------------------

    def _make_room(self, more: int) -> None:
        """Make space for `more` rows, which may be at most a quarter of `room`."""
        if self.count + more > self.room:
            self._thin()
        if self.count + more > len(self.rows):
            larger = np.empty((max(2 * len(self.rows), self.count + more), self.rows.shape[1]))
            larger[: self.count] = self.rows[: self.count]
            self.rows = larger

    def _thin(self) -> None:
        """Thin all but the latest quarter of the rows, so that at most three quarters of `room` are taken.

        Rows that were thinned before stay until the past fills half of `room`; then runs double in length.
        """
        # A timeline that had more columns had more room, so that more than three quarters may be thinned already.
        latest = max(self.count - int(self.room) // 4, len(self.thinned))
        first = self.total - self.count + len(self.thinned)
        places = np.concatenate([self.thinned, np.arange(first, self.total - self.count + latest)])
        done = int(np.searchsorted(places, first // self.run * self.run))
        kept = np.arange(latest) < done
        kept[done:] = _extreme_rows(self.rows[done:latest], places[done:] // self.run)
        past, self.thinned = self.rows[:latest][kept], places[kept]
        while len(past) > self.room // 2:
            self.run *= 2
            kept = _extreme_rows(past, self.thinned // self.run)
            past, self.thinned = past[kept], self.thinned[kept]
        rows = np.empty((int(self.room), past.shape[1]))
        self.count, recent = len(past) + self.count - latest, self.rows[latest : self.count]
        rows[: len(past)], rows[len(past) : self.count] = past, recent
        self.rows = rows


def _extreme_rows(rows: Array, runs: Array) -> Array:
    """Mark the rows, of shape (rows, columns), with the lowest or the highest number of a column in their run.

    `runs` gives the run of every row in ascending order. Of equal numbers only the first counts; the first row is
    always marked. Returns bool (rows,).
    """
    kept = np.zeros(len(rows), dtype=bool)
    kept[0] = True
    starts = np.flatnonzero(np.diff(runs, prepend=runs[0] - 1))
    lengths = np.diff(starts, append=len(rows))
    places = np.arange(len(rows))
    for column in np.ascontiguousarray(rows.T):
        for extreme in (np.fmin, np.fmax):
            hits = column == np.repeat(extreme.reduceat(column, starts), lengths)
            first = np.minimum.reduceat(np.where(hits, places, len(rows)), starts)
            kept[first[first < len(rows)]] = True
    return kept
