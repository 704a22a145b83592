"""The race against other libraries is fair, and says what is missing and what is reached. No test looks at a clock."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, Trainer
from playground.catalog.activations import Activation
from playground.catalog.choice import members
from playground.catalog.losses import Loss
from playground.catalog.normalizations import Normalization
from playground.catalog.optimizers import Adam, Optimizer, Sgd
from playground.catalog.regularizers import Regularizer
from playground.catalog.schedules import Schedule
from playground.cli import bench
from playground.cli.racers import _Reference
from playground.measure.requests import BoundaryRequest
from tools import crowds, peers, race

SMALL = bench.spiral_experiment((4, 2), Sgd(), 0.1, 10, 40)
WORKLOAD = bench.Workload(SMALL, 20, boundary=True)


def test_a_race_without_the_peers_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "WORKLOADS", (WORKLOAD,))
    monkeypatch.setattr(race, "GOALS", {"jax": (3,), "torch": (30,)})
    monkeypatch.setattr(race, "installed", lambda racer: racer is _Reference)
    monkeypatch.setattr(crowds, "race_crowds", lambda racers, turns, seconds: {"crowds": sorted(racers)})
    file = tmp_path / "bench.json"
    assert race.main(["--quick", "--seconds", "0.01", "--json", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "`make bench` installs" in shown
    assert "not measured" in shown
    report: dict[str, Any] = json.loads(file.read_text())
    assert report.pop("crowds") == ["compiled", "lanes", "other lanes", "two threads"]
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


# Many networks at once ------------------------------------------------------------------------------------------

CROWD = crowds.crowd_experiment((4, 2))


def test_the_peer_of_a_crowd_makes_our_updates() -> None:
    pytest.importorskip("jax")
    whole = msgspec.structs.replace(CROWD, training=msgspec.structs.replace(CROWD.training, batch_size=250))
    ours, peer = crowds.Lanes(), crowds.JaxCrowd()
    for racer in (ours, peer):
        racer.prepare(whole)
        racer.run_epochs(50)
    assert peer.loss() == pytest.approx(ours.loss(), abs=1e-6)


def test_every_network_of_a_peers_crowd_shuffles_by_itself() -> None:
    pytest.importorskip("jax")
    peer = crowds.JaxCrowd()
    peer.prepare(CROWD)
    peer.carry = ([tuple(array[:1].repeat(len(array), 0) for array in pair) for pair in peer.carry[0]], *peer.carry[1:])
    peer.run_epochs(10)
    assert len(np.unique(np.asarray(peer.carry[0][0][0])[:, 0, 0])) == crowds.NETWORKS


def test_a_row_of_crowds_says_what_is_below_the_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    rows = (
        crowds.Crowd("easy", CROWD, "compiled", times=1e-9, speed=1e-9),
        crowds.Crowd("too hard", CROWD, "compiled", times=1e9, speed=1e15),
        crowds.Crowd("alone", CROWD, "jax", times=1),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crowds, "CROWDS", rows)
        patch.setattr(crowds, "varieties", list)
        found = crowds.race_crowds(["lanes", "compiled"], 1, 0.01)
    assert [row["speed_reached"] for row in found["crowds"]] == [True, False, None]
    assert [row["ratio_reached"] for row in found["crowds"]] == [True, False, None]
    assert json.loads(json.dumps(found)) == found
    shown = capsys.readouterr().out
    assert "below: speed and ratio" in shown and "Below what is wanted: too hard\n" in shown


def test_the_table_of_members_names_every_member_once() -> None:
    rows = crowds.varieties()
    assert len({row.name for row in rows}) == len(rows)
    assert len({row.experiment for row in rows}) > len(rows) - 10
    for family in (Activation, Loss, Normalization, Optimizer, Regularizer, Schedule):
        assert {f"{family.__name__.lower()} {kind}" for kind in members(family)} <= {row.name for row in rows}
