"""What the diagnosis says of experiments that suffer from something, and of ones that don't."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Snapshot, Trainer, check
from playground.diagnosis import AT_MOST, CAUSES, EXPLAINED_BY, RULES, diagnose
from playground.experiment import convert
from playground.presets import preset


def after(epochs: int, widths: tuple[int, ...] = (6, 6), activation: str = "tanh", **changed: Any) -> Snapshot:
    other = changed.pop("layer", {})
    layers = [{"units": units, "activation": activation, **other} for units in widths]
    base = {"version": 1, "data": {"kind": "circle", "points": 200, "noise": 0.05}, "layers": layers}
    trainer = Trainer(convert({**base, **changed}))
    trainer.advance(epochs=epochs)
    return trainer.snapshot()


def sgd(rate: float, **other: Any) -> dict[str, Any]:
    return {"optimizer": "sgd", "learning_rate": rate, **other}


FEW = {"kind": "moons", "points": 40, "noise": 0.35}

SUFFERING: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "diverged": (
        {"epochs": 5, "data": "plane", "training": sgd(1e5), "activation": "linear"},
        {"epochs": 5, "data": "plane", "training": sgd(0.001), "activation": "linear"},
    ),
    "initialisation": (
        {"epochs": 20, "initializer": "zeros"},
        {"epochs": 20, "initializer": "glorot_uniform"},
    ),
    "exploding": (
        {"epochs": 10, "widths": (20,) * 6, "activation": "relu", "initializer": {"kind": "normal", "std": 3},
         "training": {"learning_rate": 1e-6}},
        {"epochs": 10, "widths": (20,) * 6, "activation": "relu", "initializer": "he_normal",
         "training": {"learning_rate": 1e-6}},
    ),
    "vanishing": (
        {"epochs": 10, "widths": (6,) * 6, "activation": "sigmoid", "training": sgd(0.1)},
        {"epochs": 10, "widths": (6,) * 3, "activation": "tanh", "training": sgd(0.1)},
    ),
    "dead": (
        {"epochs": 5, "activation": "relu", "bias": -30},
        {"epochs": 5, "activation": "leaky_relu", "bias": -30},
    ),
    "saturated": (
        {"epochs": 5, "initializer": {"kind": "uniform", "low": 0, "high": 10}, "training": sgd(1e-3)},
        {"epochs": 5, "initializer": "glorot_uniform", "training": sgd(1e-3)},
    ),
    "too_fast": (
        {"epochs": 40, "training": sgd(2, batch_size=8)},
        {"epochs": 40, "training": sgd(0.05, batch_size=8)},
    ),
    "too_slow": (
        {"epochs": 30, "training": sgd(1e-6)},
        {"epochs": 30, "training": sgd(0.1)},
    ),
    "overfitting": (
        {"epochs": 400, "widths": (30, 30), "data": FEW},
        {"epochs": 400, "widths": (3,), "data": {"kind": "moons", "points": 800, "noise": 0.1}},
    ),
    "underfitting": (
        {"epochs": 150, "widths": ()},
        {"epochs": 150, "widths": (8, 8)},
    ),
    "widening": (
        {"epochs": 0, "widths": (2, 4, 8)},
        {"epochs": 0, "widths": (8, 4, 2)},
    ),
}  # fmt: skip


def kinds(snapshot: Snapshot) -> list[str]:
    return [finding.kind for finding in diagnose(snapshot)]


@pytest.mark.parametrize("kind", SUFFERING)
def test_it_is_seen_where_it_is(kind: str) -> None:
    assert kind in kinds(after(**SUFFERING[kind][0]))


@pytest.mark.parametrize("kind", SUFFERING)
def test_it_is_not_seen_where_it_is_not(kind: str) -> None:
    assert kind not in kinds(after(**SUFFERING[kind][1]))


@pytest.mark.parametrize("kind", SUFFERING)
def test_each_sentence_has_its_numbers_and_a_remedy_that_is_allowed(kind: str) -> None:
    snapshot = after(**SUFFERING[kind][0])
    finding = next(one for one in diagnose(snapshot) if one.kind == kind)
    assert any(character.isdigit() for character in finding.text)
    assert finding.text.endswith((".", "reset."))
    assert "nan" not in finding.text
    assert finding.remedy is not None
    assert check(finding.remedy.experiment) != snapshot.experiment
    trainer = Trainer(snapshot.experiment)
    trainer.configure(finding.remedy.experiment)
    trainer.advance(epochs=1)


def test_the_vanishing_preset_is_told_with_its_numbers() -> None:
    trainer = Trainer(preset("vanishing-gradients"))
    trainer.advance(epochs=20)
    first = diagnose(trainer.snapshot())[0]
    assert first.kind == "vanishing"
    assert first.text.startswith("The gradient vanishes: layer 1 gets 1/")
    assert "of the gradient of layer 6" in first.text
    assert first.remedy is not None
    assert first.remedy.label == "Use tanh instead of sigmoid"


@pytest.mark.parametrize("name", ["spiral", "circle", "xor", "gaussians", "moons", "relu-folds", "plane"])
@pytest.mark.parametrize("epochs", [1, 50, 300])
def test_healthy_presets_get_no_alarm(name: str, epochs: int) -> None:
    trainer = Trainer(preset(name))
    trainer.advance(epochs=epochs)
    assert set(kinds(trainer.snapshot())) <= {"overfitting"}


@pytest.mark.parametrize("widths", [(), (1,), (5, 5, 5)])
def test_nothing_is_said_before_training(widths: tuple[int, ...]) -> None:
    assert kinds(after(0, widths)) == []


def test_there_are_at_most_three_and_symptoms_wait_for_their_causes() -> None:
    assert AT_MOST == 3
    names = {rule.__name__ for rule in RULES}
    assert names >= CAUSES | EXPLAINED_BY.keys()
    for snapshot in (after(**case[0]) for case in SUFFERING.values()):
        assert len(diagnose(snapshot)) <= 3


def test_a_regression_that_underfits_speaks_of_r_squared() -> None:
    found = diagnose(after(200, (), data={"kind": "ripple", "points": 300}))
    assert any("R² is" in finding.text for finding in found)
    assert np.all([finding.kind == "underfitting" for finding in found])
