"""Autosave and recovery, with windows in processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtWidgets import QMessageBox

from playground import Document, Trainer
from playground.files.patches import patches_path
from playground.interop.opening import load_preset
from playground.storage.document import document_bytes, load_document, save_document
from playground.storage.recovery import WorkNote, WorkSlot, documents_set_aside, find_recoverable
from tests.ui import hands
from tests.ui.windows import opened_window, set_rate
from ui.session import trainers
from ui.window.window import Window

ROOT = Path(__file__).parent.parent.parent.parent
WORK = """
import sys
from pathlib import Path
import msgspec
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from ui.look import theme
from ui.window.window import Window
app = QApplication([])
theme.apply(app, "light")
window = Window()
window.show()
window.autosave.timer.setInterval(50)
experiment = window.session.experiment
training = msgspec.structs.replace(experiment.training, learning_rate=0.125)
window.session.edit(msgspec.structs.replace(experiment, training=training), "learning rate")
window.session.play()

def look():
    if window.session.report is None or window.session.report.snapshot.step == 0:
        return
    if window.autosave.slot is None:
        window.autosave.begin(Path(sys.argv[1]))
    elif window.autosave.slot.document.exists():
        print("kept", flush=True)

looks = QTimer(interval=20)
looks.timeout.connect(look)
looks.start()
app.exec()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recovery"


def steps_kept(document: Document) -> list[int]:
    """The steps of the checkpoints of its past."""
    assert document.past is not None
    return [kept.step for stretch in document.past.stretches for kept in stretch.kept]


def step(window: Window) -> int:
    return window.session.report.snapshot.step


