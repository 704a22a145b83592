"""`bench`: the race is fair, what it writes is complete, and what it refuses it names. No test looks at a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.catalog.optimizers import Adam, Sgd
from playground.cli import bench, peers
from playground.cli.commands import main
from playground.measure.requests import BoundaryRequest

SMALL = bench.spiral((4, 2), Sgd(), 0.1, 10, 40)
FIGURES = {
    "label", "loss", "turns", "epochs_per_second", "epochs_per_second_with_evaluation", "boundary_seconds",
    "share_of_matrix_products",
}  # fmt: skip


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`measured(options…)` runs one tiny race or growth series in this process and returns what it wrote."""
    monkeypatch.setattr(bench, "WORKLOADS", (bench.Workload(SMALL, 20, jax_goal=3, torch_goal=30, boundary=True),))
    monkeypatch.setattr(bench, "GROWTH_POINTS", (20, 40))
    monkeypatch.setattr(bench, "GROWTH_WIDTHS", (2, 4))
    monkeypatch.setattr(bench, "GROWTH_DEPTHS", (1, 2))
    monkeypatch.setattr(bench, "GROWTH_BATCHES", (1_000, 0))
    monkeypatch.setattr(bench, "MEMORY_POINTS", 1_000)
    file = tmp_path / "bench.json"

    def measure(*options: str) -> dict[str, Any]:
        assert main(["bench", "--quick", "--seconds", "0.01", *options, "--json", str(file)]) == 0
        report: dict[str, Any] = json.loads(file.read_text())
        return report

    return measure


def test_a_race_without_the_peers_says_what_to_install(
    measured: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "installed", lambda name: name == "reference")
    report = measured()
    shown = capsys.readouterr().out
    assert "`make bench` installs" in shown
    assert "not measured" in shown
    assert report["matrix_product_gflops"] > 0
    (result,) = report["workloads"]
    assert set(result["engines"]) == {"reference"}
    figures = result["engines"]["reference"]
    assert set(figures) == FIGURES
    assert len(figures["turns"]) == report["turns"] == bench.QUICK_TURNS
    assert figures["epochs_per_second"] > figures["epochs_per_second_with_evaluation"] > 0
    assert figures["loss"] < result["initial_loss"]
    assert result["ratios"] == {"jax": None, "torch": None, "sklearn": None}
    assert [goal["reached"] for goal in report["goals"]] == [None, None, None]


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
        return bench.Workload(msgspec.structs.replace(SMALL, training=training), 1, jax_goal=3)

    with bench.children(["reference"]) as racing:
        for epochs in (0, 2):
            result = bench.raced(limited(epochs), racing, 1, 1e-4)
            assert result["engines"] == {}
            assert "completed" in result["problems"]["reference"]
            assert "ours, reference is out" in capsys.readouterr().err
        assert bench.raced(bench.Workload(SMALL, 1, jax_goal=3), racing, 1, 1e-4)["engines"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--engines", "abacus"], "abacus"),
        (["--engines", "reference,reference"], "each once"),
        (["--engines", ""], "reference"),
        (["--growth", "--engines", "jax"], "--growth"),
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
    assert line.startswith("main.py bench: ")
    assert named in line


def test_a_peer_that_is_asked_for_must_be_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "installed", lambda name: False)
    assert main(["bench", "--engines", "torch"]) == 2
    assert "`make bench`" in capsys.readouterr().err


# A fair race ----------------------------------------------------------------------------------------------------

UNSHUFFLED = [
    bench.spiral(widths, optimizer, rate, 32, 100)
    for widths, optimizer, rate in (((4, 2), Sgd(), 0.1), ((40, 8), Adam(), 0.003))
]


def unshuffled(experiment: Experiment) -> Experiment:
    """The same with the points in the same order every epoch."""
    return msgspec.structs.replace(experiment, training=msgspec.structs.replace(experiment.training, shuffle=False))


@pytest.mark.parametrize("experiment", UNSHUFFLED, ids=lambda experiment: experiment.name)
@pytest.mark.parametrize("name", peers.PEERS)
def test_every_peer_makes_our_updates(name: str, experiment: Experiment) -> None:
    pytest.importorskip(peers.PEERS[name].package)
    peer, ours = peers.PEERS[name](), peers.Reference()
    for racer in (peer, ours):
        racer.prepare(unshuffled(experiment))
    assert peer.loss() == pytest.approx(ours.loss(), abs=1e-6)
    for racer in (peer, ours):
        racer.run_epochs(10)
    assert peer.loss() == pytest.approx(ours.loss(), abs=1e-4)
    for (W, b), (V, c) in zip(peer.weights(), ours.weights(), strict=True):
        np.testing.assert_allclose(W, V, atol=1e-3)
        np.testing.assert_allclose(b, c, atol=1e-3)


@pytest.mark.parametrize("name", peers.PEERS)
def test_every_peer_shuffles(name: str) -> None:
    pytest.importorskip(peers.PEERS[name].package)
    losses = []
    for experiment in (SMALL, unshuffled(SMALL)):
        peer = peers.PEERS[name]()
        peer.prepare(experiment)
        peer.run_epochs(3)
        losses.append(peer.loss())
    assert losses[0] != pytest.approx(losses[1], abs=1e-7)


@pytest.mark.parametrize("name", peers.PEERS)
def test_every_peer_draws_the_boundary_of_what_it_learned(name: str) -> None:
    pytest.importorskip(peers.PEERS[name].package)
    peer, trainer = peers.PEERS[name](), Trainer(SMALL)
    peer.prepare(SMALL)
    drawn = np.asarray(peer.boundary()).reshape(100 * 100, -1)[:, -1]
    probability = drawn if name == "sklearn" else 1 / (1 + np.exp(-drawn))
    np.testing.assert_allclose(2 * probability - 1, BoundaryRequest(100).answer(trainer).ravel(), atol=1e-5)


def test_the_common_loss_is_the_trainers() -> None:
    ours = peers.Reference()
    ours.prepare(SMALL)
    assert ours.run_epochs(5).total > 0
    assert ours.loss() == pytest.approx(ours.trainer.evaluate().train_loss, rel=1e-5)


def test_the_multiplications_of_a_point_are_counted() -> None:
    forward = 2 * 4 + 4 * 2 + 2 * 1
    weight_gradients, handed_back = forward, 4 * 2 + 2 * 1
    assert bench.multiply_adds([2, 4, 2, 1]) == forward + weight_gradients + handed_back


@pytest.mark.parametrize(("ratio", "reached"), [(2.99, False), (3.0, True), (None, None)])
def test_a_goal_is_reached_only_if_measured_and_large_enough(ratio: float | None, reached: bool | None) -> None:
    workload = bench.Workload(SMALL, 1, jax_goal=3)
    assert bench.goal("training", "jax", 3, ratio, workload)["reached"] is reached


def test_ratios_are_those_of_the_same_turn() -> None:
    assert bench.typical_ratio([100, 10, 1], [50, 5, 0.5]) == 2


def test_who_does_not_learn_is_marked() -> None:
    result = {
        "initial_loss": 0.7,
        "engines": {name: {"loss": loss} for name, loss in zip("abc", (0.4, 0.5, 0.69), strict=True)},
    }
    assert bench.learned(result) == {"a": True, "b": True, "c": False}
