"""Dragging over the stack of layers: a card to another place, or a new layer from the palette into the stack."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPoint, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPixmap, QRegion
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

from ...forms.layouts import restyle
from ...look.theme import GRID, px
from ..tiles import empty_pixmap
from .card import LayerCard
from .palette import Chip

_EDGE = 32
"""Within this distance of the visible edge, a dragged card scrolls the stack."""


class StackDrag(QObject):
    """The drag of a card or chip: shows where it would go, scrolls where needed, and reports where it was dropped."""

    card_dropped = Signal(int, int)
    """Carries the place of a layer, and its new one among the others."""
    chip_dropped = Signal(object, int)
    """Carries a Chip of the palette, and the place for its layer."""

    def __init__(self, panel: QWidget, view: QScrollArea, stack: QWidget, first: QWidget) -> None:
        """Prepare drags over `stack`, which `view` scrolls; its cards stand below the widget `first`."""
        super().__init__(panel)
        self.view, self.stack, self.first = view, stack, first
        self.cards: list[LayerCard] = []
        """All cards in their order, kept up to date by the panel."""
        self.held: LayerCard | None = None
        self._offered: Chip | None = None
        self._at = QPoint()
        self.ghost = QLabel(panel, alignment=Qt.AlignmentFlag.AlignCenter)
        self.ghost.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.ghost.setProperty("ghost", True)
        self.mark = QFrame(stack)
        self.mark.setProperty("mark", True)
        self.mark.setFixedHeight(px(4))
        for widget in (self.ghost, self.mark):
            widget.hide()
        self._scrolling = QTimer(self, interval=16)
        self._scrolling.timeout.connect(self._scroll_on)

    def follow_card(self, card: LayerCard) -> None:
        """Let a card be dragged by its header."""
        card.header.grabbed.connect(self._grab_card)
        card.header.dragged.connect(self._drag)
        card.header.dropped.connect(self._drop)

    def follow_chip(self, chip: Chip) -> None:
        """Let a new layer be dragged from the palette."""
        chip.grabbed.connect(self._grab_chip)
        chip.dragged.connect(self._drag)
        chip.dropped.connect(self._drop)

    def give_up(self) -> None:
        """Put a card that is being dragged back where it was."""
        if self.held is not None:
            self.held.header.drag.end(keep=False)

    def _grab_card(self) -> None:
        self.held = next((card for card in self.cards if card.header is self.sender()), None)
        if self.held is not None:
            # The header alone follows the mouse: a whole card would hide where it is going.
            restyle(self.held, "held", True)
            self._begin(self.held.header, self.held.width())

    def _grab_chip(self) -> None:
        chip = self.sender()
        if isinstance(chip, Chip):
            self._offered = chip
            self._begin(chip, chip.width() + px(GRID))

    def _begin(self, seen: QWidget, width: int) -> None:
        self.ghost.setPixmap(_picture_of(seen))
        self.ghost.setFixedSize(QSize(width, seen.height() + px(GRID)))
        self.ghost.show()
        self.ghost.raise_()
        self._scrolling.start()

    def _drag(self, at: QPoint) -> None:
        self._at = at
        if self.held is None and self._offered is None:
            return
        # The panel is not held: it would go whenever the garbage collector runs, perhaps while something is painted.
        panel = self.ghost.parentWidget()
        assert panel is not None
        here = panel.mapFromGlobal(at)
        x = self.view.x() + self.held.x() if self.held is not None else here.x() - self.ghost.width() // 2
        self.ghost.move(x, here.y() - px(GRID * 2))
        place = self._place_at(at)
        self.mark.setVisible(place is not None)
        if place is not None:
            # Not under the ghost, which is over the stack and says nothing of the place.
            self.mark.setGeometry(0, self._mark_y(place), self.first.width(), self.mark.height())
            self.mark.raise_()

    def _place_at(self, at: QPoint) -> int | None:
        """Return the place among the other cards for a drop at a point of the screen; None beside the stack."""
        inside = QRect(self.view.mapToGlobal(QPoint()), self.view.size()).adjusted(-px(GRID), 0, px(GRID), px(_EDGE))
        if self._offered is not None and not inside.contains(at):
            return None
        y = self.stack.mapFromGlobal(at).y()
        return sum(card.geometry().center().y() < y for card in self.cards if card is not self.held)

    def _mark_y(self, place: int) -> int:
        others = [card for card in self.cards if card is not self.held]
        if place < len(others):
            return others[place].y() - px(GRID // 2 + 2)
        last = others[-1] if others else self.held or self.first
        return last.geometry().bottom() + px(GRID // 2 - 1)

    def _scroll_on(self) -> None:
        view, bar = self.view.viewport(), self.view.verticalScrollBar()
        y = view.mapFromGlobal(self._at).y()
        if self._offered is not None and y < 0:
            return
        if y < px(_EDGE):
            bar.setValue(bar.value() - px(GRID))
        elif y > view.height() - px(_EDGE):
            bar.setValue(bar.value() + px(GRID))
        else:
            return
        self._drag(self._at)

    def _drop(self, keep: bool) -> None:
        place = self._place_at(self._at) if keep else None
        (card, self.held), (chip, self._offered) = (self.held, None), (self._offered, None)
        self._scrolling.stop()
        for widget in (self.ghost, self.mark):
            widget.hide()
        if card is not None:
            restyle(card, "held", False)
        if card is not None and place is not None:
            self.card_dropped.emit(card.index, place)
        elif chip is not None and place is not None:
            self.chip_dropped.emit(chip, place)


def _picture_of(widget: QWidget) -> QPixmap:
    picture = empty_pixmap(widget.size(), widget.devicePixelRatioF())
    widget.render(picture, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
    return picture
