"""What ails the network, or what is under the mouse, in words below the pictures, with a remedy as a button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from playground.measure.diagnosis import Finding
from ui.look import theme
from ui.look.theme import px
from ui.views.chart.controls import ReadingLine
from ui.views.chart.plot import LEFT


class FindingLine(QWidget):
    """What ails the network, in two lines that are cut where there is no room, and the remedy as a button."""

    _HEIGHT = 30

    accepted = Signal(object)
    """The Remedy that the person wants."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.finding: Finding | None = None
        self.reading = self.idle = ""
        self.words = ReadingLine("What is under the mouse, or what ails the network", self)
        self.words.setObjectName("gradients.words")
        self.words.setAlignment(LEFT)
        self.remedy = QPushButton(self)
        self.remedy.setObjectName("gradients.remedy")
        self.remedy.setAccessibleName("Remedy")
        self.remedy.setToolTip("Does what the diagnosis advises.")
        self.remedy.setProperty("small", True)
        self.remedy.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.remedy.clicked.connect(self._accept)
        self.remedy.hide()
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(px(theme.GRID))
        line.addWidget(self.words, 1)
        line.addWidget(self.remedy)
        # The height never depends on what is said.
        self.words.setWordWrap(True)
        self.words.setFixedHeight(px(self._HEIGHT))
        self.setFixedHeight(px(self._HEIGHT))

    def show_finding(self, finding: Finding | None) -> None:
        """Show what ails the network, or nothing."""
        if finding == self.finding:
            return
        self.finding = finding
        remedy = finding.remedy if finding else None
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self.remedy.setText(remedy.label)
            self.remedy.setAccessibleName(remedy.label)
            words = "and start again from the initial weights" if remedy.reset else "while training goes on"
            self.remedy.setToolTip(f"{remedy.label}, {words}. Ctrl+Z takes it back.")
        self.words.setToolTip(finding.text if finding else "")
        self.write()

    def write(self) -> None:
        """What is under the mouse comes first, then the finding."""
        self.words.say(self.reading or (self.finding.text if self.finding else self.idle))

    def _accept(self) -> None:
        if self.finding is not None and self.finding.remedy is not None:
            self.accepted.emit(self.finding.remedy)
