"""Weights of a table say that they are for scaled inputs."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from playground.cli import commands
from playground.interop.weights import load_weights


def test_weights_of_a_table_say_what_they_are_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table, target = tmp_path / "prices.csv", tmp_path / "w.npz"
    table.write_text("size,age,price\n" + "\n".join(f"{k},{30 - k},{1000.5 + 20 * k}" for k in range(30)))
    assert (
        commands.main(["train", str(table), "--epochs", "1", "--engine", "reference", "--save-weights", str(target)])
        == 0
    )
    said = capsys.readouterr().err
    note = zipfile.ZipFile(target).comment.decode()
    assert note.startswith(
        "The weights are for scaled inputs: x1 = (size - 14.5) / 2.9, x2 = (age - 15.5) / 2.9; price = "
    )
    assert said.count(note) == 1
    assert sorted(load_weights(target)) == sorted(np.load(target)) == ["W0", "b0"]


def test_weights_of_generated_points_need_no_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "w.npz"
    assert (
        commands.main(["train", "spiral", "--epochs", "0", "--engine", "reference", "--save-weights", str(target)]) == 0
    )
    assert zipfile.ZipFile(target).comment == b"" and "scaled" not in capsys.readouterr().err
