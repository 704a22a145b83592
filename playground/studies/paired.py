"""Paired comparison of two settings trained from the same starts: their difference and its confidence interval."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from playground.catalog.choice import Array

LEAST = 1e-9
"""Amounts below this count as equal, since their logarithms are compared."""
_CONFIDENCE = 0.95


class Gain(NamedTuple):
    """The gain of one setting over another: the mean logarithm of the ratios of their losses; above 0 it is better."""

    mean: float
    low: float
    high: float
    """The ends of the 95 % confidence interval (Student's t); infinite for less than two pairs."""
    n: int
    helped: int
    """Pairs in which the loss is lower."""

    @property
    def is_certain(self) -> bool:
        """Whether the interval excludes 0, on the side of lower losses."""
        return self.low > 0

    @property
    def is_certainly_worse(self) -> bool:
        """Whether the interval excludes 0, on the side of higher losses."""
        return self.high < 0

    def is_certain_among(self, count: int) -> bool:
        """Whether the interval still excludes 0, on the same side, with Bonferroni's correction for `count` tests."""
        if self.n < 2 or not math.isfinite(self.low):
            return False
        corrected = 1 - (1 - _CONFIDENCE) / count
        wider = _quantile(self.n, corrected) / _quantile(self.n, _CONFIDENCE)
        return self.mean > (self.mean - self.low) * wider


def paired_gain(before: Array, after: Array) -> Gain:
    """Compare losses of the same starts without and with a change.

    before, after: shape (starts,), infinite where training diverged, which counts as much as the largest finite loss.
    """
    finite = np.concatenate([before, after])
    finite = finite[np.isfinite(finite)]
    worst = finite.max() if len(finite) else 1.0
    logs = [np.log(np.clip(np.minimum(one, worst), LEAST, None)) for one in (before, after)]
    gains = logs[0] - logs[1]
    return Gain(*mean_interval(gains), len(gains), int(np.count_nonzero(after < before)))


def mean_interval(gains: Array) -> tuple[float, float, float]:
    """Return a mean and the ends of its 95 % confidence interval (Student's t), infinite below two numbers."""
    n = len(gains)
    mean = float(gains.mean()) if n else 0.0
    half = _quantile(n, _CONFIDENCE) * gains.std(ddof=1) / math.sqrt(n) if n > 1 else math.inf
    return mean, mean - float(half), mean + float(half)


def _quantile(n: int, confidence: float) -> float:
    """The half-width of the confidence interval of a mean of n numbers, in standard errors."""
    from scipy.special import stdtrit

    return float(stdtrit(n - 1, (1 + confidence) / 2))
