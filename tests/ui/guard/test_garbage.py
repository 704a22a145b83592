"""Garbage is collected on the window's thread, whatever other threads do."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from ui.guard import garbage
from ui.guard.garbage import Collector
from ui.session.jobs import Job


@pytest.fixture(autouse=True)
def nothing_is_frozen() -> Iterator[None]:
    """Have nothing exempt from collection before the collector comes, as in the program."""
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


@pytest.fixture
def collector(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    """A collector that is at it all the time, in the place of Python's."""
    monkeypatch.setattr(garbage, "MILLISECONDS", 20)
    monkeypatch.setattr(garbage, "FULL_TURNS", 2)
    collector = Collector(qapp)
    yield collector
    collector.close()
    assert gc.isenabled() and gc.get_freeze_count() == 0


class Cycle:
    """Holds itself, and tells on which thread it goes."""

    def __init__(self, told: list[threading.Thread]) -> None:
        self.itself, self.told = self, told

    def __del__(self) -> None:
        self.told.append(threading.current_thread())


def test_what_another_thread_leaves_is_collected_here(qtbot, qapp: QApplication, collector: Collector) -> None:
    told: list[threading.Thread] = []

    def litter(_: Job) -> None:
        for _turn in range(20_000):
            Cycle(told)

    owner = QObject()
    job = Job(owner, litter)
    job.wait()
    qtbot.waitUntil(lambda: len(told) == 20_000)
    assert set(told) == {threading.main_thread()}


def test_what_has_become_old_is_collected_when_much_has_been_added(collector: Collector) -> None:
    collector.timer.stop()
    collector.turns = 0
    told: list[threading.Thread] = []
    kept = [Cycle(told) for _ in range(gc.get_freeze_count())]
    collector.collect()
    kept.clear()
    gc.collect(1)
    assert not told, "they are old"
    collector.collect()
    assert len(told) == gc.get_freeze_count()


def test_tuples_that_another_thread_makes_are_left_alone(qapp: QApplication, collector: Collector) -> None:
    kept = [[number] for number in range(300_000)]
    failed: list[SystemError] = []
    done = threading.Event()

    def make_tuples() -> None:
        while not done.is_set():
            try:
                tuple(number for number in range(60))
            except SystemError as error:
                failed.append(error)

    thread = threading.Thread(target=make_tuples)
    thread.start()
    for _turn in range(40):
        collector.collect()
    done.set()
    thread.join()
    assert not failed and len(kept) == 300_000


def test_what_was_there_at_the_start_is_not_looked_through(qapp: QApplication) -> None:
    there = len(gc.get_objects())
    collector = Collector(qapp)
    looked_through = len(gc.get_objects())
    collector.close()
    assert looked_through < there / 10
