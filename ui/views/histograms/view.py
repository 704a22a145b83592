"""Histograms of the weights and activations of every layer.

One row per layer, input side first: on the left the histogram of its weights, on the right that of its activations
on the latest batch. Each is as high as its row, whatever its counts. Words at the end of a row say how many activations
are saturated and how many units are dead.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.experiment.layer_names import layer_heading
from playground.measure.requests import HistogramsRequest
from playground.measure.sentences import counted
from playground.measure.snapshot import Histogram, LayerHistograms, LayerStatistics, Snapshot

from ...look.numbers import number_text
from ..chart.histogram_rows import (
    HistogramColumn,
    HistogramRow,
    HistogramsPicture,
    ValueAxis,
    bars_of,
    bin_at,
)

_BINS = 40
_MUCH = 0.5
"""The share of saturated activations or dead units from which the words stand out."""
_NOTHING_WRONG = "nothing saturated or dead"
_UNKNOWN = LayerHistograms(None, None)


def _row_of(layer: LayerStatistics, histograms: LayerHistograms) -> HistogramRow:
    bad = any(np.isfinite(share) and share >= _MUCH for share in (layer.saturated, layer.dead))
    return HistogramRow(
        layer.name, (bars_of(histograms.weights), bars_of(histograms.activations)), activation_problems(layer), bad
    )


def _fingerprint(layer: LayerStatistics, histograms: LayerHistograms) -> tuple[object, ...]:
    """A value that changes whenever a layer looks different. Shares as text, since NaN does not equal itself."""
    arrays = [array for one in histograms if one is not None for array in one]
    shares = f"{layer.units} {layer.saturated} {layer.dead} {layer.mean} {layer.spread}"
    return (layer.name, shares, histograms.weights is None, *(array.tobytes() for array in arrays))


def activation_problems(layer: LayerStatistics) -> tuple[str, ...]:
    """The problems of a layer's activations, the larger share first."""
    found = []
    if np.isfinite(layer.saturated) and layer.saturated >= 0.005:
        found.append((layer.saturated, f"{100 * layer.saturated:.0f} % saturated"))
    if np.isfinite(layer.dead) and layer.dead > 0:
        found.append((layer.dead, f"{max(1, round(layer.dead * layer.units)):,} of {layer.units:,} dead"))
    return tuple(words for _, words in sorted(found, reverse=True))


def histogram_moments(histogram: Histogram) -> tuple[float, float]:
    """Mean and standard deviation, as exactly as bins allow."""
    middles = (histogram.edges[:-1] + histogram.edges[1:]) / 2
    shares = histogram.counts / histogram.counts.sum()
    mean = float(shares @ middles)
    return mean, float(np.sqrt(shares @ np.square(middles - mean)))


class HistogramsView(HistogramsPicture):
    """The view of the histograms: weights on the left, activations on the right."""

    name, title = "histograms", "Histograms"
    icon = "chart-bar"
    idle = "spread of the numbers per layer"

    def __init__(self, parent: QWidget | None = None) -> None:
        columns = (HistogramColumn("weights", ValueAxis()), HistogramColumn("activations", ValueAxis()))
        rows_name = "Histograms of each layer's weights and activations"
        super().__init__(parent, columns, rows_name, HistogramsRequest(_BINS))
        self.setAccessibleName("Histograms of weights and activations")
        self._layers: tuple[LayerStatistics, ...] = ()

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show this moment; nothing is drawn again if no layer has changed."""
        known = (*(snapshot.answer(HistogramsRequest) or ()), *[_UNKNOWN] * len(snapshot.layers))
        layers = list(zip(snapshot.layers, known, strict=False))
        now = tuple(_fingerprint(*layer) for layer in layers)
        if now != self._drawn:
            self._drawn, self._layers = now, snapshot.layers
            self.show_rows(tuple(_row_of(*layer) for layer in layers))

    def describe(self, row: HistogramRow) -> str:
        return row.words or _NOTHING_WRONG

    def read(self, index: int, column: int, value: float) -> str:
        row, layer, sample = self._rows.rows[index], self._layers[index], ("weights", "activations")[column]
        name, bars = layer_heading(row.name), row.bars[column]
        if bars is None:
            return f"{name}, {sample}: nothing measured yet"
        mean, spread = histogram_moments(bars.histogram)
        if sample == "activations" and np.isfinite(layer.mean) and np.isfinite(layer.spread):
            mean, spread = layer.mean, layer.spread
        whole = f"mean {number_text(mean, 2)} ± {number_text(spread, 2)}"
        edges, counts = bars.histogram
        place = bin_at(bars.histogram, value)
        if place is None:
            return f"{name}: none here · {whole}"
        ends = f"{number_text(float(edges[place]), 2)}…{number_text(float(edges[place + 1]), 2)}"
        count = int(counts[place])
        number = counted(count, sample[:-1]) if self.has_room_for_words else f"{count:,}"
        return f"{name}: {number} in {ends} · {whole}"
