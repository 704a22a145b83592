"""What is opened and saved: experiments, points, and training as an animation."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from playground import InputError, save
from playground.presets import open_experiment
from ui.panels.data import DataPanel
from ui.session import Session
from ui.shell.messages import Banner

TABLES = (".csv", ".tsv", ".txt")
"""Files that are imported as points when they are dropped; others are opened."""


class Files(QObject):
    """Opens and saves for a window; what goes wrong stands in the banner, and changes nothing."""

    told = Signal(str)
    """What was written, in a sentence."""

    def __init__(self, window: QWidget, session: Session, data: DataPanel, banner: Banner) -> None:
        super().__init__(window)
        self.window, self.session, self.data, self.banner = window, session, data, banner

    def open(self, source: str) -> None:
        """Open an experiment file or a preset; if it is refused, say why and change nothing."""
        try:
            experiment = open_experiment(source)
        except InputError as error:
            self.banner.tell(f"{Path(source).name} was not opened; everything is as it was. {error}")
            return
        self.banner.hide()
        self.session.open(experiment, f"open {experiment.name or Path(source).stem}")

    def take(self, path: str) -> None:
        """Open a file that was dropped, or import it if it is a table."""
        if Path(path).suffix.lower() in TABLES:
            self.data.import_file(path)
        else:
            self.open(path)

    def save(self, path: str) -> None:
        """Save the experiment; if that fails, say why."""
        try:
            save(self.session.experiment, path)
        except OSError as error:
            self.banner.tell(f"The experiment was not saved to {path}: {error.strerror or error}. Try another folder.")

    def ask_open(self) -> None:
        """Let the person choose an experiment file."""
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Open an experiment", "", "Experiments (*.json);;All files (*)"
        )
        if path:
            self.open(path)

    def ask_save(self) -> None:
        """Let the person choose where to save the experiment."""
        path, _ = QFileDialog.getSaveFileName(
            self.window, "Save the experiment", "experiment.json", "Experiments (*.json)"
        )
        if path:
            self.save(path)

    def ask_import(self) -> None:
        """Let the person choose a table."""
        path, _ = QFileDialog.getOpenFileName(
            self.window, "Import points", "", "Tables (*.csv *.tsv *.txt);;All files (*)"
        )
        if path:
            self.data.import_file(path)

    def ask_animation(self) -> None:
        """Let the person choose how training becomes an animation."""
        # Not on the way to the first frame.
        from ui.window.animation import AnimationDialog

        dialog = AnimationDialog(self.session, self.window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.told.connect(self.told)
        dialog.show()

    def close(self) -> None:
        """End what is being made."""
        for dialog in self.window.findChildren(QDialog, "gif"):
            dialog.close()

    def ask_export(self) -> None:
        """Let the person choose where the exact points go."""
        path, _ = QFileDialog.getSaveFileName(self.window, "Export the points", "points.csv", "Tables (*.csv)")
        if path:
            self.data.export_points(path)
