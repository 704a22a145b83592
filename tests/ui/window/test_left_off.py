"""Where you left off: the next window is as the last one was, paused, whether or not its work was saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QMessageBox, QScrollArea

from playground import Document
from playground.catalog.datasets.own_points import to_own_points
from playground.catalog.datasets.shapes import Moons
from playground.run.replay import replay_to
from playground.storage.document import load_document
from playground.storage.recovery import RecoverableWork, find_recoverable
from tests.ui import hands
from tests.ui.windows import opened_window, set_rate, settle, snapshot, step
from ui.session import kept_edits
from ui.shell import waiting
from ui.window.window import Window


@pytest.fixture
def folder(tmp_path: Path, qapp: QApplication) -> Path:
    return tmp_path / "recovery"


@contextmanager
def begun(folder: Path, resumes: bool = True) -> Iterator[Window]:
    """A window as the program opens it."""
    with opened_window() as window:
        window.documents.careful = True
        window.left_off.begin(folder, resumes=resumes)
        hands.until(lambda: is_ready(window), "it is not ready")
        yield window


def is_ready(window: Window) -> bool:
    """Whether what was left is read, on show and kept."""
    is_restoring = window.autosave.restoring is not None
    return window.session.is_up_to_date and window.autosave.job is None and not is_restoring


def train(window: Window, epochs: int) -> None:
    window.session.ask(lambda trainer: trainer.advance(epochs=epochs))
    hands.until(lambda: snapshot(window).epoch >= epochs, "nothing is trained")


def scroll_bar(window: Window):
    return window.docks.docks["data"].findChild(QScrollArea).verticalScrollBar()


def test_the_next_window_is_as_the_last_one_was(qtbot, folder: Path) -> None:
    with begun(folder) as first:
        set_rate(first, 0.125)
        train(first, 5)
        first.wiring.set_speed(20.0)
        scroll_bar(first).setValue(40)
        first.session.play()
        hands.until(lambda: first.session.is_running, "it does not train")
        first.close()
        assert not first.isVisible() and first.findChild(QMessageBox) is None
        end = first.session.report.present.step
    (left,) = find_recoverable(folder)
    assert left.note.left and not left.note.saved
    with begun(folder) as second:
        assert "where you left off" in second.messages.strip.said.text
        assert second.session.experiment.training.learning_rate == 0.125
        assert step(second) >= end and not second.session.is_running
        assert second.work.modified and second.parts.transport.speed == 20.0
        hands.until(lambda: scroll_bar(second).value() == 40, "the panel is not scrolled as it was")
        moments = [second.session.ask(lambda trainer: replay_to(trainer.run, 30).state.step).result(10)]
        assert moments == [30], "its past is there too"
        hands.until(lambda: second.autosave.restoring is None, "this window does not keep it")
        assert find_recoverable(folder) == []
        hands.click(second.messages.strip.remedy)
        assert settle(qtbot, second).step == 0
        # Else it asks about the work that only undo would bring back now.
        second.documents.careful = False


def test_nothing_else_is_shown_before_it(folder: Path) -> None:
    def colours(window: Window) -> set[str]:
        image = window.grab().toImage()
        return {image.pixelColor(x, y).name() for x in range(4, 1270, 9) for y in range(4, 790, 9)}

    with begun(folder) as first:
        train(first, 5)
    with opened_window() as second:
        second.left_off.begin(folder, resumes=True)
        assert len(colours(second)) == 1
        hands.until(lambda: len(colours(second)) > 10, "it stays covered")
        assert snapshot(second).epoch == 5
        hands.until(lambda: is_ready(second), "it is not ready")


def test_the_undo_history_comes_back(qtbot, folder: Path) -> None:
    with begun(folder) as first:
        first.documents.new()
        hands.until(lambda: first.session.history.done, "nothing is opened")
        set_rate(first, 0.125)
        first.session.edit(first.session.experiment.with_({"layers.0.units": 2}))
        train(first, 2)
        weight = first.session.ask(lambda trainer: float(trainer.parameters()["b0"][0])).result(10)
        first.session.set_weight("b0", (0,), 3.0, "bias of the first unit")
        first.session.reseed()
        set_rate(first, 0.25)
        first.session.undo()
        settle(qtbot, first)
        labels = [edit.label for edit in first.session.history.done]
    with begun(folder) as second:
        session = second.session
        assert [edit.label for edit in session.history.done] == labels[-4:], "as far as something was opened"
        assert [edit.label for edit in session.history.undone] == ["learning rate 0.25"]
        hands.key_in(second, "Ctrl+Shift+Z")
        assert settle(qtbot, second).learning_rate == 0.25
        hands.key_in(second, "Ctrl+Z", "Ctrl+Z")
        now = settle(qtbot, second)
        assert (now.step, session.experiment.seed) == (0, first.session.experiment.seed - 1)
        assert "training starts again from the initial weights" in second.messages.strip.said.text
        hands.key_in(second, "Ctrl+Z")
        settle(qtbot, second)
        assert session.ask(lambda trainer: float(trainer.parameters()["b0"][0])).result(10) == weight
        units = session.experiment.layers[0].units
        hands.key_in(second, "Ctrl+Z", "Ctrl+Z")
        settle(qtbot, second)
        assert units == 2 and session.experiment.layers[0].units > 2 and not session.history.done
        assert session.experiment.training.learning_rate != 0.125


def test_points_of_ones_own_keep_their_tile_while_other_data_are_shown(folder: Path) -> None:
    mine = to_own_points(Moons(points=60))
    with begun(folder) as first:
        first.session.edit(first.session.experiment.with_({"data": mine}))
        # Undo goes no farther back than to what was opened.
        first.documents.new()
        hands.until(lambda: first.session.experiment.data != mine, "nothing is opened")
        # Else it asks about the work that only undo would bring back now.
        first.documents.careful = False
    for _ in range(2):
        with begun(folder) as later:
            hands.until(lambda window=later: window.parts.data.own_tile is not None, "there is no tile")
            assert later.session.experiment.data != mine
    with begun(folder) as last:
        hands.click(hands.control(last, "data.kind.points"))
        assert last.session.experiment.data == mine
    with begun(folder) as last:
        hands.until(lambda: last.session.experiment.data == mine, "the points are gone")
        assert last.parts.data.own_tile.isChecked()


def test_work_is_left_although_its_undo_history_cannot_be(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise RuntimeError("broken")

    monkeypatch.setattr(kept_edits, "write_edits", fail)
    with begun(folder) as first:
        set_rate(first, 0.125)
    with begun(folder) as second:
        assert second.session.experiment.training.learning_rate == 0.125 and not second.session.history.done


def test_the_earlier_moment_that_was_shown_comes_back(folder: Path) -> None:
    with begun(folder) as first:
        train(first, 5)
        first.session.past.look_at(20)
        hands.until(lambda: first.session.report.past is not None and first.session.report.past.is_exact, "not there")
    with begun(folder) as second:
        hands.until(
            lambda: second.session.report.past is not None and second.session.report.past.is_exact, "it is not there"
        )
        assert second.session.report.past.asked == step(second) == 20
        assert second.session.report.present.epoch == 5


def test_the_other_future_of_a_branch_comes_back_and_can_be_returned_to(qtbot, folder: Path) -> None:
    def parameters(window: Window) -> np.ndarray:
        return window.session.ask(lambda trainer: trainer.state.parameters.copy()).result(10)

    with begun(folder) as first:
        train(first, 5)
        whole, end = parameters(first), step(first)
        first.session.past.look_at(20)
        hands.until(lambda: first.session.past.shown is not None, "nothing earlier is shown")
        first.session.past.branch()
        hands.until(lambda: first.session.past.other_future is not None, "there is no other future")
        set_rate(first, 0.125)
        first.session.step()
        hands.until(lambda: first.session.is_up_to_date and step(first) == 21, "it makes no step")
        other = first.session.past.other_future
    for _ in range(2):
        # It is left by a window that only had it brought back, too.
        with begun(folder) as second:
            hands.until(lambda second=second: second.session.past.other_future is not None, "it has not come back")
            now = second.session.past.other_future
            assert (
                (now.begun.step, now.now.step, now.left_by) == (20, end, "branch") == (other.begun.step, end, "branch")
            )
            assert step(second) == 21
    with begun(folder) as third:
        hands.until(lambda: third.session.past.other_future is not None, "it has not come back")
        third.session.past.return_to_other_future()
        hands.until(lambda: third.session.is_up_to_date and step(third) == end, "it is not returned to")
        np.testing.assert_array_equal(parameters(third), whole)
        hands.until(lambda: third.session.past.other_future.now.step == 21, "the branch is not the other one")
        hands.key_in(third, "Ctrl+Z")
        hands.until(lambda: third.session.is_up_to_date and step(third) == 21, "the branch does not come back")
    with begun(folder) as last:
        hands.key_in(last, "Ctrl+Z", "Ctrl+Z")
        hands.until(lambda: last.session.is_up_to_date and step(last) == end, "undo does not lead back")
        np.testing.assert_array_equal(parameters(last), whole)
    assert len([path for path in folder.iterdir() if path.suffix == ".other"]) <= 1


def test_an_edit_before_the_work_is_there_stays_in_the_present(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with begun(folder) as first:
        train(first, 5)
        first.session.past.look_at(20)
        hands.until(lambda: first.session.report.past is not None and first.session.report.past.is_exact, "not there")
    monkeypatch.setattr(waiting, "_AT_ONCE_MILLISECONDS", hands.PATIENCE)
    with opened_window() as second:
        second.left_off.begin(folder, resumes=True)
        assert "where you left off" in second.messages.strip.said.text
        set_rate(second, 0.5)
        hands.until(lambda: second.session.is_up_to_date and second.session.report.present.epoch == 5, "not there")
        assert not second.session.past.looks_back and snapshot(second).learning_rate == 0.5


def test_closing_while_left_work_is_read_leaves_it_where_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with begun(folder) as first:
        train(first, 3)
    (left,) = find_recoverable(folder)
    go_on = threading.Event()

    def load(found: RecoverableWork) -> Document:
        go_on.wait(10)
        return load_document(found.document)

    real = RecoverableWork.load
    monkeypatch.setattr(RecoverableWork, "load", load)
    monkeypatch.setattr(waiting, "_AT_ONCE_MILLISECONDS", 1)
    for _ in range(2):
        go_on.clear()
        with opened_window() as window:
            window.documents.careful = True
            window.left_off.begin(folder, resumes=True)
            assert window.autosave.is_reading
            reads = threading.Timer(0.2, go_on.set)
            reads.start()
            window.close()
            reads.join()
            assert not window.isVisible()
        assert find_recoverable(folder) == [left], "neither a blank run nor an attempt counts"
    monkeypatch.setattr(RecoverableWork, "load", real)
    with begun(folder) as last:
        assert snapshot(last).epoch == 3


def test_a_document_comes_back_with_its_file(
    qtbot, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []

    def load(found: RecoverableWork) -> Document:
        readers.append(threading.current_thread())
        return load_document(found.document)

    monkeypatch.setattr(RecoverableWork, "load", load)
    with begun(folder) as first:
        train(first, 2)
        first.documents.save_to(tmp_path / "mine.playground")
        hands.until(lambda: not first.documents.saves.busy and not first.work.modified, "it is not saved")
    with begun(folder) as second:
        assert second.work.path == tmp_path / "mine.playground" and not second.work.modified
        assert readers and threading.main_thread() not in readers, "a large table would freeze the window"
    with begun(folder, resumes=False) as third:
        assert step(third) == 0 and third.work.path is None, "something else was asked for"
    assert len(find_recoverable(folder)) == 1, "what its file holds is not left twice"


def test_switched_off_closing_asks_as_before(folder: Path) -> None:
    with begun(folder) as window:
        window.left_off.toggle()
        set_rate(window, 0.125)
        window.close()
        assert window.isVisible() and window.findChild(QMessageBox, "changes.question") is not None
        window.findChild(QMessageBox).reject()
        window.documents.careful = False
    assert find_recoverable(folder) == []


def test_what_can_not_be_kept_is_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with begun(folder) as window:
        set_rate(window, 0.125)

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(window.autosave.slot, "leave", fail)
        hands.until(lambda: "Ready" in window.messages.status.text(), "the status is not shown")
        window.close()
        window.documents.careful = False
        assert window.isVisible() and "No space left" in window.messages.strip.said.text
        assert "Ready" in window.messages.status.text() and window.autosave.timer.isActive()
