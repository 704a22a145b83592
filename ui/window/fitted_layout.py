"""The layout that suits the window's size, and whether a race is shown; what was there before comes back."""

from __future__ import annotations

from collections.abc import Set

from PySide6.QtCore import QByteArray, QSize, QTimer

from ..look.theme import px
from ..shell.docks import DockLayout, Docks, DockSizes, KeptLayout
from ..shell.focus import FocusMode
from ..views.race.view import RaceView
from .layouts import CROWDED, RACE, STANDARD, TABBED, layout_for, sizes_for

_BESIDE_RACE = 264
"""Width of the boundary beside a race: its words just have room."""


class FittedLayout:
    """Changes the layout of the docks when the window's size or a race asks for another one."""

    def __init__(self, docks: Docks, focus_mode: FocusMode) -> None:
        self.docks, self._focus_mode = docks, focus_mode
        self._roomy: KeptLayout | None = None
        """The layout that comes back when the window is large enough for it again."""
        self._before_race: KeptLayout | None = None
        """The layout that comes back when the race ends, where there is room for it."""
        self._races = self._opened_view = False
        docks.sizes_for = self._sizes

    def _sizes(self, plan: DockLayout, area: QSize) -> DockSizes:
        """The sizes of a layout's parts: a race takes what room the boundary beside it can spare."""
        sizes, least = sizes_for(plan, area), px(_BESIDE_RACE)
        if not self._races or len(sizes.beside) < 2 or self.docks.docks[RaceView.name].isHidden():
            return sizes
        return sizes._replace(beside=(sum(sizes.beside) - least, least))

    def suit(self) -> None:
        """Use a layout that needs less room while the window is too small for the one before, which comes back."""
        wanted, plan, roomy = layout_for(self.docks.window.size()), self._plan, self._roomy
        if wanted is STANDARD and roomy is not None:
            self._roomy = None
            if plan in CROWDED:
                with self._focus_mode.lifted():
                    self.docks.put_back(roomy, self._opened)
                self._show_race()
        elif roomy is not None and plan in CROWDED and plan is not wanted:
            with self._focus_mode.lifted():
                self._crowd()
        elif roomy is None and plan is not wanted and self._is_too_large(plan, wanted):
            with self._focus_mode.lifted():
                self._roomy = self.docks.keep()
                self._crowd()

    @property
    def _plan(self) -> DockLayout | None:
        """The layout of the docks, which focus mode only changes for a while."""
        return self._focus_mode.before.plan if self._focus_mode.on else self.docks.plan

    @staticmethod
    def _is_too_large(plan: DockLayout | None, wanted: DockLayout) -> bool:
        return wanted.is_drawer or (wanted is TABBED and plan in (STANDARD, RACE))

    def _crowd(self) -> None:
        plan = layout_for(self.docks.window.size())
        self.docks.arrange(plan, keep_controls=True, keep_pictures=True, opened=self._opened)
        self._show_race()

    @property
    def _opened(self) -> frozenset[str]:
        """The open docks, which stay open in a layout that does not name them; a race is shown by itself."""
        return self.docks.opened - {RaceView.name}

    def _show_race(self) -> None:
        if self._races:
            self.docks.show(RaceView.name)
            # Also once the layout has put its own pictures in front.
            dock = self.docks.docks[RaceView.name]
            QTimer.singleShot(0, dock, dock.raise_)
            self.docks.fit()

    def begin_race(self) -> None:
        """Show a race: in a layout of its own where there is room."""
        if not self._races:
            self._races = True
            self._opened_view = self.docks.docks[RaceView.name].isHidden()
            if self._roomy is not None:
                self._before_race, self._roomy = self._roomy, KeptLayout(QByteArray(), RACE, frozenset())
            elif layout_for(self.docks.window.size()) is STANDARD and self._plan is not RACE:
                with self._focus_mode.lifted():
                    self._before_race = self.docks.keep()
                    self.docks.arrange(RACE, keep_controls=True, opened=self._opened)
        self._show_race()

    def end_race(self) -> None:
        """Return to the layout before the race, unless a person has changed it meanwhile."""
        before, self._before_race, self._races = self._before_race, None, False
        if before is not None and self._plan is RACE:
            with self._focus_mode.lifted():
                self.docks.put_back(before, self._opened)
        elif before is not None and self._roomy is not None and self._roomy.plan is RACE:
            self._roomy = before
        if self._opened_view and self._plan in CROWDED:
            with self._focus_mode.lifted():
                self.docks.docks[RaceView.name].hide()
        self.suit()
        self.docks.fit()


def words_on_lost(lost: Set[str], docks: Docks) -> str:
    """Say where to find the tracks and the controls if they are among the docks that are no longer in sight."""
    parts = ["the tracks are a tab"] if "tracks" in lost else []
    parts += ["Ctrl+B opens the controls"] if lost & {*docks.controls} and not docks.controls_are_open else []
    if not parts:
        return ""
    words = " and ".join(parts)
    return f"At this size {words}. Ctrl+0 brings the usual size back."