def killed_window(folder: Path, tmp_path: Path) -> None:
    """A window in a process of its own that trains, keeps its work, and is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, str(folder)],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"kept"
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    process.stdout.close()


@pytest.fixture
def other(qtbot, window: Window) -> Iterator[Window]:
    """A window that has shown its first moment."""
    qtbot.waitUntil(lambda: window.session.report is not None)
    yield window


def leave(folder: Path, content: bytes | None = None, origin: str = "") -> Trainer:
    """Work that a process which died has left, without the process."""
    trainer = Trainer(load_preset("xor"), engine="reference")
    trainer.advance(epochs=3)
    slot = WorkSlot(folder)
    slot.write(document_bytes(trainer.document()) if content is None else content, WorkNote("Left over", origin))
    slot.lock.release()
    return trainer


def test_the_work_of_a_killed_window_is_offered_and_recovered(
    qtbot, other: Window, folder: Path, tmp_path: Path
) -> None:
    killed_window(folder, tmp_path)
    before = other.session.experiment
    other.autosave.begin(folder)
    assert "closed unexpectedly" in other.messages.strip.text.text()
    assert other.session.experiment == before
    hands.click(other.messages.strip.remedy)
    qtbot.waitUntil(lambda: other.autosave.restoring is None)
    assert other.session.experiment.training.learning_rate == 0.125
    assert step(other) > 0
    assert other.work.modified
    # It stays recoverable: this window keeps it now.
    assert load_document(other.autosave.slot.document).experiment.training.learning_rate == 0.125
    assert find_recoverable(folder) == []
    # With the steps of its undo history after its own opening.
    assert [edit.label for edit in other.session.history.done][1:] == ["learning rate"]
    hands.click(other.messages.strip.remedy)
    assert other.session.experiment == before and other.session.history.done == []


def test_what_is_recovered_is_as_it_was_with_its_undo_history(folder: Path) -> None:
    with opened_window() as first:
        first.autosave.begin(folder)
        hands.until(lambda: first.session.is_up_to_date, "nothing is shown")
        first.wiring.set_speed(20.0)
        start = first.session.experiment
        set_rate(first, 0.125)
        first.session.edit(first.session.experiment.with_({"layers.0.units": 2}))
        first.session.ask(lambda trainer: trainer.advance(epochs=3)).result(30)
        first.session.set_weight("b0", (0,), 3.0, "bias of the first unit")
        first.session.undo()
        hands.until(lambda: first.session.is_up_to_date, "it is not undone")
        labels = [edit.label for edit in first.session.history.done]
        slot = first.autosave.slot
        assert slot is not None
        first.autosave.keep()
        hands.until(lambda: slot.document.exists() and first.autosave.job is None, "it is not kept")
        slot.lock.release()
        (found,) = find_recoverable(folder)

        with opened_window() as second:
            second.autosave.begin(folder)
            set_rate(second, 0.25)
            second.autosave.recover(found)
            hands.until(lambda: second.autosave.restoring is None and second.session.is_up_to_date, "not recovered")
            assert second.parts.transport.speed == 20.0 and not second.session.is_running
            history = second.session.history
            assert [edit.label for edit in history.done][2:] == labels[-2:]
            assert [edit.label for edit in history.undone] == ["bias of the first unit"]
            assert len({edit.number for edit in (*history.done, *history.undone)}) == 5
            hands.key_in(second, "Ctrl+Shift+Z")
            assert second.session.ask(lambda trainer: float(trainer.parameters()["b0"][0])).result(10) == 3.0
            hands.key_in(second, "Ctrl+Z", "Ctrl+Z", "Ctrl+Z")
            assert second.session.experiment.training.learning_rate == start.training.learning_rate
            hands.key_in(second, "Ctrl+Z")
            assert second.session.experiment.training.learning_rate == 0.25, "what was open before is not lost"
            second.documents.careful = False
        slot.lock.acquire()


def test_a_file_that_was_saved_later_is_not_replaced_unasked(
    qtbot, other: Window, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.playground"
    trainer = leave(folder, origin=str(file))
    save_document(file, Trainer(load_preset("circle"), engine="reference").document())
    later = find_recoverable(folder)[0].time + 60
    os.utime(file, (later, later))
    saved = file.read_bytes()
    other.autosave.begin(folder)
    assert "The file itself was saved after that." in other.messages.strip.text.text()
    hands.click(other.messages.strip.remedy)
    qtbot.waitUntil(lambda: step(other) == trainer.state.step)
    other.documents.save()
    question = other.findChild(QMessageBox, "replacing.question")
    assert question is not None and file.read_bytes() == saved
    question.reject()


def test_what_the_strip_offers_stays_at_another_size(qtbot, other: Window, folder: Path) -> None:
    leave(folder)
    other.autosave.begin(folder)
    other.zoom_to(1.25)
    qtbot.waitUntil(other.messages.strip.isVisible)
    assert "closed unexpectedly" in other.messages.strip.text.text()
    hands.click(other.messages.strip.remedy)
    assert other.session.experiment.name == load_preset("xor").name


def test_nobody_is_forced_to_recover(qtbot, other: Window, folder: Path) -> None:
    leave(folder)
    other.autosave.begin(folder)
    other.messages.dismiss()
    other.session.step()
    qtbot.waitUntil(lambda: step(other) == 1)
    assert [one.note.title for one in find_recoverable(folder)] == ["Left over"]
    assert "Recover" in [action.text().replace("&", "") for action in other.menus.all[0].actions()]


def test_after_two_failed_attempts_the_start_is_empty_and_the_file_is_kept(qtbot, other: Window, folder: Path) -> None:
    leave(folder, b"damaged")
    other.autosave.begin(folder)
    for words in ("You can try again", "the file is kept"):
        other.autosave.recover(find_recoverable(folder)[0])
        assert words in other.messages.strip.text.text()
    assert find_recoverable(folder) == []
    (kept,) = documents_set_aside(folder)
    assert kept.read_bytes() == b"damaged"


def test_work_is_kept_only_when_there_is_something_new(qtbot, other: Window, folder: Path) -> None:
    other.autosave.begin(folder)
    other.autosave.keep()
    qtbot.waitUntil(lambda: other.autosave.job is None)
    slot = other.autosave.slot
    assert slot is not None and not slot.document.exists()
    other.session.step()
    qtbot.waitUntil(lambda: step(other) == 1)
    other.autosave.keep()
    qtbot.waitUntil(lambda: slot.document.exists() and other.autosave.job is None)
    assert load_document(slot.document).checkpoints["present"].state.step == 1


def test_only_what_is_new_is_written_and_the_whole_past_is_recovered(qtbot, other: Window, folder: Path) -> None:
    other.autosave.begin(folder)
    slot = other.autosave.slot
    assert slot is not None
    patches = patches_path(slot.document)
    for epochs, file in ((400, slot.document), (20, patches)):
        other.session.ask(lambda trainer, epochs=epochs: trainer.advance(epochs=epochs))
        qtbot.waitUntil(lambda: other.session.is_up_to_date)
        other.autosave.keep()
        qtbot.waitUntil(lambda file=file: file.exists() and other.autosave.job is None, timeout=60_000)
    assert patches.stat().st_size < slot.document.stat().st_size / 2
    slot.lock.release()

    (found,) = find_recoverable(folder)
    document, answers = found.load(), list[Document]()
    other.session.ask_document(answers.append)
    qtbot.waitUntil(lambda: answers != [])
    assert document.present.state.step == step(other)
    assert steps_kept(document) == steps_kept(answers[0]) and len(steps_kept(document)) > 5
    slot.lock.acquire()


def test_what_is_saved_need_not_be_recovered(qtbot, other: Window, folder: Path, tmp_path: Path) -> None:
    other.autosave.begin(folder)
    other.session.step()
    qtbot.waitUntil(lambda: step(other) == 1)
    other.autosave.keep()
    slot = other.autosave.slot
    assert slot is not None
    qtbot.waitUntil(lambda: slot.document.exists() and other.autosave.job is None)
    other.documents.save_to(tmp_path / "mine.playground")
    qtbot.waitUntil(lambda: not slot.document.exists())


def test_closing_leaves_nothing_behind(qtbot, other: Window, folder: Path) -> None:
    other.autosave.begin(folder)
    other.session.step()
    qtbot.waitUntil(lambda: step(other) == 1)
    other.autosave.keep()
    other.close()
    assert [path.name for path in folder.iterdir()] == []


def test_a_folder_that_can_not_be_made_is_told(other: Window, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    other.autosave.begin(tmp_path / "file" / "recovery")
    assert "Work can't be kept for recovery" in other.messages.strip.text.text()


def test_recovering_asks_nothing_and_is_undone(qtbot, other: Window, folder: Path) -> None:
    trainer = leave(folder)
    other.autosave.begin(folder)
    other.documents.careful = True
    training = msgspec.structs.replace(other.session.experiment.training, learning_rate=0.5)
    other.session.edit(msgspec.structs.replace(other.session.experiment, training=training), "learning rate")
    hands.click(other.messages.strip.remedy)
    qtbot.waitUntil(lambda: step(other) == trainer.state.step)
    assert other.findChild(QMessageBox) is None
    strip = other.messages.strip
    assert (strip.text.text(), strip.remedy.text()) == ("Recovered Left over.", "Undo")
    hands.click(strip.remedy)
    assert other.session.experiment.training.learning_rate == 0.5
    other.documents.careful = False


def test_training_that_no_file_holds_stays_kept(qtbot, other: Window, folder: Path, tmp_path: Path) -> None:
    other.autosave.begin(folder)
    other.session.step()
    qtbot.waitUntil(lambda: step(other) == 1)
    other.autosave.keep()
    slot = other.autosave.slot
    assert slot is not None
    qtbot.waitUntil(lambda: slot.document.exists() and other.autosave.job is None)
    # Settings alone, and an edit that is taken back.
    other.documents.save_to(tmp_path / "mine.json")
    qtbot.waitUntil(lambda: not other.documents.saves.busy)
    training = msgspec.structs.replace(other.session.experiment.training, learning_rate=0.5)
    other.session.edit(msgspec.structs.replace(other.session.experiment, training=training), "learning rate")
    other.session.undo()
    assert slot.document.exists()


def test_a_fault_in_taking_up_loses_nothing(
    qtbot, other: Window, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(folder)
    other.autosave.begin(folder)

    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(trainers, "resume", fail)
    other.autosave.recover(find_recoverable(folder)[0])
    qtbot.waitUntil(lambda: other.autosave.restoring is None)
    (found,) = find_recoverable(folder)
    assert found.note.attempts == 1
