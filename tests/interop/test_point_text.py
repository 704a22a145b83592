"""Points as text: what this program wrote comes back bit for bit."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import InputError
from playground.catalog.choice import members
from playground.catalog.datasets.base import CLASS_NAMES, MAX_OWN_POINTS, Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints, to_own_points
from playground.catalog.datasets.shapes import Blobs, Circle, Spiral, TiltedPlane
from playground.catalog.datasets.table import Table
from playground.files.cells import read_cells
from playground.interop.opening import RESOURCES
from playground.interop.point_text import read_own_points, to_csv, to_tsv

PENGUINS = RESOURCES / "data" / "penguins.csv"


def returned(text: str) -> UserPoints | None:
    return read_own_points(read_cells(text, "clip"))


def assert_same(one: UserPoints, other: UserPoints) -> None:
    first, second = draw_sample(one), draw_sample(other)
    for name in ("x", "labels", "split"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first[3:] == second[3:]


@pytest.mark.parametrize("write", [to_csv, to_tsv])
@pytest.mark.parametrize("kind", [kind for name, kind in members(Dataset).items() if name not in ("table", "points")])
def test_every_data_set_comes_back_bit_for_bit(kind: type[Dataset], write) -> None:
    wanted = {"points": 60, "noise": 0.2, "test_fraction": 0.2, "validation_fraction": 0.3}
    drawn = draw_sample(kind(**{name: value for name, value in wanted.items() if name in kind.__struct_fields__}))
    back = returned(write(drawn))
    assert back is not None
    again = draw_sample(back)
    for name in ("x", "labels", "split"):
        np.testing.assert_array_equal(getattr(again, name), getattr(drawn, name))
    assert (again.task, again.class_names) == (drawn.task, drawn.class_names)


def test_penguins_come_back_with_their_names() -> None:
    table = Table(path=str(PENGUINS), x1="bill_length_mm", x2="bill_depth_mm", target="species")
    own = to_own_points(table)
    assert own.class_names == ("Adelie", "Chinstrap", "Gentoo")
    back = returned(to_csv(draw_sample(own)))
    assert back is not None
    assert_same(own, back)


FLOATS = st.floats(-1e9, 1e9, allow_nan=False)
NAMES = st.lists(
    st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=12).filter(
        lambda name: name.strip() == name and not name.startswith("\ufeff")
    ),
    min_size=2,
    max_size=5,
    unique=True,
)


@given(st.data())
@settings(max_examples=150)
def test_any_points_come_back_bit_for_bit(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 12))
    x1, x2 = (tuple(data.draw(st.lists(FLOATS, min_size=n, max_size=n))) for _ in range(2))
    names: tuple[str, ...] = ()
    if data.draw(st.booleans()):
        names = tuple(data.draw(NAMES))
        labels = data.draw(st.lists(st.integers(0, len(names) - 1), min_size=n, max_size=n))
        target, task = tuple(map(float, labels)), "classification"
    else:
        target, task = tuple(data.draw(st.lists(FLOATS, min_size=n, max_size=n))), "regression"
    train = (True, *data.draw(st.lists(st.booleans(), min_size=n - 1, max_size=n - 1)))
    own = UserPoints(x1=x1, x2=x2, target=target, task=task, train=train, class_names=names)
    own.check()
    back = returned(data.draw(st.sampled_from([to_csv, to_tsv]))(draw_sample(own)))
    assert back is not None
    # What sample adds of noise, 0, makes −0 a 0.
    drawn, again = draw_sample(own), draw_sample(back)
    np.testing.assert_array_equal(again.x, drawn.x)
    np.testing.assert_array_equal(again.labels, drawn.labels)
    np.testing.assert_array_equal(again.split, drawn.split)
    present = {drawn.class_names[k] for k in drawn.labels} if names else set()
    assert present <= set(again.class_names)


@pytest.mark.parametrize(
    ("text", "target", "names"),
    [
        ("x1,x2,label\n1,2,A\n3,4,C\n", (0, 2), ()),
        ("x1\tx2\tlabel\tsplit\n1\t2\t0\t\n3\t4\t3\t\n", (0, 3), ()),
        ("x1;x2;label\n1,5;2;dog\n3;4;cat\n", (1, 0), ("cat", "dog")),
        ("X1,X2,Label\n1,2,B\n", (1,), ()),
    ],
)
def test_the_own_columns_are_taken_as_they_are(text: str, target: tuple[float, ...], names: tuple[str, ...]) -> None:
    points = returned(text)
    assert points is not None
    assert (points.target, points.class_names) == (target, names)
    assert points.train is None
    assert points.x2[0] == 2


@pytest.mark.parametrize("text", ["a,b,c\n1,2,3\n", "x1,x2\n1,2\n", "x1,x2,label,more\n1,2,A,4\n", "1,2,3\n"])
def test_other_columns_are_not_ours(text: str) -> None:
    assert returned(text) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x1,x2,label\n1,2,A\nred,2,A\n", r"clip, row 3, column x1 must be .*'red'"),
        ("x1,x2,value\n1,2,3\n1,2,\n", r"clip, row 3, column value must be .*''"),
        ("x1,x2,label,split\n1,2,A,train\n1,2,A,both\n", r"clip, row 3, column split must be .*'both'"),
        ("x1,x2,label,split\n1,2,A,test\n", r"data\.train"),
        ("x1,x2,label\n1,2,red\n1,2,\n", r"clip, row 3, column label"),
        ("x1,x2,label,class\n1,2,red,0\n1,2,blue,0\n", r"clip, row 3, column label must be .*'blue'"),
        ("x1,x2,label,class\n1,2,red,10\n", r"clip, row 2, column class must be .*'10'"),
        ("x1,x2,value\n2e9,2,3\n", r"clip, row 2, column x1 must be .*'2e9'"),
        ("x1,x2,label\n" + "1,2,A\n" * (MAX_OWN_POINTS + 1), "clip must be a table of at most 20,000 own points"),
    ],
)
def test_a_fault_in_our_columns_is_named_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        returned(text)


# Own points of any data set -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "dataset", [Spiral(noise=0.1), Blobs(classes=4, label_noise=0.2), TiltedPlane(test_fraction=0.2)]
)
def test_any_data_set_becomes_own_points_exactly(dataset: Dataset) -> None:
    own = to_own_points(msgspec.structs.replace(dataset, points=80, seed=3))
    own.check()
    before, after = draw_sample(msgspec.structs.replace(dataset, points=80, seed=3)), draw_sample(own)
    for name in ("x", "labels", "split"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))
    assert (after.task, after.class_names) == (before.task, before.class_names)
    assert own.seed == 3


def test_classes_become_values_and_come_back() -> None:
    own = to_own_points(Blobs(points=30, classes=3))
    values = own.as_task("regression")
    assert set(values.target) == {-1, 0, 1}
    assert values.as_task("classification").target == own.target
    assert own.as_task("classification") is own


def test_many_values_become_two_classes() -> None:
    own = to_own_points(TiltedPlane(points=40)).as_task("classification")
    own.check()
    assert set(own.target) == {0, 1}


def test_names_of_classes_tell_them_apart() -> None:
    UserPoints(class_names=("red", "blue")).check()
    assert draw_sample(UserPoints(target=(2.0,), class_names=("B", "C"))).class_names == ("B", "C", "C′")
    for names in (("red", "red"), ("red", " "), tuple(map(str, range(11)))):
        with pytest.raises(InputError, match=r"data\.class_names"):
            UserPoints(class_names=names).check()


def test_names_of_classes_without_points_do_not_widen_the_network() -> None:
    assert draw_sample(UserPoints(class_names=("red", "blue", "green"))).outputs == 1


def test_marks_for_the_test_must_fit_those_for_training() -> None:
    two = {"x1": (0.0, 1.0), "x2": (0.0, 1.0), "target": (0.0, 1.0)}
    UserPoints(**two, train=(True, False), test=(False, True)).check()
    assert not UserPoints(**two, train=(True, False), test=(False, True)).validates
    for train, test in ((None, (False, True)), ((True, False), (True, False)), ((True, False), (True,))):
        with pytest.raises(InputError, match=r"data\.test"):
            UserPoints(**two, train=train, test=test).check()


def test_a_blank_set_is_one_that_nobody_has_drawn_on() -> None:
    assert UserPoints().is_blank
    assert not UserPoints(train=(True,)).is_blank
    assert not to_own_points(Circle(points=3)).is_blank
    assert CLASS_NAMES[0] == draw_sample(UserPoints()).class_names[0]
