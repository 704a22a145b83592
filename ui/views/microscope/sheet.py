"""A table of equations with their numbers: matrices as cells whose colour tells sign and size.

A layout puts headings, formulas, signs and terms into the rectangles of a grid; a model shows the grid to Qt's table,
which scrolls, selects, and speaks to screen readers. Large matrices are folded until they are asked for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QStaticText,
)
from PySide6.QtWidgets import QApplication, QTableView, QWidget

from playground.catalog.choice import Array

from ...forms.buttons import identify, wrapping
from ...guard.faults import guarded
from ...look import theme
from ...look.numbers import minus_text, number_text
from ...look.theme import exact_px, px
from ..chart.plot import RIGHT, small_font
from .equations import Equation, EquationBlock, Term, as_text, plain_symbols, rich_symbols

FOLDED_SIZE = 8
"""The rows and columns shown of a folded matrix."""
_CELL, _ROW = 58, 18
"""Width and height of a cell, in pixels before zooming."""
_SHADES = 33
_WRAPPED = ("title", "heading", "formula", "note")
_Index = QModelIndex | QPersistentModelIndex


@lru_cache
def _cell_width_at(zoom: float) -> int:
    # Letters in whole pixels may grow by more than lengths do; the minus sign stands a little in the margin.
    return max(round(_CELL * zoom), QFontMetrics(small_font()).horizontalAdvance("−0.0895") + px(10))


def cell_width() -> int:
    """The width of a cell at the current zoom, in pixels."""
    return _cell_width_at(theme.zoom())


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectangle of cells on the sheet with words over all of it, or with the numbers of a term, one per cell."""

    kind: str
    """title, heading, formula, note, sign, name, numbers or fold."""
    row: int
    column: int
    rows: int
    columns: int
    block: EquationBlock
    text: str = ""
    term: Term | None = None

    @property
    def outline(self) -> tuple[object, ...]:
        """All attributes but the numbers."""
        return self.kind, self.row, self.column, self.rows, self.columns, self.block.key, self.text

    def number(self, row: int, column: int) -> float:
        """The number in a cell of the sheet."""
        assert self.term is not None
        return float(self.term.values[row - self.row, column - self.column])

    def words(self, row: int, column: int) -> str:
        """Describe a number with all its digits and what its term is; other patches speak for themselves."""
        term = self.term
        if self.kind == "fold":
            return "Press Enter or click to show the whole matrix."
        if term is None:
            return plain_symbols(self.text)
        explained = f"{term.words[:1].upper()}{term.words[1:]}."
        if self.kind == "name":
            return f"{plain_symbols(term.name)}: {explained}"
        place, across = row - self.row, column - self.column
        name = term.row_names[place] if place < len(term.row_names) else f"row {place + 1}"
        name += "" if term.values.shape[1] == 1 else f", column {across + 1}"
        value = minus_text(f"{self.number(row, column):.8g}")
        return f"{plain_symbols(term.name)}, {name}: {value}\n{explained}"


