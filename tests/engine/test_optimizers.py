"""Optimizers follow PyTorch's rules, and an update happens in the order that DESIGN fixes."""

from __future__ import annotations

import numpy as np
import pytest
from msgspec.structs import replace

from playground import Experiment, Layer, Trainer, Training
from playground.catalog.choice import Array, members
from playground.catalog.optimizers import Adam, Momentum, Optimizer, RmsProp, Sgd
from playground.catalog.regularizers import L1, L2, ElasticNet, Regularizer
from playground.engine import randomness
from playground.engine.passes import DivergedError
from playground.engine.reference import add_penalties, clip_gradient, decay_weights, update

OPTIMIZERS = [*(kind() for kind in members(Optimizer).values()), Momentum(nesterov=True), RmsProp(momentum=0.9)]


def weights_after(optimizer: Optimizer, gradients: list[float], rate: float = 0.1, start: float = 1.0) -> list[float]:
    """The weight after each update with these gradients."""
    w, slots, result = start, [0.0] * len(optimizer.slots), []
    for t, g in enumerate(gradients, start=1):
        w, *slots = optimizer.updated(w, g, slots, rate, t)
        result.append(float(w))
    return result


# Golden numbers: η = 0.1 and w = 1 at the start ----------------------------------------------------------------


def test_sgd_steps_down_the_gradient() -> None:
    # 1 − 0.1·0.5 = 0.95;  0.95 + 0.1·0.25 = 0.975;  0.975 − 0.1·2 = 0.775
    assert weights_after(Sgd(), [0.5, -0.25, 2]) == pytest.approx([0.95, 0.975, 0.775], rel=1e-14)


def test_momentum_gathers_speed() -> None:
    # v: 1;  0.5·1 + 1 = 1.5;  0.5·1.5 − 2 = −1.25.  w: 1 − 0.1;  0.9 − 0.15;  0.75 + 0.125
    assert weights_after(Momentum(momentum=0.5), [1, 1, -2]) == pytest.approx([0.9, 0.75, 0.875], rel=1e-14)


def test_nesterov_looks_one_velocity_ahead() -> None:
    # The same v; the direction is g + 0.5 v: 1.5;  1.75;  −2 − 0.625 = −2.625
    after = weights_after(Momentum(momentum=0.5, nesterov=True), [1, 1, -2])
    assert after == pytest.approx([0.85, 0.675, 0.9375], rel=1e-14)


def test_rmsprop_divides_by_the_recent_size() -> None:
    # s: 0.64·1 = 0.64;  0.36·0.64 + 0.64·0.64 = 0.64, and so on, so √s + ε = 0.8 + 0.2 = 1 and each step is η g.
    after = weights_after(RmsProp(alpha=0.36, eps=0.2), [1, 0.8, -0.8])
    assert after == pytest.approx([0.9, 0.82, 0.9], rel=1e-14)


def test_rmsprop_puts_momentum_on_top_of_the_scaled_gradient() -> None:
    # Scaled gradients as above: 1, 0.8, −0.8.  v: 1;  0.5 + 0.8 = 1.3;  0.65 − 0.8 = −0.15
    after = weights_after(RmsProp(alpha=0.36, eps=0.2, momentum=0.5), [1, 0.8, -0.8])
    assert after == pytest.approx([0.9, 0.77, 0.785], rel=1e-14)


def test_adam_corrects_both_averages_for_their_start_at_zero() -> None:
    # β₁ = ¼, β₂ = ½, ε = 1. The corrected averages are the gradients' weighted means:
    # t = 1: m̂ = 1, √v̂ = 1, step 1/(1+1) = ½
    # t = 2: m̂ = (¼·1 + 11)/(1+¼) = 9, v̂ = (½·1 + 121)/(1+½) = 81, step 9/(9+1)
    # t = 3: m̂ = (1/16 + 11/4 + 3/2)/(21/16) = 23/7, v̂ = (¼ + ½·121 + 9/4)/(7/4) = 36, step (23/7)/(6+1)
    after = weights_after(Adam(beta1=0.25, beta2=0.5, eps=1), [1, 11, 1.5])
    assert after == pytest.approx([0.95, 0.86, 0.86 - 0.1 * 23 / 49], rel=1e-14)


def test_the_first_step_of_adam_is_the_learning_rate_whatever_the_gradient() -> None:
    for g in (1e-3, 1.0, -1e6):
        assert weights_after(Adam(), [g]) == pytest.approx([1 - 0.1 * np.sign(g)], rel=1e-5)


def test_defaults_are_those_of_pytorch() -> None:
    assert Momentum() == Momentum(momentum=0.9, nesterov=False)
    assert RmsProp() == RmsProp(alpha=0.99, eps=1e-8, momentum=0.0)
    assert Adam() == Adam(beta1=0.9, beta2=0.999, eps=1e-8)


