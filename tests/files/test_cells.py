"""Tables are read right, however they are written; and what can be read in two ways is said with both readings."""

from __future__ import annotations

import contextlib
import csv
import io
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import InputError
from playground.files import cells as cells_module
from playground.files.cells import Cells, read_cells
from playground.files.layout import Reading
from playground.files.numerals import number
from playground.files.rows import SEPARATORS

CASES = Path(__file__).parent / "cases"
EXPECTED = [[1.5, -2.0], [2.5, 0.25], [3.0, 1e-3]]


def columns(cells: Cells) -> dict[str, list[object]]:
    """What stands in each column: numbers where it is one of numbers, None where a value is missing."""
    return {
        column.name: [
            None if lost else float(value) if column.kind in ("number", "date") else cell
            for cell, value, lost in zip(column.cells, column.numbers, column.missing, strict=True)
        ]
        for column in cells.columns
    }


def kinds(cells: Cells) -> dict[str, str]:
    return {column.name: column.kind for column in cells.columns}


def unclear(cells: Cells) -> list[str]:
    return [question.words for question in cells.questions]


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    return path


# However it is written ------------------------------------------------------------------------------------------


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
        "a,b,c\n1.5,-2,x\r\n2.5,0.25,y\r3,0.001,x\n",
        '"a" ,"b" , "c"\n"1.5" ,-2, "x, y"\n2.5,0.25 ,"y" \n3,0.001,x\n',
        '"a","b","c"\n1.5,-2,"say \\"x, y\\" now"\n2.5,0.25,y\n3,0.001,x\n',
        "| a | b | c |\n|---|---:|:--|\n| 1.5 | -2 | x |\n| 2.5 | 0.25 | y |\n| 3 | 0.001 | x |\n",
        "# made by a program, on a day\n\na,b,c\n1.5,-2,x\n# a pause\n2.5,0.25,y\n3,0.001,x\n",
        "% 12.5.2026\n1.5 -2\n2.5 0.25\n3 0.001\n",
        "# a,b,c\n1.5,-2,x\n2.5,0.25,y\n3,0.001,x\n",
        "Measured in May\n\na,b,c\n1.5,-2,x\n2.5,0.25,y\n3,0.001,x\n",
        "Measured in May,,\na,b,c\n1.5,-2,x\n2.5,0.25,y\n3,0.001,x\n",
        "a,b,c\r\n1.5,-2,x\r\n2.5,0.25,y\r\n3,0.001,x\r\n\x1a",
        "a,b,c,\n1.5,-2,x,\n2.5,0.25,y,\n3,0.001,x,\n",
        "a,b,c\n1.5,-2,x,,\n2.5,0.25,y,,\n3,0.001,x,,\n",
        ",a,b\n,1.5,-2\n,2.5,0.25\n,3,0.001\n",
        "a b c\nr1 1.5 -2 x\nr2 2.5 0.25 y\nr3 3 0.001 x\n",
    ],
)
def test_whatever_a_text_is_written_with_the_numbers_are_the_same(text: str) -> None:
    cells = read_cells(text)
    first, second, *_ = columns(cells).values()
    assert [list(pair) for pair in zip(first, second, strict=True)] == EXPECTED
    assert unclear(cells) == []
    assert cells.names[0] == ("a" if "a" in text else "Column 1")


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        *(("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-32", "utf-32")),
        *(("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be"), ("latin-1", "cp1252"), ("cp1252", "cp1252")),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_file_may_have_any_usual_encoding(tmp_path: Path, encoding: str, name: str, end: str) -> None:
    cells = read_cells(written(tmp_path, end.join(["Größe,b,c", "1,2,ä", "3,4,ö"] + ["5,6,ü"] * 20000), encoding))
    assert (cells.names[0], cells.encoding, cells.rows) == ("Größe", name, 20002)
    assert cells.column("c").cells[:3] == ["ä", "ö", "ü"]


