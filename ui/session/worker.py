"""The worker: the thread on which the trainer lives.

Commands go down through a queue that is looked at between chunks of a few milliseconds. Reports come up through a
mailbox with one slot that the display empties at its own pace; it is filled again when it is empty, so the display
never falls behind and hardly anything is computed that is not shown: only a pause replaces what waits there. There is
never a signal per step.
"""

from __future__ import annotations

import contextlib
import logging
import queue
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeAlias

from PySide6.QtCore import QObject, QThread, Signal

from playground import Checkpoint, Document, Experiment, InputError, Snapshot, Trainer
from playground.engine.engine import EngineName
from playground.experiment.quantity import write_number
from playground.measure.observe import Requests
from playground.measure.requests import FinalTestRequest
from playground.run.replay import branch_of
from playground.run.returning import has_ruined, is_same_task, moment_of_weights

from .commands import Ask, Configure, LookAt, Report, SetWeight, Undoing, Undone
from .ghost import Ghosts
from .kept_moments import KeptMoment, KeptMoments
from .left_runs import LeftRuns
from .looking import Looking
from .other_futures import OtherFutures
from .speed import CostlyAnswers, CountedAnswers, StepRate
from .trainers import new_trainer, open_trainer, resume_trainer

_log = logging.getLogger(__name__)

CHUNK_SECONDS = {"reference": 0.003, "compiled": 0.008, "lanes": 0.008}
"""How long the trainer runs between two looks at the queue. The reference engine holds the interpreter lock meanwhile;
the compiled one has to wait for it at each look, so it looks less often, but often enough for a report per frame."""
_YIELD_MILLISECONDS = 1
"""Pause of the reference engine, which holds the interpreter lock, after each chunk."""
Command: TypeAlias = Configure | SetWeight | LookAt | Ask | Callable[["Worker"], None]
"""All that can be sent to the worker: most of it is one of its methods."""


