"""Data sets: the same points each time, in sight, balanced, separable where they should be, and split fairly."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from playground import InputError
from playground.catalog.choice import Array, kind_of, members
from playground.catalog.datasets.base import EXTENT, TEST, TRAIN, VALIDATION, AxisScale, Dataset, Sample, draw_sample
from playground.catalog.datasets.own_points import UserPoints, units_of
from playground.catalog.datasets.shapes import Circle, Gaussians, Hills, Moons, Spiral, TiltedPlane, Xor
from playground.catalog.datasets.table import Table, axis_scales, scaled

# Points of the user's own and links have rules of their own.
GENERATORS = [kind for kind in members(Dataset).values() if kind_of(kind) not in ("table", "points", "tfplayground")]
CLASSIFICATION = [kind for kind in GENERATORS if "classification" in kind.tasks]
each_generator = pytest.mark.parametrize("kind", GENERATORS, ids=kind_of)


def same(a: Sample, b: Sample) -> bool:
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ("x", "labels", "split"))


# True of every data set -----------------------------------------------------------------------------------------


@each_generator
@pytest.mark.parametrize("points", [1, 2, 3, 10, 501])
def test_there_are_as_many_points_as_asked_for(kind: type[Dataset], points: int) -> None:
    drawn = draw_sample(kind(points=points))
    assert drawn.x.shape == (points, 2)
    assert drawn.labels.shape == drawn.split.shape == (points,)
    assert (drawn.split == TRAIN).any()


@each_generator
def test_the_same_seed_gives_the_same_points_and_another_seed_others(kind: type[Dataset]) -> None:
    noisy = kind(noise=0.2, label_noise=0.1)
    assert same(draw_sample(noisy), draw_sample(noisy))
    assert not same(draw_sample(noisy), draw_sample(replace(noisy, seed=1)))
    assert not np.array_equal(draw_sample(noisy).split, draw_sample(replace(noisy, seed=1)).split)


@each_generator
def test_points_are_in_sight(kind: type[Dataset]) -> None:
    clean, noisy = draw_sample(kind(points=1000)), draw_sample(kind(points=1000, noise=0.5))
    assert np.abs(clean.x).max() <= EXTENT
    assert np.abs(clean.x).max() >= 0.6 * EXTENT
    assert np.mean(np.abs(noisy.x) <= EXTENT) > 0.8


@each_generator
def test_points_can_not_be_changed(kind: type[Dataset]) -> None:
    drawn = draw_sample(kind())
    for array in (drawn.x, drawn.labels, drawn.split):
        assert not array.flags.writeable


@each_generator
def test_noise_moves_points_or_values(kind: type[Dataset]) -> None:
    clean, noisy = draw_sample(kind()), draw_sample(kind(noise=0.3))
    assert not (np.array_equal(clean.x, noisy.x) and np.array_equal(clean.labels, noisy.labels))


@each_generator
def test_classes_are_balanced(kind: type[Dataset]) -> None:
    drawn = draw_sample(kind(points=1000))
    if drawn.task == "classification":
        shares = np.bincount(drawn.labels, minlength=len(drawn.class_names)) / 1000
        assert len(shares) == len(drawn.class_names) >= 2
        np.testing.assert_allclose(shares, 1 / len(shares), atol=0.06)


@each_generator
def test_points_come_in_random_order(kind: type[Dataset]) -> None:
    """Without shuffling, neighbours in the order are not neighbours in class or value."""
    labels = draw_sample(kind(points=1000)).labels.astype(float)
    assert abs(np.corrcoef(labels[:-1], labels[1:])[0, 1]) < 0.15


@pytest.mark.parametrize("kind", CLASSIFICATION, ids=kind_of)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_label_noise_gives_exactly_that_share_another_class(kind: type[Dataset], share: float) -> None:
    clean, wrong = draw_sample(kind(points=200)), draw_sample(kind(points=200, label_noise=share))
    np.testing.assert_array_equal(clean.x, wrong.x)
    assert np.sum(clean.labels != wrong.labels) == round(share * 200)
    assert set(wrong.labels.tolist()) <= set(range(len(wrong.class_names)))


@each_generator
def test_regression_values_have_both_signs(kind: type[Dataset]) -> None:
    drawn = draw_sample(kind())
    if drawn.task == "regression":
        assert drawn.outputs == 1 and drawn.class_names == ()
        assert drawn.labels.min() < -0.5 and drawn.labels.max() > 0.5


# The split ------------------------------------------------------------------------------------------------------


@each_generator
@pytest.mark.parametrize(("validation", "test"), [(0.5, 0.0), (0.3, 0.2), (0.0, 0.0), (0.0, 0.4), (0.9, 0.09)])
def test_the_split_has_its_shares(kind: type[Dataset], validation: float, test: float) -> None:
    drawn = draw_sample(kind(points=200, validation_fraction=validation, test_fraction=test))
    counts = [int(np.sum(drawn.split == which)) for which in (TRAIN, VALIDATION, TEST)]
    assert counts == [200 - round(validation * 200) - round(test * 200), round(validation * 200), round(test * 200)]
    parts = [drawn.part(which) for which in (TRAIN, VALIDATION, TEST)]
    everything = np.concatenate([np.column_stack(part) for part in parts])
    assert sorted(everything.tolist()) == sorted(np.column_stack([drawn.x, drawn.labels]).tolist())


def test_another_share_moves_only_the_points_it_must() -> None:
    marks = {
        share: draw_sample(Circle(validation_fraction=share, test_fraction=0.1)).split for share in (0.2, 0.3, 0.6)
    }
    for small, large in ((0.2, 0.3), (0.3, 0.6)):
        assert set(np.flatnonzero(marks[small] == VALIDATION)) < set(np.flatnonzero(marks[large] == VALIDATION))
        np.testing.assert_array_equal(marks[small] == TEST, marks[large] == TEST)
    with_test = draw_sample(Circle(validation_fraction=0.3, test_fraction=0.4)).split
    np.testing.assert_array_equal(with_test == VALIDATION, marks[0.3] == VALIDATION)


def test_at_least_one_point_trains() -> None:
    for points in (1, 2, 3):
        drawn = draw_sample(Circle(points=points, validation_fraction=0.9, test_fraction=0.09))
        assert np.sum(drawn.split == TRAIN) >= 1


# The shapes -----------------------------------------------------------------------------------------------------


def clean(kind: type[Dataset]) -> tuple[Array, Array, Array]:
    drawn = draw_sample(kind(points=1000))
    return drawn.x[:, 0], drawn.x[:, 1], drawn.labels


def test_circle_is_a_disc_in_a_ring() -> None:
    x1, x2, labels = clean(Circle)
    radius = np.hypot(x1, x2)
    assert radius[labels == 1].max() <= 2.5 < 3.5 <= radius[labels == 0].min()
    assert radius.max() <= 5


def test_xor_joins_opposite_corners() -> None:
    x1, x2, labels = clean(Xor)
    np.testing.assert_array_equal(labels, x1 * x2 > 0)
    assert min(np.abs(x1).min(), np.abs(x2).min()) >= 0.3


def test_gaussians_are_two_clouds() -> None:
    x1, x2, labels = clean(Gaussians)
    assert np.mean((x1 + x2 > 0) == labels) > 0.999
    for label, centre in ((1, 2), (0, -2)):
        cloud = np.stack([x1, x2])[:, labels == label]
        np.testing.assert_allclose(cloud.mean(axis=1), centre, atol=0.1)
        np.testing.assert_allclose(cloud.std(axis=1), np.sqrt(0.5), rtol=0.1)


def test_spiral_arms_are_half_a_turn_apart() -> None:
    x1, x2, labels = clean(Spiral)
    radius = np.hypot(x1, x2)
    far = radius > 0.1
    turned = np.arctan2(x1, x2) - 1.75 * 2 * np.pi * radius / 5
    np.testing.assert_array_equal(np.cos(turned[far]) > 0, labels[far] == 1)
    np.testing.assert_allclose(np.abs(np.cos(turned[far])), 1, atol=1e-9)


def test_moons_are_half_circles() -> None:
    x1, x2, labels = clean(Moons)
    a, b = x1 / 3.2 + 0.5, x2 / 3.2 + 0.25
    np.testing.assert_allclose(np.hypot(a, b)[labels == 0], 1, rtol=1e-12)
    np.testing.assert_allclose(np.hypot(1 - a, 0.5 - b)[labels == 1], 1, rtol=1e-12)
    assert b[labels == 0].min() >= 0 and b[labels == 1].max() <= 0.5


def test_plane_is_a_plane() -> None:
    x1, x2, values = clean(TiltedPlane)
    np.testing.assert_allclose(values, (x1 + x2) / 10, rtol=1e-12)


def test_hills_are_bumps_of_both_signs() -> None:
    x1, x2, values = clean(Hills)
    for centre_1, centre_2, sign in Hills.BUMPS:
        near = np.hypot(x1 - centre_1, x2 - centre_2) < 1
        assert near.any() and (sign * values[near] >= 0.5).all()
    heights = [sign for *_, sign in Hills.BUMPS]
    assert sum(heights) == 0 and len(heights) == 6


# Tables ---------------------------------------------------------------------------------------------------------


def table(folder: Path, text: str, **settings: object) -> Table:
    file = folder / "t.csv"
    file.write_text(text, "utf-8")
    return Table(**{"path": str(file), "x1": "a", "x2": "b", "target": "c", **settings})


def rows(*targets: object) -> str:
    return "a,b,c\n" + "".join(f"{place},{place * place},{target}\n" for place, target in enumerate(targets))


def test_text_means_classes_in_sorted_order(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, rows("pear", "apple", "pear", "fig")))
    assert (drawn.task, drawn.class_names, drawn.outputs) == ("classification", ("apple", "fig", "pear"), 3)
    order = np.argsort(drawn.x[:, 0])
    np.testing.assert_array_equal(drawn.labels[order], [2, 0, 2, 1])
    assert (drawn.axis_names, drawn.target_name) == (("a", "b"), "c")


def test_few_integers_mean_classes_in_the_order_of_their_value(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, rows(10, 9, 10, 2)))
    assert (drawn.task, drawn.class_names) == ("classification", ("2", "9", "10"))


def test_one_number_written_in_several_ways_is_one_class(tmp_path: Path) -> None:
    assert draw_sample(table(tmp_path, rows("1", "1.0", "01", "2"))).class_names == ("1", "2")


@pytest.mark.parametrize("targets", [(1.5, 2.5, 3.5), range(11)])
def test_fractions_or_many_integers_mean_regression(tmp_path: Path, targets: list[float]) -> None:
    drawn = draw_sample(table(tmp_path, rows(*targets)))
    assert (drawn.task, drawn.class_names, drawn.outputs) == ("regression", (), 1)
    np.testing.assert_array_equal(np.sort(drawn.labels), targets)


def test_the_task_can_be_chosen(tmp_path: Path) -> None:
    assert draw_sample(table(tmp_path, rows(0, 1, 0), task="regression")).task == "regression"
    chosen = draw_sample(table(tmp_path, rows(0.5, 1.5, 0.5), task="classification"))
    assert (chosen.task, chosen.class_names) == ("classification", ("0.5", "1.5"))


def test_two_classes_have_one_output(tmp_path: Path) -> None:
    assert draw_sample(table(tmp_path, rows("yes", "no"))).outputs == 1


def test_each_axis_is_scaled_from_the_rows_in_use(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, "a,b,c\n10,1,x\n20,3,y\n15,2,x\n9999,5,\n"))
    assert sorted(drawn.x.tolist()) == [[-5, -5], [0, 0], [5, 5]]
    few = draw_sample(table(tmp_path, rows(*"xyxyxyxyxy"), points=4))
    assert len(few.x) == 4
    np.testing.assert_array_equal([few.x.min(axis=0), few.x.max(axis=0)], [[-5, -5], [5, 5]])


def test_an_axis_with_a_single_value_goes_to_the_middle(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, "a,b,c\n7,1,x\n7,2,y\n"))
    np.testing.assert_array_equal(drawn.x[:, 0], 0)


def test_rows_with_missing_cells_are_left_out_and_counted(tmp_path: Path) -> None:
    drawn = draw_sample(table(tmp_path, "a,b,c\n1,2,x\n,2,x\n3,NA,y\n4,5\n6,7, \n8,9,y\n"))
    assert len(drawn.x) == 2
    assert drawn.notes == (
        "1 row left out: no value in a (row 3).",
        "1 row left out: no value in b (row 4).",
        "2 rows left out: no value in c (rows 5, 6).",
    )


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    before = table(tmp_path, rows("x", "y"))
    assert len(draw_sample(before).x) == 2
    table(tmp_path, rows("x", "y", "x"))
    os.utime(tmp_path / "t.csv", (1, 1))
    assert len(draw_sample(before).x) == 3


def test_a_byte_order_mark_and_quotes_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_bytes('\ufeffa,b,"c"\r\n1,2,"x, with comma"\r\n3,4,y\r\n'.encode())
    assert draw_sample(Table(path=str(file), x1="a", x2="b", target="c")).class_names == ("x, with comma", "y")


@pytest.mark.parametrize(
    ("text", "settings", "path", "allowed"),
    [
        (rows("x"), {"x1": "z"}, "data.x1", "a column of t.csv: a, b, c"),
        (rows("x"), {"x2": ""}, "data.x2", "a, b, c"),
        (rows("x"), {"target": "z"}, "data.target", "a, b, c"),
        ("", {}, "data.path", "it has no rows"),
        ("a,b,c\n", {}, "data.path", "at least one complete row"),
        ("a,b,c\n1,,x\n", {}, "data.path", "at least one complete row"),
        ("a,b,c\n1,red,x\n", {}, "data.x2", "'red'"),
        ("a,b,c\ninf,1,x\n", {}, "data.x1", "'inf'"),
        (rows("x", "y"), {"task": "regression"}, "data.target", "numbers"),
        (rows(*"abcdefghijk"), {}, "data.target", "at most 10 classes"),
        (rows(*range(11)), {"task": "classification"}, "data.target", "at most 10 classes"),
    ],
)
def test_bad_tables_are_refused_by_field(
    tmp_path: Path, text: str, settings: dict[str, object], path: str, allowed: str
) -> None:
    with pytest.raises(InputError) as error:
        table(tmp_path, text, **settings).check()
    assert error.value.path == path
    assert allowed in error.value.allowed


@pytest.mark.parametrize("path", ["", "missing.csv", "x\0y", "."])
def test_missing_files_are_refused(path: str) -> None:
    with pytest.raises(InputError) as error:
        Table(path=path, x1="a", x2="b", target="c").check()
    assert error.value.path == "data.path"


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes(b"a,b,c\n\xff\xfe\0,1,2\n")
    with pytest.raises(InputError) as error:
        Table(path=str(tmp_path / "t.csv"), x1="a", x2="b", target="c").check()
    assert error.value.path == "data.path"


def test_places_on_the_axes_of_a_table_stand_for_values_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n10,−3,x\n20,5,y\n17.5,5,x\n".replace("−", "-"))
    drawn = draw_sample(Table(path=str(path), x1="a", x2="b", target="c", noise=0.0))
    values = [[scale.value(x) for scale, x in zip(drawn.axis_scales, point, strict=True)] for point in drawn.x]
    np.testing.assert_allclose(sorted(values), [[10, -3], [17.5, 5], [20, 5]])
    for scale, column in zip(drawn.axis_scales, drawn.x.T, strict=True):
        np.testing.assert_allclose([scale.place(scale.value(x)) for x in column], column)
    assert draw_sample(Circle()).axis_scales == (AxisScale(0, 1), AxisScale(0, 1))


def test_a_column_of_one_value_and_a_huge_one_have_scales(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n7,-1e308,x\n7,1e308,y\n")
    one, huge = draw_sample(Table(path=str(path), x1="a", x2="b", target="c")).axis_scales
    assert (one.value(3.0), one.place(7.0)) == (7.0, 0.0)
    np.testing.assert_allclose([huge.value(-5.0), huge.value(5.0)], [-1e308, 1e308])


def test_penguins_come_with_three_species() -> None:
    path = Path(__file__).parents[2] / "resources" / "data" / "penguins.csv"
    drawn = draw_sample(Table(path=str(path), x1="bill_length_mm", x2="bill_depth_mm", target="species"))
    assert drawn.class_names == ("Adelie", "Chinstrap", "Gentoo")
    np.testing.assert_array_equal(np.bincount(drawn.labels), [151, 68, 123])
    assert drawn.notes == ("2 rows left out: no value in bill_length_mm (rows 5, 273).",)


def test_own_points_from_a_table_have_its_names_and_units() -> None:
    own = UserPoints(
        x1=(-5, 5), x2=(0, 5), target=(0, 1), column_names=("hours", "sleep", "passed"), axis_scales=(20, 4, 6, 0.5)
    )
    own.check()
    drawn = draw_sample(own)
    assert (drawn.axis_names, drawn.target_name) == (("hours", "sleep"), "passed")
    assert drawn.own_x.tolist() == [[0, 6], [40, 8.5]]
    assert units_of(drawn) == {"column_names": own.column_names, "axis_scales": own.axis_scales}
    assert units_of(draw_sample(Circle(points=4))) == {}


@pytest.mark.parametrize("size", [1e-300, 1e-5, 1, 1000, 1e12, 1e300])
def test_own_units_have_no_digits_that_scaling_has_changed(size: float) -> None:
    random = np.random.default_rng(0)
    x = np.array([float(f"{value:.6g}") for value in random.normal(3, 1, 40) * size]).reshape(20, 2)
    scales = tuple(number for scale in axis_scales(x) for number in scale)
    own = UserPoints.of(scaled(x), np.arange(20) % 2, axis_scales=scales)
    assert draw_sample(own).own_x == pytest.approx(x, rel=2e-15, abs=0)


@pytest.mark.parametrize(
    "wrong", [{"column_names": ("a", "b")}, {"axis_scales": (1, 2, 3)}, {"axis_scales": (0, 1, 0, -1)}], ids=str
)
def test_names_and_units_of_own_points_are_whole(wrong: dict) -> None:
    with pytest.raises(InputError, match=f"data.{next(iter(wrong))}"):
        UserPoints(**wrong).check()
