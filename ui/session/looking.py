"""Looking back, on the training thread: an earlier moment in place of the present, the nearest at once, then exactly.

The run rests meanwhile. The moment is replayed in pieces between two looks at the queue, so that another move, or any
edit, ends that at once.
"""

from __future__ import annotations

from playground import Snapshot, Trainer
from playground.measure.observe import Requests
from playground.run.replay import Replay, replay_to
from playground.run.run import Run

from .commands import PastMoment

_AT_ONCE_SECONDS = 0.012
"""A replay that takes no longer than this is not worth showing another moment first."""
_WORDS_SECONDS = 0.5
"""How often a long replay says how much is left."""


class Looking:
    """The earlier moment on show, if there is one, and the replay towards it."""

    def __init__(self) -> None:
        self._replay: Replay | None = None
        self._run: Run | None = None
        self.shown: Trainer | None = None
        """The moment on show; None for the present."""
        self._is_there = False
        """Whether the moment on show is the one that was asked for."""
        self._said_left = 0.0
        self._taken: tuple[object, Snapshot] | None = None
        """The latest snapshot, after the moment and the requests that it answers."""
        self._present: Snapshot | None = None

    @property
    def is_replaying(self) -> bool:
        """Whether the moment that was asked for is still being replayed."""
        return self._replay is not None and not self._is_there

    def look(self, run: Run, step: int) -> None:
        """Show the moment of a step of a run. Raises InputError if the run has no past."""
        self._replay = replay = Replay(run, step, self._replay if run is self._run else None)
        self._run, self._said_left = run, replay.seconds_left
        self.shown, self._is_there = None, False
        if replay.is_there or replay.seconds_left < _AT_ONCE_SECONDS:
            self.go_on(2 * _AT_ONCE_SECONDS)
        if self.shown is None:
            self.shown = replay.nearest()

    def leave(self) -> None:
        """Show the present again."""
        self._replay = self._run = self.shown = self._taken = self._present = None

    def go_on(self, seconds: float) -> bool:
        """Replay for some time at most; return whether there is something new to show."""
        replay = self._replay
        if replay is None:
            return False
        if replay.advance(seconds):
            self.shown, self._is_there = replay.trainer, True
            return True
        if self._said_left - replay.seconds_left < _WORDS_SECONDS:
            return False
        self._said_left = replay.seconds_left
        return True

    def moment_at(self, run: Run, step: int) -> Trainer:
        """The moment of a step, which is the one on show if that is meant."""
        if self.shown is not None and self._run is run and self.shown.state.step == step:
            return self.shown
        return replay_to(run, step)

    def snapshot(self, requests: Requests) -> Snapshot:
        """A snapshot of the moment on show."""
        assert self.shown is not None
        of = self.shown, self.shown.state.step, requests
        if self._taken is None or self._taken[0] != of:
            self._taken = of, self.shown.snapshot(requests)
        return self._taken[1]

    def moment(self, present: Trainer) -> PastMoment:
        """Describe the moment on show, with the run as it is now."""
        replay = self._replay
        assert replay is not None
        left = 0.0 if self._is_there else replay.seconds_left
        # The run rests, but what was changed in it can get another name.
        if self._present is None or self._present.changes != present.run.record.changes:
            self._present = present.snapshot()
        return PastMoment(replay.asked, self._present, self._is_there and replay.is_exact, replay.is_exact, left)