# True of every optimizer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_zero_gradient_without_memory_moves_nothing(optimizer: Optimizer) -> None:
    assert weights_after(optimizer, [0.0, 0.0, 0.0], start=0.7) == [0.7, 0.7, 0.7]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_learning_rate_zero_moves_nothing(optimizer: Optimizer) -> None:
    assert weights_after(optimizer, [1.0, -2.0], rate=0.0, start=0.7) == [0.7, 0.7]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_first_step_goes_down(optimizer: Optimizer) -> None:
    assert weights_after(optimizer, [2.0])[0] < 1 < weights_after(optimizer, [-2.0])[0]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_arrays_and_single_numbers_give_the_same(optimizer: Optimizer) -> None:
    gradients = np.random.default_rng(0).normal(0, 1, (4, 3))
    w, slots = np.ones(3), [np.zeros(3)] * len(optimizer.slots)
    for t, g in enumerate(gradients, start=1):
        w, *slots = optimizer.updated(w, g, slots, 0.1, t)
    single = [weights_after(optimizer, column)[-1] for column in gradients.T.tolist()]
    np.testing.assert_allclose(w, single, rtol=1e-13)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_state_keeps_the_precision_of_the_experiment(
    experiment: Experiment, optimizer: Optimizer, precision: str
) -> None:
    training = replace(experiment.training, optimizer=optimizer, weight_decay=0.1, weight_noise=0.01, clip_norm=0.1)
    trainer = Trainer(
        replace(experiment, precision=precision, training=training, regularizer=ElasticNet()), engine="reference"
    )
    trainer.advance(steps=3)
    state = trainer.state
    for array in (state.parameters, state.gradient, state.update, state.slots, state.carried):
        assert array.dtype == precision


# The order of an update ---------------------------------------------------------------------------------------


def frozen_in_the_middle(training: Training) -> Trainer:
    """Three layers with a penalty, the second of them frozen, and biases that are not 0."""
    layers = (Layer(units=3), Layer(units=4, trainable=False, regularizer=L1(strength=5.0)), Layer(units=2))
    experiment = Experiment(precision="float64", layers=layers, bias=0.3, regularizer=L2(strength=0.2))
    return Trainer(replace(experiment, training=training), engine="reference")


def test_update_is_penalty_then_clip_then_decay_then_optimizer_then_noise() -> None:
    training = Training(
        optimizer=Momentum(momentum=0.5), learning_rate=0.1, clip_norm=0.7, weight_decay=0.4, weight_noise=0.01
    )
    trainer = frozen_in_the_middle(training)
    network, state = trainer.network, trainer.state
    random = np.random.default_rng(0)
    v = np.zeros(network.size)
    for step in range(3):
        before = state.parameters.copy()
        gradient = random.normal(0, 1, network.size)
        g = gradient.copy()
        for layer in network.layers:
            layer.W(g)[:] += 2 * 0.2 * layer.W(before)
        learning = np.ones(network.size, bool)
        learning[network.layers[1].start : network.layers[2].start] = False
        g[~learning] = 0
        norm = np.sqrt(np.sum(g**2))
        assert norm > 0.7
        g = g * 0.7 / (norm + 1e-6)
        w = before.copy()
        for layer in network.layers:
            layer.W(w)[:] *= 1 - 0.1 * 0.4
        v = 0.5 * v + g
        w = w - 0.1 * v
        w = w + 0.01 * randomness.normal(randomness.key(0, randomness.WEIGHT_NOISE, step), network.size)
        update(trainer.setup, state, gradient, 0.1)
        np.testing.assert_allclose(state.parameters[learning], w[learning], rtol=1e-13)
        np.testing.assert_array_equal(state.parameters[~learning], before[~learning])
        np.testing.assert_array_equal(state.update, state.parameters - before)
        np.testing.assert_array_equal(state.gradient, gradient)


def test_weights_that_are_no_longer_finite_are_refused_before_they_spoil_anything() -> None:
    trainer = frozen_in_the_middle(Training(optimizer=Adam()))
    update(trainer.setup, trainer.state, np.ones(trainer.network.size), 0.1)
    before = trainer.state.copy()
    gradient = np.zeros(trainer.network.size)
    trainer.network.layers[2].b(gradient)[0] = np.inf
    with np.errstate(all="ignore"), pytest.raises(DivergedError) as error:
        update(trainer.setup, trainer.state, gradient, 0.1)
    assert error.value.layer == "3"
    for name in before.__slots__:
        np.testing.assert_array_equal(getattr(trainer.state, name), getattr(before, name))


def test_memory_that_overflows_is_divergence_too() -> None:
    """In float32 0.001·(1e22)² is infinite; Adam would divide by it and never move again."""
    experiment = Experiment(training=Training(optimizer=Adam()))
    trainer = Trainer(experiment, engine="reference")
    with np.errstate(all="ignore"), pytest.raises(DivergedError):
        update(trainer.setup, trainer.state, np.full(trainer.network.size, 1e22, np.float32), 0.01)
    assert np.isfinite(trainer.state.slots).all()


