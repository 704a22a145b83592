"""The trainer: repeatable, resumable, learning, and taking every change in the middle of a run."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from msgspec.structs import fields, replace

from playground import Experiment, InputError, Layer, Trainer, Training
from playground.catalog.activations import Activation, LeakyRelu, Relu, Tanh
from playground.catalog.choice import Array, kind_of, members
from playground.catalog.datasets.base import TEST, Adjustable, Dataset
from playground.catalog.datasets.shapes import Circle, Gaussians, Hills, Spiral, TiltedPlane, Xor
from playground.catalog.datasets.table import Table
from playground.catalog.initializers import HeNormal, Initializer, Zeros
from playground.catalog.losses import CrossEntropy, SquaredError
from playground.catalog.optimizers import Adam, Momentum, Optimizer, Sgd
from playground.catalog.regularizers import L1, L2
from playground.interop.opening import RESOURCES
from playground.measure.requests import BoundaryRequest, FinalTestRequest, WholeSetRequest
from playground.run.timeline import Timeline
from playground.run.trainer import EngineName

GENERATORS = [kind for kind in members(Dataset).values() if kind_of(kind) not in ("table", "points", "tfplayground")]


def penguins() -> Table:
    return Table(path=str(RESOURCES / "data/penguins.csv"), x1="bill_length_mm", x2="bill_depth_mm", target="species")


def with_training(experiment: Experiment, **changes: object) -> Experiment:
    return replace(experiment, training=replace(experiment.training, **changes))


def with_layer(experiment: Experiment, place: int, **changes: object) -> Experiment:
    layers = list(experiment.layers)
    layers[place] = replace(layers[place], **changes)
    return replace(experiment, layers=tuple(layers))


def assert_same_state(a: Trainer, b: Trainer) -> None:
    for field in dataclasses.fields(a.state):
        np.testing.assert_array_equal(getattr(a.state, field.name), getattr(b.state, field.name), err_msg=field.name)


def copied_parameters(trainer: Trainer) -> dict[str, Array]:
    return {name: values.copy() for name, values in trainer.parameters().items()}


@pytest.fixture
def demanding(experiment: Experiment) -> Experiment:
    """An experiment in which every kind of memory matters: carry, dropout, noise, Adam's slots, a short last batch."""
    training = replace(experiment.training, batch_size=7, batching="carry", weight_noise=0.001, weight_decay=0.01)
    layers = tuple(replace(layer, dropout=0.3) for layer in experiment.layers)
    return replace(experiment, precision="float32", layers=layers, training=training, regularizer=L1())


# Repeating and resuming -----------------------------------------------------------------------------------------


def test_two_runs_are_the_same_bit_for_bit(demanding: Experiment) -> None:
    first, second = Trainer(demanding, engine="reference"), Trainer(demanding, engine="reference")
    first.advance(epochs=5)
    second.advance(epochs=2)
    second.advance(steps=3)
    second.advance(seconds=0)
    while second.state.step < first.state.step:
        second.advance(steps=1)
    assert_same_state(first, second)
    for a, b in zip(first.snapshot().history[:7], second.snapshot().history[:7], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("stop", [0, 1, 6, 7, 17])
def test_going_on_from_a_checkpoint_equals_never_having_stopped(demanding: Experiment, stop: int) -> None:
    uninterrupted = Trainer(demanding, engine="reference")
    uninterrupted.advance(steps=stop)
    checkpoint = uninterrupted.checkpoint()
    uninterrupted.advance(steps=20)
    elsewhere = Trainer(Experiment(), engine="reference")
    elsewhere.advance(steps=2)
    elsewhere.restore(checkpoint)
    elsewhere.advance(steps=20)
    assert_same_state(uninterrupted, elsewhere)
    again = Trainer(Experiment(), engine="reference")
    again.restore(checkpoint)
    assert again.state.step == stop
    again.advance(steps=20)
    assert_same_state(uninterrupted, again)


@pytest.mark.parametrize("optimizer", [kind() for kind in members(Optimizer).values()], ids=repr)
def test_every_optimizer_resumes_exactly(demanding: Experiment, optimizer: Optimizer) -> None:
    trainer = Trainer(with_training(demanding, optimizer=optimizer), engine="reference")
    trainer.advance(steps=9)
    other = Trainer(trainer.experiment, engine="reference")
    other.restore(trainer.checkpoint())
    for each in (trainer, other):
        each.advance(steps=9)
    assert_same_state(trainer, other)


def test_a_checkpoint_is_safe_from_what_training_does_next(trainer: Trainer) -> None:
    trainer.advance(steps=3)
    checkpoint = trainer.checkpoint()
    before = checkpoint.state.copy()
    trainer.advance(steps=3)
    for field in dataclasses.fields(before):
        np.testing.assert_array_equal(getattr(checkpoint.state, field.name), getattr(before, field.name))


def test_another_seed_gives_another_run(experiment: Experiment) -> None:
    weights = [Trainer(replace(experiment, seed=seed), engine="reference").state.parameters for seed in (0, 1, 0)]
    assert not np.array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[0], weights[2])


