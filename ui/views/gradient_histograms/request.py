"""The request for histograms of gradients, without Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array
from playground.measure.observe import Request, Subject
from playground.measure.snapshot import Histogram


class GradientHistogram(NamedTuple):
    """The sizes of the gradients ∂E/∂W of one layer on the latest batch (mean over it, without penalty)."""

    sizes: Histogram | None
    """The histogram of log₁₀ |∂E/∂w| of all gradients that are finite and not 0; None if there are none."""
    zeros: int
    """The number of gradients that are exactly 0."""
    total: int
    """The number of all gradients: one for each weight."""
    median: float
    """The median of |∂E/∂w| over those in `sizes`; NaN if there are none."""


@dataclass(frozen=True)
class GradientHistogramsRequest(Request[tuple[GradientHistogram, ...]]):
    """Requests the histogram of every layer's gradients by size."""

    bins_per_decade: int = 4

    def answer(self, subject: Subject) -> tuple[GradientHistogram, ...]:
        """Return a histogram per layer, hidden then output; none before the first update."""
        if subject.latest is None:
            return ()
        layers = subject.setup.network.layers
        return tuple(self._histogram(subject.state.gradient[layer.weights]) for layer in layers)

    def _histogram(self, gradients: Array) -> GradientHistogram:
        sizes = np.abs(gradients[np.isfinite(gradients)].astype(np.float64))
        zeros, sizes = int(np.count_nonzero(sizes == 0)), sizes[sizes > 0]
        if not sizes.size:
            return GradientHistogram(None, zeros, gradients.size, float("nan"))
        bins = np.floor(np.log10(sizes) * self.bins_per_decade).astype(np.intp)
        first = int(bins.min())
        counts = np.bincount(bins - first)
        edges = np.arange(first, first + len(counts) + 1) / self.bins_per_decade
        for array in (edges, counts):
            array.setflags(write=False)
        return GradientHistogram(Histogram(edges, counts), zeros, gradients.size, float(np.median(sizes)))
