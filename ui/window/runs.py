"""Kept runs in the window: trained runs are kept when another replaces them, and the panel of runs acts on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QObject, QTimer

from playground import Document, Experiment
from playground.catalog.choice import Task
from playground.experiment.difference import difference, losses_are_comparable
from playground.experiment.tasks import task_of
from playground.experiment.words import comparison_words
from playground.files.errors import reason_of
from playground.interop.keeping import keep_run
from playground.measure.others import KeptCurve, KeptCurves
from playground.measure.sentences import counted
from playground.measure.snapshot import History
from playground.run.run import PRESENT
from playground.storage.runs.kept import KeptRun
from playground.storage.runs.query import learn_names
from playground.storage.runs.store import LIMIT, Kept, RunStore
from playground.storage.runs.table import RunTable
from playground.storage.runs.words import full_title, heading_words, room_words, time_words

from ..look.numbers import number_text
from ..session.left_runs import LeftRun
from ..session.run_keeper import RunKeeper
from ..shell.dialogs import ask_about_forgetting
from ..views.runs.view import RunsView, StoreState
from ..views.tracks.plan import steps_per_epoch, training_points
from .desk import Desk
from .documents import Documents
from .others import OtherRuns
from .window_parts import WindowParts

_KEEP = "runs/keep"
_LOOK_MILLISECONDS = 1000
"""How often the panel looks whether another window has changed the store, while it is in sight."""
_NONE_YET = "Each run that has trained is kept when you reset it or open something else, and when the window closes."
_MOST_CURVES = 6
"""Runs whose curves are drawn over the present ones."""
_CHANGED = "", " now; one was changed on the way", " now; both were changed on the way"
"""What follows where no setting of two runs differs, by how many of them were changed while they trained."""
_OTHER_TASK: dict[Task, Task] = {"classification": "regression", "regression": "classification"}
_CLOSING_SECONDS = 3.0
"""How long a window that closes waits for its run."""


class _Picked(NamedTuple):
    """A picked run, with the settings and curves that are compared."""

    run: KeptRun
    experiment: Experiment
    document: Document | None


class _Seen(NamedTuple):
    """The content of the store, as read at one moment."""

    table: RunTable
    size: int
    version: object


class Runs(QObject):
    """Keeps the runs of a window from `begin` on, and does what the panel of runs asks for."""

    def __init__(self, desk: Desk, parts: WindowParts, documents: Documents, others: OtherRuns) -> None:
        super().__init__(desk)
        self.desk, self.documents, self.others = desk, documents, others
        self.view = parts.view(RunsView)
        self.keeper: RunKeeper | None = None
        self._ids: dict[str, str] = {}
        """The kept runs of this window, by the names of its runs."""
        self._deleted: list[str] = []
        self._problem = ""
        self._version: object = None
        self._picked: tuple[str, ...] = ()
        self._size = 0
        self._looking = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._looking.timeout.connect(self._look)
        desk.session.run_left.connect(self.keep)
        desk.docks.changed.connect(self._follow_sight)
        desk.session.experiment_changed.connect(lambda _: self._follow_experiment())
        view = self.view
        # Over what was begun afterwards, the curves of what was picked before would mislead.
        documents.begun.connect(view.table.clearSelection)
        view.picked.connect(self._pick)
        view.opened.connect(self.open)
        view.starred.connect(lambda ids, star: self._change(partial(_star, ids, star)))
        view.annotated.connect(lambda id, what, text: self._change(lambda store: store.annotate(id, **{what: text})))
        view.deleted.connect(self.delete)
        view.keeping_chosen.connect(self.choose_keeping)
        view.forgetting_asked.connect(self.ask_to_forget)
        self._compared: tuple[_Picked, ...] = ()
        self._task = task_of(desk.session.experiment.data)
        self._show_state()

    # Keeping --------------------------------------------------------------------------------------------------------

    def begin(self, folder: Path, limit: int = LIMIT) -> None:
        """Keep runs in a folder from now on, and show those that are there."""
        self.keeper = RunKeeper(lambda: RunStore(folder, limit), self)
        self._ids.clear()
        self._deleted.clear()
        self._version = None
        self.view.read_pictures_by(lambda id: _picture(folder, id))
        self.desk.session.keep_runs(self.keeps)
        self.view.show_table(None, self._state)
        self._follow_sight()
        # What a process that was killed has left is put in order once the window stands; and whoever opens the panel
        # then finds it filled.
        self._do(_put_in_order, lambda _: self._look())

    @property
    def keeps(self) -> bool:
        """Whether runs are kept when they are left."""
        return self.desk.settings.value(_KEEP, True, type=bool) is True

    def choose_keeping(self, on: bool) -> None:
        """Keep runs from now on, or no longer; kept for the next time."""
        self.desk.settings.setValue(_KEEP, on)
        self.desk.session.keep_runs(on)
        self._show_state()

    def toggle_keeping(self) -> None:
        """Switch keeping on or off."""
        self.choose_keeping(not self.keeps)

    def keep(self, left: LeftRun) -> None:
        """Keep a run that was left; one that was kept before is replaced."""

        def work(store: RunStore) -> Kept:
            kept = keep_run(store, left.document, "window", self._ids.get(left.name, ""))
            self._ids[left.name] = kept.run.id
            return kept

        self._do(work, partial(self._note_kept, left))

    def _note_kept(self, left: LeftRun, kept: Kept) -> None:
        document = left.document
        self.documents.work.note_kept(left.moment, document.experiment, document.present.state.step)
        self.view.runs.forget_pictures(kept.run.id)
        for words in room_words(kept, self._size + kept.run.bytes, LIMIT):
            self.desk.say(words, ("Runs", self.show))
        self._read_if_seen()

    def close(self) -> None:
        """Keep the present run, since the window closes, and finish what was asked for."""
        self._looking.stop()
        if self.keeper is None:
            return
        if self.keeps:
            with suppress(TimeoutError):
                left = self.desk.session.leave_run().result(_CLOSING_SECONDS)
                if left is not None:
                    self.keep(left)
        if self._deleted:
            deleted = list(self._deleted)
            self.keeper.do(lambda store: store.purge(deleted))
        self.keeper.close()
        self.keeper = None
        self.desk.session.keep_runs(False)

    def _do(self, work: Callable[[RunStore], object], then: Callable[..., object] | None = None) -> None:
        if self.keeper is not None:
            self.keeper.do(work, then, self._tell_failure)

    def _tell_failure(self, error: Exception) -> None:
        self.desk.say(f"Kept runs: {str(error) if isinstance(error, ValueError) else reason_of(error)}.")
        self._read_if_seen()

    # The panel ------------------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Show the panel of runs."""
        self.desk.docks.go_to(self.view.name)

    @property
    def _is_seen(self) -> bool:
        return self.desk.docks.shows(self.view)

    def _follow_sight(self) -> None:
        if self._is_seen and self.keeper is not None:
            if not self._looking.isActive():
                self._looking.start()
                self._look()
        else:
            self._looking.stop()
            self.others.put("kept", None)
        if self._is_seen and self._compared:
            self._show_curves()

    def _look(self) -> None:
        """Read the store again if anybody has changed it."""
        known = self._version
        self._do(lambda store: None if store.version == known else _read(store), self._show_seen)

    def _read_if_seen(self) -> None:
        if self._is_seen:
            self._look()

    def _show_seen(self, seen: _Seen | None) -> None:
        if seen is not None:
            self._version, self._size = seen.version, seen.size
            self.view.show_table(seen.table, self._state)
            self._say_again()

    @property
    def _state(self) -> StoreState:
        problem = "" if self.keeper is not None else "This window keeps no runs."
        return StoreState(self.keeps, self._size, LIMIT, problem)

    def _show_state(self) -> None:
        self.view.show_state(self._state)

    def _change(self, work: Callable[[RunStore], object]) -> None:
        self._do(work, lambda _: self._look())

    def delete(self, ids: Sequence[str]) -> None:
        """Delete runs, which can be undone until the window closes."""
        self._deleted += ids
        self._change(lambda store: store.delete(ids))
        self.desk.say(f"Deleted {counted(len(ids), 'kept run')}.", ("Undo", partial(self.restore, ids)))

    def restore(self, ids: Sequence[str] | None = None) -> None:
        """Bring back deleted runs, by default all that this window has deleted."""
        ids = list(self._deleted if ids is None else ids)
        self._deleted = [one for one in self._deleted if one not in ids]
        self._change(lambda store: store.restore(ids))

    @property
    def can_restore(self) -> bool:
        """Whether there are deleted runs that can come back."""
        return bool(self._deleted)

    def ask_to_forget(self) -> None:
        """Ask whether all runs are to be deleted for good."""
        if self.keeper is not None:
            ask_about_forgetting(self.desk.window, self.forget_all)

    def forget_all(self) -> None:
        """Delete all kept runs for good."""
        self._deleted.clear()
        self._ids.clear()
        self._change(lambda store: store.forget_all())
        self.desk.say("All kept runs are deleted.")

    # Opening and comparing ------------------------------------------------------------------------------------------

    def open(self, id: str) -> None:
        """Open a kept run exactly as it was, in one undo step."""
        self._do(
            lambda store: _read_run(store, id),
            lambda found: self.documents.open_kept(
                full_title(found.run), found.experiment, found.document, _repeat_words(found.run)
            ),
        )

    def _pick(self, ids: tuple[str, ...]) -> None:
        """Draw the curves of picked runs over the present ones, and say how they differ."""
        self._picked = ids
        if not ids:
            return self._compare(ids, ())
        some = ids[:_MOST_CURVES]
        self._do(lambda store: tuple(_read_run(store, id) for id in some), partial(self._compare, ids))

    @property
    def _has_none(self) -> bool:
        table = self.view.runs.table
        return self.keeper is not None and table is not None and not len(table)

    def _compare(self, ids: tuple[str, ...], picked: tuple[_Picked, ...]) -> None:
        if ids == self._picked:
            self._compared = picked
            self._show_curves()
            self._say_again()

    def _follow_experiment(self) -> None:
        task, self._task = self._task, task_of(self.desk.session.experiment.data)
        if self._compared and self._task != task:
            self._show_curves()
        self._say_again()

    @property
    def _drawn(self) -> list[_Picked]:
        """The picked runs whose curves can be drawn over the present ones: those of the same task."""
        return [one for one in self._compared if one.run.outcome.task == self._task]

    def _show_curves(self) -> None:
        drawn = self._drawn
        names = _names_apart([one.run for one in drawn])
        curves = tuple(
            KeptCurve(
                name,
                _whole_history(one.document),
                one.run.outcome.task,
                tuple(each.step for each in one.document.breaks),
            )
            for name, one in zip(names, drawn, strict=True)
            if one.document is not None
        )
        self.others.put("kept", KeptCurves(curves) if curves else None)

    def _say_again(self) -> None:
        self.view.say(self._sentence())

    def _sentence(self) -> str:
        """What is not drawn of the picked runs, and how they differ, from the present one or from each other."""
        # First, since a long list of differences may be cut.
        return f"{_not_drawn_words(self._compared, self._drawn)}{self._difference_sentence()}"

    def _difference_sentence(self) -> str:
        picked = self._compared
        if self._has_none:
            return _NONE_YET
        if not picked:
            return "Pick runs to see how they differ, and their curves over the present ones."
        if len(self._picked) == 1:
            report = self.desk.session.report
            changes = 0 if report is None else len(report.present.changes)
            present = self.desk.session.experiment, changes
            return _compared_words("Against the present run", present, _compared_part(picked[0]))
        if len(self._picked) == 2:
            one, other = sorted(picked, key=lambda one: one.run.note.time)
            return _compared_words("From the older to the newer", _compared_part(one), _compared_part(other))
        table = self.view.runs.table
        if table is None:
            return ""
        places = [place for id in self._picked if (place := table.place_of(id)) is not None]
        paths = [heading_words(table, path) for path in table.differing(places)]
        more = f" Curves of the first {_MOST_CURVES} are drawn." if len(self._picked) > _MOST_CURVES else ""
        return f"{len(places)} runs; they differ in {', '.join(paths) or 'nothing'}.{more}"


