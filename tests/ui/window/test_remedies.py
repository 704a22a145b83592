"""Remedies in the window: tried before they are offered, taken with a click or a key, undone in one step."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt

from playground import Experiment
from playground.engine.lanes import cache
from playground.interop.opening import load_preset
from playground.measure.diagnosis import Remedy
from playground.studies.remedies import candidates
from tests.ui import hands
from tests.ui.windows import opened_window
from ui.window import remedies
from ui.window.window import Window

pytestmark = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """Load the kernels once, which may take many seconds, before a test waits for what they train."""
    cache.load_kernels("float32")


@pytest.fixture
def rates(request: pytest.FixtureRequest) -> tuple[float, ...]:
    """The learning rates that are tried, of which the first does nothing."""
    return getattr(request, "param", (1e-7, 0.03, 0.1))


@pytest.fixture
def window(
    qtbot, experiment: Experiment, monkeypatch: pytest.MonkeyPatch, rates: tuple[float, ...]
) -> Iterator[Window]:
    """A window with a network that learns too slowly, and few remedies to try."""

    def few(experiment: Experiment, _: Remedy | None, *, goes_on: bool, rate: float | None) -> tuple[Remedy, ...]:
        changed = ((rate, experiment.with_({"training.learning_rate": rate})) for rate in rates)
        return tuple(Remedy(f"Rate {rate}", one, reset=not goes_on) for rate, one in changed)

    monkeypatch.setattr(remedies, "candidates", few)
    QSettings().setValue("responses", "always")
    sick = experiment.with_({"precision": "float32", "data": "circle", "layers": "4", "training.learning_rate": 1e-6})
    with opened_window(experiment=sick) as window:
        # What a hand asks for comes first.
        window.docks.docks["response"].close()
        window.session.set_speed(None)
        window.session.play()
        qtbot.waitUntil(lambda: window.messages.finding is not None)
        window.session.pause()
        yield window


def said(window: Window) -> str:
    return window.messages.strip.text.text()


def test_the_remedy_that_helps_is_offered_with_its_figures_and_undone_in_one_step(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: "changes are still being tried." in said(window))
    qtbot.waitUntil(lambda: "expect a" in said(window))
    strip, session = window.messages.strip, window.session
    assert said(window) == strip.accessibleName() and "neither is that of this run" in strip.remedy.toolTip()
    before, sick = session.report.snapshot, session.experiment
    assert ": expect a validation loss of " in said(window) and " after 100 more epochs, instead of " in said(window)
    assert f"Trained from epoch {before.epoch:,}, with 16 shuffles" in strip.remedy.toolTip().replace("\n", " ")
    label = strip.remedy.text()
    assert label in said(window)
    qtbot.waitUntil(lambda: not strip.rests)
    hands.push(window, "strip.remedy")
    assert session.experiment != sick
    qtbot.waitUntil(lambda: session.is_up_to_date)
    assert session.report.snapshot.step == before.step, "training goes on from here"
    hands.key_in(window, "Ctrl+Z")
    qtbot.waitUntil(lambda: session.is_up_to_date and session.report.snapshot.step == before.step)
    assert session.experiment == sick
    np.testing.assert_array_equal(session.report.snapshot.evaluation, before.evaluation)


def test_the_others_that_help_stand_in_a_menu_by_keyboard_alone(qtbot, window: Window) -> None:
    strip, session = window.messages.strip, window.session
    qtbot.waitUntil(lambda: strip.others.isVisible() and not strip.rests)
    strip.others.setFocus(Qt.FocusReason.TabFocusReason)
    hands.key_in(window, "Return")
    qtbot.waitUntil(strip.menu.isVisible)
    (other,) = (action.text() for action in strip.menu.actions())
    assert ", lower in " in other and strip.remedy.text() not in other
    assert 2 * strip.menu.width() < window.width(), "at twice the size it is within the window, too"
    hands.key(strip.menu, "Down", "Return")
    qtbot.waitUntil(lambda: not strip.menu.isVisible() and session.is_up_to_date)
    assert f"Rate {session.experiment.training.learning_rate}" == other.split(" – ")[0]


def test_what_was_promised_is_tried_again_once_the_run_is_a_quarter_past_it(qtbot, window: Window) -> None:
    strip, session = window.messages.strip, window.session
    qtbot.waitUntil(lambda: "expect a" in said(window))
    begun = session.report.snapshot.epoch
    offers: list[str] = []
    window.presenter.words_shown.connect(lambda: offers.append(strip.remedy.text() * strip.remedy.isVisible()))
    more = 30 + begun // 4
    session.ask(lambda trainer: trainer.advance(epochs=more))
    again = f"from epoch {begun + more:,}, with"
    qtbot.waitUntil(lambda: again in strip.remedy.toolTip().replace("\n", " ") and "expect a" in said(window))
    assert offers and all(offers), "the earlier offer stands until the new one is there"


def test_an_earlier_moment_on_show_is_offered_no_remedy_of_the_present(qtbot, window: Window) -> None:
    session = window.session
    qtbot.waitUntil(lambda: "still being tried" in said(window) or "expect a" in said(window))
    session.past.look_at(1)
    qtbot.waitUntil(lambda: session.report.past is not None and "as it was" in said(window))
    assert window.messages.strip.remedy.text() == "Back to now"
    hands.let_pass(1000, "remedies would be tried")
    assert "as it was" in said(window) and "try" not in said(window)
    hands.push(window, "strip.remedy")
    qtbot.waitUntil(lambda: "expect a" in said(window))


def test_a_divergence_is_told_of_the_present_and_not_of_an_earlier_moment(qtbot, window: Window) -> None:
    session, strip = window.session, window.messages.strip
    session.open(load_preset("hills").with_({"training.optimizer": "sgd"}), "hills")
    session.ask(lambda trainer: trainer.advance(epochs=5))
    session.edit(session.experiment.with_({"training.learning_rate": 1000.0}))
    session.ask(lambda trainer: trainer.advance(epochs=50))
    qtbot.waitUntil(lambda: session.report.snapshot.status == "diverged" and strip.said.tone == "fault")
    told = said(window).split(".")[0]
    session.past.look_at(1)
    qtbot.waitUntil(lambda: session.report.past is not None and "as it was" in said(window))
    assert strip.remedy.text() == "Back to now" and told not in said(window)
    hands.push(window, "strip.remedy")
    qtbot.waitUntil(lambda: strip.said.tone == "fault" and told in said(window))


def test_nothing_is_offered_before_it_was_tried(qtbot, window: Window) -> None:
    strip, session = window.messages.strip, window.session
    qtbot.waitUntil(lambda: "expect a" in said(window))
    untried: list[str] = []

    def look() -> None:
        if strip.remedy.isVisible() and "expect a" not in said(window):
            untried.append(strip.remedy.text())

    window.presenter.words_shown.connect(look)
    session.edit(session.experiment.with_({"training.learning_rate": 2e-6}))
    look()
    qtbot.waitUntil(lambda: "being tried" in said(window))
    qtbot.waitUntil(lambda: "expect a" in said(window))
    assert not untried
    # Where nothing may be tried, the advice of the diagnosis is all there is.
    window.responses.choose_when("off")
    session.edit(session.experiment.with_({"training.learning_rate": 3e-6}))
    qtbot.waitUntil(lambda: strip.remedy.isVisible() and "expect a" not in said(window))


def test_trying_comes_to_its_end_however_fast_the_run_goes_on(
    qtbot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    window.presenter.words_shown.connect(lambda: looks.append(window.session.report.snapshot.epoch))

    class SlowTest(remedies.RemedyTest):
        def train(self, stop: Callable[[], bool] | None = None) -> Iterator[int]:
            for tried in super().train(stop):
                seen = len(looks)
                while len(looks) < seen + 3 and not (stop is not None and stop()):
                    time.sleep(0.01)
                yield tried

    monkeypatch.setattr(remedies, "RemedyTest", SlowTest)
    # The run is always older by then.
    monkeypatch.setattr(remedies, "_GROWTH", 1.0001)
    window.session.edit(window.session.experiment.with_({"training.learning_rate": 2e-6}))
    window.session.play()
    qtbot.waitUntil(lambda: "being tried" in said(window))
    qtbot.waitUntil(lambda: "expect a" in said(window), timeout=10_000)


def test_an_edit_stops_the_trying_at_once(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: "still being tried" in said(window))
    window.session.edit(window.session.experiment.with_({"training.batch_size": 7}))
    assert "being tried" not in said(window)
    qtbot.waitUntil(lambda: window.session.is_up_to_date)


def test_the_best_learning_rate_of_the_response_is_what_is_tried(
    qtbot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []

    def note(experiment: Experiment, advised: Remedy | None, *, goes_on: bool, rate: float | None) -> tuple[()]:
        asked.append(rate)
        return ()

    qtbot.waitUntil(lambda: window.parts.thin_response.reading is not None)
    qtbot.waitUntil(lambda: window.parts.thin_response.reading.best is not None)
    monkeypatch.setattr(remedies, "candidates", note)
    window.remedies._forget()
    window.session.step()
    qtbot.waitUntil(lambda: bool(asked))
    assert asked[0] is not None and asked[0] == window.parts.thin_response.reading.best.value


@pytest.mark.parametrize("rates", [(1e-7,)], indirect=True)
def test_where_nothing_helps_nothing_is_offered(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: "No change helps much within " in said(window))
    assert not window.messages.strip.remedy.isVisible()


def test_of_a_run_that_overfits_it_is_said_what_early_stopping_would_have_done(
    qtbot, window: Window, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remedies, "candidates", candidates)
    strip, session = window.messages.strip, window.session
    session.open(load_preset("overfitting"), "overfitting")
    session.ask(lambda trainer: trainer.advance(epochs=160))
    qtbot.waitUntil(lambda: "overfits" in said(window) and "expect a" in strip.said.text and not strip.rests)
    offers = [strip.remedy.text(), *(words for words, _ in strip.said.others)]
    losses = [
        float(number)
        for number in re.findall(
            r"loss (?:of )?([\d.]+)[ ,]", " ".join([strip.said.text.split("expect")[1], *offers[1:]])
        )
    ]
    assert len(losses) == len(offers) > 2 and losses == sorted(losses), "the lowest loss first"
    words, take = next(one for one in strip.said.others if one[0].startswith("Start again: stop early"))
    assert words.endswith(f", that of epoch {_best_epoch(window)} of this run")
    take()
    session.ask(lambda trainer: trainer.advance(epochs=160))
    hands.until(lambda: session.report.snapshot.status == "stopped_early", "it does not stop")
    ended = session.report.snapshot
    assert f"validation loss {ended.evaluation.validation_loss:.2g}, that" in words


def _best_epoch(window: Window) -> int:
    return int(np.nanargmin(window.session.report.snapshot.history.validation_loss))


def test_where_nothing_may_be_tried_early_stopping_is_advised_against_overfitting(qtbot, window: Window) -> None:
    window.responses.choose_when("off")
    window.session.open(load_preset("overfitting"), "overfitting")
    window.session.ask(lambda trainer: trainer.advance(epochs=100))
    qtbot.waitUntil(lambda: "overfits" in said(window) and window.messages.strip.remedy.isVisible())
    assert window.messages.strip.remedy.text() == "Start again: stop early"
