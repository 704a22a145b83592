"""The session: the window's only access to training. It owns the experiment, the undo history and the worker.

Every change is a whole new experiment given to `edit`. The session checks it, records how to undo it, shows it to the
panels, and hands it to the worker. Nothing else in the window keeps state.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import msgspec
import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from playground import Document, Experiment, InputError, Trainer, check
from playground.engine.engine import EngineName
from playground.experiment.tree import with_ids
from playground.experiment.words import error_words
from playground.measure.observe import Requests
from playground.measure.others import Ghost
from playground.studies.race import Race

from .answer import Answer
from .commands import Ask, Configure, Report, SetWeight, Undoing
from .left_runs import LeftRun
from .playhead import Playhead
from .racer import Racer, RaceReport
from .undo import ExperimentEdit, UndoHistory, WeightSetting
from .worker import Command, Worker

_Answered = TypeVar("_Answered")

_DISPLAY_MILLISECONDS = 16
_PAUSE_MILLISECONDS = 100
"""After this time a pause that has not taken effect is announced."""


class Session(QObject):
    """Owner of the experiment, the undo history and the worker's thread: close it before deleting it."""

    experiment_changed = Signal(object)
    """Carries the present experiment."""
    undo_changed = Signal()
    reported = Signal(object)
    """Carries a Report, at most once per frame."""
    ghost_moved = Signal(object)
    """Carries the run without its latest change, a Ghost, or None if there is none any more."""
    refused = Signal(str)
    """Carries why an edit was refused."""
    failed = Signal(str)
    """Carries a fault of the training thread; training is paused."""
    pausing = Signal()
    """Training will pause, but a long step is still in progress."""
    engine_refused = Signal(str)
    """Carries why an engine cannot be used; training goes on with the one before."""

    revised = Signal()
    """Something was edited or is to move on: until a report has this revision, numbers are those of before."""
    taken_back = Signal(int)
    """Carries the number of an edit that was undone."""
    undone_or_redone = Signal(object)
    """Carries an Undone, once the worker has carried it out."""
    run_left = Signal(object)
    """Carries a LeftRun, which is to be kept."""
    made_again = Signal(int)
    """Carries the number of an edit that was redone."""
    race_reported = Signal(object)
    """Carries a RaceReport, at most once per frame."""
    race_opened = Signal()
    race_closed = Signal(object)
    """Carries the Race, as it was left; None if it was never made."""

    def __init__(self, experiment: Experiment, requests: Requests = frozenset(), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.experiment = with_layer_ids(check(experiment))
        self.history = UndoHistory(lambda names: self.send(lambda worker: worker.forget_moments(names)))
        self.revision = 0
        self.report: Report | None = None
        self.ghost: Ghost | None = None
        self.requests = requests
        """What was requested last."""
        self.racer: Racer | None = None
        """The race that play, pause, step, epoch and reset act on in place of the run, while one is open."""
        self.race_report: RaceReport | None = None
        self._speed: float | None = None
        self.past = Playhead(self, self)
        """The way to earlier moments of the run."""
        self.worker = Worker(self.experiment, self.requests, self)
        self.worker.refused.connect(self.refused)
        self.worker.failed.connect(self._worker_failed)
        self.worker.engine_refused.connect(self.engine_refused)
        self.worker.undone.connect(self.undone_or_redone)
        self.worker.run_left.connect(self.run_left)
        self.worker.paused.connect(self.look)
        self.display_timer = QTimer(self, interval=_DISPLAY_MILLISECONDS, timerType=Qt.TimerType.PreciseTimer)
        self.display_timer.timeout.connect(self.look)
        self.patience = QTimer(self, interval=_PAUSE_MILLISECONDS, singleShot=True)
        self.patience.timeout.connect(self._say_pausing)
        self.is_pausing = False
        """Whether a pause has waited for a long step for a while and still does."""
        self.worker.start()
        self.display_timer.start()

    def close(self) -> None:
        """Stop the display and the thread."""
        self.display_timer.stop()
        self.patience.stop()
        self.close_race()
        if self.worker.isRunning():
            self.worker.stop()

    def open_race(self, make: Callable[[], Race], requests: Requests) -> None:
        """Open a race, which `make` makes on its thread; the run rests, and is as it was when the race closes."""
        self.close_race()
        self.pause()
        self.racer = Racer(make, requests, self)
        self.racer.set_speed(self._speed)
        self.racer.start()
        self.race_opened.emit()

    def close_race(self) -> None:
        """Close the race, if one is open; any edit closes it too."""
        if self.racer is not None:
            racer, self.racer, self.race_report = self.racer, None, None
            self.race_closed.emit(racer.stop())
            racer.deleteLater()

    @property
    def is_running(self) -> bool:
        """Whether training runs, by the latest report: that of the race while one is open."""
        report = self.report if self.racer is None else self.race_report
        return report is not None and report.running

    @property
    def is_up_to_date(self) -> bool:
        """Whether the latest report includes all edits and moves so far."""
        return self.report is not None and self.report.revision == self.revision

    def look(self) -> None:
        """Pass on the latest report and the ghost, if they are new."""
        ghost = self.worker.ghosts.seen
        if ghost is not self.ghost:
            self.ghost = ghost
            self.ghost_moved.emit(ghost)
        self.past.follow(self.worker.other_futures.seen)
        if self.racer is not None and (race := self.racer.take()) is not None:
            self.race_report = race
            self.race_reported.emit(race)
        report = self.worker.take()
        if report is not None:
            self.report = report
            if report.past is None and report.revision == self.revision:
                self.past.stop_looking_back()
            if not report.running:
                self._end_patience()
            self.reported.emit(report)

    def _say_pausing(self) -> None:
        self.is_pausing = True
        self.pausing.emit()

    def _end_patience(self) -> None:
        self.patience.stop()
        self.is_pausing = False

    def _worker_failed(self, fault: tuple[str, Exception]) -> None:
        what, error = fault
        self.failed.emit(f"Training stopped because of a fault while {what}: {error}. Your settings are safe.")

    def edit(self, experiment: Experiment, title: str = "", changing: bool = False) -> bool:
        """Change to another experiment, with which training goes on at once; return whether it was accepted.

        While `changing`, this and what follows become one undo step, ended by an edit that is not `changing`. A `title`
        describes the edit where the differences would not.
        """
        return self.make(experiment, title, changing=changing, fresh=False)

    def open(self, experiment: Experiment, title: str, document: Document | None = None) -> bool:
        """Replace the experiment with one that starts from its own initial weights, or continues a document."""
        return self.make(experiment, title, changing=False, fresh=True, document=document)

    def reseed(self) -> None:
        """Start again from other initial weights: the next seed."""
        self.open(msgspec.structs.replace(self.experiment, seed=self.experiment.seed + 1), "new initial weights")

    def make(
        self, experiment: Experiment, title: str, *, changing: bool, fresh: bool, document: Document | None = None
    ) -> bool:
        """Check a change, record it for undo and carry it out."""
        try:
            experiment = with_layer_ids(check(experiment))
        except InputError as error:
            self.refuse(error_words(error, experiment))
            self.experiment_changed.emit(self.past.experiment)
            return False
        if not fresh and experiment == self.past.experiment and self.past.shown is not None:
            return True
        branch = None if fresh else self.past.branch_before_edit()
        edit = self.history.continued(title, changing)
        if edit is not None:
            assert isinstance(edit.what, ExperimentEdit)
            edit.what = edit.what._replace(after=experiment)
        elif experiment != self.experiment or fresh:
            edit = self.history.begin(title, ExperimentEdit(self.experiment, experiment, fresh), changing)
        else:
            return True
        self.put(experiment, title, keep_as=("undo", edit.number), fresh=fresh, document=document)
        self.past.say_branched(branch)
        return True

    def refuse(self, reason: str) -> None:
        """Report why something was not changed, which also ends a drag."""
        self.history.end_drag()
        self.refused.emit(f"{reason} Nothing was changed.")

    def set_weight(self, name: str, place: tuple[int, ...], value: float, title: str, changing: bool = False) -> bool:
        """Set one parameter, named as in weight files ("W0", (2, 1)); returns whether it may have that value.

        Training goes on from there. While `changing`, this and what follows for the same parameter become one undo
        step. Undoing it gives this parameter the value it had before, and changes no other.
        """
        largest = float(np.finfo(self.experiment.precision).max)
        if not abs(value) <= largest:
            self.refuse(f"A weight must be a number from −{largest:.2g} to {largest:.2g} (got {value}).")
            return False
        branch = self.past.branch_before_edit(announced=True)
        setting = WeightSetting(name, place, value)
        edit = self.history.continued(title, changing, (name, place))
        if edit is None:
            edit = self.history.begin(title, setting, changing)
        else:
            edit.what = setting
        self._put_weight(setting, keep_as=("undo", edit.number))
        self.past.say_branched(branch)
        return True

    def undo(self) -> None:
        """Undo the last change; removed units return with their weights."""
        edit = self.history.undo()
        if edit is None:
            return
        what, keep_as, memory = edit.what, ("redo", edit.number), ("undo", edit.number)
        undoing = Undoing(edit.number, edit.words(back=True))
        if isinstance(what, WeightSetting):
            self._put_weight(what, memory=memory, undoing=undoing)
        else:
            title = f"undo {edit.title}" if edit.title else ""
            self.put(
                what.before, title, keep_as=keep_as, memory=memory, fresh=what.fresh, undoing=undoing,
                resets=what.resets,
            )  # fmt: skip
        self.taken_back.emit(edit.number)

    def redo(self) -> None:
        """Redo the change that was undone last."""
        edit = self.history.redo()
        if edit is None:
            return
        what, keep_as, memory = edit.what, ("undo", edit.number), ("redo", edit.number)
        undoing = Undoing(edit.number, edit.words(back=False), goes_back=False)
        if isinstance(what, WeightSetting):
            self._put_weight(what, keep_as=keep_as, undoing=undoing)
        else:
            self.put(
                what.after, edit.title, keep_as=keep_as, memory=memory, fresh=what.fresh, undoing=undoing,
                resets=what.resets,
            )  # fmt: skip
        self.made_again.emit(edit.number)

    def keep_weights(self, number: int) -> None:
        """Restore the weights from before an edit was undone or redone, and keep the present settings."""
        self.send(lambda worker: worker.keep_weights(number))

    def forget_edits(self) -> None:
        """Clear the undo history."""
        self.history.clear()
        self.undo_changed.emit()

    def put(
        self,
        experiment: Experiment,
        title: str,
        *,
        keep_as: object,
        memory: object = None,
        fresh: bool = False,
        document: Document | None = None,
        undoing: Undoing | None = None,
        branch: int | None = None,
        back_to: int | None = None,
        announced: bool = True,
        resets: bool = False,
    ) -> None:
        """Make an experiment the present one, in the worker and, if it is `announced`, in the panels."""
        self.close_race()
        self.past.stop_looking_back()
        self.revision += 1
        self.experiment = experiment
        document = None if document is None else document.named()
        future = self.history.latest_branch
        self.worker.send(Configure(
            experiment, self.revision, keep_as, memory, fresh, title, document, undoing, branch, back_to, future,
            resets,
        ))  # fmt: skip
        self.revised.emit()
        if announced:
            self.experiment_changed.emit(experiment)
        self.undo_changed.emit()

    def _put_weight(
        self,
        setting: WeightSetting,
        *,
        keep_as: object = None,
        memory: object = None,
        undoing: Undoing | None = None,
    ) -> None:
        self.close_race()
        self.past.stop_looking_back()
        self.revision += 1
        self.send(SetWeight(*setting, self.revision, keep_as, memory, undoing))
        self.revised.emit()
        self.undo_changed.emit()

    def send(self, command: Command) -> None:
        """Hand a command to the worker."""
        self.worker.send(command)

    def play(self) -> None:
        """Train until paused."""
        if self.racer is not None:
            return self.racer.play()
        self.past.stop_looking_back()
        self._end_patience()
        self.send(Worker.play)

    def pause(self) -> None:
        """Stop training, at the latest after the step in progress."""
        if self.racer is not None:
            return self.racer.pause()
        self.send(Worker.pause)
        if self.report is not None and self.report.running:
            self.patience.start()

    def step(self) -> None:
        """Make one update."""
        if self.racer is not None:
            return self.racer.step()
        if not self.past.move_on("step"):
            self._move(Worker.step)

    def epoch(self) -> None:
        """Train for one epoch."""
        if self.racer is not None:
            return self.racer.epoch()
        if not self.past.move_on("epoch"):
            self._move(Worker.epoch)

    def reset(self) -> None:
        """Return to the same initial weights, in one undo step; it is none where nothing has happened since."""
        if self.racer is not None:
            return self.racer.reset()
        present = None if self.report is None else self.report.present
        if present is None or not (present.step or present.changes or self.is_running):
            return self._move(Worker.reset)
        edit = self.history.begin("reset", ExperimentEdit(self.experiment, self.experiment, True, resets=True), False)
        self.put(self.experiment, edit.title, keep_as=("undo", edit.number), fresh=True, resets=True)

    def _move(self, act: Callable[[Worker], None]) -> None:
        """Have the worker go to another moment; until it reports, the display is out of date, as after an edit."""
        self.past.stop_looking_back()
        self.revision += 1
        revision = self.revision
        self.send(lambda worker: worker.move(act, revision))
        self.revised.emit()

    def show_test(self) -> None:
        """Include the result on the test points in the next report."""
        self.send(Worker.show_test)

    def set_speed(self, steps_per_second: float | None) -> None:
        """Limit the speed; None lifts the limit."""
        self._speed = steps_per_second
        if self.racer is not None:
            self.racer.set_speed(steps_per_second)
        self.send(lambda worker: worker.set_speed(steps_per_second))

    def let_others_train(self, when: str) -> None:
        """Train other runs beside the run "always", only while it is "resting", or never ("off")."""
        self.send(lambda worker: worker.ghosts.let_train(when))

    def use_engine(self, engine: EngineName) -> None:
        """Train on another engine from the next step on."""
        self.send(lambda worker: worker.use_engine(engine))

    def ask(
        self,
        make: Callable[[Trainer], _Answered],
        then: Callable[[_Answered], object] | None = None,
        failed: Callable[[Exception], object] | None = None,
        *,
        of_shown: bool = False,
    ) -> Answer:
        """Call a function of the trainer on its thread; `then` gets the result, `failed` the exception.

        `of_shown` gives it the earlier moment that is shown, while there is one.
        """
        answer = Answer(make, then, failed, self)
        self.send(Ask(answer, of_shown))
        return answer

    def ask_document(
        self, then: Callable[[Document], object], failed: Callable[[Exception], object] | None = None
    ) -> Answer:
        """Ask for a document of the whole run, and of the race beside it if one is open."""
        racer = self.racer

        def make(trainer: Trainer) -> Document:
            document = trainer.document()
            return document if racer is None else document._replace(race=racer.document())

        return self.ask(make, then, failed)

    def keep_runs(self, on: bool) -> None:
        """Tell of every run that trained when it is left, or of none."""

        def choose(worker: Worker) -> None:
            worker.left_runs.on = on

        self.send(choose)

    def leave_run(self) -> Future[LeftRun | None]:
        """Leave the present run, since the window closes; the result is None if it has not trained."""
        left: Future[LeftRun | None] = Future()
        self.send(lambda worker: left.set_result(worker.left_runs.take(worker.trainer)))
        return left

    def request(self, requests: Requests) -> None:
        """Set what snapshots answer: the requests of the views in sight."""
        self.requests = requests
        self.send(lambda worker: worker.set_requests(requests))


def with_layer_ids(experiment: Experiment) -> Experiment:
    """Give every layer an id, so that weights follow a layer that is moved."""
    return msgspec.structs.replace(experiment, layers=with_ids(experiment.layers))
