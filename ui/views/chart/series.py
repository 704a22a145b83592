"""Thinning and smoothing of curves: extremes, runs of rows, bands and moving means; room between their names."""

from __future__ import annotations

import math

import numpy as np

from playground.catalog.choice import Array


def run_length(length: int, columns: int) -> int:
    """The number of rows per run, a power of two, for about `columns` runs; it seldom changes as rows are added."""
    return int(2 ** max(0, math.ceil(math.log2(max(1, length) / columns))))


def thin_to_extremes(x: Array, y: Array, of: int | None = None, columns: int = 300) -> tuple[Array, Array]:
    """Thin a curve so that it looks the same: the lowest and the highest row of each run, and the end.

    A piece of a longer curve is thinned like the whole, which has `of` rows.
    """
    rows = len(x) if of is None else of
    if rows <= 4 * columns or not len(x):
        return x, y
    run = run_length(rows, columns)
    starts = np.arange(0, len(x), run)
    extremes = np.stack([np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)], axis=1).ravel()
    return np.append(np.repeat(x[starts], 2), x[-1]), np.append(extremes, y[-1])


def thin_evenly(x: Array, y: Array, of: int | None = None, columns: int = 300) -> tuple[Array, Array]:
    """Thin a smooth curve, or a piece of one that has `of` rows: a row of each run, and the end."""
    run = run_length(len(x) if of is None else of, columns)
    return (x, y) if run == 1 or not len(x) else (np.append(x[::run], x[-1]), np.append(y[::run], y[-1]))


def moving_mean(y: Array, window: int) -> Array:
    """The mean of the `window` rows, an odd number, around each row; of fewer at the ends."""
    sums = np.concatenate([[0.0], np.cumsum(y)])
    rows = np.arange(len(y))
    first, last = np.maximum(rows - window // 2, 0), np.minimum(rows + window // 2 + 1, len(y))
    result: Array = (sums[last] - sums[first]) / (last - first)
    return result


def band_outline(x: Array, y: Array, run: int) -> tuple[Array, Array]:
    """The outline of a band from the lowest to the highest of each `run` of rows; no row lies outside."""
    if not len(x):
        return x, y
    starts = np.arange(0, len(x), run)
    at = x[np.minimum(starts + run // 2, len(x) - 1)]
    at = np.concatenate([x[:1], at, x[-1:]])
    low, high = (np.pad(extreme.reduceat(y, starts), 1, mode="edge") for extreme in (np.minimum, np.maximum))
    return np.concatenate([at, at[::-1]]), np.concatenate([low, high[::-1]])


def series_fingerprint(*arrays: Array) -> tuple[object, ...]:
    """A value that changes whenever growing arrays do: length, first and last row of each."""
    parts: list[object] = [len(arrays[0])]
    if len(arrays[0]):
        parts += [end.tobytes() for array in arrays for end in (array[0], array[-1])]
    return tuple(parts)


def spread_apart(places: list[float], apart: float, low: float, high: float) -> list[float]:
    """Ascending places, moved as little as needed to be `apart` from each other and within low…high if they can."""
    result: list[float] = []
    for place in places:
        result.append(max(place, result[-1] + apart if result else low))
    ceiling = high
    for index in range(len(result) - 1, -1, -1):
        result[index] = min(result[index], ceiling)
        ceiling = result[index] - apart
    return result
