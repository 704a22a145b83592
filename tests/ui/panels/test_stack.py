"""What a stack of layers can do beyond order: the palette, copies, freezing, muting, shapes, and how layers are."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel, QLineEdit, QToolTip, QWidget

from playground import Experiment, Layer, Trainer, check
from playground.catalog.activations import Activation, LeakyRelu, Relu, Sigmoid, Tanh
from playground.catalog.choice import members
from playground.catalog.regularizers import L1
from playground.experiment.rules import MAX_LAYERS, inputs_of
from playground.experiment.tree import letter_name
from tests.ui import hands
from tests.ui.snapshots import diverged, make_snapshot
from ui.forms.buttons import tip
from ui.look import theme
from ui.panels.data.panel import DataPanel
from ui.panels.layers.panel import LayersPanel
from ui.panels.layers.shapes import ABOUT, SHAPES, widths_of, widths_words
from ui.panels.tiles import LARGE_CURVE, large_curve

ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def owner(own: Callable):
    layers = (Layer(2, Tanh(), 0.1, id="A"), Layer(3, Relu(), id="B"), Layer(3, Tanh(), id="C"))
    return own(LayersPanel(), Experiment(layers=layers))


def order(owner) -> str:
    return "".join(layer.id or "?" for layer in owner.experiment.layers)


def layers(owner) -> tuple[Layer, ...]:
    return owner.experiment.layers


def drag_to(widget: QWidget, target: QPoint, release: bool = True) -> None:
    """Drag a widget to a point of the screen."""
    hands.drag(widget, widget.rect().center(), widget.mapFromGlobal(target), let_go=release)


def middle_of(widget: QWidget, above: int = 0) -> QPoint:
    return widget.mapToGlobal(widget.rect().center() - QPoint(0, above))


# Palette ------------------------------------------------------------------------------------------------------


def test_the_palette_has_a_chip_for_every_activation(owner) -> None:
    for name, kind in members(Activation).items():
        chip = owner.find(f"layers.new.{name}")
        assert chip.accessibleName() == f"Add a new {kind.label} layer"
        assert " ".join(kind.formula.split(";")[0].split()) in chip.toolTip()
    assert owner.find("layers.add").accessibleName() == "Add a new layer like the last"


@pytest.mark.parametrize("key", [None, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_a_click_or_enter_appends_a_layer_as_wide_as_the_last(owner, key: Qt.Key | None) -> None:
    chip = owner.find("layers.new.sigmoid")
    if key is None:
        hands.click(chip)
    else:
        chip.setFocus()
        hands.key(chip, key)
    assert layers(owner)[3:] == (Layer(3, Sigmoid(), id="D"),)
    assert owner.asked == [("new layer D", False)]


def test_a_chip_is_dragged_between_two_cards(owner) -> None:
    chip = owner.find("layers.new.relu")
    drag_to(chip, middle_of(owner.find("layers.1"), above=20), release=False)
    first, second = owner.find("layers.0").geometry(), owner.find("layers.1").geometry()
    assert owner.panel.drag.ghost.isVisible()
    assert first.bottom() <= owner.panel.drag.mark.geometry().center().y() <= second.top()
    hands.release(chip)
    assert order(owner) == "ADBC"
    assert layers(owner)[1] == Layer(2, Relu(), id="D")
    assert owner.asked == [("new layer D", False)]
    assert not owner.panel.drag.ghost.isVisible()
    assert not owner.panel.drag.mark.isVisible()


def test_a_chip_is_dragged_to_the_very_top_and_below_all(owner) -> None:
    drag_to(owner.find("layers.add"), middle_of(owner.panel.inputs))
    assert order(owner) == "DABC"
    drag_to(owner.find("layers.new.tanh"), middle_of(owner.find("layers.output")))
    assert order(owner) == "DABCE"


def test_a_chip_dropped_beside_the_stack_or_given_up_adds_nothing(owner) -> None:
    chip = owner.find("layers.new.relu")
    drag_to(chip, middle_of(owner.find("layers.new.linear")))
    drag_to(chip, middle_of(owner.find("layers.1")), release=False)
    hands.key(QApplication.focusWidget(), "Escape")
    hands.release(chip)
    assert owner.asked == []
    assert not owner.panel.drag.ghost.isVisible()


def test_the_first_layer_can_be_dragged_into_an_empty_stack(own: Callable) -> None:
    owner = own(LayersPanel(), Experiment())
    assert owner.panel.hint.isVisible()
    drag_to(owner.find("layers.new.leaky_relu"), middle_of(owner.find("layers.output")))
    assert layers(owner) == (Layer(4, LeakyRelu(), id="A"),)
    assert not owner.panel.hint.isVisible()


def test_like_the_last_shows_and_repeats_the_last_but_learns_and_takes_part(owner) -> None:
    last = Layer(3, LeakyRelu(0.2), 0.3, regularizer=L1(), trainable=False, muted=True, id="C")
    owner.take(msgspec.structs.replace(owner.experiment, layers=(*layers(owner)[:2], last)), "", False)
    chip = owner.find("layers.add")
    assert chip.activation == LeakyRelu(0.2)
    hands.click(chip)
    assert layers(owner)[3] == msgspec.structs.replace(last, trainable=True, muted=False, id="D")


def test_a_full_stack_switches_the_palette_off_and_says_why(own: Callable) -> None:
    owner = own(LayersPanel(), Experiment(layers=tuple(Layer(1, id=letter_name(k)) for k in range(MAX_LAYERS))))
    for chip in owner.panel.new_layers.chips:
        assert not chip.isEnabled()
        assert f"at most {MAX_LAYERS}" in chip.toolTip()
    hands.key(owner.find("layers.0"), "Ctrl+D")
    assert len(layers(owner)) == MAX_LAYERS


# Copies -------------------------------------------------------------------------------------------------------


def test_a_card_is_copied_and_pasted_after_another(owner) -> None:
    owner.find("layers.0").setFocus()
    hands.key(owner.find("layers.0"), "Ctrl+C")
    owner.find("layers.2").setFocus()
    hands.key(owner.find("layers.2"), "Ctrl+V")
    assert order(owner) == "ABCD"
    assert layers(owner)[3] == msgspec.structs.replace(layers(owner)[0], id="D")
    assert owner.asked == [("layer D pasted", False)]
    assert owner.find("layers.3").hasFocus()


def test_what_is_no_layer_is_not_pasted(owner) -> None:
    for text in ("", "hello", '{"units": 0}', '{"units": 2, "colour": 1}', "[1, 2]", "\ud800"):
        QGuiApplication.clipboard().setText(text)
        hands.key(owner.find("layers.0"), "Ctrl+V")
    assert owner.asked == []


def test_copying_in_an_entry_copies_its_text(owner) -> None:
    QGuiApplication.clipboard().setText("")
    entry = owner.find("layers.0.dropout")
    entry.setFocus()
    entry.selectAll()
    hands.key(entry, "Ctrl+C")
    assert QGuiApplication.clipboard().text() == "0.1"


# Freezing and muting ------------------------------------------------------------------------------------------


def test_a_layer_is_frozen_and_learns_again(owner) -> None:
    button = owner.find("layers.1.trainable")
    hands.click(button)
    assert not layers(owner)[1].trainable
    assert button.isChecked()
    assert "Frozen" in button.toolTip()
    hands.click(button)
    assert layers(owner)[1].trainable
    assert not button.isChecked()
    assert owner.asked == [("layer B frozen", False), ("layer B learns again", False)]


def test_a_layer_whose_widths_fit_is_muted_and_put_back(owner) -> None:
    button = owner.find("layers.2.muted")
    hands.click(button)
    assert layers(owner)[2].muted
    assert button.isChecked()
    hands.click(button)
    assert not layers(owner)[2].muted
    assert owner.asked == [("layer C muted", False), ("layer C back in", False)]


def test_a_button_shows_what_the_layer_is_not_what_was_clicked(owner) -> None:
    owner.panel.edited.disconnect(owner.take)
    for name in ("trainable", "muted"):
        button = owner.find(f"layers.2.{name}")
        hands.click(button)
        assert not button.isChecked()


def test_a_refused_edit_shows_the_layer_as_it_is(owner) -> None:
    owner.panel.edited.disconnect(owner.take)
    owner.panel.edited.connect(lambda *_: owner.panel.show_experiment(owner.experiment))
    owner.panel.complete()
    switch, slider = owner.find("layers.2.skip"), owner.find("layers.2.units.slider")
    before = slider.value()
    switch.setChecked(True)
    assert not switch.isChecked()
    slider.setValue(1000)
    assert slider.value() == before
    assert owner.find("layers.2.units").text() == "3"


def test_where_widths_differ_mute_and_skip_are_off_and_say_why(owner) -> None:
    owner.panel.complete()
    why = "The layer has 3 units but 2 inputs"
    mute, skip = owner.find("layers.1.muted"), owner.find("layers.1.skip")
    assert not mute.isEnabled()
    assert not skip.isEnabled()
    assert why in mute.toolTip()
    assert why in skip.toolTip()
    owner.panel.ask("layers.1.units", 2)
    assert mute.isEnabled()
    assert skip.isEnabled()
    assert why not in mute.toolTip() + skip.toolTip()


def test_another_feature_or_layer_before_changes_what_can_be_muted(owner) -> None:
    assert owner.find("layers.0.muted").isEnabled()
    owner.take(msgspec.structs.replace(owner.experiment, features=("x1",)), "", False)
    assert not owner.find("layers.0.muted").isEnabled()
    assert owner.find("layers.2.muted").isEnabled()
    hands.click(owner.find("layers.1.remove"))
    assert not owner.find("layers.1.muted").isEnabled()


def test_compact_cards_keep_the_buttons_that_say_something(owner) -> None:
    hands.click(owner.find("layers.2.muted"))
    hands.click(owner.find("layers.compact"))
    assert owner.find("layers.2.muted").isVisible()
    assert not owner.find("layers.1.muted").isVisible()
    assert not owner.find("layers.1.trainable").isVisible()
    hands.click(owner.find("layers.compact"))
    assert owner.find("layers.1.trainable").isVisible()


# What no longer fits ------------------------------------------------------------------------------------------


@pytest.fixture
def skipping(own: Callable):
    """Three equal layers, of which the second is skipped and the third is muted."""
    stack = (Layer(2, id="A"), Layer(2, skip=True, id="B"), Layer(2, muted=True, id="C"))
    return own(LayersPanel(), Experiment(layers=stack))


def switches(owner) -> list[tuple[bool, bool]]:
    return [(layer.skip, layer.muted) for layer in layers(owner)]


def test_other_units_switch_off_what_no_longer_fits_in_the_same_edit(qtbot, skipping) -> None:
    entry = skipping.find("layers.1.units")
    hands.fill(entry, "5")
    assert switches(skipping) == [(False, False)] * 3
    assert skipping.asked == [("layer B units 5, layer B skip connection off, layer C back in", False)]


def test_a_drag_back_to_the_old_width_brings_back_what_it_switched_off(qtbot, skipping) -> None:
    panel = skipping.panel
    for units in (3, 4, 3, 2):
        panel.ask("layers.1.units", units, True)
    panel.ask("layers.1.units", 2, False)
    assert switches(skipping) == [(False, False), (True, False), (False, True)]
    assert skipping.asked[0][0] == "layer B units 3, layer B skip connection off, layer C back in"
    assert skipping.asked[-1][1] is False


def test_what_an_ended_drag_switched_off_stays_off(skipping) -> None:
    panel = skipping.panel
    panel.ask("layers.1.units", 3, True)
    panel.ask("layers.1.units", 3, False)
    panel.ask("layers.1.units", 2, False)
    assert switches(skipping) == [(False, False)] * 3


def test_an_undo_during_a_drag_forgets_what_it_switched_off(skipping) -> None:
    before = skipping.experiment
    skipping.panel.ask("layers.1.units", 3, True)
    plain = msgspec.structs.replace(before, layers=before.layers[:1])
    skipping.panel.show_experiment(plain)
    skipping.panel.ask("layers.0.units", 3, False)
    assert layers(skipping) == (Layer(3, id="A"),)


def test_removing_moving_and_shapes_switch_off_too(own: Callable) -> None:
    stack = (Layer(2, id="A"), Layer(3, id="B"), Layer(3, skip=True, id="C"))
    owner = own(LayersPanel(), Experiment(layers=stack))
    hands.key(owner.find("layers.2"), "Alt+Up")
    assert owner.asked == [("layers C and B swapped, layer C skip connection off", False)]
    owner = own(LayersPanel(), Experiment(layers=stack))
    hands.click(owner.find("layers.1.remove"))
    assert owner.asked == [("layer B removed, layer C skip connection off", False)]
    owner = own(LayersPanel(), Experiment(layers=(Layer(2, skip=True, id="A"),)))
    owner.panel.take_shape((2, 2, 3, 4), "test")
    assert [layer.skip for layer in layers(owner)] == [True, True, False, False]
    assert owner.asked == [("shape test 2-2-3-4, layers C and D skip connection off", False)]


def test_one_feature_less_switches_off_the_skip_of_the_first_layer(own: Callable) -> None:
    owner = own(DataPanel(), Experiment(layers=(Layer(2, skip=True),)))
    hands.click(owner.find("features.x2"))
    assert owner.experiment.features == ("x1",)
    assert not layers(owner)[0].skip
    assert owner.asked == [("feature x₂ off, layer 1 skip connection off", False)]


def test_inputs_follow_from_features_and_units() -> None:
    assert inputs_of(Experiment()) == ()
    assert inputs_of(Experiment(features=("x1", "x2", "radius"), layers=(Layer(5), Layer(7)))) == (3, 5)


# Shapes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_one_edit_that_changes_nothing_but_the_widths(own: Callable, name: str) -> None:
    before = (Layer(2, Relu(), 0.1, id="A"), Layer(3, Tanh(), id="B"), Layer(3, Sigmoid(), trainable=False, id="C"))
    owner = own(LayersPanel(), Experiment(layers=before))
    actions = {action.text().partition("\t")[0]: action for action in owner.find("layers.shape").menu().actions()}
    assert actions[name].toolTip() == tip(ABOUT[name])
    actions[name].trigger()
    assert tuple(layer.units for layer in layers(owner)) == SHAPES[name]
    kept, added = layers(owner)[: len(before)], layers(owner)[len(before) :]
    assert kept == tuple(msgspec.structs.replace(old, units=new.units) for old, new in zip(before, kept, strict=False))
    assert {(layer.activation, layer.trainable) for layer in added} <= {(Sigmoid(), True)}
    assert order(owner) == "ABCDEFGH"[: len(SHAPES[name])]
    assert len(owner.asked) == 1
    assert owner.asked[0][0] == f"shape {name.lower()} {widths_words(SHAPES[name])}"
    check(owner.experiment)


def test_an_empty_stack_takes_a_shape_too(own: Callable) -> None:
    owner = own(LayersPanel(), Experiment())
    owner.panel.take_shape((16, 8, 4), "funnel")
    assert layers(owner) == tuple(Layer(n, Tanh(), id=name) for n, name in ((16, "A"), (8, "B"), (4, "C")))


def test_other_widths_are_written_and_what_is_wrong_is_said(qtbot, owner) -> None:
    owner.panel.shape.menu().actions()[-1].trigger()
    dialog = owner.panel.findChild(QInputDialog, "layers.widths")
    assert dialog.textValue() == "2-3-3"
    entry = dialog.findChild(QLineEdit)
    hands.fill(entry, "5-0")
    qtbot.waitUntil(lambda: owner.panel.findChild(QInputDialog, "layers.widths") is not dialog)
    dialog = owner.panel.findChild(QInputDialog, "layers.widths")
    assert "“5-0” can't be used" in dialog.labelText()
    assert owner.asked == []
    entry = dialog.findChild(QLineEdit)
    hands.fill(entry, "2 x 5")
    assert [layer.units for layer in layers(owner)] == [5, 5]
    assert owner.asked == [("shape 2 × 5", False)]


def test_widths_are_written_as_they_are_read() -> None:
    for widths in (*SHAPES.values(), (4096,), (3, 1), (7, 7)):
        assert widths_of(widths_words(widths)) == widths
    assert widths_of("16, 8, 4") == (16, 8, 4)
    assert widths_of("3*8") == (8, 8, 8)
    for wrong in ("", "abc", "4-5000", "0", "-3-x", "101 × 2", "99999999999 × 2", "4.5"):
        with pytest.raises(ValueError, match=r"widths such as 16-8-4|at most"):
            widths_of(wrong)
    with pytest.raises(ValueError, match="2,500 can mean 2-500 or 2500; type one of them"):
        widths_of("2,500")


# How layers are -----------------------------------------------------------------------------------------------


def show(owner, **measured: float) -> QLabel:
    """The text on the first card for a layer as measured."""
    snapshot = Trainer(owner.experiment, engine="reference").snapshot()
    layer = snapshot.layers[0]._replace(**measured)
    owner.panel.show_snapshot(dataclasses.replace(snapshot, layers=(layer, *snapshot.layers[1:])))
    owner.panel._text.now()
    return owner.find("layers.0.health")


@pytest.mark.parametrize(
    ("dead", "saturated", "words"),
    [
        (0.0, 0.0, ""),
        (math.nan, math.nan, ""),
        (0.12, 0.0, "dead 12 %"),
        (0.0, 0.4, "saturated 40 %"),
        (0.12, 0.4, "dead 12 % · saturated 40 %"),
        (1.0, 0.001, "dead 100 % · saturated < 1 %"),
    ],
)
def test_a_card_says_what_share_has_stopped_learning(owner, dead: float, saturated: float, words: str) -> None:
    assert show(owner, dead=dead, saturated=saturated).text() == words


def test_the_words_change_with_the_beat_and_the_last_is_shown(owner, beat) -> None:
    show(owner, dead=0.0, saturated=0.0)
    seen = set()
    snapshot = Trainer(owner.experiment, engine="reference").snapshot()
    for k in range(1, 30):
        layer = snapshot.layers[0]._replace(dead=k / 100, saturated=0.0)
        owner.panel.show_snapshot(dataclasses.replace(snapshot, layers=(layer, *snapshot.layers[1:])))
        QApplication.processEvents()
        seen.add(owner.find("layers.0.health").text())
    assert len(seen) == 1
    beat.strike()
    assert owner.find("layers.0.health").text() == "dead 29 %"


def test_bars_are_equally_long_whatever_is_said_beside_them(owner) -> None:
    show(owner, dead=0.5, saturated=0.25)
    bars = [owner.find(f"layers.{k}.gradient") for k in range(3)] + [owner.find("layers.output.gradient")]
    assert len({bar.width() for bar in bars}) == 1
    assert len({bar.mapTo(owner.panel, QPoint()).x() for bar in bars}) == 1


@pytest.mark.parametrize("layer_count", [1, 2, 30])
def test_any_snapshot_is_survived(own: Callable, layer_count: int) -> None:
    stack = tuple(Layer(1, id=str(k + 1)) for k in range(layer_count - 1))
    panel = own(LayersPanel(), Experiment(layers=stack)).panel
    trained = make_snapshot(layers=layer_count)
    for snapshot in (make_snapshot(layers=layer_count, rows=0), trained, diverged(trained)):
        panel.show_snapshot(snapshot)
        panel.grab()


# Curves -------------------------------------------------------------------------------------------------------


def test_the_curve_explains_itself_large_on_hover(owner) -> None:
    curve = owner.find("layers.1").curve
    spot = curve.rect().center()
    hands.rest(curve, spot)
    assert QToolTip.isVisible()
    assert "data:image/png;base64," in QToolTip.text()
    assert Relu.formula in QToolTip.text()
    QToolTip.hideText()


@pytest.mark.parametrize("kind", list(members(Activation).values()))
def test_every_activation_has_a_large_picture_in_both_themes(qapp, kind: type[Activation]) -> None:
    pictures = [large_curve(kind(), look) for look in (theme.LIGHT, theme.DARK)]
    assert pictures[0] != pictures[1]
    assert pictures[0].deviceIndependentSize().toSize() == LARGE_CURVE


# Width --------------------------------------------------------------------------------------------------------


def test_cards_fit_a_narrow_column_and_stay_as_wide_when_the_scroll_bar_comes(qtbot, own: Callable) -> None:
    owner = own(LayersPanel(), Experiment(layers=(Layer(3, LeakyRelu(), id="A"),)))
    owner.panel.resize(300, 500)
    assert owner.panel.width() == 300
    qtbot.waitUntil(lambda: not owner.panel.view.verticalScrollBar().isVisible())
    width = owner.find("layers.0").width()
    assert owner.find("layers.0").geometry().right() < owner.panel.view.viewport().width()
    owner.panel.take_shape((3,) * 8, "")
    qtbot.waitUntil(lambda: owner.panel.view.verticalScrollBar().isVisible())
    qtbot.waitUntil(lambda: owner.find("layers.0").width() == width)
