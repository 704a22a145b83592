"""The stack of layers as cards, input side on top: add, remove, copy, shape, and reorder by mouse or keyboard.

The engine matches weights by layer id, so every structural edit first gives ids to layers that have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from playground import Experiment, Layer
from playground.catalog.features import FEATURES
from playground.experiment.layer_names import layer_name, layer_phrase
from playground.experiment.rules import MAX_LAYERS
from playground.experiment.tree import new_id, with_ids
from playground.measure.snapshot import LayerStatistics, Snapshot

from ...forms.buttons import IconButton
from ...forms.edits import Edits
from ...forms.layouts import STRETCH, fill, quiet, scrolling, set_tab_order, tight
from ...look.beat import Throttle
from ...look.theme import GRID, px
from ..panel import Panel, heading
from .card import LayerCard, OutputCard
from .palette import FIRST_LAYER, Chip, Palette
from .shapes import ShapeButton, widths_words, with_widths
from .stack_drag import StackDrag


class LayersPanel(Panel):
    """The hidden layers, one card each, and the output layer."""

    shaped = Signal(str)
    """Carries what choosing a shape has changed, in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[LayerCard] = []
        self._asleep = self._missed = False
        self.snapshot: Snapshot | None = None
        self._follow: str | None = None
        self._text = Throttle(self._write, self)
        title, self.view = self._title(), self._stack()
        self.new_layers = Palette()
        self.new_layers.setContentsMargins(0, 0, px(GRID), 0)
        outer = tight(QVBoxLayout(self), margins=(GRID, GRID, 0, GRID))
        fill(outer, title, self.new_layers, self.view, wide=self.view)
        self.drag = StackDrag(self, self.view, self.stack, self.inputs)
        self.drag.card_dropped.connect(self._move_layer)
        self.drag.chip_dropped.connect(self._add_layer)
        for chip in self.new_layers.chips:
            chip.clicked.connect(self._chip_clicked)
            self.drag.follow_chip(chip)
        self.show_experiment(self.experiment)

    def _title(self) -> QHBoxLayout:
        self.shape = ShapeButton()
        self.shape.chosen.connect(self.take_shape)
        self.compact = IconButton("rows", "Compact cards", "One line per layer, to see many at once.")
        self.compact.setObjectName("layers.compact")
        self.compact.setCheckable(True)
        self.compact.toggled.connect(self._set_compact)
        line = tight(QHBoxLayout(), GRID, (0, 0, GRID, 0))
        return fill(line, heading("Layers"), STRETCH, self.shape, self.compact)

    def _stack(self) -> QScrollArea:
        self.stack = QWidget()
        self.stack.setProperty("plain", True)
        self.inputs = quiet(QLabel(wordWrap=True))
        self.output = OutputCard()
        self.hint = quiet(
            QLabel(
                "No hidden layers: the network can only weigh and add its inputs. Click a kind of layer to add it, or "
                "drag it in.",
                wordWrap=True,
            )
        )
        self.lines = tight(QVBoxLayout(self.stack), GRID, (0, 0, GRID, 0))
        fill(self.lines, self.inputs, self.hint, self.output, STRETCH)
        scroll = scrolling(self.stack)
        scroll.verticalScrollBar().rangeChanged.connect(self._make_room_for_bar)
        return scroll

    def _make_room_for_bar(self, _low: int, high: int) -> None:
        """Keep the cards as wide as they are when the scroll bar comes or goes."""
        self.lines.setContentsMargins(0, 0, px(0 if high else GRID), 0)

    def _new_card(self) -> LayerCard:
        card = LayerCard(self.stack)
        card.set_compact(self.compact.isChecked())
        card.edited.connect(self.ask)
        card.moved.connect(self._move_layer)
        card.removed.connect(self.remove_layer)
        card.duplicated.connect(self._duplicate_layer)
        self.drag.follow_card(card)
        return card

    def _set_compact(self, compact: bool) -> None:
        self.lines.setSpacing(px(GRID // 2 if compact else GRID))
        for card in self.cards:
            card.set_compact(compact)

    def sleep(self) -> None:
        """Stop making cards while the panel is out of sight, since thirty take a second."""
        self._asleep = True

    def wake(self) -> None:
        """Show what has changed since `sleep`."""
        self._asleep = False
        if self._missed:
            self.show_experiment(self.experiment)

    def complete(self) -> None:
        """Make every control of every card, folded away or not."""
        self.wake()
        for card in self.cards:
            card.complete()

    def show_experiment(self, experiment: Experiment) -> None:
        super().show_experiment(experiment)
        self.shape.present = [layer.units for layer in experiment.layers] or [FIRST_LAYER.units]
        self._missed = self._asleep
        if self._asleep:
            return
        cards = self._cards_for(experiment.layers)
        if cards != self.cards:
            self._arrange(cards)
        for index, card in enumerate(cards):
            card.show_layer(experiment, index)
        self._show_ends(experiment)
        for card in self.cards:
            if self._follow is not None and card.layer_id == self._follow:
                card.setFocus(Qt.FocusReason.OtherFocusReason)

    def _cards_for(self, layers: Sequence[Layer]) -> list[LayerCard]:
        """Find a card for each layer: the one with its id, else a free one at its place, else a new one."""
        by_id = {card.layer_id: card for card in self.cards if card.layer_id is not None}
        chosen = [by_id.get(layer.id) if layer.id is not None else None for layer in layers]
        free = [card for card in self.cards if card not in chosen]
        for index, here in enumerate(self.cards[: len(chosen)]):
            if chosen[index] is None and here in free:
                chosen[index] = here
        return [card if card is not None else self._new_card() for card in chosen]

    def _arrange(self, cards: list[LayerCard]) -> None:
        self.drag.give_up()
        for card in self.cards:
            self.lines.removeWidget(card)
            if card not in cards:
                card.take_out()
        for index, card in enumerate(cards):
            self.lines.insertWidget(index + 1, card)
            card.show()
        self.cards = self.drag.cards = cards
        set_tab_order([stop for card in cards for stop in card.tab_stops])

    def _show_ends(self, experiment: Experiment) -> None:
        layers = experiment.layers
        why_not = f"A network can have at most {MAX_LAYERS} layers." if len(layers) >= MAX_LAYERS else ""
        self.new_layers.show_stack(layers[-1] if layers else None, why_not)
        self.inputs.setText(f"Inputs: {', '.join(FEATURES[name].label for name in experiment.features)}")
        self.hint.setVisible(not layers)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show the gradients; their numbers change at most four times a second."""
        self.snapshot = snapshot
        for card, layer in self._measured(snapshot):
            card.vitals.show_statistics(layer)
        self.output.show_statistics(snapshot.layers[-1] if snapshot.layers else None)
        self._text.request()

    def _measured(self, snapshot: Snapshot) -> Iterator[tuple[LayerCard, LayerStatistics | None]]:
        """Pair each card with its layer's statistics, which may belong to an older experiment."""
        hidden = snapshot.layers[:-1]
        by_name = {layer.name: layer for layer in hidden}
        for index, card in enumerate(self.cards):
            if card.layer_id is not None:
                yield card, by_name.get(card.layer_id)
            else:
                yield card, hidden[index] if len(hidden) == len(self.cards) else None

    def _write(self) -> None:
        for card in self.cards:
            card.vitals.write()
        self.output.vitals.write()

    def _add_layer(self, chip: Chip, place: int | None = None) -> None:
        layers = self._identified()
        place = len(layers) if place is None else place
        before = layers[max(place - 1, 0)] if layers else None
        self._insert(place, chip.layer(before), follow=False)

    def _paste_layer(self, place: int) -> None:
        """Ask for the layer on the clipboard, if it is one, at a place."""
        try:
            layer = msgspec.json.decode(QGuiApplication.clipboard().text(), type=Layer)
        except (msgspec.MsgspecError, UnicodeError):
            return
        new = msgspec.structs.replace(layer, id=new_id(self._identified()))
        self._insert(place, new, f"{layer_phrase(layer_name(new, place))} pasted")

    def _insert(self, place: int, layer: Layer, title: str = "", follow: bool = True) -> None:
        layers = self._identified()
        if len(layers) < MAX_LAYERS:
            new = msgspec.structs.replace(layer, id=new_id(layers))
            wanted = (*layers[:place], new, *layers[place:])
            follow_it, show_it = (new.id, None) if follow else (None, new.id)
            self._ask_layers(wanted, title, focus=follow_it, scroll_to=show_it)

    def take_shape(self, widths: Sequence[int], name: str) -> None:
        """Ask for layers of these widths, with their other settings."""
        layers = self._identified()
        wanted = with_widths(layers, FIRST_LAYER, widths)
        self._ask_layers(wanted, f"shape {name} {widths_words(widths)}".replace("  ", " "))
        before, now = ([layer.units for layer in some] for some in (layers, self.experiment.layers))
        if now == list(widths) != before:
            called = f"{name.capitalize()}: units" if name else "Units"
            were = f", before {'-'.join(map(str, before))}" if before else ""
            self.shaped.emit(f"{called} per layer are now {'-'.join(map(str, now))}{were}.")

    def remove_layer(self, index: int) -> None:
        """Ask for the removal of a layer."""
        layers = self._identified()
        rest = layers[:index] + layers[index + 1 :]
        neighbour = rest[min(index, len(rest) - 1)].id if rest else None
        self._ask_layers(rest, focus=neighbour)

    def _move_layer(self, index: int, to: int) -> None:
        """Ask for a layer at another place among the others."""
        layers = self._identified()
        if 0 <= to < len(layers) and to != index:
            rest = layers[:index] + layers[index + 1 :]
            moved = (*rest[:to], layers[index], *rest[to:])
            self._ask_layers(moved, focus=layers[index].id)

    def _identified(self) -> tuple[Layer, ...]:
        """Return the shown layers with ids, which their cards take at once, so that each card stays with its layer."""
        self.wake()
        Edits.end_open()
        layers = with_ids(self.experiment.layers)
        for card, layer in zip(self.cards, layers, strict=True):
            card.layer_id = layer.id
        return layers

    def _ask_layers(
        self, layers: tuple[Layer, ...], title: str = "", focus: str | None = None, scroll_to: str | None = None
    ) -> None:
        self._follow = focus
        self.ask("layers", layers, title=title)
        self._follow, self._wanted = None, focus or scroll_to
        # Once the layout has put the card in its place.
        QTimer.singleShot(0, self._reveal)

    def _reveal(self) -> None:
        for card in self.cards:
            if card.layer_id is not None and card.layer_id == self._wanted:
                self.view.ensureWidgetVisible(card, 0, GRID)

    def _focused_card(self) -> LayerCard | None:
        here = QApplication.focusWidget()
        if here is None:
            return None
        return next((card for card in self.cards if here is card or card.isAncestorOf(here)), None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        card = self._focused_card()
        if event.matches(QKeySequence.StandardKey.Copy) and card is not None:
            # As text that an experiment file would contain.
            QGuiApplication.clipboard().setText(msgspec.json.encode(self.experiment.layers[card.index]).decode())
        elif event.matches(QKeySequence.StandardKey.Paste):
            self._paste_layer(card.index + 1 if card is not None else len(self.cards))
        else:
            super().keyPressEvent(event)

    def _chip_clicked(self) -> None:
        chip = self.sender()
        if isinstance(chip, Chip):
            self._add_layer(chip)

    def _duplicate_layer(self, index: int) -> None:
        layer = self._identified()[index]
        self._insert(index + 1, layer, f"{layer_phrase(layer_name(layer, index))} duplicated")
