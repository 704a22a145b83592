"""`sweep` and `search`: what scripts rely on."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from playground.cli.commands import main

ROOT = Path(__file__).parents[2]
SWEEP = ["sweep", "xor", "--vary", "training.learning_rate=0.001..1:3:log"]


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


@pytest.mark.parametrize("engine", ["lanes", "compiled"])
def test_a_row_is_what_train_gives(engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.csv"
    command = [
        *SWEEP,
        "--engine",
        engine,
        "--vary",
        "layers=4,8-8",
        "--vary",
        "training.optimizer=sgd,adam",
        "--seeds",
        "2",
    ]
    assert main([*command, "--epochs", "5", "--out", str(out), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)

    rows = rows_of(out)
    numbers = ["train_loss", "validation_loss", "train_accuracy", "validation_accuracy"]
    columns = ["seed", "status", "epoch", *numbers, "engine"]
    assert list(rows[0]) == ["training.learning_rate", "layers", "training.optimizer", *columns]
    assert len(rows) == report["trainings"] == 3 * 2 * 2 * 2 and report["failed"] == 0 and report["epochs"] == 5
    assert [row["seed"] for row in rows[:4]] == ["0", "1", "0", "1"]
    assert [row["training.optimizer"] for row in rows[:4]] == ["sgd", "sgd", "adam", "adam"]
    for row in rows[::3]:
        settings = [f"{path}={row[path]}" for path in list(row)[:3]] + [f"seed={row['seed']}"]
        options = [part for setting in settings for part in ("--set", setting)]
        assert main(["train", "xor", "--epochs", "5", "--engine", engine, "--json", *options]) == 0
        alone = json.loads(capsys.readouterr().out)
        for name in columns[1:]:
            assert row[name] == str(alone[name])

    losses: dict[tuple[str, ...], list[float]] = {}
    for row in rows:
        losses.setdefault(tuple(row.values())[:3], []).append(float(row["validation_loss"]))
    best = min(losses, key=lambda key: sum(losses[key]))
    assert tuple(str(report["best"][path]) for path in list(rows[0])[:3]) == best
    assert report["best"]["mean"] == pytest.approx(sum(losses[best]) / 2) and report["best"]["n"] == 2
    assert 0 <= report["best"]["solved"] <= 1 and report["network_steps_per_second"] > 0


VARIED = (
    "training.learning_rate=0.001..10:9:log", "training.optimizer=sgd,adam,momentum", "layers=4,8-8,3-5-2",
    "layers.0.activation=tanh,relu", "loss=cross_entropy,squared_error", "data.seed=0..20:21",
    "training.batch_size=4..64:5:log", "training.shuffle=true,false", "training.clip_norm=null,1",
)  # fmt: skip


def test_fifty_random_rows_are_what_train_gives_bit_for_bit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.csv"
    options = ["--set", "seed=3", "--epochs", "4"]
    vary = [part for text in VARIED for part in ("--vary", text)]
    assert main(["sweep", "xor", *options, *vary, "--random", "25", "--seeds", "2", "--out", str(out)]) == 0
    capsys.readouterr()

    rows = rows_of(out)
    paths = [text.partition("=")[0] for text in VARIED]
    assert len(rows) == 50 and [row["seed"] for row in rows] == ["3", "4"] * 25
    assert all(len({row[path] for row in rows}) > 1 for path in paths)
    for row in rows:
        varied = [part for path in [*paths, "seed"] for part in ("--set", f"{path}={row[path]}")]
        assert main(["train", "xor", *options, *varied, "--engine", "lanes", "--json"]) == 0
        alone = json.loads(capsys.readouterr().out)
        for name in list(row)[len(paths) + 1 :]:
            assert row[name] == ("" if alone[name] is None else str(alone[name])), (name, row)


def test_a_value_that_no_experiment_can_have_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "results.csv"
    for wrong in (
        "training.learning_rate=abc", "training.learning_rat=1", "layers=8-x", "training.optimizer=adm",
        "training.learning_rate=-1,-2", "training.learning_rate=0..1", "nonsense",
    ):  # fmt: skip
        assert main(["sweep", "xor", "--vary", wrong, "--epochs", "2", "--out", str(out)]) == 2
        error = capsys.readouterr().err
        assert error.count("\n") == 1 and wrong.partition("=")[0] in error
        assert not out.exists()


def test_refused_combinations_are_rows_and_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.csv"
    command = ["sweep", "xor", "--vary", "training.optimizer=sgd,adam", "--vary", "training.optimizer.beta1=0.8,0.9"]
    assert main([*command, "--epochs", "2", "--out", str(out), "--json"]) == 0

    output = capsys.readouterr()
    assert json.loads(output.out)["failed"] == 2
    assert [row["status"] for row in rows_of(out)] == ["refused", "refused", "completed", "completed"]
    assert output.err.count("Refused: training.optimizer=sgd") == 2 and "beta1" in output.err


def test_random_combinations_are_rows_of_the_grid(tmp_path: Path) -> None:
    every, some = tmp_path / "every.csv", tmp_path / "some.csv"
    command = [*SWEEP, "--vary", "layers=1,2,3", "--epochs", "2"]
    main([*command, "--out", str(every)])
    main([*command, "--random", "4", "--out", str(some)])
    assert len(rows_of(some)) == 4
    assert [row for row in rows_of(every) if row in rows_of(some)] == rows_of(some)


def test_ctrl_c_ends_a_sweep_with_what_was_trained(tmp_path: Path) -> None:
    out, kept = tmp_path / "results.csv", tmp_path / "kept"
    arguments = ["sweep", "xor", "--vary", "training.epochs=1,2,1000000000", "--resume", str(kept), "--out", str(out)]
    command = [sys.executable, "main.py", *arguments, "--engine", "reference", "--workers", "1"]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while started.poll() is None and sum(path.read_bytes().count(b"\n") for path in kept.glob("rows-*")) < 2:
        time.sleep(0.01)
    started.send_signal(signal.SIGINT)
    output, errors = started.communicate(timeout=300)

    assert started.returncode == 130, errors
    assert output.startswith("Interrupted: 2 of 3 runs in ") and not errors
    assert [row["epoch"] for row in rows_of(out)] == ["1", "2"]


def test_losses_of_other_functions_are_not_taken_for_comparable(capsys: pytest.CaptureFixture[str]) -> None:
    for vary, told in (
        ("loss=huber,cross_entropy", 1),
        ("loss.delta=0.5,1", 1),
        ("data=xor,moons", 1),
        ("bias=0,1", 0),
    ):
        main(["sweep", "xor", "--set", "loss=huber", "--vary", vary, "--epochs", "1"])
        assert capsys.readouterr().err.count("Losses can't be compared where") == told


def test_a_folder_to_resume_from_has_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SWEEP, "--epochs", "1", "--resume", ""]) == 2
    assert "--resume" in capsys.readouterr().err


def test_epochs_may_be_varied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "results.csv"
    command = ["sweep", "xor", "--vary", "training.epochs=2,5,3"]
    assert main([*command, "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith("3 runs in ")
    assert [row["epoch"] for row in rows_of(out)] == ["2", "5", "3"]
    assert main([*command, "--epochs", "2"]) == 2
    assert "--epochs" in capsys.readouterr().err


def test_a_single_training_is_counted_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "xor", "--vary", "training.learning_rate=0.1", "--epochs", "1"]) == 0
    first, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("1 run of 1 epoch in ") and "of 1 seed (" in last


def test_a_goal_decides_what_counts_as_solved(capsys: pytest.CaptureFixture[str]) -> None:
    for goal, solved in (("0", 1.0), ("1.01", 0.0)):
        main([*SWEEP, "--epochs", "2", "--goal", goal, "--json"])
        assert json.loads(capsys.readouterr().out)["best"]["solved"] == solved


def test_outputs_are_checked_before_anything_is_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for option, value in (("--out", str(tmp_path / "no" / "r.csv")), ("--out", "r.json"), ("--plot", "p.svg")):
        assert main([*SWEEP, "--epochs", "2", option, value]) == 2
        assert option in capsys.readouterr().err


def test_without_its_library_a_search_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    command = ["search", "xor", "--over", "training.learning_rate=0.001..1:log"]
    assert main([*command, "--trials", "2", "--epochs", "2"]) == 2
    assert "pip install" in capsys.readouterr().err
    assert main([*SWEEP, "--epochs", "2", "--dask", "tcp://127.0.0.1:1"]) == 2
    assert "pip install" in capsys.readouterr().err


def test_a_search_says_why_trials_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("optuna")
    command = ["search", "xor", "--over", "training.learning_rate=-2..-1", "--trials", "12", "--epochs", "2"]
    assert main(command) == 0
    output = capsys.readouterr()
    assert output.out.splitlines() == ["12 trials of 2 epochs: 12 refused", "no trial finished training"]
    assert output.err.count("Refused: training.learning_rate=-1.") == 10 and "… and 2 more combinations." in output.err


def test_a_search_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("optuna")
    out = tmp_path / "best.json"
    command = ["search", "xor", "--over", "training.learning_rate=0.001..1:log", "--over", "layers=4,8-8"]
    command += ["--trials", "20"]
    assert main([*command, "--epochs", "10", "--set", "data.test_fraction=0.2", "--json", "--out", str(out)]) == 0
    report = json.loads(capsys.readouterr().out)

    assert report["trials"] == 20 and set(report["best"]) == {"training.learning_rate", "layers"}
    assert main(["train", str(out), "--epochs", "10", "--engine", "lanes", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert alone["validation_loss"] == report["validation_loss"]
    assert (alone["test_loss"], alone["test_accuracy"]) == (report["test"]["loss"], report["test"]["accuracy"])
