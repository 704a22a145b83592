"""What goes in and out beside documents: points."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ui.panels.data import DataPanel
from ui.shell.dialogs import ask_to_open, ask_to_save


class Files(QObject):
    """Asks for files of a window's points."""

    def __init__(self, window: QWidget, data: DataPanel) -> None:
        super().__init__(window)
        self.window, self.data = window, data

    def ask_import(self) -> None:
        """Let the person choose a table."""
        ask_to_open(self.window, "Import points", ["Tables (*.csv *.tsv *.txt)"], self.data.import_file)

    def ask_export(self) -> None:
        """Let the person choose where the exact points go."""
        ask_to_save(self.window, "Export the points", "points.csv", ["Tables (*.csv)"], self.data.export_points)
