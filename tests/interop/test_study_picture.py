"""The picture of a study: what was varied decides its form, and all of it can be told apart."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from playground import Experiment, Study
from playground.interop.axes import Axis, tick_words
from playground.interop.study_picture import study_picture
from playground.studies.results import Results, Row


def results_of(experiment: Experiment, vary: dict[str, Any], losses: list[float | None], seeds: int = 1) -> Results:
    """The table of a study in which these losses came of it; None is a divergence."""
    results = Results(Study(experiment, vary, seeds))
    results.begin_span()
    for number, loss in enumerate(losses):
        status = "diverged" if loss is None else "completed"
        results.add(Row(number, status, 5, 5, loss, loss, engine="compiled"))  # type: ignore[arg-type]
    return results


def pixels(picture: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"))


RATE, UNITS = "training.learning_rate", "layers.0.units"


@pytest.mark.parametrize(
    "vary",
    [
        {RATE: (0.01, 0.1, 1.0)},
        {"training.optimizer": ("sgd", "adam", {"kind": "adam", "beta1": 0.5})},
        {RATE: (0.01, 0.1), UNITS: (2, 4)},
        {RATE: (0.01, 0.1), UNITS: (2, 4), "training.shuffle": (True, False)},
        {"training.clip_norm": (None, 1.0)},
        {RATE: (0.01,)},
    ],
    ids=["numbers", "choices", "two", "three", "none", "one"],
)
@pytest.mark.parametrize("seeds", [1, 3])
def test_any_study_has_a_picture_even_one_in_which_everything_diverged(
    experiment: Experiment, vary: dict[str, Any], seeds: int
) -> None:
    n = len(Study(experiment, vary, seeds))
    good = pixels(study_picture(results_of(experiment, vary, [0.1 + k for k in range(n)], seeds)))
    bad = pixels(study_picture(results_of(experiment, vary, [None] * n, seeds)))
    empty = pixels(study_picture(Results(Study(experiment, vary, seeds))))
    assert good.shape == bad.shape == empty.shape == (640, 960, 3)
    assert (good != bad).any() and (good != empty).any()


def test_a_better_cell_of_a_map_is_darker_and_the_best_is_framed(experiment: Experiment) -> None:
    vary = {RATE: (0.01, 0.1), UNITS: (2, 4)}
    picture = pixels(study_picture(results_of(experiment, vary, [0.9, 0.7, 0.5, 0.1])))
    # Rates go up, units across: the best pair is at the top right, the worst at the bottom left.
    best, worst = picture[180, 640], picture[420, 200]
    assert best.sum() < worst.sum()
    frame = np.array([0xD5, 0x5E, 0x00])
    rows, columns = np.nonzero((np.abs(picture.astype(int) - frame) < 12).all(axis=2))
    assert rows.max() < 320 and columns.min() > 440


def test_the_best_value_of_a_curve_is_marked(experiment: Experiment) -> None:
    picture = pixels(study_picture(results_of(experiment, {RATE: (0.01, 0.1, 1.0)}, [0.9, 0.5, 0.7])))
    orange = (np.abs(picture.astype(int) - np.array([0xD5, 0x5E, 0x00])) < 12).all(axis=2)
    columns = np.nonzero(orange.sum(axis=0) >= 8)[0]
    # The middle of the axis, which goes from 90 to 930.
    assert len(columns) and abs(columns.mean() - 510) < 20


def test_axes_have_round_numbers_and_go_logarithmic_where_that_helps() -> None:
    assert Axis.over([0, 1], 0, 100).ticks() == [0, 0.2, 0.4, 0.6, 0.8, 1]
    decades = Axis.over([0.001, 10], 0, 100)
    assert decades.log and decades.ticks() == pytest.approx([0.001, 0.01, 0.1, 1, 10])
    assert decades.place(0.1) == pytest.approx(50)
    peak = Axis.over([0.5, 0.4, 0.3, 1000], 0, 100)
    assert peak.log and 0 < peak.place(0.3) < peak.place(0.5) < peak.place(1000) < 100
    assert not Axis.over([-1, 1000], 0, 100).log
    assert Axis.over([], 0, 100).ticks() and Axis.over([3.0], 0, 100).place(3.0) == pytest.approx(50)
    assert [tick_words(value) for value in (1e-5, 0.25, 1234567)] == ["1e-5", "0.25", "1.235e6"]
