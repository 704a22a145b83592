"""Opening what takes long to read: beside the window, with progress, and so that it can be stopped."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QProgressBar

from playground import Document, Experiment, Trainer
from playground.catalog.datasets.table import Table
from playground.experiment.text import experiment_text
from playground.files.patches import read_patched
from playground.interop.opening import load_preset
from playground.storage.document import document_bytes, load_document
from playground.storage.recovery import RecoverableWork, WorkNote, WorkSlot, find_recoverable
from tests.ui import hands
from ui.shell import waiting
from ui.shell.waiting import Waiting
from ui.window.window import Window

ROWS = 150_000


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, opened_at_once: None) -> None:
    """The dialog is shown as soon as can be."""
    monkeypatch.setattr(waiting, "_AT_ONCE_MILLISECONDS", 1)
    monkeypatch.setattr(waiting, "SHOW_AFTER_MILLISECONDS", 1)


@pytest.fixture(scope="module")
def large_table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table that takes about a second to read."""
    path = tmp_path_factory.mktemp("tables") / "large.csv"
    path.write_text(
        "a,b,c\n" + "".join(f"{row % 977},{row % 1013},{'yes' if row % 3 else 'no'}\n" for row in range(ROWS))
    )
    return path


@pytest.fixture
def large(large_table: Path, tmp_path: Path) -> Path:
    """A small experiment file that names a large table, which has not been read before."""
    copy = tmp_path / "large.csv"
    copy.write_bytes(large_table.read_bytes())
    data = {"kind": "table", "path": "large.csv", "x1": "a", "x2": "b", "target": "c"}
    raw = msgspec.json.decode(experiment_text(Experiment(name="Large")))
    path = tmp_path / "large.json"
    path.write_bytes(msgspec.json.encode({**raw, "data": data}))
    return path


def dialog_of(qtbot, window: Window) -> Waiting:
    """The dialog, once it shows how far reading is."""

    def shows_progress() -> bool:
        dialog = window.findChild(Waiting)
        return dialog is not None and dialog.isVisible() and dialog.findChild(QProgressBar).value() > 0

    qtbot.waitUntil(shows_progress)
    return window.findChild(Waiting)


def test_the_window_goes_on_while_a_large_table_is_read(
    qtbot, trained: Window, large: Path, reading_goes_on: threading.Event
) -> None:
    step = trained.session.report.snapshot.step
    trained.documents.open(str(large))
    dialog_of(qtbot, trained)
    qtbot.waitUntil(lambda: trained.session.report.snapshot.step > step)
    reading_goes_on.set()
    qtbot.waitUntil(lambda: isinstance(trained.session.experiment.data, Table))
    assert trained.work.path == large
    qtbot.waitUntil(lambda: trained.findChild(Waiting) is None)


@pytest.mark.usefixtures("reading_goes_on")
def test_opening_can_be_cancelled(qtbot, trained: Window, large: Path) -> None:
    before = trained.session.experiment
    trained.documents.open(str(large))
    dialog = dialog_of(qtbot, trained)
    hands.push(dialog, "waiting.cancel")
    assert trained.messages.strip.text.text().endswith("large.json was not opened; nothing has changed.")
    qtbot.waitUntil(lambda: trained.findChild(Waiting) is None)
    assert trained.session.experiment == before and trained.work.path is None
    assert trained.messages.strip.said.tone == "event"


@pytest.mark.usefixtures("reading_goes_on")
def test_escape_cancels_what_was_pasted(qtbot, trained: Window, large: Path) -> None:
    before = trained.session.experiment
    text = large.read_text().replace('"large.csv"', f'"{large.parent / "large.csv"}"')
    QGuiApplication.clipboard().setText(text)
    trained.sharing.paste()
    hands.key(dialog_of(qtbot, trained), "Escape")
    qtbot.waitUntil(lambda: trained.findChild(Waiting) is None)
    assert trained.session.experiment == before


@pytest.mark.usefixtures("reading_goes_on")
def test_what_was_chosen_last_is_what_is_opened(qtbot, window: Window, large: Path) -> None:
    window.documents.open(str(large))
    window.documents.open("xor")
    qtbot.waitUntil(lambda: window.session.experiment.name == load_preset("xor").name)
    qtbot.waitUntil(lambda: window.findChild(Waiting) is None)
    assert window.session.experiment.name == load_preset("xor").name


@pytest.mark.parametrize("disk", ["full", "fine"])
def test_work_that_is_kept_while_a_recovery_is_being_read_does_not_end_it(
    qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: str
) -> None:
    trainer = Trainer(load_preset("xor"), engine="reference")
    trainer.advance(epochs=3)
    left = WorkSlot(tmp_path / "recovery")
    left.write(document_bytes(trainer.document()), WorkNote("Left over"))
    left.lock.release()
    window.autosave.begin(tmp_path / "recovery")
    slot, go_on, ended = window.autosave.slot, threading.Event(), threading.Event()
    assert slot is not None
    (found,) = find_recoverable(tmp_path / "recovery")
    keep = slot.write

    def slowly(found: RecoverableWork) -> Document:
        assert go_on.wait(hands.PATIENCE / 1000)
        return load_document(found.document)

    def write(content: bytes, note: WorkNote, other_future: Document | None) -> None:
        if disk == "full" and not go_on.is_set():
            ended.set()
            raise OSError(28, "No space left on device")
        keep(content, note, other_future)
        ended.set()

    monkeypatch.setattr(RecoverableWork, "load", slowly)
    monkeypatch.setattr(slot, "write", write)
    window.autosave.recover(found)
    window.session.step()
    qtbot.waitUntil(lambda: window.session.report.snapshot.step == 1)
    window.autosave.keep()
    qtbot.waitUntil(ended.is_set)
    qtbot.waitUntil(lambda: window.autosave.job is None)
    assert found.document.exists() and window.autosave.restoring is not None
    go_on.set()
    qtbot.waitUntil(lambda: window.autosave.restoring is None)
    assert window.session.experiment.name == load_preset("xor").name
    assert not found.document.exists()
    assert load_document(slot.document, read_patched).present.state.step == trainer.state.step


@pytest.mark.usefixtures("reading_goes_on")
def test_a_window_is_closed_while_something_is_opened(qtbot, window: Window, large: Path) -> None:
    window.documents.open(str(large))
    dialog_of(qtbot, window)
    window.close()
    assert not window.isVisible()
