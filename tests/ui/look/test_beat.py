"""How often things are done, and that all texts change in the same moment."""

from __future__ import annotations

import time

import pytest
import shiboken6
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication

from tests.ui import hands
from ui.look.beat import TEXT_INTERVAL, Throttle, text_beat


class Reader(QObject):
    """Shows a number when texts change, and notes which and when."""

    def __init__(self, interval: int | None = None) -> None:
        super().__init__()
        self.given: object = None
        self.shown: list[object] = []
        self.times: list[float] = []
        self.throttle = Throttle(self.write, self, interval)

    def give(self, number: object) -> None:
        self.given = number
        self.throttle.request()

    def write(self) -> None:
        self.shown.append(self.given)
        self.times.append(time.monotonic())


def test_what_is_asked_for_often_is_done_once_per_interval_and_the_last_is_not_lost(qtbot):
    reader, began = Reader(interval=50), time.monotonic()
    for number in range(10):
        reader.give(number)
    qtbot.waitUntil(lambda: reader.shown == [9])
    reader.give(10)
    qtbot.waitUntil(lambda: reader.shown == [9, 10])
    assert reader.times[1] - began >= 0.048
    hands.let_pass(120, "it would be done again")
    assert reader.shown == [9, 10]


def test_now_waits_for_nothing_and_is_not_repeated(qtbot):
    reader = Reader(interval=20)
    reader.give(1)
    reader.throttle.now()
    assert reader.shown == [1]
    hands.let_pass(60, "it would be done again")
    assert reader.shown == [1]


def test_after_a_rest_it_is_done_now_and_then_once_per_interval(qtbot):
    reader = Reader(interval=50)
    for number in range(3):
        reader.given = number
        reader.throttle.request(if_rested=True)
    assert reader.shown == [0]
    qtbot.waitUntil(lambda: reader.shown == [0, 2])
    assert reader.times[1] - reader.times[0] >= 0.048


def test_all_texts_change_in_the_same_moment(qtbot):
    readers = [Reader() for _ in range(4)]
    number, began = 0, time.monotonic()

    def report() -> None:
        nonlocal number
        number += 1
        for reader in readers:
            reader.give(number)
            hands.keep_busy(1, "writing takes a moment")

    timer = QTimer(interval=7)
    timer.timeout.connect(report)
    timer.start()
    disagreements: list[list[object]] = []

    def compare() -> None:
        last = [reader.shown[-1] for reader in readers if reader.shown]
        if len(last) == 4 and len(set(last)) > 1:
            disagreements.append(last)

    text_beat().struck.connect(compare)
    qtbot.waitUntil(lambda: len(readers[0].shown) >= 5)
    timer.stop()
    text_beat().struck.disconnect(compare)
    assert not disagreements
    for count, changed in enumerate(readers[0].times):
        assert changed - began >= (count * TEXT_INTERVAL - 20) / 1000


def test_a_beat_can_strike_early_for_all_and_then_rests(qtbot, beat, monkeypatch: pytest.MonkeyPatch):
    readers = [Reader() for _ in range(2)]
    for reader in readers:
        reader.give(1)
    QApplication.processEvents()
    assert [reader.shown for reader in readers] == [[], []]
    monkeypatch.setattr(beat, "_interval", TEXT_INTERVAL)
    text_beat().strike()
    assert [reader.shown for reader in readers] == [[1], [1]]
    hands.let_pass(TEXT_INTERVAL + 50, "it would be done again")
    assert [reader.shown for reader in readers] == [[1], [1]]


def test_a_beat_that_is_held_strikes_an_interval_later_but_does_not_wait_for_ever(qapp: QApplication):
    reader = Reader()
    hands.let_pass(TEXT_INTERVAL + 20, "nothing has struck for an interval")
    text_beat().hold()
    held = time.monotonic()
    for number in range(40):
        reader.give(number)
        text_beat().hold()
        hands.let_pass(10, "more is given")
    assert reader.shown and reader.times[0] - held >= (TEXT_INTERVAL - 20) / 1000


def test_who_is_gone_is_not_asked(qtbot):
    reader = Reader()
    reader.give(1)
    shiboken6.delete(reader)
    hands.let_pass(TEXT_INTERVAL + 50, "it would be asked")
    assert reader.shown == []
