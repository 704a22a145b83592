"""Dialogs that ask for a file or about unsaved changes. The program continues while they are open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSettings, QStandardPaths, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from playground.files.atomic import previous_path

from ..forms.buttons import identify

_ALL_FILES = "All files (*)"
FOLDER = "files/folder"
"""The setting that keeps the folder in which a file was chosen last."""


def ask_to_open(parent: QWidget, title: str, kinds: list[str], then: Callable[[str], object]) -> None:
    """Let the person choose a file that exists; `kinds` are like "Tables (*.csv *.tsv)"."""
    dialog = _file_dialog(parent, title, [*kinds, _ALL_FILES], then)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.open()


def ask_to_save(parent: QWidget, title: str, name: str, kinds: list[str], then: Callable[[str], object]) -> QFileDialog:
    """Let the person choose where to save; a missing suffix follows from the kind they chose."""
    dialog = _file_dialog(parent, title, kinds, then)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.selectFile(name)
    dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(suffix_of(kind)))
    dialog.setDefaultSuffix(suffix_of(next((kind for kind in kinds if Path(name).suffix in kind), kinds[0])))
    dialog.open()
    return dialog


def _file_dialog(parent: QWidget, title: str, kinds: list[str], then: Callable[[str], object]) -> QFileDialog:
    settings = QSettings()
    dialog = QFileDialog(parent, title, _first_folder(str(settings.value(FOLDER, ""))))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setObjectName("file.dialog")
    dialog.setNameFilters(kinds)

    def take(path: str) -> None:
        settings.setValue(FOLDER, str(Path(path).parent))
        then(path)

    dialog.fileSelected.connect(take)
    return dialog


def _first_folder(last: str) -> str:
    """Return the folder in which a dialog opens: that of the last one, else the person's documents."""
    places = (QStandardPaths.StandardLocation.DocumentsLocation, QStandardPaths.StandardLocation.HomeLocation)
    folders = (last, *map(QStandardPaths.writableLocation, places))
    return next((folder for folder in folders if folder and Path(folder).is_dir()), "")


def suffix_of(kind: str) -> str:
    """Return the first suffix of a kind of files, without its dot."""
    return kind.partition("*.")[2].partition(" ")[0].rstrip(")")


class _Question(QMessageBox):
    """Question whose first answer is the default; Cancel and Escape do nothing."""

    def __init__(self, parent: QWidget, name: str, title: str, words: str, details: str) -> None:
        super().__init__(QMessageBox.Icon.Warning, title, words, parent=parent, informativeText=details)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setObjectName(name)

    def offer(
        self,
        text: str,
        hint: str,
        then: Callable[[], object],
        role: QMessageBox.ButtonRole = QMessageBox.ButtonRole.AcceptRole,
    ) -> None:
        """Offer an answer and what it does."""
        button = identify(self.addButton(text, role), spoken=text, hint=hint)
        button.clicked.connect(lambda: then())
        if role == QMessageBox.ButtonRole.AcceptRole:
            self.setDefaultButton(button)

    def ask(self) -> None:
        """Show the question; the program goes on."""
        cancel = identify(
            self.addButton("Cancel", QMessageBox.ButtonRole.RejectRole), spoken="Cancel", hint="Returns to the window."
        )
        self.setEscapeButton(cancel)
        self.open()


def ask_about_changes(
    parent: QWidget, name: str, unsaved: str, save: Callable[[], object], discard: Callable[[], object]
) -> None:
    """Ask whether to save changes that would be lost; `unsaved` says which these are."""
    details = f"{unsaved} Unless you save, no file will contain these changes.".strip()
    question = _Question(parent, "changes.question", "Save changes?", f"Save the changes to {name}?", details)
    question.offer("Save", "Saves the changes first.", save)
    question.offer("Discard", "Closes the window without saving.", discard, QMessageBox.ButtonRole.DestructiveRole)
    question.ask()


def ask_about_left_work(
    parent: QWidget, name: str, unsaved: str, go_back: Callable[[], object], discard: Callable[[], object]
) -> None:
    """Ask, before the window closes, what to do about unsaved work after which something else was opened."""
    after = (
        "Something else was opened after it, and neither a file nor a kept run contains these changes: closing loses "
        "them. You can still go back to it, as with Ctrl+Z, and save it."
    )
    details = f"{unsaved} {after}".strip()
    question = _Question(parent, "changes.question", "Save changes?", f"{name} has unsaved changes.", details)
    question.offer("Go back to it", "Brings it back and keeps the window open.", go_back)
    question.offer("Discard", "Closes the window without saving it.", discard, QMessageBox.ButtonRole.DestructiveRole)
    question.ask()


def ask_about_forgetting(parent: QWidget, forget: Callable[[], object]) -> None:
    """Ask whether all kept runs are to be deleted for good."""
    details = "This can't be undone. Runs with a star go, too."
    question = _Question(parent, "forgetting.question", "Forget all runs?", "Delete all kept runs?", details)
    question.offer("Delete all", "Deletes all kept runs for good.", forget, QMessageBox.ButtonRole.DestructiveRole)
    question.ask()


def ask_about_replacing(parent: QWidget, path: Path, save_as: Callable[[], object], save: Callable[[], object]) -> None:
    """Ask what to do about a file that another program has changed since it was opened."""
    words = f"{path.name} was changed by another window or program since it was opened here."
    details = f"If you replace it, its present content is kept as {previous_path(path).name}."
    question = _Question(parent, "replacing.question", "Replace the file?", words, details)
    question.offer("Save as…", "Keeps the file and asks for another name.", save_as)
    question.offer("Replace", "Saves the content of this window.", save, QMessageBox.ButtonRole.DestructiveRole)
    question.ask()
