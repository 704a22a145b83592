"""The response of the setting in hand: it follows the hand, gives values, and leaves the run alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolTip

from playground import Experiment, Trainer
from playground.catalog.optimizers import Sgd
from playground.engine.lanes import cache
from playground.studies.knobs import knob_at
from playground.studies.reading import ResponseReading, ValueOutcome
from tests.ui import hands
from tests.ui.painted import painted_texts
from tests.ui.windows import control, opened_window, settle, step
from ui.forms.bars import BAR_ROLE
from ui.shell.figures import FIGURES, FiguresPage
from ui.views.response.map_view import MapView
from ui.views.response.sheet import ResponseSheet
from ui.views.response.thin import _goodness
from ui.views.response.view import ResponseShown, ResponseView
from ui.window import responses
from ui.window.window import Window

RATE, OPTIMIZER = "training.learning_rate", "training.optimizer"
pytestmark = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """Load what takes seconds before any test waits for it."""
    cache.load_kernels("float32", cache.width_for(np.dtype(np.float32)))


@pytest.fixture
def window(qtbot, experiment: Experiment) -> Iterator[Window]:
    """A window that tries other values of a small experiment."""
    QSettings().setValue("responses", "always")
    with opened_window(experiment=experiment.with_(precision="float32", layers="4")) as window:
        yield window


def view(window: Window) -> ResponseView:
    return window.parts.view(ResponseView)


def shown(window: Window) -> ResponseShown:
    return view(window).shown()


def is_whole(window: Window, path: str) -> bool:
    return shown(window).path == path and shown(window).is_whole


def place_of(window: Window, value: object) -> QPoint:
    """The pixel of the chart at which a value stands."""
    chart = view(window).chart
    one = next(one for one in shown(window).values if one.value == value)
    return QPoint(round(chart.x_of(one.place)), chart.height() // 2)


def test_the_learning_rate_is_answered_first(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))

    found = shown(window)
    assert all(one.n == 5 for one in found.values) and found.values[found.present].value == 0.01
    assert "0.01" in found.sentence and found.small_print == "validation loss after 100 epochs from the start, 5 starts"
    assert view(window).chart.accessibleName() == "Response of the learning rate"
    assert found.sentence in view(window).chart.accessibleDescription()


def test_it_follows_the_control_that_has_the_keyboard(qtbot, window: Window) -> None:
    window.docks.show("training")
    control(window, "training.batch_size").setFocus()
    qtbot.waitUntil(lambda: is_whole(window, "training.batch_size"))
    assert "full" in [text for text, _ in painted_texts(view(window).chart)], "a whole set is called so everywhere"
    control(window, OPTIMIZER).setFocus()
    qtbot.waitUntil(lambda: is_whole(window, OPTIMIZER))
    assert {"sgd", "adam"} <= {one.value for one in shown(window).values}

    # What is no knob leaves it as it is, and so does the chart itself.
    window.parts.boundary.setFocus()
    view(window).chart.setFocus()
    assert shown(window).path == OPTIMIZER


def test_a_click_gives_the_value_in_one_undo_step(qtbot, window: Window) -> None:
    window.docks.show("training")
    control(window, OPTIMIZER).setFocus()
    qtbot.waitUntil(lambda: is_whole(window, OPTIMIZER))
    # The open list has the same numbers, in its own order.
    combo = control(window, OPTIMIZER)
    bars = [combo.itemData(index, BAR_ROLE) for index in range(combo.count())]
    assert [bar.is_lit for bar in bars] == [one.is_better for one in shown(window).values]
    assert max(bar.share for bar in bars) == 1

    hands.click(view(window).chart, place_of(window, "sgd"))
    qtbot.waitUntil(lambda: isinstance(window.session.experiment.training.optimizer, Sgd))
    assert len(window.session.history.done) == 1

    hands.key(window, "Ctrl+Z")
    assert not isinstance(window.session.experiment.training.optimizer, Sgd)


def test_a_value_can_be_taken_with_its_trained_weights(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    chart, before = view(window).chart, shown(window)
    chart.setFocus()
    hands.key(chart, "Right")
    wanted = before.values[before.present + 1]
    hands.key(chart, "Ctrl+Return")
    qtbot.waitUntil(lambda: window.session.experiment.training.learning_rate == wanted.value)
    taken = settle(qtbot, window)
    assert taken.epoch == 100 and len(window.session.history.done) == 1
    assert taken.evaluation.validation_loss in [pytest.approx(loss, rel=1e-5) for loss in wanted.starts]
    said = window.desk.messages.strip.said
    opened = f"Opened: learning rate {wanted.words}, start 1 of {wanted.n}, as trained for 100 epochs."
    assert said.text.startswith(opened)
    # Its number stays in sight.
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    assert view(window).reading.outcome_words.startswith("validation loss after 100 epochs")
    assert said.offer is not None and said.offer[0] == "Undo"
    said.offer[1]()
    qtbot.waitUntil(lambda: settle(qtbot, window).step == 0)


def test_a_drag_gives_numbers_and_is_one_undo_step(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    chart = view(window).chart
    left = place_of(window, shown(window).values[3].value)
    right = place_of(window, shown(window).values[-3].value)
    hands.drag(chart, left, right)

    rate = window.session.experiment.training.learning_rate
    assert rate == pytest.approx(shown(window).values[-3].value, rel=0.3) and len(window.session.history.done) == 1
    # All but the new present value is known already, and stands there while the hand moves.
    assert sum(one.n == 5 for one in shown(window).values) >= len(shown(window).values) - 1
    qtbot.waitUntil(lambda: is_whole(window, RATE) and shown(window).values[shown(window).present].value == rate)


def test_a_click_between_two_tried_values_gives_the_one_under_the_pointer(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    chart, values = view(window).chart, shown(window).values
    left, right = next(
        pair for pair in pairwise(values) if pair[0].value > 1e-3 and pair[1].value > 1.4 * pair[0].value
    )
    between = QPoint(round((chart.x_of(left.place) + chart.x_of(right.place)) / 2), chart.height() // 2)
    hands.move(chart, between)
    wanted, _, rest = shown(window).small_print.partition(" (nearest tried: ")
    assert left.value < float(wanted) < right.value and rest.startswith((f"{left.words}): ", f"{right.words}): "))
    nearest = left if rest.startswith(left.words) else right

    hands.click(chart, between)
    assert window.session.experiment.training.learning_rate == float(wanted) and len(window.session.history.done) == 1
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    hands.click(chart, between, held="Ctrl")
    qtbot.waitUntil(lambda: window.session.experiment.training.learning_rate == nearest.value)
    assert settle(qtbot, window).evaluation.validation_loss in [
        pytest.approx(loss, rel=1e-5) for loss in nearest.starts
    ]


def test_arrow_keys_look_and_enter_takes(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    chart, before = view(window).chart, shown(window)
    chart.setFocus()
    hands.key(chart, "Right")
    hands.key(chart, "Right")
    wanted = before.values[before.present + 2]
    assert shown(window).small_print.startswith(f"{wanted.words}: ") and not window.session.history.done

    hands.key(chart, "Return")
    assert window.session.experiment.training.learning_rate == wanted.value


def test_any_other_edit_renews_it(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    before = shown(window).values
    window.session.edit(window.session.experiment.with_({"training.batch_size": 60}))
    qtbot.waitUntil(lambda: is_whole(window, RATE) and shown(window).values != before)


def test_a_setting_that_goes_gives_way_to_the_first_one(qtbot, window: Window) -> None:
    window.responses.follow("layers.0.units")
    qtbot.waitUntil(lambda: shown(window).path == "layers.0.units")
    window.session.edit(window.session.experiment.with_(layers=[]))
    qtbot.waitUntil(lambda: is_whole(window, RATE))


def test_the_learning_rate_has_a_thin_one_whatever_is_in_hand(qtbot, window: Window) -> None:
    window.responses.follow(OPTIMIZER)
    thin = window.parts.thin_response
    qtbot.waitUntil(lambda: is_whole(window, OPTIMIZER) and thin.reading is not None and thin.reading.is_whole)
    assert thin.reading.knob.path == RATE and thin.reading.sentence in thin.accessibleDescription()

    hands.rest(thin.slider)
    assert "the higher, the better" in QToolTip.text() and "Allowed:" in QToolTip.text()
    QToolTip.hideText()

    # With the picture closed it is all that is trained.
    answered: list[str] = []
    window.responses.responder.answered.connect(lambda reading: answered.append(reading.knob.path))
    window.docks.docks["response"].close()
    window.session.edit(window.session.experiment.with_({"training.batch_size": 60}))
    qtbot.waitUntil(lambda: bool(answered) and thin.reading is not None and thin.reading.is_whole)
    assert set(answered) == {RATE}
    window.docks.show("response")
    qtbot.waitUntil(lambda: OPTIMIZER in answered)


def test_the_thin_one_is_flat_where_nothing_differs_by_more_than_the_starts() -> None:
    knob = knob_at(Experiment(), RATE)
    assert knob is not None

    def heights(difference: float) -> np.ndarray:
        values = tuple(
            ValueOutcome(value, place, "", 5, 0, median, 0.9 * median, 1.1 * median, False, "")
            for value, place in zip(knob.values, knob.places, strict=True)
            for median in [1 - difference * place]
        )
        return _goodness(ResponseReading(knob, "loss", "amount", "", values, "", 1.0), values)

    assert np.ptp(heights(0.0)) == 0 and np.ptp(heights(0.01)) < 0.1 and np.ptp(heights(0.9)) == 1


def test_it_can_wait_for_a_pause_or_be_switched_off_and_the_choice_is_kept(qtbot, window: Window) -> None:
    window.session.play()
    qtbot.waitUntil(lambda: step(window) > 20)
    window.responses.choose_when("resting")
    answers: list[object] = []
    window.responses.responder.answered.connect(lambda reading: answers.append(reading))
    window.session.edit(window.session.experiment.with_({"training.batch_size": 30}))
    hands.let_pass(1000, "it would be trained")
    assert not answers and shown(window).sentence == "Other values are tried only while training is paused."
    window.session.pause()
    qtbot.waitUntil(lambda: is_whole(window, RATE))

    window.responses.choose_when("off")
    assert not shown(window).values and "View › Other runs" in shown(window).sentence
    assert window.settings.value("responses") == "off"


def test_on_battery_it_waits_for_pauses_until_a_person_chooses(qtbot, monkeypatch, experiment: Experiment) -> None:
    QSettings().remove("responses")
    monkeypatch.setattr(responses, "is_on_battery", lambda: True)
    with opened_window(experiment=experiment) as window:
        assert window.responses.when == "resting" and window.settings.value("responses") is None
        monkeypatch.setattr(responses, "is_on_battery", lambda: False)
        monkeypatch.setattr(responses, "spare_cores", lambda: 1)
        window.responses._power.start(1)
        qtbot.waitUntil(lambda: window.responses.when == "always")
        window.responses.choose_when("off")
        monkeypatch.setattr(responses, "is_on_battery", lambda: True)
        assert not window.responses._power.isActive()


def test_the_run_is_the_same_with_it_and_without(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    for _ in range(3):
        window.session.epoch()
        qtbot.waitUntil(lambda: window.session.is_up_to_date and not window.session.report.running)
    alone = Trainer(window.session.experiment, engine="reference")
    alone.advance(epochs=3)
    found = window.session.ask(lambda trainer: trainer.state.parameters.copy()).result(timeout=30)
    np.testing.assert_array_equal(found, alone.state.parameters)
    assert not window.session.history.done


def test_other_outcomes_and_the_weights_of_this_moment_can_be_asked_for(qtbot, window: Window) -> None:
    window.session.epoch()
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    picture = view(window)
    for choices, place in ((picture.measure, 1), (picture.horizon, 1), (picture.beginning, 1)):
        hands.click(picture.controls.button)
        hands.click(choices.buttons[place])
        hands.key(picture.controls.panel, "Escape")
    wanted = "validation accuracy after 100 more epochs from here (epoch 1), 5 shuffles"
    qtbot.waitUntil(lambda: shown(window).small_print == wanted and is_whole(window, RATE))
    assert not window.session.history.done

    # While training runs, the moment is that of the click.
    hands.click(picture.controls.button)
    hands.click(picture.beginning.buttons[0])
    hands.push(window, "transport.play")
    reports: list[int] = []
    window.session.reported.connect(lambda report: reports.append(report.present.step))
    qtbot.waitUntil(lambda: len(reports) > 2 and reports[-1] > reports[0])
    hands.click(picture.beginning.buttons[1])
    hands.key(picture.controls.panel, "Escape")
    qtbot.waitUntil(lambda: window.responses.beginning is not None)
    moment = window.responses.beginning.state.step
    qtbot.waitUntil(lambda: reports[-1] > moment)
    assert picture.beginning.value == "here" and window.responses.beginning.state.step == moment
    hands.push(window, "transport.play")

    # The moment goes with its run.
    window.session.reset()
    qtbot.waitUntil(lambda: "from here" not in shown(window).small_print and is_whole(window, RATE))
    assert picture.beginning.value == "start"


def test_while_an_earlier_moment_is_shown_it_is_about_that_moment(qtbot, window: Window) -> None:
    session = window.session
    session.ask(lambda trainer: trainer.advance(epochs=4))
    session.edit(session.experiment.with_({RATE: 0.3, "training.batch_size": 5}))
    session.ask(lambda trainer: trainer.advance(epochs=120))
    qtbot.waitUntil(lambda: is_whole(window, RATE) and "after 200 epochs" in shown(window).small_print)
    now = shown(window)
    assert now.values[now.present].value == 0.3

    session.past.look_at(session.report.present.history.step[2])
    qtbot.waitUntil(lambda: is_whole(window, RATE) and "after 100 epochs" in shown(window).small_print)
    then = shown(window)
    assert session.report.past is not None and then.values[then.present].value == 0.01
    trainer = Trainer(session.report.snapshot.experiment, engine="lanes")
    trainer.advance(epochs=100)
    assert trainer.evaluate().validation_loss in [pytest.approx(one) for one in then.values[then.present].starts]
    picture = view(window)
    hands.click(picture.controls.button)
    hands.click(picture.beginning.buttons[1])
    hands.key(picture.controls.panel, "Escape")
    wanted = "validation loss after 100 more epochs from here (epoch 2), 5 shuffles"
    qtbot.waitUntil(lambda: shown(window).small_print == wanted)

    session.past.leave()
    hands.click(picture.controls.button)
    hands.click(picture.beginning.buttons[0])
    hands.key(picture.controls.panel, "Escape")
    qtbot.waitUntil(lambda: is_whole(window, RATE) and "after 200 epochs" in shown(window).small_print)
    # It may have been refined meanwhile.
    again = {one.value: one.starts for one in shown(window).values}
    assert all(set(one.starts) <= set(again[one.value]) for one in now.values)


def test_at_an_earlier_moment_what_is_taken_is_named_by_what_differs_from_that(qtbot, window: Window) -> None:
    session = window.session
    session.ask(lambda trainer: trainer.advance(epochs=4))
    session.edit(session.experiment.with_({"training.batch_size": 5}))
    session.ask(lambda trainer: trainer.advance(epochs=4))
    qtbot.waitUntil(lambda: session.is_up_to_date)
    session.past.look_at(session.report.present.history.step[2])
    qtbot.waitUntil(lambda: session.report.past is not None and is_whole(window, RATE))
    chart, before = view(window).chart, shown(window)
    chart.setFocus()
    hands.key(chart, "Right", "Ctrl+Return")
    wanted = before.values[before.present + 1]
    qtbot.waitUntil(lambda: window.session.experiment.training.learning_rate == wanted.value)
    assert session.history.done[-1].label == f"learning rate {wanted.words} with its weights"


def test_structure_in_hand_is_answered(qtbot, window: Window) -> None:
    control(window, "features.x1_squared").setFocus()
    qtbot.waitUntil(lambda: is_whole(window, "features"))
    assert shown(window).values[shown(window).present].words == "the present choice"
    chart = view(window).chart
    chart.setFocus()
    hands.key(chart, "Right")
    hands.key(chart, "Return")
    assert window.session.experiment.features == ("x1", "x2", "x1_squared") and len(window.session.history.done) == 1

    window.parts.network.layer_asked.emit(1)
    qtbot.waitUntil(lambda: is_whole(window, "layers"))
    hands.click(view(window).chart, place_of(window, shown(window).values[4].value))
    qtbot.waitUntil(lambda: len(window.session.experiment.layers) == 4)


def test_two_settings_make_a_map_whose_pixels_open_with_their_weights(qtbot, window: Window) -> None:
    window.session.edit(window.session.experiment.with_({"training.batch_size": 0}))
    window.docks.show("map")
    picture = window.parts.view(MapView)
    qtbot.waitUntil(lambda: picture.across.count() > 0)
    hands.choose(picture.across, "Optimizer")
    # A pixel of the first, coarse pass.
    row = 24
    qtbot.waitUntil(lambda: picture.reading is not None and np.isfinite(picture.reading.numbers[row, 0]))
    reading = picture.reading
    assert picture.shown().paths == (OPTIMIZER, "training.batch_size") and "from one start" in picture.shown().sentence
    before, pixel = window.session.experiment, reading.numbers[row, 0]
    hands.move(picture.chart, picture.chart.cell_box((row, 0)).center())
    assert picture.shown().small_print.startswith("optimizer SGD, batch size ")
    hands.click(picture.chart, picture.chart.cell_box((row, 0)).center())
    qtbot.waitUntil(lambda: isinstance(window.session.experiment.training.optimizer, Sgd))
    settled = settle(qtbot, window)
    assert settled.epoch == 100 and settled.evaluation.validation_loss == pytest.approx(pixel, abs=1e-6)
    assert (
        window.session.experiment.training.batch_size == reading.up.values[row]
        and len(window.session.history.done) == 2
    )

    hands.key(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: settle(qtbot, window).step == 0)
    assert window.session.experiment == before


def test_a_map_zooms_where_the_hand_is(qtbot, window: Window) -> None:
    window.docks.show("map")
    picture = window.parts.view(MapView)
    qtbot.waitUntil(lambda: picture.reading is not None)
    hands.wheel(picture.chart, 1, picture.chart.cell_box((0, 0)).center())
    (left, right), (low, high) = picture.shown().spans
    assert right - left == pytest.approx(0.5) and left < 0.01 and high - low == pytest.approx(0.5) and low < 0.01
    qtbot.waitUntil(lambda: picture.reading is not None and picture.reading.across.span == (left, right))
    picture.chart.setFocus()
    hands.key(picture.chart, "0")
    assert picture.shown().spans == ((0, 1), (0, 1))


def test_numbers_and_the_command_leave_the_window(qtbot, window: Window, tmp_path) -> None:
    qtbot.waitUntil(lambda: is_whole(window, RATE))
    commands = {command.name: command.do for command in window.menus.commands()}
    commands["View: Other runs: Copy the response as a command"]()
    line = QGuiApplication.clipboard().text()
    assert line.startswith("python main.py sweep ") and "--seeds 5 --epochs 100" in line

    window.responses.files.save(RATE, str(tmp_path / "response.csv"))
    rows = (tmp_path / "response.csv").read_text().splitlines()
    assert rows[0].startswith("training.learning_rate,seed,status") and len(rows) > 5 * 30


def test_settings_and_outcomes_stand_side_by_side(qtbot, window: Window) -> None:
    hands.click(view(window).enlarge)
    sheet = window.parts.view(ResponseSheet)
    qtbot.waitUntil(lambda: window.docks.shows(sheet))
    assert not sheet.map.isEnabled() and "a map needs two settings" in sheet.map.toolTip()
    hands.push(window, f"responses.pin.{RATE}")
    hands.push(window, "responses.outcomes.gradient")
    window.docks.show("training")
    control(window, OPTIMIZER).setFocus()

    def is_there(path: str, measure: str) -> bool:
        reading = sheet.chart(path, measure).reading
        return reading is not None and reading.is_whole

    charts = [(path, measure) for path in (RATE, OPTIMIZER) for measure in ("loss", "accuracy", "gradient")]
    qtbot.waitUntil(lambda: sheet.paths == (RATE, OPTIMIZER) and all(is_there(*one) for one in charts))
    assert [(one.path, one.is_pinned) for one in sheet.shown()] == [(RATE, True), (OPTIMIZER, False)]
    caption = "validation accuracy after 100 epochs from the start at learning rate 0.01, 5 starts"
    assert sheet.shown()[1].captions[1] == caption

    # All outcomes of a value are read at once, by keyboard, and Enter takes it.
    chart = sheet.chart(OPTIMIZER, "accuracy")
    place = [one.value for one in chart.reading.values].index("sgd")
    chart.setFocus()
    step = place - chart.reading.knob.present
    hands.key(chart, *(["Right" if step > 0 else "Left"] * abs(step)))
    assert [caption.partition(":")[0] for caption in sheet.shown()[1].captions] == ["SGD"] * 3
    hands.key(chart, "Return")
    assert isinstance(window.session.experiment.training.optimizer, Sgd) and len(window.session.history.done) == 1

    # A third setting must not leave open which two are mapped.
    sheet.pin(OPTIMIZER)
    window.responses.follow("training.batch_size")
    assert len(sheet.paths) == 3 and not sheet.map.isEnabled() and "Unpin one" in sheet.map.toolTip()
    window.responses.follow(RATE)
    hands.push(window, "responses.map")
    picture = window.parts.view(MapView)
    assert picture.paths == [RATE, OPTIMIZER] and window.docks.shows(picture)


def test_a_page_says_how_each_figure_is_known(qtbot, window: Window) -> None:
    commands = {command.name: command.do for command in window.menus.commands()}
    commands["Help: How do you know?"]()
    page = window.findChild(FiguresPage)
    assert page.isVisible() and all(figure.title in page.text.toPlainText() for figure in FIGURES)
    hands.key(page, "Escape")
    qtbot.waitUntil(lambda: window.findChild(FiguresPage) is None)
