"""The desk: the parts that all modules of the window share, so that none has to know the window itself."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QSettings
from PySide6.QtWidgets import QMainWindow

from playground.experiment.words import in_a_sentence
from playground.measure.diagnosis import Remedy

from ..session.session import Session
from ..shell import dialogs
from ..shell.docks import Docks
from ..shell.messages import Messages


class Desk(QObject):
    """The shared parts of a window: session, settings kept between runs, docks, messages and file dialogs."""

    def __init__(self, window: QMainWindow, session: Session, settings: QSettings) -> None:
        super().__init__(window)
        self.window = window
        """The parent of dialogs."""
        self.session, self.settings = session, settings
        self.docks = Docks(window)
        self.messages = Messages(window.statusBar(), self._take_found_remedy)
        self.ask_to_open = partial(dialogs.ask_to_open, window)
        self.ask_to_save = partial(dialogs.ask_to_save, window)
        self.say, self.tell, self.refuse = self.messages.say, self.messages.tell, self.messages.refuse

    def _take_found_remedy(self, remedy: Remedy) -> None:
        # A finding of before the latest change would take that change back.
        if self.session.is_up_to_date:
            self.take_remedy(remedy)

    def take_remedy(self, remedy: Remedy) -> None:
        """Apply a remedy of the diagnosis; say so if the run starts again with it."""
        label = in_a_sentence(remedy.label)
        if remedy.reset:
            if self.session.open(remedy.experiment, label):
                self.say(f"Started again: {label}.", ("Undo", self.session.undo))
        else:
            self.session.edit(remedy.experiment, label)
