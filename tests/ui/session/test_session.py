"""The session with its real worker thread: commands, live edits, undo and redo."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest

from playground import Experiment, Layer, Trainer
from playground.catalog.activations import Relu, Tanh
from playground.catalog.datasets.table import Table
from playground.catalog.losses import SquaredError
from playground.catalog.optimizers import Sgd
from playground.files.errors import CancelledError
from playground.measure.changes import WeightEdit
from tests.ui import hands
from ui.session import speed
from ui.session.commands import Ask, SetWeight
from ui.session.session import Session, with_layer_ids
from ui.session.speed import StepRate
from ui.session.undo import UndoHistory, WeightSetting
from ui.session.worker import Worker

replace = msgspec.structs.replace


def with_training(experiment: Experiment, **changes: object) -> Experiment:
    return replace(experiment, training=replace(experiment.training, **changes))


def checkpoint(session: Session):
    return session.ask(Trainer.checkpoint).result(timeout=hands.PATIENCE / 1000)


def train_until(qtbot, session: Session, steps: int) -> None:
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.step >= steps)


def test_play_trains_and_pause_stops(qtbot, session: Session) -> None:
    train_until(qtbot, session, 50)
    session.pause()
    qtbot.waitUntil(lambda: not session.report.running)
    step = session.report.snapshot.step
    hands.let_pass(100, "more steps would be trained")
    assert session.report.snapshot.step == step >= 50


def test_a_pause_is_seen_without_waiting_for_a_frame(qtbot, session: Session) -> None:
    train_until(qtbot, session, 50)
    session.display_timer.stop()
    session.pause()
    qtbot.waitUntil(lambda: not session.report.running)


def test_training_runs_on_a_thread_of_its_own(session: Session) -> None:
    assert session.worker.isRunning()
    assert session.worker.thread() is not None
    assert session.worker.isCurrentThread() is False
    assert threading.current_thread() is threading.main_thread()


def test_one_step_and_one_epoch(qtbot, session: Session) -> None:
    session.step()
    qtbot.waitUntil(lambda: session.report.snapshot.step == 1)
    session.epoch()
    qtbot.waitUntil(lambda: session.report.snapshot.epoch == 1)
    assert session.report.snapshot.step == 10
    assert not session.report.running


def test_reset_returns_to_the_very_same_weights(qtbot, session: Session) -> None:
    before = checkpoint(session).state.parameters
    train_until(qtbot, session, 20)
    session.pause()
    session.reset()
    qtbot.waitUntil(lambda: session.report.snapshot.step == 0)
    np.testing.assert_array_equal(checkpoint(session).state.parameters, before)


def test_reseed_starts_from_other_weights_and_undo_returns_to_the_training(session: Session, settled) -> None:
    session.step()
    trained = checkpoint(session).state.parameters
    session.reseed()
    assert settled(session).step == 0
    assert not np.array_equal(checkpoint(session).state.parameters, trained)
    session.undo()
    assert settled(session).step == 1
    np.testing.assert_array_equal(checkpoint(session).state.parameters, trained)


def test_undo_takes_a_reset_back_with_all_of_the_training_and_redo_resets_again(session: Session, settled) -> None:
    session.reset()
    assert settled(session).step == 0 and not session.history.done, "nothing was trained"
    weights = Trainer(session.experiment, engine="reference").parameters()
    given = Trainer(session.experiment, initial={"W0": 2 * weights["W0"]}, engine="reference")
    initial = given.state.parameters.copy()
    given.advance(steps=25)
    session.open(session.experiment, "weights", given.document())
    assert settled(session).step == 25
    trained = checkpoint(session)
    session.reset()
    assert settled(session).step == 0
    np.testing.assert_array_equal(checkpoint(session).state.parameters, initial)
    session.step()
    settled(session)
    session.undo()
    back = settled(session)
    assert (back.step, len(back.history.epoch)) == (25, 3) and back.changes == ()
    np.testing.assert_array_equal(checkpoint(session).state.parameters, trained.state.parameters)
    session.redo()
    assert settled(session).step == 1, "as after other initial weights, the training from there comes back"
    session.reset()
    assert settled(session).step == 0
    np.testing.assert_array_equal(checkpoint(session).state.parameters, initial)
    assert [edit.label for edit in session.history.done] == ["weights", "reset", "reset"]


def test_undo_takes_a_reset_of_a_weight_that_was_set_by_hand_back(session: Session, settled) -> None:
    set_weight(session, 3.0)
    settled(session)
    session.reset()
    settled(session)
    assert weight(session) != 3.0
    session.undo()
    settled(session)
    assert weight(session) == 3.0


def test_undo_returns_to_the_points_of_a_table_that_has_changed_since(
    session: Session, settled, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"

    def write(classes: str) -> None:
        rows = [f"{number % 7},{number % 5},{classes[number % len(classes)]}" for number in range(60)]
        file.write_text("\n".join(["a,b,c", *rows]))

    write("no")
    session.edit(replace(session.experiment, data=Table(path=str(file), x1="a", x2="b", target="c")))
    before = checkpoint(session)
    write("yes")
    session.reseed()
    assert len(settled(session).sample.class_names) == 3
    session.undo()
    assert settled(session).sample.class_names == ("n", "o")
    np.testing.assert_array_equal(checkpoint(session).state.parameters, before.state.parameters)


def test_a_slow_speed_is_kept(qtbot, session: Session) -> None:
    session.set_speed(20)
    started = time.perf_counter()
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.step > 20)
    assert time.perf_counter() - started >= 20 / 20


def test_at_a_slow_speed_steps_are_due_when_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count(start=100, step=1 / 64)
    monkeypatch.setattr(speed, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
    pace, steps = StepRate(), 0
    # Each turn looks at the clock twice, so that this is a second.
    for _ in range(32):
        due = pace.due(20)
        pace.done(due)
        steps += due
    assert 20 <= steps <= 21


def test_an_edit_takes_effect_while_training_runs(qtbot, session: Session, settled) -> None:
    train_until(qtbot, session, 20)
    session.edit(with_training(session.experiment, learning_rate=0.123), "learning rate")
    snapshot = settled(session)
    assert snapshot.learning_rate == 0.123
    assert snapshot.step >= 20
    assert session.report.running


def test_a_drag_is_one_undo_step(session: Session, settled) -> None:
    before = session.experiment
    for rate in (0.02, 0.03, 0.04):
        session.edit(with_training(session.experiment, learning_rate=rate), changing=True)
    session.edit(with_training(session.experiment, learning_rate=0.05))
    assert len(session.history.done) == 1
    assert session.history.done[0].label == "learning rate 0.05"
    session.undo()
    assert session.experiment == before
    session.redo()
    assert settled(session).learning_rate == 0.05


def test_a_drag_that_ends_where_it_began_has_a_name_all_the_same(session: Session) -> None:
    before = session.experiment
    session.edit(with_training(before, learning_rate=0.5), changing=True)
    session.edit(before)
    assert [edit.label for edit in session.history.done] == ["change"]


def test_two_edits_are_two_undo_steps(session: Session) -> None:
    session.edit(with_training(session.experiment, learning_rate=0.02))
    session.edit(with_training(session.experiment, optimizer=Sgd()), "a simpler optimizer")
    assert [edit.label for edit in session.history.done] == ["learning rate 0.02", "a simpler optimizer"]
    session.undo()
    session.edit(with_training(session.experiment, batch_size=7), "batch size")
    assert not session.history.undone


def test_an_edit_that_changes_nothing_is_no_undo_step(session: Session) -> None:
    session.edit(session.experiment, "nothing")
    assert not session.history.done


def test_a_refused_edit_changes_nothing_and_says_why(qtbot, session: Session) -> None:
    before = session.experiment
    with qtbot.waitSignal(session.refused) as refused:
        session.edit(with_training(before, learning_rate=-1.0), "learning rate −1")
    assert refused.args == ["Learning rate must be at least 0 (got −1). Nothing was changed."]
    assert session.experiment == before
    assert not session.history.done


def test_undoing_a_removal_brings_the_weights_back(session: Session, settled) -> None:
    session.step()
    trained = checkpoint(session).state.parameters
    session.edit(replace(session.experiment, layers=session.experiment.layers[:1]), "remove layer")
    assert len(settled(session).layers) == 2
    session.undo()
    assert len(settled(session).layers) == 3
    np.testing.assert_array_equal(checkpoint(session).state.parameters, trained)


def test_undoing_a_narrowing_keeps_what_was_learned_since(session: Session, settled) -> None:
    layers = session.experiment.layers
    session.edit(replace(session.experiment, layers=(replace(layers[0], units=3), layers[1])), "3 units")
    settled(session)
    session.step()
    learned = checkpoint(session).state.parameters[:6].copy()
    session.undo()
    settled(session)
    np.testing.assert_array_equal(checkpoint(session).state.parameters[:6], learned)


def test_layers_without_names_get_one_so_that_weights_follow_them(experiment: Experiment) -> None:
    first = with_layer_ids(experiment)
    assert [layer.id for layer in first.layers] == ["A", "B"]
    longer = with_layer_ids(replace(first, layers=(Layer(2, Relu()), *first.layers)))
    assert [layer.id for layer in longer.layers] == ["C", "A", "B"]


def test_a_swapped_layer_takes_its_weights_along(session: Session, settled) -> None:
    square = replace(session.experiment, layers=tuple(Layer(4, Tanh(), id=name) for name in "ABC"))
    session.edit(square, "three equal layers")
    settled(session)
    before = checkpoint(session).state.parameters
    a, b, c = square.layers
    session.edit(replace(square, layers=(a, c, b)), "swap")
    settled(session)
    after = checkpoint(session).state.parameters
    second, third = slice(12, 32), slice(32, 52)
    np.testing.assert_array_equal(after[second], before[third])
    np.testing.assert_array_equal(after[third], before[second])


def test_weights_that_do_not_fit_are_refused(qtbot, session: Session) -> None:
    with qtbot.waitSignal(session.refused) as refused:
        session.send(SetWeight("W9", (0, 0), 1.0))
    assert "W9" in refused.args[0]


def test_a_fault_in_the_training_thread_is_told_and_the_session_lives_on(qtbot, session: Session, caplog) -> None:
    with qtbot.waitSignal(session.failed) as failed:
        session.ask(lambda _: 1 / 0)
    assert "fault" in failed.args[0]
    caplog.clear()
    session.step()
    qtbot.waitUntil(lambda: session.report.snapshot.step == 1)


def test_divergence_is_a_status_with_words(qtbot, session: Session, settled) -> None:
    unbounded = replace(session.experiment, layers=(), loss=SquaredError(output="linear"))
    session.edit(with_training(unbounded, optimizer=Sgd(), learning_rate=1e9), "learning rate")
    session.play()
    qtbot.waitUntil(lambda: session.report.snapshot.status == "diverged")
    snapshot = session.report.snapshot
    assert "learning rate" in snapshot.problem
    assert np.isfinite(checkpoint(session).state.parameters).all()
    assert not session.report.running


@pytest.mark.parametrize("when", ["at rest", "training"])
def test_closing_ends_the_thread(qtbot, experiment: Experiment, when: str) -> None:
    session = Session(experiment)
    if when == "training":
        session.play()
        qtbot.waitUntil(lambda: session.report is not None and session.report.snapshot.step > 0)
    session.close()
    assert session.worker.isFinished()


# Questions --------------------------------------------------------------------------------------------------------


def test_a_question_to_a_closed_session_is_cancelled(qtbot, session: Session) -> None:
    session.close()
    made: list[object] = []
    told: list[Exception] = []
    answer = session.ask(Trainer.checkpoint, made.append, told.append)
    with pytest.raises(CancelledError):
        answer.result(timeout=hands.PATIENCE / 1000)
    # Not before there is an answer to forget.
    assert not told
    qtbot.waitUntil(lambda: [type(error) for error in told] == [CancelledError])
    assert not made


def test_questions_that_are_open_when_training_ends_are_cancelled(qtbot, session: Session, caplog) -> None:
    asked, ends = threading.Event(), threading.Event()

    def wait(_: Trainer) -> None:
        asked.set()
        assert ends.wait(hands.PATIENCE / 1000)

    session.ask(wait)
    assert asked.wait(hands.PATIENCE / 1000)
    told: list[Exception] = []
    session.send(Worker.finish)
    # It is fetched together with the end, and stands behind a fault.
    session.ask(lambda _: 1 / 0)
    answer = session.ask(Trainer.checkpoint, failed=told.append)
    ends.set()
    with pytest.raises(CancelledError):
        answer.result(timeout=hands.PATIENCE / 1000)
    qtbot.waitUntil(lambda: [type(error) for error in told] == [CancelledError])
    assert session.worker.wait(hands.PATIENCE)
    caplog.clear()


class Question:
    """Notes what becomes of it."""

    def __init__(self) -> None:
        self.fate = ""
        self.settled = threading.Event()

    def make(self, trainer: Trainer) -> None:
        self.fate = "made"
        self.settled.set()

    def cancel(self) -> None:
        self.fate = "cancelled"
        self.settled.set()


@pytest.mark.parametrize("attempt", range(20))
def test_no_question_is_lost_while_a_session_closes(session: Session, attempt: int) -> None:
    fates: list[str] = []

    def ask() -> None:
        while fates[-1:] in ([], ["made"]):
            question = Question()
            session.send(Ask(question))
            question.settled.wait(hands.PATIENCE / 1000)
            fates.append(question.fate)

    thread = threading.Thread(target=ask)
    thread.start()
    session.close()
    thread.join()
    assert fates[-1] == "cancelled"


# Weights by hand --------------------------------------------------------------------------------------------------


def weight(session: Session) -> float:
    """W1[3, 2] of the session's network, whose first layer has 6 units with 2 inputs."""
    return float(checkpoint(session).state.parameters[18 + 3 * 6 + 2])


