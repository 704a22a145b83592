"""Races: how they start and end, what they show, and that the run waits as it was."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QAbstractSlider, QLabel, QLineEdit, QMenu

from playground import Experiment, Trainer
from playground.catalog.choice import Array
from playground.catalog.datasets.base import EXTENT, TRAIN
from playground.storage.document import load_document
from playground.studies.knobs import knob_at
from playground.studies.race import RaceMoment
from playground.studies.response import Response
from playground.studies.results import Row
from tests.ui import hands
from tests.ui.painted import overlaps, painted_texts
from tests.ui.windows import await_pictures, control, lay_out, opened_window, push, step
from ui.look import theme
from ui.look.numbers import number_text
from ui.views.plane.miniature import Miniature
from ui.views.race.view import RaceShown, RaceView
from ui.views.response.view import ResponseView
from ui.window.layouts import CROWDED, RACE, STANDARD, TABBED
from ui.window.race_dialog import RaceDialog
from ui.window.races import RACE_WORDS
from ui.window.window import Window

RATE = "training.learning_rate"


@pytest.fixture
def window(qtbot, experiment: Experiment) -> Iterator[Window]:
    """A window with a run of a few steps."""
    with opened_window(experiment=experiment.with_(layers="4")) as window:
        window.wiring.set_speed(None)
        for _ in range(3):
            window.session.step()
        qtbot.waitUntil(lambda: step(window) == 3)
        yield window


def view(window: Window) -> RaceView:
    return window.parts.view(RaceView)


def shown(window: Window) -> RaceShown:
    return view(window).shown()


def moment(window: Window) -> RaceMoment:
    assert window.session.race_report is not None
    return window.session.race_report.moment


def command(window: Window, text: str) -> None:
    """Find a command in the palette by typing, and do it, as by keyboard alone."""
    hands.key_in(window, "Ctrl+K")
    hands.type_text(text, window.palette_of_commands.line)
    hands.key(window.palette_of_commands.line, "Return")


def can_reopen(window: Window) -> bool:
    """Whether the palette has a command that brings back a closed race."""
    return any("Back to the race" in one.name for one in window.commands())


def await_race(qtbot, window: Window, then: Callable[[RaceMoment], bool] = lambda _: True) -> None:
    qtbot.waitUntil(lambda: window.session.race_report is not None and then(moment(window)))


def parameters(window: Window, qtbot) -> Array:
    """The weights of the run."""
    found: list[Array] = []
    window.session.ask(lambda trainer: trainer.state.parameters.copy(), found.append)
    qtbot.waitUntil(lambda: bool(found))
    return found[0]


def test_a_race_runs_by_keyboard_alone_and_leaves_the_run_as_it_was(qtbot, window: Window) -> None:
    before, edits = parameters(window, qtbot), len(window.session.history.done)
    command(window, "Race: Three learning rates")
    await_race(qtbot, window)
    assert window.docks.plan is RACE and "race" in window.docks.seen
    assert shown(window).sentence == "3 lanes, learning rate: 0.001, 0.01, 0.1."

    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    hands.key_in(window, "Ctrl+Period")
    await_race(qtbot, window, lambda race: race.epoch > 1)
    assert {lane.step for lane in moment(window).lanes} == {11}
    hands.key_in(window, "Space")
    await_race(qtbot, window, lambda race: race.epoch > 20)
    assert window.presenter.running
    hands.key_in(window, "Space")
    qtbot.waitUntil(lambda: not window.presenter.running)
    for lane in moment(window).lanes:
        alone = Trainer(lane.experiment, engine=lane.engine)
        alone.advance(steps=lane.step)
        assert np.array_equal(lane.history.train_loss, alone.history.view()[:, 3])

    leader, follower = (moment(window).names.labels[place] for place, _ in moment(window).ranking[:2])
    readout = window.parts.transport.readout
    assert leader in readout.whose.text().split() and not readout.whose.is_cut
    best = moment(window).lanes[moment(window).ranking[0][0]].evaluation
    assert float(readout.losses[1].text()) == pytest.approx(best.validation_loss, rel=0.01)
    said = shown(window)
    assert f"learning rate {leader} leads with a validation loss of" in said.sentence and follower in said.sentence
    assert said.sentence in view(window).accessibleDescription()
    assert "from seed 0, with the same initial weights" in said.small_print
    assert [label for label, *_ in said.lanes] == ["0.001", "0.01", "0.1"]
    assert [words.partition(" ")[0] for words in (window.parts.tracks.shown().race)] == ["0.001", "0.01", "0.1"]

    hands.key_in(window, "Ctrl+R")
    await_race(qtbot, window, lambda race: race.epoch == 0)
    command(window, "Close the race")
    qtbot.waitUntil(lambda: window.docks.plan is STANDARD)
    assert np.array_equal(parameters(window, qtbot), before)
    assert len(window.session.history.done) == edits and step(window) == 3 and not window.parts.tracks.shown().race
    assert not readout.whose.text()


def test_the_layout_before_a_race_comes_back_though_the_window_was_small_meanwhile(qtbot, window: Window) -> None:
    def sees_race() -> bool:
        return window.docks.shows(view(window))

    pair = CROWDED[1]
    window.docks.show("responses")
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window)
    for size, plan in (((1100, 650), TABBED), ((1280, 800), RACE), ((970, 600), pair)):
        window.resize(*size)
        qtbot.waitUntil(lambda plan=plan: window.docks.plan is plan and sees_race())
    window.races.close()
    qtbot.waitUntil(lambda: not sees_race())
    assert window.docks.plan is pair
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: window.docks.plan is STANDARD and "responses" in window.docks.seen)

    # One that begins in a small window gets its layout when that grows.
    window.resize(970, 600)
    qtbot.waitUntil(lambda: window.docks.plan is pair)
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window)
    window.resize(1280, 800)
    qtbot.waitUntil(lambda: window.docks.plan is RACE and sees_race())
    window.races.close()
    qtbot.waitUntil(lambda: window.docks.plan is STANDARD and not sees_race())
    assert "responses" in window.docks.opened and "race" not in window.docks.opened


def test_a_narrow_race_cuts_none_of_its_words(qtbot, window: Window) -> None:
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window)
    for zoom in (1.25, 2.0, 1.0):
        window.zoom_to(zoom)
        window.docks.show("race")
        await_pictures(window)
        written = {text.strip() for text, _ in painted_texts(view(window))}
        assert {"SGD", "RMSProp", "Adam"} <= written and not any("…" in text for text in written), zoom
        for button in (view(window).close_button, *(card.take for card in view(window).cards.lanes)):
            assert button.fontMetrics().horizontalAdvance(button.text()) < button.width(), (zoom, button.text())
        sentence = view(window).sentence
        assert sentence.height() >= sentence.heightForWidth(sentence.width()), zoom
    card = view(window).cards.lanes[0]
    assert "optimizer SGD" in card.toolTip() and "validation points" in card.toolTip()
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    assert not any(number in card.toolTip() for number in card.accessibleDescription().split() if "." in number), (
        "the numbers of a tooltip that is open would stay as they are"
    )


def test_a_race_enlarged_to_200_percent_stays_in_front_and_gives_its_pictures_the_room(qtbot, window: Window) -> None:
    command(window, "Race: Batches of 1")
    await_race(qtbot, window)
    for zoom in (1.5, 2.0):
        window.zoom_to(zoom)
        hands.until(lambda: window.docks.shows(view(window)), "another picture stands before the race")
    await_pictures(window)
    assert window.docks.shows(view(window)) and not view(window).small_print.isVisible()
    assert view(window).small_print.text().partition(",")[0] in view(window).sentence.toolTip()
    picture = view(window).cards.lanes[0]
    assert picture.height() - picture.room_below_and_above() > 150
    window.zoom_to(1.0)


def test_a_narrow_header_says_the_epoch_and_the_lane_that_leads(qtbot, window: Window) -> None:
    window.zoom_to(1.5)
    command(window, "Race: Three learning rates")
    await_race(qtbot, window)
    whose = window.parts.transport.readout.whose
    # No lane leads yet, and more words have no room everywhere.
    qtbot.waitUntil(lambda: whose.text() in ("epoch 0", "epoch 0 · at the start"))
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    leader = moment(window).names.labels[moment(window).ranking[0][0]]
    qtbot.waitUntil(lambda: whose.text() == f"epoch 1 · {leader}")
    assert not whose.is_cut
    command(window, "Close the race")
    qtbot.waitUntil(lambda: whose.text() == "epoch 0")


def test_a_race_takes_the_room_that_the_boundary_beside_it_can_spare(qtbot, window: Window) -> None:
    window.zoom_to(1.25)
    lay_out(window)
    before = window.parts.boundary.width()
    command(window, "Race: Batches of 1")
    await_race(qtbot, window)
    await_pictures(window)
    assert view(window).width() > 1.6 * window.parts.boundary.width()
    assert window.docks.plan is TABBED
    command(window, "Close the race")
    qtbot.waitUntil(lambda: window.parts.boundary.width() == before)
    window.zoom_to(1.0)


def test_six_lanes_fill_the_height_of_their_view(qtbot, window: Window) -> None:
    command(window, "Race: One to six hidden layers")
    await_race(qtbot, window)
    await_pictures(window)
    cards = view(window).cards
    assert len(cards.lanes) == 6 and cards.childrenRect().height() > 0.9 * cards.height()
    for zoom in (1.5, 2.0, 1.0):
        window.zoom_to(zoom)
        window.docks.show("race")
        await_pictures(window)
        for card in cards.lanes:
            assert card.rect().contains(card.take.geometry()), zoom
            written = [(text, box) for text, box in painted_texts(card) if not text.startswith("Take")]
            assert not overlaps(written), zoom
            assert zoom == 2.0 or not any("…" in text for text, _ in written), zoom
            assert not any(box.intersects(card.take.geometry().toRectF()) for _, box in written), zoom


def test_focus_mode_and_a_race_leave_each_others_layout_alone(qtbot, window: Window) -> None:
    def in_sight() -> tuple[object, bool, bool]:
        docks = window.docks
        return docks.plan, docks.shows(view(window)), docks.controls_are_open

    def race() -> None:
        command(window, "Race: SGD, RMSProp, Adam")
        await_race(qtbot, window)

    def focus() -> None:
        hands.key_in(window, "F9")

    def close() -> None:
        command(window, "Close the race")
        qtbot.waitUntil(lambda: window.session.racer is None and not window.docks.shows(view(window)))

    for acts, expected in (
        ((focus, race), [(None, False, False), (None, True, False)]),
        ((focus, close), [(RACE, True, True), (STANDARD, False, True)]),
        ((race, focus), [(RACE, True, True), (None, True, False)]),
        ((close, focus), [(None, False, False), (STANDARD, False, True)]),
    ):
        for act, wanted in zip(acts, expected, strict=True):
            act()
            qtbot.waitUntil(lambda wanted=wanted: in_sight() == wanted)


def test_a_race_that_ends_in_focus_mode_of_a_small_window_leaves_nothing_behind(qtbot, window: Window) -> None:
    window.resize(1000, 700)
    qtbot.waitUntil(lambda: window.docks.plan in CROWDED)
    plan = window.docks.plan
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window)
    hands.key_in(window, "F9")
    command(window, "Close the race")
    qtbot.waitUntil(lambda: window.session.racer is None)
    hands.key_in(window, "F9")
    qtbot.waitUntil(lambda: window.docks.plan is plan)
    assert "race" not in window.docks.opened


def test_a_click_takes_a_lane_with_its_weights_in_one_undo_step(qtbot, window: Window) -> None:
    before = parameters(window, qtbot)
    window.docks.show("race")
    push(window, "race.start.optimizers")
    await_race(qtbot, window)
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    push(window, "race.take.1")

    qtbot.waitUntil(lambda: window.session.is_up_to_date and step(window) == 10)
    assert window.session.racer is None and len(window.session.history.done) == 1
    assert window.session.experiment.training.optimizer.label == "RMSProp"
    alone = Trainer(window.session.experiment, engine=window.session.worker.engine)
    alone.advance(epochs=1)
    assert np.array_equal(parameters(window, qtbot), alone.state.parameters)

    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: window.session.is_up_to_date and step(window) == 3)
    assert np.array_equal(parameters(window, qtbot), before)


def test_an_edit_closes_the_race_and_the_way_back_finds_it_as_it_was(qtbot, window: Window) -> None:
    command(window, "Race: Sigmoid, tanh, ReLU")
    await_race(qtbot, window)
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    hands.fill(control(window, RATE), "0.5", "Return")
    qtbot.waitUntil(lambda: window.docks.plan is STANDARD)
    assert window.session.experiment.training.learning_rate == 0.5

    qtbot.waitUntil(lambda: window.messages.strip.said.text.startswith("Race closed, since the run was changed."))
    push(window, "strip.remedy")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    assert {lane.experiment.training.learning_rate for lane in moment(window).lanes} == {0.01}


def test_a_drag_that_closes_the_race_says_so_until_the_way_back_is_taken(qtbot, window: Window) -> None:
    command(window, "Race: Sigmoid, tanh, ReLU")
    await_race(qtbot, window)
    strip, slider = window.messages.strip, hands.control(window, f"{RATE}.slider", QAbstractSlider)
    hands.drag_handle(slider, 0.9, let_go=False)
    hands.until(lambda: strip.said.text.startswith("Race closed"), "nothing is said during the drag")
    hands.release(slider)
    qtbot.waitUntil(lambda: window.docks.plan is STANDARD and window.session.is_up_to_date)
    assert strip.said.text == "Race closed, since the run was changed. Your run is back, paused."
    assert not window.session.is_running
    push(window, "strip.remedy")
    await_race(qtbot, window)
    assert {lane.experiment.training.learning_rate for lane in moment(window).lanes} == {0.01}


def test_undo_and_redo_that_close_the_race_say_so_and_offer_the_way_back(qtbot, window: Window) -> None:
    strip = window.messages.strip
    hands.fill(control(window, RATE), "0.5", "Return")
    command(window, "Race: Sigmoid, tanh, ReLU")
    for keys, said in (("Ctrl+Z", "Learning rate back to 0.01; "), ("Ctrl+Shift+Z", "Redone: learning rate 0.5; ")):
        await_race(qtbot, window)
        hands.key_in(window, "Ctrl+E")
        hands.key_in(window, keys)
        hands.until(lambda said=said: strip.said.text.startswith(said), "what was undone or redone is not told")
        assert strip.said.text.endswith(" The race is closed, and your run is paused.")
        push(window, "strip.remedy")
    await_race(qtbot, window, lambda race: race.epoch == 2)


def test_a_closed_race_can_be_reopened_long_after_its_notice_is_gone(qtbot, window: Window) -> None:
    strip = window.messages.strip
    assert not can_reopen(window)
    command(window, "Race: Sigmoid, tanh, ReLU")
    await_race(qtbot, window)
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    assert not can_reopen(window)
    hands.drag_handle(hands.control(window, f"{RATE}.slider", QAbstractSlider), 0.9)
    hands.until(lambda: strip.said.text.startswith("Race closed"), "nothing is said")
    push(window, "strip.dismiss")
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: window.session.is_up_to_date)
    assert can_reopen(window)
    command(window, "Back to the race")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    push(window, "race.take.1")
    qtbot.waitUntil(lambda: window.session.racer is None and window.session.is_up_to_date)
    command(window, "Back to the race")
    await_race(qtbot, window, lambda race: race.epoch == 1)


def test_a_click_on_the_time_axis_of_a_race_says_why_it_shows_no_earlier_moment(qtbot, window: Window) -> None:
    handle, strip = hands.control(window, "tracks.playhead"), window.messages.strip
    command(window, "Race: Sigmoid, tanh, ReLU")
    await_race(qtbot, window)
    words = "A race has no earlier moments. Close it to look back at the run."
    hands.click(handle)
    assert strip.said.text == words in handle.toolTip()
    push(window, "strip.dismiss")
    hands.key_in(window, "Ctrl+Shift+B")
    assert strip.said.text == words
    push(window, "race.close")
    qtbot.waitUntil(lambda: "Drag it to see any earlier moment" in handle.toolTip())
    hands.click(handle, QPoint(10, handle.height() // 2))
    qtbot.waitUntil(lambda: window.session.past.shown is not None)


def test_a_race_at_an_earlier_moment_says_nothing_of_that_until_it_is_closed(qtbot, window: Window) -> None:
    session, strip = window.session, window.messages.strip
    session.ask(lambda trainer: trainer.advance(epochs=5))
    hands.until(lambda: session.is_up_to_date and session.report.snapshot.epoch == 5, "nothing is trained")
    hands.click(hands.control(window, "tracks.playhead"), QPoint(10, 5))
    qtbot.waitUntil(lambda: strip.said.tone == "past")
    there = strip.said.text
    command(window, "Race: Sigmoid, tanh, ReLU")
    await_race(qtbot, window)
    assert strip.said.text.startswith("Racing ") and session.past.shown is not None
    hands.key_in(window, "Ctrl+Shift+B")
    assert strip.said.tone == "refusal" and session.racer is not None
    push(window, "race.close")
    qtbot.waitUntil(lambda: session.racer is None and strip.said.text == there)


def test_a_race_in_place_of_another_is_not_said_to_be_closed(qtbot, window: Window) -> None:
    for lanes in ("Three learning rates", "SGD, RMSProp, Adam"):
        command(window, f"Race: {lanes}")
        await_race(qtbot, window)
        hands.let_pass(20, "something else would be said")
        assert window.messages.strip.said.text.startswith("Racing ")


def test_lanes_keep_in_step_by_what_is_chosen(qtbot, window: Window) -> None:
    command(window, "Race: Batches of 1")
    await_race(qtbot, window)
    assert not moment(window).is_together and "reference engine" in shown(window).small_print
    push(window, "race.lockstep.step")
    await_race(qtbot, window, lambda race: race.lockstep == "step")
    hands.key_in(window, "Ctrl+Period")
    await_race(qtbot, window, lambda race: [lane.step for lane in race.lanes] == [1, 1, 1])
    push(window, "race.close")
    qtbot.waitUntil(lambda: window.session.racer is None)


def test_a_race_compared_by_step_is_drawn_over_steps_and_of_one_moment(qtbot, window: Window) -> None:
    command(window, "Race: Batches of 1")
    await_race(qtbot, window)
    push(window, "race.lockstep.step")
    await_race(qtbot, window, lambda race: race.lockstep == "step")
    tracks, readout = window.parts.tracks, window.parts.transport.readout
    assert tracks.shown().along == "step"
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    steps = {lane.step for lane in moment(window).lanes}
    assert steps == {100} and tracks.shown().times[1] < 150
    leader = moment(window).lanes[moment(window).ranking[0][0]]
    assert leader.epoch > moment(window).epoch, "one of larger batches"
    assert (readout.epoch.text(), readout.step.text()) == (str(leader.epoch), "100")
    assert "step 100. The run waits." in window.messages.status.text()
    assert shown(window).sentence.startswith("Step 100:")
    # Each lane goes on to the present step, in the middle of an epoch too, and says its own epoch.
    hands.key_in(window, "Ctrl+Period")
    await_race(qtbot, window, lambda race: {lane.measured.step for lane in race.lanes} == {101})
    curves = hands.control(window, "tracks.sheet").arrangement.tracks[0].series
    ends = [curve.x[-1] if curve.present is None else curve.present[0] for curve in curves]
    assert len(ends) == 6 and set(ends) == {101}
    qtbot.waitUntil(lambda: shown(window).sentence.startswith("Step 101:"))
    cards = view(window).cards
    assert [card.progress for card in cards.lanes] == [f"epoch {lane.epoch}" for lane in moment(window).lanes]
    assert {card.progress for card in cards.lanes} <= {text for text, _ in painted_texts(cards)}

    # Over epochs, by hand, the lanes end at different places, and none has values beyond its own.
    control(window, "tracks.along.epoch").click()
    sheet = hands.control(window, "tracks.sheet")
    sheet.read_at(50.0)
    assert [words.split()[1] == "–" for words in tracks.shown().race] == [True, True, False]
    push(window, "race.close")
    qtbot.waitUntil(lambda: window.session.racer is None)
    assert tracks.shown().along == "epoch"


def test_the_axis_that_was_chosen_for_the_run_comes_back_after_a_race(qtbot, window: Window) -> None:
    control(window, "tracks.along.seconds").click()
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window)
    assert window.parts.tracks.shown().along == "epoch"
    push(window, "race.close")
    qtbot.waitUntil(lambda: window.parts.tracks.shown().along == "seconds")


def test_settings_of_the_tracks_without_effect_in_a_race_are_off_and_say_why(qtbot, window: Window) -> None:
    names = ("reach.plan", "picture.lines", "scale.linear", "rate.log")
    known = [control(window, f"tracks.{name}") for name in names]
    usual = [one.toolTip() for one in known]
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window)
    for one in known:
        assert not one.isEnabled() and "Off: The tracks of a race have no such choice." in one.toolTip()
    assert control(window, "tracks.loss.log").isEnabled()
    push(window, "race.close")
    qtbot.waitUntil(lambda: all(one.isEnabled() for one in known))
    assert [one.toolTip() for one in known] == usual


def test_a_setting_races_other_values_from_its_menu_and_from_the_palette(qtbot, window: Window) -> None:
    window.docks.show("training")
    row = window.parts.training.rows["training.batch_size"]
    window.controls.reveal(row)
    hands.ask_for_menu(row, row.caption.geometry().center())
    hands.choose_entry(hands.control(window, "row.menu", QMenu), RACE_WORDS)
    entry = hands.control(window, "race.dialog.values", QLineEdit)
    assert entry.text().split() == ["1", "10", "full"], "a hundred are all training points"
    assert hands.control(window, "race.dialog.setting", QLabel).text() == "Batch size"
    hands.fill(entry, "5 100 500", "Return")
    problem = hands.control(window, "race.dialog.problem", QLabel).text()
    assert problem == "100 and 500 are the same: all 100 training points."
    hands.fill(entry, "5", "Return")
    dialog = window.findChild(RaceDialog)
    assert dialog is not None, "one value is no race"
    hands.fill(entry, "1,2", "Return")
    assert dialog.problem.text() == "The decimal sign is a point, as in 0.5: type 1.2. Separate values with spaces."
    for text in ("0,01,0,1", "5, 1,000"):
        hands.fill(entry, text, "End")
        assert dialog.problem.text(), text
    for text in ("5,1,20", "5,full", "5 , 20 ;1,"):
        hands.fill(entry, text, "End")
        assert not dialog.problem.text(), text
    hands.fill(entry, "5, full, 20", "Return")
    await_race(qtbot, window)
    assert moment(window).names == ("batch size", ("5", "full", "20"))
    assert "training" in window.docks.seen, "the controls stay as they were"
    hands.until(lambda: view(window).isAncestorOf(window.focusWidget()), "the keyboard is not in the race")
    assert [lane.experiment.training.batch_size for lane in moment(window).lanes] == [5, 0, 20]
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    assert [lane.step for lane in moment(window).lanes] == [20, 1, 5]

    command(window, "Race Optimizer against")
    qtbot.waitUntil(lambda: window.findChild(RaceDialog) is not None)
    dialog = window.findChild(RaceDialog)
    assert "Adam" in [box.text() for box in dialog.boxes if box.isChecked()], "the present one"
    for box in dialog.boxes:
        box.setFocus()
        if box.isChecked() != (box.text() in ("SGD", "Adam")):
            hands.key(box, "Space")
    hands.key(dialog, "Return")
    await_race(qtbot, window, lambda race: race.names.subject == "optimizer")
    assert moment(window).names.labels == ("SGD", "Adam") and len(window.session.history.done) == 0


def test_the_keyboard_stands_on_the_measure_that_a_race_is_compared_by(qtbot, window: Window) -> None:
    command(window, "Race: Batches of 1")
    await_race(qtbot, window)
    push(window, "race.lockstep.step")
    await_race(qtbot, window, lambda race: race.lockstep == "step")
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window, lambda race: race.lockstep == "epoch")
    focused = window.focusWidget().objectName()
    assert focused == "race.lockstep.epoch", "Step was chosen by whatever pressed the button in focus"


def test_a_race_is_saved_and_opens_as_it_was(qtbot, window: Window, tmp_path: Path) -> None:
    command(window, "Race: Batches of 1")
    await_race(qtbot, window)
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    steps, path = [lane.step for lane in moment(window).lanes], tmp_path / "race.playground"
    window.documents.save_to(path)
    qtbot.waitUntil(lambda: path.exists() and not window.documents.saves.busy)
    assert window.session.racer is not None, "saving leaves it open"

    # What it has done since is kept for recovery.
    window.autosave.begin(tmp_path / "recovery")
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 2)
    window.autosave.keep()
    slot = window.autosave.slot
    qtbot.waitUntil(lambda: window.autosave.job is None and slot is not None and slot.document.exists())
    found = load_document(slot.document).race
    assert [lane.present.state.step for lane in found.lanes] == [lane.step for lane in moment(window).lanes]
    assert window.autosave.kept.race == sum(lane.step for lane in moment(window).lanes) > sum(steps)
    push(window, "race.close")

    window.documents.open(str(path))
    await_race(qtbot, window, lambda race: race.epoch == 1)
    assert [lane.step for lane in moment(window).lanes] == steps and step(window) == 3
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 2)
    for lane in moment(window).lanes:
        alone = Trainer(lane.experiment, engine=lane.engine)
        alone.advance(steps=lane.step)
        assert np.array_equal(lane.history.train_loss, alone.history.view()[:, 3])


@pytest.mark.parametrize("place", ["network.diagram", "data.noise"])
def test_after_a_race_the_keyboard_is_where_it_was_before(qtbot, window: Window, place: str) -> None:
    hands.control(window, place).setFocus()
    window.races.start_values("data.seed", [0, 1, 2])
    await_race(qtbot, window)
    take = hands.control(window, "race.take.1")
    take.setFocus(Qt.FocusReason.TabFocusReason)
    hands.key(take, "Return")
    qtbot.waitUntil(lambda: window.session.racer is None and hands.control(window, place).hasFocus())
    assert window.session.experiment.data.seed == 1


@pytest.mark.parametrize("lanes", [3, 5, 6])
def test_the_values_of_all_lanes_stand_beside_every_track_with_the_colours_of_their_curves(
    qtbot, window: Window, lanes: int
) -> None:
    window.races.start_values(RATE, [0.00069, 0.0069, 0.069, 0.01, 0.02, 0.05][:lanes])
    await_race(qtbot, window)
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    await_pictures(window)
    sheet = hands.control(window, "tracks.sheet")
    written = painted_texts(sheet)
    image = sheet.grab().toImage()
    for track, box in zip(sheet.arrangement.seen, sheet.boxes(), strict=True):
        values = sheet.values_box(box).adjusted(0, -5, 0, 5)
        beside = [(text, where) for text, where in written if values.intersects(where)]
        told = [value.text for value in sheet.values[track.name]]
        assert len(told) == lanes and all(text in [one for one, _ in beside] for text in told), track.name
        assert not overlaps(beside), track.name
        assert track.name != "loss" or "0.0069" in [text for text, _ in beside], "no lane is named"
        if len(beside) == lanes:
            # The square and the gap behind it take ten pixels, the square itself is eight away.
            assert all(gap >= 17 for gap in gaps(beside)), (track.name, gaps(beside))
        for number in range(lanes):
            # A square, and so no minus sign: as high as wide.
            colour = QColor(theme.current().colour(f"lanes.{number}"))
            rows = [
                y
                for y in range(round(values.top()), round(values.bottom()))
                if sum(image.pixelColor(x, y) == colour for x in range(round(values.left()), sheet.width())) >= 6
            ]
            assert len(rows) >= 6, (track.name, number)


@pytest.mark.parametrize("lanes", [3, 6])
def test_tracks_without_room_for_values_name_the_lanes_above_them(qtbot, window: Window, lanes: int) -> None:
    rates = [0.00069, 0.0069, 0.069, 0.01, 0.02, 0.05][:lanes]
    window.zoom_to(1.25)
    window.races.start_values(RATE, rates)
    await_race(qtbot, window)
    window.docks.go_to("tracks")
    await_pictures(window)
    sheet = hands.control(window, "tracks.sheet")
    assert {*map(str, rates)} <= {text for text, _ in painted_texts(sheet)}, "not named beside the loss"
    window.docks.docks["tracks"].setFloating(True)
    window.docks.docks["tracks"].resize(420, 500)
    await_pictures(window)
    first = sheet.boxes()[0].rect
    above = [(text, where) for text, where in painted_texts(sheet) if where.bottom() < first.top() - 1]
    named = [text for text, _ in above]
    assert [text for text in named if text in map(str, rates)] == list(map(str, rates)) and not overlaps(above)
    image = sheet.grab(sheet.rect().adjusted(0, 0, 0, round(first.top()) - sheet.height())).toImage()
    painted = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert all(QColor(theme.current().colour(f"lanes.{number}")).name() in painted for number in range(lanes))
    window.zoom_to(1.0)


def gaps(texts: list[tuple[str, QRectF]]) -> list[float]:
    """The distances from each text to the next one in the same row."""
    return [
        min(nearer)
        for _, box in texts
        if (nearer := [
            other.left() - box.right()
            for _, other in texts
            if other.left() > box.left() and abs(other.center().y() - box.center().y()) < 3
        ])
    ]  # fmt: skip


def show_best(window: Window) -> str:
    """Show a response that has found a better learning rate; return that as text."""
    knob = knob_at(window.session.experiment, RATE)
    response = Response(window.session.experiment, knob, epochs=100)
    for number in range(len(response.study)):
        value, start = knob.values[number // 5], number % 5
        loss = 0.5 + 0.01 * start + (0 if value == knob.values[-8] else 0.3)
        response.add(Row(number, "completed", 100, 500, loss, loss, 0.9, 0.9, "lanes"))
    window.parts.view(ResponseView).show_reading(response.reading())
    return knob.words(len(knob.values) - 8)


def test_the_best_value_of_the_response_is_proposed(qtbot, window: Window) -> None:
    best = show_best(window)
    command(window, "Race Learning rate against")
    entry = hands.control(window, "race.dialog.values", QLineEdit)
    assert entry.text().split() == ["0.001", "0.01", "0.1", best]
    labels = [label.text() for label in window.findChild(RaceDialog).findChildren(QLabel)]
    assert f"2 to 6 values, separated by spaces. {best} does best in the response." in labels
    hands.key(entry, "Return")
    await_race(qtbot, window)
    assert moment(window).names.labels == ("0.001", "0.01", "0.1", best)


def test_a_response_out_of_sight_proposes_nothing(window: Window) -> None:
    window.docks.docks["response"].close()
    show_best(window)
    command(window, "Race Learning rate against")
    entry = hands.control(window, "race.dialog.values", QLineEdit)
    assert entry.text().split() == ["0.001", "0.01", "0.1"], "it may be one of other data"


def test_a_value_of_the_response_races_the_present_one(qtbot, window: Window) -> None:
    experiment = window.session.experiment
    knob = knob_at(experiment, RATE)
    response = Response(experiment, knob, epochs=100)
    window.parts.view(ResponseView).show_reading(response.reading())
    chart = window.parts.view(ResponseView).chart
    at = QPoint(round(chart.x_of(1.0)), chart.height() // 2)
    hands.move(chart, at)
    hands.ask_for_menu(chart, at)
    hands.choose_entry(hands.control(window, "response.menu", QMenu), f"Race {knob.words(-1)} against 0.01…")
    hands.key(hands.control(window, "race.dialog.values", QLineEdit), "Return")
    await_race(qtbot, window)
    assert moment(window).names == ("learning rate", ("0.01", knob.words(-1)))


def test_learning_rates_that_are_far_apart_have_a_logarithmic_axis(qtbot, window: Window) -> None:
    for rates, is_logarithmic in (([0.0011, 0.011, 0.11], True), ([0.01, 0.02, 0.05], False)):
        window.races.start_values(RATE, rates)
        await_race(qtbot, window, lambda race, rates=rates: race.names.labels == tuple(map(str, rates)))
        hands.key_in(window, "Ctrl+E")
        await_race(qtbot, window, lambda race: race.epoch == 1)
        axis = hands.control(window, "tracks.sheet").arrangement.tracks[-1].axis
        assert axis.logarithmic is is_logarithmic
        places = np.sort(axis.shares(axis.places(np.array(rates))))
        assert np.diff(places).min() > 0.15


def test_pictures_of_lanes_show_all_of_a_few_hundred_points(qtbot, window: Window) -> None:
    hands.fill(control(window, "data.points"), "500", "Return")
    command(window, "Race: SGD, RMSProp, Adam")
    await_race(qtbot, window)
    lane, side = moment(window).lanes[0], 1200
    picture, image = Miniature(), QImage(side, side, QImage.Format.Format_RGB32)
    picture.show(lane)
    with QPainter(image) as painter:
        picture.paint(painter, QRectF(0, 0, side, side), 1.0)
    classes = [QColor(colour) for colour in theme.current().classes]
    training = lane.sample.split == TRAIN
    places = (lane.sample.x[training] * [1, -1] + EXTENT) / (2 * EXTENT) * side
    colours = [image.pixelColor(*place) for place in places.astype(int).tolist()]
    seen = [colour == classes[int(label)] for colour, label in zip(colours, lane.sample.labels[training], strict=True)]
    assert np.mean(seen) > 0.9, "the rest lies below others"


def test_all_numbers_of_a_lane_are_of_one_moment_while_it_trains(qtbot, window: Window) -> None:
    command(window, "Race: Three learning rates")
    await_race(qtbot, window)
    hands.key_in(window, "Space")
    await_race(qtbot, window, lambda race: race.epoch > 5)
    seen = set()

    def look() -> int:
        readout, said = window.parts.transport.readout, shown(window)
        leader, loss, score, _ = next(lane for lane in said.lanes if lane[0] in readout.whose.text().split())
        assert loss == f"validation loss {readout.losses[1].text()}"
        assert score == f"{readout.scores[1].text()} right"
        assert f"learning rate {leader} leads with a {loss.replace('loss', 'loss of')}" in said.sentence
        assert said.sentence.startswith(f"Epoch {readout.epoch.text()}:")
        assert f"epoch {readout.epoch.text()}. The run waits." in window.messages.status.text()
        seen.add(loss)
        return len(seen)

    hands.until(lambda: look() >= 5, "the numbers stay the same")
    hands.key_in(window, "Space")


def test_a_race_keeps_to_the_chosen_speed_whatever_keeps_its_lanes_in_step(qtbot, window: Window) -> None:
    window.wiring.set_speed(50)
    window.races.start_values("training.batch_size", [1, 10, 0])
    await_race(qtbot, window)
    push(window, "race.lockstep.step")
    await_race(qtbot, window, lambda race: race.lockstep == "step")
    hands.key_in(window, "Space")
    await_race(qtbot, window, lambda race: race.lanes[0].step > 0)
    began, first = time.perf_counter(), moment(window).lanes[0].step
    await_race(qtbot, window, lambda race: race.lanes[0].step >= first + 20)
    assert time.perf_counter() - began > 0.2, "ten times as fast"
    hands.key_in(window, "Space")


def test_lanes_are_compared_once_those_behind_have_caught_up(qtbot, window: Window) -> None:
    window.races.start_values("training.batch_size", [1, 10, 0])
    await_race(qtbot, window)
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    push(window, "race.lockstep.step")
    await_race(qtbot, window, lambda race: race.lockstep == "step")
    assert shown(window).sentence == "Lanes are compared once batch size 10 and full have caught up."
    readout = window.parts.transport.readout
    assert (readout.whose.text(), readout.losses[1].text()) == ("catching up", "–")
    hands.key_in(window, "Ctrl+Period")
    await_race(qtbot, window, lambda race: {lane.step for lane in race.lanes} == {101})
    assert shown(window).sentence.startswith("Step 101: batch size ")
    best = moment(window).names.whole(
        min((0, 1, 2), key=lambda lane: moment(window).lanes[lane].evaluation.validation_loss)
    )
    assert readout.whose.text() in (best, f"{best} leads")


def test_a_lane_far_above_the_others_leaves_them_room_to_part(qtbot, window: Window) -> None:
    command(window, "Race Learning rate against")
    hands.fill(hands.control(window, "race.dialog.values", QLineEdit), "0.00044 0.1 30", "Return")
    await_race(qtbot, window)
    for epoch in range(1, 9):
        hands.key_in(window, "Ctrl+E")
        await_race(qtbot, window, lambda race, epoch=epoch: race.epoch >= epoch)
    histories = [lane.history for lane in moment(window).lanes]
    highest = [float(np.nanmax([one.train_loss, one.validation_loss])) for one in histories]
    assert highest[2] > 4 * max(highest[:2]), "there is a lane that is far above the others"
    loss = hands.control(window, "tracks.sheet").arrangement.tracks[0]
    assert not loss.axis.logarithmic and max(highest[:2]) <= loss.axis.high < 2 * max(highest[:2])
    ((_, value, line),) = loss.left_out()
    assert value == pytest.approx(highest[2]) and line.colour == "lanes.2"
    sheet = hands.control(window, "tracks.sheet")
    texts = [text for text, _ in painted_texts(sheet)]
    assert number_text(value) in texts and "0.00044" in texts
    hands.hover(sheet, sheet.box_of("score").rect.center())
    hands.until(lambda: sheet.caption.startswith("epoch"), "no epoch is read")
    assert not [text for text, _ in painted_texts(sheet) if "…" in text], "cut where it is read"


def test_a_lane_that_leads_is_named_by_its_setting(qtbot, window: Window) -> None:
    window.races.start_classic("dropout")
    await_race(qtbot, window)
    hands.key_in(window, "Ctrl+E")
    await_race(qtbot, window, lambda race: race.epoch == 1)
    leads, whose = moment(window).names.labels[moment(window).ranking[0][0]], window.parts.transport.readout.whose
    qtbot.waitUntil(lambda: whose.text() == f"dropout {leads} leads" and not whose.is_cut)
    assert shown(window).sentence.startswith(f"Epoch 1: dropout {leads} leads with ")
