"""The picture of a study's outcomes, drawn without a display.

For one varied setting it is a curve with a band for the seeds, or a mark for each choice; for two settings a heat map;
for more, parallel axes with a line for each combination.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from playground.catalog.choice import Array
from playground.experiment.rules import possible_fields
from playground.experiment.words import settings_words
from playground.files.errors import one_line
from playground.interop.axes import Axis, spans_decades, tick_words
from playground.interop.lettering import font_for
from playground.studies.results import Results

_SIZE = (960, 640)
_LEFT, _TOP, _RIGHT, _BOTTOM = 90, 80, 140, 90
_MARGIN = 30
"""To the right of a curve, which has no scale of colours there."""
_SMOOTH = 3
"""The factor by which lines are drawn larger before they are scaled down, for smooth edges."""
_INK, _PAPER, _QUIET, _FAINT = "#1d2129", "#ffffff", "#5b6472", "#e4e7eb"
_LINE, _BAND, _BEST, _SEED = "#0a6ebd", "#d3e5f5", "#d55e00", "#9aa4b2"
_TYPE, _SMALL = 16, 13
_SCALE = ["#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725"]
"""Colours from the best to the worst outcome, in steps that look equal (viridis)."""
_MOST_LABELS, _MOST_LINES = 16, 3000
_Pen: TypeAlias = ImageDraw.ImageDraw


def study_picture(results: Results) -> bytes:
    """A PNG of the outcomes of a study."""
    image = Image.new("RGB", (_SIZE[0] * _SMOOTH, _SIZE[1] * _SMOOTH), _PAPER)
    sheet = _Sheet(image, results)
    paths = [path for path, values in results.study.vary.items() if len(values) > 1]
    if len(paths) <= 1:
        sheet.draw_curve(paths[0] if paths else next(iter(results.study.vary), ""))
    elif len(paths) == 2 and results.study.random is None and results.study.combinations == _pair_count(results, paths):
        sheet.draw_map(*paths)
    else:
        sheet.draw_parallel(paths)
    buffer = io.BytesIO()
    image.reduce(_SMOOTH).save(buffer, "PNG")
    return buffer.getvalue()


def _pair_count(results: Results, paths: list[str]) -> int:
    return len(results.study.vary[paths[0]]) * len(results.study.vary[paths[1]])


def _value_words(value: Any) -> str:
    """A varied value as text beside an axis."""
    if isinstance(value, dict):
        return str(value.get("kind", value))
    if isinstance(value, (list, tuple)):
        return "-".join(map(_value_words, value))
    if isinstance(value, bool) or value is None:
        return {True: "on", False: "off", None: "none"}[value]
    return tick_words(value) if isinstance(value, (int, float)) else str(value)


class _Sheet:
    """Draws the outcomes of a study; coordinates are pixels of the finished picture."""

    def __init__(self, image: Image.Image, results: Results) -> None:
        self._pen = ImageDraw.Draw(image)
        self._results, self._study = results, results.study
        self._losses = results.by_combination(results.measure)
        statuses = results.column("status").reshape(self._losses.shape)
        self._diverged, self._refused = (statuses == "diverged").any(axis=1), (statuses == "refused").any(axis=1)
        self._values = [self._study.values_of(k) for k in range(self._study.combinations)]
        self._left, self._top = _LEFT, _TOP
        self._right, self._bottom = _SIZE[0] - _RIGHT, _SIZE[1] - _BOTTOM

    # Pen ----------------------------------------------------------------------------------------------------------

    def _text(self, at: tuple[float, float], words: str, anchor: str, fill: str = _INK, size: int = _SMALL) -> None:
        font = font_for(words, size * _SMOOTH)
        place = (at[0] * _SMOOTH, at[1] * _SMOOTH)
        # With a white edge, text can be read on top of lines.
        edge = 2 * _SMOOTH
        self._pen.text(place, words, fill=fill, font=font, anchor=anchor, stroke_width=edge, stroke_fill=_PAPER)

    def _line(self, points: list[tuple[float, float]], fill: str, width: float = 1) -> None:
        scaled = [(x * _SMOOTH, y * _SMOOTH) for x, y in points]
        self._pen.line(scaled, fill=fill, width=round(width * _SMOOTH), joint="curve")

    def _dot(self, x: float, y: float, radius: float, fill: str) -> None:
        self._pen.circle((x * _SMOOTH, y * _SMOOTH), radius * _SMOOTH, fill=fill)

    def _box(self, box: tuple[float, float, float, float], fill: str | None, outline: str | None = None) -> None:
        scaled = [edge * _SMOOTH for edge in box]
        self._pen.rectangle(scaled, fill=fill, outline=outline, width=2 * _SMOOTH)

    def _head(self, paths: Sequence[str], note: str = "") -> None:
        """Draw the title (the outcome and the varied settings) and, below it, the number of runs."""
        study, measure = self._study, self._results.measure.replace("_", " ")
        by = settings_words(paths)
        self._text((self._left, 34), f"{measure.capitalize()}{by and f' by {by}'}", "ls", size=_TYPE)
        seeds = f"median of {study.seeds} seeds" if study.seeds > 1 else "one seed"
        words = ", ".join(filter(None, (one_line(study.experiment.name, 40), note, seeds)))
        if "training.epochs" not in study.vary:
            words += f", after {study.epochs:,} epochs"
        counts = {"diverged": self._diverged, "refused": self._refused}
        told = [f"{int(found.sum()):,} of {len(found):,} {name}" for name, found in counts.items() if found.any()]
        self._text((self._left, 54), "; ".join([words, *told]), "ls", _QUIET)

    def _draw_outcome_axis(self, axis: Axis, label: str) -> None:
        """Draw the axis of outcomes at the left."""
        for value in axis.ticks(8):
            y = axis.place(value)
            self._line([(self._left, y), (self._right, y)], _FAINT)
            self._text((self._left - 8, y), tick_words(value), "rm", _QUIET)
        self._text((self._left, self._top - 6), label, "ls", _QUIET)

    # One value ----------------------------------------------------------------------------------------------------

    def draw_curve(self, path: str) -> None:
        """Draw outcomes by one setting: a curve with a band if its values are numbers, else a mark for each."""
        self._right = _SIZE[0] - _MARGIN
        self._head([path] if path else [])
        axis = Axis.over(self._losses.ravel().tolist(), self._bottom, self._top)
        self._draw_outcome_axis(axis, "logarithmic" if axis.log else "")
        values = [one.get(path) for one in self._values]
        numeric = bool(values) and all(type(value) in (int, float) for value in values)
        across = self._axis_across(path, values) if numeric else None
        step = (self._right - self._left) / max(1, len(values))
        places = [self._left + (k + 0.5) * step for k in range(len(values))]
        if across is not None:
            places = [across.place(float(value)) for value in values if value is not None]
        low, middle, high = (self._results.quantile(self._results.measure, share) for share in (0.25, 0.5, 0.75))
        shown = [k for k in range(len(values)) if np.isfinite(middle[k])]
        if across and len(shown) > 1:
            edge = [(places[k], axis.place(high[k])) for k in shown] + [
                (places[k], axis.place(low[k])) for k in reversed(shown)
            ]
            self._pen.polygon([(x * _SMOOTH, y * _SMOOTH) for x, y in edge], fill=_BAND)
            self._line([(places[k], axis.place(middle[k])) for k in shown], _LINE, 2)
        for k in shown:
            if not across:
                self._line([(places[k], axis.place(low[k])), (places[k], axis.place(high[k]))], _BAND, 8)
            seeds = self._study.seeds
            for loss in self._losses[k][np.isfinite(self._losses[k])]:
                self._dot(places[k], axis.place(loss), 1.5 if seeds > 9 else 2.5, _SEED if seeds > 1 else _LINE)
            if len(self._losses[k]) > 1:
                self._dot(places[k], axis.place(middle[k]), 4, _LINE)
        best = self._results.best
        if best is not None and len(values) > 1:
            k = values.index(best.values[path])
            at = (places[k], axis.place(middle[k]))
            self._dot(*at, 6, _BEST)
            self._text((at[0], at[1] + 12), f"lowest mean: {_value_words(values[k])}", "ma", _BEST)
        for k in np.flatnonzero(self._diverged | self._refused).tolist():
            words = "diverged" if self._diverged[k] else "refused"
            self._text((places[k], self._top + 4), "×" if len(values) > _MOST_LABELS else words, "ma", _BEST)
        self._line([(self._left, self._bottom), (self._right, self._bottom)], _QUIET)
        if across:
            for value in across.ticks(8):
                self._text((across.place(value), self._bottom + 8), tick_words(value), "ma", _QUIET)
        else:
            stride = -(-len(values) // _MOST_LABELS)
            for k in range(0, len(values), stride):
                self._text((places[k], self._bottom + 8), _value_words(values[k])[:14], "ma", _QUIET)
        self._text(((self._left + self._right) / 2, self._bottom + 44), path, "ma")
        band = "line: median, band: quartiles, dots: seeds" if self._study.seeds > 1 else "one run each"
        self._text((self._left, self._bottom + 72), band, "ls", _QUIET)

    def _axis_across(self, path: str, values: list[Any]) -> Axis:
        fields = possible_fields(path)
        numbers = np.asarray(values, float)
        log = bool(fields and fields[0].log and numbers.min() > 0) or spans_decades(numbers)
        return Axis.over(values, self._left, self._right, log=log)

    # Two values ---------------------------------------------------------------------------------------------------

    def draw_map(self, down: str, across: str) -> None:
        """Draw the median outcome of each pair of two settings' values as a colour, with a frame around the best."""
        self._head([down, across])
        rows, columns = self._study.vary[down], self._study.vary[across]
        median = self._results.median(self._results.measure)
        # The last path of the study varies fastest.
        order = [path for path in self._study.vary if path in (down, across)]
        grid = median.reshape([len(self._study.vary[path]) for path in order])
        diverged = self._diverged.reshape(grid.shape)
        width, height = (self._right - self._left) / len(columns), (self._bottom - self._top) / len(rows)
        scale = _colour_scale(median)
        for i in range(len(rows)):
            for j in range(len(columns)):
                x, y = self._left + j * width, self._bottom - (i + 1) * height
                box = (x, y, x + width, y + height)
                known = np.isfinite(grid[i, j])
                self._box(box, _colour(scale.place(grid[i, j])) if known else _FAINT)
                if diverged[i, j] or not known:
                    self._line([(x, y + height), (x + width, y)], _BEST if diverged[i, j] else _QUIET, 1)
        best = self._results.best
        if best is not None:
            i, j = rows.index(best.values[down]), columns.index(best.values[across])
            x, y = self._left + j * width, self._bottom - (i + 1) * height
            self._box((x, y, x + width, y + height), None, _BEST)
        for k in range(0, len(columns), -(-len(columns) // _MOST_LABELS)):
            at = (self._left + (k + 0.5) * width, self._bottom + 8)
            self._text(at, _value_words(columns[k])[:10], "ma", _QUIET)
        for k in range(0, len(rows), -(-len(rows) // _MOST_LABELS)):
            self._text((self._left - 8, self._bottom - (k + 0.5) * height), _value_words(rows[k])[:10], "rm", _QUIET)
        self._text(((self._left + self._right) / 2, self._bottom + 44), across, "ma")
        self._text((8, self._top - 8), down, "ls", _QUIET)
        self._colour_bar(scale)
        words = "frame: lowest mean; line: diverged; grey: refused"
        self._text((self._left, self._bottom + 72), words, "ls", _QUIET)

    def _colour_bar(self, scale: Axis) -> None:
        x = self._right + 24
        height = self._bottom - self._top
        for k in range(100):
            y = self._bottom - (k + 1) * height / 100
            self._box((x, y, x + 16, y + height / 100), _colour(k / 99))
        placed = scale._replace(start=self._bottom, end=self._top)
        for value in placed.ticks():
            self._text((x + 22, placed.place(value)), tick_words(value), "lm", _QUIET)
        self._text((_SIZE[0] - 8, self._top - 8), f"{tick_words(scale.high)} or more", "rs", _QUIET)

    # More values --------------------------------------------------------------------------------------------------

    def draw_parallel(self, paths: list[str]) -> None:
        """Draw a line for each combination, across one axis per setting, to its outcome; the best lines on top."""
        self._head(paths, f"{len(self._values):,} combinations")
        median = self._results.median(self._results.measure)
        outcome = Axis.over(median.tolist(), self._bottom, self._top)
        step = (self._right - self._left) / len(paths)
        axes = [self._parallel_axis(path, self._left + k * step, k) for k, path in enumerate(paths)]
        shown, scale = np.flatnonzero(np.isfinite(median)), _colour_scale(median)
        for k in shown[np.argsort(median[shown])][::-1][-_MOST_LINES:].tolist():
            points = [(self._left + n * step, heights[k]) for n, (heights, _) in enumerate(axes)]
            points.append((self._right, outcome.place(median[k])))
            share = scale.place(median[k])
            self._line(points, _colour(share), 2 if share < 0.1 else 1)
        for n, (_, labels) in enumerate(axes):
            for height, words in labels:
                self._text((self._left + n * step - 6, height), words, "rm", _QUIET)
        self._line([(self._right, self._top), (self._right, self._bottom)], _INK)
        for value in outcome.ticks():
            self._text((self._right + 8, outcome.place(value)), tick_words(value), "lm", _QUIET)
        words = self._results.measure.replace("_", " ") + (", logarithmic" if outcome.log else "")
        self._text((self._right, self._bottom + 10), words, "ma")

    def _parallel_axis(self, path: str, x: float, place: int) -> tuple[Array, list[tuple[float, str]]]:
        """Draw the axis of a path; returns the y coordinate of each combination, and the labels with theirs."""
        values = [one[path] for one in self._values]
        self._line([(x, self._top), (x, self._bottom)], _QUIET)
        # Names of neighbouring axes alternate between two lines, since they may be long.
        self._text((x, self._bottom + 10 + 18 * (place % 2)), path.rpartition(".")[2], "ma")
        if all(type(value) in (int, float) for value in values):
            axis = Axis.over(values, self._bottom, self._top, log=spans_decades(np.asarray(values, float)))
            labels = [(axis.place(value), tick_words(value)) for value in axis.ticks()]
            return np.array([axis.place(value) for value in values]), labels
        names = list(dict.fromkeys(map(_value_words, values)))
        heights = np.linspace(self._bottom - 20, self._top + 20, len(names))
        labels = [(height, name[:14]) for name, height in zip(names, heights.tolist(), strict=True)]
        return np.array([heights[names.index(_value_words(value))] for value in values]), labels


def _colour_scale(outcomes: Array) -> Axis:
    """The scale from outcomes to 0…1 for colours; the worst outcomes share one colour, so that the others differ."""
    known = outcomes[np.isfinite(outcomes)]
    if not len(known):
        return Axis(0.0, 1.0, 0.0, 1.0)
    low, middle, high = float(known.min()), float(np.median(known)), float(known.max())
    return Axis(low, max(min(high, middle + 2 * (middle - low)), low + 1e-12), 0.0, 1.0)


def _colour(share: float) -> str:
    """The colour of an outcome on a scale from 0, the best, to 1."""
    at = share * (len(_SCALE) - 1)
    below = min(int(at), len(_SCALE) - 2)
    parts = [np.array([int(_SCALE[k][i : i + 2], 16) for i in (1, 3, 5)]) for k in (below, below + 1)]
    red, green, blue = (parts[0] + (at - below) * (parts[1] - parts[0])).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"
