"""Pictures of widgets that are compared with kept ones, small and with a tolerance.

They are shrunk first, so that fonts and smoothing of another machine make no difference, but a part that is missing,
moved, empty, or in the wrong colour does. `KEEP_PICTURES=1 make test ARGS="-k looks"` keeps the present look.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

KEPT = Path(__file__).parent / "looks"
WIDTH = 120
"""Of the pictures that are compared, in pixels."""
MEAN, MOST = 5.0, 0.02
"""The mean difference of a channel (0…255) that is put up with, and the share of pixels that may differ by much."""
MUCH = 60


def small_picture(widget: QWidget) -> QImage:
    """What a widget looks like, shrunk."""
    picture = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    height = round(WIDTH * picture.height() / picture.width())
    ways = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    return picture.scaled(QSize(WIDTH, height), *ways).convertToFormat(QImage.Format.Format_RGB888)


def numbers(picture: QImage) -> np.ndarray:
    """The pixels of a picture, int (rows, columns, 3)."""
    flat = np.frombuffer(picture.constBits(), np.uint8)
    rows = flat[: picture.sizeInBytes()].reshape(picture.height(), picture.bytesPerLine())
    return rows[:, : 3 * picture.width()].reshape(picture.height(), picture.width(), 3).astype(int)


def assert_looks(widget: QWidget, name: str, folder: Path) -> None:
    """A widget looks as it did when its picture was kept; the present one is put into `folder` if not."""
    kept, present = KEPT / f"{name}.png", small_picture(widget)
    if os.environ.get("KEEP_PICTURES"):
        KEPT.mkdir(exist_ok=True)
        present.save(str(kept))
    assert kept.exists(), f"no picture is kept for {name}"
    before = numbers(QImage(str(kept)).convertToFormat(QImage.Format.Format_RGB888))
    after = numbers(present)
    assert before.shape == after.shape, f"{name} has another shape: {before.shape}, now {after.shape}"
    difference = np.abs(before - after)
    far = float(np.mean(difference.max(axis=2) > MUCH))
    if difference.mean() > MEAN or far > MOST:
        present.save(str(folder / f"{name}.png"))
        raise AssertionError(
            f"{name} looks different: mean {difference.mean():.1f} (at most {MEAN}), {far:.1%} of the pixels by much "
            f"(at most {MOST:.0%}); see {folder / name}.png"
        )
