"""Draw the first picture of the README, a race and the response of what it varies: `python -m tools.pictures FILE`.

Needs the kernels of lanes, which the window compiles.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from playground.engine.lanes import cache
from playground.interop.opening import load_preset
from playground.studies.race import Race
from playground.studies.response import MOST_STARTS
from playground.studies.variants import RACES
from ui.look import theme
from ui.views.response.view import ResponseView
from ui.window.window import Window

_SIZE = 1280, 800
_EPOCHS = 400
_MOST_SECONDS = 120.0


def _await(app: QApplication, done: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + _MOST_SECONDS
    while not done():
        if time.monotonic() > end:
            raise SystemExit(f"{what} did not come within {_MOST_SECONDS:.0f} seconds")
        app.processEvents()
        time.sleep(0.002)


def main(path: Path) -> None:
    """Write the picture."""
    app = QApplication([])
    theme.apply(app, "light")
    experiment = load_preset("spiral")
    if not cache.are_ready(experiment.precision):
        raise SystemExit("The kernels of lanes are not compiled: make kernels")
    settings = QSettings(f"{tempfile.mkdtemp()}/pictures.ini", QSettings.Format.IniFormat)
    settings.setValue("responses", "always")
    window = Window(experiment, settings=settings)
    window.resize(*_SIZE)
    window.show()
    race = Race(next(one for one in RACES if one.name == "rates").variants(experiment))
    race.advance_epochs(_EPOCHS)
    window.races.show(race)
    response = window.parts.view(ResponseView)
    _await(app, lambda: window.session.race_report is not None, "The race")
    _await(
        app, lambda: response.reading is not None and response.reading.present.n == MOST_STARTS, "The whole response"
    )
    shown = time.monotonic()
    _await(app, lambda: time.monotonic() - shown > 1, "The last frame")
    window.messages.clear()
    app.processEvents()
    window.grab().save(str(path))
    window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