def test_weight_decay_shrinks_weights_and_leaves_biases_alone() -> None:
    trainer = frozen_in_the_middle(Training())
    w = trainer.state.parameters
    smaller = decay_weights(trainer.network, w, 0.25)
    for layer in trainer.network.layers:
        np.testing.assert_array_equal(layer.W(smaller), 0.75 * layer.W(w))
        np.testing.assert_array_equal(layer.b(smaller), layer.b(w))


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_weight_decay_does_not_reach_the_optimizer(optimizer: Optimizer) -> None:
    """Decoupled: with a zero gradient all that happens is w ← (1 − η·decay) w, for every optimizer."""
    trainer = frozen_in_the_middle(Training(optimizer=optimizer, weight_decay=0.5))
    trainer.configure(replace(trainer.experiment, regularizer=L2(strength=0.0)))
    before = trainer.state.parameters.copy()
    update(trainer.setup, trainer.state, np.zeros(trainer.network.size), 0.1)
    after = trainer.state.parameters
    for layer in trainer.network.layers:
        np.testing.assert_array_equal(layer.W(after), layer.W(before) * ((1 - 0.1 * 0.5) if layer.trainable else 1))
        np.testing.assert_array_equal(layer.b(after), layer.b(before))


@pytest.mark.parametrize("regularizer", [kind() for kind in members(Regularizer).values()], ids=repr)
def test_penalty_is_never_on_biases(regularizer: Regularizer) -> None:
    trainer = Trainer(
        Experiment(layers=(Layer(units=3),), bias=0.4, regularizer=regularizer, precision="float64"), engine="reference"
    )
    g = add_penalties(trainer.network, trainer.state.parameters, np.zeros(trainer.network.size))
    for layer in trainer.network.layers:
        np.testing.assert_array_equal(layer.b(g), 0)
        np.testing.assert_array_equal(layer.W(g), regularizer.gradient(layer.W(trainer.state.parameters)))


def test_penalties_have_their_textbook_values() -> None:
    w = np.array([[-2.0, 0.0], [0.5, 3.0]])
    for regularizer, penalty, gradient in (
        (L1(strength=0.1), 0.1 * 5.5, [[-0.1, 0], [0.1, 0.1]]),
        (L2(strength=0.1), 0.1 * (4 + 0.25 + 9), [[-0.4, 0], [0.1, 0.6]]),
        (ElasticNet(l1=0.1, l2=0.2), 0.55 + 0.2 * 13.25, [[-0.9, 0], [0.3, 1.3]]),
        (members(Regularizer)["none"](), 0, [[0, 0], [0, 0]]),
    ):
        assert regularizer.penalty(w) == pytest.approx(penalty, rel=1e-14)
        np.testing.assert_allclose(regularizer.gradient(w), gradient, rtol=1e-14)


def test_a_layers_own_regularizer_replaces_the_networks() -> None:
    none = members(Regularizer)["none"]()
    layers = (Layer(units=3), Layer(units=3, regularizer=none), Layer(units=3, regularizer=L1(strength=2.0)))
    trainer = Trainer(Experiment(layers=layers, regularizer=L2(strength=0.1)), engine="reference")
    assert [layer.regularizer for layer in trainer.network.layers] == [
        L2(strength=0.1),
        none,
        L1(strength=2.0),
        L2(strength=0.1),
    ]


@pytest.mark.parametrize(("g", "expected"), [([3.0, 4.0], [3.0, 4.0]), ([30.0, 40.0], [6.0, 8.0])])
def test_clipping_is_by_the_norm_of_all_gradients_together(g: list[float], expected: list[float]) -> None:
    # torch.nn.utils.clip_grad_norm_: g · min(1, 10 / (‖g‖ + 1e-6))
    np.testing.assert_allclose(clip_gradient(np.array(g), 10.0), expected, rtol=1e-7)


def test_clipping_survives_gradients_whose_square_overflows() -> None:
    g: Array = np.array([1e30, 0], dtype=np.float32)
    np.testing.assert_allclose(clip_gradient(g, 1.0), [1.0, 0.0], rtol=1e-6)


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_frozen_layers_are_untouched_by_everything(optimizer: Optimizer) -> None:
    training = Training(optimizer=optimizer, weight_decay=0.5, weight_noise=0.1, clip_norm=1.0)
    trainer = frozen_in_the_middle(training)
    before = {name: values.copy() for name, values in trainer.parameters().items()}
    trainer.advance(steps=5)
    for name, values in trainer.parameters().items():
        assert np.array_equal(values, before[name]) == (name in ("W1", "b1")), name


def test_weight_noise_has_its_standard_deviation_on_weights_and_biases() -> None:
    training = Training(optimizer=Sgd(), learning_rate=0.0, weight_noise=0.1)
    trainer = Trainer(
        Experiment(layers=(Layer(units=400),), precision="float64", training=training), engine="reference"
    )
    before = trainer.state.parameters.copy()
    trainer.advance(steps=2)
    noise = (trainer.state.parameters - before) / np.sqrt(2)
    assert noise.std() == pytest.approx(0.1, rel=0.1)
    assert abs(noise.mean()) < 0.02
    assert (trainer.network.layers[0].b(noise) != 0).all()
