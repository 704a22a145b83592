"""The ghost: the twin of the run, trained on a thread of its own, which yields to the run."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from playground import Experiment, Trainer
from playground.engine.engine import EngineName
from playground.measure.observe import Requests
from playground.measure.others import Ghost
from playground.measure.requests import BoundaryRequest
from playground.run.run import Run
from playground.run.twin import Twin, can_go_on_without

from .power import run_beside

_log = logging.getLogger(__name__)

_CHUNK_SECONDS = {"reference": 0.005, "compiled": 0.02, "lanes": 0.02}
"""How long it trains between two looks at whether it should end."""
_REST = 9
"""The reference engine holds the interpreter lock, so the ghost rests this many times as long as it trains on it."""
_PICTURE_SECONDS = 1 / 15
"""The least time between two pictures of it while it trains."""


class Ghosts:
    """The ghost of the latest live change, and earlier ones whose threads may not have ended yet."""

    def __init__(self) -> None:
        self._when: str = "off"
        self._latest: _GhostThread | None = None
        self._all: list[_GhostThread] = []

    @property
    def seen(self) -> Ghost | None:
        """The ghost as it was last seen; None without one. Any thread may ask."""
        latest = self._latest
        return None if latest is None else latest.seen

    def let_train(self, when: str) -> None:
        self._when = when
        if when == "off":
            self.drop()

    @contextmanager
    def beside(
        self, run: Run, of: object, changed: Experiment | None = None, *, goes_on: bool, undoes: bool = False
    ) -> Iterator[None]:
        """Begin a ghost for a change to another experiment, or of a weight if None, made inside the `with` statement.

        `of` names the change. One that `goes_on`, as in a drag, keeps the ghost with which it began, and one that is
        refused that of the change before. One that `undoes` another has none: "without the change" would mean with it.
        """
        begins = not (goes_on or undoes) and self._when != "off" and can_go_on_without(run, changed)
        ghost = _GhostThread(run, of) if begins else None
        yield
        if not goes_on:
            self.drop()
            self._latest = ghost
        if ghost is not None:
            self._all = [*(one for one in self._all if one.is_alive), ghost]
            ghost.start()

    def lead(self, run: Run, requests: Requests, *, running: bool) -> None:
        """Let the ghost train up to the present moment of the run."""
        if self._latest is not None:
            self._latest.follow(run, requests, may_train=self._when == "always" or not running)

    def use_engine(self, engine: EngineName) -> None:
        """Switch the ghost to another engine, as the run does."""
        if self._latest is not None:
            self._latest.engine = engine

    def take(self, of: object, experiment: Experiment | None) -> Trainer | None:
        """End the ghost of a change and return its trainer, if it has this experiment (any, if None)."""
        ghost = self._latest
        if ghost is None or ghost.of != of or experiment not in (None, ghost.experiment) or not ghost.is_alive:
            return None
        self.drop()
        return ghost.take()

    def drop(self) -> None:
        """End the ghost within a piece of training."""
        ghost, self._latest = self._latest, None
        if ghost is not None:
            ghost.end()

    def close(self) -> None:
        """End the ghost, and wait until all threads have ended."""
        self.drop()
        for ghost in self._all:
            ghost.take()


class _GhostThread:
    """Trains the twin of a run that is about to change, named `of` like the change, once it is started."""

    def __init__(self, run: Run, of: object) -> None:
        self.of = of
        self.seen: Ghost | None = None
        self.engine: EngineName | None = None
        """The engine with which to go on; None for that of the run at the change."""
        self._twin = Twin(run)
        self._place = run.state.epoch, run.state.position
        self._requests: Requests = frozenset()
        self._may_train, self._ended = False, threading.Event()
        self._due = 0.0
        """The time from which the next picture may be made."""
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ghost", daemon=True)

    @property
    def experiment(self) -> Experiment:
        return self._twin.trainer.experiment

    @property
    def is_alive(self) -> bool:
        """Whether its thread has not ended yet."""
        return self._thread.is_alive()

    def start(self) -> None:
        self._thread.start()

    def follow(self, run: Run, requests: Requests, *, may_train: bool) -> None:
        """Train to where the run is, and show what answers requests of the boundary."""
        asked = frozenset(request for request in requests if isinstance(request, BoundaryRequest))
        now = (run.state.epoch, run.state.position), asked, may_train
        if now != (self._place, self._requests, self._may_train) or self.seen is None:
            self._place, self._requests, self._may_train = now
            self._wake.set()

    def end(self) -> None:
        """Let the thread end within a piece of training."""
        self._ended.set()
        self._wake.set()

    def take(self) -> Trainer:
        """Wait until the thread has ended, and return the twin's trainer."""
        self.end()
        self._thread.join()
        return self._twin.trainer

    def _run(self) -> None:
        run_beside()
        try:
            while not self._ended.is_set():
                self._wake.wait()
                self._wake.clear()
                # A few long pieces of training hold the interpreter lock for less time than many short ones.
                self._ended.wait(self._due - time.perf_counter())
                self._catch_up()
        except Exception:
            # The run must not suffer from it.
            self.seen = None
            _log.exception("The run without the latest change could not be trained")

    def _catch_up(self) -> None:
        place = self._place
        while not self._ended.is_set():
            if self.engine not in (None, self._twin.trainer.engine):
                self._twin.trainer.use_engine(self.engine)
            goes_on = self._may_train and self._twin.is_behind(*place)
            if goes_on:
                chunk = _CHUNK_SECONDS[self._twin.trainer.engine]
                self._twin.advance(*place, chunk)
                if self._twin.trainer.engine == "reference":
                    time.sleep(_REST * chunk)
                if self._ended.is_set() or time.perf_counter() < self._due:
                    continue
            # Its numbers are of the moment of the run once it is there.
            now = self._twin.trainer.snapshot(self._requests, measured=not goes_on)
            self.seen = Ghost(self._twin.begun, now)
            self._due = time.perf_counter() + _PICTURE_SECONDS
            if not goes_on:
                return