class _Layout:
    """The patches of some blocks on a grid of `room` columns, or of more where a matrix needs them."""

    def __init__(self, blocks: list[EquationBlock], is_unfolded: Callable[[EquationBlock], bool], room: int) -> None:
        self.patches: list[Patch] = []
        self.rows, self.columns = 0, room
        self._room, self._is_unfolded = room, is_unfolded
        for block in blocks:
            self._put_block(block)

    def _put_block(self, block: EquationBlock) -> None:
        for kind, text in (("heading" if block.heading else "title", block.title), ("formula", block.formula),
                           ("note", block.note)):  # fmt: skip
            if text:
                high = _words(text, kind, self._room * cell_width(), theme.zoom()).size().height()
                self._put(kind, self.rows, 0, math.ceil(high / px(_ROW)), self._room, block, text)
        for line in block.lines:
            for number, row in enumerate(self._broken(block, line)):
                self._put_row(block, row, 1 if number else 0)
        self.rows += 0 if block.heading else 1

    def _put(
        self, kind: str, row: int, column: int, rows: int, columns: int, block: EquationBlock, text: str = "",
        term: Term | None = None,
    ) -> None:  # fmt: skip
        self.patches.append(Patch(kind, row, column, rows, columns, block, text, term))
        self.rows, self.columns = max(self.rows, row + rows), max(self.columns, column + columns)

    def _broken(self, block: EquationBlock, line: Equation) -> list[list[Term | str]]:
        """An equation in rows that fit, broken like words: a term stays with the sign before it if both fit."""
        rows: list[list[Term | str]] = [[]]
        used = before = 0
        for part in line:
            row, width = rows[-1], self._width(part, block)
            if row and used + width > self._room:
                moves = isinstance(row[-1], str) and len(row) > 1 and before + width <= self._room
                rows.append([row.pop()] if moves else [])
                used = before if moves else 0
            rows[-1].append(part)
            used, before = used + width, width
        return rows

    def _shape(self, term: Term, block: EquationBlock) -> tuple[int, int]:
        """The number of rows and columns of a term that are shown. If only one more follows, it is shown, too."""
        whole = self._is_unfolded(block)
        rows, columns = (size if whole or size <= FOLDED_SIZE + 1 else FOLDED_SIZE for size in term.values.shape)
        return rows, columns

    def _width(self, part: Term | str, block: EquationBlock) -> int:
        """The columns that a part takes: room for its words, too, and for the mark of what is folded."""
        if isinstance(part, str):
            return _word_columns(part, theme.zoom())
        columns = self._shape(part, block)[1]
        return max(_word_columns(part.name, theme.zoom()), columns + (columns < part.values.shape[1]))

    def _put_row(self, block: EquationBlock, row: list[Term | str], column: int) -> None:
        """Terms and signs side by side, with their middles on one line and the terms' names above."""
        column = min(column, max(0, self._room - sum(self._width(part, block) for part in row)))
        top = self.rows + 1
        most = max((self._shape(part, block)[0] for part in row if isinstance(part, Term)), default=1)
        for part in row:
            width = self._width(part, block)
            if isinstance(part, Term):
                self._put_term(block, part, top, most, column, width)
            else:
                self._put("sign", top, column, most, width, block, part)
            column += width

    def _put_term(self, block: EquationBlock, term: Term, top: int, most: int, column: int, width: int) -> None:
        rows, columns = self._shape(term, block)
        more_rows, more_columns = term.values.shape[0] - rows, term.values.shape[1] - columns
        first = top + (most - rows) // 2
        left = column + (width - columns - bool(more_columns)) // 2
        self._put("name", first - 1, column, 1, width - bool(more_columns), block, term.name, term)
        self._put("numbers", first, left, rows, columns, block, "", term)
        if more_rows:
            self._put("fold", first + rows, left, 1, columns, block, f"+ {more_rows:,}")
        if more_columns:
            self._put("fold", first, left + columns, rows, 1, block, f"+ {more_columns:,}")


class _Model(QAbstractTableModel):
    """The grid for Qt: which patch is where, and what a cell says."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.patches: list[Patch] = []
        self._outline: list[tuple[object, ...]] = []
        self._rows: list[list[Patch]] = []
        self._columns = 0

    def show_layout(self, layout: _Layout) -> None:
        """Show these patches; what is selected stays if they stand where those before stood."""
        outline = [patch.outline for patch in layout.patches]
        moved = outline != self._outline
        if moved:
            self.beginResetModel()
        self.patches, self._outline, self._columns = layout.patches, outline, layout.columns
        self._rows = [[] for _ in range(layout.rows)]
        for patch in layout.patches:
            for row in range(patch.row, patch.row + patch.rows):
                self._rows[row].append(patch)
        if moved:
            self.endResetModel()

    def patch_at(self, row: int, column: int) -> Patch | None:
        """The patch that covers a cell."""
        over = (patch for patch in self._rows[row] if patch.column <= column < patch.column + patch.columns)
        return next(over, None)

    def rowCount(self, parent: _Index | None = None) -> int:
        return len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return self._columns

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Words over several cells stand in the first of them, so that arrow keys meet them once."""
        row, column = index.row(), index.column()
        patch = self.patch_at(row, column)
        if patch is None or (patch.kind not in ("numbers", "fold") and (row, column) != (patch.row, patch.column)):
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> str | None:
        row, column = index.row(), index.column()
        patch = self.patch_at(row, column)
        if patch is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return number_text(patch.number(row, column)) if patch.kind == "numbers" else plain_symbols(patch.text)
        if role == Qt.ItemDataRole.ToolTipRole:
            return wrapping(patch.words(row, column))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return patch.words(row, column)
        return None


