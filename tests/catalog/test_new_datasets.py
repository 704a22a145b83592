"""More than two classes, the user's own points, and the details of tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer
from playground.catalog.datasets.base import TEST, TRAIN, VALIDATION, Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.shapes import Spiral
from playground.catalog.datasets.table import Table
from playground.experiment.rules import convert
from playground.experiment.text import experiment_from_text, experiment_text


def points(**changed: Any) -> Experiment:
    data = {"kind": "points", "x1": [0, 1, 2, 3], "x2": [0, 0, 1, 1], "target": [0, 1, 2, 0], **changed}
    return convert({"version": 1, "data": data})


@pytest.mark.parametrize("kind", ["spiral", "rings", "blobs"])
@pytest.mark.parametrize("classes", [2, 3, 7])
def test_classes_are_balanced_named_and_learnable(kind: str, classes: int) -> None:
    experiment = convert({"version": 1, "data": {"kind": kind, "classes": classes, "points": 70 * classes}})
    drawn = draw_sample(experiment.data)
    assert np.bincount(drawn.labels).tolist() == [70] * classes
    assert drawn.outputs == (1 if classes == 2 else classes)
    assert len(drawn.class_names) == classes
    assert np.abs(drawn.x).max() <= 6.5
    trainer = Trainer(experiment, engine="reference")
    before = trainer.evaluate().train_loss
    trainer.advance(epochs=3)
    assert trainer.evaluate().train_loss < before


def test_a_spiral_of_two_is_the_one_it_always_was() -> None:
    drawn = draw_sample(Spiral())
    np.testing.assert_allclose(drawn.x[0], [-0.25935629, 1.31466129], atol=1e-8)
    assert drawn.class_names == ("A", "B")


def test_points_keep_their_order_and_marks() -> None:
    drawn = draw_sample(points(train=[True, False, True, True], noise=0).data)
    assert drawn.x[:, 0].tolist() == [0, 1, 2, 3]
    assert drawn.labels.tolist() == [0, 1, 2, 0]
    assert drawn.split.tolist() == [TRAIN, VALIDATION, TRAIN, TRAIN]
    assert drawn.outputs == 3


def test_outputs_follow_the_largest_target_of_all_points() -> None:
    trainer = Trainer(points(target=[0, 0, 0, 3], train=[True, True, True, False]), engine="reference")
    assert trainer.network.layers[-1].units == 4
    assert trainer.advance(epochs=2) == "ready"


def test_points_survive_their_file() -> None:
    experiment = points(train=[True, False, True, True])
    assert experiment_from_text(experiment_text(experiment)) == experiment


def test_points_may_be_a_regression() -> None:
    trainer = Trainer(points(task="regression", target=[0.5, -1, 2, 1e3]), engine="reference")
    assert trainer.sample.task == "regression"
    assert trainer.network.layers[-1].units == 1


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"x1": []}, r"data\.x1"),
        ({"x2": [1, 2]}, r"data\.x2"),
        ({"train": [True]}, r"data\.train"),
        ({"train": [False] * 4}, r"data\.train"),
        ({"target": [0, 1, 0.5, 0]}, r"data\.target\[2\]"),
        ({"target": [0, 1, -1, 0]}, r"data\.target\[2\]"),
        ({"target": [0, 1, 10, 0]}, r"data\.target\[2\]"),
        ({"x1": [0, 1, float("inf"), 0]}, r"data\.x1\[2\]"),
        ({"x2": [0, 1, 2, 1e10]}, r"data\.x2\[3\].*from −1e\+09 to 1e\+09"),
        ({"task": "regression", "target": [0, -1e300, 1, 0]}, r"data\.target\[1\]"),
        ({"x1": [0, 1, "a", 0]}, r"data\.x1\[2\] must be a number \(got 'a'\)"),
    ],
)
def test_refused_points_name_their_place(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(InputError, match=path):
        points(**changed)


def test_points_built_in_code_are_checked_too() -> None:
    with pytest.raises(InputError, match=r"data\.x1\[0\]"):
        UserPoints(x1=(float("nan"),)).check()


def test_the_test_share_is_seen_by_nothing() -> None:
    experiment = convert({"version": 1, "data": {"kind": "moons", "test_fraction": 0.25, "validation_fraction": 0.25}})
    trainer = Trainer(experiment, engine="reference")
    drawn = trainer.sample
    assert [int(np.sum(drawn.split == part)) for part in (TRAIN, VALIDATION, TEST)] == [250, 125, 125]
    assert trainer.setup.train.inputs.shape[1] == 250
    assert trainer.setup.validation.inputs.shape[1] == 125


def table(tmp_path: Path, text: str, **changed: Any) -> Dataset:
    file = tmp_path / "t.csv"
    file.write_text(text, encoding="utf-8")
    return Table(path=str(file), x1="a", x2="b", target="c", **changed)


def test_a_table_of_texts_is_a_classification(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, "a,b,c\n1,2,yes\n2,,no\n3,5,maybe\n4,1,no\n"))
    assert drawn.task == "classification"
    assert drawn.class_names == ("maybe", "no", "yes")
    assert drawn.outputs == 3
    assert drawn.notes == ("1 row left out: no value in b (row 3).",)
    assert drawn.x.min() == -5
    assert drawn.x.max() == 5


def test_one_class_however_its_number_is_written(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, "a,b,c\n1,2,1\n2,3,1.0\n3,5,2\n"))
    assert drawn.class_names == ("1", "2")


def test_more_than_ten_integers_are_a_regression(tmp_path: Path) -> None:
    rows = "".join(f"{k},{k * k},{k}\n" for k in range(11))
    assert draw_sample(table(tmp_path, "a,b,c\n" + rows)).task == "regression"
    assert draw_sample(table(tmp_path, "a,b,c\n" + rows[: rows.index("10,")])).task == "classification"
    assert draw_sample(table(tmp_path, "a,b,c\n" + rows[: rows.index("10,")], task="regression")).task == "regression"


def test_huge_columns_are_scaled_without_overflow(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, "a,b,c\n-1e308,1,x\n1e308,1,y\n"))
    assert sorted(drawn.x[:, 0]) == [-5, 5]
    assert drawn.x[:, 1].tolist() == [0, 0]
