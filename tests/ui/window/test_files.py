"""Opening and saving, as a person does it: through the dialogs, with the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QFileDialog, QLineEdit

from playground.catalog.datasets.own_points import UserPoints
from tests.ui import hands
from ui.shell.dialogs import FOLDER, suffix_of
from ui.window.window import Window


@pytest.fixture(autouse=True)
def chosen_last(isolated_settings: None, tmp_path: Path) -> Path:
    """The folder in which a file was chosen last, where dialogs open."""
    folder = tmp_path / "files"
    folder.mkdir()
    QSettings().setValue(FOLDER, str(folder))
    return folder


def type_into_dialog(qtbot, window: Window, name: str) -> None:
    """Type a file's name into the dialog that is open, and press Enter."""
    dialog = window.findChild(QFileDialog)
    assert dialog is not None and dialog.isVisible()
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    line.clear()
    hands.type_text(name, line)
    offered = line.completer().popup()
    if offered.isVisible():
        # The list of names gets the keys while it is open.
        hands.key(offered, "Escape")
    hands.key(line, "Return")
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


@pytest.mark.parametrize("typed", ["mine", "mine.json"])
def test_what_is_saved_is_opened_through_the_dialogs(qtbot, window: Window, chosen_last: Path, typed: str) -> None:
    before, name = window.session.experiment, typed if "." in typed else f"{typed}.playground"
    window.documents.ask_save()
    type_into_dialog(qtbot, window, typed)
    qtbot.waitUntil(lambda: window.work.path == chosen_last / name)
    window.documents.open("xor")
    assert window.session.experiment != before
    hands.key(window, "Ctrl+O")
    type_into_dialog(qtbot, window, name)
    assert window.session.experiment == before


def test_points_are_exported_and_imported_through_the_dialogs(qtbot, window: Window, chosen_last: Path) -> None:
    window.sharing.ask_export()
    type_into_dialog(qtbot, window, "points.csv")
    assert (chosen_last / "points.csv").read_text().startswith("x1,x2,")
    hands.key(window, "Ctrl+I")
    type_into_dialog(qtbot, window, "points.csv")
    assert isinstance(window.session.experiment.data, UserPoints)


def test_dialogs_open_where_a_file_was_chosen_last(qtbot, window: Window, tmp_path: Path) -> None:
    window.documents.ask_save()
    dialog = window.findChild(QFileDialog)
    dialog.setDirectory(str(tmp_path))
    type_into_dialog(qtbot, window, "one.json")
    qtbot.waitUntil((tmp_path / "one.json").exists)
    window.documents.ask_open()
    dialog = window.findChild(QFileDialog)
    assert Path(dialog.directory().path()) == tmp_path
    dialog.reject()


def test_the_suffix_follows_from_the_kind_of_file() -> None:
    assert suffix_of("Tables (*.csv *.tsv)") == "csv"
    assert suffix_of("Experiments (*.json)") == "json"
