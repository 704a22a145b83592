"""How large the gradient is in every layer: over the whole training and now.

One row per layer, input side first. On the left its history as colours, on the right its present size as a bar
whose axis is at the same time the legend of the colours: the scale is fixed, so that the same colour and the same
length always mean the same number. A switch above chooses between ∂E/∂W and δ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from playground.catalog.choice import Array
from playground.snapshot import GradientHistory, Snapshot, Wanted
from ui import theme
from ui.faults import guarded
from ui.views.plotting import (
    Throttle,
    even_ticks,
    leap_above,
    on_surface,
    outline_of,
    power_text,
    short_text,
    small_font,
    style_words,
)

LOWEST, HIGHEST = -8.0, 1.0
"""Powers of ten at the two ends of the scale; what lies beyond gets the colour and the length of the end."""
MAX_COLUMNS = 400
FIRST_LIMIT = 100.0
"""Steps that the history's axis reaches at least."""


@dataclass(frozen=True)
class Quantity:
    """One of the two sizes that can be shown, by its name in LayerStatistics and GradientHistory."""

    field: str
    symbol: str
    name: str
    help: str


QUANTITIES = (
    Quantity(
        "gradient_rms",
        "∂E/∂W",
        "Gradient of the weights, ∂E/∂W",
        "How strongly the error pulls at the weights of each layer, as root mean square. "
        "Where it is tiny, the layer hardly learns.",
    ),
    Quantity(
        "delta_rms",
        "δ",
        "Error signal, δ",
        "How strongly each point's error reaches the units of each layer, δ = ∂E/∂z, as root mean square. "
        "It passes from the output back to layer 1.",
    ),
)


# Sizes as places and colours ----------------------------------------------------------------------------------


def scale_places(values: Array) -> Array:
    """Where sizes stand on the scale, 0…1; NaN where there is no number. Zero stands at the low end."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = (np.log10(values) - LOWEST) / (HIGHEST - LOWEST)
    return np.clip(places, 0, 1)


def size_colours(values: Array, table: Array) -> Array:
    """The colours of sizes of any shape, uint8 (…, 4); transparent where there is no number."""
    places = scale_places(values)
    absent = np.isnan(places)
    colours = table[(np.where(absent, 0, places) * (len(table) - 1) + 0.5).astype(np.intp)]
    colours[absent] = 0
    return colours


def column_rows(step: Array, limit: float, columns: int) -> Array:
    """For each column of a picture from step 0 to `limit`, the last row at or before it; −1 past the last row."""
    if not len(step):
        return np.full(columns, -1)
    at = (np.arange(columns) + 0.5) * limit / columns
    rows = np.searchsorted(step, at, side="right") - 1
    # The column that the last row falls into belongs to it, so that the newest is always seen.
    return np.where(at - 0.5 * limit / columns <= step[-1], np.maximum(rows, 0), -1)


def size_text(value: float) -> str:
    """A size as text: 3.2e-4, 0, or a dash where there is none."""
    if not np.isfinite(value):
        return "∞" if np.isinf(value) else "–"
    return power_text(value) if value else "0"


# The picture --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Places:
    """Where the columns of the picture are, in pixels."""

    heat: QRectF
    bars: QRectF
    numbers: float

    def row(self, index: int, layers: int) -> tuple[float, float]:
        """Top and height of a layer's row."""
        height = self.heat.height() / layers
        return self.heat.top() + index * height, height


