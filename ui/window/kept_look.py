"""What of a window is kept beside its work: speed, scrolled panels, the moment that is shown, and the undo history."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QScrollArea

from playground import Experiment, InputError
from playground.catalog.datasets.base import Dataset
from playground.experiment.text import experiment_from_text, experiment_text

from ..session.kept_edits import KeptHistory, ask_edits
from .desk import Desk
from .window_parts import WindowParts
from .wiring import Wiring
from .work import Work


class WindowLook(msgspec.Struct):
    """The look of a window, without its layout, which the settings keep."""

    speed: float | None = None
    """Steps per second; None without a limit."""
    scrolled: dict[str, int] = {}
    """How far the panels are scrolled, by the names of their docks."""
    past: int | None = None
    """The step of the earlier moment that was shown; None for the present."""
    edits: str = ""
    """The undo history since the work was opened."""
    data: list[str] = []
    """Experiments with the data sets of the person's own that had a tile though another one was shown."""


class KeptLook(QObject):
    """Writes the look of a window as text, and gives another window that look."""

    def __init__(self, desk: Desk, parts: WindowParts, work: Work, wiring: Wiring) -> None:
        super().__init__(desk)
        self.desk, self.parts, self.work, self._wiring = desk, parts, work, wiring
        self._written = dict[Dataset, str]()
        """The texts of the data sets that were kept last."""
        self._past: tuple[int, int] | None = None
        """The step of the earlier moment that is to be shown once its run is there, and the revision of that run."""
        desk.session.reported.connect(self._look_back)

    def ask(self) -> Callable[[float], KeptHistory]:
        """Ask for the present look as text with the other future; returns what waits for it at most so many seconds.

        A document that is asked for right after it belongs to it, and once that is there, the look is, too.
        """
        look, edits = self._present, ask_edits(self.desk.session, *self.work.edits_since_opened)

        def kept(seconds: float) -> KeptHistory:
            look.edits, other_future = edits.result(seconds)
            return KeptHistory(msgspec.json.encode(look).decode(), other_future)

        return kept

    def bring_back(self, look: WindowLook) -> None:
        """Give this window a look, whose undo history it has already."""
        if look.speed is None or look.speed > 0:
            self._wiring.set_speed(look.speed)
        for text in look.data:
            with suppress(InputError):
                self.parts.data.keep(experiment_from_text(text).data)
        # Once the panels have their sizes.
        QTimer.singleShot(0, self, lambda: self._scroll(look.scrolled))
        self._past = None if look.past is None else (look.past, self.desk.session.revision)

    @property
    def _present(self) -> WindowLook:
        scrolled = {name: one.verticalScrollBar().value() for name, one in self._areas().items()}
        shown = self.desk.session.past.shown
        past = None if shown is None or shown.past is None else shown.past.asked
        own = self.parts.data.kept_data
        self._written = {one: self._written.get(one) or experiment_text(Experiment(data=one)) for one in own}
        return WindowLook(self.parts.transport.speed, scrolled, past, data=[*self._written.values()])

    def _look_back(self) -> None:
        session = self.desk.session
        if self._past is not None and session.is_up_to_date:
            (step, revision), self._past = self._past, None
            if session.revision == revision:
                # Else something else was asked for meanwhile.
                session.past.look_at(step)

    def _scroll(self, scrolled: dict[str, int]) -> None:
        for name, area in self._areas().items():
            area.verticalScrollBar().setValue(scrolled.get(name, 0))

    def _areas(self) -> dict[str, QScrollArea]:
        """The scrolling panels by the names of their docks."""
        found = {name: dock.findChild(QScrollArea) for name, dock in self.desk.docks.docks.items()}
        return {name: area for name, area in found.items() if area is not None}


def read_look(kept: str) -> WindowLook:
    """Read the look of a window; the usual one if it can't be read."""
    try:
        return msgspec.json.decode(kept, type=WindowLook)
    except msgspec.DecodeError:
        return WindowLook()
