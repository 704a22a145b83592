"""The real window with its real worker thread, driven by real mouse and key events."""

from __future__ import annotations

import gc
import json
import os
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QEvent, QPoint
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QSlider, QWidget

from playground import Experiment, Layer
from playground.catalog.activations import Tanh
from playground.catalog.datasets.base import TEST
from playground.catalog.datasets.own_points import UserPoints
from playground.interop.opening import RESOURCES, load_preset
from playground.measure.requests import BoundaryRequest, FinalTestRequest
from tests.ui import hands
from tests.ui.counting import EventCount
from tests.ui.windows import control, lay_out, opened_window, push, settle, snapshot, step
from ui.look import theme
from ui.look.beat import text_beat
from ui.look.numbers import percent_text
from ui.views.response.view import ResponseView
from ui.window.window import Window

CLOSINGS = int(os.environ.get("CLOSINGS", "4"))


@pytest.fixture
def window(used_window: Window) -> Window:
    """One window for all tests; those that do more than edit, train and rearrange take a new one."""
    return used_window


# The main job -----------------------------------------------------------------------------------------------------


def test_the_window_opens_with_an_untrained_spiral(window: Window) -> None:
    assert snapshot(window).step == 0
    assert snapshot(window).experiment.data.kind == "spiral"
    assert "Ready" in window.messages.status.text()


def test_texts_that_change_while_training_runs_lay_nothing_out_again(window: Window) -> None:
    parts, messages = window.parts, window.messages
    response = parts.view(ResponseView)
    labels = (*parts.transport.readout.numbers[:-1], messages.status, messages.strip.text, response.small_print)
    QApplication.processEvents()
    requests = EventCount(window, QEvent.Type.LayoutRequest)
    for label in (*labels, response.sentence):
        before = label.text()
        for text in ("1", "Another text, which is so long that it needs all the room that there is."):
            label.setText(text)
            QApplication.processEvents()
        label.setText(before)
    QApplication.processEvents()
    assert requests.count == 0


def test_play_moves_step_count_boundary_and_gradient_bars(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: window.parts.boundary.shown().colours.size > 0)
    image, bars = window.parts.boundary.shown().colours.copy(), window.parts.tracks.shown().gradients.bars.copy()
    hands.key(window, "Space")
    qtbot.waitUntil(lambda: step(window) > 200)
    assert not np.array_equal(window.parts.boundary.shown().colours, image)
    assert np.isfinite(window.parts.tracks.shown().gradients.bars).all()
    assert not np.array_equal(window.parts.tracks.shown().gradients.bars, bars)
    assert len(window.parts.tracks.shown().loss.training[:, 0]) > 1
    qtbot.waitUntil(lambda: "steps per second" in window.messages.status.text())


def test_space_pauses_and_plays_again(qtbot, trained: Window) -> None:
    hands.key(trained, "Space")
    qtbot.waitUntil(lambda: not trained.session.report.running)
    at = step(trained)
    hands.key(trained, "Space")
    qtbot.waitUntil(lambda: step(trained) > at)


def test_the_play_button_follows_what_really_runs(qtbot, window: Window) -> None:
    button = control(window, "transport.play")
    hands.click(button)
    qtbot.waitUntil(lambda: step(window) > 0)
    assert button.accessibleName() == "Pause"
    window.session.pause()
    qtbot.waitUntil(lambda: button.accessibleName() == "Play")


def test_reset_goes_back_to_the_start(qtbot, trained: Window) -> None:
    first = trained.session.worker.trainer.history.view()[0, 3]
    trained.session.pause()
    push(trained, "transport.reset")
    qtbot.waitUntil(lambda: step(trained) == 0)
    assert snapshot(trained).evaluation.train_loss == first


def test_one_step_and_one_epoch_by_button(qtbot, window: Window) -> None:
    push(window, "transport.step")
    qtbot.waitUntil(lambda: step(window) == 1)
    push(window, "transport.epoch")
    qtbot.waitUntil(lambda: snapshot(window).epoch == 1)


def test_reseed_gives_other_weights(qtbot, window: Window) -> None:
    before = snapshot(window).evaluation.train_loss
    push(window, "transport.reseed")
    qtbot.waitUntil(lambda: snapshot(window).evaluation.train_loss != before)
    assert step(window) == 0


# Live edits -------------------------------------------------------------------------------------------------------


