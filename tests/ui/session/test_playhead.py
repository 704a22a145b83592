"""Looking back in a session: an earlier moment on show, exact when the hand rests; going on from there, and back."""

from __future__ import annotations

import numpy as np
import pytest

from playground import Experiment, Snapshot, Trainer
from playground.measure.changes import BEGINNING
from playground.measure.requests import BoundaryRequest
from tests.ui import hands
from tests.ui.session.test_ghost import SETTLED, train, undisturbed, with_rate
from ui.session import worker
from ui.session.other_futures import OtherFutures
from ui.session.session import Session


@pytest.fixture
def halfway(session: Session) -> Session:
    """A session after 100 steps, which are ten epochs."""
    train(session, 100)
    session.pause()
    hands.until(lambda: session.report.snapshot.step == 100, "the training is not reported")
    return session


def look(session: Session, step: int) -> Snapshot:
    """The moment of an earlier step, once it is exact."""
    session.past.look_at(step)
    hands.until(
        lambda: session.report.revision == session.revision and session.report.past and session.report.past.is_exact,
        "the moment is not shown",
    )
    return session.report.snapshot


def test_an_earlier_moment_is_shown_with_all_that_was_asked_for(halfway: Session) -> None:
    then, alone = look(halfway, 33), undisturbed(halfway.experiment, 33)
    expected = alone.snapshot(halfway.requests)
    assert (then.step, then.epoch, len(then.history.epoch)) == (33, 3, 4)
    assert then.evaluation == expected.evaluation
    np.testing.assert_array_equal(then.answer(BoundaryRequest), expected.answer(BoundaryRequest))
    assert halfway.report.present.step == 100 and halfway.report.present.history.epoch[-1] == 10
    assert not halfway.is_running and halfway.is_up_to_date
    exported = halfway.ask(Trainer.checkpoint, of_shown=True).result(SETTLED)
    assert exported.state.step == 33, "what is exported is what is seen"
    assert halfway.ask(Trainer.checkpoint).result(SETTLED).state.step == 100
    halfway.past.leave()
    hands.until(lambda: halfway.report.past is None, "the present is not shown again")
    assert halfway.report.snapshot.step == 100


def test_looking_back_pauses_training_and_playing_goes_on_from_the_end(session: Session, qtbot) -> None:
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.step > 50)
    look(session, 20)
    end = session.report.present.step
    assert not session.report.running
    session.play()
    qtbot.waitUntil(lambda: session.report.running and session.report.snapshot.step > end)
    session.pause()


def test_step_and_epoch_move_on_within_the_past(halfway: Session, qtbot) -> None:
    look(halfway, 33)
    halfway.step()
    qtbot.waitUntil(lambda: halfway.report.snapshot.step == 34)
    halfway.epoch()
    qtbot.waitUntil(lambda: halfway.report.snapshot.step == 40)
    halfway.past.look_at(99)
    qtbot.waitUntil(lambda: halfway.report.snapshot.step == 99)
    halfway.epoch()
    qtbot.waitUntil(lambda: halfway.report.past is None)
    assert halfway.report.snapshot.step == 100


def test_a_branch_is_one_undo_step_beside_which_the_other_future_is_shown(halfway: Session, qtbot, settled) -> None:
    look(halfway, 40)
    assert halfway.past.branch()
    now = settled(halfway)
    assert (now.step, now.history.step[-1], halfway.report.past) == (40, 40, None)
    assert all(layer.gradient_rms > 0 for layer in now.layers), "the gradients of then are known"
    assert halfway.history.done[-1].label == "branch at epoch 4"
    qtbot.waitUntil(lambda: halfway.past.other_future is not None)
    other = halfway.past.other_future
    assert (other.begun.step, other.now.step) == (40, 100)
    train(halfway, 60)
    state = halfway.ask(Trainer.checkpoint).result(SETTLED).state
    np.testing.assert_array_equal(state.parameters, undisturbed(halfway.experiment, 100).state.parameters)
    halfway.undo()
    assert settled(halfway).step == 100 and all(layer.gradient_rms > 0 for layer in settled(halfway).layers)
    qtbot.waitUntil(lambda: halfway.past.other_future is None)
    halfway.redo()
    assert settled(halfway).step == 100 and settled(halfway).changes == ()
    qtbot.waitUntil(lambda: halfway.past.other_future is not None)


