"""Points as text: what people bring along is understood, what this program wrote comes back bit for bit."""

from __future__ import annotations

import contextlib
from pathlib import Path

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
from playground.interop import tables
from playground.interop.opening import RESOURCES
from playground.interop.tables import Picked, data_set, extracted, from_file, from_text, guess, number, to_csv, to_tsv

PENGUINS = RESOURCES / "data" / "penguins.csv"
EXPECTED = [[1.5, -2.0], [2.5, 0.25], [3.0, 1e-3]]


def axes(text: str) -> list[list[float | None]]:
    """The first two columns as numbers."""
    sheet = from_text(text)
    return [[sheet.number(cell) for cell in row[:2]] for row in sheet.rows]


@pytest.mark.parametrize(
    "text",
    [
        "a,b,c\n1.5,-2,x\n2.5,.25,y\n3,1e-3,x\n",
        "1.5,-2,x\n2.5,.25,y\n3,1e-3,x\n",
        "a;b;c\n1,5;-2;x\n2,5;0,25;y\n3;0,001;x\n",
        "a;b;c\n1.5;-2;x\n2.5;0.25;y\n3;0.001;x\n",
        "a\tb\tc\r\n1.5\t-2\tx\r\n2.5\t0.25\ty\r\n3\t0.001\tx\r\n",
        "1,5\t-2\n2,5\t0,25\n3\t0,001\n",
        "a b c\n 1.5   -2 x\n2.5\t0.25   y\n3 0.001 x  \n",
        "1,5 -2\n2,5 0,25\n3 0,001",
        '"a","b","c"\n"1.5","-2","x, or y"\n"2.5","0.25","say ""y"""\n3,0.001,"x\nx"\n',
        "\ufeffa,b,c\n1.5,-2,x\n2.5,0.25,y\n3,0.001,x\n",
        "sep=;\na;b;c\n1,5;-2;x\n2,5;0,25;y\n3;0,001;x\n",
        "\n\na|b|c\n1.5|−2|x\n\n2.5|0.25|y\n3|0.001|x\n\n",
        "a, b, c\n1.5, -2, x\n2.5, 0.25, y\n3, 0.001, x\n",
        "a,b,c\r1.5,-2,x\r2.5,0.25,y\r3,0.001,x",
    ],
)
def test_whatever_a_text_is_written_with_the_numbers_are_the_same(text: str) -> None:
    assert axes(text) == EXPECTED


@pytest.mark.parametrize(
    ("cell", "comma", "value"),
    [
        ("1", False, 1.0),
        (" +1.50 ", False, 1.5),
        ("−3", False, -3.0),
        ("1e3", False, 1000.0),
        ("1,234.5", False, 1234.5),
        ("1.234,5", True, 1234.5),
        ("1 234,5".replace(" ", "\u202f"), True, 1234.5),
        ("1,5", True, 1.5),
        ("1,5", False, None),
        ("", False, None),
        ("nan", False, None),
        ("inf", False, None),
        ("1e999", False, None),
        ("1_000", False, None),
        ("0x10", False, None),
        ("１", False, None),
        ("1 2", False, None),
        ("12a", False, None),
    ],
)
def test_a_cell_is_a_number_or_it_is_none(cell: str, comma: bool, value: float | None) -> None:
    assert number(cell, comma) == value


def test_a_header_is_told_from_numbers() -> None:
    assert from_text("a,b\n1,2\n").names == ("a", "b")
    assert from_text("1,2\n3,4\n").names == ("Column 1", "Column 2")
    assert from_text("1990,1991\n3,4\n", header=True).names == ("1990", "1991")
    assert from_text("a,b\n1,2\n", header=False).rows == [["a", "b"], ["1", "2"]]
    assert from_text(",b\n1,2\n").names == ("Column 1", "b")