def test_dragging_the_learning_rate_during_training_is_one_undo_step(qtbot, trained: Window) -> None:
    before = trained.session.experiment
    slider = control(trained, "training.learning_rate.slider", QSlider)
    hands.drag_handle(slider, 0.9)
    rate = trained.session.experiment.training.learning_rate
    assert rate > 10 * before.training.learning_rate
    assert settle(qtbot, trained).learning_rate == rate
    assert step(trained) > 0
    assert len(trained.session.history.done) == 1
    hands.key(trained, "Ctrl+Z")
    assert trained.session.experiment == before
    assert settle(qtbot, trained).learning_rate == before.training.learning_rate


NUMBERS = {
    "data.points": ("200", 200),
    "data.noise": ("0.2", 0.2),
    "data.label_noise": ("0.1", 0.1),
    "data.validation_fraction": ("0.25", 0.25),
    "data.test_fraction": ("0.1", 0.1),
    "data.seed": ("7", 7),
    "layers.0.units": ("5", 5),
    "layers.1.dropout": ("0.3", 0.3),
    "training.learning_rate": ("0.02", 0.02),
    "training.batch_size": ("50", 50),
    "training.weight_decay": ("0.001", 0.001),
    "training.weight_noise": ("0.0001", 0.0001),
    "seed": ("3", 3),
    "bias": ("0.5", 0.5),
}
CHOICES = {
    "training.optimizer": "RMSProp",
    "loss": "Squared error",
    "regularizer": "L2",
    "layers.0.activation": "ReLU",
    "layers.0.regularizer": "L1",
    "layers.1.initializer": "He normal",
    "initializer": "Normal",
}


def at_path(tree: object, path: str) -> object:
    for name in path.split("."):
        tree = tree[int(name)] if name.isdigit() else getattr(tree, name)  # type: ignore[index]
    return tree


def unfold(window: Window) -> None:
    """Open every folded part, so that all controls can be reached."""
    for button in window.findChildren(QWidget):
        if button.property("section") and not button.isChecked():
            button.click()


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_takes_effect_in_the_middle_of_a_run(qtbot, trained: Window, name: str) -> None:
    unfold(trained)
    text, value = NUMBERS[name]
    hands.fill(control(trained, name), text)
    now = settle(qtbot, trained)
    assert at_path(now.experiment, name) == value
    assert now.step > 20
    at = now.step
    qtbot.waitUntil(lambda: step(trained) > at)


@pytest.mark.parametrize("name", CHOICES)
def test_every_choice_takes_effect_in_the_middle_of_a_run(qtbot, trained: Window, name: str) -> None:
    unfold(trained)
    hands.choose(control(trained, name), CHOICES[name])
    now = settle(qtbot, trained)
    assert at_path(now.experiment, name).label == CHOICES[name]
    assert now.step > 20
    at = now.step
    qtbot.waitUntil(lambda: step(trained) > at or snapshot(trained).status == "diverged")


def test_the_effect_is_the_trainers_not_only_the_forms(qtbot, trained: Window) -> None:
    unfold(trained)
    for name in ("data.points", "layers.0.units", "training.learning_rate", "training.batch_size"):
        hands.fill(control(trained, name), NUMBERS[name][0])
    hands.choose(control(trained, "training.optimizer"), "SGD")
    settle(qtbot, trained)
    trained.session.pause()
    qtbot.waitUntil(lambda: not trained.session.report.running)
    trainer = trained.session.worker.trainer
    assert len(trainer.sample.x) == 200
    assert trainer.network.layers[0].units == 5
    assert trainer.learning_rate == 0.02
    assert trainer.setup.batch_size == 50
    assert trainer.state.slots.shape[0] == 0
    assert snapshot(trained).layers[0].units == 5


@pytest.mark.parametrize("kind", ["circle", "xor", "gaussians", "moons", "plane", "hills", "penguins"])
def test_every_data_set_can_be_chosen_in_the_middle_of_a_run(qtbot, trained: Window, kind: str) -> None:
    tile = control(trained, f"data.kind.{kind}")
    hands.click(tile)
    now = settle(qtbot, trained)
    assert now.experiment.data.kind == ("table" if kind == "penguins" else kind)
    assert now.step > 20
    at = now.step
    qtbot.waitUntil(lambda: step(trained) > at)


def test_features_are_switched_by_click(qtbot, trained: Window) -> None:
    push(trained, "features.radius")
    now = settle(qtbot, trained)
    assert "radius" in now.experiment.features
    assert trained.session.worker.trainer.network.layers[0].inputs == 3
    assert now.step > 20


