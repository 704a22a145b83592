"""Changes while training: what the network computes before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from playground import Experiment, Layer, Trainer, Training
from playground.catalog.activations import Activation, Tanh
from playground.catalog.choice import members
from playground.catalog.datasets.table import Table
from playground.catalog.optimizers import Sgd
from playground.experiment.paths import with_value
from playground.experiment.rules import convert
from playground.run import changes
from playground.run.run import OTHER_POINTS
from tests.combinations import combinations

GRID = np.random.default_rng(7).uniform(-6, 6, (500, 2))


def experiment(*layers: Any, **changed: Any) -> Experiment:
    """Layers are written (id, units, other fields)."""
    raw = [{"id": name, "units": units, "activation": "tanh", **other} for name, units, other in layers]
    return convert(
        {
            "version": 1,
            "precision": "float64",
            "data": {"kind": "spiral", "points": 200},
            "training": {"learning_rate": 0.02},
            **changed,
            "layers": raw,
        }
    )


def trained(chosen: Experiment, epochs: int = 20) -> Trainer:
    trainer = Trainer(chosen, engine="reference")
    trainer.advance(epochs=epochs)
    return trainer


def moved(trainer: Trainer, chosen: Experiment) -> float:
    """How far the outputs move by a change, as a share of their spread."""
    before = trainer.predict(GRID)
    trainer.configure(chosen)
    return float(np.abs(trainer.predict(GRID) - before).max() / np.ptp(before))


A, B = ("A", 6, {}), ("B", 6, {})


def new(activation: str, units: int = 6, **other: Any) -> tuple[str, int, dict[str, Any]]:
    return ("new", units, {"activation": activation, **other})


# Layers that are added ------------------------------------------------------------------------------------------

BOUNDS = {
    **dict.fromkeys(["linear", "relu", "leaky_relu", "elu", "selu"], 1e-12),
    **dict.fromkeys(["tanh", "sigmoid", "sine", "gelu", "silu", "softplus"], 2e-2),
}
"""How far the output may move when a layer is added, as a share of its spread."""


def test_every_activation_has_a_bound() -> None:
    assert set(BOUNDS) == set(members(Activation))


@pytest.mark.parametrize("kind", members(Activation))
def test_a_passage_is_as_straight_as_it_says(kind: str) -> None:
    f = members(Activation)[kind]()
    low, high = np.array([-3.0, 0.5, -0.1, 2, 0]), np.array([2.0, 7, 0.1, 2, 0])
    passage = f.passage(low, high)
    x = low + (high - low) * np.linspace(0, 1, 101)[:, np.newaxis]
    error = np.abs((f(passage.scale * x + passage.shift) - passage.level) / passage.gain - x)
    unit = (high - low) / 2 if f.waist else 1
    assert np.all(error <= f.passage_error * unit + 1e-12)


@pytest.mark.parametrize(("kind", "units", "place"), combinations([*members(Activation)], [1, 3, 6, 9], [0, 1, 2]))
def test_a_new_layer_starts_next_to_the_identity(kind: str, units: int, place: int) -> None:
    layers = [A, B]
    layers.insert(place, new(kind, units))
    shift = moved(trained(experiment(A, B)), experiment(*layers))
    # Fewer units than both neighbours have can't pass everything on.
    narrow = units < (2, 6, 1)[place] or (place == 0 and units < 2)
    assert narrow or shift <= BOUNDS[kind]


@pytest.mark.parametrize("kind", members(Activation))
def test_also_in_float32_behind_relu_and_after_features(kind: str) -> None:
    relu = ("A", 6, {"activation": "relu"})
    base = {"precision": "float32", "features": ["x1", "x2", "x1_squared", "radius"]}
    # Squares reach further than the coordinates, so that squashing activations bend the signal a little more.
    for layers in ((new(kind), relu, B), (relu, new(kind), B), (relu, B, new(kind))):
        assert moved(trained(experiment(relu, B, **base)), experiment(*layers, **base)) <= 1.5 * BOUNDS[kind] + 1e-4


@pytest.mark.parametrize("kind", members(Activation))
@pytest.mark.parametrize(
    "other", [{"normalization": "batch"}, {"skip": True}, {"muted": True}, {"skip": True, "normalization": "layer"}]
)
def test_normalization_skip_and_muting_do_not_stand_in_the_way(kind: str, other: dict[str, Any]) -> None:
    shift = moved(trained(experiment(A, B)), experiment(A, new(kind, **other), B))
    assert shift <= BOUNDS[kind] + (1e-5 if "normalization" in other else 0)


def test_several_new_layers_at_once() -> None:
    many = [("n1", 6, {}), ("n2", 7, {"activation": "relu"}), ("n3", 7, {"skip": True}), ("n4", 6, {})]
    assert moved(trained(experiment(A, B)), experiment(A, *many, B, ("n5", 1, {"activation": "sigmoid"}))) < 2e-2


@pytest.mark.parametrize("kind", members(Activation))
def test_training_goes_on_from_there(kind: str) -> None:
    base = {"precision": "float32", "training": {"learning_rate": 0.005}}
    trainer = trained(experiment(A, B, **base), epochs=150)
    before = trainer.evaluate().train_loss
    trainer.configure(experiment(A, new(kind), B, **base))
    trainer.advance(epochs=20)
    assert before is not None
    assert trainer.evaluate().train_loss < 1.05 * before
    p = trainer.parameters()
    assert np.all(np.isfinite(p["W1"]))


def test_new_layers_that_are_restored_by_undo_are_not_made_identities() -> None:
    full, trainer = experiment(A, B), trained(experiment(A, B))
    kept = {name: values.copy() for name, values in trainer.parameters().items()}
    memory = trainer.checkpoint()
    trainer.configure(experiment(B))
    trainer.advance(epochs=3)
    trainer.configure(full, memory=memory)
    back = trainer.parameters()
    assert all(np.array_equal(back[name], kept[name]) for name in ("W0", "b0", "W1", "b1"))


def test_undoing_an_insertion_brings_the_weights_of_the_layer_behind_back() -> None:
    trainer = trained(experiment(A, B))
    before, memory = trainer.predict(GRID), trainer.checkpoint()
    trainer.configure(experiment(A, new("tanh"), B))
    trainer.configure(experiment(A, B), memory=memory)
    assert np.array_equal(trainer.predict(GRID), before)


# Widening, narrowing, moving, removing --------------------------------------------------------------------------


@pytest.mark.parametrize("normalization", ["none", "batch"])
@pytest.mark.parametrize("changed", [(9, 6), (6, 9), (12, 30), (7, 7)])
def test_widening_leaves_the_output_where_it_is(changed: tuple[int, int], normalization: str) -> None:
    def layers(first: int, second: int) -> Experiment:
        other = {"normalization": normalization}
        return experiment(("A", first, other), ("B", second, other))

    assert moved(trained(layers(6, 6)), layers(*changed)) < 1e-14


def test_new_units_and_new_features_learn() -> None:
    trainer = trained(experiment(A, B))
    wider = experiment(("A", 8, {}), B, features=["x1", "radius", "x2"])
    assert moved(trainer, wider) < 1e-14
    assert np.all(trainer.parameters()["W1"][:, 6:] == 0)
    assert np.all(trainer.parameters()["W0"][:6, 1] == 0)
    trainer.advance(epochs=2)
    assert np.all(trainer.parameters()["W1"][:, 6:] != 0)
    assert np.all(trainer.parameters()["W0"][:, 1] != 0)


def test_narrowing_keeps_the_first_units_and_says_what_was_lost() -> None:
    trainer = trained(experiment(A, B))
    w0, w1 = trainer.parameters()["W0"].copy(), trainer.parameters()["W1"].copy()
    notes = trainer.configure(experiment(("A", 4, {}), B))
    assert np.array_equal(trainer.parameters()["W0"], w0[:4])
    assert np.array_equal(trainer.parameters()["W1"], w1[:, :4])
    assert notes == ("The last 2 units of layer A were removed.",)


def test_undoing_a_narrowing_restores_the_units() -> None:
    trainer = trained(experiment(A, B))
    before, memory = trainer.predict(GRID), trainer.checkpoint()
    trainer.configure(experiment(("A", 4, {}), B))
    trainer.configure(experiment(A, B), memory=memory)
    assert np.array_equal(trainer.predict(GRID), before)


def test_moving_keeps_every_units_own_weights() -> None:
    c = ("C", 6, {})
    trainer = trained(experiment(A, B, c))
    before = {name: values.copy() for name, values in trainer.parameters().items()}
    trainer.configure(experiment(A, c, B))
    after = trainer.parameters()
    assert np.array_equal(after["W1"], before["W2"])
    assert np.array_equal(after["b2"], before["b1"])
    assert np.array_equal(after["W3"], before["W3"])


def test_removing_a_layer_renews_what_listened_to_it_and_says_so() -> None:
    trainer = trained(experiment(A, B))
    before = {name: values.copy() for name, values in trainer.parameters().items()}
    notes = trainer.configure(experiment(A))
    assert np.array_equal(trainer.parameters()["W0"], before["W0"])
    assert trainer.parameters()["b1"] == 0
    assert notes == (
        "The 6 units of layer B were removed.",
        "The output layer now has different inputs, so its weights were initialized again.",
    )


def names(count: int) -> list[str]:
    """The ids that the window gives: A, B, …, Z, AA, …"""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return [letters[k] if k < 26 else f"A{letters[k - 26]}" for k in range(count)]


def test_many_layers_that_go_at_once_are_told_in_one_sentence() -> None:
    layers = [(name, 4, {}) for name in names(30)]
    trainer = trained(experiment(*layers))
    assert trainer.configure(experiment(*layers[:3])) == (
        "27 layers were removed: D to AD.",
        "The output layer now has different inputs, so its weights were initialized again.",
    )


def test_layers_here_and_there_are_named_as_long_as_they_are_few() -> None:
    layers = [(name, 4, {}) for name in names(20)]
    fewer = trained(experiment(*layers)).configure(experiment(*(one for one in layers if one[0] not in "BFGHP")))
    assert fewer[0] == "5 layers were removed: B, F to H, P."
    assert len(fewer) == 2
    assert fewer[1] == "3 layers now have different inputs, so their weights were initialized again: C, I, Q."
    half = trained(experiment(*layers)).configure(experiment(*layers[::2]))
    assert half[0] == "10 layers were removed: from B to T."


def test_all_that_is_lost_at_once_takes_two_sentences() -> None:
    layers = [(name, 6, {"normalization": "batch"}) for name in names(5)]
    fewer = [(name, 4, {}) for name in names(5)[:3]]
    notes = trained(experiment(*layers)).configure(experiment(*fewer, features=["x1"]))
    assert notes == (
        "The weights of x₂ were removed.",
        "2 layers were removed: D, E; 6 units of 3 layers were removed: A to C; the output layer now has different "
        "inputs, so its weights were initialized again; the normalization of 3 layers was removed, with its γ and β: "
        "A to C.",
    )


def test_features_and_normalization_that_go_are_named() -> None:
    trainer = trained(experiment(("A", 6, {"normalization": "batch"})))
    notes = trainer.configure(experiment(A, features=["x1"]))
    assert notes == (
        "The weights of x₂ were removed.",
        "The normalization of layer A was removed, with its γ and β.",
    )


def test_another_number_of_classes_renews_the_output_layer() -> None:
    trainer = trained(experiment(A, B))
    w1 = trainer.parameters()["W1"].copy()
    data = {"kind": "spiral", "points": 200, "classes": 3}
    notes = trainer.configure(experiment(A, B, data=data))
    assert "output layer was initialized again, since it now has an output for each class" in notes[-1]
    assert np.array_equal(trainer.parameters()["W1"], w1)
    assert trainer.parameters()["W2"].shape == (3, 6)
    assert trainer.advance(epochs=1) == "ready"


# Everything else ------------------------------------------------------------------------------------------------

KEEPING: list[dict[str, Any]] = [
    {"training": {"learning_rate": 0.5}},
    {"training": {"schedule": "cosine"}},
    {"training": {"optimizer": "sgd"}},
    {"training": {"batch_size": 3, "batching": "carry"}},
    {"training": {"early_stopping": {}}},
    {"regularizer": "l2"},
    {"loss": "squared_error"},
    {"seed": 5},
    {"initializer": "he_normal"},
    {"data": {"kind": "circle", "points": 120}},
    {"data": {"kind": "spiral", "points": 200, "noise": 0.3}},
]


@pytest.mark.parametrize("changed", KEEPING)
def test_weights_are_kept(changed: dict[str, Any]) -> None:
    trainer = trained(experiment(A, B))
    trainer.advance(steps=2)
    w = trainer.state.parameters.copy()
    trainer.configure(experiment(A, B, **changed))
    assert np.array_equal(trainer.state.parameters, w)
    assert trainer.advance(epochs=3) == "ready"


def test_another_optimizer_starts_without_memory_and_the_same_one_keeps_it() -> None:
    trainer = trained(experiment(A, B))
    trainer.configure(experiment(A, B, training={"optimizer": {"kind": "adam", "beta1": 0.5}}))
    assert trainer.state.optimizer_steps > 0
    trainer.configure(experiment(A, B, training={"optimizer": "nadam"}))
    assert trainer.state.optimizer_steps == 0
    assert not trainer.state.slots.any()


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_reset_returns_to_the_bit_same_start(precision: str) -> None:
    trainer = Trainer(experiment(A, B, precision=precision), engine="reference")
    start = trainer.state.parameters.copy()
    trainer.advance(epochs=5)
    trainer.configure(experiment(A, ("X", 3, {}), B, precision=precision))
    trainer.advance(epochs=5)
    trainer.configure(experiment(A, B, precision=precision))
    trainer.reset()
    assert np.array_equal(trainer.state.parameters, start)
    fresh = Trainer(experiment(A, B, precision=precision), engine="reference")
    for one in (trainer, fresh):
        one.advance(epochs=3)
    assert np.array_equal(trainer.state.parameters, fresh.state.parameters)


def test_reset_returns_to_weights_that_were_given() -> None:
    given = {"W0": np.full((6, 2), 0.25)}
    trainer = Trainer(experiment(A, B), initial=given, engine="reference")
    start = trainer.state.parameters.copy()
    trainer.advance(epochs=2)
    trainer.configure(experiment(("A", 7, {}), B))
    trainer.reset()
    trainer.configure(experiment(A, B))
    trainer.reset()
    assert np.array_equal(trainer.state.parameters, start)
    assert np.all(trainer.parameters()["W0"] == 0.25)


def test_precision_changes_on_the_way_and_with_the_structure() -> None:
    trainer = trained(experiment(A, B))
    trainer.configure(experiment(A, new("relu"), B, precision="float32"))
    assert trainer.state.parameters.dtype == np.float32
    assert trainer.state.slots.dtype == np.float32
    assert trainer.advance(epochs=1) == "ready"


def test_a_name_alone_changes_nothing_in_the_numbers() -> None:
    chosen = experiment(A, B)
    through, renamed = trained(chosen), trained(chosen)
    renamed.configure(msgspec.structs.replace(chosen, name="other"))
    for one in (through, renamed):
        one.advance(epochs=3)
    assert np.array_equal(through.state.parameters, renamed.state.parameters)


def test_a_changed_seed_acts_at_the_next_reset() -> None:
    layers = (Layer(6, Tanh(), dropout=0.3),)
    experiment = Experiment(layers=layers, training=Training(weight_noise=0.01))
    other = msgspec.structs.replace(experiment, seed=5)
    changed, same = Trainer(experiment, engine="reference"), Trainer(experiment, engine="reference")
    for trainer in (changed, same):
        trainer.advance(steps=3)
    changed.configure(other)
    for trainer in (changed, same):
        trainer.advance(steps=30)
    np.testing.assert_array_equal(changed.state.parameters, same.state.parameters)
    changed.reset()
    fresh = Trainer(other, engine="reference")
    for trainer in (changed, fresh):
        trainer.advance(steps=30)
    np.testing.assert_array_equal(changed.state.parameters, fresh.state.parameters)


def test_a_change_that_fails_on_its_way_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise MemoryError

    trainer, same = Trainer(experiment(A, B), engine="reference"), Trainer(experiment(A, B), engine="reference")
    for one in (trainer, same):
        one.advance(steps=40)
    before = trainer.checkpoint(), trainer.snapshot()
    other = msgspec.structs.replace(experiment(A), precision="float64")
    monkeypatch.setattr(changes, "describe_losses", fail)
    with pytest.raises(MemoryError):
        trainer.configure(with_value(other, "training.optimizer", Sgd()))
    moment, snapshot = trainer.checkpoint(), trainer.snapshot()
    assert moment.experiment == before[0].experiment
    assert moment.state.parameters.dtype == before[0].state.parameters.dtype
    assert (snapshot.notes, snapshot.changes, snapshot.status) == (before[1].notes, before[1].changes, "ready")
    np.testing.assert_array_equal(snapshot.gradients.gradient_rms, before[1].gradients.gradient_rms)
    for one in (trainer, same):
        one.advance(steps=40)
    np.testing.assert_array_equal(trainer.state.parameters, same.state.parameters)


def test_a_table_that_has_another_class_since_takes_no_weights_from_before(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"

    def write(classes: str) -> None:
        rows = [f"{number % 7},{number % 5},{classes[number % len(classes)]}" for number in range(60)]
        file.write_text("\n".join(["a,b,c", *rows]))

    write("no")
    chosen = msgspec.structs.replace(experiment(A, B), data=Table(path=str(file), x1="a", x2="b", target="c"))
    trainer = Trainer(chosen, engine="reference")
    trainer.advance(epochs=2)
    moment = trainer.checkpoint()
    trainer.configure(experiment(A, B))
    write("yes")
    assert OTHER_POINTS in trainer.configure(chosen, memory=moment)
    assert trainer.advance(epochs=1) == "ready"
    trainer.restore(moment)
    assert trainer.snapshot().notes == (OTHER_POINTS,)
    assert trainer.advance(epochs=1) == "ready"


def test_a_moment_within_an_epoch_is_restored_though_its_table_has_fewer_rows_by_now(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"

    def write(rows: int) -> None:
        file.write_text("\n".join(["a,b,c", *(f"{number},{number % 5},{number % 2}" for number in range(rows))]))

    write(200)
    data = Table(path=str(file), x1="a", x2="b", target="c")
    trainer = Trainer(msgspec.structs.replace(experiment(A, B), data=data), engine="reference")
    trainer.advance(steps=3)
    moment = trainer.checkpoint()
    write(20)
    other = Trainer(experiment(A, B), engine="reference")
    other.restore(moment)
    assert moment.state.position > other.setup.points > other.state.position == 0
    assert other.advance(epochs=2) == "ready"
