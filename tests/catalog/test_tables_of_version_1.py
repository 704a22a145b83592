"""What tables gave before there was one reader for all: experiment files of version 1 go on giving it, bit for bit."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from playground.catalog.datasets.base import draw_sample
from playground.experiment.rules import convert
from playground.interop.opening import RESOURCES

FOLDER = Path(__file__).parent / "tables"
GOLDEN = json.loads((FOLDER / "golden.json").read_text())
"""What each gave, with hashes of the points, labels and marks in their order."""


def given(data: dict[str, object]) -> dict[str, object]:
    """What a table of version 1 gives, in short."""
    folder = RESOURCES / "data" if data["path"] == "penguins.csv" else FOLDER
    drawn = draw_sample(
        convert({"version": 1, "data": {**data, "kind": "table", "path": str(folder / data["path"])}}).data
    )
    arrays = (drawn.x, np.asarray(drawn.labels, dtype=np.float64), drawn.split)
    return {
        "task": drawn.task,
        "classes": list(drawn.class_names),
        "axes": [list(drawn.axis_names), [list(scale) for scale in drawn.axis_scales]],
        "points": len(drawn.x),
        "arrays": [hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()[:16] for array in arrays],
    }


@pytest.mark.parametrize("data", [case["data"] for case in GOLDEN], ids=lambda data: "-".join(map(str, data.values())))
def test_a_table_of_version_1_gives_the_same_points(data: dict[str, object]) -> None:
    assert given(data) == next(case["given"] for case in GOLDEN if case["data"] == data)