def test_layers_are_added_duplicated_and_removed(qtbot, trained: Window) -> None:
    push(trained, "layers.add")
    assert len(settle(qtbot, trained).layers) == 5
    push(trained, "layers.0.duplicate")
    assert len(settle(qtbot, trained).layers) == 6
    push(trained, "layers.1.remove")
    assert len(settle(qtbot, trained).layers) == 5
    assert step(trained) > 20


def test_dragging_a_card_reorders_the_network_and_the_weights_follow(qtbot, window: Window) -> None:
    layers = tuple(Layer(4, Tanh(), id=name) for name in "ABC")
    window.session.open(msgspec.structs.replace(window.session.experiment, layers=layers), "three equal layers")
    settle(qtbot, window)
    trainer = window.session.worker.trainer
    second, third = trainer.parameters()["W1"].copy(), trainer.parameters()["W2"].copy()
    lay_out(window)
    handle, target = control(window, "layers.1.handle"), control(window, "layers.2")
    start = handle.rect().center()
    end = handle.mapFromGlobal(target.mapToGlobal(QPoint(target.width() // 2, target.height() - 4)))
    hands.drag(handle, start, end)
    now = settle(qtbot, window)
    assert [layer.id for layer in now.experiment.layers] == ["A", "C", "B"]
    np.testing.assert_array_equal(trainer.parameters()["W1"], third)
    np.testing.assert_array_equal(trainer.parameters()["W2"], second)


def test_a_card_is_moved_by_keyboard(qtbot, window: Window) -> None:
    order = [layer.id for layer in window.session.experiment.layers]
    card = control(window, "layers.0")
    card.setFocus()
    hands.key(card, "Alt+Down")
    assert [layer.id for layer in settle(qtbot, window).experiment.layers] == [order[1], order[0], *order[2:]]


def test_ctrl_z_after_typing_a_number_takes_the_edit_back(window: Window) -> None:
    before = window.session.experiment
    hands.fill(control(window, "training.learning_rate"), "0.5")
    assert window.session.experiment.training.learning_rate == 0.5
    focus = QApplication.focusWidget()
    hands.key(focus, "Ctrl+Z")
    assert window.session.experiment == before
    hands.key(focus, "Ctrl+Shift+Z")
    assert window.session.experiment.training.learning_rate == 0.5


# What goes wrong --------------------------------------------------------------------------------------------------


def test_divergence_is_told_with_a_remedy_that_works(qtbot, window: Window) -> None:
    window.session.open(load_preset("plane"), "plane")
    settle(qtbot, window)
    hands.fill(control(window, "training.learning_rate"), "1000")
    hands.key(window, "Space")
    qtbot.waitUntil(lambda: window.messages.strip.speaks)
    assert "no longer a finite number" in window.messages.strip.text.text()
    assert "Diverged" in window.messages.status.text()
    hands.click(window.messages.strip.remedy)
    assert window.session.experiment.training.learning_rate == 0.1
    assert settle(qtbot, window).status == "ready"


def test_vanishing_gradients_are_named_with_a_remedy_that_is_applied(qtbot, window: Window) -> None:
    window.documents.open("vanishing-gradients")
    settle(qtbot, window)
    window.session.play()
    qtbot.waitUntil(lambda: window.messages.finding is not None)
    window.session.pause()
    qtbot.waitUntil(lambda: not window.presenter.running)
    finding, strip = window.messages.finding, window.messages.strip
    assert finding.kind == "vanishing"
    assert strip.text.text().startswith("Opened "), "what has just happened comes first"
    window.messages.dismiss()
    assert strip.text.text() == finding.text and "gradient" in finding.text
    hands.click(strip.remedy)
    assert window.session.experiment == finding.remedy.experiment
    window.session.undo()
    assert window.session.experiment.layers[0].activation.kind == "sigmoid"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("{", "JSON"),
        ('{"version": 1, "trainig": {}}', "trainig"),
        ('{"version": 1, "training": {"learning_rate": -2}}', "training.learning_rate"),
        ('{"version": 1, "data": {"kind": "table", "path": "nowhere.csv"}}', "data.path"),
    ],
)
def test_a_bad_file_is_said_and_changes_nothing(qtbot, trained: Window, tmp_path: Path, content, named) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    before = trained.session.experiment
    trained.documents.open(str(path))
    assert trained.messages.strip.speaks
    assert named in trained.messages.strip.text.text()
    assert trained.session.experiment == before
    at = step(trained)
    qtbot.waitUntil(lambda: step(trained) > at)


def test_a_table_that_lacks_the_column_names_it_and_what_there_is(window: Window, tmp_path: Path) -> None:
    path = tmp_path / "wrong.json"
    table = {
        "kind": "table",
        "path": str(RESOURCES / "data" / "penguins.csv"),
        "x1": "beak",
        "x2": "year",
        "target": "sex",
    }
    path.write_text(json.dumps({"version": 1, "data": table}))
    window.documents.open(str(path))
    assert "beak" in window.messages.strip.text.text()
    assert "bill_length_mm" in window.messages.strip.text.text()


def test_a_dropped_file_is_opened(qtbot, window: Window) -> None:
    hands.drop_file(window, RESOURCES / "presets" / "hills.json")
    assert settle(qtbot, window).experiment.data.kind == "hills"


def test_saving_and_opening_gives_the_same_experiment(qtbot, window: Window, tmp_path: Path) -> None:
    window.session.open(load_preset("penguins"), "penguins")
    saved: Experiment = window.session.experiment
    window.documents.save_to(str(tmp_path / "mine.json"))
    qtbot.waitUntil(lambda: window.work.path == tmp_path / "mine.json")
    window.session.open(load_preset("circle"), "circle")
    window.documents.open(str(tmp_path / "mine.json"))
    assert window.session.experiment == saved


def test_a_failed_save_is_told(qtbot, window: Window, tmp_path: Path) -> None:
    window.documents.save_to(str(tmp_path / "no such folder" / "mine.json"))
    qtbot.waitUntil(lambda: "Nothing was saved" in window.messages.strip.text.text())


# Coming and going -------------------------------------------------------------------------------------------------


def test_closing_during_training_is_clean_every_time(qtbot, qapp: QApplication) -> None:
    for _ in range(CLOSINGS):
        window = Window()
        window.show()
        window.session.play()
        qtbot.waitUntil(lambda window=window: window.session.report is not None and step(window) > 0)
        window.close()
        assert window.session.worker.isFinished()
        shiboken6.delete(window)


def test_a_window_that_is_closed_leaves_nothing_in_memory(qapp: QApplication) -> None:
    with opened_window() as window:
        gone = weakref.ref(window)
    del window
    gc.collect()
    assert gone() is None


@pytest.mark.parametrize("name", ["light", "dark"])
def test_both_themes_can_be_put_on_while_training(qtbot, qapp: QApplication, trained: Window, name: str) -> None:
    theme.apply(qapp, name)
    trained.apply_theme()
    at = step(trained)
    qtbot.waitUntil(lambda: step(trained) > at)
    corner = trained.grab().toImage().pixelColor(2, 400).lightness()
    assert (corner < 128) == (name == "dark")


def every(kind: type, window: Window) -> Iterator[QWidget]:
    yield from (widget for widget in window.findChildren(kind) if widget.isVisibleTo(window))


@pytest.mark.parametrize("kind", [QLineEdit, QSlider, QComboBox])
def test_every_control_has_an_accessible_name_and_a_tooltip(window: Window, kind: type) -> None:
    unfold(window)
    lacking: Callable[[QWidget], bool] = lambda w: not (w.accessibleName() and w.toolTip())  # noqa: E731
    assert [w.objectName() or repr(w) for w in every(kind, window) if lacking(w)] == []


# What snapshots contain -------------------------------------------------------------------------------------------


def test_only_what_is_seen_is_computed(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: snapshot(window).answer(BoundaryRequest) is not None)
    window.docks.docks["boundary"].close()
    qtbot.waitUntil(lambda: snapshot(window).answer(BoundaryRequest) is None)
    window.docks.show("boundary")
    qtbot.waitUntil(lambda: snapshot(window).answer(BoundaryRequest) is not None)


def test_a_minimised_or_hidden_window_asks_for_nothing(qtbot, new_window: Window) -> None:
    new_window.session.play()
    new_window.showMinimized()
    qtbot.waitUntil(lambda: snapshot(new_window).answer(BoundaryRequest) is None)
    new_window.showNormal()
    qtbot.waitUntil(lambda: snapshot(new_window).answer(BoundaryRequest) is not None)
    new_window.hide()
    qtbot.waitUntil(lambda: snapshot(new_window).answer(BoundaryRequest) is None)
    before = step(new_window)
    qtbot.waitUntil(lambda: step(new_window) > before)
    new_window.show()
    qtbot.waitUntil(lambda: snapshot(new_window).answer(BoundaryRequest) is not None)


def test_a_pause_in_a_long_step_is_said_in_the_status_line(qtbot, gate, trained: Window) -> None:
    gate.shut()
    qtbot.waitUntil(lambda: trained.presenter.running)
    hands.key(trained, "Space")
    qtbot.waitUntil(lambda: "Pausing after this step" in trained.messages.status.text())
    # Words of the moment before may still wait for their turn.
    trained.presenter.show_report(trained.session.report)
    text_beat().strike()
    assert "Pausing after this step" in trained.messages.status.text()
    gate.open.set()
    qtbot.waitUntil(lambda: "Paused at" in trained.messages.status.text())


def test_the_space_bar_plays_before_anything_was_touched(qtbot, window: Window) -> None:
    data = window.session.experiment.data
    hands.key(window.focusWidget(), "Space")
    qtbot.waitUntil(lambda: step(window) > 0)
    assert window.session.experiment.data == data


def test_a_large_window_opens_in_the_layout_for_large_screens(qtbot, qapp: QApplication) -> None:
    theme.apply(qapp, "light")
    window = Window()
    window.resize(1920, 1080)
    window.show()
    try:
        qtbot.waitUntil(lambda: {"network", "boundary", "data", "tracks"} <= window.docks.seen)
    finally:
        window.close()
        shiboken6.delete(window)


# The test ---------------------------------------------------------------------------------------------------------


def test_the_test_result_is_shown_when_it_is_asked_for_and_only_then(qtbot, trained: Window) -> None:
    button = trained.findChild(QWidget, "data.final_test")
    result = trained.findChild(QLabel, "data.final_test.result")
    assert not button.isVisible()
    assert not button.isEnabled()
    hands.fill(control(trained, "data.test_fraction"), "0.2")
    settle(qtbot, trained)
    assert snapshot(trained).answer(FinalTestRequest) is None
    assert not result.isVisible()
    trained.session.pause()
    qtbot.waitUntil(lambda: not trained.session.report.running)
    push(trained, "data.final_test")
    qtbot.waitUntil(result.isVisible)
    trainer = trained.session.worker.trainer
    measured_now, points = FinalTestRequest().answer(trainer), int((trainer.sample.split == TEST).sum())
    share = f"{percent_text(measured_now.accuracy)} right"
    assert result.text().startswith(f"{points} test points at step {step(trained):,}: loss ")
    assert share in result.text()
    trained.session.step()
    qtbot.waitUntil(lambda: snapshot(trained).step == trainer.state.step)
    qtbot.waitUntil(lambda: snapshot(trained).answer(FinalTestRequest) is None)
    hands.click(control(trained, "data.final_test"))
    qtbot.waitUntil(lambda: "You have looked 2 times" in result.text())
    hands.fill(control(trained, "data.noise"), "0.3")
    assert not result.isVisible()
    hands.fill(control(trained, "data.test_fraction"), "0")
    assert not button.isVisible()


def test_own_points_with_marks_have_a_test_result(qtbot, window: Window) -> None:
    points = UserPoints(
        x1=(-1.0, 1.0, -2.0), x2=(0.0, 0.0, 0.0), target=(0.0, 1.0, 0.0),
        train=(True, True, False), test=(False, False, True),
    )  # fmt: skip
    window.session.edit(msgspec.structs.replace(window.session.experiment, data=points), "own points")
    push(window, "data.final_test")
    result = window.findChild(QLabel, "data.final_test.result")
    qtbot.waitUntil(lambda: result.text().startswith("1 test point at step 0: loss "))


# Refusals ---------------------------------------------------------------------------------------------------------


def test_a_refusal_is_said_until_something_is_changed(qtbot, window: Window) -> None:
    experiment = window.session.experiment
    refused = msgspec.structs.replace(experiment, data=msgspec.structs.replace(experiment.data, noise=7.0))
    window.parts.data.edited.emit(refused, "noise 7", False)
    assert window.messages.strip.speaks
    assert "Noise must be at most 1 (got 7). Nothing was changed." in window.messages.strip.text.text()
    hands.let_pass(50, "the message would go")
    assert window.messages.strip.speaks
    hands.fill(control(window, "data.noise"), "0.2")
    assert not window.messages.strip.speaks


def test_a_change_leaves_other_messages_alone(window: Window) -> None:
    window.parts.data.edited.emit(msgspec.structs.replace(window.session.experiment, seed=-1), "seed -1", False)
    window.desk.tell("The file was not saved.")
    hands.fill(control(window, "data.noise"), "0.2")
    assert window.messages.strip.speaks
    assert window.messages.strip.text.text() == "The file was not saved."