def test_reset_returns_to_the_very_same_initial_weights(trainer: Trainer) -> None:
    fresh = Trainer(trainer.experiment, engine="reference")
    trainer.advance(epochs=3)
    trainer.reset()
    assert_same_state(trainer, fresh)
    assert trainer.seconds == 0 and len(trainer.snapshot().history.epoch) == 1
    trainer.advance(steps=5)
    fresh.advance(steps=5)
    assert_same_state(trainer, fresh)


def test_given_weights_are_the_start_and_what_reset_returns_to(experiment: Experiment) -> None:
    initial = {
        name: np.full(w.shape, 0.1)
        for name, w in Trainer(experiment, engine="reference").parameters().items()
        if name != "b0"
    }
    trainer = Trainer(experiment, initial=initial, engine="reference")
    for _ in range(2):
        for name, w in trainer.parameters().items():
            np.testing.assert_array_equal(w, 0.0 if name == "b0" else 0.1)
        trainer.advance(steps=2)
        trainer.reset()


def test_reset_after_a_structural_change_uses_the_given_weights_that_still_fit(experiment: Experiment) -> None:
    initial = {name: np.full(w.shape, 0.1) for name, w in Trainer(experiment, engine="reference").parameters().items()}
    trainer = Trainer(experiment, initial=initial, engine="reference")
    trainer.configure(with_layer(experiment, 1, units=9))
    trainer.reset()
    np.testing.assert_array_equal(trainer.parameters()["W0"], 0.1)
    assert trainer.parameters()["W1"].shape == (9, 6)
    trainer.configure(experiment)
    trainer.reset()
    np.testing.assert_array_equal(trainer.parameters()["W1"], 0.1)


@pytest.mark.parametrize(
    ("bad", "allowed"),
    [
        ({"W9": np.zeros((1, 1))}, "W0, b0, W1, b1, W2, b2"),
        ({"W0": np.zeros((2, 6))}, "(6, 2)"),
        ({"b0": np.full(6, math.nan)}, "finite"),
        ({"b0": np.zeros(6), "b1": np.full(6, math.inf)}, "finite"),
    ],
)
def test_weights_that_do_not_fit_are_refused_and_change_nothing(
    trainer: Trainer, bad: dict[str, Array], allowed: str
) -> None:
    before = trainer.state.parameters.copy()
    with pytest.raises(InputError) as error:
        trainer.set_parameters(bad)
    assert error.value.path in bad and allowed in error.value.allowed
    np.testing.assert_array_equal(trainer.state.parameters, before)


def test_weights_too_large_for_the_precision_are_refused() -> None:
    with pytest.raises(InputError, match="W0"):
        Trainer(Experiment(), initial={"W0": np.array([[1e300, 0]])}, engine="reference")


# Initial weights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("glorot_uniform", ("uniform", math.sqrt(6 / 500))),
        ("glorot_normal", ("normal", math.sqrt(2 / 500))),
        ("he_uniform", ("uniform", math.sqrt(6 / 300))),
        ("he_normal", ("normal", math.sqrt(2 / 300))),
        ("uniform", ("uniform", 0.5)),
        ("normal", ("normal", 0.1)),
        ("zeros", ("zero", 0.0)),
    ],
)
def test_initializers_have_their_textbook_spread(kind: str, expected: tuple[str, float]) -> None:
    w = members(Initializer)[kind]().weights(200, 300, np.random.default_rng(0))
    shape, size = expected
    assert w.shape == (200, 300)
    if shape == "uniform":
        assert np.abs(w).max() <= size and np.abs(w).max() > 0.999 * size
        assert w.std() == pytest.approx(size / math.sqrt(3), rel=0.02)
    else:
        assert w.std() == pytest.approx(size, rel=0.02)
        assert shape == "zero" or np.abs(w).max() > 3.5 * size
    assert abs(w.mean()) <= 0.02 * size


def test_layers_take_their_own_initializer_and_all_biases_the_same_start(experiment: Experiment) -> None:
    trainer = Trainer(
        replace(with_layer(experiment, 0, initializer=Zeros()), bias=0.25, initializer=HeNormal()), engine="reference"
    )
    parameters = trainer.parameters()
    np.testing.assert_array_equal(parameters["W0"], 0)
    assert (parameters["W1"] != 0).all() and (parameters["W2"] != 0).all()
    for name in ("b0", "b1", "b2"):
        np.testing.assert_array_equal(parameters[name], 0.25)


# Learning -------------------------------------------------------------------------------------------------------

GOOD = {"plane": 0.95, "hills": 0.6, "ripple": 0.3, "spiral": 0.9, "checkerboard": 0.8}


@pytest.mark.parametrize("kind", GENERATORS, ids=kind_of)
def test_every_data_set_can_be_learned(kind: type[Dataset]) -> None:
    layers = (Layer(units=24, activation=Tanh()), Layer(units=16, activation=Tanh()))
    trainer = Trainer(
        Experiment(data=kind(), layers=layers, training=Training(learning_rate=0.02, batch_size=16)), engine="reference"
    )
    trainer.advance(epochs=120)
    score = trainer.evaluate().train_accuracy
    assert score is not None and score > GOOD.get(kind_of(kind), 0.95)


