"""What all views share: failing paints, numbers as text, words at a readable pace."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ui.faults import guarded
from ui.views.plotting import Throttle, even_ticks, leap_above, number_text, percent_text, short_text


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


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.0123"), (1.2e-7, "1.2e-7"), (12345, "12,345"), (-0.45, "−0.450"), (0, "0.00"), (0.5, "0.500"),
        (3.14159, "3.14"), (None, "–"), (float("nan"), "–"), (float("inf"), "∞"), (2.5e9, "2.5e9"),
    ],
)  # fmt: skip
def test_numbers_have_sensible_digits(value, text):
    assert number_text(value) == text


def test_shares_are_percent():
    assert [percent_text(value) for value in (0.931, 1.0, None)] == ["93.1 %", "100 %", "–"]


def test_ticks_are_short():
    texts = [short_text(value) for value in (0, 0.5, -6, 1500, 250_000, 2.5e6)]
    assert texts == ["0", "0.5", "−6", "1,500", "250k", "2.5M"]


def test_an_axis_ends_at_or_above_what_it_shows_and_has_round_ticks():
    for value in (1e-9, 0.34, 1.0, 1.01, 7, 9.99, 123456):
        assert value <= leap_above(value) <= 1.6 * value
    assert even_ticks(0, 3000, 4) == [0, 1500, 3000]


def test_a_throttled_action_runs_at_once_then_once_per_interval(qtbot):
    parent, runs = QObject(), []
    throttle = Throttle(lambda: runs.append(1), parent, interval=50)
    for _ in range(10):
        throttle.request()
    assert len(runs) == 1
    qtbot.waitUntil(lambda: len(runs) == 2)
    qtbot.wait(120)
    assert len(runs) == 2
