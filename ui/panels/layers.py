"""The stack of layers as cards, input side on top: add, remove, duplicate, and reorder by mouse or keyboard.

The engine matches weights by layer id, so every structural edit first gives ids to layers that have none.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import msgspec
from PySide6.QtCore import QPoint, QSize, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from playground import Experiment, Layer
from playground.catalog.activations import Tanh
from playground.catalog.features import FEATURES
from playground.experiment import MAX_LAYERS, new_id, with_ids
from playground.snapshot import LayerStatistics, Snapshot
from ui.form import tip
from ui.inputs import Edits, IconButton
from ui.panels.card import LayerCard, OutputCard
from ui.panels.panel import Panel, SlowText, heading
from ui.theme import GRID

FIRST_LAYER = Layer(units=4, activation=Tanh())
EDGE = 32
"""So close to the edge of the visible part, a dragged card makes the stack scroll."""


class LayersPanel(Panel):
    """The hidden layers, one card each, and the output layer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[LayerCard] = []
        self.snapshot: Snapshot | None = None
        self._follow: str | None = None
        self._text = SlowText(self)
        self._text.due.connect(self._write)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(GRID + GRID // 2, GRID, 0, GRID)
        outer.setSpacing(GRID // 2)
        outer.addLayout(self._title())
        self.view = self._stack()
        outer.addWidget(self.view, 1)
        self._prepare_drag()
        self.show_experiment(self.experiment)

    # Parts --------------------------------------------------------------------------------------------------

    def _title(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, GRID + GRID // 2, 0)
        line.setSpacing(GRID)
        self.compact = IconButton("rows", "Compact cards", "One line per layer, to see many at once.")
        self.compact.setObjectName("layers.compact")
        self.compact.setCheckable(True)
        self.compact.toggled.connect(self._set_compact)
        self.add_button = QPushButton("Add layer")
        self.add_button.setObjectName("layers.add")
        self.add_button.setAccessibleName("Add layer")
        self.add_button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.add_button.clicked.connect(self.add_layer)
        line.addWidget(heading("Layers"))
        line.addStretch(1)
        line.addWidget(self.compact)
        line.addWidget(self.add_button)
        return line

    def _stack(self) -> QScrollArea:
        self.stack = QWidget()
        self.stack.setProperty("plain", True)
        self.lines = QVBoxLayout(self.stack)
        self.lines.setContentsMargins(0, 0, GRID, 0)
        self.lines.setSpacing(GRID)
        self.inputs = QLabel()
        self.inputs.setProperty("quiet", True)
        self.inputs.setWordWrap(True)
        self.output = OutputCard()
        self.lines.addWidget(self.inputs)
        self.lines.addWidget(self.output)
        self.lines.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(self.stack)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return scroll

    def _new_card(self) -> LayerCard:
        card = LayerCard(self.stack)
        card.set_compact(self.compact.isChecked())
        card.edited.connect(self.ask)
        card.moved.connect(self._card_moved)
        card.removed.connect(self._card_removed)
        card.duplicated.connect(self._card_duplicated)
        card.header.grabbed.connect(self._grab)
        card.header.dragged.connect(self._drag)
        card.header.dropped.connect(self._drop)
        return card

    def _set_compact(self, compact: bool) -> None:
        self.lines.setSpacing(GRID // 2 if compact else GRID)
        for card in self.cards:
            card.set_compact(compact)

    # Showing ------------------------------------------------------------------------------------------------

    def show_experiment(self, experiment: Experiment) -> None:
        super().show_experiment(experiment)
        layers = experiment.layers
        cards = self._cards_for(layers)
        if cards != self.cards:
            self._arrange(cards)
        for index, (card, layer) in enumerate(zip(self.cards, layers, strict=True)):
            card.show_layer(layer, index)
        self._show_ends(experiment)
        if self._follow is not None:
            self._focus_layer(self._follow)

    def _cards_for(self, layers: Sequence[Layer]) -> list[LayerCard]:
        """A card for each layer: the one with its id, else a free one at its place, else a new one."""
        by_id = {card.layer_id: card for card in self.cards if card.layer_id is not None}
        chosen = [by_id.get(layer.id) if layer.id is not None else None for layer in layers]
        free = [card for card in self.cards if card not in chosen]
        for index, card in enumerate(chosen):
            if card is None:
                here = self.cards[index] if index < len(self.cards) else None
                if here in free and here is not None:
                    free.remove(here)
                    chosen[index] = here
        return [card if card is not None else self._new_card() for card in chosen]

    def _arrange(self, cards: list[LayerCard]) -> None:
        if self.held is not None:
            self.held.header.let_go(keep=False)
        for card in self.cards:
            self.lines.removeWidget(card)
            if card not in cards:
                card.take_out()
        for index, card in enumerate(cards):
            self.lines.insertWidget(index + 1, card)
            card.show()
        self.cards = cards
        stops = [stop for card in cards for stop in card.tab_stops]
        for before, after in itertools.pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _show_ends(self, experiment: Experiment) -> None:
        full = len(experiment.layers) >= MAX_LAYERS
        self.add_button.setEnabled(not full)
        self.add_button.setToolTip(
            tip(f"There can be at most {MAX_LAYERS} layers." if full else "Adds a layer like the last one.")
        )
        names = ", ".join(FEATURES[name].label for name in experiment.features)
        self.inputs.setText(f"Inputs: {names}")

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the gradients; their numbers change at most four times a second."""
        self.snapshot = snapshot
        for card, layer in self._measured(snapshot):
            card.gradient.show_statistics(layer)
        self.output.show_statistics(snapshot.layers[-1] if snapshot.layers else None)
        self._text.soon()

    def _measured(self, snapshot: Snapshot) -> Iterator[tuple[LayerCard, LayerStatistics | None]]:
        """Each card with what was measured of its layer, which may be of an older experiment than is shown."""
        hidden = snapshot.layers[:-1]
        by_name = {layer.name: layer for layer in hidden}
        for index, card in enumerate(self.cards):
            if card.layer_id is not None:
                yield card, by_name.get(card.layer_id)
            else:
                yield card, hidden[index] if len(hidden) == len(self.cards) else None

    def _write(self) -> None:
        for card in self.cards:
            card.gradient.write()
        self.output.gradient.write()

    # Edits --------------------------------------------------------------------------------------------------

    def add_layer(self) -> None:
        """Ask for one more layer next to the output, like the last one."""
        layers = self._identified()
        if len(layers) < MAX_LAYERS:
            new = msgspec.structs.replace(layers[-1] if layers else FIRST_LAYER, id=new_id(layers))
            self._ask_layers((*layers, new), f"new layer {new.id}", scroll_to=new.id)

    def duplicate_layer(self, index: int) -> None:
        """Ask for a copy of a layer right after it."""
        layers = self._identified()
        if len(layers) < MAX_LAYERS:
            copy = msgspec.structs.replace(layers[index], id=new_id(layers))
            words = f"layer {layers[index].id} duplicated"
            self._ask_layers((*layers[: index + 1], copy, *layers[index + 1 :]), words, focus=copy.id)

    def remove_layer(self, index: int) -> None:
        """Ask for the network without a layer."""
        layers = self._identified()
        rest = layers[:index] + layers[index + 1 :]
        neighbour = rest[min(index, len(rest) - 1)].id if rest else None
        self._ask_layers(rest, f"layer {layers[index].id} removed", focus=neighbour)

    def move_layer(self, index: int, to: int) -> None:
        """Ask for a layer at another place, counted without it."""
        layers = self._identified()
        if 0 <= to < len(layers) and to != index:
            rest = layers[:index] + layers[index + 1 :]
            moved = (*rest[:to], layers[index], *rest[to:])
            self._ask_layers(moved, f"layer {layers[index].id} moved", focus=layers[index].id)

    def _identified(self) -> tuple[Layer, ...]:
        """The shown layers, all with ids; the cards learn theirs at once, so that each stays with its layer."""
        Edits.end_open()
        layers = with_ids(self.experiment.layers)
        for card, layer in zip(self.cards, layers, strict=True):
            card.layer_id = layer.id
        return layers

    def _ask_layers(
        self, layers: tuple[Layer, ...], words: str, focus: str | None = None, scroll_to: str | None = None
    ) -> None:
        self._follow = focus
        self.ask("layers", layers, words)
        self._follow = None
        self._reveal_later(focus or scroll_to)

    def _focus_layer(self, layer_id: str) -> None:
        for card in self.cards:
            if card.layer_id == layer_id:
                card.setFocus(Qt.FocusReason.OtherFocusReason)

    def _reveal_later(self, layer_id: str | None) -> None:
        """Scroll to a card once the layout has put it in its place."""
        self._wanted = layer_id
        QTimer.singleShot(0, self._reveal)

    def _reveal(self) -> None:
        for card in self.cards:
            if card.layer_id is not None and card.layer_id == self._wanted:
                self.view.ensureWidgetVisible(card, 0, GRID)

    def _card_of(self, sender: object) -> LayerCard | None:
        return next((card for card in self.cards if sender in (card, card.header)), None)

    def _card_moved(self, by: int) -> None:
        card = self._card_of(self.sender())
        if card is not None:
            self.move_layer(card.index, card.index + by)

    def _card_removed(self) -> None:
        card = self._card_of(self.sender())
        if card is not None:
            self.remove_layer(card.index)

    def _card_duplicated(self) -> None:
        card = self._card_of(self.sender())
        if card is not None:
            self.duplicate_layer(card.index)

    # Dragging -----------------------------------------------------------------------------------------------

    def _prepare_drag(self) -> None:
        self.held: LayerCard | None = None
        self._at = QPoint()
        self.ghost = QLabel(self.stack)
        self.ghost.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.ghost.setProperty("ghost", True)
        self.ghost.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.mark = QFrame(self.stack)
        self.mark.setProperty("mark", True)
        self.mark.setFixedHeight(4)
        for widget in (self.ghost, self.mark):
            widget.hide()
        self._scrolling = QTimer(self, interval=16)
        self._scrolling.timeout.connect(self._scroll_on)

    def _grab(self) -> None:
        self.held = self._card_of(self.sender())
        if self.held is not None:
            # The header alone follows the mouse: a whole card would hide where it is going.
            strip = QSize(self.held.width(), self.held.header.geometry().bottom() + GRID // 2)
            self.ghost.setPixmap(self.held.header.grab())
            self.ghost.setFixedSize(strip)
            self.held.setProperty("held", True)
            restyle(self.held)
            for widget in (self.ghost, self.mark):
                widget.show()
                widget.raise_()
            self._scrolling.start()

    def _drag(self, at: QPoint) -> None:
        self._at = at
        if self.held is None:
            return
        here = self.stack.mapFromGlobal(at)
        self.ghost.move(self.held.x(), here.y() - GRID * 2)
        self.mark.setGeometry(self.held.x(), self._mark_y(self._place_at(here.y())), self.held.width(), 4)

    def _place_at(self, y: int) -> int:
        """The place among the other cards that a card held at height `y` would take."""
        return sum(card.geometry().center().y() < y for card in self.cards if card is not self.held)

    def _mark_y(self, place: int) -> int:
        others = [card for card in self.cards if card is not self.held]
        if place < len(others):
            return others[place].y() - GRID // 2 - 2
        last = others[-1] if others else self.held
        return last.geometry().bottom() + GRID // 2 - 1 if last is not None else 0

    def _scroll_on(self) -> None:
        view, bar = self.view.viewport(), self.view.verticalScrollBar()
        y = view.mapFromGlobal(self._at).y()
        if y < EDGE:
            bar.setValue(bar.value() - GRID)
        elif y > view.height() - EDGE:
            bar.setValue(bar.value() + GRID)
        else:
            return
        self._drag(self._at)

    def _drop(self, keep: bool) -> None:
        card, self.held = self.held, None
        self._scrolling.stop()
        for widget in (self.ghost, self.mark):
            widget.hide()
        if card is None:
            return
        card.setProperty("held", False)
        restyle(card)
        if keep:
            y = self.stack.mapFromGlobal(self._at).y()
            place = sum(other.geometry().center().y() < y for other in self.cards if other is not card)
            self.move_layer(card.index, place)


def restyle(widget: QWidget) -> None:
    """Make the style sheet see a changed property."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
