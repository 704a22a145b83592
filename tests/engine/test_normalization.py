"""Normalization, skip connections and muted layers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from playground import Experiment, InputError, Trainer
from playground.experiment.rules import convert


def experiment(*layers: dict[str, Any], **training: Any) -> Experiment:
    return convert(
        {
            "version": 1,
            "precision": "float64",
            "data": {"kind": "xor", "points": 60},
            "layers": [{"units": 4, "activation": "tanh", **layer} for layer in layers],
            "training": training,
        }
    )


def test_weight_names_follow_the_normalization() -> None:
    trainer = Trainer(experiment({"normalization": "batch"}, {"normalization": "layer"}, {}), engine="reference")
    assert list(trainer.parameters()) == [
        *("W0", "b0", "gamma0", "beta0", "mean0", "var0"),
        *("W1", "b1", "gamma1", "beta1"),
        *("W2", "b2", "W3", "b3"),
    ]


def test_evaluation_uses_the_running_statistics_and_training_moves_them() -> None:
    trainer = Trainer(experiment({"normalization": "batch"}, batch_size=0), engine="reference")
    names = trainer.parameters()
    assert names["mean0"].tolist() == [0] * 4
    assert names["var0"].tolist() == [1] * 4
    z = names["W0"] @ trainer.setup.train.inputs + names["b0"][:, np.newaxis]
    mean, variance = z.mean(axis=1), z.var(axis=1, ddof=1)
    alone, among = trainer.predict(np.ones((1, 2))), trainer.predict(np.eye(2) + np.ones((2, 2)))
    assert alone.shape == (1, 1)
    trainer.advance(steps=1)
    np.testing.assert_allclose(trainer.parameters()["mean0"], 0.1 * mean, rtol=1e-12)
    np.testing.assert_allclose(trainer.parameters()["var0"], 0.9 + 0.1 * variance, rtol=1e-12)
    assert among.shape == (1, 2)


def test_what_the_network_says_of_a_point_does_not_depend_on_the_others() -> None:
    trainer = Trainer(experiment({"normalization": "batch"}, {"normalization": "layer"}), engine="reference")
    trainer.advance(epochs=3)
    x = np.random.default_rng(0).uniform(-5, 5, (7, 2))
    one_by_one = np.concatenate([trainer.predict(x[k : k + 1]) for k in range(7)], axis=1)
    np.testing.assert_allclose(trainer.predict(x), one_by_one, rtol=1e-12)


def test_a_batch_of_one_point_trains_on_the_running_statistics() -> None:
    trainer = Trainer(experiment({"normalization": "batch"}, batch_size=1), engine="reference")
    before = {name: values.copy() for name, values in trainer.parameters().items()}
    assert trainer.advance(epochs=2) == "ready"
    assert np.array_equal(trainer.parameters()["var0"], before["var0"])
    assert not np.array_equal(trainer.parameters()["W0"], before["W0"])


def test_noise_and_decay_leave_normalization_alone() -> None:
    layer = {"normalization": "layer"}
    trainer = Trainer(experiment(layer, learning_rate=0, weight_noise=0.1, weight_decay=0.5), engine="reference")
    trainer.advance(steps=3)
    assert trainer.parameters()["gamma0"].tolist() == [1] * 4
    assert trainer.parameters()["beta0"].tolist() == [0] * 4
    assert np.all(trainer.parameters()["b0"] != 0)


def test_a_skip_connection_adds_what_comes_in() -> None:
    plain, skipping = (
        Trainer(experiment({}, {}), engine="reference"),
        Trainer(experiment({}, {"skip": True}), engine="reference"),
    )
    x = np.random.default_rng(0).uniform(-5, 5, (9, 2))
    p = plain.parameters()
    hidden = np.tanh(p["W0"] @ x.T + p["b0"][:, np.newaxis])
    out = np.tanh(p["W1"] @ hidden + p["b1"][:, np.newaxis]) + hidden
    np.testing.assert_allclose(skipping.predict(x), p["W2"] @ out + p["b2"][:, np.newaxis], rtol=1e-12)


def test_a_muted_layer_passes_on_what_comes_in_and_its_weights_wait() -> None:
    muted = Trainer(
        experiment({}, {"muted": True, "dropout": 0.5, "normalization": "batch"}, {}, weight_noise=0.01),
        engine="reference",
    )
    without = Trainer(experiment({}, {}), engine="reference")
    values = muted.parameters()
    without.set_parameters(
        {"W0": values["W0"], "b0": values["b0"], "W1": values["W2"], "b1": values["b2"], "W2": values["W3"]}
    )
    x = np.random.default_rng(0).uniform(-5, 5, (9, 2))
    assert np.array_equal(muted.predict(x), without.predict(x))
    waiting = {name: values[name].copy() for name in ("W1", "b1", "gamma1", "mean1")}
    muted.advance(epochs=3)
    assert all(np.array_equal(muted.parameters()[name], array) for name, array in waiting.items())
    assert muted.snapshot().layers[1].gradient_rms == 0


@pytest.mark.parametrize("field", ["skip", "muted"])
def test_widths_that_differ_are_refused(field: str) -> None:
    with pytest.raises(
        InputError, match=rf"layers\[0\]\.{field} must be false, or as many units \(4\) as .* inputs \(2\)"
    ):
        experiment({field: True})
    experiment({"units": 2, field: True}, {"units": 2, field: True})


def test_a_frozen_layer_keeps_its_weights_while_its_statistics_follow_the_data() -> None:
    trainer = Trainer(experiment({"normalization": "batch", "trainable": False}), engine="reference")
    before = {name: values.copy() for name, values in trainer.parameters().items()}
    trainer.advance(epochs=1)
    after = trainer.parameters()
    assert all(np.array_equal(after[name], before[name]) for name in ("W0", "b0", "gamma0", "beta0"))
    assert not np.array_equal(after["mean0"], before["mean0"])


@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize("skip", [False, True])
def test_gradients_agree_with_finite_differences(normalization: str, skip: bool) -> None:
    from playground.engine import reference

    trainer = Trainer(
        experiment({"normalization": normalization}, {"normalization": normalization, "skip": skip, "dropout": 0.3}),
        engine="reference",
    )
    trainer.advance(epochs=2)
    network, p = trainer.network, trainer.state.parameters.copy()
    x, t = trainer.setup.train.inputs, trainer.setup.train.targets
    masks = reference.dropout_masks(network, 0, 5, 0, x.shape[1])

    def loss(p: Any) -> float:
        return float(network.loss.per_point(reference.forward(network, p, x, masks).outputs, t).sum())

    gradient = reference.backward(network, p, reference.forward(network, p, x, masks), t)
    for place in np.flatnonzero(network.is_trainable):
        shift = np.zeros_like(p)
        shift[place] = 1e-5
        numeric = (loss(p + shift) - loss(p - shift)) / 2e-5
        assert abs(numeric - gradient[place]) <= 1e-6 * max(1, abs(numeric))
