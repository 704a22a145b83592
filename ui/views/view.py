"""What every picture of the window is: a name, what it needs of a snapshot, and how it shows one."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from playground import Experiment, Snapshot, Wanted


class View(QWidget):
    """One picture. It knows neither the session nor other views.

    The window shows it snapshots that contain what it wants, while it is in sight.
    """

    name: ClassVar[str]
    """What layouts and settings call it."""
    title: ClassVar[str]
    """What docks and menus call it."""
    beside: ClassVar[str] = ""
    """The name of the view whose place it shares in layouts that do not say where it stands."""

    wanted_changed = Signal()
    """`wanted` is another than before."""

    def __init__(self, parent: QWidget | None = None, *, wanted: Wanted | None = None) -> None:
        super().__init__(parent)
        self.wanted = wanted or Wanted()

    def want(self, wanted: Wanted) -> None:
        """Need this of snapshots from now on."""
        if wanted != self.wanted:
            self.wanted = wanted
            self.wanted_changed.emit()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment."""
        raise NotImplementedError

    def show_experiment(self, experiment: Experiment) -> None:
        """Follow an edit at once, before a snapshot has it. Most pictures wait for the snapshot."""

    def leave_sight(self) -> None:
        """Stop what a person does in it: it went behind another dock, or was closed."""

    def apply_theme(self) -> None:
        """Take over the colours, the font and the sizes of the theme in force."""
        raise NotImplementedError
