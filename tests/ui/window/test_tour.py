"""The tour: done with the mouse and by the keyboard alone, left and resumed, at every zoom, and told in the README."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, QSettings, Qt
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from playground import Experiment, Trainer
from playground.engine.lanes import cache
from playground.studies.knobs import knob_at
from playground.studies.reading import ResponseReading
from playground.studies.response import Response
from playground.studies.results import Row
from tests.ui import hands
from tests.ui.windows import lay_out, opened_window, set_rate, snapshot
from ui.forms.controls import Slider
from ui.look import theme
from ui.look.beat import text_beat
from ui.look.numbers import number_text
from ui.shell.tour import Tour, TourTarget
from ui.views.race.view import RaceView
from ui.views.response.view import ResponseView
from ui.window.gallery import Gallery
from ui.window.window import Window

README = Path(__file__).parents[3] / "README.md"
compiled = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


@pytest.fixture
def small(experiment: Experiment) -> Experiment:
    """A network that learns its points in a second, and tries other values of its settings as fast."""
    return experiment.with_({"precision": "float32", "data": "circle", "data.points": 100, "layers": "4"})


@pytest.fixture
def window(window_for: Window) -> Iterator[Window]:
    """One window for all tests but those that take the whole tour."""
    yield window_for
    window_for.tour.close()


@pytest.fixture
def responding(qapp: QApplication, request: pytest.FixtureRequest, small: Experiment) -> Iterator[Window]:
    """A window that trains fast, by default at the usual zoom, and tries other values."""
    # It may take long, and the test then waits for what they train.
    cache.load_kernels("float32")
    QSettings().setValue("responses", "always")
    with opened_window(zoom=getattr(request, "param", 1.0), experiment=small) as window:
        window.wiring.set_speed(2000.0)
        yield window
    theme.apply(qapp, "light")


def tour(window: Window) -> Tour:
    assert window.tour.shown is not None
    return window.tour.shown


def await_task(window: Window, number: int) -> None:
    hands.until(lambda: tour(window).task is tour(window).stop.tasks[number], f"task {number} is not reached")


def go_on(window: Window, *numbers: str) -> None:
    """Wait until the stop is done, check that it says these words, and go on."""
    card, stop = tour(window).card, tour(window).at
    hands.until(lambda: tour(window).is_done, f"stop {stop + 1} is never done: {card.ask.text()} {card.hint.text()}")
    assert all(words in card.outcome.text() for words in numbers), card.outcome.text()
    assert card.outcome.text().removeprefix("✓ ") in card.accessibleDescription()
    hands.key_in(window, "Ctrl+Return")
    assert window.tour.shown is None or tour(window).at == stop + 1


def play(window: Window, press: Callable[[], None]) -> None:
    if not window.session.report.running:
        press()


def await_response(window: Window) -> ResponseView:
    """Pause and wait until other values have been tried, and go on."""
    hands.key_in(window, "Space")
    hands.until(lambda: not window.session.report.running, "training does not pause")
    view = window.parts.view(ResponseView)
    hands.until(lambda: view.reading is not None and all(one.n for one in view.reading.values), "nothing is tried")
    hands.key_in(window, "Space")
    hands.until(lambda: window.session.report.running, "training does not go on")
    return view


def await_diagnosis(window: Window) -> None:
    await_task(window, 1)
    hands.until(lambda: window.messages.finding is not None, "nothing is found")
    # What was opened stands there for ten seconds otherwise.
    hands.push(window, "strip.dismiss")
    await_task(window, 2)
    hands.until(lambda: not window.messages.strip.rests, "its buttons do nothing")


@compiled
def test_the_tour_is_done_with_the_mouse(responding: Window) -> None:
    window, parts = responding, responding.parts
    window.tour.offer()
    hands.click(window.messages.strip.remedy)
    assert window.messages.strip.said.tone != "invitation", "who has come needs no invitation"
    hands.click(parts.transport.play)
    await_task(window, 2)
    said = tour(window).card.outcome.text()
    assert "Validation loss went from 0." in said and "epochs" in said

    hands.hover(parts.network, parts.network.shown().places.unit(0, 1).center().toPoint())
    go_on(window, "Unit A2 goes from", "over the plane")

    view = await_response(window)
    chart, place = view.chart, QPoint(round(view.chart.x_of(0.62)), view.chart.height() // 2)
    hands.hover(chart, place)
    await_task(window, 1)
    hands.click(chart, place)
    rate = window.session.experiment.training.learning_rate
    assert rate > 0.01
    hands.until(lambda: tour(window).is_done, "the response does not come")
    assert "Trying" not in tour(window).card.outcome.text(), "it waits for enough starts"
    go_on(window, "Learning rate", "The validation loss after", "from the start is", " starts. ")
    window.responses.choose_when("off")

    command(window, "Race: Three learning rates")
    await_task(window, 1)
    assert "3 lanes, learning rate: " in tour(window).card.outcome.text()
    hands.click(parts.transport.play)
    await_task(window, 2)
    labels, said = window.session.race_report.moment.names.labels, tour(window).card.outcome.text()
    assert any(f"learning rate {one} leads with a validation loss of" in said for one in labels)
    lane = labels.index(f"{rate:g}")
    hands.push(window, f"race.take.{lane}")
    go_on(window, "The lane is your run now")
    play(window, lambda: hands.click(parts.transport.play))

    hands.until(lambda: snapshot(window).evaluation.train_loss < 0.1, "it does not learn")
    hands.drag_handle(parts.training.rows["training.learning_rate"].findChild(Slider), 1.0)
    await_task(window, 1)
    assert "With learning rate 10 the training loss went from" in tour(window).card.outcome.text()
    hands.key_in(window, "Ctrl+Z")
    # This small task may survive even that, so the weights need not come back.
    go_on(window, f"Learning rate back to {rate:g}; the ", "weights", "The training loss is")

    hands.key_in(window, "Ctrl+G")
    hands.push(window.findChild(Gallery), "gallery.vanishing-gradients")
    await_task(window, 1)
    play(window, lambda: hands.click(parts.transport.play))
    await_diagnosis(window)
    hands.click(window.messages.strip.remedy)
    await_task(window, 3)
    go_on(window, "Layer A gets", "and got 1/", "of it before", "Validation loss went from 0.")

    # The tab takes up the brush.
    hands.open_tab(window, "Draw")
    picture = parts.boundary
    hands.drag(picture, *(picture.shown().place_of(x, 4).toPoint() for x in (-3, 3)))
    await_task(window, 1)
    points = window.session.experiment.data.size
    assert f"{points} points to learn from, yours among them" in tour(window).card.outcome.text()
    play(window, lambda: hands.click(parts.transport.play))
    assert window.focusWidget() is not tour(window).card
    go_on(window, "points right")
    assert window.tour.shown is None and window.tour.at == 0


@compiled
@pytest.mark.parametrize("responding", [2.0], indirect=True)
def test_the_tour_is_done_by_the_keyboard_alone_at_twice_the_size(responding: Window) -> None:
    window = responding
    hands.key_in(window, "Ctrl+K")
    hands.type_text("take the tour")
    hands.key(QApplication.focusWidget(), "Return")
    hands.key_in(window, "Space")
    await_task(window, 2)

    assert "press Shift+F6 until the network has the focus" in tour(window).card.ask.text()
    tab_to(window, "network.diagram", "Shift+F6", 5)
    hands.key_in(window, "Right")
    go_on(window, "goes from")

    await_response(window)
    hands.key_in(window, "Ctrl+8")
    tab_to(window, "response.chart", "Shift+F6", 5)
    hands.key_in(window, "Right", "Right")
    await_task(window, 1)
    hands.key_in(window, "Return")
    go_on(window, "Learning rate")
    window.responses.choose_when("off")

    command(window, "Race: Three learning rates")
    await_task(window, 1)
    hands.key_in(window, "Space")
    await_task(window, 2)
    tab_to(window, "race.close")
    hands.key_in(window, "Return")
    go_on(window, "Your run is as it was.")
    play(window, lambda: hands.key_in(window, "Space"))

    hands.until(lambda: snapshot(window).evaluation.train_loss < 0.1, "it does not learn")
    command(window, "learning rate 10")
    await_task(window, 1)
    hands.key_in(window, "Ctrl+Z")
    go_on(window, "Learning rate back to", "are back")

    hands.key_in(window, "Ctrl+G")
    hands.until(lambda: QApplication.activeWindow() is window.findChild(Gallery), "the gallery does not come")
    for letter in "vanishing":
        hands.type_text(letter)
    hands.key(QApplication.focusWidget(), "Return")
    await_task(window, 1)
    play(window, lambda: hands.key_in(window, "Space"))
    await_diagnosis(window)
    tab_to(window, "strip.remedy")
    hands.key_in(window, "Return")
    go_on(window, "Layer A gets")

    hands.key_in(window, "Ctrl+4")
    tab_to(window, "drawing.add")
    hands.key_in(window, "Return")
    await_task(window, 1)
    play(window, lambda: hands.key_in(window, "Space"))
    go_on(window, "of your 1 point right")
    assert window.tour.shown is None


@compiled
def test_a_remedy_that_does_not_help_is_not_praised(responding: Window) -> None:
    window = responding
    window.tour.start()
    tour(window).go_to(4)
    hands.key_in(window, "Ctrl+G")
    hands.push(window.findChild(Gallery), "gallery.vanishing-gradients")
    await_task(window, 1)
    play(window, lambda: hands.click(window.parts.transport.play))
    await_diagnosis(window)
    window.session.edit(window.session.experiment.with_({"training.learning_rate": 1e-5}))
    await_task(window, 3)
    go_on(window, "Validation loss went from 0.", "That has not helped yet")


@compiled
def test_a_network_that_says_one_class_everywhere_has_not_learned_the_own_points(responding: Window) -> None:
    window = responding
    dead = window.session.experiment.with_({"initializer": "constant"}).with_({"initializer.value": 0.0})
    window.session.edit(dead)
    hands.key_in(window, "Ctrl+R")
    window.tour.start()
    tour(window).go_to(5)
    hands.open_tab(window, "Draw")
    picture = window.parts.boundary
    hands.drag(picture, *(picture.shown().place_of(x, 4).toPoint() for x in (-3, 3)))
    await_task(window, 1)
    play(window, lambda: hands.click(window.parts.transport.play))
    go_on(window, "points right. But it gives every point the same class.")


def tab_to(window: Window, name: str, key: str = "Tab", most: int = 200) -> None:
    for _ in range(most):
        focus = window.focusWidget()
        if focus is not None and focus.objectName() == name:
            return
        hands.key_in(window, key)
    raise AssertionError(f"{key} does not reach {name}")


def command(window: Window, words: str) -> None:
    hands.key_in(window, "Ctrl+K")
    hands.type_text(words)
    hands.key(QApplication.focusWidget(), "Return")


def test_at_every_zoom_the_card_stands_beside_what_it_explains(window: Window) -> None:
    window.tour.start()
    for zoom in (1.5, 2.0, 1.0):
        window.zoom_to(zoom)
        lay_out(window)
        for number, stop in enumerate(tour(window).stops):
            tour(window).go_to(number)
            hands.until(tour(window).ring.isVisible, f"{zoom}: {stop.title}")
            tour(window).arrange()
            card, target = tour(window).card, tour(window).task.target.place(window)
            assert window.rect().contains(card.geometry()), (zoom, stop.title)
            assert not target.isEmpty() and not card.geometry().intersects(target), (zoom, stop.title)
            assert tour(window).ring.geometry().contains(target), (zoom, stop.title)
            assert card.layout().totalHeightForWidth(card.width()) <= card.height(), (zoom, stop.title)
            assert window.childAt(card.geometry().center()) in (card, *card.findChildren(QWidget)), (zoom, stop.title)
            assert window.childAt(target.center()) not in (tour(window).ring, card)


@pytest.mark.parametrize("resumes", [False, True], ids=["in order", "resumed"])
@pytest.mark.parametrize("zoom", [1.0, 1.25, 1.5])
def test_the_card_covers_nothing_that_a_task_is_about(window: Window, zoom: float, resumes: bool) -> None:
    window.tour.start_over()
    window.zoom_to(zoom)
    lay_out(window)
    for number, stop in enumerate(tour(window).stops):
        if resumes and zoom == 1.5 and window.docks.controls_are_open:
            # Before anything has opened them, controls are closed at this zoom.
            window.docks.toggle_controls()
        tour(window).go_to(number)
        for place, task in enumerate(stop.tasks):
            # What was done before stands on the card, too.
            said = "Validation loss went from 0.693 to 0.421 in 60 epochs." if place else ""
            tour(window)._begin(place, said, partial(str, said))
            lay_out(window)
            tour(window).arrange()
            card = tour(window).card.geometry()
            for one in (task.target, *task.spared, *tour(window)._always_spared):
                # Also the legend of a picture, and the values beside curves.
                assert not card.intersects(one.place(window)), (stop.title, place, one.widget)


def test_the_gallery_says_which_preset_the_tour_asks_for(window: Window) -> None:
    window.tour.start_over()
    for is_asked in (True, False):
        tour(window).go_to(4 if is_asked else 0)
        hands.key_in(window, "Ctrl+G")
        gallery = window.findChild(Gallery)
        asked = gallery.findChild(QLabel, "gallery.asked")
        assert (asked is not None) is is_asked
        if asked is not None:
            assert asked.text().startswith("Choose Vanishing") and asked.text()[7:] in tour(window).task.ask
            assert asked.isVisible()
        gallery.reject()
        hands.until(lambda: window.findChild(Gallery) is None, "the gallery stays")


def test_the_tour_is_left_and_goes_on_after_a_restart(new_window: Window, small: Experiment) -> None:
    window = new_window
    action = window.menus.action
    assert action("help.tour").text() == "Take the &tour" and not action("help.tour_next").isEnabled()
    window.tour.start()
    hands.key_in(window, "Ctrl+Return")
    hands.push(window, "tour.next")
    hands.push(window, "tour.back")
    window.docks.docks["response"].close()
    hands.until(tour(window).card.show_me.isVisible, "what is hidden cannot be shown again")
    hands.push(window, "tour.show")
    hands.until(tour(window).ring.isVisible, "it is not shown again")
    hands.key_in(window, "Escape")
    assert window.tour.shown is None and window.findChild(QWidget, "tour").isHidden()
    window.close()

    with opened_window(experiment=small) as later:
        assert later.menus.action("help.tour").text() == "Continue the &tour at stop 2 of 6"
        later.menus.action("help.tour").trigger()
        assert tour(later).at == 1
        hands.push(later, "tour.leave")
        assert later.tour.shown is None
        later.menus.action("help.tour_again").trigger()
        assert tour(later).at == 0
        hands.key_in(later, "Escape")
        assert not later.menus.action("help.tour_again").isEnabled()


def test_escape_first_ends_what_a_control_is_doing(window: Window) -> None:
    window.tour.start()
    hands.key_in(window, "Ctrl+P")
    assert window.parts.drawing.toolbox.tool is not None
    hands.key_in(window, "Escape")
    assert window.parts.drawing.toolbox.tool is None and window.tour.shown is not None
    hands.key_in(window, "Escape")
    assert window.tour.shown is None


def test_the_tool_is_put_down_with_the_last_card(window: Window) -> None:
    drawing = window.parts.drawing
    window.tour.start_over()
    for _ in tour(window).stops[1:]:
        hands.push(window, "tour.next")
    hands.open_tab(window, "Draw")
    assert drawing.toolbox.tool is not None
    hands.push(window, "tour.next")
    assert window.tour.shown is None and drawing.toolbox.tool is None
    window.zoom_to(1.25)
    hands.until(lambda: "drawing" in window.docks.seen, "the tools do not come back")
    lay_out(window)
    assert drawing.toolbox.tool is None, "a zoom takes up a tool"
    hands.key_in(window, "C")
    window.zoom_to(1.0)
    hands.until(lambda: "drawing" in window.docks.seen, "the tools do not come back")
    lay_out(window)
    assert drawing.toolbox.tool.name == "cluster", "a zoom takes up another tool"
    drawing.stop()
    before = window.session.experiment
    hands.click(window.parts.boundary)
    assert window.session.experiment == before


def test_the_tour_is_offered_once(window: Window) -> None:
    window.tour.offer()
    assert "tour" in window.messages.strip.text.text()
    hands.click(window.messages.strip.remedy)
    assert window.tour.shown is not None
    hands.key_in(window, "Escape")
    window.tour.offer()
    assert not window.messages.strip.speaks


@pytest.mark.parametrize("does", ["Ctrl+E", "Ctrl+Shift+R"], ids=["trains", "edits"])
def test_nobody_who_has_begun_is_called_new(new_window: Window, does: str) -> None:
    window = new_window
    window.tour.offer()
    assert window.messages.strip.said.tone == "invitation"
    hands.key_in(window, does)
    hands.until(lambda: not window.messages.strip.speaks, "the invitation stays")
    hands.key_in(window, "Ctrl+E", "Ctrl+Shift+R")
    hands.until(lambda: window.session.is_up_to_date, "the worker says nothing")
    assert window.messages.strip.said.tone != "invitation"


def test_a_target_that_is_scrolled_away_is_pointed_at_no_farther_than_it_is_seen(window: Window) -> None:
    place = TourTarget(window.parts.data).place(window)
    seen = window.docks.docks["data"].geometry()
    assert window.parts.data.height() > seen.height() and seen.contains(place)
    assert TourTarget(QWidget()).place(window) == QRect()


def test_a_stop_about_the_run_asks_to_end_a_race_first(window: Window) -> None:
    window.tour.start()
    tour(window).go_to(2)
    command(window, "Race: Three learning rates")
    hands.until(lambda: window.session.race_report, "there is no race")
    hands.key_in(window, "Ctrl+Return")
    card = tour(window).card
    hands.until(lambda: card.hint.text().endswith("Take a lane or close the race first."), card.hint.text())
    assert tour(window).at == 3 and card.hint.isVisible()
    command(window, "Close the race")
    hands.until(lambda: card.hint.text() == "Training is paused. The space bar resumes it.", card.hint.text())


def test_a_run_that_has_learned_is_reset_before_it_can_be_watched(window: Window, small: Experiment) -> None:
    session = window.session
    session.open(small, "small")
    session.set_speed(None)
    session.ask(lambda trainer: trainer.advance(epochs=300)).result(hands.PATIENCE / 1000)
    hands.until(lambda: snapshot(window).epoch == 300, "it does not train")
    window.tour.start_over()
    card = tour(window).card
    hands.until(lambda: card.hint.text().startswith("Your network has already learned."), card.hint.text())
    hands.key_in(window, "Space")
    await_task(window, 1)
    assert card.hint.text().startswith("Your network has already learned.")
    await_task(window, 2)
    assert " was 0." in card.outcome.text() and "went" not in card.outcome.text()

    tour(window).go_to(0)
    await_task(window, 1)
    hands.key_in(window, "Ctrl+R")
    hands.until(lambda: not card.hint.text().startswith("Your network"), "the reset is not noticed")
    play(window, lambda: hands.key_in(window, "Space"))
    await_task(window, 2)
    assert "loss went from 0." in card.outcome.text()
    window.session.pause()


def test_own_points_are_learned_when_the_network_gets_them_right(window: Window, small: Experiment) -> None:
    """At this learning rate it learns nothing, and all that is waited for are epochs."""
    window.session.open(small.with_({"training.learning_rate": 1e-6}), "slow")
    before = window.session.ask(lambda trainer: trainer.sample.x.copy()).result(hands.PATIENCE / 1000)
    window.tour.start()
    tour(window).go_to(5)
    hands.open_tab(window, "Draw")
    hands.until(lambda: window.session.is_up_to_date, "the circle does not come")
    hands.let_pass(400, "the tour looks five times a second")
    picture = window.parts.boundary
    hands.drag(picture, *(picture.shown().place_of(x, 0.5).toPoint() for x in (-1, 1)))
    await_task(window, 1)

    def train(epochs: int) -> None:
        window.session.ask(lambda trainer: trainer.advance(epochs=epochs)).result(hands.PATIENCE / 1000)

    train(200)
    hands.until(lambda: tour(window).is_done, "it waits for ever")

    def own_points(trainer: Trainer) -> tuple[int, int]:
        known = {tuple(row) for row in before.round(4).tolist()}
        own = [place for place, row in enumerate(trainer.sample.x.round(4).tolist()) if tuple(row) not in known]
        names = [trainer.sample.class_names[int(label)] for label in trainer.sample.labels[own]]
        given = trainer.labels(trainer.sample.own_x[own])
        return sum(one == name for one, name in zip(given, names, strict=True)), len(own)

    right, of = window.session.ask(own_points).result(hands.PATIENCE / 1000)
    said = f"✓ After 200 epochs the network gets {right} of your {of} points right."
    assert tour(window).card.outcome.text().startswith(said) and of > 3
    assert ("may help" in tour(window).card.outcome.text()) == (right < 0.8 * of)


def test_a_jump_of_the_loss_is_told_with_the_number_in_the_header(window: Window, small: Experiment) -> None:
    window.session.open(small, "small")
    window.tour.start()
    tour(window).go_to(3)
    window.session.ask(lambda trainer: trainer.advance(epochs=100)).result(hands.PATIENCE / 1000)
    set_rate(window, 5.0)
    hands.until(lambda: snapshot(window).epoch == 100, "it does not train")
    # Half an epoch more, where the loss is another than at the end of the epoch.
    window.session.ask(lambda trainer: trainer.advance(epochs=40)).result(hands.PATIENCE / 1000)
    window.session.ask(lambda trainer: trainer.advance(steps=3)).result(hands.PATIENCE / 1000)
    step = window.session.ask(lambda trainer: trainer.state.step).result(hands.PATIENCE / 1000)
    hands.until(lambda: snapshot(window).step == step, "the latest steps are not shown")
    await_task(window, 1)
    header = number_text(snapshot(window).evaluation.train_loss)
    assert header != number_text(float(snapshot(window).history.train_loss[-1])), "it shows nothing"
    assert header in {number.text() for number in window.parts.transport.readout.numbers}
    hands.until(lambda: f"to {header}." in tour(window).card.outcome.text(), tour(window).card.outcome.text())


def test_the_card_says_what_holds_now(window: Window) -> None:
    window.tour.start()
    tour(window).go_to(2)
    card, outcome = tour(window).card, lambda: tour(window).card.outcome.text()
    command(window, "Race: Three learning rates")
    await_task(window, 1)
    assert outcome().startswith("✓ 3 lanes, ")
    hands.key_in(window, "Space")
    await_task(window, 2)
    first = outcome()
    hands.until(lambda: outcome() != first and " leads with " in outcome(), "the standings of before stay")
    assert outcome().removeprefix("✓ ") in card.accessibleDescription()
    # The card says the same as the race beside it, which goes on, and covers neither that nor its curves.
    sentence, agreed = window.parts.view(RaceView).sentence, []
    beat, later = text_beat(), Qt.ConnectionType.QueuedConnection
    listening = beat.struck.connect(lambda: agreed.append(outcome() == f"✓ {sentence.text()}"), later)
    hands.until(lambda: agreed[-3:] == [True] * 3, "the card does not keep up with the race")
    beat.disconnect(listening)
    tracks = window.parts.tracks
    assert not card.geometry().intersects(QRect(tracks.mapTo(window, QPoint()), tracks.size()))
    command(window, "Close the race")
    hands.until(lambda: tour(window).is_done, "the end of the race is not noticed")
    assert outcome() == "✓ Your run is as it was."
    hands.key_in(window, "Ctrl+Shift+R")
    hands.until(lambda: not outcome() and card.outcome.isHidden(), "it is said of a run that has changed")


def test_the_card_follows_the_response_while_more_starts_are_trained(window: Window) -> None:
    view, experiment = window.parts.view(ResponseView), window.session.experiment
    knob = knob_at(experiment, "training.learning_rate")
    assert knob is not None
    response = Response(experiment, knob)
    for number in range(len(response.study)):
        response.add(Row(number, "completed", 100, 1000, 0.5, 0.5, 0.9, 0.9))
    window.tour.start()
    tour(window).go_to(1)
    reading, outcome = response.reading(), tour(window).card.outcome

    def says(words: str, reading: ResponseReading, place: int | None) -> bool:
        # Responses are off in tests, which the view would say instead whenever the window follows the run.
        view.show_reading(reading)
        view.chart.look_at(place)
        return words in outcome.text()

    hands.until(lambda: says(" gives 0.500, ", reading, 0), "the value that was looked at is not told")
    more = reading._replace(values=(reading.values[0]._replace(median=0.4), *reading.values[1:]))
    hands.until(lambda: says(" gives 0.400, ", more, None), "the card stays with the first starts")


def test_the_readme_tells_the_tour_in_the_same_words(window: Window) -> None:
    told = " ".join(README.read_text().split())
    window.tour.start()
    for number, stop in enumerate(tour(window).stops, start=1):
        words = " ".join(task.ask for task in stop.tasks)
        assert f"{number}. **{stop.title}.** {words}" in told, words
