"""The racer: the thread on which a race trains while the run rests.

Like the worker, it looks at its commands between chunks of a few milliseconds and reports through a mailbox with one
slot, which is filled when it is empty.
"""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from PySide6.QtCore import QObject, QThread, Signal

from playground.measure.observe import Requests
from playground.run.run import Lockstep, RaceDocument
from playground.studies.race import Race, RaceMoment

from .speed import StepRate

_log = logging.getLogger(__name__)

_CHUNK_SECONDS = 0.008
_YIELD_MILLISECONDS = 1
"""Pause after each chunk of the reference engine, which holds the interpreter lock."""
_PICTURE_SECONDS, _PICTURE_REST = 1 / 30, 3
"""While the race runs: the least time between two reports, and how many times the time that one takes."""


class RaceReport(NamedTuple):
    """A moment of a race, with the state of its thread."""

    moment: RaceMoment
    running: bool


class Racer(QThread):
    """The thread that owns a race. Its methods queue commands; `stop` ends the thread and leaves the race as it is."""

    failed = Signal(object)
    """Carries the exception that ended training; the race is paused."""

    def __init__(self, make: Callable[[], Race], requests: Requests, parent: QObject | None = None) -> None:
        """Take the function that makes the race, on the thread, and the requests that its reports answer."""
        super().__init__(parent)
        self._make, self._requests = make, requests
        self._race: Race | None = None
        self._commands: queue.SimpleQueue[_Command] = queue.SimpleQueue()
        self._questions: list[Future[RaceDocument | None]] = []
        self._mailbox: RaceReport | None = None
        self._running, self._stopping, self._changed = False, False, True
        self._ended = False
        self._until: int | None = None
        """The tick of the race's clock at which to pause."""
        self._speed: float | None = None
        self._pace = StepRate()
        self._next_report = 0.0

    # For other threads ----------------------------------------------------------------------------------------------

    def take(self) -> RaceReport | None:
        """Return the latest report once; None if nothing has changed."""
        report, self._mailbox = self._mailbox, None
        return report

    def play(self) -> None:
        """Train until paused."""
        self._commands.put(lambda _: self._run(True))

    def pause(self) -> None:
        """Pause after the chunk in progress."""
        self._commands.put(lambda _: self._run(False))

    def step(self) -> None:
        """Move the clock by one tick."""
        self._commands.put(lambda race: self._run(True, race.clock + 1))

    def epoch(self) -> None:
        """Train until the next epoch ends."""
        self._commands.put(lambda race: self._run(True, (int(race.epoch) + 1) * race.ticks_per_epoch))

    def reset(self) -> None:
        """Return all lanes to their initial weights."""
        self._commands.put(Race.reset)

    def set_lockstep(self, lockstep: Lockstep) -> None:
        """Keep the lanes in step by epochs or by steps; a single step or epoch ends, since the clock is another one."""
        self._commands.put(lambda race: self._set_lockstep(race, lockstep))

    def set_speed(self, steps_per_second: float | None) -> None:
        """Limit the updates that a typical lane makes per second; None lifts the limit."""
        self._commands.put(lambda _: self._set_speed(steps_per_second))

    def document(self) -> RaceDocument | None:
        """Wait for a document of the race, on another thread than the window's; None if the race ends before."""
        answer: Future[RaceDocument | None] = Future()
        self._questions.append(answer)
        self._commands.put(lambda race: _answer(answer, race))
        if self._ended:
            self._end_questions()
        return answer.result()

    def stop(self) -> Race | None:
        """End the thread, wait until it has ended, and return the race as it is."""
        self._commands.put(lambda _: self._finish())
        self.wait()
        return self._race

    # On the thread --------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Make the race, then carry out commands, train and report until stopped."""
        try:
            race = self._race = self._make()
            while not self._stopping:
                self._attempt(race, self._carry_out)
                if self._running:
                    self._attempt(race, self._train)
                if self._changed and self._mailbox is None and self._is_due:
                    self._attempt(race, self._report)
        except Exception as error:
            _log.exception("The race could not be made")
            self.failed.emit(error)
        finally:
            # In this order: a question that comes in between is answered by whoever asks it.
            self._ended = True
            self._end_questions()

    def _end_questions(self) -> None:
        """Answer the questions that came too late."""
        for question in self._questions:
            with suppress(InvalidStateError):
                question.set_result(None)

    def _attempt(self, race: Race, work: Callable[[Race], None]) -> None:
        try:
            work(race)
        except Exception as error:
            _log.exception("The race failed")
            self._running, self._changed = False, work != self._report
            self.failed.emit(error)

    def _carry_out(self, race: Race) -> None:
        timeout = 0.004 if self._changed else None
        try:
            command = self._commands.get_nowait() if self._running else self._commands.get(timeout=timeout)
            while True:
                command(race)
                self._changed = True
                command = self._commands.get_nowait()
        except queue.Empty:
            return

    def _run(self, running: bool, until: int | None = None) -> None:
        self._running, self._until, self._pace = running, until, StepRate()

    def _set_lockstep(self, race: Race, lockstep: Lockstep) -> None:
        race.set_lockstep(lockstep)
        self._run(self._running and self._until is None)

    def _set_speed(self, steps_per_second: float | None) -> None:
        self._speed, self._pace = steps_per_second, StepRate()

    def _finish(self) -> None:
        self._stopping = True

    def _train(self, race: Race) -> None:
        before, due, speed = race.clock, 2**40, None
        if self._until is not None:
            due = self._until - before
        elif self._speed is not None:
            # Its ticks are others once lanes are kept in step by another measure.
            speed = self._speed * race.ticks_per_step
            due = self._pace.due(speed)
        if due > 0:
            race.advance(due, _CHUNK_SECONDS)
            self._changed = True
            if race.engine == "reference":
                self.msleep(_YIELD_MILLISECONDS)
        elif speed is not None:
            self.msleep(min(4, round(1000 / speed)))
        self._pace.done(race.clock - before)
        if race.is_over or race.clock == self._until:
            self._run(False)
            self._changed = True

    @property
    def _is_due(self) -> bool:
        return not self._running or time.perf_counter() >= self._next_report

    def _report(self, race: Race) -> None:
        began, self._changed = time.perf_counter(), False
        moment = race.moment(self._requests, measured=not self._running)
        self._mailbox = RaceReport(moment, self._running)
        ended = time.perf_counter()
        self._next_report = max(began + _PICTURE_SECONDS, ended + _PICTURE_REST * (ended - began))


def _answer(question: Future[RaceDocument | None], race: Race) -> None:
    try:
        question.set_result(race.document())
    except Exception as error:
        question.set_exception(error)
        raise


_Command: TypeAlias = Callable[[Race], object]
