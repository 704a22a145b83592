"""The worker: what it does between commands, on its real thread."""

from __future__ import annotations

import queue

import msgspec
import numpy as np
import pytest

from playground import Checkpoint, Experiment, Layer, Trainer
from playground.catalog.activations import Tanh
from playground.catalog.datasets import Spiral
from playground.trainer import EngineName
from ui.session import Session
from ui.worker import HISTORY_ROWS, GiveCheckpoint, SetParameters, Worker

replace = msgspec.structs.replace


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> list[Experiment]:
    """What trainers were configured with, in order."""
    seen: list[Experiment] = []
    configure = Trainer.configure

    def remember(trainer: Trainer, experiment: Experiment, **others: object) -> tuple[str, ...]:
        seen.append(experiment)
        return configure(trainer, experiment, **others)

    monkeypatch.setattr(Trainer, "configure", remember)
    return seen


def checkpoint(session: Session) -> Checkpoint:
    reply: queue.SimpleQueue[Checkpoint] = queue.SimpleQueue()
    session.send(GiveCheckpoint(reply))
    return reply.get(timeout=5)


def rate(session: Session, value: float, changing: bool) -> None:
    training = replace(session.experiment.training, learning_rate=value)
    session.edit(replace(session.experiment, training=training), f"learning rate {value}", changing)


def units(session: Session, value: int, changing: bool) -> None:
    layers = (replace(session.experiment.layers[0], units=value), *session.experiment.layers[1:])
    session.edit(replace(session.experiment, layers=layers), f"{value} units", changing)


def hold(session: Session, gate) -> None:
    """Train until a step is held up, so that commands pile up."""
    session.play()
    gate.shut()


def test_of_a_drag_that_piled_up_only_the_latest_is_carried_out(
    session: Session, gate, configured: list[Experiment], settled
) -> None:
    hold(session, gate)
    for step in range(50):
        rate(session, 0.02 + step / 1000, changing=True)
    rate(session, 0.1, changing=False)
    gate.open.set()
    assert settled(session).learning_rate == 0.1
    assert [experiment.training.learning_rate for experiment in configured] == [0.1]


def test_undo_of_a_drag_that_piled_up_returns_to_the_moment_before_it(session: Session, gate, settled) -> None:
    session.step()
    before = checkpoint(session)
    gate.open.clear()
    session.step()
    assert gate.reached.wait(5)
    for value in (5, 4, 3, 2):
        units(session, value, changing=True)
    units(session, 1, changing=False)
    session.undo()
    gate.open.set()
    assert settled(session).experiment == before.experiment
    # The step that was in progress when the drag began was made before it.
    alone = Trainer(before.experiment)
    alone.restore(before)
    alone.advance(steps=1)
    np.testing.assert_array_equal(checkpoint(session).state.parameters, alone.state.parameters)


def test_edits_of_different_things_are_all_carried_out(
    session: Session, gate, configured: list[Experiment], settled
) -> None:
    hold(session, gate)
    rate(session, 0.02, changing=False)
    units(session, 3, changing=True)
    units(session, 4, changing=False)
    session.undo()
    gate.open.set()
    settled(session)
    seen = [(experiment.layers[0].units, experiment.training.learning_rate) for experiment in configured]
    assert seen == [(6, 0.02), (4, 0.02), (6, 0.02)]


def test_a_command_that_fails_does_not_swallow_those_behind_it(qtbot, session: Session, gate, caplog) -> None:
    hold(session, gate)
    session.send(SetParameters(None))  # type: ignore[arg-type]
    reply: queue.SimpleQueue[Checkpoint] = queue.SimpleQueue()
    session.send(GiveCheckpoint(reply))
    with qtbot.waitSignal(session.failed):
        gate.open.set()
    assert reply.get(timeout=5) is not None
    caplog.clear()


def test_a_pause_that_waits_for_a_long_step_says_so(qtbot, session: Session, gate) -> None:
    session.play()
    qtbot.waitUntil(lambda: session.report.running)
    hold(session, gate)
    with qtbot.waitSignal(session.pausing):
        session.pause()
    gate.open.set()
    qtbot.waitUntil(lambda: not session.report.running)


def test_a_pause_that_takes_effect_at_once_says_nothing(qtbot, session: Session) -> None:
    session.play()
    qtbot.waitUntil(lambda: session.report.running)
    with qtbot.assertNotEmitted(session.pausing, wait=300):
        session.pause()
    assert not session.report.running


def test_a_long_epoch_can_be_paused(qtbot, settled) -> None:
    session = Session(Experiment(data=Spiral(points=10_000), layers=(Layer(8, Tanh()),)))
    try:
        training = replace(session.experiment.training, batch_size=1)
        session.edit(replace(session.experiment, training=training), "batch size")
        settled(session)
        session.epoch()
        qtbot.waitUntil(lambda: session.report.snapshot.step > 0)
        session.pause()
        qtbot.waitUntil(lambda: not session.report.running)
        assert 0 < session.report.snapshot.step < 5000
        assert session.report.snapshot.epoch == 0
        session.play()
        qtbot.waitUntil(lambda: session.report.snapshot.epoch >= 2, timeout=20_000)
    finally:
        session.close()


def test_a_reset_during_the_one_epoch_leaves_training_at_rest(qtbot, session: Session, gate) -> None:
    gate.open.clear()
    session.epoch()
    assert gate.reached.wait(5)
    session.reset()
    gate.open.set()
    qtbot.waitUntil(lambda: session.report.snapshot.step == 0 and not session.report.running)
    qtbot.wait(50)
    assert checkpoint(session).state.step == 0


def test_the_history_is_bounded_also_after_a_fresh_start(qtbot, session: Session, settled) -> None:
    assert session.worker.trainer.history_rows == HISTORY_ROWS
    session.reseed()
    settled(session)
    assert session.worker.trainer.history_rows == HISTORY_ROWS
    assert session.worker.trainer.history.most == HISTORY_ROWS


@pytest.mark.parametrize(("engine", "yields"), [("reference", True), ("compiled", False)])
def test_only_the_reference_engine_makes_room_for_the_window(
    qtbot, experiment: Experiment, monkeypatch: pytest.MonkeyPatch, engine: EngineName, yields: bool
) -> None:
    slept: list[int] = []
    monkeypatch.setattr(Worker, "msleep", staticmethod(slept.append))
    session = Session(experiment)
    try:
        qtbot.waitUntil(lambda: session.report is not None)
        session.use_engine(engine)
        session.play()
        qtbot.waitUntil(lambda: session.report.snapshot.step > 100)
    finally:
        session.close()
    assert bool(slept) == yields
