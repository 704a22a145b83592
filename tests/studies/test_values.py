"""Values to try, as the command line takes them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from playground import InputError
from playground.studies.values import Range, read_range, read_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("training.learning_rate=0.1,1,1e-3", (0.1, 1, 1e-3)),
        ("training.learning_rate=0.1..0.5:5", (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("training.learning_rate=0.001..1:4:log", (0.001, 0.01, 0.1, 1.0)),
        ("training.batch_size=1..64:4:log", (1, 4, 16, 64)),
        ("training.batch_size=1..3:9", (1, 2, 3)),
        ("training.optimizer=sgd, adam", ("sgd", "adam")),
        ("training.optimizer=sgd,{\"kind\": \"adam\", \"beta1\": 0.5}", ("sgd", {"kind": "adam", "beta1": 0.5})),
        ("training.optimizer.beta1=0.8,0.9", (0.8, 0.9)),
        ("layers=4,8-8,", None),
        ("layers=4,8-8", ("4", "8-8")),
        ("layers[0].activation=tanh,relu", ("tanh", "relu")),
        ("features=[x1,x2],[x1]", None),
        ('features=["x1","x2"],["x1"]', (["x1", "x2"], ["x1"])),
        ("training.shuffle=true,false", (True, False)),
        ("data.seed=0..4:5", (0, 1, 2, 3, 4)),
        ("training.learning_rate=0.1,1e-1", None),
        ("layers=8-8,4,8-8", None),
        ("layers=8x8", None),
        ("training.clip_norm=null,1", (None, 1)),
        ("training.batching=partial,drop", ("partial", "drop")),
        ("training.learning_rate=-1,2", (-1, 2)),
        ("training.learning_rate=abc", None),
        ("training.learning_rate=NaN", None),
        ("training.learning_rate=1,,2", None),
        ("training.learning_rate=", None),
        ("training.learning_rate", None),
        ("training.learning_rat=1", None),
        ("training.optimizer=adm", None),
        ("training.optimizer=0..1:3", None),
        ("training.batch_size=1.5", None),
        ("training.learning_rate=0..1:3:log", None),
        ("training.learning_rate=1..0:3", None),
        ("training.learning_rate=0..1:0", None),
        ("training.learning_rate=0..1", None),
        ("training.batching=carri", None),
    ],
)  # fmt: skip
def test_a_text_means_these_values_or_is_refused(text: str, values: tuple[Any, ...] | None) -> None:
    if values is None:
        with pytest.raises(InputError):
            read_values("--vary", text)
    else:
        assert read_values("--vary", text)[1] == values


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("training.learning_rat", "training.learning_rate"),
        ("learning_rate", "training.learning_rate"),
        ("beta1", "training.optimizer.beta1"),
        ("layer.0.units", "layers.0.units"),
    ],
)
def test_a_misspelt_path_is_refused_with_the_one_that_is_meant(path: str, meant: str) -> None:
    with pytest.raises(InputError, match=f"perhaps {re.escape(meant)} is meant$"):
        read_values("--vary", f"{path}=0.1,0.2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("training.learning_rate=0.01..0.1:3:LOG", "low..high:N:log"),
        ("features=[x1,x2]", "a list, as in"),
        ("layers=8x8", "numbers of units such as 8-8"),
    ],
)
def test_what_is_wrong_with_a_value_is_said(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_values("--vary", text)


def test_a_range_of_whole_numbers_holds_one() -> None:
    assert read_range("--over", "layers.0.units=1.2..2.8")[1] == Range(1.2, 2.8, log=False, whole=True)
    with pytest.raises(InputError, match="contains a whole number"):
        read_range("--over", "layers.0.units=1.2..1.8")


def test_a_range_has_both_of_its_ends() -> None:
    values = read_values("--vary", "training.learning_rate=0.0001..3:33:log")[1]
    assert (values[0], values[-1], len(values)) == (0.0001, 3, 33)
    np.testing.assert_allclose(values, np.geomspace(0.0001, 3, 33), rtol=1e-14)


def test_a_search_takes_ranges_and_lists() -> None:
    assert read_range("--over", "training.learning_rate=1e-4..1:log") == (
        "training.learning_rate",
        Range(1e-4, 1, True, False),
    )
    assert read_range("--over", "layers.0.units=1..8") == ("layers.0.units", Range(1, 8, log=False, whole=True))
    assert read_range("--over", "training.optimizer=sgd,adam")[1] == ("sgd", "adam")
    with pytest.raises(InputError):
        read_range("--over", "training.learning_rate=1e-4..1:5")