def test_lines_are_those_of_the_text() -> None:
    sheet = from_text('a,b,c\n\n1,2,"x\ny"\n3,4,z\n')
    assert sheet.lines == [3, 5]
    assert from_text("sep=,\na,b\n1,2\n").lines == [3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_a_file_may_have_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("Größe,b,c\n1,2,ä\n3,4,ö\n".encode(encoding))
    sheet = from_file(path)
    assert sheet.names[0] == "Größe"
    assert sheet.column(2) == ["ä", "ö"]


@pytest.mark.parametrize(
    ("header", "picked"),
    [
        ("x1,x2,label", (0, 1, 2)),
        ("label,x1,x2", (1, 2, 0)),
        ("x,y,label", (0, 1, 2)),
        ("x,y,z", (0, 1, 2)),
        (",x,y", (1, 2, 0)),
        ("id,width,height,class", (1, 2, 3)),
    ],
)
def test_the_likely_columns_are_proposed(header: str, picked: tuple[int, int, int]) -> None:
    width = header.count(",") + 1
    rows = "\n".join(",".join(str(k * j + 1) for j in range(width)) for k in range(1, 6))
    assert guess(from_text(f"{header}\n{rows}\n"))[:3] == picked


def test_penguins_are_proposed_by_their_species() -> None:
    sheet = from_file(PENGUINS)
    picked = guess(sheet)
    assert sheet.names[picked.target] == "species"
    dataset, notes = data_set(sheet, picked)
    assert isinstance(dataset, Table)
    assert dataset.points == 342
    assert len(draw_sample(dataset).labels) == 342
    assert notes == ("2 rows left out: a cell is missing (the first is row 5).",)


def test_rows_are_dropped_for_a_reason_that_names_them() -> None:
    sheet = from_text("a,b,c\n1,2,x\nred,3,y\n2,,x\n4,blue,y\n5,grey,x\n6,7,y\n")
    points = extracted(sheet, Picked(0, 1, 2))
    assert points.used.tolist() == [0, 5]
    assert [drop.words for drop in points.dropped] == [
        "1 row left out: no number in a (row 3: 'red').",
        "1 row left out: a cell is missing (row 4).",
        "2 rows left out: no number in b (the first is row 5: 'blue').",
    ]


def test_a_file_with_a_header_stays_the_source_of_its_points(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for text in ("a,b,c\n1,2,x\n2.5,3,y\n", "a;b;c\n1;2;x\n2,5;3;y\n", "a\tb\tc\n1\t2\tx\n2.5\t3\ty\n"):
        path.write_text(text, encoding="utf-8")
        dataset, _ = data_set(from_file(path), Picked(0, 1, 2))
        assert isinstance(dataset, Table), text
        drawn = draw_sample(dataset)
        assert sorted(drawn.x[:, 0].tolist()) == [-5, 5]
        assert drawn.class_names == ("x", "y")


@pytest.mark.parametrize(
    "content",
    [
        b"1,2,x\n2,3,y\n",
        b"a b c\n1 2 x\n2 3 y\n",
        b"a,b,c\n1,2,x\nred,9,y\n2,3,y\n",
        b"a,a,c\n1,2,x\n2,3,y\n,9,x\n",
        "a,b,c\n1,2,x\n2,3,ä\n".encode("latin-1"),
        "a,b,c\n1,2,x\n2,3,y\n".encode("utf-16"),
    ],
)
def test_what_no_table_reads_alike_becomes_own_points(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    dataset, _ = data_set(from_file(path), Picked(0, 1, 2))
    assert isinstance(dataset, UserPoints)
    assert (dataset.x1, dataset.x2) == ((-5, 5), (-5, 5))
    assert dataset.target == (0, 1)
    assert dataset.class_names[0] == "x"


def test_a_text_for_regression_becomes_own_points() -> None:
    dataset, _ = data_set(from_text("1;2;0,5\n2;3;-0,5\n3;1;x\n"), Picked(0, 1, 2, "regression"))
    assert isinstance(dataset, UserPoints)
    assert (dataset.task, dataset.target) == ("regression", (0.5, -0.5))


def test_too_many_rows_for_own_points_are_thinned_evenly() -> None:
    text = "".join(f"{k},{k % 7},{k % 2}\n" for k in range(MAX_OWN_POINTS + 5))
    dataset, notes = data_set(from_text(text), Picked(0, 1, 2))
    assert isinstance(dataset, UserPoints)
    assert dataset.size == MAX_OWN_POINTS
    assert (dataset.x1[0], dataset.x1[-1]) == (-5, 5)
    assert "20,000 of 20,005 rows" in notes[-1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"clip: 'no cells'"),
        ("\n \n", r"clip: 'no cells'"),
        ("1,2\n3,\0\n", r"clip, row 2: 'a zero byte'"),
        ("1,2\n" + "7" * 200_000, r"clip, row 2: '200,000 characters'"),
        ("1,2\n" + ",".join("7" * 600), r"clip, row 2: '600 columns'"),
        ('1,2\n3,"' + "4,5\n" * 20_000, r"clip, row 2.*quote"),
        ("1,2\n" * 200_002, r"clip, row 200002: .*200,000 rows"),
        (",".join("7" * 500) + "\n1,2" * 10_000, r"clip, row 8001: '8,001 rows of 500 columns'"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_text(text, "clip")


def test_a_file_that_is_too_large_or_missing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.csv"
    with pytest.raises(InputError, match="readable text file"):
        from_file(path)
    monkeypatch.setattr(tables, "MAX_BYTES", 2**20)
    path.write_bytes(b"1,2\n" * 2**19)
    with pytest.raises(InputError, match=r"t\.csv: 'more than 1 MB'"):
        from_file(path)


def test_columns_that_give_no_points_are_refused() -> None:
    sheet = from_text("a,b,c\nred,1,x\nblue,2,y\n")
    with pytest.raises(InputError, match=r"no row can be used\. 2 rows left out: no number in a .*Choose"):
        extracted(sheet, Picked(0, 1, 2))
    many = from_text("".join(f"{k},{k},name{k}\n" for k in range(11)))
    with pytest.raises(InputError, match="at most 10 classes"):
        extracted(many, Picked(0, 1, 2))


# Points of our own ------------------------------------------------------------------------------------------------


def returned(text: str) -> UserPoints | None:
    return tables.read_own_points(from_text(text, "clip"))


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
@settings(deadline=None, max_examples=150)
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


@given(st.text(max_size=300))
@settings(deadline=None, max_examples=300)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        sheet = from_text(text)
        tables.read_own_points(sheet)
        data_set(sheet, guess(sheet))
    except InputError:
        pass


@given(st.binary(max_size=300))
@settings(deadline=None, max_examples=200)
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    with contextlib.suppress(InputError):
        from_text(tables.decoded(content))


@given(st.lists(st.tuples(FLOATS, FLOATS, st.sampled_from(["red", "green", ""])), min_size=2, max_size=20), st.data())
@settings(deadline=None, max_examples=100)
def test_tables_in_any_dialect_give_the_same_points(rows: list[tuple[float, float, str]], data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from("\t;,|"))
    comma = separator != "," and data.draw(st.booleans())
    lines = [separator.join([repr(a), repr(b), f'"{c}"']) for a, b, c in rows]
    if comma:
        lines = [line.replace(".", ",") for line in lines]
    sheet = from_text("\n".join(["p" + separator + "q" + separator + "r", *lines]), separator=separator)
    assert sheet.names == ("p", "q", "r")
    assert [(sheet.number(a), sheet.number(b), c) for a, b, c in sheet.rows] == rows


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
        ("x1,x2,label\n1,2,A\nred,2,A\n", r"clip, row 3, column x1: 'red'"),
        ("x1,x2,value\n1,2,3\n1,2,\n", r"clip, row 3, column value: ''"),
        ("x1,x2,label,split\n1,2,A,train\n1,2,A,both\n", r"clip, row 3, column split: 'both'"),
        ("x1,x2,label,split\n1,2,A,test\n", r"data\.train"),
        ("x1,x2,label\n1,2,red\n1,2,\n", r"clip, row 3, column label"),
        ("x1,x2,label,class\n1,2,red,0\n1,2,blue,0\n", r"clip, row 3, column label: 'blue'"),
        ("x1,x2,label,class\n1,2,red,10\n", r"clip, row 2, column class: '10'"),
        ("x1,x2,value\n2e9,2,3\n", r"clip, row 2, column x1: '2e9'"),
        ("x1,x2,label\n" + "1,2,A\n" * (MAX_OWN_POINTS + 1), r"clip: '20,001 rows'.*20,000 own points"),
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


def test_one_column_for_both_axes_is_refused_in_words() -> None:
    sheet = from_text("a,b,c\n1,2,x\n3,4,y\n", "cells")
    with pytest.raises(InputError) as refusal:
        data_set(sheet, Picked(1, 1, 2))
    assert str(refusal.value) == (
        "cells: x₁ and x₂ are both b, so all points would lie on a line. Choose two different columns."
    )


def test_a_single_column_is_refused_in_words() -> None:
    sheet = from_text("1\n2\n3\n", "cells")
    with pytest.raises(InputError, match="there is only one column") as refusal:
        data_set(sheet, guess(sheet))
    assert "Column 1 and Column 1" not in str(refusal.value)


def test_a_target_that_is_also_an_axis_is_noted() -> None:
    sheet = from_text("a,b\n1,0.5\n3,4.5\n", "cells")
    _, notes = data_set(sheet, Picked(0, 1, 1))
    assert notes == ("b is the target and x₂: the network is told what to predict.",)
    assert data_set(from_text("a,b,c\n1,2,x\n3,4,y\n"), Picked(0, 1, 2))[1] == ()