def _not_drawn_words(picked: Sequence[_Picked], drawn: Sequence[_Picked]) -> str:
    """Say which curves of picked runs are not drawn, and why; empty if all are."""
    others = [one.run.outcome.task for one in picked if one not in drawn]
    if not others:
        return ""
    return f"Curves of {others[0]} runs can't be drawn over {_OTHER_TASK[others[0]]}. "


def _compared_part(picked: _Picked) -> tuple[Experiment, int]:
    """The settings of a run at its end, and how many changes were made on the way."""
    return picked.experiment, picked.run.outcome.changes


def _compared_words(lead: str, before: tuple[Experiment, int], after: tuple[Experiment, int]) -> str:
    (old, earlier), (new, later) = before, after
    words = comparison_words(old, new)
    if not words:
        changed = sum(map(bool, (earlier, later)))
        words = f"no setting differs{_CHANGED[changed]}"
    # First, since a long list of differences may be cut.
    other = "" if losses_are_comparable(difference(old, new)) else "Points or loss differ: losses can't be compared. "
    return f"{other}{lead}: {words}."


def _names_apart(runs: Sequence[KeptRun]) -> list[str]:
    """Short names of runs; those of one name with the time at which they were kept, or with a number."""
    # The names of presets go on with what they show.
    names = [run.title if run.note.name else run.title.partition(":")[0] for run in runs]
    timed = [
        name if names.count(name) == 1 else f"{time_words(run)} {name}" for name, run in zip(names, runs, strict=True)
    ]
    return [
        name if timed.count(name) == 1 else f"{name} ({timed[: place + 1].count(name)})"
        for place, name in enumerate(timed)
    ]


