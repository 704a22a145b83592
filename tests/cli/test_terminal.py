"""What a terminal may do to the program: interrupts, closed pipes, narrow code pages, full disks, clashing files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from playground.cli.terminal import check_outputs, near_command
from playground.files.errors import InputError

ROOT = Path(__file__).parents[2]
VALUES = {
    "version": 2,
    "name": "Preis β ≥ 3",
    "data": {
        "kind": "points",
        "x1": [0, 1, 2, 3, 4, 5],
        "x2": [0, 1, 0, 1, 0, 1],
        "target": [10, 30, 50, 70, 90, 110],
        "task": "regression",
        "validation_fraction": 0,
    },
}


@pytest.fixture
def values(tmp_path: Path) -> Path:
    path = tmp_path / "values.json"
    path.write_text(json.dumps(VALUES))
    return path


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the program on the reference engine, which starts at once."""
    command = [sys.executable, "main.py", *arguments]
    return subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=300, **options)


def train(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return run("train", *arguments, "--engine", "reference", **options)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp1250", "cp932"])
def test_a_narrow_code_page_loses_no_result(values: Path, encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(
        [sys.executable, "main.py", "train", str(values), "--epochs", "3", "--engine", "reference"],
        cwd=ROOT, capture_output=True, timeout=300, env=environment, check=True,
    )  # fmt: skip
    assert b"R" in done.stdout.splitlines()[-1] and b"train" in done.stdout
    assert b"Traceback" not in done.stderr


TRAIN = """
import sys
from playground import Trainer
from playground.cli.commands import main
advance = Trainer.advance

def told(trainer, **limits):
    status = advance(trainer, **limits)
    if trainer.state.epoch > 0:
        Trainer.advance = advance
        print("in training", flush=True)
    return status

Trainer.advance = told
sys.exit(main(sys.argv[1:]))
"""
"""The program, which says when it is well into training."""


def test_ctrl_c_ends_training_with_all_that_was_asked_for(tmp_path: Path) -> None:
    history, weights = tmp_path / "h.csv", tmp_path / "w.npz"
    command = [sys.executable, "-c", TRAIN, "train", "spiral", "--epochs", "1000000000", "--engine", "reference"]
    command += ["--json", "--history", str(history), "--save-weights", str(weights)]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "in training\n"
    started.send_signal(signal.SIGINT)
    output, errors = started.communicate(timeout=300)
    assert started.returncode == 130, errors
    result = json.loads(output.splitlines()[-1])
    assert result["status"] == "interrupted" and result["epoch"] > 0
    rows = history.read_text().splitlines()
    assert int(rows[-1].split(",")[0]) == result["epoch"]
    assert weights.exists() and "Traceback" not in errors


def test_closed_streams_are_no_fault(values: Path, tmp_path: Path) -> None:
    history = tmp_path / "h.csv"
    for redirection in ("2>&-", ">&-", ">&- 2>&-", "| true"):
        history.unlink(missing_ok=True)
        line = (
            f"{sys.executable} main.py train {values} --epochs 2 --engine reference --history {history} {redirection}"
        )
        done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
        assert history.read_text().count("\n") == 4
        assert "Traceback" not in done.stderr and "Exception" not in done.stderr, (redirection, done.stderr)


def test_a_result_is_printed_before_a_file_fails(values: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full device here")
    done = train(str(values), "--epochs", "2", "--json", "--history", "/dev/full")
    assert json.loads(done.stdout)["epoch"] == 2
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "main.py train: /dev/full: No space left on device"


@pytest.mark.parametrize("command", [["presets"], ["train", "xor", "--epochs", "1", "--engine", "reference", "--json"]])
def test_a_result_that_finds_no_room_is_told(command: list[str]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no full device here")
    with Path("/dev/full").open("w") as full:
        line = [sys.executable, "main.py", *command]
        done = subprocess.run(line, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=300, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"main.py {command[0]}: standard output: No space left on device"


def test_the_last_line_says_what_was_trained_and_how_good_it_is(values: Path) -> None:
    lines = train("spiral", "--epochs", "2", "--set", "data.test_fraction=0.1").stdout.splitlines()
    assert lines[-1].startswith(
        "classification, points: 200 train, 250 validation, 50 test; engine: reference; accuracy 0."
    )
    assert lines[-1].endswith(" test") and lines[-1].count("0.") == 3
    lines = train(str(values), "--epochs", "2").stdout.splitlines()
    assert lines[-1].startswith("regression, points: 6 train; engine: reference; R² ")
    assert "Losses are in units of the standard deviation of value (34.16)." in lines


def test_the_report_has_task_points_and_test() -> None:
    arguments = ("spiral", "--epochs", "1", "--json", "--set", "data.test_fraction=0.2")
    result = json.loads(train(*arguments).stdout)
    assert result["task"] == "classification"
    assert result["points"] == {"train": 150, "validation": 250, "test": 100}
    assert 0 <= result["test_accuracy"] <= 1 and result["test_loss"] > 0


def test_commands_are_listed_and_suggested() -> None:
    helped = run("--help")
    assert (
        "commands, each with --help: train, presets, table, sweep, search, runs, bench, export, describe, remove-files"
        in " ".join(helped.stdout.split())
    )
    missed = run("trian")
    assert missed.returncode == 2 and missed.stderr.endswith("did you mean the command train?\n")
    assert run("--version").stdout.startswith("Neural Network Playground ")
    assert "$defs" in json.loads(run("--schema").stdout)
    assert near_command("zzz", {"train": None}) == ""


def test_outputs_are_checked_before_any_time_is_spent(tmp_path: Path) -> None:
    source, other = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("a,b,c\n")
    link = tmp_path / "link.csv"
    link.symlink_to(source)

    def refusal(path: Path | str, second: Path | str | None = None, suffix: str = ".csv", **options: Any) -> str:
        outputs = {"--history": (str(path), suffix), "--plot": (None if second is None else str(second), "")}
        with pytest.raises(InputError) as refused:
            check_outputs(outputs, {"EXPERIMENT": str(source)}, **options)
        return str(refused.value)

    assert "must be a file other than that of EXPERIMENT" in refusal(source)
    assert "must be a file other than that of EXPERIMENT" in refusal(link)
    assert "must be a file other than that of --history" in refusal(other, other)
    assert "a name that ends in .csv" in refusal(tmp_path / "x.png")
    assert "a file in a folder that exists" in refusal(tmp_path / "nowhere" / "x.csv")
    assert "a file, not a folder" in refusal(tmp_path)
    assert not other.exists()
    check_outputs(
        {"--history": (str(other), ".csv"), "--plot": (str(tmp_path / "p"), ".png")}, {"EXPERIMENT": "spiral"}
    )
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this user may write everywhere")
    assert "can be written to" in refusal(closed / "x.csv")


def test_standard_output_is_taken_by_the_result() -> None:
    done = train("spiral", "--epochs", "1", "--json", "--history", "/dev/stdout")
    assert done.returncode == 2 and not done.stdout
    assert "the result itself goes to standard output" in done.stderr
    both = train("spiral", "--epochs", "1", "--history", "/dev/stdout")
    assert both.returncode == 0 and "epoch,step" in both.stdout


def test_bad_weights_are_refused_before_kernels_are_compiled(tmp_path: Path) -> None:
    weights = tmp_path / "w.npz"
    weights.write_bytes(b"nothing")
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = run("train", "spiral", "--epochs", "1", "--init", str(weights), env=environment)
    assert done.returncode == 2 and "Preparing" not in done.stderr
