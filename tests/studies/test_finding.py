"""Finding good settings: what can be searched, and a comparison from starts that the search has not used."""

from __future__ import annotations

import pytest

from playground import Experiment
from playground.engine.lanes import cache
from playground.studies.finding import USUAL, find_settings, search_ranges
from playground.studies.search import Search
from playground.studies.values import Range

SLOW = Experiment().with_({"layers": "4", "data.points": 80, "training.learning_rate": 0.0001})


def test_what_can_be_searched_leaves_the_meaning_of_losses_alone() -> None:
    ranges = search_ranges(SLOW.with_(regularizer="l2"))
    assert set(USUAL) < set(ranges) and ranges["training.learning_rate"] == Range(1e-5, 10, True, False)
    assert ranges["layers.0.units"] == Range(1, 64, True, True) and "sgd" in ranges["training.optimizer"]
    assert "regularizer.strength" in ranges
    assert not [path for path in ranges if path.startswith(("data", "loss", "seed", "features")) or "epochs" in path]


@pytest.mark.skipif(not cache.are_ready("float32"), reason="the kernels of lanes are not compiled")
def test_what_was_found_is_compared_from_fresh_starts() -> None:
    pytest.importorskip("optuna")
    over = {"training.learning_rate": search_ranges(SLOW)["training.learning_rate"]}
    found = find_settings(Search(SLOW, over, epochs=20, trials=24, seeds=2))
    assert found.result.experiment is not None and found.comparison is not None
    assert found.comparison.gain.n == 16 and found.comparison.helps
    given_up = find_settings(Search(SLOW, over, epochs=20, trials=24, seeds=2), cancelled=lambda: True)
    assert given_up.comparison is None
