"""How large the gradient is in every layer: over the whole training and now.

Three pictures stand side by side as far as there is room: a map, bars for the present sizes, and lines. Switches
above choose the size (∂E/∂W, δ, or how far an update moves the weights) and the pictures; the line below says what is
under the mouse, or else what ails the network, with a remedy as a button.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.measure.diagnosis import Finding
from playground.measure.snapshot import Snapshot

from ...forms.buttons import identify, push_button
from ...forms.layouts import tight
from ...look import theme
from ...look.beat import Throttle
from ...look.theme import px
from ..chart.controls import Choices, Controls, Option, ReadingLine, stack_chart
from ..chart.plot import Mouse
from ..chart.series import series_fingerprint
from ..view import View
from .chart import GradientChart
from .sizes import QUANTITIES, GradientQuantity, absence_states, recorded_sizes, sizes_of

_PICTURES = (
    Option("map", "Map", "The size of every layer at every step, as a colour. Shows where the gradient fades."),
    Option("lines", "Lines", "A line per layer over the steps, coloured by depth. Shows how the sizes develop."),
    Option("now", "Now", "A bar per layer for its present size. Shows how the layers compare."),
)
_SIZE_SCALES = (
    Option("log", "Log", "Equal steps are equal factors. The scale never moves, so that pictures can be compared."),
    Option("linear", "Linear", "From 0 to the largest size so far. Small sizes can't be told apart."),
)
_NARROWEST = {"map": 150, "lines": 190, "now": 150}
"""Pixels that a picture needs, its labels included."""


class _FindingLine(QWidget):
    """The diagnosis in two lines that are cut where there is no room, and the remedy as a button."""

    accepted = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.finding: Finding | None = None
        self.reading = self.idle = ""
        spoken = "What is under the mouse, or what ails the network"
        self.words = ReadingLine("gradients.words", spoken, self, lines=2)
        self.remedy = push_button("gradients.remedy", "Remedy", "Does what the diagnosis advises.", small=True)
        self.remedy.clicked.connect(self._accept)
        self.remedy.hide()
        line = tight(QHBoxLayout(self), theme.GRID)
        line.addWidget(self.words, 1)
        line.addWidget(self.remedy)
        self.setFixedHeight(self.words.maximumHeight())

    def show_finding(self, finding: Finding | None) -> None:
        if finding == self.finding:
            return
        self.finding = finding
        remedy = finding.remedy if finding else None
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self.remedy.setText(remedy.label)
            words = "and start again from the initial weights" if remedy.reset else "while training goes on"
            identify(self.remedy, None, remedy.label, f"{remedy.label}, {words}. Ctrl+Z takes it back.")
        self.words.setToolTip(finding.text if finding else "")
        self.write()

    def write(self) -> None:
        """Say what is under the mouse, or else the finding."""
        self.words.say(self.reading or (self.finding.text if self.finding else self.idle))

    def _accept(self) -> None:
        if self.finding is not None and self.finding.remedy is not None:
            self.accepted.emit(self.finding.remedy)


@dataclass(frozen=True)
class _GradientsShown:
    """The gradients as data. Layers stand in order, hidden then output."""

    quantity: str
    """The name of the shown size in LayerStatistics."""
    pictures: tuple[str, ...]
    """The visible pictures: map, lines, now."""
    logarithmic: bool
    """Whether the scale is the fixed logarithmic one."""
    bars: Array
    """The sizes of the bars, shape (layers,); NaN where there is none yet."""
    numbers: tuple[str, ...]
    """The same as texts."""
    map: Array
    """The colours of the history, uint8 (layers, columns, 4), transparent where nothing is known."""
    lines: tuple[Array, ...]
    """Steps (points,) and sizes (points, layers) of the lines."""
    reading: str


class GradientsView(View):
    """Switches above the pictures, and a line of words below them."""

    name, title = "gradients", "Gradients"
    SIZE, LEAST = (356, 240), (300, 160)

    remedy_accepted = Signal(object)
    """The Remedy that the person accepted."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Gradients of each layer")
        self._snapshot: Snapshot | None = None
        self._order = ["now", "map", "lines"]
        """The chosen pictures, the most recent first."""
        self._drawn: tuple[object, ...] = ()
        self._chart = GradientChart(self)
        self._mouse = Mouse(self._chart)
        self._mouse.moved.connect(self._read)
        self._below = _FindingLine(self)
        self._below.accepted.connect(self.remedy_accepted)
        self._controls = Controls("gradients.controls", self)
        options = [Option(quantity.field, quantity.symbol, quantity.help) for quantity in QUANTITIES]
        self._switch = self._controls.add(Choices("gradients.quantity", "Size", options))
        self._pictures = self._controls.add(Choices("gradients.pictures", "Pictures", _PICTURES))
        self._pictures.group.setExclusive(False)
        for button, option in zip(self._pictures.buttons, _PICTURES, strict=True):
            button.clicked.connect(lambda _=False, picture=option.value: self._on_picture(picture))
        self._scale = self._controls.add(Choices("gradients.scale", "Scale", _SIZE_SCALES))
        for control in (self._switch, self._scale):
            control.picked.connect(self._draw_again)
        stack_chart(self, self._controls, None, self._chart, self._below)
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()
        self._arrange()

    @property
    def _quantity(self) -> GradientQuantity:
        return QUANTITIES[self._switch.group.checkedId()]

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn again if no gradient has changed."""
        self._snapshot = snapshot
        field, layers = self._quantity.field, snapshot.layers
        names, states = tuple(layer.name for layer in layers), absence_states(snapshot, self._quantity)
        what = (field, self._scale.value, names, states)
        values = np.array([getattr(layer, field) for layer in layers]).tobytes()
        now = (what, values, *series_fingerprint(*recorded_sizes(snapshot.gradients, field, len(layers))))
        if now == self._drawn:
            return
        fresh, self._drawn = self._drawn[:1] != now[:1], now
        self._chart.show_sizes(sizes_of(snapshot, self._quantity, self._scale.value == "log"))
        self._write.request(at_once=fresh)

    def show_finding(self, finding: Finding | None) -> None:
        """Show a diagnosis below the pictures, with the remedy as a button; None: none."""
        self._below.show_finding(finding)

    def apply_theme(self) -> None:
        super().apply_theme()
        self._chart.apply_theme()

    def shown(self) -> _GradientsShown:
        chart = self._chart
        return _GradientsShown(
            quantity=self._quantity.field,
            pictures=chart.pictures,
            logarithmic=self._scale.value == "log",
            bars=chart.sizes.now.copy(),
            numbers=chart.texts,
            map=chart.heat.colours,
            lines=tuple(part.copy() for part in chart.lines.drawn),
            reading=self._below.words.text(),
        )

    def _draw_again(self) -> None:
        self._drawn = ()
        if self._snapshot is not None:
            self.show_snapshot(self._snapshot)

    def _on_picture(self, picture: str) -> None:
        """Show a picture, or put it away unless it is the only one."""
        if picture not in self._chart.pictures:
            self._order = [picture, *(other for other in self._order if other != picture)]
        elif len(self._chart.pictures) > 1:
            self._order = [other for other in self._order if other in self._chart.pictures and other != picture]
        self._arrange()
        self._draw_again()

    def _arrange(self) -> None:
        """Give the room to the pictures chosen last; what has no room comes back when there is."""
        room = self.width() - 2 * px(theme.GRID)
        shown: list[str] = []
        for picture in self._order:
            if not shown or px(_NARROWEST[picture]) <= room:
                shown.append(picture)
                room -= px(_NARROWEST[picture])
        pictures = tuple(option.value for option in _PICTURES if option.value in shown)
        self._chart.pictures, before = pictures, self._chart.pictures
        for button, option in zip(self._pictures.buttons, _PICTURES, strict=True):
            button.setChecked(option.value in shown)
        if pictures != before:
            self._draw_again()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._controls.fit(self.width() - 2 * px(theme.GRID))
        self._arrange()

    def _show_texts(self) -> None:
        self._chart.show_texts(self._chart.sizes.texts())
        self._below.idle = self._quantity.idle
        self._read()

    def _read(self) -> None:
        place, chart = self._mouse.place, self._chart
        chart.show_pointed(None if place is None else chart.at(place))
        self._below.reading = chart.words()
        self._below.write()
