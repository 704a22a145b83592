"""The files that were opened and saved last, kept between runs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

_MOST_RECENT = 10
_RECENT = "files/recent"


class RecentFiles:
    """Remembers files in the settings, the latest first."""

    def __init__(self, settings: QSettings) -> None:
        self._settings = settings

    def paths(self) -> list[str]:
        """All of them, the latest first."""
        stored = self._settings.value(_RECENT)
        return [stored] if isinstance(stored, str) else [str(path) for path in stored or []]

    def remember(self, path: Path) -> None:
        """Put a file first."""
        first = str(path.resolve())
        self._keep([first, *(other for other in self.paths() if other != first)])

    def forget_if_gone(self, path: Path) -> None:
        """Leave out a file that is no longer there."""
        if not path.exists():
            self._keep([other for other in self.paths() if other != str(path.resolve())])

    def _keep(self, paths: list[str]) -> None:
        self._settings.setValue(_RECENT, paths[:_MOST_RECENT])
