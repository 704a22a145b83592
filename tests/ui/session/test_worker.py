"""The worker: what it does between commands, on its real thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from playground import Checkpoint, Experiment, Layer, Snapshot, Trainer
from playground.catalog.activations import Tanh
from playground.catalog.choice import Array
from playground.catalog.datasets.shapes import Spiral
from playground.engine.engine import EngineName
from playground.measure.observe import Requests
from playground.measure.requests import BoundaryRequest, UncertaintyRequest, UnitMapRequest, UnitMapsRequest
from tests.ui import hands
from ui.session import speed
from ui.session.commands import Configure, SetWeight
from ui.session.session import Session
from ui.session.speed import CostlyAnswers
from ui.session.trainers import HISTORY_ROWS
from ui.session.worker import Worker

replace = msgspec.structs.replace


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> list[Experiment]:
    """What trainers were configured with, in order."""
    seen: list[Experiment] = []
    change = Trainer.change

    def remember(trainer: Trainer, experiment: Experiment, *memory: object, **others: object) -> None:
        seen.append(experiment)
        change(trainer, experiment, *memory, **others)

    monkeypatch.setattr(Trainer, "change", remember)
    return seen


def checkpoint(session: Session) -> Checkpoint:
    return session.ask(Trainer.checkpoint).result(timeout=hands.PATIENCE / 1000)


def rate(session: Session, value: float, changing: bool) -> None:
    training = replace(session.experiment.training, learning_rate=value)
    session.edit(replace(session.experiment, training=training), changing=changing)


def units(session: Session, value: int, changing: bool) -> None:
    layers = (replace(session.experiment.layers[0], units=value), *session.experiment.layers[1:])
    session.edit(replace(session.experiment, layers=layers), changing=changing)


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


def test_a_pause_is_reported_though_an_earlier_report_still_waits(session: Session) -> None:
    session.display_timer.stop()
    session.play()
    while not checkpoint(session).state.step:
        pass
    # Whoever is answered again knows that the worker has reported in between.
    checkpoint(session)
    session.pause()
    for _ in range(2):
        checkpoint(session)
    report = session.worker.take()
    assert report is not None and not report.running
    assert report.snapshot.step == checkpoint(session).state.step


def test_undo_of_a_drag_that_piled_up_returns_to_the_moment_before_it(session: Session, gate, settled) -> None:
    session.step()
    before = checkpoint(session)
    gate.open.clear()
    session.step()
    assert gate.reached.wait(hands.PATIENCE / 1000)
    for value in (5, 4, 3, 2):
        units(session, value, changing=True)
    units(session, 1, changing=False)
    session.undo()
    gate.open.set()
    assert settled(session).experiment == before.experiment
    # The step that was in progress when the drag began was made before it.
    alone = Trainer(before.experiment, engine="reference")
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
    told: list[Exception] = []
    session.ask(lambda _: 1 / 0, failed=told.append)
    answer = session.ask(Trainer.checkpoint)
    with qtbot.waitSignal(session.failed):
        gate.open.set()
    assert answer.result(timeout=hands.PATIENCE / 1000) is not None
    qtbot.waitUntil(lambda: [type(error) for error in told] == [ZeroDivisionError])
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
    session.patience.setInterval(hands.PATIENCE)
    session.pause()
    assert session.patience.isActive()
    qtbot.waitUntil(lambda: not session.report.running)
    assert not session.patience.isActive()


def test_a_long_epoch_can_be_paused(qtbot, gate, settled) -> None:
    session = Session(Experiment(data=Spiral(points=10_000), layers=(Layer(8, Tanh()),)))
    try:
        training = replace(session.experiment.training, batch_size=1)
        session.edit(replace(session.experiment, training=training), "batch size")
        settled(session)
        gate.open.clear()
        session.epoch()
        assert gate.reached.wait(hands.PATIENCE / 1000)
        session.pause()
        gate.open.set()
        qtbot.waitUntil(lambda: session.is_up_to_date and not session.report.running)
        assert 0 < session.report.snapshot.step < 5000
        assert session.report.snapshot.epoch == 0
        session.play()
        qtbot.waitUntil(lambda: session.report.snapshot.epoch >= 2)
    finally:
        session.close()


def test_a_reset_during_the_one_epoch_leaves_training_at_rest(qtbot, session: Session, gate) -> None:
    gate.open.clear()
    session.epoch()
    assert gate.reached.wait(hands.PATIENCE / 1000)
    session.reset()
    gate.open.set()
    qtbot.waitUntil(lambda: session.is_up_to_date and not session.report.running)
    hands.let_pass(50, "training would go on")
    assert checkpoint(session).state.step == 0


def test_the_history_is_bounded_also_after_a_fresh_start(session: Session, settled) -> None:
    assert session.worker.trainer.history.most == HISTORY_ROWS
    session.reseed()
    settled(session)
    assert session.worker.trainer.history.most == HISTORY_ROWS
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


# Changes on record ------------------------------------------------------------------------------------------------


def words(snapshot: Snapshot) -> list[str]:
    return [change.label for change in snapshot.changes]


def test_a_drag_is_one_change_on_record_and_the_next_drag_another(session: Session, settled) -> None:
    for value in (0.02, 0.03, 0.04):
        rate(session, value, changing=True)
        settled(session)
    rate(session, 0.05, changing=False)
    assert words(settled(session)) == ["learning rate 0.05"]
    rate(session, 0.06, changing=True)
    settled(session)
    rate(session, 0.07, changing=False)
    assert words(settled(session)) == ["learning rate 0.05", "learning rate 0.07"]


def test_undo_and_redo_are_changes_of_their_own_once_training_went_on(qtbot, session: Session, settled) -> None:
    def train() -> None:
        before = settled(session).step
        session.step()
        qtbot.waitUntil(lambda: session.report.snapshot.step > before)

    rate(session, 0.05, changing=False)
    train()
    session.undo()
    assert words(settled(session)) == ["learning rate 0.05", "learning rate 0.01"]
    train()
    session.redo()
    assert words(settled(session)) == ["learning rate 0.05", "learning rate 0.01", "learning rate 0.05"]


def test_a_reset_in_the_middle_of_a_drag_leaves_only_what_came_after(session: Session, settled) -> None:
    units(session, 5, changing=False)
    rate(session, 0.02, changing=True)
    settled(session)
    session.reset()
    rate(session, 0.03, changing=False)
    assert words(settled(session)) == ["learning rate 0.03"]


def test_a_fresh_start_has_no_changes(session: Session, settled) -> None:
    rate(session, 0.05, changing=False)
    session.reseed()
    assert words(settled(session)) == []


def test_a_change_of_nothing_is_only_on_record_if_it_has_a_title(qtbot, session: Session) -> None:
    session.send(Configure(session.experiment, 7, keep_as="a"))
    session.send(Configure(session.experiment, 8, keep_as="a", title="b"))
    session.send(Configure(session.experiment, 9, keep_as="c", title="d"))
    session.send(Configure(session.experiment, 10, keep_as="a"))
    qtbot.waitUntil(lambda: session.report.revision == 10)
    assert words(session.report.snapshot) == ["b", "d"]


# Weights by hand --------------------------------------------------------------------------------------------------


def test_a_weight_is_set_between_two_steps(session: Session) -> None:
    session.step()
    session.send(SetWeight("W1", (3, 2), 0.5))
    parameters = checkpoint(session).state.parameters
    # W0 and b0 take 18 numbers, each row of W1 takes 6.
    assert parameters[18 + 3 * 6 + 2] == 0.5


def test_of_a_drag_of_a_weight_that_piled_up_only_the_latest_is_carried_out(
    qtbot, session: Session, gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, float]] = []

    def remember(trainer: Trainer, name: str, place: tuple[int, ...], value: float, **others: object) -> None:
        seen.append((name, value))

    monkeypatch.setattr(Trainer, "set_weight", remember)
    hold(session, gate)
    for value in range(10):
        session.send(SetWeight("W0", (0, 0), value, keep_as="first"))
    session.send(SetWeight("W0", (0, 1), 20.0, keep_as="first"))
    session.send(SetWeight("W0", (0, 1), 30.0, keep_as="second"))
    session.send(SetWeight("b0", (0,), 40.0))
    session.send(SetWeight("b0", (0,), 50.0, revision=99))
    gate.open.set()
    qtbot.waitUntil(lambda: session.report.revision == 99)
    assert seen == [("W0", 9), ("W0", 20.0), ("W0", 30.0), ("b0", 40.0), ("b0", 50.0)]


def test_a_weight_that_does_not_exist_is_refused_and_the_thread_lives_on(qtbot, session: Session, settled) -> None:
    with qtbot.waitSignal(session.refused) as refused:
        session.send(SetWeight("W0", (0, 7), 1.0))
    assert "W0[0, 7]" in refused.args[0]
    rate(session, 0.02, changing=False)
    assert settled(session).learning_rate == 0.02


# Expensive pictures -----------------------------------------------------------------------------------------------

PICTURED = frozenset({UnitMapsRequest(8), UnitMapRequest(0, 1, 10), UncertaintyRequest(3, 10), BoundaryRequest(10)})


class Camera:
    """Takes snapshots, and remembers which of them had the expensive pictures."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer
        self.costly: list[bool] = []
        self.delay, self.now = 0.0, 100.0

    def __call__(self, requests: Requests) -> Snapshot:
        self.costly.append(any(request.costly for request in requests))
        if self.costly[-1]:
            self.now += self.delay
        return self.trainer.snapshot(requests)


