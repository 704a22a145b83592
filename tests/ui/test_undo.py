"""Undo on the real window: a learning rate that ruins the network, taken back with mouse and keys."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QAbstractSlider

from playground import Document, Trainer
from playground.interop.opening import FIRST_PRESET, load_preset
from tests.ui import hands
from ui.window.presenter import KEEP_WEIGHTS
from ui.window.window import Window

SECONDS = 60_000


@pytest.fixture(scope="module")
def good() -> Document:
    """What the window opens with, trained to a loss of well below that of the start."""
    trainer = Trainer(load_preset(FIRST_PRESET), engine="compiled")
    while trainer.evaluation.train_loss >= 0.25:
        trainer.advance(epochs=1)
    trainer.use_engine("reference")
    return trainer.document()


@pytest.fixture
def trained(qtbot, window: Window, good: Document) -> Window:
    """The window while it trains on from there."""
    session = window.session
    session.open(good.experiment, "good", good)
    session.forget_edits()
    hands.push(window, "transport.play")
    start = good.present.state.epoch
    qtbot.waitUntil(lambda: epoch(window) > start and loss(window) < 0.25, timeout=SECONDS)
    return window


def loss(window: Window) -> float:
    return window.session.report.snapshot.evaluation.train_loss


def epoch(window: Window) -> int:
    return window.session.report.snapshot.epoch


def rate(window: Window) -> float:
    return window.session.experiment.training.learning_rate


def ruin(qtbot, window: Window) -> None:
    """Drag the learning rate to the right end, and train on with it."""
    hands.drag_handle(hands.control(window, "training.learning_rate.slider", QAbstractSlider), 1.0)
    assert rate(window) > 1
    since = epoch(window)
    qtbot.waitUntil(lambda: epoch(window) > since + 5 and loss(window) > 0.5, timeout=SECONDS)


@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_undoing_a_ruinous_learning_rate_brings_the_network_back(qtbot, trained: Window, engine) -> None:
    window, banner = trained, trained.desk.messages.banner
    window.session.use_engine(engine)
    qtbot.waitUntil(lambda: window.session.report.snapshot.engine == engine, timeout=SECONDS)
    before = rate(window)
    ruin(qtbot, window)
    assert len(window.session.done) == 1, "a drag is one change"
    window.desk.say("What was said before")
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: "are back" in banner.text.text(), timeout=SECONDS)
    assert banner.isVisible()
    assert "said before" not in window.desk.messages.status.text()
    assert banner.text.text().startswith(f"Learning rate back to {before:g}; the weights of epoch ")
    qtbot.waitUntil(lambda: loss(window) < 0.3, timeout=SECONDS)
    since = epoch(window)
    qtbot.waitUntil(lambda: epoch(window) > since + 20, timeout=SECONDS)
    assert loss(window) < 0.3, "it trains on well"
    assert banner.isVisible(), "the offer stays"


def test_the_other_choice_and_redo(qtbot, trained: Window) -> None:
    window, banner = trained, trained.desk.messages.banner
    ruin(qtbot, window)
    hands.push(window, "transport.play")
    qtbot.waitUntil(lambda: not window.session.report.running, timeout=SECONDS)
    high = rate(window)
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: banner.isVisible() and "are back" in banner.text.text(), timeout=SECONDS)
    qtbot.waitUntil(lambda: loss(window) < 0.3, timeout=SECONDS)
    hands.key_in(window, "Ctrl+Shift+Z")
    qtbot.waitUntil(lambda: banner.text.text().startswith("Redone: learning rate"), timeout=SECONDS)
    qtbot.waitUntil(lambda: loss(window) > 0.5, timeout=SECONDS)
    assert rate(window) == high
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: loss(window) < 0.3, timeout=SECONDS)
    qtbot.waitUntil(lambda: banner.text.text().startswith("Learning rate back to"), timeout=SECONDS)
    assert banner.remedy.text() == KEEP_WEIGHTS
    hands.click(banner.remedy)
    qtbot.waitUntil(lambda: loss(window) > 0.5, timeout=SECONDS)
    assert not banner.isVisible()
    assert rate(window) < high


def test_without_ruin_the_status_line_says_that_weights_stay(qtbot, trained: Window) -> None:
    window = trained
    before = rate(window)
    hands.drag_handle(hands.control(window, "training.learning_rate.slider", QAbstractSlider), 0.3)
    assert rate(window) != before
    hands.key_in(window, "Ctrl+Z")
    words = f"Learning rate back to {before:g}; the weights stay as they are."
    qtbot.waitUntil(lambda: words in window.desk.messages.status.text(), timeout=SECONDS)
    assert not window.desk.messages.banner.isVisible()


def test_an_offer_goes_with_the_next_change(qtbot, trained: Window) -> None:
    window, banner = trained, trained.desk.messages.banner
    ruin(qtbot, window)
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: banner.isVisible() and "are back" in banner.text.text(), timeout=SECONDS)
    hands.drag_handle(hands.control(window, "training.learning_rate.slider", QAbstractSlider), 0.3)
    qtbot.waitUntil(lambda: not banner.isVisible())
