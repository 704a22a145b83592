"""Output of responses and maps: the command that trains the same runs, and the numbers as a table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec
from PySide6.QtGui import QGuiApplication

from playground import InputError
from playground.experiment.words import error_words
from playground.files.errors import reason_of
from playground.files.names import file_name
from playground.interop.opening import own_title
from playground.interop.sweep_line import sweep_line
from playground.studies.response import Response

from ..session.responder import Asked
from .desk import Desk


class ResponseFiles:
    """Copies the commands and saves the numbers of responses and maps."""

    def __init__(self, desk: Desk, known: Mapping[str, Asked]) -> None:
        self.desk, self.known = desk, known

    def copy_line(self, name: str) -> None:
        """Put the command that trains a response, or the map, on the clipboard."""
        asked = self.known[name]
        if asked.beginning is not None:
            self.desk.refuse("A command always trains from the start. Set From to “the start” to copy one.")
            return
        starts = max(asked.starts, asked.whole_starts) if isinstance(asked, Response) else 1
        try:
            line = sweep_line(msgspec.structs.replace(asked.study, seeds=starts))
        except InputError as error:
            self.desk.refuse(error_words(error, self.desk.session.experiment))
            return
        QGuiApplication.clipboard().setText(line)
        self.desk.say("The command is on the clipboard; it gives the same numbers, digit for digit.")

    def ask_save(self, name: str) -> None:
        """Let the person choose where the numbers of a response, or of the map, go."""
        title = f"{own_title(self.desk.session.experiment)} {name.rpartition('.')[2].replace('_', ' ')}"
        save = partial(self.save, name)
        self.desk.ask_to_save("Save the numbers", file_name(title, ".csv"), ["Tables (*.csv)"], save)

    def save(self, name: str, path: str) -> None:
        """Write a row for every run that has ended."""
        try:
            self.known[name].results.to_csv(path)
        except OSError as error:
            self.desk.refuse(f"The numbers were not saved to {path}: {reason_of(error)}. Try another folder.")
        else:
            self.desk.say(f"The numbers were saved to {path}.")
