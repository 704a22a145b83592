"""The stack of layers: structure by button, keyboard and mouse, with ids kept; gradients as they come."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QApplication, QWidget

from playground import Experiment, Layer, Snapshot, Trainer
from playground.catalog.activations import LeakyRelu, Relu, Tanh
from playground.catalog.regularizers import L1, NoRegularizer
from playground.experiment.rules import MAX_LAYERS
from playground.experiment.tree import letter_name, new_id, with_ids
from tests.ui import hands
from ui.panels.layers.card import LayerCard
from ui.panels.layers.panel import LayersPanel
from ui.panels.tiles import magnitude_place

ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def abc() -> Experiment:
    return Experiment(layers=(Layer(2, Tanh(), id="A"), Layer(3, Relu(), id="B"), Layer(4, Tanh(), id="C")))


@pytest.fixture
def owner(own: Callable, abc: Experiment):
    return own(LayersPanel(), abc)


def order(owner) -> str:
    return "".join(layer.id or "?" for layer in owner.experiment.layers)


def drag_card(owner, index: int, y: int, release: bool = True) -> None:
    """Drag a card by its handle to a height in the stack."""
    handle = owner.find(f"layers.{index}.handle")
    start = handle.rect().center()
    end = QPoint(start.x(), handle.mapFrom(owner.panel, owner.panel.stack.mapTo(owner.panel, QPoint(0, y))).y())
    hands.drag(handle, start, end, let_go=release)


# Structure ----------------------------------------------------------------------------------------------------


def test_adding_copies_the_last_layer_under_a_new_id(owner) -> None:
    hands.click(owner.find("layers.add"))
    assert order(owner) == "ABCD"
    assert owner.experiment.layers[3] == Layer(4, Tanh(), id="D")
    assert owner.asked == [("new layer D", False)]


def test_a_run_of_steps_ends_before_a_structural_edit(owner) -> None:
    entry = owner.find("layers.0.units")
    entry.setFocus()
    hands.key(entry, "Up")
    hands.click(owner.find("layers.add"))
    assert [changing for _, changing in owner.asked] == [True, False, False]
    assert [layer.units for layer in owner.experiment.layers] == [3, 3, 4, 4]


def test_the_first_layer_has_four_tanh_units(own: Callable) -> None:
    owner = own(LayersPanel(), Experiment())
    hands.click(owner.find("layers.add"))
    assert owner.experiment.layers == (Layer(4, Tanh(), id="A"),)


def test_removing_goes_down_to_none_and_focus_stays_in_the_stack(owner) -> None:
    hands.click(owner.find("layers.1.remove"))
    assert order(owner) == "AC"
    assert owner.find("layers.1").hasFocus()
    for left in (1, 0):
        hands.key(QApplication.focusWidget(), "Delete")
        assert len(owner.experiment.layers) == left
    assert owner.panel.cards == []


def test_a_duplicate_stands_right_after_its_original(owner) -> None:
    hands.click(owner.find("layers.0.duplicate"))
    assert order(owner) == "ADBC"
    assert owner.experiment.layers[1] == msgspec.structs.replace(owner.experiment.layers[0], id="D")
    hands.key(owner.find("layers.1"), "Ctrl+D")
    assert order(owner) == "ADEBC"


def test_adding_ends_at_the_declared_maximum(own: Callable) -> None:
    layers = tuple(Layer(1, id=letter_name(k)) for k in range(MAX_LAYERS - 1))
    owner = own(LayersPanel(), Experiment(layers=layers))
    hands.click(owner.find("layers.add"))
    assert len(owner.experiment.layers) == MAX_LAYERS
    button = owner.find("layers.add")
    assert not button.isEnabled()
    assert f"at most {MAX_LAYERS}" in button.toolTip()


def test_layers_without_ids_get_them_with_the_first_structural_edit(own: Callable) -> None:
    owner = own(LayersPanel(), Experiment(layers=(Layer(2), Layer(3, id="A"), Layer(4))))
    assert owner.find("layers.0").title.text() == "Layer 1"
    card = owner.panel.cards[2]
    hands.key(owner.find("layers.2"), "Alt+Up")
    assert [(layer.id, layer.units) for layer in owner.experiment.layers] == [("B", 2), ("C", 4), ("A", 3)]
    assert owner.panel.cards[1] is card


def test_an_edit_of_a_setting_gives_no_ids(own: Callable) -> None:
    owner = own(LayersPanel(), Experiment(layers=(Layer(2),)))
    owner.find("layers.0.units.slider").setValue(1000)
    assert owner.experiment.layers == (Layer(64),)


def test_ids_run_through_the_alphabet_and_on() -> None:
    assert [letter_name(k) for k in (0, 25, 26, 51, 52)] == ["A", "Z", "AA", "AZ", "BA"]
    assert new_id((Layer(id="A"), Layer(id="C"))) == "B"
    ids = [layer.id for layer in with_ids((Layer(), Layer(id="B"), Layer(), Layer(id="A")))]
    assert ids == ["C", "B", "D", "A"]


# Order --------------------------------------------------------------------------------------------------------


def test_dragging_a_card_down_reorders_the_layers_with_their_ids(owner) -> None:
    before = owner.experiment.layers
    drag_card(owner, 0, owner.find("layers.1").geometry().bottom() - 5)
    assert owner.experiment.layers == (before[1], before[0], before[2])
    assert owner.asked == [("layers B and A swapped", False)]


def test_dragging_a_card_up_to_the_top(owner) -> None:
    drag_card(owner, 2, 0)
    assert order(owner) == "CAB"


def test_a_card_dropped_where_it_was_changes_nothing(owner) -> None:
    drag_card(owner, 1, owner.find("layers.1").geometry().center().y())
    assert owner.asked == []


def test_the_card_follows_and_a_mark_shows_the_place(owner) -> None:
    panel = owner.panel
    drag_card(owner, 0, owner.find("layers.1").geometry().bottom() - 5, release=False)
    assert panel.drag.ghost.isVisible()
    assert panel.drag.mark.isVisible()
    second, third = owner.find("layers.1").geometry(), owner.find("layers.2").geometry()
    assert second.bottom() <= panel.drag.mark.geometry().center().y() <= third.top()
    on_screen = QRect(panel.stack.mapTo(panel, second.topLeft()), second.size())
    assert panel.drag.ghost.geometry().intersects(on_screen)
    hands.release(owner.find("layers.0.handle"))
    assert not panel.drag.ghost.isVisible()
    assert not panel.drag.mark.isVisible()


def test_escape_gives_a_drag_up(owner) -> None:
    drag_card(owner, 0, 2000, release=False)
    hands.key(owner.find("layers.0"), "Escape")
    hands.release(owner.find("layers.0.handle"))
    assert order(owner) == "ABC"
    assert owner.asked == []


def test_another_experiment_during_a_drag_ends_it(owner) -> None:
    drag_card(owner, 0, 2000, release=False)
    handle = owner.find("layers.0.handle")
    owner.panel.show_experiment(Experiment(layers=owner.experiment.layers[:2]))
    assert owner.panel.drag.held is None
    hands.release(handle)
    assert owner.asked == []


def test_alt_arrows_move_the_focused_card_again_and_again(owner) -> None:
    owner.find("layers.0").setFocus()
    for _ in range(3):
        hands.key(QApplication.focusWidget(), "Alt+Down")
    assert order(owner) == "BCA"
    hands.key(QApplication.focusWidget(), "Alt+Up")
    assert order(owner) == "BAC"
    assert owner.find("layers.1").hasFocus()


def test_alt_arrows_move_the_card_from_inside_its_entries(owner) -> None:
    entry = owner.find("layers.0.units")
    entry.setFocus()
    hands.key(entry, "Alt+Down")
    assert order(owner) == "BAC"


def test_delete_in_an_entry_deletes_text_not_the_layer(owner) -> None:
    entry = owner.find("layers.0.units")
    entry.setFocus()
    entry.selectAll()
    hands.key(entry, "Delete")
    assert order(owner) == "ABC"


@pytest.mark.parametrize(("control", "key", "layers"), [
    ("layers.0.units.slider", "Delete", "BC"), ("layers.0.activation", "Delete", "BC"),
    ("layers.0.units", "Ctrl+D", "ADBC"), ("layers.0.units.slider", "Backspace", "ABC"),
])  # fmt: skip
def test_keys_without_a_meaning_in_a_control_are_those_of_its_layer(owner, control: str, key: str, layers: str) -> None:
    owner.find(control).setFocus()
    hands.key(owner.find(control), key)
    assert order(owner) == layers


def test_a_card_stays_with_its_layer(owner) -> None:
    cards = {card.layer_id: card for card in owner.panel.cards}
    cards["A"].more.setChecked(True)
    hands.key(owner.find("layers.0"), "Alt+Down")
    assert [card.layer_id for card in owner.panel.cards] == ["B", "A", "C"]
    assert all(cards[card.layer_id] is card for card in owner.panel.cards)
    assert owner.find("layers.1.regularizer").isVisible()


def test_tab_goes_through_the_cards_in_their_order(owner) -> None:
    hands.key(owner.find("layers.0"), "Alt+Down")
    owner.find("layers.0").setFocus()
    seen: list[QWidget] = []
    for _ in range(40):
        here = QApplication.focusWidget()
        if isinstance(here, LayerCard):
            seen.append(here)
        hands.key(here, "Tab")
    assert seen[:3] == owner.panel.cards


def test_tab_goes_through_what_was_unfolded_before_the_next_card(owner) -> None:
    hands.click(owner.find("layers.0.more"))
    owner.find("layers.0.dropout").setFocus()
    seen: list[str] = []
    while owner.find("layers.1") is not QApplication.focusWidget():
        seen.append(QApplication.focusWidget().objectName())
        hands.key(QApplication.focusWidget(), "Tab")
        assert len(seen) < 40
    assert "layers.0.initializer" in seen
    assert "layers.0.normalization" in seen


# Settings -----------------------------------------------------------------------------------------------------


def test_what_is_unfolded_later_shows_the_layer_and_its_place(own: Callable) -> None:
    stack = (Layer(2, id="A"), Layer(3, id="B", regularizer=L1(0.25)))
    owner = own(LayersPanel(), Experiment(layers=stack))
    hands.key(owner.find("layers.1"), "Alt+Up")
    hands.click(owner.find("layers.0.more"))
    assert owner.find("layers.0.regularizer").currentText() == "L1"
    assert owner.find("layers.0.regularizer.strength").text() == "0.25"
    assert owner.find("layers.0.regularizer").accessibleName().endswith("layer B")
    assert "3 units but 2 inputs" in owner.find("layers.0.skip").toolTip()


def test_the_settings_of_a_layer_are_edited_in_its_card(owner) -> None:
    entry = owner.find("layers.1.units")
    hands.fill(entry, "100")
    assert owner.experiment.layers[1].units == 100
    assert owner.asked[-1] == ("layer B units 100", False)
    combo = owner.find("layers.0.activation")
    combo.setCurrentIndex(combo.findText("Leaky ReLU"))
    assert owner.experiment.layers[0].activation == LeakyRelu()
    assert owner.find("layers.0").curve.activation == LeakyRelu()
    assert owner.find("layers.0.activation.slope").isVisible()


def test_rare_settings_stand_below_more_and_can_be_inherited(owner) -> None:
    assert owner.panel.findChild(QWidget, "layers.0.regularizer") is None
    hands.click(owner.find("layers.0.more"))
    combo = owner.find("layers.0.regularizer")
    assert combo.isVisible()
    assert combo.currentText() == "Inherited"
    combo.setCurrentIndex(1)
    assert owner.experiment.layers[0].regularizer == NoRegularizer()
    combo.setCurrentIndex(combo.findText("L1"))
    assert owner.experiment.layers[0].regularizer == L1()
    assert owner.find("layers.0.regularizer.strength").isVisible()
    combo.setCurrentIndex(0)
    assert owner.experiment.layers[0].regularizer is None


def test_compact_cards_are_one_line_each(qtbot, owner) -> None:
    tall = owner.find("layers.0").height()
    hands.click(owner.find("layers.compact"))
    qtbot.waitUntil(lambda: owner.find("layers.0").height() < tall / 2)
    assert "2 Tanh" in owner.find("layers.0").summary.text()
    hands.click(owner.find("layers.0.more"))
    assert owner.find("layers.0.units").isVisible()


def test_a_card_has_the_name_that_its_layer_has_everywhere(owner) -> None:
    assert [card.title.text() for card in owner.panel.cards] == ["Layer A", "Layer B", "Layer C"]
    assert owner.find("layers.1.units").accessibleName() == "Units, layer B"
    assert owner.find("layers.1.remove").accessibleName() == "Remove layer B"
    hands.key(owner.find("layers.0"), "Alt+Down")
    assert [card.title.text() for card in owner.panel.cards] == ["Layer B", "Layer A", "Layer C"]
    assert owner.find("layers.1.units").accessibleName() == "Units, layer A"
    assert "Number 2 from the input" in owner.find("layers.1").accessibleDescription()


def test_a_card_of_a_layer_without_an_id_takes_the_name_that_it_gets(own: Callable) -> None:
    owner = own(LayersPanel(), Experiment(layers=(Layer(2), Layer(3))))
    assert owner.find("layers.1").title.text() == "Layer 2"
    hands.click(owner.find("layers.add"))
    assert [card.title.text() for card in owner.panel.cards] == ["Layer A", "Layer B", "Layer C"]


# Many layers --------------------------------------------------------------------------------------------------


def test_thirty_layers_scroll_and_the_new_one_comes_into_view(qtbot, own: Callable) -> None:
    owner = own(LayersPanel(), Experiment(layers=tuple(Layer(2, id=letter_name(k)) for k in range(30))))
    bar = owner.panel.view.verticalScrollBar()
    assert bar.maximum() > 1000
    hands.click(owner.find("layers.add"))
    qtbot.waitUntil(lambda: bar.value() > 1000)
    card = owner.find("layers.30")
    assert owner.panel.view.viewport().rect().contains(card.mapTo(owner.panel.view.viewport(), QPoint(5, 20)))


def test_holding_a_card_at_the_edge_scrolls(qtbot, own: Callable) -> None:
    owner = own(LayersPanel(), Experiment(layers=tuple(Layer(2, id=letter_name(k)) for k in range(30))))
    view = owner.panel.view
    drag_card(owner, 0, view.viewport().height() - 4, release=False)
    qtbot.waitUntil(lambda: view.verticalScrollBar().value() > 200)
    hands.release(owner.find("layers.0.handle"))
    assert owner.experiment.layers[0].id == "B"


def test_cards_that_go_leave_nothing_behind(owner, abc: Experiment) -> None:
    def widgets() -> int:
        QApplication.sendPostedEvents(None, 52)  # DeferredDelete
        return len(owner.panel.findChildren(QWidget))

    before = widgets()
    for _ in range(5):
        owner.panel.show_experiment(Experiment())
        assert owner.panel.findChild(QWidget, "layers.0.units") is None
        owner.panel.show_experiment(abc)
    assert widgets() == before


# Snapshots ----------------------------------------------------------------------------------------------------


@pytest.fixture
def snapshot(abc: Experiment) -> Snapshot:
    trainer = Trainer(abc, engine="reference")
    trainer.advance(steps=5)
    return trainer.snapshot()


def test_each_card_shows_the_gradient_of_its_layer(owner, snapshot: Snapshot) -> None:
    owner.panel.show_snapshot(snapshot)
    for index, layer in enumerate(snapshot.layers[:-1]):
        assert owner.find(f"layers.{index}.gradient").value == layer.gradient_rms
    assert owner.panel.output.vitals.gradient.bar.value == snapshot.layers[-1].gradient_rms
    assert owner.panel.output.summary.text() == "1 unit, linear"


def test_a_snapshot_from_before_a_move_still_finds_its_cards(owner, snapshot: Snapshot) -> None:
    hands.key(owner.find("layers.0"), "Alt+Down")
    owner.panel.show_snapshot(snapshot)
    assert owner.find("layers.1.gradient").value == snapshot.layers[0].gradient_rms
    hands.click(owner.find("layers.add"))
    owner.panel.show_snapshot(snapshot)
    assert owner.panel.cards[3].vitals.gradient.bar.filled == 0


def test_numbers_change_with_the_beat_and_the_last_is_shown(owner, snapshot: Snapshot, beat) -> None:
    number = owner.panel.cards[0].vitals.gradient.number
    texts = []
    for k in range(1, 20):
        layer = snapshot.layers[0]._replace(gradient_rms=k / 100)
        owner.panel.show_snapshot(replace_layer(snapshot, layer))
        QApplication.processEvents()
        texts.append(number.text())
    assert len(set(texts)) == 1
    beat.strike()
    assert number.text() == "0.19"


def test_missing_and_overflowing_gradients_are_drawn_calmly(owner, snapshot: Snapshot) -> None:
    for value in (float("nan"), 0.0, float("inf"), 1e-300):
        owner.panel.show_snapshot(replace_layer(snapshot, snapshot.layers[0]._replace(gradient_rms=value)))
        owner.panel.grab()
    assert [magnitude_place(x) for x in (0.0, 1e-8, 10.0, float("inf"), float("nan"))] == [0, 0, 1, 1, 0]
    assert magnitude_place(1e-4) == pytest.approx(4 / 9)


def replace_layer(snapshot: Snapshot, layer) -> Snapshot:
    fields = {name: getattr(snapshot, name) for name in Snapshot.__slots__}
    return Snapshot(**{**fields, "layers": (layer, *snapshot.layers[1:])})
