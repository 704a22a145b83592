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


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


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
    window, strip = trained, trained.desk.messages.strip
    window.session.use_engine(engine)
    qtbot.waitUntil(lambda: window.session.report.snapshot.engine == engine, timeout=SECONDS)
    before = rate(window)
    ruin(qtbot, window)
    assert len(window.session.history.done) == 1, "a drag is one change"
    window.desk.say("What was said before")
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: "are back" in strip.text.text(), timeout=SECONDS)
    assert strip.remedy.isVisible() and strip.remedy.text() == KEEP_WEIGHTS
    assert "said before" not in strip.text.text()
    assert strip.text.text().startswith(f"Learning rate back to {before:g}; the weights of epoch ")
    qtbot.waitUntil(lambda: loss(window) < 0.3, timeout=SECONDS)
    since = epoch(window)
    # Single epochs of this run reach a loss of 0.5, so it has some time for a good one.
    qtbot.waitUntil(lambda: epoch(window) > since + 20 and loss(window) < 0.3, timeout=SECONDS)


def test_the_other_choice_and_redo(qtbot, trained: Window) -> None:
    window, strip = trained, trained.desk.messages.strip
    ruin(qtbot, window)
    hands.push(window, "transport.play")
    qtbot.waitUntil(lambda: not window.session.report.running, timeout=SECONDS)
    high = rate(window)
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: "are back" in strip.text.text(), timeout=SECONDS)
    qtbot.waitUntil(lambda: loss(window) < 0.3, timeout=SECONDS)
    hands.key_in(window, "Ctrl+Shift+Z")
    qtbot.waitUntil(lambda: strip.text.text().startswith("Redone: learning rate"), timeout=SECONDS)
    qtbot.waitUntil(lambda: loss(window) > 0.5, timeout=SECONDS)
    assert rate(window) == high
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: loss(window) < 0.3, timeout=SECONDS)
    qtbot.waitUntil(lambda: strip.text.text().startswith("Learning rate back to"), timeout=SECONDS)
    assert strip.remedy.text() == KEEP_WEIGHTS
    qtbot.waitUntil(lambda: not strip.rests)
    hands.click(strip.remedy)
    qtbot.waitUntil(lambda: loss(window) > 0.5, timeout=SECONDS)
    assert strip.remedy.text() != KEEP_WEIGHTS or not strip.remedy.isVisible()
    assert rate(window) < high


def test_undo_during_a_race_offers_the_race_and_the_present_weights(qtbot, trained: Window) -> None:
    window, strip = trained, trained.desk.messages.strip
    ruin(qtbot, window)
    window.races.start_classic("optimizers")
    qtbot.waitUntil(lambda: window.session.race_report is not None, timeout=SECONDS)
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: "The race is closed" in strip.said.text, timeout=SECONDS)
    assert " are back. Epochs count on from " in strip.said.text
    assert (strip.remedy.text(), strip.second.text()) == ("Back to the race", KEEP_WEIGHTS)
    hands.click(strip.second)
    qtbot.waitUntil(lambda: loss(window) > 0.5, timeout=SECONDS)
    assert not strip.second.isVisible() and not window.session.is_running


def test_without_ruin_the_strip_says_that_weights_stay_and_offers_nothing(qtbot, trained: Window) -> None:
    window = trained
    before = rate(window)
    hands.drag_handle(hands.control(window, "training.learning_rate.slider", QAbstractSlider), 0.3)
    assert rate(window) != before
    hands.key_in(window, "Ctrl+Z")
    words = f"Learning rate back to {before:g}; the weights stay as they are."
    qtbot.waitUntil(lambda: window.desk.messages.strip.text.text() == words, timeout=SECONDS)
    assert not window.desk.messages.strip.remedy.isVisible()


def test_an_offer_goes_with_the_next_change(qtbot, trained: Window) -> None:
    window, strip = trained, trained.desk.messages.strip
    ruin(qtbot, window)
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: "are back" in strip.text.text(), timeout=SECONDS)
    hands.drag_handle(hands.control(window, "training.learning_rate.slider", QAbstractSlider), 0.3)
    qtbot.waitUntil(lambda: "are back" not in strip.text.text() and not strip.remedy.isVisible())


def test_what_undo_said_goes_with_the_next_edit(qtbot, window: Window) -> None:
    said = window.messages.strip.text
    hands.fill(hands.control(window, "data.noise"), "0.3", "Return")
    window.parts.boundary.setFocus()
    with qtbot.waitSignal(window.session.undone_or_redone) as undone:
        hands.key_in(window, "Ctrl+Z")
    assert said.text() == undone.args[0].text
    hands.key_in(window, "Ctrl+Shift+R")
    qtbot.waitUntil(lambda: window.session.is_up_to_date)
    assert undone.args[0].text not in said.text()


def test_gradients_come_back_with_the_run(qtbot, trained: Window) -> None:
    window = trained
    hands.push(window, "transport.play")
    qtbot.waitUntil(lambda: not window.session.report.running, timeout=SECONDS)
    hands.push(window, "transport.reset")
    shown, since = window.parts.tracks.shown, epoch(window)
    qtbot.waitUntil(lambda: epoch(window) == 0 and set(shown().gradients.numbers) == {"–"}, timeout=SECONDS)
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: epoch(window) >= since and "–" not in shown().gradients.numbers, timeout=SECONDS)
    assert (shown().gradients.bars > 0).all()