def test_letters_far_into_a_file_may_show_its_encoding(tmp_path: Path) -> None:
    cells = read_cells(written(tmp_path, "a,b,c\n" + "1,2,x\n" * 50_000 + "1,2,é\n", "latin-1"))
    assert (cells.encoding, cells.columns[2].cells[-1], cells.rows) == ("cp1252", "é", 50_001)


def test_cyrillic_in_utf_16_without_a_mark_is_read(tmp_path: Path) -> None:
    cells = read_cells(written(tmp_path, "ширина;высота;вид\n1,5;2;кот\n2,5;3;пёс\n", "utf-16-le"))
    assert columns(cells) == {"ширина": [1.5, 2.5], "высота": [2, 3], "вид": ["кот", "пёс"]}


def test_lines_are_those_of_the_text() -> None:
    assert read_cells('a,b,c\n\n1,2,"x\ny"\n3,4,z\n').lines == [3, 5]
    assert read_cells("sep=,\na,b\n1,2\n").lines == [3]
    assert read_cells("# note\na,b\n1,2\n# more\n\n3,4\n").lines == [3, 6]


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header and rows of cells of any text."""
    width = draw(st.integers(2, 5))
    cell = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zs", "Zl", "Zp"]), max_size=6) | st.sampled_from(
        ["a b", "x, y", "1;2", "a|b", "a\tb", 'say "x"', "two\nlines", "", "1.5", "-3", "NA", "none"]
    )
    header = [f"name{place}" for place in range(width)]
    rows = draw(st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=8))
    # An empty row is none, and a first cell may not look like a comment.
    return [header, *(row for row in rows if any(one.strip() for one in row) and row[0][:1] not in "#%/-=|:+")]


@given(
    tables(),
    st.sampled_from(list(SEPARATORS)),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    st.sampled_from(["\n", "\r\n"]),
)
@settings(max_examples=200)
def test_what_is_written_by_csv_in_any_dialect_comes_back(
    table: list[list[str]], separator: str, quoting: int, end: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=end)
    if separator == " ":
        # Blanks between cells are as many as you like, so that empty cells need a sign of their own.
        table = [[cell.replace("\t", "") or "NA" for cell in row] for row in table]
    writer.writerows(table)
    cells = read_cells(text.getvalue(), reading=Reading(separator=separator, header=True))
    assert cells.names == table[0]
    assert [list(row) for row in zip(*(column.cells for column in cells.columns), strict=True)] == [
        [cell.strip() for cell in row] for row in table[1:]
    ]
    assert cells.ragged == []


NUMBERS = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.sampled_from(["red", "green", ""])), min_size=2, max_size=20), st.data())
@settings(max_examples=100)
def test_tables_in_any_dialect_give_the_same_numbers(rows: list[tuple[float, float, str]], data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from("\t;,|"))
    comma = separator != "," and data.draw(st.booleans())
    lines = [separator.join([repr(a), repr(b), f'"{c}"']) for a, b, c in rows]
    if comma:
        lines = [line.replace(".", ",") for line in lines]
    text = "\n".join(["p" + separator + "q" + separator + "r", *lines])
    cells = read_cells(text, reading=Reading(separator=separator, decimal="," if comma else "."))
    assert cells.names == ["p", "q", "r"]
    for column, values in zip(cells.columns, zip(*rows, strict=True), strict=False):
        if column.name != "r":
            assert column.numbers.tolist() == list(values)


@given(st.data())
@settings(max_examples=300)
def test_a_table_in_any_dialect_is_read_right_or_asked_about(data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from(list(SEPARATORS)))
    form = data.draw(st.sampled_from(["{:.1f}", "{:.3f}", "{:.0f}", "{!r}", "{:.4g}", "{:,.0f}", "{:,.2f}"]))
    comma = separator != "," and data.draw(st.booleans())
    size = data.draw(st.sampled_from([1, 10, 1000, 1e5]))
    width = data.draw(st.integers(2, 4))
    values = st.lists(st.floats(-size, size).map(form.format), min_size=width, max_size=width)
    rows = data.draw(st.lists(st.tuples(values, st.sampled_from(["red", "green", "yes, no"])), min_size=3, max_size=9))
    text = io.StringIO(newline="")
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer = csv.writer(text, delimiter=separator, quoting=quoting)
    header = data.draw(st.booleans())
    writer.writerows([[*(f"name{place}" for place in range(width)), "kind"]] if header else [])
    signs = str.maketrans(",.", ".,") if comma else {}
    writer.writerows([*(cell.translate(signs) for cell in cells), kind] for cells, kind in rows)
    cells = read_cells(text.getvalue())
    if not cells.questions:
        assert (cells.separator, cells.header) == (separator, header)
        wanted = zip(*([float(cell.replace(",", "")) for cell in cells] for cells, _ in rows), strict=True)
        assert [column.numbers.tolist() for column in cells.columns[:-1]] == list(map(list, wanted))


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    try:
        cells = read_cells(text)
    except InputError:
        return
    assert all(len(column.cells) == len(cells.lines) for column in cells.columns)
    assert len(set(cells.names)) == len(cells.names)


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_no_bytes_do_more_than_be_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.csv"
    path.write_bytes(content)
    with contextlib.suppress(InputError):
        assert read_cells(path).encoding


# Numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("1", ".", 1.0),
        (" +1.50 ", ".", 1.5),
        ("−3", ".", -3.0),
        ("1e3", ".", 1000.0),
        ("1,234.5", ".", 1234.5),
        ("1.234,5", ",", 1234.5),
        ("1\u202f234,5", ",", 1234.5),
        ("1 234", ".", 1234.0),
        ("1'234.5", ".", 1234.5),
        ("1’234", ",", 1234.0),
        ("12,34,567.8", ".", 1234567.8),
        ("1,00,000", ".", 100000.0),
        ("1,5", ",", 1.5),
        ("1.234", ",", 1234.0),
        ("1,234", ",", 1.234),
        *((cell, ".", None) for cell in ("1,5", "", "nan", "inf", "1e999", "1_000", "0_1", "0x10", "１", "1 2", "12a")),
        *(
            (cell, ".", None)
            for cell in ("1,23,45", "0,123", "1,2345", "1,234,56", "1.2.3", "1,234'567", "--1", "1e", ".")
        ),
        *((cell, ",", None) for cell in ("1.5", "1.234.5", "1,2,3", "1,00,000")),
    ],
)
def test_a_cell_is_a_number_or_it_is_none(cell: str, decimal: str, value: float | None) -> None:
    assert number(cell, decimal) == value


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a\tb\n950\tx\n1,200\ty\n", [950, 1200]),
        ("a;b\n950;x\n1.200;y\n", [950, 1200]),
        ('a,b\n950,x\n"1,200",y\n', [950, 1200]),
        ('a,b\n950,x\n"1.200",y\n', [950, 1200]),
        ("a;b\n950;x\n-1.200;y\n", [950, -1200]),
        ("a;b\n1,200;x\n2,300;y\n", [1.2, 2.3]),
        ("a\tb\n1.200\tx\n2.300\ty\n", [1.2, 2.3]),
        ("a\tb\n98,000\tx\n350,000\ty\n", [98000, 350000]),
        ("a\tb\n1500\tx\n1,200\ty\n", [1500, 1200]),
    ],
)
def test_a_sign_that_could_group_digits_or_part_decimals_is_asked_about(text: str, numbers: list[float]) -> None:
    cells = read_cells(text)
    assert columns(cells)["a"] == numbers
    (question,) = cells.questions
    assert question.name == "decimal" and question.columns == ("a",)
    other = read_cells(text, reading=Reading(decimal=question.values[1]))
    assert columns(other)["a"] != numbers
    for place, one in enumerate((cells, other)):
        example = question.subject.removeprefix("−")
        assert f"{columns(one)['a'][one.column('a').cells.index(example)]:.15g}" == question.labels[place]
        assert question.labels[place] in question.words
    (again,) = other.questions
    assert again.labels == question.labels[::-1]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a;b;c\n950;2,5;x\n1.200;3,5;y\n", [950, 1200]),
        ("a\tb\tc\n950\t2.5\tx\n1,200\t3.5\ty\n", [950, 1200]),
        ("a;b\n1.200;x\n1.234.567;y\n", [1200, 1234567]),
        ("a;b\n1.200,5;x\n950;y\n", [1200.5, 950]),
        ("a\tb\n0,123\tx\n1,234\ty\n", [0.123, 1.234]),
        ("a,b\n1.200,x\n2.300,y\n", [1.2, 2.3]),
        ("a;b\n1'200;x\n950;y\n", [1200, 950]),
        ('a,b\n"1,00,000",x\n"98,000",y\n', [100000, 98000]),
        ("a;b\n1 200;x\n950;y\n", [1200, 950]),
        ("a;b\n1200,500;x\n950;y\n", [1200.5, 950]),
        ("a,b\n5.1,x\n4.9,y\n", [5.1, 4.9]),
    ],
)
def test_a_sign_that_other_numbers_explain_is_not_asked_about(text: str, numbers: list[float]) -> None:
    cells = read_cells(text)
    assert columns(cells)["a"] == numbers
    assert unclear(cells) == []


def test_thousands_in_one_column_explain_those_in_another() -> None:
    cells = read_cells("a;b;c\n950;3.400;x\n1.200;5.400;y\n")
    assert columns(cells) == {"a": [950, 1200], "b": [3400, 5400], "c": ["x", "y"]}
    assert unclear(cells) == ["1.200 in a, b is read as 1200; it could be 1.2."]


@pytest.mark.parametrize("cell", ["007", "-01", "1E2", "12345678901234567890"])
def test_codes_are_numbers_or_text_and_that_is_asked(cell: str) -> None:
    text = f"a,b\n{cell},x\n12,y\n"
    cells = read_cells(text)
    assert columns(cells)["a"] == [float(cell), 12]
    (question,) = cells.questions
    assert question.name == "codes" and f"the text {cell}" in question.words
    assert columns(read_cells(text, reading=Reading(codes="text")))["a"] == [cell, "12"]


def test_codes_beside_text_are_text() -> None:
    assert columns(read_cells("a,b\n1E2,1\nA,2\n1E2,3\n"))["a"] == ["1E2", "A", "1E2"]


@pytest.mark.parametrize("text", ["a,b\n1e-5,x\n3.5e4,y\n", "a,b\n0,x\n0.5,y\n", "a,b,c\n00:10,x,1\n01:20,y,2\n"])
def test_what_is_a_number_for_sure_is_no_code(text: str) -> None:
    assert unclear(read_cells(text)) == []


def test_text_stays_text() -> None:
    cells = read_cells(CASES / "14-underscore.csv")
    assert columns(cells)["grp"] == ["1_0", "10", "0_1", "1_0"]
    assert kinds(cells) == {"x": "number", "y": "number", "grp": "class"}


def test_a_column_of_numbers_may_hold_some_that_are_none() -> None:
    cells = read_cells("a,b\n1,x\n2,y\nred,x\n4,y\n")
    assert cells.columns[0].kind == "number" and math.isnan(cells.columns[0].numbers[2])
    assert not cells.columns[0].missing.any()
    assert unclear(cells) == [
        "red (row 4) in a is read as a class where that is the target; it could be a missing value."
    ]


# Dates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "days"),
    [
        (("1970-01-01", "1970-01-11"), [0, 10]),
        (("1970/01/01", "1970/1/11"), [0, 10]),
        (("01.02.1970", "02.02.1970"), [31, 32]),
        (("13/01/1970", "02/02/1970"), [12, 32]),
        (("01/13/1970", "02/02/1970"), [12, 32]),
        (("1970-01-01 12:00", "1970-01-01T18:00:00"), [0.5, 0.75]),
        (("1970-01-01T12:00:00Z", "1970-01-01T12:00:00-06:00"), [0.5, 0.75]),
        (("13/01/70", "31/12/69"), [12, -1]),
    ],
)
def test_dates_are_days(dates: tuple[str, str], days: list[float]) -> None:
    cells = read_cells(f"when,c\n{dates[0]},x\n{dates[1]},y\n")
    assert kinds(cells)["when"] == "date"
    assert columns(cells)["when"] == days
    assert unclear(cells) == []


def test_day_or_month_first_is_asked() -> None:
    text = "when,c\n01/02/1970,x\n03/04/1970,y\n"
    cells = read_cells(text)
    assert columns(cells)["when"] == [1, 62]
    assert unclear(cells) == [
        "01/02/1970 in when is read as 1970-01-02, the month first; it could be 1970-02-01, the day first."
    ]
    assert columns(read_cells(text, reading=Reading(dates="day")))["when"] == [31, 92]


@pytest.mark.parametrize("cell", ["31.02.2020", "2020-13-01", "1.2.3", "10-20", "192.168.1.1"])
def test_what_is_no_day_is_text(cell: str) -> None:
    assert kinds(read_cells(f"when,c\n{cell},x\n{cell},y\n"))["when"] == "class"


# Missing values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell", ["", "NA", "n/a", "#N/A", "NaN", "null", "none", "?", "-", ".", "#DIV/0!", "<NA>", "\\N"]
)
def test_a_number_may_be_missing_by_any_usual_sign(cell: str) -> None:
    cells = read_cells(f"a,b,c\n{cell},1,x\n2,2,y\n3,4,x\n")
    assert columns(cells)["a"] == [None, 2, 3]
    assert (kinds(cells)["a"], unclear(cells)) == ("number", [])
    assert cells.rows == 3


@pytest.mark.parametrize("word", ["none", "None", "NA", "null"])
def test_words_that_may_be_classes_are_classes_and_asked_about(word: str) -> None:
    text = f"a,b,c\n1,2,{word}\n3,4,mild\n"
    cells = read_cells(text)
    assert columns(cells)["c"] == [word, "mild"]
    assert unclear(cells) == [f"{word} in c is read as a class; it could be a missing value."]
    assert columns(read_cells(text, reading=Reading(words="missing")))["c"] == [None, "mild"]


def test_none_may_be_a_class_though_a_number_is_missing_by_it() -> None:
    text = "a,b,c\nnone,1,none\n2,3,mild\n4,5,severe\n"
    cells = read_cells(text)
    assert columns(cells)["c"] == [None, "mild", "severe"]
    assert unclear(cells) == ["none in c is read as a missing value; it could be a class."]
    assert columns(read_cells(text, reading=Reading(words="class")))["c"] == ["none", "mild", "severe"]


def test_a_word_by_which_numbers_are_missing_is_no_class() -> None:
    cells = read_cells("a,b,c\n1,NA,NA\n2,3,x\n4,5,y\n")
    assert columns(cells) == {"a": [1, 2, 4], "b": [None, 3, 5], "c": [None, "x", "y"]}
    assert unclear(cells) == []


@pytest.mark.parametrize("cell", ["+", "-", "*", "."])
def test_signs_may_be_classes(cell: str) -> None:
    assert columns(read_cells(f"a,b,c\n1,2,{cell}\n3,4,x\n"))["c"] == [cell, "x"]


def test_a_column_of_nothing_is_empty() -> None:
    cells = read_cells("a,b,c,d\n1,,NA,x\n2,,NA,y\n")
    assert kinds(cells) == {"a": "number", "b": "empty", "c": "empty", "d": "class"}


@pytest.mark.parametrize(("more", "kept"), [("", 2), (",,,\n", 2), ("\n\n  \n", 2), ("NA,NA,NA\n", 3)])
def test_rows_of_nothing_are_none(more: str, kept: int) -> None:
    assert read_cells(f"a,b,c\n1,2,x\n{more}3,4,y\n{more if kept == 2 else ''}").rows == kept


# Classes --------------------------------------------------------------------------------------------------------


def test_classes_that_differ_in_capital_letters_are_asked_about() -> None:
    text = "a,b,c\n1,2,Yes\n3,4,yes\n5,6,no\n7,8,yes\n"
    cells = read_cells(text)
    assert columns(cells)["c"] == ["Yes", "yes", "no", "yes"]
    assert unclear(cells) == ["Yes and yes in c is read as different classes; it could be one class."]
    assert columns(read_cells(text, reading=Reading(letters="same")))["c"] == ["yes", "yes", "no", "yes"]


def test_many_different_texts_are_no_classes() -> None:
    text = "a,b\n" + "".join(f"{k},name {k}\n" for k in range(11))
    assert kinds(read_cells(text)) == {"a": "number", "b": "text"}


# Header ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a,b\n1,2\n", ["a", "b"]),
        ("1,2\n3,4\n", ["Column 1", "Column 2"]),
        (",b\n1,2\n", ["Column 1", "b"]),
        ("a,a,a\n1,2,3\n", ["a", "a (2)", "a (3)"]),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n7,3.2,virginica\n", ["Column 1", "Column 2", "Column 3"]),
        ("when,b\n2020-01-01,x\n2020-01-02,y\n", ["when", "b"]),
        ("a,b,c\n", ["a", "b", "c"]),
        ("x1,x2,label\n1,2,label\n3,4,A\n", ["x1", "x2", "label"]),
    ],
)
def test_a_header_is_told_from_rows(text: str, names: list[str]) -> None:
    cells = read_cells(text)
    assert (cells.names, unclear(cells)) == (names, [])


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("2019,2020,species\n1.5,2.5,a\n1.25,3,b\n1,7,a\n", True),
        ("0,1,2\n5.1,3.5,0.2\n4.9,3.1,0.4\n4.7,3.2,0.3\n", True),
        ("1990,1991,1992\n1,2,3\n4,5,6\n7,8,9\n", True),
        ("1,2,3\n4,5,6\n", False),
        ("1990,1991,kind\n1,2,a\n3,4,b\n", False),
        ("1,2,3,4\n5.1,3.5,1.4,0\n4.9,3.0,1.4,0\n6.3,3.3,6.0,2\n", True),
        ("colour,size\nred,big\nblue,small\n", True),
    ],
)
def test_a_first_row_that_may_be_a_header_is_asked_about(text: str, header: bool) -> None:
    cells = read_cells(text)
    assert cells.header is header
    assert [question.name for question in cells.questions] == ["header"]
    assert "Row 1" in unclear(cells)[0] and "the names of the columns" in unclear(cells)[0]
    other = read_cells(text, reading=Reading(header=not header))
    assert (other.header, other.rows - cells.rows) == (not header, 1 if header else -1)


def test_row_names_of_r_are_no_column() -> None:
    cells = read_cells(CASES / "05-write-table.csv")
    assert columns(cells)["Sepal.Length"] == [5.1, 4.9, 7, 6.4]
    assert cells.names == ["Sepal.Length", "Sepal.Width", "Species"]


def test_counts_above_a_table_are_neither_header_nor_point() -> None:
    cells = read_cells(CASES / "12-sklearn-iris-head.csv")
    assert (cells.rows, cells.header, len(cells.columns)) == (4, False, 5)
    assert cells.notes == ("Row 1 is neither a header nor a point: 150, 4, setosa, versicolor, virginica.",)
    other = read_cells("569,3,malignant,benign\n1.5,2.5,3.5,0\n1.1,2.2,3.3,1\n")
    assert (other.rows, other.header) == (2, False)
    named = read_cells("150,4,setosa,versicolor,virginica\n5.1,3.5,1.4,0.2,setosa\n7,3.2,4.7,1.4,versicolor\n")
    assert (named.rows, named.header, kinds(named)["Column 5"]) == (2, False, "class")
    short = read_cells("178,5,class_0,class_1,class_2\n" + "1.5,2.5,3.5,1.5,2.5,0\n" * 2)
    assert (short.rows, short.header) == (2, False)


def test_a_column_without_a_name_and_cells_is_none() -> None:
    assert read_cells(CASES / "06-trailing.csv").names == ["length", "width", "variety"]
    assert read_cells("a,,b\n1,,x\n2,,y\n").names == ["a", "b"]
    assert read_cells("a,empty,b\n1,,x\n2,,y\n").names == ["a", "empty", "b"]


def test_comments_are_left_out_and_counted() -> None:
    cells = read_cells("# a note\n# x,y,c\n1,2,a\n#N/A,3,b\n# the end\n#ff0000,4,a\n")
    assert cells.names == ["x", "y", "c"]
    assert cells.lines == [3, 4, 6]
    assert cells.notes == (
        "The column names are in the comment above, row 2.",
        "3 comment lines left out (rows 1, 2, 5).",
    )


# What is no table -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('x1,x2,target\n1,2,"pos\n3,4,neg\n5,6,pos', 2),
        ('x,y,c\n1,2,a\n3,4,"b\n5,6,"c"\n7,8,d\n', 3),
        ('x,y,c\n1,2,"a\nb"\n3,4,"b\n5,6,c\n', 4),
        ('"x,y,c\n1,2,a\n', 1),
        ('x,"y,c\n1,2,a\n3,4,b\n', 1),
        ('x,y,c\n1,2,"a"b\n', 2),
        ("x,y,c\n" + "1,2,a\n" * 2000 + '"3,4,b\n' + "1,2,a\n" * 30_000, 2002),
    ],
)
def test_an_unclosed_quote_is_refused_where_it_opens(tmp_path: Path, text: str, row: int) -> None:
    for source in (text, written(tmp_path, text)):
        with pytest.raises(InputError, match=rf", row {row} must be .*quote"):
            read_cells(source, "clip")


def test_quotes_inside_of_cells_are_what_they_are() -> None:
    assert columns(read_cells('a,b\n5" pipe,1\n"6"" pipe",2\n'))["a"] == ['5" pipe', '6" pipe']


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "clip can't be read: it has no rows"),
        ("\n \n", "clip can't be read: it has no rows"),
        ("# only\n# comments\n", "clip can't be read: it has no rows"),
        ("1,2\n3,\0\n", "clip, row 2 must be text.*got a zero byte"),
        ("1,2\n" + "7" * 200_000, "clip, row 2 must be shorter.*got more than 100,000 characters or 1,000 lines"),
        (
            "1,2\n" + ",".join("7" * 1200) + "\n" + ",".join("7" * 1200),
            r"clip must be a table of at most 1,\d+ columns \(got 1,200\)",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_cells(text, "clip")


def test_too_many_rows_and_cells_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells_module, "MAX_TABLE_ROWS", 1500)
    assert read_cells("1,2.5\n" * 1500).rows == 1500
    with pytest.raises(
        InputError, match=r"the text must be a table of at most 1,500 rows with 2 columns \(got more, from row 1,501\)"
    ):
        read_cells("1,2.5\n" * 1501)
    monkeypatch.setattr(cells_module, "_MAX_CELLS", 2000)
    with pytest.raises(InputError, match=r"the text must be a table of at most 1,000 rows with 2 columns"):
        read_cells("1,2.5\n" * 1500)


def test_rows_with_too_many_cells_are_left_out_and_counted() -> None:
    cells = read_cells("a,b,c\n1,2,x\n3,4,y,z\n5,6,x\n7,8\n9,10,y,,\n")
    assert columns(cells) == {"a": [1, 5, 7, 9], "b": [2, 6, 8, 10], "c": ["x", "x", None, "y"]}
    assert (cells.rows, cells.ragged, cells.lines) == (5, [(3, 4)], [2, 4, 5, 6])


def test_wanted_columns_are_read_alone(tmp_path: Path) -> None:
    path = written(tmp_path, "a,b,c,d\n1,2,3,4\n")
    assert read_cells(path, wanted=["d", "b", "b"]).names == ["b", "d"]
    with pytest.raises(InputError, match=r"must be a column of t\.csv: a, b, c, d \(got 'e'\)"):
        read_cells(path, wanted=["a", "e"])