def test_an_edit_of_an_earlier_moment_branches_there(halfway: Session, settled) -> None:
    halfway.edit(with_rate(halfway, 0.1))
    train(halfway, 20)
    assert look(halfway, 50).experiment.training.learning_rate == 0.01
    halfway.edit(halfway.report.snapshot.experiment.with_({"training.batch_size": 20}))
    now = settled(halfway)
    assert (now.step, now.learning_rate, now.experiment.training.batch_size) == (50, 0.01, 20)
    assert [edit.label for edit in halfway.history.done][1:] == ["branch at epoch 5", "batch size 20"]
    halfway.undo()
    halfway.undo()
    assert settled(halfway).step == 120 and halfway.experiment.training.learning_rate == 0.1


def test_the_other_future_can_be_returned_to_after_further_edits(halfway: Session, qtbot, settled) -> None:
    look(halfway, 40)
    halfway.past.branch()
    halfway.edit(with_rate(halfway, 0.2))
    train(halfway, 7)
    settled(halfway)
    halfway.past.return_to_other_future()
    assert settled(halfway).step == 100 and halfway.experiment.training.learning_rate == 0.01
    qtbot.waitUntil(lambda: halfway.past.other_future is not None and halfway.past.other_future.now.step == 47)
    assert halfway.past.other_future.begun.step == 40
    halfway.past.return_to_other_future()
    assert settled(halfway).step == 47 and halfway.experiment.training.learning_rate == 0.2


def test_where_a_branch_began_is_known_as_long_as_it_can_be_undone(trainer: Trainer) -> None:
    futures, moments = OtherFutures(), {("undo", 1): trainer.document()}
    futures.begin(("undo", 1), BEGINNING)
    futures.show(1, moments, frozenset())
    assert futures.seen is not None
    futures.prune([("undo", 1), ("redo", 1)])
    futures.show(1, moments, frozenset())
    assert futures.seen is None


def test_a_long_replay_shows_the_nearest_moment_first_and_gives_way(
    qtbot, experiment: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Replaying 1,200 steps one by one takes six seconds, and anything else comes in between.
    monkeypatch.setitem(worker.CHUNK_SECONDS, "reference", 0.0)
    monkeypatch.setattr(worker, "_YIELD_MILLISECONDS", 5)
    session = Session(experiment)
    exact: list[int] = []
    session.reported.connect(
        lambda report: exact.append(report.past.asked) if report.past and report.past.is_exact else None
    )
    try:
        qtbot.waitUntil(lambda: session.report is not None)
        session.ask(lambda trainer: thin(trainer, 1500)).result(SETTLED)
        qtbot.waitUntil(lambda: session.report.snapshot.step == 1500)
        session.past.look_at(1200)
        qtbot.waitUntil(lambda: session.report.past is not None)
        past = session.report.past
        assert past.is_kept and not past.is_exact and past.seconds_left > 0
        assert session.report.snapshot.step in (1, 1500)
        session.past.look_at(2)
        qtbot.waitUntil(lambda: session.report.past is not None and session.report.past.is_exact)
        assert session.report.snapshot.step == 2
        session.past.look_at(1200)
        qtbot.waitUntil(lambda: session.is_up_to_date)
        near = session.report.snapshot.step
        session.edit(with_rate(session, 0.3))
        qtbot.waitUntil(lambda: session.is_up_to_date and session.report.past is None)
        assert session.report.snapshot.step == near and session.report.snapshot.learning_rate == 0.3
        assert set(exact) == {2}, "the long replay was waited for"
    finally:
        session.close()


def thin(trainer: Trainer, steps: int) -> None:
    """Train without a checkpoint on the way."""
    past = trainer.run.record.past
    past.spacing = 1e9
    trainer.advance(steps=steps)
