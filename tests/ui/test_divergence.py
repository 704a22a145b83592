"""After a divergence the window's session goes on from where all was well, whatever the person does next."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from playground import Experiment, Snapshot
from playground.catalog.optimizers import Sgd
from playground.interop.opening import load_preset
from playground.measure.diagnosis import diagnose
from playground.run import changes, health
from playground.run.run import Run
from ui.session.session import Session


@pytest.fixture
def experiment() -> Experiment:
    return with_training(load_preset("hills"), optimizer=Sgd())


def with_training(experiment: Experiment, **changed: object) -> Experiment:
    training = msgspec.structs.replace(experiment.training, **changed)
    return msgspec.structs.replace(experiment, training=training)


@pytest.fixture(autouse=True)
def at_every_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for a healthy moment after every chunk of training, so that the last one before the change is kept."""
    monkeypatch.setattr(health, "_LOOK_SECONDS", 0.0)
    monkeypatch.setattr(health, "_LOOK_REST", 0)


@pytest.fixture
def before(qtbot, session: Session) -> Snapshot:
    """The moment, some epochs on, before the learning rate was set to 1000 and training diverged."""
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.epoch > 5)
    session.pause()
    qtbot.waitUntil(lambda: not session.report.running)
    before = session.report.snapshot
    session.edit(with_training(session.experiment, learning_rate=1000.0), "learning rate 1000")
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.status == "diverged")
    return before


def goes_on(qtbot, session: Session, settled: Callable[[Session], Snapshot], before: Snapshot) -> None:
    """Training is back where it was, and trains well."""
    now = settled(session)
    assert (now.status, now.step, now.problem) == ("ready", before.step, "")
    assert now.history.step[-1] == before.history.step[-1]
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.epoch > before.epoch + 10)
    assert session.report.snapshot.status == "ready"
    assert session.report.snapshot.evaluation.train_loss < before.evaluation.train_loss


def test_the_words_are_true(session: Session, before: Snapshot) -> None:
    assert "1000" in session.report.snapshot.problem
    assert f"continues from step {before.step:,}," in session.report.snapshot.problem
    assert session.report.snapshot.evaluation != before.evaluation


def test_the_remedy_repairs_it(qtbot, session: Session, settled, before: Snapshot) -> None:
    remedy = diagnose(session.report.snapshot)[0].remedy
    assert remedy.label == "Learning rate 0.01"
    session.edit(remedy.experiment, "learning rate 0.01")
    goes_on(qtbot, session, settled, before)


def test_undo_repairs_it(qtbot, session: Session, settled, before: Snapshot) -> None:
    session.undo()
    goes_on(qtbot, session, settled, before)


@pytest.fixture
def went_back(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The steps that training went back to."""
    steps, go_back = list[int](), changes.go_back

    def remember(run: Run) -> None:
        go_back(run)
        steps.append(run.state.step)

    monkeypatch.setattr(changes, "go_back", remember)
    return steps


def test_play_goes_back_and_tells_the_same_again(
    qtbot, session: Session, before: Snapshot, went_back: list[int]
) -> None:
    first = session.report
    session.play()
    qtbot.waitUntil(lambda: session.report is not first and not session.report.running)
    assert session.report.snapshot.step == first.snapshot.step
    assert session.report.snapshot.problem == first.snapshot.problem
    assert went_back == [before.step]


def test_a_step_goes_back_and_on_by_one(qtbot, session: Session, before: Snapshot) -> None:
    session.step()
    qtbot.waitUntil(lambda: session.report.snapshot.status == "ready")
    assert session.report.snapshot.step == before.step + 1
    assert not session.report.running
    assert session.report.snapshot.problem == ""


def test_an_epoch_goes_back_and_on(qtbot, session: Session, before: Snapshot, went_back: list[int]) -> None:
    session.epoch()
    qtbot.waitUntil(lambda: len(went_back) == 1)
    qtbot.waitUntil(lambda: not session.report.running and session.report.snapshot.step > before.step)
    assert session.report.snapshot.epoch <= before.epoch + 1


def test_the_remedy_taken_back_leaves_healthy_weights(qtbot, session: Session, settled, before: Snapshot) -> None:
    session.edit(diagnose(session.report.snapshot)[0].remedy.experiment, "learning rate 0.01")
    session.undo()
    now = settled(session)
    assert (now.status, now.step, now.experiment.training.learning_rate) == ("ready", before.step, 1000)
    session.redo()
    goes_on(qtbot, session, settled, before)


def test_another_experiment_taken_back_returns_to_healthy_weights(session: Session, settled, before) -> None:
    session.open(load_preset("spiral"), "open spiral")
    session.undo()
    now = settled(session)
    assert (now.status, now.step) == ("ready", before.step)
    assert now.experiment == session.experiment
    assert now.history.step[0] == 0
