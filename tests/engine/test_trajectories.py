"""Training agrees with PyTorch 2.13 to 1e-10 in float64: with committed numbers always, live where PyTorch is there."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from playground import Experiment, Trainer
from tests.engine.covering import FACTORS, covering_rows, covering_set, pairs

GOLDEN = json.loads((Path(__file__).parent / "golden" / "trajectories.json").read_text())
EXPERIMENTS = covering_set()


def trained(experiment: Experiment, steps: int = 200) -> Trainer:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(steps=steps)
    return trainer


def agrees(trainer: Trainer, losses: list[float], parameters: dict[str, list[float]], every: int) -> None:
    np.testing.assert_allclose(trainer.snapshot().history.train_loss[every::every], losses, rtol=1e-10, atol=1e-10)
    for name, values in parameters.items():
        np.testing.assert_allclose(trainer.parameters()[name], values, rtol=1e-10, atol=1e-10, err_msg=name)


def test_every_pair_of_choices_occurs() -> None:
    sizes = [len(choices) for choices in FACTORS.values()]
    wanted = sum(a * b for a, b in itertools.combinations(sizes, 2))
    assert len(set().union(*(pairs(row) for row in covering_rows()))) == wanted
    assert len(GOLDEN) == len(EXPERIMENTS)


@pytest.mark.parametrize("place", range(len(EXPERIMENTS)))
def test_agrees_with_the_committed_trajectory(place: int) -> None:
    agrees(trained(EXPERIMENTS[place]), GOLDEN[place]["losses"], GOLDEN[place]["parameters"], every=10)


@pytest.mark.parametrize("seed", range(50))
def test_agrees_with_pytorch_live(seed: int) -> None:
    pytest.importorskip("torch")
    from tests.engine.covering import experiment_of
    from tests.engine.pytorch_twin import Twin

    random = np.random.default_rng(seed)
    row = tuple(int(random.integers(len(choices))) for choices in FACTORS.values())
    experiment = experiment_of(row, seed)
    result = Twin(experiment).train(40)
    agrees(trained(experiment, 40), result["losses"], result["parameters"], every=1)