def test_circle_is_learned_beyond_the_training_points() -> None:
    layers = (Layer(units=8, activation=Tanh()),)
    trainer = Trainer(Experiment(layers=layers, training=Training(learning_rate=0.03)), engine="reference")
    trainer.advance(epochs=60)
    assert (trainer.evaluate().validation_accuracy or 0) > 0.95


def test_plane_is_fitted_by_a_single_linear_unit() -> None:
    trainer = Trainer(Experiment(data=TiltedPlane()), engine="reference")
    trainer.advance(epochs=60)
    assert (trainer.evaluate().validation_accuracy or 0) > 0.95


@pytest.mark.parametrize("optimizer", [kind() for kind in members(Optimizer).values()], ids=repr)
def test_every_optimizer_learns(optimizer: Optimizer) -> None:
    training = Training(optimizer=optimizer, learning_rate={"adadelta": 1.0}.get(optimizer.kind, 0.05), batch_size=10)
    trainer = Trainer(
        Experiment(data=Gaussians(), layers=(Layer(units=4, activation=Tanh()),), training=training), engine="reference"
    )
    before = trainer.evaluate().train_loss
    trainer.advance(epochs=20)
    after = trainer.evaluate()
    assert (after.validation_accuracy or 0) > 0.95
    assert after.train_loss is not None and before is not None and after.train_loss < before / 2


@pytest.mark.parametrize("activation", [kind() for kind in members(Activation).values()], ids=repr)
def test_every_activation_learns_what_a_line_can_do(activation: Activation) -> None:
    layers = (Layer(units=6, activation=activation),)
    trainer = Trainer(
        Experiment(data=Gaussians(), layers=layers, training=Training(learning_rate=0.03)), engine="reference"
    )
    trainer.advance(epochs=30)
    assert (trainer.evaluate().train_accuracy or 0) > 0.95


# Stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "reached"), [({"steps": 3}, (3, 0)), ({"epochs": 2}, (10, 2)), ({"steps": 5}, (5, 1))]
)
def test_advance_stops_where_it_is_told(trainer: Trainer, limit: dict[str, int], reached: tuple[int, int]) -> None:
    assert trainer.advance(**limit) == "ready"
    assert (trainer.state.step, trainer.state.epoch) == reached


def test_advance_stops_in_time_but_not_before_one_step(trainer: Trainer) -> None:
    trainer.advance(seconds=0)
    assert trainer.state.step == 1


def test_training_is_complete_when_its_epochs_are_done(experiment: Experiment) -> None:
    trainer = Trainer(with_training(experiment, epochs=2), engine="reference")
    assert trainer.advance(seconds=60) == "completed"
    assert trainer.state.epoch == 2
    trainer.advance(steps=5)
    assert trainer.state.step == 10
    trainer.configure(with_training(experiment, epochs=3))
    assert trainer.advance(seconds=60) == "completed"
    assert trainer.state.epoch == 3


def test_zero_epochs_train_nothing(experiment: Experiment) -> None:
    trainer = Trainer(with_training(experiment, epochs=0), engine="reference")
    assert trainer.advance(seconds=60) == "completed"
    assert trainer.state.step == 0


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_divergence_keeps_the_last_finite_weights_and_says_what_happened(precision: str) -> None:
    experiment = Experiment(
        data=TiltedPlane(),
        precision=precision,
        layers=(Layer(units=8, activation=Relu(), id="A"), Layer(units=8, activation=Relu(), id="B")),
        training=Training(optimizer=Sgd(), learning_rate=50.0),
    )
    trainer = Trainer(experiment, engine="reference")
    assert trainer.advance(epochs=100) == "diverged"
    assert np.isfinite(trainer.state.parameters).all()
    snapshot = trainer.snapshot([BoundaryRequest(5)])
    assert f"step {snapshot.step}" in snapshot.problem
    assert any(f"in {name} was" in snapshot.problem for name in ("layer A", "layer B", "the output layer"))
    assert "learning rate 50 " in snapshot.problem and "smaller" in snapshot.problem and "clip" in snapshot.problem
    assert np.isfinite(snapshot.history.train_loss).all()
    assert np.isfinite(snapshot.answer(BoundaryRequest)).all()
    step = trainer.state.step
    assert trainer.advance(steps=5) == "diverged" and trainer.state.step == step
    trainer.reset()
    assert (trainer.status, trainer.snapshot().problem) == ("ready", "")


@pytest.mark.parametrize("part", ["validation", "train"])
def test_a_loss_that_is_not_finite_at_the_end_of_an_epoch_is_divergence(trainer: Trainer, part: str) -> None:
    """The updates may be fine and the loss of a whole set overflow."""
    trainer.advance(epochs=1)
    getattr(trainer.setup, part).targets[:] = np.inf
    assert trainer.advance(epochs=1) == "diverged"
    assert np.isfinite(trainer.state.parameters).all()
    np.testing.assert_array_equal(trainer.snapshot().history.epoch, [0, 1])


