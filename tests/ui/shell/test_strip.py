"""The strip below the header: one message at a time, whole, in the order of their weight, without moving anything."""

from __future__ import annotations

import itertools

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from playground import Experiment
from playground.experiment.paths import with_value
from playground.interop.opening import load_preset
from playground.measure.diagnosis import Finding, Remedy
from tests.ui import hands
from tests.ui.windows import control, lay_out, settle, snapshot
from ui.look import theme
from ui.shell import messages
from ui.shell.messages import _EVENT_MILLISECONDS, Advice, ProvenRemedy
from ui.window import presenter
from ui.window.window import Window

LONGEST = (
    "The learning rate 0.0123 is too low: an update changes the weights by 1/12,000 of their size, and 20 epochs "
    "lowered the training loss by 0.12%. Besides, the loss of the validation points rose from 0.0123 to 0.234 since "
    "epoch 1,234, and so it is best to begin again."
)
FINDING = Finding("vanishing", "The gradient vanishes.", Remedy("Use tanh", Experiment()))


def said(window: Window) -> str:
    return window.messages.strip.text.text()


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has just happened is told for a short time only."""
    monkeypatch.setattr(messages, "_EVENT_MILLISECONDS", 60)
    monkeypatch.setattr(messages, "_HELD_MILLISECONDS", 20)


def test_a_fault_comes_first_then_what_just_happened_then_what_ails_the_network(window: Window) -> None:
    window.messages.invite("New here?", ("Take the tour", lambda: None))
    assert said(window) == "New here?"
    window.messages.show_finding(FINDING)
    assert said(window) == FINDING.text and window.messages.strip.remedy.text() == "Use tanh"
    window.messages.say("Opened Circle.", ("Undo", lambda: None))
    assert said(window) == "Opened Circle." and window.messages.strip.remedy.text() == "Undo"
    window.messages.tell("Nothing was saved.")
    assert said(window) == "Nothing was saved." and not window.messages.strip.remedy.isVisible()
    for text in ("Opened Circle.", FINDING.text):
        hands.push(window, "strip.dismiss")
        assert said(window) == text
    assert not hands.control(window, "strip.dismiss").isVisible(), "what ails the network is not dismissed but mended"
    window.messages.show_finding(None)
    assert said(window) == "New here?"
    hands.push(window, "strip.dismiss")
    assert not window.messages.strip.speaks and not window.messages.strip.remedy.isVisible()


def test_a_button_that_takes_the_place_of_a_remedy_under_the_mouse_does_nothing_at_first(qtbot, window: Window) -> None:
    strip, dead = window.messages.strip, Remedy("Use leaky ReLU", window.session.experiment.with_({"seed": 99}))
    window.messages.show_finding(FINDING)
    hands.hover(strip.remedy)
    assert strip.is_held
    window.messages.show_finding(Finding("dead", "Units are dead.", dead))
    # What is no longer true goes at once.
    assert said(window) == "Units are dead." and strip.remedy.text() == "Use leaky ReLU"
    hands.click(strip.remedy)
    window.messages.show_finding(Finding("dead", "More units are dead.", dead))
    hands.click(strip.remedy)
    assert window.session.experiment.seed != 99 and said(window) == "More units are dead."
    qtbot.waitUntil(lambda: not strip.rests)
    hands.click(strip.remedy)
    assert window.session.experiment.seed == 99
    window.session.undo()
    hands.leave(strip.remedy, to=window.parts.boundary)
    hands.leave(strip)
    window.messages.show_finding(None)


def test_all_buttons_that_take_the_place_of_others_do_nothing_at_first_wherever_the_mouse_is(
    qtbot, window: Window
) -> None:
    strip, taken = window.messages.strip, list[str]()
    noisy = Remedy("Use tanh", window.session.experiment.with_({"data.noise": 0.4}))
    several = Advice("ailment", "Two help.", tuple(ProvenRemedy(noisy, words, "") for words in ("Use tanh", "Use ELU")))
    window.messages.say("Opened Circle.", ("Undo", lambda: taken.append("circle")))
    hands.hover(strip.remedy)
    window.messages.say("Opened Spiral.", ("Undo", lambda: taken.append("spiral")))
    hands.click(strip.remedy)
    assert not taken
    hands.leave(strip.remedy, to=window.parts.boundary)
    hands.leave(strip)
    window.messages.show_finding(FINDING)
    window.messages.advise(several)
    window.messages.say("Training continues from epoch 4.", ("Return to it", lambda: taken.append("returned")))
    window.messages.add("Compiled engine ready.")
    qtbot.waitUntil(lambda: not strip.rests)
    # So do divergence and early stopping, which come by themselves.
    window.messages.tell("Diverged.", ("Learning rate 0.003", lambda: taken.append("slower")), "diverged")
    assert strip.rests
    window.messages.settle("Diverged.")
    qtbot.waitUntil(lambda: not strip.rests)
    # What had just happened gives way by itself.
    window.messages.note_change()
    assert said(window) == f"{FINDING.text} Two help." and strip.others.isVisible() and strip.rests
    for button in (strip.others, strip.remedy):
        hands.click(button)
    assert not strip.menu.isVisible() and window.session.experiment.data.noise != 0.4
    qtbot.waitUntil(lambda: not strip.rests)
    hands.click(strip.others)
    qtbot.waitUntil(strip.menu.isVisible)
    window.messages.advise(several._replace(remedies=several.remedies[:1]))
    hands.choose_entry(strip.menu, "Use ELU")
    assert window.session.experiment.data.noise == 0.4, "an open menu stays as it is"
    window.messages.advise(None)
    window.messages.show_finding(None)
    hands.leave(strip.remedy, to=window.parts.boundary)
    hands.leave(strip)


def test_a_word_about_the_engine_displaces_nothing_that_offers_a_button(qtbot, window: Window) -> None:
    def change_engine() -> None:
        before = snapshot(window).engine
        window.session.use_engine("compiled" if before == "reference" else "reference")
        qtbot.waitUntil(lambda: snapshot(window).engine != before)

    window.messages.invite("New here?", ("Take the tour", lambda: None))
    change_engine()
    assert said(window) == "New here?" and window.messages.strip.remedy.isVisible()
    window.messages.settle("New here?")
    change_engine()
    assert "engine" in said(window)
    window.messages.clear()


def test_a_remedy_under_the_mouse_goes_with_what_it_mends(qtbot, window: Window) -> None:
    strip, deep = window.messages.strip, load_preset("vanishing-gradients")
    window.session.open(deep, "a preset")
    window.session.play()
    qtbot.waitUntil(lambda: said(window).startswith("The gradient vanishes"))
    hands.hover(strip.remedy)
    hands.click(strip.remedy)
    assert window.session.experiment.layers[0].activation.kind == "tanh"
    qtbot.waitUntil(lambda: "vanishes" not in said(window))
    assert not strip.remedy.isVisible() or strip.remedy.text() != "Use tanh instead of sigmoid"
    assert strip.is_held, "the mouse is still there"
    window.session.pause()
    hands.leave(strip.remedy, to=window.parts.boundary)
    hands.leave(strip)


def test_a_remedy_that_starts_again_says_so_before_and_afterwards(qtbot, window: Window) -> None:
    session, strip = window.session, window.messages.strip
    session.epoch()
    qtbot.waitUntil(lambda: session.is_up_to_date and snapshot(window).epoch == 1)
    before, trained = session.experiment, snapshot(window)
    faster = Remedy("Learning rate 0.1", before.with_({"training.learning_rate": 0.1}), reset=True)
    window.messages.show_finding(FINDING._replace(remedy=faster))
    assert strip.remedy.text() == "Start again: learning rate 0.1"
    qtbot.waitUntil(lambda: not strip.rests)
    hands.click(strip.remedy)
    settle(qtbot, window)
    assert snapshot(window).step == 0 and session.experiment == faster.experiment
    assert said(window) == "Started again: learning rate 0.1." and strip.remedy.text() == "Undo"
    qtbot.waitUntil(lambda: not strip.rests)
    hands.click(strip.remedy)
    settle(qtbot, window)
    assert session.experiment == before and snapshot(window).step == trained.step
    window.messages.show_finding(None)


@pytest.mark.usefixtures("brief")
def test_what_just_happened_goes_after_a_while_and_a_refusal_gives_way(qtbot, window: Window) -> None:
    window.messages.say("Saved.")
    qtbot.waitUntil(lambda: not window.messages.strip.speaks)
    window.messages.refuse("Noise 7 was not changed.")
    hands.let_pass(100, "a refusal would go")
    assert said(window) == "Noise 7 was not changed."
    window.messages.show_finding(FINDING)
    assert said(window) == FINDING.text
    window.messages.show_finding(None)
    assert said(window) == "Noise 7 was not changed."
    window.session.edit(with_value(window.session.experiment, "data.noise", 0.2))
    assert not window.messages.strip.speaks


def test_ten_seconds_are_the_while() -> None:
    assert _EVENT_MILLISECONDS == 10_000


@pytest.mark.usefixtures("brief")
def test_a_message_with_the_keyboard_in_it_stays(qtbot, window: Window) -> None:
    window.messages.say("Opened Circle.", ("Undo", lambda: None))
    window.messages.strip.remedy.setFocus(Qt.FocusReason.TabFocusReason)
    hands.let_pass(150, "the message would go")
    assert said(window) == "Opened Circle."
    window.parts.boundary.setFocus()
    qtbot.waitUntil(lambda: not window.messages.strip.speaks)


def test_what_comes_by_itself_replaces_nothing(window: Window) -> None:
    window.messages.say("Opened Circle.", ("Undo", lambda: None))
    window.messages.add("Compiled engine ready.")
    window.messages.add("Compiled engine ready.")
    assert said(window) == "Opened Circle. Compiled engine ready."
    assert window.messages.strip.remedy.text() == "Undo"


@pytest.mark.parametrize("width", [1280, 1920])
def test_it_is_whole_and_moves_nothing(window: Window, width: int) -> None:
    window.resize(width, 800)
    lay_out(window)
    strip, places = window.messages.strip, set()
    for text, offer in itertools.product(
        ("", "Saved.", LONGEST), (None, ("Use tanh instead of sigmoid", lambda: None))
    ):
        window.messages.clear()
        if text:
            window.messages.say(text, offer)
        lay_out(window)
        place = window.parts.boundary.geometry()
        places.add((place.getRect(), strip.geometry().getRect()))
        assert strip.text.text() == text
        assert strip.text.heightForWidth(strip.text.width()) <= strip.text.height()
    assert len(places) == 1
    plane = window.parts.boundary.shown().plane
    assert min(plane.width(), plane.height()) >= 360


@pytest.mark.parametrize("zoom", theme.ZOOMS)
def test_all_of_it_can_be_read_at_every_zoom_and_none_moves_by_itself(window: Window, zoom: float) -> None:
    window.zoom_to(zoom)
    lay_out(window)
    strip, text, usual = window.messages.strip, window.messages.strip.text, window.messages.strip.height()
    for words in (LONGEST, 3 * LONGEST):
        # What gave way is no part of it.
        window.messages.clear()
        window.messages.refuse(words, ("Use tanh instead of sigmoid", lambda: None))
        lay_out(window)
        assert strip.height() == usual and strip.accessibleName() == words
        assert text.heightForWidth(text.width()) <= text.height()
        if strip.whole.isVisible():
            assert text.text().endswith(" …") and words.startswith(text.text().removesuffix(" …"))
            hands.click(strip.whole)
            lay_out(window)
            assert text.heightForWidth(text.width()) <= text.height() and strip.whole.text() == "Less ▴"
        assert text.text() == words
        assert strip.rect().contains(strip.remedy.geometry())
        if strip.whole.isChecked():
            high = strip.height()
            window.messages.refuse("Short.")
            lay_out(window)
            assert strip.height() == high, "the next message moves nothing either"
            hands.click(strip.whole)
            lay_out(window)
            assert strip.height() == usual and not strip.whole.isVisible()


@pytest.mark.parametrize("zoom", theme.ZOOMS)
def test_words_are_cut_where_the_next_one_has_no_room_and_buttons_never(window: Window, zoom: float) -> None:
    window.zoom_to(zoom)
    strip, cut = window.messages.strip, 0
    for words in range(60, 0, -1):
        offer = f"Stop early: number {words}" + words % 2 * ", at the best validation loss"
        window.messages.refuse(f"{'The loss 0.0294 rose. ' * words}{'W' * (words % 7)}.", (offer, lambda: None))
        assert strip.remedy.width() >= strip.remedy.sizeHint().width()
        assert strip.text.heightForWidth(strip.text.width()) <= strip.text.height()
        cut += strip.text.text().endswith(" …")
    assert 0 < cut < 60
    window.messages.clear()


def test_a_cut_text_shows_as_many_words_as_have_room(window: Window) -> None:
    strip = window.messages.strip
    window.messages.refuse(" ".join(["word"] * 300))
    lay_out(window)
    shown = strip.text.text()
    strip.text.setText(shown.replace(" …", " word …"))
    assert strip.text.heightForWidth(strip.text.width()) > strip.text.height()


@pytest.mark.parametrize("name", ["light", "dark"])
def test_each_tone_has_its_colour_and_can_be_read(qapp: QApplication, window: Window, name: str) -> None:
    theme.apply(qapp, name)
    window.apply_theme()
    seen = []
    for speak in (window.messages.tell, window.messages.refuse, window.messages.say):
        window.messages.clear()
        speak("All is said here.")
        grabbed = window.messages.strip.grab().toImage()
        ground = grabbed.pixelColor(grabbed.width() // 2, grabbed.height() // 2)
        seen.append((grabbed.pixelColor(1, 5).name(), ground.name()))
        assert contrast(QColor(theme.current().text), ground) >= 4.5
    assert len(set(seen)) == 3


def contrast(one: QColor, other: QColor) -> float:
    """The contrast of two colours after WCAG 2."""
    channels = ([c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in one_.getRgbF()[:3]]
                for one_ in (one, other))  # fmt: skip
    light, dark = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in channels), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_screen_reader_is_told_each_message_once_however_its_numbers_change(window: Window) -> None:
    strip, heard = window.messages.strip, list[str]()
    strip.announced.connect(heard.append)
    window.messages.show_finding(FINDING)
    window.messages.show_finding(FINDING._replace(text="The gradient vanishes still."))
    assert strip.text.accessibleName() == "The gradient vanishes still."
    assert strip.remedy.accessibleName() == "Use tanh"
    window.messages.say("Saved.")
    window.messages.say("Saved.")
    assert heard == ["The gradient vanishes.", "Saved."]


def test_messages_stay_at_another_zoom(window: Window) -> None:
    window.messages.tell("Nothing was saved.", ("Save as…", lambda: None))
    window.zoom_to(1.5)
    assert said(window) == "Nothing was saved."
    lay_out(window)
    assert window.messages.strip.isVisible()


def test_what_an_edit_had_to_give_up_is_said_in_the_strip_and_not_in_the_status_line(qtbot, window: Window) -> None:
    window.session.step()
    settle(qtbot, window)
    for units in (7, 6):
        window.session.edit(with_value(window.session.experiment, "layers.0.units", units), changing=True)
        settle(qtbot, window)
    qtbot.waitUntil(lambda: "removed" in said(window))
    assert said(window) == " ".join(snapshot(window).notes)
    qtbot.waitUntil(lambda: window.messages.status.text() == "Paused at epoch 0, step 1.")


def test_a_shape_says_all_that_it_changed(qtbot, window: Window) -> None:
    window.session.step()
    settle(qtbot, window)
    menu = control(window, "layers.shape").menu()
    before = "-".join(str(layer.units) for layer in window.session.experiment.layers)
    next(action for action in menu.actions() if action.text().startswith("Funnel")).trigger()
    qtbot.waitUntil(lambda: "removed" in said(window))
    assert said(window) == (
        f"Funnel: units per layer are now 16-8-4, before {before}. The last 4 units of layer C were removed."
    )


@pytest.mark.usefixtures("brief")
def test_a_remedy_never_takes_a_later_change_back(qtbot, window: Window, gate) -> None:
    window.session.step()
    settle(qtbot, window)
    noisy = with_value(window.session.experiment, "data.noise", 0.4)
    shown = snapshot(window).experiment
    window.messages.show_finding(FINDING._replace(remedy=Remedy("Use tanh", with_value(shown, "layers.0.units", 3))))
    gate.open.clear()
    window.session.step()
    assert gate.reached.wait(hands.PATIENCE / 1000)
    window.session.edit(noisy)
    hands.click(window.messages.strip.remedy)
    assert window.session.experiment == noisy
    gate.open.set()
    settle(qtbot, window)


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Finding]:
    """What is found of any moment."""
    found = [FINDING]
    monkeypatch.setattr(presenter, "diagnose", lambda _: tuple(found))
    return found


def test_a_finding_that_comes_and_goes_while_training_runs_stays(window: Window, found: list[Finding]) -> None:
    strip, seen = window.messages.strip, list[str]()
    window.session.play()
    hands.until(lambda: strip.said.kind == "vanishing", "the finding is not shown")
    window.presenter.words_shown.connect(lambda: seen.append(strip.said.kind))
    for _ in range(3):
        found.clear()
        hands.let_pass(600, "texts would change twice")
        found.append(FINDING)
        hands.let_pass(300, "texts change")
    assert len(seen) > 6 and set(seen) == {"vanishing"}
    found.clear()
    hands.until(lambda: strip.said.kind == "", "what is over stays for good")
    found.append(FINDING)
    hands.until(lambda: strip.said.kind == "vanishing", "it does not come back")
    window.session.pause()
    hands.until(lambda: not window.presenter.running, "training does not pause")
    found.clear()
    window.session.step()
    hands.until(lambda: strip.said.kind == "", "at rest it goes at once")


def test_in_a_race_nothing_is_said_of_what_ails_the_run(window: Window, found: list[Finding]) -> None:
    strip = window.messages.strip
    window.session.step()
    hands.until(lambda: strip.said.kind == "vanishing", "the finding is not shown")
    window.races.start_classic("rates")
    hands.until(lambda: window.session.race_report, "there is no race")
    hands.push(window, "strip.dismiss")
    assert not strip.speaks
    window.races.close()
    hands.push(window, "strip.dismiss")
    assert strip.said.kind == "vanishing"
