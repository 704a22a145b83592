"""Exports from the window: proven beside it, told about, and stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from playground.interop.export import formats, proof
from tests.ui import hands
from ui.window.window import Window


@pytest.fixture
def window(window_for: Window) -> Window:
    """One window for all tests but those that ask for a new one."""
    return window_for


def train(qtbot, window: Window) -> None:
    """Train for an epoch."""
    window.session.epoch()
    qtbot.waitUntil(lambda: window.session.report is not None and window.session.report.snapshot.epoch == 1)


def export(qtbot, window: Window, name: str, path: Path) -> None:
    """Export, without the dialog that asks for the file."""
    window.exports.begin(name, str(path), anyway=True)
    qtbot.waitUntil(lambda: path.exists() and window.exports.job is None)


def test_a_script_is_proven_and_the_difference_is_told(qtbot, window: Window, tmp_path: Path) -> None:
    train(qtbot, window)
    export(qtbot, window, "numpy", tmp_path / "mine.py")
    assert "Exported to mine.py. Checked on" in window.messages.strip.text.text()
    assert "predictions" in window.messages.strip.text.text()


@pytest.mark.parametrize(("name", "begins"), [("weights", b"PK"), ("history", b"epoch,"), ("points", b"x1,x2,")])
def test_data_are_written_as_they_are(qtbot, window: Window, tmp_path: Path, name: str, begins: bytes) -> None:
    export(qtbot, window, name, tmp_path / "mine")
    assert (tmp_path / "mine").read_bytes().startswith(begins)


def test_every_format_is_in_the_menu(window: Window) -> None:
    names = [command.name for command in window.commands()]
    for chosen in formats.FORMATS.values():
        assert f"File: Export: {chosen.title} (*{chosen.suffix})…" in names


def test_without_its_library_a_format_says_what_to_install(window: Window, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    window.exports.ask("onnx")
    assert "pip install" in window.messages.strip.text.text() and "onnxruntime" in window.messages.strip.text.text()


def test_a_script_can_be_written_without_the_library_that_would_prove_it(
    qtbot, window: Window, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train(qtbot, window)
    monkeypatch.setattr(formats, "find_spec", lambda name: None)
    window.exports.ask("pytorch")
    assert "needs torch, which is not installed" in window.messages.strip.text.text()
    hands.click(window.messages.strip.remedy)
    dialog = window.findChild(QFileDialog, "file.dialog")
    assert dialog is not None and dialog.isVisible()
    dialog.fileSelected.emit(str(tmp_path / "mine.py"))
    qtbot.waitUntil(lambda: "Exported to mine.py. It was not proven." in window.messages.strip.text.text())
    assert "import torch" in (tmp_path / "mine.py").read_text()
    dialog.reject()


def test_a_proof_can_be_cancelled_and_nothing_is_written(
    qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proof, "PREDICTIONS", "import time; time.sleep(60)")
    window.exports.begin("numpy", str(tmp_path / "mine.py"), anyway=True)
    qtbot.waitUntil(lambda: window.exports.job is not None)
    window.exports.ask("numpy", anyway=True)
    assert "still being proven" in window.messages.strip.text.text()
    assert window.menus.action("export.cancel").isEnabled()
    window.menus.action("export.cancel").trigger()
    qtbot.waitUntil(lambda: window.exports.job is None)
    assert "was cancelled; nothing was written" in window.messages.strip.text.text()
    assert list(tmp_path.glob("*.py")) == []


@pytest.mark.usefixtures("new_window")
def test_closing_stops_a_proof(qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, "PREDICTIONS", "import time; time.sleep(60)")
    window.exports.begin("numpy", str(tmp_path / "mine.py"), anyway=True)
    qtbot.waitUntil(lambda: window.exports.job is not None)
    window.close()
    assert not window.isVisible()


def test_what_is_not_what_the_network_is_is_not_kept(
    qtbot, window: Window, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = proof.PREDICTIONS.replace("x[:, 0],", "1 + x[:, 0],")
    monkeypatch.setattr(proof, "PREDICTIONS", wrong)
    window.exports.begin("numpy", str(tmp_path / "mine.py"), anyway=True)
    qtbot.waitUntil(lambda: "its predictions differ from the network's" in window.messages.strip.text.text())
    assert list(tmp_path.glob("*.py")) == []


def test_a_place_that_can_not_be_written_to_is_told(qtbot, window: Window, tmp_path: Path) -> None:
    window.exports.begin("weights", str(tmp_path / "none" / "mine.npz"), anyway=True)
    qtbot.waitUntil(lambda: "Nothing was exported to" in window.messages.strip.text.text())


def test_an_untrained_network_is_exported_only_if_that_is_meant(window: Window) -> None:
    window.exports.ask("numpy")
    assert "has not been trained" in window.messages.strip.text.text()
    assert window.findChild(QFileDialog, "file.dialog") is None
    hands.click(window.messages.strip.remedy)
    dialog = window.findChild(QFileDialog, "file.dialog")
    assert dialog is not None and dialog.isVisible()
    dialog.reject()


def test_points_need_no_training(window: Window) -> None:
    window.exports.ask("points")
    dialog = window.findChild(QFileDialog, "file.dialog")
    assert dialog is not None and dialog.isVisible()
    dialog.reject()


def test_the_dialog_suggests_the_experiments_name(qtbot, window: Window) -> None:
    train(qtbot, window)
    window.exports.ask("weights")
    dialog = window.findChild(QFileDialog, "file.dialog")
    assert dialog is not None and dialog.isVisible()
    assert Path(dialog.selectedFiles()[0]).suffix == ".npz"
    dialog.reject()
