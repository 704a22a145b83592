"""Features: the network's inputs, computed from a point (x1, x2). Each is a plain function of the two coordinates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from playground.catalog.choice import Array


class _Feature(NamedTuple):
    """One input of the network: its label, what it helps with, and its formula for arrays."""

    label: str
    help: str
    formula: Callable[[Array, Array], Array]


FEATURES: dict[str, _Feature] = {
    "x1": _Feature("x₁", "The horizontal coordinate.", lambda x1, x2: x1),
    "x2": _Feature("x₂", "The vertical coordinate.", lambda x1, x2: x2),
    "x1_squared": _Feature("x₁²", "Symmetric left and right: helps with circles.", lambda x1, x2: x1 * x1),
    "x2_squared": _Feature("x₂²", "Symmetric above and below: helps with circles.", lambda x1, x2: x2 * x2),
    "x1_x2": _Feature("x₁x₂", "Positive in two opposite corners: solves XOR on its own.", lambda x1, x2: x1 * x2),
    "sin_x1": _Feature("sin x₁", "Vertical stripes.", lambda x1, x2: np.sin(x1)),
    "sin_x2": _Feature("sin x₂", "Horizontal stripes.", lambda x1, x2: np.sin(x2)),
    "cos_x1": _Feature("cos x₁", "Vertical stripes, symmetric left and right.", lambda x1, x2: np.cos(x1)),
    "cos_x2": _Feature("cos x₂", "Horizontal stripes, symmetric above and below.", lambda x1, x2: np.cos(x2)),
    "radius": _Feature(
        "radius", "The distance from the centre: solves circles on its own.", lambda x1, x2: np.hypot(x1, x2)
    ),
}

if TYPE_CHECKING:
    FeatureName: TypeAlias = str
else:
    FeatureName = Literal[tuple(FEATURES)]


def feature_columns(features: Sequence[str], x: Array, dtype: Any = np.float64) -> Array:
    """Return the features of points `x` of shape (n, 2): an array of shape (features, n)."""
    rows = [FEATURES[name].formula(x[:, 0], x[:, 1]) for name in features]
    return np.ascontiguousarray(np.stack(rows), dtype=dtype)
