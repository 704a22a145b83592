"""The desk: what everything in the window works with, so that nothing has to know the window itself.

The session, the settings that are kept between runs, the docks, the messages, and the window as a place for dialogs.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QFileDialog, QMainWindow

from playground.measure.diagnosis import Remedy
from ui.session.session import Session
from ui.shell import dialogs
from ui.shell.docks import Docks
from ui.shell.messages import Messages


class Desk(QObject):
    """Gives the parts of a window what they share: session, settings, docks, messages, and questions to the person."""

    def __init__(self, window: QMainWindow, session: Session, settings: QSettings) -> None:
        super().__init__(window)
        self.window = window
        """What dialogs stand in front of; nothing else is known of it."""
        self.session, self.settings = session, settings
        self.docks = Docks(window)
        self.messages = Messages(window.statusBar())
        self.say, self.tell, self.refuse = self.messages.say, self.messages.tell, self.messages.refuse

    def ask_to_open(self, title: str, kinds: list[str], then: Callable[[str], object]) -> None:
        """Let the person choose a file that exists; `kinds` are like "Tables (*.csv *.tsv)"."""
        dialogs.ask_to_open(self.window, title, kinds, then)

    def ask_to_save(self, title: str, name: str, kinds: list[str], then: Callable[[str], object]) -> QFileDialog:
        """Let the person choose where to save."""
        return dialogs.ask_to_save(self.window, title, name, kinds, then)

    def take_remedy(self, remedy: Remedy) -> None:
        """Do what the diagnosis advises."""
        label = f"{remedy.label[:1].lower()}{remedy.label[1:]}"
        if remedy.reset:
            self.session.open(remedy.experiment, label)
        else:
            self.session.edit(remedy.experiment, label)
