"""What all views share: failing paints, numbers as text, words at a readable pace."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QToolButton, QWidget

from tests.ui import hands
from tests.ui.painted import painted_texts
from ui.guard.faults import guarded
from ui.views.chart.axes import CalmLimit, ChartAxis, decade_ticks, even_ticks, nearest_row, nice_limit
from ui.views.chart.controls import Choices, Controls, Option
from ui.views.chart.plot import ChartBox
from ui.views.chart.series import band_outline
from ui.views.confusion.view import ConfusionView
from ui.views.histograms.view import HistogramsView
from ui.views.tracks.view import TracksView


class Broken(QWidget):
    """A widget that cannot paint itself."""

    @guarded
    def paintEvent(self, event: object) -> None:
        raise ValueError("no paint left")


def test_a_paint_that_fails_draws_nothing_and_is_told_once(qtbot, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: told.append(kind))
    widget = Broken()
    qtbot.addWidget(widget)
    for _ in range(3):
        widget.grab()
    assert len(told) == 1


def test_an_axis_ends_at_or_above_what_it_shows_and_has_round_ticks():
    for value in (1e-9, 0.34, 1.0, 1.01, 7, 9.99, 123456):
        assert value <= nice_limit(value) <= 1.6 * value
    assert even_ticks(0, 3000, 4) == [0, 1500, 3000]
    for end, ticks in ((1200, 5), (250, 6), (60, 4), (0.8, 5)):
        assert even_ticks(0, end, 9) == pytest.approx(np.linspace(0, end, ticks))


class Numbered(QWidget):
    """A widget with the numbers of an axis, which leave some pixels free."""

    across, taken = ChartAxis(), (0.0, 0.0)

    def paintEvent(self, event: object) -> None:
        with QPainter(self) as painter:
            box = ChartBox(QRectF(40, 0, 680, 20), self.across, ChartAxis())
            box.paint_numbers_below(painter, taken=self.taken)


def test_numbers_of_an_axis_leave_the_place_of_the_playhead_free(qtbot):
    widget = Numbered()
    qtbot.addWidget(widget)
    widget.resize(760, 60)
    widget.across.high = 8000
    # The last number is moved inwards, to the left of its tick.
    for middle in range(660, 740):
        widget.taken = middle - 6, middle + 6
        found = painted_texts(widget)
        assert len(found) in (4, 5)
        assert not [text for text, box in found if box.left() < middle + 5 and box.right() > middle - 5], middle


def test_a_limit_grows_at_once_and_shrinks_late():
    calm = CalmLimit()
    assert calm.fit(0.9) == 1.0
    assert calm.fit(7.0) == 8.0
    limits = [calm.fit(0.4) for _ in range(CalmLimit.PATIENCE)]
    assert limits[:-1] == [8.0] * (len(limits) - 1)
    assert limits[-1] == 0.4


def test_a_limit_stays_while_now_and_then_it_is_needed():
    calm = CalmLimit()
    for step in range(5 * CalmLimit.PATIENCE):
        calm.fit(8.0 if step % 40 == 0 else 0.1)
    assert calm.limit == 8.0


def test_the_nearest_row_is_found():
    x = np.array([0.0, 1, 5])
    assert [nearest_row(x, place) for place in (-3, 0.6, 2.9, 3.1, 99)] == [0, 1, 1, 2, 2]
    assert nearest_row(np.zeros(0), 1) is None


def test_a_band_leaves_no_row_outside():
    x = np.arange(1003.0)
    y = np.random.default_rng(0).normal(size=1003)
    outline_x, outline_y = band_outline(x, y, 16)
    half = len(outline_x) // 2
    low, high = outline_y[:half], outline_y[half:][::-1]
    assert outline_x[0] == 0 and outline_x[half - 1] == 1002
    assert low.min() == y.min() and high.max() == y.max()
    assert (low <= high).all()


def test_powers_of_ten_as_ticks():
    assert decade_ticks(-4, 1, 3) == ([-4.0, -2.0, 0.0], ["1e-4", "0.01", "1"])


def test_choices_tell_which_was_picked(qtbot):
    options = (Option("one", "One", "The first."), Option("two", "Two", "The second."))
    choices = Choices("test", "Which", options)
    qtbot.addWidget(choices)
    choices.show()
    assert choices.value == "one"
    with qtbot.waitSignal(choices.picked) as picked:
        hands.click(choices.buttons[1])
    assert picked.args == ["two"] and choices.value == "two"


@pytest.mark.parametrize("view", [ConfusionView, HistogramsView, TracksView])
def test_every_switch_has_a_name_and_says_what_it_does(shown, view):
    buttons = [button for button in shown(view()).findChildren(QToolButton) if button.objectName().count(".") == 2]
    assert len(buttons) >= 2
    for button in buttons:
        assert button.accessibleName()
        assert len(button.toolTip()) > 20 and button.toolTip().removesuffix("</p>").endswith(".")
    assert len({button.objectName() for button in buttons}) == len(buttons)


def test_controls_fold_away_from_the_end(qtbot):
    controls = Controls("test")
    qtbot.addWidget(controls)
    options = (Option("one", "One", "The first."), Option("two", "Two", "The second."))
    for name in ("first", "second"):
        controls.add(Choices(name, name, options))
    controls.show()
    whole = controls.fit(10_000)
    assert controls.inline == 2 and not controls.button.isVisible()
    assert controls.fit(whole - 1) < whole and controls.inline == 2
    assert controls.fit(90) <= 90 and controls.inline == 0
    assert controls.button.isVisible()
    assert controls.fit(whole) == whole and controls.inline == 2
