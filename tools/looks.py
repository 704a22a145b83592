"""Draw the window at three sizes and four zooms into one picture for each theme: `python -m tools.looks build`.

Meant to be looked at, one after the other: no test sees that something is ugly.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from ui.look import theme
from ui.window.window import Window

SIZES = ((1280, 800), (1366, 768), (1920, 1080))
_GAP = 16
_TRAINING_SECONDS, _PATIENCE_SECONDS, _RESPONSE_SECONDS = 4.0, 0.6, 60.0


def _wait(app: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.processEvents()
        time.sleep(0.002)


def _await_response(app: QApplication, window: Window) -> None:
    """Wait until all values of the response are trained, but not for ever."""
    end = time.monotonic() + _RESPONSE_SECONDS
    while time.monotonic() < end:
        reading = window.responses.view.reading
        if reading is not None and reading.is_whole:
            return
        _wait(app, 0.1)


def _sheet(app: QApplication, name: str) -> QImage:
    """Draw a trained window at every size, a row, and every zoom, a column."""
    theme.apply(app, name)
    widest, height = max(width for width, _ in SIZES), sum(height + _GAP for _, height in SIZES)
    sheet = QImage((widest + _GAP) * len(theme.ZOOMS), height, QImage.Format.Format_RGB888)
    sheet.fill(QColor("#808080"))
    window = Window(settings=QSettings(f"{tempfile.mkdtemp()}/looks.ini", QSettings.Format.IniFormat))
    window.show()
    window.wiring.set_speed(None)
    window.session.play()
    _wait(app, _TRAINING_SECONDS)
    window.session.pause()
    _await_response(app, window)
    with QPainter(sheet) as painter:
        top = 0
        for size in SIZES:
            window.resize(*size)
            for column, zoom in enumerate(theme.ZOOMS):
                window.zoom_to(zoom)
                _wait(app, _PATIENCE_SECONDS)
                while window.presenter.waits:
                    app.processEvents()
                painter.drawPixmap(column * (widest + _GAP), top, window.grab())
            window.zoom_to(1.0)
            top += size[1] + _GAP
    window.close()
    return sheet


def main(folder: Path) -> None:
    """Write a picture of each theme into a folder."""
    app = QApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    for name in theme.THEMES:
        path = folder / f"looks-{name}.png"
        _sheet(app, name).save(str(path))
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
