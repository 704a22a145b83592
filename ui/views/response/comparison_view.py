"""What pictures of comparisons share: a sentence first, then a chart, and how it is measured in small print."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from playground.measure.snapshot import Snapshot

from ...forms.buttons import identify
from ...forms.labels import NarrowedLabel
from ...look.theme import px
from ..chart.controls import ReadingLine
from ..view import View
from .chart import ResponseChart
from .map_chart import MapChart


class ComparisonView(View):
    """Shows readings in a chart, or words in their place."""

    chart: ResponseChart | MapChart

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.title)
        self.sentence = identify(NarrowedLabel(wordWrap=True), f"{self.name}.sentence", "What other values would do")
        self.sentence.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.small_print = ReadingLine(f"{self.name}.print", "How this is measured")

    def show_reading(self, reading: Any) -> None:
        """Show what is known so far."""
        self.chart.show_reading(reading)
        self._say()

    def show_words(self, words: str) -> None:
        """Show words instead of a reading."""
        self.chart.show_reading(None)
        self._write(words, "")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Wait for readings; no snapshot has any."""

    def apply_theme(self) -> None:
        super().apply_theme()
        # It may not have been shown yet.
        self.sentence.ensurePolished()
        self.sentence.setFixedHeight(2 * self.sentence.fontMetrics().lineSpacing() + px(2))
        self.chart.apply_theme()

    @abstractmethod
    def _say(self) -> None:
        """Write about the reading and what is looked at."""

    def _write(self, sentence: str, small_print: str) -> None:
        if sentence != self.sentence.text():
            self.sentence.setText(sentence)
        self.small_print.say(small_print)
        self.chart.setAccessibleDescription(f"{sentence} {small_print}".strip())