@pytest.fixture
def camera(experiment: Experiment) -> Camera:
    return Camera(Trainer(experiment, engine="reference"))


@pytest.fixture
def cameras_clock(camera: Camera, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time passes only as the camera says."""
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: camera.now))


def test_a_running_training_shows_the_pictures_of_a_moment_ago(camera: Camera) -> None:
    pictures = CostlyAnswers()
    first = pictures.snapshot(camera, PICTURED, [6, 5, 1], at_rest=False)
    pictures.due = time.perf_counter() + 60
    camera.trainer.advance(steps=3)
    second = pictures.snapshot(camera, PICTURED, [6, 5, 1], at_rest=False)
    assert camera.costly == [True, False]
    assert (second.step, second.answer(BoundaryRequest) is first.answer(BoundaryRequest)) == (3, False)
    for request in (UnitMapsRequest, UnitMapRequest, UncertaintyRequest):
        assert second.answer(request) is first.answer(request) is not None


@pytest.mark.parametrize(
    ("requests", "units", "at_rest"),
    [(PICTURED, [6, 5, 1], True), (PICTURED, [7, 5, 1], False), (frozenset({UnitMapsRequest(9)}), [6, 5, 1], False)],
    ids=["at rest", "another shape", "others requested"],
)
def test_pictures_are_made_anew_when_the_old_ones_will_not_do(
    camera: Camera, requests: Requests, units: list[int], at_rest: bool
) -> None:
    pictures = CostlyAnswers()
    pictures.snapshot(camera, PICTURED, [6, 5, 1], at_rest=False)
    pictures.due = time.perf_counter() + 60
    pictures.snapshot(camera, requests, units, at_rest=at_rest)
    assert camera.costly == [True, True]


def snapshots_in(camera: Camera, seconds: float) -> int:
    """How many expensive ones there are in so much time of a display that always asks."""
    pictures, end = CostlyAnswers(), camera.now + seconds
    while camera.now < end:
        pictures.snapshot(camera, PICTURED, [6, 5, 1], at_rest=False)
        # From one frame to the next.
        camera.now += 0.001
    return sum(camera.costly)


@pytest.mark.usefixtures("cameras_clock")
def test_there_are_at_most_thirty_sets_of_pictures_per_second(camera: Camera) -> None:
    assert 14 <= snapshots_in(camera, 0.5) <= 16


@pytest.mark.usefixtures("cameras_clock")
def test_slow_pictures_leave_most_of_the_time_to_training(camera: Camera) -> None:
    camera.delay = 0.05
    assert 2 <= snapshots_in(camera, 0.5) <= 3


def test_without_expensive_pictures_nothing_is_kept(camera: Camera) -> None:
    pictures = CostlyAnswers()
    boundary = BoundaryRequest(10)
    assert set(pictures.snapshot(camera, frozenset({boundary}), [6, 5, 1], at_rest=False).answers) == {boundary}
    assert pictures.latest is None


def unit_maps(session: Session) -> tuple[Array, ...]:
    """The maps in the latest report, if it has some."""
    maps = session.report.snapshot.answer(UnitMapsRequest)
    return () if maps is None else maps.values


def test_after_a_pause_the_pictures_are_those_of_the_last_moment(
    qtbot, session: Session, checked: Callable[[Session], None]
) -> None:
    session.request(PICTURED)
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.step > 200 and len(unit_maps(session)) == 3)
    session.pause()
    qtbot.waitUntil(lambda: not session.report.running)
    checked(session)
    units(session, 9, changing=False)
    session.play()
    qtbot.waitUntil(lambda: len(unit_maps(session)[0]) == 9)
    session.reset()
    # Steps may be made between the two.
    session.pause()
    qtbot.waitUntil(lambda: session.is_up_to_date and not session.report.running)
    checked(session)


@pytest.fixture
def checked() -> Callable[[Session], None]:
    """Compares the report's maps with those of a trainer of the same moment."""

    def check(session: Session) -> None:
        kept = checkpoint(session)
        trainer = Trainer(kept.experiment, engine="reference")
        trainer.restore(kept)
        for found, expected in zip(unit_maps(session), UnitMapsRequest(8).answer(trainer).values, strict=True):
            np.testing.assert_array_equal(found, expected)

    return check
