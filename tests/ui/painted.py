"""What is really written in a picture, and where: the painting of a widget as vectors, read back."""

from __future__ import annotations

from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QPoint, QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QTransform
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget

SVG = "{http://www.w3.org/2000/svg}"


def painted_texts(widget: QWidget) -> list[tuple[str, QRectF]]:
    """Every text that a widget and what stands in it paint, with the box of its letters in pixels of the widget."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    # As many dots per inch as the screen has, so that a pixel of the widget is a unit of the picture.
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setResolution(widget.logicalDpiX())
    with QPainter(generator) as painter:
        widget.render(painter, QPoint())
    found = []
    for group in ElementTree.fromstring(bytes(data)).iter(f"{SVG}g"):
        for text in group.findall(f"{SVG}text"):
            found.append((text.text or "", box_of(group, text)))
    return [(text, box) for text, box in found if text.strip()]


def box_of(group: ElementTree.Element, text: ElementTree.Element) -> QRectF:
    """The box of a text's letters, from its baseline to the height of its capitals."""
    font = QFont(group.get("font-family", ""))
    font.setPixelSize(round(float(text.get("font-size", group.get("font-size", "11")))))
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text.text or ""), metrics.capHeight()
    box = QRectF(float(text.get("x", 0)), float(text.get("y", 0)) - height, width, height)
    matrix = [float(number) for number in group.get("transform", "matrix(1,0,0,1,0,0)")[7:-1].split(",")]
    return QTransform(*matrix).mapRect(box)


def overlaps(texts: list[tuple[str, QRectF]]) -> list[tuple[str, str]]:
    """Pairs of texts that stand on each other."""
    return [
        (one, other)
        for place, (one, box) in enumerate(texts)
        for other, beside in texts[place + 1 :]
        if box.intersects(beside)
    ]
