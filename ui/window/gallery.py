"""The gallery: presets as pictures of their trained boundaries, in groups that each tell a story."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer
from PySide6.QtGui import QFontMetrics, QIcon, QImage, QKeyEvent, QPainter, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from playground.catalog.datasets.base import draw_sample
from playground.interop.gallery import GalleryGroup, GalleryPreset, gallery_groups, thumbnail_fields

from ..forms.buttons import identify
from ..forms.layouts import fill, quiet, restyle, scrolling, tight
from ..look import theme
from ..look.theme import GRID, px
from ..panels.panel import heading
from ..panels.tiles import points_picture
from ..views.plane.field import field_colours, value_range_of

_SIDE, _CARD = 84, 116
"""The sides of a thumbnail and the width of a card, in pixels at zoom 1."""
_COLUMNS = 6
_SIZE = QSize(790, 640)
_STEPS = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}


class Gallery(QDialog):
    """Opens a preset at a click or Enter. Arrow keys go from card to card; typing searches."""

    def __init__(self, parent: QWidget, open_preset: Callable[[str], object], asked: str = "") -> None:
        """With what the tour asks for, whose card the gallery covers."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Presets")
        self.setObjectName("gallery")
        self._open = open_preset
        self.search = identify(QLineEdit(), "gallery.search", "Find a preset", "Finds presets by name and description.")
        self.search.setPlaceholderText("Find a preset")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.search.installEventFilter(self)
        self.watch = identify(QLabel(), "gallery.watch", "What to watch for")
        self.watch.setWordWrap(True)
        self.watch.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.watch.ensurePolished()
        self.watch.setFixedHeight(3 * self.watch.fontMetrics().lineSpacing() + px(4))
        # On a ground of its own, so that no heading above it, cut by the scrolling, seems to be that of these words.
        told = QFrame()
        told.setProperty("card", True)
        fill(tight(QVBoxLayout(told), 0, (GRID, GRID // 2, GRID, 0)), self.watch)
        self.cards: list[Card] = []
        self._groups: list[_Group] = []
        body = QWidget()
        lines = tight(QVBoxLayout(body), 2 * GRID, (0, 0, GRID, 0))
        for group in gallery_groups():
            lines.addWidget(self._section(group))
        lines.addStretch(1)
        whole = tight(QVBoxLayout(self), GRID, (2 * GRID, GRID, GRID, GRID))
        if asked:
            self.asked = identify(QLabel(asked, wordWrap=True), "gallery.asked", f"Tour: {asked}")
            self.asked.setProperty("strong", True)
            whole.addWidget(self.asked)
        whole.addWidget(self.search)
        self.area = scrolling(body)
        whole.addWidget(self.area, 1)
        whole.addWidget(told)
        self.resize(QSize(px(_SIZE.width()), px(_SIZE.height())).boundedTo(parent.size()))
        # The window opens at once; the pictures follow, one by one.
        self.unpainted = list(self.cards)
        self._painting = QTimer(self, interval=0)
        self._painting.timeout.connect(self._paint_next)
        self._painting.start()
        self.cards[0].setFocus()

    def _section(self, group: GalleryGroup) -> QWidget:
        section = QWidget()
        title, story = heading(group.title), quiet(QLabel(group.story))
        story.setWordWrap(True)
        lines = tight(QVBoxLayout(section), 2)
        lines.addWidget(title)
        lines.addWidget(story)
        cards = [Card(preset, self) for preset in group.presets]
        for card in cards:
            card.clicked.connect(lambda _=False, card=card: self._take(card))
            card.installEventFilter(self)
        grid = tight(QGridLayout())
        lines.addLayout(grid)
        self.cards += cards
        self._groups.append(_Group(section, title, cards, grid))
        return section

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Put the cards that are not hidden into as many columns as have room."""
        room = self.width() - px(4 * GRID) - self.area.verticalScrollBar().sizeHint().width()
        columns = min(max(1, (room + px(GRID // 2)) // px(_CARD + GRID // 2)), _COLUMNS)
        for group in self._groups:
            for card in group.cards:
                group.grid.removeWidget(card)
            shown = [card for card in group.cards if not card.isHidden()]
            for number, card in enumerate(shown):
                group.grid.addWidget(card, number // columns, number % columns)
            group.grid.setColumnStretch(_COLUMNS, 1)

    def _paint_next(self) -> None:
        if self.unpainted:
            self.unpainted.pop(0).paint_picture()
        else:
            self._painting.stop()

    def _take(self, card: Card) -> None:
        self.accept()
        self._open(card.preset.name)

    def _filter(self, text: str) -> None:
        words = text.lower().split()
        for group in self._groups:
            about = section_text(group.section)
            for card in group.cards:
                card.setVisible(all(word in card.searched or word in about for word in words))
            group.section.setVisible(any(not card.isHidden() for card in group.cards))
        self._arrange()
        found = self._in_sight()
        self._mark(found[0] if words and found else None)
        if not found:
            self.watch.setText(f"No preset matches “{text.strip()}”.")

    def _mark(self, card: Card | None) -> None:
        """Mark the card that Enter opens while a person searches."""
        for one in self.cards:
            if bool(one.property("found")) != (one is card):
                restyle(one, "found", one is card)
        self.watch.setText("")
        if card is not None:
            self.area.ensureWidgetVisible(card)
            self.watch.setText(f"Enter opens “{card.title}”.\nWhat to watch: {card.preset.watch}")

    def _in_sight(self) -> list[Card]:
        seen = [group for group in self._groups if not group.section.isHidden()]
        return [card for group in seen for card in group.cards if not card.isHidden()]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(watched, Card) and event.type() in (QEvent.Type.FocusIn, QEvent.Type.Enter):
            if event.type() == QEvent.Type.FocusIn:
                # Enter opens this one now.
                self._mark(None)
            self._tell(watched, scroll=event.type() == QEvent.Type.FocusIn)
        elif watched is self.search and event.type() == QEvent.Type.FocusIn and self.search.text():
            self._filter(self.search.text())
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._press(watched, event)
        return super().eventFilter(watched, event)

    def _tell(self, card: Card, *, scroll: bool) -> None:
        self.watch.setText(f"{card.title}.\nWhat to watch: {card.preset.watch}")
        if scroll:
            # With the heading of its group, where both have room.
            self.area.ensureWidgetVisible(next(group.title for group in self._groups if card in group.cards))
            self.area.ensureWidgetVisible(card)

    def _press(self, watched: QObject, event: QKeyEvent) -> bool:
        key, cards = Qt.Key(event.key()), self._in_sight()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if card := watched if isinstance(watched, Card) else next(iter(cards), None):
                self._take(card)
            return True
        if watched is self.search:
            if key == Qt.Key.Key_Down and cards:
                cards[0].setFocus()
                return True
            return False
        if key in _STEPS and isinstance(watched, Card):
            if (found := self._neighbour(watched, *_STEPS[key])) is not None:
                found.setFocus()
            return True
        if event.text().isprintable() and event.text().strip():
            self.search.setFocus()
            self.search.setText(event.text())
            return True
        return False

    def _neighbour(self, card: Card, across: int, down: int) -> Card | None:
        """Return the next card in reading order, or the nearest one above or below."""
        cards = self._in_sight()
        if across:
            place = cards.index(card) + across
            return cards[place] if 0 <= place < len(cards) else None
        here = card.mapTo(self, card.rect().center())
        middles = [(one, one.mapTo(self, one.rect().center())) for one in cards]
        beyond = [(one, at) for one, at in middles if (at.y() - here.y()) * down > card.height() // 2]
        nearest = min(beyond, key=lambda pair: (abs(pair[1].y() - here.y()), abs(pair[1].x() - here.x())), default=None)
        return None if nearest is None else nearest[0]


class _Group(NamedTuple):
    """A group of presets: its part of the list, its heading, and its cards in a grid."""

    section: QWidget
    title: QLabel
    cards: list[Card]
    grid: QGridLayout


def section_text(section: QWidget) -> str:
    """Return the words of a group, by which its presets are found."""
    return " ".join(label.text() for label in section.findChildren(QLabel)).lower()


class Card(QToolButton):
    """A preset: its trained boundary and its name."""

    def __init__(self, preset: GalleryPreset, parent: QWidget) -> None:
        super().__init__(parent)
        self.preset, self.title = preset, preset.experiment.name
        short = self.title.partition(":")[0]
        self.searched = f"{self.title} {preset.watch}".lower()
        identify(self, f"gallery.{preset.name}", self.title, f"What to watch: {preset.watch}")
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        self.setIconSize(QSize(px(_SIDE), px(_SIDE)))
        self.setFixedWidth(px(_CARD))
        self.setAutoRaise(True)
        self.ensurePolished()
        self.setText(in_two_lines(short, self.fontMetrics(), px(_CARD - 8)))
        empty = QPixmap(self.iconSize())
        empty.fill(Qt.GlobalColor.transparent)
        self.setIcon(QIcon(empty))

    def paint_picture(self) -> None:
        """Paint the boundary that the preset was trained to, with its points."""
        ratio = self.devicePixelRatioF()
        picture = thumbnail(self.preset, px(_SIDE), ratio)
        self.setIcon(QIcon(picture))


def in_two_lines(text: str, metrics: QFontMetrics, width: int) -> str:
    """Return the text with a line break where the first line is full; a second line that is too long is cut."""
    words, first = text.split(), ""
    while words and metrics.horizontalAdvance(f"{first} {words[0]}".strip()) <= width:
        first = f"{first} {words.pop(0)}".strip()
    return f"{first}\n{metrics.elidedText(' '.join(words), Qt.TextElideMode.ElideRight, width)}"


def thumbnail(preset: GalleryPreset, side: int, ratio: float) -> QPixmap:
    """Paint the trained boundary of a preset with its points, in the colours of the present theme."""
    look = theme.current()
    sample = draw_sample(preset.experiment.data)
    colours = np.ascontiguousarray(field_colours(thumbnail_fields()[preset.name], value_range_of(sample), look)[::-1])
    rows, columns = colours.shape[:2]
    image = QImage(colours.data, columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    smooth = Qt.TransformationMode.SmoothTransformation
    size = QSize(round(side * ratio), round(side * ratio))
    picture = QPixmap.fromImage(image.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, smooth))
    picture.setDevicePixelRatio(ratio)
    with QPainter(picture) as painter:
        painter.drawPixmap(0, 0, points_picture(sample, side, ratio, look))
    return picture
