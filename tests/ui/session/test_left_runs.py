"""Every run that trained is told of when it is left, once, as far as it came."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from playground import Experiment, Snapshot, Trainer
from tests.ui import hands
from ui.session.left_runs import LeftRun
from ui.session.session import Session

replace = msgspec.structs.replace


@pytest.fixture
def left(session: Session) -> list[LeftRun]:
    """What the session tells of runs that are left."""
    found: list[LeftRun] = []
    session.run_left.connect(found.append)
    session.keep_runs(True)
    return found


def train(session: Session, epochs: int) -> None:
    session.ask(lambda trainer: trainer.advance(epochs=epochs)).result(hands.PATIENCE / 1000)


def epochs(left: list[LeftRun]) -> list[int]:
    return [one.document.present.state.epoch for one in left]


def test_reset_and_opening_leave_the_run_as_it_was(
    session: Session, left: list[LeftRun], experiment: Experiment, settled: Callable[[Session], Snapshot]
) -> None:
    session.reset()
    settled(session)
    assert left == [], "nothing was trained"
    train(session, 3)
    session.reset()
    hands.until(lambda: left, "nothing is told")
    alone = Trainer(session.experiment, engine="reference")
    alone.advance(epochs=3)
    assert (left[0].document.present.state.parameters == alone.state.parameters).all()
    train(session, 2)
    session.open(replace(session.experiment, seed=5), "other seed")
    hands.until(lambda: len(left) == 2, "nothing is told")
    train(session, 1)
    session.reseed()
    hands.until(lambda: len(left) == 3, "nothing is told")
    assert epochs(left) == [3, 2, 1] and len({one.name for one in left}) == 3


def test_a_run_that_comes_back_by_undo_is_told_of_again_only_if_it_goes_on(
    session: Session, left: list[LeftRun], settled: Callable[[Session], Snapshot]
) -> None:
    train(session, 2)
    session.reseed()
    session.undo()
    session.redo()
    settled(session)
    assert epochs(left) == [2]
    session.undo()
    train(session, 1)
    session.reseed()
    hands.until(lambda: len(left) == 2, "nothing is told")
    assert epochs(left) == [2, 3] and left[0].name == left[1].name


def test_what_was_opened_is_told_of_only_after_training(
    session: Session, left: list[LeftRun], settled: Callable[[Session], Snapshot]
) -> None:
    trainer = Trainer(session.experiment, engine="reference")
    trainer.advance(epochs=4)
    session.open(trainer.experiment, "open", trainer.document())
    session.reseed()
    settled(session)
    assert left == []
    session.undo()
    train(session, 1)
    assert session.leave_run().result(hands.PATIENCE / 1000).document.present.state.epoch == 5
    assert session.leave_run().result(hands.PATIENCE / 1000) is None


def test_nothing_is_told_unless_it_is_wanted(
    session: Session, left: list[LeftRun], settled: Callable[[Session], Snapshot]
) -> None:
    session.keep_runs(False)
    train(session, 1)
    session.reset()
    settled(session)
    assert left == []


def test_a_run_that_is_left_within_its_first_epoch_is_not_kept(
    session: Session, left: list[LeftRun], settled: Callable[[Session], Snapshot]
) -> None:
    for _ in range(3):
        session.step()
        session.reset()
    train(session, 1)
    session.reset()
    settled(session)
    hands.until(lambda: left, "nothing is told")
    assert epochs(left) == [1]
