"""How points that a person brings are split, and how the values to predict are scaled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from playground.catalog.datasets.base import TEST, TRAIN, VALIDATION, apportion, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.experiment.rules import convert
from playground.experiment.tree import Experiment
from playground.files.errors import InputError
from playground.run.trainer import Trainer


def points_of(counts: list[int], **settings: object) -> UserPoints:
    """Own points with so many of each class, at different places."""
    target = [float(label) for label, count in enumerate(counts) for _ in range(count)]
    places = tuple(0.01 * k for k in range(len(target)))
    return UserPoints(x1=places, x2=places, target=tuple(target), **settings)  # type: ignore[arg-type]


def parts_of(data: UserPoints) -> list[list[int]]:
    """For training, validation and test the number of points of each class."""
    drawn = draw_sample(data)
    return [
        np.bincount(drawn.labels[drawn.split == part], minlength=len(drawn.class_names)).tolist()
        for part in (TRAIN, VALIDATION, TEST)
    ]


counts = some.lists(some.integers(0, 40), min_size=2, max_size=9).map(lambda numbers: [*numbers, 3])
shares = some.sampled_from([0.001, 0.1, 0.25, 0.3, 0.45])


@given(counts, shares, some.sampled_from([0.0, 0.01, 0.2, 0.4]), some.integers(0, 100))
def test_every_part_has_its_share_of_every_class(numbers: list[int], share: float, test: float, seed: int) -> None:
    data = points_of(numbers, validation_fraction=share, test_fraction=test, seed=seed)
    training, validation, tested = parts_of(data)
    for count, learns, checks, judges in zip(numbers, training, validation, tested, strict=True):
        assert learns + checks + judges == count
        assert count == 0 or learns > 0
        assert count < 2 or checks > 0
        assert count < 3 or not test or judges > 0
        assert abs(checks - share * count) < 11 and abs(judges - test * count) < 11
    assert data.validates == any(validation) and data.tests == any(tested)


def test_a_share_is_kept_to_the_nearest_point() -> None:
    assert parts_of(points_of([300, 60, 40], validation_fraction=0.25, test_fraction=0.1)) == [
        [195, 39, 26],
        [75, 15, 10],
        [30, 6, 4],
    ]


def test_the_seed_chooses_the_points() -> None:
    one, same, other = (draw_sample(points_of([50, 50], seed=seed)).split.tolist() for seed in (1, 1, 2))
    assert one == same != other


@given(some.integers(0, 60), some.lists(some.integers(0, 30), min_size=1, max_size=10))
def test_apportioning_adds_up(total: int, numbers: list[int]) -> None:
    sizes = np.array(numbers)
    found = apportion(total, sizes, np.zeros_like(sizes), sizes)
    assert found.sum() == min(total, sizes.sum())
    assert (found >= 0).all() and (found <= sizes).all()
    if total <= sizes.sum():
        assert np.abs(found - total * sizes / max(1, sizes.sum())).max() <= 1


def test_version_1_splits_by_chance_and_version_2_by_class() -> None:
    columns = {"x1": [0.0, 1.0, 2.0, 3.0, 4.0, 5.0], "x2": [0.0] * 6, "target": [0, 0, 0, 0, 1, 1]}
    old, new = (convert({"version": n, "data": {"kind": "points", **columns}}).data for n in (1, 2))
    assert isinstance(old, UserPoints) and isinstance(new, UserPoints)
    assert (old.stratified, old.scale_target, new.stratified, new.scale_target) == (False, False, True, True)
    marks = np.random.default_rng([0, 2]).permutation(6)
    assert draw_sample(old).split.tolist() == [VALIDATION if rank < 3 else TRAIN for rank in marks]
    with pytest.raises(InputError, match=r"data\.stratified"):
        convert({"version": 1, "data": {"kind": "points", "stratified": True}})


def values(**settings: object) -> UserPoints:
    """Twenty values near 1,000 that depend on the place."""
    places = tuple(float(k) for k in range(-10, 10))
    target = tuple(1000 + 25 * x for x in places)
    return UserPoints(x1=places, x2=places, target=target, task="regression", **settings)  # type: ignore[arg-type]


def test_values_are_scaled_by_the_training_points() -> None:
    drawn = draw_sample(values())
    training = drawn.labels[drawn.split == TRAIN]
    assert drawn.target_scale == (training.mean(), training.std())
    trainer = Trainer(Experiment(data=values()), engine="reference")
    seen = trainer.setup.train
    assert seen.labels.mean() == pytest.approx(0, abs=1e-12) and seen.labels.std() == pytest.approx(1)
    np.testing.assert_allclose(seen.targets[0], seen.labels, rtol=1e-6)
    np.testing.assert_allclose(drawn.in_own_unit(drawn.network_labels), drawn.labels)
    assert draw_sample(values(scale_target=False)).target_scale == (0, 1)


def test_what_numbers_of_a_part_do_not_mean_is_said() -> None:
    def notes(data: UserPoints) -> tuple[str, ...]:
        return draw_sample(data).notes

    assert notes(points_of([40, 40])) == ()
    assert notes(points_of([40, 1])) == ("Class B has no validation points.",)
    assert notes(points_of([0, 6])) == ("All points are of class B, so there is nothing to distinguish.",)
    rare = points_of([4, 2, 2], train=(True,) * 4 + (False,) * 4)
    assert notes(rare) == ("Classes B, C have no training points.", "Class A has no validation points.")
    one = (True,) * 19 + (False,)
    assert notes(values(train=one)) == (
        "There is only one validation point, and the R² of a single point is undefined.",
    )
    same = UserPoints(x1=(0.0, 1.0), x2=(0.0, 1.0), target=(0.1, 0.1), task="regression", train=(True, True))
    assert notes(same) == ("All training targets are equal, so their R² is undefined.",)
