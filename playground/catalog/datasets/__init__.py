"""The data sets: what there is to learn. One class adds one.

`base` holds what they share; the other modules hold the members, which join the family by being imported here, in this
order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from playground.catalog.choice import union
from playground.catalog.datasets.base import Dataset

from playground.catalog.datasets import shapes  # noqa: F401 # isort: skip
from playground.catalog.datasets import own_points  # noqa: F401 # isort: skip
from playground.catalog.datasets import table  # noqa: F401 # isort: skip
from playground.catalog.datasets import tfplayground  # noqa: F401 # isort: skip

if TYPE_CHECKING:
    AnyDataset: TypeAlias = Dataset
else:
    AnyDataset = union(Dataset)
