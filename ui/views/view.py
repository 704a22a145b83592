"""The base of all pictures of the window: names, requests to snapshots, and how a snapshot is shown."""

from __future__ import annotations

from typing import Any, ClassVar

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QWidget

from playground import Experiment, Snapshot
from playground.measure.observe import Request, Requests
from playground.measure.others import Others

from ..look import theme
from ..look.theme import px


class SizedWidget(QWidget):
    """A widget of a preferred and a least size, in pixels before zooming; None leaves a size to Qt."""

    SIZE: ClassVar[tuple[int, int] | None] = None
    LEAST: ClassVar[tuple[int, int] | None] = None

    def sizeHint(self) -> QSize:
        return super().sizeHint() if self.SIZE is None else QSize(px(self.SIZE[0]), px(self.SIZE[1]))

    def minimumSizeHint(self) -> QSize:
        return super().minimumSizeHint() if self.LEAST is None else QSize(px(self.LEAST[0]), px(self.LEAST[1]))


class View(SizedWidget):
    """One picture. It knows neither the session nor other views.

    While it is in sight, the window shows it snapshots that answer its requests.
    """

    name: ClassVar[str]
    """The name in layouts and settings."""
    title: ClassVar[str]
    """The name in docks and menus."""
    icon: ClassVar[str] = "image"
    """The icon of its tab where there is no room for words."""
    tab: ClassVar[str] = ""
    """The text of its tab where the title is too long for one."""
    beside: ClassVar[str] = ""
    """The name of the view whose place it shares in layouts that do not mention it."""

    follows_run: ClassVar[bool] = True
    """Whether it shows the present run, so that it can be out of date."""

    requests_changed = Signal()

    def __init__(self, parent: QWidget | None = None, *requests: Request[Any]) -> None:
        super().__init__(parent)
        # A click on an empty part ends typing elsewhere.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.requests: Requests = frozenset(requests)

    def request(self, *requests: Request[Any]) -> None:
        """Replace what snapshots have to answer from now on."""
        if frozenset(requests) != self.requests:
            self.requests = frozenset(requests)
            self.requests_changed.emit()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment."""
        raise NotImplementedError

    def show_others(self, others: Others | None, strength: float) -> None:
        """Show other runs beside the run, the paler the lower their strength (0…1); None shows none."""

    def shown(self) -> object:
        """Return all that can be seen and read, as a frozen dataclass of plain values."""
        raise NotImplementedError

    def show_experiment(self, experiment: Experiment) -> None:
        """Follow an edit at once, before a snapshot has it. Most pictures wait for the snapshot."""

    def leave_sight(self) -> None:
        """End an interaction in progress, since the view was hidden or closed."""

    def apply_theme(self) -> None:
        """Take the colours, the font and the sizes from the current theme."""
        changed = QPalette(self.palette())
        changed.setColor(QPalette.ColorRole.Window, QColor(theme.current().surface))
        self.setPalette(changed)
        self.setAutoFillBackground(True)
