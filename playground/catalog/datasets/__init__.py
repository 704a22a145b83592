"""The data sets. One class adds a data set.

`base` holds what they share; the other modules hold the members, which join the family by being imported here, in this
order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from playground.catalog.choice import union
from playground.catalog.datasets.base import Adjustable, Dataset, Raw, Sample, draw_sample

from playground.catalog.datasets.shapes import (  # isort: skip
    Blobs,
    Checkerboard,
    Circle,
    Gaussians,
    Hills,
    Moons,
    Rings,
    Ripple,
    Spiral,
    TiltedPlane,
    Wave,
    Xor,
    shuffled,
)
from playground.catalog.datasets.own_points import UserPoints  # isort: skip
from playground.catalog.datasets.table import Table  # isort: skip
from playground.catalog.datasets.tfplayground import TfPlayground  # isort: skip

if TYPE_CHECKING:
    AnyDataset: TypeAlias = Dataset
else:
    AnyDataset = union(Dataset)

__all__ = [
    "Adjustable",
    "AnyDataset",
    "Blobs",
    "Checkerboard",
    "Circle",
    "Dataset",
    "Gaussians",
    "Hills",
    "Moons",
    "Raw",
    "Rings",
    "Ripple",
    "Sample",
    "Spiral",
    "Table",
    "TfPlayground",
    "TiltedPlane",
    "UserPoints",
    "Wave",
    "Xor",
    "draw_sample",
    "shuffled",
]
