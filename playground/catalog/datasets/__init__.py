"""The data sets: what there is to learn. One class adds one.

`base` is what they share; the others hold the members, which join the family by being imported here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from playground.catalog.choice import union

from playground.catalog.datasets import shapes as shapes  # isort: skip
from playground.catalog.datasets import own_points as own_points  # isort: skip
from playground.catalog.datasets import table as table  # isort: skip
from playground.catalog.datasets import tfplayground as tfplayground  # isort: skip
from playground.catalog.datasets.base import Dataset

if TYPE_CHECKING:
    AnyDataset: TypeAlias = Dataset
else:
    AnyDataset = union(Dataset)
