"""`runs` and `--keep`: what scripts rely on."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from playground import load
from playground.cli.commands import main
from playground.interop import keeping, opening
from playground.storage.document import document_bytes


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store of its own."""
    for module in (keeping, opening):
        monkeypatch.setattr(module, "kept_runs_path", lambda: tmp_path / "runs")
    return tmp_path / "runs"


Call = Callable[..., Any]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """`call(arguments…)` runs a command in this process and returns what it prints, with --json read."""

    def run(*arguments: object, code: int = 0) -> Any:
        assert main([str(one) for one in arguments]) == code
        out, err = capsys.readouterr()
        if code:
            return err
        return json.loads(out.splitlines()[-1]) if "--json" in arguments else out

    return run


def train(call: Call, rate: float, *more: object) -> str:
    options = ("--epochs", 3, "--engine", "reference", "--keep", "--json")
    kept: str = call("train", "xor", "--set", f"training.learning_rate={rate}", *options, *more)["kept"]
    return kept


def test_what_train_keeps_is_listed_with_only_what_differs(call: Call, tmp_path: Path) -> None:
    first, second = train(call, 0.01), train(call, 0.5)
    listed = call("runs", "--json")
    assert [run["id"] for run in listed["runs"]] == [second, first]
    assert listed["differing"] == ["training.learning_rate"] and listed["limit"] == 10**9
    assert [run["settings"] for run in listed["runs"]] == [{"training.learning_rate": rate} for rate in (0.5, 0.01)]
    assert {(run["epoch"], run["status"], run["origin"]) for run in listed["runs"]} == {(3, "completed", "train")}
    assert [run["id"] for run in call("runs", "learning_rate > 0.1", "--json")["runs"]] == [second]
    assert [run["id"] for run in call("runs", "--sort", "training.learning_rate", "--json")["runs"]] == [first, second]
    (low, high) = call("runs", "--group-by", "training.learning_rate", "xor", "--json")["groups"]
    assert (low["value"], low["n"], low["of"], high["validation_loss"]["n"]) == (0.01, 1, 1, 1)
    assert call("runs", "--compare", first, "latest") == "learning rate 0.01 → 0.5\n"
    assert "2 runs; " in call("runs") and "0.01" in call("runs")


def test_means_are_over_draws_of_the_points_but_not_over_other_data(call: Call) -> None:
    for seed in (1, 2):
        train(call, 0.1, "--set", f"data.seed={seed}")
    by_rate = ("runs", "--group-by", "training.learning_rate")
    (means,) = call(*by_rate, "--json")["groups"]
    assert means["n"] == 2 and "data" not in means
    train(call, 0.1, "--set", "data.noise=0.4")
    assert [(one["n"], one["data"]) for one in call(*by_rate, "--json")["groups"]] == [
        (2, "noise 0.02"),
        (1, "noise 0.4"),
    ]
    assert "noise 0.4 " in call(*by_rate)


def test_a_kept_run_is_an_experiment_and_a_document(call: Call, tmp_path: Path) -> None:
    id = train(call, 0.25)
    short = id.rpartition("-")[2]
    report = call("train", f"run:{short}", "--epochs", 3, "--engine", "reference", "--json")
    assert report["train_loss"] == call("runs", "--show", short, "--json")["train_loss"]
    call("runs", "--export", short, tmp_path / "mine.playground")
    trainer = load(tmp_path / "mine.playground")
    assert trainer.state.epoch == 3 and trainer.experiment.training.learning_rate == 0.25
    assert document_bytes(opening.open_source(f"run:{short}").document) == (tmp_path / "mine.playground").read_bytes()


def test_runs_are_named_starred_noted_and_deleted(call: Call) -> None:
    one, other = train(call, 0.1), train(call, 0.2)
    call("runs", "--star", one, other)
    call("runs", "--unstar", other)
    call("runs", "--name", one, "Best so far")
    call("runs", "--note", one, "Try more units")
    shown = call("runs", "--show", one, "--json")
    assert (shown["name"], shown["note"], shown["star"]) == ("Best so far", "Try more units", True)
    assert call("runs", "--delete", other) == "Deleted 1 run.\n"
    assert [run["title"] for run in call("runs", "--json")["runs"]] == ["Best so far"]
    assert call("runs", "--rebuild", "--json")["runs"][0]["star"]
    assert call("runs", "--forget-all") == "Deleted 1 run.\n"
    assert call("runs", "--json")["runs"] == []


def test_a_sweep_is_kept_as_one_group(call: Call) -> None:
    options = ("--vary", "training.learning_rate=0.01,0.5", "--vary", "layers=0,4", "--seeds", 2, "--epochs", 2)
    call("sweep", "xor", *options, "--engine", "reference", "--keep", "--json")
    (group,) = call("runs", "--json")["runs"]
    assert (group["kind"], group["trainings"], group["origin"]) == ("group", 8, "sweep")
    members = call("runs", "--group", "latest", "--json")
    assert len(members["runs"]) == 4 and members["differing"] == ["training.learning_rate", "seed"]
    means = call("runs", "--group", "latest", "--group-by", "training.learning_rate", "--json")["groups"]
    assert [one["n"] for one in means] == [2, 2]
    again = call("train", f"run:{members['runs'][0]['id']}", "--engine", "reference", "--json")
    assert again["validation_loss"] == members["runs"][0]["validation_loss"]


@pytest.mark.skipif(importlib.util.find_spec("optuna") is None, reason="needs the extra search")
def test_a_search_is_kept_as_one_group(call: Call, folder: Path) -> None:
    options = ("--over", "training.learning_rate=0.001..1:log", "--trials", 3, "--epochs", 2, "--engine", "reference")
    call("search", "xor", *options, "--keep", "--json")
    (group,) = call("runs", "--json")["runs"]
    assert (group["kind"], group["trainings"], group["origin"]) == ("group", 3, "search")
    with Image.open(folder / f"{group['id']}.png") as plot:
        assert len(plot.convert("RGB").getcolors(100_000) or []) > 4


def test_bad_input_is_refused_in_words(call: Call) -> None:
    assert 'run must be the id of a kept run (got "nothing")' in call("runs", "--show", "nothing", code=2).replace(
        "'", '"'
    )
    train(call, 0.1)
    assert "No setting is called lerning_rate" in call("runs", "lerning_rate > 1", code=2)
    assert "--sort must be a path" in call("runs", "--sort", "beauty", code=2)
    assert "--group-by must be a path" in call("runs", "--group-by", "beauty", code=2)
