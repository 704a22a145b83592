"""The network view: inputs, every unit with its live map of the plane, and what every wire carries.

The view follows the experiment at once, and fills in what snapshots know of it. It asks for changes through signals
and makes none itself. Hovering reads a unit, a wire or a bias in words; a click on a wire or a bias opens an editor
for its number.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.experiment.rules import MAX_LAYERS
from playground.experiment.tree import Experiment
from playground.measure.requests import ParametersRequest, UnitMapsRequest, UnitStatesRequest
from playground.measure.snapshot import Snapshot

from ...forms.buttons import identify
from ...forms.controls import Segments
from ...forms.labels import ShortenedLabel
from ...look import theme
from ...look.beat import Throttle
from ...look.theme import exact_px, px
from ..chart.axes import nice_limit
from ..chart.plot import style_words
from ..view import View
from .aligned_snapshot import AlignedSnapshot
from .diagram import INPUTS, Hit, NetworkStructure, structure_of
from .places import NetworkShown, Places
from .strokes import Carried, WireScale
from .weight_editor import ParameterEditing
from .widget import NetworkCanvas
from .wording import NETWORK_HINT, Wording

_POINTS = (24, 32, 48, 64)
"""The possible numbers of grid points along each side of a map; about one for each pixel of a tile."""
_SMALLEST_SCALE = 0.5
"""The least end of the scale of weights, so that a network of tiny weights looks like one."""
MOST_UNITS = 4096
_NOTICE_MILLISECONDS = 3000
_CARRIED: tuple[Carried, ...] = ("weights", "gradients")


class NetworkView(View):
    """The view of the network: a switch and a legend, the drawing, and a line of words below."""

    name, title = "network", "Network"
    icon = "tree-structure"
    SIZE = (420, 560)

    feature_toggled = Signal(str, bool)
    """The name of an input in files, and whether to use it."""
    units_asked = Signal(int, int)
    """The place of a hidden layer, and its new number of units."""
    layer_asked = Signal(int)
    """The place of a new layer among the hidden ones."""
    layer_opened = Signal(int)
    """The place of a hidden layer whose settings should open."""
    magnified = Signal(object)
    """The (place of the layer, unit) in focus; None for none."""
    weight_edited = Signal(object, object, object, object, object)
    """Name in weight files (W0, b0), place in that array (a tuple), value, words for the history of edits, and whether
    more of the same edit follows."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, UnitMapsRequest(_POINTS[0]), ParametersRequest(), UnitStatesRequest())
        self.setObjectName("network")
        self.setAccessibleName("Network")
        self._experiment: Experiment | None = None
        self._told = False
        self._outputs, self._output_activation = 1, ""
        self._snapshot: Snapshot | None = None
        self._aligned: AlignedSnapshot | None = None
        self._largest = 1.0
        self._magnified: tuple[int, int] | None = None
        self._canvas = NetworkCanvas(self)
        self._drawing = self._canvas.drawing
        self._scale = WireScale(self)
        self._words = ShortenedLabel(NETWORK_HINT)
        self._editing = ParameterEditing(self, self._canvas, self._places, lambda: self._wording)
        self._build()
        self._notice = ""
        self._noticed = QTimer(self, singleShot=True, interval=_NOTICE_MILLISECONDS)
        self._noticed.timeout.connect(self._read)
        self._slowly = Throttle(self._show_slow, self)
        self.apply_theme()

    def _build(self) -> None:
        self._switch = Segments(("Weights", "Gradients"), self)
        helps = (
            "Wires show the weights: blue for positive, orange for negative, thicker for larger.",
            "Wires show the gradients ∂E/∂w: how strongly the error pulls at each weight. Brighter means larger.",
        )
        for carried, button, words in zip(_CARRIED, self._switch.buttons, helps, strict=True):
            identify(button, f"network.{carried}", f"Wires show {carried}", words).setMinimumWidth(px(66))
        self._switch.show_index(0)
        self._switch.chosen.connect(self._show_values)
        identify(
            self._words,
            "network.reading",
            "What the mouse points at in the network",
            "What the mouse points at, or the keyboard has selected, in words and numbers.",
        )
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        above = QHBoxLayout()
        above.setSpacing(px(theme.GRID))
        above.addWidget(self._switch)
        above.addWidget(self._scale, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[px(theme.GRID)] * 4)
        layout.setSpacing(px(theme.GRID))
        layout.addLayout(above)
        layout.addWidget(self._canvas, 1)
        layout.addWidget(self._words)
        self._canvas.rearranged.connect(self._update_requests)
        self._canvas.rearranged.connect(self._refresh)
        self._canvas.pointed.connect(self._on_pointed)
        self._canvas.clicked.connect(self._on_clicked)
        self._canvas.double_clicked.connect(self._on_double_clicked)
        self._canvas.selected.connect(self._on_selected)
        self._canvas.key_asked.connect(self._on_key)
        self._canvas.inputs.toggled_feature.connect(self._toggle)
        self._editing.edited.connect(self.weight_edited)
        self._editing.changed.connect(self._read)

    def show_experiment(self, experiment: Experiment) -> None:
        self._told = True
        if experiment != self._experiment:
            self._experiment = experiment
            self._restructure()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment, as far as it belongs to the drawn network."""
        before, self._snapshot = self._snapshot, snapshot
        outputs, activation = snapshot.sample.outputs, snapshot.loss.output_activation.capitalize()
        experiment = self._experiment if self._told else snapshot.experiment
        fresh = before is None or before.experiment is not snapshot.experiment
        if (experiment, outputs, activation) != (self._experiment, self._outputs, self._output_activation):
            self._experiment, self._outputs, self._output_activation = experiment, outputs, activation
            self._restructure()
        else:
            self._align(fresh)
            # While training runs, several moments in a row have the same maps.
            if fresh or before is None or snapshot.answer(UnitMapsRequest) is not before.answer(UnitMapsRequest):
                self._show_maps()
            self._show_values()
        self._slowly.request()

    def _restructure(self) -> None:
        assert self._experiment is not None
        structure = structure_of(self._experiment, self._outputs, self._output_activation)
        if structure.shape != self._drawing.structure.shape:
            # What was pointed at or edited may be another number now, or none.
            self._editing.cancel()
            self._canvas.point_at(None)
        self._align(True, structure)
        # Settings that change nothing in the drawing are no reason to paint it again.
        if structure != self._drawing.structure:
            self._canvas.show_structure(structure)
        self._describe()

    def _align(self, fresh: bool, structure: NetworkStructure | None = None) -> None:
        if self._snapshot is None or self._experiment is None:
            self._aligned = None
        elif fresh or self._aligned is None:
            self._aligned = AlignedSnapshot(self._experiment, structure or self._drawing.structure, self._snapshot)
        else:
            self._aligned.snapshot = self._snapshot

    def _refresh(self) -> None:
        self._show_maps()
        self._show_values()
        self._slowly.request()

    def _show_maps(self) -> None:
        if self._aligned is not None:
            self._drawing.show_maps(*self._aligned.map_colours(self._drawing.columns, theme.current()))
            self._canvas.update()

    def _show_values(self) -> None:
        if self._aligned is None:
            return
        aligned, canvas = self._aligned, self._canvas
        values = aligned.wire_values(self._drawing.wires, self._carried)
        if self._carried == "weights":
            self._largest = _calm_scale(self._largest, values)
        columns = self._drawing.columns
        biases = {c.place: aligned.biases(c.place, self._carried)[c.first : c.first + c.shown] for c in columns}
        canvas.show_values(values, biases, self._carried, self._largest)
        self._scale.show_scale(self._carried, self._largest)

    def _show_slow(self) -> None:
        """Show dropped units and words, which would flicker at the pace of pictures."""
        if self._aligned is not None:
            places = [column.place for column in self._drawing.columns]
            states = {place: self._aligned.states(place) for place in places}
            if self._drawing.show_states({place: known for place, known in states.items() if known is not None}):
                self._canvas.update()
        self._editing.show_value()
        self._read()

    def apply_theme(self) -> None:
        super().apply_theme()
        self._canvas.apply_theme()
        self._scale.update()
        self._read()

    def shown(self) -> NetworkShown:
        return NetworkShown(
            structure=self._drawing.structure,
            wires=self._carried,
            selection=self._canvas.selection,
            reading=self._words.text(),
            description=self.accessibleDescription(),
            places=self._places(),
        )

    def _places(self) -> Places:
        return Places(self._drawing, self._canvas.pos())

    def _update_requests(self) -> None:
        columns = self._drawing.columns
        mapped: list[tuple[int, ...]] = [() for _ in self._drawing.structure.layers]
        for column in columns:
            mapped[column.place] = tuple(column.seen)
        side = 0.9 * exact_px(min((column.tile for column in columns), default=0.0))
        points = next((points for points in _POINTS if points >= side), _POINTS[-1])
        self.request(UnitMapsRequest(points, tuple(mapped)), ParametersRequest(), UnitStatesRequest())

    def _describe(self) -> None:
        words = self._drawing.structure.words()
        self.setAccessibleDescription(words)
        chosen = self._canvas.selection
        if chosen is not None:
            words = f"{words}. Selected: {self._wording.tile(*chosen)}"
        self._canvas.setAccessibleDescription(words)

    def _read(self) -> None:
        hit, chosen = self._canvas.looked_at, self._canvas.selection
        if hit is None and chosen is not None and self._canvas.hasFocus():
            hit = Hit("unit" if chosen[0] >= 0 else "feature", *chosen)
        column = self._drawing.diagram.column(hit.place) if hit is not None and hit.kind == "chip" else None
        words = self._wording.hit(hit, column) if hit is not None else ""
        style_words(self._words, theme.current().text if words else theme.current().quiet)
        notice = self._notice if self._noticed.isActive() else ""
        self._words.setText(notice or words or self._wording.idle(self._drawing.columns))
        # The line below says it, unless it has too little room.
        self._canvas.explain(words if self._canvas.hit is not None and self._words.is_cut else "")

    def _notify(self, words: str) -> None:
        """Say for a moment why something was not done."""
        self._notice = words
        self._noticed.start()
        self._read()

    @property
    def _carried(self) -> Carried:
        return _CARRIED[self._switch.group.checkedId()]

    @property
    def _wording(self) -> Wording:
        return Wording(self._drawing.structure, self._aligned)

    def _on_pointed(self, hit: Hit | None) -> None:
        self._magnify((hit.place, hit.unit) if hit is not None and hit.kind == "unit" else None)
        self._slowly.now()

    def _on_selected(self, chosen: tuple[int, int] | None) -> None:
        self._magnify(chosen if chosen is not None and chosen[0] >= 0 else None)
        self._describe()
        self._slowly.now()

    def _magnify(self, unit: tuple[int, int] | None) -> None:
        if unit != self._magnified:
            self._magnified = unit
            self.magnified.emit(unit)

    def _on_clicked(self, hit: Hit) -> None:
        self._editing.confirm()
        if hit.kind == "feature":
            self._toggle(self._drawing.structure.features[hit.unit])
        elif hit.kind == "unit":
            self._canvas.select((hit.place, hit.unit))
        elif hit.kind in ("bias", "wire"):
            self._edit(hit)
        elif hit.kind in ("fewer", "more"):
            self._ask_units(hit.place, 1 if hit.kind == "more" else -1)
        elif hit.kind == "insertion":
            self._ask_layer(hit.place)
        elif hit.kind == "chip":
            self._canvas.turn_page(hit.place)

    def _on_double_clicked(self, hit: Hit) -> None:
        if 0 <= hit.place < self._drawing.structure.output:
            self.layer_opened.emit(hit.place)

    def _on_key(self, what: str) -> None:
        """Do what a key asks for the selected unit or input."""
        assert self._canvas.selection is not None
        place, unit = self._canvas.selection
        hidden = 0 <= place < self._drawing.structure.output
        if what == "edit" and place == INPUTS:
            self._toggle(self._drawing.structure.features[unit])
        elif what == "edit":
            self._edit(Hit("bias", place, unit))
        elif what == "insert":
            self._ask_layer(min(place + 1, self._drawing.structure.output))
        elif what == "open" and hidden:
            self.layer_opened.emit(place)
        elif what in ("fewer", "more") and hidden:
            self._ask_units(place, 1 if what == "more" else -1)

    def _toggle(self, name: str) -> None:
        """Ask to add or remove an input; the last one stays."""
        used = self._drawing.structure.features
        if used == (name,):
            self._notify("The network needs at least one input.")
            self._canvas.inputs.show_features(used)
        else:
            self.feature_toggled.emit(name, name not in used)

    def _ask_units(self, place: int, more: int) -> None:
        units = self._drawing.structure.units(place) + more
        if 1 <= units <= MOST_UNITS:
            self.units_asked.emit(place, units)

    def _ask_layer(self, position: int) -> None:
        if self._drawing.structure.output < MAX_LAYERS:
            self.layer_asked.emit(position)
        else:
            self._notify(f"A network can have at most {MAX_LAYERS} layers.")

    def _edit(self, hit: Hit) -> None:
        if self._aligned is not None or not math.isnan(self._wording.value(hit)):
            self._editing.open(hit)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._editing.confirm()
        super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._editing.place()

    def hideEvent(self, event: QHideEvent) -> None:
        self.leave_sight()
        super().hideEvent(event)

    def leave_sight(self) -> None:
        self._editing.confirm()
        self._canvas.point_at(None)
        self._canvas.clearFocus()
        self._magnify(None)


def _calm_scale(before: float, values: Array) -> float:
    """The end of the scale of weights: a round number at or above all of them that shrinks only when far off."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return before
    needed = nice_limit(max(float(np.abs(finite).max()), _SMALLEST_SCALE))
    return before if needed <= before <= 2 * needed else needed
