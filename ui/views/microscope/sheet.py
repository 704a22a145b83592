"""A sheet of equations with their numbers: matrices as cells whose colour tells sign and size, to scroll and to copy.

Only what is in sight is painted. Large matrices are folded until they are asked for.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QToolTip, QWidget

from playground.catalog.choice import Array

from ...forms.buttons import identify
from ...guard.faults import guarded
from ...look import theme
from ...look.numbers import minus_text, number_text
from ...look.theme import exact_px, px
from ..chart.plot import CENTRE, LEFT, RIGHT, small_font
from .equations import Block, Equation, Term, as_text, cells_text

FOLDED_SIZE = 8
"""The rows and columns shown of a folded matrix."""
CELL, ROW, _GAP, _MARGIN = 52, 18, 8, 16
"""Width and height of a cell, the gap between things, the margin of the sheet, in pixels before zooming."""
_MARK, _INDENT = 22, 24
"""The room for words beside a folded matrix, and before the rest of a long equation."""
_SHADES = 33


@lru_cache
def _cell_width_at(zoom: float) -> int:
    # Letters in whole pixels may grow by more than lengths do; the minus sign stands a little in the margin.
    return max(round(CELL * zoom), QFontMetrics(small_font()).horizontalAdvance("−0.0895") + px(6) - 2)


def cell_width() -> int:
    """The width of a cell at the current zoom, in pixels."""
    return _cell_width_at(theme.zoom())


class _Spot(NamedTuple):
    """A cell: in which term of the sheet, row and column."""

    term: int
    row: int
    column: int


@dataclass(frozen=True, eq=False)
class PlacedTerm:
    """A term with its place on the sheet."""

    term: Term
    block: Block
    cells: QRect
    rows: int
    columns: int

    def cell(self, row: int, column: int) -> QRect:
        """The place of a number on the sheet."""
        wide, high = cell_width(), px(ROW)
        return QRect(self.cells.left() + column * wide, self.cells.top() + row * high, wide, high)

    @property
    def more_rows(self) -> int:
        return len(self.term.values) - self.rows

    @property
    def more_columns(self) -> int:
        return self.term.values.shape[1] - self.columns

    @property
    def whole(self) -> QRect:
        """The area of the cells, the name above and the marks of folded ones."""
        result = self.cells.adjusted(-px(6), -px(ROW), px(6), 0)
        for box, _ in self.fold_marks:
            result = result.united(box)
        return result

    @property
    def fold_marks(self) -> list[tuple[QRect, str]]:
        """The places and texts of the words about folded rows and columns."""
        marks, cells = [], self.cells
        if self.more_rows:
            below = QRect(cells.left(), cells.bottom() + 1, max(cells.width(), 2 * cell_width()), px(ROW))
            marks.append((below, f"… {self.more_rows:,} more"))
        if self.more_columns:
            beside = QRect(cells.right() + px(4), cells.top(), px(_MARK - 4), max(cells.height(), 4 * px(ROW)))
            beside.moveCenter(QPoint(beside.center().x(), cells.center().y()))
            marks.append((beside, f"… {self.more_columns:,} more"))
        return marks


class _PlacedText(NamedTuple):
    """Words on the sheet: "title", "formula", "note", "heading" or "sign"."""

    text: str
    kind: str
    place: QRect


class _Layout:
    """The places of all terms and texts, for given blocks and given blocks unfolded."""

    def __init__(self, blocks: list[Block], unfolded: set[str], everything: bool, width: int) -> None:
        self.terms: list[PlacedTerm] = []
        self.texts: list[_PlacedText] = []
        self.width, self._y = 0, px(_MARGIN) // 2
        self._metrics, self._room = QFontMetrics(small_font()), width - 2 * px(_MARGIN)
        for block in blocks:
            self._put_block(block, everything or block.key in unfolded)
        self.height = self._y + px(_MARGIN)

    def _put_block(self, block: Block, unfolded: bool) -> None:
        if block.heading:
            self._y += px(_GAP)
        self._put_words(block.title, "heading" if block.heading else "title", px(26 if block.heading else 22))
        if block.formula:
            self._put_words(block.formula, "formula", px(ROW))
        if block.note:
            flags = int(Qt.TextFlag.TextWordWrap)
            box = self._metrics.boundingRect(QRect(0, 0, max(self._room, px(200)), 1000), flags, block.note)
            self._put_words(block.note, "note", box.height() + px(4))
        for line in block.lines:
            self._put_line(block, line, unfolded)
        self._y += 0 if block.heading else 2 * px(_GAP)

    def _put_words(self, text: str, kind: str, height: int) -> None:
        width = max(self._room, px(200))
        if kind == "formula":
            width = max(width, self._metrics.horizontalAdvance(text) + px(8))
        self.texts.append(_PlacedText(text, kind, QRect(px(_MARGIN), self._y, width, height)))
        self._y += height

    def _put_line(self, block: Block, line: Equation, unfolded: bool) -> None:
        """An equation, broken like words where it is too long."""
        row: list[Term | str] = []
        x = px(_MARGIN)
        for group in _unbreakable_groups(line):
            width = sum(self._width(part, unfolded) for part in group)
            if row and x + width > px(_MARGIN) + self._room:
                self._put_row(block, row, unfolded)
                # What goes on below stands further in.
                row, x = [""], px(_MARGIN) + px(_INDENT)
            row += group
            x += width
        self._put_row(block, row, unfolded)
        self._y += px(_GAP)

    def _width(self, part: Term | str, unfolded: bool) -> int:
        if isinstance(part, str):
            return self._metrics.horizontalAdvance(part) + px(_GAP) if part else px(_INDENT)
        columns = _shown_shape(part, unfolded)[1]
        mark = px(_MARK) if columns < part.values.shape[1] else 0
        return columns * cell_width() + px(12) + mark + px(_GAP)

    def _put_row(self, block: Block, row: list[Term | str], unfolded: bool) -> None:
        """Terms and signs side by side, with their middles on one line."""
        terms = [part for part in row if isinstance(part, Term)]
        shapes = [_shown_shape(term, unfolded) for term in terms]
        most = max(rows for rows, _ in shapes)
        folded = any(len(term.values) > rows for term, (rows, _) in zip(terms, shapes, strict=True))
        x, top = px(_MARGIN), self._y + px(ROW)
        for part in row:
            width = self._width(part, unfolded)
            if isinstance(part, str):
                self.texts.append(_PlacedText(part, "sign", QRect(x, top, width, most * px(ROW))))
            else:
                rows, columns = _shown_shape(part, unfolded)
                cells = QRect(
                    x + px(6),
                    top + (most - rows) * px(ROW) // 2,
                    columns * cell_width(),
                    rows * px(ROW),
                )
                self.terms.append(PlacedTerm(part, block, cells, rows, columns))
            x += width
        self.width = max(self.width, x + px(_MARGIN))
        self._y = top + most * px(ROW) + (px(ROW) if folded else 0)


def _unbreakable_groups(line: Equation) -> list[list[Term | str]]:
    """An equation in parts that stay together: a term with the signs before it."""
    result: list[list[Term | str]] = [[]]
    for part in line:
        result[-1].append(part)
        if isinstance(part, Term):
            result.append([])
    if not result[-1]:
        result.pop()
    return result


def _shown_shape(term: Term, unfolded: bool) -> tuple[int, int]:
    """How many rows and columns of a term are shown. If only one more follows, it is shown too."""
    rows, columns = (size if unfolded or size <= FOLDED_SIZE + 1 else FOLDED_SIZE for size in term.values.shape)
    return rows, columns


class EquationSheet(QAbstractScrollArea):
    folding_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        about = "Arrow keys scroll, dragging selects numbers, Ctrl+C copies them."
        identify(self, "microscope.sheet", "Forward and backward pass in numbers", about=about)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self._blocks: list[Block] = []
        self._unfolded: set[str] = set()
        self._everything = False
        self._signature: tuple[object, ...] = ()
        self._layout = _Layout([], set(), False, 400)
        self._from: _Spot | None = None
        self._to: _Spot | None = None
        self._all = False
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.addAction("Copy", self.copy)
        self.addAction("Select all", lambda: self._select(everything=True))
        self.verticalScrollBar().setSingleStep(px(ROW))
        self.horizontalScrollBar().setSingleStep(cell_width())

    def show_blocks(self, blocks: list[Block]) -> None:
        """Show these equations; the view stays where it is as long as they have the same shapes."""
        signature = tuple(_outline(block) for block in blocks)
        self._blocks = blocks
        if signature != self._signature:
            self._signature = signature
            self._from = self._to = None
        self._lay_out()

    def set_everything(self, on: bool) -> None:
        """Show all matrices whole, or fold the large ones."""
        self._everything = on
        self._unfolded.clear()
        self._from = self._to = None
        self._lay_out()

    def has_folds(self) -> bool:
        """Whether some matrix is large enough to be folded."""
        terms = (part for block in self._blocks for line in block.lines for part in line if isinstance(part, Term))
        return any(max(term.values.shape) > FOLDED_SIZE + 1 for term in terms)

    def text(self) -> str:
        return as_text(self._blocks)

    def placed_terms(self) -> list[PlacedTerm]:
        """The terms with their places on the sheet."""
        return self._layout.terms

    def _lay_out(self) -> None:
        view = self.viewport()
        self._layout = layout = _Layout(self._blocks, self._unfolded, self._everything, view.width())
        for bar, size, room in (
            (self.horizontalScrollBar(), layout.width, view.width()),
            (self.verticalScrollBar(), layout.height, view.height()),
        ):
            bar.setPageStep(room)
            bar.setRange(0, max(0, size - room))
        view.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def sizeHint(self) -> QSize:
        return QSize(px(560), px(480))

    @property
    def _offset(self) -> QPoint:
        return QPoint(self.horizontalScrollBar().value(), self.verticalScrollBar().value())

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self.viewport()) as painter:
            painter.fillRect(event.rect(), QColor(theme.current().surface))
            painter.translate(-self._offset)
            seen = event.rect().translated(self._offset)
            painter.setFont(small_font())
            for words in self._layout.texts:
                if words.place.intersects(seen):
                    _paint_words(painter, words)
            painter.setFont(small_font())
            for number, placed in enumerate(self._layout.terms):
                if placed.whole.intersects(seen):
                    self._paint_term(painter, number, placed, seen)
            if self.hasFocus():
                painter.resetTransform()
                painter.setPen(QPen(QColor(theme.current().accent), exact_px(2)))
                painter.drawRect(self.viewport().rect().adjusted(px(1), px(1), -px(1), -px(1)))

    def _paint_term(self, painter: QPainter, number: int, placed: PlacedTerm, seen: QRect) -> None:
        look, cells, wide, high = theme.current(), placed.cells, cell_width(), px(ROW)
        painter.setPen(QColor(look.quiet))
        name = QRect(cells.left() - px(6), cells.top() - high, max(cells.width() + px(12), wide), high)
        painter.drawText(name, CENTRE, placed.term.name)
        rows = range(
            max(0, (seen.top() - cells.top()) // high),
            min(placed.rows, (seen.bottom() - cells.top()) // high + 1),
        )
        columns = range(
            max(0, (seen.left() - cells.left()) // wide),
            min(placed.columns, (seen.right() - cells.left()) // wide + 1),
        )
        shades, places = _shade_colours(look), _shade_places(placed.term.values)
        painter.setPen(QColor(look.text))
        for row, column in itertools.product(rows, columns):
            box = placed.cell(row, column)
            painter.fillRect(box.adjusted(0, 0, -1, -1), shades[places[row, column]])
            painter.drawText(box.adjusted(0, 0, -px(6), 0), RIGHT, number_text(float(placed.term.values[row, column])))
        self._paint_brackets(painter, cells)
        for box, words in placed.fold_marks:
            _paint_fold(painter, box, words)
        chosen = self._chosen_in(number, placed)
        if chosen is not None:
            painter.setPen(QPen(QColor(look.accent), exact_px(2)))
            painter.drawRect(chosen.adjusted(0, 0, -1, -1))

    def _paint_brackets(self, painter: QPainter, cells: QRect) -> None:
        painter.setPen(QPen(QColor(theme.current().quiet), exact_px(1)))
        for x, inward in ((cells.left() - px(4), px(3)), (cells.right() + px(3), -px(3))):
            painter.drawLine(x, cells.top(), x, cells.bottom())
            for y in (cells.top(), cells.bottom()):
                painter.drawLine(x, y, x + inward, y)

    def _chosen_in(self, number: int, placed: PlacedTerm) -> QRect | None:
        if self._all:
            return placed.cells
        area = self._area()
        if area is None or area[0] != number:
            return None
        _, top, bottom, left, right = area
        return placed.cell(top, left).united(placed.cell(bottom, right)).intersected(placed.cells)

    def _area(self) -> tuple[int, int, int, int, int] | None:
        a, b = self._from, self._to
        if a is None or b is None or a.term >= len(self._layout.terms):
            return None
        rows, columns = sorted((a.row, b.row)), sorted((a.column, b.column))
        return a.term, rows[0], rows[1], columns[0], columns[1]

    def selected_text(self) -> str:
        """The selection as text with exact numbers; everything if nothing is selected."""
        area = self._area()
        if area is None or self._all:
            return self.text()
        number, top, bottom, left, right = area
        return cells_text(self._layout.terms[number].term.values[top : bottom + 1, left : right + 1])

    def copy(self) -> None:
        """Copy the selection, or else everything, to the clipboard."""
        QGuiApplication.clipboard().setText(self.selected_text())

    def _select(self, everything: bool) -> None:
        self._all, self._from, self._to = everything, None, None
        self.viewport().update()

    def _spot_at(self, position: QPoint) -> _Spot | None:
        place = position + self._offset
        for number, placed in enumerate(self._layout.terms):
            if placed.cells.contains(place):
                inside = place - placed.cells.topLeft()
                return _Spot(number, inside.y() // px(ROW), inside.x() // cell_width())
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = event.position().toPoint()
        if self._fold_at(place):
            return
        self._all = False
        self._from = self._to = self._spot_at(place)
        self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = event.position().toPoint()
        if event.buttons() & Qt.MouseButton.LeftButton and self._from is not None:
            cells = self._layout.terms[self._from.term].cells
            inside = place + self._offset - cells.topLeft()
            row, column = inside.y() // px(ROW), inside.x() // cell_width()
            last_row, last_column = cells.height() // px(ROW) - 1, cells.width() // cell_width() - 1
            self._to = _Spot(self._from.term, min(max(row, 0), last_row), min(max(column, 0), last_column))
            self.viewport().update()
        else:
            over = self._mark_at(place) is not None
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.ArrowCursor
            self.viewport().setCursor(shape)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        spot = self._spot_at(event.position().toPoint())
        if spot is not None:
            rows, columns = self._layout.terms[spot.term].term.values.shape
            self._from, self._to = _Spot(spot.term, 0, 0), _Spot(spot.term, rows - 1, columns - 1)
            self.viewport().update()

    def _mark_at(self, position: QPoint) -> PlacedTerm | None:
        """The term whose words about folded rows or columns are at a place."""
        place = position + self._offset
        marked = (placed for placed in self._layout.terms if any(box.contains(place) for box, _ in placed.fold_marks))
        return next(marked, None)

    def _fold_at(self, position: QPoint) -> bool:
        placed = self._mark_at(position)
        if placed is None:
            return False
        self._unfolded.add(placed.block.key)
        self._from = self._to = None
        self._lay_out()
        self.folding_changed.emit()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self._select(everything=True)
        elif event.key() == Qt.Key.Key_Escape and (self._all or self._from is not None):
            self._select(everything=False)
        elif event.key() == Qt.Key.Key_Home:
            bar.setValue(bar.minimum())
        elif event.key() == Qt.Key.Key_End:
            bar.setValue(bar.maximum())
        else:
            super().keyPressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.words_at(event.pos())
            if words:
                QToolTip.showText(event.globalPos(), words, self)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def words_at(self, position: QPoint) -> str:
        """Describe the number at a place, with all its digits."""
        spot = self._spot_at(position)
        if spot is None:
            return ""
        term = self._layout.terms[spot.term].term
        value = minus_text(f"{float(term.values[spot.row, spot.column]):.8g}")
        row = term.row_names[spot.row] if spot.row < len(term.row_names) else f"row {spot.row + 1}"
        place = row if term.values.shape[1] == 1 else f"{row}, column {spot.column + 1}"
        return f"{term.name}, {place}: {value}\n{term.words[:1].upper()}{term.words[1:]}."


def _outline(block: Block) -> tuple[object, ...]:
    """The words and shapes of a block, whatever its numbers."""
    parts = (part for line in block.lines for part in line)
    shapes = (part if isinstance(part, str) else (part.name, part.values.shape) for part in parts)
    return (block.key, block.title, block.formula, block.note, *shapes)


def _paint_words(painter: QPainter, words: _PlacedText) -> None:
    look, font, kind = theme.current(), small_font(), words.kind
    if kind in ("heading", "title"):
        font = QFont(QApplication.font())
        font.setPixelSize(px(theme.LARGE if kind == "heading" else theme.NORMAL))
        font.setWeight(QFont.Weight.DemiBold)
    wrapped = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
    flags = {"note": wrapped, "sign": CENTRE}.get(kind, LEFT)
    painter.setFont(font)
    painter.setPen(QColor(look.quiet if kind in ("note", "formula") else look.text))
    painter.drawText(words.place, int(flags), words.text)


def _paint_fold(painter: QPainter, box: QRect, words: str) -> None:
    """Say how many rows or columns are folded away; beside a matrix from bottom to top."""
    painter.save()
    painter.setPen(QColor(theme.current().accent))
    if box.height() > box.width():
        painter.translate(box.center())
        painter.rotate(-90)
        turned = QRect(-box.height() // 2, -box.width() // 2, box.height(), box.width())
        painter.drawText(turned, CENTRE, words)
    else:
        painter.drawText(box, LEFT, words)
    painter.restore()


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
