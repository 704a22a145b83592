"""Remedies in the window: tried before they are offered, taken with a click or a key, undone in one step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt

from playground import Experiment
from playground.engine.lanes import cache
from playground.measure.diagnosis import Remedy
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

    def few(experiment: Experiment, _: Remedy | None, *, goes_on: bool) -> tuple[Remedy, ...]:
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
    qtbot.waitUntil(lambda: "to try" in said(window))
    qtbot.waitUntil(lambda: "helps in" in said(window))
    strip, session = window.messages.strip, window.session
    assert " of 16 shuffles from here, with a median validation loss of " in said(window)
    assert said(window) == strip.accessibleName() and "neither is that of this run" in strip.remedy.toolTip()
    before, sick = session.report.snapshot, session.experiment
    label = strip.remedy.text()
    assert label in said(window)
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
    qtbot.waitUntil(strip.others.isVisible)
    strip.others.setFocus(Qt.FocusReason.TabFocusReason)
    hands.key_in(window, "Return")
    qtbot.waitUntil(strip.menu.isVisible)
    (other,) = (action.text() for action in strip.menu.actions())
    assert " helps in " in other and strip.remedy.text() not in other
    hands.key(strip.menu, "Down", "Return")
    qtbot.waitUntil(lambda: not strip.menu.isVisible() and session.is_up_to_date)
    assert f"Rate {session.experiment.training.learning_rate}" == other.split(":")[0]


def test_an_edit_stops_the_trying_at_once(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: "to try" in said(window))
    window.session.edit(window.session.experiment.with_({"training.batch_size": 7}))
    assert "to try" not in said(window)
    qtbot.waitUntil(lambda: window.session.is_up_to_date)


@pytest.mark.parametrize("rates", [(1e-7,)], indirect=True)
def test_where_nothing_helps_nothing_is_offered(qtbot, window: Window) -> None:
    qtbot.waitUntil(lambda: "No change helps much within " in said(window))
    assert not window.messages.strip.remedy.isVisible()
