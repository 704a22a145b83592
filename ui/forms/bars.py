"""Bars beside the items of a list, which show a number for each item."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ..look.theme import GRID, current, exact_px, px


@dataclass(frozen=True)
class Bar:
    """A number beside an item of a list, as a bar and as text."""

    share: float
    """The length of the bar, 0…1."""
    text: str
    is_lit: bool = False
    is_hatched: bool = False


BAR_ROLE = Qt.ItemDataRole.UserRole + 1
_BAR, _BAR_TEXT = 48, 44
"""Widths of a bar and of its text."""


class BarDelegate(QStyledItemDelegate):
    """Paints items with their bars at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        size = super().sizeHint(option, index)
        return size if index.data(BAR_ROLE) is None else size + QSize(px(_BAR + _BAR_TEXT + 3 * GRID), 0)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().paint(painter, option, index)
        bar = index.data(BAR_ROLE)
        if isinstance(bar, Bar):
            painter.save()
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            self._paint_bar(painter, QRectF(option.rect), bar, chosen)
            painter.restore()

    def _paint_bar(self, painter: QPainter, item: QRectF, bar: Bar, chosen: bool) -> None:
        look, high = current(), exact_px(6)
        left = item.right() - px(_BAR + _BAR_TEXT + GRID)
        quiet = look.on_accent if chosen else look.quiet
        colour = QColor(look.accent if bar.is_lit and not chosen else quiet)
        fill = QBrush(colour, Qt.BrushStyle.BDiagPattern) if bar.is_hatched else QBrush(colour)
        length = max(bar.share * px(_BAR), exact_px(1.5))
        painter.fillRect(QRectF(left, item.center().y() - high / 2, length, high), fill)
        painter.setPen(QColor(quiet))
        where = QRectF(left + px(_BAR), item.top(), px(_BAR_TEXT), item.height())
        painter.drawText(where, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, bar.text)
