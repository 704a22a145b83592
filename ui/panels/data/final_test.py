"""The result on the test points, shown only on request: settings tuned by it would make it too good."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground import InputError
from playground.catalog.datasets.base import Dataset
from playground.measure.requests import FinalTestRequest
from playground.measure.sentences import counted
from playground.measure.snapshot import FinalResult, Snapshot

from ...forms.buttons import identify, push_button
from ...forms.layouts import fill, tight
from ...look.numbers import number_text, percent_text

_ABOUT = (
    "How well the network does on the test points now. Look once, at the end: settings chosen by this result make it "
    "too optimistic."
)


class FinalTest(QWidget):
    """Button that asks for the result, and the result below it; hidden without test points."""

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.data: Dataset | None = None
        self.looks = 0
        self.waiting = False
        self.button = push_button("data.final_test", "Show the test result", _ABOUT, small=True)
        self.button.clicked.connect(self._ask)
        self.result = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        identify(self.result, "data.final_test.result", "Test result")
        fill(tight(QVBoxLayout(self)), self.button, self.result)

    def show_data(self, data: Dataset) -> None:
        """Restart the count of looks at the result, for another data set."""
        self.data, self.looks, self.waiting = data, 0, False
        self.result.hide()
        # A disabled button is not offered as a command either.
        self.button.setEnabled(_has_test(data))
        self.setVisible(_has_test(data))

    def _ask(self) -> None:
        self.waiting = True
        self.asked.emit()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the result if it was asked for and the snapshot has it."""
        result = snapshot.answer(FinalTestRequest)
        if self.waiting and result is not None and snapshot.experiment.data == self.data:
            self.waiting = False
            self.looks += 1
            words = _result_words(result, snapshot)
            if self.looks > 1:
                words += f" You have looked {self.looks} times: the more often, the less it says about new points."
            self.result.setText(words)
            self.result.show()


def _has_test(data: Dataset) -> bool:
    try:
        return data.tests
    except InputError:
        return False


def _result_words(result: FinalResult, snapshot: Snapshot) -> str:
    points = counted(result.points, "test point")
    if result.accuracy is None:
        score = ""
    elif snapshot.sample.task == "regression":
        score = f", R² {number_text(result.accuracy)}"
    else:
        score = f", {percent_text(result.accuracy)} right"
    return f"{points} at step {snapshot.step:,}: loss {number_text(result.loss)}{score}."
