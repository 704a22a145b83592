"""Histograms of the sizes of the gradients ∂E/∂w of every layer on the latest batch.

One row per layer, input side first: at the left the gradients that are exactly 0, as a share of all; beside them the
histogram of the others by their size, on a logarithmic axis. Words at the end of a row say the median size and the
share of zeros. A layer whose gradients vanish stands further left than the others; dead units make many zeros.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.experiment.layer_names import layer_heading
from playground.measure.sentences import counted
from playground.measure.snapshot import Histogram, Snapshot

from ...look.numbers import percent_text, power_text
from ..chart.histogram_rows import (
    BareAxis,
    DecadeAxis,
    HistogramBars,
    HistogramColumn,
    HistogramRow,
    HistogramsPicture,
    bars_of,
    bin_at,
)
from .request import GradientHistogram, GradientHistogramsRequest

_ZEROS = 36
"""Pixels for the bar of the gradients that are 0."""
_MUCH = 0.5
"""The share of zeros from which the words stand out."""
NO_GRADIENTS_YET = "no gradients before the first update"


class GradientHistogramsView(HistogramsPicture):
    """The view of the gradients' histograms: zeros on the left, the sizes of all others on the right."""

    name, title, tab, beside = "gradient_histograms", "Gradient histograms", "∂E/∂W", "histograms"
    icon = "chart-bar-horizontal"
    idle = "sizes of the gradients per layer"

    def __init__(self, parent: QWidget | None = None) -> None:
        columns = (HistogramColumn("0", BareAxis(), _ZEROS), HistogramColumn("size of ∂E/∂w", DecadeAxis()))
        rows_name = "Histograms of each layer's gradients"
        super().__init__(parent, columns, rows_name, GradientHistogramsRequest())
        self.setAccessibleName("Histograms of gradients")
        self._layers: tuple[GradientHistogram, ...] = ()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn again if no gradient has changed."""
        layers = snapshot.answer(GradientHistogramsRequest) or ()
        names = tuple(layer.name for layer in snapshot.layers)
        now = (names, *map(_fingerprint, layers))
        if now != self._drawn:
            self._drawn, self._layers = now, layers
            known = (*layers, *[None] * (len(names) - len(layers)))
            self.show_rows(tuple(_row_of(name, layer) for name, layer in zip(names, known, strict=False)))

    def describe(self, row: HistogramRow) -> str:
        return row.words or NO_GRADIENTS_YET

    def description(self) -> str:
        if not self._layers:
            return "There are no gradients before the first update."
        rows = zip(self._rows.rows, self._layers, strict=False)
        return " ".join(f"{_gradient_sentence(row.name, layer)}." for row, layer in rows)

    def read(self, index: int, column: int, value: float) -> str:
        row = self._rows.rows[index]
        name = layer_heading(row.name)
        if index >= len(self._layers):
            return f"{name}: {NO_GRADIENTS_YET}"
        layer = self._layers[index]
        if column == 0:
            return f"{name}: {layer.zeros:,} of {counted(layer.total, 'gradient')} are 0 · {row.words}"
        place = None if layer.sizes is None else bin_at(layer.sizes, value)
        if place is None or layer.sizes is None:
            return f"{name}: none here · {row.words}"
        count = int(layer.sizes.counts[place])
        number = counted(count, "gradient") if self.has_room_for_words else f"{count:,}"
        low, high = (power_text(10.0 ** float(edge)) for edge in layer.sizes.edges[place : place + 2])
        return f"{name}: {number} in {low}…{high} · {row.words}"


def _row_of(name: str, layer: GradientHistogram | None) -> HistogramRow:
    if layer is None:
        return HistogramRow(name, (None, None), ())
    zeros = HistogramBars(Histogram(np.array([0.0, 1.0]), np.array([layer.zeros])), float(layer.total))
    share = layer.zeros / layer.total
    return HistogramRow(name, (zeros, bars_of(layer.sizes)), _states_of(layer), share >= _MUCH)


def _states_of(layer: GradientHistogram) -> tuple[str, ...]:
    """The median size of a layer's gradients and the share of zeros, each as a phrase."""
    if layer.zeros == layer.total:
        return ("all 0",)
    zeros = (f"{percent_text(layer.zeros / layer.total)} are 0",) if layer.zeros else ()
    median = () if layer.sizes is None else (f"median {power_text(layer.median)}",)
    return (*median, *zeros) or ("none is finite",)


def _gradient_sentence(name: str, layer: GradientHistogram) -> str:
    """Describe a layer's gradients in a sentence."""
    whole = f"{layer_heading(name)} has {counted(layer.total, 'gradient')}"
    if layer.zeros == layer.total:
        return f"{whole}, all exactly 0"
    if not layer.zeros:
        return f"{whole} with a median size of {power_text(layer.median)}"
    share = percent_text(layer.zeros / layer.total)
    return f"{whole}, {share} of them exactly 0; the others have a median size of {power_text(layer.median)}"


def _fingerprint(layer: GradientHistogram) -> tuple[object, ...]:
    """A value that changes whenever a layer looks different; the median as text, since NaN does not equal itself."""
    arrays = () if layer.sizes is None else layer.sizes
    return (layer.zeros, layer.total, str(layer.median), *(array.tobytes() for array in arrays))
