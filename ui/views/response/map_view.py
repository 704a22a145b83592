"""The map: the outcome over the values of two settings; every pair opens with its trained weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground import Experiment
from playground.experiment.paths import paths_of, value_at
from playground.experiment.words import path_words
from playground.studies.knobs import knob_at
from playground.studies.response_map import MapAxis, MapReading, map_axis

from ...forms.buttons import identify
from ...forms.controls import Combo
from ...forms.layouts import quiet, tight
from ...look.numbers import number_text, percent_text
from ...look.theme import GRID
from .comparison_view import ComparisonView
from .map_chart import MapChart

_FIRST = ("training.learning_rate", "training.batch_size")
_CLOSEST = 1e-3
"""The shortest part of a slider that a map is made of."""
Span = tuple[float, float]


@dataclass(frozen=True)
class MapShown:
    """The content of the map view as data."""

    paths: tuple[str, str]
    spans: tuple[Span, Span]
    sentence: str
    small_print: str
    pixels: int
    """The number of pixels that were trained or diverged."""
    is_whole: bool


class MapView(ComparisonView):
    """Shows readings of a map, and asks for other settings, other parts of them, and pixels."""

    name, title, tab, beside = "map", "Map of two settings", "Map", "confusion"
    icon = "map-trifold"
    SIZE, LEAST = (420, 420), (240, 220)

    changed = Signal()
    """Other settings, or other parts of them, are wanted."""
    asked = Signal(int, int)
    """The row and the column of the pixel to open."""
    chart: MapChart

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._offered: tuple[tuple[str, bool], ...] = ()
        """The paths of the experiment, and whether nothing is there."""
        self.paths = list(_FIRST)
        self.spans: list[Span] = [(0.0, 1.0), (0.0, 1.0)]
        self._labels: dict[str, str] = {}
        self.across = identify(Combo(self), "map.across", "Horizontal axis", "The setting on the horizontal axis.")
        self.up = identify(Combo(self), "map.up", "Vertical axis", "The setting on the vertical axis.")
        self.chart = MapChart(self)
        self.chart.setAccessibleDescription("No pair of values has been tried yet.")
        self._lay_out()
        for place, combo in enumerate((self.across, self.up)):
            combo.currentIndexChanged.connect(lambda index, place=place: self._choose(place, index))
        self.chart.looked.connect(self._say)
        self.chart.asked.connect(self.asked)
        self.chart.zoom_asked.connect(self._zoom)
        self.apply_theme()

    def _lay_out(self) -> None:
        lines = tight(QVBoxLayout(self), GRID // 2, (GRID, GRID // 2, GRID, 2))
        above = QHBoxLayout()
        for combo, words in ((self.up, "Vertical"), (self.across, "Horizontal")):
            caption = quiet(QLabel(words))
            caption.setBuddy(combo)
            above.addWidget(caption)
            above.addWidget(combo, 1)
        lines.addLayout(above)
        lines.addWidget(self.sentence)
        lines.addWidget(self.chart, 1)
        lines.addWidget(self.small_print)

    # What to map --------------------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        """Offer the settings that the experiment has."""
        paths = tuple((path, value_at(experiment, path) is None) for path in paths_of(experiment))
        if paths == self._offered:
            return
        self._offered = paths
        labels = {path: path_words(experiment, path) for path, _ in paths if knob_at(experiment, path)}
        for place, usual in enumerate(_FIRST):
            if self.paths[place] not in labels:
                self.paths[place], self.spans[place] = usual, (0.0, 1.0)
        if labels != self._labels:
            self._labels = labels
            for combo in (self.across, self.up):
                combo.blockSignals(True)
                combo.clear()
                combo.addItems(list(labels.values()))
                combo.blockSignals(False)
        self._show_paths()

    def _show_paths(self) -> None:
        for combo, path in zip((self.across, self.up), self.paths, strict=True):
            combo.show_index(list(self._labels).index(path))

    def _choose(self, place: int, index: int) -> None:
        path = list(self._labels)[index]
        if path == self.paths[1 - place]:
            self.paths.reverse()
            self.spans.reverse()
        else:
            self.paths[place], self.spans[place] = path, (0.0, 1.0)
        self._show_paths()
        self.changed.emit()

    def choose(self, across: str, up: str) -> None:
        """Map these two settings over the whole range of each."""
        if across in self._labels and up in self._labels:
            self.paths, self.spans = [across, up], [(0.0, 1.0), (0.0, 1.0)]
            self._show_paths()
            self.changed.emit()

    def axes(self, experiment: Experiment) -> tuple[MapAxis, MapAxis] | None:
        """The axes of the requested map, horizontal and vertical; None where the experiment lacks a setting."""
        if any(path not in self._labels for path in self.paths):
            return None
        knobs = [knob_at(experiment, path) for path in self.paths]
        made = [map_axis(knob, span) for knob, span in zip(knobs, self.spans, strict=True) if knob is not None]
        return (made[0], made[1]) if len(made) == 2 else None

    def _zoom(self, across: float, up: float, closer: float) -> None:
        spans = [_zoomed(span, at, closer) for span, at in zip(self.spans, (across, up), strict=True)]
        if spans != self.spans:
            self.spans = spans
            self.changed.emit()

    # What it shows ------------------------------------------------------------------------------------------------

    @property
    def reading(self) -> MapReading | None:
        """The reading that is shown."""
        return self.chart.reading

    def shown(self) -> MapShown:
        reading, words = self.reading, (self.sentence.text(), self.small_print.text())
        pixels = 0 if reading is None else int((np.isfinite(reading.numbers) | reading.diverged).sum())
        paths, spans = (self.paths[0], self.paths[1]), (self.spans[0], self.spans[1])
        return MapShown(paths, spans, *words, pixels, reading is not None and reading.is_whole)

    def _say(self) -> None:
        reading, cell = self.reading, self.chart.cell
        if reading is None:
            return
        if cell is not None:
            small_print = f"{_pair(reading, *cell)}: {_outcome_text(reading, *cell)}"
        elif reading.is_whole:
            small_print = f"{reading.outcome_words}, 1 start"
        else:
            small_print = f"{reading.outcome_words}, {100 * reading.share:.0f} % trained"
        self._write(reading.sentence, small_print)


def _pair(reading: MapReading, row: int, column: int) -> str:
    across, up = reading.across, reading.up
    return f"{across.knob.label} {across.words(column)}, {up.knob.label} {up.words(row)}"


def _outcome_text(reading: MapReading, row: int, column: int) -> str:
    if reading.diverged[row, column]:
        return "training diverges"
    value = float(reading.numbers[row, column])
    if np.isnan(value):
        return "not trained yet"
    return percent_text(value) if reading.scale == "accuracy" else number_text(value)


def _zoomed(span: Span, at: float, closer: float) -> Span:
    """A part of a span around a share of the way through it, within 0…1; all of the slider if `closer` is 0."""
    if not closer:
        return 0.0, 1.0
    low, high = span
    length = min(max((high - low) / closer, _CLOSEST), 1.0)
    begin = min(max(low + at * (high - low) - at * length, 0.0), 1.0 - length)
    return begin, begin + length
