"""Where you left off: the next window is as the last one was, paused, whether or not its work was saved."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox, QScrollArea

from playground import Document
from playground.run.replay import replay_to
from playground.storage.document import load_document
from playground.storage.recovery import find_recoverable
from tests.ui import hands
from tests.ui.windows import opened_window, set_rate, settle, snapshot, step
from ui.window import autosave
from ui.window.window import Window


@pytest.fixture
def folder(tmp_path: Path) -> Path:
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
        assert step(second) >= end and not second.session.is_running and not second.session.history.done
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


def test_a_document_comes_back_with_its_file(
    qtbot, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readers: list[threading.Thread] = []

    def load(path: Path) -> Document:
        readers.append(threading.current_thread())
        return load_document(path)

    monkeypatch.setattr(autosave, "load_document", load)
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
        window.close()
        assert window.isVisible() and "No space left" in window.messages.strip.said.text
        window.documents.careful = False
