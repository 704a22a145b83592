"""Tables of strangers: which columns are proposed, what comes of them, and what is said of all that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from playground import InputError
from playground.catalog.datasets.base import MAX_OWN_POINTS, Dataset, draw_sample
from playground.catalog.datasets.own_points import UserPoints
from playground.catalog.datasets.table import Table, rows_of
from playground.files.cells import read_cells
from playground.interop.opening import RESOURCES
from playground.interop.tables import Picked, class_counts, data_set, describe_table, propose

PENGUINS = RESOURCES / "data" / "penguins.csv"
CASES = Path(__file__).parents[1] / "files" / "cases"


def made_of(source: Path | str, picked: Picked | None = None) -> tuple[Dataset, tuple[str, ...]]:
    """The data set of some columns, those proposed unless they are given."""
    cells = read_cells(source, "cells")
    picked = picked or propose(cells)
    return data_set(cells, picked, rows_of(cells, *picked))


# What is proposed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "picked"),
    [
        ("x1,x2,label", "x1 x2 label"),
        ("label,x1,x2", "x1 x2 label"),
        ("x2,x1,label", "x1 x2 label"),
        ("y,x,label", "x y label"),
        ("x,y,label", "x y label"),
        ("x,y,z", "x y z"),
        ("x1,x2,y", "x1 x2 y"),
        ("id,width,height,class", "width height class"),
        ("Class,id,b,c", "b c Class"),
    ],
)
def test_the_likely_columns_are_proposed(header: str, picked: str) -> None:
    width = header.count(",") + 1
    rows = "\n".join(",".join(str(k * j + 1 + k * k) for j in range(width)) for k in range(1, 6))
    assert propose(read_cells(f"{header}\n{rows}\n"))[:3] == tuple(picked.split())


@pytest.mark.parametrize(
    ("text", "picked"),
    [
        # Not a constant, nearly empty or counting column, not one of names.
        ("c,a,b,kind\n7,1,2,x\n7,2,3,y\n7,4,4,x\n", ("a", "b", "kind")),
        ("a,few,b,kind\n1,,2,x\n2,,3,y\n4,5,4,x\n", ("a", "b", "kind")),
        (",a,b,kind\n1,1,2,x\n2,2,3,y\n3,4,4,x\n", ("a", "b", "kind")),
        ("a,b,kind,same\n1,2,x,k\n2,3,y,k\n4,4,x,k\n", ("a", "b", "kind")),
        ("a,b,c,same\n1,2,3,0\n2,3,1,0\n4,4,5,0\n", ("a", "b", "c")),
        ("a,b,kind,seldom\n1,2,x,\n2,3,y,\n4,4,x,k\n", ("a", "b", "kind")),
        ("label,a,b,kind\n1,1,2,x\n1,2,3,y\n1,4,4,x\n", ("a", "b", "kind")),
        ("when,a,b,kind\n2020-01-01,1,2,x\n2020-01-02,2,3,y\n2020-01-05,4,4,x\n", ("a", "b", "kind")),
        ("when,a,kind\n2020-01-01,1,x\n2020-01-02,2,y\n2020-01-05,4,x\n", ("when", "a", "kind")),
        # Even one that seems to count rows keeps its place among the axes if it is needed.
        ("1,2,0\n2,3,1\n3,5,0\n4,1,1\n", ("Column 1", "Column 2", "Column 3")),
    ],
)
def test_columns_that_tell_nothing_are_not_proposed(text: str, picked: tuple[str, ...]) -> None:
    assert propose(read_cells(text))[:3] == picked


def test_columns_that_are_fixed_stay() -> None:
    cells = read_cells(PENGUINS)
    assert propose(cells, {"target": "body_mass_g"})[:3] == ("bill_length_mm", "bill_depth_mm", "body_mass_g")
    assert propose(cells, {"target": "bill_depth_mm", "x2": "year"})[:3] == ("bill_length_mm", "year", "bill_depth_mm")
    with pytest.raises(InputError, match=r"must be a column of penguins\.csv: species.* \(got 'mass'\)"):
        propose(cells, {"target": "mass"})


@pytest.mark.parametrize(
    "text", ["a\n1\n2\n", "a,b\n1,x\n2,y\n", "a,b,c\n1,7,x\n2,7,y\n", "a,b,c\nred,1,x\nblue,2,y\n"]
)
def test_too_few_columns_are_refused_in_words(text: str) -> None:
    with pytest.raises(
        InputError, match="must be a table of two columns of different numbers for x1 and x2, and a third"
    ):
        propose(read_cells(text))


# What comes of it -----------------------------------------------------------------------------------------------


def test_penguins_are_proposed_by_their_species() -> None:
    dataset, notes = made_of(PENGUINS)
    assert dataset == Table(path=str(PENGUINS), x1="bill_length_mm", x2="bill_depth_mm", target="species")
    assert len(draw_sample(dataset).labels) == 342
    assert notes == ("2 rows left out: no value in bill_length_mm (rows 5, 273).",)


def test_rows_are_left_out_for_a_reason_that_names_them() -> None:
    cells = read_cells("a,b,c\n1,2,x\nred,3,y\n2,,x\n4,blue,y\n5,grey,x\n6,7,y\n8,9,x\n1,1,1,1\n3,4,x\n5,5,y\n")
    rows = rows_of(cells, "a", "b", "c")
    assert rows.x.tolist() == [[1, 2], [6, 7], [8, 9], [3, 4], [5, 5]]
    assert [drop.words for drop in rows.dropped] == [
        "1 row left out: no value in b (row 4).",
        "1 row left out: no number in a: red (row 3).",
        "2 rows left out: no number in b: blue (row 5), grey (row 6).",
        "1 row left out: more cells than columns (row 9).",
    ]
    assert class_counts(rows) == {"x": 3, "y": 2}


def test_of_very_many_rows_the_first_are_named() -> None:
    rows = rows_of(read_cells("a,b,c\n1,2,x\n" + ",2,x\n" * 30 + "1,3,y\n"), "a", "b", "c")
    assert rows.dropped[0].words.endswith("(rows 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and 20 more).")


@pytest.mark.parametrize(
    "content",
    [
        b"a,b,c\n1,2,x\n2.5,3,y\n",
        b"a;b;c\n1;2;x\n2,5;3;y\n",
        b"a\tb\tc\n1\t2\tx\n2.5\t3\ty\n",
        b"a b c\n1 2 x\n2.5 3 y\n",
        b"a,b,c\n1,2,x\n1,2,y\nred,9,y\n2.5,3,y\n",
        b"a,b,b,c\n1,2,9,x\n2.5,3,9,y\n,9,9,x\n",
        "a,b,c\n1,2,x\n2.5,3,ä\n".encode("latin-1"),
        "a,b,c\n1,2,x\n2.5,3,y\n".encode("utf-16"),
        b'# note\n"a" ,b,c\n1,2,x\n2.5,3,y\n',
    ],
)
def test_a_file_stays_the_source_of_its_points(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    dataset, _ = made_of(path, Picked("a", "b", "c"))
    assert isinstance(dataset, Table)
    drawn = draw_sample(dataset)
    assert sorted(set(drawn.x[:, 0].tolist())) == [-5, 5]
    assert drawn.class_names[0] == "x"


def test_a_file_without_a_header_stays_the_source_as_well(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("1,2,x\n2,3,y\n")
    dataset, _ = made_of(path)
    assert (dataset.x1, dataset.x2, dataset.target) == ("Column 1", "Column 2", "Column 3")
    assert len(draw_sample(dataset).x) == 2


def test_a_text_becomes_own_points() -> None:
    dataset, _ = made_of("1;2;0,5\n2;3;-0,5\n3;1;\n4;2;2,5\n", Picked("Column 1", "Column 2", "Column 3"))
    assert isinstance(dataset, UserPoints)
    assert (dataset.task, dataset.target) == ("regression", (0.5, -0.5, 2.5))
    assert (min(dataset.x1), max(dataset.x1)) == (-5, 5)


def test_too_many_rows_for_own_points_are_thinned_evenly() -> None:
    text = "".join(f"{k},{k % 7},{k % 2}\n" for k in range(MAX_OWN_POINTS + 5))
    dataset, notes = made_of(text, Picked("Column 1", "Column 2", "Column 3"))
    assert isinstance(dataset, UserPoints)
    assert dataset.size == MAX_OWN_POINTS
    assert (dataset.x1[0], dataset.x1[-1]) == (-5, 5)
    assert "20,000 of 20,005 rows" in notes[-1]


def test_columns_that_give_no_points_are_refused() -> None:
    cells = read_cells("a,b,c\nred,1,x\nblue,2,y\n")
    with pytest.raises(InputError, match=r"data\.x1 must be a column of numbers; .*'red' \(got 'a'\)"):
        rows_of(cells, "a", "b", "c")
    with pytest.raises(InputError, match=r"at least one complete row; 2 rows left out: no value in b \(rows 2, 3\)"):
        rows_of(read_cells("a,b,c\n1,,x\n2,,y\n"), "a", "b", "c")
    many = read_cells("".join(f"{k},{k},name{k}\n" for k in range(11)))
    with pytest.raises(InputError, match="at most 10 classes"):
        rows_of(many, "Column 1", "Column 2", "Column 3")


def test_a_target_that_is_also_an_axis_is_noted() -> None:
    _, notes = made_of("a,b\n1,0.5\n3,4.5\n", Picked("a", "b", "b"))
    assert notes == ("b is both the target and x₂, so the network is told what to predict.",)
    assert made_of("a,b,c\n1,2,x\n3,4,y\n")[1] == ()


def test_a_mixed_target_is_one_of_classes_if_there_are_few() -> None:
    cells = read_cells("a,b,c\n1,2,0\n2,3,1\n3,4,red\n4,5,1\n")
    assert rows_of(cells, "a", "b", "c").class_names == ("0", "1", "red")
    assert len(rows_of(cells, "a", "b", "c", "regression").x) == 3
    assert propose(read_cells("a,b,c\n1,2,0\n2,3,0\n3,4,red\n")).target == "c"
    many = read_cells("a,b,c\n" + "".join(f"{k},{k},{k / 2}\n" for k in range(20)) + "3,4,red\n")
    assert rows_of(many, "a", "b", "c").task == "regression"


# What is said of it ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ("01-thousands.tsv", {"separator": "\t", "x1": "sqft", "target": "sold", "used": 4, "decimal": "."}),
        ("05-write-table.csv", {"x1": "Sepal.Length", "target": "Species", "classes": ["setosa", "versicolor"]}),
        ("06-trailing.csv", {"target": "variety", "classes": ["a", "b"], "used": 3}),
        ("11-na-value.csv", {"task": "regression", "used": 20, "dropped": 1, "rows": 21, "x1": "x", "target": "z"}),
        ("12-sklearn-iris-head.csv", {"header": False, "used": 4, "dropped": 0, "classes": ["0", "1", "2"]}),
        ("14-underscore.csv", {"target": "grp", "classes": ["0_1", "10", "1_0"]}),
        ("16-dots.csv", {"separator": ";", "decimal": ",", "x1": "a", "classes": ["x", "y"]}),
        ("21-blank-lines.csv", {"rows": 4, "used": 4, "dropped": 0}),
        ("none-class.csv", {"target": "severity", "classes": ["mild", "none", "severe"], "dropped": 0, "used": 7}),
        ("price.csv", {"target": "price", "task": "regression", "classes": [], "encoding": "utf-8", "unclear": []}),
    ],
)
def test_a_description_says_how_a_table_is_read(case: str, wanted: dict[str, object]) -> None:
    found = describe_table(read_cells(CASES / case))
    assert list(found) == [
        *("separator", "decimal", "encoding", "header", "rows", "columns", "x1", "x2", "target", "task", "classes"),
        *("used", "dropped", "notes", "unclear"),
    ]
    assert {name: found[name] for name in wanted} == wanted
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert all(set(column) == {"name", "kind", "missing"} for column in found["columns"])


def test_a_dropped_row_is_described_with_its_reason() -> None:
    assert describe_table(read_cells(CASES / "11-na-value.csv"))["notes"] == ["1 row left out: no value in z (row 22)."]


def test_a_table_of_which_nothing_can_be_learned_is_described_all_the_same() -> None:
    found = describe_table(read_cells("a,b\n1,x\n2,y\n"))
    assert (found["x1"], found["target"], found["task"], found["used"], found["dropped"]) == (None, None, None, 0, 0)
    assert "two columns of different numbers" in found["notes"][-1]
    found = describe_table(read_cells("a,b\n1,x\n2,y,z\n"))
    assert found["notes"][0] == "1 row left out: more cells than columns (row 3)."
