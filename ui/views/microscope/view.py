"""The microscope: forward and backward pass of one point, in numbers.

The point is picked in the boundary; the equations are those of the lecture, layer by layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.measure.microscope import Microscope
from playground.measure.requests import MicroscopeRequest
from playground.measure.snapshot import Snapshot

from ...forms.buttons import IconButton, identify
from ...forms.controls import Segments
from ...forms.layouts import quiet, tight
from ...look import theme
from ...look.beat import Throttle
from ...look.theme import px
from ..view import View
from .equations import EquationBlock, backward_blocks, forward_blocks, point_sentence
from .sheet import EquationSheet

MICROSCOPE_HINT = "Click a point in the boundary."
_MORE = "Its path through the network appears here in numbers: forward to the loss, then backward to the gradients."
_DIRECTIONS = ("Both", "Forward", "Backward")
_TIPS = (
    "Forward to the loss, then backward to the gradients.",
    "Only the path from the point to its loss. Shows what each layer computes from it.",
    "Only the path from the loss back to the gradients. Shows what this point would change.",
)


@dataclass(frozen=True)
class _MicroscopeShown:
    """The pass of a point as data."""

    sentence: str
    """The point, the network's answer and its loss; empty without a point."""
    blocks: tuple[EquationBlock, ...]


class MicroscopeView(View):
    """The view of the microscope: a sentence about the point, and its equations below."""

    name, title = "microscope", "Microscope"
    icon = "magnifying-glass"
    SIZE, LEAST = (640, 480), (260, 140)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Microscope")
        self._snapshot: Snapshot | None = None
        self._shown: tuple[object, ...] = ()
        self.words = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText)
        identify(self.words, "microscope.words", "The point in words").setProperty("strong", True)
        selectable = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        self.words.setTextInteractionFlags(selectable)
        self.hint = quiet(QLabel(f"{MICROSCOPE_HINT}\n{_MORE}", wordWrap=True, alignment=Qt.AlignmentFlag.AlignCenter))
        identify(self.hint, "microscope.hint").setMargin(px(2 * theme.GRID))
        self.sheet = EquationSheet()
        self.sheet.folding_changed.connect(self._show_folding)
        self._directions = self._make_directions()
        self.unfold = self._make_unfold()
        row, top = tight(QHBoxLayout(), theme.GRID), tight(QVBoxLayout(), theme.GRID)
        row.addWidget(self._directions)
        row.addWidget(self.unfold)
        row.addStretch(1)
        top.setContentsMargins(px(2 * theme.GRID), 0, px(2 * theme.GRID), 0)
        top.addWidget(self.words)
        top.addLayout(row)
        inside = QWidget()
        column = tight(QVBoxLayout(inside), theme.GRID)
        column.setContentsMargins(0, px(theme.GRID), 0, 0)
        column.addLayout(top)
        below = tight(QHBoxLayout())
        below.setContentsMargins(px(2 * theme.GRID), 0, 0, 0)
        below.addWidget(self.sheet)
        column.addLayout(below, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.hint)
        self._pages.addWidget(inside)
        tight(QVBoxLayout(self)).addWidget(self._pages)
        self._update = Throttle(self._show, self)
        self.apply_theme()

    def _make_directions(self) -> Segments:
        result = identify(Segments(_DIRECTIONS), "microscope.direction", "Direction")
        for name, tip, button in zip(_DIRECTIONS, _TIPS, result.buttons, strict=True):
            identify(button, f"microscope.direction.{name.lower()}", name, tip)
        result.setFixedWidth(px(216))
        result.show_index(0)
        result.chosen.connect(self._show_again)
        return result

    def _make_unfold(self) -> IconButton:
        words = "Show all rows and columns of large matrices. When off, only the first eight of each are shown."
        result = identify(IconButton("arrows-out-simple", "Whole matrices", words), "microscope.unfold")
        result.setText("Whole matrices")
        result.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        result.setCheckable(True)
        result.toggled.connect(self.sheet.set_everything)
        return result

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; numbers change at most four times a second."""
        self._snapshot = snapshot
        seen = snapshot.answer(MicroscopeRequest)
        if seen is None or not self._shown:
            self._update.now()
        elif self._shown[0] is not seen:
            self._update.request()

    def show_point(self, point: int | None) -> None:
        self.request(*([] if point is None else [MicroscopeRequest(point)]))

    def shown(self) -> _MicroscopeShown:
        blocks = self._blocks()
        return _MicroscopeShown(self.words.text() if blocks else "", tuple(blocks))

    def _seen(self) -> Microscope | None:
        return None if self._snapshot is None else self._snapshot.answer(MicroscopeRequest)

    def apply_theme(self) -> None:
        super().apply_theme()
        self.sheet.apply_theme()

    def _blocks(self) -> list[EquationBlock]:
        shot, seen, way = self._snapshot, self._seen(), self._directions.group.checkedId()
        if shot is None or seen is None or not seen.layers:
            return []
        ahead = forward_blocks(shot, seen) if way != 2 else []
        back = backward_blocks(shot, seen) if way != 1 else []
        return ahead + back

    def _show_again(self, _index: int) -> None:
        self.sheet.scrollToTop()
        self._show()

    def _show(self) -> None:
        blocks = self._blocks()
        self._pages.setCurrentIndex(1 if blocks else 0)
        self._shown = ()
        seen = self._seen()
        if not blocks or self._snapshot is None or seen is None:
            return
        self._shown = (seen,)
        words = point_sentence(self._snapshot, seen)
        if words != self.words.text() and not self.words.hasSelectedText():
            self.words.setText(words)
        self.sheet.setAccessibleDescription(words)
        self.sheet.show_blocks(blocks)
        self._show_folding()

    def _show_folding(self) -> None:
        self.unfold.setVisible(self.sheet.has_folds())
