"""Finding good settings in the window: budget, what may vary, what is kept, and one step to take it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from playground import Experiment
from playground.engine.lanes import cache
from playground.measure.diagnosis import Remedy
from playground.studies.finding import Found
from playground.studies.paired import paired_gain
from playground.studies.remedies import RemedyEffect
from playground.studies.search import SearchResult
from tests.ui import hands
from tests.ui.shell.test_strip import contrast
from tests.ui.windows import opened_window
from ui.look import theme
from ui.window.finder import Finder, found_words
from ui.window.window import Window

pytest.importorskip("optuna")
pytestmark = pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")


@pytest.fixture(scope="module", autouse=True)
def kernels() -> None:
    """Load the kernels once, which may take many seconds, before a test waits for what they train."""
    cache.load_kernels("float32")


@pytest.fixture
def window(qtbot, experiment: Experiment) -> Iterator[Window]:
    slow = {"data": "circle", "layers": "4", "training.learning_rate": 1e-5, "data.test_fraction": 0.2}
    with opened_window(experiment=experiment.with_(slow)) as window:
        yield window


@pytest.fixture
def finder(qtbot, window: Window) -> Finder:
    """The dialog, opened with its key."""
    hands.key_in(window, "Ctrl+Shift+F")
    qtbot.waitUntil(lambda: window.findChild(Finder) is not None)
    return window.findChild(Finder)


def test_found_settings_are_taken_in_one_step_and_given_back_in_one(qtbot, window: Window, finder: Finder) -> None:
    before = window.session.experiment
    for row in range(1, finder.settings.count()):
        finder.settings.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert finder.chosen_paths == ["training.learning_rate"]
    finder.seconds.setValue(600)
    hands.push(finder, "finder.start")
    assert finder.start.text() == "Stop" and not finder.settings.isEnabled()
    qtbot.waitUntil(lambda: finder.log.count() > 0)
    hands.push(finder, "finder.start")
    qtbot.waitUntil(lambda: finder.job is None)
    assert " fresh starts: validation loss " in finder.words.text()
    assert " test points, measured once: loss " in finder.words.text()
    assert window.session.experiment == before, "searching changes nothing"
    assert finder.use.isDefault() and not finder.start.isDefault()
    assert finder.use.property("primary") and finder.use.text() == "Use these settings"
    hands.push(finder, "finder.use")
    assert window.session.experiment != before
    hands.key_in(window, "Ctrl+Z")
    assert window.session.experiment == before


@pytest.mark.parametrize(
    ("before", "after", "verdict", "factor"),
    [
        (0.4, 0.2, "Better than the present settings in 15 of 16 fresh starts", "falls by a factor of "),
        (0.2, 0.4, "Clearly worse than the present settings in 15 of 16 fresh starts", "times as high"),
        (0.2, 0.2, "Not clearly better than the present settings (8 of 16 fresh starts)", "times what it was"),
    ],
)
def test_the_verdict_says_which_is_better(before: float, after: float, verdict: str, factor: str) -> None:
    spread = np.linspace(0.9, 1.1, 16)
    first = before * spread
    second = after * spread if before != after else first[::-1]
    if before != after:
        # One start goes the other way.
        second = np.append(second[:-1], first[-1] + 0.1 * (before - after))
    effect = RemedyEffect(
        Remedy("", Experiment(), reset=True), before, after, paired_gain(first, second), 100, "validation loss"
    )
    words = found_words(Found(SearchResult((), None, None, None), effect))
    assert words.startswith(verdict) and factor in words, words
    if "times as high" in words:
        low, high = (float(one) for one in words.split("The loss is ")[1].split(" times")[0].split(" to "))
        assert 1 < low < 2 < high < 3


def test_only_what_is_clearly_better_invites_to_be_used(qtbot, finder: Finder) -> None:
    spread = np.linspace(0.9, 1.1, 16)
    for after, is_offered, words in ((0.4 * spread, False, "clearly worse"), (0.2 * spread[::-1], True, "Ctrl+Z")):
        gain = paired_gain(0.2 * spread, after)
        effect = RemedyEffect(Remedy("", Experiment(), reset=True), 0.2, 0.4, gain, 100, "validation loss")
        finder._show_found(Found(SearchResult((), None, None, None), effect))
        assert finder.use.isEnabled() is is_offered and words in finder.use.toolTip()
        assert not finder.use.property("primary") and finder.start.isDefault()
        assert finder.use.text() == ("Use them anyway" if is_offered else "Use these settings")


@pytest.mark.parametrize("name", ["light", "dark"])
def test_boxes_can_be_seen_on_their_ground(qapp: QApplication, finder: Finder, name: str) -> None:
    theme.apply(qapp, name)
    unchecked = finder.settings.item(finder.settings.count() - 1)
    finder.settings.scrollToItem(unchecked)
    grabbed = finder.settings.viewport().grab(finder.settings.visualItemRect(unchecked)).toImage()
    ground, middle = grabbed.pixelColor(2, 2), grabbed.height() // 2
    strongest = max(contrast(grabbed.pixelColor(x, middle), ground) for x in range(4, 30))
    theme.apply(qapp, "light")
    assert strongest >= 3


def test_it_can_be_used_by_keyboard_and_ends_with_its_window(qtbot, finder: Finder) -> None:
    hands.push(finder, "finder.all")
    everything = finder.chosen_paths
    assert len(everything) > 10
    finder.settings.setFocus(Qt.FocusReason.TabFocusReason)
    finder.settings.setCurrentRow(0)
    hands.key_in(finder, "Space")
    assert finder.chosen_paths == everything[1:]
    hands.push(finder, "finder.usual")
    finder.start.setFocus(Qt.FocusReason.TabFocusReason)
    hands.key_in(finder, "Space")
    qtbot.waitUntil(lambda: finder.job is not None)
    hands.key_in(finder, "Escape")
    qtbot.waitUntil(lambda: not finder.isVisible())


def test_with_nothing_checked_there_is_nothing_to_search(finder: Finder) -> None:
    for row in range(finder.settings.count()):
        finder.settings.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert not finder.start.isEnabled()
