"""The response: the outcome of the experiment over the values of one setting, before any of them is chosen.

A sentence stands first; the chart below has the median over a few starts, with a band from the lowest to the highest.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.measure.sentences import counted
from playground.studies.reading import ResponseReading, ValueOutcome
from playground.studies.response import HORIZONS

from ...forms.bars import Bar
from ...forms.buttons import IconButton, identify, tip
from ...forms.labels import LabelPlace
from ...forms.layouts import tight
from ...look.numbers import number_text, percent_text
from ...look.theme import GRID, px
from ..chart.controls import Choices, Controls, Option
from .chart import HELP, ResponseChart
from .comparison_view import ComparisonView

MEASURES = (
    Option("loss", "Loss", "The validation loss at the end, or the training loss without validation points."),
    Option("accuracy", "Accuracy", "The share of validation points classified correctly at the end, or R²."),
    Option("epochs", "Epochs", "How soon the validation accuracy reaches 95 %, or R² 0.9."),
    Option("gap", "Gap", "How far the validation loss exceeds the training loss at the end: overfitting."),
    Option("gradient", "Gradient", "The share of the output layer's gradient that reaches layer 1 at the end."),
)
_HORIZONS = (
    Option("0", "Auto", "100, 200 or 500 epochs: the next that the run has not passed."),
    *(Option(str(n), f"{n:,}", f"Trains every value for {n:,} epochs.") for n in HORIZONS),
)
_BEGINNINGS = (
    Option("start", "the start", "Every value trains from the same few starts."),
    Option("here", "here", "Every value continues from the present weights: what would happen next."),
)

_ROOMY = 128
"""The height at zoom 1 from which the small print may take two lines."""
_FROM_START = " from the start"
"""The words that the small print goes without where it has no room."""
_ENLARGE_HELP = "Shows responses large: every start as a dot, several outcomes, up to three settings side by side."


@dataclass(frozen=True)
class ResponseShown:
    """The content of the response view as data."""

    path: str
    sentence: str
    small_print: str
    values: tuple[ValueOutcome, ...]
    present: int
    is_whole: bool


class ResponseView(ComparisonView):
    """Shows readings of a response and asks for values."""

    name, title = "response", "Response"
    icon = "trend-down"
    SIZE, LEAST = (264, 150), (160, 98)

    asked = Signal(str, object, bool)
    """The path, the value asked for, as in a reading, and whether more of the same follows."""
    weights_asked = Signal(str, object)
    """The path and the value that is wanted with the weights that it was trained to."""
    enlarged = Signal()
    """The responses are wanted larger."""
    chart: ResponseChart

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = ResponseChart("response.chart", self)
        identify(self.sentence, hint=tip(HELP))
        self.enlarge = identify(
            IconButton("magnifying-glass-plus", "Enlarge the response", _ENLARGE_HELP), "response.enlarge"
        )
        self.enlarge.setProperty("small", True)
        self.enlarge.clicked.connect(self.enlarged)
        self.controls = Controls("response.controls")
        self.measure = self.controls.add(Choices("response.measure", "Outcome", MEASURES))
        self.horizon = self.controls.add(Choices("response.horizon", "Epochs", _HORIZONS))
        self.beginning = self.controls.add(Choices("response.beginning", "From", _BEGINNINGS))
        self.controls.fit(0)
        lines = tight(QVBoxLayout(self), 2, (GRID, GRID // 2, GRID, 2))
        above = QHBoxLayout()
        above.setSpacing(0)
        above.addWidget(LabelPlace(self.sentence), 1)
        for button in (self.enlarge, self.controls):
            above.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        lines.addLayout(above)
        lines.addWidget(self.chart, 1)
        lines.addWidget(LabelPlace(self.small_print))
        self.chart.edits.given.connect(self._ask)
        self.chart.weights_asked.connect(self._ask_weights)
        self.chart.looked.connect(self._say)
        self.apply_theme()

    @property
    def reading(self) -> ResponseReading | None:
        """The reading that is shown."""
        return self.chart.reading

    def apply_theme(self) -> None:
        super().apply_theme()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Give the small print a second line only where the chart can spare it."""
        self.small_print.wrap(2 if self.height() >= px(_ROOMY) else 1)
        self._say()

    def leave_sight(self) -> None:
        self.chart.edits.end()

    def shown(self) -> ResponseShown:
        words = self.sentence.text(), self.small_print.text()
        if self.reading is None:
            return ResponseShown("", *words, (), -1, False)
        return ResponseShown(
            self.reading.knob.path, *words, self.reading.values, self.reading.knob.present, self.reading.is_whole
        )

    def _ask(self, value: object, changing: bool) -> None:
        if self.reading is not None:
            self.asked.emit(self.reading.knob.path, value, changing)

    def _ask_weights(self, value: object) -> None:
        if self.reading is not None:
            self.weights_asked.emit(self.reading.knob.path, value)

    def _say(self) -> None:
        reading, one = self.reading, self.chart.looked_at
        if reading is None:
            return
        between = self.chart.words_between
        self._write(reading.sentence, self._measured(reading) if one is None else value_result(one, reading, between))

    def _measured(self, reading: ResponseReading) -> str:
        """Say what is measured; where there is no room for all, not that training begins at the start."""
        words, line = measured_words(reading), self.small_print
        is_whole = line.wordWrap() or line.fontMetrics().horizontalAdvance(words) <= self.width() - px(2 * GRID)
        return words if is_whole else words.replace(_FROM_START, "")

    def _write(self, sentence: str, small_print: str) -> None:
        super()._write(sentence, small_print)
        label = "" if self.reading is None else f" of the {self.reading.knob.label}"
        self.chart.setAccessibleName(f"Response{label}")


def measured_words(reading: ResponseReading) -> str:
    """Say what is measured, and from how many starts or how much of it has been trained."""
    if reading.is_whole:
        return f"{reading.outcome_words}, {counted(reading.present.n, reading.repeats)}"
    return f"{reading.outcome_words}, {100 * reading.share:.0f} % trained"


def value_result(one: ValueOutcome, reading: ResponseReading, between: str = "") -> str:
    """Say what one value comes to; `between` are the words of another one, which is nearest to it."""
    words = f"{between} (nearest tried: {one.words})" if between else one.words
    return f"{words}: {outcome_text(one, reading)}"


def response_bars(reading: ResponseReading) -> list[Bar | None]:
    """Return a bar for the median of every value, on a common scale; hatched where training diverges."""
    medians = [abs(one.median) for one in reading.values if math.isfinite(one.median)]
    most = max(medians, default=0.0) or 1.0
    text = percent_text if reading.scale == "accuracy" else number_text
    bars: list[Bar | None] = []
    for one in reading.values:
        if not one.n:
            bars.append(None)
        elif math.isfinite(one.median):
            bars.append(Bar(abs(one.median) / most, text(one.median), one.is_better, bool(one.diverged)))
        else:
            bars.append(Bar(1.0, "diverges", is_hatched=True))
    return bars


def outcome_text(one: ValueOutcome, reading: ResponseReading) -> str:
    """The outcome of a value in words: the median, the lowest and highest, and the number of starts."""
    if one.refused:
        return one.refused
    if not one.n:
        return "not trained yet"
    if one.diverged == one.n:
        return "training diverges"
    text = percent_text if reading.scale == "accuracy" else number_text
    ends = f" ({text(one.low)} to {text(one.high)})" if one.n > 1 else ""
    late = one.median >= reading.most
    median = f"not within {reading.most:,.0f}" if late else text(one.median)
    return f"{median}{ends}, {counted(one.n, reading.repeats)}"
