"""What every picture of the window is: a name, what it needs of a snapshot, and how it shows one."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from playground import Experiment, Snapshot
from playground.measure.observe import Request, Requests


class View(QWidget):
    """One picture. It knows neither the session nor other views.

    While it is in sight, the window shows it snapshots that answer its requests.
    """

    name: ClassVar[str]
    """What layouts and settings call it."""
    title: ClassVar[str]
    """What docks and menus call it."""
    tab: ClassVar[str] = ""
    """What its tab says where the title is too long for one."""
    beside: ClassVar[str] = ""
    """The name of the view whose place it shares in layouts that do not say where it stands."""

    requests_changed = Signal()
    """`requests` are others than before."""

    def __init__(self, parent: QWidget | None = None, *requests: Request[Any]) -> None:
        super().__init__(parent)
        self.requests: Requests = frozenset(requests)

    def request(self, *requests: Request[Any]) -> None:
        """Have snapshots answer this from now on."""
        if frozenset(requests) != self.requests:
            self.requests = frozenset(requests)
            self.requests_changed.emit()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment."""
        raise NotImplementedError

    def shown(self) -> object:
        """What there is to see and to read, as data: a frozen dataclass of plain values."""
        raise NotImplementedError

    def show_experiment(self, experiment: Experiment) -> None:
        """Follow an edit at once, before a snapshot has it. Most pictures wait for the snapshot."""

    def leave_sight(self) -> None:
        """Stop what a person does in it: it went behind another dock, or was closed."""

    def apply_theme(self) -> None:
        """Take over the colours, the font and the sizes of the theme in force."""
        raise NotImplementedError