class EquationSheet(QTableView):
    """The table of equations. Arrow keys move between the cells; a selection can be copied."""

    folding_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        about = (
            "Arrow keys move between the numbers; with Shift they select. Ctrl+C copies. Enter unfolds a large matrix."
        )
        identify(self, "microscope.sheet", "Forward and backward pass in numbers", about=about)
        self._blocks: list[EquationBlock] = []
        self._unfolded: set[str] = set()
        self._everything = False
        self._model = _Model(self)
        self.setModel(self._model)
        self.setFrameShape(self.Shape.NoFrame)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setSelectionMode(self.SelectionMode.ContiguousSelection)
        self.setVerticalScrollMode(self.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(self.ScrollMode.ScrollPerPixel)
        for header in (self.horizontalHeader(), self.verticalHeader()):
            header.hide()
            header.setMinimumSectionSize(1)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.addAction("Copy", self.copy)
        self.addAction("Select all", self.selectAll)
        self.clicked.connect(self._unfold)
        self.activated.connect(self._unfold)
        self.doubleClicked.connect(self._select_term)
        self.apply_theme()

    def show_blocks(self, blocks: list[EquationBlock]) -> None:
        """Show these equations; the view stays where it is as long as they have the same shapes."""
        self._blocks = blocks
        self._lay_out()

    def set_everything(self, on: bool) -> None:
        """Show all matrices whole, or fold the large ones."""
        self._everything = on
        self._unfolded.clear()
        self._lay_out()

    def has_folds(self) -> bool:
        """Whether some matrix is large enough to be folded."""
        terms = (part for block in self._blocks for line in block.lines for part in line if isinstance(part, Term))
        return any(max(term.values.shape) > FOLDED_SIZE + 1 for term in terms)

    def text(self) -> str:
        return as_text(self._blocks)

    def patches(self) -> list[Patch]:
        """The patches on the sheet, with their cells."""
        return self._model.patches

    def apply_theme(self) -> None:
        """Take the colours and the sizes from the current theme."""
        self.horizontalHeader().setDefaultSectionSize(cell_width())
        self.verticalHeader().setDefaultSectionSize(px(_ROW))
        self._lay_out()
        self.viewport().update()

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the patches in sight: a delegate for each cell would take four times as long."""
        seen, high, wide = event.rect(), px(_ROW), cell_width()
        with QPainter(self.viewport()) as painter:
            painter.fillRect(seen, QColor(theme.current().surface))
            for patch in self._model.patches:
                box = self._box(patch.row, patch.column, patch.rows, patch.columns)
                if not box.intersects(seen):
                    continue
                if patch.kind == "numbers":
                    rows = range(max(0, (seen.top() - box.top()) // high), patch.rows)
                    rows = rows[: (seen.bottom() - box.top()) // high + 1 - rows.start]
                    columns = range(max(0, (seen.left() - box.left()) // wide), patch.columns)
                    columns = columns[: (seen.right() - box.left()) // wide + 1 - columns.start]
                    _paint_numbers(painter, box, patch, itertools.product(rows, columns))
                else:
                    _paint_words(painter, box, patch)
            self._paint_selection(painter)

    def _paint_selection(self, painter: QPainter) -> None:
        glow, current = QColor(theme.current().accent), self.currentIndex()
        painter.setPen(QPen(glow, exact_px(2)))
        if self.hasFocus() and current.isValid():
            patch = self._model.patch_at(current.row(), current.column())
            whole = patch is not None and patch.kind != "numbers"
            rows, columns = (patch.rows, patch.columns) if patch is not None and whole else (1, 1)
            painter.drawRect(self._box(current.row(), current.column(), rows, columns).adjusted(1, 1, -2, -2))
        glow.setAlpha(60)
        chosen = self.selectionModel().selection()
        if not chosen.isEmpty():
            cells = chosen.first()
            painter.fillRect(self._box(cells.top(), cells.left(), cells.height(), cells.width()), glow)

    def _box(self, row: int, column: int, rows: int, columns: int) -> QRect:
        """A rectangle of cells in pixels of the viewport."""
        wide, high = cell_width(), px(_ROW)
        left, top = column * wide - self.horizontalOffset(), row * high - self.verticalOffset()
        return QRect(left, top, columns * wide, rows * high)

    def _lay_out(self) -> None:
        room = max(5, self.viewport().width() // cell_width())
        layout = _Layout(self._blocks, lambda block: self._everything or block.key in self._unfolded, room)
        self._model.show_layout(layout)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def sizeHint(self) -> QSize:
        return QSize(px(560), px(480))

    def _unfold(self, index: QModelIndex) -> None:
        patch = self._model.patch_at(index.row(), index.column())
        if patch is not None and patch.kind == "fold":
            self._unfolded.add(patch.block.key)
            self._lay_out()
            self.setCurrentIndex(self._model.index(index.row(), index.column()))
            self.folding_changed.emit()

    def _select_term(self, index: QModelIndex) -> None:
        patch = self._model.patch_at(index.row(), index.column())
        if patch is not None and patch.kind == "numbers":
            last = self._model.index(patch.row + patch.rows - 1, patch.column + patch.columns - 1)
            self.setSelection(
                self.visualRect(self._model.index(patch.row, patch.column)).united(self.visualRect(last)),
                self.selectionModel().SelectionFlag.ClearAndSelect,
            )

    def selected_text(self) -> str:
        """The selected cells as text with exact numbers, separated by tabs; all cells if none or all are selected."""
        chosen = self.selectionModel().selection()
        whole = self._model.rowCount(), self._model.columnCount()
        if chosen.isEmpty() or (chosen.first().height(), chosen.first().width()) == whole:
            return self.text()
        cells = chosen.first()
        rows, columns = range(cells.top(), cells.bottom() + 1), range(cells.left(), cells.right() + 1)
        return "\n".join("\t".join(self._exact(row, column) for column in columns) for row in rows)

    def _exact(self, row: int, column: int) -> str:
        patch = self._model.patch_at(row, column)
        if patch is None or (patch.kind != "numbers" and (row, column) != (patch.row, patch.column)):
            return ""
        return f"{patch.number(row, column):.8g}" if patch.kind == "numbers" else plain_symbols(patch.text)

    def copy(self) -> None:
        """Copy the selection, or else everything, to the clipboard."""
        QGuiApplication.clipboard().setText(self.selected_text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.key() == Qt.Key.Key_Escape and self.selectionModel().hasSelection():
            self.clearSelection()
        else:
            super().keyPressEvent(event)


def _paint_numbers(painter: QPainter, box: QRect, patch: Patch, cells: Iterable[tuple[int, int]]) -> None:
    """Paint cells of a term, by row and column in it, and the brackets around all."""
    assert patch.term is not None
    look, wide, high, values = theme.current(), cell_width(), px(_ROW), patch.term.values
    shades, places, edge, last = _shade_colours(look), _shade_places(values), px(4), patch.columns - 1
    painter.setFont(small_font())
    painter.setPen(QColor(look.text))
    for row, column in cells:
        cell = QRect(box.left() + column * wide, box.top() + row * high, wide - 1, high - 1)
        inside = cell.adjusted(edge if column == 0 else 0, 0, 1 - edge if column == last else 0, 0)
        painter.fillRect(inside, shades[places[row, column]])
        painter.drawText(inside.adjusted(-edge, 0, -edge // 2, 0), RIGHT, number_text(float(values[row, column])))
    painter.setPen(QPen(QColor(look.quiet), exact_px(1)))
    for x, inward in ((box.left() + px(2), px(3)), (box.right() - px(2), -px(3))):
        painter.drawLine(x, box.top(), x, box.bottom() - 1)
        for y in (box.top(), box.bottom() - 1):
            painter.drawLine(x, y, x + inward, y)


@lru_cache(maxsize=1024)
def _word_columns(text: str, zoom: float) -> int:
    """The columns that words on one line take."""
    return math.ceil((_words(text, "sign", 0, zoom).size().width() + px(2)) / cell_width())


@lru_cache(maxsize=1024)
def _words(text: str, kind: str, width: float, zoom: float) -> QStaticText:
    """Words with lowered names of layers, broken at `width` pixels; on one line at 0."""
    result = QStaticText(rich_symbols(text))
    result.setTextFormat(Qt.TextFormat.RichText)
    if width:
        result.setTextWidth(width)
    result.prepare(font=_font(kind))
    return result


def _font(kind: str) -> QFont:
    if kind not in ("heading", "title"):
        return small_font()
    result = QFont(QApplication.font())
    result.setPixelSize(px(theme.LARGE if kind == "heading" else theme.NORMAL))
    result.setWeight(QFont.Weight.DemiBold)
    return result


def _paint_words(painter: QPainter, rect: QRect, patch: Patch) -> None:
    look, kind = theme.current(), patch.kind
    words = _words(patch.text, kind, rect.width() if kind in _WRAPPED else 0, theme.zoom())
    colours = {"fold": look.accent, "heading": look.text, "title": look.text, "sign": look.text}
    painter.setPen(QColor(colours.get(kind, look.quiet)))
    painter.setFont(_font(kind))
    place = QRectF(QPointF(), words.size())
    place.moveCenter(QRectF(rect).center())
    if kind in _WRAPPED:
        place.moveLeft(rect.left())
    painter.drawStaticText(place.topLeft(), words)


@lru_cache(maxsize=4)
def _shade_colours(look: theme.Theme) -> list[QColor]:
    """The colours of cells from the most negative to the most positive."""
    return [QColor(*(int(value) for value in row[:3])) for row in theme.field_table(look, _SHADES)]


def _shade_places(values: Array) -> Array:
    """The shade of each cell: the strongest for the largest size in its term."""
    known = np.nan_to_num(np.asarray(values, dtype=np.float64), posinf=0.0, neginf=0.0)
    largest = float(np.abs(known).max(initial=0.0))
    shares = known / largest if largest > 0 else known
    middle = _SHADES // 2
    result: Array = middle + np.round(shares * middle).astype(np.intp)
    return result
