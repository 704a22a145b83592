"""The ghost: what would have become of the run without its latest change, trained beside it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer
from playground.run.twin import Twin
from tests.ui import hands
from ui.session.session import Session

SETTLED = hands.PATIENCE / 1000


@pytest.fixture
def haunted(session: Session) -> Session:
    """A session in the middle of a run, beside which ghosts are trained."""
    session.let_others_train("always")
    train(session, 13)
    return session


def train(session: Session, steps: int) -> None:
    session.ask(lambda trainer: trainer.advance(steps=steps)).result(SETTLED)


def undisturbed(experiment: Experiment, steps: int) -> Trainer:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(steps=steps)
    return trainer


def with_rate(session: Session, rate: float) -> Experiment:
    return session.experiment.with_({"training.learning_rate": rate})


def await_ghost(qtbot, session: Session, steps: int) -> None:
    qtbot.waitUntil(lambda: session.ghost is not None and session.ghost.now.step == steps)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux alone")
def test_a_ghost_has_a_lower_priority_than_the_run(qtbot, haunted: Session) -> None:
    haunted.edit(with_rate(haunted, 0.1))
    train(haunted, 4)
    await_ghost(qtbot, haunted, 17)
    ghost = next(thread for thread in threading.enumerate() if thread.name == "ghost")
    assert os.getpriority(os.PRIO_PROCESS, ghost.native_id) > os.getpriority(os.PRIO_PROCESS, os.getpid())


def test_a_drag_is_one_change_whose_undo_is_as_if_it_had_never_been_made(qtbot, haunted: Session, settled) -> None:
    first = haunted.experiment
    for rate in (0.1, 0.2, 0.3):
        haunted.edit(with_rate(haunted, rate), changing=True)
        train(haunted, 4)
    haunted.edit(with_rate(haunted, 0.4))
    train(haunted, 20)
    await_ghost(qtbot, haunted, 45)
    alone = undisturbed(first, 45)
    np.testing.assert_array_equal(haunted.ghost.now.history.train_loss, alone.history.view()[:, 3])
    assert haunted.ghost.begun.step == 13

    with qtbot.waitSignal(haunted.undone_or_redone) as said:
        haunted.undo()
    assert said.args[0].text == "Learning rate back to 0.01; training continues as if it had never changed."
    state = haunted.ask(Trainer.checkpoint).result(SETTLED).state
    np.testing.assert_array_equal(state.parameters, alone.state.parameters)
    assert not settled(haunted).changes and haunted.history.undone and not haunted.history.done
    qtbot.waitUntil(lambda: haunted.ghost is None)

    haunted.redo()
    await_ghost(qtbot, haunted, 45)
    assert settled(haunted).learning_rate == 0.4 and haunted.ghost.now.learning_rate == 0.01


def test_a_weight_set_by_hand_leaves_a_ghost_too(qtbot, haunted: Session, settled) -> None:
    haunted.set_weight("W0", (0, 0), 2.5, "weight W0[0, 0]")
    train(haunted, 10)
    await_ghost(qtbot, haunted, 23)
    haunted.undo()
    settled(haunted)
    state = haunted.ask(Trainer.checkpoint).result(SETTLED).state
    np.testing.assert_array_equal(state.parameters, undisturbed(haunted.experiment, 23).state.parameters)


ENDS: dict[str, Callable[[Session], object]] = {
    "reset": Session.reset,
    "another start": Session.reseed,
    "other noise": lambda session: session.edit(session.experiment.with_({"data.noise": 0.3})),
    "off": lambda session: session.let_others_train("off"),
}


@pytest.mark.parametrize("end", ENDS)
def test_a_ghost_ends(qtbot, haunted: Session, end: str) -> None:
    haunted.edit(with_rate(haunted, 0.1))
    train(haunted, 3)
    await_ghost(qtbot, haunted, 16)
    ENDS[end](haunted)
    qtbot.waitUntil(lambda: haunted.ghost is None)


def test_changes_that_are_undone_one_after_the_other_leave_no_ghost(qtbot, haunted: Session, settled) -> None:
    haunted.edit(haunted.experiment.with_({"training.batch_size": 5}))
    haunted.edit(with_rate(haunted, 0.1))
    train(haunted, 3)
    await_ghost(qtbot, haunted, 16)
    haunted.undo()
    haunted.undo()
    settled(haunted)
    train(haunted, 3)
    haunted.look()
    assert haunted.ghost is None and haunted.worker.ghosts.seen is None


def test_a_change_that_is_refused_leaves_the_ghost_of_the_one_before(
    qtbot, haunted: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise InputError("data.path", "gone.csv", "a file that can be read")

    haunted.edit(with_rate(haunted, 0.1))
    train(haunted, 3)
    await_ghost(qtbot, haunted, 16)
    with monkeypatch.context() as refusing, qtbot.waitSignal(haunted.refused):
        refusing.setattr(Trainer, "change", refuse)
        haunted.edit(with_rate(haunted, 0.2))
    train(haunted, 4)
    await_ghost(qtbot, haunted, 20)
    assert haunted.ghost.begun.step == 13 and haunted.ghost.now.learning_rate == 0.01


def test_an_undo_that_the_ghost_takes_over_repeats_no_earlier_note(qtbot, haunted: Session, settled) -> None:
    def note(trainer: Trainer) -> None:
        trainer.run.record.notes = ("It was opened; later numbers may drift.",)

    haunted.ask(note).result(SETTLED)
    haunted.edit(with_rate(haunted, 0.1))
    train(haunted, 3)
    await_ghost(qtbot, haunted, 16)
    assert not settled(haunted).notes
    haunted.undo()
    assert not settled(haunted).notes


def test_while_training_only_a_ghost_that_may_is_trained(qtbot, haunted: Session) -> None:
    haunted.let_others_train("resting")
    haunted.play()
    haunted.edit(with_rate(haunted, 0.1))
    qtbot.waitUntil(lambda: haunted.ghost is not None and haunted.report.snapshot.step > 200)
    assert haunted.ghost.now.step == haunted.ghost.begun.step
    haunted.pause()
    qtbot.waitUntil(lambda: not haunted.report.running)
    await_ghost(qtbot, haunted, haunted.report.snapshot.step)


def test_the_run_does_not_suffer_from_a_ghost_that_fails(qtbot, haunted: Session, monkeypatch, caplog) -> None:
    def fail(*_: object) -> None:
        raise ArithmeticError("no ghost today")

    monkeypatch.setattr(Twin, "advance", fail)
    haunted.edit(with_rate(haunted, 0.1))
    train(haunted, 3)
    qtbot.waitUntil(lambda: "no ghost today" in caplog.text)
    train(haunted, 3)
    haunted.look()
    assert haunted.ghost is None
    haunted.undo()
    assert haunted.ask(Trainer.checkpoint).result(SETTLED).state.step == 19
    caplog.clear()
