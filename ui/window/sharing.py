"""Sharing of experiments, links and points through the clipboard, files, and drag and drop."""

from __future__ import annotations

from pathlib import Path

import msgspec
from PySide6.QtCore import QMimeData, QObject, QUrl
from PySide6.QtGui import QGuiApplication

from playground import InputError
from playground.catalog.datasets.own_points import to_own_points
from playground.catalog.datasets.table import Table
from playground.experiment.text import experiment_from_text, experiment_text
from playground.experiment.words import error_words
from playground.files.names import file_name
from playground.interop.opening import TABLE_SUFFIXES, Opened, is_table, own_title
from playground.interop.tfplayground import NoLinkError, is_link, link_of

from .desk import Desk
from .documents import Documents
from .window_parts import WindowParts


class Sharing(QObject):
    """Takes what is pasted or dropped into a window, and copies its experiment as text."""

    def __init__(self, desk: Desk, parts: WindowParts, documents: Documents) -> None:
        super().__init__(desk)
        self.desk, self.parts, self.documents = desk, parts, documents

    def copy_experiment(self) -> None:
        """Put the experiment on the clipboard as the text of an experiment file, with the points of a table."""
        experiment = self.desk.session.experiment
        try:
            if isinstance(experiment.data, Table):
                experiment = msgspec.structs.replace(experiment, data=to_own_points(experiment.data))
        except InputError as error:
            self.desk.refuse(f"{error_words(error, experiment)} Nothing was copied.")
            return
        QGuiApplication.clipboard().setText(experiment_text(experiment))
        self.desk.say("Copied the experiment as text. Ctrl+V pastes it into any playground.")

    def copy_link(self) -> None:
        """Put a link to playground.tensorflow.org with the same run on the clipboard, or say what prevents it."""
        try:
            QGuiApplication.clipboard().setText(link_of(self.desk.session.experiment))
        except NoLinkError as error:
            self.desk.refuse(f"Nothing was copied. {error}")
        else:
            self.desk.say("Copied a link to playground.tensorflow.org that gives exactly this run.")

    def ask_export(self) -> None:
        """Let the person choose a file for the exact points."""
        name = file_name(f"{own_title(self.desk.session.experiment)} points", ".csv")
        self.desk.ask_to_save("Export the points", name, ["Tables (*.csv)"], self.parts.data.own_data.export_points)

    def takes(self, mime: QMimeData) -> bool:
        """Return whether something dragged over the window may be dropped."""
        return bool(mime.hasUrls() or mime.hasText())

    def take(self, mime: QMimeData) -> None:
        """Open or import what was dropped: the first of several files, an address, or a text."""
        if mime.hasUrls() and mime.urls()[0].isLocalFile():
            self._take_file(mime.urls()[0].toLocalFile())
        else:
            # As it was written: a seed may have encoded signs.
            address = mime.urls()[0].toString(QUrl.ComponentFormattingOption.FullyEncoded) if mime.hasUrls() else ""
            self._take_text(address or mime.text(), "the dropped text")

    def ask_import(self) -> None:
        """Let the person choose a table."""
        self.desk.ask_to_open("Import points", ["Tables (*.csv *.tsv *.txt)"], self.parts.data.own_data.import_file)

    def _take_file(self, path: str) -> None:
        if Path(path).suffix.lower() in TABLE_SUFFIXES and is_table(Path(path)):
            self.parts.data.own_data.import_file(path)
        else:
            self.documents.open(path)

    def paste(self) -> None:
        """Take what is on the clipboard: an experiment, a link, a file, or cells with points."""
        # There is none where nothing was copied yet, or the clipboard can't be reached.
        mime = QGuiApplication.clipboard().mimeData() or QMimeData()
        if mime.hasUrls() and mime.urls()[0].isLocalFile():
            self._take_file(mime.urls()[0].toLocalFile())
        else:
            self._take_text(mime.text(), "the clipboard")

    def _take_text(self, text: str, source: str) -> None:
        if text.lstrip().startswith("{"):
            self._take_experiment(text, source)
        elif is_link(text):
            self.documents.open(text)
        else:
            self.parts.data.own_data.take_cells(text, source)

    def _take_experiment(self, text: str, source: str) -> None:
        self.documents.read(
            f"The experiment in {source}",
            lambda: Opened(experiment_from_text(text)),
            lambda found: self.documents.take("a shared experiment", found),
        )
