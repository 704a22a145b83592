"""`bench`: what it writes is complete, and what it refuses it names. No test looks at a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from playground.catalog.optimizers import Sgd
from playground.cli import bench, racers
from playground.cli.commands import main

SMALL = bench.spiral_experiment((4, 2), Sgd(), 0.1, 10, 40)
FIGURES = {
    "label", "loss", "turns", "epochs_per_second", "epochs_per_second_with_evaluation", "boundary_seconds",
    "share_of_matrix_products",
}  # fmt: skip


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`measured(options…)` runs one tiny race or growth series in this process and returns what it wrote."""
    monkeypatch.setattr(bench, "WORKLOADS", (bench.Workload(SMALL, 20, boundary=True),))
    monkeypatch.setattr(bench, "_GROWTH_POINTS", (20, 40))
    monkeypatch.setattr(bench, "_GROWTH_WIDTHS", (2, 4))
    monkeypatch.setattr(bench, "_GROWTH_DEPTHS", (1, 2))
    monkeypatch.setattr(bench, "_GROWTH_BATCHES", (1_000, 0))
    monkeypatch.setattr(bench, "_MEMORY_POINTS", 1_000)
    file = tmp_path / "bench.json"

    def measure(*options: str) -> dict[str, Any]:
        assert main(["bench", "--quick", "--seconds", "0.01", *options, "--json", str(file)]) == 0
        report: dict[str, Any] = json.loads(file.read_text())
        return report

    return measure


def test_a_race_says_and_writes_all_figures(measured: Any, capsys: pytest.CaptureFixture[str]) -> None:
    report = measured("--engines", "reference")
    assert "of the limit" in capsys.readouterr().out
    assert report["matrix_product_gflops"] > 0
    (result,) = report["workloads"]
    assert set(result["engines"]) == {"reference"}
    figures = result["engines"]["reference"]
    assert set(figures) == FIGURES
    assert len(figures["turns"]) == report["turns"] == bench.QUICK_TURNS
    assert figures["epochs_per_second"] > figures["epochs_per_second_with_evaluation"] > 0
    assert figures["loss"] < result["initial_loss"]
    assert result["ratios"] == {}


def test_growth_has_every_series_and_the_memory_of_an_epoch(measured: Any) -> None:
    report = measured("--growth", "--engines", "reference")
    series = report["growth"]["reference"]
    assert list(series) == ["points", "width", "depth", "batch size"]
    assert [[row["value"] for row in rows] for rows in series.values()] == [[20, 40], [2, 4], [1, 2], [1_000, 0]]
    assert all(row["seconds_per_epoch"] > 0 for rows in series.values() for row in rows)
    assert {"peak_growth_bytes", "data_bytes", "order_bytes"} < set(report["memory"]["reference"])


def test_a_racer_that_fails_is_out_and_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    def limited(epochs: int) -> bench.Workload:
        training = msgspec.structs.replace(SMALL.training, epochs=epochs)
        return bench.Workload(msgspec.structs.replace(SMALL, training=training), 1)

    with bench.start_racers({"reference": racers._Reference}) as racing:
        for epochs in (0, 2):
            result = bench.race_workload(limited(epochs), racing, 1, 1e-4)
            assert result["engines"] == {}
            assert "completed" in result["problems"]["reference"]
            assert "ours, reference is left out of " in capsys.readouterr().err
        assert bench.race_workload(bench.Workload(SMALL, 1), racing, 1, 1e-4)["engines"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--engines", "abacus"], "abacus"),
        (["--engines", "reference,reference"], "none twice"),
        (["--engines", ""], "reference"),
        (["--engines", "jax"], "jax"),
        (["--seconds", "0"], "--seconds"),
        (["--seconds", "nan"], "--seconds"),
        (["--seconds", "soon"], "soon"),
        (["--json", "no/such/folder/bench.json"], "--json"),
        (["spiral"], "spiral"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_code_2(
    options: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: Any = main(["bench", *options])
    except SystemExit as exit_:
        code = exit_.code
    assert code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("playground bench: ")
    assert named in line


def test_the_common_loss_is_the_trainers() -> None:
    ours = racers._Reference()
    ours.prepare(SMALL)
    assert ours.run_epochs(5).total > 0
    assert ours.loss() == pytest.approx(ours.trainer.evaluate().train_loss, rel=1e-5)


def test_the_multiplications_of_a_point_are_counted() -> None:
    forward = 2 * 4 + 4 * 2 + 2 * 1
    weight_gradients, handed_back = forward, 4 * 2 + 2 * 1
    assert bench.multiply_adds([2, 4, 2, 1]) == forward + weight_gradients + handed_back


def test_ratios_are_those_of_the_same_turn() -> None:
    assert bench.typical_ratio([100, 10, 1], [50, 5, 0.5]) == 2


def test_who_does_not_learn_is_marked() -> None:
    result = {
        "initial_loss": 0.7,
        "engines": {name: {"loss": loss} for name, loss in zip("abc", (0.4, 0.5, 0.69), strict=True)},
    }
    assert bench.have_learned(result) == {"a": True, "b": True, "c": False}
