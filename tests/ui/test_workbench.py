"""The workbench in one piece: what a person does in one part of the real window arrives in the trainer and elsewhere.

Everything is done with real mouse, key and drag events. What is asserted is the state of the session and its trainer.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QMenu, QSlider, QWidget

from playground import Experiment, Layer, Trainer
from playground.catalog.activations import Tanh
from playground.catalog.choice import Array
from playground.catalog.datasets.base import draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Circle
from playground.catalog.datasets.table import Table
from playground.interop.opening import RESOURCES
from playground.measure.requests import (
    ConfusionRequest,
    HistogramsRequest,
    MicroscopeRequest,
    PredictionsRequest,
    UncertaintyRequest,
    UnitMapRequest,
)
from tests.ui import hands
from tests.ui.parts import part_of
from tests.ui.windows import control, lay_out, push, settle, snapshot, step
from ui.panels.data.import_dialog import ImportDialog
from ui.panels.layers.shapes import SHAPES
from ui.views.confusion.view import ConfusionView
from ui.views.histograms.view import HistogramsView
from ui.views.microscope.view import MicroscopeView
from ui.views.tracks.view import TracksView
from ui.window.window import Window

SMALL = Experiment(data=Circle(points=80, validation_fraction=0.25), layers=(Layer(4, Tanh()), Layer(3, Tanh())))


class Hand:
    """Somebody at the window, and what the trainer makes of what they do."""

    def __init__(self, qtbot, window: Window) -> None:
        self.qtbot, self.window = qtbot, window

    @property
    def trainer(self) -> Trainer:
        """Where everything has to arrive."""
        return self.window.session.worker.trainer

    @property
    def experiment(self) -> Experiment:
        return self.window.session.experiment

    @property
    def edits(self) -> list[str]:
        """What undo would take back, the latest last."""
        return [edit.label for edit in self.window.session.history.done]

    def settle(self):
        """Wait until the trainer has taken over all edits."""
        return settle(self.qtbot, self.window)

    def until(self, true) -> None:
        self.qtbot.waitUntil(true)

    def trains_on(self) -> None:
        """Training is still under way."""
        # Which may be further than what the window has heard.
        at = self.trainer.state.step
        self.until(lambda: step(self.window) > at)

    def key(self, *names: str | Qt.Key) -> None:
        """Press keys wherever the keyboard is."""
        hands.key_in(self.window, *names)

    def undo(self) -> None:
        self.key("Ctrl+Z")


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


@pytest.fixture
def hand(qtbot, window: Window) -> Hand:
    """A hand at the window with a small network, before training, with the keyboard in the window."""
    window.session.open(SMALL, "small")
    window.activateWindow()
    window.setFocus()
    hand = Hand(qtbot, window)
    hand.settle()
    return hand


@pytest.fixture
def busy(hand: Hand) -> Hand:
    """The same in the middle of a run."""
    hand.window.session.play()
    hand.until(lambda: step(hand.window) > 20)
    return hand


def hold_still(hand: Hand) -> None:
    """Train on, with steps so small that a weight stays where it is put."""
    training = msgspec.structs.replace(hand.experiment.training, learning_rate=1e-12)
    hand.window.session.edit(msgspec.structs.replace(hand.experiment, training=training), "tiny steps")
    hand.settle()


# The network --------------------------------------------------------------------------------------------------------


def test_inputs_are_switched_on_in_a_list_and_off_by_a_click(busy: Hand) -> None:
    network = busy.window.parts.network
    hands.push(network, "network.inputs")
    inputs = network.findChild(QMenu, "network.inputs.list")
    hands.choose_entry(inputs, "radius")
    hands.key(inputs, "Escape")
    assert busy.settle().experiment.features == ("x1", "x2", "radius")
    assert busy.trainer.network.layers[0].inputs == 3
    assert busy.window.parts.data.features["radius"].isChecked()
    hands.click(network, network.shown().places.unit(-1, 0).center())
    assert busy.settle().experiment.features == ("x2", "radius")
    busy.window.session.undo()
    busy.window.session.undo()
    assert busy.settle().experiment.features == ("x1", "x2")
    assert busy.trainer.network.layers[0].inputs == 2
    busy.trains_on()


def test_plus_and_minus_change_the_units(busy: Hand) -> None:
    network = busy.window.parts.network
    for _ in range(2):
        hands.click(network, network.shown().places.units_button(0, more=True).center())
    hands.click(network, network.shown().places.units_button(1, more=False).center())
    busy.settle()
    assert [layer.units for layer in busy.trainer.network.layers] == [6, 2, 1]
    busy.window.parts.layers.wake()
    assert busy.window.parts.layers.cards[0].layer.units == 6
    busy.trains_on()


def test_a_plus_between_columns_inserts_a_layer(busy: Hand) -> None:
    network = busy.window.parts.network
    hands.click(network, network.shown().places.insertion(1).center())
    busy.settle()
    assert [layer.units for layer in busy.trainer.network.layers] == [4, 4, 3, 1]
    ids = [layer.id for layer in busy.experiment.layers]
    assert ids[0] == "A" and ids[2] == "B" and len(set(ids)) == 3
    busy.trains_on()


def test_a_layer_inserted_beside_a_muted_and_frozen_one_takes_part_and_learns(hand: Hand) -> None:
    layers = tuple(msgspec.structs.replace(layer, units=3) for layer in hand.experiment.layers)
    still = msgspec.structs.replace(layers[1], muted=True, trainable=False)
    hand.window.session.edit(msgspec.structs.replace(hand.experiment, layers=(layers[0], still)), "muted")
    hand.settle()
    network = hand.window.parts.network
    hands.click(network, network.shown().places.insertion(2).center())
    new = hand.settle().experiment.layers[2]
    assert new.units == 3
    assert new.trainable and not new.muted


def test_a_double_click_on_a_header_opens_the_card_of_the_layer(hand: Hand) -> None:
    network = hand.window.parts.network
    hands.double_click(network, network.shown().places.header(1).center())
    hand.until(lambda: "layers" in hand.window.docks.seen)
    assert QApplication.focusWidget() is hand.window.parts.layers.cards[1]


def test_pointing_at_a_unit_shows_its_map_in_the_boundary(hand: Hand) -> None:
    network, boundary = hand.window.parts.network, hand.window.parts.boundary
    hand.until(lambda: boundary.shown().colours.size > 0 and network.shown().places.unit(0, 2).isValid())
    hands.hover(network, network.shown().places.unit(0, 2).center())
    hand.until(lambda: snapshot(hand.window).answer(UnitMapRequest) is not None)
    assert snapshot(hand.window).answer(UnitMapRequest)[:2] == (0, 2)
    hand.until(lambda: boundary.shown().unit == "Unit A3: output")
    hands.leave(network, network.shown().places.unit(0, 2).center(), to=hand.window.parts.transport)
    hand.until(lambda: snapshot(hand.window).answer(UnitMapRequest) is None)
    hand.until(lambda: boundary.shown().unit == "")


def test_the_way_back_from_a_unit_works_while_the_mouse_still_points_at_it(hand: Hand) -> None:
    network, boundary = hand.window.parts.network, hand.window.parts.boundary
    hands.hover(network, network.shown().places.unit(1, 0).center())
    hand.until(lambda: boundary.shown().unit != "")
    boundary.setFocus()
    hand.key("Escape")
    hand.until(lambda: snapshot(hand.window).answer(UnitMapRequest) is None)
    assert boundary.shown().unit == ""
    hands.hover(network, network.shown().places.unit(1, 1).center())
    hand.until(lambda: snapshot(hand.window).answer(UnitMapRequest) is not None)
    assert snapshot(hand.window).answer(UnitMapRequest)[:2] == (1, 1)


def test_a_typed_weight_arrives_while_training_and_ctrl_z_takes_it_back(busy: Hand) -> None:
    hold_still(busy)
    network = busy.window.parts.network
    before = busy.trainer.parameters()["W1"].copy()
    hands.click(network, network.shown().places.wire("W1", (2, 1)))
    assert control(busy.window, "network.editor").isVisible()
    assert QApplication.focusWidget().objectName() == "network.editor.entry"
    hands.type_text("1.5")
    busy.key("Return")
    busy.settle()
    assert busy.trainer.parameters()["W1"][2, 1] == pytest.approx(1.5, abs=1e-6)
    assert not control(busy.window, "network.editor").isVisible()
    busy.trains_on()
    busy.undo()
    busy.settle()
    np.testing.assert_allclose(busy.trainer.parameters()["W1"], before, atol=1e-6)
    busy.trains_on()


def test_a_bias_is_edited_at_its_square(busy: Hand) -> None:
    hold_still(busy)
    network = busy.window.parts.network
    hands.click(network, network.shown().places.bias(0, 3).center())
    hands.type_text("-0.75")
    busy.key("Return")
    busy.settle()
    assert busy.trainer.parameters()["b0"][3] == pytest.approx(-0.75, abs=1e-6)


def test_dragging_the_slider_of_the_editor_is_one_undo_step(busy: Hand) -> None:
    hold_still(busy)
    network, so_far = busy.window.parts.network, len(busy.edits)
    before = float(busy.trainer.parameters()["W0"][1, 0])
    hands.click(network, network.shown().places.wire("W0", (1, 0)))
    slider = busy.window.findChild(QSlider, "network.editor.slider")
    hands.drag_handle(slider, 0.95 if before < 0.5 else 0.05)
    busy.settle()
    assert abs(busy.trainer.parameters()["W0"][1, 0] - before) > 0.5
    assert len(busy.edits) == so_far + 1
    busy.key("Return")
    busy.undo()
    busy.settle()
    assert busy.trainer.parameters()["W0"][1, 0] == pytest.approx(before, abs=1e-6)


def test_escape_in_the_editor_puts_the_weight_back_also_while_drawing(hand: Hand) -> None:
    hand.key("Ctrl+P")
    network = hand.window.parts.network
    hands.click(network, network.shown().places.wire("W1", (0, 0)))
    before = hand.trainer.parameters()["W1"].copy()
    hand.key("Up")
    hand.settle()
    assert not np.array_equal(hand.trainer.parameters()["W1"], before)
    hand.key("Escape")
    hand.settle()
    np.testing.assert_array_equal(hand.trainer.parameters()["W1"], before)
    assert not network.findChild(QWidget, "network.editor").isVisible()
    assert hand.window.parts.drawing.toolbox.tool is not None


def test_a_weight_being_typed_is_given_to_no_other_when_its_layer_goes(hand: Hand) -> None:
    window, network = hand.window, hand.window.parts.network
    hands.click(network, network.shown().places.wire("W1", (0, 0)))
    hands.type_text("3")
    window.parts.layers.remove_layer(1)
    hand.settle()
    assert hand.edits[-1] == "layer B removed"
    assert not network.findChild(QWidget, "network.editor").isVisible()
    assert np.all(np.abs(hand.trainer.parameters()["W1"]) < 2)


def test_behind_another_panel_the_network_lets_go_of_its_unit_and_its_editor(busy: Hand) -> None:
    hold_still(busy)
    window, network = busy.window, busy.window.parts.network
    hands.click(network, network.shown().places.unit(0, 1).center())
    busy.key("Down")
    busy.until(lambda: window.parts.boundary.shown().unit == "Unit A3: output")
    busy.key("Return")
    hands.type_text("2.5")
    window.menus.action("go_to.microscope").trigger()
    busy.until(lambda: "network" not in window.docks.seen)
    busy.settle()
    assert busy.trainer.parameters()["b0"][2] == pytest.approx(2.5, abs=1e-6)
    busy.until(lambda: snapshot(window).answer(UnitMapRequest) is None)
    assert window.parts.view(MicroscopeView).isAncestorOf(QApplication.focusWidget())


def test_wires_show_weights_or_gradients(busy: Hand) -> None:
    push(busy.window, "network.gradients")
    assert busy.window.parts.network.shown().wires == "gradients"
    busy.trains_on()
    push(busy.window, "network.weights")
    assert busy.window.parts.network.shown().wires == "weights"


# The boundary -------------------------------------------------------------------------------------------------------


def lonely_point(x: Array) -> int:
    """The point that is farthest from all others, so that nothing else lies under the mouse there."""
    apart = np.hypot(*(x[:, np.newaxis] - x).transpose(2, 0, 1)) + 1e9 * np.eye(len(x))
    return int(np.argmax(apart.min(axis=1)))


@pytest.mark.usefixtures("new_window")
def test_the_colours_the_contours_and_the_mistakes_are_chosen(busy: Hand) -> None:
    boundary = busy.window.parts.boundary
    layers = tuple(msgspec.structs.replace(layer, dropout=0.3) for layer in busy.experiment.layers)
    busy.window.session.edit(msgspec.structs.replace(busy.experiment, layers=layers), "dropout")
    busy.settle()
    push(busy.window, "boundary.field.uncertainty")
    busy.until(lambda: snapshot(busy.window).answer(UncertaintyRequest) is not None)
    push(busy.window, "boundary.field.classes")
    busy.until(lambda: snapshot(busy.window).answer(UncertaintyRequest) is None)
    busy.until(lambda: len(np.unique(boundary.shown().colours.reshape(-1, 3), axis=0)) <= 3)
    push(busy.window, "boundary.field.probability")
    push(busy.window, "boundary.contours")
    busy.until(lambda: len(boundary.shown().numbers) > 0)
    push(busy.window, "boundary.mistakes")
    busy.until(lambda: snapshot(busy.window).answer(PredictionsRequest) is not None)
    busy.until(lambda: boundary.shown().note != "")
    push(busy.window, "boundary.mistakes")
    busy.until(lambda: snapshot(busy.window).answer(PredictionsRequest) is None)


def test_the_wheel_zooms_dragging_moves_and_home_shows_everything(busy: Hand) -> None:
    boundary = busy.window.parts.boundary
    whole = boundary.shown().seen
    hands.wheel(boundary, 4, boundary.shown().place_of(2, 1))
    assert boundary.shown().seen.width() < 0.6 * whole.width()
    seen = boundary.shown().seen
    middle = boundary.shown().plane.center()
    hands.drag(boundary, middle, middle + QPointF(60, 30))
    assert boundary.shown().seen.left() < seen.left()
    assert boundary.shown().seen.top() > seen.top()
    assert boundary.shown().picked is None
    busy.key("Home")
    assert boundary.shown().seen == whole
    assert busy.edits[-1] == "small"


def test_a_click_on_a_point_opens_the_microscope_with_its_numbers(hand: Hand) -> None:
    window, x = hand.window, snapshot(hand.window).sample.x
    index = lonely_point(x)
    hands.click(window.parts.boundary, window.parts.boundary.shown().place_of(*x[index]))
    hand.until(lambda: "microscope" in window.docks.seen)
    hand.until(lambda: snapshot(window).answer(MicroscopeRequest) is not None)
    seen = snapshot(window).answer(MicroscopeRequest)
    assert seen.point == index
    np.testing.assert_array_equal(seen.x, hand.trainer.sample.x[index])
    hand.until(lambda: window.parts.view(MicroscopeView).shown().sentence.startswith(f"Point {index} ("))
    assert len(window.parts.view(MicroscopeView).shown().blocks) > 0


def test_n_and_p_go_from_point_to_point(hand: Hand) -> None:
    window, x = hand.window, snapshot(hand.window).sample.x
    index = lonely_point(x)
    hands.click(window.parts.boundary, window.parts.boundary.shown().place_of(*x[index]))
    hand.until(lambda: snapshot(window).answer(MicroscopeRequest) is not None)
    for key, expected in ((Qt.Key.Key_N, index + 1), (Qt.Key.Key_P, index), (Qt.Key.Key_P, index - 1)):
        hand.key(key)
        point = expected % len(x)
        hand.until(lambda point=point: snapshot(window).answer(MicroscopeRequest).point == point)
        hand.until(
            lambda point=point: window.parts.view(MicroscopeView).shown().sentence.startswith(f"Point {point} (")
        )
    hand.key("Escape")
    hand.until(lambda: snapshot(window).answer(MicroscopeRequest) is None)
    hand.until(lambda: not window.parts.view(MicroscopeView).shown().blocks)


def test_other_points_let_go_of_the_one_that_was_picked(hand: Hand) -> None:
    window, x = hand.window, snapshot(hand.window).sample.x
    hands.click(window.parts.boundary, window.parts.boundary.shown().place_of(*x[lonely_point(x)]))
    hand.until(lambda: snapshot(window).answer(MicroscopeRequest) is not None)
    push(hand.window, "data.kind.moons")
    hand.settle()
    hand.until(lambda: window.parts.boundary.shown().picked is None)
    hand.until(lambda: snapshot(window).answer(MicroscopeRequest) is None)


# Drawing ------------------------------------------------------------------------------------------------------------


def places(hand: Hand, *at: tuple[float, float]) -> list[QPointF]:
    return [hand.window.parts.boundary.shown().place_of(*place) for place in at]


@pytest.fixture
def drawing(busy: Hand) -> Hand:
    """In the middle of a run, with the brush in hand."""
    push(busy.window, "data.draw")
    busy.until(lambda: "drawing" in busy.window.docks.seen)
    lay_out(busy.window)
    assert busy.window.parts.drawing.toolbox.tool is not None and busy.window.parts.drawing.toolbox.tool.name == "brush"
    return busy


def test_a_stroke_of_the_brush_adds_points_in_one_undo_step(drawing: Hand) -> None:
    before, so_far = drawing.trainer.sample.x.copy(), len(drawing.edits)
    hands.drag(drawing.window.parts.boundary, *places(drawing, (-4, 4), (0, 4.5), (4, 4)))
    drawing.settle()
    drawn = drawing.trainer.sample
    assert len(drawn.x) > len(before) + 20
    np.testing.assert_array_equal(drawn.x[: len(before)], before)
    np.testing.assert_allclose(drawn.x[len(before)], (-4, 4), atol=0.05)
    assert np.all(drawn.x[len(before) :, 1] > 3)
    assert len(drawing.edits) == so_far + 1
    drawing.trains_on()
    drawing.undo()
    drawing.settle()
    np.testing.assert_array_equal(drawing.trainer.sample.x, before)
    drawing.trains_on()


def test_another_class_is_drawn_by_its_number(drawing: Hand) -> None:
    before = len(drawing.trainer.sample.x)
    drawing.key("2")
    hands.click(drawing.window.parts.boundary, places(drawing, (5, -5))[0])
    drawing.settle()
    assert len(drawing.trainer.sample.x) == before + 1
    assert drawing.trainer.sample.labels[-1] == 1


def test_the_right_button_erases(drawing: Hand) -> None:
    boundary, before = drawing.window.parts.boundary, drawing.trainer.sample.x.copy()
    hands.drag(boundary, *places(drawing, (-3, 0), (3, 0)), button=hands.RIGHT)
    drawing.settle()
    kept = drawing.trainer.sample.x
    assert 0 < len(kept) < len(before)
    assert not np.any((np.abs(kept[:, 1]) < 0.4) & (np.abs(kept[:, 0]) < 3))
    assert drawing.edits[-1] == "points erased"


def test_a_point_is_dragged_somewhere_else(drawing: Hand) -> None:
    x = drawing.trainer.sample.x.copy()
    index = lonely_point(x)
    drawing.key("M")
    assert drawing.window.parts.drawing.toolbox.tool.name == "move"
    hands.drag(drawing.window.parts.boundary, *places(drawing, tuple(x[index]), (5.5, -5.5)))
    drawing.settle()
    moved = drawing.trainer.sample.x
    np.testing.assert_allclose(moved[index], (5.5, -5.5), atol=0.06)
    np.testing.assert_array_equal(np.delete(moved, index, axis=0), np.delete(x, index, axis=0))


def test_a_click_with_the_cluster_tool_adds_a_cloud(drawing: Hand) -> None:
    before = len(drawing.trainer.sample.x)
    push(drawing.window, "drawing.tool.cluster")
    hands.click(drawing.window.parts.boundary, places(drawing, (3, -3))[0])
    drawing.settle()
    cloud = drawing.trainer.sample.x[before:]
    assert len(cloud) == drawing.window.parts.drawing.toolbox.settings.cluster_points
    np.testing.assert_allclose(cloud.mean(axis=0), (3, -3), atol=0.5)


def test_the_wheel_changes_the_brush_and_not_the_view(drawing: Hand) -> None:
    boundary, seen, before = (
        drawing.window.parts.boundary,
        drawing.window.parts.boundary.shown().seen,
        drawing.window.parts.drawing.toolbox.reach,
    )
    hands.wheel(boundary, 3, places(drawing, (1, 1))[0])
    assert drawing.window.parts.drawing.toolbox.reach > 1.3 * before
    assert boundary.shown().seen == seen


@pytest.mark.parametrize("way", ["button", "Esc"])
def test_done_goes_back_to_looking(drawing: Hand, way: str) -> None:
    if way == "button":
        push(drawing.window, "drawing.done")
    else:
        drawing.key("Escape")
    drawing.until(lambda: "data" in drawing.window.docks.seen)
    assert drawing.window.parts.drawing.toolbox.tool is None
    so_far = drawing.edits
    x = drawing.trainer.sample.x
    index = lonely_point(x)
    hands.click(drawing.window.parts.boundary, drawing.window.parts.boundary.shown().place_of(*x[index]))
    drawing.until(lambda: snapshot(drawing.window).answer(MicroscopeRequest) is not None)
    assert drawing.edits == so_far


def test_another_tab_puts_the_brush_down(drawing: Hand) -> None:
    hands.open_tab(drawing.window, "Training")
    drawing.until(lambda: drawing.window.parts.drawing.toolbox.tool is None)
    before = drawing.experiment
    hands.drag(drawing.window.parts.boundary, *places(drawing, (-4, 4), (4, 4)))
    assert drawing.experiment == before


def test_ctrl_p_starts_drawing_from_anywhere(hand: Hand) -> None:
    hand.window.docks.docks["drawing"].close()
    control(hand.window, "training.learning_rate", QLineEdit).setFocus()
    hand.key("Ctrl+P")
    hand.until(lambda: "drawing" in hand.window.docks.seen)
    lay_out(hand.window)
    before = len(hand.trainer.sample.x)
    hands.click(hand.window.parts.boundary, places(hand, (5, 5))[0])
    hand.settle()
    assert len(hand.trainer.sample.x) == before + 1


def test_typing_in_a_list_searches_it_also_while_drawing(drawing: Hand) -> None:
    # Moved out of the place that they share.
    docks = drawing.window.docks.docks
    drawing.window.splitDockWidget(docks["boundary"], docks["layers"], Qt.Orientation.Vertical)
    drawing.key("Ctrl+P")
    lay_out(drawing.window)
    combo = control(drawing.window, "layers.0.activation", QComboBox)
    combo.setFocus()
    drawing.key("E")
    assert drawing.settle().experiment.layers[0].activation.label.startswith("E")
    assert drawing.window.parts.drawing.toolbox.tool.name == "brush"


# Data ---------------------------------------------------------------------------------------------------------------


def test_a_dropped_csv_asks_for_its_columns_and_is_trained_on(busy: Hand) -> None:
    hands.drop_file(busy.window, RESOURCES / "data" / "penguins.csv", busy.window.parts.boundary)
    dialog = busy.window.findChild(ImportDialog)
    busy.qtbot.waitExposed(dialog)
    hands.choose(hands.control(dialog, "import.x1"), "flipper_length_mm")
    hands.choose(hands.control(dialog, "import.target"), "island")
    hands.click(dialog.ok)
    data = busy.settle().experiment.data
    assert isinstance(data, Table) and (data.x1, data.target) == ("flipper_length_mm", "island")
    assert busy.trainer.sample.class_names == ("Biscoe", "Dream", "Torgersen")
    busy.trains_on()
    busy.undo()
    assert busy.settle().experiment.data.kind == "circle"


@pytest.mark.parametrize("name", ["boundary", "network", "tracks", "data", "training.learning_rate"])
def test_a_file_can_be_dropped_anywhere(hand: Hand, name: str) -> None:
    views = {view.name: view for view in hand.window.parts.views}
    target = views.get(name) or getattr(hand.window.parts, name, None) or control(hand.window, name, QLineEdit)
    hands.drop_file(hand.window, RESOURCES / "data" / "penguins.csv", target)
    dialog = hand.window.findChild(ImportDialog)
    assert dialog is not None and dialog.isVisible()
    hands.click(dialog.cancel)
    assert hand.experiment.data.kind == "circle"


@pytest.mark.parametrize("by_button", [False, True], ids=["by key", "by button"])
def test_points_are_copied_and_pasted(busy: Hand, by_button: bool) -> None:
    before = busy.trainer.sample
    if by_button:
        push(busy.window, "data.copy")
    else:
        busy.key("Ctrl+Shift+C")
    assert QGuiApplication.clipboard().text().startswith("x1\tx2\tlabel")
    push(busy.window, "data.kind.moons")
    busy.settle()
    if by_button:
        push(busy.window, "data.paste")
    else:
        busy.key("Ctrl+Shift+V")
    assert isinstance(busy.settle().experiment.data, UserPoints)
    np.testing.assert_array_equal(busy.trainer.sample.x, before.x)
    np.testing.assert_array_equal(busy.trainer.sample.labels, before.labels)
    np.testing.assert_array_equal(busy.trainer.sample.split, before.split)
    assert "taken from the clipboard" in busy.window.messages.strip.text.text()
    busy.trains_on()


def test_exported_points_come_back_bit_for_bit(hand: Hand, tmp_path: Path) -> None:
    before, file = hand.trainer.sample, tmp_path / "points.csv"
    hand.window.parts.data.own_data.export_points(file)
    push(hand.window, "data.kind.moons")
    hand.settle()
    hands.drop_file(hand.window, file, hand.window.parts.network)
    assert isinstance(hand.settle().experiment.data, UserPoints)
    after = hand.trainer.sample
    assert after.x.tobytes() == before.x.tobytes()
    assert after.labels.tobytes() == before.labels.tobytes()
    np.testing.assert_array_equal(after.split, before.split)
    assert draw_sample(hand.experiment.data).x.tobytes() == before.x.tobytes()


# Layers -------------------------------------------------------------------------------------------------------------


def test_a_frozen_layer_keeps_its_weights_while_the_others_learn(busy: Hand) -> None:
    push(busy.window, "layers.0.trainable")
    busy.settle()
    first, second = (busy.trainer.parameters()[name].copy() for name in ("W0", "W1"))
    busy.trains_on()
    np.testing.assert_array_equal(busy.trainer.parameters()["W0"], first)
    assert not np.array_equal(busy.trainer.parameters()["W1"], second)
    push(busy.window, "layers.0.trainable")
    busy.settle()
    busy.trains_on()
    busy.until(lambda: not np.array_equal(busy.trainer.parameters()["W0"], first))


def test_a_muted_layer_passes_its_inputs_on(busy: Hand) -> None:
    hands.fill(control(busy.window, "layers.1.units"), "4")
    busy.settle()
    push(busy.window, "layers.1.muted")
    busy.settle()
    assert busy.trainer.network.layers[1].muted
    busy.trains_on()
    busy.undo()
    busy.settle()
    assert not busy.trainer.network.layers[1].muted
    busy.key("Ctrl+Y")
    busy.settle()
    assert busy.trainer.network.layers[1].muted


def test_a_shape_is_chosen_from_the_menu(busy: Hand) -> None:
    shape = control(busy.window, "layers.shape")
    menu = shape.menu()
    busy.qtbot.waitUntil(shape.isVisible)
    funnel = next(action.text() for action in menu.actions() if action.text().startswith("Funnel"))
    menu.popup(shape.mapToGlobal(shape.rect().bottomLeft()))
    hands.choose_entry(menu, funnel)
    busy.settle()
    assert tuple(layer.units for layer in busy.trainer.network.layers[:-1]) == SHAPES["Funnel"]
    assert [layer.id for layer in busy.experiment.layers[:2]] == ["A", "B"]
    busy.trains_on()
    busy.undo()
    busy.settle()
    assert [layer.units for layer in busy.trainer.network.layers] == [4, 3, 1]


def test_a_chip_is_dragged_into_the_stack(busy: Hand) -> None:
    chip, above = control(busy.window, "layers.new.relu"), control(busy.window, "layers.1")
    lay_out(busy.window)
    layers = busy.window.parts.layers
    start = chip.mapTo(layers, chip.rect().center())
    end = above.mapTo(layers, QPoint(above.width() // 2, 3))
    hands.drag(layers, QPointF(start), QPointF(end))
    busy.settle()
    assert [layer.activation.kind for layer in busy.experiment.layers] == ["tanh", "relu", "tanh"]
    assert [layer.units for layer in busy.trainer.network.layers] == [4, 4, 3, 1]
    busy.trains_on()


# Tracks and what else shows the training ----------------------------------------------------------------------------


def tracks_of(busy: Hand) -> TracksView:
    """The tracks, in sight."""
    busy.window.docks.show("tracks")
    return busy.window.parts.tracks


def choose(tracks: TracksView, name: str) -> None:
    """Choose a setting of the tracks in its panel."""
    hands.click(part_of(tracks, "tracks.controls").button)
    hands.click(part_of(tracks, f"tracks.{name}"))
    part_of(tracks, "tracks.controls").panel.hide()


@pytest.mark.usefixtures("new_window")
def test_the_size_and_the_picture_of_the_gradients_are_chosen(busy: Hand) -> None:
    tracks = tracks_of(busy)
    for field in ("delta_rms", "update_ratio", "gradient_rms"):
        choose(tracks, f"quantity.{field}")
        assert tracks.shown().gradients.quantity == field
        shown = snapshot(busy.window)
        assert tracks.shown().gradients.bars.shape == (len(shown.layers),)
        assert np.isfinite(tracks.shown().gradients.bars).all()
    choose(tracks, "picture.lines")
    assert tracks.shown().gradients.picture == "lines"
    busy.trains_on()
    assert tracks.shown().gradients.lines[1].shape[1] == len(shown.layers)
    choose(tracks, "picture.map")
    assert tracks.shown().gradients.picture == "map"


def test_an_edit_leaves_a_mark_on_the_tracks(busy: Hand) -> None:
    tracks = tracks_of(busy)
    busy.until(lambda: len(tracks.shown().loss.training[:, 0]) > 3)
    hands.fill(control(busy.window, "training.learning_rate"), "0.02")
    busy.until(lambda: len(tracks.shown().marks) > 0)
    assert "learning rate 0.02" in tracks.shown().marks[-1].words.lower()
    network = busy.window.parts.network
    busy.window.docks.show("network")
    hands.click(network, network.shown().places.bias(1, 0).center())
    hands.type_text("0.5")
    busy.key("Return")
    busy.until(lambda: any("bias of " in mark.words for mark in tracks.shown().marks))


@pytest.mark.usefixtures("new_window")
def test_the_axes_and_the_smoothing_of_the_tracks_are_chosen(busy: Hand) -> None:
    tracks = tracks_of(busy)
    busy.until(lambda: len(tracks.shown().loss.training[:, 0]) > 10)
    choose(tracks, "smoothing.strong")
    assert tracks.shown().smoothing == "strong"
    busy.until(lambda: len(tracks.shown().loss.band) > 0)
    choose(tracks, "along.step")
    assert tracks.shown().along == "step"
    busy.until(lambda: tracks.shown().loss.training[:, 0].max() > 20)
    choose(tracks, "along.seconds")
    busy.until(lambda: np.isfinite(tracks.shown().loss.training[:, 0]).all())
    choose(tracks, "across.log")
    assert tracks.shown().time_is_logarithmic
    choose(tracks, "loss.log")
    assert tracks.shown().loss.logarithmic
    busy.trains_on()


def test_a_track_is_enlarged_hidden_and_zoomed_while_training_runs(busy: Hand) -> None:
    tracks = tracks_of(busy)
    sheet = part_of(tracks, "tracks.sheet")
    busy.until(lambda: tracks.shown().times[1] > 20)
    hands.click(part_of(tracks, "tracks.name.loss"))
    assert tracks.shown().tracks == ("loss",)
    hands.wheel(sheet, 3, sheet.box_of("loss").rect.center())
    low, high = tracks.shown().times
    assert low > 0 and high - low < 0.6 * (sheet.times.whole[1] - sheet.times.whole[0])
    busy.trains_on()
    hands.click(sheet.whole)
    hands.click(part_of(tracks, "tracks.name.loss"))
    assert tracks.shown().times[0] == 0 and len(tracks.shown().tracks) == 4


def test_histograms_and_confusion_are_computed_only_while_they_are_in_front(busy: Hand) -> None:
    window = busy.window
    assert snapshot(window).answer(ConfusionRequest) is None
    window.docks.show("histograms")
    busy.until(lambda: snapshot(window).answer(HistogramsRequest) is not None)
    busy.until(lambda: len(window.parts.view(HistogramsView).shown().rows) == 3)
    assert snapshot(window).answer(HistogramsRequest)[0].activations is not None
    window.docks.show("confusion")
    busy.until(lambda: snapshot(window).answer(ConfusionRequest) is not None)
    busy.until(lambda: window.parts.view(ConfusionView).shown().matrix is not None)
    assert snapshot(window).answer(HistogramsRequest) is None
    assert window.parts.view(ConfusionView).shown().matrix.counts.sum() == 60
    push(busy.window, "confusion.set.validation")
    assert window.parts.view(ConfusionView).shown().matrix.counts.sum() == 20


def test_what_comes_to_the_front_has_its_data_also_while_nothing_runs(busy: Hand) -> None:
    window = busy.window
    window.session.pause()
    busy.until(lambda: not window.session.report.running)
    window.docks.show("confusion")
    busy.until(lambda: window.parts.view(ConfusionView).shown().matrix is not None)
    window.docks.show("histograms")
    busy.until(lambda: len(window.parts.view(HistogramsView).shown().rows) == 3)
    tracks = tracks_of(busy)
    busy.until(lambda: len(tracks.shown().rate.past[0]) > 0)
    assert tracks.shown().rate.present[1] == busy.trainer.learning_rate


def test_the_learning_rate_s_track_follows_the_knob(busy: Hand) -> None:
    window, tracks = busy.window, tracks_of(busy)
    busy.until(lambda: len(tracks.shown().rate.past[0]) > 0)
    hands.fill(control(window, "training.learning_rate"), "0.02")
    busy.settle()
    busy.until(lambda: tracks.shown().rate.present[1] == pytest.approx(0.02))
    assert busy.trainer.learning_rate == 0.02


def test_everything_works_again_after_another_size_was_chosen(busy: Hand) -> None:
    window = busy.window
    window.zoom_to(1.25)
    lay_out(busy.window)
    network = window.parts.network
    hands.click(network, network.shown().places.units_button(0, more=True).center())
    busy.settle()
    assert busy.trainer.network.layers[0].units == 5
    busy.key("Ctrl+P")
    busy.until(lambda: "drawing" in window.docks.seen)
    lay_out(busy.window)
    before = len(busy.trainer.sample.x)
    hands.click(window.parts.boundary, places(busy, (5, 5))[0])
    busy.settle()
    assert len(busy.trainer.sample.x) == before + 1