class Worker(QThread):
    """Thread that owns the trainer. Create it with a checked experiment, start it, send commands."""

    refused = Signal(str)
    """Carries why a command was refused; nothing was changed."""
    failed = Signal(object)
    """Carries (what was being done, exception) of a fault. The worker lives on, paused."""
    undone = Signal(object)
    """Carries an Undone."""
    run_left = Signal(object)
    """Carries a LeftRun, which is to be kept."""
    engine_refused = Signal(str)
    """Carries why an engine cannot be used; training goes on with the one before."""
    paused = Signal()
    """The first report after training is there, for which a person waits; others wait for the next frame."""

    def __init__(self, experiment: Experiment, requests: Requests, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._mailbox: deque[Report] = deque(maxlen=1)
        self._reported_running = False
        self.experiment, self.requests = experiment, requests
        self.running, self.stopping, self.changed = False, False, True
        self._ended = False
        self.speed: float | None = None
        self.last_epoch: int | None = None
        """The epoch at which to pause."""
        self.engine: EngineName = "reference"
        """The engine that was asked for."""
        self.waiting: deque[Command] = deque()
        self.tests = False
        """Whether the next report has the result on the test points."""
        self.revision = 0
        self.moments = KeptMoments()
        """What undo and redo return to."""
        self._latest_change: object = None
        """The drag that the latest recorded change belongs to."""
        self.ghosts, self.looking, self.other_futures = Ghosts(), Looking(), OtherFutures()
        self.left_runs = LeftRuns(self.run_left.emit)
        self._costly, self._counted = CostlyAnswers(), CountedAnswers()
        self.pace = StepRate()

    def send(self, command: Command) -> None:
        """Queue a command; a question to a worker that has ended is cancelled."""
        self.commands.put(command)
        if self._ended:
            self._cancel_questions()

    def take(self) -> Report | None:
        """Return the latest report once; None if nothing has changed."""
        with contextlib.suppress(IndexError):
            return self._mailbox.pop()
        return None

    def stop(self) -> None:
        """End the thread and wait until it has ended."""
        self.send(Worker.finish)
        self.wait()

    def _cancel_questions(self) -> None:
        """Cancel the questions that nobody will answer; the worker has ended."""
        with contextlib.suppress(queue.Empty):
            while True:
                command = self.commands.get_nowait()
                if isinstance(command, Ask):
                    command.answer.cancel()

    def run(self) -> None:
        """Carry out commands, then train for a chunk, then report if the mailbox is empty, until stopped."""
        try:
            self.trainer = new_trainer(self.experiment, self.engine)
            while not self.stopping:
                self.attempt("carrying out commands", self._carry_out_waiting)
                if self.running:
                    self.attempt("training", self.train)
                elif self.looking.is_replaying and not (self.changed and self._may_report):
                    self.attempt("replaying", self._replay)
                self.ghosts.lead(self.trainer.run, self.requests, running=self.running)
                if self.changed and self._may_report:
                    self.attempt("measuring", self._publish)
        finally:
            self.ghosts.close()
            for command in self.waiting:
                self.commands.put(command)
            # In this order: a question that comes in between is cancelled by whoever asks it.
            self._ended = True
            self._cancel_questions()

    @property
    def _may_report(self) -> bool:
        """Whether the mailbox is empty, or has a report of training that has ended since, which nobody waits for."""
        return not self._mailbox or (self._reported_running and not self.running)

    def attempt(self, what: str, work: Callable[[], None]) -> None:
        """Run a part of the work; a fault in it pauses training and is reported to the window."""
        try:
            work()
        except InputError as error:
            self.refused.emit(str(error))
        except Exception as error:
            _log.exception("The training thread failed while %s", what)
            # Not after a fault in measuring itself, which would only repeat.
            self.running, self.changed = False, work != self._publish
            self.failed.emit((what, error))

    def _carry_out_waiting(self) -> None:
        """Carry out all commands in the queue; wait there while there is nothing to do."""
        self._fetch()
        while self.waiting:
            command = self.waiting.popleft()
            if not (self.waiting and _replaces(self.waiting[0], command)):
                self.changed = True
                self._carry_out(command)

    def _carry_out(self, command: Command) -> None:
        if isinstance(command, Configure):
            self.configure(command)
        elif isinstance(command, SetWeight):
            self.set_weight(command)
        elif isinstance(command, LookAt):
            self._look_at(command)
        elif isinstance(command, Ask):
            shown = self.looking.shown if command.of_shown else None
            command.answer.make(shown or self.trainer)
        else:
            command(self)

    def _fetch(self) -> None:
        works = self.running or self.looking.is_replaying
        timeout = None if not (works or self.changed) else 0.0 if works else 0.004
        try:
            if timeout != 0.0 and not self.waiting:
                self.waiting.append(self.commands.get(timeout=timeout))
            while True:
                self.waiting.append(self.commands.get_nowait())
        except queue.Empty:
            return

    def train(self) -> None:
        """Train for a chunk at the chosen speed; a single epoch is trained at full speed."""
        before = self.trainer.state.step
        if self.speed is None or self.last_epoch is not None:
            epochs = None if self.last_epoch is None else self.last_epoch - self.trainer.state.epoch
            self.trainer.advance(epochs=epochs, seconds=CHUNK_SECONDS[self.trainer.engine])
            if self.trainer.engine == "reference":
                self.msleep(_YIELD_MILLISECONDS)
        else:
            due = self.pace.due(self.speed)
            if due:
                self.trainer.advance(steps=due, seconds=CHUNK_SECONDS[self.trainer.engine])
            else:
                self.msleep(min(4, round(1000 / self.speed)))
        self.pace.done(self.trainer.state.step - before)
        epoch_ends = self.last_epoch is not None and self.trainer.state.epoch >= self.last_epoch
        if self.trainer.status != "ready" or epoch_ends:
            self.running, self.last_epoch = False, None
        self.changed = self.changed or self.trainer.state.step != before or not self.running

    def _look_at(self, command: LookAt) -> None:
        self.pause()
        self.revision = command.revision
        if command.step is None:
            self.looking.leave()
            return
        try:
            self.looking.look(self.trainer.run, command.step)
        except BaseException:
            self.looking.leave()
            raise

    def _replay(self) -> None:
        try:
            self.changed = self.looking.go_on(CHUNK_SECONDS[self.trainer.engine]) or self.changed
        except BaseException:
            # It would only fail again.
            self.looking.leave()
            raise
        if self.trainer.engine == "reference":
            self.msleep(_YIELD_MILLISECONDS)

    def _publish(self) -> None:
        self.changed = False
        requests = self.requests | {FinalTestRequest()} if self.tests else self.requests
        self.tests = False
        past = self.trainer.run.record.past
        first = None if past is None else past.first
        if self.looking.shown is not None:
            moment = self.looking.moment(self.trainer)
            snapshot = self.looking.snapshot(requests)
            self._put(Report(snapshot, False, 0.0, self.revision, self.requests, moment, first))
            return
        units, at_rest = [layer.units for layer in self.trainer.network.layers], not self.running

        def take(asked: Requests) -> Snapshot:
            return self._counted.snapshot(self.trainer.snapshot, asked, self.revision, at_rest=at_rest)

        snapshot = self._costly.snapshot(take, requests, units, at_rest=at_rest)
        rate = self.pace.rate if self.running else 0.0
        self._put(Report(snapshot, self.running, rate, self.revision, self.requests, first=first))

    def _put(self, report: Report) -> None:
        ends = self._reported_running and not report.running
        self._mailbox.append(report)
        self._reported_running = report.running
        if ends:
            self.paused.emit()

    def play(self) -> None:
        self.last_epoch = None
        self.running = self._can_go_on()

    def _can_go_on(self) -> bool:
        """Return whether training can go on: after a divergence from the last healthy moment, after early stopping with
        fresh patience, not after all its epochs."""
        self.looking.leave()
        if self.trainer.advance(steps=0) == "completed":
            return False
        self.trainer.clear_outcome()
        self.pace = StepRate()
        return True

    def pause(self) -> None:
        self.running, self.last_epoch = False, None

    def step(self) -> None:
        self.running, self.last_epoch = False, None
        if self._can_go_on():
            self.trainer.advance(steps=1)

    def epoch(self) -> None:
        # In chunks like any other training, so that even a long epoch can be paused.
        self.running = self._can_go_on()
        self.last_epoch = self.trainer.state.epoch + 1 if self.running else None

    def move(self, act: Callable[[Worker], None], revision: int) -> None:
        """Call a function that moves training to another moment; later reports carry `revision`."""
        self.revision = revision
        act(self)

    def reset(self) -> None:
        self._give_up_epoch()
        self.looking.leave()
        self.ghosts.drop()
        self.left_runs.leave(self.trainer)
        self.other_futures.forget()
        self.trainer.reset()
        self.left_runs.begin(0)

    def _give_up_epoch(self) -> None:
        if self.last_epoch is not None:
            self.running, self.last_epoch = False, None

    def use_engine(self, engine: EngineName) -> None:
        try:
            self.trainer.use_engine(engine)
        except Exception as error:
            _log.exception("The %s engine cannot be used", engine)
            self.engine_refused.emit(str(error))
        else:
            self.engine = engine
            self.ghosts.use_engine(engine)

    def set_speed(self, steps_per_second: float | None) -> None:
        self.speed, self.pace = steps_per_second, StepRate()

    def set_requests(self, requests: Requests) -> None:
        self.requests = requests

    def show_test(self) -> None:
        self.tests = True

    def _take_ghost_over(self, command: Configure | SetWeight) -> bool:
        """Continue with the ghost if the change that it lacks is being undone; return whether it was."""
        undoing, before = command.undoing, self.trainer
        changed = command.experiment if isinstance(command, Configure) else None
        ghost = None if undoing is None else self.ghosts.take(command.memory, changed)
        if ghost is None or undoing is None:
            return False
        if isinstance(command, Configure):
            self.moments.remember(command.keep_as, self.trainer, whole=False)
        # What it once had to give up, or how it was opened, says nothing of this undo.
        ghost.run.record.notes = ()
        self.trainer = ghost
        if ghost.engine != self.engine:
            self.use_engine(self.engine)
        self.forget_moments([command.memory])
        self._latest_change, self.revision = None, command.revision or self.revision
        where = f" from epoch {ghost.state.epoch:,}" if ghost.state.epoch < before.state.epoch else ""
        self._say_undone(undoing, f"training continues{where} as if it had never changed")
        return True

    def configure(self, command: Configure) -> None:
        moment = None if command.branch is None else self.looking.moment_at(self.trainer.run, command.branch)
        self.looking.leave()
        if self._take_ghost_over(command):
            return
        memory = self.moments.take(command.memory)
        if isinstance(memory, Checkpoint) and not command.fresh:
            whole = command.memory in self.moments.swapped or has_ruined(self.trainer.run, memory)
            memory = memory._replace(whole=whole and is_same_task(memory.experiment, command.experiment))
        self.moments.remember(command.keep_as, self.trainer, whole=command.fresh)
        if command.fresh:
            self._give_up_epoch()
            self.ghosts.drop()
            self.left_runs.leave(self.trainer, command.keep_as, self.moments.get(command.keep_as))
            self._start_over(command, memory, moment)
            self.left_runs.begin(self.trainer.state.step, command.memory if isinstance(memory, Document) else None)
            self.other_futures.show(command.future, self.moments, self.requests)
        else:
            assert memory is None or isinstance(memory, Checkpoint)
            goes_on = self.goes_on(command.keep_as)
            run, undoes = self.trainer.run, _undoes(command)
            with self.ghosts.beside(run, command.keep_as, command.experiment, goes_on=goes_on, undoes=undoes):
                self.trainer.change(command.experiment, memory, title=command.title, goes_on=goes_on)
        self._latest_change = command.keep_as
        self.revision = command.revision
        if command.undoing is not None:
            swapped = isinstance(memory, Checkpoint) and memory.whole
            self.moments.swapped.discard(command.memory)
            if swapped:
                self.moments.swapped.add(command.keep_as)
            self._say_undone(command.undoing, self._weights_words(command, memory), brought_weights=swapped)

    def _weights_words(self, command: Configure, memory: KeptMoment | None) -> str:
        if not command.fresh:
            words, epoch = self.trainer.run.record.origin.words, self.trainer.state.epoch
            if isinstance(memory, Checkpoint) and memory.whole and memory.state.epoch != epoch:
                # The header goes on showing the epoch of before.
                words += f". Epochs count on from {epoch:,}"
            return words
        if isinstance(memory, Document | Checkpoint):
            present = memory.present if isinstance(memory, Document) else memory
            return f"the {moment_of_weights(present.way_back or present)} are back"
        return "training starts again from the initial weights"

    def _say_undone(self, undoing: Undoing, weights: str, *, brought_weights: bool = False) -> None:
        self.undone.emit(Undone(undoing.number, f"{undoing.words}; {weights}.", brought_weights))

    def keep_weights(self, number: int) -> None:
        """Restore the weights from before an edit was undone or redone."""
        name = next((name for name in (("redo", number), ("undo", number)) if name in self.moments.swapped), None)
        moment = self.moments.get(name)
        if isinstance(moment, Checkpoint) and is_same_task(moment.experiment, self.trainer.experiment):
            self.moments.swapped.discard(name)
            self.ghosts.drop()
            self.trainer.change(self.trainer.experiment, moment._replace(whole=True), title="weights kept")
            self._latest_change = None

    def forget_moments(self, names: Sequence[object]) -> None:
        """Forget moments that undo and redo return to no longer."""
        self.left_runs.forget(names)
        self.moments.forget(names)
        self.other_futures.prune(names)

    def _start_over(self, command: Configure, memory: KeptMoment | None, moment: Trainer | None) -> None:
        if command.back_to is not None:
            memory = self.other_futures.take(command.back_to, command.keep_as, self.moments)
        elif moment is not None:
            self.other_futures.begin(command.keep_as, moment.run.now)
            self.trainer = Trainer.of(branch_of(self.trainer.run, moment), self.engine)
            return
        if isinstance(memory, Document):
            trainer = resume_trainer(memory, self.engine)
            if trainer.status == "diverged":
                trainer.clear_outcome()
        elif memory is None and command.resets:
            self.trainer.reset()
            return
        elif memory is None and command.document is not None:
            trainer = open_trainer(command.document, self.engine)
        else:
            trainer = new_trainer(command.experiment, self.engine)
            if isinstance(memory, Checkpoint):
                trainer.restore(memory)
        self.trainer = trainer

    def set_weight(self, command: SetWeight) -> None:
        self.looking.leave()
        if self._take_ghost_over(command):
            return
        if command.revision is not None:
            self.revision = command.revision
        kept = self.moments.take(command.memory)
        value = kept if isinstance(kept, float) else command.value
        goes_on = self.goes_on(command.keep_as)
        with self.ghosts.beside(self.trainer.run, command.keep_as, goes_on=goes_on, undoes=_undoes(command)):
            edit = self.trainer.set_weight(command.name, command.place, value, goes_on=goes_on)
        self.moments.remember_weight(command.keep_as, edit.before)
        self._latest_change = command.keep_as
        if command.undoing is not None:
            self._say_undone(command.undoing, f"it is {write_number(edit.after)}, the other weights are unchanged")

    def goes_on(self, drag: object) -> bool:
        """Return whether a change belongs to the same drag as the latest recorded one."""
        return drag is not None and drag == self._latest_change

    def finish(self) -> None:
        self.stopping = True


def _undoes(command: Configure | SetWeight) -> bool:
    return command.undoing is not None and command.undoing.goes_back


def _replaces(later: Command, command: Command) -> bool:
    """Return whether a later command makes one superfluous, because both belong to one drag of one control."""
    if isinstance(later, LookAt) and isinstance(command, LookAt):
        return True
    if isinstance(later, SetWeight) and isinstance(command, SetWeight):
        same = later[:2] == command[:2] and later.memory is command.memory is None
        return same and later.keep_as == command.keep_as is not None
    return (
        isinstance(later, Configure)
        and isinstance(command, Configure)
        and later.keep_as == command.keep_as is not None
        and later.memory is command.memory is None
        and not (later.fresh or command.fresh)
    )
