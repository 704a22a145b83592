"""What must hold for any numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from playground import Trainer
from playground.catalog.activations import Activation
from playground.catalog.choice import members
from playground.catalog.losses import CrossEntropy
from playground.catalog.optimizers import Optimizer
from playground.engine import reference
from playground.experiment.rules import convert
from playground.experiment.text import experiment_from_text, experiment_text

few = settings(max_examples=30)

seeds = st.integers(0, 2**32)
activations = st.sampled_from(sorted(members(Activation)))
optimizers = st.sampled_from(sorted(members(Optimizer)))


def trainer(seed: int = 0, activation: str = "tanh", **changed: Any) -> Trainer:
    layers = [{"units": 5, "activation": activation}, {"units": 4, "activation": activation}]
    data = {"kind": "moons", "points": 40, "noise": 0.1}
    base = {"version": 1, "seed": seed, "precision": "float64", "data": data, "layers": layers}
    return Trainer(convert({**base, **changed}), engine="reference")


@few
@given(seeds, activations)
def test_permuting_hidden_units_keeps_the_output(seed: int, activation: str) -> None:
    one = trainer(seed, activation)
    x = np.random.default_rng(seed).uniform(-6, 6, (20, 2))
    before, p = one.predict(x), {name: values.copy() for name, values in one.parameters().items()}
    order = np.random.default_rng(seed).permutation(5)
    one.set_parameters({"W0": p["W0"][order], "b0": p["b0"][order], "W1": p["W1"][:, order]})
    np.testing.assert_allclose(one.predict(x), before, rtol=1e-12, atol=1e-12)


@few
@given(seeds, activations, st.sampled_from(["none", "batch", "layer"]))
def test_duplicating_every_point_keeps_mean_loss_and_gradient(seed: int, activation: str, normalization: str) -> None:
    layers = [{"units": 5, "activation": activation, "normalization": normalization}]
    one = trainer(seed, layers=layers)
    network, w = one.network, one.state.parameters
    results = []
    for times in (1, 2):
        x, t = np.tile(one.setup.train.inputs, times), np.tile(one.setup.train.targets, times)
        passed = reference.forward(network, w, x, [None, None])
        loss = network.loss.per_point(passed.outputs, t).mean()
        results.append((loss, reference.backward(network, w, passed, t) / x.shape[1]))
    np.testing.assert_allclose(results[0][0], results[1][0], rtol=1e-12)
    np.testing.assert_allclose(results[0][1], results[1][1], rtol=1e-10, atol=1e-13)


@few
@given(seeds, st.floats(-1e3, 1e3))
def test_a_constant_added_to_all_logits_changes_nothing(seed: int, constant: float) -> None:
    o = np.random.default_rng(seed).normal(0, 5, (4, 10))
    t = np.eye(4)[:, np.random.default_rng(seed).integers(0, 4, 10)]
    loss = CrossEntropy()
    np.testing.assert_allclose(loss.per_point(o + constant, t), loss.per_point(o, t), rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(loss.derivative(o + constant, t), loss.derivative(o, t), rtol=1e-9, atol=1e-9)


@few
@given(seeds, optimizers)
def test_a_zero_gradient_moves_nothing(seed: int, kind: str) -> None:
    optimizer = members(Optimizer)[kind]()
    w = np.random.default_rng(seed).normal(size=7)
    slots = [np.zeros(7) for _ in optimizer.slots]
    after = w
    for t in range(1, 20):
        after, *slots = optimizer.updated(after, np.zeros(7), slots, 0.1, t)
    assert np.array_equal(after, w)


@few
@given(st.floats(0.1, 10), st.floats(0.01, 0.99) | st.floats(1.01, 2))
def test_sgd_on_a_parabola_contracts_exactly_below_two_over_its_curvature(curvature: float, share: float) -> None:
    rate, w = share * 2 / curvature, np.array([1.0])
    sgd = members(Optimizer)["sgd"]()
    for t in range(1, 50):
        (w,) = sgd.updated(w, curvature * w, [], rate, t)
    assert (abs(w[0]) < 1) == (share < 1)


@settings(max_examples=15)
@given(seeds, optimizers, activations, st.integers(1, 40), st.sampled_from(["float32", "float64"]))
def test_save_load_and_go_on_equals_never_having_stopped(
    seed: int, optimizer: str, activation: str, stop: int, precision: str
) -> None:
    training = {"optimizer": optimizer, "batch_size": 7, "batching": "carry", "weight_noise": 1e-3}
    through = trainer(seed, activation, training=training, precision=precision)
    through.advance(steps=stop)
    checkpoint = through.checkpoint()
    through.advance(steps=20)
    other = Trainer(experiment_from_text(experiment_text(checkpoint.experiment)), engine="reference")
    other.restore(checkpoint)
    other.advance(steps=20)
    again = trainer(seed, activation, training=training, precision=precision)
    again.advance(steps=stop + 20)
    assert np.array_equal(through.state.parameters, other.state.parameters)
    assert np.array_equal(through.state.parameters, again.state.parameters)
