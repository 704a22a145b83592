"""Pictures of the window's parts, for the clipboard and for files; training as an animation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QWidget

from playground import InputError
from playground.files.atomic import write_atomically
from playground.files.errors import reason_of
from playground.files.names import file_name
from playground.interop.opening import own_title

from ..session.commands import Report
from ..shell import imaging
from .desk import Desk
from .window_parts import WindowParts

_BOUNDARY = "boundary"
"""The part that is in no dock."""
_PATIENCE_MILLISECONDS = 5000
"""How long a part that was out of sight is given to show the present moment."""
_KINDS = {
    "PNG, twice the screen's resolution (*.png)": 2,
    "PNG, the screen's resolution (*.png)": 1,
    "PNG, four times the screen's resolution (*.png)": 4,
    "SVG, sharp at any size (*.svg)": 1,
}
"""The formats to choose from, and the pixels of each per pixel of the screen."""


class PictureSaver(QObject):
    """Copies and saves pictures of a window's parts. A part that is out of sight is shown first."""

    def __init__(self, desk: Desk, parts: WindowParts) -> None:
        super().__init__(desk)
        self.desk, self.parts = desk, parts
        self.waiting: list[tuple[str, Callable[[], object]]] = []
        """What waits for parts to be in sight and up to date."""
        self.patience = QTimer(self, interval=_PATIENCE_MILLISECONDS, singleShot=True)
        self.patience.timeout.connect(self._take_all)
        desk.session.reported.connect(self._look)
        desk.docks.copy_asked.connect(self.copy)
        desk.docks.save_asked.connect(self.ask_save)

    def titles(self) -> dict[str, str]:
        """Return names and titles of everything that can be saved as a picture."""
        return {_BOUNDARY: "Boundary", **{name: dock.accessibleName() for name, dock in self.desk.docks.docks.items()}}

    def part(self, name: str) -> QWidget:
        """Return the part with a name."""
        return self.parts.boundary if name == _BOUNDARY else self.desk.docks.docks[name].widget()

    def copy(self, name: str) -> None:
        """Put a picture on the clipboard, as pixels and as SVG."""
        self.when_seen(name, partial(self._copy_now, name))

    def _copy_now(self, name: str) -> None:
        title = self.titles()[name]
        QGuiApplication.clipboard().setMimeData(imaging.mime(self.part(name), title))
        self.desk.say(f"A picture of {title} is on the clipboard.")

    def ask_save(self, name: str) -> None:
        """Let the person choose where a picture goes, and in which format."""

        def save(path: str) -> None:
            self.save(name, path, _KINDS.get(dialog.selectedNameFilter(), 1))

        title = f"Save a picture of {self.titles()[name]}"
        picture = file_name(f"{own_title(self.desk.session.experiment)} {self.titles()[name].lower()}", ".png")
        dialog = self.desk.ask_to_save(title, picture, list(_KINDS), save)

    def save(self, name: str, path: str, scale: int = 1) -> None:
        """Write a picture as PNG or SVG, by the file's suffix."""
        self.when_seen(name, partial(self._save_now, name, Path(path), scale))

    def _save_now(self, name: str, path: Path, scale: int) -> None:
        title = self.titles()[name]
        try:
            content = imaging.encode_picture(self.part(name), path, scale, title)
            write_atomically(path, content)
        except InputError as error:
            self.desk.refuse(f"The picture was not saved to {path}: {error}.")
        except OSError as error:
            self.desk.refuse(f"The picture was not saved to {path}: {reason_of(error)}. Try another folder.")
        else:
            self.desk.say(f"The picture of {title} was saved to {path.name}.")

    def ask_animation(self) -> None:
        """Let the person choose how training becomes an animation."""
        # Not on the way to the first frame.
        from .animation_dialog import AnimationDialog

        dialog = AnimationDialog(self.desk.session, self.desk.window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.said.connect(self.desk.say)
        dialog.show()

    def close(self) -> None:
        """Close the animation's dialog."""
        for dialog in self.desk.window.findChildren(QDialog, "gif"):
            dialog.close()

    def when_seen(self, name: str, do: Callable[[], object]) -> None:
        """Call a function once a part is in sight and up to date, which may be now."""
        if self._in_sight(name):
            do()
            return
        self.waiting.append((name, do))
        if name != _BOUNDARY:
            self.desk.docks.show(name)
        self.patience.start()

    def _in_sight(self, name: str) -> bool:
        return self.desk.docks.shows(self.part(name))

    def _look(self, report: Report) -> None:
        """Take waiting pictures after a report that answers what the parts in sight request."""
        if self.waiting and report.requests == self.desk.session.requests:
            QTimer.singleShot(0, self, self._take_seen)

    def _take_seen(self) -> None:
        ready = [do for name, do in self.waiting if self._in_sight(name)]
        self.waiting = [(name, do) for name, do in self.waiting if not self._in_sight(name)]
        for do in ready:
            do()

    def _take_all(self) -> None:
        waiting, self.waiting = self.waiting, []
        for _, do in waiting:
            do()
