"""The responses of several settings side by side, large: every start as a dot, and several outcomes below each other.

One column is of the setting in hand; those that are pinned stay. All outcomes of a column are of the same trainings.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground import Experiment, InputError
from playground.experiment.words import path_words
from playground.measure.snapshot import Snapshot
from playground.studies.knobs import knob_at
from playground.studies.reading import Measure, ResponseReading

from ...forms.buttons import IconButton, identify, push_button, tip
from ...forms.labels import ShortenedLabel
from ...forms.layouts import STRETCH, fill, tight
from ...look.theme import GRID, px
from ..chart.controls import Choices, ReadingLine
from ..chart.plot import LEFT
from ..view import View
from .chart import HELP, ResponseChart
from .view import MEASURES, measured_words, value_result

MOST_PINNED = 3
"""Settings that can be pinned side by side."""
_FIRST: tuple[Measure, ...] = ("loss", "accuracy")
"""The outcomes to begin with."""
_PIN_HELP = "Keeps this setting here while you turn to others, up to three side by side."
_MAP_HELP = "Tries all pairs of values of these two settings, as a map whose pixels open as experiments."
_MAP_NEEDS_MORE = "Off: a map needs two settings. Pin this one, then turn to another."
_MAP_NEEDS_FEWER = "Off: a map has room for two settings. Unpin one."
_NARROW = 270
"""The width of a column below which sentences take three lines and captions two, in pixels at zoom 1."""
_REPLACED = "losses of these values can't be compared."


@dataclass(frozen=True)
class ColumnShown:
    """What can be seen and read of one setting."""

    path: str
    label: str
    sentence: str
    captions: tuple[str, ...]
    """What is measured in each chart, or the outcome of the value that is looked at."""
    is_pinned: bool


class ResponseSheet(View):
    """Shows readings of several settings and outcomes, and asks for values."""

    name, title, tab = "responses", "Responses side by side", "Responses"
    icon = "chart-line"
    SIZE, LEAST = (640, 420), (240, 200)

    changed = Signal()
    """Other settings, or other outcomes, are wanted."""
    asked = Signal(str, object, bool)
    """The path, the value asked for, as in a reading, and whether more of the same follows."""
    weights_asked = Signal(str, object)
    """The path and the value that is wanted with the weights that it was trained to."""
    race_asked = Signal(str, object)
    copy_asked = Signal(str)
    save_asked = Signal(str)
    map_asked = Signal(str, str)
    """The paths of two settings, across and up."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.title)
        self.pinned: list[str] = []
        self.in_hand = ""
        """The path of the setting that is followed."""
        self._labels: dict[str, str] = {}
        self._columns: dict[str, _Column] = {}
        self.outcomes = Choices("responses.outcomes", "Outcomes", MEASURES)
        self.outcomes.group.setExclusive(False)
        for button, option in zip(self.outcomes.buttons, MEASURES, strict=True):
            button.setChecked(option.value in _FIRST)
            button.clicked.connect(self._choose_outcomes)
        self.map = push_button("responses.map", "Map of both", _MAP_HELP, small=True)
        self.map.clicked.connect(self._ask_map)
        self._line = tight(QHBoxLayout(), 2 * GRID)
        above = fill(QHBoxLayout(), self.outcomes, STRETCH, self.map)
        lines = tight(QVBoxLayout(self), GRID, (GRID, GRID, GRID, GRID // 2))
        lines.addLayout(above)
        lines.addLayout(self._line, 1)
        self.apply_theme()

    @property
    def paths(self) -> tuple[str, ...]:
        """The settings of the columns, from left to right."""
        follows = self.in_hand and self.in_hand not in self.pinned and len(self.pinned) < MOST_PINNED
        return (*self.pinned, *([self.in_hand] if follows else []))

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The chosen outcomes."""
        chosen = zip(self.outcomes.buttons, MEASURES, strict=True)
        return tuple(option.value for button, option in chosen if button.isChecked())  # type: ignore[misc]

    def follow(self, path: str) -> None:
        """Have a column for the setting in hand."""
        if path != self.in_hand:
            self.in_hand = path
            self._arrange()

    def show_experiment(self, experiment: Experiment) -> None:
        """Leave out settings that the experiment does not have."""
        there = [path for path in self.pinned if _has_knob(experiment, path)]
        if there != self.pinned:
            self.pinned = there
        shown = [path for path in self.paths if _has_knob(experiment, path)]
        self._labels = {path: path_words(experiment, path) for path in shown}
        self._arrange()

    def show_reading(self, reading: ResponseReading, measure: Measure) -> None:
        """Show what is known of a setting so far in one outcome."""
        if reading.knob.path in self._columns:
            self._columns[reading.knob.path].show_reading(reading, measure)

    def show_words(self, path: str, words: str) -> None:
        """Show words instead of the readings of a setting."""
        if path in self._columns:
            self._columns[path].show_words(words)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Wait for readings; no snapshot has any."""

    def leave_sight(self) -> None:
        for column in self._columns.values():
            column.end_edits()

    def apply_theme(self) -> None:
        super().apply_theme()
        for column in self._columns.values():
            column.apply_theme()

    def shown(self) -> tuple[ColumnShown, ...]:
        return tuple(self._columns[path].shown() for path in self.paths if path in self._columns)

    def chart(self, path: str, measure: Measure) -> ResponseChart:
        """Return the chart of a setting in one outcome."""
        return self._columns[path].charts[measure]

    def pin(self, path: str, on: bool = True) -> None:
        """Keep a setting, or let it go."""
        if on and path not in self.pinned and len(self.pinned) < MOST_PINNED:
            self.pinned.append(path)
        elif not on and path in self.pinned:
            self.pinned.remove(path)
        self._arrange()
        self.changed.emit()

    def _choose_outcomes(self) -> None:
        if not self.measures:
            # Something has to be shown.
            self.outcomes.buttons[0].setChecked(True)
        self._arrange()
        self.changed.emit()

    def _ask_map(self) -> None:
        across, up = self.paths
        self.map_asked.emit(across, up)

    def _arrange(self) -> None:
        """Have a column for each setting, with the charts of the chosen outcomes."""
        for path in [path for path in self._columns if path not in self.paths]:
            gone = self._columns.pop(path)
            self._line.removeWidget(gone)
            gone.hide()
            gone.deleteLater()
        for place, path in enumerate(self.paths):
            if path not in self._columns:
                self._columns[path] = self._make_column(path)
            column = self._columns[path]
            if self._line.indexOf(column) != place:
                self._line.insertWidget(place, column, 1)
            column.arrange(self._labels.get(path, path), self.measures, is_pinned=path in self.pinned)
        count = len(self.paths)
        why = "" if count == 2 else _MAP_NEEDS_MORE if count < 2 else _MAP_NEEDS_FEWER
        self.map.setEnabled(not why)
        identify(self.map, hint=tip(why, _MAP_HELP), about=f"{why} {_MAP_HELP}".strip())

    def _make_column(self, path: str) -> _Column:
        column = _Column(path, self)
        column.pin.clicked.connect(lambda on: self.pin(path, on))
        for chart in column.charts.values():
            chart.edits.given.connect(lambda value, changing: self.asked.emit(path, value, changing))
            chart.weights_asked.connect(lambda value: self.weights_asked.emit(path, value))
            for mine, own in (
                (chart.race_asked, self.race_asked),
                (chart.copy_asked, self.copy_asked),
                (chart.save_asked, self.save_asked),
            ):
                mine.connect(own)
        return column


class _Column(QWidget):
    """One setting: its name, a sentence, and a chart for each outcome."""

    def __init__(self, path: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.path = path
        self.name = ShortenedLabel(self)
        self.name.setProperty("strong", True)
        self.pin = identify(IconButton("push-pin", "Pin", _PIN_HELP), f"responses.pin.{path}")
        self.pin.setCheckable(True)
        self.pin.setProperty("small", True)
        self.sentence = identify(
            QLabel(wordWrap=True), f"responses.sentence.{path}", "What other values would do", tip(HELP)
        )
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._replaced: set[Measure] = set()
        """The outcomes that can't be compared here, whose charts are left out."""
        self.charts: dict[Measure, ResponseChart] = {}
        self.captions: dict[Measure, ReadingLine] = {}
        lines = tight(QVBoxLayout(self), 0)
        lines.addLayout(fill(tight(QHBoxLayout()), self.name, self.pin, wide=self.name))
        lines.addWidget(self.sentence)
        for option in MEASURES:
            measure: Measure = option.value  # type: ignore[assignment]
            self.captions[measure] = ReadingLine(f"responses.print.{measure}.{path}", option.text)
            self.captions[measure].setAlignment(LEFT)
            chart = self.charts[measure] = ResponseChart(f"responses.chart.{measure}.{path}", self, always_dots=True)
            chart.setAccessibleDescription(option.help)
            chart.looked.connect(lambda one=chart: self._look_along(one))
            lines.addWidget(self.captions[measure])
            lines.addWidget(chart, 1)
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take the colours, the font and the sizes from the current theme."""
        for chart in self.charts.values():
            chart.apply_theme()
        self._wrap()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._wrap()

    def _wrap(self) -> None:
        """Give words more lines where these are short."""
        is_narrow = self.width() < px(_NARROW)
        self.sentence.ensurePolished()
        spacing = self.sentence.fontMetrics().lineSpacing()
        self.sentence.setFixedHeight((3 if is_narrow else 2) * spacing + px(2))
        for caption in self.captions.values():
            caption.wrap(2 if is_narrow else 1)

    def arrange(self, label: str, measures: tuple[Measure, ...], *, is_pinned: bool) -> None:
        """Show the charts of some outcomes."""
        self.name.setText(label)
        identify(self.pin, spoken=f"Unpin {label}" if is_pinned else f"Pin {label}")
        self.pin.setChecked(is_pinned)
        for measure, chart in self.charts.items():
            chart.setAccessibleName(f"{self.captions[measure].accessibleName()} by {label}")
            self.captions[measure].setVisible(measure in measures)
            chart.setVisible(measure in measures and measure not in self._replaced)
        self._say()

    def show_reading(self, reading: ResponseReading, measure: Measure) -> None:
        """Show a reading in the chart of the outcome that was asked for."""
        chart, caption = self.charts[measure], self.captions[measure]
        if reading.measure == measure:
            self._replaced.discard(measure)
            chart.show_reading(reading)
        else:
            self._replaced.add(measure)
            chart.show_reading(None)
            caption.say(f"{caption.accessibleName()}: {_REPLACED}")
        chart.setVisible(not caption.isHidden() and measure not in self._replaced)
        self._say()

    def show_words(self, words: str) -> None:
        """Show words instead of readings."""
        for measure, chart in self.charts.items():
            chart.show_reading(None)
            chart.setAccessibleDescription(words)
            self.captions[measure].say("")
        self.sentence.setText(words)

    def end_edits(self) -> None:
        """End a drag."""
        for chart in self.charts.values():
            chart.edits.end()

    def shown(self) -> ColumnShown:
        """Return all that can be seen and read."""
        captions = tuple(caption.text() for caption in self.captions.values() if not caption.isHidden())
        return ColumnShown(self.path, self.name.text(), self.sentence.text(), captions, self.pin.isChecked())

    def _look_along(self, looking: ResponseChart) -> None:
        """Look at the same value in all outcomes."""
        for chart in self.charts.values():
            if chart is not looking and chart.reading is not None:
                chart.look_at(looking.place_looked_at)
        self._say()

    def _say(self) -> None:
        said = False
        between = next((words for chart in self.charts.values() if (words := chart.words_between)), "")
        for measure, chart in self.charts.items():
            reading, one = chart.reading, chart.looked_at
            if reading is None or chart.isHidden():
                continue
            caption = measured_words(reading) if one is None else value_result(one, reading, between)
            self.captions[measure].say(caption)
            chart.setAccessibleDescription(f"{reading.sentence} {caption}")
            if not said:
                said = True
                self.sentence.setText(reading.sentence)


def _has_knob(experiment: Experiment, path: str) -> bool:
    try:
        return knob_at(experiment, path) is not None
    except InputError:
        return False
