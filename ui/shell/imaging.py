"""Pictures of what the window shows: any widget as PNG, as SVG, and for the clipboard.

Widgets are painted again, not copied from the screen, so that they are sharp at every size. In an SVG text stays text
and maps are embedded images.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyqtgraph as pg
from PySide6.QtCore import QBuffer, QMimeData, QPoint, QRect, Qt
from PySide6.QtGui import QImage, QPaintDevice, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsItem, QScrollArea, QWidget

from playground import InputError

CLIPBOARD_SCALE = 2
"""Pixels of a copied picture for each pixel of the window."""
SVG = "image/svg+xml"
_EMPTY_PATH = re.compile(rb'<path [^>]*\bd=""/>')


def image(widget: QWidget, scale: int = 1) -> QImage:
    """Paint a widget in `scale` times as many pixels each way."""
    widget = _content_of(widget)
    picture = QImage(widget.size() * scale, QImage.Format.Format_ARGB32_Premultiplied)
    picture.setDevicePixelRatio(scale)
    picture.fill(Qt.GlobalColor.transparent)
    paint(widget, picture)
    return picture


def png(widget: QWidget, scale: int = 1) -> bytes:
    """Encode a widget as PNG."""
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    image(widget, scale).save(buffer, "PNG")  # type: ignore[call-overload]  # PySide takes no bytes, whatever its types say
    return bytes(buffer.data().data())


def svg(widget: QWidget, title: str = "") -> bytes:
    """Encode a widget as SVG."""
    widget = _content_of(widget)
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    # Version 1.1 knows clipping, without which curves would leave their plots.
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(QRect(QPoint(), widget.size()))
    generator.setTitle(title)
    paint(widget, generator)
    # A curve that has no points yet is an empty path, of which viewers complain.
    return _EMPTY_PATH.sub(b"", bytes(buffer.data().data()))


def mime(widget: QWidget, title: str = "") -> QMimeData:
    """Encode a widget for the clipboard, as pixels and as SVG."""
    data = QMimeData()
    data.setImageData(image(widget, CLIPBOARD_SCALE))
    data.setData(SVG, svg(widget, title))
    return data


def encode_picture(widget: QWidget, path: Path, scale: int = 1, title: str = "") -> bytes:
    """Encode a widget in the format of a file's suffix. Raises InputError for any but .png and .svg."""
    suffix = path.suffix.lower()
    if suffix == ".png":
        return png(widget, scale)
    if suffix == ".svg":
        return svg(widget, title)
    raise InputError("the extension", path.suffix or path.name, ".png or .svg")


def _content_of(widget: QWidget) -> QWidget:
    inside = widget.widget() if isinstance(widget, QScrollArea) else None
    return inside or widget


def paint(widget: QWidget, device: QPaintDevice) -> None:
    """Paint a widget and all in it on a device of its size."""
    with _drawn_one_by_one(widget), QPainter(device) as painter:
        painter.fillRect(widget.rect(), widget.palette().window())
        widget.render(painter, QPoint())


@contextmanager
def _drawn_one_by_one(widget: QWidget) -> Iterator[None]:
    """Make plots draw all as shapes instead of copying pictures that were made for the screen."""
    views = [widget, *widget.findChildren(pg.GraphicsView)]
    items = [item for view in views if isinstance(view, pg.GraphicsView) for item in view.scene().items()]
    scatters = [item for item in items if isinstance(item, pg.ScatterPlotItem)]
    kept = [(item, item.cacheMode()) for item in items]
    for item, _ in kept:
        item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
    for item in scatters:
        item.setExportMode(True, {"antialias": True})
    try:
        yield
    finally:
        for item, mode in kept:
            item.setCacheMode(mode)
        for item in scatters:
            item.setExportMode(False)
