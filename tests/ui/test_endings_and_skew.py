"""What early stopping did is said with the way to go on, and each class's recall where accuracy says little."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from playground import Experiment, Layer, Training
from playground.catalog.activations import Tanh
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Circle, Moons
from playground.catalog.losses import CrossEntropy
from playground.catalog.normalizations import LayerNormalization
from playground.experiment.paths import with_value
from playground.experiment.tree import EarlyStopping
from tests.ui import hands
from tests.ui.windows import settle, snapshot
from ui.look.numbers import percent_text
from ui.views.confusion.view import ConfusionView
from ui.window.window import Window

OVERFITS = Experiment(
    data=Moons(points=60, noise=0.35),
    layers=(Layer(16, Tanh()), Layer(16, Tanh())),
    training=Training(learning_rate=0.03, early_stopping=EarlyStopping(patience=8)),
)


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


def uneven(rare: int) -> Experiment:
    """Two clouds of 120 points, of which one has `rare`."""
    random = np.random.default_rng(0)
    target = np.arange(120) < rare
    x = random.normal(0, 1, (120, 2)) + target[:, np.newaxis]
    data = UserPoints(x1=tuple(x[:, 0]), x2=tuple(x[:, 1]), target=tuple(target.astype(float)), task="classification")
    return Experiment(data=data, layers=(Layer(4, Tanh()),))


def play_to_the_end(qtbot, window: Window, status: str) -> None:
    window.wiring.set_speed(None)
    window.session.play()
    qtbot.waitUntil(lambda: snapshot(window).status == status and not window.presenter.running)


def test_early_stopping_says_what_it_did_and_go_on_goes_on(qtbot, window: Window) -> None:
    window.session.open(OVERFITS, "overfits")
    settle(qtbot, window)
    play_to_the_end(qtbot, window, "stopped_early")
    strip, end = window.messages.strip, snapshot(window).epoch
    assert strip.speaks
    assert strip.text.text() == f"{snapshot(window).ending} Play continues from there with fresh patience."
    assert f"after epoch {end}" in strip.text.text() and f"epoch {end - 8} were restored" in strip.text.text()
    assert window.messages.status.text().startswith(f"Stopped early at epoch {end}")
    window.wiring.set_speed(2.0)
    hands.click(strip.remedy)
    qtbot.waitUntil(lambda: snapshot(window).epoch > end)
    assert not strip.speaks or window.messages.says_finding
    window.wiring.set_speed(None)
    qtbot.waitUntil(lambda: snapshot(window).status == "stopped_early")
    assert snapshot(window).epoch >= end + 8


def test_when_the_epochs_run_out_it_says_which_weights_are_back(qtbot, window: Window) -> None:
    patient = EarlyStopping(patience=1000)
    training = msgspec.structs.replace(OVERFITS.training, early_stopping=patient, epochs=60)
    window.session.open(msgspec.structs.replace(OVERFITS, training=training), "overfits")
    settle(qtbot, window)
    play_to_the_end(qtbot, window, "completed")
    words = window.messages.strip.text.text()
    assert words.startswith("All 60 epochs are done") and words.endswith("Set more epochs, or no limit, to continue.")
    window.parts.training.ask("training.epochs", None)
    qtbot.waitUntil(lambda: not window.messages.strip.speaks)


def test_each_classs_recall_stands_beside_accuracy_where_classes_are_very_uneven(qtbot, window: Window) -> None:
    transport, confusion = window.parts.transport.readout, window.parts.view(ConfusionView)
    assert not transport.skew.isVisible()
    window.session.open(uneven(12), "uneven")
    settle(qtbot, window)
    qtbot.waitUntil(transport.skew.isVisible)
    window.docks.show("confusion")
    hands.push(window, "confusion.set.validation")
    qtbot.waitUntil(lambda: confusion.shown().matrix is not None and "recall" in confusion.shown().reading)
    matrix = confusion.shown().matrix
    told = {name: percent_text(matrix.recall(index)) for index, name in enumerate(matrix.names)}
    for name, recall in told.items():
        # The header makes room for a new number at the next turn of events.
        hands.until(lambda told=f"{name} {recall}": told in transport.recall.text(), f"no recall of class {name}")
        assert f"{name} {recall}" in confusion.shown().reading
    assert "90.0 % of the training points are of class A" in transport.recall.toolTip()
    assert transport.recall_caption.text() == "validation recall"
    window.session.open(uneven(60), "even")
    settle(qtbot, window)
    qtbot.waitUntil(lambda: not transport.skew.isVisible())
    assert "recall" not in confusion.shown().reading


def test_the_header_never_cuts_a_recall(qtbot, window: Window) -> None:
    random = np.random.default_rng(0)
    x = np.concatenate([random.normal(0, 2, (190, 2)), random.normal(3, 0.6, (10, 2))])
    data = UserPoints.of(x, ["healthy"] * 190 + ["ill"] * 10)
    window.session.open(Experiment(data=data, layers=(Layer(8, Tanh()),)), "rare")
    settle(qtbot, window)
    recall, seen = window.parts.transport.readout.recall, set()
    qtbot.waitUntil(recall.isVisible)
    for width in (980, 1600):
        window.resize(width, 800)
        qtbot.waitUntil(lambda width=width: window.width() == width)
        qtbot.waitUntil(lambda: recall.fontMetrics().horizontalAdvance(recall.text()) <= recall.width())
        seen.add(recall.text().count("%"))
        assert recall.text().endswith("%")
    assert seen == {1, 2}


def test_balanced_weights_are_one_click_from_the_header_and_the_matrix_and_are_undone(qtbot, window: Window) -> None:
    window.session.open(uneven(12), "uneven")
    settle(qtbot, window)
    window.docks.show("confusion")
    for name in ("transport.balance", "confusion.balance"):
        button = hands.control(window, name)
        qtbot.waitUntil(button.isVisible)
        hands.click(button)
        settle(qtbot, window)
        assert window.session.experiment.loss == CrossEntropy(class_weights="balanced")
        assert window.session.history.done[-1].label == "balance the classes"
        qtbot.waitUntil(lambda button=button: not button.isVisible())
        hands.key_in(window, "Ctrl+Z")
        settle(qtbot, window)
        assert window.session.experiment.loss is None


def test_what_looks_like_a_fault_is_explained_at_the_numbers(qtbot, window: Window) -> None:
    transport = window.parts.transport.readout
    odd = Layer(1, Tanh(), normalization=LayerNormalization())
    window.session.open(Experiment(data=Circle(points=60), layers=(odd,)), "odd")
    settle(qtbot, window)
    for number in (*transport.losses, *transport.scores):
        assert "Layer normalization of the single unit of layer A" in number.toolTip()
    window.session.edit(with_value(window.session.experiment, "layers.0.units", 2))
    settle(qtbot, window)
    assert "normalization" not in transport.losses[0].toolTip()
