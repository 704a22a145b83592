"""Opening and saving, as a person does it: through the dialogs, with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QWidget

from playground import save
from playground.catalog.datasets.own_points import UserPoints
from playground.files.names import file_name
from playground.interop.opening import load_preset
from tests.ui import hands
from tests.ui.window.test_sharing import text_of
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


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The person's folder for documents."""
    folder = tmp_path / "home" / "Documents"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder.parent))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder.parent / ".config"))
    return folder


def proposed(parent: QWidget) -> Path:
    """The file that the dialog proposes; the dialog is closed."""
    dialog = parent.findChild(QFileDialog)
    assert dialog is not None and dialog.isVisible()
    (path,) = dialog.selectedFiles()
    dialog.reject()
    dialog.setParent(None)
    return Path(path)


def every_way_to_save(window: Window) -> Iterator[Path]:
    """What all dialogs propose that ask where something goes."""
    window.documents.ask_save()
    yield proposed(window)
    window.sharing.ask_export()
    yield proposed(window)
    window.pictures.ask_save("boundary")
    yield proposed(window)
    for name in ("weights", "history", "points", "experiment", "numpy"):
        window.exports.ask(name, anyway=True)
        yield proposed(window)
    window.pictures.ask_animation()
    dialog = window.findChild(QDialog, "gif")
    hands.push(dialog, "gif.create")
    yield proposed(dialog)
    dialog.close()


def test_saving_starts_in_documents_with_a_clean_name(window: Window, documents: Path, chosen_last: Path) -> None:
    QSettings().remove(FOLDER)
    hands.drop(window, text_of('{"version": 1, "name": "CON/2: \\"spirals\\"? .playground"}'))
    names = [path.name for path in every_way_to_save(window) if path.parent == documents]
    assert names[:3] == [
        "CON 2 spirals.playground",
        "CON 2 spirals .playground points.csv",
        "CON 2 spirals .playground boundary.png",
    ]
    assert len(names) == 9
    assert all(file_name(Path(name).stem, Path(name).suffix) == name for name in names)


def test_saving_goes_on_in_the_folder_last_used(window: Window, documents: Path, chosen_last: Path) -> None:
    assert {path.parent for path in every_way_to_save(window)} == {chosen_last}
    chosen_last.rmdir()
    assert {path.parent for path in every_way_to_save(window)} == {documents}
    documents.rmdir()
    assert {path.parent for path in every_way_to_save(window)} == {documents.parent}


def test_a_document_is_saved_again_where_it_is(window: Window, documents: Path, tmp_path: Path) -> None:
    save(load_preset("xor"), tmp_path / "mine.json")
    window.documents.open(str(tmp_path / "mine.json"))
    window.documents.ask_save()
    assert proposed(window) == tmp_path / "mine.json"


def test_a_name_that_says_another_format_is_refused(window: Window, tmp_path: Path) -> None:
    window.exports.begin("weights", str(tmp_path / "net.pdf"), anyway=True)
    assert "its name must end in .npz" in window.messages.strip.text.text()
    window.parts.data.own_data.export_points(tmp_path / "points.svg")
    assert "its name must end in .csv or .tsv" in window.messages.strip.text.text()
    window.pictures.ask_animation()
    dialog = window.findChild(QDialog, "gif")
    dialog.create_file(str(tmp_path / "training.svg"))
    assert "its name must end in .gif" in dialog.message.text()
    dialog.close()
    assert not list(tmp_path.glob("*.*"))


def test_the_suffix_follows_from_the_kind_of_file() -> None:
    assert suffix_of("Tables (*.csv *.tsv)") == "csv"
    assert suffix_of("Experiments (*.json)") == "json"
