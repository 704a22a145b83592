"""Tables on the command line: how they are read, and training on them with nothing more said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from playground.cli.commands import BAD_INPUT, main
from playground.interop import tables
from playground.interop.opening import RESOURCES

CASES = Path(__file__).parents[1] / "files" / "cases"
PENGUINS = RESOURCES / "data" / "penguins.csv"


def report(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[dict[str, Any], list[str]]:
    """What a command prints as JSON, and the lines on stderr."""
    assert main([*map(str, arguments), "--json"]) == 0
    out, err = capsys.readouterr()
    return json.loads(out.splitlines()[-1]), err.splitlines()


def refusal(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line on stderr by which bad input is refused."""
    assert main([*map(str, arguments)]) == BAD_INPUT
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    return line


def train(*arguments: object) -> list[object]:
    """The arguments of a short training."""
    return ["train", *arguments, "--epochs", 2, "--engine", "reference"]


def test_a_table_is_described_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", str(PENGUINS)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("penguins.csv: 344 rows, 8 columns (comma, utf-8)\n")
    assert "  x1      bill_length_mm     number  2 missing\n" in out
    assert (
        "The network would learn species from bill_length_mm and bill_depth_mm (3 classes: Adelie, Chinstrap, Gentoo)."
        in out
    )
    assert "342 of 344 rows are used.\n2 rows left out: no value in bill_length_mm (rows 5, 273).\n" in out
    assert main(["table", str(CASES / "16-dots.csv")]) == 0
    assert capsys.readouterr().out.endswith("Unclear:\n  1.200 in a, b is read as 1200; it could be 1.2.\n")


def test_a_table_is_described_as_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = report(capsys, "table", CASES / "none-class.csv")
    assert found["columns"][2] == {"name": "severity", "kind": "class", "missing": 0}
    assert found["unclear"] == ["none in severity is read as a class; it could be a missing value."]


def test_very_many_rows_are_all_used_and_how_to_sample_them_is_said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MANY_ROWS", 300)
    found, _ = report(capsys, "table", PENGUINS)
    assert found["used"] == 342
    assert found["unclear"] == ["All 342 rows are used; data.points=300 uses a random 300."]
    told, _ = report(capsys, *train(PENGUINS, "--set", "data.points=300"))
    assert told["step"] == 2 * 5, "half of them are for validation"


def test_what_is_no_table_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "unclosed-quote.csv, row 2 must be " in refusal(capsys, "table", CASES / "unclosed-quote.csv")
    assert "no.csv" in refusal(capsys, "table", tmp_path / "no.csv")
    assert "no.csv" in refusal(capsys, *train(tmp_path / "no.csv"))


def test_a_table_is_trained_on_as_proposed(capsys: pytest.CaptureFixture[str]) -> None:
    found, said = report(capsys, *train(PENGUINS))
    assert (found["used"], found["dropped"]) == (342, 2)
    assert found["classes"] == {"Adelie": 151, "Chinstrap": 68, "Gentoo": 123}
    assert found["notes"] == ["2 rows left out: no value in bill_length_mm (rows 5, 273)."]
    assert said == [*found["notes"], "Points of each class: Adelie 151, Chinstrap 68, Gentoo 123."]


def test_what_is_unclear_is_said_before_training(capsys: pytest.CaptureFixture[str]) -> None:
    _, said = report(capsys, *train(CASES / "01-thousands.tsv"))
    assert "Unclear: 1,200 in sqft, price is read as 1200; it could be 1.2." in said


def test_what_has_been_chosen_is_not_unclear(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    found, said = report(capsys, *train(CASES / "01-thousands.tsv", "--set", "data.decimal=."))
    assert found["notes"] == []
    assert said == ["Points of each class: no 2, yes 2."]
    data = {"kind": "table", "path": str(CASES / "01-thousands.tsv"), "x1": "sqft", "x2": "price", "target": "sold"}
    (tmp_path / "e.json").write_text(json.dumps({"version": 2, "data": data}))
    found, _ = report(capsys, *train(tmp_path / "e.json"))
    assert found["notes"] == ["Unclear: 1,200 in sqft, price is read as 1200; it could be 1.2."]


def test_columns_and_readings_are_set(capsys: pytest.CaptureFixture[str]) -> None:
    found, _ = report(capsys, *train(PENGUINS, "--set", "data.target=sex"))
    assert (found["used"], list(found["classes"])) == (333, ["female", "male"])
    found, _ = report(capsys, *train(PENGUINS, "--set", "data.target=bill_depth_mm", "--set", "data.points=100"))
    assert (found["used"], found["classes"]) == (100, {})
    found, _ = report(capsys, *train(CASES / "none-class.csv", "--set", "data.words=missing"))
    assert (found["used"], found["dropped"], list(found["classes"])) == (4, 3, ["mild", "severe"])
    found, _ = report(capsys, *train(PENGUINS, "--set", "data.task=regression", "--set", "data.target=year"))
    assert found["classes"] == {}


def test_five_thousand_rows_are_five_thousand_points(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b,c\n" + "".join(f"{k},{k % 71},{'xy'[k % 2]}\n" for k in range(5000)))
    found, _ = report(capsys, *train(path))
    assert (found["used"], found["dropped"]) == (5000, 0)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("data.target=mass", "data.target must be a column of penguins.csv: species, island"),
        ("data.x1=island", "data.x1 must be a column of numbers; this one contains 'Torgersen' (got 'island')"),
        ("data.decimal=;", "data.decimal must be one of ., , (got ';')"),
        ("training.batch_size=x", "training.batch_size must be a whole number from 0 to"),
        ("layers", "--set must be PATH=VALUE"),
    ],
)
def test_settings_that_are_wrong_are_one_line(capsys: pytest.CaptureFixture[str], setting: str, words: str) -> None:
    assert words in refusal(capsys, *train(PENGUINS, "--set", setting))


def test_weights_of_a_table_say_what_they_take(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    said = (
        "The weights are for scaled inputs: x1 = (bill_length_mm - 45.85) / 2.75, x2 = (bill_depth_mm - 17.3) / 0.84."
    )
    assert report(capsys, *train(PENGUINS, "--save-weights", tmp_path / "w.npz"))[1][-1] == said
    arguments = [
        "export",
        PENGUINS,
        "--to",
        "weights",
        "--out",
        tmp_path / "v.npz",
        "--engine",
        "reference",
        "--anyway",
    ]
    assert main([*map(str, arguments)]) == 0
    assert capsys.readouterr().err.splitlines()[-1] == said
    _, lines = report(capsys, *train(CASES / "price.csv", "--save-weights", tmp_path / "w.npz"))
    assert lines[-1].startswith("The weights are for scaled inputs: x1 = (a - 2) / 0.4, x2 = (b - 2) / 0.4; price = ")
    assert report(capsys, *train("circle", "--save-weights", tmp_path / "w.npz"))[1] == []


def test_export_takes_settings_and_tables_too(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "e.json"
    wanted = ["--set", "layers=3-2", "--to", "experiment", "--out", out, "--engine", "reference"]
    assert main([*map(str, ["export", PENGUINS, *wanted])]) == 0
    written = json.loads(out.read_text())
    assert [layer["units"] for layer in written["layers"]] == [3, 2]
    assert (written["data"]["target"], written["data"]["points"]) == ("species", None)
    assert written["name"] == "penguins"