def _whole_history(document: Document) -> History:
    """The history of a run up to the moment at which it was left, whose numbers the list of runs shows."""
    rows, state = document.history.view(), document.checkpoints[PRESENT].state
    numbers = [math.nan if value is None else value for value in document.evaluation]
    last = rows[-1]
    if state.step == last[1] and np.array_equal(last[3:7], numbers, equal_nan=True):
        return History(*rows.T)
    per_epoch = steps_per_epoch(document.experiment, training_points(document.experiment, document.sample))
    epoch = last[0] + min(1.0, max(0.0, state.step - last[1]) / per_epoch)
    return History(*np.vstack([rows, [epoch, state.step, last[2], *numbers, document.seconds]]).T)


def _repeat_words(run: KeptRun) -> str:
    """Say how to repeat the outcome of a training of a sweep or a search, of which only the settings are kept."""
    if run.kind != "member":
        return ""
    loss = run.outcome.validation_loss
    known = "" if loss is None else f": validation loss {number_text(loss)}"
    return f"Training it for {counted(run.outcome.epoch, 'epoch')} repeats its outcome up to rounding{known}."


def _star(ids: Sequence[str], star: bool, store: RunStore) -> None:
    for id in ids:
        store.annotate(id, star=star)


def _put_in_order(store: RunStore) -> None:
    store.reconcile()
    store.purge()


def _read(store: RunStore) -> _Seen:
    # The version first: what is written in between is read again.
    version, table = store.version, store.table()
    table.prepare()
    learn_names()
    return _Seen(table, store.size, version)


def _read_run(store: RunStore, id: str) -> _Picked:
    run = store.find(id)
    if run.kind != "run":
        return _Picked(run, store.experiment(id), None)
    document = store.document(id)
    return _Picked(run, document.experiment, document)


def _picture(folder: Path, id: str) -> bytes:
    with suppress(OSError):
        return (folder / f"{id}.png").read_bytes()
    return b""
