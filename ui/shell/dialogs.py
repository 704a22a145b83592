"""Asking for a file's name, and whether changes are to be saved. No dialog stops the program while it is open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from playground.files.atomic import previous_path
from ui.forms.buttons import identify

_ALL_FILES = "All files (*)"
FOLDER = "files/folder"
"""The setting that keeps the folder in which a file was chosen last."""


def ask_to_open(parent: QWidget, title: str, kinds: list[str], then: Callable[[str], object]) -> None:
    """Let the person choose a file that exists; `kinds` are like "Tables (*.csv *.tsv)"."""
    dialog = _file_dialog(parent, title, [*kinds, _ALL_FILES], then)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()


def ask_to_save(parent: QWidget, title: str, name: str, kinds: list[str], then: Callable[[str], object]) -> QFileDialog:
    """Let the person choose where to save; what they leave out at the name's end follows from the kind they chose."""
    dialog = _file_dialog(parent, title, kinds, then)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(name)
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(suffix_of(kind)))
    dialog.setDefaultSuffix(suffix_of(next((kind for kind in kinds if Path(name).suffix in kind), kinds[0])))
    dialog.open()
    return dialog


def _file_dialog(parent: QWidget, title: str, kinds: list[str], then: Callable[[str], object]) -> QFileDialog:
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


class _Answer(NamedTuple):
    """One of the buttons of a question."""

    text: str
    role: QMessageBox.ButtonRole
    tip: str
    then: Callable[[], object]


def ask_about_changes(parent: QWidget, name: str, save: Callable[[], object], discard: Callable[[], object]) -> None:
    """Ask whether changes are to be saved before they would be lost."""
    roles = QMessageBox.ButtonRole
    ask(
        parent,
        "changes.question",
        "Save changes?",
        f"Save the changes to {name}?",
        "What was changed or trained since it was last saved is lost otherwise.",
        (
            _Answer("Save", roles.AcceptRole, "Saves first.", save),
            _Answer("Discard", roles.DestructiveRole, "Goes on without saving.", discard),
        ),
    )


def ask_about_replacing(parent: QWidget, path: Path, save_as: Callable[[], object], save: Callable[[], object]) -> None:
    """Ask what to do about a file that another program has changed since it was opened."""
    roles = QMessageBox.ButtonRole
    ask(
        parent,
        "replacing.question",
        "Replace the file?",
        f"{path.name} was changed by another window or program since it was opened here.",
        f"If it is replaced, what it holds now is kept as {previous_path(path).name}.",
        (
            _Answer("Save as…", roles.AcceptRole, "Leaves the file as it is and asks for another one.", save_as),
            _Answer("Replace", roles.DestructiveRole, "Saves what there is in this window.", save),
        ),
    )


def ask(parent: QWidget, name: str, title: str, words: str, details: str, answers: Sequence[_Answer]) -> None:
    """Ask something. The first answer is the usual one; Cancel and Escape do nothing."""
    question = QMessageBox(parent)
    question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    question.setObjectName(name)
    question.setIcon(QMessageBox.Icon.Warning)
    question.setWindowTitle(title)
    question.setTextFormat(Qt.TextFormat.PlainText)
    question.setText(words)
    question.setInformativeText(details)
    cancel = _Answer("Cancel", QMessageBox.ButtonRole.RejectRole, "Goes back.", lambda: None)
    buttons = []
    for text, role, tip, then in (*answers, cancel):
        button = question.addButton(text, role)
        identify(button, spoken=text, hint=tip)
        button.clicked.connect(lambda _=False, then=then: then())
        buttons.append(button)
    question.setDefaultButton(buttons[0])
    question.setEscapeButton(buttons[-1])
    question.open()
