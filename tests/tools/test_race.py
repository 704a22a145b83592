"""The race against other libraries is fair, and says what is missing and what is reached. No test looks at a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.catalog.optimizers import Adam, Sgd
from playground.cli import bench
from playground.cli.racers import _Reference
from playground.measure.requests import BoundaryRequest
from tools import peers, race

SMALL = bench.spiral_experiment((4, 2), Sgd(), 0.1, 10, 40)
WORKLOAD = bench.Workload(SMALL, 20, boundary=True)


def test_a_race_without_the_peers_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "WORKLOADS", (WORKLOAD,))
    monkeypatch.setattr(race, "GOALS", {"jax": (3,), "torch": (30,)})
    monkeypatch.setattr(race, "installed", lambda racer: racer is _Reference)
    file = tmp_path / "bench.json"
    assert race.main(["--quick", "--seconds", "0.01", "--json", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "`make bench` installs" in shown
    assert "not measured" in shown
    report: dict[str, Any] = json.loads(file.read_text())
    assert set(report) == {"machine", "turns", "seconds_per_turn", "matrix_product_gflops", "workloads", "goals"}
    (result,) = report["workloads"]
    assert set(result["engines"]) == {"reference"}
    assert result["ratios"] == result["boundary_ratios"] == {"jax": None, "torch": None, "sklearn": None}
    assert [goal["reached"] for goal in report["goals"]] == [None, None, None]


def test_a_peer_that_is_asked_for_must_be_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(race, "installed", lambda racer: False)
    assert race.main(["--engines", "torch"]) == 2
    assert "`make bench`" in capsys.readouterr().err


def test_growth_is_measured_of_our_engines_only(capsys: pytest.CaptureFixture[str]) -> None:
    assert race.main(["--growth", "--engines", "jax"]) == 2
    assert "--growth" in capsys.readouterr().err


def test_every_workload_has_its_goals() -> None:
    assert {len(wanted) for wanted in race.GOALS.values()} == {len(bench.WORKLOADS)}


@pytest.mark.parametrize(("ratio", "reached"), [(2.99, False), (3.0, True), (None, None)])
def test_a_goal_is_reached_only_if_measured_and_large_enough(ratio: float | None, reached: bool | None) -> None:
    assert race.goal("training", "jax", 3, ratio, WORKLOAD)["reached"] is reached


UNSHUFFLED = [
    bench.spiral_experiment(widths, optimizer, rate, 32, 100)
    for widths, optimizer, rate in (((4, 2), Sgd(), 0.1), ((40, 8), Adam(), 0.003))
]


def unshuffled(experiment: Experiment) -> Experiment:
    """The same with the points in the same order every epoch."""
    return msgspec.structs.replace(experiment, training=msgspec.structs.replace(experiment.training, shuffle=False))


@pytest.mark.parametrize("experiment", UNSHUFFLED, ids=lambda experiment: experiment.name)
@pytest.mark.parametrize("name", peers.PEERS)
def test_every_peer_makes_our_updates(name: str, experiment: Experiment) -> None:
    pytest.importorskip(peers.PEERS[name].package)
    peer, ours = peers.PEERS[name](), _Reference()
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
    peer, trainer = peers.PEERS[name](), Trainer(SMALL, engine="reference")
    peer.prepare(SMALL)
    drawn = np.asarray(peer.boundary()).reshape(100 * 100, -1)[:, -1]
    probability = drawn if name == "sklearn" else 1 / (1 + np.exp(-drawn))
    np.testing.assert_allclose(2 * probability - 1, BoundaryRequest(100).answer(trainer).ravel(), atol=1e-5)
