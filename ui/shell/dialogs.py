"""Asking for a file's name, and whether changes are to be saved. No dialog stops the program while it is open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

ALL_FILES = "All files (*)"
FOLDER = "files/folder"
"""The setting that keeps the folder in which a file was chosen last."""


def ask_to_open(parent: QWidget, title: str, kinds: list[str], then: Callable[[str], object]) -> None:
    """Let the person choose a file that exists; `kinds` are like "Tables (*.csv *.tsv)"."""
    dialog = file_dialog(parent, title, [*kinds, ALL_FILES], then)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()


def ask_to_save(parent: QWidget, title: str, name: str, kinds: list[str], then: Callable[[str], object]) -> QFileDialog:
    """Let the person choose where to save; what they leave out at the name's end follows from the kind they chose."""
    dialog = file_dialog(parent, title, kinds, then)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(name)
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(suffix_of(kind)))
    dialog.setDefaultSuffix(suffix_of(next((kind for kind in kinds if Path(name).suffix in kind), kinds[0])))
    dialog.open()
    return dialog


def file_dialog(parent: QWidget, title: str, kinds: list[str], then: Callable[[str], object]) -> QFileDialog:
    """A dialog that opens where a file was chosen last."""
    settings = QSettings()
    dialog = QFileDialog(parent, title, str(settings.value(FOLDER, "")))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setObjectName("file.dialog")
    dialog.setNameFilters(kinds)

    def take(path: str) -> None:
        settings.setValue(FOLDER, str(Path(path).parent))
        then(path)

    dialog.fileSelected.connect(take)
    return dialog


def suffix_of(kind: str) -> str:
    """The first suffix of a kind of files, without its dot."""
    return kind.partition("*.")[2].partition(" ")[0].rstrip(")")


def ask_about_changes(parent: QWidget, name: str, save: Callable[[], object], discard: Callable[[], object]) -> None:
    """Ask whether changes are to be saved before they would be lost; Cancel and Escape do neither."""
    question = QMessageBox(parent)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setObjectName("changes.question")
    question.setIcon(QMessageBox.Icon.Warning)
    question.setWindowTitle("Save changes?")
    question.setText(f"Save the changes to {name}?")
    question.setInformativeText("What was changed or trained since it was last saved is lost otherwise.")
    kinds = QMessageBox.StandardButton
    question.setStandardButtons(kinds.Save | kinds.Discard | kinds.Cancel)
    question.setDefaultButton(kinds.Save)
    tips = {kinds.Save: "Saves first.", kinds.Discard: "Goes on without saving.", kinds.Cancel: "Goes back."}
    for kind, tip in tips.items():
        button = question.button(kind)
        button.setAccessibleName(button.text().replace("&", ""))
        button.setToolTip(tip)
    question.button(kinds.Save).clicked.connect(lambda: save())
    question.button(kinds.Discard).clicked.connect(lambda: discard())
    question.open()