def set_weight(session: Session, value: float, changing: bool = False) -> bool:
    return session.set_weight("W1", (3, 2), value, f"weight to {value}", changing)


def test_a_weight_is_set_and_that_can_be_undone_and_redone(session: Session, settled) -> None:
    before = checkpoint(session).state.parameters
    assert set_weight(session, 0.75)
    assert weight(session) == 0.75
    session.undo()
    assert not settled(session).changes, "no training followed what was undone"
    np.testing.assert_array_equal(checkpoint(session).state.parameters, before)
    session.redo()
    assert weight(session) == 0.75
    assert [edit.label for edit in session.history.done] == ["weight to 0.75"]


def test_a_drag_of_a_weight_is_one_undo_step_and_one_change(session: Session, settled) -> None:
    before = weight(session)
    for value in (0.5, 0.6, 0.7):
        session.set_weight("W1", (3, 2), value, f"weight to {value}", changing=True)
        settled(session)
    session.set_weight("W1", (3, 2), 0.75, "weight to 0.75")
    assert [edit.label for edit in session.history.done] == ["weight to 0.75"]
    assert len(settled(session).changes) == 1
    session.undo()
    assert weight(session) == before
    session.redo()
    assert weight(session) == 0.75


def test_all_undo_steps_can_be_taken_back_however_much_was_undone_and_done_since(
    session: Session, settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.session.undo.UNDO_STEPS", 6)
    monkeypatch.setattr("ui.session.kept_moments.REMEMBERED", 6)
    before = weight(session)
    set_weight(session, 0.75)

    def edit(times: int) -> None:
        for _ in range(times):
            rate = session.experiment.training.learning_rate / 2
            session.edit(with_training(session.experiment, learning_rate=rate))

    edit(5)
    for _ in range(5):
        session.undo()
    edit(5)
    for _ in range(6):
        session.undo()
    assert weight(session) == before and not session.history.done


def test_what_can_no_longer_be_undone_takes_no_memory(
    session: Session, settled, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.session.undo.UNDO_STEPS", 3)
    for value in (0.5, 0.6, 0.7, 0.8, 0.9):
        set_weight(session, value)
        session.edit(replace(session.experiment, name=f"{value}"))
    session.undo()
    session.undo()
    set_weight(session, 0.1)
    settled(session)
    assert len(session.worker.moments) == len(session.history.done) == 2
    session.undo()
    session.forget_edits()
    assert checkpoint(session) and not session.worker.moments


def test_what_can_no_longer_be_redone_is_forgotten_by_both_of_its_names() -> None:
    forgotten: list[object] = []
    history, setting = UndoHistory(forgotten.extend), WeightSetting("W0", (0, 0), 1.0)
    history.begin("first", setting, changing=False)
    history.undo()
    history.begin("second", setting, changing=False)
    assert set(forgotten) == {("undo", 1), ("redo", 1)}


def test_two_drags_are_two_undo_steps_even_of_one_weight(session: Session, settled) -> None:
    for value in (0.5, 0.6):
        set_weight(session, value - 0.1, changing=True)
        set_weight(session, value)
    session.set_weight("W1", (3, 3), 1.0, "another", changing=True)
    session.set_weight("W1", (3, 4), 1.0, "a third", changing=True)
    assert len(session.history.done) == 4
    assert len(settled(session).changes) == 4


def test_undoing_a_weight_keeps_what_was_learned_by_all_others(session: Session) -> None:
    before = weight(session)
    set_weight(session, 0.75)
    session.step()
    learned = checkpoint(session).state.parameters
    session.undo()
    after = checkpoint(session).state.parameters
    assert weight(session) == before
    assert np.flatnonzero(learned != after).tolist() == [38]


def test_weights_and_settings_are_undone_in_the_reverse_order(session: Session, settled) -> None:
    experiments, weights = [session.experiment], [weight(session)]
    whole = checkpoint(session).state.parameters
    set_weight(session, 0.5)
    weights.append(0.5)
    session.edit(with_training(session.experiment, learning_rate=0.05), "learning rate")
    session.edit(replace(session.experiment, layers=session.experiment.layers[:1]), "remove layer")
    experiments.append(session.experiment)
    session.set_weight("W0", (0, 0), 3.0, "first weight")
    session.undo()
    session.undo()
    assert weight(session) == 0.5
    session.undo()
    assert session.experiment == experiments[0]
    assert weight(session) == 0.5
    session.undo()
    np.testing.assert_array_equal(checkpoint(session).state.parameters, whole)
    assert not session.history.done and len(session.history.undone) == 4
    for _ in range(4):
        session.redo()
    settled(session)
    assert session.experiment == experiments[1]
    assert checkpoint(session).state.parameters[0] == 3.0


def test_a_fresh_start_between_two_weights_is_undone_too(session: Session, settled) -> None:
    set_weight(session, 0.5)
    changed = checkpoint(session).state.parameters
    session.reseed()
    set_weight(session, 0.25)
    session.undo()
    session.undo()
    settled(session)
    np.testing.assert_array_equal(checkpoint(session).state.parameters, changed)


def test_a_weight_ends_the_drag_of_a_setting_and_the_other_way_round(session: Session) -> None:
    session.edit(with_training(session.experiment, learning_rate=0.02), "first drag", True)
    set_weight(session, 0.5, changing=True)
    session.edit(with_training(session.experiment, learning_rate=0.03), "second drag", True)
    assert [edit.label for edit in session.history.done] == ["first drag", "weight to 0.5", "second drag"]
    assert [edit.open for edit in session.history.done] == [False, False, True]


def test_undoing_a_weight_gives_back_what_the_state_said_not_what_was_seen(session: Session, settled) -> None:
    session.step()
    before = weight(session)
    set_weight(session, 0.75)
    (change,) = settled(session).changes
    assert change.weight == WeightEdit("W1", (3, 2), before, 0.75)
    session.step()
    drifted = weight(session)
    session.undo()
    assert weight(session) == before
    assert settled(session).changes[-1].weight == WeightEdit("W1", (3, 2), drifted, before)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e39])
def test_a_weight_that_is_no_number_is_refused(qtbot, session: Session, value: float) -> None:
    before = weight(session)
    with qtbot.waitSignal(session.refused) as refused:
        assert not session.set_weight("W1", (3, 2), value, "weight")
    assert refused.args[0].startswith("A weight must be a number from −")
    assert weight(session) == before
    assert not session.history.done


def test_a_weight_is_set_while_training_runs(qtbot, session: Session, settled) -> None:
    # With steps so small that a weight stays where it is put.
    session.edit(with_training(session.experiment, learning_rate=1e-9))
    train_until(qtbot, session, 20)
    session.set_weight("W1", (3, 2), 100.0, "weight")
    settled(session)
    assert session.report.running
    assert weight(session) == pytest.approx(100, abs=0.1)
