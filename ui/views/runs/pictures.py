"""Pictures of kept runs, which are drawn on white paper, in the colours of the present theme."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QColor, QImage, QPixmap

from ...look import theme


def kept_picture(content: bytes) -> QPixmap:
    """Read a picture that was kept as PNG; a null one if it can't be read."""
    image = QImage.fromData(content)
    return QPixmap.fromImage(image if image.isNull() or theme.current().name == "light" else _on_dark(image))


def _on_dark(image: QImage) -> QImage:
    """A picture with white turned into the theme's ground: light and dark change places, colours keep their hue."""
    result = image.convertToFormat(QImage.Format.Format_RGB32)
    pixels = np.frombuffer(result.bits(), np.uint8).reshape(result.height(), result.width(), 4)[..., :3]
    colours = pixels.astype(np.int16)
    turned = colours + 255 - colours.max(axis=-1, keepdims=True) - colours.min(axis=-1, keepdims=True)
    paper = QColor(theme.current().surface)
    ground = np.array([paper.blue(), paper.green(), paper.red()])
    pixels[:] = (ground + turned * (255 - ground) / 255).round()
    return result