class GradientChart(QWidget):
    """The painted part: labels, history, bars, numbers and the two axes."""

    TOP, BOTTOM, GAP, LABELS = 20, 38, 16, 64

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Gradient size of each layer, over training and now")
        self.names: tuple[str, ...] = ()
        self.values: Array = np.zeros(0)
        self.texts: tuple[str, ...] = ()
        self.colours: Array = np.zeros((0, 0, 4), np.uint8)
        self.limit = FIRST_LIMIT
        self.table: Array = theme.magnitude_table()
        self.apply_theme()

    def apply_theme(self) -> None:
        """Take over the font and the colours of the theme in force."""
        self.small = small_font()
        self.metrics = QFontMetrics(self.small)
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Enough for a few rows."""
        return QSize(220, 110)

    def sizeHint(self) -> QSize:
        """The size it has in a small window."""
        return QSize(420, 200)

    def places(self) -> Places:
        """Divide the width among labels, history, bars and numbers."""
        metrics = self.metrics
        widest = max((metrics.horizontalAdvance(name) for name in (*self.names, "layer")), default=0)
        left = min(widest, self.LABELS) + 8
        numbers = metrics.horizontalAdvance("8.8e-88") + 8
        room = max(40.0, self.width() - left - numbers - self.GAP)
        heat = QRectF(left, self.TOP, round(0.6 * room), max(8, self.height() - self.TOP - self.BOTTOM))
        bars = QRectF(heat.right() + self.GAP, heat.top(), room - heat.width(), heat.height())
        return Places(heat, bars, bars.right() + 8)

    @guarded
    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw everything; it takes well under a millisecond."""
        with QPainter(self) as painter:
            painter.setFont(self.small)
            places = self.places()
            self._paint_axes(painter, places)
            if self.names:
                self._paint_history(painter, places)
                self._paint_bars(painter, places)
                self._paint_texts(painter, places)

    def _paint_axes(self, painter: QPainter, places: Places) -> None:
        look, metrics = theme.current(), self.metrics
        heat, bars = places.heat, places.bars
        painter.fillRect(heat, QColor(look.raised))
        painter.setPen(QColor(look.quiet))
        above = QRectF(0, 0, heat.left(), self.TOP - 4)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(above, left, "layer")
        painter.drawText(QRectF(heat.left(), 0, heat.width(), self.TOP - 4), left, "over training")
        painter.drawText(QRectF(bars.left(), 0, bars.width(), self.TOP - 4), left, "now")
        under = heat.bottom() + 4
        for tick in even_ticks(0, self.limit, int(heat.width() // 64)):
            x = heat.left() + heat.width() * tick / self.limit
            self._centred(painter, x, under, short_text(tick), heat.left() - 8, heat.right())
        self._centred(painter, heat.center().x(), under + metrics.height(), "step", 0, self.width())
        self._paint_scale(painter, bars)

    def _paint_scale(self, painter: QPainter, bars: QRectF) -> None:
        """The axis of the bars, which is the legend of the colours."""
        strip = QRectF(bars.left(), bars.bottom(), bars.width(), 5)
        row = np.ascontiguousarray(self.table[np.newaxis])
        painter.drawImage(strip, QImage(row.data, row.shape[1], 1, row.strides[0], QImage.Format.Format_RGBA8888))
        look = theme.current()
        painter.setPen(QColor(look.quiet))
        below = bars.bottom() + 4 + self.metrics.height()
        self._centred(painter, bars.center().x(), below, "log scale", 0, self.width())
        for power in range(int(LOWEST), int(HIGHEST) + 1, 4):
            x = bars.left() + bars.width() * (power - LOWEST) / (HIGHEST - LOWEST)
            painter.setPen(QColor(look.line))
            painter.drawLine(QPointF(round(x), bars.top()), QPointF(round(x), bars.bottom()))
            painter.setPen(QColor(look.quiet))
            text = "1" if power == 0 else f"1e{power}"
            self._centred(painter, x, strip.bottom(), text, bars.left() - 8, self.width())

    def _centred(self, painter: QPainter, x: float, top: float, text: str, low: float, high: float) -> None:
        """Write `text` with its middle at `x`, moved inwards where it would leave low…high."""
        width = self.metrics.horizontalAdvance(text) + 2
        left = min(max(x - width / 2, low), high - width)
        painter.drawText(QRectF(left, top, width, self.metrics.height()), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_history(self, painter: QPainter, places: Places) -> None:
        layers, columns = self.colours.shape[:2]
        if layers == 0 or columns == 0:
            return
        image = QImage(self.colours.data, columns, layers, self.colours.strides[0], QImage.Format.Format_RGBA8888)
        painter.drawImage(places.heat, image)
        if places.heat.height() / layers >= 8:
            painter.setPen(QColor(theme.current().surface))
            for index in range(1, layers):
                y = round(places.row(index, layers)[0])
                painter.drawLine(QPointF(places.heat.left(), y), QPointF(places.heat.right(), y))

    def _paint_bars(self, painter: QPainter, places: Places) -> None:
        lengths = scale_places(self.values) * places.bars.width()
        colours = size_colours(self.values, self.table)
        for index, (length, colour) in enumerate(zip(lengths, colours, strict=True)):
            if np.isnan(length):
                continue
            top, height = places.row(index, len(self.values))
            thick = min(18.0, height - 1 if height >= 3 else height)
            bar = QRectF(places.bars.left(), top + (height - thick) / 2, max(2.0, length), thick)
            painter.fillRect(bar, QColor(*(int(channel) for channel in colour[:3])))

    def _paint_texts(self, painter: QPainter, places: Places) -> None:
        look, metrics = theme.current(), self.metrics
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for index in self.labelled_rows():
            top, height = places.row(index, len(self.names))
            top, height = top + height / 2 - 10, 20.0
            name = metrics.elidedText(self.names[index], Qt.TextElideMode.ElideRight, self.LABELS)
            painter.setPen(QColor(look.quiet))
            painter.drawText(QRectF(0, top, places.heat.left() - 8, height), right, name)
            painter.setPen(QColor(look.text))
            painter.drawText(QRectF(places.numbers, top, 80, height), left, self.texts[index])

    def labelled_rows(self) -> list[int]:
        """The rows that have room for a name and a number: all, or every so many, and always the last."""
        layers = len(self.names)
        every = max(1, int(np.ceil(self.metrics.height() * layers / self.places().heat.height())))
        rows = [index for index in range(0, layers - 1, every) if layers - 1 - index >= every]
        return [*rows, layers - 1]

    def row_at(self, y: float) -> int | None:
        """The layer at a height; None outside the rows."""
        heat = self.places().heat
        if not self.names or not heat.top() <= y < heat.bottom():
            return None
        return int((y - heat.top()) / heat.height() * len(self.names))

    def step_at(self, x: float) -> float | None:
        """The step at a place on the history; None beside it."""
        heat = self.places().heat
        return (x - heat.left()) / heat.width() * self.limit if heat.left() <= x <= heat.right() else None


# The view -----------------------------------------------------------------------------------------------------


class GradientsView(QWidget):
    """A switch and a line of words above the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted = Wanted()
        self.setAccessibleName("Gradients of each layer")
        self._snapshot: Snapshot | None = None
        self._quantity = QUANTITIES[0]
        self._drawn: tuple[object, ...] = ()
        self._mouse: QPointF | None = None
        self._chart = GradientChart(self)
        self._chart.installEventFilter(self)
        self._words = QLabel()
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        self._words.setAccessibleName("The gradient at the mouse")
        self._words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._build()
        self._write = Throttle(self._show_texts, self)
        self.apply_theme()

    def _build(self) -> None:
        self._switch = QButtonGroup(self)
        above = QHBoxLayout()
        above.setSpacing(0)
        for place, quantity in enumerate(QUANTITIES):
            button = QToolButton(self)
            button.setText(quantity.symbol)
            button.setProperty("segment", ("left", "right")[place])
            button.setCheckable(True)
            button.setMinimumWidth(48)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setChecked(place == 0)
            button.setAccessibleName(quantity.name)
            button.setToolTip(quantity.help)
            self._switch.addButton(button, place)
            above.addWidget(button)
        self._switch.idToggled.connect(self._on_switched)
        above.addSpacing(theme.GRID)
        above.addWidget(self._words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.GRID, theme.GRID, theme.GRID, theme.GRID)
        layout.setSpacing(theme.GRID)
        layout.addLayout(above)
        layout.addWidget(self._chart, 1)

    # What it shows ---------------------------------------------------------------------------------------------

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn anew if no gradient has changed."""
        self._snapshot = snapshot
        names = tuple(layer.name for layer in snapshot.layers)
        values = np.array([getattr(layer, self._quantity.field) for layer in snapshot.layers], dtype=np.float64)
        history = snapshot.gradients
        size = getattr(history, self._quantity.field)
        now = (self._quantity, names, values.tobytes(), outline_of(history.step, size))
        if now == self._drawn:
            return
        fresh = self._drawn[:2] != now[:2]
        self._drawn = now
        self._chart.names, self._chart.values = names, values
        self._draw_history(history, size)
        self._chart.update()
        if fresh:
            self._write.now()
        else:
            self._write.request()

    def apply_theme(self) -> None:
        """Take over the colours of the theme in force."""
        on_surface(self)
        style_words(self._words, theme.current().quiet)
        self._chart.apply_theme()

    def bar_values(self) -> Array:
        """The sizes that the bars show, hidden layers in order then output; NaN where there is none yet."""
        return self._chart.values.copy()

    def heat_colours(self) -> Array:
        """The colours of the history as drawn, uint8 (layers, columns, 4), transparent where nothing is known."""
        return self._chart.colours

    def quantity(self) -> str:
        """Which size is shown, by its name in LayerStatistics."""
        return self._quantity.field

    def number_texts(self) -> tuple[str, ...]:
        """The numbers as written, one per layer."""
        return self._chart.texts

    def reading(self) -> str:
        """The line of words above the picture."""
        return self._words.text()

    def switch_button(self, field: str) -> QToolButton:
        """The button that shows one of the sizes."""
        place = next(k for k, quantity in enumerate(QUANTITIES) if quantity.field == field)
        button = self._switch.button(place)
        assert isinstance(button, QToolButton)
        return button

    # Drawing and words -----------------------------------------------------------------------------------------

    def _draw_history(self, history: GradientHistory, size: Array) -> None:
        chart = self._chart
        chart.limit = leap_above(max(FIRST_LIMIT, float(history.step[-1]) if len(history.step) else 0.0))
        rows = column_rows(history.step, chart.limit, MAX_COLUMNS)
        known = rows >= 0
        sizes = np.full((len(rows), size.shape[1]), np.nan)
        sizes[known] = size[rows[known]]
        chart.colours = np.ascontiguousarray(size_colours(sizes.T, chart.table))

    def _on_switched(self, place: int, on: bool) -> None:
        if on:
            self._quantity = QUANTITIES[place]
            if self._snapshot is not None:
                self.show_snapshot(self._snapshot)

    def eventFilter(self, watched: object, event: QEvent) -> bool:
        """Follow the mouse over the picture."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._mouse = event.position()
            self._show_texts()
        elif event.type() == QEvent.Type.Leave:
            self._mouse = None
            self._show_texts()
        return False

    def _show_texts(self) -> None:
        self._chart.texts = tuple(size_text(value) for value in self._chart.values)
        self._words.setText(self._reading_at(self._mouse) or "root mean square per layer")
        self._chart.setAccessibleDescription(
            ", ".join(f"{name}: {text}" for name, text in zip(self._chart.names, self._chart.texts, strict=True))
        )
        self._chart.update()

    def _reading_at(self, mouse: QPointF | None) -> str:
        """The size at a place of the picture in words; empty beside it."""
        row = None if mouse is None else self._chart.row_at(mouse.y())
        if mouse is None or row is None or self._snapshot is None:
            return ""
        name = self._chart.names[row]
        name = name if name == "output" else f"layer {name}"
        step = self._chart.step_at(mouse.x())
        if step is None:
            return f"{name}, now: {self._chart.texts[row]}"
        history = self._snapshot.gradients
        index = int(np.searchsorted(history.step, step, side="right")) - 1
        if index < 0 or step > history.step[-1] + self._chart.limit / MAX_COLUMNS:
            return ""
        size = getattr(history, self._quantity.field)[index, row]
        return f"{name}, step {history.step[index]:,.0f}: {size_text(size)}"
