"""How lucky: other starts behind the curves and on the boundary, and a sentence, asked for by a button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QSettings

from playground import Experiment, Trainer
from playground.engine.lanes import cache
from tests.ui import hands
from tests.ui.windows import opened_window
from ui.window.window import Window

pytestmark = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")
SETTLED = hands.PATIENCE / 1000


@pytest.fixture
def window(qtbot, experiment: Experiment) -> Iterator[Window]:
    """A window after 12 epochs of a small experiment, where other runs may be trained."""
    cache.load_kernels("float32", cache.width_for(np.dtype(np.float32)))
    QSettings().setValue("responses", "always")
    with opened_window(experiment=experiment.with_(precision="float32", layers="4")) as window:
        window.session.ask(lambda trainer: trainer.advance(epochs=12)).result(SETTLED)
        yield window


def is_shown(window: Window) -> bool:
    return bool(window.parts.boundary.shown().others) and "other starts" in window.parts.tracks.shown().note


def test_other_starts_stand_behind_the_run_while_the_button_is_down(qtbot, window: Window) -> None:
    button = hands.control(window, "transport.luck")
    button.setFocus()
    hands.key(button, "Return")
    hands.until(lambda: is_shown(window), "the other starts do not come")
    hands.until(lambda: "after 12 epochs" in button.accessibleDescription(), "they do not come as far as the run")

    of = window.session.experiment
    alone = [Trainer(of.with_(seed=of.seed + k), engine="lanes") for k in range(15)]
    for trainer in alone:
        trainer.advance(epochs=12)
    own, *others = (trainer.evaluate() for trainer in alone)
    better = sum(own.validation_loss < one.validation_loss for one in others)
    solved = sum(one.validation_accuracy >= 0.95 for one in (own, *others))
    sentence = window.parts.tracks.shown().note
    said = (
        f"Better than {better} of 14 other starts after 12 epochs. "
        f"{solved} of all 15 reach a validation accuracy of 95 % (95 % interval: "
    )
    assert sentence.startswith(said)
    assert sentence in button.accessibleDescription() and "the same for all" in button.accessibleDescription()

    state = window.session.ask(Trainer.checkpoint).result(SETTLED).state
    fresh = Trainer(of, engine="reference")
    fresh.advance(epochs=12)
    np.testing.assert_array_equal(state.parameters, fresh.state.parameters)
    assert not window.session.history.done

    window.session.ask(lambda trainer: trainer.advance(epochs=5)).result(SETTLED)
    hands.until(lambda: "after 17 epochs" in button.accessibleDescription(), "the other starts do not follow the run")
    hands.key(button, "Return")
    assert not is_shown(window) and not button.accessibleDescription()


def test_the_sentence_stays_calm_while_training_runs_and_is_of_the_last_epoch_at_rest(window: Window) -> None:
    hands.push(window, "transport.luck")
    hands.until(lambda: is_shown(window), "the other starts do not come")
    said: list[int] = []

    def listen() -> None:
        words = re.search(r"(?:after|to) ([\d,]+)(?: epochs|\.)", window.parts.tracks.shown().note)
        epoch = int(words[1].replace(",", "")) if words else 0
        if epoch and epoch not in said:
            said.append(epoch)

    window.session.reported.connect(listen)
    window.session.set_speed(None)
    hands.push(window, "transport.play")
    hands.until(lambda: len(said) > 4, "the words are not renewed")
    assert all(later >= 1.1 * earlier for earlier, later in pairwise(said))
    hands.push(window, "transport.play")

    def is_up_to_date() -> bool:
        return not window.session.report.running and said[-1] == window.session.report.snapshot.epoch

    hands.until(lambda: listen() or is_up_to_date(), "at rest they are not of the last epoch")


def test_after_a_change_the_verdict_is_that_of_before_and_undo_or_reset_makes_it_one_of_the_run(window: Window) -> None:
    session = window.session
    strip = window.messages.strip.text

    def note() -> str:
        return window.parts.tracks.shown().note

    session.ask(lambda trainer: trainer.advance(epochs=60)).result(SETTLED)
    hands.until(lambda: session.report.snapshot.epoch == 72, "the run does not come so far")
    hands.push(window, "transport.luck")
    hands.until(lambda: "over epochs 66 to 72." in note(), "the other starts do not come")
    verdict = note()
    assert verdict.startswith("Better than") and strip.text() == verdict and "average" not in verdict
    assert "a mean validation accuracy of 95 % or more" in window.luck.button.accessibleDescription()
    before = f"Before the change: b{verdict[1:]}"

    hands.fill(hands.control(window, "training.learning_rate"), "0.2", "Return")
    hands.until(lambda: session.is_up_to_date, "nothing is changed")
    assert note().startswith(before) and not strip.text().startswith("Better")
    session.ask(lambda trainer: trainer.advance(epochs=5)).result(SETTLED)
    hands.until(lambda: session.report.snapshot.epoch == 77, "the run does not go on")
    hands.let_pass(300, "no starts may be trained with the other rate")
    assert note().startswith(before) and window.luck.starts.of is None
    assert before in window.luck.button.toolTip().replace("\n", " ")

    hands.push(window, "transport.luck")
    hands.push(window, "transport.luck")
    assert "can't be compared with it until Reset" in note() and "compared" not in strip.text(), "once is enough"
    hands.push(window, "transport.reset")
    hands.until(lambda: "from the first epoch on" in note(), "a run that begins anew is still called changed")
    session.ask(lambda trainer: trainer.advance(epochs=12)).result(SETTLED)
    hands.until(lambda: note().startswith("Better than") and "after 12 epochs" in note(), "it is not compared again")


def test_a_change_that_is_undone_before_training_leaves_the_verdict(window: Window) -> None:
    hands.push(window, "transport.luck")
    hands.until(lambda: "after 12 epochs" in window.parts.tracks.shown().note, "the other starts do not come")
    verdict = window.parts.tracks.shown().note
    hands.fill(hands.control(window, "training.learning_rate"), "0.2", "Return")
    hands.until(lambda: window.session.is_up_to_date, "nothing is changed")
    hands.key_in(window, "Ctrl+Z")
    hands.until(lambda: window.parts.tracks.shown().note == verdict, "it is still called changed")


def test_the_palette_and_the_menu_ask_for_other_starts_too(window: Window) -> None:
    hands.until(lambda: window.session.report.snapshot.epoch == 12, "the run does not come so far")
    for typed in ("lucky", "luck", "other starts"):
        hands.key_in(window, "Ctrl+K")
        line = window.palette_of_commands.line
        hands.until(line.isVisible, "the palette does not open")
        hands.type_text(typed, line)
        assert "How lucky?" in window.palette_of_commands.shown[0].name, typed
        hands.key(line, "Escape")
    hands.key_in(window, "Ctrl+K")
    hands.type_text("lucky", line)
    hands.key(line, "Return")
    hands.until(lambda: "after 12 epochs" in window.parts.tracks.shown().note, "the other starts do not come")
    assert window.luck.button.isChecked()


def test_what_hides_other_starts_is_said_and_nothing_before_the_first_epoch(window: Window) -> None:
    def says(*words: str) -> bool:
        note = window.parts.tracks.shown().note
        return all(word in note for word in words)

    window.others.stay.setInterval(10**8)
    hands.until(lambda: window.session.report.snapshot.epoch == 12, "the run does not come so far")
    hands.push(window, "transport.luck")
    assert says("Training 14 other starts…")
    hands.until(lambda: says("after 12 epochs."), "nothing is said")
    hands.fill(hands.control(window, "training.learning_rate"), "0.1", "Return")
    window.session.ask(lambda trainer: trainer.advance(epochs=2)).result(SETTLED)
    hands.until(lambda: says("after 12 epochs.", "show the run without the change in their place"), "it is not said")
    hands.push(window, "transport.reset")
    hands.until(lambda: says("from the first epoch on") and not says("reach"), "luck is told of an untrained run")
    hands.push(window, "transport.luck")
    assert window.parts.tracks.shown().note == ""


def test_at_an_earlier_moment_nothing_is_said_of_the_present_epoch(window: Window) -> None:
    def note() -> str:
        return window.parts.tracks.shown().note

    hands.push(window, "transport.luck")
    hands.until(lambda: "after 12 epochs" in note(), "the other starts do not come")
    window.session.past.look_at(60)
    hands.until(lambda: window.session.report.past is not None and "12 epochs" not in note(), "it is of the present")
    assert "Ctrl+End goes back there" in note()
    hands.key_in(window, "Ctrl+End")
    hands.until(lambda: "after 12 epochs" in note(), "it does not come back")