def test_after_divergence_a_smaller_learning_rate_goes_on(experiment: Experiment) -> None:
    reckless = with_training(replace(experiment, data=TiltedPlane()), optimizer=Sgd(), learning_rate=1e9)
    trainer = Trainer(reckless, engine="reference")
    trainer.advance(epochs=50)
    assert trainer.status == "diverged"
    trainer.configure(with_training(reckless, learning_rate=1e-9))
    assert trainer.status == "ready"
    trainer.set_parameters({name: 0 * w for name, w in trainer.parameters().items()})
    step = trainer.state.step
    assert trainer.advance(steps=3) == "ready" and trainer.state.step == step + 3


# Live changes ---------------------------------------------------------------------------------------------------


def another(value: Any, name: str) -> Any:
    """A value of a field that differs from the present one."""
    special: dict[str, Any] = {
        "optimizer": Momentum(),
        "activation": LeakyRelu(),
        "initializer": HeNormal(),
        "regularizer": L2(strength=0.3),
        "clip_norm": 0.01,
        "epochs": 1000,
        "batching": "drop",
    }
    if name in special:
        return special[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 3
    return value + 0.125


def in_the_middle(experiment: Experiment) -> Trainer:
    trainer = Trainer(experiment, engine="reference")
    trainer.advance(steps=8)
    return trainer


TRAINING_FIELDS = [field for field in fields(Training) if field.name in {
    "optimizer", "learning_rate", "batch_size", "batching", "shuffle", "weight_decay", "weight_noise", "clip_norm",
    "epochs",
}]  # fmt: skip


@pytest.mark.parametrize("field", TRAINING_FIELDS, ids=lambda field: field.name)
def test_every_training_setting_takes_effect_in_the_middle_of_a_run(experiment: Experiment, field: Any) -> None:
    experiment = with_training(experiment, batch_size=11)
    value = another(getattr(experiment.training, field.name), field.name)
    changed = with_training(experiment, **{field.name: value})
    trainer, unchanged = in_the_middle(experiment), in_the_middle(experiment)
    weights = trainer.state.parameters.copy()
    assert trainer.configure(changed) == ()
    assert trainer.state.step == 8
    np.testing.assert_array_equal(trainer.state.parameters, weights)
    for each in (trainer, unchanged):
        each.advance(epochs=2)
    assert trainer.state.step > 8
    if field.name != "epochs":
        assert not np.array_equal(trainer.state.parameters, unchanged.state.parameters)


LAYER_FIELDS = [field for field in fields(Layer) if field.name in {
    "activation", "dropout", "regularizer", "trainable"
}]  # fmt: skip


@pytest.mark.parametrize("field", LAYER_FIELDS, ids=lambda field: field.name)
def test_every_layer_setting_of_the_same_shape_takes_effect_and_keeps_the_weights(
    experiment: Experiment, field: Any
) -> None:
    value = another(getattr(experiment.layers[0], field.name), field.name)
    changed = with_layer(experiment, 0, **{field.name: value})
    trainer, unchanged = in_the_middle(experiment), in_the_middle(experiment)
    weights = trainer.state.parameters.copy()
    trainer.configure(changed)
    np.testing.assert_array_equal(trainer.state.parameters, weights)
    for each in (trainer, unchanged):
        each.advance(steps=3)
    assert trainer.state.step == 11
    assert not np.array_equal(trainer.state.parameters, unchanged.state.parameters)


DATA_FIELDS = ["points", "noise", "label_noise", "seed", "validation_fraction", "test_fraction"]


@pytest.mark.parametrize("name", DATA_FIELDS)
def test_every_data_setting_takes_effect_and_keeps_the_weights(experiment: Experiment, name: str) -> None:
    value = another(getattr(experiment.data, name), name)
    changed = replace(experiment, data=replace(experiment.data, **{name: value}))
    trainer = in_the_middle(experiment)
    weights, before = trainer.state.parameters.copy(), trainer.sample
    trainer.configure(changed)
    np.testing.assert_array_equal(trainer.state.parameters, weights)
    assert trainer.state.step == 8
    after = trainer.snapshot().sample
    assert not all(np.array_equal(getattr(before, part), getattr(after, part)) for part in ("x", "labels", "split"))
    assert trainer.advance(epochs=1) == "ready" and trainer.state.step > 8


@pytest.mark.parametrize("kind", GENERATORS, ids=kind_of)
def test_another_data_set_keeps_the_hidden_weights(experiment: Experiment, kind: type[Dataset]) -> None:
    trainer = in_the_middle(experiment)
    weights = copied_parameters(trainer)
    trainer.configure(replace(experiment, data=kind()))
    for name in ("W0", "b0", "W1", "b1"):
        np.testing.assert_array_equal(trainer.parameters()[name], weights[name])
    assert trainer.state.step == 8
    trainer.advance(steps=3)
    assert trainer.state.step == 11


@pytest.mark.parametrize(
    "change",
    [
        lambda e: replace(e, loss=SquaredError()),
        lambda e: replace(e, loss=CrossEntropy()),
        lambda e: replace(e, regularizer=L2(strength=0.1)),
        lambda e: replace(e, name="another name"),
        lambda e: replace(e, initializer=HeNormal()),
        lambda e: replace(e, bias=1.0),
        lambda e: replace(e, seed=9),
        lambda e: with_layer(e, 0, id="another"),
    ],
)
def test_changes_that_keep_the_shapes_keep_the_weights(
    experiment: Experiment, change: Callable[[Experiment], Experiment]
) -> None:
    trainer = in_the_middle(experiment)
    weights, slots = trainer.state.parameters.copy(), trainer.state.slots.copy()
    trainer.configure(change(experiment))
    if trainer.experiment.layers[0].id == "A":
        np.testing.assert_array_equal(trainer.state.parameters, weights)
        np.testing.assert_array_equal(trainer.state.slots, slots)
    trainer.advance(steps=1)
    assert trainer.state.step == 9


def test_a_changed_initializer_seed_or_bias_acts_at_the_next_reset(experiment: Experiment) -> None:
    changed = replace(experiment, seed=5, bias=0.5, initializer=HeNormal())
    trainer = in_the_middle(experiment)
    trainer.configure(changed)
    trainer.reset()
    np.testing.assert_array_equal(trainer.state.parameters, Trainer(changed, engine="reference").state.parameters)


def test_a_new_optimizer_keeps_the_weights_and_starts_without_memory(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    weights = trainer.state.parameters.copy()
    trainer.configure(with_training(trainer.experiment, optimizer=Momentum()))
    np.testing.assert_array_equal(trainer.state.parameters, weights)
    assert trainer.state.slots.shape == (1, trainer.network.size) and not trainer.state.slots.any()
    assert (trainer.state.step, trainer.state.optimizer_steps) == (8, 0)


def test_another_setting_of_the_same_optimizer_keeps_its_memory(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    slots = trainer.state.slots.copy()
    trainer.configure(with_training(trainer.experiment, optimizer=Adam(beta1=0.5)))
    np.testing.assert_array_equal(trainer.state.slots, slots)
    assert trainer.state.optimizer_steps == 8


def test_precision_can_be_changed_in_the_middle_of_a_run(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    weights = trainer.state.parameters.copy()
    trainer.configure(replace(trainer.experiment, precision="float32"))
    np.testing.assert_array_equal(trainer.state.parameters, weights.astype(np.float32))
    trainer.advance(steps=2)
    assert trainer.state.parameters.dtype == trainer.state.slots.dtype == np.float32


def test_two_layers_that_swap_places_take_their_weights_along(experiment: Experiment) -> None:
    layers = tuple(Layer(units=6, activation=Tanh(), id=name) for name in "ABCD")
    trainer = in_the_middle(replace(experiment, layers=layers))
    before = copied_parameters(trainer)
    slots = trainer.state.slots.copy()
    trainer.configure(replace(trainer.experiment, layers=(layers[0], layers[2], layers[1], layers[3])))
    after = trainer.parameters()
    for new, old in (("0", "0"), ("1", "2"), ("2", "1"), ("3", "3"), ("4", "4")):
        np.testing.assert_array_equal(after[f"W{new}"], before[f"W{old}"])
        np.testing.assert_array_equal(after[f"b{new}"], before[f"b{old}"])
    moved = trainer.network.layers
    np.testing.assert_array_equal(moved[1].W(trainer.state.slots[0]), moved[2].W(slots[0]))
    assert trainer.state.step == 8
    trainer.configure(replace(trainer.experiment, layers=layers))
    for name, values in trainer.parameters().items():
        np.testing.assert_array_equal(values, before[name])


def test_without_ids_layers_keep_their_place(experiment: Experiment) -> None:
    layers = tuple(replace(layer, id=None) for layer in experiment.layers)
    trainer = in_the_middle(replace(experiment, layers=layers))
    before = copied_parameters(trainer)
    trainer.configure(replace(trainer.experiment, layers=(*layers, Layer(units=6))))
    for name in ("W0", "b0", "W1", "b1"):
        np.testing.assert_array_equal(trainer.parameters()[name], before[name])


def test_a_wider_layer_keeps_its_units_and_a_narrower_one_loses_the_last(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    experiment, before = trainer.experiment, copied_parameters(trainer)
    trainer.configure(with_layer(experiment, 0, units=9))
    wide = copied_parameters(trainer)
    np.testing.assert_array_equal(wide["W0"][:6], before["W0"])
    np.testing.assert_array_equal(wide["b0"][:6], before["b0"])
    np.testing.assert_array_equal(wide["W1"][:, :6], before["W1"])
    assert (wide["W0"][6:] != 0).all()
    assert (wide["W1"][:, 6:] == 0).all()
    notes = trainer.configure(with_layer(experiment, 0, units=4))
    np.testing.assert_array_equal(trainer.parameters()["W0"], before["W0"][:4])
    np.testing.assert_array_equal(trainer.parameters()["W1"], before["W1"][:, :4])
    assert notes == ("The last 5 units of layer A were removed.",)
    assert trainer.state.step == 8


def test_a_removed_layer_comes_back_with_its_weights(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    experiment, before, memory = trainer.experiment, copied_parameters(trainer), trainer.checkpoint()
    assert trainer.configure(replace(experiment, layers=experiment.layers[1:])) == (
        "The 6 units of layer A were removed.",
        "Layer B now has different inputs, so its weights were initialized again.",
    )
    trainer.configure(experiment, memory=memory)
    for name, values in trainer.parameters().items():
        np.testing.assert_array_equal(values, before[name])


def test_a_structural_change_keeps_the_optimizers_memory_and_its_age(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    layer, slots = trainer.network.layers[0], trainer.state.slots.copy()
    trainer.configure(with_layer(trainer.experiment, 0, units=9))
    assert trainer.state.optimizer_steps == 8
    for new, old in zip(trainer.state.slots, slots, strict=True):
        np.testing.assert_array_equal(trainer.network.layers[0].W(new)[:6], layer.W(old))


def test_another_number_of_points_starts_the_epoch_again(experiment: Experiment) -> None:
    trainer = in_the_middle(with_training(experiment, batching="carry", batch_size=7))
    assert trainer.state.position == 14
    trainer.configure(replace(trainer.experiment, data=replace(experiment.data, points=16)))
    assert (trainer.state.position, trainer.state.carried_points) == (0, 0)


def test_features_keep_their_weights_by_name(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    before = trainer.parameters()["W0"].copy()
    trainer.configure(replace(trainer.experiment, features=("x2", "radius", "x1")))
    after = trainer.parameters()["W0"]
    np.testing.assert_array_equal(after[:, [2, 0]], before)


def test_a_refused_experiment_changes_nothing(trainer: Trainer) -> None:
    trainer.advance(steps=8)
    experiment, state = trainer.experiment, trainer.state.copy()
    for bad in (
        replace(experiment, seed=-1),
        replace(experiment, data=Table(path="missing.csv", x1="a", x2="b", target="c")),
        replace(experiment, data=TiltedPlane(), loss=CrossEntropy()),
    ):
        with pytest.raises(InputError):
            trainer.configure(bad)
        assert trainer.experiment is experiment
        for field in dataclasses.fields(state):
            np.testing.assert_array_equal(getattr(trainer.state, field.name), getattr(state, field.name))
    assert trainer.advance(steps=1) == "ready"


def test_before_the_first_update_the_history_starts_with_the_present_network(trainer: Trainer) -> None:
    trainer.configure(with_layer(trainer.experiment, 0, units=3))
    history = trainer.snapshot().history
    assert len(history.epoch) == 1
    assert history.train_loss[0] == trainer.evaluate().train_loss


# What is measured -----------------------------------------------------------------------------------------------


def test_histories_only_grow_and_old_views_stay_as_they_were(trainer: Trainer) -> None:
    trainer.advance(epochs=3)
    early = trainer.snapshot()
    columns = [*early.history, *early.gradients]
    before = [column.copy() for column in columns]
    trainer.advance(epochs=600)
    late = [*trainer.snapshot().history, *trainer.snapshot().gradients]
    for column, was, later in zip(columns, before, late, strict=True):
        np.testing.assert_array_equal(column, was)
        np.testing.assert_array_equal(later[: len(was)], was)
        assert len(later) > len(was)


def test_a_timeline_keeps_its_columns_when_layers_move() -> None:
    timeline = Timeline(2)
    for row in range(300):
        timeline.append([row, -row])
    moved = timeline.rearranged([1, None, 0])
    np.testing.assert_array_equal(moved.view()[:, [0, 2]], timeline.view()[:, [1, 0]])
    assert np.isnan(moved.view()[:, 1]).all()
    moved.append([1, 2, 3])
    assert len(timeline.view()) == 300 and len(moved.view()) == 301


def test_snapshot_arrays_can_not_be_changed(trainer: Trainer) -> None:
    trainer.advance(epochs=1)
    snapshot = trainer.snapshot([BoundaryRequest(8)])
    sample = snapshot.sample
    boundary = snapshot.answer(BoundaryRequest)
    arrays = [*snapshot.history, *snapshot.gradients, boundary, sample.x, sample.labels, sample.split]
    for array in arrays:
        assert array is not None and not array.flags.writeable
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(AttributeError):
        snapshot.step = 0  # type: ignore[misc]


@pytest.mark.parametrize(
    "data", [Circle(points=50), TiltedPlane(points=50), Hills(points=50), Xor(points=50, noise=0.2)]
)
@pytest.mark.parametrize("loss", [None, SquaredError(), SquaredError(output="sigmoid"), SquaredError(output="linear")])
def test_evaluation_agrees_with_the_formulas(data: Dataset, loss: SquaredError | None) -> None:
    layers = (Layer(units=4, activation=Tanh(), dropout=0.2),)
    trainer = Trainer(
        Experiment(data=data, layers=layers, loss=loss, precision="float64", regularizer=L2(strength=1)),
        engine="reference",
    )
    trainer.advance(epochs=2)
    w, task = trainer.parameters(), trainer.sample.task
    used = loss.resolved(task) if loss else trainer.network.loss
    results = []
    for which in (0, 1):
        x, labels = trainer.sample.part(which)
        o = (w["W1"] @ np.tanh(w["W0"] @ x.T + w["b0"][:, None]) + w["b1"][:, None])[0]
        if isinstance(used, CrossEntropy):
            p = 1 / (1 + np.exp(-o))
            losses, right = -np.log(np.where(labels == 1, p, 1 - p)), (o >= 0) == labels
        else:
            assert isinstance(used, SquaredError)
            o = {"linear": o, "tanh": np.tanh(o), "sigmoid": 1 / (1 + np.exp(-o))}[used.output_activation]
            low = 0 if used.output == "sigmoid" else -1
            t = np.where(labels == 1, 1, low) if task == "classification" else labels
            losses, right = (o - t) ** 2 / 2, (o >= (1 + low) / 2) == labels
        r2 = 1 - np.sum((o - labels) ** 2) / np.sum((labels - labels.mean()) ** 2)
        results.append((losses.mean(), right.mean() if task == "classification" else r2))
    evaluation = trainer.evaluate()
    expected = [results[0][0], results[1][0], results[0][1], results[1][1]]
    np.testing.assert_allclose(np.array(evaluation, float), expected, rtol=1e-12)


@pytest.mark.parametrize("data", [Spiral(points=100, noise=0.2), Hills(points=100)], ids=["classes", "values"])
@pytest.mark.parametrize("engine", ["reference", "compiled"])
def test_the_test_points_are_measured_on_request_alone(data: Dataset, engine: EngineName) -> None:
    data = replace(data, validation_fraction=0.3, test_fraction=0.2)
    trainer = Trainer(Experiment(data=data, layers=(Layer(4, Tanh()),), precision="float64"), engine=engine)
    trainer.advance(epochs=3)
    assert trainer.snapshot().answer(FinalTestRequest) is None
    result = FinalTestRequest().answer(trainer)
    assert result is not None and result.points == 20
    x, labels = trainer.sample.part(TEST)
    o = trainer.predict(x)
    if trainer.sample.task == "regression":
        loss = np.mean(0.5 * (o[0] - labels) ** 2)
        score = 1 - np.sum((labels - o[0]) ** 2) / np.sum((labels - labels.mean()) ** 2)
    else:
        loss = np.mean(np.log1p(np.exp(np.where(labels == 1, -o[0], o[0]))))
        score = np.mean((o[0] >= 0) == (labels == 1))
    assert (result.loss, result.accuracy) == pytest.approx((loss, score))


def test_measuring_the_test_changes_nothing(experiment: Experiment) -> None:
    experiment = replace(experiment, data=replace(experiment.data, validation_fraction=0.3, test_fraction=0.3))
    looking, other = Trainer(experiment, engine="reference"), Trainer(experiment, engine="reference")
    for trainer in (looking, other):
        for _ in range(3):
            trainer.advance(epochs=1)
            trainer.snapshot([FinalTestRequest()] if trainer is looking else [])
    assert_same_state(looking, other)


def test_without_test_points_there_is_no_result(experiment: Experiment) -> None:
    assert not experiment.data.tests
    assert FinalTestRequest().answer(Trainer(experiment, engine="reference")) is None


def test_evaluation_has_nothing_to_say_without_points(experiment: Experiment) -> None:
    trainer = Trainer(replace(experiment, data=Circle(points=20, validation_fraction=0.0)), engine="reference")
    trainer.advance(epochs=1)
    evaluation = trainer.evaluate()
    assert (evaluation.validation_loss, evaluation.validation_accuracy) == (None, None)
    assert math.isnan(trainer.snapshot().history.validation_loss[-1])


def test_r2_has_no_meaning_where_all_targets_agree() -> None:
    trainer = Trainer(Experiment(data=TiltedPlane(points=1, validation_fraction=0.0)), engine="reference")
    assert trainer.evaluate().train_accuracy is None


def test_several_classes_are_scored_by_the_largest_output() -> None:
    trainer = Trainer(Experiment(data=penguins(), precision="float64"), engine="reference")
    trainer.advance(epochs=2)
    x, labels = trainer.sample.part(0)
    o = trainer.parameters()["W0"] @ x.T + trainer.parameters()["b0"][:, None]
    shares = np.exp(o) / np.exp(o).sum(axis=0)
    evaluation = trainer.evaluate()
    assert evaluation.train_loss == pytest.approx(-np.log(shares[labels, np.arange(len(labels))]).mean(), rel=1e-12)
    assert evaluation.train_accuracy == np.mean(o.argmax(axis=0) == labels)


def test_gradients_are_measured_on_the_latest_batch(trainer: Trainer) -> None:
    assert all(math.isnan(layer.gradient_rms) for layer in trainer.snapshot().layers)
    trainer.advance(steps=4)
    before = trainer.state.parameters.copy()
    trainer.advance(steps=1)
    snapshot, passed = trainer.snapshot(), trainer.latest
    assert passed is not None
    points = passed.a[0].shape[1]
    for place, layer in enumerate(snapshot.layers):
        gradient = passed.delta[place] @ passed.a[place].T / points
        assert layer.gradient_rms == pytest.approx(np.sqrt(np.mean(gradient**2)), rel=1e-10)
        assert layer.delta_rms == pytest.approx(np.sqrt(np.mean(passed.delta[place] ** 2)), rel=1e-10)
        network_layer = trainer.network.layers[place]
        moved = network_layer.W(trainer.state.parameters) - network_layer.W(before)
        assert layer.update_rms == pytest.approx(np.sqrt(np.mean(moved**2)), rel=1e-10)
    np.testing.assert_array_equal(
        snapshot.gradients.gradient_rms[-1], [layer.gradient_rms for layer in snapshot.layers]
    )
    np.testing.assert_array_equal(snapshot.gradients.delta_rms[-1], [layer.delta_rms for layer in snapshot.layers])
    assert [layer.name for layer in snapshot.layers] == ["A", "B", "output"]


def test_whole_set_statistics_agree_with_the_formulas(experiment: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("playground.engine.reference._CHUNK", 7)
    trainer = Trainer(
        replace(with_layer(experiment, 1, activation=Relu(), dropout=0.5), regularizer=L2(strength=1.0)),
        engine="reference",
    )
    trainer.advance(epochs=2)
    trainer.parameters()["b1"][:2] = -1000  # two units that are never positive
    w, x = trainer.parameters(), trainer.setup.train.inputs
    a1 = np.tanh(w["W0"] @ x + w["b0"][:, None])
    z2 = w["W1"] @ a1 + w["b1"][:, None]
    a2 = np.maximum(z2, 0)
    o = w["W2"] @ a2 + w["b2"][:, None]
    delta3 = 1 / (1 + np.exp(-o)) - trainer.setup.train.targets
    delta2 = w["W2"].T @ delta3 * (z2 > 0)
    delta1 = w["W1"].T @ delta2 * (1 - a1**2)
    layers = WholeSetRequest().answer(trainer)
    for layer, delta, a, name in zip(layers, (delta1, delta2, delta3), (x, a1, a2), ("W0", "W1", "W2"), strict=True):
        assert layer.delta_rms == pytest.approx(np.sqrt(np.mean(delta**2)), rel=1e-10)
        assert layer.gradient_rms == pytest.approx(np.sqrt(np.mean((delta @ a.T / x.shape[1]) ** 2)), rel=1e-10)
        assert layer.weight_rms == pytest.approx(np.sqrt(np.mean(w[name] ** 2)), rel=1e-10)
    assert [layer.dead for layer in layers] == [0, np.mean(~(z2 > 0).any(axis=1)), 0]
    assert layers[1].dead >= 2 / 6


@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(
    "data", [TiltedPlane(points=20), Circle(points=20), penguins()], ids=["plane", "circle", "penguins"]
)
def test_numbers_near_the_end_of_the_range_are_measured_without_a_warning(data: Dataset, precision: str) -> None:
    trainer = Trainer(Experiment(data=data, precision=precision, layers=(Layer(units=3),)), engine="reference")
    trainer.advance(steps=1)
    largest = 1e38 if precision == "float32" else 1e300
    trainer.set_parameters({name: np.full(w.shape, largest) for name, w in trainer.parameters().items()})
    snapshot = trainer.snapshot([BoundaryRequest(6)])
    assert np.isfinite(snapshot.answer(BoundaryRequest)).all()
    WholeSetRequest().answer(trainer)
    trainer.evaluate()
    assert trainer.advance(steps=1) == "diverged"


def test_the_boundary_is_what_the_network_says_at_its_place(experiment: Experiment) -> None:
    trainer = in_the_middle(experiment)
    boundary = BoundaryRequest(13).answer(trainer)
    assert boundary is not None and boundary.shape == (1, 13, 13) and boundary.dtype == np.float32
    for row, column in ((0, 0), (12, 0), (3, 8)):
        (value,) = trainer.predict(np.array([[column - 6, row - 6]]))[0]
        assert boundary[0, row, column] == pytest.approx(2 / (1 + math.exp(-value)) - 1, rel=1e-5)
    regression = Trainer(replace(experiment, data=TiltedPlane()), engine="reference")
    surface = BoundaryRequest(5).answer(regression)
    assert surface is not None
    np.testing.assert_allclose(surface[0, 4, 0], regression.predict(np.array([[-6, 6]]))[0], rtol=1e-5)
    classes = BoundaryRequest(6).answer(Trainer(Experiment(data=penguins()), engine="reference"))
    assert classes is not None and classes.shape == (3, 6, 6)
    np.testing.assert_allclose(classes.sum(axis=0), 1, rtol=1e-5)


def test_nothing_is_computed_that_is_not_requested(trainer: Trainer) -> None:
    assert not trainer.snapshot().answers


def test_the_spiral_needs_hidden_layers() -> None:
    trainer = Trainer(Experiment(data=Spiral()), engine="reference")
    trainer.advance(epochs=30)
    assert (trainer.evaluate().train_accuracy or 1) < 0.75


def test_no_declared_setting_is_forgotten_above() -> None:
    """A new setting of a run is changed in the middle of one, here or in a test of its own."""
    own_tests = {"units", "id", "initializer", "schedule", "early_stopping", "normalization", "skip", "muted"}
    covered = {field.name for field in (*TRAINING_FIELDS, *LAYER_FIELDS)} | own_tests
    assert {field.name for struct in (Training, Layer) for field in fields(struct)} <= covered
    assert {field.name for field in fields(Adjustable)} == set(DATA_FIELDS)
